//! Motions as they are carried out on the member they are about. Knows no storage and calls nobody.
use shared::{
    alliance::{
        council::Motion,
        error::{AllianceError, Outcome},
        ledger::Root,
        members::{Member, Status},
    },
    AccountId, Timestamp,
};

/// The longest URI of a profile, in bytes.
pub const MAX_URI: u32 = 256;

/// # Errors
/// `UriTooLong`.
pub fn ensure_fits(uri: &[u8]) -> Outcome<()> {
    let length = u32::try_from(uri.len()).unwrap_or(u32::MAX);
    if length > MAX_URI {
        return Err(AllianceError::UriTooLong { length, most: MAX_URI }.into());
    }
    Ok(())
}

/// # Errors
/// `NotOperator`.
pub fn ensure_is_operator(operator: AccountId, caller: AccountId) -> Outcome<()> {
    if caller != operator {
        return Err(AllianceError::NotOperator { operator, caller }.into());
    }
    Ok(())
}

/// # Errors
/// `NotOperator`, `ByVoteOnly` where enough members have a vote, or the motion is one that they alone decide.
pub fn ensure_may_decide(root: &Root, caller: AccountId, motion: &Motion) -> Outcome<()> {
    let (config, voters) = (&root.config, root.books.voters);
    ensure_is_operator(config.operator, caller)?;
    if voters >= config.founders || matches!(motion, Motion::Readmit { .. }) {
        return Err(AllianceError::ByVoteOnly { voters }.into());
    }
    Ok(())
}

/// Carries a motion out on the member it is about.
/// # Errors
/// To admit: `AlreadyAdmitted`, `ApplicationDiffers`. To suspend: `NotActive`. To set the cap: `NotActive`, unless it leaves, for then its
/// coupons are still accepted; it isn't suspended, which would keep it from going. To reinstate: `NotSuspended`. To readmit: `NotDefaulted`,
/// `NotMadeGood`.
#[inline(never)]
pub fn carry_out(member: &mut Member, motion: &Motion, now: Timestamp) -> Outcome<()> {
    match *motion {
        Motion::Admit { account, registry, profile, cap } => {
            member.admit(account, cap, now)?;
            if (member.registry, member.profile) != (registry, profile) {
                return Err(AllianceError::ApplicationDiffers { account }.into());
            }
        }
        Motion::Suspend { account, .. } => {
            member.ensure_active(account)?;
            (member.status, member.since) = (Status::Suspended, now);
        }
        Motion::Reinstate { account } => {
            if member.status != Status::Suspended {
                return Err(AllianceError::NotSuspended { account }.into());
            }
            (member.status, member.since) = (Status::Active, now);
        }
        Motion::Readmit { account, cap } => {
            if member.status != Status::Defaulted {
                return Err(AllianceError::NotDefaulted { account }.into());
            }
            member.ensure_made_good()?;
            (member.status, member.since, member.cap) = (Status::Active, now, cap);
        }
        Motion::SetCap { account, cap } => {
            ensure_accepted(member, account)?;
            member.cap = cap;
        }
    }
    Ok(())
}

/// # Errors
/// `NotActive`.
fn ensure_accepted(member: &Member, account: AccountId) -> Outcome<()> {
    if member.status == Status::Leaving {
        return Ok(());
    }
    member.ensure_active(account)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{
        alliance::{
            config::{Config, Joining},
            cycles::Books,
        },
        assets::Asset,
        Balance,
    };

    const NOW: Timestamp = 50;

    fn account(n: u8) -> AccountId {
        AccountId::from([n; 32])
    }

    /// Of operator 4, with 3 founders.
    fn config() -> Config {
        Config {
            asset: Asset::Native,
            operator: account(4),
            founders: 3,
            cycle_length: 2,
            pay_in_window: 1,
            fee_bps: 0,
            default_rate_bps: 1,
            cap_factor_bps: 1,
            max_cut_bps: 0,
            longstop: 0,
            tail: 0,
            joining: Joining::default(),
            closing_bounty: 0,
            registries: vec![[7; 32]],
        }
    }

    fn member(status: Status) -> Member {
        Member { status, ..Member::applicant(account(9), [3; 32], 0, 1, 10) }
    }

    fn carry(mut member: Member, motion: Motion) -> Outcome<Member> {
        carry_out(&mut member, &motion, NOW)?;
        Ok(member)
    }

    fn admit(registry: u8, profile: u8) -> Motion {
        Motion::Admit { account: account(1), registry: account(registry), profile: [profile; 32], cap: 70 }
    }

    #[test]
    fn the_operator_decides_while_founders_are_few_and_never_readmits() {
        let may = |caller, motion, voters| {
            let mut root = Root { config: config(), books: Books::opened(0), council: account(9) };
            root.books.voters = voters;
            ensure_may_decide(&root, account(caller), &motion)
        };
        let reinstate = Motion::Reinstate { account: account(1) };
        assert_eq!(may(4, reinstate, 2), Ok(()));
        let (operator, caller) = (account(4), account(3));
        assert_eq!(may(3, reinstate, 2), Err(AllianceError::NotOperator { operator, caller }));
        assert_eq!(may(4, reinstate, 3), Err(AllianceError::ByVoteOnly { voters: 3 }));
        let readmit = Motion::Readmit { account: account(1), cap: 1 };
        assert_eq!(may(4, readmit, 0), Err(AllianceError::ByVoteOnly { voters: 0 }));
    }

    #[test]
    fn a_profiles_uri_has_an_end() {
        assert_eq!(ensure_fits(&[b'a'; 256]), Ok(()));
        let long = AllianceError::UriTooLong { length: 257, most: 256 };
        assert_eq!(ensure_fits(&[b'a'; 257]), Err(long));
    }

    #[test]
    fn an_applicant_is_admitted_exactly_as_it_applied() {
        let admitted = carry(member(Status::Applied), admit(9, 3)).unwrap();
        assert_eq!((admitted.status, admitted.since, admitted.cap), (Status::Active, NOW, 70));
        let differs = AllianceError::ApplicationDiffers { account: account(1) };
        for other in [admit(8, 3), admit(9, 4)] {
            assert_eq!(carry(member(Status::Applied), other), Err(differs.clone()));
        }
        let already = AllianceError::AlreadyAdmitted { account: account(1) };
        for status in [Status::Active, Status::Leaving, Status::Suspended, Status::Defaulted] {
            assert_eq!(carry(member(status), admit(9, 3)), Err(already.clone()));
        }
    }

    #[test]
    fn only_the_active_are_suspended_and_only_the_suspended_reinstated() {
        let account = account(1);
        let suspend = Motion::Suspend { account, reason: 2 };
        let suspended = carry(member(Status::Active), suspend).unwrap();
        assert_eq!((suspended.status, suspended.since), (Status::Suspended, NOW));
        let reinstate = Motion::Reinstate { account };
        let active = carry(suspended, reinstate).unwrap();
        assert_eq!((active.status, active.since), (Status::Active, NOW));
        let refused = Err(AllianceError::NotActive { account });
        assert_eq!(carry(member(Status::Leaving), suspend), refused);
        let cap = Motion::SetCap { account, cap: 1 };
        assert_eq!(carry(member(Status::Leaving), cap).map(|member| member.cap), Ok(1));
        for status in [Status::Applied, Status::Suspended, Status::Defaulted] {
            assert_eq!(carry(member(status), suspend), refused);
            assert_eq!(carry(member(status), Motion::SetCap { account, cap: 1 }), refused);
        }
        for status in [Status::Applied, Status::Active, Status::Leaving, Status::Defaulted] {
            assert_eq!(carry(member(status), reinstate), Err(AllianceError::NotSuspended { account }));
        }
    }

    #[test]
    fn a_defaulter_comes_back_once_it_has_made_good() {
        let (account, cap) = (account(1), 33);
        let readmit = Motion::Readmit { account, cap };
        let unpaid = |unpaid: Balance| Member { unpaid, ..member(Status::Defaulted) };
        assert_eq!(carry(unpaid(1), readmit), Err(AllianceError::NotMadeGood { unpaid: 1 }));
        let back = carry(unpaid(0), readmit).unwrap();
        assert_eq!((back.status, back.since, back.cap), (Status::Active, NOW, cap));
        for status in [Status::Applied, Status::Active, Status::Leaving, Status::Suspended] {
            assert_eq!(carry(member(status), readmit), Err(AllianceError::NotDefaulted { account }));
        }
    }

    #[test]
    fn a_cap_is_set_without_moving_anything_else() {
        let before = member(Status::Active);
        let after = carry(before.clone(), Motion::SetCap { account: account(1), cap: 9 }).unwrap();
        assert_eq!(after, Member { cap: 9, ..before });
    }
}
