//! Offers: money at the market for coupons that aren't.

use super::{
    is_wanted,
    listing::{ensure_within_band, fee_beside},
    sales::shares,
    Purse, E,
};
use crate::model::{Answer, Model};
use ::market::offers::{Offer, Wish};
use chain::{AccountId, Balance};
use shared::ids::CouponId;

impl Model {
    pub(super) fn make_offer(&mut self, buyer: AccountId, value: Balance, wish: &Wish) -> Result<Answer, E> {
        let now = self.now;
        if wish.price == 0 {
            return Err(E::NoPrice);
        }
        let for_one = wish.coupon.serial != 0;
        if wish.quantity == 0 || (for_one && wish.quantity != 1) {
            return Err(E::BadQuantity { quantity: wish.quantity });
        }
        if wish.expires_at <= now {
            return Err(E::EndsInPast { ends_at: wish.expires_at, now });
        }
        let due = wish.price.checked_mul(wish.quantity.into()).ok_or(E::Overflow)?;
        self.ensure_known_registry(wish.registry)?;
        self.ensure_deals_in(wish.asset)?;
        self.collect_for_market(wish.asset, buyer, due, value)?;
        let offer = Offer { buyer, wish: *wish, fee_bps: self.market.fee(now), left: wish.quantity };
        let id = self.market.take_number();
        self.market.offers.insert(id, offer);
        self.emit("OfferMade");
        Ok(Answer::Number(id.into()))
    }

    pub(super) fn accept_offer(
        &mut self,
        seller: AccountId,
        id: u64,
        coupon: CouponId,
        least: Balance,
    ) -> Result<Answer, E> {
        let (now, offer) = (self.now, *self.market.offers.get(&id).ok_or(E::NoSuchOffer { id })?);
        let (buyer, wish) = (offer.buyer, offer.wish);
        if offer.left == 0 {
            return Err(E::OfferUsedUp { id });
        }
        let below = self.market.floor(buyer);
        if id < below {
            return Err(E::Cancelled { id, below });
        }
        if now >= wish.expires_at {
            return Err(E::OfferEnded { expires_at: wish.expires_at, now });
        }
        if seller == buyer {
            return Err(E::OwnListing);
        }
        if !is_wanted(wish.coupon, coupon) {
            return Err(E::NotWanted { coupon });
        }
        let goods = self.goods(wish.registry, &[coupon], seller, None)?;
        if goods.asset != wish.asset {
            return Err(E::AssetMismatch { expected: wish.asset, found: goods.asset });
        }
        self.ensure_good_for((goods.left, goods.ends_at), (wish.least_left, wish.ends_no_sooner))?;
        ensure_within_band(wish.price, goods.highest)?;
        let shares = shares(wish.price, fee_beside(offer.fee_bps, goods.royalty_bps)?, goods.royalty_bps);
        if shares.seller < least {
            return Err(E::BelowFloor { proceeds: shares.seller, least });
        }
        self.market.offers.get_mut(&id).expect("it was just looked at").left -= 1;
        self.move_coupons(&[coupon], self.places.market)?;
        self.move_coupons(&[coupon], buyer)?;
        self.market.shared.push(shares);
        self.emit("OfferAccepted");
        let mut purse = Purse::new(wish.asset);
        purse.share(&shares, seller, goods.issuer);
        self.pay_out(purse);
        Ok(Answer::Number(shares.seller))
    }

    /// What is left in an offer is its buyer's, always.
    pub(super) fn withdraw_offer(&mut self, caller: AccountId, id: u64) -> Result<Answer, E> {
        let offer = *self.market.offers.get(&id).ok_or(E::NoSuchOffer { id })?;
        let buyer = offer.buyer;
        if caller != buyer {
            return Err(E::NotBuyer { buyer, caller });
        }
        self.market.offers.remove(&id);
        self.emit("OfferWithdrawn");
        let amount = offer.wish.price * Balance::from(offer.left);
        self.money.pay(offer.wish.asset, self.places.market, buyer, amount).map_err(E::Payment)?;
        Ok(Answer::Number(amount))
    }
}
