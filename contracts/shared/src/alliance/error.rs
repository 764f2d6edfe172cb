//! Every reason an alliance refuses. Knows none of the rules.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use super::config::ConfigFault;
use crate::{
    assets::{Asset, PaymentFault},
    ids::CouponId,
    registry::RegistryError,
    AccountId, Balance, Timestamp,
};
use ink::prelude::{vec, vec::Vec};
use scale::{Decode, Encode, Input, Output};

/// Why an alliance refuses. Amounts are in the alliance's asset. Append only: the index is part of the ABI.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
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
    /// Only the operator admits.
    #[codec(index = 4)]
    NotOperator { operator: AccountId, caller: AccountId },
    /// The member was admitted before.
    #[codec(index = 5)]
    AlreadyAdmitted { account: AccountId },
    /// The member has not been admitted, is suspended, has defaulted or leaves.
    #[codec(index = 6)]
    NotActive { account: AccountId },
    /// The caller is neither the acceptor nor its cashier.
    #[codec(index = 7)]
    NotAcceptor { acceptor: AccountId, caller: AccountId },
    /// The registry refused.
    #[codec(index = 8)]
    Registry(Refusal),
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
    /// The registry knows no such redemption through this alliance, or it was rolled back.
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
    /// The order is for other goods than this coupon for this account.
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
        let reply: Result<Result<(), AllianceError>, ink::LangError> = Ok(Err(error));
        ink::env::return_value(ink::env::ReturnFlags::REVERT, &reply)
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

/// A `RegistryError`, passed on as the bytes it came in, and described as one in the metadata. The alliance decides nothing by it, and code that
/// reads and writes all its variants would be an eighth of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(Vec<u8>);

impl Refusal {
    /// What the registry said; `None` if it isn't a registry's error.
    pub fn error(&self) -> Option<RegistryError> {
        RegistryError::decode(&mut &*self.0).ok()
    }
}

impl From<Vec<u8>> for Refusal {
    fn from(answer: Vec<u8>) -> Self {
        Self(answer)
    }
}

impl From<RegistryError> for Refusal {
    fn from(error: RegistryError) -> Self {
        Self(error.encode())
    }
}

impl Encode for Refusal {
    fn size_hint(&self) -> usize {
        self.0.len()
    }

    fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
        output.write(&self.0);
    }
}

impl Decode for Refusal {
    /// All that is left of the input: a refusal is the last thing in the reply that carries it.
    fn decode<I: Input>(input: &mut I) -> Result<Self, scale::Error> {
        let mut bytes = vec![0; input.remaining_len()?.unwrap_or(0)];
        input.read(&mut bytes)?;
        Ok(Self(bytes))
    }
}

#[cfg(feature = "std")]
impl ink::scale_info::TypeInfo for Refusal {
    type Identity = RegistryError;

    fn type_info() -> ink::scale_info::Type {
        RegistryError::type_info()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scale::DecodeAll;

    #[test]
    fn a_refusal_reads_and_writes_as_the_registry_error_it_is() {
        let error = RegistryError::OrderUsed { number: 7 };
        let reply: Result<Result<(), RegistryError>, ink::LangError> = Ok(Err(error));
        let read = Result::<Result<(), Refusal>, ink::LangError>::decode_all(&mut &*reply.encode());
        let refusal = Refusal::from(error);
        assert_eq!(read, Ok(Ok(Err(refusal.clone()))));
        assert_eq!(refusal.error(), Some(error));
        let ours = AllianceError::Registry(refusal);
        assert_eq!(ours.encode(), (8u8, error).encode());
        assert_eq!(AllianceError::decode_all(&mut &*ours.encode()), Ok(ours));
    }

    #[test]
    fn a_refusal_that_is_no_registry_error_reads_as_none() {
        assert_eq!(Refusal(vec![255]).error(), None);
    }
}
