//! A till's backlog, booked in one call.

use super::*;
use shared::{alliance::rates::Rate, order::OrderWord};

#[test]
fn a_batch_is_booked_at_once_and_each_order_has_its_own_result() {
    let (mut world, _, mut alliance, coupon) = allied();
    let next = issue(&mut world, "bakery", coupon.campaign, "ann");
    let (first, second) = (cinemas(1), cinemas(2));
    let bad = Order { eligible: 2_001, ..cinemas(3) };
    let signed =
        |world: &World, coupon, order: &Order| (order.clone(), held_by(world, "ann", coupon, order)).encode();
    let orders =
        vec![signed(&world, coupon, &first), signed(&world, coupon, &bad), signed(&world, next, &second)];
    let here = world.suite.registry;
    let done = act(&mut world, "cinema", 0, alliance.call_mut().redeem_batch(here, orders.clone()));
    let over = RegistryError::EligibleOverBasket { eligible: 2_001, basket: 2_000 };
    let part = Part { issuer: account("bakery"), funding: Funding::Alliance, discount: 200 };
    let taken = Redeemed { asset: Asset::Native, final_at: NOW + 60 * DAY, parts: vec![part] };
    assert_eq!(done.result, [Ok(taken.clone()), Err(over), Ok(taken)]);
    let together = vec![booked(1, NOW), booked(2, NOW)];
    let together = OrdersBooked { acceptor: account("cinema"), registry: here, orders: together };
    assert_eq!(done.events.last(), Some(&by(world.suite.alliance, together)));
    assert_eq!(positions(&world), (-360, 356));
    let cycle = look(&world, world.council().call().cycle()).cycle;
    assert_eq!((cycle.debits, cycle.fees), (360, 4));
    // Each took effect once.
    let done = act(&mut world, "cinema", 0, alliance.call_mut().redeem_batch(here, orders));
    let used = |number| Err(RegistryError::OrderUsed { number });
    assert_eq!(done.result, [used(1), Err(over), used(2)]);
    assert_eq!((done.events, positions(&world)), (vec![], (-360, 356)));
}

#[test]
fn a_batch_that_the_alliance_refuses_in_part_is_refused_whole() {
    let (mut world, _, mut alliance, coupon) = allied();
    let mut council = world.council();
    let here = world.suite.registry;
    let order = cinemas(1);
    let signed = (order.clone(), held_by(&world, "ann", coupon, &order)).encode();
    let batch = |alliance: &mut AllianceRef, orders| alliance.call_mut().redeem_batch(here, orders);
    let size = |items| AllianceError::BatchSize { items, most: 50 };
    assert_eq!(refused(&mut world, "cinema", 0, batch(&mut alliance, vec![])), size(0));
    let many = vec![signed.clone(); 51];
    assert_eq!(refused(&mut world, "cinema", 0, batch(&mut alliance, many)), size(51));
    let garbled = vec![signed.clone(), vec![1; 40]];
    let no_order = AllianceError::NotAnOrder { index: 1 };
    assert_eq!(refused(&mut world, "cinema", 0, batch(&mut alliance, garbled)), no_order);
    let not_acceptor = AllianceError::NotAcceptor { acceptor: account("cinema"), caller: account("ann") };
    let message = batch(&mut alliance, vec![signed.clone()]);
    assert_eq!(refused(&mut world, "ann", 0, message), not_acceptor);
    let registry = look_alike(&mut world);
    let message = alliance.call_mut().redeem_batch(registry, vec![signed.clone()]);
    let unknown = AllianceError::UnknownRegistry { registry };
    assert_eq!(refused(&mut world, "cinema", 0, message), unknown);
    act(&mut world, "bakery", 0, council.call_mut().withdraw_collateral(COLLATERAL - 2 * DEBT + 1));
    let over = AllianceError::OverLimit { account: account("bakery"), exposure: DEBT, limit: DEBT - 1 };
    assert_eq!(refused(&mut world, "cinema", 0, batch(&mut alliance, vec![signed])), over);
    assert!(world.coupon(coupon).is_some(), "the coupon is unspent");
}

#[test]
fn a_batch_that_would_pass_the_days_cap_of_an_agreed_rate_is_refused_whole() {
    let (mut world, _, mut alliance, coupon) = allied();
    let (mut council, here) = (world.council(), world.suite.registry);
    let (bakery, cinema) = (account("bakery"), account("cinema"));
    // At half of 200 the third order of a day passes the cap.
    let rate = Rate { bps: 5_000, from: NOW + HOUR, daily_cap: Some(250) };
    act(&mut world, "cinema", 0, council.call_mut().offer_rate(cinema, bakery, Some(rate)));
    act(&mut world, "bakery", 0, council.call_mut().accept_rate(cinema, bakery, rate));
    world.chain.advance(HOUR).unwrap();
    let coupons = [&[coupon][..], &issue_many(&mut world, "bakery", coupon.campaign, "ann", 2)].concat();
    let signed = (1..).zip(&coupons).map(|(number, coupon)| {
        let order = cinemas(number);
        (order.clone(), held_by(&world, "ann", *coupon, &order)).encode()
    });
    let orders: Vec<_> = signed.collect();
    let over = AllianceError::OverDailyCap { cap: 250, asked: 300 };
    let message = alliance.call_mut().redeem_batch(here, orders.clone());
    assert_eq!(refused(&mut world, "cinema", 0, message), over);
    let owners = |world: &World| coupons.iter().filter(|coupon| world.coupon(**coupon).is_some()).count();
    assert_eq!((owners(&world), positions(&world)), (3, (0, 0)));
    assert_eq!(world.order_word(cinema, 1), OrderWord::default());

    let done = act(&mut world, "cinema", 0, alliance.call_mut().redeem_batch(here, orders[..2].to_vec()));
    assert_eq!(discounts(&done.result), [Ok(200), Ok(200)]);
    assert_eq!((owners(&world), positions(&world)), (1, (-200, 198)));
    let message = alliance.call_mut().redeem_batch(here, orders[2..].to_vec());
    assert_eq!(refused(&mut world, "cinema", 0, message), over, "the day's sum has the two");
    world.chain.advance(DAY).unwrap();
    act(&mut world, "cinema", 0, alliance.call_mut().redeem_batch(here, orders[2..].to_vec()));
    assert_eq!((owners(&world), positions(&world)), (0, (-300, 297)));
}
