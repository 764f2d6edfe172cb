//! The bytes people sign, and their check. A permit is the same idea as EIP-2612's, for sr25519.
//!
//! Signed bytes: `<Bytes>` ‖ `couponry/1` ‖ SCALE(chain tag, contract, purpose, subject, epoch, deadline) ‖ `</Bytes>`.
//! Wallets wrap raw bytes so before signing, and only the wrapped form verifies here.
use crate::{
    ids::CouponId,
    registry::{Refusal, RegistryError},
    AccountId, Balance, Hash, Signature, Timestamp,
};
use ink::prelude::vec::Vec;
use scale::Encode;

/// What a signature is for; a signature for one purpose is no use for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Purpose {
    /// A code's one-time key gives its coupon to an account. Subject: (campaign, drop, code index, account, advocate).
    #[codec(index = 0)]
    Claim,
    /// An acceptor or its cashier takes coupons for an order. Subject: (the coupons as presented, the order's hash); without the coupons,
    /// anyone's own campaign would do.
    #[codec(index = 1)]
    Order,
    /// A holder lets a coupon be spent on an order. Subject: (the coupon as presented, the order's hash).
    #[codec(index = 2)]
    Spend,
    /// A code's one-time key spends its coupon at once. Subject: (what `Claim` signs, the order's hash).
    #[codec(index = 3)]
    ClaimAndSpend,
    /// A campaign's signer or device hands a coupon out. Subject: (campaign, nonce, account, advocate).
    #[codec(index = 4)]
    Voucher,
    /// An audience's key knows an account. Subject: (class, account).
    #[codec(index = 5)]
    Attest,
}

/// The chain and contract a signature is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Domain {
    /// The chain's genesis hash, given when the contract was instantiated.
    pub chain_tag: Hash,
    /// The contract that will check the signature.
    pub contract: AccountId,
}

/// A signature with what its signer bound it to besides the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Permit {
    /// The signer's permit epoch; raising the epoch cancels every permit signed before.
    pub epoch: u32,
    /// Good until just before this time.
    pub deadline: Timestamp,
    /// Over the wrapped bytes.
    pub signature: Signature,
}

/// An acceptor's consent to an order, by itself or one of its cashiers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct OrderPermit {
    /// Who signed.
    pub signer: AccountId,
    /// Their permit.
    pub permit: Permit,
}

/// A coupon as it is presented for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Presented {
    /// The coupon.
    pub coupon: CouponId,
    /// The most it may take off, in the asset's smallest unit: a part of a gift card, say.
    pub most: Option<Balance>,
    /// Whether the order goes on without it if it is refused.
    pub optional: bool,
}

/// A coupon presented for an order, with its holder's consent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct CouponPermit {
    /// The coupon.
    pub presented: Presented,
    /// Its holder's permit; `None` when the holder is the caller.
    pub permit: Option<Permit>,
}

impl From<CouponId> for Presented {
    /// All of the coupon, or no redemption.
    fn from(coupon: CouponId) -> Self {
        Self { coupon, most: None, optional: false }
    }
}

/// Everyone's consent to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Permits {
    /// The acceptor's; `None` when the acceptor or its cashier is the caller.
    pub acceptor: Option<OrderPermit>,
    /// The coupons in the order they apply, with their holders' permits.
    pub coupons: Vec<CouponPermit>,
}

impl Permits {
    /// The coupons alone: what an acceptor's permit is about.
    pub fn presented(&self) -> Vec<Presented> {
        self.coupons.iter().map(|coupon| coupon.presented).collect()
    }
}

impl Domain {
    /// The exact bytes to sign.
    pub fn message(
        &self,
        purpose: Purpose,
        subject: &impl Encode,
        epoch: u32,
        deadline: Timestamp,
    ) -> Vec<u8> {
        self.wrap(purpose, &subject.encode(), epoch, deadline)
    }

    fn wrap(&self, purpose: Purpose, subject: &[u8], epoch: u32, deadline: Timestamp) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512);
        bytes.extend_from_slice(b"<Bytes>couponry/1");
        (self.chain_tag, self.contract, purpose).encode_to(&mut bytes);
        bytes.extend_from_slice(subject);
        (epoch, deadline).encode_to(&mut bytes);
        bytes.extend_from_slice(b"</Bytes>");
        bytes
    }

    /// Whether `signer` signed the message that a permit belongs to.
    pub fn verifies(&self, signer: &Hash, purpose: Purpose, subject: &impl Encode, permit: &Permit) -> bool {
        self.verifies_bytes(signer, purpose, &subject.encode(), permit)
    }

    #[inline(never)]
    fn verifies_bytes(&self, signer: &Hash, purpose: Purpose, subject: &[u8], permit: &Permit) -> bool {
        let message = self.wrap(purpose, subject, permit.epoch, permit.deadline);
        ink::env::sr25519_verify(&permit.signature, &message, signer).is_ok()
    }
}

/// Whether a permit is in force and signed by `signer`, whose epoch is `current`.
/// # Errors
/// `PermitExpired`, `PermitCancelled`, `PermitInvalid`.
pub fn ensure_permitted(
    domain: &Domain,
    signer: AccountId,
    purpose: Purpose,
    subject: &impl Encode,
    permit: &Permit,
    current: u32,
    now: Timestamp,
) -> Result<(), Refusal> {
    ensure_bytes_permitted(domain, signer, purpose, &subject.encode(), permit, current, now)
}

#[inline(never)]
fn ensure_bytes_permitted(
    domain: &Domain,
    signer: AccountId,
    purpose: Purpose,
    subject: &[u8],
    permit: &Permit,
    current: u32,
    now: Timestamp,
) -> Result<(), Refusal> {
    if now >= permit.deadline {
        return Err(RegistryError::PermitExpired { deadline: permit.deadline, now }.into());
    }
    if permit.epoch != current {
        return Err(RegistryError::PermitCancelled { epoch: permit.epoch, current }.into());
    }
    let key: &Hash = signer.as_ref();
    if !domain.verifies_bytes(key, purpose, subject, permit) {
        return Err(RegistryError::PermitInvalid { signer }.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Signer, DOMAIN, NOW};

    const COUPON: CouponId = CouponId { campaign: 1, serial: 2 };

    #[test]
    fn a_permit_is_looked_at_for_its_time_then_its_epoch_then_its_signature() {
        let (signer, subject) = (Signer::new(1), (Presented::from(COUPON), [7u8; 32]));
        let (epoch, deadline) = (3, NOW + 1);
        let signature = signer.sign(Purpose::Spend, &subject, epoch, deadline);
        let check = |signature, current, now| {
            let permit = Permit { epoch, deadline, signature };
            ensure_permitted(&DOMAIN, signer.account(), Purpose::Spend, &subject, &permit, current, now)
        };
        let unsigned = [0; 64];
        let expired = RegistryError::PermitExpired { deadline, now: deadline };
        assert_eq!(check(signature, epoch, NOW), Ok(()));
        assert_eq!(check(signature, epoch, deadline), Err(expired.into()));
        assert_eq!(check(unsigned, 4, deadline), Err(expired.into()));
        let cancelled = RegistryError::PermitCancelled { epoch, current: 4 };
        assert_eq!(check(signature, 4, NOW), Err(cancelled.into()));
        assert_eq!(check(unsigned, 4, NOW), Err(cancelled.into()));
        // An epoch that is yet to come is as void as one that is over.
        let early = RegistryError::PermitCancelled { epoch, current: 2 };
        assert_eq!(check(signature, 2, NOW), Err(early.into()));
        let invalid = RegistryError::PermitInvalid { signer: signer.account() };
        assert_eq!(check(unsigned, epoch, NOW), Err(invalid.into()));
    }

    #[test]
    fn a_signature_is_of_one_signer_for_one_purpose_and_for_the_coupon_just_as_presented() {
        let signer = Signer::new(1);
        let presented = Presented { most: Some(5), ..COUPON.into() };
        let signature = signer.sign(Purpose::Spend, &presented, 0, NOW);
        let permit = Permit { epoch: 0, deadline: NOW, signature };
        let verifies = |key, purpose, presented| DOMAIN.verifies(&key, purpose, &presented, &permit);
        assert!(verifies(signer.key(), Purpose::Spend, presented));
        assert!(!verifies(Signer::new(2).key(), Purpose::Spend, presented));
        assert!(!verifies(signer.key(), Purpose::Order, presented));
        for other in [
            Presented { most: None, ..presented },
            Presented { most: Some(6), ..presented },
            Presented { optional: true, ..presented },
            Presented { coupon: CouponId { serial: 3, ..COUPON }, ..presented },
        ] {
            assert!(!verifies(signer.key(), Purpose::Spend, other));
        }
    }

    #[test]
    fn a_coupon_is_presented_whole_and_for_certain_unless_said_otherwise() {
        let expected = Presented { coupon: COUPON, most: None, optional: false };
        assert_eq!(Presented::from(COUPON), expected);
    }

    #[test]
    fn every_field_changes_the_signed_bytes_and_the_wrapping_is_exact() {
        let domain = Domain { chain_tag: [1; 32], contract: AccountId::from([2; 32]) };
        let base = domain.message(Purpose::Spend, &(1u32, [3u8; 32]), 4, 5);
        assert!(base.starts_with(b"<Bytes>couponry/1") && base.ends_with(b"</Bytes>"));
        let others = [
            Domain { chain_tag: [9; 32], ..domain }.message(Purpose::Spend, &(1u32, [3u8; 32]), 4, 5),
            Domain { contract: AccountId::from([9; 32]), ..domain }.message(
                Purpose::Spend,
                &(1u32, [3u8; 32]),
                4,
                5,
            ),
            domain.message(Purpose::Order, &(1u32, [3u8; 32]), 4, 5),
            domain.message(Purpose::Spend, &(2u32, [3u8; 32]), 4, 5),
            domain.message(Purpose::Spend, &(1u32, [3u8; 32]), 5, 5),
            domain.message(Purpose::Spend, &(1u32, [3u8; 32]), 4, 6),
        ];
        assert!(others.iter().all(|other| *other != base));
    }
}
