//! Campaigns, and the terms that issuers come to make.

use super::{issuers::office, paid, rewards, Dice, ATTESTER};
use crate::model::{
    ops::{key_of, OfficeCall, Op, DAY, MINUTE},
    terms, Who,
};
use chain::Balance;
use e2e_tests::actors::{GHOST, HELPERS, OPERATOR, OWNER};
use rand::Rng;
use shared::{
    assets::Asset,
    campaigns::Improvement,
    terms::{
        Acceptance, Audience, Benefit, Breakage, Cap, Card, Funding, Limits, PeriodLimits, Referral,
        Stacking, Terms, TransferPolicy, Unit, Window,
    },
};

impl Dice<'_> {
    fn benefit(&mut self) -> Benefit {
        let amount = self.rng.gen_range(1..60);
        match self.rng.gen_range(0..100) {
            0..=24 => Benefit::AmountOff { value: amount },
            25..=44 => Benefit::PercentOff { bps: self.rng.gen_range(100..=10_000), cap: amount },
            45..=54 => Benefit::NewPrice { price: self.rng.gen_range(0..80), cap: amount },
            55..=62 => Benefit::FreeItem { worth: amount },
            _ => Benefit::StoredValue { value: self.rng.gen_range(20..150) },
        }
    }

    fn cap(&mut self) -> Cap {
        Cap {
            uses: self.chance(60).then(|| self.rng.gen_range(1..4)),
            value: self.chance(50).then(|| self.rng.gen_range(20..120)),
        }
    }

    fn limits(&mut self) -> Limits {
        let start = self.model.now - self.rng.gen_range(0..20) * DAY;
        Limits {
            issued_per_holder: self.chance(25).then(|| self.rng.gen_range(1..4)),
            uses: self.chance(15).then(|| self.rng.gen_range(1..7)),
            holder: if self.chance(25) { self.cap() } else { Cap::default() },
            period: self.chance(35).then(|| PeriodLimits {
                unit: self.one_of(&[Unit::Day, Unit::Day, Unit::Week, Unit::Month]),
                start,
                campaign: self.cap(),
                holder: if self.chance(50) { self.cap() } else { Cap::default() },
            }),
        }
    }

    fn acceptance(&mut self, funding: Funding) -> Acceptance {
        let [a, b] = [self.merchant(), self.merchant()].map(|who| self.model.places.of(who));
        match (funding, self.rng.gen_range(0..10)) {
            (Funding::Alliance, _) | (_, 0 | 1) => Acceptance::Alliance(self.model.places.alliance),
            (_, 2) => Acceptance::Listed(vec![a, self.model.places.of(GHOST)]),
            (_, 3..=5) => Acceptance::Listed(vec![a, b]),
            (_, 6..=8) => Acceptance::Alliance(self.model.places.of(HELPERS[1])),
            (Funding::Merchant | Funding::Escrow, _) => Acceptance::IssuerOnly,
        }
    }

    fn breakage(&mut self) -> Breakage {
        let fund = self.one_of(&[OPERATOR, OWNER, GHOST]);
        Breakage {
            holder_bps: self.rng.gen_range(0..=5_000),
            fund: self.chance(50).then(|| (self.model.places.of(fund), self.rng.gen_range(0..=5_000))),
        }
    }

    fn terms(&mut self, issuer: Who) -> Terms {
        let now = self.model.now;
        let (issue, after) = if self.chance(40) {
            (self.rng.gen_range(30..180) * MINUTE, self.rng.gen_range(0..120) * MINUTE)
        } else {
            (self.rng.gen_range(20..90) * DAY, self.rng.gen_range(0..60) * DAY)
        };
        let later = if self.chance(5) { 5 * MINUTE } else { 0 };
        let window = |end| Window { start: now + later, end: now + later + end };
        let funding = self.one_of(&[
            Funding::Merchant,
            Funding::Escrow,
            Funding::Escrow,
            Funding::Escrow,
            Funding::Alliance,
            Funding::Alliance,
        ]);
        let benefit = self.benefit();
        let card = match self.rng.gen_range(0..10) {
            0..=5 => Card::Uses(1),
            _ if matches!(benefit, Benefit::StoredValue { .. }) => Card::Uses(1),
            6 | 7 => Card::Uses(self.rng.gen_range(2..5)),
            _ => Card::Stamps(self.rng.gen_range(1..5)),
        };
        let (market, other) = (self.model.places.market, self.model.places.of(OWNER));
        let mut transfer = match self.rng.gen_range(0..9) {
            0 => TransferPolicy::Soulbound,
            1 => TransferPolicy::MarketOnly(market),
            2 => TransferPolicy::MarketOnly(other),
            _ => TransferPolicy::Free,
        };
        let audience = match self.rng.gen_range(0..10) {
            0 => Audience::FirstOrder,
            1 | 2 => Audience::Attested { key: key_of(ATTESTER), class: self.rng.gen_range(1..3) },
            _ => Audience::Anyone,
        };
        if matches!(audience, Audience::Attested { .. }) {
            transfer = TransferPolicy::Soulbound;
        }
        let asset = if funding == Funding::Alliance && self.chance(90) {
            self.model.alliance.config.asset
        } else {
            self.asset()
        };
        let account = self.model.places.of(issuer);
        let (reward, _) = self.campaign(|model, number| rewards(model, number, account));
        let refers = self.chance(75) && rewards(self.model, reward, account);
        let referral = refers.then(|| Referral { reward, per_advocate: self.rng.gen_range(1..3) });
        let mut terms = Terms {
            benefit,
            asset,
            min_basket: if self.chance(30) { self.rng.gen_range(1..80) } else { 0 },
            issue_window: window(issue),
            redeem_window: window(issue + after),
            valid_for: self.chance(35).then(|| self.span(5..120, 1..60)),
            supply: self.rng.gen_range(2..14),
            card,
            limits: self.limits(),
            audience,
            marks_first_order: audience == Audience::FirstOrder || referral.is_some() || self.chance(15),
            stacking: if self.chance(70) {
                Stacking::Common { priority: self.rng.gen_range(0..4) }
            } else {
                Stacking::Exclusive
            },
            funding,
            acceptance: self.acceptance(funding),
            transfer,
            rollback_window: match referral {
                _ if self.chance(15) => 0,
                Some(_) => self.rng.gen_range(1..30) * MINUTE,
                None => self.span(5..120, 1..40),
            },
            budget: (funding != Funding::Escrow && self.chance(40)).then(|| self.rng.gen_range(1..200)),
            scope: self.chance(20).then_some([8; 32]),
            royalty_bps: if self.chance(50) { self.rng.gen_range(0..=1_000) } else { 500 },
            resale_bps: self.chance(25).then(|| self.rng.gen_range(2_000..=10_000)),
            referral,
            reservation_ttl: if self.chance(35) { 0 } else { self.span(5..90, 1..8) },
            breakage: if funding == Funding::Escrow && self.chance(60) {
                self.breakage()
            } else {
                Breakage::default()
            },
            document: [7; 32],
        };
        if self.chance(12) {
            self.spoil(&mut terms);
        }
        terms
    }

    fn spoil(&mut self, terms: &mut Terms) {
        match self.rng.gen_range(0..24) {
            0 => terms.benefit = Benefit::AmountOff { value: 0 },
            1 => terms.benefit = Benefit::PercentOff { bps: 10_001, cap: 1 },
            2 => terms.issue_window.end = terms.issue_window.start,
            3 => terms.redeem_window.end = terms.redeem_window.start.saturating_sub(1),
            4 => terms.issue_window = Window { start: 0, end: self.model.now },
            5 => terms.redeem_window.end = terms.issue_window.end - 1,
            6 => terms.supply = 0,
            7 => terms.budget = Some(self.rng.gen_range(0..2)),
            8 => terms.acceptance = Acceptance::Listed(Vec::new()),
            9 => terms.royalty_bps = 1_001,
            10 => terms.rollback_window = 90 * DAY + 1,
            11 => terms.card = Card::Uses(self.rng.gen_range(0..3)),
            12 => terms.card = Card::Stamps(0),
            13 => terms.limits.holder.uses = Some(0),
            14 => terms.limits.uses = Some(0),
            15 => terms.valid_for = Some(0),
            16 => terms.resale_bps = Some(self.rng.gen_range(0..2) * 10_001),
            17 => (terms.audience, terms.marks_first_order) = (Audience::FirstOrder, false),
            18 => terms.transfer = TransferPolicy::Free,
            19 => terms.reservation_ttl = 7 * DAY + 1,
            20 => terms.breakage.holder_bps = self.rng.gen_range(5_000..=10_001),
            21 => terms.referral = Some(Referral { reward: self.rng.gen_range(0..9), per_advocate: 1 }),
            22 => terms.limits.issued_per_holder = Some(0),
            _ => {
                let none = Cap { uses: None, value: Some(0) };
                let start = self.model.now;
                terms.limits.period =
                    Some(PeriodLimits { unit: Unit::Day, start, campaign: none, holder: Cap::default() });
            }
        }
    }

    pub(super) fn create_campaign(&mut self) -> Op {
        let caller = self.merchant();
        let terms = self.terms(caller);
        let each = terms::largest(&terms, terms::full(&terms));
        let escrow = match terms.funding {
            Funding::Escrow if self.chance(80) => each * self.rng.gen_range(1..7) + self.rng.gen_range(0..30),
            Funding::Escrow => self.amount(300),
            Funding::Merchant | Funding::Alliance => Balance::from(self.chance(3)),
        };
        let value = self.value(terms.asset, escrow);
        let uri = if self.chance(3) { 257 } else { 20 };
        paid(caller, value, office(OfficeCall::CreateCampaign { terms: Box::new(terms), uri, escrow }))
    }

    pub(super) fn improve_campaign(&mut self) -> Op {
        let (campaign, caller) = self.campaign(|_, _| true);
        let known = self.model.registry.campaign(campaign).ok();
        let (ends, asset) = known.map_or((0, Asset::Native), |known| (known.ends, known.terms.asset));
        let improvement = match self.rng.gen_range(0..20) {
            0..=5 => Improvement::ExtendRedeemWindow { until: ends + self.rng.gen_range(0..20) * MINUTE },
            6..=11 => Improvement::AddBudget { amount: self.amount(60) },
            12..=18 => Improvement::AddEscrow { amount: self.amount(200) },
            _ => Improvement::StopIssuing,
        };
        let price = if let Improvement::AddEscrow { amount } = improvement { amount } else { 0 };
        let value = self.value(asset, price);
        paid(caller, value, office(OfficeCall::ImproveCampaign { campaign, improvement }))
    }

    pub(super) fn withdraw_escrow(&mut self) -> Op {
        let now = self.model.now;
        let (campaign, caller) = self.campaign(|model, number| model.registry.free_escrow(number, now) > 0);
        let known = self.model.registry.campaign(campaign).is_ok();
        let free = if known { self.model.registry.free_escrow(campaign, now) } else { 0 };
        let amount = match self.rng.gen_range(0..5) {
            0 => free + 1,
            1 | 2 => free,
            _ => self.amount(free),
        };
        Op::plain(caller, office(OfficeCall::WithdrawEscrow { campaign, amount }))
    }

    pub(super) fn offer_campaign(&mut self) -> Op {
        let (campaign, caller) = self.campaign(|model, number| {
            model.registry.campaign(number).is_ok_and(|known| known.offered.is_none())
        });
        let to = (!self.chance(15)).then(|| self.merchant());
        Op::plain(caller, office(OfficeCall::OfferCampaign { campaign, to }))
    }

    pub(super) fn accept_campaign(&mut self) -> Op {
        let (campaign, mut caller) = self.campaign(|model, number| {
            model.registry.campaign(number).is_ok_and(|known| known.offered.is_some())
        });
        if let Some(to) = self.model.registry.campaign(campaign).ok().and_then(|known| known.offered) {
            caller = self.mostly(to);
        }
        Op::plain(caller, office(OfficeCall::AcceptCampaign { campaign }))
    }
}
