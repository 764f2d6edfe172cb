//! Keys that sign on live chains: which file holds whose, and how it is opened. Knows no chain.
//!
//! A secret is never taken from the command line or the environment, where others on the machine can read it, and never written to a log.

use crate::refusals::Refusal;
use base64::{engine::general_purpose::STANDARD, Engine};
use chain::{keys, AccountId, Keypair};
use crypto_secretbox::{aead::Aead, KeyInit, XSalsa20Poly1305};
use serde::Deserialize;
use std::{
    fs,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// What wallets write before a secret, and between it and the public key.
const HEADER: [u8; 16] = [48, 83, 2, 1, 1, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
const DIVIDER: [u8; 5] = [161, 35, 3, 33, 0];
/// The parts of an encrypted secret.
const SALT: usize = 32;
const NONCE: usize = 24;
/// The most work that a file may ask for: 2^20 rounds of 1 KiB, eight times what wallets ask for.
const MOST_ROUNDS: u32 = 1 << 20;
const BLOCK: u32 = 8;

/// Where the keys of a live chain's people are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRing {
    /// Holds `NAME.json`, as polkadot-js and its wallets export an account, or `NAME.key`, 64 hexadecimal digits.
    pub folder: PathBuf,
    /// Whether names without a file stand for keys that anyone can derive.
    pub dev: bool,
    /// Holds the password of the wallet's files; without it the password is asked for.
    pub password: Option<PathBuf>,
}

/// An account as wallets export it.
#[derive(Deserialize)]
struct Exported {
    address: String,
    encoded: String,
    encoding: Encoding,
}

#[derive(Deserialize)]
struct Encoding {
    content: Vec<String>,
    #[serde(rename = "type")]
    kind: Vec<String>,
    version: String,
}

enum Kept {
    Wallet(PathBuf),
    Seed(PathBuf),
    Derived(Box<Keypair>),
}

impl KeyRing {
    /// The account that a name stands for. A wallet's file tells without its password.
    /// # Errors
    /// No file of that name, or one that can't be read.
    pub fn account(&self, name: &str) -> Result<AccountId, Refusal> {
        match self.find(name)? {
            Kept::Wallet(path) => wallet(&path).and_then(|file| address(&path, &file)),
            Kept::Seed(path) => seed(&path).map(|key| key.account()),
            Kept::Derived(key) => Ok(key.account()),
        }
    }

    /// The key of a name.
    /// # Errors
    /// As `account`; also a secret file that others may read, or a wrong password.
    pub fn open(&self, name: &str) -> Result<Keypair, Refusal> {
        match self.find(name)? {
            Kept::Wallet(path) => {
                let file = wallet(&path)?;
                let password = self.password(name)?;
                decrypt(&path, &file, &password)
            }
            Kept::Seed(path) => seed(&path),
            Kept::Derived(key) => Ok(*key),
        }
    }

    fn find(&self, name: &str) -> Result<Kept, Refusal> {
        // A name is no path: it names one file of the folder.
        if !name.contains('/') && !name.starts_with('.') {
            let file = |ending: &str| self.folder.join(format!("{name}.{ending}"));
            let (wallet, seed) = (file("json"), file("key"));
            if wallet.is_file() {
                return Ok(Kept::Wallet(wallet));
            }
            if seed.is_file() {
                return Ok(Kept::Seed(seed));
            }
        }
        if self.dev {
            let key = Keypair::development(name).unwrap_or_else(|| Keypair::named(name));
            return Ok(Kept::Derived(Box::new(key)));
        }
        Err(Refusal::new(
            format!("there is no key of {name} in {}", self.folder.display()),
            format!(
                "export the account from a wallet to {}, name another folder with --keys, or use an address",
                self.folder.join(name).with_extension("json").display()
            ),
        ))
    }

    fn password(&self, name: &str) -> Result<Zeroizing<String>, Refusal> {
        let Some(path) = &self.password else {
            let asked = rpassword::prompt_password(format!("password of {name}: ")).map(Zeroizing::new);
            return asked.map_err(|why| {
                Refusal::new(
                    format!("the password of {name} can't be asked for: {why}"),
                    "run the command in a terminal, or name a file with --password-file",
                )
            });
        };
        let text = read_secret(path)?;
        Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

/// Reads a file that only its owner may read.
fn read_secret(path: &Path) -> Result<Zeroizing<String>, Refusal> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).map_err(|why| unreadable(path, &why))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(Refusal::new(
                format!("{} can be read by others (mode {mode:03o})", path.display()),
                format!("make it yours alone: chmod 600 {}", path.display()),
            ));
        }
    }
    fs::read_to_string(path).map(Zeroizing::new).map_err(|why| unreadable(path, &why))
}

fn seed(path: &Path) -> Result<Keypair, Refusal> {
    let text = read_secret(path)?;
    // The file's content is not repeated: messages end up in logs.
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim().trim_start_matches("0x"), &mut *seed)
        .map_err(|_| unreadable(path, &"not 64 hexadecimal digits"))?;
    Ok(Keypair::from_seed(*seed))
}

fn wallet(path: &Path) -> Result<Exported, Refusal> {
    let text = fs::read_to_string(path).map_err(|why| unreadable(path, &why))?;
    let file: Exported = serde_json::from_str(&text).map_err(|why| unreadable(path, &why))?;
    let Encoding { content, kind, version } = &file.encoding;
    if version != "3" || content != &["pkcs8", "sr25519"] || kind != &["scrypt", "xsalsa20-poly1305"] {
        return Err(unreadable(
            path,
            &format!(
                "version {version}, {} in {}: only sr25519 accounts with a password are read",
                content.join(" "),
                kind.join(" ")
            ),
        ));
    }
    Ok(file)
}

fn address(path: &Path, file: &Exported) -> Result<AccountId, Refusal> {
    keys::from_ss58(&file.address).map(|(account, _)| account).map_err(|why| unreadable(path, &why))
}

fn decrypt(path: &Path, file: &Exported, password: &str) -> Result<Keypair, Refusal> {
    let damaged = |why: &str| unreadable(path, &why);
    let bytes = STANDARD.decode(&file.encoded).map_err(|why| unreadable(path, &why))?;
    let (salt, rest) = bytes.split_at_checked(SALT).ok_or_else(|| damaged("cut short"))?;
    let (rounds, rest) = number(rest).ok_or_else(|| damaged("cut short"))?;
    let (lanes, rest) = number(rest).ok_or_else(|| damaged("cut short"))?;
    let (block, rest) = number(rest).ok_or_else(|| damaged("cut short"))?;
    let (nonce, sealed) = rest.split_at_checked(NONCE).ok_or_else(|| damaged("cut short"))?;
    if !rounds.is_power_of_two() || rounds > MOST_ROUNDS || block != BLOCK || lanes != 1 {
        return Err(damaged("its password is to be worked on in a way no wallet does"));
    }
    let log_rounds = u8::try_from(rounds.trailing_zeros()).unwrap_or(u8::MAX);
    let params = scrypt::Params::new(log_rounds, block, lanes, 32).map_err(|why| unreadable(path, &why))?;
    let mut key = Zeroizing::new([0; 32]);
    scrypt::scrypt(password.as_bytes(), salt, &params, &mut *key).map_err(|why| unreadable(path, &why))?;
    let opened = XSalsa20Poly1305::new((&*key).into()).decrypt(nonce.into(), sealed);
    let opened = opened.map(Zeroizing::new).map_err(|_| {
        Refusal::new(format!("{}: the password is wrong", path.display()), "give the wallet's password")
    })?;
    let strange = || damaged("it holds no sr25519 secret");
    let rest = opened.strip_prefix(&HEADER).ok_or_else(strange)?;
    let (secret, rest) = rest.split_first_chunk::<64>().ok_or_else(strange)?;
    let public = rest.strip_prefix(&DIVIDER).ok_or_else(strange)?;
    let pair = Keypair::from_secret(secret).ok_or_else(strange)?;
    if pair.public() != public || pair.account() != address(path, file)? {
        return Err(damaged("its secret is another account's"));
    }
    Ok(pair)
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*number), rest))
}

fn unreadable(path: &Path, why: &dyn std::fmt::Display) -> Refusal {
    Refusal::new(
        format!("cannot read {}: {why}", path.display()),
        "export the account from a wallet anew, or write a key with `couponry key new`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What polkadot-js 14 exports of `//Couponry test`, with the password `open sesame`.
    const WALLET: &str = r#"{"encoded":"oCiz2U90PCqGIMccgmMVUHhWKKGcU+9cS8mKItJzaRgAAAIAAQAAAAgAAADA1ZNf/hpVvKrhWqk0aVKU02UctmmCWVflAW11/XnfcAXcYS0DfEVX6FGvSCeJ+JuLGN86wcb72YKVdzAz/89uARqg794E+XQWctMmyOJ02dInW8Qpm9Pz1FnCZ5Z4h85PQytq9Gs9qZj6nR6MnlQRp1p0jKYg7On5cJB4ZNiHaBQ5JZ8fV/8lj+sWhPpt7STfjSM8iIq0sRk+6dxa","encoding":{"content":["pkcs8","sr25519"],"type":["scrypt","xsalsa20-poly1305"],"version":"3"},"address":"5H3S5pKWAQmqJ2BPUZYtvDjuQLNsj8tfZs3HsuadjfsPqqRJ","meta":{"name":"test"}}"#;
    const ADDRESS: &str = "5H3S5pKWAQmqJ2BPUZYtvDjuQLNsj8tfZs3HsuadjfsPqqRJ";

    struct Ring {
        ring: KeyRing,
        folder: tempfile::TempDir,
    }

    fn ring(dev: bool) -> Ring {
        let folder = tempfile::tempdir().unwrap();
        let password = folder.path().join("password");
        let ring = KeyRing { folder: folder.path().to_owned(), dev, password: Some(password) };
        let ring = Ring { ring, folder };
        ring.write("password", "open sesame\n", 0o600);
        ring
    }

    impl Ring {
        fn write(&self, name: &str, text: &str, mode: u32) {
            use std::os::unix::fs::PermissionsExt;
            let path = self.folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }

        fn refusal(&self, name: &str) -> String {
            self.ring.open(name).err().unwrap().what
        }
    }

    #[test]
    fn a_wallets_file_gives_its_key_for_its_password() {
        let ring = ring(false);
        ring.write("bakery.json", WALLET, 0o644);
        assert_eq!(keys::ss58(&ring.ring.account("bakery").unwrap()), ADDRESS);
        let key = ring.ring.open("bakery").unwrap();
        assert_eq!(keys::ss58(&key.account()), ADDRESS);
        assert!(keys::verify(key.sign(b"x"), b"x", key.account()));

        ring.write("password", "open sesamo", 0o600);
        assert!(ring.refusal("bakery").ends_with("bakery.json: the password is wrong"));
        ring.write("password", "open sesame", 0o640);
        assert!(ring.refusal("bakery").ends_with("password can be read by others (mode 640)"));
    }

    #[test]
    fn a_file_that_is_damaged_or_of_another_kind_is_refused_before_any_work() {
        let ring = ring(false);
        let other = keys::ss58(&Keypair::named("other").account());
        for (from, to, why) in [
            ("sr25519", "ed25519", "only sr25519 accounts with a password are read"),
            ("\"3\"", "\"2\"", "only sr25519 accounts with a password are read"),
            // The number of rounds: 2^17 as 2^31.
            ("aRgAAAIAAQ", "aRgAAACAAQ", "its password is to be worked on in a way no wallet does"),
            ("oCiz2U90PCqGIMccgmMVUHhWKKGcU", "o", "cannot read"),
        ] {
            let changed = WALLET.replacen(from, to, 1);
            assert_ne!(changed, WALLET);
            ring.write("bakery.json", &changed, 0o600);
            let said = ring.refusal("bakery");
            assert!(said.contains(why), "{said}");
        }
        ring.write("bakery.json", &WALLET.replace(ADDRESS, &other), 0o600);
        assert!(ring.refusal("bakery").ends_with("its secret is another account's"));
    }

    #[test]
    fn names_without_a_file_have_keys_on_development_chains_only() {
        let public = ring(false);
        for name in ["bakery", "//Alice", "../bakery", ".hidden"] {
            assert!(public.refusal(name).starts_with(&format!("there is no key of {name} in ")));
        }
        let dev = ring(true);
        assert_eq!(dev.ring.account("bakery").unwrap(), Keypair::named("bakery").account());
        let alice = keys::ss58(&dev.ring.account("//Alice").unwrap());
        assert_eq!(alice, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
        // A file comes first.
        dev.write("bakery.key", &hex::encode([7; 32]), 0o600);
        assert_eq!(dev.ring.account("bakery").unwrap(), Keypair::from_seed([7; 32]).account());
        dev.write("bakery.key", &hex::encode([7; 32]), 0o604);
        assert!(dev.refusal("bakery").ends_with("bakery.key can be read by others (mode 604)"));
        dev.write("bakery.key", "secret", 0o600);
        let said = dev.refusal("bakery");
        assert!(said.ends_with("not 64 hexadecimal digits") && !said.contains("secret"), "{said}");
    }
}
