//! What the sandbox tests share: the suite on an embedded chain, people with keys and money, and the signatures they make.
//!
//! Knows the contracts only by their messages, never by their rules.

pub mod actors;
pub mod signing;
pub mod world;

pub use self::{
    actors::{account, keys},
    world::World,
};
