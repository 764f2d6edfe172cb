//! Items that views give as they are stored: reading and writing them anew would be 2 kB of code.
use scale::Encode;
use shared::{
    ledger::key,
    passed::{passed, Passed},
    shelf::item,
};

/// An item of a mapping, if it is there.
pub(crate) fn kept<T: scale::Decode>(mapping: u32, at: impl Encode) -> Option<Passed<T>> {
    passed(item(key(mapping, &at))?).ok()
}
