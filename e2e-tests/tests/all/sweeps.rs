//! Every message that changes something, with too little computation and too little deposit, and what anyone may submit, from every depth of calls: it
//! happens whole or not at all.
//!
//! The messages are those that `weights` measures. What a call changes is in its events, which rebuild all of storage; so a call that succeeds within
//! a limit must give the same events and the same answer as without one.

use crate::{scene::*, weights};
use chain::{AccountId, Balance, Chain, EventRecord, Outcome, StorageItem, TypedChain};
use e2e_tests::{
    account,
    actors::OWNER,
    keys,
    signing::{Codes, List, Target},
    world::Fixture,
    World,
};
use ink::codegen::TraitCallBuilder;
use mock_psp22::TokenRef;
use shared::{
    ids::CouponId,
    registry::CouponRegistry,
    terms::{Acceptance, Breakage, Card, Funding, Referral},
};
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
pub(crate) fn at_every_limit(world: &mut World, who: &str, value: Balance, contract: AccountId, data: &[u8]) {
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
            Ok(done) => {
                assert!(effects(&done) == effects(&whole), "{data:02x?} at {step}/{COMPUTATION}: {done:?}")
            }
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

/// How deep the pallet lets contracts call each other.
const DEEPEST: usize = 6;

/// A world with contracts that call others for whoever asks, and their addresses.
fn with_callers(mut world: World) -> (Fixture, Vec<AccountId>) {
    let code = world.chain.code_hash_of(world.token).unwrap().unwrap();
    let callers = (0..DEEPEST).map(|level| {
        let salt = format!("level {level}").into_bytes();
        world.chain.instantiate_typed(account(OWNER), code, 0, salt, TokenRef::new(0)).unwrap().0
    });
    let callers = callers.collect();
    (world.fixture(), callers)
}

/// All that the registry, its office and its desk keep, and the tokens that move.
fn kept(world: &World) -> ([Vec<StorageItem>; 3], [i128; 3]) {
    let suite = world.suite;
    let items = [suite.registry, suite.office, suite.desk].map(|at| world.chain.storage(at).unwrap());
    (items, tokens(world, ["registry", "cinema", "ann"]))
}

/// Makes a call from ever deeper within others; gives at which depths it was done.
fn at_every_depth(world: World, contract: AccountId, data: Vec<u8>) -> Vec<usize> {
    let (moment, callers) = with_callers(world);
    let before = kept(&moment.world());
    let mut done = Vec::new();
    let mut whole = None;
    let (mut to, mut data) = (contract, data);
    for depth in 0..=DEEPEST {
        let mut world = moment.world();
        // The callers swallow whatever becomes of it.
        world.chain.call(account("relayer"), to, 0, data.clone()).ok();
        let after = kept(&world);
        if after != before {
            assert!(whole.get_or_insert_with(|| after.clone()) == &after, "something else at depth {depth}");
            done.push(depth);
        }
        if let Some(caller) = callers.get(depth) {
            let mut through: TokenRef = at(*caller);
            (data, to) = (data_of(through.call_mut().pass_on(to, data)), *caller);
        }
    }
    done
}

#[test]
fn what_anyone_may_submit_is_done_whole_from_every_depth_or_not_at_all() {
    let (mut world, mut to) = open();
    let backed = terms_but(|t| {
        (t.asset, t.funding) = (world.token_asset(), Funding::Escrow);
        t.acceptance = Acceptance::Listed(vec![account("cinema")]);
        t.breakage = Breakage { holder_bps: 10_000, fund: None };
        (t.reservation_ttl, t.valid_for) = (HOUR / 2, Some(DAY));
        (t.marks_first_order, t.rollback_window) = (true, 0);
    });
    let rewards = campaign(&mut world, "bakery", terms(), 0);
    let rewarding = shared::terms::Terms {
        referral: Some(Referral { reward: rewards, per_advocate: 1 }),
        card: Card::Uses(1),
        ..backed
    };
    let number = campaign(&mut world, "bakery", rewarding, 5_000);
    let (codes, list) = (Codes::print("bakery", 4), List::of(&[(account("ann"), 2)]));
    for (root, size) in [(codes.root(), codes.size()), (list.root(), list.size())] {
        act(&mut world, "bakery", 0, to.office.call_mut().create_drop(number, root, size));
    }
    let (place, (registry, office, desk)) =
        (world.place(), (world.suite.registry, world.suite.office, world.suite.desk));
    let target = |index| Target {
        campaign: number,
        drop: 1,
        index,
        to: account("ann"),
        advocate: Some(account("ben")),
    };
    let first =
        act(&mut world, "ann", 0, to.registry.call_mut().claim(codes.claim_for(place, target(0)))).result;
    let redemption = spend(&mut world, &whole(&[first]), &order("cinema", 1)).result;
    let second = issue(&mut world, "bakery", number, "ann");
    let order = order("cinema", 2);
    let permits = both(&world, "cinema", "ann", second, &order);
    let unclaimed = CouponId { campaign: number, serial: 0 };
    let consent = Some(place.order(&keys("cinema"), &whole(&[unclaimed]), &order));
    let at_once = codes.claim_and_spend(place, target(1), &order);

    let (r, o, d) = (&mut to.registry, &mut to.office, &mut to.desk);
    let now = [
        ("claim", registry, data_of(r.call_mut().claim(codes.claim_for(place, target(2))))),
        ("at once", registry, data_of(r.call_mut().claim_and_redeem(at_once, order.clone(), consent))),
        ("redeem", registry, data_of(r.call_mut().redeem(order.clone(), permits.clone()))),
        ("batch", registry, data_of(r.call_mut().redeem_batch(vec![(order.clone(), permits.clone())]))),
        ("list", office, data_of(o.call_mut().claim(list.claim(number, 2, 0)))),
        ("reserve", desk, data_of(d.call_mut().reserve(order.clone(), permits.clone()))),
        ("reward", desk, data_of(d.call_mut().reward(redemption, first))),
    ];
    let moment = world.fixture();
    for (name, contract, data) in now {
        let done = at_every_depth(moment.world(), contract, data);
        assert!(done.contains(&0) && done.contains(&1) && !done.contains(&DEEPEST), "{name}: {done:?}");
    }
    act(&mut world, "relayer", 0, d.call_mut().reserve(order, permits));
    world.chain.set_time(NOW + DAY).unwrap();
    let moment = world.fixture();
    let later = [
        ("release", data_of(d.call_mut().release(second, None))),
        ("expire", data_of(d.call_mut().expire(second))),
    ];
    for (name, data) in later {
        let done = at_every_depth(moment.world(), desk, data);
        assert!(done.contains(&0) && done.contains(&1) && !done.contains(&DEEPEST), "{name}: {done:?}");
    }
}
