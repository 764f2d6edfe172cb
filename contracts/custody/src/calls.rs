//! What custody asks of registries. Decides nothing. Whoever calls back meanwhile traps.
use crate::error::{CustodyError, Refusal};
use ink::{prelude::vec::Vec, selector_bytes};
use scale::Encode;
use shared::{
    assets::Asset,
    calls::ask,
    order::Order,
    permit::{CouponPermit, OrderPermit},
    AccountId, Balance,
};

/// What is left to pay of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) asset: Asset,
    pub(crate) net: Balance,
}

/// Redeems an order as its acceptor's cashier.
/// # Errors
/// `Registry`, `RegistryFailed`.
#[inline(never)]
pub(crate) fn redeem(
    registry: AccountId,
    order: &Order,
    coupons: &[CouponPermit],
) -> Result<Taken, CustodyError> {
    let mut arguments = Vec::with_capacity(512);
    order.encode_to(&mut arguments);
    // `Permits`: the caller is the cashier.
    None::<OrderPermit>.encode_to(&mut arguments);
    coupons.encode_to(&mut arguments);
    let answer = ask(registry, selector_bytes!("CouponRegistry::redeem"), arguments);
    match answer.as_deref() {
        Some([0, redemption @ ..]) => taken(redemption).ok_or(CustodyError::RegistryFailed { registry }),
        Some([1, reason @ ..]) => Err(CustodyError::Registry(Refusal::of(reason))),
        Some(_) | None => Err(CustodyError::RegistryFailed { registry }),
    }
}

/// What of a `Redemption` is looked at here: decoding it whole would be 2 kB of code. Before the asset come acceptor, number, digest, basket and eligible amount; after
/// it the uses, the refused coupons, and the net price.
fn taken(redemption: &[u8]) -> Option<Taken> {
    let mut rest = redemption;
    cut(&mut rest, 104)?;
    let asset = match cut(&mut rest, 1)? {
        [0] => Asset::Native,
        [1] => Asset::Psp22(<[u8; 32]>::try_from(cut(&mut rest, 32)?).ok()?.into()),
        _ => return None,
    };
    for _ in 0..count(&mut rest)? {
        // Coupon, holder, end, issuer and funding; then the advocate, if any, what was left before and after, and the discount.
        cut(&mut rest, 81)?;
        if cut(&mut rest, 1)? == [1] {
            cut(&mut rest, 32)?;
        }
        cut(&mut rest, 48)?;
    }
    for _ in 0..count(&mut rest)? {
        cut(&mut rest, 9)?;
    }
    let net = cut(&mut rest, 16)?.try_into().ok().map(Balance::from_le_bytes)?;
    Some(Taken { asset, net })
}

/// The first bytes.
#[inline(never)]
fn cut<'a>(rest: &mut &'a [u8], bytes: usize) -> Option<&'a [u8]> {
    let (first, after) = rest.split_at_checked(bytes)?;
    *rest = after;
    Some(first)
}

/// A list's length, of up to 63 items.
fn count(rest: &mut &[u8]) -> Option<u8> {
    match cut(rest, 1)? {
        [length] if length & 3 == 0 => Some(length >> 2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::account;
    use shared::{
        ids::CouponId,
        order::{Redemption, Refused, Use},
        terms::Funding,
    };

    #[test]
    fn what_is_left_to_pay_is_read_from_a_redemptions_bytes() {
        let used = Use {
            coupon: CouponId { campaign: 1, serial: 2 },
            holder: account(3),
            valid_until: 4,
            issuer: account(5),
            funding: Funding::Escrow,
            advocate: None,
            left_before: 6,
            left_after: 7,
            discount: 8,
        };
        let uses = vec![used, Use { advocate: Some(account(9)), ..used }];
        for asset in [Asset::Native, Asset::Psp22(account(9))] {
            let redemption = Redemption {
                acceptor: account(1),
                number: 7,
                order: [2; 32],
                basket: 10,
                eligible: 11,
                asset,
                uses: uses.clone(),
                refused: vec![Refused { coupon: used.coupon, reason: 12 }],
                net: 13,
                payer: None,
                alliance: None,
                cashier: Some(account(4)),
                redeemed_at: 14,
                final_at: 15,
            };
            let bytes = redemption.encode();
            assert_eq!(taken(&bytes), Some(Taken { asset, net: 13 }));
            assert_eq!(taken(&bytes[..300]), None);
        }
        assert_eq!(taken(&[255; 500]), None);
    }
}
