//! What a dispute is about. Knows no storage.
use shared::{
    alliance::{
        bookings::Debt,
        config::Config,
        council::CouncilTerms,
        error::{AllianceError, Outcome},
        ledger::Sale,
    },
    AccountId, Balance, Timestamp,
};

/// A redemption as its issuer disputes it: (registry, acceptor, order number, issuer).
pub type Disputed = (AccountId, AccountId, u64, AccountId);

/// What a sale made `issuer` owe its acceptor, the alliance's fee not included.
/// # Errors
/// `NothingBooked`, `WrongAsset`, `Overflow`.
#[inline(never)]
pub fn disputed(sale: &Sale, issuer: AccountId, rate_bps: u16, config: &Config) -> Outcome<Balance> {
    let mut amount: Balance = 0;
    for line in sale.lines.iter().filter(|line| line.part.issuer == issuer) {
        if let Some(debt) = Debt::of(&line.part, sale.acceptor, sale.asset, rate_bps, config)? {
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

/// A redemption is disputed once it can't be rolled back any more: else both could reverse the same debt.
/// # Errors
/// `NotFinal`, `CaseWindowOver`.
pub fn ensure_in_time(final_at: Timestamp, terms: &CouncilTerms, now: Timestamp) -> Outcome<()> {
    if now < final_at {
        return Err(AllianceError::NotFinal { final_at, now }.into());
    }
    let until = final_at.saturating_add(terms.case_window);
    if now >= until {
        return Err(AllianceError::CaseWindowOver { until, now }.into());
    }
    Ok(())
}
