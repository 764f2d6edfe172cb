//! The model's office: setting campaigns up and handing coupons out.

use super::{
    ops::{key_of, Attested, CodeCall, Entitled, Forgery, OfficeCall},
    printed::Printed,
    registry::Campaign,
    terms, Answer, Model, Who,
};
use chain::{AccountId, Balance};
use shared::{
    campaigns::Improvement,
    claims::VoucherKey,
    coupons::{Coupon, Role},
    ids::{CampaignId, CouponId},
    registry::{RegistryError as E, Scope},
    terms::{Audience, Funding, Terms, TermsFault},
};

const CAMPAIGNS_PAUSED: u8 = 1;
const CLAIMS_PAUSED: u8 = 2;

impl Model {
    pub(super) fn office_call(
        &mut self,
        caller: AccountId,
        value: Balance,
        call: &OfficeCall,
    ) -> Result<Answer, E> {
        match call {
            OfficeCall::CreateCampaign { terms, uri, escrow } => {
                self.create(caller, terms, *uri, *escrow, value)
            }
            OfficeCall::ImproveCampaign { campaign, improvement } => {
                self.improve(caller, *campaign, *improvement, value)
            }
            OfficeCall::WithdrawEscrow { campaign, amount } => {
                self.withdraw_escrow(caller, *campaign, *amount)
            }
            OfficeCall::OfferCampaign { campaign, to } => {
                let to = to.map(|to| self.places.of(to));
                self.campaign_of(caller, *campaign)?.offered = to;
                self.emit("CampaignOffered");
                Ok(Answer::Nothing)
            }
            OfficeCall::AcceptCampaign { campaign } => {
                let offered = self.registry.campaign(*campaign).ok().and_then(|known| known.offered);
                if offered != Some(caller) {
                    return Err(E::NotOffered { caller });
                }
                let known = self.registry.campaign_mut(*campaign)?;
                (known.offered, known.issuer) = (None, caller);
                self.emit("CampaignHandedOver");
                Ok(Answer::Nothing)
            }
            OfficeCall::CreateDrop { campaign, printed } => self.create_drop(caller, *campaign, *printed),
            OfficeCall::Issue { campaign, to, source } => self.issue(caller, *campaign, to, *source),
            OfficeCall::Claim { campaign, to, advocate, attested, entitled } => {
                self.claim_at_office(*campaign, to, *advocate, *attested, *entitled)
            }
            OfficeCall::SetVoucherKey { campaign, signer, named } => {
                self.set_voucher_key(caller, *campaign, signer, *named)
            }
            OfficeCall::SetRole { account, operator, cashier, daily_cap } => {
                let at = (caller, self.places.of(account));
                let (operator, cashier, daily_cap) = (*operator, *cashier, *daily_cap);
                if operator || cashier {
                    let role = Role { operator, cashier, daily_cap, day: 0, spent: 0 };
                    self.registry.roles.insert(at, role);
                } else {
                    self.registry.roles.remove(&at);
                }
                self.emit("RoleChanged");
                Ok(Answer::Nothing)
            }
            OfficeCall::SetFrozen { coupon, reason } => self.set_frozen(caller, *coupon, *reason),
            OfficeCall::SetAccountFrozen { account, reason } => {
                let at = (caller, self.places.of(account));
                let before = self.registry.customers.get(&at).and_then(|customer| customer.frozen);
                if before == *reason {
                    return Err(E::NoChange);
                }
                self.registry.customers.entry(at).or_default().frozen = *reason;
                self.emit("AccountFreezeChanged");
                Ok(Answer::Nothing)
            }
            OfficeCall::Revoke { coupon, .. } => self.revoke(caller, *coupon),
            OfficeCall::TopUp { coupon, value: added } => self.top_up(caller, *coupon, *added, value),
            OfficeCall::SetPaused { scopes } => self.set_paused(caller, *scopes),
            OfficeCall::OfferGuardian { to } => {
                self.ensure_guardian(caller)?;
                self.registry.heir = to.map(|to| self.places.of(to));
                self.emit("GuardianOffered");
                Ok(Answer::Nothing)
            }
            OfficeCall::AcceptGuardian => {
                if self.registry.heir != Some(caller) {
                    return Err(E::NotOffered { caller });
                }
                (self.registry.heir, self.registry.guardian) = (None, Some(caller));
                self.emit("GuardianChanged");
                Ok(Answer::Nothing)
            }
            OfficeCall::StepDown => {
                self.set_paused(caller, 0)?;
                (self.registry.heir, self.registry.guardian) = (None, None);
                self.emit("GuardianChanged");
                Ok(Answer::Nothing)
            }
        }
    }

    fn campaign_of(&mut self, caller: AccountId, number: CampaignId) -> Result<&mut Campaign, E> {
        let campaign = self.registry.campaign_mut(number)?;
        if caller != campaign.issuer {
            return Err(E::NotIssuer { issuer: campaign.issuer });
        }
        Ok(campaign)
    }

    fn ensure_operator(&self, caller: AccountId, number: CampaignId) -> Result<(), E> {
        if self.registry.is_operator(number, caller) {
            Ok(())
        } else {
            Err(E::NotOperator { caller })
        }
    }

    fn ensure_guardian(&self, caller: AccountId) -> Result<(), E> {
        if self.registry.guardian == Some(caller) {
            Ok(())
        } else {
            Err(E::NotGuardian { caller })
        }
    }

    pub(super) fn ensure_claims_open(&self) -> Result<(), E> {
        if self.registry.is_paused(CLAIMS_PAUSED) {
            return Err(E::Paused { scope: Scope::Claims });
        }
        Ok(())
    }

    fn set_paused(&mut self, caller: AccountId, scopes: u8) -> Result<Answer, E> {
        self.ensure_guardian(caller)?;
        self.registry.paused = Some(scopes);
        self.emit("PauseChanged");
        Ok(Answer::Nothing)
    }

    fn create(
        &mut self,
        issuer: AccountId,
        terms: &Terms,
        uri: u32,
        escrow: Balance,
        value: Balance,
    ) -> Result<Answer, E> {
        if self.registry.is_paused(CAMPAIGNS_PAUSED) {
            return Err(E::Paused { scope: Scope::Campaigns });
        }
        if let Some(fault) = terms::fault(terms, self.now) {
            return Err(E::InvalidTerms(fault));
        }
        if uri > 256 {
            return Err(E::UriTooLong { length: uri, most: 256 });
        }
        if escrow > 0 && terms.funding != Funding::Escrow {
            return Err(E::NoEscrow);
        }
        if let Some(referral) = terms.referral {
            let rewards = self
                .registry
                .campaign(referral.reward)
                .is_ok_and(|reward| reward.issuer == issuer && reward.terms.audience == Audience::Anyone);
            if !rewards {
                return Err(E::InvalidTerms(TermsFault::NoRewardCampaign { reward: referral.reward }));
            }
        }
        self.registry.campaigns.push(Campaign {
            issuer,
            terms: terms.clone(),
            ends: terms.redeem_window.end,
            stopped: false,
            issued: 0,
            parts: 0,
            budget_added: 0,
            escrow_in: escrow,
            withdrawn: 0,
            revoked: 0,
            shared_out: 0,
            topped_up: 0,
            ended: 0,
            drops: Vec::new(),
            offered: None,
        });
        self.collect_for_registry(terms.asset, self.places.office, issuer, escrow, value)?;
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
        let now = self.now;
        let campaign = self.campaign_of(caller, number)?;
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
        self.collect_for_registry(asset, self.places.office, caller, price, value)?;
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
        let terms = self.campaign_of(caller, number)?.terms.clone();
        if terms.funding != Funding::Escrow {
            return Err(E::NoEscrow);
        }
        let free = self.registry.free_escrow(number, now);
        if asked == 0 || asked > free {
            return Err(E::EscrowCommitted { asked, free });
        }
        self.campaign_of(caller, number)?.withdrawn += asked;
        self.emit("EscrowWithdrawn");
        self.pay_or_credit(terms.asset, caller, asked);
        Ok(Answer::Nothing)
    }

    fn create_drop(&mut self, caller: AccountId, number: CampaignId, printed: Printed) -> Result<Answer, E> {
        self.registry.campaign(number)?;
        self.ensure_operator(caller, number)?;
        if printed.size == 0 {
            return Err(E::EmptyDrop);
        }
        let campaign = self.registry.campaign_mut(number)?;
        if campaign.drops.len() == 32 {
            return Err(E::TooManyDrops { most: 32 });
        }
        campaign.drops.push(printed);
        let drop = campaign.drops.len();
        self.emit("DropCreated");
        Ok(Answer::Number(drop as u128))
    }

    fn issue(&mut self, caller: AccountId, number: CampaignId, to: &[Who], source: u64) -> Result<Answer, E> {
        self.ensure_claims_open()?;
        self.registry.campaign(number)?;
        self.ensure_operator(caller, number)?;
        let items = u32::try_from(to.len()).unwrap();
        if items == 0 || items > 50 {
            return Err(E::BatchSize { items, most: 50 });
        }
        if !self.registry.sources.insert((number, source)) {
            return Err(E::SourceUsed { source });
        }
        let to: Vec<_> = to.iter().map(|who| self.places.of(who)).collect();
        let first = self.hand_out(number, &to, None)?;
        Ok(Answer::Number(first.into()))
    }

    fn claim_at_office(
        &mut self,
        number: CampaignId,
        to: Who,
        advocate: Option<Who>,
        attested: Option<Attested>,
        entitled: Entitled,
    ) -> Result<Answer, E> {
        self.ensure_claims_open()?;
        let audience = self.registry.campaign(number)?.terms.audience;
        let count = match entitled {
            Entitled::Listed { drop, index, printed } => {
                self.find_printed(number, drop, index, printed)?;
                let (entry_of, count) = printed.entry(index);
                if entry_of != to {
                    return Err(E::CodeUnproven { index });
                }
                if count == 0 || count > 50 {
                    return Err(E::BatchSize { items: count, most: 50 });
                }
                if advocate.is_some() {
                    return Err(E::AdvocateUnsigned);
                }
                self.use_place(number, drop, index)?;
                count
            }
            Entitled::Code { drop, index, printed, forgery } => {
                let claim = CodeCall { campaign: number, drop, index, to, advocate, printed, forgery };
                self.check_code(&claim)?;
                self.use_place(number, drop, index)?;
                1
            }
            Entitled::Voucher { signer, nonce, deadline, forgery } => {
                self.use_voucher(number, signer, nonce, deadline, forgery)?;
                1
            }
        };
        if advocate == Some(to) {
            return Err(E::SelfReferral);
        }
        if let Audience::Attested { class, .. } = audience {
            let attested = attested.ok_or(E::AttestationMissing { class })?;
            if self.now >= attested.expires_at {
                return Err(E::AttestationExpired { expires_at: attested.expires_at, now: self.now });
            }
            if attested.forgery.is_some() || attested.class != class {
                return Err(E::AttestationInvalid { class });
            }
        }
        let to = vec![self.places.of(to); usize::try_from(count).unwrap()];
        let serial = self.hand_out(number, &to, advocate.map(|who| self.places.of(who)))?;
        Ok(Answer::Coupon(CouponId { campaign: number, serial }))
    }

    /// Whether a place is printed in a drop.
    fn find_printed(&self, number: CampaignId, drop: u32, index: u32, printed: Printed) -> Result<(), E> {
        let drops = &self.registry.campaign(number)?.drops;
        let place = usize::try_from(drop).unwrap().checked_sub(1);
        let Some(known) = place.and_then(|place| drops.get(place)) else {
            return Err(E::NoSuchDrop { campaign: number, drop });
        };
        if *known == printed && index < printed.size {
            Ok(())
        } else {
            Err(E::CodeUnproven { index })
        }
    }

    /// Whether a code is in its drop and its key signed.
    pub(super) fn check_code(&self, claim: &CodeCall) -> Result<(), E> {
        let CodeCall { campaign, drop, index, printed, forgery, .. } = *claim;
        self.find_printed(campaign, drop, index, printed)?;
        match forgery {
            Some(Forgery::NoProof) => Err(E::CodeUnproven { index }),
            _ if printed.is_list => Err(E::CodeUnproven { index }),
            Some(_) => Err(E::ClaimUnsigned { index }),
            None => Ok(()),
        }
    }

    pub(super) fn use_place(&mut self, number: CampaignId, drop: u32, index: u32) -> Result<(), E> {
        if self.registry.codes.insert((number, drop, index)) {
            Ok(())
        } else {
            Err(E::CodeUsed { index })
        }
    }

    fn use_voucher(
        &mut self,
        number: CampaignId,
        signer: Who,
        nonce: u64,
        deadline: u64,
        forgery: Option<Forgery>,
    ) -> Result<(), E> {
        let (now, key) = (self.now, key_of(signer));
        if !self.registry.keys.contains_key(&(number, key)) {
            return Err(E::NoSuchKey { key });
        }
        if now >= deadline {
            return Err(E::VoucherExpired { deadline, now });
        }
        if forgery.is_some() {
            return Err(E::VoucherUnsigned { nonce });
        }
        if !self.registry.vouchers.insert(((number, key), nonce)) {
            return Err(E::VoucherUsed { nonce });
        }
        let named = self.registry.keys.get_mut(&(number, key)).unwrap();
        if let Some(quota) = &mut named.quota {
            let until = quota.since + quota.period;
            if until <= now {
                (quota.since, quota.used) = (now, 0);
            } else if quota.used >= quota.most {
                return Err(E::QuotaReached { most: quota.most, until });
            }
            quota.used += 1;
        }
        Ok(())
    }

    fn set_voucher_key(
        &mut self,
        caller: AccountId,
        number: CampaignId,
        signer: Who,
        named: Option<VoucherKey>,
    ) -> Result<Answer, E> {
        self.registry.campaign(number)?;
        self.ensure_operator(caller, number)?;
        let at = (number, key_of(signer));
        match named {
            Some(named) => {
                if named.quota.is_some_and(|quota| quota.most == 0 || quota.period == 0) {
                    return Err(E::InvalidTerms(TermsFault::ZeroLimit));
                }
                self.registry.keys.insert(at, named);
            }
            None => {
                self.registry.keys.remove(&at).ok_or(E::NoSuchKey { key: at.1 })?;
            }
        }
        self.emit("VoucherKeyChanged");
        Ok(Answer::Nothing)
    }

    /// Brings coupons into being and tells of them.
    pub(super) fn hand_out(
        &mut self,
        number: CampaignId,
        to: &[AccountId],
        advocate: Option<AccountId>,
    ) -> Result<u32, E> {
        let first = self.make_room(number, u32::try_from(to.len()).unwrap())?;
        self.emit("CouponsIssued");
        for (serial, owner) in (first..).zip(to) {
            self.count_issue(number, *owner, false)?;
            self.mint(CouponId { campaign: number, serial }, *owner, advocate);
            self.emit("Transfer");
        }
        Ok(first)
    }

    /// Counts coupons to be issued; gives the first one's serial.
    pub(super) fn make_room(&mut self, number: CampaignId, asked: u32) -> Result<u32, E> {
        let now = self.now;
        let campaign = self.registry.campaign(number)?;
        let terms = &campaign.terms;
        let (start, end) = (terms.issue_window.start, terms.issue_window.end);
        if now < start || now >= end {
            return Err(E::IssueWindowClosed { start, end, now });
        }
        if campaign.stopped {
            return Err(E::IssuingStopped);
        }
        if campaign.issued + asked > terms.supply {
            return Err(E::SupplyExhausted { asked, left: terms.supply - campaign.issued });
        }
        if terms.funding == Funding::Escrow {
            let needed = Balance::from(asked) * terms::largest(terms, terms::full(terms));
            let free = self.registry.uncommitted(number);
            if needed > free {
                return Err(E::EscrowShort { needed, free });
            }
        }
        let campaign = self.registry.campaign_mut(number)?;
        let first = campaign.issued + campaign.parts + 1;
        campaign.issued += asked;
        Ok(first)
    }

    /// Counts a coupon issued to an account, where terms limit that; one spent as it is claimed is also counted where they limit a holder's uses.
    pub(super) fn count_issue(&mut self, number: CampaignId, to: AccountId, claimed: bool) -> Result<(), E> {
        let terms = &self.registry.campaign(number)?.terms;
        let limit = terms.limits.issued_per_holder;
        if limit.is_some() || (claimed && terms::counts_holders(terms)) {
            let had = self.registry.issued_to.entry((number, to)).or_default();
            if let Some(limit) = limit.filter(|limit| *had >= *limit) {
                return Err(E::HolderLimit { limit });
            }
            *had += 1;
        }
        Ok(())
    }

    /// A coupon as it comes into being.
    pub(super) fn fresh(&self, number: CampaignId, owner: AccountId, advocate: Option<AccountId>) -> Coupon {
        let terms = &self.registry.campaign(number).unwrap().terms;
        Coupon {
            owner,
            approved: None,
            valid_until: terms.valid_for.map_or(u64::MAX, |period| self.now + period),
            left: terms::full(terms),
            frozen: None,
            lock: None,
            advocate,
            policy: terms.transfer,
        }
    }

    pub(super) fn mint(&mut self, id: CouponId, owner: AccountId, advocate: Option<AccountId>) {
        let coupon = self.fresh(id.campaign, owner, advocate);
        self.registry.coupons.insert(id, coupon);
    }

    fn set_frozen(&mut self, caller: AccountId, id: CouponId, reason: Option<u8>) -> Result<Answer, E> {
        let frozen = self.registry.coupon(id)?.frozen;
        self.ensure_operator(caller, id.campaign)?;
        let backed = self.registry.campaign(id.campaign)?.terms.funding == Funding::Escrow;
        if reason.is_some() && backed {
            return Err(E::CouponBacked { coupon: id });
        }
        if frozen.is_none() && reason.is_none() {
            return Err(E::NotFrozen { coupon: id });
        }
        self.registry.coupons.get_mut(&id).unwrap().frozen = reason;
        self.emit("CouponFreezeChanged");
        Ok(Answer::Nothing)
    }

    fn revoke(&mut self, caller: AccountId, id: CouponId) -> Result<Answer, E> {
        let coupon = *self.registry.coupon(id)?;
        self.campaign_of(caller, id.campaign)?;
        self.ensure_held_by_person(coupon.owner)?;
        let campaign = self.registry.campaign(id.campaign)?;
        let (asset, backed) = (campaign.terms.asset, campaign.terms.funding == Funding::Escrow);
        let paid = if backed { terms::largest(&campaign.terms, coupon.left) } else { 0 };
        // A campaign that is over may have given its escrow back.
        if paid > self.registry.counts(id.campaign).escrow_left {
            return Err(E::Overflow);
        }
        let campaign = self.registry.campaign_mut(id.campaign)?;
        campaign.revoked += paid;
        campaign.ended += coupon.left;
        self.registry.coupons.remove(&id);
        self.registry.gone.insert(id);
        self.emit("CouponRevoked");
        self.emit("Transfer");
        self.pay_or_credit(asset, coupon.owner, paid);
        Ok(Answer::Nothing)
    }

    fn top_up(
        &mut self,
        caller: AccountId,
        id: CouponId,
        added: Balance,
        value: Balance,
    ) -> Result<Answer, E> {
        let left = self.registry.coupon(id)?.left;
        let terms = self.campaign_of(caller, id.campaign)?.terms.clone();
        if !terms::is_gift_card(&terms) || left == 0 {
            return Err(E::NotStoredValue { coupon: id });
        }
        if added == 0 {
            return Err(E::NoChange);
        }
        let due = if terms.funding == Funding::Escrow { added } else { 0 };
        let campaign = self.registry.campaign_mut(id.campaign)?;
        campaign.escrow_in += due;
        campaign.topped_up += added;
        let free = self.registry.uncommitted(id.campaign);
        if due > free {
            return Err(E::EscrowShort { needed: due, free });
        }
        self.registry.coupons.get_mut(&id).unwrap().left += added;
        self.collect_for_registry(terms.asset, self.places.office, caller, due, value)?;
        self.emit("CouponToppedUp");
        Ok(Answer::Nothing)
    }
}
