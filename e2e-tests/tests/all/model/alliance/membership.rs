//! Joining, collateral and leaving.

use super::{Member, Model};
use ::alliance::{error::AllianceError as E, members::Status};
use chain::{AccountId, Balance};

impl Model {
    pub(super) fn waive_fee(&mut self, caller: AccountId, account: AccountId, waived: bool) -> Result<(), E> {
        let operator = self.alliance.config.operator;
        if caller != operator {
            return Err(E::NotOperator { operator, caller });
        }
        let changed =
            if waived { self.alliance.waived.insert(account) } else { self.alliance.waived.remove(&account) };
        if !changed {
            return Err(E::NoChange);
        }
        self.emit("FeeWaived");
        Ok(())
    }

    pub(super) fn apply_to_join(
        &mut self,
        caller: AccountId,
        value: Balance,
        registry: AccountId,
        profile: [u8; 32],
    ) -> Result<(), E> {
        self.ensure_known(registry)?;
        if self.alliance.members.contains_key(&caller) {
            return Err(E::AlreadyMember { account: caller });
        }
        let (now, joining) = (self.now, self.alliance.config.joining);
        let scheduled = if self.alliance.applied < joining.free_first {
            0
        } else if now < joining.early_until {
            joining.early_fee
        } else {
            joining.fee
        };
        let fee = if self.alliance.waived.remove(&caller) { 0 } else { scheduled };
        let member = Member {
            profile,
            applied_at: now,
            status: Status::Applied,
            since: now,
            liable_until: 0,
            collateral: 0,
            cap: 0,
            fund_share: joining.fund_share,
            unpaid: 0,
            rates: 0,
        };
        self.alliance.applied += 1;
        self.alliance.members.insert(caller, member);
        self.alliance.fund += fee;
        self.emit("MemberApplied");
        self.collect_for_alliance(caller, fee + joining.fund_share, value)
    }

    pub(super) fn deposit(&mut self, caller: AccountId, value: Balance, amount: Balance) -> Result<(), E> {
        let member = self.alliance.member_mut(caller)?;
        if amount == 0 {
            return Err(E::ZeroAmount);
        }
        member.collateral += amount;
        self.emit("CollateralDeposited");
        self.collect_for_alliance(caller, amount, value)
    }

    pub(super) fn withdraw_collateral(&mut self, caller: AccountId, amount: Balance) -> Result<(), E> {
        let member = self.alliance.member_mut(caller)?;
        if amount == 0 {
            return Err(E::ZeroAmount);
        }
        member.ensure_made_good()?;
        if amount > member.collateral {
            return Err(E::CollateralShort { asked: amount, collateral: member.collateral });
        }
        member.collateral -= amount;
        let exposure = self.alliance.exposure(caller) + self.alliance.disputed_of(caller);
        let limit = self.alliance.limit(self.alliance.member(caller)?);
        if exposure > limit {
            return Err(E::OverLimit { account: caller, exposure, limit });
        }
        self.emit("CollateralWithdrawn");
        self.pay_from_alliance(caller, amount)
    }

    pub(super) fn leave(&mut self, caller: AccountId) -> Result<(), E> {
        let now = self.now;
        let member = self.alliance.member_mut(caller)?;
        match member.status {
            Status::Applied => return Err(E::NotActive { account: caller }),
            Status::Leaving => return Err(E::AlreadyLeaving { account: caller }),
            Status::Active | Status::Suspended | Status::Defaulted => member.ensure_made_good()?,
        }
        if !member.active() {
            member.cap = 0;
        }
        (member.status, member.since) = (Status::Leaving, now);
        self.emit("MemberLeaving");
        Ok(())
    }

    pub(super) fn exit(&mut self, caller: AccountId) -> Result<(), E> {
        let now = self.now;
        let member = self.alliance.member_mut(caller)?;
        let (status, takes_along) = (member.status, member.collateral + member.fund_share);
        let (open, due, credit) = self.alliance.positions(caller);
        if (open, due, credit) != (0, 0, 0) {
            return Err(E::PositionOpen { open, due, credit });
        }
        let cases = self.alliance.open_cases(caller);
        if cases > 0 {
            return Err(E::CasesOpen { cases });
        }
        match status {
            Status::Applied => {}
            Status::Leaving => {
                let until = self.alliance.liable_until(self.alliance.member(caller)?);
                if now < until {
                    return Err(E::StillLiable { until, now });
                }
            }
            Status::Active | Status::Suspended | Status::Defaulted => {
                return Err(E::NotLeaving { account: caller })
            }
        }
        if status == Status::Applied {
            self.alliance.applied -= 1;
        }
        self.alliance.members.remove(&caller);
        self.emit("MemberExited");
        self.pay_from_alliance(caller, takes_along)
    }
}

impl Member {
    pub(super) fn ensure_made_good(&self) -> Result<(), E> {
        match self.unpaid {
            0 => Ok(()),
            unpaid => Err(E::NotMadeGood { unpaid }),
        }
    }
}
