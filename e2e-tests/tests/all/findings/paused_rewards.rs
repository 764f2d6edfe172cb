//! A pause of claims stopped every way to a new coupon but rewards.

use super::friends::*;
use crate::scene::*;
use e2e_tests::{account, actors::OWNER};
use ink::codegen::TraitCallBuilder;
use shared::registry::{RegistryError, Scope};

#[test]
fn no_reward_is_given_while_claims_are_paused_and_it_waits_for_their_end() {
    let (mut world, mut to, coupon) = ann_brought_by_ben();
    let redemption = shop(&mut world, "ann", coupon);
    for others in [0, Scope::Campaigns.bit() | Scope::Trading.bit()] {
        let paused = Scope::Claims.bit() | others;
        act(&mut world, OWNER, 0, to.office.call_mut().set_paused(paused));
        let message = to.desk.call_mut().reward(redemption.clone(), coupon);
        let expected = RegistryError::Paused { scope: Scope::Claims };
        assert_eq!(refused(&mut world, "ben", 0, message), expected);
        assert_eq!(rewards(&world), (0, 1_500, 0));
    }
    act(&mut world, OWNER, 0, to.office.call_mut().set_paused(Scope::Campaigns.bit() | Scope::Trading.bit()));
    act(&mut world, "ben", 0, to.desk.call_mut().reward(redemption, coupon));
    assert_eq!((rewards(&world), world.holder(account("ben")).coupons), ((1, 1_500, 500), 1));
}
