//! Each message of the registry, of its office and of its service desk, on the Wasm that would be deployed: what it does when it agrees, and
//! exactly why it refuses.

mod audience;
mod batch;
mod benefits;
mod campaigns;
mod cards;
mod claim_and_redeem;
pub(crate) mod claims;
mod endings;
pub(crate) mod enumeration;
mod gift_cards;
mod go_between;
mod issuing;
mod limits;
mod lists;
mod metadata;
mod moving_many;
mod permits;
mod psp34;
mod quote_is_redeem;
mod ratings;
mod redeeming;
mod referral;
mod reservations;
mod roles;
mod rollback_in_part;
mod rolling_back;
mod stacking;
mod vouchers;
