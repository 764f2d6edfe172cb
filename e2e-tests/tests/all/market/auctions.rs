//! English auctions: bids, late bids, and the one outcome.
use super::*;
use market::{
    events::{AuctionWon, BidPlaced, ListingFailed, ListingReturned},
    listings::Bid,
    prices::Parts,
};
use registry::events::Transfer;

const MINUTE: u64 = 60 * 1_000;

/// Ann auctions her coupon from 500 on, in steps of 100.
fn auction() -> (Stall, u64) {
    let mut s = Stall::new(terms());
    let id = s.list("ann", s.coupon, english(500, 100));
    (s, id)
}

#[test]
fn a_first_bid_reaches_the_reserve_and_each_one_passes_the_last_by_the_step() {
    let mut s = Stall::new(terms());
    let coupon = s.coupon;
    assert_eq!(s.list_refused("ann", &[coupon], english(500, 0)), MarketError::NoStep);
    assert_eq!(s.list_refused("ann", &[coupon], english(0, 1)), MarketError::NoPrice);
    let (mut s, id) = auction();
    assert_eq!(s.bid_refused("ben", id, 499), MarketError::BidTooLow { bid: 499, least: 500 });
    assert_eq!(s.bid_refused("ann", id, 500), MarketError::OwnListing);
    let done = s.bid("ben", id, 500);
    assert_eq!(done.moved, [("ben", -500), ("market", 500)]);
    let placed = BidPlaced { bidder: account("ben"), id, amount: 500, ends_at: ENDS_AT };
    assert_eq!(done.events, [by(s.world.suite.market, placed)]);
    assert_eq!(done.result, ENDS_AT);
    assert_eq!(s.bid_refused("cem", id, 599), MarketError::BidTooLow { bid: 599, least: 600 });
    s.bid("cem", id, 600);
    let bid = Bid { bidder: account("cem"), amount: 600, ends_at: ENDS_AT };
    assert_eq!(s.entry(id).unwrap().bid, Some(bid));
}

#[test]
fn a_bid_is_paid_exactly_and_guarded() {
    let (mut s, id) = auction();
    let message = s.market.call_mut().bid(id, 500, Guard::price(500));
    let wrong = shared::assets::PaymentFault::WrongValue { expected: 500, paid: 501 };
    assert_eq!(refused(&mut s.world, "ben", 501, message), MarketError::Payment(wrong));
    let message = s.market.call_mut().bid(id, 500, Guard { least_left: 501, ..Guard::price(500) });
    let little = MarketError::TooLittleLeft { left: 500, least: 501 };
    assert_eq!(refused(&mut s.world, "ben", 500, message), little);
}

#[test]
fn whoever_is_outbid_pulls_the_whole_bid() {
    let (mut s, id) = auction();
    s.bid("ben", id, 500);
    let done = s.bid("cem", id, 600);
    assert_eq!(done.moved, [("cem", -600), ("market", 600)], "nobody is paid by another's bid");
    s.bid("ben", id, 700);
    assert_eq!((s.credit("ben"), s.credit("cem")), (500, 600));
    let done = act(&mut s.world, "cem", 0, s.market.call_mut().withdraw(NATIVE));
    assert_eq!(done.moved, [("cem", 600), ("market", -600)]);
}

#[test]
fn a_late_bid_moves_the_end_to_five_minutes_after_it() {
    let (mut s, id) = auction();
    s.at(ENDS_AT - 5 * MINUTE);
    assert_eq!(s.bid("ben", id, 500).result, ENDS_AT, "in time");
    s.at(ENDS_AT - 5 * MINUTE + 1);
    assert_eq!(s.bid("cem", id, 600).result, ENDS_AT + 1);
    s.at(ENDS_AT);
    assert_eq!(s.bid("ben", id, 700).result, ENDS_AT + 5 * MINUTE);
    let running = MarketError::StillRunning { ends_at: ENDS_AT + 5 * MINUTE, now: ENDS_AT };
    assert_eq!(s.settle_refused("cem", id), running);
    s.at(ENDS_AT + 5 * MINUTE);
    let ended = MarketError::ListingEnded { ends_at: ENDS_AT + 5 * MINUTE, now: ENDS_AT + 5 * MINUTE };
    assert_eq!(s.bid_refused("cem", id, 900), ended);
    s.settle("relayer", id);
    assert_eq!(s.owner(s.coupon), account("ben"));
}

#[test]
fn late_bids_leave_the_winner_five_minutes_of_the_coupon() {
    let mut s = Stall::new(terms_but(|t| t.valid_for = Some(DAY)));
    let (registry, coupon) = (s.world.suite.registry, s.coupon);
    let end = NOW + DAY - 5 * MINUTE;
    let message = s.market.call_mut().list(registry, vec![coupon], end, None, english(500, 100));
    let id = act(&mut s.world, "ann", 0, message).result;
    s.at(end - 1);
    assert_eq!(s.bid("ben", id, 500).result, end);
}

// Feature: English / Dutch auction.
#[test]
fn a_won_auction_gives_coupon_price_and_bounty_once() {
    let (mut s, id) = auction();
    s.bid("ben", id, 500);
    s.bid("cem", id, 1_000);
    s.at(ENDS_AT);
    let done = s.settle("relayer", id);
    let parts = Parts { seller: 930, royalty: 50, fee: 20 };
    let (here, cem) = (s.world.suite.market, account("cem"));
    assert_eq!(done.moved, [("bakery", 50), ("ann", 930), ("relayer", 2), ("market", -982)]);
    let moved = Transfer { from: Some(here), to: Some(cem), id: s.coupon.into() };
    let won = AuctionWon { bidder: cem, id, parts, bounty: 2, by: account("relayer") };
    assert_eq!(done.events, [by(s.world.suite.registry, moved), by(here, won)]);
    assert_eq!(s.owner(s.coupon), cem);
    assert_eq!((s.root().held, s.root().native_fees), (0, 18));
    assert_eq!(s.settle_refused("relayer", id), MarketError::ListingClosed { id });
    assert_eq!(s.cancel_refused("ann", id), MarketError::ListingClosed { id });
    assert_eq!(s.credit("ben"), 500, "and the loser pulls");
}

#[test]
fn an_auction_without_a_bid_goes_back() {
    let (mut s, id) = auction();
    s.at(ENDS_AT);
    let done = s.settle("relayer", id);
    let returned = ListingReturned { seller: account("ann"), id, by: account("relayer") };
    assert_eq!(done.events[1], by(s.world.suite.market, returned));
    assert_eq!(s.owner(s.coupon), account("ann"));
}

#[test]
fn an_auction_is_cancelled_only_while_there_is_no_bid() {
    let (mut s, id) = auction();
    let moment = s.world.fixture();
    s.cancel("ann", id);
    s.world = moment.world();
    s.bid("ben", id, 500);
    let bid = MarketError::HasBid { bidder: account("ben"), amount: 500 };
    assert_eq!(s.cancel_refused("ann", id), bid);
    act(&mut s.world, "ann", 0, s.market.call_mut().cancel_all());
    s.bid("cem", id, 600);
    s.at(ENDS_AT);
    let bid = MarketError::HasBid { bidder: account("cem"), amount: 600 };
    assert_eq!(s.cancel_refused("ann", id), bid, "nor once it has ended");
    s.settle("ann", id);
    assert_eq!(s.owner(s.coupon), account("cem"));
}

#[test]
fn a_winner_of_what_the_registry_will_not_move_has_the_bid_back() {
    let (mut s, id) = auction();
    s.bid("ben", id, 500);
    s.freeze(s.coupon, Some(1));
    s.at(ENDS_AT);
    let done = s.settle("relayer", id);
    assert_eq!(done.moved, []);
    let failed = ListingFailed { payer: account("ben"), id };
    assert_eq!(done.events, [by(s.world.suite.market, failed)]);
    assert_eq!((s.credit("ben"), s.status(id)), (500, Some(Status::Failed)));
    let frozen = MarketError::CouponFrozen { coupon: s.coupon };
    assert_eq!(s.settle_refused("relayer", id), frozen);
    assert_eq!(s.cancel_refused("ann", id), frozen);
    assert_eq!(s.bid_refused("cem", id, 900), MarketError::ListingClosed { id });
    s.freeze(s.coupon, None);
    s.cancel("ann", id);
    assert_eq!((s.owner(s.coupon), s.root().held), (account("ann"), 0));
    let done = act(&mut s.world, "ben", 0, s.market.call_mut().withdraw(NATIVE));
    assert_eq!(done.moved, [("ben", 500), ("market", -500)]);
}

#[test]
fn a_winner_of_a_coupon_that_has_ended_has_the_bid_back() {
    let (mut s, id) = auction();
    s.bid("ben", id, 500);
    s.at(terms().redeem_window.end);
    s.settle("ben", id);
    assert_eq!((s.credit("ben"), s.status(id)), (500, Some(Status::Failed)));
    s.settle("relayer", id);
    assert_eq!((s.owner(s.coupon), s.status(id)), (account("ann"), Some(Status::Returned)));
}

#[test]
fn an_auction_of_a_bundle_in_tokens_ends_alike() {
    let (world, _) = open();
    let asset = world.token_asset();
    let mut s = Stall::new(Terms { asset, ..terms() });
    let coupons = [s.coupon, s.issue("ann")];
    let id = s.list_many("ann", &coupons, english(500, 100));
    let here = s.world.suite.market;
    for (who, amount) in [("ben", 500), ("cem", 1_000)] {
        s.world.allow(who, here, amount);
        let message = s.market.call_mut().bid(id, amount, Guard::price(amount));
        act(&mut s.world, who, 0, message);
    }
    s.at(ENDS_AT);
    let who = ["ann", "bakery", "relayer"];
    let before = tokens(&s.world, who);
    s.settle("relayer", id);
    let after = tokens(&s.world, who);
    let moved: Vec<i128> = before.iter().zip(after).map(|(before, after)| after - before).collect();
    assert_eq!(moved, [930, 50, 2]);
    assert_eq!(coupons.map(|coupon| s.owner(coupon)), [account("cem"); 2]);
    act(&mut s.world, "ben", 0, s.market.call_mut().withdraw(asset));
    act(&mut s.world, OWNER, 0, s.market.call_mut().withdraw(asset));
    assert_eq!(tokens(&s.world, ["market"]), [0]);
}
