//! Who belongs, with what collateral, on what rates, and who is held by a dispute. Rarely called.
use super::{items, Ledger, Pages};
use crate::{
    alliance::{
        error::{AllianceError, Outcome},
        members::{Member, Status},
        rates::{agreed, PairRate},
        sheets::add,
    },
    ledger::key,
    AccountId, Balance, Hash, Timestamp,
};

impl<P: Pages> Ledger<'_, P> {
    /// Gives the joining fee, which is nothing where it is `waived`, and the share in the fund. 2 touches.
    /// # Errors
    /// `AlreadyMember`, `Overflow`.
    pub fn apply(
        &mut self,
        account: AccountId,
        registry: AccountId,
        profile: Hash,
        waived: bool,
        now: Timestamp,
    ) -> Outcome<(Balance, Balance)> {
        if self.pages.item(key(items::MEMBERS, &account)).is_some() {
            return Err(AllianceError::AlreadyMember { account }.into());
        }
        let joining = self.root.config.joining;
        let books = &mut self.root.books;
        let fee = if waived { 0 } else { joining.fee_at(books.applied, now) };
        books.endow(fee)?;
        books.applied = books.applied.saturating_add(1);
        let member = Member::applicant(registry, profile, joining.fund_share, books.cycle.number, now);
        self.write_member(account, &member);
        Ok((fee, joining.fund_share))
    }

    /// Has `change` done to where a member stands, and counts the votes. 2 touches.
    /// # Errors
    /// `NotMember`, `Overflow`, and those of `change`.
    pub fn stand(
        &mut self,
        account: AccountId,
        change: impl FnOnce(&mut Member) -> Outcome<()>,
    ) -> Outcome<()> {
        let mut member = self.member(account)?;
        let before = member.status;
        change(&mut member)?;
        self.root.books.recount(before, member.status);
        self.write_member(account, &member);
        Ok(())
    }

    /// 2 touches.
    /// # Errors
    /// `NotMember`, `ZeroAmount`, `Overflow`.
    pub fn deposit(&mut self, account: AccountId, amount: Balance) -> Outcome<()> {
        let mut member = self.member(account)?;
        member.deposit(amount)?;
        self.write_member(account, &member);
        Ok(())
    }

    /// 2 touches.
    /// # Errors
    /// `NotMember`, `ZeroAmount`, `NotMadeGood`, `CollateralShort`, `OverLimit`, `Overflow`.
    pub fn withdraw(&mut self, account: AccountId, amount: Balance) -> Outcome<()> {
        let mut member = self.member(account)?;
        member.withdraw(account, amount, &self.root.config)?;
        self.write_member(account, &member);
        Ok(())
    }

    /// 2 touches.
    /// # Errors
    /// `NotMember`, `NotActive`, `AlreadyLeaving`, `NotMadeGood`, `Overflow`.
    pub fn leave(&mut self, account: AccountId, now: Timestamp) -> Outcome<()> {
        self.stand(account, |member| member.leave(account, now))
    }

    /// 2 touches; gives what the member takes along.
    /// # Errors
    /// `NotMember`, `PositionOpen`, `CasesOpen`, `NotLeaving`, `StillLiable`, `Overflow`.
    pub fn exit(&mut self, account: AccountId, case_window: Timestamp, now: Timestamp) -> Outcome<Balance> {
        let member = self.member(account)?;
        let amount = member.settled(account, &self.root.config, case_window, now)?;
        if member.status == Status::Applied {
            // Else accounts that come and go would use up the places that are free.
            let books = &mut self.root.books;
            books.applied = books.applied.saturating_sub(1);
        }
        self.pages.put(key(items::MEMBERS, &account), None);
        Ok(amount)
    }

    /// Writes what two active members agreed on, and counts it for both. 5 touches.
    /// # Errors
    /// `NotMember`, `NotActive`, `Overflow`, and those of `next`, which is given when the two applied, and what binds them so far.
    pub fn agree(
        &mut self,
        acceptor: AccountId,
        issuer: AccountId,
        next: impl FnOnce((Timestamp, Timestamp), Option<PairRate>) -> Outcome<PairRate>,
    ) -> Outcome<PairRate> {
        let mut one = self.member(acceptor)?;
        one.ensure_active(acceptor)?;
        let mut other = self.member(issuer)?;
        other.ensure_active(issuer)?;
        let before = agreed(&one, &other, self.rate(acceptor, issuer));
        let rate = next((one.applied_at, other.applied_at), before)?;
        for (account, member) in [(acceptor, &mut one), (issuer, &mut other)] {
            member.rates = member.rates.saturating_add(1);
            self.write_member(account, member);
        }
        self.write(items::RATES, &(acceptor, issuer), &rate);
        Ok(rate)
    }

    /// A dispute about `amount` holds two members until it is over. 4 touches.
    /// # Errors
    /// `NotMember`, `Overflow`.
    pub fn open_case(&mut self, acceptor: AccountId, issuer: AccountId, amount: Balance) -> Outcome<()> {
        let (mut against, mut by) = (self.member(acceptor)?, self.member(issuer)?);
        against.disputed = add(against.disputed, amount)?;
        for (account, member) in [(acceptor, &mut against), (issuer, &mut by)] {
            member.cases = member.cases.saturating_add(1);
            self.write_member(account, member);
        }
        Ok(())
    }

    /// Ends a dispute about `disputed`: adjusts both members' open sheets by `amount`, whatever their limits. 4 touches.
    /// # Errors
    /// `NotMember`, `Overflow`.
    pub fn close_case(
        &mut self,
        acceptor: AccountId,
        issuer: AccountId,
        disputed: Balance,
        amount: Balance,
    ) -> Outcome<()> {
        let (mut from, mut to) = (self.member(acceptor)?, self.member(issuer)?);
        from.cases = from.cases.saturating_sub(1);
        to.cases = to.cases.saturating_sub(1);
        from.disputed = from.disputed.saturating_sub(disputed);
        self.root.books.adjust(amount, &mut from, &mut to)?;
        self.write_member(acceptor, &from);
        self.write_member(issuer, &to);
        Ok(())
    }

    /// A member, for who only looks.
    /// # Errors
    /// `NotMember`.
    pub fn looked_up(&self, account: AccountId) -> Outcome<Member> {
        Ok(self.view(account).ok_or(AllianceError::NotMember { account })?)
    }

    /// How much more an account may come to owe; nothing for who isn't a member, or isn't accepted.
    pub fn headroom(&self, account: AccountId, now: Timestamp) -> Balance {
        let config = &self.root.config;
        let accepted = |member: &Member| match member.status {
            Status::Active => true,
            Status::Leaving => now < member.since.saturating_add(config.tail),
            Status::Applied | Status::Suspended | Status::Defaulted => false,
        };
        self.view(account).filter(accepted).map_or(0, |member| member.headroom(config))
    }
}
