//! Closing a cycle, paying in and being paid.

use super::*;

// Feature: Pay-in / pull payout.
#[test]
fn a_cycle_is_closed_by_anyone_paid_in_paid_out_and_left_even() {
    let (mut world, _, mut alliance, coupon) = allied();
    let mut council = world.council();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    act(&mut world, "cinema", 0, message);
    let (here, bakery, cinema) = (world.suite.council, account("bakery"), account("cinema"));

    let ends_at = NOW + WEEK;
    world.chain.set_time(ends_at - 1).unwrap();
    let running = AllianceError::CycleRunning { ends_at, now: ends_at - 1 };
    assert_eq!(refused(&mut world, "relayer", 0, council.call_mut().close_cycle()), running);
    world.chain.set_time(ends_at).unwrap();
    let done = act(&mut world, "relayer", 0, council.call_mut().close_cycle());
    assert_eq!(done.result, BOUNTY);
    assert_eq!(done.moved, [("relayer", 30), ("alliance", -30)]);
    let closed = CycleClosed {
        closer: account("relayer"),
        number: 1,
        debits: DEBT,
        fees: FEE,
        refunds: 0,
        bounty: BOUNTY,
        at: ends_at,
        cut_off: ends_at + 2 * DAY,
    };
    assert_eq!(done.events, [by(here, closed)]);

    let unsettled = AllianceError::CycleUnsettled { cycle: 1, owed: DEBT };
    world.chain.advance(WEEK).unwrap();
    assert_eq!(refused(&mut world, "relayer", 0, council.call_mut().close_cycle()), unsettled);
    let unpaid = AllianceError::NothingToPay { account: cinema };
    assert_eq!(refused(&mut world, "cinema", 0, council.call_mut().payout(cinema)), unpaid);

    let done = act(&mut world, "bakery", 100, council.call_mut().pay_in(bakery, 100));
    assert_eq!(done.moved, [("bakery", -100), ("alliance", 100)]);
    let received = PayInReceived { member: bakery, payer: bakery, amount: 100 };
    assert_eq!(done.events, [by(here, received)]);
    let done = act(&mut world, "ann", 80, council.call_mut().pay_in(bakery, 80));
    let received = PayInReceived { member: bakery, payer: account("ann"), amount: 80 };
    assert_eq!(done.events, [by(here, received)]);

    let done = act(&mut world, "relayer", 0, council.call_mut().payout(cinema));
    assert_eq!(done.result, DEBT - FEE);
    assert_eq!(done.moved, [("cinema", 178), ("alliance", -178)]);
    assert_eq!(done.events, [by(here, PayoutMade { member: cinema, amount: 178, made_good: 0 })]);

    for who in ["bakery", "cinema"] {
        act(&mut world, who, 0, council.call_mut().leave());
    }
    world.chain.advance(90 * DAY).unwrap();
    for who in ["bakery", "cinema"] {
        let done = act(&mut world, who, 0, council.call_mut().exit());
        assert_eq!(done.moved, [(who, 5_000), ("alliance", -5_000)]);
        assert!(done.cost.deposit < 0, "the record's deposit comes back");
        let exited = MemberExited { member: account(who), amount: COLLATERAL };
        assert_eq!(done.events, [by(here, exited)]);
    }
    let fund = look(&world, world.council().call().cycle()).fund;
    assert_eq!(fund, 2 * JOINING_FEE + FEE - BOUNTY);
}

#[test]
fn nobody_pays_in_more_than_is_due_or_for_a_stranger() {
    let (mut world, _, mut alliance, coupon) = allied();
    let mut council = world.council();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    act(&mut world, "cinema", 0, message);
    let (bakery, cinema, ann) = (account("bakery"), account("cinema"), account("ann"));
    let early = AllianceError::OverDue { asked: 1, due: 0 };
    assert_eq!(refused(&mut world, "bakery", 1, council.call_mut().pay_in(bakery, 1)), early);
    close(&mut world);
    let wrong = AllianceError::Payment(PaymentFault::WrongValue { expected: 10, paid: 11 });
    let cases = [
        (bakery, 0, 0, AllianceError::ZeroAmount),
        (bakery, 181, 181, AllianceError::OverDue { asked: 181, due: 180 }),
        (bakery, 10, 11, wrong),
        (cinema, 1, 1, AllianceError::OverDue { asked: 1, due: 0 }),
        (ann, 1, 1, AllianceError::NotMember { account: ann }),
    ];
    for (member, amount, paid, expected) in cases {
        let message = council.call_mut().pay_in(member, amount);
        assert_eq!(refused(&mut world, "relayer", paid, message), expected);
    }
}
