//! Offers: money that waits for coupons, and is always its owner's to take out.
use super::*;
use market::{
    events::{OfferAccepted, OfferMade, OfferWithdrawn},
    offers::{Offer, Wish},
    prices::Parts,
};
use registry::events::Transfer;
use shared::{assets::PaymentFault, terms::TransferPolicy};

/// 1,000 for ann's coupon.
pub(super) fn wish(s: &Stall) -> Wish {
    Wish {
        registry: s.world.suite.registry,
        coupon: s.coupon,
        asset: NATIVE,
        price: PRICE,
        quantity: 1,
        least_left: 0,
        ends_no_sooner: 0,
        expires_at: ENDS_AT,
    }
}

/// 1,000 for any coupon of the campaign, three times.
fn any(s: &Stall) -> Wish {
    Wish { coupon: CouponId { serial: 0, ..s.coupon }, quantity: 3, ..wish(s) }
}

pub(super) fn offer(s: &mut Stall, who: &str, wish: Wish) -> u64 {
    let value = wish.price * Balance::from(wish.quantity);
    act(&mut s.world, who, value, s.market.call_mut().make_offer(wish)).result
}

fn offer_refused(s: &mut Stall, value: Balance, wish: Wish) -> MarketError {
    refused(&mut s.world, "ben", value, s.market.call_mut().make_offer(wish))
}

pub(super) fn accept(s: &mut Stall, who: &str, id: u64, coupon: CouponId) -> Done<Balance> {
    act(&mut s.world, who, 0, s.market.call_mut().accept_offer(id, coupon, 0))
}

fn accept_refused(s: &mut Stall, who: &str, id: u64, coupon: CouponId) -> MarketError {
    refused(&mut s.world, who, 0, s.market.call_mut().accept_offer(id, coupon, 0))
}

#[test]
fn an_offer_on_an_item_escrows_its_price_and_buys_the_coupon_when_its_holder_agrees() {
    let mut s = Stall::new(terms());
    let (coupon, wish) = (s.coupon, wish(&s));
    let done = act(&mut s.world, "ben", PRICE, s.market.call_mut().make_offer(wish));
    let id = done.result;
    assert_eq!(done.moved, [("ben", -1_000), ("market", 1_000)]);
    let made = OfferMade { buyer: account("ben"), id, wish, fee_bps: 200 };
    assert_eq!(done.events, [by(s.world.suite.market, made)]);

    let done = accept(&mut s, "ann", id, coupon);
    let parts = Parts { seller: 930, royalty: 50, fee: 20 };
    assert_eq!((done.result, &*done.moved), (930, &[("bakery", 50), ("ann", 930), ("market", -980)][..]));
    let (here, ann, ben) = (s.world.suite.market, account("ann"), account("ben"));
    let moved = |from, to| Transfer { from: Some(from), to: Some(to), id: coupon.into() };
    let accepted = OfferAccepted { seller: ann, id, coupon, issuer: account("bakery"), parts };
    let registry = s.world.suite.registry;
    let expected = [by(registry, moved(ann, here)), by(registry, moved(here, ben)), by(here, accepted)];
    assert_eq!(done.events, expected);
    assert_eq!(s.owner(coupon), ben);
    let offer: Option<Offer> = read(&s.world, s.market.call().offer(id));
    assert_eq!(offer.map(|offer| offer.left), Some(0));
    let another = s.issue("ann");
    assert_eq!(accept_refused(&mut s, "ann", id, another), MarketError::OfferUsedUp { id });
}

// Feature: Item / campaign offers.
#[test]
fn an_offer_on_a_campaign_buys_as_many_of_its_coupons_as_it_says() {
    let mut s = Stall::new(terms());
    let wish = any(&s);
    let id = offer(&mut s, "ben", wish);
    let others = s.issue_many("cem", 2);
    let foreign = s.another("bakery", terms(), "cem");
    assert_eq!(accept_refused(&mut s, "cem", id, foreign), MarketError::NotWanted { coupon: foreign });
    accept(&mut s, "cem", id, others[0]);
    accept(&mut s, "cem", id, others[1]);
    let done = act(&mut s.world, "ben", 0, s.market.call_mut().withdraw_offer(id));
    assert_eq!((done.result, &*done.moved), (1_000, &[("ben", 1_000), ("market", -1_000)][..]));
    assert_eq!(s.world.holder(account("ben")).coupons, 2);
    let gone = MarketError::NoSuchOffer { id };
    let anns = s.coupon;
    assert_eq!(accept_refused(&mut s, "ann", id, anns), gone);
}

#[test]
fn bad_offers_are_refused_by_name() {
    let mut s = Stall::new(terms());
    let (usual, any) = (wish(&s), any(&s));
    let overflow = Wish { price: Balance::MAX, ..any };
    let cases = [
        (Wish { price: 0, ..usual }, MarketError::NoPrice),
        (Wish { quantity: 0, ..usual }, MarketError::BadQuantity { quantity: 0 }),
        (Wish { quantity: 2, ..usual }, MarketError::BadQuantity { quantity: 2 }),
        (Wish { quantity: 0, ..any }, MarketError::BadQuantity { quantity: 0 }),
        (Wish { expires_at: NOW, ..usual }, MarketError::EndsInPast { ends_at: NOW, now: NOW }),
        (overflow, MarketError::Overflow),
        (
            Wish { registry: account("ann"), ..usual },
            MarketError::UnknownRegistry { registry: account("ann"), code: None },
        ),
        (
            Wish { asset: Asset::Psp22(account("ann")), ..usual },
            MarketError::UnknownToken { token: account("ann"), from: None },
        ),
    ];
    for (wish, expected) in cases {
        assert_eq!(offer_refused(&mut s, PRICE, wish), expected);
    }
    for paid in [0, PRICE - 1, PRICE + 1] {
        let wrong = MarketError::Payment(PaymentFault::WrongValue { expected: PRICE, paid });
        assert_eq!(offer_refused(&mut s, paid, usual), wrong);
    }
}

#[test]
fn a_coupon_that_is_not_as_wished_is_not_bought() {
    let mut s = Stall::new(terms());
    let (coupon, end) = (s.coupon, terms().redeem_window.end);
    let usual = wish(&s);
    let in_tokens = s.world.token_asset();
    let here = s.world.suite.market;
    s.world.allow("ben", here, PRICE);
    let message = s.market.call_mut().make_offer(Wish { asset: in_tokens, ..usual });
    let tokens = act(&mut s.world, "ben", 0, message).result;
    let worthy = offer(&mut s, "ben", Wish { least_left: 501, ..usual });
    let lasting = offer(&mut s, "ben", Wish { ends_no_sooner: end + 1, ..usual });
    let good = offer(&mut s, "ben", Wish { least_left: 500, ends_no_sooner: end, ..usual });
    let banded = s.another("bakery", terms_but(|t| t.resale_bps = Some(8_000)), "ann");
    let dear = offer(&mut s, "ben", Wish { coupon: banded, ..usual });
    let cases = [
        (tokens, coupon, MarketError::AssetMismatch { expected: in_tokens, found: NATIVE }),
        (worthy, coupon, MarketError::TooLittleLeft { left: 500, least: 501 }),
        (lasting, coupon, MarketError::EndsTooSoon { ends_at: end, no_sooner: end + 1 }),
        (dear, banded, MarketError::PriceOverBand { price: PRICE, highest: 400 }),
    ];
    for (id, coupon, expected) in cases {
        assert_eq!(accept_refused(&mut s, "ann", id, coupon), expected);
    }
    accept(&mut s, "ann", good, coupon);
}

#[test]
fn only_a_coupons_holder_sells_it_to_another_and_for_what_it_asks() {
    let mut s = Stall::new(terms());
    let coupon = s.coupon;
    let usual = wish(&s);
    let id = offer(&mut s, "ben", usual);
    let not_holder = MarketError::NotHolder { holder: account("ann"), caller: account("cem") };
    assert_eq!(accept_refused(&mut s, "cem", id, coupon), not_holder);
    assert_eq!(accept_refused(&mut s, "ben", id, coupon), MarketError::OwnListing);
    let message = s.market.call_mut().accept_offer(id, coupon, 931);
    let below = MarketError::BelowFloor { proceeds: 930, least: 931 };
    assert_eq!(refused(&mut s.world, "ann", 0, message), below);
    s.freeze(coupon, Some(1));
    assert_eq!(accept_refused(&mut s, "ann", id, coupon), MarketError::CouponFrozen { coupon });
    s.freeze(coupon, None);
    let message = s.market.call_mut().accept_offer(id, coupon, 930);
    act(&mut s.world, "ann", 0, message);
}

#[test]
fn an_offer_ends_and_its_money_is_still_its_buyers() {
    let mut s = Stall::new(terms());
    let (coupon, usual) = (s.coupon, wish(&s));
    let id = offer(&mut s, "ben", usual);
    s.at(ENDS_AT);
    let ended = MarketError::OfferEnded { expires_at: ENDS_AT, now: ENDS_AT };
    assert_eq!(accept_refused(&mut s, "ann", id, coupon), ended);
    s.pause_trading();
    let not_buyer = MarketError::NotBuyer { buyer: account("ben"), caller: account("ann") };
    let message = s.market.call_mut().withdraw_offer(id);
    assert_eq!(refused(&mut s.world, "ann", 0, message), not_buyer);
    let done = act(&mut s.world, "ben", 0, s.market.call_mut().withdraw_offer(id));
    assert_eq!(done.moved, [("ben", 1_000), ("market", -1_000)]);
    let withdrawn = OfferWithdrawn { buyer: account("ben"), id, amount: 1_000 };
    assert_eq!(done.events, [by(s.world.suite.market, withdrawn)]);
    let gone = s.market.call_mut().withdraw_offer(id);
    assert_eq!(refused(&mut s.world, "ben", 0, gone), MarketError::NoSuchOffer { id });
}

#[test]
fn an_offers_deposit_goes_to_its_buyer_and_to_nobody_else() {
    let mut s = Stall::new(terms());
    for who in CONSUMERS {
        s.issue(who);
    }
    let keeper = s.issue("dee");
    s.list("dee", keeper, FIXED);
    let (coupon, usual) = (s.coupon, wish(&s));
    let made = act(&mut s.world, "ben", PRICE, s.market.call_mut().make_offer(usual));
    assert!(made.cost.deposit > 0);
    assert_eq!(accept(&mut s, "ann", made.result, coupon).cost.deposit, 0);
    let done = act(&mut s.world, "ben", 0, s.market.call_mut().withdraw_offer(made.result));
    assert_eq!(done.result, 0);
    // But for what the pallet rounds.
    assert!((done.cost.deposit + made.cost.deposit).abs() <= 1, "{done:?}");
}

#[test]
fn nothing_is_sold_to_offers_while_trading_is_paused() {
    let mut s = Stall::new(terms());
    let (coupon, usual) = (s.coupon, wish(&s));
    let id = offer(&mut s, "ben", usual);
    s.pause_trading();
    let paused = MarketError::TradingPaused { registry: s.world.suite.registry };
    assert_eq!(accept_refused(&mut s, "ann", id, coupon), paused);
}

#[test]
fn all_of_a_buyers_offers_are_cancelled_at_once() {
    let mut s = Stall::new(terms());
    let (coupon, usual) = (s.coupon, wish(&s));
    let id = offer(&mut s, "ben", usual);
    act(&mut s.world, "ben", 0, s.market.call_mut().cancel_all());
    assert_eq!(accept_refused(&mut s, "ann", id, coupon), MarketError::Cancelled { id, below: 2 });
    let done = act(&mut s.world, "ben", 0, s.market.call_mut().withdraw_offer(id));
    assert_eq!(done.result, PRICE);
}

#[test]
fn coupons_that_move_through_their_market_only_are_sold_to_offers_too() {
    let (world, _) = open();
    let here = TransferPolicy::MarketOnly(world.suite.market);
    let mut s = Stall::new(terms_but(|t| t.transfer = here));
    let (coupon, usual) = (s.coupon, wish(&s));
    let id = offer(&mut s, "ben", usual);
    accept(&mut s, "ann", id, coupon);
    assert_eq!(s.owner(coupon), account("ben"));
}
