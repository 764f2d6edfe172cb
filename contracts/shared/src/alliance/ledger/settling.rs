//! Closing cycles, paying in, paying out, and what becomes of what nobody pays. Rarely called.
use super::{items, Ledger, Pages};
use crate::{
    alliance::{
        cycles::{Closed, Cut, Payout, Waterfall},
        error::{AllianceError, Outcome},
        members::ensure_some,
        sheets::add,
    },
    AccountId, Balance, Timestamp,
};

impl<P: Pages> Ledger<'_, P> {
    /// No touch. Gives the cycle that closed, and the bounty.
    /// # Errors
    /// `CycleRunning`, `CycleUnsettled`, `Overflow`.
    pub fn close_cycle(&mut self, now: Timestamp) -> Outcome<(Closed, Balance)> {
        let bounty = self.root.books.close(&self.root.config, now)?;
        Ok((self.root.books.closed, bounty))
    }

    /// 2 touches.
    /// # Errors
    /// `NotMember`, `ZeroAmount`, `OverDue`, `Overflow`.
    pub fn pay_in(&mut self, account: AccountId, amount: Balance) -> Outcome<()> {
        let mut member = self.member(account)?;
        self.root.books.pay_in(&mut member, amount)?;
        self.write_member(account, &member);
        Ok(())
    }

    /// 2 touches, and 1 where creditors are cut.
    /// # Errors
    /// `NotMember`, `BeforeCutOff`, `NothingDue`, `LongstopRunning`, `Overflow`.
    pub fn default(&mut self, account: AccountId, now: Timestamp) -> Outcome<Waterfall> {
        let mut member = self.member(account)?;
        let found = self.root.books.default(account, &mut member, &self.root.config, now)?;
        if found.cut > 0 {
            // Until the cycle is settled nobody collects, so nothing is overwritten.
            let Closed { cycle, lost, .. } = self.root.books.closed;
            self.write(items::CUTS, &cycle.number, &Cut::new(cycle.credits(), lost));
        }
        self.write_member(account, &member);
        Ok(found)
    }

    /// 2 touches.
    /// # Errors
    /// `NotMember`, `ZeroAmount`, `OverDue`, `Overflow`.
    pub fn make_good(&mut self, account: AccountId, amount: Balance) -> Outcome<()> {
        let mut member = self.member(account)?;
        self.root.books.make_good(&mut member, amount)?;
        self.write_member(account, &member);
        Ok(())
    }

    /// No touch.
    /// # Errors
    /// `ZeroAmount`, `Overflow`.
    pub fn endow(&mut self, amount: Balance) -> Outcome<()> {
        ensure_some(amount)?;
        self.root.books.endow(amount)
    }

    /// 2 touches.
    /// # Errors
    /// `NotMember`, `NothingToPay`, `Overflow`.
    pub fn pay_out(&mut self, account: AccountId) -> Outcome<Payout> {
        let mut member = self.member(account)?;
        let mut books = self.root.books;
        let mut dust = 0;
        let payout = books.pay_out(&mut member, &mut |cycle, earned| {
            let before = self.root.books.fund;
            let share = self.collect(cycle, earned)?;
            dust = self.root.books.fund.saturating_sub(before);
            Ok(share)
        })?;
        books.fund = add(books.fund, dust)?;
        self.root.books = books;
        if payout == Payout::default() {
            return Err(AllianceError::NothingToPay { account }.into());
        }
        self.write_member(account, &member);
        Ok(payout)
    }
}
