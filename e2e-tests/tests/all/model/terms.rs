//! What terms say: which are refused, what a coupon is worth, and which period a time is in. Plain arithmetic of its own.

use super::ops::DAY;
use chain::Balance;
use shared::{
    order::Use,
    terms::{
        Acceptance, Audience, Benefit, Cap, Card, Funding, PeriodLimits, Terms, TermsFault, TransferPolicy,
        Unit,
    },
};

pub(crate) fn is_gift_card(terms: &Terms) -> bool {
    matches!(terms.benefit, Benefit::StoredValue { .. })
}

/// The most one use takes off.
pub(crate) fn largest_use(terms: &Terms) -> Balance {
    match terms.benefit {
        Benefit::AmountOff { value } | Benefit::StoredValue { value } => value,
        Benefit::FreeItem { worth } => worth,
        Benefit::PercentOff { cap, .. } | Benefit::NewPrice { cap, .. } => cap,
    }
}

/// What a new coupon has left.
pub(crate) fn full(terms: &Terms) -> Balance {
    match (terms.benefit, terms.card) {
        (Benefit::StoredValue { value }, _) => value,
        (_, Card::Uses(count) | Card::Stamps(count)) => count.into(),
    }
}

/// The most a coupon with `left` can still take off.
pub(crate) fn largest(terms: &Terms, left: Balance) -> Balance {
    if left == 0 {
        0
    } else if is_gift_card(terms) {
        left
    } else if matches!(terms.card, Card::Stamps(_)) {
        largest_use(terms)
    } else {
        left * largest_use(terms)
    }
}

/// What a use that left `left` before it sets free of the coupon's backing.
pub(crate) fn freed(terms: &Terms, used: &Use) -> Balance {
    largest(terms, used.left_before) - largest(terms, used.left_before - spent(terms, used.discount))
}

/// What a use takes of what the coupon has left.
pub(crate) fn spent(terms: &Terms, discount: Balance) -> Balance {
    if is_gift_card(terms) {
        discount
    } else {
        1
    }
}

/// Whether the next use is a stamp and no more.
pub(crate) fn is_stamp(terms: &Terms, left: Balance) -> bool {
    matches!(terms.card, Card::Stamps(_)) && left >= 2
}

/// What a coupon with `left` takes off `eligible`.
pub(crate) fn discount(terms: &Terms, eligible: Balance, left: Balance) -> Balance {
    if is_stamp(terms, left) {
        return 0;
    }
    let by_rule = match terms.benefit {
        Benefit::AmountOff { value } => value,
        Benefit::FreeItem { worth } => worth,
        Benefit::PercentOff { bps, cap } => cap.min(eligible * Balance::from(bps) / 10_000),
        Benefit::NewPrice { price, cap } => cap.min(eligible.saturating_sub(price)),
        Benefit::StoredValue { .. } => left,
    };
    by_rule.min(eligible)
}

/// Whether anything of a holder's redemptions is limited.
pub(crate) fn counts_holders(terms: &Terms) -> bool {
    let some = |cap: Cap| cap.uses.is_some() || cap.value.is_some();
    some(terms.limits.holder) || terms.limits.period.is_some_and(|period| some(period.holder))
}

/// The share that breakage gives to others than the issuer, in bps.
pub(crate) fn shared_bps(terms: &Terms) -> u32 {
    u32::from(terms.breakage.holder_bps) + terms.breakage.fund.map_or(0, |(_, bps)| u32::from(bps))
}

/// Which period a time is in, from 0.
pub(crate) fn period(limits: &PeriodLimits, at: u64) -> u32 {
    if at <= limits.start {
        return 0;
    }
    let since = at - limits.start;
    let whole = match limits.unit {
        Unit::Day => since / DAY,
        Unit::Week => since / (7 * DAY),
        Unit::Month => {
            (1..).take_while(|months| month_later(limits.start, *months) <= at).last().unwrap_or(0)
        }
    };
    u32::try_from(whole).unwrap()
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u64, month: u64) -> u64 {
    match month {
        1 if is_leap(year) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

/// `start` and `months` calendar months: the same day and time, or where there is no such day the start of the month after. January is month 0.
fn month_later(start: u64, months: u64) -> u64 {
    let (mut year, mut month, mut rest) = (1970, 0, start / DAY);
    while rest >= days_in(year, month) {
        rest -= days_in(year, month);
        (year, month) = if month == 11 { (year + 1, 0) } else { (year, month + 1) };
    }
    let target = year * 12 + month + months;
    let (mut days, mut place) = (0, 1970 * 12);
    while place < target {
        days += days_in(place / 12, place % 12);
        place += 1;
    }
    let length = days_in(target / 12, target % 12);
    if rest < length {
        (days + rest) * DAY + start % DAY
    } else {
        (days + length) * DAY
    }
}

/// The first contradiction in terms, if any.
pub(crate) fn fault(terms: &Terms, now: u64) -> Option<TermsFault> {
    let zero = |cap: Cap| cap.uses == Some(0) || cap.value == Some(0);
    let limits = &terms.limits;
    let nothing = matches!(terms.benefit, Benefit::PercentOff { bps: 0, .. }) || largest_use(terms) == 0;
    let over_whole = match terms.benefit {
        Benefit::PercentOff { bps, .. } if bps > 10_000 => Some(TermsFault::PercentOverWhole { bps }),
        _ => None,
    };
    let zero_limit = terms.valid_for == Some(0)
        || terms.budget == Some(0)
        || terms.resale_bps == Some(0)
        || matches!(terms.card, Card::Uses(0) | Card::Stamps(0))
        || limits.issued_per_holder == Some(0)
        || limits.uses == Some(0)
        || zero(limits.holder)
        || limits.period.is_some_and(|period| zero(period.campaign) || zero(period.holder))
        || terms.referral.is_some_and(|referral| referral.per_advocate == 0);
    let attested = matches!(terms.audience, Audience::Attested { .. });
    let first_order = terms.audience == Audience::FirstOrder || terms.referral.is_some();
    let shares = shared_bps(terms);
    let faults = [
        over_whole.or(nothing.then_some(TermsFault::NoBenefit)),
        [terms.issue_window, terms.redeem_window]
            .into_iter()
            .find(|window| window.start >= window.end)
            .map(|window| TermsFault::EmptyWindow { start: window.start, end: window.end }),
        (terms.issue_window.end <= now)
            .then_some(TermsFault::IssueWindowPast { end: terms.issue_window.end, now }),
        (terms.issue_window.end > terms.redeem_window.end).then_some(TermsFault::IssueOutlastsRedeem {
            issue_end: terms.issue_window.end,
            redeem_end: terms.redeem_window.end,
        }),
        (terms.supply == 0).then_some(TermsFault::NoSupply),
        zero_limit.then_some(TermsFault::ZeroLimit),
        (is_gift_card(terms) && terms.card != Card::Uses(1)).then_some(TermsFault::CardOfValue),
        (terms.budget.is_some() && terms.funding == Funding::Escrow)
            .then_some(TermsFault::BudgetBesideEscrow),
        (attested && terms.transfer != TransferPolicy::Soulbound).then_some(TermsFault::AttestedButTraded),
        (first_order && !terms.marks_first_order).then_some(TermsFault::FirstOrderUnmarked),
        match &terms.acceptance {
            Acceptance::Listed(listed) if listed.is_empty() || listed.len() > 16 => {
                Some(TermsFault::AcceptorCount { listed: u32::try_from(listed.len()).unwrap() })
            }
            Acceptance::IssuerOnly | Acceptance::Listed(_) if terms.funding == Funding::Alliance => {
                Some(TermsFault::AllianceMissing)
            }
            Acceptance::IssuerOnly | Acceptance::Listed(_) | Acceptance::Alliance(_) => None,
        },
        (terms.royalty_bps > 1_000).then_some(TermsFault::RoyaltyOverCap { bps: terms.royalty_bps }),
        (terms.rollback_window > 90 * DAY)
            .then_some(TermsFault::RollbackWindowOverCap { window: terms.rollback_window }),
        terms.resale_bps.filter(|bps| *bps > 10_000).map(|bps| TermsFault::PercentOverWhole { bps }),
        (terms.reservation_ttl > 7 * DAY)
            .then_some(TermsFault::ReservationOverCap { ttl: terms.reservation_ttl }),
        (shares > 10_000 || (shares > 0 && terms.funding != Funding::Escrow))
            .then_some(TermsFault::BreakageOverWhole { bps: shares }),
    ];
    faults.into_iter().flatten().next()
}
