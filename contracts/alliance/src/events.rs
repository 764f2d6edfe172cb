//! What the alliance tells the world: one event for every change of state, enough to rebuild all of it.
//!
//! An event that names a member, be it as acceptor or issuer, brings that member's sheets up to the open cycle first (see `Member::roll`), acceptors before
//! issuers, each when it is first named. Amounts are in the alliance's asset.
use ink::prelude::vec::Vec;
use shared::{
    alliance::{bookings::Debt, config::Config, cycles::Waterfall},
    AccountId, Balance, Hash, Timestamp,
};

/// The alliance was instantiated with its council, and its first cycle opened.
#[ink::event]
pub struct AllianceCreated {
    pub config: Config,
    pub council: AccountId,
    pub opened_at: Timestamp,
}

/// An account applied; the joining fee went to the fund, the share is the member's own in it.
#[ink::event]
pub struct MemberApplied {
    #[ink(topic)]
    pub member: AccountId,
    pub registry: AccountId,
    pub profile: Hash,
    pub fee: Balance,
    pub fund_share: Balance,
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

/// A member said that it leaves.
#[ink::event]
pub struct MemberLeaving {
    #[ink(topic)]
    pub member: AccountId,
    pub at: Timestamp,
}

/// A member left, with its collateral and its share in the fund.
#[ink::event]
pub struct MemberExited {
    #[ink(topic)]
    pub member: AccountId,
    pub amount: Balance,
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

/// What an order made issuers owe: of each debt `amount - fee` to the acceptor, `fee` to the alliance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Booked {
    /// The order's number.
    pub number: u64,
    /// Until when it can be rolled back; acceptor and issuers stay answerable as long.
    pub final_at: Timestamp,
    /// One for each coupon that made one, in the order of its uses.
    pub debts: Vec<Debt>,
}

/// Orders at an acceptor made issuers owe.
#[ink::event]
pub struct OrdersBooked {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub registry: AccountId,
    pub orders: Vec<Booked>,
}

/// A rollback, whole or in part, gave issuers back what they owed: of each debt `amount - fee` from the acceptor, `fee` from the alliance: out of the open cycle's
/// fees as far as they reach, and else out of the fund.
#[ink::event]
pub struct DebtsReversed {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub registry: AccountId,
    pub number: u64,
    /// Where a pair's rate caps a day, that day has its part back.
    pub redeemed_at: Timestamp,
    pub debts: Vec<Debt>,
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

/// A member had not paid by the cut-off: where what it owed came from. What the fund and creditors bore is the member's to make good.
#[ink::event]
pub struct MemberDefaulted {
    #[ink(topic)]
    pub member: AccountId,
    pub found: Waterfall,
    pub at: Timestamp,
}

/// `payer` paid to the fund what it and creditors had borne for `member`.
#[ink::event]
pub struct MadeGood {
    #[ink(topic)]
    pub member: AccountId,
    pub payer: AccountId,
    pub amount: Balance,
}

/// `payer` added to the fund.
#[ink::event]
pub struct FundEndowed {
    #[ink(topic)]
    pub payer: AccountId,
    pub amount: Balance,
}

/// A member was paid its credit, and what it earned in the cycle closed last if that was settled; `made_good` of it went to the fund instead.
#[ink::event]
pub struct PayoutMade {
    #[ink(topic)]
    pub member: AccountId,
    pub amount: Balance,
    pub made_good: Balance,
}
