//! The contracts runtime: its entry points are the crate's own, and this module only makes them a Wasm file's exports.
#![no_std]

pub use contracts_node_runtime::*;
