//! Temporary: the property test alone.
#![allow(clippy::all, reason = "temporary")]
#[path = "../all/invariants.rs"]
mod invariants;
#[path = "../all/model/mod.rs"]
mod model;
#[path = "../all/planted.rs"]
mod planted;
