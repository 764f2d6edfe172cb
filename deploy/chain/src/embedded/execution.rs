//! Running one transaction in the sandbox, and saying in the chain's words what came of it. It knows no block history.

use crate::{
    compilation::{self, Entry},
    interface::{AccountId, Action, Balance, Cost, EventKind, EventRecord, Hash, Outcome},
    runtime::{
        Balances, Contracts, CouponSandbox, Runtime, RuntimeCall, RuntimeEvent, System, EXISTENTIAL_DEPOSIT,
    },
    weights::{Metered, Pallet38, GAS_LIMIT, MAX_PROOF_SIZE, MAX_REF_TIME},
    ChainError,
};
use drink::{
    pallet_contracts::{self, Determinism, StorageDeposit, WeightInfo},
    sandbox_api::prelude::*,
    sp_externalities::Externalities,
    AccountId32, DispatchError, Sandbox, Weight,
};
use frame_support::{
    sp_runtime::{ModuleError, TokenError},
    storage::{storage_prefix, unhashed, PrefixIterator},
    StorageHasher, Twox64Concat,
};
use pallet_balances::AccountData;
use pallet_contracts::ExecReturnValue;
use scale::{Decode, Encode};
use scale_info::{TypeDef, TypeInfo};
use sp_core::storage::ChildInfo;

type SystemEvent = frame_system::EventRecord<RuntimeEvent, sp_core::H256>;

/// A rehearsal's gas limit: taking notes costs something too.
const REHEARSAL_LIMIT: Weight = Weight::from_parts(4 * MAX_REF_TIME, GAS_LIMIT.proof_size());

/// What a call may take at most.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) deposit: Option<Balance>,
    pub(super) ref_time: u64,
}

/// A transaction that succeeded.
pub(super) struct Transaction {
    action: Action,
    data: Vec<u8>,
    cost: Cost,
    events: Vec<SystemEvent>,
}

impl Transaction {
    /// One in which no contract took part.
    pub(super) fn of(action: Action) -> Self {
        Self { action, data: Vec::new(), cost: Cost::default(), events: Vec::new() }
    }

    pub(super) fn into_outcome(self, block: u32, time: u64) -> (Action, Outcome) {
        let events =
            (0..).zip(self.events).filter_map(|(index, record)| seen(block, index, time, record)).collect();
        let outcome = Outcome { data: self.data, cost: self.cost, events };
        (self.action, outcome)
    }
}

impl CouponSandbox {
    /// Begins a block. Nothing reads the hashes of earlier ones, so none are kept.
    pub(super) fn begin_block(&mut self, number: u32, time: u64) {
        self.execute_with(|| {
            System::reset_events();
            System::set_block_number(number);
        });
        self.set_timestamp(time);
    }

    pub(super) fn account(&mut self, account: AccountId) -> AccountData<Balance> {
        self.execute_with(|| System::account(native(account)).data)
    }

    pub(super) fn code_hash_of(&mut self, contract: AccountId) -> Option<Hash> {
        self.execute_with(|| Contracts::code_hash(&native(contract))).map(|hash| hash.0)
    }

    /// What the execution that just ended cost, compiling included: what `rehearsed` says, or an estimate.
    fn cost_of_execution(
        &mut self,
        consumed: Weight,
        deposit: StorageDeposit<Balance>,
        rehearsed: Option<u64>,
    ) -> Cost {
        let entered = compilation::entered();
        let compiling = rehearsed.unwrap_or_else(|| {
            let each = entered.into_iter().map(|(contract, entry)| self.compiling(&contract, entry));
            each.fold(0, u64::saturating_add)
        });
        let metered = cost(consumed, deposit);
        Cost { ref_time: metered.ref_time.saturating_add(compiling), ..metered }
    }

    /// What compiling costs in an execution, if that is to be known exactly: `run` does it, is undone, and gives what was said in the debug buffer. `None` too where a code
    /// can't take notes.
    fn rehearse(&mut self, run: impl FnOnce(&mut Self) -> Vec<u8>) -> Option<u64> {
        if !compilation::is_exact() {
            return None;
        }
        let debug = self.dry_run(|sandbox| {
            sandbox.execute_with(|| {
                let prefix = storage_prefix(b"Contracts", b"PristineCode").to_vec();
                let codes = PrefixIterator::<_>::new(prefix.clone(), prefix.clone(), |key, value| {
                    Ok((Hash::decode(&mut &*key)?, Vec::<u8>::decode(&mut &*value)?))
                });
                for (hash, code) in codes.collect::<Vec<_>>() {
                    let noting = compilation::noting(hash, &code)?;
                    unhashed::put(&[prefix.as_slice(), hash.as_slice()].concat(), &noting.wasm);
                }
                Some(())
            })?;
            Some(run(sandbox))
        });
        let entered = compilation::entered();
        let price = compilation::price_of_noted(&debug?);
        (price > 0 || entered.is_empty()).then_some(price)
    }

    /// What compiling for this entry cost; nothing for a contract that is gone, or that never came to be.
    fn compiling(&mut self, contract: &AccountId32, entry: Entry) -> u64 {
        let Some(code_hash) = self.execute_with(|| Contracts::code_hash(contract)) else {
            return 0;
        };
        compilation::price(code_hash.0, entry, || {
            // The pallet keeps this map to itself too. Its values are the codes.
            let place =
                [storage_prefix(b"Contracts", b"PristineCode").to_vec(), code_hash.0.to_vec()].concat();
            self.externalities()
                .ext()
                .storage(&place)
                .and_then(|code| Vec::<u8>::decode(&mut code.as_slice()).ok())
                .unwrap_or_default()
        })
    }

    /// The trie that holds the contract's items.
    pub(crate) fn child_trie(&mut self, contract: AccountId) -> Result<ChildInfo, ChainError> {
        // The pallet keeps this map to itself. The trie's id is the first field of its values.
        let place = [
            storage_prefix(b"Contracts", b"ContractInfoOf").to_vec(),
            Twox64Concat::hash(&contract.encode()),
        ]
        .concat();
        self.externalities()
            .ext()
            .storage(&place)
            .and_then(|info| Vec::<u8>::decode(&mut info.as_slice()).ok())
            .map(|trie_id| ChildInfo::new_default(&trie_id))
            .ok_or(ChainError::NoSuchContract { contract })
    }
}

pub(super) fn mint(
    sandbox: &mut CouponSandbox,
    account: AccountId,
    amount: Balance,
) -> Result<(), ChainError> {
    sandbox.mint_into(&native(account), amount).map(drop).map_err(|error| {
        if error == TokenError::BelowMinimum.into() {
            ChainError::BelowExistentialDeposit { account, amount, existential_deposit: EXISTENTIAL_DEPOSIT }
        } else {
            other(error)
        }
    })
}

pub(super) fn transfer(
    sandbox: &mut CouponSandbox,
    from: AccountId,
    to: AccountId,
    amount: Balance,
) -> Result<Transaction, ChainError> {
    let balance = sandbox.account(from).free;
    let call = RuntimeCall::Balances(pallet_balances::Call::transfer_allow_death {
        dest: native(to).into(),
        value: amount,
    });
    match sandbox.runtime_call(call, Some(native(from))) {
        Ok(_) => Ok(Transaction::of(Action::Transfer { to, amount })),
        Err(failed) if failed.error == TokenError::BelowMinimum.into() => {
            Err(ChainError::BelowExistentialDeposit {
                account: to,
                amount,
                existential_deposit: EXISTENTIAL_DEPOSIT,
            })
        }
        Err(failed)
            if failed.error == TokenError::FundsUnavailable.into()
                || failed.error == TokenError::NotExpendable.into()
                || balance < amount =>
        {
            Err(ChainError::InsufficientBalance { account: from, balance, amount })
        }
        Err(failed) => Err(other(failed.error)),
    }
}

pub(super) fn upload(
    sandbox: &mut CouponSandbox,
    limit: Option<Balance>,
    signer: AccountId,
    wasm: &[u8],
    length: u32,
) -> Result<Transaction, ChainError> {
    let balance = sandbox.account(signer).free;
    let code_hash = sp_core::hashing::blake2_256(wasm);
    let stored = sandbox
        .upload_contract(wasm.to_vec(), native(signer), limit, Determinism::Enforced)
        .map_err(|error| {
            if error == pallet_contracts::Error::<Runtime>::CodeRejected.into() {
                ChainError::CodeRejected { code_hash, size: wasm.len() }
            } else {
                deposit_fault(error, limit, signer, balance)
            }
        })?;
    let weight = Pallet38::upload_code_determinism_enforced(length);
    Ok(Transaction {
        cost: cost(weight, StorageDeposit::Charge(stored.deposit)),
        ..Transaction::of(Action::Upload { code_hash })
    })
}

pub(super) fn instantiate(
    sandbox: &mut CouponSandbox,
    limit: Option<Balance>,
    signer: AccountId,
    code_hash: Hash,
    value: Balance,
    data: Vec<u8>,
    salt: Vec<u8>,
) -> Result<(AccountId, Transaction), ChainError> {
    let balance = sandbox.account(signer).free;
    let run = |sandbox: &mut CouponSandbox, gas, data, salt| {
        sandbox.instantiate_contract(code_hash.to_vec(), value, data, salt, native(signer), gas, limit)
    };
    let compiling =
        sandbox.rehearse(|sandbox| run(sandbox, REHEARSAL_LIMIT, data.clone(), salt.clone()).debug_message);
    let result = run(sandbox, GAS_LIMIT, data, salt);
    let cost = sandbox.cost_of_execution(result.gas_consumed, result.storage_deposit, compiling);
    let made = result.result.map_err(|error| {
        if error == pallet_contracts::Error::<Runtime>::CodeNotFound.into() {
            ChainError::NoSuchCode { code_hash }
        } else if error == pallet_contracts::Error::<Runtime>::DuplicateContract.into() {
            ChainError::DuplicateContract { signer }
        } else {
            execution_fault(
                error,
                &Attempt {
                    signer,
                    balance,
                    contract: signer,
                    value,
                    limits: Limits { deposit: limit, ref_time: MAX_REF_TIME },
                    cost,
                    debug: &result.debug_message,
                },
            )
        }
    })?;
    let contract = AccountId::from(<[u8; 32]>::from(made.account_id));
    let transaction = finish(Action::Instantiate { contract }, made.result, cost, result.events)?;
    Ok((contract, transaction))
}

pub(super) fn call(
    sandbox: &mut CouponSandbox,
    limits: Limits,
    signer: AccountId,
    contract: AccountId,
    value: Balance,
    data: Vec<u8>,
) -> Result<Transaction, ChainError> {
    let balance = sandbox.account(signer).free;
    let run = |sandbox: &mut CouponSandbox, gas, data| {
        let enforced = Determinism::Enforced;
        let (signer, contract) = (native(signer), native(contract));
        sandbox.call_contract(contract, value, data, signer, gas, limits.deposit, enforced)
    };
    let compiling = sandbox.rehearse(|sandbox| run(sandbox, REHEARSAL_LIMIT, data.clone()).debug_message);
    let gas = Weight::from_parts(limits.ref_time, GAS_LIMIT.proof_size());
    let result = run(sandbox, gas, data);
    let cost = sandbox.cost_of_execution(result.gas_consumed, result.storage_deposit, compiling);
    let returned = result.result.map_err(|error| {
        execution_fault(
            error,
            &Attempt { signer, balance, contract, value, limits, cost, debug: &result.debug_message },
        )
    })?;
    finish(Action::Call { contract }, returned, cost, result.events)
}

fn finish(
    action: Action,
    returned: ExecReturnValue,
    cost: Cost,
    events: Option<Vec<SystemEvent>>,
) -> Result<Transaction, ChainError> {
    if cost.proof_size > MAX_PROOF_SIZE || cost.ref_time > MAX_REF_TIME {
        return Err(out_of_gas(cost));
    }
    if returned.did_revert() {
        return Err(ChainError::Reverted { data: returned.data, cost });
    }
    Ok(Transaction { action, data: returned.data, cost, events: events.unwrap_or_default() })
}

fn cost(consumed: Weight, deposit: StorageDeposit<Balance>) -> Cost {
    let metered = Metered::from(consumed);
    let signed = |amount| i128::try_from(amount).unwrap_or(i128::MAX);
    Cost {
        ref_time: metered.ref_time,
        proof_size: metered.proof_size,
        deposit: match deposit {
            StorageDeposit::Charge(amount) => signed(amount),
            StorageDeposit::Refund(amount) => signed(amount).saturating_neg(),
        },
        touches: metered.touches,
        topics: metered.topics,
    }
}

/// What is known of a call that failed.
struct Attempt<'a> {
    signer: AccountId,
    balance: Balance,
    contract: AccountId,
    value: Balance,
    limits: Limits,
    cost: Cost,
    debug: &'a [u8],
}

fn execution_fault(error: DispatchError, attempt: &Attempt) -> ChainError {
    use pallet_contracts::Error;
    let is = |known: Error<Runtime>| DispatchError::from(known) == error;
    if is(Error::OutOfGas) {
        // Proof size is not what the pallet limits here, and it may leave what the engine used last unaccounted for.
        out_of_gas(Cost { ref_time: attempt.cost.ref_time.max(attempt.limits.ref_time), ..attempt.cost })
    } else if is(Error::ContractNotFound) {
        ChainError::NoSuchContract { contract: attempt.contract }
    } else if is(Error::ContractTrapped) {
        ChainError::Trapped {
            contract: attempt.contract,
            debug: String::from_utf8_lossy(attempt.debug).into_owned(),
        }
    } else if is(Error::TransferFailed) && attempt.value > 0 {
        ChainError::InsufficientBalance {
            account: attempt.signer,
            balance: attempt.balance,
            amount: attempt.value,
        }
    } else {
        deposit_fault(error, attempt.limits.deposit, attempt.signer, attempt.balance)
    }
}

fn deposit_fault(
    error: DispatchError,
    limit: Option<Balance>,
    signer: AccountId,
    balance: Balance,
) -> ChainError {
    use pallet_contracts::Error;
    let is = |known: Error<Runtime>| DispatchError::from(known) == error;
    if is(Error::StorageDepositLimitExhausted) {
        ChainError::DepositLimit { limit }
    } else if is(Error::StorageDepositNotEnoughFunds) {
        ChainError::DepositShort { signer, balance }
    } else {
        other(error)
    }
}

fn out_of_gas(cost: Cost) -> ChainError {
    ChainError::OutOfGas { ref_time: cost.ref_time, proof_size: cost.proof_size }
}

fn other(error: DispatchError) -> ChainError {
    use frame_support::traits::PalletInfoAccess;
    let DispatchError::Module(ModuleError { index, error: [variant, ..], message }) = error else {
        return ChainError::Dispatch(format!("{error:?}"));
    };
    let (pallet, docs) = match usize::from(index) {
        known if known == Contracts::index() => {
            (Contracts::name(), docs_of::<pallet_contracts::Error<Runtime>>(variant))
        }
        known if known == Balances::index() => {
            (Balances::name(), docs_of::<pallet_balances::Error<Runtime>>(variant))
        }
        _ => ("another pallet", String::new()),
    };
    ChainError::Module {
        pallet: pallet.to_owned(),
        error: message.map_or_else(|| format!("error {variant}"), str::to_owned),
        docs,
    }
}

/// What the documentation of an error enum says of one of its variants.
fn docs_of<E: TypeInfo + 'static>(index: u8) -> String {
    let info = E::type_info();
    let TypeDef::Variant(variants) = info.type_def else {
        return String::new();
    };
    variants
        .variants
        .iter()
        .find(|variant| variant.index == index)
        .map(|variant| variant.docs.join(" ").trim().to_owned())
        .unwrap_or_default()
}

/// The event as the chain's users see it, if it is one of a contract's.
fn seen(block: u32, index: u32, time: u64, record: SystemEvent) -> Option<EventRecord> {
    use pallet_contracts::Event;
    let RuntimeEvent::Contracts(event) = record.event else {
        return None;
    };
    let (contract, kind, data) = match event {
        Event::ContractEmitted { contract, data } => (contract, EventKind::Emitted, data),
        Event::ContractCodeUpdated { contract, new_code_hash, old_code_hash } => {
            (contract, EventKind::CodeUpdated { from: old_code_hash.0, to: new_code_hash.0 }, Vec::new())
        }
        Event::DelegateCalled { contract, code_hash } => {
            (contract, EventKind::DelegateCalled { code_hash: code_hash.0 }, Vec::new())
        }
        Event::Terminated { contract, beneficiary } => (
            contract,
            EventKind::Terminated { beneficiary: AccountId::from(<[u8; 32]>::from(beneficiary)) },
            Vec::new(),
        ),
        Event::Instantiated { .. }
        | Event::CodeStored { .. }
        | Event::CodeRemoved { .. }
        | Event::Called { .. }
        | Event::StorageDepositTransferredAndHeld { .. }
        | Event::StorageDepositTransferredAndReleased { .. }
        | Event::__Ignore(..) => return None,
    };
    let topics = match kind {
        EventKind::Emitted => record.topics.into_iter().map(|topic| topic.0).collect(),
        // The pallet gives its own events topics too, which repeat what the kind says.
        EventKind::CodeUpdated { .. } | EventKind::DelegateCalled { .. } | EventKind::Terminated { .. } => {
            Vec::new()
        }
    };
    Some(EventRecord {
        block,
        index,
        time,
        contract: AccountId::from(<[u8; 32]>::from(contract)),
        kind,
        topics,
        data,
    })
}

fn native(account: AccountId) -> AccountId32 {
    AccountId32::new(*account.as_ref())
}
