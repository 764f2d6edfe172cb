//! What goes wrong between the tool and a node, apart from what the chain itself refuses.

use chain::ChainError;
use thiserror::Error;

/// The node did not answer, or not with what was asked for. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NodeFault {
    #[error("{endpoint} can't be reached: {why}")]
    Unreachable { endpoint: String, why: String },

    #[error("the node refuses {method}: {message} ({code})")]
    Refused { method: String, code: i64, message: String },

    #[error("{endpoint} answers {method} with nonsense: {why}")]
    Nonsense { endpoint: String, method: String, why: String },

    #[error(
        "{endpoint} has no {what}: it is not a chain with the Contracts pallet, or not one of this kind"
    )]
    Lacking { endpoint: String, what: String },

    #[error("{endpoint} is the chain 0x{found}, not 0x{expected}")]
    WrongChain { endpoint: String, found: String, expected: String },

    #[error("block {block} is not final yet: the last final one is {last}")]
    Future { block: u32, last: u32 },

    #[error(
        "{account} has transactions that wait in the node's pool (its next nonce is {next}, and {final_nonce} in final blocks): \
         nothing was signed"
    )]
    Stuck { account: String, next: u64, final_nonce: u64 },

    #[error("the transaction {transaction} was in no block up to {last}, and can't be in a later one")]
    Expired { transaction: String, last: u32 },

    #[error("an earlier transaction ({what}) may still take effect: it must be settled first")]
    Pending { what: String },

    #[error("the final block {block} was 0x{was} and is now 0x{found}: the node is not the chain that was read before")]
    Rewritten { block: u32, was: String, found: String },

    #[error("{endpoint} doesn't prove the state of block {block}: {why}")]
    Unproven { endpoint: String, block: u32, why: String },

    #[error("cannot write down what is to be sent, so nothing was sent: {why}")]
    Journal { why: String },

    #[error("the call was written out and not signed")]
    Exported,
}

impl From<NodeFault> for ChainError {
    fn from(fault: NodeFault) -> Self {
        Self::Node { why: fault.to_string() }
    }
}
