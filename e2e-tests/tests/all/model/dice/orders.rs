//! Steps at the till: orders with up to five coupons, however they reach the registry.

use super::{paid, Dice};
use crate::model::{
    ops::{AllianceCall, Consent, DeskCall, Message, Op, OrderCall, RegistryCall, FORGERIES, MINUTE},
    spending::quoted,
    terms, Model, Who,
};
use chain::{AccountId, Balance};
use e2e_tests::actors::HELPERS;
use rand::{seq::SliceRandom, Rng};
use shared::{
    assets::Asset,
    ids::CouponId,
    order::{Order, Settlement},
    permit::Presented,
    terms::{Acceptance, Funding, Stacking},
};

/// Coupons as they are presented, with their holders' consent.
type Coupons = Vec<(Presented, Option<Consent>)>;

impl Dice<'_> {
    pub(super) fn order(&mut self, acceptor: AccountId, settlement: Settlement) -> Order {
        let now = self.model.now;
        let basket = self.rng.gen_range(20..240);
        let eligible = match self.rng.gen_range(0..25) {
            0 => basket + 1,
            1 => 0,
            2..=14 => basket,
            _ => self.rng.gen_range(10..=basket),
        };
        let used: Vec<u64> = self.model.registry.past.iter().map(|past| past.redemption.number).collect();
        // Few enough numbers that some share a word.
        let fresh = self.rng.gen_range(0..2_000);
        let number = if self.chance(4) { self.pick(&used).unwrap_or(fresh) } else { fresh };
        let deadline = if self.chance(3) { now } else { now + self.span(1..40, 1..3) };
        Order { acceptor, number, basket, eligible, basket_hash: [9; 32], deadline, settlement }
    }

    pub(super) fn consent(&mut self, signer: AccountId) -> Consent {
        let name = self.name(signer).unwrap_or(HELPERS[1]);
        let current = self.model.registry.epoch(signer);
        let epoch = if self.chance(2) { current + 1 } else { current };
        let now = self.model.now;
        let deadline = if self.chance(2) { now } else { now + self.rng.gen_range(1..20) * MINUTE };
        let forgery = if self.chance(3) { self.pick(&FORGERIES) } else { None };
        Consent { signer: name, epoch, deadline, forgery }
    }

    /// Whether a coupon could be spent now by a suitable acceptor, alone or through the alliance.
    pub(super) fn spendable(&self, id: CouponId, through_alliance: bool) -> bool {
        spendable(self.model, id, through_alliance)
    }

    pub(super) fn suitable_acceptor(&mut self, id: CouponId) -> AccountId {
        let wrong = self.chance(5);
        let stranger = self.merchant();
        let stranger = self.model.places.of(stranger);
        match self.model.registry.campaign(id.campaign).map(|known| (known.issuer, &known.terms.acceptance)) {
            _ if wrong => stranger,
            Ok((_, Acceptance::Listed(listed))) => listed.choose(self.rng).copied().unwrap_or(stranger),
            Ok((issuer, Acceptance::IssuerOnly | Acceptance::Alliance(_))) => issuer,
            Err(_) => stranger,
        }
    }

    /// A coupon with whatever might be spent beside it at this acceptor's, by `caller`.
    fn company(&mut self, first: CouponId, acceptor: AccountId, caller: AccountId) -> Vec<Presented> {
        let place = |model: &Model, id: CouponId| {
            let terms = &model.registry.campaign(id.campaign).ok()?.terms;
            match terms.stacking {
                Stacking::Common { priority } => Some((priority, terms.asset)),
                Stacking::Exclusive => None,
            }
        };
        let mut ids = vec![first];
        let stacks = place(self.model, first);
        if let Some((_, asset)) = stacks.filter(|_| self.chance(50)) {
            let mut others: Vec<CouponId> = self
                .model
                .registry
                .coupons
                .keys()
                .filter(|id| **id != first && place(self.model, **id).is_some_and(|(_, of)| of == asset))
                .filter(|id| accepts(self.model, **id, acceptor, caller))
                .copied()
                .collect();
            others.shuffle(self.rng);
            others.truncate(self.rng.gen_range(1..5));
            ids.extend(others);
            if !self.chance(5) {
                ids.sort_by_key(|id| place(self.model, *id).map(|(priority, _)| priority));
            }
        }
        match self.rng.gen_range(0..60) {
            0 => ids.clear(),
            1 => ids.push(first),
            2 => ids = vec![first; 6],
            _ => {}
        }
        let several = ids.len() > 1;
        ids.into_iter()
            .map(|coupon| {
                let most = self.chance(20).then(|| self.rng.gen_range(1..50));
                let optional = self.chance(if several { 35 } else { 4 });
                Presented { coupon, most, optional }
            })
            .collect()
    }

    /// With the consent of each holder but the caller.
    pub(super) fn consented(&mut self, presented: &[Presented], caller: AccountId) -> Coupons {
        let owner = |model: &Model, id: CouponId| model.registry.coupons.get(&id).map(|coupon| coupon.owner);
        let of = |dice: &mut Self, presented: Presented| {
            let owner = owner(dice.model, presented.coupon).unwrap_or(caller);
            let wanted = owner != caller && !dice.chance(2);
            (presented, wanted.then(|| dice.consent(owner)))
        };
        presented.iter().map(|presented| of(self, *presented)).collect()
    }

    /// Who speaks for an acceptor: itself, or its till where that may.
    pub(super) fn speaker(&mut self, acceptor: AccountId) -> AccountId {
        let till = self.model.places.of(HELPERS[0]);
        // One that has a part of its day's cap behind it is worth more.
        let role = self.model.registry.roles.get(&(acceptor, till));
        let often = if role.is_some_and(|role| role.spent > 0) { 85 } else { 55 };
        if self.model.registry.is_cashier(acceptor, till) && self.chance(often) {
            till
        } else {
            acceptor
        }
    }

    /// An order with its coupons and consents, and who submits it: the holder, the acceptor or its cashier, or a relayer.
    fn call_for(&mut self, order: Order, presented_by: AccountId, coupon: CouponId) -> (Who, OrderCall) {
        let signer = self.speaker(order.acceptor);
        let (caller, signs) = match (order.settlement, self.rng.gen_range(0..10)) {
            (_, 0..=3) | (Settlement::OnChain, 4..=6) => (self.mostly(presented_by), true),
            (Settlement::OffChain, 4..=7) => (self.mostly(signer), false),
            (_, _) => (HELPERS[1], true),
        };
        let calling = self.model.places.of(caller);
        let acceptor = (signs && !self.chance(3)).then(|| self.consent(signer));
        let presented = self.company(coupon, order.acceptor, calling);
        let coupons = self.consented(&presented, calling);
        (caller, OrderCall { order, acceptor, coupons })
    }

    fn redeem_call(&mut self, settlement: Settlement) -> (Who, OrderCall) {
        let (brought, by_relayer) = (self.chance(55), self.chance(25));
        let (id, owner) = self.coupon(|model, id, _| {
            if brought && brings_any_reward(model) {
                return brings_reward(model, id);
            }
            if by_relayer && settlement == Settlement::OffChain && of_relayer(model, id) {
                return true;
            }
            spendable(model, id, false) || (settlement == Settlement::OffChain && of_relayer(model, id))
        });
        let acceptor = self.suitable_acceptor(id);
        let mut order = self.order(acceptor, settlement);
        // What is reserved is for its own order.
        let lock = self.model.registry.coupons.get(&id).and_then(|coupon| coupon.lock);
        let mut reserved = self.model.registry.reserved.iter();
        let own = reserved.rfind(|order| Some(blake2(order)) == lock.map(|lock| lock.order));
        if let Some(own) = own.filter(|_| self.rng.gen_ratio(4, 5)) {
            order = own.clone();
        }
        let owner = if of_relayer(self.model, id) { self.model.places.of(HELPERS[1]) } else { owner };
        self.call_for(order, owner, id)
    }

    /// What must be sent along with an order that is settled on chain, mostly.
    fn net(&mut self, caller: Who, call: &OrderCall) -> Balance {
        let presented: Vec<Presented> = call.coupons.iter().map(|(presented, _)| *presented).collect();
        let caller = self.model.places.of(caller);
        match (call.order.settlement, quoted(self.model, caller, &call.order, &presented)) {
            (Settlement::OffChain, _) => Balance::from(self.chance(2)),
            (Settlement::OnChain, None) => 0,
            (Settlement::OnChain, Some((_, Asset::Psp22(_)))) => Balance::from(self.chance(2)),
            (Settlement::OnChain, Some((net, Asset::Native))) => match self.rng.gen_range(0..12) {
                0 => net.saturating_sub(1),
                1..=3 => net + 5,
                _ => net,
            },
        }
    }

    fn settlement(&mut self) -> Settlement {
        if self.chance(35) {
            Settlement::OnChain
        } else {
            Settlement::OffChain
        }
    }

    /// A coupon's first use that an advocate would have a reward for.
    pub(super) fn redeem_brought(&mut self) -> Op {
        let (id, owner) = self.coupon(|model, id, _| brings_reward(model, id));
        let acceptor = self.suitable_acceptor(id);
        let mut order = self.order(acceptor, Settlement::OffChain);
        order.basket = order.basket.max(150);
        order.eligible = order.basket;
        let (caller, call) = self.call_for(order, owner, id);
        Op::plain(caller, Message::Registry(RegistryCall::Redeem(call)))
    }

    /// The relayer as the alliance that a coupon's terms name.
    pub(super) fn redeem_by_relayer(&mut self) -> Op {
        let (id, _) = self.coupon(|model, id, _| {
            of_relayer(model, id) && model.registry.campaign(id.campaign).unwrap().terms.rollback_window > 0
        });
        let acceptor = self.suitable_acceptor(id);
        let order = self.order(acceptor, Settlement::OffChain);
        let signer = self.speaker(acceptor);
        let relayer = self.model.places.of(HELPERS[1]);
        let presented = self.company(id, acceptor, relayer);
        let coupons = self.consented(&presented, relayer);
        let call = OrderCall { order, acceptor: Some(self.consent(signer)), coupons };
        Op::plain(HELPERS[1], Message::Registry(RegistryCall::Redeem(call)))
    }

    pub(super) fn redeem(&mut self) -> Op {
        let settlement = self.settlement();
        let (caller, call) = self.redeem_call(settlement);
        let value = self.net(caller, &call);
        paid(caller, value, Message::Registry(RegistryCall::Redeem(call)))
    }

    pub(super) fn redeem_batch(&mut self) -> Op {
        let (caller, first) = self.redeem_call(Settlement::OffChain);
        let items = match self.rng.gen_range(0..20) {
            0..=3 => 0,
            4 => 51,
            _ => self.rng.gen_range(1..8),
        };
        let account = self.model.places.of(caller);
        let mut calls = vec![first];
        while calls.len() < items.min(50) {
            if self.chance(10) {
                // A retry.
                let again = self.one_of_calls(&calls);
                calls.push(again);
                continue;
            }
            let (id, owner) = self.coupon(|model, id, _| spendable(model, id, false));
            let acceptor = self.suitable_acceptor(id);
            let settlement = if self.chance(3) { Settlement::OnChain } else { Settlement::OffChain };
            let order = self.order(acceptor, settlement);
            let (_, mut call) = self.call_for(order, owner, id);
            if acceptor != account && call.acceptor.is_none() {
                let signer = self.speaker(acceptor);
                call.acceptor = Some(self.consent(signer));
            }
            let presented: Vec<Presented> = call.coupons.iter().map(|(presented, _)| *presented).collect();
            call.coupons = self.consented(&presented, account);
            calls.push(call);
        }
        match items {
            0 => calls.clear(),
            51 => {
                let mut last = calls[0].clone();
                last.coupons.clear();
                last.acceptor = None;
                calls = vec![last; 51];
            }
            _ => {}
        }
        Op::plain(caller, Message::Registry(RegistryCall::RedeemBatch(calls)))
    }

    fn one_of_calls(&mut self, calls: &[OrderCall]) -> OrderCall {
        calls.choose(self.rng).cloned().expect("there is one")
    }

    pub(super) fn claim_and_redeem(&mut self) -> Op {
        let claim = self.code_to_spend();
        let acceptor = self.suitable_acceptor(CouponId { campaign: claim.campaign, serial: 0 });
        let settlement = self.settlement();
        let mut order = self.order(acceptor, settlement);
        if self.chance(70) {
            order.basket = self.rng.gen_range(120..300);
            order.eligible = order.basket;
        }
        let signer = self.speaker(acceptor);
        let (caller, signs) = match (settlement, self.rng.gen_range(0..10)) {
            (Settlement::OffChain, 0..=4) => (self.mostly(signer), false),
            (_, _) => (claim.to, true),
        };
        let acceptor = (signs && !self.chance(3)).then(|| self.consent(signer));
        let terms = self.model.registry.campaign(claim.campaign).map(|known| known.terms.clone()).ok();
        let value = match (settlement, &terms) {
            (Settlement::OnChain, Some(known)) if known.asset == Asset::Native => {
                order.basket - terms::discount(known, order.eligible.min(order.basket), terms::full(known))
            }
            _ => Balance::from(self.chance(2)),
        };
        let over = if settlement == Settlement::OnChain && self.chance(20) { 5 } else { 0 };
        let call = RegistryCall::ClaimAndRedeem { claim, order, acceptor };
        paid(caller, if value > 1 { value + over } else { value }, Message::Registry(call))
    }

    pub(super) fn reserve(&mut self) -> Op {
        let (id, owner) = self.coupon(|model, id, coupon| {
            spendable(model, id, false)
                && coupon.lock.is_none_or(|lock| model.now >= lock.until)
                && model.registry.campaign(id.campaign).unwrap().terms.reservation_ttl > 0
        });
        let acceptor = self.suitable_acceptor(id);
        let mut order = self.order(acceptor, Settlement::OffChain);
        if let Some(again) = self.model.registry.reserved.last().filter(|_| self.rng.gen_ratio(1, 12)) {
            order = again.clone();
        }
        let (caller, call) = self.call_for(order, owner, id);
        Op::plain(caller, Message::Desk(DeskCall::Reserve(call)))
    }

    pub(super) fn quote(&mut self) -> Op {
        let by = self.chance(40).then_some("alliance");
        let (id, owner) = self.coupon(|model, id, _| spendable(model, id, by.is_some()));
        let acceptor = self.suitable_acceptor(id);
        let settlement = self.settlement();
        let order = self.order(acceptor, settlement);
        let by_till = self.speaker(acceptor);
        let by = by.or_else(|| self.name(by_till).filter(|_| self.rng.gen_ratio(1, 2)));
        let caller = self.mostly(owner);
        let asking = self.model.places.of(by.unwrap_or(caller));
        let presented = self.company(id, acceptor, asking);
        Op::plain(caller, Message::Desk(DeskCall::Quote { order, presented, by }))
    }

    pub(super) fn alliance_redeem(&mut self) -> Op {
        let owing = self.chance(80);
        let mut live = self.model.registry.coupons.keys();
        if owing && !live.any(|id| spendable(self.model, *id, true) && makes_debt(self.model, *id)) {
            return self.towards_debt();
        }
        let (id, owner) =
            self.coupon(|model, id, _| spendable(model, id, true) && (!owing || makes_debt(model, id)));
        let issuer = self.model.registry.campaign(id.campaign).map(|known| known.issuer).ok();
        let acceptor = self.member(|model, account| {
            model.alliance.members[&account].active() && (Some(account) != issuer || !owing)
        });
        let account = self.model.places.of(acceptor);
        let settlement = if self.chance(90) { Settlement::OffChain } else { Settlement::OnChain };
        let mut order = self.order(account, settlement);
        let alliance = self.model.places.alliance;
        let mut presented = self.company(id, account, alliance);
        if self.chance(30) {
            self.aim_at_limit(&mut order, &mut presented, id);
        }
        let signer = self.speaker(account);
        let caller = self.mostly(signer);
        let mut coupons = self.consented(&presented, alliance);
        if self.chance(2) {
            coupons = self.consented(&presented, owner);
        }
        let signs = if caller == acceptor { self.chance(10) } else { self.chance(95) };
        let acceptor = signs.then(|| self.consent(signer));
        // What is over comes back.
        let most = if order.settlement == Settlement::OnChain { order.basket } else { 0 };
        let value = self.value(self.model.alliance.config.asset, most);
        let order = OrderCall { order, acceptor, coupons };
        let call = AllianceCall::Redeem { registry: self.registry(), order };
        super::paid(caller, value, Message::Alliance(call))
    }

    /// Makes a coupon take off what just fits its issuer's limit, or one too much.
    fn aim_at_limit(&mut self, order: &mut Order, presented: &mut Vec<Presented>, id: CouponId) {
        let Ok(campaign) = self.model.registry.campaign(id.campaign) else { return };
        let alliance = &self.model.alliance;
        let Some(member) = alliance.members.get(&campaign.issuer) else { return };
        let room = alliance.limit(member).saturating_sub(alliance.exposure(campaign.issuer));
        let rate = Balance::from(alliance.config.default_rate_bps);
        let most = (room * 10_000).div_ceil(rate) + self.rng.gen_range(0..3);
        order.basket = order.basket.max(most + 50);
        order.eligible = order.basket;
        *presented = vec![Presented { coupon: id, most: Some(most.max(1)), optional: false }];
    }
}

fn blake2(order: &Order) -> chain::Hash {
    crate::model::registry::blake2(order)
}

/// Whether a coupon could be spent now by a suitable acceptor, alone or through the alliance.
pub(super) fn spendable(model: &Model, id: CouponId, through_alliance: bool) -> bool {
    let (Some(coupon), Ok(campaign)) =
        (model.registry.coupons.get(&id), model.registry.campaign(id.campaign))
    else {
        return false;
    };
    let by_alliance = campaign.terms.acceptance == Acceptance::Alliance(model.places.alliance);
    let now = model.now;
    coupon.frozen.is_none()
        && coupon.owner != model.places.market
        && by_alliance == through_alliance
        && now < coupon.valid_until
        && campaign.terms.redeem_window.start <= now
        && now < campaign.ends
}

/// Whether an advocate would have a reward for a coupon's first use.
fn brings_reward(model: &Model, id: CouponId) -> bool {
    let (Some(coupon), Ok(campaign)) =
        (model.registry.coupons.get(&id), model.registry.campaign(id.campaign))
    else {
        return false;
    };
    let known = model.registry.customers.get(&(campaign.issuer, coupon.owner));
    coupon.advocate.is_some()
        && campaign.terms.referral.is_some()
        && known.is_none_or(|known| known.first_order.is_none() && !known.rewarded)
        && spendable(model, id, false)
}

pub(super) fn brings_any_reward(model: &Model) -> bool {
    model.registry.coupons.keys().any(|id| brings_reward(model, *id))
}

/// Whether a coupon's issuer is a member that would come to owe, and may.
fn makes_debt(model: &Model, id: CouponId) -> bool {
    let campaign = model.registry.campaign(id.campaign).unwrap();
    let member = model.alliance.members.get(&campaign.issuer);
    campaign.terms.funding == Funding::Alliance
        && campaign.terms.asset == model.alliance.config.asset
        && member.is_some_and(|member| {
            member.active() && model.alliance.limit(member) > model.alliance.exposure(campaign.issuer)
        })
}

/// Whether the relayer is the alliance that a coupon's terms name: any account may be.
fn of_relayer(model: &Model, id: CouponId) -> bool {
    let relayer = Acceptance::Alliance(model.places.of(HELPERS[1]));
    let named = model.registry.campaign(id.campaign).is_ok_and(|known| known.terms.acceptance == relayer);
    named && spendable(model, id, false)
}

/// Whether an acceptor takes a coupon when `caller` calls.
fn accepts(model: &Model, id: CouponId, acceptor: AccountId, caller: AccountId) -> bool {
    let campaign = model.registry.campaign(id.campaign).unwrap();
    let own = campaign.issuer == acceptor;
    let accepted = match &campaign.terms.acceptance {
        Acceptance::IssuerOnly => own,
        Acceptance::Listed(listed) => listed.contains(&acceptor),
        Acceptance::Alliance(alliance) => own || *alliance == caller,
    };
    accepted && (spendable(model, id, false) || spendable(model, id, true))
}
