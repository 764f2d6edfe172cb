//! A market's storage from its events. Of the contract's code it uses the types of what is stored, how a price falls and how it is shared.
mod deals;

use super::{
    contradiction::{ensure_rule, ensure_same, ensure_some, Contradiction},
    decode::MarketEvent,
    money::{self, Till},
    storage::{Describe, Replayed, Table},
};
use ::market::{
    book::{Root, NOTICE},
    events,
    listings::{Entry, Listing},
    offers::Offer,
    prices::MAX_SHARES_BPS,
};
use shared::{assets::Asset, ids::CouponId, AccountId, Balance, Timestamp};
use std::collections::BTreeMap;

const ROOT: Table<(), Root> = Table::new(0, "root");
const LISTINGS: Table<u64, Entry> = Table::new(0x01, "listing");
const CREDITS: Table<(AccountId, Asset), Balance> = Table::new(0x02, "credit");
const FLOORS: Table<AccountId, u64> = Table::new(0x03, "number below which all is cancelled of");
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

    /// What a listing that is still on record says, if it is of coupons of `registry`.
    pub(super) fn listing_at(&self, id: u64, registry: AccountId) -> Option<Listing> {
        let entry = self.store.get(&LISTINGS, &id).filter(|entry| entry.listing.registry == registry);
        entry.map(|entry| entry.listing)
    }

    /// An offer for coupons of `registry`.
    pub(super) fn offer_at(&self, id: u64, registry: AccountId) -> Option<Offer> {
        self.store.get(&OFFERS, &id).filter(|offer| offer.wish.registry == registry)
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
        for (_, entry) in self.store.all(&LISTINGS) {
            let asset = entry.listing.asset;
            if let Some(bid) = entry.live_bid() {
                money::add(&mut owed, asset, bid.amount)?;
            }
            money::add(&mut owed, asset, entry.cash())?;
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
            MarketEvent::TokenChanged(event) => self.token_changed(event, now),
            MarketEvent::OwnershipOffered(event) => self.ownership_offered(event),
            MarketEvent::OwnerChanged(event) => self.owner_changed(event),
            MarketEvent::ListingOpened(event) => self.opened(event, now),
            MarketEvent::ListingsSold(event) => self.sold(event, now),
            MarketEvent::ListingReturned(event) => self.returned(event, now),
            MarketEvent::ListingsForgotten(event) => self.forgotten(event),
            MarketEvent::BidPlaced(event) => self.bid(event, now),
            MarketEvent::AuctionWon(event) => self.won(event, now),
            MarketEvent::ListingFailed(event) => self.failed(event, now),
            MarketEvent::SwapMade(event) => self.swapped(event, now),
            MarketEvent::AllCancelled(event) => self.all_cancelled(event),
            MarketEvent::OfferMade(event) => self.offered(event, now),
            MarketEvent::OfferAccepted(event) => self.accepted(event, now),
            MarketEvent::OfferWithdrawn(event) => self.withdrawn(event),
            MarketEvent::CreditAdded(event) => {
                let (account, asset, amount) = (event.account, event.asset, event.amount);
                self.credit(account, asset, amount)?;
                self.till.take_in(asset, amount, account, "pay-out failed")
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
        ensure_same("the notice of a fee", now.saturating_add(NOTICE), event.from)?;
        root.fee_bps = fee_at(&root, now);
        root.next_fee = Some((event.fee_bps, event.from));
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    fn token_changed(&mut self, event: &events::TokenChanged, now: Timestamp) -> Result<(), Contradiction> {
        match event.from {
            Some(from) => {
                ensure_same("the notice of a token", now.saturating_add(NOTICE), from)?;
                self.store.ensure_absent(&TOKENS, &event.token)?;
                self.store.set(&TOKENS, &event.token, &from);
            }
            None => {
                self.store.found(&TOKENS, &event.token)?;
                self.store.remove(&TOKENS, &event.token);
            }
        }
        Ok(())
    }

    fn ownership_offered(&mut self, event: &events::OwnershipOffered) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        ensure_same("the market's owner", root.owner, event.owner)?;
        ensure_rule("an offer of the market changes something", root.heir != event.heir)?;
        root.heir = event.heir;
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    fn owner_changed(&mut self, event: &events::OwnerChanged) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        ensure_same("whom the market was offered to", root.heir, Some(event.owner))?;
        let fees = std::mem::take(&mut root.native_fees);
        let before = std::mem::replace(&mut root.owner, event.owner);
        root.heir = None;
        self.store.set(&ROOT, &(), &root);
        if fees > 0 {
            self.credit(before, Asset::Native, fees)?;
        }
        Ok(())
    }

    /// A number for what is opened.
    fn number(&mut self, id: u64, coupons: &[CouponId]) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        ensure_same("the number of what is opened", root.next_id, id)?;
        root.held = ensure_some("the coupons held", root.held.checked_add(count(coupons)))?;
        root.next_id = ensure_some("the numbers", root.next_id.checked_add(1))?;
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    /// The coupons of a listing leave.
    fn let_go(&mut self, coupons: &[CouponId]) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        root.held = ensure_some("the coupons held", root.held.checked_sub(count(coupons)))?;
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    /// What an account has cancelled everything below of.
    fn floor(&self, account: AccountId) -> u64 {
        self.store.get(&FLOORS, &account).unwrap_or_default()
    }

    fn all_cancelled(&mut self, event: &events::AllCancelled) -> Result<(), Contradiction> {
        ensure_same("the next number", self.root()?.next_id, event.below)?;
        self.store.set(&FLOORS, &event.account, &event.below);
        Ok(())
    }

    /// A platform fee.
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

/// The platform's share for what is opened at a time.
fn fee_at(root: &Root, now: Timestamp) -> u16 {
    match root.next_fee {
        Some((fee_bps, from)) if from <= now => fee_bps,
        Some(_) | None => root.fee_bps,
    }
}

/// The platform's share beside a royalty.
fn fee_beside(fee_bps: u16, royalty_bps: u16) -> u16 {
    fee_bps.min(MAX_SHARES_BPS.saturating_sub(royalty_bps))
}

/// The money that is here for an offer.
fn escrow(offer: &Offer) -> Result<Balance, Contradiction> {
    ensure_some("an offer's money", offer.wish.price.checked_mul(offer.left.into()))
}

fn count(coupons: &[CouponId]) -> u64 {
    u64::try_from(coupons.len()).unwrap_or(u64::MAX)
}
