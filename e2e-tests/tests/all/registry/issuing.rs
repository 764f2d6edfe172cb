//! Issuing batches, and freezing.

use crate::scene::*;
use e2e_tests::account;
use ink::codegen::TraitCallBuilder;
use office::events::*;
use registry::events::Transfer;
use shared::{
    campaigns::Improvement,
    claims::Source,
    coupons::{Coupon, Holder},
    ids::CouponId,
    registry::{CouponRegistry, RegistryError},
    terms::{Benefit, Funding, TransferPolicy},
};

#[test]
fn a_batch_goes_to_its_accounts_in_order() {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms_but(|t| t.valid_for = Some(DAY)), 0);
    let receivers = ["ann", "ben", "ann"].map(account);
    let done = act(&mut world, "bakery", 0, to.office.call_mut().issue(campaign, receivers.to_vec(), 77));

    assert_eq!(done.result, 1);
    assert_eq!(done.moved, []);
    let here = world.suite.registry;
    let valid_until = NOW + DAY;
    let (source, advocate) = (Source::Batch(77), None);
    let issued = CouponsIssued { campaign, first_serial: 1, count: 3, valid_until, advocate, source };
    let mut expected = vec![by(world.suite.office, issued)];
    for (serial, owner) in (1..).zip(receivers) {
        let id = CouponId { campaign, serial }.into();
        expected.push(by(here, Transfer { from: None, to: Some(owner), id }));
    }
    assert_eq!(done.events, expected);
    let coupon = Coupon {
        owner: account("ben"),
        approved: None,
        valid_until,
        left: 1,
        frozen: None,
        lock: None,
        advocate: None,
        policy: TransferPolicy::Free,
    };
    assert_eq!(world.coupon(CouponId { campaign, serial: 2 }), Some(coupon));
    assert_eq!(world.coupon(CouponId { campaign, serial: 4 }), None);
    let holder = Holder { coupons: 2, permit_epoch: 0 };
    assert_eq!(world.holder(account("ann")), holder);
    assert_eq!(world.progress(campaign).issued, 3);
}

#[test]
fn a_retry_never_issues_twice() {
    let (mut world, mut to) = open();
    let bakerys = campaign(&mut world, "bakery", terms(), 0);
    let cinemas = campaign(&mut world, "cinema", terms(), 0);
    for source in [0, 255, 256, u64::MAX] {
        act(&mut world, "bakery", 0, to.office.call_mut().issue(bakerys, vec![account("ann")], source));
        let again = to.office.call_mut().issue(bakerys, vec![account("ben")], source);
        assert_eq!(refused(&mut world, "bakery", 0, again), RegistryError::SourceUsed { source });
        act(&mut world, "cinema", 0, to.office.call_mut().issue(cinemas, vec![account("ann")], source));
    }
}

#[test]
fn a_batch_has_one_to_fifty_coupons() {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms_but(|t| t.supply = 1_000), 0);
    for items in [0, 51] {
        let receivers = vec![account("ann"); items];
        let items = u32::try_from(items).unwrap();
        let message = to.office.call_mut().issue(campaign, receivers, 1);
        assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::BatchSize { items, most: 50 });
    }
    act(&mut world, "bakery", 0, to.office.call_mut().issue(campaign, vec![account("ann"); 50], 1));
}

#[test]
fn issuing_keeps_to_the_issuer_the_window_and_the_supply() {
    let (mut world, mut to) = open();
    let terms = terms_but(|t| (t.supply, t.issue_window.start) = (2, NOW + HOUR));
    let window = terms.issue_window;
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let mut refusal = |world: &mut _, who, campaign, count| {
        let message = to.office.call_mut().issue(campaign, vec![account("ann"); count], 1);
        refused(world, who, 0, message)
    };
    let closed = |now| RegistryError::IssueWindowClosed { start: window.start, end: window.end, now };

    assert_eq!(refusal(&mut world, "bakery", 9, 1), RegistryError::NoSuchCampaign { campaign: 9 });
    let caller = account("cinema");
    assert_eq!(refusal(&mut world, "cinema", campaign, 1), RegistryError::NotOperator { caller });
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
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms(), 0);
    act(&mut world, "bakery", 0, to.office.call_mut().improve_campaign(campaign, Improvement::StopIssuing));
    let message = to.office.call_mut().issue(campaign, vec![account("ann")], 1);
    assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::IssuingStopped);
}

#[test]
fn a_holder_is_issued_no_more_than_the_terms_allow_whatever_became_of_the_coupons() {
    let (mut world, mut to, coupon) =
        ann_has_a_coupon(terms_but(|t| t.limits.issued_per_holder = Some(1)), 0);
    let campaign = coupon.campaign;
    let limit = RegistryError::HolderLimit { limit: 1 };
    let again = to.office.call_mut().issue(campaign, vec![account("ann")], 50);
    assert_eq!(refused(&mut world, "bakery", 0, again), limit);
    let twice_in_a_batch = to.office.call_mut().issue(campaign, vec![account("ben"); 2], 50);
    assert_eq!(refused(&mut world, "bakery", 0, twice_in_a_batch), limit);

    let order = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    act(&mut world, "bakery", 0, to.registry.call_mut().redeem(order, permits));
    let again = to.office.call_mut().issue(campaign, vec![account("ann")], 50);
    assert_eq!(refused(&mut world, "bakery", 0, again), limit);
}

#[test]
fn every_coupon_of_an_escrow_campaign_is_backed() {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms_but(|t| t.funding = Funding::Escrow), 1_499);
    let three = to.office.call_mut().issue(campaign, vec![account("ann"); 3], 1);
    let short = RegistryError::EscrowShort { needed: 1_500, free: 1_499 };
    assert_eq!(refused(&mut world, "bakery", 0, three), short);
    act(&mut world, "bakery", 0, to.office.call_mut().issue(campaign, vec![account("ann"); 2], 1));
    assert_eq!(world.progress(campaign).reserved, 1_000);
}

#[test]
fn backing_beyond_all_numbers_is_refused() {
    let (mut world, mut to) = open();
    let terms = terms_but(|t| {
        t.funding = Funding::Escrow;
        t.benefit = Benefit::AmountOff { value: u128::MAX };
    });
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let message = to.office.call_mut().issue(campaign, vec![account("ann"); 2], 1);
    assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::Overflow);
}

#[test]
fn the_issuer_freezes_and_thaws() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    for reason in [Some(3), Some(4), None] {
        let done = act(&mut world, "bakery", 0, to.office.call_mut().set_frozen(coupon, reason));
        assert_eq!(done.events, [by(world.suite.office, CouponFreezeChanged { coupon, reason })]);
        assert_eq!(world.coupon(coupon).unwrap().frozen, reason);
    }
    let thaw = to.office.call_mut().set_frozen(coupon, None);
    assert_eq!(refused(&mut world, "bakery", 0, thaw), RegistryError::NotFrozen { coupon });
}

#[test]
fn nobody_else_freezes_and_there_must_be_a_coupon() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let (no_campaign, no_coupon) = (CouponId { campaign: 9, ..coupon }, CouponId { serial: 9, ..coupon });
    let cases = [
        ("cinema", coupon, RegistryError::NotOperator { caller: account("cinema") }),
        ("ann", coupon, RegistryError::NotOperator { caller: account("ann") }),
        ("bakery", no_campaign, RegistryError::NoSuchCampaign { campaign: 9 }),
        ("bakery", no_coupon, RegistryError::NoSuchCoupon { coupon: no_coupon }),
    ];
    for (who, coupon, expected) in cases {
        let message = to.office.call_mut().set_frozen(coupon, Some(1));
        assert_eq!(refused(&mut world, who, 0, message), expected);
    }
}
