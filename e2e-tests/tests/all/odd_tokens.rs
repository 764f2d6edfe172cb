//! Tokens that answer at length, that earn interest, and that lose value by themselves. Cheating and calling back are in `payments`.

use crate::scene::*;
use chain::{Chain, ChainError};
use e2e_tests::{account, actors::OWNER, World};
use ink::codegen::TraitCallBuilder;
use mock_psp22::{Mode, TokenRef};
use shared::{
    assets::PaymentFault,
    campaigns::Improvement,
    ids::CouponId,
    order::Redemption,
    permit::Permits,
    registry::{CouponRegistry, RegistryError},
    terms::{Acceptance, Funding, Terms},
};

/// Backed by 500 each, in tokens, and accepted by the cinema.
fn in_tokens(world: &World) -> Terms {
    terms_but(|t| {
        t.asset = world.token_asset();
        t.funding = Funding::Escrow;
        t.acceptance = Acceptance::Listed(vec![account("cinema")]);
    })
}

/// Ann has two coupons backed by 1,000 tokens, and one of the cinema's own that needs no token.
fn stage() -> (World, Doors, [CouponId; 2], CouponId) {
    let (mut world, to) = open();
    let terms_in_tokens = in_tokens(&world);
    let backed = campaign(&mut world, "bakery", terms_in_tokens, 1_000);
    let coupons = issue_many(&mut world, "bakery", backed, "ann", 2);
    let plain = campaign(&mut world, "cinema", terms(), 0);
    let plain = issue(&mut world, "cinema", plain, "ann");
    (world, to, [coupons[0], coupons[1]], plain)
}

fn at_the_till(world: &World, coupon: CouponId, number: u64) -> (shared::order::Order, Permits) {
    let order = order("cinema", number);
    let permits = held_by(world, "ann", coupon, &order);
    (order, permits)
}

/// Everything that a call could have changed.
fn all(world: &World) -> ([Vec<chain::StorageItem>; 3], [i128; 3]) {
    let suite = world.suite;
    let items = [suite.registry, suite.office, suite.desk].map(|at| world.chain.storage(at).unwrap());
    (items, tokens(world, ["registry", "cinema", "bakery"]))
}

#[test]
fn a_token_that_answers_at_length_holds_up_its_own_coupons_whole_and_no_others() {
    let (mut world, mut to, [first, second], plain) = stage();
    let (order, permits) = at_the_till(&world, first, 1);
    let redemption: Redemption =
        act(&mut world, "cinema", 0, to.registry.call_mut().redeem(order, permits)).result;
    world.allow("cinema", world.suite.desk, 200);
    world.allow("bakery", world.suite.office, 5_000);
    misbehave(&mut world, Mode::AnswerAtLength);

    let (order, permits) = at_the_till(&world, second, 2);
    let (registry, office, desk) = (world.suite.registry, world.suite.office, world.suite.desk);
    let more = Improvement::AddEscrow { amount: 500 };
    let campaign = first.campaign;
    let terms_in_tokens = in_tokens(&world);
    let attempts = [
        ("cinema", registry, data_of(to.registry.call_mut().redeem(order, permits))),
        ("cinema", desk, data_of(to.desk.call_mut().roll_back(redemption, None))),
        ("bakery", office, data_of(to.office.call_mut().create_campaign(terms_in_tokens, vec![], 500))),
        ("bakery", office, data_of(to.office.call_mut().improve_campaign(campaign, more))),
    ];
    let before = all(&world);
    for (who, contract, data) in attempts {
        let fault = world.chain.call(account(who), contract, 0, data);
        let stopped = matches!(fault, Err(ChainError::Trapped { .. } | ChainError::Module { .. }));
        assert!(stopped, "{who}: {fault:?}");
        assert!(all(&world) == before, "{who}");
    }
    spend(&mut world, &whole(&[plain]), &crate::scene::order("cinema", 3));
    misbehave(&mut world, Mode::Honest);
    spend(&mut world, &whole(&[second]), &crate::scene::order("cinema", 2));
}

#[test]
fn a_batch_with_a_token_that_stops_all_calls_changes_nothing_and_goes_through_without_it() {
    for mode in [Mode::AnswerAtLength, Mode::BurnGas] {
        let (mut world, mut to, [first, _], plain) = stage();
        misbehave(&mut world, mode);
        let (good, bad) = (at_the_till(&world, plain, 1), at_the_till(&world, first, 2));
        let data = data_of(to.registry.call_mut().redeem_batch(vec![good.clone(), bad]));
        let before = all(&world);
        let registry = world.suite.registry;
        assert!(world.chain.call(account("cinema"), registry, 0, data).is_err());
        assert!(all(&world) == before);
        let done = act(&mut world, "cinema", 0, to.registry.call_mut().redeem_batch(vec![good]));
        assert!(matches!(done.result.as_slice(), [Ok(_)]));
        assert_eq!(world.coupon(plain), None);
    }
}

#[test]
fn interest_that_a_token_pays_is_nobodys_and_none_is_taken_for_a_payment() {
    let (mut world, mut to, [first, _], _) = stage();
    world.allow("bakery", world.suite.office, 5_000);
    misbehave(&mut world, Mode::Interest);
    let more = Improvement::AddEscrow { amount: 100 };
    let message = to.office.call_mut().improve_campaign(first.campaign, more);
    let lied = PaymentFault::TokenLied { expected: 100, received: 101 };
    assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::Payment(lied));

    let [cinema, held] = tokens(&world, ["cinema", "registry"]);
    let redemption = spend(&mut world, &whole(&[first]), &order("cinema", 1)).result;
    assert_eq!(tokens(&world, ["cinema", "registry"]), [cinema + 200 + 1, held - 200 + 1]);
    let progress = world.progress(first.campaign);
    assert_eq!((progress.escrow_left, progress.reserved, progress.held), (800, 500, 300));
    let message = to.office.call_mut().withdraw_escrow(first.campaign, 1);
    let committed = RegistryError::EscrowCommitted { asked: 1, free: 0 };
    assert_eq!(refused(&mut world, "bakery", 0, message), committed);

    world.allow("cinema", world.suite.desk, 201);
    let message = to.desk.call_mut().roll_back(redemption, None);
    let lied = PaymentFault::TokenLied { expected: 200, received: 201 };
    assert_eq!(refused(&mut world, "cinema", 0, message), RegistryError::Payment(lied));
}

#[test]
fn where_a_token_loses_value_what_it_cannot_pay_waits_and_no_other_money_pays_for_it() {
    let (mut world, mut to, [first, second], _) = stage();
    let native = terms_but(|t| t.funding = Funding::Escrow);
    let native = campaign(&mut world, "bakery", native, 700);
    let in_plancks = issue(&mut world, "bakery", native, "ann");
    let mut token: TokenRef = at(world.token);
    let registry = world.suite.registry;
    for _ in 0..2 {
        call(&mut world, OWNER, 0, token.call_mut().halve(registry));
    }
    let [cinema, held] = tokens(&world, ["cinema", "registry"]);
    assert_eq!(held, 250);
    let done = spend(&mut world, &whole(&[first]), &order("cinema", 1));
    assert_eq!(done.moved, []);
    assert_eq!(tokens(&world, ["cinema", "registry"]), [cinema + 200, 50]);
    let done = spend(&mut world, &whole(&[second]), &order("cinema", 2));
    assert_eq!(done.moved, []);
    assert_eq!(tokens(&world, ["cinema", "registry"]), [cinema + 200, 50]);
    let asset = world.token_asset();
    assert_eq!(world.credit(account("cinema"), asset), 200);
    let done = spend(&mut world, &whole(&[in_plancks]), &order("bakery", 1));
    assert_eq!(done.moved, [("bakery", 200), ("registry", -200)]);

    // It is paid as soon as there is enough again.
    let message = psp22::PSP22::transfer(token.call_mut(), registry, 150, vec![]);
    act(&mut world, "bakery", 0, message);
    act(&mut world, "cinema", 0, to.desk.call_mut().withdraw_credit(asset));
    assert_eq!(tokens(&world, ["cinema", "registry"]), [cinema + 400, 0]);
}

#[test]
fn a_pay_out_that_runs_out_of_computation_is_made_in_full_or_waits_in_full_or_stops_the_call() {
    let (world, mut to, [first, _], _) = stage();
    let (order, permits) = at_the_till(&world, first, 1);
    let data = data_of(to.registry.call_mut().redeem(order, permits));
    let (registry, asset) = (world.suite.registry, world.token_asset());
    let needed = world.chain.view(account("cinema"), registry, 0, data.clone()).unwrap().cost.ref_time;
    let [cinema, held] = tokens(&world, ["cinema", "registry"]);
    let (before, moment) = (all(&world), world.fixture());
    let mut done = 0;
    // The token is called last: most of the steps are where it runs.
    for step in 0..=100 {
        let mut world = moment.world();
        world.chain.set_ref_time_limit(Some(needed / 2 + needed * step / 200));
        if world.chain.call(account("cinema"), registry, 0, data.clone()).is_err() {
            assert!(all(&world) == before, "{step}");
            continue;
        }
        done += 1;
        let waiting = i128::try_from(world.credit(account("cinema"), asset)).unwrap();
        assert!(waiting == 0 || waiting == 200, "{step}");
        let paid = 200 - waiting;
        assert_eq!(tokens(&world, ["cinema", "registry"]), [cinema + paid, held - paid], "{step}");
        assert_eq!((world.coupon(first), world.progress(first.campaign).escrow_left), (None, 800));
    }
    assert!((1..100).contains(&done), "from too little to enough: {done}");
}
