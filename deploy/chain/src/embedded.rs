//! A chain in this process, kept in one file. It knows the runtime; it must not know the contracts that run on it.
//!
//! Each transaction is a block of its own. What is refused makes no block: the chain is as before, its time included. No fees are taken.

use crate::{
    file::{self, Lock},
    interface::{AccountId, Action, Balance, Block, Chain, Cost, EventRecord, Hash, Outcome, StorageItem},
    runtime::{CouponSandbox, State, EXISTENTIAL_DEPOSIT, MAX_CODE_LEN},
    weights::MAX_REF_TIME,
    ChainError,
};
use drink::{sandbox_api::prelude::*, sp_externalities::Externalities, Sandbox};
use execution::{Limits, Transaction};
use frame_support::{Blake2_128Concat, ReversibleStorageHasher, StorageHasher};
use ink_sandbox::{Snapshot as RawSnapshot, H256};
use scale::{Decode, Encode};
use sp_core::hashing::blake2_256;
use std::{cell::RefCell, path::Path};

mod execution;

/// After how many blocks the overlay is settled: it holds the topics of all events since, and the next block looks through them.
const SETTLE_EVERY: u32 = 16;

/// How a chain begins.
#[derive(Clone, Debug, Default)]
pub struct Genesis {
    /// What tells this chain from others that began at the same time: signatures for one don't hold on another.
    pub seed: [u8; 32],
    /// Milliseconds since the Unix epoch.
    pub time: u64,
    /// How far each block moves time, in milliseconds. With 0 time stands still.
    pub block_time_ms: u64,
    /// Who has how much at the start, in plancks.
    pub endowed: Vec<(AccountId, Balance)>,
}

/// What the chain remembers beside its state.
#[derive(Clone, Debug, Encode, Decode)]
pub(crate) struct Ledger {
    genesis: Hash,
    height: u32,
    now: u64,
    block_time_ms: u64,
    blocks: Vec<Block>,
    pub(crate) events: Vec<EventRecord>,
}

/// A trie node, its prefixed key and its reference count, as the backend gives and takes them.
type Node = (Vec<u8>, (Vec<u8>, i32));

/// What a chain file holds: the ledger, and the nodes and root of the state's trie.
#[derive(Encode, Decode)]
struct Saved {
    ledger: Ledger,
    nodes: Vec<Node>,
    root: Hash,
}

/// A moment of a chain, to come back to.
#[derive(Clone)]
pub struct Snapshot {
    ledger: Ledger,
    state: State,
}

/// A Contracts-pallet chain in this process.
pub struct EmbeddedChain {
    pub(crate) ledger: Ledger,
    // Reading needs the overlay mutably, though it changes nothing that is seen.
    pub(crate) sandbox: RefCell<CouponSandbox>,
    deposit_limit: Option<Balance>,
    ref_time_limit: u64,
    lock: Option<Lock>,
}

impl EmbeddedChain {
    /// A new chain, in memory until it is saved.
    /// # Errors
    /// `BelowExistentialDeposit` if someone is endowed with too little to exist.
    pub fn new(genesis: Genesis) -> Result<Self, ChainError> {
        let mut sandbox = CouponSandbox::empty();
        sandbox.set_timestamp(genesis.time);
        for (account, amount) in &genesis.endowed {
            execution::mint(&mut sandbox, *account, *amount)?;
        }
        Ok(Self::from_parts(
            Ledger {
                genesis: blake2_256(&("couponry embedded chain", genesis.seed, genesis.time).encode()),
                height: 0,
                now: genesis.time,
                block_time_ms: genesis.block_time_ms,
                blocks: Vec::new(),
                events: Vec::new(),
            },
            sandbox,
            None,
        ))
    }

    /// A new chain that passes itself off as the one whose first block is `tag`, to see beforehand what would happen there: contracts that are told the tag, and so
    /// their addresses, are the same.
    /// # Errors
    /// As `new`.
    pub fn rehearsal(tag: Hash, genesis: Genesis) -> Result<Self, ChainError> {
        let mut chain = Self::new(genesis)?;
        chain.ledger.genesis = tag;
        Ok(chain)
    }

    /// The chain in the file at `path`, which no one else can use until this one is dropped.
    /// # Errors
    /// `Locked`, `File`, `CorruptFile`.
    pub fn open(path: &Path) -> Result<Self, ChainError> {
        let lock = Lock::take(path)?;
        let saved: Saved = file::read(path)?;
        let mut sandbox = CouponSandbox::empty();
        sandbox.restore_snapshot(RawSnapshot { storage: saved.nodes, storage_root: H256(saved.root) });
        Ok(Self::from_parts(saved.ledger, sandbox, Some(lock)))
    }

    /// Puts the chain into the file at `path` in one step: whoever reads the file sees it as it was or as it is, whatever happens meanwhile.
    /// The same history always gives the same bytes.
    /// # Errors
    /// `Locked` if another chain was opened from this file, `File`.
    pub fn save(&mut self, path: &Path) -> Result<(), ChainError> {
        if !self.lock.as_ref().is_some_and(|lock| lock.is_for(path)) {
            self.lock = Some(Lock::take(path)?);
        }
        let RawSnapshot { mut storage, storage_root } = self.sandbox.get_mut().take_snapshot();
        storage.sort_unstable();
        file::write(path, &Saved { ledger: self.ledger.clone(), nodes: storage, root: storage_root.0 })
    }

    /// This moment, to come back to with [`restore`](Self::restore).
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { ledger: self.ledger.clone(), state: self.sandbox.borrow_mut().state() }
    }

    /// A chain of its own that goes on from `snapshot`.
    pub fn fork(snapshot: &Snapshot) -> Self {
        Self::from_parts(snapshot.ledger.clone(), CouponSandbox::resume(snapshot.state.clone()), None)
    }

    /// Goes back to `snapshot`, forgetting all that came after.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        self.ledger = snapshot.ledger.clone();
        self.sandbox = RefCell::new(CouponSandbox::resume(snapshot.state.clone()));
    }

    /// Lets `ms` milliseconds pass in a block that does nothing else.
    /// # Errors
    /// `EndOfChain`.
    pub fn advance(&mut self, ms: u64) -> Result<(), ChainError> {
        let time = self.after(ms)?;
        self.set_time(time)
    }

    /// Lets time pass until `time`, in milliseconds since the Unix epoch, in a block that does nothing else.
    /// # Errors
    /// `TimeBackwards`, `EndOfChain`.
    pub fn set_time(&mut self, time: u64) -> Result<(), ChainError> {
        if time < self.ledger.now {
            return Err(ChainError::TimeBackwards { now: self.ledger.now, asked: time });
        }
        self.block_at(time, None, |_| Ok(Transaction::of(Action::Wait))).map(drop)
    }

    /// How far each block moves time, in milliseconds.
    pub fn block_time_ms(&self) -> u64 {
        self.ledger.block_time_ms
    }

    /// Sets how far each block moves time, in milliseconds. With 0 time stands still.
    pub fn set_block_time_ms(&mut self, ms: u64) {
        self.ledger.block_time_ms = ms;
    }

    /// Sets the most deposit a transaction may take, in plancks; `None` for the chain's default, which is that of 1,024 items and 1 MiB. Not kept in the file.
    pub fn set_deposit_limit(&mut self, limit: Option<Balance>) {
        self.deposit_limit = limit;
    }

    /// Sets the most computation a call may take, in picoseconds, compiling apart; `None` for all that a block has. Not kept in the file.
    pub fn set_ref_time_limit(&mut self, limit: Option<u64>) {
        self.ref_time_limit = limit.unwrap_or(MAX_REF_TIME);
    }

    /// Gives `account` an `amount` of plancks made out of nothing, in a block of its own.
    /// # Errors
    /// `BelowExistentialDeposit`.
    pub fn endow(&mut self, account: AccountId, amount: Balance) -> Result<(), ChainError> {
        self.block(None, |sandbox| {
            execution::mint(sandbox, account, amount)?;
            Ok(Transaction::of(Action::Endow { to: account, amount }))
        })
        .map(drop)
    }

    /// Every block, from the first on.
    pub fn blocks(&self) -> &[Block] {
        &self.ledger.blocks
    }

    /// All events, from the first on, without copying them.
    pub fn history(&self) -> &[EventRecord] {
        &self.ledger.events
    }

    fn from_parts(ledger: Ledger, sandbox: CouponSandbox, lock: Option<Lock>) -> Self {
        Self {
            ledger,
            sandbox: RefCell::new(sandbox),
            deposit_limit: None,
            ref_time_limit: MAX_REF_TIME,
            lock,
        }
    }

    fn limits(&self) -> Limits {
        Limits { deposit: self.deposit_limit, ref_time: self.ref_time_limit }
    }

    fn after(&self, ms: u64) -> Result<u64, ChainError> {
        self.ledger.now.checked_add(ms).ok_or(ChainError::EndOfChain { height: self.ledger.height })
    }

    fn next_height(&self) -> Result<u32, ChainError> {
        self.ledger.height.checked_add(1).ok_or(ChainError::EndOfChain { height: self.ledger.height })
    }

    /// Makes the block that holds `transaction`, or if that fails changes nothing.
    fn block(
        &mut self,
        signer: Option<AccountId>,
        transaction: impl FnOnce(&mut CouponSandbox) -> Result<Transaction, ChainError>,
    ) -> Result<Outcome, ChainError> {
        let time = self.after(self.ledger.block_time_ms)?;
        self.block_at(time, signer, transaction)
    }

    fn block_at(
        &mut self,
        time: u64,
        signer: Option<AccountId>,
        transaction: impl FnOnce(&mut CouponSandbox) -> Result<Transaction, ChainError>,
    ) -> Result<Outcome, ChainError> {
        let number = self.next_height()?;
        let done = self.sandbox.get_mut().all_or_nothing(|sandbox| {
            sandbox.begin_block(number, time);
            transaction(sandbox)
        })?;
        if number % SETTLE_EVERY == 0 {
            self.sandbox.get_mut().settle();
        }
        let (action, outcome) = done.into_outcome(number, time);
        let ledger = &mut self.ledger;
        ledger.height = number;
        ledger.now = time;
        ledger.blocks.push(Block { number, time, signer, action, cost: outcome.cost });
        ledger.events.extend_from_slice(&outcome.events);
        Ok(outcome)
    }
}

impl Chain for EmbeddedChain {
    fn genesis(&self) -> Hash {
        self.ledger.genesis
    }

    fn height(&self) -> u32 {
        self.ledger.height
    }

    fn now(&self) -> u64 {
        self.ledger.now
    }

    fn existential_deposit(&self) -> Balance {
        EXISTENTIAL_DEPOSIT
    }

    fn balance(&self, account: AccountId) -> Result<Balance, ChainError> {
        Ok(self.sandbox.borrow_mut().account(account).free)
    }

    fn reserved(&self, account: AccountId) -> Result<Balance, ChainError> {
        Ok(self.sandbox.borrow_mut().account(account).reserved)
    }

    fn code_hash_of(&self, contract: AccountId) -> Result<Option<Hash>, ChainError> {
        Ok(self.sandbox.borrow_mut().code_hash_of(contract))
    }

    fn storage(&self, contract: AccountId) -> Result<Vec<StorageItem>, ChainError> {
        let mut sandbox = self.sandbox.borrow_mut();
        let trie = sandbox.child_trie(contract)?;
        let state = sandbox.externalities().ext();
        let mut items = Vec::new();
        let mut hashed = Vec::new();
        while let Some(next) = state.next_child_storage_key(&trie, &hashed) {
            if let Some(value) = state.child_storage(&trie, &next) {
                items.push((Blake2_128Concat::reverse(&next).to_vec(), value));
            }
            hashed = next;
        }
        Ok(items)
    }

    fn events(&self, from_block: u32) -> Result<Vec<EventRecord>, ChainError> {
        let events = &self.ledger.events;
        let start = events.partition_point(|event| event.block < from_block);
        Ok(events.get(start..).unwrap_or_default().to_vec())
    }

    fn upload(&mut self, signer: AccountId, wasm: &[u8]) -> Result<(Hash, Cost), ChainError> {
        let size = wasm.len();
        let length = u32::try_from(size)
            .ok()
            .filter(|length| *length <= MAX_CODE_LEN)
            .ok_or(ChainError::CodeTooLarge { size })?;
        let code_hash = blake2_256(wasm);
        let limit = self.deposit_limit;
        let outcome =
            self.block(Some(signer), |sandbox| execution::upload(sandbox, limit, signer, wasm, length))?;
        Ok((code_hash, outcome.cost))
    }

    fn instantiate(
        &mut self,
        signer: AccountId,
        code_hash: Hash,
        value: Balance,
        data: Vec<u8>,
        salt: Vec<u8>,
    ) -> Result<(AccountId, Outcome), ChainError> {
        let limit = self.deposit_limit;
        let mut made = None;
        let outcome = self.block(Some(signer), |sandbox| {
            let (contract, transaction) =
                execution::instantiate(sandbox, limit, signer, code_hash, value, data, salt)?;
            made = Some(contract);
            Ok(transaction)
        })?;
        Ok((made.unwrap_or(signer), outcome))
    }

    fn call(
        &mut self,
        signer: AccountId,
        contract: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Outcome, ChainError> {
        let limits = self.limits();
        self.block(Some(signer), |sandbox| execution::call(sandbox, limits, signer, contract, value, data))
    }

    fn view(
        &self,
        caller: AccountId,
        contract: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Outcome, ChainError> {
        let (number, time) = (self.next_height()?, self.ledger.now);
        let done = self.sandbox.borrow_mut().dry_run(|sandbox| {
            sandbox.begin_block(number, time);
            execution::call(sandbox, self.limits(), caller, contract, value, data)
        })?;
        Ok(done.into_outcome(number, time).1)
    }

    fn transfer(&mut self, from: AccountId, to: AccountId, amount: Balance) -> Result<(), ChainError> {
        self.block(Some(from), |sandbox| execution::transfer(sandbox, from, to, amount)).map(drop)
    }
}

/// Where the pallet keeps an item of a contract's: ink! gives keys of any length, which are stored behind 16 bytes of their hash.
pub(crate) fn hashed_key(key: &[u8]) -> Vec<u8> {
    Blake2_128Concat::hash(key)
}
