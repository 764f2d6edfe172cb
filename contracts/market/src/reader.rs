//! Types that are read by `shared::reader` instead of by a derived `Decode`.
#[cfg(target_arch = "wasm32")]
use ink::prelude::vec::Vec;
pub(crate) use shared::reader::Reader;

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
