//! A market's storage from its events. Of the contract's code it uses the types of what is stored and the shares of a price.
use super::{
    contradiction::{ensure_rule, ensure_same, ensure_some, Contradiction},
    decode::MarketEvent,
    money::{self, Till},
    storage::{CouponKey, Describe, Replayed, Table},
};
use ::market::{
    book::Root,
    events,
    listings::{Listing, Parts},
};
use shared::{assets::Asset, ids::CouponId, math::share_down, AccountId, Balance, Timestamp};
use std::collections::BTreeMap;

type ListingKey = (AccountId, CouponKey);

const ROOT: Table<(), Root> = Table::new(0, "root");
const LISTINGS: Table<ListingKey, Listing> = Table::new(0x01, "listing");
const CREDITS: Table<(AccountId, Asset), Balance> = Table::new(0x02, "credit");

/// Every table of a market, by the manual keys of its `Book`.
pub(super) const LAYOUT: &[&dyn Describe] = &[&ROOT, &LISTINGS, &CREDITS];

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
        let listings = self.store.all(&LISTINGS).into_iter();
        listings.map(|((registry, coupon), _)| (registry, CouponId::from_u64(coupon.0))).collect()
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
            MarketEvent::FeeChanged(event) => self.fee_changed(event),
            MarketEvent::ListingOpened(event) => self.opened(event, now),
            MarketEvent::ListingSold(event) => self.sold(event, now),
            MarketEvent::ListingCancelled(event) => self.close(event.registry, event.coupon, &event.listing),
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
            fee_bps: event.fee_bps,
            registries: event.registries.clone(),
            held: 0,
            native_fees: 0,
        };
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    fn fee_changed(&mut self, event: &events::FeeChanged) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        root.fee_bps = event.fee_bps;
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    fn opened(&mut self, event: &events::ListingOpened, now: Timestamp) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        let key = (event.registry, event.coupon.into());
        self.store.ensure_absent(&LISTINGS, &key)?;
        ensure_same("the platform's share", root.fee_bps, event.listing.fee_bps)?;
        ensure_rule("a listing has a future", event.listing.ends_at > now)?;
        root.held = ensure_some("the coupons held", root.held.checked_add(1))?;
        self.store.set(&ROOT, &(), &root);
        self.store.set(&LISTINGS, &key, &event.listing);
        Ok(())
    }

    fn close(
        &mut self,
        registry: AccountId,
        coupon: CouponId,
        listing: &Listing,
    ) -> Result<(), Contradiction> {
        let key = (registry, coupon.into());
        ensure_same("the listing", self.store.found(&LISTINGS, &key)?, *listing)?;
        let mut root = self.root()?;
        root.held = ensure_some("the coupons held", root.held.checked_sub(1))?;
        self.store.set(&ROOT, &(), &root);
        self.store.remove(&LISTINGS, &key);
        Ok(())
    }

    fn sold(&mut self, event: &events::ListingSold, now: Timestamp) -> Result<(), Contradiction> {
        let (listing, parts) = (&event.listing, event.parts);
        self.close(event.registry, event.coupon, listing)?;
        ensure_rule("a listing ends", now < listing.ends_at)?;
        ensure_same("the parts of the price", shared_price(listing)?, parts)?;
        let asset = listing.asset;
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
        self.till.take_in(asset, listing.price, event.buyer, "price")?;
        self.till.pay_out(asset, parts.seller, listing.seller, "sale")?;
        self.till.pay_out(asset, parts.royalty, listing.issuer, "royalty")
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

/// The platform's and the issuer's shares round down, and the seller has what they leave.
fn shared_price(listing: &Listing) -> Result<Parts, Contradiction> {
    let fee = share_down(listing.price, listing.fee_bps);
    let royalty = share_down(listing.price, listing.royalty_bps);
    let seller = listing.price.checked_sub(fee);
    let seller = seller.and_then(|rest| rest.checked_sub(royalty));
    Ok(Parts { seller: ensure_some("the seller's part", seller)?, royalty, fee })
}
