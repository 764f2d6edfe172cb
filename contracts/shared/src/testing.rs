//! Accounts, terms and signatures that unit tests share.
use crate::{
    campaigns::Campaign,
    coupons::Coupon,
    ids::{CampaignId, CouponId},
    order::{Order, Settlement},
    permit::{Domain, Purpose},
    terms::{
        Benefit, Cap, Card, Funding, Limits, PeriodLimits, Stacking, Terms, TransferPolicy, Unit, Window,
    },
    AccountId, Balance, Hash, Signature, Timestamp,
};
use proptest::prelude::*;
use scale::Encode;
use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey};

pub(crate) const DOMAIN: Domain = Domain { chain_tag: [1; 32], contract: account(2) };
pub(crate) const ISSUER: AccountId = account(3);
pub(crate) const HOLDER: AccountId = account(1);
/// Inside both windows of `terms`.
pub(crate) const NOW: Timestamp = 50;

pub(crate) const fn account(n: u8) -> AccountId {
    ink::primitives::AccountId([n; 32])
}

/// A fifth off, at most 500; to be issued from 10 to 100 and spent from 10 to 200.
pub(crate) fn terms() -> Terms {
    Terms {
        redeem_window: Window { start: 10, end: 200 },
        ..Terms::plain(Benefit::PercentOff { bps: 2_000, cap: 500 }, Window { start: 10, end: 100 }, 5)
    }
}

pub(crate) fn campaign(change: impl FnOnce(&mut Terms)) -> Campaign {
    let mut terms = terms();
    change(&mut terms);
    Campaign { issuer: ISSUER, terms }
}

/// A coupon of `campaign`, as just handed to its holder.
pub(crate) fn coupon(campaign: &Campaign) -> Coupon {
    Coupon::new(HOLDER, campaign.terms.valid_until(NOW), &campaign.terms, None)
}

pub(crate) fn id(campaign: CampaignId, serial: u32) -> CouponId {
    CouponId { campaign, serial }
}

/// The issuer's, for a basket of 1,000 that is all in scope.
pub(crate) fn order(number: u64) -> Order {
    Order {
        acceptor: ISSUER,
        number,
        basket: 1_000,
        eligible: 1_000,
        basket_hash: [0; 32],
        deadline: 100,
        settlement: Settlement::OffChain,
    }
}

/// An sr25519 key.
pub(crate) struct Signer(Keypair);

impl Signer {
    pub(crate) fn new(seed: u8) -> Self {
        let secret = MiniSecretKey::from_bytes(&[seed; 32]).unwrap();
        Self(secret.expand_to_keypair(ExpansionMode::Ed25519))
    }

    pub(crate) fn key(&self) -> Hash {
        self.0.public.to_bytes()
    }

    pub(crate) fn account(&self) -> AccountId {
        self.key().into()
    }

    pub(crate) fn sign(
        &self,
        purpose: Purpose,
        subject: &impl Encode,
        epoch: u32,
        deadline: Timestamp,
    ) -> Signature {
        let message = DOMAIN.message(purpose, subject, epoch, deadline);
        self.0.sign_simple(b"substrate", &message).to_bytes()
    }
}

fn any_benefit() -> impl Strategy<Value = Benefit> {
    let value = 1..2_000u128;
    prop_oneof![
        value.clone().prop_map(|value| Benefit::AmountOff { value }),
        (1..=10_000u16, value.clone()).prop_map(|(bps, cap)| Benefit::PercentOff { bps, cap }),
        (0..2_000u128, value.clone()).prop_map(|(price, cap)| Benefit::NewPrice { price, cap }),
        value.clone().prop_map(|worth| Benefit::FreeItem { worth }),
        value.prop_map(|value| Benefit::StoredValue { value }),
    ]
}

fn any_cap() -> impl Strategy<Value = Cap> {
    (prop::option::of(1..6u32), prop::option::of(1..6_000u128)).prop_map(|(uses, value)| Cap { uses, value })
}

fn any_limits() -> impl Strategy<Value = Limits> {
    let unit = prop_oneof![Just(Unit::Day), Just(Unit::Week), Just(Unit::Month)];
    let period = (unit, any_cap(), any_cap()).prop_map(|(unit, campaign, holder)| PeriodLimits {
        unit,
        start: 0,
        campaign,
        holder,
    });
    (prop::option::of(1..6u32), prop::option::of(1..12u32), any_cap(), prop::option::of(period)).prop_map(
        |(issued_per_holder, uses, holder, period)| Limits { issued_per_holder, uses, holder, period },
    )
}

/// Terms of every benefit, card, funding and limit that can be spent until `until`.
pub(crate) fn any_terms(until: Timestamp) -> impl Strategy<Value = Terms> {
    let card = prop_oneof![(1..5u16).prop_map(Card::Uses), (1..5u16).prop_map(Card::Stamps)];
    let funding = prop_oneof![Just(Funding::Merchant), Just(Funding::Escrow)];
    let budget = prop::option::of(1..8_000u128);
    (any_benefit(), card, funding, budget, any_limits(), 1..8u32).prop_map(
        move |(benefit, card, funding, budget, limits, supply)| {
            let stored = matches!(benefit, Benefit::StoredValue { .. });
            Terms {
                card: if stored { Card::Uses(1) } else { card },
                funding,
                budget: budget.filter(|_| funding != Funding::Escrow),
                limits,
                rollback_window: 100,
                stacking: Stacking::Common { priority: 0 },
                transfer: TransferPolicy::Free,
                ..Terms::plain(benefit, Window { start: 0, end: until }, supply)
            }
        },
    )
}

/// What an order may have in scope, small enough that limits and caps matter.
pub(crate) fn any_eligible() -> impl Strategy<Value = Balance> {
    prop_oneof![0..10u128, 0..5_000u128]
}
