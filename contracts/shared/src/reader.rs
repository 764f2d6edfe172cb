//! Reading values in little code, where deriving `Decode` takes three to five times as much: what other contracts answer, what is stored, and what comes with a call.
//! Knows no message.
use crate::{assets::Asset, ids::CouponId, AccountId, Balance};
use ink::prelude::vec::Vec;

/// What is still to be read. Past the end come zeros; whether there was enough is asked once, at the end.
pub struct Reader<'a> {
    bytes: &'a [u8],
    short: bool,
}

impl<'a> Reader<'a> {
    /// Nothing is read yet.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, short: false }
    }

    /// Whether all there was has been read, and no more.
    pub fn is_done(&self) -> bool {
        !self.short && self.bytes.is_empty()
    }

    /// Whether there was enough so far.
    pub fn is_whole(&self) -> bool {
        !self.short
    }

    #[inline(never)]
    fn fill(&mut self, into: &mut [u8]) {
        match self.bytes.split_at_checked(into.len()) {
            Some((bytes, rest)) => {
                into.copy_from_slice(bytes);
                self.bytes = rest;
            }
            None => self.short = true,
        }
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// Goes on after as many bytes.
    #[inline(never)]
    pub fn skip(&mut self, bytes: usize) {
        match self.bytes.split_at_checked(bytes) {
            Some((_, rest)) => self.bytes = rest,
            None => self.short = true,
        }
    }

    /// One byte.
    #[inline(never)]
    pub fn u8(&mut self) -> u8 {
        let [byte] = self.array();
        byte
    }

    /// Two bytes.
    pub fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    /// Four bytes.
    #[inline(never)]
    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    /// Eight bytes.
    #[inline(never)]
    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    /// Sixteen bytes.
    #[inline(never)]
    pub fn u128(&mut self) -> Balance {
        Balance::from_le_bytes(self.array())
    }

    /// Sixteen bytes, signed.
    #[inline(never)]
    pub fn i128(&mut self) -> i128 {
        i128::from_le_bytes(self.array())
    }

    /// An account.
    #[inline(never)]
    pub fn account(&mut self) -> AccountId {
        self.array().into()
    }

    /// A digest.
    pub fn hash(&mut self) -> [u8; 32] {
        self.array()
    }

    /// A coupon.
    pub fn coupon(&mut self) -> CouponId {
        CouponId { campaign: self.u32(), serial: self.u32() }
    }

    /// An asset.
    #[inline(never)]
    pub fn asset(&mut self) -> Asset {
        match self.below(2) {
            0 => Asset::Native,
            _ => Asset::Psp22(self.account()),
        }
    }

    /// Whether there is a value behind this, as `Option` has it.
    pub fn is_some(&mut self) -> bool {
        self.below(2) != 0
    }

    /// A variant's number, below `variants`.
    #[inline(never)]
    pub fn below(&mut self, variants: u8) -> u8 {
        let variant = self.u8();
        self.short |= variant >= variants;
        variant
    }

    /// Up to 63 coupons.
    #[inline(never)]
    pub fn coupons(&mut self) -> Vec<CouponId> {
        let count = self.count();
        (0..count).map(|_| self.coupon()).collect()
    }

    /// Up to 63 digests.
    #[inline(never)]
    pub fn hashes(&mut self) -> Vec<[u8; 32]> {
        let count = self.count();
        (0..count).map(|_| self.hash()).collect()
    }

    /// The bytes that aren't read yet.
    pub fn left(&self) -> usize {
        self.bytes.len()
    }

    /// A list's length, of up to 63 items.
    pub fn count(&mut self) -> u8 {
        let length = self.u8();
        self.short |= length & 3 != 0;
        length >> 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::account;
    use scale::Encode;

    const COUPON: CouponId = CouponId { campaign: 1, serial: 6 };

    #[test]
    fn values_are_read_as_scale_writes_them() {
        let asset = Asset::Psp22(account(7));
        let values = (1u8, 2u16, 3u64, 4u128, account(5), COUPON, (Asset::Native, asset), vec![(); 63]);
        let bytes = values.encode();
        let mut reader = Reader::new(&bytes);
        let read = (reader.u8(), reader.u16(), reader.u64(), reader.u128(), reader.account());
        assert_eq!(read, (1, 2, 3, 4, account(5)));
        assert_eq!((reader.coupon(), reader.asset(), reader.asset()), (COUPON, Asset::Native, asset));
        assert!(!reader.is_done() && reader.is_whole());
        assert_eq!(reader.count(), 63);
        assert!(reader.is_done());
    }

    #[test]
    fn past_the_end_come_zeros_and_the_reader_tells() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.u32(), 0);
        assert!(!reader.is_whole() && !reader.is_done());
        let mut reader = Reader::new(&[1, 2, 3]);
        reader.skip(4);
        assert!(!reader.is_whole());
        let mut reader = Reader::new(&[1, 2, 3]);
        reader.skip(3);
        assert!(reader.is_done());
    }

    #[test]
    fn a_list_of_more_than_63_is_not_read() {
        let bytes = vec![(); 64].encode();
        let mut reader = Reader::new(&bytes);
        reader.count();
        assert!(!reader.is_whole());
    }
}
