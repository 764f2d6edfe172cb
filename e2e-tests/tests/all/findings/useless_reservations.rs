//! Coupons could be reserved where they could never be spent: for acceptors that the terms don't let accept, and for longer than the permits that were
//! to spend them.

use crate::scene::*;
use e2e_tests::{account, actors::keys};
use ink::codegen::TraitCallBuilder;
use shared::{
    coupons::Lock,
    order::{digest, Order},
    permit::{CouponPermit, OrderPermit, Permits, Presented, Purpose},
    registry::RegistryError,
    terms::{Acceptance, Terms},
};

/// A minute, in milliseconds.
const MINUTE: u64 = 60_000;

fn reservable(acceptance: Acceptance) -> Terms {
    terms_but(|t| (t.reservation_ttl, t.acceptance) = (HOUR / 2, acceptance))
}

#[test]
fn only_those_whom_the_terms_let_accept_reserve() {
    let listed = Acceptance::Listed(vec![account("cinema")]);
    let cases = [
        (Acceptance::IssuerOnly, ["cinema", "grocer"].as_slice(), "bakery"),
        (listed, &["bakery", "grocer"], "cinema"),
    ];
    for (acceptance, strangers, acceptor) in cases {
        let (mut world, mut to, coupon) = ann_has_a_coupon(reservable(acceptance), 0);
        for stranger in strangers {
            let order = order(stranger, 1);
            let permits = held_by(&world, "ann", coupon, &order);
            let message = to.desk.call_mut().reserve(order, permits);
            assert_eq!(refused(&mut world, stranger, 0, message), RegistryError::ForeignCoupon { coupon });
        }
        assert_eq!(world.coupon(coupon).unwrap().lock, None);
        let order = order(acceptor, 1);
        let permits = held_by(&world, "ann", coupon, &order);
        let done = act(&mut world, acceptor, 0, to.desk.call_mut().reserve(order, permits));
        assert_eq!(done.result, NOW + HOUR / 2);
    }
}

#[test]
fn a_reservation_ends_no_later_than_a_permit_that_would_spend_it() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(reservable(Acceptance::IssuerOnly), 0);
    let moment = world.fixture();
    let place = world.place();
    let order = order("bakery", 1);
    let presented = Presented::from(coupon);
    let holders = |deadline| {
        let subject = (presented, digest(&order));
        let permit = Some(place.permit(&keys("ann"), Purpose::Spend, &subject, 0, deadline));
        vec![CouponPermit { presented, permit }]
    };
    let acceptors = |deadline| {
        let subject = (vec![presented], digest(&order));
        let permit = place.permit(&keys("bakery"), Purpose::Order, &subject, 0, deadline);
        Some(OrderPermit { signer: account("bakery"), permit })
    };
    let cases = [
        (holders(NOW + MINUTE), None, NOW + MINUTE),
        (holders(NOW + HOUR), acceptors(NOW + 2 * MINUTE), NOW + 2 * MINUTE),
        (holders(NOW + 3 * MINUTE), acceptors(NOW + 4 * MINUTE), NOW + 3 * MINUTE),
        (holders(NOW + HOUR), acceptors(NOW + HOUR), NOW + HOUR / 2),
    ];
    for (coupons, acceptor, ends) in cases {
        world = moment.world();
        let permits = Permits { acceptor, coupons };
        let done = act(&mut world, "bakery", 0, to.desk.call_mut().reserve(order.clone(), permits));
        assert_eq!(done.result, ends);
        let lock = Lock { order: digest(&order), until: ends };
        assert_eq!(world.coupon(coupon).unwrap().lock, Some(lock));

        let other = Order { number: 2, ..order.clone() };
        world.chain.set_time(ends - 1).unwrap();
        let locked = RegistryError::CouponLocked { coupon, until: ends };
        assert_eq!(till_refuses(&mut world, coupon, "ann", &other), locked);
        world.chain.set_time(ends).unwrap();
        spend(&mut world, &whole(&[coupon]), &other);
    }
}
