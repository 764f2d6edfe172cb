//! A member that does not pay.

use super::*;

#[test]
fn after_the_cut_off_collateral_pays_what_is_due_and_the_debtor_has_defaulted() {
    let (mut world, _, mut alliance, coupon) = allied();
    let mut council = world.council();
    let next = issue(&mut world, "bakery", coupon.campaign, "ann");
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    act(&mut world, "cinema", 0, message);
    close(&mut world);
    let (bakery, ann) = (account("bakery"), account("ann"));
    act(&mut world, "bakery", 30, council.call_mut().pay_in(bakery, 30));
    let cut_off = NOW + WEEK + 2 * DAY;
    world.chain.set_time(cut_off - 1).unwrap();
    let early = AllianceError::BeforeCutOff { cut_off, now: cut_off - 1 };
    assert_eq!(refused(&mut world, "relayer", 0, council.call_mut().declare_default(bakery)), early);
    world.chain.set_time(cut_off).unwrap();
    let done = act(&mut world, "relayer", 0, council.call_mut().declare_default(bakery));
    let found = Waterfall { collateral: 150, ..Waterfall::default() };
    assert_eq!((done.result, done.moved), (found, vec![]));
    let defaulted = MemberDefaulted { member: bakery, found, at: cut_off };
    assert_eq!(done.events, [by(world.suite.council, defaulted)]);
    let debtor = member(&world, "bakery");
    assert_eq!((debtor.collateral, debtor.unpaid, debtor.since), (COLLATERAL - 150, 0, cut_off));
    assert_eq!(debtor.status, Status::Defaulted);
    let again = AllianceError::NothingDue { account: bakery };
    assert_eq!(refused(&mut world, "relayer", 0, council.call_mut().declare_default(bakery)), again);
    let not_member = AllianceError::NotMember { account: ann };
    assert_eq!(refused(&mut world, "relayer", 0, council.call_mut().declare_default(ann)), not_member);
    assert_eq!(refused(&mut world, "relayer", 0, council.call_mut().payout(ann)), not_member);
    let message = redeem(&world, &mut alliance, next, &cinemas(2));
    let not_active = AllianceError::NotActive { account: bakery };
    assert_eq!(refused(&mut world, "cinema", 0, message), not_active);
}

/// Bakery may owe five times its collateral, and has to pay in 1,000: 792 for the cinema, 198 for the grocer and 10 of fees, which the fund has.
fn uncovered() -> (World, AllianceRef) {
    let builder = World::builder().config(|suite| {
        suite.alliance.cap_factor_bps = 50_000;
        suite.alliance.joining.fund_share = 20;
        suite.alliance.max_cut_bps = 5_000;
    });
    let mut world = builder.build();
    let mut council = world.council();
    let (mut alliance, registry) = (alliance(&world), world.suite.registry);
    for (who, collateral) in [("bakery", 220), ("cinema", 0), ("grocer", 0)] {
        let done = act(&mut world, who, 20, council.call_mut().apply(registry, [1; 32], vec![]));
        assert_eq!(done.moved, [(who, -20), ("alliance", 20)]);
        let admission = admission(&world, who, 9_000);
        act(&mut world, OPERATOR, 0, council.call_mut().decide(admission));
        if collateral > 0 {
            act(&mut world, who, collateral, council.call_mut().deposit_collateral(collateral));
        }
    }
    let terms = backed(&world);
    let campaign = campaign(&mut world, "bakery", terms, 0);
    for (who, number) in [("cinema", 1), ("cinema", 2), ("cinema", 3), ("cinema", 4), ("grocer", 1)] {
        let coupon = issue(&mut world, "bakery", campaign, "ann");
        let order = Order { acceptor: account(who), ..cinemas(number) };
        let message = redeem(&world, &mut alliance, coupon, &order);
        act(&mut world, who, 0, message);
    }
    close(&mut world);
    (world, alliance)
}

// Feature: Default.
#[test]
fn a_default_takes_what_is_there_cuts_creditors_by_one_ratio_and_is_made_good() {
    let (mut world, _alliance) = uncovered();
    let mut council = world.council();
    let (bakery, cinema, grocer) = (account("bakery"), account("cinema"), account("grocer"));
    let here = world.suite.council;
    let cut_off = NOW + WEEK + 2 * DAY;
    world.chain.set_time(cut_off).unwrap();
    let endowed = act(&mut world, OWNER, 40, council.call_mut().endow(40));
    assert_eq!(endowed.events, [by(here, FundEndowed { payer: account(OWNER), amount: 40 })]);
    assert_eq!(endowed.moved, [(OWNER, -40), ("alliance", 40)]);
    // 1,000 are due. Of the 990 that creditors earned, half may be cut before the longstop.
    let found = Waterfall { credit: 0, collateral: 220, fund_share: 20, fund: 50, cut: 495, waiting: 215 };
    let done = act(&mut world, "relayer", 0, council.call_mut().declare_default(bakery));
    assert_eq!((done.result, done.moved), (found, vec![]));
    let longstop = cut_off + 14 * DAY;
    let waits = AllianceError::LongstopRunning { due: 215, longstop };
    assert_eq!(refused(&mut world, "relayer", 0, council.call_mut().declare_default(bakery)), waits);
    let unpaid = AllianceError::NothingToPay { account: cinema };
    assert_eq!(refused(&mut world, "cinema", 0, council.call_mut().payout(cinema)), unpaid);
    world.chain.set_time(longstop).unwrap();
    let done = act(&mut world, "relayer", 0, council.call_mut().declare_default(bakery));
    assert_eq!(done.result, Waterfall { cut: 215, ..Waterfall::default() });
    let owed = 50 + 710;
    assert_eq!(member(&world, "bakery").unpaid, owed);

    // 280 are left of 990: 792 and 198 make 224 and 56.
    act(&mut world, "relayer", 0, council.call_mut().close_cycle());
    let done = act(&mut world, "relayer", 0, council.call_mut().payout(cinema));
    assert_eq!((done.result, done.moved), (224, vec![("cinema", 224), ("alliance", -224)]));
    assert_eq!(done.events, [by(here, PayoutMade { member: cinema, amount: 224, made_good: 0 })]);
    act(&mut world, "relayer", 0, council.call_mut().payout(grocer));
    assert_eq!(look(&world, world.council().call().cycle()).fund, 0, "and nothing is left but two shares");

    let refusal = AllianceError::NotMadeGood { unpaid: owed };
    assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().leave()), refusal);
    act(&mut world, "bakery", 5, council.call_mut().deposit_collateral(5));
    assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().withdraw_collateral(5)), refusal);
    let over = AllianceError::OverDue { asked: owed + 1, due: owed };
    let message = council.call_mut().make_good(bakery, owed + 1);
    assert_eq!(refused(&mut world, "ann", owed + 1, message), over);
    let done = act(&mut world, "ann", owed, council.call_mut().make_good(bakery, owed));
    let made_good = MadeGood { member: bakery, payer: account("ann"), amount: owed };
    assert_eq!(done.events, [by(here, made_good)]);
    assert_eq!(look(&world, world.council().call().cycle()).fund, owed);
    act(&mut world, "bakery", 0, council.call_mut().leave());
    assert_eq!(refused(&mut world, OWNER, 0, council.call_mut().endow(0)), AllianceError::ZeroAmount);
}

#[test]
fn a_defaulter_comes_back_by_vote_once_it_has_made_good() {
    let (mut world, _) = uncovered();
    let mut council = world.council();
    let (bakery, cap) = (account("bakery"), 700);
    world.chain.set_time(NOW + WEEK + 2 * DAY + 14 * DAY).unwrap();
    act(&mut world, "relayer", 0, council.call_mut().declare_default(bakery));
    let unpaid = member(&world, "bakery").unpaid;
    let readmit = Motion::Readmit { account: bakery, cap };
    act(&mut world, "cinema", 0, council.call_mut().propose(readmit));
    let refusal = AllianceError::NotMadeGood { unpaid };
    assert_eq!(refused(&mut world, "grocer", 0, council.call_mut().vote(1)), refusal);
    act(&mut world, "bakery", unpaid, council.call_mut().make_good(bakery, unpaid));
    act(&mut world, "grocer", 0, council.call_mut().vote(1));
    let back = member(&world, "bakery");
    assert_eq!((back.status, back.since, back.cap), (Status::Active, world.chain.now(), cap));
    act(&mut world, "cinema", 0, council.call_mut().propose(readmit));
    let refusal = AllianceError::NotDefaulted { account: bakery };
    assert_eq!(refused(&mut world, "grocer", 0, council.call_mut().vote(2)), refusal);
}

/// What the alliance can pay, the deposit that keeps it alive apart.
fn held(world: &World) -> Balance {
    world.balance(world.suite.alliance, Asset::Native) - world.chain.existential_deposit()
}

/// The bakery has defaulted, the fund had 10 of fees and this much more, and the longstop is over: the cinema and the grocer, who earned 792 and 198, share what is left.
fn cut(endowed: Balance) -> World {
    let (mut world, _) = uncovered();
    let mut council = world.council();
    act(&mut world, OWNER, endowed, council.call_mut().endow(endowed));
    world.chain.set_time(NOW + WEEK + 2 * DAY + 14 * DAY).unwrap();
    let done = act(&mut world, "relayer", 0, council.call_mut().declare_default(account("bakery")));
    let (fund, cut) = (10 + endowed, 750 - endowed);
    let found = Waterfall { credit: 0, collateral: 220, fund_share: 20, fund, cut, waiting: 0 };
    assert_eq!(done.result, found);
    world
}

#[test]
fn the_last_creditor_of_a_cut_cycle_leaves_the_dust_to_the_fund_whoever_that_is() {
    // 283 are left of 990: 226.4 and 56.6.
    for (endowed, cinemas, grocers, dust) in
        [(40, 224, 56, 0), (41, 224, 56, 1), (43, 226, 56, 1), (44, 227, 56, 1), (45, 228, 57, 0)]
    {
        for order in [[("cinema", cinemas), ("grocer", grocers)], [("grocer", grocers), ("cinema", cinemas)]]
        {
            let mut world = cut(endowed);
            let mut council = world.council();
            for (place, (who, share)) in order.into_iter().enumerate() {
                let done = act(&mut world, "relayer", 0, council.call_mut().payout(account(who)));
                assert_eq!(done.moved, [(who, share), ("alliance", -share)]);
                let told = PayoutMade { member: account(who), amount: done.result, made_good: 0 };
                assert_eq!(done.events, [by(world.suite.council, told)]);
                let left = if place == 0 { 0 } else { dust };
                assert_eq!(look(&world, council.call().cycle()).fund, left, "{endowed} {who}");
                let nothing = AllianceError::NothingToPay { account: account(who) };
                let again = council.call_mut().payout(account(who));
                assert_eq!(refused(&mut world, "relayer", 0, again), nothing);
            }
            assert_eq!(held(&world), 20 + 20 + dust, "two shares in the fund, and the dust");
        }
    }
}

#[test]
fn a_creditor_of_a_cut_cycle_has_the_same_share_many_cycles_later() {
    let mut world = cut(43);
    let (mut council, grocer) = (world.council(), account("grocer"));
    act(&mut world, "relayer", 0, council.call_mut().payout(account("cinema")));
    for _ in 0..6 {
        close(&mut world);
    }
    let waits = member(&world, "grocer");
    assert_eq!((waits.credit, waits.open, waits.due), (56, Sheet::default(), Sheet::default()));
    assert_eq!((look(&world, council.call().cycle()).fund, held(&world)), (0, 20 + 20 + 57));
    let done = act(&mut world, "relayer", 0, council.call_mut().payout(grocer));
    assert_eq!((done.result, done.moved), (56, vec![("grocer", 56), ("alliance", -56)]));
    let paid = PayoutMade { member: grocer, amount: 56, made_good: 0 };
    assert_eq!(done.events, [by(world.suite.council, paid)]);
    assert_eq!((look(&world, council.call().cycle()).fund, held(&world)), (1, 20 + 20 + 1));
    let nothing = AllianceError::NothingToPay { account: grocer };
    assert_eq!(refused(&mut world, "relayer", 0, council.call_mut().payout(grocer)), nothing);
}

/// The bakery owes 400 with a collateral of 100, the cinema 200 with one of 60; the grocer is to have 594, and the fund 6 of fees.
pub(super) fn two_debtors() -> World {
    let builder = World::builder().config(|suite| {
        suite.alliance.cap_factor_bps = 50_000;
        suite.alliance.joining.fund_share = 20;
        suite.alliance.max_cut_bps = 5_000;
    });
    let mut world = builder.build();
    let (mut council, mut alliance, registry) = (world.council(), alliance(&world), world.suite.registry);
    for who in ["bakery", "cinema", "grocer"] {
        act(&mut world, who, 20, council.call_mut().apply(registry, [1; 32], vec![]));
        let admission = admission(&world, who, Balance::MAX);
        act(&mut world, OPERATOR, 0, council.call_mut().decide(admission));
    }
    let terms = backed(&world);
    let mut number = 0;
    for (who, collateral, orders) in [("bakery", 100, 2), ("cinema", 60, 1)] {
        act(&mut world, who, collateral, council.call_mut().deposit_collateral(collateral));
        let campaign = campaign(&mut world, who, terms.clone(), 0);
        for coupon in issue_many(&mut world, who, campaign, "ann", orders) {
            number += 1;
            let order = Order { acceptor: account("grocer"), ..cinemas(number) };
            let message = redeem(&world, &mut alliance, coupon, &order);
            act(&mut world, "grocer", 0, message);
        }
    }
    world
}

#[test]
fn two_members_that_default_in_one_cycle_come_to_the_same_sums_in_either_order() {
    let mut start = two_debtors();
    close(&mut start);
    let start = start.fixture();
    let cut_off = NOW + WEEK + 2 * DAY;
    let found = |collateral, fund, cut, waiting| Waterfall {
        credit: 0,
        collateral,
        fund_share: 20,
        fund,
        cut,
        waiting,
    };
    // Half of 594 may be cut before the longstop: who comes second waits for 97.
    let orders = [
        [("bakery", found(100, 6, 274, 0)), ("cinema", found(60, 0, 23, 97))],
        [("cinema", found(60, 6, 114, 0)), ("bakery", found(100, 0, 183, 97))],
    ];
    for order in orders {
        let mut world = start.world();
        let (mut council, grocer) = (world.council(), account("grocer"));
        world.chain.set_time(cut_off).unwrap();
        for (who, expected) in order {
            let done = act(&mut world, "relayer", 0, council.call_mut().declare_default(account(who)));
            assert_eq!((done.result, done.moved), (expected, vec![]), "{who}");
        }
        let unpaid = AllianceError::NothingToPay { account: grocer };
        assert_eq!(refused(&mut world, "grocer", 0, council.call_mut().payout(grocer)), unpaid);
        world.chain.set_time(cut_off + 14 * DAY).unwrap();
        let [(first, _), (second, _)] = order;
        let nothing = AllianceError::NothingDue { account: account(first) };
        let message = council.call_mut().declare_default(account(first));
        assert_eq!(refused(&mut world, "relayer", 0, message), nothing);
        let done = act(&mut world, "relayer", 0, council.call_mut().declare_default(account(second)));
        assert_eq!(done.result, Waterfall { cut: 97, ..Waterfall::default() });

        let unpaid = ["bakery", "cinema"].map(|who| member(&world, who).unpaid);
        assert_eq!((unpaid, held(&world)), ([280, 120], 100 + 60 + 3 * 20));
        let done = act(&mut world, "relayer", 0, council.call_mut().payout(grocer));
        assert_eq!((done.result, done.moved), (200, vec![("grocer", 200), ("alliance", -200)]));
        assert_eq!((look(&world, council.call().cycle()).fund, held(&world)), (0, 20));
        for (who, amount) in [("bakery", 280), ("cinema", 120)] {
            act(&mut world, who, amount, council.call_mut().make_good(account(who), amount));
            let defaulter = member(&world, who);
            assert_eq!((defaulter.unpaid, defaulter.collateral, defaulter.fund_share), (0, 0, 0));
        }
        assert_eq!((look(&world, council.call().cycle()).fund, held(&world)), (400, 20 + 400));
    }
}
