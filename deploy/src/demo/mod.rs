//! `couponry demo`: a town of files comes to life on an embedded chain, is audited, and says who gained what.

mod gains;
mod prices;
mod scenario;
mod town;

use crate::{
    audit::{self, Files},
    context::{cannot, write_file, Context},
    refusals::Refusal,
};
use builder::Options;
use chain::{AccountId, Keypair};
use clap::Args;
use rusqlite::Connection;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

#[derive(Args, Debug)]
#[command(after_help = "Example: couponry demo --out target/demo")]
pub struct Opts {
    /// The town's folder [default: deploy/scenarios/high-street of this checkout]
    #[arg(long, value_name = "DIR")]
    pub scenario: Option<PathBuf>,
    /// Where the chain, the audit's database and tables, the statements and the printed codes go; what is there is replaced
    #[arg(long, value_name = "DIR", default_value = "target/demo")]
    pub out: PathBuf,
    /// The folder of the built contracts [default: where `couponry build` puts them]
    #[arg(long, value_name = "DIR")]
    pub bundles: Option<PathBuf>,
}

/// What the town came to.
#[derive(Debug, PartialEq, Eq)]
pub struct Ending {
    pub audit_agrees: bool,
    /// Refusals that were expected and missing, or the other way round: file and reason, expected, found.
    pub surprises: Vec<(String, usize, usize)>,
    pub events: usize,
    pub blocks: u32,
}

impl Ending {
    pub fn is_good(&self) -> bool {
        self.audit_agrees && self.surprises.is_empty()
    }
}

/// # Errors
/// Files that can't be read or written, contracts that aren't built, an audit that can't read the chain.
pub fn run(opts: &Opts, bundles: &Path, out: &mut dyn Write) -> Result<Ending, Refusal> {
    let street = || Options::of_this_checkout().workspace.join("deploy/scenarios/high-street");
    let scenario = scenario::Scenario::load(&opts.scenario.clone().unwrap_or_else(street))?;
    for folder in ["csv", "drops", "statements"] {
        let folder = opts.out.join(folder);
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|why| cannot("replace", &folder, &why))?;
        }
        fs::create_dir_all(&folder).map_err(|why| cannot("make", &folder, &why))?;
    }
    let file = opts.out.join("town.couponry");
    if file.exists() {
        fs::remove_file(&file).map_err(|why| cannot("replace", &file, &why))?;
    }
    let ctx = Context { file, json: false, live: None };
    let town::TownPlayed { desk, refused } =
        town::play(&scenario, &ctx, bundles, &opts.out.join("drops"), out)?;
    let told =
        |why: std::io::Error| Refusal::new(format!("cannot tell the story: {why}"), "check the output");

    let (db, csv) = (opts.out.join("audit.sqlite"), opts.out.join("csv"));
    let files = Files { db: Some(&db), csv: Some(&csv), ..Files::default() };
    let report = audit::run(&desk.session.chain, &desk.suite, files).map_err(|error| {
        Refusal::new(format!("the audit stopped: {error}"), "this is a bug: keep the folder and report it")
    })?;
    for statement in &report.statements {
        let name = |account: &AccountId| desk.session.words.account(account);
        let file = format!("{}-cycle-{}.txt", name(&statement.member), statement.cycle);
        let file = opts.out.join("statements").join(file);
        write_file(&file, statement.text(name).as_bytes(), false)?;
    }
    let gains = Connection::open(&db).map_err(|why| cannot("read", &db, &why))?;
    tell_gains(&scenario, &gains, out).map_err(|why| cannot("read", &db, &why))?;
    let campaigns = scenario.town.campaigns.iter();
    let names = (1..).zip(campaigns.map(|plan| plan.file.trim_end_matches(".toml").to_owned())).collect();
    let prices = prices::draw(&gains, &names).map_err(|why| cannot("read", &db, &why))?;
    write_file(&opts.out.join("prices.svg"), prices.as_bytes(), false)?;

    let mut surprises = Vec::new();
    let expected = &scenario.town.expected;
    for name in expected.keys().chain(refused.keys().filter(|name| !expected.contains_key(*name))) {
        let count =
            |rows: &std::collections::BTreeMap<String, usize>| rows.get(name).copied().unwrap_or_default();
        let (expected, found) = (count(expected), count(&refused));
        if expected != found {
            writeln!(out, "unexpected: {name}: {found} rows refused, {expected} expected").map_err(told)?;
            surprises.push((name.clone(), expected, found));
        }
    }
    for difference in &report.differences {
        writeln!(out, "the audit disagrees: {difference}").map_err(told)?;
    }
    let refusals = refused.values().fold(0usize, |sum, count| sum.saturating_add(*count));
    writeln!(
        out,
        "\n{refusals} rows were refused by name; the audit of {} events in {} blocks {}.\nAll of it is in {}",
        report.events,
        report.blocks,
        if report.agrees { "agrees to the last unit" } else { "disagrees" },
        opts.out.display()
    )
    .map_err(told)?;
    desk.session.save()?;
    Ok(Ending { audit_agrees: report.agrees, surprises, events: report.events, blocks: report.blocks })
}

fn tell_gains(
    scenario: &scenario::Scenario,
    db: &Connection,
    out: &mut dyn Write,
) -> Result<(), Box<dyn std::error::Error>> {
    writeln!(
        out,
        "\n{:<8} {:>8} {:>8} {:>11} {:>11} {:>11} {:>10}",
        "shop", "coupons", "spent", "its gifts", "honoured", "settled", "royalties"
    )?;
    for merchant in &scenario.town.merchants {
        let gains = gains::of_merchant(db, &Keypair::named(&merchant.name).account())?;
        let settled = gains::cents(gains.settled.unsigned_abs());
        writeln!(
            out,
            "{:<8} {:>8} {:>8} {:>11} {:>11} {:>11} {:>10}",
            merchant.name,
            gains.issued,
            gains.redeemed,
            gains::cents(gains.borne),
            gains::cents(gains.honoured),
            if gains.settled < 0 { format!("-{settled}") } else { settled },
            gains::cents(gains.royalties),
        )?;
    }
    let [saved, sales, fees] = gains::of_town(db)?;
    writeln!(
        out,
        "customers saved {}; coupons changed hands for {}, of which the market kept {}",
        gains::cents(saved),
        gains::cents(sales),
        gains::cents(fees)
    )?;
    Ok(())
}
