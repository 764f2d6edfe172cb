//! Swaps: coupons for coupons, with cash one way or none, both legs or neither.
use super::*;
use market::{events::SwapMade, listings::Wants, prices::Parts};
use shared::{assets::PaymentFault, terms::TransferPolicy};

/// A swap of ann's coupon for these.
fn swap_for(coupons: &[CouponId], asks: Balance, adds: Balance) -> Ask {
    let wants = Wants { coupons: coupons.to_vec(), least_left: 0, ends_no_sooner: 0 };
    Ask::Swap { wants, asks, adds }
}

fn any(coupon: CouponId) -> CouponId {
    CouponId { serial: 0, ..coupon }
}

/// Ben holds a coupon of the cinema's.
fn stage() -> (Stall, CouponId) {
    let mut s = Stall::new(terms());
    let bens = s.another("cinema", terms_but(|t| t.royalty_bps = 900), "ben");
    (s, bens)
}

fn take(s: &mut Stall, who: &str, value: Balance, id: u64, coupons: &[CouponId]) -> Done<()> {
    let message = s.market.call_mut().swap(id, coupons.to_vec(), Guard::price(value));
    act(&mut s.world, who, value, message)
}

fn take_refused(s: &mut Stall, who: &str, value: Balance, id: u64, coupons: &[CouponId]) -> MarketError {
    let message = s.market.call_mut().swap(id, coupons.to_vec(), Guard::price(value));
    refused(&mut s.world, who, value, message)
}

#[test]
fn coupons_change_places_without_cash() {
    let (mut s, bens) = stage();
    let anns = s.coupon;
    let id = s.list("ann", anns, swap_for(&[bens], 0, 0));
    let done = take(&mut s, "ben", 0, id, &[bens]);
    assert_eq!((s.owner(anns), s.owner(bens)), (account("ben"), account("ann")));
    assert_eq!(done.moved, []);
    let parts = Parts { seller: 0, royalty: 0, fee: 0 };
    let (taker, issuer) = (account("ben"), account("cinema"));
    let made = SwapMade { taker, id, coupons: vec![bens], issuer, parts };
    assert_eq!(done.events.last(), Some(&by(s.world.suite.market, made)));
    assert_eq!((s.status(id), s.root().held), (Some(Status::Sold), 0));
}

#[test]
fn cash_that_a_swap_asks_for_is_shared_like_a_price() {
    let (mut s, bens) = stage();
    let id = s.list("ann", s.coupon, swap_for(&[any(bens)], 1_000, 0));
    let over = MarketError::PriceOverLimit { price: 1_000, highest: 999 };
    assert_eq!(take_refused(&mut s, "ben", 999, id, &[bens]), over);
    let message = s.market.call_mut().swap(id, vec![bens], Guard::price(1_000));
    let wrong = PaymentFault::WrongValue { expected: 1_000, paid: 999 };
    assert_eq!(refused(&mut s.world, "ben", 999, message), MarketError::Payment(wrong));
    let done = take(&mut s, "ben", 1_000, id, &[bens]);
    assert_eq!(done.moved, [("bakery", 50), ("ann", 930), ("ben", -1_000), ("market", 20)]);
}

#[test]
fn cash_that_a_swap_adds_is_shared_with_the_issuer_of_what_it_is_paid_for() {
    let (mut s, bens) = stage();
    let id = s.list("ann", s.coupon, swap_for(&[any(bens)], 0, 1_000));
    let done = take(&mut s, "ben", 0, id, &[bens]);
    // The cinema's 9% leave 1% of the 2%.
    assert_eq!(done.moved, [("cinema", 90), ("ben", 900), ("market", -990)]);
    let (mut s, bens) = stage();
    let id = s.list("ann", s.coupon, swap_for(&[bens], 0, 1_000));
    assert_eq!(s.cancel("ann", id).moved, [("ann", 1_000), ("market", -1_000)]);
    let id = s.list("ann", s.coupon, swap_for(&[bens], 0, 1_000));
    s.at(ENDS_AT);
    assert_eq!(s.settle("relayer", id).moved, [("ann", 1_000), ("market", -1_000)]);
}

#[test]
fn cash_goes_one_way_and_keeps_to_the_band_of_what_it_is_paid_for() {
    let (mut s, bens) = stage();
    let anns = s.coupon;
    let both = MarketError::CashBothWays { asks: 1, adds: 2 };
    assert_eq!(s.list_refused("ann", &[anns], swap_for(&[bens], 1, 2)), both);
    let none = MarketError::Count { items: 0, most: 20 };
    assert_eq!(s.list_refused("ann", &[anns], swap_for(&[], 0, 0)), none);
    let banded = s.another("cinema", terms_but(|t| t.resale_bps = Some(8_000)), "ben");
    let id = s.list("ann", anns, swap_for(&[banded], 0, 401));
    let over = MarketError::PriceOverBand { price: 401, highest: 400 };
    assert_eq!(take_refused(&mut s, "ben", 0, id, &[banded]), over);
    let asset = s.world.token_asset();
    let in_tokens = s.another("cinema", Terms { asset, ..terms() }, "ben");
    s.cancel("ann", id);
    let id = s.list("ann", anns, swap_for(&[in_tokens], 0, 100));
    let other = MarketError::AssetMismatch { expected: NATIVE, found: asset };
    assert_eq!(take_refused(&mut s, "ben", 0, id, &[in_tokens]), other);
    s.cancel("ann", id);
    let id = s.list("ann", anns, swap_for(&[in_tokens], 0, 0));
    take(&mut s, "ben", 0, id, &[in_tokens]);
}

#[test]
fn a_swap_takes_only_what_it_wants() {
    let (mut s, bens) = stage();
    let second = issue(&mut s.world, "cinema", bens.campaign, "ben");
    let end = terms().redeem_window.end;
    let anns = s.coupon;
    let id = s.list("ann", anns, swap_for(&[bens, any(bens)], 0, 0));
    let cases: [(&[CouponId], MarketError); 4] = [
        (&[bens], MarketError::Count { items: 1, most: 2 }),
        (&[bens, bens], MarketError::DuplicateCoupon { coupon: bens }),
        (&[second, bens], MarketError::NotWanted { coupon: second }),
        (&[bens, anns], MarketError::NotWanted { coupon: anns }),
    ];
    for (coupons, expected) in cases {
        assert_eq!(take_refused(&mut s, "ben", 0, id, coupons), expected);
    }
    let not_holder = MarketError::NotHolder { holder: account("ben"), caller: account("cem") };
    assert_eq!(take_refused(&mut s, "cem", 0, id, &[bens, second]), not_holder);
    s.cancel("ann", id);
    let wants = |least_left, ends_no_sooner| {
        let wants = Wants { coupons: vec![bens], least_left, ends_no_sooner };
        Ask::Swap { wants, asks: 0, adds: 0 }
    };
    let cases = [
        (wants(501, 0), MarketError::TooLittleLeft { left: 500, least: 501 }),
        (wants(0, end + 1), MarketError::EndsTooSoon { ends_at: end, no_sooner: end + 1 }),
    ];
    for (ask, expected) in cases {
        let id = s.list("ann", anns, ask);
        assert_eq!(take_refused(&mut s, "ben", 0, id, &[bens]), expected);
        s.cancel("ann", id);
    }
    let id = s.list("ann", anns, wants(500, end));
    take(&mut s, "ben", 0, id, &[bens]);
}

// Feature: Swap.
#[test]
fn both_legs_of_a_swap_move_or_neither() {
    let (mut s, bens) = stage();
    let anns = s.coupon;
    let soulbound = terms_but(|t| t.transfer = TransferPolicy::Soulbound);
    let stuck = s.another("cinema", soulbound, "ben");
    let here = s.world.suite.market;
    let id = s.list("ann", anns, swap_for(&[stuck], 0, 0));
    assert_eq!(take_refused(&mut s, "ben", 0, id, &[stuck]), MarketError::Soulbound { coupon: stuck });
    s.cancel("ann", id);
    let id = s.list("ann", anns, swap_for(&[bens], 0, 0));
    act(&mut s.world, "ben", 0, PSP34::approve(s.to.registry.call_mut(), here, None, false));
    assert_eq!(take_refused(&mut s, "ben", 0, id, &[bens]), MarketError::NotApproved { coupon: bens });
    s.approve("ben");
    s.freeze(anns, Some(1));
    assert_eq!(take_refused(&mut s, "ben", 0, id, &[bens]), MarketError::CouponFrozen { coupon: anns });
    assert_eq!((s.owner(anns), s.owner(bens)), (here, account("ben")));
}

#[test]
fn bundles_are_swapped_for_bundles() {
    let (mut s, bens) = stage();
    let anns = [s.coupon, s.issue("ann"), s.issue("ann")];
    let second = issue(&mut s.world, "cinema", bens.campaign, "ben");
    let id = s.list_many("ann", &anns, swap_for(&[any(bens), any(bens)], 0, 0));
    take(&mut s, "ben", 0, id, &[second, bens]);
    assert!(anns.iter().all(|coupon| s.owner(*coupon) == account("ben")));
    assert!([bens, second].iter().all(|coupon| s.owner(*coupon) == account("ann")));
}
