//! What is opened, sold, swapped, bid for and offered.
use super::{
    count, ensure_rule, ensure_same, ensure_some, escrow, fee_at, fee_beside, Contradiction, MarketReplay,
    FLOORS, LISTINGS, OFFERS,
};
use ::market::{
    events,
    listings::{Ask, Bid, Entry, Listing, Status, LATE},
    offers::Offer,
    prices::Parts,
};
use shared::{assets::Asset, AccountId, Balance, Timestamp};

impl MarketReplay {
    pub(super) fn opened(
        &mut self,
        event: &events::ListingOpened,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let listing = &event.listing;
        self.number(event.id, &listing.coupons)?;
        ensure_same("the seller", listing.seller, event.seller)?;
        ensure_same("when it was listed", now, listing.opened_at)?;
        ensure_rule("a listing has coupons", count(&listing.coupons) > 0)?;
        ensure_rule("a listing has a future", listing.ends_at > now)?;
        ensure_rule("a listing ends before its coupons", listing.ends_at <= latest_end(listing))?;
        let fee_bps = fee_beside(fee_at(&self.root()?, now), listing.royalty_bps);
        ensure_same("the platform's share", fee_bps, listing.fee_bps)?;
        self.till.take_in(listing.asset, listing.ask.adds(), listing.seller, "cash of a swap")?;
        self.store.set(&LISTINGS, &event.id, &Entry::new(listing.clone()));
        Ok(())
    }

    /// A listing that someone may still take.
    fn live(&self, id: u64, now: Timestamp) -> Result<Entry, Contradiction> {
        let entry = self.store.found(&LISTINGS, &id)?;
        ensure_rule("what is closed isn't taken", entry.status == Status::Open)?;
        ensure_rule("what has ended isn't taken", now < entry.ends_at())?;
        let cancelled = entry.bid.is_none() && id < self.floor(entry.listing.seller);
        ensure_rule("what was cancelled isn't taken", !cancelled)?;
        Ok(entry)
    }

    /// Only who it is for, and never its seller, takes a listing.
    fn taken_by(listing: &Listing, taker: AccountId) -> Result<(), Contradiction> {
        ensure_rule("nobody deals with itself", listing.seller != taker)?;
        ensure_rule("a listing is for whom it says", listing.reserved.is_none_or(|buyer| buyer == taker))
    }

    /// The coupons of a listing leave for good.
    fn close(&mut self, id: u64, mut entry: Entry, status: Status) -> Result<(), Contradiction> {
        self.let_go(&entry.listing.coupons)?;
        entry.status = status;
        self.store.set(&LISTINGS, &id, &entry);
        Ok(())
    }

    /// A price that is here goes to whom its parts belong.
    fn share(
        &mut self,
        asset: Asset,
        (parts, bounty): (&Parts, Balance),
        (seller, issuer): (AccountId, AccountId),
    ) -> Result<(), Contradiction> {
        self.earn(asset, ensure_some("the bounty", parts.fee.checked_sub(bounty))?)?;
        self.till.pay_out(asset, parts.seller, seller, "sale")?;
        self.till.pay_out(asset, parts.royalty, issuer, "royalty")
    }

    pub(super) fn sold(&mut self, event: &events::ListingsSold, now: Timestamp) -> Result<(), Contradiction> {
        ensure_rule("something is sold", !event.sold.is_empty())?;
        for sold in &event.sold {
            let entry = self.live(sold.id, now)?;
            let Listing { seller, issuer, asset, fee_bps, royalty_bps, .. } = entry.listing;
            Self::taken_by(&entry.listing, event.buyer)?;
            let Ok(price) = entry.price(sold.id, now) else {
                return Err(Contradiction::Refused { rule: "an auction and a swap have no price".into() });
            };
            ensure_same("how the price is shared", Parts::of(price, fee_bps, royalty_bps), sold.parts)?;
            self.close(sold.id, entry, Status::Sold)?;
            self.till.take_in(asset, price, event.buyer, "price")?;
            self.share(asset, (&sold.parts, 0), (seller, issuer))?;
        }
        Ok(())
    }

    pub(super) fn returned(
        &mut self,
        event: &events::ListingReturned,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let mut entry = self.store.found(&LISTINGS, &event.id)?;
        let Listing { seller, asset, .. } = entry.listing;
        let cash = entry.cash();
        ensure_same("the seller", seller, event.seller)?;
        ensure_rule("what is closed stays closed", entry.holds())?;
        ensure_rule("what is bid for doesn't go back", entry.live_bid().is_none())?;
        self.let_go(&entry.listing.coupons)?;
        if event.by == seller {
            self.store.remove(&LISTINGS, &event.id);
        } else {
            let over = now >= entry.ends_at() || event.id < self.floor(seller);
            ensure_rule("others give back only what has ended", over)?;
            entry.status = Status::Returned;
            self.store.set(&LISTINGS, &event.id, &entry);
        }
        self.till.pay_out(asset, cash, seller, "cash of a swap")
    }

    pub(super) fn forgotten(&mut self, event: &events::ListingsForgotten) -> Result<(), Contradiction> {
        for id in &event.ids {
            let entry = self.store.found(&LISTINGS, id)?;
            ensure_same("the seller", entry.listing.seller, event.seller)?;
            ensure_rule("what is open isn't forgotten", !entry.holds())?;
            self.store.remove(&LISTINGS, id);
        }
        Ok(())
    }

    pub(super) fn bid(&mut self, event: &events::BidPlaced, now: Timestamp) -> Result<(), Contradiction> {
        let events::BidPlaced { bidder, id, amount, ends_at } = *event;
        let mut entry = self.live(id, now)?;
        Self::taken_by(&entry.listing, bidder)?;
        let Ask::English { reserve, step } = entry.listing.ask else {
            return Err(Contradiction::Refused { rule: "only an auction takes bids".into() });
        };
        let least = match entry.bid {
            Some(bid) => ensure_some("the least bid", bid.amount.checked_add(step))?,
            None => reserve,
        };
        ensure_rule("a bid is high enough", amount >= least)?;
        ensure_rule("a bid keeps to the band", entry.listing.highest.is_none_or(|most| amount <= most))?;
        let late = now.saturating_add(LATE).min(latest_end(&entry.listing));
        ensure_same("the auction's end", entry.ends_at().max(late), ends_at)?;
        let asset = entry.listing.asset;
        self.till.take_in(asset, amount, bidder, "bid")?;
        if let Some(outbid) = entry.bid.replace(Bid { bidder, amount, ends_at }) {
            self.credit(outbid.bidder, asset, outbid.amount)?;
        }
        self.store.set(&LISTINGS, &id, &entry);
        Ok(())
    }

    /// An auction that has ended with a bid.
    fn over(&self, id: u64, bidder: AccountId, now: Timestamp) -> Result<(Entry, Bid), Contradiction> {
        let entry = self.store.found(&LISTINGS, &id)?;
        ensure_rule("an auction is settled once it has ended", now >= entry.ends_at())?;
        let Some(bid) = entry.live_bid() else {
            return Err(Contradiction::Refused { rule: "an auction is won by a bid".into() });
        };
        ensure_same("the highest bidder", bid.bidder, bidder)?;
        Ok((entry, bid))
    }

    pub(super) fn won(&mut self, event: &events::AuctionWon, now: Timestamp) -> Result<(), Contradiction> {
        let events::AuctionWon { bidder, id, parts, bounty, by } = *event;
        let (entry, bid) = self.over(id, bidder, now)?;
        let Listing { seller, issuer, asset, fee_bps, royalty_bps, .. } = entry.listing;
        ensure_same("how the price is shared", Parts::of(bid.amount, fee_bps, royalty_bps), parts)?;
        ensure_same("the bounty", parts.bounty(), bounty)?;
        self.close(id, entry, Status::Sold)?;
        self.share(asset, (&parts, bounty), (seller, issuer))?;
        self.till.pay_out(asset, bounty, by, "bounty")
    }

    pub(super) fn failed(
        &mut self,
        event: &events::ListingFailed,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let (payer, mut entry) = (event.payer, self.store.found(&LISTINGS, &event.id)?);
        let amount = if entry.bid.is_some() {
            self.over(event.id, payer, now)?.1.amount
        } else {
            ensure_same("the seller", entry.listing.seller, payer)?;
            ensure_rule("only what money is here for fails", entry.cash() > 0)?;
            entry.cash()
        };
        self.credit(payer, entry.listing.asset, amount)?;
        entry.status = Status::Failed;
        self.store.set(&LISTINGS, &event.id, &entry);
        Ok(())
    }

    pub(super) fn swapped(&mut self, event: &events::SwapMade, now: Timestamp) -> Result<(), Contradiction> {
        let entry = self.live(event.id, now)?;
        let Listing { seller, issuer, asset, fee_bps, royalty_bps, .. } = entry.listing;
        Self::taken_by(&entry.listing, event.taker)?;
        let Ask::Swap { ref wants, asks, adds } = entry.listing.ask else {
            return Err(Contradiction::Refused { rule: "only a swap is swapped".into() });
        };
        let wanted = event.coupons.len() == wants.coupons.len()
            && event.coupons.iter().zip(&wants.coupons).all(|(coupon, wanted)| {
                coupon.campaign == wanted.campaign && (wanted.serial == 0 || coupon.serial == wanted.serial)
            });
        ensure_rule("a swap is for what it wants", wanted)?;
        let parts = event.parts;
        self.close(event.id, entry, Status::Sold)?;
        if adds > 0 {
            ensure_sums("the cash of a swap", &parts, adds)?;
            self.share(asset, (&parts, 0), (event.taker, event.issuer))
        } else {
            ensure_same("how the cash is shared", Parts::of(asks, fee_bps, royalty_bps), parts)?;
            self.till.take_in(asset, asks, event.taker, "cash of a swap")?;
            self.share(asset, (&parts, 0), (seller, issuer))
        }
    }

    pub(super) fn offered(&mut self, event: &events::OfferMade, now: Timestamp) -> Result<(), Contradiction> {
        self.number(event.id, &[])?;
        ensure_same("the platform's share", fee_at(&self.root()?, now), event.fee_bps)?;
        ensure_rule("an offer has a future", event.wish.expires_at > now)?;
        let offer =
            Offer { buyer: event.buyer, wish: event.wish, fee_bps: event.fee_bps, left: event.wish.quantity };
        self.till.take_in(event.wish.asset, escrow(&offer)?, event.buyer, "offer")?;
        self.store.set(&OFFERS, &event.id, &offer);
        Ok(())
    }

    pub(super) fn accepted(
        &mut self,
        event: &events::OfferAccepted,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let mut offer = self.store.found(&OFFERS, &event.id)?;
        let (wish, coupon) = (offer.wish, event.coupon);
        let cancelled = event.id < self.store.get(&FLOORS, &offer.buyer).unwrap_or_default();
        ensure_rule("what was cancelled isn't accepted", !cancelled)?;
        ensure_rule("what has ended isn't accepted", now < wish.expires_at)?;
        ensure_rule("nobody deals with itself", offer.buyer != event.seller)?;
        let wanted =
            coupon.campaign == wish.coupon.campaign && [0, coupon.serial].contains(&wish.coupon.serial);
        ensure_rule("an offer is for what it wants", wanted)?;
        ensure_sums("the price", &event.parts, wish.price)?;
        offer.left = ensure_some("the coupons an offer wants", offer.left.checked_sub(1))?;
        self.store.set(&OFFERS, &event.id, &offer);
        self.share(wish.asset, (&event.parts, 0), (event.seller, event.issuer))
    }

    pub(super) fn withdrawn(&mut self, event: &events::OfferWithdrawn) -> Result<(), Contradiction> {
        let offer = self.store.found(&OFFERS, &event.id)?;
        ensure_same("the buyer", offer.buyer, event.buyer)?;
        ensure_same("what is left in the offer", escrow(&offer)?, event.amount)?;
        self.store.remove(&OFFERS, &event.id);
        self.till.pay_out(offer.wish.asset, event.amount, event.buyer, "offer withdrawn")
    }
}

/// The parts of a sale whose royalty another contract knows: see `Replay::ensure_joined`.
fn ensure_sums(what: &'static str, parts: &Parts, price: Balance) -> Result<(), Contradiction> {
    let taken = parts.royalty.checked_add(parts.fee);
    let sum = taken.and_then(|taken| taken.checked_add(parts.seller));
    ensure_same(what, Some(price), sum)
}

/// The latest an auction's end, or a listing's, may be.
fn latest_end(listing: &Listing) -> Timestamp {
    match listing.ask {
        Ask::English { .. } => listing.coupons_end.saturating_sub(LATE),
        Ask::Fixed { .. } | Ask::Dutch { .. } | Ask::Swap { .. } => listing.coupons_end,
    }
}
