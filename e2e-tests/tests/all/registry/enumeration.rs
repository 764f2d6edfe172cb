//! PSP34's Enumerable, in the registry that is built with it: who has what, in which order, after everything that makes, moves or ends coupons.

use crate::{
    model::{beginnings::Beginnings, enumeration::keeps, run::live_all},
    scene::*,
    weights::Costs,
};
use chain::{keys::ss58, tamper, AccountId, Chain, ChainError};
use couponry::audit::{self, Files};
use e2e_tests::{
    account,
    signing::{Codes, List, Target},
    world::{enumerable_codes, Fixture},
    World,
};
use ink::codegen::TraitCallBuilder;
use market::listings::Ask;
use registry::events::EnumerationKept;
use scale::{Decode, Encode};
use shared::{
    ids::CouponId,
    ledger::{items, key},
    psp34::{Id, PSP34},
    registry::{CouponRegistry, ServiceDesk},
    terms::{Benefit, Terms},
};
use std::sync::OnceLock;

/// The standard's selectors.
const OWNERS_TOKEN_BY_INDEX: u32 = 0x3bcf_b511;
const TOKEN_BY_INDEX: u32 = 0xcd03_40d0;

/// A world whose registry keeps an enumeration.
fn keeping() -> (World, Doors) {
    static KEEPING: OnceLock<Fixture> = OnceLock::new();
    let fixture = KEEPING.get_or_init(|| World::builder().codes(enumerable_codes()).build().fixture());
    let world = fixture.world();
    let to = Doors::of(&world);
    (world, to)
}

/// What the registry answers; `None` where it knows no such message.
fn ask<R: Decode>(world: &World, selector: u32, arguments: impl Encode) -> Option<R> {
    let data = [selector.to_be_bytes().to_vec(), arguments.encode()].concat();
    let outcome = world.chain.view(account("cem"), world.suite.registry, 0, data).ok()?;
    let reply: Result<R, ink::LangError> = Decode::decode(&mut &*outcome.data).unwrap();
    reply.ok()
}

fn at_index(world: &World, of: Option<AccountId>, index: u128) -> Option<Id> {
    let answer = match of {
        Some(owner) => ask(world, OWNERS_TOKEN_BY_INDEX, (owner, index)),
        None => ask(world, TOKEN_BY_INDEX, index),
    };
    answer.expect("the registry keeps an enumeration")
}

/// The serials of the coupons of a person, or of all there are, in order; and there are as many as PSP34 says.
fn listed(world: &World, of: Option<&str>) -> Vec<u32> {
    let registry = world.registry();
    let count: u128 = match of {
        Some(owner) => read(world, PSP34::balance_of(registry.call(), account(owner))).into(),
        None => read(world, PSP34::total_supply(registry.call())),
    };
    let of = of.map(account);
    assert_eq!([count, count + 1, u128::MAX].map(|past| at_index(world, of, past)), [None, None, None]);
    let coupons = (0..count).map(|index| CouponId::try_from(&at_index(world, of, index).unwrap()).unwrap());
    coupons.map(|coupon| coupon.serial).collect()
}

/// `all`, and what Ann and Ben have.
fn lists(world: &World) -> [Vec<u32>; 3] {
    [None, Some("ann"), Some("ben")].map(|of| listed(world, of))
}

fn agrees(world: &World) {
    let report = audit::run(&world.chain, &world.suite, Files::default()).unwrap();
    assert!(report.agrees, "{:?}", report.differences);
}

fn send(world: &mut World, to: &mut Doors, from: &str, receiver: &str, coupon: CouponId) {
    let message = PSP34::transfer(to.registry.call_mut(), account(receiver), coupon.into(), Vec::new());
    act(world, from, 0, message);
}

/// Ann has coupons 1 to `count` of a campaign of the bakery's.
fn ann_has(count: usize, terms: Terms) -> (World, Doors, Vec<CouponId>) {
    let (mut world, to) = keeping();
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let coupons = issue_many(&mut world, "bakery", campaign, "ann", count);
    (world, to, coupons)
}

fn card() -> Terms {
    terms_but(|t| t.benefit = Benefit::StoredValue { value: 1_000 })
}

#[test]
fn the_messages_have_the_standards_selectors_and_the_usual_registry_has_neither() {
    let selectors = |contract| {
        let metadata = crate::abi::metadata(contract);
        let messages = metadata["spec"]["messages"].as_array().unwrap().iter();
        let messages =
            messages.filter(|message| message["label"].as_str().unwrap().starts_with("PSP34Enumerable"));
        messages.map(|message| message["selector"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let standard = [OWNERS_TOKEN_BY_INDEX, TOKEN_BY_INDEX].map(|selector| format!("{selector:#010x}"));
    assert_eq!(selectors("registry-enumerable"), standard);
    assert_eq!(selectors("registry"), [""; 0]);
    let (world, _, _) = ann_has_a_coupon(terms(), 0);
    assert_eq!(ask::<Option<Id>>(&world, TOKEN_BY_INDEX, 0_u128), None);
}

#[test]
fn the_registry_tells_that_it_keeps_one_and_begins_with_nothing() {
    let (world, _) = keeping();
    let events = world.chain.events(0).unwrap();
    let told = by(world.suite.registry, EnumerationKept {});
    let of_registry =
        events.iter().filter(|event| event.contract == world.suite.registry && !event.topics.is_empty());
    assert_eq!(of_registry.map(Emitted::from).collect::<Vec<_>>(), [told]);
    assert_eq!(lists(&world), [[0; 0]; 3]);
    agrees(&world);
}

#[test]
fn the_last_coupon_takes_the_place_of_one_that_goes() {
    let (mut world, mut to, coupons) = ann_has(4, terms());
    assert_eq!(lists(&world), [vec![1, 2, 3, 4], vec![1, 2, 3, 4], vec![]]);
    send(&mut world, &mut to, "ann", "ben", coupons[1]);
    assert_eq!(lists(&world), [vec![1, 2, 3, 4], vec![1, 4, 3], vec![2]]);
    // To whoever holds it.
    send(&mut world, &mut to, "ann", "ann", coupons[0]);
    assert_eq!(lists(&world), [vec![1, 2, 3, 4], vec![1, 4, 3], vec![2]]);
    // The last one of its holder's.
    send(&mut world, &mut to, "ann", "ben", coupons[2]);
    assert_eq!(lists(&world), [vec![1, 2, 3, 4], vec![1, 4], vec![2, 3]]);
    // Spent, revoked.
    spend(&mut world, &whole(&coupons[..1]), &order("bakery", 1));
    assert_eq!(lists(&world), [vec![4, 2, 3], vec![4], vec![2, 3]]);
    act(&mut world, "bakery", 0, to.office.call_mut().revoke(coupons[1], 1));
    assert_eq!(lists(&world), [vec![4, 3], vec![4], vec![3]]);
    agrees(&world);
    // Ended, by its holder.
    world.chain.set_time(terms().redeem_window.end).unwrap();
    act(&mut world, "ann", 0, to.desk.call_mut().expire(coupons[3]));
    assert_eq!(lists(&world), [vec![3], vec![], vec![3]]);
    act(&mut world, "ben", 0, to.desk.call_mut().expire(coupons[2]));
    assert_eq!(lists(&world), [[0; 0]; 3]);
    // Nothing is left of it.
    let left = world.chain.storage(world.suite.registry).unwrap();
    assert!(!left.iter().any(|(key, _)| keeps(key)));
    agrees(&world);
}

#[test]
fn a_claimed_coupon_comes_last_and_one_spent_as_it_is_claimed_never_comes() {
    let (mut world, mut to, coupons) = ann_has(1, terms());
    let (campaign, ten) = (coupons[0].campaign, Codes::print("ten", 10));
    act(&mut world, "bakery", 0, to.office.call_mut().create_drop(campaign, ten.root(), ten.size()));
    let claim = ten.claim(world.place(), campaign, 1, 9, account("ben"));
    act(&mut world, "ben", 0, to.registry.call_mut().claim(claim));
    let at_once = order("bakery", 1);
    let target = Target { campaign, drop: 1, index: 3, to: account("ben"), advocate: None };
    let claim = ten.claim_and_spend(world.place(), target, &at_once);
    act(&mut world, "bakery", 0, to.registry.call_mut().claim_and_redeem(claim, at_once, None));
    assert_eq!(lists(&world), [vec![1, 2], vec![1], vec![2]]);
    agrees(&world);
}

#[test]
fn what_is_rolled_back_comes_last() {
    let (mut world, mut to, coupons) = ann_has(3, terms());
    let redeemed = spend(&mut world, &whole(&coupons[..1]), &order("bakery", 1)).result;
    assert_eq!(lists(&world), [vec![3, 2], vec![3, 2], vec![]]);
    act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(redeemed, None));
    assert_eq!(lists(&world), [vec![3, 2, 1], vec![3, 2, 1], vec![]]);
    agrees(&world);
}

#[test]
fn many_that_move_at_once_follow_each_other() {
    let (mut world, mut to, coupons) = ann_has(5, terms());
    send(&mut world, &mut to, "ann", "ben", coupons[4]);
    let some = [coupons[1], coupons[3], coupons[0]];
    let message = ServiceDesk::transfer_many(to.desk.call_mut(), account("ben"), some.to_vec());
    act(&mut world, "ann", 0, message);
    assert_eq!(lists(&world), [vec![1, 2, 3, 4, 5], vec![3], vec![5, 2, 4, 1]]);
    let message = ServiceDesk::transfer_many(to.desk.call_mut(), account("ann"), vec![coupons[2]]);
    act(&mut world, "ann", 0, message);
    assert_eq!(lists(&world), [vec![1, 2, 3, 4, 5], vec![3], vec![5, 2, 4, 1]]);
    agrees(&world);
}

#[test]
fn a_batch_ends_its_coupons_one_after_the_other() {
    let (mut world, mut to, coupons) = ann_has(5, terms());
    let backlog = [3, 0, 4].into_iter().zip(1..).map(|(place, number)| {
        let order = order("bakery", number);
        (order.clone(), held_by(&world, "ann", coupons[place], &order))
    });
    let backlog = backlog.collect();
    act(&mut world, "bakery", 0, to.registry.call_mut().redeem_batch(backlog));
    assert_eq!(lists(&world), [vec![3, 2], vec![3, 2], vec![]]);
    agrees(&world);
}

#[test]
fn parting_and_merging_cards_adds_one_and_takes_one() {
    let (mut world, mut to, cards) = ann_has(2, card());
    let part = act(&mut world, "ann", 0, to.desk.call_mut().split(cards[0], 300)).result;
    assert_eq!(lists(&world), [vec![1, 2, 3], vec![1, 2, 3], vec![]]);
    act(&mut world, "ann", 0, to.desk.call_mut().merge(part, cards[0]));
    assert_eq!(lists(&world), [vec![3, 2], vec![3, 2], vec![]]);
    agrees(&world);
}

#[test]
fn what_is_allowed_at_once_still_fits_a_block_but_the_largest_bundle() {
    // Batches, and entries of lists, which are claimed whole.
    let (mut world, mut to, coupons) = ann_has(50, terms_but(|t| t.supply = 1_000));
    let campaign = coupons[0].campaign;
    let list = List::of(&[(account("ben"), 50)]);
    act(&mut world, "bakery", 0, to.office.call_mut().create_drop(campaign, list.root(), list.size()));
    act(&mut world, "ben", 0, to.office.call_mut().claim(list.claim(campaign, 1, 0)));
    assert_eq!(lists(&world).map(|list| list.len()), [100, 50, 50]);
    // Bundles, on their way to the market and back: none of these is its holder's last.
    let mut market = market(&world);
    let (here, there) = (world.suite.registry, world.suite.market);
    act(&mut world, "ann", 0, PSP34::approve(to.registry.call_mut(), there, None, true));
    let ask = Ask::Fixed { price: 1_000 };
    let whole = data_of(market.call_mut().list(here, coupons[..20].to_vec(), NOW + DAY, None, ask.clone()));
    let too_dear = world.chain.call(account("ann"), there, 0, whole).unwrap_err();
    assert!(matches!(too_dear, ChainError::OutOfGas { .. }), "{too_dear:?}");
    let half = market.call_mut().list(here, coupons[..10].to_vec(), NOW + DAY, None, ask);
    let listed = act(&mut world, "ann", 0, half).result;
    act(&mut world, "ann", 0, market.call_mut().cancel(listed));
    let message = ServiceDesk::transfer_many(to.desk.call_mut(), account("ben"), coupons[20..40].to_vec());
    act(&mut world, "ann", 0, message);
    assert_eq!(lists(&world).map(|list| list.len()), [100, 30, 70]);
    agrees(&world);
}

#[test]
fn the_audit_names_a_coupon_out_of_order() {
    let (mut world, _, coupons) = ann_has(3, terms());
    let (registry, ann) = (world.suite.registry, account("ann"));
    let place = key(items::ORDERED, &(Some(ann), 1_u64));
    tamper::storage(&mut world.chain, registry, &place, Some(coupons[2].to_u64().encode())).unwrap();
    let report = audit::run(&world.chain, &world.suite, Files::default()).unwrap();
    let items: Vec<_> = report.differences.iter().map(|difference| &*difference.item).collect();
    assert_eq!(items, [format!("coupon in order of {}, 1", ss58(&ann))]);
}

#[test]
fn a_random_life_leaves_every_coupon_in_its_order() {
    let beginnings = Beginnings::new(Some(&enumerable_codes()), None);
    let (tally, violation) = live_all(&beginnings, &[1, 2, 3, 4, 5, 6]);
    if let Some(violation) = violation {
        panic!("{violation}");
    }
    println!("{tally}");
    let ways = [
        "office.issue",
        "office.revoke",
        "registry.claim",
        "registry.redeem",
        "registry.redeem_batch",
        "registry.transfer",
        "desk.transfer_many",
        "desk.roll_back (whole)",
        "desk.split",
        "desk.merge",
        "desk.expire",
    ];
    let unseen: Vec<_> =
        ways.iter().filter(|way| tally.0.get(**way).is_none_or(|(done, _)| *done == 0)).collect();
    assert_eq!(unseen, [&""; 0], "the coupons' ways here");
}

/// What the enumeration costs, beside the same rows without it.
pub(crate) fn costs() -> Costs {
    let (mut world, mut to, coupons) = ann_has(3, terms());
    let campaign = coupons[0].campaign;
    let others = |world: &mut World, to: &mut Doors| {
        let send = PSP34::transfer(to.registry.call_mut(), account("ben"), coupons[0].into(), Vec::new());
        act(world, "ann", 0, send).cost
    };
    let one_of_three = others(&mut world, &mut to);
    let at_till = order("bakery", 1);
    let permits = held_by(&world, "ann", coupons[1], &at_till);
    let one_of_two = act(&mut world, "bakery", 0, to.registry.call_mut().redeem(at_till, permits)).cost;
    let send = PSP34::transfer(to.registry.call_mut(), account("cem"), coupons[2].into(), Vec::new());
    let only_one = act(&mut world, "ann", 0, send).cost;
    let ten = Codes::print("ten", 10);
    act(&mut world, "bakery", 0, to.office.call_mut().create_drop(campaign, ten.root(), ten.size()));
    let claim = ten.claim(world.place(), campaign, 1, 9, account("dee"));
    let claimed = act(&mut world, "dee", 0, to.registry.call_mut().claim(claim));
    let at_till = order("bakery", 2);
    let permits = held_by(&world, "dee", claimed.result, &at_till);
    let last = act(&mut world, "bakery", 0, to.registry.call_mut().redeem(at_till, permits)).cost;
    let many = issue_many(&mut world, "bakery", campaign, "ann", 40);
    let first = many[..20].to_vec();
    let message = ServiceDesk::transfer_many(to.desk.call_mut(), account("ben"), first);
    let twenty = act(&mut world, "ann", 0, message).cost;
    let (mut world, mut to, _) = ann_has(1, terms());
    let fifty = vec![account("ann"); 50];
    let issued = act(&mut world, "bakery", 0, to.office.call_mut().issue(1, fifty, 99)).cost;
    vec![
        ("enumerable registry claim, drop of 10", claimed.cost),
        ("enumerable registry transfer", only_one),
        ("enumerable registry transfer, one of three", one_of_three),
        ("enumerable registry redeem, at a till", last),
        ("enumerable registry redeem, at a till, one of two", one_of_two),
        ("enumerable desk transfer_many, 20 coupons", twenty),
        ("enumerable office issue, 50 coupons", issued),
    ]
}
