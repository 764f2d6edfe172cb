//! The door that an alliance keeps for its council: the council looks at what it decides by in one call, and has the alliance do it in another.
//! Nobody else may. No storage of its own.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use super::{config::Config, error::Outcome, members::Member, rates::PairRate};
use crate::{AccountId, Balance};
use ink::prelude::vec::Vec;

/// What the alliance shows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Look {
    /// The rules.
    pub config: Config,
    /// The open cycle.
    pub cycle: u32,
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
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Step {
    /// Writes a member.
    #[codec(index = 0)]
    Member {
        /// Whose.
        account: AccountId,
        /// A `Member` as SCALE bytes.
        member: Vec<u8>,
    },
    /// Says how many members have a vote.
    #[codec(index = 1)]
    Voters {
        /// That many.
        voters: u32,
    },
    /// Writes a pair's rate.
    #[codec(index = 2)]
    Rate {
        /// Who accepts.
        acceptor: AccountId,
        /// Who owes.
        issuer: AccountId,
        /// A `PairRate` as SCALE bytes.
        rate: Vec<u8>,
    },
    /// Puts money that came in into the fund.
    #[codec(index = 3)]
    Endow {
        /// How much.
        amount: Balance,
    },
    /// Moves what one member is owed, or comes to owe, to another: adjusts both in the open cycle, whatever the limits.
    #[codec(index = 4)]
    Adjust {
        /// Who gives.
        from: AccountId,
        /// Who is given to.
        to: AccountId,
        /// How much.
        amount: Balance,
    },
}

/// What only the council is answered.
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
