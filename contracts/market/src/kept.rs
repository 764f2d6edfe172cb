//! Items that views give as they are stored: reading and writing them anew would be 2 kB of code.
use scale::Encode;
use shared::{ledger::key, shelf::item};

/// A stored `T`. On chain its bytes, described in the metadata as the `T` they are; everywhere else plainly `T`.
#[cfg(not(target_arch = "wasm32"))]
pub type Kept<T> = T;
/// See above.
#[cfg(target_arch = "wasm32")]
pub type Kept<T> = on_chain::Bytes<T>;

/// An item of a mapping, if it is there.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn kept<T: scale::Decode>(mapping: u32, at: impl Encode) -> Option<Kept<T>> {
    T::decode(&mut item(key(mapping, &at))?.as_slice()).ok()
}

/// See above.
#[cfg(target_arch = "wasm32")]
pub(crate) fn kept<T>(mapping: u32, at: impl Encode) -> Option<Kept<T>> {
    item(key(mapping, &at)).map(on_chain::Bytes::new)
}

#[cfg(target_arch = "wasm32")]
mod on_chain {
    use core::marker::PhantomData;
    use ink::prelude::vec::Vec;
    use scale::{Decode, Encode, Error, Input, Output};

    /// The bytes of a stored `T`.
    pub struct Bytes<T>(Vec<u8>, PhantomData<T>);

    impl<T> Bytes<T> {
        pub(super) fn new(bytes: Vec<u8>) -> Self {
            Self(bytes, PhantomData)
        }
    }

    impl<T> Encode for Bytes<T> {
        fn encode_to<O: Output + ?Sized>(&self, output: &mut O) {
            output.write(&self.0);
        }
    }

    impl<T> Decode for Bytes<T> {
        fn decode<I: Input>(_: &mut I) -> Result<Self, Error> {
            Err("what the market keeps is decoded as what it is".into())
        }
    }
}
