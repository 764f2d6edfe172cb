//! Accounts and rules that unit tests share.
use crate::config::{Config, Joining};
use shared::{alliance::council::CouncilTerms, assets::Asset, AccountId};

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::from([n; 32])
}

pub(crate) fn config() -> Config {
    Config {
        asset: Asset::Native,
        operator: account(100),
        founders: 3,
        cycle_length: 1_000,
        pay_in_window: 100,
        fee_bps: 200,
        default_rate_bps: 9_000,
        cap_factor_bps: 8_000,
        max_cut_bps: 5_000,
        longstop: 300,
        tail: 200,
        joining: Joining { fee: 10, ..Joining::default() },
        closing_bounty: 5,
        registries: vec![[7; 32]],
    }
}

pub(crate) fn council_terms() -> CouncilTerms {
    CouncilTerms {
        quorum_bps: 5_000,
        vote_window: 500,
        resolver: account(101),
        case_window: 100,
        reply_window: 10,
        ruling_window: 20,
        case_fee: 3,
        unruled_bps: 2_500,
    }
}
