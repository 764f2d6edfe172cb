//! What each message costs, in the prices of pallet-contracts 38, beside a minimal PSP34 token; compared with `snapshots/weights.json`.
//!
//! Touches, topics, deposits and code sizes are compared exactly, weights within 2%. `COUPONRY_GOLDEN=write` rewrites the file.

use crate::{
    findings::epochs_read_again,
    golden,
    registry::{claims::Million, enumeration},
    scene::*,
};
use chain::{tamper, Chain, Cost, TypedChain};
use e2e_tests::{
    account,
    actors::{GHOST, OWNER},
    keys,
    signing::{Codes, List, Target, Voucher},
    world::{wasm, WEALTH},
    World,
};
use ink::codegen::TraitCallBuilder;
use mock_psp34_minimal::TokenRef as MinimalRef;
use scale::Encode;
use serde_json::{json, Map, Value};
use shared::{
    assets::Asset,
    campaigns::{Improvement, Progress},
    claims::{Quota, VoucherKey},
    coupons::Holder,
    ids::CouponId,
    ledger::{items, key},
    order::{Kept, Order},
    permit::Permits,
    psp34::{Id, PSP34},
    registry::{CouponRegistry, ServiceDesk},
    terms::{
        Acceptance, Audience, Benefit, Cap, Funding, Limits, PeriodLimits, Referral, Stacking, Terms, Unit,
    },
};
use std::sync::OnceLock;

/// How far a weight may stray from the kept one, in per mille.
const TOLERANCE: u64 = 20;

/// Each message by name, in the order measured, and what it costs.
pub(crate) type Costs = Vec<(&'static str, Cost)>;

fn measured() -> &'static Costs {
    static MEASURED: OnceLock<Costs> = OnceLock::new();
    MEASURED.get_or_init(|| {
        chain::exactly(|| {
            [minimal(), of_the_suite(), epochs_read_again::costs(), enumeration::costs()].concat()
        })
    })
}

/// Each message of the suite that changes something, done at least once.
pub(crate) fn of_the_suite() -> Costs {
    let custody = super::custody::costs::custody_costs();
    [
        campaigns(),
        handing_out(),
        spending(),
        after_care(),
        moving(),
        alliance_costs(),
        market_costs(),
        custody,
    ]
    .concat()
}

fn cost(name: &str) -> Cost {
    measured().iter().find(|(measured, _)| *measured == name).unwrap_or_else(|| panic!("no row {name}")).1
}

fn sizes() -> [(&'static str, usize); 9] {
    [
        "registry",
        "registry-enumerable",
        "office",
        "desk",
        "council",
        "alliance",
        "market",
        "custody",
        "mock-psp34-minimal",
    ]
    .map(|name| (name, wasm(name).len()))
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
    assert_eq!(cost("office create_drop, 10 codes"), cost("office create_drop, 1,000,000 codes"));
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
    for (name, limit) in
        [("registry", 64), ("alliance", 48), ("council", 96), ("market", 48), ("custody", 32)]
    {
        assert!(wasm(name).len() <= limit * 1_024, "{name} is too large");
    }
    let till = cost("registry redeem, at a till");
    assert!(till.touches <= 14, "{till:?}");
    // 0.9 times the time and 1.1 times the proof that Cardinal's PSP34 takes.
    let transfer = cost("registry transfer");
    assert!(transfer.ref_time <= 1_785_000_000 && transfer.proof_size <= 150_000, "{transfer:?}");
    let million = cost("registry claim, last of 1,000,000");
    assert!(million.ref_time <= 2_050_000_000, "{million:?}");
    // Of twenty that move at once, each costs less than two thirds of one that moves alone, and half of its touches.
    let twenty = cost("desk transfer_many, 20 coupons");
    assert!(twenty.ref_time * 3 <= transfer.ref_time * 2 * 20 && twenty.touches * 2 <= transfer.touches * 20);
    // A sale is a transfer and the price's way to three receivers.
    assert!(cost("market buy").ref_time * 10 <= cost("registry transfer").ref_time * 22);
}

#[test]
fn an_enumeration_makes_a_transfer_so_much_dearer_that_it_is_an_option() {
    let message = ["registry claim, drop of 10", "registry transfer", "registry redeem, at a till"];
    for name in message {
        let (without, with) = (cost(name), cost(&format!("enumerable {name}")));
        let per_mille = |without: u64, with: u64| with * 1_000 / without;
        let (time, proof) =
            (per_mille(without.ref_time, with.ref_time), per_mille(without.proof_size, with.proof_size));
        println!(
            "{name:<28} {} touches instead of {}, {time} of the ref_time and {proof} of the proof in per mille",
            with.touches, without.touches
        );
        assert!(time > 1_150 && proof > 1_150, "{name}: the enumeration could be kept always");
    }
}

#[test]
fn clearing_costs_little_more_than_redeeming() {
    let (cleared, redeemed) = (cost("alliance redeem"), cost("registry redeem, at a till"));
    assert!(cleared.ref_time * 100 <= redeemed.ref_time * 160, "{cleared:?} {redeemed:?}");
    assert!(cleared.touches <= redeemed.touches + 8, "{cleared:?}");
    let fifty = cost("alliance redeem_batch, 50 orders");
    let times = fifty.ref_time * 20 / cleared.ref_time;
    assert!(times <= 450, "{times} of the time");
}

#[test]
fn a_batch_of_fifty_is_worth_its_while() {
    let (single, fifty) = (cost("registry redeem, at a till"), cost("registry redeem_batch, 50 orders"));
    // Of a single one's, in per mille.
    let times = fifty.ref_time * 20 / single.ref_time;
    let proofs = fifty.proof_size * 20 / single.proof_size;
    assert!(times <= 450 && proofs <= 350, "{times} of the time, {proofs} of the proof");
}

/// What claiming, sending and spending cost the `nth` coupon, of a holder that has as many. The counters are set by hand, as if the others had been
/// issued: no item of storage grows with them, and an item's key is a hash whatever it holds.
fn at_the(nth: u32) -> [Cost; 3] {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms_but(|t| t.supply = 200_000), 0);
    let codes = Codes::print("ten", 10);
    act(&mut world, "bakery", 0, to.office.call_mut().create_drop(campaign, codes.root(), codes.size()));
    let registry = world.suite.registry;
    let progress = Progress { issued: nth - 1, uses: nth - 1, ..world.progress(campaign) };
    let many = Holder { coupons: nth, permit_epoch: 0 };
    let counted = [
        (key(items::PROGRESS, &campaign), progress.encode()),
        (key(items::HOLDERS, &account("ann")), many.encode()),
        (key(items::HOLDERS, &account("ben")), many.encode()),
    ];
    for (key, value) in counted {
        tamper::storage(&mut world.chain, registry, &key, Some(value)).unwrap();
    }

    let claim = codes.claim(world.place(), campaign, 1, 9, account("ann"));
    let claimed = act(&mut world, "ann", 0, to.registry.call_mut().claim(claim));
    let coupon = claimed.result;
    assert_eq!(coupon.serial, nth);
    let send = PSP34::transfer(to.registry.call_mut(), account("ben"), coupon.into(), Vec::new());
    let sent = act(&mut world, "ann", 0, send).cost;
    let order = order("bakery", u64::from(nth));
    let spent = spend_of(&mut world, "ben", &whole(&[coupon]), &order).cost;
    [claimed.cost, sent, spent]
}

#[test]
fn the_hundred_thousandth_coupon_and_holding_cost_what_the_tenth_do() {
    for (tenth, late) in at_the(10).into_iter().zip(at_the(100_000)) {
        assert_eq!((tenth.touches, tenth.topics), (late.touches, late.topics));
        assert!(near(tenth.ref_time, late.ref_time, TOLERANCE), "{tenth:?} {late:?}");
        assert!(near(tenth.proof_size, late.proof_size, TOLERANCE), "{tenth:?} {late:?}");
    }
}

#[test]
fn every_message_that_changes_something_is_measured() {
    for contract in ["registry", "office", "desk", "alliance", "council", "market", "custody"] {
        let metadata = crate::abi::metadata(contract);
        let messages = metadata["spec"]["messages"].as_array().unwrap();
        for message in messages.iter().filter(|message| message["mutates"] == true) {
            let label = message["label"].as_str().unwrap();
            let name = label.rsplit("::").next().unwrap();
            // What office, desk and council have done is part of their rows.
            if label == "Ledger::apply" || label == "AllianceDoor::apply" {
                continue;
            }
            // What only an alliance can call is part of its own message's row.
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
    world.allow("bakery", world.suite.office, 5_000);
    let message = to.office.call_mut().create_campaign(in_tokens, uri(), 5_000);
    let locked = act(&mut world, "bakery", 0, message).cost;
    campaign(&mut world, "bakery", terms_but(|t| t.funding = Funding::Escrow), 5_000);
    let more = Improvement::AddEscrow { amount: 40 };
    let improve = act(&mut world, "bakery", 40, to.office.call_mut().improve_campaign(3, more)).cost;
    let withdraw = act(&mut world, "bakery", 0, to.office.call_mut().withdraw_escrow(3, 40)).cost;
    let heir = account("cinema");
    let offer = act(&mut world, "bakery", 0, to.office.call_mut().offer_campaign(3, Some(heir))).cost;
    let accept = act(&mut world, "cinema", 0, to.office.call_mut().accept_campaign(3)).cost;
    let till = account("till");
    let hire = act(&mut world, "bakery", 0, to.office.call_mut().set_role(till, false, true, Some(9))).cost;
    let freeze = act(&mut world, "bakery", 0, to.office.call_mut().set_account_frozen(till, Some(1))).cost;
    let cancel = act(&mut world, "ann", 0, to.desk.call_mut().cancel_permits()).cost;
    let pause = act(&mut world, OWNER, 0, to.office.call_mut().set_paused(4)).cost;
    let place = act(&mut world, OWNER, 0, to.office.call_mut().offer_guardian(Some(heir))).cost;
    let take = act(&mut world, "cinema", 0, to.office.call_mut().accept_guardian()).cost;
    let leave = act(&mut world, "cinema", 0, to.office.call_mut().step_down()).cost;
    vec![
        ("office create_campaign", plain),
        ("office create_campaign, escrow in tokens", locked),
        ("office improve_campaign", improve),
        ("office withdraw_escrow", withdraw),
        ("office offer_campaign", offer),
        ("office accept_campaign", accept),
        ("office set_role", hire),
        ("office set_account_frozen", freeze),
        ("desk cancel_permits", cancel),
        ("office set_paused", pause),
        ("office offer_guardian", place),
        ("office accept_guardian", take),
        ("office step_down", leave),
    ]
}

fn handing_out() -> Costs {
    let drop_of = |root, size| {
        let (mut world, mut to) = open();
        campaign(&mut world, "bakery", terms(), 0);
        let cost = act(&mut world, "bakery", 0, to.office.call_mut().create_drop(1, root, size)).cost;
        (world, to, cost)
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

    let at_once = order("bakery", 1);
    let target = Target { campaign: 1, drop: 1, index: 3, to: account("ben"), advocate: None };
    let claim = ten.claim_and_spend(world.place(), target, &at_once);
    let message = to.registry.call_mut().claim_and_redeem(claim, at_once, None);
    let claimed_and_spent = act(&mut world, "bakery", 0, message).cost;

    let list = List::of(&[(account("ann"), 1), (account("ben"), 2)]);
    act(&mut world, "bakery", 0, to.office.call_mut().create_drop(1, list.root(), list.size()));
    let entry = act(&mut world, "ann", 0, to.office.call_mut().claim(list.claim(1, 2, 0))).cost;
    let device = keys("device");
    let quota = Some(Quota { most: 9, period: DAY, since: 0, used: 0 });
    let named = Some(VoucherKey { device: true, quota });
    let message = to.office.call_mut().set_voucher_key(1, device.public(), named);
    let name_key = act(&mut world, "bakery", 0, message).cost;
    let voucher = Voucher { nonce: 1, to: account("ann"), advocate: None, deadline: NOW + HOUR };
    let claim = world.place().voucher(&device, 1, voucher);
    let voucher = act(&mut world, "ann", 0, to.office.call_mut().claim(claim)).cost;

    let batch = |count| {
        let (mut world, mut to) = open();
        campaign(&mut world, "bakery", terms(), 0);
        act(&mut world, "bakery", 0, to.office.call_mut().issue(1, vec![account("ann"); count], 1)).cost
    };
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let freeze = act(&mut world, "bakery", 0, to.office.call_mut().set_frozen(coupon, Some(1))).cost;
    let revoke = act(&mut world, "bakery", 0, to.office.call_mut().revoke(coupon, 1)).cost;
    vec![
        ("office create_drop, 10 codes", small),
        ("office create_drop, 1,000,000 codes", large),
        ("registry claim, drop of 10", claim_of_ten),
        ("registry claim, first of 1,000,000", first),
        ("registry claim, last of 1,000,000", last),
        ("registry claim_and_redeem", claimed_and_spent),
        ("office claim, entry of a list", entry),
        ("office set_voucher_key", name_key),
        ("office claim, voucher of a device", voucher),
        ("office issue, 1 coupon", batch(1)),
        ("office issue, 50 coupons", batch(50)),
        ("office set_frozen", freeze),
        ("office revoke", revoke),
    ]
}

/// A world in which 60 people hold a coupon each, and their orders at the bakery.
fn backlog() -> (World, Vec<(Order, Permits)>) {
    let (mut world, mut to) = open();
    campaign(&mut world, "bakery", terms(), 0);
    let people: Vec<String> = (0..60).map(|n| format!("customer {n}")).collect();
    for (source, people) in (1..).zip(people.chunks(50)) {
        let accounts = people.iter().map(|name| account(name)).collect();
        act(&mut world, "bakery", 0, to.office.call_mut().issue(1, accounts, source));
    }
    let place = world.place();
    let orders = (1..).zip(&people).map(|(serial, name)| {
        let order = order("bakery", u64::from(serial));
        let coupons = vec![place.spend(&keys(name), CouponId { campaign: 1, serial }, &order)];
        (order, Permits { acceptor: None, coupons })
    });
    let orders = orders.collect();
    (world, orders)
}

fn spending() -> Costs {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let at_till = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &at_till);
    let till = act(&mut world, "bakery", 0, to.registry.call_mut().redeem(at_till, permits));
    let rate = act(&mut world, "ann", 0, to.desk.call_mut().rate(till.result.clone(), 5, Some([1; 32]))).cost;
    let kept = Some(Kept { basket: 1_500, eligible: 500 });
    let partly = act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(till.result, kept));
    let rest = partly.result.unwrap();
    let undo = act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(rest, None)).cost;

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
    let for_ghost = terms_but(|t| (t.funding, t.acceptance) = (Funding::Escrow, listed));
    let (mut world, mut to, coupon) = ann_has_a_coupon(for_ghost, 700);
    let at_till = order(GHOST, 1);
    let permits = signed_by(&world, GHOST, coupon, &at_till);
    let credited = act(&mut world, "ann", 0, to.registry.call_mut().redeem(at_till, permits)).cost;
    world.chain.endow(account(GHOST), WEALTH).unwrap();
    let collect = act(&mut world, GHOST, 0, to.desk.call_mut().withdraw_credit(Asset::Native)).cost;

    let (mut world, orders) = backlog();
    let mut to = Doors::of(&world);
    let batch = |world: &mut World, orders: &[(Order, Permits)], to: &mut Doors| {
        let done = act(world, "bakery", 0, to.registry.call_mut().redeem_batch(orders.to_vec()));
        assert_eq!(discounts(&done.result), vec![Ok(200); orders.len()]);
        done.cost
    };
    let one = batch(&mut world, &orders[..1], &mut to);
    let fifty = batch(&mut world, &orders[10..], &mut to);

    let five = [0, 1, 2, 3, 4].map(|priority| {
        terms_but(|t| {
            t.stacking = Stacking::Common { priority };
            t.benefit = Benefit::AmountOff { value: 10 };
        })
    });
    let (mut world, _, coupons) = ann_has_one_of_each(five);
    let five = spend(&mut world, &whole(&coupons), &order("bakery", 1)).cost;

    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    act(&mut world, "bakery", 0, to.office.call_mut().set_role(account("till"), false, true, None));
    let (at_till, keeper) = (order("bakery", 1), issue(&mut world, "bakery", coupon.campaign, "ann"));
    let permits = held_by(&world, "ann", coupon, &at_till);
    let cashier = act(&mut world, "till", 0, to.registry.call_mut().redeem(at_till, permits)).cost;
    assert!(world.coupon(keeper).is_some());

    let (mut world, mut to, coupon) = ann_has_a_coupon(guarded(), 0);
    act(&mut world, "bakery", 0, to.office.call_mut().set_role(account("till"), false, true, Some(900)));
    let at_till = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &at_till);
    let limited = act(&mut world, "till", 0, to.registry.call_mut().redeem(at_till, permits)).cost;
    vec![
        ("registry redeem, at a till", till.cost),
        ("registry redeem, by a cashier", cashier),
        ("registry redeem, from escrow, pay-out failed", credited),
        ("desk withdraw_credit", collect),
        ("registry redeem, at a web checkout", web.cost),
        ("registry redeem, relayed, from escrow", escrow),
        ("registry redeem, five coupons", five),
        ("registry redeem, by a capped cashier, with every limit", limited),
        ("registry redeem_batch, 1 order", one),
        ("registry redeem_batch, 50 orders", fifty),
        ("desk rate", rate),
        ("desk roll_back, in part", partly.cost),
        ("desk roll_back", undo),
        ("desk roll_back, paid on chain", undo_web),
    ]
}

/// Terms that count all that can be counted.
fn guarded() -> Terms {
    let cap = Cap { uses: Some(9), value: Some(9_000) };
    terms_but(|t| {
        t.budget = Some(9_000);
        t.marks_first_order = true;
        t.audience = Audience::FirstOrder;
        t.limits = Limits {
            issued_per_holder: Some(9),
            uses: Some(9),
            holder: cap,
            period: Some(PeriodLimits { unit: Unit::Month, start: NOW, campaign: cap, holder: cap }),
        };
    })
}

fn after_care() -> Costs {
    let card = terms_but(|t| {
        t.benefit = Benefit::StoredValue { value: 1_000 };
        t.reservation_ttl = HOUR;
    });
    let (mut world, mut to, coupon) = ann_has_a_coupon(card, 0);
    let part = spend(&mut world, &[part(coupon, 300)], &order("bakery", 1)).cost;
    let split = act(&mut world, "ann", 0, to.desk.call_mut().split(coupon, 100));
    let merge = act(&mut world, "ann", 0, to.desk.call_mut().merge(coupon, split.result)).cost;
    let top_up = act(&mut world, "bakery", 0, to.office.call_mut().top_up(coupon, 50)).cost;
    let next = order("bakery", 2);
    let permits = held_by(&world, "ann", coupon, &next);
    let reserve = act(&mut world, "bakery", 0, to.desk.call_mut().reserve(next.clone(), permits)).cost;
    let release = act(&mut world, "bakery", 0, to.desk.call_mut().release(coupon, Some(next))).cost;
    world.chain.set_time(terms().redeem_window.end).unwrap();
    let expire = act(&mut world, "bakery", 0, to.desk.call_mut().expire(coupon)).cost;

    let (mut world, mut to) = open();
    let rewards = campaign(&mut world, "bakery", terms(), 0);
    let referral = terms_but(|t| {
        t.marks_first_order = true;
        t.rollback_window = 0;
        t.referral = Some(Referral { reward: rewards, per_advocate: 9 });
    });
    let campaign = campaign(&mut world, "bakery", referral, 0);
    let key = keys("bakery's backend");
    let named = Some(VoucherKey { device: false, quota: None });
    act(&mut world, "bakery", 0, to.office.call_mut().set_voucher_key(campaign, key.public(), named));
    let voucher =
        Voucher { nonce: 1, to: account("ann"), advocate: Some(account("ben")), deadline: NOW + HOUR };
    let claim = world.place().voucher(&key, campaign, voucher);
    let coupon = act(&mut world, "ann", 0, to.office.call_mut().claim(claim)).result;
    let redemption = spend(&mut world, &whole(&[coupon]), &order("bakery", 1)).result;
    let reward = act(&mut world, "ben", 0, to.desk.call_mut().reward(redemption.clone(), coupon)).cost;
    world.chain.advance(30 * DAY).unwrap();
    let forget = act(&mut world, "bakery", 0, to.desk.call_mut().forget(redemption)).cost;
    vec![
        ("registry redeem, a part of a gift card", part),
        ("desk split", split.cost),
        ("desk merge", merge),
        ("office top_up", top_up),
        ("desk reserve", reserve),
        ("desk release", release),
        ("desk expire", expire),
        ("desk reward", reward),
        ("desk forget", forget),
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
    let coupons = issue_many(&mut world, "bakery", coupon.campaign, "ann", 21);
    let many = |world: &mut World, coupons: &[CouponId], to: &mut Doors| {
        let message = ServiceDesk::transfer_many(to.desk.call_mut(), ben, coupons.to_vec());
        act(world, "ann", 0, message).cost
    };
    let one_by_desk = many(&mut world, &coupons[..1], &mut to);
    let twenty = many(&mut world, &coupons[1..], &mut to);
    vec![
        ("desk transfer_many, 1 coupon", one_by_desk),
        ("desk transfer_many, 20 coupons", twenty),
        ("registry transfer", transfer),
        ("registry transfer, by an approved account", for_another),
        ("registry approve, one coupon", one),
        ("registry approve, all coupons", all),
    ]
}

fn alliance_costs() -> Costs {
    super::alliance::costs::alliance_costs()
}

fn market_costs() -> Costs {
    super::market::costs::market_costs()
}
