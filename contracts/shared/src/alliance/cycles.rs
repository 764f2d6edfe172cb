//! The open cycle, the one closed last, and the fund: how debts are booked, closed, paid in and paid out, and what becomes of those that nobody pays.
//!
//! Takes members brought up to the open cycle. Knows neither accounts nor storage, and moves no money.
//!
//! Over all members: Σ open + fees - refunds = 0, and the contract holds Σ (collateral + fund share + credit + due + open) + fund + fees, less for
//! each cut cycle what is cut from those who haven't collected.
use super::{
    bookings::Debt,
    config::Config,
    error::{AllianceError, Outcome},
    members::{ensure_some, Member, Status},
    sheets::{add, against, favour, owed, sub, Line, Sheet},
};
use crate::{
    math::{proportion, share_down},
    reader::Reader,
    Balance, Timestamp,
};

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
    /// The fees of the debts booked in it, less those given back.
    pub fees: Balance,
    /// The fees that the fund gave back.
    pub refunds: Balance,
}

/// A closed cycle. Settled once `paid_in` and `lost` reach the cycle's debits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Closed {
    /// Its sums when it was closed.
    pub cycle: Cycle,
    /// From this time on, whoever hasn't paid has defaulted.
    pub cut_off: Timestamp,
    /// What was paid: from pockets, collateral and the fund.
    pub paid_in: Balance,
    /// What nobody paid, and is cut from creditors.
    pub lost: Balance,
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
    /// The alliance's own: joining fees, the fees of closed cycles and what was endowed, less bounties, refunds and what it bore of defaults.
    pub fund: Balance,
    /// The last cycle whose creditors were cut; zero for none.
    pub last_cut: u32,
    /// How many have ever applied.
    pub applied: u32,
    /// How many members are active, and so have a vote.
    pub voters: u32,
}

/// What the creditors of a cut cycle share. Each gets `payable / credits` of what it earned, rounded down; whoever collects last leaves the dust to the fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Cut {
    /// What all creditors earned.
    pub credits: Balance,
    /// What there is for them.
    pub payable: Balance,
    /// What those who haven't collected earned.
    pub credits_left: Balance,
    /// What is left for them.
    pub payable_left: Balance,
}

/// Where what a defaulter owed came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Waterfall {
    /// The defaulter's credit from older cycles.
    pub credit: Balance,
    /// Its collateral.
    pub collateral: Balance,
    /// Its share in the fund.
    pub fund_share: Balance,
    /// The rest of the fund.
    pub fund: Balance,
    /// What the cycle's creditors bear.
    pub cut: Balance,
    /// What is still due: the cut is capped until the longstop.
    pub waiting: Balance,
}

/// What a member collects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Payout {
    /// For the member.
    pub amount: Balance,
    /// For the fund, towards what the member has to make good.
    pub made_good: Balance,
}

impl Cycle {
    /// What `Decode` gives, in less code.
    #[inline(never)]
    fn read(reader: &mut Reader) -> Self {
        Self {
            number: reader.u32(),
            opened_at: reader.u64(),
            debits: reader.u128(),
            fees: reader.u128(),
            refunds: reader.u128(),
        }
    }

    /// Just opened.
    pub fn opened(number: u32, opened_at: Timestamp) -> Self {
        Self { number, opened_at, debits: 0, fees: 0, refunds: 0 }
    }

    /// What all members earned together: positions and fees sum to zero.
    pub fn credits(&self) -> Balance {
        self.debits.saturating_add(self.refunds).saturating_sub(self.fees)
    }
}

impl Closed {
    /// What is still to be paid in.
    pub fn owed(&self) -> Balance {
        self.cycle.debits.saturating_sub(self.paid_in).saturating_sub(self.lost)
    }
}

impl Cut {
    /// Of creditors who earned `credits` and have `lost` some of it together.
    pub fn new(credits: Balance, lost: Balance) -> Self {
        let payable = credits.saturating_sub(lost);
        Self { credits, payable, credits_left: credits, payable_left: payable }
    }

    /// What who earned `earned` gets.
    pub fn share(&self, earned: Balance) -> Balance {
        proportion(earned, self.payable, self.credits)
    }

    /// Who earned `earned` collects; gives its share, and the dust once nobody is left.
    /// # Errors
    /// `Overflow`, which would mean that the books don't add up.
    #[inline(never)]
    pub fn collect(&mut self, earned: Balance) -> Outcome<(Balance, Balance)> {
        let share = self.share(earned);
        self.credits_left = sub(self.credits_left, earned)?;
        self.payable_left = sub(self.payable_left, share)?;
        let dust = if self.credits_left == 0 { core::mem::take(&mut self.payable_left) } else { 0 };
        Ok((share, dust))
    }
}

impl Books {
    /// What `Decode` gives, in less code.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            cycle: Cycle::read(reader),
            closed: Closed {
                cycle: Cycle::read(reader),
                cut_off: reader.u64(),
                paid_in: reader.u128(),
                lost: reader.u128(),
            },
            fund: reader.u128(),
            last_cut: reader.u32(),
            applied: reader.u32(),
            voters: reader.u32(),
        }
    }

    /// The first cycle, after an empty one of number zero.
    pub fn opened(now: Timestamp) -> Self {
        Self {
            cycle: Cycle::opened(1, now),
            closed: Closed { cycle: Cycle::opened(0, now), cut_off: now, paid_in: 0, lost: 0 },
            fund: 0,
            last_cut: 0,
            applied: 0,
            voters: 0,
        }
    }

    /// Books `debt`: the issuer owes its amount, the acceptor is owed the amount less the fee.
    /// # Errors
    /// `Overflow`.
    pub fn book(&mut self, debt: &Debt, issuer: &mut Member, acceptor: &mut Member) -> Outcome<()> {
        self.cycle.fees = add(self.cycle.fees, debt.fee)?;
        self.post(&mut issuer.open, Line::Billed, against(debt.amount)?)?;
        self.post(&mut acceptor.open, Line::Earned, favour(sub(debt.amount, debt.fee)?)?)
    }

    /// Reverses `debt` in the open cycle, whichever it was booked in; gives it with the fee that was given back.
    ///
    /// The fee comes from those of the open cycle as far as they reach, which is all of it for a debt booked there, and then from what the fund
    /// holds. Bounties and defaults may have used that up; the acceptor bears the rest, so the issuer has all of its amount back in any case.
    /// # Errors
    /// `Overflow`.
    pub fn reverse(&mut self, debt: Debt, issuer: &mut Member, acceptor: &mut Member) -> Outcome<Debt> {
        let from_fees = debt.fee.min(self.cycle.fees);
        let from_fund = debt.fee.saturating_sub(from_fees).min(self.spendable());
        self.cycle.fees = sub(self.cycle.fees, from_fees)?;
        self.fund = sub(self.fund, from_fund)?;
        self.cycle.refunds = add(self.cycle.refunds, from_fund)?;
        let fee = add(from_fees, from_fund)?;
        self.post(&mut issuer.open, Line::Reversed, favour(debt.amount)?)?;
        self.post(&mut acceptor.open, Line::Reversed, against(sub(debt.amount, fee)?)?)?;
        Ok(Debt { fee, ..debt })
    }

    /// Closes the open cycle and opens the next; gives the bounty due to the caller.
    ///
    /// The fund takes the cycle's fees after the bounty is reckoned: until the cycle is settled they aren't paid in, while those before are.
    /// # Errors
    /// `CycleRunning`, `CycleUnsettled`, `Overflow`.
    pub fn close(&mut self, config: &Config, now: Timestamp) -> Outcome<Balance> {
        let ends_at = self.cycle.opened_at.saturating_add(config.cycle_length);
        if now < ends_at {
            return Err(AllianceError::CycleRunning { ends_at, now }.into());
        }
        let owed = self.closed.owed();
        if owed > 0 {
            return Err(AllianceError::CycleUnsettled { cycle: self.closed.cycle.number, owed }.into());
        }
        let bounty = config.closing_bounty.min(self.fund);
        self.fund = add(sub(self.fund, bounty)?, self.cycle.fees)?;
        let next = self.cycle.number.checked_add(1).ok_or(AllianceError::Overflow)?;
        let cut_off = now.saturating_add(config.pay_in_window);
        self.closed = Closed { cycle: self.cycle, cut_off, paid_in: 0, lost: 0 };
        self.cycle = Cycle::opened(next, now);
        Ok(bounty)
    }

    /// Pays `amount` of what `member` owes of the cycle closed last.
    /// # Errors
    /// `ZeroAmount`, `OverDue`, `Overflow`.
    pub fn pay_in(&mut self, member: &mut Member, amount: Balance) -> Outcome<()> {
        ensure_some(amount)?;
        ensure_due(amount, member.due.owed())?;
        member.due.enter(Line::Paid, favour(amount)?)?;
        self.closed.paid_in = add(self.closed.paid_in, amount)?;
        Ok(())
    }

    /// After the cut-off, finds what `member` still owes in its credit, its collateral, its share in the fund and the fund, in this order, and cuts the rest from the
    /// cycle's creditors: at most `max_cut_bps` of what they earned before the longstop, all of it from then on. What is beyond waits, and anyone may
    /// pay it in. The member has defaulted, even where its own money pays all.
    ///
    /// What can be lost is never more than the creditors earned: until the cycle is settled, the fund holds its fees at least.
    /// # Errors
    /// `BeforeCutOff`, `NothingDue`, `LongstopRunning` where nothing more can be found yet, `Overflow`.
    #[inline(never)]
    pub fn default(
        &mut self,
        account: crate::AccountId,
        member: &mut Member,
        config: &Config,
        now: Timestamp,
    ) -> Outcome<Waterfall> {
        let Closed { cycle, cut_off, lost, .. } = self.closed;
        if now < cut_off {
            return Err(AllianceError::BeforeCutOff { cut_off, now }.into());
        }
        let due = member.due.owed();
        if due == 0 {
            return Err(AllianceError::NothingDue { account }.into());
        }
        let longstop = cut_off.saturating_add(config.longstop);
        let credits = cycle.credits();
        let most = if now < longstop { share_down(credits, config.max_cut_bps) } else { credits };
        let mut waiting = due;
        let mut take = |from: &mut Balance| {
            let amount = waiting.min(*from);
            waiting = waiting.wrapping_sub(amount);
            *from = from.wrapping_sub(amount);
            amount
        };
        let credit = take(&mut member.credit);
        let collateral = take(&mut member.collateral);
        let fund_share = take(&mut member.fund_share);
        let fund = take(&mut self.fund);
        let cut = take(&mut most.saturating_sub(lost));
        if waiting == due {
            return Err(AllianceError::LongstopRunning { due, longstop }.into());
        }
        let found = sub(due, waiting)?;
        member.due.enter(Line::Adjusted, favour(found)?)?;
        member.unpaid = add(member.unpaid, add(fund, cut)?)?;
        if member.status != Status::Defaulted {
            self.recount(member.status, Status::Defaulted);
            (member.status, member.since) = (Status::Defaulted, now);
        }
        self.closed.paid_in = add(self.closed.paid_in, sub(found, cut)?)?;
        self.closed.lost = add(lost, cut)?;
        if cut > 0 {
            self.last_cut = cycle.number;
        }
        Ok(Waterfall { credit, collateral, fund_share, fund, cut, waiting })
    }

    /// Pays `amount` of what the fund and creditors bore for `member`.
    /// # Errors
    /// `ZeroAmount`, `OverDue`, `Overflow`.
    pub fn make_good(&mut self, member: &mut Member, amount: Balance) -> Outcome<()> {
        ensure_some(amount)?;
        ensure_due(amount, member.unpaid)?;
        member.unpaid = sub(member.unpaid, amount)?;
        self.endow(amount)
    }

    /// Takes what `member` may collect: its credit, and what it earned in the cycle closed last once that is settled, of which it gets what
    /// `collected` says. Credit that it owes of the cycle closed last stays. What it has to make good goes to the fund.
    /// # Errors
    /// `Overflow`, and those of `collected`.
    pub fn pay_out(
        &mut self,
        member: &mut Member,
        collected: &mut dyn FnMut(u32, Balance) -> Outcome<Balance>,
    ) -> Outcome<Payout> {
        let kept = member.credit.min(member.due.owed());
        let mut amount = sub(core::mem::replace(&mut member.credit, kept), kept)?;
        let earned = member.due.earned();
        if earned > 0 && self.closed.owed() == 0 {
            let share = collected(self.closed.cycle.number, earned)?;
            member.due.enter(Line::Adjusted, against(sub(earned, share)?)?)?;
            member.due.enter(Line::Paid, against(share)?)?;
            amount = add(amount, share)?;
        }
        let made_good = amount.min(member.unpaid);
        if made_good > 0 {
            self.make_good(member, made_good)?;
        }
        Ok(Payout { amount: sub(amount, made_good)?, made_good })
    }

    /// Adds to the fund.
    /// # Errors
    /// `Overflow`.
    pub fn endow(&mut self, amount: Balance) -> Outcome<()> {
        self.fund = add(self.fund, amount)?;
        Ok(())
    }

    /// Moves `amount` from what one member is owed, or at its cost, to another, in the open cycle.
    /// # Errors
    /// `Overflow`.
    pub fn adjust(&mut self, amount: Balance, from: &mut Member, to: &mut Member) -> Outcome<()> {
        self.post(&mut from.open, Line::Adjusted, against(amount)?)?;
        self.post(&mut to.open, Line::Adjusted, favour(amount)?)
    }

    /// A member's standing has changed.
    pub fn recount(&mut self, before: Status, after: Status) {
        let vote = |status| u32::from(status == Status::Active);
        self.voters = self.voters.saturating_sub(vote(before)).saturating_add(vote(after));
    }

    /// What the fund may give away: until a cycle is settled, its fees aren't paid in.
    fn spendable(&self) -> Balance {
        let unpaid = if self.closed.owed() > 0 { self.closed.cycle.fees } else { 0 };
        self.fund.saturating_sub(unpaid)
    }

    /// Moves an open sheet, and the sum of debits by as much as the member's own debit changes.
    #[inline(never)]
    fn post(&mut self, open: &mut Sheet, line: Line, amount: i128) -> Outcome<()> {
        let before = open.owed();
        open.enter(line, amount)?;
        self.cycle.debits = add(sub(self.cycle.debits, before)?, owed(open.position()))?;
        Ok(())
    }
}

fn ensure_due(asked: Balance, due: Balance) -> Outcome<()> {
    if asked > due {
        return Err(AllianceError::OverDue { asked, due }.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
