//! Handing coupons out: what a drop commits to, what a claimer shows, and who may sign vouchers. Knows no storage.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use crate::{
    ids::CampaignId,
    merkle,
    order::digest,
    permit::{Domain, Permit, Purpose},
    registry::{Refusal, RegistryError},
    terms::{Audience, Terms},
    AccountId, Hash, Signature, Timestamp,
};
use ink::prelude::vec::Vec;

/// The most coupons handed out in one call: their proof stays within a block's.
pub const MAX_BATCH: u32 = 50;

/// A set of printed codes, or a list of accounts: a Merkle root over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Drop {
    /// The Merkle root of the codes' public keys, or of the list's entries.
    pub root: Hash,
    /// How many there are.
    pub size: u32,
}

/// A key that signs vouchers for an issuer: a backend's, or a device's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct VoucherKey {
    /// A device's, which stands where anyone may reach it.
    pub device: bool,
    /// The most vouchers of one period that take effect; `None` for a signer that is trusted with the whole supply.
    pub quota: Option<Quota>,
}

/// How many vouchers of a key take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Quota {
    /// In one period.
    pub most: u32,
    /// How long a period is, in milliseconds.
    pub period: u64,
    /// When the newest period started.
    pub since: Timestamp,
    /// How many took effect in it.
    pub used: u32,
}

impl Quota {
    /// One voucher more. A period starts with the first voucher after the last one's end.
    /// # Errors
    /// `QuotaReached`.
    pub fn count(&mut self, now: Timestamp) -> Result<(), Refusal> {
        let until = self.since.saturating_add(self.period);
        if now >= until {
            (self.since, self.used) = (now, 0);
        }
        if self.used >= self.most {
            return Err(RegistryError::QuotaReached { most: self.most, until }.into());
        }
        self.used = self.used.saturating_add(1);
        Ok(())
    }
}

/// Where coupons came from. Each source takes effect once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Source {
    /// A batch, by the issuer's own number for it.
    #[codec(index = 0)]
    Batch(u64),
    /// A code of a drop, or an entry of a list.
    #[codec(index = 1)]
    Code {
        /// The drop.
        drop: u32,
        /// The place in it, from 0.
        index: u32,
    },
    /// A voucher.
    #[codec(index = 2)]
    Voucher {
        /// Who signed it.
        key: Hash,
        /// The key's own number for it.
        nonce: u64,
    },
}

/// What the owner of a printed code shows to have its coupon. At the registry or, with an attestation, at the office.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct CodeClaim {
    /// The drop's campaign.
    pub campaign: CampaignId,
    /// The drop.
    pub drop: u32,
    /// The code's place in it, from 0.
    pub index: u32,
    /// The code's one-time public key.
    pub key: Hash,
    /// That the key is in the drop.
    pub proof: Vec<Hash>,
    /// Who gets the coupon.
    pub to: AccountId,
    /// Who brought them.
    pub advocate: Option<AccountId>,
    /// The key's signature over (campaign, drop, index, to, advocate), and over the order too where the coupon is spent at once.
    pub signature: Signature,
}

/// What entitles an account to coupons, at the office.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Entitlement {
    /// An entry of a list: `to` gets `count` coupons, whoever submits it.
    #[codec(index = 0)]
    Listed {
        /// The drop.
        drop: u32,
        /// The entry's place in it, from 0.
        index: u32,
        /// How many coupons.
        count: u32,
        /// That (to, count) is in the list.
        proof: Vec<Hash>,
    },
    /// A voucher of one of the campaign's keys.
    #[codec(index = 1)]
    Voucher {
        /// Who signed it.
        key: Hash,
        /// The key's own number for it; each takes effect once.
        nonce: u64,
        /// Good until just before this time.
        deadline: Timestamp,
        /// The key's signature over (campaign, nonce, to, advocate).
        signature: Signature,
    },
    /// A code of a drop, of a campaign for an attested audience; others are claimed at the registry.
    #[codec(index = 2)]
    Code {
        /// The drop.
        drop: u32,
        /// The code's place in it, from 0.
        index: u32,
        /// The code's one-time public key.
        key: Hash,
        /// That the key is in the drop.
        proof: Vec<Hash>,
        /// As in `CodeClaim`.
        signature: Signature,
    },
}

/// A word of the audience's key on an account. Says a class and nothing of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Attestation {
    /// Good until just before this time.
    pub expires_at: Timestamp,
    /// The key's signature over (class, account).
    pub signature: Signature,
}

/// What an account shows to have coupons at the office.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Claim {
    /// The campaign.
    pub campaign: CampaignId,
    /// Who gets the coupons.
    pub to: AccountId,
    /// Who brought them: signed with a voucher; an entry of a list has none.
    pub advocate: Option<AccountId>,
    /// Where the terms are for an attested audience.
    pub attestation: Option<Attestation>,
    /// Why.
    pub entitlement: Entitlement,
}

/// What a list's entry commits to.
pub fn listed(to: AccountId, count: u32) -> Hash {
    digest(&(to, count))
}

impl CodeClaim {
    /// What the code's key signs.
    pub fn subject(&self) -> (CampaignId, u32, u32, AccountId, Option<AccountId>) {
        (self.campaign, self.drop, self.index, self.to, self.advocate)
    }

    /// Whether the code is in `drop` and its key signed: for the order of digest `spent_on` too, where the coupon is spent at once.
    /// # Errors
    /// `CodeUnproven`, `ClaimUnsigned`.
    pub fn check(&self, drop: &Drop, spent_on: Option<&Hash>, domain: &Domain) -> Result<(), Refusal> {
        let index = self.index;
        if !merkle::proves(&drop.root, drop.size, index, &self.key, &self.proof) {
            return Err(RegistryError::CodeUnproven { index }.into());
        }
        let permit = Permit { epoch: 0, deadline: Timestamp::MAX, signature: self.signature };
        let signed = match spent_on {
            None => domain.verifies(&self.key, Purpose::Claim, &self.subject(), &permit),
            Some(order) => {
                domain.verifies(&self.key, Purpose::ClaimAndSpend, &(self.subject(), order), &permit)
            }
        };
        if !signed {
            return Err(RegistryError::ClaimUnsigned { index }.into());
        }
        Ok(())
    }
}

impl Entitlement {
    /// How many coupons it is for.
    pub fn count(&self) -> u32 {
        match self {
            Self::Listed { count, .. } => *count,
            Self::Voucher { .. } | Self::Code { .. } => 1,
        }
    }

    /// Where the coupons come from.
    pub fn source(&self) -> Source {
        match *self {
            Self::Listed { drop, index, .. } | Self::Code { drop, index, .. } => Source::Code { drop, index },
            Self::Voucher { key, nonce, .. } => Source::Voucher { key, nonce },
        }
    }
}

impl Claim {
    /// What a voucher's key signs.
    pub fn voucher_subject(&self, nonce: u64) -> (CampaignId, u64, AccountId, Option<AccountId>) {
        (self.campaign, nonce, self.to, self.advocate)
    }

    /// Whether an entry is in `drop`.
    /// # Errors
    /// `CodeUnproven`, `BatchSize`, `AdvocateUnsigned`.
    pub fn check_entry(&self, drop: &Drop, index: u32, count: u32, proof: &[Hash]) -> Result<(), Refusal> {
        if !merkle::proves(&drop.root, drop.size, index, &listed(self.to, count), proof) {
            return Err(RegistryError::CodeUnproven { index }.into());
        }
        if count == 0 || count > MAX_BATCH {
            return Err(RegistryError::BatchSize { items: count, most: MAX_BATCH }.into());
        }
        if self.advocate.is_some() {
            return Err(RegistryError::AdvocateUnsigned.into());
        }
        Ok(())
    }

    /// Whether a voucher is good, but for its nonce and its key's quota.
    /// # Errors
    /// `VoucherExpired`, `VoucherUnsigned`.
    pub fn check_voucher(
        &self,
        key: &Hash,
        nonce: u64,
        (deadline, signature): (Timestamp, Signature),
        domain: &Domain,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if now >= deadline {
            return Err(RegistryError::VoucherExpired { deadline, now }.into());
        }
        let permit = Permit { epoch: 0, deadline, signature };
        if !domain.verifies(key, Purpose::Voucher, &self.voucher_subject(nonce), &permit) {
            return Err(RegistryError::VoucherUnsigned { nonce }.into());
        }
        Ok(())
    }
}

/// Whether a claimer is of the terms' audience, and has another for an advocate.
/// # Errors
/// `SelfReferral`, `AttestationMissing`, `AttestationExpired`, `AttestationInvalid`.
pub fn check_audience(
    terms: &Terms,
    (to, advocate): (AccountId, Option<AccountId>),
    attestation: &Option<Attestation>,
    domain: &Domain,
    now: Timestamp,
) -> Result<(), Refusal> {
    ensure_other(to, advocate)?;
    let Audience::Attested { key, class } = terms.audience else {
        return Ok(());
    };
    let Some(Attestation { expires_at, signature }) = *attestation else {
        return Err(RegistryError::AttestationMissing { class }.into());
    };
    if now >= expires_at {
        return Err(RegistryError::AttestationExpired { expires_at, now }.into());
    }
    let permit = Permit { epoch: 0, deadline: expires_at, signature };
    if !domain.verifies(&key, Purpose::Attest, &(class, to), &permit) {
        return Err(RegistryError::AttestationInvalid { class }.into());
    }
    Ok(())
}

/// Nobody is their own advocate.
/// # Errors
/// `SelfReferral`.
pub fn ensure_other(to: AccountId, advocate: Option<AccountId>) -> Result<(), Refusal> {
    if advocate == Some(to) {
        return Err(RegistryError::SelfReferral.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
