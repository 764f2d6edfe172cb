//! Each limit of the terms: met exactly, passed by one, anew in each period, and given back by a rollback.

use crate::scene::*;
use e2e_tests::World;
use ink::codegen::TraitCallBuilder;
use shared::{
    ids::CouponId,
    order::Order,
    registry::{Limit, RegistryError},
    terms::{Cap, Card, Limits, PeriodLimits, Terms, Unit, Window},
    Balance, Timestamp,
};

const USES: fn(u32) -> Cap = |uses| Cap { uses: Some(uses), value: None };
const VALUE: fn(Balance) -> Cap = |value| Cap { uses: None, value: Some(value) };

/// A card of many uses, limited so, for a hundred days.
fn limited(limits: Limits) -> Terms {
    terms_but(|t| {
        t.card = Card::Uses(100);
        t.redeem_window = Window { start: NOW, end: NOW + 100 * DAY };
        t.limits = limits;
        t.rollback_window = 90 * DAY;
    })
}

fn daily(campaign: Cap, holder: Cap) -> Limits {
    let period = PeriodLimits { unit: Unit::Day, start: NOW, campaign, holder };
    Limits { period: Some(period), ..Limits::default() }
}

/// The usual order, of this number and at the chain's time.
fn next(world: &World, number: u64) -> Order {
    Order { deadline: chain::Chain::now(&world.chain) + HOUR, ..order("bakery", number) }
}

/// Ann's card and ben's, of one campaign.
fn two_cards(terms: Terms) -> (World, Doors, [CouponId; 2]) {
    let (mut world, to, anns) = ann_has_a_coupon(terms, 0);
    let bens = issue(&mut world, "bakery", anns.campaign, "ben");
    (world, to, [anns, bens])
}

// Feature: Limits and budgets.
#[test]
fn each_limit_is_met_exactly_and_refused_one_further() {
    let cap = Cap::default();
    let of_holder = |holder| Limits { holder, ..Limits::default() };
    let of_all = Limits { uses: Some(2), ..Limits::default() };
    // Each order takes 200 off; the third is one too many.
    let cases = [
        (of_all, Limit::CampaignUses, 2, 3),
        (of_holder(USES(2)), Limit::HolderUses, 2, 3),
        (of_holder(VALUE(400)), Limit::HolderValue, 400, 600),
        (of_holder(VALUE(599)), Limit::HolderValue, 599, 600),
        (daily(USES(2), cap), Limit::PeriodUses, 2, 3),
        (daily(VALUE(400), cap), Limit::PeriodValue, 400, 600),
        (daily(cap, USES(2)), Limit::HolderPeriodUses, 2, 3),
        (daily(cap, VALUE(400)), Limit::HolderPeriodValue, 400, 600),
    ];
    for (limits, limit, most, asked) in cases {
        let (mut world, mut to, [anns, bens]) = two_cards(limited(limits));
        let redemptions = [1, 2].map(|number| {
            let order = next(&world, number);
            spend(&mut world, &whole(&[anns]), &order).result
        });
        let reached = RegistryError::LimitReached { limit, most, asked };
        let third = next(&world, 3);
        assert_eq!(quoted(&world, &whole(&[anns]), &third), Err(reached));
        assert_eq!(till_refuses(&mut world, anns, "ann", &third), reached);

        let of_one = matches!(
            limit,
            Limit::HolderUses | Limit::HolderValue | Limit::HolderPeriodUses | Limit::HolderPeriodValue
        );
        if of_one {
            let fourth = next(&world, 4);
            spend_of(&mut world, "ben", &whole(&[bens]), &fourth);
        } else {
            assert_eq!(till_refuses(&mut world, bens, "ben", &third), reached, "it is everyone's");
        }
        let [first, _] = redemptions;
        act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(first, None));
        spend(&mut world, &whole(&[anns]), &third);
        let order = next(&world, 5);
        assert_eq!(till_refuses(&mut world, anns, "ann", &order), reached, "and given back only once");
    }
}

#[test]
fn a_limit_of_value_leaves_room_for_less() {
    let limits = Limits { holder: VALUE(300), ..Limits::default() };
    let (mut world, _, coupon) = ann_has_a_coupon(limited(limits), 0);
    spend(&mut world, &whole(&[coupon]), &order("bakery", 1));
    let limit = Limit::HolderValue;
    let reached = RegistryError::LimitReached { limit, most: 300, asked: 400 };
    assert_eq!(till_refuses(&mut world, coupon, "ann", &order("bakery", 2)), reached);
    let spent = spend(&mut world, &[part(coupon, 100)], &order("bakery", 2));
    assert_eq!(spent.result.discount(), 100);
}

/// With one use a period of `unit` from `start` on: one at `first`, none at `next - 1`, one at `next`.
fn renews(unit: Unit, start: Timestamp, first: Timestamp, renewed: Timestamp) {
    let period = PeriodLimits { unit, start, campaign: USES(1), holder: Cap::default() };
    let limits = Limits { period: Some(period), ..Limits::default() };
    let (mut world, _, coupon) = ann_has_a_coupon(limited(limits), 0);
    world.chain.set_time(first).unwrap();
    let now = next(&world, 1);
    spend(&mut world, &whole(&[coupon]), &now);
    world.chain.set_time(renewed - 1).unwrap();
    let reached = RegistryError::LimitReached { limit: Limit::PeriodUses, most: 1, asked: 2 };
    let early = next(&world, 2);
    assert_eq!(till_refuses(&mut world, coupon, "ann", &early), reached, "{unit:?} from {start}");
    world.chain.set_time(renewed).unwrap();
    let order = next(&world, 2);
    spend(&mut world, &whole(&[coupon]), &order);
}

#[test]
fn a_period_ends_to_the_millisecond() {
    let noon = NOW + 12 * HOUR;
    renews(Unit::Day, NOW, NOW, NOW + DAY);
    renews(Unit::Day, noon, noon, noon + DAY);
    renews(Unit::Week, NOW, NOW + 6 * DAY, NOW + 7 * DAY);
    // Time before the first period counts as of it.
    renews(Unit::Day, noon, NOW, noon + DAY);
}

#[test]
fn months_are_those_of_the_calendar() {
    // 2026: January has 31 days and February 28.
    let (february, march) = (NOW + 31 * DAY, NOW + 59 * DAY);
    renews(Unit::Month, NOW, NOW, february);
    renews(Unit::Month, NOW, february, march);
    let ides = NOW + 14 * DAY + HOUR;
    renews(Unit::Month, ides, ides, ides + 31 * DAY);
    // February has no 31st: its period begins with March.
    let last = NOW + 30 * DAY + 12 * HOUR;
    renews(Unit::Month, last, last, march);
}

#[test]
fn a_rollback_gives_nothing_back_to_a_later_period() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(limited(daily(USES(1), Cap::default())), 0);
    let redemption = spend(&mut world, &whole(&[coupon]), &order("bakery", 1)).result;
    world.chain.set_time(NOW + DAY).unwrap();
    let today = next(&world, 2);
    spend(&mut world, &whole(&[coupon]), &today);
    act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(redemption, None));
    let reached = RegistryError::LimitReached { limit: Limit::PeriodUses, most: 1, asked: 2 };
    let again = next(&world, 3);
    assert_eq!(till_refuses(&mut world, coupon, "ann", &again), reached);
}

#[test]
fn limits_count_within_one_order_too() {
    let mut terms = limited(Limits { holder: USES(1), ..Limits::default() });
    terms.stacking = shared::terms::Stacking::Common { priority: 0 };
    let (mut world, _, first) = ann_has_a_coupon(terms, 0);
    let second = issue(&mut world, "bakery", first.campaign, "ann");
    let order = order("bakery", 1);
    let reached = RegistryError::LimitReached { limit: Limit::HolderUses, most: 1, asked: 2 };
    assert_eq!(all_refused(&mut world, "ann", &whole(&[first, second]), &order), reached);
    let redemption = spend(&mut world, &[first.into(), optional(second)], &order).result;
    assert_eq!((redemption.uses.len(), redemption.refused[0].reason), (1, reached.index()));
    assert_eq!(world.usage(first.campaign, e2e_tests::account("ann")).unwrap().uses, 1);
}

#[test]
fn a_budget_is_spent_to_the_last_unit_and_rises_by_an_improvement() {
    let terms = terms_but(|t| (t.budget, t.card) = (Some(300), Card::Uses(9)));
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms, 0);
    let campaign = coupon.campaign;
    spend(&mut world, &whole(&[coupon]), &order("bakery", 1));
    let exhausted = RegistryError::BudgetExhausted { campaign };
    assert_eq!(till_refuses(&mut world, coupon, "ann", &order("bakery", 2)), exhausted);
    spend(&mut world, &[part(coupon, 100)], &order("bakery", 2));
    assert_eq!(world.progress(campaign).budget_left, Some(0));
    let more = shared::campaigns::Improvement::AddBudget { amount: 200 };
    act(&mut world, "bakery", 0, to.office.call_mut().improve_campaign(campaign, more));
    spend(&mut world, &whole(&[coupon]), &order("bakery", 3));
}
