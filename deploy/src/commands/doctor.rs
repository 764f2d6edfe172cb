//! `couponry doctor`: whether a live chain can carry the suite.

use crate::{
    context::{Context, Report},
    live::OpenChain,
    refusals::Refusal,
};
use builder::Options;
use clap::Args;
use rpc_chain::Candidate;
use serde_json::json;
use std::{fs, path::PathBuf};

#[derive(Args, Debug)]
#[command(after_help = "Example: couponry doctor --network local --as operator")]
pub struct Opts {
    /// Who would deploy: whether it can pay for that
    #[arg(long = "as", value_name = "NAME")]
    payer: Option<String>,
    /// The builder's output folder [default: ink under the target folder]
    #[arg(long, value_name = "DIR")]
    bundles: Option<PathBuf>,
}

/// A chain that lacks something is a report that `differs`, not a refusal.
/// # Errors
/// No network was named, contracts that are not built, a node that can't be reached or is another chain's.
pub fn run(opts: &Opts, ctx: &Context) -> Result<Report, Refusal> {
    let Some(live) = &ctx.live else {
        return Err(Refusal::new(
            "an embedded chain needs no doctor",
            "name a live chain with --network NAME",
        ));
    };
    let folder = opts.bundles.clone().unwrap_or_else(|| Options::of_this_checkout().out_dir);
    let mut codes = Vec::new();
    for contract in builder::suite() {
        let path = folder.join(&contract.package).with_extension("wasm");
        let wasm = fs::read(&path).map_err(|why| {
            Refusal::new(format!("cannot read {}: {why}", path.display()), "run `couponry build` first")
        })?;
        codes.push((contract.package, wasm));
    }
    let mut session = ctx.open()?;
    let payer = opts.payer.as_ref().map(|name| session.account(name)).transpose()?;
    let OpenChain::Live(open) = &session.chain else {
        return Err(Refusal::new("this is no live chain", "name one with --network"));
    };
    let candidates: Vec<_> = codes.iter().map(|(name, wasm)| Candidate { name, wasm }).collect();
    let findings = session.explained(open.rpc.examine(&live.network, &candidates, payer))?;
    let bad = findings.iter().filter(|finding| finding.fix.is_some()).count();
    let line = if bad == 0 {
        format!("{} can carry the suite", live.network.name)
    } else {
        format!(
            "{} can't carry the suite as it is: {bad} of {} things are wrong",
            live.network.name,
            findings.len()
        )
    };
    let said: Vec<_> =
        findings.iter().map(|finding| json!({ "what": finding.what, "fix": finding.fix })).collect();
    let mut report = Report::new(line, json!({ "healthy": bad == 0, "findings": said }));
    for finding in &findings {
        report = report.line(match &finding.fix {
            None => format!("ok     {}", finding.what),
            Some(fix) => format!("WRONG  {}\n  fix: {fix}", finding.what),
        });
    }
    report.differs = bad > 0;
    Ok(report)
}
