//! Whoever had seen an order's permits could lock what was left of its coupons for it again, although it had taken effect and could spend them no more.

use crate::scene::*;
use e2e_tests::World;
use ink::codegen::TraitCallBuilder;
use shared::{
    ids::CouponId,
    order::Order,
    permit::Permits,
    registry::{CouponRegistry, RegistryError},
    terms::{Card, Stacking, Terms},
};

fn reservable(change: impl FnOnce(&mut Terms)) -> Terms {
    terms_but(|t| {
        (t.reservation_ttl, t.card) = (HOUR / 2, Card::Uses(2));
        t.stacking = Stacking::Common { priority: 0 };
        change(t);
    })
}

/// A relayer has spent ann's card on an order, with permits that everyone can see.
fn relayed() -> (World, Doors, CouponId, Order, Permits) {
    let (mut world, mut to, card) = ann_has_a_coupon(reservable(|_| {}), 0);
    let order = order("bakery", 1);
    let permits = both(&world, "bakery", "ann", card, &order);
    let message = to.registry.call_mut().redeem(order.clone(), permits.clone());
    act(&mut world, "relayer", 0, message);
    (world, to, card, order, permits)
}

#[test]
fn no_coupon_is_reserved_for_an_order_that_took_effect() {
    let (mut world, mut to, card, order, permits) = relayed();
    for who in ["dee", "relayer", "bakery"] {
        let message = to.desk.call_mut().reserve(order.clone(), permits.clone());
        assert_eq!(refused(&mut world, who, 0, message), RegistryError::OrderUsed { number: 1 });
    }
    spend(&mut world, &whole(&[card]), &crate::scene::order("bakery", 2));
}

#[test]
fn nor_is_one_that_its_rollback_brought_back_or_that_it_went_on_without() {
    let (mut world, mut to, card, order, permits) = relayed();
    let number = RegistryError::OrderUsed { number: 1 };
    let spent = spend(&mut world, &whole(&[card]), &crate::scene::order("bakery", 2)).result;
    act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(spent, None));
    let message = to.desk.call_mut().reserve(order, permits);
    assert_eq!(refused(&mut world, "dee", 0, message), number);

    let dear = reservable(|t| t.min_basket = 9_000);
    let (mut world, mut to, [cheap, dear]) = ann_has_one_of_each([reservable(|_| {}), dear]);
    let order = crate::scene::order("bakery", 1);
    let coupons = [cheap.into(), optional(dear)];
    spend(&mut world, &coupons, &order);
    let permits = all_held_by(&world, "ann", &[optional(dear)], &order);
    let message = to.desk.call_mut().reserve(order, permits);
    assert_eq!(refused(&mut world, "bakery", 0, message), number);
}

#[test]
fn no_reservation_has_more_coupons_than_an_order_or_none() {
    let (mut world, mut to, _) = ann_has_a_coupon(reservable(|_| {}), 0);
    let coupons = issue_many(&mut world, "bakery", 1, "ann", 6);
    let order = order("bakery", 1);
    for presented in [0, 6] {
        let permits = all_held_by(&world, "ann", &whole(&coupons[..presented]), &order);
        let message = to.desk.call_mut().reserve(order.clone(), permits);
        let expected = RegistryError::CouponCount { presented: u32::try_from(presented).unwrap(), most: 5 };
        assert_eq!(refused(&mut world, "bakery", 0, message), expected);
    }
    let permits = all_held_by(&world, "ann", &whole(&coupons[..5]), &order);
    act(&mut world, "bakery", 0, to.desk.call_mut().reserve(order, permits));
}
