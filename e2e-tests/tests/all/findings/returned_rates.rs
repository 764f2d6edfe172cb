//! What two members had agreed on before one of them exited came back once it joined again and agreed on anything with anyone: redemptions that were booked at the alliance's default
//! rate were reversed at the old one, and the acceptor kept the difference.

use crate::scene::*;
use alliance::error::AllianceError;
use chain::{Balance, Chain};
use e2e_tests::{account, actors::OPERATOR, World};
use ink::codegen::TraitCallBuilder;
use shared::{
    alliance::{council::Motion, rates::Rate},
    terms::{Acceptance, Funding},
};

fn join(world: &mut World, who: &str) {
    let (mut council, registry) = (world.council(), world.suite.registry);
    act(world, who, 0, council.call_mut().apply(registry, [1; 32], vec![]));
    let motion = Motion::Admit { account: account(who), registry, profile: [1; 32], cap: Balance::MAX };
    act(world, OPERATOR, 0, council.call_mut().decide(motion));
    let mut office = world.office();
    let alliance = world.suite.alliance;
    let trust = office.call_mut().set_role(alliance, false, true, None);
    act(world, who, 0, trust);
    act(world, who, 5_000, council.call_mut().deposit_collateral(5_000));
}

fn agree(world: &mut World, acceptor: &str, issuer: &str, bps: u16) {
    let mut council = world.council();
    let two = (account(acceptor), account(issuer));
    let rate = Rate { bps, from: world.chain.now() + 1, daily_cap: None };
    act(world, acceptor, 0, council.call_mut().offer_rate(two.0, two.1, Some(rate)));
    act(world, issuer, 0, council.call_mut().accept_rate(two.0, two.1, rate));
    world.chain.advance(1).unwrap();
}

#[test]
fn a_rate_ends_with_the_membership_it_was_agreed_in() {
    let mut world = World::new();
    for who in ["bakery", "cinema", "grocer"] {
        join(&mut world, who);
    }
    agree(&mut world, "cinema", "bakery", 1_000);
    let mut council = world.council();
    act(&mut world, "cinema", 0, council.call_mut().leave());
    world.chain.advance(90 * DAY).unwrap();
    act(&mut world, "cinema", 0, council.call_mut().exit());
    join(&mut world, "cinema");

    let (here, now) = (world.suite.alliance, world.chain.now());
    let terms = terms_but(|t| {
        (t.funding, t.acceptance) = (Funding::Alliance, Acceptance::Alliance(here));
        (t.issue_window.end, t.redeem_window.end) = (now + DAY, now + 100 * DAY);
    });
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    let order = shared::order::Order { deadline: u64::MAX, ..order("cinema", 1) };
    let permits = held_by(&world, "ann", coupon, &order);
    let mut to = alliance(&world);
    let registry = world.suite.registry;
    let done = act(&mut world, "cinema", 0, to.call_mut().redeem(registry, (order, permits)));
    agree(&mut world, "grocer", "cinema", 5_000);
    act(&mut world, "cinema", 0, to.call_mut().roll_back(registry, 0, (done.result, None)));
    for who in ["bakery", "cinema"] {
        let member = look(&world, council.call().member(account(who))).unwrap();
        assert_eq!(member.open.position(), 0, "{who}");
    }
    let gone = council.call_mut().offer_rate(account("cinema"), account("bakery"), None);
    assert_eq!(refused(&mut world, "cinema", 0, gone), AllianceError::NoSuchOffer);
}
