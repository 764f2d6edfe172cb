//! What an order is worth with a coupon, and who must agree to it. Knows no storage: `quote` and `redeem` both run this.
use crate::{
    campaigns::{Campaign, Progress},
    coupons::Coupon,
};
use shared::{
    ids::CouponId,
    order::{Order, Redemption, Settlement},
    permit::{Domain, Permit, Purpose},
    registry::{Refusal, RegistryError},
    terms::{Acceptance, Funding},
    AccountId, Balance, Hash, Timestamp,
};

/// The most coupons an order takes.
pub const MAX_COUPONS: u32 = 1;

/// How an order reached the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// From this account.
    Direct(AccountId),
    /// Through this alliance, which speaks for the acceptor as a cashier does.
    Alliance(AccountId),
}

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

/// The discount `coupon` gives on `order`: min(rule, cap, eligible), all of it or nothing where the budget doesn't reach: who agreed to
/// an order knows what it takes off.
/// # Errors
/// `CouponFrozen`, `RedeemWindowClosed`, `CouponExpired`, `ForeignCoupon`, `OnlyThroughAlliance`, `NotTheAlliance`, `BelowMinBasket`,
/// `BudgetExhausted`, `NoEffect`.
pub fn weigh(
    order: &Order,
    id: CouponId,
    coupon: &Coupon,
    campaign: &Campaign,
    progress: &Progress,
    route: Route,
    now: Timestamp,
) -> Result<Balance, Refusal> {
    let terms = &campaign.terms;
    coupon.ensure_not_frozen(id)?;
    let (start, end) = (terms.redeem_window.start, progress.redeem_ends);
    if now < start || now >= end {
        return Err(RegistryError::RedeemWindowClosed { start, end, now }.into());
    }
    if now >= coupon.valid_until {
        return Err(RegistryError::CouponExpired { coupon: id, valid_until: coupon.valid_until, now }.into());
    }
    ensure_accepted(order.acceptor, id, campaign, route)?;
    if order.basket < terms.min_basket {
        return Err(RegistryError::BelowMinBasket { basket: order.basket, least: terms.min_basket }.into());
    }
    let discount = terms.discount(order.eligible);
    if progress.budget_left.is_some_and(|left| discount > left) {
        return Err(RegistryError::BudgetExhausted { campaign: id.campaign }.into());
    }
    if discount == 0 {
        return Err(RegistryError::NoEffect { coupon: id }.into());
    }
    Ok(discount)
}

fn ensure_accepted(
    acceptor: AccountId,
    coupon: CouponId,
    campaign: &Campaign,
    route: Route,
) -> Result<(), Refusal> {
    let is_issuer = acceptor == campaign.issuer;
    match (&campaign.terms.acceptance, route) {
        (Acceptance::Alliance(named), Route::Alliance(caller)) if *named == caller => Ok(()),
        (_, Route::Alliance(caller)) => Err(RegistryError::NotTheAlliance { caller }.into()),
        (Acceptance::IssuerOnly | Acceptance::Alliance(_), Route::Direct(_)) if is_issuer => Ok(()),
        (Acceptance::Listed(listed), Route::Direct(_)) if listed.contains(&acceptor) => Ok(()),
        (Acceptance::Alliance(alliance), Route::Direct(_)) => {
            Err(RegistryError::OnlyThroughAlliance { alliance: *alliance }.into())
        }
        (Acceptance::IssuerOnly | Acceptance::Listed(_), Route::Direct(_)) => {
            Err(RegistryError::ForeignCoupon { coupon }.into())
        }
    }
}

/// Who pays the net price on chain, if anyone does.
/// # Errors
/// `OnChainThroughAlliance`, `AcceptorIsPayer`.
pub fn payer(order: &Order, route: Route) -> Result<Option<AccountId>, Refusal> {
    match (order.settlement, route) {
        (Settlement::OffChain, _) => Ok(None),
        (Settlement::OnChain, Route::Alliance(_)) => Err(RegistryError::OnChainThroughAlliance.into()),
        (Settlement::OnChain, Route::Direct(caller)) if caller == order.acceptor => {
            Err(RegistryError::AcceptorIsPayer.into())
        }
        (Settlement::OnChain, Route::Direct(caller)) => Ok(Some(caller)),
    }
}

/// Whether a permit is in force and signed by `signer`, whose epoch is `current`.
/// # Errors
/// `PermitExpired`, `PermitCancelled`, `PermitInvalid`.
pub fn ensure_permitted(
    domain: &Domain,
    signer: AccountId,
    purpose: Purpose,
    subject: &impl scale::Encode,
    permit: &Permit,
    current: u32,
    now: Timestamp,
) -> Result<(), Refusal> {
    if now >= permit.deadline {
        return Err(RegistryError::PermitExpired { deadline: permit.deadline, now }.into());
    }
    if permit.epoch != current {
        return Err(RegistryError::PermitCancelled { epoch: permit.epoch, current }.into());
    }
    let key: &Hash = signer.as_ref();
    if !domain.verifies(key, purpose, subject, permit) {
        return Err(RegistryError::PermitInvalid { signer }.into());
    }
    Ok(())
}

/// What left escrow for the acceptor in this redemption.
pub fn paid_from_escrow(redemption: &Redemption) -> Balance {
    redemption
        .uses
        .iter()
        .filter(|used| used.funding == Funding::Escrow)
        .fold(0, |sum: Balance, used| sum.saturating_add(used.discount))
}

/// # Errors
/// `RedemptionFinal`, `NotTheAlliance`.
pub fn ensure_reversible(redemption: &Redemption, route: Route, now: Timestamp) -> Result<(), Refusal> {
    let final_at = redemption.final_at;
    if now >= final_at {
        return Err(RegistryError::RedemptionFinal { final_at, now }.into());
    }
    match (redemption.alliance, route) {
        (None, Route::Direct(_)) => Ok(()),
        (Some(named), Route::Alliance(caller)) if named == caller => Ok(()),
        (_, Route::Direct(caller) | Route::Alliance(caller)) => {
            Err(RegistryError::NotTheAlliance { caller }.into())
        }
    }
}
