//! What the office tells the world: one event for every change of state that isn't the registry's to tell.
use ink::prelude::vec::Vec;
use shared::{
    campaigns::Improvement,
    claims::{Source, VoucherKey},
    ids::{CampaignId, CouponId},
    terms::Terms,
    AccountId, Balance, Hash, Timestamp,
};

/// A registry was instantiated, and this office with it.
#[ink::event]
pub struct OfficeOpened {
    #[ink(topic)]
    pub registry: AccountId,
    pub chain_tag: Hash,
    pub guardian: AccountId,
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

/// An issuer offered a campaign to another account, or thought better of it (`to` is `None`).
#[ink::event]
pub struct CampaignOffered {
    #[ink(topic)]
    pub campaign: CampaignId,
    pub to: Option<AccountId>,
}

/// A campaign has another issuer.
#[ink::event]
pub struct CampaignHandedOver {
    #[ink(topic)]
    pub campaign: CampaignId,
    pub issuer: AccountId,
}

/// A drop of `size` codes or entries was committed to.
#[ink::event]
pub struct DropCreated {
    #[ink(topic)]
    pub campaign: CampaignId,
    pub drop: u32,
    pub root: Hash,
    pub size: u32,
}

/// `count` coupons from `first_serial` on were issued; a `Transfer` of the registry's each says to whom.
#[ink::event]
pub struct CouponsIssued {
    #[ink(topic)]
    pub campaign: CampaignId,
    pub first_serial: u32,
    pub count: u32,
    pub valid_until: Timestamp,
    pub advocate: Option<AccountId>,
    pub source: Source,
}

/// A campaign named a key that signs vouchers, or dismissed it.
#[ink::event]
pub struct VoucherKeyChanged {
    #[ink(topic)]
    pub campaign: CampaignId,
    pub key: Hash,
    pub named: Option<VoucherKey>,
}

/// A merchant lets an account do this for it; nothing any more, where nothing is granted.
#[ink::event]
pub struct RoleChanged {
    #[ink(topic)]
    pub merchant: AccountId,
    pub account: AccountId,
    pub operator: bool,
    pub cashier: bool,
    pub daily_cap: Option<Balance>,
}

/// The issuer froze a coupon, or thawed it (`reason` is `None`).
#[ink::event]
pub struct CouponFreezeChanged {
    #[ink(topic)]
    pub coupon: CouponId,
    pub reason: Option<u8>,
}

/// An issuer froze an account for its coupons, or thawed it.
#[ink::event]
pub struct AccountFreezeChanged {
    #[ink(topic)]
    pub issuer: AccountId,
    pub account: AccountId,
    pub reason: Option<u8>,
}

/// The issuer revoked a coupon, for its own reason; what backed it was paid to its holder.
#[ink::event]
pub struct CouponRevoked {
    #[ink(topic)]
    pub coupon: CouponId,
    pub reason: u8,
    pub paid: Balance,
}

/// The issuer added value to a gift card.
#[ink::event]
pub struct CouponToppedUp {
    #[ink(topic)]
    pub coupon: CouponId,
    pub value: Balance,
}

/// The guardian changed what is paused: the bits of `Scope`.
#[ink::event]
pub struct PauseChanged {
    pub scopes: u8,
}

/// The guardian offered its place, or thought better of it.
#[ink::event]
pub struct GuardianOffered {
    pub to: Option<AccountId>,
}

/// The office has another guardian; none any more, where it stepped down.
#[ink::event]
pub struct GuardianChanged {
    pub guardian: Option<AccountId>,
}
