//! What the market asks of a registry. A registry that traps or misspeaks gives an error, never a panic. Holds no rules.
use crate::error::MarketError;
use ink::{
    codegen::TraitCallBuilder,
    contract_ref,
    env::call::{build_call, ExecutionInput, Selector},
    prelude::vec::Vec,
    scale::{Decode, Error, Input},
};
use shared::{
    ids::CouponId,
    ledger::Raw,
    psp34::{PSP34Error, FROZEN, LOCKED, MARKET_ONLY, PSP34, SOULBOUND},
    registry::{CouponRegistry, SaleTerms},
    AccountId,
};

/// # Errors
/// `TradingPaused`, `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`, `RegistryFailed`.
pub(crate) fn sale_terms(registry: AccountId, coupon: CouponId) -> Result<SaleTerms, MarketError> {
    let target: contract_ref!(CouponRegistry, ink::env::DefaultEnvironment) = registry.into();
    let Ok(Ok((_, desk))) = target.call().branches().try_invoke() else {
        return Err(MarketError::RegistryFailed { registry });
    };
    let selector = Selector::new(ink::selector_bytes!("ServiceDesk::sale_terms"));
    let reply = build_call::<ink::env::DefaultEnvironment>()
        .call(desk)
        .exec_input(ExecutionInput::new(selector).push_arg(coupon))
        .returns::<Result<SaleTerms, Reason>>()
        .try_invoke();
    match reply {
        Ok(Ok(Ok(terms))) => Ok(terms),
        Ok(Ok(Err(Reason(0 | 2)))) => Err(MarketError::NoSuchCoupon { coupon }),
        Ok(Ok(Err(Reason(31)))) => Err(MarketError::CouponFrozen { coupon }),
        Ok(Ok(Err(Reason(50)))) => Err(MarketError::CouponLocked { coupon }),
        Ok(Ok(Err(Reason(68)))) => Err(MarketError::TradingPaused { registry }),
        Ok(Ok(Err(_)) | Err(_)) | Err(_) => Err(MarketError::RegistryFailed { registry }),
    }
}

/// The index of a `RegistryError`: decoding the whole of it would be 5 kB of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reason(u8);

impl Decode for Reason {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let index = input.read_byte()?;
        // An answer that isn't read to its end counts as none.
        Raw::decode(input).map(|_| Self(index))
    }
}

/// # Errors
/// `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`, `Soulbound`, `OtherMarketOnly`, `NotApproved`, `TransferRefused`, `RegistryFailed`.
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
        PSP34Error::Custom(word) if word == LOCKED => MarketError::CouponLocked { coupon },
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
    use ink::scale::Encode;
    use shared::registry::{RegistryError, Scope};

    #[test]
    fn the_reasons_are_those_of_the_registry() {
        let reasons = [
            (RegistryError::NoSuchCoupon { coupon: CouponId { campaign: 1, serial: 2 } }, 2),
            (RegistryError::CouponFrozen { coupon: CouponId { campaign: 1, serial: 2 }, reason: 3 }, 31),
            (RegistryError::CouponLocked { coupon: CouponId { campaign: 1, serial: 2 }, until: 4 }, 50),
            (RegistryError::Paused { scope: Scope::Trading }, 68),
        ];
        for (refusal, index) in reasons {
            assert_eq!(Reason::decode(&mut refusal.encode().as_slice()), Ok(Reason(index)));
        }
    }

    #[test]
    fn each_refusal_of_a_registry_keeps_its_meaning() {
        let coupon = CouponId { campaign: 1, serial: 2 };
        let custom = |word: &str| PSP34Error::Custom(word.into());
        let cases = [
            (PSP34Error::TokenNotExists, MarketError::NoSuchCoupon { coupon }),
            (PSP34Error::NotApproved, MarketError::NotApproved { coupon }),
            (custom(FROZEN), MarketError::CouponFrozen { coupon }),
            (custom(LOCKED), MarketError::CouponLocked { coupon }),
            (custom(SOULBOUND), MarketError::Soulbound { coupon }),
            (custom(MARKET_ONLY), MarketError::OtherMarketOnly { coupon }),
            (custom("Other"), MarketError::TransferRefused { coupon }),
        ];
        for (refusal, expected) in cases {
            assert_eq!(refused(coupon, &refusal), expected);
        }
    }
}
