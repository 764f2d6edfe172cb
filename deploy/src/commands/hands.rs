//! `couponry issue`, `send` and `collect`: coupons into people's hands, and what the registry owes them.

use crate::{
    context::{Context, Report},
    orders::coupon_id,
    refusals::{coupon as shown, Refusal, Words},
};
use chain::keys::ss58;
use clap::Args;
use ink::codegen::TraitCallBuilder;
use serde_json::json;
use shared::{assets::Asset, claims::MAX_BATCH, ids::CouponId, ledger::items, psp34::PSP34};

#[derive(Args, Debug)]
#[command(after_help = "Example: couponry issue --campaign 1 --to anna --to ben --source 1 --as bakery")]
pub struct Issue {
    /// The campaign's number
    #[arg(long)]
    campaign: u32,
    /// Who gets a coupon: a name or an address; repeat it for more
    #[arg(long, required = true, value_delimiter = ',')]
    to: Vec<String>,
    /// Your own number for this batch: a retry with the same never issues twice
    #[arg(long)]
    source: u64,
    /// The issuer or an operator
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
#[command(after_help = "Example: couponry send 1/1 --to ben --as anna")]
pub struct Send {
    /// The coupon: campaign/serial
    coupon: String,
    /// Who gets it: a name or an address
    #[arg(long)]
    to: String,
    /// The holder
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

/// # Errors
/// The registry's refusal.
pub fn issue(opts: &Issue, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let issuer = desk.session.signer(&opts.signer)?.account();
    let to = opts.to.iter().map(|name| desk.session.account(name)).collect::<Result<Vec<_>, _>>()?;
    desk.campaign(opts.campaign)?;
    let count = to.len();
    if u32::try_from(count).map_or(true, |count| count > MAX_BATCH) {
        return Err(Refusal::new(
            format!("the batch has {count} accounts, and 1 to {MAX_BATCH} fit"),
            "split the batch",
        ));
    }
    let message = desk.office().call_mut().issue(opts.campaign, to, opts.source);
    let (first, _) = desk.session.send(issuer, 0, message, Words::registry)?;
    desk.session.save()?;
    let coupons: Vec<_> =
        (first..).take(count).map(|serial| shown(CouponId { campaign: opts.campaign, serial })).collect();
    let lines = coupons.iter().zip(&opts.to).map(|(coupon, name)| format!("coupon {coupon} to {name}"));
    Ok(Report { lines: lines.collect(), json: json!({ "coupons": coupons }), differs: false })
}

/// # Errors
/// The registry's refusal.
pub fn send(opts: &Send, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let holder = desk.session.signer(&opts.signer)?.account();
    let to = desk.session.account(&opts.to)?;
    let coupon = coupon_id(&opts.coupon)?;
    let message = desk.registry().call_mut().transfer(to, coupon.into(), Vec::new());
    desk.session.send(holder, 0, message, |words, error| words.psp34(error, coupon))?;
    desk.session.save()?;
    Ok(Report::new(
        format!("coupon {} is {}'s now", shown(coupon), opts.to),
        json!({ "coupon": shown(coupon), "owner": ss58(&to) }),
    ))
}

#[derive(Args, Debug)]
#[command(after_help = "Example: couponry collect --as bakery")]
pub struct Collect {
    /// A PSP22 token [default: the native token]
    #[arg(long, value_name = "ADDRESS")]
    token: Option<String>,
    /// Whose money
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

/// # Errors
/// The registry's refusal.
pub fn collect(opts: &Collect, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let account = desk.session.signer(&opts.signer)?.account();
    let asset = match &opts.token {
        Some(token) => Asset::Psp22(desk.session.account(token)?),
        None => Asset::Native,
    };
    desk.session.words.count_in(asset);
    let amount = desk.item(items::CREDITS, &(account, asset))?.unwrap_or(0);
    let message = desk.service_desk().call_mut().withdraw_credit(asset);
    desk.session.send(account, 0, message, Words::registry)?;
    let money = desk.session.words.money(amount);
    desk.session.save()?;
    Ok(Report::new(
        format!("{} collected {money}", opts.signer),
        json!({ "account": ss58(&account), "withdrawn": amount.to_string() }),
    ))
}
