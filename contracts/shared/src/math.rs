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
        fn a_share_and_its_complement_make_the_whole(amount: Balance, bps in 0..=WHOLE_BPS) {
            let rest = WHOLE_BPS.checked_sub(bps).unwrap();
            prop_assert_eq!(share_down(amount, bps).checked_add(share_up(amount, rest)), Some(amount));
        }
    }
}
