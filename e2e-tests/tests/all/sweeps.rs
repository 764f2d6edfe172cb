//! Every message that changes something, with too little computation and too little deposit: it happens whole or not at all.
//!
//! The messages are those that `weights` measures. What a call changes is in its events, which rebuild all of storage; so a call that succeeds within
//! a limit must give the same events and the same answer as without one.

use crate::weights;
use chain::{AccountId, Balance, Chain, EventRecord, Outcome};
use e2e_tests::{account, World};
use std::{cell::RefCell, collections::BTreeMap};

/// In so many steps from nothing to what a call needs.
const COMPUTATION: u64 = 20;
/// Of the deposit a call needs, in percent.
const DEPOSITS: [Balance; 5] = [0, 25, 50, 75, 99];
/// How often each message is tried: variants of one come one after the other.
const TRIES: u32 = 3;

/// A contract and one of its messages' selectors.
type Selector = (AccountId, [u8; 4]);

thread_local! {
    /// How often each message was tried; `None` where this thread sweeps nothing.
    static TRIED: RefCell<Option<BTreeMap<Selector, u32>>> = const { RefCell::new(None) };
}

/// Where this thread sweeps, tries a call that is about to be made at every limit.
pub(crate) fn at_every_limit(
    world: &mut World,
    who: &str,
    value: Balance,
    contract: AccountId,
    data: &[u8],
) {
    let selector = (contract, data[..4].try_into().expect("a selector"));
    let due = TRIED.with_borrow_mut(|tried| {
        let Some(tried) = tried else { return false };
        let times = tried.entry(selector).or_default();
        *times += 1;
        *times <= TRIES
    });
    if !due {
        return;
    }
    let ask = |world: &World| world.chain.view(account(who), contract, value, data.to_vec());
    let whole = ask(world).expect("what is measured succeeds");
    for step in 0..=COMPUTATION {
        world.chain.set_ref_time_limit(Some(whole.cost.ref_time * step / COMPUTATION));
        match ask(world) {
            Ok(done) => assert!(effects(&done) == effects(&whole), "{data:02x?} at {step}/{COMPUTATION}: {done:?}"),
            Err(fault) => assert!(step < COMPUTATION, "{fault}"),
        }
    }
    world.chain.set_ref_time_limit(None);
    let Ok(needed) = Balance::try_from(whole.cost.deposit) else { return };
    for percent in DEPOSITS.into_iter().filter(|_| needed > 0) {
        world.chain.set_deposit_limit(Some(needed * percent / 100));
        let done = ask(world);
        assert!(done.is_err(), "{data:02x?} with {percent}% of the deposit: {done:?}");
    }
    world.chain.set_deposit_limit(Some(needed));
    assert!(ask(world).is_ok_and(|done| effects(&done) == effects(&whole)));
    world.chain.set_deposit_limit(None);
}

fn effects(done: &Outcome) -> (&[u8], &[EventRecord]) {
    (&done.data, &done.events)
}

#[test]
fn with_too_little_of_anything_a_message_does_nothing() {
    TRIED.set(Some(BTreeMap::new()));
    weights::of_the_suite();
    let tried = TRIED.take().unwrap();
    let suite = World::new().suite;
    let doors = [("registry", suite.registry), ("office", suite.office), ("desk", suite.desk)];
    for (name, contract) in doors {
        for message in crate::abi::metadata(name)["spec"]["messages"].as_array().unwrap() {
            let label = message["label"].as_str().unwrap();
            // Only the office and the desk may, and an alliance's own message does.
            let indirect = label == "Ledger::apply" || label.ends_with("_for_alliance");
            if message["mutates"] == true && !indirect {
                let selector = crate::abi::selector(message).try_into().unwrap();
                assert!(tried.contains_key(&(contract, selector)), "{name}.{label} wasn't tried");
            }
        }
    }
}
