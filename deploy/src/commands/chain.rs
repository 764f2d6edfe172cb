//! `couponry chain`: the chain itself: its file, its time and its money.

use crate::{
    amounts::Unit,
    context::{Context, Report},
    refusals::{Refusal, Words},
    times,
};
use chain::{keys::ss58, Chain, EmbeddedChain, Genesis};
use clap::{Args, Subcommand};
use rand::RngCore;
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Makes a chain file
    #[command(after_help = "Example: couponry chain new --endow bakery=1000 --endow anna=50")]
    New(New),
    /// Says where the chain is, and the suite on it
    #[command(after_help = "Example: couponry chain status")]
    Status,
    /// Lets time pass
    #[command(after_help = "Example: couponry chain advance 7d")]
    Advance(Advance),
    /// Gives an account money: made out of nothing, or on a live chain another account's
    #[command(after_help = "Example: couponry chain fund anna 25")]
    Fund(Fund),
    /// Says what an account has
    #[command(after_help = "Example: couponry chain balance anna")]
    Balance(Balance),
}

#[derive(Args, Debug)]
pub struct New {
    /// Who has how much at the start
    #[arg(long, value_name = "NAME=AMOUNT")]
    endow: Vec<String>,
    /// The chain's first time, RFC 3339 [default: now]
    #[arg(long)]
    time: Option<String>,
    /// How far each step moves the chain's time
    #[arg(long, default_value = "6s")]
    block_time: String,
}

#[derive(Args, Debug)]
pub struct Advance {
    /// Such as 90m, 36h or 7d
    period: String,
}

#[derive(Args, Debug)]
pub struct Fund {
    /// A name or an address
    who: String,
    /// In whole tokens
    amount: String,
    /// Whose money it is, on a live chain
    #[arg(long = "as", value_name = "NAME")]
    payer: Option<String>,
}

#[derive(Args, Debug)]
pub struct Balance {
    /// A name or an address
    who: String,
}

/// # Errors
/// A file that is there already, a time or an amount that can't be read, or the chain's refusal.
pub fn run(command: &Command, ctx: &Context) -> Result<Report, Refusal> {
    match command {
        Command::New(opts) => new(opts, ctx),
        Command::Status => status(ctx),
        Command::Advance(opts) => advance(opts, ctx),
        Command::Fund(opts) => fund(opts, ctx),
        Command::Balance(opts) => balance(opts, ctx),
    }
}

fn new(opts: &New, ctx: &Context) -> Result<Report, Refusal> {
    ctx.ensure_embedded("chain new")?;
    if ctx.file.exists() {
        return Err(Refusal::new(
            format!("{} exists already", ctx.file.display()),
            "remove it, or name another with --chain FILE",
        ));
    }
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let clock = clock.and_then(|time| u64::try_from(time.as_millis()).ok()).unwrap_or(0);
    let time = opts.time.as_ref().map_or(Ok(clock), |text| times::parse(text, clock))?;
    let mut seed = [0; 32];
    rand::rngs::OsRng.fill_bytes(&mut seed);
    let mut words = Words::default();
    let mut endowed = Vec::new();
    for text in &opts.endow {
        let (name, amount) = text.split_once('=').ok_or_else(|| {
            Refusal::new(format!("--endow: `{text}` is not name=amount"), "write --endow bakery=1000")
        })?;
        let account = crate::accounts::account(name).map_err(|fault| fault.at("--endow"))?;
        words.name(account, name);
        endowed.push((account, Unit::native().read(amount).map_err(|fault| fault.at("--endow"))?));
    }
    let accounts = endowed.len();
    let block_time_ms = times::period(&opts.block_time)?;
    let chain = EmbeddedChain::new(Genesis { seed, time, block_time_ms, endowed })
        .map_err(|fault| words.chain(&fault))?;
    let genesis = hex::encode(chain.genesis());
    ctx.start(chain).save()?;
    Ok(Report::new(
        format!("made {} at {} with {accounts} accounts", ctx.file.display(), times::show(time)),
        json!({ "chain": ctx.file, "genesis": genesis, "time": time, "accounts": accounts }),
    ))
}

fn status(ctx: &Context) -> Result<Report, Refusal> {
    let mut session = ctx.open()?;
    let (name, suite) = match &ctx.live {
        None => (ctx.file.display().to_string(), session.suite()?),
        Some(live) => {
            let known = live.deployment()?.map(|_| live.find_suite(&mut session.chain)).transpose()?;
            (live.network.name.clone(), known)
        }
    };
    let chain = &session.chain;
    let json = json!({
        "chain": name,
        "genesis": hex::encode(chain.genesis()),
        "height": chain.height(),
        "time": chain.now(),
        "suite": suite.map(|suite| json!({
            "registry": ss58(&suite.registry),
            "alliance": ss58(&suite.alliance),
            "market": ss58(&suite.market),
            "custody": suite.custody.as_ref().map(ss58),
        })),
    });
    let report =
        Report::new(format!("{name}: block {} at {}", chain.height(), times::show(chain.now())), json);
    Ok(match suite {
        None => report.line("no suite: run `couponry deploy`"),
        Some(suite) => report
            .line(format!("registry {}", ss58(&suite.registry)))
            .line(format!("alliance {}", ss58(&suite.alliance)))
            .line(format!("market   {}", ss58(&suite.market)))
            .line(suite.custody.map_or_else(
                || "custody is not open".to_owned(),
                |custody| format!("custody  {}", ss58(&custody)),
            )),
    })
}

fn advance(opts: &Advance, ctx: &Context) -> Result<Report, Refusal> {
    let mut session = ctx.open()?;
    let done = session.chain.advance(times::period(&opts.period)?);
    session.explained(done)?;
    let time = session.chain.now();
    session.save()?;
    Ok(Report::new(format!("it is {}", times::show(time)), json!({ "time": time })))
}

fn fund(opts: &Fund, ctx: &Context) -> Result<Report, Refusal> {
    let mut session = ctx.open()?;
    let account = session.account(&opts.who)?;
    let amount = Unit::native().read(&opts.amount)?;
    let payer = match (&ctx.live, &opts.payer) {
        (None, None) => None,
        (Some(_), Some(payer)) => Some(session.signer(payer)?.account()),
        (Some(_), None) => {
            return Err(Refusal::new("on a live chain money is somebody's", "say whose with --as NAME"))
        }
        (None, Some(_)) => {
            return Err(Refusal::new("on an embedded chain money is made out of nothing", "leave out --as"))
        }
    };
    let done = session.chain.fund(account, amount, payer);
    session.explained(done)?;
    let balance = session.explained(session.chain.balance(account))?;
    session.save()?;
    Ok(Report::new(
        format!("{} has {}", opts.who, Unit::native().show(balance)),
        json!({ "account": ss58(&account), "balance": balance.to_string() }),
    ))
}

fn balance(opts: &Balance, ctx: &Context) -> Result<Report, Refusal> {
    let mut session = ctx.open()?;
    let account = session.account(&opts.who)?;
    let balance = session.explained(session.chain.balance(account))?;
    let reserved = session.explained(session.chain.reserved(account))?;
    Ok(Report::new(
        format!(
            "{} has {}, and {} held as deposits",
            opts.who,
            Unit::native().show(balance),
            Unit::native().show(reserved)
        ),
        json!({ "account": ss58(&account), "balance": balance.to_string(), "reserved": reserved.to_string() }),
    ))
}
