//! The live chain as a [`Chain`]: reads of final blocks, dry runs, and transactions that passed them. It knows no particular contract.

use crate::{
    calls::{self, Limits},
    dry_run::{
        Attempt, CallQuestion, Code, Deposit, Determinism, Dispatched, DryRun, InstantiateQuestion, Made,
        Returned, Stored, TokenFault, UploadQuestion,
    },
    proof::CHILD,
    read_hex,
    runtime::{ContractInfo, Ending, Holding, Weight},
    to_hex,
    transaction::Included,
    RpcChain, AT_ONCE,
};
use chain::{AccountId, Balance, Chain, ChainError, Cost, EventRecord, Hash, Outcome, StorageItem};
use scale::{Decode, Encode};
use serde_json::json;

/// A contract's keys are stored behind so many bytes of their hash.
const HASHED: usize = 16;
/// A transaction may use a tenth more than its dry run did: others may change the chain meanwhile.
const MARGIN: u64 = 10;

impl RpcChain {
    pub(crate) fn holding(&self, account: AccountId) -> Result<Holding, ChainError> {
        let (_, hash) = self.refresh()?;
        let key = self.entry("System", "Account", account)?;
        let Some(bytes) = self.stored_at(&[key], &to_hex(hash))?.pop().flatten() else {
            return Ok(Holding::default());
        };
        let unlike = || self.lacking("System.Account of a known kind");
        Ok(self.runtime.holding(&bytes).ok_or_else(unlike)?)
    }

    fn entry(&self, pallet: &str, map: &str, account: AccountId) -> Result<Vec<u8>, ChainError> {
        let key = self.runtime.entry(pallet, map, account.as_ref());
        Ok(key.ok_or_else(|| self.lacking(&format!("{pallet}.{map}")))?)
    }

    pub(crate) fn contract_info(
        &self,
        contract: AccountId,
        at: &Hash,
    ) -> Result<Option<ContractInfo>, ChainError> {
        let key = self.entry("Contracts", "ContractInfoOf", contract)?;
        let Some(bytes) = self.stored_at(&[key], &to_hex(at))?.pop().flatten() else {
            return Ok(None);
        };
        let unlike = || self.lacking("Contracts.ContractInfoOf of a known kind");
        Ok(Some(self.runtime.contract_info(&bytes).ok_or_else(unlike)?))
    }

    /// What a runtime API of the Contracts pallet answers in a block's state.
    pub(crate) fn run_dry<T: Decode>(
        &self,
        method: &str,
        question: &impl Encode,
        at: &Hash,
    ) -> Result<T, ChainError> {
        let answer = self.runtime_call(method, &question.encode(), at)?;
        Ok(T::decode(&mut answer.as_slice()).map_err(|why| self.node.nonsense(method, why.to_string()))?)
    }

    fn dry_call(
        &self,
        caller: AccountId,
        contract: AccountId,
        value: Balance,
        data: &[u8],
        at: &Hash,
    ) -> Result<DryRun<Returned>, ChainError> {
        let question = CallQuestion {
            origin: *caller.as_ref(),
            contract: *contract.as_ref(),
            value,
            gas_limit: self.runtime.transaction_limit(),
            deposit_limit: None,
            data,
        };
        self.run_dry("ContractsApi_call", &question, at)
    }

    /// The run's value, or its refusal in the chain's words.
    pub(crate) fn accepted<T: AsRef<Returned>>(
        &self,
        run: &DryRun<T>,
        attempt: &Attempt,
    ) -> Result<(), ChainError> {
        match &run.result {
            Ok(value) if value.as_ref().reverted() => {
                Err(ChainError::Reverted { data: value.as_ref().data.clone(), cost: run.cost() })
            }
            Ok(_) => Ok(()),
            Err(error) => Err(self.runtime.execution_fault(error, attempt, run.consumed, &run.debug)),
        }
    }

    pub(crate) fn attempt(
        &self,
        signer: AccountId,
        contract: AccountId,
        value: Balance,
    ) -> Result<Attempt, ChainError> {
        let balance = self.holding(signer)?.free;
        Ok(Attempt { signer, balance, contract, value, deposit_limit: None })
    }

    /// Whether the chain has a code with this hash.
    /// # Errors
    /// The chain can't be read.
    pub fn is_stored(&self, code_hash: Hash) -> Result<bool, ChainError> {
        let (_, at) = self.refresh()?;
        let key = self.runtime.entry("Contracts", "CodeInfoOf", &code_hash);
        let key = key.ok_or_else(|| self.lacking("Contracts.CodeInfoOf"))?;
        Ok(self.stored_at(&[key], &to_hex(at))?.pop().flatten().is_some())
    }

    /// The most a transaction may use: what the dry run needed and a margin, but never more than any transaction may.
    pub(crate) fn limits(&self, required: Weight, deposit: Deposit, attempt: &Attempt) -> Limits {
        let widened = |part: u64| part.saturating_add(part.checked_div(MARGIN).unwrap_or_default());
        let most = Weight { ref_time: u64::MAX, proof_size: u64::MAX };
        let limit = self.runtime.transaction_limit().unwrap_or(most);
        let gas = Weight {
            ref_time: widened(required.ref_time).min(limit.ref_time),
            proof_size: widened(required.proof_size).min(limit.proof_size),
        };
        Limits { gas, deposit: self.deposit_limit(deposit, attempt) }
    }

    /// The most deposit a transaction may take. The margin is for one more item; the pallet wants the whole limit to be there, so who can't spare it
    /// goes without.
    pub(crate) fn deposit_limit(&self, deposit: Deposit, attempt: &Attempt) -> Balance {
        let charge = deposit.charge();
        let item = self.runtime.constant::<Balance>("Contracts", "DepositPerItem").unwrap_or_default();
        let margin = item.saturating_add(charge.checked_div(MARGIN.into()).unwrap_or_default());
        let wanted = charge.saturating_add(margin);
        let spare = attempt.balance.saturating_sub(attempt.value).saturating_sub(item);
        if wanted <= spare {
            wanted
        } else {
            charge
        }
    }

    /// What came of a transaction that passed its dry run, or why it failed in its block all the same.
    fn outcome(
        &self,
        included: Included,
        data: Vec<u8>,
        mut cost: Cost,
        attempt: &Attempt,
    ) -> Result<Outcome, ChainError> {
        match included.ending {
            Ending::Success(_) => {
                let events: Vec<EventRecord> = included.events.into_iter().map(|seen| seen.record).collect();
                let topics = events.iter().map(|event| event.topics.len()).fold(0, usize::saturating_add);
                cost.topics = u32::try_from(topics).unwrap_or(u32::MAX);
                Ok(Outcome { data, cost, events })
            }
            Ending::Failure(error) => {
                let consumed = Weight { ref_time: cost.ref_time, proof_size: cost.proof_size };
                Err(self.runtime.execution_fault(&error, attempt, consumed, &[]))
            }
        }
    }
}

impl AsRef<Returned> for Returned {
    fn as_ref(&self) -> &Returned {
        self
    }
}

impl AsRef<Returned> for Made {
    fn as_ref(&self) -> &Returned {
        &self.returned
    }
}

impl Chain for RpcChain {
    fn genesis(&self) -> Hash {
        self.genesis
    }

    /// The last final block, or the last that was seen if the node does not answer.
    fn height(&self) -> u32 {
        self.refresh().unwrap_or_else(|_| self.head.get()).0
    }

    /// The time of the block that `height` tells.
    fn now(&self) -> u64 {
        self.height();
        self.now.get()
    }

    fn existential_deposit(&self) -> Balance {
        // Whether it is there was checked when connecting.
        self.runtime.constant("Balances", "ExistentialDeposit").unwrap_or(Balance::MAX)
    }

    fn balance(&self, account: AccountId) -> Result<Balance, ChainError> {
        self.holding(account).map(|holding| holding.free)
    }

    fn reserved(&self, account: AccountId) -> Result<Balance, ChainError> {
        self.holding(account).map(|holding| holding.reserved)
    }

    fn code_hash_of(&self, contract: AccountId) -> Result<Option<Hash>, ChainError> {
        let (_, hash) = self.refresh()?;
        Ok(self.contract_info(contract, &hash)?.map(|info| info.code_hash))
    }

    fn storage(&self, contract: AccountId) -> Result<Vec<StorageItem>, ChainError> {
        let (_, at) = self.refresh()?;
        let info = self.contract_info(contract, &at)?.ok_or(ChainError::NoSuchContract { contract })?;
        let child = to_hex([CHILD, &info.trie].concat());
        let unlike = |key: &str| self.node.nonsense("childstate_getKeysPaged", key);
        let proven = self.proven.filter(|block| block.hash == at);
        let (mut items, mut known) = (Vec::new(), Vec::new());
        let mut start = String::from("0x");
        loop {
            let page = json!([child, "0x", AT_ONCE, start, to_hex(at)]);
            let answer = self.node.ask("childstate_getKeysPaged", page)?;
            let keys: Vec<String> = serde_json::from_value(answer).map_err(|why| unlike(&why.to_string()))?;
            let Some(last) = keys.last().cloned() else {
                break;
            };
            if proven.is_some() {
                known.extend(keys);
            } else {
                let questions = keys
                    .iter()
                    .map(|key| ("childstate_getStorage", json!([child, key, to_hex(at)])))
                    .collect();
                let values = self.node.ask_all(questions)?;
                for (key, value) in keys.iter().zip(&values) {
                    let value = self.optional_bytes("childstate_getStorage", value)?;
                    items.push((read_hex(key).ok_or_else(|| unlike(key))?, value.unwrap_or_default()));
                }
            }
            start = last;
        }
        if let Some(block) = proven {
            items = self.proven_items(block, &info.trie, &known)?;
        }
        let bare = |(key, value): (Vec<u8>, Vec<u8>)| {
            Ok((key.get(HASHED..).ok_or_else(|| unlike(&to_hex(&key)))?.to_vec(), value))
        };
        items.into_iter().map(bare).collect()
    }

    fn events(&self, from_block: u32) -> Result<Vec<EventRecord>, ChainError> {
        let (height, _) = self.refresh()?;
        let from = from_block.max(self.first_block);
        if let Some(archive) = &self.archive {
            let mut archive = archive.borrow_mut();
            self.backfill(archive.as_mut(), height)?;
            return archive.read(from, height);
        }
        let mut found = Vec::new();
        self.events_between(from, height, None, |_, events| {
            found.extend(events);
            Ok(())
        })?;
        Ok(found)
    }

    fn upload(&mut self, signer: AccountId, wasm: &[u8]) -> Result<(Hash, Cost), ChainError> {
        let size = wasm.len();
        let code_hash = sp_core::hashing::blake2_256(wasm);
        let longest = self.longest_code();
        if u32::try_from(size).map_or(true, |size| size > longest) {
            return Err(ChainError::CodeTooLarge { size });
        }
        let (_, at) = self.refresh()?;
        if self.is_stored(code_hash)? {
            return Ok((code_hash, Cost::default()));
        }
        let attempt = self.attempt(signer, signer, 0)?;
        let question = UploadQuestion {
            origin: *signer.as_ref(),
            code: wasm,
            deposit_limit: None,
            determinism: Determinism::Enforced,
        };
        let answer: Result<Stored, Dispatched> = self.run_dry("ContractsApi_upload_code", &question, &at)?;
        let fault = |error: &Dispatched| match self.runtime.contracts_error(error).as_deref() {
            Some("CodeRejected") => ChainError::CodeRejected { code_hash, size },
            _ => self.runtime.execution_fault(error, &attempt, Weight::default(), &[]),
        };
        let stored = answer.map_err(|error| fault(&error))?;
        let deposit = Deposit::Charge(stored.deposit);
        let call = calls::upload(wasm, self.deposit_limit(deposit, &attempt));
        let included = self.submit(signer, &call)?;
        let Ending::Success(weight) = included.ending else {
            let cost = Cost::default();
            return self.outcome(included, Vec::new(), cost, &attempt).map(|_| (code_hash, cost));
        };
        let cost = Cost {
            ref_time: weight.ref_time,
            proof_size: weight.proof_size,
            deposit: deposit.signed(),
            ..Cost::default()
        };
        Ok((stored.code_hash, cost))
    }

    fn instantiate(
        &mut self,
        signer: AccountId,
        code_hash: Hash,
        value: Balance,
        data: Vec<u8>,
        salt: Vec<u8>,
    ) -> Result<(AccountId, Outcome), ChainError> {
        let (_, at) = self.refresh()?;
        let attempt = self.attempt(signer, signer, value)?;
        let question = InstantiateQuestion {
            origin: *signer.as_ref(),
            value,
            gas_limit: self.runtime.transaction_limit(),
            deposit_limit: None,
            code: Code::Stored(code_hash),
            data: &data,
            salt: &salt,
        };
        let run: DryRun<Made> = self.run_dry("ContractsApi_instantiate", &question, &at)?;
        if let Err(error) = &run.result {
            if self.runtime.contracts_error(error).as_deref() == Some("CodeNotFound") {
                return Err(ChainError::NoSuchCode { code_hash });
            }
        }
        self.accepted(&run, &attempt)?;
        let limits = self.limits(run.required, run.deposit, &attempt);
        let call = calls::instantiate(code_hash, value, &data, &salt, limits);
        let included = self.submit(signer, &call)?;
        let cost = run.cost();
        // The address follows from signer, code, data and salt alone, so the dry run's is the one.
        let made = run.result.map_err(|error| self.runtime.other_fault(&error))?;
        let outcome = self.outcome(included, made.returned.data, cost, &attempt)?;
        Ok((AccountId::from(made.account), outcome))
    }

    fn call(
        &mut self,
        signer: AccountId,
        contract: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Outcome, ChainError> {
        let (_, at) = self.refresh()?;
        let attempt = self.attempt(signer, contract, value)?;
        let run = self.dry_call(signer, contract, value, &data, &at)?;
        self.accepted(&run, &attempt)?;
        let limits = self.limits(run.required, run.deposit, &attempt);
        let call = calls::call(contract, value, &data, limits);
        let included = self.submit(signer, &call)?;
        // Blocks hold no answers. What the contract said is what it says in the state that its block began with, if that is another than was asked before.
        let run = if included.parent == at {
            run
        } else {
            self.dry_call(signer, contract, value, &data, &included.parent)?
        };
        if matches!(included.ending, Ending::Failure(_)) {
            self.accepted(&run, &attempt)?;
        }
        let cost = run.cost();
        let data = run.result.map(|returned| returned.data).unwrap_or_default();
        self.outcome(included, data, cost, &attempt)
    }

    fn view(
        &self,
        caller: AccountId,
        contract: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Outcome, ChainError> {
        let (_, at) = self.refresh()?;
        let run = self.dry_call(caller, contract, value, &data, &at)?;
        if !matches!(&run.result, Ok(returned) if !returned.reverted()) {
            self.accepted(&run, &self.attempt(caller, contract, value)?)?;
        }
        let cost = run.cost();
        let data = run.result.map(|returned| returned.data).unwrap_or_default();
        Ok(Outcome { data, cost, events: Vec::new() })
    }

    fn transfer(&mut self, from: AccountId, to: AccountId, amount: Balance) -> Result<(), ChainError> {
        // A transfer that fails costs its fee, so what can be foreseen is refused here.
        let existential_deposit = self.existential_deposit();
        let (balance, there) = (self.holding(from)?.free, self.holding(to)?.free);
        let short = ChainError::InsufficientBalance { account: from, balance, amount };
        let below = ChainError::BelowExistentialDeposit { account: to, amount, existential_deposit };
        if there.saturating_add(amount) < existential_deposit {
            return Err(below);
        }
        if balance < amount {
            return Err(short);
        }
        match self.submit(from, &calls::transfer(to, amount))?.ending {
            Ending::Success(_) => Ok(()),
            Ending::Failure(Dispatched::Token(TokenFault::BelowMinimum)) => Err(below),
            Ending::Failure(Dispatched::Token(TokenFault::FundsUnavailable | TokenFault::NotExpendable)) => {
                Err(short)
            }
            Ending::Failure(error) => Err(self.runtime.other_fault(&error)),
        }
    }
}
