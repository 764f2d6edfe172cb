//! Issuing batches, and freezing.

use crate::scene::*;
use e2e_tests::account;
use ink::codegen::TraitCallBuilder;
use registry::{
    campaigns::Improvement,
    coupons::{Coupon, Holder},
    drops::Source,
    events::*,
};
use shared::{
    ids::CouponId,
    registry::RegistryError,
    terms::{Benefit, Funding, TransferPolicy},
};

#[test]
fn a_batch_goes_to_its_accounts_in_order() {
    let (mut world, mut registry) = open();
    let campaign = campaign(&mut world, "bakery", terms_but(|t| t.valid_for = Some(DAY)), 0);
    let to = ["ann", "ben", "ann"].map(account);
    let done = act(&mut world, "bakery", 0, registry.call_mut().issue(campaign, to.to_vec(), 77));

    assert_eq!(done.result, 1);
    assert_eq!(done.moved, []);
    let here = world.suite.registry;
    let valid_until = NOW + DAY;
    let source = Source::Batch(77);
    let mut expected =
        vec![by(here, CouponsIssued { campaign, first_serial: 1, count: 3, valid_until, source })];
    for (serial, owner) in (1..).zip(to) {
        let id = CouponId { campaign, serial }.into();
        expected.push(by(here, Transfer { from: None, to: Some(owner), id }));
    }
    assert_eq!(done.events, expected);
    let coupon = Coupon {
        owner: account("ben"),
        approved: None,
        valid_until,
        frozen: None,
        policy: TransferPolicy::Free,
    };
    assert_eq!(read(&world, registry.call().coupon(CouponId { campaign, serial: 2 })), Some(coupon));
    assert_eq!(read(&world, registry.call().coupon(CouponId { campaign, serial: 4 })), None);
    let holder = Holder { coupons: 2, permit_epoch: 0 };
    assert_eq!(read(&world, registry.call().holder(account("ann"))), holder);
    assert_eq!(read(&world, registry.call().campaign(campaign)).unwrap().1.issued, 3);
}

#[test]
fn a_retry_never_issues_twice() {
    let (mut world, mut registry) = open();
    let bakerys = campaign(&mut world, "bakery", terms(), 0);
    let cinemas = campaign(&mut world, "cinema", terms(), 0);
    for source in [0, 255, 256, u64::MAX] {
        act(&mut world, "bakery", 0, registry.call_mut().issue(bakerys, vec![account("ann")], source));
        let again = registry.call_mut().issue(bakerys, vec![account("ben")], source);
        assert_eq!(refused(&mut world, "bakery", 0, again), RegistryError::SourceUsed { source });
        act(&mut world, "cinema", 0, registry.call_mut().issue(cinemas, vec![account("ann")], source));
    }
}

#[test]
fn a_batch_has_one_to_a_hundred_coupons() {
    let (mut world, mut registry) = open();
    let campaign = campaign(&mut world, "bakery", terms_but(|t| t.supply = 1_000), 0);
    for items in [0, 101] {
        let to = vec![account("ann"); items];
        let items = u32::try_from(items).unwrap();
        let message = registry.call_mut().issue(campaign, to, 1);
        assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::BatchSize { items, most: 100 });
    }
    act(&mut world, "bakery", 0, registry.call_mut().issue(campaign, vec![account("ann"); 100], 1));
}

#[test]
fn issuing_keeps_to_the_issuer_the_window_and_the_supply() {
    let (mut world, mut registry) = open();
    let terms = terms_but(|t| (t.supply, t.issue_window.start) = (2, NOW + HOUR));
    let window = terms.issue_window;
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let mut refusal = |world: &mut _, who, campaign, count| {
        let message = registry.call_mut().issue(campaign, vec![account("ann"); count], 1);
        refused(world, who, 0, message)
    };
    let closed = |now| RegistryError::IssueWindowClosed { start: window.start, end: window.end, now };

    assert_eq!(refusal(&mut world, "bakery", 9, 1), RegistryError::NoSuchCampaign { campaign: 9 });
    let issuer = account("bakery");
    assert_eq!(refusal(&mut world, "cinema", campaign, 1), RegistryError::NotIssuer { issuer });
    assert_eq!(refusal(&mut world, "bakery", campaign, 1), closed(NOW));
    world.chain.set_time(window.start).unwrap();
    let exhausted = RegistryError::SupplyExhausted { asked: 3, left: 2 };
    assert_eq!(refusal(&mut world, "bakery", campaign, 3), exhausted);
    issue(&mut world, "bakery", campaign, "ann");
    world.chain.set_time(window.end).unwrap();
    assert_eq!(refusal(&mut world, "bakery", campaign, 1), closed(window.end));
}

#[test]
fn issuing_stops_for_good() {
    let (mut world, mut registry) = open();
    let campaign = campaign(&mut world, "bakery", terms(), 0);
    act(&mut world, "bakery", 0, registry.call_mut().improve_campaign(campaign, Improvement::StopIssuing));
    let message = registry.call_mut().issue(campaign, vec![account("ann")], 1);
    assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::IssuingStopped);
}

#[test]
fn a_holder_is_issued_no_more_than_the_terms_allow_whatever_became_of_the_coupons() {
    let (mut world, mut registry, coupon) = ann_has_a_coupon(terms_but(|t| t.per_holder = Some(1)), 0);
    let campaign = coupon.campaign;
    let limit = RegistryError::HolderLimit { limit: 1 };
    let again = registry.call_mut().issue(campaign, vec![account("ann")], 50);
    assert_eq!(refused(&mut world, "bakery", 0, again), limit);
    let twice_in_a_batch = registry.call_mut().issue(campaign, vec![account("ben"); 2], 50);
    assert_eq!(refused(&mut world, "bakery", 0, twice_in_a_batch), limit);

    let order = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    act(&mut world, "bakery", 0, registry.call_mut().redeem(order, permits));
    let again = registry.call_mut().issue(campaign, vec![account("ann")], 50);
    assert_eq!(refused(&mut world, "bakery", 0, again), limit);
}

#[test]
fn every_coupon_of_an_escrow_campaign_is_backed() {
    let (mut world, mut registry) = open();
    let campaign = campaign(&mut world, "bakery", terms_but(|t| t.funding = Funding::Escrow), 1_499);
    let three = registry.call_mut().issue(campaign, vec![account("ann"); 3], 1);
    let short = RegistryError::EscrowShort { needed: 1_500, free: 1_499 };
    assert_eq!(refused(&mut world, "bakery", 0, three), short);
    act(&mut world, "bakery", 0, registry.call_mut().issue(campaign, vec![account("ann"); 2], 1));
    assert_eq!(read(&world, registry.call().campaign(campaign)).unwrap().1.reserved, 1_000);
}

#[test]
fn backing_beyond_all_numbers_is_refused() {
    let (mut world, mut registry) = open();
    let terms = terms_but(|t| {
        t.funding = Funding::Escrow;
        t.benefit = Benefit::AmountOff { value: u128::MAX };
    });
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let message = registry.call_mut().issue(campaign, vec![account("ann"); 2], 1);
    assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::Overflow);
}

#[test]
fn the_issuer_freezes_and_thaws() {
    let (mut world, mut registry, coupon) = ann_has_a_coupon(terms(), 0);
    for reason in [Some(3), Some(4), None] {
        let done = act(&mut world, "bakery", 0, registry.call_mut().set_frozen(coupon, reason));
        assert_eq!(done.events, [by(world.suite.registry, CouponFreezeChanged { coupon, reason })]);
        assert_eq!(read(&world, registry.call().coupon(coupon)).unwrap().frozen, reason);
    }
    let thaw = registry.call_mut().set_frozen(coupon, None);
    assert_eq!(refused(&mut world, "bakery", 0, thaw), RegistryError::NotFrozen { coupon });
}

#[test]
fn nobody_else_freezes_and_there_must_be_a_coupon() {
    let (mut world, mut registry, coupon) = ann_has_a_coupon(terms(), 0);
    let (no_campaign, no_coupon) = (CouponId { campaign: 9, ..coupon }, CouponId { serial: 9, ..coupon });
    let cases = [
        ("cinema", coupon, RegistryError::NotIssuer { issuer: account("bakery") }),
        ("ann", coupon, RegistryError::NotIssuer { issuer: account("bakery") }),
        ("bakery", no_campaign, RegistryError::NoSuchCampaign { campaign: 9 }),
        ("bakery", no_coupon, RegistryError::NoSuchCoupon { coupon: no_coupon }),
    ];
    for (who, coupon, expected) in cases {
        let message = registry.call_mut().set_frozen(coupon, Some(1));
        assert_eq!(refused(&mut world, who, 0, message), expected);
    }
}
