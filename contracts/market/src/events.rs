//! What the market tells the world: one event for every change of state, enough to rebuild all of it.
//!
//! Whatever an event says was paid was paid out, or a `CreditAdded` for it follows in the same call. The platform's part is the owner's to withdraw.
use crate::{book::Rules, listings::Listing, offers::Wish, prices::Parts};
use ink::prelude::vec::Vec;
use shared::{assets::Asset, ids::CouponId, AccountId, Balance, Timestamp};

/// The market was instantiated.
#[ink::event]
pub struct MarketCreated {
    #[ink(topic)]
    pub owner: AccountId,
    pub rules: Rules,
}

/// What is opened from `from` on pays this platform fee, unless another is set before.
#[ink::event]
pub struct FeeChanged {
    pub fee_bps: u16,
    pub from: Timestamp,
}

/// The market deals in a token from a time on, or, without one, no more. What is here in that token stays as it is.
#[ink::event]
pub struct TokenChanged {
    #[ink(topic)]
    pub token: AccountId,
    pub from: Option<Timestamp>,
}

/// The owner offered the market to an account, or takes that back.
#[ink::event]
pub struct OwnershipOffered {
    #[ink(topic)]
    pub owner: AccountId,
    pub heir: Option<AccountId>,
}

/// The market is `owner`'s. The native fees earned before went to the pull balance of the owner before.
#[ink::event]
pub struct OwnerChanged {
    #[ink(topic)]
    pub owner: AccountId,
}

/// Coupons came into the market's hands and are for sale. The cash that a swap adds came with them.
#[ink::event]
pub struct ListingOpened {
    #[ink(topic)]
    pub seller: AccountId,
    pub id: u64,
    pub listing: Listing,
}

/// A listing that was sold, and how its price was shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Sold {
    pub id: u64,
    pub parts: Parts,
}

/// Listings were bought at their price, and their coupons left for the buyer.
#[ink::event]
pub struct ListingsSold {
    #[ink(topic)]
    pub buyer: AccountId,
    pub sold: Vec<Sold>,
}

/// A listing's coupons went back to its seller, and so did the cash of a swap. By the seller itself, its record is gone too.
#[ink::event]
pub struct ListingReturned {
    #[ink(topic)]
    pub seller: AccountId,
    pub id: u64,
    pub by: AccountId,
}

/// A bid came in and is the highest. The one before it, if any, went to its bidder's pull balance.
#[ink::event]
pub struct BidPlaced {
    #[ink(topic)]
    pub bidder: AccountId,
    pub id: u64,
    pub amount: Balance,
    /// When the auction ends now.
    pub ends_at: Timestamp,
}

/// An auction ended with a sale. The bounty is `by`'s, out of the fee.
#[ink::event]
pub struct AuctionWon {
    #[ink(topic)]
    pub bidder: AccountId,
    pub id: u64,
    pub parts: Parts,
    pub bounty: Balance,
    pub by: AccountId,
}

/// An auction ended without a sale although there was a bid, or a swap was to go back: its coupons had ended, or the registry wouldn't move them. They are the
/// seller's to take back; the bid, or the swap's cash, went to the pull balance of `payer`, who had paid it.
#[ink::event]
pub struct ListingFailed {
    #[ink(topic)]
    pub payer: AccountId,
    pub id: u64,
}

/// A listing's coupons went to `taker`, and `coupons` to the listing's seller. `parts` are those of the cash, which went one way or the other.
#[ink::event]
pub struct SwapMade {
    #[ink(topic)]
    pub taker: AccountId,
    pub id: u64,
    pub coupons: Vec<CouponId>,
    /// Who issued them, and is paid the royalty where the cash was for them.
    pub issuer: AccountId,
    pub parts: Parts,
}

/// A seller removed the records of closed listings of its own.
#[ink::event]
pub struct ListingsForgotten {
    #[ink(topic)]
    pub seller: AccountId,
    pub ids: Vec<u64>,
}

/// Listings, without a bid, and offers of `account` that are numbered below this are dead.
#[ink::event]
pub struct AllCancelled {
    #[ink(topic)]
    pub account: AccountId,
    pub below: u64,
}

/// Money came in, for coupons that are not here yet.
#[ink::event]
pub struct OfferMade {
    #[ink(topic)]
    pub buyer: AccountId,
    pub id: u64,
    pub wish: Wish,
    pub fee_bps: u16,
}

/// A holder sold a coupon to an offer.
#[ink::event]
pub struct OfferAccepted {
    #[ink(topic)]
    pub seller: AccountId,
    pub id: u64,
    pub coupon: CouponId,
    pub issuer: AccountId,
    pub parts: Parts,
}

/// A buyer took an offer back, with the money that was left in it. Its record is gone.
#[ink::event]
pub struct OfferWithdrawn {
    #[ink(topic)]
    pub buyer: AccountId,
    pub id: u64,
    pub amount: Balance,
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
