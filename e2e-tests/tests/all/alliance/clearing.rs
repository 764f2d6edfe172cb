//! Redeeming and booking in one call.

use super::*;

// Feature: Interchange, handling.
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
    let booked = OrdersBooked { acceptor: cinema, registry, orders: vec![booked(1, NOW)] };
    assert_eq!(done.events, [by(registry, spent), by(registry, redeemed), by(world.suite.alliance, booked)]);
    assert_eq!(positions(&world), (-180, 178));
    assert_eq!(look(&world, world.council().call().exposure(bakery)), DEBT);
    assert_eq!(look(&world, world.council().call().headroom(bakery)), COLLATERAL / 2 - DEBT);
    let cycle = look(&world, world.council().call().cycle()).cycle;
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
    let message = alliance.call_mut().redeem(here, (order.clone(), permits.clone()));
    assert_eq!(refused(&mut world, "relayer", 0, message), AllianceError::Registry(stranger.into()));
    act(&mut world, "cinema", 0, to.office.call_mut().set_role(caller, false, true, Some(200)));
    let message = redeem(&world, &mut alliance, coupon, &order);
    assert_eq!(refused(&mut world, "till", 0, message), not_acceptor, "without a permit it is nobody");
    let message = alliance.call_mut().redeem(here, (order, permits));
    let redemption = act(&mut world, "relayer", 0, message).result;
    assert_eq!((redemption.acceptor, redemption.cashier), (acceptor, Some(caller)));
    assert_eq!(world.role(acceptor, caller).unwrap().spent, 200, "its day counts here too");
    let message = alliance.call_mut().roll_back(here, 0, (redemption.clone(), None));
    assert_eq!(refused(&mut world, "till", 0, message), AllianceError::NotAcceptor { acceptor, caller });
    act(&mut world, "cinema", 0, alliance.call_mut().roll_back(here, 0, (redemption, None)));
}

#[test]
fn members_only_and_only_through_registries_the_alliance_knows() {
    let (mut world, _, mut alliance, coupon) = allied();
    let mut council = world.council();
    let order = cinemas(1);
    let permits = held_by(&world, "ann", coupon, &order);
    for registry in [account("ann"), world.suite.market, world.token, look_alike(&mut world)] {
        let message = alliance.call_mut().redeem(registry, (order.clone(), permits.clone()));
        assert_eq!(refused(&mut world, "cinema", 0, message), AllianceError::UnknownRegistry { registry });
    }
    let grocers = Order { acceptor: account("grocer"), ..order };
    let message = redeem(&world, &mut alliance, coupon, &grocers);
    let not_member = AllianceError::NotMember { account: account("grocer") };
    assert_eq!(refused(&mut world, "grocer", 0, message), not_member);
    let here = world.suite.registry;
    act(&mut world, "grocer", JOINING_FEE, council.call_mut().apply(here, [1; 32], vec![]));
    let message = redeem(&world, &mut alliance, coupon, &grocers);
    let not_active = AllianceError::NotActive { account: account("grocer") };
    assert_eq!(refused(&mut world, "grocer", 0, message), not_active);
}

#[test]
fn an_issuer_that_is_no_active_member_has_no_credit() {
    let (mut world, _, mut alliance) = founded();
    let mut council = world.council();
    join(&mut world, "cinema", Balance::MAX);
    let terms = backed(&world);
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    let (registry, account) = (world.suite.registry, account("bakery"));
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    assert_eq!(refused(&mut world, "cinema", 0, message), AllianceError::NotMember { account });
    act(&mut world, "bakery", JOINING_FEE, council.call_mut().apply(registry, [1; 32], vec![]));
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
    let message = alliance.call_mut().redeem(here, (cinemas(1), permits));
    let missing = passed_on(RegistryError::PermitMissing { coupon });
    assert_eq!(refused(&mut world, "cinema", 0, message), missing);

    let other = campaign(&mut world, "bakery", terms(), 0);
    let other = issue(&mut world, "bakery", other, "ann");
    let message = redeem(&world, &mut alliance, other, &cinemas(1));
    let foreign = passed_on(RegistryError::ForeignCoupon { coupon: other });
    assert_eq!(refused(&mut world, "cinema", 0, message), foreign);
}

// Feature: Collateral + debit cap.
#[test]
fn a_debt_over_the_cap_or_the_collateral_is_refused() {
    for (cap, spare) in [(DEBT - 1, 0), (Balance::MAX, COLLATERAL - 2 * DEBT + 1)] {
        let (mut world, _, mut alliance) = founded();
        let mut council = world.council();
        join(&mut world, "bakery", cap);
        join(&mut world, "cinema", Balance::MAX);
        if spare > 0 {
            act(&mut world, "bakery", 0, council.call_mut().withdraw_collateral(spare));
        }
        let terms = backed(&world);
        let campaign = campaign(&mut world, "bakery", terms, 0);
        let coupon = issue(&mut world, "bakery", campaign, "ann");
        let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
        let over = AllianceError::OverLimit { account: account("bakery"), exposure: DEBT, limit: DEBT - 1 };
        assert_eq!(refused(&mut world, "cinema", 0, message), over);
    }
}

// Feature: Settlement mode.
#[test]
fn escrow_pays_through_an_alliance_too_and_nothing_is_booked() {
    let (mut world, _, mut alliance, _) = allied();
    let terms = Terms { funding: Funding::Escrow, ..backed(&world) };
    let campaign = campaign(&mut world, "bakery", terms, 500);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let done = act(&mut world, "cinema", 0, message);
    assert_eq!(done.moved, [("cinema", 200), ("registry", -200)]);
    assert_eq!(positions(&world), (0, 0));

    let here = world.suite.registry;
    let redemption = done.result;
    for paid in [0, 201] {
        let message = alliance.call_mut().roll_back(here, 200, (redemption.clone(), None));
        let wrong = AllianceError::Payment(PaymentFault::WrongValue { expected: 200, paid });
        assert_eq!(refused(&mut world, "cinema", paid, message), wrong);
    }
    for offered in [0, 199, 201] {
        let message = alliance.call_mut().roll_back(here, offered, (redemption.clone(), None));
        let wrong = PaymentFault::WrongValue { expected: 200, paid: offered };
        let wrong = AllianceError::Registry(RegistryError::Payment(wrong).into());
        assert_eq!(refused(&mut world, "cinema", offered, message), wrong);
    }
    let done = act(&mut world, "cinema", 200, alliance.call_mut().roll_back(here, 200, (redemption, None)));
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
    let config = Config { registries: vec![code], ..look(&world, world.council().call().config()) };
    let hash = world.chain.code_hash_of(world.suite.alliance).unwrap().unwrap();
    let terms = read(&world, world.council().call().terms());
    let made =
        world.chain.instantiate_typed(account(OWNER), hash, 0, Vec::new(), AllianceRef::new(config, terms));
    let mut alliance: AllianceRef = at(made.unwrap().0);
    let council = world.chain.view_typed(account(OWNER), 0, alliance.call().council()).unwrap().0;
    let mut council: council::CouncilRef = at(council);
    act(&mut world, "cinema", 0, council.call_mut().apply(registry, [1; 32], vec![]));
    let motion = Motion::Admit { account: account("cinema"), registry, profile: [1; 32], cap: 1 };
    act(&mut world, OPERATOR, 0, council.call_mut().decide(motion));
    let permits = shared::permit::Permits { acceptor: None, coupons: Vec::new() };
    let message = alliance.call_mut().redeem(registry, (cinemas(1), permits));
    assert_eq!(refused(&mut world, "cinema", 0, message), AllianceError::RegistryFailed { registry });
}

#[test]
fn a_rollback_window_longer_than_the_tail_is_not_taken() {
    let tail = 60 * DAY - 1;
    let mut world = rules().config(|suite| suite.alliance.tail = tail).build();
    for who in ["bakery", "cinema"] {
        join(&mut world, who, Balance::MAX);
    }
    let (terms, mut alliance) = (backed(&world), alliance(&world));
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    let message = redeem(&world, &mut alliance, coupon, &cinemas(1));
    let short = AllianceError::TailTooShort { final_at: NOW + 60 * DAY, tail };
    assert_eq!(refused(&mut world, "cinema", 0, message), short);
}

#[test]
fn the_holder_pays_through_the_alliance_and_has_back_what_is_over() {
    let (mut world, _, mut alliance, coupon) = allied();
    let order = Order { settlement: Settlement::OnChain, ..cinemas(1) };
    let permits = both(&world, "cinema", "ann", coupon, &order);
    let here = world.suite.registry;
    let pay = |alliance: &mut AllianceRef| alliance.call_mut().redeem(here, (order.clone(), permits.clone()));
    let short = PaymentFault::WrongValue { expected: 1_800, paid: 1_799 };
    let short = AllianceError::Registry(RegistryError::Payment(short).into());
    assert_eq!(refused(&mut world, "ann", 1_799, pay(&mut alliance)), short);
    let done = act(&mut world, "ann", 2_500, pay(&mut alliance));
    assert_eq!(done.moved, [("cinema", 1_800), ("ann", -1_800)]);
    assert_eq!(positions(&world), (-180, 178));
    assert_eq!(done.result.payer, Some(account("ann")));

    // Half of the goods come back: the rest would have had 100 off.
    let kept = Some(Kept { basket: 1_000, eligible: 500 });
    let back = |alliance: &mut AllianceRef, refund| {
        alliance.call_mut().roll_back(here, refund, (done.result.clone(), kept))
    };
    let wrong = PaymentFault::WrongValue { expected: 900, paid: 899 };
    let wrong = AllianceError::Registry(RegistryError::Payment(wrong).into());
    assert_eq!(refused(&mut world, "cinema", 899, back(&mut alliance, 899)), wrong);
    let undone = act(&mut world, "cinema", 900, back(&mut alliance, 900));
    assert_eq!(undone.moved, [("cinema", -900), ("ann", 900)]);
    let reversed = Debt { amount: 90, fee: 1, ..debt() };
    let acceptor = account("cinema");
    let reversed =
        DebtsReversed { acceptor, registry: here, number: 1, redeemed_at: NOW, debts: vec![reversed] };
    assert_eq!(undone.events.last(), Some(&by(world.suite.alliance, reversed)));
    assert_eq!(positions(&world), (-90, 89));
    let remains = undone.result.unwrap();
    assert_eq!((remains.net, remains.discount()), (900, 100));
    let rest = alliance.call_mut().roll_back(here, 900, (remains, None));
    act(&mut world, "cinema", 900, rest);
    assert_eq!(positions(&world), (0, 0));
}
