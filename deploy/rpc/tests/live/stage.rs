//! A chain that writes down all that happens on it, with what differs between chains written as words. Knows no coupon.

use chain::{AccountId, Balance, Chain, ChainError, Cost, EventRecord, Hash, Outcome};
use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
};

/// Who keeps the time.
pub(crate) trait Clock: Chain {
    /// Called before each call, with the number of calls before it.
    fn before(&mut self, call: usize);

    /// Lets so many milliseconds pass, unless the times are given.
    fn wait(&mut self, ms: u64);
}

impl Clock for rpc_chain::RpcChain {
    fn before(&mut self, _: usize) {}

    fn wait(&mut self, ms: u64) {
        self.advance(ms).unwrap_or_else(|fault| panic!("{fault}"));
    }
}

/// An embedded chain on which each call happens when it did elsewhere.
pub(crate) struct Replayed {
    pub(crate) chain: chain::EmbeddedChain,
    pub(crate) times: VecDeque<u64>,
}

/// What a call came to.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) name: String,
    /// Which contract was called; `None` where one was made.
    pub(crate) called: Option<AccountId>,
    /// Its answer, or its refusal.
    pub(crate) said: Result<Vec<u8>, String>,
    pub(crate) events: Vec<EventRecord>,
    pub(crate) cost: Cost,
    /// The time of the block before it.
    pub(crate) began: u64,
    /// The time of its block.
    pub(crate) time: u64,
}

/// A chain, and all that was done on it.
pub(crate) struct Stage<C> {
    pub(crate) chain: C,
    pub(crate) steps: RefCell<Vec<Step>>,
    /// What storing each code took as a deposit.
    pub(crate) stored: HashMap<Hash, Balance>,
    name: String,
    began: u64,
}

impl<C: Clock> Stage<C> {
    pub(crate) fn new(chain: C) -> Self {
        Self { chain, steps: RefCell::default(), stored: HashMap::new(), name: "deploy".to_owned(), began: 0 }
    }

    /// What the next calls are called.
    pub(crate) fn name(&mut self, name: &str) {
        self.name = name.to_owned();
    }

    pub(crate) fn wait(&mut self, ms: u64) {
        self.chain.wait(ms);
    }

    fn note(&self, called: Option<AccountId>, result: &Result<Outcome, ChainError>) {
        let (said, events, cost) = match result {
            Ok(outcome) => (Ok(outcome.data.clone()), outcome.events.clone(), outcome.cost),
            Err(ChainError::Reverted { data, cost }) => (Ok(data.clone()), Vec::new(), *cost),
            Err(fault) => (Err(fault.to_string()), Vec::new(), Cost::default()),
        };
        let (name, began, time) = (self.name.clone(), self.began, self.chain.now());
        let step = Step { name, called, said, events, cost, began, time };
        self.steps.borrow_mut().push(step);
    }

    fn before(&mut self) {
        let calls = self.steps.borrow().len();
        self.chain.before(calls);
        self.began = self.chain.now();
    }
}

impl<C: Clock> Chain for Stage<C> {
    chain::forward_reads!(self => self.chain);

    fn upload(&mut self, signer: AccountId, wasm: &[u8]) -> Result<(Hash, Cost), ChainError> {
        let (hash, cost) = self.chain.upload(signer, wasm)?;
        self.stored.insert(hash, cost.deposit.unsigned_abs());
        Ok((hash, cost))
    }

    fn instantiate(
        &mut self,
        signer: AccountId,
        code_hash: Hash,
        value: Balance,
        data: Vec<u8>,
        salt: Vec<u8>,
    ) -> Result<(AccountId, Outcome), ChainError> {
        self.before();
        let made = self.chain.instantiate(signer, code_hash, value, data, salt);
        self.note(None, &made.clone().map(|(_, outcome)| outcome));
        made
    }

    fn call(
        &mut self,
        signer: AccountId,
        contract: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Outcome, ChainError> {
        self.before();
        let done = self.chain.call(signer, contract, value, data);
        self.note(Some(contract), &done);
        done
    }

    fn transfer(&mut self, from: AccountId, to: AccountId, amount: Balance) -> Result<(), ChainError> {
        self.chain.transfer(from, to, amount)
    }
}

impl Clock for Replayed {
    fn before(&mut self, _: usize) {
        let time = self.times.pop_front().expect("a call that did not happen elsewhere");
        self.chain.set_time(time).expect("time goes on");
    }

    fn wait(&mut self, _: u64) {}
}

impl Chain for Replayed {
    chain::forward_reads!(self => self.chain);

    fn upload(&mut self, signer: AccountId, wasm: &[u8]) -> Result<(Hash, Cost), ChainError> {
        self.chain.upload(signer, wasm)
    }

    fn instantiate(
        &mut self,
        signer: AccountId,
        code_hash: Hash,
        value: Balance,
        data: Vec<u8>,
        salt: Vec<u8>,
    ) -> Result<(AccountId, Outcome), ChainError> {
        self.chain.instantiate(signer, code_hash, value, data, salt)
    }

    fn call(
        &mut self,
        signer: AccountId,
        contract: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Outcome, ChainError> {
        self.chain.call(signer, contract, value, data)
    }

    fn transfer(&mut self, from: AccountId, to: AccountId, amount: Balance) -> Result<(), ChainError> {
        self.chain.transfer(from, to, amount)
    }
}
