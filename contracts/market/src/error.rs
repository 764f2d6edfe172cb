//! Every reason the market refuses. Knows only the facts each refusal carries.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use ink::prelude::boxed::Box;
use shared::{
    assets::{Asset, PaymentFault},
    ids::CouponId,
    AccountId, Balance, Hash, Timestamp,
};

/// Why the market refuses. Append only: the index is part of the ABI; 16 and 17 were used once. Amounts are in the listing's or the offer's asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum MarketError {
    /// A market knows at least one registry code, and no more than fit.
    #[codec(index = 0)]
    RegistryCount { listed: u32, most: u32 },
    /// The platform fee or the royalty is over the cap that both share.
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
    /// The holder hasn't approved this market at the registry.
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
    /// A price, a bid or an offer of zero.
    #[codec(index = 13)]
    NoPrice,
    /// The listing or the offer would end before, or as, it opens.
    #[codec(index = 14)]
    EndsInPast { ends_at: Timestamp, now: Timestamp },
    /// The listing would end after its coupons; an auction, later than 5 minutes before.
    #[codec(index = 15)]
    OutlastsCoupon { ends_at: Timestamp, coupon_ends_at: Timestamp },
    /// The listing has ended: its coupons are its seller's to take back, or its highest bidder's.
    #[codec(index = 18)]
    ListingEnded { ends_at: Timestamp, now: Timestamp },
    /// The price is higher than the buyer would pay.
    #[codec(index = 19)]
    PriceOverLimit { price: Balance, highest: Balance },
    /// Nobody deals with itself: a seller takes its listing back, a buyer its offer.
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
    /// The registry's guardian paused trading: nothing new is listed or accepted; what is here is sold, settled and taken back.
    #[codec(index = 27)]
    TradingPaused { registry: AccountId },
    /// No listing has this number: never opened, or forgotten by its seller.
    #[codec(index = 28)]
    NoSuchListing { id: u64 },
    /// The listing's coupons were sold or taken back.
    #[codec(index = 29)]
    ListingClosed { id: u64 },
    /// The account cancelled all that it had opened before number `below`.
    #[codec(index = 30)]
    Cancelled { id: u64, below: u64 },
    /// Nothing, or more than fits in one call.
    #[codec(index = 31)]
    Count { items: u32, most: u32 },
    /// The coupon is named twice.
    #[codec(index = 32)]
    DuplicateCoupon { coupon: CouponId },
    /// A bundle is of one asset and one issuer, and all of it has a resale band or none of it.
    #[codec(index = 33)]
    MixedBundle { coupon: CouponId },
    /// The listing is for this account only.
    #[codec(index = 34)]
    ReservedFor { buyer: AccountId },
    /// The listing is of another kind: not to be bought, not an auction, or not a swap.
    #[codec(index = 35)]
    OtherKind { id: u64 },
    /// The coupons can take less off than the buyer asks for.
    #[codec(index = 36)]
    TooLittleLeft { left: Balance, least: Balance },
    /// The coupons end sooner than the buyer asks for.
    #[codec(index = 37)]
    EndsTooSoon { ends_at: Timestamp, no_sooner: Timestamp },
    /// The listing isn't the one whose digest the buyer names.
    #[codec(index = 38)]
    TermsDiffer { terms: Hash },
    /// A Dutch auction falls.
    #[codec(index = 39)]
    NotFalling { start_price: Balance, end_price: Balance },
    /// Bids must rise by something.
    #[codec(index = 40)]
    NoStep,
    /// The bid is below the reserve, or doesn't pass the highest bid by the step.
    #[codec(index = 41)]
    BidTooLow { bid: Balance, least: Balance },
    /// An auction with a bid isn't cancelled.
    #[codec(index = 42)]
    HasBid { bidder: AccountId, amount: Balance },
    /// The listing goes on until then.
    #[codec(index = 43)]
    StillRunning { ends_at: Timestamp, now: Timestamp },
    /// The listing isn't closed yet.
    #[codec(index = 44)]
    StillOpen { id: u64 },
    /// A swap's cash goes one way.
    #[codec(index = 45)]
    CashBothWays { asks: Balance, adds: Balance },
    /// The coupon isn't what the swap or the offer wants.
    #[codec(index = 46)]
    NotWanted { coupon: CouponId },
    /// The coupon's campaign counts in another asset.
    #[codec(index = 47)]
    AssetMismatch { expected: Asset, found: Asset },
    /// The market doesn't deal in this token, or not yet.
    #[codec(index = 48)]
    UnknownToken { token: AccountId, from: Option<Timestamp> },
    /// No offer has this number: never made, or withdrawn.
    #[codec(index = 49)]
    NoSuchOffer { id: u64 },
    /// Only who made the offer may.
    #[codec(index = 50)]
    NotBuyer { buyer: AccountId, caller: AccountId },
    /// The offer has ended; its money is its buyer's to withdraw.
    #[codec(index = 51)]
    OfferEnded { expires_at: Timestamp, now: Timestamp },
    /// The offer was accepted as often as it says.
    #[codec(index = 52)]
    OfferUsedUp { id: u64 },
    /// An offer is for at least one coupon; one on an item, for exactly one.
    #[codec(index = 53)]
    BadQuantity { quantity: u16 },
    /// The seller would get less than it asks for.
    #[codec(index = 54)]
    BelowFloor { proceeds: Balance, least: Balance },
    /// In one purchase, all is of one registry and one asset.
    #[codec(index = 55)]
    OtherPurchase { id: u64 },
    /// Nothing of what was asked for is still there.
    #[codec(index = 56)]
    NothingBought,
    /// The discount doesn't exceed the price.
    #[codec(index = 57)]
    NoGain { discount: Balance, price: Balance },
    /// The till refused: the registry, with this index of its error, or the alliance with one of its own.
    #[codec(index = 58)]
    TillRefused { till: AccountId, reason: u8 },
    /// The till trapped, or its answer isn't a redemption.
    #[codec(index = 59)]
    TillFailed { till: AccountId },
    /// The till would have spent a coupon that isn't the buyer's.
    #[codec(index = 60)]
    ForeignCoupon { coupon: CouponId, holder: AccountId },
    /// The market wasn't offered to the caller.
    #[codec(index = 61)]
    NotOffered { caller: AccountId },
    /// Nothing changes.
    #[codec(index = 62)]
    NoChange,
}

/// A refusal on its way out. Boxed: code that passes a pointer through every `?` is smaller than code that copies the evidence.
pub type Refusal = Box<MarketError>;

impl From<Refusal> for MarketError {
    fn from(refusal: Refusal) -> Self {
        *refusal
    }
}

/// What a message gives. On chain the call ends as soon as it refuses, with the bytes that `Err` would have: see `shared::registry::Outcome`.
#[cfg(not(target_arch = "wasm32"))]
pub type Outcome<T> = Result<T, MarketError>;
/// See above.
#[cfg(target_arch = "wasm32")]
pub type Outcome<T> = Result<T, on_chain::Refused>;

#[cfg(target_arch = "wasm32")]
mod on_chain {
    use super::{MarketError, Refusal};
    use ink::env::ReturnFlags;
    use scale::{Decode, Encode, Error, Input};

    /// An error that the contract never holds: making one ends the call.
    pub enum Refused {}

    impl From<MarketError> for Refused {
        #[inline(never)]
        fn from(refusal: MarketError) -> Self {
            let reply: Result<Result<(), MarketError>, ink::LangError> = Ok(Err(refusal));
            ink::env::return_value(ReturnFlags::REVERT, &reply)
        }
    }

    impl From<Refusal> for Refused {
        fn from(refusal: Refusal) -> Self {
            (*refusal).into()
        }
    }

    impl Encode for Refused {}

    impl Decode for Refused {
        fn decode<I: Input>(_: &mut I) -> Result<Self, Error> {
            Err("the market's refusals are decoded as MarketError".into())
        }
    }
}
