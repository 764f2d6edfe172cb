//! Money: value only where a message takes it, and tokens that misbehave.

use crate::scene::*;
use chain::{Balance, Chain, ChainError, TypedChain};
use e2e_tests::{
    account,
    actors::{OPERATOR, OWNER},
    World,
};
use ink::codegen::TraitCallBuilder;
use mock_psp22::{Mode, TokenRef};
use shared::{
    assets::{Asset, PaymentFault},
    campaigns::Improvement,
    ids::CouponId,
    registry::{CouponRegistry, RegistryError},
    terms::{Acceptance, Funding, Terms},
};

/// How a token may cheat when so much is due, and what is said of it.
pub(crate) fn tricks(token: chain::AccountId, expected: Balance) -> [(Mode, PaymentFault); 4] {
    [
        (Mode::FeeOnTransfer, PaymentFault::TokenLied { expected, received: expected - 1 }),
        (Mode::TrueWithoutMoving, PaymentFault::TokenLied { expected, received: 0 }),
        (Mode::Refuse, PaymentFault::TokenRefused { token }),
        (Mode::Trap, PaymentFault::TokenRefused { token }),
    ]
}

/// Terms in tokens, backed by escrow, accepted by the cinema.
fn in_tokens(world: &World) -> Terms {
    terms_but(|t| {
        t.asset = world.token_asset();
        t.funding = Funding::Escrow;
        t.acceptance = Acceptance::Listed(vec![account("cinema")]);
    })
}

/// Ann holds a coupon of the bakery's, backed by 700 tokens.
fn backed_by_tokens() -> (World, Doors, CouponId) {
    let (world, _) = open();
    ann_has_a_coupon(in_tokens(&world), 700)
}

#[test]
fn no_message_takes_value_without_saying_so() {
    let mut world = World::new();
    let suite = [
        ("registry", world.suite.registry),
        ("office", world.suite.office),
        ("desk", world.suite.desk),
        ("alliance", world.suite.alliance),
        ("market", world.suite.market),
    ];
    for (name, contract) in suite {
        let metadata = crate::abi::metadata(name);
        for message in metadata["spec"]["messages"].as_array().unwrap() {
            let (label, payable) = (&message["label"], message["payable"].as_bool().unwrap());
            // Zeros stand for any arguments: empty lists, `None`, the first variant.
            let mut data = crate::abi::selector(message);
            data.resize(2_048, 0);
            let height = world.chain.height();
            let outcome = world.chain.call(account("ann"), contract, 1, data);
            if payable {
                let refused = matches!(outcome, Err(ChainError::Reverted { .. }));
                assert!(refused, "{name}.{label} would keep a stray planck: {outcome:?}");
            } else {
                let trapped = matches!(&outcome, Err(ChainError::Trapped { .. }));
                assert!(trapped, "{name}.{label} takes value: {outcome:?}");
            }
            assert_eq!(world.chain.height(), height);
        }
        let code = world.chain.code_hash_of(contract).unwrap().unwrap();
        for constructor in metadata["spec"]["constructors"].as_array().unwrap() {
            assert_eq!(constructor["payable"], false);
            let mut data = crate::abi::selector(constructor);
            data.resize(2_048, 0);
            let made = world.chain.instantiate(account("ann"), code, 1, data, b"value".to_vec());
            assert!(made.is_err(), "{name} can be made with value");
        }
    }
}

#[test]
fn escrow_in_tokens_is_collected_by_allowance_and_paid_out() {
    let (mut world, mut to, coupon) = backed_by_tokens();
    let who = ["bakery", "cinema", "registry"];
    let [_, cinema, held] = tokens(&world, who);
    assert_eq!(held, 700);
    let order = order("cinema", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    let redemption = act(&mut world, "cinema", 0, to.registry.call_mut().redeem(order, permits)).result;
    assert_eq!(tokens(&world, ["cinema", "registry"]), [cinema + 200, 500]);

    world.allow("cinema", world.suite.desk, 200);
    act(&mut world, "cinema", 0, to.desk.call_mut().roll_back(redemption, None));
    assert_eq!(tokens(&world, ["cinema", "registry"]), [cinema, 700]);
    act(&mut world, "bakery", 0, to.office.call_mut().withdraw_escrow(coupon.campaign, 200));
    assert_eq!(tokens(&world, ["registry"]), [500]);
}

#[test]
fn a_net_price_in_tokens_goes_straight_to_the_acceptor() {
    let (mut world, mut to, coupon) = backed_by_tokens();
    let before = tokens(&world, ["ann", "cinema", "registry"]);
    let order = order_on_chain("cinema", 1);
    let permits = signed_by(&world, "cinema", coupon, &order);
    let refusal =
        refused(&mut world, "ann", 0, to.registry.call_mut().redeem(order.clone(), permits.clone()));
    let token = world.token;
    assert_eq!(refusal, RegistryError::Payment(PaymentFault::TokenRefused { token }), "without an allowance");
    world.allow("ann", world.suite.registry, 1_800);
    let wrong = RegistryError::Payment(PaymentFault::WrongValue { expected: 0, paid: 5 });
    let message = to.registry.call_mut().redeem(order.clone(), permits.clone());
    assert_eq!(refused(&mut world, "ann", 5, message), wrong);
    act(&mut world, "ann", 0, to.registry.call_mut().redeem(order, permits));
    let after = tokens(&world, ["ann", "cinema", "registry"]);
    assert_eq!(after, [before[0] - 1_800, before[1] + 2_000, before[2] - 200]);
}

#[test]
fn escrow_is_locked_only_when_exactly_it_arrived() {
    let (mut world, mut to) = open();
    let terms = in_tokens(&world);
    world.allow("bakery", world.suite.office, 5_000);
    for (mode, fault) in tricks(world.token, 1_000) {
        misbehave(&mut world, mode);
        let message = to.office.call_mut().create_campaign(terms.clone(), Vec::new(), 1_000);
        assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::Payment(fault));
    }
    misbehave(&mut world, Mode::Honest);
    let campaign = campaign(&mut world, "bakery", terms, 1_000);
    world.allow("bakery", world.suite.office, 1_000);
    for (mode, fault) in tricks(world.token, 1_000) {
        misbehave(&mut world, mode);
        let more = Improvement::AddEscrow { amount: 1_000 };
        let message = to.office.call_mut().improve_campaign(campaign, more);
        assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::Payment(fault));
    }
}

#[test]
fn escrow_in_tokens_takes_no_native_value_and_needs_a_token() {
    let (mut world, mut to) = open();
    world.allow("bakery", world.suite.office, 1_000);
    let message = to.office.call_mut().create_campaign(in_tokens(&world), Vec::new(), 1_000);
    let wrong = PaymentFault::WrongValue { expected: 0, paid: 1_000 };
    assert_eq!(refused(&mut world, "bakery", 1_000, message), RegistryError::Payment(wrong));
    for token in [account("ann"), world.suite.market] {
        let terms = Terms { asset: Asset::Psp22(token), ..in_tokens(&world) };
        let message = to.office.call_mut().create_campaign(terms, Vec::new(), 1_000);
        let no_token = PaymentFault::TokenRefused { token };
        assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::Payment(no_token));
    }
}

#[test]
fn a_token_that_will_not_pay_the_acceptor_stops_nobody_from_spending() {
    for mode in [Mode::Refuse, Mode::Trap] {
        let (mut world, mut to, coupon) = backed_by_tokens();
        let asset = world.token_asset();
        misbehave(&mut world, mode);
        let order = order("cinema", 1);
        let permits = held_by(&world, "ann", coupon, &order);
        let done = act(&mut world, "cinema", 0, to.registry.call_mut().redeem(order, permits));
        let waits = || registry::events::CreditAdded { account: account("cinema"), asset, amount: 200 };
        assert_eq!(done.events.last(), Some(&by(world.suite.registry, waits())));

        let done = act(&mut world, "cinema", 0, to.desk.call_mut().withdraw_credit(asset));
        assert_eq!(done.events.last(), Some(&by(world.suite.registry, waits())), "and waits on");
        assert_eq!(world.credit(account("cinema"), asset), 200);
        misbehave(&mut world, Mode::Honest);
        let [before] = tokens(&world, ["cinema"]);
        act(&mut world, "cinema", 0, to.desk.call_mut().withdraw_credit(asset));
        assert_eq!(tokens(&world, ["cinema", "registry"]), [before + 200, 500]);
    }
}

#[test]
fn escrow_that_the_token_will_not_pay_back_waits_for_its_issuer() {
    let (mut world, mut to, coupon) = backed_by_tokens();
    let asset = world.token_asset();
    for (mode, waiting) in [(Mode::Refuse, 50), (Mode::Trap, 100)] {
        misbehave(&mut world, mode);
        act(&mut world, "bakery", 0, to.office.call_mut().withdraw_escrow(coupon.campaign, 50));
        assert_eq!(world.credit(account("bakery"), asset), waiting);
    }
    misbehave(&mut world, Mode::Honest);
    let [before] = tokens(&world, ["bakery"]);
    act(&mut world, "bakery", 0, to.desk.call_mut().withdraw_credit(asset));
    assert_eq!(tokens(&world, ["bakery", "registry"]), [before + 100, 600]);
}

#[test]
fn a_rollback_needs_the_escrow_back_in_full() {
    let (mut world, mut to, coupon) = backed_by_tokens();
    let order = order("cinema", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    let redemption = act(&mut world, "cinema", 0, to.registry.call_mut().redeem(order, permits)).result;
    world.allow("cinema", world.suite.desk, 200);
    for (mode, fault) in tricks(world.token, 200) {
        misbehave(&mut world, mode);
        let message = to.desk.call_mut().roll_back(redemption.clone(), None);
        assert_eq!(refused(&mut world, "cinema", 0, message), RegistryError::Payment(fault));
    }
}

#[test]
fn an_alliance_in_tokens_collects_and_pays_tokens_only() {
    use ::alliance::error::AllianceError;
    let builder = World::builder().alliance_in_tokens();
    let mut world = builder.config(|suite| suite.alliance.joining.fee = 1_000).build();
    let mut council = world.council();
    let registry = world.suite.registry;
    world.allow("bakery", world.suite.council, 10_000);
    for (mode, fault) in tricks(world.token, 1_000) {
        misbehave(&mut world, mode);
        let message = council.call_mut().apply(registry, [1; 32], vec![]);
        assert_eq!(refused(&mut world, "bakery", 0, message), AllianceError::Payment(fault));
    }
    misbehave(&mut world, Mode::Honest);
    let wrong = AllianceError::Payment(PaymentFault::WrongValue { expected: 0, paid: 1_000 });
    assert_eq!(
        refused(&mut world, "bakery", 1_000, council.call_mut().apply(registry, [1; 32], vec![])),
        wrong
    );

    let [before] = tokens(&world, ["bakery"]);
    act(&mut world, "bakery", 0, council.call_mut().apply(registry, [1; 32], vec![]));
    let admission = admission(&world, "bakery", 1);
    act(&mut world, OPERATOR, 0, council.call_mut().decide(admission));
    act(&mut world, "bakery", 0, council.call_mut().deposit_collateral(3_000));
    assert_eq!(tokens(&world, ["bakery", "alliance"]), [before - 4_000, 4_000]);
    let token = world.token;
    act(&mut world, "bakery", 0, council.call_mut().leave());
    world.chain.advance(90 * DAY).unwrap();
    for mode in [Mode::Refuse, Mode::Trap] {
        misbehave(&mut world, mode);
        let no = AllianceError::Payment(PaymentFault::TokenRefused { token });
        assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().withdraw_collateral(1)), no);
        assert_eq!(refused(&mut world, "bakery", 0, council.call_mut().exit()), no);
    }
    misbehave(&mut world, Mode::Honest);
    act(&mut world, "bakery", 0, council.call_mut().exit());
    assert_eq!(tokens(&world, ["bakery", "alliance"]), [before - 1_000, 1_000]);
}

#[test]
fn funds_forced_on_the_contracts_change_nobodys_books() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms_but(|t| t.funding = Funding::Escrow), 700);
    for contract in [world.suite.registry, world.suite.alliance, world.suite.market] {
        world.chain.transfer(account(OWNER), contract, 777).unwrap();
    }
    let committed = RegistryError::EscrowCommitted { asked: 201, free: 200 };
    let message = to.office.call_mut().withdraw_escrow(coupon.campaign, 201);
    assert_eq!(refused(&mut world, "bakery", 0, message), committed);
    assert_eq!(look(&world, world.council().call().cycle()).fund, 0);
    assert_eq!(read(&world, market(&world).call().credit(account(OWNER), Asset::Native)), 0);
}

#[test]
fn escrow_in_tokens_goes_back_through_an_alliance_in_full_or_not_at_all() {
    use ::alliance::error::AllianceError;
    let mut world = World::builder().alliance_in_tokens().build();
    let mut council = world.council();
    let (mut alliance, here, registry) = (alliance(&world), world.suite.alliance, world.suite.registry);
    act(&mut world, "cinema", 0, council.call_mut().apply(registry, [1; 32], vec![]));
    let admission = admission(&world, "cinema", 0);
    act(&mut world, OPERATOR, 0, council.call_mut().decide(admission));
    let terms = Terms { acceptance: Acceptance::Alliance(here), ..in_tokens(&world) };
    let campaign = campaign(&mut world, "bakery", terms, 700);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    let [before] = tokens(&world, ["cinema"]);
    let order = order("cinema", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    let redemption =
        act(&mut world, "cinema", 0, alliance.call_mut().redeem(registry, (order, permits))).result;
    assert_eq!(tokens(&world, ["cinema", "registry", "alliance"]), [before + 200, 500, 0]);

    world.allow("cinema", here, 200);
    for (mode, fault) in tricks(world.token, 200) {
        misbehave(&mut world, mode);
        let message = alliance.call_mut().roll_back(registry, 200, (redemption.clone(), None));
        assert_eq!(refused(&mut world, "cinema", 0, message), AllianceError::Payment(fault));
    }
    misbehave(&mut world, Mode::Honest);
    world.allow("cinema", here, 201);
    let message = alliance.call_mut().roll_back(registry, 201, (redemption.clone(), None));
    let wrong = AllianceError::WrongRefund { expected: 200, offered: 201 };
    assert_eq!(refused(&mut world, "cinema", 0, message), wrong);
    act(&mut world, "cinema", 0, alliance.call_mut().roll_back(registry, 200, (redemption, None)));
    assert_eq!(tokens(&world, ["cinema", "registry", "alliance"]), [before, 700, 0]);
}

#[test]
fn a_contract_lives_on_after_its_last_planck_has_left() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms_but(|t| t.funding = Funding::Escrow), 500);
    let order = order("bakery", 1);
    let order = shared::order::Order { basket: 5_000, eligible: 5_000, ..order };
    let permits = held_by(&world, "ann", coupon, &order);
    let done = act(&mut world, "bakery", 0, to.registry.call_mut().redeem(order, permits));
    assert_eq!(done.moved, [("bakery", 500), ("registry", -500)]);
    let minimum = world.chain.existential_deposit();
    assert_eq!(world.balance(world.suite.registry, Asset::Native), minimum);
    act(&mut world, "bakery", 500, to.desk.call_mut().roll_back(done.result, None));
}

#[test]
fn nobody_spends_anothers_allowance() {
    let (mut world, mut to, coupon) = backed_by_tokens();
    let registry = world.suite.registry;
    world.allow("ben", registry, 5_000);
    let order = order_on_chain("cinema", 1);
    let permits = signed_by(&world, "cinema", coupon, &order);
    let token = world.token;
    let no = RegistryError::Payment(PaymentFault::TokenRefused { token });
    assert_eq!(refused(&mut world, "ann", 0, to.registry.call_mut().redeem(order, permits)), no);
    let office = world.suite.office;
    world.allow("bakery", office, 5_000);
    let terms = in_tokens(&world);
    let message = to.office.call_mut().create_campaign(terms, Vec::new(), 1_000);
    assert_eq!(refused(&mut world, "cinema", 0, message), no);
}

#[test]
fn a_token_that_burns_all_gas_holds_up_its_own_coupons_and_no_others() {
    let (mut world, mut to, coupon) = backed_by_tokens();
    let plain = campaign(&mut world, "bakery", terms(), 0);
    let plain = issue(&mut world, "bakery", plain, "ann");
    misbehave(&mut world, Mode::BurnGas);
    let order = order("cinema", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    let data = data_of(to.registry.call_mut().redeem(order.clone(), permits));
    let before = world.chain.storage(world.suite.registry).unwrap();
    let fault = world.chain.call(account("cinema"), world.suite.registry, 0, data);
    assert!(matches!(fault, Err(ChainError::OutOfGas { .. })), "{fault:?}");
    assert!(world.chain.storage(world.suite.registry).unwrap() == before);
    spend(&mut world, &whole(&[plain]), &crate::scene::order("bakery", 1));
    misbehave(&mut world, Mode::Honest);
    spend(&mut world, &whole(&[coupon]), &order);
}

#[test]
fn a_token_that_hogs_deposits_is_stopped_by_the_signers_limit_and_all_or_nothing() {
    let (mut world, mut to, coupon) = backed_by_tokens();
    misbehave(&mut world, Mode::HogDeposit);
    let order = order("cinema", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    let data = data_of(to.registry.call_mut().redeem(order.clone(), permits));
    let registry = world.suite.registry;
    let before = (world.chain.storage(registry).unwrap(), tokens(&world, ["cinema", "registry"]));
    // A fifth of what an item costs: what the order keeps takes what the coupon gives back.
    let limit = 20_000_000_000;
    world.chain.set_deposit_limit(Some(limit));
    let fault = world.chain.call(account("cinema"), registry, 0, data.clone());
    assert!(matches!(fault, Err(ChainError::DepositLimit { .. })), "{:?}", fault.map(|done| done.cost));
    assert!((world.chain.storage(registry).unwrap(), tokens(&world, ["cinema", "registry"])) == before);
    world.chain.set_deposit_limit(None);
    let hogged = world.chain.call(account("cinema"), registry, 0, data).unwrap();
    assert!(hogged.cost.deposit > 20_000_000_000, "without a limit it is the signer who pays");
}

#[test]
fn whatever_deposit_a_call_may_take_it_happens_whole_or_not_at_all() {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms(), 0);
    let message = || vec![account("ann"), account("ben")];
    let data = data_of(to.office.call_mut().issue(campaign, message(), 1));
    let (office, registry) = (world.suite.office, world.suite.registry);
    let needed = world.chain.view(account("bakery"), office, 0, data.clone()).unwrap().cost.deposit;
    let needed = Balance::try_from(needed).unwrap();
    let before = world.chain.storage(registry).unwrap();
    for share in [0, 1, 25, 50, 75, 99] {
        world.chain.set_deposit_limit(Some(needed * share / 100));
        let fault = world.chain.call(account("bakery"), office, 0, data.clone());
        assert!(fault.is_err(), "{share}% of the deposit: {fault:?}");
        assert!(world.chain.storage(registry).unwrap() == before);
    }
    world.chain.set_deposit_limit(Some(needed));
    world.chain.call(account("bakery"), office, 0, data).unwrap();
}

/// What everyone can see of the registry's books: its items, and the tokens it holds.
fn books(world: &World) -> (Vec<chain::StorageItem>, [i128; 3]) {
    let items = world.chain.storage(world.suite.registry).unwrap();
    (items, tokens(world, ["registry", "cinema", "bakery"]))
}

#[test]
fn a_token_that_calls_back_while_it_pays_out_gains_nothing_by_itself_or_through_a_helper() {
    let (mut world, mut to, first) = backed_by_tokens();
    act(&mut world, "bakery", 0, to.office.call_mut().withdraw_escrow(first.campaign, 200));
    let more = Improvement::AddEscrow { amount: 500 };
    let office = world.suite.office;
    world.allow("bakery", office, 500);
    act(&mut world, "bakery", 0, to.office.call_mut().improve_campaign(first.campaign, more));
    let second = issue(&mut world, "bakery", first.campaign, "ann");
    let (paid, other) = (order("cinema", 1), order("cinema", 2));
    let permits = both(&world, "cinema", "ann", second, &other);
    let (registry, desk) = (world.suite.registry, world.suite.desk);
    let attempts = [
        (registry, data_of(to.registry.call_mut().redeem(other.clone(), permits.clone()))),
        (registry, data_of(to.registry.call_mut().redeem_batch(vec![(other, permits)]))),
        (office, data_of(to.office.call_mut().withdraw_escrow(first.campaign, 1))),
        (desk, data_of(to.desk.call_mut().expire(second))),
    ];
    let moment = world.fixture();
    let honest = {
        let mut world = moment.world();
        spend(&mut world, &whole(&[first]), &paid);
        books(&world)
    };
    for (contract, data) in attempts {
        let mut world = moment.world();
        call_back(&mut world, contract, data.clone(), Mode::CallBackThroughHelper);
        spend(&mut world, &whole(&[first]), &paid);
        assert_ne!(called_back(&world), Some(true));
        assert!(books(&world) == honest, "through a helper");

        // By itself it traps, or is told no; either way it is a token that doesn't pay, or one that does.
        let mut world = moment.world();
        call_back(&mut world, contract, data, Mode::CallBack);
        spend(&mut world, &whole(&[first]), &paid);
        assert_ne!(called_back(&world), Some(true));
        let asset = world.token_asset();
        if world.credit(account("cinema"), asset) == 0 {
            assert!(books(&world) == honest, "by itself");
        } else {
            misbehave(&mut world, Mode::Honest);
            act(&mut world, "cinema", 0, to.desk.call_mut().withdraw_credit(asset));
            assert_eq!(books(&world).1, honest.1);
        }
        assert!(world.coupon(second).is_some());
    }
}

#[test]
fn however_deep_a_redemption_is_called_it_spends_and_pays_or_does_neither() {
    let (world, mut to, coupon) = backed_by_tokens();
    let order = order("cinema", 1);
    let permits = both(&world, "cinema", "ann", coupon, &order);
    let mut data = data_of(to.registry.call_mut().redeem(order, permits));
    let mut contract = world.suite.registry;
    let code = world.chain.code_hash_of(world.token).unwrap().unwrap();
    let before = tokens(&world, ["cinema", "registry"]);
    let moment = world.fixture();
    let mut spent = Vec::new();
    for depth in 0..7u8 {
        let mut world = moment.world();
        let mut through = contract;
        if depth > 0 {
            let owner = account(OWNER);
            let made = world.chain.instantiate_typed(owner, code, 0, vec![depth], TokenRef::new(0));
            through = made.unwrap().0;
        }
        // The helpers of the levels below are made anew in this world, at the same addresses.
        for level in 1..depth {
            let made = world.chain.instantiate_typed(account(OWNER), code, 0, vec![level], TokenRef::new(0));
            made.unwrap();
        }
        if depth > 0 {
            let mut helper: TokenRef = at(through);
            data = data_of(helper.call_mut().pass_on(contract, data));
            contract = through;
        }
        world.chain.call(account("relayer"), contract, 0, data.clone()).ok();
        let gone = world.coupon(coupon).is_none();
        let moved = if gone { [200, -200] } else { [0, 0] };
        let after = tokens(&world, ["cinema", "registry"]);
        let credit = i128::try_from(world.credit(account("cinema"), world.token_asset())).unwrap();
        assert_eq!([after[0] + credit - before[0], after[1] - credit - before[1]], moved, "{depth}");
        spent.push(gone);
    }
    assert!(spent[0] && !spent[6], "from at once to too deep: {spent:?}");
}
