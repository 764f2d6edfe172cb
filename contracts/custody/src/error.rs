//! Every reason custody refuses. Knows none of the rules.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use shared::{
    assets::{Asset, PaymentFault},
    registry::PassedOn,
    AccountId, Balance, Hash, Timestamp,
};

/// Why custody refuses. Amounts are in the payment's asset, times in milliseconds. Append only: the index is part of the ABI.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum CustodyError {
    /// At least one registry code is known, and no more than fit.
    #[codec(index = 0)]
    RegistryCount { listed: u32, most: u32 },
    /// The registry's code isn't one that is known here; `None` when there is no contract at all.
    #[codec(index = 1)]
    UnknownRegistry { registry: AccountId, code: Option<Hash> },
    /// A merchant can't rule its own disputes, and nobody can't rule any.
    #[codec(index = 2)]
    BadResolver { resolver: AccountId },
    /// The time to dispute is zero or too long.
    #[codec(index = 3)]
    TimeToDispute { time: u64, most: u64 },
    /// The time to rule is zero or too long.
    #[codec(index = 4)]
    TimeToRule { time: u64, most: u64 },
    /// A share of more than 10,000 bps.
    #[codec(index = 5)]
    ShareOverWhole { bps: u16 },
    /// The order is to be settled on chain at the registry.
    #[codec(index = 6)]
    OnChainOrder { number: u64 },
    /// The acceptor has set no terms.
    #[codec(index = 7)]
    NoTerms { acceptor: AccountId },
    /// The acceptor can't pay its own order.
    #[codec(index = 8)]
    OwnOrder { acceptor: AccountId },
    /// Whoever would rule can't be the payer.
    #[codec(index = 9)]
    ResolverPays { resolver: AccountId },
    /// The acceptor's permit is over.
    #[codec(index = 10)]
    PermitExpired { deadline: Timestamp, now: Timestamp },
    /// The acceptor's permit is for other terms than those of now.
    #[codec(index = 11)]
    PermitCancelled { epoch: u32, current: u32 },
    /// The acceptor didn't sign this.
    #[codec(index = 12)]
    PermitInvalid { signer: AccountId },
    /// A payment under this number is held already.
    #[codec(index = 13)]
    AlreadyHeld { number: u64 },
    /// The registry refused.
    #[codec(index = 14)]
    Registry(PassedOn),
    /// The registry trapped, or didn't answer as one.
    #[codec(index = 15)]
    RegistryFailed { registry: AccountId },
    /// The coupons pay for all of the order.
    #[codec(index = 16)]
    NothingToHold { number: u64 },
    /// Nothing is held under this acceptor and number, or not any more.
    #[codec(index = 17)]
    NoSuchPayment { acceptor: AccountId, number: u64 },
    /// Only the payer disputes.
    #[codec(index = 18)]
    NotPayer { payer: AccountId, caller: AccountId },
    /// A payment is disputed once.
    #[codec(index = 19)]
    AlreadyDisputed { number: u64 },
    /// The time to dispute is over.
    #[codec(index = 20)]
    TimeToDisputeOver { until: Timestamp, now: Timestamp },
    /// Nobody has disputed the payment.
    #[codec(index = 21)]
    NotDisputed { number: u64 },
    /// A dispute is answered once.
    #[codec(index = 22)]
    AlreadyReplied { number: u64 },
    /// The time to rule is over.
    #[codec(index = 23)]
    TimeToRuleOver { until: Timestamp, now: Timestamp },
    /// Only the resolver of the payment's terms rules.
    #[codec(index = 24)]
    NotResolver { resolver: AccountId, caller: AccountId },
    /// The payer may still dispute.
    #[codec(index = 25)]
    StillDisputable { until: Timestamp, now: Timestamp },
    /// The resolver may still rule.
    #[codec(index = 26)]
    StillToBeRuled { until: Timestamp, now: Timestamp },
    /// An amount of zero changes nothing.
    #[codec(index = 27)]
    ZeroAmount,
    /// More than is held.
    #[codec(index = 28)]
    OverHeld { asked: Balance, held: Balance },
    /// The account's pull balance is empty.
    #[codec(index = 29)]
    NoCredit { asset: Asset },
    /// Money didn't move.
    #[codec(index = 30)]
    Payment(PaymentFault),
}

#[cfg(test)]
mod tests {
    use super::*;
    use scale::{DecodeAll, Encode};
    use shared::registry::RegistryError;

    #[test]
    fn a_registrys_refusal_is_passed_on_as_it_is() {
        let error = RegistryError::OrderUsed { number: 7 };
        let ours = CustodyError::Registry(error.into());
        assert_eq!(ours.encode(), (14u8, error).encode());
        assert_eq!(CustodyError::decode_all(&mut &*ours.encode()), Ok(ours));
        assert_eq!(PassedOn::from(error.encode()).error(), Some(error));
        assert_eq!(PassedOn::from(vec![255]).error(), None);
    }
}
