//! The bytes that the contracts' storage must hold for the model's state, key by key. Written from the documented layout, so that nothing
//! kept by a contract escapes comparison: an item too many is as wrong as one too few.

use super::{
    alliance::Alliance,
    registry::{blake2, Registry},
    Model,
};
use ::alliance::{
    bookings::{Booking, Debt},
    cycles::{Books, Closed, Cycle},
};
use ::market::listings::Listing;
use ::registry::{
    campaigns::{Campaign, Progress},
    coupons::{Coupon, Holder},
    drops::Drop,
};
use chain::AccountId;
use e2e_tests::signing::Codes;
use scale::Encode;
use std::collections::BTreeMap;

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
    let registry = &model.registry;
    let mut items = Items::new();
    let campaigns = u32::try_from(registry.campaigns.len()).unwrap();
    let live = u64::try_from(registry.coupons.len()).unwrap();
    items.insert(0u32.encode(), (model.places.chain_tag, campaigns, live).encode());
    for (number, campaign) in (1u32..).zip(&registry.campaigns) {
        let fixed = Campaign { issuer: campaign.issuer, terms: campaign.terms.clone() };
        put(&mut items, 0x01, number, fixed);
        put(&mut items, 0x02, number, progress(registry, number));
        for (drop, codes) in (1u32..).zip(&campaign.drops) {
            let root = Codes::print(codes.name, codes.size).root();
            put(&mut items, 0x03, (number, drop), Drop { root, size: codes.size });
        }
    }
    let codes = registry.codes.iter().map(|(number, drop, index)| ((*number, *drop), u64::from(*index)));
    put_bits(&mut items, 0x04, codes);
    put_bits(&mut items, 0x05, registry.sources.iter().copied());
    for (id, coupon) in &registry.coupons {
        let policy = registry.campaign(id.campaign).unwrap().terms.transfer;
        let (owner, approved) = (coupon.owner, coupon.approved);
        let (valid_until, frozen) = (coupon.valid_until, coupon.frozen);
        let key = (u64::from(id.campaign) << 32) + u64::from(id.serial);
        put(&mut items, 0x06, key, Coupon { owner, approved, valid_until, frozen, policy });
    }
    for (account, holder) in holders(registry) {
        put(&mut items, 0x07, account, holder);
    }
    for (key, count) in registry.issued_to.iter().filter(|(_, count)| **count > 0) {
        put(&mut items, 0x08, key, count);
    }
    for pair in &registry.operators {
        put(&mut items, 0x09, pair, ());
    }
    for pair in &registry.cashiers {
        put(&mut items, 0x0a, pair, ());
    }
    let orders = registry.past.iter().map(|past| (past.redemption.acceptor, past.redemption.number));
    put_bits(&mut items, 0x0b, orders);
    for past in registry.past.iter().filter(|past| !past.undone) {
        let redemption = &past.redemption;
        if redemption.final_at > redemption.redeemed_at {
            put(&mut items, 0x0c, (redemption.acceptor, redemption.number), blake2(redemption));
        }
    }
    for (key, amount) in &registry.credits {
        put(&mut items, 0x0d, key, amount);
    }
    items
}

fn progress(registry: &Registry, number: u32) -> Progress {
    let campaign = registry.campaign(number).unwrap();
    let counts = registry.counts(number);
    Progress {
        issued: campaign.issued,
        redeemed: counts.redeemed,
        drops: u32::try_from(campaign.drops.len()).unwrap(),
        issuing_stopped: campaign.stopped,
        redeem_ends: campaign.ends,
        budget_left: counts.budget_left,
        escrow_left: counts.escrow_left,
        reserved: counts.reserved,
    }
}

fn holders(registry: &Registry) -> BTreeMap<AccountId, Holder> {
    let mut holders: BTreeMap<AccountId, Holder> = BTreeMap::new();
    for coupon in registry.coupons.values() {
        holders.entry(coupon.owner).or_default().coupons += 1;
    }
    for (account, epoch) in &registry.epochs {
        holders.entry(*account).or_default().permit_epoch = *epoch;
    }
    holders
}

/// The market's storage.
pub(crate) fn of_market(model: &Model) -> Items {
    let market = &model.market;
    let mut items = Items::new();
    let held = u64::try_from(market.listings.len()).unwrap();
    let codes = vec![model.places.registry_code];
    items.insert(0u32.encode(), (market.owner, market.fee_bps, codes, held, market.native_fees).encode());
    for (coupon, listing) in &market.listings {
        let key = (u64::from(coupon.campaign) << 32) + u64::from(coupon.serial);
        let listing = Listing {
            seller: listing.seller,
            price: listing.price,
            asset: listing.asset,
            issuer: listing.issuer,
            royalty_bps: listing.royalty_bps,
            fee_bps: listing.fee_bps,
            ends_at: listing.ends_at,
        };
        put(&mut items, 0x01, (model.places.registry, key), listing);
    }
    for (key, amount) in &market.credits {
        put(&mut items, 0x02, key, amount);
    }
    items
}

/// The alliance's storage, but for its members: those are kept as they were when last touched, and are compared by `member` instead.
pub(crate) fn of_alliance(model: &Model) -> Items {
    let alliance = &model.alliance;
    let mut items = Items::new();
    items.insert(0u32.encode(), (&alliance.config, books(alliance)).encode());
    for ((acceptor, number), booking) in &alliance.bookings {
        let debt = Debt {
            issuer: booking.issuer,
            rate_bps: alliance.config.default_rate_bps,
            amount: booking.amount,
            fee: booking.fee,
        };
        let booking = Booking { cycle: booking.cycle, debts: vec![debt] };
        put(&mut items, 0x02, (model.places.registry, acceptor, number), booking);
    }
    items
}

fn books(alliance: &Alliance) -> Books {
    let sum = |of: &BTreeMap<u32, u128>, cycle| of.get(&cycle).copied().unwrap_or_default();
    let cycle = |number, opened_at| Cycle {
        number,
        opened_at,
        debits: alliance.debits(number),
        fees: sum(&alliance.fees, number),
        refunds: sum(&alliance.refunds, number),
    };
    let before = alliance.cycle - 1;
    Books {
        cycle: cycle(alliance.cycle, alliance.opened_at),
        closed: Closed {
            cycle: cycle(before, alliance.closed_opened_at),
            cut_off: alliance.cut_off,
            paid_in: alliance.paid_in(before),
        },
        fund: alliance.fund,
    }
}
