//! What keeps a coupon from being spent: freezes, reservations, its place among others, and the limits that its campaign counts.

use super::{registry::blake2, terms, Model};
use chain::{AccountId, Balance};
use shared::{
    ids::{CampaignId, CouponId},
    order::Order,
    registry::{Limit, RegistryError as E},
    terms::{Audience, Cap, Funding, Stacking},
};

impl Model {
    pub(super) fn ensure_not_frozen(&self, id: CouponId) -> Result<(), E> {
        match self.registry.coupons[&id].frozen {
            Some(reason) => Err(E::CouponFrozen { coupon: id, reason }),
            None => Ok(()),
        }
    }

    /// A coupon that is reserved serves its own order alone.
    pub(super) fn ensure_not_locked(&self, id: CouponId, order: Option<&Order>) -> Result<(), E> {
        match self.registry.coupons[&id].lock {
            Some(lock) if self.now < lock.until && order.map(blake2) != Some(lock.order) => {
                Err(E::CouponLocked { coupon: id, until: lock.until })
            }
            _ => Ok(()),
        }
    }

    /// Coupons of one order share an asset, and come by their priority.
    pub(super) fn ensure_follows(&self, coupon: CouponId) -> Result<(), E> {
        let Some(last) = self.begun().uses.last() else { return Ok(()) };
        let terms_of = |id: CouponId| &self.registry.campaign(id.campaign).unwrap().terms;
        let (terms, before) = (terms_of(coupon), terms_of(last.coupon));
        if terms.asset != before.asset {
            return Err(E::AssetMismatch { coupon });
        }
        if let (Stacking::Common { priority }, Stacking::Common { priority: after }) =
            (terms.stacking, before.stacking)
        {
            if priority < after {
                return Err(E::OutOfOrder { coupon, priority, after });
            }
        }
        Ok(())
    }

    pub(super) fn ensure_holder_within(
        &self,
        number: CampaignId,
        holder: AccountId,
        discount: Balance,
    ) -> Result<(), E> {
        let limits = &self.registry.campaign(number)?.terms.limits;
        let had = self.registry.of_holder(number, holder);
        within(limits.holder, had, discount, (Limit::HolderUses, Limit::HolderValue))?;
        if let Some(period) = limits.period {
            let had = self.registry.in_period(number, Some(holder), terms::period(&period, self.now));
            within(period.holder, had, discount, (Limit::HolderPeriodUses, Limit::HolderPeriodValue))?;
        }
        Ok(())
    }

    pub(super) fn ensure_campaign_within(&self, number: CampaignId, discount: Balance) -> Result<(), E> {
        let limits = &self.registry.campaign(number)?.terms.limits;
        let counts = self.registry.counts(number);
        let uses = Cap { uses: limits.uses, value: None };
        within(uses, (counts.uses, 0), discount, (Limit::CampaignUses, Limit::CampaignUses))?;
        if let Some(period) = limits.period {
            let had = self.registry.in_period(number, None, terms::period(&period, self.now));
            within(period.campaign, had, discount, (Limit::PeriodUses, Limit::PeriodValue))?;
        }
        if counts.budget_left.is_some_and(|left| discount > left) {
            return Err(E::BudgetExhausted { campaign: number });
        }
        Ok(())
    }

    /// Whether the issuer lets the holder spend its coupons, and this is a first order where it has to be.
    pub(super) fn ensure_customer(
        &self,
        order: &Order,
        coupon: CouponId,
        holder: AccountId,
    ) -> Result<(), E> {
        let campaign = self.registry.campaign(coupon.campaign)?;
        let terms = &campaign.terms;
        if !terms.marks_first_order {
            return Ok(());
        }
        let known = self.registry.customers.get(&(campaign.issuer, holder)).copied().unwrap_or_default();
        if let Some(reason) = known.frozen.filter(|_| terms.funding != Funding::Escrow) {
            return Err(E::AccountFrozen { account: holder, reason });
        }
        match known.first_order {
            Some((acceptor, number))
                if terms.audience == Audience::FirstOrder
                    && (acceptor, number) != (order.acceptor, order.number) =>
            {
                Err(E::NotFirstOrder { coupon, acceptor, number })
            }
            _ => Ok(()),
        }
    }
}

/// Whether one use more stays within a cap.
fn within(
    cap: Cap,
    (uses, value): (u32, Balance),
    discount: Balance,
    (of_uses, of_value): (Limit, Limit),
) -> Result<(), E> {
    if let Some(most) = cap.uses.filter(|most| uses + 1 > *most) {
        return Err(E::LimitReached { limit: of_uses, most: most.into(), asked: Balance::from(uses) + 1 });
    }
    if let Some(most) = cap.value.filter(|most| value + discount > *most) {
        return Err(E::LimitReached { limit: of_value, most, asked: value + discount });
    }
    Ok(())
}
