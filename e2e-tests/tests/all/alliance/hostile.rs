//! A token that calls back, lies, refuses or burns the gas, in an alliance that settles in it: it gains nothing, and the books stay what an honest one would have left.

use super::{
    tokens::{backed_in_tokens, join_in_tokens, rules_in_tokens, CASE_FEE, FUND_SHARE},
    *,
};
use crate::payments::tricks;
use chain::{AccountId, StorageItem};
use e2e_tests::actors::endowed;
use mock_psp22::{CallBack, Mode, TokenRef};
use psp22::PSP22;
use shared::{alliance::door::Step, order::OrderWord};

/// A message, as its bytes.
#[derive(Clone)]
struct Asked {
    contract: AccountId,
    data: Vec<u8>,
}

/// A message that has the token move something, at a moment when that is right.
struct Move {
    name: &'static str,
    moment: Fixture,
    who: &'static str,
    asked: Asked,
    /// What is collected first; nothing where it only pays out.
    collects: Balance,
}

/// Bakery, cinema and a helper of the token's are members. Cinema and helper have accepted a coupon of the bakery's each, and ann has paid for another one at the cinema on chain.
struct Stage {
    helper: AccountId,
    moves: Vec<Move>,
    /// An order at the cinema that both have signed, settled off chain.
    brought: Asked,
}

fn asked<Args: Encode, R>(message: Message<Args, R>) -> Asked {
    let params = message.params();
    Asked { contract: *params.callee(), data: params.exec_input().encode() }
}

/// Has the helper send a message; gives whether it was agreed to.
fn through(world: &mut World, helper: AccountId, asked: Asked) -> bool {
    let mut token: TokenRef = at(helper);
    call(world, "relayer", 0, token.call_mut().pass_on(asked.contract, asked.data)).result
}

/// Another token of the same code, a member like any other, which does as it is told.
fn enlist(world: &mut World) -> AccountId {
    let code = world.chain.code_hash_of(world.token).unwrap().unwrap();
    let made = world.chain.instantiate_typed(account(OWNER), code, 0, b"helper".to_vec(), TokenRef::new(0));
    let helper = made.unwrap().0;
    let (registry, here) = (world.suite.registry, world.suite.council);
    let (mut token, mut council): (TokenRef, _) = (at(world.token), world.council());
    act(world, OWNER, 0, PSP22::transfer(token.call_mut(), helper, 10_000, vec![]));
    let admission = Motion::Admit { account: helper, registry, profile: [1; 32], cap: Balance::MAX };
    let role = world.office().call_mut().set_role(world.suite.alliance, false, true, None);
    let steps = [
        asked(PSP22::approve(token.call_mut(), here, 10_000)),
        asked(council.call_mut().apply(registry, [1; 32], vec![])),
        asked(council.call_mut().deposit_collateral(COLLATERAL)),
        asked(role),
    ];
    for step in steps {
        assert!(through(world, helper, step));
    }
    act(world, OPERATOR, 0, council.call_mut().decide(admission));
    helper
}

impl Stage {
    fn set() -> Self {
        let mut world = rules_in_tokens().build();
        let (registry, mut council, mut alliance) = (world.suite.registry, world.council(), alliance(&world));
        let (bakery, cinema) = (account("bakery"), account("cinema"));
        join_in_tokens(&mut world, "bakery", 200);
        join_in_tokens(&mut world, "cinema", 1_000);
        let helper = enlist(&mut world);
        for who in endowed() {
            for spender in [world.suite.alliance, world.suite.council] {
                world.allow(who, spender, 1_000_000);
            }
        }
        let terms = backed_in_tokens(&world);
        let campaign = campaign(&mut world, "bakery", terms, 0);
        let coupons = issue_many(&mut world, "bakery", campaign, "ann", 5);
        let message = redeem(&world, &mut alliance, coupons[0], &cinemas(1));
        let disputed = act(&mut world, "cinema", 0, message).result;
        let helpers = Order { acceptor: helper, ..cinemas(1) };
        let message = asked(redeem(&world, &mut alliance, coupons[1], &helpers));
        assert!(through(&mut world, helper, message));
        let on_chain = |world: &World, number, coupon| {
            let order = Order { settlement: Settlement::OnChain, ..cinemas(number) };
            let permits = both(world, "cinema", "ann", coupon, &order);
            (order, permits)
        };
        let signed = on_chain(&world, 2, coupons[2]);
        let paid = act(&mut world, "ann", 0, alliance.call_mut().redeem(registry, signed)).result;
        let brought = {
            let order = cinemas(4);
            let permits = both(&world, "cinema", "ann", coupons[4], &order);
            asked(alliance.call_mut().redeem(registry, (order, permits)))
        };

        let mut moves = Vec::new();
        let mut add = |world: &World, name, who, asked, collects| {
            moves.push(Move { name, moment: world.fixture(), who, asked, collects });
        };
        let application = asked(council.call_mut().apply(registry, [1; 32], vec![]));
        add(&world, "apply", "grocer", application, JOINING_FEE + FUND_SHARE);
        let message = asked(council.call_mut().deposit_collateral(100));
        add(&world, "deposit_collateral", "bakery", message, 100);
        add(&world, "endow", "ann", asked(council.call_mut().endow(40)), 40);
        let signed = on_chain(&world, 3, coupons[3]);
        add(&world, "redeem", "ann", asked(alliance.call_mut().redeem(registry, signed)), 2_000);
        let message = asked(alliance.call_mut().roll_back(registry, 1_800, (paid, None)));
        add(&world, "roll_back", "cinema", message, 1_800);
        let message = asked(council.call_mut().withdraw_collateral(100));
        add(&world, "withdraw_collateral", "cinema", message, 0);

        let mut later = world.fixture().world();
        later.chain.set_time(NOW + 60 * DAY).unwrap();
        let message = asked(council.call_mut().open_case(registry, 1, [9; 32], disputed));
        add(&later, "open_case", "bakery", message, CASE_FEE);
        let mut later = world.fixture().world();
        join_in_tokens(&mut later, "grocer", 300);
        act(&mut later, "grocer", 0, council.call_mut().leave());
        later.chain.advance(90 * DAY).unwrap();
        add(&later, "exit", "grocer", asked(council.call_mut().exit()), 0);

        world.chain.set_time(NOW + WEEK).unwrap();
        add(&world, "close_cycle", "relayer", asked(council.call_mut().close_cycle()), 0);
        close(&mut world);
        add(&world, "pay_in", "ann", asked(council.call_mut().pay_in(bakery, 100)), 100);
        let mut later = world.fixture().world();
        later.chain.advance(2 * DAY).unwrap();
        act(&mut later, "relayer", 0, council.call_mut().declare_default(bakery));
        add(&later, "make_good", "ann", asked(council.call_mut().make_good(bakery, 10)), 10);
        act(&mut world, "bakery", 0, council.call_mut().pay_in(bakery, 3 * DEBT));
        add(&world, "payout", "relayer", asked(council.call_mut().payout(cinema)), 0);
        add(&world, "payout to the helper", "relayer", asked(council.call_mut().payout(helper)), 0);
        Self { helper, moves, brought }
    }

    /// What token and helper try meanwhile.
    fn attempts(&self, world: &World) -> Vec<Asked> {
        let mut council = world.council();
        let door = {
            let steps = vec![Step::Pay { to: self.helper, amount: 1_000 }];
            let selector = ink::selector_bytes!("AllianceDoor::apply");
            Asked { contract: world.suite.alliance, data: (selector, steps).encode() }
        };
        vec![
            asked(council.call_mut().payout(self.helper)),
            asked(council.call_mut().payout(account("cinema"))),
            asked(council.call_mut().withdraw_collateral(COLLATERAL)),
            asked(council.call_mut().close_cycle()),
            asked(council.call_mut().endow(1)),
            door,
        ]
    }

    /// From now on the token sends this message whenever it moves something, by itself or, as `mode` says, through the member that helps it.
    fn plot(&self, world: &mut World, asked: &Asked, mode: Mode) {
        let Asked { contract, data } = asked.clone();
        let mut token: TokenRef = at(world.token);
        let set = CallBack { helper: self.helper, contract, data };
        call(world, OWNER, 0, token.call_mut().call_back(set));
        misbehave(world, mode);
    }

    /// Everything that a call could have changed: all books, and everyone's tokens.
    fn seen(&self, world: &World) -> (Vec<Vec<StorageItem>>, Vec<Balance>) {
        let suite = world.suite;
        let keepers = [suite.alliance, suite.council, suite.registry, suite.office, suite.desk];
        let books = keepers.map(|keeper| world.chain.storage(keeper).unwrap());
        let holders = endowed().map(account).chain(keepers).chain([self.helper, world.token]);
        (books.to_vec(), holders.map(|who| world.balance(who, world.token_asset())).collect())
    }
}

/// Sends a message; whether it did anything.
fn send(world: &mut World, who: &str, asked: &Asked) -> bool {
    world.chain.call(account(who), asked.contract, 0, asked.data.clone()).is_ok()
}

/// Sends a message that is refused.
fn refusal(world: &mut World, who: &str, asked: &Asked) -> AllianceError {
    refusal_of(world.chain.call(account(who), asked.contract, 0, asked.data.clone()).unwrap_err())
}

#[test]
fn a_token_that_calls_back_while_it_is_collected_or_paid_out_gains_nothing_by_itself_or_through_a_member() {
    let stage = Stage::set();
    assert_eq!(stage.moves.len(), 13);
    for Move { name, moment, who, asked, .. } in &stage.moves {
        let mut honest = moment.world();
        let before = stage.seen(&honest);
        assert!(send(&mut honest, who, asked), "{name}");
        let after = stage.seen(&honest);
        let attempts = stage.attempts(&honest);
        // By themselves, the helper may do some of these things: it is a member.
        let agreed =
            attempts.iter().filter(|attempt| through(&mut moment.world(), stage.helper, (*attempt).clone()));
        assert!(agreed.count() >= 2, "{name}");
        for attempt in &attempts {
            for mode in [Mode::CallBackThroughHelper, Mode::CallBack] {
                let mut world = moment.world();
                stage.plot(&mut world, attempt, mode);
                let done = send(&mut world, who, asked);
                assert_ne!(called_back(&world), Some(true), "{name}");
                assert!(done || mode == Mode::CallBack, "{name}: nobody notices what a helper was refused");
                assert!(stage.seen(&world) == if done { after.clone() } else { before.clone() }, "{name}");
            }
        }
    }
}

#[test]
fn an_order_that_a_token_brings_while_the_council_collects_is_booked_once_and_whole() {
    let stage = Stage::set();
    let mut booked = Vec::new();
    for Move { name, moment, who, asked, .. } in &stage.moves {
        let mut honest = moment.world();
        let before = stage.seen(&honest);
        assert!(send(&mut honest, who, asked));
        let alone = stage.seen(&honest);
        send(&mut honest, "relayer", &stage.brought);
        let both = stage.seen(&honest);
        for mode in [Mode::CallBackThroughHelper, Mode::CallBack] {
            let mut world = moment.world();
            stage.plot(&mut world, &stage.brought, mode);
            let done = send(&mut world, who, asked);
            let agreed = called_back(&world) == Some(true);
            let expected = if agreed {
                &both
            } else if done {
                &alone
            } else {
                &before
            };
            assert!(stage.seen(&world) == *expected, "{name}");
            if agreed {
                booked.push(*name);
                assert_ne!(world.order_word(account("cinema"), 4), OrderWord::default());
                misbehave(&mut world, Mode::Honest);
                assert!(!send(&mut world, "relayer", &stage.brought), "and once");
            }
        }
    }
    // The alliance has written its books by then, and isn't at work. A defaulter's coupons are taken by nobody.
    let collected = ["apply", "deposit_collateral", "endow", "open_case", "pay_in"];
    assert_eq!(booked, collected.map(|name| [name; 2]).concat());
}

#[test]
fn a_token_that_lies_credits_nothing() {
    let stage = Stage::set();
    for Move { name, moment, who, asked, collects } in stage.moves.iter().filter(|one| one.collects > 0) {
        let mut world = moment.world();
        let before = stage.seen(&world);
        for (mode, fault) in tricks(world.token, *collects) {
            misbehave(&mut world, mode);
            assert_eq!(refusal(&mut world, who, asked), AllianceError::Payment(fault), "{name}");
            assert!(stage.seen(&world) == before, "{name}");
        }
        misbehave(&mut world, Mode::Honest);
        assert!(send(&mut world, who, asked), "{name}");
    }
}

#[test]
fn a_token_that_refuses_pays_nobody_and_leaves_the_books_as_they_were() {
    let stage = Stage::set();
    for Move { name, moment, who, asked, collects } in &stage.moves {
        let mut world = moment.world();
        let before = stage.seen(&world);
        let no = AllianceError::Payment(PaymentFault::TokenRefused { token: world.token });
        for mode in [Mode::Refuse, Mode::Trap] {
            misbehave(&mut world, mode);
            assert_eq!(refusal(&mut world, who, asked), no, "{name}");
            assert!(stage.seen(&world) == before, "{name}");
        }
        // Of who collects, an order pays out its change, and a rollback to a payer whose money can wait.
        misbehave(&mut world, Mode::RefusePayouts);
        if *collects == 0 || *name == "redeem" {
            assert_eq!(refusal(&mut world, who, asked), no, "{name}");
            assert!(stage.seen(&world) == before, "{name}");
            misbehave(&mut world, Mode::Honest);
        }
        assert!(send(&mut world, who, asked), "{name}");
        if *name == "roll_back" {
            let asset = world.token_asset();
            assert_eq!(world.credit(account("ann"), asset), 1_800);
            misbehave(&mut world, Mode::Honest);
            let mut desk = world.desk();
            act(&mut world, "ann", 0, desk.call_mut().withdraw_credit(asset));
        }
        let mut honest = moment.world();
        assert!(send(&mut honest, who, asked) && stage.seen(&world) == stage.seen(&honest), "{name}");
    }
}

#[test]
fn a_token_that_burns_all_gas_leaves_nothing_half_done() {
    let stage = Stage::set();
    // One that collects, one that pays out, and one that does both.
    let moves = stage.moves.iter().filter(|one| ["pay_in", "payout", "redeem"].contains(&one.name));
    for Move { name, moment, who, asked, .. } in moves {
        let mut world = moment.world();
        let before = stage.seen(&world);
        misbehave(&mut world, Mode::BurnGas);
        assert!(!send(&mut world, who, asked), "{name}");
        assert!(stage.seen(&world) == before, "{name}");
        misbehave(&mut world, Mode::Honest);
        assert!(send(&mut world, who, asked), "{name}");
    }
}
