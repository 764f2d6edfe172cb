//! Lives a random life twice, in the model and on the chain, and compares everything after each step. Owns seeds, shrinking and the histogram.

use super::{
    alliance::Alliance,
    dice::Dice,
    enumeration,
    home::{all_home, homeward},
    invariants,
    market::Market,
    money::Money,
    ops::{Message, Op},
    real::{self, Real},
    registry::Registry,
    storage::{self, Items},
    Model, Outcome, Places, Refusal,
};
use ::alliance::{config::Joining, error::AllianceError};
use ::council::CouncilRef;
use ::office::OfficeRef;
use chain::{AccountId, Chain, TypedChain};
use couponry::{
    audit::{self, Files},
    suite::Codes,
};
use e2e_tests::{
    account,
    actors::{endowed, CONSUMERS, GHOST, HELPERS, MERCHANTS, OWNER},
    world::{reference, Fixture, GENESIS_TIME},
    World,
};
use ink::{codegen::TraitCallBuilder, contract_ref, env::DefaultEnvironment as Env};
use mock_psp22::Mode;
use rand::{rngs::StdRng, SeedableRng};
use scale::{Decode, Encode};
use shared::{assets::Asset, coupons::Role, psp34::PSP34};
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

const ALLOWED: u128 = 1_000_000_000;

/// What the market takes at first.
const MARKET_FEE_BPS: u16 = 200;

/// Worlds to start lives from: one whose alliance settles in plancks, one in tokens.
pub(crate) struct Beginnings([Fixture; 2]);

impl Beginnings {
    /// With the Wasm of this checkout, or with other Wasm.
    pub(crate) fn new(codes: Option<&Codes>) -> Self {
        Self([false, true].map(|in_tokens| beginning(in_tokens, codes)))
    }

    fn world(&self, seed: u64) -> World {
        self.0[usize::from(seed % 2 == 1)].world()
    }
}

fn beginning(in_tokens: bool, codes: Option<&Codes>) -> Fixture {
    let minutes = |minutes: u64| minutes * super::ops::MINUTE;
    let mut builder = World::builder().config(|config| {
        config.market_fee_bps = MARKET_FEE_BPS;
        let alliance = &mut config.alliance;
        (alliance.cycle_length, alliance.pay_in_window) = (minutes(60), minutes(20));
        (alliance.fee_bps, alliance.default_rate_bps, alliance.closing_bounty) = (250, 9_000, 3);
        // Members may owe more than they put up: so others come to bear it.
        (alliance.cap_factor_bps, alliance.max_cut_bps) = (20_000, 4_000);
        (alliance.tail, alliance.longstop, alliance.founders) = (minutes(600), minutes(45), 3);
        alliance.joining = Joining {
            fee: 5,
            free_first: 1,
            early_fee: 2,
            early_until: GENESIS_TIME + minutes(60),
            fund_share: 4,
        };
        let council = &mut config.council;
        (council.resolver, council.vote_window) = (account(OWNER), minutes(90));
        (council.case_window, council.case_fee) = (minutes(300), 2);
        (council.reply_window, council.ruling_window, council.unruled_bps) =
            (minutes(40), minutes(60), 2_500);
    });
    if in_tokens {
        builder = builder.alliance_in_tokens();
    }
    if let Some(codes) = codes {
        builder = builder.codes(codes.clone());
    }
    let mut world = builder.build();
    let suite = world.suite;
    for contract in [suite.registry, suite.office, suite.desk, suite.alliance, suite.council, suite.market] {
        for person in endowed() {
            world.allow(person, contract, ALLOWED);
        }
    }
    let mut office: OfficeRef = reference(suite.office);
    for merchant in MERCHANTS {
        let trust = office.call_mut().set_role(account(HELPERS[1]), false, true, None);
        let (trusted, _) = world.chain.call_typed(account(merchant), 0, trust).unwrap();
        trusted.unwrap();
    }
    // Whoever trades often approves the market once and for all.
    let mut registry: contract_ref!(PSP34, Env) = suite.registry.into();
    for person in CONSUMERS {
        let approve = registry.call_mut().approve(suite.market, None, true);
        let (approved, _) = world.chain.call_typed(account(person), 0, approve).unwrap();
        approved.unwrap();
    }
    for merchant in MERCHANTS {
        let approve = registry.call_mut().approve(suite.council, None, true);
        let (approved, _) = world.chain.call_typed(account(merchant), 0, approve).unwrap();
        approved.unwrap();
    }
    world.fixture()
}

/// A model of a world that has just begun.
fn model(world: &World) -> Model {
    let suite = world.suite;
    let code = |contract| world.chain.code_hash_of(contract).unwrap().unwrap();
    let places = Places {
        chain_tag: world.chain.genesis(),
        registry: suite.registry,
        office: suite.office,
        desk: suite.desk,
        alliance: suite.alliance,
        council: suite.council,
        market: suite.market,
        token: world.token,
        registry_code: code(suite.registry),
        alliance_code: code(suite.alliance),
    };
    let contracts = places.contracts().map(|(_, contract)| contract);
    let everyone: Vec<AccountId> = endowed().map(account).chain(contracts).chain([account(GHOST)]).collect();
    let balances = |asset| everyone.iter().map(|who| (*who, world.balance(*who, asset))).collect();
    let allowances =
        endowed().flat_map(|owner| contracts.map(|spender| ((account(owner), spender), ALLOWED))).collect();
    let council: CouncilRef = reference(suite.council);
    let (config, _) = world.chain.view_typed(account(OWNER), 0, council.call().config()).unwrap();
    let config = config.unwrap();
    let (terms, _) = world.chain.view_typed(account(OWNER), 0, council.call().terms()).unwrap();
    let native: BTreeMap<AccountId, u128> = balances(Asset::Native);
    let trusted = [suite.alliance, account(HELPERS[1])];
    let cashier = Role { operator: false, cashier: true, daily_cap: None, day: 0, spent: 0 };
    let cashiers = MERCHANTS
        .into_iter()
        .flat_map(|merchant| trusted.map(|account_of| ((account(merchant), account_of), cashier)));
    let trading = CONSUMERS.into_iter().map(|person| (account(person), suite.market));
    let converting = MERCHANTS.into_iter().map(|merchant| (account(merchant), suite.council));
    Model {
        now: world.chain.now(),
        money: Money {
            existential_deposit: world.chain.existential_deposit(),
            total: native.values().sum(),
            native,
            token: world.token,
            tokens: balances(Asset::Psp22(world.token)),
            allowances,
            mode: Mode::Honest,
            gifts: BTreeMap::new(),
        },
        registry: Registry {
            roles: cashiers.collect(),
            guardian: Some(account(OWNER)),
            operators: trading.chain(converting).collect(),
            ..Registry::default()
        },
        alliance: Alliance::new(config, terms, world.chain.now()),
        market: Market::new(account(OWNER), MARKET_FEE_BPS, world.token),
        places,
        events: Vec::new(),
    }
}

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
        Refusal::Alliance(AllianceError::Registry(refusal)) => refusal.error(),
        Refusal::Registry(_)
        | Refusal::Psp34(_)
        | Refusal::Alliance(_)
        | Refusal::Market(_)
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
        Self { model: model(&world), world, deposits: BTreeMap::new(), steps: 0, enumerable }
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
    let begun = [0, 1].map(|seed| model(&beginnings.world(seed)));
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
