//! Live coupons in order, of each holder and all together, for PSP34's Enumerable. Only in registries that are built with it.
//!
//! Where a coupon goes, the last one takes its place, so that a change costs the same however many there are. How many there are, others know.
use shared::{
    ids::CouponId,
    ledger::{items, key, Shelves as _},
    shelf::{set_item, Storage},
    AccountId,
};

use scale::Encode as _;

/// Whose coupons: a holder's, or all.
type Of = Option<AccountId>;

/// The coupon at `index`. Touches: 1.
pub fn nth(of: Of, index: u128) -> Option<CouponId> {
    let index = u64::try_from(index).ok()?;
    Storage.get(items::ORDERED, &(of, index)).map(CouponId::from_u64)
}

/// Puts a coupon at `index`. Touches: 2.
#[inline(never)]
pub fn put(of: Of, index: u64, coupon: u64) {
    set_item(key(items::ORDERED, &(of, index)), Some(coupon.encode()));
    set_item(key(items::PLACES, &(of.is_some(), coupon)), Some(index.encode()));
}

/// Takes a coupon out, which leaves `last` of them; its own place is left for `put` or `forget`. Touches: 2 for the last one, 5 for any other.
#[inline(never)]
pub fn take(of: Of, last: u64, coupon: u64) {
    let place = Storage.get(items::PLACES, &(of.is_some(), coupon)).unwrap_or(last);
    let end = key(items::ORDERED, &(of, last));
    if place != last {
        let moved = Storage.get(items::ORDERED, &(of, last)).unwrap_or_default();
        put(of, place, moved);
    }
    set_item(end, None);
}

/// A coupon has no place any more. Touches: 2.
pub fn forget(coupon: u64) {
    for held in [true, false] {
        set_item(key(items::PLACES, &(held, coupon)), None);
    }
}
