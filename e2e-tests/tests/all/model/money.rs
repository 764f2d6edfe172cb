//! Who has how much, in plancks and in tokens. Knows no contract's rules.

use chain::{AccountId, Balance};
use mock_psp22::Mode;
use shared::assets::{Asset, PaymentFault};
use std::collections::BTreeMap;

/// Balances without storage deposits, which the runner adds.
#[derive(Clone, Debug)]
pub(crate) struct Money {
    pub(crate) existential_deposit: Balance,
    pub(crate) native: BTreeMap<AccountId, Balance>,
    /// What all accounts had together at first.
    pub(crate) total: Balance,
    pub(crate) token: AccountId,
    pub(crate) tokens: BTreeMap<AccountId, Balance>,
    /// (owner, spender).
    pub(crate) allowances: BTreeMap<(AccountId, AccountId), Balance>,
    pub(crate) mode: Mode,
    /// Plancks given to contracts outside any message.
    pub(crate) gifts: BTreeMap<AccountId, Balance>,
}

impl Money {
    pub(crate) fn of(&self, who: AccountId, asset: Asset) -> Balance {
        let accounts = match asset {
            Asset::Native => &self.native,
            Asset::Psp22(_) => &self.tokens,
        };
        accounts.get(&who).copied().unwrap_or_default()
    }

    /// Whether it could be: the payer stays alive, and the receiver is alive or becomes so.
    pub(crate) fn move_native(&mut self, from: AccountId, to: AccountId, amount: Balance) -> bool {
        let least = self.existential_deposit;
        if amount == 0 {
            return true;
        }
        if self.of(from, Asset::Native) < amount + least || self.of(to, Asset::Native) + amount < least {
            return false;
        }
        *self.native.entry(from).or_default() -= amount;
        *self.native.entry(to).or_default() += amount;
        true
    }

    /// The token's `transfer_from` by `spender`, or its `transfer` where that is `from`.
    fn move_tokens(&mut self, spender: AccountId, from: AccountId, to: AccountId, amount: Balance) -> bool {
        match self.mode {
            Mode::Refuse | Mode::Trap => return false,
            Mode::RefusePayouts if spender == from => return false,
            Mode::TrueWithoutMoving => return true,
            Mode::Honest | Mode::FeeOnTransfer | Mode::RefusePayouts => {}
            Mode::BurnGas
            | Mode::HogDeposit
            | Mode::CallBack
            | Mode::CallBackThroughHelper
            | Mode::AnswerAtLength
            | Mode::Interest => unreachable!("no step sets it"),
        }
        if amount > 0 && from != to {
            if spender != from {
                let allowed = self.allowances.entry((from, spender)).or_default();
                if *allowed < amount {
                    return false;
                }
                *allowed -= amount;
            }
            let held = self.tokens.entry(from).or_default();
            if *held < amount {
                return false;
            }
            *held -= amount;
            *self.tokens.entry(to).or_default() += amount;
        }
        if self.mode == Mode::FeeOnTransfer {
            *self.tokens.entry(to).or_default() -= amount.min(1);
        }
        true
    }

    /// `spender` takes `amount` from `payer`, who sent `paid` plancks along, for `receiver`.
    pub(crate) fn collect(
        &mut self,
        asset: Asset,
        (spender, receiver): (AccountId, AccountId),
        payer: AccountId,
        amount: Balance,
        paid: Balance,
    ) -> Result<(), PaymentFault> {
        match asset {
            Asset::Native if paid == amount => {
                assert!(self.move_native(payer, receiver, amount), "everyone is rich");
                Ok(())
            }
            Asset::Native => Err(PaymentFault::WrongValue { expected: amount, paid }),
            Asset::Psp22(_) if paid > 0 => Err(PaymentFault::WrongValue { expected: 0, paid }),
            Asset::Psp22(_) if amount == 0 => Ok(()),
            Asset::Psp22(token) => {
                let before = self.of(receiver, asset);
                if token != self.token || !self.move_tokens(spender, payer, receiver, amount) {
                    return Err(PaymentFault::TokenRefused { token });
                }
                let received = self.of(receiver, asset) - before;
                if received == amount {
                    Ok(())
                } else {
                    Err(PaymentFault::TokenLied { expected: amount, received })
                }
            }
        }
    }

    /// A contract, `this`, passes `amount` on from `payer`, who sent `paid` plancks along, and gives back what is over.
    pub(crate) fn forward(
        &mut self,
        asset: Asset,
        this: AccountId,
        payer: AccountId,
        receiver: AccountId,
        amount: Balance,
        paid: Balance,
    ) -> Result<(), PaymentFault> {
        match asset {
            Asset::Native if paid < amount => Err(PaymentFault::WrongValue { expected: amount, paid }),
            Asset::Native if self.move_native(payer, receiver, amount) => Ok(()),
            Asset::Native => Err(PaymentFault::TransferRefused),
            Asset::Psp22(_) if paid > 0 => Err(PaymentFault::WrongValue { expected: 0, paid }),
            Asset::Psp22(_) if amount == 0 => Ok(()),
            Asset::Psp22(token) => {
                if token == self.token && self.move_tokens(this, payer, receiver, amount) {
                    Ok(())
                } else {
                    Err(PaymentFault::TokenRefused { token })
                }
            }
        }
    }

    /// A contract, `this`, pays out.
    pub(crate) fn pay(
        &mut self,
        asset: Asset,
        this: AccountId,
        to: AccountId,
        amount: Balance,
    ) -> Result<(), PaymentFault> {
        match asset {
            Asset::Native | Asset::Psp22(_) if amount == 0 => Ok(()),
            Asset::Native if self.move_native(this, to, amount) => Ok(()),
            Asset::Native => Err(PaymentFault::TransferRefused),
            Asset::Psp22(token) if token == self.token && self.move_tokens(this, this, to, amount) => Ok(()),
            Asset::Psp22(token) => Err(PaymentFault::TokenRefused { token }),
        }
    }
}
