//! Steps of buyers who spend at the till what they buy, in the same call.

use super::{
    market::{market, priced, sellable},
    orders::spendable,
    paid, terms, Dice,
};
use crate::model::{
    market::{price, Entry},
    ops::{MarketCall, Op, OrderCall, MINUTE},
    Model,
};
use ::market::listings::{Ask, Listing};
use rand::Rng;
use shared::{
    coupons::Coupon,
    ids::CouponId,
    order::Settlement,
    permit::Presented,
    terms::{Acceptance, Stacking},
};

impl Dice<'_> {
    /// A listing that is worth more at the till than it costs, of one coupon, with who could use it there.
    pub(super) fn usable(model: &Model, id: u64, entry: &Entry) -> bool {
        let listing = &entry.listing;
        let Some(coupon) = listing.coupons.first().filter(|_| priced(model, id, entry)) else { return false };
        let Ok(campaign) = model.registry.campaign(coupon.campaign) else { return false };
        let now = model.now;
        let worth = terms::discount(&campaign.terms, 300, model.registry.coupons[coupon].left);
        let acceptance = match campaign.terms.acceptance {
            Acceptance::Alliance(alliance) => alliance == model.places.alliance,
            Acceptance::IssuerOnly | Acceptance::Listed(_) => true,
        };
        acceptance
            && price(listing, now).is_some_and(|price| price < worth)
            && campaign.terms.redeem_window.start <= now
            && now < campaign.ends
            && now < listing.coupons_end
    }

    /// Coupons that others have listed, and that an order could take after the first of this listing's.
    fn beside(&self, listing: &Listing) -> Vec<CouponId> {
        let common = |id: &CouponId| {
            let known = self.model.registry.campaign(id.campaign).unwrap();
            let Stacking::Common { priority } = known.terms.stacking else { return None };
            Some((priority, (known.issuer, known.terms.asset, known.terms.acceptance.clone())))
        };
        let Some((first, kind)) = common(&listing.coupons[0]) else { return Vec::new() };
        let goes_with = |id: &CouponId| common(id).is_some_and(|(then, of)| of == kind && first <= then);
        let held = self.model.market.entries.values().filter(|entry| entry.holds());
        let others = held.map(|entry| &entry.listing.coupons).filter(|coupons| **coupons != listing.coupons);
        others.flatten().copied().filter(goes_with).collect()
    }

    pub(super) fn buy_and_use(&mut self) -> Op {
        match self.listing(Self::usable) {
            Some((id, entry)) => self.used(id, &entry, None),
            None => self.list_to_use(|_, _| true),
        }
    }

    /// Listings to use, with coupons of others that could be spent beside them.
    pub(super) fn usable_with_others(&self) -> Vec<(u64, Entry, CouponId)> {
        let entries = self.model.market.entries.iter();
        let usable = entries.filter(|(id, entry)| Self::usable(self.model, **id, entry));
        let with_others = usable.flat_map(|(id, entry)| {
            let others = self.beside(&entry.listing).into_iter();
            others.map(move |other| (*id, entry.clone(), other))
        });
        with_others.collect()
    }

    /// Who buys a coupon would spend one beside it that another has listed: the market holds it, and it is the market that calls.
    pub(super) fn use_others(&mut self) -> Op {
        let found = self.usable_with_others();
        match self.pick(&found) {
            Some((id, entry, other)) => self.used(id, &entry, Some(other)),
            None => self.list_to_use(|model, id| {
                matches!(
                    model.registry.campaign(id.campaign).unwrap().terms.stacking,
                    Stacking::Common { .. }
                )
            }),
        }
    }

    fn used(&mut self, id: u64, entry: &Entry, beside: Option<CouponId>) -> Op {
        let (listing, coupon) = (&entry.listing, entry.listing.coupons[0]);
        let due = self.price_now(listing);
        let highest = self.guard(listing, due).highest_price;
        let buyer = self.buyer(listing);
        let by_alliance = self.model.registry.campaign(coupon.campaign).is_ok_and(|campaign| {
            campaign.terms.acceptance == Acceptance::Alliance(self.model.places.alliance)
        });
        let wrong = self.chance(4);
        let through = match (by_alliance, wrong) {
            (true, false) | (false, true) => Some(if self.chance(85) { "alliance" } else { "ghost" }),
            _ => None,
        };
        let acceptor = if by_alliance && self.chance(60) {
            let member = self.member(|model, account| model.alliance.members[&account].active());
            self.model.places.of(member)
        } else {
            self.suitable_acceptor(coupon)
        };
        let settlement = if self.chance(96) { Settlement::OffChain } else { Settlement::OnChain };
        let mut order = self.order(acceptor, settlement);
        if self.chance(85) {
            order.basket = 300;
            order.eligible = 300;
        }
        let account = self.model.places.of(buyer);
        let mut presented: Vec<CouponId> = [coupon].into_iter().chain(beside).collect();
        match self.rng.gen_range(0..12) {
            _ if beside.is_some() => {}
            // Another's, which the market holds or not.
            0 | 1 => {
                let (other, _) =
                    self.coupon(|model, id, _| spendable(model, id, by_alliance) && id != coupon);
                presented.push(other);
            }
            2 => presented = listing.coupons.clone(),
            _ => {}
        }
        let signer = self.speaker(acceptor);
        let acceptor = (!self.chance(3)).then(|| self.consent(signer));
        let coupons = presented.into_iter().map(|id| {
            let owner = self.model.registry.coupons.get(&id).map(|known| known.owner);
            let owner = owner.filter(|owner| *owner != self.model.places.market);
            let needs = id == coupon || owner.is_some();
            let signs = !self.chance(3) && (needs || (beside.is_none() && self.chance(30)));
            let optional = id != coupon && self.chance(50);
            let consent = signs.then(|| self.consent(owner.unwrap_or(account)));
            (Presented { coupon: id, most: None, optional }, consent)
        });
        let coupons = coupons.collect();
        let value = self.value(listing.asset, due);
        let order = OrderCall { order, acceptor, coupons };
        paid(buyer, value, market(MarketCall::BuyAndUse { id, highest, through, order }))
    }

    /// Lists what somebody may want to use at once.
    fn list_to_use(&mut self, wanted: fn(&Model, CouponId) -> bool) -> Op {
        let fits = |model: &Model, id: CouponId, coupon: &Coupon| {
            let known = model.registry.campaign(id.campaign).unwrap();
            let by_alliance = known.terms.acceptance == Acceptance::Alliance(model.places.alliance);
            wanted(model, id)
                && sellable(model, id, coupon)
                && spendable(model, id, by_alliance)
                && terms::discount(&known.terms, 300, coupon.left) > 1
        };
        let (coupon, owner) = self.coupon(fits);
        let Ok(sale) = self.model.sale_terms(coupon) else { return self.list_price() };
        let worth = terms::discount(
            &self.model.registry.campaign(coupon.campaign).unwrap().terms,
            300,
            self.model.registry.coupons[&coupon].left,
        );
        let most = sale.highest_price.unwrap_or(worth).min(worth.saturating_sub(1)).max(1);
        let ask = Ask::Fixed { price: self.rng.gen_range(1..=most) };
        let ends_at = sale.ends_at.min(self.model.now + self.rng.gen_range(10..90) * MINUTE);
        let (coupons, caller) = (vec![coupon], self.mostly(owner));
        let call = MarketCall::List { registry: "registry", coupons, ask, ends_at, reserved: None };
        Op::plain(caller, market(call))
    }
}
