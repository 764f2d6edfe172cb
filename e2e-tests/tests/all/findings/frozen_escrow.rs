//! An issuer could freeze coupons that its escrow backs until the money was its own again.

use crate::scene::*;
use ink::codegen::TraitCallBuilder;
use shared::{registry::RegistryError, terms::Funding};

#[test]
fn a_backed_coupon_is_never_frozen() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms_but(|t| t.funding = Funding::Escrow), 500);
    let message = to.office.call_mut().set_frozen(coupon, Some(1));
    assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::CouponBacked { coupon });
}
