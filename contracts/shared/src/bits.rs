//! 256 one-way switches in one storage item: for whatever may be spent once. Knows nothing of what is spent.

/// A word of 256 bits, all off at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Bits([u8; 32]);

impl Bits {
    /// Which word a number falls in, and which bit of it.
    #[allow(clippy::cast_possible_truncation, reason = "the lowest byte is what is wanted")]
    pub fn locate(number: u64) -> (u64, u8) {
        (number >> 8, number as u8)
    }

    /// Whether `bit` is on.
    pub fn is_set(&self, bit: u8) -> bool {
        let (byte, mask) = Self::place(bit);
        self.0.get(byte).is_some_and(|b| b & mask != 0)
    }

    /// Switches `bit` on; false if it was on already.
    pub fn set(&mut self, bit: u8) -> bool {
        let (byte, mask) = Self::place(bit);
        match self.0.get_mut(byte) {
            Some(b) if *b & mask == 0 => {
                *b |= mask;
                true
            }
            Some(_) | None => false,
        }
    }

    fn place(bit: u8) -> (usize, u8) {
        (usize::from(bit >> 3), 1 << (bit & 7))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bit_switches_once_and_alone() {
        let mut bits = Bits::default();
        for bit in 0..=u8::MAX {
            assert!(!bits.is_set(bit));
            assert!(bits.set(bit));
            assert!(!bits.set(bit));
            assert!(bits.is_set(bit));
            assert!(bit == u8::MAX || !bits.is_set(bit.checked_add(1).unwrap()));
        }
    }

    #[test]
    fn numbers_fall_into_words_of_256() {
        assert_eq!(Bits::locate(255), (0, 255));
        assert_eq!(Bits::locate(256), (1, 0));
        assert_eq!(Bits::locate(u64::MAX), (u64::MAX >> 8, 255));
    }
}
