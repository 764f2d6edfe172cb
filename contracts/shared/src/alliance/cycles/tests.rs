//! Bookings, closing, paying, defaults and cuts: by example, and over random steps from which everybody gets everything back.
use super::*;
use crate::alliance::testing::{account, config, member};
use proptest::{prelude::*, sample::Index};

fn debt(amount: Balance, fee: Balance) -> Debt {
    Debt { issuer: account(1), rate_bps: 10_000, amount, fee }
}

fn owes(amount: i128) -> Sheet {
    Sheet { billed: -amount, ..Sheet::default() }
}

fn earns(amount: i128) -> Sheet {
    Sheet { earned: amount, ..Sheet::default() }
}

fn all(_: u32, earned: Balance) -> Outcome<Balance> {
    Ok(earned)
}

fn paid(amount: Balance) -> Payout {
    Payout { amount, made_good: 0 }
}

#[test]
fn a_debt_moves_two_positions_and_the_fees() {
    let (mut books, mut issuer, mut acceptor) = (Books::opened(0), member(999, 999), member(0, 0));
    books.book(&debt(100, 3), &mut issuer, &mut acceptor).unwrap();
    assert_eq!((issuer.open, acceptor.open), (owes(100), earns(97)));
    assert_eq!((books.cycle.debits, books.cycle.fees), (100, 3));
    books.book(&debt(40, 1), &mut acceptor, &mut issuer).unwrap();
    assert_eq!((issuer.open.position(), acceptor.open.position()), (-61, 57));
    assert_eq!((books.cycle.debits, books.cycle.fees, books.cycle.credits()), (61, 4, 57));
}

#[test]
fn reversing_in_the_same_cycle_leaves_no_position() {
    let (mut books, mut issuer, mut acceptor) = (Books::opened(0), member(999, 999), member(0, 0));
    let before = books;
    books.book(&debt(100, 3), &mut issuer, &mut acceptor).unwrap();
    let reversed = books.reverse(debt(100, 3), &mut issuer, &mut acceptor);
    assert_eq!(reversed, Ok(debt(100, 3)));
    assert_eq!(books, before);
    assert_eq!((issuer.open.position(), acceptor.open.position()), (0, 0));
    assert_eq!((issuer.open.reversed, acceptor.open.reversed), (100, -97));
}

#[test]
fn a_fee_comes_back_from_the_open_cycle_then_the_fund_and_else_the_acceptor_bears_it() {
    for (fees, fund, from_fees, from_fund) in [(9, 9, 3, 0), (2, 50, 2, 1), (0, 2, 0, 2), (0, 0, 0, 0)] {
        let mut books = Books::opened(0);
        (books.cycle.fees, books.fund) = (fees, fund);
        let (mut issuer, mut acceptor) = (member(0, 0), member(999, 999));
        let returned = from_fees + from_fund;
        let reversed = books.reverse(debt(100, 3), &mut issuer, &mut acceptor);
        assert_eq!(reversed, Ok(debt(100, returned)));
        assert_eq!(issuer.open.position(), 100);
        assert_eq!(acceptor.open.position(), favour(returned).unwrap() - 100);
        assert_eq!(books.cycle.refunds, from_fund);
        assert_eq!((books.cycle.fees, books.fund), (fees - from_fees, fund - from_fund));
    }
}

#[test]
fn fees_that_are_not_paid_in_yet_are_not_given_back() {
    let mut books = Books::opened(0);
    (books.closed.cycle.debits, books.closed.cycle.fees, books.fund) = (100, 4, 5);
    let (mut issuer, mut acceptor) = (member(0, 0), member(999, 999));
    let reversed = books.reverse(debt(100, 3), &mut issuer, &mut acceptor);
    assert_eq!((reversed, books.fund), (Ok(debt(100, 1)), 4));
    books.closed.paid_in = 100;
    let reversed = books.reverse(debt(100, 3), &mut issuer, &mut acceptor);
    assert_eq!((reversed, books.fund), (Ok(debt(100, 3)), 1));
}

#[test]
fn a_cycle_closes_when_its_time_is_up_and_the_one_before_is_settled() {
    let (mut books, config) = (Books::opened(10), config());
    let running = AllianceError::CycleRunning { ends_at: 1_010, now: 1_009 };
    books.cycle.debits = 70;
    assert_eq!(books.close(&config, 1_009), Err(running));
    assert_eq!(books.close(&config, 1_010), Ok(0));
    assert_eq!((books.cycle.number, books.cycle.opened_at), (2, 1_010));
    assert_eq!(books.closed.cut_off, 1_110);
    // The time is checked first.
    let running = AllianceError::CycleRunning { ends_at: 2_010, now: 2_009 };
    assert_eq!(books.close(&config, 2_009), Err(running));
    let unsettled = AllianceError::CycleUnsettled { cycle: 1, owed: 70 };
    assert_eq!(books.close(&config, 2_010), Err(unsettled));
    let mut debtor = Member { cycle: 2, due: owes(70), ..member(0, 0) };
    books.pay_in(&mut debtor, 70).unwrap();
    assert_eq!(books.close(&config, 2_010), Ok(0));
}

#[test]
fn the_bounty_comes_from_what_the_fund_holds_and_not_from_fees_still_unpaid() {
    let (mut books, config) = (Books::opened(0), config());
    books.cycle.fees = 100;
    assert_eq!(books.close(&config, 1_000), Ok(0));
    assert_eq!(books.fund, 100);
    assert_eq!(books.close(&config, 2_000), Ok(5));
    assert_eq!(books.fund, 95);
    books.fund = 3;
    assert_eq!(books.close(&config, 3_000), Ok(3));
    assert_eq!(books.fund, 0);
}

#[test]
fn debts_are_paid_in_parts_and_never_over() {
    let mut books = Books::opened(0);
    books.closed.cycle.debits = 70;
    let mut debtor = Member { due: owes(70), open: owes(5), ..member(0, 0) };
    assert_eq!(books.pay_in(&mut debtor, 0), Err(AllianceError::ZeroAmount));
    books.pay_in(&mut debtor, 30).unwrap();
    let over = AllianceError::OverDue { asked: 41, due: 40 };
    assert_eq!(books.pay_in(&mut debtor, 41), Err(over));
    books.pay_in(&mut debtor, 40).unwrap();
    assert_eq!((debtor.due.position(), debtor.due.paid, books.closed.owed()), (0, 70, 0));
    let over = AllianceError::OverDue { asked: 1, due: 0 };
    assert_eq!(books.pay_in(&mut debtor, 1), Err(over));
}

/// A cycle of 1,000 in debts, 20 of them fees, after which the fund has those and 30 more.
fn closed() -> Books {
    let mut books = Books::opened(0);
    books.cycle = Cycle { debits: 1_000, fees: 20, ..books.cycle };
    books.close(&config(), 1_000).unwrap();
    books.fund = 50;
    books
}

#[test]
fn a_defaulters_own_money_goes_first_then_the_fund_then_a_capped_cut_and_at_the_longstop_all() {
    let (mut books, config) = (closed(), config());
    let mut debtor = Member { due: owes(700), credit: 10, fund_share: 15, cycle: 2, ..member(999, 100) };
    let default =
        |books: &mut Books, debtor: &mut Member, now| books.default(account(1), debtor, &config, now);
    let early = AllianceError::BeforeCutOff { cut_off: 1_100, now: 1_099 };
    assert_eq!(default(&mut books, &mut debtor, 1_099), Err(early));
    let found = Waterfall { credit: 10, collateral: 100, fund_share: 15, fund: 50, cut: 490, waiting: 35 };
    assert_eq!(default(&mut books, &mut debtor, 1_100), Ok(found));
    assert_eq!((debtor.status, debtor.since, debtor.unpaid), (Status::Defaulted, 1_100, 540));
    assert_eq!((debtor.credit, debtor.collateral, debtor.fund_share), (0, 0, 0));
    assert_eq!((debtor.due.position(), debtor.due.adjusted), (-35, 665));
    assert_eq!((books.closed.paid_in, books.closed.lost, books.closed.owed()), (175, 490, 335));
    assert_eq!((books.fund, books.last_cut), (0, 1));
    // Half of what creditors earned is gone; nothing more can be found before the longstop but what someone adds.
    let waits = AllianceError::LongstopRunning { due: 35, longstop: 1_400 };
    assert_eq!(default(&mut books, &mut debtor, 1_399), Err(waits));
    books.endow(5).unwrap();
    let found = Waterfall { fund: 5, waiting: 30, ..Waterfall::default() };
    assert_eq!(default(&mut books, &mut debtor, 1_399), Ok(found));
    let found = Waterfall { cut: 30, ..Waterfall::default() };
    assert_eq!(default(&mut books, &mut debtor, 1_400), Ok(found));
    assert_eq!((debtor.since, debtor.unpaid, debtor.due.position()), (1_100, 575, 0));
    assert_eq!((books.closed.lost, books.closed.owed()), (520, 300));
    let nothing = AllianceError::NothingDue { account: account(1) };
    assert_eq!(default(&mut books, &mut debtor, 1_400), Err(nothing));
}

#[test]
fn a_default_that_collateral_pays_hurts_nobody_else() {
    let mut books = closed();
    let mut debtor = Member { due: owes(70), cycle: 2, ..member(999, 100) };
    let found = books.default(account(1), &mut debtor, &config(), 1_100);
    assert_eq!(found, Ok(Waterfall { collateral: 70, ..Waterfall::default() }));
    assert_eq!((debtor.status, debtor.collateral, debtor.unpaid), (Status::Defaulted, 30, 0));
    assert_eq!((books.closed.paid_in, books.closed.lost, books.fund, books.last_cut), (70, 0, 50, 0));
}

#[test]
fn making_good_fills_the_fund_and_never_over() {
    let mut books = Books::opened(0);
    let mut debtor = Member { unpaid: 70, ..member(0, 0) };
    assert_eq!(books.make_good(&mut debtor, 0), Err(AllianceError::ZeroAmount));
    assert_eq!(books.make_good(&mut debtor, 71), Err(AllianceError::OverDue { asked: 71, due: 70 }));
    books.make_good(&mut debtor, 30).unwrap();
    assert_eq!((debtor.unpaid, books.fund), (40, 30));
    debtor.credit = 55;
    let payout = books.pay_out(&mut debtor, &mut all);
    assert_eq!(payout, Ok(Payout { amount: 15, made_good: 40 }));
    assert_eq!((debtor.unpaid, debtor.credit, books.fund), (0, 0, 70));
}

#[test]
fn a_creditor_waits_for_settlement_but_not_for_older_credit() {
    let mut books = Books::opened(0);
    (books.closed.cycle.debits, books.closed.paid_in) = (70, 69);
    let mut creditor = Member { due: earns(60), credit: 7, ..member(0, 0) };
    assert_eq!(books.pay_out(&mut creditor, &mut all), Ok(paid(7)));
    assert_eq!(books.pay_out(&mut creditor, &mut all), Ok(paid(0)));
    books.closed.paid_in = 70;
    assert_eq!(books.pay_out(&mut creditor, &mut all), Ok(paid(60)));
    assert_eq!(books.pay_out(&mut creditor, &mut all), Ok(paid(0)));
    assert_eq!((creditor.due.position(), creditor.due.paid, creditor.credit), (0, -60, 0));
}

#[test]
fn credit_stays_as_far_as_its_owner_owes() {
    let mut books = Books::opened(0);
    books.closed.cycle.debits = 70;
    let mut debtor = Member { due: owes(70), credit: 90, ..member(0, 0) };
    assert_eq!(books.pay_out(&mut debtor, &mut all), Ok(paid(20)));
    assert_eq!(debtor.credit, 70);
}

#[test]
fn a_cut_shows_in_the_sheet_of_who_collects() {
    let mut books = Books::opened(0);
    (books.closed.cycle.debits, books.closed.paid_in, books.closed.lost) = (70, 40, 30);
    let mut creditor = Member { due: earns(60), ..member(0, 0) };
    let mut half = |cycle, earned: Balance| {
        assert_eq!(cycle, 0);
        Ok(earned.div_euclid(2))
    };
    assert_eq!(books.pay_out(&mut creditor, &mut half), Ok(paid(30)));
    assert_eq!(creditor.due, Sheet { adjusted: -30, paid: -30, ..earns(60) });
}

#[test]
fn creditors_share_a_cut_at_one_ratio_and_the_last_leaves_the_dust() {
    let mut cut = Cut::new(100, 33);
    let collected: Vec<_> = [50, 49, 1].map(|earned| cut.collect(earned).unwrap()).into();
    assert_eq!(collected, [(33, 0), (32, 0), (0, 2)]);
    assert_eq!((cut.credits_left, cut.payable_left), (0, 0));
    assert_eq!(Cut::new(10, 10).share(10), 0);
    assert_eq!(cut.collect(1), Err(AllianceError::Overflow));
}

/// Amounts stay small enough for plain sums in tests.
#[derive(Clone, Debug)]
enum Step {
    Book(usize, usize, Balance, Balance),
    Reverse(Index),
    Close,
    PayIn(usize, Balance),
    Default(usize, bool),
    MakeGood(usize, Balance),
    PayOut(usize),
    Endow(Balance),
}

fn step() -> impl Strategy<Value = Step> {
    let index = || 0..4usize;
    prop_oneof![
        6 => (index(), index(), 1..1_000u128, 0..1_000u128)
            .prop_map(|(issuer, acceptor, amount, fee)| Step::Book(issuer, acceptor, amount, fee.min(amount))),
        2 => any::<Index>().prop_map(Step::Reverse),
        2 => Just(Step::Close),
        2 => (index(), 1..1_000u128).prop_map(|(member, amount)| Step::PayIn(member, amount)),
        4 => (index(), any::<bool>()).prop_map(|(member, late)| Step::Default(member, late)),
        1 => (index(), 1..1_000u128).prop_map(|(member, amount)| Step::MakeGood(member, amount)),
        2 => index().prop_map(Step::PayOut),
        1 => (0..50u128).prop_map(Step::Endow),
    ]
}

/// Members as storage has them, rolled only when touched, and the money the contract holds.
#[derive(Clone)]
struct World {
    config: Config,
    books: Books,
    cuts: Vec<(u32, Cut)>,
    members: Vec<Member>,
    booked: Vec<(usize, usize, Debt)>,
    held: Balance,
    now: Timestamp,
}

/// What is collected of an amount earned in a cycle, and the dust it leaves.
fn collect(cuts: &mut [(u32, Cut)], dust: &mut Balance, cycle: u32, earned: Balance) -> Outcome<Balance> {
    match cuts.iter_mut().find(|(cut, _)| *cut == cycle) {
        Some((_, cut)) => {
            let (share, left) = cut.collect(earned)?;
            *dust += left;
            Ok(share)
        }
        None => Ok(earned),
    }
}

impl World {
    fn new() -> Self {
        let members = vec![Member { fund_share: 7, ..member(5_000, 1_000) }; 4];
        Self {
            config: Config { cap_factor_bps: 50_000, ..config() },
            books: Books::opened(0),
            cuts: Vec::new(),
            held: 4 * 1_007,
            members,
            booked: Vec::new(),
            now: 0,
        }
    }

    fn touched(&mut self, index: usize) -> Member {
        let mut member = self.members[index].clone();
        let (cuts, dust) = (&mut self.cuts, &mut self.books.fund);
        member
            .roll(self.books.cycle.number, &mut |cycle, earned| collect(cuts, dust, cycle, earned))
            .unwrap();
        member
    }

    /// One step, whole or not at all: what a call does.
    fn step(&mut self, step: &Step) {
        let kept = self.clone();
        if self.attempt(step).is_none() {
            *self = kept;
        }
    }

    fn attempt(&mut self, step: &Step) -> Option<()> {
        match step {
            Step::Book(issuer, acceptor, amount, fee) => {
                let (i, a) = (*issuer, *acceptor);
                if i == a {
                    return None;
                }
                let (mut issuer, mut acceptor) = (self.touched(i), self.touched(a));
                let debt = debt(*amount, *fee);
                self.books.book(&debt, &mut issuer, &mut acceptor).ok()?;
                issuer.ensure_covered(account(1), &self.config).ok()?;
                (self.members[i], self.members[a]) = (issuer, acceptor);
                self.booked.push((i, a, debt));
            }
            Step::Reverse(index) => {
                if self.booked.is_empty() {
                    return None;
                }
                let at = index.index(self.booked.len());
                let (i, a, debt) = self.booked[at];
                let (mut issuer, mut acceptor) = (self.touched(i), self.touched(a));
                self.books.reverse(debt, &mut issuer, &mut acceptor).ok()?;
                acceptor.ensure_covered(account(2), &self.config).ok()?;
                (self.members[i], self.members[a]) = (issuer, acceptor);
                self.booked.swap_remove(at);
            }
            Step::Close => {
                self.now += 1_000;
                self.held -= self.books.close(&self.config, self.now).ok()?;
            }
            Step::PayIn(index, amount) => {
                let mut member = self.touched(*index);
                self.books.pay_in(&mut member, *amount).ok()?;
                self.members[*index] = member;
                self.held += amount;
            }
            Step::Default(index, late) => {
                let mut member = self.touched(*index);
                let now = self.books.closed.cut_off + if *late { 300 } else { 0 };
                self.books.default(account(1), &mut member, &self.config, now).ok()?;
                self.members[*index] = member;
                let Closed { cycle, lost, .. } = self.books.closed;
                self.cuts.retain(|(cut, _)| *cut != cycle.number);
                if lost > 0 {
                    self.cuts.push((cycle.number, Cut::new(cycle.credits(), lost)));
                }
            }
            Step::MakeGood(index, amount) => {
                let mut member = self.touched(*index);
                self.books.make_good(&mut member, *amount).ok()?;
                self.members[*index] = member;
                self.held += amount;
            }
            Step::PayOut(index) => {
                let mut member = self.touched(*index);
                let (cuts, mut dust) = (&mut self.cuts, 0);
                let payout = self.books.pay_out(&mut member, &mut |c, e| collect(cuts, &mut dust, c, e));
                self.held -= payout.ok()?.amount;
                self.books.fund += dust;
                self.members[*index] = member;
            }
            Step::Endow(amount) => {
                self.books.endow(*amount).ok()?;
                self.held += amount;
            }
        }
        Some(())
    }

    fn check(&self) {
        let mut now = self.clone();
        let members: Vec<Member> = (0..4).map(|index| now.touched(index)).collect();
        let Books { cycle, closed, fund, .. } = now.books;
        let sum = |part: fn(&Member) -> i128| members.iter().map(part).sum::<i128>();
        let favour = |amount| favour(amount).unwrap();
        assert_eq!(sum(|m| m.open.position()) + favour(cycle.fees) - favour(cycle.refunds), 0);
        let recount: Balance = members.iter().map(|m| m.open.owed()).sum();
        assert_eq!(cycle.debits, recount, "debits of the open cycle");
        let recount: Balance = members.iter().map(|m| m.due.owed()).sum();
        assert_eq!(closed.owed(), recount, "still to be paid in");
        assert!(closed.lost <= closed.cycle.credits());
        let claim = |m: &Member| {
            favour(m.collateral + m.fund_share + m.credit) + m.due.position() + m.open.position()
        };
        let claims: i128 = members.iter().map(claim).sum();
        let lost: Balance = now.cuts.iter().map(|(_, cut)| cut.credits_left - cut.payable_left).sum();
        assert_eq!(
            favour(now.held) + favour(lost),
            claims + favour(fund) + favour(cycle.fees),
            "what the contract holds"
        );
    }

    /// Everybody gets everything back, whatever happened before.
    fn drain(&mut self) {
        for _ in 0..3 {
            for index in 0..4 {
                self.step(&Step::Default(index, true));
            }
            assert_eq!(self.books.closed.owed(), 0, "the longstop settles everything");
            self.now += 1_000;
            self.held -= self.books.close(&self.config, self.now).unwrap();
        }
        for index in 0..4 {
            self.step(&Step::PayOut(index));
            let member = &self.members[index];
            assert_eq!((member.open.position(), member.due.position(), member.credit), (0, 0, 0));
            self.held -= member.collateral + member.fund_share;
        }
        assert_eq!(self.held, self.books.fund);
        assert!(self.cuts.iter().all(|(_, cut)| (cut.credits_left, cut.payable_left) == (0, 0)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn books_balance_after_every_step_and_drain_to_nothing(
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
            world.check();
        }
        world.drain();
    }

    #[test]
    fn the_order_of_bookings_changes_no_position(
        bookings in prop::collection::vec((0..4usize, 0..4usize, 1..100u128, 0..10u128), 1..40),
        turn: Index,
    ) {
        let outcome = |order: &[(usize, usize, Balance, Balance)]| {
            let mut world = World::new();
            for &(i, a, amount, fee) in order.iter().filter(|(i, a, ..)| i != a) {
                let (mut issuer, mut acceptor) = (world.touched(i), world.touched(a));
                let debt = debt(amount, fee.min(amount));
                world.books.book(&debt, &mut issuer, &mut acceptor).unwrap();
                (world.members[i], world.members[a]) = (issuer, acceptor);
            }
            (world.books, world.members)
        };
        let mut turned = bookings.clone();
        turned.rotate_left(turn.index(bookings.len()));
        prop_assert_eq!(outcome(&bookings), outcome(&turned));
        turned.reverse();
        prop_assert_eq!(outcome(&bookings), outcome(&turned));
    }
}
