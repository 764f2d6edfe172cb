//! Live coupons in order, of each holder and all together, for PSP34's Enumerable. Only in registries that are built with it.
//!
//! Where a coupon goes, the last one takes its place, so that a change costs the same however many there are. How many there are, others know.
use ink::prelude::vec::Vec;
use scale::Encode as _;
use shared::{
    ids::CouponId,
    ledger::{items, key, Shelves as _},
    shelf::{set_item, Storage},
    AccountId,
};

/// Whose coupons: a holder's, or all.
type Of = Option<AccountId>;

/// The coupon at `index`. Touches: 1.
#[inline(never)]
pub fn nth(of: Of, index: u128) -> Option<CouponId> {
    number(ordered(of, u64::try_from(index).ok()?)).map(CouponId::from_u64)
}

/// Puts a coupon at `index`. Touches: 2.
#[inline(never)]
pub fn put(of: Of, index: u64, coupon: u64) {
    set_item(ordered(of, index), Some(coupon.encode()));
    set_item(place(of.is_some(), coupon), Some(index.encode()));
}

/// Takes a coupon out, which leaves `last` of them; its own place is left for `put` or `forget`. Touches: 2 for the last one, 5 for any other.
#[inline(never)]
pub fn take(of: Of, last: u64, coupon: u64) {
    let index = number(place(of.is_some(), coupon)).unwrap_or(last);
    let end = ordered(of, last);
    if index != last {
        put(of, index, number(end.clone()).unwrap_or_default());
    }
    set_item(end, None);
}

/// A coupon has no place any more. Touches: 2.
pub fn forget(coupon: u64) {
    for held in [true, false] {
        set_item(place(held, coupon), None);
    }
}

#[inline(never)]
fn ordered(of: Of, index: u64) -> Vec<u8> {
    key(items::ORDERED, &(of, index))
}

#[inline(never)]
fn place(held: bool, coupon: u64) -> Vec<u8> {
    key(items::PLACES, &(held, coupon))
}

#[inline(never)]
fn number(key: Vec<u8>) -> Option<u64> {
    let bytes = Storage.item(key)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}
