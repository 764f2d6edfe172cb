//! What the market asks of registries and of tills. A contract that traps or misspeaks gives an error, never a panic. Holds no rules.
//!
//! Answers are read as bytes: decoding the errors of others whole would be 5 kB of code.
use crate::{
    error::{MarketError, Outcome, Refusal},
    till::{Signed, Spent},
};
use ink::{prelude::vec::Vec, selector_bytes};
use scale::{Decode, DecodeAll, Encode};
use shared::{
    assets::Asset,
    calls::ask,
    ids::CouponId,
    psp34::{Id, FROZEN, LOCKED, MARKET_ONLY, SOULBOUND},
    registry::SaleTerms,
    AccountId, Balance,
};

/// A registry's service desk.
/// # Errors
/// `RegistryFailed`.
#[inline(never)]
fn desk(registry: AccountId) -> Result<AccountId, Refusal> {
    let answer = ask(registry, selector_bytes!("CouponRegistry::branches"), Vec::new());
    match answer.map(|branches| <(AccountId, AccountId)>::decode_all(&mut branches.as_slice())) {
        Some(Ok((_, desk))) => Ok(desk),
        Some(Err(_)) | None => Err(MarketError::RegistryFailed { registry }.into()),
    }
}

/// What a registry's desk says of 1 to 20 coupons.
/// # Errors
/// `TradingPaused`, `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`, `RegistryFailed`.
#[inline(never)]
pub(crate) fn sale_terms(registry: AccountId, coupons: &[CouponId]) -> Outcome<Vec<SaleTerms>> {
    let answer = ask(desk(registry)?, selector_bytes!("ServiceDesk::sale_terms_of"), coupons.encode());
    match answer.as_deref() {
        Some([0, terms @ ..]) => match Vec::decode_all(&mut &*terms) {
            Ok(terms) if terms.len() == coupons.len() => Ok(terms),
            Ok(_) | Err(_) => Err(MarketError::RegistryFailed { registry }.into()),
        },
        Some([1, refusal @ ..]) => Err(refused_by_desk(registry, refusal).into()),
        Some(_) | None => Err(MarketError::RegistryFailed { registry }.into()),
    }
}

/// What a `RegistryError` means here.
fn refused_by_desk(registry: AccountId, refusal: &[u8]) -> MarketError {
    let failed = MarketError::RegistryFailed { registry };
    let Some((index, mut evidence)) = refusal.split_first() else { return failed };
    if *index == 68 {
        return MarketError::TradingPaused { registry };
    }
    match (*index, CouponId::decode(&mut evidence)) {
        (2, Ok(coupon)) => MarketError::NoSuchCoupon { coupon },
        (31, Ok(coupon)) => MarketError::CouponFrozen { coupon },
        (50, Ok(coupon)) => MarketError::CouponLocked { coupon },
        (93, Ok(coupon)) => MarketError::NotApproved { coupon },
        (94, Ok(coupon)) => MarketError::Soulbound { coupon },
        (95, Ok(coupon)) => MarketError::OtherMarketOnly { coupon },
        (_, Ok(_) | Err(_)) => failed,
    }
}

/// Moves coupons of one holder, who is the market or has approved it, to `to`: one through the token itself, which costs least, several through the desk.
/// # Errors
/// `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`, `Soulbound`, `OtherMarketOnly`, `NotApproved`, `TransferRefused`, `RegistryFailed`.
#[inline(never)]
pub(crate) fn give(registry: AccountId, coupons: &[CouponId], to: AccountId) -> Result<(), Refusal> {
    let refused = if let [coupon] = coupons {
        let arguments = (to, Id::from(*coupon), Vec::<u8>::new()).encode();
        match ask(registry, selector_bytes!("PSP34::transfer"), arguments).as_deref() {
            Some([0]) => return Ok(()),
            Some([1, refusal @ ..]) => refused_by_token(*coupon, refusal),
            Some(_) | None => MarketError::RegistryFailed { registry },
        }
    } else {
        let arguments = (to, coupons).encode();
        match ask(desk(registry)?, selector_bytes!("ServiceDesk::transfer_many"), arguments).as_deref() {
            Some([0]) => return Ok(()),
            Some([1, refusal @ ..]) => refused_by_desk(registry, refusal),
            Some(_) | None => MarketError::RegistryFailed { registry },
        }
    };
    Err(refused.into())
}

/// What a `PSP34Error` means here.
fn refused_by_token(coupon: CouponId, refusal: &[u8]) -> MarketError {
    match refusal {
        [2] => MarketError::NotApproved { coupon },
        [4] => MarketError::NoSuchCoupon { coupon },
        [0, _, word @ ..] if word == FROZEN.as_bytes() => MarketError::CouponFrozen { coupon },
        [0, _, word @ ..] if word == LOCKED.as_bytes() => MarketError::CouponLocked { coupon },
        [0, _, word @ ..] if word == SOULBOUND.as_bytes() => MarketError::Soulbound { coupon },
        [0, _, word @ ..] if word == MARKET_ONLY.as_bytes() => MarketError::OtherMarketOnly { coupon },
        _ => MarketError::TransferRefused { coupon },
    }
}

/// Takes coupons in, and makes sure that they are here.
/// # Errors
/// As `give`; `NotReceived`.
#[inline(never)]
pub(crate) fn take(registry: AccountId, coupons: &[CouponId], here: AccountId) -> Outcome<()> {
    give(registry, coupons, here)?;
    for coupon in coupons {
        let answer = ask(registry, selector_bytes!("PSP34::owner_of"), Id::from(*coupon).encode());
        match answer.map(|owner| Option::decode_all(&mut owner.as_slice())) {
            Some(Ok(owner)) if owner == Some(here) => {}
            Some(Ok(owner)) => return Err(MarketError::NotReceived { coupon: *coupon, owner }.into()),
            Some(Err(_)) | None => return Err(MarketError::RegistryFailed { registry }.into()),
        }
    }
    Ok(())
}

/// Redeems at a registry or, `through` it, at an alliance; gives what was used.
/// # Errors
/// `TillRefused`, `TillFailed`.
#[inline(never)]
pub(crate) fn redeem(registry: AccountId, through: Option<AccountId>, signed: Signed) -> Outcome<Vec<Spent>> {
    let (till, selector, arguments) = match through {
        Some(alliance) => (alliance, selector_bytes!("redeem"), (registry, signed).encode()),
        None => (registry, selector_bytes!("CouponRegistry::redeem"), signed.encode()),
    };
    match ask(till, selector, arguments).as_deref() {
        Some([0, redemption @ ..]) => Ok(uses(redemption).ok_or(MarketError::TillFailed { till })?),
        Some([1, reason, ..]) => Err(MarketError::TillRefused { till, reason: *reason }.into()),
        Some(_) | None => Err(MarketError::TillFailed { till }.into()),
    }
}

/// The uses of a `Redemption`, as far as the market looks at it. Before them come acceptor, number, digest, basket, eligible amount, and asset; in each,
/// the end, issuer and funding come between holder and advocate, and what was left before and after then.
fn uses(mut redemption: &[u8]) -> Option<Vec<Spent>> {
    type Used = (CouponId, AccountId, [u8; 41], Option<AccountId>, [u8; 32], Balance);
    let (_, _, uses) = <([u8; 104], Asset, Vec<Used>)>::decode(&mut redemption).ok()?;
    Some(uses.into_iter().map(|(coupon, holder, .., discount)| Spent { coupon, holder, discount }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, redemption, spent, used};
    use shared::{
        order::{Redemption, Use},
        psp34::PSP34Error,
        registry::{RegistryError, Scope},
    };

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
            assert_eq!(refused_by_desk(registry, &refusal.encode()), expected);
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
            (PSP34Error::SelfApprove, MarketError::TransferRefused { coupon }),
            (PSP34Error::TokenExists, MarketError::TransferRefused { coupon }),
        ];
        for (refusal, expected) in cases {
            assert_eq!(refused_by_token(coupon, &refusal.encode()), expected);
        }
    }

    #[test]
    fn the_uses_of_a_redemption_are_read_from_its_bytes() {
        for asset in [Asset::Native, Asset::Psp22(account(9))] {
            let redemption = Redemption {
                asset,
                ..redemption(vec![used(1, 3, 60), Use { advocate: Some(account(7)), ..used(2, 4, 7) }])
            };
            let expected = vec![spent(1, 3, 60), spent(2, 4, 7)];
            assert_eq!(uses(&redemption.encode()), Some(expected));
        }
        assert_eq!(uses(&[0; 104]), None);
    }
}
