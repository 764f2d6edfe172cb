//! A stranger's coupon whose discount nobody pays for went through an alliance that its terms named, at the acceptor's cost.

use crate::scene::*;
use alliance::error::AllianceError;
use e2e_tests::actors::{account, OPERATOR};
use ink::codegen::TraitCallBuilder;
use shared::{order::Order, terms::Acceptance};

#[test]
fn a_discount_that_nobody_pays_for_is_a_members_or_refused() {
    let (mut world, _) = open();
    let (mut to, mut council) = (alliance(&world), world.council());
    let here = world.suite.registry;
    act(&mut world, "cinema", 0, council.call_mut().apply(here, [1; 32], vec![]));
    let admission = admission(&world, "cinema", 1_000);
    act(&mut world, OPERATOR, 0, council.call_mut().decide(admission));
    let free = terms_but(|t| t.acceptance = Acceptance::Alliance(world.suite.alliance));
    let campaign = campaign(&mut world, "ben", free, 0);
    let coupon = issue(&mut world, "ben", campaign, "ann");
    let order: Order = order("cinema", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    let message = to.call_mut().redeem(here, (order, permits));
    let stranger = AllianceError::NotMember { account: account("ben") };
    assert_eq!(refused(&mut world, "cinema", 0, message), stranger);
}
