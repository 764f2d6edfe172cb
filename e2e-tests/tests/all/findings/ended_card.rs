//! A stamp card that had ended, and whose backing was shared out, got its stamps back one by one, and each time ended and paid its backing again.

use crate::scene::*;
use e2e_tests::{account, World};
use ink::codegen::TraitCallBuilder;
use shared::{
    ids::CouponId,
    registry::RegistryError,
    terms::{Breakage, Card, Funding, Terms},
};

/// For a day, backed, and all that is left of the backing is the holder's; rolled back within five days.
fn for_a_day(card: Card) -> Terms {
    terms_but(|t| {
        t.card = card;
        t.funding = Funding::Escrow;
        t.valid_for = Some(DAY);
        t.breakage = Breakage { holder_bps: 10_000, fund: None };
        t.rollback_window = 5 * DAY;
    })
}

/// The campaign's escrow: what is left, and what of that is reserved.
fn escrow(world: &World, coupon: CouponId) -> (u128, u128) {
    let progress = world.progress(coupon.campaign);
    (progress.escrow_left, progress.reserved)
}

#[test]
fn an_ended_card_gets_no_stamp_back_and_pays_its_backing_once() {
    let (mut world, mut to, card) = ann_has_a_coupon(for_a_day(Card::Stamps(3)), 1_500);
    let others = ["ben", "cem"].map(|who| (who, issue(&mut world, "bakery", card.campaign, who)));
    let stamps = [1, 2].map(|number| spend(&mut world, &whole(&[card]), &order("bakery", number)).result);
    world.chain.set_time(NOW + DAY).unwrap();
    let done = act(&mut world, "relayer", 0, to.desk.call_mut().expire(card));
    assert_eq!(done.moved, [("ann", 500), ("registry", -500)]);

    for stamp in stamps {
        let message = to.desk.call_mut().roll_back(stamp, None);
        assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::CardMovedOn { coupon: card });
        let message = to.desk.call_mut().expire(card);
        assert_eq!(refused(&mut world, "relayer", 0, message), RegistryError::NoChange);
        assert_eq!((world.coupon(card).unwrap().left, escrow(&world, card)), (0, (1_000, 1_000)));
    }
    for (who, other) in others {
        let done = act(&mut world, who, 0, to.desk.call_mut().expire(other));
        assert_eq!(done.moved, [(who, 500), ("registry", -500)], "the others' backing is there");
    }
    assert_eq!(escrow(&world, card), (0, 0));
}

#[test]
fn a_use_of_an_ended_card_comes_back_as_a_part_that_the_rollback_pays_for() {
    let (mut world, mut to, card) = ann_has_a_coupon(for_a_day(Card::Uses(2)), 1_000);
    let redemption = spend(&mut world, &whole(&[card]), &order("bakery", 1)).result;
    world.chain.set_time(NOW + DAY).unwrap();
    let done = act(&mut world, "relayer", 0, to.desk.call_mut().expire(card));
    assert_eq!(done.moved, [("ann", 500), ("registry", -500)]);
    let done = act(&mut world, "bakery", 200, to.desk.call_mut().roll_back(redemption, None));
    assert_eq!(done.moved, [("bakery", -200), ("registry", 200)]);

    let part = CouponId { serial: 2, ..card };
    let (left, back) = (world.coupon(card).unwrap().left, world.coupon(part).unwrap());
    assert_eq!((left, back.left, back.owner, back.valid_until), (0, 1, account("ann"), NOW + DAY));
    assert_eq!(escrow(&world, card), (500, 500));
    let done = act(&mut world, "ann", 0, to.desk.call_mut().expire(part));
    assert_eq!(done.moved, [("ann", 500), ("registry", -500)]);
    let done = act(&mut world, "ann", 0, to.desk.call_mut().expire(card));
    assert_eq!((done.moved, escrow(&world, card)), (vec![], (0, 0)));
}
