//! A registry's service desk: what follows a redemption or a coupon's end, kept out of the registry so that spending stays cheap. The registry
//! instantiates it.
//!
//! This file is the shell: it reads the context, has the rules decide, has the registry do it, and emits events. Deposits are the caller's; what
//! an item freed here gives back goes to the caller too.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![allow(clippy::useless_conversion, reason = "on chain, what an outcome refuses with is a type of its own")]

pub mod coupons;
pub mod events;
pub mod redemptions;
pub mod rollbacks;
pub mod sales;

pub use self::desk::{Desk, DeskRef};

#[ink::contract]
mod desk {
    use crate::{
        coupons,
        events::*,
        redemptions::{self, Reward},
        rollbacks::{self, RolledBack},
        sales,
    };
    use ink::{
        prelude::vec::Vec,
        storage::{traits::ManualKey, Mapping},
    };
    use shared::{
        announce::announce,
        assets::Asset,
        books::{Books, Shelf},
        campaigns::{Campaign, Progress},
        coupons::{Coupon, Holder},
        ids::{CampaignId, CouponId},
        ledger::items,
        order::{Kept, Order, Quote, Redemption},
        permit::{Domain, Permits, Presented},
        registry::{Outcome, Refusal, RegistryError, SaleTerms, Scope, ServiceDesk},
        till::Till,
    };

    /// A rated redemption: (acceptor, number, holder).
    type RatedKey = (AccountId, u64, AccountId);

    /// The desk's own books; everything else is in the registry's ledger.
    #[ink(storage)]
    pub struct Desk {
        registry: AccountId,
        chain_tag: shared::Hash,
        rated: Mapping<RatedKey, (), ManualKey<0x31>>,
        /// Friends an advocate was rewarded for: (campaign, advocate).
        friends: Mapping<(CampaignId, AccountId), u32, ManualKey<0x32>>,
    }

    impl Desk {
        /// Called by the registry as it is instantiated.
        #[ink(constructor)]
        pub fn new(chain_tag: shared::Hash) -> Self {
            let registry = Self::env().caller();
            announce(&DeskOpened { registry, chain_tag });
            Self { registry, chain_tag, rated: Mapping::default(), friends: Mapping::default() }
        }

        /// Undoes a redemption within its window, by its acceptor: whole, or down to what was `kept`, with each coupon's discount as it would have
        /// been then; gives what remains. Coupons, counters, budget and escrow are as before; a coupon whose terms no longer apply comes
        /// back. The caller pays back what came from escrow and what was paid on chain, as native value sent along or as PSP22 by
        /// allowance to the desk; the payer is paid, into its pull balance where the transfer fails. The order's number stays used.
        /// # Errors
        /// `NoSuchRedemption`, `RedemptionFinal`, `NotTheAlliance`, `NotAcceptor`, `BadKept`, `CardMovedOn`, `NetWouldRise`, `Overflow`,
        /// `Payment`.
        #[ink(message, payable)]
        pub fn roll_back(
            &mut self,
            redemption: Redemption,
            kept: Option<Kept>,
        ) -> Outcome<Option<Redemption>> {
            Ok(self.roll_back_by(&redemption, kept)?)
        }

        /// Locks coupons for an order whose acceptor and holders agree, by calling or by the permits that will spend them: until the order's
        /// or a permit's deadline, or as long as the coupons' terms allow, they are spent on it or not at all, and stay where they are. Gives the end; from
        /// then on they are free by themselves. A coupon that the order has locked already keeps its end. Budgets aren't reserved.
        /// # Errors
        /// `OrderExpired`, `OrderUsed`, `NotAcceptor`, `PermitExpired`, `PermitCancelled`, `PermitInvalid`, `CouponCount`, and for each coupon `NoSuchCampaign`,
        /// `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`, `NoReservations`, `ForeignCoupon`, `PermitMissing`, `PermitExpired`, `PermitCancelled`, `PermitInvalid`.
        #[ink(message)]
        pub fn reserve(&mut self, order: Order, permits: Permits) -> Outcome<Timestamp> {
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            let domain = Domain { chain_tag: self.chain_tag, contract: self.registry };
            let mut books = self.books();
            let coupons::Reserved { order: digest, until } =
                coupons::reserve(&mut books, caller, &order, &permits, &domain, now)?;
            let coupons = permits.coupons.iter().map(|permit| permit.presented.coupon).collect();
            let acceptor = order.acceptor;
            announce(&CouponsReserved { acceptor, order: digest, coupons, until });
            self.apply(books)?;
            Ok(until)
        }

        /// Lifts a coupon's reservation: anyone once it has ended; before that its acceptor, who shows the order.
        /// # Errors
        /// `NoSuchCampaign`, `NoSuchCoupon`, `NotReserved`, `CouponLocked`.
        #[ink(message)]
        pub fn release(&mut self, coupon: CouponId, order: Option<Order>) -> Outcome<()> {
            let mut books = self.books();
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            coupons::release(&mut books, caller, coupon, order.as_ref(), now)?;
            announce(&CouponReleased { coupon });
            Ok(self.apply(books)?)
        }

        /// Gives an advocate the terms' reward for a friend whose first order, with `coupon`, can't be rolled back any more; gives the reward.
        /// Anyone may call, and pays the reward's deposit.
        /// # Errors
        /// `Paused`, `NoSuchRedemption`, `NotFinal`, `NoReferral`, `SelfReferral`, `NotRewarded`, `ReferralCap`, and of the reward's campaign `IssueWindowClosed`,
        /// `IssuingStopped`, `SupplyExhausted`, `EscrowShort`, `HolderLimit`.
        #[ink(message)]
        pub fn reward(&mut self, redemption: Redemption, coupon: CouponId) -> Outcome<CouponId> {
            let mut books = self.books();
            let paused: u8 = books.one(items::PAUSED, &())?.unwrap_or_default();
            Scope::Claims.ensure_not_in(paused)?;
            let now = self.env().block_timestamp();
            let Reward { advocate, friend, coupon: reward, valid_until, per_advocate } =
                redemptions::reward(&mut books, &redemption, coupon, now)?;
            let key = (coupon.campaign, advocate);
            let friends = self.friends.get(key).unwrap_or_default();
            if friends >= per_advocate {
                return Err(RegistryError::ReferralCap { most: per_advocate }.into());
            }
            self.friends.insert(key, &friends.saturating_add(1));
            let Redemption { acceptor, number, .. } = redemption;
            announce(&AdvocateRewarded {
                advocate,
                friend,
                acceptor,
                number,
                coupon: reward,
                valid_until,
                friends_coupon: coupon,
            });
            self.apply(books)?;
            Ok(reward)
        }

        /// Rates a redemption of the caller's coupon with 1 to 5 stars, once. `comment` is the SHA-256 of what they wrote.
        /// # Errors
        /// `BadRating`, `NoSuchRedemption`, `NotHolder`, `AlreadyRated`.
        #[ink(message)]
        pub fn rate(
            &mut self,
            redemption: Redemption,
            stars: u8,
            comment: Option<shared::Hash>,
        ) -> Outcome<()> {
            let holder = self.env().caller();
            redemptions::check_rating(&self.books(), holder, &redemption, stars)?;
            let Redemption { acceptor, number, .. } = redemption;
            let key = (acceptor, number, holder);
            if self.rated.contains(key) {
                return Err(RegistryError::AlreadyRated { number }.into());
            }
            self.rated.insert(key, &());
            announce(&RedemptionRated { acceptor, number, holder, stars, comment });
            Ok(())
        }

        /// Frees the record of a redemption of the caller's, 30 days after it is final. It can't be rated or rewarded from then on.
        /// # Errors
        /// `NoSuchRedemption`, `NotAcceptor`, `NotFinal`.
        #[ink(message)]
        pub fn forget(&mut self, redemption: Redemption) -> Outcome<()> {
            let mut books = self.books();
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            redemptions::forget(&mut books, caller, &redemption, now)?;
            let Redemption { acceptor, number, .. } = redemption;
            announce(&RedemptionForgotten { acceptor, number });
            Ok(self.apply(books)?)
        }

        /// Ends a coupon whose time is over and shares what backed it as the terms say; what is the issuer's it can withdraw. Anyone may; but
        /// only its issuer or its holder clears it, for only they may have its deposit: after anyone else it stays, empty. One that a contract holds
        /// is left alone for 90 days after its end, for a person to have it back first, and is cleared by the contract alone, which ends it when it likes.
        /// # Errors
        /// `NoSuchCampaign`, `NoSuchCoupon`, `NotExpired`, `HeldByContract`, `NoChange`, `Overflow`.
        #[ink(message)]
        pub fn expire(&mut self, coupon: CouponId) -> Outcome<()> {
            let mut books = self.books();
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            let coupons::Ended { cleared, to_holder, to_fund } =
                coupons::expire(&mut books, caller, coupon, now)?;
            announce(&CouponExpired { coupon, cleared, to_holder, to_fund });
            Ok(self.apply(books)?)
        }

        /// Parts the caller's gift card in two; gives the new one, which has `value`.
        /// # Errors
        /// `NoSuchCampaign`, `NoSuchCoupon`, `NotHolder`, `CouponFrozen`, `CouponLocked`, `NotStoredValue`, `BadSplit`, `Overflow`.
        #[ink(message)]
        pub fn split(&mut self, coupon: CouponId, value: Balance) -> Outcome<CouponId> {
            let mut books = self.books();
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            let part = coupons::split(&mut books, caller, coupon, value, now)?;
            announce(&CouponSplit { coupon, part, value });
            self.apply(books)?;
            Ok(part)
        }

        /// Puts two gift cards of the caller's into one, which ends when the first of them would.
        /// # Errors
        /// `MergeMismatch`, `NoSuchCampaign`, `NoSuchCoupon`, `NotHolder`, `CouponFrozen`, `CouponLocked`, `NotStoredValue`, `Overflow`.
        #[ink(message)]
        pub fn merge(&mut self, into: CouponId, from: CouponId) -> Outcome<()> {
            let mut books = self.books();
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            coupons::merge(&mut books, caller, into, from, now)?;
            announce(&CouponsMerged { into, from });
            Ok(self.apply(books)?)
        }

        /// Voids every permit the caller has signed so far; gives the epoch to sign with from now on.
        /// # Errors
        /// `Overflow`.
        #[ink(message)]
        pub fn cancel_permits(&mut self) -> Outcome<u32> {
            let account = self.env().caller();
            let mut books = self.books();
            let holder: Holder = books.one(items::HOLDERS, &account)?.unwrap_or_default();
            let permit_epoch = holder.permit_epoch.checked_add(1).ok_or(RegistryError::Overflow)?;
            books.write(items::HOLDERS, &account, &Holder { permit_epoch, ..holder });
            announce(&PermitsCancelled { account, epoch: permit_epoch });
            self.apply(books)?;
            Ok(permit_epoch)
        }

        /// Collects the caller's pull balance in `asset`. Where it still can't be paid, it stays a pull balance.
        /// # Errors
        /// `NoCredit`.
        #[ink(message)]
        pub fn withdraw_credit(&mut self, asset: Asset) -> Outcome<()> {
            let account = self.env().caller();
            let mut books = self.books();
            let at = (account, asset);
            let amount: Balance = books.one(items::CREDITS, &at)?.ok_or(RegistryError::NoCredit)?;
            books.remove(items::CREDITS, &at);
            books.pay(asset, account, amount);
            announce(&CreditWithdrawn { account, asset, amount });
            Ok(self.apply(books)?)
        }

        /// What `coupons` take off `order` in the order presented, by the very rules of the registry's `redeem`, with a reason for each that is refused: as if
        /// `by` called, the acceptor, its cashier or its alliance, or for an order settled on chain the payer. Without `by`, the caller.
        /// # Errors
        /// As `redeem`, but for consent and payment.
        #[ink(message)]
        pub fn quote(&self, order: Order, coupons: Vec<Presented>, by: Option<AccountId>) -> Outcome<Quote> {
            let caller = by.unwrap_or_else(|| self.env().caller());
            let till = Till::new(Shelf { registry: self.registry });
            Ok(till.quote(&order, &coupons, caller, self.env().block_timestamp())?)
        }

        /// The registry this is the desk of.
        #[ink(message)]
        pub fn registry(&self) -> AccountId {
            self.registry
        }

        /// A campaign's issuer, terms and counters.
        /// # Errors
        /// `NoSuchCampaign`.
        #[ink(message)]
        pub fn campaign(&self, campaign: CampaignId) -> Outcome<(Campaign, Progress)> {
            Ok(self.books().campaign(campaign)?)
        }

        /// A live coupon.
        /// # Errors
        /// `NoSuchCampaign`, `NoSuchCoupon`.
        #[ink(message)]
        pub fn coupon(&self, coupon: CouponId) -> Outcome<Coupon> {
            Ok(self.books().coupon(coupon)?.2)
        }

        /// How many coupons an account holds, and the epoch its permits must carry.
        /// # Errors
        /// `OfficeFailed`.
        #[ink(message)]
        pub fn holder(&self, account: AccountId) -> Outcome<Holder> {
            Ok(self.books().one(items::HOLDERS, &account)?.unwrap_or_default())
        }

        #[inline(never)]
        fn roll_back_by(
            &mut self,
            redemption: &Redemption,
            kept: Option<Kept>,
        ) -> Result<Option<Redemption>, Refusal> {
            let Redemption { acceptor, number, asset, payer, .. } = *redemption;
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            let mut books = self.books();
            let RolledBack { remains, to_escrow, to_payer } =
                rollbacks::roll_back(&mut books, redemption, kept, caller, now)?;
            let rolled_back = OrderRolledBack { acceptor, number, remains, to_payer };
            announce(&rolled_back);
            books.pay(asset, payer.unwrap_or(acceptor), to_payer);
            let due = to_escrow.checked_add(to_payer).ok_or(RegistryError::Overflow)?;
            books.collect_and_apply(asset, caller, due, self.env().transferred_value())?;
            Ok(rolled_back.remains)
        }

        fn books(&self) -> Books {
            Books::new(self.registry)
        }

        fn apply(&self, mut books: Books) -> Result<(), Refusal> {
            books.apply(0)
        }
    }

    impl ServiceDesk for Desk {
        #[ink(message, payable)]
        fn roll_back_for_alliance(
            &mut self,
            redemption: Redemption,
            kept: Option<Kept>,
        ) -> Outcome<Option<Redemption>> {
            Ok(self.roll_back_by(&redemption, kept)?)
        }

        #[ink(message)]
        fn sale_terms(&self, coupon: CouponId) -> Outcome<SaleTerms> {
            Ok(sales::sale_terms(&self.books(), coupon, self.env().block_timestamp())?)
        }

        #[ink(message)]
        fn sale_terms_of(&self, coupons: Vec<CouponId>) -> Outcome<Vec<SaleTerms>> {
            Ok(sales::sale_terms_of(&self.books(), &coupons, self.env().block_timestamp())?)
        }

        #[ink(message)]
        fn transfer_many(&mut self, to: AccountId, coupons: Vec<CouponId>) -> Outcome<()> {
            let mut books = self.books();
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            sales::transfer_many(&mut books, caller, to, &coupons, now)?;
            Ok(self.apply(books)?)
        }
    }
}
