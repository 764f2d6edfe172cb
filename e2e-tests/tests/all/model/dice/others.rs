//! Steps of the alliance and the market.

use super::{issues, paid, Dice};
use crate::model::{
    alliance::owed,
    market::Listing,
    ops::{AllianceCall, MarketCall, Message, OfficeCall, Op},
    Model, Who,
};
use ::alliance::members::Status;
use chain::AccountId;
use e2e_tests::actors::{MERCHANTS, OPERATOR, OWNER};
use mock_psp22::Mode;
use rand::Rng;
use shared::{
    assets::Asset,
    coupons::Coupon,
    ids::{CampaignId, CouponId},
    terms::Funding,
};

fn alliance(call: AllianceCall) -> Message {
    Message::Alliance(call)
}

fn market(call: MarketCall) -> Message {
    Message::Market(call)
}

/// Whether the alliance can't settle before the token is honest again.
fn alliance_waits(model: &Model) -> bool {
    model.money.mode != Mode::Honest && model.alliance.config.asset != Asset::Native
}

impl Dice<'_> {
    pub(super) fn apply(&mut self) -> Op {
        let fee = self.model.alliance.config.joining.fee;
        let value = self.value(self.model.alliance.config.asset, fee);
        let outside: Vec<Who> = MERCHANTS
            .into_iter()
            .filter(|who| !self.model.alliance.members.contains_key(&self.model.places.of(who)))
            .collect();
        let any = self.merchant();
        let caller = if self.chance(90) { self.pick(&outside).unwrap_or(any) } else { any };
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

    pub(super) fn admit(&mut self) -> Op {
        let member = self.member(|model, account| !model.alliance.members[&account].active());
        let caller = if self.chance(92) { OPERATOR } else { self.anyone() };
        Op::plain(caller, alliance(AllianceCall::Admit { member, cap: self.rng.gen_range(40..160) }))
    }

    /// Little at a time, so that collateral binds.
    pub(super) fn deposit(&mut self) -> Op {
        let amount = self.amount(60);
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
        let ready = |account: &AccountId| alliance.members.get(account).is_some_and(|member| member.active);
        let active = MERCHANTS.iter().filter(|who| ready(&self.model.places.of(who))).count();
        if active < 2 {
            let applied = alliance.members.values().any(|member| !member.active);
            return if applied { self.admit() } else { self.apply() };
        }
        let owing = |model: &Model, number: CampaignId| {
            let campaign = model.registry.campaign(number).unwrap();
            campaign.terms.funding == Funding::Alliance
                && campaign.terms.asset == model.alliance.config.asset
                && model.alliance.members.get(&campaign.issuer).is_some_and(|member| member.active)
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

    pub(super) fn list(&mut self) -> Op {
        let this = self.model.places.market;
        let approved = |model: &Model, id: CouponId, coupon: &Coupon| {
            coupon.owner != this
                && (coupon.approved == Some(this) || model.registry.operators.contains(&(coupon.owner, this)))
                && model.sale_terms(id).is_ok_and(|terms| model.now < terms.ends_at)
        };
        let mut live = self.model.registry.coupons.iter();
        if !live.any(|(id, coupon)| approved(self.model, *id, coupon)) && self.chance(80) {
            return self.approve();
        }
        let (coupon, owner) = self.coupon(approved);
        let now = self.model.now;
        let sale = self.model.sale_terms(coupon).ok();
        let ends = sale.map_or(now, |terms| terms.ends_at);
        let ends_at = match self.rng.gen_range(0..20) {
            0 => now,
            1 => ends.saturating_add(1),
            2..=6 => ends,
            _ => ends.min(now + self.span(1..60, 1..9)),
        };
        let highest = sale.and_then(|terms| terms.highest_price);
        let price = match highest {
            Some(highest) if self.chance(15) => highest + 1,
            Some(highest) => self.amount(highest),
            None => self.amount(120),
        };
        let caller = self.mostly(owner);
        let registry = self.registry();
        Op::plain(caller, market(MarketCall::List { registry, coupon, price, ends_at }))
    }

    /// A listed coupon, mostly one still for sale.
    fn listed(&mut self) -> Option<(CouponId, Listing)> {
        let now = self.model.now;
        let all: Vec<_> =
            self.model.market.listings.iter().map(|(id, listing)| (*id, listing.clone())).collect();
        let open: Vec<_> = all.iter().filter(|(_, listing)| now < listing.ends_at).cloned().collect();
        let any = self.pick(&all);
        if self.chance(85) {
            self.pick(&open).or(any)
        } else {
            any
        }
    }

    pub(super) fn buy(&mut self) -> Op {
        let Some((coupon, listing)) = self.listed() else { return self.list() };
        let mut highest = listing.price + if self.chance(70) { 10 } else { 0 };
        if self.chance(8) {
            highest = listing.price - 1;
        }
        let mut value = self.value(listing.asset, listing.price);
        if listing.asset == Asset::Native && self.chance(20) {
            value += 7;
        }
        let caller = if self.chance(12) { self.mostly(listing.seller) } else { self.consumer() };
        paid(caller, value, market(MarketCall::Buy { registry: self.registry(), coupon, highest }))
    }

    pub(super) fn cancel(&mut self) -> Op {
        let Some((coupon, listing)) = self.listed() else { return self.list() };
        let registry = self.registry();
        let caller = if self.chance(40) { self.consumer() } else { self.mostly(listing.seller) };
        Op::plain(caller, market(MarketCall::Cancel { registry, coupon }))
    }

    pub(super) fn market_withdraw(&mut self) -> Op {
        let books = &self.model.market;
        if books.native_fees == 0 && books.credits.is_empty() && self.chance(80) {
            return self.buy();
        }
        let fees = (self.model.places.of(OWNER), Asset::Native);
        let mut owed: Vec<_> = books.credits.keys().copied().collect();
        if books.native_fees > 0 {
            owed.push(fees);
        }
        let (account, asset) = self.pick(&owed).unwrap_or(fees);
        let caller = self.mostly(account);
        Op::plain(caller, market(MarketCall::Withdraw { asset }))
    }

    pub(super) fn set_fee(&mut self) -> Op {
        let caller = if self.chance(80) { OWNER } else { self.anyone() };
        let bps = if self.chance(20) { 1_001 } else { self.rng.gen_range(0..600) };
        Op::plain(caller, market(MarketCall::SetFee { bps }))
    }
}
