//! Steps of the alliance's members.

use super::{issues, paid, Dice};
use crate::model::{
    alliance::owed,
    ops::{AllianceCall, Message, OfficeCall, Op},
    Model, Who,
};
use ::alliance::members::Status;
use chain::AccountId;
use e2e_tests::actors::MERCHANTS;
use mock_psp22::Mode;
use rand::Rng;
use shared::{assets::Asset, ids::CampaignId, terms::Funding};

fn alliance(call: AllianceCall) -> Message {
    Message::Alliance(call)
}

/// Whether the alliance can't settle before the token is honest again.
fn alliance_waits(model: &Model) -> bool {
    model.money.mode != Mode::Honest && model.alliance.config.asset != Asset::Native
}

impl Dice<'_> {
    pub(super) fn apply(&mut self) -> Op {
        let outside: Vec<Who> = MERCHANTS
            .into_iter()
            .filter(|who| !self.model.alliance.members.contains_key(&self.model.places.of(who)))
            .collect();
        let any = self.merchant();
        let caller = if self.chance(90) { self.pick(&outside).unwrap_or(any) } else { any };
        let (books, joining) = (&self.model.alliance, self.model.alliance.config.joining);
        let fee = match self.model.now < joining.early_until {
            _ if books.waived.contains(&self.model.places.of(caller)) => 0,
            _ if books.applied < joining.free_first => 0,
            true => joining.early_fee,
            false => joining.fee,
        };
        let value = self.value(books.config.asset, fee + joining.fund_share);
        let profile = [self.rng.gen(); 32];
        paid(caller, value, alliance(AllianceCall::Apply { registry: self.registry(), profile }))
    }

    pub(super) fn member(&mut self, fits: impl Fn(&Model, AccountId) -> bool) -> Who {
        let members = self.model.alliance.members.keys().copied();
        let fit: Vec<_> = members.filter(|account| fits(self.model, *account)).collect();
        let any = self.merchant();
        let account = self.pick(&fit).unwrap_or(self.model.places.of(any));
        if self.chance(92) {
            self.name(account).unwrap_or(any)
        } else {
            any
        }
    }

    /// Little at a time, so that collateral binds.
    pub(super) fn deposit(&mut self) -> Op {
        let amount = self.amount(25);
        let value = self.value(self.model.alliance.config.asset, amount);
        paid(self.member(|_, _| true), value, alliance(AllianceCall::Deposit { amount }))
    }

    /// All that covers nothing, or a little more.
    pub(super) fn withdraw_collateral(&mut self) -> Op {
        let indebted = self.chance(70);
        let caller = self.member(|model, account| {
            let member = &model.alliance.members[&account];
            member.collateral > 0 && (model.alliance.exposure(account) > 0) == indebted
        });
        let account = self.model.places.of(caller);
        let books = &self.model.alliance;
        let (collateral, bound) = match books.members.get(&account) {
            Some(member) => {
                let factor = u128::from(books.config.cap_factor_bps);
                (member.collateral, (books.exposure(account) * 10_000).div_ceil(factor))
            }
            None => (10, 0),
        };
        let free = collateral.saturating_sub(bound);
        let amount = match self.rng.gen_range(0..10) {
            0 => collateral + 1,
            1..=3 => free,
            4 | 5 => free + 1,
            6 => self.rng.gen_range(free..=collateral.max(free)),
            _ => self.amount(free),
        };
        Op::plain(caller, alliance(AllianceCall::Withdraw { amount }))
    }

    pub(super) fn close(&mut self) -> Op {
        let books = &self.model.alliance;
        let over = self.model.now >= books.opened_at + books.config.cycle_length;
        if over && alliance_waits(self.model) {
            return Op::Misbehave(Mode::Honest);
        }
        Op::plain(self.anyone(), alliance(AllianceCall::Close))
    }

    /// The next step on the way to a debt: members who put something up, and a coupon that one of them owes for.
    pub(super) fn towards_debt(&mut self) -> Op {
        let alliance = &self.model.alliance;
        let ready = |account: &AccountId| alliance.members.get(account).is_some_and(|member| member.active());
        let active = MERCHANTS.iter().filter(|who| ready(&self.model.places.of(who))).count();
        if active < 2 {
            return self.towards_members();
        }
        let owing = |model: &Model, number: CampaignId| {
            let campaign = model.registry.campaign(number).unwrap();
            campaign.terms.funding == Funding::Alliance
                && campaign.terms.asset == model.alliance.config.asset
                && model.alliance.members.get(&campaign.issuer).is_some_and(|member| member.active())
                && issues(model, number)
        };
        if self.model.registry.numbered().any(|(number, _)| owing(self.model, number)) {
            let (campaign, caller) = self.campaign(owing);
            let (to, source) = (vec![self.consumer()], self.rng.gen_range(0..100_000));
            return Op::plain(caller, Message::Office(OfficeCall::Issue { campaign, to, source }));
        }
        if self.chance(50) {
            self.deposit()
        } else {
            self.create_campaign()
        }
    }

    /// The next step on the way to active members: who has defaulted makes good and comes back by vote, or by leaving and applying anew.
    fn towards_members(&mut self) -> Op {
        let members = || self.model.alliance.members.values();
        let any = |status| members().any(|member| member.status == status);
        if any(Status::Applied) {
            return self.admit();
        }
        if self.model.alliance.members.len() < MERCHANTS.len() {
            return self.apply();
        }
        if members().any(|member| member.unpaid > 0) {
            return self.make_good();
        }
        if any(Status::Suspended) {
            return self.decide();
        }
        if any(Status::Defaulted) && any(Status::Active) {
            return self.readmit();
        }
        let leaving = members().filter(|member| member.status == Status::Leaving);
        let until = leaving.map(|member| self.model.alliance.liable_until(member)).min();
        match until {
            None => self.leave(),
            Some(until) if self.model.now < until => Op::Advance(until - self.model.now),
            Some(_) => {
                let over = |model: &Model, account| {
                    let member = &model.alliance.members[&account];
                    member.status == Status::Leaving && model.now >= model.alliance.liable_until(member)
                };
                Op::plain(self.member(over), alliance(AllianceCall::Exit))
            }
        }
    }

    /// The next step on the way to a closed cycle with dues.
    fn towards_dues(&mut self) -> Op {
        if alliance_waits(self.model) {
            return Op::Misbehave(Mode::Honest);
        }
        let alliance = &self.model.alliance;
        let open = alliance.members.keys().any(|who| alliance.positions(*who).0 < 0);
        let ends = alliance.opened_at + alliance.config.cycle_length;
        let owed = alliance.members.keys().any(|who| alliance.positions(*who).1 < 0);
        match (open, ends.saturating_sub(self.model.now)) {
            _ if owed => Op::Advance(alliance.cut_off.saturating_sub(self.model.now)),
            (false, _) => self.alliance_redeem(),
            (true, 0) => self.close(),
            (true, left) => Op::Advance(left),
        }
    }

    fn has_due(&self, due: impl Fn(i128, u128) -> bool) -> bool {
        let alliance = &self.model.alliance;
        alliance.members.keys().any(|who| {
            let (_, closed, credit) = alliance.positions(*who);
            due(closed, credit)
        })
    }

    pub(super) fn pay_in(&mut self) -> Op {
        if !self.has_due(|due, _| due < 0) && self.chance(85) {
            return self.towards_dues();
        }
        let debtor = self.member(|model, account| model.alliance.positions(account).1 < 0);
        let account = self.model.places.of(debtor);
        let known = self.model.alliance.members.contains_key(&account);
        let due = if known { owed(self.model.alliance.positions(account).1) } else { 0 };
        let amount = match self.rng.gen_range(0..10) {
            0 => due + 1,
            1 => due,
            _ => self.amount(due),
        };
        let value = self.value(self.model.alliance.config.asset, amount);
        paid(self.mostly(account), value, alliance(AllianceCall::PayIn { member: debtor, amount }))
    }

    pub(super) fn cover(&mut self) -> Op {
        let ready = self.has_due(|due, _| due < 0) && self.model.now >= self.model.alliance.cut_off;
        if !ready && self.chance(85) {
            return self.towards_dues();
        }
        let member = self.member(|model, account| model.alliance.positions(account).1 < 0);
        Op::plain(self.anyone(), alliance(AllianceCall::Default { member }))
    }

    pub(super) fn payout(&mut self) -> Op {
        if !self.has_due(|due, credit| due > 0 || credit > 0) && self.chance(85) {
            return self.towards_dues();
        }
        let member = self.member(|model, account| {
            let (_, due, credit) = model.alliance.positions(account);
            due > 0 || credit > 0
        });
        Op::plain(self.anyone(), alliance(AllianceCall::Payout { member }))
    }

    pub(super) fn endow(&mut self) -> Op {
        let amount = self.rng.gen_range(0..9);
        let value = self.value(self.model.alliance.config.asset, amount);
        paid(self.anyone(), value, alliance(AllianceCall::Endow { amount }))
    }

    /// Mostly by a member that has defaulted: that is its way back.
    pub(super) fn leave(&mut self) -> Op {
        let caller =
            self.member(|model, account| model.alliance.members[&account].status == Status::Defaulted);
        Op::plain(caller, alliance(AllianceCall::Leave))
    }

    pub(super) fn exit(&mut self) -> Op {
        let even = |model: &Model, account| model.alliance.positions(account) == (0, 0, 0);
        let uneven = |model: &Model, account| !even(model, account);
        let caller = match self.rng.gen_range(0..10) {
            0..=3 => self.member(|model, account| model.alliance.members[&account].status == Status::Leaving),
            4 | 5 => self.member(even),
            _ => self.member(uneven),
        };
        Op::plain(caller, alliance(AllianceCall::Exit))
    }
}
