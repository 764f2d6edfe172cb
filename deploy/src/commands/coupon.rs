//! `couponry coupon`: what holders, issuers and shops do with single coupons.

use crate::{
    amounts::Unit,
    commands::campaign::value_of,
    context::{Context, Desk, Report},
    orders::{coupon_id, SignedOrder},
    refusals::{coupon as shown, Refusal, Words},
    times,
};
use chain::{keys::ss58, AccountId, Chain};
use clap::{Args, Subcommand};
use ink::codegen::TraitCallBuilder;
use serde_json::json;
use shared::{coupons::Coupon, ids::CouponId, ledger::items, registry::RegistryError, terms::Card};

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Shows a coupon
    #[command(after_help = "Example: couponry coupon show 1/1")]
    Show(Show),
    /// Freezes a coupon, so that it can't be spent or moved
    #[command(after_help = "Example: couponry coupon freeze 1/1 --reason 3 --as bakery")]
    Freeze(Reasoned),
    /// Lets a frozen coupon be spent and moved again
    #[command(after_help = "Example: couponry coupon thaw 1/1 --as bakery")]
    Thaw(Plain),
    /// Ends a coupon; what backs it is paid to its holder
    #[command(after_help = "Example: couponry coupon revoke 1/1 --reason 3 --as bakery")]
    Revoke(Reasoned),
    /// Adds value to a gift card
    #[command(after_help = "Example: couponry coupon top-up 1/1 10 --as bakery")]
    TopUp(Valued),
    /// Parts a gift card in two
    #[command(after_help = "Example: couponry coupon split 1/1 10 --as anna")]
    Split(Valued),
    /// Puts two gift cards into one, which ends when the first of them would
    #[command(after_help = "Example: couponry coupon merge 1/1 --from 1/2 --as anna")]
    Merge(Merge),
    /// Ends a coupon whose time is over, and shares what backed it as the terms say
    #[command(after_help = "Example: couponry coupon expire 1/1 --as anna")]
    Expire(Plain),
    /// Lifts a coupon's reservation: anyone's once it has ended, before that the shop's
    #[command(after_help = "Example: couponry coupon release 1/1 --order order.json --as bakery")]
    Release(Release),
}

#[derive(Args, Debug)]
pub struct Show {
    /// The coupon: campaign/serial
    coupon: String,
}

#[derive(Args, Debug)]
pub struct Plain {
    /// The coupon: campaign/serial
    coupon: String,
    /// Who calls
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Reasoned {
    /// The coupon: campaign/serial
    coupon: String,
    /// The issuer's own number for why
    #[arg(long)]
    reason: u8,
    /// The issuer; to freeze, an operator does
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Valued {
    /// The coupon: campaign/serial
    coupon: String,
    /// How much
    value: String,
    /// The issuer, to top up; the holder, to split
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Merge {
    /// The gift card that stays: campaign/serial
    coupon: String,
    /// The gift card that goes into it
    #[arg(long, value_name = "COUPON")]
    from: String,
    /// The holder of both
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Release {
    /// The coupon: campaign/serial
    coupon: String,
    /// The order it is reserved for, or the text of its QR code; not needed once the reservation has ended
    #[arg(long, value_name = "FILE")]
    order: Option<String>,
    /// The order's acceptor; or anyone, once the reservation has ended
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

/// # Errors
/// What can't be read, or the contracts' refusal.
pub fn run(command: &Command, ctx: &Context) -> Result<Report, Refusal> {
    match command {
        Command::Show(opts) => show(opts, ctx),
        Command::Freeze(Reasoned { coupon, reason, signer }) => {
            set_frozen(ctx, coupon, Some(*reason), signer)
        }
        Command::Thaw(Plain { coupon, signer }) => set_frozen(ctx, coupon, None, signer),
        Command::Revoke(opts) => revoke(opts, ctx),
        Command::TopUp(opts) => top_up(opts, ctx),
        Command::Split(opts) => split(opts, ctx),
        Command::Merge(opts) => merge(opts, ctx),
        Command::Expire(opts) => expire(opts, ctx),
        Command::Release(opts) => release(opts, ctx),
    }
}

/// A coupon of a campaign that is there, and who acts on it. Amounts are in the campaign's asset from now on.
fn start(ctx: &Context, coupon: &str, signer: &str) -> Result<(Desk, CouponId, AccountId), Refusal> {
    let mut desk = ctx.desk()?;
    let caller = desk.session.signer(signer)?.account();
    let coupon = coupon_id(coupon)?;
    desk.campaign(coupon.campaign)?;
    Ok((desk, coupon, caller))
}

/// A live coupon as it stands.
fn find(desk: &Desk, id: CouponId) -> Result<Coupon, Refusal> {
    let found: Option<Coupon> = desk.item(items::COUPONS, &id.to_u64())?;
    found.ok_or_else(|| desk.session.words.registry(&RegistryError::NoSuchCoupon { coupon: id }))
}

fn set_frozen(ctx: &Context, coupon: &str, reason: Option<u8>, signer: &str) -> Result<Report, Refusal> {
    let (mut desk, coupon, caller) = start(ctx, coupon, signer)?;
    let message = desk.office().call_mut().set_frozen(coupon, reason);
    desk.session.send(caller, 0, message, Words::registry)?;
    desk.session.save()?;
    let state = if reason.is_some() { "frozen" } else { "thawed" };
    Ok(Report::new(
        format!("coupon {} is {state}", shown(coupon)),
        json!({ "coupon": shown(coupon), "frozen": reason }),
    ))
}

fn revoke(opts: &Reasoned, ctx: &Context) -> Result<Report, Refusal> {
    let (mut desk, coupon, caller) = start(ctx, &opts.coupon, &opts.signer)?;
    let (campaign, _) = desk.campaign(coupon.campaign)?;
    let left = find(&desk, coupon)?.left;
    let paid = if campaign.is_backed() { campaign.terms.largest_discount(left).unwrap_or(0) } else { 0 };
    let message = desk.office().call_mut().revoke(coupon, opts.reason);
    desk.session.send(caller, 0, message, Words::registry)?;
    let money = desk.session.words.money(paid);
    desk.session.save()?;
    Ok(Report::new(
        format!("coupon {} is revoked: {money} to its holder", shown(coupon)),
        json!({ "coupon": shown(coupon), "reason": opts.reason, "paid": paid.to_string() }),
    ))
}

fn top_up(opts: &Valued, ctx: &Context) -> Result<Report, Refusal> {
    let (mut desk, coupon, caller) = start(ctx, &opts.coupon, &opts.signer)?;
    let (campaign, _) = desk.campaign(coupon.campaign)?;
    let asset = campaign.terms.asset;
    let added = Unit::of(asset).read(&opts.value)?;
    let due = if campaign.is_backed() { added } else { 0 };
    let message = desk.office().call_mut().top_up(coupon, added);
    desk.session.send(caller, value_of(asset, due), message, Words::registry)?;
    let left = find(&desk, coupon)?.left;
    let money = desk.session.words.money(left);
    desk.session.save()?;
    Ok(Report::new(
        format!("coupon {} has {money} now", shown(coupon)),
        json!({ "coupon": shown(coupon), "left": left.to_string(), "locked": due.to_string() }),
    ))
}

fn split(opts: &Valued, ctx: &Context) -> Result<Report, Refusal> {
    let (mut desk, coupon, caller) = start(ctx, &opts.coupon, &opts.signer)?;
    let (campaign, _) = desk.campaign(coupon.campaign)?;
    let value = Unit::of(campaign.terms.asset).read(&opts.value)?;
    let message = desk.service_desk().call_mut().split(coupon, value);
    let (part, _) = desk.session.send(caller, 0, message, Words::registry)?;
    let left = find(&desk, coupon)?.left;
    let words = desk.session.words.clone();
    desk.session.save()?;
    Ok(Report::new(
        format!(
            "coupon {} has {}, and coupon {} has {}",
            shown(part),
            words.money(value),
            shown(coupon),
            words.money(left)
        ),
        json!({ "part": shown(part), "value": value.to_string(), "coupon": shown(coupon), "left": left.to_string() }),
    ))
}

fn merge(opts: &Merge, ctx: &Context) -> Result<Report, Refusal> {
    let (mut desk, into, caller) = start(ctx, &opts.coupon, &opts.signer)?;
    let from = coupon_id(&opts.from).map_err(|fault| fault.at("--from"))?;
    let message = desk.service_desk().call_mut().merge(into, from);
    desk.session.send(caller, 0, message, Words::registry)?;
    let left = find(&desk, into)?.left;
    let money = desk.session.words.money(left);
    desk.session.save()?;
    Ok(Report::new(
        format!("coupon {} has {money} now, and coupon {} is gone", shown(into), shown(from)),
        json!({ "coupon": shown(into), "left": left.to_string(), "gone": shown(from) }),
    ))
}

fn expire(opts: &Plain, ctx: &Context) -> Result<Report, Refusal> {
    let (mut desk, coupon, caller) = start(ctx, &opts.coupon, &opts.signer)?;
    let message = desk.service_desk().call_mut().expire(coupon);
    desk.session.send(caller, 0, message, Words::registry)?;
    let cleared = desk.item::<Coupon>(items::COUPONS, &coupon.to_u64())?.is_none();
    desk.session.save()?;
    let state =
        if cleared { "gone" } else { "empty; its issuer or its holder may clear it and have its deposit" };
    Ok(Report::new(
        format!("coupon {} has ended and is {state}", shown(coupon)),
        json!({ "coupon": shown(coupon), "cleared": cleared }),
    ))
}

fn release(opts: &Release, ctx: &Context) -> Result<Report, Refusal> {
    let (mut desk, coupon, caller) = start(ctx, &opts.coupon, &opts.signer)?;
    let order = opts.order.as_ref().map(|source| SignedOrder::read(source)).transpose()?;
    let message = desk.service_desk().call_mut().release(coupon, order.map(|signed| signed.order));
    desk.session.send(caller, 0, message, Words::registry)?;
    desk.session.save()?;
    Ok(Report::new(
        format!("coupon {} is reserved no more", shown(coupon)),
        json!({ "coupon": shown(coupon), "reserved": false }),
    ))
}

fn show(opts: &Show, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let id = coupon_id(&opts.coupon)?;
    let coupon = find(&desk, id)?;
    let (campaign, progress) = desk.campaign(id.campaign)?;
    let terms = &campaign.terms;
    let ends_at = coupon.valid_until.min(progress.redeem_ends);
    let most = terms.largest_discount(coupon.left).unwrap_or(u128::MAX);
    let words = &desk.session.words;
    let now = desk.session.chain.now();
    let lock = coupon.locked(now);
    let mut report = Report::new(
        format!(
            "coupon {}: at most {} off until {}, held by {}",
            shown(id),
            words.money(most),
            times::show(ends_at),
            words.account(&coupon.owner)
        ),
        json!({
            "coupon": shown(id),
            "owner": ss58(&coupon.owner),
            "ends_at": ends_at,
            "frozen": coupon.frozen,
            "reserved_until": lock.map(|lock| lock.until),
            "advocate": coupon.advocate.map(|advocate| ss58(&advocate)),
            "left": coupon.left.to_string(),
            "largest_discount": most.to_string(),
        }),
    );
    match terms.card {
        _ if terms.is_stored_value() => {
            report = report.line(format!("a gift card with {} left", words.money(coupon.left)));
        }
        Card::Stamps(stamps) => {
            let stamped = u128::from(stamps).saturating_sub(coupon.left);
            report = report.line(format!("a stamp card with {stamped} of {stamps} stamps"));
        }
        Card::Uses(uses) if uses > 1 => {
            report = report.line(format!("{} of {uses} uses left", coupon.left));
        }
        Card::Uses(_) => {}
    }
    if let Some(advocate) = coupon.advocate {
        report = report.line(format!("its holder was brought by {}", words.account(&advocate)));
    }
    if let Some(lock) = lock {
        report = report.line(format!("reserved for an order until {}", times::show(lock.until)));
    }
    if let Some(reason) = coupon.frozen {
        report = report.line(format!("frozen by its issuer (reason {reason})"));
    }
    Ok(report)
}
