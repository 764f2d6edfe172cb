//! A batch's item could hold two orders: the registry took the second for the next item's, and the alliance booked it for the acceptor that the next item named.

use crate::scene::*;
use alliance::error::AllianceError;
use e2e_tests::{account, actors::OPERATOR};
use ink::codegen::TraitCallBuilder;
use scale::Encode;
use shared::{
    order::Order,
    terms::{Acceptance, Funding},
};

#[test]
fn an_item_of_a_batch_is_one_order() {
    let (mut world, _) = open();
    let (mut alliance, mut council, here) = (alliance(&world), world.council(), world.suite.registry);
    for who in ["bakery", "cinema"] {
        act(&mut world, who, 0, council.call_mut().apply(here, [1; 32], vec![]));
        let admission = admission(&world, who, 10_000);
        act(&mut world, OPERATOR, 0, council.call_mut().decide(admission));
        act(&mut world, who, 10_000, council.call_mut().deposit_collateral(10_000));
    }
    let named = Acceptance::Alliance(world.suite.alliance);
    let backed = terms_but(|t| (t.funding, t.acceptance) = (Funding::Alliance, named));
    let campaign = campaign(&mut world, "bakery", backed, 0);
    let signed = |world: &mut e2e_tests::World, number| {
        let coupon = issue(world, "bakery", campaign, "ann");
        let order: Order = order("cinema", number);
        (order.clone(), held_by(world, "ann", coupon, &order)).encode()
    };
    let [first, second, third] = [1, 2, 3].map(|number| signed(&mut world, number));
    let joined = [first.clone(), second].concat();
    for (orders, index) in
        [(vec![joined.clone(), third.clone()], 0), (vec![first, [third, vec![0]].concat()], 1)]
    {
        let message = alliance.call_mut().redeem_batch(here, orders);
        let refusal = AllianceError::NotAnOrder { index };
        assert_eq!(refused(&mut world, "cinema", 0, message), refusal);
    }
    assert_eq!(look(&world, council.call().exposure(account("bakery"))), 0);
}
