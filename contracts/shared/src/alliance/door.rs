//! The door that an alliance keeps for its council: the council looks at what it decides by in one call, and has the alliance do it in another.
//! Nobody else may. No storage of its own.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use super::{
    config::Config,
    error::Outcome,
    members::{Member, Status},
    rates::PairRate,
};
use crate::{AccountId, Balance, Timestamp};
use ink::prelude::vec::Vec;

/// What the alliance shows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Look {
    /// The rules.
    pub config: Config,
    /// How many members are active, and so have a vote.
    pub voters: u32,
    /// What stands behind members' debts when collateral and their shares in the fund are used up.
    pub fund: Balance,
    /// The members asked for, brought up to the open cycle.
    pub members: Vec<Option<Member>>,
    /// The rate of the pair asked for: acceptor, issuer.
    pub rate: Option<PairRate>,
}

/// One thing the council has the alliance do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Step {
    /// Changes where a member stands, and the most it may owe.
    #[codec(index = 0)]
    Stand {
        /// Whose.
        account: AccountId,
        /// Where.
        status: Status,
        /// Since when.
        since: Timestamp,
        /// At most.
        cap: Balance,
    },
    /// Writes what two members agreed on, and counts it for both.
    #[codec(index = 1)]
    Agree {
        /// Who accepts.
        acceptor: AccountId,
        /// Who owes.
        issuer: AccountId,
        /// What on.
        rate: PairRate,
    },
    /// Puts money that comes in with the call into the fund.
    #[codec(index = 2)]
    Endow {
        /// How much.
        amount: Balance,
    },
    /// Holds two members until their dispute is over.
    #[codec(index = 3)]
    OpenCase {
        /// Who accepted.
        acceptor: AccountId,
        /// Who disputes.
        issuer: AccountId,
    },
    /// Ends a dispute: adjusts both members' open sheets, whatever their limits.
    #[codec(index = 4)]
    CloseCase {
        /// Who gives back.
        acceptor: AccountId,
        /// Who is given back.
        issuer: AccountId,
        /// How much.
        amount: Balance,
    },
}

/// The door. Anyone may look.
#[ink::trait_definition]
pub trait AllianceDoor {
    /// Members and a pair's rate as they stand. 1 touch for each.
    #[ink(message)]
    fn look(&self, accounts: Vec<AccountId>, pair: Option<(AccountId, AccountId)>) -> Look;

    /// Does every step in order, or none.
    /// # Errors
    /// `NotTheCouncil`, `NotMember`, `Overflow`.
    #[ink(message, payable)]
    fn apply(&mut self, steps: Vec<Step>) -> Outcome<()>;
}
