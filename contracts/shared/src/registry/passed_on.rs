//! A registry's refusal that a contract passes on to its own caller.
use super::RegistryError;
use ink::prelude::{vec, vec::Vec};
use scale::{Decode, Encode, Input, Output};

/// A `RegistryError`, passed on as the bytes it came in, and described as one in the metadata. Whoever passes it on decides nothing by it, and code that
/// reads and writes all its variants would be an eighth of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOn(Vec<u8>);

impl PassedOn {
    /// What the registry said; `None` if it isn't a registry's error.
    pub fn error(&self) -> Option<RegistryError> {
        RegistryError::decode(&mut &*self.0).ok()
    }
}

impl From<Vec<u8>> for PassedOn {
    fn from(answer: Vec<u8>) -> Self {
        Self(answer)
    }
}

impl From<RegistryError> for PassedOn {
    fn from(error: RegistryError) -> Self {
        Self(error.encode())
    }
}

impl Encode for PassedOn {
    fn size_hint(&self) -> usize {
        self.0.len()
    }

    fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
        output.write(&self.0);
    }
}

impl Decode for PassedOn {
    /// All that is left of the input: a refusal is the last thing in the reply that carries it.
    fn decode<I: Input>(input: &mut I) -> Result<Self, scale::Error> {
        let mut bytes = vec![0; input.remaining_len()?.unwrap_or(0)];
        input.read(&mut bytes)?;
        Ok(Self(bytes))
    }
}

#[cfg(feature = "std")]
impl ink::scale_info::TypeInfo for PassedOn {
    type Identity = RegistryError;

    fn type_info() -> ink::scale_info::Type {
        RegistryError::type_info()
    }
}
