//! What custody tells the world: one event for every change of state, enough to rebuild all of it.
//!
//! Whatever an event says went to somebody was paid out, or a `CreditAdded` for it follows in the same call. Amounts are in the payment's asset.
use crate::{payments::Split, terms::HoldingTerms};
use ink::prelude::vec::Vec;
use shared::{assets::Asset, AccountId, Balance, Hash, Timestamp};

/// Custody was instantiated.
#[ink::event]
pub struct CustodyCreated {
    pub chain_tag: Hash,
    pub registries: Vec<Hash>,
}

/// A merchant's payments are held under these terms from now on.
#[ink::event]
pub struct TermsSet {
    #[ink(topic)]
    pub merchant: AccountId,
    pub epoch: u32,
    pub terms: HoldingTerms,
}

/// An order was redeemed, and its net price is held under its acceptor's terms of now.
#[ink::event]
pub struct PaymentHeld {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub number: u64,
    pub payer: AccountId,
    pub asset: Asset,
    pub amount: Balance,
    pub disputable_until: Timestamp,
}

/// The payer disputed a payment.
#[ink::event]
pub struct PaymentDisputed {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub number: u64,
    pub reason: u8,
    pub evidence: Hash,
    pub ruled_until: Timestamp,
}

/// The acceptor answered a dispute.
#[ink::event]
pub struct DisputeReplied {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub number: u64,
    pub evidence: Hash,
}

/// The resolver ruled, and the payment was shared so.
#[ink::event]
pub struct DisputeRuled {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub number: u64,
    pub payer_bps: u16,
    pub split: Split,
}

/// A payment's time was up, and it was shared so.
#[ink::event]
pub struct PaymentSettled {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub number: u64,
    pub split: Split,
}

/// The acceptor gave a part of a payment back to its payer; with nothing left it is gone.
#[ink::event]
pub struct PaymentGivenBack {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub number: u64,
    pub amount: Balance,
}

/// A pay-out failed and is in the account's pull balance.
#[ink::event]
pub struct CreditAdded {
    #[ink(topic)]
    pub account: AccountId,
    pub asset: Asset,
    pub amount: Balance,
}

/// An account collected its pull balance.
#[ink::event]
pub struct CreditWithdrawn {
    #[ink(topic)]
    pub account: AccountId,
    pub asset: Asset,
    pub amount: Balance,
}
