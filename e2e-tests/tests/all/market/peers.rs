//! The failures of ArtZero, Stargaze, Seaport and others (peers.md, section 4), each shown to be absent.
use super::{
    offers::{accept, offer, wish},
    *,
};
use market::offers::Wish;

#[test]
fn artzero_zero_value_bids_pass_and_cannot_be_removed() {
    let mut s = Stall::new(terms());
    let free = Wish { price: 0, ..wish(&s) };
    let message = s.market.call_mut().make_offer(free);
    assert_eq!(refused(&mut s.world, "ben", 0, message), MarketError::NoPrice);
    let id = s.list("ann", s.coupon, english(1, 1));
    assert_eq!(s.bid_refused("ben", id, 0), MarketError::BidTooLow { bid: 0, least: 1 });
}

#[test]
fn artzero_bids_fill_a_list_of_31_and_have_no_expiry() {
    let mut s = Stall::new(terms());
    let usual = wish(&s);
    for n in 1..=40 {
        assert_eq!(offer(&mut s, "ben", Wish { price: n, ..usual }), u64::try_from(n).unwrap());
    }
    // Dearer than any listing's price too, which ArtZero's bids can't be.
    let last = offer(&mut s, "cem", Wish { price: 5_000, ..usual });
    accept(&mut s, "ann", last, usual.coupon);
    for id in 1..=40 {
        act(&mut s.world, "ben", 0, s.market.call_mut().withdraw_offer(id));
    }
    let here = s.world.balance(s.world.suite.market, NATIVE);
    assert_eq!(here, s.root().native_fees + s.world.chain.existential_deposit());
}

#[test]
fn artzero_accepting_by_index_races_with_removal() {
    let mut s = Stall::new(terms());
    let usual = wish(&s);
    let good = offer(&mut s, "ben", usual);
    offer(&mut s, "cem", Wish { price: 1, ..usual });
    act(&mut s.world, "ben", 0, s.market.call_mut().withdraw_offer(good));
    // The number stays the withdrawn offer's for good; no other offer moves into its place.
    let message = s.market.call_mut().accept_offer(good, usual.coupon, 0);
    assert_eq!(refused(&mut s.world, "ann", 0, message), MarketError::NoSuchOffer { id: good });
}

#[test]
fn artzero_bids_cannot_be_removed_from_an_inactive_collection() {
    let mut s = Stall::new(terms());
    let usual = wish(&s);
    let id = offer(&mut s, "ben", usual);
    s.pause_trading();
    act(&mut s.world, "bakery", 0, s.to.office.call_mut().set_frozen(usual.coupon, Some(1)));
    let done = act(&mut s.world, "ben", 0, s.market.call_mut().withdraw_offer(id));
    assert_eq!(done.moved, [("ben", 1_000), ("market", -1_000)]);
}

#[test]
fn artzero_the_owner_raises_the_platform_fee_after_listing() {
    let (mut s, id) = Stall::listed(terms());
    let usual = wish(&s);
    let other = s.issue("cem");
    let bid = offer(&mut s, "ben", Wish { coupon: other, expires_at: NOW + 10 * DAY, ..usual });
    act(&mut s.world, OWNER, 0, s.market.call_mut().set_fee(1_000));
    assert_eq!(s.buy("ben", id, PRICE).moved[3], ("market", 20));
    s.at(NOW + 8 * DAY);
    assert_eq!(accept(&mut s, "cem", bid, other).result, 930, "as when the offer was made");
}

#[test]
fn artzero_a_failed_transfer_in_still_lists() {
    let mut s = Stall::new(terms());
    let here = s.world.suite.market;
    act(&mut s.world, "ann", 0, PSP34::approve(s.to.registry.call_mut(), here, None, false));
    let coupon = s.coupon;
    assert_eq!(s.list_refused("ann", &[coupon], FIXED), MarketError::NotApproved { coupon });
    assert_eq!((s.entry(1), s.root().held, s.root().next_id), (None, 0, 1));
}

#[test]
fn stargaze_asks_and_bids_without_expiry_go_stale() {
    let (mut s, id) = Stall::listed(terms());
    let usual = wish(&s);
    let bid = offer(&mut s, "ben", usual);
    s.at(ENDS_AT);
    let ended = MarketError::ListingEnded { ends_at: ENDS_AT, now: ENDS_AT };
    assert_eq!(s.buy_refused("ben", id, PRICE), ended);
    s.settle("relayer", id);
    let message = s.market.call_mut().accept_offer(bid, usual.coupon, 0);
    let ended = MarketError::OfferEnded { expires_at: ENDS_AT, now: ENDS_AT };
    assert_eq!(refused(&mut s.world, "ann", 0, message), ended);
}

#[test]
fn stargaze_a_bid_meets_a_coupon_whose_value_was_spent_meanwhile() {
    let card = terms_but(|t| t.benefit = shared::terms::Benefit::StoredValue { value: 1_000 });
    let mut s = Stall::new(card);
    let usual = wish(&s);
    let id = offer(&mut s, "ben", Wish { least_left: 1_000, ..usual });
    spend(&mut s.world, &[part(usual.coupon, 300)], &order("bakery", 1));
    let message = s.market.call_mut().accept_offer(id, usual.coupon, 0);
    let little = MarketError::TooLittleLeft { left: 700, least: 1_000 };
    assert_eq!(refused(&mut s.world, "ann", 0, message), little);
}

#[test]
fn seaport_an_offer_that_was_repriced_is_filled_at_the_new_price() {
    let (mut s, id) = Stall::listed(terms());
    s.cancel("ann", id);
    let dearer = s.list("ann", s.coupon, Ask::Fixed { price: 9_000 });
    // What the buyer has seen is gone, and its number is nobody else's.
    assert_ne!(dearer, id);
    assert_eq!(s.buy_refused("ben", id, 9_000), MarketError::NoSuchListing { id });
}

#[test]
fn seaport_one_dead_order_fails_the_whole_basket() {
    let (mut s, id) = Stall::listed(terms());
    let message = s.market.call_mut().buy_many(vec![99, id], false, Guard::price(PRICE));
    let done = act(&mut s.world, "ben", PRICE, message);
    assert_eq!(done.result, [Err(MarketError::NoSuchListing { id: 99 }), Ok(PRICE)]);
}

#[test]
fn treasure_listings_outlive_the_sellers_holding() {
    let (mut s, id) = Stall::listed(terms());
    // A listed coupon is the market's: its seller can't sell it elsewhere, nor list it again.
    let ben = account("ben");
    let send = PSP34::transfer(s.to.registry.call_mut(), ben, s.coupon.into(), Vec::new());
    let refusal = refused(&mut s.world, "ann", 0, send);
    assert_eq!(refusal, shared::psp34::PSP34Error::NotApproved);
    let holder = s.world.suite.market;
    let not_holder = MarketError::NotHolder { holder, caller: account("ann") };
    assert_eq!(s.list_refused("ann", &[s.coupon], FIXED), not_holder);
    s.buy("ben", id, PRICE);
}
