//! Ratings: one a redemption by a holder of its coupons, and by nobody else.

use crate::scene::*;
use desk::events::RedemptionRated;
use e2e_tests::account;
use ink::codegen::TraitCallBuilder;
use shared::{
    order::Redemption,
    permit::Permits,
    registry::{CouponRegistry, RegistryError},
    terms::{Benefit, Stacking},
};

// Feature: Ratings.
#[test]
fn a_holder_rates_a_redemption_once() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let redemption = spend(&mut world, &whole(&[coupon]), &order("bakery", 1)).result;
    let comment = Some([4; 32]);
    let done = act(&mut world, "ann", 0, to.desk.call_mut().rate(redemption.clone(), 4, comment));
    let (acceptor, holder) = (account("bakery"), account("ann"));
    let rated = RedemptionRated { acceptor, number: 1, holder, stars: 4, comment };
    assert_eq!(done.events, [by(world.suite.desk, rated)]);
    for stars in [4, 5] {
        let again = to.desk.call_mut().rate(redemption.clone(), stars, None);
        assert_eq!(refused(&mut world, "ann", 0, again), RegistryError::AlreadyRated { number: 1 });
    }
}

#[test]
fn a_rating_is_one_to_five_and_of_a_redemption_that_was() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let redemption = spend(&mut world, &whole(&[coupon]), &order("bakery", 1)).result;
    for stars in [0, 6, 255] {
        let message = to.desk.call_mut().rate(redemption.clone(), stars, None);
        assert_eq!(refused(&mut world, "ann", 0, message), RegistryError::BadRating { stars });
    }
    let altered = Redemption { net: 1, ..redemption.clone() };
    let message = to.desk.call_mut().rate(altered, 5, None);
    assert_eq!(refused(&mut world, "ann", 0, message), RegistryError::NoSuchRedemption { number: 1 });
    for who in ["ben", "bakery", "relayer"] {
        let message = to.desk.call_mut().rate(redemption.clone(), 5, None);
        let not_holder = RegistryError::NotHolder { holder: account("ann") };
        assert_eq!(refused(&mut world, who, 0, message), not_holder);
    }
    act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(redemption.clone(), None));
    let message = to.desk.call_mut().rate(redemption, 5, None);
    assert_eq!(refused(&mut world, "ann", 0, message), RegistryError::NoSuchRedemption { number: 1 });
}

#[test]
fn each_holder_of_a_shared_order_rates_for_themselves() {
    let terms = terms_but(|t| {
        t.stacking = Stacking::Common { priority: 0 };
        t.benefit = Benefit::AmountOff { value: 100 };
    });
    let (mut world, mut to, anns) = ann_has_a_coupon(terms, 0);
    let bens = issue(&mut world, "bakery", anns.campaign, "ben");
    let order = order("bakery", 1);
    let coupons = [("ann", anns), ("ben", bens)]
        .map(|(who, coupon)| world.place().spend(&e2e_tests::keys(who), coupon, &order));
    let permits = Permits { acceptor: None, coupons: coupons.to_vec() };
    let redemption = act(&mut world, "bakery", 0, to.registry.call_mut().redeem(order, permits)).result;
    for (who, stars) in [("ann", 5), ("ben", 1)] {
        act(&mut world, who, 0, to.desk.call_mut().rate(redemption.clone(), stars, None));
    }
}
