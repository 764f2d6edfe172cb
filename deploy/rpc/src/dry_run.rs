//! What the Contracts pallet answers when it is asked what a call would do: the bytes of `ContractsApi`, and what they mean. It asks no node.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use crate::runtime::{Runtime, Weight};
use chain::{AccountId, Balance, ChainError, Cost, Hash};
use scale::{Decode, Encode};

/// The bit of a contract's return flags that says it refused.
const REVERTED: u32 = 1;

/// Why a transaction failed, as every chain of this kind writes it.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub(crate) enum Dispatched {
    Other,
    CannotLookup,
    BadOrigin,
    Module { pallet: u8, error: [u8; 4] },
    ConsumerRemaining,
    NoProviders,
    TooManyConsumers,
    Token(TokenFault),
    Arithmetic(u8),
    Transactional(u8),
    Exhausted,
    Corruption,
    Unavailable,
    RootNotAllowed,
    Trie(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub(crate) enum TokenFault {
    FundsUnavailable,
    OnlyProvider,
    BelowMinimum,
    CannotCreate,
    UnknownAsset,
    Frozen,
    Unsupported,
    CannotCreateHold,
    NotExpendable,
    Blocked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub(crate) enum Deposit {
    Refund(Balance),
    Charge(Balance),
}

#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub(crate) struct Returned {
    flags: u32,
    pub(crate) data: Vec<u8>,
}

/// The answer to a dry run, but for the events at its end.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub(crate) struct DryRun<T> {
    pub(crate) consumed: Weight,
    pub(crate) required: Weight,
    pub(crate) deposit: Deposit,
    pub(crate) debug: Vec<u8>,
    pub(crate) result: Result<T, Dispatched>,
}

#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub(crate) struct Made {
    pub(crate) returned: Returned,
    pub(crate) account: [u8; 32],
}

#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub(crate) struct Stored {
    pub(crate) code_hash: Hash,
    pub(crate) deposit: Balance,
}

/// A call as the pallet's API takes it.
#[derive(Encode)]
pub(crate) struct CallQuestion<'a> {
    pub(crate) origin: [u8; 32],
    pub(crate) contract: [u8; 32],
    pub(crate) value: Balance,
    pub(crate) gas_limit: Option<Weight>,
    pub(crate) deposit_limit: Option<Balance>,
    pub(crate) data: &'a [u8],
}

/// An instantiation as the pallet's API takes it.
#[derive(Encode)]
pub(crate) struct InstantiateQuestion<'a> {
    pub(crate) origin: [u8; 32],
    pub(crate) value: Balance,
    pub(crate) gas_limit: Option<Weight>,
    pub(crate) deposit_limit: Option<Balance>,
    pub(crate) code: Code,
    pub(crate) data: &'a [u8],
    pub(crate) salt: &'a [u8],
}

#[derive(Encode)]
pub(crate) enum Code {
    #[codec(index = 1)]
    Stored(Hash),
}

/// An upload as the pallet's API takes it.
#[derive(Encode)]
pub(crate) struct UploadQuestion<'a> {
    pub(crate) origin: [u8; 32],
    pub(crate) code: &'a [u8],
    pub(crate) deposit_limit: Option<Balance>,
    pub(crate) determinism: Determinism,
}

#[derive(Encode)]
pub(crate) enum Determinism {
    Enforced,
}

/// Who tried what, for the words of a refusal.
pub(crate) struct Attempt {
    pub(crate) signer: AccountId,
    pub(crate) balance: Balance,
    pub(crate) contract: AccountId,
    pub(crate) value: Balance,
    pub(crate) deposit_limit: Option<Balance>,
}

impl Returned {
    pub(crate) fn reverted(&self) -> bool {
        self.flags & REVERTED != 0
    }
}

impl Deposit {
    pub(crate) fn signed(self) -> i128 {
        let signed = |amount| i128::try_from(amount).unwrap_or(i128::MAX);
        match self {
            Self::Charge(amount) => signed(amount),
            Self::Refund(amount) => signed(amount).saturating_neg(),
        }
    }

    pub(crate) fn charge(self) -> Balance {
        match self {
            Self::Charge(amount) => amount,
            Self::Refund(_) => 0,
        }
    }
}

impl<T> DryRun<T> {
    /// What it cost. A node counts no touches; topics are counted from events, which a dry run does not always give.
    pub(crate) fn cost(&self) -> Cost {
        Cost {
            ref_time: self.consumed.ref_time,
            proof_size: self.consumed.proof_size,
            deposit: self.deposit.signed(),
            touches: 0,
            topics: 0,
        }
    }
}

impl Runtime {
    /// A failure of executing a contract, in the words that the embedded chain uses.
    pub(crate) fn execution_fault(
        &self,
        error: &Dispatched,
        attempt: &Attempt,
        consumed: Weight,
        debug: &[u8],
    ) -> ChainError {
        match self.contracts_error(error).as_deref() {
            Some("OutOfGas") => {
                // The engine may leave what it used last unaccounted for.
                let limit = self.transaction_limit().unwrap_or_default();
                ChainError::OutOfGas {
                    ref_time: consumed.ref_time.max(limit.ref_time),
                    proof_size: consumed.proof_size,
                }
            }
            Some("ContractNotFound") => ChainError::NoSuchContract { contract: attempt.contract },
            Some("ContractTrapped") => ChainError::Trapped {
                contract: attempt.contract,
                debug: String::from_utf8_lossy(debug).into_owned(),
            },
            Some("TransferFailed") if attempt.value > 0 => ChainError::InsufficientBalance {
                account: attempt.signer,
                balance: attempt.balance,
                amount: attempt.value,
            },
            Some("StorageDepositLimitExhausted") => ChainError::DepositLimit { limit: attempt.deposit_limit },
            Some("StorageDepositNotEnoughFunds") => {
                ChainError::DepositShort { signer: attempt.signer, balance: attempt.balance }
            }
            Some("DuplicateContract") => ChainError::DuplicateContract { signer: attempt.signer },
            _ => self.other_fault(error),
        }
    }

    /// The error's name, if it is one of the Contracts pallet's.
    pub(crate) fn contracts_error(&self, error: &Dispatched) -> Option<String> {
        let Dispatched::Module { pallet, error: [variant, ..] } = error else {
            return None;
        };
        let (pallet, name, _) = self.module_error(*pallet, *variant)?;
        (pallet == "Contracts").then_some(name)
    }

    pub(crate) fn other_fault(&self, error: &Dispatched) -> ChainError {
        let Dispatched::Module { pallet: index, error: [variant, ..] } = error else {
            return ChainError::Dispatch(format!("{error:?}"));
        };
        let (pallet, error, docs) = self
            .module_error(*index, *variant)
            .unwrap_or_else(|| (format!("pallet {index}"), format!("error {variant}"), String::new()));
        ChainError::Module { pallet, error, docs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_up_to_its_events() {
        // 1,000,000 ps, 50 bytes of proof, twice; a charge of 7; no debug text; flags 1 and two bytes of data; then `Some` of no events.
        let mut bytes = Vec::new();
        for weight in [Weight { ref_time: 1_000_000, proof_size: 50 }; 2] {
            weight.encode_to(&mut bytes);
        }
        bytes.extend([1]);
        7_u128.encode_to(&mut bytes);
        bytes.extend([0, 0]);
        1_u32.encode_to(&mut bytes);
        bytes.extend([8, 0xab, 0xcd, 1, 0]);
        let run = DryRun::<Returned>::decode(&mut bytes.as_slice()).unwrap();
        assert_eq!(
            run.cost(),
            Cost { ref_time: 1_000_000, proof_size: 50, deposit: 7, touches: 0, topics: 0 }
        );
        let returned = run.result.unwrap();
        assert!(returned.reverted());
        assert_eq!(returned.data, [0xab, 0xcd]);
    }

    #[test]
    fn a_refund_is_a_negative_deposit_and_charges_nothing() {
        assert_eq!((Deposit::Refund(5).signed(), Deposit::Refund(5).charge()), (-5, 0));
        assert_eq!((Deposit::Charge(5).signed(), Deposit::Charge(5).charge()), (5, 5));
    }

    #[test]
    fn failures_are_read_as_chains_write_them() {
        let read = |bytes: &[u8]| Dispatched::decode(&mut &*bytes).unwrap();
        assert_eq!(read(&[3, 8, 5, 0, 0, 0]), Dispatched::Module { pallet: 8, error: [5, 0, 0, 0] });
        assert_eq!(read(&[7, 2]), Dispatched::Token(TokenFault::BelowMinimum));
        assert_eq!(read(&[13]), Dispatched::RootNotAllowed);
    }

    #[test]
    fn a_stored_code_is_the_second_kind() {
        assert_eq!(Code::Stored([9; 32]).encode().first(), Some(&1));
    }
}
