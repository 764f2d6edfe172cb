//! A registry's office: where issuers set campaigns up and hand coupons out, kept out of the registry so that spending stays cheap. The registry
//! instantiates it.
//!
//! This file is the shell: it reads the context, has the rules decide, has the registry do it, and emits events. Deposits are the caller's; what
//! an item freed here gives back goes to the caller too.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![allow(clippy::useless_conversion, reason = "on chain, what an outcome refuses with is a type of its own")]
#![allow(clippy::large_enum_variant, reason = "ink decodes the messages into one enum, and terms are large")]

pub mod campaigns;
pub mod coupons;
pub mod events;
pub mod issuing;

pub use self::office::{Office, OfficeRef};

#[ink::contract]
mod office {
    use crate::{
        campaigns, coupons,
        events::*,
        issuing::{self, Issued},
    };
    use ink::{
        prelude::vec::Vec,
        storage::{traits::ManualKey, Mapping},
    };
    use shared::{
        announce::{announce, announce_bare},
        assets::Asset,
        books::Books,
        campaigns::{Campaign, Improvement},
        claims::{Claim, Drop, Source, VoucherKey},
        coupons::Role,
        ids::{CampaignId, CouponId},
        ledger::items,
        permit::Domain,
        registry::{Outcome, Refusal, RegistryError, Scope},
        terms::Terms,
    };

    /// The office's own books; everything else is in the registry's books.
    #[ink(storage)]
    pub struct Office {
        registry: AccountId,
        chain_tag: shared::Hash,
        guardian: Option<AccountId>,
        /// Who may take the guardian's place.
        heir: Option<AccountId>,
        /// Campaigns ever created; also the last one's number.
        campaigns: CampaignId,
        /// The bits of `Scope`.
        paused: u8,
        /// Who may take a campaign over.
        offers: Mapping<CampaignId, AccountId, ManualKey<0x21>>,
    }

    impl Office {
        /// Called by the registry as it is instantiated. `guardian` may pause, and nothing else.
        #[ink(constructor)]
        pub fn new(guardian: AccountId, chain_tag: shared::Hash) -> Self {
            let registry = Self::env().caller();
            announce(&OfficeOpened { registry, chain_tag, guardian });
            Self {
                registry,
                chain_tag,
                guardian: Some(guardian),
                heir: None,
                campaigns: 0,
                paused: 0,
                offers: Mapping::default(),
            }
        }

        /// Creates a campaign of the caller's and locks `escrow`, in the terms' asset: native value sent along, or PSP22 by allowance to the
        /// office.
        /// # Errors
        /// `Paused`, `InvalidTerms`, `UriTooLong`, `NoEscrow`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn create_campaign(
            &mut self,
            terms: Terms,
            uri: Vec<u8>,
            escrow: Balance,
        ) -> Outcome<CampaignId> {
            Scope::Campaigns.ensure_not_in(self.paused)?;
            let (issuer, now) = (self.env().caller(), self.env().block_timestamp());
            let number = self.campaigns.checked_add(1).ok_or(RegistryError::Overflow)?;
            let mut books = self.books();
            let campaign = Campaign { issuer, terms };
            campaigns::create(&mut books, number, &campaign, &uri, escrow, now)?;
            self.campaigns = number;
            let terms = campaign.terms;
            let asset = terms.asset;
            announce(&CampaignCreated { issuer, campaign: number, terms, uri, escrow });
            self.collect_and_apply(books, asset, escrow)?;
            Ok(number)
        }

        /// Makes a campaign of the caller's better for its holders. `AddEscrow` is paid with the call, as in `create_campaign`.
        /// # Errors
        /// `NoSuchCampaign`, `NotIssuer`, `NotBetter`, `NoEscrow`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn improve_campaign(&mut self, campaign: CampaignId, improvement: Improvement) -> Outcome<()> {
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            let mut books = self.books();
            let asset = campaigns::improve(&mut books, caller, campaign, improvement, now)?;
            announce(&CampaignImproved { campaign, improvement });
            Ok(self.collect_and_apply(books, asset, improvement.price())?)
        }

        /// Takes back escrow that backs nothing: what live coupons, and those that a rollback may bring back, can't need; or, once the redeem
        /// window and the last rollback window are over, all of it, but for what breakage still has to share.
        /// # Errors
        /// `NoSuchCampaign`, `NotIssuer`, `NoEscrow`, `EscrowCommitted`.
        #[ink(message)]
        pub fn withdraw_escrow(&mut self, campaign: CampaignId, amount: Balance) -> Outcome<()> {
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            let mut books = self.books();
            campaigns::withdraw_escrow(&mut books, caller, campaign, amount, now)?;
            announce(&EscrowWithdrawn { campaign, amount });
            Ok(self.apply(books)?)
        }

        /// Offers a campaign of the caller's to `to`, who becomes its issuer by accepting; `None` takes the offer back.
        /// # Errors
        /// `NoSuchCampaign`, `NotIssuer`.
        #[ink(message)]
        pub fn offer_campaign(&mut self, campaign: CampaignId, to: Option<AccountId>) -> Outcome<()> {
            let (found, _) = self.books().campaign(campaign)?;
            found.ensure_issuer(self.env().caller())?;
            match to {
                Some(to) => {
                    self.offers.insert(campaign, &to);
                }
                None => self.offers.remove(campaign),
            }
            announce(&CampaignOffered { campaign, to });
            Ok(())
        }

        /// Takes over a campaign that was offered to the caller: escrow, debts of redemptions to come, and all. Its voucher keys stay in force until the
        /// caller dismisses them; operators and cashiers are each merchant's own.
        /// # Errors
        /// `NotOffered`.
        #[ink(message)]
        pub fn accept_campaign(&mut self, campaign: CampaignId) -> Outcome<()> {
            let issuer = self.env().caller();
            if self.offers.take(campaign) != Some(issuer) {
                return Err(RegistryError::NotOffered { caller: issuer }.into());
            }
            let mut books = self.books();
            campaigns::hand_over(&mut books, campaign, issuer)?;
            announce(&CampaignHandedOver { campaign, issuer });
            Ok(self.apply(books)?)
        }

        /// Commits to the Merkle root of `size` codes, or entries of a list (see `shared::merkle` and `shared::claims`). They are good
        /// while the campaign issues: supply and escrow are taken when one is claimed, first come first served. By the issuer or an operator.
        /// # Errors
        /// `NoSuchCampaign`, `NotOperator`, `EmptyDrop`, `TooManyDrops`.
        #[ink(message)]
        pub fn create_drop(&mut self, campaign: CampaignId, root: shared::Hash, size: u32) -> Outcome<u32> {
            let mut books = self.books();
            let caller = self.env().caller();
            let drop = campaigns::create_drop(&mut books, caller, campaign, &Drop { root, size })?;
            announce(&DropCreated { campaign, drop, root, size });
            self.apply(books)?;
            Ok(drop)
        }

        /// Issues a coupon to each of `to`, at most 50, in order; gives the first serial. `source` is the issuer's own number for the batch:
        /// a retry never issues twice. The issuer or an operator calls, and pays the coupons' deposits.
        /// # Errors
        /// `Paused`, `NoSuchCampaign`, `NotOperator`, `BatchSize`, `SourceUsed`, `IssueWindowClosed`, `IssuingStopped`, `SupplyExhausted`, `EscrowShort`,
        /// `HolderLimit`, `Overflow`.
        #[ink(message)]
        pub fn issue(&mut self, campaign: CampaignId, to: Vec<AccountId>, source: u64) -> Outcome<u32> {
            Scope::Claims.ensure_not_in(self.paused)?;
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            let mut books = self.books();
            let issued = issuing::issue(&mut books, caller, campaign, &to, source, now)?;
            self.announce(campaign, &issued, None, Source::Batch(source));
            self.apply(books)?;
            Ok(issued.first_serial)
        }

        /// Turns an entry of a list, a voucher, or a code of a campaign for an attested audience into coupons of `claim.to`; gives the first. Anyone may submit it: what entitles to the coupons
        /// names their account. The caller pays the coupons' deposits. Other codes are claimed at the registry.
        /// # Errors
        /// `Paused`, `NoSuchCampaign`; for an entry of a list `NoSuchDrop`, `CodeUnproven`, `BatchSize`, `AdvocateUnsigned`, `CodeUsed`; for a voucher
        /// `NoSuchKey`, `VoucherExpired`, `VoucherUnsigned`, `VoucherUsed`, `QuotaReached`; then `SelfReferral`, `AttestationMissing`,
        /// `AttestationExpired`, `AttestationInvalid`, `IssueWindowClosed`, `IssuingStopped`, `SupplyExhausted`, `EscrowShort`, `HolderLimit`,
        /// `Overflow`.
        #[ink(message)]
        pub fn claim(&mut self, claim: Claim) -> Outcome<CouponId> {
            Scope::Claims.ensure_not_in(self.paused)?;
            let domain = Domain { chain_tag: self.chain_tag, contract: self.registry };
            let mut books = self.books();
            let issued = issuing::claim(&mut books, &claim, &domain, self.env().block_timestamp())?;
            self.announce(claim.campaign, &issued, claim.advocate, claim.entitlement.source());
            self.apply(books)?;
            Ok(CouponId { campaign: claim.campaign, serial: issued.first_serial })
        }

        /// Names a key that signs vouchers of a campaign, sets its quota anew, or dismisses it with `None`: what it signed and nobody claimed is
        /// void then. By the issuer or an operator.
        /// # Errors
        /// `NoSuchCampaign`, `NotOperator`, `InvalidTerms` (`ZeroLimit`), `NoSuchKey`.
        #[ink(message)]
        pub fn set_voucher_key(
            &mut self,
            campaign: CampaignId,
            key: shared::Hash,
            named: Option<VoucherKey>,
        ) -> Outcome<()> {
            let mut books = self.books();
            campaigns::set_key(&mut books, self.env().caller(), campaign, key, named)?;
            announce(&VoucherKeyChanged { campaign, key, named });
            Ok(self.apply(books)?)
        }

        /// Lets `account` work for the caller: as an operator, who issues, creates drops, names keys and freezes; as a cashier, a till's key or an
        /// alliance, which accepts orders, within `daily_cap` a day (UTC). With neither, it is dismissed.
        /// # Errors
        /// `OfficeFailed`.
        #[ink(message)]
        pub fn set_role(
            &mut self,
            account: AccountId,
            operator: bool,
            cashier: bool,
            daily_cap: Option<Balance>,
        ) -> Outcome<()> {
            let merchant = self.env().caller();
            let mut books = self.books();
            if operator || cashier {
                let role = Role { operator, cashier, daily_cap, day: 0, spent: 0 };
                books.write(items::ROLES, &(merchant, account), &role);
            } else {
                books.remove(items::ROLES, &(merchant, account));
            }
            announce(&RoleChanged { merchant, account, operator, cashier, daily_cap });
            Ok(self.apply(books)?)
        }

        /// Freezes a coupon for a reason (the issuer's own code), or thaws it with `None`; by the issuer or an operator. A coupon that escrow
        /// backs can't be frozen: its holder could be kept from the money until it is the issuer's again. A frozen coupon can't
        /// be spent or moved.
        /// # Errors
        /// `NoSuchCampaign`, `NoSuchCoupon`, `NotOperator`, `CouponBacked`, `NotFrozen`.
        #[ink(message)]
        pub fn set_frozen(&mut self, coupon: CouponId, reason: Option<u8>) -> Outcome<()> {
            let mut books = self.books();
            coupons::set_frozen(&mut books, self.env().caller(), coupon, reason)?;
            announce(&CouponFreezeChanged { coupon, reason });
            Ok(self.apply(books)?)
        }

        /// Freezes an account for a reason, or thaws it: it can't spend the caller's coupons, of campaigns that mark first orders and that no
        /// escrow backs.
        /// # Errors
        /// `NoChange`.
        #[ink(message)]
        pub fn set_account_frozen(&mut self, account: AccountId, reason: Option<u8>) -> Outcome<()> {
            let issuer = self.env().caller();
            let mut books = self.books();
            coupons::set_account_frozen(&mut books, issuer, account, reason)?;
            announce(&AccountFreezeChanged { issuer, account, reason });
            Ok(self.apply(books)?)
        }

        /// Ends a coupon of the caller's campaign for a reason (the issuer's own code), reserved or not. All that backs it is paid to its holder,
        /// who must be a person: a market couldn't pass it on.
        /// # Errors
        /// `NoSuchCampaign`, `NoSuchCoupon`, `NotIssuer`, `HeldByContract`, `Overflow`.
        #[ink(message)]
        pub fn revoke(&mut self, coupon: CouponId, reason: u8) -> Outcome<()> {
            let mut books = self.books();
            let paid = coupons::revoke(&mut books, self.env().caller(), coupon)?;
            announce(&CouponRevoked { coupon, reason, paid });
            Ok(self.apply(books)?)
        }

        /// Adds value to a gift card of the caller's campaign; where escrow backs it, paid with the call as in `create_campaign`.
        /// # Errors
        /// `NoSuchCampaign`, `NoSuchCoupon`, `NotIssuer`, `NotStoredValue`, `NoChange`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn top_up(&mut self, coupon: CouponId, value: Balance) -> Outcome<()> {
            let mut books = self.books();
            let (asset, due) = coupons::top_up(&mut books, self.env().caller(), coupon, value)?;
            announce(&CouponToppedUp { coupon, value });
            Ok(self.collect_and_apply(books, asset, due)?)
        }

        /// Pauses exactly these: the bits of `Scope`. Spending, collecting and taking back are never among them.
        /// # Errors
        /// `NotGuardian`.
        #[ink(message)]
        pub fn set_paused(&mut self, scopes: u8) -> Outcome<()> {
            self.ensure_guardian()?;
            self.paused = scopes;
            let mut books = self.books();
            books.pause(scopes);
            books.write(items::PAUSED, &(), &scopes);
            announce_bare(&PauseChanged { scopes });
            Ok(self.apply(books)?)
        }

        /// Offers the guardian's place to `to`, who accepts it; `None` takes the offer back.
        /// # Errors
        /// `NotGuardian`.
        #[ink(message)]
        pub fn offer_guardian(&mut self, to: Option<AccountId>) -> Outcome<()> {
            self.ensure_guardian()?;
            self.heir = to;
            announce_bare(&GuardianOffered { to });
            Ok(())
        }

        /// Takes the guardian's place.
        /// # Errors
        /// `NotOffered`.
        #[ink(message)]
        pub fn accept_guardian(&mut self) -> Outcome<()> {
            let caller = self.env().caller();
            if self.heir.take() != Some(caller) {
                return Err(RegistryError::NotOffered { caller }.into());
            }
            self.change_guardian(Some(caller));
            Ok(())
        }

        /// Leaves the registry without a guardian, for good, and nothing paused.
        /// # Errors
        /// `NotGuardian`.
        #[ink(message)]
        pub fn step_down(&mut self) -> Outcome<()> {
            self.set_paused(0)?;
            self.heir = None;
            self.change_guardian(None);
            Ok(())
        }

        /// The registry this is the office of.
        #[ink(message)]
        pub fn registry(&self) -> AccountId {
            self.registry
        }

        /// Who may pause.
        #[ink(message)]
        pub fn guardian(&self) -> Option<AccountId> {
            self.guardian
        }

        /// How many campaigns there are; they are numbered from 1.
        #[ink(message)]
        pub fn campaigns(&self) -> CampaignId {
            self.campaigns
        }

        fn change_guardian(&mut self, guardian: Option<AccountId>) {
            self.guardian = guardian;
            announce_bare(&GuardianChanged { guardian });
        }

        fn ensure_guardian(&self) -> Result<(), RegistryError> {
            let caller = self.env().caller();
            if self.guardian == Some(caller) {
                Ok(())
            } else {
                Err(RegistryError::NotGuardian { caller })
            }
        }

        fn books(&self) -> Books {
            Books::new(self.registry)
        }

        fn apply(&self, mut books: Books) -> Result<(), Refusal> {
            books.apply(0)
        }

        fn collect_and_apply(&self, mut books: Books, asset: Asset, amount: Balance) -> Result<(), Refusal> {
            books.collect_and_apply(asset, self.env().caller(), amount, self.env().transferred_value())
        }

        fn announce(
            &self,
            campaign: CampaignId,
            issued: &Issued,
            advocate: Option<AccountId>,
            source: Source,
        ) {
            let Issued { first_serial, count, valid_until } = *issued;
            let issued = CouponsIssued { campaign, first_serial, count, valid_until, advocate, source };
            announce(&issued);
        }
    }
}
