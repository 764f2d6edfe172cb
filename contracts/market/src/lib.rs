//! The coupon market: coupons for sale at a price, at auction, in bundles and for swaps, held by the market so that none is spent or sold twice; and offers,
//! whose money the market holds.
//!
//! This file is the shell: it reads the context and hands it on. The order of things is in `deals`, the rules in `listings`, `offers`, `goods`,
//! `prices` and `till`, the storage in `book`.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![allow(
    clippy::needless_question_mark,
    clippy::useless_conversion,
    reason = "on chain, what an outcome refuses with is a type of its own"
)]
#![cfg_attr(target_arch = "wasm32", allow(unreachable_code, reason = "on chain, a refusal ends the call"))]

pub mod book;
mod calls;
mod deals;
pub mod error;
pub mod events;
pub mod goods;
pub mod kept;
mod kinds;
pub mod listings;
pub mod offers;
pub mod prices;
mod reader;
pub mod till;

#[cfg(test)]
mod testing;

pub use self::market::{Market, MarketRef};

#[ink::contract]
mod market {
    use crate::{
        book::{Book, Root, Rules, ENTRIES, OFFERS},
        deals::{self, Scene},
        error::{agree, MarketError, Outcome},
        events::*,
        kept::kept,
        listings::{Ask, Entry, Guard, Opening},
        offers::{Offer, Wish},
        till::Signed,
    };
    use ink::prelude::vec::Vec;
    use shared::{
        announce::{announce_bare, announce_of},
        assets::Asset,
        ids::CouponId,
        passed::Passed,
    };

    /// Deals in coupons of every registry whose code it knows.
    ///
    /// Exits have no pause and no owner's key: whoever listed a coupon takes it back, whoever has money here takes it out. A record is removed by who paid its
    /// deposit, and by nobody else; apart from pull balances, whose deposit is paid by whoever's call makes one and goes to their owner.
    #[ink(storage)]
    pub struct Market {
        book: Book,
    }

    impl Market {
        /// A market of the caller's.
        /// # Errors
        /// `RegistryCount` for the registries or the tokens, `SharesOverCap`.
        #[ink(constructor)]
        pub fn new(rules: Rules) -> Result<Self, MarketError> {
            let owner = Self::env().caller();
            let book = Book::new(owner, &rules)?;
            announce_of(owner, &MarketCreated { owner, rules });
            book.keep_root();
            agree(())?;
            Ok(Self { book })
        }

        /// Lists coupons of the caller's, 1 to 20 of one registry, one asset and one issuer, to be sold together until just before `ends_at`, to anyone or to
        /// `reserved` only; gives the listing's number. Nothing in it changes any more: who wants it otherwise cancels and lists anew.
        /// Prices are in the coupons' asset's smallest unit. The caller has approved this market at the registry beforehand; the market
        /// holds the coupons from now on. Cash that a swap adds is paid with the call: exactly, native or PSP22 by allowance.
        ///
        /// Touches: 3 (root twice, listing), 1 for a PSP22 token, and the registry's for `branches` and, for each coupon, `sale_terms`, `transfer` and `owner_of`. The caller pays
        /// the listing's deposit and gets it back by `cancel`, `settle` or `forget`; nobody else can.
        /// # Errors
        /// `Count`, `DuplicateCoupon`, `UnknownRegistry`, `RegistryFailed`, for each coupon `TradingPaused`, `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`, `NotHolder`,
        /// `MixedBundle`; `NotFalling`, `NoStep`, `CashBothWays`, `NoPrice`, `PriceOverBand`, `EndsInPast`, `SharesOverCap`, `OutlastsCoupon`, `UnknownToken`, `Payment`, `Overflow`,
        /// `NotApproved`, `Soulbound`, `OtherMarketOnly`, `TransferRefused`, `NotReceived`.
        #[ink(message, payable)]
        pub fn list(
            &mut self,
            registry: AccountId,
            coupons: Vec<CouponId>,
            ends_at: Timestamp,
            reserved: Option<AccountId>,
            ask: Ask,
        ) -> Outcome<u64> {
            let scene = self.scene();
            let opening = Opening { seller: scene.caller, registry, coupons, ask, ends_at, reserved };
            let answer = deals::list(&mut self.book, &scene, opening)?;
            self.book.keep_root();
            agree(answer)
        }

        /// Buys a listing at its price of now; gives the price. Paid with native value, of which what is over goes back, or PSP22 by allowance. The seller and the issuer are
        /// paid, into their pull balances where a transfer fails; the parts sum to the price, and the seller's rounds down.
        ///
        /// Touches: 5 (root twice, listing twice, the seller's floor), 2 more for the owner's pull balance with a fee in a PSP22 token and for each pay-out that
        /// fails, and those of the registry's transfer. The caller pays the deposit of its count of
        /// coupons at the registry where it held none, and of each pull balance that comes into being.
        /// # Errors
        /// `NoSuchListing`, `ListingClosed`, `Cancelled`, `ListingEnded`, `OwnListing`, `ReservedFor`, `OtherKind`, `PriceOverLimit`, `TooLittleLeft`, `EndsTooSoon`, `TermsDiffer`,
        /// `CouponFrozen`, `TransferRefused`, `RegistryFailed`, `Payment`, `Overflow`.
        #[ink(message, payable)]
        pub fn buy(&mut self, id: u64, guard: Guard) -> Outcome<Balance> {
            let scene = self.scene();
            let answer = deals::buy(&mut self.book, &scene, id, &guard)?;
            self.book.keep_root();
            agree(answer)
        }

        /// Buys up to 20 listings of one registry and one asset, and up to 20 coupons, each as `buy`: all of them or none, or what is still there; gives the price of
        /// each, or why it wasn't bought. `guard.highest_price` is for all together, and what would pass it is left out; the rest of the guard is for each.
        ///
        /// Touches: 2 for the root, 3 for each listing, and those of the registry's transfers; whoever is due several sums is paid once.
        /// # Errors
        /// `Count`, `NothingBought`, `Payment`, `RegistryFailed`, `Overflow`; with `all`, as `buy` for the first that can't be bought, and `OtherPurchase`.
        #[ink(message, payable)]
        pub fn buy_many(
            &mut self,
            ids: Vec<u64>,
            all: bool,
            guard: Guard,
        ) -> Outcome<Vec<Result<Balance, MarketError>>> {
            let scene = self.scene();
            let answer = deals::buy_many(&mut self.book, &scene, &ids, &guard, all)?;
            self.book.keep_root();
            agree(answer)
        }

        /// Buys a listing and spends it at a till in the same call, at the registry itself or `through` an alliance, if what it takes off exceeds its price; gives what it
        /// takes off. The caller, the acceptor and no one else have signed as in `redeem`: the market speaks for nobody, so the caller's coupons need its permits too.
        /// Settled off chain. The price may be `highest_price` at most; what is on sale under a number never changes otherwise.
        ///
        /// Touches: as `buy`, 1 more, and those of the till's `redeem`.
        /// # Errors
        /// As `buy`; `TillRefused`, `TillFailed`, `ForeignCoupon`, `NoGain`.
        #[ink(message, payable)]
        pub fn buy_and_use(
            &mut self,
            id: u64,
            highest_price: Balance,
            through: Option<AccountId>,
            signed: Signed,
        ) -> Outcome<Balance> {
            let scene = self.scene();
            let answer = deals::buy_and_use(&mut self.book, &scene, (id, highest_price), (through, signed))?;
            self.book.keep_root();
            agree(answer)
        }

        /// Bids `amount`, paid exactly, native or PSP22 by allowance; gives when the auction ends now. A bid in the last 5 minutes moves the end to 5 minutes after it, but
        /// never to later than 5 minutes before the coupons' end. Whoever is outbid finds the money in its pull balance.
        ///
        /// Touches: 4 (root, the seller's floor before the first bid, listing twice), 2 more for the pull balance of whoever is outbid. The caller pays the deposit of that, and the first
        /// bidder that of the bid's 56 bytes, which goes to the seller with the listing's.
        /// # Errors
        /// `NoSuchListing`, `ListingClosed`, `Cancelled`, `ListingEnded`, `OwnListing`, `ReservedFor`, `OtherKind`, `BidTooLow`, `PriceOverBand`, `PriceOverLimit`, `TooLittleLeft`,
        /// `EndsTooSoon`, `TermsDiffer`, `Payment`, `Overflow`.
        #[ink(message, payable)]
        pub fn bid(&mut self, id: u64, amount: Balance, guard: Guard) -> Outcome<Timestamp> {
            let scene = self.scene();
            let ends_at = deals::bid(&mut self.book, &scene, id, amount, &guard)?;
            agree(ends_at)
        }

        /// Takes a swap: `coupons` of the caller's go to the listing's seller, and the listing's to the caller; both, or neither. Cash that the swap asks for is paid exactly, native or
        /// PSP22 by allowance; what it adds is paid out. Either is shared like a price, with the issuer of the coupons it was paid for. `guard.highest_price` is the most cash the caller
        /// would pay. The caller has approved this market at the registry.
        ///
        /// Touches: 5 (root twice, listing twice, the seller's floor), and the registry's for `branches`, for each of the caller's coupons `sale_terms`, two transfers and `owner_of`, and for each
        /// of the listing's one transfer.
        /// # Errors
        /// As `buy` up to `TermsDiffer`; `Count`, `DuplicateCoupon`, `NotWanted`, `RegistryFailed`, for each of the caller's coupons `TradingPaused`, `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`,
        /// `NotHolder`, `TooLittleLeft`, `EndsTooSoon`, `MixedBundle`; `AssetMismatch`, `PriceOverBand`, `SharesOverCap`, `Payment`, `NotApproved`, `Soulbound`, `OtherMarketOnly`, `TransferRefused`,
        /// `NotReceived`, `Overflow`.
        #[ink(message, payable)]
        pub fn swap(&mut self, id: u64, coupons: Vec<CouponId>, guard: Guard) -> Outcome<()> {
            let scene = self.scene();
            deals::swap(&mut self.book, &scene, id, coupons, &guard)?;
            self.book.keep_root();
            agree(())
        }

        /// Settles a listing that has ended, or that was cancelled with all of its seller's. Anyone may. To an auction's highest bidder the coupons go, and the
        /// price is shared, a tenth of the fee being the caller's. If they ended meanwhile, or the registry won't move them, the bid goes to its bidder's pull balance, and
        /// the coupons can be settled again or cancelled. Without a bid, coupons and a swap's cash go back to the seller, as by `cancel`.
        ///
        /// Touches: 4 to 5 (root twice, listing twice, the seller's floor where there is no bid), 2 more where money goes to a pull balance, and those of the registry's
        /// transfers. The listing's deposit is its seller's: the record stays until the seller forgets it, unless the seller calls.
        /// # Errors
        /// `NoSuchListing`, `ListingClosed`, `StillRunning`, `RegistryFailed`, `Overflow`; with neither bid nor cash here, `CouponFrozen`, `TransferRefused`.
        #[ink(message)]
        pub fn settle(&mut self, id: u64) -> Outcome<()> {
            let scene = self.scene();
            deals::settle(&mut self.book, &scene, id)?;
            self.book.keep_root();
            agree(())
        }

        /// Gives a listing's coupons, and a swap's cash, back to its seller, the caller, at any time, also after its end or the coupons'. An auction with a bid isn't
        /// cancelled. While the issuer has frozen a coupon the registry moves it for nobody: the cash goes to the caller's pull balance, and the coupons can be cancelled
        /// once thawed.
        ///
        /// Touches: 4 (root twice, listing twice), 2 more where cash goes to the pull balance, and those of the registry's transfers. The caller gets the listing's deposit.
        /// # Errors
        /// `NoSuchListing`, `NotSeller`, `ListingClosed`, `HasBid`, `RegistryFailed`, `Overflow`; without cash here, `CouponFrozen`, `TransferRefused`.
        #[ink(message)]
        pub fn cancel(&mut self, id: u64) -> Outcome<()> {
            let scene = self.scene();
            deals::cancel(&mut self.book, &scene, id)?;
            self.book.keep_root();
            agree(())
        }

        /// Kills every listing without a bid and every offer that the caller has opened so far, however many there are; gives the number that all of them are below. What is in
        /// them is taken back with `cancel` and `withdraw_offer`, and anyone may `settle` the listings.
        ///
        /// Touches: 2 (root, floor). The caller pays the floor's deposit, once and for good.
        #[ink(message)]
        pub fn cancel_all(&mut self) -> Outcome<u64> {
            let account = self.env().caller();
            let below = self.book.cancel_all(account);
            announce_of(account, &AllCancelled { account, below });
            agree(below)
        }

        /// Removes the records of up to 20 closed listings of the caller's, who gets their deposits. Touches: 1, and 2 for each.
        /// # Errors
        /// `Count`, for each `NoSuchListing`, `NotSeller`, `StillOpen`.
        #[ink(message)]
        pub fn forget(&mut self, ids: Vec<u64>) -> Outcome<()> {
            let scene = self.scene();
            deals::forget(&mut self.book, &scene, ids)?;
            agree(())
        }

        /// Offers a price for a coupon, or for any of a campaign, that can still take so much off and doesn't end before a time; gives the offer's number. The price of all of them is paid
        /// with the call: exactly, native or PSP22 by allowance.
        ///
        /// Touches: 3 (root twice, offer), 1 for a PSP22 token. The caller pays the offer's deposit, and gets it back by `withdraw_offer`; nobody else can.
        /// # Errors
        /// `NoPrice`, `BadQuantity`, `EndsInPast`, `Overflow`, `UnknownRegistry`, `UnknownToken`, `Payment`.
        #[ink(message, payable)]
        pub fn make_offer(&mut self, wish: Wish) -> Outcome<u64> {
            let scene = self.scene();
            let answer = deals::make_offer(&mut self.book, &scene, wish)?;
            self.book.keep_root();
            agree(answer)
        }

        /// Sells a coupon of the caller's to an offer, unless the caller would get less than `least_proceeds`; gives what it gets. The fee is that of when the offer was made, or less where
        /// the royalty needs the room; the parts are as in `buy`. The caller has approved this market at the registry.
        ///
        /// Touches: 5 (root twice, offer twice, the buyer's floor), and the registry's for `branches`, `sale_terms`, two transfers and `owner_of`.
        /// # Errors
        /// `NoSuchOffer`, `OfferUsedUp`, `Cancelled`, `OfferEnded`, `OwnListing`, `NotWanted`, `RegistryFailed`, `TradingPaused`, `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`, `NotHolder`, `AssetMismatch`,
        /// `TooLittleLeft`, `EndsTooSoon`, `PriceOverBand`, `SharesOverCap`, `BelowFloor`, `NotApproved`, `Soulbound`, `OtherMarketOnly`, `TransferRefused`, `NotReceived`, `Overflow`.
        #[ink(message)]
        pub fn accept_offer(
            &mut self,
            id: u64,
            coupon: CouponId,
            least_proceeds: Balance,
        ) -> Outcome<Balance> {
            let scene = self.scene();
            let answer = deals::accept_offer(&mut self.book, &scene, id, coupon, least_proceeds)?;
            self.book.keep_root();
            agree(answer)
        }

        /// Takes an offer of the caller's back at any time, with the money that is left in it; gives how much. Touches: 3 (root, offer twice). The caller gets the offer's deposit.
        /// # Errors
        /// `NoSuchOffer`, `NotBuyer`, `Payment`.
        #[ink(message)]
        pub fn withdraw_offer(&mut self, id: u64) -> Outcome<Balance> {
            let scene = self.scene();
            let amount = deals::withdraw_offer(&mut self.book, &scene, id)?;
            agree(amount)
        }

        /// Collects the caller's pull balance in `asset`; for the market's owner, the platform fees too.
        ///
        /// Touches: 3 (root twice, pull balance). The caller gets the deposit of the pull balance.
        /// # Errors
        /// `NoCredit`, `Overflow`, `Payment`.
        #[ink(message)]
        pub fn withdraw(&mut self, asset: Asset) -> Outcome<Balance> {
            let account = self.env().caller();
            let amount = self.book.take_credit(account, asset)?;
            announce_of(account, &CreditWithdrawn { account, asset, amount });
            asset.pay(account, amount).map_err(MarketError::Payment)?;
            self.book.keep_root();
            agree(amount)
        }

        /// Sets the platform fee of what is opened from 7 days on, in bps of the price; gives from when on. For the market's owner. Touches: 2 (root twice).
        /// # Errors
        /// `NotMarketOwner`, `SharesOverCap`.
        #[ink(message)]
        pub fn set_fee(&mut self, fee_bps: u16) -> Outcome<Timestamp> {
            let from = self.book.set_fee(self.env().caller(), fee_bps, self.env().block_timestamp())?;
            announce_bare(&FeeChanged { fee_bps, from });
            self.book.keep_root();
            agree(from)
        }

        /// Has the market deal in a PSP22 token from 7 days on, or no more. What is here in the token is sold, settled and taken out as ever. For the market's owner.
        ///
        /// Touches: 3 (root, token twice). The caller pays the token's deposit, or gets it.
        /// # Errors
        /// `NotMarketOwner`, `NoChange`.
        #[ink(message)]
        pub fn set_token(&mut self, token: AccountId, allowed: bool) -> Outcome<()> {
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            let from = self.book.set_token(caller, token, allowed, now)?;
            announce_of(token, &TokenChanged { token, from });
            agree(())
        }

        /// Offers the market to `heir`, or takes that back. For the market's owner. Touches: 2 (root twice).
        /// # Errors
        /// `NotMarketOwner`, `NoChange`.
        #[ink(message)]
        pub fn offer_ownership(&mut self, heir: Option<AccountId>) -> Outcome<()> {
            let owner = self.env().caller();
            self.book.offer_ownership(owner, heir)?;
            announce_of(owner, &OwnershipOffered { owner, heir });
            self.book.keep_root();
            agree(())
        }

        /// Makes the caller, whom the market was offered to, its owner. Native fees earned before go to the pull balance of the owner before.
        ///
        /// Touches: 2 (root twice), 2 more with fees. The caller pays the deposit of that pull balance.
        /// # Errors
        /// `NotOffered`, `Overflow`.
        #[ink(message)]
        pub fn accept_ownership(&mut self) -> Outcome<()> {
            let owner = self.env().caller();
            self.book.accept_ownership(owner)?;
            announce_of(owner, &OwnerChanged { owner });
            self.book.keep_root();
            agree(())
        }

        /// A listing, there until its seller cancels or forgets it.
        #[ink(message)]
        pub fn listing(&self, id: u64) -> Option<Passed<Entry>> {
            kept(ENTRIES, id)
        }

        /// An offer, there until its buyer withdraws it.
        #[ink(message)]
        pub fn offer(&self, id: u64) -> Option<Passed<Offer>> {
            kept(OFFERS, id)
        }

        /// What `withdraw` would pay an account.
        #[ink(message)]
        pub fn credit(&self, account: AccountId, asset: Asset) -> Balance {
            self.book.credit(account, asset)
        }

        /// The owner, the fee, the registry codes, the count of coupons held, and the native fees.
        #[ink(message)]
        pub fn config(&self) -> Option<Passed<Root>> {
            kept(0, ())
        }

        fn scene(&self) -> Scene {
            Scene {
                caller: self.env().caller(),
                now: self.env().block_timestamp(),
                paid: self.env().transferred_value(),
                here: self.env().account_id(),
            }
        }
    }
}
