//! A member's account over one cycle: a position, by what it is made of. Knows no member.
use super::error::{AllianceError, Outcome};
use crate::{reader::Reader, Balance};
use scale::{Encode, Output};

/// What a member owes and is owed of one cycle. Amounts are in the alliance's asset, positive in the member's favour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Sheet {
    /// For the member's coupons that others accepted; never above zero.
    pub billed: i128,
    /// For others' coupons that the member accepted; never below zero.
    pub earned: i128,
    /// What rollbacks took back of both.
    pub reversed: i128,
    /// What was taken from collateral and the fund for it, what was cut from what it earned, and what rulings moved.
    pub adjusted: i128,
    /// What it paid in, less what it was paid.
    pub paid: i128,
}

/// Why a position changes: a line of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Billed,
    Earned,
    Reversed,
    Adjusted,
    Paid,
}

impl Encode for Sheet {
    /// In one piece.
    fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
        let lines = [self.billed, self.earned, self.reversed, self.adjusted, self.paid];
        let mut bytes = [0; 80];
        for (place, line) in bytes.chunks_exact_mut(16).zip(lines) {
            place.copy_from_slice(&line.to_le_bytes());
        }
        output.write(&bytes);
    }
}

impl Sheet {
    /// What `Decode` gives, in less code.
    #[inline(never)]
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            billed: reader.i128(),
            earned: reader.i128(),
            reversed: reader.i128(),
            adjusted: reader.i128(),
            paid: reader.i128(),
        }
    }

    /// All lines together: below zero where the member owes.
    // A sum of parts that wrap is right wherever the whole fits, and `enter` sees to that.
    #[inline(never)]
    pub fn position(&self) -> i128 {
        let Self { billed, earned, reversed, adjusted, paid } = *self;
        billed.wrapping_add(earned).wrapping_add(reversed).wrapping_add(adjusted).wrapping_add(paid)
    }

    /// What it owes.
    pub fn owed(&self) -> Balance {
        owed(self.position())
    }

    /// What it is owed.
    pub fn earned(&self) -> Balance {
        earned(self.position())
    }

    /// Adds `amount` to a line.
    /// # Errors
    /// `Overflow` where the line or the position would pass what a number holds.
    #[inline(never)]
    pub fn enter(&mut self, line: Line, amount: i128) -> Outcome<()> {
        shifted(self.position(), amount)?;
        let line = match line {
            Line::Billed => &mut self.billed,
            Line::Earned => &mut self.earned,
            Line::Reversed => &mut self.reversed,
            Line::Adjusted => &mut self.adjusted,
            Line::Paid => &mut self.paid,
        };
        *line = shifted(*line, amount)?;
        Ok(())
    }
}

/// What a position owes.
pub fn owed(position: i128) -> Balance {
    if position < 0 {
        position.unsigned_abs()
    } else {
        0
    }
}

/// What a position is owed.
pub fn earned(position: i128) -> Balance {
    if position < 0 {
        0
    } else {
        position.unsigned_abs()
    }
}

/// An amount in a member's favour.
/// # Errors
/// `Overflow`.
#[inline(never)]
pub fn favour(amount: Balance) -> Outcome<i128> {
    Ok(i128::try_from(amount).map_err(|_| AllianceError::Overflow)?)
}

/// An amount against a member.
/// # Errors
/// `Overflow`.
pub fn against(amount: Balance) -> Outcome<i128> {
    // The highest amount has an opposite.
    Ok(favour(amount)?.wrapping_neg())
}

#[inline(never)]
fn shifted(position: i128, by: i128) -> Outcome<i128> {
    Ok(position.checked_add(by).ok_or(AllianceError::Overflow)?)
}

/// # Errors
/// `Overflow`.
#[inline(never)]
pub fn add(a: Balance, b: Balance) -> Outcome<Balance> {
    Ok(a.checked_add(b).ok_or(AllianceError::Overflow)?)
}

/// # Errors
/// `Overflow`.
#[inline(never)]
pub fn sub(a: Balance, b: Balance) -> Outcome<Balance> {
    Ok(a.checked_sub(b).ok_or(AllianceError::Overflow)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_the_sum_of_its_lines() {
        let mut sheet = Sheet::default();
        let lines = [
            (Line::Billed, -70),
            (Line::Earned, 20),
            (Line::Reversed, 5),
            (Line::Adjusted, 3),
            (Line::Paid, 2),
        ];
        for (line, amount) in lines {
            sheet.enter(line, amount).unwrap();
        }
        let expected = Sheet { billed: -70, earned: 20, reversed: 5, adjusted: 3, paid: 2 };
        assert_eq!((sheet, sheet.position()), (expected, -40));
        assert_eq!((sheet.owed(), sheet.earned()), (40, 0));
        sheet.enter(Line::Paid, 41).unwrap();
        assert_eq!((sheet.owed(), sheet.earned()), (0, 1));
    }

    #[test]
    fn neither_a_line_nor_a_position_wraps() {
        let mut sheet = Sheet { earned: i128::MAX, ..Sheet::default() };
        assert_eq!(sheet.enter(Line::Paid, 1), Err(AllianceError::Overflow));
        sheet.enter(Line::Paid, -1).unwrap();
        assert_eq!(sheet.enter(Line::Earned, 1), Err(AllianceError::Overflow));
        assert_eq!(sheet.position(), i128::MAX - 1);
        assert_eq!(against(Balance::MAX), Err(AllianceError::Overflow));
        assert_eq!(against(i128::MAX.unsigned_abs()), Ok(-i128::MAX));
        assert_eq!(owed(i128::MIN), i128::MAX.unsigned_abs() + 1);
    }
}
