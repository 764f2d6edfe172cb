//! Steps of payments that custody holds.

use super::{orders::spendable, paid, Dice};
use crate::model::{
    custody::Payment,
    ops::{CustodyCall, Message, Op, OrderCall, DAY, FORGERIES, MINUTE},
    spending::quoted,
    Model, Who,
};
use ::custody::terms::HoldingTerms;
use chain::AccountId;
use e2e_tests::actors::{MERCHANTS, OPERATOR, OWNER};
use mock_psp22::Mode;
use rand::Rng;
use shared::{assets::Asset, ids::CouponId, order::Settlement, permit::Presented, terms::Acceptance};

fn custody(call: CustodyCall) -> Message {
    Message::Custody(call)
}

/// Who, with terms of its own at custody, would take a coupon.
fn takers(model: &Model, id: CouponId) -> Vec<AccountId> {
    let Ok(campaign) = model.registry.campaign(id.campaign) else { return Vec::new() };
    let takes = |who: &AccountId| match &campaign.terms.acceptance {
        Acceptance::Listed(listed) => listed.contains(who),
        Acceptance::IssuerOnly | Acceptance::Alliance(_) => *who == campaign.issuer,
    };
    let live = spendable(model, id, false) || spendable(model, id, true);
    model.custody.terms.keys().copied().filter(|who| live && takes(who)).collect()
}

pub(super) fn payable(model: &Model) -> bool {
    model.registry.coupons.keys().any(|id| !takers(model, *id).is_empty())
}

impl Dice<'_> {
    pub(super) fn set_terms(&mut self) -> Op {
        let new: Vec<Who> = MERCHANTS
            .into_iter()
            .filter(|who| !self.model.custody.terms.contains_key(&self.model.places.of(who)))
            .collect();
        let any = self.merchant();
        let caller = self.pick(&new).unwrap_or(any);
        let resolver = match self.rng.gen_range(0..20) {
            0 => caller,
            1 => self.consumer(),
            _ => self.one_of(&[OPERATOR, OWNER, "dee"]),
        };
        let time = |dice: &mut Self| match dice.rng.gen_range(0..30) {
            0 => 0,
            1 => 90 * DAY + 1,
            2 => 2 * DAY,
            _ => dice.rng.gen_range(15..90) * MINUTE,
        };
        let unruled_bps = if self.chance(5) { 10_001 } else { self.rng.gen_range(0..=10_000) };
        let registry = self.registry();
        let terms = HoldingTerms {
            registry: self.model.places.of(registry),
            resolver: self.model.places.of(resolver),
            time_to_dispute: time(self),
            time_to_rule: time(self),
            unruled_bps,
        };
        Op::plain(caller, custody(CustodyCall::SetTerms { terms }))
    }

    pub(super) fn pay(&mut self) -> Op {
        if self.model.custody.terms.is_empty() && self.chance(85) {
            return self.set_terms();
        }
        if !payable(self.model) && self.chance(70) {
            return if self.chance(60) { self.issue() } else { self.set_terms() };
        }
        let (id, owner) = self.coupon(|model, id, _| !takers(model, id).is_empty());
        let takers = takers(self.model, id);
        let any = self.merchant();
        let acceptor = self.pick(&takers).unwrap_or(self.model.places.of(any));
        let settlement = if self.chance(3) { Settlement::OnChain } else { Settlement::OffChain };
        let mut order = self.order(acceptor, settlement);
        order.basket += if self.chance(60) { 60 } else { 0 };
        let this = self.model.places.custody;
        let presented = vec![Presented { coupon: id, most: None, optional: false }];
        let coupons = self.consented(&presented, this);
        let caller = match self.rng.gen_range(0..30) {
            0 => self.name(acceptor).unwrap_or(any),
            1 => self.anyone(),
            _ => self.mostly(owner),
        };
        let mut permit = self.consent(acceptor);
        let epoch = self.model.custody.current(acceptor).map_or(0, |(_, epoch)| epoch);
        permit.epoch = if self.chance(4) { epoch + 1 } else { epoch };
        if self.chance(3) {
            permit.forgery = self.pick(&FORGERIES);
        }
        let order = OrderCall { order, acceptor: None, coupons };
        let value = match quoted(self.model, this, &order.order, &presented) {
            Some((net, Asset::Native)) => match self.rng.gen_range(0..12) {
                0 => net.saturating_sub(1),
                1 | 2 => net + 5,
                _ => net,
            },
            Some((_, Asset::Psp22(_))) => u128::from(self.chance(3)),
            None => 0,
        };
        paid(caller, value, custody(CustodyCall::Pay { order, permit }))
    }

    /// A payment of those that fit, mostly, with its acceptor.
    fn payment(&mut self, fits: impl Fn(u64, &Payment) -> bool) -> Option<(Who, u64, Payment)> {
        let now = self.model.now;
        let all: Vec<_> = self.model.custody.payments.iter().map(|(at, held)| (*at, held.clone())).collect();
        let fit: Vec<_> = all.iter().filter(|(_, held)| fits(now, held)).cloned().collect();
        let ((acceptor, number), held) = match self.pick(&fit) {
            Some(found) if self.chance(90) => found,
            Some(_) | None if fit.is_empty() && self.chance(60) => return None,
            Some(_) | None => self.pick(&all)?,
        };
        let number = if self.chance(4) { number + 1 } else { number };
        Some((self.name(acceptor)?, number, held))
    }

    pub(super) fn dispute(&mut self) -> Op {
        let open = |now, held: &Payment| held.dispute.is_none() && now < held.disputable_until();
        let Some((acceptor, number, held)) = self.payment(open) else { return self.pay() };
        let (caller, reason) = (self.mostly(held.payer), self.rng.gen_range(0..5));
        Op::plain(caller, custody(CustodyCall::Dispute { acceptor, number, reason }))
    }

    pub(super) fn reply(&mut self) -> Op {
        let open = |now, held: &Payment| {
            held.dispute.as_ref().is_some_and(|dispute| !dispute.replied) && now < held.settles_at()
        };
        let Some((acceptor, number, _)) = self.payment(open) else { return self.dispute() };
        let caller = if self.chance(95) { acceptor } else { self.merchant() };
        Op::plain(caller, custody(CustodyCall::Reply { number }))
    }

    pub(super) fn rule(&mut self) -> Op {
        let open = |now, held: &Payment| held.dispute.is_some() && now < held.settles_at();
        let Some((acceptor, number, held)) = self.payment(open) else { return self.dispute() };
        let bps = if self.chance(6) { 10_001 } else { self.rng.gen_range(0..=10_000) };
        let caller = self.mostly(held.terms.resolver);
        Op::plain(caller, custody(CustodyCall::Rule { acceptor, number, bps }))
    }

    pub(super) fn settle_payment(&mut self) -> Op {
        let soonest = self.model.custody.payments.values().map(Payment::settles_at).min();
        match soonest {
            Some(at) if self.model.now < at && self.chance(40) => return Op::Advance(at - self.model.now),
            Some(_) | None => {}
        }
        let Some((acceptor, number, _)) = self.payment(|now, held| now >= held.settles_at()) else {
            return self.pay();
        };
        Op::plain(self.anyone(), custody(CustodyCall::Settle { acceptor, number }))
    }

    pub(super) fn give_back(&mut self) -> Op {
        let Some((acceptor, number, held)) = self.payment(|_, _| true) else { return self.pay() };
        let amount = match self.rng.gen_range(0..8) {
            0 => held.held() + 1,
            1 => held.held(),
            _ => self.amount(held.held()),
        };
        let caller = if self.chance(95) { acceptor } else { self.merchant() };
        Op::plain(caller, custody(CustodyCall::GiveBack { number, amount }))
    }

    pub(super) fn custody_withdraw(&mut self) -> Op {
        let owed: Vec<(AccountId, Asset)> = self.model.custody.credits.keys().copied().collect();
        let in_tokens = |held: &Payment| held.asset != Asset::Native;
        let any = self.model.custody.payments.values().any(in_tokens);
        match self.pick(&owed) {
            Some(_) if self.model.money.mode != Mode::Honest && self.chance(30) => {
                Op::Misbehave(Mode::Honest)
            }
            Some((account, asset)) => {
                Op::plain(self.mostly(account), custody(CustodyCall::Withdraw { asset }))
            }
            // A pay-out that fails is what makes one.
            None if any && self.model.money.mode == Mode::RefusePayouts => {
                match self.payment(|_, held| in_tokens(held)) {
                    Some((acceptor, number, held)) => {
                        let amount = self.amount(held.held());
                        Op::plain(acceptor, custody(CustodyCall::GiveBack { number, amount }))
                    }
                    None => self.settle_payment(),
                }
            }
            None if any && self.chance(60) => Op::Misbehave(Mode::RefusePayouts),
            None if self.chance(60) => self.pay(),
            None => {
                let asset = self.asset();
                Op::plain(self.anyone(), custody(CustodyCall::Withdraw { asset }))
            }
        }
    }
}
