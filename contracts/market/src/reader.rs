//! Reading values in little code, where deriving `Decode` takes three to five times as much: what other contracts answer, what is stored here, and what comes
//! with a call. Knows no message.
use ink::prelude::vec::Vec;
use shared::{assets::Asset, ids::CouponId, AccountId, Balance};

/// What is read so. Off chain the same types derive `Decode`, and tests hold both against each other.
pub(crate) trait Read {
    /// The value that comes next; whether there was enough, the reader knows.
    fn read(reader: &mut Reader) -> Self;
}

/// Decodes a call's last argument, or a whole stored value: all that is left of the input.
#[cfg(target_arch = "wasm32")]
macro_rules! decode_by_reading {
    ($($kind:ty),+) => {$(
        impl scale::Decode for $kind {
            #[inline(never)]
            fn decode<I: scale::Input>(input: &mut I) -> Result<Self, scale::Error> {
                let bytes = $crate::reader::rest(input)?;
                let mut reader = $crate::reader::Reader::new(&bytes);
                let value = <Self as $crate::reader::Read>::read(&mut reader);
                if reader.is_done() {
                    Ok(value)
                } else {
                    Err("too little, or too much".into())
                }
            }
        }
    )+};
}
#[cfg(target_arch = "wasm32")]
pub(crate) use decode_by_reading;

/// All that is left of the input.
#[cfg(target_arch = "wasm32")]
#[inline(never)]
pub(crate) fn rest<I: scale::Input>(input: &mut I) -> Result<Vec<u8>, scale::Error> {
    let bytes = <shared::ledger::Raw as scale::Decode>::decode(input)?;
    Ok(bytes.0)
}

/// What is still to be read. Past the end come zeros; whether there was enough is asked once, at the end.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    short: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, short: false }
    }

    /// Whether all there was has been read, and no more.
    pub(crate) fn is_done(&self) -> bool {
        !self.short && self.bytes.is_empty()
    }

    /// Whether there was enough so far.
    pub(crate) fn is_whole(&self) -> bool {
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
    pub(crate) fn skip(&mut self, bytes: usize) {
        match self.bytes.split_at_checked(bytes) {
            Some((_, rest)) => self.bytes = rest,
            None => self.short = true,
        }
    }

    #[inline(never)]
    pub(crate) fn u8(&mut self) -> u8 {
        let [byte] = self.array();
        byte
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    #[inline(never)]
    pub(crate) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    #[inline(never)]
    pub(crate) fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    #[inline(never)]
    pub(crate) fn u128(&mut self) -> Balance {
        Balance::from_le_bytes(self.array())
    }

    #[inline(never)]
    pub(crate) fn account(&mut self) -> AccountId {
        self.array().into()
    }

    pub(crate) fn hash(&mut self) -> [u8; 32] {
        self.array()
    }

    pub(crate) fn coupon(&mut self) -> CouponId {
        CouponId { campaign: self.u32(), serial: self.u32() }
    }

    #[inline(never)]
    pub(crate) fn asset(&mut self) -> Asset {
        match self.below(2) {
            0 => Asset::Native,
            _ => Asset::Psp22(self.account()),
        }
    }

    /// Whether there is a value behind this, as `Option` has it.
    pub(crate) fn is_some(&mut self) -> bool {
        self.below(2) != 0
    }

    /// A variant's number, below `variants`.
    #[inline(never)]
    pub(crate) fn below(&mut self, variants: u8) -> u8 {
        let variant = self.u8();
        self.short |= variant >= variants;
        variant
    }

    /// Up to 63 coupons.
    #[inline(never)]
    pub(crate) fn coupons(&mut self) -> Vec<CouponId> {
        let count = self.count();
        (0..count).map(|_| self.coupon()).collect()
    }

    /// Up to 63 digests.
    #[inline(never)]
    pub(crate) fn hashes(&mut self) -> Vec<[u8; 32]> {
        let count = self.count();
        (0..count).map(|_| self.hash()).collect()
    }

    /// A list's length, of up to 63 items.
    pub(crate) fn count(&mut self) -> u8 {
        let length = self.u8();
        self.short |= length & 3 != 0;
        length >> 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, id};
    use scale::Encode;

    #[test]
    fn values_are_read_as_scale_writes_them() {
        let asset = Asset::Psp22(account(7));
        let values = (1u8, 2u16, 3u64, 4u128, account(5), id(6), (Asset::Native, asset), vec![(); 63]);
        let bytes = values.encode();
        let mut reader = Reader::new(&bytes);
        let read = (reader.u8(), reader.u16(), reader.u64(), reader.u128(), reader.account());
        assert_eq!(read, (1, 2, 3, 4, account(5)));
        assert_eq!((reader.coupon(), reader.asset(), reader.asset()), (id(6), Asset::Native, asset));
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
