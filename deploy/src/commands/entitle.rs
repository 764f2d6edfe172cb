//! `couponry key`, `list`, `voucher` and `attest`: what entitles accounts to coupons besides printed codes.

use crate::{
    accounts,
    context::{cannot, write_file, Context, Report},
    entitlements::{read_list, AllowList, SignedAttestation, SignedVoucher},
    payload::qr_png,
    refusals::{coupon, Refusal, Words},
    times,
};
use chain::{keys::ss58, Chain, Keypair};
use clap::{Args, Subcommand};
use ink::codegen::TraitCallBuilder;
use rand::{rngs::OsRng, RngCore};
use serde_json::json;
use shared::claims::{Attestation, Claim};
use std::{
    fs,
    path::{Path, PathBuf},
};

#[derive(Subcommand, Debug)]
pub enum KeyCommand {
    /// Makes a key that signs vouchers or attestations
    #[command(after_help = "Example: couponry key new --out sensor.key")]
    New(KeyNew),
}

#[derive(Args, Debug)]
pub struct KeyNew {
    /// A new file for its secret, which is yours alone to read
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Subcommand, Debug)]
pub enum ListCommand {
    /// Commits to a list of accounts, who can then claim coupons
    #[command(
        after_help = "Example: couponry list create --campaign 1 --from lapsed.csv --out list.json --as bakery"
    )]
    Create(ListCreate),
    /// Claims what a list gives an account
    #[command(after_help = "Example: couponry list claim --list list.json --to anna")]
    Claim(ListClaim),
}

#[derive(Args, Debug)]
pub struct ListCreate {
    /// The campaign's number
    #[arg(long)]
    campaign: u32,
    /// A CSV file of account,count
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// A new file for the entries and their proofs, to publish
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The issuer or an operator
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

/// Who claims, and what they show for an attested audience.
#[derive(Args, Debug)]
struct Claimant {
    /// What the campaign's attester signed for the account, or the text of its QR code
    #[arg(long, value_name = "FILE")]
    attestation: Option<String>,
    /// Who submits the claim and pays the deposits [default: who gets the coupons]
    #[arg(long = "as", value_name = "NAME")]
    signer: Option<String>,
}

#[derive(Args, Debug)]
pub struct ListClaim {
    /// The list file that the issuer published
    #[arg(long, value_name = "FILE")]
    list: PathBuf,
    /// Whose entry: a name or an address
    #[arg(long)]
    to: String,
    /// The entry's place in the list, from 0 [default: the account's first]
    #[arg(long)]
    index: Option<u32>,
    #[command(flatten)]
    claimant: Claimant,
}

#[derive(Subcommand, Debug)]
pub enum VoucherCommand {
    /// Signs a voucher with a key that the campaign names
    #[command(
        after_help = "Example: couponry voucher sign --campaign 1 --to anna --nonce 1 --key sensor.key --out voucher.txt"
    )]
    Sign(VoucherSign),
    /// Turns a voucher into a coupon
    #[command(after_help = "Example: couponry voucher claim --voucher voucher.txt --as anna")]
    Claim(VoucherClaim),
}

#[derive(Args, Debug)]
pub struct VoucherSign {
    /// The campaign's number
    #[arg(long)]
    campaign: u32,
    /// Who gets the coupon: a name or an address
    #[arg(long)]
    to: String,
    /// Who brought them, and may be rewarded for it
    #[arg(long, value_name = "NAME")]
    advocate: Option<String>,
    /// The key's own number for it; each takes effect once
    #[arg(long)]
    nonce: u64,
    /// Good until just before this time
    #[arg(long, default_value = "+1h", value_name = "TIME")]
    deadline: String,
    /// The key file, or the name of a development key
    #[arg(long, value_name = "FILE")]
    key: String,
    #[command(flatten)]
    output: Output,
}

/// Where a signed text goes, besides the answer.
#[derive(Args, Debug)]
struct Output {
    /// Also write the text into this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Also draw its QR code into this PNG file
    #[arg(long, value_name = "FILE")]
    qr: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct VoucherClaim {
    /// The voucher's file, or the text of its QR code
    #[arg(long, value_name = "FILE")]
    voucher: String,
    /// What the campaign's attester signed for the account, or the text of its QR code
    #[arg(long, value_name = "FILE")]
    attestation: Option<String>,
    /// Who submits the claim and pays the deposit: anyone
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Example: couponry attest anna --class 18 --expires +365d --key attester.key --out anna.txt"
)]
pub struct Attest {
    /// Who: a name or an address
    account: String,
    /// What is attested, by the issuer's own list
    #[arg(long)]
    class: u8,
    /// Good until just before this time
    #[arg(long, value_name = "TIME")]
    expires: String,
    /// The key file, or the name of a development key
    #[arg(long, value_name = "FILE")]
    key: String,
    #[command(flatten)]
    output: Output,
}

impl Output {
    fn write(&self, text: &str) -> Result<(), Refusal> {
        if let Some(file) = &self.out {
            write_file(file, format!("{text}\n").as_bytes(), true)?;
        }
        if let Some(image) = &self.qr {
            write_file(image, &qr_png(text)?, true)?;
        }
        Ok(())
    }
}

/// # Errors
/// The file is there already, or can't be written.
pub fn key(command: &KeyCommand, _ctx: &Context) -> Result<Report, Refusal> {
    let KeyCommand::New(opts) = command;
    ensure_new(&opts.out, "keys are never written over")?;
    let mut seed = [0; 32];
    OsRng.fill_bytes(&mut seed);
    write_file(&opts.out, format!("{}\n", hex::encode(seed)).as_bytes(), true)?;
    let public = hex::encode(Keypair::from_seed(seed).public());
    Ok(Report::new(
        format!("public key {public}; its secret is in {}", opts.out.display()),
        json!({ "public_key": public, "file": opts.out }),
    ))
}

fn ensure_new(path: &Path, why: &str) -> Result<(), Refusal> {
    if path.exists() {
        return Err(Refusal::new(
            format!("{} exists already", path.display()),
            format!("name a new file: {why}"),
        ));
    }
    Ok(())
}

/// # Errors
/// What can't be read or written, or the office's refusal.
pub fn list(command: &ListCommand, ctx: &Context) -> Result<Report, Refusal> {
    match command {
        ListCommand::Create(opts) => create_list(opts, ctx),
        ListCommand::Claim(opts) => claim_entry(opts, ctx),
    }
}

fn create_list(opts: &ListCreate, ctx: &Context) -> Result<Report, Refusal> {
    ensure_new(&opts.out, "a list is good as it was committed to")?;
    let mut desk = ctx.desk()?;
    let signer = desk.session.signer(&opts.signer)?.account();
    let file = fs::File::open(&opts.from).map_err(|why| cannot("read", &opts.from, &why))?;
    let entries = read_list(file).map_err(|fault| fault.at(opts.from.display()))?;
    let (mut list, root) = AllowList::new(desk.suite.registry, opts.campaign, &entries)?;
    let size = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    let message = desk.office().call_mut().create_drop(opts.campaign, root, size);
    (list.drop, _) = desk.session.send(signer, 0, message, Words::registry)?;
    // Written before the chain is saved: whatever happens, no list that the chain knows is lost.
    write_file(&opts.out, list.to_json().as_bytes(), false)?;
    if let Err(refusal) = desk.session.save() {
        fs::remove_file(&opts.out).map_err(|why| cannot("remove", &opts.out, &why))?;
        return Err(refusal);
    }
    let coupons = entries.iter().fold(0u64, |sum, (_, count)| sum.saturating_add((*count).into()));
    Ok(Report::new(
        format!(
            "list {} of campaign {}: {size} entries for {coupons} coupons in {}",
            list.drop,
            opts.campaign,
            opts.out.display()
        ),
        json!({
            "campaign": opts.campaign,
            "drop": list.drop,
            "entries": size,
            "coupons": coupons,
            "root": hex::encode(root),
            "out": opts.out,
        }),
    ))
}

fn claim_entry(opts: &ListClaim, ctx: &Context) -> Result<Report, Refusal> {
    let list = AllowList::load(&opts.list)?;
    let account = accounts::account(&opts.to)?;
    let found = list.find(account, opts.index)?;
    let attestation = attestation(opts.claimant.attestation.as_ref())?;
    let claim = list.claim(found, attestation);
    claim_at_office(ctx, claim, opts.claimant.signer.as_ref().unwrap_or(&opts.to))
}

fn attestation(source: Option<&String>) -> Result<Option<Attestation>, Refusal> {
    let signed = source.map(|source| SignedAttestation::read(source)).transpose()?;
    Ok(signed.map(|signed| signed.attestation))
}

/// Has the office hand the coupons out.
fn claim_at_office(ctx: &Context, claim: Claim, submitter: &str) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let submitter = desk.session.signer(submitter)?.account();
    let (to, count) = (claim.to, claim.entitlement.count());
    let message = desk.office().call_mut().claim(claim);
    let (first, _) = desk.session.send(submitter, 0, message, Words::registry)?;
    desk.session.save()?;
    let coupons: Vec<_> = (first.serial..)
        .zip(0..count)
        .map(|(serial, _)| coupon(shared::ids::CouponId { serial, ..first }))
        .collect();
    Ok(Report::new(
        format!("coupon {} is {}'s", coupons.join(", "), ss58(&to)),
        json!({ "coupons": coupons, "owner": ss58(&to) }),
    ))
}

/// # Errors
/// What can't be read or written, or the office's refusal.
pub fn voucher(command: &VoucherCommand, ctx: &Context) -> Result<Report, Refusal> {
    match command {
        VoucherCommand::Sign(opts) => sign_voucher(opts, ctx),
        VoucherCommand::Claim(opts) => {
            let voucher = SignedVoucher::read(&opts.voucher)?;
            let claim = voucher.claim(attestation(opts.attestation.as_ref())?);
            claim_at_office(ctx, claim, &opts.signer)
        }
    }
}

fn sign_voucher(opts: &VoucherSign, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let to = desk.session.account(&opts.to)?;
    let advocate = opts.advocate.as_ref().map(|name| desk.session.account(name)).transpose()?;
    let now = desk.session.chain.now();
    let deadline = times::parse(&opts.deadline, now).map_err(|fault| fault.at("--deadline"))?;
    let key = accounts::key(&opts.key).map_err(|fault| fault.at("--key"))?;
    let voucher =
        SignedVoucher::sign(&desk.domain(), &key, opts.campaign, (to, advocate), (opts.nonce, deadline));
    let text = voucher.payload();
    opts.output.write(&text)?;
    Ok(Report::new(
        text.clone(),
        json!({
            "voucher": text,
            "campaign": opts.campaign,
            "to": ss58(&to),
            "key": hex::encode(voucher.key),
            "nonce": opts.nonce,
            "deadline": deadline,
        }),
    ))
}

/// # Errors
/// What can't be read or written.
pub fn attest(opts: &Attest, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let account = desk.session.account(&opts.account)?;
    let now = desk.session.chain.now();
    let expires_at = times::parse(&opts.expires, now).map_err(|fault| fault.at("--expires"))?;
    let key = accounts::key(&opts.key).map_err(|fault| fault.at("--key"))?;
    let text = SignedAttestation::sign(&desk.domain(), &key, opts.class, account, expires_at).payload();
    opts.output.write(&text)?;
    Ok(Report::new(
        text.clone(),
        json!({ "attestation": text, "account": ss58(&account), "class": opts.class, "expires_at": expires_at }),
    ))
}
