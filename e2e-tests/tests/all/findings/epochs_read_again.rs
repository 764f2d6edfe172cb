//! A batch read the permit epoch of whoever signed for the acceptor anew for each order: fifty relayed orders of as many counted holders fitted no block.

use crate::{scene::*, weights::Costs};
use e2e_tests::{account, World};
use ink::codegen::TraitCallBuilder;
use shared::{
    ids::CouponId,
    order::Order,
    permit::Permits,
    registry::{CouponRegistry, RegistryError},
    terms::{Cap, Limits, PeriodLimits, Terms, Unit},
};

type Item = (Order, Permits);

const MOST: usize = 50;

/// What holders have is counted, whole and by the day.
fn counted() -> Terms {
    let cap = Cap { uses: Some(1_000), value: Some(1_000_000) };
    let period = Some(PeriodLimits { unit: Unit::Day, start: NOW, campaign: cap, holder: cap });
    terms_but(|t| t.limits = Limits { issued_per_holder: None, uses: Some(1_000), holder: cap, period })
}

fn first_orders_marked() -> Terms {
    terms_but(|t| t.marks_first_order = true)
}

/// Fifty people with a coupon of these terms each, and their orders at the bakery, signed by all: the bakery's by `signers` in turn.
fn signed(terms: Terms, signers: &[&str]) -> (World, Doors, Vec<Item>) {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let people: Vec<String> = (0..MOST).map(|number| format!("person {number}")).collect();
    let accounts = people.iter().map(|person| account(person)).collect();
    act(&mut world, "bakery", 0, to.office.call_mut().issue(campaign, accounts, 1));
    let items = (1..).zip(&people).zip(signers.iter().cycle()).map(|((serial, person), signer)| {
        let order = order("bakery", serial.into());
        (order.clone(), both(&world, signer, person, CouponId { campaign, serial }, &order))
    });
    let items = items.collect();
    (world, to, items)
}

#[test]
fn fifty_relayed_orders_of_as_many_holders_fit_a_block_though_what_holders_have_is_counted() {
    for terms in [terms(), counted(), first_orders_marked()] {
        let (mut world, mut to, items) = signed(terms.clone(), &["bakery"]);
        let relayed = act(&mut world, "relayer", 0, to.registry.call_mut().redeem_batch(items));
        assert_eq!(discounts(&relayed.result), [Ok(200); MOST]);
        assert_eq!(world.progress(1).uses, 50);

        let (mut world, mut to, mut items) = signed(terms, &["bakery"]);
        for (_, permits) in &mut items {
            permits.acceptor = None;
        }
        let called = act(&mut world, "bakery", 0, to.registry.call_mut().redeem_batch(items));
        assert_eq!(relayed.cost.touches, called.cost.touches + 1, "one epoch for all");
    }
}

#[test]
fn each_signer_in_a_batch_has_an_epoch_of_its_own() {
    let (mut world, mut to, items) = signed(terms(), &["till", "dee"]);
    for who in ["till", "dee"] {
        act(&mut world, "bakery", 0, to.office.call_mut().set_role(account(who), false, true, None));
    }
    act(&mut world, "dee", 0, to.desk.call_mut().cancel_permits());
    let done = act(&mut world, "relayer", 0, to.registry.call_mut().redeem_batch(items[..4].to_vec()));
    let cancelled = Err(RegistryError::PermitCancelled { epoch: 0, current: 1 });
    assert_eq!(discounts(&done.result), [Ok(200), cancelled, Ok(200), cancelled]);
}

/// What such batches cost.
pub(crate) fn costs() -> Costs {
    let of = |terms| {
        let (mut world, mut to, items) = signed(terms, &["bakery"]);
        act(&mut world, "relayer", 0, to.registry.call_mut().redeem_batch(items)).cost
    };
    vec![
        ("registry redeem_batch, 50 relayed orders", of(terms())),
        ("registry redeem_batch, 50 relayed, holders counted", of(counted())),
        ("registry redeem_batch, 50 relayed, first orders", of(first_orders_marked())),
    ]
}
