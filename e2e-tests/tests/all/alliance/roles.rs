//! Who may call what.

use super::*;

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
                "redeem" => call(world, who, 0, to.redeem(here, (order.clone(), permits.clone())))
                    .result
                    .map(drop),
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
