//! The open cycle, the one closed last, and the fund: how debts are booked, closed, paid in and paid out.
//!
//! Takes members brought up to the open cycle. Knows neither accounts nor storage, and moves no money.
//!
//! Over all members: Σ open + fees - refunds = 0, and the contract holds Σ (collateral + credit + due + open) + fund + fees.
use crate::{
    bookings::Debt,
    config::Config,
    error::AllianceError,
    members::{earned, ensure_some, owed, signed, Member},
};
use shared::{Balance, Timestamp};

/// A cycle's sums. In the alliance's asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Cycle {
    /// From 1.
    pub number: u32,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// What all members in debt owe together.
    pub debits: Balance,
    /// The fees of the debts booked in it.
    pub fees: Balance,
    /// The fees that the fund gave back for debts booked in earlier cycles.
    pub refunds: Balance,
}

/// A closed cycle. Settled once `paid_in` reaches the cycle's debits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Closed {
    /// Its sums when it was closed.
    pub cycle: Cycle,
    /// From this time on, collateral may be taken for what is unpaid.
    pub cut_off: Timestamp,
    /// What debtors have paid, from their pockets or their collateral.
    pub paid_in: Balance,
}

/// What changes with nearly every call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Books {
    /// Where debts are booked now.
    pub cycle: Cycle,
    /// The one before.
    pub closed: Closed,
    /// The alliance's own: joining fees and the fees of closed cycles, less bounties and refunds.
    pub fund: Balance,
}

impl Cycle {
    fn opened(number: u32, opened_at: Timestamp) -> Self {
        Self { number, opened_at, debits: 0, fees: 0, refunds: 0 }
    }
}

impl Closed {
    /// What is still to be paid in.
    pub fn owed(&self) -> Balance {
        self.cycle.debits.saturating_sub(self.paid_in)
    }
}

impl Books {
    /// The first cycle, after an empty one of number zero.
    pub fn opened(now: Timestamp) -> Self {
        Self {
            cycle: Cycle::opened(1, now),
            closed: Closed { cycle: Cycle::opened(0, now), cut_off: now, paid_in: 0 },
            fund: 0,
        }
    }

    /// Books `debt`: the issuer owes its amount, the acceptor is owed the amount less the fee.
    /// # Errors
    /// `Overflow`.
    pub fn book(
        &mut self,
        debt: &Debt,
        issuer: &mut Member,
        acceptor: &mut Member,
    ) -> Result<(), AllianceError> {
        self.cycle.fees = add(self.cycle.fees, debt.fee)?;
        self.post(issuer, negated(debt.amount)?)?;
        self.post(acceptor, signed(sub(debt.amount, debt.fee)?)?)
    }

    /// Reverses, in the open cycle, a debt booked in cycle `booked_in`; gives the debt with the fee that was given back.
    ///
    /// Where the debt's cycle is closed, its fee is in the fund, which gives it back as far as it reaches; bounties may have used it
    /// up. The acceptor bears the rest, so the issuer has all of its amount back in any case.
    /// # Errors
    /// `Overflow`.
    pub fn reverse(
        &mut self,
        debt: Debt,
        booked_in: u32,
        issuer: &mut Member,
        acceptor: &mut Member,
    ) -> Result<Debt, AllianceError> {
        let fee = if booked_in == self.cycle.number {
            self.cycle.fees = sub(self.cycle.fees, debt.fee)?;
            debt.fee
        } else {
            let refund = debt.fee.min(self.fund);
            self.fund = sub(self.fund, refund)?;
            self.cycle.refunds = add(self.cycle.refunds, refund)?;
            refund
        };
        self.post(issuer, signed(debt.amount)?)?;
        self.post(acceptor, negated(sub(debt.amount, fee)?)?)?;
        Ok(Debt { fee, ..debt })
    }

    /// Closes the open cycle and opens the next; gives the bounty due to the caller.
    ///
    /// The fund takes the cycle's fees after the bounty is reckoned: until the cycle is settled they aren't paid in, while those before are.
    /// # Errors
    /// `CycleRunning`, `CycleUnsettled`, `Overflow`.
    pub fn close(&mut self, config: &Config, now: Timestamp) -> Result<Balance, AllianceError> {
        let ends_at = self.cycle.opened_at.saturating_add(config.cycle_length);
        if now < ends_at {
            return Err(AllianceError::CycleRunning { ends_at, now });
        }
        let owed = self.closed.owed();
        if owed > 0 {
            return Err(AllianceError::CycleUnsettled { cycle: self.closed.cycle.number, owed });
        }
        let bounty = config.closing_bounty.min(self.fund);
        self.fund = add(sub(self.fund, bounty)?, self.cycle.fees)?;
        let next = self.cycle.number.checked_add(1);
        self.closed =
            Closed { cycle: self.cycle, cut_off: now.saturating_add(config.pay_in_window), paid_in: 0 };
        self.cycle = Cycle::opened(next.ok_or(AllianceError::Overflow)?, now);
        Ok(bounty)
    }

    /// Pays `amount` of what `member` owes of the cycle closed last.
    /// # Errors
    /// `ZeroAmount`, `OverDue`, `Overflow`.
    pub fn pay_in(&mut self, member: &mut Member, amount: Balance) -> Result<(), AllianceError> {
        ensure_some(amount)?;
        let due = owed(member.due);
        if amount > due {
            return Err(AllianceError::OverDue { asked: amount, due });
        }
        member.due = shifted(member.due, signed(amount)?)?;
        self.closed.paid_in = add(self.closed.paid_in, amount)?;
        Ok(())
    }

    /// After the cut-off, pays what `member` still owes from its collateral; gives how much.
    ///
    /// As no member's exposure passes its collateral, this always pays all.
    /// # Errors
    /// `BeforeCutOff`, `Overflow`; zero, changing nothing, where nothing is due.
    pub fn cover(&mut self, member: &mut Member, now: Timestamp) -> Result<Balance, AllianceError> {
        let cut_off = self.closed.cut_off;
        if now < cut_off {
            return Err(AllianceError::BeforeCutOff { cut_off, now });
        }
        let amount = owed(member.due).min(member.collateral);
        if amount > 0 {
            member.collateral = sub(member.collateral, amount)?;
            self.pay_in(member, amount)?;
        }
        Ok(amount)
    }

    /// Takes what `member` may collect: its credit, and what it earned in the cycle closed last once that is settled.
    /// # Errors
    /// `Overflow`.
    pub fn pay_out(&self, member: &mut Member) -> Result<Balance, AllianceError> {
        let mut amount = core::mem::take(&mut member.credit);
        if self.closed.owed() == 0 {
            amount = add(amount, earned(core::mem::take(&mut member.due)))?;
        }
        Ok(amount)
    }

    /// Adds to the fund.
    /// # Errors
    /// `Overflow`.
    pub fn endow(&mut self, amount: Balance) -> Result<(), AllianceError> {
        self.fund = add(self.fund, amount)?;
        Ok(())
    }

    /// Moves `member`'s open position, and the sum of debits by as much as the member's own debit changes.
    fn post(&mut self, member: &mut Member, amount: i128) -> Result<(), AllianceError> {
        let before = owed(member.open);
        member.open = shifted(member.open, amount)?;
        self.cycle.debits = add(sub(self.cycle.debits, before)?, owed(member.open))?;
        Ok(())
    }
}

fn add(a: Balance, b: Balance) -> Result<Balance, AllianceError> {
    a.checked_add(b).ok_or(AllianceError::Overflow)
}

fn sub(a: Balance, b: Balance) -> Result<Balance, AllianceError> {
    a.checked_sub(b).ok_or(AllianceError::Overflow)
}

fn shifted(position: i128, by: i128) -> Result<i128, AllianceError> {
    position.checked_add(by).ok_or(AllianceError::Overflow)
}

fn negated(amount: Balance) -> Result<i128, AllianceError> {
    signed(amount)?.checked_neg().ok_or(AllianceError::Overflow)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "the amounts of tests are small")]
mod tests {
    use super::*;
    use crate::testing::{account, config, member};
    use proptest::{prelude::*, sample::Index};

    fn debt(amount: Balance, fee: Balance) -> Debt {
        Debt { issuer: account(1), rate_bps: 10_000, amount, fee }
    }

    #[test]
    fn a_debt_moves_two_positions_and_the_fees() {
        let (mut books, mut issuer, mut acceptor) = (Books::opened(0), member(999, 999), member(0, 0));
        books.book(&debt(100, 3), &mut issuer, &mut acceptor).unwrap();
        assert_eq!((issuer.open, acceptor.open), (-100, 97));
        assert_eq!((books.cycle.debits, books.cycle.fees), (100, 3));
        books.book(&debt(40, 1), &mut acceptor, &mut issuer).unwrap();
        assert_eq!((issuer.open, acceptor.open), (-61, 57));
        assert_eq!((books.cycle.debits, books.cycle.fees), (61, 4));
    }

    #[test]
    fn reversing_in_the_same_cycle_leaves_no_trace() {
        let (mut books, mut issuer, mut acceptor) = (Books::opened(0), member(999, 999), member(0, 0));
        let before = (books, issuer.clone(), acceptor.clone());
        books.book(&debt(100, 3), &mut issuer, &mut acceptor).unwrap();
        let reversed = books.reverse(debt(100, 3), 1, &mut issuer, &mut acceptor);
        assert_eq!(reversed, Ok(debt(100, 3)));
        assert_eq!((books, issuer, acceptor), before);
    }

    #[test]
    fn reversing_later_takes_the_fee_from_the_fund_and_then_from_the_acceptor() {
        for (fund, returned) in [(50, 3), (2, 2), (0, 0)] {
            let mut books = Books::opened(0);
            books.cycle.number = 2;
            books.fund = fund;
            let (mut issuer, mut acceptor) = (member(0, 0), member(999, 999));
            issuer.cycle = 2;
            acceptor.cycle = 2;
            let reversed = books.reverse(debt(100, 3), 1, &mut issuer, &mut acceptor);
            assert_eq!(reversed, Ok(debt(100, returned)));
            assert_eq!(issuer.open, 100);
            assert_eq!(acceptor.open, signed(returned).unwrap() - 100);
            assert_eq!(books.cycle.refunds, returned);
            assert_eq!(books.fund, fund - returned);
            assert_eq!(books.cycle.fees, 0);
        }
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
        let mut debtor = Member { cycle: 2, due: -70, ..member(0, 0) };
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
        let mut debtor = Member { due: -70, open: -5, ..member(0, 0) };
        assert_eq!(books.pay_in(&mut debtor, 0), Err(AllianceError::ZeroAmount));
        books.pay_in(&mut debtor, 30).unwrap();
        let over = AllianceError::OverDue { asked: 41, due: 40 };
        assert_eq!(books.pay_in(&mut debtor, 41), Err(over));
        books.pay_in(&mut debtor, 40).unwrap();
        assert_eq!((debtor.due, debtor.open, books.closed.owed()), (0, -5, 0));
        let over = AllianceError::OverDue { asked: 1, due: 0 };
        assert_eq!(books.pay_in(&mut debtor, 1), Err(over));
    }

    #[test]
    fn collateral_pays_from_the_cut_off_on() {
        let mut books = Books::opened(0);
        (books.closed.cycle.debits, books.closed.cut_off) = (70, 500);
        let mut debtor = Member { due: -70, ..member(999, 100) };
        let early = AllianceError::BeforeCutOff { cut_off: 500, now: 499 };
        assert_eq!(books.cover(&mut debtor, 499), Err(early));
        assert_eq!(books.cover(&mut debtor, 500), Ok(70));
        assert_eq!((debtor.due, debtor.collateral), (0, 30));
        assert_eq!(books.closed.owed(), 0);
        assert_eq!(books.cover(&mut debtor, 501), Ok(0));
    }

    #[test]
    fn a_creditor_waits_for_settlement_but_not_for_older_credit() {
        let mut books = Books::opened(0);
        (books.closed.cycle.debits, books.closed.paid_in) = (70, 69);
        let mut creditor = Member { due: 60, credit: 7, ..member(0, 0) };
        assert_eq!(books.pay_out(&mut creditor), Ok(7));
        assert_eq!(books.pay_out(&mut creditor), Ok(0));
        books.closed.paid_in = 70;
        assert_eq!(books.pay_out(&mut creditor), Ok(60));
        assert_eq!(books.pay_out(&mut creditor), Ok(0));
        assert_eq!((creditor.due, creditor.credit), (0, 0));
    }

    /// Amounts stay small enough for plain sums in tests.
    #[derive(Clone, Debug)]
    enum Step {
        Book(Index, Index, Balance, Balance),
        Reverse(Index),
        Close,
        PayIn(Index, Balance),
        Cover(Index),
        PayOut(Index),
        Join(Balance),
    }

    fn step() -> impl Strategy<Value = Step> {
        let index = any::<Index>;
        prop_oneof![
            6 => (index(), index(), 1..1_000u128, 0..1_000u128)
                .prop_map(|(issuer, acceptor, amount, fee)| {
                    Step::Book(issuer, acceptor, amount, fee.min(amount))
                }),
            2 => index().prop_map(Step::Reverse),
            2 => Just(Step::Close),
            2 => (index(), 1..1_000u128).prop_map(|(member, amount)| Step::PayIn(member, amount)),
            4 => index().prop_map(Step::Cover),
            2 => index().prop_map(Step::PayOut),
            1 => (0..50u128).prop_map(Step::Join),
        ]
    }

    /// Members as storage has them, rolled only when touched, and the money the contract holds.
    struct World {
        config: Config,
        books: Books,
        members: Vec<Member>,
        booked: Vec<(usize, usize, u32, Debt)>,
        held: Balance,
        now: Timestamp,
    }

    impl World {
        fn new() -> Self {
            let members = vec![member(5_000, 10_000); 4];
            Self {
                config: config(),
                books: Books::opened(0),
                held: 40_000,
                members,
                booked: Vec::new(),
                now: 0,
            }
        }

        fn touched(&self, index: usize) -> Member {
            let mut member = self.members[index].clone();
            member.roll(self.books.cycle.number).unwrap();
            member
        }

        /// One step, whole or not at all: what a call does.
        fn step(&mut self, step: &Step) {
            let kept = self.books;
            let done = self.attempt(step);
            if done.is_none() {
                self.books = kept;
            }
        }

        fn attempt(&mut self, step: &Step) -> Option<()> {
            match step {
                Step::Book(issuer, acceptor, amount, fee) => {
                    let (i, a) = (issuer.index(4), acceptor.index(4));
                    let (mut issuer, mut acceptor) = (self.touched(i), self.touched(a));
                    let debt = debt(*amount, *fee);
                    if i == a {
                        return None;
                    }
                    self.books.book(&debt, &mut issuer, &mut acceptor).ok()?;
                    issuer.ensure_covered(account(1), &self.config).ok()?;
                    (self.members[i], self.members[a]) = (issuer, acceptor);
                    self.booked.push((i, a, self.books.cycle.number, debt));
                }
                Step::Reverse(index) => {
                    if self.booked.is_empty() {
                        return None;
                    }
                    let at = index.index(self.booked.len());
                    let (i, a, cycle, debt) = self.booked[at];
                    let (mut issuer, mut acceptor) = (self.touched(i), self.touched(a));
                    self.books.reverse(debt, cycle, &mut issuer, &mut acceptor).ok()?;
                    acceptor.ensure_covered(account(2), &self.config).ok()?;
                    (self.members[i], self.members[a]) = (issuer, acceptor);
                    self.booked.swap_remove(at);
                }
                Step::Close => {
                    self.now += 1_000;
                    self.held -= self.books.close(&self.config, self.now).ok()?;
                }
                Step::PayIn(index, amount) => {
                    let mut member = self.touched(index.index(4));
                    self.books.pay_in(&mut member, *amount).ok()?;
                    self.members[index.index(4)] = member;
                    self.held += amount;
                }
                Step::Cover(index) => {
                    let mut member = self.touched(index.index(4));
                    self.books.cover(&mut member, self.now + 100).ok()?;
                    self.members[index.index(4)] = member;
                }
                Step::PayOut(index) => {
                    let mut member = self.touched(index.index(4));
                    self.held -= self.books.pay_out(&mut member).ok()?;
                    self.members[index.index(4)] = member;
                }
                Step::Join(fee) => {
                    self.books.endow(*fee).ok()?;
                    self.held += fee;
                }
            }
            Some(())
        }

        fn check(&self) {
            let members: Vec<Member> = (0..4).map(|index| self.touched(index)).collect();
            let Books { cycle, closed, fund } = self.books;
            let sum = |part: fn(&Member) -> i128| members.iter().map(part).sum::<i128>();
            let signed = |amount| signed(amount).unwrap();
            assert_eq!(sum(|m| m.open) + signed(cycle.fees) - signed(cycle.refunds), 0);
            let recount: Balance = members.iter().map(|m| owed(m.open)).sum();
            assert_eq!(cycle.debits, recount, "debits of the open cycle");
            let recount: Balance = members.iter().map(|m| owed(m.due)).sum();
            assert_eq!(closed.owed(), recount, "still to be paid in");
            let claims = sum(|m| i128::try_from(m.collateral + m.credit).unwrap() + m.due + m.open);
            assert_eq!(
                signed(self.held),
                claims + signed(fund) + signed(cycle.fees),
                "what the contract holds"
            );
            for (index, member) in members.iter().enumerate() {
                member
                    .ensure_covered(account(1), &self.config)
                    .unwrap_or_else(|error| panic!("member {index}: {error:?}"));
            }
        }

        /// Everybody gets everything back, whatever happened before.
        fn drain(&mut self) {
            for _ in 0..3 {
                for index in 0..4 {
                    let mut member = self.touched(index);
                    self.books.cover(&mut member, self.now + 100).unwrap();
                    self.members[index] = member;
                }
                self.now += 1_000;
                self.held -= self.books.close(&self.config, self.now).unwrap();
            }
            for index in 0..4 {
                let mut member = self.touched(index);
                self.held -= self.books.pay_out(&mut member).unwrap();
                assert_eq!(member.ensure_even(), Ok(()));
                self.held -= member.collateral;
            }
            assert_eq!(self.held, self.books.fund);
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
}
