//! The model's registry: claiming codes and spending coupons on orders.

use super::{
    ops::{CodeCall, Consent, OrderCall, RegistryCall},
    registry::{blake2, from_escrow, Fate, Past},
    terms, Answer, Model, Refusal,
};
use chain::{AccountId, Balance};
use scale::Encode;
use shared::{
    assets::{Asset, PaymentFault},
    coupons::Coupon,
    ids::CouponId,
    order::{Order, Part, Quote, QuoteLine, Redeemed, Redemption, Refused, Settlement, Use},
    permit::Presented,
    registry::{Limit, RegistryError as E},
    terms::{Acceptance, Audience, Stacking},
};

/// Whether holders have to agree: not to a quote, nor where a code's key signed for the order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holders {
    Agree,
    NeedNot,
}

/// A coupon with what the order makes of it, or why it doesn't.
type Line = (Presented, Result<Balance, E>);

/// What each order of a batch gives.
type Results = Vec<Result<Redeemed, E>>;

impl Model {
    pub(super) fn registry_call(
        &mut self,
        caller: AccountId,
        value: Balance,
        call: &RegistryCall,
    ) -> Result<Answer, Refusal> {
        let answer = match call {
            RegistryCall::Approve { operator, coupon, approved } => {
                let operator = self.places.of(operator);
                return self.approve(caller, operator, *coupon, *approved).map_err(Refusal::Psp34);
            }
            RegistryCall::Transfer { to, coupon } => {
                return self.transfer(caller, self.places.of(to), *coupon).map_err(Refusal::Psp34)
            }
            RegistryCall::Claim(claim) => self.claim(claim),
            RegistryCall::ClaimAndRedeem { claim, order, acceptor } => {
                self.claim_and_redeem(caller, claim, order, acceptor, value)
            }
            RegistryCall::Redeem(order) => self
                .redeem_and_pay(caller, order, value)
                .map(|redemption| Answer::Redemption(Box::new(redemption))),
            RegistryCall::RedeemBatch(orders) => self.redeem_batch(caller, orders),
            RegistryCall::Apply => Err(E::NotTheOffice { caller }),
        };
        answer.map_err(Refusal::Registry)
    }

    fn use_code(&mut self, claim: &CodeCall) -> Result<(), E> {
        self.ensure_claims_open()?;
        self.check_code(claim)?;
        self.use_place(claim.campaign, claim.drop, claim.index)?;
        if let Audience::Attested { class, .. } = self.registry.campaign(claim.campaign)?.terms.audience {
            return Err(E::AttestationMissing { class });
        }
        if claim.advocate == Some(claim.to) {
            return Err(E::SelfReferral);
        }
        Ok(())
    }

    fn claim(&mut self, claim: &CodeCall) -> Result<Answer, E> {
        self.registry.campaign(claim.campaign)?;
        self.use_code(claim)?;
        let (to, advocate) = (self.places.of(claim.to), claim.advocate.map(|who| self.places.of(who)));
        let serial = self.hand_out(claim.campaign, &[to], advocate)?;
        Ok(Answer::Coupon(CouponId { campaign: claim.campaign, serial }))
    }

    fn claim_and_redeem(
        &mut self,
        caller: AccountId,
        claim: &CodeCall,
        order: &Order,
        acceptor: &Option<Consent>,
        value: Balance,
    ) -> Result<Answer, E> {
        let campaign = claim.campaign;
        let cashier = self.open(caller, order, acceptor)?;
        self.registry.campaign(campaign)?;
        self.use_code(claim)?;
        let to = self.places.of(claim.to);
        let serial = self.make_room(campaign, 1)?;
        self.count_issue(campaign, to, true)?;
        let id = CouponId { campaign, serial };
        // As if it were handed out, and taken away again unless one use has used it up.
        self.mint(id, to, claim.advocate.map(|who| self.places.of(who)));
        self.begin(caller, cashier, order, true);
        let presented = Presented { coupon: id, most: None, optional: false };
        self.take(caller, order, presented, &None, 1, Holders::NeedNot, &[])?;
        if self.registry.coupons.contains_key(&id) {
            return Err(E::NotOneUse { campaign });
        }
        let redemption = self.finish(order, &[])?;
        self.count_cashier(order.acceptor, cashier, redemption.basket - redemption.net)?;
        self.emit("CouponsIssued");
        self.emit("OrdersRedeemed");
        self.settle(caller, order, &redemption, value)?;
        Ok(Answer::Redemption(Box::new(redemption)))
    }

    /// `redeem`, for whoever calls: an alliance too.
    pub(super) fn redeem_and_pay(
        &mut self,
        caller: AccountId,
        call: &OrderCall,
        value: Balance,
    ) -> Result<Redemption, E> {
        let redemption = self.redeem(caller, call)?;
        self.tell_of(&[&redemption]);
        self.settle(caller, &call.order, &redemption, value)?;
        Ok(redemption)
    }

    fn redeem_batch(&mut self, caller: AccountId, orders: &[OrderCall]) -> Result<Answer, E> {
        self.redeem_many(caller, orders).map(|(results, _)| Answer::Results(results))
    }

    /// Each order's result, and what was redeemed; for whoever calls: an alliance too.
    pub(super) fn redeem_many(
        &mut self,
        caller: AccountId,
        orders: &[OrderCall],
    ) -> Result<(Results, Vec<Redemption>), E> {
        let items = u32::try_from(orders.len()).unwrap();
        if items == 0 || items > 50 {
            return Err(E::BatchSize { items, most: 50 });
        }
        let mut results = Vec::new();
        let mut done: Vec<Redemption> = Vec::new();
        for call in orders {
            let before = self.registry.clone();
            let redeemed = match call.order.settlement {
                Settlement::OffChain => self.redeem(caller, call),
                Settlement::OnChain => Err(E::OnChainInBatch),
            };
            results.push(redeemed.map(|redemption| {
                let part =
                    |used: &Use| Part { issuer: used.issuer, funding: used.funding, discount: used.discount };
                let parts = redemption.uses.iter().map(part).collect();
                let redeemed = Redeemed { asset: redemption.asset, final_at: redemption.final_at, parts };
                done.push(redemption);
                redeemed
            }));
            if results.last().is_some_and(Result::is_err) {
                self.registry = before;
            }
        }
        // Neighbours of one acceptor and asset go together, as long as they have 32 uses at most.
        let mut rest = done.as_slice();
        while let Some(first) = rest.first() {
            let mut uses = 0;
            let together = rest.iter().take_while(|next| {
                uses += next.uses.len();
                std::ptr::eq(*next, first)
                    || ((next.acceptor, next.asset) == (first.acceptor, first.asset) && uses <= 32)
            });
            let (run, after) = rest.split_at(together.count());
            self.tell_of(&run.iter().collect::<Vec<_>>());
            let due = run.iter().map(from_escrow).sum();
            self.pay_or_credit(first.asset, first.acceptor, due);
            rest = after;
        }
        Ok((results, done))
    }

    fn tell_of(&mut self, redemptions: &[&Redemption]) {
        let used_up = redemptions.iter().flat_map(|redemption| &redemption.uses);
        for _ in used_up.filter(|used| used.left_after == 0) {
            self.emit("Transfer");
        }
        self.emit("OrdersRedeemed");
    }

    /// Who pays whom.
    fn settle(
        &mut self,
        caller: AccountId,
        order: &Order,
        redemption: &Redemption,
        value: Balance,
    ) -> Result<(), E> {
        let (asset, net) = (redemption.asset, redemption.net);
        self.pay_or_credit(asset, order.acceptor, from_escrow(redemption));
        match order.settlement {
            Settlement::OffChain if value > 0 => {
                Err(E::Payment(PaymentFault::WrongValue { expected: 0, paid: value }))
            }
            Settlement::OffChain => Ok(()),
            Settlement::OnChain => {
                let this = self.places.registry;
                self.money.forward(asset, this, caller, order.acceptor, net, value).map_err(E::Payment)
            }
        }
    }

    /// An order's effect on everything but money.
    fn redeem(&mut self, caller: AccountId, call: &OrderCall) -> Result<Redemption, E> {
        let order = &call.order;
        let cashier = self.open(caller, order, &call.acceptor)?;
        let (lines, redemption) = self.fill(caller, cashier, order, &call.coupons, Holders::Agree)?;
        debug_assert_eq!(lines.len(), call.coupons.len());
        self.count_cashier(order.acceptor, cashier, redemption.basket - redemption.net)?;
        Ok(redemption)
    }

    pub(super) fn quote(
        &self,
        caller: AccountId,
        order: &Order,
        presented: &[Presented],
    ) -> Result<Answer, E> {
        self.check_order(caller, order)?;
        let mut ahead = self.clone();
        let coupons: Vec<_> = presented.iter().map(|presented| (*presented, None)).collect();
        let (lines, redemption) = ahead.fill(caller, None, order, &coupons, Holders::NeedNot)?;
        let discount = redemption.basket - redemption.net;
        let by_cashier = caller != order.acceptor && self.registry.is_cashier(order.acceptor, caller);
        ahead.count_cashier(order.acceptor, by_cashier.then_some(caller), discount)?;
        let lines = lines
            .into_iter()
            .map(|(presented, outcome)| QuoteLine { coupon: presented.coupon, outcome })
            .collect();
        Ok(Answer::Quote(Quote { discount, net: redemption.net, asset: redemption.asset, lines }))
    }

    /// What can be said of an order before anyone is asked.
    fn check_order(&self, caller: AccountId, order: &Order) -> Result<(), E> {
        let now = self.now;
        if order.eligible > order.basket {
            return Err(E::EligibleOverBasket { eligible: order.eligible, basket: order.basket });
        }
        if now >= order.deadline {
            return Err(E::OrderExpired { deadline: order.deadline, now });
        }
        if order.settlement == Settlement::OnChain && caller == order.acceptor {
            return Err(E::AcceptorIsPayer);
        }
        self.ensure_unused(order)
    }

    pub(super) fn ensure_unused(&self, order: &Order) -> Result<(), E> {
        let known = |past: &Past| {
            (past.redemption.acceptor, past.redemption.number) == (order.acceptor, order.number)
        };
        if self.registry.past.iter().any(known) {
            return Err(E::OrderUsed { number: order.number });
        }
        Ok(())
    }

    /// What must be right before a coupon is looked at; gives the cashier that speaks for the acceptor, if one does.
    fn open(
        &self,
        caller: AccountId,
        order: &Order,
        acceptor: &Option<Consent>,
    ) -> Result<Option<AccountId>, E> {
        self.check_order(caller, order)?;
        self.acceptor_agrees(caller, order.acceptor, acceptor)
    }

    pub(super) fn acceptor_agrees(
        &self,
        caller: AccountId,
        acceptor: AccountId,
        consent: &Option<Consent>,
    ) -> Result<Option<AccountId>, E> {
        let signer = consent.as_ref().map_or(caller, |consent| self.places.of(consent.signer));
        if signer != acceptor && !self.registry.is_cashier(acceptor, signer) {
            return Err(E::NotAcceptor { signer });
        }
        if let Some(consent) = consent {
            self.check_consent(consent, signer)?;
        }
        Ok((signer != acceptor).then_some(signer))
    }

    pub(super) fn check_consent(&self, consent: &Consent, signer: AccountId) -> Result<(), E> {
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

    /// Without a consent the caller's own coupon will do.
    pub(super) fn holder_agrees(
        &self,
        caller: AccountId,
        coupon: CouponId,
        owner: AccountId,
        consent: &Option<Consent>,
    ) -> Result<(), E> {
        match consent {
            Some(consent) => self.check_consent(consent, owner),
            None if caller == owner => Ok(()),
            None => Err(E::PermitMissing { coupon }),
        }
    }

    fn count_cashier(
        &mut self,
        merchant: AccountId,
        cashier: Option<AccountId>,
        discount: Balance,
    ) -> Result<(), E> {
        let today = u32::try_from(self.now / super::ops::DAY).unwrap();
        let role = cashier.and_then(|account| self.registry.roles.get_mut(&(merchant, account)));
        let Some((role, most)) = role.and_then(|role| role.daily_cap.map(|most| (role, most))) else {
            return Ok(());
        };
        let asked = discount + if role.day == today { role.spent } else { 0 };
        if asked > most {
            return Err(E::LimitReached { limit: Limit::CashierDay, most, asked });
        }
        (role.day, role.spent) = (today, asked);
        Ok(())
    }

    /// Opens a redemption, which every coupon that follows becomes a part of at once: so the next one sees what it left.
    fn begin(&mut self, caller: AccountId, cashier: Option<AccountId>, order: &Order, claimed: bool) {
        let redemption = Redemption {
            acceptor: order.acceptor,
            number: order.number,
            order: blake2(order),
            basket: order.basket,
            eligible: order.eligible,
            asset: Asset::Native,
            uses: Vec::new(),
            refused: Vec::new(),
            net: order.basket,
            payer: (order.settlement == Settlement::OnChain).then_some(caller),
            alliance: None,
            cashier,
            redeemed_at: self.now,
            final_at: u64::MAX,
        };
        self.registry.past.push(Past { redemption, first: Vec::new(), fate: Fate::Stands, claimed });
    }

    fn fill(
        &mut self,
        caller: AccountId,
        cashier: Option<AccountId>,
        order: &Order,
        coupons: &[(Presented, Option<Consent>)],
        holders: Holders,
    ) -> Result<(Vec<Line>, Redemption), E> {
        let company = coupons.len();
        if company == 0 || company > 5 {
            return Err(E::CouponCount { presented: u32::try_from(company).unwrap(), most: 5 });
        }
        self.begin(caller, cashier, order, false);
        let mut lines: Vec<Line> = Vec::new();
        for (presented, consent) in coupons {
            let outcome = self.take(caller, order, *presented, consent, company, holders, &lines);
            if !presented.optional {
                outcome?;
            }
            lines.push((*presented, outcome));
        }
        let refused: Vec<Refused> = lines
            .iter()
            .filter_map(|(presented, outcome)| {
                let refusal = outcome.as_ref().err()?;
                Some(Refused { coupon: presented.coupon, reason: refusal.encode()[0] })
            })
            .collect();
        let redemption = self.finish(order, &refused)?;
        Ok((lines, redemption))
    }

    fn finish(&mut self, order: &Order, refused: &[Refused]) -> Result<Redemption, E> {
        let past = self.registry.past.last_mut().expect("it was begun");
        if past.redemption.uses.is_empty() {
            return Err(E::NothingApplied);
        }
        let redemption = &mut past.redemption;
        redemption.refused = refused.to_vec();
        redemption.net = order.basket - redemption.uses.iter().map(|used| used.discount).sum::<Balance>();
        // What a contract passed on is not the contract's.
        let contracts = self.places.contracts().map(|(_, contract)| contract);
        if redemption.payer.is_some_and(|payer| contracts.contains(&payer)) {
            redemption.payer = Some(redemption.uses[0].holder);
        }
        past.first.clone_from(&redemption.uses);
        Ok(redemption.clone())
    }

    /// One more coupon for the order that was begun: gives what it takes off.
    #[allow(clippy::too_many_arguments, reason = "an order's whole scene")]
    fn take(
        &mut self,
        caller: AccountId,
        order: &Order,
        presented: Presented,
        consent: &Option<Consent>,
        company: usize,
        holders: Holders,
        before: &[Line],
    ) -> Result<Balance, E> {
        let id = presented.coupon;
        if before.iter().any(|(other, _)| other.coupon == id) {
            return Err(E::DuplicateCoupon { coupon: id });
        }
        let coupon = *self.registry.coupons.get(&id).ok_or(E::NoSuchCoupon { coupon: id })?;
        let discount = self.weigh(caller, order, presented, &coupon, company)?;
        self.ensure_follows(id)?;
        self.ensure_holder_within(id.campaign, coupon.owner, discount)?;
        self.ensure_customer(order, id, coupon.owner)?;
        if holders == Holders::Agree {
            self.holder_agrees(caller, id, coupon.owner, consent)?;
        }
        self.ensure_campaign_within(id.campaign, discount)?;
        self.spend(caller, order, id, discount);
        Ok(discount)
    }

    fn weigh(
        &self,
        caller: AccountId,
        order: &Order,
        presented: Presented,
        coupon: &Coupon,
        company: usize,
    ) -> Result<Balance, E> {
        let (now, id) = (self.now, presented.coupon);
        let campaign = self.registry.campaign(id.campaign)?;
        let terms = &campaign.terms;
        self.ensure_not_frozen(id)?;
        self.ensure_not_locked(id, Some(order))?;
        let (start, end) = (terms.redeem_window.start, campaign.ends);
        if now < start || now >= end {
            return Err(E::RedeemWindowClosed { start, end, now });
        }
        if now >= coupon.valid_until {
            return Err(E::CouponExpired { coupon: id, valid_until: coupon.valid_until, now });
        }
        let own = order.acceptor == campaign.issuer;
        match &terms.acceptance {
            Acceptance::IssuerOnly if own => {}
            Acceptance::Listed(listed) if listed.contains(&order.acceptor) => {}
            Acceptance::Alliance(alliance) if own || *alliance == caller => {}
            Acceptance::Alliance(alliance) => return Err(E::OnlyThroughAlliance { alliance: *alliance }),
            Acceptance::IssuerOnly | Acceptance::Listed(_) => return Err(E::ForeignCoupon { coupon: id }),
        }
        if company > 1 && terms.stacking == Stacking::Exclusive {
            return Err(E::NotStackable { coupon: id });
        }
        if order.basket < terms.min_basket {
            return Err(E::BelowMinBasket { basket: order.basket, least: terms.min_basket });
        }
        let taken: Balance = self.begun().uses.iter().map(|used| used.discount).sum();
        let mut discount = terms::discount(terms, order.eligible.saturating_sub(taken), coupon.left);
        if let Some(most) = presented.most {
            discount = discount.min(most);
        }
        if discount == 0 && !terms::is_stamp(terms, coupon.left) {
            return Err(E::NoEffect { coupon: id });
        }
        Ok(discount)
    }

    pub(super) fn begun(&self) -> &Redemption {
        &self.registry.past.last().expect("it was begun").redemption
    }

    fn spend(&mut self, caller: AccountId, order: &Order, id: CouponId, discount: Balance) {
        let coupon = self.registry.coupons.remove(&id).expect("it was just weighed");
        let campaign = self.registry.campaign(id.campaign).unwrap();
        let (terms, issuer) = (campaign.terms.clone(), campaign.issuer);
        let left_after = coupon.left - terms::spent(&terms, discount);
        if left_after > 0 {
            self.registry.coupons.insert(id, Coupon { left: left_after, lock: None, ..coupon });
        }
        if terms.marks_first_order {
            let customer = self.registry.customers.entry((issuer, coupon.owner)).or_default();
            customer.first_order.get_or_insert((order.acceptor, order.number));
        }
        let final_at = self.now + terms.rollback_window;
        let redemption = &mut self.registry.past.last_mut().expect("it was begun").redemption;
        redemption.asset = terms.asset;
        redemption.final_at = redemption.final_at.min(final_at);
        if terms.acceptance == Acceptance::Alliance(caller) {
            redemption.alliance = Some(caller);
        }
        redemption.uses.push(Use {
            coupon: id,
            holder: coupon.owner,
            valid_until: coupon.valid_until,
            issuer,
            funding: terms.funding,
            advocate: coupon.advocate,
            left_before: coupon.left,
            left_after,
            discount,
        });
    }
}

/// The net price and asset of an order with its coupons.
pub(crate) fn quoted(
    model: &Model,
    caller: AccountId,
    order: &Order,
    presented: &[Presented],
) -> Option<(Balance, Asset)> {
    match model.quote(caller, order, presented) {
        Ok(Answer::Quote(quote)) => Some((quote.net, quote.asset)),
        _ => None,
    }
}
