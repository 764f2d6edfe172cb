//! Revoking or ending a coupon that was listed paid its backing to the market, which could pass it on to nobody, and left a listing that could never be
//! cancelled.

use crate::scene::*;
use e2e_tests::{account, World};
use ink::codegen::TraitCallBuilder;
use market::MarketRef;
use shared::{
    ids::CouponId,
    registry::RegistryError,
    terms::{Breakage, Funding},
};

/// Ann has listed her coupon, which 500 in escrow back and which is hers when it ends unspent.
fn listed() -> (World, Doors, MarketRef, CouponId) {
    let terms = terms_but(|t| {
        t.funding = Funding::Escrow;
        t.breakage = Breakage { holder_bps: 10_000, fund: None };
    });
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms, 500);
    let market = ann_lists(&mut world, &mut to, coupon);
    (world, to, market, coupon)
}

fn held_by_market(world: &World) -> RegistryError {
    RegistryError::HeldByContract { holder: world.suite.market }
}

/// Ann takes her coupon back from the market.
fn cancel(world: &mut World, market: &mut MarketRef, coupon: CouponId) {
    act(world, "ann", 0, market.call_mut().cancel(1));
    assert_eq!(world.coupon(coupon).unwrap().owner, account("ann"));
    assert_eq!(read(world, market.call().config()).unwrap().held, 0);
}

#[test]
fn a_listed_coupon_is_not_revoked_and_its_seller_is_paid_once_it_is_back() {
    let (mut world, mut to, mut market, coupon) = listed();
    let held = held_by_market(&world);
    let message = to.office.call_mut().revoke(coupon, 1);
    assert_eq!(refused(&mut world, "bakery", 0, message), held);
    cancel(&mut world, &mut market, coupon);
    let done = act(&mut world, "bakery", 0, to.office.call_mut().revoke(coupon, 1));
    assert_eq!(done.moved, [("ann", 500), ("registry", -500)]);
}

#[test]
fn a_listed_coupon_is_not_ended_and_its_seller_is_paid_once_it_is_back() {
    let (mut world, mut to, mut market, coupon) = listed();
    world.chain.set_time(terms().redeem_window.end).unwrap();
    let held = held_by_market(&world);
    for who in ["relayer", "bakery", "ann"] {
        let message = to.desk.call_mut().expire(coupon);
        assert_eq!(refused(&mut world, who, 0, message), held);
    }
    cancel(&mut world, &mut market, coupon);
    let done = act(&mut world, "relayer", 0, to.desk.call_mut().expire(coupon));
    assert_eq!(done.moved, [("ann", 500), ("registry", -500)]);
}
