//! What is for sale, and how: at a price, falling, at auction, or for other coupons. Knows no storage and no registry beyond the terms of sale.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]
use crate::{
    error::{refusal, MarketError, Outcome, Refusal},
    goods::{stands_for, Goods},
    prices::{falling, fee_beside},
};
use ink::prelude::{boxed::Box, vec::Vec};
use scale::Encode;
use shared::{
    assets::{Asset, PaymentFault},
    ids::CouponId,
    ledger::Raw,
    order::digest,
    AccountId, Balance, Hash, Timestamp,
};

/// The most coupons that change hands in one call, and the most listings that are bought or forgotten in one.
pub const MOST: u32 = 20;
/// A bid that comes later than this before an auction's end moves the end to this after the bid; and an auction ends this long before its coupons
/// do, so that whoever wins them can still use them. 5 minutes, in milliseconds.
pub const LATE: u64 = 5 * 60 * 1_000;

/// What a seller asks for. Amounts are in the coupons' asset.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, TypeInfo)]
#[cfg_attr(not(target_arch = "wasm32"), derive(scale::Decode))]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Ask {
    /// A price.
    #[codec(index = 0)]
    Fixed { price: Balance },
    /// A price that falls evenly from the listing's opening to its end (a Dutch auction).
    #[codec(index = 1)]
    Dutch { start_price: Balance, end_price: Balance },
    /// The highest bid (an English auction): the first is at least `reserve`, and each one passes the one before by at least `step`.
    #[codec(index = 2)]
    English { reserve: Balance, step: Balance },
    /// Other coupons, and cash: `asks` from the taker, or `adds` from the seller, who pays it with the listing.
    #[codec(index = 3)]
    Swap { wants: Wants, asks: Balance, adds: Balance },
}

/// The coupons that a swap wants, of the same registry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, TypeInfo)]
#[cfg_attr(not(target_arch = "wasm32"), derive(scale::Decode))]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Wants {
    /// These, in this order; one with serial 0 stands for any of its campaign.
    pub coupons: Vec<CouponId>,
    /// The least that each can still take off, in its asset.
    pub least_left: Balance,
    /// The earliest that each may end.
    pub ends_no_sooner: Timestamp,
}

/// Everything a sale depends on, as it was when the coupons were listed: no later change of fee or terms touches it, and nothing in it ever changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, TypeInfo)]
#[cfg_attr(not(target_arch = "wasm32"), derive(scale::Decode))]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Listing {
    /// Who sells.
    pub seller: AccountId,
    /// Where the coupons are.
    pub registry: AccountId,
    /// What is sold together: 1 to `MOST`.
    pub coupons: Vec<CouponId>,
    /// The coupons' asset, which prices are in.
    pub asset: Asset,
    /// Who issued them, and is paid the royalty.
    pub issuer: AccountId,
    /// The only account that may buy, if there is one.
    pub reserved: Option<AccountId>,
    /// The most the coupons could still take off together. Held here they can only become worth more.
    pub left: Balance,
    /// When the first of them ends.
    pub coupons_end: Timestamp,
    /// The highest price the campaigns allow, if they do limit it.
    pub highest: Option<Balance>,
    /// The issuer's share of the price.
    pub royalty_bps: u16,
    /// The platform's share of the price.
    pub fee_bps: u16,
    /// When it was listed.
    pub opened_at: Timestamp,
    /// Can be bought until just before this time; late bids move an auction's end, see `Bid`.
    pub ends_at: Timestamp,
    /// What the seller asks for.
    pub ask: Ask,
}

/// What a seller says of a new listing.
pub struct Opening {
    pub seller: AccountId,
    pub registry: AccountId,
    pub coupons: Vec<CouponId>,
    pub ask: Ask,
    pub ends_at: Timestamp,
    pub reserved: Option<AccountId>,
}

/// What became of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, TypeInfo)]
#[cfg_attr(not(target_arch = "wasm32"), derive(scale::Decode))]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Status {
    /// Its coupons are here.
    #[codec(index = 0)]
    Open,
    /// Its coupons are here, and its bid or its cash was given back: they are the seller's to take back.
    #[codec(index = 1)]
    Failed,
    /// Its coupons were sold or swapped.
    #[codec(index = 2)]
    Sold,
    /// Its coupons went back.
    #[codec(index = 3)]
    Returned,
}

/// An auction's highest bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, TypeInfo)]
#[cfg_attr(not(target_arch = "wasm32"), derive(scale::Decode))]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Bid {
    pub bidder: AccountId,
    pub amount: Balance,
    /// When the auction ends now.
    pub ends_at: Timestamp,
}

/// A listing as it is stored. A closed one stays until its seller forgets it, so that the deposit goes back to who paid it; and it never changes size but
/// by the first bid.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, TypeInfo)]
#[cfg_attr(not(target_arch = "wasm32"), derive(scale::Decode))]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Entry {
    pub listing: Listing,
    pub status: Status,
    /// The highest bid; the last one, when closed.
    pub bid: Option<Bid>,
}

/// What a buyer insists on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, TypeInfo)]
#[cfg_attr(not(target_arch = "wasm32"), derive(scale::Decode))]
pub struct Guard {
    /// The most it would pay: of a bid, the bid.
    pub highest_price: Balance,
    /// The least that the coupons can still take off together.
    pub least_left: Balance,
    /// The earliest that any of them may end.
    pub ends_no_sooner: Timestamp,
    /// The `Listing::digest` of what it means to buy.
    pub terms: Option<Hash>,
}

impl Guard {
    /// Insists on nothing but the price.
    pub fn price(highest_price: Balance) -> Self {
        Self { highest_price, least_left: 0, ends_no_sooner: 0, terms: None }
    }

    /// # Errors
    /// `PriceOverLimit`, `TooLittleLeft`, `EndsTooSoon`, `TermsDiffer`.
    #[inline(never)]
    pub fn ensure(&self, listing: &Listing, price: Balance) -> Result<(), Refusal> {
        ensure_price(price, self.highest_price)?;
        ensure_enough((listing.left, listing.coupons_end), (self.least_left, self.ends_no_sooner))?;
        let Some(expected) = self.terms else { return Ok(()) };
        let terms = listing.digest();
        if terms != expected {
            return Err(refusal(MarketError::TermsDiffer { terms }));
        }
        Ok(())
    }
}

/// # Errors
/// `PriceOverLimit`.
pub fn ensure_price(price: Balance, highest: Balance) -> Result<(), Refusal> {
    if price > highest {
        return Err(refusal(MarketError::PriceOverLimit { price, highest }));
    }
    Ok(())
}

/// # Errors
/// `TooLittleLeft`, `EndsTooSoon`.
#[inline(never)]
pub fn ensure_enough(
    (left, ends_at): (Balance, Timestamp),
    (least, no_sooner): (Balance, Timestamp),
) -> Result<(), Refusal> {
    if left < least {
        return Err(refusal(MarketError::TooLittleLeft { left, least }));
    }
    if ends_at < no_sooner {
        return Err(refusal(MarketError::EndsTooSoon { ends_at, no_sooner }));
    }
    Ok(())
}

/// # Errors
/// `PriceOverBand`.
pub fn ensure_band(price: Balance, highest: Option<Balance>) -> Outcome<()> {
    match highest {
        Some(highest) if price > highest => Err(MarketError::PriceOverBand { price, highest }.into()),
        Some(_) | None => Ok(()),
    }
}

/// Whether there is something, not too much of it, and nothing twice.
/// # Errors
/// `Count`, `DuplicateCoupon`.
#[inline(never)]
pub fn ensure_distinct(coupons: &[CouponId]) -> Outcome<()> {
    ensure_count(coupons.len())?;
    let mut rest = coupons;
    while let Some((coupon, others)) = rest.split_first() {
        if others.contains(coupon) {
            return Err(MarketError::DuplicateCoupon { coupon: *coupon }.into());
        }
        rest = others;
    }
    Ok(())
}

/// # Errors
/// `Count`.
pub fn ensure_count(items: usize) -> Result<(), Refusal> {
    let items = u32::try_from(items).unwrap_or(u32::MAX);
    if items == 0 || items > MOST {
        return Err(refusal(MarketError::Count { items, most: MOST }));
    }
    Ok(())
}

impl Ask {
    /// The highest price that may come of it, as far as the seller says.
    /// # Errors
    /// `NoPrice`, `NotFalling`, `NoStep`, `CashBothWays`, `Count`.
    fn check(&self) -> Outcome<Balance> {
        let (least, most) = match *self {
            Self::Fixed { price } => (price, price),
            Self::Dutch { start_price, end_price } if start_price <= end_price => {
                return Err(MarketError::NotFalling { start_price, end_price }.into())
            }
            Self::Dutch { start_price, end_price } => (end_price, start_price),
            Self::English { step: 0, .. } => return Err(MarketError::NoStep.into()),
            Self::English { reserve, .. } => (reserve, reserve),
            Self::Swap { asks, adds, .. } if asks > 0 && adds > 0 => {
                return Err(MarketError::CashBothWays { asks, adds }.into())
            }
            Self::Swap { ref wants, asks, .. } => {
                ensure_count(wants.coupons.len())?;
                // A swap needs no price.
                (1, asks)
            }
        };
        if least == 0 {
            return Err(MarketError::NoPrice.into());
        }
        Ok(most)
    }

    /// The cash that the seller pays with the listing.
    pub fn adds(&self) -> Balance {
        match self {
            Self::Swap { adds, .. } => *adds,
            Self::Fixed { .. } | Self::Dutch { .. } | Self::English { .. } => 0,
        }
    }
}

impl Listing {
    /// # Errors
    /// `NoPrice`, `NotFalling`, `NoStep`, `CashBothWays`, `Count`, `PriceOverBand`, `EndsInPast`, `OutlastsCoupon`, `SharesOverCap`, `Overflow`.
    #[inline(never)]
    pub fn open(opening: Opening, goods: &Goods, fee_bps: u16, now: Timestamp) -> Outcome<Box<Self>> {
        let Opening { seller, registry, coupons, ask, ends_at, reserved } = opening;
        ensure_band(ask.check()?, goods.highest)?;
        if ends_at <= now {
            return Err(MarketError::EndsInPast { ends_at, now }.into());
        }
        let listing = Box::new(Self {
            seller,
            registry,
            coupons,
            asset: goods.asset,
            issuer: goods.issuer,
            ask,
            reserved,
            left: goods.left,
            coupons_end: goods.ends_at,
            highest: goods.highest,
            royalty_bps: goods.royalty_bps,
            fee_bps: fee_beside(fee_bps, goods.royalty_bps)?,
            opened_at: now,
            ends_at,
        });
        if ends_at > listing.latest_end() {
            return Err(MarketError::OutlastsCoupon { ends_at, coupon_ends_at: goods.ends_at }.into());
        }
        if let Ask::Dutch { start_price, end_price } = listing.ask {
            falling((start_price, end_price), (now, ends_at), now)?;
        }
        Ok(listing)
    }

    /// The latest it may end, so that what it sells can still be used.
    fn latest_end(&self) -> Timestamp {
        match self.ask {
            Ask::English { .. } => self.coupons_end.saturating_sub(LATE),
            Ask::Fixed { .. } | Ask::Dutch { .. } | Ask::Swap { .. } => self.coupons_end,
        }
    }

    /// blake2b-256 of all of it: what a buyer names who wants exactly this.
    pub fn digest(&self) -> Hash {
        // Without asking for its size, which would be code too.
        let mut bytes = Vec::with_capacity(512);
        self.encode_to(&mut bytes);
        digest(&Raw(bytes))
    }
}

impl Entry {
    pub fn new(listing: Listing) -> Self {
        Self { listing, status: Status::Open, bid: None }
    }

    /// When it ends now.
    pub fn ends_at(&self) -> Timestamp {
        self.bid.map_or(self.listing.ends_at, |bid| bid.ends_at)
    }

    /// Whether its coupons are here.
    pub fn holds(&self) -> bool {
        matches!(self.status, Status::Open | Status::Failed)
    }

    /// The bid whose money is here.
    pub fn live_bid(&self) -> Option<Bid> {
        self.bid.filter(|_| self.status == Status::Open)
    }

    /// The seller's cash that is here.
    pub fn cash(&self) -> Balance {
        match self.status {
            Status::Open => self.listing.ask.adds(),
            Status::Failed | Status::Sold | Status::Returned => 0,
        }
    }

    /// # Errors
    /// `ListingClosed`.
    pub fn ensure_holds(&self, id: u64) -> Outcome<()> {
        if self.holds() {
            Ok(())
        } else {
            Err(MarketError::ListingClosed { id }.into())
        }
    }

    /// Whether `taker` may buy, bid or swap now. `below` is what the seller cancelled everything below of.
    /// # Errors
    /// `ListingClosed`, `Cancelled`, `ListingEnded`, `OwnListing`, `ReservedFor`.
    #[inline(never)]
    pub fn ensure_live(&self, id: u64, below: u64, taker: AccountId, now: Timestamp) -> Result<(), Refusal> {
        if self.status != Status::Open {
            return Err(refusal(MarketError::ListingClosed { id }));
        }
        if self.is_cancelled(id, below) {
            return Err(refusal(MarketError::Cancelled { id, below }));
        }
        let ends_at = self.ends_at();
        if now >= ends_at {
            return Err(refusal(MarketError::ListingEnded { ends_at, now }));
        }
        if taker == self.listing.seller {
            return Err(refusal(MarketError::OwnListing));
        }
        match self.listing.reserved {
            Some(buyer) if buyer != taker => Err(refusal(MarketError::ReservedFor { buyer })),
            Some(_) | None => Ok(()),
        }
    }

    /// An auction with a bid isn't cancelled with the rest.
    fn is_cancelled(&self, id: u64, below: u64) -> bool {
        id < below && self.bid.is_none()
    }

    /// Whether anyone may settle it.
    /// # Errors
    /// `ListingClosed`, `StillRunning`.
    pub fn ensure_over(&self, id: u64, below: u64, now: Timestamp) -> Outcome<()> {
        self.ensure_holds(id)?;
        let ends_at = self.ends_at();
        if now < ends_at && !self.is_cancelled(id, below) {
            return Err(MarketError::StillRunning { ends_at, now }.into());
        }
        Ok(())
    }

    /// Whether `caller` may take the coupons back.
    /// # Errors
    /// `NotSeller`, `ListingClosed`, `HasBid`.
    pub fn ensure_cancels(&self, id: u64, caller: AccountId) -> Outcome<()> {
        self.ensure_sold_by(caller)?;
        self.ensure_holds(id)?;
        match self.live_bid() {
            Some(Bid { bidder, amount, .. }) => Err(MarketError::HasBid { bidder, amount }.into()),
            None => Ok(()),
        }
    }

    /// # Errors
    /// `NotSeller`.
    pub fn ensure_sold_by(&self, caller: AccountId) -> Outcome<()> {
        let seller = self.listing.seller;
        if caller == seller {
            Ok(())
        } else {
            Err(MarketError::NotSeller { seller, caller }.into())
        }
    }

    /// What it costs to buy now.
    /// # Errors
    /// `OtherKind`, `Overflow`.
    pub fn price(&self, id: u64, now: Timestamp) -> Result<Balance, Refusal> {
        let Listing { ref ask, opened_at, ends_at, .. } = self.listing;
        match *ask {
            Ask::Fixed { price } => Ok(price),
            Ask::Dutch { start_price, end_price } => {
                falling((start_price, end_price), (opened_at, ends_at), now)
            }
            Ask::English { .. } | Ask::Swap { .. } => Err(refusal(MarketError::OtherKind { id })),
        }
    }

    /// Takes a bid; gives the one that it passes.
    /// # Errors
    /// `OtherKind`, `BidTooLow`, `PriceOverBand`, `Overflow`.
    #[inline(never)]
    pub fn take_bid(
        &mut self,
        id: u64,
        bidder: AccountId,
        amount: Balance,
        now: Timestamp,
    ) -> Outcome<Option<Bid>> {
        let Ask::English { reserve, step } = self.listing.ask else {
            return Err(MarketError::OtherKind { id }.into());
        };
        let least = match self.bid {
            Some(bid) => bid.amount.checked_add(step).ok_or(MarketError::Overflow)?,
            None => reserve,
        };
        if amount < least {
            return Err(MarketError::BidTooLow { bid: amount, least }.into());
        }
        ensure_band(amount, self.listing.highest)?;
        let late = now.saturating_add(LATE).min(self.listing.latest_end());
        let ends_at = self.ends_at().max(late);
        Ok(self.bid.replace(Bid { bidder, amount, ends_at }))
    }

    /// What a swap is for.
    /// # Errors
    /// `OtherKind`.
    pub fn swap(&self, id: u64) -> Outcome<(&Wants, Balance, Balance)> {
        match &self.listing.ask {
            Ask::Swap { wants, asks, adds } => Ok((wants, *asks, *adds)),
            Ask::Fixed { .. } | Ask::Dutch { .. } | Ask::English { .. } => {
                Err(MarketError::OtherKind { id }.into())
            }
        }
    }
}

impl Wants {
    /// Whether these are the coupons wanted.
    /// # Errors
    /// `Count`, `DuplicateCoupon`, `NotWanted`.
    #[inline(never)]
    pub fn ensure_these(&self, coupons: &[CouponId]) -> Outcome<()> {
        ensure_distinct(coupons)?;
        if coupons.len() != self.coupons.len() {
            let count = |many| u32::try_from(many).unwrap_or(u32::MAX);
            let (items, most) = (count(coupons.len()), count(self.coupons.len()));
            return Err(MarketError::Count { items, most }.into());
        }
        match coupons.iter().zip(&self.coupons).find(|(coupon, wanted)| !stands_for(**wanted, **coupon)) {
            Some((coupon, _)) => Err(MarketError::NotWanted { coupon: *coupon }.into()),
            None => Ok(()),
        }
    }
}

/// Of the native value `paid`: what the market keeps of it for `price`, and the buyer's change. A PSP22 price gives no change.
/// # Errors
/// `Payment(WrongValue)` when a native price isn't covered.
pub fn kept_and_change(asset: Asset, price: Balance, paid: Balance) -> Outcome<(Balance, Balance)> {
    match asset {
        Asset::Native => match paid.checked_sub(price) {
            Some(change) => Ok((price, change)),
            None => Err(MarketError::Payment(PaymentFault::WrongValue { expected: price, paid }).into()),
        },
        Asset::Psp22(_) => Ok((paid, 0)),
    }
}

#[cfg(test)]
mod tests;
