//! What the backend promises of any chain: refusals before anything is signed, in the embedded chain's words, and nothing twice.

use crate::{live, ALICE};
use chain::{AccountId, Chain, ChainError, EventRecord, Keypair};
use e2e_tests::world::wasm;
use rpc_chain::{Archive, Cursor, NodeFault, RpcChain};
use std::{cell::RefCell, rc::Rc};

#[test]
fn what_can_be_foreseen_is_refused_before_anything_is_signed() {
    let mut chain = live();
    let alice = Keypair::from_seed(ALICE).account();
    let (balance, ed) = (chain.balance(alice).unwrap(), chain.existential_deposit());
    let nobody = Keypair::named("nobody").account();

    assert_eq!(
        chain.call(alice, nobody, 0, Vec::new()),
        Err(ChainError::NoSuchContract { contract: nobody })
    );
    assert_eq!(
        chain.view(alice, nobody, 0, Vec::new()),
        Err(ChainError::NoSuchContract { contract: nobody })
    );
    assert_eq!(chain.storage(nobody), Err(ChainError::NoSuchContract { contract: nobody }));
    assert_eq!(chain.code_hash_of(nobody), Ok(None));
    let missing = chain.instantiate(alice, [1; 32], 0, Vec::new(), Vec::new());
    assert_eq!(missing.map(drop), Err(ChainError::NoSuchCode { code_hash: [1; 32] }));
    let rejected = chain.upload(alice, b"\0asm\x01\0\0\0").map(drop);
    assert!(matches!(rejected, Err(ChainError::CodeRejected { size: 8, .. })), "{rejected:?}");
    let large = vec![0; 1_024 * 1_024];
    assert_eq!(chain.upload(alice, &large).map(drop), Err(ChainError::CodeTooLarge { size: large.len() }));
    assert_eq!(chain.transfer(nobody, alice, 1), Err(short(nobody, 0, 1)));
    assert_eq!(chain.transfer(alice, nobody, balance + 1), Err(short(alice, balance, balance + 1)));
    let small =
        ChainError::BelowExistentialDeposit { account: nobody, amount: ed - 1, existential_deposit: ed };
    assert_eq!(chain.transfer(alice, nobody, ed - 1), Err(small));

    assert_eq!(chain.balance(alice), Ok(balance), "nothing was paid");
}

#[test]
fn nothing_is_signed_without_a_key() {
    let endpoint = std::env::var("COUPONRY_LIVE_ENDPOINT").unwrap();
    let mut chain = RpcChain::connect(&endpoint, None).unwrap();
    let alice = Keypair::from_seed(ALICE).account();
    let refused = chain.transfer(alice, Keypair::named("nobody").account(), 1_000_000_000_000);
    assert_eq!(refused, Err(ChainError::NoKey { account: alice }));
}

#[test]
fn another_chain_than_the_one_that_is_meant_is_refused() {
    let endpoint = std::env::var("COUPONRY_LIVE_ENDPOINT").unwrap();
    let genesis = live().genesis();
    assert!(RpcChain::connect(&endpoint, Some(genesis)).is_ok());
    let refused = RpcChain::connect(&endpoint, Some([1; 32])).err();
    assert!(matches!(refused, Some(NodeFault::WrongChain { .. })), "{refused:?}");
    let nowhere = RpcChain::connect("ws://127.0.0.1:1", None).err();
    assert!(matches!(nowhere, Some(NodeFault::Unreachable { .. })), "{nowhere:?}");
}

#[test]
fn a_code_is_stored_once_and_time_passes() {
    let mut chain = live();
    let alice = Keypair::from_seed(ALICE).account();
    let code = wasm("mock-psp34-minimal");
    let (hash, _) = chain.upload(alice, &code).unwrap();
    let balance = chain.balance(alice).unwrap();
    assert_eq!(chain.upload(alice, &code).unwrap().0, hash);
    assert_eq!(chain.balance(alice).unwrap(), balance, "storing it again costs nothing");

    let (now, height) = (chain.now(), chain.height());
    chain.advance(86_400_000).unwrap();
    assert_eq!(chain.now(), now + 86_400_000);
    assert!(chain.height() > height);
    assert_eq!(chain.set_time(now), Err(ChainError::TimeBackwards { now: chain.now(), asked: now }));
}

/// What was read, in memory.
#[derive(Default)]
struct Memory {
    cursor: Option<Cursor>,
    events: Vec<EventRecord>,
}

impl Archive for Memory {
    fn cursor(&self) -> Result<Option<Cursor>, ChainError> {
        Ok(self.cursor)
    }

    fn append(&mut self, to: Cursor, events: &[EventRecord]) -> Result<(), ChainError> {
        self.cursor = Some(to);
        self.events.extend_from_slice(events);
        Ok(())
    }

    fn read(&self, from: u32, to: u32) -> Result<Vec<EventRecord>, ChainError> {
        let within = |event: &&EventRecord| (from..=to).contains(&event.block);
        Ok(self.events.iter().filter(within).cloned().collect())
    }
}

#[test]
fn a_history_is_read_once_and_must_stay_what_it_was() {
    let mut chain = live();
    for _ in 0..3 {
        chain.advance(60_000).unwrap();
    }
    let expected = chain.events(1).unwrap();
    let told = Rc::new(RefCell::new(Vec::new()));
    let telling = Rc::clone(&told);
    chain.set_first_block(1);
    chain.set_progress(Box::new(move |done, of| telling.borrow_mut().push((done, of))));
    chain.set_archive(Box::<Memory>::default());
    assert_eq!(chain.events(0).unwrap(), expected);
    let height = chain.height();
    assert_eq!(told.take().last(), Some(&(height, height)));
    assert_eq!(chain.events(0).unwrap(), expected);
    assert_eq!(told.take(), [], "no block is asked for twice");
    chain.advance(60_000).unwrap();
    let new = chain.height() - height;
    chain.events(0).unwrap();
    assert_eq!(told.take(), [(new, new)]);

    // A node that has another block where the archive ends is another chain, or lies.
    let cursor = Some(Cursor { block: height, hash: [7; 32] });
    chain.set_archive(Box::new(Memory { cursor, events: Vec::new() }));
    let Err(ChainError::Node { why }) = chain.events(0) else { panic!("it was gone on with") };
    assert!(why.starts_with(&format!("the final block {height} was 0x0707")), "{why}");
}

#[test]
fn reads_stay_at_a_block_that_is_held() {
    let mut chain = live();
    let alice = Keypair::from_seed(ALICE).account();
    let (before, height) = (chain.balance(alice).unwrap(), chain.height());
    chain.transfer(alice, Keypair::named("held").account(), 1_000_000_000_000).unwrap();
    let after = chain.balance(alice).unwrap();
    assert!(after < before - 1_000_000_000_000);
    chain.hold(Some(height)).unwrap();
    assert_eq!((chain.height(), chain.balance(alice)), (height, Ok(before)));
    chain.hold(None).unwrap();
    assert_eq!(chain.balance(alice), Ok(after));
    let last = chain.height();
    let future = chain.hold(Some(last + 1)).err();
    assert_eq!(future, Some(NodeFault::Future { block: last + 1, last }));
}

fn short(account: AccountId, balance: u128, amount: u128) -> ChainError {
    ChainError::InsufficientBalance { account, balance, amount }
}
