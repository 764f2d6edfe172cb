//! Accounts, rules and members that unit tests share.
use super::{
    config::{Config, Joining},
    council::CouncilTerms,
    members::{Member, Status},
};
use crate::{assets::Asset, AccountId, Balance};

pub(crate) const fn account(n: u8) -> AccountId {
    ink::primitives::AccountId([n; 32])
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

/// An active member of the first cycle, without a position.
pub(crate) fn member(cap: Balance, collateral: Balance) -> Member {
    Member { status: Status::Active, cap, collateral, ..Member::applicant(account(200), [0; 32], 0, 1, 0) }
}
