//! Bulk purchases: all, or what is still there, within a total.
use super::*;
use market::{
    events::{ListingsSold, Sold},
    prices::Parts,
};
use shared::assets::PaymentFault;

/// Coupons of ann's, each listed for 100, 200, 300 and so on.
fn shelf(count: usize) -> (Stall, Vec<u64>, Vec<CouponId>) {
    let mut s = Stall::new(terms());
    let mut coupons = vec![s.coupon];
    coupons.extend(s.issue_many("ann", count - 1));
    let ids =
        coupons.iter().zip(1..).map(|(coupon, n)| s.list("ann", *coupon, Ask::Fixed { price: 100 * n }));
    let ids = ids.collect();
    (s, ids, coupons)
}

fn buy_many(
    s: &mut Stall,
    ids: &[u64],
    highest: Balance,
    all: bool,
) -> Done<Vec<Result<Balance, MarketError>>> {
    let message = s.market.call_mut().buy_many(ids.to_vec(), all, Guard::price(highest));
    act(&mut s.world, "ben", highest, message)
}

fn bulk_refused(s: &mut Stall, ids: &[u64], highest: Balance, all: bool) -> MarketError {
    let message = s.market.call_mut().buy_many(ids.to_vec(), all, Guard::price(highest));
    refused(&mut s.world, "ben", highest, message)
}

#[test]
fn several_listings_are_bought_in_one_call_and_each_receiver_is_paid_once() {
    let (mut s, ids, coupons) = shelf(3);
    let done = buy_many(&mut s, &ids, 1_000, true);
    assert_eq!(done.result, [Ok(100), Ok(200), Ok(300)]);
    assert_eq!(done.moved, [("bakery", 30), ("ann", 558), ("ben", -600), ("market", 12)]);
    let line = |id, seller, royalty, fee| Sold { id, parts: Parts { seller, royalty, fee } };
    let sold = vec![line(1, 93, 5, 2), line(2, 186, 10, 4), line(3, 279, 15, 6)];
    let sold = ListingsSold { buyer: account("ben"), sold };
    assert_eq!(done.events.last(), Some(&by(s.world.suite.market, sold)));
    assert!(coupons.iter().all(|coupon| s.owner(*coupon) == account("ben")));
    assert_eq!((s.root().held, s.root().native_fees), (0, 12));
}

#[test]
fn all_or_none_means_that_one_dead_listing_stops_the_purchase() {
    let (mut s, ids, coupons) = shelf(3);
    s.cancel("ann", ids[1]);
    let gone = MarketError::NoSuchListing { id: ids[1] };
    assert_eq!(bulk_refused(&mut s, &ids, 1_000, true), gone);
    s.freeze(coupons[2], Some(1));
    let frozen = MarketError::CouponFrozen { coupon: coupons[2] };
    assert_eq!(bulk_refused(&mut s, &[ids[0], ids[2]], 1_000, true), frozen);
}

// Feature: Bundle, bulk buy.
#[test]
fn what_is_still_there_is_bought_and_the_rest_says_why_not() {
    let (mut s, ids, coupons) = shelf(6);
    s.buy("cem", ids[0], 100);
    s.freeze(coupons[1], Some(1));
    let auction = s.issue("ann");
    let auction = s.list("ann", auction, english(1, 1));
    let asked = [ids[0], ids[1], 99, auction, ids[2], ids[2], ids[5], ids[3]];
    let done = buy_many(&mut s, &asked, 900, false);
    let expected = [
        Err(MarketError::ListingClosed { id: ids[0] }),
        Err(MarketError::CouponFrozen { coupon: coupons[1] }),
        Err(MarketError::NoSuchListing { id: 99 }),
        Err(MarketError::OtherKind { id: auction }),
        Ok(300),
        Err(MarketError::ListingClosed { id: ids[2] }),
        // 200 and 300 are in the basket, of 900.
        Err(MarketError::PriceOverLimit { price: 600, highest: 400 }),
        Ok(400),
    ];
    assert_eq!(done.result, expected);
    assert_eq!(done.moved, [("bakery", 35), ("ann", 651), ("ben", -700), ("market", 14)]);
    assert_eq!((s.owner(coupons[2]), s.owner(coupons[3])), (account("ben"), account("ben")));
    assert_eq!(s.status(ids[1]), Some(Status::Open), "frozen, and still ann's");
    let nothing = bulk_refused(&mut s, &[ids[0], ids[1]], 900, false);
    assert_eq!(nothing, MarketError::NothingBought);
}

#[test]
fn a_bulk_purchase_is_of_one_registry_and_one_asset_and_twenty_coupons() {
    let (mut s, ids, _) = shelf(2);
    let asset = s.world.token_asset();
    let in_tokens = s.another("bakery", Terms { asset, ..terms() }, "ann");
    let other = s.list("ann", in_tokens, FIXED);
    assert_eq!(bulk_refused(&mut s, &[ids[0], other], 900, true), MarketError::OtherPurchase { id: other });
    let many = vec![ids[0]; 21];
    assert_eq!(bulk_refused(&mut s, &many, 900, true), MarketError::Count { items: 21, most: 20 });
    assert_eq!(bulk_refused(&mut s, &[], 900, true), MarketError::Count { items: 0, most: 20 });
    let twice = MarketError::ListingClosed { id: ids[0] };
    assert_eq!(bulk_refused(&mut s, &[ids[0], ids[0]], 900, true), twice);
    let bundle = s.issue_many("ann", 20);
    let bundle = s.list_many("ann", &bundle, FIXED);
    let many = MarketError::Count { items: 21, most: 20 };
    assert_eq!(bulk_refused(&mut s, &[ids[0], bundle], 9_000, true), many);
}

#[test]
fn a_bulk_purchase_is_paid_for_and_guarded() {
    let (mut s, ids, _) = shelf(2);
    let message = s.market.call_mut().buy_many(ids.clone(), true, Guard::price(300));
    let short = MarketError::Payment(PaymentFault::WrongValue { expected: 300, paid: 299 });
    assert_eq!(refused(&mut s.world, "ben", 299, message), short);
    let over = MarketError::PriceOverLimit { price: 200, highest: 199 };
    assert_eq!(bulk_refused(&mut s, &ids, 299, true), over);
    let guard = Guard { least_left: 501, ..Guard::price(300) };
    let message = s.market.call_mut().buy_many(ids, true, guard);
    let little = MarketError::TooLittleLeft { left: 500, least: 501 };
    assert_eq!(refused(&mut s.world, "ben", 300, message), little);
}

#[test]
fn twenty_listings_of_several_sellers_are_bought_in_tokens() {
    let (world, _) = open();
    let asset = world.token_asset();
    let mut s = Stall::new(Terms { asset, ..terms() });
    let mut ids = Vec::new();
    for who in ["ann", "cem", "dee", "ann"] {
        for coupon in s.issue_many(who, 5) {
            ids.push(s.list(who, coupon, Ask::Fixed { price: 100 }));
        }
    }
    let here = s.world.suite.market;
    s.world.allow("ben", here, 2_000);
    let who = ["ann", "cem", "dee", "bakery", "ben", "market"];
    let before = tokens(&s.world, who);
    let message = s.market.call_mut().buy_many(ids, true, Guard::price(2_000));
    act(&mut s.world, "ben", 0, message);
    let after = tokens(&s.world, who);
    let moved: Vec<i128> = before.iter().zip(after).map(|(before, after)| after - before).collect();
    assert_eq!(moved, [930, 465, 465, 100, -2_000, 40]);
    assert_eq!(s.world.holder(account("ben")).coupons, 20);
}
