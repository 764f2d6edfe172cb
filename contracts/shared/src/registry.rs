//! What the alliance and the market ask of a registry, and every reason a registry refuses.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use crate::{
    assets::{Asset, PaymentFault},
    ids::{CampaignId, CouponId},
    order::{Kept, Order, Redeemed, Redemption},
    permit::Permits,
    scribe::Scribe,
    terms::TermsFault,
    AccountId, Balance, Hash, Timestamp,
};
use ink::prelude::{boxed::Box, vec::Vec};
use scale::{Encode, Output};

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
    /// The most it can still take off.
    pub largest_discount: Balance,
    /// What it has left: value of a gift card, uses of any other.
    pub left: Balance,
    /// The highest price the terms allow; `None` without a resale band.
    pub highest_price: Option<Balance>,
}

/// The messages that other contracts of the suite call.
#[ink::trait_definition]
pub trait CouponRegistry {
    /// Spends up to 5 coupons on an order, in the order presented, each on what those before it leave of the eligible amount. A coupon marked
    /// optional may be refused without spoiling the rest. The acceptor or its cashier agrees by calling or by a permit; so does each
    /// coupon's holder. An alliance is a cashier of its members: where the terms name the caller as the alliance, the redemption is the alliance's.
    ///
    /// Settled off chain, no value may be sent. Settled on chain, the caller pays the net price to the acceptor: native value sent along, with what is over
    /// going back to the caller, or PSP22 by the caller's allowance to the registry. An alliance or a market that calls has it from whoever called it: it
    /// passes value on and gives back what comes back. A rollback pays the redemption's `payer`: the caller, or where a contract calls the holder of the first
    /// coupon spent, for a contract couldn't pass it on. Escrow is paid to the acceptor, into its pull balance where the
    /// transfer fails. The caller pays the deposit of the order's word (once in 16 orders) and of the record, and has that of coupons used up.
    /// # Errors
    /// `EligibleOverBasket`, `OrderExpired`, `AcceptorIsPayer`, `OrderUsed`, `NotAcceptor`, `PermitExpired`, `PermitCancelled`, `PermitInvalid`,
    /// `CouponCount`, and for the first coupon that isn't optional `DuplicateCoupon`, `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`,
    /// `RedeemWindowClosed`, `CouponExpired`, `ForeignCoupon`, `OnlyThroughAlliance`, `NotStackable`, `BelowMinBasket`, `NoEffect`, `AssetMismatch`,
    /// `OutOfOrder`, `LimitReached`, `AccountFrozen`, `NotFirstOrder`, `PermitMissing`, `PermitExpired`, `PermitCancelled`, `PermitInvalid`,
    /// `LimitReached`, `BudgetExhausted`; `NothingApplied`, `LimitReached` for a cashier's day, `Payment`.
    #[ink(message, payable)]
    fn redeem(&mut self, order: Order, permits: Permits) -> Outcome<Redemption>;

    /// A backlog: up to 50 orders, each as `redeem` with its own result. One that is refused changes nothing and
    /// spoils nothing. Settled off chain only. Orders that follow each other and share acceptor
    /// and asset are announced, and paid from escrow, together. The event has the redemptions whole.
    /// # Errors
    /// `BatchSize`, `Payment`; for an order as `redeem`, and `OnChainInBatch`.
    #[ink(message)]
    fn redeem_batch(
        &mut self,
        orders: Vec<(Order, Permits)>,
    ) -> Outcome<Vec<Result<Redeemed, RegistryError>>>;

    /// The registry's office, where issuers set campaigns up, and its service desk, where redemptions are rolled back.
    #[ink(message)]
    fn branches(&self) -> (AccountId, AccountId);
}

/// What the alliance and the market ask of a registry's service desk.
#[ink::trait_definition]
pub trait ServiceDesk {
    /// `roll_back` by the alliance the redemption came through, which lets only the acceptor do it. Escrow comes back as native value
    /// sent along, or as PSP22 by the alliance's allowance to the desk.
    /// # Errors
    /// As `roll_back`.
    #[ink(message, payable)]
    fn roll_back_for_alliance(
        &mut self,
        redemption: Redemption,
        kept: Option<Kept>,
    ) -> Outcome<Option<Redemption>>;

    /// What a market must know to sell `coupon`.
    /// # Errors
    /// `Paused`, `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`.
    #[ink(message)]
    fn sale_terms(&self, coupon: CouponId) -> Outcome<SaleTerms>;

    /// `sale_terms` of 1 to 20 coupons, in the order asked, or of none.
    /// # Errors
    /// `BatchSize`, then for the first coupon that is refused as `sale_terms`.
    #[ink(message)]
    fn sale_terms_of(&self, coupons: Vec<CouponId>) -> Outcome<Vec<SaleTerms>>;

    /// Moves 1 to 20 coupons of one holder to `to`, all or none, by the rules of PSP34's `transfer`: the caller is the holder, or approved for all it holds
    /// or for each of them. One PSP34 `Transfer` each, which the registry emits. No deposit changes hands but that of a holder's record.
    ///
    /// Touches: 2 a coupon, 2 each for the holders' records, 2 more where the caller isn't the holder.
    /// # Errors
    /// `BatchSize`, then for the first coupon that is refused `DuplicateCoupon`, `NoSuchCoupon`, `NotHolder` where the first one's holder doesn't hold it,
    /// `CouponFrozen`, `CouponLocked`, `Soulbound`, `MarketOnly`; `NotApproved`, `Overflow`.
    #[ink(message)]
    fn transfer_many(&mut self, to: AccountId, coupons: Vec<CouponId>) -> Outcome<()>;
}

/// Why a registry, its office or its service desk refuses. Append only: the index is part of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Decode, TypeInfo)]
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
    // 41 was OnChainThroughAlliance.
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
    /// A limit of the terms, or of a cashier, doesn't reach.
    #[codec(index = 47)]
    LimitReached { limit: Limit, most: Balance, asked: Balance },
    /// The holder's first order at this issuer was another.
    #[codec(index = 48)]
    NotFirstOrder { coupon: CouponId, acceptor: AccountId, number: u64 },
    /// The issuer froze the holder's account, for its own reason.
    #[codec(index = 49)]
    AccountFrozen { account: AccountId, reason: u8 },
    /// The coupon is reserved for another order, or may not be parted, merged or ended while it is reserved.
    #[codec(index = 50)]
    CouponLocked { coupon: CouponId, until: Timestamp },
    /// The terms let the coupon be spent only alone.
    #[codec(index = 51)]
    NotStackable { coupon: CouponId },
    /// Coupons of a lower priority number come first.
    #[codec(index = 52)]
    OutOfOrder { coupon: CouponId, priority: u8, after: u8 },
    /// The coupon is presented twice.
    #[codec(index = 53)]
    DuplicateCoupon { coupon: CouponId },
    /// The coupon counts in another asset than the ones before it.
    #[codec(index = 54)]
    AssetMismatch { coupon: CouponId },
    /// Every coupon was optional, and every one was refused.
    #[codec(index = 55)]
    NothingApplied,
    /// In a batch, orders are settled off chain.
    #[codec(index = 56)]
    OnChainInBatch,
    /// The terms ask for an attestation of this class.
    #[codec(index = 57)]
    AttestationMissing { class: u8 },
    /// The attestation has ended.
    #[codec(index = 58)]
    AttestationExpired { expires_at: Timestamp, now: Timestamp },
    /// The audience's key didn't sign this class for this account.
    #[codec(index = 59)]
    AttestationInvalid { class: u8 },
    /// The campaign names no such key, or not any more.
    #[codec(index = 60)]
    NoSuchKey { key: Hash },
    /// The key's vouchers for this period are spent; the next one starts at `until`.
    #[codec(index = 61)]
    QuotaReached { most: u32, until: Timestamp },
    /// The key's voucher of this nonce took effect before.
    #[codec(index = 62)]
    VoucherUsed { nonce: u64 },
    /// The voucher's deadline has passed.
    #[codec(index = 63)]
    VoucherExpired { deadline: Timestamp, now: Timestamp },
    /// The key did not sign this voucher for this account.
    #[codec(index = 64)]
    VoucherUnsigned { nonce: u64 },
    /// Only a coupon that one use uses up goes straight from paper to discount.
    #[codec(index = 65)]
    NotOneUse { campaign: CampaignId },
    /// Nobody signed for the advocate.
    #[codec(index = 66)]
    AdvocateUnsigned,
    /// Nobody is their own advocate.
    #[codec(index = 67)]
    SelfReferral,
    /// The guardian paused this.
    #[codec(index = 68)]
    Paused { scope: Scope },
    /// Only the registry's own office and service desk may.
    #[codec(index = 69)]
    NotTheOffice { caller: AccountId },
    /// The caller doesn't hold the coupon.
    #[codec(index = 70)]
    NotHolder { holder: AccountId },
    /// The campaign's coupons can't be reserved.
    #[codec(index = 71)]
    NoReservations { campaign: CampaignId },
    /// Nothing reserves the coupon.
    #[codec(index = 72)]
    NotReserved { coupon: CouponId },
    /// Only gift cards are parted, merged and topped up.
    #[codec(index = 73)]
    NotStoredValue { coupon: CouponId },
    /// A part must leave something on both sides.
    #[codec(index = 74)]
    BadSplit { asked: Balance, left: Balance },
    /// Only coupons of one campaign and one holder merge.
    #[codec(index = 75)]
    MergeMismatch { into: CouponId, from: CouponId },
    /// The coupon can still be spent.
    #[codec(index = 76)]
    NotExpired { coupon: CouponId, ends_at: Timestamp },
    /// The redemption is rated already.
    #[codec(index = 77)]
    AlreadyRated { number: u64 },
    /// A rating is 1 to 5.
    #[codec(index = 78)]
    BadRating { stars: u8 },
    /// The redemption may still be rolled back.
    #[codec(index = 79)]
    NotFinal { final_at: Timestamp, now: Timestamp },
    /// The coupon came without an advocate, or its terms have no reward.
    #[codec(index = 80)]
    NoReferral { coupon: CouponId },
    /// The friend's first order was another, or its reward was given.
    #[codec(index = 81)]
    NotRewarded { friend: AccountId },
    /// The advocate has been rewarded for as many friends as the terms allow.
    #[codec(index = 82)]
    ReferralCap { most: u32 },
    /// The caller is neither the issuer nor its operator.
    #[codec(index = 83)]
    NotOperator { caller: AccountId },
    /// Only the guardian may.
    #[codec(index = 84)]
    NotGuardian { caller: AccountId },
    /// Nothing was offered to the caller.
    #[codec(index = 85)]
    NotOffered { caller: AccountId },
    /// What was kept is more than there was, or all of it.
    #[codec(index = 86)]
    BadKept { basket: Balance, eligible: Balance },
    /// What was kept would cost more than all of it did: a coupon that no longer applies took more off than went back.
    #[codec(index = 87)]
    NetWouldRise { before: Balance, after: Balance },
    /// Nothing changes.
    #[codec(index = 88)]
    NoChange,
    /// The office didn't answer as it should.
    #[codec(index = 89)]
    OfficeFailed,
    /// A stamp can't be taken back from a card that is full, or has another holder.
    #[codec(index = 90)]
    CardMovedOn { coupon: CouponId },
    /// The campaign has as many drops as fit.
    #[codec(index = 91)]
    TooManyDrops { most: u32 },
    /// A contract holds the coupon, a market say, and couldn't pass on what is paid for it: it must come back to a person first.
    #[codec(index = 92)]
    HeldByContract { holder: AccountId },
    /// The caller neither holds the coupon nor is approved to move it.
    #[codec(index = 93)]
    NotApproved { coupon: CouponId },
    /// The campaign's coupons never change hands.
    #[codec(index = 94)]
    Soulbound { coupon: CouponId },
    /// The campaign's coupons change hands only through its market.
    #[codec(index = 95)]
    MarketOnly { coupon: CouponId },
}

/// Variants with fields of the same types share their code: derived, this would be 2.6 kB more in every contract.
impl Encode for RegistryError {
    fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
        output.push_byte(self.index());
        output.write(&self.evidence());
    }
}

impl RegistryError {
    /// The fields, as SCALE bytes.
    #[inline(never)]
    fn evidence(&self) -> Vec<u8> {
        let mut scribe = Scribe(Vec::with_capacity(48));
        match *self {
            Self::NoSuchCampaign { campaign: a }
            | Self::HolderLimit { limit: a }
            | Self::CodeUsed { index: a }
            | Self::CodeUnproven { index: a }
            | Self::ClaimUnsigned { index: a }
            | Self::BudgetExhausted { campaign: a }
            | Self::NotOneUse { campaign: a }
            | Self::NoReservations { campaign: a }
            | Self::ReferralCap { most: a }
            | Self::TooManyDrops { most: a } => {
                scribe.u32(a);
            }
            Self::NoSuchDrop { campaign: a, drop: b }
            | Self::UriTooLong { length: a, most: b }
            | Self::SupplyExhausted { asked: a, left: b }
            | Self::BatchSize { items: a, most: b }
            | Self::CouponCount { presented: a, most: b }
            | Self::PermitCancelled { epoch: a, current: b } => {
                scribe.u32(a);
                scribe.u32(b);
            }
            Self::NoSuchCoupon { coupon: a }
            | Self::ForeignCoupon { coupon: a }
            | Self::NoEffect { coupon: a }
            | Self::PermitMissing { coupon: a }
            | Self::NotFrozen { coupon: a }
            | Self::CouponBacked { coupon: a }
            | Self::NotStackable { coupon: a }
            | Self::DuplicateCoupon { coupon: a }
            | Self::AssetMismatch { coupon: a }
            | Self::NotReserved { coupon: a }
            | Self::NotStoredValue { coupon: a }
            | Self::NoReferral { coupon: a }
            | Self::CardMovedOn { coupon: a }
            | Self::NotApproved { coupon: a }
            | Self::Soulbound { coupon: a }
            | Self::MarketOnly { coupon: a } => {
                scribe.coupon(a);
            }
            Self::NotIssuer { issuer: a }
            | Self::NotAcceptor { signer: a }
            | Self::PermitInvalid { signer: a }
            | Self::NotTheAlliance { caller: a }
            | Self::OnlyThroughAlliance { alliance: a }
            | Self::NotTheOffice { caller: a }
            | Self::NotHolder { holder: a }
            | Self::HeldByContract { holder: a }
            | Self::NotRewarded { friend: a }
            | Self::NotOperator { caller: a }
            | Self::NotGuardian { caller: a }
            | Self::NotOffered { caller: a } => {
                scribe.account(a);
            }
            Self::InvalidTerms(fault) => fault.encode_to(&mut scribe.0),
            Self::Payment(fault) => fault.encode_to(&mut scribe.0),
            Self::Overflow
            | Self::IssuingStopped
            | Self::EmptyDrop
            | Self::NotBetter
            | Self::NoEscrow
            | Self::NoCredit
            | Self::AcceptorIsPayer
            | Self::NothingApplied
            | Self::OnChainInBatch
            | Self::AdvocateUnsigned
            | Self::SelfReferral
            | Self::NoChange
            | Self::OfficeFailed => {}
            Self::IssueWindowClosed { start: a, end: b, now: c }
            | Self::RedeemWindowClosed { start: a, end: b, now: c } => {
                scribe.u64(a);
                scribe.u64(b);
                scribe.u64(c);
            }
            Self::EscrowShort { needed: a, free: b }
            | Self::EscrowCommitted { asked: a, free: b }
            | Self::EligibleOverBasket { eligible: a, basket: b }
            | Self::BelowMinBasket { basket: a, least: b }
            | Self::BadSplit { asked: a, left: b }
            | Self::BadKept { basket: a, eligible: b }
            | Self::NetWouldRise { before: a, after: b } => {
                scribe.u128(a);
                scribe.u128(b);
            }
            Self::SourceUsed { source: a }
            | Self::OrderUsed { number: a }
            | Self::NoSuchRedemption { number: a }
            | Self::VoucherUsed { nonce: a }
            | Self::VoucherUnsigned { nonce: a }
            | Self::AlreadyRated { number: a } => {
                scribe.u64(a);
            }
            Self::OrderExpired { deadline: a, now: b }
            | Self::PermitExpired { deadline: a, now: b }
            | Self::RedemptionFinal { final_at: a, now: b }
            | Self::AttestationExpired { expires_at: a, now: b }
            | Self::VoucherExpired { deadline: a, now: b }
            | Self::NotFinal { final_at: a, now: b } => {
                scribe.u64(a);
                scribe.u64(b);
            }
            Self::CouponExpired { coupon: a, valid_until: b, now: c } => {
                scribe.coupon(a);
                scribe.u64(b);
                scribe.u64(c);
            }
            Self::CouponFrozen { coupon: a, reason: b } => {
                scribe.coupon(a);
                scribe.u8(b);
            }
            Self::LimitReached { limit: a, most: b, asked: c } => {
                a.encode_to(&mut scribe.0);
                scribe.u128(b);
                scribe.u128(c);
            }
            Self::NotFirstOrder { coupon: a, acceptor: b, number: c } => {
                scribe.coupon(a);
                scribe.account(b);
                scribe.u64(c);
            }
            Self::AccountFrozen { account: a, reason: b } => {
                scribe.account(a);
                scribe.u8(b);
            }
            Self::CouponLocked { coupon: a, until: b } | Self::NotExpired { coupon: a, ends_at: b } => {
                scribe.coupon(a);
                scribe.u64(b);
            }
            Self::OutOfOrder { coupon: a, priority: b, after: c } => {
                scribe.coupon(a);
                scribe.u8(b);
                scribe.u8(c);
            }
            Self::AttestationMissing { class: a }
            | Self::AttestationInvalid { class: a }
            | Self::BadRating { stars: a } => {
                scribe.u8(a);
            }
            Self::NoSuchKey { key: a } => {
                scribe.hash(a);
            }
            Self::QuotaReached { most: a, until: b } => {
                scribe.u32(a);
                scribe.u64(b);
            }
            Self::Paused { scope: a } => {
                a.encode_to(&mut scribe.0);
            }
            Self::MergeMismatch { into: a, from: b } => {
                scribe.coupon(a);
                scribe.coupon(b);
            }
        }
        scribe.0
    }

    /// The variant's place in the ABI.
    pub fn index(&self) -> u8 {
        match self {
            Self::NoSuchCampaign { .. } => 0,
            Self::NoSuchDrop { .. } => 1,
            Self::NoSuchCoupon { .. } => 2,
            Self::NotIssuer { .. } => 3,
            Self::InvalidTerms(_) => 4,
            Self::UriTooLong { .. } => 5,
            Self::Payment(_) => 6,
            Self::Overflow => 7,
            Self::IssueWindowClosed { .. } => 8,
            Self::IssuingStopped => 9,
            Self::SupplyExhausted { .. } => 10,
            Self::HolderLimit { .. } => 11,
            Self::EscrowShort { .. } => 12,
            Self::BatchSize { .. } => 13,
            Self::SourceUsed { .. } => 14,
            Self::EmptyDrop => 15,
            Self::CodeUsed { .. } => 16,
            Self::CodeUnproven { .. } => 17,
            Self::ClaimUnsigned { .. } => 18,
            Self::NotBetter => 19,
            Self::NoEscrow => 20,
            Self::EscrowCommitted { .. } => 21,
            Self::NoCredit => 22,
            Self::CouponCount { .. } => 23,
            Self::EligibleOverBasket { .. } => 24,
            Self::OrderExpired { .. } => 25,
            Self::OrderUsed { .. } => 26,
            Self::NotAcceptor { .. } => 27,
            Self::ForeignCoupon { .. } => 28,
            Self::RedeemWindowClosed { .. } => 29,
            Self::CouponExpired { .. } => 30,
            Self::CouponFrozen { .. } => 31,
            Self::BelowMinBasket { .. } => 32,
            Self::BudgetExhausted { .. } => 33,
            Self::NoEffect { .. } => 34,
            Self::PermitMissing { .. } => 35,
            Self::PermitExpired { .. } => 36,
            Self::PermitCancelled { .. } => 37,
            Self::PermitInvalid { .. } => 38,
            Self::AcceptorIsPayer => 39,
            Self::NotTheAlliance { .. } => 40,
            Self::OnlyThroughAlliance { .. } => 42,
            Self::NoSuchRedemption { .. } => 43,
            Self::RedemptionFinal { .. } => 44,
            Self::NotFrozen { .. } => 45,
            Self::CouponBacked { .. } => 46,
            Self::LimitReached { .. } => 47,
            Self::NotFirstOrder { .. } => 48,
            Self::AccountFrozen { .. } => 49,
            Self::CouponLocked { .. } => 50,
            Self::NotStackable { .. } => 51,
            Self::OutOfOrder { .. } => 52,
            Self::DuplicateCoupon { .. } => 53,
            Self::AssetMismatch { .. } => 54,
            Self::NothingApplied => 55,
            Self::OnChainInBatch => 56,
            Self::AttestationMissing { .. } => 57,
            Self::AttestationExpired { .. } => 58,
            Self::AttestationInvalid { .. } => 59,
            Self::NoSuchKey { .. } => 60,
            Self::QuotaReached { .. } => 61,
            Self::VoucherUsed { .. } => 62,
            Self::VoucherExpired { .. } => 63,
            Self::VoucherUnsigned { .. } => 64,
            Self::NotOneUse { .. } => 65,
            Self::AdvocateUnsigned => 66,
            Self::SelfReferral => 67,
            Self::Paused { .. } => 68,
            Self::NotTheOffice { .. } => 69,
            Self::NotHolder { .. } => 70,
            Self::NoReservations { .. } => 71,
            Self::NotReserved { .. } => 72,
            Self::NotStoredValue { .. } => 73,
            Self::BadSplit { .. } => 74,
            Self::MergeMismatch { .. } => 75,
            Self::NotExpired { .. } => 76,
            Self::AlreadyRated { .. } => 77,
            Self::BadRating { .. } => 78,
            Self::NotFinal { .. } => 79,
            Self::NoReferral { .. } => 80,
            Self::NotRewarded { .. } => 81,
            Self::ReferralCap { .. } => 82,
            Self::NotOperator { .. } => 83,
            Self::NotGuardian { .. } => 84,
            Self::NotOffered { .. } => 85,
            Self::BadKept { .. } => 86,
            Self::NetWouldRise { .. } => 87,
            Self::NoChange => 88,
            Self::OfficeFailed => 89,
            Self::CardMovedOn { .. } => 90,
            Self::TooManyDrops { .. } => 91,
            Self::HeldByContract { .. } => 92,
            Self::NotApproved { .. } => 93,
            Self::Soulbound { .. } => 94,
            Self::MarketOnly { .. } => 95,
        }
    }
}

/// What there is no more of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the names are those of the terms' limits")]
pub enum Limit {
    #[codec(index = 0)]
    CampaignUses,
    #[codec(index = 1)]
    PeriodUses,
    #[codec(index = 2)]
    PeriodValue,
    #[codec(index = 3)]
    HolderUses,
    #[codec(index = 4)]
    HolderValue,
    #[codec(index = 5)]
    HolderPeriodUses,
    #[codec(index = 6)]
    HolderPeriodValue,
    /// Of a cashier in a day.
    #[codec(index = 7)]
    CashierDay,
}

/// What the guardian may pause. Spending, collecting what is one's own, and taking back what one listed are not among it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Scope {
    /// Creating campaigns.
    #[codec(index = 0)]
    Campaigns,
    /// Issuing and claiming coupons.
    #[codec(index = 1)]
    Claims,
    /// Selling coupons: a market learns no sale terms.
    #[codec(index = 2)]
    Trading,
}

impl Scope {
    /// Its bit among what is paused.
    pub fn bit(self) -> u8 {
        match self {
            Self::Campaigns => 1,
            Self::Claims => 2,
            Self::Trading => 4,
        }
    }

    /// # Errors
    /// `Paused`.
    pub fn ensure_not_in(self, paused: u8) -> Result<(), Refusal> {
        if paused & self.bit() == 0 {
            Ok(())
        } else {
            Err(RegistryError::Paused { scope: self }.into())
        }
    }
}

/// A refusal on its way out. Boxed: code that passes a pointer through every `?` is smaller than code that copies the evidence.
pub type Refusal = Box<RegistryError>;

/// What a message gives. A contract ends the call as soon as it refuses, with the bytes that `Err` would have; so in its code there is no `Err` to carry on,
/// which makes it smaller. Everywhere else this is plainly `Result<T, RegistryError>`.
#[cfg(not(target_arch = "wasm32"))]
pub type Outcome<T> = Result<T, RegistryError>;
/// See above.
#[cfg(target_arch = "wasm32")]
pub type Outcome<T> = Result<T, Refused>;

/// An error that a contract never holds: making one ends the call.
#[cfg(target_arch = "wasm32")]
pub enum Refused {}

#[cfg(target_arch = "wasm32")]
impl From<RegistryError> for Refused {
    #[inline(never)]
    fn from(refusal: RegistryError) -> Self {
        let reply: Result<Result<(), RegistryError>, ink::LangError> = Ok(Err(refusal));
        ink::env::return_value(ink::env::ReturnFlags::REVERT, &reply)
    }
}

#[cfg(target_arch = "wasm32")]
impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        (*refusal).into()
    }
}

#[cfg(target_arch = "wasm32")]
impl Encode for Refused {}

#[cfg(target_arch = "wasm32")]
impl scale::Decode for Refused {
    fn decode<I: scale::Input>(_: &mut I) -> Result<Self, scale::Error> {
        Err("a refusal of another contract is decoded as RegistryError".into())
    }
}

impl From<Refusal> for RegistryError {
    fn from(refusal: Refusal) -> Self {
        *refusal
    }
}

mod lengths;
mod passed_on;

pub use lengths::skip_refusal;
pub use passed_on::PassedOn;

#[cfg(test)]
mod tests;
