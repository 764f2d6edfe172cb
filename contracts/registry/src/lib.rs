//! The coupon registry: campaigns, coupons, claims and redemptions, as a PSP34 token.
//!
//! This file is the shell: it reads the context, calls the book, emits events and moves money. It decides nothing.
#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod book;
pub mod campaigns;
pub mod coupons;
pub mod drops;
pub mod events;
pub mod redemptions;

pub use self::registry::{Registry, RegistryRef};

#[ink::contract]
mod registry {
    use crate::{
        book::{Book, Issued},
        campaigns::{Campaign, Improvement, Progress},
        coupons::{Coupon, Holder},
        drops::{Claim, Drop, Source},
        events::*,
        redemptions::{self, Route},
    };
    use ink::prelude::{boxed::Box, vec::Vec};
    use shared::{
        assets::{Asset, PaymentFault},
        ids::{CampaignId, CouponId},
        order::{Order, Quote, Redemption, Settlement},
        permit::{Domain, Permits},
        psp34::{Id, PSP34Error, PSP34},
        registry::{CouponRegistry, Refusal, RegistryError, SaleTerms},
        terms::Terms,
    };

    /// Anyone may be an issuer here; nobody owns the registry.
    #[ink(storage)]
    pub struct Registry {
        book: Book,
    }

    impl Registry {
        /// `chain_tag` is the chain's genesis hash: signatures made for another chain don't verify here.
        #[ink(constructor)]
        pub fn new(chain_tag: shared::Hash) -> Self {
            Self::env().emit_event(RegistryCreated { chain_tag });
            Self { book: Book::new(chain_tag) }
        }

        /// Creates a campaign of the caller's and locks `escrow`, in the terms' asset: native value sent along, or PSP22 by allowance. The caller
        /// pays the deposit of the campaign.
        /// # Errors
        /// `InvalidTerms`, `UriTooLong`, `NoEscrow`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn create_campaign(
            &mut self,
            terms: Terms,
            uri: Vec<u8>,
            escrow: Balance,
        ) -> Result<CampaignId, RegistryError> {
            let (issuer, now) = (self.env().caller(), self.env().block_timestamp());
            let campaign = self.book.create_campaign(issuer, &terms, &uri, escrow, now)?;
            self.collect(terms.asset, escrow)?;
            self.env().emit_event(CampaignCreated { issuer, campaign, terms, uri, escrow });
            Ok(campaign)
        }

        /// Makes a campaign of the caller's better for its holders. `AddEscrow` is paid with the call, as in `create_campaign`.
        /// # Errors
        /// `NoSuchCampaign`, `NotIssuer`, `NotBetter`, `NoEscrow`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn improve_campaign(
            &mut self,
            campaign: CampaignId,
            improvement: Improvement,
        ) -> Result<(), RegistryError> {
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            let asset = self.book.improve(caller, campaign, improvement, now)?;
            self.collect(asset, improvement.price())?;
            self.env().emit_event(CampaignImproved { campaign, improvement });
            Ok(())
        }

        /// Takes back escrow that backs nothing: what live coupons, and those that a rollback may bring back, can't need, or all of it once the redeem window and
        /// the last rollback window are over.
        /// # Errors
        /// `NoSuchCampaign`, `NotIssuer`, `NoEscrow`, `EscrowCommitted`, `Payment`.
        #[ink(message)]
        pub fn withdraw_escrow(
            &mut self,
            campaign: CampaignId,
            amount: Balance,
        ) -> Result<(), RegistryError> {
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            let asset = self.book.withdraw_escrow(caller, campaign, amount, now)?;
            self.env().emit_event(EscrowWithdrawn { campaign, amount });
            asset.pay(caller, amount).map_err(RegistryError::Payment)
        }

        /// Commits to the Merkle root of `size` codes (see `shared::merkle`). Codes are good while the campaign issues: supply and escrow are
        /// taken when a code is claimed, first come first served. The issuer pays the deposit of one small item.
        /// # Errors
        /// `NoSuchCampaign`, `NotIssuer`, `EmptyDrop`, `Overflow`.
        #[ink(message)]
        pub fn create_drop(
            &mut self,
            campaign: CampaignId,
            root: shared::Hash,
            size: u32,
        ) -> Result<u32, RegistryError> {
            let drop = self.book.create_drop(self.env().caller(), campaign, &Drop { root, size })?;
            self.env().emit_event(DropCreated { campaign, drop, root, size });
            Ok(drop)
        }

        /// Issues a coupon to each of `to`, at most 100, in order; gives the first serial. `source` is the issuer's own number for the batch:
        /// a retry never issues twice. The issuer pays the coupons' deposits.
        /// # Errors
        /// `NoSuchCampaign`, `NotIssuer`, `BatchSize`, `SourceUsed`, `IssueWindowClosed`, `IssuingStopped`, `SupplyExhausted`, `EscrowShort`,
        /// `HolderLimit`, `Overflow`.
        #[ink(message)]
        pub fn issue(
            &mut self,
            campaign: CampaignId,
            to: Vec<AccountId>,
            source: u64,
        ) -> Result<u32, RegistryError> {
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            let issued = self.book.issue(caller, campaign, &to, source, now)?;
            Ok(self.announce(campaign, &issued, &to, Source::Batch(source)))
        }

        /// Turns a code into a coupon of `claim.to`. Anyone may submit it: the code's key has signed the account, so nobody else can have the
        /// coupon. The caller pays the coupon's deposit.
        /// # Errors
        /// `NoSuchCampaign`, `NoSuchDrop`, `CodeUnproven`, `ClaimUnsigned`, `CodeUsed`, `IssueWindowClosed`, `IssuingStopped`,
        /// `SupplyExhausted`, `EscrowShort`, `HolderLimit`, `Overflow`.
        #[ink(message)]
        pub fn claim(&mut self, claim: Claim) -> Result<CouponId, RegistryError> {
            let domain = self.domain();
            let issued = self.book.claim(&claim, &domain, self.env().block_timestamp())?;
            let source = Source::Code { drop: claim.drop, index: claim.index };
            let serial = self.announce(claim.campaign, &issued, &[claim.to], source);
            Ok(CouponId { campaign: claim.campaign, serial })
        }

        /// Freezes a coupon of the caller's campaign for a reason (the issuer's own code), or thaws it with `None`. A coupon that escrow backs
        /// can't be frozen: its holder could be kept from the money until it is the issuer's again. A frozen coupon can't be
        /// spent or moved.
        /// # Errors
        /// `NoSuchCampaign`, `NotIssuer`, `CouponBacked`, `NoSuchCoupon`, `NotFrozen`.
        #[ink(message)]
        pub fn set_frozen(&mut self, coupon: CouponId, reason: Option<u8>) -> Result<(), RegistryError> {
            self.book.set_frozen(self.env().caller(), coupon, reason)?;
            self.env().emit_event(CouponFreezeChanged { coupon, reason });
            Ok(())
        }

        /// Lets `cashier`, a till's key or an alliance, accept orders for the caller, and nothing else, or dismisses it.
        #[ink(message)]
        pub fn set_cashier(&mut self, cashier: AccountId, allowed: bool) {
            let merchant = self.env().caller();
            self.book.set_cashier(merchant, cashier, allowed);
            self.env().emit_event(CashierChanged { merchant, cashier, allowed });
        }

        /// Voids every permit the caller has signed so far; gives the epoch to sign with from now on.
        /// # Errors
        /// `Overflow`.
        #[ink(message)]
        pub fn cancel_permits(&mut self) -> Result<u32, RegistryError> {
            let account = self.env().caller();
            let epoch = self.book.cancel_permits(account)?;
            self.env().emit_event(PermitsCancelled { account, epoch });
            Ok(epoch)
        }

        /// What `coupons` take off `order`, by the very rules of `redeem`, for a caller at the acceptor's side or through `alliance`. An order settled on chain
        /// is quoted for the caller as payer.
        /// # Errors
        /// As `redeem`, but for consent and payment.
        #[ink(message)]
        pub fn quote(
            &self,
            order: Order,
            coupons: Vec<CouponId>,
            alliance: Option<AccountId>,
        ) -> Result<Quote, RegistryError> {
            let route = alliance.map_or(Route::Direct(self.env().caller()), Route::Alliance);
            Ok(self.book.quote(&order, &coupons, route, self.env().block_timestamp())?)
        }

        /// Spends coupons on an order. The acceptor or its cashier agrees by calling or by a permit; so does each coupon's holder. Settled off chain,
        /// no value may be sent. Settled on chain, the caller pays the net price to the acceptor: native value sent along, with what
        /// is over going back, or PSP22 by allowance. Escrow is paid to the acceptor, into its pull balance where the transfer fails.
        /// The caller pays the deposit of the order's word (once in 256 orders) and of the rollback record.
        /// # Errors
        /// `CouponCount`, `EligibleOverBasket`, `OrderExpired`, `AcceptorIsPayer`, `OrderUsed`, `NotAcceptor`, `PermitExpired`, `PermitCancelled`,
        /// `PermitInvalid`, `NoSuchCoupon`, `CouponFrozen`, `RedeemWindowClosed`, `CouponExpired`, `ForeignCoupon`, `OnlyThroughAlliance`,
        /// `BelowMinBasket`, `BudgetExhausted`, `NoEffect`, `PermitMissing`, `Payment`.
        #[ink(message, payable)]
        pub fn redeem(&mut self, order: Order, permits: Permits) -> Result<Redemption, RegistryError> {
            let caller = self.env().caller();
            let redemption = self.redeem_by(&order, &permits, Route::Direct(caller))?;
            let paid = self.env().transferred_value();
            match order.settlement {
                Settlement::OnChain => redemption.asset.forward(caller, order.acceptor, redemption.net, paid),
                Settlement::OffChain => refuse_value(paid),
            }
            .map_err(RegistryError::Payment)?;
            Ok(*redemption)
        }

        /// Undoes a redemption whole, within its window, by its acceptor: the coupons live again, and counters, budget and escrow are as
        /// before. The caller pays back what came from escrow and what was paid on chain, as native value sent along or as
        /// PSP22 by allowance; the payer is paid, into its pull balance where the transfer fails. The order's number stays used.
        /// # Errors
        /// `NoSuchRedemption`, `RedemptionFinal`, `NotTheAlliance`, `NotAcceptor`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn roll_back(&mut self, redemption: Redemption) -> Result<(), RegistryError> {
            let caller = self.env().caller();
            Ok(self.roll_back_by(redemption, Route::Direct(caller))?)
        }

        /// Collects the caller's pull balance in `asset`.
        /// # Errors
        /// `NoCredit`, `Payment`.
        #[ink(message)]
        pub fn withdraw_credit(&mut self, asset: Asset) -> Result<(), RegistryError> {
            let account = self.env().caller();
            let amount = self.book.take_credit(account, asset)?;
            self.env().emit_event(CreditWithdrawn { account, asset, amount });
            asset.pay(account, amount).map_err(RegistryError::Payment)
        }

        /// A campaign's issuer, terms and counters.
        /// # Errors
        /// `NoSuchCampaign`.
        #[ink(message)]
        pub fn campaign(&self, campaign: CampaignId) -> Result<(Campaign, Progress), RegistryError> {
            Ok((*self.book.campaign(campaign)?, *self.book.progress(campaign)?))
        }

        /// A live coupon.
        #[ink(message)]
        pub fn coupon(&self, coupon: CouponId) -> Option<Coupon> {
            self.book.coupon(coupon)
        }

        /// How many coupons an account holds, and the epoch its permits must carry.
        #[ink(message)]
        pub fn holder(&self, account: AccountId) -> Holder {
            self.book.holder(account)
        }

        /// An account's pull balance.
        #[ink(message)]
        pub fn credit(&self, account: AccountId, asset: Asset) -> Balance {
            self.book.credit(account, asset)
        }

        fn domain(&self) -> Domain {
            Domain { chain_tag: self.book.chain_tag(), contract: self.env().account_id() }
        }

        fn announce(&self, campaign: CampaignId, issued: &Issued, to: &[AccountId], source: Source) -> u32 {
            let Issued { first_serial, valid_until } = *issued;
            let count = u32::try_from(to.len()).unwrap_or(u32::MAX);
            self.env().emit_event(CouponsIssued { campaign, first_serial, count, valid_until, source });
            for (serial, owner) in (first_serial..).zip(to) {
                let id = CouponId { campaign, serial }.into();
                self.env().emit_event(Transfer { from: None, to: Some(*owner), id });
            }
            first_serial
        }

        fn redeem_by(
            &mut self,
            order: &Order,
            permits: &Permits,
            route: Route,
        ) -> Result<Box<Redemption>, Refusal> {
            let (domain, now) = (self.domain(), self.env().block_timestamp());
            let redemption = self.book.redeem(order, permits, route, &domain, now)?;
            for used in &redemption.uses {
                self.env().emit_event(Transfer { from: Some(used.holder), to: None, id: used.coupon.into() });
            }
            let acceptor = order.acceptor;
            self.env().emit_event(OrderRedeemed { acceptor, redemption: (*redemption).clone() });
            self.pay_or_credit(redemption.asset, acceptor, redemptions::paid_from_escrow(&redemption))?;
            Ok(redemption)
        }

        fn roll_back_by(&mut self, redemption: Redemption, route: Route) -> Result<(), Refusal> {
            self.book.roll_back(&redemption, route, self.env().block_timestamp())?;
            for used in &redemption.uses {
                self.env().emit_event(Transfer { from: None, to: Some(used.holder), id: used.coupon.into() });
            }
            let (asset, escrow) = (redemption.asset, redemptions::paid_from_escrow(&redemption));
            let refund = redemption.payer.map(|payer| (payer, redemption.net));
            let acceptor = redemption.acceptor;
            self.env().emit_event(OrderRolledBack { acceptor, redemption });
            let (payer, net) = refund.unwrap_or((acceptor, 0));
            self.collect(asset, escrow.checked_add(net).ok_or(RegistryError::Overflow)?)?;
            self.pay_or_credit(asset, payer, net)
        }

        fn collect(&self, asset: Asset, amount: Balance) -> Result<(), Refusal> {
            let (caller, paid) = (self.env().caller(), self.env().transferred_value());
            Ok(asset.collect(caller, amount, paid).map_err(RegistryError::Payment)?)
        }

        /// A receiver that can't be paid now doesn't stop the others: it finds the amount in its pull balance.
        fn pay_or_credit(
            &mut self,
            asset: Asset,
            account: AccountId,
            amount: Balance,
        ) -> Result<(), Refusal> {
            if asset.pay(account, amount).is_err() {
                self.book.add_credit(account, asset, amount)?;
                self.env().emit_event(CreditAdded { account, asset, amount });
            }
            Ok(())
        }
    }

    fn refuse_value(paid: Balance) -> Result<(), PaymentFault> {
        match paid {
            0 => Ok(()),
            paid => Err(PaymentFault::WrongValue { expected: 0, paid }),
        }
    }

    impl PSP34 for Registry {
        #[ink(message)]
        fn collection_id(&self) -> Id {
            let account = self.env().account_id();
            let bytes: &[u8] = account.as_ref();
            Id::Bytes(bytes.to_vec())
        }

        #[ink(message)]
        fn balance_of(&self, owner: AccountId) -> u32 {
            self.book.holder(owner).coupons
        }

        #[ink(message)]
        fn owner_of(&self, id: Id) -> Option<AccountId> {
            CouponId::try_from(&id).ok().and_then(|id| self.book.coupon(id)).map(|coupon| coupon.owner)
        }

        #[ink(message)]
        fn allowance(&self, owner: AccountId, operator: AccountId, id: Option<Id>) -> bool {
            self.book.allowance(owner, operator, id)
        }

        #[ink(message)]
        fn approve(&mut self, operator: AccountId, id: Option<Id>, approved: bool) -> Result<(), PSP34Error> {
            let from = self.env().caller();
            self.book.approve(from, operator, id.as_ref(), approved)?;
            self.env().emit_event(Approval { from, to: operator, id, approved });
            Ok(())
        }

        #[ink(message)]
        fn transfer(&mut self, to: AccountId, id: Id, _data: Vec<u8>) -> Result<(), PSP34Error> {
            let from = self.book.transfer(self.env().caller(), to, &id)?;
            self.env().emit_event(Transfer { from: Some(from), to: Some(to), id });
            Ok(())
        }

        #[ink(message)]
        fn total_supply(&self) -> Balance {
            self.book.live()
        }
    }

    impl CouponRegistry for Registry {
        #[ink(message)]
        fn redeem_for_alliance(
            &mut self,
            order: Order,
            permits: Permits,
        ) -> Result<Redemption, RegistryError> {
            let alliance = self.env().caller();
            Ok(*self.redeem_by(&order, &permits, Route::Alliance(alliance))?)
        }

        #[ink(message, payable)]
        fn roll_back_for_alliance(&mut self, redemption: Redemption) -> Result<(), RegistryError> {
            let alliance = self.env().caller();
            Ok(self.roll_back_by(redemption, Route::Alliance(alliance))?)
        }

        #[ink(message)]
        fn is_cashier(&self, merchant: AccountId, key: AccountId) -> bool {
            self.book.is_cashier(merchant, key)
        }

        #[ink(message)]
        fn sale_terms(&self, coupon: CouponId) -> Result<SaleTerms, RegistryError> {
            Ok(self.book.sale_terms(coupon)?)
        }
    }
}
