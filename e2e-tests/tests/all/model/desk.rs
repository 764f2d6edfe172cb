//! The model's service desk: what follows a redemption or a coupon's end.

use super::{
    ops::{DeskCall, OrderCall, DAY},
    registry::{blake2, from_escrow, Fate, Past},
    storage, terms, Answer, Model,
};
use chain::{AccountId, Balance};
use shared::{
    assets::Asset,
    coupons::{Coupon, Lock},
    ids::CouponId,
    order::{Kept, Order, Redemption, Use},
    registry::{RegistryError as E, SaleTerms, Scope},
    terms::{Acceptance, Audience, Card, Funding, TransferPolicy},
};

const TRADING_PAUSED: u8 = 4;

impl Model {
    pub(super) fn desk_call(
        &mut self,
        caller: AccountId,
        value: Balance,
        call: &DeskCall,
    ) -> Result<Answer, E> {
        match call {
            DeskCall::RollBack { redemption, kept, .. } => self
                .roll_back(caller, redemption, *kept, value)
                .map(|remains| Answer::Remains(remains.map(Box::new))),
            DeskCall::Reserve(call) => self.reserve(caller, call),
            DeskCall::Release { coupon, order } => self.release(caller, *coupon, order.as_ref()),
            DeskCall::Reward { redemption, coupon } => self.reward(redemption, *coupon),
            DeskCall::Rate { redemption, stars, .. } => self.rate(caller, redemption, *stars),
            DeskCall::Forget { redemption } => self.forget(caller, redemption),
            DeskCall::Expire { coupon } => self.expire(caller, *coupon),
            DeskCall::Split { coupon, value } => self.split(caller, *coupon, *value),
            DeskCall::Merge { into, from } => self.merge(caller, *into, *from),
            DeskCall::CancelPermits => {
                let epoch = self.registry.epoch(caller) + 1;
                self.registry.epochs.insert(caller, epoch);
                self.emit("PermitsCancelled");
                Ok(Answer::Number(epoch.into()))
            }
            DeskCall::WithdrawCredit { asset } => {
                let amount = self.registry.credits.remove(&(caller, *asset)).ok_or(E::NoCredit)?;
                self.emit("CreditWithdrawn");
                self.pay_or_credit(*asset, caller, amount);
                Ok(Answer::Nothing)
            }
            DeskCall::Quote { order, presented, by } => {
                self.quote(by.map_or(caller, |by| self.places.of(by)), order, presented)
            }
            DeskCall::SaleTerms { coupon } => self.sale_terms(*coupon).map(Answer::Sale),
            DeskCall::SaleTermsOf { coupons } => self.sale_terms_of(coupons).map(Answer::Sales),
            DeskCall::TransferMany { to, coupons } => self.transfer_many(caller, self.places.of(to), coupons),
            DeskCall::Campaign { campaign } => {
                self.registry.campaign(*campaign)?;
                let registry = &self.registry;
                let found = (storage::fixed(registry, *campaign), storage::progress(registry, *campaign));
                Ok(Answer::Campaign(Box::new(found)))
            }
            DeskCall::Coupon { coupon } => self.registry.coupon(*coupon).copied().map(Answer::State),
            DeskCall::Holder { account } => {
                let account = self.places.of(account);
                let holder = storage::holders(&self.registry).get(&account).copied();
                Ok(Answer::Holder(holder.unwrap_or_default()))
            }
        }
    }

    /// Where a redemption is, if it stands just so and its record is kept.
    fn known(&self, redemption: &Redemption) -> Result<usize, E> {
        let same = |past: &Past| past.fate == Fate::Stands && past.redemption == *redemption;
        let found = self.registry.past.iter().position(same);
        found.ok_or(E::NoSuchRedemption { number: redemption.number })
    }

    /// `caller` sent `paid` plancks along. Gives what remains.
    pub(super) fn roll_back(
        &mut self,
        caller: AccountId,
        redemption: &Redemption,
        kept: Option<Kept>,
        paid: Balance,
    ) -> Result<Option<Redemption>, E> {
        let (now, place) = (self.now, self.known(redemption)?);
        if now >= redemption.final_at {
            return Err(E::RedemptionFinal { final_at: redemption.final_at, now });
        }
        match redemption.alliance {
            None if caller != redemption.acceptor => return Err(E::NotAcceptor { signer: caller }),
            Some(alliance) if caller != alliance => return Err(E::NotTheAlliance { caller }),
            None | Some(_) => {}
        }
        let mut remains = redemption.clone();
        remains.uses.clear();
        (remains.basket, remains.eligible) = match kept {
            None => (0, 0),
            Some(Kept { basket, eligible }) => {
                let more = basket > redemption.basket || eligible > redemption.eligible || eligible > basket;
                let all = (basket, eligible) == (redemption.basket, redemption.eligible);
                if more || all || basket == 0 {
                    return Err(E::BadKept { basket, eligible });
                }
                (basket, eligible)
            }
        };
        remains.net = remains.basket;
        for used in &redemption.uses {
            if let Some(lowered) = self.lower(used, kept.is_some(), &remains)? {
                remains.net = remains.net.saturating_sub(lowered.discount);
                remains.uses.push(lowered);
            }
        }
        // Where nothing that marks first orders remains of a holder at an issuer, it wasn't the first one there.
        let order = Some((redemption.acceptor, redemption.number));
        let marks =
            |used: &Use| self.registry.campaign(used.coupon.campaign).unwrap().terms.marks_first_order;
        let marking = |uses: &[Use]| -> Vec<_> {
            uses.iter().filter(|used| marks(used)).map(|used| (used.issuer, used.holder)).collect()
        };
        let (before, stay) = (marking(&redemption.uses), marking(&remains.uses));
        for at in before {
            let stays = stay.contains(&at);
            if let Some(customer) = self.registry.customers.get_mut(&at).filter(|_| !stays) {
                customer.first_order = customer.first_order.filter(|first| Some(*first) != order);
            }
        }
        if remains.payer.is_some() && remains.net > redemption.net {
            return Err(E::NetWouldRise { before: redemption.net, after: remains.net });
        }
        let to_payer = if remains.payer.is_some() { redemption.net - remains.net } else { 0 };
        let to_escrow = from_escrow(redemption) - from_escrow(&remains);
        let remains = (!remains.uses.is_empty()).then_some(remains);
        match &remains {
            Some(remains) => self.registry.past[place].redemption = remains.clone(),
            None => self.registry.past[place].fate = Fate::Undone,
        }
        self.emit("OrderRolledBack");
        let (asset, desk) = (redemption.asset, self.places.desk);
        self.collect_for_registry(asset, desk, caller, to_escrow + to_payer, paid)?;
        if let Some(payer) = redemption.payer {
            self.pay_or_credit(asset, payer, to_payer);
        }
        Ok(remains)
    }

    /// One coupon's part: what is left of it with what was kept, or the coupon back.
    fn lower(&mut self, used: &Use, in_part: bool, remains: &Redemption) -> Result<Option<Use>, E> {
        let terms = self.registry.campaign(used.coupon.campaign)?.terms.clone();
        let applies = in_part && remains.basket >= terms.min_basket;
        let taken: Balance = remains.uses.iter().map(|used| used.discount).sum();
        let now_worth = terms::discount(&terms, remains.eligible.saturating_sub(taken), used.left_before);
        let discount = if applies { now_worth.min(used.discount) } else { 0 };
        let stays = applies && (discount > 0 || terms::is_stamp(&terms, used.left_before));
        let back = if !stays {
            used.left_before - used.left_after
        } else if terms::is_gift_card(&terms) {
            used.discount - discount
        } else {
            0
        };
        if back > 0 {
            self.bring_back(used, back)?;
        }
        if stays {
            return Ok(Some(Use { discount, left_after: used.left_after + back, ..*used }));
        }
        Ok(None)
    }

    /// To the coupon where its holder still has it and it hasn't ended, else as a coupon of its own. A stamp is only ever taken off the card it is
    /// on.
    fn bring_back(&mut self, used: &Use, back: Balance) -> Result<(), E> {
        let mut id = used.coupon;
        let living = self.registry.coupons.get(&id).copied();
        let is_stamp =
            used.left_after > 0 && matches!(self.registry.campaign(id.campaign)?.terms.card, Card::Stamps(_));
        match living {
            Some(coupon) if coupon.owner == used.holder && coupon.left > 0 => {
                self.registry.coupons.insert(id, Coupon { left: coupon.left + back, ..coupon });
                return Ok(());
            }
            _ if is_stamp => return Err(E::CardMovedOn { coupon: id }),
            Some(_) => {
                let campaign = self.registry.campaign_mut(id.campaign)?;
                id.serial = campaign.issued + campaign.parts + 1;
                campaign.parts += 1;
            }
            None => {
                self.registry.gone.remove(&id);
            }
        }
        let fresh = self.fresh(id.campaign, used.holder, used.advocate);
        let coupon = Coupon { valid_until: used.valid_until, left: back, ..fresh };
        self.registry.coupons.insert(id, coupon);
        self.emit("Transfer");
        Ok(())
    }

    fn reserve(&mut self, caller: AccountId, call: &OrderCall) -> Result<Answer, E> {
        let (now, order) = (self.now, &call.order);
        if now >= order.deadline {
            return Err(E::OrderExpired { deadline: order.deadline, now });
        }
        self.ensure_unused(order)?;
        self.acceptor_agrees(caller, order.acceptor, &call.acceptor)?;
        let company = u32::try_from(call.coupons.len()).unwrap();
        if !(1..=5).contains(&company) {
            return Err(E::CouponCount { presented: company, most: 5 });
        }
        let mut until = order.deadline;
        let permits = call.coupons.iter().map(|(_, consent)| consent).chain([&call.acceptor]);
        for consent in permits.flatten() {
            until = until.min(consent.deadline);
        }
        for (presented, consent) in &call.coupons {
            let id = presented.coupon;
            let coupon = *self.registry.coupon(id)?;
            self.ensure_not_frozen(id)?;
            self.ensure_not_locked(id, Some(order))?;
            let ttl = self.registry.campaign(id.campaign)?.terms.reservation_ttl;
            if ttl == 0 {
                return Err(E::NoReservations { campaign: id.campaign });
            }
            let campaign = self.registry.campaign(id.campaign)?;
            let foreign = match &campaign.terms.acceptance {
                Acceptance::IssuerOnly => order.acceptor != campaign.issuer,
                Acceptance::Listed(listed) => !listed.contains(&order.acceptor),
                Acceptance::Alliance(_) => false,
            };
            if foreign {
                return Err(E::ForeignCoupon { coupon: id });
            }
            self.holder_agrees(caller, id, coupon.owner, consent)?;
            until = until.min(now + ttl);
            if let Some(lock) = coupon.lock.filter(|lock| now < lock.until) {
                until = until.min(lock.until);
            }
        }
        for (presented, _) in &call.coupons {
            let coupon = self.registry.coupons.get_mut(&presented.coupon).unwrap();
            coupon.lock = Some(Lock { order: blake2(order), until });
        }
        self.registry.reserved.push(order.clone());
        self.emit("CouponsReserved");
        Ok(Answer::Number(until.into()))
    }

    fn release(&mut self, caller: AccountId, id: CouponId, order: Option<&Order>) -> Result<Answer, E> {
        let lock = self.registry.coupon(id)?.lock.ok_or(E::NotReserved { coupon: id })?;
        let shown = order.is_some_and(|order| order.acceptor == caller && blake2(order) == lock.order);
        if self.now < lock.until && !shown {
            return Err(E::CouponLocked { coupon: id, until: lock.until });
        }
        self.registry.coupons.get_mut(&id).unwrap().lock = None;
        self.emit("CouponReleased");
        Ok(Answer::Nothing)
    }

    fn reward(&mut self, redemption: &Redemption, coupon: CouponId) -> Result<Answer, E> {
        self.ensure_claims_open()?;
        self.known(redemption)?;
        let (now, final_at) = (self.now, redemption.final_at);
        if now < final_at {
            return Err(E::NotFinal { final_at, now });
        }
        let none = E::NoReferral { coupon };
        let used = redemption.uses.iter().find(|used| used.coupon == coupon).ok_or(none)?;
        let advocate = used.advocate.ok_or(none)?;
        if used.holder == advocate {
            return Err(E::SelfReferral);
        }
        let campaign = self.registry.campaign(coupon.campaign)?;
        let (issuer, referral) = (campaign.issuer, campaign.terms.referral.ok_or(none)?);
        let order = Some((redemption.acceptor, redemption.number));
        match self.registry.customers.get_mut(&(used.issuer, used.holder)) {
            Some(customer) if customer.first_order == order && !customer.rewarded => customer.rewarded = true,
            _ => return Err(E::NotRewarded { friend: used.holder }),
        }
        if self.registry.campaign(referral.reward)?.issuer != issuer {
            return Err(none);
        }
        let serial = self.make_room(referral.reward, 1)?;
        self.count_issue(referral.reward, advocate, false)?;
        let rewarded = self.registry.friends.entry((coupon.campaign, advocate)).or_default();
        *rewarded += 1;
        if *rewarded > referral.per_advocate {
            return Err(E::ReferralCap { most: referral.per_advocate });
        }
        let reward = CouponId { campaign: referral.reward, serial };
        self.mint(reward, advocate, None);
        self.emit("AdvocateRewarded");
        self.emit("Transfer");
        Ok(Answer::Coupon(reward))
    }

    fn rate(&mut self, caller: AccountId, redemption: &Redemption, stars: u8) -> Result<Answer, E> {
        if stars == 0 || stars > 5 {
            return Err(E::BadRating { stars });
        }
        self.known(redemption)?;
        if !redemption.uses.iter().any(|used| used.holder == caller) {
            return Err(E::NotHolder { holder: redemption.uses[0].holder });
        }
        if !self.registry.rated.insert((redemption.acceptor, redemption.number, caller)) {
            return Err(E::AlreadyRated { number: redemption.number });
        }
        self.emit("RedemptionRated");
        Ok(Answer::Nothing)
    }

    fn forget(&mut self, caller: AccountId, redemption: &Redemption) -> Result<Answer, E> {
        let (now, place) = (self.now, self.known(redemption)?);
        if caller != redemption.acceptor {
            return Err(E::NotAcceptor { signer: caller });
        }
        let final_at = redemption.final_at + 30 * DAY;
        if now < final_at {
            return Err(E::NotFinal { final_at, now });
        }
        self.registry.past[place].fate = Fate::Forgotten;
        self.emit("RedemptionForgotten");
        Ok(Answer::Nothing)
    }

    fn expire(&mut self, caller: AccountId, id: CouponId) -> Result<Answer, E> {
        let coupon = *self.registry.coupon(id)?;
        let campaign = self.registry.campaign(id.campaign)?;
        let (terms, issuer) = (campaign.terms.clone(), campaign.issuer);
        let ends_at = coupon.valid_until.min(campaign.ends);
        if self.now < ends_at {
            return Err(E::NotExpired { coupon: id, ends_at });
        }
        let by_contract = self.ensure_held_by_person(coupon.owner);
        if caller != coupon.owner && self.now < ends_at + 90 * DAY {
            by_contract.clone()?;
        }
        let cleared = caller == coupon.owner || (caller == issuer && by_contract.is_ok());
        if !cleared && coupon.left == 0 {
            return Err(E::NoChange);
        }
        let backing = if terms.funding == Funding::Escrow { terms::largest(&terms, coupon.left) } else { 0 };
        let share = |bps: u16| backing * Balance::from(bps) / 10_000;
        let to_holder = share(terms.breakage.holder_bps);
        let to_fund = terms.breakage.fund.map_or(0, |(_, bps)| share(bps));
        let campaign = self.registry.campaign_mut(id.campaign)?;
        campaign.shared_out += to_holder + to_fund;
        campaign.ended += coupon.left;
        self.emit("CouponExpired");
        if cleared {
            self.registry.coupons.remove(&id);
            self.registry.gone.insert(id);
            self.emit("Transfer");
        } else {
            self.registry.coupons.get_mut(&id).unwrap().left = 0;
        }
        self.pay_or_credit(terms.asset, coupon.owner, to_holder);
        if by_contract.is_err() && terms.asset == Asset::Native {
            // Its own books know nothing of it.
            *self.money.gifts.entry(coupon.owner).or_default() += to_holder;
        }
        if let Some((fund, _)) = terms.breakage.fund {
            self.pay_or_credit(terms.asset, fund, to_fund);
        }
        Ok(Answer::Nothing)
    }

    /// What is paid for a coupon must reach someone.
    pub(super) fn ensure_held_by_person(&self, holder: AccountId) -> Result<(), E> {
        let contracts = self.places.contracts();
        if contracts.iter().any(|(_, contract)| *contract == holder) {
            return Err(E::HeldByContract { holder });
        }
        Ok(())
    }

    fn ensure_divisible(&self, caller: AccountId, id: CouponId) -> Result<(), E> {
        let owner = self.registry.coupons[&id].owner;
        if caller != owner {
            return Err(E::NotHolder { holder: owner });
        }
        self.ensure_not_frozen(id)?;
        self.ensure_not_locked(id, None)
    }

    fn split(&mut self, caller: AccountId, id: CouponId, value: Balance) -> Result<Answer, E> {
        let coupon = *self.registry.coupon(id)?;
        self.ensure_divisible(caller, id)?;
        let campaign = self.registry.campaign_mut(id.campaign)?;
        if !terms::is_gift_card(&campaign.terms) {
            return Err(E::NotStoredValue { coupon: id });
        }
        if value == 0 || value >= coupon.left {
            return Err(E::BadSplit { asked: value, left: coupon.left });
        }
        let part = CouponId { serial: campaign.issued + campaign.parts + 1, ..id };
        campaign.parts += 1;
        self.registry.coupons.insert(id, Coupon { left: coupon.left - value, ..coupon });
        self.registry.coupons.insert(part, Coupon { left: value, approved: None, lock: None, ..coupon });
        self.emit("CouponSplit");
        self.emit("Transfer");
        Ok(Answer::Coupon(part))
    }

    fn merge(&mut self, caller: AccountId, into: CouponId, from: CouponId) -> Result<Answer, E> {
        if into == from || into.campaign != from.campaign {
            return Err(E::MergeMismatch { into, from });
        }
        let coupon = *self.registry.coupon(into)?;
        let other = *self.registry.coupon(from)?;
        self.ensure_divisible(caller, into)?;
        self.ensure_divisible(caller, from)?;
        if !terms::is_gift_card(&self.registry.campaign(into.campaign)?.terms) {
            return Err(E::NotStoredValue { coupon: into });
        }
        let valid_until = coupon.valid_until.min(other.valid_until);
        self.registry.coupons.remove(&from);
        self.registry.gone.insert(from);
        self.registry.coupons.insert(into, Coupon { left: coupon.left + other.left, valid_until, ..coupon });
        self.emit("CouponsMerged");
        self.emit("Transfer");
        Ok(Answer::Nothing)
    }

    /// All of them, or what stands against the first that isn't for sale.
    pub(super) fn sale_terms_of(&self, coupons: &[CouponId]) -> Result<Vec<SaleTerms>, E> {
        ensure_few(coupons)?;
        coupons
            .iter()
            .map(|id| match self.sale_terms(*id) {
                Err(E::NoSuchCampaign { .. }) => Err(E::NoSuchCoupon { coupon: *id }),
                sale => sale,
            })
            .collect()
    }

    /// All of them, or none.
    pub(super) fn transfer_many(
        &mut self,
        caller: AccountId,
        to: AccountId,
        coupons: &[CouponId],
    ) -> Result<Answer, E> {
        ensure_few(coupons)?;
        let mut from = None;
        for (place, id) in coupons.iter().enumerate() {
            if coupons[..place].contains(id) {
                return Err(E::DuplicateCoupon { coupon: *id });
            }
            let coupon = self.registry.coupons.get(id).ok_or(E::NoSuchCoupon { coupon: *id })?;
            let holder = coupon.owner;
            if *from.get_or_insert(holder) != holder {
                return Err(E::NotHolder { holder });
            }
            self.ensure_not_frozen(*id)?;
            self.ensure_not_locked(*id, None)?;
            match self.registry.campaign(id.campaign)?.terms.transfer {
                TransferPolicy::Soulbound => return Err(E::Soulbound { coupon: *id }),
                TransferPolicy::MarketOnly(market) if holder != market && to != market => {
                    return Err(E::MarketOnly { coupon: *id });
                }
                TransferPolicy::Free | TransferPolicy::MarketOnly(_) => {}
            }
        }
        let from = from.expect("there is at least one");
        let all = self.registry.operators.contains(&(from, caller));
        for id in coupons.iter().filter(|_| caller != from && !all) {
            if self.registry.coupons[id].approved != Some(caller) {
                return Err(E::NotApproved { coupon: *id });
            }
        }
        for id in coupons {
            let coupon = self.registry.coupons.get_mut(id).unwrap();
            (coupon.owner, coupon.approved) = (to, None);
            self.emit("Transfer");
        }
        Ok(Answer::Nothing)
    }

    pub(super) fn sale_terms(&self, id: CouponId) -> Result<SaleTerms, E> {
        if self.registry.is_paused(TRADING_PAUSED) {
            return Err(E::Paused { scope: Scope::Trading });
        }
        let coupon = *self.registry.coupon(id)?;
        self.ensure_not_frozen(id)?;
        self.ensure_not_locked(id, None)?;
        let campaign = self.registry.campaign(id.campaign)?;
        let terms = &campaign.terms;
        let largest_discount = terms::largest(terms, coupon.left);
        Ok(SaleTerms {
            owner: coupon.owner,
            issuer: campaign.issuer,
            asset: terms.asset,
            royalty_bps: terms.royalty_bps,
            ends_at: coupon.valid_until.min(campaign.ends),
            largest_discount,
            left: coupon.left,
            highest_price: terms.resale_bps.map(|bps| largest_discount * Balance::from(bps) / 10_000),
        })
    }
}

fn ensure_few(coupons: &[CouponId]) -> Result<(), E> {
    let items = u32::try_from(coupons.len()).unwrap();
    if items == 0 || items > 20 {
        return Err(E::BatchSize { items, most: 20 });
    }
    Ok(())
}

/// Whether a campaign rewards advocates, and of whom.
pub(crate) fn can_be_reward(model: &Model, number: u32, issuer: AccountId) -> bool {
    model
        .registry
        .campaign(number)
        .is_ok_and(|known| known.issuer == issuer && known.terms.audience == Audience::Anyone)
}

/// What a pull balance in an asset comes to, for everyone together.
pub(crate) fn waiting(model: &Model, asset: Asset) -> Balance {
    model.registry.credits.iter().filter(|((_, of), _)| *of == asset).map(|(_, amount)| amount).sum()
}
