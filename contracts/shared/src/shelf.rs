//! A contract's own storage items: the same bytes as ink's own access, in less code. Knows nothing of what they mean.
//!
//! What is in storage the contract wrote itself, or who may write for it did, from the same types: so reading it can't fail, and no branch is spent
//! on that. It makes a registry 5 kB smaller than `Mapping::get`.
use crate::{
    alliance::ledger::Pages,
    ledger::{key, Raw, Shelves, Trusted},
};
use ink::{
    prelude::vec::Vec,
    storage::{
        traits::{Packed, StorageKey},
        Mapping,
    },
};
use scale::{Decode, Encode};

/// Reading and writing a mapping's items.
pub trait Shelf<K, V> {
    /// An item; `None` where there is none.
    fn read(&self, key: K) -> Option<V>;
    /// An item, read as a call's arguments are: less code where its type is an argument too.
    fn load(&self, key: K) -> Option<V>;
    /// Writes an item.
    fn write(&mut self, key: K, value: &V);
    /// Removes an item.
    fn clear(&mut self, key: K);
}

impl<K: Encode, V: Packed, Key: StorageKey> Shelf<K, V> for Mapping<K, V, Key> {
    fn read(&self, at: K) -> Option<V> {
        let bytes = item(key(Key::KEY, &at))?;
        <V as Decode>::decode(&mut Trusted(&bytes)).ok()
    }

    fn load(&self, at: K) -> Option<V> {
        let bytes = item(key(Key::KEY, &at))?;
        <V as Decode>::decode(&mut bytes.as_slice()).ok()
    }

    fn write(&mut self, at: K, value: &V) {
        let mut bytes = Vec::new();
        value.encode_to(&mut bytes);
        set_item(key(Key::KEY, &at), Some(bytes));
    }

    fn clear(&mut self, at: K) {
        set_item(key(Key::KEY, &at), None);
    }
}

/// An item as it stands.
#[inline(never)]
pub fn item(key: Vec<u8>) -> Option<Vec<u8>> {
    let found: Option<Raw> = ink::env::get_contract_storage(&Raw(key)).ok().flatten();
    found.map(|raw| raw.0)
}

/// Writes an item, or removes it.
#[inline(never)]
pub fn set_item(key: Vec<u8>, value: Option<Vec<u8>>) {
    match value {
        Some(value) => {
            ink::env::set_contract_storage(&Raw(key), &Raw(value));
        }
        None => {
            ink::env::clear_contract_storage(&Raw(key));
        }
    }
}

/// This contract's own storage.
#[derive(Clone, Copy)]
pub struct Storage;

impl Shelves for Storage {
    fn item(&self, key: Vec<u8>) -> Option<Vec<u8>> {
        item(key)
    }
}

impl Pages for Storage {
    fn item(&self, key: Vec<u8>) -> Option<Vec<u8>> {
        item(key)
    }

    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        set_item(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ink::storage::traits::ManualKey;

    #[ink::test]
    fn what_ink_writes_is_read_here_and_the_other_way_round() {
        let mut items = Mapping::<u64, (u32, Option<u8>), ManualKey<7>>::default();
        items.insert(1, &(2, Some(3)));
        assert_eq!((items.read(1), items.load(1)), (Some((2, Some(3))), Some((2, Some(3)))));
        items.write(4, &(5, None));
        assert_eq!(items.get(4), Some((5, None)));
        assert_eq!(item(key(7, &4u64)), Some(vec![5, 0, 0, 0, 0]));
        items.clear(1);
        assert_eq!((items.read(1), items.get(1), item(key(7, &1u64))), (None, None, None));
    }
}
