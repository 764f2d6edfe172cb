//! From paper to discount in one call: no token comes into being.

use crate::scene::*;
use e2e_tests::{
    account, keys,
    signing::{Codes, Target},
    World,
};
use ink::codegen::TraitCallBuilder;
use registry::events::{CouponsIssued, OrdersRedeemed, Transfer};
use shared::{
    claims::{CodeClaim, Source},
    coupons::Holder,
    ids::CouponId,
    order::Order,
    permit::OrderPermit,
    registry::RegistryError,
    terms::{Audience, Benefit, Card, Funding, Terms, TransferPolicy},
    Timestamp,
};

/// A drop of five codes of a campaign of the bakery's.
fn dropped(terms: Terms, escrow: u128) -> (World, Doors, Codes) {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms, escrow);
    let codes = Codes::print("bakery", 5);
    act(&mut world, "bakery", 0, to.office.call_mut().create_drop(campaign, codes.root(), codes.size()));
    (world, to, codes)
}

fn target(index: u32) -> Target {
    Target { campaign: 1, drop: 1, index, to: account("ann"), advocate: None }
}

/// Ann's code, spent on `order`.
fn ready(world: &World, codes: &Codes, index: u32, order: &Order) -> CodeClaim {
    codes.claim_and_spend(world.place(), target(index), order)
}

/// The acceptor's consent, signed by `signer`: to the campaign's coupon of serial 0, since nobody knows the serial beforehand.
fn consent(world: &World, signer: &str, order: &Order) -> Option<OrderPermit> {
    let unclaimed = CouponId { campaign: 1, serial: 0 };
    Some(world.place().order(&keys(signer), &whole(&[unclaimed]), order))
}

#[test]
fn a_code_is_claimed_and_spent_at_once_and_no_token_comes_into_being() {
    let (mut world, mut to, codes) = dropped(terms_but(|t| t.valid_for = Some(DAY)), 0);
    let order = order("bakery", 1);
    let claim = ready(&world, &codes, 3, &order);
    let done =
        act(&mut world, "bakery", 0, to.registry.call_mut().claim_and_redeem(claim, order.clone(), None));

    let used = done.result.uses[0];
    assert_eq!((used.coupon, used.holder), (CouponId { campaign: 1, serial: 1 }, account("ann")));
    assert_eq!((used.discount, used.left_before, used.left_after), (200, 1, 0));
    let (source, advocate, valid_until) = (Source::Code { drop: 1, index: 3 }, None, NOW + DAY);
    let issued = CouponsIssued { campaign: 1, first_serial: 1, count: 1, valid_until, advocate, source };
    let redeemed =
        OrdersRedeemed { acceptor: order.acceptor, redemptions: vec![done.result.clone()], claimed: true };
    let here = world.suite.registry;
    assert_eq!(done.events, [by(here, issued), by(here, redeemed)], "and no Transfer");
    assert_eq!(world.holder(account("ann")), Holder::default());
    assert_eq!(world.coupon(used.coupon), None);
    let progress = world.progress(1);
    assert_eq!((progress.issued, progress.uses), (1, 1));
    assert_eq!(read(&world, shared::psp34::PSP34::total_supply(to.registry.call())), 0);
}

// Feature: Secret claim.
#[test]
fn the_codes_key_signs_this_order_and_this_account() {
    let (mut world, mut to, codes) = dropped(terms(), 0);
    let paid = order("bakery", 1);
    let good = ready(&world, &codes, 3, &paid);
    let unsigned = RegistryError::ClaimUnsigned { index: 3 };
    let plain = codes.claim(world.place(), 1, 1, 3, account("ann"));
    let cases = [
        (CodeClaim { to: account("ben"), ..good.clone() }, paid.clone(), unsigned),
        (CodeClaim { advocate: Some(account("ben")), ..good.clone() }, paid.clone(), unsigned),
        (plain, paid.clone(), unsigned),
        (good.clone(), order("bakery", 2), unsigned),
        (CodeClaim { index: 2, ..good.clone() }, paid.clone(), RegistryError::CodeUnproven { index: 2 }),
        (
            CodeClaim { drop: 2, ..good.clone() },
            paid.clone(),
            RegistryError::NoSuchDrop { campaign: 1, drop: 2 },
        ),
        (
            CodeClaim { campaign: 9, ..good.clone() },
            paid.clone(),
            RegistryError::NoSuchCampaign { campaign: 9 },
        ),
    ];
    for (claim, order, expected) in cases {
        let message = to.registry.call_mut().claim_and_redeem(claim, order, None);
        assert_eq!(refused(&mut world, "bakery", 0, message), expected);
    }
    // What is signed to be spent at once is no plain claim.
    assert_eq!(refused(&mut world, "ann", 0, to.registry.call_mut().claim(good)), unsigned);
}

#[test]
fn a_code_works_once_whichever_way() {
    let (mut world, mut to, codes) = dropped(terms(), 0);
    let first = order("bakery", 1);
    let claim = ready(&world, &codes, 3, &first);
    let message = to.registry.call_mut().claim_and_redeem(claim.clone(), first.clone(), None);
    act(&mut world, "bakery", 0, message);
    let again = to.registry.call_mut().claim_and_redeem(claim, first, None);
    assert_eq!(refused(&mut world, "bakery", 0, again), RegistryError::OrderUsed { number: 1 });
    let used = RegistryError::CodeUsed { index: 3 };
    let second = order("bakery", 2);
    let claim = ready(&world, &codes, 3, &second);
    let message = to.registry.call_mut().claim_and_redeem(claim, second, None);
    assert_eq!(refused(&mut world, "bakery", 0, message), used);
    let plain = codes.claim(world.place(), 1, 1, 3, account("ann"));
    assert_eq!(refused(&mut world, "ann", 0, to.registry.call_mut().claim(plain)), used);
}

// Feature: Relayed tx.
#[test]
fn anyone_brings_it_with_the_acceptors_consent_and_pays_on_chain() {
    let (mut world, mut to, codes) = dropped(terms(), 0);
    let order = order_on_chain("bakery", 1);
    let claim = ready(&world, &codes, 0, &order);
    let nobody = to.registry.call_mut().claim_and_redeem(claim.clone(), order.clone(), None);
    let not_acceptor = RegistryError::NotAcceptor { signer: account("relayer") };
    assert_eq!(refused(&mut world, "relayer", 1_800, nobody), not_acceptor);
    let other =
        Some(world.place().order(&keys("bakery"), &whole(&[CouponId { campaign: 1, serial: 1 }]), &order));
    let message = to.registry.call_mut().claim_and_redeem(claim.clone(), order.clone(), other);
    let invalid = RegistryError::PermitInvalid { signer: account("bakery") };
    assert_eq!(refused(&mut world, "relayer", 1_800, message), invalid);
    let signed = consent(&world, "bakery", &order);
    let message = to.registry.call_mut().claim_and_redeem(claim, order, signed);
    let done = act(&mut world, "relayer", 1_800, message);
    assert_eq!(done.moved, [("bakery", 1_800), ("relayer", -1_800)]);
    assert_eq!(done.result.payer, Some(account("relayer")));
}

#[test]
fn what_one_use_does_not_use_up_is_claimed_as_a_coupon() {
    let not_one_use = RegistryError::NotOneUse { campaign: 1 };
    let card = Benefit::StoredValue { value: 1_500 };
    for terms in [
        terms_but(|t| t.card = Card::Uses(2)),
        terms_but(|t| t.card = Card::Stamps(2)),
        terms_but(|t| t.benefit = card),
    ] {
        let (mut world, mut to, codes) = dropped(terms, 0);
        let order = order("bakery", 1);
        let claim = ready(&world, &codes, 0, &order);
        let message = to.registry.call_mut().claim_and_redeem(claim, order, None);
        assert_eq!(refused(&mut world, "bakery", 0, message), not_one_use);
    }
    let (mut world, mut to, codes) = dropped(terms_but(|t| t.benefit = card), 0);
    let all = Order { basket: 9_000, eligible: 9_000, ..order("bakery", 1) };
    let claim = ready(&world, &codes, 0, &all);
    let done = act(&mut world, "bakery", 0, to.registry.call_mut().claim_and_redeem(claim, all, None));
    assert_eq!(done.result.discount(), 1_500);
}

#[test]
fn both_the_claims_rules_and_the_redemptions_hold() {
    let in_time = terms();
    let start = |t: &mut Terms| t.redeem_window.start = NOW + HOUR;
    let attested = |t: &mut Terms| {
        t.audience = Audience::Attested { key: [1; 32], class: 4 };
        t.transfer = TransferPolicy::Soulbound;
    };
    let window = in_time.redeem_window;
    let closed = RegistryError::RedeemWindowClosed { start: NOW + HOUR, end: window.end, now: NOW };
    let limits = |t: &mut Terms| t.limits.uses = Some(1);
    let cases: [(Terms, u128, &str, RegistryError); 5] = [
        (terms_but(start), 0, "bakery", closed),
        (terms_but(attested), 0, "bakery", RegistryError::AttestationMissing { class: 4 }),
        (
            terms_but(|t| t.funding = Funding::Escrow),
            499,
            "bakery",
            RegistryError::EscrowShort { needed: 500, free: 499 },
        ),
        (
            terms_but(limits),
            0,
            "cinema",
            RegistryError::ForeignCoupon { coupon: CouponId { campaign: 1, serial: 1 } },
        ),
        (terms_but(|t| t.budget = Some(199)), 0, "bakery", RegistryError::BudgetExhausted { campaign: 1 }),
    ];
    for (terms, escrow, acceptor, expected) in cases {
        let (mut world, mut to, codes) = dropped(terms, escrow);
        let order = order(acceptor, 1);
        let claim = ready(&world, &codes, 0, &order);
        let message = to.registry.call_mut().claim_and_redeem(claim, order, None);
        assert_eq!(refused(&mut world, acceptor, 0, message), expected);
    }
}

#[test]
fn a_holders_limits_count_both_the_issue_and_the_use() {
    let terms = terms_but(|t| {
        t.limits.issued_per_holder = Some(1);
        t.limits.holder.uses = Some(5);
    });
    let (mut world, mut to, codes) = dropped(terms, 0);
    let first = order("bakery", 1);
    let claim = ready(&world, &codes, 0, &first);
    act(&mut world, "bakery", 0, to.registry.call_mut().claim_and_redeem(claim, first, None));
    let usage = world.usage(1, account("ann")).unwrap();
    assert_eq!((usage.issued, usage.uses, usage.value), (1, 1, 200));
    let second = order("bakery", 2);
    let claim = ready(&world, &codes, 1, &second);
    let message = to.registry.call_mut().claim_and_redeem(claim, second, None);
    assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::HolderLimit { limit: 1 });
}

#[test]
fn rolled_back_it_is_a_coupon_of_the_claimers() {
    let (mut world, mut to, codes) = dropped(terms_but(|t| t.funding = Funding::Escrow), 700);
    let order = order("bakery", 1);
    let claim = ready(&world, &codes, 3, &order);
    let message = to.registry.call_mut().claim_and_redeem(claim, order, None);
    let done = act(&mut world, "bakery", 0, message);
    assert_eq!(done.moved, [("bakery", 200), ("registry", -200)]);
    let done = act(&mut world, "bakery", 200, to.desk.call_mut().roll_back(done.result, None));
    let coupon = CouponId { campaign: 1, serial: 1 };
    let back = Transfer { from: None, to: Some(account("ann")), id: coupon.into() };
    assert_eq!(done.events[0], by(world.suite.registry, back));
    assert_eq!(world.coupon(coupon).unwrap().valid_until, Timestamp::MAX);
    let progress = world.progress(1);
    assert_eq!((progress.reserved, progress.escrow_left, progress.uses), (500, 700, 0));
    spend(&mut world, &whole(&[coupon]), &crate::scene::order("bakery", 2));
}
