//! What the contracts share: ids, terms, orders, permits, traits, errors and arithmetic.
//!
//! No storage and no events: an event defined here would be listed in every contract's metadata.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "an overflow fails a test anyway"))]

pub mod alliance;
pub mod announce;
pub mod assets;
pub mod bits;
pub mod books;
pub mod branch;
pub mod calendar;
pub mod calls;
pub mod campaigns;
pub mod claims;
pub mod coupons;
pub mod ids;
pub mod ledger;
pub mod math;
pub mod merkle;
pub mod order;
pub mod passed;
pub mod permit;
pub mod psp34;
pub mod reader;
pub mod registry;
pub mod scribe;
pub mod shelf;
pub mod terms;
pub mod till;
pub mod weighing;

#[cfg(test)]
mod testing;

/// An account: 32 bytes, an sr25519 public key or a contract's address.
pub type AccountId = ink::primitives::AccountId;
/// An amount in the asset's smallest unit.
pub type Balance = u128;
/// Milliseconds since the Unix epoch.
pub type Timestamp = u64;
/// A 32-byte digest; blake2b-256 unless its field says otherwise.
pub type Hash = [u8; 32];
/// An sr25519 signature.
pub type Signature = [u8; 64];
