//! `couponry campaign`: what issuers promise, how they make it better, who signs for it, and who takes it over.

use crate::{
    accounts,
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
use shared::{
    assets::Asset,
    campaigns::Improvement,
    claims::{Quota, VoucherKey},
    terms::{Audience, Benefit, Cap, Card, Limits, PeriodLimits, Referral, Stacking, Terms},
};
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
    /// Offers a campaign to another issuer, or takes the offer back
    #[command(after_help = "Example: couponry campaign offer 1 --to cafe --as bakery")]
    Offer(Offer),
    /// Takes over a campaign that was offered: its escrow, its debts to come, and all
    #[command(after_help = "Example: couponry campaign accept 1 --as cafe")]
    Accept(Accept),
    /// Names keys that sign vouchers, or dismisses them
    #[command(subcommand)]
    Key(KeyCommand),
}

#[derive(Subcommand, Debug)]
pub enum KeyCommand {
    /// Names a key that signs vouchers of a campaign, or sets its quota anew
    #[command(after_help = "Examples:
  a backend:          couponry campaign key add 1 --key shop.example --as bakery
  a device, 3 a day:  couponry campaign key add 1 --key sensor --device --quota 3 --period 1d --as bakery")]
    Add(KeyAdd),
    /// Dismisses a key: what it signed and nobody claimed is void
    #[command(after_help = "Example: couponry campaign key revoke 1 --key sensor --as bakery")]
    Revoke(KeyRevoke),
}

#[derive(Args, Debug)]
pub struct Offer {
    /// The campaign's number
    campaign: u32,
    /// Who may take it over: a name or an address
    #[arg(long, required_unless_present = "take_back")]
    to: Option<String>,
    /// Offer it to nobody any more
    #[arg(long, conflicts_with = "to")]
    take_back: bool,
    /// The issuer
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Accept {
    /// The campaign's number
    campaign: u32,
    /// Whom it was offered to
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct KeyAdd {
    /// The campaign's number
    campaign: u32,
    /// Its public key: 64 hexadecimal digits, an address or a name
    #[arg(long)]
    key: String,
    /// It is a device's, which stands where anyone may reach it
    #[arg(long)]
    device: bool,
    /// The most vouchers of one period that take effect [default: as many as there are coupons]
    #[arg(long, value_name = "COUNT", requires = "period", required_if_eq("device", "true"))]
    quota: Option<u32>,
    /// How long a period is
    #[arg(long, requires = "quota")]
    period: Option<String>,
    /// The issuer or an operator
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct KeyRevoke {
    /// The campaign's number
    campaign: u32,
    /// Its public key: 64 hexadecimal digits, an address or a name
    #[arg(long)]
    key: String,
    /// The issuer or an operator
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
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
        Command::Offer(opts) => offer(opts, ctx),
        Command::Accept(opts) => accept(opts, ctx),
        Command::Key(KeyCommand::Add(opts)) => add_key(opts, ctx),
        Command::Key(KeyCommand::Revoke(opts)) => set_key(ctx, opts.campaign, &opts.key, None, &opts.signer),
    }
}

fn offer(opts: &Offer, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let issuer = desk.session.signer(&opts.signer)?.account();
    let to = opts.to.as_ref().map(|name| desk.session.account(name)).transpose()?;
    let message = desk.office().call_mut().offer_campaign(opts.campaign, to);
    desk.session.send(issuer, 0, message, Words::registry)?;
    desk.session.save()?;
    let to_whom = opts.to.as_deref().unwrap_or("nobody");
    Ok(Report::new(
        format!("campaign {} is offered to {to_whom}", opts.campaign),
        json!({ "campaign": opts.campaign, "to": to.map(|to| ss58(&to)) }),
    ))
}

fn accept(opts: &Accept, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let issuer = desk.session.signer(&opts.signer)?.account();
    let message = desk.office().call_mut().accept_campaign(opts.campaign);
    desk.session.send(issuer, 0, message, Words::registry)?;
    desk.session.save()?;
    Ok(Report::new(
        format!("campaign {} is {}'s now", opts.campaign, opts.signer),
        json!({ "campaign": opts.campaign, "issuer": ss58(&issuer) }),
    ))
}

fn add_key(opts: &KeyAdd, ctx: &Context) -> Result<Report, Refusal> {
    let quota = match (opts.quota, &opts.period) {
        (Some(most), Some(period)) => {
            let period = times::period(period).map_err(|fault| fault.at("--period"))?;
            if most == 0 || period == 0 {
                return Err(Refusal::new(
                    "--quota: no vouchers, or a period of no time",
                    "set both above zero, or dismiss the key: `couponry campaign key revoke`",
                ));
            }
            Some(Quota { most, period, since: 0, used: 0 })
        }
        (None, _) | (_, None) => None,
    };
    let named = VoucherKey { device: opts.device, quota };
    set_key(ctx, opts.campaign, &opts.key, Some(named), &opts.signer)
}

fn set_key(
    ctx: &Context,
    campaign: u32,
    key: &str,
    named: Option<VoucherKey>,
    signer: &str,
) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let caller = desk.session.signer(signer)?.account();
    let public = accounts::public_key(key).map_err(|fault| fault.at("--key"))?;
    let message = desk.office().call_mut().set_voucher_key(campaign, public, named);
    desk.session.send(caller, 0, message, Words::registry)?;
    desk.session.save()?;
    let may = if named.is_some() { "signs" } else { "no longer signs" };
    let quota = named.and_then(|named| named.quota);
    Ok(Report::new(
        format!("the key {key} {may} vouchers of campaign {campaign}"),
        json!({
            "campaign": campaign,
            "key": hex::encode(public),
            "named": named.is_some(),
            "device": named.map(|named| named.device),
            "quota": quota.map(|quota| quota.most),
            "period": quota.map(|quota| quota.period),
        }),
    ))
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
    let report = match progress.budget_left {
        Some(left) => report.line(format!("budget   {} left", words.money(left))),
        None => report,
    };
    Ok(conditions(terms, words).into_iter().fold(report, Report::line))
}

/// The terms that not every campaign has.
fn conditions(terms: &Terms, words: &Words) -> Vec<String> {
    let mut lines = Vec::new();
    match terms.card {
        Card::Stamps(stamps) => {
            lines.push(format!("card     {stamps} stamps, of which the last gives the benefit"))
        }
        Card::Uses(uses) if uses > 1 => lines.push(format!("card     {uses} uses")),
        Card::Uses(_) => {}
    }
    match terms.audience {
        Audience::Anyone => {}
        Audience::FirstOrder => lines.push("for      whoever never redeemed at the issuer before".to_owned()),
        Audience::Attested { key, class } => {
            lines.push(format!(
                "for      whoever the key {} attests to be of class {class}",
                hex::encode(key)
            ));
        }
    }
    if let Stacking::Common { priority } = terms.stacking {
        lines.push(format!("stacking beside others, with priority {priority}"));
    }
    if terms.min_basket > 0 {
        lines.push(format!("basket   of at least {}", words.money(terms.min_basket)));
    }
    let Limits { issued_per_holder, uses, holder, period } = terms.limits;
    let mut limits = Vec::new();
    limits.extend(issued_per_holder.map(|most| format!("{most} coupons an account")));
    limits.extend(uses.map(|most| format!("{most} uses")));
    limits.extend(capped(&holder, words).map(|most| format!("{most} a holder")));
    if let Some(PeriodLimits { unit, campaign, holder, .. }) = period {
        let unit = format!("{unit:?}").to_lowercase();
        limits.extend(capped(&campaign, words).map(|most| format!("{most} a {unit}")));
        limits.extend(capped(&holder, words).map(|most| format!("{most} a holder and {unit}")));
    }
    if !limits.is_empty() {
        lines.push(format!("limits   {}", limits.join(", ")));
    }
    if let Some(bps) = terms.resale_bps {
        lines.push(format!("resale   for at most {}% of what the coupon can still take off", percent(bps)));
    }
    if let Some(Referral { reward, per_advocate }) = terms.referral {
        lines.push(format!(
            "friends  give their advocate a coupon of campaign {reward}, {per_advocate} at most"
        ));
    }
    if let Some(scope) = terms.scope {
        lines.push(format!("scope    the products of the list with SHA-256 {}", hex::encode(scope)));
    }
    lines
}

fn capped(cap: &Cap, words: &Words) -> Option<String> {
    let uses = cap.uses.map(|most| format!("{most} uses"));
    let value = cap.value.map(|most| format!("{} off", words.money(most)));
    let parts: Vec<String> = uses.into_iter().chain(value).collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
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
