//! Who may call what.

use super::*;
use shared::alliance::rates::Rate;

#[test]
fn each_message_is_for_those_it_is_meant_for() {
    let (mut world, mut to, mut alliance, coupon) = allied();
    let mut council = world.council();
    let here = world.suite.registry;
    act(&mut world, "grocer", JOINING_FEE, council.call_mut().apply(here, [1; 32], vec![]));
    call(&mut world, "cinema", 0, to.office.call_mut().set_role(account("till"), false, true, None));
    let next = issue(&mut world, "bakery", coupon.campaign, "ann");
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let redemption = act(&mut world, "cinema", 0, message).result;
    close(&mut world);
    world.chain.advance(2 * DAY).unwrap();
    let unpaid = world.fixture();
    act(&mut world, "bakery", DEBT, council.call_mut().pay_in(account("bakery"), DEBT));
    world.chain.advance(WEEK).unwrap();
    let settled = world.fixture();

    let (bakery, cinema) = (account("bakery"), account("cinema"));
    for who in [OPERATOR, OWNER, "bakery", "cinema", "grocer", "till", "ann"] {
        let caller = account(who);
        let is = |listed: &[&str], refusal| if listed.contains(&who) { Ok(()) } else { Err(refusal) };
        let members = ["bakery", "cinema", "grocer"];
        let stranger = AllianceError::NotMember { account: caller };
        let no_acceptor = AllianceError::NotAcceptor { acceptor: cinema, caller };
        let no_operator = AllianceError::NotOperator { operator: account(OPERATOR), caller };
        let already = AllianceError::AlreadyMember { account: caller };
        let outsiders = [OPERATOR, OWNER, "till", "ann"];
        let withdrawal = match who {
            "grocer" => Err(AllianceError::CollateralShort { asked: 1, collateral: 0 }),
            _ => is(&["bakery", "cinema"], stranger.clone()),
        };
        let order = cinemas(2);
        let permits = held_by(&world, "ann", next, &order);

        let admission = admission(&world, "grocer", 1);
        let mut to = alliance.call_mut().clone();
        let mut of = council.call_mut().clone();
        let mut attempt = |moment: &Fixture, message: &str| {
            let world = &mut moment.world();
            match message {
                "apply" => call(world, who, JOINING_FEE, of.apply(here, [2; 32], vec![])).result,
                "admit" => call(world, who, 0, of.decide(admission)).result,
                "deposit" => call(world, who, 1, of.deposit_collateral(1)).result,
                "withdraw" => call(world, who, 0, of.withdraw_collateral(1)).result,
                "redeem" => {
                    call(world, who, 0, to.redeem(here, (order.clone(), permits.clone()))).result.map(drop)
                }
                "redeem a batch" => {
                    let signed = (order.clone(), permits.clone()).encode();
                    call(world, who, 0, to.redeem_batch(here, vec![signed])).result.map(drop)
                }
                "roll back" => {
                    let message = to.roll_back(here, 0, (redemption.clone(), None));
                    call(world, who, 0, message).result.map(drop)
                }
                "pay in" => call(world, who, 1, of.pay_in(bakery, 1)).result,
                "default" => call(world, who, 0, of.declare_default(bakery)).result.map(drop),
                "make good" => call(world, who, 0, of.make_good(bakery, 1)).result,
                "endow" => call(world, who, 1, of.endow(1)).result,
                "leave" => call(world, who, 0, of.leave()).result,
                "exit" => call(world, who, 0, of.exit()).result,
                "pay out" => call(world, who, 0, of.payout(cinema)).result.map(drop),
                "close" => call(world, who, 0, of.close_cycle()).result.map(drop),
                other => panic!("no message {other}"),
            }
        };
        assert_eq!(attempt(&unpaid, "apply"), is(&outsiders, already), "{who}");
        assert_eq!(attempt(&unpaid, "admit"), is(&[OPERATOR], no_operator), "{who}");
        assert_eq!(attempt(&unpaid, "deposit"), is(&members, stranger.clone()), "{who}");
        assert_eq!(attempt(&unpaid, "withdraw"), withdrawal, "{who}");
        for message in ["redeem", "redeem a batch"] {
            assert_eq!(attempt(&unpaid, message), is(&["cinema"], no_acceptor.clone()), "{who}");
        }
        let leaving = match who {
            "grocer" => Err(AllianceError::NotActive { account: caller }),
            _ => is(&members, stranger.clone()),
        };
        assert_eq!(attempt(&unpaid, "leave"), leaving, "{who}");
        let open = |due| Err(AllianceError::PositionOpen { open: 0, due, credit: 0 });
        let going = match who {
            "bakery" => open(-180),
            "cinema" => open(178),
            _ => is(&members, stranger.clone()),
        };
        assert_eq!(attempt(&unpaid, "exit"), going, "{who}");
        let nothing = Err(AllianceError::OverDue { asked: 1, due: 0 });
        assert_eq!(attempt(&unpaid, "make good"), nothing, "{who}: anyone may, where there is something");
        assert_eq!(attempt(&unpaid, "roll back"), is(&["cinema"], no_acceptor), "{who}");
        for message in ["pay in", "default", "endow"] {
            assert_eq!(attempt(&unpaid, message), Ok(()), "{who}: anyone may {message}");
        }
        for message in ["pay out", "close"] {
            assert_eq!(attempt(&settled, message), Ok(()), "{who}: anyone may {message}");
        }
    }
}

#[test]
fn each_of_the_councils_own_messages_is_for_those_it_is_meant_for() {
    let (mut world, _, mut alliance, coupon) = allied();
    let mut council = world.council();
    let here = world.suite.registry;
    let (bakery, cinema, ann) = (account("bakery"), account("cinema"), account("ann"));
    act(&mut world, "grocer", JOINING_FEE, council.call_mut().apply(here, [1; 32], vec![]));
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let redemption = act(&mut world, "cinema", 0, message).result;
    let rate = Rate { bps: 5_000, from: NOW + 100 * DAY, daily_cap: None };
    act(&mut world, "cinema", 0, council.call_mut().offer_rate(cinema, bakery, Some(rate)));
    let suspend = Motion::Suspend { account: account("grocer"), reason: 1 };
    world.chain.set_time(redemption.final_at).unwrap();
    act(&mut world, "bakery", 0, council.call_mut().propose(suspend));
    let undisputed = world.fixture();
    let message = council.call_mut().open_case(here, 1, [0; 32], redemption.clone());
    act(&mut world, "bakery", 0, message);
    let disputed = world.fixture();
    act(&mut world, "cinema", 0, council.call_mut().reply(1, [0; 32]));
    let replied = world.fixture();
    world.chain.advance(30 * DAY).unwrap();
    let late = world.fixture();
    act(&mut world, "relayer", 0, council.call_mut().time_out(1));
    let closed = world.fixture();

    for who in [OPERATOR, OWNER, "bakery", "cinema", "grocer", "till", "ann"] {
        let caller = account(who);
        let is = |listed: &[&str], refusal| if listed.contains(&who) { Ok(()) } else { Err(refusal) };
        let not_party = AllianceError::NotParty { account: caller };
        let operator = AllianceError::NotOperator { operator: account(OPERATOR), caller };
        let resolver = AllianceError::NotResolver { resolver: account(OPERATOR), caller };
        // Applicants have no vote yet.
        let voters = |voting: &[&str]| match who {
            "grocer" => Err(AllianceError::NotActive { account: caller }),
            _ => is(voting, AllianceError::NotMember { account: caller }),
        };
        let to = council.call_mut();
        let mut attempt = |moment: &Fixture, message: &str| {
            let world = &mut moment.world();
            match message {
                "waive" => call(world, who, 0, to.waive_fee(ann, true)).result,
                "decide" => call(world, who, 0, to.decide(Motion::SetCap { account: bakery, cap: 1 })).result,
                "propose" => call(world, who, 0, to.propose(suspend)).result.map(drop),
                "clear" => call(world, who, 0, to.clear(1)).result,
                "offer" => call(world, who, 0, to.offer_rate(bakery, cinema, Some(rate))).result,
                "accept" => call(world, who, 0, to.accept_rate(cinema, bakery, rate)).result,
                "open" => {
                    let message = to.open_case(here, 1, [0; 32], redemption.clone());
                    call(world, who, 0, message).result.map(drop)
                }
                "reply" => call(world, who, 0, to.reply(1, [0; 32])).result,
                "rule" => call(world, who, 0, to.rule(1, 0)).result.map(drop),
                "time out" => call(world, who, 0, to.time_out(1)).result.map(drop),
                "clear case" => call(world, who, 0, to.clear_case(1)).result,
                other => panic!("no message {other}"),
            }
        };
        assert_eq!(attempt(&undisputed, "waive"), is(&[OPERATOR], operator.clone()), "{who}");
        assert_eq!(attempt(&undisputed, "decide"), is(&[OPERATOR], operator), "{who}");
        assert_eq!(attempt(&undisputed, "propose"), voters(&["bakery", "cinema"]), "{who}");
        let nothing = AllianceError::NoSuchProposal { proposal: 1 };
        assert_eq!(attempt(&late, "clear"), is(&["bakery"], nothing), "{who}");
        assert_eq!(attempt(&undisputed, "offer"), is(&["bakery", "cinema"], not_party.clone()), "{who}");
        assert_eq!(attempt(&undisputed, "accept"), is(&["bakery"], AllianceError::NoSuchOffer), "{who}");
        let opens = match who {
            "bakery" => Ok(()),
            "cinema" | "grocer" => Err(AllianceError::NothingBooked { issuer: caller }),
            _ => Err(AllianceError::NotMember { account: caller }),
        };
        assert_eq!(attempt(&undisputed, "open"), opens, "{who}");
        assert_eq!(attempt(&disputed, "reply"), is(&["cinema"], not_party.clone()), "{who}");
        assert_eq!(attempt(&replied, "rule"), is(&[OPERATOR], resolver), "{who}");
        assert_eq!(attempt(&late, "time out"), Ok(()), "{who}: anyone may");
        assert_eq!(attempt(&closed, "clear case"), is(&["bakery"], not_party), "{who}");
    }
    // A vote that carries nothing out: the motion is about who isn't active.
    let not_active = AllianceError::NotActive { account: account("grocer") };
    let mut world = undisputed.world();
    assert_eq!(refused(&mut world, "cinema", 0, council.call_mut().vote(1)), not_active);
    let not_member = AllianceError::NotMember { account: ann };
    assert_eq!(refused(&mut world, "ann", 0, council.call_mut().vote(1)), not_member);
}
