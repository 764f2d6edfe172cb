//! What the market asks of registries and of tills. A contract that traps or misspeaks gives an error, never a panic. Holds no rules.
//!
//! Answers are read as bytes: decoding the errors of others whole would be 5 kB of code.
use crate::{
    error::{refusal, MarketError, Outcome, Refusal},
    goods::Goods,
    reader::Reader,
    till::{Signed, Spent},
};
use ink::{prelude::vec::Vec, selector_bytes};
use scale::Encode;
use shared::{
    calls::ask,
    ids::CouponId,
    psp34::{FROZEN, LOCKED, MARKET_ONLY, SOULBOUND},
    scribe::Scribe,
    AccountId,
};

/// A registry's service desk.
/// # Errors
/// `RegistryFailed`.
#[inline(never)]
fn desk(registry: AccountId) -> Result<AccountId, Refusal> {
    let branches = ask(registry, selector_bytes!("CouponRegistry::branches"), Vec::new()).unwrap_or_default();
    let mut branches = Reader::new(&branches);
    branches.skip(32);
    let desk = branches.account();
    if branches.is_done() {
        Ok(desk)
    } else {
        Err(refusal(MarketError::RegistryFailed { registry }))
    }
}

/// What a registry's desk says of 1 to 20 coupons: `SaleTerms` of each, to be read one after the other by `goods`.
/// # Errors
/// `TradingPaused`, `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`, `RegistryFailed`.
#[inline(never)]
pub(crate) fn sale_terms(registry: AccountId, coupons: &[CouponId]) -> Outcome<Vec<u8>> {
    let mut argument = Vec::with_capacity(256);
    coupons.encode_to(&mut argument);
    let answer = ask(desk(registry)?, selector_bytes!("ServiceDesk::sale_terms_of"), argument);
    match answer {
        Some(mut terms) if terms.first() == Some(&0) => {
            terms.remove(0);
            Ok(terms)
        }
        Some(refusal) if refusal.first() == Some(&1) => {
            Err(refused_by_desk(registry, refusal.get(1..).unwrap_or_default()).into())
        }
        Some(_) | None => Err(MarketError::RegistryFailed { registry }.into()),
    }
}

/// Who holds the next coupon of `sale_terms`, and what it is.
#[inline(never)]
pub(crate) fn goods(terms: &mut Reader) -> (AccountId, Goods) {
    let (owner, issuer, asset) = (terms.account(), terms.account(), terms.asset());
    let (royalty_bps, ends_at, left) = (terms.u16(), terms.u64(), terms.u128());
    // What is left of it in its own measure says nothing here.
    terms.skip(16);
    let highest = terms.is_some().then(|| terms.u128());
    (owner, Goods { asset, issuer, royalty_bps, left, ends_at, highest })
}

/// What a `RegistryError` means here.
fn refused_by_desk(registry: AccountId, refusal: &[u8]) -> MarketError {
    let failed = MarketError::RegistryFailed { registry };
    let Some((index, evidence)) = refusal.split_first() else { return failed };
    if *index == 68 {
        return MarketError::TradingPaused { registry };
    }
    let coupon = Reader::new(evidence).coupon();
    match *index {
        2 => MarketError::NoSuchCoupon { coupon },
        31 => MarketError::CouponFrozen { coupon },
        50 => MarketError::CouponLocked { coupon },
        93 => MarketError::NotApproved { coupon },
        94 => MarketError::Soulbound { coupon },
        95 => MarketError::OtherMarketOnly { coupon },
        _ => failed,
    }
}

/// Moves coupons of one holder, who is the market or has approved it, to `to`: one through the token itself, which costs least, several through the desk.
/// # Errors
/// `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`, `Soulbound`, `OtherMarketOnly`, `NotApproved`, `TransferRefused`, `RegistryFailed`.
#[inline(never)]
pub(crate) fn give(registry: AccountId, coupons: &[CouponId], to: AccountId) -> Result<(), Refusal> {
    let refused = if let [coupon] = coupons {
        let mut arguments = Scribe(Vec::with_capacity(48));
        arguments.account(to);
        write_id(&mut arguments, *coupon);
        // And no data.
        arguments.u8(0);
        match ask(registry, selector_bytes!("PSP34::transfer"), arguments.0).as_deref() {
            Some([0]) => return Ok(()),
            Some([1, refusal @ ..]) => refused_by_token(*coupon, refusal),
            Some(_) | None => MarketError::RegistryFailed { registry },
        }
    } else {
        let mut arguments = Scribe(Vec::with_capacity(256));
        arguments.account(to);
        coupons.encode_to(&mut arguments.0);
        match ask(desk(registry)?, selector_bytes!("ServiceDesk::transfer_many"), arguments.0).as_deref() {
            Some([0]) => return Ok(()),
            Some([1, refusal @ ..]) => refused_by_desk(registry, refusal),
            Some(_) | None => MarketError::RegistryFailed { registry },
        }
    };
    Err(refusal(refused))
}

/// A coupon as PSP34's `Id::U64`.
fn write_id(scribe: &mut Scribe, coupon: CouponId) {
    scribe.u8(3);
    scribe.u64(coupon.to_u64());
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
        let mut argument = Scribe(Vec::with_capacity(16));
        write_id(&mut argument, *coupon);
        let answer = ask(registry, selector_bytes!("PSP34::owner_of"), argument.0).unwrap_or_default();
        let mut reader = Reader::new(&answer);
        let owner = (reader.u8() != 0).then(|| reader.account());
        if !reader.is_done() {
            return Err(MarketError::RegistryFailed { registry }.into());
        }
        if owner != Some(here) {
            return Err(MarketError::NotReceived { coupon: *coupon, owner }.into());
        }
    }
    Ok(())
}

/// Redeems at a registry or, `through` it, at an alliance; gives what was used.
/// # Errors
/// `TillRefused`, `TillFailed`.
#[inline(never)]
pub(crate) fn redeem(registry: AccountId, through: Option<AccountId>, signed: Signed) -> Outcome<Vec<Spent>> {
    let mut arguments = Scribe(Vec::with_capacity(512));
    let (till, selector) = match through {
        Some(alliance) => {
            arguments.account(registry);
            (alliance, selector_bytes!("redeem"))
        }
        None => (registry, selector_bytes!("CouponRegistry::redeem")),
    };
    signed.encode_to(&mut arguments.0);
    match ask(till, selector, arguments.0).as_deref() {
        Some([0, redemption @ ..]) => Ok(uses(redemption).ok_or(MarketError::TillFailed { till })?),
        Some([1, reason, ..]) => Err(MarketError::TillRefused { till, reason: *reason }.into()),
        Some(_) | None => Err(MarketError::TillFailed { till }.into()),
    }
}

/// The uses of a `Redemption`, as far as the market looks at it. Before them come acceptor, number, digest, basket, eligible amount, and asset; in each,
/// the end, issuer and funding come between holder and advocate, and what was left before and after then.
fn uses(redemption: &[u8]) -> Option<Vec<Spent>> {
    let mut reader = Reader::new(redemption);
    reader.skip(104);
    reader.asset();
    let mut uses = Vec::new();
    for _ in 0..reader.count() {
        let (coupon, holder) = (reader.coupon(), reader.account());
        reader.skip(41);
        if reader.u8() != 0 {
            reader.skip(32);
        }
        reader.skip(32);
        uses.push(Spent { coupon, holder, discount: reader.u128() });
    }
    reader.is_whole().then_some(uses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, redemption, spent, used};
    use shared::{
        assets::Asset,
        order::{Redemption, Use},
        psp34::{Id, PSP34Error},
        registry::{RegistryError, SaleTerms, Scope},
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
    fn an_id_is_written_as_the_standard_has_it() {
        let coupon = CouponId { campaign: 1, serial: 2 };
        let mut scribe = Scribe(Vec::new());
        write_id(&mut scribe, coupon);
        assert_eq!(scribe.0, Id::from(coupon).encode());
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

    #[test]
    fn sale_terms_are_read_from_their_bytes() {
        let band = SaleTerms {
            owner: account(1),
            issuer: account(2),
            asset: Asset::Native,
            royalty_bps: 700,
            ends_at: 200,
            largest_discount: 1_000,
            left: 3,
            highest_price: Some(999),
        };
        let free = SaleTerms { asset: Asset::Psp22(account(9)), highest_price: None, ..band };
        let in_tokens = Goods { asset: free.asset, highest: None, ..crate::testing::goods() };
        let bytes = vec![band, free].encode();
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.count(), 2);
        assert_eq!(goods(&mut reader), (account(1), crate::testing::goods()));
        assert_eq!(goods(&mut reader), (account(1), in_tokens));
        assert!(reader.is_done());
    }
}
