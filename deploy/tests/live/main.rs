//! The real program on a live chain: everything it does on an embedded one, deploying by a plan, and what happens when it or its node is cut off. Run by `make live`,
//! which gives the chain.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "a test may stop short"
)]

mod alliance;
mod bad_input;
mod client;
mod custody;
mod cut_short;
mod deploying;
mod fork;
mod journey;
mod town;
