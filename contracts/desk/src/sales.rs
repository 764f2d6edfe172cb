//! What a market needs: what coupons may be sold for, and moving several at once.
use ink::prelude::vec::Vec;
use shared::{
    books::{coupon_key, Books, Items},
    campaigns::{Campaign, Progress},
    coupons::{Coupon, Holder},
    ids::{CampaignId, CouponId},
    ledger::{items, key},
    registry::{Refusal, RegistryError, SaleTerms, Scope},
    AccountId, Timestamp,
};

/// The most coupons that are moved, or whose sale terms are asked, in one call.
pub const MOST_AT_ONCE: u32 = 20;

/// # Errors
/// `Paused`, `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`.
#[inline(never)]
pub fn sale_terms(books: &Books, id: CouponId, now: Timestamp) -> Result<SaleTerms, Refusal> {
    ensure_trading(books)?;
    let (campaign, progress, coupon) = books.coupon(id)?;
    terms_of(id, &coupon, &campaign, &progress, now)
}

/// A campaign is read once for all its coupons that follow each other.
/// # Errors
/// `BatchSize`, `Paused`, `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`.
#[inline(never)]
pub fn sale_terms_of(books: &Books, coupons: &[CouponId], now: Timestamp) -> Result<Vec<SaleTerms>, Refusal> {
    ensure_few(coupons)?;
    ensure_trading(books)?;
    let mut found = books.read(coupons.iter().map(|id| coupon_key(*id)).collect())?;
    let mut known: Option<(CampaignId, (Campaign, Progress))> = None;
    let mut terms = Vec::with_capacity(coupons.len());
    for id in coupons {
        let coupon = next(&mut found, *id)?;
        let (number, (campaign, progress)) = match known.take().filter(|(number, _)| *number == id.campaign) {
            Some(known) => known,
            None => (id.campaign, books.campaign(id.campaign)?),
        };
        terms.push(terms_of(*id, &coupon, &campaign, &progress, now)?);
        known = Some((number, (campaign, progress)));
    }
    Ok(terms)
}

/// Moves coupons of one holder, all or none.
/// # Errors
/// `BatchSize`, `DuplicateCoupon`, `NoSuchCoupon`, `NotHolder`, `CouponFrozen`, `CouponLocked`, `Soulbound`, `MarketOnly`, `NotApproved`,
/// `Overflow`.
#[inline(never)]
pub fn transfer_many(
    books: &mut Books,
    caller: AccountId,
    to: AccountId,
    coupons: &[CouponId],
    now: Timestamp,
) -> Result<(), Refusal> {
    ensure_few(coupons)?;
    let mut keys: Vec<_> = coupons.iter().map(|id| coupon_key(*id)).collect();
    keys.extend([key(items::HOLDERS, &caller), key(items::HOLDERS, &to)]);
    let mut found = books.read(keys)?;
    let mut moved: Vec<(CouponId, Coupon)> = Vec::with_capacity(coupons.len());
    for id in coupons {
        if moved.iter().any(|(before, _)| before == id) {
            return Err(RegistryError::DuplicateCoupon { coupon: *id }.into());
        }
        let coupon = next(&mut found, *id)?;
        if moved.first().is_some_and(|(_, first)| first.owner != coupon.owner) {
            return Err(RegistryError::NotHolder { holder: coupon.owner }.into());
        }
        if let Some(obstacle) = coupon.obstacle(to, now) {
            return Err(obstacle.for_coupon(*id));
        }
        moved.push((*id, coupon));
    }
    let Some(from) = moved.first().map(|(_, coupon)| coupon.owner) else {
        return Ok(());
    };
    let callers: Option<Holder> = found.take()?;
    let receivers: Option<Holder> = found.take()?;
    let givers = if caller == from { callers } else { ensure_approved(books, caller, from, &moved)? };
    let count = u32::try_from(moved.len()).unwrap_or(u32::MAX);
    for (id, coupon) in moved {
        books.move_coupon(id, from, &Coupon { owner: to, approved: None, ..coupon });
    }
    if from != to {
        let (giver, receiver) = (givers.unwrap_or_default(), receivers.unwrap_or_default());
        let fewer = giver.coupons.checked_sub(count).ok_or(RegistryError::Overflow)?;
        let more = receiver.coupons.checked_add(count).ok_or(RegistryError::Overflow)?;
        keep_holder(books, from, Holder { coupons: fewer, ..giver });
        keep_holder(books, to, Holder { coupons: more, ..receiver });
    }
    Ok(())
}

/// Whether `caller` may move the owner's coupons, and what the owner holds.
/// # Errors
/// `NotApproved`.
fn ensure_approved(
    books: &Books,
    caller: AccountId,
    owner: AccountId,
    coupons: &[(CouponId, Coupon)],
) -> Result<Option<Holder>, Refusal> {
    let keys = [key(items::HOLDERS, &owner), key(items::OPERATORS, &(owner, caller))].to_vec();
    let mut found = books.read(keys)?;
    let holder = found.take()?;
    let is_operator = found.take::<()>()?.is_some();
    match coupons.iter().find(|(_, coupon)| coupon.approved != Some(caller)) {
        Some((coupon, _)) if !is_operator => Err(RegistryError::NotApproved { coupon: *coupon }.into()),
        Some(_) | None => Ok(holder),
    }
}

/// An account with no coupons and no cancelled permits takes no storage, as in the registry.
fn keep_holder(books: &mut Books, account: AccountId, holder: Holder) {
    if holder == Holder::default() {
        books.remove(items::HOLDERS, &account);
    } else {
        books.write(items::HOLDERS, &account, &holder);
    }
}

/// # Errors
/// `BatchSize`.
fn ensure_few(coupons: &[CouponId]) -> Result<(), Refusal> {
    match u32::try_from(coupons.len()).unwrap_or(u32::MAX) {
        items if items == 0 || items > MOST_AT_ONCE => {
            Err(RegistryError::BatchSize { items, most: MOST_AT_ONCE }.into())
        }
        _ => Ok(()),
    }
}

/// # Errors
/// `Paused`.
fn ensure_trading(books: &Books) -> Result<(), Refusal> {
    let paused: u8 = books.one(items::PAUSED, &())?.unwrap_or_default();
    Scope::Trading.ensure_not_in(paused)
}

/// # Errors
/// `NoSuchCoupon`.
fn next(found: &mut Items, id: CouponId) -> Result<Coupon, Refusal> {
    Ok(found.take()?.ok_or(RegistryError::NoSuchCoupon { coupon: id })?)
}

/// # Errors
/// `CouponFrozen`, `CouponLocked`, `Overflow`.
#[inline(never)]
fn terms_of(
    id: CouponId,
    coupon: &Coupon,
    campaign: &Campaign,
    progress: &Progress,
    now: Timestamp,
) -> Result<SaleTerms, Refusal> {
    coupon.ensure_not_frozen(id)?;
    coupon.ensure_not_locked(id, None, now)?;
    let terms = &campaign.terms;
    let largest_discount = terms.largest_discount(coupon.left).ok_or(RegistryError::Overflow)?;
    Ok(SaleTerms {
        owner: coupon.owner,
        issuer: campaign.issuer,
        asset: terms.asset,
        royalty_bps: terms.royalty_bps,
        ends_at: coupon.valid_until.min(progress.redeem_ends),
        largest_discount,
        left: coupon.left,
        highest_price: terms.highest_price(largest_discount),
    })
}
