//! A market's storage from its events. Of the contract's code it uses the types of what is stored and the shares of a price.
use super::{
    contradiction::{ensure_rule, ensure_same, ensure_some, Contradiction},
    decode::MarketEvent,
    money::{self, Till},
    storage::{Describe, Replayed, Table},
};
use ::market::{
    book::Root,
    events,
    listings::{Ask, Bid, Entry, Status},
    offers::Offer,
    prices::Parts,
};
use shared::{assets::Asset, ids::CouponId, AccountId, Balance, Timestamp};
use std::collections::BTreeMap;

const ROOT: Table<(), Root> = Table::new(0, "root");
const LISTINGS: Table<u64, Entry> = Table::new(0x01, "listing");
const CREDITS: Table<(AccountId, Asset), Balance> = Table::new(0x02, "credit");
const FLOORS: Table<AccountId, u64> = Table::new(0x03, "floor of");
const OFFERS: Table<u64, Offer> = Table::new(0x04, "offer");
const TOKENS: Table<AccountId, Timestamp> = Table::new(0x05, "token");

/// Every table of a market, by the manual keys of its `Book`.
pub(super) const LAYOUT: &[&dyn Describe] = &[&ROOT, &LISTINGS, &CREDITS, &FLOORS, &OFFERS, &TOKENS];

pub(super) struct MarketReplay {
    pub(super) store: Replayed,
    pub(super) till: Till,
}

impl MarketReplay {
    pub(super) fn new() -> Self {
        Self { store: Replayed::default(), till: Till::new("market") }
    }

    /// Every coupon for sale, by registry.
    pub(super) fn listed(&self) -> Vec<(AccountId, CouponId)> {
        let open = self.store.all(&LISTINGS).into_iter().filter(|(_, entry)| entry.holds());
        open.flat_map(|(_, Entry { listing, .. })| {
            listing.coupons.into_iter().map(move |coupon| (listing.registry, coupon))
        })
        .collect()
    }

    /// What a listing is of, if that is coupons of `registry`.
    pub(super) fn coupons_of(&self, id: u64, registry: AccountId) -> Vec<CouponId> {
        let entry = self.store.get(&LISTINGS, &id).filter(|entry| entry.listing.registry == registry);
        entry.map(|entry| entry.listing.coupons).unwrap_or_default()
    }

    /// Who made an offer, if that is for coupons of `registry`.
    pub(super) fn buyer_in(&self, offer: u64, registry: AccountId) -> Option<AccountId> {
        let offer = self.store.get(&OFFERS, &offer).filter(|offer| offer.wish.registry == registry);
        offer.map(|offer| offer.buyer)
    }

    /// Whose listing it is, if that is of coupons of `registry`.
    pub(super) fn seller_in(&self, id: u64, registry: AccountId) -> Option<AccountId> {
        let entry = self.store.get(&LISTINGS, &id).filter(|entry| entry.listing.registry == registry);
        entry.map(|entry| entry.listing.seller)
    }

    /// What the market owes: live bids, the cash of open swaps, what is left in offers, pull balances and platform fees.
    /// # Errors
    /// `NotCreated`, `Overflow`.
    pub(super) fn owed(&self) -> Result<BTreeMap<Asset, Balance>, Contradiction> {
        let mut owed = BTreeMap::new();
        money::add(&mut owed, Asset::Native, self.root()?.native_fees)?;
        for ((_, asset), amount) in self.store.all(&CREDITS) {
            money::add(&mut owed, asset, amount)?;
        }
        for (_, entry) in self.store.all(&LISTINGS).into_iter().filter(|(_, entry)| entry.holds()) {
            let bid = entry.live_bid().map_or(0, |bid| bid.amount);
            money::add(&mut owed, entry.listing.asset, bid)?;
            money::add(&mut owed, entry.listing.asset, entry.listing.ask.adds())?;
        }
        for (_, offer) in self.store.all(&OFFERS) {
            money::add(&mut owed, offer.wish.asset, escrow(&offer)?)?;
        }
        Ok(owed)
    }

    /// # Errors
    /// `Contradiction`.
    pub(super) fn apply(&mut self, event: &MarketEvent, now: Timestamp) -> Result<(), Contradiction> {
        match event {
            MarketEvent::MarketCreated(event) => self.created(event),
            MarketEvent::FeeChanged(event) => self.fee_changed(event, now),
            MarketEvent::TokenChanged(event) => self.token_changed(event),
            MarketEvent::OwnershipOffered(event) => self.ownership_offered(event),
            MarketEvent::OwnerChanged(event) => self.owner_changed(event),
            MarketEvent::ListingOpened(event) => self.opened(event, now),
            MarketEvent::ListingsSold(event) => self.sold(event, now),
            MarketEvent::ListingReturned(event) => self.returned(event),
            MarketEvent::BidPlaced(event) => self.bid(event, now),
            MarketEvent::AuctionWon(event) => self.won(event, now),
            MarketEvent::AuctionFailed(event) => self.failed(event, now),
            MarketEvent::SwapMade(event) => self.swapped(event, now),
            MarketEvent::ListingsForgotten(event) => self.forgotten(event),
            MarketEvent::AllCancelled(event) => self.all_cancelled(event),
            MarketEvent::OfferMade(event) => self.offered(event, now),
            MarketEvent::OfferAccepted(event) => self.accepted(event, now),
            MarketEvent::OfferWithdrawn(event) => self.offer_withdrawn(event),
            MarketEvent::CreditAdded(event) => {
                self.credit(event.account, event.asset, event.amount)?;
                let (asset, amount) = (event.asset, event.amount);
                self.till.take_in(asset, amount, event.account, "pay-out failed")
            }
            MarketEvent::CreditWithdrawn(event) => self.credit_withdrawn(event),
        }
    }

    fn root(&self) -> Result<Root, Contradiction> {
        self.store.get(&ROOT, &()).ok_or(Contradiction::NotCreated)
    }

    fn created(&mut self, event: &events::MarketCreated) -> Result<(), Contradiction> {
        if self.root().is_ok() {
            return Err(Contradiction::CreatedTwice);
        }
        let root = Root {
            owner: event.owner,
            heir: None,
            fee_bps: event.rules.fee_bps,
            next_fee: None,
            registries: event.rules.registries.clone(),
            held: 0,
            native_fees: 0,
            next_id: 1,
        };
        self.store.set(&ROOT, &(), &root);
        for token in &event.rules.tokens {
            self.store.set(&TOKENS, token, &0);
        }
        Ok(())
    }

    fn fee_changed(&mut self, event: &events::FeeChanged, now: Timestamp) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        if let Some((fee_bps, from)) = root.next_fee {
            if from <= now {
                root.fee_bps = fee_bps;
            }
        }
        root.next_fee = Some((event.fee_bps, event.from));
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    fn opened(&mut self, event: &events::ListingOpened, now: Timestamp) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        ensure_same("the listing's number", root.next_id, event.id)?;
        ensure_rule("a listing has a future", event.listing.ends_at > now)?;
        root.held = ensure_some("the coupons held", root.held.checked_add(count(&event.listing.coupons)))?;
        root.next_id = ensure_some("the numbers", root.next_id.checked_add(1))?;
        self.store.set(&ROOT, &(), &root);
        let listing = &event.listing;
        ensure_same("the seller", listing.seller, event.seller)?;
        self.store.set(&LISTINGS, &event.id, &Entry::new(listing.clone()));
        self.till.take_in(listing.asset, listing.ask.adds(), event.seller, "cash of a swap")
    }

    /// A listing whose coupons leave.
    fn close(&mut self, id: u64) -> Result<Entry, Contradiction> {
        let entry = self.store.found(&LISTINGS, &id)?;
        ensure_rule("a listing is closed once", entry.holds())?;
        let mut root = self.root()?;
        root.held = ensure_some("the coupons held", root.held.checked_sub(count(&entry.listing.coupons)))?;
        self.store.set(&ROOT, &(), &root);
        Ok(entry)
    }

    fn returned(&mut self, event: &events::ListingReturned) -> Result<(), Contradiction> {
        let mut entry = self.close(event.id)?;
        ensure_same("the seller", entry.listing.seller, event.seller)?;
        ensure_rule("an auction with a bid doesn't go back", entry.live_bid().is_none())?;
        let (asset, adds) = (entry.listing.asset, entry.listing.ask.adds());
        self.till.pay_out(asset, adds, event.seller, "cash of a swap")?;
        if event.by == event.seller {
            self.store.remove(&LISTINGS, &event.id);
        } else {
            entry.status = Status::Returned;
            self.store.set(&LISTINGS, &event.id, &entry);
        }
        Ok(())
    }

    fn sold(&mut self, event: &events::ListingsSold, now: Timestamp) -> Result<(), Contradiction> {
        for events::Sold { id, parts } in event.sold.iter().copied() {
            let mut entry = self.close(id)?;
            ensure_rule("a listing sells before its end", now < entry.ends_at())?;
            ensure_rule("what failed isn't sold", entry.status == Status::Open)?;
            let price = total(parts)?;
            match entry.listing.ask {
                Ask::Fixed { price: asked } => ensure_same("the price", asked, price)?,
                Ask::Dutch { start_price, end_price } => {
                    ensure_rule("a price falls", (end_price..=start_price).contains(&price))?;
                }
                Ask::English { .. } | Ask::Swap { .. } => ensure_rule("it has a price", false)?,
            }
            let listing = &entry.listing;
            self.till.take_in(listing.asset, price, event.buyer, "price")?;
            self.share(
                listing.asset,
                parts,
                (listing.fee_bps, listing.royalty_bps),
                (listing.seller, listing.issuer),
            )?;
            self.earn(listing.asset, parts.fee)?;
            entry.status = Status::Sold;
            self.store.set(&LISTINGS, &id, &entry);
        }
        Ok(())
    }

    fn bid(&mut self, event: &events::BidPlaced, now: Timestamp) -> Result<(), Contradiction> {
        let mut entry = self.store.found(&LISTINGS, &event.id)?;
        let Ask::English { reserve, step } = entry.listing.ask else {
            return ensure_rule("only auctions take bids", false);
        };
        ensure_rule("a bid comes in time", entry.status == Status::Open && now < entry.ends_at())?;
        let asset = entry.listing.asset;
        let least = match entry.bid {
            Some(Bid { bidder, amount, .. }) => {
                self.credit(bidder, asset, amount)?;
                ensure_some("the next bid", amount.checked_add(step))?
            }
            None => reserve,
        };
        ensure_rule("a bid passes the one before", event.amount >= least)?;
        let &events::BidPlaced { bidder, amount, ends_at, .. } = event;
        ensure_rule("a bid never ends an auction sooner", ends_at >= entry.ends_at())?;
        entry.bid = Some(Bid { bidder, amount, ends_at });
        self.store.set(&LISTINGS, &event.id, &entry);
        self.till.take_in(asset, amount, bidder, "bid")
    }

    fn won(&mut self, event: &events::AuctionWon, now: Timestamp) -> Result<(), Contradiction> {
        let mut entry = self.close(event.id)?;
        ensure_rule("an auction ends in time", now >= entry.ends_at())?;
        let bid = entry.live_bid().map(|bid| (bid.bidder, bid.amount));
        ensure_same("the highest bid", bid, Some((event.bidder, total(event.parts)?)))?;
        let listing = &entry.listing;
        let asset = listing.asset;
        self.share(
            asset,
            event.parts,
            (listing.fee_bps, listing.royalty_bps),
            (listing.seller, listing.issuer),
        )?;
        self.till.pay_out(asset, event.bounty, event.by, "bounty")?;
        self.earn(asset, ensure_some("the platform's part", event.parts.fee.checked_sub(event.bounty))?)?;
        entry.status = Status::Sold;
        self.store.set(&LISTINGS, &event.id, &entry);
        Ok(())
    }

    fn failed(&mut self, event: &events::AuctionFailed, now: Timestamp) -> Result<(), Contradiction> {
        let mut entry = self.store.found(&LISTINGS, &event.id)?;
        ensure_rule("an auction ends in time", now >= entry.ends_at())?;
        let Some(bid) = entry.live_bid() else {
            return ensure_rule("an auction fails once, and with a bid", false);
        };
        ensure_same("the highest bidder", bid.bidder, event.bidder)?;
        self.credit(bid.bidder, entry.listing.asset, bid.amount)?;
        entry.status = Status::Failed;
        self.store.set(&LISTINGS, &event.id, &entry);
        Ok(())
    }

    fn swapped(&mut self, event: &events::SwapMade, now: Timestamp) -> Result<(), Contradiction> {
        let mut entry = self.close(event.id)?;
        let Ask::Swap { asks, adds, .. } = entry.listing.ask else {
            return ensure_rule("only swaps are swapped", false);
        };
        ensure_rule("a swap is made in time", entry.status == Status::Open && now < entry.ends_at())?;
        let listing = &entry.listing;
        ensure_same("the cash", asks.max(adds), total(event.parts)?)?;
        let (receiver, issuer) =
            if adds > 0 { (event.taker, event.issuer) } else { (listing.seller, listing.issuer) };
        self.till.take_in(listing.asset, asks, event.taker, "cash of a swap")?;
        self.pay_parts(listing.asset, event.parts, (receiver, issuer))?;
        self.earn(listing.asset, event.parts.fee)?;
        entry.status = Status::Sold;
        self.store.set(&LISTINGS, &event.id, &entry);
        Ok(())
    }

    fn forgotten(&mut self, event: &events::ListingsForgotten) -> Result<(), Contradiction> {
        for id in &event.ids {
            let entry = self.store.found(&LISTINGS, id)?;
            ensure_same("the seller", entry.listing.seller, event.seller)?;
            ensure_rule("only closed listings are forgotten", !entry.holds())?;
            self.store.remove(&LISTINGS, id);
        }
        Ok(())
    }

    fn all_cancelled(&mut self, event: &events::AllCancelled) -> Result<(), Contradiction> {
        ensure_same("the number of what comes next", self.root()?.next_id, event.below)?;
        self.store.set(&FLOORS, &event.account, &event.below);
        Ok(())
    }

    fn offered(&mut self, event: &events::OfferMade, now: Timestamp) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        ensure_same("the offer's number", root.next_id, event.id)?;
        ensure_rule("an offer has a future", event.wish.expires_at > now)?;
        root.next_id = ensure_some("the numbers", root.next_id.checked_add(1))?;
        self.store.set(&ROOT, &(), &root);
        let offer = Offer::new(event.buyer, event.wish, event.fee_bps);
        self.store.set(&OFFERS, &event.id, &offer);
        self.till.take_in(offer.wish.asset, escrow(&offer)?, event.buyer, "offer")
    }

    fn accepted(&mut self, event: &events::OfferAccepted, now: Timestamp) -> Result<(), Contradiction> {
        let mut offer = self.store.found(&OFFERS, &event.id)?;
        ensure_rule("an offer is accepted in time", now < offer.wish.expires_at)?;
        ensure_same("the price", offer.wish.price, total(event.parts)?)?;
        offer.left = ensure_some("what an offer wants", offer.left.checked_sub(1))?;
        self.store.set(&OFFERS, &event.id, &offer);
        self.pay_parts(offer.wish.asset, event.parts, (event.seller, event.issuer))?;
        self.earn(offer.wish.asset, event.parts.fee)
    }

    fn offer_withdrawn(&mut self, event: &events::OfferWithdrawn) -> Result<(), Contradiction> {
        let offer = self.store.found(&OFFERS, &event.id)?;
        ensure_same("the buyer", offer.buyer, event.buyer)?;
        ensure_same("the money left", escrow(&offer)?, event.amount)?;
        self.store.remove(&OFFERS, &event.id);
        self.till.pay_out(offer.wish.asset, event.amount, event.buyer, "offer withdrawn")
    }

    /// Pays a price's parts, as the shares of when it was listed say.
    fn share(
        &mut self,
        asset: Asset,
        parts: Parts,
        (fee_bps, royalty_bps): (u16, u16),
        to: (AccountId, AccountId),
    ) -> Result<(), Contradiction> {
        ensure_same("the parts of the price", Parts::of(total(parts)?, fee_bps, royalty_bps), parts)?;
        self.pay_parts(asset, parts, to)
    }

    fn pay_parts(
        &mut self,
        asset: Asset,
        parts: Parts,
        (seller, issuer): (AccountId, AccountId),
    ) -> Result<(), Contradiction> {
        self.till.pay_out(asset, parts.seller, seller, "sale")?;
        self.till.pay_out(asset, parts.royalty, issuer, "royalty")
    }

    /// The platform's part, which stays.
    fn earn(&mut self, asset: Asset, fee: Balance) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        match asset {
            Asset::Native => {
                root.native_fees = ensure_some("the platform fees", root.native_fees.checked_add(fee))?;
                self.store.set(&ROOT, &(), &root);
                Ok(())
            }
            Asset::Psp22(_) if fee == 0 => Ok(()),
            Asset::Psp22(_) => self.credit(root.owner, asset, fee),
        }
    }

    fn token_changed(&mut self, event: &events::TokenChanged) -> Result<(), Contradiction> {
        match event.from {
            Some(from) => self.store.set(&TOKENS, &event.token, &from),
            None => self.store.remove(&TOKENS, &event.token),
        }
        Ok(())
    }

    fn ownership_offered(&mut self, event: &events::OwnershipOffered) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        ensure_same("the owner", root.owner, event.owner)?;
        root.heir = event.heir;
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    fn owner_changed(&mut self, event: &events::OwnerChanged) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        ensure_same("whom the market was offered to", root.heir, Some(event.owner))?;
        let (before, fees) = (root.owner, std::mem::take(&mut root.native_fees));
        (root.owner, root.heir) = (event.owner, None);
        self.store.set(&ROOT, &(), &root);
        if fees > 0 {
            self.credit(before, Asset::Native, fees)?;
        }
        Ok(())
    }

    fn credit(&mut self, account: AccountId, asset: Asset, amount: Balance) -> Result<(), Contradiction> {
        let credit = self.store.get(&CREDITS, &(account, asset)).unwrap_or(0);
        let credit = ensure_some("a credit", credit.checked_add(amount))?;
        self.store.set(&CREDITS, &(account, asset), &credit);
        Ok(())
    }

    fn credit_withdrawn(&mut self, event: &events::CreditWithdrawn) -> Result<(), Contradiction> {
        let (account, asset) = (event.account, event.asset);
        let mut root = self.root()?;
        let credit = self.store.get(&CREDITS, &(account, asset)).unwrap_or(0);
        let fees = if account == root.owner && asset == Asset::Native {
            std::mem::take(&mut root.native_fees)
        } else {
            0
        };
        let owed = ensure_some("a credit", credit.checked_add(fees))?;
        ensure_same("the credit", owed, event.amount)?;
        self.store.set(&ROOT, &(), &root);
        self.store.remove(&CREDITS, &(account, asset));
        self.till.pay_out(asset, event.amount, account, "credit withdrawn")
    }
}

/// The price that the parts share.
fn total(parts: Parts) -> Result<Balance, Contradiction> {
    let taken = parts.royalty.checked_add(parts.fee);
    ensure_some("a price", taken.and_then(|taken| taken.checked_add(parts.seller)))
}

/// The money that is in an offer.
fn escrow(offer: &Offer) -> Result<Balance, Contradiction> {
    ensure_some("an offer's money", offer.wish.price.checked_mul(offer.left.into()))
}

fn count(coupons: &[CouponId]) -> u64 {
    u64::try_from(coupons.len()).unwrap_or(u64::MAX)
}
