//! Anyone writes campaigns, so what a campaign says of others must not bind them: an acceptor's signed order was good with a stranger's coupon, and a
//! stranger could name itself the alliance that speaks for a merchant.

use crate::scene::*;
use e2e_tests::actors::{account, keys};
use ink::codegen::TraitCallBuilder;
use shared::{
    permit::Permits,
    registry::{CouponRegistry, RegistryError},
    terms::{Acceptance, Benefit},
};

#[test]
fn a_signed_order_is_no_good_with_another_coupon() {
    let (mut world, mut to, mine) = ann_has_a_coupon(terms(), 0);
    let everything = terms_but(|t| {
        t.benefit = Benefit::AmountOff { value: u128::MAX };
        t.acceptance = Acceptance::Listed(vec![account("bakery")]);
    });
    let strangers = campaign(&mut world, "ben", everything, 0);
    let coupon = issue(&mut world, "ben", strangers, "ann");
    let order = order_on_chain("bakery", 1);
    let acceptor = Some(world.place().order(&keys("bakery"), &whole(&[mine]), &order));
    let permits = Permits { acceptor, ..unsigned(&whole(&[coupon])) };
    let message = to.registry.call_mut().redeem(order.clone(), permits);
    let invalid = RegistryError::PermitInvalid { signer: account("bakery") };
    assert_eq!(refused(&mut world, "ann", order.basket, message), invalid);
}

#[test]
fn nobody_becomes_a_merchants_alliance_by_its_own_terms() {
    let (mut world, mut to) = open();
    let own = terms_but(|t| t.acceptance = Acceptance::Alliance(account("ben")));
    let campaign = campaign(&mut world, "ben", own, 0);
    let coupon = issue(&mut world, "ben", campaign, "ben");
    let order = order("bakery", 1);
    let permits = held_by(&world, "ben", coupon, &order);
    let message = to.registry.call_mut().redeem(order, permits);
    let not_acceptor = RegistryError::NotAcceptor { signer: account("ben") };
    assert_eq!(refused(&mut world, "ben", 0, message), not_acceptor);
}
