//! A till's backlog: a result an item, and no bad item spoils the rest.

use crate::scene::*;
use e2e_tests::{account, keys, World};
use ink::codegen::TraitCallBuilder;
use registry::events::{OrdersRedeemed, Transfer};
use shared::{
    assets::Asset,
    ids::CouponId,
    order::{Order, Part, Redeemed, Settlement},
    permit::{Permits, Presented},
    registry::{CouponRegistry, RegistryError},
    terms::{Acceptance, Card, Funding, Stacking, Terms},
    Balance,
};

type Item = (Order, Permits);

/// Ann's coupon on the acceptor's order of this number.
fn item(world: &World, coupon: CouponId, order: Order) -> Item {
    let permits = held_by(world, "ann", coupon, &order);
    (order, permits)
}

/// A world in which ann holds `count` coupons of the bakery's.
fn stage(terms: Terms, escrow: Balance, count: usize) -> (World, Doors, Vec<CouponId>) {
    let (mut world, to) = open();
    let campaign = campaign(&mut world, "bakery", terms, escrow);
    let coupons = issue_many(&mut world, "bakery", campaign, "ann", count);
    (world, to, coupons)
}

#[test]
fn fifty_orders_with_bad_ones_among_them_give_each_its_own_result() {
    let (mut world, mut to, coupons) = stage(terms_but(|t| t.budget = Some(9_100)), 0, 50);
    let campaign = coupons[0].campaign;
    let mut items: Vec<Item> =
        (1..).zip(&coupons).map(|(number, coupon)| item(&world, *coupon, order("bakery", number))).collect();
    let mut expected: Vec<Result<Balance, RegistryError>> = vec![Ok(200); 50];
    let mut spoil = |place: usize, bad: Item, why| {
        items[place] = bad;
        expected[place] = Err(why);
    };
    let good = |number| order("bakery", number);
    let missing = RegistryError::NoSuchCoupon { coupon: coupons[2] };
    spoil(3, item(&world, coupons[2], good(104)), missing);
    spoil(7, item(&world, coupons[7], good(1)), RegistryError::OrderUsed { number: 1 });
    let late = Order { deadline: NOW, ..good(9) };
    spoil(8, item(&world, coupons[8], late), RegistryError::OrderExpired { deadline: NOW, now: NOW });
    let foreign = RegistryError::ForeignCoupon { coupon: coupons[9] };
    act(&mut world, "cinema", 0, to.office.call_mut().set_role(account("bakery"), false, true, None));
    spoil(9, item(&world, coupons[9], order("cinema", 10)), foreign);
    let stranger = RegistryError::NotAcceptor { signer: account("bakery") };
    spoil(10, item(&world, coupons[10], order("grocer", 11)), stranger);
    let online = Order { settlement: Settlement::OnChain, ..good(12) };
    spoil(11, item(&world, coupons[11], online), RegistryError::OnChainInBatch);
    let unsigned = unsigned(&whole(&[coupons[12]]));
    spoil(12, (good(13), unsigned), RegistryError::PermitMissing { coupon: coupons[12] });
    let nothing = RegistryError::NoEffect { coupon: coupons[13] };
    spoil(13, item(&world, coupons[13], Order { eligible: 4, ..good(14) }), nothing);
    spoil(
        14,
        (good(15), Permits { acceptor: None, coupons: vec![] }),
        RegistryError::CouponCount { presented: 0, most: 5 },
    );
    // 41 good ones at 200 each are 8,200; the budget of 9,100 would do for all.
    assert_eq!(expected.iter().filter(|result| result.is_ok()).count(), 41);

    let done = act(&mut world, "bakery", 0, to.registry.call_mut().redeem_batch(items));
    assert_eq!(discounts(&done.result), expected);
    let progress = world.progress(campaign);
    assert_eq!((progress.uses, progress.budget_left), (41, Some(900)));
    for (result, coupon) in expected.iter().zip(&coupons) {
        // The coupon of the fourth item was replaced by one that was spent before.
        assert_eq!(world.coupon(*coupon).is_none(), result.is_ok(), "{coupon:?}");
    }
    assert_eq!(world.holder(account("ann")).coupons, 9);
}

#[test]
fn a_batch_leaves_what_its_orders_would_one_by_one() {
    let terms = terms_but(|t| {
        t.budget = Some(1_100);
        t.card = Card::Uses(3);
        t.limits.holder.uses = Some(6);
    });
    let (mut world, mut to, coupons) = stage(terms, 0, 4);
    let moment = world.fixture();
    // The numbers are of two words, and the sixth order is over the budget.
    let items: Vec<Item> = (12..22)
        .map(|number| {
            let coupon = coupons[usize::try_from(number).unwrap() % 4];
            item(&world, coupon, order("bakery", number))
        })
        .collect();
    let batch = act(&mut world, "bakery", 0, to.registry.call_mut().redeem_batch(items.clone())).result;

    let mut single = moment.world();
    let one_by_one: Vec<_> = items
        .into_iter()
        .map(|(order, permits)| {
            let message = to.registry.call_mut().redeem(order, permits);
            call(&mut single, "bakery", 0, message).result.map(|redemption| Redeemed::from(&redemption))
        })
        .collect();
    assert_eq!(batch, one_by_one);
    assert_eq!(batch.iter().filter(|result| result.is_ok()).count(), 5);
    let storage = |world: &World| chain::Chain::storage(&world.chain, world.suite.registry).unwrap();
    assert_eq!(storage(&world), storage(&single));
}

#[test]
fn a_batch_is_announced_and_paid_in_runs_of_one_acceptor() {
    let terms = terms_but(|t| {
        t.funding = Funding::Escrow;
        t.acceptance = Acceptance::Listed(vec![account("bakery"), account("cinema")]);
    });
    let (mut world, mut to, coupons) = stage(terms, 10_000, 4);
    act(&mut world, "cinema", 0, to.office.call_mut().set_role(account("bakery"), false, true, None));
    let acceptors = ["bakery", "bakery", "cinema", "bakery"];
    let items: Vec<Item> = (1..)
        .zip(acceptors)
        .zip(&coupons)
        .map(|((number, acceptor), coupon)| item(&world, *coupon, order(acceptor, number)))
        .collect();
    let done = act(&mut world, "bakery", 0, to.registry.call_mut().redeem_batch(items));
    assert_eq!(discounts(&done.result), [Ok(200); 4]);
    assert_eq!(done.moved, [("bakery", 600), ("cinema", 200), ("registry", -800)]);

    let here = world.suite.registry;
    let mut runs = done.events.iter();
    for (acceptor, spent) in
        [("bakery", &coupons[..2]), ("cinema", &coupons[2..3]), ("bakery", &coupons[3..])]
    {
        for coupon in spent {
            let gone = Transfer { from: Some(account("ann")), to: None, id: (*coupon).into() };
            assert_eq!(runs.next(), Some(&by(here, gone)));
        }
        let announced: OrdersRedeemed = runs.next().unwrap().read();
        assert_eq!((announced.acceptor, announced.claimed), (account(acceptor), false));
        let told = announced.redemptions.iter().flat_map(|redemption| &redemption.uses);
        assert_eq!(told.map(|used| used.coupon).collect::<Vec<_>>(), spent);
    }
    assert_eq!(runs.next(), None);
}

#[test]
fn a_batch_answers_what_each_order_took_off_and_whose_coupons() {
    let (mut world, mut to) = open();
    let uses = terms_but(|t| {
        t.stacking = Stacking::Common { priority: 1 };
        t.acceptance = Acceptance::Listed(vec![account("till")]);
        t.rollback_window = HOUR;
    });
    let backed = Terms {
        stacking: Stacking::Common { priority: 2 },
        funding: Funding::Escrow,
        rollback_window: DAY,
        ..uses.clone()
    };
    let bakerys = campaign(&mut world, "bakery", uses, 0);
    let cinemas = campaign(&mut world, "cinema", backed, 1_000);
    let coupons = [("bakery", bakerys), ("cinema", cinemas)]
        .map(|(issuer, campaign)| Presented::from(issue(&mut world, issuer, campaign, "ann")));
    let (both, late) = (order("till", 1), Order { deadline: NOW, ..order("till", 2) });
    let items: Vec<Item> =
        [both, late].map(|order| (order.clone(), all_held_by(&world, "ann", &coupons, &order))).into();
    let done = act(&mut world, "till", 0, to.registry.call_mut().redeem_batch(items));
    let part = |issuer, funding, discount| Part { issuer: account(issuer), funding, discount };
    // A fifth of 1,000, and then of the 800 that are left.
    let parts = vec![part("bakery", Funding::Merchant, 200), part("cinema", Funding::Escrow, 160)];
    let redeemed = Redeemed { asset: Asset::Native, final_at: NOW + HOUR, parts };
    let expired = RegistryError::OrderExpired { deadline: NOW, now: NOW };
    assert_eq!(done.result, [Ok(redeemed), Err(expired)]);
}

#[test]
fn a_batch_has_one_to_fifty_orders() {
    let (mut world, mut to, coupons) = stage(terms(), 0, 1);
    let one = item(&world, coupons[0], order("bakery", 1));
    for items in [0, 51] {
        let orders = vec![one.clone(); items];
        let items = u32::try_from(items).unwrap();
        let message = to.registry.call_mut().redeem_batch(orders);
        assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::BatchSize { items, most: 50 });
    }
}

#[test]
fn the_largest_batch_fits_a_block() {
    let (mut world, mut to, coupons) = stage(terms(), 0, 50);
    let items = (1..).zip(coupons).map(|(number, coupon)| {
        let order = order("bakery", number);
        (order.clone(), both(&world, "bakery", "ann", coupon, &order))
    });
    let items: Vec<Item> = items.collect();
    let done = act(&mut world, "relayer", 0, to.registry.call_mut().redeem_batch(items));
    assert_eq!(discounts(&done.result), [Ok(200); 50]);
}

#[test]
fn a_payout_that_fails_in_a_batch_waits_and_stops_nobody() {
    let terms = terms_but(|t| {
        t.funding = Funding::Escrow;
        t.acceptance = Acceptance::Listed(vec![account("ghost"), account("bakery")]);
    });
    let (mut world, mut to, coupons) = stage(terms, 10_000, 2);
    let items = ["ghost", "bakery"].into_iter().zip(&coupons).map(|(acceptor, coupon)| {
        let order = order(acceptor, 1);
        (order.clone(), both(&world, acceptor, "ann", *coupon, &order))
    });
    let items: Vec<Item> = items.collect();
    let done = act(&mut world, "relayer", 0, to.registry.call_mut().redeem_batch(items));
    assert_eq!(discounts(&done.result), [Ok(200); 2]);
    assert_eq!(done.moved, [("bakery", 200), ("registry", -200)]);
    assert_eq!(world.credit(account("ghost"), Asset::Native), 200);
}

#[test]
fn a_capped_cashier_keeps_to_its_day_across_a_batch() {
    let (mut world, mut to, coupons) = stage(terms(), 0, 3);
    let till = account("till");
    act(&mut world, "bakery", 0, to.office.call_mut().set_role(till, false, true, Some(400)));
    let items = (1..).zip(&coupons).map(|(number, coupon)| item(&world, *coupon, order("bakery", number)));
    let items: Vec<Item> = items.collect();
    let done = act(&mut world, "till", 0, to.registry.call_mut().redeem_batch(items));
    let limit = shared::registry::Limit::CashierDay;
    let reached = RegistryError::LimitReached { limit, most: 400, asked: 600 };
    assert_eq!(discounts(&done.result), [Ok(200), Ok(200), Err(reached)]);
    assert_eq!(world.role(account("bakery"), till).unwrap().spent, 400);
}

#[test]
fn two_cashiers_in_one_batch_each_keep_to_their_own_day() {
    let (mut world, mut to, coupons) = stage(terms(), 0, 4);
    for who in ["till", "dee"] {
        act(&mut world, "bakery", 0, to.office.call_mut().set_role(account(who), false, true, Some(300)));
    }
    let signers = ["till", "dee", "till", "dee"];
    let items = (1..).zip(signers).zip(&coupons).map(|((number, signer), coupon)| {
        let order = order("bakery", number);
        let permits = Permits {
            acceptor: Some(world.place().order(&keys(signer), &whole(&[*coupon]), &order)),
            ..held_by(&world, "ann", *coupon, &order)
        };
        (order, permits)
    });
    let items: Vec<Item> = items.collect();
    let done = act(&mut world, "relayer", 0, to.registry.call_mut().redeem_batch(items));
    let limit = shared::registry::Limit::CashierDay;
    let reached = RegistryError::LimitReached { limit, most: 300, asked: 400 };
    assert_eq!(discounts(&done.result), [Ok(200), Ok(200), Err(reached), Err(reached)]);
    for who in ["till", "dee"] {
        assert_eq!(world.role(account("bakery"), account(who)).unwrap().spent, 200);
    }
}
