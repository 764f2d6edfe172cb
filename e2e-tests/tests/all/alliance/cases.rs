//! Disputes: opened by the issuer, replied to by the acceptor, ruled on by the resolver, posted to the open cycle.

use super::*;
use shared::order::digest;

/// When what was redeemed at first is final.
const FINAL: u64 = NOW + 60 * DAY;

/// The bakery's coupon was redeemed at the cinema, and that is final: a debt of 180, of which the cinema has 178.
fn final_once() -> (World, AllianceRef, council::CouncilRef, Redemption) {
    final_under(rules())
}

fn final_under(rules: Builder) -> (World, AllianceRef, council::CouncilRef, Redemption) {
    let (mut world, alliance, council, redemption) = redeemed_under(rules);
    world.chain.set_time(FINAL).unwrap();
    (world, alliance, council, redemption)
}

fn redeemed_once() -> (World, AllianceRef, council::CouncilRef, Redemption) {
    redeemed_under(rules())
}

fn redeemed_under(rules: Builder) -> (World, AllianceRef, council::CouncilRef, Redemption) {
    let (mut world, _, mut alliance, coupon) = allied_under(rules);
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let redemption = act(&mut world, "cinema", 0, message).result;
    let council = world.council();
    (world, alliance, council, redemption)
}

// Feature: Chargeback.
#[test]
fn a_dispute_is_opened_replied_to_and_ruled_on() {
    let (mut world, _, mut council, redemption) = final_once();
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
        at: FINAL,
    };
    assert_eq!((done.events, done.result), (vec![by(here, opened)], 1));
    assert_eq!((member(&world, "bakery").cases, member(&world, "cinema").cases), (1, 1));
    let message = council.call_mut().open_case(registry, 3, [9; 32], redemption.clone());
    assert_eq!(refused(&mut world, "bakery", 0, message), AllianceError::AlreadyDisputed { case: 1 });

    let stranger = AllianceError::NotParty { account: issuer };
    assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().reply(1, [8; 32])), stranger);
    let none = AllianceError::NoSuchCase { case: 2 };
    assert_eq!(refused(&mut world, "cinema", 0, council.call_mut().reply(2, [8; 32])), none);
    let running = AllianceError::ReplyRunning { until: FINAL + WEEK, now: FINAL };
    assert_eq!(refused(&mut world, OPERATOR, 0, council.call_mut().rule(1, 5_000)), running);
    let done = act(&mut world, "cinema", 0, council.call_mut().reply(1, [8; 32]));
    assert_eq!(done.events, [by(here, CaseReplied { acceptor, case: 1, evidence: [8; 32], at: FINAL })]);
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
    let closed = CaseClosed { acceptor, case: 1, ruled: Some(5_000), given_back: 89 };
    assert_eq!((done.events, done.result), (vec![by(here, closed)], 89));
    assert_eq!(positions(&world), (-91, 89));
    assert_eq!((member(&world, "bakery").cases, member(&world, "bakery").open.adjusted), (0, 89));
    let over = AllianceError::CaseClosed;
    assert_eq!(refused(&mut world, OPERATOR, 0, council.call_mut().rule(1, 1)), over);

    let early = AllianceError::CaseWindowRunning { until: FINAL + 30 * DAY, now: FINAL };
    assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().clear_case(1)), early);
    world.chain.set_time(FINAL + 30 * DAY).unwrap();
    let not_its = AllianceError::NotParty { account: acceptor };
    assert_eq!(refused(&mut world, "cinema", 0, council.call_mut().clear_case(1)), not_its);
    let done = act(&mut world, "bakery", 0, council.call_mut().clear_case(1));
    assert_eq!(done.events, [by(here, CaseCleared { issuer, case: 1 })]);
    assert!(done.cost.deposit < 0);
}

#[test]
fn a_dispute_that_nobody_rules_on_times_out_at_the_preset_share() {
    let rules = rules().config(|suite| suite.council.unruled_bps = 10_000);
    let (mut world, _, mut council, redemption) = final_under(rules);
    let registry = world.suite.registry;
    act(&mut world, "bakery", 0, council.call_mut().open_case(registry, 1, [0; 32], redemption));
    let until = FINAL + 3 * WEEK;
    let running = AllianceError::RulingRunning { until, now: FINAL };
    assert_eq!(refused(&mut world, "relayer", 0, council.call_mut().time_out(1)), running);
    let open = AllianceError::CaseOpen { case: 1 };
    assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().clear_case(1)), open);
    world.chain.set_time(until).unwrap();
    let late = AllianceError::RulingOver { until, now: until };
    assert_eq!(refused(&mut world, OPERATOR, 0, council.call_mut().rule(1, 0)), late);
    let late = AllianceError::ReplyWindowOver { until: FINAL + WEEK, now: until };
    assert_eq!(refused(&mut world, "cinema", 0, council.call_mut().reply(1, [0; 32])), late);
    assert_eq!(act(&mut world, "relayer", 0, council.call_mut().time_out(1)).result, 178);
    assert_eq!(positions(&world), (-2, 0));
}

#[test]
fn nothing_is_disputed_that_can_still_be_rolled_back() {
    let (mut world, mut alliance, mut council, redemption) = redeemed_once();
    let registry = world.suite.registry;
    world.chain.set_time(FINAL - 1).unwrap();
    let open = |council: &mut council::CouncilRef| {
        council.call_mut().open_case(registry, 1, [0; 32], redemption.clone())
    };
    let early = AllianceError::NotFinal { final_at: FINAL, now: FINAL - 1 };
    let message = open(&mut council);
    assert_eq!(refused(&mut world, "bakery", 0, message), early);
    let mut rolled_back = world.fixture().world();
    let message = alliance.call_mut().roll_back(registry, 0, (redemption.clone(), None));
    act(&mut rolled_back, "cinema", 0, message);
    rolled_back.chain.set_time(FINAL).unwrap();
    let message = open(&mut council);
    let none = AllianceError::NoSuchRedemption { acceptor: account("cinema"), number: 1 };
    assert_eq!(refused(&mut rolled_back, "bakery", 0, message), none);

    // Once it is disputed, the acceptor can neither roll it back nor have it forgotten and keep what it got.
    world.chain.set_time(FINAL + 30 * DAY - 1).unwrap();
    let message = open(&mut council);
    act(&mut world, "bakery", 0, message);
    let kept = Kept { basket: redemption.basket - 1, eligible: redemption.eligible };
    let message = alliance.call_mut().roll_back(registry, 0, (redemption.clone(), Some(kept)));
    let is_final = RegistryError::RedemptionFinal { final_at: FINAL, now: FINAL + 30 * DAY - 1 };
    assert_eq!(refused(&mut world, "cinema", 0, message), AllianceError::Registry(is_final.into()));
    world.chain.advance(DAY).unwrap();
    let message = world.desk().call_mut().forget(redemption);
    act(&mut world, "cinema", 0, message);
    act(&mut world, "cinema", 0, council.call_mut().reply(1, [0; 32]));
    let done = act(&mut world, OPERATOR, 0, council.call_mut().rule(1, 10_000));
    assert_eq!((done.result, positions(&world)), (178, (-2, 0)));
}

#[test]
fn a_ruling_is_posted_to_the_cycle_that_is_open_then() {
    let (mut world, _, mut council, redemption) = final_once();
    let registry = world.suite.registry;
    close(&mut world);
    act(&mut world, "bakery", DEBT, council.call_mut().pay_in(account("bakery"), DEBT));
    act(&mut world, "bakery", 0, council.call_mut().open_case(registry, 1, [0; 32], redemption));
    act(&mut world, "cinema", 0, council.call_mut().payout(account("cinema")));
    act(&mut world, "cinema", 0, council.call_mut().reply(1, [0; 32]));
    // What may have to be given back stays covered: 178, of which collateral covers half of its worth.
    let disputed = AllianceError::OverLimit { account: account("cinema"), exposure: 178, limit: 177 };
    let message = council.call_mut().withdraw_collateral(COLLATERAL - 355);
    assert_eq!(refused(&mut world, "cinema", 0, message), disputed);
    act(&mut world, "cinema", 0, council.call_mut().withdraw_collateral(COLLATERAL - 356));
    act(&mut world, OPERATOR, 0, council.call_mut().rule(1, 10_000));
    assert_eq!(positions(&world), (178, -178));
    assert_eq!(member(&world, "cinema").disputed, 0);
    close(&mut world);
    act(&mut world, "cinema", 178, council.call_mut().pay_in(account("cinema"), 178));
    assert_eq!(act(&mut world, "bakery", 0, council.call_mut().payout(account("bakery"))).result, 178);
}

#[test]
fn nobody_rules_on_a_dispute_of_its_own() {
    let resolver = account("bakery");
    let rules = rules().config(|suite| suite.council.resolver = account("bakery"));
    let (mut world, _, mut council, redemption) = final_under(rules);
    let registry = world.suite.registry;
    act(&mut world, "bakery", 0, council.call_mut().open_case(registry, 1, [0; 32], redemption));
    act(&mut world, "cinema", 0, council.call_mut().reply(1, [0; 32]));
    let own = AllianceError::ResolverIsParty { resolver };
    assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().rule(1, 10_000)), own);
    world.chain.advance(3 * WEEK).unwrap();
    assert_eq!(act(&mut world, "relayer", 0, council.call_mut().time_out(1)).result, 0);
}

#[test]
fn only_an_issuer_that_owes_for_it_disputes_a_redemption_of_the_alliances_and_in_time() {
    let (mut world, _, mut council, redemption) = final_once();
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
    let until = FINAL + 30 * DAY;
    world.chain.set_time(until).unwrap();
    let message = open(&mut council, registry, &redemption);
    let late = AllianceError::CaseWindowOver { until, now: until };
    assert_eq!(refused(&mut world, "bakery", 0, message), late);
}

#[test]
fn an_open_dispute_holds_both_parties() {
    let (mut world, mut alliance, mut council, redemption) = redeemed_once();
    let registry = world.suite.registry;
    // A second redemption, of which nothing is left, keeps positions even.
    let campaign = redemption.uses[0].coupon.campaign;
    let message = council.call_mut().open_case(registry, 1, [0; 32], redemption.clone());
    let early = AllianceError::NotFinal { final_at: FINAL, now: NOW };
    assert_eq!(refused(&mut world, "bakery", 0, message), early);
    let second = issue(&mut world, "bakery", campaign, "ann");
    let message = redeem(&world, &mut alliance, second, &cinemas(2));
    let undone = act(&mut world, "cinema", 0, message).result;
    act(&mut world, "cinema", 0, alliance.call_mut().roll_back(registry, 0, (undone, None)));
    for who in ["bakery", "cinema"] {
        act(&mut world, who, 0, council.call_mut().leave());
    }
    // Answerable for the tail, and as long as a redemption can be disputed.
    close(&mut world);
    act(&mut world, "bakery", DEBT, council.call_mut().pay_in(account("bakery"), DEBT));
    act(&mut world, "cinema", 0, council.call_mut().payout(account("cinema")));
    world.chain.set_time(FINAL + 30 * DAY - 1).unwrap();
    for who in ["bakery", "cinema"] {
        let liable = AllianceError::StillLiable { until: FINAL + 30 * DAY, now: FINAL + 30 * DAY - 1 };
        assert_eq!(refused(&mut world, who, 0, council.call_mut().exit()), liable);
    }
    act(&mut world, "bakery", 0, council.call_mut().open_case(registry, 1, [0; 32], redemption));
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
