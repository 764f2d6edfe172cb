//! The embedded chain: blocks and time, refusals that change nothing, events, storage, and the file.

use crate::probe::{self, input, Op, Town, BLOCK_TIME, KEY, START, UNIT, VALUE};
use chain::{tamper, Chain, ChainError, EmbeddedChain, EventKind, Genesis, Keypair, TypedChain};
use ink::primitives::LangError;
use scale::{Decode, Encode};
use std::{fs, path::Path};

/// All that can be seen of a chain, to compare.
fn seen(town: &Town) -> impl PartialEq + std::fmt::Debug {
    let chain = &town.chain;
    (
        (chain.genesis(), chain.height(), chain.now()),
        chain.balance(town.ann).unwrap(),
        chain.reserved(town.ann).unwrap(),
        chain.balance(town.probe).unwrap(),
        chain.code_hash_of(town.probe).unwrap(),
        chain.storage(town.probe).unwrap(),
        chain.events(0).unwrap(),
        chain.blocks().to_vec(),
    )
}

/// The probe with a section that means nothing: another code that does the same.
fn longer() -> Vec<u8> {
    [probe::wasm(), vec![0, 2, 1, b'a']].concat()
}

fn bytes(account: chain::AccountId) -> [u8; 32] {
    *account.as_ref()
}

#[test]
fn contracts_see_milliseconds_and_each_block_moves_them() {
    let mut town = Town::new();
    assert_eq!(town.chain.now(), START + 2 * BLOCK_TIME);
    let told = |data: Vec<u8>| u64::decode(&mut data.as_slice()).unwrap();
    assert_eq!(told(town.view(Op::Now, 0, &[]).unwrap().data), START + 2 * BLOCK_TIME);
    assert_eq!(told(town.call(Op::Now, 0, &[]).unwrap().data), START + 3 * BLOCK_TIME);
    town.chain.set_block_time_ms(0);
    town.chain.advance(10).unwrap();
    assert_eq!(told(town.call(Op::Now, 0, &[]).unwrap().data), START + 3 * BLOCK_TIME + 10);
    assert_eq!(
        town.chain.set_time(START),
        Err(ChainError::TimeBackwards { now: START + 3 * BLOCK_TIME + 10, asked: START })
    );
}

#[test]
fn a_call_that_fails_changes_nothing_and_makes_no_block() {
    let mut town = Town::new();
    let before = format!("{:?}", seen(&town));
    let reverted = town.call(Op::Revert, 0, &[]).unwrap_err();
    assert!(
        matches!(&reverted, ChainError::Reverted { data, cost } if data == VALUE && cost.touches == 1),
        "{reverted}"
    );
    assert!(matches!(
        town.call(Op::Trap, 0, &[]),
        Err(ChainError::Trapped { contract, .. }) if contract == town.probe
    ));
    assert!(matches!(town.call(Op::Spin, 0, &[]), Err(ChainError::OutOfGas { .. })));
    let (ann, ben, probe) = (town.ann, town.ben, town.probe);
    assert_eq!(
        town.chain.call(ann, ben, 0, input(Op::Set, 1, &[])),
        Err(ChainError::NoSuchContract { contract: ben })
    );
    assert_eq!(
        town.chain.call(ben, probe, 5 * UNIT, input(Op::Set, 1, &[])),
        Err(ChainError::InsufficientBalance { account: ben, balance: UNIT, amount: 5 * UNIT })
    );
    town.chain.set_deposit_limit(Some(1));
    assert_eq!(town.call(Op::Set, 1, &[]), Err(ChainError::DepositLimit { limit: Some(1) }));
    assert_eq!(format!("{:?}", seen(&town)), before);
}

#[test]
fn a_view_changes_nothing_and_says_what_a_call_would_cost() {
    let mut town = Town::new();
    let before = format!("{:?}", seen(&town));
    let viewed = town.view(Op::Set, 2, &[]).unwrap();
    assert_eq!(format!("{:?}", seen(&town)), before);
    assert_eq!(viewed.cost, town.call(Op::Set, 2, &[]).unwrap().cost);
}

#[test]
fn codes_and_contracts_are_refused_for_their_reasons() {
    let mut town = Town::new();
    let (ann, code) = (town.ann, town.code);
    assert_eq!(town.chain.upload(ann, &[0; 200_000]), Err(ChainError::CodeTooLarge { size: 200_000 }));
    assert!(matches!(town.chain.upload(ann, b"no module"), Err(ChainError::CodeRejected { size: 9, .. })));
    let poor = Keypair::named("poor").account();
    let balance = town.chain.existential_deposit();
    town.chain.endow(poor, balance).unwrap();
    assert_eq!(town.chain.upload(poor, &longer()), Err(ChainError::DepositShort { signer: poor, balance }));
    assert_eq!(
        town.chain.instantiate(ann, [9; 32], 0, Vec::new(), Vec::new()),
        Err(ChainError::NoSuchCode { code_hash: [9; 32] })
    );
    assert_eq!(
        town.chain.instantiate(ann, code, 0, Vec::new(), Vec::new()),
        Err(ChainError::DuplicateContract { signer: ann })
    );
}

#[test]
fn money_moves_and_small_or_missing_money_does_not() {
    let mut town = Town::new();
    let (ben, eve) = (town.ben, Keypair::named("eve").account());
    let existential_deposit = town.chain.existential_deposit();
    assert_eq!(
        town.chain.transfer(ben, eve, existential_deposit - 1),
        Err(ChainError::BelowExistentialDeposit {
            account: eve,
            amount: existential_deposit - 1,
            existential_deposit
        })
    );
    assert_eq!(
        town.chain.transfer(ben, eve, 2 * UNIT),
        Err(ChainError::InsufficientBalance { account: ben, balance: UNIT, amount: 2 * UNIT })
    );
    town.chain.transfer(ben, eve, existential_deposit).unwrap();
    assert_eq!(town.chain.balance(eve), Ok(existential_deposit));
    town.chain.endow(eve, 7).unwrap();
    assert_eq!(town.chain.balance(eve), Ok(existential_deposit + 7));
    assert_eq!(
        EmbeddedChain::new(Genesis { endowed: vec![(eve, 1)], ..Genesis::default() }).err(),
        Some(ChainError::BelowExistentialDeposit { account: eve, amount: 1, existential_deposit })
    );
}

#[test]
fn events_carry_block_time_topics_and_data() {
    let mut town = Town::new();
    let outcome = town.call(Op::Emit, 2, b"hello").unwrap();
    let events = town.chain.events(town.chain.height()).unwrap();
    assert_eq!(outcome.events, events);
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!((event.block, event.time), (3, START + 3 * BLOCK_TIME));
    assert_eq!(event.contract, town.probe);
    assert_eq!(event.kind, EventKind::Emitted);
    assert_eq!(event.topics, [[b'a'; 32], [b'b'; 32]]);
    assert_eq!(event.data, b"hello");
    assert!(town.chain.events(town.chain.height() + 1).unwrap().is_empty());
}

#[test]
fn a_contracts_change_of_code_and_its_end_are_seen() {
    let mut town = Town::new();
    let (ann, old) = (town.ann, town.code);
    let (new, _) = town.chain.upload(ann, &longer()).unwrap();
    let updated = town.call(Op::SetCode, 0, &new).unwrap();
    assert_eq!(updated.events[0].kind, EventKind::CodeUpdated { from: old, to: new });
    assert_eq!(town.chain.code_hash_of(town.probe), Ok(Some(new)));
    let ended = town.call(Op::Terminate, 0, &bytes(town.ben)).unwrap();
    assert_eq!(ended.events[0].kind, EventKind::Terminated { beneficiary: town.ben });
    assert_eq!(town.chain.code_hash_of(town.probe), Ok(None));
}

#[test]
fn storage_is_listed_under_the_keys_the_contract_gave() {
    let mut town = Town::new();
    assert!(town.chain.storage(town.probe).unwrap().is_empty());
    town.call(Op::Set, 1, &[]).unwrap();
    let items = vec![(KEY.to_vec(), VALUE.to_vec())];
    assert_eq!(town.chain.storage(town.probe), Ok(items.clone()));
    town.chain.snapshot();
    assert_eq!(town.chain.storage(town.probe), Ok(items));
    assert_eq!(town.chain.storage(town.ann), Err(ChainError::NoSuchContract { contract: town.ann }));
}

#[test]
fn a_contract_accepts_a_keypairs_signature() {
    let town = Town::new();
    let ann = Keypair::named("ann");
    let message = b"<Bytes>twenty percent off</Bytes>";
    let ask = |message: &[u8]| {
        let arguments =
            [&ann.sign(b"<Bytes>twenty percent off</Bytes>")[..], &ann.public(), message].concat();
        town.view(Op::Verify, 0, &arguments).unwrap().data
    };
    assert_eq!(ask(message), 0u32.encode());
    assert_ne!(ask(b"twenty percent off"), 0u32.encode());
}

#[test]
fn typed_messages_give_values_and_the_contracts_own_errors() {
    type Answer = Result<u32, u8>;
    let mut town = Town::new();
    let ann = town.ann;
    let right: Result<Answer, LangError> = Ok(Ok(7));
    let message = town.message::<_, Answer>(0, right.clone());
    assert_eq!(town.chain.view_typed(ann, 0, message).unwrap().0, Ok(7));
    let message = town.message::<_, Answer>(0, right);
    assert_eq!(town.chain.call_typed(ann, 0, message).unwrap().0, Ok(7));

    let height = town.chain.height();
    let wrong: Result<Answer, LangError> = Ok(Err(3));
    let message = town.message::<_, Answer>(1, wrong);
    assert_eq!(town.chain.call_typed(ann, 0, message).unwrap().0, Err(3));
    assert_eq!(town.chain.height(), height);

    let unread: Result<Answer, LangError> = Err(LangError::CouldNotReadInput);
    let message = town.message::<_, Answer>(1, unread);
    assert_eq!(
        town.chain.call_typed(ann, 0, message).unwrap_err(),
        ChainError::Unreadable(LangError::CouldNotReadInput)
    );
    let message = town.message::<_, Answer>(0, [0u8, 0, 7]);
    assert_eq!(
        town.chain.view_typed(ann, 0, message).unwrap_err(),
        ChainError::Undecodable { data: vec![0, 0, 7] }
    );
}

#[test]
fn a_snapshot_brings_everything_back_as_often_as_wanted() {
    let mut town = Town::new();
    town.call(Op::Set, 1, &[]).unwrap();
    let before = format!("{:?}", seen(&town));
    let snapshot = town.chain.snapshot();
    for _ in 0..3 {
        town.call(Op::Clear, 1, &[]).unwrap();
        town.call(Op::Emit, 1, &[]).unwrap();
        assert_ne!(format!("{:?}", seen(&town)), before);
        town.chain.restore(&snapshot);
        assert_eq!(format!("{:?}", seen(&town)), before);
    }
    town.chain = EmbeddedChain::fork(&snapshot);
    assert_eq!(format!("{:?}", seen(&town)), before);
    assert!(town.call(Op::Get, 1, &[]).is_ok());
}

fn reopen(town: &mut Town, path: &Path) {
    // The lock is the open chain's, so it goes first.
    town.chain = EmbeddedChain::new(Genesis::default()).unwrap();
    town.chain = EmbeddedChain::open(path).unwrap();
}

#[test]
fn a_file_brings_everything_back_and_the_chain_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("town.couponry");
    let mut town = Town::new();
    town.call(Op::Set, 1, &[]).unwrap();
    town.call(Op::Emit, 3, b"x").unwrap();
    let before = format!("{:?}", seen(&town));
    town.chain.save(&path).unwrap();
    let written = fs::read(&path).unwrap();
    reopen(&mut town, &path);
    assert_eq!(format!("{:?}", seen(&town)), before);
    town.chain.save(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), written);

    town.call(Op::Clear, 1, &[]).unwrap();
    town.chain.save(&path).unwrap();
    reopen(&mut town, &path);
    assert!(town.chain.storage(town.probe).unwrap().is_empty());
}

#[test]
fn what_a_killed_command_left_beside_the_file_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("town.couponry");
    let mut town = Town::new();
    town.chain.save(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(folder.path().join(".chain-killed.tmp"), &whole[..whole.len() / 2]).unwrap();
    let before = format!("{:?}", seen(&town));
    reopen(&mut town, &path);
    assert_eq!(format!("{:?}", seen(&town)), before);
}

#[test]
fn a_damaged_or_missing_file_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("town.couponry");
    assert!(matches!(EmbeddedChain::open(&path).err(), Some(ChainError::File { action: "read", .. })));
    Town::new().chain.save(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let cut = EmbeddedChain::open(&path).err().unwrap().to_string();
    assert!(cut.contains("town.couponry") && cut.contains("cut short"), "{cut}");
    let mut edited = whole;
    let middle = edited.len() / 2;
    edited[middle] ^= 4;
    fs::write(&path, edited).unwrap();
    let edited = EmbeddedChain::open(&path).err().unwrap().to_string();
    assert!(edited.contains("checksum"), "{edited}");
}

#[test]
fn one_command_at_a_time_uses_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("town.couponry");
    let mut town = Town::new();
    town.chain.save(&path).unwrap();
    assert_eq!(EmbeddedChain::open(&path).err(), Some(ChainError::Locked { path: path.clone() }));
    drop(town);
    assert!(EmbeddedChain::open(&path).is_ok());
}

#[test]
fn chains_of_other_seeds_or_times_have_other_tags() {
    let tag =
        |seed, time| EmbeddedChain::new(Genesis { seed, time, ..Genesis::default() }).unwrap().genesis();
    assert_eq!(tag([1; 32], 5), tag([1; 32], 5));
    assert_ne!(tag([1; 32], 5), tag([2; 32], 5));
    assert_ne!(tag([1; 32], 5), tag([1; 32], 6));
}

#[test]
fn tampering_changes_just_what_it_says() {
    let mut town = Town::new();
    town.call(Op::Set, 1, &[]).unwrap();
    town.call(Op::Emit, 1, b"true").unwrap();
    let probe = town.probe;
    tamper::storage(&mut town.chain, probe, KEY, Some(b"false".to_vec())).unwrap();
    assert_eq!(town.chain.storage(probe), Ok(vec![(KEY.to_vec(), b"false".to_vec())]));
    tamper::storage(&mut town.chain, probe, KEY, None).unwrap();
    assert_eq!(town.chain.storage(probe), Ok(Vec::new()));
    let event = town.chain.history()[0].clone();
    let was = tamper::event(&mut town.chain, event.block, event.index, |event| {
        event.data = b"false".to_vec();
    });
    assert_eq!(was, Some(event.clone()));
    assert_eq!(town.chain.history()[0].data, b"false");
    assert!(tamper::delete_event(&mut town.chain, event.block, event.index).is_some());
    assert!(town.chain.history().is_empty());
    assert_eq!(tamper::delete_event(&mut town.chain, event.block, event.index), None);
}
