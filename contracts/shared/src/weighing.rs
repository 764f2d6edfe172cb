//! What an order is worth with a coupon. Knows no storage: quoting and redeeming both run this.
use crate::{
    campaigns::{Campaign, Progress},
    coupons::Coupon,
    ids::CouponId,
    order::{Order, Settlement},
    permit::Presented,
    registry::{Refusal, RegistryError},
    terms::{Acceptance, Stacking},
    AccountId, Balance, Hash, Timestamp,
};

/// The most coupons an order takes.
pub const MAX_COUPONS: u32 = 5;

/// What can be said of an order alone.
/// # Errors
/// `EligibleOverBasket`, `OrderExpired`.
pub fn check_order(order: &Order, now: Timestamp) -> Result<(), Refusal> {
    if order.eligible > order.basket {
        return Err(
            RegistryError::EligibleOverBasket { eligible: order.eligible, basket: order.basket }.into()
        );
    }
    if now >= order.deadline {
        return Err(RegistryError::OrderExpired { deadline: order.deadline, now }.into());
    }
    Ok(())
}

/// What is asked of one coupon.
pub struct Asked<'a> {
    /// What is sold.
    pub order: &'a Order,
    /// The order's digest.
    pub hash: &'a Hash,
    /// Who calls: for an alliance, the alliance.
    pub caller: AccountId,
    /// The coupon, as it is presented.
    pub presented: &'a Presented,
    /// What the coupons before it have left of the eligible amount.
    pub eligible: Balance,
    /// How many coupons the order presents.
    pub company: u32,
    /// The block's time.
    pub now: Timestamp,
}

/// The discount a coupon gives: min(rule, cap, eligible, left), all of it or nothing where a budget or a limit doesn't reach: who agreed
/// to an order knows what it takes off.
/// # Errors
/// `CouponFrozen`, `CouponLocked`, `RedeemWindowClosed`, `CouponExpired`, `ForeignCoupon`, `OnlyThroughAlliance`, `NotStackable`,
/// `BelowMinBasket`, `NoEffect`.
#[inline(never)]
pub fn weigh(
    asked: &Asked,
    coupon: &Coupon,
    campaign: &Campaign,
    progress: &Progress,
) -> Result<Balance, Refusal> {
    let Asked { order, now, .. } = *asked;
    let (id, terms) = (asked.presented.coupon, &campaign.terms);
    coupon.ensure_not_frozen(id)?;
    coupon.ensure_not_locked(id, Some(asked.hash), now)?;
    let (start, end) = (terms.redeem_window.start, progress.redeem_ends);
    if now < start || now >= end {
        return Err(RegistryError::RedeemWindowClosed { start, end, now }.into());
    }
    if now >= coupon.valid_until {
        return Err(RegistryError::CouponExpired { coupon: id, valid_until: coupon.valid_until, now }.into());
    }
    ensure_accepted(order.acceptor, id, campaign, asked.caller)?;
    if terms.stacking == Stacking::Exclusive && asked.company > 1 {
        return Err(RegistryError::NotStackable { coupon: id }.into());
    }
    if order.basket < terms.min_basket {
        return Err(RegistryError::BelowMinBasket { basket: order.basket, least: terms.min_basket }.into());
    }
    let most = asked.presented.most.unwrap_or(Balance::MAX);
    let discount = terms.discount(asked.eligible, coupon.left).min(most);
    if discount == 0 && !terms.is_stamp(coupon.left) {
        return Err(RegistryError::NoEffect { coupon: id }.into());
    }
    Ok(discount)
}

#[inline(never)]
fn ensure_accepted(
    acceptor: AccountId,
    coupon: CouponId,
    campaign: &Campaign,
    caller: AccountId,
) -> Result<(), Refusal> {
    let is_issuer = acceptor == campaign.issuer;
    match &campaign.terms.acceptance {
        Acceptance::Alliance(named) if *named == caller || is_issuer => Ok(()),
        Acceptance::Alliance(alliance) => {
            Err(RegistryError::OnlyThroughAlliance { alliance: *alliance }.into())
        }
        Acceptance::Listed(listed) if listed.contains(&acceptor) => Ok(()),
        Acceptance::IssuerOnly if is_issuer => Ok(()),
        Acceptance::IssuerOnly | Acceptance::Listed(_) => Err(RegistryError::ForeignCoupon { coupon }.into()),
    }
}

/// Who pays the net price on chain, if anyone does.
/// # Errors
/// `AcceptorIsPayer`.
pub fn payer(order: &Order, caller: AccountId) -> Result<Option<AccountId>, Refusal> {
    match order.settlement {
        Settlement::OffChain => Ok(None),
        Settlement::OnChain if caller == order.acceptor => Err(RegistryError::AcceptorIsPayer.into()),
        Settlement::OnChain => Ok(Some(caller)),
    }
}

#[cfg(test)]
mod tests;
