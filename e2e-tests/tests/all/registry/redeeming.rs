//! Quotes and redemptions: what coupons take off, who pays whom, and every reason to refuse.

use crate::scene::*;
use e2e_tests::{account, actors::GHOST};
use ink::codegen::TraitCallBuilder;
use registry::events::*;
use shared::{
    assets::{Asset, PaymentFault},
    coupons::{Holder, Role},
    ids::CouponId,
    order::{digest, Order, Quote, QuoteLine, Redemption, Use},
    registry::{CouponRegistry, RegistryError},
    terms::{Acceptance, Benefit, Funding},
    Timestamp,
};

/// What the usual coupon does to the usual order.
fn usual(coupon: CouponId, order: &Order) -> Redemption {
    Redemption {
        acceptor: order.acceptor,
        number: order.number,
        order: digest(order),
        basket: order.basket,
        eligible: order.eligible,
        asset: Asset::Native,
        uses: vec![Use {
            coupon,
            holder: account("ann"),
            valid_until: Timestamp::MAX,
            issuer: account("bakery"),
            funding: Funding::Merchant,
            advocate: None,
            left_before: 1,
            left_after: 0,
            discount: 200,
        }],
        refused: Vec::new(),
        net: 1_800,
        payer: None,
        alliance: None,
        cashier: None,
        redeemed_at: NOW,
        final_at: NOW + DAY,
    }
}

// Feature: Events / export.
#[test]
fn at_the_till_the_acceptor_submits_with_the_holders_permit() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let order = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    let done = act(&mut world, "bakery", 0, to.registry.call_mut().redeem(order.clone(), permits));

    let redemption = usual(coupon, &order);
    assert_eq!(done.result, redemption);
    assert_eq!(done.moved, []);
    let spent = Transfer { from: Some(account("ann")), to: None, id: coupon.into() };
    let word = world.order_word(account("bakery"), 1);
    assert_eq!((word.used, word.digest(1)), (1 << 1, Some(digest(&redemption))));
    let redeemed =
        OrdersRedeemed { acceptor: account("bakery"), redemptions: vec![redemption], claimed: false };
    assert_eq!(done.events, [by(world.suite.registry, spent), by(world.suite.registry, redeemed)]);
    assert_eq!(world.coupon(coupon), None);
    assert_eq!(world.holder(account("ann")), Holder::default());
    assert_eq!(world.progress(coupon.campaign).uses, 1);
}

#[test]
fn at_a_web_checkout_the_holder_submits_the_signed_order_and_pays_on_chain() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let order = order_on_chain("bakery", 1);
    let permits = signed_by(&world, "bakery", coupon, &order);
    let done = act(&mut world, "ann", 2_500, to.registry.call_mut().redeem(order.clone(), permits));
    assert_eq!(done.result, Redemption { payer: Some(account("ann")), ..usual(coupon, &order) });
    assert_eq!(done.moved, [("bakery", 1_800), ("ann", -1_800)], "what was over came back");
}

#[test]
fn a_relayer_may_bring_both_permits_and_pay() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let order = order_on_chain("bakery", 1);
    let permits = both(&world, "bakery", "ann", coupon, &order);
    let done = act(&mut world, "relayer", 1_800, to.registry.call_mut().redeem(order, permits));
    assert_eq!(done.moved, [("bakery", 1_800), ("relayer", -1_800)]);
    assert_eq!(done.result.payer, Some(account("relayer")));
}

#[test]
fn a_cashier_accepts_until_dismissed_and_does_nothing_else() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let (bakery, till) = (account("bakery"), account("till"));
    let other = issue(&mut world, "bakery", coupon.campaign, "ann");
    let hire = |cashier| office::events::RoleChanged {
        merchant: bakery,
        account: till,
        operator: false,
        cashier,
        daily_cap: None,
    };
    let done = act(&mut world, "bakery", 0, to.office.call_mut().set_role(till, false, true, None));
    assert_eq!(done.events, [by(world.suite.office, hire(true))]);

    let (first, second) = (order("bakery", 1), order("bakery", 2));
    let permits = held_by(&world, "ann", coupon, &first);
    let redemption = act(&mut world, "till", 0, to.registry.call_mut().redeem(first, permits)).result;
    assert_eq!((redemption.acceptor, redemption.cashier), (bakery, Some(till)));
    let permits = both(&world, "till", "ann", other, &second);
    assert_eq!(world.role(bakery, till), Some(Role { cashier: true, ..Role::default() }));
    let not_operator = RegistryError::NotOperator { caller: till };
    let freeze = to.office.call_mut().set_frozen(other, Some(1));
    assert_eq!(refused(&mut world, "till", 0, freeze), not_operator);

    let done = act(&mut world, "bakery", 0, to.office.call_mut().set_role(till, false, false, None));
    assert_eq!(done.events, [by(world.suite.office, hire(false))]);
    let message = to.registry.call_mut().redeem(second.clone(), permits);
    let not_acceptor = RegistryError::NotAcceptor { signer: till };
    assert_eq!(refused(&mut world, "relayer", 0, message), not_acceptor);
    let permits = held_by(&world, "ann", other, &second);
    assert_eq!(refused(&mut world, "till", 0, to.registry.call_mut().redeem(second, permits)), not_acceptor);
}

#[test]
fn escrow_pays_the_acceptor_in_the_same_call() {
    let terms = terms_but(|t| {
        t.funding = Funding::Escrow;
        t.acceptance = Acceptance::Listed(vec![account("cinema")]);
    });
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms, 700);
    let order = order("cinema", 1);
    let permits = held_by(&world, "ann", coupon, &order);
    let done = act(&mut world, "cinema", 0, to.registry.call_mut().redeem(order, permits));
    assert_eq!(done.moved, [("cinema", 200), ("registry", -200)]);
    let progress = world.progress(coupon.campaign);
    let kept = (progress.escrow_left, progress.reserved, progress.held);
    assert_eq!(kept, (500, 0, 300), "in case it is rolled back");
}

#[test]
fn an_acceptor_that_cannot_be_paid_finds_the_money_in_its_pull_balance() {
    let terms = terms_but(|t| {
        t.funding = Funding::Escrow;
        t.acceptance = Acceptance::Listed(vec![account(GHOST)]);
    });
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms, 700);
    let order = order(GHOST, 1);
    let permits = signed_by(&world, GHOST, coupon, &order);
    let done = act(&mut world, "ann", 0, to.registry.call_mut().redeem(order, permits));
    let (ghost, asset) = (account(GHOST), Asset::Native);
    assert_eq!(done.moved, []);
    let waits = CreditAdded { account: ghost, asset, amount: 200 };
    assert_eq!(done.events.last(), Some(&by(world.suite.registry, waits)));
    assert_eq!(world.credit(ghost, asset), 200);

    world.chain.endow(ghost, e2e_tests::world::WEALTH).unwrap();
    let done = act(&mut world, GHOST, 0, to.desk.call_mut().withdraw_credit(asset));
    assert_eq!(done.moved, [(GHOST, 200), ("registry", -200)]);
    let collected = desk::events::CreditWithdrawn { account: ghost, asset, amount: 200 };
    assert_eq!(done.events, [by(world.suite.desk, collected)]);
    assert_eq!(
        refused(&mut world, GHOST, 0, to.desk.call_mut().withdraw_credit(asset)),
        RegistryError::NoCredit
    );
}

#[test]
fn a_price_that_cannot_reach_the_acceptor_spends_nothing() {
    let terms = terms_but(|t| t.acceptance = Acceptance::Listed(vec![account(GHOST)]));
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms, 0);
    let order = order_on_chain(GHOST, 1);
    let permits = signed_by(&world, GHOST, coupon, &order);
    let refusal = refused(&mut world, "ann", 1_800, to.registry.call_mut().redeem(order, permits));
    assert_eq!(refusal, RegistryError::Payment(PaymentFault::TransferRefused));
}

#[test]
fn the_net_price_must_be_sent_and_nothing_at_a_till() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let wrong = |expected, paid| RegistryError::Payment(PaymentFault::WrongValue { expected, paid });
    let online = order_on_chain("bakery", 1);
    let permits = signed_by(&world, "bakery", coupon, &online);
    let message = to.registry.call_mut().redeem(online, permits);
    assert_eq!(refused(&mut world, "ann", 1_799, message), wrong(1_800, 1_799));
    let at_till = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &at_till);
    assert_eq!(
        refused(&mut world, "bakery", 1, to.registry.call_mut().redeem(at_till, permits)),
        wrong(0, 1)
    );
}

#[test]
fn discounts_stop_at_rule_cap_and_eligible() {
    let cases = [
        (terms(), 999, 199),
        (terms(), 1_000_000, 500),
        (terms_but(|t| t.budget = Some(200)), 1_000, 200),
        (terms_but(|t| t.benefit = Benefit::AmountOff { value: 300 }), 1_000, 300),
        (terms_but(|t| t.benefit = Benefit::AmountOff { value: 300 }), 299, 299),
    ];
    for (terms, eligible, discount) in cases {
        let (mut world, mut to, coupon) = ann_has_a_coupon(terms, 0);
        let order = Order { eligible, basket: eligible + 7, ..order("bakery", 1) };
        let lines = vec![QuoteLine { coupon, outcome: Ok(discount) }];
        let quote = Quote { discount, net: order.basket - discount, asset: Asset::Native, lines };
        assert_eq!(quoted(&world, &whole(&[coupon]), &order), Ok(quote.clone()));
        let permits = held_by(&world, "ann", coupon, &order);
        let redemption = act(&mut world, "bakery", 0, to.registry.call_mut().redeem(order, permits)).result;
        assert_eq!((redemption.uses[0].discount, redemption.net), (discount, quote.net));
    }
}

#[test]
fn a_used_up_budget_gives_nothing_more() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms_but(|t| t.budget = Some(200)), 0);
    let other = issue(&mut world, "bakery", coupon.campaign, "ann");
    let first = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &first);
    act(&mut world, "bakery", 0, to.registry.call_mut().redeem(first, permits));
    let exhausted = RegistryError::BudgetExhausted { campaign: coupon.campaign };
    assert_eq!(till_refuses(&mut world, other, "ann", &order("bakery", 2)), exhausted);
}

#[test]
fn an_order_number_takes_effect_once() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let other = issue(&mut world, "bakery", coupon.campaign, "ann");
    let order = order("bakery", 256);
    let permits = held_by(&world, "ann", coupon, &order);
    act(&mut world, "bakery", 0, to.registry.call_mut().redeem(order.clone(), permits));
    for coupon in [coupon, other] {
        let used = RegistryError::OrderUsed { number: 256 };
        assert_eq!(till_refuses(&mut world, coupon, "ann", &order), used);
    }
    let next = Order { number: 257, ..order };
    let spent = RegistryError::NoSuchCoupon { coupon };
    assert_eq!(till_refuses(&mut world, coupon, "ann", &next), spent);
}

#[test]
fn bad_orders_are_refused_by_name() {
    let (mut world, _, coupon) = ann_has_a_coupon(terms(), 0);
    let order = order("bakery", 1);
    let cases = [
        (
            Order { eligible: 2_001, ..order.clone() },
            RegistryError::EligibleOverBasket { eligible: 2_001, basket: 2_000 },
        ),
        (Order { deadline: NOW, ..order.clone() }, RegistryError::OrderExpired { deadline: NOW, now: NOW }),
        (order_on_chain("bakery", 1), RegistryError::AcceptorIsPayer),
        (
            Order { basket: 99, eligible: 99, ..order.clone() },
            RegistryError::BelowMinBasket { basket: 99, least: 100 },
        ),
        (Order { eligible: 4, ..order }, RegistryError::NoEffect { coupon }),
    ];
    for (order, expected) in cases {
        assert_eq!(till_refuses(&mut world, coupon, "ann", &order), expected);
    }
    let foreign = RegistryError::ForeignCoupon { coupon };
    assert_eq!(till_refuses(&mut world, coupon, "ann", &crate::scene::order("cinema", 1)), foreign);
}

#[test]
fn an_order_takes_one_to_five_coupons() {
    let (mut world, _, coupon) = ann_has_a_coupon(terms(), 0);
    let order = order("bakery", 1);
    for presented in [0, 6] {
        let coupons = vec![coupon.into(); presented];
        let presented = u32::try_from(presented).unwrap();
        let count = RegistryError::CouponCount { presented, most: 5 };
        assert_eq!(all_refused(&mut world, "ann", &coupons, &order), count);
    }
}

#[test]
fn coupons_are_spent_in_their_time() {
    let terms = terms_but(|t| (t.redeem_window.start, t.valid_for) = (NOW + HOUR, Some(DAY)));
    let (start, end) = (terms.redeem_window.start, terms.redeem_window.end);
    let (mut world, _, coupon) = ann_has_a_coupon(terms, 0);
    let mut refusal_at = |now: u64| {
        world.chain.set_time(now).unwrap();
        let order = Order { deadline: now + HOUR, ..order("bakery", 1) };
        till_refuses(&mut world, coupon, "ann", &order)
    };
    let closed = |now| RegistryError::RedeemWindowClosed { start, end, now };
    let valid_until = NOW + DAY;
    assert_eq!(refusal_at(start - 1), closed(start - 1));
    let expired = RegistryError::CouponExpired { coupon, valid_until, now: valid_until };
    assert_eq!(refusal_at(valid_until), expired);
    assert_eq!(refusal_at(end), closed(end));
}

#[test]
fn the_last_moment_still_counts() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    let last = terms().redeem_window.end - 1;
    world.chain.set_time(last).unwrap();
    let order = Order { deadline: last + 1, ..order("bakery", 1) };
    let permits = held_by(&world, "ann", coupon, &order);
    act(&mut world, "bakery", 0, to.registry.call_mut().redeem(order, permits));
}

#[test]
fn a_frozen_coupon_is_spent_only_after_it_is_thawed() {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(), 0);
    act(&mut world, "bakery", 0, to.office.call_mut().set_frozen(coupon, Some(7)));
    let frozen = RegistryError::CouponFrozen { coupon, reason: 7 };
    let order = order("bakery", 1);
    assert_eq!(till_refuses(&mut world, coupon, "ann", &order), frozen);
    act(&mut world, "bakery", 0, to.office.call_mut().set_frozen(coupon, None));
    let permits = held_by(&world, "ann", coupon, &order);
    act(&mut world, "bakery", 0, to.registry.call_mut().redeem(order, permits));
}

#[test]
fn a_coupon_the_alliance_backs_goes_through_it_except_at_its_issuer() {
    let (world, _) = open();
    let alliance = world.suite.alliance;
    let (mut world, mut to, coupon) = ann_has_a_coupon(
        terms_but(|t| (t.funding, t.acceptance) = (Funding::Alliance, Acceptance::Alliance(alliance))),
        0,
    );
    let through = RegistryError::OnlyThroughAlliance { alliance };
    assert_eq!(till_refuses(&mut world, coupon, "ann", &order("cinema", 1)), through);
    let own = order("bakery", 1);
    let permits = held_by(&world, "ann", coupon, &own);
    act(&mut world, "bakery", 0, to.registry.call_mut().redeem(own, permits));
}

#[test]
fn nobody_passes_for_an_alliance() {
    let (world, _) = open();
    let alliance = world.suite.alliance;
    let terms =
        |named| terms_but(|t| (t.funding, t.acceptance) = (Funding::Alliance, Acceptance::Alliance(named)));
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms(alliance), 0);
    let through = RegistryError::OnlyThroughAlliance { alliance };
    // The caller is what counts, and neither the acceptor nor its cashier is the alliance.
    act(&mut world, "cinema", 0, to.office.call_mut().set_role(account("till"), false, true, None));
    let order = order("cinema", 1);
    for who in ["cinema", "till"] {
        let permits = held_by(&world, "ann", coupon, &order);
        let message = to.registry.call_mut().redeem(order.clone(), permits);
        assert_eq!(refused(&mut world, who, 0, message), through);
    }
}

#[test]
fn a_quote_says_why_not() {
    let (world, to, coupon) = ann_has_a_coupon(terms(), 0);
    let quote =
        |order, coupons, by: &str| read(&world, to.desk.call().quote(order, coupons, Some(account(by))));
    let unknown = CouponId { serial: 9, ..coupon };
    let cases = [
        (order("bakery", 1), vec![], RegistryError::CouponCount { presented: 0, most: 5 }),
        (order("bakery", 1), whole(&[unknown]), RegistryError::NoSuchCoupon { coupon: unknown }),
        (order("cinema", 1), whole(&[coupon]), RegistryError::ForeignCoupon { coupon }),
        (order_on_chain("bakery", 1), whole(&[coupon]), RegistryError::AcceptorIsPayer),
        (order("bakery", 1), vec![optional(unknown)], RegistryError::NothingApplied),
    ];
    for (order, coupons, expected) in cases {
        assert_eq!(quote(order, coupons, "bakery"), Err(expected));
    }
    let lines = vec![QuoteLine { coupon, outcome: Ok(200) }];
    let usual = Quote { discount: 200, net: 1_800, asset: Asset::Native, lines };
    assert_eq!(quote(order_on_chain("bakery", 1), whole(&[coupon]), "ann"), Ok(usual));
}
