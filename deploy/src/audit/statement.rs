//! What each member of an alliance owed and was owed in each cycle, entry by entry, from events alone. Knows no storage.
use super::{
    decode::{AllianceEvent, CouncilEvent},
    storage::Place,
};
use crate::{amounts::Unit, times};
use chain::keys::ss58;
use shared::{assets::Asset, math::proportion, AccountId, Balance};
use std::{
    collections::BTreeMap,
    fmt::{self, Display, Write},
};

/// Why a member's account changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A coupon of the member's was accepted by another.
    Billed,
    /// The member accepted a coupon of another's.
    Earned,
    /// The member, or someone for it, paid in.
    PaidIn,
    /// Its collateral, the fund or creditors bore what it owed; or it made that good from what it earned.
    Adjusted,
    /// A booking was undone.
    Reversed,
    /// The member was paid.
    PaidOut,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Billed, Self::Earned, Self::PaidIn, Self::Adjusted, Self::Reversed, Self::PaidOut];

    fn words(self) -> &'static str {
        match self {
            Self::Billed => "Billed for your coupons",
            Self::Earned => "Earned with others' coupons",
            Self::PaidIn => "Paid in",
            Self::Adjusted => "Adjusted",
            Self::Reversed => "Reversed",
            Self::PaidOut => "Paid out to you",
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub place: Place,
    /// The block's time, in milliseconds since the Unix epoch.
    pub time: u64,
    pub kind: Kind,
    /// Positive in the member's favour.
    pub amount: i128,
    /// The other member, with the acceptor's order number, where an order is behind the change.
    pub order: Option<(AccountId, u64)>,
}

/// A member's account over one cycle, from its opening to its closing. Amounts are in `asset`, positive in the member's favour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub member: AccountId,
    pub cycle: u32,
    pub asset: Asset,
    /// When the cycle opened, or the member applied.
    pub opened_at: u64,
    /// When the cycle closed, or the member left; `None` while neither has happened.
    pub closed_at: Option<u64>,
    /// What was carried over.
    pub opening: i128,
    pub entries: Vec<Entry>,
}

impl Statement {
    /// What the entries of one kind come to.
    pub fn total(&self, kind: Kind) -> i128 {
        self.entries
            .iter()
            .filter(|entry| entry.kind == kind)
            .fold(0, |sum: i128, entry| sum.saturating_add(entry.amount))
    }

    /// The opening and all entries: the next cycle's opening.
    pub fn closing(&self) -> i128 {
        self.entries.iter().fold(self.opening, |sum, entry| sum.saturating_add(entry.amount))
    }

    /// The member's position in this cycle, which an order is behind, disputed or not. The rest was of the cycle before.
    fn booked(&self) -> i128 {
        let of_orders = self.entries.iter().filter(|entry| entry.order.is_some());
        of_orders.fold(0, |sum, entry| sum.saturating_add(entry.amount))
    }

    /// As people read it, with accounts by the names that `name` gives them. Written with `to_string`, it names them by address.
    pub fn text(&self, name: impl Fn(&AccountId) -> String) -> String {
        let mut text = String::new();
        // Writing to a string can't fail.
        self.write(&mut text, name).ok();
        text
    }

    fn write(&self, out: &mut impl Write, name: impl Fn(&AccountId) -> String) -> fmt::Result {
        let unit = Unit::of(self.asset);
        let signed = |amount: i128| {
            let sign = if amount < 0 { "-" } else { "" };
            format!("{sign}{}", unit.show(amount.unsigned_abs()))
        };
        writeln!(out, "Statement of {}", name(&self.member))?;
        let until = self
            .closed_at
            .map_or_else(|| "still open".into(), |time| format!("closed {}", times::show(time)));
        writeln!(out, "Cycle {}, from {}, {until}", self.cycle, times::show(self.opened_at))?;
        writeln!(out, "Positive: owed to you. Negative: you owe.\n")?;
        writeln!(out, "{:<30}{:>32}", "Opening", signed(self.opening))?;
        for kind in Kind::ALL {
            writeln!(out, "{:<30}{:>32}", kind.words(), signed(self.total(kind)))?;
        }
        writeln!(out, "{:<30}{:>32}", "Closing", signed(self.closing()))?;
        for entry in &self.entries {
            let (time, amount) = (times::show(entry.time), signed(entry.amount));
            write!(out, "\n{time}  {:<28}{amount:>30}", entry.kind.words())?;
            if let Some((other, number)) = &entry.order {
                write!(out, "  order {number}, {}", name(other))?;
            }
            write!(out, "  ({})", entry.place)?;
        }
        writeln!(out)
    }
}

impl Display for Statement {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        self.write(out, ss58)
    }
}

/// Statements in the making.
#[derive(Default)]
pub(super) struct Accounts {
    asset: Option<Asset>,
    cycle: u32,
    open: BTreeMap<AccountId, Statement>,
    finished: Vec<Statement>,
    /// What each member earned in the cycle closed last and hasn't collected.
    earned: BTreeMap<AccountId, Balance>,
    credits: Balance,
    /// What of that cycle is still to be paid in, and what was cut from its creditors.
    outstanding: Balance,
    lost: Balance,
}

impl Accounts {
    /// Takes in an event of the alliance that contradicts none before it.
    pub(super) fn cleared(&mut self, place: Place, time: u64, event: &AllianceEvent) {
        let mut enter = |account, kind, amount, order| {
            self.enter(account, Entry { place, time, kind, amount, order: Some(order) })
        };
        match event {
            AllianceEvent::AllianceCreated(event) => {
                (self.asset, self.cycle) = (Some(event.config.asset), 1);
            }
            AllianceEvent::OrdersBooked(event) => {
                for order in &event.orders {
                    for debt in &order.debts {
                        let credit = debt.amount.saturating_sub(debt.fee);
                        let (by, of) = ((event.acceptor, order.number), (debt.issuer, order.number));
                        enter(debt.issuer, Kind::Billed, against(debt.amount), by);
                        enter(event.acceptor, Kind::Earned, favour(credit), of);
                    }
                }
            }
            AllianceEvent::DebtsReversed(event) => {
                for debt in &event.debts {
                    let credit = debt.amount.saturating_sub(debt.fee);
                    let (by, of) = ((event.acceptor, event.number), (debt.issuer, event.number));
                    enter(debt.issuer, Kind::Reversed, favour(debt.amount), by);
                    enter(event.acceptor, Kind::Reversed, against(credit), of);
                }
            }
        }
    }

    /// Takes in an event of the council that contradicts none before it.
    pub(super) fn settled(&mut self, place: Place, time: u64, event: &CouncilEvent) {
        let entry = |kind, amount| Entry { place, time, kind, amount, order: None };
        match event {
            CouncilEvent::MemberApplied(event) => self.begin(event.member, time, 0),
            CouncilEvent::MemberExited(event) => {
                if let Some(statement) = self.open.remove(&event.member) {
                    self.finish(statement, time);
                }
            }
            CouncilEvent::PayInReceived(event) => {
                self.settle(event.amount, 0);
                self.enter(event.member, entry(Kind::PaidIn, favour(event.amount)));
            }
            CouncilEvent::MemberDefaulted(event) => {
                let found = event.found;
                let sum = |parts: &[Balance]| parts.iter().fold(0, |sum: Balance, part| sum.saturating_add(*part));
                self.settle(sum(&[found.credit, found.collateral, found.fund_share, found.fund]), found.cut);
                // Its own credit pays what it owes: the account as a whole stays as it is.
                let others = sum(&[found.collateral, found.fund_share, found.fund, found.cut]);
                self.enter(event.member, entry(Kind::Adjusted, favour(others)));
            }
            CouncilEvent::PayoutMade(event) => {
                self.bear(place, time, event.member);
                self.enter(event.member, entry(Kind::PaidOut, against(event.amount)));
                if event.made_good > 0 {
                    self.enter(event.member, entry(Kind::Adjusted, against(event.made_good)));
                }
            }
            CouncilEvent::CycleClosed(_) => {
                self.close(place, time);
                self.cycle = self.cycle.saturating_add(1);
                for (member, statement) in std::mem::take(&mut self.open) {
                    self.begin(member, time, statement.closing());
                    self.finish(statement, time);
                }
            }
            CouncilEvent::CouncilOpened(_)
            | CouncilEvent::FeeWaived(_)
            | CouncilEvent::MemberLeaving(_)
            | CouncilEvent::CollateralDeposited(_)
            | CouncilEvent::CollateralWithdrawn(_)
            | CouncilEvent::MadeGood(_)
            | CouncilEvent::FundEndowed(_)
            | CouncilEvent::MotionMoved(_)
            | CouncilEvent::VoteCast(_)
            | CouncilEvent::MotionCarried(_)
            | CouncilEvent::VoteCleared(_)
            | CouncilEvent::RateOffered(_)
            | CouncilEvent::RateAgreed(_)
            | CouncilEvent::CaseOpened(_)
            | CouncilEvent::CaseReplied(_)
            // `ruled` has its parties.
            | CouncilEvent::CaseClosed(_)
            | CouncilEvent::CaseCleared(_)
            | CouncilEvent::CouponConverted(_) => {}
        }
    }

    fn enter(&mut self, account: AccountId, entry: Entry) {
        if let Some(statement) = self.open.get_mut(&account) {
            statement.entries.push(entry);
        }
    }

    /// A dispute between acceptor and issuer about an order gave this back.
    pub(super) fn ruled(
        &mut self,
        place: Place,
        time: u64,
        (acceptor, issuer, number): (AccountId, AccountId, u64),
        amount: Balance,
    ) {
        for (account, amount, other) in
            [(issuer, favour(amount), acceptor), (acceptor, against(amount), issuer)]
        {
            if let Some(statement) = self.open.get_mut(&account).filter(|_| amount != 0) {
                let (kind, order) = (Kind::Adjusted, Some((other, number)));
                statement.entries.push(Entry { place, time, kind, amount, order });
            }
        }
    }

    /// All statements, by cycle and member; those of the open cycle last.
    pub(super) fn into_statements(self) -> Vec<Statement> {
        let mut statements = self.finished;
        statements.extend(self.open.into_values());
        statements.sort_by_key(|statement| (statement.cycle, statement.member));
        statements
    }

    fn settle(&mut self, found: Balance, cut: Balance) {
        self.outstanding = self.outstanding.saturating_sub(found).saturating_sub(cut);
        self.lost = self.lost.saturating_add(cut);
    }

    /// Once a cut cycle is settled, a creditor bears its part.
    fn bear(&mut self, place: Place, time: u64, member: AccountId) {
        if self.outstanding > 0 || self.lost == 0 {
            return;
        }
        let earned = self.earned.remove(&member).unwrap_or(0);
        let share = proportion(earned, self.credits.saturating_sub(self.lost), self.credits);
        if let Some(statement) = self.open.get_mut(&member).filter(|_| earned > share) {
            let amount = against(earned.saturating_sub(share));
            statement.entries.push(Entry { place, time, kind: Kind::Adjusted, amount, order: None });
        }
    }

    /// The cycle before has its creditors bear what they haven't; then the open one's sums are taken.
    fn close(&mut self, place: Place, time: u64) {
        for member in self.earned.keys().copied().collect::<Vec<_>>() {
            self.bear(place, time, member);
        }
        (self.credits, self.outstanding, self.lost) = (0, 0, 0);
        self.earned.clear();
        for (member, statement) in &self.open {
            let position = statement.booked();
            if position < 0 {
                self.outstanding = self.outstanding.saturating_add(position.unsigned_abs());
            } else {
                self.credits = self.credits.saturating_add(position.unsigned_abs());
                self.earned.insert(*member, position.unsigned_abs());
            }
        }
    }

    fn begin(&mut self, member: AccountId, time: u64, opening: i128) {
        let statement = Statement {
            member,
            cycle: self.cycle,
            asset: self.asset.unwrap_or(Asset::Native),
            opened_at: time,
            closed_at: None,
            opening,
            entries: Vec::new(),
        };
        self.open.insert(member, statement);
    }

    fn finish(&mut self, mut statement: Statement, time: u64) {
        statement.closed_at = Some(time);
        self.finished.push(statement);
    }
}

/// Amounts of booked debts fit an `i128`: the replay has posted them to positions before.
fn favour(amount: Balance) -> i128 {
    i128::try_from(amount).unwrap_or(i128::MAX)
}

fn against(amount: Balance) -> i128 {
    favour(amount).saturating_neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::alliance::{
        bookings::{Booked, Debt},
        events::{DebtsReversed, OrdersBooked},
    };
    use ::council::events::{CycleClosed, MemberApplied, MemberDefaulted, PayInReceived, PayoutMade};
    use shared::alliance::cycles::Waterfall;

    const ISSUER: [u8; 32] = [1; 32];
    const ACCEPTOR: [u8; 32] = [2; 32];

    fn accounts() -> Accounts {
        let (issuer, acceptor) = (AccountId::from(ISSUER), AccountId::from(ACCEPTOR));
        let applied = |member| {
            CouncilEvent::MemberApplied(MemberApplied {
                member,
                registry: member,
                profile: [0; 32],
                uri: Vec::new(),
                waived: false,
                fee: 0,
                fund_share: 0,
                at: 0,
            })
        };
        let debts = vec![Debt { issuer, rate_bps: 10_000, amount: 100, fee: 3 }];
        let mut accounts = Accounts { cycle: 1, ..Accounts::default() };
        let at = Place::default();
        accounts.settled(at, 0, &applied(issuer));
        accounts.settled(at, 1, &applied(acceptor));
        let orders = vec![Booked { number: 7, final_at: 9, debts: debts.clone() }];
        let booked = OrdersBooked { acceptor, registry: issuer, orders };
        accounts.cleared(at, 2, &AllianceEvent::OrdersBooked(booked));
        let closed = CycleClosed {
            closer: issuer,
            number: 1,
            debits: 100,
            fees: 3,
            refunds: 0,
            bounty: 0,
            at: 3,
            cut_off: 4,
        };
        accounts.settled(at, 3, &CouncilEvent::CycleClosed(closed));
        let paid_in = PayInReceived { member: issuer, payer: acceptor, amount: 40 };
        accounts.settled(at, 4, &CouncilEvent::PayInReceived(paid_in));
        let reversed = DebtsReversed { acceptor, registry: issuer, number: 7, redeemed_at: 0, debts };
        accounts.cleared(at, 5, &AllianceEvent::DebtsReversed(reversed));
        accounts
    }

    #[test]
    fn every_cycle_opens_where_the_one_before_closed() {
        let statements = accounts().into_statements();
        let sums: Vec<_> =
            statements.iter().map(|s| (s.cycle, s.opening, s.closing(), s.closed_at)).collect();
        let expected = [(1, 0, -100, Some(3)), (1, 0, 97, Some(3)), (2, -100, 40, None), (2, 97, 0, None)];
        assert_eq!(sums, expected);
        assert_eq!(statements[2].total(Kind::PaidIn), 40);
        assert_eq!(statements[2].total(Kind::Reversed), 100);
        assert_eq!(statements[3].total(Kind::Reversed), -97);
    }

    #[test]
    fn creditors_bear_a_cut_of_what_rulings_left_of_a_cycle() {
        let (issuer, acceptor) = (AccountId::from(ISSUER), AccountId::from(ACCEPTOR));
        let mut accounts = accounts();
        let at = Place::default();
        // In the second cycle 100 were reversed already; 50 of another order are ruled to go back.
        let debts = vec![Debt { issuer, rate_bps: 10_000, amount: 200, fee: 0 }];
        let orders = vec![Booked { number: 8, final_at: 9, debts }];
        accounts.cleared(
            at,
            6,
            &AllianceEvent::OrdersBooked(OrdersBooked { acceptor, registry: issuer, orders }),
        );
        accounts.ruled(at, 7, (acceptor, issuer, 8), 50);
        let closed = CycleClosed {
            closer: issuer,
            number: 2,
            debits: 50,
            fees: 0,
            refunds: 0,
            bounty: 0,
            at: 8,
            cut_off: 9,
        };
        accounts.settled(at, 8, &CouncilEvent::CycleClosed(closed));
        // What it owes is 200, less the 100 that were reversed and the 50 of the ruling; ten of them are cut.
        let found = Waterfall { collateral: 40, cut: 10, ..Waterfall::default() };
        accounts.settled(
            at,
            9,
            &CouncilEvent::MemberDefaulted(MemberDefaulted { member: issuer, found, at: 9 }),
        );
        let paid = PayoutMade { member: acceptor, amount: 43, made_good: 0 };
        accounts.settled(at, 10, &CouncilEvent::PayoutMade(paid));
        let statements = accounts.into_statements();
        let of = |member| statements.iter().find(|s| s.cycle == 3 && s.member == member).unwrap();
        assert_eq!(of(issuer).total(Kind::Adjusted), 50);
        // Of the 53 that it earned the acceptor gets 43/53, rounded down, and bears the rest.
        assert_eq!(of(acceptor).total(Kind::Adjusted), -10);
        assert_eq!(of(acceptor).total(Kind::PaidOut), -43);
    }

    #[test]
    fn a_statement_reads_from_opening_to_closing() {
        let text = accounts().into_statements()[2].text(|account| format!("member {}", account.0[0]));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "Statement of member 1");
        assert!(text.contains("order 7, member 2"));
        assert_eq!(lines[1], "Cycle 2, from 1970-01-01T00:00:00.003Z, still open");
        let amount =
            |line: &str| lines.iter().find(|l| l.starts_with(line)).unwrap().split_at(30).1.trim().to_owned();
        assert_eq!(amount("Opening"), "-0.0000000001 UNIT");
        assert_eq!(amount("Paid in"), "0.00000000004 UNIT");
        assert_eq!(amount("Closing"), "0.00000000004 UNIT");
    }
}
