//! What two members agreed that one's coupons are worth at the other. Knows no storage.
use super::{
    error::{AllianceError, Outcome},
    members::Member,
};
use crate::{math::WHOLE_BPS, Balance, Timestamp};

/// A day in milliseconds; days begin at midnight UTC.
const DAY: Timestamp = 86_400_000;

/// What two members agree on: the share of a discount that the issuer owes the acceptor, from a date on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Rate {
    /// The issuer's share of the discount.
    pub bps: u16,
    /// From when on.
    pub from: Timestamp,
    /// The most that the issuer may come to owe the acceptor in a day, in the alliance's asset.
    pub daily_cap: Option<Balance>,
}

/// A pair's rate as the alliance keeps it: the one agreed last, the one before, and the day's sum.
///
/// What was in force when something was redeemed can be told as long as it can be rolled back; so a rollback finds the debt again without a record of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct PairRate {
    /// When acceptor and issuer applied: a membership after an exit is another, and bound by nothing of this.
    pub between: (Timestamp, Timestamp),
    /// Agreed last; may lie ahead.
    pub rate: Rate,
    /// In force until then: share and daily cap. `None` is the alliance's default rate, without a cap.
    pub before: Option<(u16, Option<Balance>)>,
    /// The day that `used` counts, in days since the epoch.
    pub day: u64,
    /// What the issuer came to owe the acceptor in it.
    pub used: Balance,
}

impl Rate {
    /// # Errors
    /// `RateOutOfRange`; `RateTooEarly` unless it lies ahead: what was booked earlier in this block stays as it was booked.
    pub fn check(&self, now: Timestamp) -> Outcome<()> {
        if self.bps == 0 || self.bps > WHOLE_BPS {
            return Err(AllianceError::RateOutOfRange { bps: self.bps }.into());
        }
        if self.from <= now {
            let earliest = now.saturating_add(1);
            return Err(AllianceError::RateTooEarly { from: self.from, earliest }.into());
        }
        Ok(())
    }
}

impl PairRate {
    /// The first agreement of two members.
    pub fn first(between: (Timestamp, Timestamp), rate: Rate) -> Self {
        Self { between, rate, before: None, day: 0, used: 0 }
    }

    /// Another agreement after this one, which must have been in force for `tail`: what was redeemed before it can't be rolled back or disputed any more then.
    /// # Errors
    /// `RateTooEarly`.
    pub fn followed_by(self, rate: Rate, tail: Timestamp, now: Timestamp) -> Outcome<Self> {
        let earliest = self.rate.from.saturating_add(tail);
        if now < earliest {
            return Err(AllianceError::RateTooEarly { from: now, earliest }.into());
        }
        Ok(Self { rate, before: Some((self.rate.bps, self.rate.daily_cap)), ..self })
    }

    /// The share that was, or is, in force at a time; `None` is the alliance's default rate.
    pub fn at(&self, time: Timestamp) -> Option<u16> {
        if time >= self.rate.from {
            Some(self.rate.bps)
        } else {
            self.before.map(|(bps, _)| bps)
        }
    }

    /// Counts `amount` against the day's cap; gives whether the record changed.
    /// # Errors
    /// `OverDailyCap`, `Overflow`.
    pub fn spend(&mut self, amount: Balance, now: Timestamp) -> Outcome<bool> {
        let Some(cap) = self.cap_at(now) else {
            return Ok(false);
        };
        let today = day(now);
        let used = if self.day == today { self.used } else { 0 };
        let asked = used.checked_add(amount).ok_or(AllianceError::Overflow)?;
        if asked > cap {
            return Err(AllianceError::OverDailyCap { cap, asked }.into());
        }
        (self.day, self.used) = (today, asked);
        Ok(true)
    }

    fn cap_at(&self, time: Timestamp) -> Option<Balance> {
        if time >= self.rate.from {
            self.rate.daily_cap
        } else {
            self.before.and_then(|(_, cap)| cap)
        }
    }

    /// Gives back what a redemption of this day used; gives whether the record changed. What no cap was in force for was never counted.
    pub fn give_back(&mut self, amount: Balance, redeemed_at: Timestamp) -> bool {
        let counted = self.day == day(redeemed_at) && self.cap_at(redeemed_at).is_some();
        if self.used == 0 || amount == 0 || !counted {
            return false;
        }
        self.used = self.used.saturating_sub(amount);
        true
    }
}

/// A pair's rate, where it counts: what an account agreed on before it exited and joined again binds nobody.
pub fn agreed(acceptor: &Member, issuer: &Member, kept: Option<PairRate>) -> Option<PairRate> {
    kept.filter(|kept| kept.between == (acceptor.applied_at, issuer.applied_at))
}

#[allow(clippy::integer_division, reason = "whole days")]
fn day(time: Timestamp) -> u64 {
    time / DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { bps: 8_000, from: 100, daily_cap: None };

    #[test]
    fn a_rate_is_a_share_and_never_backdated() {
        assert_eq!(RATE.check(99), Ok(()));
        assert_eq!(RATE.check(100), Err(AllianceError::RateTooEarly { from: 100, earliest: 101 }));
        for bps in [0, 10_001] {
            let refused = Rate { bps, ..RATE }.check(99);
            assert_eq!(refused, Err(AllianceError::RateOutOfRange { bps }));
        }
    }

    #[test]
    fn what_was_in_force_is_told_until_it_is_final() {
        let first = PairRate::first((0, 0), RATE);
        assert_eq!((first.at(99), first.at(100)), (None, Some(8_000)));
        let next = Rate { bps: 5_000, from: 200, daily_cap: Some(7) };
        let early = AllianceError::RateTooEarly { from: 149, earliest: 150 };
        assert_eq!(first.followed_by(next, 50, 149), Err(early));
        let second = first.followed_by(next, 50, 150).unwrap();
        assert_eq!((second.at(150), second.at(199), second.at(200)), (Some(8_000), Some(8_000), Some(5_000)));
    }

    #[test]
    fn a_days_cap_is_the_days_and_a_rollback_of_that_day_gives_back() {
        let capped = Rate { daily_cap: Some(10), ..RATE };
        let mut pair = PairRate::first((0, 0), capped);
        assert_eq!(pair.spend(99, 99), Ok(false));
        assert_eq!((pair.spend(4, 100), pair.spend(6, 100)), (Ok(true), Ok(true)));
        assert!(!pair.give_back(4, 99), "no cap was in force, so it was never counted");
        assert_eq!(pair.spend(1, DAY - 1), Err(AllianceError::OverDailyCap { cap: 10, asked: 11 }));
        assert!(!pair.give_back(4, DAY));
        assert!(pair.give_back(4, 100));
        assert_eq!(pair.used, 6);
        assert_eq!(pair.spend(10, DAY), Ok(true));
        assert_eq!((pair.day, pair.used), (1, 10));
        assert!(!pair.give_back(4, 100));
        assert_eq!(PairRate::first((0, 0), RATE).spend(Balance::MAX, 100), Ok(false));
        let mut wide = PairRate::first((0, 0), Rate { daily_cap: Some(Balance::MAX), ..RATE });
        assert_eq!(
            (wide.spend(Balance::MAX, 100), wide.spend(1, 100)),
            (Ok(true), Err(AllianceError::Overflow))
        );
    }
}
