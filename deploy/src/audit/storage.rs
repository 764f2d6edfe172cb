//! A contract's storage as its events make it, item by item, and how it differs from what the chain holds. Knows no contract.
use super::contradiction::Contradiction;
use chain::{keys::ss58, StorageItem};
use scale::{Decode, DecodeAll, Encode};
use shared::{
    assets::Asset,
    ids::{CampaignId, CouponId},
    AccountId, Hash,
};
use std::{
    collections::BTreeMap,
    fmt::{self, Debug, Display},
    marker::PhantomData,
};

/// Where an event stands in the chain's history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub block: u32,
    pub index: u32,
}

impl Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "block {}, event {}", self.block, self.index)
    }
}

/// A storage item that isn't what the events say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The contract's name in the suite.
    pub contract: &'static str,
    /// The item, in words.
    pub item: String,
    /// What the events say; `None` where there should be no item.
    pub expected: Option<String>,
    /// What the chain holds; `None` where it holds no item.
    pub found: Option<String>,
    /// The last event that touched the item; `None` if none ever did.
    pub last_event: Option<Place>,
}

impl Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".into());
        write!(
            out,
            "{}, {}: the events say {}, the chain holds {}",
            self.contract,
            self.item,
            side(&self.expected),
            side(&self.found)
        )?;
        match self.last_event {
            Some(place) => write!(out, " (last touched in {place})"),
            None => write!(out, " (no event ever touched it)"),
        }
    }
}

/// One field of a contract's storage: a mapping of `K` to `V` under ink's key, or with `K = ()` the contract's root.
pub(super) struct Table<K, V> {
    key: u32,
    noun: &'static str,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Encode, V> Table<K, V> {
    pub(super) const fn new(key: u32, noun: &'static str) -> Self {
        Self { key, noun, types: PhantomData }
    }

    fn key(&self, key: &K) -> Vec<u8> {
        (self.key, key).encode()
    }
}

impl<K: Readable, V> Table<K, V> {
    /// An item, in words.
    pub(super) fn item_words(&self, key: &K) -> String {
        format!("{} {}", self.noun, key.words()).trim_end().to_owned()
    }
}

/// What a reader of differences needs to know of a table.
pub(super) trait Describe: Sync {
    /// The item behind a key of this table, in words; `None` for a key of another table.
    fn item(&self, key: &[u8]) -> Option<String>;

    /// An item's value in words, or as bytes where it isn't of the table's type.
    fn value(&self, value: &[u8]) -> String;
}

impl<K: Decode + Readable, V: Decode + Debug> Describe for Table<K, V> {
    fn item(&self, key: &[u8]) -> Option<String> {
        let (table, key) = <(u32, K)>::decode_all(&mut &*key).ok()?;
        (table == self.key).then(|| self.item_words(&key))
    }

    fn value(&self, value: &[u8]) -> String {
        match V::decode_all(&mut &*value) {
            Ok(value) => with_hex(&format!("{value:?}")),
            Err(_) => format!("0x{}", hex::encode(value)),
        }
    }
}

/// A contract's storage as replayed so far.
#[derive(Default)]
pub(super) struct Replayed {
    items: BTreeMap<Vec<u8>, Vec<u8>>,
    touched: BTreeMap<Vec<u8>, Place>,
    /// The event being replayed.
    pub(super) place: Place,
}

impl Replayed {
    pub(super) fn get<K: Encode, V: Decode>(&self, table: &Table<K, V>, key: &K) -> Option<V> {
        let value = self.items.get(&table.key(key))?;
        V::decode_all(&mut value.as_slice()).ok()
    }

    /// An item that must be there.
    /// # Errors
    /// `Missing`.
    pub(super) fn found<K: Encode + Readable, V: Decode>(
        &self,
        table: &Table<K, V>,
        key: &K,
    ) -> Result<V, Contradiction> {
        self.get(table, key).ok_or_else(|| Contradiction::Missing { item: table.item_words(key) })
    }

    /// # Errors
    /// `Exists`, where the item is there.
    pub(super) fn ensure_absent<K: Encode + Readable, V: Decode>(
        &self,
        table: &Table<K, V>,
        key: &K,
    ) -> Result<(), Contradiction> {
        match self.get(table, key) {
            None => Ok(()),
            Some(_) => Err(Contradiction::Exists { item: table.item_words(key) }),
        }
    }

    pub(super) fn set<K: Encode, V: Encode>(&mut self, table: &Table<K, V>, key: &K, value: &V) {
        let key = table.key(key);
        self.touched.insert(key.clone(), self.place);
        self.items.insert(key, value.encode());
    }

    pub(super) fn remove<K: Encode, V>(&mut self, table: &Table<K, V>, key: &K) {
        let key = table.key(key);
        self.items.remove(&key);
        self.touched.insert(key, self.place);
    }

    /// All items of a table.
    pub(super) fn all<K: Encode + Decode, V: Decode>(&self, table: &Table<K, V>) -> Vec<(K, V)> {
        let prefix = table.key.encode();
        self.items
            .range(prefix.clone()..)
            .take_while(|(key, _)| key.starts_with(&prefix))
            .filter_map(|(key, value)| {
                let (_, key) = <(u32, K)>::decode_all(&mut key.as_slice()).ok()?;
                Some((key, V::decode_all(&mut value.as_slice()).ok()?))
            })
            .collect()
    }

    /// How the replay and the chain's items differ, in the order of the keys.
    pub(super) fn differences(
        &self,
        contract: &'static str,
        layout: &[&dyn Describe],
        found: Vec<StorageItem>,
    ) -> Vec<Difference> {
        let found: BTreeMap<_, _> = found.into_iter().collect();
        let keys: std::collections::BTreeSet<_> = self.items.keys().chain(found.keys()).collect();
        keys.into_iter()
            .filter(|key| self.items.get(*key) != found.get(*key))
            .map(|key| {
                let named = layout.iter().find_map(|table| table.item(key).map(|item| (*table, item)));
                let words = |value: &Vec<u8>| match &named {
                    Some((table, _)) => table.value(value),
                    None => format!("0x{}", hex::encode(value)),
                };
                Difference {
                    contract,
                    item: match &named {
                        Some((_, item)) => item.clone(),
                        None => format!("unknown item 0x{}", hex::encode(key)),
                    },
                    expected: self.items.get(key).map(words),
                    found: found.get(key).map(words),
                    last_event: self.touched.get(key).copied(),
                }
            })
            .collect()
    }
}

/// A key as people know it.
pub(super) trait Readable {
    fn words(&self) -> String;
}

impl Readable for () {
    fn words(&self) -> String {
        String::new()
    }
}

impl Readable for u32 {
    fn words(&self) -> String {
        self.to_string()
    }
}

impl Readable for u64 {
    fn words(&self) -> String {
        self.to_string()
    }
}

impl Readable for bool {
    fn words(&self) -> String {
        self.to_string()
    }
}

impl<A: Readable> Readable for Option<A> {
    fn words(&self) -> String {
        self.as_ref().map_or_else(|| "all".into(), Readable::words)
    }
}

impl Readable for Hash {
    fn words(&self) -> String {
        format!("0x{}", hex::encode(self))
    }
}

impl Readable for CouponKey {
    fn words(&self) -> String {
        coupon_words(CouponId::from_u64(self.0))
    }
}

impl Readable for AccountId {
    fn words(&self) -> String {
        ss58(self)
    }
}

impl Readable for Asset {
    fn words(&self) -> String {
        match self {
            Self::Native => "native".into(),
            Self::Psp22(token) => format!("PSP22 {}", ss58(token)),
        }
    }
}

impl<A: Readable, B: Readable> Readable for (A, B) {
    fn words(&self) -> String {
        format!("{}, {}", self.0.words(), self.1.words())
    }
}

impl<A: Readable, B: Readable, C: Readable> Readable for (A, B, C) {
    fn words(&self) -> String {
        format!("{}, {}, {}", self.0.words(), self.1.words(), self.2.words())
    }
}

impl<A: Readable, B: Readable, C: Readable, D: Readable> Readable for (A, B, C, D) {
    fn words(&self) -> String {
        let (a, b, c, d) = self;
        format!("{}, {}, {}, {}", a.words(), b.words(), c.words(), d.words())
    }
}

/// A coupon as the contracts key it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[ink::scale_derive(Encode, Decode)]
pub(super) struct CouponKey(pub(super) u64);

impl From<CouponId> for CouponKey {
    fn from(coupon: CouponId) -> Self {
        Self(coupon.to_u64())
    }
}

/// A coupon as people know it: its campaign and its serial there.
pub(super) fn coupon_words(CouponId { campaign, serial }: CouponId) -> String {
    let campaign: CampaignId = campaign;
    format!("{campaign}/{serial}")
}

/// A value's debug text with lists of 32 bytes and more as hex, which is how accounts and hashes are read.
pub(super) fn with_hex(text: &str) -> String {
    let mut parts = text.split('[');
    let mut words = String::from(parts.next().unwrap_or_default());
    for part in parts {
        let bytes = part.split_once(']').and_then(|(list, rest)| {
            let bytes: Vec<u8> = list.split(", ").map(str::parse).collect::<Result<_, _>>().ok()?;
            (bytes.len() >= 32).then(|| (hex::encode(bytes), rest))
        });
        match bytes {
            Some((hex, rest)) => {
                words.push_str("0x");
                words.push_str(&hex);
                words.push_str(rest);
            }
            None => {
                words.push('[');
                words.push_str(part);
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: Table<(), u64> = Table::new(0, "root");
    const COUNTS: Table<CouponKey, u32> = Table::new(6, "count of coupon");

    fn replayed() -> Replayed {
        let mut replayed = Replayed::default();
        replayed.set(&ROOT, &(), &9);
        replayed.place = Place { block: 3, index: 1 };
        replayed.set(&COUNTS, &CouponKey((1 << 32) | 2), &5);
        replayed.set(&COUNTS, &CouponKey(1), &6);
        replayed.remove(&COUNTS, &CouponKey(1));
        replayed
    }

    fn differences(found: Vec<StorageItem>) -> Vec<String> {
        replayed()
            .differences("registry", &[&ROOT, &COUNTS], found)
            .iter()
            .map(Difference::to_string)
            .collect()
    }

    #[test]
    fn keys_are_those_of_ink() {
        assert_eq!(ROOT.key(&()), [0; 4]);
        assert_eq!(COUNTS.key(&CouponKey(1)), (6_u32, 1_u64).encode());
    }

    #[test]
    fn each_missing_extra_and_different_item_is_named() {
        let (root, coupon) = (ROOT.key(&()), COUNTS.key(&CouponKey((1 << 32) | 2)));
        let same = vec![(root.clone(), 9_u64.encode()), (coupon.clone(), 5_u32.encode())];
        assert_eq!(differences(same), Vec::<String>::new());
        let broken = vec![
            (coupon, 4_u32.encode()),
            (COUNTS.key(&CouponKey(1)), 6_u32.encode()),
            (vec![7, 7], vec![1]),
        ];
        assert_eq!(
            differences(broken),
            [
                "registry, root: the events say 9, the chain holds nothing (last touched in block 0, event 0)",
                "registry, count of coupon 0/1: the events say nothing, the chain holds 6 (last touched in block 3, event 1)",
                "registry, count of coupon 1/2: the events say 5, the chain holds 4 (last touched in block 3, event 1)",
                "registry, unknown item 0x0707: the events say nothing, the chain holds 0x01 (no event ever touched it)",
            ]
        );
    }

    #[test]
    fn accounts_read_as_hex() {
        let text = format!("{:?} {:?}", AccountId::from([1; 32]), [1_u8, 2]);
        assert_eq!(with_hex(&text), format!("AccountId(0x{}) [1, 2]", "01".repeat(32)));
    }
}
