//! The coupon market: coupons for sale at a fixed price, held by the market so that none is spent or sold twice.
//!
//! This file is the shell: it reads the context, calls the book, emits events, asks the registry and moves money. It decides nothing.
#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod book;
mod calls;
pub mod error;
pub mod events;
pub mod listings;

#[cfg(test)]
mod testing;

pub use self::market::{Market, MarketRef};

#[ink::contract]
mod market {
    use crate::{
        book::{Book, Root},
        calls,
        error::MarketError,
        events::*,
        listings::Listing,
    };
    use ink::prelude::vec::Vec;
    use shared::{assets::Asset, ids::CouponId};

    /// Sells coupons of every registry whose code it knows.
    #[ink(storage)]
    pub struct Market {
        book: Book,
    }

    impl Market {
        /// A market of the caller's. `fee_bps` of each price is the platform fee, at most 1,000; `registries` are the code hashes of the
        /// registries whose coupons may be sold, 1 to 4 of them, for good.
        /// # Errors
        /// `RegistryCount`, `SharesOverCap`.
        #[ink(constructor)]
        pub fn new(fee_bps: u16, registries: Vec<shared::Hash>) -> Result<Self, MarketError> {
            let owner = Self::env().caller();
            let book = Book::new(owner, fee_bps, registries.clone())?;
            Self::env().emit_event(MarketCreated { owner, fee_bps, registries });
            Ok(Self { book })
        }

        /// Offers a coupon of the caller's at `price`, in the campaign's asset's smallest unit, until just before `ends_at`. The caller has
        /// approved this market at the registry beforehand; the market holds the coupon from now on.
        ///
        /// Touches: 3 (root twice, listing), and the registry's for `sale_terms`, `transfer` and `owner_of`. The caller pays the deposit
        /// of the listing, and of the market's count of coupons at the registry where it held none; the listing's goes to whoever removes
        /// it: the seller by `cancel`, or the buyer.
        /// # Errors
        /// `UnknownRegistry`, `TradingPaused`, `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`, `NotHolder`, `NoPrice`, `PriceOverBand`, `EndsInPast`, `OutlastsCoupon`, `SharesOverCap`,
        /// `AlreadyListed`, `Overflow`, `NotApproved`, `Soulbound`, `OtherMarketOnly`, `TransferRefused`, `NotReceived`, `RegistryFailed`.
        #[ink(message)]
        pub fn list(
            &mut self,
            registry: AccountId,
            coupon: CouponId,
            price: Balance,
            ends_at: Timestamp,
        ) -> Result<(), MarketError> {
            let (seller, market) = (self.env().caller(), self.env().account_id());
            let code = self.env().code_hash(&registry).ok().map(Into::into);
            self.book.ensure_known(registry, code)?;
            let terms = calls::sale_terms(registry, coupon)?;
            let (fee_bps, now) = (self.book.root().fee_bps, self.env().block_timestamp());
            let listing = Listing::new(&terms, seller, price, fee_bps, ends_at, now)?;
            self.book.open(registry, coupon, &listing)?;
            self.env().emit_event(ListingOpened { registry, coupon, listing });
            calls::transfer(registry, coupon, market)?;
            calls::ensure_owner(registry, coupon, market)
        }

        /// Buys a listed coupon for its price, unless that is over `highest_price`: native value sent along, with what is over going back,
        /// or PSP22 by allowance. The seller and the issuer are paid, into their pull balances where a transfer fails.
        ///
        /// Touches: 3 (root twice, listing), 2 more for the owner's pull balance with a fee in a PSP22 token and for each pay-out that
        /// fails, and those of the registry's `transfer`. The caller gets the deposit of the listing, and pays those of its count of
        /// coupons at the registry where it held none, and of each pull balance that comes into being.
        /// # Errors
        /// `NotListed`, `ListingEnded`, `OwnListing`, `PriceOverLimit`, `Payment`, `NoSuchCoupon`, `CouponFrozen`, `TransferRefused`,
        /// `RegistryFailed`, `Overflow`.
        #[ink(message, payable)]
        pub fn buy(
            &mut self,
            registry: AccountId,
            coupon: CouponId,
            highest_price: Balance,
        ) -> Result<(), MarketError> {
            let (buyer, now) = (self.env().caller(), self.env().block_timestamp());
            let (listing, parts) = self.book.sell(registry, coupon, buyer, highest_price, now)?;
            let (kept, change) = listing.kept_and_change(self.env().transferred_value())?;
            let asset = listing.asset;
            asset.collect(buyer, listing.price, kept).map_err(MarketError::Payment)?;
            calls::transfer(registry, coupon, buyer)?;
            self.env().emit_event(ListingSold { registry, coupon, buyer, listing, parts });
            self.pay_or_credit(asset, listing.seller, parts.seller)?;
            self.pay_or_credit(asset, listing.issuer, parts.royalty)?;
            self.pay_or_credit(asset, buyer, change)
        }

        /// Gives a listed coupon back to its seller, the caller, at any time: also after the listing's or the coupon's end. While the issuer
        /// has frozen the coupon the registry moves it for nobody; then the listing stays as it is, and can be cancelled once thawed.
        ///
        /// Touches: 3 (root twice, listing), and those of the registry's `transfer`. The caller gets the deposit of the listing.
        /// # Errors
        /// `NotListed`, `NotSeller`, `Overflow`, `CouponFrozen`, `NoSuchCoupon`, `TransferRefused`, `RegistryFailed`.
        #[ink(message)]
        pub fn cancel(&mut self, registry: AccountId, coupon: CouponId) -> Result<(), MarketError> {
            let seller = self.env().caller();
            let listing = self.book.cancel(registry, coupon, seller)?;
            self.env().emit_event(ListingCancelled { registry, coupon, listing });
            calls::transfer(registry, coupon, seller)
        }

        /// Collects the caller's pull balance in `asset`; for the market's owner, the platform fees too.
        ///
        /// Touches: 3 (root twice, pull balance). The caller gets the deposit of the pull balance.
        /// # Errors
        /// `NoCredit`, `Overflow`, `Payment`.
        #[ink(message)]
        pub fn withdraw(&mut self, asset: Asset) -> Result<Balance, MarketError> {
            let account = self.env().caller();
            let amount = self.book.take_credit(account, asset)?;
            self.env().emit_event(CreditWithdrawn { account, asset, amount });
            asset.pay(account, amount).map_err(MarketError::Payment)?;
            Ok(amount)
        }

        /// Sets the platform fee of listings opened from now on, in bps of the price. For the market's owner. Touches: 2 (root twice).
        /// # Errors
        /// `NotMarketOwner`, `SharesOverCap`.
        #[ink(message)]
        pub fn set_fee(&mut self, fee_bps: u16) -> Result<(), MarketError> {
            self.book.set_fee(self.env().caller(), fee_bps)?;
            self.env().emit_event(FeeChanged { fee_bps });
            Ok(())
        }

        /// What a coupon is listed for; there until it is sold or cancelled, even after the listing's end.
        #[ink(message)]
        pub fn listing(&self, registry: AccountId, coupon: CouponId) -> Option<Listing> {
            self.book.listing(registry, coupon)
        }

        /// What `withdraw` would pay an account.
        #[ink(message)]
        pub fn credit(&self, account: AccountId, asset: Asset) -> Balance {
            self.book.credit(account, asset)
        }

        /// The owner, the fee, the registry codes, the count of coupons held, and the native fees.
        #[ink(message)]
        pub fn config(&self) -> Root {
            self.book.root().clone()
        }

        /// A receiver that can't be paid now doesn't stop the others: it finds the amount in its pull balance.
        fn pay_or_credit(
            &mut self,
            asset: Asset,
            account: AccountId,
            amount: Balance,
        ) -> Result<(), MarketError> {
            if asset.pay(account, amount).is_err() {
                self.book.add_credit(account, asset, amount)?;
                self.env().emit_event(CreditAdded { account, asset, amount });
            }
            Ok(())
        }
    }
}
