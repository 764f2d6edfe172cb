//! An alliance's storage from its events. Of the contract's code it uses the types of what is stored and `Member::roll`, by which an event brings
//! the member it names up to the open cycle; sums and positions it reckons by itself.
use super::{
    contradiction::{ensure_rule, ensure_same, ensure_some, Contradiction},
    decode::AllianceEvent,
    money::{self, Till},
    storage::{Describe, Replayed, Table},
};
use ::alliance::{
    bookings::{Booking, Debt},
    config::Config,
    cycles::{Closed, Cycle},
    events,
    ledger::{BookingKey, Root},
    members::{earned, owed, Member, Status},
};
use shared::{assets::Asset, AccountId, Balance, Timestamp};
use std::collections::BTreeMap;

const ROOT: Table<(), Root> = Table::new(0, "root");
const MEMBERS: Table<AccountId, Member> = Table::new(0x01, "member");
const BOOKINGS: Table<BookingKey, Booking> = Table::new(0x02, "booking");

/// Every table of an alliance, by the manual keys of its `Ledger`.
pub(super) const LAYOUT: &[&dyn Describe] = &[&ROOT, &MEMBERS, &BOOKINGS];

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

    /// What the alliance owes: collateral, what members may collect less what they have to pay in, the fund and the open cycle's fees.
    /// # Errors
    /// `NotCreated`, `Overflow`.
    pub(super) fn owed(&self) -> Result<BTreeMap<Asset, Balance>, Contradiction> {
        const WHAT: &str = "money owed";
        let Root { config, books } = self.root()?;
        let (mut sum, mut positions) = (books.fund, 0_i128);
        for (_, member) in self.members() {
            for part in [member.collateral, member.credit] {
                sum = ensure_some(WHAT, sum.checked_add(part))?;
            }
            for position in [member.open, member.due] {
                positions = ensure_some(WHAT, positions.checked_add(position))?;
            }
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
            AllianceEvent::MemberApplied(event) => self.applied(event, now),
            AllianceEvent::MemberAdmitted(event) => self.admitted(event, now),
            AllianceEvent::MemberExited(event) => self.exited(event),
            AllianceEvent::CollateralDeposited(event) => self.deposited(event),
            AllianceEvent::CollateralWithdrawn(event) => self.withdrawn(event),
            AllianceEvent::DebtBooked(event) => self.booked(event),
            AllianceEvent::DebtReversed(event) => self.reversed(event),
            AllianceEvent::CycleClosed(event) => self.closed(event, now),
            AllianceEvent::PayInReceived(event) => self.paid_in(event),
            AllianceEvent::PayInCovered(event) => self.covered(event, now),
            AllianceEvent::PayoutMade(event) => self.paid_out(event),
        }
    }

    fn config(&self) -> Result<Config, Contradiction> {
        Ok(self.root()?.config)
    }

    /// The member, brought up to the open cycle.
    fn member(&self, account: AccountId) -> Result<Member, Contradiction> {
        let mut member = self.store.found(&MEMBERS, &account)?;
        let cycle = self.root()?.books.cycle.number;
        ensure_some("a member's credit", member.roll(cycle).ok())?;
        Ok(member)
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
                closed: Closed { cycle: opened(0, now), cut_off: now, paid_in: 0 },
                fund: 0,
            },
        };
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    fn applied(&mut self, event: &events::MemberApplied, now: Timestamp) -> Result<(), Contradiction> {
        let account = event.member;
        self.store.ensure_absent(&MEMBERS, &account)?;
        ensure_same("the application's time", now, event.at)?;
        let mut root = self.root()?;
        let fee = root.config.joining_fee;
        root.books.fund = ensure_some("the fund", root.books.fund.checked_add(fee))?;
        self.store.set(&ROOT, &(), &root);
        let member = Member {
            registry: event.registry,
            profile: event.profile,
            status: Status::Applied,
            since: now,
            collateral: 0,
            cap: 0,
            cycle: root.books.cycle.number,
            open: 0,
            due: 0,
            credit: 0,
        };
        self.store.set(&MEMBERS, &account, &member);
        self.till.take_in(root.config.asset, fee, account, "joining fee")
    }

    fn admitted(&mut self, event: &events::MemberAdmitted, now: Timestamp) -> Result<(), Contradiction> {
        let mut member = self.member(event.member)?;
        ensure_same("the admission's time", now, event.at)?;
        ensure_same("the member's standing", Status::Applied, member.status)?;
        (member.status, member.since, member.cap) = (Status::Active, now, event.cap);
        self.store.set(&MEMBERS, &event.member, &member);
        Ok(())
    }

    fn exited(&mut self, event: &events::MemberExited) -> Result<(), Contradiction> {
        let member = self.member(event.member)?;
        ensure_same(
            "the position of a member that leaves",
            (0, 0, 0),
            (member.open, member.due, member.credit),
        )?;
        ensure_same("the collateral", member.collateral, event.collateral)?;
        self.store.remove(&MEMBERS, &event.member);
        let asset = self.config()?.asset;
        self.till.pay_out(asset, event.collateral, event.member, "collateral on leaving")
    }

    fn deposited(&mut self, event: &events::CollateralDeposited) -> Result<(), Contradiction> {
        let mut member = self.member(event.member)?;
        let collateral = member.collateral.checked_add(event.amount);
        member.collateral = ensure_some("collateral", collateral)?;
        self.store.set(&MEMBERS, &event.member, &member);
        let asset = self.config()?.asset;
        self.till.take_in(asset, event.amount, event.member, "collateral deposited")
    }

    fn withdrawn(&mut self, event: &events::CollateralWithdrawn) -> Result<(), Contradiction> {
        let mut member = self.member(event.member)?;
        let collateral = member.collateral.checked_sub(event.amount);
        member.collateral = ensure_some("collateral", collateral)?;
        let config = self.config()?;
        ensure_covered(&member, &config)?;
        self.store.set(&MEMBERS, &event.member, &member);
        self.till.pay_out(config.asset, event.amount, event.member, "collateral withdrawn")
    }

    fn booked(&mut self, event: &events::DebtBooked) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        ensure_rule("a debt is between two members", event.issuer != event.acceptor)?;
        ensure_same("the rate", root.config.default_rate_bps, event.rate_bps)?;
        ensure_same("the fee", shared::math::share_up(event.amount, root.config.fee_bps), event.fee)?;
        let (mut issuer, mut acceptor) = (self.member(event.issuer)?, self.member(event.acceptor)?);
        let cycle = &mut root.books.cycle;
        cycle.fees = ensure_some("the cycle's fees", cycle.fees.checked_add(event.fee))?;
        let credit = ensure_some("a debt", event.amount.checked_sub(event.fee))?;
        post(cycle, &mut issuer, event.amount, Side::Owes)?;
        post(cycle, &mut acceptor, credit, Side::Earns)?;
        ensure_covered(&issuer, &root.config)?;
        let key = (event.registry, event.acceptor, event.number);
        let mut booking =
            self.store.get(&BOOKINGS, &key).unwrap_or(Booking { cycle: cycle.number, debts: Vec::new() });
        ensure_same("the booking's cycle", cycle.number, booking.cycle)?;
        booking.debts.push(Debt {
            issuer: event.issuer,
            rate_bps: event.rate_bps,
            amount: event.amount,
            fee: event.fee,
        });
        self.store.set(&BOOKINGS, &key, &booking);
        self.store.set(&MEMBERS, &event.issuer, &issuer);
        self.store.set(&MEMBERS, &event.acceptor, &acceptor);
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    fn reversed(&mut self, event: &events::DebtReversed) -> Result<(), Contradiction> {
        let key = (event.registry, event.acceptor, event.number);
        let mut booking = self.store.found(&BOOKINGS, &key)?;
        if booking.debts.is_empty() {
            return Err(Contradiction::Missing { item: BOOKINGS.item_words(&key) });
        }
        let debt = booking.debts.remove(0);
        ensure_same("the debt's issuer", debt.issuer, event.issuer)?;
        ensure_same("the debt", debt.amount, event.amount)?;
        let mut root = self.root()?;
        let books = &mut root.books;
        if booking.cycle == books.cycle.number {
            ensure_same("the fee given back", debt.fee, event.fee)?;
            let fees = books.cycle.fees.checked_sub(event.fee);
            books.cycle.fees = ensure_some("the cycle's fees", fees)?;
        } else {
            ensure_same("the fee given back", debt.fee.min(books.fund), event.fee)?;
            let fund = books.fund.checked_sub(event.fee);
            books.fund = ensure_some("the fund", fund)?;
            let refunds = books.cycle.refunds.checked_add(event.fee);
            books.cycle.refunds = ensure_some("the cycle's refunds", refunds)?;
        }
        let (mut issuer, mut acceptor) = (self.member(event.issuer)?, self.member(event.acceptor)?);
        let returned = ensure_some("a debt", event.amount.checked_sub(event.fee))?;
        post(&mut books.cycle, &mut issuer, event.amount, Side::Earns)?;
        post(&mut books.cycle, &mut acceptor, returned, Side::Owes)?;
        if booking.debts.is_empty() {
            self.store.remove(&BOOKINGS, &key);
        } else {
            self.store.set(&BOOKINGS, &key, &booking);
        }
        self.store.set(&MEMBERS, &event.issuer, &issuer);
        self.store.set(&MEMBERS, &event.acceptor, &acceptor);
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    fn closed(&mut self, event: &events::CycleClosed, now: Timestamp) -> Result<(), Contradiction> {
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
            now >= books.cycle.opened_at.saturating_add(config.cycle_length)
                && books.closed.paid_in == books.closed.cycle.debits,
        )?;
        let fund = books.fund.checked_sub(event.bounty);
        let fund = fund.and_then(|fund| fund.checked_add(event.fees));
        books.fund = ensure_some("the fund", fund)?;
        books.closed = Closed { cycle: books.cycle, cut_off: event.cut_off, paid_in: 0 };
        let next = ensure_some("the cycle's number", event.number.checked_add(1))?;
        books.cycle = opened(next, now);
        let asset = config.asset;
        self.store.set(&ROOT, &(), &root);
        self.till.pay_out(asset, event.bounty, event.closer, "bounty for closing")
    }

    /// Pays what `account` owes of the cycle closed last.
    fn pay_due(
        &mut self,
        account: AccountId,
        mut member: Member,
        amount: Balance,
    ) -> Result<(), Contradiction> {
        ensure_rule("nobody pays in more than is due", amount <= owed(member.due))?;
        let mut root = self.root()?;
        let due = member.due.checked_add_unsigned(amount);
        member.due = ensure_some("a position", due)?;
        let paid_in = root.books.closed.paid_in.checked_add(amount);
        root.books.closed.paid_in = ensure_some("what is paid in", paid_in)?;
        self.store.set(&MEMBERS, &account, &member);
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    fn paid_in(&mut self, event: &events::PayInReceived) -> Result<(), Contradiction> {
        let member = self.member(event.member)?;
        self.pay_due(event.member, member, event.amount)?;
        let asset = self.config()?.asset;
        self.till.take_in(asset, event.amount, event.payer, "paid in")
    }

    fn covered(&mut self, event: &events::PayInCovered, now: Timestamp) -> Result<(), Contradiction> {
        let mut member = self.member(event.member)?;
        ensure_rule("collateral pays from the cut-off on", now >= self.root()?.books.closed.cut_off)?;
        let collateral = member.collateral.checked_sub(event.amount);
        member.collateral = ensure_some("collateral", collateral)?;
        self.pay_due(event.member, member, event.amount)
    }

    fn paid_out(&mut self, event: &events::PayoutMade) -> Result<(), Contradiction> {
        let mut member = self.member(event.member)?;
        let Root { config, books } = self.root()?;
        let mut amount = std::mem::take(&mut member.credit);
        if books.closed.paid_in == books.closed.cycle.debits {
            // Whoever owes nothing else has earned all of it: in a settled cycle no position is below zero.
            let due = earned(std::mem::take(&mut member.due));
            amount = ensure_some("a payout", amount.checked_add(due))?;
        }
        ensure_same("the payout", amount, event.amount)?;
        self.store.set(&MEMBERS, &event.member, &member);
        self.till.pay_out(config.asset, event.amount, event.member, "paid out")
    }
}

#[derive(Clone, Copy)]
enum Side {
    Owes,
    Earns,
}

/// Moves a member's open position, and the cycle's debits by as much as the member's own debit changes.
fn post(cycle: &mut Cycle, member: &mut Member, amount: Balance, side: Side) -> Result<(), Contradiction> {
    let before = owed(member.open);
    let after = match side {
        Side::Owes => member.open.checked_sub_unsigned(amount),
        Side::Earns => member.open.checked_add_unsigned(amount),
    };
    member.open = ensure_some("a position", after)?;
    let debits = cycle.debits.checked_sub(before);
    let debits = debits.and_then(|debits| debits.checked_add(owed(member.open)));
    cycle.debits = ensure_some("the cycle's debits", debits)?;
    Ok(())
}

fn opened(number: u32, opened_at: Timestamp) -> Cycle {
    Cycle { number, opened_at, debits: 0, fees: 0, refunds: 0 }
}

fn ensure_covered(member: &Member, config: &Config) -> Result<(), Contradiction> {
    let exposure = owed(member.open).saturating_add(owed(member.due));
    let covered = shared::math::share_down(member.collateral, config.cap_factor_bps);
    ensure_rule(
        "no member owes more than its cap and its collateral allow",
        exposure <= covered.min(member.cap),
    )
}
