//! What the market asks of a registry. A registry that traps or misspeaks gives an error, never a panic. Holds no rules.
use crate::error::MarketError;
use ink::{codegen::TraitCallBuilder, contract_ref, prelude::vec::Vec};
use shared::{
    ids::CouponId,
    psp34::{PSP34Error, FROZEN, MARKET_ONLY, PSP34, SOULBOUND},
    registry::{CouponRegistry, RegistryError, SaleTerms},
    AccountId,
};

/// # Errors
/// `NoSuchCoupon`, `CouponFrozen`, `RegistryFailed`.
pub(crate) fn sale_terms(registry: AccountId, coupon: CouponId) -> Result<SaleTerms, MarketError> {
    let target: contract_ref!(CouponRegistry, ink::env::DefaultEnvironment) = registry.into();
    match target.call().sale_terms(coupon).try_invoke() {
        Ok(Ok(Ok(terms))) => Ok(terms),
        Ok(Ok(Err(RegistryError::NoSuchCoupon { .. }))) => Err(MarketError::NoSuchCoupon { coupon }),
        Ok(Ok(Err(RegistryError::CouponFrozen { .. }))) => Err(MarketError::CouponFrozen { coupon }),
        Ok(Ok(Err(_)) | Err(_)) | Err(_) => Err(MarketError::RegistryFailed { registry }),
    }
}

/// # Errors
/// `NoSuchCoupon`, `CouponFrozen`, `Soulbound`, `OtherMarketOnly`, `NotApproved`, `TransferRefused`, `RegistryFailed`.
pub(crate) fn transfer(registry: AccountId, coupon: CouponId, to: AccountId) -> Result<(), MarketError> {
    let mut target: contract_ref!(PSP34, ink::env::DefaultEnvironment) = registry.into();
    match target.call_mut().transfer(to, coupon.into(), Vec::new()).try_invoke() {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Ok(Err(refusal))) => Err(refused(coupon, &refusal)),
        Ok(Err(_)) | Err(_) => Err(MarketError::RegistryFailed { registry }),
    }
}

/// # Errors
/// `NotReceived`, `RegistryFailed`.
pub(crate) fn ensure_owner(
    registry: AccountId,
    coupon: CouponId,
    owner: AccountId,
) -> Result<(), MarketError> {
    let target: contract_ref!(PSP34, ink::env::DefaultEnvironment) = registry.into();
    match target.call().owner_of(coupon.into()).try_invoke() {
        Ok(Ok(found)) if found == Some(owner) => Ok(()),
        Ok(Ok(owner)) => Err(MarketError::NotReceived { coupon, owner }),
        Ok(Err(_)) | Err(_) => Err(MarketError::RegistryFailed { registry }),
    }
}

fn refused(coupon: CouponId, refusal: &PSP34Error) -> MarketError {
    match refusal {
        PSP34Error::TokenNotExists => MarketError::NoSuchCoupon { coupon },
        PSP34Error::NotApproved => MarketError::NotApproved { coupon },
        PSP34Error::Custom(word) if word == FROZEN => MarketError::CouponFrozen { coupon },
        PSP34Error::Custom(word) if word == SOULBOUND => MarketError::Soulbound { coupon },
        PSP34Error::Custom(word) if word == MARKET_ONLY => MarketError::OtherMarketOnly { coupon },
        PSP34Error::Custom(_)
        | PSP34Error::SelfApprove
        | PSP34Error::TokenExists
        | PSP34Error::SafeTransferCheckFailed(_) => MarketError::TransferRefused { coupon },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_of_a_registry_keeps_its_meaning() {
        let coupon = CouponId { campaign: 1, serial: 2 };
        let custom = |word: &str| PSP34Error::Custom(word.into());
        let cases = [
            (PSP34Error::TokenNotExists, MarketError::NoSuchCoupon { coupon }),
            (PSP34Error::NotApproved, MarketError::NotApproved { coupon }),
            (custom(FROZEN), MarketError::CouponFrozen { coupon }),
            (custom(SOULBOUND), MarketError::Soulbound { coupon }),
            (custom(MARKET_ONLY), MarketError::OtherMarketOnly { coupon }),
            (custom("Other"), MarketError::TransferRefused { coupon }),
        ];
        for (refusal, expected) in cases {
            assert_eq!(refused(coupon, &refusal), expected);
        }
    }
}
