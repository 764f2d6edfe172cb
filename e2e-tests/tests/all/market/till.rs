//! Buying and spending in one call.
use super::*;
use ::market::till::Signed;
use shared::{
    order::Order,
    permit::{Permits, Presented},
    registry::RegistryError,
    terms::{Acceptance, Funding},
};

/// Ann lists her coupon for 100; at the bakery it takes 200 off the usual order.
fn stage() -> (Stall, u64) {
    let mut s = Stall::new(terms());
    let id = s.list("ann", s.coupon, Ask::Fixed { price: 100 });
    (s, id)
}

/// What ben brings: the bakery's permit, and his own for each coupon.
fn signed(s: &Stall, order: &Order, coupons: &[Presented]) -> Permits {
    let place = s.world.place();
    let acceptor = Some(place.order(&e2e_tests::keys("bakery"), coupons, order));
    Permits { acceptor, ..all_held_by(&s.world, "ben", coupons, order) }
}

fn use_up(
    s: &mut Stall,
    id: u64,
    through: Option<AccountId>,
    signed: (Order, Permits),
) -> chain::Message<impl scale::Encode, Result<Balance, MarketError>> {
    s.market.call_mut().buy_and_use(id, 1_000, through, Signed::from(signed))
}

#[test]
fn a_coupon_is_bought_and_spent_in_one_call() {
    let (mut s, id) = stage();
    let order = order("bakery", 1);
    let permits = signed(&s, &order, &whole(&[s.coupon]));
    let message = use_up(&mut s, id, None, (order, permits));
    let done = act(&mut s.world, "ben", 100, message);
    assert_eq!(done.result, 200);
    assert_eq!(done.moved, [("bakery", 5), ("ann", 93), ("ben", -100), ("market", 2)]);
    assert_eq!((s.world.coupon(s.coupon), s.status(id)), (None, Some(Status::Sold)));
}

#[test]
fn it_is_refused_unless_the_discount_exceeds_the_price() {
    let mut s = Stall::new(terms());
    let id = s.list("ann", s.coupon, Ask::Fixed { price: 200 });
    let order = order("bakery", 1);
    let permits = signed(&s, &order, &whole(&[s.coupon]));
    let message = use_up(&mut s, id, None, (order, permits));
    assert_eq!(refused(&mut s.world, "ben", 200, message), MarketError::NoGain { discount: 200, price: 200 });
}

#[test]
fn what_the_till_refuses_is_not_bought() {
    let (mut s, id) = stage();
    let till = s.world.suite.registry;
    let order = order("bakery", 1);
    let permits = signed(&s, &order, &whole(&[s.coupon]));
    let mut unsigned = permits.clone();
    unsigned.acceptor = None;
    let not_acceptor = RegistryError::NotAcceptor { signer: s.world.suite.market };
    let mut unpermitted = permits.clone();
    unpermitted.coupons[0].permit = None;
    let missing = RegistryError::PermitMissing { coupon: s.coupon };
    let late = Order { deadline: NOW, ..order.clone() };
    let expired = RegistryError::OrderExpired { deadline: NOW, now: NOW };
    let cases = [
        (order.clone(), unsigned, not_acceptor),
        (order.clone(), unpermitted, missing),
        (late, permits, expired),
    ];
    for (order, permits, expected) in cases {
        let message = use_up(&mut s, id, None, (order, permits));
        let reason = expected.index();
        assert_eq!(refused(&mut s.world, "ben", 100, message), MarketError::TillRefused { till, reason });
    }
    let nonsense = Signed::from((order, signed(&s, &order_on_chain("bakery", 2), &[])));
    let message = s.market.call_mut().buy_and_use(id, 100, Some(account("ann")), nonsense);
    let failed = MarketError::TillFailed { till: account("ann") };
    assert_eq!(refused(&mut s.world, "ben", 100, message), failed);
}

#[test]
fn an_order_paid_on_chain_is_not_the_markets_to_pay() {
    let (mut s, id) = stage();
    let order = order_on_chain("bakery", 1);
    let permits = signed(&s, &order, &whole(&[s.coupon]));
    let message = use_up(&mut s, id, None, (order, permits));
    let (till, reason) = (s.world.suite.registry, 6);
    assert_eq!(refused(&mut s.world, "ben", 5_000, message), MarketError::TillRefused { till, reason });
}

#[test]
fn nobody_spends_what_the_market_holds_for_others() {
    let (mut s, id) = stage();
    let cems = s.issue("cem");
    s.list("cem", cems, FIXED);
    let order = order("bakery", 1);
    let both = whole(&[s.coupon, cems]);
    let mut permits = signed(&s, &order, &both);
    // The caller needs no permit for what it holds; and it is the market that calls.
    permits.coupons[1].permit = None;
    let stackable = terms_but(|t| t.stacking = shared::terms::Stacking::Common { priority: 0 });
    let message = use_up(&mut s, id, None, (order.clone(), permits));
    let exclusive = refused(&mut s.world, "ben", 100, message);
    let (till, reason) = (s.world.suite.registry, RegistryError::NotStackable { coupon: s.coupon }.index());
    assert_eq!(exclusive, MarketError::TillRefused { till, reason });

    let mut s = Stall::new(stackable);
    let id = s.list("ann", s.coupon, Ask::Fixed { price: 100 });
    let cems = s.issue("cem");
    s.list("cem", cems, FIXED);
    let both = whole(&[s.coupon, cems]);
    let mut permits = signed(&s, &order, &both);
    permits.coupons[1].permit = None;
    let message = use_up(&mut s, id, None, (order, permits));
    let holder = s.world.suite.market;
    let foreign = MarketError::ForeignCoupon { coupon: cems, holder };
    assert_eq!(refused(&mut s.world, "ben", 100, message), foreign);
}

#[test]
fn a_buyer_adds_coupons_of_its_own_and_only_what_it_bought_counts_as_gain() {
    let mut s = Stall::new(terms_but(|t| t.stacking = shared::terms::Stacking::Common { priority: 0 }));
    let id = s.list("ann", s.coupon, Ask::Fixed { price: 150 });
    let own = s.issue("ben");
    let order = order("bakery", 1);
    let permits = signed(&s, &order, &whole(&[own, s.coupon]));
    let message = use_up(&mut s, id, None, (order, permits));
    // The first takes 200 off 1,000, and what was bought 160 off the 800 that are left.
    assert_eq!(act(&mut s.world, "ben", 150, message).result, 160);
}

#[test]
fn it_is_spent_through_an_alliance_too() {
    let (mut world, to) = open();
    let mut council = world.council();
    let _alliance = alliance(&world);
    let registry = world.suite.registry;
    for who in ["bakery", "cinema"] {
        act(&mut world, who, 0, council.call_mut().apply(registry, [1; 32], vec![]));
        let admission = admission(&world, who, 10_000);
        act(&mut world, e2e_tests::actors::OPERATOR, 0, council.call_mut().decide(admission));
        act(&mut world, who, 10_000, council.call_mut().deposit_collateral(10_000));
    }
    let named = Acceptance::Alliance(world.suite.alliance);
    let terms = terms_but(|t| (t.funding, t.acceptance) = (Funding::Alliance, named));
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    let market = market(&world);
    let mut s = Stall { world, to, market, coupon };
    s.approve("ann");
    let id = s.list("ann", coupon, Ask::Fixed { price: 100 });
    let order = order("cinema", 1);
    let presented = whole(&[coupon]);
    let acceptor = Some(s.world.place().order(&e2e_tests::keys("cinema"), &presented, &order));
    let permits = Permits { acceptor, ..all_held_by(&s.world, "ben", &presented, &order) };
    let through = Some(s.world.suite.alliance);
    let message = use_up(&mut s, id, through, (order, permits));
    assert_eq!(act(&mut s.world, "ben", 100, message).result, 200);
    assert_eq!(s.world.coupon(coupon), None);
}
