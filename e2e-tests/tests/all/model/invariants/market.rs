//! What must be true of every deal, whatever its rules: the market has what it owes, each coupon it has is in one listing, each listing ends once,
//! and a price is shared whole.

use crate::model::{
    market::{End, Entry, Shares, MOST_SHARED},
    Model,
};
use ::market::listings::{Ask, Status};
use chain::{AccountId, Balance};
use shared::ids::CouponId;
use std::collections::{BTreeMap, BTreeSet};

/// # Errors
/// The first invariant that doesn't hold of what is at the market.
pub(super) fn check(model: &Model) -> Result<(), String> {
    held(model)?;
    for (id, entry) in &model.market.entries {
        listing(*id, entry)?;
    }
    let mut ended = BTreeSet::new();
    for deal in &model.market.ended {
        hold!(ended.insert(deal.id), "S22: listing {} ended twice", deal.id);
        let open = model.market.entries.get(&deal.id).is_some_and(Entry::holds);
        hold!(!open, "S22: listing {} ended and has its coupons", deal.id);
    }
    for (id, offer) in &model.market.offers {
        hold!(offer.left <= offer.wish.quantity, "S18: offer {id} is for more than was asked");
    }
    for shares in &model.market.shared {
        let Shares { price, seller, royalty, fee } = *shares;
        hold!(seller + royalty + fee == price, "8/S20: {price} was shared as {shares:?}");
        // Rounded up once, a tenth at the most.
        let most = (price * Balance::from(MOST_SHARED)).div_ceil(10_000);
        hold!(royalty + fee <= most, "8/S20: issuer and platform have more than a tenth of {shares:?}");
    }
    Ok(())
}

/// 8/S19: a coupon is the market's just when it is in one listing that has its coupons.
fn held(model: &Model) -> Result<(), String> {
    let coupons = model.registry.coupons.iter();
    let held: BTreeSet<CouponId> =
        coupons.filter(|(_, coupon)| coupon.owner == model.places.market).map(|(id, _)| *id).collect();
    let mut listed = BTreeMap::new();
    for (id, entry) in model.market.entries.iter().filter(|(_, entry)| entry.holds()) {
        for coupon in &entry.listing.coupons {
            if let Some(other) = listed.insert(*coupon, *id) {
                return Err(format!("8/S19: {coupon:?} is in the listings {other} and {id}"));
            }
        }
    }
    // Nobody here sends the market a coupon without listing it, which the market couldn't refuse.
    let strays: Vec<_> = held.iter().filter(|coupon| !listed.contains_key(coupon)).collect();
    hold!(strays.is_empty(), "8/S19: {strays:?} are the market's and in no listing");
    let lost: Vec<_> = listed.keys().filter(|coupon| !held.contains(coupon)).collect();
    hold!(lost.is_empty(), "8/S19: {lost:?} are listed and not the market's");
    Ok(())
}

/// S20/S21: shares under the cap, bids that rise by the step, an end that is never after the coupons'.
fn listing(id: u64, entry: &Entry) -> Result<(), String> {
    let listing = &entry.listing;
    hold!(
        listing.fee_bps + listing.royalty_bps <= MOST_SHARED,
        "8/S20: listing {id} shares out over the cap"
    );
    hold!(entry.ends_at() <= listing.coupons_end, "S24: listing {id} ends after its coupons");
    hold!(entry.ends_at() >= listing.ends_at, "S21: a bid ended listing {id} early");
    let Ask::English { reserve, step } = listing.ask else {
        hold!(entry.bids.is_empty(), "S21: listing {id} is no auction and has bids");
        return Ok(());
    };
    let mut least = reserve;
    for bid in &entry.bids {
        hold!(bid.amount >= least, "S21: {} was bid for listing {id}, at least {least} asked", bid.amount);
        hold!(listing.highest.is_none_or(|most| bid.amount <= most), "S20: a bid is over the band");
        least = bid.amount + step;
    }
    Ok(())
}

/// S22–S24, of what ended in one step: what was sold is its buyer's and had not ended, what went back is its seller's, and of a swap both legs were
/// gone.
///
/// # Errors
/// The deal that isn't as it must be.
pub(crate) fn check_deals(before: &Model, after: &Model) -> Result<(), String> {
    let new = &after.market.ended[before.market.ended.len()..];
    for deal in new {
        let id = deal.id;
        let Some(entry) = before.market.entries.get(&id) else {
            return Err(format!("S22: listing {id} ended before it was opened"));
        };
        let listing = &entry.listing;
        hold!(entry.holds(), "S22: listing {id} ended once more");
        let has = |who: AccountId, coupons: &[CouponId]| {
            // Spent in the same call, it is nobody's.
            let is_theirs = |coupon: &CouponId| {
                after.registry.coupons.get(coupon).is_none_or(|coupon| coupon.owner == who)
            };
            coupons.iter().all(is_theirs)
        };
        match &deal.end {
            End::Sold { to, .. } => {
                hold!(has(*to, &listing.coupons), "S22: who bought listing {id} hasn't got it");
                ensure_good(before, &listing.coupons)?;
                let bidder = entry.bids.last().map(|bid| bid.bidder);
                hold!(bidder.is_none_or(|bidder| bidder == *to), "S22: listing {id} went past its bidder");
            }
            End::Swapped { to, coupons, .. } => {
                hold!(has(*to, &listing.coupons), "S23: who swapped for listing {id} hasn't got it");
                hold!(
                    has(listing.seller, coupons),
                    "S23: who listed {id} hasn't got what it was swapped for"
                );
                ensure_good(before, &listing.coupons)?;
                ensure_good(before, coupons)?;
            }
            End::Returned => {
                hold!(has(listing.seller, &listing.coupons), "S22: who listed {id} hasn't got it back");
                hold!(entry.live_bid().is_none(), "S22: listing {id} went back in spite of a bid");
            }
        }
        let reserved = listing.reserved.is_none_or(|buyer| match &deal.end {
            End::Sold { to, .. } | End::Swapped { to, .. } => *to == buyer,
            End::Returned => true,
        });
        hold!(reserved, "S16: listing {id} was reserved for another");
        let failed = entry.status == Status::Failed && deal.end != End::Returned;
        hold!(!failed, "S22: listing {id} had failed and was sold");
    }
    Ok(())
}

/// S24: coupons that were not spent, and had not ended, when they changed hands.
fn ensure_good(model: &Model, coupons: &[CouponId]) -> Result<(), String> {
    for id in coupons {
        let Some(coupon) = model.registry.coupons.get(id) else {
            return Err(format!("S24: {id:?} was sold and doesn't exist"));
        };
        let ends = model.registry.campaign(id.campaign).unwrap().ends.min(coupon.valid_until);
        hold!(model.now < ends, "S24: {id:?} was sold after its end");
        hold!(coupon.frozen.is_none(), "S24: {id:?} was sold while it was frozen");
    }
    Ok(())
}
