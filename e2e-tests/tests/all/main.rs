//! The sandbox tests, as one binary. Each module says what it owns.
#![allow(
    clippy::wildcard_enum_match_arm,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::large_enum_variant,
    clippy::unwrap_used,
    reason = "tests: a panic here is a failure with its place"
)]

mod abi;
mod alliance;
mod custody;
mod events_page;
mod findings;
mod golden;
mod invariants;
mod market;
mod model;
mod odd_tokens;
mod payments;
mod planted;
mod registry;
mod scene;
mod sweeps;
mod threats;
mod weights;
