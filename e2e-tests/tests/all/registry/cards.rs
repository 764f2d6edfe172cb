//! Cards of several uses, stamp cards, and gift cards that are spent in parts.

use crate::scene::*;
use chain::Balance;
use e2e_tests::World;
use registry::events::{OrdersRedeemed, Transfer};
use shared::{
    ids::CouponId,
    order::{Order, Redemption},
    registry::RegistryError,
    terms::{Benefit, Card, Funding},
};

/// What became of ann's card with the bakery's next order: discount, and what was left before and after.
fn use_once(world: &mut World, coupon: CouponId, number: u64) -> (Balance, Balance, Balance) {
    let Redemption { uses, .. } = spend(world, &whole(&[coupon]), &order("bakery", number)).result;
    (uses[0].discount, uses[0].left_before, uses[0].left_after)
}

fn gift_card(value: Balance) -> shared::terms::Terms {
    terms_but(|t| t.benefit = Benefit::StoredValue { value })
}

#[test]
fn a_card_of_three_uses_gives_its_benefit_three_times() {
    let (mut world, _, coupon) = ann_has_a_coupon(terms_but(|t| t.card = Card::Uses(3)), 0);
    assert_eq!(use_once(&mut world, coupon, 1), (200, 3, 2));
    assert_eq!(world.coupon(coupon).unwrap().left, 2);
    assert_eq!(use_once(&mut world, coupon, 2), (200, 2, 1));
    assert_eq!(use_once(&mut world, coupon, 3), (200, 1, 0));
    assert_eq!(world.coupon(coupon), None);
    let spent = RegistryError::NoSuchCoupon { coupon };
    assert_eq!(till_refuses(&mut world, coupon, "ann", &order("bakery", 4)), spent);
    assert_eq!(world.progress(coupon.campaign).uses, 3);
}

#[test]
fn a_stamp_card_gives_its_benefit_with_the_last_stamp_only() {
    let (mut world, _, coupon) = ann_has_a_coupon(terms_but(|t| t.card = Card::Stamps(3)), 0);
    let small = Order { basket: 99, eligible: 99, ..order("bakery", 1) };
    let below = RegistryError::BelowMinBasket { basket: 99, least: 100 };
    assert_eq!(till_refuses(&mut world, coupon, "ann", &small), below, "a stamp is for a purchase too");
    assert_eq!(use_once(&mut world, coupon, 1), (0, 3, 2));
    assert_eq!(use_once(&mut world, coupon, 2), (0, 2, 1));
    let nothing = Order { eligible: 4, ..order("bakery", 3) };
    let no_effect = RegistryError::NoEffect { coupon };
    assert_eq!(till_refuses(&mut world, coupon, "ann", &nothing), no_effect, "the last one isn't wasted");
    assert_eq!(use_once(&mut world, coupon, 3), (200, 1, 0));
    assert_eq!(world.coupon(coupon), None);
}

// Feature: Partial redemption.
#[test]
fn a_gift_card_is_spent_in_parts_and_tells_its_value_before_and_after() {
    let (mut world, _, coupon) = ann_has_a_coupon(gift_card(1_000), 0);
    let order = order("bakery", 1);
    let done = spend(&mut world, &[part(coupon, 300)], &order);
    let used = done.result.uses[0];
    assert_eq!((used.left_before, used.left_after, used.discount), (1_000, 700, 300));
    let redeemed =
        OrdersRedeemed { acceptor: order.acceptor, redemptions: vec![done.result.clone()], claimed: false };
    assert_eq!(done.events, [by(world.suite.registry, redeemed)], "and the card stays");
    assert_eq!(world.coupon(coupon).unwrap().left, 700);

    let large = Order { basket: 5_000, eligible: 5_000, number: 2, ..order };
    let done = spend(&mut world, &[part(coupon, 800)], &large);
    assert_eq!((done.result.discount(), done.result.net), (700, 4_300), "no more than is left");
    let gone = Transfer { from: Some(e2e_tests::account("ann")), to: None, id: coupon.into() };
    assert_eq!(done.events[0], by(world.suite.registry, gone));
    assert_eq!(world.coupon(coupon), None);
}

#[test]
fn a_part_of_nothing_is_nothing() {
    let (mut world, _, coupon) = ann_has_a_coupon(gift_card(1_000), 0);
    let no_effect = RegistryError::NoEffect { coupon };
    assert_eq!(till_refuses(&mut world, part(coupon, 0), "ann", &order("bakery", 1)), no_effect);
}

#[test]
fn escrow_backs_every_use_of_a_card_one_stamp_card_and_all_of_a_gift_card() {
    let cases = [
        (terms_but(|t| t.card = Card::Uses(3)), 1_500, 1_000),
        (terms_but(|t| t.card = Card::Stamps(3)), 500, 500),
        (gift_card(1_000), 1_000, 800),
    ];
    for (mut terms, first, after) in cases {
        terms.funding = Funding::Escrow;
        terms.rollback_window = 0;
        let (mut world, _, coupon) = ann_has_a_coupon(terms, 2_000);
        assert_eq!(world.progress(coupon.campaign).reserved, first);
        let done = spend(&mut world, &[part(coupon, 200)], &order("bakery", 1));
        let paid = i128::try_from(done.result.discount()).unwrap();
        let expected = [("bakery", paid), ("registry", -paid)];
        assert_eq!(done.moved, if paid == 0 { vec![] } else { expected.to_vec() });
        let progress = world.progress(coupon.campaign);
        assert_eq!((progress.reserved, progress.escrow_left), (after, 2_000 - done.result.discount()));
    }
}
