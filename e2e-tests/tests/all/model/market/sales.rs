//! Sales at a price, many at once, with a till behind them, and for other coupons.

use super::{
    ensure_count, ensure_distinct, is_wanted,
    listing::{ensure_within_band, fee_beside},
    Deal, End, Purse, Shares, E,
};
use crate::model::{
    ops::{AllianceCall, OrderCall},
    registry::blake2,
    Answer, Model, Who,
};
use ::market::listings::{Ask, Guard, Listing, Status, Wants};
use chain::{AccountId, Balance};
use scale::Encode;
use shared::{
    assets::{Asset, PaymentFault},
    ids::CouponId,
};

/// A listing in a purchase, with its price.
struct Lot {
    id: u64,
    listing: Listing,
    price: Balance,
}

/// A share of an amount in bps, rounded up.
fn share_up(amount: Balance, bps: u16) -> Balance {
    (amount * Balance::from(bps)).div_ceil(10_000)
}

/// Who has what of a price: the seller what both shares together, rounded up, leave; of those the platform its own, rounded down, and the
/// issuer the rest. Where nothing is the issuer's, all of it is the platform's.
pub(super) fn shares(price: Balance, fee_bps: u16, royalty_bps: u16) -> Shares {
    let taken = share_up(price, fee_bps + royalty_bps);
    let fee = if royalty_bps == 0 { taken } else { price * Balance::from(fee_bps) / 10_000 };
    Shares { price, seller: price - taken, royalty: taken - fee, fee }
}

/// The price now, of what is bought at one.
pub(crate) fn price(listing: &Listing, now: u64) -> Option<Balance> {
    match listing.ask {
        Ask::Fixed { price } => Some(price),
        Ask::Dutch { start_price, end_price } => {
            let (length, rest) = (listing.ends_at - listing.opened_at, listing.ends_at - now);
            // What is left of the fall, in ten-thousandths of its time, each of them begun counting whole.
            let steps = u16::try_from((rest * 10_000).div_ceil(length)).unwrap();
            Some(end_price + share_up(start_price - end_price, steps))
        }
        Ask::English { .. } | Ask::Swap { .. } => None,
    }
}

pub(super) fn ensure_guarded(guard: &Guard, listing: &Listing, price: Balance) -> Result<(), E> {
    if price > guard.highest_price {
        return Err(E::PriceOverLimit { price, highest: guard.highest_price });
    }
    if listing.left < guard.least_left {
        return Err(E::TooLittleLeft { left: listing.left, least: guard.least_left });
    }
    if listing.coupons_end < guard.ends_no_sooner {
        return Err(E::EndsTooSoon { ends_at: listing.coupons_end, no_sooner: guard.ends_no_sooner });
    }
    let terms = blake2(listing);
    if guard.terms.is_some_and(|named| named != terms) {
        return Err(E::TermsDiffer { terms });
    }
    Ok(())
}

impl Model {
    /// Whether an account may have a listing now.
    pub(super) fn ensure_open_to(&self, id: u64, taker: AccountId) -> Result<Listing, E> {
        let entry = self.market.entry(id)?;
        let (listing, now, ends_at) = (&entry.listing, self.now, entry.ends_at());
        if entry.status != Status::Open {
            return Err(E::ListingClosed { id });
        }
        let below = self.market.floor(listing.seller);
        if entry.bids.is_empty() && id < below {
            return Err(E::Cancelled { id, below });
        }
        if now >= ends_at {
            return Err(E::ListingEnded { ends_at, now });
        }
        if taker == listing.seller {
            return Err(E::OwnListing);
        }
        if let Some(buyer) = listing.reserved.filter(|buyer| *buyer != taker) {
            return Err(E::ReservedFor { buyer });
        }
        Ok(listing.clone())
    }

    fn priced(&self, id: u64, taker: AccountId) -> Result<Lot, E> {
        let listing = self.ensure_open_to(id, taker)?;
        let price = price(&listing, self.now).ok_or(E::OtherKind { id })?;
        Ok(Lot { id, listing, price })
    }

    pub(super) fn buy(
        &mut self,
        buyer: AccountId,
        value: Balance,
        id: u64,
        guard: &Guard,
    ) -> Result<Balance, E> {
        let lot = self.priced(id, buyer)?;
        ensure_guarded(guard, &lot.listing, lot.price)?;
        self.move_coupons(&lot.listing.coupons, buyer)?;
        self.pay_for(buyer, value, &[lot])
    }

    /// What was bought has moved; now it is paid for, all of it in one asset.
    fn pay_for(&mut self, buyer: AccountId, value: Balance, lots: &[Lot]) -> Result<Balance, E> {
        let asset = lots[0].listing.asset;
        let total: Balance = lots.iter().map(|lot| lot.price).sum();
        if asset == Asset::Native && value < total {
            return Err(E::Payment(PaymentFault::WrongValue { expected: total, paid: value }));
        }
        let change = if asset == Asset::Native { value - total } else { 0 };
        self.collect_for_market(asset, buyer, total, value - change)?;
        let mut purse = Purse::new(asset);
        for lot in lots {
            let shares = self.close_sold(lot.id, buyer, lot.price);
            purse.share(&shares, lot.listing.seller, lot.listing.issuer);
        }
        self.emit("ListingsSold");
        self.pay_out(purse);
        Ok(total)
    }

    /// Marks a listing as sold at a price.
    pub(super) fn close_sold(&mut self, id: u64, to: AccountId, price: Balance) -> Shares {
        let entry = self.market.entry_mut(id);
        entry.status = Status::Sold;
        let shares = shares(price, entry.listing.fee_bps, entry.listing.royalty_bps);
        self.market.shared.push(shares);
        self.market.ended.push(Deal { id, end: End::Sold { to, shares } });
        shares
    }

    pub(super) fn buy_many(
        &mut self,
        buyer: AccountId,
        value: Balance,
        ids: &[u64],
        guard: &Guard,
        all: bool,
    ) -> Result<Answer, E> {
        ensure_count(ids.len())?;
        let mut results: Vec<Result<Balance, E>> = Vec::new();
        let mut lots: Vec<Lot> = Vec::new();
        for id in ids {
            let picked = self.pick(buyer, &lots, *id, guard);
            if all {
                picked.as_ref().map_err(|refusal| *refusal)?;
            }
            results.push(picked.map(|lot| {
                let price = lot.price;
                lots.push(lot);
                price
            }));
        }
        if lots.is_empty() {
            return Err(E::NothingBought);
        }
        let coupons: Vec<CouponId> = lots.iter().flat_map(|lot| lot.listing.coupons.clone()).collect();
        let before = self.clone();
        if let Err(refusal) = self.move_coupons(&coupons, buyer) {
            *self = before;
            if all {
                return Err(refusal);
            }
            // Whatever does move is bought.
            let mut moved = Vec::new();
            for lot in lots {
                let before = self.clone();
                match self.move_coupons(&lot.listing.coupons, buyer) {
                    Ok(()) => moved.push(lot),
                    Err(refusal) => {
                        *self = before;
                        let mut places = ids.iter().zip(&mut results);
                        let place = places.find(|(id, result)| **id == lot.id && result.is_ok());
                        *place.expect("it was picked").1 = Err(refusal);
                    }
                }
            }
            lots = moved;
        }
        if lots.is_empty() {
            return Err(E::NothingBought);
        }
        self.pay_for(buyer, value, &lots)?;
        Ok(Answer::Prices(results))
    }

    /// One more listing for a basket.
    fn pick(&self, buyer: AccountId, basket: &[Lot], id: u64, guard: &Guard) -> Result<Lot, E> {
        let lot = self.priced(id, buyer)?;
        if basket.iter().any(|other| other.id == id) {
            return Err(E::ListingClosed { id });
        }
        let kind = |lot: &Lot| (lot.listing.registry, lot.listing.asset);
        if basket.first().is_some_and(|first| kind(first) != kind(&lot)) {
            return Err(E::OtherPurchase { id });
        }
        let coupons = basket.iter().chain([&lot]).map(|lot| lot.listing.coupons.len()).sum();
        ensure_count(coupons)?;
        let spent: Balance = basket.iter().map(|lot| lot.price).sum();
        let guard = Guard { highest_price: guard.highest_price - spent, ..*guard };
        ensure_guarded(&guard, &lot.listing, lot.price)?;
        Ok(lot)
    }

    pub(super) fn buy_and_use(
        &mut self,
        buyer: AccountId,
        value: Balance,
        (id, highest): (u64, Balance),
        through: Option<Who>,
        order: &OrderCall,
    ) -> Result<Answer, E> {
        let guard = Guard { highest_price: highest, least_left: 0, ends_no_sooner: 0, terms: None };
        let price = self.buy(buyer, value, id, &guard)?;
        let bought = self.market.entry(id)?.listing.coupons.clone();
        let this = self.places.market;
        let till = through.map_or(self.places.registry, |who| self.places.of(who));
        let refused = |reason: u8| E::TillRefused { till, reason };
        let redemption = match through {
            None => {
                let redeemed = self.redeem_and_pay(this, order, 0);
                redeemed.map_err(|refusal| refused(refusal.encode()[0]))?
            }
            Some("alliance") => {
                let call = AllianceCall::Redeem { registry: "registry", order: order.clone() };
                match self.alliance_call(this, 0, &call) {
                    Ok(Answer::Redemption(redemption)) => *redemption,
                    Ok(other) => unreachable!("{other:?} is no redemption"),
                    Err(refusal) => return Err(refused(refusal.encode()[0])),
                }
            }
            // There is no contract, or none that redeems.
            Some(_) => return Err(E::TillFailed { till }),
        };
        let foreign = redemption.uses.iter().find(|used| used.holder != buyer);
        if let Some(used) = foreign {
            return Err(E::ForeignCoupon { coupon: used.coupon, holder: used.holder });
        }
        let of_bought = redemption.uses.iter().filter(|used| bought.contains(&used.coupon));
        let discount: Balance = of_bought.map(|used| used.discount).sum();
        if discount <= price {
            return Err(E::NoGain { discount, price });
        }
        Ok(Answer::Number(discount))
    }

    pub(super) fn swap(
        &mut self,
        taker: AccountId,
        value: Balance,
        id: u64,
        coupons: &[CouponId],
        guard: &Guard,
    ) -> Result<Answer, E> {
        let listing = self.ensure_open_to(id, taker)?;
        let Ask::Swap { ref wants, asks, adds } = listing.ask else { return Err(E::OtherKind { id }) };
        ensure_guarded(guard, &listing, asks)?;
        ensure_wanted(wants, coupons)?;
        let goods = self.goods(listing.registry, coupons, taker, Some(wants))?;
        let asset = listing.asset;
        let mut purse = Purse::new(asset);
        let cash = if adds == 0 {
            let cash = shares(asks, listing.fee_bps, listing.royalty_bps);
            purse.share(&cash, listing.seller, listing.issuer);
            cash
        } else {
            // The seller pays for the taker's coupons.
            if goods.asset != asset {
                return Err(E::AssetMismatch { expected: asset, found: goods.asset });
            }
            ensure_within_band(adds, goods.highest)?;
            let fee_bps = fee_beside(listing.fee_bps, goods.royalty_bps)?;
            let cash = shares(adds, fee_bps, goods.royalty_bps);
            purse.share(&cash, taker, goods.issuer);
            cash
        };
        self.collect_for_market(asset, taker, asks, value)?;
        self.move_coupons(coupons, self.places.market)?;
        self.move_coupons(coupons, listing.seller)?;
        self.move_coupons(&listing.coupons, taker)?;
        self.market.entry_mut(id).status = Status::Sold;
        self.market.shared.push(cash);
        let end = End::Swapped { to: taker, coupons: coupons.to_vec(), cash };
        self.market.ended.push(Deal { id, end });
        self.emit("SwapMade");
        self.pay_out(purse);
        Ok(Answer::Nothing)
    }
}

/// Whether these are the coupons that a swap wants.
fn ensure_wanted(wants: &Wants, coupons: &[CouponId]) -> Result<(), E> {
    ensure_distinct(coupons)?;
    let most = u32::try_from(wants.coupons.len()).unwrap();
    let items = u32::try_from(coupons.len()).unwrap();
    if items != most {
        return Err(E::Count { items, most });
    }
    for (wanted, coupon) in wants.coupons.iter().zip(coupons) {
        if !is_wanted(*wanted, *coupon) {
            return Err(E::NotWanted { coupon: *coupon });
        }
    }
    Ok(())
}
