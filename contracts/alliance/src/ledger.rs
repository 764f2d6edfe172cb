//! The alliance's storage, and every change to it as one step that happens whole or returns an error for the shell to revert on.
//!
//! Emits nothing, calls nobody and moves no money. "Touches" are storage host calls besides the two that read and write the root; a member that
//! comes back after a cycle whose creditors were cut takes two more to have its share.
use crate::events::Booked;
use ink::{
    prelude::{boxed::Box, vec::Vec},
    storage::{traits::ManualKey, Mapping},
};
use shared::{
    alliance::{
        bookings::Debt,
        config::Config,
        cycles::{Books, Closed, Cut, Payout, Waterfall},
        door::{Look, Step},
        error::{AllianceError, Outcome},
        members::{Member, Status},
        rates::{agreed, PairRate},
        sheets::add,
    },
    assets::Asset,
    order::{Part, Redemption, Use},
    shelf::Shelf as _,
    terms::Funding,
    AccountId, Balance, Hash, Timestamp,
};

/// What every message reads and most write anyway.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Root {
    /// The rules.
    pub config: Config,
    /// The sums.
    pub books: Books,
    /// The council, which may have members, rates and debts changed.
    pub council: AccountId,
}

/// Everything the alliance keeps. The manual keys are part of the storage format that auditors read.
#[ink::storage_item]
#[derive(Debug)]
pub struct Ledger {
    root: Root,
    members: Mapping<AccountId, Member, ManualKey<0x01>>,
    /// By acceptor and issuer.
    rates: Mapping<(AccountId, AccountId), PairRate, ManualKey<0x02>>,
    /// By the number of the cycle.
    cuts: Mapping<u32, Cut, ManualKey<0x03>>,
}

/// The members that a call deals with: each is read once, and written once if it changes.
#[derive(Default)]
pub struct Table(Vec<Seat>);

struct Seat {
    account: AccountId,
    member: Box<Member>,
    changed: bool,
    /// What it earned in cut cycles and hasn't collected: (cycle, amount).
    earned: Vec<(u32, Balance)>,
}

/// An order that was redeemed, as far as the books go.
pub struct Sale<'a> {
    pub acceptor: AccountId,
    pub number: u64,
    pub asset: Asset,
    pub final_at: Timestamp,
    pub parts: &'a [Part],
}

impl Ledger {
    /// # Errors
    /// `InvalidConfig`.
    pub fn new(config: Config, council: AccountId, now: Timestamp) -> Outcome<Self> {
        config.check().map_err(AllianceError::InvalidConfig)?;
        Ok(Self {
            root: Root { config, books: Books::opened(now), council },
            members: Mapping::default(),
            rates: Mapping::default(),
            cuts: Mapping::default(),
        })
    }

    pub fn config(&self) -> &Config {
        &self.root.config
    }

    pub fn council(&self) -> AccountId {
        self.root.council
    }

    pub fn books(&self) -> &Books {
        &self.root.books
    }

    /// The member as it would be brought up to the open cycle; changes nothing.
    pub fn view(&self, account: AccountId) -> Option<Member> {
        self.peek(account, self.members.read(account)?).ok().map(|seat| *seat.member)
    }

    /// A member, its sheets brought up to the open cycle, with what it has yet to collect for that.
    #[inline(never)]
    fn peek(&self, account: AccountId, member: Member) -> Outcome<Seat> {
        let mut seat = Seat { account, member: Box::new(member), changed: false, earned: Vec::new() };
        let Books { cycle, last_cut, .. } = &self.root.books;
        let (cuts, earnings) = (&self.cuts, &mut seat.earned);
        let mut share = |cycle, earned| {
            let cut = if cycle > *last_cut { None } else { cuts.read(cycle) };
            Ok(cut.map_or(earned, |cut: Cut| {
                earnings.push((cycle, earned));
                cut.share(earned)
            }))
        };
        seat.member.roll(cycle.number, &mut share)?;
        Ok(seat)
    }

    /// A member that is going to be written, brought up to the open cycle. 1 touch.
    /// # Errors
    /// `NotMember`, `Overflow`.
    fn member(&mut self, account: AccountId) -> Outcome<Box<Member>> {
        let mut seat = self.seat(&mut Table::default(), account)?;
        self.touch(&mut seat)?;
        Ok(seat.member)
    }

    /// The member is going to be written: so it collects what it was brought up with. Else it would collect again, and no event would say so.
    #[inline(never)]
    fn touch(&mut self, seat: &mut Seat) -> Outcome<()> {
        seat.changed = true;
        for (cycle, earned) in core::mem::take(&mut seat.earned) {
            self.collect(cycle, earned)?;
        }
        Ok(())
    }

    /// What who earned `earned` in a settled cycle gets of it.
    #[inline(never)]
    fn collect(&mut self, cycle: u32, earned: Balance) -> Outcome<Balance> {
        if cycle > self.root.books.last_cut {
            return Ok(earned);
        }
        let Some(mut cut) = self.cuts.read(cycle) else {
            return Ok(earned);
        };
        let (share, dust) = cut.collect(earned)?;
        self.cuts.write(cycle, &cut);
        self.root.books.endow(dust)?;
        Ok(share)
    }

    /// Takes a member from the table, or else from storage.
    #[inline(never)]
    fn seat(&self, table: &mut Table, account: AccountId) -> Outcome<Seat> {
        match table.0.iter().position(|seat| seat.account == account) {
            Some(place) => Ok(table.0.swap_remove(place)),
            None => {
                let member = self.members.read(account).ok_or(AllianceError::NotMember { account })?;
                self.peek(account, member)
            }
        }
    }

    /// Whether the member may accept; gives its registry, whose code was known when it applied. 1 touch, unless it is at the table.
    /// # Errors
    /// `NotMember`, `NotActive`, `Overflow`.
    pub fn acceptor(&self, table: &mut Table, account: AccountId) -> Outcome<AccountId> {
        let seat = self.seat(table, account)?;
        seat.member.ensure_active(account)?;
        let registry = seat.member.registry;
        table.0.push(seat);
        Ok(registry)
    }

    /// Writes the members that changed. 1 touch each.
    #[inline(never)]
    pub fn clear(&mut self, table: Table) {
        for seat in table.0.iter().filter(|seat| seat.changed) {
            self.members.write(seat.account, &seat.member);
        }
    }

    /// Whether `code` is a registry's that the alliance knows.
    /// # Errors
    /// `UnknownRegistry`.
    pub fn ensure_known(&self, registry: AccountId, code: &Hash) -> Outcome<()> {
        if self.root.config.registries.contains(code) {
            return Ok(());
        }
        Err(AllianceError::UnknownRegistry { registry }.into())
    }

    /// Gives the joining fee, and the share in the fund. 2 touches.
    /// # Errors
    /// `AlreadyMember`, `Overflow`.
    pub fn apply(
        &mut self,
        account: AccountId,
        registry: AccountId,
        profile: Hash,
        now: Timestamp,
    ) -> Outcome<(Balance, Balance)> {
        if self.members.contains(account) {
            return Err(AllianceError::AlreadyMember { account }.into());
        }
        let Root { config, books, .. } = &mut self.root;
        let (fee, share) = (config.joining.fee_at(books.applied, now), config.joining.fund_share);
        books.endow(fee)?;
        books.applied = books.applied.saturating_add(1);
        let member = Member::applicant(registry, profile, share, books.cycle.number, now);
        self.members.write(account, &member);
        Ok((fee, share))
    }

    /// 2 touches.
    /// # Errors
    /// `NotOperator`, `ByVoteOnly`, `NotMember`, `AlreadyAdmitted`, `Overflow`.
    pub fn admit(
        &mut self,
        caller: AccountId,
        account: AccountId,
        cap: Balance,
        now: Timestamp,
    ) -> Outcome<()> {
        let operator = self.root.config.operator;
        if caller != operator {
            return Err(AllianceError::NotOperator { operator, caller }.into());
        }
        self.root.books.ensure_founding(&self.root.config)?;
        let mut member = self.member(account)?;
        member.admit(account, cap, now)?;
        self.root.books.recount(Status::Applied, Status::Active);
        self.members.write(account, &member);
        Ok(())
    }

    /// 2 touches.
    /// # Errors
    /// `NotMember`, `ZeroAmount`, `Overflow`.
    pub fn deposit(&mut self, account: AccountId, amount: Balance) -> Outcome<()> {
        let mut member = self.member(account)?;
        member.deposit(amount)?;
        self.members.write(account, &member);
        Ok(())
    }

    /// 2 touches.
    /// # Errors
    /// `NotMember`, `ZeroAmount`, `NotMadeGood`, `CollateralShort`, `OverLimit`, `Overflow`.
    pub fn withdraw(&mut self, account: AccountId, amount: Balance) -> Outcome<()> {
        let mut member = self.member(account)?;
        member.withdraw(account, amount, &self.root.config)?;
        self.members.write(account, &member);
        Ok(())
    }

    /// Books what a sale makes its coupons' issuers owe its acceptor, and gives the debts. 1 touch for each issuer that isn't at the table yet; where both have agreed
    /// on rates, 1 more for theirs, and another to count it against the day's cap.
    /// # Errors
    /// `NotMember`, `NotActive`, `WrongAsset`, `OverLimit`, `OverDailyCap`, `TailTooShort`, `Overflow`.
    // Inlined into ink's dispatcher, this and `unbook` make the contract a tenth larger.
    #[inline(never)]
    pub fn book(&mut self, table: &mut Table, sale: &Sale, now: Timestamp) -> Outcome<Booked> {
        let Sale { acceptor, number, asset, final_at, parts } = *sale;
        let mut earner = self.seat(table, acceptor)?;
        let mut debts = Vec::new();
        for part in parts {
            // Anyone's terms may name this alliance; a discount that nobody pays the acceptor for is a member's promise or none.
            let mut issuer = None;
            if part.funding != Funding::Escrow && part.issuer != acceptor {
                let seat = self.seat(table, part.issuer)?;
                seat.member.ensure_honoured(part.issuer, &self.root.config, now)?;
                issuer = Some(seat);
            }
            let pair = issuer.as_ref().and_then(|issuer| self.pair(&earner, issuer));
            let rate = pair.and_then(|pair| pair.at(now));
            let config = &self.root.config;
            let debt = Debt::of(part, acceptor, asset, rate.unwrap_or(config.default_rate_bps), config)?;
            if let (Some(debt), Some(issuer)) = (debt, &mut issuer) {
                if let Some(mut pair) = pair {
                    if pair.spend(debt.amount, now)? {
                        self.rates.write((acceptor, debt.issuer), &pair);
                    }
                }
                self.touch(&mut earner)?;
                self.touch(issuer)?;
                let Root { config, books, .. } = &mut self.root;
                books.book(&debt, &mut issuer.member, &mut earner.member)?;
                issuer.member.ensure_covered(debt.issuer, config)?;
                issuer.member.answer_until(final_at);
                debts.push(debt);
            }
            table.0.extend(issuer);
        }
        if !debts.is_empty() {
            let tail = self.root.config.tail;
            if final_at > now.saturating_add(tail) {
                return Err(AllianceError::TailTooShort { final_at, tail }.into());
            }
            earner.member.answer_until(final_at);
        }
        table.0.push(earner);
        Ok(Booked { number, final_at, debts })
    }

    /// Reverses, in the open cycle, what `redemption` had booked beyond what remains of it, and gives the debts with the fees that went back. As `book`, and
    /// the acceptor's record; none where nothing was booked.
    /// # Errors
    /// `OverLimit` where the acceptor's collateral or cap doesn't cover what it would owe, `Overflow`.
    #[inline(never)]
    pub fn unbook(&mut self, redemption: &Redemption, remains: Option<&Redemption>) -> Outcome<Vec<Debt>> {
        let (acceptor, asset) = (redemption.acceptor, redemption.asset);
        let mut table = Table::default();
        let mut reversed = Vec::new();
        let kept = remains.map_or(&[][..], |remains| &remains.uses);
        for used in &redemption.uses {
            if used.funding != Funding::Alliance || used.issuer == acceptor {
                continue;
            }
            let mut issuer = self.seat(&mut table, used.issuer)?;
            let mut earner = self.seat(&mut table, acceptor)?;
            let pair = self.pair(&earner, &issuer);
            let rate = pair.and_then(|pair| pair.at(redemption.redeemed_at));
            let config = &self.root.config;
            let rate = rate.unwrap_or(config.default_rate_bps);
            let owed = |used: &Use| {
                let part = Part { issuer: used.issuer, funding: used.funding, discount: used.discount };
                Debt::of(&part, acceptor, asset, rate, config)
            };
            let none = Debt { issuer: used.issuer, rate_bps: rate, amount: 0, fee: 0 };
            let debt = owed(used)?.unwrap_or(none);
            let debt = match kept.iter().find(|kept| kept.coupon == used.coupon) {
                Some(kept) => debt.less(owed(kept)?),
                None => debt,
            };
            if debt.amount > 0 {
                if let Some(mut pair) = pair {
                    if pair.give_back(debt.amount, redemption.redeemed_at) {
                        self.rates.write((acceptor, debt.issuer), &pair);
                    }
                }
                self.touch(&mut issuer)?;
                self.touch(&mut earner)?;
                reversed.push(self.root.books.reverse(debt, &mut issuer.member, &mut earner.member)?);
            }
            table.0.push(issuer);
            table.0.push(earner);
        }
        for seat in table.0.iter().filter(|seat| seat.changed && seat.account == acceptor) {
            seat.member.ensure_covered(acceptor, &self.root.config)?;
        }
        self.clear(table);
        Ok(reversed)
    }

    /// What acceptor and issuer agreed on; nothing is looked up for who never agreed on anything.
    #[inline(never)]
    fn pair(&self, acceptor: &Seat, issuer: &Seat) -> Option<PairRate> {
        if acceptor.member.rates == 0 || issuer.member.rates == 0 {
            return None;
        }
        agreed(&acceptor.member, &issuer.member, self.rates.read((acceptor.account, issuer.account)))
    }

    /// What the council asks to see. 1 touch for each member, and for the rate.
    pub fn look(&self, accounts: Vec<AccountId>, pair: Option<(AccountId, AccountId)>) -> Look {
        let Root { config, books, .. } = &self.root;
        Look {
            config: config.clone(),
            voters: books.voters,
            fund: books.fund,
            members: accounts.into_iter().map(|account| self.view(account)).collect(),
            rate: pair.and_then(|pair| self.rates.read(pair)),
        }
    }

    /// # Errors
    /// `NotTheCouncil`.
    pub fn ensure_council(&self, caller: AccountId) -> Outcome<()> {
        if caller == self.root.council {
            return Ok(());
        }
        Err(AllianceError::NotTheCouncil { caller }.into())
    }

    /// Does one thing for the council. 2 touches for each member, 1 for a rate.
    /// # Errors
    /// `NotMember`, `Overflow`.
    #[inline(never)]
    pub fn take_step(&mut self, step: Step) -> Outcome<()> {
        match step {
            Step::Stand { account, status, since, cap } => {
                let mut member = self.member(account)?;
                self.root.books.recount(member.status, status);
                (member.status, member.since, member.cap) = (status, since, cap);
                self.members.write(account, &member);
            }
            Step::Agree { acceptor, issuer, rate } => {
                for account in [acceptor, issuer] {
                    let mut member = self.member(account)?;
                    member.rates = member.rates.saturating_add(1);
                    self.members.write(account, &member);
                }
                self.rates.write((acceptor, issuer), &rate);
            }
            Step::Endow { amount } => self.root.books.endow(amount)?,
            Step::OpenCase { acceptor, issuer } => {
                for account in [acceptor, issuer] {
                    let mut member = self.member(account)?;
                    member.cases = member.cases.saturating_add(1);
                    self.members.write(account, &member);
                }
            }
            Step::CloseCase { acceptor, issuer, amount } => {
                let (mut from, mut to) = (self.member(acceptor)?, self.member(issuer)?);
                from.cases = from.cases.saturating_sub(1);
                to.cases = to.cases.saturating_sub(1);
                self.root.books.adjust(amount, &mut from, &mut to)?;
                self.members.write(acceptor, &from);
                self.members.write(issuer, &to);
            }
        }
        Ok(())
    }

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
        self.members.write(account, &member);
        Ok(())
    }

    /// 2 touches, and 1 where creditors are cut.
    /// # Errors
    /// `NotMember`, `BeforeCutOff`, `NothingDue`, `LongstopRunning`, `Overflow`.
    pub fn default(&mut self, account: AccountId, now: Timestamp) -> Outcome<Waterfall> {
        let mut member = self.member(account)?;
        let Root { config, books, .. } = &mut self.root;
        let found = books.default(account, &mut member, config, now)?;
        if found.cut > 0 {
            // Until the cycle is settled nobody collects, so nothing is overwritten.
            let Closed { cycle, lost, .. } = books.closed;
            self.cuts.write(cycle.number, &Cut::new(cycle.credits(), lost));
        }
        self.members.write(account, &member);
        Ok(found)
    }

    /// 2 touches.
    /// # Errors
    /// `NotMember`, `ZeroAmount`, `OverDue`, `Overflow`.
    pub fn make_good(&mut self, account: AccountId, amount: Balance) -> Outcome<()> {
        let mut member = self.member(account)?;
        self.root.books.make_good(&mut member, amount)?;
        self.members.write(account, &member);
        Ok(())
    }

    /// No touch.
    /// # Errors
    /// `ZeroAmount`, `Overflow`.
    pub fn endow(&mut self, amount: Balance) -> Outcome<()> {
        shared::alliance::members::ensure_some(amount)?;
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
        self.members.write(account, &member);
        Ok(payout)
    }

    /// 2 touches.
    /// # Errors
    /// `NotMember`, `NotActive`, `AlreadyLeaving`, `NotMadeGood`, `Overflow`.
    pub fn leave(&mut self, account: AccountId, now: Timestamp) -> Outcome<()> {
        let mut member = self.member(account)?;
        let before = member.status;
        member.leave(account, now)?;
        self.root.books.recount(before, member.status);
        self.members.write(account, &member);
        Ok(())
    }

    /// 2 touches; gives what the member takes along.
    /// # Errors
    /// `NotMember`, `PositionOpen`, `CasesOpen`, `NotLeaving`, `StillLiable`, `Overflow`.
    pub fn exit(&mut self, account: AccountId, now: Timestamp) -> Outcome<Balance> {
        let member = self.member(account)?;
        let amount = member.settled(account, &self.root.config, now)?;
        self.members.clear(account);
        Ok(amount)
    }
}
