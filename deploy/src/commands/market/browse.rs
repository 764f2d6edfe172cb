//! Looking at what is for sale.

use super::{asked, asset_of, cost, floors, for_sale, kind, listing, named, said, state};
use crate::{
    amounts::{decimal, Unit},
    context::{Context, Desk, Report},
    refusals::{percent, Refusal, Words},
    times,
};
use chain::{keys::ss58, AccountId, Balance, Chain};
use clap::{Args, ValueEnum};
use market::listings::{Ask, Entry, Listing, Status};
use serde_json::{json, Value};
use shared::{campaigns::Campaign, ids::CampaignId, math::share_down, terms::Benefit};
use std::collections::HashMap;

#[derive(Args, Debug)]
#[command(
    after_help = "`cost` is the price now, the least bid, or the cash that a swap asks for; `worth` is the most the coupons can still take off.

Examples:
  everything:                 couponry market browse
  bargains of the bakery's:   couponry market browse --issuer bakery --below-value 60
  gift cards, soon over:      couponry market browse --benefit gift-card --ends-before +1d"
)]
pub struct Browse {
    /// Only coupons of this merchant
    #[arg(long, value_name = "NAME")]
    issuer: Option<String>,
    /// Only coupons of this kind
    #[arg(long, value_enum, value_name = "KIND")]
    benefit: Option<Kind>,
    /// Only what costs less than this share of what it can still take off, in percent; no swaps [default when given bare: 100]
    #[arg(long, value_name = "PERCENT", num_args = 0..=1, default_missing_value = "100")]
    below_value: Option<String>,
    /// Only listings that end before this time
    #[arg(long, value_name = "TIME")]
    ends_before: Option<String>,
    /// Only listings that this account can take: not its own, and not reserved for others
    #[arg(long, value_name = "NAME")]
    buyer: Option<String>,
}

#[derive(Args, Debug)]
pub struct Show {
    /// The listing's number, or a coupon in it
    listing: String,
}

/// What a coupon does.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Amount,
    Percent,
    NewPrice,
    FreeItem,
    GiftCard,
}

impl Kind {
    fn of(benefit: Benefit) -> Self {
        match benefit {
            Benefit::AmountOff { .. } => Self::Amount,
            Benefit::PercentOff { .. } => Self::Percent,
            Benefit::NewPrice { .. } => Self::NewPrice,
            Benefit::FreeItem { .. } => Self::FreeItem,
            Benefit::StoredValue { .. } => Self::GiftCard,
        }
    }
}

/// # Errors
/// What can't be read.
pub(super) fn browse(opts: &Browse, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let now = desk.session.chain.now();
    let issuer = opts.issuer.as_ref().map(|name| desk.session.account(name)).transpose()?;
    let buyer = opts.buyer.as_ref().map(|name| desk.session.account(name)).transpose()?;
    let ends_before = opts.ends_before.as_deref().map(|text| times::parse(text, now)).transpose();
    let ends_before = ends_before.map_err(|fault| fault.at("--ends-before"))?;
    let below = opts.below_value.as_deref().map(share).transpose()?;
    let mut campaigns = HashMap::new();
    let mut found = Vec::new();
    for (id, entry) in for_sale(&desk)? {
        let listing = &entry.listing;
        if listing.registry != desk.suite.registry {
            continue;
        }
        let campaign = campaign_of(&mut desk, &mut campaigns, listing)?;
        let cost = cost(id, &entry, now);
        let fits = issuer.is_none_or(|issuer| listing.issuer == issuer)
            && opts.benefit.is_none_or(|kind| Kind::of(campaign.terms.benefit) == kind)
            && below.is_none_or(|bps| has_price(&listing.ask) && cost < share_down(listing.left, bps))
            && ends_before.is_none_or(|time| entry.ends_at() < time)
            && buyer.is_none_or(|buyer| {
                listing.seller != buyer && listing.reserved.is_none_or(|reserved| reserved == buyer)
            });
        if fits {
            found.push((id, entry, campaign, cost));
        }
    }
    let rows: Vec<Value> = found
        .iter()
        .map(|(id, entry, campaign, cost)| row(*id, entry, campaign, *cost, &desk.session.words))
        .collect();
    let json = json!({ "listings": rows });
    if found.is_empty() {
        return Ok(Report::new("nothing like that is for sale", json));
    }
    let mut table = vec![["listing", "kind", "cost", "worth", "ends", "coupons", "what"].map(String::from)];
    for (id, entry, campaign, cost) in &found {
        let words = words_for(entry, &desk.session.words);
        table.push([
            id.to_string(),
            kind(&entry.listing.ask).to_owned(),
            amount(entry, *cost),
            amount(entry, entry.listing.left),
            times::show(entry.ends_at()),
            named(&entry.listing.coupons),
            benefit(campaign, &words),
        ]);
    }
    let mut lines = aligned(&table).into_iter();
    let head = Report::new(lines.next().unwrap_or_default(), json);
    Ok(lines.fold(head, Report::line))
}

/// A swap costs coupons too.
fn has_price(ask: &Ask) -> bool {
    match ask {
        Ask::Fixed { .. } | Ask::Dutch { .. } | Ask::English { .. } => true,
        Ask::Swap { .. } => false,
    }
}

/// Columns, side by side.
pub(super) fn aligned<const N: usize>(table: &[[String; N]]) -> Vec<String> {
    let widths: Vec<usize> = (0..N)
        .map(|column| table.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max())
        .map(Option::unwrap_or_default)
        .collect();
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    table.iter().map(line).collect()
}

/// A share in percent, as basis points.
fn share(text: &str) -> Result<u16, Refusal> {
    let read = crate::amounts::parse(text, 2).map_err(|fault| fault.at("--below-value"))?;
    u16::try_from(read).ok().filter(|bps| *bps <= 10_000).ok_or_else(|| {
        Refusal::new(format!("--below-value: {text}% is more than the whole"), "set it to 100 or less")
    })
}

fn campaign_of(
    desk: &mut Desk,
    known: &mut HashMap<CampaignId, Campaign>,
    listing: &Listing,
) -> Result<Campaign, Refusal> {
    let number = listing.coupons.first().map_or(0, |coupon| coupon.campaign);
    if let Some(campaign) = known.get(&number) {
        return Ok(campaign.clone());
    }
    let (campaign, _) = desk.campaign(number)?;
    known.insert(number, campaign.clone());
    Ok(campaign)
}

fn words_for(entry: &Entry, words: &Words) -> Words {
    let mut words = words.clone();
    words.count_in(entry.listing.asset);
    words
}

/// An amount without its unit: columns are narrow.
fn amount(entry: &Entry, amount: Balance) -> String {
    decimal(amount, Unit::of(entry.listing.asset).decimals)
}

fn benefit(campaign: &Campaign, words: &Words) -> String {
    match campaign.terms.benefit {
        Benefit::AmountOff { value } => format!("{} off", words.money(value)),
        Benefit::PercentOff { bps, cap } => format!("{}% off, at most {}", percent(bps), words.money(cap)),
        Benefit::NewPrice { price, .. } => format!("for {}", words.money(price)),
        Benefit::FreeItem { worth } => format!("one item free, worth at most {}", words.money(worth)),
        Benefit::StoredValue { .. } => "a gift card".to_owned(),
    }
}

fn row(id: u64, entry: &Entry, campaign: &Campaign, cost: Balance, words: &Words) -> Value {
    let listing = &entry.listing;
    json!({
        "listing": id,
        "kind": kind(&listing.ask),
        "coupons": listing.coupons.iter().map(|coupon| named(&[*coupon])).collect::<Vec<_>>(),
        "benefit": benefit(campaign, &words_for(entry, words)),
        "cost": cost.to_string(),
        "worth": listing.left.to_string(),
        "ends_at": entry.ends_at(),
        "coupons_end": listing.coupons_end,
        "seller": ss58(&listing.seller),
        "issuer": ss58(&listing.issuer),
        "reserved_for": listing.reserved.as_ref().map(ss58),
        "bidder": entry.live_bid().map(|bid| ss58(&bid.bidder)),
        "wants": wants(&listing.ask),
        "adds": listing.ask.adds().to_string(),
        "fee_bps": listing.fee_bps,
        "royalty_bps": listing.royalty_bps,
        "terms": format!("0x{}", hex::encode(listing.digest())),
    })
}

/// What a swap wants, as people write it.
fn wants(ask: &Ask) -> Option<Vec<String>> {
    match ask {
        Ask::Swap { wants, .. } => {
            let coupons = wants.coupons.iter();
            Some(coupons.map(|coupon| super::offers::wish(*coupon)).collect())
        }
        Ask::Fixed { .. } | Ask::Dutch { .. } | Ask::English { .. } => None,
    }
}

/// What each coupon that a swap wants must be like, in its own asset.
/// # Errors
/// The campaign can't be read.
fn insists(desk: &mut Desk, ask: &Ask) -> Result<Option<String>, Refusal> {
    let Ask::Swap { wants, .. } = ask else { return Ok(None) };
    if wants.least_left == 0 && wants.ends_no_sooner == 0 {
        return Ok(None);
    }
    asset_of(desk, &wants.coupons)?;
    let least = desk.session.words.money(wants.least_left);
    let until = match wants.ends_no_sooner {
        0 => String::new(),
        time => format!(", and good until {} or later", times::show(time)),
    };
    Ok(Some(format!("  each coupon wanted: worth {least} or more{until}")))
}

/// # Errors
/// What can't be read; `NoSuchListing`.
pub(super) fn show(opts: &Show, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let now = desk.session.chain.now();
    let (id, entry) = listing(&mut desk, &opts.listing)?;
    let campaign = campaign_of(&mut desk, &mut HashMap::new(), &entry.listing)?;
    let cost = cost(id, &entry, now);
    let below = floors(&desk)?.get(&entry.listing.seller).copied().unwrap_or_default();
    let (state, insists) = (state(id, &entry, below, now), insists(&mut desk, &entry.listing.ask)?);
    desk.session.words.count_in(entry.listing.asset);
    let words = &desk.session.words;
    let listing = &entry.listing;
    let asked = asked(&listing.ask, cost, words);
    let json = json!({ "state": state, "details": row(id, &entry, &campaign, cost, words) });
    let mut report = Report::new(
        format!(
            "listing {id}: {} {asked} until {}, from {} ({state})",
            said(&listing.coupons),
            times::show(entry.ends_at()),
            words.account(&listing.seller)
        ),
        json,
    );
    report = report.line(format!(
        "  {}: worth at most {}, good until {}",
        benefit(&campaign, words),
        words.money(listing.left),
        times::show(listing.coupons_end)
    ));
    if let Some(insists) = insists {
        report = report.line(insists);
    }
    if let Some(bid) = entry.bid {
        let (bidder, amount) = (words.account(&bid.bidder), words.money(bid.amount));
        report = report.line(match entry.status {
            Status::Open => format!("  {bidder} leads with {amount}"),
            Status::Sold => format!("  {bidder} had it for {amount}"),
            Status::Failed | Status::Returned => format!("  {bidder} has the bid of {amount} back"),
        });
    }
    if let Some(buyer) = listing.reserved.as_ref() as Option<&AccountId> {
        report = report.line(format!("  reserved for {}", words.account(buyer)));
    }
    Ok(report
        .line(format!(
            "  of the price, {}% are the market's and {}% the issuer's",
            percent(listing.fee_bps),
            percent(listing.royalty_bps)
        ))
        .line(format!("  terms    0x{}", hex::encode(listing.digest()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let table = [["a".to_owned(), "bb".to_owned()], ["ccc".to_owned(), "d".to_owned()]];
        assert_eq!(aligned(&table), ["a    bb", "ccc  d"]);
    }

    #[test]
    fn a_share_is_at_most_the_whole() {
        assert_eq!((share("60"), share("100"), share("0.5")), (Ok(6_000), Ok(10_000), Ok(50)));
        assert_eq!(share("101").unwrap_err().fix, "set it to 100 or less");
        assert_eq!(share("half").unwrap_err().what, "--below-value: `half` is not an amount");
    }
}
