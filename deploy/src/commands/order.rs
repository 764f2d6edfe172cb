//! `couponry order`, `permit` and `quote`: what people sign before a coupon is spent.

use crate::{
    amounts::{Unit, NATIVE_DECIMALS},
    context::{write_file, Context, Desk, Report},
    orders::{coupon_id, sign_order, sign_spend, Basket, Settle, SignedOrder},
    payload::qr_png,
    refusals::{coupon as shown, Refusal, Words},
    times,
};
use chain::{keys::ss58, AccountId, Chain, TypedChain};
use clap::{Args, Subcommand};
use ink::codegen::TraitCallBuilder;
use serde_json::json;
use shared::{coupons::Holder, ledger::items, order::Order, terms::Acceptance};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub enum OrderCommand {
    /// Writes an order and signs it for its acceptor
    #[command(
        after_help = "Example: couponry order sign --number 7 --basket 12.50 --as bakery --out order.json"
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
    /// The coupon that the acceptor takes, campaign/serial, where its holder submits; else the acceptor submits the order itself
    #[arg(long)]
    coupon: Option<String>,
    /// What is in the basket: only its salted hash goes on chain
    #[arg(long, default_value = "")]
    items: String,
    /// Good until just before this time
    #[arg(long, default_value = "+1h", value_name = "TIME")]
    deadline: String,
    /// How the net price is paid
    #[arg(long, value_enum, default_value = "off-chain")]
    settle: Settle,
    /// Decimals of the campaign's asset
    #[arg(long, default_value_t = NATIVE_DECIMALS)]
    decimals: u8,
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
    /// Good until just before this time [default: as long as the order]
    #[arg(long, value_name = "TIME")]
    deadline: Option<String>,
    /// The coupon's holder
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args, Debug)]
pub struct PermitCancel {
    /// Whose permits
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
#[command(after_help = "Example: couponry quote --coupon 1/1 --acceptor bakery --basket 12.50")]
pub struct Quote {
    /// The coupon: campaign/serial
    #[arg(long)]
    coupon: String,
    /// An order file, instead of the three below
    #[arg(long, value_name = "FILE", conflicts_with_all = ["acceptor", "basket", "eligible"], required_unless_present_all = ["acceptor", "basket"])]
    order: Option<String>,
    /// Who would sell
    #[arg(long, value_name = "NAME", requires = "basket")]
    acceptor: Option<String>,
    /// The price before any discount
    #[arg(long, value_name = "AMOUNT", requires = "acceptor")]
    basket: Option<String>,
    /// The part of it that coupons apply to [default: all of it]
    #[arg(long, value_name = "AMOUNT", requires = "basket")]
    eligible: Option<String>,
}

/// # Errors
/// What can't be read or written.
pub fn order(command: &OrderCommand, ctx: &Context) -> Result<Report, Refusal> {
    let OrderCommand::Sign(opts) = command;
    let mut desk = ctx.desk()?;
    let signer = desk.session.signer(&opts.signer)?;
    let acceptor = desk.session.account(opts.acceptor.as_ref().unwrap_or(&opts.signer))?;
    let money =
        |field: &str, text: &str| crate::amounts::parse(text, opts.decimals).map_err(|fault| fault.at(field));
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
    let coupon = opts.coupon.as_deref().map(coupon_id).transpose().map_err(|fault| fault.at("--coupon"))?;
    let permit = coupon.map(|coupon| sign_order(&desk.domain(), &signer, epoch, &[coupon.into()], &order));
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
    let holder = desk.session.signer(&opts.signer)?;
    let coupon = coupon_id(&opts.coupon)?;
    let signed = SignedOrder::read(&opts.order)?;
    let now = desk.session.chain.now();
    let deadline = match &opts.deadline {
        Some(text) => times::parse(text, now).map_err(|fault| fault.at("--deadline"))?,
        None => signed.order.deadline,
    };
    let epoch = epoch(&desk, holder.account())?;
    let permit = sign_spend(&desk.domain(), &holder, epoch, coupon.into(), &signed.order, deadline);
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

/// # Errors
/// What can't be read, or why the coupon gives nothing.
pub fn quote(opts: &Quote, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let coupon = coupon_id(&opts.coupon)?;
    let (campaign, _) = desk.campaign(coupon.campaign)?;
    let order = match (&opts.order, &opts.acceptor, &opts.basket) {
        (Some(file), _, _) => SignedOrder::read(file)?.order,
        (None, Some(acceptor), Some(basket)) => {
            let unit = Unit::of(campaign.terms.asset);
            let basket = unit.read(basket).map_err(|fault| fault.at("--basket"))?;
            let eligible = opts
                .eligible
                .as_ref()
                .map_or(Ok(basket), |text| unit.read(text).map_err(|fault| fault.at("--eligible")))?;
            Order {
                acceptor: desk.session.account(acceptor)?,
                // No till gets this far: the quote is of no order in particular.
                number: u64::MAX,
                basket,
                eligible,
                basket_hash: [0; 32],
                deadline: u64::MAX,
                settlement: Settle::OffChain.into(),
            }
        }
        (None, _, _) => {
            return Err(Refusal::new("no order to quote", "give --order, or --acceptor and --basket"))
        }
    };
    let alliance = alliance_for(&campaign.terms.acceptance, campaign.issuer, order.acceptor);
    let asker = order.acceptor;
    let message = desk.service_desk().call().quote(order, vec![coupon.into()], alliance);
    let (answer, _) = desk.session.explained(desk.session.chain.view_typed(asker, 0, message))?;
    let quote = answer.map_err(|error| desk.session.words.registry(&error))?;
    let words = &desk.session.words;
    Ok(Report::new(
        format!("{} off, {} to pay", words.money(quote.discount), words.money(quote.net)),
        json!({ "discount": quote.discount.to_string(), "net": quote.net.to_string() }),
    ))
}

/// The alliance that an acceptor must go through to take a campaign's coupons; the issuer itself needs none.
pub fn alliance_for(acceptance: &Acceptance, issuer: AccountId, acceptor: AccountId) -> Option<AccountId> {
    match acceptance {
        Acceptance::Alliance(alliance) if acceptor != issuer => Some(*alliance),
        Acceptance::Alliance(_) | Acceptance::IssuerOnly | Acceptance::Listed(_) => None,
    }
}

fn epoch(desk: &Desk, account: AccountId) -> Result<u32, Refusal> {
    let holder: Option<Holder> = desk.item(items::HOLDERS, &account)?;
    Ok(holder.unwrap_or_default().permit_epoch)
}
