//! The same story on a live chain and on the embedded one: results, events and storage must agree byte for byte. Run by `make live`, which gives the chain.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::float_arithmetic,
    clippy::integer_division,
    clippy::cast_precision_loss,
    reason = "tests: a panic here is a failure with its place"
)]

mod allied_story;
mod chain_behaviour;
mod same_story;
mod stage;
mod story;
mod trade_story;

use chain::{Chain, Keypair};
use rpc_chain::RpcChain;

/// The seed of the development account `//Alice`, who is endowed at a development chain's genesis.
const ALICE: [u8; 32] = [
    0xe5, 0xbe, 0x9a, 0x50, 0x92, 0xb8, 0x1b, 0xca, 0x64, 0xbe, 0x81, 0xd2, 0x12, 0xe7, 0xf2, 0xf9, 0xeb,
    0xa1, 0x83, 0xbb, 0x7a, 0x90, 0x95, 0x4f, 0x7b, 0x76, 0x36, 0x1f, 0x6e, 0xdb, 0x5c, 0x0a,
];

/// 10,000 tokens, more than any story spends.
const WEALTH: u128 = 10_000_000_000_000_000;

/// The chain that `deploy/live/run` started, with Alice's key.
fn live() -> RpcChain {
    let endpoint = std::env::var("COUPONRY_LIVE_ENDPOINT").expect("run this by `make live`");
    let mut chain = RpcChain::connect(&endpoint, None).unwrap_or_else(|fault| panic!("{fault}"));
    chain.add_key(&Keypair::from_seed(ALICE));
    chain
}

/// Gives these people [`WEALTH`] from Alice's, and the chain their keys.
fn endow(chain: &mut RpcChain, people: &[&str]) {
    let alice = Keypair::from_seed(ALICE).account();
    for name in people {
        let key = Keypair::named(name);
        chain.add_key(&key);
        chain.transfer(alice, key.account(), WEALTH).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    }
}
