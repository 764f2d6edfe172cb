//! What one contract of the suite says of another: of the registry's coupons, their terms, who holds them, and the orders just redeemed.
use super::{
    contradiction::{ensure_rule, ensure_same, ensure_some, Contradiction},
    decode::{AllianceEvent, CouncilEvent, CustodyEvent, MarketEvent},
    Replay,
};
use ::market::{
    events::{OfferAccepted, SwapMade},
    listings::{Ask, Listing},
    prices::{Parts, MAX_SHARES_BPS},
};
use shared::{
    alliance::bookings::{Booked, Debt},
    ids::CouponId,
    math::share_down,
    order::Redemption,
    terms::Funding,
    AccountId, Balance, Timestamp,
};

/// A debt is the issuer's share of a discount just given through the alliance. Only at the suite's own registry.
/// # Errors
/// `Refused`.
pub(super) fn alliance(replay: &Replay, event: &AllianceEvent) -> Result<(), Contradiction> {
    match event {
        AllianceEvent::OrdersBooked(event) if event.registry == replay.suite.registry => {
            event.orders.iter().try_for_each(|order| {
                let given = order.debts.iter().all(|debt| is_given(replay, event.acceptor, order, debt));
                ensure_rule("a debt is a share of a discount given through the alliance", given)
            })
        }
        AllianceEvent::OrdersBooked(_)
        | AllianceEvent::AllianceCreated(_)
        | AllianceEvent::DebtsReversed(_) => Ok(()),
    }
}

fn is_given(replay: &Replay, acceptor: AccountId, order: &Booked, debt: &Debt) -> bool {
    let through = |done: &&Redemption| {
        (done.acceptor, done.number) == (acceptor, order.number)
            && done.alliance == Some(replay.suite.alliance)
    };
    replay.registry.last.iter().find(through).is_some_and(|done| {
        done.final_at == order.final_at
            && done.uses.iter().any(|used| {
                used.issuer == debt.issuer
                    && used.funding == Funding::Alliance
                    && share_down(used.discount, debt.rate_bps) == debt.amount
            })
    })
}

/// A coupon that another was converted into is its receiver's. Only at the suite's own registry.
/// # Errors
/// `Differs`.
pub(super) fn council(replay: &Replay, event: &CouncilEvent) -> Result<(), Contradiction> {
    let CouncilEvent::CouponConverted(event) = event else { return Ok(()) };
    if event.registry != replay.suite.registry {
        return Ok(());
    }
    let holder = replay.registry.owner(event.coupon);
    ensure_same("the holder of the coupon converted into", holder, Some(event.to))
}

/// What is held is the net price of an order just redeemed. Only at the suite's own registry.
/// # Errors
/// `Refused`.
pub(super) fn custody(replay: &Replay, event: &CustodyEvent) -> Result<(), Contradiction> {
    let CustodyEvent::PaymentHeld(held) = event else { return Ok(()) };
    if replay.custody.registry_of(held.acceptor) != Some(replay.suite.registry) {
        return Ok(());
    }
    let due = replay.registry.last.iter().any(|done| {
        (done.acceptor, done.number) == (held.acceptor, held.number)
            && (done.asset, done.net) == (held.asset, held.amount)
            && done.cashier == replay.suite.custody
    });
    ensure_rule("what is held is the net price of an order just redeemed", due)
}

/// A listing says of its coupons what the registry says; a deal gives each its coupons; and royalties are the campaigns'. Only of coupons of the suite's own
/// registry.
/// # Errors
/// `Differs`, `Refused`, `Missing`, `Overflow`.
pub(super) fn market(replay: &Replay, event: &MarketEvent) -> Result<(), Contradiction> {
    match event {
        MarketEvent::ListingOpened(event) if event.listing.registry == replay.suite.registry => {
            listed(replay, &event.listing)
        }
        MarketEvent::ListingsSold(event) => {
            event.sold.iter().try_for_each(|sold| delivered(replay, sold.id, event.buyer))
        }
        MarketEvent::AuctionWon(event) => delivered(replay, event.id, event.bidder),
        MarketEvent::SwapMade(event) => swapped(replay, event),
        MarketEvent::OfferAccepted(event) => accepted(replay, event),
        MarketEvent::ListingOpened(_)
        | MarketEvent::MarketCreated(_)
        | MarketEvent::FeeChanged(_)
        | MarketEvent::TokenChanged(_)
        | MarketEvent::OwnershipOffered(_)
        | MarketEvent::OwnerChanged(_)
        | MarketEvent::ListingReturned(_)
        | MarketEvent::BidPlaced(_)
        | MarketEvent::ListingFailed(_)
        | MarketEvent::ListingsForgotten(_)
        | MarketEvent::AllCancelled(_)
        | MarketEvent::OfferMade(_)
        | MarketEvent::OfferWithdrawn(_)
        | MarketEvent::CreditAdded(_)
        | MarketEvent::CreditWithdrawn(_) => Ok(()),
    }
}

/// The terms that coupons are sold on, as the registry's events tell them.
#[derive(Debug, PartialEq, Eq)]
struct OnSale {
    issuer: AccountId,
    royalty_bps: u16,
    left: Balance,
    ends_at: Timestamp,
    highest: Option<Balance>,
}

fn on_sale(replay: &Replay, coupons: &[CouponId]) -> Result<OnSale, Contradiction> {
    let mut all: Option<OnSale> = None;
    for coupon in coupons {
        let (live, campaign, progress) = replay.registry.lives(*coupon)?;
        let terms = &campaign.terms;
        let left = ensure_some("what a coupon can take off", terms.largest_discount(live.left))?;
        let (ends_at, highest) = (live.valid_until.min(progress.redeem_ends), terms.highest_price(left));
        let (issuer, royalty_bps) = (campaign.issuer, terms.royalty_bps);
        all = Some(match all {
            None => OnSale { issuer, royalty_bps, left, ends_at, highest },
            Some(before) => OnSale {
                royalty_bps: royalty_bps.max(before.royalty_bps),
                left: ensure_some("what a bundle can take off", before.left.checked_add(left))?,
                ends_at: ends_at.min(before.ends_at),
                highest: before.highest.zip(highest).map(|(one, other)| one.saturating_add(other)),
                ..before
            },
        });
    }
    all.ok_or_else(|| Contradiction::Refused { rule: "a deal is about coupons".into() })
}

fn listed(replay: &Replay, listing: &Listing) -> Result<(), Contradiction> {
    let of_listing = OnSale {
        issuer: listing.issuer,
        royalty_bps: listing.royalty_bps,
        left: listing.left,
        ends_at: listing.coupons_end,
        highest: listing.highest,
    };
    ensure_same("what is for sale", on_sale(replay, &listing.coupons)?, of_listing)?;
    for coupon in &listing.coupons {
        ensure_same("the asset", replay.registry.lives(*coupon)?.1.terms.asset, listing.asset)?;
    }
    Ok(())
}

/// The coupons of a listing are `buyer`'s now.
fn delivered(replay: &Replay, id: u64, buyer: AccountId) -> Result<(), Contradiction> {
    match replay.market.listing_at(id, replay.suite.registry) {
        Some(listing) => held(replay, &listing.coupons, buyer),
        None => Ok(()),
    }
}

fn held(replay: &Replay, coupons: &[CouponId], holder: AccountId) -> Result<(), Contradiction> {
    coupons.iter().try_for_each(|coupon| {
        ensure_same("the holder of a coupon dealt in", replay.registry.owner(*coupon), Some(holder))
    })
}

/// The parts of a price for `coupons`, where the platform would have `fee_bps`.
fn parts(
    replay: &Replay,
    (price, fee_bps): (Balance, u16),
    coupons: &[CouponId],
) -> Result<(AccountId, Parts), Contradiction> {
    let OnSale { issuer, royalty_bps, .. } = on_sale(replay, coupons)?;
    let fee_bps = fee_bps.min(MAX_SHARES_BPS.saturating_sub(royalty_bps));
    Ok((issuer, Parts::of(price, fee_bps, royalty_bps)))
}

fn swapped(replay: &Replay, event: &SwapMade) -> Result<(), Contradiction> {
    let Some(listing) = replay.market.listing_at(event.id, replay.suite.registry) else { return Ok(()) };
    held(replay, &listing.coupons, event.taker)?;
    held(replay, &event.coupons, listing.seller)?;
    ensure_same("the issuer", on_sale(replay, &event.coupons)?.issuer, event.issuer)?;
    match listing.ask {
        Ask::Swap { adds, .. } if adds > 0 => {
            let (_, parts) = parts(replay, (adds, listing.fee_bps), &event.coupons)?;
            ensure_same("how the cash is shared", parts, event.parts)
        }
        Ask::Fixed { .. } | Ask::Dutch { .. } | Ask::English { .. } | Ask::Swap { .. } => Ok(()),
    }
}

fn accepted(replay: &Replay, event: &OfferAccepted) -> Result<(), Contradiction> {
    let Some(offer) = replay.market.offer_at(event.id, replay.suite.registry) else { return Ok(()) };
    held(replay, &[event.coupon], offer.buyer)?;
    let expected = parts(replay, (offer.wish.price, offer.fee_bps), &[event.coupon])?;
    ensure_same("the issuer with how the price is shared", expected, (event.issuer, event.parts))
}
