//! What must hold of a registry as a whole after its last event (`design.md`, invariants 1, 2 and 9), reckoned from the coupons themselves and from what became
//! of them, and not from the counters.
use super::{counters, RegistryReplay, CAMPAIGNS, COUPONS, CREDITS, HOLDERS, PROGRESS};
use crate::audit::{
    contradiction::{ensure_rule, ensure_same, ensure_some, Contradiction},
    money,
};
use shared::{assets::Asset, campaigns::Campaign, ids::CouponId, terms::Funding, Balance, Timestamp};
use std::collections::BTreeMap;

/// What became of a campaign's coupons and promises.
#[derive(Default)]
pub(super) struct Course {
    /// Coupons that were spent, expired, revoked or merged away, and have not come back.
    ended: u32,
    /// Uses that stand.
    uses: u32,
    /// What they took off.
    discounts: Balance,
    /// What the budget was raised by.
    pub(super) budget_added: Balance,
}

impl Course {
    pub(super) fn end(&mut self) -> Result<(), Contradiction> {
        self.ended = ensure_some("the coupons ended", self.ended.checked_add(1))?;
        Ok(())
    }

    pub(super) fn come_back(&mut self) -> Result<(), Contradiction> {
        self.ended = ensure_some("the coupons ended", self.ended.checked_sub(1))?;
        Ok(())
    }

    pub(super) fn use_for(&mut self, discount: Balance) -> Result<(), Contradiction> {
        self.uses = ensure_some("the uses that stand", self.uses.checked_add(1))?;
        self.discounts = ensure_some("the discounts that stand", self.discounts.checked_add(discount))?;
        Ok(())
    }

    pub(super) fn undo(&mut self, whole: bool, back: Balance) -> Result<(), Contradiction> {
        self.uses = ensure_some("the uses that stand", self.uses.checked_sub(whole.into()))?;
        self.discounts = ensure_some("the discounts that stand", self.discounts.checked_sub(back))?;
        Ok(())
    }
}

/// What a campaign's coupons come to.
#[derive(Default)]
struct Live {
    coupons: u32,
    /// What those that can still be spent may take from escrow.
    backing: Balance,
}

impl RegistryReplay {
    /// What the registry owes: escrow, and pay-outs that wait.
    /// # Errors
    /// `Overflow`.
    pub(in crate::audit) fn owed(&self) -> Result<BTreeMap<Asset, Balance>, Contradiction> {
        let mut owed = BTreeMap::new();
        for (number, progress) in self.ledger.all(&PROGRESS) {
            let asset = self.campaign(number)?.terms.asset;
            money::add(&mut owed, asset, progress.escrow_left)?;
        }
        for ((_, asset), amount) in self.ledger.all(&CREDITS) {
            money::add(&mut owed, asset, amount)?;
        }
        Ok(owed)
    }

    /// # Errors
    /// `Differs`, `Refused`, where the books don't add up at `now`.
    pub(in crate::audit) fn ensure_sums(&self, now: Timestamp) -> Result<(), Contradiction> {
        let campaigns = self.state()?.campaigns;
        let terms: BTreeMap<_, _> = campaigns
            .iter()
            .map(|(number, campaign, progress)| (*number, (&campaign.terms, progress.redeem_ends)))
            .collect();
        let mut live: BTreeMap<_, Live> = BTreeMap::new();
        for (key, coupon) in self.ledger.all(&COUPONS) {
            let number = CouponId::from_u64(key.0).campaign;
            let missing = || Contradiction::Missing { item: CAMPAIGNS.item_words(&number) };
            let (terms, ends) = *terms.get(&number).ok_or_else(missing)?;
            let here = live.entry(number).or_default();
            here.coupons = ensure_some("the live coupons", here.coupons.checked_add(1))?;
            if now < ends.min(coupon.valid_until) {
                let backing = counters::backing(terms, coupon.left)?;
                here.backing = ensure_some("the backing of coupons", here.backing.checked_add(backing))?;
            }
        }
        let all = live.values().fold(0_u64, |sum, live| sum.saturating_add(live.coupons.into()));
        let held = self.ledger.all(&HOLDERS).into_iter();
        let held = held.fold(0_u64, |sum, (_, holder)| sum.saturating_add(holder.coupons.into()));
        ensure_same("the live coupons", all, self.root()?.live)?;
        ensure_same("the coupons of all holders", all, held)?;

        for (number, Campaign { terms, .. }, progress) in &campaigns {
            let (nothing, no_course) = (Live::default(), Course::default());
            let live = live.get(number).unwrap_or(&nothing);
            let course = self.course.get(number).unwrap_or(&no_course);
            ensure_same(
                "a campaign's coupons: live and ended",
                live.coupons.checked_add(course.ended),
                progress.issued.checked_add(progress.parts),
            )?;
            ensure_rule("a campaign's supply is its limit", progress.issued <= terms.supply)?;
            ensure_same("a campaign's uses", course.uses, progress.uses)?;
            let budget = match terms.budget {
                Some(budget) => {
                    let given = budget.checked_add(course.budget_added);
                    let left = given.and_then(|given| given.checked_sub(course.discounts));
                    Some(ensure_some("a campaign's budget less its discounts", left)?)
                }
                None => None,
            };
            ensure_same("a campaign's budget less its discounts", budget, progress.budget_left)?;
            let over = now >= progress.redeem_ends.saturating_add(terms.rollback_window);
            if terms.funding == Funding::Escrow && !over {
                let needed = live.backing.checked_add(progress.held);
                ensure_rule(
                    "a campaign's escrow backs every coupon that can be spent, and every rollback",
                    live.backing <= progress.reserved
                        && needed.is_some_and(|needed| needed <= progress.escrow_left),
                )?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::registry::{Branches, ROOT};
    use ::registry::book::Root;
    use shared::{
        campaigns::Progress,
        coupons::{Coupon, Holder},
        terms::{Benefit, Terms, Window},
        AccountId,
    };

    const ONE: AccountId = ink::primitives::AccountId([1; 32]);
    const NOW: Timestamp = 50;

    /// A campaign with 10 locked, a coupon of 4 that was issued, and one that is spent.
    fn replay() -> RegistryReplay {
        let terms = Terms {
            funding: Funding::Escrow,
            rollback_window: 5,
            ..Terms::plain(Benefit::AmountOff { value: 4 }, Window { start: 0, end: 100 }, 2)
        };
        let progress = Progress {
            issued: 2,
            uses: 1,
            escrow_left: 6,
            reserved: 4,
            held: 1,
            ..counters::start(&terms, 0)
        };
        let mut replay = RegistryReplay::new(Branches { registry: ONE, office: ONE, desk: ONE });
        let coupon = Coupon::new(ONE, Timestamp::MAX, &terms, None);
        let root = Root { chain_tag: [0; 32], office: ONE, desk: ONE, live: 1, paused: 0 };
        replay.ledger.set(&ROOT, &(), &root);
        replay.ledger.set(&CAMPAIGNS, &1, &Campaign { issuer: ONE, terms });
        replay.ledger.set(&PROGRESS, &1, &progress);
        replay.ledger.set(&COUPONS, &CouponId { campaign: 1, serial: 1 }.into(), &coupon);
        replay.ledger.set(&HOLDERS, &ONE, &Holder { coupons: 1, permit_epoch: 0 });
        let course = replay.course.entry(1).or_default();
        course.use_for(3).unwrap();
        course.end().unwrap();
        replay
    }

    fn refusal(change: impl FnOnce(&mut RegistryReplay)) -> String {
        let mut replay = replay();
        change(&mut replay);
        replay.ensure_sums(NOW).unwrap_err().to_string()
    }

    fn with_progress(change: impl FnOnce(&mut Progress)) -> impl FnOnce(&mut RegistryReplay) {
        |replay| {
            let mut progress = replay.progress(1).unwrap();
            change(&mut progress);
            replay.ledger.set(&PROGRESS, &1, &progress);
        }
    }

    fn with_terms(change: impl FnOnce(&mut Terms)) -> impl FnOnce(&mut RegistryReplay) {
        |replay| {
            let mut campaign = replay.campaign(1).unwrap();
            change(&mut campaign.terms);
            replay.ledger.set(&CAMPAIGNS, &1, &campaign);
        }
    }

    #[test]
    fn books_that_add_up_are_found_to() {
        assert_eq!(replay().ensure_sums(NOW), Ok(()));
    }

    #[test]
    fn each_sum_that_does_not_add_up_is_named() {
        let backs = "escrow backs every coupon";
        for (found, why) in [
            (refusal(with_progress(|progress| progress.reserved = 3)), backs),
            (refusal(with_progress(|progress| progress.escrow_left = 4)), backs),
            (refusal(with_progress(|progress| progress.held = 3)), backs),
            (refusal(with_progress(|progress| progress.issued = 3)), "live and ended is Some(2)"),
            (refusal(with_progress(|progress| progress.uses = 2)), "uses is 1"),
            (
                refusal(with_progress(|progress| progress.budget_left = Some(7))),
                "budget less its discounts is None",
            ),
            (refusal(with_terms(|terms| terms.budget = Some(10))), "budget less its discounts is Some(7)"),
            (refusal(with_terms(|terms| terms.budget = Some(2))), "budget less its discounts passes"),
            (refusal(with_terms(|terms| terms.supply = 1)), "supply is its limit"),
            (refusal(|replay| replay.live(|live| live.checked_add(1)).unwrap()), "the live coupons is 1"),
            (
                refusal(|replay| replay.count(ONE, |coupons| coupons.checked_add(1)).unwrap()),
                "of all holders is 1",
            ),
        ] {
            assert!(found.contains(why), "{found}");
        }
    }

    #[test]
    fn what_is_over_needs_no_backing() {
        let mut replay = replay();
        with_progress(|progress| progress.escrow_left = 0)(&mut replay);
        assert!(replay.ensure_sums(104).is_err());
        assert_eq!(replay.ensure_sums(105), Ok(()));
    }
}
