//! What each message of an alliance and its council costs, for the golden table, and that it costs the same however many members and bookings there are.
use super::*;
use chain::{tamper, Cost};
use scale::Decode;
use shared::{
    alliance::{
        door::AllianceDoor,
        ledger::{items, Root},
        rates::Rate,
    },
    ledger::key,
    psp34::{Id, PSP34},
};

type Rows = Vec<(&'static str, Cost)>;

/// Each message by name, and what it costs.
pub(crate) fn alliance_costs() -> Rows {
    [joining().1, clearing(), settling(), deciding(), agreeing(), disputing(), leaving()].concat()
}

/// Bakery and cinema are members, and what they paid for joining.
fn joining() -> (World, Rows) {
    let mut world = World::builder()
        .config(|suite| {
            let rules = &mut suite.alliance;
            (rules.closing_bounty, rules.cap_factor_bps, rules.max_cut_bps) = (1, 50_000, 10_000);
        })
        .build();
    let (mut council, registry) = (world.council(), world.suite.registry);
    let waive = act(&mut world, OPERATOR, 0, council.call_mut().waive_fee(account("grocer"), true)).cost;
    let mut rows = Rows::new();
    for who in ["bakery", "cinema"] {
        let apply = act(&mut world, who, 0, council.call_mut().apply(registry, [1; 32], vec![])).cost;
        let admission = admission(&world, who, 20_000);
        let admit = act(&mut world, OPERATOR, 0, council.call_mut().decide(admission)).cost;
        let deposit = act(&mut world, who, 3_000, council.call_mut().deposit_collateral(3_000)).cost;
        rows = vec![
            ("council waive_fee", waive),
            ("council apply", apply),
            ("council decide, an admission", admit),
            ("council deposit_collateral", deposit),
        ];
    }
    (world, rows)
}

/// A campaign of the bakery's that the alliance backs.
fn campaigning(world: &mut World) -> u32 {
    let named = Acceptance::Alliance(world.suite.alliance);
    let terms = terms_but(|t| (t.funding, t.acceptance, t.supply) = (Funding::Alliance, named, 100));
    campaign(world, "bakery", terms, 0)
}

/// Spends a new coupon of the bakery's at the cinema.
fn spend(world: &mut World, campaign: u32, number: u64) -> (Redemption, Cost) {
    let coupon = issue(world, "bakery", campaign, "ann");
    let order = cinemas(number);
    let mut alliance = alliance(world);
    let message = redeem(world, &mut alliance, coupon, &order);
    let done = act(world, "cinema", 0, message);
    (done.result, done.cost)
}

fn clearing() -> Rows {
    let (mut world, _) = joining();
    let (mut alliance, registry) = (alliance(&world), world.suite.registry);
    let campaign = campaigning(&mut world);
    let (redemption, redeemed) = spend(&mut world, campaign, 1);
    let undo = alliance.call_mut().roll_back(registry, 0, (redemption, None));
    let undo = act(&mut world, "cinema", 0, undo).cost;
    vec![
        ("alliance redeem", redeemed),
        ("alliance redeem_batch, 50 orders", fifty()),
        ("alliance roll_back", undo),
    ]
}

/// What it costs to book 50 orders, of coupons that one holder has, in one call.
fn fifty() -> Cost {
    let (mut world, _) = joining();
    let (mut alliance, registry) = (alliance(&world), world.suite.registry);
    let campaign = campaigning(&mut world);
    let mut orders = Vec::new();
    for number in 1..=50 {
        let coupon = issue(&mut world, "bakery", campaign, "ann");
        let order = cinemas(number);
        orders.push((order.clone(), held_by(&world, "ann", coupon, &order)).encode());
    }
    let done = act(&mut world, "cinema", 0, alliance.call_mut().redeem_batch(registry, orders));
    assert!(done.result.iter().flatten().filter(|redeemed| redeemed.discount() == 200).count() == 50);
    done.cost
}

fn settling() -> Rows {
    let (mut world, _) = joining();
    let mut council = world.council();
    let (bakery, cinema) = (account("bakery"), account("cinema"));
    let campaign = campaigning(&mut world);
    spend(&mut world, campaign, 1);
    let withdraw = act(&mut world, "bakery", 0, council.call_mut().withdraw_collateral(2_960)).cost;
    world.chain.advance(WEEK).unwrap();
    let close = act(&mut world, "relayer", 0, council.call_mut().close_cycle()).cost;
    let pay_in = act(&mut world, "bakery", 50, council.call_mut().pay_in(bakery, 50)).cost;
    world.chain.advance(2 * DAY).unwrap();
    let default = act(&mut world, "relayer", 0, council.call_mut().declare_default(bakery));
    assert!(default.result.cut > 0 && default.result.waiting == 0);
    let payout = act(&mut world, "cinema", 0, council.call_mut().payout(cinema)).cost;
    let make_good = act(&mut world, "bakery", 1, council.call_mut().make_good(bakery, 1)).cost;
    let endow = act(&mut world, "relayer", 1, council.call_mut().endow(1)).cost;
    vec![
        ("council withdraw_collateral", withdraw),
        ("council close_cycle", close),
        ("council pay_in", pay_in),
        ("council declare_default, with a cut", default.cost),
        ("council payout, after a cut", payout),
        ("council make_good", make_good),
        ("council endow", endow),
    ]
}

fn deciding() -> Rows {
    let (mut world, _) = joining();
    let mut council = world.council();
    world.chain.advance(HOUR).unwrap();
    let motion = Motion::SetCap { account: account("bakery"), cap: 7 };
    let propose = act(&mut world, "bakery", 0, council.call_mut().propose(motion)).cost;
    let vote = act(&mut world, "cinema", 0, council.call_mut().vote(1)).cost;
    assert_eq!(member(&world, "bakery").cap, 7);
    world.chain.advance(WEEK).unwrap();
    let clear = act(&mut world, "bakery", 0, council.call_mut().clear(1)).cost;
    vec![
        ("council propose", propose),
        ("council vote, that carries it", vote),
        ("council clear, a motion and its vote", clear),
    ]
}

fn agreeing() -> Rows {
    let (mut world, _) = joining();
    let mut council = world.council();
    let (bakery, cinema) = (account("bakery"), account("cinema"));
    let rate = Rate { bps: 5_000, from: NOW + 1, daily_cap: Some(10_000) };
    let offer = act(&mut world, "cinema", 0, council.call_mut().offer_rate(cinema, bakery, Some(rate))).cost;
    let accept = act(&mut world, "bakery", 0, council.call_mut().accept_rate(cinema, bakery, rate)).cost;
    world.chain.set_time(NOW + 1).unwrap();
    let campaign = campaigning(&mut world);
    let (_, capped) = spend(&mut world, campaign, 1);
    vec![
        ("council offer_rate", offer),
        ("council accept_rate", accept),
        ("alliance redeem, at an agreed rate with a daily cap", capped),
    ]
}

fn disputing() -> Rows {
    let (mut world, _) = joining();
    let (mut council, registry) = (world.council(), world.suite.registry);
    let campaign = campaigning(&mut world);
    let [first, second] = [1, 2].map(|number| spend(&mut world, campaign, number).0);
    world.chain.set_time(first.final_at).unwrap();
    let mut open = |redemption| {
        let message = world.council().call_mut().open_case(registry, 1, [1; 32], redemption);
        act(&mut world, "bakery", 0, message).cost
    };
    let opened = open(first);
    open(second);
    let reply = act(&mut world, "cinema", 0, council.call_mut().reply(1, [2; 32])).cost;
    let rule = act(&mut world, OPERATOR, 0, council.call_mut().rule(1, 5_000)).cost;
    world.chain.advance(30 * DAY).unwrap();
    let time_out = act(&mut world, "relayer", 0, council.call_mut().time_out(2)).cost;
    let clear = act(&mut world, "bakery", 0, council.call_mut().clear_case(1)).cost;
    vec![
        ("council open_case", opened),
        ("council reply", reply),
        ("council rule", rule),
        ("council time_out", time_out),
        ("council clear_case", clear),
        ("council convert", converting()),
    ]
}

fn converting() -> Cost {
    let (mut world, _) = joining();
    let (mut council, registry) = (world.council(), world.suite.registry);
    let campaign = campaigning(&mut world);
    let spent = issue(&mut world, "bakery", campaign, "ann");
    let own = super::campaign(&mut world, "cinema", terms(), 0);
    let given = issue(&mut world, "cinema", own, "cinema");
    let (mut to, here) = (world.registry(), world.suite.council);
    act(&mut world, "cinema", 0, to.call_mut().approve(here, Some(Id::U64(given.to_u64())), true));
    let held = world.coupon(given).unwrap();
    let basket_hash = council::conversion::goods(registry, given, &held, account("ann"));
    let order = Order { basket_hash, ..cinemas(1) };
    let permits = both(&world, "cinema", "ann", spent, &order);
    let message = council.call_mut().convert(registry, registry, given, account("ann"), (order, permits));
    act(&mut world, "relayer", 0, message).cost
}

fn leaving() -> Rows {
    let (mut world, _) = joining();
    let mut council = world.council();
    let leave = act(&mut world, "cinema", 0, council.call_mut().leave()).cost;
    world.chain.advance(90 * DAY).unwrap();
    let exit = act(&mut world, "cinema", 0, council.call_mut().exit()).cost;
    vec![("council leave", leave), ("council exit", exit)]
}

/// What clearing and settling cost with as many members, after as many bookings. Members are put into storage, and the sums set, by hand.
fn after(members: u32, bookings: u64) -> Vec<Cost> {
    let (mut world, _) = joining();
    let (here, mut council, mut alliance) = (world.suite.alliance, world.council(), alliance(&world));
    let put = |world: &mut World, key: Vec<u8>, value: Vec<u8>| {
        tamper::storage(&mut world.chain, here, &key, Some(value)).unwrap();
    };
    let like = member(&world, "bakery");
    for n in 2..members {
        let mut account = [9; 32];
        account[..4].copy_from_slice(&n.to_le_bytes());
        put(&mut world, key(items::MEMBERS, &account), like.encode());
    }
    let root =
        read(&world, AllianceDoor::items(alliance.call(), vec![key(items::ROOT, &())])).remove(0).unwrap();
    let mut root = Root::decode(&mut root.as_slice()).unwrap();
    let sum = u128::from(bookings) * 180;
    (root.books.applied, root.books.voters, root.books.fund) = (members, members, sum);
    put(&mut world, key(items::ROOT, &()), root.encode());

    let registry = world.suite.registry;
    let campaign = campaigning(&mut world);
    let (redemption, redeemed) = spend(&mut world, campaign, bookings);
    let undone = alliance.call_mut().roll_back(registry, 0, (redemption, None));
    let undone = act(&mut world, "cinema", 0, undone).cost;
    spend(&mut world, campaign, bookings + 1);
    world.chain.advance(WEEK).unwrap();
    let closed = act(&mut world, "relayer", 0, council.call_mut().close_cycle()).cost;
    let (bakery, cinema) = (account("bakery"), account("cinema"));
    let paid_in = act(&mut world, "bakery", 200, council.call_mut().pay_in(bakery, 200)).cost;
    let paid_out = act(&mut world, "cinema", 0, council.call_mut().payout(cinema)).cost;
    vec![redeemed, undone, closed, paid_in, paid_out]
}

#[test]
fn three_thousand_members_and_a_hundred_thousand_bookings_cost_what_ten_do() {
    for (few, many) in after(10, 10).into_iter().zip(after(3_000, 100_000)) {
        assert_eq!((few.touches, few.topics, few.deposit), (many.touches, many.topics, many.deposit));
        let near = |a: u64, b: u64| a.abs_diff(b) * 50 <= a.max(b);
        assert!(near(few.ref_time, many.ref_time), "{few:?} {many:?}");
        assert!(near(few.proof_size, many.proof_size), "{few:?} {many:?}");
    }
}
