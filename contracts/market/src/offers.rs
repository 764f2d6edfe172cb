//! Offers: money here for coupons that aren't. Knows no storage and no registry beyond the terms of sale.
use crate::{
    error::{MarketError, Outcome},
    goods::{stands_for, Goods},
    listings::{ensure_band, ensure_enough},
    prices::{fee_beside, Parts},
};
use shared::{assets::Asset, ids::CouponId, AccountId, Balance, Timestamp};

/// What a buyer says of an offer; none of it ever changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, TypeInfo)]
#[cfg_attr(not(target_arch = "wasm32"), derive(scale::Decode))]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Wish {
    /// Where the coupons are.
    pub registry: AccountId,
    /// This coupon, or, with serial 0, any of its campaign.
    pub coupon: CouponId,
    /// What the price is in; the campaign must count in it.
    pub asset: Asset,
    /// For each coupon.
    pub price: Balance,
    /// How many coupons; one, where it must be this one.
    pub quantity: u16,
    /// The least that a coupon can still take off.
    pub least_left: Balance,
    /// The earliest that a coupon may end.
    pub ends_no_sooner: Timestamp,
    /// Can be accepted until just before this time, and withdrawn always.
    pub expires_at: Timestamp,
}

/// An offer as it is stored. It stays until its buyer withdraws it, so that the deposit goes back to who paid it; and it never changes size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, TypeInfo)]
#[cfg_attr(not(target_arch = "wasm32"), derive(scale::Decode))]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Offer {
    pub buyer: AccountId,
    pub wish: Wish,
    /// The platform's share of the price when it was made; less where a royalty needs the room.
    pub fee_bps: u16,
    /// How many coupons are still wanted; the money for so many is here.
    pub left: u16,
}

impl Wish {
    /// What is due for all of it.
    /// # Errors
    /// `NoPrice`, `BadQuantity`, `EndsInPast`, `Overflow`.
    #[inline(never)]
    pub fn check(&self, now: Timestamp) -> Outcome<Balance> {
        let Self { price, quantity, expires_at, .. } = *self;
        if price == 0 {
            return Err(MarketError::NoPrice.into());
        }
        if quantity == 0 || (quantity > 1 && self.coupon.serial != 0) {
            return Err(MarketError::BadQuantity { quantity }.into());
        }
        if expires_at <= now {
            return Err(MarketError::EndsInPast { ends_at: expires_at, now }.into());
        }
        times(price, quantity)
    }
}

impl Offer {
    pub fn new(buyer: AccountId, wish: Wish, fee_bps: u16) -> Self {
        Self { buyer, wish, fee_bps, left: wish.quantity }
    }

    /// The money that is here for it.
    /// # Errors
    /// `Overflow`, never since `Wish::check`.
    pub fn escrow(&self) -> Outcome<Balance> {
        times(self.wish.price, self.left)
    }

    /// Whether `seller` may sell it this coupon now. `below` is what the buyer cancelled everything below of.
    /// # Errors
    /// `OfferUsedUp`, `Cancelled`, `OfferEnded`, `OwnListing`, `NotWanted`.
    #[inline(never)]
    pub fn ensure_live(
        &self,
        (id, below): (u64, u64),
        coupon: CouponId,
        seller: AccountId,
        now: Timestamp,
    ) -> Outcome<()> {
        let expires_at = self.wish.expires_at;
        if self.left == 0 {
            return Err(MarketError::OfferUsedUp { id }.into());
        }
        if id < below {
            return Err(MarketError::Cancelled { id, below }.into());
        }
        if now >= expires_at {
            return Err(MarketError::OfferEnded { expires_at, now }.into());
        }
        if seller == self.buyer {
            return Err(MarketError::OwnListing.into());
        }
        if !stands_for(self.wish.coupon, coupon) {
            return Err(MarketError::NotWanted { coupon }.into());
        }
        Ok(())
    }

    /// Sells it a coupon that is as `goods` say; gives the price's parts.
    /// # Errors
    /// `AssetMismatch`, `TooLittleLeft`, `EndsTooSoon`, `PriceOverBand`, `SharesOverCap`, `BelowFloor`.
    #[inline(never)]
    pub fn accept(&mut self, goods: &Goods, least_proceeds: Balance, now: Timestamp) -> Outcome<Parts> {
        let Wish { asset, price, least_left, ends_no_sooner, .. } = self.wish;
        ensure_asset(asset, goods.asset)?;
        ensure_enough((goods.left, goods.ends_at), (least_left, ends_no_sooner.max(now.saturating_add(1))))?;
        ensure_band(price, goods.highest)?;
        let parts = Parts::of(price, fee_beside(self.fee_bps, goods.royalty_bps)?, goods.royalty_bps);
        if parts.seller < least_proceeds {
            return Err(MarketError::BelowFloor { proceeds: parts.seller, least: least_proceeds }.into());
        }
        self.left = self.left.saturating_sub(1);
        Ok(parts)
    }

    /// # Errors
    /// `NotBuyer`.
    pub fn ensure_made_by(&self, caller: AccountId) -> Outcome<()> {
        if caller == self.buyer {
            Ok(())
        } else {
            Err(MarketError::NotBuyer { buyer: self.buyer, caller }.into())
        }
    }
}

/// A price of several. Out of line, since checked multiplication of 128 bits is long.
/// # Errors
/// `Overflow`.
#[inline(never)]
fn times(price: Balance, quantity: u16) -> Outcome<Balance> {
    Ok(price.checked_mul(quantity.into()).ok_or(MarketError::Overflow)?)
}

/// # Errors
/// `AssetMismatch`.
pub fn ensure_asset(expected: Asset, found: Asset) -> Outcome<()> {
    if expected == found {
        Ok(())
    } else {
        Err(MarketError::AssetMismatch { expected, found }.into())
    }
}

#[cfg(test)]
mod tests;
