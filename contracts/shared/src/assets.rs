//! Money in and out, the same for the native token and any PSP22 token. Keeps no books.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use crate::{calls::ask, AccountId, Balance};
use ink::{env::DefaultEnvironment as Env, prelude::vec::Vec};
use scale::Encode;

/// What amounts are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Asset {
    /// The chain's own token.
    #[codec(index = 0)]
    Native,
    /// The PSP22 token at this address.
    #[codec(index = 1)]
    Psp22(AccountId),
}

/// Why money didn't move. Amounts are in the asset's smallest unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum PaymentFault {
    /// The native value sent with the call doesn't fit: too little, or any at all where a PSP22 token is due.
    #[codec(index = 0)]
    WrongValue {
        /// What was due.
        expected: Balance,
        /// What was sent.
        paid: Balance,
    },
    /// The token refused, trapped, or isn't a PSP22 token.
    #[codec(index = 1)]
    TokenRefused {
        /// The token.
        token: AccountId,
    },
    /// The token said yes and moved another amount.
    #[codec(index = 2)]
    TokenLied {
        /// What it was asked to move.
        expected: Balance,
        /// By how much the contract's balance rose.
        received: Balance,
    },
    /// The chain refused a native transfer: for one, below the existential deposit to an account that doesn't exist.
    #[codec(index = 3)]
    TransferRefused,
}

impl Asset {
    /// Takes exactly `amount` from `payer`, the caller, into this contract; `paid` is the native value sent along.
    /// # Errors
    /// As `collect_for`.
    pub fn collect(self, payer: AccountId, amount: Balance, paid: Balance) -> Result<(), PaymentFault> {
        self.collect_for(ink::env::account_id::<Env>(), payer, amount, paid)
    }

    /// Takes exactly `amount` from `payer`, the caller, for `receiver`; `paid` is the native value sent along, which is the caller's to pass on.
    ///
    /// PSP22 by allowance to this contract, measured by the receiver's balance, so a token with a fee on transfers is refused.
    /// # Errors
    /// `WrongValue` unless `paid` is `amount` (native) or zero (PSP22); `TokenRefused`, `TokenLied`.
    pub fn collect_for(
        self,
        receiver: AccountId,
        payer: AccountId,
        amount: Balance,
        paid: Balance,
    ) -> Result<(), PaymentFault> {
        let due = self.value_due(amount);
        if paid != due {
            return Err(PaymentFault::WrongValue { expected: due, paid });
        }
        match self {
            Self::Psp22(token) if amount > 0 => {
                let before = balance_of(token, receiver)?;
                transfer_from(token, payer, receiver, amount)?;
                let received = balance_of(token, receiver)?.saturating_sub(before);
                if received == amount {
                    Ok(())
                } else {
                    Err(PaymentFault::TokenLied { expected: amount, received })
                }
            }
            Self::Native | Self::Psp22(_) => Ok(()),
        }
    }

    /// Moves `amount` from `payer`, the caller, to `receiver`; native value over it goes back.
    /// # Errors
    /// `WrongValue` when `paid` is less than `amount` (native) or not zero (PSP22); `TokenRefused`, `TransferRefused`.
    pub fn forward(
        self,
        payer: AccountId,
        receiver: AccountId,
        amount: Balance,
        paid: Balance,
    ) -> Result<(), PaymentFault> {
        let due = self.value_due(amount);
        match self {
            Self::Native => {
                let change = paid.checked_sub(due).ok_or(PaymentFault::WrongValue { expected: due, paid })?;
                self.pay(receiver, amount)?;
                self.pay(payer, change)
            }
            Self::Psp22(_) if paid != 0 => Err(PaymentFault::WrongValue { expected: 0, paid }),
            Self::Psp22(_) if amount == 0 => Ok(()),
            Self::Psp22(token) => transfer_from(token, payer, receiver, amount),
        }
    }

    /// Pays `amount` out of this contract; nothing to do for zero.
    /// # Errors
    /// `TokenRefused`, `TransferRefused`.
    pub fn pay(self, receiver: AccountId, amount: Balance) -> Result<(), PaymentFault> {
        match self {
            Self::Native | Self::Psp22(_) if amount == 0 => Ok(()),
            Self::Native => {
                ink::env::transfer::<Env>(receiver, amount).map_err(|_| PaymentFault::TransferRefused)
            }
            Self::Psp22(token) => {
                let arguments = (receiver, amount, NO_DATA).encode();
                tell(token, ink::selector_bytes!("PSP22::transfer"), arguments)
            }
        }
    }

    /// What of `amount` is due as native value.
    pub fn value_due(self, amount: Balance) -> Balance {
        match self {
            Self::Native => amount,
            Self::Psp22(_) => 0,
        }
    }
}

/// PSP22's `data`, which nothing here uses.
const NO_DATA: [u8; 1] = [0];

fn transfer_from(
    token: AccountId,
    from: AccountId,
    to: AccountId,
    amount: Balance,
) -> Result<(), PaymentFault> {
    tell(token, ink::selector_bytes!("PSP22::transfer_from"), (from, to, amount, NO_DATA).encode())
}

/// A token's answer counts as yes only when the call, the dispatch and the token all say so.
#[cfg(feature = "asks")]
#[inline(never)]
fn tell(token: AccountId, selector: [u8; 4], arguments: Vec<u8>) -> Result<(), PaymentFault> {
    match ask(token, selector, arguments).as_deref() {
        Some([0]) => Ok(()),
        Some(_) | None => Err(PaymentFault::TokenRefused { token }),
    }
}

/// The same for a contract that asks nobody else anything: 200 bytes less there, and 600 more elsewhere.
#[cfg(not(feature = "asks"))]
fn tell(token: AccountId, selector: [u8; 4], arguments: Vec<u8>) -> Result<(), PaymentFault> {
    let reply = ink::env::call::build_call::<Env>()
        .call(token)
        .call_flags(ink::env::CallFlags::empty())
        .exec_input(
            ink::env::call::ExecutionInput::new(ink::env::call::Selector::new(selector))
                .push_arg(crate::ledger::Raw(arguments)),
        )
        .returns::<Result<(), u8>>()
        .try_invoke();
    match reply {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Ok(Err(_)) | Err(_)) | Err(_) => Err(PaymentFault::TokenRefused { token }),
    }
}

fn balance_of(token: AccountId, owner: AccountId) -> Result<Balance, PaymentFault> {
    let answer = ask(token, ink::selector_bytes!("PSP22::balance_of"), owner.encode());
    let balance = answer.and_then(|answer| answer.try_into().ok()).map(Balance::from_le_bytes);
    balance.ok_or(PaymentFault::TokenRefused { token })
}
