//! Taking back, clearing, cancelling all, and whose deposits are whose.
use super::*;
use market::events::{AllCancelled, ListingReturned, ListingsForgotten};
use registry::events::Transfer;

#[test]
fn a_listing_is_its_sellers_to_cancel_even_after_its_end() {
    let (mut s, id) = Stall::listed(terms());
    for who in ["ben", "bakery", OWNER] {
        let not_seller = MarketError::NotSeller { seller: account("ann"), caller: account(who) };
        assert_eq!(s.cancel_refused(who, id), not_seller);
    }
    s.at(terms().redeem_window.end + DAY);
    let done = s.cancel("ann", id);
    let ann = account("ann");
    let back = Transfer { from: Some(s.world.suite.market), to: Some(ann), id: s.coupon.into() };
    let returned = ListingReturned { seller: ann, id, by: ann };
    assert_eq!(done.events, [by(s.world.suite.registry, back), by(s.world.suite.market, returned)]);
    assert!(done.cost.deposit < 0, "the listing's deposit comes back");
    assert_eq!((s.owner(s.coupon), s.entry(id), s.root().held), (ann, None, 0));
    assert_eq!(s.cancel_refused("ann", id), MarketError::NoSuchListing { id });
}

#[test]
fn a_frozen_coupon_stays_listed_until_it_is_thawed() {
    let (mut s, id) = Stall::listed(terms());
    s.freeze(s.coupon, Some(1));
    let frozen = MarketError::CouponFrozen { coupon: s.coupon };
    assert_eq!(s.cancel_refused("ann", id), frozen);
    assert_eq!(s.buy_refused("ben", id, PRICE), frozen);
    s.at(ENDS_AT);
    assert_eq!(s.settle_refused("relayer", id), frozen);
    s.freeze(s.coupon, None);
    s.cancel("ann", id);
}

#[test]
fn anyone_clears_a_listing_that_has_ended_and_gains_nothing_by_it() {
    let (mut s, id) = Stall::listed(terms());
    let running = MarketError::StillRunning { ends_at: ENDS_AT, now: ENDS_AT - 1 };
    s.at(ENDS_AT - 1);
    assert_eq!(s.settle_refused("relayer", id), running);
    s.at(ENDS_AT);
    let done = s.settle("relayer", id);
    assert_eq!((s.owner(s.coupon), s.status(id)), (account("ann"), Some(Status::Returned)));
    // But for what the registry frees with the market's last coupon, and takes for the count that ann had none of.
    assert_eq!(done.moved, []);
    assert_eq!(s.settle_refused("relayer", id), MarketError::ListingClosed { id });
}

#[test]
fn a_listings_deposit_goes_to_its_seller_and_to_nobody_else() {
    let mut s = Stall::new(terms());
    // Everyone holds coupons before and after, so that no count at the registry comes or goes.
    for who in CONSUMERS {
        s.issue(who);
    }
    let keeper = s.issue("dee");
    s.list("dee", keeper, FIXED);
    let coupons: Vec<_> = (0..3).map(|_| s.issue("ann")).collect();
    let registry = s.world.suite.registry;
    let message = s.market.call_mut().list(registry, vec![coupons[0]], ENDS_AT, None, FIXED);
    let listed = act(&mut s.world, "ann", 0, message);
    let (deposit, sold) = (listed.cost.deposit, listed.result);
    assert!(deposit > 0);
    let done = s.buy("ben", sold, PRICE);
    assert_eq!(done.cost.deposit, 0, "a buyer neither pays it nor has it");
    let cleared = s.list("ann", coupons[1], FIXED);
    let taken_back = s.list("ann", coupons[2], FIXED);
    s.at(ENDS_AT);
    assert_eq!(s.settle("relayer", cleared).cost.deposit, 0, "nor does who clears it");
    let freed = s.cancel("ann", taken_back).cost.deposit;
    // But for what the pallet rounds.
    assert!((freed + deposit).abs() <= 2, "{freed}");

    let ids = vec![sold, cleared];
    let ann = account("ann");
    for (who, ids, expected) in [
        ("ben", ids.clone(), MarketError::NotSeller { seller: ann, caller: account("ben") }),
        ("ann", vec![], MarketError::Count { items: 0, most: 20 }),
        ("ann", vec![sold; 21], MarketError::Count { items: 21, most: 20 }),
        ("ann", vec![sold, sold], MarketError::NoSuchListing { id: sold }),
    ] {
        assert_eq!(refused(&mut s.world, who, 0, s.market.call_mut().forget(ids)), expected);
    }
    let done = act(&mut s.world, "ann", 0, s.market.call_mut().forget(ids.clone()));
    assert!((done.cost.deposit + 2 * deposit).abs() <= 2, "{done:?}");
    let forgotten = ListingsForgotten { seller: ann, ids };
    assert_eq!(done.events, [by(s.world.suite.market, forgotten)]);
    assert_eq!((s.entry(sold), s.entry(cleared)), (None, None));
}

#[test]
fn an_open_listing_is_not_forgotten() {
    let (mut s, id) = Stall::listed(terms());
    let message = s.market.call_mut().forget(vec![id]);
    assert_eq!(refused(&mut s.world, "ann", 0, message), MarketError::StillOpen { id });
}

// Feature: Cancel / stale.
#[test]
fn all_of_a_sellers_listings_are_cancelled_at_once_whatever_their_number() {
    let (mut s, first) = Stall::listed(terms());
    let (others, bens) = (s.issue_many("ann", 3), s.issue("ben"));
    let second = s.list_many("ann", &others[..2], english(1, 1));
    let bens = s.list("ben", bens, FIXED);
    let done = act(&mut s.world, "ann", 0, s.market.call_mut().cancel_all());
    assert_eq!(done.result, 4);
    let cancelled = AllCancelled { account: account("ann"), below: 4 };
    assert_eq!(done.events, [by(s.world.suite.market, cancelled)]);
    let dead = |id| MarketError::Cancelled { id, below: 4 };
    assert_eq!(s.buy_refused("ben", first, PRICE), dead(first));
    assert_eq!(s.bid_refused("ben", second, 1), dead(second));
    s.buy("cem", bens, PRICE);
    let new = s.list("ann", others[2], FIXED);
    s.buy("cem", new, PRICE);

    s.cancel("ann", first);
    s.settle("relayer", second);
    assert!(others[..2].iter().all(|coupon| s.owner(*coupon) == account("ann")), "before their end");
    assert_eq!(s.root().held, 0);
}
