//! What the alliance and the market ask of a registry, and every reason a registry refuses.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use crate::{
    assets::{Asset, PaymentFault},
    ids::{CampaignId, CouponId},
    order::{Order, Redemption},
    permit::Permits,
    terms::TermsFault,
    AccountId, Balance, Timestamp,
};
use ink::prelude::boxed::Box;

/// What a market must know to sell a coupon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct SaleTerms {
    /// Who holds it now.
    pub owner: AccountId,
    /// Who is paid the royalty.
    pub issuer: AccountId,
    /// What prices are in.
    pub asset: Asset,
    /// The issuer's share of the price, in bps.
    pub royalty_bps: u16,
    /// When the coupon can no longer be spent.
    pub ends_at: Timestamp,
    /// The most it can take off.
    pub largest_discount: Balance,
}

/// The messages that other contracts of the suite call.
#[ink::trait_definition]
pub trait CouponRegistry {
    /// `redeem` through an alliance: the caller is the alliance that the terms name, and a cashier of the acceptor's. Every
    /// holder's consent must be signed. Settled off chain only; the campaign funded by the alliance or by escrow or by nobody.
    /// # Errors
    /// As `redeem`; `NotTheAlliance`, `OnChainThroughAlliance`, `PermitMissing`.
    #[ink(message)]
    fn redeem_for_alliance(&mut self, order: Order, permits: Permits) -> Result<Redemption, RegistryError>;

    /// `roll_back` by the alliance the redemption came through, which lets only the acceptor do it. Escrow comes back as native value
    /// sent along, or as PSP22 by the alliance's allowance.
    /// # Errors
    /// As `roll_back`.
    #[ink(message, payable)]
    fn roll_back_for_alliance(&mut self, redemption: Redemption) -> Result<(), RegistryError>;

    /// Whether `key` is a cashier of `merchant`.
    #[ink(message)]
    fn is_cashier(&self, merchant: AccountId, key: AccountId) -> bool;

    /// What a market must know to sell `coupon`.
    /// # Errors
    /// `NoSuchCoupon`, `CouponFrozen`.
    #[ink(message)]
    fn sale_terms(&self, coupon: CouponId) -> Result<SaleTerms, RegistryError>;
}

/// Why a registry refuses. Append only: the index is part of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the fields are named for the facts they carry")]
pub enum RegistryError {
    /// No campaign has this number.
    #[codec(index = 0)]
    NoSuchCampaign { campaign: CampaignId },
    /// The campaign has no drop of this number.
    #[codec(index = 1)]
    NoSuchDrop { campaign: CampaignId, drop: u32 },
    /// No live coupon has this id: never issued, or spent.
    #[codec(index = 2)]
    NoSuchCoupon { coupon: CouponId },
    /// Only the campaign's issuer may.
    #[codec(index = 3)]
    NotIssuer { issuer: AccountId },
    /// The terms contradict themselves.
    #[codec(index = 4)]
    InvalidTerms(TermsFault),
    /// The document's URI is longer than fits.
    #[codec(index = 5)]
    UriTooLong { length: u32, most: u32 },
    /// Money didn't move.
    #[codec(index = 6)]
    Payment(PaymentFault),
    /// A sum passed what a number can hold.
    #[codec(index = 7)]
    Overflow,
    /// The issue window is not open.
    #[codec(index = 8)]
    IssueWindowClosed { start: Timestamp, end: Timestamp, now: Timestamp },
    /// The issuer stopped issuing for good.
    #[codec(index = 9)]
    IssuingStopped,
    /// The supply doesn't reach.
    #[codec(index = 10)]
    SupplyExhausted { asked: u32, left: u32 },
    /// The account has had as many coupons as the terms allow.
    #[codec(index = 11)]
    HolderLimit { limit: u32 },
    /// The escrow doesn't back another coupon. In the asset's smallest unit.
    #[codec(index = 12)]
    EscrowShort { needed: Balance, free: Balance },
    /// A batch with nothing in it, or with more than fits.
    #[codec(index = 13)]
    BatchSize { items: u32, most: u32 },
    /// A batch of this source id was issued before.
    #[codec(index = 14)]
    SourceUsed { source: u64 },
    /// A drop needs at least one code.
    #[codec(index = 15)]
    EmptyDrop,
    /// The code was claimed before.
    #[codec(index = 16)]
    CodeUsed { index: u32 },
    /// The code is not in the drop.
    #[codec(index = 17)]
    CodeUnproven { index: u32 },
    /// The code's key did not sign this claim for this account.
    #[codec(index = 18)]
    ClaimUnsigned { index: u32 },
    /// Terms only ever get better for holders.
    #[codec(index = 19)]
    NotBetter,
    /// The campaign isn't funded by escrow.
    #[codec(index = 20)]
    NoEscrow,
    /// More than backs nothing.
    #[codec(index = 21)]
    EscrowCommitted { asked: Balance, free: Balance },
    /// Nothing is owed to the caller in this asset.
    #[codec(index = 22)]
    NoCredit,
    /// Not as many coupons as an order takes.
    #[codec(index = 23)]
    CouponCount { presented: u32, most: u32 },
    /// The order says that more is eligible than is in the basket.
    #[codec(index = 24)]
    EligibleOverBasket { eligible: Balance, basket: Balance },
    /// The order's deadline has passed.
    #[codec(index = 25)]
    OrderExpired { deadline: Timestamp, now: Timestamp },
    /// The acceptor's order of this number took effect before.
    #[codec(index = 26)]
    OrderUsed { number: u64 },
    /// Neither the caller nor the order's signer is the acceptor or its cashier.
    #[codec(index = 27)]
    NotAcceptor { signer: AccountId },
    /// The terms don't let this account accept the coupon.
    #[codec(index = 28)]
    ForeignCoupon { coupon: CouponId },
    /// The redeem window is not open.
    #[codec(index = 29)]
    RedeemWindowClosed { start: Timestamp, end: Timestamp, now: Timestamp },
    /// The coupon ended before the redeem window does.
    #[codec(index = 30)]
    CouponExpired { coupon: CouponId, valid_until: Timestamp, now: Timestamp },
    /// The coupon is frozen, for the issuer's reason.
    #[codec(index = 31)]
    CouponFrozen { coupon: CouponId, reason: u8 },
    /// The basket is below the terms' least.
    #[codec(index = 32)]
    BelowMinBasket { basket: Balance, least: Balance },
    /// The campaign's discount budget doesn't reach for the whole discount.
    #[codec(index = 33)]
    BudgetExhausted { campaign: CampaignId },
    /// The coupon would take nothing off.
    #[codec(index = 34)]
    NoEffect { coupon: CouponId },
    /// The caller doesn't hold the coupon and brings no permit of its holder.
    #[codec(index = 35)]
    PermitMissing { coupon: CouponId },
    /// The permit's deadline has passed.
    #[codec(index = 36)]
    PermitExpired { deadline: Timestamp, now: Timestamp },
    /// The signer cancelled all permits of this epoch.
    #[codec(index = 37)]
    PermitCancelled { epoch: u32, current: u32 },
    /// The signature isn't the signer's over exactly this.
    #[codec(index = 38)]
    PermitInvalid { signer: AccountId },
    /// The acceptor can't pay itself on chain.
    #[codec(index = 39)]
    AcceptorIsPayer,
    /// The caller isn't the alliance that the terms, or the redemption, name.
    #[codec(index = 40)]
    NotTheAlliance { caller: AccountId },
    /// Through an alliance, orders are settled off chain.
    #[codec(index = 41)]
    OnChainThroughAlliance,
    /// The campaign's debts are booked by an alliance: redeem there.
    #[codec(index = 42)]
    OnlyThroughAlliance { alliance: AccountId },
    /// No redemption that could be rolled back is exactly this.
    #[codec(index = 43)]
    NoSuchRedemption { number: u64 },
    /// The rollback window is over.
    #[codec(index = 44)]
    RedemptionFinal { final_at: Timestamp, now: Timestamp },
    /// The coupon isn't frozen.
    #[codec(index = 45)]
    NotFrozen { coupon: CouponId },
    /// A coupon that escrow backs can't be frozen.
    #[codec(index = 46)]
    CouponBacked { coupon: CouponId },
}

/// A refusal on its way out. Boxed: code that passes a pointer through every `?` is smaller than code that copies the evidence.
pub type Refusal = Box<RegistryError>;

impl From<Refusal> for RegistryError {
    fn from(refusal: Refusal) -> Self {
        *refusal
    }
}
