//! Rates that two members agree on.

use super::*;
use shared::alliance::rates::{PairRate, Rate};

const RATE: Rate = Rate { bps: 5_000, from: NOW + HOUR, daily_cap: Some(150) };

// Feature: Acceptance matrix.
#[test]
fn two_members_agree_on_a_rate_which_holds_from_its_date_on() {
    let (mut world, _, mut alliance, coupon) = allied();
    let (mut council, here) = (world.council(), world.suite.council);
    let (cinema, bakery) = (account("cinema"), account("bakery"));
    let done = act(&mut world, "cinema", 0, council.call_mut().offer_rate(cinema, bakery, Some(RATE)));
    let offered = RateOffered { by: cinema, acceptor: cinema, issuer: bakery, rate: Some(RATE) };
    assert_eq!(done.events, [by(here, offered)]);
    assert_eq!(read(&world, council.call().offer(cinema, bakery, cinema)), Some(RATE));
    // Nobody accepts its own offer, or another than was made.
    let other = Rate { bps: 4_999, ..RATE };
    for (who, rate) in [("cinema", RATE), ("bakery", other), ("ann", RATE)] {
        let message = council.call_mut().accept_rate(cinema, bakery, rate);
        assert_eq!(refused(&mut world, who, 0, message), AllianceError::NoSuchOffer);
    }
    let done = act(&mut world, "bakery", 0, council.call_mut().accept_rate(cinema, bakery, RATE));
    let told =
        RateAgreed { issuer: bakery, acceptor: cinema, rate: PairRate::first((NOW, NOW), RATE), by: bakery };
    assert_eq!(done.events, [by(here, told)]);
    assert_eq!((member(&world, "bakery").rates, member(&world, "cinema").rates), (1, 1));

    world.chain.advance(HOUR).unwrap();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let done = act(&mut world, "cinema", 0, message);
    let debt = Debt { issuer: bakery, rate_bps: 5_000, amount: 100, fee: 1 };
    let booked = Booked { number: 1, final_at: NOW + HOUR + 60 * DAY, debts: vec![debt] };
    let told = OrdersBooked { acceptor: cinema, registry: world.suite.registry, orders: vec![booked] };
    assert_eq!(done.events.last(), Some(&by(world.suite.alliance, told)));

    let campaign = coupon.campaign;
    let second = issue(&mut world, "bakery", campaign, "ann");
    let message = redeem(&world, &mut alliance, second, &cinemas(2));
    let over = AllianceError::OverDailyCap { cap: 150, asked: 200 };
    assert_eq!(refused(&mut world, "cinema", 0, message), over);
    // A rollback gives the day its part back, at the rate of its time.
    let message = alliance.call_mut().roll_back(world.suite.registry, 0, (done.result, None));
    act(&mut world, "cinema", 0, message);
    assert_eq!(positions(&world), (0, 0));
    let message = redeem(&world, &mut alliance, second, &cinemas(2));
    act(&mut world, "cinema", 0, message);
    assert_eq!(positions(&world), (-100, 99));
}

#[test]
fn a_rate_is_offered_by_one_of_the_two_within_bounds_and_taken_back_by_who_made_it() {
    let (mut world, _, _, _) = allied();
    let mut council = world.council();
    let (cinema, bakery) = (account("cinema"), account("bakery"));
    let offer = |council: &mut council::CouncilRef, rate| council.call_mut().offer_rate(cinema, bakery, rate);
    let stranger = AllianceError::NotParty { account: account("ann") };
    assert_eq!(refused(&mut world, "ann", 0, offer(&mut council, Some(RATE))), stranger);
    let with_itself = council.call_mut().offer_rate(bakery, bakery, Some(RATE));
    assert_eq!(refused(&mut world, "bakery", 0, with_itself), AllianceError::NotParty { account: bakery });
    for bps in [0, 10_001] {
        let rate = Some(Rate { bps, ..RATE });
        let refusal = refused(&mut world, "bakery", 0, offer(&mut council, rate));
        assert_eq!(refusal, AllianceError::RateOutOfRange { bps });
    }
    let early = Some(Rate { from: NOW, ..RATE });
    let too_early = AllianceError::RateTooEarly { from: NOW, earliest: NOW + 1 };
    assert_eq!(refused(&mut world, "bakery", 0, offer(&mut council, early)), too_early);
    assert_eq!(refused(&mut world, "bakery", 0, offer(&mut council, None)), AllianceError::NoSuchOffer);
    act(&mut world, "bakery", 0, offer(&mut council, Some(RATE)));
    assert_eq!(refused(&mut world, "cinema", 0, offer(&mut council, None)), AllianceError::NoSuchOffer);
    // The other's own offer stands beside it, and each takes its own back with its deposit.
    let others = Rate { bps: 1, ..RATE };
    act(&mut world, "cinema", 0, offer(&mut council, Some(others)));
    assert_eq!(read(&world, council.call().offer(cinema, bakery, bakery)), Some(RATE));
    assert_eq!(read(&world, council.call().offer(cinema, bakery, cinema)), Some(others));
    for (who, by) in [("bakery", bakery), ("cinema", cinema)] {
        assert!(act(&mut world, who, 0, offer(&mut council, None)).cost.deposit < 0);
        assert_eq!(read(&world, council.call().offer(cinema, bakery, by)), None);
    }
}

#[test]
fn another_rate_may_be_agreed_once_nothing_is_left_to_reckon_at_the_one_before() {
    let (mut world, _, _, _) = allied();
    let mut council = world.council();
    let (cinema, bakery) = (account("cinema"), account("bakery"));
    act(&mut world, "cinema", 0, council.call_mut().offer_rate(cinema, bakery, Some(RATE)));
    act(&mut world, "bakery", 0, council.call_mut().accept_rate(cinema, bakery, RATE));
    // The tail, and the time in which what is final can be disputed.
    let earliest = RATE.from + 120 * DAY;
    let next = Rate { bps: 2_000, from: earliest + DAY, daily_cap: None };
    act(&mut world, "bakery", 0, council.call_mut().offer_rate(cinema, bakery, Some(next)));
    world.chain.set_time(earliest - 1).unwrap();
    let message = council.call_mut().accept_rate(cinema, bakery, next);
    let early = AllianceError::RateTooEarly { from: earliest - 1, earliest };
    assert_eq!(refused(&mut world, "cinema", 0, message), early);
    world.chain.set_time(earliest).unwrap();
    let done = act(&mut world, "cinema", 0, council.call_mut().accept_rate(cinema, bakery, next));
    let before = Some((RATE.bps, RATE.daily_cap));
    let rate = PairRate { rate: next, before, ..PairRate::first((NOW, NOW), RATE) };
    let told = RateAgreed { issuer: bakery, acceptor: cinema, rate, by: cinema };
    assert_eq!(done.events, [by(world.suite.council, told)]);
    // An offer whose time has come while it waited is refused too.
    let mut late = world.fixture().world();
    act(&mut late, "cinema", 0, council.call_mut().offer_rate(bakery, cinema, Some(next)));
    late.chain.set_time(next.from).unwrap();
    let message = council.call_mut().accept_rate(bakery, cinema, next);
    let early = AllianceError::RateTooEarly { from: next.from, earliest: next.from + 1 };
    assert_eq!(refused(&mut late, "bakery", 0, message), early);
}
