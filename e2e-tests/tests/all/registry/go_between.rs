//! Orders that a contract passes on: an alliance, or a market where one buys and uses at once. The payment comes through it; what a rollback pays back
//! doesn't.

use crate::scene::*;
use chain::AccountId;
use e2e_tests::{account, World};
use ink::codegen::TraitCallBuilder;
use mock_go_between::GoBetweenRef;
use psp22::PSP22;
use shared::{
    assets::{Asset, PaymentFault},
    ids::CouponId,
    order::Order,
    permit::Permits,
    registry::{CouponRegistry, RegistryError},
    terms::{Acceptance, Funding},
};

/// A coupon of ann's, of a campaign that names the go-between as its alliance, which is the cinema's cashier.
fn stage(in_tokens: bool) -> (World, Doors, GoBetweenRef, AccountId, CouponId) {
    let (mut world, mut to) = open();
    let here = go_between(&mut world);
    let asset = if in_tokens { world.token_asset() } else { Asset::Native };
    act(&mut world, "cinema", 0, to.office.call_mut().set_role(here, false, true, None));
    let terms = terms_but(|t| {
        (t.funding, t.acceptance) = (Funding::Alliance, Acceptance::Alliance(here));
        t.asset = asset;
    });
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    (world, to, at(here), here, coupon)
}

fn online(world: &World, coupon: CouponId, number: u64) -> (Order, Permits) {
    let order = order_on_chain("cinema", number);
    let permits = held_by(world, "ann", coupon, &order);
    (order, permits)
}

#[test]
fn the_net_price_goes_through_and_the_change_comes_back() {
    let (mut world, _, mut between, here, coupon) = stage(false);
    let registry = world.suite.registry;
    let (order, permits) = online(&world, coupon, 1);
    let message = between.call_mut().redeem(registry, order, permits);
    let done = act(&mut world, "ben", 2_500, message);
    assert_eq!(done.moved, [("cinema", 1_800), ("ben", -1_800)]);
    let redemption = done.result;
    assert_eq!(redemption.net, 1_800);
    assert_eq!(redemption.alliance, Some(here));
    // Ben paid, and the registry can't know: what comes back is the holder's.
    assert_eq!(redemption.payer, Some(account("ann")));
}

#[test]
fn what_is_too_little_is_refused_and_nothing_is_spent() {
    let (mut world, _, mut between, _, coupon) = stage(false);
    let registry = world.suite.registry;
    let (order, permits) = online(&world, coupon, 1);
    let message = between.call_mut().redeem(registry, order, permits);
    let short = PaymentFault::WrongValue { expected: 1_800, paid: 1_799 };
    assert_eq!(refused(&mut world, "ben", 1_799, message), RegistryError::Payment(short));
    assert!(world.coupon(coupon).is_some());
}

#[test]
fn tokens_are_taken_from_the_go_between_by_its_allowance() {
    let (mut world, _, mut between, here, coupon) = stage(true);
    let (registry, token) = (world.suite.registry, world.token);
    let mut psp22: ink::contract_ref!(PSP22, ink::env::DefaultEnvironment) = token.into();
    act(&mut world, "ann", 0, psp22.call_mut().transfer(here, 1_800, Vec::new()));
    call(&mut world, "ann", 0, between.call_mut().allow(token, registry, 1_800));
    let before = tokens(&world, ["ann", "cinema"]);
    let (order, permits) = online(&world, coupon, 1);
    let redemption = act(&mut world, "ann", 0, between.call_mut().redeem(registry, order, permits)).result;
    assert_eq!(tokens(&world, ["ann", "cinema"]), [before[0], before[1] + 1_800]);
    assert_eq!(world.balance(here, world.token_asset()), 0);
    assert_eq!(redemption.payer, Some(account("ann")));
}

#[test]
fn a_rollback_pays_the_holder_and_never_the_go_between() {
    let (mut world, mut to, mut between, here, coupon) = stage(false);
    // The cinema takes its own coupons too, so that it may roll back without an alliance.
    let campaign = campaign(&mut world, "cinema", terms(), 0);
    let own = issue(&mut world, "cinema", campaign, "ann");
    let (registry, before) = (world.suite.registry, world.balance(here, Asset::Native));
    let (order, permits) = online(&world, own, 1);
    let redemption =
        act(&mut world, "ben", 1_800, between.call_mut().redeem(registry, order, permits)).result;
    assert_eq!((redemption.alliance, redemption.payer), (None, Some(account("ann"))));
    let done = act(&mut world, "cinema", 1_800, to.desk.call_mut().roll_back(redemption, None));
    assert_eq!(done.moved, [("cinema", -1_800), ("ann", 1_800)]);
    assert_eq!(world.balance(here, Asset::Native), before);
    assert!(world.coupon(coupon).is_some() && world.coupon(own).is_some());
}

#[test]
fn whoever_calls_itself_is_the_payer_whatever_the_terms_name() {
    let (mut world, mut to) = open();
    let till = account("till");
    act(&mut world, "cinema", 0, to.office.call_mut().set_role(till, false, true, None));
    let terms = terms_but(|t| (t.funding, t.acceptance) = (Funding::Alliance, Acceptance::Alliance(till)));
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    let (order, permits) = online(&world, coupon, 1);
    let message = CouponRegistry::redeem(to.registry.call_mut(), order, permits);
    let done = act(&mut world, "till", 1_800, message);
    assert_eq!((done.result.alliance, done.result.payer), (Some(till), Some(till)));
    assert_eq!(done.moved, [("cinema", 1_800), ("till", -1_800)]);
}
