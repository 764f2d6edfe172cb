//! Orders, and what a redemption leaves behind. Knows nothing of storage or signatures.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use crate::{assets::Asset, ids::CouponId, terms::Funding, AccountId, Balance, Hash, Timestamp};
use ink::{
    env::hash::{Blake2x256, CryptoHash},
    prelude::vec::Vec,
};
use scale::Encode;

/// How the net price is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Settlement {
    /// In cash or by card; the chain records the discount.
    #[codec(index = 0)]
    OffChain,
    /// By the caller, in the campaign's asset, in the same call.
    #[codec(index = 1)]
    OnChain,
}

/// What an acceptor sells. Amounts are in the campaign's asset.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Order {
    /// Who sells.
    pub acceptor: AccountId,
    /// The acceptor's running number; each takes effect once.
    pub number: u64,
    /// The price before any discount.
    pub basket: Balance,
    /// The part of the basket that the coupons apply to.
    pub eligible: Balance,
    /// blake2b-256 of the salted basket: opened only to an auditor or a resolver.
    pub basket_hash: Hash,
    /// Good until just before this time.
    pub deadline: Timestamp,
    /// How the net price is paid.
    pub settlement: Settlement,
}

/// One coupon's part in a redemption.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Use {
    /// The coupon.
    pub coupon: CouponId,
    /// Who held it.
    pub holder: AccountId,
    /// When it would have ended, apart from the redeem window; a rollback brings it back with this.
    pub valid_until: Timestamp,
    /// Who issued it.
    pub issuer: AccountId,
    /// Who bears the discount.
    pub funding: Funding,
    /// What it took off.
    pub discount: Balance,
}

/// What a redemption did: returned, emitted, and brought back by whoever rolls it back. The chain keeps its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Redemption {
    /// Who sold.
    pub acceptor: AccountId,
    /// The order's number.
    pub number: u64,
    /// The order's digest.
    pub order: Hash,
    /// What amounts are counted in.
    pub asset: Asset,
    /// The coupons spent, in the order presented.
    pub uses: Vec<Use>,
    /// The basket less all discounts.
    pub net: Balance,
    /// Who paid `net` on chain; `None` when settled off chain.
    pub payer: Option<AccountId>,
    /// The alliance it came through.
    pub alliance: Option<AccountId>,
    /// The block's time.
    pub redeemed_at: Timestamp,
    /// From this time on it can't be rolled back.
    pub final_at: Timestamp,
}

/// What `quote` says of an order. Amounts are in `asset`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Quote {
    /// What the coupons take off together.
    pub discount: Balance,
    /// What is left to pay.
    pub net: Balance,
    /// What amounts are counted in.
    pub asset: Asset,
}

/// blake2b-256 of a value's SCALE bytes.
pub fn digest(value: &impl Encode) -> Hash {
    let mut output = Hash::default();
    Blake2x256::hash(&value.encode(), &mut output);
    output
}
