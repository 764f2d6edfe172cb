//! What custody asks of registries. Decides nothing. Whoever calls back meanwhile traps.
use crate::error::CustodyError;
use ink::{prelude::vec::Vec, selector_bytes};
use scale::Encode;
use shared::{
    assets::Asset,
    calls::ask,
    order::Order,
    permit::{CouponPermit, OrderPermit},
    reader::Reader,
    registry::PassedOn,
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
        Some([1, reason @ ..]) => Err(CustodyError::Registry(PassedOn::from(reason.to_vec()))),
        Some(_) | None => Err(CustodyError::RegistryFailed { registry }),
    }
}

/// What of a `Redemption` is looked at here: decoding it whole would be 2 kB of code.
fn taken(redemption: &[u8]) -> Option<Taken> {
    let mut reader = Reader::new(redemption);
    // Acceptor, number, digest, basket and eligible amount.
    reader.skip(104);
    let asset = reader.asset();
    for _ in 0..reader.count() {
        // Coupon, holder, end, issuer and funding; then the advocate, if any, what was left before and after, and the discount.
        reader.skip(81);
        if reader.is_some() {
            reader.skip(32);
        }
        reader.skip(48);
    }
    for _ in 0..reader.count() {
        reader.skip(9);
    }
    let net = reader.u128();
    reader.is_whole().then_some(Taken { asset, net })
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
