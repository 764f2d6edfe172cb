//! The model's PSP34: approvals and transfers.

use super::{Answer, Model};
use chain::AccountId;
use shared::{coupons::Coupon, ids::CouponId, psp34::PSP34Error, terms::TransferPolicy};

impl Model {
    pub(super) fn approve(
        &mut self,
        caller: AccountId,
        operator: AccountId,
        coupon: Option<CouponId>,
        approved: bool,
    ) -> Result<Answer, PSP34Error> {
        if caller == operator {
            return Err(PSP34Error::SelfApprove);
        }
        match coupon {
            Some(id) => {
                let coupon = self.registry.coupons.get_mut(&id).ok_or(PSP34Error::TokenNotExists)?;
                if coupon.owner != caller {
                    return Err(PSP34Error::NotApproved);
                }
                coupon.approved = approved.then_some(operator);
            }
            None if approved => {
                self.registry.operators.insert((caller, operator));
            }
            None => {
                self.registry.operators.remove(&(caller, operator));
            }
        }
        self.emit("Approval");
        Ok(Answer::Nothing)
    }

    pub(super) fn transfer(
        &mut self,
        caller: AccountId,
        to: AccountId,
        id: CouponId,
    ) -> Result<Answer, PSP34Error> {
        let custom = |word: &str| Err(PSP34Error::Custom(word.into()));
        let coupon = *self.registry.coupons.get(&id).ok_or(PSP34Error::TokenNotExists)?;
        let may = caller == coupon.owner
            || coupon.approved == Some(caller)
            || self.registry.operators.contains(&(coupon.owner, caller));
        if !may {
            return Err(PSP34Error::NotApproved);
        }
        if coupon.frozen.is_some() {
            return custom("CouponFrozen");
        }
        if coupon.lock.is_some_and(|lock| self.now < lock.until) {
            return custom("CouponLocked");
        }
        match self.registry.campaign(id.campaign).unwrap().terms.transfer {
            TransferPolicy::Free => {}
            TransferPolicy::Soulbound => return custom("Soulbound"),
            TransferPolicy::MarketOnly(market) if market == coupon.owner || market == to => {}
            TransferPolicy::MarketOnly(_) => return custom("MarketOnly"),
        }
        self.registry.coupons.insert(id, Coupon { owner: to, approved: None, ..coupon });
        self.emit("Transfer");
        Ok(Answer::Nothing)
    }
}
