//! Buying: the price's parts, guards, and who is paid when.
use super::*;
use e2e_tests::actors::GHOST;
use market::{
    events::{CreditAdded, CreditWithdrawn, ListingsSold, Sold},
    prices::Parts,
};
use registry::events::Transfer;
use shared::assets::PaymentFault;

#[test]
fn a_sale_shares_the_price_and_gives_change() {
    let (mut s, id) = Stall::listed(terms());
    let (here, registry, ben) = (s.world.suite.market, s.world.suite.registry, account("ben"));
    let message = s.market.call_mut().buy(id, Guard::price(5_000));
    let done = act(&mut s.world, "ben", 1_300, message);
    let parts = Parts { seller: 930, royalty: 50, fee: 20 };
    assert_eq!(done.result, 1_000);
    assert_eq!(done.moved, [("bakery", 50), ("ann", 930), ("ben", -1_000), ("market", 20)]);
    let moved = Transfer { from: Some(here), to: Some(ben), id: s.coupon.into() };
    let sold = ListingsSold { buyer: ben, sold: vec![Sold { id, parts }] };
    assert_eq!(done.events, [by(registry, moved), by(here, sold)]);
    assert_eq!(s.owner(s.coupon), ben);
    assert_eq!(s.status(id), Some(Status::Sold));
    assert_eq!((s.root().held, s.root().native_fees), (0, 20));

    assert_eq!(s.credit(OWNER), 20);
    let done = act(&mut s.world, OWNER, 0, s.market.call_mut().withdraw(NATIVE));
    assert_eq!(done.result, 20);
    assert_eq!(done.moved, [("owner", 20), ("market", -20)]);
    let collected = CreditWithdrawn { account: account(OWNER), asset: NATIVE, amount: 20 };
    assert_eq!(done.events, [by(here, collected)]);
}

#[test]
fn rounding_favours_neither_buyer_nor_seller() {
    let mut s = Stall::new(terms());
    let id = s.list("ann", s.coupon, Ask::Fixed { price: 999 });
    let done = s.buy("ben", id, 999);
    // 5% and 2% of 999 are 49.95 and 19.98: 70 together.
    assert_eq!(done.moved, [("bakery", 51), ("ann", 929), ("ben", -999), ("market", 19)]);
}

#[test]
fn a_buyer_pays_no_more_than_it_said_and_no_less_than_the_price() {
    let (mut s, id) = Stall::listed(terms());
    let short = MarketError::Payment(PaymentFault::WrongValue { expected: PRICE, paid: 999 });
    let mut guard = |highest| s.market.call_mut().buy(id, Guard::price(highest));
    let (dear, cheap) = (guard(999), guard(PRICE));
    let over = MarketError::PriceOverLimit { price: PRICE, highest: 999 };
    assert_eq!(refused(&mut s.world, "ben", PRICE, dear), over);
    assert_eq!(refused(&mut s.world, "ben", 999, cheap), short);
    assert_eq!(s.buy_refused("ben", 9, PRICE), MarketError::NoSuchListing { id: 9 });
    assert_eq!(s.buy_refused("ann", id, PRICE), MarketError::OwnListing);
    s.at(ENDS_AT);
    let ended = MarketError::ListingEnded { ends_at: ENDS_AT, now: ENDS_AT };
    assert_eq!(s.buy_refused("ben", id, PRICE), ended);
}

// Feature: Buyer guard.
#[test]
fn a_buyer_may_insist_on_what_is_left_on_the_time_and_on_the_very_listing() {
    let (mut s, id) = Stall::listed(terms());
    let end = terms().redeem_window.end;
    let listing = s.usual(FIXED);
    let usual = Guard { least_left: 500, ends_no_sooner: end, ..Guard::price(PRICE) };
    let cases = [
        (Guard { least_left: 501, ..usual }, MarketError::TooLittleLeft { left: 500, least: 501 }),
        (
            Guard { ends_no_sooner: end + 1, ..usual },
            MarketError::EndsTooSoon { ends_at: end, no_sooner: end + 1 },
        ),
        (Guard { terms: Some([7; 32]), ..usual }, MarketError::TermsDiffer { terms: listing.digest() }),
    ];
    for (guard, expected) in cases {
        let message = s.market.call_mut().buy(id, guard);
        assert_eq!(refused(&mut s.world, "ben", PRICE, message), expected);
    }
    let message = s.market.call_mut().buy(id, Guard { terms: Some(listing.digest()), ..usual });
    act(&mut s.world, "ben", PRICE, message);
}

#[test]
fn a_coupon_is_sold_once() {
    let (mut s, id) = Stall::listed(terms());
    s.buy("ben", id, PRICE);
    assert_eq!(s.buy_refused("cem", id, PRICE), MarketError::ListingClosed { id });
}

#[test]
fn a_seller_that_cannot_be_paid_finds_the_money_in_its_pull_balance() {
    let mut s = Stall::new(terms());
    let (ghost, wealth) = (account(GHOST), e2e_tests::world::WEALTH);
    let coupon = s.issue(GHOST);
    s.world.chain.endow(ghost, wealth).unwrap();
    s.approve(GHOST);
    let id = s.list(GHOST, coupon, FIXED);
    let everything = s.world.balance(ghost, NATIVE);
    s.world.chain.transfer(ghost, account("cem"), everything).unwrap();

    let done = s.buy("ben", id, PRICE);
    assert_eq!(done.moved, [("bakery", 50), ("ben", -1_000), ("market", 950)]);
    let waits = CreditAdded { account: ghost, asset: NATIVE, amount: 930 };
    assert_eq!(done.events.last(), Some(&by(s.world.suite.market, waits)));
    assert_eq!(s.credit(GHOST), 930);

    s.world.chain.endow(ghost, wealth).unwrap();
    let done = act(&mut s.world, GHOST, 0, s.market.call_mut().withdraw(NATIVE));
    assert_eq!(done.moved, [(GHOST, 930), ("market", -930)]);
    let again = s.market.call_mut().withdraw(NATIVE);
    assert_eq!(refused(&mut s.world, GHOST, 0, again), MarketError::NoCredit { asset: NATIVE });
}

#[test]
fn a_dutch_auction_falls_evenly_to_its_end() {
    let mut s = Stall::new(terms());
    let coupon = s.coupon;
    for (start_price, end_price) in [(1_000, 1_000), (400, 1_000)] {
        let rising = MarketError::NotFalling { start_price, end_price };
        assert_eq!(s.list_refused("ann", &[coupon], Ask::Dutch { start_price, end_price }), rising);
    }
    let free = Ask::Dutch { start_price: 1_000, end_price: 0 };
    assert_eq!(s.list_refused("ann", &[coupon], free), MarketError::NoPrice);
    let id = s.list("ann", coupon, Ask::Dutch { start_price: 1_000, end_price: 400 });
    let moment = s.world.fixture();
    for (time, price) in [(NOW, 1_000), (NOW + DAY / 2, 700), (NOW + DAY / 2 + 1, 700), (ENDS_AT - 1, 401)] {
        s.world = moment.world();
        s.at(time);
        let dear = s.market.call_mut().buy(id, Guard::price(price - 1));
        let over = MarketError::PriceOverLimit { price, highest: price - 1 };
        assert_eq!(refused(&mut s.world, "ben", price, dear), over);
        assert_eq!(s.buy("ben", id, price).result, price);
        assert_eq!(s.owner(coupon), account("ben"));
    }
}

#[test]
fn a_sale_in_tokens_pays_everyone_in_tokens() {
    let (world, _) = open();
    let asset = world.token_asset();
    let (mut s, id) = Stall::listed(Terms { asset, ..terms() });
    let here = s.world.suite.market;
    s.world.allow("ben", here, PRICE);
    let who = ["ann", "bakery", "ben", "market"];
    let before = tokens(&s.world, who);
    let wrong = MarketError::Payment(PaymentFault::WrongValue { expected: 0, paid: 1 });
    assert_eq!(s.buy_refused("ben", id, 1), wrong);
    let message = s.market.call_mut().buy(id, Guard::price(PRICE));
    act(&mut s.world, "ben", 0, message);
    let after = tokens(&s.world, who);
    let moved: Vec<i128> = before.iter().zip(after).map(|(before, after)| after - before).collect();
    assert_eq!(moved, [930, 50, -1_000, 20]);
    assert_eq!(read(&s.world, s.market.call().credit(account(OWNER), asset)), 20);
    act(&mut s.world, OWNER, 0, s.market.call_mut().withdraw(asset));
    assert_eq!(tokens(&s.world, ["market"]), [0]);
}

#[test]
fn an_auction_and_a_swap_are_not_bought() {
    let mut s = Stall::new(terms());
    let id = s.list("ann", s.coupon, english(1, 1));
    assert_eq!(s.buy_refused("ben", id, PRICE), MarketError::OtherKind { id });
    let (mut s, id) = Stall::listed(terms());
    assert_eq!(s.bid_refused("ben", id, PRICE), MarketError::OtherKind { id });
    let message = s.market.call_mut().swap(id, vec![s.coupon], Guard::price(0));
    assert_eq!(refused(&mut s.world, "ben", 0, message), MarketError::OtherKind { id });
}
