//! What an account has at the market, in whatever state.

use super::{asked, cost, floors, named, offers::wish, said, state, told};
use crate::{
    context::{Context, Report},
    refusals::{asset as shown, Refusal, Words},
    times,
};
use chain::{keys::ss58, Chain};
use clap::Args;
use ink::codegen::TraitCallBuilder;
use market::{
    events::{ListingOpened, OfferMade},
    offers::Offer,
};
use serde_json::{json, Value};
use shared::assets::Asset;
use std::collections::BTreeSet;

#[derive(Args, Debug)]
pub struct Mine {
    /// Whose
    #[arg(value_name = "NAME")]
    account: String,
}

/// How an offer stands; `below` is what its buyer cancelled everything below of.
fn offer_state(id: u64, offer: &Offer, below: u64, now: u64) -> &'static str {
    match offer.left {
        0 => "used up",
        _ if id < below => "cancelled",
        _ if now >= offer.wish.expires_at => "ended",
        _ => "open",
    }
}

/// # Errors
/// The chain can't be read.
pub(super) fn mine(opts: &Mine, ctx: &Context) -> Result<Report, Refusal> {
    let mut desk = ctx.desk()?;
    let account = desk.session.account(&opts.account)?;
    let (now, floors) = (desk.session.chain.now(), floors(&desk)?);
    let below = floors.get(&account).copied().unwrap_or_default();
    let words_in = |asset| {
        let mut words: Words = desk.session.words.clone();
        words.count_in(asset);
        words
    };
    let mut assets = BTreeSet::from([Asset::Native]);
    let (mut lines, mut listings, mut bids, mut offers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for ListingOpened { seller, id, listing } in told(&desk)? {
        assets.insert(listing.asset);
        let Some(entry) = desk.session.ask(desk.market().call().listing(id))? else { continue };
        let words = words_in(listing.asset);
        let coupons: Vec<String> = listing.coupons.iter().map(|coupon| named(&[*coupon])).collect();
        if seller == account {
            let state = state(id, &entry, below, now);
            lines.push(format!(
                "  listing {id}: {} {} until {} ({state})",
                said(&listing.coupons),
                asked(&listing.ask, cost(id, &entry, now), &words),
                times::show(entry.ends_at())
            ));
            listings.push(
                json!({ "listing": id, "coupons": coupons, "state": state, "ends_at": entry.ends_at() }),
            );
        }
        if let Some(bid) = entry.live_bid().filter(|bid| bid.bidder == account) {
            lines.push(format!(
                "  bid: leads with {} for {} of listing {id} until {}",
                words.money(bid.amount),
                said(&listing.coupons),
                times::show(bid.ends_at)
            ));
            bids.push(json!({ "listing": id, "coupons": coupons, "bid": bid.amount.to_string(), "ends_at": bid.ends_at }));
        }
    }
    for OfferMade { buyer, id, wish: of, .. } in told(&desk)? {
        assets.insert(of.asset);
        if buyer != account {
            continue;
        }
        let Some(offer) = desk.session.ask(desk.market().call().offer(id))? else { continue };
        let held = of.price.saturating_mul(offer.left.into());
        let state = offer_state(id, &offer, below, now);
        lines.push(format!(
            "  offer {id}: {} for {}, {} more, until {} ({state}); the market holds {}",
            words_in(of.asset).money(of.price),
            wish(of.coupon),
            offer.left,
            times::show(of.expires_at),
            words_in(of.asset).money(held)
        ));
        offers.push(json!({
            "offer": id,
            "wants": wish(of.coupon),
            "left": offer.left,
            "held": held.to_string(),
            "state": state,
            "expires_at": of.expires_at,
        }));
    }
    let mut waiting: Vec<Value> = Vec::new();
    for asset in assets {
        let amount = desk.session.ask(desk.market().call().credit(account, asset))?;
        if amount > 0 {
            let token = match asset {
                Asset::Native => None,
                Asset::Psp22(token) => Some(ss58(&token)),
            };
            lines.push(format!("  to collect: {} in {}", words_in(asset).money(amount), shown(asset)));
            waiting.push(json!({ "token": token, "amount": amount.to_string() }));
        }
    }
    let head = if lines.is_empty() {
        format!("{} has nothing at the market", opts.account)
    } else {
        format!("{} has at the market", opts.account)
    };
    let json = json!({ "listings": listings, "bids": bids, "offers": offers, "waiting": waiting });
    Ok(lines.into_iter().fold(Report::new(head, json), Report::line))
}
