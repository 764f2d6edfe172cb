//! A budget that nearly ran out gave less than was quoted, and burnt the coupon for it.

use crate::scene::*;
use ink::codegen::TraitCallBuilder;
use shared::registry::{CouponRegistry, RegistryError};

#[test]
fn a_budget_that_does_not_reach_spends_no_coupon() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms_but(|t| t.budget = Some(199)), 0);
    let order = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    let message = to.registry.call_mut().redeem(order, permits);
    let exhausted = RegistryError::BudgetExhausted { campaign: coupon.campaign };
    assert_eq!(refused(&mut world, "bakery", 0, message), exhausted);
    assert!(world.coupon(coupon).is_some());
}
