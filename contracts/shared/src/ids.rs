//! Ids of campaigns and coupons. Knows nothing of what they stand for.
use crate::psp34::Id;

/// A campaign's number in its registry, from 1.
pub type CampaignId = u32;

/// A coupon: its campaign and its serial within it, from 1. As a PSP34 id it is `U64(campaign << 32 | serial)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct CouponId {
    /// The campaign it was issued in.
    pub campaign: CampaignId,
    /// Its running number within the campaign.
    pub serial: u32,
}

impl CouponId {
    /// The coupon as one number, campaign in the upper half.
    pub fn to_u64(self) -> u64 {
        (u64::from(self.campaign) << 32) | u64::from(self.serial)
    }

    /// The coupon behind a number that `to_u64` made.
    #[allow(clippy::cast_possible_truncation, reason = "each half of a u64 fits a u32")]
    pub fn from_u64(id: u64) -> Self {
        Self { campaign: (id >> 32) as u32, serial: id as u32 }
    }
}

impl From<CouponId> for Id {
    fn from(coupon: CouponId) -> Self {
        Id::U64(coupon.to_u64())
    }
}

impl TryFrom<&Id> for CouponId {
    type Error = ();

    /// # Errors
    /// `()` for an id of any other width: this registry never issued it.
    fn try_from(id: &Id) -> Result<Self, ()> {
        match id {
            Id::U64(id) => Ok(Self::from_u64(*id)),
            Id::U8(_) | Id::U16(_) | Id::U32(_) | Id::U128(_) | Id::Bytes(_) => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coupon_survives_its_psp34_id() {
        let coupon = CouponId { campaign: 7, serial: u32::MAX };
        assert_eq!(Id::from(coupon), Id::U64((7 << 32) | 0xffff_ffff));
        assert_eq!(CouponId::try_from(&Id::from(coupon)), Ok(coupon));
        assert_eq!(CouponId::try_from(&Id::U32(7)), Err(()));
    }
}
