//! How prices fall, and how they are shared. Pure.
#![allow(clippy::integer_division, reason = "each name says which way it rounds")]
use crate::error::{refusal, MarketError, Outcome, Refusal};
use shared::{
    math::{share_down, share_up, WHOLE_BPS},
    Balance, Timestamp,
};

/// The most that the platform fee and the royalty take together: 10%.
pub const MAX_SHARES_BPS: u16 = 1_000;
/// What whoever settles an auction has of the platform fee: 10%.
pub const BOUNTY_BPS: u16 = 1_000;

/// A price, shared. The parts sum to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Parts {
    /// What the other two leave: rounded down.
    pub seller: Balance,
    /// The issuer's: rounded up.
    pub royalty: Balance,
    /// The platform's: rounded down; where there is no royalty, up.
    pub fee: Balance,
}

impl Parts {
    /// Shares a price. The seller, who may be the caller, bears the rounding of both shares together; neither issuer nor platform deals here.
    #[inline(never)]
    pub fn of(price: Balance, fee_bps: u16, royalty_bps: u16) -> Self {
        let taken = share_up(price, fee_bps.saturating_add(royalty_bps));
        let fee = if royalty_bps == 0 { taken } else { share_down(price, fee_bps) };
        // Neither can fall below zero: a share of the whole is at least the sum of its parts, and at most the whole.
        Self { seller: price.saturating_sub(taken), royalty: taken.saturating_sub(fee), fee }
    }

    /// What whoever settles has of the fee, rounded down.
    pub fn bounty(&self) -> Balance {
        share_down(self.fee, BOUNTY_BPS)
    }
}

/// A sum of amounts. Out of line: checked in place, 128 bits are 70 bytes of Wasm each time.
/// # Errors
/// `Overflow`.
#[inline(never)]
pub fn sum(one: Balance, other: Balance) -> Outcome<Balance> {
    Ok(one.checked_add(other).ok_or(MarketError::Overflow)?)
}

/// The platform's share beside a royalty: as set, or what the cap leaves.
/// # Errors
/// `SharesOverCap` where the royalty alone is over the cap.
pub fn fee_beside(fee_bps: u16, royalty_bps: u16) -> Outcome<u16> {
    match MAX_SHARES_BPS.checked_sub(royalty_bps) {
        Some(room) => Ok(fee_bps.min(room)),
        None => Err(MarketError::SharesOverCap { fee_bps, royalty_bps, most_bps: MAX_SHARES_BPS }.into()),
    }
}

/// A price that falls evenly from `start` at `from` to `end` at `until`, in ten thousand steps, rounded up to a whole step and unit.
/// # Errors
/// `Overflow` for a stretch of more than half a million years.
#[inline(never)]
pub fn falling(
    (start, end): (Balance, Balance),
    (from, until): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<Balance, Refusal> {
    let length = until.saturating_sub(from).max(1);
    let steps = until
        .saturating_sub(now)
        .min(length)
        .checked_mul(WHOLE_BPS.into())
        .ok_or_else(|| refusal(MarketError::Overflow))?
        .div_ceil(length);
    let steps = u16::try_from(steps).unwrap_or(WHOLE_BPS);
    Ok(end.saturating_add(share_up(start.saturating_sub(end), steps)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_seller_bears_the_rounding() {
        let parts = |seller, royalty, fee| Parts { seller, royalty, fee };
        assert_eq!(Parts::of(1_000, 200, 500), parts(930, 50, 20));
        assert_eq!(Parts::of(999, 300, 700), parts(899, 71, 29));
        assert_eq!(Parts::of(1, 200, 500), parts(0, 1, 0));
        assert_eq!(Parts::of(1, 200, 0), parts(0, 0, 1));
        assert_eq!(Parts::of(1, 0, 0), parts(1, 0, 0));
        assert_eq!(Parts::of(0, 200, 500), parts(0, 0, 0));
    }

    #[test]
    fn a_bounty_is_a_tenth_of_the_fee() {
        assert_eq!(Parts { seller: 0, royalty: 0, fee: 20 }.bounty(), 2);
        assert_eq!(Parts { seller: 0, royalty: 0, fee: 19 }.bounty(), 1);
    }

    #[test]
    fn a_fee_makes_room_for_the_royalty() {
        assert_eq!(fee_beside(200, 500), Ok(200));
        assert_eq!(fee_beside(501, 500), Ok(500));
        assert_eq!(fee_beside(200, 1_000), Ok(0));
        let over = MarketError::SharesOverCap { fee_bps: 200, royalty_bps: 1_001, most_bps: 1_000 };
        assert_eq!(fee_beside(200, 1_001), Err(over));
    }

    #[test]
    fn a_price_falls_evenly_and_rounds_up() {
        let at = |now| falling((1_000, 400), (100, 200), now);
        assert_eq!(at(0), Ok(1_000));
        assert_eq!(at(100), Ok(1_000));
        assert_eq!(at(150), Ok(700));
        assert_eq!(at(199), Ok(406));
        assert_eq!(at(200), Ok(400));
        assert_eq!(at(Timestamp::MAX), Ok(400));
        // Of three units over ten thousand milliseconds, the first is gone after a third.
        assert_eq!(falling((4, 1), (0, 10_000), 3_333), Ok(4));
        assert_eq!(falling((4, 1), (0, 10_000), 3_334), Ok(3));
    }

    #[test]
    fn too_long_a_fall_is_refused() {
        assert_eq!(falling((2, 1), (0, Timestamp::MAX), 0), Err(MarketError::Overflow.into()));
        assert_eq!(falling((Balance::MAX, 0), (0, 1), 0), Ok(Balance::MAX));
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_price_and_the_seller_keeps_nine_tenths(
            price: Balance,
            (shares_bps, fee_bps) in (0..=MAX_SHARES_BPS).prop_flat_map(|shares| (Just(shares), 0..=shares)),
        ) {
            let royalty_bps = shares_bps.checked_sub(fee_bps).unwrap();
            let parts = Parts::of(price, fee_bps, royalty_bps);
            let taken = parts.royalty.checked_add(parts.fee).unwrap();
            prop_assert_eq!(parts.seller.checked_add(taken), Some(price));
            prop_assert!(taken <= share_up(price, MAX_SHARES_BPS));
            prop_assert!(parts.royalty >= share_down(price, royalty_bps));
            prop_assert!(parts.bounty() <= parts.fee);
        }

        #[test]
        fn a_falling_price_never_rises_nor_leaves_its_ends(
            start: Balance,
            end: Balance,
            length in 1..1_000_000_000_000u64,
            (early, late) in (0..=2_000_000_000_000u64).prop_flat_map(|late| (0..=late, Just(late))),
        ) {
            let (start, end) = (start.max(end), start.min(end));
            let at = |now| falling((start, end), (0, length), now).unwrap();
            prop_assert!(at(early) >= at(late));
            prop_assert!(at(early) <= start && at(late) >= end);
        }
    }
}
