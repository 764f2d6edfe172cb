use super::*;
use crate::testing::{account, goods, id};

const NOW: Timestamp = 100;
const MINUTE: u64 = 60_000;
const NATIVE: Asset = Asset::Native;

fn opening(ask: Ask) -> Opening {
    Opening {
        seller: account(1),
        registry: account(5),
        coupons: vec![id(2)],
        ask,
        ends_at: 200,
        reserved: None,
    }
}

fn listed(ask: Ask) -> Entry {
    let goods = Goods { ends_at: 200 + LATE, ..goods() };
    Entry::new(*Listing::open(opening(ask), &goods, 300, NOW).unwrap())
}

fn fixed() -> Entry {
    listed(Ask::Fixed { price: 999 })
}

fn swap(coupons: Vec<CouponId>, asks: Balance, adds: Balance) -> Ask {
    Ask::Swap { wants: Wants { coupons, least_left: 0, ends_no_sooner: 0 }, asks, adds }
}

#[test]
fn a_listing_takes_its_terms_from_the_campaign_and_its_fee_from_the_market() {
    let listing = Listing::open(opening(Ask::Fixed { price: 999 }), &goods(), 400, NOW).unwrap();
    let expected = Listing {
        seller: account(1),
        registry: account(5),
        coupons: vec![id(2)],
        asset: NATIVE,
        issuer: account(2),
        reserved: None,
        left: 1_000,
        coupons_end: 200,
        highest: Some(999),
        royalty_bps: 700,
        // The royalty leaves no more.
        fee_bps: 300,
        opened_at: NOW,
        ends_at: 200,
        ask: Ask::Fixed { price: 999 },
    };
    assert_eq!(*listing, expected);
}

#[test]
fn each_bad_listing_is_named() {
    let open = |ask, ends_at| {
        let opening = Opening { ends_at, ..opening(ask) };
        Listing::open(opening, &goods(), 300, NOW).err()
    };
    let dutch = |start_price, end_price| Ask::Dutch { start_price, end_price };
    let english = |reserve, step| Ask::English { reserve, step };
    let over = MarketError::PriceOverBand { price: 1_000, highest: 999 };
    let none = MarketError::Count { items: 0, most: MOST };
    let many = MarketError::Count { items: 21, most: MOST };
    let cases = [
        (Ask::Fixed { price: 0 }, 200, Some(MarketError::NoPrice)),
        (Ask::Fixed { price: 1_000 }, 200, Some(over)),
        (Ask::Fixed { price: 999 }, 200, None),
        (dutch(5, 5), 200, Some(MarketError::NotFalling { start_price: 5, end_price: 5 })),
        (dutch(5, 0), 200, Some(MarketError::NoPrice)),
        (dutch(1_000, 1), 200, Some(over)),
        (dutch(2, 1), 200, None),
        (english(1, 0), 200, Some(MarketError::NoStep)),
        (english(0, 1), 200, Some(MarketError::NoPrice)),
        (english(1_000, 1), 200, Some(over)),
        (swap(vec![], 0, 0), 200, Some(none)),
        (swap(vec![id(0); 21], 0, 0), 200, Some(many)),
        (swap(vec![id(0)], 1, 2), 200, Some(MarketError::CashBothWays { asks: 1, adds: 2 })),
        (swap(vec![id(0)], 1_000, 0), 200, Some(over)),
        (swap(vec![id(0)], 0, 1_000), 200, None),
        (swap(vec![id(0)], 0, 0), 200, None),
        (Ask::Fixed { price: 1 }, NOW, Some(MarketError::EndsInPast { ends_at: NOW, now: NOW })),
        (Ask::Fixed { price: 1 }, NOW + 1, None),
        (
            Ask::Fixed { price: 1 },
            201,
            Some(MarketError::OutlastsCoupon { ends_at: 201, coupon_ends_at: 200 }),
        ),
        (english(1, 1), 101, Some(MarketError::OutlastsCoupon { ends_at: 101, coupon_ends_at: 200 })),
    ];
    for (ask, ends_at, expected) in cases {
        assert_eq!(open(ask.clone(), ends_at), expected, "{ask:?} until {ends_at}");
    }
    let lasting = Goods { ends_at: Timestamp::MAX, ..goods() };
    let opening = Opening { ends_at: Timestamp::MAX, ..opening(dutch(2, 1)) };
    assert_eq!(Listing::open(opening, &lasting, 300, NOW).err(), Some(MarketError::Overflow));
    let greedy = Goods { royalty_bps: 1_001, ..goods() };
    let refusal = Listing::open(self::opening(Ask::Fixed { price: 1 }), &greedy, 300, NOW).err();
    let over = MarketError::SharesOverCap { fee_bps: 300, royalty_bps: 1_001, most_bps: 1_000 };
    assert_eq!(refusal, Some(over));
}

#[test]
fn without_a_band_any_price_will_do() {
    let free = Goods { highest: None, ..goods() };
    let listed = Listing::open(opening(Ask::Fixed { price: Balance::MAX }), &free, 300, NOW);
    assert_eq!(listed.map(|listing| listing.highest), Ok(None));
}

#[test]
fn what_is_listed_together_is_some_and_not_much_and_nothing_twice() {
    let many: Vec<_> = (0..21).map(id).collect();
    assert_eq!(ensure_distinct(&many[..20]), Ok(()));
    assert_eq!(ensure_distinct(&[]), Err(MarketError::Count { items: 0, most: 20 }));
    assert_eq!(ensure_distinct(&many), Err(MarketError::Count { items: 21, most: 20 }));
    let twice = MarketError::DuplicateCoupon { coupon: id(1) };
    assert_eq!(ensure_distinct(&[id(1), id(2), id(1)]), Err(twice));
}

#[test]
fn a_listing_is_live_until_just_before_its_end_for_anyone_else() {
    let live = |entry: &Entry, below, taker, now| entry.ensure_live(7, below, account(taker), now);
    let refused = |error: MarketError| Err(Box::new(error));
    let entry = fixed();
    assert_eq!(live(&entry, 7, 3, 199), Ok(()));
    assert_eq!(live(&entry, 8, 3, 199), refused(MarketError::Cancelled { id: 7, below: 8 }));
    assert_eq!(live(&entry, 0, 3, 200), refused(MarketError::ListingEnded { ends_at: 200, now: 200 }));
    assert_eq!(live(&entry, 0, 1, NOW), refused(MarketError::OwnListing));
    let mut reserved = entry.clone();
    reserved.listing.reserved = Some(account(3));
    assert_eq!(live(&reserved, 0, 3, NOW), Ok(()));
    assert_eq!(live(&reserved, 0, 4, NOW), refused(MarketError::ReservedFor { buyer: account(3) }));
    for status in [Status::Failed, Status::Sold, Status::Returned] {
        let closed = Entry { status, ..entry.clone() };
        assert_eq!(live(&closed, 0, 3, NOW), refused(MarketError::ListingClosed { id: 7 }));
        let holds = if status == Status::Failed { Ok(()) } else { Err(MarketError::ListingClosed { id: 7 }) };
        assert_eq!(closed.ensure_holds(7), holds);
    }
}

#[test]
fn a_guard_insists_on_price_rest_time_and_digest() {
    let listing = fixed().listing;
    let guard = Guard {
        highest_price: 5,
        least_left: 1_000,
        ends_no_sooner: 200 + LATE,
        terms: Some(listing.digest()),
    };
    let refused = |error: MarketError| Err(Box::new(error));
    assert_eq!(guard.ensure(&listing, 5), Ok(()));
    assert_eq!(guard.ensure(&listing, 6), refused(MarketError::PriceOverLimit { price: 6, highest: 5 }));
    let more = Guard { least_left: 1_001, ..guard };
    assert_eq!(more.ensure(&listing, 5), refused(MarketError::TooLittleLeft { left: 1_000, least: 1_001 }));
    let longer = Guard { ends_no_sooner: 201 + LATE, ..guard };
    let soon = MarketError::EndsTooSoon { ends_at: 200 + LATE, no_sooner: 201 + LATE };
    assert_eq!(longer.ensure(&listing, 5), refused(soon));
    let other = Listing { ends_at: 201, ..listing.clone() };
    assert_eq!(guard.ensure(&other, 5), refused(MarketError::TermsDiffer { terms: other.digest() }));
    assert_eq!(Guard::price(5).ensure(&other, 5), Ok(()));
}

#[test]
fn bids_rise_by_the_step_from_the_reserve_and_keep_to_the_band() {
    let mut auction = listed(Ask::English { reserve: 500, step: 100 });
    let low = |bid, least| Err(MarketError::BidTooLow { bid, least });
    assert_eq!(auction.take_bid(7, account(3), 499, NOW), low(499, 500));
    assert_eq!(auction.take_bid(7, account(3), 500, NOW), Ok(None));
    let first = Bid { bidder: account(3), amount: 500, ends_at: 200 + LATE - 100 };
    assert_eq!(auction.bid, Some(Bid { ends_at: auction.ends_at(), ..first }));
    assert_eq!(auction.take_bid(7, account(4), 599, NOW), low(599, 600));
    let outbid = auction.take_bid(7, account(4), 600, NOW).unwrap().unwrap();
    assert_eq!((outbid.bidder, outbid.amount), (account(3), 500));
    let over = MarketError::PriceOverBand { price: 1_000, highest: 999 };
    assert_eq!(auction.take_bid(7, account(3), 1_000, NOW), Err(over));
    let mut dear = Entry { listing: Listing { highest: None, ..auction.listing.clone() }, ..auction };
    assert_eq!(dear.take_bid(7, account(3), Balance::MAX, NOW).map(|_| ()), Ok(()));
    assert_eq!(dear.take_bid(7, account(4), Balance::MAX, NOW), Err(MarketError::Overflow));
    assert_eq!(fixed().take_bid(7, account(3), 1, NOW), Err(MarketError::OtherKind { id: 7 }));
}

#[test]
fn a_late_bid_moves_the_end_but_never_to_the_coupons() {
    let goods = Goods { ends_at: 30 * MINUTE, ..goods() };
    let ask = Ask::English { reserve: 1, step: 1 };
    let opening = Opening { ends_at: 20 * MINUTE, ..opening(ask) };
    let auction = Entry::new(*Listing::open(opening, &goods, 300, NOW).unwrap());
    let end_after = |now| {
        let mut auction = auction.clone();
        auction.take_bid(7, account(3), 1, now).unwrap();
        auction.ends_at()
    };
    assert_eq!(end_after(15 * MINUTE), 20 * MINUTE);
    assert_eq!(end_after(15 * MINUTE + 1), 20 * MINUTE + 1);
    assert_eq!(end_after(20 * MINUTE - 1), 25 * MINUTE - 1);
    let mut late = auction;
    late.take_bid(7, account(3), 1, 20 * MINUTE - 1).unwrap();
    late.take_bid(7, account(4), 2, 24 * MINUTE).unwrap();
    assert_eq!(late.ends_at(), 25 * MINUTE, "five minutes before the coupon's end");
}

#[test]
fn a_listing_is_settled_once_it_is_over_or_cancelled_with_the_rest() {
    let entry = fixed();
    let running = |now| Err(MarketError::StillRunning { ends_at: 200, now });
    assert_eq!(entry.ensure_over(7, 7, 199), running(199));
    assert_eq!(entry.ensure_over(7, 8, 199), Ok(()));
    assert_eq!(entry.ensure_over(7, 0, 200), Ok(()));
    let mut auction = listed(Ask::English { reserve: 1, step: 1 });
    auction.take_bid(7, account(3), 1, NOW).unwrap();
    assert!(auction.ensure_over(7, 8, NOW).is_err(), "a bid keeps it alive");
}

#[test]
fn only_its_seller_cancels_and_no_auction_with_a_bid() {
    let entry = fixed();
    assert_eq!(entry.ensure_cancels(7, account(1)), Ok(()));
    let not_seller = MarketError::NotSeller { seller: account(1), caller: account(2) };
    assert_eq!(entry.ensure_cancels(7, account(2)), Err(not_seller));
    let mut auction = listed(Ask::English { reserve: 1, step: 1 });
    auction.take_bid(7, account(3), 5, NOW).unwrap();
    let has_bid = MarketError::HasBid { bidder: account(3), amount: 5 };
    assert_eq!(auction.ensure_cancels(7, account(1)), Err(has_bid));
    auction.status = Status::Failed;
    assert_eq!((auction.live_bid(), auction.ensure_cancels(7, account(1))), (None, Ok(())));
    auction.status = Status::Sold;
    assert_eq!(auction.ensure_cancels(7, account(1)), Err(MarketError::ListingClosed { id: 7 }));
}

#[test]
fn only_a_price_is_bought_and_only_a_swap_swapped() {
    assert_eq!(fixed().price(7, NOW), Ok(999));
    let dutch = listed(Ask::Dutch { start_price: 900, end_price: 100 });
    assert_eq!(dutch.price(7, 150), Ok(500));
    let auction = listed(Ask::English { reserve: 1, step: 1 });
    let other = MarketError::OtherKind { id: 7 };
    assert_eq!(auction.price(7, NOW), Err(other.into()));
    assert_eq!(auction.swap(7).map(|_| ()), Err(other));
    let swap = listed(swap(vec![id(3)], 4, 0));
    assert_eq!(swap.price(7, NOW), Err(other.into()));
    assert_eq!(
        swap.swap(7).map(|(wants, asks, adds)| (wants.coupons.clone(), asks, adds)),
        Ok((vec![id(3)], 4, 0))
    );
}

#[test]
fn a_swap_wants_its_coupons_in_order() {
    let wants = Wants { coupons: vec![id(3), id(0)], least_left: 0, ends_no_sooner: 0 };
    assert_eq!(wants.ensure_these(&[id(3), id(9)]), Ok(()));
    let other = CouponId { campaign: 2, serial: 9 };
    let cases: [(&[CouponId], MarketError); 4] = [
        (&[id(9), id(3)], MarketError::NotWanted { coupon: id(9) }),
        (&[id(3), other], MarketError::NotWanted { coupon: other }),
        (&[id(3), id(3)], MarketError::DuplicateCoupon { coupon: id(3) }),
        (&[id(3)], MarketError::Count { items: 1, most: 2 }),
    ];
    for (coupons, expected) in cases {
        assert_eq!(wants.ensure_these(coupons), Err(expected));
    }
}

#[test]
fn native_value_over_the_price_is_change() {
    let short = MarketError::Payment(PaymentFault::WrongValue { expected: 999, paid: 998 });
    assert_eq!(kept_and_change(NATIVE, 999, 998), Err(short));
    assert_eq!(kept_and_change(NATIVE, 999, 999), Ok((999, 0)));
    assert_eq!(kept_and_change(NATIVE, 999, 1_010), Ok((999, 11)));
    assert_eq!(kept_and_change(Asset::Psp22(account(9)), 999, 5), Ok((5, 0)));
}
