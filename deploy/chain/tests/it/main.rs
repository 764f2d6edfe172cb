//! The embedded chain from outside, with a small hand-written contract on it.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

mod embedded;
mod prices;
mod probe;
