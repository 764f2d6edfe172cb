//! The prices of pallet-contracts 38, seen from a contract, and the counting of touches and topics.

use crate::probe::{self, Op, Town, VALUE};
use chain::{
    weights::{COMPILED_BYTE, MAX_PROOF_SIZE, MAX_REF_TIME},
    Chain, ChainError, Cost,
};

const READ: u64 = 25_000_000;
const WRITE: u64 = 100_000_000;
const HOST_FN: u64 = 53_173;
const LEN: u64 = VALUE.len() as u64;

/// What doing it `times` more often adds.
fn added(town: &Town, op: Op, times: u16, arguments: &[u8]) -> Cost {
    let few = town.view(op, 1, arguments).unwrap().cost;
    let many = town.view(op, 1 + times, arguments).unwrap().cost;
    Cost {
        ref_time: many.ref_time - few.ref_time,
        proof_size: many.proof_size - few.proof_size,
        deposit: many.deposit - few.deposit,
        touches: many.touches - few.touches,
        topics: many.topics - few.topics,
    }
}

/// `ref_time` is the host function's price; the instructions around it, which are at most 20, come on top.
fn assert_price(cost: Cost, times: u64, ref_time: u64, proof_size: u64) {
    assert_eq!(u64::from(cost.touches), times, "touches");
    assert_eq!(cost.proof_size, times * proof_size, "proof size");
    let instructions = cost.ref_time - times * ref_time;
    assert!(instructions <= times * 20 * chain::weights::FUEL, "{instructions} ps of instructions");
}

#[test]
fn each_storage_call_costs_what_pallet_38_charges() {
    let mut town = Town::new();
    town.call(Op::Set, 1, &[]).unwrap();
    let read = 45_087_000 - 14_356_000 + HOST_FN + READ;
    let write = 50_152_000 - 16_010_000 + HOST_FN + READ + WRITE;
    let proof = 248 + 10_010;
    assert_price(added(&town, Op::Get, 7, &[]), 7, 7_647_236 + read + 603 * LEN, proof + LEN);
    assert_price(added(&town, Op::Contains, 7, &[]), 7, 6_952_661 + read, proof + LEN);
    assert_price(added(&town, Op::Set, 7, &[]), 7, 8_915_233 + write + (255 + 39) * LEN, proof + 1 + LEN);
    // From the second time on there is nothing left to clear or to take.
    assert_price(added(&town, Op::Clear, 7, &[]), 7, 7_912_778 + write, proof);
    assert_price(added(&town, Op::Take, 7, &[]), 7, 8_384_015 + write, proof);
}

#[test]
fn touches_that_find_nothing_count_too() {
    let town = Town::new();
    for op in [Op::Get, Op::Contains, Op::Clear, Op::Take] {
        assert_eq!(town.view(op, 5, &[]).unwrap().cost.touches, 5);
    }
    assert_eq!(town.view(Op::Now, 0, &[]).unwrap().cost.touches, 0);
}

#[test]
fn each_topic_costs_a_read_a_write_and_its_proof() {
    let town = Town::new();
    let two = added(&town, Op::Emit, 2, b"data");
    assert_eq!((two.topics, two.touches), (2, 0));
    assert_eq!(two.proof_size, 2 * 2_475);
    assert_eq!(two.ref_time, 2 * (2_011_090 + READ + WRITE));
}

#[test]
fn a_byte_of_an_event_is_dear() {
    let town = Town::new();
    let (short, long) =
        (town.view(Op::Emit, 1, &[]).unwrap().cost, town.view(Op::Emit, 1, &[0; 100]).unwrap().cost);
    // The bytes come in as input too.
    assert_eq!(long.ref_time - short.ref_time, 100 * (60_012 + 301));
    assert_eq!(long.proof_size, short.proof_size);
}

#[test]
fn a_callees_touches_count_and_its_code_is_charged_again() {
    let mut town = Town::new();
    let (other, _) = town.chain.instantiate(town.ann, town.code, probe::UNIT, Vec::new(), vec![1]).unwrap();
    let arguments = [AsRef::<[u8]>::as_ref(&other), &[0; 16]].concat();
    let (alone, through) =
        (town.view(Op::Set, 1, &[]).unwrap().cost, town.view(Op::CallAnother, 1, &arguments).unwrap().cost);
    assert_eq!((alone.touches, through.touches), (1, 1));
    let code = u64::try_from(probe::wasm().len()).unwrap();
    assert_eq!(through.proof_size - alone.proof_size, 4_085 + code);
    // The small probe is compiled whole, each time it is entered.
    let call = 120_016_020 + 3 * READ + WRITE + 700 * code + COMPILED_BYTE * (code - 700);
    assert!((call..call + 5_000_000).contains(&(through.ref_time - alone.ref_time)));
}

#[test]
fn code_that_is_never_reached_is_still_loaded_and_compiled() {
    const MORE: u64 = 1_000;
    let mut town = Town::new();
    let short = town.view(Op::Set, 1, &[]).unwrap().cost;
    let (code, _) = town.chain.upload(town.ann, &probe::wasm_with(1_000)).unwrap();
    town.probe = town.chain.instantiate(town.ann, code, 0, Vec::new(), Vec::new()).unwrap().0;
    let long = town.view(Op::Set, 1, &[]).unwrap().cost;
    assert_eq!(long.proof_size - short.proof_size, MORE);
    assert_eq!(long.ref_time - short.ref_time, MORE * (700 + COMPILED_BYTE));
}

#[test]
fn exactly_what_is_entered_is_compiled_where_that_is_asked_for() {
    let mut town = Town::new();
    // The constructor is 2 bytes, and what makes room for an answer is 11: an estimate has all of the small probe.
    for (op, not_entered) in [(Op::Now, 2), (Op::Set, 13), (Op::Get, 2)] {
        let estimated = town.view(op, 1, &[]).unwrap();
        let exact = chain::exactly(|| town.view(op, 1, &[]).unwrap());
        assert_eq!(estimated.cost.ref_time - exact.cost.ref_time, not_entered * COMPILED_BYTE);
        assert_eq!(exact.data, estimated.data);
        assert_eq!(Cost { ref_time: 0, ..exact.cost }, Cost { ref_time: 0, ..estimated.cost });
    }
    // What is done is done once, and what isn't asked for isn't counted.
    let done = chain::exactly(|| town.call(Op::Set, 1, &[]).unwrap());
    assert_eq!(done.events, []);
    assert_eq!(town.view(Op::Set, 1, &[]).unwrap().cost.touches, 1);
}

#[test]
fn deposits_are_those_of_a_chain() {
    let mut town = Town::new();
    let item = 100_000_000_000 + i128::from(LEN) * 5_000_000;
    let set = town.call(Op::Set, 1, &[]).unwrap().cost;
    assert_eq!(set.deposit, item);
    assert_eq!(town.call(Op::Clear, 1, &[]).unwrap().cost.deposit, -item);
}

#[test]
fn what_no_block_has_room_for_is_out_of_gas() {
    let mut town = Town::new();
    assert!(matches!(
        town.call(Op::Spin, 0, &[]),
        Err(ChainError::OutOfGas { ref_time, .. }) if ref_time >= MAX_REF_TIME
    ));
    // 10,258 bytes of proof a touch: 383 fit.
    assert!(town.view(Op::Get, 350, &[]).is_ok());
    assert!(matches!(
        town.call(Op::Get, 400, &[]),
        Err(ChainError::OutOfGas { proof_size, .. }) if proof_size > MAX_PROOF_SIZE
    ));
}

#[test]
fn counts_stay_exact_at_the_most_a_block_can_pay_for() {
    let town = Town::new();
    let Err(ChainError::OutOfGas { proof_size, .. }) = town.view(Op::Get, 20_000, &[]) else {
        panic!("20,000 touches fit in a block");
    };
    let few = town.view(Op::Get, 1, &[]).unwrap().cost;
    assert_eq!(proof_size - few.proof_size, 19_999 * 10_258);
}
