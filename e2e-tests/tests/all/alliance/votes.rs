//! What the operator decides while few have a vote, and members by their votes.

use super::*;

/// When motions are moved: after the members joined, for who joins in the same block has no vote.
const MOVED: u64 = NOW + 1;

fn voting() -> (World, Doors, AllianceRef, CouponId) {
    let mut all = allied();
    all.0.chain.set_time(MOVED).unwrap();
    all
}

fn applied(world: &mut World, who: &str) -> Motion {
    let mut council = world.council();
    let _alliance = alliance(world);
    let registry = world.suite.registry;
    act(world, who, JOINING_FEE, council.call_mut().apply(registry, [7; 32], vec![]));
    Motion::Admit { account: account(who), registry, profile: [7; 32], cap: 500 }
}

#[test]
fn the_operator_admits_suspends_and_reinstates_while_few_have_a_vote() {
    let (mut world, _, _, _) = allied();
    let (mut council, here, operator) = (world.council(), world.suite.council, account(OPERATOR));
    let admit = applied(&mut world, "grocer");
    for who in ["grocer", "bakery", OWNER] {
        let not_operator = AllianceError::NotOperator { operator, caller: account(who) };
        assert_eq!(refused(&mut world, who, 0, council.call_mut().decide(admit)), not_operator);
    }
    let grocer = account("grocer");
    let other = Motion::Admit { account: grocer, registry: world.suite.registry, profile: [8; 32], cap: 1 };
    let differs = AllianceError::ApplicationDiffers { account: grocer };
    assert_eq!(refused(&mut world, OPERATOR, 0, council.call_mut().decide(other)), differs);
    let done = act(&mut world, OPERATOR, 0, council.call_mut().decide(admit));
    let told = MotionCarried { member: grocer, motion: admit, proposal: None, at: NOW };
    assert_eq!(done.events, [by(here, told)]);
    assert_eq!((member(&world, "grocer").status, member(&world, "grocer").cap), (Status::Active, 500));
    assert_eq!(look(&world, world.council().call().cycle()).voters, 3);

    let suspend = Motion::Suspend { account: grocer, reason: 4 };
    act(&mut world, OPERATOR, 0, council.call_mut().decide(suspend));
    assert_eq!(member(&world, "grocer").status, Status::Suspended);
    assert_eq!(look(&world, world.council().call().cycle()).voters, 2);
    let not_active = AllianceError::NotActive { account: grocer };
    assert_eq!(refused(&mut world, OPERATOR, 0, council.call_mut().decide(suspend)), not_active);
    let reinstate = Motion::Reinstate { account: grocer };
    act(&mut world, OPERATOR, 0, council.call_mut().decide(reinstate));
    assert_eq!(member(&world, "grocer").status, Status::Active);
    let not_suspended = AllianceError::NotSuspended { account: grocer };
    assert_eq!(refused(&mut world, OPERATOR, 0, council.call_mut().decide(reinstate)), not_suspended);
    let readmit = Motion::Readmit { account: grocer, cap: 1 };
    let by_vote = AllianceError::ByVoteOnly { voters: 3 };
    assert_eq!(refused(&mut world, OPERATOR, 0, council.call_mut().decide(readmit)), by_vote);
    let nobody = Motion::Reinstate { account: account("ann") };
    let not_member = AllianceError::NotMember { account: account("ann") };
    assert_eq!(refused(&mut world, OPERATOR, 0, council.call_mut().decide(nobody)), not_member);
}

#[test]
fn members_carry_a_motion_by_a_quorum_of_who_was_there() {
    let (mut world, _, _, _) = voting();
    let (mut council, here) = (world.council(), world.suite.council);
    let admit = applied(&mut world, "grocer");
    for who in ["grocer", "ann"] {
        let message = council.call_mut().propose(admit);
        let refusal = refused(&mut world, who, 0, message);
        let (account, applied) = (account(who), who == "grocer");
        let expected =
            if applied { AllianceError::NotActive { account } } else { AllianceError::NotMember { account } };
        assert_eq!(refusal, expected);
    }
    let (bakery, cinema) = (account("bakery"), account("cinema"));
    let done = act(&mut world, "bakery", 0, council.call_mut().propose(admit));
    let ends_at = MOVED + WEEK;
    let moved = MotionMoved { by: bakery, proposal: 1, motion: admit, needed: 2, at: MOVED, ends_at };
    assert_eq!(done.events, [by(here, moved), by(here, VoteCast { member: bakery, proposal: 1 })]);
    assert_eq!(done.result, 1);
    let again = AllianceError::AlreadyVoted { proposal: 1, account: bakery };
    assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().vote(1)), again);
    let none = AllianceError::NoSuchProposal { proposal: 2 };
    assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().vote(2)), none);
    let open = AllianceError::VoteOpen { ends_at, now: MOVED };
    assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().clear(1)), open);

    let done = act(&mut world, "cinema", 0, council.call_mut().vote(1));
    let carried = MotionCarried { member: account("grocer"), motion: admit, proposal: Some(1), at: MOVED };
    assert_eq!(done.events, [by(here, VoteCast { member: cinema, proposal: 1 }), by(here, carried)]);
    assert_eq!(member(&world, "grocer").status, Status::Active);
    let closed = AllianceError::VoteClosed { ends_at, now: MOVED };
    assert_eq!(refused(&mut world, "grocer", 0, council.call_mut().vote(1)), closed);

    world.chain.set_time(ends_at).unwrap();
    let done = act(&mut world, "bakery", 0, council.call_mut().clear(1));
    assert_eq!(done.events, [by(here, VoteCleared { account: bakery, proposal: 1, moved: true })]);
    assert!(done.cost.deposit < 0, "who moved it has the deposits back");
    let done = act(&mut world, "cinema", 0, council.call_mut().clear(1));
    assert_eq!(done.events, [by(here, VoteCleared { account: cinema, proposal: 1, moved: false })]);
    let none = AllianceError::NoSuchProposal { proposal: 1 };
    assert_eq!(refused(&mut world, "cinema", 0, council.call_mut().clear(1)), none);
    assert_eq!(read(&world, council.call().proposal(1)), None);
}

#[test]
fn who_comes_later_has_no_vote_and_late_votes_count_for_nothing() {
    let (mut world, _, _, _) = voting();
    let mut council = world.council();
    let suspend = Motion::Suspend { account: account("cinema"), reason: 1 };
    act(&mut world, "bakery", 0, council.call_mut().propose(suspend));
    world.chain.advance(HOUR).unwrap();
    join(&mut world, "grocer", 1);
    let late = AllianceError::NoVote { account: account("grocer") };
    assert_eq!(refused(&mut world, "grocer", 0, council.call_mut().vote(1)), late);
    world.chain.set_time(MOVED + WEEK).unwrap();
    let closed = AllianceError::VoteClosed { ends_at: MOVED + WEEK, now: MOVED + WEEK };
    assert_eq!(refused(&mut world, "cinema", 0, council.call_mut().vote(1)), closed);
    assert_eq!(member(&world, "cinema").status, Status::Active);
}

#[test]
fn past_the_founders_number_only_votes_decide() {
    let mut world = rules().config(|suite| suite.alliance.founders = 2).build();
    join(&mut world, "bakery", 1);
    join(&mut world, "cinema", 1);
    world.chain.set_time(MOVED).unwrap();
    let admit = applied(&mut world, "grocer");
    let by_vote = AllianceError::ByVoteOnly { voters: 2 };
    let (mut council, _alliance) = (world.council(), alliance(&world));
    assert_eq!(refused(&mut world, OPERATOR, 0, council.call_mut().decide(admit)), by_vote);
    act(&mut world, "bakery", 0, council.call_mut().propose(admit));
    act(&mut world, "cinema", 0, council.call_mut().vote(1));
    assert_eq!(member(&world, "grocer").status, Status::Active);
}

#[test]
fn only_the_council_has_the_alliance_take_steps() {
    use shared::alliance::door::{AllianceDoor, Step, Steps};
    let (mut world, _, mut alliance, _) = allied();
    for who in ["bakery", OPERATOR, OWNER, "ann"] {
        let steps = vec![Step::Pay { to: account(who), amount: 1 }];
        let refusal = refused(&mut world, who, 0, AllianceDoor::apply(alliance.call_mut(), Steps(steps)));
        assert_eq!(refusal, AllianceError::NotTheCouncil { caller: account(who) });
    }
}

#[test]
fn whoever_is_suspended_neither_accepts_nor_is_accepted() {
    let (world, _, mut alliance, coupon) = allied();
    let mut council = world.council();
    let before = world.fixture();
    for who in ["cinema", "bakery"] {
        let mut world = before.world();
        let suspend = Motion::Suspend { account: account(who), reason: 1 };
        act(&mut world, OPERATOR, 0, council.call_mut().decide(suspend));
        let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
        let not_active = AllianceError::NotActive { account: account(who) };
        assert_eq!(refused(&mut world, "cinema", 0, message), not_active);
    }
}

#[test]
fn who_leaves_is_kept_from_owing_more_and_not_from_going() {
    let (mut world, _, mut alliance, coupon) = allied();
    let mut council = world.council();
    let bakery = account("bakery");
    act(&mut world, "bakery", 0, council.call_mut().leave());
    let suspend = Motion::Suspend { account: bakery, reason: 1 };
    let not_active = AllianceError::NotActive { account: bakery };
    assert_eq!(refused(&mut world, OPERATOR, 0, council.call_mut().decide(suspend)), not_active);
    let cap = Motion::SetCap { account: bakery, cap: 100 };
    act(&mut world, OPERATOR, 0, council.call_mut().decide(cap));
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let over = AllianceError::OverLimit { account: bakery, exposure: DEBT, limit: 100 };
    assert_eq!(refused(&mut world, "cinema", 0, message), over);
    world.chain.advance(90 * DAY).unwrap();
    let done = act(&mut world, "bakery", 0, council.call_mut().exit());
    assert_eq!(done.moved, [("bakery", 5_000), ("alliance", -5_000)]);
}

#[test]
fn who_was_suspended_owes_nothing_more_by_leaving() {
    let (mut world, _, mut alliance, coupon) = allied();
    let mut council = world.council();
    let bakery = account("bakery");
    act(&mut world, OPERATOR, 0, council.call_mut().decide(Motion::Suspend { account: bakery, reason: 1 }));
    act(&mut world, "bakery", 0, council.call_mut().leave());
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let over = AllianceError::OverLimit { account: bakery, exposure: DEBT, limit: 0 };
    assert_eq!(refused(&mut world, "cinema", 0, message), over);
    world.chain.advance(90 * DAY).unwrap();
    let done = act(&mut world, "bakery", 0, council.call_mut().exit());
    assert_eq!(done.moved, [("bakery", 5_000), ("alliance", -5_000)]);
}
