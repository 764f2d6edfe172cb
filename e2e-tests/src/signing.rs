//! What wallets, tills and printed codes sign, written from the documented format rather than with the contracts' own code, so that a change
//! of the format by accident is noticed.

use chain::{AccountId, Hash, Keypair};
use registry::drops::Claim;
use scale::Encode;
use shared::{
    ids::{CampaignId, CouponId},
    merkle::Tree,
    order::{digest, Order},
    permit::{CouponPermit, OrderPermit, Permit, Purpose},
    Timestamp,
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

    /// An acceptor's or its cashier's consent to `coupon` for `order`, in its first epoch, good as long as the order.
    pub fn order(&self, keys: &Keypair, coupon: CouponId, order: &Order) -> OrderPermit {
        let permit = self.permit(keys, Purpose::Order, &(coupon, digest(order)), 0, order.deadline);
        OrderPermit { signer: keys.account(), permit }
    }

    /// A holder's consent to spend `coupon` on `order`, in its first epoch, good as long as the order.
    pub fn spend(&self, keys: &Keypair, coupon: CouponId, order: &Order) -> CouponPermit {
        let permit = self.permit(keys, Purpose::Spend, &(coupon, digest(order)), 0, order.deadline);
        CouponPermit { coupon, permit: Some(permit) }
    }
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

    /// The claim of code `index` for `to`.
    ///
    /// # Panics
    /// Past the last code.
    pub fn claim(&self, place: Place, campaign: CampaignId, drop: u32, index: u32, to: AccountId) -> Claim {
        let place_of_code = usize::try_from(index).ok();
        let (Some(key), Some(proof)) =
            (place_of_code.and_then(|place| self.keys.get(place)), self.tree.proof(index))
        else {
            panic!("no code {index} was printed")
        };
        let subject = (campaign, drop, index, to);
        let signature = place.permit(key, Purpose::Claim, &subject, 0, Timestamp::MAX).signature;
        Claim { campaign, drop, index, key: key.public(), proof, to, signature }
    }
}
