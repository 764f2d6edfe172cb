//! The door that an alliance keeps for its council: the alliance keeps the books and the money, the council reads and writes items for what is called rarely. Nobody
//! else may write: the alliance itself instantiated its council, from code that its own code pins. No storage of its own.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use super::error::Outcome;
use crate::{AccountId, Balance};
use ink::prelude::vec::Vec;
use scale::{Decode, Encode, Error, Input};

/// One thing the council has the alliance do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Step {
    /// Writes an item, or removes it where `value` is `None`.
    #[codec(index = 0)]
    Write {
        /// As of `ledger::key`, of `alliance::ledger::items`.
        key: Vec<u8>,
        /// SCALE bytes.
        value: Option<Vec<u8>>,
    },
    /// Pays money out, in the alliance's asset.
    #[codec(index = 1)]
    Pay {
        /// Who is paid.
        to: AccountId,
        /// How much.
        amount: Balance,
    },
}

/// Steps, read out of line: in place, every call would have their code compiled.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Steps(pub Vec<Step>);

impl Decode for Steps {
    #[inline(never)]
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Vec::decode(input).map(Self)
    }
}

#[cfg(feature = "std")]
impl ink::scale_info::TypeInfo for Steps {
    type Identity = Vec<Step>;

    fn type_info() -> ink::scale_info::Type {
        <Vec<Step>>::type_info()
    }
}

/// The door. Anyone may look.
#[ink::trait_definition]
pub trait AllianceDoor {
    /// Items as they stand, in the order asked. 1 touch for each.
    #[ink(message)]
    fn items(&self, keys: Vec<Vec<u8>>) -> Vec<Option<Vec<u8>>>;

    /// Does every step in order, or none. 1 touch for each item.
    /// # Errors
    /// `NotTheCouncil`, `Payment`.
    #[ink(message, payable)]
    fn apply(&mut self, steps: Steps) -> Outcome<()>;
}
