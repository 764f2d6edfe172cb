#![allow(clippy::all, reason = "x")]
#[path = "all/invariants.rs"]
mod invariants;
#[path = "all/model/mod.rs"]
mod model;
