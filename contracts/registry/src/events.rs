//! What the registry tells the world: one event for every change of state, enough to rebuild all of it.
use ink::prelude::vec::Vec;
use shared::{
    assets::Asset, claims::Source, ids::CampaignId, order::Redemption, psp34::Id, AccountId, Balance,
    Timestamp,
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

/// A code became a coupon; a `Transfer` says to whom. The office's event of this name is for all other sources.
#[ink::event]
pub struct CouponsIssued {
    pub campaign: CampaignId,
    pub first_serial: u32,
    pub count: u32,
    pub valid_until: Timestamp,
    pub advocate: Option<AccountId>,
    pub source: Source,
}

/// Orders of one acceptor took effect with their coupons. A `claimed` coupon was spent as it was issued, and no `Transfer` tells of it.
#[ink::event]
pub struct OrdersRedeemed {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub redemptions: Vec<Redemption>,
    pub claimed: bool,
}

/// A pay-out failed and waits for its owner.
#[ink::event]
pub struct CreditAdded {
    #[ink(topic)]
    pub account: AccountId,
    pub asset: Asset,
    pub amount: Balance,
}

/// This registry keeps PSP34's enumeration, from its first coupon on.
#[ink::event]
pub struct EnumerationKept {}
