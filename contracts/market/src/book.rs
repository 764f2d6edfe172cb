//! The market's storage, and every change to it as one step that happens whole or returns an error for the shell to revert on.
//!
//! Emits nothing, calls no registry and moves no money. "Touches" are storage host calls besides the two that read and write the root.
use crate::{
    error::MarketError,
    listings::{ensure_shares, Listing, Parts},
};
use ink::{
    prelude::vec::Vec,
    storage::{traits::ManualKey, Mapping},
};
use shared::{assets::Asset, ids::CouponId, AccountId, Balance, Hash, Timestamp};

/// The most registry codes a market knows.
pub const MAX_REGISTRIES: u32 = 4;

/// What every message reads and writes anyway.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Root {
    /// Who earns the platform fees and sets their rate.
    pub owner: AccountId,
    /// The platform's share of the price, for listings opened from now on.
    pub fee_bps: u16,
    /// Code hashes of the registries whose coupons are sold here: 1 to `MAX_REGISTRIES`, fixed.
    pub registries: Vec<Hash>,
    /// Coupons in the market's hands; each has one listing.
    pub held: u64,
    /// Native platform fees not yet withdrawn. They are here since a sale writes the root anyway; fees in a PSP22 token go to
    /// the owner's pull balance.
    pub native_fees: Balance,
}

/// A coupon's registry, and its number there.
pub type ListingKey = (AccountId, u64);

/// Everything the market keeps. The manual keys are part of the storage format that auditors read.
#[ink::storage_item]
#[derive(Debug)]
pub struct Book {
    root: Root,
    listings: Mapping<ListingKey, Listing, ManualKey<0x01>>,
    /// Pay-outs that failed and wait for their owner; platform fees in PSP22 tokens.
    credits: Mapping<(AccountId, Asset), Balance, ManualKey<0x02>>,
}

impl Book {
    /// # Errors
    /// `RegistryCount`, `SharesOverCap`.
    pub fn new(owner: AccountId, fee_bps: u16, registries: Vec<Hash>) -> Result<Self, MarketError> {
        let listed = u32::try_from(registries.len()).unwrap_or(u32::MAX);
        if listed == 0 || listed > MAX_REGISTRIES {
            return Err(MarketError::RegistryCount { listed, most: MAX_REGISTRIES });
        }
        ensure_shares(fee_bps, 0)?;
        Ok(Self {
            root: Root { owner, fee_bps, registries, held: 0, native_fees: 0 },
            listings: Mapping::default(),
            credits: Mapping::default(),
        })
    }

    pub fn root(&self) -> &Root {
        &self.root
    }

    pub fn listing(&self, registry: AccountId, coupon: CouponId) -> Option<Listing> {
        self.listings.get(key(registry, coupon))
    }

    /// What `withdraw` would pay.
    pub fn credit(&self, account: AccountId, asset: Asset) -> Balance {
        let credit = self.credits.get((account, asset)).unwrap_or_default();
        credit.saturating_add(self.native_fees_of(account, asset))
    }

    /// # Errors
    /// `NotMarketOwner`, `SharesOverCap`.
    pub fn set_fee(&mut self, caller: AccountId, fee_bps: u16) -> Result<(), MarketError> {
        let owner = self.root.owner;
        if caller != owner {
            return Err(MarketError::NotMarketOwner { owner, caller });
        }
        ensure_shares(fee_bps, 0)?;
        self.root.fee_bps = fee_bps;
        Ok(())
    }

    /// Whether coupons of `registry`, whose code hash is `code`, are sold here. Known code can't replace itself, so once is enough.
    /// # Errors
    /// `UnknownRegistry`.
    pub fn ensure_known(&self, registry: AccountId, code: Option<Hash>) -> Result<(), MarketError> {
        match code {
            Some(hash) if self.root.registries.contains(&hash) => Ok(()),
            Some(_) | None => Err(MarketError::UnknownRegistry { registry, code }),
        }
    }

    /// Touches: 1.
    /// # Errors
    /// `AlreadyListed`, `Overflow`.
    pub fn open(
        &mut self,
        registry: AccountId,
        coupon: CouponId,
        listing: &Listing,
    ) -> Result<(), MarketError> {
        let replaced = self.listings.insert(key(registry, coupon), listing);
        if replaced.is_some() {
            return Err(MarketError::AlreadyListed { coupon });
        }
        self.root.held = self.root.held.checked_add(1).ok_or(MarketError::Overflow)?;
        Ok(())
    }

    /// Ends a listing by a sale and books the platform fee. Touches: 1; with a fee in a PSP22 token, 3.
    /// # Errors
    /// `NotListed`, `ListingEnded`, `OwnListing`, `PriceOverLimit`, `Overflow`.
    pub fn sell(
        &mut self,
        registry: AccountId,
        coupon: CouponId,
        buyer: AccountId,
        highest_price: Balance,
        now: Timestamp,
    ) -> Result<(Listing, Parts), MarketError> {
        let listing = self.take(registry, coupon)?;
        listing.ensure_sells_to(buyer, highest_price, now)?;
        let parts = listing.parts()?;
        self.earn(listing.asset, parts.fee)?;
        Ok((listing, parts))
    }

    /// Ends a listing without a sale. Touches: 1.
    /// # Errors
    /// `NotListed`, `NotSeller`, `Overflow`.
    pub fn cancel(
        &mut self,
        registry: AccountId,
        coupon: CouponId,
        caller: AccountId,
    ) -> Result<Listing, MarketError> {
        let listing = self.take(registry, coupon)?;
        listing.ensure_sold_by(caller)?;
        Ok(listing)
    }

    /// Touches: 2.
    /// # Errors
    /// `Overflow`.
    pub fn add_credit(
        &mut self,
        account: AccountId,
        asset: Asset,
        amount: Balance,
    ) -> Result<(), MarketError> {
        let credit = self.credits.get((account, asset)).unwrap_or_default();
        let credit = credit.checked_add(amount).ok_or(MarketError::Overflow)?;
        self.credits.insert((account, asset), &credit);
        Ok(())
    }

    /// Empties an account's pull balance, and for the owner the native platform fees too. Touches: 1.
    /// # Errors
    /// `NoCredit`, `Overflow`.
    pub fn take_credit(&mut self, account: AccountId, asset: Asset) -> Result<Balance, MarketError> {
        let credit = self.credits.take((account, asset)).unwrap_or_default();
        let fees = self.native_fees_of(account, asset);
        self.root.native_fees = self.root.native_fees.checked_sub(fees).ok_or(MarketError::Overflow)?;
        match credit.checked_add(fees).ok_or(MarketError::Overflow)? {
            0 => Err(MarketError::NoCredit { asset }),
            amount => Ok(amount),
        }
    }

    fn take(&mut self, registry: AccountId, coupon: CouponId) -> Result<Listing, MarketError> {
        let listing = self.listings.take(key(registry, coupon)).ok_or(MarketError::NotListed { coupon })?;
        self.root.held = self.root.held.checked_sub(1).ok_or(MarketError::Overflow)?;
        Ok(listing)
    }

    fn earn(&mut self, asset: Asset, fee: Balance) -> Result<(), MarketError> {
        match asset {
            Asset::Native => {
                self.root.native_fees =
                    self.root.native_fees.checked_add(fee).ok_or(MarketError::Overflow)?;
                Ok(())
            }
            Asset::Psp22(_) if fee == 0 => Ok(()),
            Asset::Psp22(_) => self.add_credit(self.root.owner, asset, fee),
        }
    }

    fn native_fees_of(&self, account: AccountId, asset: Asset) -> Balance {
        if account == self.root.owner && asset == Asset::Native {
            self.root.native_fees
        } else {
            0
        }
    }
}

fn key(registry: AccountId, coupon: CouponId) -> ListingKey {
    (registry, coupon.to_u64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::account;

    const NATIVE: Asset = Asset::Native;
    const COUPON: CouponId = CouponId { campaign: 1, serial: 2 };

    fn token() -> Asset {
        Asset::Psp22(account(9))
    }

    fn book() -> Book {
        Book::new(account(0), 300, vec![[7; 32]]).unwrap()
    }

    fn listing(asset: Asset) -> Listing {
        Listing {
            seller: account(1),
            price: 1_000,
            asset,
            issuer: account(2),
            royalty_bps: 500,
            fee_bps: 300,
            ends_at: 100,
        }
    }

    #[test]
    fn a_market_knows_one_to_four_registry_codes_and_caps_its_fee() {
        let made =
            |fee_bps, codes: usize| Book::new(account(0), fee_bps, vec![[7; 32]; codes]).map(|_| ()).err();
        let count = |listed| Some(MarketError::RegistryCount { listed, most: 4 });
        assert_eq!(made(1_000, 1), None);
        assert_eq!(made(0, 4), None);
        assert_eq!(made(0, 0), count(0));
        assert_eq!(made(0, 5), count(5));
        assert_eq!(
            made(1_001, 1),
            Some(MarketError::SharesOverCap { fee_bps: 1_001, royalty_bps: 0, most_bps: 1_000 })
        );
    }

    #[test]
    fn only_known_code_is_a_registry() {
        let unknown = |code| Err(MarketError::UnknownRegistry { registry: account(5), code });
        let known = |code| book().ensure_known(account(5), code);
        assert_eq!(known(Some([7; 32])), Ok(()));
        assert_eq!(known(Some([8; 32])), unknown(Some([8; 32])));
        assert_eq!(known(None), unknown(None));
    }

    #[test]
    fn only_the_owner_sets_the_fee_and_within_the_cap() {
        let mut book = book();
        let foreign = MarketError::NotMarketOwner { owner: account(0), caller: account(1) };
        let over_cap = MarketError::SharesOverCap { fee_bps: 1_001, royalty_bps: 0, most_bps: 1_000 };
        assert_eq!(book.set_fee(account(1), 5), Err(foreign));
        assert_eq!(book.set_fee(account(0), 1_001), Err(over_cap));
        assert_eq!(book.root().fee_bps, 300);
        assert_eq!(book.set_fee(account(0), 1_000), Ok(()));
        assert_eq!(book.root().fee_bps, 1_000);
    }

    #[ink::test]
    fn a_coupon_is_listed_once_per_registry_and_sold_once() {
        let mut book = book();
        let offered = listing(NATIVE);
        assert_eq!(book.open(account(5), COUPON, &offered), Ok(()));
        assert_eq!(book.open(account(6), COUPON, &offered), Ok(()));
        assert_eq!(book.root().held, 2);
        assert_eq!(
            book.open(account(5), COUPON, &offered),
            Err(MarketError::AlreadyListed { coupon: COUPON })
        );
        let parts = Parts { seller: 920, royalty: 50, fee: 30 };
        let mut sell = || book.sell(account(5), COUPON, account(3), 1_000, 99);
        assert_eq!(sell(), Ok((offered, parts)));
        assert_eq!(sell(), Err(MarketError::NotListed { coupon: COUPON }));
        assert_eq!(book.root().held, 1);
        assert_eq!(book.listing(account(5), COUPON), None);
        assert_eq!(book.listing(account(6), COUPON), Some(offered));
    }

    #[ink::test]
    fn a_seller_cancels_even_after_the_end() {
        let mut book = book();
        let mut ended = listing(NATIVE);
        ended.ends_at = 0;
        assert_eq!(book.open(account(5), COUPON, &ended), Ok(()));
        assert_eq!(book.cancel(account(5), COUPON, account(1)), Ok(ended));
        assert_eq!(book.root().held, 0);
        assert_eq!(
            book.cancel(account(5), COUPON, account(1)),
            Err(MarketError::NotListed { coupon: COUPON })
        );
    }

    #[ink::test]
    fn a_later_fee_leaves_open_listings_alone() {
        let mut book = book();
        assert_eq!(book.open(account(5), COUPON, &listing(NATIVE)), Ok(()));
        assert_eq!(book.set_fee(account(0), 1_000), Ok(()));
        let (_, parts) = book.sell(account(5), COUPON, account(3), 1_000, 99).unwrap();
        assert_eq!(parts.fee, 30);
    }

    #[ink::test]
    fn fees_of_every_asset_are_the_owners_to_withdraw_once() {
        for asset in [NATIVE, token()] {
            let mut book = book();
            assert_eq!(book.open(account(5), COUPON, &listing(asset)), Ok(()));
            assert!(book.sell(account(5), COUPON, account(3), 1_000, 99).is_ok());
            assert_eq!(book.add_credit(account(0), asset, 4), Ok(()));
            assert_eq!(book.credit(account(0), asset), 34);
            assert_eq!(book.credit(account(1), asset), 0);
            assert_eq!(book.take_credit(account(0), asset), Ok(34));
            let empty = Err(MarketError::NoCredit { asset });
            assert_eq!(book.take_credit(account(0), asset), empty);
            assert_eq!(book.root().native_fees, 0);
        }
    }

    #[ink::test]
    fn pull_balances_add_up_per_account_and_asset() {
        let mut book = book();
        assert_eq!(book.add_credit(account(1), NATIVE, 5), Ok(()));
        assert_eq!(book.add_credit(account(1), NATIVE, 6), Ok(()));
        assert_eq!(book.add_credit(account(1), token(), 7), Ok(()));
        assert_eq!(book.add_credit(account(1), NATIVE, Balance::MAX), Err(MarketError::Overflow));
        assert_eq!(book.take_credit(account(1), NATIVE), Ok(11));
        assert_eq!(book.credit(account(1), token()), 7);
    }
}
