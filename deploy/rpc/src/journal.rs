//! What is written down of a transaction before it is sent, so that a tool that is killed finds out what came of it instead of doing it again.

use crate::{read_hex, transaction::Watched, NodeFault, RpcChain};
use chain::{AccountId, ChainError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{cell::RefCell, io, rc::Rc};

/// A transaction that was signed, and may have been sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// What it does: pallet and call.
    pub what: String,
    /// Its bytes, in hexadecimal: sent again as they are, they take effect once.
    pub bytes: String,
    /// The last final block when it was signed.
    pub signed_at: u32,
}

/// Where the one transaction that is under way is written down.
pub trait Journal {
    /// The transaction that was under way when the tool last stopped.
    /// # Errors
    /// It can't be read.
    fn pending(&self) -> io::Result<Option<Pending>>;

    /// Writes down what is under way, or that nothing is. It is on disk when this returns.
    /// # Errors
    /// It can't be written; then what was there is as it was.
    fn write(&mut self, pending: Option<&Pending>) -> io::Result<()>;
}

/// What came of a transaction of an earlier run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is in a final block. Whether it succeeded there is told too.
    Included { what: String, block: u32, succeeded: bool },
    /// It never took effect, and never will.
    Never { what: String },
}

/// A call that someone else is to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    pub signer: AccountId,
    /// What it does: pallet and call.
    pub what: String,
    /// The call as a chain with this runtime reads it.
    pub call: Vec<u8>,
}

impl RpcChain {
    /// Writes transactions down in `journal` before they are sent.
    pub fn set_journal(&mut self, journal: Box<dyn Journal>) {
        self.journal = Some(journal);
    }

    /// Signs nothing from now on: calls that passed their dry runs are put into `exports`, and then refused.
    pub fn export_to(&mut self, exports: Rc<RefCell<Vec<Exported>>>) {
        self.exports = Some(exports);
    }

    /// Finds out what came of the transaction that an earlier run left under way, if any. Nothing new is signed: the same bytes are sent again
    /// while they can still take effect.
    /// # Errors
    /// `Unsettled` if it may still be included.
    pub fn settle(&mut self) -> Result<Option<Settled>, ChainError> {
        let found = self.journal.as_ref().map(|journal| journal.pending()).transpose().map_err(unwritten)?;
        let Some(Pending { what, bytes, signed_at }) = found.flatten() else {
            return Ok(None);
        };
        let id = read_hex(&bytes).map(|bytes| sp_core::hashing::blake2_256(&bytes)).unwrap_or_default();
        // Refused or not, only blocks tell.
        self.node.send("author_submitExtrinsic", json!([bytes]))?;
        let settled = match self.watch(id, &bytes, signed_at)? {
            Watched::Included(included) => {
                Settled::Included { what, block: included.block, succeeded: included.succeeded() }
            }
            Watched::Never { .. } => Settled::Never { what },
        };
        self.note(None)?;
        Ok(Some(settled))
    }

    pub(crate) fn note(&mut self, pending: Option<&Pending>) -> Result<(), NodeFault> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.write(pending).map_err(unwritten))
    }
}

fn unwritten(why: io::Error) -> NodeFault {
    NodeFault::Journal { why: why.to_string() }
}
