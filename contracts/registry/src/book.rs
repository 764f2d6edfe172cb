//! The registry's storage, and every change to it as one step that happens whole or returns an error for the shell to revert on.
//!
//! Emits nothing and moves no money. "Touches" are storage host calls besides the two that read and write the root.
use crate::{
    campaigns::{next_number, Campaign, Improvement, Progress},
    coupons::{Coupon, Holder},
    drops::{Claim, Drop},
    redemptions::{self, Route, MAX_COUPONS},
};
use ink::{
    prelude::{boxed::Box, string::String, vec},
    storage::{traits::ManualKey, Mapping},
};
use shared::{
    assets::Asset,
    bits::Bits,
    ids::{CampaignId, CouponId},
    order::{digest, Order, Quote, Redemption, Use},
    permit::{CouponPermit, Domain, OrderPermit, Permits, Purpose},
    psp34::{Id, PSP34Error, OVERFLOW},
    registry::{Refusal, RegistryError, SaleTerms},
    terms::{Funding, Terms},
    AccountId, Balance, Hash, Timestamp,
};

/// The most coupons issued in one batch.
pub const MAX_BATCH: u32 = 100;
/// The longest URI of a document, in bytes.
pub const MAX_URI: u32 = 256;

/// What every message reads and writes anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Root {
    /// The chain's genesis hash, which signatures are bound to.
    pub chain_tag: Hash,
    /// Campaigns ever created; also the last one's number.
    pub campaigns: CampaignId,
    /// Live coupons.
    pub live: u64,
}

/// A drop's campaign and its number there.
pub type DropKey = (CampaignId, u32);

/// Everything the registry keeps. The manual keys are part of the storage format that auditors read.
#[ink::storage_item]
#[derive(Debug)]
pub struct Book {
    root: Root,
    campaigns: Mapping<CampaignId, Campaign, ManualKey<0x01>>,
    progress: Mapping<CampaignId, Progress, ManualKey<0x02>>,
    drops: Mapping<DropKey, Drop, ManualKey<0x03>>,
    /// Spent codes: (drop, index / 256).
    codes: Mapping<(DropKey, u64), Bits, ManualKey<0x04>>,
    /// Used source ids: (campaign, source / 256).
    sources: Mapping<(CampaignId, u64), Bits, ManualKey<0x05>>,
    coupons: Mapping<u64, Coupon, ManualKey<0x06>>,
    holders: Mapping<AccountId, Holder, ManualKey<0x07>>,
    /// Coupons ever issued to an account, where the terms limit that.
    issued_to: Mapping<(CampaignId, AccountId), u32, ManualKey<0x08>>,
    /// Who may move everything of an owner: (owner, operator).
    operators: Mapping<(AccountId, AccountId), (), ManualKey<0x09>>,
    /// (merchant, cashier).
    cashiers: Mapping<(AccountId, AccountId), (), ManualKey<0x0a>>,
    /// Used order numbers: (acceptor, number / 256).
    orders: Mapping<(AccountId, u64), Bits, ManualKey<0x0b>>,
    /// Digests of redemptions that may still be rolled back: (acceptor, number).
    redemptions: Mapping<(AccountId, u64), Hash, ManualKey<0x0c>>,
    /// Pay-outs that failed and wait for their owner.
    credits: Mapping<(AccountId, Asset), Balance, ManualKey<0x0d>>,
}

/// Coupons that came into being together.
pub struct Issued {
    pub first_serial: u32,
    pub valid_until: Timestamp,
}

impl Book {
    pub fn new(chain_tag: Hash) -> Self {
        Self {
            root: Root { chain_tag, campaigns: 0, live: 0 },
            campaigns: Mapping::default(),
            progress: Mapping::default(),
            drops: Mapping::default(),
            codes: Mapping::default(),
            sources: Mapping::default(),
            coupons: Mapping::default(),
            holders: Mapping::default(),
            issued_to: Mapping::default(),
            operators: Mapping::default(),
            cashiers: Mapping::default(),
            orders: Mapping::default(),
            redemptions: Mapping::default(),
            credits: Mapping::default(),
        }
    }

    pub fn chain_tag(&self) -> Hash {
        self.root.chain_tag
    }

    pub fn live(&self) -> Balance {
        self.root.live.into()
    }

    /// # Errors
    /// `NoSuchCampaign`.
    pub fn campaign(&self, campaign: CampaignId) -> Result<Box<Campaign>, Refusal> {
        Ok(Box::new(self.campaigns.get(campaign).ok_or(RegistryError::NoSuchCampaign { campaign })?))
    }

    /// # Errors
    /// `NoSuchCampaign`.
    pub fn progress(&self, campaign: CampaignId) -> Result<Box<Progress>, Refusal> {
        Ok(Box::new(self.progress.get(campaign).ok_or(RegistryError::NoSuchCampaign { campaign })?))
    }

    pub fn coupon(&self, coupon: CouponId) -> Option<Coupon> {
        self.coupons.get(coupon.to_u64())
    }

    pub fn holder(&self, account: AccountId) -> Holder {
        self.holders.get(account).unwrap_or_default()
    }

    pub fn credit(&self, account: AccountId, asset: Asset) -> Balance {
        self.credits.get((account, asset)).unwrap_or_default()
    }

    pub fn is_cashier(&self, merchant: AccountId, key: AccountId) -> bool {
        self.cashiers.contains((merchant, key))
    }

    /// Touches: 2 (campaign, progress).
    /// # Errors
    /// `InvalidTerms`, `UriTooLong`, `NoEscrow`, `Overflow`.
    pub fn create_campaign(
        &mut self,
        issuer: AccountId,
        terms: &Terms,
        uri: &[u8],
        escrow: Balance,
        now: Timestamp,
    ) -> Result<CampaignId, Refusal> {
        terms.check(now).map_err(RegistryError::InvalidTerms)?;
        let length = u32::try_from(uri.len()).unwrap_or(u32::MAX);
        if length > MAX_URI {
            return Err(RegistryError::UriTooLong { length, most: MAX_URI }.into());
        }
        if escrow > 0 && terms.funding != Funding::Escrow {
            return Err(RegistryError::NoEscrow.into());
        }
        let number = next_number(self.root.campaigns)?;
        self.root.campaigns = number;
        self.campaigns.insert(number, &Campaign { issuer, terms: terms.clone() });
        self.progress.insert(number, &Progress::new(terms, escrow));
        Ok(number)
    }

    /// Touches: 3 (campaign, progress twice).
    /// # Errors
    /// `NoSuchCampaign`, `NotIssuer`, and as `Progress::improve`.
    pub fn improve(
        &mut self,
        caller: AccountId,
        number: CampaignId,
        improvement: Improvement,
        now: Timestamp,
    ) -> Result<Asset, Refusal> {
        let campaign = self.campaign(number)?;
        campaign.ensure_issuer(caller)?;
        let mut progress = self.progress(number)?;
        progress.improve(&campaign.terms, improvement, now)?;
        self.progress.insert(number, &*progress);
        Ok(campaign.terms.asset)
    }

    /// Touches: 3 (campaign, progress twice).
    /// # Errors
    /// `NoSuchCampaign`, `NotIssuer`, `NoEscrow`, `EscrowCommitted`.
    pub fn withdraw_escrow(
        &mut self,
        caller: AccountId,
        number: CampaignId,
        amount: Balance,
        now: Timestamp,
    ) -> Result<Asset, Refusal> {
        let campaign = self.campaign(number)?;
        campaign.ensure_issuer(caller)?;
        let mut progress = self.progress(number)?;
        progress.withdraw_escrow(&campaign.terms, amount, now)?;
        self.progress.insert(number, &*progress);
        Ok(campaign.terms.asset)
    }

    /// Touches: 4 (campaign, progress twice, drop), however many codes there are.
    /// # Errors
    /// `NoSuchCampaign`, `NotIssuer`, `EmptyDrop`, `Overflow`.
    pub fn create_drop(
        &mut self,
        caller: AccountId,
        number: CampaignId,
        drop: &Drop,
    ) -> Result<u32, Refusal> {
        self.campaign(number)?.ensure_issuer(caller)?;
        if drop.size == 0 {
            return Err(RegistryError::EmptyDrop.into());
        }
        let mut progress = self.progress(number)?;
        progress.drops = progress.drops.checked_add(1).ok_or(RegistryError::Overflow)?;
        self.progress.insert(number, &*progress);
        self.drops.insert((number, progress.drops), drop);
        Ok(progress.drops)
    }

    /// Touches: 5 (campaign, progress twice, source word twice) and 3 a coupon; 2 more a coupon where the terms limit holders.
    /// # Errors
    /// `NoSuchCampaign`, `NotIssuer`, `BatchSize`, `SourceUsed`, as `Progress::issue`, `HolderLimit`.
    pub fn issue(
        &mut self,
        caller: AccountId,
        number: CampaignId,
        to: &[AccountId],
        source: u64,
        now: Timestamp,
    ) -> Result<Issued, Refusal> {
        let campaign = self.campaign(number)?;
        campaign.ensure_issuer(caller)?;
        let items = u32::try_from(to.len()).unwrap_or(u32::MAX);
        if items == 0 || items > MAX_BATCH {
            return Err(RegistryError::BatchSize { items, most: MAX_BATCH }.into());
        }
        let (word, bit) = Bits::locate(source);
        let mut sources = self.sources.get((number, word)).unwrap_or_default();
        if !sources.set(bit) {
            return Err(RegistryError::SourceUsed { source }.into());
        }
        self.sources.insert((number, word), &sources);
        self.mint(number, &campaign, to, now)
    }

    /// Touches: 9 (campaign, drop, code word twice, progress twice, coupon, holder twice); 2 more where the terms limit holders.
    /// # Errors
    /// `NoSuchCampaign`, `NoSuchDrop`, `CodeUnproven`, `ClaimUnsigned`, `CodeUsed`, as `Progress::issue`, `HolderLimit`.
    pub fn claim(&mut self, claim: &Claim, domain: &Domain, now: Timestamp) -> Result<Issued, Refusal> {
        let number = claim.campaign;
        let campaign = self.campaign(number)?;
        let drop = self
            .drops
            .get((number, claim.drop))
            .ok_or(RegistryError::NoSuchDrop { campaign: number, drop: claim.drop })?;
        claim.check(&drop, domain)?;
        let (word, bit) = Bits::locate(claim.index.into());
        let key = ((number, claim.drop), word);
        let mut codes = self.codes.get(key).unwrap_or_default();
        if !codes.set(bit) {
            return Err(RegistryError::CodeUsed { index: claim.index }.into());
        }
        self.codes.insert(key, &codes);
        self.mint(number, &campaign, &[claim.to], now)
    }

    fn mint(
        &mut self,
        number: CampaignId,
        campaign: &Campaign,
        to: &[AccountId],
        now: Timestamp,
    ) -> Result<Issued, Refusal> {
        let mut progress = self.progress(number)?;
        let count = u32::try_from(to.len()).map_err(|_| RegistryError::Overflow)?;
        let first_serial = progress.issue(campaign, count, now)?;
        let valid_until = campaign.terms.valid_until(now);
        for (serial, owner) in (first_serial..).zip(to) {
            self.count_against_limit(number, &campaign.terms, *owner)?;
            let coupon = Coupon {
                owner: *owner,
                approved: None,
                valid_until,
                frozen: None,
                policy: campaign.terms.transfer,
            };
            self.put(CouponId { campaign: number, serial }, &coupon)?;
        }
        self.progress.insert(number, &*progress);
        Ok(Issued { first_serial, valid_until })
    }

    fn count_against_limit(
        &mut self,
        number: CampaignId,
        terms: &Terms,
        holder: AccountId,
    ) -> Result<(), Refusal> {
        let Some(limit) = terms.per_holder else {
            return Ok(());
        };
        let had = self.issued_to.get((number, holder)).unwrap_or_default();
        if had >= limit {
            return Err(RegistryError::HolderLimit { limit }.into());
        }
        self.issued_to.insert((number, holder), &had.saturating_add(1));
        Ok(())
    }

    /// Brings a coupon into being, or back. Touches: 3.
    fn put(&mut self, id: CouponId, coupon: &Coupon) -> Result<(), Refusal> {
        self.coupons.insert(id.to_u64(), coupon);
        let holder = self.holder(coupon.owner).with_one_more().ok_or(RegistryError::Overflow)?;
        self.keep_holder(coupon.owner, holder);
        self.root.live = self.root.live.checked_add(1).ok_or(RegistryError::Overflow)?;
        Ok(())
    }

    /// An account with no coupons and no cancelled permits takes no storage.
    fn keep_holder(&mut self, account: AccountId, holder: Holder) {
        if holder == Holder::default() {
            self.holders.remove(account);
        } else {
            self.holders.insert(account, &holder);
        }
    }

    /// Touches: 3 (campaign, coupon twice).
    /// # Errors
    /// `NoSuchCampaign`, `NotIssuer`, `CouponBacked`, `NoSuchCoupon`, `NotFrozen`.
    pub fn set_frozen(&mut self, caller: AccountId, id: CouponId, reason: Option<u8>) -> Result<(), Refusal> {
        let campaign = self.campaign(id.campaign)?;
        campaign.ensure_issuer(caller)?;
        if reason.is_some() && campaign.terms.funding == Funding::Escrow {
            return Err(RegistryError::CouponBacked { coupon: id }.into());
        }
        let mut coupon = self.coupon(id).ok_or(RegistryError::NoSuchCoupon { coupon: id })?;
        if reason.is_none() && coupon.frozen.is_none() {
            return Err(RegistryError::NotFrozen { coupon: id }.into());
        }
        coupon.frozen = reason;
        self.coupons.insert(id.to_u64(), &coupon);
        Ok(())
    }

    pub fn set_cashier(&mut self, merchant: AccountId, cashier: AccountId, allowed: bool) {
        if allowed {
            self.cashiers.insert((merchant, cashier), &());
        } else {
            self.cashiers.remove((merchant, cashier));
        }
    }

    /// Gives the new epoch. Touches: 2.
    /// # Errors
    /// `Overflow`.
    pub fn cancel_permits(&mut self, account: AccountId) -> Result<u32, Refusal> {
        let mut holder = self.holder(account);
        holder.permit_epoch = holder.permit_epoch.checked_add(1).ok_or(RegistryError::Overflow)?;
        self.holders.insert(account, &holder);
        Ok(holder.permit_epoch)
    }

    /// What `redeem` would do, consent apart.
    /// # Errors
    /// As `redeem`, but for permits and payment.
    pub fn quote(
        &self,
        order: &Order,
        coupons: &[CouponId],
        route: Route,
        now: Timestamp,
    ) -> Result<Quote, Refusal> {
        let id = *only(coupons)?;
        redemptions::check_order(order, now)?;
        redemptions::payer(order, route)?;
        self.order_word(order)?;
        let coupon = self.coupon(id).ok_or(RegistryError::NoSuchCoupon { coupon: id })?;
        let campaign = self.campaign(id.campaign)?;
        let progress = self.progress(id.campaign)?;
        let discount = redemptions::weigh(order, id, &coupon, &campaign, &progress, route, now)?;
        Ok(Quote { discount, net: order.basket.saturating_sub(discount), asset: campaign.terms.asset })
    }

    /// Touches: 8 (order word twice, coupon, campaign, progress twice, holder twice), 1 more for the record a rollback needs, and 1 each when
    /// a cashier or an acceptor's permit stands for the acceptor.
    /// # Errors
    /// `CouponCount`, `EligibleOverBasket`, `OrderExpired`, `OnChainThroughAlliance`, `AcceptorIsPayer`, `OrderUsed`, then the acceptor's consent
    /// (`NotAcceptor`, `PermitExpired`, `PermitCancelled`, `PermitInvalid`), `NoSuchCoupon`, as `redemptions::weigh`, then the holder's
    /// consent (`PermitMissing`, `PermitExpired`, `PermitCancelled`, `PermitInvalid`).
    pub fn redeem(
        &mut self,
        order: &Order,
        permits: &Permits,
        route: Route,
        domain: &Domain,
        now: Timestamp,
    ) -> Result<Box<Redemption>, Refusal> {
        let presented = only(&permits.coupons)?;
        let id = presented.coupon;
        redemptions::check_order(order, now)?;
        let payer = redemptions::payer(order, route)?;
        let (orders_key, orders) = self.order_word(order)?;
        let hash = digest(order);
        self.ensure_acceptor_agrees(order, (id, hash), &permits.acceptor, route, domain, now)?;

        let coupon = self.coupons.take(id.to_u64()).ok_or(RegistryError::NoSuchCoupon { coupon: id })?;
        let campaign = self.campaign(id.campaign)?;
        let mut progress = self.progress(id.campaign)?;
        let discount = redemptions::weigh(order, id, &coupon, &campaign, &progress, route, now)?;
        let holder = self.holder(coupon.owner);
        ensure_holder_agrees(presented, &coupon, &holder, &hash, route, domain, now)?;

        progress.spend(&campaign, discount)?;
        self.progress.insert(id.campaign, &*progress);
        self.keep_holder(coupon.owner, holder.with_one_less().ok_or(RegistryError::Overflow)?);
        self.root.live = self.root.live.checked_sub(1).ok_or(RegistryError::Overflow)?;
        self.orders.insert(orders_key, &orders);
        let redemption = Box::new(Redemption {
            acceptor: order.acceptor,
            number: order.number,
            order: hash,
            asset: campaign.terms.asset,
            uses: vec![Use {
                coupon: id,
                holder: coupon.owner,
                valid_until: coupon.valid_until,
                issuer: campaign.issuer,
                funding: campaign.terms.funding,
                discount,
            }],
            net: order.basket.saturating_sub(discount),
            payer,
            alliance: match route {
                Route::Direct(_) => None,
                Route::Alliance(alliance) => Some(alliance),
            },
            redeemed_at: now,
            final_at: now.saturating_add(campaign.terms.rollback_window),
        });
        if redemption.final_at > now {
            self.redemptions.insert((order.acceptor, order.number), &digest(&*redemption));
        }
        Ok(redemption)
    }

    /// The order's word with its number switched on.
    fn order_word(&self, order: &Order) -> Result<((AccountId, u64), Bits), Refusal> {
        let (word, bit) = Bits::locate(order.number);
        let key = (order.acceptor, word);
        let mut orders = self.orders.get(key).unwrap_or_default();
        if orders.set(bit) {
            Ok((key, orders))
        } else {
            Err(RegistryError::OrderUsed { number: order.number }.into())
        }
    }

    fn ensure_acceptor_agrees(
        &self,
        order: &Order,
        subject: (CouponId, Hash),
        signed: &Option<OrderPermit>,
        route: Route,
        domain: &Domain,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        match (signed, route) {
            (Some(OrderPermit { signer, permit }), _) => {
                self.ensure_speaks_for(order.acceptor, *signer)?;
                let current = self.holder(*signer).permit_epoch;
                redemptions::ensure_permitted(domain, *signer, Purpose::Order, &subject, permit, current, now)
            }
            (None, Route::Direct(caller) | Route::Alliance(caller)) => {
                self.ensure_speaks_for(order.acceptor, caller)
            }
        }
    }

    fn ensure_speaks_for(&self, acceptor: AccountId, signer: AccountId) -> Result<(), Refusal> {
        if signer == acceptor || self.is_cashier(acceptor, signer) {
            Ok(())
        } else {
            Err(RegistryError::NotAcceptor { signer }.into())
        }
    }

    /// Touches: 5 (record, campaign, progress twice, coupon) and 2 for the holder.
    /// # Errors
    /// `NoSuchRedemption`, `RedemptionFinal`, `NotTheAlliance`, `NotAcceptor`, `Overflow`.
    pub fn roll_back(
        &mut self,
        redemption: &Redemption,
        route: Route,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let (acceptor, number) = (redemption.acceptor, redemption.number);
        if self.redemptions.take((acceptor, number)) != Some(digest(redemption)) {
            return Err(RegistryError::NoSuchRedemption { number }.into());
        }
        redemptions::ensure_reversible(redemption, route, now)?;
        if let Route::Direct(caller) = route {
            if caller != acceptor {
                return Err(RegistryError::NotAcceptor { signer: caller }.into());
            }
        }
        for used in &redemption.uses {
            let campaign = self.campaign(used.coupon.campaign)?;
            let mut progress = self.progress(used.coupon.campaign)?;
            progress.restore(&campaign, used.discount)?;
            self.progress.insert(used.coupon.campaign, &*progress);
            let coupon = Coupon {
                owner: used.holder,
                approved: None,
                valid_until: used.valid_until,
                frozen: None,
                policy: campaign.terms.transfer,
            };
            self.put(used.coupon, &coupon)?;
        }
        Ok(())
    }

    /// # Errors
    /// `Overflow`.
    pub fn add_credit(&mut self, account: AccountId, asset: Asset, amount: Balance) -> Result<(), Refusal> {
        let credit = self.credit(account, asset).checked_add(amount).ok_or(RegistryError::Overflow)?;
        self.credits.insert((account, asset), &credit);
        Ok(())
    }

    /// # Errors
    /// `NoCredit`.
    pub fn take_credit(&mut self, account: AccountId, asset: Asset) -> Result<Balance, Refusal> {
        Ok(self.credits.take((account, asset)).ok_or(RegistryError::NoCredit)?)
    }

    /// # Errors
    /// `NoSuchCoupon`, `CouponFrozen`, `NoSuchCampaign`.
    pub fn sale_terms(&self, id: CouponId) -> Result<SaleTerms, Refusal> {
        let coupon = self.coupon(id).ok_or(RegistryError::NoSuchCoupon { coupon: id })?;
        coupon.ensure_not_frozen(id)?;
        let Campaign { issuer, terms } = *self.campaign(id.campaign)?;
        Ok(SaleTerms {
            owner: coupon.owner,
            issuer,
            asset: terms.asset,
            royalty_bps: terms.royalty_bps,
            ends_at: coupon.valid_until.min(self.progress(id.campaign)?.redeem_ends),
            largest_discount: terms.largest_discount(),
        })
    }

    pub fn allowance(&self, owner: AccountId, operator: AccountId, id: Option<Id>) -> bool {
        let approved = id.and_then(|id| CouponId::try_from(&id).ok()).and_then(|id| self.coupon(id));
        approved.is_some_and(|coupon| coupon.owner == owner && coupon.approved == Some(operator))
            || self.operators.contains((owner, operator))
    }

    /// Touches: 2 for one coupon (3 when an operator of the owner asks), 1 for all.
    /// # Errors
    /// `SelfApprove`, `TokenNotExists`, `NotApproved`.
    pub fn approve(
        &mut self,
        caller: AccountId,
        operator: AccountId,
        id: Option<&Id>,
        approved: bool,
    ) -> Result<(), PSP34Error> {
        if operator == caller {
            return Err(PSP34Error::SelfApprove);
        }
        match id {
            Some(id) => {
                let id = CouponId::try_from(id).map_err(|()| PSP34Error::TokenNotExists)?;
                let mut coupon = self.coupon(id).ok_or(PSP34Error::TokenNotExists)?;
                if coupon.owner != caller {
                    return Err(PSP34Error::NotApproved);
                }
                coupon.approved = approved.then_some(operator);
                self.coupons.insert(id.to_u64(), &coupon);
            }
            None if approved => {
                self.operators.insert((caller, operator), &());
            }
            None => self.operators.remove((caller, operator)),
        }
        Ok(())
    }

    /// Gives the owner before. Touches: 6 (coupon twice, both holders twice; 2 less when `to` holds it already); 1 more when an operator asks.
    /// # Errors
    /// `TokenNotExists`, `NotApproved`, `Custom` (`CouponFrozen`, `Soulbound`, `MarketOnly`, `Overflow`).
    pub fn transfer(&mut self, caller: AccountId, to: AccountId, id: &Id) -> Result<AccountId, PSP34Error> {
        let id = CouponId::try_from(id).map_err(|()| PSP34Error::TokenNotExists)?;
        let mut coupon = self.coupon(id).ok_or(PSP34Error::TokenNotExists)?;
        let from = coupon.owner;
        let may =
            caller == from || coupon.approved == Some(caller) || self.operators.contains((from, caller));
        if !may {
            return Err(PSP34Error::NotApproved);
        }
        coupon.ensure_may_move(to)?;
        coupon.owner = to;
        coupon.approved = None;
        self.coupons.insert(id.to_u64(), &coupon);
        if from != to {
            let overflow = || PSP34Error::Custom(String::from(OVERFLOW));
            let giver = self.holder(from).with_one_less().ok_or_else(overflow)?;
            let receiver = self.holder(to).with_one_more().ok_or_else(overflow)?;
            self.keep_holder(from, giver);
            self.keep_holder(to, receiver);
        }
        Ok(from)
    }
}

/// # Errors
/// `PermitMissing`, `PermitExpired`, `PermitCancelled`, `PermitInvalid`.
fn ensure_holder_agrees(
    presented: &CouponPermit,
    coupon: &Coupon,
    holder: &Holder,
    order: &Hash,
    route: Route,
    domain: &Domain,
    now: Timestamp,
) -> Result<(), Refusal> {
    match &presented.permit {
        Some(permit) => {
            let subject = (presented.coupon, order);
            let epoch = holder.permit_epoch;
            redemptions::ensure_permitted(domain, coupon.owner, Purpose::Spend, &subject, permit, epoch, now)
        }
        None if route == Route::Direct(coupon.owner) => Ok(()),
        None => Err(RegistryError::PermitMissing { coupon: presented.coupon }.into()),
    }
}

/// The one item of a list.
/// # Errors
/// `CouponCount`.
fn only<T>(items: &[T]) -> Result<&T, Refusal> {
    match items {
        [item] => Ok(item),
        _ => Err(RegistryError::CouponCount {
            presented: u32::try_from(items.len()).unwrap_or(u32::MAX),
            most: MAX_COUPONS,
        }
        .into()),
    }
}
