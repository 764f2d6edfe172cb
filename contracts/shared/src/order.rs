//! Orders, and what a redemption leaves behind. Knows nothing of storage or signatures.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use crate::{
    assets::Asset, ids::CouponId, registry::RegistryError, terms::Funding, AccountId, Balance, Hash,
    Timestamp,
};
use ink::{
    env::hash::{Blake2x256, CryptoHash},
    prelude::vec::Vec,
};
use scale::Encode;

/// How long after it is final a registry keeps the digest of a redemption at least, for its holder to rate it and its issuer to dispute it: 30 days, in milliseconds.
pub const DIGEST_KEPT: Timestamp = 30 * 24 * 60 * 60 * 1_000;

/// How the net price is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Settlement {
    /// In cash or by card; the chain records the discount.
    #[codec(index = 0)]
    OffChain,
    /// By the caller, or through it where it is a contract, in the campaign's asset, in the same call.
    #[codec(index = 1)]
    OnChain,
}

/// What an acceptor sells. Amounts are in the campaign's asset.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Order {
    /// Who sells.
    pub acceptor: AccountId,
    /// The acceptor's running number; each takes effect once.
    pub number: u64,
    /// The price before any discount.
    pub basket: Balance,
    /// The part of the basket that the coupons apply to.
    pub eligible: Balance,
    /// blake2b-256 of the salted basket: opened only to an auditor or a resolver.
    pub basket_hash: Hash,
    /// Good until just before this time.
    pub deadline: Timestamp,
    /// How the net price is paid.
    pub settlement: Settlement,
}

/// How many order numbers share an item.
pub const ORDERS_IN_WORD: u64 = 16;

/// What became of 16 order numbers: which took effect, and the digests of their redemptions. One item, since both change together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct OrderWord {
    /// A bit for each number that took effect, for good.
    pub used: u16,
    /// A number's place and the digest of its redemption, until that is undone or forgotten. In the order they took effect.
    pub records: Vec<(u8, Hash)>,
}

impl OrderWord {
    /// Which word a number falls in, and its place there.
    #[allow(clippy::cast_possible_truncation, reason = "the lowest four bits are what is wanted")]
    pub fn locate(number: u64) -> (u64, u8) {
        (number >> 4, (number as u8) & 15)
    }

    /// Whether the number at `place` took effect.
    pub fn is_used(&self, place: u8) -> bool {
        self.used & bit(place) != 0
    }

    /// The number at `place` took effect, with a redemption of this digest.
    pub fn record(&mut self, place: u8, digest: Hash) {
        self.used |= bit(place);
        self.records.push((place, digest));
    }

    /// The digest of the redemption at `place`.
    pub fn digest(&self, place: u8) -> Option<Hash> {
        self.records.iter().find(|(at, _)| *at == place).map(|(_, digest)| *digest)
    }

    /// The redemption at `place` has another digest now, or none any more.
    pub fn amend(&mut self, place: u8, digest: Option<Hash>) {
        match digest {
            Some(digest) => {
                for (at, known) in &mut self.records {
                    if *at == place {
                        *known = digest;
                    }
                }
            }
            None => self.records.retain(|(at, _)| *at != place),
        }
    }
}

fn bit(place: u8) -> u16 {
    1 << (place & 15)
}

/// One coupon's part in a redemption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Use {
    /// The coupon.
    pub coupon: CouponId,
    /// Who held it.
    pub holder: AccountId,
    /// When it would have ended, apart from the redeem window; a rollback brings it back with this.
    pub valid_until: Timestamp,
    /// Who issued it.
    pub issuer: AccountId,
    /// Who bears the discount.
    pub funding: Funding,
    /// Who brought the holder.
    pub advocate: Option<AccountId>,
    /// What the coupon had left before: value of a gift card, uses of any other.
    pub left_before: Balance,
    /// What it has left now; with nothing left it is gone.
    pub left_after: Balance,
    /// What it took off.
    pub discount: Balance,
}

/// A coupon that an order went on without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Refused {
    /// The coupon.
    pub coupon: CouponId,
    /// The index of the `RegistryError`; `quote` gives the error whole.
    pub reason: u8,
}

/// What a redemption did: returned, emitted, and brought back by whoever rolls it back or rates it. The chain keeps its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Redemption {
    /// Who sold.
    pub acceptor: AccountId,
    /// The order's number.
    pub number: u64,
    /// The order's digest.
    pub order: Hash,
    /// The price before any discount; less, after a rollback in part.
    pub basket: Balance,
    /// The part of it that the coupons apply to.
    pub eligible: Balance,
    /// What amounts are counted in.
    pub asset: Asset,
    /// The coupons spent, in the order they applied.
    pub uses: Vec<Use>,
    /// The coupons it went on without.
    pub refused: Vec<Refused>,
    /// The basket less all discounts.
    pub net: Balance,
    /// Whom a rollback pays what was paid on chain; `None` when settled off chain. Whoever paid `net`; the holder of the first coupon where a contract
    /// passed it on.
    pub payer: Option<AccountId>,
    /// The alliance it came through.
    pub alliance: Option<AccountId>,
    /// Who accepted it for the acceptor, if not that itself.
    pub cashier: Option<AccountId>,
    /// The block's time.
    pub redeemed_at: Timestamp,
    /// From this time on it can't be rolled back: the end of the shortest of its coupons' windows, so that no campaign is held past its own.
    pub final_at: Timestamp,
}

impl Redemption {
    /// What all coupons took off.
    pub fn discount(&self) -> Balance {
        self.uses.iter().fold(0, |sum: Balance, used| sum.saturating_add(used.discount))
    }

    /// What left escrow for the acceptor.
    pub fn paid_from_escrow(&self) -> Balance {
        let backed = self.uses.iter().filter(|used| used.funding == Funding::Escrow);
        backed.fold(0, |sum: Balance, used| sum.saturating_add(used.discount))
    }

    /// What its acceptor pays back, to escrow and to who paid on chain, where a rollback leaves this much of it.
    pub fn refund(&self, remains: Option<&Self>) -> Balance {
        let (escrow, net) = remains.map_or((0, 0), |remains| (remains.paid_from_escrow(), remains.net));
        let to_payer = if self.payer.is_some() { self.net.saturating_sub(net) } else { 0 };
        self.paid_from_escrow().saturating_sub(escrow).saturating_add(to_payer)
    }
}

/// A redemption as a batch answers it: what an alliance books. The event has it whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Redeemed {
    /// What amounts are counted in.
    pub asset: Asset,
    /// From this time on it can't be rolled back.
    pub final_at: Timestamp,
    /// One for each coupon spent, in the order they applied.
    pub parts: Vec<Part>,
}

/// What one coupon of a batch's order took off, and whose it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Part {
    /// Who issued the coupon.
    pub issuer: AccountId,
    /// Who bears the discount.
    pub funding: Funding,
    /// What it took off.
    pub discount: Balance,
}

impl Redeemed {
    /// What all coupons took off.
    pub fn discount(&self) -> Balance {
        self.parts.iter().fold(0, |sum: Balance, part| sum.saturating_add(part.discount))
    }
}

impl From<&Redemption> for Redeemed {
    fn from(redemption: &Redemption) -> Self {
        let part = |used: &Use| Part { issuer: used.issuer, funding: used.funding, discount: used.discount };
        let parts = redemption.uses.iter().map(part).collect();
        Self { asset: redemption.asset, final_at: redemption.final_at, parts }
    }
}

/// What goods were kept when others went back: the order as it would have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Kept {
    /// The price of what was kept, before any discount.
    pub basket: Balance,
    /// The part of it that the coupons apply to.
    pub eligible: Balance,
}

/// What `quote` says of one coupon.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct QuoteLine {
    /// The coupon.
    pub coupon: CouponId,
    /// What it takes off, or why nothing.
    pub outcome: Result<Balance, RegistryError>,
}

/// What `quote` says of an order. Amounts are in `asset`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Quote {
    /// What the coupons take off together.
    pub discount: Balance,
    /// What is left to pay.
    pub net: Balance,
    /// What amounts are counted in.
    pub asset: Asset,
    /// Each coupon's part.
    pub lines: Vec<QuoteLine>,
}

/// blake2b-256 of a value's SCALE bytes.
pub fn digest(value: &impl Encode) -> Hash {
    let mut output = Hash::default();
    Blake2x256::hash(&value.encode(), &mut output);
    output
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, ISSUER};

    fn used(funding: Funding, discount: Balance) -> Use {
        Use {
            coupon: CouponId { campaign: 1, serial: 1 },
            holder: account(1),
            valid_until: 0,
            issuer: ISSUER,
            funding,
            advocate: None,
            left_before: 1,
            left_after: 0,
            discount,
        }
    }

    #[test]
    fn order_numbers_fall_into_words_of_sixteen() {
        assert_eq!(OrderWord::locate(15), (0, 15));
        assert_eq!(OrderWord::locate(16), (1, 0));
        assert_eq!(OrderWord::locate(u64::MAX), (u64::MAX >> 4, 15));
    }

    #[test]
    fn each_number_of_a_word_is_used_once_and_alone_and_for_good() {
        let mut word = OrderWord::default();
        for place in 0..16 {
            assert!(!word.is_used(place));
            word.record(place, [place; 32]);
            assert!((0..16).all(|other| word.is_used(other) == (other <= place)));
        }
        word.amend(3, None);
        word.amend(4, Some([99; 32]));
        // Nothing comes back that was forgotten.
        word.amend(3, Some([98; 32]));
        for place in 0..16 {
            let digest = match place {
                3 => None,
                4 => Some([99; 32]),
                _ => Some([place; 32]),
            };
            assert_eq!((word.is_used(place), word.digest(place)), (true, digest));
        }
    }

    #[test]
    fn a_redemption_sums_what_its_coupons_took_off_and_what_escrow_paid_of_it() {
        let uses = vec![used(Funding::Merchant, 1), used(Funding::Escrow, 20), used(Funding::Escrow, 300)];
        let redemption = Redemption {
            acceptor: ISSUER,
            number: 1,
            order: [0; 32],
            basket: 1_000,
            eligible: 1_000,
            asset: Asset::Native,
            uses,
            refused: vec![],
            net: 679,
            payer: None,
            alliance: None,
            cashier: None,
            redeemed_at: 0,
            final_at: 0,
        };
        assert_eq!((redemption.discount(), redemption.paid_from_escrow()), (321, 320));
        let paid = Redemption { payer: Some(account(2)), ..redemption.clone() };
        let kept = Redemption { uses: vec![used(Funding::Escrow, 40)], net: 300, ..paid.clone() };
        assert_eq!((redemption.refund(None), redemption.refund(Some(&kept))), (320, 280));
        assert_eq!((paid.refund(None), paid.refund(Some(&kept))), (999, 659));
        let nothing = Redemption { uses: vec![], ..redemption };
        assert_eq!((nothing.discount(), nothing.paid_from_escrow()), (0, 0));
    }
}
