//! A member: its standing, its collateral and what it owes or is owed. Knows no other member and no storage.
use super::{
    config::Config,
    error::{AllianceError, Outcome},
    sheets::{add, Sheet},
};
use crate::{math::times_down, reader::Reader, AccountId, Balance, Hash, Timestamp};

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
    /// Has said that it leaves: accepts no more, and its coupons are accepted until the tail ends.
    #[codec(index = 2)]
    Leaving,
    /// Neither accepts nor is accepted, and has no vote.
    #[codec(index = 3)]
    Suspended,
    /// Didn't pay by a cut-off. As suspended.
    #[codec(index = 4)]
    Defaulted,
}

/// A member. Amounts are in the alliance's asset.
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
    /// When it applied: which of the account's memberships this is.
    pub applied_at: Timestamp,
    /// Where it stands.
    pub status: Status,
    /// Since when it stands there.
    pub since: Timestamp,
    /// What it has put up.
    pub collateral: Balance,
    /// The most it may owe, whatever its collateral.
    pub cap: Balance,
    /// Its share in the fund.
    pub fund_share: Balance,
    /// What the fund and creditors bore of its defaults, and it hasn't made good.
    pub unpaid: Balance,
    /// Open disputes about redemptions it took part in.
    pub cases: u32,
    /// What it would give back if all those against it were ruled so.
    pub disputed: Balance,
    /// Rates agreed with others, either way; with none, no rate is looked up.
    pub rates: u32,
    /// Until when a redemption that it is booked in can be rolled back.
    pub liable_until: Timestamp,
    /// The cycle that `open` belongs to; `due` belongs to the one before.
    pub cycle: u32,
    /// Its account of `cycle`.
    pub open: Sheet,
    /// Its account of the cycle before.
    pub due: Sheet,
    /// What it may collect from settled cycles before that.
    pub credit: Balance,
}

impl Member {
    /// What `Decode` gives, in less code.
    #[inline(never)]
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            registry: reader.account(),
            profile: reader.hash(),
            applied_at: reader.u64(),
            status: match reader.below(5) {
                0 => Status::Applied,
                1 => Status::Active,
                2 => Status::Leaving,
                3 => Status::Suspended,
                _ => Status::Defaulted,
            },
            since: reader.u64(),
            collateral: reader.u128(),
            cap: reader.u128(),
            fund_share: reader.u128(),
            unpaid: reader.u128(),
            cases: reader.u32(),
            disputed: reader.u128(),
            rates: reader.u32(),
            liable_until: reader.u64(),
            cycle: reader.u32(),
            open: Sheet::read(reader),
            due: Sheet::read(reader),
            credit: reader.u128(),
        }
    }

    /// An applicant, without a position.
    pub fn applicant(
        registry: AccountId,
        profile: Hash,
        fund_share: Balance,
        cycle: u32,
        now: Timestamp,
    ) -> Self {
        Self {
            registry,
            profile,
            applied_at: now,
            status: Status::Applied,
            since: now,
            collateral: 0,
            cap: 0,
            fund_share,
            unpaid: 0,
            cases: 0,
            disputed: 0,
            rates: 0,
            liable_until: 0,
            cycle,
            open: Sheet::default(),
            due: Sheet::default(),
            credit: 0,
        }
    }

    /// Brings the sheets up to `cycle`, the open one, however long the member was left untouched. `collected` says what of an amount earned in a
    /// cycle that is settled its creditors get.
    ///
    /// A cycle closes only when the one before it is settled. So positions older than the cycle closed last are either earned, and become
    /// credit, or zero: a debtor's was settled, and that brought the member up to date.
    /// # Errors
    /// `Overflow`, and those of `collected`.
    #[inline(never)]
    pub fn roll(
        &mut self,
        cycle: u32,
        collected: &mut dyn FnMut(u32, Balance) -> Outcome<Balance>,
    ) -> Outcome<()> {
        while self.cycle != cycle {
            let settled = core::mem::replace(&mut self.due, core::mem::take(&mut self.open)).earned();
            if settled > 0 {
                self.credit = add(self.credit, collected(self.cycle.wrapping_sub(1), settled)?)?;
            }
            // Once both sheets are empty, the cycles between make no difference.
            let empty = self.due == Sheet::default();
            self.cycle = if empty { cycle } else { self.cycle.wrapping_add(1) };
        }
        Ok(())
    }

    /// What the member owes in the open cycle and the one before.
    pub fn exposure(&self) -> Balance {
        self.open.owed().saturating_add(self.due.owed())
    }

    /// The most the member may owe: min(cap, collateral × cap factor), rounded down.
    pub fn limit(&self, config: &Config) -> Balance {
        times_down(self.collateral, config.cap_factor_bps).min(self.cap)
    }

    /// How much more the member may come to owe.
    pub fn headroom(&self, config: &Config) -> Balance {
        self.limit(config).saturating_sub(self.exposure())
    }

    /// # Errors
    /// `OverLimit`.
    #[inline(never)]
    pub fn ensure_covered(&self, account: AccountId, config: &Config) -> Outcome<()> {
        let (exposure, limit) = (self.exposure(), self.limit(config));
        if exposure > limit {
            return Err(AllianceError::OverLimit { account, exposure, limit }.into());
        }
        Ok(())
    }

    /// # Errors
    /// `NotActive`.
    pub fn ensure_active(&self, account: AccountId) -> Outcome<()> {
        if self.status == Status::Active {
            return Ok(());
        }
        Err(AllianceError::NotActive { account }.into())
    }

    /// Whether its coupons are accepted: of a member that leaves, until the tail ends.
    /// # Errors
    /// `NotActive`.
    pub fn ensure_honoured(&self, account: AccountId, config: &Config, now: Timestamp) -> Outcome<()> {
        if self.status == Status::Leaving && now < self.since.saturating_add(config.tail) {
            return Ok(());
        }
        self.ensure_active(account)
    }

    /// A redemption can be rolled back until `final_at`.
    pub fn answer_until(&mut self, final_at: Timestamp) {
        self.liable_until = self.liable_until.max(final_at);
    }

    /// # Errors
    /// `AlreadyAdmitted`.
    pub fn admit(&mut self, account: AccountId, cap: Balance, now: Timestamp) -> Outcome<()> {
        if self.status != Status::Applied {
            return Err(AllianceError::AlreadyAdmitted { account }.into());
        }
        (self.status, self.since, self.cap) = (Status::Active, now, cap);
        Ok(())
    }

    /// # Errors
    /// `ZeroAmount`, `Overflow`.
    pub fn deposit(&mut self, amount: Balance) -> Outcome<()> {
        ensure_some(amount)?;
        self.collateral = add(self.collateral, amount)?;
        Ok(())
    }

    /// # Errors
    /// `ZeroAmount`, `NotMadeGood`, `CollateralShort`; `OverLimit`, where what is disputed counts as owed.
    pub fn withdraw(&mut self, account: AccountId, amount: Balance, config: &Config) -> Outcome<()> {
        ensure_some(amount)?;
        self.ensure_made_good()?;
        self.collateral = self
            .collateral
            .checked_sub(amount)
            .ok_or(AllianceError::CollateralShort { asked: amount, collateral: self.collateral })?;
        let (exposure, limit) = (self.exposure().saturating_add(self.disputed), self.limit(config));
        if exposure > limit {
            return Err(AllianceError::OverLimit { account, exposure, limit }.into());
        }
        Ok(())
    }

    /// Says that the member leaves, whatever its standing; an applicant just goes. Who wasn't accepted when it said so comes to owe nothing more either.
    /// # Errors
    /// `NotActive` of an applicant, `AlreadyLeaving`, `NotMadeGood`.
    pub fn leave(&mut self, account: AccountId, now: Timestamp) -> Outcome<()> {
        match self.status {
            Status::Applied => Err(AllianceError::NotActive { account }.into()),
            Status::Leaving => Err(AllianceError::AlreadyLeaving { account }.into()),
            Status::Active | Status::Suspended | Status::Defaulted => {
                self.ensure_made_good()?;
                if self.status != Status::Active {
                    self.cap = 0;
                }
                (self.status, self.since) = (Status::Leaving, now);
                Ok(())
            }
        }
    }

    /// Whether the member may go; gives what it takes along, collateral and share in the fund. What it was booked in can be disputed for `case_window` after it is final.
    /// # Errors
    /// `PositionOpen`, `CasesOpen`, and unless it has only applied `NotLeaving`, `StillLiable`; `Overflow`.
    pub fn settled(
        &self,
        account: AccountId,
        config: &Config,
        case_window: Timestamp,
        now: Timestamp,
    ) -> Outcome<Balance> {
        let (open, due, credit) = (self.open.position(), self.due.position(), self.credit);
        if (open, due, credit) != (0, 0, 0) {
            return Err(AllianceError::PositionOpen { open, due, credit }.into());
        }
        if self.cases > 0 {
            return Err(AllianceError::CasesOpen { cases: self.cases }.into());
        }
        match self.status {
            Status::Applied => {}
            Status::Leaving => {
                let disputable = self.liable_until.saturating_add(case_window);
                let until = self.since.saturating_add(config.tail).max(disputable);
                if now < until {
                    return Err(AllianceError::StillLiable { until, now }.into());
                }
            }
            Status::Active | Status::Suspended | Status::Defaulted => {
                return Err(AllianceError::NotLeaving { account }.into())
            }
        }
        add(self.collateral, self.fund_share)
    }

    /// # Errors
    /// `NotMadeGood`.
    pub fn ensure_made_good(&self) -> Outcome<()> {
        if self.unpaid > 0 {
            return Err(AllianceError::NotMadeGood { unpaid: self.unpaid }.into());
        }
        Ok(())
    }
}

/// # Errors
/// `ZeroAmount`.
pub fn ensure_some(amount: Balance) -> Outcome<()> {
    if amount == 0 {
        return Err(AllianceError::ZeroAmount.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
