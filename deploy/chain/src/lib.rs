//! The chains behind the couponry commands.
//!
//! Everything the tool, the demo and the tests do to a chain goes through [`Chain`]; [`EmbeddedChain`] is a Contracts-pallet chain in this process,
//! kept in one file. Amounts are in plancks, the native token's smallest unit; times are milliseconds since the Unix epoch.
//! This crate must not know the coupon contracts: it carries bytes and ink! messages of any contract.

pub mod compilation;
mod counting;
pub mod embedded;
mod error;
mod file;
mod interface;
pub mod keys;
pub mod runtime;
pub mod tamper;
mod typed;
pub mod weights;

pub use compilation::exactly;
pub use embedded::{EmbeddedChain, Genesis, Snapshot};
pub use error::ChainError;
pub use interface::{
    AccountId, Action, Balance, Block, Chain, Cost, EventKind, EventRecord, Hash, Outcome, StorageItem,
};
pub use keys::Keypair;
pub use typed::{Constructor, Message, TypedChain};
