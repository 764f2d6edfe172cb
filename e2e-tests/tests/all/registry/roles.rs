//! Who may do what: each role with each message, caps, hand-overs in two steps, and what the guardian can pause.

use crate::scene::*;
use chain::{Balance, Chain, EmbeddedChain, Genesis, TypedChain};
use e2e_tests::{
    account,
    actors::OWNER,
    keys,
    signing::{Codes, List},
    world::{codes, Fixture, WEALTH},
    World,
};
use ink::codegen::TraitCallBuilder;
use market::listings::Ask;
use office::events::{CampaignHandedOver, CampaignOffered, GuardianChanged, GuardianOffered, PauseChanged};
use registry::RegistryRef;
use shared::{
    assets::Asset,
    calendar,
    campaigns::Improvement,
    claims::VoucherKey,
    coupons::Role,
    ledger::{items, Ledger, Step},
    order::Order,
    psp34::PSP34,
    registry::{CouponRegistry, Limit, RegistryError, Scope, ServiceDesk},
    terms::{Benefit, Funding},
};

/// What a message came to, whatever it gives.
type Outcome = Result<(), RegistryError>;

// Feature: Roles, cashier keys.
#[test]
fn each_message_is_for_those_it_is_meant_for() {
    let (mut world, mut to) = open();
    let issuer = account("bakery");
    let value = terms_but(|t| t.benefit = Benefit::StoredValue { value: 900 });
    let plain = campaign(&mut world, "bakery", value, 0);
    let backed = campaign(&mut world, "bakery", terms_but(|t| t.funding = Funding::Escrow), 900);
    let coupon = issue(&mut world, "bakery", plain, "ann");
    let hire = |to: &mut Doors, who, operator, cashier| {
        to.office.call_mut().set_role(account(who), operator, cashier, None)
    };
    let message = hire(&mut to, "grocer", true, false);
    act(&mut world, "bakery", 0, message);
    let message = hire(&mut to, "till", false, true);
    act(&mut world, "bakery", 0, message);
    let redemption = spend(&mut world, &[part(coupon, 100)], &order("bakery", 1)).result;
    let moment = world.fixture();
    let mut late = moment.world();
    late.chain.set_time(redemption.final_at + 30 * DAY).unwrap();
    let late = late.fixture();
    let next = order("bakery", 2);
    let permits = held_by(&world, "ann", coupon, &next);

    for who in ["bakery", "grocer", "till", "ann", "cinema", "relayer", OWNER] {
        let caller = account(who);
        let only = |listed: &[&str], refusal: RegistryError| {
            if listed.contains(&who) {
                Ok(())
            } else {
                Err(refusal)
            }
        };
        let issuers = only(&["bakery"], RegistryError::NotIssuer { issuer });
        let operators = only(&["bakery", "grocer"], RegistryError::NotOperator { caller });
        let acceptors = only(&["bakery", "till"], RegistryError::NotAcceptor { signer: caller });
        let acceptor = only(&["bakery"], RegistryError::NotAcceptor { signer: caller });
        let holders = only(&["ann"], RegistryError::NotHolder { holder: account("ann") });
        let guardian = only(&[OWNER], RegistryError::NotGuardian { caller });
        let office = || to.office.clone();
        let desk = || to.desk.clone();
        let attempt = |moment: &Fixture, message: &str| -> Outcome {
            let world = &mut moment.world();
            let (mut office, mut desk, mut registry) = (office(), desk(), to.registry.clone());
            let key = keys("machine").public();
            let named = Some(VoucherKey { device: true, quota: None });
            let (o, d) = (office.call_mut(), desk.call_mut());
            match message {
                "improve_campaign" => {
                    call(world, who, 0, o.improve_campaign(plain, Improvement::StopIssuing)).result
                }
                "withdraw_escrow" => call(world, who, 0, o.withdraw_escrow(backed, 1)).result,
                "offer_campaign" => call(world, who, 0, o.offer_campaign(plain, Some(caller))).result,
                "create_drop" => call(world, who, 0, o.create_drop(plain, [1; 32], 1)).result.map(drop),
                "issue" => call(world, who, 0, o.issue(plain, vec![caller], 99)).result.map(drop),
                "set_voucher_key" => call(world, who, 0, o.set_voucher_key(plain, key, named)).result,
                "set_frozen" => call(world, who, 0, o.set_frozen(coupon, Some(1))).result,
                "revoke" => call(world, who, 0, o.revoke(coupon, 1)).result,
                "top_up" => call(world, who, 0, o.top_up(coupon, 1)).result,
                "set_paused" => call(world, who, 0, o.set_paused(1)).result,
                "offer_guardian" => call(world, who, 0, o.offer_guardian(Some(caller))).result,
                "step_down" => call(world, who, 0, o.step_down()).result,
                "redeem" => {
                    let message = registry.call_mut().redeem(next.clone(), permits.clone());
                    call(world, who, 0, message).result.map(drop)
                }
                "roll_back" => call(world, who, 0, d.roll_back(redemption.clone(), None)).result.map(drop),
                "forget" => call(world, who, 0, d.forget(redemption.clone())).result,
                "rate" => call(world, who, 0, d.rate(redemption.clone(), 5, None)).result,
                "split" => call(world, who, 0, d.split(coupon, 1)).result.map(drop),
                "create_campaign" => {
                    call(world, who, 0, o.create_campaign(terms(), vec![], 0)).result.map(drop)
                }
                "set_role" => call(world, who, 0, o.set_role(caller, true, true, None)).result,
                "set_account_frozen" => call(world, who, 0, o.set_account_frozen(caller, Some(1))).result,
                "cancel_permits" => call(world, who, 0, d.cancel_permits()).result.map(drop),
                other => panic!("no message {other}"),
            }
        };
        for message in ["improve_campaign", "withdraw_escrow", "offer_campaign", "revoke", "top_up"] {
            assert_eq!(attempt(&moment, message), issuers, "{who}: {message}");
        }
        for message in ["create_drop", "issue", "set_voucher_key", "set_frozen"] {
            assert_eq!(attempt(&moment, message), operators, "{who}: {message}");
        }
        for message in ["set_paused", "offer_guardian", "step_down"] {
            assert_eq!(attempt(&moment, message), guardian, "{who}: {message}");
        }
        for message in ["rate", "split"] {
            assert_eq!(attempt(&moment, message), holders, "{who}: {message}");
        }
        assert_eq!(attempt(&moment, "redeem"), acceptors, "{who}");
        assert_eq!(attempt(&moment, "roll_back"), acceptor, "{who}");
        assert_eq!(attempt(&late, "forget"), acceptor, "{who}");
        for message in ["create_campaign", "set_role", "set_account_frozen", "cancel_permits"] {
            assert_eq!(attempt(&moment, message), Ok(()), "{who}: anyone may {message} for themselves");
        }
    }
}

#[test]
fn a_role_is_replaced_and_ends_with_nothing_granted() {
    let (mut world, mut to) = open();
    let (bakery, till) = (account("bakery"), account("till"));
    for (operator, cashier) in [(true, true), (true, false), (false, true)] {
        act(&mut world, "bakery", 0, to.office.call_mut().set_role(till, operator, cashier, Some(5)));
        let role = Role { operator, cashier, daily_cap: Some(5), ..Role::default() };
        assert_eq!(world.role(bakery, till), Some(role));
    }
    act(&mut world, "bakery", 0, to.office.call_mut().set_role(till, false, false, Some(5)));
    assert_eq!(world.role(bakery, till), None);
    assert_eq!(world.role(till, bakery), None);
}

#[test]
fn a_cashiers_day_ends_at_midnight_and_its_cap_is_met_exactly() {
    let (mut world, mut to, _) = ann_has_a_coupon(terms(), 0);
    let coupons = issue_many(&mut world, "bakery", 1, "ann", 6);
    let till = account("till");
    act(&mut world, "bakery", 0, to.office.call_mut().set_role(till, false, true, Some(400)));
    let place = world.place();
    let mut accept = |world: &mut World, number: u64, eligible: Balance| {
        let order = Order { deadline: u64::MAX, eligible, ..order("bakery", number) };
        let coupon = coupons[usize::try_from(number).unwrap()];
        let coupons = vec![place.spend(&keys("ann"), coupon, &order)];
        let permits = shared::permit::Permits { acceptor: None, coupons };
        call(world, "till", 0, to.registry.call_mut().redeem(order, permits)).result.map(drop)
    };
    let reached = |asked| Err(RegistryError::LimitReached { limit: Limit::CashierDay, most: 400, asked });
    assert_eq!(accept(&mut world, 0, 1_000), Ok(()));
    world.chain.set_time(NOW + DAY - 1).unwrap();
    assert_eq!(accept(&mut world, 1, 1_005), reached(401));
    assert_eq!(accept(&mut world, 1, 1_000), Ok(()));
    assert_eq!(accept(&mut world, 2, 5), reached(401));
    world.chain.set_time(NOW + DAY).unwrap();
    assert_eq!(accept(&mut world, 2, 1_000), Ok(()));
    let role = world.role(account("bakery"), till).unwrap();
    assert_eq!((u64::from(role.day), role.spent), (calendar::whole_days(NOW + DAY), 200));
}

#[test]
fn a_cashiers_cap_holds_for_what_it_signs_too_and_not_for_its_merchant() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    act(&mut world, "bakery", 0, to.office.call_mut().set_role(account("till"), false, true, Some(199)));
    let order = order("bakery", 1);
    let permits = signed_by(&world, "till", coupon, &order);
    let message = to.registry.call_mut().redeem(order.clone(), permits);
    let reached = RegistryError::LimitReached { limit: Limit::CashierDay, most: 199, asked: 200 };
    assert_eq!(refused(&mut world, "ann", 0, message), reached);
    spend(&mut world, &whole(&[coupon]), &order);
}

#[test]
fn a_campaign_changes_hands_in_two_steps_with_all_that_belongs_to_it() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms_but(|t| t.funding = Funding::Escrow), 700);
    let (campaign, cinema) = (coupon.campaign, account("cinema"));
    let not_offered = RegistryError::NotOffered { caller: cinema };
    let accept = to.office.call_mut().accept_campaign(campaign);
    assert_eq!(refused(&mut world, "cinema", 0, accept), not_offered);
    for receiver in [Some(cinema), None, Some(cinema)] {
        let done = act(&mut world, "bakery", 0, to.office.call_mut().offer_campaign(campaign, receiver));
        assert_eq!(done.events, [by(world.suite.office, CampaignOffered { campaign, to: receiver })]);
        assert_eq!(world.campaign(campaign).unwrap().issuer, account("bakery"), "nothing moves yet");
        if receiver.is_none() {
            let accept = to.office.call_mut().accept_campaign(campaign);
            assert_eq!(refused(&mut world, "cinema", 0, accept), not_offered);
        }
    }
    let accept = to.office.call_mut().accept_campaign(campaign);
    let not_grocers = RegistryError::NotOffered { caller: account("grocer") };
    assert_eq!(refused(&mut world, "grocer", 0, accept), not_grocers);
    let done = act(&mut world, "cinema", 0, to.office.call_mut().accept_campaign(campaign));
    assert_eq!(done.events, [by(world.suite.office, CampaignHandedOver { campaign, issuer: cinema })]);
    assert_eq!(done.moved, [], "the escrow stays where it is");
    let again = to.office.call_mut().accept_campaign(campaign);
    assert_eq!(refused(&mut world, "cinema", 0, again), not_offered);

    // What it promises is the new issuer's to keep, and what backs nothing the new issuer's to take.
    let foreign = RegistryError::ForeignCoupon { coupon };
    assert_eq!(till_refuses(&mut world, coupon, "ann", &order("bakery", 1)), foreign);
    let withdraw = to.office.call_mut().withdraw_escrow(campaign, 200);
    let not_issuer = RegistryError::NotIssuer { issuer: cinema };
    assert_eq!(refused(&mut world, "bakery", 0, withdraw), not_issuer);
    act(&mut world, "cinema", 0, to.office.call_mut().withdraw_escrow(campaign, 200));
    let done = spend(&mut world, &whole(&[coupon]), &order("cinema", 1));
    assert_eq!(done.moved, [("cinema", 200), ("registry", -200)]);
}

#[test]
fn the_guardian_hands_its_place_on_in_two_steps_and_may_leave_it_empty() {
    let (mut world, mut to) = open();
    let office = world.suite.office;
    let cinema = account("cinema");
    assert_eq!(read(&world, to.office.call().guardian()), Some(account(OWNER)));
    let not_offered = RegistryError::NotOffered { caller: cinema };
    for heir in [Some(cinema), None] {
        let done = act(&mut world, OWNER, 0, to.office.call_mut().offer_guardian(heir));
        assert_eq!(done.events, [by(office, GuardianOffered { to: heir })]);
    }
    assert_eq!(refused(&mut world, "cinema", 0, to.office.call_mut().accept_guardian()), not_offered);
    act(&mut world, OWNER, 0, to.office.call_mut().offer_guardian(Some(cinema)));
    let done = act(&mut world, "cinema", 0, to.office.call_mut().accept_guardian());
    assert_eq!(done.events, [by(office, GuardianChanged { guardian: Some(cinema) })]);
    let no_guardian = RegistryError::NotGuardian { caller: account(OWNER) };
    assert_eq!(refused(&mut world, OWNER, 0, to.office.call_mut().set_paused(1)), no_guardian);

    act(&mut world, "cinema", 0, to.office.call_mut().set_paused(7));
    act(&mut world, "cinema", 0, to.office.call_mut().offer_guardian(Some(cinema)));
    let done = act(&mut world, "cinema", 0, to.office.call_mut().step_down());
    let left = [by(office, PauseChanged { scopes: 0 }), by(office, GuardianChanged { guardian: None })];
    assert_eq!(done.events, left);
    assert_eq!(world.item::<u8>(items::PAUSED, &()), Some(0), "nothing stays paused for good");
    assert_eq!(read(&world, to.office.call().guardian()), None);
    assert_eq!(refused(&mut world, "cinema", 0, to.office.call_mut().accept_guardian()), not_offered);
    campaign(&mut world, "bakery", terms(), 0);
}

// Feature: Scoped pause / upgrade.
#[test]
fn each_pause_stops_its_scope_and_nothing_else() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let printed = Codes::print("bakery", 2);
    let list = List::of(&[(account("ann"), 1)]);
    act(&mut world, "bakery", 0, to.office.call_mut().create_drop(1, printed.root(), printed.size()));
    act(&mut world, "bakery", 0, to.office.call_mut().create_drop(1, list.root(), list.size()));
    let moment = world.fixture();
    let scopes = [Scope::Campaigns, Scope::Claims, Scope::Trading];
    for bits in 0..8u8 {
        let mut world = moment.world();
        let done = act(&mut world, OWNER, 0, to.office.call_mut().set_paused(bits));
        assert_eq!(done.events, [by(world.suite.office, PauseChanged { scopes: bits })]);
        let says = |scope: Scope| {
            if bits & scope.bit() == 0 {
                Ok(())
            } else {
                Err(RegistryError::Paused { scope })
            }
        };
        let [campaigns, claims, trading] = scopes.map(says);
        let create = to.office.call_mut().create_campaign(terms(), vec![], 0);
        assert_eq!(call(&mut world, "bakery", 0, create).result.map(drop), campaigns);
        let issue = to.office.call_mut().issue(1, vec![account("ben")], 77);
        assert_eq!(call(&mut world, "bakery", 0, issue).result.map(drop), claims);
        let claim = to.office.call_mut().claim(list.claim(1, 2, 0));
        assert_eq!(call(&mut world, "ann", 0, claim).result.map(drop), claims);
        let claim = printed.claim(world.place(), 1, 1, 0, account("ann"));
        assert_eq!(call(&mut world, "ann", 0, to.registry.call_mut().claim(claim)).result.map(drop), claims);
        let sale = read(&world, ServiceDesk::sale_terms(to.desk.call(), coupon));
        assert_eq!(sale.map(drop), trading);
    }
}

#[test]
fn no_pause_stops_an_exit() {
    let backed = terms_but(|t| (t.funding, t.rollback_window) = (Funding::Escrow, DAY));
    let (mut world, mut to, coupon) = ann_has_a_coupon(backed, 2_000);
    let campaign = coupon.campaign;
    let others = issue_many(&mut world, "bakery", campaign, "ann", 2);
    let (there, here) = (world.suite.market, world.suite.registry);
    act(&mut world, "ann", 0, PSP34::approve(to.registry.call_mut(), there, Some(others[0].into()), true));
    let mut market = market(&world);
    act(
        &mut world,
        "ann",
        0,
        market.call_mut().list(here, vec![others[0]], NOW + DAY, None, Ask::Fixed { price: 1_000 }),
    );
    act(&mut world, OWNER, 0, to.office.call_mut().set_paused(255));

    // A coupon that escrow backs is spent, its redemption undone, what is listed taken back, sent on and revoked,
    // and what backs nothing withdrawn.
    let done = spend(&mut world, &whole(&[coupon]), &order("bakery", 1));
    assert_eq!(done.moved, [("bakery", 200), ("registry", -200)]);
    act(&mut world, "bakery", 200, to.desk.call_mut().roll_back(done.result, None));
    act(&mut world, "ann", 0, market.call_mut().cancel(1));
    let send = PSP34::transfer(to.registry.call_mut(), account("ben"), others[0].into(), vec![]);
    act(&mut world, "ann", 0, send);
    act(&mut world, "bakery", 0, to.office.call_mut().revoke(others[0], 1));
    act(&mut world, "bakery", 0, to.office.call_mut().withdraw_escrow(campaign, 500));
    act(&mut world, "ann", 0, to.desk.call_mut().cancel_permits());
    world.chain.set_time(terms().redeem_window.end).unwrap();
    act(&mut world, "ann", 0, to.desk.call_mut().expire(others[1]));
}

#[test]
fn the_ledger_takes_steps_from_its_office_and_its_desk_only() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let steps = [
        vec![],
        vec![Step::Burn { coupon }],
        vec![Step::Pay { asset: Asset::Native, to: account("ben"), amount: 1 }],
        vec![Step::Pause { scopes: 7 }],
    ];
    for who in ["ben", "bakery", OWNER] {
        for steps in &steps {
            let message = to.registry.call_mut().apply(steps.clone());
            let stranger = RegistryError::NotTheOffice { caller: account(who) };
            assert_eq!(refused(&mut world, who, 0, message), stranger);
        }
    }
    let caller = world.suite.office;
    let message = to.registry.call_mut().apply(steps[1].clone());
    let other = e2e_tests::world::another_registry(&mut world, b"twin");
    let mut twin: RegistryRef = at(other);
    assert_ne!(read(&world, CouponRegistry::branches(twin.call())).0, caller, "a registry's own office");
    assert_eq!(
        refused(&mut world, "ben", 0, message),
        RegistryError::NotTheOffice { caller: account("ben") }
    );
    let message = twin.call_mut().apply(steps[0].clone());
    assert_eq!(
        refused(&mut world, OWNER, 0, message),
        RegistryError::NotTheOffice { caller: account(OWNER) }
    );
}

#[test]
fn a_registry_without_its_branches_code_on_the_chain_is_not_made() {
    let owner = account(OWNER);
    let mut chain = EmbeddedChain::new(Genesis {
        seed: [0; 32],
        time: NOW,
        block_time_ms: 0,
        endowed: vec![(owner, WEALTH)],
    })
    .unwrap();
    let codes = codes();
    let (code, _) = chain.upload(owner, &codes.registry).unwrap();
    let tag = chain.genesis();
    for wasm in [None, Some(&codes.office)] {
        if let Some(wasm) = wasm {
            chain.upload(owner, wasm).unwrap();
        }
        let made = chain.instantiate_typed(owner, code, 0, vec![], RegistryRef::new(tag));
        assert_eq!(refusal_of::<RegistryError>(made.unwrap_err()), RegistryError::OfficeFailed);
    }
    chain.upload(owner, &codes.desk).unwrap();
    assert!(chain.instantiate_typed(owner, code, 0, vec![], RegistryRef::new(tag)).is_ok());
}

#[test]
fn contracts_and_nobody_are_accounts_like_others() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms_but(|t| t.funding = Funding::Escrow), 5_000);
    let suite = world.suite;
    let nobody = chain::AccountId::from([0; 32]);
    for (source, odd) in (100..).zip([suite.registry, suite.office, suite.desk, suite.market, nobody]) {
        let message = to.office.call_mut().issue(coupon.campaign, vec![odd], source);
        let serial = act(&mut world, "bakery", 0, message).result;
        let theirs = shared::ids::CouponId { serial, ..coupon };
        act(&mut world, "bakery", 0, to.office.call_mut().set_role(odd, true, true, Some(1)));
        act(&mut world, "ann", 0, PSP34::approve(to.registry.call_mut(), odd, None, true));
        act(&mut world, "bakery", 0, to.office.call_mut().offer_campaign(coupon.campaign, Some(odd)));
        act(&mut world, "bakery", 0, to.office.call_mut().set_account_frozen(odd, Some(1)));
        // Its holder is no acceptor, and has no key.
        let order = order("bakery", source);
        let permits = unsigned(&whole(&[theirs]));
        let missing = RegistryError::PermitMissing { coupon: theirs };
        assert_eq!(refused(&mut world, "bakery", 0, to.registry.call_mut().redeem(order, permits)), missing);
        let held = call(&mut world, "bakery", 0, to.office.call_mut().revoke(theirs, 1)).result;
        if odd == nobody {
            assert_eq!(held, Ok(()));
            assert_eq!(world.balance(nobody, Asset::Native) + world.credit(nobody, Asset::Native), 500);
        } else {
            assert_eq!(held, Err(RegistryError::HeldByContract { holder: odd }));
        }
    }
}
