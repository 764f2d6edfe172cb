//! Shares of amounts. Pure; each name says which way it rounds.
#![allow(clippy::integer_division, reason = "rounding down is the point, and the names say so")]

use crate::{
    registry::{Refusal, RegistryError},
    Balance,
};

/// One whole, in basis points.
pub const WHOLE_BPS: u16 = 10_000;
const WHOLE: u64 = 10_000;

/// A sum of amounts. Out of line, as `difference` is: checked in place, 128 bits are 70 bytes of Wasm each time.
/// # Errors
/// `Overflow`.
#[inline(never)]
pub fn sum(one: Balance, other: Balance) -> Result<Balance, Refusal> {
    Ok(one.checked_add(other).ok_or(RegistryError::Overflow)?)
}

/// What is left of `amount` without `part`.
/// # Errors
/// `Overflow`.
#[inline(never)]
pub fn difference(amount: Balance, part: Balance) -> Result<Balance, Refusal> {
    Ok(amount.checked_sub(part).ok_or(RegistryError::Overflow)?)
}

/// `bps / 10,000` of `amount`, rounded down (against whoever receives it). A share over the whole counts as the whole.
pub fn share_down(amount: Balance, bps: u16) -> Balance {
    let (wholes, rest) = split(amount, bps);
    wholes.wrapping_add((rest / WHOLE).into())
}

/// `bps / 10,000` of `amount`, rounded up (against whoever pays it). A share over the whole counts as the whole.
pub fn share_up(amount: Balance, bps: u16) -> Balance {
    let (wholes, rest) = split(amount, bps);
    wholes.wrapping_add(rest.div_ceil(WHOLE).into())
}

/// `bps / 10,000` times `amount`, rounded down, also for more than the whole; what no number can hold counts as the highest that one can.
pub fn times_down(amount: Balance, bps: u16) -> Balance {
    let (wholes, rest) = divide(amount);
    // A rest below 10,000 times 65,535 at most.
    let rest = rest.wrapping_mul(bps.into()) / WHOLE;
    wholes.saturating_mul(bps.into()).saturating_add(rest.into())
}

/// `amount · part / whole`, rounded down, for an amount and a part of at most `whole`, which is below 2^127; zero of nothing. One bit after the other: the product
/// needs twice the width.
#[inline(never)]
pub fn proportion(amount: Balance, part: Balance, whole: Balance) -> Balance {
    let (mut quotient, mut rest): (Balance, Balance) = (0, 0);
    if whole == 0 {
        return 0;
    }
    for place in (0..Balance::BITS).rev() {
        quotient = quotient.wrapping_mul(2);
        rest = rest.wrapping_mul(2);
        if rest >= whole {
            rest = rest.wrapping_sub(whole);
            quotient = quotient.wrapping_add(1);
        }
        if (part >> place) & 1 == 1 {
            rest = rest.wrapping_add(amount);
            // Below twice the whole, as the amount is at most the whole.
            if rest >= whole {
                rest = rest.wrapping_sub(whole);
                quotient = quotient.wrapping_add(1);
            }
        }
    }
    quotient
}

/// With `amount = q·10,000 + r`: `q·bps` and `r·bps`, neither of which can overflow while `bps ≤ 10,000`.
fn split(amount: Balance, bps: u16) -> (Balance, u64) {
    let bps = bps.min(WHOLE_BPS);
    let (wholes, rest) = divide(amount);
    (wholes.wrapping_mul(bps.into()), rest.wrapping_mul(bps.into()))
}

/// Quotient and remainder by 10,000, in steps of 32 bits: the compiler's 128-bit division is 1.2 kB of Wasm.
#[allow(clippy::cast_possible_truncation, reason = "the lowest 32 bits are what is wanted")]
fn divide(amount: Balance) -> (Balance, u64) {
    let (mut quotient, mut rest) = (0, 0);
    for shift in [96, 64, 32, 0] {
        let part = (rest << 32) | u64::from((amount >> shift) as u32);
        quotient = (quotient << 32) | Balance::from(part / WHOLE);
        rest = part % WHOLE;
    }
    (quotient, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shares_round_in_the_direction_of_their_name() {
        assert_eq!(share_down(999, 5_000), 499);
        assert_eq!(share_up(999, 5_000), 500);
        assert_eq!(share_down(Balance::MAX, WHOLE_BPS), Balance::MAX);
        assert_eq!(share_up(0, 1), 0);
    }

    #[test]
    fn a_proportion_of_nothing_is_nothing() {
        assert_eq!((proportion(0, 0, 0), proportion(1, 1, 1), proportion(0, 1, 1)), (0, 1, 0));
        let most = i128::MAX.unsigned_abs();
        assert_eq!((proportion(most, most, most), proportion(most, most - 1, most)), (most, most - 1));
    }

    #[test]
    fn sums_and_differences_stay_within_a_number() {
        let overflow = || Err(RegistryError::Overflow.into());
        assert_eq!(sum(Balance::MAX - 1, 1), Ok(Balance::MAX));
        assert_eq!(sum(Balance::MAX, 1), overflow());
        assert_eq!(difference(7, 7), Ok(0));
        assert_eq!(difference(7, 8), overflow());
    }

    proptest! {
        #[test]
        fn shares_agree_with_wide_arithmetic(amount in 0..(Balance::MAX >> 14), bps in 0..=WHOLE_BPS) {
            let product = amount.checked_mul(Balance::from(bps)).unwrap();
            prop_assert_eq!(share_down(amount, bps), product.checked_div(10_000).unwrap());
            prop_assert_eq!(share_up(amount, bps), product.div_ceil(10_000));
        }

        #[test]
        fn multiples_agree_with_wide_arithmetic_and_stop_at_the_highest(amount: Balance, bps: u16) {
            let expected = amount.checked_mul(bps.into()).map(|product| product / 10_000);
            let found = times_down(amount, bps);
            if let Some(expected) = expected {
                prop_assert_eq!(found, expected);
            }
            prop_assert!(bps < 10_000 || found >= amount);
        }

        #[test]
        fn proportions_agree_with_wide_arithmetic(
            (whole, amount, part) in (1..=Balance::from(u64::MAX))
                .prop_flat_map(|whole| (Just(whole), 0..=whole, 0..=whole)),
            shift in 0..63u32,
        ) {
            let expected = amount.checked_mul(part).unwrap() / whole;
            prop_assert_eq!(proportion(amount, part, whole), expected);
            prop_assert_eq!(proportion(amount << shift, part << shift, whole << shift) >> shift, expected);
            prop_assert_eq!(proportion(whole << shift, part << shift, whole << shift), part << shift);
        }

        #[test]
        fn a_share_and_its_complement_make_the_whole(amount: Balance, bps in 0..=WHOLE_BPS) {
            let rest = WHOLE_BPS.checked_sub(bps).unwrap();
            prop_assert_eq!(share_down(amount, bps).checked_add(share_up(amount, rest)), Some(amount));
        }
    }
}
