//! Gift cards parted, merged and topped up: value and backing are conserved.

use crate::scene::*;
use desk::events::{CouponSplit, CouponsMerged};
use e2e_tests::{account, World};
use ink::codegen::TraitCallBuilder;
use office::events::CouponToppedUp;
use registry::events::Transfer;
use shared::{
    assets::PaymentFault,
    ids::CouponId,
    order::Order,
    psp34::PSP34,
    registry::RegistryError,
    terms::{Benefit, Funding, Terms},
    Balance,
};

/// A gift card of 1,000, backed by escrow.
fn card() -> Terms {
    terms_but(|t| {
        t.benefit = Benefit::StoredValue { value: 1_000 };
        t.funding = Funding::Escrow;
        t.valid_for = Some(2 * DAY);
    })
}

/// Ann's card, in a campaign with 3,000 locked.
fn anns_card() -> (World, Doors, CouponId) {
    ann_has_a_coupon(card(), 3_000)
}

/// What the campaign's escrow has, and what of it backs live cards.
fn backing(world: &World, coupon: CouponId) -> (Balance, Balance) {
    let progress = world.progress(coupon.campaign);
    (progress.escrow_left, progress.reserved)
}

fn value(world: &World, coupon: CouponId) -> Balance {
    world.coupon(coupon).map_or(0, |coupon| coupon.left)
}

#[test]
fn a_card_is_parted_and_both_parts_are_as_good() {
    let (mut world, mut to, coupon) = anns_card();
    let approve = PSP34::approve(to.registry.call_mut(), account("ben"), Some(coupon.into()), true);
    act(&mut world, "ann", 0, approve);
    let done = act(&mut world, "ann", 0, to.desk.call_mut().split(coupon, 300));
    let part = CouponId { serial: 2, ..coupon };
    assert_eq!((done.result, done.moved), (part, vec![]));
    let told = CouponSplit { coupon, part, value: 300 };
    let arrived = Transfer { from: None, to: Some(account("ann")), id: part.into() };
    assert_eq!(done.events, [by(world.suite.desk, told), by(world.suite.registry, arrived)]);
    assert_eq!((value(&world, coupon), value(&world, part)), (700, 300));
    assert_eq!(backing(&world, coupon), (3_000, 1_000));
    let (whole_card, parted) = (world.coupon(coupon).unwrap(), world.coupon(part).unwrap());
    assert_eq!(parted.valid_until, whole_card.valid_until);
    assert_eq!((whole_card.approved, parted.approved), (Some(account("ben")), None));
    assert_eq!(world.holder(account("ann")).coupons, 2);

    let all = Order { basket: 5_000, eligible: 5_000, ..order("bakery", 1) };
    assert_eq!(spend(&mut world, &whole(&[part]), &all).result.discount(), 300);
    assert_eq!(backing(&world, coupon), (2_700, 700));
}

#[test]
fn a_part_leaves_something_on_both_sides() {
    let (mut world, mut to, coupon) = anns_card();
    for asked in [0, 1_000, 1_001, Balance::MAX] {
        let bad = RegistryError::BadSplit { asked, left: 1_000 };
        assert_eq!(refused(&mut world, "ann", 0, to.desk.call_mut().split(coupon, asked)), bad);
    }
}

#[test]
fn two_cards_become_one_that_ends_as_the_first_of_them_would() {
    let (mut world, mut to, old) = anns_card();
    world.chain.advance(HOUR).unwrap();
    let young = issue(&mut world, "bakery", old.campaign, "ann");
    let done = act(&mut world, "ann", 0, to.desk.call_mut().merge(young, old));
    let gone = Transfer { from: Some(account("ann")), to: None, id: old.into() };
    let told = CouponsMerged { into: young, from: old };
    assert_eq!(done.events, [by(world.suite.desk, told), by(world.suite.registry, gone)]);
    assert_eq!((value(&world, young), value(&world, old)), (2_000, 0));
    assert_eq!(world.coupon(young).unwrap().valid_until, NOW + 2 * DAY);
    assert_eq!(backing(&world, old), (3_000, 2_000));
    assert_eq!(world.holder(account("ann")).coupons, 1);
}

#[test]
fn parting_and_merging_are_each_others_inverse() {
    let (mut world, mut to, coupon) = anns_card();
    let before = (world.coupon(coupon), backing(&world, coupon), world.holder(account("ann")));
    let part = act(&mut world, "ann", 0, to.desk.call_mut().split(coupon, 1)).result;
    act(&mut world, "ann", 0, to.desk.call_mut().merge(coupon, part));
    assert_eq!((world.coupon(coupon), backing(&world, coupon), world.holder(account("ann"))), before);
}

#[test]
fn only_ones_own_cards_of_one_campaign_merge() {
    let (mut world, mut to, mine) = anns_card();
    let bens = issue(&mut world, "bakery", mine.campaign, "ben");
    let other = campaign(&mut world, "bakery", card(), 3_000);
    let other = issue(&mut world, "bakery", other, "ann");
    let unknown = CouponId { serial: 9, ..mine };
    let cases = [
        (mine, other, RegistryError::MergeMismatch { into: mine, from: other }),
        (mine, mine, RegistryError::MergeMismatch { into: mine, from: mine }),
        (mine, bens, RegistryError::NotHolder { holder: account("ben") }),
        (bens, mine, RegistryError::NotHolder { holder: account("ben") }),
        (mine, unknown, RegistryError::NoSuchCoupon { coupon: unknown }),
    ];
    for (into, from, expected) in cases {
        assert_eq!(refused(&mut world, "ann", 0, to.desk.call_mut().merge(into, from)), expected);
    }
    let split = to.desk.call_mut().split(bens, 1);
    let not_holder = RegistryError::NotHolder { holder: account("ben") };
    assert_eq!(refused(&mut world, "ann", 0, split), not_holder);
}

#[test]
fn only_gift_cards_are_parted_merged_and_topped_up() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let other = issue(&mut world, "bakery", coupon.campaign, "ann");
    let not_value = RegistryError::NotStoredValue { coupon };
    assert_eq!(refused(&mut world, "ann", 0, to.desk.call_mut().split(coupon, 1)), not_value);
    assert_eq!(refused(&mut world, "ann", 0, to.desk.call_mut().merge(coupon, other)), not_value);
    assert_eq!(refused(&mut world, "bakery", 0, to.office.call_mut().top_up(coupon, 1)), not_value);
}

#[test]
fn a_frozen_card_is_neither_parted_nor_merged() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(Terms { funding: Funding::Merchant, ..card() }, 0);
    let other = issue(&mut world, "bakery", coupon.campaign, "ann");
    act(&mut world, "bakery", 0, to.office.call_mut().set_frozen(coupon, Some(5)));
    let frozen = RegistryError::CouponFrozen { coupon, reason: 5 };
    assert_eq!(refused(&mut world, "ann", 0, to.desk.call_mut().split(coupon, 1)), frozen);
    assert_eq!(refused(&mut world, "ann", 0, to.desk.call_mut().merge(other, coupon)), frozen);
}

#[test]
fn the_issuer_adds_value_and_what_backs_it() {
    let (mut world, mut to, coupon) = anns_card();
    for paid in [0, 249, 251] {
        let wrong = RegistryError::Payment(PaymentFault::WrongValue { expected: 250, paid });
        let message = to.office.call_mut().top_up(coupon, 250);
        assert_eq!(refused(&mut world, "bakery", paid, message), wrong);
    }
    let done = act(&mut world, "bakery", 250, to.office.call_mut().top_up(coupon, 250));
    assert_eq!(done.events, [by(world.suite.office, CouponToppedUp { coupon, value: 250 })]);
    assert_eq!(done.moved, [("bakery", -250), ("registry", 250)]);
    assert_eq!(value(&world, coupon), 1_250);
    assert_eq!(backing(&world, coupon), (3_250, 1_250));

    let nothing = to.office.call_mut().top_up(coupon, 0);
    assert_eq!(refused(&mut world, "bakery", 0, nothing), RegistryError::NoChange);
    let too_much = to.office.call_mut().top_up(coupon, Balance::MAX);
    assert_eq!(refused(&mut world, "bakery", 0, too_much), RegistryError::Overflow);
    let strangers = to.office.call_mut().top_up(coupon, 250);
    let not_issuer = RegistryError::NotIssuer { issuer: account("bakery") };
    assert_eq!(refused(&mut world, "ann", 250, strangers), not_issuer);
}

#[test]
fn a_use_is_rolled_back_even_after_the_card_was_parted_or_merged_away() {
    let (mut world, mut to, coupon) = anns_card();
    let other = issue(&mut world, "bakery", coupon.campaign, "ann");
    let redemption = spend(&mut world, &[part(coupon, 400)], &order("bakery", 1)).result;
    act(&mut world, "ann", 0, to.desk.call_mut().split(coupon, 100));
    act(&mut world, "ann", 0, to.desk.call_mut().merge(other, coupon));
    assert_eq!(backing(&world, coupon), (2_600, 1_600));
    act(&mut world, "bakery", 400, to.desk.call_mut().roll_back(redemption, None));
    assert_eq!(value(&world, coupon), 400, "it lives again with what the use took");
    assert_eq!(value(&world, other), 1_500);
    assert_eq!(backing(&world, coupon), (3_000, 2_000));
}
