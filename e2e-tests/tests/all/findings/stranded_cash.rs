//! The cash that a swap added waited for the issuer: as long as a coupon of the listing was frozen, nobody could take the listing back, nor its cash.

use crate::{
    market::{Stall, ENDS_AT, NATIVE},
    scene::*,
};
use ::market::{
    error::MarketError,
    events::ListingFailed,
    listings::{Ask, Status, Wants},
};
use e2e_tests::account;
use ink::codegen::TraitCallBuilder;

/// Ann would add 1,000 to her coupon for one of ben's; its issuer has frozen it.
fn frozen() -> (Stall, u64) {
    let mut s = Stall::new(terms());
    let bens = s.another("cinema", terms(), "ben");
    let wants = Wants { coupons: vec![bens], least_left: 0, ends_no_sooner: 0 };
    let id = s.list("ann", s.coupon, Ask::Swap { wants, asks: 0, adds: 1_000 });
    s.freeze(s.coupon, Some(1));
    (s, id)
}

/// Nothing but the coupon is left of the listing, and it goes back once it is thawed.
fn only_the_coupon_waits(mut s: Stall, id: u64) {
    assert_eq!((s.status(id), s.credit("ann"), s.root().held), (Some(Status::Failed), 1_000, 1));
    assert_eq!(s.cancel_refused("ann", id), MarketError::CouponFrozen { coupon: s.coupon });
    let done = act(&mut s.world, "ann", 0, s.market.call_mut().withdraw(NATIVE));
    assert_eq!(done.moved, [("ann", 1_000), ("market", -1_000)]);
    s.freeze(s.coupon, None);
    assert_eq!(s.cancel("ann", id).moved, [], "the cash went back before");
    assert_eq!((s.owner(s.coupon), s.entry(id), s.root().held), (account("ann"), None, 0));
}

#[test]
fn a_seller_has_its_cash_back_while_its_coupon_is_frozen() {
    let (mut s, id) = frozen();
    let done = s.cancel("ann", id);
    assert_eq!(done.moved, []);
    let failed = ListingFailed { payer: account("ann"), id };
    assert_eq!(done.events, [by(s.world.suite.market, failed)]);
    only_the_coupon_waits(s, id);
}

#[test]
fn anyone_clears_a_frozen_swap_that_has_ended_and_the_cash_is_its_sellers() {
    let (mut s, id) = frozen();
    s.at(ENDS_AT);
    assert_eq!(s.settle("relayer", id).moved, []);
    let frozen = MarketError::CouponFrozen { coupon: s.coupon };
    assert_eq!(s.settle_refused("relayer", id), frozen);
    only_the_coupon_waits(s, id);
}
