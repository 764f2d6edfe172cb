//! `couponry deploy`: uploads the built contracts and instantiates each once.

use crate::{
    amounts::Unit,
    context::{Context, Report},
    refusals::Refusal,
    suite::{deploy_suite, Codes, SuiteConfig, SuiteError},
    times,
};
use builder::Options;
use chain::{keys::ss58, Chain};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

#[derive(Args, Debug)]
#[command(after_help = "Example: couponry deploy --as operator")]
pub struct Opts {
    /// Who pays, owns the market and admits members to the alliance
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
    /// The builder's output folder [default: ink under the target folder]
    #[arg(long, value_name = "DIR")]
    bundles: Option<PathBuf>,
    /// Deploy the registry that keeps PSP34's enumeration: each change of hands costs half as much again, or more
    #[arg(long)]
    enumerable: bool,
    /// How long a cycle stays open at least
    #[arg(long, default_value = "7d")]
    cycle: String,
    /// How long debtors have to pay in
    #[arg(long, default_value = "2d")]
    pay_in_window: String,
    /// The alliance's share of each debt
    #[arg(long, default_value_t = 100)]
    fee_bps: u16,
    /// The share of a discount that its issuer owes the acceptor
    #[arg(long, default_value_t = 10_000)]
    rate_bps: u16,
    /// The share of its collateral up to which a member may owe
    #[arg(long, default_value_t = 10_000)]
    cap_factor_bps: u16,
    /// Paid once, when applying; in whole tokens
    #[arg(long, default_value = "0")]
    joining_fee: String,
    /// For whoever closes a cycle; in whole tokens
    #[arg(long, default_value = "0")]
    closing_bounty: String,
    /// The market's share of each price
    #[arg(long, default_value_t = 200)]
    market_fee_bps: u16,
}

/// # Errors
/// A suite that is there already, contracts that are not built, rules that contradict themselves, or the chain's refusal.
pub fn run(opts: &Opts, ctx: &Context) -> Result<Report, Refusal> {
    let mut session = ctx.open()?;
    let signer = session.signer(&opts.signer)?.account();
    if session.suite()?.is_some() {
        return Err(Refusal::new(
            "the suite is on this chain already",
            "nothing to do; `couponry chain status` says where it is",
        ));
    }
    let bundles = opts.bundles.clone().unwrap_or_else(|| Options::of_this_checkout().out_dir);
    let mut config = SuiteConfig::for_operator(signer);
    config.market_fee_bps = opts.market_fee_bps;
    let rules = &mut config.alliance;
    rules.cycle_length = times::period(&opts.cycle).map_err(|fault| fault.at("--cycle"))?;
    rules.pay_in_window = times::period(&opts.pay_in_window).map_err(|fault| fault.at("--pay-in-window"))?;
    rules.fee_bps = opts.fee_bps;
    rules.default_rate_bps = opts.rate_bps;
    rules.cap_factor_bps = opts.cap_factor_bps;
    rules.joining_fee = Unit::NATIVE.read(&opts.joining_fee).map_err(|fault| fault.at("--joining-fee"))?;
    rules.closing_bounty =
        Unit::NATIVE.read(&opts.closing_bounty).map_err(|fault| fault.at("--closing-bounty"))?;

    let words = session.words.clone();
    let explain = |error: SuiteError| match &error {
        SuiteError::Chain(fault) => words.chain(fault),
        SuiteError::Unbuilt { .. } if opts.enumerable => {
            Refusal::new(error.to_string(), "run `couponry build --enumerable` first")
        }
        SuiteError::Unbuilt { .. } => Refusal::new(error.to_string(), "run `couponry build` first"),
        SuiteError::Refused(refusal) => refusal.clone(),
    };
    let codes = if opts.enumerable { Codes::load_enumerable(&bundles) } else { Codes::load(&bundles) };
    let codes = codes.map_err(&explain)?;
    let suite = deploy_suite(&mut session.chain, signer, &codes, &config, b"").map_err(explain)?;
    let code = session.explained(session.chain.code_hash_of(suite.registry))?;
    session.save()?;
    Ok(Report::new(
        "the suite is deployed",
        json!({
            "registry": ss58(&suite.registry),
            "alliance": ss58(&suite.alliance),
            "market": ss58(&suite.market),
            "registry_code": code.map(hex::encode),
        }),
    )
    .line(format!("registry {}", ss58(&suite.registry)))
    .line(format!("alliance {}", ss58(&suite.alliance)))
    .line(format!("market   {}", ss58(&suite.market))))
}
