//! The people of every test, by name. Knows no contract.

use chain::{AccountId, Keypair};

/// Merchants: they issue and accept.
pub const MERCHANTS: [&str; 3] = ["bakery", "cinema", "grocer"];

/// Consumers, who hold coupons.
pub const CONSUMERS: [&str; 4] = ["ann", "ben", "cem", "dee"];

/// A key at a merchant's till, and one that carries other people's permits to the chain.
pub const HELPERS: [&str; 2] = ["till", "relayer"];

/// Runs the alliance.
pub const OPERATOR: &str = "operator";

/// Deploys the suite and owns the market.
pub const OWNER: &str = "owner";

/// Has keys and no money: its account doesn't exist on the chain, so small transfers to it fail.
pub const GHOST: &str = "ghost";

/// Everyone who is endowed with money at genesis.
pub fn endowed() -> impl Iterator<Item = &'static str> {
    MERCHANTS.into_iter().chain(CONSUMERS).chain(HELPERS).chain([OPERATOR, OWNER])
}

/// The keys of the person called `name`.
pub fn keys(name: &str) -> Keypair {
    Keypair::named(name)
}

/// The account of the person called `name`.
pub fn account(name: &str) -> AccountId {
    keys(name).account()
}
