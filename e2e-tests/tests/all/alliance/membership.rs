//! Joining, collateral and leaving.

use super::*;

#[test]
fn a_merchant_applies_is_admitted_and_puts_up_collateral() {
    let (mut world, _, _alliance) = founded();
    let mut council = world.council();
    let (here, registry, bakery) = (world.suite.council, world.suite.registry, account("bakery"));
    let profile = [1; 32];
    let uri = b"https://bakery.example/profile.json".to_vec();
    let done =
        act(&mut world, "bakery", JOINING_FEE, council.call_mut().apply(registry, profile, uri.clone()));
    let applied = MemberApplied {
        member: bakery,
        registry,
        profile,
        uri,
        waived: false,
        fee: JOINING_FEE,
        fund_share: 0,
        at: NOW,
    };
    assert_eq!(done.events, [by(here, applied)]);
    assert_eq!(done.moved, [("bakery", -1_000), ("alliance", 1_000)]);
    assert!(done.cost.deposit > 0);
    assert_eq!(look(&world, world.council().call().cycle()).fund, JOINING_FEE);

    world.chain.advance(HOUR).unwrap();
    let (cap, at) = (2_000, NOW + HOUR);
    let motion = Motion::Admit { account: bakery, registry, profile, cap };
    let done = act(&mut world, OPERATOR, 0, council.call_mut().decide(motion));
    let carried = MotionCarried { member: bakery, motion, proposal: None, at };
    assert_eq!(done.events, [by(here, carried)]);
    assert_eq!((done.moved, done.cost.deposit), (vec![], 0));

    let done = act(&mut world, "bakery", 300, council.call_mut().deposit_collateral(300));
    assert_eq!(done.events, [by(here, CollateralDeposited { member: bakery, amount: 300 })]);
    assert_eq!(done.moved, [("bakery", -300), ("alliance", 300)]);
    let expected = Member {
        registry,
        profile,
        applied_at: NOW,
        status: Status::Active,
        since: at,
        collateral: 300,
        cap,
        fund_share: 0,
        unpaid: 0,
        cases: 0,
        disputed: 0,
        rates: 0,
        liable_until: 0,
        cycle: 1,
        open: Sheet::default(),
        due: Sheet::default(),
        credit: 0,
    };
    assert_eq!(member(&world, "bakery"), expected);
    assert_eq!(look(&world, world.council().call().headroom(bakery)), 150, "half of the collateral");
    assert_eq!(look(&world, world.council().call().exposure(bakery)), 0);
    assert_eq!(look(&world, world.council().call().member(account("ann"))), None);
    assert_eq!(look(&world, world.council().call().headroom(account("ann"))), 0);
}

#[test]
fn an_application_names_a_known_registry_comes_once_and_pays_the_fee() {
    let (mut world, _, _alliance) = founded();
    let mut council = world.council();
    let registry = world.suite.registry;
    for registry in [account("ann"), world.suite.market, world.token, look_alike(&mut world)] {
        let message = council.call_mut().apply(registry, [1; 32], vec![]);
        let unknown = AllianceError::UnknownRegistry { registry };
        assert_eq!(refused(&mut world, "bakery", JOINING_FEE, message), unknown);
    }
    for paid in [0, 999, 1_001] {
        let wrong = AllianceError::Payment(PaymentFault::WrongValue { expected: 1_000, paid });
        let message = council.call_mut().apply(registry, [1; 32], vec![]);
        assert_eq!(refused(&mut world, "bakery", paid, message), wrong);
    }
    act(&mut world, "bakery", JOINING_FEE, council.call_mut().apply(registry, [1; 32], vec![]));
    let again = council.call_mut().apply(registry, [2; 32], vec![]);
    let already = AllianceError::AlreadyMember { account: account("bakery") };
    assert_eq!(refused(&mut world, "bakery", JOINING_FEE, again), already);
}

#[test]
fn only_the_operator_admits_an_applicant_once() {
    let (mut world, _, _alliance) = founded();
    let mut council = world.council();
    let (bakery, operator) = (account("bakery"), account(OPERATOR));
    let motion = admission(&world, "bakery", 1);
    let admit = |council: &mut council::CouncilRef| council.call_mut().decide(motion);
    let not_member = AllianceError::NotMember { account: bakery };
    assert_eq!(refused(&mut world, OPERATOR, 0, admit(&mut council)), not_member);
    let registry = world.suite.registry;
    act(&mut world, "bakery", JOINING_FEE, council.call_mut().apply(registry, [1; 32], vec![]));
    for who in ["bakery", OWNER, "ann"] {
        let not_operator = AllianceError::NotOperator { operator, caller: account(who) };
        assert_eq!(refused(&mut world, who, 0, admit(&mut council)), not_operator);
    }
    act(&mut world, OPERATOR, 0, admit(&mut council));
    let again = AllianceError::AlreadyAdmitted { account: bakery };
    assert_eq!(refused(&mut world, OPERATOR, 0, admit(&mut council)), again);
}

#[test]
fn collateral_is_put_up_exactly_and_by_members() {
    let (mut world, _, _alliance) = founded();
    let mut council = world.council();
    join(&mut world, "bakery", 1);
    let wrong = AllianceError::Payment(PaymentFault::WrongValue { expected: 10, paid: 9 });
    let not_member = AllianceError::NotMember { account: account("ann") };
    let cases = [
        ("bakery", 0, 0, AllianceError::ZeroAmount),
        ("bakery", 10, 9, wrong),
        ("bakery", Balance::MAX, 0, AllianceError::Overflow),
        ("ann", 10, 10, not_member),
    ];
    for (who, amount, paid, expected) in cases {
        assert_eq!(refused(&mut world, who, paid, council.call_mut().deposit_collateral(amount)), expected);
    }
}

#[test]
fn collateral_that_covers_a_debt_stays() {
    let (mut world, _, mut alliance, coupon) = allied();
    let mut council = world.council();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    act(&mut world, "cinema", 0, message);
    let bakery = account("bakery");
    let spare = COLLATERAL - 2 * DEBT;
    let short = AllianceError::CollateralShort { asked: COLLATERAL + 1, collateral: COLLATERAL };
    let over = AllianceError::OverLimit { account: bakery, exposure: DEBT, limit: DEBT - 1 };
    let not_member = AllianceError::NotMember { account: account("ann") };
    let cases = [
        ("bakery", 0, AllianceError::ZeroAmount),
        ("bakery", COLLATERAL + 1, short),
        ("bakery", spare + 1, over),
        ("ann", 1, not_member),
    ];
    for (who, amount, expected) in cases {
        let message = council.call_mut().withdraw_collateral(amount);
        assert_eq!(refused(&mut world, who, 0, message), expected);
    }
    let done = act(&mut world, "bakery", 0, council.call_mut().withdraw_collateral(spare));
    assert_eq!(done.moved, [("bakery", 4_640), ("alliance", -4_640)]);
    let withdrawn = CollateralWithdrawn { member: bakery, amount: spare };
    assert_eq!(done.events, [by(world.suite.council, withdrawn)]);
}

#[test]
fn whoever_is_booked_stays_as_long_as_it_can_be_rolled_back_or_disputed() {
    let (mut world, _, mut alliance, coupon) = allied();
    let mut council = world.council();
    let bakery = account("bakery");
    let not_leaving = AllianceError::NotLeaving { account: bakery };
    assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().exit()), not_leaving);
    let done = act(&mut world, "bakery", 0, council.call_mut().leave());
    assert_eq!(done.events, [by(world.suite.council, MemberLeaving { member: bakery, at: NOW })]);
    let again = AllianceError::AlreadyLeaving { account: bakery };
    assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().leave()), again);

    // Its coupons are honoured until just before the tail ends; and that one can be rolled back for another 60 days.
    let tail = 90 * DAY;
    let late = NOW + tail - 1;
    world.chain.set_time(late).unwrap();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let redemption = act(&mut world, "cinema", 0, message).result;
    let until = late + 60 * DAY;
    assert_eq!(redemption.final_at, until);
    close(&mut world);
    act(&mut world, "bakery", DEBT, council.call_mut().pay_in(bakery, DEBT));
    let now = world.chain.now();
    let disputable = until + 30 * DAY;
    let liable = AllianceError::StillLiable { until: disputable, now };
    assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().exit()), liable);
    world.chain.set_time(until - 1).unwrap();
    let here = world.suite.registry;
    let undone = world.fixture();
    act(&mut undone.world(), "cinema", 0, alliance.call_mut().roll_back(here, 0, (redemption, None)));
    world.chain.set_time(disputable).unwrap();
    let done = act(&mut world, "bakery", 0, council.call_mut().exit());
    assert_eq!(done.moved, [("bakery", 5_000), ("alliance", -5_000)]);
}

#[test]
fn a_member_that_leaves_accepts_no_more_and_is_accepted_for_the_tail() {
    let (mut world, _, mut alliance, coupon) = allied();
    let mut council = world.council();
    for who in ["bakery", "cinema"] {
        act(&mut world, who, 0, council.call_mut().leave());
    }
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let cinema = AllianceError::NotActive { account: account("cinema") };
    assert_eq!(refused(&mut world, "cinema", 0, message), cinema);
    join(&mut world, "grocer", Balance::MAX);
    world.chain.advance(90 * DAY).unwrap();
    let order = Order { acceptor: account("grocer"), ..cinemas(1) };
    let message = redeem(&world, &mut alliance, coupon, &order);
    let bakery = AllianceError::NotActive { account: account("bakery") };
    assert_eq!(refused(&mut world, "grocer", 0, message), bakery);
}

// Feature: Member exit.
#[test]
fn nobody_leaves_owing_or_owed() {
    let (mut world, _, mut alliance, coupon) = allied();
    let mut council = world.council();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    act(&mut world, "cinema", 0, message);
    let open = |open, due| AllianceError::PositionOpen { open, due, credit: 0 };
    for (who, position) in [("bakery", -180), ("cinema", 178)] {
        assert_eq!(refused(&mut world, who, 0, council.call_mut().exit()), open(position, 0));
    }
    close(&mut world);
    for (who, position) in [("bakery", -180), ("cinema", 178)] {
        assert_eq!(refused(&mut world, who, 0, council.call_mut().exit()), open(0, position));
    }
    act(&mut world, "bakery", DEBT, council.call_mut().pay_in(account("bakery"), DEBT));
    close(&mut world);
    let credit = AllianceError::PositionOpen { open: 0, due: 0, credit: 178 };
    assert_eq!(refused(&mut world, "cinema", 0, council.call_mut().exit()), credit);
    let not_member = AllianceError::NotMember { account: account("ann") };
    assert_eq!(refused(&mut world, "ann", 0, council.call_mut().exit()), not_member);
}

#[test]
fn an_applicant_may_withdraw_its_application() {
    let (mut world, _, _alliance) = founded();
    let mut council = world.council();
    let registry = world.suite.registry;
    act(&mut world, "bakery", JOINING_FEE, council.call_mut().apply(registry, [1; 32], vec![]));
    let done = act(&mut world, "bakery", 0, council.call_mut().exit());
    assert_eq!(done.moved, [], "the joining fee stays");
    act(&mut world, "bakery", JOINING_FEE, council.call_mut().apply(registry, [1; 32], vec![]));
}

#[test]
fn the_first_join_for_nothing_and_then_the_early_for_less() {
    let early_until = NOW + DAY;
    let builder = World::builder().config(|suite| {
        let joining = &mut suite.alliance.joining;
        (joining.fee, joining.free_first, joining.early_fee, joining.early_until) =
            (900, 1, 400, early_until);
        joining.fund_share = 50;
    });
    let mut world = builder.build();
    let (mut council, registry) = (world.council(), world.suite.registry);
    let mut expected = 0;
    for (who, at, fee) in [("bakery", NOW, 0), ("cinema", early_until - 1, 400), ("grocer", early_until, 900)]
    {
        world.chain.set_time(at).unwrap();
        let wrong = PaymentFault::WrongValue { expected: fee + 50, paid: fee + 49 };
        let message = council.call_mut().apply(registry, [1; 32], vec![]);
        assert_eq!(refused(&mut world, who, fee + 49, message), AllianceError::Payment(wrong));
        let message = council.call_mut().apply(registry, [1; 32], vec![]);
        act(&mut world, who, fee + 50, message);
        expected += fee;
        assert_eq!(look(&world, council.call().cycle()).fund, expected);
        assert_eq!(member(&world, who).fund_share, 50);
    }
}

#[test]
fn the_operator_waives_a_joining_fee_once_for_one_account() {
    let (mut world, _, _) = founded();
    let mut council = world.council();
    let (here, registry, bakery) = (world.suite.council, world.suite.registry, account("bakery"));
    for who in ["bakery", OWNER] {
        let not_operator = AllianceError::NotOperator { operator: account(OPERATOR), caller: account(who) };
        assert_eq!(refused(&mut world, who, 0, council.call_mut().waive_fee(bakery, true)), not_operator);
    }
    let nothing = council.call_mut().waive_fee(bakery, false);
    assert_eq!(refused(&mut world, OPERATOR, 0, nothing), AllianceError::NoChange);
    let done = act(&mut world, OPERATOR, 0, council.call_mut().waive_fee(bakery, true));
    assert_eq!(done.events, [by(here, FeeWaived { account: bakery, waived: true })]);
    let again = council.call_mut().waive_fee(bakery, true);
    assert_eq!(refused(&mut world, OPERATOR, 0, again), AllianceError::NoChange);
    assert!(read(&world, council.call().is_fee_waived(bakery)));
    let taken_back = world.fixture().world();
    {
        let mut world = taken_back;
        act(&mut world, OPERATOR, 0, council.call_mut().waive_fee(bakery, false));
        let wrong = PaymentFault::WrongValue { expected: JOINING_FEE, paid: 0 };
        let message = council.call_mut().apply(registry, [1; 32], vec![]);
        assert_eq!(refused(&mut world, "bakery", 0, message), AllianceError::Payment(wrong));
    }
    let message = council.call_mut().apply(registry, [1; 32], vec![]);
    let done = act(&mut world, "bakery", 0, message);
    let applied = MemberApplied {
        member: bakery,
        registry,
        profile: [1; 32],
        uri: vec![],
        waived: true,
        fee: 0,
        fund_share: 0,
        at: NOW,
    };
    assert_eq!((done.events, done.moved), (vec![by(here, applied)], vec![]));
    assert!(!read(&world, council.call().is_fee_waived(bakery)), "it is used up");
    act(&mut world, "bakery", 0, council.call_mut().exit());
    let wrong = PaymentFault::WrongValue { expected: JOINING_FEE, paid: 0 };
    let message = council.call_mut().apply(registry, [1; 32], vec![]);
    assert_eq!(refused(&mut world, "bakery", 0, message), AllianceError::Payment(wrong));
}

#[test]
fn a_profiles_uri_has_an_end() {
    let (mut world, _, _) = founded();
    let mut council = world.council();
    let registry = world.suite.registry;
    let message = council.call_mut().apply(registry, [1; 32], vec![b'a'; 257]);
    let long = AllianceError::UriTooLong { length: 257, most: 256 };
    assert_eq!(refused(&mut world, "bakery", JOINING_FEE, message), long);
    let message = council.call_mut().apply(registry, [1; 32], vec![b'a'; 256]);
    act(&mut world, "bakery", JOINING_FEE, message);
}
