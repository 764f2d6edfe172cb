//! Each message of the registry, on the Wasm that would be deployed: what it does when it agrees, and exactly why it refuses.

mod campaigns;
pub(crate) mod claims;
mod issuing;
mod permits;
mod psp34;
mod redeeming;
mod rolling_back;
