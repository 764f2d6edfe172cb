//! Accounts, goods and redemptions that unit tests share.
use crate::{goods::Goods, till::Spent};
use shared::{
    assets::Asset,
    ids::CouponId,
    order::{Redemption, Use},
    terms::Funding,
    AccountId, Balance,
};

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::from([n; 32])
}

pub(crate) fn id(serial: u32) -> CouponId {
    CouponId { campaign: 1, serial }
}

/// Coupons of account 2's that can take 1,000 off until 200 and sell for 999 at most.
pub(crate) fn goods() -> Goods {
    Goods {
        asset: Asset::Native,
        issuer: account(2),
        royalty_bps: 700,
        left: 1_000,
        ends_at: 200,
        highest: Some(999),
    }
}

/// What a coupon of an account took off.
pub(crate) fn used(serial: u32, holder: u8, discount: Balance) -> Use {
    Use {
        coupon: id(serial),
        holder: account(holder),
        valid_until: 0,
        issuer: account(2),
        funding: Funding::Merchant,
        advocate: None,
        left_before: 1,
        left_after: 0,
        discount,
    }
}

/// `used`, as the market sees it.
pub(crate) fn spent(serial: u32, holder: u8, discount: Balance) -> Spent {
    Spent { coupon: id(serial), holder: account(holder), discount }
}

pub(crate) fn redemption(uses: Vec<Use>) -> Redemption {
    Redemption {
        acceptor: account(2),
        number: 1,
        order: [0; 32],
        basket: 0,
        eligible: 0,
        asset: Asset::Native,
        uses,
        refused: vec![],
        net: 0,
        payer: None,
        alliance: None,
        cashier: None,
        redeemed_at: 0,
        final_at: 0,
    }
}
