//! Handing coupons out by codes: a drop is the Merkle root of one-time public keys. Knows no storage.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use ink::prelude::vec::Vec;
use shared::{
    ids::CampaignId,
    merkle,
    permit::{Domain, Permit, Purpose},
    registry::{Refusal, RegistryError},
    AccountId, Hash, Signature, Timestamp,
};

/// A printed set of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Drop {
    /// The Merkle root of the codes' public keys.
    pub root: Hash,
    /// How many there are.
    pub size: u32,
}

/// Where coupons came from. Each source takes effect once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Source {
    /// A batch, by the issuer's own number for it.
    #[codec(index = 0)]
    Batch(u64),
    /// A code of a drop.
    #[codec(index = 1)]
    Code {
        /// The drop.
        drop: u32,
        /// The code's place in it, from 0.
        index: u32,
    },
}

/// What a code's owner shows to have its coupon.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Claim {
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
    /// The key's signature over (campaign, drop, index, to).
    pub signature: Signature,
}

impl Claim {
    /// What the code's key signs.
    pub fn subject(&self) -> (CampaignId, u32, u32, AccountId) {
        (self.campaign, self.drop, self.index, self.to)
    }

    /// # Errors
    /// `CodeUnproven`, `ClaimUnsigned`.
    pub fn check(&self, drop: &Drop, domain: &Domain) -> Result<(), Refusal> {
        if !merkle::proves(&drop.root, drop.size, self.index, &self.key, &self.proof) {
            return Err(RegistryError::CodeUnproven { index: self.index }.into());
        }
        let permit = Permit { epoch: 0, deadline: Timestamp::MAX, signature: self.signature };
        if !domain.verifies(&self.key, Purpose::Claim, &self.subject(), &permit) {
            return Err(RegistryError::ClaimUnsigned { index: self.index }.into());
        }
        Ok(())
    }
}
