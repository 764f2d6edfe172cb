//! Each message of custody, on the Wasm that would be deployed: what it does when it agrees, and exactly why it refuses.

pub(crate) mod costs;
mod disputes;
mod hostile;
mod paying;
mod roles;
mod settings;

use crate::scene::*;
use chain::{AccountId, Balance, Chain, Hash, TypedChain};
use custody::{
    error::CustodyError,
    events::*,
    payments::{Dispute, Held, Split},
    terms::HoldingTerms,
    CustodyRef,
};
use e2e_tests::{account, actors::OWNER, keys, signing::Place, World};
use ink::codegen::TraitCallBuilder;
use shared::{
    assets::Asset,
    ids::CouponId,
    order::Order,
    permit::{CouponPermit, Permit},
    terms::Terms,
};

pub(super) const NATIVE: Asset = Asset::Native;
/// What the usual order leaves to pay.
pub(super) const NET: Balance = 1_800;
/// The usual payment can be disputed until then.
pub(super) const DISPUTABLE: u64 = NOW + 3 * DAY;
/// How long a dispute can be ruled.
pub(super) const TO_RULE: u64 = 2 * DAY;

/// A world in which ann holds a coupon of the bakery's, whose web shop is paid through custody; dee is its resolver.
pub(super) struct Counter {
    pub(super) world: World,
    pub(super) to: Doors,
    pub(super) custody: CustodyRef,
    pub(super) coupon: CouponId,
}

/// Custody for the suite's registry, and for one of each of these codes.
pub(crate) fn deploy(world: &mut World, others: &[Hash]) -> AccountId {
    let (owner, tag) = (account(OWNER), world.chain.genesis());
    let registry = world.chain.code_hash_of(world.suite.registry).unwrap().unwrap();
    let (code, _) = world.chain.upload(owner, &e2e_tests::world::wasm("custody")).unwrap();
    let salt = world.chain.height().to_le_bytes().to_vec();
    let known = [&[registry], others].concat();
    world.chain.instantiate_typed(owner, code, 0, salt, CustodyRef::new(tag, known)).unwrap().0
}

/// 60% for the payer where dee doesn't rule.
pub(super) fn holding(world: &World) -> HoldingTerms {
    HoldingTerms {
        registry: world.suite.registry,
        resolver: account("dee"),
        time_to_dispute: 3 * DAY,
        time_to_rule: TO_RULE,
        unruled_bps: 6_000,
    }
}

impl Counter {
    pub(super) fn new(terms: Terms) -> Self {
        Self::knowing(terms, &[])
    }

    /// Custody that knows these codes too.
    pub(super) fn knowing(terms: Terms, others: &[Hash]) -> Self {
        let (mut world, mut to, coupon) = ann_has_a_coupon(terms, 0);
        let here = deploy(&mut world, others);
        act(&mut world, "bakery", 0, to.office.call_mut().set_role(here, false, true, None));
        let mut counter = Self { custody: at(here), world, to, coupon };
        let terms = holding(&counter.world);
        counter.set_terms("bakery", terms);
        counter
    }

    /// Ann has paid the usual order.
    pub(super) fn paid() -> Self {
        let mut counter = Self::new(terms());
        counter.pay("ann", &order("bakery", 1), NET);
        counter
    }

    /// Ann has disputed it at once.
    pub(super) fn disputed() -> Self {
        let mut counter = Self::paid();
        counter.dispute();
        counter
    }

    /// A world in which ann's coupon counts in the token, and she allows custody all of hers.
    pub(super) fn in_tokens() -> Self {
        let asset = open().0.token_asset();
        let mut counter = Self::new(terms_but(|t| t.asset = asset));
        let here = counter.here();
        counter.world.allow("ann", here, 10 * NET);
        counter
    }

    pub(super) fn here(&self) -> AccountId {
        ink::ToAccountId::to_account_id(&self.custody)
    }

    pub(super) fn set_terms(&mut self, who: &str, terms: HoldingTerms) -> Done<u32> {
        act(&mut self.world, who, 0, self.custody.call_mut().set_terms(terms))
    }

    /// The acceptor's permit, in this epoch.
    pub(super) fn permit(&self, signer: &str, coupons: &[CouponPermit], order: &Order, epoch: u32) -> Permit {
        let place = Place { registry: self.here(), ..self.world.place() };
        let presented: Vec<_> = coupons.iter().map(|coupon| coupon.presented).collect();
        let subject = (presented, shared::order::digest(order));
        place.permit(&keys(signer), shared::permit::Purpose::Order, &subject, epoch, order.deadline)
    }

    /// Ann's coupon with her permit.
    pub(super) fn coupons(&self, order: &Order) -> Vec<CouponPermit> {
        held_by(&self.world, "ann", self.coupon, order).coupons
    }

    pub(super) fn pay(&mut self, who: &str, order: &Order, value: Balance) -> Done<Balance> {
        let coupons = self.coupons(order);
        let permit = self.permit(named(order.acceptor), &coupons, order, 0);
        let message = self.custody.call_mut().pay(order.clone(), coupons, permit);
        act(&mut self.world, who, value, message)
    }

    pub(super) fn pay_refused(&mut self, who: &str, order: &Order, value: Balance) -> CustodyError {
        let coupons = self.coupons(order);
        let permit = self.permit(named(order.acceptor), &coupons, order, 0);
        self.refuses_to_take(who, value, order, coupons, permit)
    }

    pub(super) fn refuses_to_take(
        &mut self,
        who: &str,
        value: Balance,
        order: &Order,
        coupons: Vec<CouponPermit>,
        permit: Permit,
    ) -> CustodyError {
        let before = self.kept();
        let message = self.custody.call_mut().pay(order.clone(), coupons, permit);
        let why = refused(&mut self.world, who, value, message);
        assert!(self.kept() == before);
        why
    }

    pub(super) fn dispute(&mut self) -> Done<u64> {
        let message = self.custody.call_mut().dispute(account("bakery"), 1, 4, [5; 32]);
        act(&mut self.world, "ann", 0, message)
    }

    pub(super) fn rule(&mut self, payer_bps: u16) -> Done<Split> {
        let message = self.custody.call_mut().rule(account("bakery"), 1, payer_bps);
        act(&mut self.world, "dee", 0, message)
    }

    pub(super) fn settle(&mut self, who: &str) -> Done<Split> {
        act(&mut self.world, who, 0, self.custody.call_mut().settle(account("bakery"), 1))
    }

    pub(super) fn settle_refused(&mut self) -> CustodyError {
        refused(&mut self.world, "relayer", 0, self.custody.call_mut().settle(account("bakery"), 1))
    }

    pub(super) fn give_back(&mut self, amount: Balance) -> Done<Balance> {
        act(&mut self.world, "bakery", 0, self.custody.call_mut().give_back(1, amount))
    }

    pub(super) fn at(&mut self, time: u64) {
        self.world.chain.set_time(time).unwrap();
    }

    pub(super) fn held(&self) -> Option<Held> {
        read(&self.world, self.custody.call().payment(account("bakery"), 1))
    }

    pub(super) fn credit(&self, who: &str, asset: Asset) -> Balance {
        read(&self.world, self.custody.call().credit(account(who), asset))
    }

    /// What custody has beside its existential deposit.
    pub(super) fn holds(&self, asset: Asset) -> Balance {
        let alive = if asset == NATIVE { self.world.chain.existential_deposit() } else { 0 };
        self.world.balance(self.here(), asset) - alive
    }

    /// All that custody stores.
    pub(super) fn kept(&self) -> Vec<chain::StorageItem> {
        self.world.chain.storage(self.here()).unwrap()
    }

    /// What custody should emit.
    pub(super) fn emits(&self, event: impl ink::env::Event) -> Emitted {
        by(self.here(), event)
    }

    /// The usual payment.
    pub(super) fn usual(&self) -> Held {
        Held {
            payer: account("ann"),
            asset: NATIVE,
            amount: NET,
            resolver: account("dee"),
            disputable_until: DISPUTABLE,
            time_to_rule: TO_RULE,
            unruled_bps: 6_000,
            dispute: None,
        }
    }
}

/// All of the usual payment.
pub(super) fn split(to_payer: Balance) -> Split {
    Split { to_payer, to_acceptor: NET - to_payer }
}
