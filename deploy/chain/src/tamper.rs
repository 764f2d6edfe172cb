//! Falsifying an embedded chain behind its contracts' backs, to prove that an audit notices. Tests only: nothing a command does may come here.

use crate::{embedded::hashed_key, AccountId, ChainError, EmbeddedChain, EventRecord};
use drink::sp_externalities::Externalities;

/// Sets, or with `None` removes, a storage item of `contract` under the key the contract gave it. Deposits stay as they were.
/// # Errors
/// `NoSuchContract`.
pub fn storage(
    chain: &mut EmbeddedChain,
    contract: AccountId,
    key: &[u8],
    value: Option<Vec<u8>>,
) -> Result<(), ChainError> {
    let mut sandbox = chain.sandbox.borrow_mut();
    let trie = sandbox.child_trie(contract)?;
    sandbox.externalities().ext().place_child_storage(&trie, hashed_key(key), value);
    Ok(())
}

/// Rewrites the event at `index` of `block`. Answers what it was, or `None` if there is no such event.
pub fn event(
    chain: &mut EmbeddedChain,
    block: u32,
    index: u32,
    edit: impl FnOnce(&mut EventRecord),
) -> Option<EventRecord> {
    let record = chain.ledger.events.iter_mut().find(|event| event.block == block && event.index == index)?;
    let was = record.clone();
    edit(record);
    Some(was)
}

/// Removes the event at `index` of `block` from the history. Answers what it was, or `None` if there is no such event.
pub fn delete_event(chain: &mut EmbeddedChain, block: u32, index: u32) -> Option<EventRecord> {
    let events = &mut chain.ledger.events;
    let position = events.iter().position(|event| event.block == block && event.index == index)?;
    Some(events.remove(position))
}
