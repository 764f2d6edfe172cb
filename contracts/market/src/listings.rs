//! A coupon for sale at a fixed price, and how the price is shared. Knows no storage and no registry beyond the terms of sale.
use crate::error::MarketError;
use shared::{
    assets::{Asset, PaymentFault},
    math::share_down,
    registry::SaleTerms,
    AccountId, Balance, Timestamp,
};

/// The most that the platform fee and the royalty take together: 10%.
pub const MAX_SHARES_BPS: u16 = 1_000;

/// Everything a sale depends on, as it was when the coupon was listed: no later change of fee or terms touches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Listing {
    /// Who sells.
    pub seller: AccountId,
    /// In the asset's smallest unit; the fee and the royalty come out of it.
    pub price: Balance,
    /// The campaign's asset.
    pub asset: Asset,
    /// Who is paid the royalty.
    pub issuer: AccountId,
    /// The issuer's share of the price.
    pub royalty_bps: u16,
    /// The platform's share of the price.
    pub fee_bps: u16,
    /// Can be bought until just before this time.
    pub ends_at: Timestamp,
}

/// A price, shared. The parts sum to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Parts {
    /// What the other two leave.
    pub seller: Balance,
    /// Rounded down.
    pub royalty: Balance,
    /// Rounded down.
    pub fee: Balance,
}

impl Listing {
    /// # Errors
    /// `NotHolder`, `NoPrice`, `PriceOverBand`, `EndsInPast`, `OutlastsCoupon`, `SharesOverCap`.
    pub fn new(
        terms: &SaleTerms,
        seller: AccountId,
        price: Balance,
        fee_bps: u16,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<Self, MarketError> {
        if terms.owner != seller {
            return Err(MarketError::NotHolder { holder: terms.owner, caller: seller });
        }
        if price == 0 {
            return Err(MarketError::NoPrice);
        }
        if let Some(highest) = terms.highest_price.filter(|highest| price > *highest) {
            return Err(MarketError::PriceOverBand { price, highest });
        }
        if ends_at <= now {
            return Err(MarketError::EndsInPast { ends_at, now });
        }
        if ends_at > terms.ends_at {
            return Err(MarketError::OutlastsCoupon { ends_at, coupon_ends_at: terms.ends_at });
        }
        ensure_shares(fee_bps, terms.royalty_bps)?;
        Ok(Self {
            seller,
            price,
            asset: terms.asset,
            issuer: terms.issuer,
            royalty_bps: terms.royalty_bps,
            fee_bps,
            ends_at,
        })
    }

    /// # Errors
    /// `ListingEnded`, `OwnListing`, `PriceOverLimit`.
    pub fn ensure_sells_to(
        &self,
        buyer: AccountId,
        highest: Balance,
        now: Timestamp,
    ) -> Result<(), MarketError> {
        let (price, ends_at) = (self.price, self.ends_at);
        if now >= ends_at {
            return Err(MarketError::ListingEnded { ends_at, now });
        }
        if buyer == self.seller {
            return Err(MarketError::OwnListing);
        }
        if price > highest {
            return Err(MarketError::PriceOverLimit { price, highest });
        }
        Ok(())
    }

    /// # Errors
    /// `NotSeller`.
    pub fn ensure_sold_by(&self, caller: AccountId) -> Result<(), MarketError> {
        if caller == self.seller {
            Ok(())
        } else {
            Err(MarketError::NotSeller { seller: self.seller, caller })
        }
    }

    /// How the price is shared.
    /// # Errors
    /// `Overflow`, never while the shares are within their cap.
    pub fn parts(&self) -> Result<Parts, MarketError> {
        let fee = share_down(self.price, self.fee_bps);
        let royalty = share_down(self.price, self.royalty_bps);
        let seller = self
            .price
            .checked_sub(fee)
            .and_then(|rest| rest.checked_sub(royalty))
            .ok_or(MarketError::Overflow)?;
        Ok(Parts { seller, royalty, fee })
    }

    /// Of the native value `paid`: what the market keeps, and the buyer's change. A PSP22 price gives no change.
    /// # Errors
    /// `Payment(WrongValue)` when a native price isn't covered.
    pub fn kept_and_change(&self, paid: Balance) -> Result<(Balance, Balance), MarketError> {
        match self.asset {
            Asset::Native => paid
                .checked_sub(self.price)
                .map(|change| (self.price, change))
                .ok_or(MarketError::Payment(PaymentFault::WrongValue { expected: self.price, paid })),
            Asset::Psp22(_) => Ok((paid, 0)),
        }
    }
}

/// # Errors
/// `SharesOverCap`.
pub fn ensure_shares(fee_bps: u16, royalty_bps: u16) -> Result<(), MarketError> {
    match fee_bps.checked_add(royalty_bps) {
        Some(sum) if sum <= MAX_SHARES_BPS => Ok(()),
        Some(_) | None => Err(MarketError::SharesOverCap { fee_bps, royalty_bps, most_bps: MAX_SHARES_BPS }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::account;
    use proptest::prelude::*;

    const NOW: Timestamp = 100;

    fn terms() -> SaleTerms {
        SaleTerms {
            owner: account(1),
            issuer: account(2),
            asset: Asset::Native,
            royalty_bps: 700,
            ends_at: 200,
            largest_discount: 1_000,
            left: 1,
            highest_price: Some(999),
        }
    }

    fn listing() -> Listing {
        Listing::new(&terms(), account(1), 999, 300, 200, NOW).unwrap()
    }

    #[test]
    fn a_listing_takes_its_terms_from_the_campaign_and_its_fee_from_the_market() {
        let expected = Listing {
            seller: account(1),
            price: 999,
            asset: Asset::Native,
            issuer: account(2),
            royalty_bps: 700,
            fee_bps: 300,
            ends_at: 200,
        };
        assert_eq!(listing(), expected);
    }

    #[test]
    fn each_bad_listing_is_named() {
        let list = |seller, price, fee_bps, ends_at| {
            Listing::new(&terms(), account(seller), price, fee_bps, ends_at, NOW).err()
        };
        let not_holder = MarketError::NotHolder { holder: account(1), caller: account(3) };
        let over_cap = MarketError::SharesOverCap { fee_bps: 301, royalty_bps: 700, most_bps: 1_000 };
        let outlasts = MarketError::OutlastsCoupon { ends_at: 201, coupon_ends_at: 200 };
        assert_eq!(list(3, 1, 300, 200), Some(not_holder));
        assert_eq!(list(1, 0, 300, 200), Some(MarketError::NoPrice));
        let over_band = MarketError::PriceOverBand { price: 1_000, highest: 999 };
        assert_eq!(list(1, 1_000, 300, 200), Some(over_band));
        assert_eq!(list(1, 999, 300, 200), None);
        assert_eq!(list(1, 1, 300, NOW), Some(MarketError::EndsInPast { ends_at: NOW, now: NOW }));
        assert_eq!(list(1, 1, 300, NOW + 1), None);
        assert_eq!(list(1, 1, 300, 201), Some(outlasts));
        assert_eq!(list(1, 1, 301, 200), Some(over_cap));
    }

    #[test]
    fn without_a_band_any_price_will_do() {
        let free = SaleTerms { highest_price: None, ..terms() };
        let listed = Listing::new(&free, account(1), Balance::MAX, 300, 200, NOW);
        assert_eq!(listed.map(|listing| listing.price), Ok(Balance::MAX));
    }

    #[test]
    fn the_cap_on_shares_cannot_be_wrapped_around() {
        assert_eq!(ensure_shares(1_000, 0), Ok(()));
        assert_eq!(
            ensure_shares(u16::MAX, 1),
            Err(MarketError::SharesOverCap { fee_bps: u16::MAX, royalty_bps: 1, most_bps: 1_000 })
        );
    }

    #[test]
    fn a_listing_sells_until_just_before_its_end_to_anyone_else_who_would_pay_the_price() {
        let sells = |buyer, highest, now| listing().ensure_sells_to(account(buyer), highest, now);
        assert_eq!(sells(3, 999, 199), Ok(()));
        assert_eq!(sells(3, 999, 200), Err(MarketError::ListingEnded { ends_at: 200, now: 200 }));
        assert_eq!(sells(1, 999, NOW), Err(MarketError::OwnListing));
        assert_eq!(sells(3, 998, NOW), Err(MarketError::PriceOverLimit { price: 999, highest: 998 }));
    }

    #[test]
    fn only_the_seller_may_cancel() {
        assert_eq!(listing().ensure_sold_by(account(1)), Ok(()));
        assert_eq!(
            listing().ensure_sold_by(account(2)),
            Err(MarketError::NotSeller { seller: account(1), caller: account(2) })
        );
    }

    #[test]
    fn the_seller_gets_what_rounding_leaves() {
        assert_eq!(listing().parts(), Ok(Parts { seller: 901, royalty: 69, fee: 29 }));
        let cheapest = Listing { price: 1, ..listing() };
        assert_eq!(cheapest.parts(), Ok(Parts { seller: 1, royalty: 0, fee: 0 }));
    }

    #[test]
    fn native_value_over_the_price_is_change() {
        let short = MarketError::Payment(PaymentFault::WrongValue { expected: 999, paid: 998 });
        assert_eq!(listing().kept_and_change(998), Err(short));
        assert_eq!(listing().kept_and_change(999), Ok((999, 0)));
        assert_eq!(listing().kept_and_change(1_010), Ok((999, 11)));
        let in_tokens = Listing { asset: Asset::Psp22(account(9)), ..listing() };
        assert_eq!(in_tokens.kept_and_change(5), Ok((5, 0)));
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_price_and_the_seller_keeps_nine_tenths(
            price: Balance,
            (shares_bps, fee_bps) in (0..=MAX_SHARES_BPS).prop_flat_map(|shares| (Just(shares), 0..=shares)),
        ) {
            let royalty_bps = shares_bps.checked_sub(fee_bps).unwrap();
            prop_assert_eq!(ensure_shares(fee_bps, royalty_bps), Ok(()));
            let parts = Listing { price, fee_bps, royalty_bps, ..listing() }.parts().unwrap();
            let taken = parts.royalty.checked_add(parts.fee).unwrap();
            prop_assert_eq!(parts.seller.checked_add(taken), Some(price));
            prop_assert!(taken <= share_down(price, MAX_SHARES_BPS));
        }
    }
}
