//! Putting coupons up for sale, for auction or for a swap, and ending that.

use super::{approve, asked, asset_of, coupons, listing, money, money_or_none, named, said, time_or_none};
use crate::{
    commands::campaign::value_of,
    context::{Context, Desk, Report},
    orders::coupon_id,
    refusals::{Refusal, Words},
    times,
};
use chain::{keys::ss58, AccountId, Balance, Chain};
use clap::Args;
use ink::codegen::TraitCallBuilder;
use market::{
    listings::{Ask, Entry, Status, Wants},
    prices::Parts,
};
use serde_json::json;
use shared::{assets::Asset, ids::CouponId};

/// What every listing says.
#[derive(Args, Debug)]
struct Opens {
    /// The coupons, campaign/serial: several are sold together
    #[arg(required = true, value_name = "COUPON")]
    coupons: Vec<String>,
    /// The listing ends just before this time
    #[arg(long, value_name = "TIME")]
    until: String,
    /// Only this account may have them
    #[arg(long, value_name = "NAME")]
    reserved_for: Option<String>,
    /// The holder
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:
  at a price:           couponry market sell 1/1 --price 1.50 --until +3d --as anna
  to one buyer:         couponry market sell 1/1 --price 1.50 --until +3d --reserved-for ben --as anna
  at a falling price:   couponry market sell 1/1 --price 2 --falling-to 1 --until +3d --as anna
  a bundle:             couponry market sell 1/1 1/2 1/3 --price 4 --until +3d --as anna")]
pub struct Sell {
    #[command(flatten)]
    opens: Opens,
    /// The price of all of them, in the campaign's asset
    #[arg(long, value_name = "AMOUNT")]
    price: String,
    /// The price falls evenly from now on and comes to this at the end
    #[arg(long, value_name = "AMOUNT")]
    falling_to: Option<String>,
}

#[derive(Args, Debug)]
pub struct Auction {
    #[command(flatten)]
    opens: Opens,
    /// The least bid
    #[arg(long, value_name = "AMOUNT")]
    reserve: String,
    /// What a bid must pass the one before by
    #[arg(long, value_name = "AMOUNT")]
    step: String,
}

#[derive(Args, Debug)]
#[command(after_help = "A campaign's number in place of a coupon wants any coupon of that campaign.

Examples:
  one for one:              couponry market swap 1/1 --wants 2/7 --until +3d --as anna
  for any, and some cash:   couponry market swap 1/1 --wants 2 --asks 0.50 --until +3d --as anna
  with cash on top:         couponry market swap 1/1 --wants 2 --adds 0.50 --until +3d --as anna")]
pub struct Swap {
    #[command(flatten)]
    opens: Opens,
    /// A coupon wanted in return, or a campaign's number; repeat it for more
    #[arg(long, required = true, value_name = "COUPON")]
    wants: Vec<String>,
    /// Cash wanted too
    #[arg(long, value_name = "AMOUNT")]
    asks: Option<String>,
    /// Cash given too; it is paid now
    #[arg(long, value_name = "AMOUNT")]
    adds: Option<String>,
    /// The least that each coupon wanted can still take off
    #[arg(long, value_name = "AMOUNT")]
    least_left: Option<String>,
    /// No coupon wanted may end before this time
    #[arg(long, value_name = "TIME")]
    good_until: Option<String>,
}

#[derive(Args, Debug)]
pub struct Cancel {
    /// The listing's number, or a coupon in it
    #[arg(value_name = "LISTING", required_unless_present = "all")]
    listing: Option<String>,
    /// Every listing without a bid and every offer that you have opened so far. What is in them is taken back with `cancel` and
    /// `withdraw`
    #[arg(long, conflicts_with = "listing")]
    all: bool,
    /// The seller
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Clear {
    /// The listing's number, or a coupon in it
    listing: String,
    /// Whoever does it; of an auction's fee, a tenth is theirs
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Forget {
    /// The listings' numbers
    #[arg(required = true, value_name = "LISTING")]
    listings: Vec<u64>,
    /// The seller
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

/// Opens a listing; gives its number, the coupons and the end.
fn open(
    opens: &Opens,
    ctx: &Context,
    ask: impl FnOnce(&mut Desk, Asset) -> Result<Ask, Refusal>,
) -> Result<(u64, Vec<CouponId>, u64, Words), Refusal> {
    let mut desk = ctx.desk()?;
    let seller = desk.session.signer(&opens.signer)?.account();
    let reserved: Option<AccountId> =
        opens.reserved_for.as_ref().map(|name| desk.session.account(name)).transpose()?;
    let coupons = coupons(&opens.coupons)?;
    let asset = asset_of(&mut desk, &coupons)?;
    let ask = ask(&mut desk, asset)?;
    let until = times::parse(&opens.until, desk.session.chain.now()).map_err(|fault| fault.at("--until"))?;
    approve(&mut desk, seller, &coupons)?;
    let value = value_of(asset, ask.adds());
    let registry = desk.suite.registry;
    let message = desk.market().call_mut().list(registry, coupons.clone(), until, reserved, ask);
    let (id, _) = desk.session.send(seller, value, message, Words::market)?;
    let words = desk.session.words.clone();
    desk.session.save()?;
    Ok((id, coupons, until, words))
}

/// # Errors
/// What can't be read, or the contracts' refusal.
pub(super) fn sell(opts: &Sell, ctx: &Context) -> Result<Report, Refusal> {
    let mut prices = (0, None);
    let (id, coupons, until, words) = open(&opts.opens, ctx, |_, asset| {
        let price = money(asset, &opts.price, "--price")?;
        let falling_to =
            opts.falling_to.as_deref().map(|text| money(asset, text, "--falling-to")).transpose()?;
        prices = (price, falling_to);
        Ok(match falling_to {
            Some(end_price) => Ask::Dutch { start_price: price, end_price },
            None => Ask::Fixed { price },
        })
    })?;
    let (price, falling_to) = prices;
    let falling = falling_to.map_or_else(String::new, |end| format!(", falling to {},", words.money(end)));
    let (is, until_when) = (if coupons.len() == 1 { "is" } else { "are" }, times::show(until));
    Ok(Report::new(
        format!(
            "listing {id}: {} {is} for sale at {}{falling} until {until_when}",
            said(&coupons),
            words.money(price)
        ),
        json!({
            "listing": id,
            "coupons": coupons.iter().map(|coupon| named(&[*coupon])).collect::<Vec<_>>(),
            "price": price.to_string(),
            "falling_to": falling_to.map(|amount| amount.to_string()),
            "ends_at": until,
        }),
    ))
}

/// # Errors
/// As `sell`.
pub(super) fn auction(opts: &Auction, ctx: &Context) -> Result<Report, Refusal> {
    let mut least: Balance = 0;
    let (id, coupons, until, words) = open(&opts.opens, ctx, |_, asset| {
        least = money(asset, &opts.reserve, "--reserve")?;
        Ok(Ask::English { reserve: least, step: money(asset, &opts.step, "--step")? })
    })?;
    Ok(Report::new(
        format!(
            "listing {id}: {} at auction from {} on, until {} or 5 minutes after the last late bid",
            said(&coupons),
            words.money(least),
            times::show(until)
        ),
        json!({
            "listing": id,
            "coupons": coupons.iter().map(|coupon| named(&[*coupon])).collect::<Vec<_>>(),
            "reserve": least.to_string(),
            "ends_at": until,
        }),
    ))
}

/// # Errors
/// As `sell`.
pub(super) fn swap(opts: &Swap, ctx: &Context) -> Result<Report, Refusal> {
    let (mut cash, mut ask_said) = ((0, 0), String::new());
    let (id, coupons, until, _) = open(&opts.opens, ctx, |desk, asset| {
        let wanted: Vec<CouponId> = opts.wants.iter().map(|text| wanted(text)).collect::<Result<_, _>>()?;
        // What is wanted may count in another asset than what is given.
        let of_wanted = asset_of(desk, &wanted)?;
        let wants = Wants {
            coupons: wanted,
            least_left: money_or_none(of_wanted, opts.least_left.as_deref(), "--least-left")?,
            ends_no_sooner: time_or_none(opts.good_until.as_deref(), desk.session.chain.now())?,
        };
        desk.session.words.count_in(asset);
        let asks = money_or_none(asset, opts.asks.as_deref(), "--asks")?;
        let adds = money_or_none(asset, opts.adds.as_deref(), "--adds")?;
        let ask = Ask::Swap { wants, asks, adds };
        (cash, ask_said) = ((asks, adds), asked(&ask, asks, &desk.session.words));
        Ok(ask)
    })?;
    Ok(Report::new(
        format!("listing {id}: {} {ask_said} until {}", said(&coupons), times::show(until)),
        json!({
            "listing": id,
            "coupons": coupons.iter().map(|coupon| named(&[*coupon])).collect::<Vec<_>>(),
            "wants": opts.wants,
            "asks": cash.0.to_string(),
            "adds": cash.1.to_string(),
            "ends_at": until,
        }),
    ))
}

/// A coupon, or any of a campaign.
pub(super) fn wanted(text: &str) -> Result<CouponId, Refusal> {
    match text.parse() {
        Ok(campaign) => Ok(CouponId { campaign, serial: 0 }),
        Err(_) => coupon_id(text),
    }
}

/// # Errors
/// What can't be read, or the market's refusal.
pub(super) fn cancel(opts: &Cancel, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let seller = desk.session.signer(&opts.signer)?.account();
    let Some(text) = &opts.listing else {
        let message = desk.market().call_mut().cancel_all();
        let (below, _) = desk.session.send(seller, 0, message, Words::market)?;
        desk.session.save()?;
        return Ok(Report::new(
            format!("nobody can take what {} had opened before number {below} any more, but for auctions with a bid", opts.signer),
            json!({ "account": ss58(&seller), "below": below }),
        ));
    };
    let (id, entry) = listing(&mut desk, text)?;
    let message = desk.market().call_mut().cancel(id);
    desk.session.send(seller, 0, message, Words::market)?;
    let after = desk.session.ask(desk.market().call().listing(id))?;
    let (words, market) = (desk.session.words.clone(), desk.suite.market);
    desk.session.save()?;
    let coupons = &entry.listing.coupons;
    let is = if coupons.len() == 1 { "is" } else { "are" };
    let (outcome, owner, line) = match after {
        Some(_) => ("failed", market, stuck(&entry, &opts.signer, &words)),
        None => ("returned", seller, format!("{} {is} {}'s again", said(coupons), opts.signer)),
    };
    Ok(Report::new(
        line,
        json!({
            "listing": id,
            "outcome": outcome,
            "coupons": coupons.iter().map(|coupon| named(&[*coupon])).collect::<Vec<_>>(),
            "owner": ss58(&owner),
        }),
    ))
}

/// Of a swap whose coupons its issuer has frozen.
fn stuck(entry: &Entry, seller: &str, words: &Words) -> String {
    format!(
        "{} can't be moved yet, and {seller} finds the {} added with `couponry market withdraw`: once the issuer has thawed what it froze, cancel again",
        said(&entry.listing.coupons),
        words.money(entry.cash()),
    )
}

/// # Errors
/// What can't be read, or the market's refusal.
pub(super) fn clear(opts: &Clear, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let caller = desk.session.signer(&opts.signer)?.account();
    let (id, entry) = listing(&mut desk, &opts.listing)?;
    let message = desk.market().call_mut().settle(id);
    desk.session.send(caller, 0, message, Words::market)?;
    let after = desk.session.ask(desk.market().call().listing(id))?;
    let words = desk.session.words.clone();
    desk.session.save()?;
    let (listing, coupons) = (&entry.listing, said(&entry.listing.coupons));
    let (outcome, what) = match (after.map(|after| after.status), entry.live_bid()) {
        (Some(Status::Sold), Some(bid)) => {
            let parts = Parts::of(bid.amount, listing.fee_bps, listing.royalty_bps);
            let bounty = parts.bounty();
            (
                "sold",
                format!(
                    "{coupons} went to {} for {}, of which {} are {}'s for clearing",
                    words.account(&bid.bidder),
                    words.money(bid.amount),
                    words.money(bounty),
                    opts.signer
                ),
            )
        }
        (Some(Status::Failed), Some(bid)) => (
            "failed",
            format!(
                "{coupons} couldn't be delivered: {} finds its {} with `couponry market withdraw`",
                words.account(&bid.bidder),
                words.money(bid.amount)
            ),
        ),
        (Some(Status::Failed), None) => ("failed", stuck(&entry, &words.account(&listing.seller), &words)),
        (_, _) => ("returned", format!("{coupons} went back to {}", words.account(&listing.seller))),
    };
    Ok(Report::new(
        format!("listing {id}: {what}"),
        json!({
            "listing": id,
            "outcome": outcome,
            "bidder": entry.live_bid().map(|bid| ss58(&bid.bidder)),
            "price": entry.live_bid().map(|bid| bid.amount.to_string()),
        }),
    ))
}

/// # Errors
/// The market's refusal.
pub(super) fn forget(opts: &Forget, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let seller = desk.session.signer(&opts.signer)?.account();
    let message = desk.market().call_mut().forget(opts.listings.clone());
    desk.session.send(seller, 0, message, Words::market)?;
    desk.session.save()?;
    let numbers: Vec<String> = opts.listings.iter().map(u64::to_string).collect();
    let what = if numbers.len() == 1 { "listing" } else { "listings" };
    let is = if numbers.len() == 1 { "is" } else { "are" };
    Ok(Report::new(
        format!("{what} {} {is} forgotten, and the deposits are {}'s again", numbers.join(", "), opts.signer),
        json!({ "listings": opts.listings, "account": ss58(&seller) }),
    ))
}
