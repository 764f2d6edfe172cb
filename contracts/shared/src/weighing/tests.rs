//! What a coupon is refused for, in the order it is looked at, and what it takes off.
use super::*;
use crate::{
    coupons::Lock,
    order::digest,
    terms::{Benefit, Card, Terms},
    testing::{account, campaign, coupon, id, order, ISSUER, NOW},
};

const OTHER: AccountId = account(9);
const STACKED: Stacking = Stacking::Common { priority: 0 };

/// An order for one coupon, with everything that may be said against it.
struct Case {
    campaign: Campaign,
    redeem_ends: Timestamp,
    coupon: Coupon,
    order: Order,
    caller: AccountId,
    most: Option<Balance>,
    company: u32,
    now: Timestamp,
}

fn refused<T>(refusal: RegistryError) -> Result<T, Refusal> {
    Err(refusal.into())
}

impl Case {
    fn new(change: impl FnOnce(&mut Terms)) -> Self {
        let campaign = campaign(|terms| {
            (terms.benefit, terms.stacking) = (Benefit::AmountOff { value: 100 }, STACKED);
            change(terms);
        });
        let (coupon, redeem_ends) = (coupon(&campaign), campaign.terms.redeem_window.end);
        let (order, caller) = (order(1), ISSUER);
        Self { campaign, redeem_ends, coupon, order, caller, most: None, company: 1, now: NOW }
    }

    fn weigh(&self) -> Result<Balance, Refusal> {
        let presented = Presented { most: self.most, ..id(1, 1).into() };
        let asked = Asked {
            order: &self.order,
            hash: &digest(&self.order),
            caller: self.caller,
            presented: &presented,
            eligible: self.order.eligible,
            company: self.company,
            now: self.now,
        };
        let mut progress = Progress::new(&self.campaign.terms, 0);
        progress.redeem_ends = self.redeem_ends;
        weigh(&asked, &self.coupon, &self.campaign, &progress)
    }
}

#[test]
fn everything_said_against_a_coupon_comes_in_order() {
    let mut case = Case::new(|t| {
        t.min_basket = 1_001;
        t.stacking = Stacking::Exclusive;
    });
    (case.order.acceptor, case.order.eligible, case.company) = (OTHER, 0, 2);
    (case.coupon.frozen, case.coupon.valid_until, case.now) = (Some(4), 50, 200);
    case.coupon.lock = Some(Lock { order: [0; 32], until: 300 });
    let coupon = id(1, 1);

    assert_eq!(case.weigh(), refused(RegistryError::CouponFrozen { coupon, reason: 4 }));
    case.coupon.frozen = None;
    assert_eq!(case.weigh(), refused(RegistryError::CouponLocked { coupon, until: 300 }));
    case.coupon.lock = None;
    assert_eq!(case.weigh(), refused(RegistryError::RedeemWindowClosed { start: 10, end: 200, now: 200 }));
    case.now = 199;
    assert_eq!(case.weigh(), refused(RegistryError::CouponExpired { coupon, valid_until: 50, now: 199 }));
    case.now = 50;
    assert_eq!(case.weigh(), refused(RegistryError::CouponExpired { coupon, valid_until: 50, now: 50 }));
    case.now = 49;
    assert_eq!(case.weigh(), refused(RegistryError::ForeignCoupon { coupon }));
    case.order.acceptor = ISSUER;
    assert_eq!(case.weigh(), refused(RegistryError::NotStackable { coupon }));
    case.company = 1;
    assert_eq!(case.weigh(), refused(RegistryError::BelowMinBasket { basket: 1_000, least: 1_001 }));
    case.order.basket = 1_001;
    assert_eq!(case.weigh(), refused(RegistryError::NoEffect { coupon }));
    case.order.eligible = 1;
    assert_eq!(case.weigh(), Ok(1));
}

#[test]
fn the_redeem_window_is_half_open_and_ends_when_it_was_extended_to() {
    let mut case = Case::new(|_| ());
    let closed = |now| refused(RegistryError::RedeemWindowClosed { start: 10, end: 200, now });
    for (now, expected) in [(9, closed(9)), (10, Ok(100)), (199, Ok(100)), (200, closed(200))] {
        case.now = now;
        assert_eq!(case.weigh(), expected);
    }
    case.redeem_ends = 201;
    assert_eq!(case.weigh(), Ok(100));
}

#[test]
fn a_reserved_coupon_is_spent_on_its_order() {
    let mut case = Case::new(|_| ());
    case.coupon.lock = Some(Lock { order: digest(&case.order), until: 300 });
    assert_eq!(case.weigh(), Ok(100));
    case.order.number = 2;
    assert_eq!(case.weigh(), refused(RegistryError::CouponLocked { coupon: id(1, 1), until: 300 }));
}

#[test]
fn the_terms_say_who_accepts() {
    let alliance = account(8);
    let foreign = refused(RegistryError::ForeignCoupon { coupon: id(1, 1) });
    let elsewhere = refused(RegistryError::OnlyThroughAlliance { alliance });
    let cases = [
        (Acceptance::IssuerOnly, ISSUER, ISSUER, Ok(100)),
        (Acceptance::IssuerOnly, OTHER, OTHER, foreign.clone()),
        (Acceptance::Listed(vec![OTHER]), OTHER, OTHER, Ok(100)),
        (Acceptance::Listed(vec![OTHER]), ISSUER, ISSUER, foreign),
        (Acceptance::Alliance(alliance), OTHER, OTHER, elsewhere),
        (Acceptance::Alliance(alliance), OTHER, alliance, Ok(100)),
        (Acceptance::Alliance(alliance), ISSUER, ISSUER, Ok(100)),
    ];
    for (acceptance, acceptor, caller, expected) in cases {
        let mut case = Case::new(|t| t.acceptance = acceptance.clone());
        (case.order.acceptor, case.caller) = (acceptor, caller);
        assert_eq!(case.weigh(), expected, "{acceptance:?}");
    }
}

#[test]
fn a_presenter_may_ask_for_a_part_of_a_discount() {
    let mut case = Case::new(|t| t.benefit = Benefit::StoredValue { value: 300 });
    for (most, expected) in [(None, 300), (Some(300), 300), (Some(7), 7)] {
        case.most = most;
        assert_eq!(case.weigh(), Ok(expected));
    }
    case.most = Some(0);
    assert_eq!(case.weigh(), refused(RegistryError::NoEffect { coupon: id(1, 1) }));
}

#[test]
fn a_stamp_counts_though_it_takes_nothing_off() {
    let mut case = Case::new(|t| t.card = Card::Stamps(2));
    assert_eq!(case.weigh(), Ok(0));
    case.coupon.left = 1;
    assert_eq!(case.weigh(), Ok(100));
    case.order.eligible = 0;
    assert_eq!(case.weigh(), refused(RegistryError::NoEffect { coupon: id(1, 1) }));
}

#[test]
fn an_order_is_within_its_basket_and_its_time() {
    let good = order(1);
    assert_eq!(check_order(&good, 99), Ok(()));
    assert_eq!(check_order(&good, 100), refused(RegistryError::OrderExpired { deadline: 100, now: 100 }));
    let over = Order { eligible: 1_001, ..good };
    let refusal = RegistryError::EligibleOverBasket { eligible: 1_001, basket: 1_000 };
    assert_eq!(check_order(&over, 100), refused(refusal));
}

#[test]
fn whoever_calls_pays_on_chain_unless_it_sells() {
    let off_chain = order(1);
    let on_chain = Order { settlement: Settlement::OnChain, ..order(1) };
    assert_eq!(payer(&off_chain, OTHER), Ok(None));
    assert_eq!(payer(&on_chain, OTHER), Ok(Some(OTHER)));
    assert_eq!(payer(&on_chain, ISSUER), refused(RegistryError::AcceptorIsPayer));
    assert_eq!(payer(&off_chain, ISSUER), Ok(None));
}
