//! A member: its standing, its collateral and what it owes or is owed. Knows no other member and no storage.
use crate::{config::Config, error::AllianceError};
use shared::{math::share_down, AccountId, Balance, Hash, Timestamp};

/// Where a member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Status {
    /// Has paid the joining fee and waits to be admitted.
    #[codec(index = 0)]
    Applied,
    /// May accept, and its coupons are accepted.
    #[codec(index = 1)]
    Active,
}

/// A member. Amounts are in the alliance's asset; positions are negative where the member owes.
///
/// Every field has a fixed size, so the deposit that the applicant paid for the record never changes hands later.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Member {
    /// The registry that knows its cashiers.
    pub registry: AccountId,
    /// blake2b-256 of its profile.
    pub profile: Hash,
    /// Where it stands.
    pub status: Status,
    /// Since when it stands there.
    pub since: Timestamp,
    /// What it has put up.
    pub collateral: Balance,
    /// The most it may owe, whatever its collateral.
    pub cap: Balance,
    /// The cycle that `open` belongs to; `due` belongs to the one before.
    pub cycle: u32,
    /// Its position in `cycle`.
    pub open: i128,
    /// Its position in the cycle before, less what was paid.
    pub due: i128,
    /// What it may collect from settled cycles before that.
    pub credit: Balance,
}

/// What a position owes.
pub fn owed(position: i128) -> Balance {
    if position < 0 {
        position.unsigned_abs()
    } else {
        0
    }
}

/// What a position is owed.
pub fn earned(position: i128) -> Balance {
    Balance::try_from(position).unwrap_or(0)
}

/// An amount as a position.
/// # Errors
/// `Overflow`.
pub fn signed(amount: Balance) -> Result<i128, AllianceError> {
    i128::try_from(amount).map_err(|_| AllianceError::Overflow)
}

impl Member {
    /// An applicant, without a position.
    pub fn applicant(registry: AccountId, profile: Hash, cycle: u32, now: Timestamp) -> Self {
        Self {
            registry,
            profile,
            status: Status::Applied,
            since: now,
            collateral: 0,
            cap: 0,
            cycle,
            open: 0,
            due: 0,
            credit: 0,
        }
    }

    /// Brings positions up to `cycle`, the open one, however long the member was left untouched.
    ///
    /// A cycle closes only when the one before it is settled. So positions older than the cycle closed last are either earned, and become
    /// credit, or zero: a debtor's was paid in, and paying in brought the member up to date.
    /// # Errors
    /// `Overflow`.
    pub fn roll(&mut self, cycle: u32) -> Result<(), AllianceError> {
        let (settled, due) = match cycle.saturating_sub(self.cycle) {
            0 => return Ok(()),
            1 => (earned(self.due), self.open),
            _ => {
                let both = earned(self.due).checked_add(earned(self.open));
                (both.ok_or(AllianceError::Overflow)?, 0)
            }
        };
        self.credit = self.credit.checked_add(settled).ok_or(AllianceError::Overflow)?;
        (self.cycle, self.open, self.due) = (cycle, 0, due);
        Ok(())
    }

    /// What the member owes in the open cycle and the one before.
    pub fn exposure(&self) -> Balance {
        owed(self.open).saturating_add(owed(self.due))
    }

    /// The most the member may owe: min(cap, collateral × cap factor), rounded down.
    pub fn limit(&self, config: &Config) -> Balance {
        share_down(self.collateral, config.cap_factor_bps).min(self.cap)
    }

    /// How much more the member may come to owe.
    pub fn headroom(&self, config: &Config) -> Balance {
        self.limit(config).saturating_sub(self.exposure())
    }

    /// # Errors
    /// `OverLimit`.
    pub fn ensure_covered(&self, account: AccountId, config: &Config) -> Result<(), AllianceError> {
        let (exposure, limit) = (self.exposure(), self.limit(config));
        if exposure > limit {
            return Err(AllianceError::OverLimit { account, exposure, limit });
        }
        Ok(())
    }

    /// # Errors
    /// `NotActive`.
    pub fn ensure_active(&self, account: AccountId) -> Result<(), AllianceError> {
        match self.status {
            Status::Active => Ok(()),
            Status::Applied => Err(AllianceError::NotActive { account }),
        }
    }

    /// # Errors
    /// `AlreadyAdmitted`.
    pub fn admit(&mut self, account: AccountId, cap: Balance, now: Timestamp) -> Result<(), AllianceError> {
        match self.status {
            Status::Applied => {
                (self.status, self.since, self.cap) = (Status::Active, now, cap);
                Ok(())
            }
            Status::Active => Err(AllianceError::AlreadyAdmitted { account }),
        }
    }

    /// # Errors
    /// `ZeroAmount`, `Overflow`.
    pub fn deposit(&mut self, amount: Balance) -> Result<(), AllianceError> {
        ensure_some(amount)?;
        self.collateral = self.collateral.checked_add(amount).ok_or(AllianceError::Overflow)?;
        Ok(())
    }

    /// # Errors
    /// `ZeroAmount`, `CollateralShort`, `OverLimit`.
    pub fn withdraw(
        &mut self,
        account: AccountId,
        amount: Balance,
        config: &Config,
    ) -> Result<(), AllianceError> {
        ensure_some(amount)?;
        self.collateral = self
            .collateral
            .checked_sub(amount)
            .ok_or(AllianceError::CollateralShort { asked: amount, collateral: self.collateral })?;
        self.ensure_covered(account, config)
    }

    /// # Errors
    /// `PositionOpen`.
    pub fn ensure_even(&self) -> Result<(), AllianceError> {
        if (self.open, self.due, self.credit) != (0, 0, 0) {
            return Err(AllianceError::PositionOpen { open: self.open, due: self.due, credit: self.credit });
        }
        Ok(())
    }
}

/// # Errors
/// `ZeroAmount`.
pub fn ensure_some(amount: Balance) -> Result<(), AllianceError> {
    if amount == 0 {
        return Err(AllianceError::ZeroAmount);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, config, member};

    fn positions(cycle: u32, open: i128, due: i128, credit: Balance) -> Member {
        Member { cycle, open, due, credit, ..member(0, 0) }
    }

    fn rolled(mut member: Member, cycle: u32) -> (i128, i128, Balance) {
        member.roll(cycle).unwrap();
        assert_eq!(member.cycle, cycle);
        (member.open, member.due, member.credit)
    }

    #[test]
    fn positions_roll_once_a_cycle_and_any_number_of_cycles_at_once() {
        let creditor = positions(5, 30, 20, 10);
        assert_eq!(rolled(creditor.clone(), 5), (30, 20, 10));
        assert_eq!(rolled(creditor.clone(), 6), (0, 30, 30));
        assert_eq!(rolled(creditor.clone(), 7), (0, 0, 60));
        assert_eq!(rolled(creditor, 1_000), (0, 0, 60));
    }

    #[test]
    fn rolling_cycle_by_cycle_and_at_once_come_to_the_same() {
        let mut step_by_step = positions(5, 30, 20, 10);
        for cycle in 6..12 {
            step_by_step.roll(cycle).unwrap();
        }
        let mut at_once = positions(5, 30, 20, 10);
        at_once.roll(11).unwrap();
        assert_eq!(step_by_step, at_once);
    }

    #[test]
    fn a_debt_of_the_open_cycle_becomes_due() {
        assert_eq!(rolled(positions(5, -30, 0, 10), 6), (0, -30, 10));
    }

    #[test]
    fn credit_never_wraps() {
        let mut rich = positions(5, 1, 1, Balance::MAX);
        assert_eq!(rich.roll(6), Err(AllianceError::Overflow));
        assert_eq!(rich.roll(7), Err(AllianceError::Overflow));
    }

    #[test]
    fn exposure_counts_debts_and_never_nets_them_against_earnings() {
        assert_eq!(positions(5, -30, -20, 0).exposure(), 50);
        assert_eq!(positions(5, 30, -20, 99).exposure(), 20);
        assert_eq!(positions(5, -30, 20, 99).exposure(), 30);
        assert_eq!(positions(5, i128::MIN, i128::MIN, 0).exposure(), Balance::MAX);
    }

    #[test]
    fn the_limit_is_the_lower_of_cap_and_collateral_rounded_down() {
        assert_eq!(member(100, 999).limit(&config()), 100);
        assert_eq!(member(10_000, 999).limit(&config()), 799);
    }

    #[test]
    fn withdrawing_stops_where_exposure_would_be_uncovered() {
        let mut member = Member { open: -400, due: -400, ..member(10_000, 1_002) };
        let refused = member.clone().withdraw(account(1), 3, &config());
        let expected = AllianceError::OverLimit { account: account(1), exposure: 800, limit: 799 };
        assert_eq!(refused, Err(expected));
        assert_eq!(member.withdraw(account(1), 2, &config()), Ok(()));
        assert_eq!(member.collateral, 1_000);
    }

    #[test]
    fn withdrawing_refuses_in_order() {
        let mut member = Member { open: -1, ..member(10, 10) };
        let withdraw = |amount| member.clone().withdraw(account(1), amount, &config());
        assert_eq!(withdraw(0), Err(AllianceError::ZeroAmount));
        let short = AllianceError::CollateralShort { asked: 11, collateral: 10 };
        assert_eq!(withdraw(11), Err(short));
        assert_eq!(member.deposit(0), Err(AllianceError::ZeroAmount));
        assert_eq!(member.deposit(Balance::MAX), Err(AllianceError::Overflow));
    }

    #[test]
    fn a_member_is_admitted_once() {
        let mut member = Member::applicant(account(8), [0; 32], 1, 10);
        let waiting = AllianceError::NotActive { account: account(1) };
        assert_eq!(member.ensure_active(account(1)), Err(waiting));
        assert_eq!(member.admit(account(1), 500, 20), Ok(()));
        assert_eq!((member.cap, member.since), (500, 20));
        assert_eq!(member.ensure_active(account(1)), Ok(()));
        let again = AllianceError::AlreadyAdmitted { account: account(1) };
        assert_eq!(member.admit(account(1), 900, 30), Err(again));
        assert_eq!(member.cap, 500);
    }

    #[test]
    fn only_an_even_member_may_go() {
        assert_eq!(positions(5, 0, 0, 0).ensure_even(), Ok(()));
        for (open, due, credit) in [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1)] {
            assert_eq!(
                positions(5, open, due, credit).ensure_even(),
                Err(AllianceError::PositionOpen { open, due, credit })
            );
        }
    }
}
