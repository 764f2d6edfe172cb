//! Standing, limits and the rolling of sheets.
use super::*;
use crate::alliance::testing::{account, config, member};

fn sheet(earned: i128) -> Sheet {
    Sheet { earned, ..Sheet::default() }
}

fn owes(billed: i128) -> Sheet {
    Sheet { billed, ..Sheet::default() }
}

fn positions(cycle: u32, open: i128, due: i128, credit: Balance) -> Member {
    let of = |position: i128| if position < 0 { owes(position) } else { sheet(position) };
    Member { cycle, open: of(open), due: of(due), credit, ..member(0, 0) }
}

fn all(_: u32, earned: Balance) -> Outcome<Balance> {
    Ok(earned)
}

fn rolled(mut member: Member, cycle: u32) -> (i128, i128, Balance) {
    member.roll(cycle, &mut all).unwrap();
    assert_eq!(member.cycle, cycle);
    (member.open.position(), member.due.position(), member.credit)
}

#[test]
fn positions_roll_once_a_cycle_and_any_number_of_cycles_at_once() {
    let creditor = positions(5, 30, 20, 10);
    assert_eq!(rolled(creditor.clone(), 5), (30, 20, 10));
    assert_eq!(rolled(creditor.clone(), 6), (0, 30, 30));
    assert_eq!(rolled(creditor.clone(), 7), (0, 0, 60));
    assert_eq!(rolled(creditor.clone(), 1_000), (0, 0, 60));
    assert_eq!(rolled(creditor, u32::MAX), (0, 0, 60));
    assert_eq!(rolled(positions(5, 0, 0, 9), 7), (0, 0, 9));
}

#[test]
fn rolling_cycle_by_cycle_and_at_once_come_to_the_same() {
    let mut step_by_step = positions(5, 30, 20, 10);
    for cycle in 6..12 {
        step_by_step.roll(cycle, &mut all).unwrap();
    }
    let mut at_once = positions(5, 30, 20, 10);
    at_once.roll(11, &mut all).unwrap();
    assert_eq!(step_by_step, at_once);
}

#[test]
fn each_cycle_is_asked_what_its_creditors_get_by_its_own_number() {
    let mut asked = Vec::new();
    let mut creditor = positions(5, 30, 20, 10);
    let mut half = |cycle, earned: Balance| {
        asked.push((cycle, earned));
        Ok(earned.div_euclid(2))
    };
    creditor.roll(9, &mut half).unwrap();
    assert_eq!(creditor.credit, 35);
    assert_eq!(asked, [(4, 20), (5, 30)]);
}

#[test]
fn a_debt_of_the_open_cycle_becomes_due() {
    assert_eq!(rolled(positions(5, -30, 0, 10), 6), (0, -30, 10));
}

#[test]
fn credit_never_wraps() {
    let mut rich = positions(5, 1, 1, Balance::MAX);
    assert_eq!(rich.roll(6, &mut all), Err(AllianceError::Overflow));
}

#[test]
fn exposure_counts_debts_and_never_nets_them_against_earnings() {
    assert_eq!(positions(5, -30, -20, 0).exposure(), 50);
    assert_eq!(positions(5, 30, -20, 99).exposure(), 20);
    assert_eq!(positions(5, -30, 20, 99).exposure(), 30);
    assert_eq!(positions(5, i128::MIN, i128::MIN, 0).exposure(), Balance::MAX);
}

#[test]
fn the_limit_is_the_lower_of_cap_and_collateral_times_the_factor_rounded_down() {
    assert_eq!(member(100, 999).limit(&config()), 100);
    assert_eq!(member(10_000, 999).limit(&config()), 799);
    let generous = Config { cap_factor_bps: 50_000, ..config() };
    assert_eq!(member(10_000, 999).limit(&generous), 4_995);
    assert_eq!(member(Balance::MAX, Balance::MAX).limit(&generous), Balance::MAX);
}

#[test]
fn withdrawing_stops_where_exposure_would_be_uncovered() {
    let mut member = Member { open: owes(-400), due: owes(-400), ..member(10_000, 1_002) };
    let refused = member.clone().withdraw(account(1), 3, &config());
    let expected = AllianceError::OverLimit { account: account(1), exposure: 800, limit: 799 };
    assert_eq!(refused, Err(expected));
    assert_eq!(member.withdraw(account(1), 2, &config()), Ok(()));
    assert_eq!(member.collateral, 1_000);
    // What it may have to give back counts too.
    let mut disputed = Member { disputed: 400, due: Sheet::default(), ..member };
    let expected = AllianceError::OverLimit { account: account(1), exposure: 800, limit: 799 };
    assert_eq!(disputed.clone().withdraw(account(1), 1, &config()), Err(expected));
    disputed.disputed = 399;
    assert_eq!(disputed.withdraw(account(1), 1, &config()), Ok(()));
}

#[test]
fn withdrawing_refuses_in_order() {
    let mut member = Member { open: owes(-1), unpaid: 7, ..member(10, 10) };
    let withdraw = |member: &Member, amount| member.clone().withdraw(account(1), amount, &config());
    assert_eq!(withdraw(&member, 0), Err(AllianceError::ZeroAmount));
    assert_eq!(withdraw(&member, 11), Err(AllianceError::NotMadeGood { unpaid: 7 }));
    member.unpaid = 0;
    let short = AllianceError::CollateralShort { asked: 11, collateral: 10 };
    assert_eq!(withdraw(&member, 11), Err(short));
    assert_eq!(member.deposit(0), Err(AllianceError::ZeroAmount));
    assert_eq!(member.deposit(Balance::MAX), Err(AllianceError::Overflow));
}

#[test]
fn a_member_is_admitted_once() {
    let mut member = Member::applicant(account(8), [0; 32], 0, 1, 10);
    let waiting = AllianceError::NotActive { account: account(1) };
    assert_eq!(member.ensure_active(account(1)), Err(waiting));
    assert_eq!(member.admit(account(1), 500, 20), Ok(()));
    assert_eq!((member.cap, member.since), (500, 20));
    assert_eq!(member.ensure_active(account(1)), Ok(()));
    let again = AllianceError::AlreadyAdmitted { account: account(1) };
    assert_eq!(member.admit(account(1), 900, 30), Err(again));
    assert_eq!(member.cap, 500);
}

#[test]
fn coupons_of_a_member_that_leaves_are_honoured_for_the_tail() {
    let mut member = member(1, 1);
    member.leave(account(1), 50).unwrap();
    let not_active = || Err(AllianceError::NotActive { account: account(1) });
    assert_eq!(member.ensure_active(account(1)), not_active());
    assert_eq!(member.ensure_honoured(account(1), &config(), 249), Ok(()));
    assert_eq!(member.ensure_honoured(account(1), &config(), 250), not_active());
    for status in [Status::Applied, Status::Suspended, Status::Defaulted] {
        let member = Member { status, ..member.clone() };
        assert_eq!(member.ensure_honoured(account(1), &config(), 50), not_active());
    }
}

#[test]
fn leaving_is_said_once_and_not_by_who_has_something_to_make_good() {
    let leave = |member: &Member| member.clone().leave(account(1), 9);
    let who = account(1);
    let mut member = member(1, 1);
    for status in [Status::Active, Status::Suspended, Status::Defaulted] {
        member.status = status;
        assert_eq!(leave(&member), Ok(()));
        let mut left = member.clone();
        left.leave(who, 9).unwrap();
        assert_eq!(left.cap, u128::from(status == Status::Active), "who wasn't accepted owes no more");
    }
    member.unpaid = 1;
    assert_eq!(leave(&member), Err(AllianceError::NotMadeGood { unpaid: 1 }));
    member.status = Status::Leaving;
    assert_eq!(leave(&member), Err(AllianceError::AlreadyLeaving { account: who }));
    member.status = Status::Applied;
    assert_eq!(leave(&member), Err(AllianceError::NotActive { account: who }));
}

#[test]
fn only_an_even_member_may_go() {
    let settled = |member: &Member, now| member.settled(account(1), &config(), 7, now);
    for (open, due, credit) in [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1)] {
        let member = positions(5, open, due, credit);
        assert_eq!(settled(&member, 0), Err(AllianceError::PositionOpen { open, due, credit }));
    }
    let mut even = Member { fund_share: 3, collateral: 40, cases: 2, ..member(9, 0) };
    assert_eq!(settled(&even, 0), Err(AllianceError::CasesOpen { cases: 2 }));
    even.cases = 0;
    assert_eq!(settled(&even, 0), Err(AllianceError::NotLeaving { account: account(1) }));
    even.leave(account(1), 50).unwrap();
    assert_eq!(settled(&even, 249), Err(AllianceError::StillLiable { until: 250, now: 249 }));
    assert_eq!(settled(&even, 250), Ok(43));
    even.answer_until(300);
    even.answer_until(260);
    assert_eq!(settled(&even, 306), Err(AllianceError::StillLiable { until: 307, now: 306 }));
    assert_eq!(settled(&even, 307), Ok(43));
    even.status = Status::Applied;
    assert_eq!(settled(&even, 0), Ok(43));
}
