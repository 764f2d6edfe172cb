//! Accounts and goods that unit tests share.
use crate::goods::Goods;
use shared::{assets::Asset, AccountId};

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::from([n; 32])
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
