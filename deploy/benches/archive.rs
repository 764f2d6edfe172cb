//! How many events a second go into the archive of a live chain: `cargo bench -p couponry --profile dev`.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "a bench may stop short"
)]

use chain::{AccountId, EventKind, EventRecord};
use couponry::live::SqliteArchive;
use rpc_chain::{Archive, Cursor};
use std::time::Instant;

const BLOCKS: u32 = 20_000;
const EVENTS_A_BLOCK: u32 = 10;
/// As a backfill reads them.
const BLOCKS_AT_ONCE: u32 = 64;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let contract = AccountId::from([3; 32]);
    let mut archive = SqliteArchive::open(&folder.path().join("events"), [9; 32], &[contract]).unwrap();
    // As large as what is emitted most, a transfer, with its two topics.
    let event = |block, index| EventRecord {
        block,
        index,
        time: 1_767_225_600_000 + u64::from(block) * 6_000,
        contract,
        kind: EventKind::Emitted,
        topics: vec![[7; 32], [8; 32]],
        data: vec![5; 76],
    };
    let batches: Vec<(u32, Vec<EventRecord>)> = (1..=BLOCKS)
        .step_by(usize::try_from(BLOCKS_AT_ONCE).unwrap())
        .map(|first| {
            let last = (first + BLOCKS_AT_ONCE - 1).min(BLOCKS);
            let blocks = first..=last;
            (
                last,
                blocks.flat_map(|block| (0..EVENTS_A_BLOCK).map(move |index| event(block, index))).collect(),
            )
        })
        .collect();
    let rate = |what: &str, began: Instant| {
        let events = u64::from(BLOCKS) * u64::from(EVENTS_A_BLOCK);
        let took = began.elapsed();
        let rate = u128::from(events) * 1_000 / took.as_millis().max(1);
        println!("{what} {events} events: {} ms, {rate} a second", took.as_millis());
    };
    let began = Instant::now();
    for (block, events) in &batches {
        archive.append(Cursor { block: *block, hash: [4; 32] }, events).unwrap();
    }
    rate("wrote", began);
    let began = Instant::now();
    let read = archive.read(0, BLOCKS).unwrap();
    rate("read", began);
    assert_eq!(read.len(), batches.iter().map(|(_, events)| events.len()).sum::<usize>());
}
