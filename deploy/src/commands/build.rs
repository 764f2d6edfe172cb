//! `couponry build`: the contracts' code, metadata and bundles. How is the builder's business.

use crate::{
    context::{Context, Report},
    refusals::Refusal,
};
use builder::{Event, Options, Progress};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

#[derive(Args, Debug)]
#[command(after_help = "Example: couponry build")]
pub struct Opts {
    /// Build even what has not changed
    #[arg(long)]
    force: bool,
    /// Build the registry that keeps PSP34's enumeration too, as `registry-enumerable`
    #[arg(long)]
    enumerable: bool,
    /// Put the files here instead of into `ink` under the target folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// # Errors
/// Whatever the builder refuses.
pub fn run(opts: &Opts, ctx: &Context) -> Result<Report, Refusal> {
    let mut options = Options::of_this_checkout();
    options.force = opts.force;
    if let Some(out) = &opts.out {
        options.out_dir = std::path::absolute(out).unwrap_or_else(|_| out.clone());
    }
    let built = build(&options, opts.enumerable, ctx.json)?;
    let contracts: Vec<_> = built
        .iter()
        .map(|contract| {
            json!({
                "name": contract.name,
                "code_hash": hex::encode(contract.code_hash),
                "size": contract.size,
                "size_limit": contract.size_limit,
                "bundle": contract.bundle,
                "fresh": contract.fresh,
            })
        })
        .collect();
    Ok(Report::new(builder::table(&built), json!({ "contracts": contracts })))
}

/// Builds the suite, and the registry that keeps PSP34's enumeration if that is asked for, saying what goes on unless `quiet`.
/// # Errors
/// Whatever the builder refuses.
pub fn build(options: &Options, enumerable: bool, quiet: bool) -> Result<Vec<builder::Built>, Refusal> {
    let mut progress = (!quiet).then(Progress::new);
    let mut tell = |event: Event| {
        if let Some(progress) = &mut progress {
            progress.show(event);
        }
    };
    let mut contracts = builder::suite();
    contracts.extend(enumerable.then(builder::enumerable));
    builder::build(&contracts, options, &mut tell).map_err(|error| {
        Refusal::new(error.to_string(), "run `make setup`, and correct what the message names")
    })
}

/// Builds what has changed since the last build, and says where the bundles are.
/// # Errors
/// Whatever the builder refuses.
pub fn suite_is_built(quiet: bool) -> Result<PathBuf, Refusal> {
    let options = Options::of_this_checkout();
    build(&options, false, quiet)?;
    Ok(options.out_dir)
}
