//! Orders, and what a redemption leaves behind. Knows nothing of storage or signatures.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use crate::{
    assets::Asset, ids::CouponId, registry::RegistryError, terms::Funding, AccountId, Balance, Hash, Timestamp,
};
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Who brought the holder.
    pub advocate: Option<AccountId>,
    /// What the coupon had left before: value of a gift card, uses of any other.
    pub left_before: Balance,
    /// What it has left now; with nothing left it is gone.
    pub left_after: Balance,
    /// What it took off.
    pub discount: Balance,
}

/// A coupon that an order went on without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Refused {
    /// The coupon.
    pub coupon: CouponId,
    /// The index of the `RegistryError`; `quote` gives the error whole.
    pub reason: u8,
}

/// What a redemption did: returned, emitted, and brought back by whoever rolls it back or rates it. The chain keeps its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Redemption {
    /// Who sold.
    pub acceptor: AccountId,
    /// The order's number.
    pub number: u64,
    /// The order's digest.
    pub order: Hash,
    /// The price before any discount; less, after a rollback in part.
    pub basket: Balance,
    /// The part of it that the coupons apply to.
    pub eligible: Balance,
    /// What amounts are counted in.
    pub asset: Asset,
    /// The coupons spent, in the order they applied.
    pub uses: Vec<Use>,
    /// The coupons it went on without.
    pub refused: Vec<Refused>,
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

impl Redemption {
    /// What all coupons took off.
    pub fn discount(&self) -> Balance {
        self.uses.iter().fold(0, |sum: Balance, used| sum.saturating_add(used.discount))
    }

    /// What left escrow for the acceptor.
    pub fn paid_from_escrow(&self) -> Balance {
        let backed = self.uses.iter().filter(|used| used.funding == Funding::Escrow);
        backed.fold(0, |sum: Balance, used| sum.saturating_add(used.discount))
    }
}

/// What goods were kept when others went back: the order as it would have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Kept {
    /// The price of what was kept, before any discount.
    pub basket: Balance,
    /// The part of it that the coupons apply to.
    pub eligible: Balance,
}

/// What `quote` says of one coupon.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct QuoteLine {
    /// The coupon.
    pub coupon: CouponId,
    /// What it takes off, or why nothing.
    pub outcome: Result<Balance, RegistryError>,
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
    /// Each coupon's part.
    pub lines: Vec<QuoteLine>,
}

/// blake2b-256 of a value's SCALE bytes.
pub fn digest(value: &impl Encode) -> Hash {
    let mut output = Hash::default();
    Blake2x256::hash(&value.encode(), &mut output);
    output
}
