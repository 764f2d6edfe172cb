//! What each message of the market costs, for the golden table, and that it costs the same however much has been dealt before.
use super::{offers::wish, *};
use chain::{tamper, Cost};
use e2e_tests::actors::GHOST;
use market::{listings::Wants, offers::Wish, till::Signed};
use scale::Encode;
use shared::permit::Permits;

/// Ann has a coupon for sale, and so has dee: the market's count of coupons at the registry neither comes nor goes.
fn stage() -> (Stall, u64) {
    let mut s = Stall::new(terms());
    for who in CONSUMERS {
        s.issue(who);
    }
    let keeper = s.issue("dee");
    s.list("dee", keeper, FIXED);
    let id = s.list("ann", s.coupon, FIXED);
    (s, id)
}

/// Twenty listings of as many coupons, of three sellers in turn.
fn shelf() -> (Stall, Vec<u64>) {
    let (mut s, _) = stage();
    let mut ids = Vec::new();
    for n in 0..20 {
        let who = ["ann", "cem", "dee"][n % 3];
        let coupon = s.issue(who);
        ids.push(s.list(who, coupon, FIXED));
    }
    (s, ids)
}

/// Each message by name, and what it costs.
pub(crate) fn market_costs() -> Vec<(&'static str, Cost)> {
    [selling(), bulk(), auctions(), swapping(), offering(), owning()].concat()
}

fn selling() -> Vec<(&'static str, Cost)> {
    let (mut s, id) = stage();
    let registry = s.world.suite.registry;
    let coupon = s.issue("ann");
    let message = s.market.call_mut().list(registry, vec![coupon], ENDS_AT, None, FIXED);
    let listed = act(&mut s.world, "ann", 0, message);
    let buy = s.buy("ben", id, PRICE).cost;
    let forget = act(&mut s.world, "ann", 0, s.market.call_mut().forget(vec![id])).cost;
    let cancel = s.cancel("ann", listed.result).cost;
    let coupon = s.issue("ann");
    let cheap = s.list("ann", coupon, Ask::Fixed { price: 100 });
    let order = order("bakery", 1);
    let coupons = whole(&[coupon]);
    let acceptor = Some(s.world.place().order(&e2e_tests::keys("bakery"), &coupons, &order));
    let permits = Permits { acceptor, ..all_held_by(&s.world, "ben", &coupons, &order) };
    let signed = Signed::from((order, permits));
    let message = s.market.call_mut().buy_and_use(cheap, 100, None, signed);
    let used = act(&mut s.world, "ben", 100, message).cost;
    let cancel_all = act(&mut s.world, "ann", 0, s.market.call_mut().cancel_all()).cost;
    let bundle = s.issue_many("ann", 20);
    let message = s.market.call_mut().list(registry, bundle, ENDS_AT, None, FIXED);
    let bundled = act(&mut s.world, "ann", 0, message);
    let whole = s.buy("ben", bundled.result, PRICE).cost;
    vec![
        ("market list", listed.cost),
        ("market list, 20 coupons", bundled.cost),
        ("market buy", buy),
        ("market buy, 20 coupons", whole),
        ("market buy_and_use", used),
        ("market cancel", cancel),
        ("market cancel_all", cancel_all),
        ("market forget", forget),
    ]
}

fn bulk() -> Vec<(&'static str, Cost)> {
    let (mut s, ids) = shelf();
    let message = s.market.call_mut().buy_many(ids, true, Guard::price(20 * PRICE));
    vec![("market buy_many, 20 listings", act(&mut s.world, "ben", 20 * PRICE, message).cost)]
}

fn auctions() -> Vec<(&'static str, Cost)> {
    let (mut s, _) = stage();
    let coupon = s.issue("ann");
    let id = s.list("ann", coupon, english(500, 100));
    let unsold = s.issue("ann");
    let unsold = s.list("ann", unsold, FIXED);
    let first = s.bid("ben", id, 500).cost;
    let second = s.bid("cem", id, 1_000).cost;
    s.at(ENDS_AT);
    let won = s.settle("relayer", id).cost;
    let cleared = s.settle("relayer", unsold).cost;
    vec![
        ("market bid, the first", first),
        ("market bid, over another", second),
        ("market settle, an auction won", won),
        ("market settle, a listing that ended", cleared),
    ]
}

fn swapping() -> Vec<(&'static str, Cost)> {
    let (mut s, _) = stage();
    let (anns, bens) = (s.issue("ann"), s.another("cinema", terms(), "ben"));
    let wants = Wants { coupons: vec![bens], least_left: 0, ends_no_sooner: 0 };
    let id = s.list("ann", anns, Ask::Swap { wants, asks: 0, adds: 0 });
    let message = s.market.call_mut().swap(id, vec![bens], Guard::price(0));
    vec![("market swap", act(&mut s.world, "ben", 0, message).cost)]
}

fn offering() -> Vec<(&'static str, Cost)> {
    let (mut s, _) = stage();
    let coupon = s.issue("ann");
    let wish = Wish { coupon, ..wish(&s) };
    let made = act(&mut s.world, "ben", PRICE, s.market.call_mut().make_offer(wish));
    let accept = act(&mut s.world, "ann", 0, s.market.call_mut().accept_offer(made.result, coupon, 0)).cost;
    let withdraw = act(&mut s.world, "ben", 0, s.market.call_mut().withdraw_offer(made.result)).cost;
    vec![
        ("market make_offer", made.cost),
        ("market accept_offer", accept),
        ("market withdraw_offer", withdraw),
    ]
}

fn owning() -> Vec<(&'static str, Cost)> {
    let (mut s, id) = stage();
    s.buy("ben", id, PRICE);
    let withdraw = act(&mut s.world, OWNER, 0, s.market.call_mut().withdraw(NATIVE)).cost;
    let set_fee = act(&mut s.world, OWNER, 0, s.market.call_mut().set_fee(100)).cost;
    let token = account(GHOST);
    let set_token = act(&mut s.world, OWNER, 0, s.market.call_mut().set_token(token, true)).cost;
    let heir = Some(account("cem"));
    let offer = act(&mut s.world, OWNER, 0, s.market.call_mut().offer_ownership(heir)).cost;
    let accept = act(&mut s.world, "cem", 0, s.market.call_mut().accept_ownership()).cost;
    vec![
        ("market withdraw", withdraw),
        ("market set_fee", set_fee),
        ("market set_token", set_token),
        ("market offer_ownership", offer),
        ("market accept_ownership", accept),
    ]
}

/// What listing, buying, bidding and selling to an offer cost after as many listings and offers. The counters are set by hand, as if the others had
/// been opened: no item of storage grows with them, and an item's key is a hash whatever it holds.
fn after(dealt: u64) -> Vec<Cost> {
    let (mut s, _) = stage();
    let root = Root { next_id: dealt, held: dealt, ..s.root() };
    let here = s.world.suite.market;
    tamper::storage(&mut s.world.chain, here, &[0; 4], Some(root.encode())).unwrap();
    let registry = s.world.suite.registry;
    let coupons = s.issue_many("ann", 3);
    let mut costs = Vec::new();
    let message = s.market.call_mut().list(registry, vec![coupons[0]], ENDS_AT, None, FIXED);
    let listed = act(&mut s.world, "ann", 0, message);
    assert_eq!(listed.result, dealt);
    costs.push(listed.cost);
    costs.push(s.buy("ben", listed.result, PRICE).cost);
    let auction = s.list("ann", coupons[1], english(1, 1));
    costs.push(s.bid("ben", auction, 5).cost);
    let wish = Wish { coupon: coupons[2], ..wish(&s) };
    let made = act(&mut s.world, "ben", PRICE, s.market.call_mut().make_offer(wish));
    costs.push(made.cost);
    let accept = s.market.call_mut().accept_offer(made.result, coupons[2], 0);
    costs.push(act(&mut s.world, "ann", 0, accept).cost);
    costs
}

#[test]
fn the_hundred_thousandth_listing_and_offer_cost_what_the_tenth_do() {
    for (tenth, late) in after(10).into_iter().zip(after(100_000)) {
        assert_eq!((tenth.touches, tenth.topics, tenth.deposit), (late.touches, late.topics, late.deposit));
        let near = |a: u64, b: u64| a.abs_diff(b) * 50 <= a.max(b);
        assert!(near(tenth.ref_time, late.ref_time), "{tenth:?} {late:?}");
        assert!(near(tenth.proof_size, late.proof_size), "{tenth:?} {late:?}");
    }
}

#[test]
fn twenty_listings_at_once_cost_half_of_twenty_single_ones() {
    let (mut s, id) = stage();
    let single = s.buy("ben", id, PRICE).cost;
    let (_, many) = bulk()[0];
    println!("single {single:?}\ntwenty {many:?}");
    assert!(many.ref_time / 20 <= single.ref_time / 2);
    assert!(many.proof_size / 20 <= single.proof_size / 2);
}
