//! The pallets' calls that are ever signed, written for the runtime's own metadata to encode. It decides no limit.

use crate::runtime::Weight;
use chain::{AccountId, Balance, Hash};
use subxt_core::{dynamic::Value, ext::scale_value::Composite};

/// A call of a pallet's.
#[derive(Clone, Debug)]
pub(crate) struct PalletCall {
    pub(crate) pallet: &'static str,
    pub(crate) name: &'static str,
    pub(crate) arguments: Composite<()>,
}

/// The most that a transaction may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) gas: Weight,
    /// In plancks.
    pub(crate) deposit: Balance,
}

pub(crate) fn upload(wasm: &[u8], deposit: Balance) -> PalletCall {
    PalletCall {
        pallet: "Contracts",
        name: "upload_code",
        arguments: Composite::named([
            ("code", Value::from_bytes(wasm)),
            ("storage_deposit_limit", some(deposit)),
            ("determinism", Value::unnamed_variant("Enforced", [])),
        ]),
    }
}

pub(crate) fn instantiate(
    code_hash: Hash,
    value: Balance,
    data: &[u8],
    salt: &[u8],
    limits: Limits,
) -> PalletCall {
    PalletCall {
        pallet: "Contracts",
        name: "instantiate",
        arguments: Composite::named([
            ("value", Value::u128(value)),
            ("gas_limit", weight(limits.gas)),
            ("storage_deposit_limit", some(limits.deposit)),
            ("code_hash", Value::from_bytes(code_hash)),
            ("data", Value::from_bytes(data)),
            ("salt", Value::from_bytes(salt)),
        ]),
    }
}

pub(crate) fn call(contract: AccountId, value: Balance, data: &[u8], limits: Limits) -> PalletCall {
    PalletCall {
        pallet: "Contracts",
        name: "call",
        arguments: Composite::named([
            ("dest", address(contract)),
            ("value", Value::u128(value)),
            ("gas_limit", weight(limits.gas)),
            ("storage_deposit_limit", some(limits.deposit)),
            ("data", Value::from_bytes(data)),
        ]),
    }
}

pub(crate) fn transfer(to: AccountId, amount: Balance) -> PalletCall {
    PalletCall {
        pallet: "Balances",
        name: "transfer_allow_death",
        arguments: Composite::named([("dest", address(to)), ("value", Value::u128(amount))]),
    }
}

fn address(account: AccountId) -> Value {
    Value::unnamed_variant("Id", [Value::from_bytes(account)])
}

fn weight(weight: Weight) -> Value {
    Value::named_composite([
        ("ref_time", Value::u128(weight.ref_time.into())),
        ("proof_size", Value::u128(weight.proof_size.into())),
    ])
}

fn some(amount: Balance) -> Value {
    Value::unnamed_variant("Some", [Value::u128(amount)])
}
