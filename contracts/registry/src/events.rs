//! What the registry tells the world: one event for every change of state, enough to rebuild all of it.
use crate::{campaigns::Improvement, drops::Source};
use ink::prelude::vec::Vec;
use shared::{
    assets::Asset,
    ids::{CampaignId, CouponId},
    order::Redemption,
    psp34::Id,
    terms::Terms,
    AccountId, Balance, Hash, Timestamp,
};

/// PSP34's: a coupon came into being (`from` is `None`), changed hands, or was spent (`to` is `None`).
#[ink::event]
pub struct Transfer {
    pub from: Option<AccountId>,
    #[ink(topic)]
    pub to: Option<AccountId>,
    pub id: Id,
}

/// PSP34's: an approval was given or withdrawn; for everything of `from` where `id` is `None`.
#[ink::event]
pub struct Approval {
    #[ink(topic)]
    pub from: AccountId,
    pub to: AccountId,
    pub id: Option<Id>,
    pub approved: bool,
}

/// The registry was instantiated.
#[ink::event]
pub struct RegistryCreated {
    pub chain_tag: Hash,
}

/// A campaign was created, with `escrow` locked for it. `uri` leads to the document whose SHA-256 the terms hold.
#[ink::event]
pub struct CampaignCreated {
    #[ink(topic)]
    pub issuer: AccountId,
    pub campaign: CampaignId,
    pub terms: Terms,
    pub uri: Vec<u8>,
    pub escrow: Balance,
}

/// A campaign got better for its holders.
#[ink::event]
pub struct CampaignImproved {
    #[ink(topic)]
    pub campaign: CampaignId,
    pub improvement: Improvement,
}

/// The issuer took back escrow that backed nothing.
#[ink::event]
pub struct EscrowWithdrawn {
    #[ink(topic)]
    pub campaign: CampaignId,
    pub amount: Balance,
}

/// A drop of `size` codes was committed to.
#[ink::event]
pub struct DropCreated {
    #[ink(topic)]
    pub campaign: CampaignId,
    pub drop: u32,
    pub root: Hash,
    pub size: u32,
}

/// `count` coupons from `first_serial` on were issued; a `Transfer` each says to whom.
#[ink::event]
pub struct CouponsIssued {
    #[ink(topic)]
    pub campaign: CampaignId,
    pub first_serial: u32,
    pub count: u32,
    pub valid_until: Timestamp,
    pub source: Source,
}

/// The issuer froze a coupon, or thawed it (`reason` is `None`).
#[ink::event]
pub struct CouponFreezeChanged {
    #[ink(topic)]
    pub coupon: CouponId,
    pub reason: Option<u8>,
}

/// An order took effect with its coupons.
#[ink::event]
pub struct OrderRedeemed {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub redemption: Redemption,
}

/// A redemption was undone: its coupons live again.
#[ink::event]
pub struct OrderRolledBack {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub redemption: Redemption,
}

/// A merchant named a cashier, or dismissed one.
#[ink::event]
pub struct CashierChanged {
    #[ink(topic)]
    pub merchant: AccountId,
    pub cashier: AccountId,
    pub allowed: bool,
}

/// All permits that an account signed before `epoch` are void.
#[ink::event]
pub struct PermitsCancelled {
    #[ink(topic)]
    pub account: AccountId,
    pub epoch: u32,
}

/// A pay-out failed and waits for its owner.
#[ink::event]
pub struct CreditAdded {
    #[ink(topic)]
    pub account: AccountId,
    pub asset: Asset,
    pub amount: Balance,
}

/// A waiting pay-out was collected.
#[ink::event]
pub struct CreditWithdrawn {
    #[ink(topic)]
    pub account: AccountId,
    pub asset: Asset,
    pub amount: Balance,
}
