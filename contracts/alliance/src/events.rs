//! What the alliance tells the world: one event for every change of state, enough to rebuild all of it.
//!
//! An event that names a member brings that member's positions up to the open cycle first (see `Member::roll`). Amounts are in the
//! alliance's asset.
use crate::config::Config;
use shared::{AccountId, Balance, Hash, Timestamp};

/// The alliance was instantiated, and its first cycle opened.
#[ink::event]
pub struct AllianceCreated {
    pub config: Config,
    pub opened_at: Timestamp,
}

/// An account applied; the joining fee went to the fund.
#[ink::event]
pub struct MemberApplied {
    #[ink(topic)]
    pub member: AccountId,
    pub registry: AccountId,
    pub profile: Hash,
    pub at: Timestamp,
}

/// The operator admitted a member.
#[ink::event]
pub struct MemberAdmitted {
    #[ink(topic)]
    pub member: AccountId,
    pub cap: Balance,
    pub at: Timestamp,
}

/// A member left with its collateral.
#[ink::event]
pub struct MemberExited {
    #[ink(topic)]
    pub member: AccountId,
    pub collateral: Balance,
}

/// A member put up collateral.
#[ink::event]
pub struct CollateralDeposited {
    #[ink(topic)]
    pub member: AccountId,
    pub amount: Balance,
}

/// A member took collateral back.
#[ink::event]
pub struct CollateralWithdrawn {
    #[ink(topic)]
    pub member: AccountId,
    pub amount: Balance,
}

/// A redemption made `issuer` owe `amount`: `amount - fee` to `acceptor`, `fee` to the alliance. One a coupon, in the order of its uses.
#[ink::event]
pub struct DebtBooked {
    #[ink(topic)]
    pub issuer: AccountId,
    pub registry: AccountId,
    pub acceptor: AccountId,
    pub number: u64,
    pub rate_bps: u16,
    pub amount: Balance,
    pub fee: Balance,
}

/// A rollback gave `issuer` `amount` back: `amount - fee` from `acceptor`, `fee` from the alliance: out of the open cycle's fees if the debt was
/// booked in it, and else out of the fund.
#[ink::event]
pub struct DebtReversed {
    #[ink(topic)]
    pub issuer: AccountId,
    pub registry: AccountId,
    pub acceptor: AccountId,
    pub number: u64,
    pub amount: Balance,
    pub fee: Balance,
}

/// A cycle was closed with these sums, and the next one opened at `at`; `closer` had `bounty` out of the fund, which then took `fees`.
#[ink::event]
pub struct CycleClosed {
    #[ink(topic)]
    pub closer: AccountId,
    pub number: u32,
    pub debits: Balance,
    pub fees: Balance,
    pub refunds: Balance,
    pub bounty: Balance,
    pub at: Timestamp,
    pub cut_off: Timestamp,
}

/// `payer` paid for what `member` owes of the cycle closed last.
#[ink::event]
pub struct PayInReceived {
    #[ink(topic)]
    pub member: AccountId,
    pub payer: AccountId,
    pub amount: Balance,
}

/// A member's collateral paid for what it owed of the cycle closed last.
#[ink::event]
pub struct PayInCovered {
    #[ink(topic)]
    pub member: AccountId,
    pub amount: Balance,
}

/// A member was paid its credit, and what it earned in the cycle closed last if that was settled.
#[ink::event]
pub struct PayoutMade {
    #[ink(topic)]
    pub member: AccountId,
    pub amount: Balance,
}
