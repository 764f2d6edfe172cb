//! How a registry shares its ledger with its office and its service desk: the registry keeps it and moves money; the other two, which the registry
//! itself instantiates from code it pins, read and write items for what is called rarely. Nobody else may write. No storage of its own.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use crate::{
    assets::Asset,
    campaigns::Campaign,
    coupons::Holder,
    ids::{CampaignId, CouponId},
    registry::Outcome,
    AccountId, Balance,
};
use ink::prelude::{boxed::Box, vec, vec::Vec};
use scale::{Decode, Encode, Error, Input, Output};

/// The ledger's mappings: their keys in storage, with the types of key and value. Part of the storage format that auditors read.
pub mod items {
    /// `CampaignId` to `Campaign`.
    pub const CAMPAIGNS: u32 = 0x01;
    /// `CampaignId` to `Progress`.
    pub const PROGRESS: u32 = 0x02;
    /// Spent codes and entries: `((CampaignId, drop u32), index / 256 as u64)` to `Bits`.
    pub const CODES: u32 = 0x04;
    /// Used source ids: `(CampaignId, source / 256 as u64)` to `Bits`.
    pub const SOURCES: u32 = 0x05;
    /// A coupon as `u64` to `Coupon`.
    pub const COUPONS: u32 = 0x06;
    /// `AccountId` to `Holder`.
    pub const HOLDERS: u32 = 0x07;
    /// `(CampaignId, AccountId)` to `Usage`, where the terms limit that.
    pub const USAGE: u32 = 0x08;
    /// Who may move everything of an owner: `(owner, operator)` to `()`.
    pub const OPERATORS: u32 = 0x09;
    /// `(merchant, account)` to `Role`.
    pub const ROLES: u32 = 0x0a;
    /// `(acceptor, number / 16 as u64)` to `OrderWord`.
    pub const ORDERS: u32 = 0x0b;
    /// Pay-outs that failed: `(AccountId, Asset)` to `Balance`.
    pub const CREDITS: u32 = 0x0d;
    /// `(CampaignId, key Hash)` to `VoucherKey`.
    pub const KEYS: u32 = 0x0e;
    /// Spent vouchers: `((CampaignId, key Hash), nonce / 256 as u64)` to `Bits`.
    pub const VOUCHERS: u32 = 0x0f;
    /// `(issuer, AccountId)` to `Customer`, where terms mark first orders.
    pub const CUSTOMERS: u32 = 0x10;
    /// `()` to what is paused, the bits of `Scope` as `u8`; the registry's root has them too.
    pub const PAUSED: u32 = 0x11;
    /// Where a registry keeps PSP34's enumeration, live coupons in order, from 0: `(Some(AccountId), u64)` to a coupon as `u64` for those of a holder, `(None, u64)`
    /// for all.
    pub const ORDERED: u32 = 0x12;
    /// Where a coupon as `u64` stands in them: `(u64, u64)`, its places among its holder's and among all.
    pub const PLACES: u32 = 0x13;
}

/// Bytes as they stand in storage: no length before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw(pub Vec<u8>);

impl Encode for Raw {
    fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
        output.write(&self.0);
    }
}

impl Decode for Raw {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let mut bytes = vec![0; input.remaining_len()?.unwrap_or_default()];
        input.read(&mut bytes)?;
        Ok(Self(bytes))
    }
}

/// Bytes that are there: past their end come zeros.
pub struct Trusted<'a>(pub &'a [u8]);

impl Trusted<'_> {
    #[inline(never)]
    fn fill(&mut self, into: &mut [u8]) {
        let (into, missing) = into.split_at_mut(into.len().min(self.0.len()));
        let (bytes, rest) = self.0.split_at(into.len());
        into.copy_from_slice(bytes);
        missing.fill(0);
        self.0 = rest;
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

/// Wherever the ledger's items are read from.
pub trait Shelves: Copy {
    /// An item as it stands.
    fn item(&self, key: Vec<u8>) -> Option<Vec<u8>>;

    /// An item of a mapping.
    fn get<T: Decode>(&self, mapping: u32, at: &impl Encode) -> Option<T> {
        let bytes = self.item(key(mapping, at))?;
        T::decode(&mut Trusted(&bytes)).ok()
    }

    /// A campaign, as far as spending looks at it.
    #[inline(never)]
    fn campaign(&self, number: CampaignId) -> Option<Box<Campaign>> {
        let bytes = self.item(key(items::CAMPAIGNS, &number))?;
        Campaign::decode_for_spending(&mut Trusted(&bytes)).ok()
    }

    /// What an account holds.
    #[inline(never)]
    fn holder(&self, account: AccountId) -> Holder {
        self.get(items::HOLDERS, &account).unwrap_or_default()
    }
}

/// An item's key in storage.
pub fn key(mapping: u32, key: &impl Encode) -> Vec<u8> {
    (mapping, key).encode()
}

/// One thing the office or the desk has the registry do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Step {
    /// Writes an item, or removes it where `value` is `None`.
    #[codec(index = 0)]
    Write {
        /// As of `key`.
        key: Vec<u8>,
        /// SCALE bytes.
        value: Option<Vec<u8>>,
    },
    /// Brings a coupon into being, with PSP34's event.
    #[codec(index = 1)]
    Mint {
        /// The coupon.
        coupon: CouponId,
        /// Who has it.
        owner: AccountId,
        /// Its `Coupon`, as SCALE bytes.
        state: Vec<u8>,
    },
    /// Ends a coupon, with PSP34's event.
    #[codec(index = 2)]
    Burn {
        /// The coupon.
        coupon: CouponId,
    },
    /// Pays money out, into the receiver's pull balance where the transfer fails.
    #[codec(index = 3)]
    Pay {
        /// The asset.
        asset: Asset,
        /// Who is paid.
        to: AccountId,
        /// How much.
        amount: Balance,
    },
    /// Sets what is paused: the bits of `Scope`.
    #[codec(index = 4)]
    Pause {
        /// The bits.
        scopes: u8,
    },
    /// Tells of a coupon that has another holder, by PSP34's event; the coupon and what either holds are written apart, what they hold after all moves of the
    /// call: a registry that keeps PSP34's enumeration counts each move as it comes.
    #[codec(index = 5)]
    Moved {
        /// The coupon.
        coupon: CouponId,
        /// Who had it.
        from: AccountId,
        /// Who has it.
        to: AccountId,
    },
}

/// The door that a registry keeps for its office and its desk.
#[ink::trait_definition]
pub trait Ledger {
    /// Items as they stand, in the order asked.
    #[ink(message)]
    fn items(&self, keys: Vec<Vec<u8>>) -> Vec<Option<Vec<u8>>>;

    /// Does every step in order, or none.
    /// # Errors
    /// `NotTheOffice`, `NoSuchCoupon`, `Overflow`.
    #[ink(message, payable)]
    fn apply(&mut self, steps: Vec<Step>) -> Outcome<()>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_items_key_is_its_mapping_and_then_its_own_bytes() {
        assert_eq!(key(items::COUPONS, &0x0102_u64), [6, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(key(items::PAUSED, &()), [0x11, 0, 0, 0]);
    }

    #[test]
    fn past_the_end_of_trusted_bytes_come_zeros() {
        assert_eq!(<(u8, u32)>::decode(&mut Trusted(&[1, 2, 3])), Ok((1, 0x0302)));
        let mut bytes = Trusted(&[1, 2, 3]);
        assert_eq!(u16::decode(&mut bytes), Ok(0x0201));
        assert_eq!(bytes.0, [3]);
    }

    proptest! {
        #[test]
        fn raw_bytes_are_written_and_read_as_they_are(bytes: Vec<u8>) {
            let raw = Raw(bytes.clone());
            prop_assert_eq!(&raw.encode(), &bytes);
            prop_assert_eq!(Raw::decode(&mut bytes.as_slice()), Ok(raw));
        }

        #[test]
        fn raw_bytes_are_all_that_is_left(first: u8, bytes: Vec<u8>) {
            let whole = (first, Raw(bytes.clone())).encode();
            prop_assert_eq!(<(u8, Raw)>::decode(&mut whole.as_slice()), Ok((first, Raw(bytes))));
        }
    }
}
