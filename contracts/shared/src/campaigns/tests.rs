//! Issuing, spending and undoing over a campaign's counters.
use super::*;
use crate::{
    assets::Asset,
    calendar::DAY,
    terms::{
        Acceptance, Audience, Benefit, Breakage, Card, PeriodLimits, Referral, Stacking, TransferPolicy, Unit,
    },
    testing::{account, any_eligible, any_terms, campaign, terms, ISSUER, NOW},
};
use proptest::prelude::*;

const ID: CampaignId = 7;

fn refused<T>(refusal: RegistryError) -> Result<T, Refusal> {
    Err(refusal.into())
}

fn start(campaign: &Campaign, escrow: Balance) -> Progress {
    Progress::new(&campaign.terms, escrow)
}

fn backed() -> Campaign {
    campaign(|t| (t.funding, t.rollback_window) = (Funding::Escrow, 50))
}

#[test]
fn only_the_issuer_is_the_issuer() {
    assert_eq!(campaign(|_| ()).ensure_issuer(ISSUER), Ok(()));
    let refusal = RegistryError::NotIssuer { issuer: ISSUER };
    assert_eq!(campaign(|_| ()).ensure_issuer(account(9)), refused(refusal));
}

#[test]
fn spending_decodes_what_it_looks_at_and_nothing_else() {
    let cap = Cap { uses: Some(2), value: Some(3) };
    let looked_at = Terms {
        benefit: Benefit::NewPrice { price: 1, cap: 2 },
        asset: Asset::Psp22(account(9)),
        min_basket: 3,
        valid_for: Some(4),
        card: Card::Stamps(5),
        limits: Limits {
            issued_per_holder: Some(6),
            uses: Some(7),
            holder: cap,
            period: Some(PeriodLimits { unit: Unit::Month, start: 8, campaign: cap, holder: cap }),
        },
        audience: Audience::Attested { key: [9; 32], class: 10 },
        marks_first_order: true,
        stacking: Stacking::Common { priority: 11 },
        funding: Funding::Alliance,
        acceptance: Acceptance::Listed(vec![account(12), account(13)]),
        transfer: TransferPolicy::MarketOnly(account(14)),
        rollback_window: 15,
        ..terms()
    };
    let whole = Terms {
        budget: Some(16),
        scope: Some([17; 32]),
        royalty_bps: 18,
        resale_bps: Some(19),
        referral: Some(Referral { reward: 20, per_advocate: 21 }),
        reservation_ttl: 22,
        breakage: Breakage { holder_bps: 23, fund: Some((account(24), 25)) },
        document: [26; 32],
        ..looked_at.clone()
    };
    let whole = Campaign { issuer: ISSUER, terms: whole };
    let bytes = scale::Encode::encode(&whole);
    let looked_at = Campaign { issuer: ISSUER, terms: looked_at };
    assert_eq!(Campaign::decode_for_spending(&mut bytes.as_slice()), Ok(looked_at.into()));
    assert_eq!(Campaign::decode(&mut bytes.as_slice()), Ok(whole));
}

#[test]
fn issuing_stops_at_window_order_and_supply() {
    let campaign = campaign(|_| ());
    let mut progress = start(&campaign, 0);
    let closed = |now| refused(RegistryError::IssueWindowClosed { start: 10, end: 100, now });
    let exhausted = |asked, left| refused(RegistryError::SupplyExhausted { asked, left });
    assert_eq!(progress.issue(&campaign, 1, 9), closed(9));
    assert_eq!(progress.issue(&campaign, 2, 10), Ok(1));
    assert_eq!(progress.issue(&campaign, 4, 10), exhausted(4, 3));
    assert_eq!(progress.issue(&campaign, 3, 99), Ok(3));
    assert_eq!(progress.issue(&campaign, 1, 99), exhausted(1, 0));
    progress.issuing_stopped = true;
    assert_eq!(progress.issue(&campaign, 1, 99), refused(RegistryError::IssuingStopped));
    assert_eq!(progress.issue(&campaign, 1, 100), closed(100));
    assert_eq!(progress, Progress { issued: 5, issuing_stopped: true, ..start(&campaign, 0) });
}

#[test]
fn serials_run_over_coupons_issued_and_parted() {
    let campaign = campaign(|_| ());
    let mut progress = start(&campaign, 0);
    assert_eq!(progress.issue(&campaign, 2, NOW), Ok(1));
    assert_eq!(progress.part(), Ok(3));
    assert_eq!(progress.part(), Ok(4));
    assert_eq!(progress.issue(&campaign, 3, NOW), Ok(5));
    assert_eq!((progress.issued, progress.parts), (5, 2));
}

#[test]
fn serials_end_where_a_number_does() {
    let campaign = campaign(|t| t.supply = u32::MAX);
    let at = |issued, parts| Progress { issued, parts, ..start(&campaign, 0) };
    assert_eq!(at(u32::MAX - 3, 1).issue(&campaign, 1, NOW), Ok(u32::MAX - 1));
    assert_eq!(at(u32::MAX - 2, 1).issue(&campaign, 1, NOW), refused(RegistryError::Overflow));
    assert_eq!(at(u32::MAX, 0).part(), refused(RegistryError::Overflow));
    assert_eq!(at(5, u32::MAX - 5).part(), refused(RegistryError::Overflow));
}

#[test]
fn every_live_coupon_of_an_escrow_campaign_is_backed() {
    let campaign = backed();
    let mut progress = start(&campaign, 1_499);
    assert_eq!(progress.issue(&campaign, 2, 10), Ok(1));
    let short = RegistryError::EscrowShort { needed: 500, free: 499 };
    assert_eq!(progress.clone().issue(&campaign, 1, 10), refused(short));
    assert_eq!(progress.free_escrow(&campaign.terms, 10), 499);
    let committed = |asked, free| refused(RegistryError::EscrowCommitted { asked, free });
    assert_eq!(progress.withdraw_escrow(&campaign.terms, 500, 10), committed(500, 499));
    assert_eq!(progress.withdraw_escrow(&campaign.terms, 0, 10), committed(0, 499));
    assert_eq!(progress.withdraw_escrow(&campaign.terms, 499, 10), Ok(()));
    assert_eq!((progress.escrow_left, progress.reserved), (1_000, 1_000));
}

#[test]
fn what_a_use_leaves_unused_is_held_for_its_rollback() {
    let campaign = backed();
    let mut progress = start(&campaign, 1_000);
    progress.issue(&campaign, 2, NOW).unwrap();
    progress.spend((ID, &campaign), 1, 120, NOW).unwrap();
    assert_eq!((progress.escrow_left, progress.reserved, progress.held), (880, 500, 380));
    assert_eq!(progress.free_escrow(&campaign.terms, NOW), 0);
    progress.lower(&campaign, 20, NOW).unwrap();
    assert_eq!((progress.escrow_left, progress.reserved, progress.held), (900, 500, 400));
    progress.restore(&campaign, 1, 100, NOW).unwrap();
    assert_eq!((progress.escrow_left, progress.reserved, progress.held), (1_000, 1_000, 0));
}

#[test]
fn what_can_never_be_rolled_back_is_free_at_once() {
    let campaign = campaign(|t| t.funding = Funding::Escrow);
    let mut progress = start(&campaign, 500);
    progress.issue(&campaign, 1, NOW).unwrap();
    progress.spend((ID, &campaign), 1, 120, NOW).unwrap();
    assert_eq!((progress.escrow_left, progress.reserved, progress.held), (380, 0, 0));
    assert_eq!(progress.free_escrow(&campaign.terms, NOW), 380);
}

#[test]
fn once_nothing_can_be_spent_or_rolled_back_only_shared_breakage_is_kept() {
    let sharing =
        |breakage| campaign(|t| (t.funding, t.rollback_window, t.breakage) = (Funding::Escrow, 50, breakage));
    let kept = Breakage { holder_bps: 1, fund: None };
    for (breakage, free) in [(Breakage::default(), 880), (kept, 380)] {
        let campaign = sharing(breakage);
        let mut progress = start(&campaign, 1_000);
        progress.issue(&campaign, 2, NOW).unwrap();
        progress.spend((ID, &campaign), 1, 120, NOW).unwrap();
        assert_eq!(progress.free_escrow(&campaign.terms, 249), 0);
        assert_eq!(progress.free_escrow(&campaign.terms, 250), free);
        let mut longer = progress.clone();
        longer.improve(&campaign.terms, Improvement::ExtendRedeemWindow { until: 201 }, NOW).unwrap();
        assert_eq!(longer.free_escrow(&campaign.terms, 250), 0);
        assert_eq!(longer.free_escrow(&campaign.terms, 251), free);
        assert_eq!(progress.withdraw_escrow(&campaign.terms, free, 250), Ok(()));
        assert_eq!(progress.escrow_left, 880 - free);
    }
}

#[test]
fn only_escrow_can_be_withdrawn() {
    let campaign = campaign(|_| ());
    let taken = start(&campaign, 0).withdraw_escrow(&campaign.terms, 1, NOW);
    assert_eq!(taken, refused(RegistryError::NoEscrow));
}

#[test]
fn an_ended_coupon_sets_its_backing_free() {
    let card = |t: &mut Terms| (t.funding, t.card) = (Funding::Escrow, Card::Uses(3));
    let campaign = campaign(card);
    let mut progress = start(&campaign, 1_500);
    progress.issue(&campaign, 1, NOW).unwrap();
    assert_eq!(progress.reserved, 1_500);
    assert_eq!(progress.retire(&campaign, 2), Ok(1_000));
    assert_eq!((progress.escrow_left, progress.reserved), (1_500, 500));
    assert_eq!(progress.retire(&campaign, 2), refused(RegistryError::Overflow));
}

#[test]
fn backing_past_a_number_is_refused() {
    let twice = |t: &mut Terms| {
        (t.funding, t.card) = (Funding::Escrow, Card::Uses(2));
        t.benefit = Benefit::AmountOff { value: Balance::MAX };
    };
    let campaign = campaign(twice);
    let mut progress = start(&campaign, Balance::MAX);
    assert_eq!(progress.issue(&campaign, 1, NOW), refused(RegistryError::Overflow));
    assert_eq!(campaign.backing(1), Ok(Balance::MAX));
}

fn reached<T>(limit: Limit, most: Balance, asked: Balance) -> Result<T, Refusal> {
    refused(RegistryError::LimitReached { limit, most, asked })
}

#[test]
fn redemptions_stop_at_their_number_and_at_the_budget() {
    let campaign = campaign(|t| (t.limits.uses, t.budget) = (Some(2), Some(300)));
    let mut progress = start(&campaign, 0);
    let over = progress.clone().spend((ID, &campaign), 1, 301, NOW);
    assert_eq!(over, refused(RegistryError::BudgetExhausted { campaign: ID }));
    assert_eq!(progress.spend((ID, &campaign), 1, 100, NOW), Ok(()));
    assert_eq!(progress.spend((ID, &campaign), 1, 200, NOW), Ok(()));
    assert_eq!((progress.uses, progress.budget_left), (2, Some(0)));
    assert_eq!(progress.clone().spend((ID, &campaign), 1, 0, NOW), reached(Limit::CampaignUses, 2, 3));
    progress.restore(&campaign, 1, 100, NOW).unwrap();
    assert_eq!((progress.uses, progress.budget_left), (1, Some(100)));
    assert_eq!(progress.spend((ID, &campaign), 1, 100, NOW), Ok(()));
}

fn daily(campaign: Cap, holder: Cap) -> Option<PeriodLimits> {
    Some(PeriodLimits { unit: Unit::Day, start: 0, campaign, holder })
}

const TWICE_FOR_100: Cap = Cap { uses: Some(2), value: Some(100) };

#[test]
fn a_periods_limits_start_anew_with_the_next() {
    let campaign = campaign(|t| t.limits.period = daily(TWICE_FOR_100, Cap::default()));
    let mut progress = start(&campaign, 0);
    let spend = |progress: &mut Progress, discount, now| progress.spend((ID, &campaign), 1, discount, now);
    assert_eq!(spend(&mut progress.clone(), 101, 0), reached(Limit::PeriodValue, 100, 101));
    assert_eq!(spend(&mut progress, 60, 0), Ok(()));
    assert_eq!(spend(&mut progress.clone(), 41, DAY - 1), reached(Limit::PeriodValue, 100, 101));
    assert_eq!(spend(&mut progress, 40, DAY - 1), Ok(()));
    assert_eq!(spend(&mut progress.clone(), 0, DAY - 1), reached(Limit::PeriodUses, 2, 3));
    assert_eq!(spend(&mut progress, 99, DAY), Ok(()));
    assert_eq!(progress.period, Tally { index: 1, uses: 1, value: 99 });
    assert_eq!(progress.uses, 3);
}

#[test]
fn a_rollback_gives_back_to_the_period_it_was_in_and_to_no_other() {
    let campaign = campaign(|t| t.limits.period = daily(TWICE_FOR_100, Cap::default()));
    let mut progress = start(&campaign, 0);
    progress.spend((ID, &campaign), 1, 60, 0).unwrap();
    progress.spend((ID, &campaign), 1, 90, DAY).unwrap();
    progress.restore(&campaign, 1, 60, 0).unwrap();
    assert_eq!(progress.period, Tally { index: 1, uses: 1, value: 90 });
    progress.lower(&campaign, 30, DAY).unwrap();
    assert_eq!(progress.period, Tally { index: 1, uses: 1, value: 60 });
    progress.restore(&campaign, 1, 60, DAY).unwrap();
    assert_eq!(progress.period, Tally { index: 1, uses: 0, value: 0 });
    assert_eq!(progress.uses, 0);
}

#[test]
fn nothing_is_restored_that_was_never_spent() {
    let overflow = refused(RegistryError::Overflow);
    let merchant = campaign(|_| ());
    assert_eq!(start(&merchant, 0).restore(&merchant, 1, 10, NOW), overflow);
    let escrow = backed();
    let mut progress = Progress { uses: 1, ..start(&escrow, 0) };
    assert_eq!(progress.restore(&escrow, 1, 10, NOW), overflow);
    // More than was left, or more than one use may take off.
    let mut progress = start(&escrow, 1_000);
    progress.issue(&escrow, 2, NOW).unwrap();
    assert_eq!(progress.clone().spend((ID, &escrow), 0, 10, NOW), overflow);
    assert_eq!(progress.clone().spend((ID, &escrow), 1, 501, NOW), overflow);
}

#[test]
fn one_account_gets_as_many_coupons_as_the_terms_say() {
    let limits = Limits { issued_per_holder: Some(2), ..Limits::default() };
    let mut usage = Usage::default();
    assert_eq!([usage.count_issue(&limits), usage.count_issue(&limits)], [Ok(()), Ok(())]);
    assert_eq!(usage.count_issue(&limits), refused(RegistryError::HolderLimit { limit: 2 }));
    assert_eq!(usage.issued, 2);
    assert_eq!(usage.count_issue(&Limits::default()), Ok(()));
}

#[test]
fn one_account_redeems_as_often_and_for_as_much_as_the_terms_say() {
    let in_all = Cap { uses: Some(3), value: Some(150) };
    let limits = Limits { holder: in_all, period: daily(Cap::default(), TWICE_FOR_100), ..Limits::default() };
    let mut usage = Usage::default();
    let over = |usage: Usage, discount, now| {
        let mut usage = usage;
        usage.count_use(&limits, discount, now)
    };
    assert_eq!(over(usage, 151, 0), reached(Limit::HolderValue, 150, 151));
    assert_eq!(over(usage, 101, 0), reached(Limit::HolderPeriodValue, 100, 101));
    assert_eq!(usage.count_use(&limits, 60, 0), Ok(()));
    assert_eq!(usage.count_use(&limits, 40, DAY - 1), Ok(()));
    assert_eq!(over(usage, 0, DAY - 1), reached(Limit::HolderPeriodUses, 2, 3));
    assert_eq!(over(usage, 51, DAY), reached(Limit::HolderValue, 150, 151));
    assert_eq!(usage.count_use(&limits, 50, DAY), Ok(()));
    assert_eq!(over(usage, 0, DAY), reached(Limit::HolderUses, 3, 4));
    // The use of an earlier day comes back to the account, and leaves this day's alone.
    usage.give_back(&limits, true, 60, 0);
    let today = Tally { index: 1, uses: 1, value: 50 };
    assert_eq!(usage, Usage { issued: 0, uses: 2, value: 90, period: today });
    usage.give_back(&limits, false, 20, DAY);
    let today = Tally { index: 1, uses: 1, value: 30 };
    assert_eq!(usage, Usage { issued: 0, uses: 2, value: 70, period: today });
}

#[test]
fn terms_only_get_better() {
    let escrow = campaign(|t| t.funding = Funding::Escrow);
    let mut progress = start(&escrow, 0);
    let mut improve = |improvement, now| progress.improve(&escrow.terms, improvement, now);
    let not_better = refused(RegistryError::NotBetter);
    let extend = |until| Improvement::ExtendRedeemWindow { until };
    assert_eq!(improve(extend(200), 10), not_better);
    assert_eq!(improve(extend(300), 200), not_better);
    assert_eq!(improve(extend(300), 199), Ok(()));
    assert_eq!(improve(extend(301), 299), Ok(()));
    assert_eq!(improve(Improvement::AddBudget { amount: 5 }, 10), not_better);
    assert_eq!(improve(Improvement::AddEscrow { amount: 0 }, 10), not_better);
    assert_eq!(improve(Improvement::AddEscrow { amount: 7 }, 10), Ok(()));
    assert_eq!(improve(Improvement::StopIssuing, 10), Ok(()));
    assert_eq!(improve(Improvement::StopIssuing, 10), not_better);
    let better = Progress { redeem_ends: 301, escrow_left: 7, issuing_stopped: true, ..start(&escrow, 0) };
    assert_eq!(progress, better);

    let merchant = campaign(|t| t.budget = Some(1_000));
    let mut progress = start(&merchant, 0);
    let mut improve = |improvement| progress.improve(&merchant.terms, improvement, 10);
    assert_eq!(improve(Improvement::AddEscrow { amount: 7 }), refused(RegistryError::NoEscrow));
    assert_eq!(improve(Improvement::AddBudget { amount: 0 }), not_better);
    assert_eq!(improve(Improvement::AddBudget { amount: 5 }), Ok(()));
    assert_eq!(improve(Improvement::AddBudget { amount: Balance::MAX }), refused(RegistryError::Overflow));
    assert_eq!(progress.budget_left, Some(1_005));
}

#[test]
fn only_escrow_is_paid_in_with_an_improvement() {
    assert_eq!(Improvement::AddEscrow { amount: 7 }.price(), 7);
    for free in [
        Improvement::ExtendRedeemWindow { until: 7 },
        Improvement::AddBudget { amount: 7 },
        Improvement::StopIssuing,
    ] {
        assert_eq!(free.price(), 0);
    }
}

/// One thing that happens to a campaign. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Act {
    Issue(u32),
    Spend { coupon: usize, eligible: Balance },
    Lower { redemption: usize, eligible: Balance },
    Restore { redemption: usize },
    Retire { coupon: usize },
    Withdraw,
    Wait(Timestamp),
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => (1..3u32).prop_map(Act::Issue),
        6 => (any::<usize>(), any_eligible()).prop_map(|(coupon, eligible)| Act::Spend { coupon, eligible }),
        2 => (any::<usize>(), any_eligible())
            .prop_map(|(redemption, eligible)| Act::Lower { redemption, eligible }),
        2 => any::<usize>().prop_map(|redemption| Act::Restore { redemption }),
        1 => any::<usize>().prop_map(|coupon| Act::Retire { coupon }),
        1 => Just(Act::Withdraw),
        1 => (0..2 * DAY).prop_map(Act::Wait),
    ]
}

/// A redemption that stands.
#[derive(Clone, Copy, Debug)]
struct Standing {
    coupon: usize,
    left_before: Balance,
    left_after: Balance,
    discount: Balance,
    at: Timestamp,
}

/// A campaign with its coupons and redemptions kept one by one, all with one holder.
struct World {
    campaign: Campaign,
    progress: Progress,
    usage: Usage,
    /// What each coupon has left.
    coupons: Vec<Balance>,
    standing: Vec<Standing>,
    withdrawn: Balance,
    now: Timestamp,
}

const ESCROW: Balance = 10_000;
const END: Timestamp = 400 * DAY;

impl World {
    fn new(terms: Terms) -> Self {
        let campaign = Campaign { issuer: ISSUER, terms };
        let escrow = if campaign.is_backed() { ESCROW } else { 0 };
        let progress = start(&campaign, escrow);
        let (usage, coupons, standing) = (Usage::default(), Vec::new(), Vec::new());
        Self { campaign, progress, usage, coupons, standing, withdrawn: 0, now: 0 }
    }

    fn act(&mut self, act: &Act) {
        match *act {
            Act::Issue(count) => {
                let mut progress = self.progress.clone();
                if let Ok(first) = progress.issue(&self.campaign, count, self.now) {
                    assert_eq!(usize::try_from(first), Ok(self.coupons.len() + 1));
                    self.coupons.extend((0..count).map(|_| self.campaign.terms.full()));
                    self.progress = progress;
                }
            }
            Act::Spend { coupon, eligible } if !self.coupons.is_empty() => {
                self.spend(coupon % self.coupons.len(), eligible);
            }
            Act::Lower { redemption, eligible } if !self.standing.is_empty() => {
                self.lower(redemption % self.standing.len(), eligible);
            }
            Act::Restore { redemption } if !self.standing.is_empty() => {
                self.restore(redemption % self.standing.len());
            }
            Act::Retire { coupon } if !self.coupons.is_empty() => {
                let coupon = coupon % self.coupons.len();
                let left = std::mem::take(&mut self.coupons[coupon]);
                let backing = self.campaign.backing(left);
                assert_eq!(self.progress.retire(&self.campaign, left), backing);
            }
            Act::Withdraw if self.campaign.is_backed() => self.withdraw(),
            Act::Wait(span) => self.now += span,
            Act::Spend { .. }
            | Act::Lower { .. }
            | Act::Restore { .. }
            | Act::Retire { .. }
            | Act::Withdraw => {}
        }
    }

    fn spend(&mut self, coupon: usize, eligible: Balance) {
        let (terms, left) = (&self.campaign.terms, self.coupons[coupon]);
        let discount = terms.discount(eligible, left);
        if left == 0 || (discount == 0 && !terms.is_stamp(left)) {
            return;
        }
        let (mut progress, mut usage) = (self.progress.clone(), self.usage);
        let spent = progress
            .spend((ID, &self.campaign), left, discount, self.now)
            .and_then(|()| usage.count_use(&terms.limits, discount, self.now));
        if let Err(refusal) = spent {
            let expected = matches!(
                *refusal,
                RegistryError::LimitReached { .. } | RegistryError::BudgetExhausted { campaign: ID }
            );
            assert!(expected, "{refusal:?}");
            return;
        }
        let left_after = left - terms.spent_by(discount);
        (self.progress, self.usage, self.coupons[coupon]) = (progress, usage, left_after);
        self.standing.push(Standing { coupon, left_before: left, left_after, discount, at: self.now });
    }

    /// Less was kept, and still something.
    fn lower(&mut self, redemption: usize, eligible: Balance) {
        let used = &mut self.standing[redemption];
        let discount = self.campaign.terms.discount(eligible, used.left_before).min(used.discount);
        if discount == 0 && used.discount > 0 {
            return;
        }
        let back = used.discount - discount;
        self.progress.lower(&self.campaign, back, used.at).unwrap();
        self.usage.give_back(&self.campaign.terms.limits, false, back, used.at);
        used.discount = discount;
        if self.campaign.terms.is_stored_value() {
            used.left_after += back;
            self.coupons[used.coupon] += back;
        }
    }

    fn restore(&mut self, redemption: usize) {
        let used = self.standing[redemption];
        let moved_on = self.coupons[used.coupon] == 0 && used.left_after > 0;
        if matches!(self.campaign.terms.card, Card::Stamps(_)) && moved_on {
            return;
        }
        self.standing.swap_remove(redemption);
        self.progress.restore(&self.campaign, used.left_before, used.discount, used.at).unwrap();
        self.usage.give_back(&self.campaign.terms.limits, true, used.discount, used.at);
        self.coupons[used.coupon] += used.left_before - used.left_after;
    }

    fn withdraw(&mut self) {
        let terms = &self.campaign.terms;
        let free = self.progress.escrow_left - self.progress.reserved - self.progress.held;
        let asked = free + 1;
        assert_eq!(
            self.progress.withdraw_escrow(terms, asked, self.now),
            refused(RegistryError::EscrowCommitted { asked, free })
        );
        if free > 0 {
            self.progress.withdraw_escrow(terms, free, self.now).unwrap();
            self.withdrawn += free;
        }
    }

    /// What the counters say is what the coupons and redemptions come to.
    fn ensure_counted(&self) {
        let Progress { uses, budget_left, escrow_left, reserved, held, .. } = self.progress;
        let terms = &self.campaign.terms;
        let discounts: Balance = self.standing.iter().map(|used| used.discount).sum();
        assert_eq!(usize::try_from(uses), Ok(self.standing.len()));
        assert_eq!(budget_left, terms.budget.map(|budget| budget - discounts));
        assert_eq!((self.usage.uses, self.usage.value), (uses, discounts));
        if let Some(period) = terms.limits.period {
            self.ensure_tallied(&period, self.progress.period, &period.campaign);
            self.ensure_tallied(&period, self.usage.period, &period.holder);
        }
        if self.campaign.is_backed() {
            let backing = |left| self.campaign.backing(left).unwrap();
            let unused = |used: &Standing| {
                let set_free = match terms.is_stored_value() {
                    true => used.left_before - used.left_after,
                    false => backing(used.left_before) - backing(used.left_after),
                };
                set_free - used.discount
            };
            assert_eq!(reserved, self.coupons.iter().copied().map(backing).sum::<Balance>());
            assert_eq!(held, self.standing.iter().map(unused).sum::<Balance>());
            assert_eq!(escrow_left, ESCROW - self.withdrawn - discounts);
            assert!(reserved + held <= escrow_left);
        } else {
            assert_eq!((escrow_left, reserved, held), (0, 0, 0));
        }
    }

    fn ensure_tallied(&self, period: &PeriodLimits, tally: Tally, cap: &Cap) {
        let inside = self.standing.iter().filter(|used| period.index(used.at) == tally.index);
        let (uses, value) = inside.fold((0u32, 0), |(uses, value), used| (uses + 1, value + used.discount));
        assert_eq!((tally.uses, tally.value), (uses, value));
        assert!(cap.uses.is_none_or(|most| uses <= most));
        assert!(cap.value.is_none_or(|most| value <= most));
    }

    /// Undoes every redemption, the newest first, as far as stamp cards let it.
    fn undo_all(&mut self) {
        self.standing.sort_by_key(|used| used.left_after);
        for redemption in (0..self.standing.len()).rev() {
            self.restore(redemption);
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_counters_add_up_and_live_coupons_are_backed(
        terms in any_terms(END),
        acts in prop::collection::vec(any_act(), 1..60),
    ) {
        let mut world = World::new(terms);
        for act in &acts {
            world.act(act);
            world.ensure_counted();
        }
        world.undo_all();
        world.ensure_counted();
    }

    #[test]
    fn restoring_is_the_inverse_of_spending_and_so_is_lowering_it_first(
        terms in any_terms(END),
        (eligible, kept) in (any_eligible(), any_eligible()),
        escrow in 0..ESCROW,
    ) {
        let mut world = World::new(terms);
        world.progress.escrow_left += if world.campaign.is_backed() { escrow } else { 0 };
        world.act(&Act::Issue(1));
        prop_assume!(!world.coupons.is_empty());
        let before = (world.progress.clone(), world.usage, world.coupons.clone());
        world.spend(0, eligible);
        prop_assume!(!world.standing.is_empty());
        prop_assert_ne!(&world.progress, &before.0);
        world.lower(0, kept);
        world.restore(0);
        prop_assert_eq!((world.progress, world.usage, world.coupons), before);
    }
}
