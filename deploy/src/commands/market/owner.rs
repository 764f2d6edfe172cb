//! What the market's owner decides: none of it touches what is listed or offered already.

use crate::{
    amounts,
    context::{Context, Report},
    refusals::{percent, Refusal, Words},
    times,
};
use chain::{keys::ss58, Chain};
use clap::Args;
use ink::codegen::TraitCallBuilder;
use market::book::NOTICE;
use serde_json::json;

#[derive(Args, Debug)]
pub struct Fee {
    /// The share of each price, in percent: 10 at most
    percent: String,
    /// The market's owner
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Allow {
    /// The token's address
    #[arg(value_name = "ADDRESS")]
    token: String,
    /// No more: what is here in the token is sold and taken out as ever
    #[arg(long)]
    stop: bool,
    /// The market's owner
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct HandOver {
    /// Who may take it over; nobody takes the offer back
    #[arg(value_name = "NAME", required_unless_present = "nobody")]
    to: Option<String>,
    /// Takes an offer back
    #[arg(long, conflicts_with = "to")]
    nobody: bool,
    /// The market's owner
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct TakeOver {
    /// Whom the market was offered to
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

/// # Errors
/// What can't be read, or the market's refusal.
pub(super) fn fee(opts: &Fee, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let owner = desk.session.signer(&opts.signer)?.account();
    let bps = amounts::parse(&opts.percent, 2).map_err(|fault| fault.at("PERCENT"))?;
    let bps = u16::try_from(bps).map_err(|_| {
        Refusal::new(format!("PERCENT: {}% is more than the whole", opts.percent), "set it to 10 or less")
    })?;
    let message = desk.market().call_mut().set_fee(bps);
    let (from, _) = desk.session.send(owner, 0, message, Words::market)?;
    desk.session.save()?;
    Ok(Report::new(
        format!(
            "what is opened from {} on pays the market {}% of its price",
            times::show(from),
            percent(bps)
        ),
        json!({ "fee_bps": bps, "from": from }),
    ))
}

/// # Errors
/// What can't be read, or the market's refusal.
pub(super) fn allow(opts: &Allow, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let owner = desk.session.signer(&opts.signer)?.account();
    let token = desk.session.account(&opts.token)?;
    let message = desk.market().call_mut().set_token(token, !opts.stop);
    desk.session.send(owner, 0, message, Words::market)?;
    let from = (!opts.stop).then(|| desk.session.chain.now().saturating_add(NOTICE));
    desk.session.save()?;
    let line = match from {
        Some(from) => format!("the market deals in the token {} from {} on", opts.token, times::show(from)),
        None => format!("the market deals in the token {} no more", opts.token),
    };
    Ok(Report::new(line, json!({ "token": ss58(&token), "from": from })))
}

/// # Errors
/// What can't be read, or the market's refusal.
pub(super) fn hand_over(opts: &HandOver, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let owner = desk.session.signer(&opts.signer)?.account();
    let heir = opts.to.as_ref().map(|name| desk.session.account(name)).transpose()?;
    let message = desk.market().call_mut().offer_ownership(heir);
    desk.session.send(owner, 0, message, Words::market)?;
    desk.session.save()?;
    let line = match &opts.to {
        Some(name) => format!("{name} may take the market over (`couponry market take-over --as {name}`)"),
        None => "nobody may take the market over any more".to_owned(),
    };
    Ok(Report::new(line, json!({ "heir": heir.as_ref().map(ss58) })))
}

/// # Errors
/// The market's refusal.
pub(super) fn take_over(opts: &TakeOver, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let owner = desk.session.signer(&opts.signer)?.account();
    let message = desk.market().call_mut().accept_ownership();
    desk.session.send(owner, 0, message, Words::market)?;
    desk.session.save()?;
    Ok(Report::new(format!("the market is {}'s", opts.signer), json!({ "owner": ss58(&owner) })))
}
