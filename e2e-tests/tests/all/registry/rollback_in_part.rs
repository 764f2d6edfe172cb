//! Rolling back a part: goods go back, the rest is kept, and each coupon gives what it would have given for what was kept.

use crate::scene::*;
use desk::events::OrderRolledBack;
use e2e_tests::{account, World};
use ink::codegen::TraitCallBuilder;
use registry::events::Transfer;
use shared::{
    ids::CouponId,
    order::{digest, Kept, Order, Redemption},
    psp34::PSP34,
    registry::{CouponRegistry, RegistryError},
    terms::{Benefit, Card, Funding, Stacking, Terms},
};

fn kept(basket: u128, eligible: u128) -> Option<Kept> {
    Some(Kept { basket, eligible })
}

/// What the bakery's usual order did to ann's coupon of these terms.
fn redeemed(terms: Terms, escrow: u128) -> (World, Doors, CouponId, Redemption) {
    let (mut world, to, coupon) = ann_has_a_coupon(terms, escrow);
    let redemption = spend(&mut world, &whole(&[coupon]), &order("bakery", 1)).result;
    (world, to, coupon, redemption)
}

// Feature: Rollback.
#[test]
fn a_discount_is_lowered_to_what_was_kept_step_by_step_and_then_undone() {
    let terms = terms_but(|t| {
        t.budget = Some(900);
        t.limits.holder.value = Some(900);
    });
    let (mut world, mut to, coupon, first) = redeemed(terms, 0);
    let campaign = coupon.campaign;
    let done = act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(first.clone(), kept(1_500, 500)));
    let second = done.result.clone().unwrap();
    let expected = Redemption { basket: 1_500, eligible: 500, net: 1_400, ..first.clone() };
    assert_eq!(second.uses[0].discount, 100);
    assert_eq!(second, Redemption { uses: second.uses.clone(), ..expected });
    let told = OrderRolledBack {
        acceptor: account("bakery"),
        number: 1,
        remains: Some(second.clone()),
        to_payer: 0,
    };
    assert_eq!(done.events, [by(world.suite.desk, told)]);
    assert_eq!(world.order_word(account("bakery"), 1).digest(1), Some(digest(&second)));
    let progress = world.progress(campaign);
    assert_eq!((progress.uses, progress.budget_left), (1, Some(800)));
    assert_eq!(world.usage(campaign, account("ann")).unwrap().value, 100);
    assert_eq!(world.coupon(coupon), None, "its one use stands");

    // What was is no more: only what remains can be rolled back.
    let message = to.desk.call_mut().roll_back(first, None);
    assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::NoSuchRedemption { number: 1 });
    let third = act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(second, kept(700, 300))).result;
    let third = third.unwrap();
    assert_eq!((third.uses[0].discount, third.net), (60, 640));
    assert_eq!(act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(third, None)).result, None);
    let progress = world.progress(campaign);
    assert_eq!((progress.uses, progress.budget_left), (0, Some(900)));
    assert_eq!(world.coupon(coupon).unwrap().left, 1);
}

#[test]
fn below_the_least_basket_the_coupon_comes_back() {
    let (mut world, mut to, coupon, redemption) = redeemed(terms_but(|t| t.min_basket = 1_000), 0);
    let done = act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(redemption, kept(999, 900)));
    assert_eq!(done.result, None, "nothing of the redemption remains");
    let back = Transfer { from: None, to: Some(account("ann")), id: coupon.into() };
    assert_eq!(done.events[0], by(world.suite.registry, back));
    let next = Order { number: 2, ..order("bakery", 2) };
    spend(&mut world, &whole(&[coupon]), &next);
}

#[test]
fn a_gift_card_has_its_value_back_for_what_went_back() {
    let terms = terms_but(|t| {
        t.benefit = Benefit::StoredValue { value: 1_500 };
        t.funding = Funding::Escrow;
    });
    let (mut world, mut to, coupon, redemption) = redeemed(terms, 1_500);
    assert_eq!(world.coupon(coupon).unwrap().left, 500);
    let message = to.desk.call_mut().roll_back(redemption, kept(1_000, 400));
    let done = act(&mut world, "bakery", 600, message);
    let remains = done.result.unwrap();
    assert_eq!((remains.uses[0].discount, remains.uses[0].left_after), (400, 1_100));
    assert_eq!(world.coupon(coupon).unwrap().left, 1_100);
    assert_eq!(done.moved, [("bakery", -600), ("registry", 600)]);
    let progress = world.progress(coupon.campaign);
    assert_eq!((progress.escrow_left, progress.reserved), (1_100, 1_100));
}

#[test]
fn escrow_gets_back_what_is_not_given_any_more_and_keeps_it_for_the_rest() {
    let (mut world, mut to, coupon, redemption) = redeemed(terms_but(|t| t.funding = Funding::Escrow), 500);
    let message = to.desk.call_mut().roll_back(redemption, kept(1_500, 500));
    let remains = act(&mut world, "bakery", 100, message).result.unwrap();
    let progress = world.progress(coupon.campaign);
    assert_eq!((progress.escrow_left, progress.reserved, progress.held), (400, 0, 400));
    act(&mut world, "bakery", 100, to.desk.call_mut().roll_back(remains, None));
    let progress = world.progress(coupon.campaign);
    assert_eq!((progress.escrow_left, progress.reserved, progress.held), (500, 500, 0));
}

#[test]
fn the_payer_has_the_difference_of_the_net_price_back() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let online = order_on_chain("bakery", 1);
    let permits = signed_by(&world, "bakery", coupon, &online);
    let redemption = act(&mut world, "ann", 1_800, to.registry.call_mut().redeem(online, permits)).result;
    let message = to.desk.call_mut().roll_back(redemption, kept(1_500, 500));
    let done = act(&mut world, "bakery", 400, message);
    assert_eq!(done.moved, [("bakery", -400), ("ann", 400)]);
    assert_eq!(done.result.unwrap().net, 1_400);
}

#[test]
fn what_is_kept_is_less_than_it_was_and_more_than_nothing() {
    let (mut world, mut to, _, redemption) = redeemed(terms(), 0);
    for (basket, eligible) in [(0, 0), (2_000, 1_000), (2_001, 1_000), (2_000, 1_001), (900, 901)] {
        let message = to.desk.call_mut().roll_back(redemption.clone(), kept(basket, eligible));
        let bad = RegistryError::BadKept { basket, eligible };
        assert_eq!(refused(&mut world, "bakery", 0, message), bad);
    }
}

#[test]
fn what_was_paid_never_rises() {
    // 1,000 off from 2,000 on: keeping 1,900 without it would cost 1,900, and 1,000 was paid.
    let terms = terms_but(|t| {
        t.benefit = Benefit::AmountOff { value: 1_000 };
        t.min_basket = 2_000;
    });
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms, 0);
    let online = order_on_chain("bakery", 1);
    let permits = signed_by(&world, "bakery", coupon, &online);
    let redemption = act(&mut world, "ann", 1_000, to.registry.call_mut().redeem(online, permits)).result;
    let message = to.desk.call_mut().roll_back(redemption, kept(1_900, 1_000));
    let rise = RegistryError::NetWouldRise { before: 1_000, after: 1_900 };
    assert_eq!(refused(&mut world, "bakery", 0, message), rise);
}

#[test]
fn stacked_coupons_are_weighed_anew_one_after_the_other() {
    let common =
        |priority, benefit| terms_but(|t| (t.stacking, t.benefit) = (Stacking::Common { priority }, benefit));
    let (mut world, mut to, coupons) = ann_has_one_of_each([
        common(0, Benefit::PercentOff { bps: 2_000, cap: 500 }),
        common(1, Benefit::AmountOff { value: 300 }),
        common(2, Benefit::AmountOff { value: 400 }),
    ]);
    let redemption = spend(&mut world, &whole(&coupons), &order("bakery", 1)).result;
    let discounts =
        |redemption: &Redemption| redemption.uses.iter().map(|used| used.discount).collect::<Vec<_>>();
    assert_eq!(discounts(&redemption), [200, 300, 400]);
    // Of 350 kept: 70, then 280 of 300, then nothing is left for the last, which comes back.
    let done = act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(redemption, kept(1_000, 350)));
    let remains = done.result.unwrap();
    assert_eq!((discounts(&remains), remains.net), (vec![70, 280], 650));
    assert_eq!(coupons.map(|coupon| world.coupon(coupon).is_some()), [false, false, true]);
}

#[test]
fn a_use_comes_back_to_its_holder_even_if_the_card_has_moved_on() {
    let (mut world, mut to, coupon, redemption) = redeemed(terms_but(|t| t.card = Card::Uses(3)), 0);
    let send = PSP34::transfer(to.registry.call_mut(), account("ben"), coupon.into(), vec![]);
    act(&mut world, "ann", 0, send);
    let done = act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(redemption, None));
    let own = CouponId { serial: 2, ..coupon };
    let back = Transfer { from: None, to: Some(account("ann")), id: own.into() };
    assert_eq!(done.events[0], by(world.suite.registry, back));
    assert_eq!(world.coupon(own).unwrap().left, 1);
    assert_eq!(
        (world.coupon(coupon).unwrap().owner, world.coupon(coupon).unwrap().left),
        (account("ben"), 2)
    );
    let progress = world.progress(coupon.campaign);
    assert_eq!((progress.issued, progress.parts), (1, 1));
    // The next coupon that is issued takes the next serial.
    assert_eq!(issue(&mut world, "bakery", coupon.campaign, "cem").serial, 3);
}

#[test]
fn a_stamp_is_taken_back_only_from_its_own_card() {
    let (mut world, mut to, coupon, stamped) = redeemed(terms_but(|t| t.card = Card::Stamps(2)), 0);
    let moment = world.fixture();
    let send = PSP34::transfer(to.registry.call_mut(), account("ben"), coupon.into(), vec![]);
    act(&mut world, "ann", 0, send);
    let moved_on = RegistryError::CardMovedOn { coupon };
    let message = to.desk.call_mut().roll_back(stamped.clone(), None);
    assert_eq!(refused(&mut world, "bakery", 0, message), moved_on);

    let mut world = moment.world();
    let full = spend(&mut world, &whole(&[coupon]), &order("bakery", 2)).result;
    let message = to.desk.call_mut().roll_back(stamped.clone(), None);
    assert_eq!(refused(&mut world, "bakery", 0, message), moved_on, "the card is full and gone");
    // In the order opposite to that of the stamps, it works.
    act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(full, None));
    act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(stamped, None));
    assert_eq!(world.coupon(coupon).unwrap().left, 2);
}

#[test]
fn a_stamp_stands_while_enough_was_kept() {
    let (mut world, mut to, coupon, stamped) = redeemed(terms_but(|t| t.card = Card::Stamps(2)), 0);
    let remains = act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(stamped, kept(100, 0))).result;
    assert_eq!(world.coupon(coupon).unwrap().left, 1);
    let done = act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(remains.unwrap(), kept(99, 0)));
    assert_eq!(done.result, None);
    assert_eq!(world.coupon(coupon).unwrap().left, 2);
}
