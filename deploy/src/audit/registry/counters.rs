//! A campaign's counters, and what it counts of an account: how each use changes them, and each rollback. Written apart from the contracts' own
//! arithmetic: a use is what it took from escrow and what it set free, and undoing it is the difference between two uses.
use crate::audit::contradiction::{ensure_rule, ensure_same, ensure_some, Contradiction};
use shared::{
    campaigns::{Progress, Tally, Usage},
    order::Use,
    terms::{Cap, Funding, Terms},
    Balance, Timestamp,
};

const ESCROW: &str = "escrow";
const RESERVED: &str = "the reserved escrow";
const HELD: &str = "the held escrow";

/// A campaign that nothing has happened to.
pub(super) fn start(terms: &Terms, escrow: Balance) -> Progress {
    Progress {
        issued: 0,
        parts: 0,
        uses: 0,
        drops: Vec::new(),
        issuing_stopped: false,
        redeem_ends: terms.redeem_window.end,
        budget_left: terms.budget,
        escrow_left: escrow,
        reserved: 0,
        held: 0,
        period: Tally::default(),
    }
}

/// What a coupon with `left` must have locked for it.
pub(super) fn backing(terms: &Terms, left: Balance) -> Result<Balance, Contradiction> {
    match terms.funding {
        Funding::Escrow => ensure_some("a coupon's largest discount", terms.largest_discount(left)),
        Funding::Merchant | Funding::Alliance => Ok(0),
    }
}

/// What is locked and backs nothing yet.
pub(super) fn uncommitted(progress: &Progress) -> Result<Balance, Contradiction> {
    let free = progress.escrow_left.checked_sub(progress.reserved);
    ensure_some(ESCROW, free.and_then(|free| free.checked_sub(progress.held)))
}

/// Puts free escrow behind coupons.
pub(super) fn reserve(progress: &mut Progress, amount: Balance) -> Result<(), Contradiction> {
    ensure_rule("every live coupon is backed", amount <= uncommitted(progress)?)?;
    progress.reserved = ensure_some(RESERVED, progress.reserved.checked_add(amount))?;
    Ok(())
}

/// The serial of the next coupon.
pub(super) fn next_serial(progress: &Progress) -> Result<u32, Contradiction> {
    let serial = progress.issued.checked_add(progress.parts).and_then(|last| last.checked_add(1));
    ensure_some("a serial", serial)
}

pub(super) fn issue(
    progress: &mut Progress,
    terms: &Terms,
    first: u32,
    count: u32,
    now: Timestamp,
) -> Result<(), Contradiction> {
    ensure_same("the first serial", next_serial(progress)?, first)?;
    ensure_rule(
        "coupons are issued in the issue window",
        terms.issue_window.contains(now) && !progress.issuing_stopped,
    )?;
    let all = backing(terms, terms.full())?.checked_mul(count.into());
    reserve(progress, ensure_some(RESERVED, all)?)?;
    progress.issued = ensure_some("the coupons issued", progress.issued.checked_add(count))?;
    ensure_rule("the supply is the limit", progress.issued <= terms.supply)
}

/// What a use takes, and sets free.
#[derive(Default)]
struct Effect {
    discount: Balance,
    /// How much less must back the coupon.
    released: Balance,
}

impl Effect {
    fn of(terms: &Terms, used: &Use) -> Result<Self, Contradiction> {
        let (before, after) = (backing(terms, used.left_before)?, backing(terms, used.left_after)?);
        Ok(Self { discount: used.discount, released: ensure_some(RESERVED, before.checked_sub(after))? })
    }

    /// What was released and not taken.
    fn unused(&self) -> Result<Balance, Contradiction> {
        ensure_some(HELD, self.released.checked_sub(self.discount))
    }
}

pub(super) fn spend(
    progress: &mut Progress,
    terms: &Terms,
    used: &Use,
    now: Timestamp,
) -> Result<(), Contradiction> {
    let discount = used.discount;
    progress.uses = ensure_some("the uses", progress.uses.checked_add(1))?;
    ensure_rule("a campaign's limit of uses", terms.limits.uses.is_none_or(|most| progress.uses <= most))?;
    if let Some(period) = &terms.limits.period {
        count(&mut progress.period, period.index(now), &period.campaign, discount)?;
    }
    if let Some(left) = progress.budget_left {
        progress.budget_left = Some(ensure_some("the budget", left.checked_sub(discount))?);
    }
    if terms.funding == Funding::Escrow {
        let effect = Effect::of(terms, used)?;
        progress.escrow_left = ensure_some(ESCROW, progress.escrow_left.checked_sub(discount))?;
        progress.reserved = ensure_some(RESERVED, progress.reserved.checked_sub(effect.released))?;
        if terms.rollback_window > 0 {
            progress.held = ensure_some(HELD, progress.held.checked_add(effect.unused()?))?;
        }
    }
    Ok(())
}

/// `used` becomes `kept`, or as if it had never been.
pub(super) fn undo(
    progress: &mut Progress,
    terms: &Terms,
    used: &Use,
    kept: Option<&Use>,
    redeemed_at: Timestamp,
) -> Result<(), Contradiction> {
    let back = returned(used, kept)?;
    if kept.is_none() {
        progress.uses = ensure_some("the uses", progress.uses.checked_sub(1))?;
    }
    if let Some(period) = &terms.limits.period {
        uncount(&mut progress.period, period.index(redeemed_at), kept.is_none(), back)?;
    }
    if let Some(left) = progress.budget_left {
        progress.budget_left = Some(ensure_some("the budget", left.checked_add(back))?);
    }
    if terms.funding == Funding::Escrow {
        let before = Effect::of(terms, used)?;
        let after = kept.map_or(Ok(Effect::default()), |kept| Effect::of(terms, kept))?;
        progress.escrow_left = ensure_some(ESCROW, progress.escrow_left.checked_add(back))?;
        let reserved = progress.reserved.checked_add(before.released);
        let reserved = reserved.and_then(|reserved| reserved.checked_sub(after.released));
        progress.reserved = ensure_some(RESERVED, reserved)?;
        let held = progress.held.checked_add(after.unused()?);
        progress.held = ensure_some(HELD, held.and_then(|held| held.checked_sub(before.unused().ok()?)))?;
    }
    Ok(())
}

/// What of `used`'s discount isn't `kept`'s.
pub(super) fn returned(used: &Use, kept: Option<&Use>) -> Result<Balance, Contradiction> {
    ensure_some("a discount", used.discount.checked_sub(kept.map_or(0, |kept| kept.discount)))
}

/// One use more of an account's.
pub(super) fn use_by(
    usage: &mut Usage,
    terms: &Terms,
    discount: Balance,
    now: Timestamp,
) -> Result<(), Contradiction> {
    let limits = &terms.limits;
    usage.uses = ensure_some("a holder's uses", usage.uses.checked_add(1))?;
    usage.value = ensure_some("a holder's discounts", usage.value.checked_add(discount))?;
    within(&limits.holder, usage.uses, usage.value)?;
    match &limits.period {
        Some(period) => count(&mut usage.period, period.index(now), &period.holder, discount),
        None => Ok(()),
    }
}

/// The inverse of `use_by`, of the use itself where it is `whole`.
pub(super) fn undo_by(
    usage: &mut Usage,
    terms: &Terms,
    whole: bool,
    back: Balance,
    redeemed_at: Timestamp,
) -> Result<(), Contradiction> {
    usage.uses = ensure_some("a holder's uses", usage.uses.checked_sub(whole.into()))?;
    usage.value = ensure_some("a holder's discounts", usage.value.checked_sub(back))?;
    match &terms.limits.period {
        Some(period) => uncount(&mut usage.period, period.index(redeemed_at), whole, back),
        None => Ok(()),
    }
}

fn count(tally: &mut Tally, index: u32, cap: &Cap, discount: Balance) -> Result<(), Contradiction> {
    if tally.index != index {
        *tally = Tally { index, uses: 0, value: 0 };
    }
    tally.uses = ensure_some("a period's uses", tally.uses.checked_add(1))?;
    tally.value = ensure_some("a period's discounts", tally.value.checked_add(discount))?;
    within(cap, tally.uses, tally.value)
}

fn uncount(tally: &mut Tally, index: u32, whole: bool, back: Balance) -> Result<(), Contradiction> {
    if tally.index == index {
        tally.uses = ensure_some("a period's uses", tally.uses.checked_sub(whole.into()))?;
        tally.value = ensure_some("a period's discounts", tally.value.checked_sub(back))?;
    }
    Ok(())
}

fn within(cap: &Cap, uses: u32, value: Balance) -> Result<(), Contradiction> {
    ensure_rule("a limit of uses", cap.uses.is_none_or(|most| uses <= most))?;
    ensure_rule("a limit of discounts", cap.value.is_none_or(|most| value <= most))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "an overflow fails a test anyway")]
mod tests {
    use super::*;
    use shared::{
        campaigns::Campaign,
        ids::CouponId,
        terms::{Benefit, Card, Limits, PeriodLimits, Unit, Window},
        AccountId,
    };

    const ONE: AccountId = ink::primitives::AccountId([1; 32]);
    const DAY: u64 = 24 * 60 * 60 * 1_000;

    fn campaign(benefit: Benefit, card: Card, funding: Funding) -> Campaign {
        let any = Cap::default();
        let limits = Limits {
            period: Some(PeriodLimits { unit: Unit::Day, start: 0, campaign: any, holder: any }),
            ..Limits::default()
        };
        let window = Window { start: 0, end: 100 * DAY };
        let budget = (funding != Funding::Escrow).then_some(1_000);
        let terms =
            Terms { card, funding, limits, budget, rollback_window: DAY, ..Terms::plain(benefit, window, 9) };
        Campaign { issuer: ONE, terms }
    }

    fn used(campaign: &Campaign, left_before: Balance, discount: Balance) -> Use {
        Use {
            coupon: CouponId { campaign: 1, serial: 1 },
            holder: ONE,
            valid_until: 0,
            issuer: ONE,
            funding: campaign.terms.funding,
            advocate: None,
            left_before,
            left_after: left_before - campaign.terms.spent_by(discount),
            discount,
        }
    }

    fn campaigns() -> Vec<(Campaign, Vec<Balance>)> {
        let percent = Benefit::PercentOff { bps: 1_000, cap: 40 };
        [Funding::Merchant, Funding::Escrow]
            .into_iter()
            .flat_map(|funding| {
                [
                    (campaign(Benefit::AmountOff { value: 40 }, Card::Uses(1), funding), vec![30]),
                    (campaign(percent, Card::Uses(3), funding), vec![40, 7, 1]),
                    (campaign(percent, Card::Stamps(2), funding), vec![0, 25]),
                    (campaign(Benefit::StoredValue { value: 90 }, Card::Uses(1), funding), vec![20, 50, 20]),
                ]
            })
            .collect()
    }

    /// Both reckonings after the discounts, one a day, of one coupon.
    fn spent(campaign: &Campaign, discounts: &[Balance]) -> (Progress, Vec<(Use, Timestamp)>) {
        let mut theirs = Progress::new(&campaign.terms, 300);
        let mut ours = start(&campaign.terms, 300);
        assert_eq!(theirs.issue(campaign, 2, 1).unwrap(), 1);
        issue(&mut ours, &campaign.terms, 1, 2, 1).unwrap();
        let (mut left, mut uses) = (campaign.terms.full(), Vec::new());
        for (day, discount) in (1..).zip(discounts) {
            let (used, now) = (used(campaign, left, *discount), day * DAY);
            theirs.spend((1, campaign), left, *discount, now).unwrap();
            spend(&mut ours, &campaign.terms, &used, now).unwrap();
            assert_eq!(ours, theirs, "{campaign:?}, {discount} on day {day}");
            left = used.left_after;
            uses.push((used, now));
        }
        (ours, uses)
    }

    #[test]
    fn uses_and_their_rollbacks_come_to_what_the_contracts_reckon() {
        for (campaign, discounts) in campaigns() {
            let (mut ours, uses) = spent(&campaign, &discounts);
            let mut theirs = ours.clone();
            for (used, at) in uses.iter().rev() {
                theirs.restore(&campaign, used.left_before, used.discount, *at).unwrap();
                undo(&mut ours, &campaign.terms, used, None, *at).unwrap();
                assert_eq!(ours, theirs, "{campaign:?}, {used:?}");
            }
            let (fresh, _) = spent(&campaign, &[]);
            assert_eq!(Progress { period: fresh.period, ..ours }, fresh);
        }
    }

    #[test]
    fn a_use_lowered_and_then_undone_leaves_as_much_as_one_undone_at_once() {
        for (campaign, discounts) in campaigns() {
            let (mut ours, uses) = spent(&campaign, &discounts);
            let (last, at) = uses.last().unwrap();
            let back = 1;
            let value_back = if campaign.terms.is_stored_value() { back } else { 0 };
            let kept =
                Use { discount: last.discount - back, left_after: last.left_after + value_back, ..*last };
            let (mut theirs, mut at_once) = (ours.clone(), ours.clone());
            theirs.lower(&campaign, back, *at).unwrap();
            undo(&mut ours, &campaign.terms, last, Some(&kept), *at).unwrap();
            assert_eq!(ours, theirs, "{campaign:?}");
            undo(&mut ours, &campaign.terms, &kept, None, *at).unwrap();
            undo(&mut at_once, &campaign.terms, last, None, *at).unwrap();
            assert_eq!(ours, at_once, "{campaign:?}");
        }
    }

    #[test]
    fn what_an_account_had_comes_to_what_the_contracts_reckon() {
        let (campaign, _) = campaigns().remove(0);
        let terms = &campaign.terms;
        let (mut ours, mut theirs) = (Usage::default(), Usage::default());
        for (discount, now) in [(5, DAY), (6, DAY), (7, 2 * DAY)] {
            use_by(&mut ours, terms, discount, now).unwrap();
            theirs.count_use(&terms.limits, discount, now).unwrap();
            assert_eq!(ours, theirs);
        }
        for (whole, back, at) in [(true, 5, DAY), (false, 2, 2 * DAY), (true, 5, 2 * DAY)] {
            undo_by(&mut ours, terms, whole, back, at).unwrap();
            theirs.give_back(&terms.limits, whole, back, at);
            assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn limits_refuse_the_use_that_passes_them() {
        let (mut campaign, _) = campaigns().remove(0);
        campaign.terms.limits.uses = Some(0);
        let mut progress = start(&campaign.terms, 0);
        let limit = spend(&mut progress, &campaign.terms, &used(&campaign, 1, 30), DAY);
        assert_eq!(limit, Err(Contradiction::Refused { rule: "a campaign's limit of uses".into() }));
        campaign.terms.limits.holder = Cap { uses: None, value: Some(29) };
        let passed = use_by(&mut Usage::default(), &campaign.terms, 30, DAY);
        assert_eq!(passed, Err(Contradiction::Refused { rule: "a limit of discounts".into() }));
    }
}
