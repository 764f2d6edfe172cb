//! Contract events as typed values. It must not know what an event does to a contract's storage.
//!
//! An event counts only if it is exactly what the contract's code emits: a known signature, data that decodes to the last byte, and topics
//! that follow from the data.
use ink::env::{
    event::TopicsBuilderBackend,
    hash::{Blake2x256, CryptoHash},
    DefaultEnvironment, Event,
};
use scale::{Decode, Encode};
use shared::Hash;
use thiserror::Error;

/// Why bytes are no event of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    #[error("no event of this contract has the signature topic 0x{}", hex::encode(.signature))]
    UnknownSignature { signature: Hash },
    #[error("the event has no signature topic")]
    Unsigned,
    #[error("{event}: the data don't decode")]
    Malformed { event: &'static str },
    #[error("{event}: {bytes} bytes follow the data")]
    TrailingBytes { event: &'static str, bytes: usize },
    #[error("{event}: the topics don't follow from the data")]
    WrongTopics { event: &'static str },
}

/// All events of one contract.
pub(super) trait ContractEvent: Sized {
    /// # Errors
    /// `Unreadable`.
    fn read(topics: &[Hash], data: &[u8]) -> Result<Self, Unreadable>;

    fn name(&self) -> &'static str;
}

macro_rules! contract_events {
    ($(#[$doc:meta])* $name:ident in $contract:ident { $($event:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[allow(clippy::large_enum_variant, reason = "a history holds them once, and what is large in them is rare")]
        pub(super) enum $name {
            $($event($contract::events::$event)),+
        }

        impl ContractEvent for $name {
            fn read(topics: &[Hash], data: &[u8]) -> Result<Self, Unreadable> {
                // Of a contract's events one at most has no signature, and none has another topic then.
                let signature = topics.first().copied();
                $(if <$contract::events::$event as Event>::SIGNATURE_TOPIC == signature {
                    return read_as(stringify!($event), topics, data).map(Self::$event);
                })+
                Err(signature.map_or(Unreadable::Unsigned, |signature| Unreadable::UnknownSignature { signature }))
            }

            fn name(&self) -> &'static str {
                match self {
                    $(Self::$event(_) => stringify!($event)),+
                }
            }
        }
    };
}

contract_events! {
    /// What a registry emits.
    RegistryEvent in registry { Transfer, Approval, CouponsIssued, OrdersRedeemed, CreditAdded, EnumerationKept }
}

contract_events! {
    /// What a registry's office emits.
    OfficeEvent in office {
        OfficeOpened, CampaignCreated, CampaignImproved, EscrowWithdrawn, CampaignOffered, CampaignHandedOver, DropCreated, CouponsIssued,
        VoucherKeyChanged, RoleChanged, CouponFreezeChanged, AccountFreezeChanged, CouponRevoked, CouponToppedUp, PauseChanged,
        GuardianOffered, GuardianChanged,
    }
}

contract_events! {
    /// What a registry's service desk emits.
    DeskEvent in desk {
        DeskOpened, OrderRolledBack, CouponsReserved, CouponExpired, CouponSplit, CouponsMerged, CouponReleased, AdvocateRewarded,
        RedemptionRated, RedemptionForgotten, PermitsCancelled, CreditWithdrawn,
    }
}

contract_events! {
    /// What an alliance emits.
    AllianceEvent in alliance {
        AllianceCreated, OrdersBooked, DebtsReversed,
    }
}

contract_events! {
    /// What an alliance's council emits.
    CouncilEvent in council {
        CouncilOpened, FeeWaived, MemberApplied, MemberLeaving, MemberExited, CollateralDeposited, CollateralWithdrawn, CycleClosed, PayInReceived,
        MemberDefaulted, MadeGood, FundEndowed, PayoutMade, MotionMoved, VoteCast, MotionCarried, VoteCleared, RateOffered, RateAgreed, CaseOpened, CaseReplied, CaseClosed,
        CaseCleared, CouponConverted,
    }
}

contract_events! {
    /// What a market emits.
    MarketEvent in market {
        MarketCreated, FeeChanged, TokenChanged, OwnershipOffered, OwnerChanged, ListingOpened, ListingsSold, ListingReturned,
        BidPlaced, AuctionWon, ListingFailed, SwapMade, ListingsForgotten, AllCancelled, OfferMade, OfferAccepted, OfferWithdrawn,
        CreditAdded, CreditWithdrawn,
    }
}

contract_events! {
    /// What custody emits.
    CustodyEvent in custody {
        CustodyCreated, TermsSet, PaymentHeld, PaymentDisputed, DisputeReplied, DisputeRuled, PaymentSettled, PaymentGivenBack, CreditAdded,
        CreditWithdrawn,
    }
}

fn read_as<E: Event + Decode>(event: &'static str, topics: &[Hash], data: &[u8]) -> Result<E, Unreadable> {
    let mut rest = data;
    let read = E::decode(&mut rest).map_err(|_| Unreadable::Malformed { event })?;
    if !rest.is_empty() {
        let bytes = rest.len();
        return Err(Unreadable::TrailingBytes { event, bytes });
    }
    let expected = read.topics::<DefaultEnvironment, _>(Topics::default().into());
    if expected == topics {
        Ok(read)
    } else {
        Err(Unreadable::WrongTopics { event })
    }
}

/// Topics as a contract gives them to its chain: up to 32 bytes as they are, more as their hash.
#[derive(Default)]
struct Topics(Vec<Hash>);

impl TopicsBuilderBackend<DefaultEnvironment> for Topics {
    type Output = Vec<Hash>;

    fn expect(&mut self, _expected_topics: usize) {}

    fn push_topic<T: Encode>(&mut self, value: &T) {
        let encoded = value.encode();
        let mut topic = Hash::default();
        match topic.get_mut(..encoded.len()) {
            Some(start) => start.copy_from_slice(&encoded),
            None => Blake2x256::hash(&encoded, &mut topic),
        }
        self.0.push(topic);
    }

    fn output(self) -> Vec<Hash> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use market::events::FeeChanged;

    fn emitted() -> (Vec<Hash>, Vec<u8>) {
        let event = FeeChanged { fee_bps: 300, from: 9 };
        let topics = event.topics::<DefaultEnvironment, _>(Topics::default().into());
        (topics, event.encode())
    }

    fn refusal(topics: &[Hash], data: &[u8]) -> Option<Unreadable> {
        MarketEvent::read(topics, data).err()
    }

    #[test]
    fn an_event_is_read_only_when_every_byte_of_it_is_right() {
        let (topics, data) = emitted();
        assert!(matches!(
            MarketEvent::read(&topics, &data),
            Ok(MarketEvent::FeeChanged(FeeChanged { fee_bps: 300, from: 9 }))
        ));
        let event = "FeeChanged";
        assert_eq!(refusal(&topics, &data[..1]), Some(Unreadable::Malformed { event }));
        assert_eq!(
            refusal(&topics, &[data.as_slice(), &[0]].concat()),
            Some(Unreadable::TrailingBytes { event, bytes: 1 })
        );
        assert_eq!(refusal(&[topics[0], [1; 32]], &data), Some(Unreadable::WrongTopics { event }));
        assert_eq!(refusal(&[[9; 32]], &data), Some(Unreadable::UnknownSignature { signature: [9; 32] }));
        assert_eq!(refusal(&[], &data), Some(Unreadable::Unsigned));
    }
}
