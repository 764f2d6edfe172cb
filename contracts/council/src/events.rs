//! What the council tells the world: one event for every change, of its own storage or the alliance's, enough to rebuild both with what the alliance tells.
//!
//! As with the alliance's events, a member that is named is brought up to the open cycle first, unless all it did was to move a motion, to vote, to offer a rate or to reply:
//! that writes nothing of it. Amounts are in the alliance's asset.
use ink::prelude::vec::Vec;
use shared::{
    alliance::{
        council::{CouncilTerms, Motion},
        cycles::Waterfall,
        rates::{PairRate, Rate},
    },
    ids::CouponId,
    AccountId, Balance, Hash, Timestamp,
};

/// An alliance was instantiated, and this council with it.
#[ink::event]
pub struct CouncilOpened {
    #[ink(topic)]
    pub alliance: AccountId,
    pub terms: CouncilTerms,
}

/// The operator let an account join without a fee, or no longer.
#[ink::event]
pub struct FeeWaived {
    #[ink(topic)]
    pub account: AccountId,
    pub waived: bool,
}

/// An account applied; the joining fee went to the fund, the share is the member's own in it.
#[ink::event]
pub struct MemberApplied {
    #[ink(topic)]
    pub member: AccountId,
    pub registry: AccountId,
    pub profile: Hash,
    /// Where the profile is.
    pub uri: Vec<u8>,
    /// The operator had waived the joining fee; that is used up.
    pub waived: bool,
    pub fee: Balance,
    pub fund_share: Balance,
    pub at: Timestamp,
}

/// A member said that it leaves.
#[ink::event]
pub struct MemberLeaving {
    #[ink(topic)]
    pub member: AccountId,
    pub at: Timestamp,
}

/// A member left, with its collateral and its share in the fund.
#[ink::event]
pub struct MemberExited {
    #[ink(topic)]
    pub member: AccountId,
    pub amount: Balance,
}

/// A member put up collateral.
#[ink::event]
pub struct CollateralDeposited {
    #[ink(topic)]
    pub member: AccountId,
    pub amount: Balance,
}

/// A member took collateral back.
#[ink::event]
pub struct CollateralWithdrawn {
    #[ink(topic)]
    pub member: AccountId,
    pub amount: Balance,
}

/// A cycle was closed with these sums, and the next one opened at `at`; `closer` had `bounty` out of the fund, which then took `fees`.
#[ink::event]
pub struct CycleClosed {
    #[ink(topic)]
    pub closer: AccountId,
    pub number: u32,
    pub debits: Balance,
    pub fees: Balance,
    pub refunds: Balance,
    pub bounty: Balance,
    pub at: Timestamp,
    pub cut_off: Timestamp,
}

/// `payer` paid for what `member` owes of the cycle closed last.
#[ink::event]
pub struct PayInReceived {
    #[ink(topic)]
    pub member: AccountId,
    pub payer: AccountId,
    pub amount: Balance,
}

/// A member had not paid by the cut-off: where what it owed came from. What the fund and creditors bore is the member's to make good.
#[ink::event]
pub struct MemberDefaulted {
    #[ink(topic)]
    pub member: AccountId,
    pub found: Waterfall,
    pub at: Timestamp,
}

/// `payer` paid to the fund what it and creditors had borne for `member`.
#[ink::event]
pub struct MadeGood {
    #[ink(topic)]
    pub member: AccountId,
    pub payer: AccountId,
    pub amount: Balance,
}

/// `payer` added to the fund.
#[ink::event]
pub struct FundEndowed {
    #[ink(topic)]
    pub payer: AccountId,
    pub amount: Balance,
}

/// A member was paid its credit, and what it earned in the cycle closed last if that was settled; `made_good` of it went to the fund instead.
#[ink::event]
pub struct PayoutMade {
    #[ink(topic)]
    pub member: AccountId,
    pub amount: Balance,
    pub made_good: Balance,
}

/// A motion was moved: `proposal` is its number.
#[ink::event]
pub struct MotionMoved {
    #[ink(topic)]
    pub by: AccountId,
    pub proposal: u32,
    pub motion: Motion,
    pub needed: u32,
    pub at: Timestamp,
    pub ends_at: Timestamp,
}

/// A member voted for a motion.
#[ink::event]
pub struct VoteCast {
    #[ink(topic)]
    pub member: AccountId,
    pub proposal: u32,
}

/// A motion was carried out: by the operator, or by the vote on `proposal`.
#[ink::event]
pub struct MotionCarried {
    #[ink(topic)]
    pub member: AccountId,
    pub motion: Motion,
    pub proposal: Option<u32>,
    pub at: Timestamp,
}

/// An account took away its record of a vote that is over: its vote, or with `moved` the motion itself.
#[ink::event]
pub struct VoteCleared {
    #[ink(topic)]
    pub account: AccountId,
    pub proposal: u32,
    pub moved: bool,
}

/// A member offered another a rate, or with `None` took the offer back.
#[ink::event]
pub struct RateOffered {
    #[ink(topic)]
    pub by: AccountId,
    pub acceptor: AccountId,
    pub issuer: AccountId,
    pub rate: Option<Rate>,
}

/// Two members agreed on a rate.
#[ink::event]
pub struct RateAgreed {
    #[ink(topic)]
    pub issuer: AccountId,
    pub acceptor: AccountId,
    /// As the alliance keeps it from now on.
    pub rate: PairRate,
    /// Which of the two accepted what the other had offered.
    pub by: AccountId,
}

/// An issuer disputed a redemption; the fee went to the fund.
#[ink::event]
pub struct CaseOpened {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub case: u32,
    pub issuer: AccountId,
    pub registry: AccountId,
    pub number: u64,
    pub redemption: Hash,
    pub amount: Balance,
    pub reason: u8,
    pub evidence: Hash,
    pub at: Timestamp,
}

/// The acceptor replied.
#[ink::event]
pub struct CaseReplied {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub case: u32,
    pub evidence: Hash,
    pub at: Timestamp,
}

/// A dispute is over: by a ruling of `ruled` bps, or because none came. The acceptor gave `given_back` to the issuer in the open cycle.
#[ink::event]
pub struct CaseClosed {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub case: u32,
    pub ruled: Option<u16>,
    pub given_back: Balance,
}

/// The issuer took away the record of a dispute.
#[ink::event]
pub struct CaseCleared {
    #[ink(topic)]
    pub issuer: AccountId,
    pub case: u32,
}

/// A holder's coupons were spent on an order whose goods were another coupon, which the acceptor handed over.
#[ink::event]
pub struct CouponConverted {
    #[ink(topic)]
    pub to: AccountId,
    pub acceptor: AccountId,
    pub number: u64,
    pub registry: AccountId,
    pub coupon: CouponId,
}
