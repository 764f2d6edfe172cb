//! A rollback brings a coupon back that must be backed in full, although its redemption had set free what it didn't use, and the issuer may have
//! taken that out meanwhile.

use crate::scene::*;
use ink::codegen::TraitCallBuilder;
use shared::{order::Order, registry::CouponRegistry, terms::Funding};

#[test]
fn a_coupon_that_was_rolled_back_is_backed_as_before() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms_but(|t| t.funding = Funding::Escrow), 500);
    let small = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &small);
    let redemption = act(&mut world, "bakery", 0, to.registry.call_mut().redeem(small, permits)).result;
    // Whether or not the issuer may take out the 300 that the redemption left over.
    call(&mut world, "bakery", 0, to.office.call_mut().withdraw_escrow(coupon.campaign, 300)).result.ok();
    act(&mut world, "bakery", 200, to.desk.call_mut().roll_back(redemption, None));

    let progress = world.progress(coupon.campaign);
    assert!(progress.escrow_left >= progress.reserved, "{progress:?}");
    let large = Order { basket: 9_000, eligible: 9_000, ..order("bakery", 2) };
    let permits = held_by(&world, "ann", coupon, &large);
    let done = act(&mut world, "bakery", 0, to.registry.call_mut().redeem(large, permits));
    assert_eq!(done.moved, [("bakery", 500), ("registry", -500)]);
}

#[test]
fn what_a_redemption_left_over_is_the_issuers_once_nothing_can_come_back() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms_but(|t| t.funding = Funding::Escrow), 500);
    let small = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &small);
    act(&mut world, "bakery", 0, to.registry.call_mut().redeem(small, permits));
    world.chain.set_time(terms().redeem_window.end + terms().rollback_window).unwrap();
    let done = act(&mut world, "bakery", 0, to.office.call_mut().withdraw_escrow(coupon.campaign, 300));
    assert_eq!(done.moved, [("bakery", 300), ("registry", -300)]);
}

#[test]
fn without_a_rollback_window_it_is_the_issuers_at_once() {
    let terms = terms_but(|t| (t.funding, t.rollback_window) = (Funding::Escrow, 0));
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms, 500);
    let small = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &small);
    act(&mut world, "bakery", 0, to.registry.call_mut().redeem(small, permits));
    let done = act(&mut world, "bakery", 0, to.office.call_mut().withdraw_escrow(coupon.campaign, 300));
    assert_eq!(done.moved, [("bakery", 300), ("registry", -300)]);
}
