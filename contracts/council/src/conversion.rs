//! What the order of a conversion is for. Knows no storage.
use shared::{coupons::Coupon, ids::CouponId, order::digest, AccountId, Hash};

/// The basket hash of an order whose goods are this coupon, as it stands, for `to`: the digest of registry, coupon, what is left of it, its end, and `to`. Of what is not in it, who may
/// move it and what it is reserved for end as it changes hands, and the rest never changes while its holder keeps it.
pub fn goods(registry: AccountId, coupon: CouponId, held: &Coupon, to: AccountId) -> Hash {
    digest(&(registry, coupon, held.left, held.valid_until, to))
}
