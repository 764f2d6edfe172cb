//! Paying: the order is redeemed and its net price held, or nothing happens.
use super::*;
use e2e_tests::world::another_registry;
use registry::events::OrdersRedeemed;
use shared::{
    assets::PaymentFault,
    order::Settlement,
    permit::OrderPermit,
    registry::{CouponRegistry, RegistryError},
    terms::Benefit,
};

/// Of the events of `pay`.
fn held_event(asset: Asset) -> PaymentHeld {
    let (acceptor, payer) = (account("bakery"), account("ann"));
    PaymentHeld { acceptor, number: 1, payer, asset, amount: NET, disputable_until: DISPUTABLE }
}

#[test]
fn a_payment_is_held_and_change_comes_back() {
    let mut c = Counter::new(terms());
    let done = c.pay("ann", &order("bakery", 1), NET + 700);
    assert_eq!(done.result, NET);
    assert_eq!(done.moved, [("ann", -1_800)]);
    assert_eq!(done.events.last(), Some(&c.emits(held_event(NATIVE))));
    let redeemed: OrdersRedeemed = done.events[done.events.len() - 2].read();
    let redemption = &redeemed.redemptions[0];
    assert_eq!((redemption.net, redemption.payer), (NET, None));
    assert_eq!(redemption.cashier, Some(c.here()));
    assert_eq!((c.held(), c.holds(NATIVE)), (Some(c.usual()), NET));
    assert_eq!(c.world.coupon(c.coupon), None, "the coupon is spent");
}

#[test]
fn a_payment_in_tokens_is_collected_by_allowance_and_measured() {
    let mut c = Counter::in_tokens();
    let asset = c.world.token_asset();
    let before = tokens(&c.world, ["ann", "bakery"]);
    let done = c.pay("ann", &order("bakery", 1), 0);
    assert_eq!((done.result, done.moved), (NET, vec![]));
    assert_eq!(done.events.last(), Some(&c.emits(held_event(asset))));
    assert_eq!(tokens(&c.world, ["ann", "bakery"]), [before[0] - 1_800, before[1]]);
    assert_eq!(c.held(), Some(Held { asset, ..c.usual() }));
    assert_eq!((c.holds(asset), c.holds(NATIVE)), (NET, 0));
}

#[test]
fn somebody_else_may_pay_and_is_the_payer() {
    let mut c = Counter::new(terms());
    let done = c.pay("ben", &order("bakery", 1), NET);
    assert_eq!(done.moved, [("ben", -1_800)]);
    assert_eq!(c.held().map(|held| held.payer), Some(account("ben")));
}

#[test]
fn too_little_pays_nothing() {
    let mut c = Counter::new(terms());
    let short = CustodyError::Payment(PaymentFault::WrongValue { expected: NET, paid: NET - 1 });
    assert_eq!(c.pay_refused("ann", &order("bakery", 1), NET - 1), short);
    assert!(c.world.coupon(c.coupon).is_some(), "the coupon lives");
    let mut c = Counter::in_tokens();
    let native = CustodyError::Payment(PaymentFault::WrongValue { expected: 0, paid: 1 });
    assert_eq!(c.pay_refused("ann", &order("bakery", 1), 1), native);
    let here = c.here();
    c.world.allow("ann", here, NET - 1);
    let token = c.world.token;
    let refused = CustodyError::Payment(PaymentFault::TokenRefused { token });
    assert_eq!(c.pay_refused("ann", &order("bakery", 1), 0), refused);
    assert!(c.world.coupon(c.coupon).is_some());
}

#[test]
fn an_acceptors_permit_for_custody_is_no_good_at_the_registry_and_the_other_way_round() {
    let mut c = Counter::new(terms());
    let order = order("bakery", 1);
    let coupons = c.coupons(&order);
    let permit = c.permit("bakery", &coupons, &order, 0);
    let signer = account("bakery");
    let unpaid =
        shared::permit::Permits { acceptor: Some(OrderPermit { signer, permit }), coupons: coupons.clone() };
    let message = c.to.registry.call_mut().redeem(order.clone(), unpaid);
    let invalid = RegistryError::PermitInvalid { signer };
    assert_eq!(refused(&mut c.world, "ann", 0, message), invalid);
    let registrys = c.world.place().order(&keys("bakery"), &whole(&[c.coupon]), &order).permit;
    let why = c.refuses_to_take("ann", NET, &order, coupons, registrys);
    assert_eq!(why, CustodyError::PermitInvalid { signer });
}

#[test]
fn a_permit_is_the_acceptors_own_for_this_order_with_these_coupons_and_in_time() {
    let mut c = Counter::new(terms());
    let usual = order("bakery", 1);
    let coupons = c.coupons(&usual);
    let invalid = CustodyError::PermitInvalid { signer: account("bakery") };
    let strangers = c.permit("cinema", &coupons, &usual, 0);
    assert_eq!(c.refuses_to_take("ann", NET, &usual, coupons.clone(), strangers), invalid);
    let permit = c.permit("bakery", &coupons, &usual, 0);
    let cheaper = Order { basket: 1_000, ..usual.clone() };
    let own = c.coupons(&cheaper);
    assert_eq!(c.refuses_to_take("ann", NET, &cheaper, own, permit.clone()), invalid);
    let other = issue(&mut c.world, "bakery", c.coupon.campaign, "ann");
    let others = held_by(&c.world, "ann", other, &usual).coupons;
    assert_eq!(c.refuses_to_take("ann", NET, &usual, others, permit.clone()), invalid);
    let early = Permit { epoch: 1, ..permit.clone() };
    let cancelled = CustodyError::PermitCancelled { epoch: 1, current: 0 };
    assert_eq!(c.refuses_to_take("ann", NET, &usual, coupons.clone(), early), cancelled);
    c.at(usual.deadline - 1);
    let moment = c.world.fixture();
    let message = c.custody.call_mut().pay(usual.clone(), coupons.clone(), permit.clone());
    act(&mut c.world, "ann", NET, message);
    c.world = moment.world();
    c.at(usual.deadline);
    let expired = CustodyError::PermitExpired { deadline: usual.deadline, now: usual.deadline };
    assert_eq!(c.refuses_to_take("ann", NET, &usual, coupons, permit), expired);
}

#[test]
fn neither_the_acceptor_nor_its_resolver_pays() {
    let mut c = Counter::new(terms());
    let own = CustodyError::OwnOrder { acceptor: account("bakery") };
    assert_eq!(c.pay_refused("bakery", &order("bakery", 1), NET), own);
    let resolver = CustodyError::ResolverPays { resolver: account("dee") };
    assert_eq!(c.pay_refused("dee", &order("bakery", 1), NET), resolver);
}

#[test]
fn an_order_for_elsewhere_is_not_taken() {
    let mut c = Counter::new(terms());
    let on_chain = Order { settlement: Settlement::OnChain, ..order("bakery", 1) };
    assert_eq!(c.pay_refused("ann", &on_chain, NET), CustodyError::OnChainOrder { number: 1 });
    let no_terms = CustodyError::NoTerms { acceptor: account("cinema") };
    assert_eq!(c.pay_refused("ann", &order("cinema", 1), NET), no_terms);
}

#[test]
fn what_the_registry_refuses_is_refused_with_its_reason() {
    let mut c = Counter::new(terms());
    let here = c.here();
    let usual = order("bakery", 1);
    let coupons = vec![CouponPermit { permit: None, ..c.coupons(&usual)[0].clone() }];
    let permit = c.permit("bakery", &coupons, &usual, 0);
    let missing = RegistryError::PermitMissing { coupon: c.coupon };
    let why = c.refuses_to_take("ann", NET, &usual, coupons, permit);
    assert_eq!(why, CustodyError::Registry(missing.into()), "custody speaks for no holder");
    act(&mut c.world, "bakery", 0, c.to.office.call_mut().set_role(here, false, false, None));
    let not_acceptor = RegistryError::NotAcceptor { signer: here };
    let why = c.pay_refused("ann", &usual, NET);
    assert_eq!(why, CustodyError::Registry(not_acceptor.into()), "it is no cashier any more");
    act(&mut c.world, "bakery", 0, c.to.office.call_mut().set_role(here, false, true, None));
    c.pay("ann", &usual, NET);
    c.coupon = issue(&mut c.world, "bakery", c.coupon.campaign, "ann");
    let message = c.custody.call_mut().give_back(1, NET);
    act(&mut c.world, "bakery", 0, message);
    let used = RegistryError::OrderUsed { number: 1 };
    assert_eq!(c.pay_refused("ann", &usual, NET), CustodyError::Registry(used.into()));
}

#[test]
fn with_nothing_to_pay_there_is_nothing_to_hold() {
    let mut c = Counter::new(terms_but(|t| t.benefit = Benefit::AmountOff { value: 5_000 }));
    let all = Order { eligible: 2_000, ..order("bakery", 1) };
    assert_eq!(c.pay_refused("ann", &all, 0), CustodyError::NothingToHold { number: 1 });
    assert!(c.world.coupon(c.coupon).is_some());
}

#[test]
fn a_number_that_is_held_is_not_held_again_at_another_registry() {
    let mut c = Counter::paid();
    let registry = another_registry(&mut c.world, b"second");
    let terms = HoldingTerms { registry, ..holding(&c.world) };
    c.set_terms("bakery", terms);
    let order = order("bakery", 1);
    let coupons = c.coupons(&order);
    let permit = c.permit("bakery", &coupons, &order, 1);
    let why = c.refuses_to_take("ann", NET, &order, coupons, permit);
    assert_eq!(why, CustodyError::AlreadyHeld { number: 1 });
}

#[test]
fn rolled_back_at_the_desk_meanwhile_the_money_is_still_held_for_the_payer_to_claim() {
    let mut c = Counter::new(terms());
    let done = c.pay("ann", &order("bakery", 1), NET);
    let redeemed: OrdersRedeemed = done.events[done.events.len() - 2].read();
    let redemption = redeemed.redemptions[0].clone();
    let done = act(&mut c.world, "bakery", 0, c.to.desk.call_mut().roll_back(redemption, None));
    assert_eq!(done.moved, [], "what was paid here isn't the registry's to give back");
    assert!(c.world.coupon(c.coupon).is_some());
    assert_eq!((c.held(), c.holds(NATIVE)), (Some(c.usual()), NET));
    assert_eq!(c.dispute().result, NOW + TO_RULE);
    assert_eq!(c.give_back(NET).moved, [("ann", 1_800)]);
    assert_eq!((c.held(), c.holds(NATIVE)), (None, 0));
}
