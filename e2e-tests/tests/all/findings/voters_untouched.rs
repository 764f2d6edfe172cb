//! The auditor held that voting brings a member's sheets up to the open cycle, and so disagreed with the chain after a vote in a new cycle.

use crate::scene::*;
use couponry::audit::{self, Files};
use e2e_tests::{account, actors::OPERATOR, World};
use ink::codegen::TraitCallBuilder;
use shared::alliance::council::Motion;

#[test]
fn a_vote_in_a_new_cycle_writes_nothing_of_the_voter() {
    let mut world = World::new();
    let (mut council, registry) = (world.council(), world.suite.registry);
    for who in ["bakery", "cinema"] {
        act(&mut world, who, 0, council.call_mut().apply(registry, [1; 32], vec![]));
        let motion = Motion::Admit { account: account(who), registry, profile: [1; 32], cap: 5 };
        act(&mut world, OPERATOR, 0, council.call_mut().decide(motion));
    }
    world.chain.advance(look(&world, council.call().config()).cycle_length).unwrap();
    act(&mut world, "relayer", 0, council.call_mut().close_cycle());
    let raise = Motion::SetCap { account: account("cinema"), cap: 9 };
    act(&mut world, "bakery", 0, council.call_mut().propose(raise));
    let report = audit::run(&world.chain, &world.suite, Files::default()).unwrap();
    assert!(report.agrees, "{:?}", report.differences);
    act(&mut world, "cinema", 0, council.call_mut().vote(1));
    let report = audit::run(&world.chain, &world.suite, Files::default()).unwrap();
    assert!(report.agrees, "{:?}", report.differences);
}
