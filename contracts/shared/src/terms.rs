//! A campaign's terms: what is fixed when it is created, the rules they must meet, and the discount they give.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use crate::{assets::Asset, math, AccountId, Balance, Hash, Timestamp};
use ink::prelude::vec::Vec;

/// The most acceptors a campaign may list.
pub const MAX_ACCEPTORS: usize = 16;
/// The highest royalty: 10%, which the market shares with its own fee.
pub const MAX_ROYALTY_BPS: u16 = 1_000;
/// The longest rollback window: 90 days, in milliseconds.
pub const MAX_ROLLBACK_WINDOW: u64 = 90 * 24 * 60 * 60 * 1_000;

/// What a coupon is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Benefit {
    /// `value` off, and never more than the eligible amount.
    #[codec(index = 0)]
    AmountOff {
        /// In the asset's smallest unit.
        value: Balance,
    },
    /// `bps` of the eligible amount, rounded down, and at most `cap`.
    #[codec(index = 1)]
    PercentOff {
        /// 1..=10,000.
        bps: u16,
        /// In the asset's smallest unit.
        cap: Balance,
    },
}

/// Half-open: from `start` on, until just before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Window {
    /// The first millisecond inside.
    pub start: Timestamp,
    /// The first millisecond after.
    pub end: Timestamp,
}

impl Window {
    /// Whether `at` is inside.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

/// Who bears the discount, and how the acceptor comes by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Funding {
    /// The acceptor simply doesn't charge it.
    #[codec(index = 0)]
    Merchant,
    /// Locked beforehand; the acceptor is paid from it in the redemption. Issuing fails unless every live coupon is backed.
    #[codec(index = 1)]
    Escrow,
    /// Booked as the issuer's debt to the acceptor in the alliance that `Acceptance` names.
    #[codec(index = 2)]
    Alliance,
}

/// Who may accept the coupons.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Acceptance {
    /// The issuer.
    #[codec(index = 0)]
    IssuerOnly,
    /// These accounts, at most `MAX_ACCEPTORS`; the issuer only if listed.
    #[codec(index = 1)]
    Listed(Vec<AccountId>),
    /// Whoever the alliance at this address admits, through its `redeem`; and the issuer itself.
    #[codec(index = 2)]
    Alliance(AccountId),
}

/// Whether coupons may change hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum TransferPolicy {
    /// Freely.
    #[codec(index = 0)]
    Free,
    /// Only to or from the market at this address.
    #[codec(index = 1)]
    MarketOnly(AccountId),
    /// Never.
    #[codec(index = 2)]
    Soulbound,
}

/// What a campaign promises. Never changes once created.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Terms {
    /// What a coupon is worth.
    pub benefit: Benefit,
    /// What amounts are counted in, and what escrow and on-chain prices are paid in.
    pub asset: Asset,
    /// The least basket, before the discount.
    pub min_basket: Balance,
    /// When coupons may be issued and claimed.
    pub issue_window: Window,
    /// When coupons may be spent. Its end may later be extended, never brought forward.
    pub redeem_window: Window,
    /// A coupon ends this many milliseconds after its issue, if that is before the redeem window's end.
    pub valid_for: Option<u64>,
    /// The most coupons ever issued.
    pub supply: u32,
    /// The most coupons one account may be issued.
    pub per_holder: Option<u32>,
    /// The most that all discounts together may come to.
    pub budget: Option<Balance>,
    /// Who bears the discount.
    pub funding: Funding,
    /// Who may accept the coupons.
    pub acceptance: Acceptance,
    /// Whether coupons may change hands.
    pub transfer: TransferPolicy,
    /// The issuer's share of a resale price, in bps.
    pub royalty_bps: u16,
    /// How long after a redemption its acceptor may roll it back, in milliseconds.
    pub rollback_window: u64,
    /// SHA-256 of the full terms that people read; their URI is in the event.
    pub document: Hash,
}

/// Why terms are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum TermsFault {
    /// The benefit gives nothing: a value, share or cap of zero.
    #[codec(index = 0)]
    NoBenefit,
    /// A share of more than the whole.
    #[codec(index = 1)]
    PercentOverWhole {
        /// The share asked for.
        bps: u16,
    },
    /// A window that ends before, or as, it starts.
    #[codec(index = 2)]
    EmptyWindow {
        /// The window.
        start: Timestamp,
        /// The window.
        end: Timestamp,
    },
    /// The issue window has already ended.
    #[codec(index = 3)]
    IssueWindowPast {
        /// When it ended.
        end: Timestamp,
        /// The block's time.
        now: Timestamp,
    },
    /// Coupons could still be issued after none can be spent.
    #[codec(index = 4)]
    IssueOutlastsRedeem {
        /// The issue window's end.
        issue_end: Timestamp,
        /// The redeem window's end.
        redeem_end: Timestamp,
    },
    /// A supply of zero.
    #[codec(index = 5)]
    NoSupply,
    /// A limit, budget or validity of zero: leave it out instead.
    #[codec(index = 6)]
    ZeroLimit,
    /// An empty list of acceptors, or one over `MAX_ACCEPTORS`.
    #[codec(index = 7)]
    AcceptorCount {
        /// The accounts listed.
        listed: u32,
    },
    /// Funding by an alliance needs acceptance by one.
    #[codec(index = 8)]
    AllianceMissing,
    /// A royalty over `MAX_ROYALTY_BPS`.
    #[codec(index = 9)]
    RoyaltyOverCap {
        /// The royalty asked for.
        bps: u16,
    },
    /// A rollback window over `MAX_ROLLBACK_WINDOW`.
    #[codec(index = 10)]
    RollbackWindowOverCap {
        /// The window asked for, in milliseconds.
        window: u64,
    },
}

impl Terms {
    /// Refuses terms that contradict themselves or could never be used.
    /// # Errors
    /// `TermsFault`, in the order of the fields of `Terms`.
    pub fn check(&self, now: Timestamp) -> Result<(), TermsFault> {
        match self.benefit {
            Benefit::AmountOff { value: 0 }
            | Benefit::PercentOff { bps: 0, .. }
            | Benefit::PercentOff { cap: 0, .. } => return Err(TermsFault::NoBenefit),
            Benefit::PercentOff { bps, .. } if bps > math::WHOLE_BPS => {
                return Err(TermsFault::PercentOverWhole { bps })
            }
            Benefit::AmountOff { .. } | Benefit::PercentOff { .. } => {}
        }
        for Window { start, end } in [self.issue_window, self.redeem_window] {
            if end <= start {
                return Err(TermsFault::EmptyWindow { start, end });
            }
        }
        let (issue_end, redeem_end) = (self.issue_window.end, self.redeem_window.end);
        if issue_end <= now {
            return Err(TermsFault::IssueWindowPast { end: issue_end, now });
        }
        if issue_end > redeem_end {
            return Err(TermsFault::IssueOutlastsRedeem { issue_end, redeem_end });
        }
        if self.supply == 0 {
            return Err(TermsFault::NoSupply);
        }
        if self.valid_for == Some(0) || self.per_holder == Some(0) || self.budget == Some(0) {
            return Err(TermsFault::ZeroLimit);
        }
        match &self.acceptance {
            Acceptance::Listed(listed) if listed.is_empty() || listed.len() > MAX_ACCEPTORS => {
                return Err(TermsFault::AcceptorCount {
                    listed: u32::try_from(listed.len()).unwrap_or(u32::MAX),
                })
            }
            Acceptance::IssuerOnly | Acceptance::Listed(_) if self.funding == Funding::Alliance => {
                return Err(TermsFault::AllianceMissing)
            }
            Acceptance::IssuerOnly | Acceptance::Listed(_) | Acceptance::Alliance(_) => {}
        }
        if self.royalty_bps > MAX_ROYALTY_BPS {
            return Err(TermsFault::RoyaltyOverCap { bps: self.royalty_bps });
        }
        if self.rollback_window > MAX_ROLLBACK_WINDOW {
            return Err(TermsFault::RollbackWindowOverCap { window: self.rollback_window });
        }
        Ok(())
    }

    /// The most one coupon can ever take off: what backs it in escrow.
    pub fn largest_discount(&self) -> Balance {
        match self.benefit {
            Benefit::AmountOff { value } => value,
            Benefit::PercentOff { cap, .. } => cap,
        }
    }

    /// What a coupon takes off `eligible`: min(rule, cap, eligible), shares rounded down.
    pub fn discount(&self, eligible: Balance) -> Balance {
        match self.benefit {
            Benefit::AmountOff { value } => value.min(eligible),
            Benefit::PercentOff { bps, cap } => math::share_down(eligible, bps).min(cap),
        }
    }

    /// When a coupon issued at `now` ends, apart from the redeem window; `Timestamp::MAX` when the terms don't say.
    pub fn valid_until(&self, now: Timestamp) -> Timestamp {
        self.valid_for.map_or(Timestamp::MAX, |period| now.saturating_add(period))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> Terms {
        Terms {
            benefit: Benefit::PercentOff { bps: 2_000, cap: 500 },
            asset: Asset::Native,
            min_basket: 0,
            issue_window: Window { start: 10, end: 100 },
            redeem_window: Window { start: 10, end: 200 },
            valid_for: None,
            supply: 5,
            per_holder: Some(1),
            budget: Some(1_000),
            funding: Funding::Merchant,
            acceptance: Acceptance::IssuerOnly,
            transfer: TransferPolicy::Free,
            royalty_bps: MAX_ROYALTY_BPS,
            rollback_window: MAX_ROLLBACK_WINDOW,
            document: [0; 32],
        }
    }

    fn fault(change: impl FnOnce(&mut Terms)) -> Option<TermsFault> {
        let mut terms = terms();
        change(&mut terms);
        terms.check(50).err()
    }

    #[test]
    fn good_terms_pass_and_each_contradiction_is_named() {
        assert_eq!(fault(|_| ()), None);
        assert_eq!(fault(|t| t.benefit = Benefit::AmountOff { value: 0 }), Some(TermsFault::NoBenefit));
        assert_eq!(
            fault(|t| t.benefit = Benefit::PercentOff { bps: 1, cap: 0 }),
            Some(TermsFault::NoBenefit)
        );
        assert_eq!(
            fault(|t| t.benefit = Benefit::PercentOff { bps: 0, cap: 1 }),
            Some(TermsFault::NoBenefit)
        );
        let over = Benefit::PercentOff { bps: 10_001, cap: 1 };
        assert_eq!(fault(|t| t.benefit = over), Some(TermsFault::PercentOverWhole { bps: 10_001 }));
        assert_eq!(
            fault(|t| t.issue_window.start = 100),
            Some(TermsFault::EmptyWindow { start: 100, end: 100 })
        );
        assert_eq!(fault(|t| t.redeem_window.end = 9), Some(TermsFault::EmptyWindow { start: 10, end: 9 }));
        assert_eq!(
            fault(|t| t.issue_window.end = 50),
            Some(TermsFault::IssueWindowPast { end: 50, now: 50 })
        );
        assert_eq!(
            fault(|t| t.issue_window.end = 201),
            Some(TermsFault::IssueOutlastsRedeem { issue_end: 201, redeem_end: 200 })
        );
        assert_eq!(fault(|t| t.supply = 0), Some(TermsFault::NoSupply));
        assert_eq!(fault(|t| t.valid_for = Some(0)), Some(TermsFault::ZeroLimit));
        assert_eq!(fault(|t| t.per_holder = Some(0)), Some(TermsFault::ZeroLimit));
        assert_eq!(fault(|t| t.budget = Some(0)), Some(TermsFault::ZeroLimit));
        let listed = |count| Acceptance::Listed(vec![AccountId::from([1; 32]); count]);
        assert_eq!(fault(|t| t.acceptance = listed(0)), Some(TermsFault::AcceptorCount { listed: 0 }));
        assert_eq!(fault(|t| t.acceptance = listed(16)), None);
        assert_eq!(fault(|t| t.acceptance = listed(17)), Some(TermsFault::AcceptorCount { listed: 17 }));
        assert_eq!(fault(|t| t.funding = Funding::Alliance), Some(TermsFault::AllianceMissing));
        assert_eq!(fault(|t| t.royalty_bps = 1_001), Some(TermsFault::RoyaltyOverCap { bps: 1_001 }));
        let window = MAX_ROLLBACK_WINDOW.checked_add(1).unwrap();
        assert_eq!(fault(|t| t.rollback_window = window), Some(TermsFault::RollbackWindowOverCap { window }));
    }

    #[test]
    fn discounts_round_down_and_stop_at_cap_and_eligible() {
        let mut terms = terms();
        assert_eq!(terms.discount(999), 199);
        assert_eq!(terms.discount(1_000_000), 500);
        assert_eq!(terms.largest_discount(), 500);
        terms.benefit = Benefit::AmountOff { value: 300 };
        assert_eq!((terms.discount(299), terms.discount(301)), (299, 300));
    }

    #[test]
    fn windows_are_half_open() {
        let window = Window { start: 10, end: 20 };
        assert_eq!([9, 10, 19, 20].map(|at| window.contains(at)), [false, true, true, false]);
    }
}
