//! A campaign's fixed part and its counters, and the rules that keep every live coupon backed. Knows no storage.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use crate::{
    claims::Drop,
    ids::CampaignId,
    math,
    registry::{Limit, Refusal, RegistryError},
    terms::{Benefit, Cap, Funding, Limits, Terms, Window},
    AccountId, Balance, Timestamp,
};
use ink::prelude::{boxed::Box, vec::Vec};
use scale::{Decode, Error, Input};

/// The most drops a campaign has.
pub const MAX_DROPS: u32 = 32;

/// What never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Campaign {
    /// Who promises.
    pub issuer: AccountId,
    /// What is promised.
    pub terms: Terms,
}

/// What changes together as coupons come and go.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Progress {
    /// Coupons ever issued.
    pub issued: u32,
    /// Coupons that came of others: split off, or brought back beside one that has moved on. Serials run to `issued + parts`.
    pub parts: u32,
    /// Redemptions, less those rolled back.
    pub uses: u32,
    /// Drops, numbered from 1; at most `MAX_DROPS`. Here rather than in items of their own, since claiming reads this anyway.
    pub drops: Vec<Drop>,
    /// Issuing was stopped for good.
    pub issuing_stopped: bool,
    /// The redeem window's end, perhaps extended.
    pub redeem_ends: Timestamp,
    /// What discounts may still come to; `None` without a budget.
    pub budget_left: Option<Balance>,
    /// What is locked.
    pub escrow_left: Balance,
    /// The part of it that backs live coupons: their largest discounts.
    pub reserved: Balance,
    /// The part of it that redemptions didn't use and a rollback may need again.
    pub held: Balance,
    /// What the newest period has seen.
    pub period: Tally,
}

/// What a period has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Tally {
    /// Which period.
    pub index: u32,
    /// Redemptions in it, less those rolled back while it lasted.
    pub uses: u32,
    /// Their discounts.
    pub value: Balance,
}

/// What one account has had of a campaign that limits that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Usage {
    /// Coupons ever issued to it.
    pub issued: u32,
    /// Its redemptions, less those rolled back.
    pub uses: u32,
    /// Their discounts.
    pub value: Balance,
    /// Its newest period.
    pub period: Tally,
}

/// A change for the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Improvement {
    /// Coupons may be spent for longer.
    #[codec(index = 0)]
    ExtendRedeemWindow {
        /// The new end.
        until: Timestamp,
    },
    /// Discounts may come to more.
    #[codec(index = 1)]
    AddBudget {
        /// By this much.
        amount: Balance,
    },
    /// More is locked.
    #[codec(index = 2)]
    AddEscrow {
        /// By this much, paid with the call.
        amount: Balance,
    },
    /// No more coupons.
    #[codec(index = 3)]
    StopIssuing,
}

impl Campaign {
    /// The campaign as far as spending looks at it, from its SCALE bytes.
    /// # Errors
    /// What decoding gives.
    pub fn decode_for_spending<I: Input>(input: &mut I) -> Result<Box<Self>, Error> {
        let terms = Terms::plain(Benefit::AmountOff { value: 0 }, Window { start: 0, end: 0 }, 0);
        let mut campaign = Box::new(Self { issuer: Decode::decode(input)?, terms });
        campaign.terms.read_for_spending(input)?;
        Ok(campaign)
    }

    /// # Errors
    /// `NotIssuer`.
    pub fn ensure_issuer(&self, caller: AccountId) -> Result<(), Refusal> {
        if caller == self.issuer {
            Ok(())
        } else {
            Err(RegistryError::NotIssuer { issuer: self.issuer }.into())
        }
    }

    /// Whether escrow backs the coupons.
    pub fn is_backed(&self) -> bool {
        self.terms.funding == Funding::Escrow
    }

    /// What a coupon with `left` must have locked for it.
    /// # Errors
    /// `Overflow`.
    #[inline(never)]
    pub fn backing(&self, left: Balance) -> Result<Balance, Refusal> {
        if self.is_backed() {
            Ok(self.terms.largest_discount(left).ok_or(RegistryError::Overflow)?)
        } else {
            Ok(0)
        }
    }

    /// What a use for `discount` sets free of a coupon's backing besides the discount itself; `left` is what the coupon had before.
    /// # Errors
    /// `Overflow`.
    #[inline(never)]
    fn unused(&self, left: Balance, discount: Balance) -> Result<Balance, Refusal> {
        if !self.is_backed() {
            return Ok(0);
        }
        let after = math::difference(left, self.terms.spent_by(discount))?;
        let freed = self.backing(left)?.checked_sub(self.backing(after)?).ok_or(RegistryError::Overflow)?;
        math::difference(freed, discount)
    }
}

impl Tally {
    /// This tally as of period `index`: empty if that is another one.
    pub fn at(self, index: u32) -> Self {
        if self.index == index {
            self
        } else {
            Self { index, ..Self::default() }
        }
    }

    /// One use more.
    /// # Errors
    /// `LimitReached`, `Overflow`.
    #[inline(never)]
    pub fn count(&mut self, cap: &Cap, limits: (Limit, Limit), discount: Balance) -> Result<(), Refusal> {
        count_use(&mut self.uses, cap.uses, limits.0)?;
        count_value(&mut self.value, cap.value, limits.1, discount)
    }

    /// One use less, if it was in this period.
    pub fn give_back(&mut self, index: u32, use_back: bool, discount: Balance) {
        if self.index == index {
            self.uses = self.uses.saturating_sub(use_back.into());
            self.value = self.value.saturating_sub(discount);
        }
    }
}

#[inline(never)]
fn count_use(uses: &mut u32, most: Option<u32>, limit: Limit) -> Result<(), Refusal> {
    let counted = uses.checked_add(1).ok_or(RegistryError::Overflow)?;
    if let Some(most) = most.filter(|most| counted > *most) {
        return Err(RegistryError::LimitReached { limit, most: most.into(), asked: counted.into() }.into());
    }
    *uses = counted;
    Ok(())
}

#[inline(never)]
fn count_value(
    value: &mut Balance,
    most: Option<Balance>,
    limit: Limit,
    discount: Balance,
) -> Result<(), Refusal> {
    let counted = math::sum(*value, discount)?;
    if let Some(most) = most.filter(|most| counted > *most) {
        return Err(RegistryError::LimitReached { limit, most, asked: counted }.into());
    }
    *value = counted;
    Ok(())
}

impl Usage {
    /// One coupon more.
    /// # Errors
    /// `HolderLimit`.
    pub fn count_issue(&mut self, limits: &Limits) -> Result<(), Refusal> {
        if let Some(limit) = limits.issued_per_holder.filter(|limit| self.issued >= *limit) {
            return Err(RegistryError::HolderLimit { limit }.into());
        }
        self.issued = self.issued.saturating_add(1);
        Ok(())
    }

    /// One redemption more. On an error this is of no more use.
    /// # Errors
    /// `LimitReached`, `Overflow`.
    #[inline(never)]
    pub fn count_use(&mut self, limits: &Limits, discount: Balance, now: Timestamp) -> Result<(), Refusal> {
        count_use(&mut self.uses, limits.holder.uses, Limit::HolderUses)?;
        count_value(&mut self.value, limits.holder.value, Limit::HolderValue, discount)?;
        if let Some(period) = &limits.period {
            self.period = self.period.at(period.index(now));
            self.period.count(
                &period.holder,
                (Limit::HolderPeriodUses, Limit::HolderPeriodValue),
                discount,
            )?;
        }
        Ok(())
    }

    /// The inverse of `count_use` at `redeemed_at`: of the use itself where `use_back`, and of `discount`.
    pub fn give_back(&mut self, limits: &Limits, use_back: bool, discount: Balance, redeemed_at: Timestamp) {
        self.uses = self.uses.saturating_sub(use_back.into());
        self.value = self.value.saturating_sub(discount);
        if let Some(period) = &limits.period {
            self.period.give_back(period.index(redeemed_at), use_back, discount);
        }
    }
}

impl Progress {
    /// A campaign's start, with `escrow` locked.
    pub fn new(terms: &Terms, escrow: Balance) -> Self {
        Self {
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

    /// The drop of this number.
    pub fn drop(&self, number: u32) -> Option<&Drop> {
        self.drops.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// Makes room for `count` more coupons and gives the first one's serial.
    /// # Errors
    /// `IssueWindowClosed`, `IssuingStopped`, `SupplyExhausted`, `EscrowShort`, `Overflow`.
    pub fn issue(&mut self, campaign: &Campaign, count: u32, now: Timestamp) -> Result<u32, Refusal> {
        let window = campaign.terms.issue_window;
        if !window.contains(now) {
            return Err(RegistryError::IssueWindowClosed { start: window.start, end: window.end, now }.into());
        }
        if self.issuing_stopped {
            return Err(RegistryError::IssuingStopped.into());
        }
        let left = campaign.terms.supply.saturating_sub(self.issued);
        if count > left {
            return Err(RegistryError::SupplyExhausted { asked: count, left }.into());
        }
        let each = campaign.backing(campaign.terms.full())?;
        self.reserve(each.checked_mul(count.into()).ok_or(RegistryError::Overflow)?)?;
        let first = self.next_serial()?;
        self.issued = self.issued.checked_add(count).ok_or(RegistryError::Overflow)?;
        self.next_serial()?;
        Ok(first)
    }

    /// Makes room for a coupon that comes of another, and gives its serial.
    /// # Errors
    /// `Overflow`.
    pub fn part(&mut self) -> Result<u32, Refusal> {
        let serial = self.next_serial()?;
        self.parts = self.parts.checked_add(1).ok_or(RegistryError::Overflow)?;
        Ok(serial)
    }

    fn next_serial(&self) -> Result<u32, Refusal> {
        let serial = self.issued.checked_add(self.parts).and_then(|last| last.checked_add(1));
        Ok(serial.ok_or(RegistryError::Overflow)?)
    }

    /// Puts `needed` of the free escrow behind coupons.
    /// # Errors
    /// `EscrowShort`, `Overflow`.
    pub fn reserve(&mut self, needed: Balance) -> Result<(), Refusal> {
        let free = self.uncommitted();
        if needed > free {
            return Err(RegistryError::EscrowShort { needed, free }.into());
        }
        self.reserved = math::sum(self.reserved, needed)?;
        Ok(())
    }

    /// A coupon that had `left` gave `discount`, at `now`. On an error this is of no more use.
    /// # Errors
    /// `LimitReached`, `BudgetExhausted`, `Overflow`.
    #[inline(never)]
    pub fn spend(
        &mut self,
        (id, campaign): (CampaignId, &Campaign),
        left: Balance,
        discount: Balance,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let limits = &campaign.terms.limits;
        count_use(&mut self.uses, limits.uses, Limit::CampaignUses)?;
        if let Some(period) = &limits.period {
            self.period = self.period.at(period.index(now));
            self.period.count(&period.campaign, (Limit::PeriodUses, Limit::PeriodValue), discount)?;
        }
        if let Some(budget) = self.budget_left {
            let rest = budget.checked_sub(discount).ok_or(RegistryError::BudgetExhausted { campaign: id })?;
            self.budget_left = Some(rest);
        }
        if campaign.is_backed() {
            let unused = campaign.unused(left, discount)?;
            let freed = math::sum(unused, discount)?;
            self.escrow_left = math::difference(self.escrow_left, discount)?;
            self.reserved = math::difference(self.reserved, freed)?;
            if campaign.terms.rollback_window > 0 {
                self.held = math::sum(self.held, unused)?;
            }
        }
        Ok(())
    }

    /// The inverse of `spend`, for a use that had `left` before and took `discount` off at `redeemed_at`.
    /// # Errors
    /// `Overflow`.
    pub fn restore(
        &mut self,
        campaign: &Campaign,
        left: Balance,
        discount: Balance,
        redeemed_at: Timestamp,
    ) -> Result<(), Refusal> {
        self.uses = self.uses.checked_sub(1).ok_or(RegistryError::Overflow)?;
        self.refund(campaign, true, discount, redeemed_at)?;
        if campaign.is_backed() {
            let unused = campaign.unused(left, discount)?;
            self.held = math::difference(self.held, unused)?;
            let back = math::sum(unused, discount)?;
            self.reserved = math::sum(self.reserved, back)?;
        }
        Ok(())
    }

    /// A use stands but takes `back` less off. What escrow gets back stays held, or backs a gift card's value.
    /// # Errors
    /// `Overflow`.
    pub fn lower(
        &mut self,
        campaign: &Campaign,
        back: Balance,
        redeemed_at: Timestamp,
    ) -> Result<(), Refusal> {
        self.refund(campaign, false, back, redeemed_at)?;
        if campaign.is_backed() {
            let part = if campaign.terms.is_stored_value() { &mut self.reserved } else { &mut self.held };
            *part = part.checked_add(back).ok_or(RegistryError::Overflow)?;
        }
        Ok(())
    }

    fn refund(
        &mut self,
        campaign: &Campaign,
        use_back: bool,
        discount: Balance,
        redeemed_at: Timestamp,
    ) -> Result<(), Refusal> {
        if let Some(period) = &campaign.terms.limits.period {
            self.period.give_back(period.index(redeemed_at), use_back, discount);
        }
        if let Some(left) = self.budget_left {
            self.budget_left = Some(math::sum(left, discount)?);
        }
        if campaign.is_backed() {
            self.escrow_left = math::sum(self.escrow_left, discount)?;
        }
        Ok(())
    }

    /// A coupon that had `left` ended unspent; gives what backed it.
    /// # Errors
    /// `Overflow`.
    pub fn retire(&mut self, campaign: &Campaign, left: Balance) -> Result<Balance, Refusal> {
        let backing = campaign.backing(left)?;
        self.reserved = math::difference(self.reserved, backing)?;
        Ok(backing)
    }

    fn uncommitted(&self) -> Balance {
        self.escrow_left.saturating_sub(self.reserved).saturating_sub(self.held)
    }

    /// What escrow backs nothing: what is neither reserved nor held. Once no coupon can be spent and no redemption rolled back, nothing is held, and
    /// nothing reserved either unless the terms share breakage out.
    pub fn free_escrow(&self, terms: &Terms, now: Timestamp) -> Balance {
        if now < self.redeem_ends.saturating_add(terms.rollback_window) {
            self.uncommitted()
        } else if terms.breakage.shared_bps() > 0 {
            self.escrow_left.saturating_sub(self.reserved)
        } else {
            self.escrow_left
        }
    }

    /// # Errors
    /// `NoEscrow`, `EscrowCommitted`.
    pub fn withdraw_escrow(&mut self, terms: &Terms, asked: Balance, now: Timestamp) -> Result<(), Refusal> {
        if terms.funding != Funding::Escrow {
            return Err(RegistryError::NoEscrow.into());
        }
        let free = self.free_escrow(terms, now);
        if asked == 0 || asked > free {
            return Err(RegistryError::EscrowCommitted { asked, free }.into());
        }
        self.escrow_left = self.escrow_left.saturating_sub(asked);
        Ok(())
    }

    /// # Errors
    /// `NotBetter`, `NoEscrow`, `Overflow`. A redeem window that is over stays over: its escrow may be gone.
    pub fn improve(
        &mut self,
        terms: &Terms,
        improvement: Improvement,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        match improvement {
            Improvement::ExtendRedeemWindow { until }
                if until > self.redeem_ends && now < self.redeem_ends =>
            {
                self.redeem_ends = until;
            }
            Improvement::AddBudget { amount } if amount > 0 => {
                let left = self.budget_left.ok_or(RegistryError::NotBetter)?;
                self.budget_left = Some(math::sum(left, amount)?);
            }
            Improvement::AddEscrow { .. } if terms.funding != Funding::Escrow => {
                return Err(RegistryError::NoEscrow.into())
            }
            Improvement::AddEscrow { amount } if amount > 0 => {
                self.escrow_left = math::sum(self.escrow_left, amount)?;
            }
            Improvement::StopIssuing if !self.issuing_stopped => self.issuing_stopped = true,
            Improvement::ExtendRedeemWindow { .. }
            | Improvement::AddBudget { .. }
            | Improvement::AddEscrow { .. }
            | Improvement::StopIssuing => return Err(RegistryError::NotBetter.into()),
        }
        Ok(())
    }
}

impl Improvement {
    /// What must be paid with the call.
    pub fn price(self) -> Balance {
        match self {
            Self::AddEscrow { amount } => amount,
            Self::ExtendRedeemWindow { .. } | Self::AddBudget { .. } | Self::StopIssuing => 0,
        }
    }
}

#[cfg(test)]
mod tests;
