//! What a registry that keeps PSP34's enumeration must have of it. The order is the history's; the auditor holds it against that.

use super::registry::Registry;
use chain::{AccountId, Chain};
use e2e_tests::World;
use registry::events::EnumerationKept;
use scale::{Decode, DecodeAll, Encode};
use std::collections::{BTreeMap, BTreeSet};

/// Coupons in order, and their places.
const MAPPINGS: [u32; 2] = [0x12, 0x13];

/// Whose coupons: a holder's, or all.
type Of = Option<AccountId>;

pub(crate) fn is_kept(world: &World) -> bool {
    use ink::env::Event;
    let events = world.chain.events(0).unwrap();
    events.iter().any(|event| event.topics.first() == EnumerationKept::SIGNATURE_TOPIC.as_ref())
}

/// Whether an item of this key is of the enumeration.
pub(crate) fn keeps(key: &[u8]) -> bool {
    MAPPINGS.iter().any(|mapping| key.starts_with(&mapping.encode()))
}

/// Every live coupon is once among all and once among its holder's, their numbers have no gap, and each knows its places.
///
/// # Errors
/// What differs.
pub(crate) fn check(
    registry: &Registry,
    kept: bool,
    found: &BTreeMap<Vec<u8>, Vec<u8>>,
) -> Result<(), String> {
    let mut orders: BTreeMap<Of, Vec<u64>> = BTreeMap::new();
    let mut places: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for (key, coupon) in found.iter().filter(|(key, _)| key.starts_with(&MAPPINGS[0].encode())) {
        let (_, (of, _)) =
            <(u32, (Of, u64))>::decode_all(&mut key.as_slice()).map_err(|fault| fault.to_string())?;
        orders
            .entry(of)
            .or_default()
            .push(u64::decode(&mut coupon.as_slice()).map_err(|fault| fault.to_string())?);
    }
    for (of, order) in &mut orders {
        for (index, coupon) in order.iter_mut().enumerate() {
            let index = u64::try_from(index).unwrap();
            let item = found.get(&(MAPPINGS[0], (of, index)).encode()).ok_or("9: an order has a gap")?;
            *coupon = u64::decode(&mut item.as_slice()).map_err(|fault| fault.to_string())?;
            let places = places.entry(*coupon).or_default();
            *(if of.is_some() { &mut places.0 } else { &mut places.1 }) = index;
        }
    }
    let found_places = found.iter().filter(|(key, _)| key.starts_with(&MAPPINGS[1].encode()));
    let places = places.into_iter().map(|(coupon, places)| ((MAPPINGS[1], coupon).encode(), places.encode()));
    let places: BTreeMap<_, _> = places.collect();
    if places != found_places.map(|(key, places)| (key.clone(), places.clone())).collect() {
        return Err("9: places and orders of coupons differ".into());
    }
    let mut expected: BTreeMap<Of, BTreeSet<u64>> = BTreeMap::new();
    for (id, coupon) in registry.coupons.iter().filter(|_| kept) {
        for of in [None, Some(coupon.owner)] {
            expected.entry(of).or_default().insert((u64::from(id.campaign) << 32) + u64::from(id.serial));
        }
    }
    let in_order = orders.into_iter().map(|(of, coupons)| (of, coupons.into_iter().collect()));
    if expected == in_order.collect() {
        return Ok(());
    }
    Err(format!("9: the coupons in order must be {expected:?}"))
}
