//! Motions as they are carried out on the member they are about. Knows no storage and calls nobody.
use shared::{
    alliance::{
        council::{CouncilTerms, Motion},
        error::{AllianceError, Outcome},
        members::{Member, Status},
    },
    AccountId, Timestamp,
};

/// # Errors
/// `NotOperator`, `ByVoteOnly` where enough members have a vote, or the motion is one that they alone decide.
pub fn ensure_operator(
    operator: AccountId,
    caller: AccountId,
    motion: &Motion,
    terms: &CouncilTerms,
    voters: u32,
) -> Outcome<()> {
    if caller != operator {
        return Err(AllianceError::NotOperator { operator, caller }.into());
    }
    if voters >= terms.founders || matches!(motion, Motion::Readmit { .. }) {
        return Err(AllianceError::ByVoteOnly { voters }.into());
    }
    Ok(())
}

/// Carries a motion out on the member it is about; gives how many have a vote then.
/// # Errors
/// To admit: `AlreadyAdmitted`, `ApplicationDiffers`. To suspend or set the cap: `NotActive`. To reinstate: `NotSuspended`. To readmit: `NotDefaulted`,
/// `NotMadeGood`. `Overflow`.
#[inline(never)]
pub fn carry_out(member: &mut Member, motion: &Motion, voters: u32, now: Timestamp) -> Outcome<u32> {
    let had_vote = has_vote(member);
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
            member.ensure_active(account)?;
            member.cap = cap;
        }
    }
    recount(voters, had_vote, member)
}

/// Only active members have a vote.
pub fn has_vote(member: &Member) -> bool {
    member.status == Status::Active
}

/// How many have a vote once `member` has changed, who had one before or hadn't.
/// # Errors
/// `Overflow`.
pub fn recount(voters: u32, had_vote: bool, member: &Member) -> Outcome<u32> {
    let voters = match (had_vote, has_vote(member)) {
        (false, true) => voters.checked_add(1),
        (true, false) => voters.checked_sub(1),
        (false, false) | (true, true) => Some(voters),
    };
    Ok(voters.ok_or(AllianceError::Overflow)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Balance;

    const NOW: Timestamp = 50;

    fn account(n: u8) -> AccountId {
        AccountId::from([n; 32])
    }

    fn member(status: Status) -> Member {
        Member { status, ..Member::applicant(account(9), [3; 32], 0, 1, 10) }
    }

    fn carry(mut member: Member, motion: Motion) -> Outcome<(Member, u32)> {
        let voters = carry_out(&mut member, &motion, 5, NOW)?;
        Ok((member, voters))
    }

    fn admit(registry: u8, profile: u8) -> Motion {
        Motion::Admit { account: account(1), registry: account(registry), profile: [profile; 32], cap: 70 }
    }

    #[test]
    fn the_operator_decides_while_founders_are_few_and_never_readmits() {
        let terms = CouncilTerms {
            founders: 3,
            quorum_bps: 1,
            vote_window: 1,
            resolver: account(5),
            case_window: 1,
            reply_window: 1,
            ruling_window: 1,
            case_fee: 0,
            unruled_bps: 0,
        };
        let may = |caller, motion, voters| ensure_operator(account(4), account(caller), &motion, &terms, voters);
        let reinstate = Motion::Reinstate { account: account(1) };
        assert_eq!(may(4, reinstate, 2), Ok(()));
        let (operator, caller) = (account(4), account(3));
        assert_eq!(may(3, reinstate, 2), Err(AllianceError::NotOperator { operator, caller }));
        assert_eq!(may(4, reinstate, 3), Err(AllianceError::ByVoteOnly { voters: 3 }));
        let readmit = Motion::Readmit { account: account(1), cap: 1 };
        assert_eq!(may(4, readmit, 0), Err(AllianceError::ByVoteOnly { voters: 0 }));
    }

    #[test]
    fn an_applicant_is_admitted_exactly_as_it_applied() {
        let (admitted, voters) = carry(member(Status::Applied), admit(9, 3)).unwrap();
        assert_eq!((admitted.status, admitted.since, admitted.cap, voters), (Status::Active, NOW, 70, 6));
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
        let (suspended, voters) = carry(member(Status::Active), suspend).unwrap();
        assert_eq!((suspended.status, suspended.since, voters), (Status::Suspended, NOW, 4));
        let reinstate = Motion::Reinstate { account };
        let (active, voters) = carry(suspended, reinstate).unwrap();
        assert_eq!((active.status, voters), (Status::Active, 6));
        for status in [Status::Applied, Status::Leaving, Status::Suspended, Status::Defaulted] {
            let refused = Err(AllianceError::NotActive { account });
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
        let (back, voters) = carry(unpaid(0), readmit).unwrap();
        assert_eq!((back.status, back.since, back.cap, voters), (Status::Active, NOW, cap, 6));
        for status in [Status::Applied, Status::Active, Status::Leaving, Status::Suspended] {
            assert_eq!(carry(member(status), readmit), Err(AllianceError::NotDefaulted { account }));
        }
    }

    #[test]
    fn a_cap_is_set_without_moving_anything_else() {
        let before = member(Status::Active);
        let (after, voters) = carry(before.clone(), Motion::SetCap { account: account(1), cap: 9 }).unwrap();
        assert_eq!((after, voters), (Member { cap: 9, ..before }, 5));
    }
}
