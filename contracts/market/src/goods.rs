//! What the market knows of coupons that change hands together. Knows no storage.
use crate::{
    error::{MarketError, Outcome},
    prices::sum,
};
use shared::{assets::Asset, ids::CouponId, AccountId, Balance, Timestamp};

/// Coupons of one holder, one asset and one issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goods {
    pub asset: Asset,
    pub issuer: AccountId,
    /// The highest of their royalties.
    pub royalty_bps: u16,
    /// What they can still take off together.
    pub left: Balance,
    /// When the first of them ends.
    pub ends_at: Timestamp,
    /// The sum of their highest prices, if they have any.
    pub highest: Option<Balance>,
}

/// Whether a coupon is what is wanted; serial 0 stands for any of its campaign.
pub fn stands_for(wanted: CouponId, coupon: CouponId) -> bool {
    wanted.campaign == coupon.campaign && (wanted.serial == 0 || wanted.serial == coupon.serial)
}

impl Goods {
    /// These and `more`, of which `coupon` is.
    /// # Errors
    /// `MixedBundle`, `Overflow`.
    #[inline(never)]
    pub fn add(&mut self, more: &Self, coupon: CouponId) -> Outcome<()> {
        if (self.asset, self.issuer) != (more.asset, more.issuer)
            // One price for both would be a way around the band of one.
            || self.highest.is_some() != more.highest.is_some()
        {
            return Err(MarketError::MixedBundle { coupon }.into());
        }
        if let (Some(highest), Some(more)) = (&mut self.highest, more.highest) {
            *highest = sum(*highest, more)?;
        }
        self.royalty_bps = self.royalty_bps.max(more.royalty_bps);
        self.left = sum(self.left, more.left)?;
        self.ends_at = self.ends_at.min(more.ends_at);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, goods};

    const COUPON: CouponId = CouponId { campaign: 1, serial: 2 };

    fn and(mut one: Goods, other: Goods) -> Outcome<Goods> {
        one.add(&other, COUPON).map(|()| one)
    }

    #[test]
    fn serial_0_stands_for_any_coupon_of_its_campaign() {
        let id = |campaign, serial| CouponId { campaign, serial };
        assert!(stands_for(id(1, 2), id(1, 2)) && stands_for(id(1, 0), id(1, 2)));
        assert!(!stands_for(id(1, 3), id(1, 2)) && !stands_for(id(2, 0), id(1, 2)));
    }

    #[test]
    fn a_bundle_is_worth_its_coupons_and_ends_with_the_first() {
        let other = Goods { royalty_bps: 900, left: 30, ends_at: 150, highest: Some(1), ..goods() };
        let both = Goods { royalty_bps: 900, left: 1_030, ends_at: 150, highest: Some(1_000), ..goods() };
        assert_eq!(and(goods(), other), Ok(both));
        assert_eq!(and(other, goods()), Ok(both));
    }

    #[test]
    fn a_bundle_is_of_one_kind() {
        let mixed = || Err(MarketError::MixedBundle { coupon: COUPON });
        let others = [
            Goods { asset: Asset::Psp22(account(9)), ..goods() },
            Goods { issuer: account(9), ..goods() },
            Goods { highest: None, ..goods() },
        ];
        for other in others {
            assert_eq!(and(goods(), other), mixed());
            assert_eq!(and(other, goods()), mixed());
        }
        let free = Goods { highest: None, ..goods() };
        assert_eq!(and(free, free).map(|both| both.highest), Ok(None));
    }

    #[test]
    fn a_bundle_of_more_than_fits_a_number_is_refused() {
        let much = Goods { left: Balance::MAX, ..goods() };
        assert_eq!(and(much, goods()), Err(MarketError::Overflow));
    }
}
