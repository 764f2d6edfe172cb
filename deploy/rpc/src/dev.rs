//! What only a development chain does: letting time pass. Public chains refuse these methods.

use crate::{moment, NodeFault, RpcChain};
use chain::{Chain, ChainError};
use serde_json::json;

/// How far Chopsticks moves time in each block of a runtime without slots.
const SLOTLESS_MS: u64 = 12_000;

impl RpcChain {
    /// Lets `ms` milliseconds pass in blocks that do nothing else.
    /// # Errors
    /// As `set_time`.
    pub fn advance(&mut self, ms: u64) -> Result<(), ChainError> {
        let now = self.now();
        let time = now.checked_add(ms).ok_or(ChainError::EndOfChain { height: self.height() })?;
        self.set_time(time)
    }

    /// Lets time pass until `time`, in milliseconds since the Unix epoch, in blocks that do nothing else, each of which takes a slot.
    /// # Errors
    /// `TimeBackwards` if two slots would be later; `Node` if this is not a development chain that can travel in time.
    pub fn set_time(&mut self, time: u64) -> Result<(), ChainError> {
        let (now, slot) = (self.now(), self.slot_ms()?);
        let before = time.saturating_sub(slot);
        if before < now.saturating_add(slot) {
            return Err(ChainError::TimeBackwards { now, asked: time });
        }
        // Travelling changes the last block's own state: that must be a block in which nothing happened, or what did happen there would seem to be of another time.
        self.node.ask("dev_newBlock", json!([{ "count": 1 }]))?;
        self.node.ask("dev_timeTravel", json!([before]))?;
        self.node.ask("dev_newBlock", json!([{ "count": 1 }]))?;
        self.refresh()?;
        Ok(())
    }

    /// How far each block moves a development chain's time, in milliseconds: what its slots say, or what the server takes for a runtime without slots.
    /// # Errors
    /// The node can't be read.
    pub fn slot_ms(&self) -> Result<u64, NodeFault> {
        let (_, at) = self.refresh()?;
        match self.runtime_call("AuraApi_slot_duration", &[], &at) {
            Ok(bytes) => Ok(moment(&bytes)),
            // The runtime has no such function.
            Err(NodeFault::Refused { .. }) => Ok(SLOTLESS_MS),
            Err(fault) => Err(fault),
        }
    }
}
