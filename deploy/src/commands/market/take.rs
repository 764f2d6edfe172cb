//! Buying, bidding, swapping: taking what others have put up.

use super::{approve, coupons, listing, money, named, said, Insists};
use crate::{
    commands::{campaign::value_of, order::epoch, quote::through},
    context::{Context, Desk, Report},
    orders::{sign_spend, SignedOrder},
    refusals::{Refusal, Words},
    times,
};
use chain::{keys::ss58, Balance, Chain};
use clap::Args;
use ink::codegen::TraitCallBuilder;
use market::{
    error::MarketError,
    listings::{Ask, Entry},
    till::Signed,
};
use serde_json::{json, Value};
use shared::{
    assets::Asset,
    permit::{CouponPermit, Permits, Presented},
};

#[derive(Args, Debug)]
#[command(
    after_help = "Of several listings, what is still there is bought, in this order and as far as --highest goes.

Examples:
  one:                  couponry market buy 1/1 --highest 1.50 --as ben
  with a safeguard:     couponry market buy 3 --highest 1.50 --least-left 2 --good-until +7d --as ben
  many, or none:        couponry market buy 3 4 5 --highest 4 --all --as ben"
)]
pub struct Buy {
    /// The listings' numbers, or a coupon in each
    #[arg(required = true, value_name = "LISTING")]
    listings: Vec<String>,
    /// The most you would pay for all of it
    #[arg(long, value_name = "AMOUNT")]
    highest: String,
    /// All of them, or none
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    insists: Insists,
    /// The buyer
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
#[command(
    after_help = "The order is the acceptor's, signed for this coupon (`order sign --coupon`). Nothing happens unless the coupon takes more off than it \
costs.

Example: couponry market buy-and-use 1/1 --highest 1.50 --order order.json --as ben"
)]
pub struct BuyAndUse {
    /// The listing's number, or a coupon in it
    listing: String,
    /// The most you would pay for it
    #[arg(long, value_name = "AMOUNT")]
    highest: String,
    /// The order file, or the text of its QR code
    #[arg(long, value_name = "FILE")]
    order: String,
    /// The buyer
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Bid {
    /// The auction's number, or a coupon in it
    listing: String,
    /// What you bid; it is paid now
    amount: String,
    #[command(flatten)]
    insists: Insists,
    /// The bidder
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Take {
    /// The swap's number, or a coupon in it
    listing: String,
    /// The coupons you give, in the order the swap wants them
    #[arg(required = true, value_name = "COUPON")]
    coupons: Vec<String>,
    /// The most cash you would add
    #[arg(long, value_name = "AMOUNT", default_value = "0")]
    highest: String,
    #[command(flatten)]
    insists: Insists,
    /// Who takes it
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

/// The price of a listing now; of one that has none, nothing: the market then says why.
fn price(desk: &Desk, id: u64, entry: &Entry) -> Balance {
    entry.price(id, desk.session.chain.now()).unwrap_or_default()
}

/// What to send for a price: over the highest, nothing, and the market refuses.
fn value(asset: Asset, price: Balance, highest: Balance) -> Balance {
    if price <= highest {
        value_of(asset, price)
    } else {
        0
    }
}

/// # Errors
/// What can't be read, or the market's refusal.
pub(super) fn buy(opts: &Buy, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let buyer = desk.session.signer(&opts.signer)?.account();
    let mut lots = Vec::new();
    for text in &opts.listings {
        lots.push(listing(&mut desk, text)?);
    }
    let Some((first, entry)) = lots.first() else {
        return Err(Refusal::new("no listing is named", "name a listing"));
    };
    let asset = entry.listing.asset;
    desk.session.words.count_in(asset);
    let highest = money(asset, &opts.highest, "--highest")?;
    let guard = opts.insists.guard(asset, highest, desk.session.chain.now())?;
    if lots.len() == 1 {
        let message = desk.market().call_mut().buy(*first, guard);
        let value = value(asset, price(&desk, *first, entry), highest);
        let (price, _) = desk.session.send(buyer, value, message, Words::market)?;
        let (words, coupons) = (desk.session.words.clone(), said(&entry.listing.coupons));
        desk.session.save()?;
        let is = if entry.listing.coupons.len() == 1 { "is" } else { "are" };
        return Ok(Report::new(
            format!("{coupons} {is} {}'s for {}", opts.signer, words.money(price)),
            json!({
                "listing": first,
                "coupons": entry.listing.coupons.iter().map(|coupon| named(&[*coupon])).collect::<Vec<_>>(),
                "owner": ss58(&buyer),
                "price": price.to_string(),
            }),
        ));
    }
    let ids: Vec<u64> = lots.iter().map(|(id, _)| *id).collect();
    let message = desk.market().call_mut().buy_many(ids, opts.all, guard);
    // What is over comes back.
    let most = lots.iter().fold(0, |sum: Balance, (id, entry)| sum.saturating_add(price(&desk, *id, entry)));
    let (results, _) =
        desk.session.send(buyer, value_of(asset, most.min(highest)), message, Words::market)?;
    let words = desk.session.words.clone();
    desk.session.save()?;
    Ok(bought(&lots, &results, &words, &opts.signer))
}

/// What came of a bulk purchase, listing by listing.
fn bought(
    lots: &[(u64, Entry)],
    results: &[Result<Balance, MarketError>],
    words: &Words,
    buyer: &str,
) -> Report {
    let total = results.iter().flatten().fold(0, |sum: Balance, price| sum.saturating_add(*price));
    let count = results.iter().flatten().count();
    let mut lines = Vec::new();
    let mut rows: Vec<Value> = Vec::new();
    for ((id, entry), result) in lots.iter().zip(results) {
        let coupons = &entry.listing.coupons;
        match result {
            Ok(price) => {
                lines.push(format!("  listing {id}: {} for {}", said(coupons), words.money(*price)));
                rows.push(json!({ "listing": id, "price": price.to_string() }));
            }
            Err(error) => {
                let why = words.market(error).what;
                lines.push(format!("  listing {id}: not bought: {why}"));
                rows.push(json!({ "listing": id, "why": why }));
            }
        }
    }
    let report = Report::new(
        format!("{buyer} bought {count} of {} listings for {}", lots.len(), words.money(total)),
        json!({ "bought": count, "price": total.to_string(), "listings": rows }),
    );
    lines.into_iter().fold(report, Report::line)
}

/// # Errors
/// What can't be read, or the market's refusal.
pub(super) fn buy_and_use(opts: &BuyAndUse, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let key = desk.session.key(&opts.signer)?;
    let buyer = key.account();
    let (id, entry) = listing(&mut desk, &opts.listing)?;
    let asset = entry.listing.asset;
    let highest = money(asset, &opts.highest, "--highest")?;
    let SignedOrder { order, permit, .. } = SignedOrder::read(&opts.order)?;
    let presented: Vec<Presented> = entry.listing.coupons.iter().map(|coupon| (*coupon).into()).collect();
    let through = through(&mut desk, &presented, order.acceptor)?;
    desk.session.words.count_in(asset);
    // The market asks the till for the buyer, so the buyer signs.
    let (domain, epoch) = (desk.domain(), epoch(&desk, buyer)?);
    let coupons = presented
        .into_iter()
        .map(|presented| CouponPermit {
            presented,
            permit: Some(sign_spend(&domain, &key, epoch, presented, &order, order.deadline).permit),
        })
        .collect();
    let price = price(&desk, id, &entry);
    let signed = Signed::from((order, Permits { acceptor: permit, coupons }));
    let message = desk.market().call_mut().buy_and_use(id, highest, through, signed);
    let (discount, _) = desk.session.send(buyer, value(asset, price, highest), message, Words::market)?;
    let words = desk.session.words.clone();
    desk.session.save()?;
    Ok(Report::new(
        format!(
            "{}: bought for {} and spent for {} off: {} saved",
            said(&entry.listing.coupons),
            words.money(price),
            words.money(discount),
            words.money(discount.saturating_sub(price))
        ),
        json!({
            "listing": id,
            "price": price.to_string(),
            "discount": discount.to_string(),
            "through_alliance": through.is_some(),
        }),
    ))
}

/// # Errors
/// What can't be read, or the market's refusal.
pub(super) fn bid(opts: &Bid, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let bidder = desk.session.signer(&opts.signer)?.account();
    let (id, entry) = listing(&mut desk, &opts.listing)?;
    let asset = entry.listing.asset;
    let amount = money(asset, &opts.amount, "AMOUNT")?;
    let guard = opts.insists.guard(asset, amount, desk.session.chain.now())?;
    let message = desk.market().call_mut().bid(id, amount, guard);
    let (ends_at, _) = desk.session.send(bidder, value_of(asset, amount), message, Words::market)?;
    let words = desk.session.words.clone();
    desk.session.save()?;
    let later = if ends_at > entry.ends_at() { ", later than before: the bid came late" } else { "" };
    Ok(Report::new(
        format!(
            "{} leads with {} for {}; the auction ends at {}{later}",
            opts.signer,
            words.money(amount),
            said(&entry.listing.coupons),
            times::show(ends_at)
        ),
        json!({ "listing": id, "bid": amount.to_string(), "ends_at": ends_at }),
    ))
}

/// # Errors
/// What can't be read, or the contracts' refusal.
pub(super) fn take(opts: &Take, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let taker = desk.session.signer(&opts.signer)?.account();
    let (id, entry) = listing(&mut desk, &opts.listing)?;
    let asset = entry.listing.asset;
    let given = coupons(&opts.coupons)?;
    let highest = money(asset, &opts.highest, "--highest")?;
    let guard = opts.insists.guard(asset, highest, desk.session.chain.now())?;
    approve(&mut desk, taker, &given)?;
    let asks = match entry.listing.ask {
        Ask::Swap { asks, .. } => asks,
        Ask::Fixed { .. } | Ask::Dutch { .. } | Ask::English { .. } => 0,
    };
    let message = desk.market().call_mut().swap(id, given.clone(), guard);
    desk.session.send(taker, value(asset, asks, highest), message, Words::market)?;
    desk.session.save()?;
    let theirs = &entry.listing.coupons;
    let is = if theirs.len() == 1 { "is" } else { "are" };
    Ok(Report::new(
        format!("{} {is} {}'s, for {}", said(theirs), opts.signer, named(&given)),
        json!({
            "listing": id,
            "coupons": theirs.iter().map(|coupon| named(&[*coupon])).collect::<Vec<_>>(),
            "given": given.iter().map(|coupon| named(&[*coupon])).collect::<Vec<_>>(),
            "owner": ss58(&taker),
        }),
    ))
}
