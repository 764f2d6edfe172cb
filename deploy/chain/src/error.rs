//! Why a chain refused, with the evidence. It knows no chain's insides.

use crate::{keys::ss58, AccountId, Balance, Cost, Hash};
use ink::primitives::LangError;
use std::{fmt::Write, path::PathBuf};
use thiserror::Error;

/// A refusal. Nothing was changed on the chain, but for what `Unsettled` leaves open.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChainError {
    /// The contract refused and undid what it had done. `data` decodes as the message's ink! `MessageResult`.
    #[error("the contract refused with {}", hex(.data))]
    Reverted { data: Vec<u8>, cost: Cost },

    /// The contract panicked or hit an impossible instruction. `debug` is what it said, if it was built to say anything.
    #[error("the contract {} trapped {debug}", ss58(.contract))]
    Trapped { contract: AccountId, debug: String },

    /// The contract's dispatcher could not read the call: no such message, or bad arguments.
    #[error("the contract could not read the call: {0:?}")]
    Unreadable(LangError),

    /// The contract answered with bytes that are not of the expected type.
    #[error("the contract's answer {} is not of the expected type", hex(.data))]
    Undecodable { data: Vec<u8> },

    /// Executing takes more than a block has: it had used at least `ref_time` picoseconds and `proof_size` bytes.
    #[error("the call takes more than a block holds ({ref_time} ps and {proof_size} bytes of proof so far)")]
    OutOfGas { ref_time: u64, proof_size: u64 },

    /// The storage deposit would pass the limit given (`None`: the chain's own).
    #[error("the storage deposit would pass the limit {limit:?}")]
    DepositLimit { limit: Option<Balance> },

    /// The signer can't pay the storage deposit.
    #[error("{} cannot pay the storage deposit from its {balance}", ss58(.signer))]
    DepositShort { signer: AccountId, balance: Balance },

    /// The account has less than it is to pay, or would fall below the existential deposit by paying.
    #[error("{} has {balance} and cannot pay {amount}", ss58(.account))]
    InsufficientBalance { account: AccountId, balance: Balance, amount: Balance },

    /// The receiving account would hold less than it needs to exist.
    #[error("{} would hold less than the existential deposit {existential_deposit} with {amount}", ss58(.account))]
    BelowExistentialDeposit { account: AccountId, amount: Balance, existential_deposit: Balance },

    /// There is no contract at this account.
    #[error("there is no contract at {}", ss58(.contract))]
    NoSuchContract { contract: AccountId },

    /// No code with this hash is stored.
    #[error("no code with the hash {} is stored", hex(.code_hash))]
    NoSuchCode { code_hash: Hash },

    /// The same signer already made this contract from the same code, arguments and salt.
    #[error("{} already made this contract: choose another salt", ss58(.signer))]
    DuplicateContract { signer: AccountId },

    /// The code has more bytes than the chain takes.
    #[error("the code has {size} bytes")]
    CodeTooLarge { size: usize },

    /// The code is not a module the chain can run.
    #[error("the code {} ({size} bytes) is not a module the chain can run", hex(.code_hash))]
    CodeRejected { code_hash: Hash, size: usize },

    /// Another refusal of a pallet's, by its name and its documentation.
    #[error("{pallet} refused: {error}. {docs}")]
    Module { pallet: String, error: String, docs: String },

    /// A refusal of the chain's outside its pallets.
    #[error("the chain refused: {0}")]
    Dispatch(String),

    /// Time does not go back.
    #[error("the chain's time is {now} and can't go back to {asked}")]
    TimeBackwards { now: u64, asked: u64 },

    /// The chain ran out of block numbers or of time.
    #[error("the chain has come to its end at block {height}")]
    EndOfChain { height: u32 },

    /// The file is not a whole chain file.
    #[error("{}: {why}", path.display())]
    CorruptFile { path: PathBuf, why: String },

    /// The file can't be read or written.
    #[error("cannot {action} {}: {why}", path.display())]
    File { path: PathBuf, action: &'static str, why: String },

    /// Another command is using the chain.
    #[error("{} is in use by another command", path.display())]
    Locked { path: PathBuf },

    /// The node of a live chain can't be reached, refuses, or is not what it should be. Nothing was changed.
    #[error("{why}")]
    Node { why: String },

    /// No key was given for this account, so nothing can be signed for it.
    #[error("no key of {} was given", ss58(.account))]
    NoKey { account: AccountId },

    /// A transaction of a live chain was sent, and whether it took effect is not known: it must be looked for before it is signed anew.
    #[error("the transaction {} was sent, and it is not known what came of it: {why}", hex(.transaction))]
    Unsettled { transaction: Hash, why: String },
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::from("0x"), |mut text, byte| {
        // Writing to a string can't fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}
