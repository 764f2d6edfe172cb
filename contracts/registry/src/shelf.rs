//! Storage items as this contract reads and writes them: the same bytes as ink's own access, in less code. Knows nothing of what they mean.
//!
//! What is in storage this code wrote itself, or the office and the desk did, from the same types: so reading it can't fail, and no branch is spent
//! on that. It makes the contract 5 kB smaller than `Mapping::get`.
use ink::{
    prelude::vec::Vec,
    storage::{
        traits::{Packed, StorageKey},
        Mapping,
    },
};
use scale::{Decode, Encode, Error, Input};
use shared::ledger::{key, Raw};

/// Reading and writing a mapping's items.
pub(crate) trait Shelf<K, V> {
    fn read(&self, key: K) -> Option<V>;
    fn write(&mut self, key: K, value: &V);
    fn clear(&mut self, key: K);
}

impl<K: Encode, V: Packed, Key: StorageKey> Shelf<K, V> for Mapping<K, V, Key> {
    fn read(&self, at: K) -> Option<V> {
        let bytes = item(key(Key::KEY, &at))?;
        <V as Decode>::decode(&mut Trusted(&bytes)).ok()
    }

    fn write(&mut self, at: K, value: &V) {
        set_item(key(Key::KEY, &at), Some(Encode::encode(value)));
    }

    fn clear(&mut self, at: K) {
        set_item(key(Key::KEY, &at), None);
    }
}

/// An item as it stands.
#[inline(never)]
pub(crate) fn item(key: Vec<u8>) -> Option<Vec<u8>> {
    let found: Option<Raw> = ink::env::get_contract_storage(&Raw(key)).ok().flatten();
    found.map(|raw| raw.0)
}

/// Writes an item, or removes it.
#[inline(never)]
pub(crate) fn set_item(key: Vec<u8>, value: Option<Vec<u8>>) {
    match value {
        Some(value) => {
            ink::env::set_contract_storage(&Raw(key), &Raw(value));
        }
        None => {
            ink::env::clear_contract_storage(&Raw(key));
        }
    }
}

/// Bytes that are there: past their end come zeros.
pub(crate) struct Trusted<'a>(pub(crate) &'a [u8]);

impl Trusted<'_> {
    #[inline(never)]
    fn fill(&mut self, into: &mut [u8]) {
        for byte in into {
            *byte = match self.0.split_first() {
                Some((first, rest)) => {
                    self.0 = rest;
                    *first
                }
                None => 0,
            };
        }
    }
}

impl Input for Trusted<'_> {
    fn remaining_len(&mut self) -> Result<Option<usize>, Error> {
        Ok(Some(self.0.len()))
    }

    fn read(&mut self, into: &mut [u8]) -> Result<(), Error> {
        self.fill(into);
        Ok(())
    }
}
