//! Amounts as people write them. Knows decimals and nothing of assets' contracts.

use crate::refusals::Refusal;
use chain::Balance;
use shared::assets::Asset;
use std::cell::Cell;

/// The embedded chain's native token's decimals.
pub const NATIVE_DECIMALS: u8 = 12;
/// The most decimals an amount of 128 bits can have a whole unit with.
pub const MAX_DECIMALS: u8 = 38;

/// How an asset's amounts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    pub decimals: u8,
    pub symbol: &'static str,
}

thread_local! {
    /// One command works on one chain.
    static NATIVE: Cell<Unit> = const { Cell::new(Unit::EMBEDDED) };
}

impl Unit {
    /// The embedded chain's native token.
    pub const EMBEDDED: Self = Self { decimals: NATIVE_DECIMALS, symbol: "UNIT" };

    /// The native token of the chain that the command works on.
    pub fn native() -> Self {
        NATIVE.get()
    }

    /// Writes the native token's amounts like this while the command runs.
    pub fn set_native(self) {
        NATIVE.set(self);
    }

    /// The native token in whole tokens; a PSP22 token, whose decimals are not known here, in its smallest unit.
    pub fn of(asset: Asset) -> Self {
        match asset {
            Asset::Native => Self::native(),
            Asset::Psp22(_) => Self { decimals: 0, symbol: "of the token's smallest units" },
        }
    }

    /// `2.5 UNIT`.
    pub fn show(self, amount: Balance) -> String {
        format!("{} {}", decimal(amount, self.decimals), self.symbol)
    }

    /// Reads `2.5` as whole tokens with decimals, exactly.
    /// # Errors
    /// Not a decimal number, more decimals than the asset has, or too large.
    pub fn read(self, text: &str) -> Result<Balance, Refusal> {
        parse(text, self.decimals)
    }
}

/// `amount` with its decimal point set, without trailing zeros.
pub fn decimal(amount: Balance, decimals: u8) -> String {
    let places = usize::from(decimals);
    let digits = format!("{amount:0>width$}", width = places.saturating_add(1));
    let (whole, part) = digits.split_at(digits.len().saturating_sub(places));
    match part.trim_end_matches('0') {
        "" => whole.to_owned(),
        part => format!("{whole}.{part}"),
    }
}

/// The inverse of `decimal`; underscores may part digits.
/// # Errors
/// Not a decimal number, more decimals than allowed, or too large.
pub fn parse(text: &str, decimals: u8) -> Result<Balance, Refusal> {
    let places = usize::from(decimals);
    let plain: String = text.trim().chars().filter(|c| *c != '_').collect();
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || plain.ends_with('.') {
        return Err(Refusal::new(format!("`{text}` is not an amount"), "write a number such as 5 or 2.50"));
    }
    if part.len() > places {
        return Err(Refusal::new(
            format!("`{text}` has more than {decimals} decimals"),
            format!("write at most {decimals} digits after the point"),
        ));
    }
    format!("{whole}{part:0<places$}").parse().map_err(|_| {
        Refusal::new(format!("`{text}` is more than an amount can hold"), "write a smaller number")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_back_as_written() {
        for (amount, text) in [
            (0, "0"),
            (1, "0.000000000001"),
            (2_500_000_000_000, "2.5"),
            (Balance::MAX, "340282366920938463463374607.431768211455"),
        ] {
            assert_eq!(decimal(amount, 12), text);
            assert_eq!(parse(text, 12), Ok(amount));
        }
        assert_eq!(parse("1_000.50", 2), Ok(100_050));
        assert_eq!((decimal(7, 0), parse("7", 0)), ("7".into(), Ok(7)));
    }

    #[test]
    fn what_is_no_exact_amount_is_refused() {
        for text in ["", "-1", "1.", ".5", "1.2.3", "1e3", "five", "0x10"] {
            assert_eq!(parse(text, 12).unwrap_err().what, format!("`{text}` is not an amount"));
        }
        assert_eq!(parse("1.005", 2).unwrap_err().what, "`1.005` has more than 2 decimals");
        assert_eq!(parse("340282366920938463463374607.5", 12).unwrap_err().fix, "write a smaller number");
    }
}
