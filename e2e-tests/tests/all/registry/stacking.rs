//! Several coupons on one order: their order, their running total, and which may go together.

use crate::scene::*;
use e2e_tests::account;
use shared::{
    assets::Asset,
    order::{digest, Order, QuoteLine, Refused},
    registry::RegistryError,
    terms::{Benefit, Card, Stacking, Terms},
    Balance,
};

fn common(priority: u8, benefit: Benefit) -> Terms {
    terms_but(|t| (t.stacking, t.benefit) = (Stacking::Common { priority }, benefit))
}

const FIFTH: Benefit = Benefit::PercentOff { bps: 2_000, cap: 500 };

fn off(value: Balance) -> Benefit {
    Benefit::AmountOff { value }
}

// Feature: Stacking.
#[test]
fn five_coupons_each_count_on_what_those_before_leave() {
    let (mut world, _, coupons) = ann_has_one_of_each([0, 1, 2, 3, 255].map(|place| common(place, FIFTH)));
    let order = order("bakery", 1);
    let redemption = spend(&mut world, &whole(&coupons), &order).result;
    let discounts: Vec<_> = redemption.uses.iter().map(|used| used.discount).collect();
    assert_eq!(discounts, [200, 160, 128, 102, 82]);
    assert_eq!(redemption.net, 2_000 - 672);
    assert_eq!(world.order_word(account("bakery"), 1).digest(1), Some(digest(&redemption)));
    assert!(coupons.iter().all(|coupon| world.coupon(*coupon).is_none()));
    assert_eq!(world.holder(account("ann")).coupons, 0);
}

#[test]
fn together_they_take_no_more_than_is_eligible() {
    let (mut world, _, [first, second, third]) = ann_has_one_of_each([0, 1, 2].map(|p| common(p, off(600))));
    let order = order("bakery", 1);
    let no_effect = RegistryError::NoEffect { coupon: third };
    assert_eq!(all_refused(&mut world, "ann", &whole(&[first, second, third]), &order), no_effect);
    let redemption = spend(&mut world, &whole(&[first, second]), &order).result;
    let discounts: Vec<_> = redemption.uses.iter().map(|used| used.discount).collect();
    assert_eq!((discounts, redemption.net), (vec![600, 400], 1_000));
}

#[test]
fn an_exclusive_coupon_is_spent_alone() {
    let (mut world, _, [alone, other]) = ann_has_one_of_each([terms(), common(0, FIFTH)]);
    let order = order("bakery", 1);
    let not_stackable = RegistryError::NotStackable { coupon: alone };
    for pair in [[alone, other], [other, alone]] {
        assert_eq!(all_refused(&mut world, "ann", &whole(&pair), &order), not_stackable);
    }
    spend(&mut world, &whole(&[alone]), &order);
}

#[test]
fn a_lower_priority_number_comes_first_and_equals_come_as_presented() {
    let (mut world, _, [early, late, same]) =
        ann_has_one_of_each([common(3, off(10)), common(7, off(20)), common(7, off(30))]);
    let order = order("bakery", 1);
    let out_of_order = RegistryError::OutOfOrder { coupon: early, priority: 3, after: 7 };
    assert_eq!(all_refused(&mut world, "ann", &whole(&[late, early]), &order), out_of_order);
    let redemption = spend(&mut world, &whole(&[early, same, late]), &order).result;
    let spent: Vec<_> = redemption.uses.iter().map(|used| used.coupon).collect();
    assert_eq!(spent, [early, same, late]);
}

#[test]
fn an_order_goes_on_without_an_optional_coupon_and_keeps_the_reason() {
    let (mut world, _, [first, second]) = ann_has_one_of_each([common(0, FIFTH), common(1, FIFTH)]);
    let spent = issue(&mut world, "bakery", second.campaign, "ann");
    spend(&mut world, &whole(&[spent]), &order("bakery", 1));
    let order = order("bakery", 2);
    let gone = RegistryError::NoSuchCoupon { coupon: spent };
    assert_eq!(all_refused(&mut world, "ann", &[first.into(), spent.into()], &order), gone);

    let presented = [first.into(), optional(spent), second.into()];
    let quote = quoted(&world, &presented, &order).unwrap();
    let line = |coupon, outcome| QuoteLine { coupon, outcome };
    assert_eq!(quote.lines, [line(first, Ok(200)), line(spent, Err(gone)), line(second, Ok(160))]);
    let redemption = spend(&mut world, &presented, &order).result;
    assert_eq!(redemption.refused, [Refused { coupon: spent, reason: gone.index() }]);
    assert_eq!((redemption.discount(), redemption.net), (quote.discount, quote.net));
}

#[test]
fn with_every_coupon_refused_nothing_is_redeemed() {
    let (mut world, _, [first, second]) = ann_has_one_of_each([common(0, FIFTH), common(1, FIFTH)]);
    let order = Order { eligible: 4, ..order("bakery", 1) };
    let presented = [optional(first), optional(second)];
    assert_eq!(all_refused(&mut world, "ann", &presented, &order), RegistryError::NothingApplied);
    assert_eq!(quoted(&world, &presented, &order), Err(RegistryError::NothingApplied));
}

#[test]
fn an_optional_coupon_needs_its_holders_consent_too() {
    let (mut world, mut to, [first, second]) = ann_has_one_of_each([common(0, FIFTH), common(1, FIFTH)]);
    let order = order("bakery", 1);
    let mut permits = all_held_by(&world, "ann", &[first.into(), optional(second)], &order);
    // Signed as certain and presented as optional: another coupon, to a signature.
    permits.coupons[1] = world.place().spend(&e2e_tests::keys("ann"), second, &order);
    permits.coupons[1].presented.optional = true;
    use ink::codegen::TraitCallBuilder;
    use shared::registry::CouponRegistry;
    let redemption = act(&mut world, "bakery", 0, to.registry.call_mut().redeem(order, permits)).result;
    let reason = RegistryError::PermitInvalid { signer: account("ann") }.index();
    assert_eq!(redemption.refused, [Refused { coupon: second, reason }]);
    assert!(world.coupon(second).is_some());
}

#[test]
fn coupons_of_one_campaign_stack_and_the_same_coupon_does_not() {
    let (mut world, _, first) = ann_has_a_coupon(common(0, FIFTH), 0);
    let second = issue(&mut world, "bakery", first.campaign, "ann");
    let order = order("bakery", 1);
    let twice = RegistryError::DuplicateCoupon { coupon: first };
    assert_eq!(all_refused(&mut world, "ann", &whole(&[first, first]), &order), twice);
    assert_eq!(
        all_refused(&mut world, "ann", &[optional(first), first.into()], &order),
        twice,
        "not even where the first may be refused"
    );
    let redemption = spend(&mut world, &whole(&[first, second]), &order).result;
    assert_eq!(redemption.discount(), 360);
    assert_eq!(world.progress(first.campaign).uses, 2);
}

#[test]
fn a_card_is_used_once_an_order() {
    let terms = Terms { card: Card::Uses(5), ..common(0, FIFTH) };
    let (mut world, _, card) = ann_has_a_coupon(terms, 0);
    let twice = RegistryError::DuplicateCoupon { coupon: card };
    assert_eq!(all_refused(&mut world, "ann", &whole(&[card, card]), &order("bakery", 1)), twice);
}

#[test]
fn one_order_counts_in_one_asset() {
    let (world, _) = open();
    let in_tokens = Terms { asset: world.token_asset(), ..common(1, FIFTH) };
    let (mut world, _, [native, token]) = ann_has_one_of_each([common(0, FIFTH), in_tokens]);
    let order = order("bakery", 1);
    let mismatch = RegistryError::AssetMismatch { coupon: token };
    assert_eq!(all_refused(&mut world, "ann", &whole(&[native, token]), &order), mismatch);
    let redemption = spend(&mut world, &whole(&[token]), &order).result;
    assert_ne!(redemption.asset, Asset::Native);
}
