//! Accounts as people name them: a name, or an address. Knows no chain.
//!
//! On an embedded chain a name stands for a key that anyone can derive; on a live one for a file of the key ring.

use crate::{keys::KeyRing, refusals::Refusal};
use chain::{keys, AccountId, Hash, Keypair};
use std::{cell::RefCell, fs, path::Path};

/// The longest development name. Addresses are longer.
const MAX_NAME: usize = 40;

thread_local! {
    /// One command works on one chain.
    static RING: RefCell<Option<KeyRing>> = const { RefCell::new(None) };
}

/// Looks names up in `ring` while the command runs; `None` for names that anyone can derive.
pub fn use_keys(ring: Option<KeyRing>) {
    RING.set(ring);
}

fn ring() -> Option<KeyRing> {
    RING.with_borrow(Clone::clone)
}

/// The key behind a name such as `bakery` or `//Alice`.
/// # Errors
/// An address, for which no key is here, or not a name; what the key ring refuses.
pub fn signer(name: &str) -> Result<Keypair, Refusal> {
    if is_name(name) {
        ring().map_or_else(|| Ok(Keypair::named(name)), |ring| ring.open(name))
    } else if keys::from_ss58(name).is_ok() {
        Err(Refusal::new(
            format!("the key of {name} is not here, so it can't sign"),
            "sign as a name, such as bakery",
        ))
    } else {
        Err(unnamed(name))
    }
}

/// The account of a name or an SS58 address.
/// # Errors
/// Neither a name nor a whole address; what the key ring refuses.
pub fn account(text: &str) -> Result<AccountId, Refusal> {
    // Addresses are longer than names may be.
    if is_name(text) {
        return ring().map_or_else(|| Ok(Keypair::named(text).account()), |ring| ring.account(text));
    }
    keys::from_ss58(text).map(|(account, _)| account).map_err(|_| unnamed(text))
}

/// A public key: 64 hexadecimal digits, or the key of a name or an address.
/// # Errors
/// None of these.
pub fn public_key(text: &str) -> Result<Hash, Refusal> {
    let bytes = hex::decode(text.trim_start_matches("0x")).ok().and_then(|bytes| bytes.try_into().ok());
    match bytes {
        Some(key) => Ok(key),
        None => account(text).map(|account| *account.as_ref()).map_err(|_| {
            Refusal::new(
                format!("`{text}` is no public key"),
                "write 64 hexadecimal digits, a name or an address",
            )
        }),
    }
}

/// The key in a file of 64 hexadecimal digits, or of a development name.
/// # Errors
/// Neither of the two.
pub fn key(source: &str) -> Result<Keypair, Refusal> {
    let path = Path::new(source);
    if !path.is_file() {
        return signer(source);
    }
    // The file's content is not repeated: messages end up in logs.
    let unreadable = |why: &str| {
        Refusal::new(format!("{source}: {why}"), "give a key file, as `couponry key new` writes it")
    };
    let text = fs::read_to_string(path).map_err(|why| unreadable(&why.to_string()))?;
    let seed = hex::decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    seed.map(Keypair::from_seed).ok_or_else(|| unreadable("not 64 hexadecimal digits"))
}

fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
}

fn unnamed(text: &str) -> Refusal {
    Refusal::new(
        format!("`{text}` is neither a name nor a valid address"),
        format!("write a name of letters, digits, - _ . / (at most {MAX_NAME}), or check the address for typing errors"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_its_address_are_one_account() {
        let bakery = Keypair::named("bakery").account();
        assert_eq!(account("bakery"), Ok(bakery));
        assert_eq!(account(&keys::ss58(&bakery)), Ok(bakery));
        assert_eq!(signer("//Alice").unwrap().account(), Keypair::named("//Alice").account());
    }

    #[test]
    fn a_key_is_read_from_its_file_or_its_name_and_written_in_hex_or_as_an_account() {
        let folder = tempfile::tempdir().unwrap();
        let (good, bad) = (folder.path().join("device.key"), folder.path().join("bad.key"));
        fs::write(&good, format!("{}\n", hex::encode([7; 32]))).unwrap();
        fs::write(&bad, "12").unwrap();
        let device = Keypair::from_seed([7; 32]);
        assert_eq!(key(good.to_str().unwrap()).unwrap().public(), device.public());
        assert_eq!(key("bakery").unwrap().public(), Keypair::named("bakery").public());
        assert!(key(bad.to_str().unwrap()).err().unwrap().what.ends_with("not 64 hexadecimal digits"));
        for text in [hex::encode(device.public()), keys::ss58(&device.account())] {
            assert_eq!(public_key(&text), Ok(device.public()));
        }
        assert_eq!(public_key("bakery"), Ok(Keypair::named("bakery").public()));
        assert!(public_key("a b").unwrap_err().what.ends_with("is no public key"));
    }

    #[test]
    fn a_mistyped_address_is_no_name_and_no_address_signs() {
        let address = keys::ss58(&Keypair::named("bakery").account());
        let mistyped = address.replace('5', "6");
        assert!(account(&mistyped).unwrap_err().fix.contains("typing errors"));
        assert!(signer(&address).err().unwrap().what.contains("is not here"));
        assert!(account("").is_err() && account("two words").is_err());
    }
}
