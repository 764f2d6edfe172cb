//! A till's backlog of fifty orders was sent in one call even where it was more than a call has room for, or a block has proof for, with several coupons an
//! order: it was refused whole.

use crate::scene::*;
use chain::{Chain, ChainError};
use e2e_tests::account;
use ink::codegen::TraitCallBuilder;
use scale::Encode;
use shared::{
    ids::CouponId,
    registry::CouponRegistry,
    terms::{Cap, Limits, PeriodLimits, Stacking, Unit},
};

#[test]
fn a_batch_that_fits_no_call_or_no_block_changes_nothing_and_goes_through_in_parts() {
    let beside = terms_but(|t| {
        t.stacking = Stacking::Common { priority: 0 };
        t.supply = 200;
    });
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", beside, 0);
    let coupons = issue_many(&mut world, "bakery", campaign, "ann", 150);
    let items: Vec<_> = coupons
        .chunks(3)
        .zip(1..)
        .map(|(coupons, number)| {
            let order = order("bakery", number);
            let permits = all_held_by(&world, "ann", &whole(coupons), &order);
            (order, permits)
        })
        .collect();
    assert_eq!((items.len(), items.encoded_size()), (50, 18_801));
    let registry = world.suite.registry;
    let before = world.chain.storage(registry).unwrap();
    let mut fault_of = |orders: usize| {
        let data = data_of(to.registry.call_mut().redeem_batch(items[..orders].to_vec()));
        let fault = world.chain.call(account("bakery"), registry, 0, data).unwrap_err();
        assert!(world.chain.storage(registry).unwrap() == before);
        fault
    };
    let too_long = fault_of(50);
    assert!(matches!(too_long, ChainError::Trapped { .. } | ChainError::Module { .. }), "{too_long:?}");
    let too_dear = fault_of(40);
    assert!(matches!(too_dear, ChainError::OutOfGas { .. }), "{too_dear:?}");
    for part in items.chunks(16) {
        let done = act(&mut world, "bakery", 0, to.registry.call_mut().redeem_batch(part.to_vec()));
        assert!(done.result.iter().all(Result::is_ok));
    }
    assert_eq!(world.progress(campaign).uses, 150);
}

#[test]
fn fifty_orders_of_as_many_holders_that_are_all_counted_fit_no_block_and_thirty_five_do() {
    let cap = Cap { uses: Some(1_000), value: Some(1_000_000) };
    let period = Some(PeriodLimits { unit: Unit::Day, start: NOW, campaign: cap, holder: cap });
    let counted = terms_but(|t| {
        t.limits = Limits { issued_per_holder: None, uses: Some(1_000), holder: cap, period };
        t.marks_first_order = true;
    });
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", counted, 0);
    let people: Vec<String> = (0..50).map(|number| format!("person {number}")).collect();
    let accounts = people.iter().map(|person| account(person)).collect();
    act(&mut world, "bakery", 0, to.office.call_mut().issue(campaign, accounts, 1));
    let item = |(serial, person): (u32, &String)| {
        let order = order("bakery", serial.into());
        let permits = held_by(&world, person, CouponId { campaign, serial }, &order);
        (order, permits)
    };
    let items: Vec<_> = (1..).zip(&people).map(item).collect();
    let registry = world.suite.registry;
    let before = world.chain.storage(registry).unwrap();
    let data = data_of(to.registry.call_mut().redeem_batch(items.clone()));
    let too_dear = world.chain.call(account("bakery"), registry, 0, data).unwrap_err();
    assert!(matches!(too_dear, ChainError::OutOfGas { .. }), "{too_dear:?}");
    assert!(world.chain.storage(registry).unwrap() == before);
    let done = act(&mut world, "bakery", 0, to.registry.call_mut().redeem_batch(items[..35].to_vec()));
    assert!(done.result.len() == 35 && done.result.iter().all(Result::is_ok));
}
