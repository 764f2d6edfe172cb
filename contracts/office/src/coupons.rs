//! What an issuer does to single coupons and accounts: freezing, revoking, topping up. Backing goes where the value goes.
use crate::campaigns::ensure_operator;
use shared::{
    assets::Asset,
    books::Books,
    coupons::{ensure_held_by_person, Coupon, Customer},
    ids::CouponId,
    ledger::items,
    registry::{Refusal, RegistryError},
    AccountId, Balance,
};

/// # Errors
/// `NoSuchCampaign`, `NoSuchCoupon`, `NotOperator`, `CouponBacked`, `NotFrozen`.
#[inline(never)]
pub fn set_frozen(
    books: &mut Books,
    caller: AccountId,
    id: CouponId,
    reason: Option<u8>,
) -> Result<(), Refusal> {
    let (campaign, _, coupon) = books.coupon(id)?;
    ensure_operator(books, &campaign, caller)?;
    if reason.is_some() && campaign.is_backed() {
        return Err(RegistryError::CouponBacked { coupon: id }.into());
    }
    if reason.is_none() && coupon.frozen.is_none() {
        return Err(RegistryError::NotFrozen { coupon: id }.into());
    }
    books.write_coupon(id, &Coupon { frozen: reason, ..coupon });
    Ok(())
}

/// # Errors
/// `NoChange`.
#[inline(never)]
pub fn set_account_frozen(
    books: &mut Books,
    issuer: AccountId,
    account: AccountId,
    reason: Option<u8>,
) -> Result<(), Refusal> {
    let at = (issuer, account);
    let customer = books.one(items::CUSTOMERS, &at)?.unwrap_or(Customer::default());
    if customer.frozen == reason {
        return Err(RegistryError::NoChange.into());
    }
    books.write(items::CUSTOMERS, &at, &Customer { frozen: reason, ..customer });
    Ok(())
}

/// Gives what the holder is paid.
/// # Errors
/// `NoSuchCampaign`, `NoSuchCoupon`, `NotIssuer`, `HeldByContract`, `Overflow`.
#[inline(never)]
pub fn revoke(books: &mut Books, caller: AccountId, id: CouponId) -> Result<Balance, Refusal> {
    let (campaign, mut progress, coupon) = books.coupon(id)?;
    campaign.ensure_issuer(caller)?;
    ensure_held_by_person(&coupon)?;
    let paid = progress.retire(&campaign, coupon.left)?;
    progress.escrow_left = progress.escrow_left.checked_sub(paid).ok_or(RegistryError::Overflow)?;
    books.write_progress(id.campaign, &progress);
    books.burn(id);
    books.pay(campaign.terms.asset, coupon.owner, paid);
    Ok(paid)
}

/// Gives what it costs.
/// # Errors
/// `NoSuchCampaign`, `NoSuchCoupon`, `NotIssuer`, `NotStoredValue`, `NoChange`, `Overflow`.
#[inline(never)]
pub fn top_up(
    books: &mut Books,
    caller: AccountId,
    id: CouponId,
    value: Balance,
) -> Result<(Asset, Balance), Refusal> {
    let (campaign, mut progress, coupon) = books.coupon(id)?;
    campaign.ensure_issuer(caller)?;
    if !campaign.terms.is_stored_value() || coupon.left == 0 {
        return Err(RegistryError::NotStoredValue { coupon: id }.into());
    }
    if value == 0 {
        return Err(RegistryError::NoChange.into());
    }
    let left = coupon.left.checked_add(value).ok_or(RegistryError::Overflow)?;
    books.write_coupon(id, &Coupon { left, ..coupon });
    let due = if campaign.is_backed() { value } else { 0 };
    progress.escrow_left = progress.escrow_left.checked_add(due).ok_or(RegistryError::Overflow)?;
    progress.reserve(due)?;
    books.write_progress(id.campaign, &progress);
    Ok((campaign.terms.asset, due))
}
