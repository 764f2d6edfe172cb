//! Disputes: opened by the issuer, replied to by the acceptor, ruled on by the resolver, posted to the open cycle.

use super::*;
use shared::order::digest;

/// The bakery's coupon was redeemed at the cinema: a debt of 180, of which the cinema has 178.
fn redeemed_once() -> (World, AllianceRef, council::CouncilRef, Redemption) {
    let (mut world, _, mut alliance, coupon) = allied();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let redemption = act(&mut world, "cinema", 0, message).result;
    let council = world.council();
    (world, alliance, council, redemption)
}

// Feature: Chargeback.
#[test]
fn a_dispute_is_opened_replied_to_and_ruled_on() {
    let (mut world, _, mut council, redemption) = redeemed_once();
    let (here, registry) = (world.suite.council, world.suite.registry);
    let (issuer, acceptor) = (account("bakery"), account("cinema"));
    let message = council.call_mut().open_case(registry, 3, [9; 32], redemption.clone());
    let done = act(&mut world, "bakery", 0, message);
    let opened = CaseOpened {
        acceptor,
        case: 1,
        issuer,
        registry,
        number: 1,
        redemption: digest(&redemption),
        amount: DEBT - FEE,
        reason: 3,
        evidence: [9; 32],
        at: NOW,
    };
    assert_eq!((done.events, done.result), (vec![by(here, opened)], 1));
    assert_eq!((member(&world, "bakery").cases, member(&world, "cinema").cases), (1, 1));
    let message = council.call_mut().open_case(registry, 3, [9; 32], redemption.clone());
    assert_eq!(refused(&mut world, "bakery", 0, message), AllianceError::AlreadyDisputed { case: 1 });

    let stranger = AllianceError::NotParty { account: issuer };
    assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().reply(1, [8; 32])), stranger);
    let none = AllianceError::NoSuchCase { case: 2 };
    assert_eq!(refused(&mut world, "cinema", 0, council.call_mut().reply(2, [8; 32])), none);
    let running = AllianceError::ReplyRunning { until: NOW + WEEK, now: NOW };
    assert_eq!(refused(&mut world, OPERATOR, 0, council.call_mut().rule(1, 5_000)), running);
    let done = act(&mut world, "cinema", 0, council.call_mut().reply(1, [8; 32]));
    assert_eq!(done.events, [by(here, CaseReplied { acceptor, case: 1, evidence: [8; 32], at: NOW })]);
    assert_eq!(
        refused(&mut world, "cinema", 0, council.call_mut().reply(1, [8; 32])),
        AllianceError::AlreadyReplied
    );

    let resolver = account(OPERATOR);
    let other = AllianceError::NotResolver { resolver, caller: acceptor };
    assert_eq!(refused(&mut world, "cinema", 0, council.call_mut().rule(1, 5_000)), other);
    let over = AllianceError::ShareOverWhole { bps: 10_001 };
    assert_eq!(refused(&mut world, OPERATOR, 0, council.call_mut().rule(1, 10_001)), over);
    let done = act(&mut world, OPERATOR, 0, council.call_mut().rule(1, 5_000));
    let closed = CaseClosed { acceptor, case: 1, ruled: Some(5_000), stood: true, given_back: 89 };
    assert_eq!((done.events, done.result), (vec![by(here, closed)], 89));
    assert_eq!(positions(&world), (-91, 89));
    assert_eq!((member(&world, "bakery").cases, member(&world, "bakery").open.adjusted), (0, 89));
    let over = AllianceError::CaseClosed;
    assert_eq!(refused(&mut world, OPERATOR, 0, council.call_mut().rule(1, 1)), over);

    let early = AllianceError::CaseWindowRunning { until: NOW + 30 * DAY, now: NOW };
    assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().clear_case(1)), early);
    world.chain.set_time(NOW + 30 * DAY).unwrap();
    let not_its = AllianceError::NotParty { account: acceptor };
    assert_eq!(refused(&mut world, "cinema", 0, council.call_mut().clear_case(1)), not_its);
    let done = act(&mut world, "bakery", 0, council.call_mut().clear_case(1));
    assert_eq!(done.events, [by(here, CaseCleared { issuer, case: 1 })]);
    assert!(done.cost.deposit < 0);
}

#[test]
fn a_dispute_that_nobody_rules_on_times_out_at_the_preset_share() {
    let mut world = rules().config(|suite| suite.council.unruled_bps = 10_000).build();
    join(&mut world, "bakery", Balance::MAX);
    join(&mut world, "cinema", Balance::MAX);
    let terms = backed(&world);
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    let (mut alliance, mut council, registry) = (alliance(&world), world.council(), world.suite.registry);
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let redemption = act(&mut world, "cinema", 0, message).result;
    act(&mut world, "bakery", 0, council.call_mut().open_case(registry, 1, [0; 32], redemption));
    let until = NOW + 3 * WEEK;
    let running = AllianceError::RulingRunning { until, now: NOW };
    assert_eq!(refused(&mut world, "relayer", 0, council.call_mut().time_out(1)), running);
    let open = AllianceError::CaseOpen { case: 1 };
    assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().clear_case(1)), open);
    world.chain.set_time(until).unwrap();
    let late = AllianceError::RulingOver { until, now: until };
    assert_eq!(refused(&mut world, OPERATOR, 0, council.call_mut().rule(1, 0)), late);
    let late = AllianceError::ReplyWindowOver { until: NOW + WEEK, now: until };
    assert_eq!(refused(&mut world, "cinema", 0, council.call_mut().reply(1, [0; 32])), late);
    assert_eq!(act(&mut world, "relayer", 0, council.call_mut().time_out(1)).result, 178);
    assert_eq!(positions(&world), (-2, 0));
}

#[test]
fn a_redemption_rolled_back_meanwhile_gives_nothing_back_twice() {
    let (mut world, mut alliance, mut council, redemption) = redeemed_once();
    let registry = world.suite.registry;
    let message = council.call_mut().open_case(registry, 1, [0; 32], redemption.clone());
    act(&mut world, "bakery", 0, message);
    act(&mut world, "cinema", 0, alliance.call_mut().roll_back(registry, 0, (redemption, None)));
    assert_eq!(positions(&world), (0, 0));
    act(&mut world, "cinema", 0, council.call_mut().reply(1, [0; 32]));
    let done = act(&mut world, OPERATOR, 0, council.call_mut().rule(1, 10_000));
    assert_eq!((done.result, positions(&world)), (0, (0, 0)));
}

#[test]
fn only_an_issuer_that_owes_for_it_disputes_a_redemption_of_the_alliances_and_in_time() {
    let (mut world, _, mut council, redemption) = redeemed_once();
    let registry = world.suite.registry;
    let (acceptor, number) = (account("cinema"), 1);
    let open = |council: &mut council::CouncilRef, registry, redemption: &Redemption| {
        council.call_mut().open_case(registry, 1, [0; 32], redemption.clone())
    };
    let message = open(&mut council, registry, &redemption);
    let not_member = AllianceError::NotMember { account: account("ann") };
    assert_eq!(refused(&mut world, "ann", 0, message), not_member);
    join(&mut world, "grocer", 1);
    let message = open(&mut council, registry, &redemption);
    let nothing = AllianceError::NothingBooked { issuer: account("grocer") };
    assert_eq!(refused(&mut world, "grocer", 0, message), nothing);
    let mut forged = redemption.clone();
    forged.net += 1;
    let message = open(&mut council, registry, &forged);
    let none = AllianceError::NoSuchRedemption { acceptor, number };
    assert_eq!(refused(&mut world, "bakery", 0, message), none);
    let unknown = account("ann");
    let message = open(&mut council, unknown, &redemption);
    let not_known = AllianceError::UnknownRegistry { registry: unknown };
    assert_eq!(refused(&mut world, "bakery", 0, message), not_known);
    let until = NOW + 30 * DAY;
    world.chain.set_time(until).unwrap();
    let message = open(&mut council, registry, &redemption);
    let late = AllianceError::CaseWindowOver { until, now: until };
    assert_eq!(refused(&mut world, "bakery", 0, message), late);
}

#[test]
fn an_open_dispute_holds_both_parties() {
    let (mut world, mut alliance, mut council, redemption) = redeemed_once();
    let registry = world.suite.registry;
    let message = council.call_mut().open_case(registry, 1, [0; 32], redemption.clone());
    act(&mut world, "bakery", 0, message);
    act(&mut world, "cinema", 0, alliance.call_mut().roll_back(registry, 0, (redemption, None)));
    for who in ["bakery", "cinema"] {
        act(&mut world, who, 0, council.call_mut().leave());
    }
    world.chain.advance(90 * DAY).unwrap();
    for who in ["bakery", "cinema"] {
        let held = AllianceError::CasesOpen { cases: 1 };
        assert_eq!(refused(&mut world, who, 0, council.call_mut().exit()), held);
    }
    act(&mut world, "relayer", 0, council.call_mut().time_out(1));
    for who in ["bakery", "cinema"] {
        let done = act(&mut world, who, 0, council.call_mut().exit());
        assert_eq!(done.moved, [(who, 5_000), ("alliance", -5_000)]);
    }
}
