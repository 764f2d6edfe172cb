//! Coupons and who holds them. Knows no campaign beyond the transfer policy each coupon carries, and no storage.
use ink::prelude::string::String;
use shared::{
    ids::CouponId,
    psp34::{PSP34Error, FROZEN, MARKET_ONLY, SOULBOUND},
    registry::{Refusal, RegistryError},
    terms::TransferPolicy,
    AccountId, Timestamp,
};

/// A live coupon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Coupon {
    /// Who holds it.
    pub owner: AccountId,
    /// Who else may move it; a transfer clears this.
    pub approved: Option<AccountId>,
    /// When it ends, apart from the redeem window.
    pub valid_until: Timestamp,
    /// Why the issuer froze it, if it did.
    pub frozen: Option<u8>,
    /// The terms' policy, kept here so that a transfer needn't read the terms.
    pub policy: TransferPolicy,
}

/// An account that holds coupons or signed permits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Holder {
    /// Its live coupons.
    pub coupons: u32,
    /// Permits of any other epoch are void.
    pub permit_epoch: u32,
}

impl Holder {
    /// One coupon more. `None` past a `u32`.
    pub fn with_one_more(self) -> Option<Self> {
        Some(Self { coupons: self.coupons.checked_add(1)?, ..self })
    }

    /// One coupon less. `None` below zero, which would mean that the books don't add up.
    pub fn with_one_less(self) -> Option<Self> {
        Some(Self { coupons: self.coupons.checked_sub(1)?, ..self })
    }
}

impl Coupon {
    /// # Errors
    /// `CouponFrozen`.
    pub fn ensure_not_frozen(&self, coupon: CouponId) -> Result<(), Refusal> {
        self.frozen.map_or(Ok(()), |reason| Err(RegistryError::CouponFrozen { coupon, reason }.into()))
    }

    /// Whether it may go to `to` at all, whoever asks.
    /// # Errors
    /// `Custom`: `CouponFrozen`, `Soulbound`, `MarketOnly`.
    pub fn ensure_may_move(&self, to: AccountId) -> Result<(), PSP34Error> {
        if self.frozen.is_some() {
            return Err(PSP34Error::Custom(String::from(FROZEN)));
        }
        match self.policy {
            TransferPolicy::Soulbound => Err(PSP34Error::Custom(String::from(SOULBOUND))),
            TransferPolicy::MarketOnly(market) if self.owner != market && to != market => {
                Err(PSP34Error::Custom(String::from(MARKET_ONLY)))
            }
            TransferPolicy::Free | TransferPolicy::MarketOnly(_) => Ok(()),
        }
    }
}
