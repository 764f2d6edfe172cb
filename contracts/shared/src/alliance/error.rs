//! Every reason an alliance refuses. Knows none of the rules.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use super::config::ConfigFault;
use crate::{
    assets::{Asset, PaymentFault},
    ids::CouponId,
    registry::PassedOn,
    scribe::Scribe,
    AccountId, Balance, Timestamp,
};
#[cfg(target_arch = "wasm32")]
use ink::prelude::vec;
use ink::prelude::vec::Vec;
#[cfg(target_arch = "wasm32")]
use scale::{Decode, Input};
use scale::{Encode, Output};

/// Why an alliance refuses. Amounts are in the alliance's asset. Append only: the index is part of the ABI.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Decode, TypeInfo)]
pub enum AllianceError {
    /// The rules contradict themselves.
    #[codec(index = 0)]
    InvalidConfig(ConfigFault),
    /// No registry whose code the alliance knows is at this address.
    #[codec(index = 1)]
    UnknownRegistry { registry: AccountId },
    /// The account is a member, or has applied, already.
    #[codec(index = 2)]
    AlreadyMember { account: AccountId },
    /// The account never applied, or has exited.
    #[codec(index = 3)]
    NotMember { account: AccountId },
    /// Only the operator does this: admits, suspends and reinstates while members are few, and waives the joining fee.
    #[codec(index = 4)]
    NotOperator { operator: AccountId, caller: AccountId },
    /// The member was admitted before.
    #[codec(index = 5)]
    AlreadyAdmitted { account: AccountId },
    /// The member has not been admitted, is suspended, has defaulted or leaves.
    #[codec(index = 6)]
    NotActive { account: AccountId },
    /// The caller isn't the acceptor, and brings no permit of the acceptor or a cashier; a conversion needs the acceptor's own.
    #[codec(index = 7)]
    NotAcceptor { acceptor: AccountId, caller: AccountId },
    /// The registry refused.
    #[codec(index = 8)]
    Registry(PassedOn),
    /// The registry trapped, or didn't answer as one.
    #[codec(index = 9)]
    RegistryFailed { registry: AccountId },
    /// The debt is in another asset than the alliance settles in.
    #[codec(index = 10)]
    WrongAsset { expected: Asset, redeemed: Asset },
    /// The account's debts would pass min(cap, collateral × cap factor).
    #[codec(index = 11)]
    OverLimit { account: AccountId, exposure: Balance, limit: Balance },
    /// More than the member's collateral.
    #[codec(index = 12)]
    CollateralShort { asked: Balance, collateral: Balance },
    /// An amount of zero changes nothing.
    #[codec(index = 13)]
    ZeroAmount,
    /// The open cycle's time isn't up.
    #[codec(index = 14)]
    CycleRunning { ends_at: Timestamp, now: Timestamp },
    /// The cycle closed last is still owed this much.
    #[codec(index = 15)]
    CycleUnsettled { cycle: u32, owed: Balance },
    /// More than the member owes, or has to make good.
    #[codec(index = 16)]
    OverDue { asked: Balance, due: Balance },
    /// The member may still pay in by itself.
    #[codec(index = 17)]
    BeforeCutOff { cut_off: Timestamp, now: Timestamp },
    /// The member owes nothing of the cycle closed last.
    #[codec(index = 18)]
    NothingDue { account: AccountId },
    /// Nothing of what the member has earned is settled.
    #[codec(index = 19)]
    NothingToPay { account: AccountId },
    /// The member still owes or is owed: in the open cycle, in the one closed last, from those before.
    #[codec(index = 20)]
    PositionOpen { open: i128, due: i128, credit: Balance },
    /// Money didn't move.
    #[codec(index = 21)]
    Payment(PaymentFault),
    /// A sum passed what a number can hold.
    #[codec(index = 22)]
    Overflow,
    /// The redemption could be rolled back for longer than a member that leaves stays answerable.
    #[codec(index = 23)]
    TailTooShort { final_at: Timestamp, tail: Timestamp },
    /// What is left of a default waits for someone to pay it until then.
    #[codec(index = 24)]
    LongstopRunning { due: Balance, longstop: Timestamp },
    /// Others still bear this much of the member's default.
    #[codec(index = 25)]
    NotMadeGood { unpaid: Balance },
    /// Only a member that has said that it leaves may go.
    #[codec(index = 26)]
    NotLeaving { account: AccountId },
    /// The member is still answerable: for the tail since it said that it leaves, and as long as a redemption can be rolled back.
    #[codec(index = 27)]
    StillLiable { until: Timestamp, now: Timestamp },
    /// The member has said so already.
    #[codec(index = 28)]
    AlreadyLeaving { account: AccountId },
    /// Nothing, or more than fits in one call.
    #[codec(index = 29)]
    BatchSize { items: u32, most: u32 },
    /// What was sent isn't an order.
    #[codec(index = 30)]
    NotAnOrder { index: u32 },
    /// A rollback in part pays back exactly what escrow and the payer get.
    #[codec(index = 31)]
    WrongRefund { expected: Balance, offered: Balance },
    /// Disputes about the member's redemptions are open.
    #[codec(index = 32)]
    CasesOpen { cases: u32 },
    /// With so many members who have a vote, only their votes decide this.
    #[codec(index = 33)]
    ByVoteOnly { voters: u32 },
    /// The account applied with another registry or another profile.
    #[codec(index = 34)]
    ApplicationDiffers { account: AccountId },
    /// The member isn't suspended.
    #[codec(index = 35)]
    NotSuspended { account: AccountId },
    /// The member hasn't defaulted.
    #[codec(index = 36)]
    NotDefaulted { account: AccountId },
    /// No motion has this number, or nothing of the caller's is left of it.
    #[codec(index = 37)]
    NoSuchProposal { proposal: u32 },
    /// The vote is over, or the motion was carried.
    #[codec(index = 38)]
    VoteClosed { ends_at: Timestamp, now: Timestamp },
    /// The member wasn't active when the motion was moved.
    #[codec(index = 39)]
    NoVote { account: AccountId },
    /// A member has one vote.
    #[codec(index = 40)]
    AlreadyVoted { proposal: u32, account: AccountId },
    /// The vote runs until then.
    #[codec(index = 41)]
    VoteOpen { ends_at: Timestamp, now: Timestamp },
    /// The other of the two offers no such rate.
    #[codec(index = 42)]
    NoSuchOffer,
    /// The account is none of those it is about.
    #[codec(index = 43)]
    NotParty { account: AccountId },
    /// A rate is more than nothing and at most the whole.
    #[codec(index = 44)]
    RateOutOfRange { bps: u16 },
    /// A rate is never backdated, and the one before stays for the tail.
    #[codec(index = 45)]
    RateTooEarly { from: Timestamp, earliest: Timestamp },
    /// The issuer would come to owe the acceptor more than they agreed for a day.
    #[codec(index = 46)]
    OverDailyCap { cap: Balance, asked: Balance },
    /// The registry knows no such redemption through this alliance, or it was rolled back or forgotten.
    #[codec(index = 47)]
    NoSuchRedemption { acceptor: AccountId, number: u64 },
    /// The time to dispute the redemption is over.
    #[codec(index = 48)]
    CaseWindowOver { until: Timestamp, now: Timestamp },
    /// The issuer has disputed the redemption already.
    #[codec(index = 49)]
    AlreadyDisputed { case: u32 },
    /// The redemption makes this account owe nothing.
    #[codec(index = 50)]
    NothingBooked { issuer: AccountId },
    /// No dispute has this number.
    #[codec(index = 51)]
    NoSuchCase { case: u32 },
    /// The dispute is over.
    #[codec(index = 52)]
    CaseClosed,
    /// The dispute isn't over.
    #[codec(index = 53)]
    CaseOpen { case: u32 },
    /// There is one reply to a dispute.
    #[codec(index = 54)]
    AlreadyReplied,
    /// The time to reply is over.
    #[codec(index = 55)]
    ReplyWindowOver { until: Timestamp, now: Timestamp },
    /// The acceptor may still reply.
    #[codec(index = 56)]
    ReplyRunning { until: Timestamp, now: Timestamp },
    /// Only the resolver named in the rules decides.
    #[codec(index = 57)]
    NotResolver { resolver: AccountId, caller: AccountId },
    /// Nothing over the whole can be given back.
    #[codec(index = 58)]
    ShareOverWhole { bps: u16 },
    /// The time to rule is over.
    #[codec(index = 59)]
    RulingOver { until: Timestamp, now: Timestamp },
    /// The resolver may still rule.
    #[codec(index = 60)]
    RulingRunning { until: Timestamp, now: Timestamp },
    /// What the dispute was about might still be disputed again.
    #[codec(index = 61)]
    CaseWindowRunning { until: Timestamp, now: Timestamp },
    /// The order is for other goods than this coupon, as it stands, for this account.
    #[codec(index = 62)]
    OtherConversion { number: u64 },
    /// The acceptor doesn't hold the coupon.
    #[codec(index = 63)]
    CouponElsewhere { holder: Option<AccountId> },
    /// The registry didn't move the coupon.
    #[codec(index = 64)]
    TransferRefused { coupon: CouponId },
    /// Only the alliance's council may.
    #[codec(index = 65)]
    NotTheCouncil { caller: AccountId },
    /// The council's code isn't on the chain.
    #[codec(index = 66)]
    CouncilFailed,
    /// The alliance trapped, or didn't answer as one.
    #[codec(index = 67)]
    AllianceFailed,
    /// Nothing changes.
    #[codec(index = 68)]
    NoChange,
    /// The profile's URI is longer than fits.
    #[codec(index = 69)]
    UriTooLong { length: u32, most: u32 },
    /// The redemption can still be rolled back.
    #[codec(index = 70)]
    NotFinal { final_at: Timestamp, now: Timestamp },
    /// Nobody rules on a dispute of its own; it times out.
    #[codec(index = 71)]
    ResolverIsParty { resolver: AccountId },
}

/// Variants with fields of the same types share their code.
impl Encode for AllianceError {
    fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
        output.push_byte(self.index());
        output.write(&self.evidence());
    }
}

impl AllianceError {
    /// The fields, as SCALE bytes.
    #[inline(never)]
    fn evidence(&self) -> Vec<u8> {
        let mut scribe = Scribe(Vec::with_capacity(80));
        match self {
            Self::InvalidConfig(a) => {
                a.encode_to(&mut scribe.0);
            }
            Self::UnknownRegistry { registry: a }
            | Self::AlreadyMember { account: a }
            | Self::NotMember { account: a }
            | Self::AlreadyAdmitted { account: a }
            | Self::NotActive { account: a }
            | Self::RegistryFailed { registry: a }
            | Self::NothingDue { account: a }
            | Self::NothingToPay { account: a }
            | Self::NotLeaving { account: a }
            | Self::AlreadyLeaving { account: a }
            | Self::ApplicationDiffers { account: a }
            | Self::NotSuspended { account: a }
            | Self::NotDefaulted { account: a }
            | Self::NoVote { account: a }
            | Self::NotParty { account: a }
            | Self::NothingBooked { issuer: a }
            | Self::ResolverIsParty { resolver: a }
            | Self::NotTheCouncil { caller: a } => {
                scribe.account(*a);
            }
            Self::NotOperator { operator: a, caller: b }
            | Self::NotAcceptor { acceptor: a, caller: b }
            | Self::NotResolver { resolver: a, caller: b } => {
                scribe.account(*a);
                scribe.account(*b);
            }
            Self::Registry(a) => {
                a.encode_to(&mut scribe.0);
            }
            Self::WrongAsset { expected: a, redeemed: b } => {
                a.encode_to(&mut scribe.0);
                b.encode_to(&mut scribe.0);
            }
            Self::OverLimit { account: a, exposure: b, limit: c } => {
                scribe.account(*a);
                scribe.u128(*b);
                scribe.u128(*c);
            }
            Self::CollateralShort { asked: a, collateral: b }
            | Self::OverDue { asked: a, due: b }
            | Self::WrongRefund { expected: a, offered: b }
            | Self::OverDailyCap { cap: a, asked: b } => {
                scribe.u128(*a);
                scribe.u128(*b);
            }
            Self::ZeroAmount
            | Self::Overflow
            | Self::NoSuchOffer
            | Self::CaseClosed
            | Self::AlreadyReplied
            | Self::CouncilFailed
            | Self::AllianceFailed
            | Self::NoChange => {}
            Self::CycleRunning { ends_at: a, now: b }
            | Self::BeforeCutOff { cut_off: a, now: b }
            | Self::TailTooShort { final_at: a, tail: b }
            | Self::NotFinal { final_at: a, now: b }
            | Self::StillLiable { until: a, now: b }
            | Self::VoteClosed { ends_at: a, now: b }
            | Self::VoteOpen { ends_at: a, now: b }
            | Self::RateTooEarly { from: a, earliest: b }
            | Self::CaseWindowOver { until: a, now: b }
            | Self::ReplyWindowOver { until: a, now: b }
            | Self::ReplyRunning { until: a, now: b }
            | Self::RulingOver { until: a, now: b }
            | Self::RulingRunning { until: a, now: b }
            | Self::CaseWindowRunning { until: a, now: b } => {
                scribe.u64(*a);
                scribe.u64(*b);
            }
            Self::CycleUnsettled { cycle: a, owed: b } => {
                scribe.u32(*a);
                scribe.u128(*b);
            }
            Self::PositionOpen { open: a, due: b, credit: c } => {
                a.encode_to(&mut scribe.0);
                b.encode_to(&mut scribe.0);
                scribe.u128(*c);
            }
            Self::Payment(a) => {
                a.encode_to(&mut scribe.0);
            }
            Self::LongstopRunning { due: a, longstop: b } => {
                scribe.u128(*a);
                scribe.u64(*b);
            }
            Self::NotMadeGood { unpaid: a } => {
                scribe.u128(*a);
            }
            Self::BatchSize { items: a, most: b } | Self::UriTooLong { length: a, most: b } => {
                scribe.u32(*a);
                scribe.u32(*b);
            }
            Self::NotAnOrder { index: a }
            | Self::CasesOpen { cases: a }
            | Self::ByVoteOnly { voters: a }
            | Self::NoSuchProposal { proposal: a }
            | Self::AlreadyDisputed { case: a }
            | Self::NoSuchCase { case: a }
            | Self::CaseOpen { case: a } => {
                scribe.u32(*a);
            }
            Self::AlreadyVoted { proposal: a, account: b } => {
                scribe.u32(*a);
                scribe.account(*b);
            }
            Self::RateOutOfRange { bps: a } | Self::ShareOverWhole { bps: a } => {
                scribe.u16(*a);
            }
            Self::NoSuchRedemption { acceptor: a, number: b } => {
                scribe.account(*a);
                scribe.u64(*b);
            }
            Self::OtherConversion { number: a } => {
                scribe.u64(*a);
            }
            Self::CouponElsewhere { holder: a } => {
                a.encode_to(&mut scribe.0);
            }
            Self::TransferRefused { coupon: a } => {
                scribe.coupon(*a);
            }
        }
        scribe.0
    }

    /// The variant's place in the ABI.
    fn index(&self) -> u8 {
        match self {
            Self::InvalidConfig(_) => 0,
            Self::UnknownRegistry { .. } => 1,
            Self::AlreadyMember { .. } => 2,
            Self::NotMember { .. } => 3,
            Self::NotOperator { .. } => 4,
            Self::AlreadyAdmitted { .. } => 5,
            Self::NotActive { .. } => 6,
            Self::NotAcceptor { .. } => 7,
            Self::Registry(_) => 8,
            Self::RegistryFailed { .. } => 9,
            Self::WrongAsset { .. } => 10,
            Self::OverLimit { .. } => 11,
            Self::CollateralShort { .. } => 12,
            Self::ZeroAmount => 13,
            Self::CycleRunning { .. } => 14,
            Self::CycleUnsettled { .. } => 15,
            Self::OverDue { .. } => 16,
            Self::BeforeCutOff { .. } => 17,
            Self::NothingDue { .. } => 18,
            Self::NothingToPay { .. } => 19,
            Self::PositionOpen { .. } => 20,
            Self::Payment(_) => 21,
            Self::Overflow => 22,
            Self::TailTooShort { .. } => 23,
            Self::LongstopRunning { .. } => 24,
            Self::NotMadeGood { .. } => 25,
            Self::NotLeaving { .. } => 26,
            Self::StillLiable { .. } => 27,
            Self::AlreadyLeaving { .. } => 28,
            Self::BatchSize { .. } => 29,
            Self::NotAnOrder { .. } => 30,
            Self::WrongRefund { .. } => 31,
            Self::CasesOpen { .. } => 32,
            Self::ByVoteOnly { .. } => 33,
            Self::ApplicationDiffers { .. } => 34,
            Self::NotSuspended { .. } => 35,
            Self::NotDefaulted { .. } => 36,
            Self::NoSuchProposal { .. } => 37,
            Self::VoteClosed { .. } => 38,
            Self::NoVote { .. } => 39,
            Self::AlreadyVoted { .. } => 40,
            Self::VoteOpen { .. } => 41,
            Self::NoSuchOffer => 42,
            Self::NotParty { .. } => 43,
            Self::RateOutOfRange { .. } => 44,
            Self::RateTooEarly { .. } => 45,
            Self::OverDailyCap { .. } => 46,
            Self::NoSuchRedemption { .. } => 47,
            Self::CaseWindowOver { .. } => 48,
            Self::AlreadyDisputed { .. } => 49,
            Self::NothingBooked { .. } => 50,
            Self::NoSuchCase { .. } => 51,
            Self::CaseClosed => 52,
            Self::CaseOpen { .. } => 53,
            Self::AlreadyReplied => 54,
            Self::ReplyWindowOver { .. } => 55,
            Self::ReplyRunning { .. } => 56,
            Self::NotResolver { .. } => 57,
            Self::ShareOverWhole { .. } => 58,
            Self::RulingOver { .. } => 59,
            Self::RulingRunning { .. } => 60,
            Self::CaseWindowRunning { .. } => 61,
            Self::OtherConversion { .. } => 62,
            Self::CouponElsewhere { .. } => 63,
            Self::TransferRefused { .. } => 64,
            Self::NotTheCouncil { .. } => 65,
            Self::CouncilFailed => 66,
            Self::AllianceFailed => 67,
            Self::NoChange => 68,
            Self::UriTooLong { .. } => 69,
            Self::NotFinal { .. } => 70,
            Self::ResolverIsParty { .. } => 71,
        }
    }
}

/// What rules and messages give. A contract ends the call as soon as it refuses, with the bytes that `Err` would have; so in its code there is no `Err` to carry
/// on, which makes it smaller. Everywhere else this is plainly `Result<T, AllianceError>`.
#[cfg(not(target_arch = "wasm32"))]
pub type Outcome<T> = Result<T, AllianceError>;
/// See above.
#[cfg(target_arch = "wasm32")]
pub type Outcome<T> = Result<T, Refused>;

/// An error that a contract never holds: making one ends the call.
#[cfg(target_arch = "wasm32")]
pub enum Refused {}

#[cfg(target_arch = "wasm32")]
impl From<AllianceError> for Refused {
    #[inline(never)]
    fn from(error: AllianceError) -> Self {
        let mut reply = vec![0, 1];
        error.encode_to(&mut reply);
        ink::env::return_value(ink::env::ReturnFlags::REVERT, &crate::ledger::Raw(reply))
    }
}

#[cfg(target_arch = "wasm32")]
impl Encode for Refused {}

#[cfg(target_arch = "wasm32")]
impl Decode for Refused {
    fn decode<I: Input>(_: &mut I) -> Result<Self, scale::Error> {
        Err("a refusal of another contract is decoded as its error".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::RegistryError;
    use scale::{Decode, DecodeAll};

    #[test]
    fn a_refusal_reads_and_writes_as_the_registry_error_it_is() {
        let error = RegistryError::OrderUsed { number: 7 };
        let reply: Result<Result<(), RegistryError>, ink::LangError> = Ok(Err(error));
        let read = Result::<Result<(), PassedOn>, ink::LangError>::decode_all(&mut &*reply.encode());
        let refusal = PassedOn::from(error);
        assert_eq!(read, Ok(Ok(Err(refusal.clone()))));
        assert_eq!(refusal.error(), Some(error));
        let ours = AllianceError::Registry(refusal);
        assert_eq!(ours.encode(), (8u8, error).encode());
        assert_eq!(AllianceError::decode_all(&mut &*ours.encode()), Ok(ours));
    }

    #[test]
    fn every_error_is_written_as_it_is_read() {
        use ink::scale_info::{TypeDef, TypeInfo};
        let TypeDef::Variant(errors) = AllianceError::type_info().type_def else {
            panic!("an error is an enum");
        };
        for variant in errors.variants {
            // Long enough for any evidence, and none of it zero.
            let bytes = [&[variant.index][..], &[1; 80]].concat();
            let mut rest = bytes.as_slice();
            let error =
                AllianceError::decode(&mut rest).unwrap_or_else(|fault| panic!("{}: {fault}", variant.name));
            let read = bytes.len() - rest.len();
            assert_eq!(error.encode(), bytes.get(..read).unwrap(), "{}", variant.name);
        }
    }

    #[test]
    fn a_refusal_that_is_no_registry_error_reads_as_none() {
        assert_eq!(PassedOn::from(vec![255]).error(), None);
    }
}
