//! Live coupons in order, of each holder and all together, for PSP34's Enumerable. Only in registries that are built with it.
//!
//! Where a coupon goes, the last one takes its place, so that a change costs the same however many there are. How many there are, others know.
use scale::Encode as _;
use shared::{
    ids::CouponId,
    ledger::{items, key, Shelves as _},
    shelf::{set_item, Storage},
    AccountId,
};

/// Whose coupons: a holder's, or all.
type Of = Option<AccountId>;

/// A coupon's places: among its holder's, and among all.
type Places = (u64, u64);

/// The coupon at `index`. Touches: 1.
#[inline(never)]
pub fn nth(of: Of, index: u128) -> Option<CouponId> {
    Storage.get(items::ORDERED, &(of, u64::try_from(index).ok()?)).map(CouponId::from_u64)
}

/// A coupon comes, to a holder who has had `held`, where `live` there were. Touches: 3.
#[inline(never)]
pub fn come(id: CouponId, owner: AccountId, held: u32, live: u64) {
    let (coupon, held) = (id.to_u64(), held.into());
    put(Some(owner), held, Some(coupon));
    put(None, live, Some(coupon));
    keep_places(coupon, Some((held, live)));
}

/// A coupon ends, and leaves its holder with `held`, and `live` in all. Touches: 4, and 4 more in each order that it wasn't the last of.
#[inline(never)]
pub fn end(id: CouponId, owner: AccountId, held: u32, live: u64) {
    let (at_holder, among_all) = places(id.to_u64());
    close(Some(owner), at_holder, held.into());
    close(None, among_all, live);
    keep_places(id.to_u64(), None);
}

/// A coupon moves from a holder it leaves with `left` to one who has had `held`. Touches: 4, and 4 more where it wasn't the first one's last.
#[inline(never)]
pub fn hand_over(id: CouponId, (from, left): (AccountId, u32), (to, held): (AccountId, u32)) {
    let (coupon, held) = (id.to_u64(), held.into());
    let (at_holder, among_all) = places(coupon);
    close(Some(from), at_holder, left.into());
    put(Some(to), held, Some(coupon));
    keep_places(coupon, Some((held, among_all)));
}

/// Nothing is at `index` any more: the one at `last` comes there.
#[inline(never)]
fn close(of: Of, index: u64, last: u64) {
    if index != last {
        let moved = Storage.get(items::ORDERED, &(of, last)).unwrap_or_default();
        let (at_holder, among_all) = places(moved);
        put(of, index, Some(moved));
        keep_places(moved, Some(if of.is_some() { (index, among_all) } else { (at_holder, index) }));
    }
    put(of, last, None);
}

#[inline(never)]
fn put(of: Of, index: u64, coupon: Option<u64>) {
    set_item(key(items::ORDERED, &(of, index)), coupon.map(|coupon| coupon.encode()));
}

#[inline(never)]
fn places(coupon: u64) -> Places {
    Storage.get(items::PLACES, &coupon).unwrap_or_default()
}

#[inline(never)]
fn keep_places(coupon: u64, places: Option<Places>) {
    set_item(key(items::PLACES, &coupon), places.map(|places| places.encode()));
}
