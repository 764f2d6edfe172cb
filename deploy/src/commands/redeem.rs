//! `couponry redeem` and `rollback`: spending coupons, and undoing it.

use crate::{
    commands::{campaign::value_of, order::alliance_for},
    context::{Context, Desk, Report},
    orders::{coupon_id, SignedOrder, SpendPermit},
    refusals::{coupon as shown, Refusal, Words},
    times,
};
use chain::{keys::ss58, AccountId, Balance, TypedChain};
use clap::Args;
use desk::events::OrderRolledBack;
use ink::{codegen::TraitCallBuilder, env::Event};
use registry::events::OrdersRedeemed;
use scale::DecodeAll;
use serde_json::json;
use shared::{
    ids::CouponId,
    order::{Order, Redemption, Settlement},
    permit::{CouponPermit, Permits, Presented},
    registry::{CouponRegistry, RegistryError},
};
use std::path::PathBuf;

#[derive(Args, Debug)]
#[command(after_help = "Examples:
  at a till, by the acceptor:  couponry redeem --order order.json --permit permit.json --as bakery
  at a web shop, by the holder: couponry redeem --order order.json --coupon 1/1 --as anna")]
pub struct Redeem {
    /// The order file, or the text of its QR code
    #[arg(long, value_name = "FILE")]
    order: String,
    /// The holder's permit
    #[arg(long, value_name = "FILE", required_unless_present = "coupon")]
    permit: Option<PathBuf>,
    /// The caller's own coupon: campaign/serial
    #[arg(long, conflicts_with = "permit")]
    coupon: Option<String>,
    /// Who submits; on an order settled on chain, who pays
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
#[command(after_help = "Example: couponry rollback --number 7 --as bakery")]
pub struct Rollback {
    /// The order's number
    #[arg(long)]
    number: u64,
    /// The acceptor, where its cashier calls [default: the caller]
    #[arg(long, value_name = "NAME")]
    acceptor: Option<String>,
    /// The acceptor, or its cashier
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

/// # Errors
/// Files that can't be read, or the contracts' refusal.
pub fn redeem(opts: &Redeem, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let caller = desk.session.signer(&opts.signer)?.account();
    let signed = SignedOrder::read(&opts.order)?;
    let (presented, permit): (Presented, _) = match (&opts.permit, &opts.coupon) {
        (Some(file), _) => {
            let spend = SpendPermit::load(file)?;
            (spend.presented, Some(spend.permit))
        }
        (None, text) => (coupon_id(text.as_deref().unwrap_or_default())?.into(), None),
    };
    let coupon = presented.coupon;
    let (campaign, _) = desk.campaign(coupon.campaign)?;
    let order = signed.order;
    let through = alliance_for(&campaign.terms.acceptance, campaign.issuer, order.acceptor);
    let permits = Permits {
        acceptor: signed.permit.filter(|_| caller != order.acceptor),
        coupons: vec![CouponPermit { presented, permit }],
    };
    let redemption = if through == Some(desk.suite.alliance) {
        // The alliance hears the acceptor or its cashier as the caller; the order's own signature is not asked for.
        let permits = Permits { acceptor: None, ..permits };
        let message = desk.alliance().call_mut().redeem(desk.suite.registry, order, permits);
        desk.session.send(caller, 0, message, Words::alliance)?.0
    } else {
        let value = match order.settlement {
            Settlement::OffChain => 0,
            Settlement::OnChain => value_of(campaign.terms.asset, net(&desk, caller, &order, coupon)?),
        };
        let message = desk.registry().call_mut().redeem(order, permits);
        desk.session.send(caller, value, message, Words::registry)?.0
    };
    let words = desk.session.words.clone();
    desk.session.save()?;
    let discount = redemption.discount();
    let how = if redemption.payer.is_some() { "paid on chain" } else { "to pay at the till" };
    Ok(Report::new(
        format!(
            "coupon {}: {} off, {} {how}",
            shown(coupon),
            words.money(discount),
            words.money(redemption.net)
        ),
        json!({
            "acceptor": ss58(&redemption.acceptor),
            "number": redemption.number,
            "coupon": shown(coupon),
            "discount": discount.to_string(),
            "net": redemption.net.to_string(),
            "on_chain": redemption.payer.is_some(),
            "through_alliance": redemption.alliance.is_some(),
            "final_at": redemption.final_at,
        }),
    )
    .line(format!("it can be rolled back until {}", times::show(redemption.final_at))))
}

/// # Errors
/// No such redemption, or the contracts' refusal.
pub fn rollback(opts: &Rollback, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let caller = desk.session.signer(&opts.signer)?.account();
    let acceptor = desk.session.account(opts.acceptor.as_ref().unwrap_or(&opts.signer))?;
    let redemption = find(&desk, acceptor, opts.number)?;
    desk.session.words.count_in(redemption.asset);
    let escrow = redemption.paid_from_escrow();
    let paid = redemption.payer.map_or(0, |_| redemption.net);
    let owed = escrow.saturating_add(paid);
    let value = value_of(redemption.asset, owed);
    let coupons: Vec<_> = redemption.uses.iter().map(|used| shown(used.coupon)).collect();
    if redemption.alliance.is_some() {
        let message = desk.alliance().call_mut().roll_back(desk.suite.registry, redemption);
        desk.session.send(caller, value, message, Words::alliance)?;
    } else {
        let message = desk.service_desk().call_mut().roll_back(redemption, None);
        desk.session.send(caller, value, message, Words::registry)?;
    }
    let words = desk.session.words.clone();
    desk.session.save()?;
    Ok(Report::new(
        format!(
            "order {} is undone: {} live again, {} given back",
            opts.number,
            coupons.join(", "),
            words.money(owed)
        ),
        json!({
            "acceptor": ss58(&acceptor),
            "number": opts.number,
            "coupons": coupons,
            "given_back": owed.to_string(),
        }),
    ))
}

/// What the caller would pay on chain.
fn net(desk: &Desk, caller: AccountId, order: &Order, coupon: CouponId) -> Result<Balance, Refusal> {
    let message = desk.service_desk().call().quote(order.clone(), vec![coupon.into()], Some(caller));
    let (answer, _) = desk.session.explained(desk.session.chain.view_typed(caller, 0, message))?;
    answer.map(|quote| quote.net).map_err(|error| desk.session.words.registry(&error))
}

/// The chain keeps a redemption's digest; the redemption itself is in its event, or in that of the last rollback in part.
fn find(desk: &Desk, acceptor: AccountId, number: u64) -> Result<Redemption, Refusal> {
    let mut found = None;
    for event in desk.session.chain.history() {
        let signature = event.topics.first();
        if event.contract == desk.suite.registry && signature == OrdersRedeemed::SIGNATURE_TOPIC.as_ref() {
            let redeemed = OrdersRedeemed::decode_all(&mut event.data.as_slice()).ok();
            let redemptions = redeemed.map(|event| event.redemptions).unwrap_or_default();
            let wanted = |done: &Redemption| done.acceptor == acceptor && done.number == number;
            found = redemptions.into_iter().find(wanted).or(found);
        } else if event.contract == desk.suite.desk && signature == OrderRolledBack::SIGNATURE_TOPIC.as_ref() {
            let undone = OrderRolledBack::decode_all(&mut event.data.as_slice()).ok();
            if let Some(undone) = undone.filter(|done| done.acceptor == acceptor && done.number == number) {
                found = undone.remains;
            }
        }
    }
    found.ok_or_else(|| desk.session.words.registry(&RegistryError::NoSuchRedemption { number }))
}
