//! The model's registry: every rule of campaigns, coupons, drops and redemptions, recounted from history.

use super::{
    ops::{Consent, Forgery, RegistryCall, Route},
    Answer, Model, Refusal, Who,
};
use ::registry::campaigns::Improvement;
use chain::{AccountId, Balance, Hash};
use shared::{
    assets::{Asset, PaymentFault},
    ids::{CampaignId, CouponId},
    order::{Order, Quote, Redemption, Settlement, Use},
    psp34::PSP34Error,
    registry::{RegistryError as E, SaleTerms},
    terms::{Acceptance, Benefit, Funding, Terms, TermsFault, TransferPolicy},
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
pub(crate) struct Campaign {
    pub(crate) issuer: AccountId,
    pub(crate) terms: Terms,
    pub(crate) ends: u64,
    pub(crate) stopped: bool,
    pub(crate) issued: u32,
    pub(crate) budget_added: Balance,
    pub(crate) escrow_in: Balance,
    pub(crate) escrow_out: Balance,
    pub(crate) drops: Vec<CodeSet>,
}

/// Which printed codes a drop commits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodeSet {
    pub(crate) name: &'static str,
    pub(crate) size: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Coupon {
    pub(crate) owner: AccountId,
    pub(crate) approved: Option<AccountId>,
    pub(crate) valid_until: u64,
    pub(crate) frozen: Option<u8>,
}

/// A redemption that took effect, and whether it was rolled back since.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    pub(crate) redemption: Redemption,
    pub(crate) undone: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Registry {
    /// Number `n` is at `n - 1`.
    pub(crate) campaigns: Vec<Campaign>,
    pub(crate) coupons: BTreeMap<CouponId, Coupon>,
    pub(crate) codes: BTreeSet<(CampaignId, u32, u32)>,
    pub(crate) sources: BTreeSet<(CampaignId, u64)>,
    pub(crate) issued_to: BTreeMap<(CampaignId, AccountId), u32>,
    pub(crate) epochs: BTreeMap<AccountId, u32>,
    pub(crate) operators: BTreeSet<(AccountId, AccountId)>,
    pub(crate) cashiers: BTreeSet<(AccountId, AccountId)>,
    pub(crate) past: Vec<Past>,
    pub(crate) credits: BTreeMap<(AccountId, Asset), Balance>,
}

/// A campaign's counters, recounted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    pub(crate) live: u32,
    pub(crate) redeemed: u32,
    pub(crate) discounts: Balance,
    pub(crate) budget_left: Option<Balance>,
    pub(crate) escrow_left: Balance,
    pub(crate) reserved: Balance,
}

pub(crate) fn largest(terms: &Terms) -> Balance {
    match terms.benefit {
        Benefit::AmountOff { value } => value,
        Benefit::PercentOff { cap, .. } => cap,
    }
}

pub(crate) fn blake2(value: &impl scale::Encode) -> Hash {
    use blake2::{digest::consts::U32, Blake2b, Digest};
    Blake2b::<U32>::digest(value.encode()).into()
}

pub(crate) fn from_escrow(redemption: &Redemption) -> Balance {
    redemption.uses.iter().filter(|used| used.funding == Funding::Escrow).map(|used| used.discount).sum()
}

impl Registry {
    pub(crate) fn campaign(&self, number: CampaignId) -> Result<&Campaign, E> {
        let place = usize::try_from(number).unwrap().checked_sub(1);
        place.and_then(|place| self.campaigns.get(place)).ok_or(E::NoSuchCampaign { campaign: number })
    }

    fn campaign_of(&mut self, caller: AccountId, number: CampaignId) -> Result<&mut Campaign, E> {
        let issuer = self.campaign(number)?.issuer;
        if caller != issuer {
            return Err(E::NotIssuer { issuer });
        }
        Ok(&mut self.campaigns[usize::try_from(number).unwrap() - 1])
    }

    pub(crate) fn counts(&self, number: CampaignId) -> Counts {
        let campaign = self.campaign(number).unwrap();
        let live = u32::try_from(self.coupons.keys().filter(|id| id.campaign == number).count()).unwrap();
        let uses: Vec<&Use> = self
            .past
            .iter()
            .filter(|past| !past.undone)
            .flat_map(|past| &past.redemption.uses)
            .filter(|used| used.coupon.campaign == number)
            .collect();
        let discounts = uses.iter().map(|used| used.discount).sum();
        let escrow = campaign.terms.funding == Funding::Escrow;
        let paid = if escrow { discounts } else { 0 };
        // What a spent coupon left of its backing stays, since a rollback would need it again.
        let kept = if campaign.terms.rollback_window > 0 {
            uses.iter().map(|used| largest(&campaign.terms) - used.discount).sum()
        } else {
            0
        };
        Counts {
            live,
            redeemed: u32::try_from(uses.len()).unwrap(),
            discounts,
            budget_left: campaign.terms.budget.map(|budget| budget + campaign.budget_added - discounts),
            escrow_left: campaign.escrow_in - campaign.escrow_out - paid,
            reserved: if escrow { Balance::from(live) * largest(&campaign.terms) + kept } else { 0 },
        }
    }

    pub(crate) fn epoch(&self, account: AccountId) -> u32 {
        self.epochs.get(&account).copied().unwrap_or_default()
    }

    fn speaks_for(&self, acceptor: AccountId, signer: AccountId) -> Result<(), E> {
        if signer == acceptor || self.cashiers.contains(&(acceptor, signer)) {
            Ok(())
        } else {
            Err(E::NotAcceptor { signer })
        }
    }
}

/// The first contradiction in terms, if any.
pub(crate) fn fault(terms: &Terms, now: u64) -> Option<TermsFault> {
    let faults = [
        match terms.benefit {
            Benefit::AmountOff { value: 0 }
            | Benefit::PercentOff { bps: 0, .. }
            | Benefit::PercentOff { cap: 0, .. } => Some(TermsFault::NoBenefit),
            Benefit::PercentOff { bps, .. } => (bps > 10_000).then_some(TermsFault::PercentOverWhole { bps }),
            Benefit::AmountOff { .. } => None,
        },
        [terms.issue_window, terms.redeem_window]
            .into_iter()
            .find(|window| window.start >= window.end)
            .map(|window| TermsFault::EmptyWindow { start: window.start, end: window.end }),
        (terms.issue_window.end <= now)
            .then_some(TermsFault::IssueWindowPast { end: terms.issue_window.end, now }),
        (terms.issue_window.end > terms.redeem_window.end).then_some(TermsFault::IssueOutlastsRedeem {
            issue_end: terms.issue_window.end,
            redeem_end: terms.redeem_window.end,
        }),
        (terms.supply == 0).then_some(TermsFault::NoSupply),
        (terms.valid_for == Some(0) || terms.per_holder == Some(0) || terms.budget == Some(0))
            .then_some(TermsFault::ZeroLimit),
        match &terms.acceptance {
            Acceptance::Listed(listed) if listed.is_empty() || listed.len() > 16 => {
                Some(TermsFault::AcceptorCount { listed: u32::try_from(listed.len()).unwrap() })
            }
            Acceptance::IssuerOnly | Acceptance::Listed(_) if terms.funding == Funding::Alliance => {
                Some(TermsFault::AllianceMissing)
            }
            Acceptance::IssuerOnly | Acceptance::Listed(_) | Acceptance::Alliance(_) => None,
        },
        (terms.royalty_bps > 1_000).then_some(TermsFault::RoyaltyOverCap { bps: terms.royalty_bps }),
        (terms.rollback_window > 7_776_000_000)
            .then_some(TermsFault::RollbackWindowOverCap { window: terms.rollback_window }),
    ];
    faults.into_iter().flatten().next()
}

impl Model {
    pub(super) fn registry_call(&mut self, call: &RegistryCall) -> Result<Answer, Refusal> {
        let caller = self.places.of(call.caller());
        let answer = match call {
            RegistryCall::Approve { operator, coupon, approved, .. } => {
                return self
                    .approve(caller, self.places.of(operator), *coupon, *approved)
                    .map_err(Refusal::Psp34)
            }
            RegistryCall::Transfer { to, coupon, .. } => {
                return self.transfer(caller, self.places.of(to), *coupon).map_err(Refusal::Psp34)
            }
            RegistryCall::Create { terms, uri, escrow, value, .. } => {
                self.create(caller, terms, *uri, *escrow, *value)
            }
            RegistryCall::Improve { campaign, improvement, value, .. } => {
                self.improve(caller, *campaign, *improvement, *value)
            }
            RegistryCall::WithdrawEscrow { campaign, amount, .. } => {
                self.withdraw_escrow(caller, *campaign, *amount)
            }
            RegistryCall::CreateDrop { campaign, codes, .. } => self.create_drop(caller, *campaign, *codes),
            RegistryCall::Issue { campaign, to, source, .. } => self.issue(caller, *campaign, to, *source),
            RegistryCall::Claim { campaign, drop, index, to, codes, forgery, .. } => {
                self.claim((*campaign, *drop, *index), self.places.of(to), *codes, *forgery)
            }
            RegistryCall::SetFrozen { coupon, reason, .. } => self.set_frozen(caller, *coupon, *reason),
            RegistryCall::SetCashier { cashier, allowed, .. } => {
                let pair = (caller, self.places.of(cashier));
                if *allowed {
                    self.registry.cashiers.insert(pair);
                } else {
                    self.registry.cashiers.remove(&pair);
                }
                self.emit("CashierChanged");
                Ok(Answer::Nothing)
            }
            RegistryCall::CancelPermits { .. } => {
                let epoch = self.registry.epoch(caller) + 1;
                self.registry.epochs.insert(caller, epoch);
                self.emit("PermitsCancelled");
                Ok(Answer::Number(epoch.into()))
            }
            RegistryCall::Quote { order, coupons, through, .. } => {
                let route = through.map_or(Route::Direct(caller), |who| Route::Alliance(self.places.of(who)));
                self.quote(order, coupons, route)
            }
            RegistryCall::Redeem { order, acceptor, coupons, value, through_alliance, .. } => {
                if *through_alliance {
                    let redeemed = self.redeem_by(order, acceptor, coupons, Route::Alliance(caller));
                    redeemed.map(|redemption| Answer::Redemption(Box::new(redemption)))
                } else {
                    self.redeem(caller, order, acceptor, coupons, *value)
                }
            }
            RegistryCall::RollBack { redemption, value, through_alliance, .. } => {
                let route = if *through_alliance { Route::Alliance(caller) } else { Route::Direct(caller) };
                self.pay_along(caller, self.places.registry, *value);
                self.roll_back_by(redemption, route, caller, *value).map(|()| Answer::Nothing)
            }
            RegistryCall::WithdrawCredit { asset, .. } => self.withdraw_credit(caller, *asset),
            RegistryCall::SaleTerms { coupon, .. } => self.sale_terms(*coupon).map(Answer::Sale),
        };
        answer.map_err(Refusal::Registry)
    }

    pub(super) fn pay_along(&mut self, caller: AccountId, contract: AccountId, value: Balance) {
        assert!(self.money.move_native(caller, contract, value), "everyone is rich");
    }

    fn collect_for_registry(
        &mut self,
        asset: Asset,
        payer: AccountId,
        amount: Balance,
        paid: Balance,
    ) -> Result<(), E> {
        let this = self.places.registry;
        self.money.collect(asset, this, payer, amount, paid).map_err(E::Payment)
    }

    fn create(
        &mut self,
        issuer: AccountId,
        terms: &Terms,
        uri: u32,
        escrow: Balance,
        value: Balance,
    ) -> Result<Answer, E> {
        self.pay_along(issuer, self.places.registry, value);
        if let Some(fault) = fault(terms, self.now) {
            return Err(E::InvalidTerms(fault));
        }
        if uri > 256 {
            return Err(E::UriTooLong { length: uri, most: 256 });
        }
        if escrow > 0 && terms.funding != Funding::Escrow {
            return Err(E::NoEscrow);
        }
        self.registry.campaigns.push(Campaign {
            issuer,
            terms: terms.clone(),
            ends: terms.redeem_window.end,
            stopped: false,
            issued: 0,
            budget_added: 0,
            escrow_in: escrow,
            escrow_out: 0,
            drops: Vec::new(),
        });
        self.collect_for_registry(terms.asset, issuer, escrow, value)?;
        self.emit("CampaignCreated");
        Ok(Answer::Number(self.registry.campaigns.len() as u128))
    }

    fn improve(
        &mut self,
        caller: AccountId,
        number: CampaignId,
        improvement: Improvement,
        value: Balance,
    ) -> Result<Answer, E> {
        self.pay_along(caller, self.places.registry, value);
        let now = self.now;
        let campaign = self.registry.campaign_of(caller, number)?;
        let asset = campaign.terms.asset;
        let mut price = 0;
        match improvement {
            Improvement::ExtendRedeemWindow { until } => {
                if until <= campaign.ends || now >= campaign.ends {
                    return Err(E::NotBetter);
                }
                campaign.ends = until;
            }
            Improvement::AddBudget { amount } => {
                if amount == 0 || campaign.terms.budget.is_none() {
                    return Err(E::NotBetter);
                }
                campaign.budget_added += amount;
            }
            Improvement::AddEscrow { amount } => {
                if campaign.terms.funding != Funding::Escrow {
                    return Err(E::NoEscrow);
                }
                if amount == 0 {
                    return Err(E::NotBetter);
                }
                campaign.escrow_in += amount;
                price = amount;
            }
            Improvement::StopIssuing => {
                if campaign.stopped {
                    return Err(E::NotBetter);
                }
                campaign.stopped = true;
            }
        }
        self.collect_for_registry(asset, caller, price, value)?;
        self.emit("CampaignImproved");
        Ok(Answer::Nothing)
    }

    fn withdraw_escrow(
        &mut self,
        caller: AccountId,
        number: CampaignId,
        asked: Balance,
    ) -> Result<Answer, E> {
        let now = self.now;
        let campaign = self.registry.campaign_of(caller, number)?.clone();
        if campaign.terms.funding != Funding::Escrow {
            return Err(E::NoEscrow);
        }
        let free = self.registry.free_escrow(number, now);
        if asked == 0 || asked > free {
            return Err(E::EscrowCommitted { asked, free });
        }
        self.registry.campaign_of(caller, number)?.escrow_out += asked;
        self.emit("EscrowWithdrawn");
        let this = self.places.registry;
        self.money.pay(campaign.terms.asset, this, caller, asked).map_err(E::Payment)?;
        Ok(Answer::Nothing)
    }

    fn create_drop(&mut self, caller: AccountId, number: CampaignId, codes: CodeSet) -> Result<Answer, E> {
        let campaign = self.registry.campaign_of(caller, number)?;
        if codes.size == 0 {
            return Err(E::EmptyDrop);
        }
        campaign.drops.push(codes);
        let drop = campaign.drops.len();
        self.emit("DropCreated");
        Ok(Answer::Number(drop as u128))
    }

    fn issue(&mut self, caller: AccountId, number: CampaignId, to: &[Who], source: u64) -> Result<Answer, E> {
        self.registry.campaign_of(caller, number)?;
        let items = u32::try_from(to.len()).unwrap();
        if items == 0 || items > 100 {
            return Err(E::BatchSize { items, most: 100 });
        }
        if !self.registry.sources.insert((number, source)) {
            return Err(E::SourceUsed { source });
        }
        let to: Vec<_> = to.iter().map(|who| self.places.of(who)).collect();
        let first = self.mint(number, &to)?;
        Ok(Answer::Number(first.into()))
    }

    fn claim(
        &mut self,
        (number, drop, index): (CampaignId, u32, u32),
        to: AccountId,
        codes: CodeSet,
        forgery: Option<Forgery>,
    ) -> Result<Answer, E> {
        let campaign = self.registry.campaign(number)?;
        let printed =
            usize::try_from(drop).unwrap().checked_sub(1).and_then(|place| campaign.drops.get(place));
        let Some(printed) = printed else {
            return Err(E::NoSuchDrop { campaign: number, drop });
        };
        if *printed != codes || index >= codes.size || forgery == Some(Forgery::NoProof) {
            return Err(E::CodeUnproven { index });
        }
        if forgery.is_some() {
            return Err(E::ClaimUnsigned { index });
        }
        if !self.registry.codes.insert((number, drop, index)) {
            return Err(E::CodeUsed { index });
        }
        let serial = self.mint(number, &[to])?;
        Ok(Answer::Coupon(CouponId { campaign: number, serial }))
    }

    fn mint(&mut self, number: CampaignId, to: &[AccountId]) -> Result<u32, E> {
        let now = self.now;
        let campaign = self.registry.campaign(number)?.clone();
        let terms = &campaign.terms;
        let (start, end) = (terms.issue_window.start, terms.issue_window.end);
        if now < start || now >= end {
            return Err(E::IssueWindowClosed { start, end, now });
        }
        if campaign.stopped {
            return Err(E::IssuingStopped);
        }
        let asked = u32::try_from(to.len()).unwrap();
        if campaign.issued + asked > terms.supply {
            return Err(E::SupplyExhausted { asked, left: terms.supply - campaign.issued });
        }
        if terms.funding == Funding::Escrow {
            let needed = Balance::from(asked) * largest(terms);
            let counts = self.registry.counts(number);
            let free = counts.escrow_left.saturating_sub(counts.reserved);
            if needed > free {
                return Err(E::EscrowShort { needed, free });
            }
        }
        self.emit("CouponsIssued");
        for (serial, owner) in (campaign.issued + 1..).zip(to) {
            if let Some(limit) = terms.per_holder {
                let had = self.registry.issued_to.entry((number, *owner)).or_default();
                if *had >= limit {
                    return Err(E::HolderLimit { limit });
                }
                *had += 1;
            }
            let valid_until = terms.valid_for.map_or(u64::MAX, |period| now + period);
            let coupon = Coupon { owner: *owner, approved: None, valid_until, frozen: None };
            self.registry.coupons.insert(CouponId { campaign: number, serial }, coupon);
            self.emit("Transfer");
        }
        self.registry.campaign_of(campaign.issuer, number)?.issued += asked;
        Ok(campaign.issued + 1)
    }

    fn set_frozen(&mut self, caller: AccountId, id: CouponId, reason: Option<u8>) -> Result<Answer, E> {
        let campaign = self.registry.campaign_of(caller, id.campaign)?;
        if reason.is_some() && campaign.terms.funding == Funding::Escrow {
            return Err(E::CouponBacked { coupon: id });
        }
        let coupon = self.registry.coupons.get_mut(&id).ok_or(E::NoSuchCoupon { coupon: id })?;
        if coupon.frozen.is_none() && reason.is_none() {
            return Err(E::NotFrozen { coupon: id });
        }
        coupon.frozen = reason;
        self.emit("CouponFreezeChanged");
        Ok(Answer::Nothing)
    }

    fn quote(&self, order: &Order, coupons: &[CouponId], route: Route) -> Result<Answer, E> {
        let [id] = coupons else {
            return Err(E::CouponCount { presented: u32::try_from(coupons.len()).unwrap(), most: 1 });
        };
        self.check_order(order, route)?;
        let discount = self.weigh(order, *id, route)?;
        let asset = self.registry.campaign(id.campaign)?.terms.asset;
        Ok(Answer::Quote(Quote { discount, net: order.basket - discount, asset }))
    }

    /// What can be said of an order before its coupon is looked at.
    fn check_order(&self, order: &Order, route: Route) -> Result<(), E> {
        let now = self.now;
        if order.eligible > order.basket {
            return Err(E::EligibleOverBasket { eligible: order.eligible, basket: order.basket });
        }
        if now >= order.deadline {
            return Err(E::OrderExpired { deadline: order.deadline, now });
        }
        match (order.settlement, route) {
            (Settlement::OnChain, Route::Alliance(_)) => return Err(E::OnChainThroughAlliance),
            (Settlement::OnChain, Route::Direct(caller)) if caller == order.acceptor => {
                return Err(E::AcceptorIsPayer)
            }
            (Settlement::OnChain | Settlement::OffChain, Route::Direct(_) | Route::Alliance(_)) => {}
        }
        let used = |past: &Past| {
            (past.redemption.acceptor, past.redemption.number) == (order.acceptor, order.number)
        };
        if self.registry.past.iter().any(used) {
            return Err(E::OrderUsed { number: order.number });
        }
        Ok(())
    }

    fn weigh(&self, order: &Order, id: CouponId, route: Route) -> Result<Balance, E> {
        let now = self.now;
        let coupon = self.registry.coupons.get(&id).ok_or(E::NoSuchCoupon { coupon: id })?;
        let campaign = self.registry.campaign(id.campaign)?;
        let terms = &campaign.terms;
        if let Some(reason) = coupon.frozen {
            return Err(E::CouponFrozen { coupon: id, reason });
        }
        let (start, end) = (terms.redeem_window.start, campaign.ends);
        if now < start || now >= end {
            return Err(E::RedeemWindowClosed { start, end, now });
        }
        if now >= coupon.valid_until {
            return Err(E::CouponExpired { coupon: id, valid_until: coupon.valid_until, now });
        }
        match route {
            Route::Alliance(caller) => {
                if terms.acceptance != Acceptance::Alliance(caller) {
                    return Err(E::NotTheAlliance { caller });
                }
            }
            Route::Direct(_) => match &terms.acceptance {
                Acceptance::Listed(listed) if listed.contains(&order.acceptor) => {}
                Acceptance::IssuerOnly | Acceptance::Alliance(_) if order.acceptor == campaign.issuer => {}
                Acceptance::Alliance(alliance) => return Err(E::OnlyThroughAlliance { alliance: *alliance }),
                Acceptance::IssuerOnly | Acceptance::Listed(_) => {
                    return Err(E::ForeignCoupon { coupon: id })
                }
            },
        }
        if order.basket < terms.min_basket {
            return Err(E::BelowMinBasket { basket: order.basket, least: terms.min_basket });
        }
        let left = self.registry.counts(id.campaign).budget_left;
        let by_rule = match terms.benefit {
            Benefit::AmountOff { value } => value,
            Benefit::PercentOff { bps, cap } => (order.eligible * Balance::from(bps) / 10_000).min(cap),
        };
        let discount = by_rule.min(order.eligible);
        if left.is_some_and(|left| discount > left) {
            return Err(E::BudgetExhausted { campaign: id.campaign });
        }
        if discount == 0 {
            return Err(E::NoEffect { coupon: id });
        }
        Ok(discount)
    }

    fn redeem(
        &mut self,
        caller: AccountId,
        order: &Order,
        acceptor: &Option<Consent>,
        coupons: &[(CouponId, Option<Consent>)],
        value: Balance,
    ) -> Result<Answer, E> {
        self.pay_along(caller, self.places.registry, value);
        let redemption = self.redeem_by(order, acceptor, coupons, Route::Direct(caller))?;
        let this = self.places.registry;
        match order.settlement {
            Settlement::OnChain => {
                let (asset, net) = (redemption.asset, redemption.net);
                self.money.forward(asset, this, caller, order.acceptor, net, value).map_err(E::Payment)?;
            }
            Settlement::OffChain if value > 0 => {
                return Err(E::Payment(PaymentFault::WrongValue { expected: 0, paid: value }))
            }
            Settlement::OffChain => {}
        }
        Ok(Answer::Redemption(Box::new(redemption)))
    }

    pub(super) fn redeem_by(
        &mut self,
        order: &Order,
        acceptor: &Option<Consent>,
        coupons: &[(CouponId, Option<Consent>)],
        route: Route,
    ) -> Result<Redemption, E> {
        let [(id, holder_consent)] = coupons else {
            return Err(E::CouponCount { presented: u32::try_from(coupons.len()).unwrap(), most: 1 });
        };
        self.check_order(order, route)?;
        match (acceptor, route) {
            (Some(consent), _) => {
                let signer = self.places.of(consent.signer);
                self.registry.speaks_for(order.acceptor, signer)?;
                self.check_consent(consent, signer)?;
            }
            (None, Route::Direct(caller) | Route::Alliance(caller)) => {
                self.registry.speaks_for(order.acceptor, caller)?;
            }
        }
        let discount = self.weigh(order, *id, route)?;
        let coupon = self.registry.coupons[id].clone();
        match holder_consent {
            Some(consent) => self.check_consent(consent, coupon.owner)?,
            None if route == Route::Direct(coupon.owner) => {}
            None => return Err(E::PermitMissing { coupon: *id }),
        }
        self.registry.coupons.remove(id);
        let campaign = self.registry.campaign(id.campaign)?;
        let redemption = Redemption {
            acceptor: order.acceptor,
            number: order.number,
            order: blake2(order),
            asset: campaign.terms.asset,
            uses: vec![Use {
                coupon: *id,
                holder: coupon.owner,
                valid_until: coupon.valid_until,
                issuer: campaign.issuer,
                funding: campaign.terms.funding,
                discount,
            }],
            net: order.basket - discount,
            payer: match (order.settlement, route) {
                (Settlement::OnChain, Route::Direct(caller)) => Some(caller),
                (Settlement::OnChain | Settlement::OffChain, _) => None,
            },
            alliance: match route {
                Route::Direct(_) => None,
                Route::Alliance(alliance) => Some(alliance),
            },
            redeemed_at: self.now,
            final_at: self.now + campaign.terms.rollback_window,
        };
        self.registry.past.push(Past { redemption: redemption.clone(), undone: false });
        self.emit("Transfer");
        self.emit("OrderRedeemed");
        self.pay_or_credit(redemption.asset, order.acceptor, from_escrow(&redemption));
        Ok(redemption)
    }

    fn check_consent(&self, consent: &Consent, signer: AccountId) -> Result<(), E> {
        let (now, current) = (self.now, self.registry.epoch(signer));
        if now >= consent.deadline {
            return Err(E::PermitExpired { deadline: consent.deadline, now });
        }
        if consent.epoch != current {
            return Err(E::PermitCancelled { epoch: consent.epoch, current });
        }
        if consent.forgery.is_some() || self.places.of(consent.signer) != signer {
            return Err(E::PermitInvalid { signer });
        }
        Ok(())
    }

    /// `payer` sent `paid` plancks along.
    pub(super) fn roll_back_by(
        &mut self,
        redemption: &Redemption,
        route: Route,
        payer: AccountId,
        paid: Balance,
    ) -> Result<(), E> {
        let now = self.now;
        let found = self.registry.past.iter().position(|past| {
            let recorded = past.redemption.final_at > past.redemption.redeemed_at;
            recorded && !past.undone && past.redemption == *redemption
        });
        let Some(found) = found else {
            return Err(E::NoSuchRedemption { number: redemption.number });
        };
        if now >= redemption.final_at {
            return Err(E::RedemptionFinal { final_at: redemption.final_at, now });
        }
        match (redemption.alliance, route) {
            (None, Route::Direct(caller)) if caller != redemption.acceptor => {
                return Err(E::NotAcceptor { signer: caller })
            }
            (None, Route::Direct(_)) => {}
            (Some(alliance), Route::Alliance(caller)) if alliance == caller => {}
            (_, Route::Direct(caller) | Route::Alliance(caller)) => return Err(E::NotTheAlliance { caller }),
        }
        self.registry.past[found].undone = true;
        for used in &redemption.uses {
            let coupon =
                Coupon { owner: used.holder, approved: None, valid_until: used.valid_until, frozen: None };
            self.registry.coupons.insert(used.coupon, coupon);
            self.emit("Transfer");
        }
        self.emit("OrderRolledBack");
        let refund = redemption.payer.map_or(0, |_| redemption.net);
        self.collect_for_registry(redemption.asset, payer, from_escrow(redemption) + refund, paid)?;
        if let Some(payer) = redemption.payer {
            self.pay_or_credit(redemption.asset, payer, refund);
        }
        Ok(())
    }

    fn pay_or_credit(&mut self, asset: Asset, account: AccountId, amount: Balance) {
        if self.money.pay(asset, self.places.registry, account, amount).is_err() {
            *self.registry.credits.entry((account, asset)).or_default() += amount;
            self.emit("CreditAdded");
        }
    }

    fn withdraw_credit(&mut self, caller: AccountId, asset: Asset) -> Result<Answer, E> {
        let amount = self.registry.credits.remove(&(caller, asset)).ok_or(E::NoCredit)?;
        self.emit("CreditWithdrawn");
        self.money.pay(asset, self.places.registry, caller, amount).map_err(E::Payment)?;
        Ok(Answer::Nothing)
    }

    pub(super) fn sale_terms(&self, id: CouponId) -> Result<SaleTerms, E> {
        let coupon = self.registry.coupons.get(&id).ok_or(E::NoSuchCoupon { coupon: id })?;
        if let Some(reason) = coupon.frozen {
            return Err(E::CouponFrozen { coupon: id, reason });
        }
        let campaign = self.registry.campaign(id.campaign)?;
        Ok(SaleTerms {
            owner: coupon.owner,
            issuer: campaign.issuer,
            asset: campaign.terms.asset,
            royalty_bps: campaign.terms.royalty_bps,
            ends_at: coupon.valid_until.min(campaign.ends),
            largest_discount: largest(&campaign.terms),
        })
    }

    fn approve(
        &mut self,
        caller: AccountId,
        operator: AccountId,
        coupon: Option<CouponId>,
        approved: bool,
    ) -> Result<Answer, PSP34Error> {
        if caller == operator {
            return Err(PSP34Error::SelfApprove);
        }
        match coupon {
            Some(id) => {
                let coupon = self.registry.coupons.get_mut(&id).ok_or(PSP34Error::TokenNotExists)?;
                if coupon.owner != caller {
                    return Err(PSP34Error::NotApproved);
                }
                coupon.approved = approved.then_some(operator);
            }
            None if approved => {
                self.registry.operators.insert((caller, operator));
            }
            None => {
                self.registry.operators.remove(&(caller, operator));
            }
        }
        self.emit("Approval");
        Ok(Answer::Nothing)
    }

    pub(super) fn transfer(
        &mut self,
        caller: AccountId,
        to: AccountId,
        id: CouponId,
    ) -> Result<Answer, PSP34Error> {
        let custom = |word: &str| Err(PSP34Error::Custom(word.into()));
        let coupon = self.registry.coupons.get(&id).ok_or(PSP34Error::TokenNotExists)?.clone();
        let may = caller == coupon.owner
            || coupon.approved == Some(caller)
            || self.registry.operators.contains(&(coupon.owner, caller));
        if !may {
            return Err(PSP34Error::NotApproved);
        }
        if coupon.frozen.is_some() {
            return custom("CouponFrozen");
        }
        match self.registry.campaign(id.campaign).unwrap().terms.transfer {
            TransferPolicy::Free => {}
            TransferPolicy::Soulbound => return custom("Soulbound"),
            TransferPolicy::MarketOnly(market) if market == coupon.owner || market == to => {}
            TransferPolicy::MarketOnly(_) => return custom("MarketOnly"),
        }
        self.registry.coupons.insert(id, Coupon { owner: to, approved: None, ..coupon });
        self.emit("Transfer");
        Ok(Answer::Nothing)
    }
}

impl Registry {
    /// What the issuer may take back: everything once no coupon can be spent and no redemption undone, and before that what backs no coupon.
    pub(crate) fn free_escrow(&self, number: CampaignId, now: u64) -> Balance {
        let campaign = self.campaign(number).unwrap();
        let counts = self.counts(number);
        if now >= campaign.ends + campaign.terms.rollback_window {
            counts.escrow_left
        } else {
            counts.escrow_left.saturating_sub(counts.reserved)
        }
    }
}
