//! `couponry role`, `account` and `guardian`: whom merchants and the registry trust, and whom they don't any more.

use crate::{
    amounts::Unit,
    context::{Context, Report},
    refusals::{Refusal, Words},
};
use chain::keys::ss58;
use clap::{Args, Subcommand, ValueEnum};
use ink::codegen::TraitCallBuilder;
use serde_json::json;
use shared::registry::Scope;

#[derive(Subcommand, Debug)]
pub enum RoleCommand {
    /// Lets an account work for a merchant; what it could do before and isn't named now, it can't any more
    #[command(after_help = "Examples:
  a till:         couponry role set till-1 --cashier --daily-cap 50 --as bakery
  an assistant:   couponry role set anna --operator --as bakery")]
    Set(RoleSet),
    /// Dismisses an account
    #[command(after_help = "Example: couponry role dismiss till-1 --as bakery")]
    Dismiss(RoleDismiss),
}

#[derive(Args, Debug)]
pub struct RoleSet {
    /// Who: a name or an address
    account: String,
    /// It issues, creates drops, names keys and freezes
    #[arg(long, required_unless_present = "cashier")]
    operator: bool,
    /// It accepts orders
    #[arg(long)]
    cashier: bool,
    /// The most that the discounts it accepts come to in a day (UTC); tokens of any asset count by their smallest units
    #[arg(long, value_name = "AMOUNT", requires = "cashier")]
    daily_cap: Option<String>,
    /// The merchant
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct RoleDismiss {
    /// Who: a name or an address
    account: String,
    /// The merchant
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Subcommand, Debug)]
pub enum AccountCommand {
    /// Keeps an account from spending an issuer's coupons, of campaigns that mark first orders and that no escrow backs
    #[command(after_help = "Example: couponry account freeze anna --reason 3 --as bakery")]
    Freeze(AccountFreeze),
    /// Lets a frozen account spend again
    #[command(after_help = "Example: couponry account thaw anna --as bakery")]
    Thaw(AccountThaw),
}

#[derive(Args, Debug)]
pub struct AccountFreeze {
    /// Who: a name or an address
    account: String,
    /// The issuer's own number for why
    #[arg(long)]
    reason: u8,
    /// The issuer
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct AccountThaw {
    /// Who: a name or an address
    account: String,
    /// The issuer
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Subcommand, Debug)]
pub enum GuardianCommand {
    /// Pauses exactly what is named; nothing, where nothing is
    #[command(after_help = "Spending, collecting and taking back go on whatever is paused.

Examples:
  no claims, no sales: couponry guardian pause claims trading --as operator
  all goes on:         couponry guardian pause --as operator")]
    Pause(Pause),
    /// Offers the guardian's place to an account, or takes the offer back
    #[command(after_help = "Example: couponry guardian offer --to anna --as operator")]
    Offer(GuardianOffer),
    /// Takes the guardian's place that was offered
    #[command(after_help = "Example: couponry guardian accept --as anna")]
    Accept(Alone),
    /// Leaves the registry without a guardian, for good, and nothing paused
    #[command(after_help = "Example: couponry guardian step-down --as operator")]
    StepDown(Alone),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ScopeWord {
    /// Creating campaigns
    Campaigns,
    /// Issuing and claiming coupons
    Claims,
    /// Selling coupons
    Trading,
}

impl From<ScopeWord> for Scope {
    fn from(word: ScopeWord) -> Self {
        match word {
            ScopeWord::Campaigns => Self::Campaigns,
            ScopeWord::Claims => Self::Claims,
            ScopeWord::Trading => Self::Trading,
        }
    }
}

#[derive(Args, Debug)]
pub struct Pause {
    #[arg(value_enum)]
    scopes: Vec<ScopeWord>,
    /// The guardian
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct GuardianOffer {
    /// Who may take it: a name or an address
    #[arg(long, required_unless_present = "take_back")]
    to: Option<String>,
    /// Offer it to nobody any more
    #[arg(long, conflicts_with = "to")]
    take_back: bool,
    /// The guardian
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Alone {
    /// Who calls
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

/// # Errors
/// What can't be read, or the office's refusal.
pub fn role(command: &RoleCommand, ctx: &Context) -> Result<Report, Refusal> {
    let (account, operator, cashier, daily_cap, signer) = match command {
        RoleCommand::Set(RoleSet { account, operator, cashier, daily_cap, signer }) => {
            (account, *operator, *cashier, daily_cap.as_ref(), signer)
        }
        RoleCommand::Dismiss(RoleDismiss { account, signer }) => (account, false, false, None, signer),
    };
    let mut desk = ctx.desk()?;
    let merchant = desk.session.signer(signer)?.account();
    let who = desk.session.account(account)?;
    let cap = daily_cap
        .map(|text| Unit::native().read(text).map_err(|fault| fault.at("--daily-cap")))
        .transpose()?;
    let message = desk.office().call_mut().set_role(who, operator, cashier, cap);
    desk.session.send(merchant, 0, message, Words::registry)?;
    let within = cap.map(|cap| format!(" within {} a day", desk.session.words.money(cap)));
    desk.session.save()?;
    let may = match (operator, cashier) {
        (true, true) => "issues and accepts orders",
        (true, false) => "issues",
        (false, true) => "accepts orders",
        (false, false) => "no longer works",
    };
    Ok(Report::new(
        format!("{account} {may} for {signer}{}", within.unwrap_or_default()),
        json!({
            "merchant": ss58(&merchant),
            "account": ss58(&who),
            "operator": operator,
            "cashier": cashier,
            "daily_cap": cap.map(|cap| cap.to_string()),
        }),
    ))
}

/// # Errors
/// What can't be read, or the office's refusal.
pub fn account(command: &AccountCommand, ctx: &Context) -> Result<Report, Refusal> {
    let (account, reason, signer) = match command {
        AccountCommand::Freeze(AccountFreeze { account, reason, signer }) => (account, Some(*reason), signer),
        AccountCommand::Thaw(AccountThaw { account, signer }) => (account, None, signer),
    };
    let mut desk = ctx.desk()?;
    let issuer = desk.session.signer(signer)?.account();
    let who = desk.session.account(account)?;
    let message = desk.office().call_mut().set_account_frozen(who, reason);
    desk.session.send(issuer, 0, message, Words::registry)?;
    desk.session.save()?;
    let state = if reason.is_some() { "frozen" } else { "thawed" };
    Ok(Report::new(
        format!("{account} is {state} for {signer}'s coupons"),
        json!({ "issuer": ss58(&issuer), "account": ss58(&who), "frozen": reason }),
    ))
}

/// # Errors
/// What can't be read, or the office's refusal.
pub fn guardian(command: &GuardianCommand, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let report = match command {
        GuardianCommand::Pause(opts) => {
            let guardian = desk.session.signer(&opts.signer)?.account();
            let bits = opts.scopes.iter().fold(0, |bits, scope| bits | Scope::from(*scope).bit());
            let message = desk.office().call_mut().set_paused(bits);
            desk.session.send(guardian, 0, message, Words::registry)?;
            let names: Vec<_> = opts.scopes.iter().map(|scope| format!("{scope:?}").to_lowercase()).collect();
            let what = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
            Report::new(format!("paused: {what}"), json!({ "paused": names }))
        }
        GuardianCommand::Offer(opts) => {
            let guardian = desk.session.signer(&opts.signer)?.account();
            let to = opts.to.as_ref().map(|name| desk.session.account(name)).transpose()?;
            let message = desk.office().call_mut().offer_guardian(to);
            desk.session.send(guardian, 0, message, Words::registry)?;
            let to_whom = opts.to.as_deref().unwrap_or("nobody");
            Report::new(
                format!("the guardian's place is offered to {to_whom}"),
                json!({ "to": to.map(|to| ss58(&to)) }),
            )
        }
        GuardianCommand::Accept(opts) => {
            let heir = desk.session.signer(&opts.signer)?.account();
            let message = desk.office().call_mut().accept_guardian();
            desk.session.send(heir, 0, message, Words::registry)?;
            Report::new(format!("{} is the guardian now", opts.signer), json!({ "guardian": ss58(&heir) }))
        }
        GuardianCommand::StepDown(opts) => {
            let guardian = desk.session.signer(&opts.signer)?.account();
            let message = desk.office().call_mut().step_down();
            desk.session.send(guardian, 0, message, Words::registry)?;
            Report::new("the registry has no guardian any more", json!({ "guardian": null }))
        }
    };
    desk.session.save()?;
    Ok(report)
}
