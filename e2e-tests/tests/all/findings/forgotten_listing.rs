//! An ended coupon that a contract held couldn't be ended: a listing that its seller never took back kept the issuer from its share of the escrow for good,
//! and a wallet that is a contract from its own.

use crate::scene::*;
use chain::{Chain, TypedChain};
use e2e_tests::{account, actors::OWNER, World};
use ink::codegen::TraitCallBuilder;
use market::MarketRef;
use mock_psp22::TokenRef;
use shared::{
    assets::Asset,
    ids::CouponId,
    psp34::PSP34,
    registry::RegistryError,
    terms::{Breakage, Funding, Terms},
};

/// How long a contract's coupon waits for its person.
const GRACE: u64 = 90 * DAY;

/// Backed, and 30% of what is left at its end is the holder's.
fn shared_out() -> Terms {
    terms_but(|t| {
        t.funding = Funding::Escrow;
        t.breakage = Breakage { holder_bps: 3_000, fund: None };
    })
}

fn ends() -> u64 {
    terms().redeem_window.end
}

/// Ann has listed her coupon, and it has ended.
fn listed() -> (World, Doors, MarketRef, CouponId) {
    let (mut world, mut to, coupon) = ann_has_a_coupon(shared_out(), 500);
    let market = ann_lists(&mut world, &mut to, coupon);
    world.chain.set_time(ends()).unwrap();
    (world, to, market, coupon)
}

#[test]
fn a_listing_that_nobody_takes_back_holds_the_issuers_share_for_ninety_days_only() {
    let (mut world, mut to, mut market, coupon) = listed();
    world.chain.set_time(ends() + GRACE - 1).unwrap();
    let held = RegistryError::HeldByContract { holder: world.suite.market };
    let message = to.desk.call_mut().expire(coupon);
    assert_eq!(refused(&mut world, "relayer", 0, message), held);
    let withdraw = to.office.call_mut().withdraw_escrow(coupon.campaign, 350);
    let committed = RegistryError::EscrowCommitted { asked: 350, free: 0 };
    assert_eq!(refused(&mut world, "bakery", 0, withdraw), committed);

    world.chain.set_time(ends() + GRACE).unwrap();
    let moment = world.fixture();
    for who in ["relayer", "bakery"] {
        let mut world = moment.world();
        let done = act(&mut world, who, 0, to.desk.call_mut().expire(coupon));
        assert_eq!(done.moved, [("registry", -150), ("market", 150)]);
        // It stays, empty, so that its seller can take it back and have its deposit.
        assert_eq!(world.coupon(coupon).unwrap().left, 0);
        let message = to.desk.call_mut().expire(coupon);
        assert_eq!(refused(&mut world, who, 0, message), RegistryError::NoChange);
        let done = act(&mut world, "bakery", 0, to.office.call_mut().withdraw_escrow(coupon.campaign, 350));
        assert_eq!(done.moved, [("bakery", 350), ("registry", -350)]);

        act(&mut world, "ann", 0, market.call_mut().cancel(1));
        act(&mut world, "ann", 0, to.desk.call_mut().expire(coupon));
        assert_eq!(world.coupon(coupon), None);
    }
}

#[test]
fn a_wallet_that_is_a_contract_ends_its_own_coupon_at_once() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(shared_out(), 500);
    let code = world.chain.code_hash_of(world.token).unwrap().unwrap();
    let made = world.chain.instantiate_typed(account(OWNER), code, 0, b"wallet".to_vec(), TokenRef::new(0));
    let wallet = made.unwrap().0;
    act(&mut world, "ann", 0, PSP34::transfer(to.registry.call_mut(), wallet, coupon.into(), vec![]));
    world.chain.set_time(ends()).unwrap();
    let message = to.desk.call_mut().expire(coupon);
    let held = RegistryError::HeldByContract { holder: wallet };
    assert_eq!(refused(&mut world, "ann", 0, message), held);

    let data = data_of(to.desk.call_mut().expire(coupon));
    let mut hand: TokenRef = at(wallet);
    let before = world.balance(wallet, Asset::Native);
    let desk = world.suite.desk;
    let done = call(&mut world, "ann", 0, hand.call_mut().pass_on(desk, data));
    assert!(done.result, "the desk agrees");
    assert_eq!(world.balance(wallet, Asset::Native) - before, 150);
    assert_eq!(world.coupon(coupon), None);
}
