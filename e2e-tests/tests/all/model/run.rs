//! Lives a random life twice, in the model and on the chain, and compares everything after each step. Owns seeds, shrinking and the histogram.

use super::{
    beginnings::{self, Beginnings},
    dice::Dice,
    enumeration,
    home::{all_home, homeward},
    invariants,
    ops::{Message, Op},
    real::{self, Real},
    storage::{self, Items},
    Model, Outcome, Refusal,
};
use ::alliance::error::AllianceError;
use ::council::CouncilRef;
use ::custody::error::CustodyError;
use chain::{AccountId, TypedChain};
use couponry::audit::{self, Files};
use e2e_tests::{
    account,
    actors::{endowed, GHOST},
    world::reference,
    World,
};
use ink::codegen::TraitCallBuilder;
use rand::{rngs::StdRng, SeedableRng};
use scale::{Decode, Encode};
use shared::assets::Asset;
use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::PathBuf,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

/// The steps of one life: enough to see most of what there is, and few enough that early states come up often.
pub(crate) const LIFE: usize = 400;

/// Replaying a whole history takes its time.
const AUDIT_EVERY: usize = 50;

/// A step after which model and chain disagreed, or an invariant didn't hold.
pub(crate) struct Violation {
    pub(crate) seed: u64,
    pub(crate) step: usize,
    pub(crate) why: String,
    /// The steps up to and with it, or a part of them that is enough to bring it about.
    pub(crate) ops: Vec<Op>,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "seed {}, step {}: {}", self.seed, self.step, named(self.why.clone()))?;
        writeln!(f, "{} steps are enough:", self.ops.len())?;
        self.ops.iter().try_for_each(|op| writeln!(f, "  {}", named(format!("{op:?}"))))
    }
}

/// With names for the accounts of people.
fn named(text: String) -> String {
    let everyone = endowed().chain([GHOST]);
    everyone.fold(text, |text, person| text.replace(&format!("{:?}", account(person)), person))
}

/// How often each message succeeded and was refused, and why.
#[derive(Default)]
pub(crate) struct Tally(pub(crate) BTreeMap<&'static str, (u32, BTreeMap<String, u32>)>);

impl Tally {
    fn count(&mut self, op: &Op, outcome: &Outcome) {
        let (successes, refusals) = self.0.entry(op.name()).or_default();
        match outcome {
            Ok(_) => *successes += 1,
            Err(refusal) => *refusals.entry(why(refusal)).or_default() += 1,
        }
    }

    fn add(&mut self, other: Self) {
        for (message, (done, refused)) in other.0 {
            let (successes, refusals) = self.0.entry(message).or_default();
            *successes += done;
            for (why, count) in refused {
                *refusals.entry(why).or_default() += count;
            }
        }
    }

    /// Successes and refusals of messages; what isn't one doesn't count.
    pub(crate) fn totals(&self) -> (u32, u32) {
        let messages = self.0.iter().filter(|(message, _)| message.contains('.'));
        messages.fold((0, 0), |(ok, no), (_, (successes, refusals))| {
            (ok + successes, no + refusals.values().sum::<u32>())
        })
    }
}

impl Tally {
    /// Messages that were done or refused less often than this, with how often they were.
    pub(crate) fn short_of(
        &self,
        done: u32,
        refused: u32,
        never_done: &[&str],
        never_refused: &[&str],
    ) -> Vec<(&'static str, u32, u32)> {
        let messages = self.0.iter().filter(|(message, _)| message.contains('.'));
        let counts = messages.map(|(message, (ok, no))| (*message, *ok, no.values().sum::<u32>()));
        let short = counts.filter(|(message, ok, no)| {
            (*ok < done && !never_done.contains(message))
                || (*no < refused && !never_refused.contains(message))
        });
        short.collect()
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (message, (successes, refusals)) in &self.0 {
            let refused: u32 = refusals.values().sum();
            write!(f, "{message:32} {successes:6} done {refused:6} refused ")?;
            for (why, count) in refusals {
                write!(f, " {why} {count}")?;
            }
            writeln!(f)?;
        }
        let (done, refused) = self.totals();
        write!(f, "{done} done and {refused} refused: {} %", 100 * done / (done + refused).max(1))
    }
}

/// What was refused, without the evidence: `Registry(Payment(WrongValue { .. }))` is `Payment.WrongValue`.
fn why(refusal: &Refusal) -> String {
    let passed_on = match refusal {
        Refusal::Alliance(AllianceError::Registry(refusal))
        | Refusal::Custody(CustodyError::Registry(refusal)) => refusal.error(),
        Refusal::Registry(_)
        | Refusal::Psp34(_)
        | Refusal::Alliance(_)
        | Refusal::Market(_)
        | Refusal::Custody(_)
        | Refusal::Trapped => None,
    };
    let debug = passed_on.map_or(format!("{refusal:?}"), |error| format!("Alliance(Registry({error:?}))"));
    let path = debug.split([' ', '{', ')', '"']).next().unwrap_or_default();
    let (contract, names) = path.split_once('(').unwrap_or((path, path));
    if names.is_empty() {
        contract.into()
    } else {
        names.trim_matches('(').replace('(', ".")
    }
}

/// A model and a chain that go together.
struct Pair {
    model: Model,
    world: World,
    deposits: BTreeMap<AccountId, i128>,
    steps: usize,
    /// Whether the registry keeps PSP34's enumeration.
    enumerable: bool,
}

impl Pair {
    fn new(world: World) -> Self {
        let enumerable = enumeration::is_kept(&world);
        Self { model: beginnings::model(&world), world, deposits: BTreeMap::new(), steps: 0, enumerable }
    }

    /// # Errors
    /// What differs, or the invariant that doesn't hold.
    fn step(&mut self, op: &Op) -> Result<Outcome, String> {
        let before = self.model.clone();
        let expected = self.model.apply(op);
        let places = self.model.places.clone();
        let deed = Real { world: &mut self.world, places }.perform(op)?;
        self.steps += 1;
        if deed.outcome != expected {
            return Err(format!("{op:?}\n  must give {expected:?}\n  and gave  {:?}", deed.outcome));
        }
        if let Some(signer) = deed.signer {
            *self.deposits.entry(signer).or_default() += deed.deposit;
        }
        let only_looked = matches!(op, Op::Call { message, .. } if message.is_view());
        if !only_looked {
            if !matches!(op, Op::Advance(_)) {
                self.compare_storage()?;
                self.compare_members(op)?;
                self.compare_money(deed.tokens_moved || self.steps.is_multiple_of(25))?;
            }
            invariants::check(&self.model)?;
        }
        if let Op::Call { caller, .. } = op {
            invariants::check_losses(&before, &self.model, self.model.places.of(caller))?;
            invariants::check_deals(&before, &self.model)?;
        }
        if let Op::Call { message: Message::Alliance(call), .. } = op {
            invariants::check_limits(&before, &self.model, call)?;
        }
        if self.steps.is_multiple_of(AUDIT_EVERY) {
            self.audit()?;
        }
        Ok(expected)
    }

    fn take_last(&mut self, ops: &[Op], tally: &mut Tally) -> Result<Outcome, String> {
        let op = ops.last().expect("a step was just drawn");
        let outcome = self.step(op)?;
        tally.count(op, &outcome);
        Ok(outcome)
    }

    fn audit(&self) -> Result<(), String> {
        let report = audit::run(&self.world.chain, &self.world.suite, Files::default());
        let report = report.map_err(|fault| format!("11/S28: the audit ends at {fault}"))?;
        if report.agrees {
            return Ok(());
        }
        Err(format!("11/S28: the audit disagrees: {:?} {:?}", report.differences, report.holdings))
    }

    fn compare_storage(&self) -> Result<(), String> {
        let (model, chain) = (&self.model, &self.world.chain);
        let places = &model.places;
        let (order, ledger): (Items, Items) =
            real::storage(chain, places.registry).into_iter().partition(|(key, _)| enumeration::keeps(key));
        enumeration::check(&model.registry, self.enumerable, &order)?;
        same("registry", storage::of_registry(model), ledger)?;
        same("office", storage::of_office(model), real::storage(chain, places.office))?;
        same("desk", storage::of_desk(model), real::storage(chain, places.desk))?;
        same("market", storage::of_market(model), real::storage(chain, places.market))?;
        same("custody", storage::of_custody(model), real::storage(chain, places.custody))?;
        let (members, rest): (Items, Items) = real::storage(chain, places.alliance)
            .into_iter()
            .partition(|(key, _)| key.starts_with(&1u32.encode()));
        same("alliance", storage::of_alliance(model), rest)?;
        same("council", storage::of_council(model), real::storage(chain, places.council))?;
        let found: Vec<AccountId> = members
            .keys()
            .filter_map(|key| <(u32, AccountId)>::decode(&mut key.as_slice()).ok())
            .map(|key| key.1)
            .collect();
        let mut expected: Vec<AccountId> = model.alliance.members.keys().copied().collect();
        expected.sort_unstable();
        if found != expected {
            return Err(format!("the alliance has the members {found:?} and must have {expected:?}"));
        }
        Ok(())
    }

    fn compare_members(&self, op: &Op) -> Result<(), String> {
        if !matches!(op, Op::Call { message: Message::Alliance(_), .. }) {
            return Ok(());
        }
        let council: CouncilRef = reference(self.model.places.council);
        for (account, expected) in &self.model.alliance.members {
            let call = council.call().member(*account);
            let (found, _) =
                self.world.chain.view_typed(*account, 0, call).map_err(|fault| fault.to_string())?;
            let found = found.map_err(|fault| format!("{fault:?}"))?.ok_or("a member is missing")?;
            let positions = (found.open.position(), found.due.position(), found.credit);
            let due = self.model.alliance.positions(*account);
            if positions != due {
                return Err(format!("10/S10: {account:?} stands at {positions:?} and must at {due:?}"));
            }
            let others = (
                (found.collateral, found.cap, found.status, found.since, found.profile, found.registry),
                (found.liable_until, found.fund_share, found.unpaid, found.rates, found.cases),
            );
            let registry = self.model.places.registry;
            let standing = (expected.status, expected.since);
            let must = (
                (expected.collateral, expected.cap, standing.0, standing.1, expected.profile, registry),
                (
                    expected.liable_until,
                    expected.fund_share,
                    expected.unpaid,
                    expected.rates,
                    self.model.alliance.open_cases(*account),
                ),
            );
            if others != must {
                return Err(format!("{account:?} is {others:?} and must be {must:?}"));
            }
        }
        Ok(())
    }

    fn compare_money(&self, tokens_too: bool) -> Result<(), String> {
        let money = &self.model.money;
        for (who, expected) in &money.native {
            let found = i128::try_from(self.world.balance(*who, Asset::Native)).unwrap();
            let deposit = self.deposits.get(who).copied().unwrap_or_default();
            let expected = i128::try_from(*expected).unwrap() - deposit;
            if found != expected {
                return Err(format!("{who:?} has {found} plancks and must have {expected}"));
            }
        }
        for (who, expected) in money.tokens.iter().filter(|_| tokens_too) {
            let found = self.world.balance(*who, Asset::Psp22(money.token));
            if found != *expected {
                return Err(format!("{who:?} has {found} tokens and must have {expected}"));
            }
        }
        Ok(())
    }
}

fn same(contract: &str, expected: Items, found: Items) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    let mut report = format!("2/S26/11: the {contract}'s storage isn't what it must be:");
    let keys: std::collections::BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    for key in keys.into_iter().filter(|key| expected.get(*key) != found.get(*key)).take(4) {
        let text = |value: Option<&Vec<u8>>| value.map_or("nothing".into(), hex::encode);
        let (must, is) = (text(expected.get(key)), text(found.get(key)));
        write!(report, "\n  {}: must be {must}\n    and is {is}", hex::encode(key)).ok();
    }
    Err(report)
}

/// Lives one life of `steps` and then brings everyone's money home.
///
/// # Errors
/// The first violation.
pub(crate) fn live(
    beginnings: &Beginnings,
    seed: u64,
    steps: usize,
    tally: &mut Tally,
) -> Result<(), Violation> {
    let mut pair = Pair::new(beginnings.world(seed));
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut ops, mut seen) = (Vec::new(), Tally::default());
    let lived = (|| {
        for _ in 0..steps {
            ops.push(Dice { rng: &mut rng, model: &pair.model, seen: &seen }.roll());
            pair.take_last(&ops, &mut seen).map(drop)?;
        }
        while let Some(op) = homeward(&pair.model) {
            ops.push(op);
            if let Err(refusal) = pair.take_last(&ops, &mut seen)? {
                return Err(format!("S29: {refusal:?} keeps someone from their money"));
            }
        }
        all_home(&pair.model)
    })();
    tally.add(seen);
    lived.map_err(|why| Violation { seed, step: ops.len(), why, ops })
}

/// Lives lives in the model alone, which is a thousand times faster: what their steps would see.
pub(crate) fn imagine(beginnings: &Beginnings, seeds: &[u64]) -> Tally {
    let begun = [0, 1].map(|seed| beginnings::model(&beginnings.world(seed)));
    let tallies = on_all_threads(seeds, |seed| {
        let mut model = begun[usize::from(seed % 2 == 1)].clone();
        let mut rng = StdRng::seed_from_u64(seed);
        let mut seen = Tally::default();
        for _ in 0..LIFE {
            let op = Dice { rng: &mut rng, model: &model, seen: &seen }.roll();
            let outcome = model.apply(&op);
            seen.count(&op, &outcome);
        }
        seen
    });
    tallies.into_iter().fold(Tally::default(), |mut tally, (_, seen)| {
        tally.add(seen);
        tally
    })
}

/// Lives a life for each seed; stops at a violation, and gives the one of the first seed that has one.
pub(crate) fn live_all(beginnings: &Beginnings, seeds: &[u64]) -> (Tally, Option<Violation>) {
    let stop = AtomicBool::new(false);
    let lives = on_all_threads(seeds, |seed| {
        let mut seen = Tally::default();
        if stop.load(Ordering::Relaxed) {
            return (seen, None);
        }
        let violation = live(beginnings, seed, LIFE, &mut seen).err();
        stop.fetch_or(violation.is_some(), Ordering::Relaxed);
        (seen, violation)
    });
    let mut tally = Tally::default();
    let mut found = Vec::new();
    for (place, (seen, violation)) in lives {
        tally.add(seen);
        found.extend(violation.map(|violation| (place, violation)));
    }
    (tally, found.into_iter().min_by_key(|(place, _)| *place).map(|(_, violation)| violation))
}

/// Does something for each seed, on as many threads as there are processors; gives what came of each, with its place, in no order.
fn on_all_threads<T: Send>(seeds: &[u64], task: impl Fn(u64) -> T + Sync) -> Vec<(usize, T)> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(seed) = seeds.get(place) else { break done };
            done.push((place, task(*seed)));
        }
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let done =
            running.into_iter().map(|thread| thread.join().expect("a life that panics fails the test"));
        done.flatten().collect()
    })
}

/// Leaves out of a violation's steps whatever isn't needed for one, as far as a minute takes it.
pub(crate) fn shrink(beginnings: &Beginnings, violation: Violation) -> Violation {
    let Violation { seed, step, mut why, mut ops } = violation;
    let replay = |ops: &[Op]| {
        let mut pair = Pair::new(beginnings.world(seed));
        ops.iter().enumerate().find_map(|(place, op)| pair.step(op).err().map(|why| (place, why)))
    };
    let begun = Instant::now();
    let mut chunk = ops.len() / 2;
    while chunk > 0 {
        let mut start = 0;
        while start + chunk < ops.len() && begun.elapsed() < Duration::from_secs(60) {
            let mut fewer = ops.clone();
            fewer.drain(start..start + chunk);
            match replay(&fewer) {
                Some((place, what)) => {
                    fewer.truncate(place + 1);
                    (ops, why) = (fewer, what);
                }
                None => start += chunk,
            }
        }
        chunk /= 2;
    }
    Violation { seed, step, why, ops }
}

/// Where seeds of violations are kept, one to a line.
pub(crate) fn regressions() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("regressions/seeds.txt")
}

/// Seeds that once failed.
pub(crate) fn failed_before() -> Vec<u64> {
    let lines = fs::read_to_string(regressions()).unwrap_or_default();
    lines.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect()
}

/// Keeps the seed of a violation, to be lived first from now on.
pub(crate) fn remember(violation: &Violation) {
    if !failed_before().contains(&violation.seed) {
        let mut lines = fs::read_to_string(regressions()).unwrap_or_default();
        writeln!(lines, "{} at step {}", violation.seed, violation.step).expect("a string takes all");
        let path = regressions();
        let folder = path.parent().expect("it is in a folder");
        fs::create_dir_all(folder).and_then(|()| fs::write(&path, lines)).expect("the seed can be kept");
    }
}
