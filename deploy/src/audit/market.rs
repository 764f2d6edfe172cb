//! A market's storage from its events. Of the contract's code it uses the types of what is stored and the shares of a price.
use super::{
    contradiction::{ensure_rule, ensure_same, ensure_some, Contradiction},
    decode::{ContractEvent, MarketEvent},
    money::{self, Till},
    storage::{Describe, Replayed, Table},
};
use ::market::{
    book::Root,
    events,
    listings::{Ask, Entry, Status},
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

    /// What the market owes: pull balances and platform fees.
    /// # Errors
    /// `NotCreated`, `Overflow`.
    pub(super) fn owed(&self) -> Result<BTreeMap<Asset, Balance>, Contradiction> {
        let mut owed = BTreeMap::new();
        money::add(&mut owed, Asset::Native, self.root()?.native_fees)?;
        for ((_, asset), amount) in self.store.all(&CREDITS) {
            money::add(&mut owed, asset, amount)?;
        }
        Ok(owed)
    }

    /// # Errors
    /// `Contradiction`.
    pub(super) fn apply(&mut self, event: &MarketEvent, now: Timestamp) -> Result<(), Contradiction> {
        match event {
            MarketEvent::MarketCreated(event) => self.created(event),
            MarketEvent::FeeChanged(event) => self.fee_changed(event, now),
            MarketEvent::ListingOpened(event) => self.opened(event, now),
            MarketEvent::ListingsSold(event) => self.sold(event, now),
            MarketEvent::ListingReturned(event) => self.returned(event),
            MarketEvent::CreditAdded(event) => {
                self.credit(event.account, event.asset, event.amount)?;
                let (asset, amount) = (event.asset, event.amount);
                self.till.take_in(asset, amount, event.account, "pay-out failed")
            }
            MarketEvent::CreditWithdrawn(event) => self.credit_withdrawn(event),
            MarketEvent::TokenChanged(_)
            | MarketEvent::OwnershipOffered(_)
            | MarketEvent::OwnerChanged(_)
            | MarketEvent::BidPlaced(_)
            | MarketEvent::AuctionWon(_)
            | MarketEvent::AuctionFailed(_)
            | MarketEvent::SwapMade(_)
            | MarketEvent::ListingsForgotten(_)
            | MarketEvent::AllCancelled(_)
            | MarketEvent::OfferMade(_)
            | MarketEvent::OfferAccepted(_)
            | MarketEvent::OfferWithdrawn(_) => {
                Err(Contradiction::Refused { rule: format!("{} isn't replayed", event.name()) })
            }
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
        self.store.set(&LISTINGS, &event.id, &Entry::new(event.listing.clone()));
        Ok(())
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
        if event.by == event.seller {
            self.store.remove(&LISTINGS, &event.id);
        } else {
            entry.status = Status::Returned;
            self.store.set(&LISTINGS, &event.id, &entry);
        }
        Ok(())
    }

    fn sold(&mut self, event: &events::ListingsSold, now: Timestamp) -> Result<(), Contradiction> {
        for sold in &event.sold {
            let mut entry = self.close(sold.id)?;
            ensure_rule("a listing ends", now < entry.ends_at())?;
            let (parts, asset) = (sold.parts, entry.listing.asset);
            if let Ask::Fixed { price } = entry.listing.ask {
                let shared = Parts::of(price, entry.listing.fee_bps, entry.listing.royalty_bps);
                ensure_same("the parts of the price", shared, parts)?;
                self.till.take_in(asset, price, event.buyer, "price")?;
            }
            match asset {
                Asset::Native => {
                    let mut root = self.root()?;
                    let fees = root.native_fees.checked_add(parts.fee);
                    root.native_fees = ensure_some("the platform fees", fees)?;
                    self.store.set(&ROOT, &(), &root);
                }
                Asset::Psp22(_) if parts.fee == 0 => {}
                Asset::Psp22(_) => self.credit(self.root()?.owner, asset, parts.fee)?,
            }
            self.till.pay_out(asset, parts.seller, entry.listing.seller, "sale")?;
            self.till.pay_out(asset, parts.royalty, entry.listing.issuer, "royalty")?;
            entry.status = Status::Sold;
            self.store.set(&LISTINGS, &sold.id, &entry);
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

fn count(coupons: &[CouponId]) -> u64 {
    u64::try_from(coupons.len()).unwrap_or(u64::MAX)
}
