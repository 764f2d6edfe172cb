//! Listings as they are opened, taken back and forgotten; and what coupons that are sold together are worth.

use super::{ensure_count, ensure_distinct, Deal, End, Entry, Purse, E, LATE, MOST_SHARED};
use crate::model::{Answer, Model};
use ::market::listings::{Ask, Listing, Status, Wants};
use chain::{AccountId, Balance};
use shared::{assets::Asset, ids::CouponId};

/// Coupons of one holder that go together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goods {
    pub(super) asset: Asset,
    pub(super) issuer: AccountId,
    pub(super) royalty_bps: u16,
    pub(super) left: Balance,
    pub(super) ends_at: u64,
    pub(super) highest: Option<Balance>,
}

/// The cash that a seller pays with its listing.
pub(super) fn adds(ask: &Ask) -> Balance {
    match ask {
        Ask::Swap { adds, .. } => *adds,
        _ => 0,
    }
}

/// The fee beside a royalty, which together stay under the cap.
pub(super) fn fee_beside(fee_bps: u16, royalty_bps: u16) -> Result<u16, E> {
    if royalty_bps > MOST_SHARED {
        return Err(E::SharesOverCap { fee_bps, royalty_bps, most_bps: MOST_SHARED });
    }
    Ok(fee_bps.min(MOST_SHARED - royalty_bps))
}

pub(super) fn ensure_within_band(price: Balance, highest: Option<Balance>) -> Result<(), E> {
    match highest.filter(|highest| price > *highest) {
        Some(highest) => Err(E::PriceOverBand { price, highest }),
        None => Ok(()),
    }
}

/// The highest price that an ask names, if it is a sound one.
fn check(ask: &Ask) -> Result<Balance, E> {
    let named = match ask {
        Ask::Fixed { price } => vec![*price],
        Ask::Dutch { start_price, end_price } => {
            if start_price <= end_price {
                return Err(E::NotFalling { start_price: *start_price, end_price: *end_price });
            }
            vec![*start_price, *end_price]
        }
        Ask::English { step: 0, .. } => return Err(E::NoStep),
        Ask::English { reserve, .. } => vec![*reserve],
        Ask::Swap { wants, asks, adds } => {
            if *asks > 0 && *adds > 0 {
                return Err(E::CashBothWays { asks: *asks, adds: *adds });
            }
            ensure_count(wants.coupons.len())?;
            return Ok(*asks);
        }
    };
    if named.contains(&0) {
        return Err(E::NoPrice);
    }
    Ok(named[0])
}

impl Model {
    /// A price in this asset may be asked or offered now.
    pub(super) fn ensure_deals_in(&self, asset: Asset) -> Result<(), E> {
        let Asset::Psp22(token) = asset else { return Ok(()) };
        let from = self.market.tokens.get(&token).copied();
        if from.is_some_and(|from| from <= self.now) {
            Ok(())
        } else {
            Err(E::UnknownToken { token, from })
        }
    }

    pub(super) fn ensure_known_registry(&self, registry: AccountId) -> Result<(), E> {
        if registry == self.places.registry {
            return Ok(());
        }
        let code = (registry == self.places.alliance).then_some(self.places.alliance_code);
        Err(E::UnknownRegistry { registry, code })
    }

    /// Coupons of `holder`'s that go together, and that a swap wants, if it is for one.
    pub(super) fn goods(
        &self,
        registry: AccountId,
        coupons: &[CouponId],
        holder: AccountId,
        wants: Option<&Wants>,
    ) -> Result<Goods, E> {
        let terms = self.terms_of_sale(registry, coupons)?;
        let first = terms[0];
        let mut together: Option<Goods> = None;
        for (coupon, terms) in coupons.iter().zip(terms) {
            if terms.owner != holder {
                return Err(E::NotHolder { holder: terms.owner, caller: holder });
            }
            let (left, ends_at) = (terms.largest_discount, terms.ends_at);
            if let Some(wants) = wants {
                self.ensure_good_for((left, ends_at), (wants.least_left, wants.ends_no_sooner))?;
            }
            let mixed = (terms.asset, terms.issuer) != (first.asset, first.issuer)
                || terms.highest_price.is_some() != first.highest_price.is_some();
            if mixed {
                return Err(E::MixedBundle { coupon: *coupon });
            }
            let known = together.unwrap_or(Goods {
                asset: terms.asset,
                issuer: terms.issuer,
                royalty_bps: 0,
                left: 0,
                ends_at: u64::MAX,
                highest: terms.highest_price.map(|_| 0),
            });
            together = Some(Goods {
                royalty_bps: known.royalty_bps.max(terms.royalty_bps),
                left: known.left + left,
                ends_at: known.ends_at.min(ends_at),
                highest: known.highest.map(|sum| sum + terms.highest_price.unwrap_or_default()),
                ..known
            });
        }
        Ok(together.expect("there is at least one"))
    }

    /// Whether a coupon is worth enough for long enough: at the least, that it hasn't ended.
    pub(super) fn ensure_good_for(
        &self,
        (left, ends_at): (Balance, u64),
        (least, no_sooner): (Balance, u64),
    ) -> Result<(), E> {
        if left < least {
            return Err(E::TooLittleLeft { left, least });
        }
        let no_sooner = no_sooner.max(self.now + 1);
        if ends_at < no_sooner {
            return Err(E::EndsTooSoon { ends_at, no_sooner });
        }
        Ok(())
    }

    pub(super) fn list(
        &mut self,
        seller: AccountId,
        value: Balance,
        (registry, coupons): (AccountId, &[CouponId]),
        ask: &Ask,
        (ends_at, reserved): (u64, Option<AccountId>),
    ) -> Result<Answer, E> {
        let now = self.now;
        ensure_distinct(coupons)?;
        self.ensure_known_registry(registry)?;
        let goods = self.goods(registry, coupons, seller, None)?;
        ensure_within_band(check(ask)?, goods.highest)?;
        if ends_at <= now {
            return Err(E::EndsInPast { ends_at, now });
        }
        let fee_bps = fee_beside(self.market.fee(now), goods.royalty_bps)?;
        // Who wins an auction has a little time to use what it won.
        let spare = if matches!(ask, Ask::English { .. }) { LATE } else { 0 };
        if ends_at > goods.ends_at.saturating_sub(spare) {
            return Err(E::OutlastsCoupon { ends_at, coupon_ends_at: goods.ends_at });
        }
        self.ensure_deals_in(goods.asset)?;
        self.collect_for_market(goods.asset, seller, adds(ask), value)?;
        let id = self.market.take_number();
        let listing = Listing {
            seller,
            registry,
            coupons: coupons.to_vec(),
            asset: goods.asset,
            issuer: goods.issuer,
            ask: ask.clone(),
            reserved,
            left: goods.left,
            coupons_end: goods.ends_at,
            highest: goods.highest,
            royalty_bps: goods.royalty_bps,
            fee_bps,
            opened_at: now,
            ends_at,
        };
        self.market.entries.insert(id, Entry { listing, status: Status::Open, bids: Vec::new() });
        self.emit("ListingOpened");
        self.move_coupons(coupons, self.places.market)?;
        Ok(Answer::Number(id.into()))
    }

    fn ensure_sellers(&self, id: u64, caller: AccountId) -> Result<&Entry, E> {
        let entry = self.market.entry(id)?;
        let seller = entry.listing.seller;
        if caller == seller {
            Ok(entry)
        } else {
            Err(E::NotSeller { seller, caller })
        }
    }

    pub(super) fn cancel_listing(&mut self, caller: AccountId, id: u64) -> Result<Answer, E> {
        let entry = self.ensure_sellers(id, caller)?;
        if !entry.holds() {
            return Err(E::ListingClosed { id });
        }
        if let Some(bid) = entry.live_bid() {
            return Err(E::HasBid { bidder: bid.bidder, amount: bid.amount });
        }
        self.give_back(caller, id)?;
        Ok(Answer::Nothing)
    }

    /// What nobody bought goes back to its seller, by whoever asks.
    pub(super) fn give_back(&mut self, caller: AccountId, id: u64) -> Result<(), E> {
        let (listing, cash, before) =
            (self.market.entry(id)?.listing.clone(), self.market.entry(id)?.cash(), self.clone());
        if let Err(refusal) = self.move_coupons(&listing.coupons, listing.seller) {
            if cash == 0 {
                return Err(refusal);
            }
            // The cash waits for nobody.
            *self = before;
            self.fail(id, listing.seller, cash);
            return Ok(());
        }
        if caller == listing.seller {
            self.market.entries.remove(&id);
        } else {
            self.market.entry_mut(id).status = Status::Returned;
        }
        self.market.ended.push(Deal { id, end: End::Returned });
        self.emit("ListingReturned");
        let mut purse = Purse::new(listing.asset);
        purse.add(listing.seller, cash);
        self.pay_out(purse);
        Ok(())
    }

    pub(super) fn forget_listings(&mut self, caller: AccountId, ids: &[u64]) -> Result<Answer, E> {
        ensure_count(ids.len())?;
        for id in ids {
            if self.ensure_sellers(*id, caller)?.holds() {
                return Err(E::StillOpen { id: *id });
            }
            self.market.entries.remove(id);
        }
        self.emit("ListingsForgotten");
        Ok(Answer::Nothing)
    }
}
