//! A rollback in part that brought one of an order's coupons back had the order forgotten as its holder's first, although the other coupon's part in it
//! stood: a second first order was to be had.

use crate::scene::*;
use e2e_tests::account;
use ink::codegen::TraitCallBuilder;
use shared::{
    order::Kept,
    registry::RegistryError,
    terms::{Audience, Stacking},
};

#[test]
fn what_remains_of_a_first_order_is_still_the_first() {
    let beside = |t: &mut shared::terms::Terms| {
        (t.stacking, t.marks_first_order) = (Stacking::Common { priority: 0 }, true);
    };
    let first_orders = terms_but(|t| {
        beside(t);
        t.audience = Audience::FirstOrder;
    });
    let large_orders = terms_but(|t| {
        beside(t);
        t.min_basket = 2_000;
    });
    let (mut world, mut to, [first, large]) = ann_has_one_of_each([first_orders, large_orders]);
    let second = issue(&mut world, "bakery", first.campaign, "ann");
    let (bakery, ann) = (account("bakery"), account("ann"));
    let redemption = spend(&mut world, &whole(&[first, large]), &order("bakery", 1)).result;
    let kept = Some(Kept { basket: 1_900, eligible: 1_000 });
    let remains = act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(redemption, kept)).result;
    let remains = remains.unwrap();
    assert_eq!(remains.uses.iter().map(|used| used.coupon).collect::<Vec<_>>(), [first]);
    assert_eq!(world.coupon(large).unwrap().left, 1, "the other came back");

    assert_eq!(world.customer(bakery, ann).unwrap().first_order, Some((bakery, 1)));
    let not_first = RegistryError::NotFirstOrder { coupon: second, acceptor: bakery, number: 1 };
    assert_eq!(till_refuses(&mut world, second, "ann", &order("bakery", 2)), not_first);

    act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(remains, None));
    assert_eq!(world.customer(bakery, ann).unwrap_or_default().first_order, None);
    spend(&mut world, &whole(&[second]), &order("bakery", 2));
}
