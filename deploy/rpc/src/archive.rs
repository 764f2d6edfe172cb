//! Keeping what was read of final blocks, so that the next run reads on from there. It knows no database.

use crate::{read_hash, NodeFault, RpcChain};
use chain::{ChainError, EventRecord, Hash};
use std::cell::RefCell;

/// How far a history was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub block: u32,
    pub hash: Hash,
}

/// Where events are kept.
pub trait Archive {
    /// How far it goes; `None` if it is empty.
    /// # Errors
    /// It can't be read.
    fn cursor(&self) -> Result<Option<Cursor>, ChainError>;

    /// Adds the events of the blocks after the cursor up to `to`, and moves the cursor there, in one step.
    /// # Errors
    /// It can't be written; then it is as it was.
    fn append(&mut self, to: Cursor, events: &[EventRecord]) -> Result<(), ChainError>;

    /// The events of blocks `from` to `to`, both included, in order.
    /// # Errors
    /// It can't be read.
    fn read(&self, from: u32, to: u32) -> Result<Vec<EventRecord>, ChainError>;
}

impl RpcChain {
    /// Keeps events in `archive`, and asks the node only for what is not there yet.
    pub fn set_archive(&mut self, archive: Box<dyn Archive>) {
        self.archive = Some(RefCell::new(archive));
    }

    /// Tells how many blocks were read for the archive, and of how many, whenever there are some more.
    pub fn set_progress(&mut self, tell: Box<dyn Fn(u32, u32)>) {
        self.progress = Some(tell);
    }

    /// Brings the archive up to the last final block.
    /// # Errors
    /// `Rewritten` if the node has another block where the archive ends.
    pub(crate) fn backfill(&self, archive: &mut dyn Archive, to: u32) -> Result<(), ChainError> {
        let cursor = archive.cursor()?;
        if let Some(Cursor { block, hash }) = cursor {
            let text = self.block_hash(block)?;
            if read_hash(&text) != Some(hash) {
                let (was, found) = (hex::encode(hash), text.trim_start_matches("0x").to_owned());
                return Err(NodeFault::Rewritten { block, was, found }.into());
            }
        }
        let from = cursor.map_or(self.first_block, |cursor| cursor.block.saturating_add(1));
        if from > to {
            return Ok(());
        }
        let last = to;
        self.events_between(from, to, cursor.map(|cursor| cursor.hash), |to, events| {
            archive.append(to, &events)?;
            if let Some(tell) = &self.progress {
                tell(
                    to.block.saturating_sub(from).saturating_add(1),
                    last.saturating_sub(from).saturating_add(1),
                );
            }
            Ok(())
        })
    }
}
