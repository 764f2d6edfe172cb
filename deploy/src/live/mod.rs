//! Live chains behind the commands: which one, with whose keys, and what is remembered of it between commands. Knows no command.

mod archive;
mod deployment;
mod journal;
mod plan;

pub use archive::SqliteArchive;
pub use deployment::{CodeRecord, ContractRecord, Deployment, Made};
pub use plan::{code_hash, Applied, Plan, PlannedStep, Verdict};

use crate::{
    amounts::Unit,
    keys::KeyRing,
    refusals::{Refusal, Words},
    suite::SuiteAddresses,
};
use chain::{AccountId, Balance, Chain, ChainError, Cost, EmbeddedChain, Hash, Keypair, Outcome};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use journal::FileJournal;
use rpc_chain::{Exported, Network, NetworkFault, NodeFault, RpcChain, Settled};
use std::{
    cell::RefCell,
    fs::{self, File, TryLockError},
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    rc::Rc,
    time::Duration,
};

/// The networks that come with the tool.
const SHIPPED: [(&str, &str); 3] = [
    ("local", include_str!("../../networks/local.toml")),
    ("astar", include_str!("../../networks/astar.toml")),
    ("bittensor", include_str!("../../networks/bittensor.toml")),
];

/// A live chain, as the command line names it.
#[derive(Clone, Debug)]
pub struct Live {
    pub network: Network,
    /// Holds `NETWORK.json`, what is deployed there, and what is under way.
    pub deployments: PathBuf,
    pub keys: KeyRing,
    /// How long a transaction may take to be final.
    pub patience: Duration,
    /// Calls are put here instead of being signed.
    pub exports: Option<Rc<RefCell<Vec<Exported>>>>,
}

/// A chain that a command works on.
pub enum OpenChain {
    Embedded(Box<EmbeddedChain>),
    Live(Box<LiveChain>),
}

/// A live chain that no other command of these deployments works on.
pub struct LiveChain {
    pub rpc: RpcChain,
    writes_out: bool,
    _lock: File,
}

impl Live {
    /// Reads the file of a network, or finds one that comes with the tool by its name; `endpoint` takes the place of the file's.
    /// # Errors
    /// No such network; a file that can't be used.
    pub fn find_network(name: &str, endpoint: Option<&str>) -> Result<Network, Refusal> {
        let path = Path::new(name);
        let found = if path.extension().is_some() {
            Network::load(path)
        } else if let Some((_, text)) = SHIPPED.iter().find(|(known, _)| *known == name) {
            Network::read(text, name)
        } else {
            let known: Vec<_> = SHIPPED.iter().map(|(known, _)| *known).collect();
            return Err(Refusal::new(
                format!("there is no network {name}"),
                format!(
                    "name one of {}, or a file like those in deploy/networks: --network mine.toml",
                    known.join(", ")
                ),
            ));
        };
        let network = found.and_then(|network| network.at(endpoint)).map_err(|fault| {
            let fix = match &fault {
                NetworkFault::File { .. } => "check the path and its permissions",
                NetworkFault::Content { .. } => "correct the file; those in deploy/networks work",
                NetworkFault::NoGenesis { .. } => {
                    "write its genesis into the file: the hash of block 0, from a source that you trust"
                }
            };
            Refusal::new(fault.to_string(), fix)
        })?;
        Ok(network)
    }

    /// Connects, takes the lock, and finds out what came of whatever an earlier command left under way.
    /// # Errors
    /// The node can't be reached or is another chain's; another command works on this network; an earlier command's transaction took effect, which has to be known
    /// before anything is done again.
    pub fn connect(&self) -> Result<OpenChain, Refusal> {
        let (chain, settled) = self.connect_and_settle()?;
        match settled {
            Some(Settled::Included { what, block, succeeded }) => Err(Refusal::new(
                format!(
                    "an earlier command was cut short: its transaction ({what}) {} in block {block}",
                    if succeeded { "took effect" } else { "failed" }
                ),
                if succeeded {
                    "go on from there; run this command again if it does something else"
                } else {
                    "run this command again"
                },
            )),
            Some(Settled::Never { .. }) | None => Ok(OpenChain::Live(Box::new(chain))),
        }
    }

    /// `connect`, for who knows what to do about an earlier command's transaction.
    /// # Errors
    /// As `connect`, but for the last.
    pub fn connect_and_settle(&self) -> Result<(LiveChain, Option<Settled>), Refusal> {
        let network = &self.network;
        let cannot = |why: &dyn std::fmt::Display| crate::context::cannot("use", &self.deployments, why);
        fs::create_dir_all(&self.deployments).map_err(|why| cannot(&why))?;
        let lock = File::create(self.file("lock")).map_err(|why| cannot(&why))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Refusal::new(
                    format!("another command works on {}", network.name),
                    "wait until it is done, or use other deployments with --deployments DIR",
                ))
            }
            Err(TryLockError::Error(why)) => return Err(cannot(&why)),
        }
        let mut rpc = RpcChain::connect(&network.endpoint, network.genesis).map_err(refused)?;
        self.unit(&rpc)?.set_native();
        rpc.set_patience(self.patience);
        rpc.set_journal(Box::new(FileJournal::new(self.file("pending.json"))));
        let settled = rpc.settle().map_err(|fault| Words::default().chain(&fault))?;
        if let Some(exports) = &self.exports {
            rpc.export_to(Rc::clone(exports));
        }
        Ok((LiveChain { rpc, writes_out: self.exports.is_some(), _lock: lock }, settled))
    }

    /// The suite that `NETWORK.json` tells of, if it is what the chain has. Its events are kept from now on, and nothing before it is looked at.
    /// # Errors
    /// No such file, of another chain, or of contracts that are not there.
    pub fn find_suite(&self, chain: &mut OpenChain) -> Result<SuiteAddresses, Refusal> {
        let OpenChain::Live(live) = chain else {
            return Err(Refusal::new("this is no live chain", "name one with --network"));
        };
        let deployment = self.deployment()?.ok_or_else(|| {
            Refusal::new(
                format!(
                    "the suite is not deployed on {}: there is no {}",
                    self.network.name,
                    self.file("json").display()
                ),
                format!("run `couponry deploy --network {} --as OPERATOR`", self.network.name),
            )
        })?;
        let suite = deployment.ensure_on(&live.rpc)?;
        live.rpc.set_first_block(deployment.first_block());
        let pinned: Vec<AccountId> = suite.named().into_iter().map(|(_, account)| account).collect();
        live.rpc.set_pinned(pinned.iter().copied());
        let archive = SqliteArchive::open(&self.file("events.sqlite"), live.rpc.genesis(), &pinned)?;
        live.rpc.set_archive(Box::new(archive));
        if io::stderr().is_terminal() {
            live.rpc.set_progress(Box::new(backfill_bar()));
        }
        Ok(suite)
    }

    /// What is known to be deployed there.
    /// # Errors
    /// A file that can't be read.
    pub fn deployment(&self) -> Result<Option<Deployment>, Refusal> {
        Deployment::load(&self.file("json"))
    }

    /// A file of this network's among the deployments.
    pub fn file(&self, ending: &str) -> PathBuf {
        self.deployments.join(format!("{}.{ending}", self.network.name))
    }

    /// How amounts of its native token are written: as its file says, else as its node does.
    fn unit(&self, rpc: &RpcChain) -> Result<Unit, Refusal> {
        let (mut decimals, mut symbol) = (self.network.decimals, self.network.symbol.clone());
        if decimals.is_none() || symbol.is_none() {
            let (told_decimals, told_symbol) = rpc.token().map_err(refused)?;
            decimals = decimals.or(told_decimals);
            symbol = symbol.or(told_symbol);
        }
        let decimals = decimals.ok_or_else(|| {
            Refusal::new(
                format!(
                    "neither its file nor its node says how many decimals {}'s token has",
                    self.network.name
                ),
                "write `decimals` into the network's file, from a source that you trust",
            )
        })?;
        // One for each run of the program.
        let symbol: &'static str = symbol.map_or("", |symbol| Box::leak(symbol.into_boxed_str()));
        Ok(Unit { decimals, symbol })
    }
}

/// Draws how far a backfill is, and how fast; nothing for one that is done at once.
fn backfill_bar() -> impl Fn(u32, u32) {
    const SHORT: u32 = 256;
    let bar = ProgressBar::hidden();
    let style = ProgressStyle::with_template("{pos} of {len} blocks, {per_sec}, {eta} left {bar:30}");
    move |done, of| {
        if of > SHORT {
            if bar.is_hidden() {
                bar.set_draw_target(ProgressDrawTarget::stderr());
                if let Ok(style) = &style {
                    bar.set_style(style.clone());
                }
            }
            bar.set_length(of.into());
            bar.set_position(done.into());
            if done == of {
                bar.finish_and_clear();
            }
        }
    }
}

/// What a node or its chain made impossible.
pub fn refused(fault: NodeFault) -> Refusal {
    Words::default().chain(&ChainError::from(fault))
}

impl Chain for OpenChain {
    chain::forward_reads!(self => self.inner());

    fn upload(&mut self, signer: AccountId, wasm: &[u8]) -> Result<(Hash, Cost), ChainError> {
        self.inner_mut().upload(signer, wasm)
    }

    fn instantiate(
        &mut self,
        signer: AccountId,
        code_hash: Hash,
        value: Balance,
        data: Vec<u8>,
        salt: Vec<u8>,
    ) -> Result<(AccountId, Outcome), ChainError> {
        self.inner_mut().instantiate(signer, code_hash, value, data, salt)
    }

    fn call(
        &mut self,
        signer: AccountId,
        contract: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Outcome, ChainError> {
        self.inner_mut().call(signer, contract, value, data)
    }

    fn transfer(&mut self, from: AccountId, to: AccountId, amount: Balance) -> Result<(), ChainError> {
        self.inner_mut().transfer(from, to, amount)
    }
}

impl OpenChain {
    pub fn embedded(chain: EmbeddedChain) -> Self {
        Self::Embedded(Box::new(chain))
    }

    fn inner(&self) -> &dyn Chain {
        match self {
            Self::Embedded(chain) => &**chain,
            Self::Live(live) => &live.rpc,
        }
    }

    fn inner_mut(&mut self) -> &mut dyn Chain {
        match self {
            Self::Embedded(chain) => &mut **chain,
            Self::Live(live) => &mut live.rpc,
        }
    }

    /// Whether calls are written out for someone else to sign.
    pub fn writes_out(&self) -> bool {
        matches!(self, Self::Live(live) if live.writes_out)
    }

    /// Lets a live chain be signed to with `key`; an embedded one asks for none.
    pub fn add_key(&mut self, key: &Keypair) {
        if let Self::Live(live) = self {
            live.rpc.add_key(key);
        }
    }

    /// Lets `ms` milliseconds pass.
    /// # Errors
    /// `EndOfChain`; `Node` on a live chain that is not for development.
    pub fn advance(&mut self, ms: u64) -> Result<(), ChainError> {
        match self {
            Self::Embedded(chain) => chain.advance(ms),
            Self::Live(live) => live.rpc.advance(ms),
        }
    }

    /// Lets time pass until `time`.
    /// # Errors
    /// As `advance`, and `TimeBackwards`.
    pub fn set_time(&mut self, time: u64) -> Result<(), ChainError> {
        match self {
            Self::Embedded(chain) => chain.set_time(time),
            Self::Live(live) => live.rpc.set_time(time),
        }
    }

    /// Gives `account` plancks: on an embedded chain out of nothing, on a live one from `payer`.
    /// # Errors
    /// `BelowExistentialDeposit`; on a live chain whatever a transfer may meet.
    pub fn fund(
        &mut self,
        account: AccountId,
        amount: Balance,
        payer: Option<AccountId>,
    ) -> Result<(), ChainError> {
        match (self, payer) {
            (Self::Embedded(chain), None) => chain.endow(account, amount),
            (chain, Some(payer)) => chain.transfer(payer, account, amount),
            (Self::Live(_), None) => {
                Err(ChainError::Node { why: "nothing is made out of nothing on a live chain".to_owned() })
            }
        }
    }

    /// Writes an embedded chain to its file; a live one has kept what was done.
    /// # Errors
    /// `Locked`, `File`.
    pub fn save(&mut self, path: &Path) -> Result<(), ChainError> {
        match self {
            Self::Embedded(chain) => chain.save(path),
            Self::Live(_) => Ok(()),
        }
    }
}
