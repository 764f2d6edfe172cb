//! The story on both chains, and what must be the same.

use crate::{
    endow, live,
    stage::{Replayed, Stage, Step},
    story::{account, play, DAY, PEOPLE},
    WEALTH,
};
use chain::{runtime::CodeHashLockupDepositPercent, AccountId, Chain, EmbeddedChain, Genesis};
use couponry::suite::SuiteAddresses;
use e2e_tests::world::codes;

/// How far the embedded chain's prices may be from the live chain's, in percent.
const PRICE_MARGIN: f64 = 5.0;

/// A difference that is none, in picoseconds: the stack machine here takes more fuel for the same instructions than the register machine there, which is a larger part of a
/// refusal's small price.
const INSTRUCTIONS: u64 = 15_000_000;

/// What a step came to, as text.
fn told(step: &Step) -> Vec<String> {
    // An answer is a dry run's, and so are its times: those of the block before.
    let hex = |time: u64| hex::encode(time.to_le_bytes());
    let times = [step.began, step.time]
        .map(|time| [(hex(time), "<now>"), (hex(time + DAY), "<final>"), (hex(time + 2 * DAY), "<ruled>")]);
    let said = match &step.said {
        Ok(data) => {
            let text = hex::encode(data);
            times.iter().flatten().fold(text, |text, (time, word)| text.replace(time, word))
        }
        Err(fault) => fault.clone(),
    };
    let mut lines = vec![format!("{} -> {said}", step.name)];
    for event in &step.events {
        let topics: Vec<_> = event.topics.iter().map(hex::encode).collect();
        let contract = hex::encode(event.contract);
        lines.push(format!("  {contract} {:?} {topics:?} {}", event.kind, hex::encode(&event.data)));
    }
    lines
}

fn stored(chain: &impl Chain, contract: AccountId) -> Vec<String> {
    let items = chain.storage(contract).unwrap_or_else(|fault| panic!("{fault}"));
    let line = |(key, value): &(Vec<u8>, Vec<u8>)| format!("{}: {}", hex::encode(key), hex::encode(value));
    let mut lines: Vec<_> = items.iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn both_chains_give_the_same_answers_events_and_storage() {
    let codes = codes();
    let mut chain = live();
    endow(&mut chain, &PEOPLE);
    let (start, first_block) = (chain.now(), chain.height());
    let mut live = Stage::new(chain);
    let live_suite = play(&mut live, &codes, start);
    let live_steps = live.steps.take();
    assert!(live_steps.len() > 150, "the story has {} calls", live_steps.len());

    let endowed = PEOPLE.iter().map(|name| (account(name), WEALTH)).collect();
    let genesis = Genesis { time: start, endowed, ..Genesis::default() };
    let times = live_steps.iter().map(|step| step.time).collect();
    let mut embedded =
        Stage::new(Replayed { chain: EmbeddedChain::rehearsal(live.genesis(), genesis).unwrap(), times });
    // What compiles on the live chain is counted, call by call.
    let suite = chain::exactly(|| play(&mut embedded, &codes, start));
    let steps = embedded.steps.take();

    let dear = compare_prices(&live_steps, &steps);
    assert_eq!(suite, live_suite, "addresses follow from the chain's tag, which is the same");
    let all = |steps: &[Step]| steps.iter().flat_map(told).collect::<Vec<_>>();
    assert_eq!(all(&live_steps), all(&steps), "answers and events");

    let mut lockups = 0;
    for (name, contract) in suite.named() {
        assert_eq!(stored(&live, contract), stored(&embedded, contract), "storage of the {name}");
        assert_eq!(live.code_hash_of(contract), embedded.code_hash_of(contract), "code of the {name}");
        assert_eq!(live.balance(contract), embedded.balance(contract), "money of the {name}");
        // The embedded chain has a contract put down a part of its code's deposit, as public chains do; the node that the live chain runs asks for none.
        let lockup = lockup(&embedded, contract);
        lockups += lockup;
        let reserved = live.reserved(contract).unwrap() + lockup;
        assert_eq!(Ok(reserved), embedded.reserved(contract), "deposits of the {name}");
    }

    // What the blocks hold is what the transactions told.
    let told: Vec<_> = live_steps.iter().flat_map(|step| step.events.clone()).collect();
    assert_eq!(live.events(first_block).unwrap(), told);
    // Other suites may have been deployed there before.
    live.chain.set_first_block(first_block);
    assert_eq!(SuiteAddresses::find(&live).unwrap(), Some(live_suite));

    compare_deposits(&live_steps, &steps, lockups);
    assert!(dear.is_empty(), "prices differ: {dear:#?}");
}

/// What a contract puts down for its code on the embedded chain.
fn lockup(stage: &Stage<Replayed>, contract: AccountId) -> u128 {
    let code = stage.code_hash_of(contract).unwrap().unwrap();
    CodeHashLockupDepositPercent::get().mul_ceil(stage.stored[&code])
}

/// Prints what each call cost on both chains, and gives the differences that are no small ones.
fn compare_prices(live: &[Step], embedded: &[Step]) -> Vec<String> {
    let percent = |there: u64, here: u64| (here as f64 / there as f64 - 1.0) * 100.0;
    println!(
        "{:<48} {:>14} {:>14} {:>8} {:>9} {:>9} {:>8}",
        "call", "live ref_time", "embedded", "differs", "live proof", "embedded", "differs"
    );
    let (mut worst, mut extremes) = (Vec::new(), [0.0_f64; 2]);
    for (live, embedded) in live.iter().zip(embedded) {
        let (there, here) = (live.cost, embedded.cost);
        let time = percent(there.ref_time, here.ref_time);
        let proof = percent(there.proof_size, here.proof_size);
        println!(
            "{:<48} {:>14} {:>14} {time:>7.2}% {:>9} {:>9} {proof:>7.2}%",
            live.name, there.ref_time, here.ref_time, there.proof_size, here.proof_size
        );
        extremes = [extremes[0].min(time), extremes[1].max(time)];
        let apart = there.ref_time.abs_diff(here.ref_time);
        if (time.abs() > PRICE_MARGIN && apart > INSTRUCTIONS) || proof.abs() > PRICE_MARGIN {
            worst.push(format!("{}: {time:.2}% ref_time, {proof:.2}% proof", live.name));
        }
    }
    println!(
        "{} calls, {:.2}% to {:+.2}% of the live chain's ref_time",
        live.len(),
        extremes[0],
        extremes[1]
    );
    worst
}

/// `lockups` is what contracts put down for their codes on the embedded chain alone.
fn compare_deposits(live: &[Step], embedded: &[Step], mut lockups: u128) {
    for (live, embedded) in live.iter().zip(embedded) {
        let (there, here) = (live.cost.deposit, embedded.cost.deposit);
        if live.called.is_none() {
            lockups -= (here - there).unsigned_abs();
        } else {
            assert_eq!(there, here, "the deposit of: {}", live.name);
        }
    }
    assert_eq!(lockups, 0, "deployments differ by what contracts put down for their codes");
}
