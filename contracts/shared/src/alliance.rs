//! What an alliance and its council share: the rules, members, cycles and debts, as plain structs. Knows neither storage nor events.
#![allow(
    clippy::useless_conversion,
    clippy::needless_question_mark,
    reason = "on chain, what an outcome refuses with is a type of its own"
)]
#![allow(missing_docs, reason = "the fields of errors and faults are named for what they hold")]

pub mod bookings;
pub mod config;
pub mod council;
pub mod cycles;
pub mod door;
pub mod error;
pub mod ledger;
pub mod members;
pub mod rates;
pub mod redemptions;
pub mod sheets;

#[cfg(test)]
pub(crate) mod testing;
