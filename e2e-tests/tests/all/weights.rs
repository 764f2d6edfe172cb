//! What each message costs, in the prices of pallet-contracts 38, beside a minimal PSP34 token; compared with `snapshots/weights.json`.
//!
//! Touches, topics, deposits and code sizes are compared exactly, weights within 2%. `COUPONRY_GOLDEN=write` rewrites the file.

use crate::{golden, registry::claims::Million, scene::*};
use chain::{Chain, Cost, TypedChain};
use e2e_tests::{
    account,
    actors::{GHOST, OPERATOR, OWNER},
    signing::Codes,
    world::{wasm, WEALTH},
    World,
};
use ink::codegen::TraitCallBuilder;
use mock_psp34_minimal::TokenRef as MinimalRef;
use shared::campaigns::Improvement;
use serde_json::{json, Map, Value};
use shared::{
    assets::Asset,
    psp34::{Id, PSP34},
    terms::{Acceptance, Funding},
};
use std::sync::OnceLock;

/// How far a weight may stray from the kept one, in per mille.
const TOLERANCE: u64 = 20;

/// Each message by name, in the order measured, and what it costs.
type Costs = Vec<(&'static str, Cost)>;

fn measured() -> &'static Costs {
    static MEASURED: OnceLock<Costs> = OnceLock::new();
    MEASURED.get_or_init(|| {
        [minimal(), campaigns(), handing_out(), spending(), moving(), alliance_costs(), market_costs()]
            .concat()
    })
}

fn cost(name: &str) -> Cost {
    measured().iter().find(|(measured, _)| *measured == name).unwrap_or_else(|| panic!("no row {name}")).1
}

fn sizes() -> [(&'static str, usize); 4] {
    ["registry", "alliance", "market", "mock-psp34-minimal"].map(|name| (name, wasm(name).len()))
}

#[test]
fn golden_weights() {
    print_table();
    let rows: Map<String, Value> =
        measured().iter().map(|(name, cost)| (name.to_string(), row(cost))).collect();
    let sizes: Map<String, Value> =
        sizes().iter().map(|(name, size)| (name.to_string(), json!(size))).collect();
    let found = json!({ "code bytes": sizes, "messages": rows });
    golden::compare("weights.json", &found, |place, kept, found| {
        let weight = place.ends_with("ref_time") || place.ends_with("proof_size");
        near(kept, found, if weight { TOLERANCE } else { 0 })
    });
}

#[test]
fn a_drop_of_a_million_codes_costs_what_a_drop_of_ten_does() {
    assert_eq!(cost("registry create_drop, 10 codes"), cost("registry create_drop, 1,000,000 codes"));
}

#[test]
fn the_last_code_of_a_million_costs_what_the_first_does() {
    let (first, last) =
        (cost("registry claim, first of 1,000,000"), cost("registry claim, last of 1,000,000"));
    assert_eq!((first.touches, first.topics, first.deposit), (last.touches, last.topics, last.deposit));
    assert!(near(first.ref_time, last.ref_time, 5), "{first:?} {last:?}");
    assert!(near(first.proof_size, last.proof_size, 5), "{first:?} {last:?}");
    let short = cost("registry claim, drop of 10");
    assert_eq!(short.touches, first.touches, "a longer proof touches nothing more");
}

#[test]
fn costs_stay_under_their_ceilings() {
    for (name, limit) in [("registry", 64), ("alliance", 48), ("market", 48)] {
        assert!(wasm(name).len() <= limit * 1_024, "{name} is too large");
    }
    assert!(cost("registry redeem, at a till").touches <= 14);
    // 0.9 times what Cardinal's PSP34 takes.
    assert!(cost("registry transfer").ref_time <= 1_785_000_000);
    // A sale is a transfer and the price's way to three receivers.
    assert!(cost("market buy").ref_time * 10 <= cost("registry transfer").ref_time * 22);
}

#[test]
fn every_message_that_changes_something_is_measured() {
    for contract in ["registry", "alliance", "market"] {
        let metadata = crate::abi::metadata(contract);
        let messages = metadata["spec"]["messages"].as_array().unwrap();
        for message in messages.iter().filter(|message| message["mutates"] == true) {
            let label = message["label"].as_str().unwrap();
            // What only an alliance can call is part of its own message's row.
            let name = label.rsplit("::").next().unwrap();
            let row = match name.strip_suffix("_for_alliance") {
                Some(name) => format!("alliance {name}"),
                None => format!("{contract} {name}"),
            };
            let measured = measured().iter().any(|(name, _)| name.split(',').next() == Some(row.as_str()));
            assert!(measured, "{contract}: {label}");
        }
    }
}

/// Whether `a` and `b` are within `per_mille` of each other.
fn near(a: u64, b: u64, per_mille: u64) -> bool {
    a.abs_diff(b) * 1_000 <= a.max(b) * per_mille
}

fn row(cost: &Cost) -> Value {
    json!({
        "touches": cost.touches,
        "topics": cost.topics,
        "ref_time": cost.ref_time,
        "proof_size": cost.proof_size,
        "deposit": i64::try_from(cost.deposit).unwrap(),
    })
}

fn print_table() {
    println!(
        "{:<44} {:>7} {:>6} {:>10} {:>9} {:>12}",
        "message", "touches", "topics", "ref_time M", "proof kB", "deposit m"
    );
    for (name, cost) in measured() {
        println!(
            "{name:<44} {:>7} {:>6} {:>10} {:>9} {:>12}",
            cost.touches,
            cost.topics,
            cost.ref_time / 1_000_000,
            cost.proof_size / 1_000,
            cost.deposit / 1_000_000_000
        );
    }
    for (name, size) in sizes() {
        println!("{name:<44} {size:>7} bytes of code");
    }
}

fn minimal() -> Costs {
    let mut world = World::new();
    let (code, _) = world.chain.upload(account(OWNER), &wasm("mock-psp34-minimal")).unwrap();
    let made = world.chain.instantiate_typed(account(OWNER), code, 0, Vec::new(), MinimalRef::new());
    let mut token: MinimalRef = at(made.unwrap().0);
    let (id, ben) = (Id::U64(1), account("ben"));
    let mint = act(&mut world, "ann", 0, token.call_mut().mint(id.clone())).cost;
    let transfer =
        act(&mut world, "ann", 0, PSP34::transfer(token.call_mut(), ben, id.clone(), Vec::new())).cost;
    let burn = act(&mut world, "ben", 0, token.call_mut().burn(id)).cost;
    vec![("minimal PSP34 mint", mint), ("minimal PSP34 transfer", transfer), ("minimal PSP34 burn", burn)]
}

fn campaigns() -> Costs {
    let (mut world, mut to) = open();
    let uri = || b"ipfs://terms".to_vec();
    let plain = act(&mut world, "bakery", 0, to.office.call_mut().create_campaign(terms(), uri(), 0)).cost;
    let in_tokens = terms_but(|t| (t.funding, t.asset) = (Funding::Escrow, world.token_asset()));
    world.allow("bakery", world.suite.registry, 5_000);
    let message = to.office.call_mut().create_campaign(in_tokens, uri(), 5_000);
    let locked = act(&mut world, "bakery", 0, message).cost;
    campaign(&mut world, "bakery", terms_but(|t| t.funding = Funding::Escrow), 5_000);
    let more = Improvement::AddEscrow { amount: 40 };
    let improve = act(&mut world, "bakery", 40, to.office.call_mut().improve_campaign(3, more)).cost;
    let withdraw = act(&mut world, "bakery", 0, to.office.call_mut().withdraw_escrow(3, 40)).cost;
    let hire = call(&mut world, "bakery", 0, to.office.call_mut().set_role(account("till"), false, true, None)).cost;
    let cancel = act(&mut world, "ann", 0, to.desk.call_mut().cancel_permits()).cost;
    vec![
        ("registry create_campaign", plain),
        ("registry create_campaign, escrow in tokens", locked),
        ("registry improve_campaign", improve),
        ("registry withdraw_escrow", withdraw),
        ("registry set_cashier", hire),
        ("registry cancel_permits", cancel),
    ]
}

fn handing_out() -> Costs {
    let drop_of = |root, size| {
        let (mut world, mut to) = open();
        campaign(&mut world, "bakery", terms(), 0);
        let cost = act(&mut world, "bakery", 0, to.office.call_mut().create_drop(1, root, size)).cost;
        (world, registry, cost)
    };
    let (ten, million) = (Codes::print("ten", 10), Million::print());
    let (mut world, mut to, small) = drop_of(ten.root(), ten.size());
    let claim = ten.claim(world.place(), 1, 1, 9, account("ann"));
    let claim_of_ten = act(&mut world, "ann", 0, to.registry.call_mut().claim(claim)).cost;
    let of_a_million = |index| {
        let (mut world, mut to, cost) = drop_of(million.root, Million::SIZE);
        let claim = million.claim(&world, 1, index);
        (cost, act(&mut world, "ann", 0, to.registry.call_mut().claim(claim)).cost)
    };
    let ((large, first), (_, last)) = (of_a_million(0), of_a_million(Million::SIZE - 1));

    let batch = |count| {
        let (mut world, mut to) = open();
        campaign(&mut world, "bakery", terms(), 0);
        act(&mut world, "bakery", 0, to.office.call_mut().issue(1, vec![account("ann"); count], 1)).cost
    };
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let freeze = act(&mut world, "bakery", 0, to.office.call_mut().set_frozen(coupon, Some(1))).cost;
    vec![
        ("registry create_drop, 10 codes", small),
        ("registry create_drop, 1,000,000 codes", large),
        ("registry claim, drop of 10", claim_of_ten),
        ("registry claim, first of 1,000,000", first),
        ("registry claim, last of 1,000,000", last),
        ("registry issue, 1 coupon", batch(1)),
        ("registry issue, 50 coupons", batch(50)),
        ("registry set_frozen", freeze),
    ]
}

fn spending() -> Costs {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let at_till = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &at_till);
    let till = act(&mut world, "bakery", 0, to.registry.call_mut().redeem(at_till, permits));
    let undo = act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(till.result, None)).cost;

    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let online = order_on_chain("bakery", 1);
    let permits = signed_by(&world, "bakery", coupon, &online);
    let web = act(&mut world, "ann", 1_800, to.registry.call_mut().redeem(online, permits));
    let undo_web = act(&mut world, "bakery", 1_800, to.desk.call_mut().roll_back(web.result, None)).cost;

    let (mut world, mut to, coupon) = ann_has_a_coupon(terms_but(|t| t.funding = Funding::Escrow), 700);
    let at_till = order("bakery", 1);
    let permits = both(&world, "bakery", "ann", coupon, &at_till);
    let escrow = act(&mut world, "relayer", 0, to.registry.call_mut().redeem(at_till, permits)).cost;

    let listed = Acceptance::Listed(vec![account(GHOST)]);
    let terms = terms_but(|t| (t.funding, t.acceptance) = (Funding::Escrow, listed));
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms, 700);
    let at_till = order(GHOST, 1);
    let permits = signed_by(&world, GHOST, coupon, &at_till);
    let credited = act(&mut world, "ann", 0, to.registry.call_mut().redeem(at_till, permits)).cost;
    world.chain.endow(account(GHOST), WEALTH).unwrap();
    let collect = act(&mut world, GHOST, 0, to.desk.call_mut().withdraw_credit(Asset::Native)).cost;
    vec![
        ("registry redeem, at a till", till.cost),
        ("registry redeem, from escrow, pay-out failed", credited),
        ("registry withdraw_credit", collect),
        ("registry redeem, at a web checkout", web.cost),
        ("registry redeem, relayed, from escrow", escrow),
        ("registry roll_back", undo),
        ("registry roll_back, paid on chain", undo_web),
    ]
}

fn moving() -> Costs {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let (ben, cem, id) = (account("ben"), account("cem"), Id::from(coupon));
    let send = PSP34::transfer(to.registry.call_mut(), ben, id.clone(), Vec::new());
    let transfer = act(&mut world, "ann", 0, send).cost;
    let one =
        act(&mut world, "ben", 0, PSP34::approve(to.registry.call_mut(), cem, Some(id.clone()), true)).cost;
    let send = PSP34::transfer(to.registry.call_mut(), account("dee"), id, Vec::new());
    let for_another = act(&mut world, "cem", 0, send).cost;
    let all = act(&mut world, "ben", 0, PSP34::approve(to.registry.call_mut(), cem, None, true)).cost;
    vec![
        ("registry transfer", transfer),
        ("registry transfer, by an approved account", for_another),
        ("registry approve, one coupon", one),
        ("registry approve, all coupons", all),
    ]
}

fn alliance_costs() -> Costs {
    let mut world = World::builder().config(|suite| suite.alliance.closing_bounty = 1).build();
    let (mut alliance, registry) = (alliance(&world), world.suite.registry);
    let mut costs = Costs::new();
    for who in ["bakery", "cinema"] {
        let apply = act(&mut world, who, 0, alliance.call_mut().apply(registry, [1; 32])).cost;
        let admit = act(&mut world, OPERATOR, 0, alliance.call_mut().admit(account(who), 1_000)).cost;
        let deposit = act(&mut world, who, 1_000, alliance.call_mut().deposit_collateral(1_000)).cost;
        let joining =
            [("alliance apply", apply), ("alliance admit", admit), ("alliance deposit_collateral", deposit)];
        costs = joining.to_vec();
    }
    let named = Acceptance::Alliance(world.suite.alliance);
    let terms = terms_but(|t| (t.funding, t.acceptance) = (Funding::Alliance, named));
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let mut redeem = |world: &mut World, number| {
        let coupon = issue(world, "bakery", campaign, "ann");
        let order = order("cinema", number);
        let permits = held_by(world, "ann", coupon, &order);
        act(world, "cinema", 0, alliance.call_mut().redeem(registry, order, permits))
    };
    let redeemed = redeem(&mut world, 1);
    redeem(&mut world, 2);
    let undo = act(&mut world, "cinema", 0, alliance.call_mut().roll_back(registry, redeemed.result)).cost;
    let withdraw = act(&mut world, "cinema", 0, alliance.call_mut().withdraw_collateral(1)).cost;
    world.chain.advance(7 * DAY).unwrap();
    let close = act(&mut world, "relayer", 0, alliance.call_mut().close_cycle()).cost;
    let (bakery, cinema) = (account("bakery"), account("cinema"));
    let pay_in = act(&mut world, "bakery", 50, alliance.call_mut().pay_in(bakery, 50)).cost;
    world.chain.advance(2 * DAY).unwrap();
    let cover = act(&mut world, "relayer", 0, alliance.call_mut().cover(bakery)).cost;
    let payout = act(&mut world, "cinema", 0, alliance.call_mut().payout(cinema)).cost;
    let exit = act(&mut world, "cinema", 0, alliance.call_mut().exit()).cost;
    costs.extend([
        ("alliance withdraw_collateral", withdraw),
        ("alliance redeem", redeemed.cost),
        ("alliance roll_back", undo),
        ("alliance close_cycle", close),
        ("alliance pay_in", pay_in),
        ("alliance cover", cover),
        ("alliance payout", payout),
        ("alliance exit", exit),
    ]);
    costs
}

fn market_costs() -> Costs {
    let listed = || {
        let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
        let (to, here) = (world.suite.market, world.suite.registry);
        act(&mut world, "ann", 0, PSP34::approve(to.registry.call_mut(), to, Some(coupon.into()), true));
        let mut market = market(&world);
        let list = act(&mut world, "ann", 0, market.call_mut().list(here, coupon, 1_000, NOW + DAY)).cost;
        (world, market, here, coupon, list)
    };
    let (mut world, mut market, here, coupon, list) = listed();
    let buy = act(&mut world, "ben", 1_000, market.call_mut().buy(here, coupon, 1_000)).cost;
    let withdraw = act(&mut world, OWNER, 0, market.call_mut().withdraw(Asset::Native)).cost;
    let set_fee = act(&mut world, OWNER, 0, market.call_mut().set_fee(100)).cost;
    let (mut world, mut market, here, coupon, _) = listed();
    let cancel = act(&mut world, "ann", 0, market.call_mut().cancel(here, coupon)).cost;
    vec![
        ("market list", list),
        ("market buy", buy),
        ("market cancel", cancel),
        ("market withdraw", withdraw),
        ("market set_fee", set_fee),
    ]
}
