//! What the alliance tells the world: one event for every change of state, enough to rebuild all of it with what its council tells.
//!
//! An event that names a member, be it as acceptor or issuer, brings that member's sheets up to the open cycle first (see `Member::roll`), acceptors before
//! issuers, each when it is first named. Amounts are in the alliance's asset.
use ink::prelude::vec::Vec;
use shared::{
    alliance::{
        bookings::{Booked, Debt},
        config::Config,
    },
    AccountId, Timestamp,
};

/// The alliance was instantiated with its council, and its first cycle opened.
#[ink::event]
pub struct AllianceCreated {
    pub config: Config,
    pub council: AccountId,
    pub opened_at: Timestamp,
}

/// Orders at an acceptor made issuers owe. The one event without a topic: each would cost a till 127 million of ref_time, and readers find the acceptor in the registry's event of the
/// same orders, just before it.
#[ink::event(anonymous)]
pub struct OrdersBooked {
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
