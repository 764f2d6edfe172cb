//! How an event can contradict the events before it. Knows no contract.
use super::storage::coupon_words;
use chain::keys::ss58;
use shared::{ids::CouponId, AccountId, Balance};
use thiserror::Error;

/// Why an event can't have happened after those before it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Contradiction {
    #[error("the contract doesn't exist yet")]
    NotCreated,
    #[error("the contract exists already")]
    CreatedTwice,
    #[error("there is no {item}")]
    Missing { item: String },
    #[error("there is already a {item}")]
    Exists { item: String },
    #[error("coupon {} is held by {}, not by {}", coupon_words(*.coupon), ss58(.owner), ss58(.named))]
    NotHolder { coupon: CouponId, owner: AccountId, named: AccountId },
    #[error("{what} is {expected} by the events before, not {found}")]
    Differs { what: &'static str, expected: String, found: String },
    #[error("{what} was used before")]
    UsedTwice { what: String },
    #[error("the rules refuse this: {rule}")]
    Refused { rule: String },
    #[error("coupon {} came or went without a cause", coupon_words(*.coupon))]
    Causeless { coupon: CouponId },
    #[error("coupon {} ended, and is still held", coupon_words(*.coupon))]
    Unfinished { coupon: CouponId },
    #[error("{missing} coupons were issued to nobody")]
    Unissued { missing: usize },
    #[error("{amount} is paid out of {held}")]
    Overdrawn { amount: Balance, held: Balance },
    #[error("{what} passes what a number can hold, or falls below zero")]
    Overflow { what: &'static str },
}

/// # Errors
/// `Differs`.
pub(super) fn ensure_same<T: PartialEq + std::fmt::Debug>(
    what: &'static str,
    expected: T,
    found: T,
) -> Result<(), Contradiction> {
    if expected == found {
        return Ok(());
    }
    Err(Contradiction::Differs {
        what,
        expected: super::storage::with_hex(&format!("{expected:?}")),
        found: super::storage::with_hex(&format!("{found:?}")),
    })
}

/// # Errors
/// `Overflow`.
pub(super) fn ensure_some<T>(what: &'static str, sum: Option<T>) -> Result<T, Contradiction> {
    sum.ok_or(Contradiction::Overflow { what })
}

/// # Errors
/// `Refused`.
pub(super) fn ensure_rule(rule: &str, holds: bool) -> Result<(), Contradiction> {
    if holds {
        return Ok(());
    }
    Err(Contradiction::Refused { rule: rule.into() })
}
