//! What each kind of benefit takes off, to the last unit.

use crate::scene::*;
use chain::Balance;
use shared::{
    order::Order,
    registry::RegistryError,
    terms::{Benefit, Terms},
};

/// What a coupon of this benefit takes off what is eligible, as the desk quotes it and as the registry gives it; `None` for nothing.
fn takes_off(benefit: Benefit, eligible: Balance) -> Option<Balance> {
    let (mut world, _, coupon) = ann_has_a_coupon(Terms { benefit, min_basket: 0, ..terms() }, 0);
    let order = Order { basket: eligible, eligible, ..order("bakery", 1) };
    let coupons = whole(&[coupon]);
    match quoted(&world, &coupons, &order) {
        Ok(quote) => {
            let redemption = spend(&mut world, &coupons, &order).result;
            assert_eq!((redemption.discount(), redemption.net), (quote.discount, quote.net));
            assert_eq!(redemption.net, eligible - quote.discount);
            assert!(quote.discount > 0);
            Some(quote.discount)
        }
        Err(refusal) => {
            assert_eq!(refusal, RegistryError::NoEffect { coupon });
            assert_eq!(all_refused(&mut world, "ann", &coupons, &order), refusal);
            None
        }
    }
}

// Feature: Discount kinds.
#[test]
fn each_benefit_stops_at_its_rule_its_cap_and_what_is_eligible() {
    let amount = Benefit::AmountOff { value: 300 };
    let percent = Benefit::PercentOff { bps: 2_000, cap: 500 };
    let all = Benefit::PercentOff { bps: 10_000, cap: Balance::MAX };
    let price = Benefit::NewPrice { price: 300, cap: 500 };
    let item = Benefit::FreeItem { worth: 300 };
    let value = Benefit::StoredValue { value: 300 };
    let cases = [
        (amount, 0, None),
        (amount, 299, Some(299)),
        (amount, 300, Some(300)),
        (amount, Balance::MAX, Some(300)),
        (percent, 4, None),
        (percent, 5, Some(1)),
        (percent, 2_499, Some(499)),
        (percent, 2_500, Some(500)),
        (percent, Balance::MAX, Some(500)),
        (all, Balance::MAX, Some(Balance::MAX)),
        (price, 300, None),
        (price, 301, Some(1)),
        (price, 800, Some(500)),
        (price, 801, Some(500)),
        (item, 200, Some(200)),
        (item, 301, Some(300)),
        (value, 299, Some(299)),
        (value, 301, Some(300)),
    ];
    for (benefit, eligible, expected) in cases {
        assert_eq!(takes_off(benefit, eligible), expected, "{benefit:?} on {eligible}");
    }
}

// Feature: Product scope.
#[test]
fn only_what_the_acceptor_states_as_eligible_is_discounted_and_the_scope_is_in_the_terms() {
    let scope = Some([3; 32]);
    let (mut world, _, coupon) = ann_has_a_coupon(terms_but(|t| t.scope = scope), 0);
    assert_eq!(world.campaign(coupon.campaign).unwrap().terms.scope, scope);
    let order = Order { basket: 5_000, eligible: 10, ..order("bakery", 1) };
    let redemption = spend(&mut world, &whole(&[coupon]), &order).result;
    assert_eq!((redemption.discount(), redemption.net), (2, 4_998));
}

// Feature: Min basket.
#[test]
fn the_least_basket_is_before_the_discount_and_on_the_whole_basket() {
    let (mut world, _, coupon) = ann_has_a_coupon(terms_but(|t| t.min_basket = 1_000), 0);
    let short = Order { basket: 999, eligible: 999, ..order("bakery", 1) };
    let below = RegistryError::BelowMinBasket { basket: 999, least: 1_000 };
    assert_eq!(till_refuses(&mut world, coupon, "ann", &short), below);
    let enough = Order { basket: 1_000, eligible: 50, ..order("bakery", 1) };
    assert_eq!(spend(&mut world, &whole(&[coupon]), &enough).result.discount(), 10);
}
