//! How coupons end unspent: their time is over, or the issuer revokes them; and how an acceptor frees old records.

use crate::scene::*;
use desk::events::{CouponExpired, RedemptionForgotten};
use e2e_tests::{account, World};
use ink::codegen::TraitCallBuilder;
use office::events::CouponRevoked;
use registry::events::Transfer;
use shared::{
    assets::Asset,
    ids::CouponId,
    order::Order,
    psp34::PSP34,
    registry::RegistryError,
    terms::{Benefit, Breakage, Card, Funding, Terms},
};

/// Backed; of what is left in an ended coupon, 30% is the holder's and 20% a fund's.
fn shared_out() -> Terms {
    terms_but(|t| {
        t.funding = Funding::Escrow;
        t.benefit = Benefit::StoredValue { value: 1_001 };
        t.breakage = Breakage { holder_bps: 3_000, fund: Some((account("dee"), 2_000)) };
        t.valid_for = Some(2 * DAY);
    })
}

const ENDS: u64 = NOW + 2 * DAY;

/// Ann's coupon, at the first moment that it can't be spent.
fn ended(terms: Terms, escrow: u128) -> (World, Doors, CouponId) {
    let (mut world, to, coupon) = ann_has_a_coupon(terms, escrow);
    world.chain.set_time(ENDS).unwrap();
    (world, to, coupon)
}

// Feature: Escrow backing.
#[test]
fn anyone_ends_a_coupon_in_time_and_its_backing_is_shared_as_the_terms_say() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(shared_out(), 2_000);
    world.chain.set_time(ENDS - 1).unwrap();
    let early = RegistryError::NotExpired { coupon, ends_at: ENDS };
    assert_eq!(refused(&mut world, "ben", 0, to.desk.call_mut().expire(coupon)), early);
    world.chain.set_time(ENDS).unwrap();
    let done = act(&mut world, "ben", 0, to.desk.call_mut().expire(coupon));
    let told = CouponExpired { coupon, cleared: false, to_holder: 300, to_fund: 200 };
    assert_eq!(done.events, [by(world.suite.desk, told)]);
    assert_eq!(done.moved, [("ann", 300), ("dee", 200), ("registry", -500)], "shares are rounded down");
    let progress = world.progress(coupon.campaign);
    assert_eq!((progress.escrow_left, progress.reserved), (1_500, 0));
    assert_eq!(world.coupon(coupon).unwrap().left, 0, "its deposit isn't a stranger's");
    act(&mut world, "bakery", 0, to.office.call_mut().withdraw_escrow(coupon.campaign, 1_500));
}

#[test]
fn its_holder_or_its_issuer_clears_an_ended_coupon_and_nothing_is_shared_twice() {
    for who in ["ann", "bakery"] {
        let (mut world, mut to, coupon) = ended(shared_out(), 2_000);
        act(&mut world, "ben", 0, to.desk.call_mut().expire(coupon));
        let again = to.desk.call_mut().expire(coupon);
        assert_eq!(refused(&mut world, "ben", 0, again), RegistryError::NoChange);
        let done = act(&mut world, who, 0, to.desk.call_mut().expire(coupon));
        let told = CouponExpired { coupon, cleared: true, to_holder: 0, to_fund: 0 };
        let gone = Transfer { from: Some(account("ann")), to: None, id: coupon.into() };
        assert_eq!(done.events, [by(world.suite.desk, told), by(world.suite.registry, gone)]);
        assert_eq!(done.moved, []);
        assert!(done.cost.deposit < 0, "{who} has the deposit");
        assert_eq!((world.coupon(coupon), world.holder(account("ann")).coupons), (None, 0));
    }
}

#[test]
fn its_holder_ends_and_clears_it_at_once() {
    let (mut world, mut to, coupon) = ended(shared_out(), 2_000);
    let done = act(&mut world, "ann", 0, to.desk.call_mut().expire(coupon));
    let told = CouponExpired { coupon, cleared: true, to_holder: 300, to_fund: 200 };
    assert_eq!(done.events[0], by(world.suite.desk, told));
    assert_eq!(done.moved, [("ann", 300), ("dee", 200), ("registry", -500)]);
    assert_eq!(world.coupon(coupon), None);
}

#[test]
fn an_emptied_coupon_is_worth_nothing_to_anyone() {
    let (mut world, mut to, coupon) = ended(shared_out(), 2_000);
    act(&mut world, "ben", 0, to.desk.call_mut().expire(coupon));
    let message = to.office.call_mut().top_up(coupon, 50);
    let spent = RegistryError::NotStoredValue { coupon };
    assert_eq!(refused(&mut world, "bakery", 50, message), spent);
    let done = act(&mut world, "bakery", 0, to.office.call_mut().revoke(coupon, 1));
    assert_eq!(done.moved, []);
}

#[test]
fn what_breakage_has_still_to_share_is_not_the_issuers_to_withdraw() {
    let (mut world, mut to, coupon) = ended(shared_out(), 1_001);
    let over = terms().redeem_window.end + terms().rollback_window;
    world.chain.set_time(over).unwrap();
    let committed = RegistryError::EscrowCommitted { asked: 1, free: 0 };
    let message = to.office.call_mut().withdraw_escrow(coupon.campaign, 1);
    assert_eq!(refused(&mut world, "bakery", 0, message), committed);
    let done = act(&mut world, "ann", 0, to.desk.call_mut().expire(coupon));
    assert_eq!(done.moved, [("ann", 300), ("dee", 200), ("registry", -500)]);
    act(&mut world, "bakery", 0, to.office.call_mut().withdraw_escrow(coupon.campaign, 501));
}

#[test]
fn a_share_that_cannot_be_paid_waits_and_the_others_are_paid() {
    let mut terms = shared_out();
    terms.breakage.fund = Some((account("ghost"), 2_000));
    let (mut world, mut to, coupon) = ended(terms, 2_000);
    let done = act(&mut world, "ben", 0, to.desk.call_mut().expire(coupon));
    assert_eq!(done.moved, [("ann", 300), ("registry", -300)]);
    assert_eq!(world.credit(account("ghost"), Asset::Native), 200);
}

#[test]
fn without_backing_an_ended_coupon_is_only_cleared() {
    let (mut world, mut to, coupon) = ended(terms_but(|t| t.valid_for = Some(2 * DAY)), 0);
    let done = act(&mut world, "bakery", 0, to.desk.call_mut().expire(coupon));
    assert_eq!(done.moved, []);
    assert_eq!(world.coupon(coupon), None);
    let unknown = to.desk.call_mut().expire(coupon);
    assert_eq!(refused(&mut world, "bakery", 0, unknown), RegistryError::NoSuchCoupon { coupon });
}

// Feature: Validity.
#[test]
fn an_extended_window_puts_the_end_off() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let (campaign, end) = (coupon.campaign, terms().redeem_window.end);
    let extend = shared::campaigns::Improvement::ExtendRedeemWindow { until: end + DAY };
    act(&mut world, "bakery", 0, to.office.call_mut().improve_campaign(campaign, extend));
    world.chain.set_time(end).unwrap();
    let early = RegistryError::NotExpired { coupon, ends_at: end + DAY };
    assert_eq!(refused(&mut world, "ann", 0, to.desk.call_mut().expire(coupon)), early);
    let late = Order { deadline: end + HOUR, ..order("bakery", 1) };
    spend(&mut world, &whole(&[coupon]), &late);
}

// Feature: Freeze / revoke.
#[test]
fn revoking_a_backed_coupon_pays_its_holder_all_that_backs_it() {
    let cases = [
        (Terms { card: Card::Uses(3), ..terms_but(|t| t.funding = Funding::Escrow) }, 1_500),
        (shared_out(), 1_001),
        (terms(), 0),
    ];
    for (terms, backing) in cases {
        let escrow = if terms.funding == Funding::Escrow { 2_000 } else { 0 };
        let (mut world, mut to, coupon) = ann_has_a_coupon(terms, escrow);
        let send = PSP34::transfer(to.registry.call_mut(), account("ben"), coupon.into(), vec![]);
        act(&mut world, "ann", 0, send);
        let done = act(&mut world, "bakery", 0, to.office.call_mut().revoke(coupon, 3));
        let told = CouponRevoked { coupon, reason: 3, paid: backing };
        let gone = Transfer { from: Some(account("ben")), to: None, id: coupon.into() };
        assert_eq!(done.events, [by(world.suite.office, told), by(world.suite.registry, gone)]);
        let paid = i128::try_from(backing).unwrap();
        let expected = [("ben", paid), ("registry", -paid)];
        assert_eq!(done.moved, if paid == 0 { vec![] } else { expected.to_vec() });
        let progress = world.progress(coupon.campaign);
        assert_eq!((progress.escrow_left, progress.reserved), (escrow - backing, 0));
        let again = to.office.call_mut().revoke(coupon, 3);
        assert_eq!(refused(&mut world, "bakery", 0, again), RegistryError::NoSuchCoupon { coupon });
    }
}

#[test]
fn nothing_is_paid_to_a_market_for_a_coupon_it_only_holds() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(shared_out(), 2_000);
    let mut market = ann_lists(&mut world, &mut to, coupon);
    let there = world.suite.market;
    let held = RegistryError::HeldByContract { holder: there };
    assert_eq!(refused(&mut world, "bakery", 0, to.office.call_mut().revoke(coupon, 1)), held);
    world.chain.set_time(ENDS).unwrap();
    assert_eq!(refused(&mut world, "ben", 0, to.desk.call_mut().expire(coupon)), held);
    act(&mut world, "ann", 0, market.call_mut().cancel(1));
    let done = act(&mut world, "ben", 0, to.desk.call_mut().expire(coupon));
    assert_eq!(done.moved, [("ann", 300), ("dee", 200), ("registry", -500)]);
}

#[test]
fn only_the_issuer_revokes_and_no_operator() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    act(&mut world, "bakery", 0, to.office.call_mut().set_role(account("till"), true, true, None));
    let not_issuer = RegistryError::NotIssuer { issuer: account("bakery") };
    for who in ["till", "ann", "owner"] {
        assert_eq!(refused(&mut world, who, 0, to.office.call_mut().revoke(coupon, 3)), not_issuer);
    }
}

#[test]
fn an_acceptor_forgets_a_redemption_thirty_days_after_it_is_final() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let redemption = spend(&mut world, &whole(&[coupon]), &order("bakery", 1)).result;
    let until = NOW + 31 * DAY;
    world.chain.set_time(until - 1).unwrap();
    let message = to.desk.call_mut().forget(redemption.clone());
    let not_final = RegistryError::NotFinal { final_at: until, now: until - 1 };
    assert_eq!(refused(&mut world, "bakery", 0, message), not_final);
    world.chain.set_time(until).unwrap();
    let message = to.desk.call_mut().forget(redemption.clone());
    let not_acceptor = RegistryError::NotAcceptor { signer: account("ann") };
    assert_eq!(refused(&mut world, "ann", 0, message), not_acceptor);
    let done = act(&mut world, "bakery", 0, to.desk.call_mut().forget(redemption.clone()));
    let told = RedemptionForgotten { acceptor: account("bakery"), number: 1 };
    assert_eq!(done.events, [by(world.suite.desk, told)]);
    assert!(done.cost.deposit < 0);

    let unknown = RegistryError::NoSuchRedemption { number: 1 };
    assert_eq!(refused(&mut world, "bakery", 0, to.desk.call_mut().forget(redemption.clone())), unknown);
    let message = to.desk.call_mut().rate(redemption, 5, None);
    assert_eq!(refused(&mut world, "ann", 0, message), unknown);
    let word = world.order_word(account("bakery"), 1);
    assert!(word.is_used(1), "its number stays used");
}
