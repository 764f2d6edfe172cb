//! What every command needs: the chain file, the suite on it, and words for accounts and amounts. Decides nothing about coupons.
//!
//! A command works on the chain in memory and saves it as its last step, so one that fails or is killed leaves the file as it was.

use crate::{
    accounts,
    live::{Live, OpenChain},
    refusals::{Refusal, Words},
    suite::SuiteAddresses,
};
use alliance::{error::AllianceError, AllianceRef};
use chain::{
    AccountId, Balance, Chain, ChainError, EmbeddedChain, EventRecord, Keypair, Message, Outcome, TypedChain,
};
use council::CouncilRef;
use desk::DeskRef;
use ink::env::call::FromAccountId;
use market::MarketRef;
use office::OfficeRef;
use registry::RegistryRef;
use scale::{Decode, Encode};
use serde_json::Value;
use shared::{
    campaigns::{Campaign, Progress},
    ids::CampaignId,
    ledger::{self, Ledger},
    permit::Domain,
};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

/// What the command line says for all commands.
#[derive(Clone, Debug)]
pub struct Context {
    /// The chain file.
    pub file: PathBuf,
    /// Progress goes to a terminal only where people read the answer too.
    pub json: bool,
    /// The live chain to work on instead of the file's.
    pub live: Option<Live>,
}

/// What a command has to say.
#[derive(Clone, Debug)]
pub struct Report {
    /// For people.
    pub lines: Vec<String>,
    /// For programs: one object with stable fields.
    pub json: Value,
    /// An audit found a difference.
    pub differs: bool,
}

/// A chain that is open, without a look at the suite.
pub struct Session {
    pub chain: OpenChain,
    pub words: Words,
    file: PathBuf,
}

/// An account that a command acts for. On a live chain its key is at hand, unless calls are only written out.
#[derive(Clone, Copy, Debug)]
pub struct Actor(AccountId);

impl Actor {
    pub fn account(self) -> AccountId {
        self.0
    }
}

/// A chain that is open, with its suite.
pub struct Desk {
    pub session: Session,
    pub suite: SuiteAddresses,
}

impl Report {
    pub fn new(line: impl Into<String>, json: Value) -> Self {
        Self { lines: vec![line.into()], json, differs: false }
    }

    #[must_use]
    pub fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }
}

impl Context {
    /// # Errors
    /// Missing, corrupt or in use; on a live chain, a node that can't be reached or is another chain's.
    pub fn open(&self) -> Result<Session, Refusal> {
        if let Some(live) = &self.live {
            let chain = live.connect()?;
            return Ok(Session { chain, words: Words::default(), file: self.file.clone() });
        }
        let words = Words::default();
        if !self.file.exists() {
            return Err(Refusal::new(
                format!("there is no chain file {}", self.file.display()),
                "make one with `couponry chain new`, or name another with --chain FILE",
            ));
        }
        let chain = EmbeddedChain::open(&self.file).map_err(|fault| words.chain(&fault))?;
        Ok(Session { chain: OpenChain::embedded(chain), words, file: self.file.clone() })
    }

    /// # Errors
    /// As `open`; also when the suite is not deployed.
    pub fn desk(&self) -> Result<Desk, Refusal> {
        let mut session = self.open()?;
        let suite = match &self.live {
            Some(live) => live.find_suite(&mut session.chain)?,
            None => session.suite()?.ok_or_else(|| {
                Refusal::new("the suite is not deployed on this chain", "run `couponry deploy --as OPERATOR`")
            })?,
        };
        session.name_suite(&suite);
        Ok(Desk { session, suite })
    }

    /// A session on a chain that was just made.
    pub fn start(&self, chain: EmbeddedChain) -> Session {
        Session { chain: OpenChain::embedded(chain), words: Words::default(), file: self.file.clone() }
    }

    /// # Errors
    /// The command is for an embedded chain alone, and a network was named.
    pub fn ensure_embedded(&self, command: &str) -> Result<(), Refusal> {
        match &self.live {
            None => Ok(()),
            Some(live) => Err(Refusal::new(
                format!("`{command}` is for embedded chains, and {} is a live one", live.network.name),
                "leave out --network, or name a chain file with --chain FILE",
            )),
        }
    }
}

impl Session {
    /// The suite on this chain, if any.
    /// # Errors
    /// The chain can't be read.
    pub fn suite(&self) -> Result<Option<SuiteAddresses>, Refusal> {
        self.explained(SuiteAddresses::find(&self.chain))
    }

    /// Writes the suite's accounts by what they are from now on.
    pub fn name_suite(&mut self, suite: &SuiteAddresses) {
        for (account, name) in [
            (suite.registry, "the registry"),
            (suite.office, "the registry's office"),
            (suite.desk, "the registry's service desk"),
            (suite.alliance, "the alliance"),
            (suite.council, "the alliance's council"),
            (suite.market, "the market"),
        ] {
            self.words.name(account, name);
        }
        if let Some(custody) = suite.custody {
            self.words.name(custody, "custody");
        }
    }

    /// The account of a name or address, written by its name from now on.
    /// # Errors
    /// Neither a name nor an address.
    pub fn account(&mut self, name: &str) -> Result<AccountId, Refusal> {
        let account = accounts::account(name)?;
        self.words.name(account, name);
        Ok(account)
    }

    /// The account of a name that is to act. Where calls are only written out an address will do too.
    /// # Errors
    /// Not a name; no key of that name.
    pub fn signer(&mut self, name: &str) -> Result<Actor, Refusal> {
        if self.chain.writes_out() {
            return self.account(name).map(Actor);
        }
        self.key(name).map(|key| Actor(key.account()))
    }

    /// The key of a name.
    /// # Errors
    /// Not a name; no key of that name.
    pub fn key(&mut self, name: &str) -> Result<Keypair, Refusal> {
        let key = accounts::signer(name)?;
        self.words.name(key.account(), name);
        self.chain.add_key(&key);
        Ok(key)
    }

    /// All events of contracts so far; on a live chain those of the suite's.
    /// # Errors
    /// The chain can't be read.
    pub fn history(&self) -> Result<Vec<EventRecord>, Refusal> {
        self.explained(self.chain.events(0))
    }

    /// A chain's refusal in plain words.
    /// # Errors
    /// What `result` holds.
    pub fn explained<T>(&self, result: Result<T, ChainError>) -> Result<T, Refusal> {
        result.map_err(|fault| self.words.chain(&fault))
    }

    /// Calls a message that may refuse.
    /// # Errors
    /// The contract's refusal as `explain` puts it, or the chain's.
    pub fn send<Args: Encode, R: Decode, E: Decode>(
        &mut self,
        signer: AccountId,
        value: Balance,
        message: Message<Args, Result<R, E>>,
        explain: impl Fn(&Words, &E) -> Refusal,
    ) -> Result<(R, Outcome), Refusal> {
        let (answer, outcome) =
            self.chain.call_typed(signer, value, message).map_err(|fault| self.words.chain(&fault))?;
        Ok((answer.map_err(|error| explain(&self.words, &error))?, outcome))
    }

    /// Asks a message that can't refuse. Nothing changes.
    /// # Errors
    /// The chain's refusal.
    pub fn ask<Args: Encode, R: Decode>(&self, message: Message<Args, R>) -> Result<R, Refusal> {
        // Whoever asks: views of the suite don't look at the caller, but for quotes, which go through `ask_as`.
        self.ask_as(AccountId::from([0; 32]), message)
    }

    /// `ask` by `caller`.
    /// # Errors
    /// The chain's refusal.
    pub fn ask_as<Args: Encode, R: Decode>(
        &self,
        caller: AccountId,
        message: Message<Args, R>,
    ) -> Result<R, Refusal> {
        self.explained(self.chain.view_typed(caller, 0, message)).map(|(answer, _)| answer)
    }

    /// Writes an embedded chain to its file, in one step. A live one has kept what was done.
    /// # Errors
    /// The file can't be written; then it is as it was.
    pub fn save(mut self) -> Result<(), Refusal> {
        let file = self.file.clone();
        let saved = self.chain.save(&file);
        self.explained(saved)
    }
}

impl Desk {
    pub fn registry(&self) -> RegistryRef {
        RegistryRef::from_account_id(self.suite.registry)
    }

    pub fn alliance(&self) -> AllianceRef {
        AllianceRef::from_account_id(self.suite.alliance)
    }

    pub fn council(&self) -> CouncilRef {
        CouncilRef::from_account_id(self.suite.council)
    }

    /// Looks at the alliance's books through its council. Nothing changes.
    /// # Errors
    /// The chain's refusal, and the council's.
    pub fn look<Args: Encode, R: Decode>(
        &self,
        message: Message<Args, Result<R, AllianceError>>,
    ) -> Result<R, Refusal> {
        self.session.ask(message)?.map_err(|refusal| self.session.words.alliance(&refusal))
    }

    pub fn market(&self) -> MarketRef {
        MarketRef::from_account_id(self.suite.market)
    }

    pub fn office(&self) -> OfficeRef {
        OfficeRef::from_account_id(self.suite.office)
    }

    pub fn service_desk(&self) -> DeskRef {
        DeskRef::from_account_id(self.suite.desk)
    }

    /// An item of the registry's ledger, one of `shared::ledger::items`.
    /// # Errors
    /// The chain can't be read, or the item isn't what it should be.
    pub fn item<T: Decode>(&self, mapping: u32, key: &impl Encode) -> Result<Option<T>, Refusal> {
        use ink::codegen::TraitCallBuilder;
        let keys = vec![ledger::key(mapping, key)];
        let found = self.session.ask(self.registry().call().items(keys))?;
        let item = found.into_iter().flatten().next().map(|bytes| T::decode(&mut bytes.as_slice()));
        item.transpose().map_err(|why| {
            Refusal::new(
                format!("the registry holds an item that can't be read: {why}"),
                "build the tool and the contracts from the same source",
            )
        })
    }

    /// What the registry's signatures are bound to.
    pub fn domain(&self) -> Domain {
        Domain { chain_tag: self.session.chain.genesis(), contract: self.suite.registry }
    }

    /// A campaign; amounts are in its asset from now on.
    /// # Errors
    /// `NoSuchCampaign`.
    pub fn campaign(&mut self, campaign: CampaignId) -> Result<(Campaign, Progress), Refusal> {
        use ink::codegen::TraitCallBuilder;
        let found = self.session.ask(self.service_desk().call().campaign(campaign))?;
        let (campaign, progress) = found.map_err(|error| self.session.words.registry(&error))?;
        self.session.words.count_in(campaign.terms.asset);
        Ok((campaign, progress))
    }
}

/// Writes a file whole or not at all. `secret` files are the owner's alone to read.
/// # Errors
/// The file can't be written; then what was there is as it was.
pub fn write_file(path: &Path, bytes: &[u8], secret: bool) -> Result<(), Refusal> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = (|| {
        // Temporary files are the owner's alone from the start.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        #[cfg(unix)]
        if !secret {
            use std::os::unix::fs::PermissionsExt;
            file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        }
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok::<(), std::io::Error>(())
    })();
    written.map_err(|why| cannot("write", path, &why))
}

/// A file that can't be used.
pub fn cannot(action: &str, path: &Path, why: &dyn std::fmt::Display) -> Refusal {
    Refusal::new(format!("cannot {action} {}: {why}", path.display()), "check the path and its permissions")
}
