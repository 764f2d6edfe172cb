//! Accounts, terms and payments that unit tests share.
use crate::{payments::Held, terms::HoldingTerms};
use shared::{assets::Asset, AccountId};

pub(crate) const ACCEPTOR: u8 = 1;
pub(crate) const PAYER: u8 = 2;
pub(crate) const RESOLVER: u8 = 3;

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::from([n; 32])
}

/// 60% for the payer where nobody rules.
pub(crate) fn terms() -> HoldingTerms {
    HoldingTerms {
        registry: account(9),
        resolver: account(RESOLVER),
        time_to_dispute: 200,
        time_to_rule: 250,
        unruled_bps: 6_000,
    }
}

/// 999, paid at 0 under `terms`.
pub(crate) fn held() -> Held {
    Held {
        payer: account(PAYER),
        asset: Asset::Native,
        amount: 999,
        resolver: account(RESOLVER),
        disputable_until: 200,
        time_to_rule: 250,
        unruled_bps: 6_000,
        dispute: None,
    }
}
