//! Keys and addresses of people: sr25519 pairs as wallets make them, and SS58 text. It knows no chain.

use crate::AccountId;
use sp_core::{
    crypto::{AccountId32, Ss58AddressFormat, Ss58Codec},
    hashing::blake2_256,
    sr25519, Pair,
};
use thiserror::Error;

/// The SS58 prefix of no particular network.
pub const GENERIC_PREFIX: u16 = 42;

/// An sr25519 key pair. Its signatures verify in a contract with `sr25519_verify`.
#[derive(Clone)]
pub struct Keypair(sr25519::Pair);

impl Keypair {
    /// The pair that wallets derive from a raw seed.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(sr25519::Pair::from_seed(&seed))
    }

    /// A pair that anyone can derive from `name`: for embedded chains and tests only.
    pub fn named(name: &str) -> Self {
        Self::from_seed(blake2_256(&[b"couponry development key ", name.as_bytes()].concat()))
    }

    /// The pair of a whole secret, key and nonce, as wallets keep it in their files; `None` if it is none.
    pub fn from_secret(secret: &[u8; 64]) -> Option<Self> {
        let secret = schnorrkel::SecretKey::from_ed25519_bytes(secret).ok()?;
        Some(Self(sr25519::Pair::from(secret)))
    }

    /// The pair that every development chain knows by this path, such as `//Alice`; `None` if it is no path.
    pub fn development(path: &str) -> Option<Self> {
        path.starts_with("//").then(|| sr25519::Pair::from_string(path, None).ok()).flatten().map(Self)
    }

    /// The account whose public key this is.
    pub fn account(&self) -> AccountId {
        AccountId::from(self.0.public().0)
    }

    /// The public key.
    pub fn public(&self) -> [u8; 32] {
        self.0.public().0
    }

    /// A signature of exactly these bytes, in the context `substrate`. Two signatures of the same bytes differ and both verify.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).0
    }
}

/// Whether `signature` is `account`'s of exactly `message`.
pub fn verify(signature: [u8; 64], message: &[u8], account: AccountId) -> bool {
    sr25519::Pair::verify(
        &sr25519::Signature::from_raw(signature),
        message,
        &sr25519::Public::from_raw(*account.as_ref()),
    )
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is not an SS58 address: {why}")]
pub struct BadAddress {
    pub text: String,
    pub why: String,
}

/// The address of `account` on no particular network.
pub fn ss58(account: &AccountId) -> String {
    ss58_for(account, GENERIC_PREFIX)
}

/// The address of `account` on the network with `prefix`.
pub fn ss58_for(account: &AccountId, prefix: u16) -> String {
    AccountId32::from(bytes(account)).to_ss58check_with_version(Ss58AddressFormat::custom(prefix))
}

/// The account and network prefix of an SS58 address.
/// # Errors
/// The text is not base 58, is of the wrong length, or its checksum is wrong.
pub fn from_ss58(text: &str) -> Result<(AccountId, u16), BadAddress> {
    AccountId32::from_ss58check_with_version(text)
        .map(|(account, format)| (AccountId::from(<[u8; 32]>::from(account)), u16::from(format)))
        .map_err(|fault| BadAddress { text: text.to_owned(), why: fault.to_string() })
}

fn bytes(account: &AccountId) -> [u8; 32] {
    *account.as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_verifies_for_its_own_key_and_message_only() {
        let (ann, ben) = (Keypair::named("ann"), Keypair::named("ben"));
        let signature = ann.sign(b"<Bytes>hello</Bytes>");
        assert!(verify(signature, b"<Bytes>hello</Bytes>", ann.account()));
        assert!(!verify(signature, b"hello", ann.account()));
        assert!(!verify(signature, b"<Bytes>hello</Bytes>", ben.account()));
    }

    #[test]
    fn a_seed_gives_the_key_that_wallets_derive_from_it() {
        // The well-known development account Alice, from the seed that `//Alice` derives.
        let seed: [u8; 32] = [
            0xe5, 0xbe, 0x9a, 0x50, 0x92, 0xb8, 0x1b, 0xca, 0x64, 0xbe, 0x81, 0xd2, 0x12, 0xe7, 0xf2, 0xf9,
            0xeb, 0xa1, 0x83, 0xbb, 0x7a, 0x90, 0x95, 0x4f, 0x7b, 0x76, 0x36, 0x1f, 0x6e, 0xdb, 0x5c, 0x0a,
        ];
        assert_eq!(
            ss58(&Keypair::from_seed(seed).account()),
            "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
        );
    }

    #[test]
    fn development_paths_are_those_of_every_chain() {
        let alice = Keypair::development("//Alice").unwrap();
        assert_eq!(ss58(&alice.account()), "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
        assert!(Keypair::development("alice").is_none());
    }

    #[test]
    fn addresses_round_trip_and_a_mistyped_one_is_refused() {
        let account = Keypair::named("ann").account();
        assert_eq!(from_ss58(&ss58(&account)), Ok((account, GENERIC_PREFIX)));
        assert_eq!(from_ss58(&ss58_for(&account, 0)), Ok((account, 0)));
        let mut typo = ss58(&account);
        let last = typo.pop().unwrap();
        typo.push(if last == 'a' { 'b' } else { 'a' });
        assert_eq!(from_ss58(&typo).unwrap_err().text, typo);
    }
}
