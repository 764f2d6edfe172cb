//! PSP34 as the standard writes it: ids, errors, and the trait whose names give the standard's selectors.
//! Source: <https://github.com/w3f/PSPs/blob/master/PSPs/psp-34.md>.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use crate::{AccountId, Balance};
use ink::prelude::{string::String, vec::Vec};

/// A token's id. This suite issues `U64` only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the standard's variants name their widths")]
pub enum Id {
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    U128(u128),
    Bytes(Vec<u8>),
}

/// The standard's errors. Rules beyond the standard come as `Custom`, with one of this module's words.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum PSP34Error {
    /// A rule of this registry refuses; the string is one of the constants below.
    Custom(String),
    /// The owner and the operator are the same account.
    SelfApprove,
    /// The caller is neither the owner nor approved.
    NotApproved,
    /// The id exists already.
    TokenExists,
    /// No live coupon has this id.
    TokenNotExists,
    /// The receiver refuses.
    SafeTransferCheckFailed(String),
}

/// What the registry's code for these messages gives: on chain a refusal ends the call at once, as `registry::Outcome`'s does.
#[cfg(not(target_arch = "wasm32"))]
pub type TokenOutcome<T> = Result<T, PSP34Error>;
/// See above.
#[cfg(target_arch = "wasm32")]
pub type TokenOutcome<T> = Result<T, Refused>;

/// An error that a contract never holds: making one ends the call.
#[cfg(target_arch = "wasm32")]
pub enum Refused {}

#[cfg(target_arch = "wasm32")]
impl From<PSP34Error> for Refused {
    #[inline(never)]
    fn from(refusal: PSP34Error) -> Self {
        let reply: Result<Result<(), PSP34Error>, ink::LangError> = Ok(Err(refusal));
        ink::env::return_value(ink::env::ReturnFlags::REVERT, &reply)
    }
}

#[cfg(target_arch = "wasm32")]
impl From<Refused> for PSP34Error {
    fn from(refused: Refused) -> Self {
        match refused {}
    }
}

/// `Custom`: the coupon is frozen.
pub const FROZEN: &str = "CouponFrozen";
/// `Custom`: the coupon is reserved for an order.
pub const LOCKED: &str = "CouponLocked";
/// `Custom`: the campaign's coupons never change hands.
pub const SOULBOUND: &str = "Soulbound";
/// `Custom`: the campaign's coupons change hands only through its market.
pub const MARKET_ONLY: &str = "MarketOnly";
/// `Custom`: a holder's count would pass a `u32`.
pub const OVERFLOW: &str = "Overflow";

/// The standard's core.
#[ink::trait_definition]
pub trait PSP34 {
    /// The collection's id: this contract's account as bytes.
    #[ink(message)]
    fn collection_id(&self) -> Id;

    /// How many live coupons `owner` holds.
    #[ink(message)]
    fn balance_of(&self, owner: AccountId) -> u32;

    /// Who holds `id`; `None` when it isn't live.
    #[ink(message)]
    fn owner_of(&self, id: Id) -> Option<AccountId>;

    /// Whether `operator` may move `id` of `owner`, or everything of `owner` where `id` is `None`.
    #[ink(message)]
    fn allowance(&self, owner: AccountId, operator: AccountId, id: Option<Id>) -> bool;

    /// Lets `operator` move one coupon of the caller, or all of them, or stops it.
    ///
    /// A coupon has at most one approved account: a second approval replaces the first, and a transfer clears it.
    /// # Errors
    /// `SelfApprove`, `TokenNotExists`, `NotApproved`.
    #[ink(message)]
    fn approve(&mut self, operator: AccountId, id: Option<Id>, approved: bool) -> Result<(), PSP34Error>;

    /// Moves `id` from its owner to `to`. The caller is the owner or approved. `data` is ignored.
    /// # Errors
    /// `TokenNotExists`, `NotApproved`, `Custom` (`CouponFrozen`, `CouponLocked`, `Soulbound`, `MarketOnly`, `Overflow`).
    #[ink(message)]
    fn transfer(&mut self, to: AccountId, id: Id, data: Vec<u8>) -> Result<(), PSP34Error>;

    /// How many coupons are live.
    #[ink(message)]
    fn total_supply(&self) -> Balance;
}

/// The standard's Metadata extension.
#[ink::trait_definition]
pub trait PSP34Metadata {
    /// One of the coupon's attributes, as SCALE bytes; `None` for an id or a key that isn't there.
    #[ink(message)]
    fn get_attribute(&self, id: Id, key: Vec<u8>) -> Option<Vec<u8>>;
}

/// The standard's Enumerable extension, in registries that are built with it. The order is nobody's to rely on across changes: where a coupon goes, the last one
/// takes its place.
#[ink::trait_definition]
pub trait PSP34Enumerable {
    /// The holder's coupon at `index`, from 0 to below `balance_of`; `None` past the end.
    #[cfg(feature = "enumerable")]
    #[ink(message)]
    fn owners_token_by_index(&self, owner: AccountId, index: u128) -> Option<Id>;

    /// The live coupon at `index`, from 0 to below `total_supply`; `None` past the end.
    #[cfg(feature = "enumerable")]
    #[ink(message)]
    fn token_by_index(&self, index: u128) -> Option<Id>;
}
