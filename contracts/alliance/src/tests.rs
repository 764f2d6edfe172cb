//! The ledger's steps over its storage, and what the shell does around them as far as no other contract is called.
//!
//! Off chain an error reverts nothing, so these tests never look at what a refused step left behind.
use crate::{
    bookings::Debt,
    config::ConfigFault,
    cycles::{Payout, Waterfall},
    error::AllianceError,
    ledger::{Ledger, Sale, Table},
    members::Status,
    testing::{account, config, council_terms, redemption},
    Alliance,
};
use ink::env::{
    test::{recorded_events, set_block_timestamp},
    DefaultEnvironment as Env,
};
use shared::{
    alliance::{
        council::{CouncilFault, CouncilTerms},
        door::Step,
        rates::{PairRate, Rate},
    },
    order::{Redeemed, Redemption},
    terms::Funding,
    Balance, Timestamp,
};

const OPERATOR: u8 = 100;
const REGISTRY: u8 = 200;
const COUNCIL: u8 = 201;

fn join(ledger: &mut Ledger, n: u8, cap: Balance, collateral: Balance) {
    ledger.apply(account(n), account(REGISTRY), [n; 32], 1).unwrap();
    ledger.admit(account(OPERATOR), account(n), cap, 2).unwrap();
    ledger.deposit(account(n), collateral).unwrap();
}

/// Members 1 and 2, who may owe 800 each.
fn ledger() -> Ledger {
    let mut ledger = Ledger::new(config(), account(COUNCIL), 0).unwrap();
    join(&mut ledger, 1, 5_000, 1_000);
    join(&mut ledger, 2, 5_000, 1_000);
    ledger
}

fn redeemed(number: u64, acceptor: u8, issuer: u8, discount: Balance) -> Redemption {
    redemption(number, account(acceptor), &[(account(issuer), Funding::Alliance, discount)])
}

fn book(ledger: &mut Ledger, redemption: &Redemption) -> Result<Vec<Debt>, AllianceError> {
    book_at(ledger, redemption, 0)
}

fn book_at(ledger: &mut Ledger, redemption: &Redemption, now: Timestamp) -> Result<Vec<Debt>, AllianceError> {
    let Redeemed { asset, final_at, parts } = Redeemed::from(redemption);
    let (acceptor, number) = (redemption.acceptor, redemption.number);
    let sale = Sale { acceptor, number, asset, final_at, parts: &parts };
    let mut table = Table::default();
    ledger.acceptor(&mut table, acceptor)?;
    let booked = ledger.book(&mut table, &sale, now)?;
    assert_eq!((booked.number, booked.final_at), (number, final_at));
    ledger.clear(table);
    Ok(booked.debts)
}

fn unbook(ledger: &mut Ledger, redemption: &Redemption) -> Result<Vec<Debt>, AllianceError> {
    ledger.unbook(redemption, None)
}

fn position(ledger: &Ledger, n: u8) -> (i128, i128, Balance) {
    let member = ledger.view(account(n)).unwrap();
    (member.open.position(), member.due.position(), member.credit)
}

fn paid(amount: Balance) -> Result<Payout, AllianceError> {
    Ok(Payout { amount, made_good: 0 })
}

fn not_member<T>(n: u8) -> Result<T, AllianceError> {
    Err(AllianceError::NotMember { account: account(n) })
}

#[ink::test]
fn a_redemption_is_booked_and_its_rollback_takes_all_of_it_back() {
    let mut ledger = ledger();
    let sale = redeemed(1, 2, 1, 100);
    let debt = Debt { issuer: account(1), rate_bps: 9_000, amount: 90, fee: 2 };
    assert_eq!(book(&mut ledger, &sale), Ok(vec![debt]));
    assert_eq!(position(&ledger, 1), (-90, 0, 0));
    assert_eq!(position(&ledger, 2), (88, 0, 0));
    assert_eq!(unbook(&mut ledger, &sale), Ok(vec![debt]));
    assert_eq!(position(&ledger, 1), (0, 0, 0));
    assert_eq!(position(&ledger, 2), (0, 0, 0));
    assert_eq!(ledger.books().cycle.debits, 0);
}

#[ink::test]
fn a_rollback_in_part_takes_back_what_the_rest_would_not_have_booked() {
    let mut ledger = ledger();
    let uses = [(account(1), Funding::Alliance, 100), (account(1), Funding::Alliance, 50)];
    let sale = redemption(1, account(2), &uses);
    book(&mut ledger, &sale).unwrap();
    assert_eq!(position(&ledger, 1), (-135, 0, 0));
    // 30 of the first coupon's discount stay, and the second's none.
    let mut remains = sale.clone();
    remains.uses.truncate(1);
    remains.uses[0].discount = 30;
    let debts = ledger.unbook(&sale, Some(&remains));
    let back = |amount, fee| Debt { issuer: account(1), rate_bps: 9_000, amount, fee };
    assert_eq!(debts, Ok(vec![back(63, 1), back(45, 1)]));
    assert_eq!((position(&ledger, 1), position(&ledger, 2)), ((-27, 0, 0), (26, 0, 0)));
    assert_eq!(ledger.unbook(&remains, Some(&remains)), Ok(vec![]));
    assert_eq!(ledger.unbook(&remains, None), Ok(vec![back(27, 1)]));
    assert_eq!((position(&ledger, 1), position(&ledger, 2)), ((0, 0, 0), (0, 0, 0)));
}

#[ink::test]
fn a_redemption_that_can_be_undone_for_longer_than_the_tail_is_not_booked() {
    let mut ledger = ledger();
    let mut sale = redeemed(1, 2, 1, 100);
    sale.final_at = 201;
    assert_eq!(book(&mut ledger, &sale), Err(AllianceError::TailTooShort { final_at: 201, tail: 200 }));
    let own = Redemption { final_at: 201, ..redeemed(1, 2, 2, 100) };
    assert_eq!(book(&mut ledger, &own), Ok(vec![]), "nobody owes anything");
    sale.final_at = 200;
    assert!(book(&mut ledger, &sale).is_ok());
    for n in [1, 2] {
        assert_eq!(ledger.view(account(n)).unwrap().liable_until, 200);
    }
}

#[ink::test]
fn several_coupons_of_one_order_are_booked_each() {
    let mut ledger = ledger();
    join(&mut ledger, 3, 5_000, 1_000);
    let uses = [
        (account(1), Funding::Alliance, 100),
        (account(2), Funding::Alliance, 100),
        (account(3), Funding::Escrow, 100),
        (account(1), Funding::Alliance, 10),
        (account(3), Funding::Alliance, 20),
    ];
    let sale = redemption(1, account(2), &uses);
    let debts = book(&mut ledger, &sale).unwrap();
    assert_eq!(debts.len(), 3);
    assert_eq!(position(&ledger, 1), (-99, 0, 0));
    assert_eq!(position(&ledger, 3), (-18, 0, 0));
    assert_eq!(position(&ledger, 2), (88 + 8 + 17, 0, 0));
    assert_eq!(unbook(&mut ledger, &sale), Ok(debts));
    for n in 1..=3 {
        assert_eq!(position(&ledger, n), (0, 0, 0));
    }
}

#[ink::test]
fn an_issuer_owes_up_to_its_limit_and_not_one_more() {
    let mut ledger = ledger();
    // 90% of 889 is 800, the limit: 80% of the collateral.
    book(&mut ledger, &redeemed(1, 2, 1, 889)).unwrap();
    assert_eq!(
        book(&mut ledger, &redeemed(2, 2, 1, 2)),
        Err(AllianceError::OverLimit { account: account(1), exposure: 801, limit: 800 })
    );
}

#[ink::test]
fn what_is_due_counts_against_the_limit() {
    let mut ledger = ledger();
    book(&mut ledger, &redeemed(1, 2, 1, 889)).unwrap();
    ledger.close_cycle(1_000).unwrap();
    assert_eq!(position(&ledger, 1), (0, -800, 0));
    let refused = Err(AllianceError::OverLimit { account: account(1), exposure: 801, limit: 800 });
    assert_eq!(book(&mut ledger, &redeemed(2, 2, 1, 2)), refused);
    ledger.pay_in(account(1), 1).unwrap();
    assert_eq!(book(&mut ledger, &redeemed(2, 2, 1, 2)).map(|debts| debts.len()), Ok(1));
}

#[ink::test]
fn an_issuer_must_be_an_admitted_member() {
    let mut ledger = ledger();
    assert_eq!(book(&mut ledger, &redeemed(1, 2, 3, 100)), not_member(3));
    ledger.apply(account(3), account(REGISTRY), [3; 32], 0).unwrap();
    assert_eq!(
        book(&mut ledger, &redeemed(1, 2, 3, 100)),
        Err(AllianceError::NotActive { account: account(3) })
    );
    // Escrow has paid already: its issuer need not be a member.
    let escrow = redemption(1, account(2), &[(account(9), Funding::Escrow, 100)]);
    assert_eq!(book(&mut ledger, &escrow), Ok(vec![]));
}

#[ink::test]
fn a_late_rollback_must_be_covered_by_the_acceptor() {
    let mut ledger = ledger();
    let sale = redeemed(1, 2, 1, 889);
    book(&mut ledger, &sale).unwrap();
    ledger.close_cycle(1_000).unwrap();
    ledger.pay_in(account(1), 800).unwrap();
    assert_eq!(ledger.pay_out(account(2)), paid(784));
    ledger.withdraw(account(2), 100).unwrap();
    assert_eq!(
        unbook(&mut ledger, &sale),
        Err(AllianceError::OverLimit { account: account(2), exposure: 784, limit: 720 })
    );
}

#[ink::test]
fn cycles_run_from_booking_to_exit() {
    let mut ledger = ledger();
    let late = redeemed(1, 2, 1, 100);
    book(&mut ledger, &late).unwrap();
    book(&mut ledger, &redeemed(2, 1, 2, 50)).unwrap();
    // 1 owes 90 and is owed 44; 2 owes 45 and is owed 88.
    assert_eq!(ledger.books().cycle.debits, 46);
    ledger.close_cycle(1_000).unwrap();
    assert_eq!(ledger.close_cycle(2_000), Err(AllianceError::CycleUnsettled { cycle: 1, owed: 46 }));
    assert_eq!(ledger.pay_out(account(2)), Err(AllianceError::NothingToPay { account: account(2) }));
    assert_eq!(
        ledger.exit(account(2), 1_000),
        Err(AllianceError::PositionOpen { open: 0, due: 43, credit: 0 })
    );
    // Two joining fees, less a bounty, and three of fees.
    assert_eq!(ledger.books().fund, 18);
    assert_eq!(unbook(&mut ledger, &late).unwrap()[0].fee, 2);
    assert_eq!(ledger.books().fund, 16);
    assert_eq!(position(&ledger, 1), (90, -46, 0));
    assert_eq!(position(&ledger, 2), (-88, 43, 0));
    ledger.pay_in(account(1), 6).unwrap();
    assert_eq!(
        ledger.default(account(1), 1_099),
        Err(AllianceError::BeforeCutOff { cut_off: 1_100, now: 1_099 })
    );
    ledger.pay_in(account(1), 40).unwrap();
    assert_eq!(ledger.default(account(1), 1_100), Err(AllianceError::NothingDue { account: account(1) }));
    assert_eq!(ledger.close_cycle(2_000).map(|closed| closed.1), Ok(5));
    ledger.pay_in(account(2), 88).unwrap();
    assert_eq!(ledger.pay_out(account(2)), paid(43));
    for now in [3_000, 4_000, 5_000] {
        ledger.close_cycle(now).unwrap();
    }
    assert_eq!(position(&ledger, 1), (0, 0, 90));
    assert_eq!(ledger.pay_out(account(1)), paid(90));
    assert_eq!(ledger.exit(account(1), 5_000), Err(AllianceError::NotLeaving { account: account(1) }));
    for n in [1, 2] {
        ledger.leave(account(n), 5_000).unwrap();
    }
    let liable = AllianceError::StillLiable { until: 5_200, now: 5_199 };
    assert_eq!(ledger.exit(account(1), 5_199), Err(liable));
    assert_eq!(ledger.exit(account(1), 5_200), Ok(1_000));
    assert_eq!(ledger.exit(account(2), 5_200), Ok(1_000));
    assert_eq!(ledger.exit(account(2), 5_200), not_member(2));
    // The fifth bounty was all that was left.
    assert_eq!(ledger.books().fund, 0);
}

/// Members 1 and 2, of whom 1 could owe far more than its collateral, and 3. In the cycle closed last 1 owes 1,000 and 2 and 3 are owed 700 and 280.
fn in_debt() -> Ledger {
    let mut config = config();
    (config.cap_factor_bps, config.default_rate_bps) = (50_000, 10_000);
    let mut ledger = Ledger::new(config, account(COUNCIL), 0).unwrap();
    for (n, collateral) in [(1, 200), (2, 0), (3, 0)] {
        ledger.apply(account(n), account(REGISTRY), [n; 32], 1).unwrap();
        ledger.admit(account(OPERATOR), account(n), 5_000, 2).unwrap();
        if collateral > 0 {
            ledger.deposit(account(n), collateral).unwrap();
        }
    }
    book(&mut ledger, &redeemed(1, 2, 1, 714)).unwrap();
    book(&mut ledger, &redeemed(1, 3, 1, 286)).unwrap();
    ledger.close_cycle(1_000).unwrap();
    ledger
}

#[ink::test]
fn a_default_is_borne_in_turn_and_each_creditor_has_the_same_share_whenever_it_comes() {
    let mut ledger = in_debt();
    assert_eq!((position(&ledger, 2), position(&ledger, 3)), ((0, 699, 0), (0, 280, 0)));
    // Three joining fees less a bounty, and 21 of fees.
    assert_eq!(ledger.books().fund, 46);
    let found = Waterfall { collateral: 200, fund: 46, cut: 489, waiting: 265, ..Waterfall::default() };
    assert_eq!(ledger.default(account(1), 1_100), Ok(found));
    let waits = AllianceError::LongstopRunning { due: 265, longstop: 1_400 };
    assert_eq!(ledger.default(account(1), 1_399), Err(waits));
    assert_eq!(ledger.pay_out(account(2)), Err(AllianceError::NothingToPay { account: account(2) }));
    ledger.pay_in(account(1), 65).unwrap();
    assert_eq!(ledger.default(account(1), 1_400), Ok(Waterfall { cut: 200, ..Waterfall::default() }));
    let debtor = ledger.view(account(1)).unwrap();
    assert_eq!((debtor.status, debtor.unpaid, debtor.collateral), (Status::Defaulted, 735, 0));
    // 290 of 979 are left: each gets that share.
    assert_eq!(ledger.pay_out(account(2)), paid(207));
    ledger.close_cycle(2_000).unwrap();
    ledger.close_cycle(3_000).unwrap();
    assert_eq!(position(&ledger, 3), (0, 0, 82), "a view shows the share without taking it");
    assert_eq!(ledger.books().fund, 0);
    assert_eq!(ledger.pay_out(account(3)), paid(82));
    assert_eq!(ledger.books().fund, 1, "the dust");
    ledger.make_good(account(1), 735).unwrap();
    assert_eq!(ledger.books().fund, 736);
    let over = AllianceError::OverDue { asked: 1, due: 0 };
    assert_eq!(ledger.make_good(account(1), 1), Err(over));
}

#[ink::test]
fn who_is_looked_at_and_not_booked_collects_nothing_of_a_cut_yet() {
    let mut ledger = in_debt();
    ledger.default(account(1), 1_400).unwrap();
    for now in [2_000, 3_000] {
        ledger.close_cycle(now).unwrap();
    }
    let credit = position(&ledger, 2).2;
    assert!(credit > 0 && credit < 699);
    // The discount is the acceptor's own, or its issuer's promise: nothing is booked.
    for funding in [Funding::Merchant, Funding::Escrow] {
        for _ in 0..2 {
            let sale = redemption(1, account(2), &[(account(3), funding, 100)]);
            assert_eq!(book(&mut ledger, &sale), Ok(vec![]));
        }
    }
    assert_eq!(ledger.pay_out(account(2)), paid(credit));
    let rest = position(&ledger, 3).2;
    assert_eq!(ledger.pay_out(account(3)), paid(rest));
}

#[ink::test]
fn who_is_booked_after_a_cut_collects_once() {
    let mut ledger = in_debt();
    ledger.default(account(1), 1_400).unwrap();
    ledger.deposit(account(3), 900).unwrap();
    for now in [2_000, 3_000] {
        ledger.close_cycle(now).unwrap();
    }
    let before = (position(&ledger, 2).2, position(&ledger, 3).2);
    for number in [1, 2] {
        book(&mut ledger, &redeemed(number, 2, 3, 100)).unwrap();
    }
    assert_eq!((position(&ledger, 2).2, position(&ledger, 3).2), before);
    assert_eq!(ledger.pay_out(account(2)), paid(before.0));
    assert_eq!(ledger.pay_out(account(3)), paid(before.1));
}

#[ink::test]
fn a_defaulter_neither_accepts_nor_is_accepted_and_leaves_only_when_it_has_made_good() {
    let mut ledger = in_debt();
    ledger.default(account(1), 1_400).unwrap();
    let not_active = || Err(AllianceError::NotActive { account: account(1) });
    assert_eq!(book(&mut ledger, &redeemed(9, 2, 1, 100)), not_active());
    assert_eq!(book(&mut ledger, &redeemed(9, 1, 2, 100)), not_active());
    assert_eq!(ledger.leave(account(1), 1_400), Err(AllianceError::NotMadeGood { unpaid: 800 }));
    ledger.make_good(account(1), 800).unwrap();
    ledger.leave(account(1), 1_400).unwrap();
    assert_eq!(ledger.exit(account(1), 1_600), Ok(0));
}

#[ink::test]
fn an_applicant_may_leave_with_what_it_put_up() {
    let mut ledger = ledger();
    ledger.apply(account(3), account(REGISTRY), [3; 32], 0).unwrap();
    ledger.deposit(account(3), 5).unwrap();
    assert_eq!(ledger.exit(account(3), 0), Ok(5));
    ledger.apply(account(3), account(REGISTRY), [3; 32], 0).unwrap();
}

#[ink::test]
fn steps_refuse_who_is_not_a_member_and_membership_comes_first() {
    let mut ledger = ledger();
    let stranger = account(3);
    assert_eq!(ledger.deposit(stranger, 0), not_member(3));
    assert_eq!(ledger.withdraw(stranger, 0), not_member(3));
    assert_eq!(ledger.pay_in(stranger, 0), not_member(3));
    assert_eq!(ledger.default(stranger, 0), not_member(3));
    assert_eq!(ledger.make_good(stranger, 0), not_member(3));
    assert_eq!(ledger.leave(stranger, 0), not_member(3));
    assert_eq!(ledger.pay_out(stranger), not_member(3));
    assert_eq!(ledger.admit(account(OPERATOR), stranger, 1, 1), not_member(3));
}

#[ink::test]
fn membership_is_applied_for_once_and_granted_by_the_operator_once() {
    let mut ledger = ledger();
    assert_eq!(
        ledger.apply(account(1), account(REGISTRY), [1; 32], 0),
        Err(AllianceError::AlreadyMember { account: account(1) })
    );
    let not_operator = AllianceError::NotOperator { operator: account(OPERATOR), caller: account(1) };
    assert_eq!(ledger.admit(account(1), account(3), 1, 1), Err(not_operator));
    assert_eq!(
        ledger.admit(account(OPERATOR), account(1), 1, 1),
        Err(AllianceError::AlreadyAdmitted { account: account(1) })
    );
}

#[ink::test]
fn only_registries_of_known_code_count() {
    let ledger = ledger();
    assert_eq!(ledger.ensure_known(account(REGISTRY), &[7; 32]), Ok(()));
    assert_eq!(
        ledger.ensure_known(account(REGISTRY), &[8; 32]),
        Err(AllianceError::UnknownRegistry { registry: account(REGISTRY) })
    );
}

#[ink::test]
fn instantiating_checks_the_rules() {
    set_block_timestamp::<Env>(77);
    let mut bad = config();
    bad.fee_bps = 1_001;
    let fault = ConfigFault::FeeOverCap { bps: 1_001 };
    assert_eq!(Alliance::new(bad, council_terms()).err(), Some(AllianceError::InvalidConfig(fault)));
    assert_eq!(recorded_events().count(), 0);
    let terms = CouncilTerms { quorum_bps: 0, ..council_terms() };
    let fault = ConfigFault::Council(CouncilFault::Quorum { bps: 0 });
    assert_eq!(Alliance::new(config(), terms).err(), Some(AllianceError::InvalidConfig(fault)));
    assert_eq!(recorded_events().count(), 0);
}

#[ink::test]
fn strangers_are_refused_and_views_of_them_are_empty() {
    let mut ledger = ledger();
    let stranger = account(3);
    assert_eq!(ledger.deposit(stranger, 5), not_member(3));
    assert_eq!(ledger.pay_out(stranger).map(|_| ()), not_member(3));
    assert_eq!(ledger.exit(stranger, 0).map(|_| ()), not_member(3));
    assert_eq!(ledger.view(stranger), None);
}

#[ink::test]
fn past_the_founders_number_the_operator_admits_nobody() {
    let mut ledger = ledger();
    join(&mut ledger, 3, 5, 5);
    ledger.apply(account(4), account(REGISTRY), [4; 32], 1).unwrap();
    assert_eq!(ledger.admit(account(OPERATOR), account(4), 5, 2), Err(AllianceError::ByVoteOnly { voters: 3 }));
    ledger.leave(account(3), 3).unwrap();
    assert_eq!(ledger.books().voters, 2);
    ledger.admit(account(OPERATOR), account(4), 5, 4).unwrap();
    assert_eq!(ledger.books().voters, 3);
}

fn step(ledger: &mut Ledger, step: Step) {
    ledger.take_step(step).unwrap();
}

fn agree(ledger: &mut Ledger, rate: PairRate) {
    step(ledger, Step::Agree { acceptor: account(2), issuer: account(1), rate });
}

const RATE: Rate = Rate { bps: 5_000, from: 10, daily_cap: Some(60) };

#[ink::test]
fn only_the_council_has_steps_taken() {
    let ledger = ledger();
    assert_eq!(ledger.ensure_council(account(COUNCIL)), Ok(()));
    let caller = account(1);
    assert_eq!(ledger.ensure_council(caller), Err(AllianceError::NotTheCouncil { caller }));
}

#[ink::test]
fn standing_changes_with_the_count_of_votes() {
    let mut ledger = ledger();
    let stand = |status| Step::Stand { account: account(1), status, since: 9, cap: 7 };
    step(&mut ledger, stand(Status::Suspended));
    let member = ledger.view(account(1)).unwrap();
    assert_eq!((member.status, member.since, member.cap, ledger.books().voters), (Status::Suspended, 9, 7, 1));
    step(&mut ledger, stand(Status::Suspended));
    assert_eq!(ledger.books().voters, 1);
    step(&mut ledger, stand(Status::Active));
    assert_eq!(ledger.books().voters, 2);
    let nobody = Step::Stand { account: account(3), status: Status::Active, since: 0, cap: 0 };
    assert_eq!(ledger.take_step(nobody), not_member(3));
}

#[ink::test]
fn a_pairs_rate_is_booked_from_its_date_on_and_counted_against_the_day() {
    let mut ledger = ledger();
    agree(&mut ledger, PairRate::first(RATE));
    let look = ledger.look(vec![account(1), account(3)], Some((account(2), account(1))));
    assert_eq!((look.voters, look.members[0].as_ref().unwrap().rates, look.members[1].is_none()), (2, 1, true));
    assert_eq!(look.rate, Some(PairRate::first(RATE)));
    // Before its date the default rate holds.
    let early = book_at(&mut ledger, &redeemed(1, 2, 1, 100), 9).unwrap();
    assert_eq!(early, [Debt { issuer: account(1), rate_bps: 9_000, amount: 90, fee: 2 }]);
    let later = Redemption { redeemed_at: 10, ..redeemed(2, 2, 1, 100) };
    let debt = Debt { issuer: account(1), rate_bps: 5_000, amount: 50, fee: 1 };
    assert_eq!(book_at(&mut ledger, &later, 10), Ok(vec![debt]));
    let over = AllianceError::OverDailyCap { cap: 60, asked: 100 };
    assert_eq!(book_at(&mut ledger, &Redemption { number: 3, ..later.clone() }, 10), Err(over));
    // The other way round nothing is agreed.
    let other = book_at(&mut ledger, &redeemed(4, 1, 2, 100), 10).unwrap();
    assert_eq!(other[0].rate_bps, 9_000);
    // A rollback finds the rate again, and gives the day its part back.
    assert_eq!(unbook(&mut ledger, &later), Ok(vec![debt]));
    let rate = ledger.look(vec![], Some((account(2), account(1)))).rate.unwrap();
    assert_eq!((rate.day, rate.used), (0, 0));
    assert_eq!(unbook(&mut ledger, &redeemed(1, 2, 1, 100)), Ok(early));
}

#[ink::test]
fn a_dispute_holds_both_and_its_end_adjusts_both() {
    let mut ledger = ledger();
    let (acceptor, issuer) = (account(2), account(1));
    book(&mut ledger, &redeemed(1, 2, 1, 100)).unwrap();
    step(&mut ledger, Step::OpenCase { acceptor, issuer });
    let cases = |ledger: &Ledger| [1, 2].map(|n| ledger.view(account(n)).unwrap().cases);
    assert_eq!(cases(&ledger), [1, 1]);
    step(&mut ledger, Step::CloseCase { acceptor, issuer, amount: 40 });
    assert_eq!(cases(&ledger), [0, 0]);
    let open = |n| ledger.view(account(n)).unwrap().open;
    assert_eq!((open(1).adjusted, open(1).position()), (40, -50));
    assert_eq!((open(2).adjusted, open(2).position()), (-40, 48));
    assert_eq!(ledger.books().cycle.debits, 50);
    step(&mut ledger, Step::Endow { amount: 5 });
    assert_eq!(ledger.books().fund, 25);
}

#[ink::test]
fn a_view_shows_positions_brought_up_to_date() {
    let mut ledger = ledger();
    book(&mut ledger, &redeemed(1, 2, 1, 100)).unwrap();
    ledger.close_cycle(1_000).unwrap();
    let debtor = ledger.view(account(1)).unwrap();
    assert_eq!((debtor.status, debtor.cycle), (Status::Active, 2));
    assert_eq!((debtor.exposure(), debtor.headroom(&config())), (90, 710));
}
