//! What a dispute is about. Knows no storage.
use shared::{
    alliance::{
        bookings::Debt,
        config::Config,
        council::CouncilTerms,
        error::{AllianceError, Outcome},
    },
    order::{Part, Redemption},
    AccountId, Balance, Timestamp,
};

/// A redemption as its issuer disputes it: (registry, acceptor, order number, issuer).
pub type Disputed = (AccountId, AccountId, u64, AccountId);

/// What a redemption made `issuer` owe its acceptor, the alliance's fee not included.
/// # Errors
/// `NothingBooked`, `WrongAsset`, `Overflow`.
#[inline(never)]
pub fn disputed(
    redemption: &Redemption,
    issuer: AccountId,
    rate_bps: u16,
    config: &Config,
) -> Outcome<Balance> {
    let mut amount: Balance = 0;
    for used in redemption.uses.iter().filter(|used| used.issuer == issuer) {
        let part = Part { issuer, funding: used.funding, discount: used.discount };
        if let Some(debt) = Debt::of(&part, redemption.acceptor, redemption.asset, rate_bps, config)? {
            amount = debt
                .amount
                .checked_sub(debt.fee)
                .and_then(|credit| amount.checked_add(credit))
                .ok_or(AllianceError::Overflow)?;
        }
    }
    if amount == 0 {
        return Err(AllianceError::NothingBooked { issuer }.into());
    }
    Ok(amount)
}

/// # Errors
/// `CaseWindowOver`.
pub fn ensure_in_time(redemption: &Redemption, terms: &CouncilTerms, now: Timestamp) -> Outcome<()> {
    let until = redemption.redeemed_at.saturating_add(terms.case_window);
    if now >= until {
        return Err(AllianceError::CaseWindowOver { until, now }.into());
    }
    Ok(())
}
