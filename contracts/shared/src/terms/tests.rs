//! Each contradiction by its name, and what coupons take off.
use super::*;
use crate::testing::{account, any_eligible, any_terms, terms, NOW};
use proptest::prelude::*;

fn fault(change: impl FnOnce(&mut Terms)) -> Option<TermsFault> {
    let mut terms = terms();
    change(&mut terms);
    terms.check(NOW).err()
}

fn with(benefit: Benefit, card: Card) -> Terms {
    Terms { benefit, card, ..terms() }
}

fn one_use(benefit: Benefit) -> Terms {
    with(benefit, Card::Uses(1))
}

#[test]
fn plain_terms_pass() {
    assert_eq!(fault(|_| ()), None);
}

#[test]
fn a_benefit_gives_something_and_no_more_than_the_whole() {
    let benefit = |benefit| fault(|t| t.benefit = benefit);
    let none = Some(TermsFault::NoBenefit);
    assert_eq!(benefit(Benefit::AmountOff { value: 0 }), none);
    assert_eq!(benefit(Benefit::PercentOff { bps: 1, cap: 0 }), none);
    assert_eq!(benefit(Benefit::PercentOff { bps: 0, cap: 1 }), none);
    assert_eq!(benefit(Benefit::NewPrice { price: 1, cap: 0 }), none);
    assert_eq!(benefit(Benefit::FreeItem { worth: 0 }), none);
    assert_eq!(benefit(Benefit::StoredValue { value: 0 }), none);
    let over = Benefit::PercentOff { bps: 10_001, cap: 1 };
    assert_eq!(benefit(over), Some(TermsFault::PercentOverWhole { bps: 10_001 }));
    for good in [
        Benefit::AmountOff { value: 1 },
        Benefit::PercentOff { bps: 10_000, cap: 1 },
        Benefit::NewPrice { price: 0, cap: 1 },
        Benefit::FreeItem { worth: 1 },
        Benefit::StoredValue { value: 1 },
    ] {
        assert_eq!(benefit(good), None);
    }
}

#[test]
fn windows_are_open_for_a_while_and_in_order() {
    let empty = |start, end| Some(TermsFault::EmptyWindow { start, end });
    assert_eq!(fault(|t| t.issue_window.start = 100), empty(100, 100));
    assert_eq!(fault(|t| t.redeem_window.end = 9), empty(10, 9));
    let past = Some(TermsFault::IssueWindowPast { end: NOW, now: NOW });
    assert_eq!(fault(|t| t.issue_window.end = NOW), past);
    assert_eq!(fault(|t| t.issue_window.end = NOW + 1), None);
    let outlasts = Some(TermsFault::IssueOutlastsRedeem { issue_end: 201, redeem_end: 200 });
    assert_eq!(fault(|t| t.issue_window.end = 201), outlasts);
    assert_eq!(fault(|t| t.issue_window.end = 200), None);
}

#[test]
fn a_supply_of_zero_and_each_limit_of_zero_are_refused() {
    assert_eq!(fault(|t| t.supply = 0), Some(TermsFault::NoSupply));
    let no_uses = Cap { uses: Some(0), value: Some(1) };
    let no_value = Cap { uses: Some(1), value: Some(0) };
    let one = Cap { uses: Some(1), value: Some(1) };
    let period = |campaign, holder| Some(PeriodLimits { unit: Unit::Day, start: 0, campaign, holder });
    let zeros: [fn(&mut Terms); 8] = [
        |t| t.valid_for = Some(0),
        |t| t.budget = Some(0),
        |t| t.resale_bps = Some(0),
        |t| t.card = Card::Uses(0),
        |t| t.card = Card::Stamps(0),
        |t| t.limits.issued_per_holder = Some(0),
        |t| t.limits.uses = Some(0),
        |t| t.referral = Some(Referral { reward: 1, per_advocate: 0 }),
    ];
    for zero in zeros {
        assert_eq!(fault(zero), Some(TermsFault::ZeroLimit));
    }
    for cap in [no_uses, no_value] {
        assert_eq!(fault(|t| t.limits.holder = cap), Some(TermsFault::ZeroLimit));
        assert_eq!(fault(|t| t.limits.period = period(cap, one)), Some(TermsFault::ZeroLimit));
        assert_eq!(fault(|t| t.limits.period = period(one, cap)), Some(TermsFault::ZeroLimit));
    }
    let ones = Limits { issued_per_holder: Some(1), uses: Some(1), holder: one, period: period(one, one) };
    assert_eq!(fault(|t| t.limits = ones), None);
}

#[test]
fn a_gift_card_has_no_uses_or_stamps() {
    let value = Benefit::StoredValue { value: 1 };
    for card in [Card::Uses(2), Card::Stamps(1), Card::Stamps(2)] {
        assert_eq!(with(value, card).check(NOW), Err(TermsFault::CardOfValue));
    }
}

#[test]
fn escrow_is_its_own_budget() {
    let change = |funding| move |t: &mut Terms| (t.funding, t.budget) = (funding, Some(1));
    assert_eq!(fault(change(Funding::Escrow)), Some(TermsFault::BudgetBesideEscrow));
    assert_eq!(fault(change(Funding::Merchant)), None);
}

#[test]
fn an_attested_audience_keeps_its_coupons() {
    let attested = |transfer| {
        fault(|t| (t.audience, t.transfer) = (Audience::Attested { key: [1; 32], class: 1 }, transfer))
    };
    assert_eq!(attested(TransferPolicy::Free), Some(TermsFault::AttestedButTraded));
    let market = TransferPolicy::MarketOnly(account(1));
    assert_eq!(attested(market), Some(TermsFault::AttestedButTraded));
    assert_eq!(attested(TransferPolicy::Soulbound), None);
}

#[test]
fn who_counts_first_orders_marks_them() {
    let referral = Some(Referral { reward: 1, per_advocate: 1 });
    assert_eq!(fault(|t| t.audience = Audience::FirstOrder), Some(TermsFault::FirstOrderUnmarked));
    assert_eq!(fault(|t| t.referral = referral), Some(TermsFault::FirstOrderUnmarked));
    assert_eq!(
        fault(|t| (t.audience, t.referral, t.marks_first_order) = (Audience::FirstOrder, referral, true)),
        None
    );
}

#[test]
fn acceptors_are_listed_and_not_too_many_and_an_alliance_books_only_its_own() {
    let listed = |count| Acceptance::Listed(vec![account(1); count]);
    assert_eq!(fault(|t| t.acceptance = listed(0)), Some(TermsFault::AcceptorCount { listed: 0 }));
    assert_eq!(fault(|t| t.acceptance = listed(16)), None);
    assert_eq!(fault(|t| t.acceptance = listed(17)), Some(TermsFault::AcceptorCount { listed: 17 }));
    let alliance = |acceptance| fault(|t| (t.funding, t.acceptance) = (Funding::Alliance, acceptance));
    assert_eq!(alliance(Acceptance::IssuerOnly), Some(TermsFault::AllianceMissing));
    assert_eq!(alliance(listed(1)), Some(TermsFault::AllianceMissing));
    assert_eq!(alliance(Acceptance::Alliance(account(1))), None);
}

#[test]
fn shares_and_times_have_ends() {
    assert_eq!(fault(|t| t.royalty_bps = 1_001), Some(TermsFault::RoyaltyOverCap { bps: 1_001 }));
    assert_eq!(fault(|t| t.royalty_bps = 1_000), None);
    let window = MAX_ROLLBACK_WINDOW + 1;
    assert_eq!(fault(|t| t.rollback_window = window), Some(TermsFault::RollbackWindowOverCap { window }));
    assert_eq!(fault(|t| t.rollback_window = MAX_ROLLBACK_WINDOW), None);
    assert_eq!(fault(|t| t.resale_bps = Some(10_001)), Some(TermsFault::PercentOverWhole { bps: 10_001 }));
    assert_eq!(fault(|t| t.resale_bps = Some(10_000)), None);
    let ttl = MAX_RESERVATION + 1;
    assert_eq!(fault(|t| t.reservation_ttl = ttl), Some(TermsFault::ReservationOverCap { ttl }));
    assert_eq!(fault(|t| t.reservation_ttl = MAX_RESERVATION), None);
}

#[test]
fn breakage_shares_at_most_the_whole_of_an_escrow() {
    let breakage = |funding, holder_bps, fund| {
        fault(|t| (t.funding, t.breakage) = (funding, Breakage { holder_bps, fund }))
    };
    let fund = |bps| Some((account(1), bps));
    let over = |bps| Some(TermsFault::BreakageOverWhole { bps });
    assert_eq!(breakage(Funding::Escrow, 6_000, fund(4_000)), None);
    assert_eq!(breakage(Funding::Escrow, 6_000, fund(4_001)), over(10_001));
    assert_eq!(breakage(Funding::Escrow, u16::MAX, fund(u16::MAX)), over(131_070));
    assert_eq!(breakage(Funding::Merchant, 1, None), over(1));
    assert_eq!(breakage(Funding::Merchant, 0, fund(1)), over(1));
}

#[test]
fn each_benefit_stops_at_its_cap_and_at_what_is_eligible() {
    let amount = one_use(Benefit::AmountOff { value: 300 });
    assert_eq!([0, 299, 300, 301].map(|e| amount.discount(e, 1)), [0, 299, 300, 300]);
    let item = one_use(Benefit::FreeItem { worth: 300 });
    assert_eq!([0, 299, 301].map(|e| item.discount(e, 1)), [0, 299, 300]);
    let percent = one_use(Benefit::PercentOff { bps: 2_000, cap: 500 });
    assert_eq!([4, 5, 999, 2_499, 2_500, 2_505].map(|e| percent.discount(e, 1)), [0, 1, 199, 499, 500, 500]);
    let price = one_use(Benefit::NewPrice { price: 100, cap: 50 });
    assert_eq!([99, 100, 101, 150, 151].map(|e| price.discount(e, 1)), [0, 0, 1, 50, 50]);
    let value = one_use(Benefit::StoredValue { value: 300 });
    assert_eq!([(299, 300), (301, 300), (301, 7)].map(|(e, left)| value.discount(e, left)), [299, 300, 7]);
}

#[test]
fn only_the_last_stamp_gives_the_benefit() {
    let card = with(Benefit::AmountOff { value: 10 }, Card::Stamps(3));
    assert_eq!(card.full(), 3);
    assert_eq!([3, 2, 1].map(|left| card.is_stamp(left)), [true, true, false]);
    assert_eq!([3, 2, 1].map(|left| card.discount(50, left)), [0, 0, 10]);
    assert_eq!([3, 2, 1, 0].map(|left| card.largest_discount(left)), [10, 10, 10, 0].map(Some));
}

#[test]
fn every_use_of_a_card_gives_the_benefit() {
    let card = with(Benefit::AmountOff { value: 10 }, Card::Uses(3));
    assert_eq!(card.full(), 3);
    assert_eq!([3, 2, 1].map(|left| card.discount(50, left)), [10, 10, 10]);
    assert_eq!([3, 2, 1, 0].map(|left| card.largest_discount(left)), [30, 20, 10, 0].map(Some));
    let endless = with(Benefit::AmountOff { value: Balance::MAX }, Card::Uses(2));
    assert_eq!([2, 1].map(|left| endless.largest_discount(left)), [None, Some(Balance::MAX)]);
}

#[test]
fn a_gift_card_spends_value_and_any_other_coupon_a_use() {
    let gift = one_use(Benefit::StoredValue { value: 300 });
    assert_eq!((gift.full(), gift.spent_by(120), gift.largest_discount(180)), (300, 120, Some(180)));
    let other = one_use(Benefit::AmountOff { value: 300 });
    assert_eq!((other.full(), other.spent_by(120), other.largest_use()), (1, 1, 300));
}

#[test]
fn a_resale_band_rounds_down() {
    let band = |resale_bps, most| Terms { resale_bps, ..terms() }.highest_price(most);
    assert_eq!(band(None, 999), None);
    assert_eq!(band(Some(5_000), 999), Some(499));
    assert_eq!(band(Some(10_000), Balance::MAX), Some(Balance::MAX));
}

#[test]
fn a_coupon_ends_after_its_time_or_never() {
    let until = |valid_for, now| Terms { valid_for, ..terms() }.valid_until(now);
    assert_eq!(until(Some(7), 50), 57);
    assert_eq!(until(Some(7), Timestamp::MAX), Timestamp::MAX);
    assert_eq!(until(None, 50), Timestamp::MAX);
}

#[test]
fn windows_are_half_open() {
    let window = Window { start: 10, end: 20 };
    assert_eq!([9, 10, 19, 20].map(|at| window.contains(at)), [false, true, true, false]);
}

#[test]
fn holders_are_counted_only_where_a_limit_asks_for_it() {
    let uses = Cap { uses: Some(1), value: None };
    let period = |campaign, holder| Limits {
        period: Some(PeriodLimits { unit: Unit::Day, start: 0, campaign, holder }),
        ..Limits::default()
    };
    assert!(!Limits::default().count_holders());
    assert!(!Limits { uses: Some(1), issued_per_holder: Some(1), ..Limits::default() }.count_holders());
    assert!(!period(uses, Cap::default()).count_holders());
    assert!(period(Cap::default(), uses).count_holders());
    let value = Cap { uses: None, value: Some(1) };
    assert!(Limits { holder: value, ..Limits::default() }.count_holders());
}

#[test]
fn periods_count_from_their_start_and_everything_before_is_the_first() {
    let day = calendar::DAY;
    let index = |unit, start, now| {
        PeriodLimits { unit, start, campaign: Cap::default(), holder: Cap::default() }.index(now)
    };
    for unit in [Unit::Day, Unit::Week, Unit::Month] {
        assert_eq!(index(unit, 70 * day, 0), 0);
        assert_eq!(index(unit, 70 * day, 70 * day), 0);
    }
    assert_eq!([6 * day - 1, 6 * day].map(|now| index(Unit::Day, 5 * day, now)), [0, 1]);
    assert_eq!([12 * day - 1, 12 * day].map(|now| index(Unit::Week, 5 * day, now)), [0, 1]);
    assert_eq!([31 * day - 1, 31 * day, 59 * day].map(|now| index(Unit::Month, 0, now)), [0, 1, 2]);
    assert_eq!(index(Unit::Day, 0, Timestamp::MAX), u32::MAX);
}

proptest! {
    #[test]
    fn made_up_terms_are_good_terms(terms in any_terms(1_000)) {
        prop_assert_eq!(terms.check(NOW), Ok(()));
    }

    #[test]
    fn a_discount_never_passes_the_eligible_amount_or_what_the_coupon_may_take_off(
        (terms, eligible) in (any_terms(1_000), any_eligible()),
        used: u16,
    ) {
        let left = terms.full().saturating_sub(used.into()).max(1);
        let discount = terms.discount(eligible, left);
        prop_assert!(discount <= eligible);
        prop_assert!(discount <= terms.largest_use());
        // What backed it before pays for it and still backs the rest.
        let after = terms.largest_discount(left - terms.spent_by(discount)).unwrap();
        prop_assert!(discount + after <= terms.largest_discount(left).unwrap());
    }

    #[test]
    fn more_in_scope_never_takes_less_off_nor_costs_less(
        terms in any_terms(1_000),
        (less, more) in (any_eligible(), any_eligible()),
    ) {
        let (less, more) = (less.min(more), less.max(more));
        prop_assert!(terms.discount(less, 1) <= terms.discount(more, 1));
        prop_assert!(less - terms.discount(less, 1) <= more - terms.discount(more, 1));
    }

    #[test]
    fn a_percentage_is_exact_before_it_is_rounded_down(bps in 1..=10_000u16, eligible in 0..(Balance::MAX >> 14)) {
        let terms = one_use(Benefit::PercentOff { bps, cap: Balance::MAX });
        let share = terms.discount(eligible, 1);
        let exact = eligible * Balance::from(bps);
        prop_assert!(share * 10_000 <= exact && exact < (share + 1) * 10_000);
    }
}
