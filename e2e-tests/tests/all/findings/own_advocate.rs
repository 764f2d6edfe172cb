//! An advocate bought its friend's coupon, spent it, and was rewarded for itself.

use super::friends::*;
use crate::scene::*;
use e2e_tests::account;
use ink::codegen::TraitCallBuilder;
use shared::{psp34::PSP34, registry::RegistryError};

#[test]
fn an_advocate_that_spends_the_friends_coupon_itself_is_not_rewarded() {
    let (mut world, mut to, coupon) = ann_brought_by_ben();
    let give = PSP34::transfer(to.registry.call_mut(), account("ben"), coupon.into(), vec![]);
    act(&mut world, "ann", 0, give);
    let redemption = shop(&mut world, "ben", coupon);
    assert_eq!(
        (redemption.uses[0].holder, redemption.uses[0].advocate),
        (account("ben"), Some(account("ben")))
    );
    for who in ["ben", "relayer"] {
        let message = to.desk.call_mut().reward(redemption.clone(), coupon);
        assert_eq!(refused(&mut world, who, 0, message), RegistryError::SelfReferral);
    }
    assert_eq!((rewards(&world), world.holder(account("ben")).coupons), ((0, 1_500, 0), 0));
}

#[test]
fn a_friend_that_sold_the_coupon_on_brings_its_advocate_the_buyers_reward() {
    let (mut world, mut to, coupon) = ann_brought_by_ben();
    let give = PSP34::transfer(to.registry.call_mut(), account("cem"), coupon.into(), vec![]);
    act(&mut world, "ann", 0, give);
    let redemption = shop(&mut world, "cem", coupon);
    act(&mut world, "relayer", 0, to.desk.call_mut().reward(redemption, coupon));
    assert_eq!((rewards(&world), world.holder(account("ben")).coupons), ((1, 1_500, 500), 1));
}
