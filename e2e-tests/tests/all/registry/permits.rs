//! Consent: a permit holds for exactly what was signed, by whom, where, and until when.

use crate::scene::*;
use e2e_tests::{account, keys, signing::Place, World};
use ink::codegen::TraitCallBuilder;
use shared::{
    coupons::Holder,
    ids::CouponId,
    order::{digest, Order, Settlement},
    permit::{CouponPermit, OrderPermit, Permit, Permits, Presented, Purpose},
    registry::{CouponRegistry, RegistryError},
    terms::{Acceptance, Card},
};

const DEADLINE: u64 = NOW + HOUR;

/// Bakery and cinema accept the coupon; ann holds another one.
fn stage() -> (World, Doors, CouponId, CouponId) {
    let terms = terms_but(|t| t.acceptance = Acceptance::Listed(vec![account("bakery"), account("cinema")]));
    let (mut world, to, coupon) = ann_has_a_coupon(terms, 0);
    let other = issue(&mut world, "bakery", coupon.campaign, "ann");
    (world, to, coupon, other)
}

fn other_places(world: &World) -> [Place; 2] {
    let here = world.place();
    let mut other_chain = here;
    other_chain.chain_tag[0] ^= 1;
    [other_chain, Place { registry: world.suite.market, ..here }]
}

/// Every order that differs from `order` in one field.
fn altered(order: &Order) -> [Order; 7] {
    let order = order.clone();
    [
        Order { acceptor: account("cinema"), ..order.clone() },
        Order { number: order.number + 1, ..order.clone() },
        Order { basket: order.basket + 1, ..order.clone() },
        Order { eligible: order.eligible + 1, ..order.clone() },
        Order { basket_hash: [8; 32], ..order.clone() },
        Order { deadline: order.deadline + 1, ..order.clone() },
        Order { settlement: Settlement::OnChain, ..order },
    ]
}

/// Every permit that differs from `permit` in what it says or what was signed for it, and the reason it fails for.
fn spoilt(
    world: &World,
    who: &str,
    sign: &dyn Fn(Place, Purpose, u32, u64) -> Permit,
    purpose: Purpose,
) -> Vec<(Permit, RegistryError)> {
    let here = world.place();
    let good = sign(here, purpose, 0, DEADLINE);
    let invalid = RegistryError::PermitInvalid { signer: account(who) };
    let all = [
        Purpose::Claim,
        Purpose::Order,
        Purpose::Spend,
        Purpose::ClaimAndSpend,
        Purpose::Voucher,
        Purpose::Attest,
    ];
    let others = all.into_iter().filter(|other| *other != purpose);
    let mut cases = vec![
        (Permit { deadline: DEADLINE + 1, ..good.clone() }, invalid),
        (Permit { deadline: NOW, ..good.clone() }, RegistryError::PermitExpired { deadline: NOW, now: NOW }),
        (Permit { epoch: 1, ..good.clone() }, RegistryError::PermitCancelled { epoch: 1, current: 0 }),
        (Permit { epoch: 0, ..sign(here, purpose, 1, DEADLINE) }, invalid),
    ];
    cases.extend(other_places(world).map(|place| (sign(place, purpose, 0, DEADLINE), invalid)));
    cases.extend(others.map(|other| (sign(here, other, 0, DEADLINE), invalid)));
    for byte in [0, 31, 32, 63] {
        let mut permit = good.clone();
        permit.signature[byte] ^= 1;
        cases.push((permit, invalid));
    }
    cases
}

// Feature: Signed redemption.
#[test]
fn a_holders_permit_is_void_with_any_field_altered() {
    let (mut world, mut to, coupon, other) = stage();
    let order = order("bakery", 1);
    let subject = (Presented::from(coupon), digest(&order));
    let sign = |place: Place, purpose, epoch, deadline| {
        place.permit(&keys("ann"), purpose, &subject, epoch, deadline)
    };
    for (permit, expected) in spoilt(&world, "ann", &sign, Purpose::Spend) {
        let coupons = vec![CouponPermit { presented: coupon.into(), permit: Some(permit) }];
        let message = to.registry.call_mut().redeem(order.clone(), Permits { acceptor: None, coupons });
        assert_eq!(refused(&mut world, "bakery", 0, message), expected);
    }

    let place = world.place();
    let permit = Some(sign(place, Purpose::Spend, 0, DEADLINE));
    let invalid = RegistryError::PermitInvalid { signer: account("ann") };
    let unwrapped = place.bytes(Purpose::Spend, &subject, 0, DEADLINE);
    let signed_by_ben = place.permit(&keys("ben"), Purpose::Spend, &subject, 0, DEADLINE);
    let raw = Permit { epoch: 0, deadline: DEADLINE, signature: keys("ann").sign(&unwrapped) };
    let presented = [
        CouponPermit { presented: other.into(), permit: permit.clone() },
        CouponPermit { presented: coupon.into(), permit: Some(raw) },
        CouponPermit { presented: coupon.into(), permit: Some(signed_by_ben) },
    ];
    for presented in presented {
        let permits = Permits { acceptor: None, coupons: vec![presented] };
        let message = to.registry.call_mut().redeem(order.clone(), permits);
        assert_eq!(refused(&mut world, "bakery", 0, message), invalid);
    }
    for order in altered(&order) {
        let coupons = vec![CouponPermit { presented: coupon.into(), permit: permit.clone() }];
        let (who, value) = match order.settlement {
            // The acceptor can't pay itself: someone else brings its consent and the price.
            Settlement::OnChain => ("relayer", 2_000),
            Settlement::OffChain if order.acceptor == account("cinema") => ("cinema", 0),
            Settlement::OffChain => ("bakery", 0),
        };
        let acceptor = (who == "relayer").then(|| place.order(&keys("bakery"), &whole(&[coupon]), &order));
        let message = to.registry.call_mut().redeem(order, Permits { acceptor, coupons });
        assert_eq!(refused(&mut world, who, value, message), invalid);
    }
    let coupons = vec![CouponPermit { presented: coupon.into(), permit }];
    act(&mut world, "bakery", 0, to.registry.call_mut().redeem(order, Permits { acceptor: None, coupons }));
}

#[test]
fn an_acceptors_permit_is_void_with_any_field_altered() {
    let (mut world, mut to, coupon, _) = stage();
    let order = order("bakery", 1);
    let subject = (whole(&[coupon]), digest(&order));
    let signer = account("bakery");
    let mine = vec![CouponPermit { presented: coupon.into(), permit: None }];
    let sign = |place: Place, purpose, epoch, deadline| {
        place.permit(&keys("bakery"), purpose, &subject, epoch, deadline)
    };
    let mut refusal = |world: &mut World, order: &Order, signer, permit| {
        let acceptor = Some(OrderPermit { signer, permit });
        let permits = Permits { acceptor, coupons: mine.clone() };
        refused(world, "ann", 0, to.registry.call_mut().redeem(order.clone(), permits))
    };
    for (permit, expected) in spoilt(&world, "bakery", &sign, Purpose::Order) {
        assert_eq!(refusal(&mut world, &order, signer, permit), expected);
    }

    let place = world.place();
    let good = sign(place, Purpose::Order, 0, DEADLINE);
    let invalid = RegistryError::PermitInvalid { signer };
    let unwrapped = place.bytes(Purpose::Order, &subject, 0, DEADLINE);
    let raw = Permit { epoch: 0, deadline: DEADLINE, signature: keys("bakery").sign(&unwrapped) };
    assert_eq!(refusal(&mut world, &order, signer, raw), invalid);
    let by_ann = place.permit(&keys("ann"), Purpose::Order, &subject, 0, DEADLINE);
    assert_eq!(refusal(&mut world, &order, signer, by_ann), invalid);
    for order in altered(&order) {
        let expected = match order.acceptor == signer {
            true => invalid,
            false => RegistryError::NotAcceptor { signer },
        };
        assert_eq!(refusal(&mut world, &order, signer, good.clone()), expected);
    }
    for stranger in ["ann", "cinema"] {
        let permit = place.order(&keys(stranger), &whole(&[coupon]), &order).permit;
        let not_acceptor = RegistryError::NotAcceptor { signer: account(stranger) };
        assert_eq!(refusal(&mut world, &order, account(stranger), permit), not_acceptor);
    }
    let permits = Permits { acceptor: Some(OrderPermit { signer, permit: good }), coupons: mine };
    act(&mut world, "ann", 0, to.registry.call_mut().redeem(order, permits));
}

#[test]
fn both_sides_must_agree() {
    let (mut world, mut to, coupon, _) = stage();
    let order = order("bakery", 1);
    let nobody =
        Permits { acceptor: None, coupons: vec![CouponPermit { presented: coupon.into(), permit: None }] };
    let cases = [
        ("bakery", RegistryError::PermitMissing { coupon }),
        ("ann", RegistryError::NotAcceptor { signer: account("ann") }),
        ("relayer", RegistryError::NotAcceptor { signer: account("relayer") }),
    ];
    for (who, expected) in cases {
        let message = to.registry.call_mut().redeem(order.clone(), nobody.clone());
        assert_eq!(refused(&mut world, who, 0, message), expected);
    }
}

#[test]
fn a_spent_permit_is_no_use_again() {
    let (mut world, mut to, coupon, _) = stage();
    let order = order("bakery", 1);
    let permits = both(&world, "bakery", "ann", coupon, &order);
    act(&mut world, "relayer", 0, to.registry.call_mut().redeem(order.clone(), permits.clone()));
    let used = RegistryError::OrderUsed { number: 1 };
    assert_eq!(refused(&mut world, "relayer", 0, to.registry.call_mut().redeem(order, permits)), used);
}

#[test]
fn another_signature_over_the_same_spends_nothing_more() {
    let (mut world, mut to, card) = ann_has_a_coupon(terms_but(|t| t.card = Card::Uses(2)), 0);
    let order = order("bakery", 1);
    let (first, second) =
        (both(&world, "bakery", "ann", card, &order), both(&world, "bakery", "ann", card, &order));
    let of = |permits: &Permits| permits.coupons[0].permit.clone().unwrap().signature;
    assert_ne!(of(&first), of(&second), "no two signatures are alike");
    act(&mut world, "relayer", 0, to.registry.call_mut().redeem(order.clone(), first));
    let used = RegistryError::OrderUsed { number: 1 };
    assert_eq!(refused(&mut world, "relayer", 0, to.registry.call_mut().redeem(order, second)), used);
    assert_eq!(world.coupon(card).unwrap().left, 1);
}

#[test]
fn a_permit_does_not_outlive_its_signers_holding() {
    let (mut world, mut to, coupon, _) = stage();
    let order = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    let send = shared::psp34::PSP34::transfer(to.registry.call_mut(), account("ben"), coupon.into(), vec![]);
    act(&mut world, "ann", 0, send);
    let invalid = RegistryError::PermitInvalid { signer: account("ben") };
    assert_eq!(refused(&mut world, "bakery", 0, to.registry.call_mut().redeem(order, permits)), invalid);
}

#[test]
fn cancelling_voids_every_permit_signed_before() {
    let (mut world, mut to, coupon, _) = stage();
    let order = order("bakery", 1);
    let old = both(&world, "bakery", "ann", coupon, &order);
    for (who, epoch) in [("bakery", 1), ("ann", 1), ("ann", 2)] {
        let done = act(&mut world, who, 0, to.desk.call_mut().cancel_permits());
        assert_eq!(done.result, epoch);
        assert_eq!(
            done.events,
            [by(world.suite.desk, desk::events::PermitsCancelled { account: account(who), epoch })]
        );
    }
    let cancelled = |current| RegistryError::PermitCancelled { epoch: 0, current };
    let message = to.registry.call_mut().redeem(order.clone(), old.clone());
    assert_eq!(refused(&mut world, "relayer", 0, message), cancelled(1));
    let message = to.registry.call_mut().redeem(order.clone(), Permits { acceptor: None, ..old });
    assert_eq!(refused(&mut world, "bakery", 0, message), cancelled(2));
    let holder = Holder { coupons: 2, permit_epoch: 2 };
    assert_eq!(world.holder(account("ann")), holder);

    let subject = (Presented::from(coupon), digest(&order));
    let permit = Some(world.place().permit(&keys("ann"), Purpose::Spend, &subject, 2, DEADLINE));
    let permits =
        Permits { acceptor: None, coupons: vec![CouponPermit { presented: coupon.into(), permit }] };
    act(&mut world, "bakery", 0, to.registry.call_mut().redeem(order, permits));
}
