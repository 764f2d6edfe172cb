//! The command line: what can be said, and what comes of it. Knows no command's business.

use crate::{
    accounts,
    amounts::Unit,
    commands::{
        aftercare, alliance, audit, best, build, campaign, chain, claim, council, coupon, custody, demo,
        deploy, doctor, drop, entitle, hands, insights, market, order, quote, redeem, statement, trust,
    },
    context::{Context, Report},
    keys::KeyRing,
    live::Live,
    refusals::Refusal,
    times,
};
use ::chain::keys::ss58;
use clap::{Args, Parser, Subcommand};
use rpc_chain::Exported;
use serde_json::json;
use std::{cell::RefCell, ffi::OsString, io::Write, path::PathBuf, rc::Rc, time::Duration};

/// It worked.
pub const OK: u8 = 0;
/// A rule or bad input refused it. Nothing has changed.
pub const REFUSED: u8 = 1;
/// An audit found a difference.
pub const DIFFERS: u8 = 2;
/// The command line itself is wrong.
pub const USAGE: u8 = 64;

/// Coupons that people hold, trade and pay with, and merchants who honour each other's.
#[derive(Parser, Debug)]
#[command(
    name = "couponry",
    version,
    propagate_version = true,
    after_help = "Amounts are in whole tokens, such as 2.50; times are RFC 3339 or +7d from the chain's now; coupons are \
written campaign/serial, such as 1/17; accounts are names such as bakery or addresses. On an embedded chain anyone can derive the key of a name; on a \
live one (--network) a name is a file among the keys, bakery.json or bakery.key.

Exit codes:
   0  done
   1  refused by a rule or for bad input; nothing has changed
   2  an audit found a difference
  64  the command line is wrong

Example: couponry chain new --endow operator=100 --endow bakery=1000 && couponry deploy --as operator"
)]
pub struct Cli {
    /// The chain file
    #[arg(long, global = true, env = "COUPONRY_CHAIN", default_value = "town.couponry", value_name = "FILE")]
    chain: PathBuf,
    /// Answer with one JSON object
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    live: LiveOpts,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Live chains")]
struct LiveOpts {
    /// Work on a live chain: local, astar, bittensor, or a file like those in deploy/networks
    #[arg(long, global = true, value_name = "NAME|FILE")]
    network: Option<String>,
    /// Its node, instead of the network's own
    #[arg(long, global = true, env = "COUPONRY_ENDPOINT", value_name = "URL", requires = "network")]
    endpoint: Option<String>,
    /// Holds the keys: NAME.json as wallets export accounts, or NAME.key as `couponry key new` writes it
    #[arg(long, global = true, default_value = "keys", value_name = "DIR")]
    keys: PathBuf,
    /// Holds the wallets' password, and is yours alone to read [default: asked for]
    #[arg(long, global = true, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Holds what is deployed on which network
    #[arg(long, global = true, default_value = "deployments", value_name = "DIR")]
    deployments: PathBuf,
    /// How long a transaction may take to be final before it is given up as unsettled
    #[arg(long, global = true, default_value = "2m", value_name = "PERIOD")]
    patience: String,
    /// Sign nothing: print the call, for a multisig or an offline signer
    #[arg(long, global = true, requires = "network")]
    export_call: bool,
}

impl LiveOpts {
    /// The live chain that these name, if any.
    fn find(&self) -> Result<Option<Live>, Refusal> {
        let Some(name) = &self.network else {
            return Ok(None);
        };
        let network = Live::find_network(name, self.endpoint.as_deref())?;
        let keys =
            KeyRing { folder: self.keys.clone(), dev: network.dev, password: self.password_file.clone() };
        Ok(Some(Live {
            network,
            deployments: self.deployments.clone(),
            keys,
            patience: times::period(&self.patience)
                .map(Duration::from_millis)
                .map_err(|fault| fault.at("--patience"))?,
            exports: self.export_call.then(Rc::default),
        }))
    }
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Builds the contracts
    Build(build::Opts),
    /// Makes an embedded chain, advances its time, funds accounts
    #[command(subcommand)]
    Chain(chain::Command),
    /// Says whether a live chain can carry the suite
    Doctor(doctor::Opts),
    /// Deploys the suite
    Deploy(deploy::Opts),
    /// Creates and improves campaigns
    #[command(subcommand)]
    Campaign(campaign::Command),
    /// Lets accounts work for a merchant
    #[command(subcommand)]
    Role(trust::RoleCommand),
    /// Freezes accounts for an issuer's coupons
    #[command(subcommand)]
    Account(trust::AccountCommand),
    /// Pauses, and hands the guardian's place on
    #[command(subcommand)]
    Guardian(trust::GuardianCommand),
    /// Makes keys that sign vouchers and attestations
    #[command(subcommand)]
    Key(entitle::KeyCommand),
    /// Issues coupons to accounts
    Issue(hands::Issue),
    /// Prints codes
    #[command(subcommand)]
    Drop(drop::Command),
    /// Gives coupons to a list of accounts
    #[command(subcommand)]
    List(entitle::ListCommand),
    /// Signs vouchers and claims them
    #[command(subcommand)]
    Voucher(entitle::VoucherCommand),
    /// Signs that an account is of a class
    Attest(entitle::Attest),
    /// Turns a printed code into a coupon
    Claim(claim::Opts),
    /// Spends a printed code on an order as it is claimed
    Pay(claim::Pay),
    /// Shows a coupon; freezes, revokes, tops up, splits, merges, ends or releases it
    #[command(subcommand)]
    Coupon(coupon::Command),
    /// Sends a coupon to another account
    Send(hands::Send),
    /// Collects a payment that could not be delivered
    Collect(hands::Collect),
    /// Says what coupons take off an order
    Quote(quote::Opts),
    /// Finds the coupons that take the most off an order
    Best(best::Opts),
    /// Writes and signs orders
    #[command(subcommand)]
    Order(order::OrderCommand),
    /// Signs a holder's permits, or voids them
    #[command(subcommand)]
    Permit(order::PermitCommand),
    /// Keeps coupons for an order
    Reserve(redeem::Reserve),
    /// Spends coupons on an order
    Redeem(redeem::Redeem),
    /// Spends coupons on the orders that a till collected
    RedeemBatch(redeem::Batch),
    /// Undoes a redemption, whole or in part
    Rollback(aftercare::Rollback),
    /// Rates a redemption
    Rate(aftercare::Rate),
    /// Rewards whoever brought a friend
    Reward(aftercare::Reward),
    /// Frees the record of a redemption that is long final
    Forget(aftercare::Forget),
    /// Sells and buys coupons
    #[command(subcommand)]
    Market(market::Command),
    /// Joins merchants who honour each other's coupons, and settles what they owe
    #[command(subcommand)]
    Alliance(alliance::Command),
    /// Lets members vote, agree on rates, settle disputes and convert coupons
    #[command(subcommand)]
    Council(council::Command),
    /// Writes a member's statement, from events alone
    Statement(statement::Opts),
    /// Holds payments for a while, in which customers may dispute them
    #[command(subcommand)]
    Custody(custody::Command),
    /// Rebuilds everything from events and compares it with the chain
    Audit(audit::Opts),
    /// Tells a merchant what came of its coupons, from an audit
    Insights(insights::Opts),
    /// Lets a whole town issue, trade, spend and settle coupons, and audits it
    Demo(crate::demo::Opts),
}

/// Runs the command line `args`, whose first is the program's name; answers on `out` and `err` and gives the exit code.
/// # Errors
/// The answer can't be written.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> std::io::Result<u8> {
    let args: Vec<OsString> = args.into_iter().collect();
    let json = args.iter().any(|arg| arg == "--json");
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        // Help and the version are answers, not mistakes.
        Err(answer) if !answer.use_stderr() => {
            write!(out, "{}", answer.render())?;
            return Ok(OK);
        }
        Err(mistake) => {
            if json {
                let what = mistake.to_string();
                writeln!(out, "{}", json!({ "error": what.trim(), "fix": "see --help", "exit": USAGE }))?;
            } else {
                write!(err, "{}", mistake.render().ansi())?;
            }
            return Ok(USAGE);
        }
    };
    let (file, json) = (cli.chain, cli.json);
    let ctx = cli.live.find().map(|live| Context { file, json, live });
    let answer = ctx.as_ref().map_err(Clone::clone).and_then(|ctx| {
        accounts::use_keys(ctx.live.as_ref().map(|live| live.keys.clone()));
        Unit::EMBEDDED.set_native();
        let answer = dispatch(&cli.command, ctx, out);
        accounts::use_keys(None);
        exported(ctx).map_or(answer, Ok)
    });
    match answer {
        Ok(report) => {
            if json {
                writeln!(out, "{}", report.json)?;
            } else {
                for line in &report.lines {
                    writeln!(out, "{line}")?;
                }
            }
            Ok(if report.differs { DIFFERS } else { OK })
        }
        Err(refusal) => {
            if json {
                let Refusal { what, fix } = refusal;
                writeln!(out, "{}", json!({ "error": what, "fix": fix, "exit": REFUSED }))?;
            } else {
                writeln!(err, "error: {refusal}")?;
            }
            Ok(REFUSED)
        }
    }
}

/// The calls that were written out instead of signed, if any.
fn exported(ctx: &Context) -> Option<Report> {
    let exports: &RefCell<Vec<Exported>> = ctx.live.as_ref()?.exports.as_ref()?;
    let calls = exports.take();
    if calls.is_empty() {
        return None;
    }
    let told: Vec<_> = calls
        .iter()
        .map(|Exported { signer, what, call }| {
            json!({ "signer": ss58(signer), "what": what, "call": format!("0x{}", hex::encode(call)) })
        })
        .collect();
    let report =
        Report::new("nothing was signed; the first call that is needed is", json!({ "calls": told }));
    Some(calls.iter().fold(report, |report, Exported { signer, what, call }| {
        report.line(format!("{what} by {}\n0x{}", ss58(signer), hex::encode(call)))
    }))
}

fn dispatch(command: &Command, ctx: &Context, out: &mut dyn Write) -> Result<Report, Refusal> {
    match command {
        Command::Build(opts) => build::run(opts, ctx),
        Command::Chain(command) => chain::run(command, ctx),
        Command::Doctor(opts) => doctor::run(opts, ctx),
        Command::Deploy(opts) => deploy::run(opts, ctx),
        Command::Campaign(command) => campaign::run(command, ctx),
        Command::Role(command) => trust::role(command, ctx),
        Command::Account(command) => trust::account(command, ctx),
        Command::Guardian(command) => trust::guardian(command, ctx),
        Command::Key(command) => entitle::key(command, ctx),
        Command::Issue(opts) => hands::issue(opts, ctx),
        Command::Drop(command) => drop::run(command, ctx),
        Command::List(command) => entitle::list(command, ctx),
        Command::Voucher(command) => entitle::voucher(command, ctx),
        Command::Attest(opts) => entitle::attest(opts, ctx),
        Command::Claim(opts) => claim::run(opts, ctx),
        Command::Pay(opts) => claim::pay(opts, ctx),
        Command::Coupon(command) => coupon::run(command, ctx),
        Command::Send(opts) => hands::send(opts, ctx),
        Command::Collect(opts) => hands::collect(opts, ctx),
        Command::Quote(opts) => quote::run(opts, ctx),
        Command::Best(opts) => best::run(opts, ctx),
        Command::Order(command) => order::order(command, ctx),
        Command::Permit(command) => order::permit(command, ctx),
        Command::Reserve(opts) => redeem::reserve(opts, ctx),
        Command::Redeem(opts) => redeem::redeem(opts, ctx),
        Command::RedeemBatch(opts) => redeem::batch(opts, ctx),
        Command::Rollback(opts) => aftercare::rollback(opts, ctx),
        Command::Rate(opts) => aftercare::rate(opts, ctx),
        Command::Reward(opts) => aftercare::reward(opts, ctx),
        Command::Forget(opts) => aftercare::forget(opts, ctx),
        Command::Market(command) => market::run(command, ctx),
        Command::Alliance(command) => alliance::run(command, ctx),
        Command::Council(command) => council::run(command, ctx),
        Command::Statement(opts) => statement::run(opts, ctx),
        Command::Custody(command) => custody::run(command, ctx),
        Command::Audit(opts) => audit::run(opts, ctx),
        Command::Insights(opts) => insights::run(opts, ctx),
        Command::Demo(opts) => demo::run(opts, ctx, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_command_has_help_with_an_example() {
        fn check(command: &clap::Command, path: &str) {
            let leaf = command.get_subcommands().next().is_none();
            assert!(command.get_about().is_some(), "{path}");
            if leaf {
                let example =
                    command.get_after_help().unwrap_or_else(|| panic!("{path} has no example")).to_string();
                assert!(example.contains(path), "{path}: {example}");
            }
            for sub in command.get_subcommands() {
                check(sub, &format!("{path} {}", sub.get_name()));
            }
        }
        let cli = Cli::command();
        cli.clone().debug_assert();
        check(&cli, "couponry");
    }

    #[test]
    fn the_documented_examples_parse() {
        fn examples(command: &clap::Command, found: &mut Vec<String>) {
            if let Some(help) = command.get_after_help() {
                let help = help.to_string();
                let lines =
                    help.lines().filter_map(|line| line.find("couponry ").map(|at| line[at..].to_owned()));
                found
                    .extend(lines.flat_map(|line| line.split(" && ").map(str::to_owned).collect::<Vec<_>>()));
            }
            command.get_subcommands().for_each(|sub| examples(sub, found));
        }
        let mut found = Vec::new();
        examples(&Cli::command(), &mut found);
        assert!(found.len() > 30);
        for example in found {
            let plain = example.replace("'Bakery, High Street 1'", "Bakery").replace("'lovely'", "lovely");
            let plain = plain.replace("'two receipts'", "receipts").replace("'the till roll'", "roll");
            let parsed = Cli::try_parse_from(plain.split_whitespace());
            assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
        }
    }
}
