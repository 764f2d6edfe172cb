//! The registry's storage, and the changes that hand out, move and keep coupons. Spending is in `till`.
//!
//! Each change happens whole or returns an error for the shell to revert on. Emits nothing and moves no money. "Touches" are storage host calls
//! besides the two that read and write the root; what an enumeration adds to them is in `enumeration`.
#[cfg(feature = "enumerable")]
use crate::enumeration;
use ink::{
    prelude::{boxed::Box, string::String, vec::Vec},
    storage::{traits::ManualKey, Mapping},
};
use scale::Encode;
use shared::{
    assets::Asset,
    bits::Bits,
    campaigns::{Campaign, Progress, Usage},
    claims::{ensure_other, CodeClaim},
    coupons::{Coupon, Customer, Holder, Role},
    ids::{CampaignId, CouponId},
    ledger::{items, key, Shelves},
    order::OrderWord,
    permit::Domain,
    psp34::{Id, PSP34Error, TokenOutcome, OVERFLOW},
    registry::{Refusal, RegistryError, Scope},
    shelf::{item, set_item, Shelf as _, Storage},
    terms::{Audience, Terms},
    AccountId, Balance, Hash, Timestamp,
};

/// What every message reads anyway, and all but a few write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Root {
    /// The chain's genesis hash, which signatures are bound to.
    pub chain_tag: Hash,
    /// The contracts that write here too: for issuers,
    pub office: AccountId,
    /// and for what follows a redemption.
    pub desk: AccountId,
    /// Live coupons.
    pub live: u64,
    /// What the guardian paused: the bits of `Scope`.
    pub paused: u8,
}

/// A drop's campaign and its number there.
pub type DropKey = (CampaignId, u32);

/// Everything the registry keeps. The manual keys are part of the storage format that the office writes and auditors read.
#[ink::storage_item]
#[derive(Debug)]
pub struct Book {
    pub(crate) root: Root,
    pub(crate) campaigns: Mapping<CampaignId, Campaign, ManualKey<{ items::CAMPAIGNS }>>,
    pub(crate) progress: Mapping<CampaignId, Progress, ManualKey<{ items::PROGRESS }>>,
    codes: Mapping<(DropKey, u64), Bits, ManualKey<{ items::CODES }>>,
    pub(crate) coupons: Mapping<u64, Coupon, ManualKey<{ items::COUPONS }>>,
    holders: Mapping<AccountId, Holder, ManualKey<{ items::HOLDERS }>>,
    pub(crate) usage: Mapping<(CampaignId, AccountId), Usage, ManualKey<{ items::USAGE }>>,
    operators: Mapping<(AccountId, AccountId), (), ManualKey<{ items::OPERATORS }>>,
    pub(crate) roles: Mapping<(AccountId, AccountId), Role, ManualKey<{ items::ROLES }>>,
    pub(crate) orders: Mapping<(AccountId, u64), OrderWord, ManualKey<{ items::ORDERS }>>,
    credits: Mapping<(AccountId, Asset), Balance, ManualKey<{ items::CREDITS }>>,
    pub(crate) customers: Mapping<(AccountId, AccountId), Customer, ManualKey<{ items::CUSTOMERS }>>,
}

impl Book {
    pub fn new(chain_tag: Hash, office: AccountId, desk: AccountId) -> Self {
        Self {
            root: Root { chain_tag, office, desk, live: 0, paused: 0 },
            campaigns: Mapping::default(),
            progress: Mapping::default(),
            codes: Mapping::default(),
            coupons: Mapping::default(),
            holders: Mapping::default(),
            usage: Mapping::default(),
            operators: Mapping::default(),
            roles: Mapping::default(),
            orders: Mapping::default(),
            credits: Mapping::default(),
            customers: Mapping::default(),
        }
    }

    pub fn root(&self) -> &Root {
        &self.root
    }

    pub fn pause(&mut self, scopes: u8) {
        self.root.paused = scopes;
    }

    /// # Errors
    /// `NotTheOffice`.
    pub fn ensure_office(&self, caller: AccountId) -> Result<(), Refusal> {
        if caller == self.root.office || caller == self.root.desk {
            Ok(())
        } else {
            Err(RegistryError::NotTheOffice { caller }.into())
        }
    }

    /// # Errors
    /// `NoSuchCampaign`.
    fn campaign(&self, campaign: CampaignId) -> Result<Box<Campaign>, Refusal> {
        Ok(Storage.campaign(campaign).ok_or(RegistryError::NoSuchCampaign { campaign })?)
    }

    /// # Errors
    /// `NoSuchCampaign`.
    #[inline(never)]
    fn progress(&self, campaign: CampaignId) -> Result<Box<Progress>, Refusal> {
        let found = Storage.get(items::PROGRESS, &campaign);
        Ok(Box::new(found.ok_or(RegistryError::NoSuchCampaign { campaign })?))
    }

    #[inline(never)]
    pub fn coupon(&self, coupon: CouponId) -> Option<Coupon> {
        Storage.get(items::COUPONS, &coupon.to_u64())
    }

    pub fn holder(&self, account: AccountId) -> Holder {
        Storage.holder(account)
    }

    /// An attribute of a live coupon as SCALE bytes: its own `state`, and its campaign's issuer and `terms`.
    #[inline(never)]
    pub fn attribute(&self, id: CouponId, attribute: &[u8]) -> Option<Vec<u8>> {
        let state = item(key(items::COUPONS, &id.to_u64()))?;
        match attribute {
            b"state" => Some(state),
            b"terms" => item(key(items::CAMPAIGNS, &id.campaign)),
            _ => None,
        }
    }

    /// Touches: 3 (campaign, progress twice), 2 for the code (the codes' word twice), 3 for the coupon (with its holder twice), and 2 more where the terms
    /// limit what an account is issued.
    /// # Errors
    /// `Paused`, `NoSuchCampaign`, `NoSuchDrop`, `CodeUnproven`, `ClaimUnsigned`, `CodeUsed`, `AttestationMissing`, `SelfReferral`, `IssueWindowClosed`, `IssuingStopped`, `SupplyExhausted`, `EscrowShort`, `HolderLimit`, `Overflow`.
    #[inline(never)]
    pub fn claim(
        &mut self,
        claim: &CodeClaim,
        domain: &Domain,
        now: Timestamp,
    ) -> Result<(CouponId, Timestamp), Refusal> {
        let (number, to) = (claim.campaign, claim.to);
        let campaign = self.campaign(number)?;
        let mut progress = self.progress(number)?;
        self.use_code(claim, (&campaign.terms, &progress), None, domain)?;
        let serial = progress.issue(&campaign, 1, now)?;
        if campaign.terms.limits.issued_per_holder.is_some() {
            let mut usage = self.usage(number, to);
            usage.count_issue(&campaign.terms.limits)?;
            self.usage.write((number, to), &usage);
        }
        let valid_until = campaign.terms.valid_until(now);
        let id = CouponId { campaign: number, serial };
        let coupon = Coupon::new(to, valid_until, &campaign.terms, claim.advocate);
        self.put(id, to, coupon.encode())?;
        self.progress.write(number, &*progress);
        Ok((id, valid_until))
    }

    /// Whether a code is good for its claimer, and uses it up.
    /// # Errors
    /// `Paused`, `NoSuchDrop`, `CodeUnproven`, `ClaimUnsigned`, `CodeUsed`, `AttestationMissing`, `SelfReferral`.
    #[inline(never)]
    pub(crate) fn use_code(
        &mut self,
        claim: &CodeClaim,
        (terms, progress): (&Terms, &Progress),
        spent_on: Option<&Hash>,
        domain: &Domain,
    ) -> Result<(), Refusal> {
        Scope::Claims.ensure_not_in(self.root.paused)?;
        let (campaign, drop, index) = (claim.campaign, claim.drop, claim.index);
        let root = progress.drop(drop).ok_or(RegistryError::NoSuchDrop { campaign, drop })?;
        claim.check(root, spent_on, domain)?;
        let (word, bit) = Bits::locate(index.into());
        let key = ((campaign, drop), word);
        let mut codes = self.codes.read(key).unwrap_or_default();
        if !codes.set(bit) {
            return Err(RegistryError::CodeUsed { index }.into());
        }
        self.codes.write(key, &codes);
        if let Audience::Attested { class, .. } = terms.audience {
            return Err(RegistryError::AttestationMissing { class }.into());
        }
        ensure_other(claim.to, claim.advocate)
    }

    #[inline(never)]
    pub(crate) fn usage(&self, campaign: CampaignId, account: AccountId) -> Usage {
        self.usage.read((campaign, account)).unwrap_or_default()
    }

    /// Brings a coupon into being, whose `Coupon` these bytes are. Touches: 3.
    /// # Errors
    /// `Overflow`.
    #[inline(never)]
    pub fn put(&mut self, id: CouponId, owner: AccountId, state: Vec<u8>) -> Result<(), Refusal> {
        set_item(key(items::COUPONS, &id.to_u64()), Some(state));
        let holder = self.holder(owner);
        #[cfg(feature = "enumerable")]
        enumeration::come(id, owner, holder.coupons, self.root.live);
        self.keep_holder(owner, holder.with_one_more().ok_or(RegistryError::Overflow)?);
        self.root.live = self.root.live.checked_add(1).ok_or(RegistryError::Overflow)?;
        Ok(())
    }

    /// Ends a coupon of `owner`'s, whose record is `holder`. Touches: 2.
    /// # Errors
    /// `Overflow`.
    #[inline(never)]
    pub(crate) fn end(&mut self, id: CouponId, owner: AccountId, holder: Holder) -> Result<(), Refusal> {
        self.coupons.clear(id.to_u64());
        let holder = holder.with_one_less().ok_or(RegistryError::Overflow)?;
        self.keep_holder(owner, holder);
        self.root.live = self.root.live.checked_sub(1).ok_or(RegistryError::Overflow)?;
        #[cfg(feature = "enumerable")]
        enumeration::end(id, owner, holder.coupons, self.root.live);
        Ok(())
    }

    /// Ends a coupon; gives who held it. Touches: 4.
    /// # Errors
    /// `NoSuchCoupon`, `Overflow`.
    pub fn burn(&mut self, id: CouponId) -> Result<AccountId, Refusal> {
        let owner = self.coupon(id).ok_or(RegistryError::NoSuchCoupon { coupon: id })?.owner;
        self.end(id, owner, self.holder(owner))?;
        Ok(owner)
    }

    /// An account with no coupons and no cancelled permits takes no storage.
    #[inline(never)]
    fn keep_holder(&mut self, account: AccountId, holder: Holder) {
        if holder == Holder::default() {
            self.holders.clear(account);
        } else {
            self.holders.write(account, &holder);
        }
    }

    /// # Errors
    /// `Overflow`.
    #[inline(never)]
    pub fn add_credit(&mut self, account: AccountId, asset: Asset, amount: Balance) -> Result<(), Refusal> {
        let credit = self.credits.read((account, asset)).unwrap_or_default();
        let credit = credit.checked_add(amount).ok_or(RegistryError::Overflow)?;
        self.credits.write((account, asset), &credit);
        Ok(())
    }

    #[inline(never)]
    pub fn allowance(&self, owner: AccountId, operator: AccountId, id: Option<Id>) -> bool {
        let approved = id.and_then(|id| CouponId::try_from(&id).ok()).and_then(|id| self.coupon(id));
        approved.is_some_and(|coupon| coupon.owner == owner && coupon.approved == Some(operator))
            || self.operators.read((owner, operator)).is_some()
    }

    /// Touches: 2 for one coupon, 1 for all.
    /// # Errors
    /// `SelfApprove`, `TokenNotExists`, `NotApproved`.
    #[inline(never)]
    pub fn approve(
        &mut self,
        caller: AccountId,
        operator: AccountId,
        id: Option<&Id>,
        approved: bool,
    ) -> TokenOutcome<()> {
        if operator == caller {
            return Err(PSP34Error::SelfApprove.into());
        }
        match id {
            Some(id) => {
                let id = CouponId::try_from(id).map_err(|()| PSP34Error::TokenNotExists)?;
                let mut coupon = self.coupon(id).ok_or(PSP34Error::TokenNotExists)?;
                if coupon.owner != caller {
                    return Err(PSP34Error::NotApproved.into());
                }
                coupon.approved = approved.then_some(operator);
                self.coupons.write(id.to_u64(), &coupon);
            }
            None if approved => {
                self.operators.write((caller, operator), &());
            }
            None => self.operators.clear((caller, operator)),
        }
        Ok(())
    }

    /// Gives the owner before, and the coupon. Touches: 6 (coupon twice, both holders twice; 2 less when `to` holds it already); 1 more when an operator asks.
    /// # Errors
    /// `TokenNotExists`, `NotApproved`, `Custom` (`CouponFrozen`, `CouponLocked`, `Soulbound`, `MarketOnly`, `Overflow`).
    #[inline(never)]
    pub fn transfer(
        &mut self,
        caller: AccountId,
        to: AccountId,
        id: &Id,
        now: Timestamp,
    ) -> TokenOutcome<(AccountId, CouponId)> {
        let id = CouponId::try_from(id).map_err(|()| PSP34Error::TokenNotExists)?;
        let mut coupon = self.coupon(id).ok_or(PSP34Error::TokenNotExists)?;
        let from = coupon.owner;
        let may = caller == from
            || coupon.approved == Some(caller)
            || self.operators.read((from, caller)).is_some();
        if !may {
            return Err(PSP34Error::NotApproved.into());
        }
        if let Some(obstacle) = coupon.obstacle(to, now) {
            return Err(obstacle.for_psp34().into());
        }
        coupon.owner = to;
        coupon.approved = None;
        self.coupons.write(id.to_u64(), &coupon);
        self.hand_over(id, from, to).ok_or_else(|| PSP34Error::Custom(String::from(OVERFLOW)))?;
        Ok((from, id))
    }

    /// Counts a coupon as held by `to` and no more by `from`. `None` where a count would pass its bounds. Touches: 4, none where `to` has it already.
    #[cfg_attr(feature = "enumerable", inline(never))]
    #[cfg_attr(
        not(feature = "enumerable"),
        allow(unused_variables, reason = "only an enumeration has places for coupons")
    )]
    pub fn hand_over(&mut self, id: CouponId, from: AccountId, to: AccountId) -> Option<()> {
        if from != to {
            let giver = self.holder(from).with_one_less()?;
            let receiver = self.holder(to);
            self.keep_holder(from, giver);
            self.keep_holder(to, receiver.with_one_more()?);
            #[cfg(feature = "enumerable")]
            enumeration::hand_over(id, (from, giver.coupons), (to, receiver.coupons));
        }
        Some(())
    }
}
