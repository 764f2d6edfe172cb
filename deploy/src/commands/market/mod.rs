//! `couponry market`: every kind of deal in coupons.

mod browse;
mod mine;
mod offers;
mod owner;
mod sell;
mod take;

use crate::{
    amounts::Unit,
    context::{Context, Desk, Report},
    orders::{coupon_id, digest_bytes},
    refusals::{coupon as shown, Refusal, Words},
    times,
};
use chain::{AccountId, Balance, Chain};
use clap::{Args, Subcommand};
use ink::{codegen::TraitCallBuilder, env::Event};
use market::{
    error::MarketError,
    events::{AllCancelled, ListingOpened},
    listings::{Ask, Entry, Guard, Status},
};
use scale::Decode;
use shared::{assets::Asset, ids::CouponId, psp34::PSP34};
use std::collections::HashMap;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Lists what is for sale
    Browse(browse::Browse),
    /// Says all about a listing
    #[command(after_help = "Examples: couponry market show 1/1 && couponry market show 3")]
    Show(browse::Show),
    /// Lists what an account has at the market: listings, bids and offers in every state, and money to collect
    #[command(after_help = "Example: couponry market mine anna")]
    Mine(mine::Mine),
    /// Puts coupons up for sale at a price, or at one that falls; the market holds them meanwhile
    Sell(sell::Sell),
    /// Puts coupons up for auction
    #[command(
        after_help = "Example: couponry market auction 1/1 --reserve 1 --step 0.10 --until +3d --as anna"
    )]
    Auction(sell::Auction),
    /// Puts coupons up for other coupons, with or without cash
    Swap(sell::Swap),
    /// Buys listings at their price
    Buy(take::Buy),
    /// Buys a coupon and spends it on an order in the same call, if that saves money
    BuyAndUse(take::BuyAndUse),
    /// Bids at an auction; a bid that is passed comes back with `withdraw`
    #[command(after_help = "Example: couponry market bid 1/1 1.20 --as ben")]
    Bid(take::Bid),
    /// Takes a swap: gives the coupons that it wants, and has the others
    #[command(after_help = "Example: couponry market take 3 2/1 --as ben")]
    Take(take::Take),
    /// Takes a listing back, or all of yours
    #[command(
        after_help = "Examples: couponry market cancel 1/1 --as anna && couponry market cancel --all --as anna"
    )]
    Cancel(sell::Cancel),
    /// Ends a listing whose time is up, whoever's it is: the highest bidder has the coupons, or the seller
    #[command(after_help = "Example: couponry market clear 3 --as carl")]
    Clear(sell::Clear),
    /// Frees the records of closed listings of yours, and their deposits
    #[command(after_help = "Example: couponry market forget 1 3 --as anna")]
    Forget(sell::Forget),
    /// Offers a price for a coupon, or for any of a campaign
    Offer(offers::MakeOffer),
    /// Lists the offers that can be accepted
    #[command(after_help = "Example: couponry market offers --campaign 1")]
    Offers(offers::Offers),
    /// Sells a coupon to an offer
    #[command(after_help = "Example: couponry market accept 2 1/1 --least 1.40 --as anna")]
    Accept(offers::Accept),
    /// Collects what the market owes you, or takes an offer back
    #[command(
        after_help = "Examples: couponry market withdraw --as operator && couponry market withdraw --offer 2 --as ben"
    )]
    Withdraw(offers::Withdraw),
    /// Changes the market's fee, a week from now
    #[command(after_help = "Example: couponry market fee 1.5 --as operator")]
    Fee(owner::Fee),
    /// Has the market deal in a PSP22 token a week from now, or no more
    #[command(
        after_help = "Example: couponry market allow 5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty --as operator"
    )]
    Allow(owner::Allow),
    /// Offers the market to an account, which then takes it over
    #[command(after_help = "Example: couponry market hand-over bakery --as operator")]
    HandOver(owner::HandOver),
    /// Becomes the owner of the market that was offered
    #[command(after_help = "Example: couponry market take-over --as bakery")]
    TakeOver(owner::TakeOver),
}

/// What a buyer insists on besides the price.
#[derive(Args, Debug)]
pub struct Insists {
    /// The least that the coupons can still take off together
    #[arg(long, value_name = "AMOUNT")]
    least_left: Option<String>,
    /// None of the coupons may end before this time
    #[arg(long, value_name = "TIME")]
    good_until: Option<String>,
    /// The digest that `market show` says: exactly this listing
    #[arg(long, value_name = "HEX")]
    terms: Option<String>,
}

/// # Errors
/// What can't be read, or the contracts' refusal.
pub fn run(command: &Command, ctx: &Context) -> Result<Report, Refusal> {
    match command {
        Command::Browse(opts) => browse::browse(opts, ctx),
        Command::Show(opts) => browse::show(opts, ctx),
        Command::Mine(opts) => mine::mine(opts, ctx),
        Command::Sell(opts) => sell::sell(opts, ctx),
        Command::Auction(opts) => sell::auction(opts, ctx),
        Command::Swap(opts) => sell::swap(opts, ctx),
        Command::Buy(opts) => take::buy(opts, ctx),
        Command::BuyAndUse(opts) => take::buy_and_use(opts, ctx),
        Command::Bid(opts) => take::bid(opts, ctx),
        Command::Take(opts) => take::take(opts, ctx),
        Command::Cancel(opts) => sell::cancel(opts, ctx),
        Command::Clear(opts) => sell::clear(opts, ctx),
        Command::Forget(opts) => sell::forget(opts, ctx),
        Command::Offer(opts) => offers::make(opts, ctx),
        Command::Offers(opts) => offers::list(opts, ctx),
        Command::Accept(opts) => offers::accept(opts, ctx),
        Command::Withdraw(opts) => offers::withdraw(opts, ctx),
        Command::Fee(opts) => owner::fee(opts, ctx),
        Command::Allow(opts) => owner::allow(opts, ctx),
        Command::HandOver(opts) => owner::hand_over(opts, ctx),
        Command::TakeOver(opts) => owner::take_over(opts, ctx),
    }
}

impl Insists {
    /// # Errors
    /// Not an amount, a time or a digest.
    fn guard(&self, asset: Asset, highest_price: Balance, now: u64) -> Result<Guard, Refusal> {
        let terms = self.terms.as_ref().map(|text| {
            digest_bytes(text.trim_start_matches("0x")).ok_or_else(|| {
                Refusal::new(
                    format!("--terms: `{text}` is not a digest"),
                    "copy the 64 hexadecimal digits that `market show` says",
                )
            })
        });
        Ok(Guard {
            highest_price,
            least_left: money_or_none(asset, self.least_left.as_deref(), "--least-left")?,
            ends_no_sooner: time_or_none(self.good_until.as_deref(), now)?,
            terms: terms.transpose()?,
        })
    }
}

fn money(asset: Asset, text: &str, option: &str) -> Result<Balance, Refusal> {
    Unit::of(asset).read(text).map_err(|fault| fault.at(option))
}

fn money_or_none(asset: Asset, text: Option<&str>, option: &str) -> Result<Balance, Refusal> {
    text.map_or(Ok(0), |text| money(asset, text, option))
}

fn time_or_none(text: Option<&str>, now: u64) -> Result<u64, Refusal> {
    text.map_or(Ok(0), |text| times::parse(text, now).map_err(|fault| fault.at("--good-until")))
}

fn coupons(texts: &[String]) -> Result<Vec<CouponId>, Refusal> {
    texts.iter().map(|text| coupon_id(text)).collect()
}

/// `1/1, 1/2`.
fn named(coupons: &[CouponId]) -> String {
    coupons.iter().map(|coupon| shown(*coupon)).collect::<Vec<_>>().join(", ")
}

/// `coupon 1/1`, or `coupons 1/1, 1/2`.
fn said(coupons: &[CouponId]) -> String {
    format!("{} {}", if coupons.len() == 1 { "coupon" } else { "coupons" }, named(coupons))
}

/// The asset that coupons count in, and amounts from now on.
fn asset_of(desk: &mut Desk, coupons: &[CouponId]) -> Result<Asset, Refusal> {
    let campaign = coupons.first().map_or(0, |coupon| coupon.campaign);
    Ok(desk.campaign(campaign)?.0.terms.asset)
}

/// Lets the market take coupons, where it may not yet.
fn approve(desk: &mut Desk, holder: AccountId, coupons: &[CouponId]) -> Result<(), Refusal> {
    let market = desk.suite.market;
    for coupon in coupons {
        let id = Some((*coupon).into());
        let approved = desk.registry().call().allowance(holder, market, id.clone());
        if !desk.session.ask(approved)? {
            let message = desk.registry().call_mut().approve(market, id, true);
            desk.session.send(holder, 0, message, |words, error| words.psp34(error, *coupon))?;
        }
    }
    Ok(())
}

/// All events of one kind that the market emitted.
fn told<E: Event + Decode>(desk: &Desk) -> Result<Vec<E>, Refusal> {
    let events = desk.session.history()?;
    let of_kind = events.iter().filter(|event| {
        event.contract == desk.suite.market && event.topics.first() == E::SIGNATURE_TOPIC.as_ref()
    });
    Ok(of_kind.filter_map(|event| E::decode(&mut &*event.data).ok()).collect())
}

/// A listing by its number, or by a coupon in it; amounts are in its asset from now on.
/// # Errors
/// `NoSuchListing`, or neither a number nor a coupon.
fn listing(desk: &mut Desk, text: &str) -> Result<(u64, Entry), Refusal> {
    let id = match text.parse() {
        Ok(id) => id,
        Err(_) => {
            let coupon = coupon_id(text).map_err(|_| {
                Refusal::new(
                    format!("`{text}` is neither a listing's number nor a coupon"),
                    "write the number, such as 3, or a coupon in it, such as 1/17",
                )
            })?;
            let opened: Vec<ListingOpened> = told(desk)?;
            // The newest.
            let of_it = opened.iter().rev().find(|opened| opened.listing.coupons.contains(&coupon));
            match of_it {
                Some(opened) => opened.id,
                None => {
                    return Err(Refusal::new(
                        format!("coupon {} was never listed", shown(coupon)),
                        "see what there is: `couponry market browse`",
                    ))
                }
            }
        }
    };
    match desk.session.ask(desk.market().call().listing(id))? {
        Some(entry) => {
            desk.session.words.count_in(entry.listing.asset);
            Ok((id, entry))
        }
        None => Err(desk.session.words.market(&MarketError::NoSuchListing { id })),
    }
}

/// What each account cancelled everything below of.
fn floors(desk: &Desk) -> Result<HashMap<AccountId, u64>, Refusal> {
    let cancelled: Vec<AllCancelled> = told(desk)?;
    Ok(cancelled.into_iter().map(|event| (event.account, event.below)).collect())
}

/// Every listing that someone may take now, with its number.
fn for_sale(desk: &Desk) -> Result<Vec<(u64, Entry)>, Refusal> {
    let (now, floors) = (desk.session.chain.now(), floors(desk)?);
    let mut found = Vec::new();
    for ListingOpened { seller, id, .. } in told(desk)? {
        let Some(entry) = desk.session.ask(desk.market().call().listing(id))? else { continue };
        let below = floors.get(&seller).copied().unwrap_or_default();
        if state(id, &entry, below, now) == "open" {
            found.push((id, entry));
        }
    }
    Ok(found)
}

/// `fixed`, `falling`, `auction` or `swap`.
fn kind(ask: &Ask) -> &'static str {
    match ask {
        Ask::Fixed { .. } => "fixed",
        Ask::Dutch { .. } => "falling",
        Ask::English { .. } => "auction",
        Ask::Swap { .. } => "swap",
    }
}

/// What a listing is up for: `at 1 UNIT`, `for any of 2, with 3 UNIT on top`. `cost` is as below.
fn asked(ask: &Ask, cost: Balance, words: &Words) -> String {
    match ask {
        Ask::Fixed { price } => format!("at {}", words.money(*price)),
        Ask::Dutch { end_price, .. } => {
            format!("at {} now, falling to {}", words.money(cost), words.money(*end_price))
        }
        Ask::English { .. } => format!("to the highest bidder, from {} on", words.money(cost)),
        Ask::Swap { wants, asks, adds } => {
            let wanted: Vec<String> = wants.coupons.iter().map(|coupon| offers::wish(*coupon)).collect();
            let cash = match (*asks, *adds) {
                (0, 0) => String::new(),
                (asks, 0) => format!(" and {}", words.money(asks)),
                (_, adds) => format!(", with {} on top", words.money(adds)),
            };
            format!("for {}{cash}", wanted.join(", "))
        }
    }
}

/// How a listing stands; `below` is what its seller cancelled everything below of.
fn state(id: u64, entry: &Entry, below: u64, now: u64) -> &'static str {
    match entry.status {
        Status::Open if entry.bid.is_none() && id < below => "cancelled, to be taken back",
        Status::Open if now >= entry.ends_at() => "ended",
        Status::Open => "open",
        Status::Failed => "not delivered, to be taken back",
        Status::Sold => "sold",
        Status::Returned => "returned",
    }
}

/// What taking a listing costs now: the price, the least bid, or the cash that a swap asks for.
fn cost(id: u64, entry: &Entry, now: u64) -> Balance {
    match entry.listing.ask {
        Ask::Fixed { .. } | Ask::Dutch { .. } => entry.price(id, now).unwrap_or_default(),
        Ask::English { reserve, step } => entry.bid.map_or(reserve, |bid| bid.amount.saturating_add(step)),
        Ask::Swap { asks, .. } => asks,
    }
}
