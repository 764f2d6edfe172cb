//! Steps of those who offer, of those who take offers, and of the market's owner.

use super::{
    market::{market, sellable},
    paid, Dice,
};
use crate::model::{
    market::is_wanted,
    ops::{MarketCall, Op},
    Model, Who,
};
use ::market::offers::{Offer, Wish};
use chain::AccountId;
use e2e_tests::actors::{GHOST, HELPERS, OPERATOR, OWNER};
use rand::Rng;
use shared::{assets::Asset, coupons::Coupon, ids::CouponId};

/// Whether an offer can be accepted still.
pub(super) fn live(model: &Model, id: u64, offer: &Offer) -> bool {
    offer.left > 0 && model.now < offer.wish.expires_at && id >= model.market.floor(offer.buyer)
}

/// Whether an offer takes a coupon as it is.
fn takes(model: &Model, offer: &Offer, id: CouponId, coupon: &Coupon) -> bool {
    let wish = &offer.wish;
    is_wanted(wish.coupon, id)
        && coupon.owner != offer.buyer
        && sellable(model, id, coupon)
        && model.sale_terms(id).is_ok_and(|terms| {
            terms.asset == wish.asset
                && terms.largest_discount >= wish.least_left
                && terms.ends_at >= wish.ends_no_sooner
                && terms.highest_price.is_none_or(|highest| wish.price <= highest)
        })
}

/// Whether somebody could take an offer now.
pub(super) fn acceptable(model: &Model, id: u64, offer: &Offer) -> bool {
    let mut coupons = model.registry.coupons.iter();
    live(model, id, offer) && coupons.any(|(id, coupon)| takes(model, offer, *id, coupon))
}

impl Dice<'_> {
    pub(super) fn make_offer(&mut self) -> Op {
        let (coupon, owner) = self.coupon(sellable);
        let sale = self.model.sale_terms(coupon).ok();
        let (any, other) = (self.asset(), self.chance(12));
        let asset = sale.map(|terms| terms.asset).filter(|_| !other).unwrap_or(any);
        let highest = sale.and_then(|terms| terms.highest_price);
        let price = match highest {
            Some(highest) if self.chance(8) => highest + 1,
            Some(highest) => self.amount(highest.min(200)),
            None => self.amount(120),
        };
        let for_one = self.chance(45);
        let wanted = if for_one { coupon } else { CouponId { serial: 0, ..coupon } };
        let quantity = match self.rng.gen_range(0..24) {
            0 => 0,
            1 => 2,
            _ if for_one => 1,
            _ => self.rng.gen_range(1..4),
        };
        let left = sale.map_or(0, |terms| terms.largest_discount);
        let least_left = match self.rng.gen_range(0..10) {
            0 => left + 1,
            1..=4 => left,
            _ => 0,
        };
        let ends = sale.map_or(0, |terms| terms.ends_at);
        let ends_no_sooner = match self.rng.gen_range(0..10) {
            0 => ends.saturating_add(1),
            1..=3 => ends,
            _ => 0,
        };
        let now = self.model.now;
        let expires_at = if self.chance(4) { now } else { now + self.span(5..200, 1..20) };
        let registry = self.registry();
        let registry = self.model.places.of(registry);
        let wish =
            Wish { registry, coupon: wanted, asset, price, quantity, least_left, ends_no_sooner, expires_at };
        let value = self.value(asset, price * u128::from(quantity));
        let holder = self.name(owner);
        let any = self.consumer();
        let buyer = (0..4).map(|_| self.consumer()).find(|who| Some(*who) != holder).unwrap_or(any);
        paid(buyer, value, market(MarketCall::MakeOffer { wish }))
    }

    /// An offer of those that fit, mostly.
    fn an_offer(&mut self, fits: impl Fn(&Model, u64, &Offer) -> bool) -> Option<(u64, Offer)> {
        let all: Vec<_> = self.model.market.offers.iter().map(|(id, offer)| (*id, *offer)).collect();
        let fit: Vec<_> = all.iter().filter(|(id, offer)| fits(self.model, *id, offer)).copied().collect();
        if self.chance(85) {
            self.pick(&fit)
        } else {
            self.pick(&all)
        }
    }

    pub(super) fn accept_offer(&mut self) -> Op {
        let Some((id, offer)) = self.an_offer(acceptable) else { return self.make_offer() };
        let (coupon, owner) = self.coupon(|model, id, coupon| takes(model, &offer, id, coupon));
        let least = match self.rng.gen_range(0..10) {
            0 => offer.wish.price + 1,
            1 => offer.wish.price,
            2..=5 => offer.wish.price * 9 / 10,
            _ => 0,
        };
        let caller = if self.chance(5) { self.mostly(offer.buyer) } else { self.mostly(owner) };
        Op::plain(caller, market(MarketCall::AcceptOffer { id, coupon, least }))
    }

    pub(super) fn withdraw_offer(&mut self) -> Op {
        let id = self.model.market.next_id;
        let found = self.an_offer(|model, id, offer| !acceptable(model, id, offer));
        if found.is_none() && self.chance(70) {
            return self.make_offer();
        }
        let (id, buyer) = found.map_or((id, self.model.market.owner), |(id, offer)| (id, offer.buyer));
        let caller = if self.chance(20) { self.consumer() } else { self.mostly(buyer) };
        Op::plain(caller, market(MarketCall::WithdrawOffer { id }))
    }

    pub(super) fn market_withdraw(&mut self) -> Op {
        let books = &self.model.market;
        if books.native_fees == 0 && books.credits.is_empty() && self.chance(80) {
            return if self.chance(50) { self.buy() } else { self.bid() };
        }
        let fees = (books.owner, Asset::Native);
        let mut owed: Vec<(AccountId, Asset)> = books.credits.keys().copied().collect();
        if books.native_fees > 0 {
            owed.push(fees);
        }
        let (account, asset) = self.pick(&owed).unwrap_or(fees);
        let caller = self.mostly(account);
        Op::plain(caller, market(MarketCall::Withdraw { asset }))
    }

    fn market_owner(&mut self) -> Who {
        let owner = self.model.market.owner;
        if self.chance(85) {
            self.mostly(owner)
        } else {
            self.anyone()
        }
    }

    pub(super) fn set_fee(&mut self) -> Op {
        let bps = if self.chance(15) { 1_001 } else { self.rng.gen_range(0..600) };
        Op::plain(self.market_owner(), market(MarketCall::SetFee { bps }))
    }

    /// The token comes back soon when it went.
    pub(super) fn set_token(&mut self) -> Op {
        let gone = !self.model.market.tokens.contains_key(&self.model.places.token);
        let (token, allowed) = if gone && self.chance(80) {
            ("token", true)
        } else if self.chance(10) {
            ("token", false)
        } else {
            let token = self.one_of(&[GHOST, "desk", "alliance"]);
            let known = self.model.market.tokens.contains_key(&self.model.places.of(token));
            (token, known == self.chance(15))
        };
        Op::plain(self.market_owner(), market(MarketCall::SetToken { token, allowed }))
    }

    pub(super) fn offer_market(&mut self) -> Op {
        let to = if self.chance(15) { None } else { Some(self.one_of(&[OWNER, OPERATOR, HELPERS[1]])) };
        Op::plain(self.market_owner(), market(MarketCall::OfferOwnership { to }))
    }

    pub(super) fn accept_market(&mut self) -> Op {
        let Some(heir) = self.model.market.heir else {
            return if self.chance(70) {
                self.offer_market()
            } else {
                Op::plain(self.anyone(), market(MarketCall::AcceptOwnership))
            };
        };
        Op::plain(self.mostly(heir), market(MarketCall::AcceptOwnership))
    }
}
