//! What is known of a network beforehand, from a file that people can read and correct. It asks no node.

use chain::{Balance, Hash};
use serde::Deserialize;
use std::{fs, path::Path};
use thiserror::Error;

/// A network, as its file describes it. What the file does not say is asked of the node.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    pub name: String,
    /// Where its node answers: `ws://` or `wss://`.
    pub endpoint: String,
    /// The hash of its first block, without which any chain would be taken for it.
    #[serde(default, deserialize_with = "hash")]
    pub genesis: Option<Hash>,
    /// Whether keys that anyone can derive may sign there.
    #[serde(default)]
    pub dev: bool,
    pub ss58_prefix: Option<u16>,
    pub decimals: Option<u8>,
    pub symbol: Option<String>,
    /// In plancks, as text: TOML's numbers are too short.
    #[serde(default, deserialize_with = "amount")]
    pub existential_deposit: Option<Balance>,
    pub block_time_ms: Option<u64>,
}

/// Why a network's file can't be used.
#[derive(Debug, Error)]
pub enum NetworkFault {
    #[error("cannot read {path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("{path}: {why}")]
    Content { path: String, why: String },
    #[error("{name}: a network that is not on this machine needs its genesis, or another chain could be taken for it")]
    NoGenesis { name: String },
}

impl Network {
    /// Reads a network's file.
    /// # Errors
    /// `File`; as `read`.
    pub fn load(path: &Path) -> Result<Self, NetworkFault> {
        let shown = || path.display().to_string();
        let text = fs::read_to_string(path).map_err(|source| NetworkFault::File { path: shown(), source })?;
        Self::read(&text, &shown())
    }

    /// Reads what a network's file says; `path` is what refusals call it.
    /// # Errors
    /// `Content`; `NoGenesis`, as `at`.
    pub fn read(text: &str, path: &str) -> Result<Self, NetworkFault> {
        let network: Self = toml::from_str(text)
            .map_err(|why| NetworkFault::Content { path: path.to_owned(), why: why.to_string() })?;
        network.ensure_known()
    }

    /// The same network behind another address, if one is given.
    /// # Errors
    /// `NoGenesis` for a network that names no genesis, unless it is for development and on this machine.
    pub fn at(mut self, endpoint: Option<&str>) -> Result<Self, NetworkFault> {
        if let Some(endpoint) = endpoint {
            endpoint.clone_into(&mut self.endpoint);
        }
        self.ensure_known()
    }

    fn ensure_known(self) -> Result<Self, NetworkFault> {
        let address = self.endpoint.split_once("://").map_or("", |(_, address)| address);
        let here = ["127.0.0.1", "localhost", "[::1]"];
        let on_this_machine = here.iter().any(|name| {
            address.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
        });
        if self.genesis.is_none() && !(self.dev && on_this_machine) {
            return Err(NetworkFault::NoGenesis { name: self.name });
        }
        Ok(self)
    }
}

fn hash<'de, D: serde::Deserializer<'de>>(field: D) -> Result<Option<Hash>, D::Error> {
    let text = String::deserialize(field)?;
    let hash = crate::read_hash(&text);
    hash.map(Some).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no 0x hash of 32 bytes")))
}

fn amount<'de, D: serde::Deserializer<'de>>(field: D) -> Result<Option<Balance>, D::Error> {
    let text = String::deserialize(field)?;
    text.parse().map(Some).map_err(|_| serde::de::Error::custom(format!("`{text}` is no amount in plancks")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped(name: &str) -> Network {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../networks").join(name).with_extension("toml");
        Network::load(&path).unwrap_or_else(|fault| panic!("{fault}"))
    }

    fn read(text: &str) -> Result<Network, NetworkFault> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        Network::load(file.path())
    }

    #[test]
    fn the_shipped_networks_read_and_only_the_local_one_is_for_development() {
        let local = shipped("local");
        assert!(local.dev && local.endpoint.starts_with("ws://127.0.0.1:"));
        assert_eq!(local.existential_deposit, Some(1_000_000_000));
        for name in ["astar", "bittensor"] {
            let network = shipped(name);
            assert_eq!(network.name, name);
            assert!(!network.dev && network.genesis.is_some() && network.endpoint.starts_with("wss://"));
        }
    }

    #[test]
    fn a_network_elsewhere_without_its_genesis_is_refused() {
        let names = |endpoint: &str, dev: bool| {
            read(&format!("name = \"x\"\nendpoint = \"{endpoint}\"\ndev = {dev}\n")).map(drop)
        };
        for endpoint in ["wss://x", "ws://127.0.0.1.x.org", "ws://localhost.x.org:9944"] {
            let refused = names(endpoint, true);
            assert!(matches!(refused, Err(NetworkFault::NoGenesis { .. })), "{endpoint}: {refused:?}");
        }
        for endpoint in ["ws://127.0.0.1:9944", "ws://localhost", "ws://[::1]:1/"] {
            assert!(names(endpoint, true).is_ok(), "{endpoint}");
            assert!(names(endpoint, false).is_err(), "{endpoint}");
        }
        let moved = shipped("local").at(Some("wss://rpc.example.org"));
        assert!(matches!(moved, Err(NetworkFault::NoGenesis { .. })), "{moved:?}");
    }

    #[test]
    fn a_mistyped_field_hash_or_amount_is_named() {
        for (line, named) in [
            ("gensis = \"0x00\"", "gensis"),
            ("genesis = \"0x00\"", "`0x00` is no 0x hash"),
            ("existential_deposit = \"1.5\"", "`1.5` is no amount"),
        ] {
            let fault = read(&format!("name = \"x\"\nendpoint = \"ws://127.0.0.1\"\ndev = true\n{line}\n"))
                .unwrap_err();
            assert!(fault.to_string().contains(named), "{fault}");
        }
    }
}
