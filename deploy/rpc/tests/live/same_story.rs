//! The story on both chains, and what must be the same.

use crate::{
    endow, live,
    stage::{Replayed, Stage, Step},
    story::{account, play, DAY, PEOPLE},
    WEALTH,
};
use chain::{
    runtime::CodeHashLockupDepositPercent, weights::COMPILED_BYTE, AccountId, Chain, EmbeddedChain, Genesis,
};
use couponry::suite::SuiteAddresses;
use e2e_tests::world::codes;

/// How far the embedded chain's prices may be from the live chain's, in percent, but for compiling.
const PRICE_MARGIN: f64 = 5.0;

/// Bytes as text, with what differs between chains as words: addresses follow from the chain's tag.
struct Words(Vec<(String, &'static str)>);

impl Words {
    fn of(chain: &impl Chain, suite: &SuiteAddresses) -> Self {
        let word = |bytes: &[u8], name| (hex::encode(bytes), name);
        let at = |account: &AccountId, name| word(account.as_ref(), name);
        Self(vec![
            at(&suite.registry, "<registry>"),
            at(&suite.office, "<office>"),
            at(&suite.desk, "<desk>"),
            at(&suite.alliance, "<alliance>"),
            at(&suite.market, "<market>"),
            word(&chain.genesis(), "<genesis>"),
        ])
    }

    fn write(&self, bytes: &[u8]) -> String {
        self.0.iter().fold(hex::encode(bytes), |text, (hex, name)| text.replace(hex, name))
    }

    fn step(&self, step: &Step) -> Vec<String> {
        // An answer is a dry run's, and so are its times: those of the block before.
        let hex = |time: u64| hex::encode(time.to_le_bytes());
        let times = [step.began, step.time].map(|time| [(hex(time), "<now>"), (hex(time + DAY), "<final>")]);
        let said = match &step.said {
            Ok(data) => {
                times.iter().flatten().fold(self.write(data), |text, (time, word)| text.replace(time, word))
            }
            Err(fault) => fault.clone(),
        };
        let mut lines = vec![format!("{} -> {said}", step.name)];
        for event in &step.events {
            let topics: Vec<_> = event.topics.iter().map(|topic| self.write(topic)).collect();
            let contract = self.write(event.contract.as_ref());
            lines.push(format!("  {contract} {:?} {topics:?} {}", event.kind, self.write(&event.data)));
        }
        lines
    }

    fn storage(&self, chain: &impl Chain, contract: AccountId) -> Vec<String> {
        let items = chain.storage(contract).unwrap_or_else(|fault| panic!("{fault}"));
        let mut lines: Vec<_> =
            items.iter().map(|(key, value)| format!("{}: {}", self.write(key), self.write(value))).collect();
        lines.sort();
        lines
    }
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
    assert!(live_steps.len() > 60, "the story has {} calls", live_steps.len());

    let endowed = PEOPLE.iter().map(|name| (account(name), WEALTH)).collect();
    let genesis = Genesis { seed: [6; 32], time: start, block_time_ms: 0, endowed };
    let times = live_steps.iter().map(|step| step.time).collect();
    let mut embedded = Stage::new(Replayed { chain: EmbeddedChain::new(genesis).unwrap(), times });
    let suite = play(&mut embedded, &codes, start);
    let steps = embedded.steps.take();

    let (live_words, words) = (Words::of(&live, &live_suite), Words::of(&embedded, &suite));
    let told =
        |words: &Words, steps: &[Step]| steps.iter().flat_map(|step| words.step(step)).collect::<Vec<_>>();
    assert_eq!(told(&live_words, &live_steps), told(&words, &steps), "answers and events");

    let pairs = [
        ("registry", live_suite.registry, suite.registry),
        ("office", live_suite.office, suite.office),
        ("desk", live_suite.desk, suite.desk),
        ("alliance", live_suite.alliance, suite.alliance),
        ("council", live_suite.council, suite.council),
        ("market", live_suite.market, suite.market),
    ];
    let mut lockups = 0;
    for (name, there, here) in pairs {
        assert_eq!(live_words.storage(&live, there), words.storage(&embedded, here), "storage of the {name}");
        assert_eq!(live.code_hash_of(there), embedded.code_hash_of(here), "code of the {name}");
        assert_eq!(live.balance(there), embedded.balance(here), "money of the {name}");
        // The embedded chain has a contract put down a part of its code's deposit, as public chains do; the node that the live chain runs asks for none.
        let lockup = lockup(&embedded, here);
        lockups += lockup;
        let reserved = live.reserved(there).unwrap() + lockup;
        assert_eq!(Ok(reserved), embedded.reserved(here), "deposits of the {name}");
    }

    // What the blocks hold is what the transactions told.
    let told: Vec<_> = live_steps.iter().flat_map(|step| step.events.clone()).collect();
    assert_eq!(live.events(first_block).unwrap(), told);
    // Other suites may have been deployed there before.
    live.chain.set_first_block(first_block);
    assert_eq!(SuiteAddresses::find(&live).unwrap(), Some(live_suite));

    let sizes = [
        codes.registry.len(),
        codes.office.len(),
        codes.desk.len(),
        codes.alliance.len(),
        codes.market.len(),
    ];
    let sizes: Vec<_> = pairs.iter().zip(sizes).map(|((_, there, _), size)| (*there, size)).collect();
    compare_prices(&live_steps, &steps, lockups, &sizes);
}

/// What a contract puts down for its code on the embedded chain.
fn lockup(stage: &Stage<Replayed>, contract: AccountId) -> u128 {
    let code = stage.code_hash_of(contract).unwrap().unwrap();
    CodeHashLockupDepositPercent::get().mul_ceil(stage.stored[&code])
}

/// Prints what each call cost on both chains, and refuses a difference that nothing explains.
///
/// A live chain's engine compiles each function that a call enters, and the embedded chain can't see which those are: it prices a fixed share. So a call may cost more
/// computation on the live chain, by at most what compiling all the code of the contracts it reaches takes; it never costs more than a margin less.
fn compare_prices(live: &[Step], embedded: &[Step], lockups: u128, codes: &[(AccountId, usize)]) {
    let percent = |there: u64, here: u64| (here as f64 / there as f64 - 1.0) * 100.0;
    println!(
        "{:<32} {:>14} {:>8} {:>9} {:>8} {:>9}",
        "call", "ref_time", "differs", "proof", "differs", "compiled"
    );
    let (mut worst, mut lockups) = (Vec::new(), lockups);
    for (live, embedded) in live.iter().zip(embedded) {
        let time = percent(live.cost.ref_time, embedded.cost.ref_time);
        let proof = percent(live.cost.proof_size, embedded.cost.proof_size);
        let compiled = live.cost.ref_time.saturating_sub(embedded.cost.ref_time) / COMPILED_BYTE;
        println!(
            "{:<32} {:>14} {time:>7.2}% {:>9} {proof:>7.2}% {compiled:>9}",
            live.name, live.cost.ref_time, live.cost.proof_size
        );
        if live.called.is_none() {
            lockups -= (embedded.cost.deposit - live.cost.deposit).unsigned_abs();
        } else {
            assert_eq!(live.cost.deposit, embedded.cost.deposit, "the deposit of: {}", live.name);
        }
        let explained = time < 0.0 && compiled <= reachable(live.called, codes);
        if (time.abs() > PRICE_MARGIN && !explained) || proof.abs() > PRICE_MARGIN {
            worst.push(format!("{}: {time:.2}% ref_time, {proof:.2}% proof", live.name));
        }
    }
    assert_eq!(lockups, 0, "deployments differ by what contracts put down for their codes");
    assert!(worst.is_empty(), "prices differ: {worst:#?}");
}

/// The bytes of code that a call of `called` can reach: `codes` are the registry, its office and its desk, which reach the registry alone, and then those that reach all.
fn reachable(called: Option<AccountId>, codes: &[(AccountId, usize)]) -> u64 {
    let place = codes.iter().position(|(contract, _)| Some(*contract) == called);
    let bytes: usize = match place {
        Some(place) if place < 3 => {
            let own = codes[place].1;
            own + if place == 0 { 0 } else { codes[0].1 }
        }
        Some(_) | None => codes.iter().map(|(_, bytes)| bytes).sum(),
    };
    bytes as u64
}
