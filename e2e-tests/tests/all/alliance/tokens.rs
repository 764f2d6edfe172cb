//! An alliance that settles in a PSP22 token: exactly what is due moves, and no allowance is left over.

use super::*;
use chain::AccountId;
use mock_psp22::TokenRef;
use psp22::PSP22;

pub(super) const FUND_SHARE: Balance = 20;
pub(super) const CASE_FEE: Balance = 50;

/// The usual rules in tokens; debts up to five times the collateral, and a fee for disputes.
pub(super) fn rules_in_tokens() -> Builder {
    rules().alliance_in_tokens().config(|suite| {
        suite.alliance.cap_factor_bps = 50_000;
        suite.alliance.joining.fund_share = FUND_SHARE;
        suite.alliance.max_cut_bps = 10_000;
        suite.council.case_fee = CASE_FEE;
    })
}

/// Makes `who` a member with this collateral.
pub(super) fn join_in_tokens(world: &mut World, who: &str, collateral: Balance) {
    let (mut council, registry) = (world.council(), world.suite.registry);
    world.allow(who, world.suite.council, JOINING_FEE + FUND_SHARE + collateral);
    act(world, who, 0, council.call_mut().apply(registry, [1; 32], vec![]));
    let admission = admission(world, who, Balance::MAX);
    act(world, OPERATOR, 0, council.call_mut().decide(admission));
    act(world, who, 0, council.call_mut().deposit_collateral(collateral));
}

/// `backed`, in tokens.
pub(super) fn backed_in_tokens(world: &World) -> Terms {
    Terms { asset: world.token_asset(), ..backed(world) }
}

/// Bakery and cinema are members with collateral of 100 and 1,000, and ann holds a coupon of the bakery's that the alliance backs.
fn allied_in_tokens() -> (World, AllianceRef, council::CouncilRef, CouponId) {
    let mut world = rules_in_tokens().build();
    join_in_tokens(&mut world, "bakery", 100);
    join_in_tokens(&mut world, "cinema", 1_000);
    let terms = backed_in_tokens(&world);
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    let (alliance, council) = (alliance(&world), world.council());
    (world, alliance, council, coupon)
}

/// The alliance holds its members' collateral and shares, what they are still to have of what was paid in, and the fund; nobody else holds anything.
const HELD: i128 = 2 * 1_000 + 2 * 20 + 100 + 1_000;

/// What `spender` may still take from `owner`.
fn allowance(world: &World, owner: AccountId, spender: AccountId) -> Balance {
    let token: TokenRef = at(world.token);
    read(world, PSP22::allowance(token.call(), owner, spender))
}

/// Nobody may take anything from these people or from the alliance any more, and only the alliance holds tokens.
fn ensure_used_up(world: &World) {
    let suite = world.suite;
    let contracts = [suite.alliance, suite.council, suite.registry, suite.desk];
    let owners = ["bakery", "cinema", "ann"].map(account);
    for owner in owners.into_iter().chain([suite.alliance]) {
        for spender in contracts {
            assert_eq!(allowance(world, owner, spender), 0);
        }
    }
    assert_eq!(
        [suite.council, suite.registry, suite.desk].map(|who| world.balance(who, world.token_asset())),
        [0; 3]
    );
}

#[test]
fn a_member_joins_puts_up_collateral_and_leaves_with_exactly_its_own_tokens() {
    let mut world = rules_in_tokens().build();
    let (mut council, registry, here) = (world.council(), world.suite.registry, world.suite.council);
    let [before] = tokens(&world, ["bakery"]);
    let no = AllianceError::Payment(PaymentFault::TokenRefused { token: world.token });
    let due = JOINING_FEE + FUND_SHARE;
    for (spender, amount) in [(here, due - 1), (world.suite.alliance, due)] {
        world.allow("bakery", here, 0);
        world.allow("bakery", spender, amount);
        let message = council.call_mut().apply(registry, [1; 32], vec![]);
        assert_eq!(refused(&mut world, "bakery", 0, message), no);
    }
    world.allow("bakery", world.suite.alliance, 0);
    world.allow("bakery", here, due);
    let done = act(&mut world, "bakery", 0, council.call_mut().apply(registry, [1; 32], vec![]));
    assert_eq!(done.moved, [], "and no planck");
    assert_eq!(tokens(&world, ["bakery", "alliance"]), [before - 1_020, 1_020]);
    ensure_used_up(&world);

    let admission = admission(&world, "bakery", 1);
    act(&mut world, OPERATOR, 0, council.call_mut().decide(admission));
    world.allow("bakery", here, 500);
    let message = council.call_mut().deposit_collateral(501);
    assert_eq!(refused(&mut world, "bakery", 0, message), no);
    let wrong = AllianceError::Payment(PaymentFault::WrongValue { expected: 0, paid: 500 });
    let message = council.call_mut().deposit_collateral(500);
    assert_eq!(refused(&mut world, "bakery", 500, message), wrong);
    let done = act(&mut world, "bakery", 0, council.call_mut().deposit_collateral(500));
    let told = CollateralDeposited { member: account("bakery"), amount: 500 };
    assert_eq!((done.events, done.moved), (vec![by(here, told)], vec![]));
    assert_eq!(tokens(&world, ["bakery", "alliance"]), [before - 1_520, 1_520]);
    ensure_used_up(&world);
    let done = act(&mut world, "bakery", 0, council.call_mut().withdraw_collateral(200));
    let told = CollateralWithdrawn { member: account("bakery"), amount: 200 };
    assert_eq!((done.events, done.moved), (vec![by(here, told)], vec![]));
    assert_eq!(tokens(&world, ["bakery", "alliance"]), [before - 1_320, 1_320]);

    act(&mut world, "bakery", 0, council.call_mut().leave());
    world.chain.advance(90 * DAY).unwrap();
    let done = act(&mut world, "bakery", 0, council.call_mut().exit());
    let told = MemberExited { member: account("bakery"), amount: 300 + FUND_SHARE };
    assert_eq!((done.events, done.moved), (vec![by(here, told)], vec![]));
    assert_eq!(tokens(&world, ["bakery", "alliance"]), [before - 1_000, 1_000]);
    assert_eq!(look(&world, council.call().cycle()).fund, JOINING_FEE);
    ensure_used_up(&world);
}

#[test]
fn an_order_is_paid_on_chain_by_allowance_with_change_and_paid_back_in_parts() {
    let (mut world, mut alliance, _, coupon) = allied_in_tokens();
    let (here, registry) = (world.suite.alliance, world.suite.registry);
    let [anns, cinemas_own, held] = tokens(&world, ["ann", "cinema", "alliance"]);
    assert_eq!(held, HELD);
    let order = Order { settlement: Settlement::OnChain, ..cinemas(1) };
    let permits = both(&world, "cinema", "ann", coupon, &order);
    let pay =
        |alliance: &mut AllianceRef| alliance.call_mut().redeem(registry, (order.clone(), permits.clone()));
    // The basket's price must be there, though less is charged.
    let no = AllianceError::Payment(PaymentFault::TokenRefused { token: world.token });
    world.allow("ann", here, 1_999);
    assert_eq!(refused(&mut world, "ann", 0, pay(&mut alliance)), no);
    world.allow("ann", here, 2_000);
    let wrong = AllianceError::Payment(PaymentFault::WrongValue { expected: 0, paid: 1 });
    assert_eq!(refused(&mut world, "ann", 1, pay(&mut alliance)), wrong);
    let done = act(&mut world, "ann", 0, pay(&mut alliance));
    assert_eq!((done.result.net, done.result.payer, done.moved), (1_800, Some(account("ann")), vec![]));
    let told = OrdersBooked { acceptor: account("cinema"), registry, orders: vec![booked(1, NOW)] };
    assert_eq!(done.events.last(), Some(&by(here, told)));
    assert_eq!(tokens(&world, ["ann", "cinema", "alliance"]), [anns - 1_800, cinemas_own + 1_800, held]);
    assert_eq!(positions(&world), (-180, 178));
    ensure_used_up(&world);

    // Half of the goods come back: the rest would have had 100 off.
    let kept = Some(Kept { basket: 1_000, eligible: 500 });
    let back = |alliance: &mut AllianceRef, refund, kept| {
        alliance.call_mut().roll_back(registry, refund, (done.result.clone(), kept))
    };
    world.allow("cinema", here, 901);
    let over = AllianceError::WrongRefund { expected: 900, offered: 901 };
    assert_eq!(refused(&mut world, "cinema", 0, back(&mut alliance, 901, kept)), over);
    let short = PaymentFault::TokenRefused { token: world.token };
    let short = AllianceError::Registry(RegistryError::Payment(short).into());
    assert_eq!(refused(&mut world, "cinema", 0, back(&mut alliance, 899, kept)), short);
    world.allow("cinema", here, 900);
    let remains = act(&mut world, "cinema", 0, back(&mut alliance, 900, kept)).result.unwrap();
    assert_eq!(tokens(&world, ["ann", "cinema", "alliance"]), [anns - 900, cinemas_own + 900, held]);
    assert_eq!(positions(&world), (-90, 89));
    ensure_used_up(&world);
    world.allow("cinema", here, 900);
    let rest = alliance.call_mut().roll_back(registry, 900, (remains, None));
    let done = act(&mut world, "cinema", 0, rest);
    assert_eq!((done.result, done.moved), (None, vec![]));
    assert_eq!(tokens(&world, ["ann", "cinema", "alliance"]), [anns, cinemas_own, held]);
    assert_eq!(positions(&world), (0, 0));
    assert_eq!(world.coupon(coupon).map(|coupon| coupon.owner), Some(account("ann")));
    ensure_used_up(&world);
}

#[test]
fn a_cycle_is_closed_paid_in_and_paid_out_in_tokens() {
    let (mut world, mut alliance, mut council, coupon) = allied_in_tokens();
    let (bakery, cinema, here) = (account("bakery"), account("cinema"), world.suite.council);
    let people = ["bakery", "cinema", "ann", "relayer", "alliance"];
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let redemption = act(&mut world, "cinema", 0, message).result;
    let [bakerys, cinemas_own, anns, relayers, held] = tokens(&world, people);
    world.chain.set_time(NOW + WEEK).unwrap();
    let done = act(&mut world, "relayer", 0, council.call_mut().close_cycle());
    assert_eq!((done.result, done.moved), (BOUNTY, vec![]));
    assert_eq!(tokens(&world, people), [bakerys, cinemas_own, anns, relayers + 30, held - 30]);

    let no = AllianceError::Payment(PaymentFault::TokenRefused { token: world.token });
    world.allow("bakery", here, 99);
    assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().pay_in(bakery, 100)), no);
    world.allow("bakery", here, 100);
    world.allow("ann", here, 80);
    for (who, amount) in [("bakery", 100), ("ann", 80)] {
        let done = act(&mut world, who, 0, council.call_mut().pay_in(bakery, amount));
        let told = PayInReceived { member: bakery, payer: account(who), amount };
        assert_eq!((done.events, done.moved), (vec![by(here, told)], vec![]));
    }
    let paid = [bakerys - 100, cinemas_own, anns - 80, relayers + 30, held - 30 + 180];
    assert_eq!(tokens(&world, people), paid);
    ensure_used_up(&world);
    let done = act(&mut world, "relayer", 0, council.call_mut().payout(cinema));
    assert_eq!((done.result, done.moved), (178, vec![]));
    let paid = [bakerys - 100, cinemas_own + 178, anns - 80, relayers + 30, held - 30 + 2];
    assert_eq!(tokens(&world, people), paid);

    // A dispute costs its fee, and what is ruled is paid in the next cycle.
    world.chain.set_time(NOW + 60 * DAY).unwrap();
    world.allow("bakery", here, CASE_FEE);
    let message = council.call_mut().open_case(world.suite.registry, 3, [9; 32], redemption);
    assert_eq!(act(&mut world, "bakery", 0, message).moved, []);
    assert_eq!(tokens(&world, ["bakery", "alliance"]), [bakerys - 150, held - 30 + 2 + 50]);
    world.chain.advance(3 * WEEK).unwrap();
    act(&mut world, "relayer", 0, council.call_mut().time_out(1));
    world.allow("ann", here, 7);
    act(&mut world, "ann", 0, council.call_mut().endow(7));
    ensure_used_up(&world);

    for who in ["bakery", "cinema"] {
        act(&mut world, who, 0, council.call_mut().leave());
    }
    world.chain.advance(90 * DAY).unwrap();
    for (who, amount) in [("bakery", 120), ("cinema", 1_020)] {
        let [before] = tokens(&world, [who]);
        act(&mut world, who, 0, council.call_mut().exit());
        assert_eq!(tokens(&world, [who]), [before + amount]);
    }
    let fund = look(&world, council.call().cycle()).fund;
    assert_eq!(fund, 2 * JOINING_FEE + FEE - BOUNTY + CASE_FEE + 7);
    assert_eq!(tokens(&world, ["alliance"]), [2_029], "the fund, to the last unit");
}

#[test]
fn a_default_in_tokens_is_borne_and_made_good_to_the_last_unit() {
    let mut world = rules_in_tokens().config(|suite| suite.alliance.joining.fee = 0).build();
    let (mut alliance, mut council) = (alliance(&world), world.council());
    let (bakery, here, registry) = (account("bakery"), world.suite.council, world.suite.registry);
    let cinema = account("cinema");
    for (who, collateral) in [("bakery", 40), ("cinema", 10)] {
        world.allow(who, here, FUND_SHARE + collateral);
        act(&mut world, who, 0, council.call_mut().apply(registry, [1; 32], vec![]));
        let admission = admission(&world, who, Balance::MAX);
        act(&mut world, OPERATOR, 0, council.call_mut().decide(admission));
        act(&mut world, who, 0, council.call_mut().deposit_collateral(collateral));
    }
    let terms = backed_in_tokens(&world);
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    act(&mut world, "cinema", 0, message);
    close(&mut world);
    let [bakerys, cinemas_own, anns, held] = tokens(&world, ["bakery", "cinema", "ann", "alliance"]);
    assert_eq!(held, 40 + 10 + 2 * 20, "the fees are in no hand yet");
    world.chain.set_time(NOW + WEEK + 2 * DAY).unwrap();
    let done = act(&mut world, "relayer", 0, council.call_mut().declare_default(bakery));
    let found = Waterfall { credit: 0, collateral: 40, fund_share: 20, fund: 2, cut: 118, waiting: 0 };
    assert_eq!((done.result, done.moved), (found, vec![]));
    assert_eq!(tokens(&world, ["bakery", "cinema", "alliance"]), [bakerys, cinemas_own, held]);
    let done = act(&mut world, "relayer", 0, council.call_mut().payout(cinema));
    assert_eq!(done.result, 60);
    assert_eq!(tokens(&world, ["cinema", "alliance"]), [cinemas_own + 60, 10 + 20]);

    world.allow("ann", here, 120);
    let done = act(&mut world, "ann", 0, council.call_mut().make_good(bakery, 120));
    let told = MadeGood { member: bakery, payer: account("ann"), amount: 120 };
    assert_eq!((done.events, done.moved), (vec![by(here, told)], vec![]));
    assert_eq!(tokens(&world, ["ann", "alliance"]), [anns - 120, 10 + 20 + 120]);
    ensure_used_up(&world);
    for who in ["bakery", "cinema"] {
        act(&mut world, who, 0, council.call_mut().leave());
    }
    world.chain.advance(120 * DAY).unwrap();
    for who in ["bakery", "cinema"] {
        act(&mut world, who, 0, council.call_mut().exit());
    }
    let left = tokens(&world, ["bakery", "cinema", "alliance"]);
    assert_eq!(left, [bakerys, cinemas_own + 60 + 10 + 20, 120]);
    assert_eq!(look(&world, council.call().cycle()).fund, 120);
}
