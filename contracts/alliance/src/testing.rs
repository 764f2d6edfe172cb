//! Accounts, rules and redemptions that unit tests share.
use crate::{
    config::Config,
    members::{Member, Status},
};
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

pub(crate) fn config() -> Config {
    Config {
        asset: Asset::Native,
        operator: account(100),
        cycle_length: 1_000,
        pay_in_window: 100,
        fee_bps: 200,
        default_rate_bps: 9_000,
        cap_factor_bps: 8_000,
        joining_fee: 10,
        closing_bounty: 5,
        registries: vec![[7; 32]],
    }
}

/// An active member of the first cycle, without a position.
pub(crate) fn member(cap: Balance, collateral: Balance) -> Member {
    Member { status: Status::Active, cap, collateral, ..Member::applicant(account(200), [0; 32], 1, 0) }
}

pub(crate) fn redemption(
    number: u64,
    acceptor: AccountId,
    uses: &[(AccountId, Funding, Balance)],
) -> Redemption {
    let uses = uses.iter().map(|&(issuer, funding, discount)| Use {
        coupon: CouponId { campaign: 1, serial: 1 },
        holder: account(50),
        valid_until: 0,
        issuer,
        funding,
        advocate: None,
        left_before: 1,
        left_after: 0,
        discount,
    });
    Redemption {
        acceptor,
        number,
        order: [0; 32],
        basket: 0,
        eligible: 0,
        asset: Asset::Native,
        uses: uses.collect(),
        refused: Vec::new(),
        net: 0,
        payer: None,
        alliance: Some(account(150)),
        cashier: None,
        redeemed_at: 0,
        final_at: 0,
    }
}
