//! Each message of the market, on the Wasm that would be deployed: what it does when it agrees, and exactly why it refuses.

mod auctions;
mod bulk;
pub(crate) mod costs;
mod endings;
mod hostile;
mod listings;
mod offers;
mod peers;
mod sales;
mod settings;
mod swaps;
mod till;

use crate::scene::*;
use chain::{AccountId, Balance, Chain, Hash, TypedChain};
use e2e_tests::{account, actors::CONSUMERS, actors::OWNER, World};
use ink::codegen::TraitCallBuilder;
use market::{
    book::{Root, Rules},
    error::MarketError,
    listings::{Ask, Entry, Guard, Listing, Status},
    MarketRef,
};
use shared::{assets::Asset, ids::CouponId, psp34::PSP34, terms::Terms};

pub(super) const PRICE: Balance = 1_000;
pub(super) const ENDS_AT: u64 = NOW + DAY;
pub(super) const FIXED: Ask = Ask::Fixed { price: PRICE };
pub(super) const NATIVE: Asset = Asset::Native;

/// A world in which ann holds a coupon of the bakery's, and every consumer lets the market move what it holds.
pub(super) struct Stall {
    pub(super) world: World,
    pub(super) to: Doors,
    pub(super) market: MarketRef,
    pub(super) coupon: CouponId,
}

impl Stall {
    pub(super) fn new(terms: Terms) -> Self {
        let (world, to, coupon) = ann_has_a_coupon(terms, 0);
        let market = market(&world);
        let mut stall = Self { world, to, market, coupon };
        for who in CONSUMERS {
            stall.approve(who);
        }
        stall
    }

    /// Ann has listed her coupon, for the usual price.
    pub(super) fn listed(terms: Terms) -> (Self, u64) {
        let mut stall = Self::new(terms);
        let id = stall.list("ann", stall.coupon, FIXED);
        (stall, id)
    }

    pub(super) fn approve(&mut self, who: &str) {
        let here = self.world.suite.market;
        let message = PSP34::approve(self.to.registry.call_mut(), here, None, true);
        act(&mut self.world, who, 0, message);
    }

    /// Another coupon of the campaign.
    pub(super) fn issue(&mut self, to: &str) -> CouponId {
        issue(&mut self.world, "bakery", self.coupon.campaign, to)
    }

    pub(super) fn issue_many(&mut self, to: &str, count: usize) -> Vec<CouponId> {
        issue_many(&mut self.world, "bakery", self.coupon.campaign, to, count)
    }

    /// A coupon of another campaign of `issuer`'s.
    pub(super) fn another(&mut self, issuer: &str, terms: Terms, to: &str) -> CouponId {
        let campaign = campaign(&mut self.world, issuer, terms, 0);
        issue(&mut self.world, issuer, campaign, to)
    }

    pub(super) fn list(&mut self, who: &str, coupon: CouponId, ask: Ask) -> u64 {
        self.list_many(who, &[coupon], ask)
    }

    pub(super) fn list_many(&mut self, who: &str, coupons: &[CouponId], ask: Ask) -> u64 {
        let registry = self.world.suite.registry;
        let value = ask.adds();
        let message = self.market.call_mut().list(registry, coupons.to_vec(), ENDS_AT, None, ask);
        act(&mut self.world, who, value, message).result
    }

    pub(super) fn list_refused(&mut self, who: &str, coupons: &[CouponId], ask: Ask) -> MarketError {
        let registry = self.world.suite.registry;
        let message = self.market.call_mut().list(registry, coupons.to_vec(), ENDS_AT, None, ask);
        refused(&mut self.world, who, 0, message)
    }

    pub(super) fn buy(&mut self, who: &str, id: u64, paid: Balance) -> Done<Balance> {
        let message = self.market.call_mut().buy(id, Guard::price(paid));
        act(&mut self.world, who, paid, message)
    }

    pub(super) fn buy_refused(&mut self, who: &str, id: u64, paid: Balance) -> MarketError {
        let message = self.market.call_mut().buy(id, Guard::price(Balance::MAX));
        refused(&mut self.world, who, paid, message)
    }

    pub(super) fn bid(&mut self, who: &str, id: u64, amount: Balance) -> Done<u64> {
        let message = self.market.call_mut().bid(id, amount, Guard::price(amount));
        act(&mut self.world, who, amount, message)
    }

    pub(super) fn bid_refused(&mut self, who: &str, id: u64, amount: Balance) -> MarketError {
        let message = self.market.call_mut().bid(id, amount, Guard::price(amount));
        refused(&mut self.world, who, amount, message)
    }

    pub(super) fn cancel(&mut self, who: &str, id: u64) -> Done<()> {
        act(&mut self.world, who, 0, self.market.call_mut().cancel(id))
    }

    pub(super) fn cancel_refused(&mut self, who: &str, id: u64) -> MarketError {
        refused(&mut self.world, who, 0, self.market.call_mut().cancel(id))
    }

    pub(super) fn settle(&mut self, who: &str, id: u64) -> Done<()> {
        act(&mut self.world, who, 0, self.market.call_mut().settle(id))
    }

    pub(super) fn settle_refused(&mut self, who: &str, id: u64) -> MarketError {
        refused(&mut self.world, who, 0, self.market.call_mut().settle(id))
    }

    pub(super) fn freeze(&mut self, coupon: CouponId, reason: Option<u8>) {
        act(&mut self.world, "bakery", 0, self.to.office.call_mut().set_frozen(coupon, reason));
    }

    pub(super) fn pause_trading(&mut self) {
        let scopes = shared::registry::Scope::Trading.bit();
        act(&mut self.world, OWNER, 0, self.to.office.call_mut().set_paused(scopes));
    }

    pub(super) fn at(&mut self, time: u64) {
        self.world.chain.set_time(time).unwrap();
    }

    pub(super) fn owner(&self, coupon: CouponId) -> AccountId {
        self.world.coupon(coupon).expect("a live coupon").owner
    }

    pub(super) fn entry(&self, id: u64) -> Option<Entry> {
        read(&self.world, self.market.call().listing(id))
    }

    pub(super) fn status(&self, id: u64) -> Option<Status> {
        self.entry(id).map(|entry| entry.status)
    }

    pub(super) fn credit(&self, who: &str) -> Balance {
        read(&self.world, self.market.call().credit(account(who), NATIVE))
    }

    pub(super) fn root(&self) -> Root {
        read(&self.world, self.market.call().config()).expect("a root")
    }

    /// What the usual listing says: a royalty of 5% and a fee of 2%.
    pub(super) fn usual(&self, ask: Ask) -> Listing {
        Listing {
            seller: account("ann"),
            registry: self.world.suite.registry,
            coupons: vec![self.coupon],
            asset: NATIVE,
            issuer: account("bakery"),
            ask,
            reserved: None,
            left: 500,
            coupons_end: terms().redeem_window.end,
            highest: None,
            royalty_bps: 500,
            fee_bps: 200,
            opened_at: NOW,
            ends_at: ENDS_AT,
        }
    }
}

pub(super) fn english(reserve: Balance, step: Balance) -> Ask {
    Ask::English { reserve, step }
}

pub(super) fn code_of(world: &World, contract: AccountId) -> Hash {
    world.chain.code_hash_of(contract).unwrap().unwrap()
}

/// Another market, with these rules.
pub(super) fn make(
    world: &mut World,
    fee_bps: u16,
    registries: Vec<Hash>,
    tokens: Vec<AccountId>,
) -> Result<MarketRef, chain::ChainError> {
    let code = code_of(world, world.suite.market);
    let constructor = MarketRef::new(Rules { fee_bps, registries, tokens });
    let made = world.chain.instantiate_typed(account(OWNER), code, 0, b"another".to_vec(), constructor);
    made.map(|(address, _)| at(address))
}
