//! Every reason the market refuses. Knows only the facts each refusal carries.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use shared::{
    assets::{Asset, PaymentFault},
    ids::CouponId,
    AccountId, Balance, Hash, Timestamp,
};

/// Why the market refuses. Append only: the index is part of the ABI. Prices are in the listing's asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum MarketError {
    /// A market knows at least one registry code, and no more than fit.
    #[codec(index = 0)]
    RegistryCount { listed: u32, most: u32 },
    /// The platform fee and the royalty together are over the cap.
    #[codec(index = 1)]
    SharesOverCap { fee_bps: u16, royalty_bps: u16, most_bps: u16 },
    /// Only the market's owner may.
    #[codec(index = 2)]
    NotMarketOwner { owner: AccountId, caller: AccountId },
    /// The registry's code isn't one this market knows; `None` when there is no contract at all.
    #[codec(index = 3)]
    UnknownRegistry { registry: AccountId, code: Option<Hash> },
    /// The registry trapped, or its answer isn't one that a registry gives.
    #[codec(index = 4)]
    RegistryFailed { registry: AccountId },
    /// No live coupon has this id.
    #[codec(index = 5)]
    NoSuchCoupon { coupon: CouponId },
    /// The issuer froze the coupon: it can't move until it is thawed.
    #[codec(index = 6)]
    CouponFrozen { coupon: CouponId },
    /// The campaign's coupons never change hands.
    #[codec(index = 7)]
    Soulbound { coupon: CouponId },
    /// The campaign's coupons change hands through another market only.
    #[codec(index = 8)]
    OtherMarketOnly { coupon: CouponId },
    /// The seller hasn't approved this market at the registry.
    #[codec(index = 9)]
    NotApproved { coupon: CouponId },
    /// The registry wouldn't move the coupon, for none of the reasons above.
    #[codec(index = 10)]
    TransferRefused { coupon: CouponId },
    /// The registry said that it moved the coupon here, and it isn't here.
    #[codec(index = 11)]
    NotReceived { coupon: CouponId, owner: Option<AccountId> },
    /// Only the coupon's holder may sell it.
    #[codec(index = 12)]
    NotHolder { holder: AccountId, caller: AccountId },
    /// A price of zero.
    #[codec(index = 13)]
    NoPrice,
    /// The listing would end before, or as, it opens.
    #[codec(index = 14)]
    EndsInPast { ends_at: Timestamp, now: Timestamp },
    /// The listing would end after the coupon.
    #[codec(index = 15)]
    OutlastsCoupon { ends_at: Timestamp, coupon_ends_at: Timestamp },
    /// The coupon is listed already.
    #[codec(index = 16)]
    AlreadyListed { coupon: CouponId },
    /// The coupon isn't listed.
    #[codec(index = 17)]
    NotListed { coupon: CouponId },
    /// The listing has ended; its seller can still cancel it.
    #[codec(index = 18)]
    ListingEnded { ends_at: Timestamp, now: Timestamp },
    /// The price is higher than the buyer would pay.
    #[codec(index = 19)]
    PriceOverLimit { price: Balance, highest: Balance },
    /// The seller can't buy its own listing: it cancels instead.
    #[codec(index = 20)]
    OwnListing,
    /// Only the listing's seller may.
    #[codec(index = 21)]
    NotSeller { seller: AccountId, caller: AccountId },
    /// Nothing is owed to the caller in this asset.
    #[codec(index = 22)]
    NoCredit { asset: Asset },
    /// Money didn't move.
    #[codec(index = 23)]
    Payment(PaymentFault),
    /// A sum passed what a number can hold.
    #[codec(index = 24)]
    Overflow,
    /// The coupon is reserved for an order.
    #[codec(index = 25)]
    CouponLocked { coupon: CouponId },
    /// The price is over the campaign's resale band.
    #[codec(index = 26)]
    PriceOverBand { price: Balance, highest: Balance },
    /// The registry's guardian paused trading; coupons already listed can still be cancelled.
    #[codec(index = 27)]
    TradingPaused { registry: AccountId },
}
