//! A campaign of rewards that was handed over went on paying for the old issuer's friends, from the new issuer's escrow.

use super::friends::*;
use crate::scene::*;
use e2e_tests::account;
use ink::codegen::TraitCallBuilder;
use shared::registry::RegistryError;

#[test]
fn a_new_issuers_rewards_are_not_for_the_old_ones_friends() {
    let (mut world, mut to, coupon) = ann_brought_by_ben();
    let redemption = shop(&mut world, "ann", coupon);
    let moment = world.fixture();
    act(&mut world, "bakery", 0, to.office.call_mut().offer_campaign(REWARDS, Some(account("cinema"))));
    let mut offered = world.fixture().world();
    act(&mut world, "cinema", 0, to.office.call_mut().accept_campaign(REWARDS));
    let message = to.desk.call_mut().reward(redemption.clone(), coupon);
    assert_eq!(refused(&mut world, "ben", 0, message), RegistryError::NoReferral { coupon });
    assert_eq!((rewards(&world), world.holder(account("ben")).coupons), ((0, 1_500, 0), 0));
    let done = act(&mut world, "cinema", 0, to.office.call_mut().withdraw_escrow(REWARDS, 1_500));
    assert_eq!(done.moved, [("cinema", 1_500), ("registry", -1_500)], "all of it is the new issuer's");

    // Until it is accepted, an offer changes nothing.
    for world in [&mut moment.world(), &mut offered] {
        act(world, "ben", 0, to.desk.call_mut().reward(redemption.clone(), coupon));
        assert_eq!((rewards(world), world.holder(account("ben")).coupons), ((1, 1_500, 500), 1));
    }
}
