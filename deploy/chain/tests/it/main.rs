//! The embedded chain from outside, with a small hand-written contract on it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    clippy::unwrap_used,
    reason = "a test that can't go on fails"
)]

mod embedded;
mod prices;
mod probe;
