//! A campaign's fixed part and its counters, and the rules that keep every live coupon backed. Knows no storage.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use shared::{
    ids::CampaignId,
    registry::{Refusal, RegistryError},
    terms::{Funding, Terms},
    AccountId, Balance, Timestamp,
};

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
    /// Coupons ever issued; also the last serial.
    pub issued: u32,
    /// Coupons spent, less those rolled back.
    pub redeemed: u32,
    /// Drops ever created; also the last drop's number.
    pub drops: u32,
    /// Issuing was stopped for good.
    pub issuing_stopped: bool,
    /// The redeem window's end, perhaps extended.
    pub redeem_ends: Timestamp,
    /// What discounts may still come to; `None` without a budget.
    pub budget_left: Option<Balance>,
    /// What is locked.
    pub escrow_left: Balance,
    /// The part of it that backs live coupons, and those that a rollback may bring back: their largest discounts.
    pub reserved: Balance,
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
    /// # Errors
    /// `NotIssuer`.
    pub fn ensure_issuer(&self, caller: AccountId) -> Result<(), Refusal> {
        if caller == self.issuer {
            Ok(())
        } else {
            Err(RegistryError::NotIssuer { issuer: self.issuer }.into())
        }
    }

    /// What one live coupon must have locked for it.
    fn backing(&self) -> Balance {
        match self.terms.funding {
            Funding::Escrow => self.terms.largest_discount(),
            Funding::Merchant | Funding::Alliance => 0,
        }
    }

    /// How much less a redemption for `discount` leaves to back. Where it may be rolled back, what the coupon didn't use stays reserved
    /// until the campaign is over: the coupon may come back and be worth its most.
    fn released(&self, discount: Balance) -> Balance {
        let backing = self.backing();
        if self.terms.rollback_window == 0 {
            backing
        } else {
            backing.min(discount)
        }
    }
}

impl Progress {
    /// A campaign's start, with `escrow` locked.
    pub fn new(terms: &Terms, escrow: Balance) -> Self {
        Self {
            issued: 0,
            redeemed: 0,
            drops: 0,
            issuing_stopped: false,
            redeem_ends: terms.redeem_window.end,
            budget_left: terms.budget,
            escrow_left: escrow,
            reserved: 0,
        }
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
        let needed = campaign.backing().checked_mul(count.into()).ok_or(RegistryError::Overflow)?;
        let free = self.escrow_left.saturating_sub(self.reserved);
        if needed > free {
            return Err(RegistryError::EscrowShort { needed, free }.into());
        }
        let first = self.issued.checked_add(1).ok_or(RegistryError::Overflow)?;
        self.issued = self.issued.checked_add(count).ok_or(RegistryError::Overflow)?;
        self.reserved = self.reserved.checked_add(needed).ok_or(RegistryError::Overflow)?;
        Ok(first)
    }

    /// A coupon was spent for `discount`, which `redemptions::weigh` allowed.
    /// # Errors
    /// `Overflow`, which would mean that the books don't add up.
    pub fn spend(&mut self, campaign: &Campaign, discount: Balance) -> Result<(), Refusal> {
        self.redeemed = self.redeemed.checked_add(1).ok_or(RegistryError::Overflow)?;
        self.budget_left = match self.budget_left {
            Some(left) => Some(left.checked_sub(discount).ok_or(RegistryError::Overflow)?),
            None => None,
        };
        if campaign.terms.funding == Funding::Escrow {
            self.escrow_left = self.escrow_left.checked_sub(discount).ok_or(RegistryError::Overflow)?;
        }
        self.reserved =
            self.reserved.checked_sub(campaign.released(discount)).ok_or(RegistryError::Overflow)?;
        Ok(())
    }

    /// The inverse of `spend`.
    /// # Errors
    /// `Overflow`.
    pub fn restore(&mut self, campaign: &Campaign, discount: Balance) -> Result<(), Refusal> {
        self.redeemed = self.redeemed.checked_sub(1).ok_or(RegistryError::Overflow)?;
        self.budget_left = match self.budget_left {
            Some(left) => Some(left.checked_add(discount).ok_or(RegistryError::Overflow)?),
            None => None,
        };
        if campaign.terms.funding == Funding::Escrow {
            self.escrow_left = self.escrow_left.checked_add(discount).ok_or(RegistryError::Overflow)?;
        }
        self.reserved =
            self.reserved.checked_add(campaign.released(discount)).ok_or(RegistryError::Overflow)?;
        Ok(())
    }

    /// What escrow backs nothing: what is not reserved, and all of it once no coupon can be spent and no redemption rolled back.
    pub fn free_escrow(&self, terms: &Terms, now: Timestamp) -> Balance {
        if now >= self.redeem_ends.saturating_add(terms.rollback_window) {
            self.escrow_left
        } else {
            self.escrow_left.saturating_sub(self.reserved)
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
                self.budget_left = Some(left.checked_add(amount).ok_or(RegistryError::Overflow)?);
            }
            Improvement::AddEscrow { .. } if terms.funding != Funding::Escrow => {
                return Err(RegistryError::NoEscrow.into())
            }
            Improvement::AddEscrow { amount } if amount > 0 => {
                self.escrow_left = self.escrow_left.checked_add(amount).ok_or(RegistryError::Overflow)?;
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

/// The number after `campaigns`.
/// # Errors
/// `Overflow`.
pub fn next_number(campaigns: CampaignId) -> Result<CampaignId, Refusal> {
    Ok(campaigns.checked_add(1).ok_or(RegistryError::Overflow)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{
        assets::Asset,
        terms::{Acceptance, Benefit, TransferPolicy, Window},
    };

    const ISSUER: [u8; 32] = [1; 32];

    fn campaign(funding: Funding) -> Campaign {
        Campaign {
            issuer: AccountId::from(ISSUER),
            terms: Terms {
                benefit: Benefit::PercentOff { bps: 2_000, cap: 500 },
                asset: Asset::Native,
                min_basket: 0,
                issue_window: Window { start: 10, end: 100 },
                redeem_window: Window { start: 10, end: 200 },
                valid_for: None,
                supply: 5,
                per_holder: None,
                budget: Some(1_000),
                funding,
                acceptance: Acceptance::IssuerOnly,
                transfer: TransferPolicy::Free,
                royalty_bps: 0,
                rollback_window: 50,
                document: [0; 32],
            },
        }
    }

    #[test]
    fn only_the_issuer_is_the_issuer() {
        let (issuer, caller) = (AccountId::from(ISSUER), AccountId::from([2; 32]));
        assert_eq!(campaign(Funding::Merchant).ensure_issuer(issuer), Ok(()));
        assert_eq!(
            campaign(Funding::Merchant).ensure_issuer(caller),
            Err(RegistryError::NotIssuer { issuer }.into())
        );
    }

    #[test]
    fn issuing_stops_at_window_supply_and_order() {
        let campaign = campaign(Funding::Merchant);
        let mut progress = Progress::new(&campaign.terms, 0);
        assert_eq!(
            progress.issue(&campaign, 1, 9),
            Err(RegistryError::IssueWindowClosed { start: 10, end: 100, now: 9 }.into())
        );
        assert_eq!(progress.issue(&campaign, 2, 10), Ok(1));
        assert_eq!(progress.issue(&campaign, 3, 99), Ok(3));
        assert_eq!(
            progress.issue(&campaign, 1, 99),
            Err(RegistryError::SupplyExhausted { asked: 1, left: 0 }.into())
        );
        progress.issuing_stopped = true;
        assert_eq!(progress.issue(&campaign, 1, 99), Err(RegistryError::IssuingStopped.into()));
        assert_eq!(progress.reserved, 0);
    }

    #[test]
    fn every_live_coupon_of_an_escrow_campaign_is_backed() {
        let campaign = campaign(Funding::Escrow);
        let mut progress = Progress::new(&campaign.terms, 1_499);
        assert_eq!(progress.issue(&campaign, 2, 10), Ok(1));
        assert_eq!(
            progress.issue(&campaign, 1, 10),
            Err(RegistryError::EscrowShort { needed: 500, free: 499 }.into())
        );
        assert_eq!(progress.free_escrow(&campaign.terms, 10), 499);
        assert_eq!(
            progress.withdraw_escrow(&campaign.terms, 500, 10),
            Err(RegistryError::EscrowCommitted { asked: 500, free: 499 }.into())
        );
        progress.spend(&campaign, 120).unwrap();
        assert_eq!((progress.escrow_left, progress.reserved, progress.budget_left), (1_379, 880, Some(880)));
        assert_eq!(progress.withdraw_escrow(&campaign.terms, 499, 10), Ok(()));
        assert_eq!(progress.free_escrow(&campaign.terms, 249), 0);
        assert_eq!(progress.free_escrow(&campaign.terms, 250), 880);
    }

    #[test]
    fn restoring_is_the_inverse_of_spending() {
        for funding in [Funding::Merchant, Funding::Escrow, Funding::Alliance] {
            let campaign = campaign(funding);
            let mut progress = Progress::new(&campaign.terms, 1_000);
            progress.issue(&campaign, 2, 10).unwrap();
            let before = progress.clone();
            progress.spend(&campaign, 77).unwrap();
            assert_ne!(progress, before);
            progress.restore(&campaign, 77).unwrap();
            assert_eq!(progress, before);
        }
    }

    #[test]
    fn terms_only_get_better() {
        let escrow = campaign(Funding::Escrow);
        let mut progress = Progress::new(&escrow.terms, 0);
        let mut improve = |improvement, now| progress.improve(&escrow.terms, improvement, now);
        let extend = |until| Improvement::ExtendRedeemWindow { until };
        assert_eq!(improve(extend(200), 10), Err(RegistryError::NotBetter.into()));
        assert_eq!(improve(extend(300), 200), Err(RegistryError::NotBetter.into()));
        assert_eq!(improve(extend(300), 199), Ok(()));
        assert_eq!(improve(Improvement::AddBudget { amount: 0 }, 10), Err(RegistryError::NotBetter.into()));
        assert_eq!(improve(Improvement::AddBudget { amount: 5 }, 10), Ok(()));
        assert_eq!(improve(Improvement::AddEscrow { amount: 7 }, 10), Ok(()));
        assert_eq!(improve(Improvement::StopIssuing, 10), Ok(()));
        assert_eq!(improve(Improvement::StopIssuing, 10), Err(RegistryError::NotBetter.into()));
        assert_eq!((progress.redeem_ends, progress.budget_left, progress.escrow_left), (300, Some(1_005), 7));
        let merchant = campaign(Funding::Merchant);
        let mut progress = Progress::new(&merchant.terms, 0);
        assert_eq!(
            progress.improve(&merchant.terms, Improvement::AddEscrow { amount: 7 }, 10),
            Err(RegistryError::NoEscrow.into())
        );
    }
}
