//! Each message of the alliance, on the Wasm that would be deployed: what it does when it agrees, and exactly why it refuses.

use crate::scene::*;
use alliance::{
    config::{Config, ConfigFault},
    cycles::{Books, Closed, Cycle},
    error::AllianceError,
    events::*,
    members::{Member, Status},
    AllianceRef,
};
use chain::{Balance, Chain, Message, TypedChain};
use e2e_tests::{
    account,
    actors::{OPERATOR, OWNER},
    world::{Builder, Fixture},
    World,
};
use ink::codegen::TraitCallBuilder;
use scale::Encode;
use shared::{
    assets::{Asset, PaymentFault},
    ids::CouponId,
    order::{Order, Redemption},
    registry::RegistryError,
    terms::{Acceptance, Funding, Terms},
};

const WEEK: u64 = 7 * DAY;
const JOINING_FEE: Balance = 1_000;
const BOUNTY: Balance = 30;
const COLLATERAL: Balance = 5_000;

/// 1% fee, debts at 90% of the discount, owing up to half of one's collateral.
fn rules() -> Builder {
    World::builder().config(|suite| {
        suite.alliance.joining_fee = JOINING_FEE;
        suite.alliance.closing_bounty = BOUNTY;
        suite.alliance.default_rate_bps = 9_000;
        suite.alliance.cap_factor_bps = 5_000;
    })
}

/// A world with these rules and no members.
fn founded() -> (World, Doors, AllianceRef) {
    let world = rules().build();
    let (to, alliance) = (Doors::of(&world), alliance(&world));
    (world, to, alliance)
}

/// Makes `who` a member with collateral that may owe `cap`.
fn join(world: &mut World, who: &str, cap: Balance) {
    let mut alliance = alliance(world);
    let registry = world.suite.registry;
    act(world, who, JOINING_FEE, alliance.call_mut().apply(registry, [1; 32]));
    act(world, OPERATOR, 0, alliance.call_mut().admit(account(who), cap));
    act(world, who, COLLATERAL, alliance.call_mut().deposit_collateral(COLLATERAL));
}

/// Bakery and cinema are members, and ann holds a coupon of the bakery's that the alliance backs.
fn allied() -> (World, Doors, AllianceRef, CouponId) {
    let (mut world, to, alliance) = founded();
    join(&mut world, "bakery", Balance::MAX);
    join(&mut world, "cinema", Balance::MAX);
    let terms = backed(&world);
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    (world, to, alliance, coupon)
}

fn backed(world: &World) -> Terms {
    let named = Acceptance::Alliance(world.suite.alliance);
    terms_but(|t| (t.funding, t.acceptance, t.rollback_window) = (Funding::Alliance, named, 60 * DAY))
}

/// An order at the cinema that any time of these tests allows.
fn cinemas(number: u64) -> Order {
    Order { deadline: u64::MAX, ..order("cinema", number) }
}

fn redeem(
    world: &World,
    alliance: &mut AllianceRef,
    coupon: CouponId,
    order: &Order,
) -> Message<impl Encode, Result<Redemption, AllianceError>> {
    let permits = held_by(world, "ann", coupon, order);
    alliance.call_mut().redeem(world.suite.registry, order.clone(), permits)
}

fn member(world: &World, who: &str) -> Member {
    read(world, alliance(world).call().member(account(who))).expect("a member")
}

/// Closes the open cycle, at the first moment that is possible.
fn close(world: &mut World) {
    let mut alliance = alliance(world);
    let opened_at = read(world, alliance.call().cycle()).cycle.opened_at;
    world.chain.set_time(opened_at + WEEK).unwrap();
    act(world, "relayer", 0, alliance.call_mut().close_cycle());
}

/// `debits` are booked at a rate of 90%: the usual discount of 200 makes a debt of 180, of which 2 are the fee.
const DEBT: Balance = 180;
const FEE: Balance = 2;

#[test]
fn an_alliance_tells_its_rules() {
    let (world, _, alliance) = founded();
    let config = read(&world, alliance.call().config());
    assert_eq!(config.registries, [world.chain.code_hash_of(world.suite.registry).unwrap().unwrap()]);
    let created = by(world.suite.alliance, AllianceCreated { config, opened_at: NOW });
    assert!(world.chain.events(0).unwrap().iter().any(|event| Emitted::from(event) == created));
    let none = Cycle { number: 0, opened_at: NOW, debits: 0, fees: 0, refunds: 0 };
    let books = Books {
        cycle: Cycle { number: 1, ..none },
        closed: Closed { cycle: none, cut_off: NOW, paid_in: 0 },
        fund: 0,
    };
    assert_eq!(read(&world, alliance.call().cycle()), books);
}

#[test]
fn contradictory_rules_are_refused_by_name() {
    let (mut world, _, alliance) = founded();
    let code = world.chain.code_hash_of(world.suite.alliance).unwrap().unwrap();
    let good = read(&world, alliance.call().config());
    let cycle_length = good.cycle_length;
    type Case = (ConfigFault, fn(&mut Config));
    let cases: [Case; 9] = [
        (ConfigFault::PayInWindow { window: 0, cycle_length }, |c| c.pay_in_window = 0),
        (ConfigFault::PayInWindow { window: cycle_length, cycle_length }, |c| {
            c.pay_in_window = c.cycle_length
        }),
        (ConfigFault::FeeOverCap { bps: 1_001 }, |c| c.fee_bps = 1_001),
        (ConfigFault::Rate { bps: 0 }, |c| c.default_rate_bps = 0),
        (ConfigFault::Rate { bps: 10_001 }, |c| c.default_rate_bps = 10_001),
        (ConfigFault::CapFactor { bps: 0 }, |c| c.cap_factor_bps = 0),
        (ConfigFault::CapFactor { bps: 10_001 }, |c| c.cap_factor_bps = 10_001),
        (ConfigFault::RegistryCount { listed: 0 }, |c| c.registries.clear()),
        (ConfigFault::RegistryCount { listed: 5 }, |c| c.registries = vec![[1; 32]; 5]),
    ];
    for (fault, spoil) in cases {
        let mut config = good.clone();
        spoil(&mut config);
        let made = world.chain.instantiate_typed(
            account(OWNER),
            code,
            0,
            b"other".to_vec(),
            AllianceRef::new(config),
        );
        assert_eq!(refusal_of::<AllianceError>(made.unwrap_err()), AllianceError::InvalidConfig(fault));
    }
}

#[test]
fn a_merchant_applies_is_admitted_and_puts_up_collateral() {
    let (mut world, _, mut alliance) = founded();
    let (here, registry, bakery) = (world.suite.alliance, world.suite.registry, account("bakery"));
    let profile = [1; 32];
    let done = act(&mut world, "bakery", JOINING_FEE, alliance.call_mut().apply(registry, profile));
    assert_eq!(done.events, [by(here, MemberApplied { member: bakery, registry, profile, at: NOW })]);
    assert_eq!(done.moved, [("bakery", -1_000), ("alliance", 1_000)]);
    assert!(done.cost.deposit > 0);
    assert_eq!(read(&world, alliance.call().cycle()).fund, JOINING_FEE);

    world.chain.advance(HOUR).unwrap();
    let (cap, at) = (2_000, NOW + HOUR);
    let done = act(&mut world, OPERATOR, 0, alliance.call_mut().admit(bakery, cap));
    assert_eq!(done.events, [by(here, MemberAdmitted { member: bakery, cap, at })]);
    assert_eq!((done.moved, done.cost.deposit), (vec![], 0));

    let done = act(&mut world, "bakery", 300, alliance.call_mut().deposit_collateral(300));
    assert_eq!(done.events, [by(here, CollateralDeposited { member: bakery, amount: 300 })]);
    assert_eq!(done.moved, [("bakery", -300), ("alliance", 300)]);
    let expected = Member {
        registry,
        profile,
        status: Status::Active,
        since: at,
        collateral: 300,
        cap,
        cycle: 1,
        open: 0,
        due: 0,
        credit: 0,
    };
    assert_eq!(member(&world, "bakery"), expected);
    assert_eq!(read(&world, alliance.call().headroom(bakery)), 150, "half of the collateral");
    assert_eq!(read(&world, alliance.call().exposure(bakery)), 0);
    assert_eq!(read(&world, alliance.call().member(account("ann"))), None);
    assert_eq!(read(&world, alliance.call().headroom(account("ann"))), 0);
}

#[test]
fn an_application_names_a_known_registry_comes_once_and_pays_the_fee() {
    let (mut world, _, mut alliance) = founded();
    let registry = world.suite.registry;
    for registry in [account("ann"), world.suite.market, world.token, look_alike(&mut world)] {
        let message = alliance.call_mut().apply(registry, [1; 32]);
        let unknown = AllianceError::UnknownRegistry { registry };
        assert_eq!(refused(&mut world, "bakery", JOINING_FEE, message), unknown);
    }
    for paid in [0, 999, 1_001] {
        let wrong = AllianceError::Payment(PaymentFault::WrongValue { expected: 1_000, paid });
        let message = alliance.call_mut().apply(registry, [1; 32]);
        assert_eq!(refused(&mut world, "bakery", paid, message), wrong);
    }
    act(&mut world, "bakery", JOINING_FEE, alliance.call_mut().apply(registry, [1; 32]));
    let again = alliance.call_mut().apply(registry, [2; 32]);
    let already = AllianceError::AlreadyMember { account: account("bakery") };
    assert_eq!(refused(&mut world, "bakery", JOINING_FEE, again), already);
}

#[test]
fn only_the_operator_admits_an_applicant_once() {
    let (mut world, _, mut alliance) = founded();
    let (bakery, operator) = (account("bakery"), account(OPERATOR));
    let admit = |alliance: &mut AllianceRef| alliance.call_mut().admit(bakery, 1);
    let not_member = AllianceError::NotMember { account: bakery };
    assert_eq!(refused(&mut world, OPERATOR, 0, admit(&mut alliance)), not_member);
    let registry = world.suite.registry;
    act(&mut world, "bakery", JOINING_FEE, alliance.call_mut().apply(registry, [1; 32]));
    for who in ["bakery", OWNER, "ann"] {
        let not_operator = AllianceError::NotOperator { operator, caller: account(who) };
        assert_eq!(refused(&mut world, who, 0, admit(&mut alliance)), not_operator);
    }
    act(&mut world, OPERATOR, 0, admit(&mut alliance));
    let again = AllianceError::AlreadyAdmitted { account: bakery };
    assert_eq!(refused(&mut world, OPERATOR, 0, admit(&mut alliance)), again);
}

#[test]
fn collateral_is_put_up_exactly_and_by_members() {
    let (mut world, _, mut alliance) = founded();
    join(&mut world, "bakery", 1);
    let deposit = |alliance: &mut AllianceRef, amount| alliance.call_mut().deposit_collateral(amount);
    let wrong = AllianceError::Payment(PaymentFault::WrongValue { expected: 10, paid: 9 });
    let not_member = AllianceError::NotMember { account: account("ann") };
    let cases = [
        ("bakery", 0, 0, AllianceError::ZeroAmount),
        ("bakery", 10, 9, wrong),
        ("bakery", Balance::MAX, 0, AllianceError::Overflow),
        ("ann", 10, 10, not_member),
    ];
    for (who, amount, paid, expected) in cases {
        assert_eq!(refused(&mut world, who, paid, deposit(&mut alliance, amount)), expected);
    }
}

#[test]
fn an_honoured_coupon_makes_its_issuer_owe_its_acceptor() {
    let (mut world, _, mut alliance, coupon) = allied();
    let order = cinemas(1);
    let message = redeem(&world, &mut alliance, coupon, &order);
    let done = act(&mut world, "cinema", 0, message);

    assert_eq!(done.moved, []);
    assert_eq!(done.result.alliance, Some(world.suite.alliance));
    assert_eq!(done.result.uses[0].discount, 200);
    let (bakery, cinema, registry) = (account("bakery"), account("cinema"), world.suite.registry);
    let spent = registry::events::Transfer { from: Some(account("ann")), to: None, id: coupon.into() };
    let redeemed =
        registry::events::OrdersRedeemed { acceptor: cinema, redemptions: vec![done.result], claimed: false };
    let booked = DebtBooked {
        issuer: bakery,
        registry,
        acceptor: cinema,
        number: 1,
        rate_bps: 9_000,
        amount: DEBT,
        fee: FEE,
    };
    assert_eq!(done.events, [by(registry, spent), by(registry, redeemed), by(world.suite.alliance, booked)]);
    assert_eq!((member(&world, "bakery").open, member(&world, "cinema").open), (-180, 178));
    assert_eq!(read(&world, alliance.call().exposure(bakery)), DEBT);
    assert_eq!(read(&world, alliance.call().headroom(bakery)), COLLATERAL / 2 - DEBT);
    let cycle = read(&world, alliance.call().cycle()).cycle;
    assert_eq!((cycle.debits, cycle.fees), (DEBT, FEE));
}

#[test]
fn a_cashiers_permit_redeems_whoever_brings_it_and_only_the_acceptor_rolls_back() {
    let (mut world, mut to, mut alliance, coupon) = allied();
    let order = cinemas(1);
    let (acceptor, caller) = (account("cinema"), account("till"));
    let not_acceptor = AllianceError::NotAcceptor { acceptor, caller };
    let message = redeem(&world, &mut alliance, coupon, &order);
    assert_eq!(refused(&mut world, "till", 0, message), not_acceptor);
    let here = world.suite.registry;
    let permits = both(&world, "till", "ann", coupon, &order);
    let stranger = RegistryError::NotAcceptor { signer: caller };
    let message = alliance.call_mut().redeem(here, order.clone(), permits.clone());
    assert_eq!(refused(&mut world, "relayer", 0, message), AllianceError::Registry(stranger.into()));
    act(&mut world, "cinema", 0, to.office.call_mut().set_role(caller, false, true, Some(200)));
    let message = redeem(&world, &mut alliance, coupon, &order);
    assert_eq!(refused(&mut world, "till", 0, message), not_acceptor, "without a permit it is nobody");
    let message = alliance.call_mut().redeem(here, order, permits);
    let redemption = act(&mut world, "relayer", 0, message).result;
    assert_eq!((redemption.acceptor, redemption.cashier), (acceptor, Some(caller)));
    assert_eq!(world.role(acceptor, caller).unwrap().spent, 200, "its day counts here too");
    let message = alliance.call_mut().roll_back(here, redemption.clone());
    assert_eq!(refused(&mut world, "till", 0, message), AllianceError::NotAcceptor { acceptor, caller });
    act(&mut world, "cinema", 0, alliance.call_mut().roll_back(here, redemption));
}

#[test]
fn members_only_and_only_through_registries_the_alliance_knows() {
    let (mut world, _, mut alliance, coupon) = allied();
    let order = cinemas(1);
    let permits = held_by(&world, "ann", coupon, &order);
    for registry in [account("ann"), world.suite.market, world.token, look_alike(&mut world)] {
        let message = alliance.call_mut().redeem(registry, order.clone(), permits.clone());
        assert_eq!(refused(&mut world, "cinema", 0, message), AllianceError::UnknownRegistry { registry });
    }
    let grocers = Order { acceptor: account("grocer"), ..order };
    let message = redeem(&world, &mut alliance, coupon, &grocers);
    let not_member = AllianceError::NotMember { account: account("grocer") };
    assert_eq!(refused(&mut world, "grocer", 0, message), not_member);
    let here = world.suite.registry;
    act(&mut world, "grocer", JOINING_FEE, alliance.call_mut().apply(here, [1; 32]));
    let message = redeem(&world, &mut alliance, coupon, &grocers);
    let not_active = AllianceError::NotActive { account: account("grocer") };
    assert_eq!(refused(&mut world, "grocer", 0, message), not_active);
}

#[test]
fn an_issuer_that_is_no_active_member_has_no_credit() {
    let (mut world, _, mut alliance) = founded();
    join(&mut world, "cinema", Balance::MAX);
    let terms = backed(&world);
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    let (registry, account) = (world.suite.registry, account("bakery"));
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    assert_eq!(refused(&mut world, "cinema", 0, message), AllianceError::NotMember { account });
    act(&mut world, "bakery", JOINING_FEE, alliance.call_mut().apply(registry, [1; 32]));
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    assert_eq!(refused(&mut world, "cinema", 0, message), AllianceError::NotActive { account });
}

#[test]
fn what_the_registry_refuses_the_alliance_passes_on() {
    let (mut world, _, mut alliance, coupon) = allied();
    let passed_on = |error: RegistryError| AllianceError::Registry(error.into());
    let over = Order { eligible: 2_001, ..cinemas(1) };
    let cases = [(over, passed_on(RegistryError::EligibleOverBasket { eligible: 2_001, basket: 2_000 }))];
    for (order, expected) in cases {
        let message = redeem(&world, &mut alliance, coupon, &order);
        assert_eq!(refused(&mut world, "cinema", 0, message), expected);
    }
    let permits = unsigned(&whole(&[coupon]));
    let here = world.suite.registry;
    let message = alliance.call_mut().redeem(here, cinemas(1), permits);
    let missing = passed_on(RegistryError::PermitMissing { coupon });
    assert_eq!(refused(&mut world, "cinema", 0, message), missing);

    let other = campaign(&mut world, "bakery", terms(), 0);
    let other = issue(&mut world, "bakery", other, "ann");
    let message = redeem(&world, &mut alliance, other, &cinemas(1));
    let foreign = passed_on(RegistryError::ForeignCoupon { coupon: other });
    assert_eq!(refused(&mut world, "cinema", 0, message), foreign);
}

#[test]
fn a_debt_over_the_cap_or_the_collateral_is_refused() {
    for (cap, spare) in [(DEBT - 1, 0), (Balance::MAX, COLLATERAL - 2 * DEBT + 1)] {
        let (mut world, _, mut alliance) = founded();
        join(&mut world, "bakery", cap);
        join(&mut world, "cinema", Balance::MAX);
        if spare > 0 {
            act(&mut world, "bakery", 0, alliance.call_mut().withdraw_collateral(spare));
        }
        let terms = backed(&world);
        let campaign = campaign(&mut world, "bakery", terms, 0);
        let coupon = issue(&mut world, "bakery", campaign, "ann");
        let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
        let over = AllianceError::OverLimit { account: account("bakery"), exposure: DEBT, limit: DEBT - 1 };
        assert_eq!(refused(&mut world, "cinema", 0, message), over);
    }
}

#[test]
fn escrow_pays_through_an_alliance_too_and_nothing_is_booked() {
    let (mut world, _, mut alliance, _) = allied();
    let terms = Terms { funding: Funding::Escrow, ..backed(&world) };
    let campaign = campaign(&mut world, "bakery", terms, 500);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let done = act(&mut world, "cinema", 0, message);
    assert_eq!(done.moved, [("cinema", 200), ("registry", -200)]);
    assert_eq!((member(&world, "bakery").open, member(&world, "cinema").open), (0, 0));

    let here = world.suite.registry;
    let redemption = done.result;
    for paid in [0, 201] {
        let message = alliance.call_mut().roll_back(here, redemption.clone());
        let wrong = AllianceError::Payment(PaymentFault::WrongValue { expected: 200, paid });
        assert_eq!(refused(&mut world, "cinema", paid, message), wrong);
    }
    let done = act(&mut world, "cinema", 200, alliance.call_mut().roll_back(here, redemption));
    assert_eq!(done.moved, [("cinema", -200), ("registry", 200)]);
}

#[test]
fn a_debt_in_another_asset_is_refused() {
    let (mut world, _, mut alliance, _) = allied();
    let redeemed = world.token_asset();
    let terms = Terms { asset: redeemed, ..backed(&world) };
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let wrong = AllianceError::WrongAsset { expected: Asset::Native, redeemed };
    assert_eq!(refused(&mut world, "cinema", 0, message), wrong);
}

#[test]
fn a_known_code_that_is_no_registry_fails_cleanly() {
    let mut world = World::new();
    let registry = world.token;
    let code = world.chain.code_hash_of(registry).unwrap().unwrap();
    let old = alliance(&world);
    let config = Config { registries: vec![code], ..read(&world, old.call().config()) };
    let hash = world.chain.code_hash_of(world.suite.alliance).unwrap().unwrap();
    let made = world.chain.instantiate_typed(account(OWNER), hash, 0, Vec::new(), AllianceRef::new(config));
    let mut alliance: AllianceRef = at(made.unwrap().0);
    act(&mut world, "cinema", 0, alliance.call_mut().apply(registry, [1; 32]));
    act(&mut world, OPERATOR, 0, alliance.call_mut().admit(account("cinema"), 1));
    let permits = shared::permit::Permits { acceptor: None, coupons: Vec::new() };
    let message = alliance.call_mut().redeem(registry, cinemas(1), permits);
    assert_eq!(refused(&mut world, "cinema", 0, message), AllianceError::RegistryFailed { registry });
}

#[test]
fn a_rollback_in_the_same_cycle_leaves_no_debt() {
    let (mut world, _, mut alliance, coupon) = allied();
    let before = ["bakery", "cinema"].map(|who| member(&world, who));
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let redemption = act(&mut world, "cinema", 0, message).result;
    let here = world.suite.registry;
    let done = act(&mut world, "cinema", 0, alliance.call_mut().roll_back(here, redemption.clone()));

    let (issuer, acceptor) = (account("bakery"), account("cinema"));
    let reversed = DebtReversed { issuer, registry: here, acceptor, number: 1, amount: DEBT, fee: FEE };
    let back = registry::events::Transfer { from: None, to: Some(account("ann")), id: coupon.into() };
    let undone = desk::events::OrderRolledBack { acceptor, number: 1, remains: None, to_payer: 0 };
    let undone = by(world.suite.desk, undone);
    assert_eq!(done.events, [by(here, back), undone, by(world.suite.alliance, reversed)]);
    assert_eq!(["bakery", "cinema"].map(|who| member(&world, who)), before);
    let cycle = read(&world, alliance.call().cycle()).cycle;
    assert_eq!((cycle.debits, cycle.fees, cycle.refunds), (0, 0, 0));
    assert!(world.coupon(coupon).is_some());
}

#[test]
fn a_rollback_in_a_later_cycle_has_its_fee_out_of_the_fund() {
    let (mut world, _, mut alliance, coupon) = allied();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let redemption = act(&mut world, "cinema", 0, message).result;
    close(&mut world);
    let fund = read(&world, alliance.call().cycle()).fund;
    let here = world.suite.registry;
    act(&mut world, "cinema", 0, alliance.call_mut().roll_back(here, redemption));
    assert_eq!((member(&world, "bakery").open, member(&world, "cinema").open), (180, -178));
    let books = read(&world, alliance.call().cycle());
    assert_eq!((books.cycle.debits, books.cycle.fees, books.cycle.refunds), (178, 0, FEE));
    assert_eq!(books.fund, fund - FEE);
}

#[test]
fn a_rollback_is_the_acceptors_and_within_its_own_means() {
    let (mut world, _, mut alliance, coupon) = allied();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let redemption = act(&mut world, "cinema", 0, message).result;
    let here = world.suite.registry;
    for registry in [account("ann"), world.suite.market, look_alike(&mut world)] {
        let message = alliance.call_mut().roll_back(registry, redemption.clone());
        assert_eq!(refused(&mut world, "cinema", 0, message), AllianceError::UnknownRegistry { registry });
    }
    for caller in ["bakery", "ann"] {
        let message = alliance.call_mut().roll_back(here, redemption.clone());
        let not_acceptor =
            AllianceError::NotAcceptor { acceptor: account("cinema"), caller: account(caller) };
        assert_eq!(refused(&mut world, caller, 0, message), not_acceptor);
    }
    let unknown = Redemption { acceptor: account("grocer"), ..redemption.clone() };
    let message = alliance.call_mut().roll_back(here, unknown);
    let not_member = AllianceError::NotMember { account: account("grocer") };
    assert_eq!(refused(&mut world, "grocer", 0, message), not_member);
    let altered = Redemption { net: 0, ..redemption.clone() };
    let message = alliance.call_mut().roll_back(here, altered);
    let no_such = AllianceError::Registry(RegistryError::NoSuchRedemption { number: 1 }.into());
    assert_eq!(refused(&mut world, "cinema", 0, message), no_such);

    close(&mut world);
    act(&mut world, "cinema", 0, alliance.call_mut().withdraw_collateral(COLLATERAL));
    let message = alliance.call_mut().roll_back(here, redemption.clone());
    let over = AllianceError::OverLimit { account: account("cinema"), exposure: 178, limit: 0 };
    assert_eq!(refused(&mut world, "cinema", 0, message), over);
    act(&mut world, "cinema", COLLATERAL, alliance.call_mut().deposit_collateral(COLLATERAL));
    act(&mut world, "cinema", 0, alliance.call_mut().roll_back(here, redemption.clone()));
    let again = alliance.call_mut().roll_back(here, redemption);
    assert_eq!(refused(&mut world, "cinema", 0, again), no_such);
}

#[test]
fn nothing_is_rolled_back_on_an_issuer_that_has_left() {
    let (mut world, _, mut alliance, coupon) = allied();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let redemption = act(&mut world, "cinema", 0, message).result;
    close(&mut world);
    let bakery = account("bakery");
    act(&mut world, "bakery", DEBT, alliance.call_mut().pay_in(bakery, DEBT));
    act(&mut world, "bakery", 0, alliance.call_mut().exit());
    let message = alliance.call_mut().roll_back(world.suite.registry, redemption);
    assert_eq!(refused(&mut world, "cinema", 0, message), AllianceError::NotMember { account: bakery });
}

#[test]
fn collateral_that_covers_a_debt_stays() {
    let (mut world, _, mut alliance, coupon) = allied();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    act(&mut world, "cinema", 0, message);
    let bakery = account("bakery");
    let spare = COLLATERAL - 2 * DEBT;
    let short = AllianceError::CollateralShort { asked: COLLATERAL + 1, collateral: COLLATERAL };
    let over = AllianceError::OverLimit { account: bakery, exposure: DEBT, limit: DEBT - 1 };
    let not_member = AllianceError::NotMember { account: account("ann") };
    let cases = [
        ("bakery", 0, AllianceError::ZeroAmount),
        ("bakery", COLLATERAL + 1, short),
        ("bakery", spare + 1, over),
        ("ann", 1, not_member),
    ];
    for (who, amount, expected) in cases {
        let message = alliance.call_mut().withdraw_collateral(amount);
        assert_eq!(refused(&mut world, who, 0, message), expected);
    }
    let done = act(&mut world, "bakery", 0, alliance.call_mut().withdraw_collateral(spare));
    assert_eq!(done.moved, [("bakery", 4_640), ("alliance", -4_640)]);
    let withdrawn = CollateralWithdrawn { member: bakery, amount: spare };
    assert_eq!(done.events, [by(world.suite.alliance, withdrawn)]);
}

#[test]
fn a_cycle_is_closed_by_anyone_paid_in_paid_out_and_left_even() {
    let (mut world, _, mut alliance, coupon) = allied();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    act(&mut world, "cinema", 0, message);
    let (here, bakery, cinema) = (world.suite.alliance, account("bakery"), account("cinema"));

    let ends_at = NOW + WEEK;
    world.chain.set_time(ends_at - 1).unwrap();
    let running = AllianceError::CycleRunning { ends_at, now: ends_at - 1 };
    assert_eq!(refused(&mut world, "relayer", 0, alliance.call_mut().close_cycle()), running);
    world.chain.set_time(ends_at).unwrap();
    let done = act(&mut world, "relayer", 0, alliance.call_mut().close_cycle());
    assert_eq!(done.result, BOUNTY);
    assert_eq!(done.moved, [("relayer", 30), ("alliance", -30)]);
    let closed = CycleClosed {
        closer: account("relayer"),
        number: 1,
        debits: DEBT,
        fees: FEE,
        refunds: 0,
        bounty: BOUNTY,
        at: ends_at,
        cut_off: ends_at + 2 * DAY,
    };
    assert_eq!(done.events, [by(here, closed)]);

    let unsettled = AllianceError::CycleUnsettled { cycle: 1, owed: DEBT };
    world.chain.advance(WEEK).unwrap();
    assert_eq!(refused(&mut world, "relayer", 0, alliance.call_mut().close_cycle()), unsettled);
    let unpaid = AllianceError::NothingToPay { account: cinema };
    assert_eq!(refused(&mut world, "cinema", 0, alliance.call_mut().payout(cinema)), unpaid);

    let done = act(&mut world, "bakery", 100, alliance.call_mut().pay_in(bakery, 100));
    assert_eq!(done.moved, [("bakery", -100), ("alliance", 100)]);
    let received = PayInReceived { member: bakery, payer: bakery, amount: 100 };
    assert_eq!(done.events, [by(here, received)]);
    let done = act(&mut world, "ann", 80, alliance.call_mut().pay_in(bakery, 80));
    let received = PayInReceived { member: bakery, payer: account("ann"), amount: 80 };
    assert_eq!(done.events, [by(here, received)]);

    let done = act(&mut world, "relayer", 0, alliance.call_mut().payout(cinema));
    assert_eq!(done.result, DEBT - FEE);
    assert_eq!(done.moved, [("cinema", 178), ("alliance", -178)]);
    assert_eq!(done.events, [by(here, PayoutMade { member: cinema, amount: 178 })]);

    for who in ["bakery", "cinema"] {
        let done = act(&mut world, who, 0, alliance.call_mut().exit());
        assert_eq!(done.moved, [(who, 5_000), ("alliance", -5_000)]);
        assert!(done.cost.deposit < 0, "the record's deposit comes back");
        let exited = MemberExited { member: account(who), collateral: COLLATERAL };
        assert_eq!(done.events, [by(here, exited)]);
    }
    let fund = read(&world, alliance.call().cycle()).fund;
    assert_eq!(fund, 2 * JOINING_FEE + FEE - BOUNTY);
}

#[test]
fn nobody_pays_in_more_than_is_due_or_for_a_stranger() {
    let (mut world, _, mut alliance, coupon) = allied();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    act(&mut world, "cinema", 0, message);
    let (bakery, cinema, ann) = (account("bakery"), account("cinema"), account("ann"));
    let early = AllianceError::OverDue { asked: 1, due: 0 };
    assert_eq!(refused(&mut world, "bakery", 1, alliance.call_mut().pay_in(bakery, 1)), early);
    close(&mut world);
    let wrong = AllianceError::Payment(PaymentFault::WrongValue { expected: 10, paid: 11 });
    let cases = [
        (bakery, 0, 0, AllianceError::ZeroAmount),
        (bakery, 181, 181, AllianceError::OverDue { asked: 181, due: 180 }),
        (bakery, 10, 11, wrong),
        (cinema, 1, 1, AllianceError::OverDue { asked: 1, due: 0 }),
        (ann, 1, 1, AllianceError::NotMember { account: ann }),
    ];
    for (member, amount, paid, expected) in cases {
        let message = alliance.call_mut().pay_in(member, amount);
        assert_eq!(refused(&mut world, "relayer", paid, message), expected);
    }
}

#[test]
fn after_the_cut_off_collateral_pays_what_is_due() {
    let (mut world, _, mut alliance, coupon) = allied();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    act(&mut world, "cinema", 0, message);
    close(&mut world);
    let (bakery, ann) = (account("bakery"), account("ann"));
    act(&mut world, "bakery", 30, alliance.call_mut().pay_in(bakery, 30));
    let cut_off = NOW + WEEK + 2 * DAY;
    world.chain.set_time(cut_off - 1).unwrap();
    let early = AllianceError::BeforeCutOff { cut_off, now: cut_off - 1 };
    assert_eq!(refused(&mut world, "relayer", 0, alliance.call_mut().cover(bakery)), early);
    world.chain.set_time(cut_off).unwrap();
    let done = act(&mut world, "relayer", 0, alliance.call_mut().cover(bakery));
    assert_eq!((done.result, done.moved), (150, vec![]));
    assert_eq!(done.events, [by(world.suite.alliance, PayInCovered { member: bakery, amount: 150 })]);
    assert_eq!(member(&world, "bakery").collateral, COLLATERAL - 150);
    let again = AllianceError::NothingDue { account: bakery };
    assert_eq!(refused(&mut world, "relayer", 0, alliance.call_mut().cover(bakery)), again);
    let not_member = AllianceError::NotMember { account: ann };
    assert_eq!(refused(&mut world, "relayer", 0, alliance.call_mut().cover(ann)), not_member);
    assert_eq!(refused(&mut world, "relayer", 0, alliance.call_mut().payout(ann)), not_member);
}

#[test]
fn nobody_leaves_owing_or_owed() {
    let (mut world, _, mut alliance, coupon) = allied();
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    act(&mut world, "cinema", 0, message);
    let open = |open, due| AllianceError::PositionOpen { open, due, credit: 0 };
    for (who, position) in [("bakery", -180), ("cinema", 178)] {
        assert_eq!(refused(&mut world, who, 0, alliance.call_mut().exit()), open(position, 0));
    }
    close(&mut world);
    for (who, position) in [("bakery", -180), ("cinema", 178)] {
        assert_eq!(refused(&mut world, who, 0, alliance.call_mut().exit()), open(0, position));
    }
    act(&mut world, "bakery", DEBT, alliance.call_mut().pay_in(account("bakery"), DEBT));
    close(&mut world);
    let credit = AllianceError::PositionOpen { open: 0, due: 0, credit: 178 };
    assert_eq!(refused(&mut world, "cinema", 0, alliance.call_mut().exit()), credit);
    let not_member = AllianceError::NotMember { account: account("ann") };
    assert_eq!(refused(&mut world, "ann", 0, alliance.call_mut().exit()), not_member);
}

#[test]
fn an_applicant_may_withdraw_its_application() {
    let (mut world, _, mut alliance) = founded();
    let registry = world.suite.registry;
    act(&mut world, "bakery", JOINING_FEE, alliance.call_mut().apply(registry, [1; 32]));
    let done = act(&mut world, "bakery", 0, alliance.call_mut().exit());
    assert_eq!(done.moved, [], "the joining fee stays");
    act(&mut world, "bakery", JOINING_FEE, alliance.call_mut().apply(registry, [1; 32]));
}

#[test]
fn each_message_is_for_those_it_is_meant_for() {
    let (mut world, mut to, mut alliance, coupon) = allied();
    let here = world.suite.registry;
    act(&mut world, "grocer", JOINING_FEE, alliance.call_mut().apply(here, [1; 32]));
    call(&mut world, "cinema", 0, to.office.call_mut().set_role(account("till"), false, true, None));
    let next = issue(&mut world, "bakery", coupon.campaign, "ann");
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let redemption = act(&mut world, "cinema", 0, message).result;
    close(&mut world);
    world.chain.advance(2 * DAY).unwrap();
    let unpaid = world.fixture();
    act(&mut world, "bakery", DEBT, alliance.call_mut().pay_in(account("bakery"), DEBT));
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

        let mut to = alliance.call_mut().clone();
        let mut attempt = |moment: &Fixture, message: &str| {
            let world = &mut moment.world();
            match message {
                "apply" => call(world, who, JOINING_FEE, to.apply(here, [2; 32])).result,
                "admit" => call(world, who, 0, to.admit(account("grocer"), 1)).result,
                "deposit" => call(world, who, 1, to.deposit_collateral(1)).result,
                "withdraw" => call(world, who, 0, to.withdraw_collateral(1)).result,
                "redeem" => {
                    call(world, who, 0, to.redeem(here, order.clone(), permits.clone())).result.map(drop)
                }
                "roll back" => call(world, who, 0, to.roll_back(here, redemption.clone())).result,
                "pay in" => call(world, who, 1, to.pay_in(bakery, 1)).result,
                "cover" => call(world, who, 0, to.cover(bakery)).result.map(drop),
                "pay out" => call(world, who, 0, to.payout(cinema)).result.map(drop),
                "close" => call(world, who, 0, to.close_cycle()).result.map(drop),
                other => panic!("no message {other}"),
            }
        };
        assert_eq!(attempt(&unpaid, "apply"), is(&outsiders, already), "{who}");
        assert_eq!(attempt(&unpaid, "admit"), is(&[OPERATOR], no_operator), "{who}");
        assert_eq!(attempt(&unpaid, "deposit"), is(&members, stranger), "{who}");
        assert_eq!(attempt(&unpaid, "withdraw"), withdrawal, "{who}");
        assert_eq!(attempt(&unpaid, "redeem"), is(&["cinema"], no_acceptor.clone()), "{who}");
        assert_eq!(attempt(&unpaid, "roll back"), is(&["cinema"], no_acceptor), "{who}");
        for message in ["pay in", "cover"] {
            assert_eq!(attempt(&unpaid, message), Ok(()), "{who}: anyone may {message}");
        }
        for message in ["pay out", "close"] {
            assert_eq!(attempt(&settled, message), Ok(()), "{who}: anyone may {message}");
        }
    }
}
