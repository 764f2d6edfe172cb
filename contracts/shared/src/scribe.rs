//! Writing errors' evidence in little code: one small function for each width, out of line. Knows no error.
use crate::{ids::CouponId, AccountId, Balance, Hash};
use ink::prelude::vec::Vec;

/// Writes plain values as SCALE does.
pub struct Scribe(pub Vec<u8>);

impl Scribe {
    /// One byte.
    #[inline(never)]
    pub fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    /// Two bytes.
    #[inline(never)]
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    /// Four bytes.
    #[inline(never)]
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    /// Eight bytes.
    #[inline(never)]
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    /// Sixteen bytes.
    #[inline(never)]
    pub fn u128(&mut self, value: Balance) {
        self.bytes(&value.to_le_bytes());
    }

    /// A coupon.
    pub fn coupon(&mut self, coupon: CouponId) {
        self.u32(coupon.campaign);
        self.u32(coupon.serial);
    }

    /// An account.
    #[inline(never)]
    pub fn account(&mut self, account: AccountId) {
        self.bytes(account.as_ref());
    }

    /// A digest.
    #[inline(never)]
    pub fn hash(&mut self, hash: Hash) {
        self.bytes(&hash);
    }

    #[inline(never)]
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}
