//! What wallets, tills, devices and printed codes sign, and what lists of accounts commit to; written from the documented format rather than with
//! the contracts' own code, so that a change of the format by accident is noticed.

use chain::{AccountId, Hash, Keypair};
use scale::Encode;
use shared::{
    claims::{Attestation, Claim, CodeClaim, Entitlement},
    ids::CampaignId,
    merkle::Tree,
    order::{digest, Order},
    permit::{CouponPermit, OrderPermit, Permit, Presented, Purpose},
    Signature, Timestamp,
};

/// Where a signature is good: one chain, one registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The genesis hash of the chain.
    pub chain_tag: Hash,
    /// The registry.
    pub registry: AccountId,
}

impl Place {
    /// The bytes that a wallet shows and signs, without its wrapping.
    pub fn bytes(&self, purpose: Purpose, subject: &impl Encode, epoch: u32, deadline: Timestamp) -> Vec<u8> {
        let mut bytes = b"couponry/1".to_vec();
        bytes.extend((self.chain_tag, self.registry, purpose, subject, epoch, deadline).encode());
        bytes
    }

    /// A permit of `keys`, signed as a wallet does: over the wrapped bytes.
    pub fn permit(
        &self,
        keys: &Keypair,
        purpose: Purpose,
        subject: &impl Encode,
        epoch: u32,
        deadline: Timestamp,
    ) -> Permit {
        let message = wrapped(&self.bytes(purpose, subject, epoch, deadline));
        Permit { epoch, deadline, signature: keys.sign(&message) }
    }

    /// An acceptor's or its cashier's consent to `coupons` for `order`, in its first epoch, good as long as the order.
    pub fn order(&self, keys: &Keypair, coupons: &[Presented], order: &Order) -> OrderPermit {
        let permit = self.permit(keys, Purpose::Order, &(coupons, digest(order)), 0, order.deadline);
        OrderPermit { signer: keys.account(), permit }
    }

    /// A holder's consent to spend a coupon on `order`, in its first epoch, good as long as the order.
    pub fn spend(&self, keys: &Keypair, coupon: impl Into<Presented>, order: &Order) -> CouponPermit {
        let presented = coupon.into();
        let permit = self.permit(keys, Purpose::Spend, &(presented, digest(order)), 0, order.deadline);
        CouponPermit { presented, permit: Some(permit) }
    }

    /// A voucher of `keys` for a coupon of `campaign`.
    pub fn voucher(&self, keys: &Keypair, campaign: CampaignId, voucher: Voucher) -> Claim {
        let Voucher { nonce, to, advocate, deadline } = voucher;
        let subject = (campaign, nonce, to, advocate);
        let signature = self.permit(keys, Purpose::Voucher, &subject, 0, deadline).signature;
        let key = keys.public();
        let entitlement = Entitlement::Voucher { key, nonce, deadline, signature };
        Claim { campaign, to, advocate, attestation: None, entitlement }
    }

    /// The word of `keys` that `account` is of `class`.
    pub fn attest(
        &self,
        keys: &Keypair,
        class: u8,
        account: AccountId,
        expires_at: Timestamp,
    ) -> Attestation {
        let signature = self.permit(keys, Purpose::Attest, &(class, account), 0, expires_at).signature;
        Attestation { expires_at, signature }
    }
}

/// What a voucher says besides who signed it for which campaign.
#[derive(Clone, Copy, Debug)]
pub struct Voucher {
    /// The key's own number for it.
    pub nonce: u64,
    /// Who gets the coupon.
    pub to: AccountId,
    /// Who brought them.
    pub advocate: Option<AccountId>,
    /// Good until just before this time.
    pub deadline: Timestamp,
}

/// What wallets make of raw bytes before they sign them.
pub fn wrapped(bytes: &[u8]) -> Vec<u8> {
    [b"<Bytes>", bytes, b"</Bytes>"].concat()
}

/// A printed set of codes, with their private keys.
pub struct Codes {
    keys: Vec<Keypair>,
    tree: Tree,
}

/// Where a code is good and what for.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The drop's campaign.
    pub campaign: CampaignId,
    /// The drop.
    pub drop: u32,
    /// The code's place in it.
    pub index: u32,
    /// Who gets the coupon.
    pub to: AccountId,
    /// Who brought them.
    pub advocate: Option<AccountId>,
}

impl Codes {
    /// `size` codes, the same ones for the same `name`; at least one.
    ///
    /// # Panics
    /// When `size` is zero.
    pub fn print(name: &str, size: u32) -> Self {
        let keys: Vec<_> = (0..size).map(|index| Keypair::named(&format!("{name} code {index}"))).collect();
        let public: Vec<Hash> = keys.iter().map(Keypair::public).collect();
        let Some(tree) = Tree::new(&public) else { panic!("a drop has at least one code") };
        Self { keys, tree }
    }

    /// What the drop commits to.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// The number of codes.
    pub fn size(&self) -> u32 {
        self.tree.size()
    }

    /// The claim of code `index` for `to`, without an advocate.
    ///
    /// # Panics
    /// Past the last code.
    pub fn claim(
        &self,
        place: Place,
        campaign: CampaignId,
        drop: u32,
        index: u32,
        to: AccountId,
    ) -> CodeClaim {
        self.claim_for(place, Target { campaign, drop, index, to, advocate: None })
    }

    /// A code's claim.
    ///
    /// # Panics
    /// Past the last code.
    pub fn claim_for(&self, place: Place, target: Target) -> CodeClaim {
        self.signed(target, |key, subject| place.permit(key, Purpose::Claim, subject, 0, Timestamp::MAX))
    }

    /// A code's claim that spends the coupon on `order` at once.
    ///
    /// # Panics
    /// Past the last code.
    pub fn claim_and_spend(&self, place: Place, target: Target, order: &Order) -> CodeClaim {
        self.signed(target, |key, subject| {
            let subject = (subject, digest(order));
            place.permit(key, Purpose::ClaimAndSpend, &subject, 0, Timestamp::MAX)
        })
    }

    /// A code's claim at the office, which a campaign for an attested audience needs.
    ///
    /// # Panics
    /// Past the last code.
    pub fn claim_attested(&self, place: Place, target: Target, attestation: Option<Attestation>) -> Claim {
        let CodeClaim { campaign, drop, index, key, proof, to, advocate, signature } =
            self.claim_for(place, target);
        let entitlement = Entitlement::Code { drop, index, key, proof, signature };
        Claim { campaign, to, advocate, attestation, entitlement }
    }

    fn signed(&self, target: Target, sign: impl FnOnce(&Keypair, &Subject) -> Permit) -> CodeClaim {
        let Target { campaign, drop, index, to, advocate } = target;
        let place_of_code = usize::try_from(index).ok();
        let (Some(key), Some(proof)) =
            (place_of_code.and_then(|place| self.keys.get(place)), self.tree.proof(index))
        else {
            panic!("no code {index} was printed")
        };
        let signature: Signature = sign(key, &(campaign, drop, index, to, advocate)).signature;
        CodeClaim { campaign, drop, index, key: key.public(), proof, to, advocate, signature }
    }
}

/// What a code's key signs.
type Subject = (CampaignId, u32, u32, AccountId, Option<AccountId>);

/// A list of accounts with a number of coupons each.
pub struct List {
    entries: Vec<(AccountId, u32)>,
    tree: Tree,
}

impl List {
    /// # Panics
    /// Without any entry.
    pub fn of(entries: &[(AccountId, u32)]) -> Self {
        let leaves: Vec<Hash> = entries.iter().map(digest).collect();
        let Some(tree) = Tree::new(&leaves) else { panic!("a list has at least one entry") };
        Self { entries: entries.to_vec(), tree }
    }

    /// What the drop commits to.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// The number of entries.
    pub fn size(&self) -> u32 {
        self.tree.size()
    }

    /// The claim of entry `index`.
    ///
    /// # Panics
    /// Past the last entry.
    pub fn claim(&self, campaign: CampaignId, drop: u32, index: u32) -> Claim {
        let entry = usize::try_from(index).ok().and_then(|index| self.entries.get(index));
        let (Some(&(to, count)), Some(proof)) = (entry, self.tree.proof(index)) else {
            panic!("no entry {index} is listed")
        };
        let entitlement = Entitlement::Listed { drop, index, count, proof };
        Claim { campaign, to, advocate: None, attestation: None, entitlement }
    }
}
