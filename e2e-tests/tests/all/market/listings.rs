//! Listing, reserving and the campaign's rules.
use super::*;
use market::events::ListingOpened;
use registry::events::Transfer;
use shared::{registry::RegistryError, terms::TransferPolicy};

// Feature: Listing.
#[test]
fn a_listed_coupon_is_held_by_the_market_and_cannot_be_spent() {
    let mut s = Stall::new(terms());
    let (here, registry, coupon) = (s.world.suite.market, s.world.suite.registry, s.coupon);
    let message = s.market.call_mut().list(registry, vec![coupon], ENDS_AT, None, FIXED);
    let done = act(&mut s.world, "ann", 0, message);
    let moved = Transfer { from: Some(account("ann")), to: Some(here), id: coupon.into() };
    let opened = ListingOpened { seller: account("ann"), id: 1, listing: s.usual(FIXED) };
    assert_eq!(done.events, [by(here, opened), by(registry, moved)]);
    assert_eq!((done.result, done.moved), (1, vec![]));
    assert!(done.cost.deposit > 0);
    assert_eq!(s.owner(coupon), here);
    assert_eq!(s.entry(1), Some(Entry::new(s.usual(FIXED))));
    assert_eq!((s.root().held, s.root().next_id), (1, 2));
    let spend = till_refuses(&mut s.world, coupon, "ann", &order("bakery", 1));
    assert_eq!(spend, RegistryError::PermitInvalid { signer: here });
}

#[test]
fn bad_listings_are_refused_by_name() {
    let mut s = Stall::new(terms());
    let (registry, coupon) = (s.world.suite.registry, s.coupon);
    let end = terms().redeem_window.end;
    let (ann, ben) = (account("ann"), account("ben"));
    let unknown = CouponId { serial: 9, ..coupon };
    let elsewhere = CouponId { campaign: 9, ..coupon };
    let cases = [
        ("ann", unknown, FIXED, ENDS_AT, MarketError::NoSuchCoupon { coupon: unknown }),
        ("ann", elsewhere, FIXED, ENDS_AT, MarketError::NoSuchCoupon { coupon: elsewhere }),
        ("ben", coupon, FIXED, ENDS_AT, MarketError::NotHolder { holder: ann, caller: ben }),
        ("ann", coupon, Ask::Fixed { price: 0 }, ENDS_AT, MarketError::NoPrice),
        ("ann", coupon, FIXED, NOW, MarketError::EndsInPast { ends_at: NOW, now: NOW }),
        (
            "ann",
            coupon,
            FIXED,
            end + 1,
            MarketError::OutlastsCoupon { ends_at: end + 1, coupon_ends_at: end },
        ),
    ];
    for (who, coupon, ask, ends_at, expected) in cases {
        let message = s.market.call_mut().list(registry, vec![coupon], ends_at, None, ask);
        assert_eq!(refused(&mut s.world, who, 0, message), expected);
    }
    let none = MarketError::Count { items: 0, most: 20 };
    assert_eq!(s.list_refused("ann", &[], FIXED), none);
    let twice = MarketError::DuplicateCoupon { coupon };
    assert_eq!(s.list_refused("ann", &[coupon, coupon], FIXED), twice);
    let message = s.market.call_mut().list(registry, vec![coupon], ENDS_AT, None, FIXED);
    let paid = shared::assets::PaymentFault::WrongValue { expected: 0, paid: 1 };
    assert_eq!(refused(&mut s.world, "ann", 1, message), MarketError::Payment(paid));

    let here = s.world.suite.market;
    act(&mut s.world, "ann", 0, PSP34::approve(s.to.registry.call_mut(), here, None, false));
    assert_eq!(s.list_refused("ann", &[coupon], FIXED), MarketError::NotApproved { coupon });
    s.freeze(coupon, Some(1));
    assert_eq!(s.list_refused("ann", &[coupon], FIXED), MarketError::CouponFrozen { coupon });
}

#[test]
fn a_listing_ends_no_later_than_the_coupon() {
    let mut s = Stall::new(terms_but(|t| t.valid_for = Some(DAY)));
    let (registry, coupon) = (s.world.suite.registry, s.coupon);
    let until = |ends_at, ask| (registry, vec![coupon], ends_at, None, ask);
    let late = |ends_at| MarketError::OutlastsCoupon { ends_at, coupon_ends_at: NOW + DAY };
    let five_minutes = 5 * 60 * 1_000;
    let cases = [(NOW + DAY + 1, FIXED), (NOW + DAY - five_minutes + 1, english(1, 1))];
    for (ends_at, ask) in cases {
        let (registry, coupons, ends_at, reserved, ask) = until(ends_at, ask);
        let message = s.market.call_mut().list(registry, coupons, ends_at, reserved, ask);
        assert_eq!(refused(&mut s.world, "ann", 0, message), late(ends_at));
    }
    let moment = s.world.fixture();
    for (ends_at, ask) in [(NOW + DAY, FIXED), (NOW + DAY - five_minutes, english(1, 1))] {
        s.world = moment.world();
        let (registry, coupons, ends_at, reserved, ask) = until(ends_at, ask);
        act(&mut s.world, "ann", 0, s.market.call_mut().list(registry, coupons, ends_at, reserved, ask));
    }
}

#[test]
fn a_reserved_coupon_is_not_listed() {
    let mut s = Stall::new(terms_but(|t| t.reservation_ttl = HOUR));
    let coupon = s.coupon;
    let order = order("bakery", 1);
    let permits = held_by(&s.world, "ann", coupon, &order);
    act(&mut s.world, "bakery", 0, s.to.desk.call_mut().reserve(order, permits));
    assert_eq!(s.list_refused("ann", &[coupon], FIXED), MarketError::CouponLocked { coupon });
}

#[test]
fn a_reserved_listing_sells_to_its_buyer_only() {
    let mut s = Stall::new(terms());
    let (registry, coupon) = (s.world.suite.registry, s.coupon);
    let ben = account("ben");
    let message = s.market.call_mut().list(registry, vec![coupon], ENDS_AT, Some(ben), FIXED);
    let id = act(&mut s.world, "ann", 0, message).result;
    assert_eq!(s.buy_refused("cem", id, PRICE), MarketError::ReservedFor { buyer: ben });
    s.buy("ben", id, PRICE);
    assert_eq!(s.owner(coupon), ben);
}

#[test]
fn only_coupons_of_registries_with_known_code_are_sold() {
    let mut s = Stall::new(terms());
    let coupon = s.coupon;
    let look_alike = look_alike(&mut s.world);
    let code = |s: &Stall, contract| s.world.chain.code_hash_of(contract).unwrap();
    for registry in [look_alike, s.world.token, s.world.suite.alliance, account("ann")] {
        let unknown = MarketError::UnknownRegistry { registry, code: code(&s, registry) };
        let message = s.market.call_mut().list(registry, vec![coupon], ENDS_AT, None, FIXED);
        assert_eq!(refused(&mut s.world, "ann", 0, message), unknown);
    }
    let twin = e2e_tests::world::another_registry(&mut s.world, b"twin");
    let message = s.market.call_mut().list(twin, vec![coupon], ENDS_AT, None, FIXED);
    let refusal = refused(&mut s.world, "ann", 0, message);
    assert_eq!(refusal, MarketError::NoSuchCoupon { coupon }, "known code, other coupons");
}

#[test]
fn a_price_keeps_to_the_campaigns_resale_band() {
    // At most 80% of the 500 that the coupon can still take off.
    let mut s = Stall::new(terms_but(|t| t.resale_bps = Some(8_000)));
    let coupon = s.coupon;
    let over = MarketError::PriceOverBand { price: 401, highest: 400 };
    let wants = market::listings::Wants { coupons: vec![coupon], least_left: 0, ends_no_sooner: 0 };
    let asks = [
        Ask::Fixed { price: 401 },
        Ask::Dutch { start_price: 401, end_price: 1 },
        english(401, 1),
        Ask::Swap { wants, asks: 401, adds: 0 },
    ];
    for ask in asks {
        assert_eq!(s.list_refused("ann", &[coupon], ask), over);
    }
    let id = s.list("ann", coupon, english(400, 1));
    assert_eq!(s.bid_refused("ben", id, 401), over);
    s.bid("ben", id, 400);
}

#[test]
fn nothing_is_listed_while_trading_is_paused_and_what_is_listed_is_sold_and_taken_back() {
    let (mut s, id) = Stall::listed(terms());
    let other = s.issue("ben");
    s.pause_trading();
    let paused = MarketError::TradingPaused { registry: s.world.suite.registry };
    assert_eq!(s.list_refused("ben", &[other], FIXED), paused);
    let moment = s.world.fixture();
    s.buy("cem", id, PRICE);
    s.world = moment.world();
    s.cancel("ann", id);
}

#[test]
fn a_coupon_keeps_its_transfer_policy_here() {
    let mut s = Stall::new(terms_but(|t| t.transfer = TransferPolicy::Soulbound));
    let coupon = s.coupon;
    assert_eq!(s.list_refused("ann", &[coupon], FIXED), MarketError::Soulbound { coupon });
    let elsewhere = TransferPolicy::MarketOnly(account("dee"));
    let mut s = Stall::new(terms_but(|t| t.transfer = elsewhere));
    let coupon = s.coupon;
    assert_eq!(s.list_refused("ann", &[coupon], FIXED), MarketError::OtherMarketOnly { coupon });
    let here = TransferPolicy::MarketOnly(s.world.suite.market);
    let (mut s, id) = Stall::listed(terms_but(|t| t.transfer = here));
    s.buy("ben", id, PRICE);
    assert_eq!(s.owner(s.coupon), account("ben"));
}

#[test]
fn a_bundle_is_sold_whole_and_is_of_one_kind() {
    let mut s = Stall::new(terms());
    let second = s.issue("ann");
    let third = s.another("bakery", terms_but(|t| t.royalty_bps = 900), "ann");
    let bundle = [s.coupon, second, third];
    let id = s.list_many("ann", &bundle, FIXED);
    let listing = s.entry(id).unwrap().listing;
    assert_eq!((listing.left, listing.royalty_bps, listing.fee_bps), (1_500, 900, 100));
    assert_eq!(s.root().held, 3);
    let done = s.buy("ben", id, PRICE);
    assert_eq!(done.moved, [("bakery", 90), ("ann", 900), ("ben", -1_000), ("market", 10)]);
    for coupon in bundle {
        assert_eq!(s.owner(coupon), account("ben"));
    }
    assert_eq!(s.root().held, 0);

    let foreign = s.another("cinema", terms(), "ben");
    let banded = s.another("bakery", terms_but(|t| t.resale_bps = Some(9_000)), "ben");
    for coupon in [foreign, banded] {
        let mixed = MarketError::MixedBundle { coupon };
        assert_eq!(s.list_refused("ben", &[second, coupon], FIXED), mixed);
    }
    let frozen = s.issue("ben");
    s.freeze(frozen, Some(1));
    let refusal = s.list_refused("ben", &[second, frozen], FIXED);
    assert_eq!(refusal, MarketError::CouponFrozen { coupon: frozen });
}

#[test]
fn a_bundle_is_of_twenty_coupons_at_most() {
    let mut s = Stall::new(terms());
    let coupons = s.issue_many("ben", 21);
    let many = MarketError::Count { items: 21, most: 20 };
    assert_eq!(s.list_refused("ben", &coupons, FIXED), many);
    let id = s.list_many("ben", &coupons[..20], FIXED);
    s.cancel("ben", id);
    assert!(coupons.iter().all(|coupon| s.owner(*coupon) == account("ben")));
}

#[test]
fn a_bundle_that_does_not_move_whole_does_not_move() {
    let elsewhere = TransferPolicy::MarketOnly(account("dee"));
    let mut s = Stall::new(terms());
    let policies = [TransferPolicy::Soulbound, elsewhere];
    let odd = policies.map(|policy| s.another("bakery", terms_but(|t| t.transfer = policy), "ann"));
    let expected =
        [MarketError::Soulbound { coupon: odd[0] }, MarketError::OtherMarketOnly { coupon: odd[1] }];
    for (coupon, expected) in odd.into_iter().zip(expected) {
        assert_eq!(s.list_refused("ann", &[s.coupon, coupon], FIXED), expected);
    }
    let here = s.world.suite.market;
    act(&mut s.world, "ann", 0, PSP34::approve(s.to.registry.call_mut(), here, None, false));
    let second = s.issue("ann");
    let refusal = s.list_refused("ann", &[s.coupon, second], FIXED);
    assert_eq!(refusal, MarketError::NotApproved { coupon: s.coupon });
}
