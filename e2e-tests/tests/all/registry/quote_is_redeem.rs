//! Whatever the desk quotes, the registry gives: the same discounts, or the same refusal.

use crate::scene::*;
use e2e_tests::{account, World};
use ink::codegen::TraitCallBuilder;
use rand::{rngs::StdRng, seq::SliceRandom, Rng, SeedableRng};
use shared::{
    ids::CouponId,
    order::{Order, Quote, Redemption},
    permit::Presented,
    registry::{CouponRegistry, RegistryError},
    terms::{Acceptance, Audience, Benefit, Cap, Card, Limits, PeriodLimits, Stacking, Terms, Unit},
};
use std::collections::BTreeMap;

/// Terms of every kind, mostly of those that go together.
fn kinds(world: &World) -> Vec<Terms> {
    let common = |priority, change: fn(&mut Terms)| {
        terms_but(|t| {
            t.stacking = Stacking::Common { priority };
            change(t);
        })
    };
    let cap = Cap { uses: Some(6), value: Some(2_000) };
    let period = PeriodLimits { unit: Unit::Day, start: NOW, campaign: cap, holder: cap };
    let limits = Limits { issued_per_holder: None, uses: Some(9), holder: cap, period: Some(period) };
    let bakery = vec![account("bakery")];
    vec![
        terms(),
        common(0, |_| ()),
        common(0, |t| t.benefit = Benefit::AmountOff { value: 90 }),
        common(1, |t| (t.benefit, t.card) = (Benefit::StoredValue { value: 900 }, Card::Uses(1))),
        common(1, |t| (t.benefit, t.card) = (Benefit::FreeItem { worth: 150 }, Card::Stamps(3))),
        common(2, |t| (t.benefit, t.card) = (Benefit::NewPrice { price: 400, cap: 300 }, Card::Uses(4))),
        common(2, |t| t.budget = Some(700)),
        Terms { card: Card::Uses(50), limits, ..common(3, |_| ()) },
        common(3, |t| (t.audience, t.marks_first_order) = (Audience::FirstOrder, true)),
        common(4, |t| t.valid_for = Some(DAY)),
        Terms { asset: world.token_asset(), ..common(4, |_| ()) },
        Terms { acceptance: Acceptance::Listed(bakery), ..common(5, |_| ()) },
        Terms { acceptance: Acceptance::Alliance(world.suite.alliance), ..common(5, |_| ()) },
    ]
}

/// Both answers in the same words: what each coupon takes off or why not, and what is left to pay.
type Answer = Result<(Vec<(CouponId, Result<u128, u8>)>, u128), RegistryError>;

fn of_quote(quote: Result<Quote, RegistryError>) -> Answer {
    let Quote { lines, net, .. } = quote?;
    let lines = lines.into_iter().map(|line| (line.coupon, line.outcome.map_err(|why| why.index())));
    Ok((lines.collect(), net))
}

fn of_redemption(redemption: Result<Redemption, RegistryError>, presented: &[Presented]) -> Answer {
    let Redemption { uses, refused, net, .. } = redemption?;
    let lines = presented.iter().map(|Presented { coupon, .. }| {
        let given = uses.iter().find(|used| used.coupon == *coupon).map(|used| Ok(used.discount));
        let denied = refused.iter().find(|refused| refused.coupon == *coupon);
        (*coupon, given.unwrap_or_else(|| Err(denied.expect("given or refused").reason)))
    });
    Ok((lines.collect(), net))
}

// Feature: Quote / best deal.
#[test]
fn what_is_quoted_is_given_for_a_thousand_generated_orders() {
    let (mut world, mut to) = open();
    let mut random = StdRng::seed_from_u64(20_260_101);
    let mut pool: Vec<CouponId> = Vec::new();
    let campaigns: Vec<_> =
        kinds(&world).into_iter().map(|terms| campaign(&mut world, "bakery", terms, 0)).collect();
    for campaign in &campaigns {
        pool.extend(issue_many(&mut world, "bakery", *campaign, "ann", 60));
    }
    act(&mut world, "bakery", 0, to.office.call_mut().set_frozen(pool[70], Some(1)));
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for number in 1..=1_000 {
        if number % 100 == 0 {
            world.chain.advance(HOUR * 5).unwrap();
        }
        let now = chain::Chain::now(&world.chain);
        let count = *[1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6].choose(&mut random).unwrap();
        let mut presented: Vec<Presented> = (0..count)
            .map(|_| Presented {
                coupon: *pool.choose(&mut random).unwrap(),
                most: random.gen_bool(0.3).then(|| random.gen_range(0..300)),
                optional: random.gen_bool(0.4),
            })
            .collect();
        if random.gen_bool(0.8) {
            presented.sort_by_key(|presented| presented.coupon.campaign);
        }
        let basket = random.gen_range(0..3_000);
        let over = u128::from(random.gen_bool(0.02));
        let acceptor = if random.gen_bool(0.9) { "bakery" } else { "cinema" };
        let order = Order {
            number: if random.gen_bool(0.05) { 1 } else { number },
            basket,
            eligible: random.gen_range(0..=basket) + over * basket,
            deadline: if random.gen_bool(0.02) { now } else { now + HOUR },
            ..order(acceptor, number)
        };
        let quote = quoted(&world, &presented, &order);
        let permits = all_held_by(&world, "ann", &presented, &order);
        let redeemed = call(&mut world, acceptor, 0, to.registry.call_mut().redeem(order.clone(), permits));
        let answer = of_quote(quote);
        let word = match &answer {
            Ok(_) => "redeemed".into(),
            Err(refusal) => format!("{refusal:?}").chars().take_while(|c| c.is_alphanumeric()).collect(),
        };
        *seen.entry(word).or_default() += 1;
        if let Ok(redemption) = &redeemed.result {
            // Most of what is used up is presented no more.
            let gone = |id| redemption.uses.iter().any(|used| used.coupon == id && used.left_after == 0);
            pool.retain(|coupon| !gone(*coupon) || coupon.serial % 10 == 0);
        }
        // The quote comes first, so that two lines of one coupon are told apart by their place.
        if !matches!(&redeemed.result, Ok(redemption) if repeats(redemption, &presented)) {
            assert_eq!(answer, of_redemption(redeemed.result, &presented), "{order:?} {presented:?}");
        }
    }
    // The orders were worth generating.
    assert!(seen["redeemed"] >= 200, "{seen:?}");
    assert!(seen.len() >= 12, "{seen:?}");
}

/// Whether a coupon is presented twice: the redemption then says both of the same id.
fn repeats(redemption: &Redemption, presented: &[Presented]) -> bool {
    redemption.uses.len() + redemption.refused.len() != presented.len()
        || (1..presented.len())
            .any(|place| presented[..place].iter().any(|other| other.coupon == presented[place].coupon))
}

#[test]
fn a_quote_counts_the_cashiers_day_and_an_alliances_say() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    act(&mut world, "bakery", 0, to.office.call_mut().set_role(account("till"), false, true, Some(199)));
    let order = order("bakery", 1);
    let quote = |by: &str| {
        let message = to.desk.call().quote(order.clone(), whole(&[coupon]), Some(account(by)));
        read(&world, message).map(|quote| quote.discount)
    };
    let limit = shared::registry::Limit::CashierDay;
    let reached = RegistryError::LimitReached { limit, most: 199, asked: 200 };
    assert_eq!(quote("till"), Err(reached));
    assert_eq!(quote("bakery"), Ok(200));
    let permits = held_by(&world, "ann", coupon, &order);
    let message = to.registry.call_mut().redeem(order.clone(), permits);
    assert_eq!(refused(&mut world, "till", 0, message), reached);

    let named = Acceptance::Alliance(world.suite.alliance);
    let campaign = campaign(&mut world, "bakery", terms_but(|t| t.acceptance = named), 0);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    let alliance = world.suite.alliance;
    let at_cinemas = crate::scene::order("cinema", 1);
    let asked = |by| {
        let message = to.desk.call().quote(at_cinemas.clone(), whole(&[coupon]), Some(by));
        read(&world, message).map(|quote| quote.discount)
    };
    assert_eq!(asked(account("cinema")), Err(RegistryError::OnlyThroughAlliance { alliance }));
    assert_eq!(asked(alliance), Ok(200));
}
