//! Turning one member's coupon into another's; and what the council tells of members.

use super::{default::two_debtors, *};
use council::{
    conversion::goods,
    views::{CoverOne, Coverage},
};
use shared::{
    psp34::{Id, PSP34},
    terms::{Benefit, TransferPolicy},
};

fn goods_for_ann(world: &World, given: CouponId) -> [u8; 32] {
    goods(world.suite.registry, given, &world.coupon(given).unwrap(), account("ann"))
}

/// Ann holds a coupon of the bakery's, and the cinema one of its own that it lets the council move; with the order that turns one into the other.
fn ready() -> (World, council::CouncilRef, CouponId, CouponId, Order) {
    let (mut world, _, _, spent) = allied();
    let own = campaign(&mut world, "cinema", terms(), 0);
    let given = issue(&mut world, "cinema", own, "cinema");
    let council = world.council();
    let mut registry = world.registry();
    let id = Some(Id::U64(given.to_u64()));
    let here = world.suite.council;
    act(&mut world, "cinema", 0, registry.call_mut().approve(here, id, true));
    let basket_hash = goods_for_ann(&world, given);
    let order = Order { basket_hash, ..cinemas(1) };
    (world, council, spent, given, order)
}

#[test]
fn a_coupon_is_turned_into_another_members_and_booked() {
    let (mut world, mut council, spent, given, order) = ready();
    let (registry, ann) = (world.suite.registry, account("ann"));
    let permits = both(&world, "cinema", "ann", spent, &order);
    let message = council.call_mut().convert(registry, registry, given, ann, (order, permits));
    let done = act(&mut world, "relayer", 0, message);
    let told = CouponConverted { to: ann, acceptor: account("cinema"), number: 1, registry, coupon: given };
    assert_eq!(done.events.last(), Some(&by(world.suite.council, told)));
    assert_eq!(world.coupon(spent), None);
    assert_eq!(world.coupon(given).map(|coupon| coupon.owner), Some(ann));
    assert_eq!(positions(&world), (-180, 178));
}

#[test]
fn a_conversion_gives_exactly_what_was_signed_or_nothing() {
    let (mut world, mut council, spent, given, order) = ready();
    let (registry, ann) = (world.suite.registry, account("ann"));
    let permits = both(&world, "cinema", "ann", spent, &order);
    let convert = |council: &mut council::CouncilRef, order: &Order, other, given, to| {
        council.call_mut().convert(registry, other, given, to, (order.clone(), permits.clone()))
    };
    let other = AllianceError::OtherConversion { number: 1 };
    let message = convert(&mut council, &order, registry, given, account("ben"));
    assert_eq!(refused(&mut world, "relayer", 0, message), other);
    let stray = account("ann");
    let message = convert(&mut council, &order, stray, given, ann);
    let unknown = AllianceError::UnknownRegistry { registry: stray };
    assert_eq!(refused(&mut world, "relayer", 0, message), unknown);
    let message = convert(&mut council, &order, registry, spent, ann);
    let held = AllianceError::CouponElsewhere { holder: Some(ann) };
    assert_eq!(refused(&mut world, "relayer", 0, message), held);

    let mut to = world.registry();
    let id = Some(Id::U64(given.to_u64()));
    let here = world.suite.council;
    act(&mut world, "cinema", 0, to.call_mut().approve(here, id, false));
    let message = convert(&mut council, &order, registry, given, ann);
    let stays = AllianceError::TransferRefused { coupon: given };
    assert_eq!(refused(&mut world, "relayer", 0, message), stays);
    assert_eq!(world.coupon(spent).map(|coupon| coupon.owner), Some(ann));
}

// Feature: Statement.
#[test]
fn views_tell_of_statements_coverage_and_the_largest_debtor() {
    let (mut world, _, mut alliance, coupon) = allied();
    let council = world.council();
    let registry = world.suite.registry;
    let coverage = look(&world, council.call().coverage(registry, coupon)).unwrap();
    assert_eq!((coverage.issuer, coverage.funding), (account("bakery"), Funding::Alliance));
    assert_eq!((coverage.escrow, coverage.headroom, coverage.fund), (0, COLLATERAL / 2, 2 * JOINING_FEE));
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    act(&mut world, "cinema", 0, message);
    assert_eq!(look(&world, council.call().coverage(registry, coupon)), None);

    let (closed, open) = read(&world, council.call().statement(account("bakery"))).unwrap();
    assert_eq!((closed.cycle, closed.closing, open.cycle, open.opening), (0, 0, 1, 0));
    assert_eq!((open.lines.billed, open.closing), (-180, -180));
    close(&mut world);
    let (closed, open) = read(&world, council.call().statement(account("cinema"))).unwrap();
    assert_eq!((closed.cycle, closed.lines.earned, closed.closing), (1, 178, 178));
    assert_eq!((open.cycle, open.opening, open.closing), (2, 178, 178));
    let nobody = read(&world, council.call().statement(account("ann")));
    assert_eq!(nobody, Err(AllianceError::NotMember { account: account("ann") }));

    let fund = 2 * JOINING_FEE - BOUNTY + FEE;
    let candidates = vec![account("cinema"), account("bakery"), account("ann")];
    let covered = CoverOne { largest: None, short: 0, fund, covered: true };
    assert_eq!(read(&world, council.call().cover_one(candidates)), Ok(covered));
    let sizes = AllianceError::BatchSize { items: 0, most: 32 };
    assert_eq!(read(&world, council.call().cover_one(vec![])), Err(sizes));
    let sizes = AllianceError::BatchSize { items: 33, most: 32 };
    assert_eq!(read(&world, council.call().cover_one(vec![account("ann"); 33])), Err(sizes));
}

#[test]
fn the_fund_reaches_for_whoever_is_in_most_need_or_it_does_not() {
    let mut world = two_debtors();
    let (mut council, [bakery, cinema, grocer]) =
        (world.council(), ["bakery", "cinema", "grocer"].map(account));
    let asked = |world: &World, of: &[_]| look(world, world.council().call().cover_one(of.to_vec()));
    // 400 are owed over 100 of collateral and a share of 20; and 200 over 60 and 20.
    let worst = CoverOne { largest: Some(bakery), short: 280, fund: 0, covered: false };
    let other = CoverOne { largest: Some(cinema), short: 120, ..worst };
    let nobody = CoverOne { largest: None, short: 0, fund: 0, covered: true };
    assert_eq!(asked(&world, &[cinema, grocer, account("ann"), bakery]), worst);
    assert_eq!(asked(&world, &[bakery, cinema]), worst);
    assert_eq!(asked(&world, &[grocer, cinema]), other);
    assert_eq!(asked(&world, &[grocer, account("ann")]), nobody);
    act(&mut world, OWNER, 279, council.call_mut().endow(279));
    assert_eq!(asked(&world, &[cinema, bakery]), CoverOne { fund: 279, ..worst });
    assert_eq!(asked(&world, &[cinema]), CoverOne { fund: 279, covered: true, ..other });
    act(&mut world, OWNER, 1, council.call_mut().endow(1));
    assert_eq!(asked(&world, &[cinema, bakery]), CoverOne { fund: 280, covered: true, ..worst });
    // What is due counts like what is open, and collateral takes the need away.
    close(&mut world);
    assert_eq!(asked(&world, &[cinema, bakery]), CoverOne { fund: 286, covered: true, ..worst });
    act(&mut world, "bakery", 280, council.call_mut().deposit_collateral(280));
    assert_eq!(asked(&world, &[cinema, bakery]), CoverOne { fund: 286, covered: true, ..other });
}

#[test]
fn what_stands_behind_a_coupon_is_its_own_escrow_its_issuers_headroom_and_the_fund() {
    let (mut world, _, _, _) = allied();
    let (council, registry) = (world.council(), world.suite.registry);
    let fund = 2 * JOINING_FEE;
    let covered = |world: &World, coupon| look(world, world.council().call().coverage(registry, coupon));
    let escrowed = terms_but(|t| t.funding = Funding::Escrow);
    let percent = campaign(&mut world, "bakery", escrowed.clone(), 1_200);
    let first = issue(&mut world, "bakery", percent, "ann");
    let backed = Coverage {
        issuer: account("bakery"),
        funding: Funding::Escrow,
        escrow: 500,
        headroom: COLLATERAL / 2,
        fund,
    };
    assert_eq!(covered(&world, first), Some(backed), "its largest discount of all that is locked");
    let card = Terms { benefit: Benefit::StoredValue { value: 1_000 }, ..escrowed.clone() };
    let cards = campaign(&mut world, "bakery", card, 3_000);
    let card = issue(&mut world, "bakery", cards, "ann");
    assert_eq!(covered(&world, card), Some(Coverage { escrow: 1_000, ..backed }));
    spend(&mut world, &[part(card, 700)], &order("bakery", 1));
    assert_eq!(covered(&world, card), Some(Coverage { escrow: 300, ..backed }), "what is left of it");
    let merchants = campaign(&mut world, "bakery", terms(), 0);
    let merchants = issue(&mut world, "bakery", merchants, "ann");
    let own = Coverage { funding: Funding::Merchant, escrow: 0, ..backed };
    assert_eq!(covered(&world, merchants), Some(own));
    // Who is no member owes nobody here; the escrow stands all the same.
    let strangers = campaign(&mut world, "grocer", escrowed, 500);
    let strangers = issue(&mut world, "grocer", strangers, "ann");
    let alone = Coverage { issuer: account("grocer"), headroom: 0, ..backed };
    assert_eq!(covered(&world, strangers), Some(alone));
    assert_eq!(covered(&world, CouponId { serial: first.serial + 1, ..first }), None);
    let unknown = AllianceError::UnknownRegistry { registry: account("ann") };
    assert_eq!(read(&world, council.call().coverage(account("ann"), first)), Err(unknown));
}

#[test]
fn a_tills_key_gives_nothing_of_its_merchants_away() {
    let (mut world, mut council, spent, given, order) = ready();
    let (registry, ann) = (world.suite.registry, account("ann"));
    let mut office = world.office();
    act(&mut world, "cinema", 0, office.call_mut().set_role(account("till"), false, true, None));
    let permits = both(&world, "till", "ann", spent, &order);
    let message = council.call_mut().convert(registry, registry, given, ann, (order.clone(), permits));
    let not_its = AllianceError::NotAcceptor { acceptor: account("cinema"), caller: account("till") };
    assert_eq!(refused(&mut world, "relayer", 0, message), not_its);
    let permits = held_by(&world, "ann", spent, &order);
    let message = council.call_mut().convert(registry, registry, given, ann, (order, permits));
    let unsigned = AllianceError::NotAcceptor { acceptor: account("cinema"), caller: account("cinema") };
    assert_eq!(refused(&mut world, "cinema", 0, message), unsigned);
}

#[test]
fn what_is_received_is_worth_what_was_signed_for() {
    let (mut world, _, _, spent) = allied();
    let (mut council, registry, ann) = (world.council(), world.suite.registry, account("ann"));
    let card = terms_but(|t| {
        (t.benefit, t.transfer) = (Benefit::StoredValue { value: 1_000 }, TransferPolicy::Free)
    });
    let campaign = campaign(&mut world, "cinema", card, 0);
    let given = issue(&mut world, "cinema", campaign, "cinema");
    let order = Order { basket_hash: goods_for_ann(&world, given), ..cinemas(1) };
    let permits = both(&world, "cinema", "ann", spent, &order);
    let mut desk = world.desk();
    act(&mut world, "cinema", 0, desk.call_mut().split(given, 999));
    let (mut to, here) = (world.registry(), world.suite.council);
    act(&mut world, "cinema", 0, to.call_mut().approve(here, Some(Id::U64(given.to_u64())), true));
    let message = council.call_mut().convert(registry, registry, given, ann, (order, permits));
    let other = AllianceError::OtherConversion { number: 1 };
    assert_eq!(refused(&mut world, "relayer", 0, message), other);
    assert_eq!(world.coupon(spent).map(|coupon| coupon.owner), Some(ann));
}
