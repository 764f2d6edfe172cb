//! A rollback in part gave a first-order coupon back, and kept the order as its holder's first for a coupon of a campaign that marks no first orders: what
//! came back could never be spent.

use crate::scene::*;
use e2e_tests::{account, World};
use ink::codegen::TraitCallBuilder;
use shared::{
    ids::CouponId,
    order::{Kept, Redemption},
    registry::RegistryError,
    terms::{Audience, Stacking, Terms},
};

fn beside(change: impl FnOnce(&mut Terms)) -> Terms {
    terms_but(|t| {
        t.stacking = Stacking::Common { priority: 0 };
        change(t);
    })
}

/// Ann has spent, on one order of a basket of 2,000, a coupon for first orders from 2,000 on, and one that goes with any order and marks nothing.
fn spent() -> (World, Doors, [CouponId; 2], Redemption) {
    let first_orders = beside(|t| {
        (t.audience, t.marks_first_order, t.min_basket) = (Audience::FirstOrder, true, 2_000);
    });
    let (mut world, to, coupons) = ann_has_one_of_each([first_orders, beside(|_| {})]);
    let redemption = spend(&mut world, &whole(&coupons), &order("bakery", 1)).result;
    assert_eq!(
        world.customer(account("bakery"), account("ann")).unwrap().first_order,
        Some((account("bakery"), 1))
    );
    (world, to, coupons, redemption)
}

#[test]
fn what_marks_no_first_order_keeps_none() {
    let (mut world, mut to, [first, other], redemption) = spent();
    let (bakery, ann) = (account("bakery"), account("ann"));
    let kept = Some(Kept { basket: 1_900, eligible: 1_000 });
    let remains = act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(redemption, kept)).result;
    assert_eq!(remains.unwrap().uses.iter().map(|used| used.coupon).collect::<Vec<_>>(), [other]);

    assert_eq!(world.customer(bakery, ann).unwrap_or_default().first_order, None);
    let again = spend(&mut world, &whole(&[first]), &order("bakery", 2)).result;
    assert_eq!(
        (again.discount(), world.customer(bakery, ann).unwrap().first_order),
        (200, Some((bakery, 2)))
    );
}

#[test]
fn an_unmarked_coupon_that_comes_back_changes_nothing_of_the_first_order() {
    let first_orders = beside(|t| (t.audience, t.marks_first_order) = (Audience::FirstOrder, true));
    let (mut world, mut to, [first, other]) =
        ann_has_one_of_each([first_orders, beside(|t| t.min_basket = 2_000)]);
    let second = issue(&mut world, "bakery", first.campaign, "ann");
    let (bakery, ann) = (account("bakery"), account("ann"));
    let redemption = spend(&mut world, &whole(&[first, other]), &order("bakery", 1)).result;
    let kept = Some(Kept { basket: 1_900, eligible: 1_000 });
    act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(redemption, kept));
    assert_eq!(world.coupon(other).unwrap().left, 1);
    assert_eq!(world.customer(bakery, ann).unwrap().first_order, Some((bakery, 1)));
    let not_first = RegistryError::NotFirstOrder { coupon: second, acceptor: bakery, number: 1 };
    assert_eq!(till_refuses(&mut world, second, "ann", &order("bakery", 2)), not_first);
}
