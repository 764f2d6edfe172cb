use super::*;
use crate::testing::{account, goods, id};

const NOW: Timestamp = 100;

fn wish() -> Wish {
    Wish {
        registry: account(5),
        coupon: id(0),
        asset: Asset::Native,
        price: 900,
        quantity: 3,
        least_left: 1_000,
        ends_no_sooner: 200,
        expires_at: 150,
    }
}

fn offer() -> Offer {
    Offer::new(account(3), wish(), 300)
}

#[test]
fn each_bad_offer_is_named() {
    let bad = |quantity| Err(MarketError::BadQuantity { quantity });
    assert_eq!(wish().check(NOW), Ok(2_700));
    assert_eq!(Wish { price: 0, ..wish() }.check(NOW), Err(MarketError::NoPrice));
    assert_eq!(Wish { quantity: 0, ..wish() }.check(NOW), bad(0));
    assert_eq!(Wish { coupon: id(2), ..wish() }.check(NOW), bad(3));
    assert_eq!(Wish { coupon: id(2), quantity: 1, ..wish() }.check(NOW), Ok(900));
    let past = Err(MarketError::EndsInPast { ends_at: 150, now: 150 });
    assert_eq!(wish().check(150), past);
    assert_eq!(Wish { price: Balance::MAX, ..wish() }.check(NOW), Err(MarketError::Overflow));
}

#[test]
fn an_offer_is_live_until_it_ends_or_is_used_up_or_cancelled() {
    let live = |offer: &Offer, below, coupon, seller, now| {
        offer.ensure_live((7, below), coupon, account(seller), now)
    };
    assert_eq!(live(&offer(), 7, id(9), 1, 149), Ok(()));
    let other = CouponId { campaign: 2, serial: 9 };
    let cases = [
        (Offer { left: 0, ..offer() }, 0, id(9), 1, NOW, MarketError::OfferUsedUp { id: 7 }),
        (offer(), 8, id(9), 1, NOW, MarketError::Cancelled { id: 7, below: 8 }),
        (offer(), 0, id(9), 1, 150, MarketError::OfferEnded { expires_at: 150, now: 150 }),
        (offer(), 0, id(9), 3, NOW, MarketError::OwnListing),
        (offer(), 0, other, 1, NOW, MarketError::NotWanted { coupon: other }),
    ];
    for (offer, below, coupon, seller, now, expected) in cases {
        assert_eq!(live(&offer, below, coupon, seller, now), Err(expected));
    }
}

#[test]
fn a_coupon_is_sold_as_wished_and_no_further_than_the_money_goes() {
    let mut offer = offer();
    let parts = Parts { seller: 810, royalty: 63, fee: 27 };
    for left in [2, 1, 0] {
        assert_eq!(offer.accept(&goods(), 810, NOW), Ok(parts));
        assert_eq!((offer.left, offer.escrow()), (left, Ok(900 * Balance::from(left))));
    }
}

#[test]
fn a_coupon_that_is_not_as_wished_is_named() {
    let accept =
        |wish: Wish, goods: Goods, least| Offer::new(account(3), wish, 300).accept(&goods, least, NOW);
    let token = Asset::Psp22(account(9));
    let cases = [
        (
            wish(),
            Goods { asset: token, ..goods() },
            0,
            MarketError::AssetMismatch { expected: Asset::Native, found: token },
        ),
        (wish(), Goods { left: 999, ..goods() }, 0, MarketError::TooLittleLeft { left: 999, least: 1_000 }),
        (
            wish(),
            Goods { ends_at: 199, ..goods() },
            0,
            MarketError::EndsTooSoon { ends_at: 199, no_sooner: 200 },
        ),
        (
            Wish { ends_no_sooner: 0, ..wish() },
            Goods { ends_at: NOW, ..goods() },
            0,
            MarketError::EndsTooSoon { ends_at: NOW, no_sooner: NOW + 1 },
        ),
        (
            wish(),
            Goods { highest: Some(899), ..goods() },
            0,
            MarketError::PriceOverBand { price: 900, highest: 899 },
        ),
        (
            wish(),
            Goods { royalty_bps: 1_001, ..goods() },
            0,
            MarketError::SharesOverCap { fee_bps: 300, royalty_bps: 1_001, most_bps: 1_000 },
        ),
        (wish(), goods(), 811, MarketError::BelowFloor { proceeds: 810, least: 811 }),
    ];
    for (wish, goods, least, expected) in cases {
        assert_eq!(accept(wish, goods, least), Err(expected));
    }
}

#[test]
fn only_its_buyer_withdraws_an_offer() {
    assert_eq!(offer().ensure_made_by(account(3)), Ok(()));
    let not_buyer = MarketError::NotBuyer { buyer: account(3), caller: account(1) };
    assert_eq!(offer().ensure_made_by(account(1)), Err(not_buyer));
}
