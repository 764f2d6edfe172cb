//! What is deployed on a network, in a file that people and other programs can read. Knows no rule of the contracts'.

use crate::{
    context::write_file,
    refusals::{Refusal, Words},
    suite::SuiteAddresses,
};
use chain::{keys, AccountId, Chain};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, io, path::Path};

/// `deployments/NETWORK.json`. Hashes and bytes are hexadecimal with 0x, accounts are SS58 addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    pub network: String,
    /// The chain's first block.
    pub genesis: String,
    /// The tool's version.
    pub version: String,
    /// The chain's runtime when it was deployed.
    pub runtime: u32,
    pub deployer: String,
    /// Whether every step was made.
    pub complete: bool,
    pub codes: BTreeMap<String, CodeRecord>,
    /// What was made, in order: with these an address can be worked out anew.
    pub made: Vec<Made>,
    pub contracts: BTreeMap<String, ContractRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeRecord {
    pub hash: String,
    pub size: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractRecord {
    pub address: String,
    pub code_hash: String,
}

/// An instantiation by the deployer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    pub address: String,
    pub code_hash: String,
    /// In plancks, as text: JSON's numbers are too short.
    pub value: String,
    /// The constructor's selector and arguments.
    pub data: String,
    pub salt: String,
    /// The block that holds it; `None` until it is made.
    pub block: Option<u32>,
}

impl Deployment {
    /// Reads the file at `path`, if there is one.
    /// # Errors
    /// It can't be read.
    pub fn load(path: &Path) -> Result<Option<Self>, Refusal> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(crate::context::cannot("read", path, &why)),
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|why| {
            Refusal::new(
                format!("{} can't be understood: {why}", path.display()),
                "restore it, or remove it and run `couponry deploy` with the same accounts and rules: what is on the chain is found again",
            )
        })
    }

    /// Writes it, whole or not at all.
    /// # Errors
    /// The file can't be written.
    pub fn save(&self, path: &Path) -> Result<(), Refusal> {
        let text =
            serde_json::to_string_pretty(self).map_err(|why| crate::context::cannot("write", path, &why))?;
        write_file(path, format!("{text}\n").as_bytes(), false)
    }

    /// Whether custody was opened with it.
    pub fn has_custody(&self) -> bool {
        self.contracts.contains_key("custody")
    }

    /// The block in which the first contract was made: nothing of the suite is in earlier ones.
    pub fn first_block(&self) -> u32 {
        self.made.iter().map(|made| made.block.unwrap_or_default()).min().unwrap_or_default()
    }

    /// Where the suite stands.
    /// # Errors
    /// A contract that is missing, or an address that is none.
    pub fn suite(&self) -> Result<SuiteAddresses, Refusal> {
        let address = |name: &str| {
            let record = self.contracts.get(name)?;
            keys::from_ss58(&record.address).ok().map(|(account, _)| account)
        };
        SuiteAddresses::from_named(address)
            .map_err(|name| self.damaged(&format!("it has no address of the {name}")))
    }

    /// Where the suite stands, if this chain is the one that it was deployed on, and each contract still runs its code.
    /// # Errors
    /// Another chain; a contract that is gone or runs other code; a chain that can't be read.
    pub fn ensure_on(&self, chain: &impl Chain) -> Result<SuiteAddresses, Refusal> {
        let genesis = format!("0x{}", hex::encode(chain.genesis()));
        if genesis != self.genesis {
            return Err(Refusal::new(
                format!(
                    "the deployment on {} is of the chain {}, and this is {genesis}",
                    self.network, self.genesis
                ),
                "name the network it was deployed on, or other deployments with --deployments DIR",
            ));
        }
        if !self.complete {
            return Err(Refusal::new(
                format!("the deployment on {} was interrupted", self.network),
                format!(
                    "run `couponry deploy --network {}` again: it goes on from where it was",
                    self.network
                ),
            ));
        }
        let suite = self.suite()?;
        for (name, account) in suite.named() {
            let record = self.contracts.get(name).ok_or_else(|| self.damaged(name))?;
            let found = chain.code_hash_of(account).map_err(|fault| Words::default().chain(&fault))?;
            let found = found.map(|hash| format!("0x{}", hex::encode(hash)));
            if found.as_ref() != Some(&record.code_hash) {
                return Err(Refusal::new(
                    format!(
                        "the {name} at {} should run {} and runs {}",
                        record.address,
                        record.code_hash,
                        found.as_deref().unwrap_or("nothing")
                    ),
                    "don't use this deployment: its code was changed, or its file was",
                ));
            }
        }
        Ok(suite)
    }

    fn damaged(&self, why: &str) -> Refusal {
        Refusal::new(
            format!("the file of the deployment on {} is damaged: {why}", self.network),
            "restore it, or remove it and run `couponry deploy` with the same accounts and rules",
        )
    }
}

/// A hash as the file writes it.
pub(super) fn hex0x(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// The account of an address that the file holds.
pub(super) fn account(text: &str) -> Option<AccountId> {
    keys::from_ss58(text).ok().map(|(account, _)| account)
}

pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.strip_prefix("0x")?).ok()
}
