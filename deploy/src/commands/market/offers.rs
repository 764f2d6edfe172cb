//! Offers, and money that the market holds for others.

use super::{
    approve, asset_of, browse::aligned, floors, money, money_or_none, sell::wanted, time_or_none, told,
};
use crate::{
    amounts::{decimal, Unit},
    commands::campaign::value_of,
    context::{Context, Desk, Report},
    orders::coupon_id,
    refusals::{coupon as shown, Refusal, Words},
    times,
};
use chain::{keys::ss58, Balance, Chain};
use clap::Args;
use ink::codegen::TraitCallBuilder;
use market::{
    error::MarketError,
    events::OfferMade,
    offers::{Offer, Wish},
};
use serde_json::json;
use shared::{assets::Asset, ids::CouponId};

#[derive(Args, Debug)]
#[command(
    after_help = "The money is held by the market until a holder accepts, and is yours to take back at any time.

Examples:
  for one coupon:         couponry market offer 1/1 --price 1.50 --until +7d --as ben
  for any of a campaign:  couponry market offer 1 --price 1.50 --quantity 3 --least-left 2 --good-until +14d --until +7d --as ben"
)]
pub struct MakeOffer {
    /// The coupon, campaign/serial; or a campaign's number, for any coupon of it
    coupon: String,
    /// For each coupon
    #[arg(long, value_name = "AMOUNT")]
    price: String,
    /// How many coupons
    #[arg(long, value_name = "N", default_value_t = 1)]
    quantity: u16,
    /// The least that a coupon can still take off
    #[arg(long, value_name = "AMOUNT")]
    least_left: Option<String>,
    /// No coupon may end before this time
    #[arg(long, value_name = "TIME")]
    good_until: Option<String>,
    /// It can be accepted until just before this time
    #[arg(long, value_name = "TIME")]
    until: String,
    /// The buyer
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Offers {
    /// Only offers for coupons of this campaign
    #[arg(long, value_name = "N")]
    campaign: Option<u32>,
}

#[derive(Args, Debug)]
pub struct Accept {
    /// The offer's number
    offer: u64,
    /// The coupon you sell
    coupon: String,
    /// The least you would get, after fee and royalty
    #[arg(long, value_name = "AMOUNT")]
    least: Option<String>,
    /// The holder
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

#[derive(Args, Debug)]
pub struct Withdraw {
    /// A PSP22 token [default: the native token]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "offer")]
    token: Option<String>,
    /// An offer of yours, with the money that is left in it
    #[arg(long, value_name = "N")]
    offer: Option<u64>,
    /// Whose money
    #[arg(long = "as", value_name = "NAME")]
    signer: String,
}

/// `1/2`, or `any of 1`.
pub(super) fn wish(coupon: CouponId) -> String {
    match coupon.serial {
        0 => format!("any of {}", coupon.campaign),
        _ => shown(coupon),
    }
}

/// # Errors
/// What can't be read, or the market's refusal.
pub(super) fn make(opts: &MakeOffer, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let buyer = desk.session.signer(&opts.signer)?.account();
    let coupon = wanted(&opts.coupon)?;
    let asset = asset_of(&mut desk, &[coupon])?;
    let now = desk.session.chain.now();
    let price = money(asset, &opts.price, "--price")?;
    let wish = Wish {
        registry: desk.suite.registry,
        coupon,
        asset,
        price,
        quantity: opts.quantity,
        least_left: money_or_none(asset, opts.least_left.as_deref(), "--least-left")?,
        ends_no_sooner: time_or_none(opts.good_until.as_deref(), now)?,
        expires_at: times::parse(&opts.until, now).map_err(|fault| fault.at("--until"))?,
    };
    let all = price.checked_mul(opts.quantity.into());
    let all = all.ok_or_else(|| desk.session.words.market(&MarketError::Overflow))?;
    let message = desk.market().call_mut().make_offer(wish);
    let (id, _) = desk.session.send(buyer, value_of(asset, all), message, Words::market)?;
    let words = desk.session.words.clone();
    desk.session.save()?;
    Ok(Report::new(
        format!(
            "offer {id}: {} for {} until {}; the market holds {}",
            words.money(price),
            self::wish(coupon),
            times::show(wish.expires_at),
            words.money(all)
        ),
        json!({
            "offer": id,
            "wants": self::wish(coupon),
            "price": price.to_string(),
            "quantity": opts.quantity,
            "expires_at": wish.expires_at,
        }),
    ))
}

/// Every offer that can be accepted now, with its number.
fn open(desk: &Desk) -> Result<Vec<(u64, Offer)>, Refusal> {
    let (now, floors) = (desk.session.chain.now(), floors(desk)?);
    let mut found = Vec::new();
    for OfferMade { buyer, id, .. } in told(desk)? {
        let Some(offer) = desk.session.ask(desk.market().call().offer(id))? else { continue };
        let cancelled = floors.get(&buyer).is_some_and(|below| id < *below);
        if offer.left > 0 && now < offer.wish.expires_at && !cancelled {
            found.push((id, offer));
        }
    }
    Ok(found)
}

/// # Errors
/// The chain can't be read.
pub(super) fn list(opts: &Offers, ctx: &Context) -> Result<Report, Refusal> {
    let desk = ctx.desk()?;
    let mut found = open(&desk)?;
    found.retain(|(_, offer)| opts.campaign.is_none_or(|campaign| offer.wish.coupon.campaign == campaign));
    let rows: Vec<_> = found
        .iter()
        .map(|(id, Offer { buyer, wish, left, .. })| {
            json!({
                "offer": id,
                "buyer": ss58(buyer),
                "wants": self::wish(wish.coupon),
                "price": wish.price.to_string(),
                "left": left,
                "least_left": wish.least_left.to_string(),
                "ends_no_sooner": wish.ends_no_sooner,
                "expires_at": wish.expires_at,
            })
        })
        .collect();
    let json = json!({ "offers": rows });
    if found.is_empty() {
        return Ok(Report::new("there is no such offer", json));
    }
    let mut table = vec![["offer", "wants", "price", "left", "least worth", "until"].map(String::from)];
    for (id, Offer { wish, left, .. }) in &found {
        let amount = |amount| decimal(amount, Unit::of(wish.asset).decimals);
        table.push([
            id.to_string(),
            self::wish(wish.coupon),
            amount(wish.price),
            left.to_string(),
            amount(wish.least_left),
            times::show(wish.expires_at),
        ]);
    }
    let mut lines = aligned(&table).into_iter();
    let head = Report::new(lines.next().unwrap_or_default(), json);
    Ok(lines.fold(head, Report::line))
}

/// # Errors
/// What can't be read, or the contracts' refusal.
pub(super) fn accept(opts: &Accept, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let seller = desk.session.signer(&opts.signer)?.account();
    let coupon = coupon_id(&opts.coupon)?;
    let asset = asset_of(&mut desk, &[coupon])?;
    let least = money_or_none(asset, opts.least.as_deref(), "--least")?;
    approve(&mut desk, seller, &[coupon])?;
    let message = desk.market().call_mut().accept_offer(opts.offer, coupon, least);
    let (proceeds, _) = desk.session.send(seller, 0, message, Words::market)?;
    let words = desk.session.words.clone();
    desk.session.save()?;
    Ok(Report::new(
        format!("coupon {} is sold: {} gets {}", shown(coupon), opts.signer, words.money(proceeds)),
        json!({ "offer": opts.offer, "coupon": shown(coupon), "proceeds": proceeds.to_string() }),
    ))
}

/// # Errors
/// What can't be read, or the market's refusal.
pub(super) fn withdraw(opts: &Withdraw, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let account = desk.session.signer(&opts.signer)?.account();
    let amount: Balance = match opts.offer {
        Some(id) => {
            if let Some(offer) = desk.session.ask(desk.market().call().offer(id))? {
                desk.session.words.count_in(offer.wish.asset);
            }
            let message = desk.market().call_mut().withdraw_offer(id);
            desk.session.send(account, 0, message, Words::market)?.0
        }
        None => {
            let asset = match &opts.token {
                Some(token) => Asset::Psp22(desk.session.account(token)?),
                None => Asset::Native,
            };
            desk.session.words.count_in(asset);
            let message = desk.market().call_mut().withdraw(asset);
            desk.session.send(account, 0, message, Words::market)?.0
        }
    };
    let money = desk.session.words.money(amount);
    desk.session.save()?;
    Ok(Report::new(
        format!("{} collected {money}", opts.signer),
        json!({ "account": ss58(&account), "withdrawn": amount.to_string() }),
    ))
}
