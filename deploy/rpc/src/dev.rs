//! What only a development chain does: letting time pass. Public chains refuse these methods.

use crate::{moment, NodeFault, RpcChain};
use chain::{Chain, ChainError};
use serde_json::json;

impl RpcChain {
    /// Lets `ms` milliseconds pass in a block that does nothing else.
    /// # Errors
    /// As `set_time`.
    pub fn advance(&mut self, ms: u64) -> Result<(), ChainError> {
        let now = self.now();
        let time = now.checked_add(ms).ok_or(ChainError::EndOfChain { height: self.height() })?;
        self.set_time(time)
    }

    /// Lets time pass until `time`, in milliseconds since the Unix epoch, in a block that does nothing else.
    /// # Errors
    /// `TimeBackwards`; `Node` if this is not a development chain that can travel in time.
    pub fn set_time(&mut self, time: u64) -> Result<(), ChainError> {
        let now = self.now();
        // The block that is made then is one slot later.
        let before = time.saturating_sub(self.slot_ms()?);
        if before < now {
            return Err(ChainError::TimeBackwards { now, asked: time });
        }
        self.node.ask("dev_timeTravel", json!([before]))?;
        self.node.ask("dev_newBlock", json!([{ "count": 1 }]))?;
        self.refresh()?;
        Ok(())
    }

    /// How far each block moves time on a chain whose authors take slots in turn, in milliseconds.
    /// # Errors
    /// The chain has no such slots.
    pub fn slot_ms(&self) -> Result<u64, NodeFault> {
        let (_, at) = self.refresh()?;
        self.runtime_call("AuraApi_slot_duration", &[], &at).map(|bytes| moment(&bytes))
    }
}
