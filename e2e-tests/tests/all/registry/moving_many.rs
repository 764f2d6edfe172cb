//! Several coupons at once: moving them by the rules of PSP34's `transfer`, all or none, and their sale terms.

use crate::scene::*;
use e2e_tests::{account, World};
use ink::codegen::TraitCallBuilder;
use registry::events::Transfer;
use scale::Encode;
use shared::{
    ids::CouponId,
    psp34::{Id, PSP34},
    registry::{Outcome, RegistryError, SaleTerms, Scope, ServiceDesk},
    terms::TransferPolicy,
};

fn send(to: &mut Doors, receiver: &str, coupons: &[CouponId]) -> chain::Message<impl Encode, Outcome<()>> {
    ServiceDesk::transfer_many(to.desk.call_mut(), account(receiver), coupons.to_vec())
}

fn sale(to: &Doors, coupons: &[CouponId]) -> chain::Message<impl Encode, Outcome<Vec<SaleTerms>>> {
    ServiceDesk::sale_terms_of(to.desk.call(), coupons.to_vec())
}

/// Ann holds `count` coupons of the bakery's.
fn stage(count: usize) -> (World, Doors, Vec<CouponId>) {
    let (mut world, to) = open();
    let campaign = campaign(&mut world, "bakery", terms(), 0);
    let coupons = issue_many(&mut world, "bakery", campaign, "ann", count);
    (world, to, coupons)
}

/// Ann's coupon of a campaign with this policy.
fn of_policy(world: &mut World, transfer: TransferPolicy) -> CouponId {
    let campaign = campaign(world, "bakery", terms_but(|t| t.transfer = transfer), 0);
    issue(world, "bakery", campaign, "ann")
}

fn approve(world: &mut World, to: &mut Doors, operator: &str, coupon: Option<CouponId>) {
    let message = PSP34::approve(to.registry.call_mut(), account(operator), coupon.map(Id::from), true);
    act(world, "ann", 0, message);
}

#[test]
fn twenty_coupons_move_at_once_with_an_event_each() {
    let (mut world, mut to, coupons) = stage(21);
    let done = act(&mut world, "ann", 0, send(&mut to, "ben", &coupons[..20]));
    let moved = |coupon: &CouponId| {
        let told = Transfer { from: Some(account("ann")), to: Some(account("ben")), id: (*coupon).into() };
        by(world.suite.registry, told)
    };
    assert_eq!(done.events, coupons[..20].iter().map(moved).collect::<Vec<_>>());
    assert_eq!(done.moved, []);
    assert_eq!((world.holder(account("ann")).coupons, world.holder(account("ben")).coupons), (1, 20));
    let owners = coupons.iter().map(|coupon| world.coupon(*coupon).unwrap().owner);
    let expected: Vec<_> = (0..21).map(|place| account(if place < 20 { "ben" } else { "ann" })).collect();
    assert_eq!(owners.collect::<Vec<_>>(), expected);
    assert_eq!(read(&world, PSP34::total_supply(to.registry.call())), 21);
}

#[test]
fn many_leave_what_they_would_one_by_one() {
    let (mut world, mut to, coupons) = stage(3);
    let moment = world.fixture();
    act(&mut world, "ann", 0, send(&mut to, "ben", &coupons));
    let mut single = moment.world();
    for coupon in coupons {
        let message = PSP34::transfer(to.registry.call_mut(), account("ben"), coupon.into(), Vec::new());
        act(&mut single, "ann", 0, message);
    }
    let storage = |world: &World| chain::Chain::storage(&world.chain, world.suite.registry).unwrap();
    assert_eq!(storage(&world), storage(&single));
    assert_eq!(world.holder(account("ann")), Default::default(), "her record is gone");
}

#[test]
fn sending_many_to_oneself_clears_approvals_and_changes_no_count() {
    let (mut world, mut to, coupons) = stage(2);
    approve(&mut world, &mut to, "cem", Some(coupons[0]));
    act(&mut world, "ann", 0, send(&mut to, "ann", &coupons));
    assert_eq!(world.holder(account("ann")).coupons, 2);
    assert_eq!(world.coupon(coupons[0]).unwrap().approved, None);
}

#[test]
fn one_to_twenty_different_coupons_of_one_holder_move() {
    let (mut world, mut to, coupons) = stage(21);
    for (items, some) in [(0, &coupons[..0]), (21, &coupons[..])] {
        let refusal = refused(&mut world, "ann", 0, send(&mut to, "ben", some));
        assert_eq!(refusal, RegistryError::BatchSize { items, most: 20 });
        assert_eq!(read(&world, sale(&to, some)), Err(RegistryError::BatchSize { items, most: 20 }));
    }
    let [first, second] = [coupons[0], coupons[1]];
    let refusal = refused(&mut world, "ann", 0, send(&mut to, "ben", &[first, second, first]));
    assert_eq!(refusal, RegistryError::DuplicateCoupon { coupon: first });
    let missing = CouponId { serial: 99, ..first };
    let refusal = refused(&mut world, "ann", 0, send(&mut to, "ben", &[first, missing]));
    assert_eq!(refusal, RegistryError::NoSuchCoupon { coupon: missing });
    let bens = issue(&mut world, "bakery", first.campaign, "ben");
    for who in ["ann", "ben"] {
        let refusal = refused(&mut world, who, 0, send(&mut to, "cem", &[first, bens]));
        assert_eq!(refusal, RegistryError::NotHolder { holder: account("ben") });
    }
}

#[test]
fn whoever_moves_many_holds_them_or_is_approved_for_all_or_each() {
    let (mut world, mut to, coupons) = stage(3);
    let refusal = refused(&mut world, "cem", 0, send(&mut to, "cem", &coupons));
    assert_eq!(refusal, RegistryError::NotApproved { coupon: coupons[0] });
    approve(&mut world, &mut to, "cem", Some(coupons[0]));
    let refusal = refused(&mut world, "cem", 0, send(&mut to, "cem", &coupons[..2]));
    assert_eq!(refusal, RegistryError::NotApproved { coupon: coupons[1] });
    approve(&mut world, &mut to, "cem", Some(coupons[1]));
    act(&mut world, "cem", 0, send(&mut to, "cem", &coupons[..2]));
    let refusal = refused(&mut world, "cem", 0, send(&mut to, "cem", &coupons[2..]));
    assert_eq!(refusal, RegistryError::NotApproved { coupon: coupons[2] });
    approve(&mut world, &mut to, "cem", None);
    act(&mut world, "cem", 0, send(&mut to, "dee", &coupons[2..]));
    assert_eq!(world.coupon(coupons[2]).unwrap().owner, account("dee"));
}

#[test]
fn one_coupon_that_stays_keeps_all_where_they_are() {
    let (mut world, mut to, coupons) = stage(2);
    let soulbound = of_policy(&mut world, TransferPolicy::Soulbound);
    let market_only = of_policy(&mut world, TransferPolicy::MarketOnly(account("dee")));
    let reserved = {
        let campaign = campaign(&mut world, "bakery", terms_but(|t| t.reservation_ttl = HOUR), 0);
        issue(&mut world, "bakery", campaign, "ann")
    };
    let next = order("bakery", 1);
    let permits = held_by(&world, "ann", reserved, &next);
    act(&mut world, "bakery", 0, to.desk.call_mut().reserve(next, permits));
    act(&mut world, "bakery", 0, to.office.call_mut().set_frozen(coupons[1], Some(4)));
    let frozen = coupons[1];
    let cases = [
        (soulbound, RegistryError::Soulbound { coupon: soulbound }),
        (market_only, RegistryError::MarketOnly { coupon: market_only }),
        (reserved, RegistryError::CouponLocked { coupon: reserved, until: NOW + HOUR }),
        (frozen, RegistryError::CouponFrozen { coupon: frozen, reason: 4 }),
    ];
    for (coupon, expected) in cases {
        let refusal = refused(&mut world, "ann", 0, send(&mut to, "ben", &[coupons[0], coupon]));
        assert_eq!(refusal, expected);
    }
    act(&mut world, "ann", 0, send(&mut to, "dee", &[coupons[0], market_only]));
    act(&mut world, "dee", 0, send(&mut to, "ben", &[market_only]));
}

#[test]
fn the_sale_terms_of_several_are_those_of_each() {
    let (mut world, to, mut coupons) = stage(2);
    let banded = terms_but(|t| (t.resale_bps, t.royalty_bps) = (Some(5_000), 100));
    let other = campaign(&mut world, "cinema", banded, 0);
    coupons.insert(1, issue(&mut world, "cinema", other, "ben"));
    let each: Vec<SaleTerms> = coupons
        .iter()
        .map(|coupon| read(&world, ServiceDesk::sale_terms(to.desk.call(), *coupon)).unwrap())
        .collect();
    assert_eq!(read(&world, sale(&to, &coupons)), Ok(each.clone()));
    assert_eq!((each[1].owner, each[1].issuer), (account("ben"), account("cinema")));

    let missing = CouponId { serial: 99, ..coupons[0] };
    let asked = [coupons[0], missing];
    assert_eq!(read(&world, sale(&to, &asked)), Err(RegistryError::NoSuchCoupon { coupon: missing }));
    let mut office = world.office();
    act(&mut world, "bakery", 0, office.call_mut().set_frozen(coupons[2], Some(4)));
    let frozen = RegistryError::CouponFrozen { coupon: coupons[2], reason: 4 };
    assert_eq!(read(&world, sale(&to, &coupons)), Err(frozen));
    act(&mut world, e2e_tests::actors::OWNER, 0, office.call_mut().set_paused(Scope::Trading.bit()));
    let paused = RegistryError::Paused { scope: Scope::Trading };
    assert_eq!(read(&world, sale(&to, &coupons[..1])), Err(paused));
}
