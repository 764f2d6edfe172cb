//! `couponry campaign`: what issuers promise, and how they make it better.

use crate::{
    amounts::Unit,
    campaign_file,
    context::{Context, Report},
    refusals::{percent, Refusal, Words},
    times,
};
use chain::{keys::ss58, Balance, Chain};
use clap::{Args, Subcommand};
use ink::codegen::TraitCallBuilder;
use serde_json::json;
use shared::{assets::Asset, campaigns::Improvement, terms::Benefit};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Creates a campaign from a TOML file
    #[command(after_help = "Example: couponry campaign create deploy/examples/first.toml --as bakery")]
    Create(Create),
    /// Shows a campaign's terms and counters
    #[command(after_help = "Example: couponry campaign show 1")]
    Show(Show),
    /// Makes a campaign better for its holders
    #[command(after_help = "Example: couponry campaign improve 1 --add-escrow 50 --as bakery")]
    Improve(Improve),
    /// Takes back escrow that backs nothing
    #[command(after_help = "Example: couponry campaign withdraw 1 10 --as bakery")]
    Withdraw(Withdraw),
}

#[derive(Args, Debug)]
pub struct Create {
    /// The campaign file; deploy/examples has some
    file: PathBuf,
    /// The issuer
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Show {
    /// The campaign's number
    campaign: u32,
}

#[derive(Args, Debug)]
pub struct Improve {
    /// The campaign's number
    campaign: u32,
    #[command(flatten)]
    change: Change,
    /// The issuer
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Change {
    /// Coupons may be spent until then
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Discounts may come to this much more
    #[arg(long, value_name = "AMOUNT")]
    add_budget: Option<String>,
    /// Lock this much more
    #[arg(long, value_name = "AMOUNT")]
    add_escrow: Option<String>,
    /// Issue no more coupons, for good
    #[arg(long)]
    stop_issuing: bool,
}

#[derive(Args, Debug)]
pub struct Withdraw {
    /// The campaign's number
    campaign: u32,
    /// How much
    amount: String,
    /// The issuer
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

/// # Errors
/// A campaign file's fault, or the registry's refusal.
pub fn run(command: &Command, ctx: &Context) -> Result<Report, Refusal> {
    match command {
        Command::Create(opts) => create(opts, ctx),
        Command::Show(opts) => show(opts, ctx),
        Command::Improve(opts) => improve(opts, ctx),
        Command::Withdraw(opts) => withdraw(opts, ctx),
    }
}

fn create(opts: &Create, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let issuer = desk.session.signer(&opts.signer)?.account();
    let plan = campaign_file::read(&opts.file, desk.session.chain.now(), &desk.suite)?;
    desk.session.words.count_in(plan.terms.asset);
    let (supply, escrow) = (plan.terms.supply, desk.session.words.money(plan.escrow));
    let json_escrow = plan.escrow.to_string();
    let value = value_of(plan.terms.asset, plan.escrow);
    let message = desk.office().call_mut().create_campaign(plan.terms, plan.uri.into_bytes(), plan.escrow);
    let (campaign, outcome) = desk.session.send(issuer, value, message, Words::registry)?;
    desk.session.save()?;
    Ok(Report::new(
        format!("campaign {campaign}: up to {supply} coupons, {escrow} locked"),
        json!({
            "campaign": campaign,
            "supply": supply,
            "escrow": json_escrow,
            "deposit": outcome.cost.deposit.to_string(),
        }),
    ))
}

fn show(opts: &Show, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let (campaign, progress) = desk.campaign(opts.campaign)?;
    let words = &desk.session.words;
    let terms = &campaign.terms;
    let benefit = match terms.benefit {
        Benefit::AmountOff { value } => format!("{} off", words.money(value)),
        Benefit::PercentOff { bps, cap } => format!("{}% off, at most {}", percent(bps), words.money(cap)),
        Benefit::NewPrice { price, cap } => {
            format!("for {}, at most {} off", words.money(price), words.money(cap))
        }
        Benefit::FreeItem { worth } => format!("one item free, worth at most {}", words.money(worth)),
        Benefit::StoredValue { value } => format!("a gift card of {}", words.money(value)),
    };
    let (issue, redeem) = (terms.issue_window, terms.redeem_window);
    let report = Report::new(
        format!("campaign {} of {}: {benefit}", opts.campaign, words.account(&campaign.issuer)),
        json!({
            "campaign": opts.campaign,
            "issuer": ss58(&campaign.issuer),
            "benefit": benefit,
            "supply": terms.supply,
            "issued": progress.issued,
            "uses": progress.uses,
            "drops": progress.drops.len(),
            "issuing_stopped": progress.issuing_stopped,
            "redeem_ends": progress.redeem_ends,
            "budget_left": progress.budget_left.map(|left| left.to_string()),
            "escrow_left": progress.escrow_left.to_string(),
            "reserved": progress.reserved.to_string(),
            "held": progress.held.to_string(),
        }),
    )
    .line(format!("issued   {} of {}, used {} times", progress.issued, terms.supply, progress.uses))
    .line(format!("issue    {} to {}", times::show(issue.start), times::show(issue.end)))
    .line(format!("redeem   {} to {}", times::show(redeem.start), times::show(progress.redeem_ends)))
    .line(format!(
        "escrow   {}, of which {} backs live coupons",
        words.money(progress.escrow_left),
        words.money(progress.reserved)
    ));
    Ok(match progress.budget_left {
        Some(left) => report.line(format!("budget   {} left", words.money(left))),
        None => report,
    })
}

fn improve(opts: &Improve, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let issuer = desk.session.signer(&opts.signer)?.account();
    let (campaign, _) = desk.campaign(opts.campaign)?;
    let asset = campaign.terms.asset;
    let money = |text: &str| Unit::of(asset).read(text);
    let improvement = match &opts.change {
        Change { until: Some(text), .. } => {
            Improvement::ExtendRedeemWindow { until: times::parse(text, desk.session.chain.now())? }
        }
        Change { add_budget: Some(text), .. } => Improvement::AddBudget { amount: money(text)? },
        Change { add_escrow: Some(text), .. } => Improvement::AddEscrow { amount: money(text)? },
        Change { .. } => Improvement::StopIssuing,
    };
    let value = value_of(asset, improvement.price());
    let message = desk.office().call_mut().improve_campaign(opts.campaign, improvement);
    desk.session.send(issuer, value, message, Words::registry)?;
    desk.session.save()?;
    Ok(Report::new(
        format!("campaign {} is better now", opts.campaign),
        json!({ "campaign": opts.campaign, "improved": true }),
    ))
}

fn withdraw(opts: &Withdraw, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let issuer = desk.session.signer(&opts.signer)?.account();
    let (campaign, _) = desk.campaign(opts.campaign)?;
    let amount = Unit::of(campaign.terms.asset).read(&opts.amount)?;
    let message = desk.office().call_mut().withdraw_escrow(opts.campaign, amount);
    desk.session.send(issuer, 0, message, Words::registry)?;
    let money = desk.session.words.money(amount);
    desk.session.save()?;
    Ok(Report::new(
        format!("{money} came back from the escrow of campaign {}", opts.campaign),
        json!({ "campaign": opts.campaign, "withdrawn": amount.to_string() }),
    ))
}

/// The native value that pays `amount`: PSP22 tokens are collected by allowance.
pub fn value_of(asset: Asset, amount: Balance) -> Balance {
    match asset {
        Asset::Native => amount,
        Asset::Psp22(_) => 0,
    }
}
