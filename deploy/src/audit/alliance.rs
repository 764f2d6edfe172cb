//! An alliance's storage from its events. Of the contract's code it uses the types of what is stored and `Member::roll`, by which an event brings
//! the member it names up to the open cycle; sums and positions it reckons by itself.
use super::{
    contradiction::{ensure_rule, ensure_same, ensure_some, Contradiction},
    decode::AllianceEvent,
    money::{self, Till},
    storage::{Describe, Replayed, Table},
};
use ::alliance::{
    bookings::Debt,
    config::Config,
    cycles::{Closed, Cut, Cycle, Waterfall},
    events,
    ledger::Root,
    members::{Member, Status},
    sheets::{owed, Sheet},
};
use shared::{alliance::rates::PairRate, assets::Asset, AccountId, Balance, Timestamp};
use std::collections::BTreeMap;

const ROOT: Table<(), Root> = Table::new(0, "root");
const MEMBERS: Table<AccountId, Member> = Table::new(0x01, "member");
const RATES: Table<(AccountId, AccountId), PairRate> = Table::new(0x02, "rate");
const CUTS: Table<u32, Cut> = Table::new(0x03, "cut");

/// Every table of an alliance.
pub(super) const LAYOUT: &[&dyn Describe] = &[&ROOT, &MEMBERS, &RATES, &CUTS];

pub(super) struct AllianceReplay {
    pub(super) store: Replayed,
    pub(super) till: Till,
}

impl AllianceReplay {
    pub(super) fn new() -> Self {
        Self { store: Replayed::default(), till: Till::new("alliance") }
    }

    /// The rules, the open cycle and the one before.
    /// # Errors
    /// `NotCreated`.
    pub(super) fn root(&self) -> Result<Root, Contradiction> {
        self.store.get(&ROOT, &()).ok_or(Contradiction::NotCreated)
    }

    /// Every member as stored, not brought up to the open cycle.
    pub(super) fn members(&self) -> Vec<(AccountId, Member)> {
        self.store.all(&MEMBERS)
    }

    /// What the alliance owes: collateral, shares in the fund, what members may collect less what they have to pay in and what is cut from those who
    /// haven't collected, the fund and the open cycle's fees.
    /// # Errors
    /// `NotCreated`, `Overflow`.
    pub(super) fn owed(&self) -> Result<BTreeMap<Asset, Balance>, Contradiction> {
        const WHAT: &str = "money owed";
        let Root { config, books, .. } = self.root()?;
        let (mut sum, mut positions) = (books.fund, 0_i128);
        for (_, member) in self.members() {
            for part in [member.collateral, member.fund_share, member.credit] {
                sum = ensure_some(WHAT, sum.checked_add(part))?;
            }
            for sheet in [member.open, member.due] {
                positions = ensure_some(WHAT, positions.checked_add(sheet.position()))?;
            }
        }
        for (_, cut) in self.store.all(&CUTS) {
            let lost = ensure_some(WHAT, cut.credits_left.checked_sub(cut.payable_left))?;
            positions = ensure_some(WHAT, positions.checked_sub_unsigned(lost))?;
        }
        sum = ensure_some(WHAT, sum.checked_add(books.cycle.fees))?;
        sum = ensure_some(WHAT, sum.checked_add_signed(positions))?;
        let mut owed = BTreeMap::new();
        money::add(&mut owed, config.asset, sum)?;
        Ok(owed)
    }

    /// # Errors
    /// `Contradiction`.
    pub(super) fn apply(&mut self, event: &AllianceEvent, now: Timestamp) -> Result<(), Contradiction> {
        match event {
            AllianceEvent::AllianceCreated(event) => self.created(event, now),
            AllianceEvent::OrdersBooked(event) => self.booked(event, now),
            AllianceEvent::DebtsReversed(event) => self.reversed(event),
        }
    }

    fn config(&self) -> Result<Config, Contradiction> {
        Ok(self.root()?.config)
    }

    /// The member as it is stored: voting writes nothing of it.
    pub(super) fn looked_up(&self, account: AccountId) -> Result<Member, Contradiction> {
        self.store.found(&MEMBERS, &account)
    }

    /// The member, brought up to the open cycle: what it earned in settled cycles becomes credit, after a cut its share of it.
    pub(super) fn member(&mut self, account: AccountId) -> Result<Member, Contradiction> {
        let mut member = self.store.found(&MEMBERS, &account)?;
        let mut root = self.root()?;
        let (store, fund) = (&mut self.store, &mut root.books.fund);
        let mut collected = |cycle, earned| Ok(take_share(store, fund, cycle, earned));
        ensure_some("a member's credit", member.roll(root.books.cycle.number, &mut collected).ok())?;
        self.store.set(&ROOT, &(), &root);
        self.store.set(&MEMBERS, &account, &member);
        Ok(member)
    }

    /// Changes the fund.
    fn add_to_fund(&mut self, amount: Balance) -> Result<Asset, Contradiction> {
        let mut root = self.root()?;
        root.books.fund = ensure_some("the fund", root.books.fund.checked_add(amount))?;
        self.store.set(&ROOT, &(), &root);
        Ok(root.config.asset)
    }

    fn created(&mut self, event: &events::AllianceCreated, now: Timestamp) -> Result<(), Contradiction> {
        if self.root().is_ok() {
            return Err(Contradiction::CreatedTwice);
        }
        ensure_same("the opening of the first cycle", now, event.opened_at)?;
        let root = Root {
            config: event.config.clone(),
            books: ::alliance::cycles::Books {
                cycle: opened(1, now),
                closed: Closed { cycle: opened(0, now), cut_off: now, paid_in: 0, lost: 0 },
                fund: 0,
                last_cut: 0,
                applied: 0,
                voters: 0,
            },
            council: event.council,
        };
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    pub(super) fn applied(
        &mut self,
        event: &::council::events::MemberApplied,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let account = event.member;
        self.store.ensure_absent(&MEMBERS, &account)?;
        ensure_same("the application's time", now, event.at)?;
        let mut root = self.root()?;
        let joining = root.config.joining;
        let fee = if event.waived || root.books.applied < joining.free_first {
            0
        } else if now < joining.early_until {
            joining.early_fee
        } else {
            joining.fee
        };
        ensure_same("the joining fee", fee, event.fee)?;
        ensure_same("the share in the fund", joining.fund_share, event.fund_share)?;
        root.books.fund = ensure_some("the fund", root.books.fund.checked_add(fee))?;
        root.books.applied = root.books.applied.saturating_add(1);
        self.store.set(&ROOT, &(), &root);
        let member = Member {
            registry: event.registry,
            profile: event.profile,
            applied_at: now,
            status: Status::Applied,
            since: now,
            collateral: 0,
            cap: 0,
            fund_share: event.fund_share,
            unpaid: 0,
            cases: 0,
            disputed: 0,
            rates: 0,
            liable_until: 0,
            cycle: root.books.cycle.number,
            open: Sheet::default(),
            due: Sheet::default(),
            credit: 0,
        };
        self.store.set(&MEMBERS, &account, &member);
        self.till.take_in(root.config.asset, fee, account, "joining fee")?;
        self.till.take_in(root.config.asset, event.fund_share, account, "share in the fund")
    }

    pub(super) fn leaving(
        &mut self,
        event: &::council::events::MemberLeaving,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let mut member = self.member(event.member)?;
        ensure_same("the time of leaving", now, event.at)?;
        ensure_rule(
            "a member leaves once, and with nothing to make good",
            !matches!(member.status, Status::Applied | Status::Leaving) && member.unpaid == 0,
        )?;
        let before = member.status;
        if before != Status::Active {
            member.cap = 0;
        }
        (member.status, member.since) = (Status::Leaving, now);
        self.stand(event.member, before, &member)
    }

    pub(super) fn exited(
        &mut self,
        event: &::council::events::MemberExited,
        case_window: Timestamp,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let member = self.member(event.member)?;
        ensure_same(
            "the position of a member that leaves",
            (0, 0, 0, 0),
            (member.open.position(), member.due.position(), member.credit, member.cases),
        )?;
        let config = self.config()?;
        let disputable = member.liable_until.saturating_add(case_window);
        let free = member.since.saturating_add(config.tail).max(disputable);
        ensure_rule(
            "a member goes when it isn't answerable any more",
            match member.status {
                Status::Applied => true,
                Status::Leaving => now >= free,
                Status::Active | Status::Suspended | Status::Defaulted => false,
            },
        )?;
        let amount = ensure_some("what it takes along", member.collateral.checked_add(member.fund_share))?;
        ensure_same("what it takes along", amount, event.amount)?;
        if member.status == Status::Applied {
            let mut root = self.root()?;
            root.books.applied = root.books.applied.saturating_sub(1);
            self.store.set(&ROOT, &(), &root);
        }
        self.store.remove(&MEMBERS, &event.member);
        self.till.pay_out(config.asset, event.amount, event.member, "collateral and share on leaving")
    }

    pub(super) fn deposited(
        &mut self,
        event: &::council::events::CollateralDeposited,
    ) -> Result<(), Contradiction> {
        let mut member = self.member(event.member)?;
        let collateral = member.collateral.checked_add(event.amount);
        member.collateral = ensure_some("collateral", collateral)?;
        self.store.set(&MEMBERS, &event.member, &member);
        let asset = self.config()?.asset;
        self.till.take_in(asset, event.amount, event.member, "collateral deposited")
    }

    pub(super) fn withdrawn(
        &mut self,
        event: &::council::events::CollateralWithdrawn,
    ) -> Result<(), Contradiction> {
        let mut member = self.member(event.member)?;
        let collateral = member.collateral.checked_sub(event.amount);
        member.collateral = ensure_some("collateral", collateral)?;
        let config = self.config()?;
        ensure_within(&member, exposure(&member).saturating_add(member.disputed), &config)?;
        self.store.set(&MEMBERS, &event.member, &member);
        self.till.pay_out(config.asset, event.amount, event.member, "collateral withdrawn")
    }

    /// Writes a member that stood elsewhere before, and counts the votes.
    pub(super) fn stand(
        &mut self,
        account: AccountId,
        before: Status,
        member: &Member,
    ) -> Result<(), Contradiction> {
        self.count_votes(before, member.status)?;
        self.store.set(&MEMBERS, &account, member);
        Ok(())
    }

    fn count_votes(&mut self, before: Status, after: Status) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        let voters = match (before == Status::Active, after == Status::Active) {
            (true, false) => root.books.voters.checked_sub(1),
            (false, true) => root.books.voters.checked_add(1),
            _ => Some(root.books.voters),
        };
        root.books.voters = ensure_some("members with a vote", voters)?;
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    /// Two members agreed on a rate.
    pub(super) fn agree(
        &mut self,
        acceptor: AccountId,
        issuer: AccountId,
        rate: PairRate,
        case_window: Timestamp,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let before: Option<PairRate> = self.store.get(&RATES, &(acceptor, issuer));
        let between = (self.member(acceptor)?.applied_at, self.member(issuer)?.applied_at);
        for account in [acceptor, issuer] {
            let mut member = self.member(account)?;
            ensure_same("a member's standing", Status::Active, member.status)?;
            member.rates = ensure_some("agreements", member.rates.checked_add(1))?;
            self.store.set(&MEMBERS, &account, &member);
        }
        let reckoned = self.config()?.tail.saturating_add(case_window);
        let expected = match before.filter(|before| before.between == between) {
            Some(before) => {
                ensure_rule(
                    "a rate stays until what it was in force for can be neither undone nor disputed",
                    now >= before.rate.from.saturating_add(reckoned),
                )?;
                PairRate { rate: rate.rate, before: Some((before.rate.bps, before.rate.daily_cap)), ..before }
            }
            None => PairRate { between, rate: rate.rate, before: None, day: 0, used: 0 },
        };
        ensure_same("the pair's rate", expected, rate)?;
        self.store.set(&RATES, &(acceptor, issuer), &rate);
        Ok(())
    }

    /// A dispute about `amount` holds two members; its fee went to the fund.
    pub(super) fn hold(
        &mut self,
        acceptor: AccountId,
        issuer: AccountId,
        amount: Balance,
        fee: Balance,
    ) -> Result<(), Contradiction> {
        for account in [acceptor, issuer] {
            let mut member = self.member(account)?;
            member.cases = ensure_some("a member's disputes", member.cases.checked_add(1))?;
            if account == acceptor {
                member.disputed = ensure_some("what is disputed", member.disputed.checked_add(amount))?;
            }
            self.store.set(&MEMBERS, &account, &member);
        }
        let mut root = self.root()?;
        root.books.fund = ensure_some("the fund", root.books.fund.checked_add(fee))?;
        let asset = root.config.asset;
        self.store.set(&ROOT, &(), &root);
        self.till.take_in(asset, fee, issuer, "fee of a dispute")
    }

    /// A dispute about `disputed` is over, and gave `amount` back.
    pub(super) fn release(
        &mut self,
        acceptor: AccountId,
        issuer: AccountId,
        disputed: Balance,
        amount: Balance,
    ) -> Result<(), Contradiction> {
        let (mut from, mut to) = (self.member(acceptor)?, self.member(issuer)?);
        for member in [&mut from, &mut to] {
            member.cases = ensure_some("a member's disputes", member.cases.checked_sub(1))?;
        }
        from.disputed = ensure_some("what is disputed", from.disputed.checked_sub(disputed))?;
        let mut root = self.root()?;
        post(&mut root.books.cycle, &mut from, amount, Side::Owes, |sheet| &mut sheet.adjusted)?;
        post(&mut root.books.cycle, &mut to, amount, Side::Earns, |sheet| &mut sheet.adjusted)?;
        self.store.set(&MEMBERS, &acceptor, &from);
        self.store.set(&MEMBERS, &issuer, &to);
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    /// What acceptor and issuer agreed on, where it binds both.
    fn pair(&self, acceptor: (AccountId, &Member), issuer: (AccountId, &Member)) -> Option<PairRate> {
        let between = (acceptor.1.applied_at, issuer.1.applied_at);
        self.store.get(&RATES, &(acceptor.0, issuer.0)).filter(|pair: &PairRate| pair.between == between)
    }

    fn booked(&mut self, event: &events::OrdersBooked, now: Timestamp) -> Result<(), Contradiction> {
        for order in &event.orders {
            let config = self.config()?;
            ensure_rule("an order that made no debt isn't booked", !order.debts.is_empty())?;
            ensure_rule(
                "an order can't be undone for longer than the tail",
                order.final_at <= now.saturating_add(config.tail),
            )?;
            for debt in &order.debts {
                self.debt_booked(debt, event.acceptor, order.final_at, &config, now)?;
            }
        }
        Ok(())
    }

    fn debt_booked(
        &mut self,
        debt: &Debt,
        by: AccountId,
        final_at: Timestamp,
        config: &Config,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        ensure_rule("a debt is between two members", debt.issuer != by)?;
        ensure_same("the fee", shared::math::share_up(debt.amount, config.fee_bps), debt.fee)?;
        let (mut acceptor, mut issuer) = (self.member(by)?, self.member(debt.issuer)?);
        ensure_same("the acceptor's standing", Status::Active, acceptor.status)?;
        let pair = self.pair((by, &acceptor), (debt.issuer, &issuer));
        let rate = pair.and_then(|pair| pair.at(now)).unwrap_or(config.default_rate_bps);
        ensure_same("the rate", rate, debt.rate_bps)?;
        if let Some(mut pair) = pair {
            let spent = pair.spend(debt.amount, now).ok();
            if ensure_some("the day's sum", spent)? {
                self.store.set(&RATES, &(by, debt.issuer), &pair);
            }
        }
        let mut root = self.root()?;
        let cycle = &mut root.books.cycle;
        cycle.fees = ensure_some("the cycle's fees", cycle.fees.checked_add(debt.fee))?;
        let credit = ensure_some("a debt", debt.amount.checked_sub(debt.fee))?;
        post(cycle, &mut issuer, debt.amount, Side::Owes, |sheet| &mut sheet.billed)?;
        post(cycle, &mut acceptor, credit, Side::Earns, |sheet| &mut sheet.earned)?;
        ensure_covered(&issuer, config)?;
        for member in [&mut issuer, &mut acceptor] {
            member.liable_until = member.liable_until.max(final_at);
        }
        self.store.set(&MEMBERS, &debt.issuer, &issuer);
        self.store.set(&MEMBERS, &by, &acceptor);
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    fn reversed(&mut self, event: &events::DebtsReversed) -> Result<(), Contradiction> {
        for debt in &event.debts {
            let (mut issuer, mut acceptor) = (self.member(debt.issuer)?, self.member(event.acceptor)?);
            let mut root = self.root()?;
            let books = &mut root.books;
            // Fees of the open cycle go first, then what the fund holds and others have paid in.
            let from_fees = debt.fee.min(books.cycle.fees);
            let from_fund = debt.fee.saturating_sub(from_fees);
            let settled = books.closed.owed() == 0;
            let held = if settled { books.fund } else { books.fund.saturating_sub(books.closed.cycle.fees) };
            ensure_rule("a fee is given back from what the fund holds", from_fund <= held)?;
            books.cycle.fees = books.cycle.fees.saturating_sub(from_fees);
            books.fund = books.fund.saturating_sub(from_fund);
            let refunds = books.cycle.refunds.checked_add(from_fund);
            books.cycle.refunds = ensure_some("the cycle's refunds", refunds)?;
            let returned = ensure_some("a debt", debt.amount.checked_sub(debt.fee))?;
            post(&mut books.cycle, &mut issuer, debt.amount, Side::Earns, |sheet| &mut sheet.reversed)?;
            post(&mut books.cycle, &mut acceptor, returned, Side::Owes, |sheet| &mut sheet.reversed)?;
            let pair = self.pair((event.acceptor, &acceptor), (debt.issuer, &issuer));
            if let Some(mut pair) = pair {
                if pair.give_back(debt.amount, event.redeemed_at) {
                    self.store.set(&RATES, &(event.acceptor, debt.issuer), &pair);
                }
            }
            self.store.set(&MEMBERS, &debt.issuer, &issuer);
            self.store.set(&MEMBERS, &event.acceptor, &acceptor);
            self.store.set(&ROOT, &(), &root);
        }
        Ok(())
    }

    pub(super) fn closed(
        &mut self,
        event: &::council::events::CycleClosed,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        let (config, books) = (&root.config, &mut root.books);
        ensure_same("the closing's time", now, event.at)?;
        ensure_same(
            "the cycle's number and sums",
            (books.cycle.number, books.cycle.debits, books.cycle.fees, books.cycle.refunds),
            (event.number, event.debits, event.fees, event.refunds),
        )?;
        ensure_same("the bounty", config.closing_bounty.min(books.fund), event.bounty)?;
        ensure_same("the cut-off", now.saturating_add(config.pay_in_window), event.cut_off)?;
        ensure_rule(
            "a cycle closes when its time is up and the one before is settled",
            now >= books.cycle.opened_at.saturating_add(config.cycle_length) && books.closed.owed() == 0,
        )?;
        let fund = books.fund.checked_sub(event.bounty);
        let fund = fund.and_then(|fund| fund.checked_add(event.fees));
        books.fund = ensure_some("the fund", fund)?;
        books.closed = Closed { cycle: books.cycle, cut_off: event.cut_off, paid_in: 0, lost: 0 };
        let next = ensure_some("the cycle's number", event.number.checked_add(1))?;
        books.cycle = opened(next, now);
        let asset = config.asset;
        self.store.set(&ROOT, &(), &root);
        self.till.pay_out(asset, event.bounty, event.closer, "bounty for closing")
    }

    pub(super) fn paid_in(&mut self, event: &::council::events::PayInReceived) -> Result<(), Contradiction> {
        let mut member = self.member(event.member)?;
        ensure_rule("nobody pays in more than is due", event.amount <= member.due.owed())?;
        let mut root = self.root()?;
        move_line(&mut member.due.paid, event.amount, Side::Earns)?;
        let paid_in = root.books.closed.paid_in.checked_add(event.amount);
        root.books.closed.paid_in = ensure_some("what is paid in", paid_in)?;
        self.store.set(&MEMBERS, &event.member, &member);
        self.store.set(&ROOT, &(), &root);
        self.till.take_in(root.config.asset, event.amount, event.payer, "paid in")
    }

    /// Each source gives all it has before the next is asked.
    pub(super) fn defaulted(
        &mut self,
        event: &::council::events::MemberDefaulted,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let mut member = self.member(event.member)?;
        let mut root = self.root()?;
        let (config, books) = (&root.config, &mut root.books);
        let closed = &mut books.closed;
        ensure_same("the default's time", now, event.at)?;
        ensure_rule("nobody defaults before the cut-off", now >= closed.cut_off)?;
        let credits = ensure_some(
            "what creditors earned",
            closed
                .cycle
                .debits
                .checked_add(closed.cycle.refunds)
                .and_then(|sum| sum.checked_sub(closed.cycle.fees)),
        )?;
        let longstop = closed.cut_off.saturating_add(config.longstop);
        let most =
            if now < longstop { shared::math::share_down(credits, config.max_cut_bps) } else { credits };
        let sources = [
            member.credit,
            member.collateral,
            member.fund_share,
            books.fund,
            most.saturating_sub(closed.lost),
        ];
        let mut left = member.due.owed();
        let due = left;
        let [credit, collateral, fund_share, fund, cut] = sources.map(|source| {
            let amount = source.min(left);
            left = left.saturating_sub(amount);
            amount
        });
        let expected = Waterfall { credit, collateral, fund_share, fund, cut, waiting: left };
        ensure_same("where the debt was found", expected, event.found)?;
        ensure_rule("a default finds something", left < due)?;
        member.credit = member.credit.saturating_sub(credit);
        member.collateral = member.collateral.saturating_sub(collateral);
        member.fund_share = member.fund_share.saturating_sub(fund_share);
        books.fund = books.fund.saturating_sub(fund);
        let found = due.saturating_sub(left);
        move_line(&mut member.due.adjusted, found, Side::Earns)?;
        let unpaid = member.unpaid.checked_add(fund).and_then(|sum| sum.checked_add(cut));
        member.unpaid = ensure_some("what is to be made good", unpaid)?;
        if member.status != Status::Defaulted {
            if member.status == Status::Active {
                books.voters = ensure_some("members with a vote", books.voters.checked_sub(1))?;
            }
            (member.status, member.since) = (Status::Defaulted, now);
        }
        let paid_in = closed.paid_in.checked_add(found.saturating_sub(cut));
        closed.paid_in = ensure_some("what is paid in", paid_in)?;
        closed.lost = ensure_some("what is lost", closed.lost.checked_add(cut))?;
        if cut > 0 {
            books.last_cut = closed.cycle.number;
            let payable = ensure_some("what creditors share", credits.checked_sub(closed.lost))?;
            let cut = Cut { credits, payable, credits_left: credits, payable_left: payable };
            self.store.set(&CUTS, &closed.cycle.number, &cut);
        }
        self.store.set(&MEMBERS, &event.member, &member);
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    pub(super) fn made_good(&mut self, event: &::council::events::MadeGood) -> Result<(), Contradiction> {
        let mut member = self.member(event.member)?;
        let unpaid = member.unpaid.checked_sub(event.amount);
        member.unpaid = ensure_some("what is to be made good", unpaid)?;
        self.store.set(&MEMBERS, &event.member, &member);
        let asset = self.add_to_fund(event.amount)?;
        self.till.take_in(asset, event.amount, event.payer, "made good")
    }

    pub(super) fn endowed(&mut self, event: &::council::events::FundEndowed) -> Result<(), Contradiction> {
        let asset = self.add_to_fund(event.amount)?;
        self.till.take_in(asset, event.amount, event.payer, "endowed")
    }

    pub(super) fn paid_out(&mut self, event: &::council::events::PayoutMade) -> Result<(), Contradiction> {
        let mut member = self.member(event.member)?;
        let mut root = self.root()?;
        let kept = member.credit.min(member.due.owed());
        let mut amount = member.credit.saturating_sub(kept);
        member.credit = kept;
        let earned = member.due.earned();
        if root.books.closed.owed() == 0 && earned > 0 {
            let cycle = root.books.closed.cycle.number;
            let share = take_share(&mut self.store, &mut root.books.fund, cycle, earned);
            move_line(&mut member.due.adjusted, earned.saturating_sub(share), Side::Owes)?;
            move_line(&mut member.due.paid, share, Side::Owes)?;
            amount = ensure_some("a payout", amount.checked_add(share))?;
        }
        let made_good = amount.min(member.unpaid);
        member.unpaid = member.unpaid.saturating_sub(made_good);
        amount = amount.saturating_sub(made_good);
        ensure_same("the payout", (amount, made_good), (event.amount, event.made_good))?;
        root.books.fund = ensure_some("the fund", root.books.fund.checked_add(made_good))?;
        self.store.set(&MEMBERS, &event.member, &member);
        self.store.set(&ROOT, &(), &root);
        self.till.pay_out(root.config.asset, event.amount, event.member, "paid out")
    }
}

/// A creditor's share of what it earned in a settled cycle; whoever comes last leaves the dust to the fund.
fn take_share(store: &mut Replayed, fund: &mut Balance, cycle: u32, earned: Balance) -> Balance {
    let Some(mut cut) = store.get(&CUTS, &cycle) else {
        return earned;
    };
    let share = cut.share(earned);
    cut.credits_left = cut.credits_left.saturating_sub(earned);
    cut.payable_left = cut.payable_left.saturating_sub(share);
    if cut.credits_left == 0 {
        *fund = fund.saturating_add(std::mem::take(&mut cut.payable_left));
    }
    store.set(&CUTS, &cycle, &cut);
    share
}

#[derive(Clone, Copy)]
enum Side {
    Owes,
    Earns,
}

/// Moves a line of a member's open sheet, and the cycle's debits by as much as the member's own debit changes.
fn post(
    cycle: &mut Cycle,
    member: &mut Member,
    amount: Balance,
    side: Side,
    line: fn(&mut Sheet) -> &mut i128,
) -> Result<(), Contradiction> {
    let before = member.open.owed();
    move_line(line(&mut member.open), amount, side)?;
    let debits = cycle.debits.checked_sub(before);
    let debits = debits.and_then(|debits| debits.checked_add(owed(member.open.position())));
    cycle.debits = ensure_some("the cycle's debits", debits)?;
    Ok(())
}

fn move_line(line: &mut i128, amount: Balance, side: Side) -> Result<(), Contradiction> {
    let after = match side {
        Side::Owes => line.checked_sub_unsigned(amount),
        Side::Earns => line.checked_add_unsigned(amount),
    };
    *line = ensure_some("a line of a sheet", after)?;
    Ok(())
}

fn opened(number: u32, opened_at: Timestamp) -> Cycle {
    Cycle { number, opened_at, debits: 0, fees: 0, refunds: 0 }
}

fn ensure_covered(member: &Member, config: &Config) -> Result<(), Contradiction> {
    ensure_within(member, exposure(member), config)
}

fn exposure(member: &Member) -> Balance {
    member.open.owed().saturating_add(member.due.owed())
}

fn ensure_within(member: &Member, exposure: Balance, config: &Config) -> Result<(), Contradiction> {
    let covered = shared::math::times_down(member.collateral, config.cap_factor_bps);
    ensure_rule(
        "no member owes more than its cap and its collateral allow",
        exposure <= covered.min(member.cap),
    )
}
