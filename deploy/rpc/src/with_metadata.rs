//! What is read and written by a runtime's metadata, held against the very types of such a runtime: the embedded chain's.

use crate::{
    calls::{self, Limits, PalletCall},
    dry_run::{Attempt, Dispatched},
    node::tests::{pretend, Reply},
    proof::{encoded as header_bytes, CHILD},
    runtime::{ContractInfo, Ending, Holding, Runtime, Weight},
    to_hex, NodeFault, RpcChain,
};
use chain::{
    runtime::{
        CouponSandbox, Runtime as Pallets, RuntimeCall, RuntimeEvent, DEPOSIT_PER_ITEM, EXISTENTIAL_DEPOSIT,
        MAX_CODE_LEN,
    },
    AccountId, Chain, ChainError, EventKind, StorageItem,
};
use drink::{
    pallet_contracts::{self, Determinism},
    AccountId32, DispatchError, Sandbox,
};
use frame_support::dispatch::DispatchInfo;
use frame_system::{EventRecord, Phase};
use scale::{Decode, Encode};
use serde_json::json;
use sp_core::{
    hashing,
    storage::{ChildInfo, StateVersion},
    Blake2Hasher, H256,
};
use sp_state_machine::{prove_child_read, prove_read, InMemoryBackend, StorageProof};
use subxt_core::tx::payload::{dynamic, Payload};

fn runtime() -> Runtime {
    Runtime::read(&CouponSandbox::get_metadata().encode(), 7, 1, [9; 32]).unwrap()
}

fn encoded(call: PalletCall) -> Vec<u8> {
    dynamic(call.pallet, call.name, call.arguments).encode_call_data(&runtime().metadata).unwrap()
}

fn event(phase: Phase, event: impl Into<RuntimeEvent>, topics: Vec<H256>) -> EventRecord<RuntimeEvent, H256> {
    EventRecord { phase, event: event.into(), topics }
}

#[test]
fn calls_are_written_as_the_pallets_read_them() {
    let limits = Limits { gas: Weight { ref_time: 5_000_000_000, proof_size: 300_000 }, deposit: 1 << 70 };
    let gas_limit = drink::Weight::from_parts(5_000_000_000, 300_000);
    let storage_deposit_limit = Some((1_u128 << 70).into());
    let (there, bytes) = (AccountId32::new([3; 32]), vec![1, 2, 3]);
    let expected = [
        RuntimeCall::Contracts(pallet_contracts::Call::upload_code {
            code: bytes.clone(),
            storage_deposit_limit: Some(12_u128.into()),
            determinism: Determinism::Enforced,
        }),
        RuntimeCall::Contracts(pallet_contracts::Call::instantiate {
            value: 7,
            gas_limit,
            storage_deposit_limit,
            code_hash: H256([4; 32]),
            data: bytes.clone(),
            salt: vec![8],
        }),
        RuntimeCall::Contracts(pallet_contracts::Call::call {
            dest: there.clone().into(),
            value: u128::MAX,
            gas_limit,
            storage_deposit_limit,
            data: bytes.clone(),
        }),
        RuntimeCall::Balances(pallet_balances::Call::transfer_allow_death { dest: there.into(), value: 9 }),
    ];
    let to = AccountId::from([3; 32]);
    let written = [
        calls::upload(&bytes, 12),
        calls::instantiate([4; 32], 7, &bytes, &[8], limits),
        calls::call(to, u128::MAX, &bytes, limits),
        calls::transfer(to, 9),
    ];
    assert_eq!(written.map(encoded), expected.map(|call| call.encode()));
}

#[test]
fn constants_and_keys_are_found() {
    let runtime = runtime();
    assert_eq!(runtime.constant("Balances", "ExistentialDeposit"), Some(EXISTENTIAL_DEPOSIT));
    assert_eq!(runtime.constant("Contracts", "DepositPerItem"), Some(DEPOSIT_PER_ITEM));
    assert_eq!(runtime.constant("Contracts", "MaxCodeLen"), Some(MAX_CODE_LEN));
    assert_eq!(runtime.constant::<u128>("Contracts", "Nothing"), None);
    assert!(runtime.has_pallet("Contracts") && !runtime.has_pallet("Sudo"));

    let place = |name: &str| [hashing::twox_128(b"System"), hashing::twox_128(name.as_bytes())].concat();
    assert_eq!(runtime.item("System", "Events"), Some(place("Events")));
    let account = [5; 32];
    let hashed = [place("Account"), hashing::blake2_128(&account).to_vec(), account.to_vec()].concat();
    assert_eq!(runtime.entry("System", "Account", &account), Some(hashed));
}

#[test]
fn what_a_transaction_may_use_is_the_runtimes_own_limit() {
    use frame_support::{dispatch::DispatchClass, traits::Get};
    let weights: frame_system::limits::BlockWeights = <Pallets as frame_system::Config>::BlockWeights::get();
    let expected = weights.get(DispatchClass::Normal).max_extrinsic.unwrap();
    let limit = runtime().transaction_limit().unwrap();
    assert_eq!((limit.ref_time, limit.proof_size), (expected.ref_time(), expected.proof_size()));
}

#[test]
fn accounts_and_contracts_are_read_by_the_names_of_their_fields() {
    let account = (1_u32, 2_u32, 3_u32, 4_u32, 50_u128, 60_u128, 70_u128, 0_u128).encode();
    assert_eq!(runtime().holding(&account), Some(Holding { free: 50, reserved: 60, nonce: 1 }));
    assert_eq!(runtime().holding(&account[..20]), None);

    let sizes = (1_u32, 2_u32, 3_u128, 4_u128, 5_u128);
    let info = (vec![7_u8; 32], [8_u8; 32], sizes, Vec::<u8>::new()).encode();
    let read = ContractInfo { trie: vec![7; 32], code_hash: [8; 32] };
    assert_eq!(runtime().contract_info(&info), Some(read));
}

#[test]
fn events_of_contracts_are_read_with_their_places_and_topics() {
    use pallet_contracts::Event;
    let (contract, other) = (AccountId32::new([1; 32]), AccountId32::new([2; 32]));
    let phase = Phase::ApplyExtrinsic(1);
    let called = Event::<Pallets>::Called {
        caller: pallet_contracts::Origin::Signed(other.clone()),
        contract: contract.clone(),
    };
    let emitted = Event::<Pallets>::ContractEmitted { contract: contract.clone(), data: vec![0, 255, 7] };
    let updated = Event::<Pallets>::ContractCodeUpdated {
        contract: contract.clone(),
        new_code_hash: H256([4; 32]),
        old_code_hash: H256([3; 32]),
    };
    let ended = Event::<Pallets>::Terminated { contract, beneficiary: other };
    let info = DispatchInfo { weight: drink::Weight::from_parts(11, 12), ..Default::default() };
    let records = vec![
        event(Phase::Initialization, called, vec![H256([6; 32])]),
        event(phase.clone(), emitted, vec![H256([5; 32]), H256([6; 32])]),
        event(phase.clone(), updated, vec![H256([6; 32])]),
        event(phase.clone(), ended, vec![H256([6; 32])]),
        event(phase, frame_system::Event::<Pallets>::ExtrinsicSuccess { dispatch_info: info }, Vec::new()),
    ];
    let runtime = runtime();
    let seen = runtime.contract_events(records.encode(), 40, 1_000).unwrap();
    let kinds: Vec<_> = seen.iter().map(|seen| (seen.record.index, seen.record.kind.clone())).collect();
    let beneficiary = AccountId::from([2; 32]);
    assert_eq!(
        kinds,
        [
            (1, EventKind::Emitted),
            (2, EventKind::CodeUpdated { from: [3; 32], to: [4; 32] }),
            (3, EventKind::Terminated { beneficiary }),
        ]
    );
    assert_eq!(seen[0].transaction, Some(1));
    assert_eq!((seen[0].record.block, seen[0].record.time), (40, 1_000));
    assert_eq!(seen[0].record.contract, AccountId::from([1; 32]));
    assert_eq!(seen[0].record.data, [0, 255, 7]);
    assert_eq!(seen[0].record.topics, [[5; 32], [6; 32]]);
    assert!(seen[1].record.topics.is_empty(), "the pallet's own topics are not the contract's");

    let used = Weight { ref_time: 11, proof_size: 12 };
    assert_eq!(runtime.ending(records.encode(), 1), Some(Ending::Success(used)));
    assert_eq!(runtime.ending(records.encode(), 0), None);
}

#[test]
fn refusals_have_the_embedded_chains_words() {
    use pallet_contracts::Error;
    let runtime = runtime();
    let (signer, contract) = (AccountId::from([1; 32]), AccountId::from([2; 32]));
    let attempt = Attempt { signer, balance: 5, contract, value: 9, deposit_limit: None };
    let said = |error: DispatchError| {
        let error = Dispatched::decode(&mut error.encode().as_slice()).unwrap();
        runtime.execution_fault(&error, &attempt, Weight::default(), b"why")
    };
    let of = |error: Error<Pallets>| said(error.into());
    assert_eq!(of(Error::ContractNotFound), ChainError::NoSuchContract { contract });
    assert_eq!(of(Error::ContractTrapped), ChainError::Trapped { contract, debug: "why".into() });
    assert_eq!(of(Error::DuplicateContract), ChainError::DuplicateContract { signer });
    assert_eq!(of(Error::StorageDepositLimitExhausted), ChainError::DepositLimit { limit: None });
    assert_eq!(of(Error::StorageDepositNotEnoughFunds), ChainError::DepositShort { signer, balance: 5 });
    let unpaid = ChainError::InsufficientBalance { account: signer, balance: 5, amount: 9 };
    assert_eq!(of(Error::TransferFailed), unpaid);
    assert!(matches!(of(Error::OutOfGas), ChainError::OutOfGas { ref_time, .. } if ref_time > 0));
    let ChainError::Module { pallet, error, docs } = of(Error::DecodingFailed) else { panic!() };
    assert_eq!((pallet.as_str(), error.as_str()), ("Contracts", "DecodingFailed"));
    assert!(docs.starts_with("Input passed to a contract API function"), "{docs}");
    assert_eq!(said(DispatchError::BadOrigin), ChainError::Dispatch("BadOrigin".into()));
}

#[test]
fn a_chain_without_the_pallet_is_refused_when_it_is_connected_to() {
    let metadata = CouponSandbox::get_metadata().encode();
    let place = metadata.windows(9).position(|bytes| bytes == b"Contracts").unwrap();
    let connect = |change: Option<usize>| {
        let mut metadata = metadata.clone();
        if let Some(place) = change {
            metadata[place] = b'K';
        }
        let (endpoint, _) = pretend(vec![
            Reply::Answer(json!(to_hex([4; 32]))),
            Reply::Answer(json!({ "specVersion": 7, "transactionVersion": 1 })),
            Reply::Answer(json!(to_hex(metadata))),
            Reply::Error(-32_601, "that is as far as this node goes"),
        ]);
        let fault = RpcChain::connect(&endpoint, None).err().unwrap();
        (endpoint, fault)
    };
    let all: Vec<usize> =
        (place..metadata.len() - 9).filter(|at| metadata[*at..].starts_with(b"Contracts")).collect();
    // One of these is the pallet's own name.
    let refusals: Vec<_> = all.into_iter().map(|place| connect(Some(place))).collect();
    let lacks = |(endpoint, fault): &(String, NodeFault)| {
        *fault == NodeFault::Lacking { endpoint: endpoint.clone(), what: "Contracts pallet".to_owned() }
    };
    assert!(refusals.iter().any(lacks), "{refusals:?}");
    assert!(matches!(connect(None).1, NodeFault::Refused { code: -32_601, .. }));
}

/// What is read of a contract's storage from a node that gives proofs, but `withholds` so many of the contract's 100 items, and what it holds.
fn storage_with_proofs(withholds: usize) -> (Result<Vec<StorageItem>, ChainError>, Vec<StorageItem>) {
    let (runtime, contract, trie) = (runtime(), AccountId::from([1; 32]), [7_u8; 32]);
    let item = |n: u32| (n.to_be_bytes().to_vec(), vec![1; 40]);
    let held: Vec<StorageItem> = (0..100).map(item).collect();
    let hashed = |key: &[u8]| [hashing::blake2_128(key).as_slice(), key].concat();
    let mut stored: Vec<_> = held.iter().map(|(key, value)| (hashed(key), Some(value.clone()))).collect();
    stored.sort();

    let sizes = (1_u32, 2_u32, 3_u128, 4_u128, 5_u128);
    let info = (trie.to_vec(), [8_u8; 32], sizes, Vec::<u8>::new()).encode();
    let info_key = runtime.entry("Contracts", "ContractInfoOf", contract.as_ref()).unwrap();
    let child = ChildInfo::new_default(&trie);
    let state = InMemoryBackend::<Blake2Hasher>::default().update(
        vec![(None, vec![(info_key.clone(), Some(info))]), (Some(child.clone()), stored.clone())],
        StateVersion::V1,
    );
    let header = json!({
        "parentHash": to_hex([1; 32]), "number": "0x2a", "stateRoot": to_hex(state.root()),
        "extrinsicsRoot": to_hex([3; 32]), "digest": { "logs": [] },
    });
    let hash = json!(to_hex(hashing::blake2_256(&header_bytes(&header).unwrap().0)));
    let told: Vec<_> = stored.into_iter().skip(withholds).map(|(key, _)| key).collect();
    let proof = |proof: StorageProof| {
        let nodes: Vec<_> = proof.into_iter_nodes().map(to_hex).collect();
        Reply::Answer(json!({ "at": hash, "proof": nodes }))
    };
    let top = |key: &[u8]| proof(prove_read(state.clone(), [key]).unwrap());
    let mut replies = vec![
        // What is asked as it is connected to.
        Reply::Answer(json!(to_hex([4; 32]))),
        Reply::Answer(json!({ "specVersion": 7, "transactionVersion": 1 })),
        Reply::Answer(json!(to_hex(CouponSandbox::get_metadata().encode()))),
        Reply::Answer(hash.clone()),
        Reply::Answer(header.clone()),
        Reply::Answer(json!(null)),
        Reply::Answer(json!(to_hex(9_u64.to_le_bytes()))),
        // As the block is held, and proofs are asked for.
        Reply::Answer(hash.clone()),
        top(b":code"),
        Reply::Answer(header.clone()),
        // As the storage is read.
        top(&info_key),
    ];
    for page in told.chunks(64) {
        replies.push(Reply::Answer(json!(page.iter().map(to_hex).collect::<Vec<_>>())));
    }
    replies.push(Reply::Answer(json!([])));
    replies.push(top(&[CHILD, &trie].concat()));
    for page in told.chunks(64) {
        replies.push(proof(prove_child_read(state.clone(), &child, page).unwrap()));
    }
    let (endpoint, _) = pretend(replies);
    let mut chain = RpcChain::connect(&endpoint, None).unwrap();
    chain.hold(None).unwrap();
    assert_eq!(chain.demand_proofs(), Ok(true));
    let read = chain.storage(contract).map(|mut items| {
        items.sort();
        items
    });
    (read, held)
}

#[test]
fn a_storage_is_read_with_proofs_where_the_node_gives_them() {
    let (read, held) = storage_with_proofs(0);
    assert_eq!(read, Ok(held));
    let (read, _) = storage_with_proofs(1);
    let Err(ChainError::Node { why }) = read else { panic!("an item was withheld: {read:?}") };
    assert!(why.contains("doesn't prove the state of block 42: "), "{why}");
}

#[test]
fn a_node_without_proofs_or_with_another_header_is_told_from_one_that_proves() {
    let asked = |proof: Reply, header: Reply| {
        let (endpoint, _) = pretend(vec![
            Reply::Answer(json!(to_hex([4; 32]))),
            Reply::Answer(json!({ "specVersion": 7, "transactionVersion": 1 })),
            Reply::Answer(json!(to_hex(CouponSandbox::get_metadata().encode()))),
            Reply::Answer(json!(to_hex([6; 32]))),
            Reply::Answer(json!({ "number": "0x2a" })),
            Reply::Answer(json!(null)),
            Reply::Answer(json!(to_hex(9_u64.to_le_bytes()))),
            Reply::Answer(json!(to_hex([6; 32]))),
            proof,
            header,
        ]);
        let mut chain = RpcChain::connect(&endpoint, None).unwrap();
        chain.hold(None).unwrap();
        chain.demand_proofs()
    };
    let header = json!({
        "parentHash": to_hex([1; 32]), "number": "0x2a", "stateRoot": to_hex([2; 32]),
        "extrinsicsRoot": to_hex([3; 32]), "digest": { "logs": [] },
    });
    let none = || Reply::Error(-32_601, "Method not found");
    assert_eq!(asked(none(), Reply::HangUp), Ok(false));
    let given = asked(Reply::Answer(json!({ "proof": [] })), Reply::Answer(header));
    assert!(
        matches!(&given, Err(NodeFault::Unproven { block: 42, why, .. }) if why == "its header has another hash"),
        "{given:?}"
    );
}
