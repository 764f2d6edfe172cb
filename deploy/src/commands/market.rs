//! `couponry market`: selling and buying coupons.

use crate::{
    amounts::Unit,
    commands::campaign::value_of,
    context::{Context, Desk, Report},
    orders::coupon_id,
    refusals::{coupon as shown, Refusal, Words},
    times,
};
use chain::{keys::ss58, Chain};
use clap::{Args, Subcommand};
use ink::codegen::TraitCallBuilder;
use ink::env::Event;
use market::{
    error::MarketError,
    events::ListingOpened,
    listings::{Ask, Entry, Guard},
};
use scale::Decode;
use serde_json::json;
use shared::{assets::Asset, ids::CouponId, psp34::PSP34};

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Puts a coupon up for sale; the market holds it meanwhile
    #[command(after_help = "Example: couponry market list 1/1 --price 1.50 --until +3d --as anna")]
    List(List),
    /// Buys a listed coupon
    #[command(after_help = "Example: couponry market buy 1/1 --highest 1.50 --as ben")]
    Buy(Buy),
    /// Takes a listed coupon back
    #[command(after_help = "Example: couponry market cancel 1/1 --as anna")]
    Cancel(Cancel),
    /// Says what a coupon is listed for
    #[command(after_help = "Example: couponry market show 1/1")]
    Show(Show),
    /// Collects what the market owes you
    #[command(after_help = "Example: couponry market withdraw --as operator")]
    Withdraw(Withdraw),
}

#[derive(Args, Debug)]
pub struct List {
    /// The coupon: campaign/serial
    coupon: String,
    /// In the campaign's asset
    #[arg(long, value_name = "AMOUNT")]
    price: String,
    /// The listing ends just before this time
    #[arg(long, value_name = "TIME")]
    until: String,
    /// The holder
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Buy {
    /// The coupon: campaign/serial
    coupon: String,
    /// The most you would pay
    #[arg(long, value_name = "AMOUNT")]
    highest: String,
    /// The buyer
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Cancel {
    /// The coupon: campaign/serial
    coupon: String,
    /// The seller
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Show {
    /// The coupon: campaign/serial
    coupon: String,
}

#[derive(Args, Debug)]
pub struct Withdraw {
    /// A PSP22 token [default: the native token]
    #[arg(long, value_name = "ADDRESS")]
    token: Option<String>,
    /// Whose money
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

/// # Errors
/// What can't be read, or the contracts' refusal.
pub fn run(command: &Command, ctx: &Context) -> Result<Report, Refusal> {
    match command {
        Command::List(opts) => list(opts, ctx),
        Command::Buy(opts) => buy(opts, ctx),
        Command::Cancel(opts) => cancel(opts, ctx),
        Command::Show(opts) => show(opts, ctx),
        Command::Withdraw(opts) => withdraw(opts, ctx),
    }
}

fn list(opts: &List, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let seller = desk.session.signer(&opts.signer)?.account();
    let coupon = coupon_id(&opts.coupon)?;
    let (campaign, _) = desk.campaign(coupon.campaign)?;
    let price = Unit::of(campaign.terms.asset).read(&opts.price).map_err(|fault| fault.at("--price"))?;
    let until = times::parse(&opts.until, desk.session.chain.now()).map_err(|fault| fault.at("--until"))?;
    let (registry, market) = (desk.suite.registry, desk.suite.market);
    let id = Some(coupon.into());
    let approved = desk.registry().call().allowance(seller, market, id.clone());
    if !desk.session.ask(approved)? {
        let approve = desk.registry().call_mut().approve(market, id, true);
        desk.session.send(seller, 0, approve, |words, error| words.psp34(error, coupon))?;
    }
    let message = desk.market().call_mut().list(registry, vec![coupon], until, None, Ask::Fixed { price });
    desk.session.send(seller, 0, message, Words::market)?;
    let money = desk.session.words.money(price);
    desk.session.save()?;
    Ok(Report::new(
        format!("coupon {} is for sale at {money} until {}", shown(coupon), times::show(until)),
        json!({ "coupon": shown(coupon), "price": price.to_string(), "ends_at": until }),
    ))
}

fn buy(opts: &Buy, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let buyer = desk.session.signer(&opts.signer)?.account();
    let coupon = coupon_id(&opts.coupon)?;
    let (campaign, _) = desk.campaign(coupon.campaign)?;
    let asset = campaign.terms.asset;
    let highest = Unit::of(asset).read(&opts.highest).map_err(|fault| fault.at("--highest"))?;
    let (listing, entry) = listing_of(&desk, coupon)?;
    let price = entry.price(listing, desk.session.chain.now()).unwrap_or_default();
    let message = desk.market().call_mut().buy(listing, Guard::price(highest));
    // Over the highest price nothing is sent, and the market refuses.
    let value = if price <= highest { value_of(asset, price) } else { 0 };
    desk.session.send(buyer, value, message, Words::market)?;
    let money = desk.session.words.money(price);
    desk.session.save()?;
    Ok(Report::new(
        format!("coupon {} is {}'s for {money}", shown(coupon), opts.signer),
        json!({ "coupon": shown(coupon), "owner": ss58(&buyer), "price": price.to_string() }),
    ))
}

fn cancel(opts: &Cancel, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let seller = desk.session.signer(&opts.signer)?.account();
    let coupon = coupon_id(&opts.coupon)?;
    let (listing, _) = listing_of(&desk, coupon)?;
    let message = desk.market().call_mut().cancel(listing);
    desk.session.send(seller, 0, message, Words::market)?;
    desk.session.save()?;
    Ok(Report::new(
        format!("coupon {} is {}'s again", shown(coupon), opts.signer),
        json!({ "coupon": shown(coupon), "owner": ss58(&seller) }),
    ))
}

fn show(opts: &Show, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let coupon = coupon_id(&opts.coupon)?;
    let (id, entry) = listing_of(&desk, coupon)?;
    let price = entry.price(id, desk.session.chain.now()).unwrap_or_default();
    let Entry { listing, .. } = entry;
    desk.session.words.count_in(listing.asset);
    Ok(Report::new(
        format!(
            "coupon {}: {} until {}, from {}",
            shown(coupon),
            desk.session.words.money(price),
            times::show(listing.ends_at),
            ss58(&listing.seller)
        ),
        json!({
            "coupon": shown(coupon),
            "seller": ss58(&listing.seller),
            "price": price.to_string(),
            "ends_at": listing.ends_at,
            "fee_bps": listing.fee_bps,
            "royalty_bps": listing.royalty_bps,
        }),
    ))
}

/// The newest listing of a coupon.
fn listing_of(desk: &Desk, coupon: CouponId) -> Result<(u64, Entry), Refusal> {
    let events = desk.session.chain.events(0).map_err(|fault| desk.session.words.chain(&fault))?;
    let opened = events.iter().filter(|event| {
        event.contract == desk.suite.market && event.topics.first() == ListingOpened::SIGNATURE_TOPIC.as_ref()
    });
    let opened = opened.filter_map(|event| ListingOpened::decode(&mut &*event.data).ok());
    let id =
        opened.filter(|opened| opened.listing.coupons.contains(&coupon)).last().map_or(0, |last| last.id);
    match desk.session.ask(desk.market().call().listing(id))? {
        Some(entry) => Ok((id, entry)),
        None => Err(desk.session.words.market(&MarketError::NoSuchListing { id })),
    }
}

fn withdraw(opts: &Withdraw, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let account = desk.session.signer(&opts.signer)?.account();
    let asset = match &opts.token {
        Some(token) => Asset::Psp22(desk.session.account(token)?),
        None => Asset::Native,
    };
    desk.session.words.count_in(asset);
    let message = desk.market().call_mut().withdraw(asset);
    let (amount, _) = desk.session.send(account, 0, message, Words::market)?;
    let money = desk.session.words.money(amount);
    desk.session.save()?;
    Ok(Report::new(
        format!("{} collected {money}", opts.signer),
        json!({ "account": ss58(&account), "withdrawn": amount.to_string() }),
    ))
}
