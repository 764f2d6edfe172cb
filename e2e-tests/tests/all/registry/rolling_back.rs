//! Undoing a redemption: everything is as before, once, in time, and by its acceptor.

use crate::scene::*;
use desk::events::OrderRolledBack;
use e2e_tests::{account, actors::GHOST, World};
use ink::codegen::TraitCallBuilder;
use registry::events::*;
use shared::{
    assets::{Asset, PaymentFault},
    coupons::Coupon,
    ids::CouponId,
    order::{Order, Redemption},
    registry::{CouponRegistry, RegistryError, ServiceDesk},
    terms::{Acceptance, Funding, Terms, TransferPolicy},
    Timestamp,
};

/// Escrow-funded, accepted by bakery and cinema.
fn escrowed() -> Terms {
    terms_but(|t| {
        t.funding = Funding::Escrow;
        t.acceptance = Acceptance::Listed(vec![account("bakery"), account("cinema")]);
    })
}

/// What the cinema's usual order did to ann's coupon.
fn redeemed(terms: Terms, escrow: u128) -> (World, Doors, CouponId, Redemption) {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms, escrow);
    let order = order("cinema", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    let done = act(&mut world, "cinema", 0, to.registry.call_mut().redeem(order, permits));
    (world, to, coupon, done.result)
}

#[test]
fn a_rollback_restores_the_coupon_the_counters_the_budget_and_the_escrow() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(escrowed(), 700);
    let books =
        |world: &World| (world.progress(coupon.campaign), world.coupon(coupon), world.holder(account("ann")));
    let before = books(&world);
    let order = order("cinema", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    let redemption =
        act(&mut world, "cinema", 0, to.registry.call_mut().redeem(order.clone(), permits)).result;
    assert_ne!(books(&world), before);

    let done = act(&mut world, "cinema", 200, to.desk.call_mut().roll_back(redemption, None));
    assert_eq!(done.moved, [("cinema", -200), ("registry", 200)]);
    let back = Transfer { from: None, to: Some(account("ann")), id: coupon.into() };
    let undone = OrderRolledBack { acceptor: account("cinema"), number: 1, remains: None, to_payer: 0 };
    assert_eq!(done.events, [by(world.suite.registry, back), by(world.suite.desk, undone)]);
    assert_eq!(done.result, None);
    assert_eq!(books(&world), before);

    let used = RegistryError::OrderUsed { number: 1 };
    assert_eq!(till_refuses(&mut world, coupon, "ann", &order), used, "its number stays used");
    let next = Order { number: 2, ..order };
    let permits = held_by(&world, "ann", coupon, &next);
    act(&mut world, "cinema", 0, to.registry.call_mut().redeem(next, permits));
}

#[test]
fn what_was_paid_on_chain_goes_back_to_the_payer() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(escrowed(), 700);
    let order = order_on_chain("cinema", 1);
    let permits = both(&world, "cinema", "ann", coupon, &order);
    let done = act(&mut world, "ben", 1_800, to.registry.call_mut().redeem(order, permits));
    assert_eq!(done.moved, [("cinema", 2_000), ("ben", -1_800), ("registry", -200)]);
    let done = act(&mut world, "cinema", 2_000, to.desk.call_mut().roll_back(done.result, None));
    assert_eq!(done.moved, [("cinema", -2_000), ("ben", 1_800), ("registry", 200)]);
}

#[test]
fn only_the_acceptor_rolls_back_and_a_coupon_comes_back_as_it_was_issued() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms_but(|t| t.valid_for = Some(DAY)), 0);
    let approve =
        shared::psp34::PSP34::approve(to.registry.call_mut(), account("ben"), Some(coupon.into()), true);
    act(&mut world, "ann", 0, approve);
    call(&mut world, "bakery", 0, to.office.call_mut().set_role(account("till"), false, true, None));
    let order = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    let redemption = act(&mut world, "till", 0, to.registry.call_mut().redeem(order, permits)).result;
    let message = to.desk.call_mut().roll_back(redemption.clone(), None);
    let not_acceptor = RegistryError::NotAcceptor { signer: account("till") };
    assert_eq!(refused(&mut world, "till", 0, message), not_acceptor);
    act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(redemption, None));
    let expected = Coupon {
        owner: account("ann"),
        approved: None,
        valid_until: NOW + DAY,
        left: 1,
        frozen: None,
        lock: None,
        advocate: None,
        policy: TransferPolicy::Free,
    };
    assert_eq!(world.coupon(coupon), Some(expected));
}

#[test]
fn only_exactly_what_was_done_is_undone() {
    let (mut world, mut to, _, redemption) = redeemed(escrowed(), 700);
    let good = || redemption.clone();
    let mut other_use = good();
    other_use.uses[0].discount = 300;
    let mut to_ben = good();
    to_ben.uses[0].holder = account("ben");
    let altered = [
        Redemption { acceptor: account("bakery"), ..good() },
        Redemption { order: [0; 32], ..good() },
        Redemption { basket: 2_001, ..good() },
        Redemption { eligible: 999, ..good() },
        Redemption { asset: Asset::Psp22(account("ann")), ..good() },
        Redemption { uses: Vec::new(), ..good() },
        other_use,
        to_ben,
        Redemption { net: 1_801, ..good() },
        Redemption { payer: Some(account("ben")), ..good() },
        Redemption { alliance: Some(account("ben")), ..good() },
        Redemption { cashier: Some(account("ben")), ..good() },
        Redemption { redeemed_at: NOW + 1, ..good() },
        Redemption { final_at: Timestamp::MAX, ..good() },
    ];
    for redemption in altered {
        let message = to.desk.call_mut().roll_back(redemption, None);
        assert_eq!(
            refused(&mut world, "cinema", 200, message),
            RegistryError::NoSuchRedemption { number: 1 }
        );
    }
    let message = to.desk.call_mut().roll_back(Redemption { number: 2, ..good() }, None);
    assert_eq!(refused(&mut world, "cinema", 200, message), RegistryError::NoSuchRedemption { number: 2 });

    act(&mut world, "cinema", 200, to.desk.call_mut().roll_back(good(), None));
    let again = to.desk.call_mut().roll_back(good(), None);
    assert_eq!(refused(&mut world, "cinema", 200, again), RegistryError::NoSuchRedemption { number: 1 });
}

#[test]
fn only_the_acceptor_rolls_back_in_time_and_pays_exactly() {
    let (mut world, mut to, _, redemption) = redeemed(escrowed(), 700);
    for who in ["bakery", "ann", "relayer"] {
        let message = to.desk.call_mut().roll_back(redemption.clone(), None);
        let not_acceptor = RegistryError::NotAcceptor { signer: account(who) };
        assert_eq!(refused(&mut world, who, 200, message), not_acceptor);
    }
    for paid in [0, 199, 201] {
        let message = to.desk.call_mut().roll_back(redemption.clone(), None);
        let wrong = RegistryError::Payment(PaymentFault::WrongValue { expected: 200, paid });
        assert_eq!(refused(&mut world, "cinema", paid, message), wrong);
    }
    let final_at = NOW + DAY;
    world.chain.set_time(final_at).unwrap();
    let message = to.desk.call_mut().roll_back(redemption, None);
    let too_late = RegistryError::RedemptionFinal { final_at, now: final_at };
    assert_eq!(refused(&mut world, "cinema", 200, message), too_late);
}

#[test]
fn without_a_rollback_window_nothing_can_be_undone() {
    let terms = Terms { rollback_window: 0, ..escrowed() };
    let (mut world, mut to, _, redemption) = redeemed(terms, 700);
    let message = to.desk.call_mut().roll_back(redemption, None);
    assert_eq!(
        refused(&mut world, "cinema", 200, message),
        RegistryError::RedemptionFinal { final_at: NOW, now: NOW }
    );
}

#[test]
fn a_direct_redemption_is_not_an_alliances_to_undo() {
    let (mut world, mut to, _, redemption) = redeemed(escrowed(), 700);
    let message = ServiceDesk::roll_back_for_alliance(to.desk.call_mut(), redemption, None);
    let signer = account("grocer");
    assert_eq!(refused(&mut world, "grocer", 200, message), RegistryError::NotAcceptor { signer });
}

#[test]
fn a_redemption_through_an_alliance_is_the_alliances_to_undo() {
    let named = Acceptance::Alliance(account("till"));
    let terms = terms_but(|t| (t.funding, t.acceptance) = (Funding::Alliance, named));
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms, 0);
    act(&mut world, "cinema", 0, to.office.call_mut().set_role(account("till"), false, true, None));
    let order = order("cinema", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    let redemption = act(&mut world, "till", 0, to.registry.call_mut().redeem(order, permits)).result;
    assert_eq!(redemption.alliance, Some(account("till")));
    let message = to.desk.call_mut().roll_back(redemption.clone(), None);
    let caller = account("cinema");
    assert_eq!(refused(&mut world, "cinema", 0, message), RegistryError::NotTheAlliance { caller });
    let message = ServiceDesk::roll_back_for_alliance(to.desk.call_mut(), redemption, None);
    assert_eq!(act(&mut world, "till", 0, message).result, None);
    assert!(world.coupon(coupon).is_some());
}

#[test]
fn a_payer_that_is_gone_finds_the_money_in_its_pull_balance() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(escrowed(), 700);
    let ghost = account(GHOST);
    let purse = 10 * chain::Chain::existential_deposit(&world.chain) + e2e_tests::world::WEALTH;
    world.chain.endow(ghost, purse).unwrap();
    let order = order_on_chain("cinema", 1);
    let permits = both(&world, "cinema", "ann", coupon, &order);
    let redemption = act(&mut world, GHOST, 1_800, to.registry.call_mut().redeem(order, permits)).result;
    let everything = world.balance(ghost, Asset::Native);
    let left = chain::Chain::transfer(&mut world.chain, ghost, account("ann"), everything);
    assert_eq!(left, Ok(()));

    let done = act(&mut world, "cinema", 2_000, to.desk.call_mut().roll_back(redemption, None));
    assert_eq!(done.moved, [("cinema", -2_000), ("registry", 2_000)]);
    let asset = Asset::Native;
    let waits = CreditAdded { account: ghost, asset, amount: 1_800 };
    assert_eq!(done.events.last(), Some(&by(world.suite.registry, waits)));
    assert_eq!(world.credit(ghost, asset), 1_800);
}
