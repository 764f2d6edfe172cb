//! Closing cycles, paying in and out, and what becomes of what nobody pays.

use super::{of, owed, share, Alliance, Answer, Model};
use ::alliance::{cycles::Waterfall, error::AllianceError as E, members::Status};
use chain::{AccountId, Balance};

impl Alliance {
    /// Takes up to `most` of a member's credit, the oldest first.
    fn take_credit(&mut self, who: AccountId, most: Balance) -> Balance {
        let mut taken = 0;
        for cycle in 1..self.cycle - 1 {
            let at = (cycle, who);
            let left = (self.entitled(who, cycle) - of(&self.received, at)).min(most - taken);
            *self.received.entry(at).or_default() += left;
            taken += left;
        }
        taken
    }
}

impl Model {
    pub(super) fn close(&mut self, closer: AccountId) -> Result<Answer, E> {
        let now = self.now;
        let alliance = &mut self.alliance;
        let ends_at = alliance.opened_at + alliance.config.cycle_length;
        if now < ends_at {
            return Err(E::CycleRunning { ends_at, now });
        }
        let unsettled = alliance.unsettled();
        if unsettled > 0 {
            return Err(E::CycleUnsettled { cycle: alliance.cycle - 1, owed: unsettled });
        }
        let bounty = alliance.config.closing_bounty.min(alliance.fund);
        alliance.fund -= bounty;
        alliance.fund += alliance.fees.get(&alliance.cycle).copied().unwrap_or_default();
        alliance.closed_opened_at = alliance.opened_at;
        alliance.opened_at = now;
        alliance.cut_off = now + alliance.config.pay_in_window;
        alliance.cycle += 1;
        self.emit("CycleClosed");
        self.pay_from_alliance(closer, bounty)?;
        Ok(Answer::Number(bounty))
    }

    pub(super) fn pay_in(
        &mut self,
        payer: AccountId,
        value: Balance,
        account: AccountId,
        amount: Balance,
    ) -> Result<(), E> {
        self.alliance.member_mut(account)?;
        if amount == 0 {
            return Err(E::ZeroAmount);
        }
        let due = owed(self.alliance.positions(account).1);
        if amount > due {
            return Err(E::OverDue { asked: amount, due });
        }
        let cycle = self.alliance.cycle - 1;
        *self.alliance.paid.entry((cycle, account)).or_default() += amount;
        self.emit("PayInReceived");
        self.collect_for_alliance(payer, amount, value)
    }

    pub(super) fn default_on(&mut self, account: AccountId) -> Result<Answer, E> {
        self.alliance.member_mut(account)?;
        let (now, closed, config) = (self.now, self.alliance.cycle - 1, self.alliance.config.clone());
        let cut_off = self.alliance.cut_off;
        if now < cut_off {
            return Err(E::BeforeCutOff { cut_off, now });
        }
        let due = owed(self.alliance.positions(account).1);
        if due == 0 {
            return Err(E::NothingDue { account });
        }
        let (credits, longstop) = (self.alliance.credits(closed), cut_off + config.longstop);
        let most = if now < longstop { share(credits, config.max_cut_bps) } else { credits };
        let room = most.saturating_sub(self.alliance.lost(closed));
        let mut found = Waterfall { credit: self.alliance.take_credit(account, due), ..Waterfall::default() };
        let mut waiting = due - found.credit;
        let member = self.alliance.members.get_mut(&account).expect("it was looked up");
        for (purse, taken) in [
            (&mut member.collateral, &mut found.collateral),
            (&mut member.fund_share, &mut found.fund_share),
            (&mut self.alliance.fund, &mut found.fund),
        ] {
            *taken = waiting.min(*purse);
            *purse -= *taken;
            waiting -= *taken;
        }
        found.cut = waiting.min(room);
        found.waiting = waiting - found.cut;
        if found.waiting == due {
            return Err(E::LongstopRunning { due, longstop });
        }
        member.unpaid += found.fund + found.cut;
        if member.status != Status::Defaulted {
            (member.status, member.since) = (Status::Defaulted, now);
        }
        *self.alliance.paid.entry((closed, account)).or_default() += due - found.waiting - found.cut;
        *self.alliance.borne.entry((closed, account)).or_default() += found.cut;
        self.emit("MemberDefaulted");
        Ok(Answer::Waterfall(found))
    }

    pub(super) fn make_good(
        &mut self,
        payer: AccountId,
        value: Balance,
        account: AccountId,
        amount: Balance,
    ) -> Result<(), E> {
        let member = self.alliance.member_mut(account)?;
        if amount == 0 {
            return Err(E::ZeroAmount);
        }
        if amount > member.unpaid {
            return Err(E::OverDue { asked: amount, due: member.unpaid });
        }
        member.unpaid -= amount;
        self.alliance.fund += amount;
        self.emit("MadeGood");
        self.collect_for_alliance(payer, amount, value)
    }

    pub(super) fn endow(&mut self, payer: AccountId, value: Balance, amount: Balance) -> Result<(), E> {
        if amount == 0 {
            return Err(E::ZeroAmount);
        }
        self.alliance.fund += amount;
        self.emit("FundEndowed");
        self.collect_for_alliance(payer, amount, value)
    }

    pub(super) fn pay_out_to(&mut self, account: AccountId) -> Result<Answer, E> {
        self.alliance.member_mut(account)?;
        let (_, due, credit) = self.alliance.positions(account);
        // What it owes of the cycle closed last stays.
        let kept = owed(due).min(credit);
        let mut amount = self.alliance.take_credit(account, credit - kept);
        if due > 0 && self.alliance.unsettled() == 0 {
            let closed = self.alliance.cycle - 1;
            let earned = self.alliance.entitled(account, closed);
            self.alliance.drawn.insert((closed, account));
            *self.alliance.received.entry((closed, account)).or_default() += earned;
            self.alliance.collect(account, closed);
            amount += earned;
        }
        if amount == 0 {
            return Err(E::NothingToPay { account });
        }
        let member = self.alliance.members.get_mut(&account).expect("it was looked up");
        let made_good = amount.min(member.unpaid);
        member.unpaid -= made_good;
        self.alliance.fund += made_good;
        self.emit("PayoutMade");
        self.pay_from_alliance(account, amount - made_good)?;
        Ok(Answer::Number(amount - made_good))
    }
}
