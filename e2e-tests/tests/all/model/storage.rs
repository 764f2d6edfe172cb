//! The bytes that the contracts' storage must hold for the model's state, key by key. Written from the documented layout, so that nothing
//! kept by a contract escapes comparison: an item too many is as wrong as one too few.

mod alliance;
mod custody;

pub(crate) use alliance::{of_alliance, of_council};
pub(crate) use custody::{of_custody, EVIDENCE};

use super::{
    registry::{blake2, Fate, Registry},
    terms, Model,
};
use ::market::{book::Root, listings::Entry};
use chain::{AccountId, Hash};
use scale::Encode;
use shared::{
    campaigns::{Campaign, Progress, Tally, Usage},
    claims::Drop,
    coupons::Holder,
    ids::CampaignId,
    order::OrderWord,
};
use std::collections::{BTreeMap, BTreeSet};

/// Storage by key.
pub(crate) type Items = BTreeMap<Vec<u8>, Vec<u8>>;

fn put(items: &mut Items, mapping: u32, key: impl Encode, value: impl Encode) {
    items.insert((mapping, key).encode(), value.encode());
}

/// Numbers as words of 256 bits, by whatever groups them.
fn put_bits<K: Encode + Ord + Clone>(
    items: &mut Items,
    mapping: u32,
    numbers: impl Iterator<Item = (K, u64)>,
) {
    let mut words: BTreeMap<(K, u64), [u8; 32]> = BTreeMap::new();
    for (group, number) in numbers {
        let word = words.entry((group, number / 256)).or_default();
        let bit = usize::try_from(number % 256).unwrap();
        word[bit / 8] |= 1 << (bit % 8);
    }
    for (key, word) in words {
        put(items, mapping, key, word);
    }
}

/// The registry's storage.
pub(crate) fn of_registry(model: &Model) -> Items {
    let (registry, places) = (&model.registry, &model.places);
    let mut items = Items::new();
    let live = u64::try_from(registry.coupons.len()).unwrap();
    let paused = registry.paused.unwrap_or_default();
    let root = (places.chain_tag, places.office, places.desk, live, paused);
    items.insert(0u32.encode(), root.encode());
    for (number, _) in registry.numbered() {
        put(&mut items, 0x01, number, fixed(registry, number));
        put(&mut items, 0x02, number, progress(registry, number));
    }
    let codes = registry.codes.iter().map(|(number, drop, index)| ((*number, *drop), u64::from(*index)));
    put_bits(&mut items, 0x04, codes);
    put_bits(&mut items, 0x05, registry.sources.iter().copied());
    for (id, coupon) in &registry.coupons {
        put(&mut items, 0x06, (u64::from(id.campaign) << 32) + u64::from(id.serial), coupon);
    }
    for (account, holder) in holders(registry) {
        put(&mut items, 0x07, account, holder);
    }
    for (key, usage) in usage(registry) {
        put(&mut items, 0x08, key, usage);
    }
    for pair in &registry.operators {
        put(&mut items, 0x09, pair, ());
    }
    for (pair, role) in &registry.roles {
        put(&mut items, 0x0a, pair, role);
    }
    for (key, word) in order_words(registry) {
        put(&mut items, 0x0b, key, word);
    }
    for (key, amount) in &registry.credits {
        put(&mut items, 0x0d, key, amount);
    }
    for (key, named) in &registry.keys {
        put(&mut items, 0x0e, key, named);
    }
    put_bits(&mut items, 0x0f, registry.vouchers.iter().copied());
    for (key, customer) in &registry.customers {
        put(&mut items, 0x10, key, customer);
    }
    if let Some(paused) = registry.paused {
        put(&mut items, 0x11, (), paused);
    }
    items
}

/// The office's storage.
pub(crate) fn of_office(model: &Model) -> Items {
    let (registry, places) = (&model.registry, &model.places);
    let campaigns = u32::try_from(registry.campaigns.len()).unwrap();
    let (guardian, heir) = (registry.guardian, registry.heir);
    let paused = registry.paused.unwrap_or_default();
    let root = (places.registry, places.chain_tag, guardian, heir, campaigns, paused);
    let mut items = Items::from([(0u32.encode(), root.encode())]);
    for (number, campaign) in registry.numbered() {
        if let Some(to) = campaign.offered {
            put(&mut items, 0x21, number, to);
        }
    }
    items
}

/// The desk's storage.
pub(crate) fn of_desk(model: &Model) -> Items {
    let (registry, places) = (&model.registry, &model.places);
    let mut items = Items::from([(0u32.encode(), (places.registry, places.chain_tag).encode())]);
    for key in &registry.rated {
        put(&mut items, 0x31, key, ());
    }
    for (key, friends) in &registry.friends {
        put(&mut items, 0x32, key, friends);
    }
    items
}

pub(crate) fn fixed(registry: &Registry, number: CampaignId) -> Campaign {
    let campaign = registry.campaign(number).unwrap();
    Campaign { issuer: campaign.issuer, terms: campaign.terms.clone() }
}

pub(crate) fn progress(registry: &Registry, number: CampaignId) -> Progress {
    let campaign = registry.campaign(number).unwrap();
    let counts = registry.counts(number);
    let drops = campaign.drops.iter();
    Progress {
        issued: campaign.issued,
        parts: campaign.parts,
        uses: counts.uses,
        drops: drops.map(|printed| Drop { root: printed.root(), size: printed.size }).collect(),
        issuing_stopped: campaign.stopped,
        redeem_ends: campaign.ends,
        budget_left: counts.budget_left,
        escrow_left: counts.escrow_left,
        reserved: counts.reserved,
        held: counts.held,
        period: registry.newest_period(number, None),
    }
}

pub(crate) fn holders(registry: &Registry) -> BTreeMap<AccountId, Holder> {
    let mut holders: BTreeMap<AccountId, Holder> = BTreeMap::new();
    for coupon in registry.coupons.values() {
        holders.entry(coupon.owner).or_default().coupons += 1;
    }
    for (account, epoch) in &registry.epochs {
        holders.entry(*account).or_default().permit_epoch = *epoch;
    }
    holders
}

/// What accounts have had, where the terms limit that. Where they limit issuing alone, a coupon spent as it was claimed is counted as used too,
/// for good.
fn usage(registry: &Registry) -> BTreeMap<(CampaignId, AccountId), Usage> {
    let mut keys: BTreeSet<(CampaignId, AccountId)> = registry.issued_to.keys().copied().collect();
    for used in registry.past.iter().flat_map(|past| &past.first) {
        let number = used.coupon.campaign;
        if terms::counts_holders(&registry.campaign(number).unwrap().terms) {
            keys.insert((number, used.holder));
        }
    }
    let of = |(number, holder): (CampaignId, AccountId)| {
        let issued = registry.issued_to.get(&(number, holder)).copied().unwrap_or_default();
        let (uses, value, period) = if terms::counts_holders(&registry.campaign(number).unwrap().terms) {
            let (uses, value) = registry.of_holder(number, holder);
            (uses, value, registry.newest_period(number, Some(holder)))
        } else {
            claimed_uses(registry, number, holder)
        };
        ((number, holder), Usage { issued, uses, value, period })
    };
    keys.into_iter().map(of).collect()
}

fn claimed_uses(registry: &Registry, number: CampaignId, holder: AccountId) -> (u32, u128, Tally) {
    let limits = &registry.campaign(number).unwrap().terms.limits;
    let (mut uses, mut value, mut period) = (0, 0, Tally::default());
    for past in registry.past.iter().filter(|past| past.claimed) {
        for used in past.first.iter().filter(|used| (used.coupon.campaign, used.holder) == (number, holder)) {
            (uses, value) = (uses + 1, value + used.discount);
            let Some(of) = limits.period else { continue };
            let index = terms::period(&of, past.redemption.redeemed_at);
            if period.index != index {
                period = Tally { index, ..Tally::default() };
            }
            (period.uses, period.value) = (period.uses + 1, period.value + used.discount);
        }
    }
    (uses, value, period)
}

/// 16 order numbers to an item, with the digests of what stands and isn't forgotten.
fn order_words(registry: &Registry) -> BTreeMap<(AccountId, u64), OrderWord> {
    let mut words: BTreeMap<(AccountId, u64), OrderWord> = BTreeMap::new();
    for past in &registry.past {
        let redemption = &past.redemption;
        let word = words.entry((redemption.acceptor, redemption.number / 16)).or_default();
        let place = u8::try_from(redemption.number % 16).unwrap();
        word.used |= 1 << place;
        if past.fate == Fate::Stands {
            let digest: Hash = blake2(redemption);
            word.records.push((place, digest));
        }
    }
    words
}

/// The market's storage.
pub(crate) fn of_market(model: &Model) -> Items {
    let market = &model.market;
    let mut items = Items::new();
    let held: usize =
        market.entries.values().filter(|entry| entry.holds()).map(|entry| entry.listing.coupons.len()).sum();
    let root = Root {
        owner: market.owner,
        heir: market.heir,
        fee_bps: market.fee_bps,
        next_fee: market.next_fee,
        registries: vec![model.places.registry_code],
        held: u64::try_from(held).unwrap(),
        native_fees: market.native_fees,
        next_id: market.next_id,
    };
    items.insert(0u32.encode(), root.encode());
    for (id, entry) in &market.entries {
        let (listing, status) = (entry.listing.clone(), entry.status);
        put(&mut items, 0x01, id, Entry { listing, status, bid: entry.bids.last().copied() });
    }
    for (key, amount) in &market.credits {
        put(&mut items, 0x02, key, amount);
    }
    for (account, below) in &market.floors {
        put(&mut items, 0x03, account, below);
    }
    for (id, offer) in &market.offers {
        put(&mut items, 0x04, id, offer);
    }
    for (token, from) in &market.tokens {
        put(&mut items, 0x05, token, from);
    }
    items
}
