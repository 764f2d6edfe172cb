//! What the service desk tells the world: one event for every change of state that isn't the registry's to tell.
use ink::prelude::vec::Vec;
use shared::{assets::Asset, ids::CouponId, order::Redemption, AccountId, Balance, Hash, Timestamp};

/// A registry was instantiated, and this desk with it.
#[ink::event]
pub struct DeskOpened {
    #[ink(topic)]
    pub registry: AccountId,
    pub chain_tag: Hash,
}

/// A redemption was undone whole, or down to what `remains`: what it took is back with the coupons, or with new ones that a `Transfer` each tells of.
#[ink::event]
pub struct OrderRolledBack {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub number: u64,
    pub remains: Option<Redemption>,
    /// What whoever paid on chain gets back.
    pub to_payer: Balance,
}

/// Coupons were locked for an order, whose digest this is.
#[ink::event]
pub struct CouponsReserved {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub order: Hash,
    pub coupons: Vec<CouponId>,
    pub until: Timestamp,
}

/// A coupon ended unspent. It is gone, or stays empty until it is `cleared`.
#[ink::event]
pub struct CouponExpired {
    #[ink(topic)]
    pub coupon: CouponId,
    pub cleared: bool,
    pub to_holder: Balance,
    pub to_fund: Balance,
}

/// A gift card gave `value` of what it had to a new one.
#[ink::event]
pub struct CouponSplit {
    #[ink(topic)]
    pub coupon: CouponId,
    pub part: CouponId,
    pub value: Balance,
}

/// A gift card took over another's value, and the earlier end of both.
#[ink::event]
pub struct CouponsMerged {
    #[ink(topic)]
    pub into: CouponId,
    pub from: CouponId,
}

/// A reservation was lifted.
#[ink::event]
pub struct CouponReleased {
    #[ink(topic)]
    pub coupon: CouponId,
}

/// An advocate was given `coupon` for a friend's first order.
#[ink::event]
pub struct AdvocateRewarded {
    #[ink(topic)]
    pub advocate: AccountId,
    pub friend: AccountId,
    pub acceptor: AccountId,
    pub number: u64,
    pub coupon: CouponId,
    pub valid_until: Timestamp,
    /// The friend's coupon.
    pub friends_coupon: CouponId,
}

/// A holder rated a redemption. `comment` is the SHA-256 of what they wrote.
#[ink::event]
pub struct RedemptionRated {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub number: u64,
    pub holder: AccountId,
    pub stars: u8,
    pub comment: Option<Hash>,
}

/// An acceptor freed the record of a redemption that was final.
#[ink::event]
pub struct RedemptionForgotten {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub number: u64,
}

/// All permits that an account signed before `epoch` are void.
#[ink::event]
pub struct PermitsCancelled {
    #[ink(topic)]
    pub account: AccountId,
    pub epoch: u32,
}

/// A waiting pay-out was collected.
#[ink::event]
pub struct CreditWithdrawn {
    #[ink(topic)]
    pub account: AccountId,
    pub asset: Asset,
    pub amount: Balance,
}
