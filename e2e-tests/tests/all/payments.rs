//! Money: value only where a message takes it, and tokens that misbehave.

use crate::scene::*;
use chain::{Balance, Chain, ChainError};
use e2e_tests::{
    account,
    actors::{OPERATOR, OWNER},
    World,
};
use ink::codegen::TraitCallBuilder;
use mock_psp22::Mode;
use shared::{
    assets::{Asset, PaymentFault},
    campaigns::Improvement,
    ids::CouponId,
    registry::{CouponRegistry, RegistryError},
    terms::{Acceptance, Funding, Terms},
};

/// How a token may cheat when 1,000 are due, and what is said of it.
fn tricks(token: chain::AccountId, expected: Balance) -> [(Mode, PaymentFault); 4] {
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
    let refusal = refused(&mut world, "ann", 0, to.registry.call_mut().redeem(order.clone(), permits.clone()));
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
        let waits = registry::events::CreditAdded { account: account("cinema"), asset, amount: 200 };
        assert_eq!(done.events.last(), Some(&by(world.suite.registry, waits)));

        let token = world.token;
        let no = RegistryError::Payment(PaymentFault::TokenRefused { token });
        assert_eq!(refused(&mut world, "cinema", 0, to.desk.call_mut().withdraw_credit(asset)), no);
        misbehave(&mut world, Mode::Honest);
        let [before] = tokens(&world, ["cinema"]);
        act(&mut world, "cinema", 0, to.desk.call_mut().withdraw_credit(asset));
        assert_eq!(tokens(&world, ["cinema", "registry"]), [before + 200, 500]);
    }
}

#[test]
fn a_withdrawal_the_token_refuses_leaves_the_escrow_as_it_was() {
    let (mut world, mut to, coupon) = backed_by_tokens();
    let token = world.token;
    for mode in [Mode::Refuse, Mode::Trap] {
        misbehave(&mut world, mode);
        let message = to.office.call_mut().withdraw_escrow(coupon.campaign, 200);
        let no = RegistryError::Payment(PaymentFault::TokenRefused { token });
        assert_eq!(refused(&mut world, "bakery", 0, message), no);
    }
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
    let mut world = builder.config(|suite| suite.alliance.joining_fee = 1_000).build();
    let (mut alliance, registry, here) = (alliance(&world), world.suite.registry, world.suite.alliance);
    world.allow("bakery", here, 10_000);
    for (mode, fault) in tricks(world.token, 1_000) {
        misbehave(&mut world, mode);
        let message = alliance.call_mut().apply(registry, [1; 32]);
        assert_eq!(refused(&mut world, "bakery", 0, message), AllianceError::Payment(fault));
    }
    misbehave(&mut world, Mode::Honest);
    let wrong = AllianceError::Payment(PaymentFault::WrongValue { expected: 0, paid: 1_000 });
    assert_eq!(refused(&mut world, "bakery", 1_000, alliance.call_mut().apply(registry, [1; 32])), wrong);

    let [before] = tokens(&world, ["bakery"]);
    act(&mut world, "bakery", 0, alliance.call_mut().apply(registry, [1; 32]));
    act(&mut world, OPERATOR, 0, alliance.call_mut().admit(account("bakery"), 1));
    act(&mut world, "bakery", 0, alliance.call_mut().deposit_collateral(3_000));
    assert_eq!(tokens(&world, ["bakery", "alliance"]), [before - 4_000, 4_000]);
    let token = world.token;
    for mode in [Mode::Refuse, Mode::Trap] {
        misbehave(&mut world, mode);
        let no = AllianceError::Payment(PaymentFault::TokenRefused { token });
        assert_eq!(refused(&mut world, "bakery", 0, alliance.call_mut().withdraw_collateral(1)), no);
        assert_eq!(refused(&mut world, "bakery", 0, alliance.call_mut().exit()), no);
    }
    misbehave(&mut world, Mode::Honest);
    act(&mut world, "bakery", 0, alliance.call_mut().exit());
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
    assert_eq!(read(&world, alliance(&world).call().cycle()).fund, 0);
    assert_eq!(read(&world, market(&world).call().credit(account(OWNER), Asset::Native)), 0);
}

#[test]
fn escrow_in_tokens_goes_back_through_an_alliance_in_full_or_not_at_all() {
    use ::alliance::error::AllianceError;
    let (mut world, _) = open();
    let (mut alliance, here, registry) = (alliance(&world), world.suite.alliance, world.suite.registry);
    act(&mut world, "cinema", 0, alliance.call_mut().apply(registry, [1; 32]));
    act(&mut world, OPERATOR, 0, alliance.call_mut().admit(account("cinema"), 0));
    let terms = Terms { acceptance: Acceptance::Alliance(here), ..in_tokens(&world) };
    let campaign = campaign(&mut world, "bakery", terms, 700);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    let [before] = tokens(&world, ["cinema"]);
    let order = order("cinema", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    let redemption =
        act(&mut world, "cinema", 0, alliance.call_mut().redeem(registry, order, permits)).result;
    assert_eq!(tokens(&world, ["cinema", "registry", "alliance"]), [before + 200, 500, 0]);

    world.allow("cinema", here, 200);
    for (mode, fault) in tricks(world.token, 200) {
        misbehave(&mut world, mode);
        let message = alliance.call_mut().roll_back(registry, redemption.clone());
        assert_eq!(refused(&mut world, "cinema", 0, message), AllianceError::Payment(fault));
    }
    misbehave(&mut world, Mode::Honest);
    act(&mut world, "cinema", 0, alliance.call_mut().roll_back(registry, redemption));
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
