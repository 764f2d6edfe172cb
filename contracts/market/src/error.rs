//! Every reason the market refuses. Knows only the facts each refusal carries.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use ink::prelude::{boxed::Box, vec::Vec};
use scale::{Encode, Output};
use shared::{
    assets::{Asset, PaymentFault},
    ids::CouponId,
    scribe::Scribe,
    AccountId, Balance, Hash, Timestamp,
};

/// Why the market refuses. Append only: the index is part of the ABI; 16 and 17 were used once. Amounts are in the listing's or the offer's asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Decode, TypeInfo)]
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

/// Variants with fields of the same types share their code: derived, this would be a kilobyte more.
impl Encode for MarketError {
    fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
        output.push_byte(self.index());
        output.write(&self.evidence());
    }
}

impl MarketError {
    /// The fields, as SCALE bytes.
    #[inline(never)]
    fn evidence(&self) -> Vec<u8> {
        let mut scribe = Scribe(Vec::with_capacity(80));
        match *self {
            Self::RegistryCount { listed: a, most: b } | Self::Count { items: a, most: b } => {
                scribe.u32(a);
                scribe.u32(b);
            }
            Self::SharesOverCap { fee_bps: a, royalty_bps: b, most_bps: c } => {
                scribe.u16(a);
                scribe.u16(b);
                scribe.u16(c);
            }
            Self::NotMarketOwner { owner: a, caller: b }
            | Self::NotHolder { holder: a, caller: b }
            | Self::NotSeller { seller: a, caller: b }
            | Self::NotBuyer { buyer: a, caller: b } => {
                scribe.account(a);
                scribe.account(b);
            }
            Self::UnknownRegistry { registry: a, code: b } => {
                scribe.account(a);
                b.encode_to(&mut scribe.0);
            }
            Self::RegistryFailed { registry: a }
            | Self::TradingPaused { registry: a }
            | Self::ReservedFor { buyer: a }
            | Self::TillFailed { till: a }
            | Self::NotOffered { caller: a } => {
                scribe.account(a);
            }
            Self::NoSuchCoupon { coupon: a }
            | Self::CouponFrozen { coupon: a }
            | Self::Soulbound { coupon: a }
            | Self::OtherMarketOnly { coupon: a }
            | Self::NotApproved { coupon: a }
            | Self::TransferRefused { coupon: a }
            | Self::CouponLocked { coupon: a }
            | Self::DuplicateCoupon { coupon: a }
            | Self::MixedBundle { coupon: a }
            | Self::NotWanted { coupon: a } => {
                scribe.coupon(a);
            }
            Self::NotReceived { coupon: a, owner: b } => {
                scribe.coupon(a);
                b.encode_to(&mut scribe.0);
            }
            Self::NoPrice
            | Self::OwnListing
            | Self::Overflow
            | Self::NoStep
            | Self::NothingBought
            | Self::NoChange => {}
            Self::EndsInPast { ends_at: a, now: b }
            | Self::OutlastsCoupon { ends_at: a, coupon_ends_at: b }
            | Self::ListingEnded { ends_at: a, now: b }
            | Self::EndsTooSoon { ends_at: a, no_sooner: b }
            | Self::StillRunning { ends_at: a, now: b }
            | Self::OfferEnded { expires_at: a, now: b }
            | Self::Cancelled { id: a, below: b } => {
                scribe.u64(a);
                scribe.u64(b);
            }
            Self::PriceOverLimit { price: a, highest: b }
            | Self::PriceOverBand { price: a, highest: b }
            | Self::TooLittleLeft { left: a, least: b }
            | Self::NotFalling { start_price: a, end_price: b }
            | Self::BidTooLow { bid: a, least: b }
            | Self::CashBothWays { asks: a, adds: b }
            | Self::BelowFloor { proceeds: a, least: b }
            | Self::NoGain { discount: a, price: b } => {
                scribe.u128(a);
                scribe.u128(b);
            }
            Self::NoCredit { asset: a } => {
                a.encode_to(&mut scribe.0);
            }
            Self::Payment(fault) => fault.encode_to(&mut scribe.0),
            Self::NoSuchListing { id: a }
            | Self::ListingClosed { id: a }
            | Self::OtherKind { id: a }
            | Self::StillOpen { id: a }
            | Self::NoSuchOffer { id: a }
            | Self::OfferUsedUp { id: a }
            | Self::OtherPurchase { id: a } => {
                scribe.u64(a);
            }
            Self::TermsDiffer { terms: a } => {
                scribe.hash(a);
            }
            Self::HasBid { bidder: a, amount: b } => {
                scribe.account(a);
                scribe.u128(b);
            }
            Self::AssetMismatch { expected: a, found: b } => {
                a.encode_to(&mut scribe.0);
                b.encode_to(&mut scribe.0);
            }
            Self::UnknownToken { token: a, from: b } => {
                scribe.account(a);
                b.encode_to(&mut scribe.0);
            }
            Self::BadQuantity { quantity: a } => {
                scribe.u16(a);
            }
            Self::TillRefused { till: a, reason: b } => {
                scribe.account(a);
                scribe.u8(b);
            }
            Self::ForeignCoupon { coupon: a, holder: b } => {
                scribe.coupon(a);
                scribe.account(b);
            }
        }
        scribe.0
    }

    /// The variant's place in the ABI.
    fn index(&self) -> u8 {
        match self {
            Self::RegistryCount { .. } => 0,
            Self::SharesOverCap { .. } => 1,
            Self::NotMarketOwner { .. } => 2,
            Self::UnknownRegistry { .. } => 3,
            Self::RegistryFailed { .. } => 4,
            Self::NoSuchCoupon { .. } => 5,
            Self::CouponFrozen { .. } => 6,
            Self::Soulbound { .. } => 7,
            Self::OtherMarketOnly { .. } => 8,
            Self::NotApproved { .. } => 9,
            Self::TransferRefused { .. } => 10,
            Self::NotReceived { .. } => 11,
            Self::NotHolder { .. } => 12,
            Self::NoPrice => 13,
            Self::EndsInPast { .. } => 14,
            Self::OutlastsCoupon { .. } => 15,
            Self::ListingEnded { .. } => 18,
            Self::PriceOverLimit { .. } => 19,
            Self::OwnListing => 20,
            Self::NotSeller { .. } => 21,
            Self::NoCredit { .. } => 22,
            Self::Payment(_) => 23,
            Self::Overflow => 24,
            Self::CouponLocked { .. } => 25,
            Self::PriceOverBand { .. } => 26,
            Self::TradingPaused { .. } => 27,
            Self::NoSuchListing { .. } => 28,
            Self::ListingClosed { .. } => 29,
            Self::Cancelled { .. } => 30,
            Self::Count { .. } => 31,
            Self::DuplicateCoupon { .. } => 32,
            Self::MixedBundle { .. } => 33,
            Self::ReservedFor { .. } => 34,
            Self::OtherKind { .. } => 35,
            Self::TooLittleLeft { .. } => 36,
            Self::EndsTooSoon { .. } => 37,
            Self::TermsDiffer { .. } => 38,
            Self::NotFalling { .. } => 39,
            Self::NoStep => 40,
            Self::BidTooLow { .. } => 41,
            Self::HasBid { .. } => 42,
            Self::StillRunning { .. } => 43,
            Self::StillOpen { .. } => 44,
            Self::CashBothWays { .. } => 45,
            Self::NotWanted { .. } => 46,
            Self::AssetMismatch { .. } => 47,
            Self::UnknownToken { .. } => 48,
            Self::NoSuchOffer { .. } => 49,
            Self::NotBuyer { .. } => 50,
            Self::OfferEnded { .. } => 51,
            Self::OfferUsedUp { .. } => 52,
            Self::BadQuantity { .. } => 53,
            Self::BelowFloor { .. } => 54,
            Self::OtherPurchase { .. } => 55,
            Self::NothingBought => 56,
            Self::NoGain { .. } => 57,
            Self::TillRefused { .. } => 58,
            Self::TillFailed { .. } => 59,
            Self::ForeignCoupon { .. } => 60,
            Self::NotOffered { .. } => 61,
            Self::NoChange => 62,
        }
    }
}

/// A refusal on its way out. Boxed: code that passes a pointer through every `?` is smaller than code that copies the evidence.
pub type Refusal = Box<MarketError>;

/// Boxes an error out of line: in place it is 40 bytes each time.
#[inline(never)]
pub fn refusal(error: MarketError) -> Refusal {
    Box::new(error)
}

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

/// Agrees. On chain the call ends here, without ink writing the root: `Book::keep_root` has done that where it changed.
#[cfg(not(target_arch = "wasm32"))]
pub fn agree<T>(answer: T) -> Outcome<T> {
    Ok(answer)
}

/// See above.
#[cfg(target_arch = "wasm32")]
pub fn agree<T: Encode>(answer: T) -> Outcome<T> {
    // Neither the call failed nor the message.
    let mut bytes = ink::prelude::vec![0, 0];
    answer.encode_to(&mut bytes);
    shared::announce::answer_bytes(bytes)
}

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

    impl From<Refused> for Refusal {
        fn from(refused: Refused) -> Self {
            match refused {}
        }
    }

    impl From<Refused> for MarketError {
        fn from(refused: Refused) -> Self {
            match refused {}
        }
    }

    impl Encode for Refused {}

    impl Decode for Refused {
        fn decode<I: Input>(_: &mut I) -> Result<Self, Error> {
            Err("the market's refusals are decoded as MarketError".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, id};
    use scale::DecodeAll;

    /// One of each.
    fn all() -> Vec<MarketError> {
        use MarketError as E;
        let (one, other, coupon, asset) = (account(1), account(2), id(3), Asset::Psp22(account(4)));
        vec![
            E::RegistryCount { listed: 1, most: 2 },
            E::SharesOverCap { fee_bps: 1, royalty_bps: 2, most_bps: 3 },
            E::NotMarketOwner { owner: one, caller: other },
            E::UnknownRegistry { registry: one, code: Some([5; 32]) },
            E::RegistryFailed { registry: one },
            E::NoSuchCoupon { coupon },
            E::CouponFrozen { coupon },
            E::Soulbound { coupon },
            E::OtherMarketOnly { coupon },
            E::NotApproved { coupon },
            E::TransferRefused { coupon },
            E::NotReceived { coupon, owner: Some(one) },
            E::NotHolder { holder: one, caller: other },
            E::NoPrice,
            E::EndsInPast { ends_at: 1, now: 2 },
            E::OutlastsCoupon { ends_at: 1, coupon_ends_at: 2 },
            E::ListingEnded { ends_at: 1, now: 2 },
            E::PriceOverLimit { price: 1, highest: 2 },
            E::OwnListing,
            E::NotSeller { seller: one, caller: other },
            E::NoCredit { asset },
            E::Payment(PaymentFault::WrongValue { expected: 1, paid: 2 }),
            E::Overflow,
            E::CouponLocked { coupon },
            E::PriceOverBand { price: 1, highest: 2 },
            E::TradingPaused { registry: one },
            E::NoSuchListing { id: 1 },
            E::ListingClosed { id: 1 },
            E::Cancelled { id: 1, below: 2 },
            E::Count { items: 1, most: 2 },
            E::DuplicateCoupon { coupon },
            E::MixedBundle { coupon },
            E::ReservedFor { buyer: one },
            E::OtherKind { id: 1 },
            E::TooLittleLeft { left: 1, least: 2 },
            E::EndsTooSoon { ends_at: 1, no_sooner: 2 },
            E::TermsDiffer { terms: [5; 32] },
            E::NotFalling { start_price: 1, end_price: 2 },
            E::NoStep,
            E::BidTooLow { bid: 1, least: 2 },
            E::HasBid { bidder: one, amount: 2 },
            E::StillRunning { ends_at: 1, now: 2 },
            E::StillOpen { id: 1 },
            E::CashBothWays { asks: 1, adds: 2 },
            E::NotWanted { coupon },
            E::AssetMismatch { expected: Asset::Native, found: asset },
            E::UnknownToken { token: one, from: Some(2) },
            E::NoSuchOffer { id: 1 },
            E::NotBuyer { buyer: one, caller: other },
            E::OfferEnded { expires_at: 1, now: 2 },
            E::OfferUsedUp { id: 1 },
            E::BadQuantity { quantity: 1 },
            E::BelowFloor { proceeds: 1, least: 2 },
            E::OtherPurchase { id: 1 },
            E::NothingBought,
            E::NoGain { discount: 1, price: 2 },
            E::TillRefused { till: one, reason: 2 },
            E::TillFailed { till: one },
            E::ForeignCoupon { coupon, holder: one },
            E::NotOffered { caller: one },
            E::NoChange,
        ]
    }

    #[test]
    fn each_refusal_is_read_as_it_was_written() {
        let indices: Vec<_> = all().iter().map(|refusal| refusal.encode()[0]).collect();
        let known: Vec<_> = (0..=62).filter(|index| ![16, 17].contains(index)).collect();
        assert_eq!(indices, known);
        for refusal in all() {
            assert_eq!(MarketError::decode_all(&mut refusal.encode().as_slice()), Ok(refusal));
        }
    }
}
