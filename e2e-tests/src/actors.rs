//! The people of every test, by name. Knows no contract.

use chain::{AccountId, Keypair};
use std::{cell::RefCell, collections::BTreeMap};

thread_local! {
    /// Random lives ask for the same few people's keys a hundred times a step, and deriving them would be most of the work.
    static KNOWN: RefCell<BTreeMap<String, Keypair>> = const { RefCell::new(BTreeMap::new()) };
}

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
    with_keys(name, Clone::clone)
}

/// The account of the person called `name`.
pub fn account(name: &str) -> AccountId {
    with_keys(name, Keypair::account)
}

fn with_keys<T>(name: &str, read: impl FnOnce(&Keypair) -> T) -> T {
    KNOWN.with_borrow_mut(|known| match known.get(name) {
        Some(keys) => read(keys),
        None => read(known.entry(name.to_owned()).or_insert_with(|| Keypair::named(name))),
    })
}
