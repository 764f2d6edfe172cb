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
}

impl From<NodeFault> for ChainError {
    fn from(fault: NodeFault) -> Self {
        Self::Node { why: fault.to_string() }
    }
}
