//! In a batch, an order that somebody signed badly in the acceptor's name had the till forget what its cashier had accepted so far that day.

use crate::scene::*;
use e2e_tests::{account, actors::keys};
use ink::codegen::TraitCallBuilder;
use shared::{
    permit::{OrderPermit, Permits},
    registry::{CouponRegistry, Limit, RegistryError},
};

#[test]
fn a_forged_order_in_a_batch_resets_no_cap() {
    let (mut world, mut to, _) = ann_has_a_coupon(terms(), 0);
    let coupons = issue_many(&mut world, "bakery", 1, "ann", 5);
    let (bakery, till) = (account("bakery"), account("till"));
    act(&mut world, "bakery", 0, to.office.call_mut().set_role(till, false, true, Some(300)));
    let item = |world: &e2e_tests::World, number: u64, acceptor: Option<OrderPermit>| {
        let (coupon, order) = (coupons[usize::try_from(number).unwrap()], order("bakery", number));
        (order.clone(), Permits { acceptor, ..held_by(world, "ann", coupon, &order) })
    };
    // Ben's signature, in the name of the acceptor, of the cashier, and of nobody that speaks for the acceptor.
    let forged = |number: u64, signer: &str| {
        let coupon = coupons[usize::try_from(number).unwrap()];
        let bens = world.place().order(&keys("ben"), &whole(&[coupon]), &order("bakery", number));
        Some(OrderPermit { signer: account(signer), ..bens })
    };
    let items = vec![
        item(&world, 0, None),
        item(&world, 1, forged(1, "bakery")),
        item(&world, 2, None),
        item(&world, 1, forged(1, "till")),
        item(&world, 3, None),
        item(&world, 1, forged(1, "ben")),
        item(&world, 4, None),
    ];
    let invalid = |who| Err(RegistryError::PermitInvalid { signer: account(who) });
    let reached = RegistryError::LimitReached { limit: Limit::CashierDay, most: 300, asked: 400 };
    let done = act(&mut world, "till", 0, to.registry.call_mut().redeem_batch(items));
    let stranger = Err(RegistryError::NotAcceptor { signer: account("ben") });
    let expected =
        [Ok(200), invalid("bakery"), Err(reached), invalid("till"), Err(reached), stranger, Err(reached)];
    assert_eq!(discounts(&done.result), expected);
    assert_eq!((world.role(bakery, till).unwrap().spent, world.progress(1).uses), (200, 1));
    let (order, permits) = item(&world, 2, None);
    let message = to.registry.call_mut().redeem(order, permits);
    assert_eq!(refused(&mut world, "till", 0, message), reached);
}
