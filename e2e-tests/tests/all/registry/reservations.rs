//! Reservations: a coupon is locked for one order, for at most as long as its terms allow, and free by itself after.

use crate::scene::*;
use desk::events::{CouponReleased, CouponsReserved};
use e2e_tests::{account, keys, World};
use ink::codegen::TraitCallBuilder;
use market::error::MarketError;
use market::listings::Ask;
use shared::{
    coupons::Lock,
    ids::CouponId,
    order::{digest, Order},
    permit::{Permits, Purpose},
    psp34::{PSP34Error, LOCKED, PSP34},
    registry::{CouponRegistry, RegistryError, ServiceDesk},
    terms::Terms,
};

/// Reservable for half an hour.
fn reservable() -> Terms {
    terms_but(|t| t.reservation_ttl = HOUR / 2)
}

const ENDS: u64 = NOW + HOUR / 2;

/// Ann's coupon is reserved for the bakery's first order.
fn reserved() -> (World, Doors, CouponId, Order) {
    let (mut world, mut to, coupon) = ann_has_a_coupon(reservable(), 0);
    let order = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    act(&mut world, "bakery", 0, to.desk.call_mut().reserve(order.clone(), permits));
    (world, to, coupon, order)
}

fn locked(coupon: CouponId) -> RegistryError {
    RegistryError::CouponLocked { coupon, until: ENDS }
}

// Feature: Reservation.
#[test]
fn a_reserved_coupon_is_spent_on_its_order_or_not_at_all() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(reservable(), 0);
    let first = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &first);
    let done = act(&mut world, "bakery", 0, to.desk.call_mut().reserve(first.clone(), permits.clone()));
    assert_eq!(done.result, ENDS);
    let (acceptor, order, until) = (account("bakery"), digest(&first), ENDS);
    let told = CouponsReserved { acceptor, order, coupons: vec![coupon], until };
    assert_eq!(done.events, [by(world.suite.desk, told)]);
    assert_eq!(world.coupon(coupon).unwrap().lock, Some(Lock { order, until }));

    let second = crate::scene::order("bakery", 2);
    assert_eq!(till_refuses(&mut world, coupon, "ann", &second), locked(coupon));
    assert_eq!(quoted(&world, &whole(&[coupon]), &second), Err(locked(coupon)));
    act(&mut world, "bakery", 0, to.registry.call_mut().redeem(first, permits));
}

#[test]
fn a_reservation_ends_by_itself_to_the_millisecond() {
    let (mut world, _, coupon, _) = reserved();
    world.chain.set_time(ENDS - 1).unwrap();
    assert_eq!(till_refuses(&mut world, coupon, "ann", &order("bakery", 2)), locked(coupon));
    world.chain.set_time(ENDS).unwrap();
    spend(&mut world, &whole(&[coupon]), &order("bakery", 2));
}

#[test]
fn it_ends_with_the_order_if_that_is_earlier_and_asking_again_prolongs_nothing() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(reservable(), 0);
    let short = Order { deadline: NOW + 60_000, ..order("bakery", 1) };
    let permits = held_by(&world, "ann", coupon, &short);
    let done = act(&mut world, "bakery", 0, to.desk.call_mut().reserve(short, permits));
    assert_eq!(done.result, NOW + 60_000);

    let (mut world, mut to, coupon) = ann_has_a_coupon(reservable(), 0);
    let long = crate::scene::order("bakery", 1);
    let subject = (shared::permit::Presented::from(coupon), digest(&long));
    let brief = world.place().permit(&keys("ann"), Purpose::Spend, &subject, 0, NOW + 30_000);
    let mut permits = held_by(&world, "ann", coupon, &long);
    permits.coupons[0].permit = Some(brief);
    let done = act(&mut world, "bakery", 0, to.desk.call_mut().reserve(long, permits));
    assert_eq!(done.result, NOW + 30_000, "or as the permit that will spend it");

    let (mut world, mut to, coupon, order) = reserved();
    world.chain.advance(60_000).unwrap();
    let permits = held_by(&world, "ann", coupon, &order);
    let again = act(&mut world, "bakery", 0, to.desk.call_mut().reserve(order, permits));
    assert_eq!(again.result, ENDS);
}

#[test]
fn a_reserved_coupon_stays_where_it_is_and_whole() {
    let (mut world, mut to, coupon, _) = reserved();
    let send = PSP34::transfer(to.registry.call_mut(), account("ben"), coupon.into(), vec![]);
    assert_eq!(refused(&mut world, "ann", 0, send), PSP34Error::Custom(LOCKED.into()));
    let (there, here) = (world.suite.market, world.suite.registry);
    act(&mut world, "ann", 0, PSP34::approve(to.registry.call_mut(), there, Some(coupon.into()), true));
    let message =
        market(&world).call_mut().list(here, vec![coupon], NOW + DAY, None, Ask::Fixed { price: 1_000 });
    assert_eq!(refused(&mut world, "ann", 0, message), MarketError::CouponLocked { coupon });
    assert_eq!(read(&world, ServiceDesk::sale_terms(to.desk.call(), coupon)), Err(locked(coupon)));
    let split = to.desk.call_mut().split(coupon, 1);
    assert_eq!(refused(&mut world, "ann", 0, split), locked(coupon));
    // It can be ended all the same: its holder is paid what backs it.
    act(&mut world, "bakery", 0, to.office.call_mut().revoke(coupon, 1));
}

#[test]
fn the_acceptor_frees_it_early_by_showing_the_order_and_anyone_after_its_end() {
    let (mut world, mut to, coupon, order) = reserved();
    let other = crate::scene::order("bakery", 2);
    let cases = [
        ("ann", None),
        ("ann", Some(order.clone())),
        ("bakery", None),
        ("bakery", Some(other)),
        ("cinema", Some(Order { acceptor: account("cinema"), ..order.clone() })),
    ];
    for (who, shown) in cases {
        let message = to.desk.call_mut().release(coupon, shown);
        assert_eq!(refused(&mut world, who, 0, message), locked(coupon));
    }
    let done = act(&mut world, "bakery", 0, to.desk.call_mut().release(coupon, Some(order.clone())));
    assert_eq!(done.events, [by(world.suite.desk, CouponReleased { coupon })]);
    assert_eq!(world.coupon(coupon).unwrap().lock, None);
    let again = to.desk.call_mut().release(coupon, Some(order));
    assert_eq!(refused(&mut world, "bakery", 0, again), RegistryError::NotReserved { coupon });
    let unknown = CouponId { serial: 9, ..coupon };
    let message = to.desk.call_mut().release(unknown, None);
    assert_eq!(refused(&mut world, "ann", 0, message), RegistryError::NoSuchCoupon { coupon: unknown });

    let (mut world, mut to, coupon, _) = reserved();
    world.chain.set_time(ENDS).unwrap();
    act(&mut world, "dee", 0, to.desk.call_mut().release(coupon, None));
}

#[test]
fn both_sides_agree_to_a_reservation_as_they_do_to_a_redemption() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(reservable(), 0);
    let order = order("bakery", 1);
    let nobody = unsigned(&whole(&[coupon]));
    let ben = held_by(&world, "ben", coupon, &order);
    let stranger = signed_by(&world, "cinema", coupon, &order);
    let mut late = held_by(&world, "ann", coupon, &order);
    late.coupons[0].permit.as_mut().unwrap().deadline = NOW;
    let mut voided = held_by(&world, "ann", coupon, &order);
    voided.coupons[0].permit.as_mut().unwrap().epoch = 1;
    let cases: [(&str, Permits, RegistryError); 6] = [
        ("bakery", nobody.clone(), RegistryError::PermitMissing { coupon }),
        ("ann", nobody, RegistryError::NotAcceptor { signer: account("ann") }),
        ("bakery", ben, RegistryError::PermitInvalid { signer: account("ann") }),
        ("ann", stranger, RegistryError::NotAcceptor { signer: account("cinema") }),
        ("bakery", late, RegistryError::PermitExpired { deadline: NOW, now: NOW }),
        ("bakery", voided, RegistryError::PermitCancelled { epoch: 1, current: 0 }),
    ];
    for (who, permits, expected) in cases {
        let message = to.desk.call_mut().reserve(order.clone(), permits);
        assert_eq!(refused(&mut world, who, 0, message), expected);
    }
    // A holder at a web checkout brings the acceptor's consent.
    let permits = signed_by(&world, "bakery", coupon, &order);
    act(&mut world, "ann", 0, to.desk.call_mut().reserve(order, permits));
}

#[test]
fn nobody_locks_a_coupon_that_its_terms_let_it_never_accept() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(reservable(), 0);
    let foreign = order("cinema", 1);
    let permits = held_by(&world, "ann", coupon, &foreign);
    let message = to.desk.call_mut().reserve(foreign, permits);
    assert_eq!(refused(&mut world, "cinema", 0, message), RegistryError::ForeignCoupon { coupon });
}

#[test]
fn what_cannot_be_reserved_is_refused_by_name() {
    let (mut world, mut to, [never, frozen]) = ann_has_one_of_each([terms(), reservable()]);
    act(&mut world, "bakery", 0, to.office.call_mut().set_frozen(frozen, Some(2)));
    let taken = issue(&mut world, "bakery", frozen.campaign, "ann");
    let other = order("bakery", 9);
    let permits = held_by(&world, "ann", taken, &other);
    act(&mut world, "bakery", 0, to.desk.call_mut().reserve(other, permits));
    let unknown = CouponId { serial: 99, ..never };
    let order = order("bakery", 1);
    let cases = [
        (never, order.clone(), RegistryError::NoReservations { campaign: never.campaign }),
        (frozen, order.clone(), RegistryError::CouponFrozen { coupon: frozen, reason: 2 }),
        (taken, order.clone(), locked(taken)),
        (unknown, order.clone(), RegistryError::NoSuchCoupon { coupon: unknown }),
        (taken, Order { deadline: NOW, ..order }, RegistryError::OrderExpired { deadline: NOW, now: NOW }),
    ];
    for (coupon, order, expected) in cases {
        let permits = held_by(&world, "ann", coupon, &order);
        let message = to.desk.call_mut().reserve(order, permits);
        assert_eq!(refused(&mut world, "bakery", 0, message), expected);
    }
}
