//! What putting codes and contracts on a chain costs there. It signs nothing.

use crate::{
    calls,
    dry_run::{
        Code, Deposit, Determinism, Dispatched, DryRun, InstantiateQuestion, Made, Stored, UploadQuestion,
    },
    read_hash,
    runtime::Weight,
    RpcChain,
};
use chain::{AccountId, Balance, ChainError, Cost, EventRecord, Hash};
use scale::{Decode, Encode};
use subxt_core::tx::payload::{dynamic, Payload};

/// What a transaction takes from its signer, in plancks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// Comes back when what was stored is removed.
    pub deposit: Balance,
    /// Without a tip; `None` where the chain doesn't tell.
    pub fee: Option<Balance>,
    /// The deposit was worked out on an embedded chain with this chain's prices: what the transaction builds on is not there yet.
    pub estimated: bool,
}

/// Whether all that is wrong is that the signer has too little.
fn is_poverty(fault: &ChainError) -> bool {
    matches!(
        fault,
        ChainError::DepositShort { .. }
            | ChainError::DepositLimit { .. }
            | ChainError::InsufficientBalance { .. }
    )
}

/// The beginning of what `TransactionPaymentCallApi` answers.
#[derive(Decode)]
struct FeeAnswer {
    _weight: Weight,
    _class: u8,
    fee: Balance,
}

impl RpcChain {
    /// What storing `wasm` would take, by a dry run, or if the signer can't pay for it by what it took on the embedded chain.
    /// # Errors
    /// `CodeTooLarge`, `CodeRejected`; the chain can't be read.
    pub fn price_of_upload(
        &self,
        signer: AccountId,
        wasm: &[u8],
        elsewhere: Cost,
    ) -> Result<Price, ChainError> {
        let (size, code_hash) = (wasm.len(), sp_core::hashing::blake2_256(wasm));
        let longest = self.longest_code();
        if u32::try_from(size).map_or(true, |size| size > longest) {
            return Err(ChainError::CodeTooLarge { size });
        }
        let (_, at) = self.refresh()?;
        let question = UploadQuestion {
            origin: *signer.as_ref(),
            code: wasm,
            deposit_limit: None,
            determinism: Determinism::Enforced,
        };
        let answer: Result<Stored, Dispatched> = self.run_dry("ContractsApi_upload_code", &question, &at)?;
        let attempt = self.attempt(signer, signer, 0)?;
        let answer = answer.map_err(|error| match self.runtime.contracts_error(&error).as_deref() {
            Some("CodeRejected") => ChainError::CodeRejected { code_hash, size },
            _ => self.runtime.execution_fault(&error, &attempt, Weight::default(), &[]),
        });
        let (deposit, estimated) = match answer {
            Ok(stored) => (stored.deposit, false),
            Err(fault) if is_poverty(&fault) => (elsewhere.deposit.unsigned_abs(), true),
            Err(fault) => return Err(fault),
        };
        let fee = self.fee(&calls::upload(wasm, deposit))?;
        Ok(Price { deposit, fee, estimated })
    }

    /// What instantiating would take, by a dry run if the codes it needs are stored and the signer can pay, else by what it took on the embedded chain.
    /// # Errors
    /// The constructor's or the chain's refusal.
    pub fn price_of_instantiation(
        &self,
        signer: AccountId,
        code_hash: Hash,
        value: Balance,
        data: &[u8],
        salt: &[u8],
        elsewhere: Cost,
        codes_are_stored: bool,
    ) -> Result<Price, ChainError> {
        let (_, at) = self.refresh()?;
        let attempt = self.attempt(signer, signer, value)?;
        let there = || {
            let required = Weight { ref_time: elsewhere.ref_time, proof_size: elsewhere.proof_size };
            (required, Deposit::Charge(elsewhere.deposit.unsigned_abs()), true)
        };
        let (required, deposit, estimated) = if codes_are_stored {
            let question = InstantiateQuestion {
                origin: *signer.as_ref(),
                value,
                gas_limit: self.runtime.transaction_limit(),
                deposit_limit: None,
                code: Code::Stored(code_hash),
                data,
                salt,
            };
            let run: DryRun<Made> = self.run_dry("ContractsApi_instantiate", &question, &at)?;
            match self.accepted(&run, &attempt) {
                Ok(()) => (run.required, run.deposit, false),
                Err(fault) if is_poverty(&fault) => there(),
                Err(fault) => return Err(fault),
            }
        } else {
            there()
        };
        let limits = self.limits(required, deposit, &attempt);
        let fee = self.fee(&calls::instantiate(code_hash, value, data, salt, limits))?;
        Ok(Price { deposit: deposit.charge(), fee, estimated })
    }

    /// The deposits for a storage item, without its bytes, and for a byte, in plancks.
    pub fn deposit_prices(&self) -> Option<(Balance, Balance)> {
        let constant = |name| self.runtime.constant::<Balance>("Contracts", name);
        Some((constant("DepositPerItem")?, constant("DepositPerByte")?))
    }

    /// The block that made `contract`: the first whose state has it. 0 where the node keeps no old states.
    /// # Errors
    /// `NoSuchContract`; the chain can't be read.
    pub fn made_in(&self, contract: AccountId) -> Result<u32, ChainError> {
        let (head, at) = self.refresh()?;
        self.contract_info(contract, &at)?.ok_or(ChainError::NoSuchContract { contract })?;
        let (mut without, mut with) = (0_u32, head);
        while with.saturating_sub(without) > 1 {
            let middle = without.midpoint(with);
            let hash = self.block_hash(middle)?;
            let hash = read_hash(&hash).ok_or_else(|| self.lacking("block hash"))?;
            match self.contract_info(contract, &hash) {
                Ok(Some(_)) => with = middle,
                Ok(None) => without = middle,
                Err(_) => return Ok(0),
            }
        }
        Ok(with)
    }

    /// The events of contracts in one final block.
    /// # Errors
    /// The chain can't be read.
    pub fn events_of(&self, block: u32) -> Result<Vec<EventRecord>, ChainError> {
        let mut found = Vec::new();
        self.events_between(block, block, None, |_, events| {
            found.extend(events);
            Ok(())
        })?;
        Ok(found)
    }

    /// The time of one final block, in milliseconds since the Unix epoch.
    /// # Errors
    /// The chain can't be read.
    pub fn time_of(&self, block: u32) -> Result<u64, ChainError> {
        let hash = self.block_hash(block)?;
        Ok(self.events_and_time(&hash)?.1)
    }

    /// The version of the chain's runtime.
    pub fn runtime_version(&self) -> u32 {
        self.runtime.spec_version
    }

    pub(crate) fn longest_code(&self) -> u32 {
        self.runtime.constant::<u32>("Contracts", "MaxCodeLen").unwrap_or(u32::MAX)
    }

    fn fee(&self, call: &calls::PalletCall) -> Result<Option<Balance>, ChainError> {
        let payload = dynamic(call.pallet, call.name, call.arguments.clone());
        let call = payload
            .encode_call_data(&self.runtime.metadata)
            .map_err(|why| self.node.nonsense(&format!("{}.{}", call.pallet, call.name), why.to_string()))?;
        // A signature, its era and its nonce come to about so many bytes.
        const ENVELOPE: usize = 120;
        let length = u32::try_from(call.len().saturating_add(ENVELOPE)).unwrap_or(u32::MAX);
        let question = [call, length.encode()].concat();
        let (_, at) = self.refresh()?;
        // Chains need not offer this.
        let answer = self.runtime_call("TransactionPaymentCallApi_query_call_info", &question, &at).ok();
        Ok(answer.and_then(|bytes| FeeAnswer::decode(&mut bytes.as_slice()).ok()).map(|answer| answer.fee))
    }
}
