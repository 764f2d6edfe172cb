//! The model's alliance: every debt ever booked between two parties, and every position recounted from them; every rate ever agreed on, and what each redemption was booked as.

mod cases;
mod clearing;
mod membership;
mod rates;
mod settling;
mod votes;

use super::{ops::AllianceCall, Answer, Model};
use ::alliance::{config::Config, error::AllianceError as E, members::Status};
use chain::{AccountId, Balance};
use shared::{
    alliance::{
        council::{CouncilTerms, Motion},
        rates::Rate,
    },
    ids::CouponId,
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) profile: [u8; 32],
    pub(crate) applied_at: u64,
    pub(crate) status: Status,
    pub(crate) since: u64,
    pub(crate) liable_until: u64,
    pub(crate) collateral: Balance,
    pub(crate) cap: Balance,
    pub(crate) fund_share: Balance,
    /// What others bore of its defaults.
    pub(crate) unpaid: Balance,
    /// How often it has agreed on a rate since it joined.
    pub(crate) rates: u32,
}

/// What one party came to owe another in a cycle. `None` is the alliance itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Posting {
    pub(crate) cycle: u32,
    pub(crate) debtor: Option<AccountId>,
    pub(crate) creditor: Option<AccountId>,
    pub(crate) amount: Balance,
}

/// What one coupon made its issuer owe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Debt {
    pub(crate) issuer: AccountId,
    pub(crate) amount: Balance,
    pub(crate) fee: Balance,
    /// It counted against a day's cap.
    pub(crate) capped: bool,
}

/// What two members agreed on, one after the other, since both are bound by it.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    /// When the two applied whom it binds.
    pub(crate) between: (u64, u64),
    pub(crate) rates: Vec<Rate>,
    /// The last day with a debt that counted against a cap, and their sum.
    pub(crate) day: u64,
    pub(crate) used: Balance,
}

#[derive(Clone, Debug)]
pub(crate) struct Poll {
    pub(crate) motion: Motion,
    pub(crate) by: AccountId,
    pub(crate) opened_at: u64,
    pub(crate) ends_at: u64,
    pub(crate) needed: u32,
    pub(crate) voters: BTreeSet<AccountId>,
    pub(crate) carried: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Dispute {
    pub(crate) issuer: AccountId,
    pub(crate) acceptor: AccountId,
    pub(crate) number: u64,
    pub(crate) amount: Balance,
    pub(crate) reason: u8,
    pub(crate) opened_at: u64,
    pub(crate) replied_at: Option<u64>,
    pub(crate) closed: bool,
}

/// An acceptor's order and its issuer.
pub(crate) type Disputed = (AccountId, u64, AccountId);

/// A member in a cycle.
type InCycle = (u32, AccountId);

#[derive(Clone, Debug)]
pub(crate) struct Alliance {
    pub(crate) config: Config,
    pub(crate) terms: CouncilTerms,
    pub(crate) members: BTreeMap<AccountId, Member>,
    pub(crate) postings: Vec<Posting>,
    /// What the coupons of an acceptor's order were booked as, as far as that stands.
    pub(crate) booked: BTreeMap<(AccountId, u64, CouponId), Debt>,
    /// What was paid in, or found at a default.
    pub(crate) paid: BTreeMap<InCycle, Balance>,
    /// What a default left to a cycle's creditors, by the defaulter.
    pub(crate) borne: BTreeMap<InCycle, Balance>,
    /// What was paid out, or went to the fund instead.
    pub(crate) received: BTreeMap<InCycle, Balance>,
    /// Who has drawn what it earned before the next cycle closed.
    pub(crate) drawn: BTreeSet<InCycle>,
    /// Which creditors of cut cycles have their share, and so leave the rest to the others.
    pub(crate) collected: BTreeSet<InCycle>,
    pub(crate) cycle: u32,
    pub(crate) opened_at: u64,
    pub(crate) closed_opened_at: u64,
    pub(crate) cut_off: u64,
    pub(crate) fund: Balance,
    pub(crate) applied: u32,
    /// By cycle.
    pub(crate) fees: BTreeMap<u32, Balance>,
    pub(crate) refunds: BTreeMap<u32, Balance>,
    pub(crate) waived: BTreeSet<AccountId>,
    pub(crate) proposals: u32,
    pub(crate) polls: BTreeMap<u32, Poll>,
    /// When a vote ends that an account still has a record of.
    pub(crate) votes: BTreeMap<(u32, AccountId), u64>,
    /// By (acceptor, issuer, who of the two offers).
    pub(crate) offers: BTreeMap<(AccountId, AccountId, AccountId), Rate>,
    pub(crate) pairs: BTreeMap<(AccountId, AccountId), Pair>,
    pub(crate) cases: u32,
    pub(crate) disputes: BTreeMap<u32, Dispute>,
    pub(crate) disputed: BTreeMap<Disputed, u32>,
}

/// A member's open position, what is due of the cycle before, and its credit from older ones.
pub(crate) type Positions = (i128, i128, Balance);

impl Member {
    pub(crate) fn active(&self) -> bool {
        self.status == Status::Active
    }
}

fn int(amount: Balance) -> i128 {
    i128::try_from(amount).unwrap()
}

pub(crate) fn owed(position: i128) -> Balance {
    Balance::try_from(-position).unwrap_or(0)
}

fn earned(position: i128) -> Balance {
    Balance::try_from(position).unwrap_or(0)
}

fn share(amount: Balance, bps: u16) -> Balance {
    amount * Balance::from(bps) / 10_000
}

fn of(amounts: &BTreeMap<InCycle, Balance>, at: InCycle) -> Balance {
    amounts.get(&at).copied().unwrap_or(0)
}

fn in_cycle(amounts: &BTreeMap<InCycle, Balance>, cycle: u32) -> Balance {
    amounts.iter().filter(|((of, _), _)| *of == cycle).map(|(_, amount)| amount).sum()
}

impl Alliance {
    /// The first cycle, just opened.
    pub(crate) fn new(config: Config, terms: CouncilTerms, now: u64) -> Self {
        Self {
            config,
            terms,
            members: BTreeMap::new(),
            postings: Vec::new(),
            booked: BTreeMap::new(),
            paid: BTreeMap::new(),
            borne: BTreeMap::new(),
            received: BTreeMap::new(),
            drawn: BTreeSet::new(),
            collected: BTreeSet::new(),
            applied: 0,
            cycle: 1,
            opened_at: now,
            closed_opened_at: now,
            cut_off: now,
            fund: 0,
            fees: BTreeMap::new(),
            refunds: BTreeMap::new(),
            waived: BTreeSet::new(),
            proposals: 0,
            polls: BTreeMap::new(),
            votes: BTreeMap::new(),
            offers: BTreeMap::new(),
            pairs: BTreeMap::new(),
            cases: 0,
            disputes: BTreeMap::new(),
            disputed: BTreeMap::new(),
        }
    }

    /// How many members have a vote.
    pub(crate) fn voters(&self) -> u32 {
        u32::try_from(self.members.values().filter(|member| member.active()).count()).unwrap()
    }

    /// Disputes that hold a member.
    pub(crate) fn open_cases(&self, who: AccountId) -> u32 {
        let party = |dispute: &&Dispute| who == dispute.issuer || who == dispute.acceptor;
        let open = self.disputes.values().filter(|dispute| !dispute.closed);
        u32::try_from(open.filter(party).count()).unwrap()
    }

    /// What a member would give back if all open disputes were ruled against it.
    pub(crate) fn disputed_of(&self, who: AccountId) -> Balance {
        let open = self.disputes.values().filter(|dispute| !dispute.closed && dispute.acceptor == who);
        open.map(|dispute| dispute.amount).sum()
    }

    /// Σ owed to it − Σ owed by it, in a cycle.
    pub(crate) fn net(&self, party: Option<AccountId>, cycle: u32) -> i128 {
        let in_cycle = self.postings.iter().filter(|posting| posting.cycle == cycle);
        in_cycle
            .map(|posting| {
                let plus = if posting.creditor == party { int(posting.amount) } else { 0 };
                let minus = if posting.debtor == party { int(posting.amount) } else { 0 };
                plus - minus
            })
            .sum()
    }

    /// What is left of a member's position of a closed cycle, a cut aside.
    fn rest(&self, who: AccountId, cycle: u32) -> i128 {
        let at = (cycle, who);
        if self.drawn.contains(&at) {
            return 0;
        }
        self.net(Some(who), cycle) + int(of(&self.paid, at)) + int(of(&self.borne, at))
    }

    /// What a creditor of a settled cycle gets of what it earned: all, or its share of what there is.
    pub(crate) fn entitled(&self, who: AccountId, cycle: u32) -> Balance {
        let earned = earned(self.net(Some(who), cycle));
        match self.lost(cycle) {
            0 => earned,
            lost => earned * (self.credits(cycle) - lost) / self.credits(cycle),
        }
    }

    pub(crate) fn positions(&self, who: AccountId) -> Positions {
        let older = 1..self.cycle.saturating_sub(1);
        let credit = older.map(|cycle| self.entitled(who, cycle) - of(&self.received, (cycle, who)));
        (self.net(Some(who), self.cycle), self.rest(who, self.cycle - 1), credit.sum())
    }

    pub(crate) fn parties(&self) -> BTreeSet<AccountId> {
        self.postings.iter().flat_map(|posting| [posting.debtor, posting.creditor]).flatten().collect()
    }

    pub(crate) fn debits(&self, cycle: u32) -> Balance {
        self.parties().into_iter().map(|who| owed(self.net(Some(who), cycle))).sum()
    }

    /// What all creditors of a cycle earned.
    pub(crate) fn credits(&self, cycle: u32) -> Balance {
        self.parties().into_iter().map(|who| earned(self.net(Some(who), cycle))).sum()
    }

    pub(crate) fn paid_in(&self, cycle: u32) -> Balance {
        in_cycle(&self.paid, cycle)
    }

    /// What the creditors of a cycle bear.
    pub(crate) fn lost(&self, cycle: u32) -> Balance {
        in_cycle(&self.borne, cycle)
    }

    pub(crate) fn paid_out(&self, cycle: u32) -> Balance {
        in_cycle(&self.received, cycle)
    }

    pub(crate) fn cut_cycles(&self) -> BTreeSet<u32> {
        self.borne.iter().filter(|(_, amount)| **amount > 0).map(|((cycle, _), _)| *cycle).collect()
    }

    /// Of a cut cycle: what those who haven't collected earned, and what there is for them.
    pub(crate) fn uncollected(&self, cycle: u32) -> (Balance, Balance) {
        let done: Vec<AccountId> =
            self.collected.iter().filter(|(of, _)| *of == cycle).map(|(_, who)| *who).collect();
        let earnings: Balance = done.iter().map(|who| earned(self.net(Some(*who), cycle))).sum();
        let shares: Balance = done.iter().map(|who| self.entitled(*who, cycle)).sum();
        let credits = self.credits(cycle);
        (credits - earnings, credits - self.lost(cycle) - shares)
    }

    /// What rounding left over of a cut cycle once all of its creditors have collected.
    pub(crate) fn dust(&self, cycle: u32) -> Balance {
        match self.uncollected(cycle) {
            (0, dust) if self.collected.iter().any(|(of, _)| *of == cycle) => dust,
            _ => 0,
        }
    }

    fn collect(&mut self, who: AccountId, cycle: u32) {
        if self.lost(cycle) > 0 && self.net(Some(who), cycle) > 0 && self.collected.insert((cycle, who)) {
            self.fund += self.dust(cycle);
        }
    }

    /// A member's record is written: so it collects its shares of cut cycles before the one closed last.
    fn touch(&mut self, who: AccountId) {
        let closed = self.cycle - 1;
        for cycle in self.cut_cycles().into_iter().filter(|cycle| *cycle < closed) {
            self.collect(who, cycle);
        }
    }

    fn unsettled(&self) -> Balance {
        let closed = self.cycle - 1;
        self.debits(closed) - self.paid_in(closed) - self.lost(closed)
    }

    pub(crate) fn exposure(&self, who: AccountId) -> Balance {
        let (open, due, _) = self.positions(who);
        owed(open) + owed(due)
    }

    pub(crate) fn limit(&self, member: &Member) -> Balance {
        share(member.collateral, self.config.cap_factor_bps).min(member.cap)
    }

    /// Until when a member that leaves stays answerable.
    pub(crate) fn liable_until(&self, member: &Member) -> u64 {
        (member.since + self.config.tail).max(member.liable_until + self.terms.case_window)
    }

    fn member(&self, account: AccountId) -> Result<&Member, E> {
        self.members.get(&account).ok_or(E::NotMember { account })
    }

    /// To be written.
    fn member_mut(&mut self, account: AccountId) -> Result<&mut Member, E> {
        self.member(account)?;
        self.touch(account);
        self.members.get_mut(&account).ok_or(E::NotMember { account })
    }

    fn ensure_active(&self, account: AccountId) -> Result<(), E> {
        if self.member(account)?.active() {
            Ok(())
        } else {
            Err(E::NotActive { account })
        }
    }

    fn ensure_covered(&self, account: AccountId) -> Result<(), E> {
        let (exposure, limit) = (self.exposure(account), self.limit(self.member(account)?));
        if exposure > limit {
            return Err(E::OverLimit { account, exposure, limit });
        }
        Ok(())
    }

    fn post(&mut self, debtor: Option<AccountId>, creditor: Option<AccountId>, amount: Balance) {
        self.postings.push(Posting { cycle: self.cycle, debtor, creditor, amount });
    }
}

impl Model {
    pub(super) fn alliance_call(
        &mut self,
        caller: AccountId,
        value: Balance,
        call: &AllianceCall,
    ) -> Result<Answer, E> {
        let places = self.places.clone();
        let of = |who: &super::Who| places.of(who);
        match call {
            AllianceCall::WaiveFee { account, waived } => self.waive_fee(caller, of(account), *waived)?,
            AllianceCall::Apply { registry, profile } => {
                self.apply_to_join(caller, value, of(registry), *profile)?;
            }
            AllianceCall::Deposit { amount } => self.deposit(caller, value, *amount)?,
            AllianceCall::Withdraw { amount } => self.withdraw_collateral(caller, *amount)?,
            AllianceCall::Leave => self.leave(caller)?,
            AllianceCall::Exit => self.exit(caller)?,
            AllianceCall::Decide { motion } => self.decide(caller, motion)?,
            AllianceCall::Propose { motion } => return self.propose(caller, motion),
            AllianceCall::Vote { proposal } => self.vote(caller, *proposal)?,
            AllianceCall::Clear { proposal } => self.clear_vote(caller, *proposal)?,
            AllianceCall::OfferRate { acceptor, issuer, rate } => {
                self.offer_rate(caller, (of(acceptor), of(issuer)), *rate)?;
            }
            AllianceCall::AcceptRate { acceptor, issuer, rate } => {
                self.accept_rate(caller, (of(acceptor), of(issuer)), *rate)?;
            }
            AllianceCall::OpenCase { registry, reason, redemption } => {
                return self.open_case(caller, value, of(registry), *reason, redemption)
            }
            AllianceCall::Reply { case } => self.reply_to_case(caller, *case)?,
            AllianceCall::Rule { case, bps } => return self.rule_case(caller, *case, *bps),
            AllianceCall::TimeOut { case } => return self.time_out_case(*case),
            AllianceCall::ClearCase { case } => self.clear_case(caller, *case)?,
            AllianceCall::Redeem { registry, order } => {
                let redemption = self.redeem_and_clear(caller, value, of(registry), order)?;
                return Ok(Answer::Redemption(Box::new(redemption)));
            }
            AllianceCall::RedeemBatch { registry, orders } => {
                return self.redeem_and_clear_batch(caller, of(registry), orders)
            }
            AllianceCall::RollBack { registry, redemption } => {
                self.roll_back_and_reverse(caller, value, of(registry), redemption)?;
            }
            AllianceCall::Convert { registry, other, coupon, to, order } => {
                return self.convert(caller, (of(registry), of(other)), *coupon, of(to), order)
            }
            AllianceCall::Close => return self.close(caller),
            AllianceCall::PayIn { member, amount } => self.pay_in(caller, value, of(member), *amount)?,
            AllianceCall::Default { member } => return self.default_on(of(member)),
            AllianceCall::MakeGood { member, amount } => {
                self.make_good(caller, value, of(member), *amount)?;
            }
            AllianceCall::Endow { amount } => self.endow(caller, value, *amount)?,
            AllianceCall::Payout { member } => return self.pay_out_to(of(member)),
        }
        Ok(Answer::Nothing)
    }

    /// Collected at the council for the alliance.
    fn collect_for_alliance(&mut self, payer: AccountId, amount: Balance, paid: Balance) -> Result<(), E> {
        let (council, this, asset) = (self.places.council, self.places.alliance, self.alliance.config.asset);
        self.money.collect(asset, (council, this), payer, amount, paid).map_err(E::Payment)
    }

    fn pay_from_alliance(&mut self, to: AccountId, amount: Balance) -> Result<(), E> {
        let (this, asset) = (self.places.alliance, self.alliance.config.asset);
        self.money.pay(asset, this, to, amount).map_err(E::Payment)
    }

    fn ensure_known(&self, registry: AccountId) -> Result<(), E> {
        if registry == self.places.registry {
            Ok(())
        } else {
            Err(E::UnknownRegistry { registry })
        }
    }
}
