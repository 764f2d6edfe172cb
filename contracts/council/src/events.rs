//! What the council tells the world: one event for every change, enough to rebuild it with what the alliance tells. Amounts are in the alliance's asset.
use shared::{
    alliance::{
        council::{CouncilTerms, Motion},
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

/// A dispute is over: by a ruling of `ruled` bps, or because none came. The acceptor gave `given_back` to the issuer in the open cycle: nothing where the
/// redemption no longer stood as it was disputed, and then what is left of it may be disputed again.
#[ink::event]
pub struct CaseClosed {
    #[ink(topic)]
    pub acceptor: AccountId,
    pub case: u32,
    pub ruled: Option<u16>,
    pub stood: bool,
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
