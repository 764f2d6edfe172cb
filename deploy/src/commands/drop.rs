//! `couponry drop`: printing codes and committing to them.

use crate::{
    codes::{self, ClaimCode, Code, PublicDrop},
    context::{cannot, write_file, Context, Desk, Report},
    payload,
    refusals::{Refusal, Words},
};
use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use ink::{codegen::TraitCallBuilder, env::Event};
use registry::events::CouponsIssued;
use scale::DecodeAll;
use serde_json::json;
use shared::claims::Source;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Prints codes, and commits to them on chain
    #[command(after_help = "Example: couponry drop create --campaign 1 --codes 100 --out codes --as bakery")]
    Create(Create),
    /// Checks printed codes against the drop, and counts those claimed
    #[command(after_help = "Example: couponry drop check codes")]
    Check(Check),
}

#[derive(Args, Debug)]
pub struct Create {
    /// The campaign's number
    #[arg(long)]
    campaign: u32,
    /// How many codes
    #[arg(long)]
    codes: u32,
    /// A new folder for codes.csv and qr/*.png (secret) and drop.json (to publish)
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How many QR images to draw [default: one for each code]
    #[arg(long, value_name = "COUNT")]
    qr: Option<u32>,
    /// The issuer or an operator
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Check {
    /// The folder of codes.csv and drop.json
    folder: PathBuf,
}

/// # Errors
/// Files that can't be read or written, bad codes, or the registry's refusal.
pub fn run(command: &Command, ctx: &Context) -> Result<Report, Refusal> {
    match command {
        Command::Create(opts) => create(opts, ctx),
        Command::Check(opts) => check(opts, ctx),
    }
}

fn check(opts: &Check, ctx: &Context) -> Result<Report, Refusal> {
    let desk = ctx.desk()?;
    let drop = PublicDrop::load(&opts.folder)?;
    let path = opts.folder.join("codes.csv");
    let file = fs::File::open(&path).map_err(|why| cannot("read", &path, &why))?;
    let claims = claims(&desk, &drop)?;
    let (mut good, mut claimed, mut bad) = (0u32, 0u32, Vec::new());
    for (line, row) in (2u64..).zip(codes::read_csv(file)) {
        let checked = row.and_then(|code| {
            drop.ensure_lists(&code).map_err(|fault| fault.at(format!("line {line}")))?;
            Ok(claims.contains(&code.index))
        });
        match checked {
            Ok(is_claimed) => {
                good = good.saturating_add(1);
                claimed = claimed.saturating_add(u32::from(is_claimed));
            }
            Err(fault) => bad.push(format!("\n  {}", fault.what)),
        }
    }
    let count = bad.len();
    if count > 0 {
        return Err(Refusal::new(
            format!("{}: {good} codes are good and {count} are not:{}", path.display(), bad.concat()),
            "don't hand these codes out: restore their rows from the file that `drop create` wrote",
        ));
    }
    Ok(Report::new(
        format!("all {good} codes are good, and {claimed} of them are claimed"),
        json!({ "campaign": drop.campaign, "drop": drop.drop, "good": good, "claimed": claimed }),
    ))
}

/// The codes claimed so far, by the events: the chain itself keeps bits that no message reads out.
fn claims(desk: &Desk, drop: &PublicDrop) -> Result<BTreeSet<u32>, Refusal> {
    let signature = CouponsIssued::SIGNATURE_TOPIC;
    let issued = desk.session.history()?;
    let indices = issued
        .iter()
        .filter(|event| event.contract == drop.registry && event.topics.first() == signature.as_ref())
        .filter_map(|event| CouponsIssued::decode_all(&mut event.data.as_slice()).ok())
        .filter(|issued| issued.campaign == drop.campaign)
        .filter_map(|issued| match issued.source {
            Source::Code { drop: number, index } if number == drop.drop => Some(index),
            Source::Code { .. } | Source::Batch(_) | Source::Voucher { .. } => None,
        });
    Ok(indices.collect())
}

fn create(opts: &Create, ctx: &Context) -> Result<Report, Refusal> {
    if opts.out.exists() {
        return Err(Refusal::new(
            format!("{} exists already", opts.out.display()),
            "name a new folder: codes are never written over",
        ));
    }
    let mut desk = ctx.desk()?;
    let issuer = desk.session.signer(&opts.signer)?.account();
    desk.campaign(opts.campaign)?;
    let codes = codes::generate(opts.codes, &mut rand::rngs::OsRng);
    let bar = progress(codes.len(), "making codes", ctx.json);
    let keys = codes::public_keys(&codes, || bar.inc(1));
    bar.finish_and_clear();
    let tree = codes::tree(&keys)?;
    let message = desk.office().call_mut().create_drop(opts.campaign, tree.root(), tree.size());
    let (drop, _) = desk.session.send(issuer, 0, message, Words::registry)?;

    let public = PublicDrop { registry: desk.suite.registry, campaign: opts.campaign, drop, keys };
    let parent = opts.out.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // All is written before the chain is saved, and put in its place after: whatever happens, no code that the chain knows is lost.
    let staged = tempfile::Builder::new()
        .prefix(".drop-")
        .tempdir_in(parent)
        .map_err(|why| cannot("write into", parent, &why))?;
    let images = opts.qr.unwrap_or(opts.codes);
    print(staged.path(), &public, &codes, images, ctx.json)?;
    let staged = staged.keep();
    if let Err(refusal) = desk.session.save() {
        fs::remove_dir_all(&staged).map_err(|why| cannot("remove", &staged, &why))?;
        return Err(refusal);
    }
    fs::rename(&staged, &opts.out).map_err(|why| cannot("write", &opts.out, &why))?;
    Ok(Report::new(
        format!("drop {drop} of campaign {}: {} codes in {}", opts.campaign, opts.codes, opts.out.display()),
        json!({
            "campaign": opts.campaign,
            "drop": drop,
            "codes": opts.codes,
            "root": hex::encode(tree.root()),
            "out": opts.out,
        }),
    )
    .line(
        "codes.csv and qr/ are secret: whoever has a code can claim its coupon; drop.json is to be published",
    ))
}

/// Writes what a printer needs (`codes.csv`, the first `images` of `qr/INDEX.png`) and what is published (`drop.json`) into `folder`.
/// # Errors
/// A file can't be written.
pub fn print(
    folder: &Path,
    drop: &PublicDrop,
    codes: &[Code],
    images: u32,
    quiet: bool,
) -> Result<(), Refusal> {
    let mut csv = Vec::new();
    codes::write_csv(codes, &mut csv).map_err(|why| cannot("write", &folder.join("codes.csv"), &why))?;
    write_file(&folder.join("codes.csv"), &csv, true)?;
    write_file(&folder.join("drop.json"), drop.to_json().as_bytes(), false)?;
    let qr = folder.join("qr");
    fs::create_dir_all(&qr).map_err(|why| cannot("make", &qr, &why))?;
    let bar =
        progress(codes.len().min(usize::try_from(images).unwrap_or(usize::MAX)), "drawing QR codes", quiet);
    for code in codes.iter().filter(|code| code.index < images) {
        let path = qr.join(format!("{}.png", code.index));
        let claim = ClaimCode {
            registry: drop.registry,
            campaign: drop.campaign,
            drop: drop.drop,
            code: code.clone(),
        };
        write_file(&path, &payload::qr_png(&claim.payload())?, true)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

fn progress(steps: usize, doing: &'static str, quiet: bool) -> ProgressBar {
    let steps = u64::try_from(steps).unwrap_or(u64::MAX);
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(steps) };
    bar.with_message(doing)
}
