//! What a chain can do for the tool: the [`Chain`] trait and the values it speaks in. It knows of no particular chain.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use crate::ChainError;
use scale::{Decode, Encode};

/// An account, of a person or of a contract.
pub type AccountId = ink::primitives::AccountId;
/// An amount in plancks.
pub type Balance = u128;
/// A BLAKE2b-256 hash: of a code, a topic or the genesis.
pub type Hash = [u8; 32];

/// What executing a call cost, priced as pallet-contracts 38 does: the figures its dry run reports, without the extrinsic's own base weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Cost {
    /// Computation, in picoseconds of the reference machine.
    pub ref_time: u64,
    /// Storage proof, in bytes.
    pub proof_size: u64,
    /// Storage deposit in plancks: positive is charged to the signer, negative is paid back to it.
    pub deposit: i128,
    /// Storage host calls made by all contracts of the call: get, set, take, contains and clear each count one, whether or not they found anything.
    pub touches: u32,
    /// Event topics emitted by all contracts of the call.
    pub topics: u32,
}

/// What a contract did that others can see.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum EventKind {
    /// The contract emitted an event: `topics` and `data` of the record are its own.
    Emitted,
    /// The contract's code was replaced.
    CodeUpdated { from: Hash, to: Hash },
    /// The contract ran another code in its own name.
    DelegateCalled { code_hash: Hash },
    /// The contract destroyed itself and sent what it had to `beneficiary`.
    Terminated { beneficiary: AccountId },
}

/// An event in the chain's history.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct EventRecord {
    pub block: u32,
    /// Position among all events of its block, those of other pallets included.
    pub index: u32,
    /// Time of the block, in milliseconds since the Unix epoch.
    pub time: u64,
    pub contract: AccountId,
    pub kind: EventKind,
    pub topics: Vec<Hash>,
    pub data: Vec<u8>,
}

/// What a call that succeeded gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The bytes the contract returned: an ink! `MessageResult`.
    pub data: Vec<u8>,
    pub cost: Cost,
    /// Events of contracts, in order.
    pub events: Vec<EventRecord>,
}

/// An item of a contract's storage: the key as the contract gave it, and the value.
pub type StorageItem = (Vec<u8>, Vec<u8>);

/// What a block was made for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Action {
    Upload {
        code_hash: Hash,
    },
    Instantiate {
        contract: AccountId,
    },
    Call {
        contract: AccountId,
    },
    Transfer {
        to: AccountId,
        amount: Balance,
    },
    /// Money made out of nothing, on a development chain.
    Endow {
        to: AccountId,
        amount: Balance,
    },
    /// Time passed and nothing else happened.
    Wait,
}

/// A block, which holds one action.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Block {
    pub number: u32,
    /// Milliseconds since the Unix epoch.
    pub time: u64,
    pub signer: Option<AccountId>,
    pub action: Action,
    pub cost: Cost,
}

/// A chain with the Contracts pallet.
///
/// Each transaction is all or nothing: one that fails leaves the chain as it was. Transactions are signed by the chain's own means: callers name the signer.
pub trait Chain {
    /// The hash of the first block: the tag that signatures for this chain carry.
    fn genesis(&self) -> Hash;

    /// The number of the last block.
    fn height(&self) -> u32;

    /// The time of the last block, in milliseconds since the Unix epoch.
    fn now(&self) -> u64;

    /// The least an account must hold to exist, in plancks.
    fn existential_deposit(&self) -> Balance;

    /// What `account` can spend, in plancks. Zero for an account that does not exist.
    /// # Errors
    /// The chain can't be read.
    fn balance(&self, account: AccountId) -> Result<Balance, ChainError>;

    /// What is held of `account`'s, mostly storage deposits, in plancks.
    /// # Errors
    /// The chain can't be read.
    fn reserved(&self, account: AccountId) -> Result<Balance, ChainError>;

    /// The code that `contract` runs, or `None` if no contract is there.
    /// # Errors
    /// The chain can't be read.
    fn code_hash_of(&self, contract: AccountId) -> Result<Option<Hash>, ChainError>;

    /// Every storage item of `contract`, ordered by the chain's own hashed keys.
    /// # Errors
    /// `NoSuchContract`, or the chain can't be read.
    fn storage(&self, contract: AccountId) -> Result<Vec<StorageItem>, ChainError>;

    /// The contracts' events from the block `from_block` on, in order.
    /// # Errors
    /// The chain can't be read.
    fn events(&self, from_block: u32) -> Result<Vec<EventRecord>, ChainError>;

    /// Stores a code and answers its hash. Storing a code again changes nothing.
    /// # Errors
    /// `CodeTooLarge`, `CodeRejected`, `DepositShort`, `DepositLimit`.
    fn upload(&mut self, signer: AccountId, wasm: &[u8]) -> Result<(Hash, Cost), ChainError>;

    /// Creates a contract from a stored code. `data` is the constructor's selector and arguments; the address follows from signer, code, data and salt.
    /// # Errors
    /// `NoSuchCode`, `Reverted`, and whatever executing may meet.
    fn instantiate(
        &mut self,
        signer: AccountId,
        code_hash: Hash,
        value: Balance,
        data: Vec<u8>,
        salt: Vec<u8>,
    ) -> Result<(AccountId, Outcome), ChainError>;

    /// Calls a contract in a block of its own. `data` is the message's selector and arguments.
    /// # Errors
    /// `NoSuchContract`, `Reverted`, `Trapped`, `OutOfGas`, `DepositShort`, `DepositLimit`, `InsufficientBalance`.
    fn call(
        &mut self,
        signer: AccountId,
        contract: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Outcome, ChainError>;

    /// What `call` would do now, at the last block's time, without doing it.
    /// # Errors
    /// As `call`.
    fn view(
        &self,
        caller: AccountId,
        contract: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Outcome, ChainError>;

    /// Moves native tokens.
    /// # Errors
    /// `InsufficientBalance`, `BelowExistentialDeposit`.
    fn transfer(&mut self, from: AccountId, to: AccountId, amount: Balance) -> Result<(), ChainError>;
}

/// The reading half of [`Chain`], for a type that holds a chain and does something of its own when it is written to: `forward_reads!(self => self.chain)`.
#[macro_export]
macro_rules! forward_reads {
    ($self:ident => $chain:expr) => {
        fn genesis(&$self) -> $crate::Hash {
            $chain.genesis()
        }

        fn height(&$self) -> u32 {
            $chain.height()
        }

        fn now(&$self) -> u64 {
            $chain.now()
        }

        fn existential_deposit(&$self) -> $crate::Balance {
            $chain.existential_deposit()
        }

        fn balance(&$self, account: $crate::AccountId) -> Result<$crate::Balance, $crate::ChainError> {
            $chain.balance(account)
        }

        fn reserved(&$self, account: $crate::AccountId) -> Result<$crate::Balance, $crate::ChainError> {
            $chain.reserved(account)
        }

        fn code_hash_of(
            &$self,
            contract: $crate::AccountId,
        ) -> Result<Option<$crate::Hash>, $crate::ChainError> {
            $chain.code_hash_of(contract)
        }

        fn storage(
            &$self,
            contract: $crate::AccountId,
        ) -> Result<Vec<$crate::StorageItem>, $crate::ChainError> {
            $chain.storage(contract)
        }

        fn events(&$self, from_block: u32) -> Result<Vec<$crate::EventRecord>, $crate::ChainError> {
            $chain.events(from_block)
        }

        fn view(
            &$self,
            caller: $crate::AccountId,
            contract: $crate::AccountId,
            value: $crate::Balance,
            data: Vec<u8>,
        ) -> Result<$crate::Outcome, $crate::ChainError> {
            $chain.view(caller, contract, value, data)
        }
    };
}
