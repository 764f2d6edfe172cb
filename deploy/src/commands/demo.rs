//! `couponry demo`: builds the contracts where needed and lets a town of files come to life.

use crate::{
    commands::build,
    context::{Context, Report},
    demo::{self, Opts},
    refusals::Refusal,
};
use builder::Options;
use serde_json::json;
use std::io::Write;

/// Tells the story on `out`, unless the answer is to be JSON.
/// # Errors
/// What the builder or the demo refuses, and rows that were refused, or not, against what the town expects.
pub fn run(opts: &Opts, ctx: &Context, out: &mut dyn Write) -> Result<Report, Refusal> {
    let bundles = match &opts.bundles {
        Some(bundles) => bundles.clone(),
        None => {
            let options = Options::of_this_checkout();
            build::build(&options, false, ctx.json)?;
            options.out_dir
        }
    };
    let mut silence = std::io::sink();
    let ending = demo::run(opts, &bundles, if ctx.json { &mut silence } else { out })?;
    if let Some((name, expected, found)) = ending.surprises.first() {
        return Err(Refusal::new(
            format!("{name}: {found} rows were refused, and the town expects {expected}"),
            "correct the rows, or the counts in town.toml",
        ));
    }
    let json = json!({
        "out": opts.out,
        "agrees": ending.audit_agrees,
        "events": ending.events,
        "blocks": ending.blocks,
    });
    Ok(Report { lines: Vec::new(), json, differs: !ending.audit_agrees })
}
