//! The model's alliance: every debt ever booked between two parties, and every position recounted from them. No member here may owe more than its collateral, so
//! its own money pays for every default.

use super::{ops::AllianceCall, registry::from_escrow, Answer, Model};
use ::alliance::{config::Config, error::AllianceError as E, members::Status};
use chain::{AccountId, Balance};
use shared::{
    assets::Asset,
    order::{Redemption, Settlement, Use},
    terms::Funding,
};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) profile: [u8; 32],
    pub(crate) status: Status,
    pub(crate) since: u64,
    pub(crate) liable_until: u64,
    pub(crate) collateral: Balance,
    pub(crate) cap: Balance,
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
}

#[derive(Clone, Debug)]
pub(crate) struct Alliance {
    pub(crate) config: Config,
    pub(crate) members: BTreeMap<AccountId, Member>,
    pub(crate) postings: Vec<Posting>,
    /// What was paid in, and what was paid out, for a cycle and a member.
    pub(crate) paid: BTreeMap<(u32, AccountId), Balance>,
    pub(crate) received: BTreeMap<(u32, AccountId), Balance>,
    pub(crate) cycle: u32,
    pub(crate) opened_at: u64,
    pub(crate) closed_opened_at: u64,
    pub(crate) cut_off: u64,
    pub(crate) fund: Balance,
    pub(crate) applied: u32,
    /// By cycle.
    pub(crate) fees: BTreeMap<u32, Balance>,
    pub(crate) refunds: BTreeMap<u32, Balance>,
}

/// A member's open position, what is due of the cycle before, and its credit from older ones.
pub(crate) type Positions = (i128, i128, Balance);

impl Member {
    pub(crate) fn active(&self) -> bool {
        self.status == Status::Active
    }
}

impl Alliance {
    /// How many members have a vote.
    pub(crate) fn voters(&self) -> u32 {
        u32::try_from(self.members.values().filter(|member| member.active()).count()).unwrap()
    }
}

fn int(amount: Balance) -> i128 {
    i128::try_from(amount).unwrap()
}

pub(crate) fn owed(position: i128) -> Balance {
    Balance::try_from(-position).unwrap_or(0)
}

impl Alliance {
    /// The first cycle, just opened.
    pub(crate) fn new(config: Config, now: u64) -> Self {
        Self {
            config,
            members: BTreeMap::new(),
            postings: Vec::new(),
            paid: BTreeMap::new(),
            received: BTreeMap::new(),
            applied: 0,
            cycle: 1,
            opened_at: now,
            closed_opened_at: now,
            cut_off: now,
            fund: 0,
            fees: BTreeMap::new(),
            refunds: BTreeMap::new(),
        }
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

    /// What is left of a member's position of a closed cycle.
    fn rest(&self, who: AccountId, cycle: u32) -> i128 {
        let amount =
            |of: &BTreeMap<(u32, AccountId), Balance>| int(of.get(&(cycle, who)).copied().unwrap_or(0));
        self.net(Some(who), cycle) + amount(&self.paid) - amount(&self.received)
    }

    pub(crate) fn positions(&self, who: AccountId) -> Positions {
        let credit: i128 = (1..self.cycle.saturating_sub(1)).map(|cycle| self.rest(who, cycle)).sum();
        (
            self.net(Some(who), self.cycle),
            self.rest(who, self.cycle - 1),
            Balance::try_from(credit).expect("older cycles are settled"),
        )
    }

    pub(crate) fn parties(&self) -> std::collections::BTreeSet<AccountId> {
        self.postings.iter().flat_map(|posting| [posting.debtor, posting.creditor]).flatten().collect()
    }

    pub(crate) fn debits(&self, cycle: u32) -> Balance {
        self.parties().into_iter().map(|who| owed(self.net(Some(who), cycle))).sum()
    }

    pub(crate) fn paid_in(&self, cycle: u32) -> Balance {
        self.paid.iter().filter(|((of, _), _)| *of == cycle).map(|(_, amount)| amount).sum()
    }

    fn unsettled(&self) -> Balance {
        self.debits(self.cycle - 1) - self.paid_in(self.cycle - 1)
    }

    pub(crate) fn exposure(&self, who: AccountId) -> Balance {
        let (open, due, _) = self.positions(who);
        owed(open) + owed(due)
    }

    pub(crate) fn limit(&self, member: &Member) -> Balance {
        (member.collateral * Balance::from(self.config.cap_factor_bps) / 10_000).min(member.cap)
    }

    /// Until when a member that leaves stays answerable.
    pub(crate) fn liable_until(&self, member: &Member) -> u64 {
        (member.since + self.config.tail).max(member.liable_until)
    }

    fn member(&self, account: AccountId) -> Result<&Member, E> {
        self.members.get(&account).ok_or(E::NotMember { account })
    }

    fn member_mut(&mut self, account: AccountId) -> Result<&mut Member, E> {
        self.members.get_mut(&account).ok_or(E::NotMember { account })
    }

    fn ensure_active(&self, account: AccountId) -> Result<(), E> {
        if self.member(account)?.active() {
            Ok(())
        } else {
            Err(E::NotActive { account })
        }
    }

    fn ensure_honoured(&self, account: AccountId, now: u64) -> Result<(), E> {
        let member = self.member(account)?;
        if member.status == Status::Leaving && now < member.since + self.config.tail {
            return Ok(());
        }
        self.ensure_active(account)
    }

    /// What a coupon makes its issuer owe; the fee is part of it.
    fn debt(&self, used: &Use, redemption: &Redemption) -> Result<Option<Debt>, E> {
        let config = &self.config;
        if used.issuer == redemption.acceptor || used.funding == Funding::Merchant {
            return Ok(None);
        }
        if redemption.asset != config.asset {
            return Err(E::WrongAsset { expected: config.asset, redeemed: redemption.asset });
        }
        let amount = used.discount * Balance::from(config.default_rate_bps) / 10_000;
        if used.funding == Funding::Escrow || amount == 0 {
            return Ok(None);
        }
        let fee = (amount * Balance::from(config.fee_bps)).div_ceil(10_000);
        Ok(Some(Debt { issuer: used.issuer, amount, fee }))
    }

    /// Takes up to `most` of what is left of what `who` earned in the cycles before `end`.
    fn take_earned(&mut self, who: AccountId, end: u32, most: Balance) -> Balance {
        let mut taken = 0;
        for cycle in 1..end {
            let earned = Balance::try_from(self.rest(who, cycle)).unwrap_or(0).min(most - taken);
            *self.received.entry((cycle, who)).or_default() += earned;
            taken += earned;
        }
        taken
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
        let (this, council, now) = (self.places.alliance, self.places.council, self.now);
        let asset = self.alliance.config.asset;
        match call {
            AllianceCall::Apply { registry, profile } => {
                self.ensure_known(self.places.of(registry))?;
                if self.alliance.members.contains_key(&caller) {
                    return Err(E::AlreadyMember { account: caller });
                }
                let joining = self.alliance.config.joining;
                assert_eq!((joining.free_first, joining.early_until, joining.fund_share), (0, 0, 0));
                let fee = joining.fee;
                let member = Member {
                    profile: *profile,
                    status: Status::Applied,
                    since: now,
                    liable_until: 0,
                    collateral: 0,
                    cap: 0,
                };
                self.alliance.applied += 1;
                self.alliance.members.insert(caller, member);
                self.alliance.fund += fee;
                self.money.collect(asset, (council, this), caller, fee, value).map_err(E::Payment)?;
                self.emit("MemberApplied");
            }
            AllianceCall::Admit { member, cap } => {
                let operator = self.alliance.config.operator;
                let account = self.places.of(member);
                let member = self.alliance.member_mut(account)?;
                if caller != operator {
                    return Err(E::NotOperator { operator, caller });
                }
                if member.status != Status::Applied {
                    return Err(E::AlreadyAdmitted { account });
                }
                (member.status, member.since, member.cap) = (Status::Active, now, *cap);
                self.emit("MotionCarried");
            }
            AllianceCall::Deposit { amount } => {
                let member = self.alliance.member_mut(caller)?;
                if *amount == 0 {
                    return Err(E::ZeroAmount);
                }
                member.collateral += amount;
                self.money.collect(asset, (council, this), caller, *amount, value).map_err(E::Payment)?;
                self.emit("CollateralDeposited");
            }
            AllianceCall::Withdraw { amount } => {
                let member = self.alliance.member_mut(caller)?;
                if *amount == 0 {
                    return Err(E::ZeroAmount);
                }
                if *amount > member.collateral {
                    return Err(E::CollateralShort { asked: *amount, collateral: member.collateral });
                }
                member.collateral -= amount;
                self.alliance.ensure_covered(caller)?;
                self.emit("CollateralWithdrawn");
                self.money.pay(asset, this, caller, *amount).map_err(E::Payment)?;
            }
            AllianceCall::Redeem { registry, order } => {
                let acceptor = order.order.acceptor;
                self.alliance.ensure_active(acceptor)?;
                self.ensure_known(self.places.of(registry))?;
                if caller != acceptor && order.acceptor.is_none() {
                    return Err(E::NotAcceptor { acceptor, caller });
                }
                // On chain, whoever calls lets the alliance have the basket's price in tokens, and has back what is over.
                let basket = order.order.basket;
                let in_tokens = order.order.settlement == Settlement::OnChain && asset != Asset::Native;
                if in_tokens {
                    self.money.collect(asset, (this, this), caller, basket, value).map_err(E::Payment)?;
                    self.money.allowances.insert((this, self.places.registry), basket);
                }
                let passed_on = if in_tokens { 0 } else { value };
                let native = self.money.collect(Asset::Native, (this, this), caller, passed_on, passed_on);
                native.map_err(E::Payment)?;
                let redeemed = self.redeem_and_pay(this, order, passed_on);
                let redemption = redeemed.map_err(|refusal| E::Registry(refusal.into()))?;
                if in_tokens {
                    self.money.allowances.insert((this, self.places.registry), 0);
                    self.money.pay(asset, this, caller, basket - redemption.net).map_err(E::Payment)?;
                } else if passed_on > 0 {
                    let change = self.money.pay(Asset::Native, this, caller, passed_on - redemption.net);
                    change.map_err(E::Payment)?;
                }
                self.book(&redemption)?;
                return Ok(Answer::Redemption(Box::new(redemption)));
            }
            AllianceCall::RollBack { registry, redemption } => {
                self.ensure_known(self.places.of(registry))?;
                if caller != redemption.acceptor {
                    return Err(E::NotAcceptor { acceptor: redemption.acceptor, caller });
                }
                let to_payer = redemption.payer.map_or(0, |_| redemption.net);
                let refund = from_escrow(redemption) + to_payer;
                let collected = self.money.collect(redemption.asset, (this, this), caller, refund, value);
                collected.map_err(E::Payment)?;
                let paid = if redemption.asset == Asset::Native { refund } else { 0 };
                if paid < refund {
                    self.money.allowances.insert((this, self.places.desk), refund);
                }
                self.roll_back(this, redemption, None, paid)
                    .map_err(|refusal| E::Registry(refusal.into()))?;
                self.unbook(redemption)?;
            }
            AllianceCall::Close => return self.close(caller),
            AllianceCall::PayIn { member, amount } => {
                let account = self.places.of(member);
                self.alliance.member(account)?;
                if *amount == 0 {
                    return Err(E::ZeroAmount);
                }
                let due = owed(self.alliance.positions(account).1);
                if *amount > due {
                    return Err(E::OverDue { asked: *amount, due });
                }
                let cycle = self.alliance.cycle - 1;
                *self.alliance.paid.entry((cycle, account)).or_default() += amount;
                self.money.collect(asset, (council, this), caller, *amount, value).map_err(E::Payment)?;
                self.emit("PayInReceived");
            }
            AllianceCall::Default { member } => {
                let account = self.places.of(member);
                self.alliance.member(account)?;
                let cut_off = self.alliance.cut_off;
                if now < cut_off {
                    return Err(E::BeforeCutOff { cut_off, now });
                }
                let due = owed(self.alliance.positions(account).1);
                if due == 0 {
                    return Err(E::NothingDue { account });
                }
                let cycle = self.alliance.cycle - 1;
                let credit = self.alliance.take_earned(account, cycle, due);
                let member = self.alliance.member_mut(account)?;
                member.collateral -= due - credit;
                if member.status != Status::Defaulted {
                    (member.status, member.since) = (Status::Defaulted, now);
                }
                *self.alliance.paid.entry((cycle, account)).or_default() += due;
                self.emit("MemberDefaulted");
                return Ok(Answer::Number(due));
            }
            AllianceCall::Endow { amount } => {
                if *amount == 0 {
                    return Err(E::ZeroAmount);
                }
                self.alliance.fund += amount;
                self.money.collect(asset, (council, this), caller, *amount, value).map_err(E::Payment)?;
                self.emit("FundEndowed");
            }
            AllianceCall::Leave => {
                let member = self.alliance.member_mut(caller)?;
                match member.status {
                    Status::Applied => return Err(E::NotActive { account: caller }),
                    Status::Leaving => return Err(E::AlreadyLeaving { account: caller }),
                    _ => (member.status, member.since) = (Status::Leaving, now),
                }
                self.emit("MemberLeaving");
            }
            AllianceCall::Payout { member } => {
                let account = self.places.of(member);
                self.alliance.member(account)?;
                let settled = if self.alliance.unsettled() == 0 {
                    self.alliance.cycle
                } else {
                    self.alliance.cycle - 1
                };
                // What it owes of the cycle closed last stays.
                let (_, due, credit) = self.alliance.positions(account);
                let kept = owed(due).min(credit);
                let amount = if kept > 0 {
                    let cycle = self.alliance.cycle - 1;
                    self.alliance.take_earned(account, cycle, credit - kept)
                } else {
                    self.alliance.take_earned(account, settled, Balance::MAX)
                };
                if amount == 0 {
                    return Err(E::NothingToPay { account });
                }
                self.emit("PayoutMade");
                self.money.pay(asset, this, account, amount).map_err(E::Payment)?;
                return Ok(Answer::Number(amount));
            }
            AllianceCall::Exit => {
                let collateral = self.alliance.member(caller)?.collateral;
                let (open, due, credit) = self.alliance.positions(caller);
                if (open, due, credit) != (0, 0, 0) {
                    return Err(E::PositionOpen { open, due, credit });
                }
                let member = self.alliance.member(caller)?;
                match member.status {
                    Status::Applied => {}
                    Status::Leaving => {
                        let until = self.alliance.liable_until(member);
                        if now < until {
                            return Err(E::StillLiable { until, now });
                        }
                    }
                    _ => return Err(E::NotLeaving { account: caller }),
                }
                self.alliance.members.remove(&caller);
                self.emit("MemberExited");
                self.money.pay(asset, this, caller, collateral).map_err(E::Payment)?;
            }
        }
        Ok(Answer::Nothing)
    }

    fn ensure_known(&self, registry: AccountId) -> Result<(), E> {
        if registry == self.places.registry {
            Ok(())
        } else {
            Err(E::UnknownRegistry { registry })
        }
    }

    fn book(&mut self, redemption: &Redemption) -> Result<(), E> {
        let (acceptor, now) = (redemption.acceptor, self.now);
        let mut parties = Vec::new();
        for used in &redemption.uses {
            if used.issuer != acceptor && used.funding != Funding::Escrow {
                self.alliance.ensure_honoured(used.issuer, now)?;
            }
            let Some(Debt { issuer, amount, fee }) = self.alliance.debt(used, redemption)? else { continue };
            let alliance = &mut self.alliance;
            alliance.post(Some(issuer), Some(acceptor), amount - fee);
            alliance.post(Some(issuer), None, fee);
            *alliance.fees.entry(alliance.cycle).or_default() += fee;
            alliance.ensure_covered(issuer)?;
            parties.push(issuer);
        }
        if parties.is_empty() {
            return Ok(());
        }
        let (final_at, tail) = (redemption.final_at, self.alliance.config.tail);
        if final_at - now > tail {
            return Err(E::TailTooShort { final_at, tail });
        }
        parties.push(acceptor);
        for party in parties {
            let member = self.alliance.member_mut(party)?;
            member.liable_until = member.liable_until.max(final_at);
        }
        self.emit("OrdersBooked");
        Ok(())
    }

    fn unbook(&mut self, redemption: &Redemption) -> Result<(), E> {
        let acceptor = redemption.acceptor;
        let mut reversed = false;
        for used in &redemption.uses {
            let Some(debt) = self.alliance.debt(used, redemption)? else { continue };
            let alliance = &mut self.alliance;
            alliance.member(debt.issuer)?;
            let fees = alliance.fees.entry(alliance.cycle).or_default();
            let from_fees = debt.fee.min(*fees);
            *fees -= from_fees;
            // What the cycle closed last has in fees is in the fund, and paid in once it is settled.
            let before = alliance.cycle - 1;
            let unpaid = match alliance.unsettled() {
                0 => 0,
                _ => alliance.fees.get(&before).copied().unwrap_or_default(),
            };
            let from_fund = (debt.fee - from_fees).min(alliance.fund.saturating_sub(unpaid));
            alliance.fund -= from_fund;
            *alliance.refunds.entry(alliance.cycle).or_default() += from_fund;
            let back = from_fees + from_fund;
            alliance.post(Some(acceptor), Some(debt.issuer), debt.amount - back);
            alliance.post(None, Some(debt.issuer), back);
            reversed = true;
        }
        if reversed {
            self.emit("DebtsReversed");
            self.alliance.ensure_covered(acceptor)?;
        }
        Ok(())
    }

    fn close(&mut self, closer: AccountId) -> Result<Answer, E> {
        let (now, this) = (self.now, self.places.alliance);
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
        let asset = alliance.config.asset;
        self.emit("CycleClosed");
        self.money.pay(asset, this, closer, bounty).map_err(E::Payment)?;
        Ok(Answer::Number(bounty))
    }
}
