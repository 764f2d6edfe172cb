//! Through an alliance a cashier accepted whatever it liked: its daily cap was looked at by the registry alone, which saw the alliance call.

use crate::scene::*;
use alliance::error::AllianceError;
use e2e_tests::{
    account,
    actors::{keys, OPERATOR},
};
use ink::codegen::TraitCallBuilder;
use shared::{
    permit::Permits,
    registry::{Limit, RegistryError},
};

#[test]
fn a_cashiers_cap_holds_through_an_alliance_too() {
    let (mut world, mut to, _) = ann_has_a_coupon(terms(), 0);
    let mut council = world.council();
    let coupons = issue_many(&mut world, "bakery", 1, "ann", 4);
    let mut alliance = alliance(&world);
    let (here, bakery, till) = (world.suite.registry, account("bakery"), account("till"));
    act(&mut world, "bakery", 0, council.call_mut().apply(here, [1; 32], vec![]));
    let admission = admission(&world, "bakery", 1_000);
    act(&mut world, OPERATOR, 0, council.call_mut().decide(admission));
    act(&mut world, "bakery", 0, to.office.call_mut().set_role(till, false, true, Some(500)));

    let place = world.place();
    let permits = |world: &e2e_tests::World, number: u64| {
        let (coupon, order) = (coupons[usize::try_from(number).unwrap()], order("bakery", number));
        let consent = place.order(&keys("till"), &whole(&[coupon]), &order);
        (order.clone(), Permits { acceptor: Some(consent), ..held_by(world, "ann", coupon, &order) })
    };
    // By merely calling, it doesn't speak for the acceptor.
    let (order, signed) = permits(&world, 0);
    let message = alliance.call_mut().redeem(here, (order, Permits { acceptor: None, ..signed }));
    let not_acceptor = AllianceError::NotAcceptor { acceptor: bakery, caller: till };
    assert_eq!(refused(&mut world, "till", 0, message), not_acceptor);
    // By its permit it does, whoever calls, and each order counts.
    for (number, caller, spent) in [(0, "till", 200), (1, "relayer", 400)] {
        let (order, signed) = permits(&world, number);
        let done = act(&mut world, caller, 0, alliance.call_mut().redeem(here, (order, signed)));
        assert_eq!((done.result.discount(), done.result.cashier), (200, Some(till)));
        assert_eq!(world.role(bakery, till).unwrap().spent, spent);
    }
    let reached = RegistryError::LimitReached { limit: Limit::CashierDay, most: 500, asked: 600 };
    for caller in ["till", "relayer", "bakery"] {
        let (order, signed) = permits(&world, 2);
        let message = alliance.call_mut().redeem(here, (order, signed));
        assert_eq!(refused(&mut world, caller, 0, message), AllianceError::Registry(reached.into()));
    }
    // It is one cap, here and there; and it isn't the merchant's.
    let (order, signed) = permits(&world, 2);
    let message =
        shared::registry::CouponRegistry::redeem(to.registry.call_mut(), order.clone(), signed.clone());
    assert_eq!(refused(&mut world, "till", 0, message), reached);
    let unsigned = Permits { acceptor: None, ..signed };
    let done = act(&mut world, "bakery", 0, alliance.call_mut().redeem(here, (order, unsigned)));
    assert_eq!((done.result.discount(), done.result.cashier), (200, Some(world.suite.alliance)));
    assert_eq!(world.role(bakery, till).unwrap().spent, 400);
}
