//! What each contract must hold: the money its events move, against what its books owe. Knows no contract's rules.
use super::{contradiction::Contradiction, storage::Place};
use shared::{assets::Asset, AccountId, Balance};
use std::collections::BTreeMap;

/// Money that an event moved into, out of or through a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    pub place: Place,
    /// The block's time, in milliseconds since the Unix epoch.
    pub time: u64,
    /// The contract's name in the suite.
    pub contract: &'static str,
    /// `None`: the contract itself.
    pub from: Option<AccountId>,
    /// `None`: the contract itself.
    pub to: Option<AccountId>,
    pub asset: Asset,
    pub amount: Balance,
    pub reason: &'static str,
}

/// What a contract should hold of an asset, and does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The contract's name in the suite.
    pub contract: &'static str,
    pub asset: Asset,
    /// What its books owe to others, by the events.
    pub owed: Balance,
    /// What it can spend on the chain, without what it needs to exist.
    pub held: Balance,
}

impl Holding {
    /// Whether everyone could be paid.
    pub fn suffices(&self) -> bool {
        self.held >= self.owed
    }

    /// What nobody is owed: money sent to the contract without its asking.
    pub fn surplus(&self) -> Balance {
        self.held.saturating_sub(self.owed)
    }
}

/// A contract's till, as its events fill and empty it.
pub(super) struct Till {
    contract: &'static str,
    pub(super) place: Place,
    pub(super) time: u64,
    pub(super) held: BTreeMap<Asset, Balance>,
    pub(super) movements: Vec<Movement>,
}

impl Till {
    pub(super) fn new(contract: &'static str) -> Self {
        Self { contract, place: Place::default(), time: 0, held: BTreeMap::new(), movements: Vec::new() }
    }

    /// # Errors
    /// `Overflow`.
    pub(super) fn take_in(
        &mut self,
        asset: Asset,
        amount: Balance,
        from: AccountId,
        reason: &'static str,
    ) -> Result<(), Contradiction> {
        let held = self.held.entry(asset).or_default();
        *held = held.checked_add(amount).ok_or(Contradiction::Overflow { what: "money held" })?;
        self.note(asset, amount, Some(from), None, reason);
        Ok(())
    }

    /// # Errors
    /// `Overdrawn`.
    pub(super) fn pay_out(
        &mut self,
        asset: Asset,
        amount: Balance,
        to: AccountId,
        reason: &'static str,
    ) -> Result<(), Contradiction> {
        let held = self.held.entry(asset).or_default();
        *held = held.checked_sub(amount).ok_or(Contradiction::Overdrawn { amount, held: *held })?;
        self.note(asset, amount, None, Some(to), reason);
        Ok(())
    }

    /// Money that only passes from one account to another.
    pub(super) fn pass(
        &mut self,
        asset: Asset,
        amount: Balance,
        from: AccountId,
        to: AccountId,
        reason: &'static str,
    ) {
        self.note(asset, amount, Some(from), Some(to), reason);
    }

    fn note(
        &mut self,
        asset: Asset,
        amount: Balance,
        from: Option<AccountId>,
        to: Option<AccountId>,
        reason: &'static str,
    ) {
        if amount == 0 {
            return;
        }
        self.movements.push(Movement {
            place: self.place,
            time: self.time,
            contract: self.contract,
            from,
            to,
            asset,
            amount,
            reason,
        });
    }
}

/// Adds `amount` of `asset` to `sums`.
/// # Errors
/// `Overflow`.
pub(super) fn add(
    sums: &mut BTreeMap<Asset, Balance>,
    asset: Asset,
    amount: Balance,
) -> Result<(), Contradiction> {
    let sum = sums.entry(asset).or_default();
    *sum = sum.checked_add(amount).ok_or(Contradiction::Overflow { what: "money owed" })?;
    Ok(())
}
