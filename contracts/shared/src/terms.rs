//! A campaign's terms: what is fixed when it is created, the rules they must meet, and the discount they give.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use crate::{assets::Asset, calendar, math, AccountId, Balance, Hash, Timestamp};
use ink::prelude::vec::Vec;
use scale::{Decode, Error, Input};

/// The most acceptors a campaign may list.
pub const MAX_ACCEPTORS: usize = 16;
/// The highest royalty: 10%, which the market shares with its own fee.
pub const MAX_ROYALTY_BPS: u16 = 1_000;
/// The longest rollback window: 90 days, in milliseconds.
pub const MAX_ROLLBACK_WINDOW: u64 = 90 * 24 * 60 * 60 * 1_000;

/// The longest reservation: 7 days, in milliseconds.
pub const MAX_RESERVATION: u64 = 7 * 24 * 60 * 60 * 1_000;

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
    /// What is eligible costs `price`, and the discount is at most `cap`.
    #[codec(index = 2)]
    NewPrice {
        /// In the asset's smallest unit.
        price: Balance,
        /// In the asset's smallest unit.
        cap: Balance,
    },
    /// One item in scope is free: the acceptor states its price as the eligible amount, and at most `worth` comes off.
    #[codec(index = 3)]
    FreeItem {
        /// In the asset's smallest unit.
        worth: Balance,
    },
    /// A gift card: starts with `value`, and each redemption spends a part of what is left.
    #[codec(index = 4)]
    StoredValue {
        /// In the asset's smallest unit.
        value: Balance,
    },
}

/// How often a coupon can be used. A gift card's uses end with its value: its card is `Uses(1)`, and means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Card {
    /// This many times, each giving the benefit.
    #[codec(index = 0)]
    Uses(u16),
    /// A stamp card: this many times, of which only the last gives the benefit.
    #[codec(index = 1)]
    Stamps(u16),
}

/// How often, and for how much in all. `None` is without limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Cap {
    /// The most redemptions.
    pub uses: Option<u32>,
    /// The most that their discounts come to, in the asset's smallest unit.
    pub value: Option<Balance>,
}

/// A stretch of time that limits start anew in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Unit {
    /// 24 hours.
    #[codec(index = 0)]
    Day,
    /// 7 days.
    #[codec(index = 1)]
    Week,
    /// To the same day and time of the next calendar month (UTC), or, where that month has no such day, to the start of the month after.
    #[codec(index = 2)]
    Month,
}

/// Limits that start anew every `unit` from `start` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct PeriodLimits {
    /// How long a period is.
    pub unit: Unit,
    /// When the first one starts. Everything before counts as of the first.
    pub start: Timestamp,
    /// Of all redemptions in the period.
    pub campaign: Cap,
    /// Of one holder's in the period.
    pub holder: Cap,
}

/// What a campaign may come to, besides its supply and budget. All counted as a redemption happens, and given back by its rollback.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Limits {
    /// The most coupons one account may be issued.
    pub issued_per_holder: Option<u32>,
    /// The most redemptions in all.
    pub uses: Option<u32>,
    /// Of one holder's redemptions.
    pub holder: Cap,
    /// Anew in each period.
    pub period: Option<PeriodLimits>,
}

/// Whom the coupons are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Audience {
    /// Anyone.
    #[codec(index = 0)]
    Anyone,
    /// Whoever never redeemed at this issuer before, in any of its campaigns that mark first orders.
    #[codec(index = 1)]
    FirstOrder,
    /// Whoever `key` attests to be of `class` (of age, known, of a region or a segment) when the coupon is handed out. Such coupons are
    /// soulbound, so whoever spends them was attested.
    #[codec(index = 2)]
    Attested {
        /// The attesting sr25519 key.
        key: Hash,
        /// What it attests, by the issuer's own list. Says nothing about the person otherwise.
        class: u8,
    },
}

/// Whether a coupon may be spent beside others on one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Stacking {
    /// Only alone.
    #[codec(index = 0)]
    Exclusive,
    /// Beside others; those of a lower priority number come first.
    #[codec(index = 1)]
    Common {
        /// Its place.
        priority: u8,
    },
}

/// What an advocate gets for a friend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Referral {
    /// One coupon of this campaign, which has the same issuer: its supply and escrow are the budget.
    pub reward: u32,
    /// For at most this many friends.
    pub per_advocate: u32,
}

/// Who gets the escrow behind a coupon that ended unspent; what the shares leave is the issuer's. Shares round down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Breakage {
    /// The last holder's share, in bps.
    pub holder_bps: u16,
    /// A fund's share, in bps: an alliance's, say.
    pub fund: Option<(AccountId, u16)>,
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

/// What a campaign promises. Never changes once created. What spending looks at comes first, so that the registry need not decode the rest.
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
    /// How often a coupon can be used.
    pub card: Card,
    /// What else there is no more of.
    pub limits: Limits,
    /// Whom the coupons are for.
    pub audience: Audience,
    /// Whether redemptions count as their holder's orders at the issuer, so that its first-order campaigns see them. Costs up to two touches.
    pub marks_first_order: bool,
    /// Whether coupons may be spent beside others.
    pub stacking: Stacking,
    /// Who bears the discount.
    pub funding: Funding,
    /// Who may accept the coupons.
    pub acceptance: Acceptance,
    /// Whether coupons may change hands.
    pub transfer: TransferPolicy,
    /// How long after a redemption its acceptor may roll it back, in milliseconds.
    pub rollback_window: u64,
    /// The most that all discounts together may come to. None with escrow, which is its own budget.
    pub budget: Option<Balance>,
    /// SHA-256 of the list of products the coupons apply to; the acceptor states the eligible amount by it.
    pub scope: Option<Hash>,
    /// The issuer's share of a resale price, in bps.
    pub royalty_bps: u16,
    /// The highest resale price, in bps of the most the coupon can still take off.
    pub resale_bps: Option<u16>,
    /// What an advocate gets for a friend.
    pub referral: Option<Referral>,
    /// How long a reservation may lock a coupon, in milliseconds; 0 for never.
    pub reservation_ttl: u64,
    /// Who gets escrow left in coupons that ended.
    pub breakage: Breakage,
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
    /// A gift card is no card of uses or stamps.
    #[codec(index = 11)]
    CardOfValue,
    /// Escrow is its own budget; another could be used up while coupons still need their escrow.
    #[codec(index = 12)]
    BudgetBesideEscrow,
    /// Coupons for an attested audience must be soulbound.
    #[codec(index = 13)]
    AttestedButTraded,
    /// First-order and referral campaigns must mark first orders.
    #[codec(index = 14)]
    FirstOrderUnmarked,
    /// A reservation longer than `MAX_RESERVATION`.
    #[codec(index = 15)]
    ReservationOverCap {
        /// The time asked for, in milliseconds.
        ttl: u64,
    },
    /// Breakage shares of more than the whole, or without escrow to share.
    #[codec(index = 16)]
    BreakageOverWhole {
        /// The shares' sum.
        bps: u32,
    },
    /// A reward campaign that isn't there, or isn't the issuer's.
    #[codec(index = 17)]
    NoRewardCampaign {
        /// The campaign named.
        reward: u32,
    },
}

impl Cap {
    fn has_zero(&self) -> bool {
        self.uses == Some(0) || self.value == Some(0)
    }

    /// Whether there is anything to count.
    pub fn is_set(&self) -> bool {
        self.uses.is_some() || self.value.is_some()
    }
}

impl Limits {
    fn has_zero(&self) -> bool {
        self.issued_per_holder == Some(0)
            || self.uses == Some(0)
            || self.holder.has_zero()
            || self.period.is_some_and(|period| period.campaign.has_zero() || period.holder.has_zero())
    }

    /// Whether a holder's redemptions must be counted.
    pub fn count_holders(&self) -> bool {
        self.holder.is_set() || self.period.is_some_and(|period| period.holder.is_set())
    }
}

impl Breakage {
    /// What doesn't go to the issuer, in bps.
    pub fn shared_bps(&self) -> u32 {
        let fund = self.fund.map_or(0, |(_, bps)| bps);
        u32::from(self.holder_bps).saturating_add(fund.into())
    }
}

impl PeriodLimits {
    /// Which period `now` is in, from 0.
    #[inline(never)]
    pub fn index(&self, now: Timestamp) -> u32 {
        let since = now.saturating_sub(self.start);
        let index = match self.unit {
            Unit::Day => calendar::whole_days(since),
            Unit::Week => calendar::whole_weeks(since),
            Unit::Month => calendar::whole_months(self.start, now),
        };
        u32::try_from(index).unwrap_or(u32::MAX)
    }
}

impl Terms {
    /// Terms without limits or conditions, in the native token and at the issuer's cost: a start for whoever writes terms.
    pub fn plain(benefit: Benefit, window: Window, supply: u32) -> Self {
        Self {
            benefit,
            asset: Asset::Native,
            min_basket: 0,
            issue_window: window,
            redeem_window: window,
            valid_for: None,
            supply,
            card: Card::Uses(1),
            budget: None,
            limits: Limits::default(),
            audience: Audience::Anyone,
            marks_first_order: false,
            stacking: Stacking::Exclusive,
            scope: None,
            funding: Funding::Merchant,
            acceptance: Acceptance::IssuerOnly,
            transfer: TransferPolicy::Free,
            royalty_bps: 0,
            resale_bps: None,
            referral: None,
            reservation_ttl: 0,
            breakage: Breakage::default(),
            rollback_window: 0,
            document: [0; 32],
        }
    }
}

impl Terms {
    /// Reads the terms' SCALE bytes as far as spending looks at them, and leaves the rest as it is. For the registry, where decoding all of them would be a kilobyte of
    /// code more, and moving them about another.
    /// # Errors
    /// What decoding gives.
    pub fn read_for_spending<I: Input>(&mut self, input: &mut I) -> Result<(), Error> {
        self.benefit = Decode::decode(input)?;
        self.asset = Decode::decode(input)?;
        self.min_basket = Decode::decode(input)?;
        self.issue_window = Decode::decode(input)?;
        self.redeem_window = Decode::decode(input)?;
        self.valid_for = Decode::decode(input)?;
        self.supply = Decode::decode(input)?;
        self.card = Decode::decode(input)?;
        self.limits = Decode::decode(input)?;
        self.audience = Decode::decode(input)?;
        self.marks_first_order = Decode::decode(input)?;
        self.stacking = Decode::decode(input)?;
        self.funding = Decode::decode(input)?;
        self.acceptance = Decode::decode(input)?;
        self.transfer = Decode::decode(input)?;
        self.rollback_window = Decode::decode(input)?;
        Ok(())
    }

    /// Refuses terms that contradict themselves or could never be used.
    /// # Errors
    /// `TermsFault`, the first found.
    pub fn check(&self, now: Timestamp) -> Result<(), TermsFault> {
        match self.benefit {
            Benefit::PercentOff { bps, .. } if bps > math::WHOLE_BPS => {
                return Err(TermsFault::PercentOverWhole { bps })
            }
            Benefit::PercentOff { bps: 0, .. } => return Err(TermsFault::NoBenefit),
            Benefit::PercentOff { .. }
            | Benefit::AmountOff { .. }
            | Benefit::NewPrice { .. }
            | Benefit::FreeItem { .. }
            | Benefit::StoredValue { .. } => {}
        }
        if self.largest_use() == 0 {
            return Err(TermsFault::NoBenefit);
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
        if self.valid_for == Some(0)
            || self.budget == Some(0)
            || self.resale_bps == Some(0)
            || matches!(self.card, Card::Uses(0) | Card::Stamps(0))
            || self.limits.has_zero()
            || self.referral.is_some_and(|referral| referral.per_advocate == 0)
        {
            return Err(TermsFault::ZeroLimit);
        }
        if self.is_stored_value() && self.card != Card::Uses(1) {
            return Err(TermsFault::CardOfValue);
        }
        if self.budget.is_some() && self.funding == Funding::Escrow {
            return Err(TermsFault::BudgetBesideEscrow);
        }
        match self.audience {
            Audience::Attested { .. } if self.transfer != TransferPolicy::Soulbound => {
                return Err(TermsFault::AttestedButTraded)
            }
            Audience::FirstOrder if !self.marks_first_order => return Err(TermsFault::FirstOrderUnmarked),
            Audience::Anyone | Audience::FirstOrder | Audience::Attested { .. } => {}
        }
        if self.referral.is_some() && !self.marks_first_order {
            return Err(TermsFault::FirstOrderUnmarked);
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
        if let Some(bps) = self.resale_bps.filter(|bps| *bps > math::WHOLE_BPS) {
            return Err(TermsFault::PercentOverWhole { bps });
        }
        if self.reservation_ttl > MAX_RESERVATION {
            return Err(TermsFault::ReservationOverCap { ttl: self.reservation_ttl });
        }
        let bps = self.breakage.shared_bps();
        if bps > u32::from(math::WHOLE_BPS) || (bps > 0 && self.funding != Funding::Escrow) {
            return Err(TermsFault::BreakageOverWhole { bps });
        }
        Ok(())
    }

    /// Whether a coupon's value is spent in parts.
    pub fn is_stored_value(&self) -> bool {
        matches!(self.benefit, Benefit::StoredValue { .. })
    }

    /// What a new coupon has left: value in the asset's smallest unit, or uses.
    pub fn full(&self) -> Balance {
        match (self.benefit, self.card) {
            (Benefit::StoredValue { value }, _) => value,
            (_, Card::Uses(uses) | Card::Stamps(uses)) => uses.into(),
        }
    }

    /// The most one use can ever take off.
    pub fn largest_use(&self) -> Balance {
        match self.benefit {
            Benefit::AmountOff { value }
            | Benefit::StoredValue { value }
            | Benefit::FreeItem { worth: value } => value,
            Benefit::PercentOff { cap, .. } | Benefit::NewPrice { cap, .. } => cap,
        }
    }

    /// The most a coupon with `left` can still take off in all: what backs it in escrow. `None` past a `u128`.
    pub fn largest_discount(&self, left: Balance) -> Option<Balance> {
        match (self.benefit, self.card) {
            _ if left == 0 => Some(0),
            (Benefit::StoredValue { .. }, _) => Some(left),
            (_, Card::Uses(_)) => self.largest_use().checked_mul(left),
            (_, Card::Stamps(_)) => Some(self.largest_use()),
        }
    }

    /// What a coupon with `left` takes off `eligible`: min(rule, cap, eligible, left of a gift card), shares rounded down. Nothing for any
    /// stamp but the last.
    pub fn discount(&self, eligible: Balance, left: Balance) -> Balance {
        if self.is_stamp(left) {
            return 0;
        }
        match self.benefit {
            Benefit::AmountOff { value } | Benefit::FreeItem { worth: value } => value.min(eligible),
            Benefit::PercentOff { bps, cap } => math::share_down(eligible, bps).min(cap),
            Benefit::NewPrice { price, cap } => eligible.saturating_sub(price).min(cap),
            Benefit::StoredValue { .. } => left.min(eligible),
        }
    }

    /// Whether the next use of a coupon with `left` is a stamp, which takes nothing off.
    pub fn is_stamp(&self, left: Balance) -> bool {
        left > 1 && matches!(self.card, Card::Stamps(_))
    }

    /// What a use that takes `discount` off spends of what a coupon has left.
    pub fn spent_by(&self, discount: Balance) -> Balance {
        if self.is_stored_value() {
            discount
        } else {
            1
        }
    }

    /// The highest price of a coupon that can still take `largest_discount` off, rounded down; `None` without a resale band.
    pub fn highest_price(&self, largest_discount: Balance) -> Option<Balance> {
        self.resale_bps.map(|bps| math::share_down(largest_discount, bps))
    }

    /// When a coupon issued at `now` ends, apart from the redeem window; `Timestamp::MAX` when the terms don't say.
    pub fn valid_until(&self, now: Timestamp) -> Timestamp {
        self.valid_for.map_or(Timestamp::MAX, |period| now.saturating_add(period))
    }
}

#[cfg(test)]
mod tests;
