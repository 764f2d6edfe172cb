//! Steps of sellers and buyers at the market: listings of every kind, and what becomes of them.

use super::{paid, Dice};
use crate::model::{
    market::{is_wanted, price, Entry, LATE},
    ops::{MarketCall, Message, Op, DAY, MINUTE},
    registry::blake2,
    Model, Who,
};
use ::market::listings::{Ask, Guard, Listing, Status, Wants};
use chain::{AccountId, Balance};
use rand::{seq::SliceRandom, Rng};
use shared::{assets::Asset, coupons::Coupon, ids::CouponId, terms::TransferPolicy};
use std::collections::BTreeSet;

pub(super) fn market(call: MarketCall) -> Message {
    Message::Market(call)
}

/// What is known of coupons that are to be sold together.
#[derive(Clone, Debug)]
struct Bundle {
    coupons: Vec<CouponId>,
    owner: AccountId,
    left: Balance,
    ends_at: u64,
    highest: Option<Balance>,
    asset: Asset,
}

/// A coupon that could be listed now.
pub(super) fn sellable(model: &Model, id: CouponId, coupon: &Coupon) -> bool {
    let this = model.places.market;
    let approved = coupon.approved == Some(this) || model.registry.operators.contains(&(coupon.owner, this));
    let moves = coupon.policy == TransferPolicy::Free || coupon.policy == TransferPolicy::MarketOnly(this);
    coupon.owner != this
        && approved
        && moves
        && model.sale_terms(id).is_ok_and(|terms| model.now + LATE + MINUTE < terms.ends_at)
        && model.registry.campaign(id.campaign).is_ok_and(|campaign| dealt_in(model, campaign.terms.asset))
}

/// Whether the market deals in an asset now.
fn dealt_in(model: &Model, asset: Asset) -> bool {
    match asset {
        Asset::Native => true,
        Asset::Psp22(token) => model.market.tokens.get(&token).is_some_and(|from| *from <= model.now),
    }
}

/// Whether a listing can be had now by someone.
pub(super) fn open(model: &Model, id: u64, entry: &Entry) -> bool {
    let cancelled = entry.bids.is_empty() && id < model.market.floor(entry.listing.seller);
    entry.status == Status::Open && model.now < entry.ends_at() && !cancelled
}

/// Whether a listing can be bought at a price now.
pub(super) fn priced(model: &Model, id: u64, entry: &Entry) -> bool {
    open(model, id, entry) && matches!(entry.listing.ask, Ask::Fixed { .. } | Ask::Dutch { .. })
}

pub(super) fn bid_for(model: &Model, id: u64, entry: &Entry) -> bool {
    open(model, id, entry) && matches!(entry.listing.ask, Ask::English { .. })
}

/// Whether a swap can be taken by who has what it wants.
pub(super) fn swappable(model: &Model, id: u64, entry: &Entry) -> bool {
    open(model, id, entry) && wanted_by(model, &entry.listing).is_some()
}

/// Who could take a swap, with which coupons.
fn wanted_by(model: &Model, listing: &Listing) -> Option<(AccountId, Vec<CouponId>)> {
    let Ask::Swap { wants, .. } = &listing.ask else { return None };
    let coupons = &model.registry.coupons;
    let good = |id: &CouponId| {
        let coupon = coupons.get(id)?;
        let terms = model.sale_terms(*id).ok()?;
        let enough = terms.largest_discount >= wants.least_left && terms.ends_at >= wants.ends_no_sooner;
        let another =
            coupon.owner != listing.seller && listing.reserved.is_none_or(|buyer| buyer == coupon.owner);
        (sellable(model, *id, coupon) && enough && another).then_some(coupon.owner)
    };
    let holders: BTreeSet<AccountId> = coupons.keys().filter_map(good).collect();
    holders.into_iter().find_map(|holder| {
        let mut chosen: Vec<CouponId> = Vec::new();
        for wanted in &wants.coupons {
            let fits =
                |id: &&CouponId| is_wanted(*wanted, **id) && !chosen.contains(id) && good(id) == Some(holder);
            chosen.push(*coupons.keys().find(fits)?);
        }
        Some((holder, chosen))
    })
}

impl Dice<'_> {
    /// Coupons of one holder that can be sold together, mostly.
    fn bundle(&mut self, first: CouponId, owner: AccountId) -> Option<Bundle> {
        let mut coupons = vec![first];
        if self.chance(35) {
            let sale = self.model.sale_terms(first).ok();
            let mut others: Vec<CouponId> = self
                .model
                .registry
                .coupons
                .iter()
                .filter(|(id, coupon)| {
                    let alike = self.model.sale_terms(**id).ok().zip(sale).is_some_and(|(terms, sale)| {
                        (terms.asset, terms.issuer) == (sale.asset, sale.issuer)
                            && terms.highest_price.is_some() == sale.highest_price.is_some()
                    });
                    **id != first && coupon.owner == owner && alike && sellable(self.model, **id, coupon)
                })
                .map(|(id, _)| *id)
                .collect();
            others.shuffle(self.rng);
            others.truncate(self.rng.gen_range(1..4));
            coupons.extend(others);
        }
        match self.rng.gen_range(0..90) {
            0 => coupons.clear(),
            1 => coupons.push(first),
            2 => coupons = (1..22).map(|serial| CouponId { serial, ..first }).collect(),
            3 | 4 => {
                let (stray, _) = self.coupon(|_, _, _| true);
                coupons.push(stray);
            }
            _ => {}
        }
        let sales: Vec<_> = coupons.iter().filter_map(|id| self.model.sale_terms(*id).ok()).collect();
        let first = *sales.first()?;
        Some(Bundle {
            coupons,
            owner,
            left: sales.iter().map(|terms| terms.largest_discount).sum(),
            ends_at: sales.iter().map(|terms| terms.ends_at).min()?,
            highest: first.highest_price.map(|_| sales.iter().filter_map(|terms| terms.highest_price).sum()),
            asset: first.asset,
        })
    }

    /// Lists something with an ask that suits it.
    fn list(&mut self, ask: impl Fn(&mut Self, &Bundle) -> Ask) -> Op {
        let mut live = self.model.registry.coupons.iter();
        if !live.any(|(id, coupon)| sellable(self.model, *id, coupon)) {
            return if self.chance(60) { self.issue() } else { self.approve() };
        }
        let (first, owner) = self.coupon(sellable);
        let Some(bundle) = self.bundle(first, owner) else { return self.approve() };
        let ask = ask(self, &bundle);
        let (now, ends) = (self.model.now, bundle.ends_at);
        let auction = matches!(ask, Ask::English { .. });
        let last = ends.saturating_sub(if auction { LATE } else { 0 });
        let ends_at = match self.rng.gen_range(0..24) {
            0 => now,
            1 => last.saturating_add(1),
            2..=5 if ends < now + 40 * DAY => last,
            6..=9 if auction && ends < now + 40 * DAY => last,
            _ if auction => last.min(now + self.rng.gen_range(2..40) * MINUTE),
            _ => last.min(now + self.span(5..120, 1..9)),
        };
        let reserved = self.chance(10).then(|| self.consumer());
        let caller = self.mostly(bundle.owner);
        let adds = match ask {
            Ask::Swap { adds, .. } => adds,
            _ => 0,
        };
        let value = self.value(bundle.asset, adds);
        let registry = self.registry();
        paid(
            caller,
            value,
            market(MarketCall::List { registry, coupons: bundle.coupons, ask, ends_at, reserved }),
        )
    }

    /// A price for a bundle: under its band mostly, and often under what it is worth.
    fn asked(&mut self, bundle: &Bundle) -> Balance {
        let worth = (bundle.left / 2).clamp(1, 200);
        match bundle.highest {
            Some(highest) if self.chance(6) => highest + 1,
            Some(highest) => self.amount(highest.min(300)),
            None if self.chance(60) => self.amount(worth),
            None => self.amount(150),
        }
    }

    pub(super) fn list_price(&mut self) -> Op {
        self.list(|dice, bundle| Ask::Fixed { price: dice.asked(bundle) })
    }

    pub(super) fn list_falling(&mut self) -> Op {
        self.list(|dice, bundle| {
            let start_price = dice.asked(bundle);
            let end_price = match dice.rng.gen_range(0..20) {
                0 => start_price,
                1 => start_price + 1,
                2 => 0,
                _ => dice.rng.gen_range(1..=start_price.max(2) - 1),
            };
            Ask::Dutch { start_price, end_price }
        })
    }

    pub(super) fn list_auction(&mut self) -> Op {
        self.list(|dice, bundle| {
            let reserve = dice.asked(bundle).div_ceil(2);
            let step = if dice.chance(5) { 0 } else { dice.rng.gen_range(1..12) };
            Ask::English { reserve, step }
        })
    }

    /// A swap for what another holder has, mostly.
    pub(super) fn list_swap(&mut self) -> Op {
        self.list(|dice, bundle| {
            let owner = bundle.owner;
            let (wanted, holder) =
                dice.coupon(|model, id, coupon| coupon.owner != owner && sellable(model, id, coupon));
            let any = CouponId { serial: 0, ..wanted };
            let coupons = match dice.rng.gen_range(0..20) {
                0 => Vec::new(),
                1 => vec![any; 21],
                2 => vec![wanted, wanted],
                3..=7 => vec![any],
                8..=10 => vec![any, any],
                _ => {
                    let theirs = dice.model.registry.coupons.iter().find(|(id, coupon)| {
                        **id != wanted && coupon.owner == holder && sellable(dice.model, **id, coupon)
                    });
                    let other = theirs.map(|(id, _)| *id);
                    let more = other.filter(|_| dice.rng.gen_ratio(1, 4));
                    [wanted].into_iter().chain(more).collect()
                }
            };
            let known = dice.model.sale_terms(wanted).ok();
            let least_left = known.map_or(0, |terms| terms.largest_discount);
            let least_left = if dice.chance(50) { 0 } else { least_left + u128::from(dice.chance(10)) };
            let ends_no_sooner = known.map_or(0, |terms| terms.ends_at);
            let ends_no_sooner = if dice.chance(60) { 0 } else { ends_no_sooner + u64::from(dice.chance(8)) };
            let wants = Wants { coupons, least_left, ends_no_sooner };
            let (asks, adds) = match dice.rng.gen_range(0..20) {
                0 => (5, 5),
                1..=6 => (dice.asked(bundle), 0),
                7..=12 => (0, dice.amount(60)),
                _ => (0, 0),
            };
            Ask::Swap { wants, asks, adds }
        })
    }

    /// A listing of those that fit, mostly.
    pub(super) fn listing(&mut self, fits: impl Fn(&Model, u64, &Entry) -> bool) -> Option<(u64, Entry)> {
        let all: Vec<_> = self.model.market.entries.iter().map(|(id, entry)| (*id, entry.clone())).collect();
        let fit: Vec<_> = all.iter().filter(|(id, entry)| fits(self.model, *id, entry)).cloned().collect();
        if self.chance(85) {
            self.pick(&fit)
        } else {
            self.pick(&all)
        }
    }

    /// A buyer for a listing: the one that it is reserved for, and not its seller, mostly.
    pub(super) fn buyer(&mut self, listing: &Listing) -> Who {
        let reserved = listing.reserved.and_then(|buyer| self.name(buyer));
        let (any, seller) = (self.consumer(), self.name(listing.seller));
        match reserved {
            Some(reserved) if self.chance(85) => reserved,
            _ if self.chance(6) => seller.unwrap_or(any),
            _ => (0..5).map(|_| self.consumer()).find(|who| Some(*who) != seller).unwrap_or(any),
        }
    }

    /// What a buyer insists on, mostly in vain for nobody.
    pub(super) fn guard(&mut self, listing: &Listing, price: Balance) -> Guard {
        let highest_price = match self.rng.gen_range(0..20) {
            0 => price.saturating_sub(1),
            1..=9 => price,
            _ => price + 40,
        };
        let least_left = match self.rng.gen_range(0..24) {
            0 => listing.left + 1,
            1..=5 => listing.left,
            _ => 0,
        };
        let ends_no_sooner = match self.rng.gen_range(0..24) {
            0 => listing.coupons_end.saturating_add(1),
            1..=5 => listing.coupons_end,
            _ => 0,
        };
        let terms = match self.rng.gen_range(0..24) {
            0 => Some([7; 32]),
            1..=5 => Some(blake2(listing)),
            _ => None,
        };
        Guard { highest_price, least_left, ends_no_sooner, terms }
    }

    pub(super) fn buy(&mut self) -> Op {
        let Some((id, entry)) = self.listing(priced) else { return self.list_price() };
        let listing = entry.listing;
        let due = self.price_now(&listing);
        let guard = self.guard(&listing, due);
        let over = if listing.asset == Asset::Native && self.chance(25) { 7 } else { 0 };
        let value = self.value(listing.asset, due) + over;
        paid(self.buyer(&listing), value, market(MarketCall::Buy { id, guard }))
    }

    pub(super) fn price_now(&self, listing: &Listing) -> Balance {
        if self.model.now >= listing.ends_at {
            return 10;
        }
        price(listing, self.model.now).unwrap_or(10)
    }

    pub(super) fn buy_many(&mut self) -> Op {
        let Some((first, entry)) = self.listing(priced) else { return self.list_price() };
        let (asset, buyer) = (entry.listing.asset, self.buyer(&entry.listing));
        let account = self.model.places.of(buyer);
        let strict = self.chance(60);
        let entries = self.model.market.entries.iter();
        let mut others: Vec<u64> = entries
            .filter(|(id, other)| {
                let theirs = other.listing.asset == asset
                    && other.listing.seller != account
                    && other.listing.reserved.is_none_or(|reserved| reserved == account);
                **id != first && (!strict || (priced(self.model, **id, other) && theirs))
            })
            .map(|(id, _)| *id)
            .collect();
        others.shuffle(self.rng);
        others.truncate(self.rng.gen_range(0..5));
        let mut ids: Vec<u64> = [first].into_iter().chain(others).collect();
        match self.rng.gen_range(0..40) {
            0 => ids.clear(),
            1 => ids = vec![first; 21],
            2 => ids.push(first),
            3 => ids.push(self.model.market.next_id),
            _ => {}
        }
        let prices = ids.iter().filter_map(|id| {
            let entry = self.model.market.entries.get(id)?;
            priced(self.model, *id, entry).then(|| self.price_now(&entry.listing))
        });
        let total: Balance = prices.sum();
        let highest_price = match self.rng.gen_range(0..10) {
            0 => total / 2,
            1 => total.saturating_sub(1),
            _ => total + 20,
        };
        let mut guard = Guard::price(highest_price);
        if self.chance(15) {
            guard.least_left = self.rng.gen_range(1..80);
        }
        let value = self.value(asset, total) + if asset == Asset::Native { 3 } else { 0 };
        let all = self.chance(45);
        paid(buyer, value, market(MarketCall::BuyMany { ids, guard, all }))
    }

    pub(super) fn bid(&mut self) -> Op {
        let Some((id, entry)) = self.listing(bid_for) else { return self.list_auction() };
        let listing = &entry.listing;
        // Just before the end it counts most, and most of all where the coupons end soon after.
        let left = entry.ends_at().saturating_sub(self.model.now);
        let is_last = entry.ends_at() + LATE >= listing.coupons_end;
        if left > LATE && (left < 40 * MINUTE || is_last) && self.chance(if is_last { 30 } else { 15 }) {
            return Op::Advance(left - self.rng.gen_range(1..LATE + 2));
        }
        let least = match (&listing.ask, entry.bids.last()) {
            (Ask::English { step, .. }, Some(bid)) => bid.amount + step,
            (Ask::English { reserve, .. }, None) => *reserve,
            _ => 10,
        };
        let mut amount = match self.rng.gen_range(0..10) {
            0 => least.saturating_sub(1),
            1..=4 => least,
            // So much that a tenth of the fee is something.
            5 => least + self.rng.gen_range(500..5_000),
            _ => least + self.rng.gen_range(1..15),
        };
        if let Some(highest) = listing.highest.filter(|_| !self.rng.gen_ratio(1, 10)) {
            amount = amount.min(highest);
        }
        let guard = self.guard(listing, amount);
        let value = self.value(listing.asset, amount);
        paid(self.buyer(listing), value, market(MarketCall::Bid { id, amount, guard }))
    }

    pub(super) fn swap(&mut self) -> Op {
        let Some((id, entry)) = self.listing(swappable) else { return self.list_swap() };
        let listing = &entry.listing;
        let (taker, mut coupons) = match wanted_by(self.model, listing) {
            Some(found) => found,
            None => {
                let (any, owner) = self.coupon(sellable);
                (owner, vec![any])
            }
        };
        match self.rng.gen_range(0..30) {
            0 => coupons.clear(),
            1 => coupons.extend(coupons.clone()),
            2 => {
                let (other, _) = self.coupon(|_, _, _| true);
                coupons.push(other);
            }
            3 | 4 => {
                let (other, _) = self.coupon(|_, _, _| true);
                coupons = vec![other];
            }
            _ => {}
        }
        let asks = match listing.ask {
            Ask::Swap { asks, .. } => asks,
            _ => 10,
        };
        let guard = self.guard(listing, asks);
        let value = self.value(listing.asset, asks);
        paid(self.mostly(taker), value, market(MarketCall::Swap { id, coupons, guard }))
    }

    /// Something that has ended, or the end of what a bid is on.
    pub(super) fn settle(&mut self) -> Op {
        let over = |model: &Model, id: u64, entry: &Entry| entry.holds() && !open(model, id, entry);
        let auctions =
            |model: &Model, id: u64, entry: &Entry| over(model, id, entry) && entry.live_bid().is_some();
        let mut entries = self.model.market.entries.iter();
        if !entries.any(|(id, entry)| over(self.model, *id, entry)) && self.chance(80) {
            let bids = |_: &Model, _: u64, entry: &Entry| entry.live_bid().is_some();
            return match self.listing(bids) {
                Some((_, entry)) => Op::Advance(entry.ends_at().saturating_sub(self.model.now)),
                None => self.bid(),
            };
        }
        let found = if self.chance(60) { self.listing(auctions) } else { self.listing(over) };
        let Some((id, _)) = found.or_else(|| self.listing(over)) else { return self.bid() };
        Op::plain(self.anyone(), market(MarketCall::Settle { id }))
    }

    pub(super) fn cancel(&mut self) -> Op {
        let unsold = |_: &Model, _: u64, entry: &Entry| entry.holds() && entry.live_bid().is_none();
        let with_bid = self.chance(12);
        let found = if with_bid {
            self.listing(|_, _, entry| entry.live_bid().is_some())
        } else {
            self.listing(unsold)
        };
        let Some((id, entry)) = found else { return self.list_price() };
        let caller = if self.chance(15) { self.consumer() } else { self.mostly(entry.listing.seller) };
        Op::plain(caller, market(MarketCall::Cancel { id }))
    }

    pub(super) fn cancel_all(&mut self) -> Op {
        Op::plain(self.anyone(), market(MarketCall::CancelAll))
    }

    /// Records of what has been sold, all of one seller's.
    pub(super) fn forget_listings(&mut self) -> Op {
        let closed = |_: &Model, _: u64, entry: &Entry| !entry.holds();
        let Some((first, entry)) = self.listing(closed) else { return self.buy() };
        let seller = entry.listing.seller;
        let strict = self.chance(85);
        let entries = self.model.market.entries.iter();
        let others = entries.filter(|(id, other)| {
            **id != first && other.listing.seller == seller && (!strict || !other.holds())
        });
        let mut ids: Vec<u64> = [first].into_iter().chain(others.map(|(id, _)| *id)).take(3).collect();
        match self.rng.gen_range(0..24) {
            0 => ids.clear(),
            1 => ids = vec![first; 21],
            2 => ids.push(first),
            _ => {}
        }
        Op::plain(self.mostly(seller), market(MarketCall::Forget { ids }))
    }
}
