//! `couponry order` and `permit`: what people sign before a coupon is spent.

use crate::{
    amounts::Unit,
    commands::quote::Presenting,
    context::{write_file, Context, Desk, Report},
    orders::{coupon_id, sign_order, sign_spend, Basket, Settle, SignedOrder},
    payload::qr_png,
    refusals::{coupon as shown, Refusal, Words},
    times,
};
use chain::{keys::ss58, AccountId, Chain};
use clap::{Args, Subcommand};
use ink::codegen::TraitCallBuilder;
use serde_json::json;
use shared::{coupons::Holder, ledger::items, order::Order, permit::Presented, terms::Acceptance};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub enum OrderCommand {
    /// Writes an order and signs it for its acceptor
    #[command(
        after_help = "Without --coupon, the acceptor submits the order itself. With it, the holder may, with exactly these coupons.

Examples:
  at a till:                 couponry order sign --number 7 --basket 12.50 --as bakery --out order.json
  at a web shop:             couponry order sign --number 8 --basket 12.50 --settle on-chain --coupon 1/1 --as bakery --out order.json
  a code, spent as it comes: couponry order sign --number 9 --basket 12.50 --coupon 1/0 --as bakery --out order.json"
    )]
    Sign(OrderSign),
}

#[derive(Subcommand, Debug)]
pub enum PermitCommand {
    /// Lets a coupon be spent on an order
    #[command(
        after_help = "Example: couponry permit sign --coupon 1/1 --order order.json --as anna --out permit.json"
    )]
    Sign(PermitSign),
    /// Voids every permit signed so far
    #[command(after_help = "Example: couponry permit cancel --as anna")]
    Cancel(PermitCancel),
}

#[derive(Args, Debug)]
pub struct OrderSign {
    /// The acceptor's running number
    #[arg(long)]
    number: u64,
    /// The price before any discount
    #[arg(long, value_name = "AMOUNT")]
    basket: String,
    /// The part of it that coupons apply to [default: all of it]
    #[arg(long, value_name = "AMOUNT")]
    eligible: Option<String>,
    #[command(flatten)]
    presenting: Presenting,
    /// What is in the basket: only its salted hash goes on chain
    #[arg(long, default_value = "")]
    items: String,
    /// Good until just before this time
    #[arg(long, default_value = "+1h", value_name = "TIME")]
    deadline: String,
    /// How the net price is paid
    #[arg(long, value_enum, default_value = "off-chain")]
    settle: Settle,
    /// Decimals of the campaign's asset [default: the native token's]
    #[arg(long)]
    decimals: Option<u8>,
    /// The acceptor, where its cashier signs [default: the signer]
    #[arg(long, value_name = "NAME")]
    acceptor: Option<String>,
    /// The acceptor, or its cashier
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Also draw a QR code for the customer's phone into this PNG file
    #[arg(long, value_name = "FILE")]
    qr: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct PermitSign {
    /// The coupon: campaign/serial
    #[arg(long)]
    coupon: String,
    /// The order file, or the text of its QR code
    #[arg(long, value_name = "FILE")]
    order: String,
    /// The most it may take off: a part of a gift card, say
    #[arg(long, value_name = "AMOUNT")]
    most: Option<String>,
    /// Let the order go on without it if it is refused
    #[arg(long)]
    optional: bool,
    /// Good until just before this time [default: as long as the order]
    #[arg(long, value_name = "TIME")]
    deadline: Option<String>,
    /// The coupon's holder
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Also draw a QR code for the till into this PNG file
    #[arg(long, value_name = "FILE")]
    qr: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct PermitCancel {
    /// Whose permits
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

/// # Errors
/// What can't be read or written.
pub fn order(command: &OrderCommand, ctx: &Context) -> Result<Report, Refusal> {
    let OrderCommand::Sign(opts) = command;
    let mut desk = ctx.desk()?;
    let signer = desk.session.key(&opts.signer)?;
    let acceptor = desk.session.account(opts.acceptor.as_ref().unwrap_or(&opts.signer))?;
    let decimals = opts.decimals.unwrap_or(Unit::native().decimals);
    let money =
        |field: &str, text: &str| crate::amounts::parse(text, decimals).map_err(|fault| fault.at(field));
    let basket = money("--basket", &opts.basket)?;
    let eligible = opts.eligible.as_ref().map_or(Ok(basket), |text| money("--eligible", text))?;
    if eligible > basket {
        return Err(Refusal::new(
            format!(
                "--eligible: {} is more than the basket {}",
                opts.eligible.as_deref().unwrap_or_default(),
                opts.basket
            ),
            "lower it to what of the basket the coupon applies to",
        ));
    }
    let now = desk.session.chain.now();
    let deadline = times::parse(&opts.deadline, now).map_err(|fault| fault.at("--deadline"))?;
    if deadline <= now {
        return Err(Refusal::new(
            format!("--deadline: {} is past, it is {}", times::show(deadline), times::show(now)),
            "set it later",
        ));
    }
    let sold = Basket::new(&opts.items);
    let order = Order {
        acceptor,
        number: opts.number,
        basket,
        eligible,
        basket_hash: sold.hash().unwrap_or_default(),
        deadline,
        settlement: opts.settle.into(),
    };
    let epoch = epoch(&desk, signer.account())?;
    let permit = if opts.presenting.coupons.is_empty() {
        None
    } else {
        let presented = opts.presenting.read(&mut desk)?;
        Some(sign_order(&desk.domain(), &signer, epoch, &presented, &order))
    };
    let signed = SignedOrder { order, basket: Some(sold), permit };
    if let Some(image) = &opts.qr {
        write_file(image, &qr_png(&signed.payload())?, false)?;
    }
    write_file(&opts.out, signed.to_json().as_bytes(), false)?;
    Ok(Report::new(
        format!("order {} of {} is in {}", opts.number, ss58(&acceptor), opts.out.display()),
        json!({ "order": opts.out, "acceptor": ss58(&acceptor), "number": opts.number, "deadline": deadline }),
    ))
}

/// # Errors
/// What can't be read or written, or the registry's refusal.
pub fn permit(command: &PermitCommand, ctx: &Context) -> Result<Report, Refusal> {
    match command {
        PermitCommand::Sign(opts) => sign(opts, ctx),
        PermitCommand::Cancel(opts) => cancel(opts, ctx),
    }
}

fn sign(opts: &PermitSign, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let holder = desk.session.key(&opts.signer)?;
    let coupon = coupon_id(&opts.coupon)?;
    let signed = SignedOrder::read(&opts.order)?;
    let now = desk.session.chain.now();
    let deadline = match &opts.deadline {
        Some(text) => times::parse(text, now).map_err(|fault| fault.at("--deadline"))?,
        None => signed.order.deadline,
    };
    let most = match &opts.most {
        Some(text) => {
            let (campaign, _) = desk.campaign(coupon.campaign)?;
            Some(Unit::of(campaign.terms.asset).read(text).map_err(|fault| fault.at("--most"))?)
        }
        None => None,
    };
    let epoch = epoch(&desk, holder.account())?;
    let presented = Presented { coupon, most, optional: opts.optional };
    let permit = sign_spend(&desk.domain(), &holder, epoch, presented, &signed.order, deadline);
    if let Some(image) = &opts.qr {
        write_file(image, &qr_png(&permit.payload())?, false)?;
    }
    write_file(&opts.out, permit.to_json(holder.account()).as_bytes(), false)?;
    Ok(Report::new(
        format!("the permit for coupon {} is in {}", shown(coupon), opts.out.display()),
        json!({ "permit": opts.out, "coupon": shown(coupon), "deadline": deadline }),
    ))
}

fn cancel(opts: &PermitCancel, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let account = desk.session.signer(&opts.signer)?.account();
    let message = desk.service_desk().call_mut().cancel_permits();
    let (epoch, _) = desk.session.send(account, 0, message, Words::registry)?;
    desk.session.save()?;
    Ok(Report::new(
        format!("every permit that {} signed so far is void", opts.signer),
        json!({ "account": ss58(&account), "epoch": epoch }),
    ))
}

/// The alliance that an acceptor must go through to take a campaign's coupons; the issuer itself needs none.
pub fn alliance_for(acceptance: &Acceptance, issuer: AccountId, acceptor: AccountId) -> Option<AccountId> {
    match acceptance {
        Acceptance::Alliance(alliance) if acceptor != issuer => Some(*alliance),
        Acceptance::Alliance(_) | Acceptance::IssuerOnly | Acceptance::Listed(_) => None,
    }
}

/// The epoch that an account's permits must carry.
/// # Errors
/// The chain can't be read.
pub fn epoch(desk: &Desk, account: AccountId) -> Result<u32, Refusal> {
    let holder: Option<Holder> = desk.item(items::HOLDERS, &account)?;
    Ok(holder.unwrap_or_default().permit_epoch)
}
