//! A hundred coupons or orders were allowed in a call, and didn't fit a block or a call's input.

use crate::scene::*;
use e2e_tests::{account, keys, signing::List};
use ink::codegen::TraitCallBuilder;
use shared::{
    ids::CouponId,
    permit::Permits,
    registry::{CouponRegistry, RegistryError},
    terms::{Limits, TransferPolicy},
    AccountId,
};

const MOST: usize = 50;

/// Somebody each.
fn people(count: usize) -> Vec<AccountId> {
    (0..count).map(|number| account(&person(number))).collect()
}

fn person(number: usize) -> String {
    format!("person {number}")
}

fn too_many(items: u32) -> RegistryError {
    RegistryError::BatchSize { items, most: 50 }
}

#[test]
fn as_many_coupons_as_are_allowed_fit_a_block_whoever_they_are_for() {
    let dearest = terms_but(|t| {
        t.supply = 1_000;
        t.transfer = TransferPolicy::MarketOnly(account("dee"));
        t.limits = Limits { issued_per_holder: Some(1), ..Limits::default() };
    });
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", dearest, 0);
    let message = to.office.call_mut().issue(campaign, people(MOST + 1), 1);
    assert_eq!(refused(&mut world, "bakery", 0, message), too_many(51));
    act(&mut world, "bakery", 0, to.office.call_mut().issue(campaign, people(MOST), 1));
    assert_eq!(world.progress(campaign).issued, 50);
    for holder in people(MOST) {
        assert_eq!((world.holder(holder).coupons, world.usage(campaign, holder).unwrap().issued), (1, 1));
    }
}

#[test]
fn an_entry_of_a_list_gives_no_more_than_that_at_once() {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms(), 0);
    let list = List::of(&[(account("ann"), 51), (account("ann"), 50)]);
    act(&mut world, "bakery", 0, to.office.call_mut().create_drop(campaign, list.root(), list.size()));
    let message = to.office.call_mut().claim(list.claim(campaign, 1, 0));
    assert_eq!(refused(&mut world, "ann", 0, message), too_many(51));
    act(&mut world, "ann", 0, to.office.call_mut().claim(list.claim(campaign, 1, 1)));
    assert_eq!((world.progress(campaign).issued, world.holder(account("ann")).coupons), (50, 50));
}

#[test]
fn as_many_orders_as_are_allowed_fit_a_call_whoever_they_are_from() {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms(), 0);
    act(&mut world, "bakery", 0, to.office.call_mut().issue(campaign, people(MOST), 1));
    let place = world.place();
    let items: Vec<_> = (0..MOST)
        .zip(1..)
        .map(|(number, serial)| {
            let (coupon, order) = (CouponId { campaign, serial }, order("bakery", serial.into()));
            let consent = place.order(&keys("bakery"), &whole(&[coupon]), &order);
            let coupons = vec![place.spend(&keys(&person(number)), coupon, &order)];
            (order, Permits { acceptor: Some(consent), coupons })
        })
        .collect();
    let more = [items.clone(), vec![items[0].clone()]].concat();
    let message = to.registry.call_mut().redeem_batch(more);
    assert_eq!(refused(&mut world, "relayer", 0, message), too_many(51));
    let done = act(&mut world, "relayer", 0, to.registry.call_mut().redeem_batch(items));
    assert_eq!(discounts(&done.result), [Ok(200); MOST]);
    assert_eq!(world.progress(campaign).uses, 50);
}
