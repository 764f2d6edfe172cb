//! What the market asks of registries and of tills. A contract that traps or misspeaks gives an error, never a panic. Holds no rules.
//!
//! Every call keeps ink's default flags: whoever calls back into the market meanwhile traps.
use crate::{
    error::{MarketError, Refusal},
    till::Signed,
};
use ink::{
    env::{
        call::{build_call, ExecutionInput, Selector},
        DefaultEnvironment as Env,
    },
    prelude::vec::Vec,
};
use scale::{Decode, Encode, Error, Input};
use shared::{
    ids::CouponId,
    ledger::Raw,
    order::Redemption,
    psp34::{Id, PSP34Error, FROZEN, LOCKED, MARKET_ONLY, SOULBOUND},
    registry::SaleTerms,
    AccountId,
};

/// A registry's service desk.
/// # Errors
/// `RegistryFailed`.
#[inline(never)]
fn desk(registry: AccountId) -> Result<AccountId, Refusal> {
    let branches = Selector::new(ink::selector_bytes!("CouponRegistry::branches"));
    let (_, desk): (AccountId, AccountId) =
        ask(registry, branches, Vec::new()).ok_or(MarketError::RegistryFailed { registry })?;
    Ok(desk)
}

/// What a registry's desk says of 1 to 20 coupons.
/// # Errors
/// `TradingPaused`, `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`, `RegistryFailed`.
#[inline(never)]
pub(crate) fn sale_terms(registry: AccountId, coupons: &[CouponId]) -> Result<Vec<SaleTerms>, Refusal> {
    let selector = Selector::new(ink::selector_bytes!("ServiceDesk::sale_terms_of"));
    let found: Option<Result<Vec<SaleTerms>, Reason>> = ask(desk(registry)?, selector, coupons.encode());
    match found {
        Some(Ok(terms)) if terms.len() == coupons.len() => Ok(terms),
        Some(Err(reason)) => Err(reason.of(registry).into()),
        Some(Ok(_)) | None => Err(MarketError::RegistryFailed { registry }.into()),
    }
}

/// An error of another contract, as far as the market looks at it: decoding the whole of it would be 5 kB of code.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reason {
    index: u8,
    evidence: Vec<u8>,
}

impl Decode for Reason {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let index = input.read_byte()?;
        // An answer that isn't read to its end counts as none.
        Raw::decode(input).map(|evidence| Self { index, evidence: evidence.0 })
    }
}

impl Reason {
    /// What a `RegistryError` means here.
    fn of(&self, registry: AccountId) -> MarketError {
        let Ok(coupon) = CouponId::decode(&mut self.evidence.as_slice()) else {
            return match self.index {
                68 => MarketError::TradingPaused { registry },
                _ => MarketError::RegistryFailed { registry },
            };
        };
        match self.index {
            2 => MarketError::NoSuchCoupon { coupon },
            31 => MarketError::CouponFrozen { coupon },
            50 => MarketError::CouponLocked { coupon },
            93 => MarketError::NotApproved { coupon },
            94 => MarketError::Soulbound { coupon },
            95 => MarketError::OtherMarketOnly { coupon },
            _ => MarketError::RegistryFailed { registry },
        }
    }
}

/// Moves coupons of one holder, who is the market or has approved it, to `to`: one through the token itself, which costs least, several through the desk.
/// # Errors
/// `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`, `Soulbound`, `OtherMarketOnly`, `NotApproved`, `TransferRefused`, `RegistryFailed`.
#[inline(never)]
pub(crate) fn give(registry: AccountId, coupons: &[CouponId], to: AccountId) -> Result<(), Refusal> {
    if let [coupon] = coupons {
        let selector = Selector::new(ink::selector_bytes!("PSP34::transfer"));
        let arguments = (to, Id::from(*coupon), Vec::<u8>::new()).encode();
        return match ask::<Result<(), PSP34Error>>(registry, selector, arguments) {
            Some(Ok(())) => Ok(()),
            Some(Err(refusal)) => Err(refused(*coupon, &refusal).into()),
            None => Err(MarketError::RegistryFailed { registry }.into()),
        };
    }
    let selector = Selector::new(ink::selector_bytes!("ServiceDesk::transfer_many"));
    match ask::<Result<(), Reason>>(desk(registry)?, selector, (to, coupons).encode()) {
        Some(Ok(())) => Ok(()),
        Some(Err(reason)) => Err(reason.of(registry).into()),
        None => Err(MarketError::RegistryFailed { registry }.into()),
    }
}

/// Takes coupons in, and makes sure that they are here.
/// # Errors
/// As `give`; `NotReceived`.
#[inline(never)]
pub(crate) fn take(registry: AccountId, coupons: &[CouponId], here: AccountId) -> Result<(), Refusal> {
    give(registry, coupons, here)?;
    let selector = Selector::new(ink::selector_bytes!("PSP34::owner_of"));
    for coupon in coupons {
        match ask::<Option<AccountId>>(registry, selector, Id::from(*coupon).encode()) {
            Some(owner) if owner == Some(here) => {}
            Some(owner) => return Err(MarketError::NotReceived { coupon: *coupon, owner }.into()),
            None => return Err(MarketError::RegistryFailed { registry }.into()),
        }
    }
    Ok(())
}

/// Redeems at a registry or, `through` it, at an alliance.
/// # Errors
/// `TillRefused`, `TillFailed`.
#[inline(never)]
pub(crate) fn redeem(
    registry: AccountId,
    through: Option<AccountId>,
    signed: Signed,
) -> Result<Redemption, Refusal> {
    let (till, selector, arguments) = match through {
        Some(alliance) => (alliance, ink::selector_bytes!("redeem"), (registry, signed).encode()),
        None => (registry, ink::selector_bytes!("CouponRegistry::redeem"), signed.encode()),
    };
    match ask::<Result<Redemption, Reason>>(till, Selector::new(selector), arguments) {
        Some(Ok(redemption)) => Ok(redemption),
        Some(Err(Reason { index, .. })) => Err(MarketError::TillRefused { till, reason: index }.into()),
        None => Err(MarketError::TillFailed { till }.into()),
    }
}

/// What a contract answers; `None` where it trapped or its answer is of another kind.
fn ask<T: Decode>(contract: AccountId, selector: Selector, arguments: Vec<u8>) -> Option<T> {
    let reply = build_call::<Env>()
        .call(contract)
        .exec_input(ExecutionInput::new(selector).push_arg(Raw(arguments)))
        .returns::<T>()
        .try_invoke();
    match reply {
        Ok(Ok(answer)) => Some(answer),
        Ok(Err(_)) | Err(_) => None,
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
    use crate::testing::account;
    use shared::registry::{RegistryError, Scope};

    #[test]
    fn the_reasons_of_a_registry_keep_their_meaning() {
        let (registry, coupon) = (account(5), CouponId { campaign: 1, serial: 2 });
        let reasons = [
            (RegistryError::NoSuchCoupon { coupon }, MarketError::NoSuchCoupon { coupon }),
            (RegistryError::CouponFrozen { coupon, reason: 3 }, MarketError::CouponFrozen { coupon }),
            (RegistryError::CouponLocked { coupon, until: 4 }, MarketError::CouponLocked { coupon }),
            (RegistryError::NotApproved { coupon }, MarketError::NotApproved { coupon }),
            (RegistryError::Soulbound { coupon }, MarketError::Soulbound { coupon }),
            (RegistryError::MarketOnly { coupon }, MarketError::OtherMarketOnly { coupon }),
            (RegistryError::Paused { scope: Scope::Trading }, MarketError::TradingPaused { registry }),
            (RegistryError::Overflow, MarketError::RegistryFailed { registry }),
            (RegistryError::NotHolder { holder: account(1) }, MarketError::RegistryFailed { registry }),
        ];
        for (refusal, expected) in reasons {
            let reason = Reason::decode(&mut refusal.encode().as_slice()).unwrap();
            assert_eq!((reason.index, reason.of(registry)), (refusal.index(), expected));
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
