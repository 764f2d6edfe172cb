//! What a contract passes on as the bytes it came in: reading a redemption whole and writing it anew would be 2 kB of code. Knows no type.
use ink::prelude::vec::Vec;

/// A `T` that came from elsewhere, or goes elsewhere. On chain its bytes, described in the metadata as the `T` they are; everywhere else plainly `T`.
#[cfg(not(target_arch = "wasm32"))]
pub type Passed<T> = T;
/// See above.
#[cfg(target_arch = "wasm32")]
pub type Passed<T> = on_chain::Bytes<T>;

/// The `T` that these bytes are.
/// # Errors
/// Off chain, where they are none.
#[cfg(not(target_arch = "wasm32"))]
pub fn passed<T: scale::Decode>(bytes: Vec<u8>) -> Result<Passed<T>, scale::Error> {
    T::decode(&mut bytes.as_slice())
}

/// See above. Whoever passes bytes on has looked at them.
/// # Errors
/// None.
#[cfg(target_arch = "wasm32")]
pub fn passed<T>(bytes: Vec<u8>) -> Result<Passed<T>, scale::Error> {
    Ok(on_chain::Bytes::new(bytes))
}

/// The bytes of a `T`.
#[cfg(not(target_arch = "wasm32"))]
pub fn bytes_of<T: scale::Encode>(value: Passed<T>) -> Vec<u8> {
    value.encode()
}

/// See above.
#[cfg(target_arch = "wasm32")]
pub fn bytes_of<T>(value: Passed<T>) -> Vec<u8> {
    value.into_bytes()
}

#[cfg(target_arch = "wasm32")]
mod on_chain {
    use crate::ledger::Raw;
    use core::marker::PhantomData;
    use ink::prelude::vec::Vec;
    use scale::{Decode, Encode, Error, Input, Output};

    /// The bytes of a `T`.
    pub struct Bytes<T>(Vec<u8>, PhantomData<T>);

    impl<T> Bytes<T> {
        pub(super) fn new(bytes: Vec<u8>) -> Self {
            Self(bytes, PhantomData)
        }

        pub(super) fn into_bytes(self) -> Vec<u8> {
            self.0
        }
    }

    impl<T> Encode for Bytes<T> {
        fn encode_to<O: Output + ?Sized>(&self, output: &mut O) {
            output.write(&self.0);
        }
    }

    impl<T> Decode for Bytes<T> {
        /// All that is left of the input: it is a message's last argument.
        fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
            Ok(Self::new(Raw::decode(input)?.0))
        }
    }
}
