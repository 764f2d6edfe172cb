//! What the market tells the world: one event for every change of state, enough to rebuild all of it.
use crate::listings::{Listing, Parts};
use ink::prelude::vec::Vec;
use shared::{assets::Asset, ids::CouponId, AccountId, Balance, Hash};

/// The market was instantiated. `registries` are the code hashes it knows.
#[ink::event]
pub struct MarketCreated {
    #[ink(topic)]
    pub owner: AccountId,
    pub fee_bps: u16,
    pub registries: Vec<Hash>,
}

/// Listings opened from now on pay this platform fee.
#[ink::event]
pub struct FeeChanged {
    pub fee_bps: u16,
}

/// A coupon came into the market's hands and is for sale.
#[ink::event]
pub struct ListingOpened {
    pub registry: AccountId,
    #[ink(topic)]
    pub coupon: CouponId,
    pub listing: Listing,
}

/// A coupon was sold and left for its buyer. The fee is the owner's to withdraw; the other parts were paid out, or a `CreditAdded` follows.
#[ink::event]
pub struct ListingSold {
    pub registry: AccountId,
    #[ink(topic)]
    pub coupon: CouponId,
    pub buyer: AccountId,
    pub listing: Listing,
    pub parts: Parts,
}

/// A coupon went back to its seller unsold.
#[ink::event]
pub struct ListingCancelled {
    pub registry: AccountId,
    #[ink(topic)]
    pub coupon: CouponId,
    pub listing: Listing,
}

/// A pay-out failed and waits for its owner.
#[ink::event]
pub struct CreditAdded {
    #[ink(topic)]
    pub account: AccountId,
    pub asset: Asset,
    pub amount: Balance,
}

/// An account collected everything owed to it in an asset; the market's owner, the platform fees too.
#[ink::event]
pub struct CreditWithdrawn {
    #[ink(topic)]
    pub account: AccountId,
    pub asset: Asset,
    pub amount: Balance,
}
