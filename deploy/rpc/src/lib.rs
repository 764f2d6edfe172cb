//! A live Contracts-pallet chain behind the [`Chain`](chain::Chain) trait, over a node's JSON-RPC.
//!
//! What the chain is like, its calls, storage, events and errors, is read from the metadata that the node gives, so any runtime with the Contracts pallet
//! will do. Only final blocks are read. Everything that is to be submitted is run dry first, and refused as the embedded chain would refuse it; what the
//! dry run used, with a margin, is the most that the transaction may use. Nothing is ever done twice: `transaction.rs` says why.
//!
//! Three things differ from the embedded chain. Fees are taken. A transaction that passes its dry run and then fails in its block, because others changed
//! the chain meanwhile, costs its fee, though it changes nothing else. And a node counts no storage touches: `Cost::touches` is 0, meaning unknown.

mod archive;
mod calls;
mod deployment;
mod dev;
mod doctor;
mod dry_run;
mod fault;
mod history;
mod journal;
mod live;
mod network;
mod node;
mod proof;
mod runtime;
mod transaction;

#[cfg(test)]
mod with_metadata;

pub use archive::{Archive, Cursor};
pub use deployment::Price;
pub use doctor::{Candidate, Finding};
pub use fault::NodeFault;
pub use journal::{Exported, Journal, Pending, Settled};
pub use network::{Network, NetworkFault};

use chain::{AccountId, Hash};
use node::Node;
use proof::ProvenBlock;
use runtime::Runtime;
use serde_json::{json, Value as Json};
use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet},
    rc::Rc,
    time::Duration,
};

/// A transaction that takes longer than this to be final is told as unsettled.
const PATIENCE: Duration = Duration::from_secs(120);
/// How many questions are asked at once when a range of blocks or a storage is read.
const AT_ONCE: usize = 64;

/// A live chain.
pub struct RpcChain {
    node: Node,
    runtime: Runtime,
    genesis: Hash,
    /// Number and hash of the last final block that was seen.
    head: Cell<(u32, Hash)>,
    /// Time of that block.
    now: Cell<u64>,
    /// Nothing of the suite is in earlier blocks.
    first_block: u32,
    keys: HashMap<AccountId, chain::Keypair>,
    nonces: HashMap<AccountId, u64>,
    patience: Duration,
    /// Reads stay at `head`.
    held: Cell<bool>,
    /// The block that is held, if its state is to be proven.
    proven: Option<ProvenBlock>,
    journal: Option<Box<dyn Journal>>,
    /// Calls are put here instead of being signed.
    exports: Option<Rc<RefCell<Vec<Exported>>>>,
    archive: Option<RefCell<Box<dyn Archive>>>,
    progress: Option<Box<dyn Fn(u32, u32)>>,
    /// Events of others are passed over; `None` for everyone's.
    pinned: Option<HashSet<AccountId>>,
}

impl RpcChain {
    /// Connects to the node at `endpoint`, a `ws://` address, and reads what its chain is like. With `expected`, only that chain will do.
    ///
    /// # Errors
    /// `Unreachable`; `WrongChain`; `Lacking` without the Contracts pallet or its API; `Nonsense`.
    pub fn connect(endpoint: &str, expected: Option<Hash>) -> Result<Self, NodeFault> {
        let node = Node::connect(endpoint)?;
        let genesis = read_answer(&node, "chain_getBlockHash", json!([0]), read_hash)?;
        if let Some(expected) = expected.filter(|expected| *expected != genesis) {
            return Err(NodeFault::WrongChain {
                endpoint: endpoint.to_owned(),
                found: hex::encode(genesis),
                expected: hex::encode(expected),
            });
        }
        let runtime = read_runtime(&node, genesis, Json::Null)?;
        let lacking =
            |what: &str| NodeFault::Lacking { endpoint: endpoint.to_owned(), what: what.to_owned() };
        if !runtime.has_pallet("Contracts") {
            return Err(lacking("Contracts pallet"));
        }
        if runtime.constant::<u128>("Balances", "ExistentialDeposit").is_none() {
            return Err(lacking("existential deposit of 128 bits"));
        }
        let chain = Self {
            node,
            runtime,
            genesis,
            head: Cell::new((0, genesis)),
            now: Cell::new(0),
            first_block: 0,
            keys: HashMap::new(),
            nonces: HashMap::new(),
            patience: PATIENCE,
            held: Cell::new(false),
            proven: None,
            journal: None,
            exports: None,
            archive: None,
            progress: None,
            pinned: None,
        };
        chain.refresh()?;
        Ok(chain)
    }

    /// Tells that nothing of interest happened before `block`, so that events are looked for from there on.
    pub fn set_first_block(&mut self, block: u32) {
        self.first_block = block;
    }

    /// Passes over the events of all but these contracts.
    pub fn set_pinned(&mut self, contracts: impl IntoIterator<Item = AccountId>) {
        self.pinned = Some(contracts.into_iter().collect());
    }

    /// Has all reads stay at the block `number`, or at the last final one, whatever happens meanwhile, and answers its number and hash.
    ///
    /// A node keeps the state of old blocks only if it is an archive; what it has forgotten it refuses to read.
    /// # Errors
    /// `Future` if the block is not final yet; the node can't be read.
    pub fn hold(&mut self, number: Option<u32>) -> Result<(u32, Hash), NodeFault> {
        self.held.set(false);
        self.proven = None;
        let (last, _) = self.refresh()?;
        if let Some(number) = number.filter(|number| *number != last) {
            if number > last {
                return Err(NodeFault::Future { block: number, last });
            }
            let text = self.block_hash(number)?;
            let hash =
                read_hash(&text).ok_or_else(|| self.node.nonsense("chain_getBlockHash", text.clone()))?;
            let (_, time) = self.events_and_time(&text)?;
            self.runtime = read_runtime(&self.node, self.genesis, json!(text))?;
            self.head.set((number, hash));
            self.now.set(time);
        }
        self.held.set(true);
        Ok(self.head.get())
    }

    /// What the node says of its chain's token: decimals and symbol, each if it says so.
    /// # Errors
    /// The node can't be read.
    pub fn token(&self) -> Result<(Option<u8>, Option<String>), NodeFault> {
        let properties = self.node.ask("system_properties", json!([]))?;
        // A chain of several tokens lists them; the native one is the first.
        let first = |name: &str| {
            let found = properties.get(name)?;
            Some(found.get(0).unwrap_or(found).clone())
        };
        let decimals = first("tokenDecimals").and_then(|number| number.as_u64());
        let symbol = first("tokenSymbol").and_then(|text| text.as_str().map(str::to_owned));
        Ok((decimals.and_then(|number| u8::try_from(number).ok()), symbol))
    }

    /// Looks at the last final block, and answers its number and hash. A number never goes back: another node behind the same address may be late.
    pub(crate) fn refresh(&self) -> Result<(u32, Hash), NodeFault> {
        if self.held.get() {
            return Ok(self.head.get());
        }
        let hash = read_answer(&self.node, "chain_getFinalizedHead", json!([]), read_hash)?;
        let (known, known_hash) = self.head.get();
        if hash == known_hash && known > 0 {
            return Ok((known, known_hash));
        }
        let text = to_hex(hash);
        let number = self.number_of(&text)?;
        if number < known {
            return Ok((known, known_hash));
        }
        let (_, time) = self.events_and_time(&text)?;
        self.head.set((number, hash));
        self.now.set(time);
        Ok((number, hash))
    }

    fn number_of(&self, hash: &str) -> Result<u32, NodeFault> {
        let header = self.node.ask("chain_getHeader", json!([hash]))?;
        header
            .get("number")
            .and_then(Json::as_str)
            .and_then(|text| u32::from_str_radix(text.trim_start_matches("0x"), 16).ok())
            .ok_or_else(|| self.node.nonsense("chain_getHeader", header.to_string()))
    }

    pub(crate) fn block_hash(&self, number: u32) -> Result<String, NodeFault> {
        read_answer(&self.node, "chain_getBlockHash", json!([number]), |text| {
            read_hash(text).map(|_| text.to_owned())
        })
    }

    /// The bytes of `System.Events` and the time of a block.
    pub(crate) fn events_and_time(&self, hash: &str) -> Result<(Vec<u8>, u64), NodeFault> {
        let mut found =
            self.stored_at(&[self.key("System", "Events")?, self.key("Timestamp", "Now")?], hash)?;
        let time = found.pop().flatten().unwrap_or_default();
        let events = found.pop().flatten().unwrap_or_default();
        Ok((events, moment(&time)))
    }

    pub(crate) fn key(&self, pallet: &str, item: &str) -> Result<Vec<u8>, NodeFault> {
        self.runtime.item(pallet, item).ok_or_else(|| self.lacking(&format!("{pallet}.{item}")))
    }

    pub(crate) fn lacking(&self, what: &str) -> NodeFault {
        NodeFault::Lacking { endpoint: self.node.endpoint().to_owned(), what: what.to_owned() }
    }

    /// The values of these keys in a block's state.
    pub(crate) fn stored_at(&self, keys: &[Vec<u8>], hash: &str) -> Result<Vec<Option<Vec<u8>>>, NodeFault> {
        if let Some(block) = self.proven.filter(|block| to_hex(block.hash) == hash) {
            return self.proven_values(block, keys);
        }
        let questions = keys.iter().map(|key| ("state_getStorage", json!([to_hex(key), hash]))).collect();
        let answers = self.node.ask_all(questions)?;
        answers.iter().map(|answer| self.optional_bytes("state_getStorage", answer)).collect()
    }

    pub(crate) fn optional_bytes(&self, method: &str, answer: &Json) -> Result<Option<Vec<u8>>, NodeFault> {
        match answer {
            Json::Null => Ok(None),
            Json::String(text) => {
                read_hex(text).map(Some).ok_or_else(|| self.node.nonsense(method, text.clone()))
            }
            Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => {
                Err(self.node.nonsense(method, answer.to_string()))
            }
        }
    }

    /// Runs a method of the runtime's API in a block's state.
    pub(crate) fn runtime_call(
        &self,
        method: &str,
        arguments: &[u8],
        hash: &Hash,
    ) -> Result<Vec<u8>, NodeFault> {
        let answer = self.node.ask("state_call", json!([method, to_hex(arguments), to_hex(hash)]))?;
        self.optional_bytes(method, &answer)?.ok_or_else(|| self.node.nonsense(method, "no answer"))
    }
}

/// The runtime of the block with this hash, or of the best block.
pub(crate) fn read_runtime(node: &Node, genesis: Hash, at: Json) -> Result<Runtime, NodeFault> {
    let version = node.ask("state_getRuntimeVersion", json!([at]))?;
    let number = |field: &str| {
        let number = version.get(field).and_then(Json::as_u64).and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| node.nonsense("state_getRuntimeVersion", format!("{field} of {version}")))
    };
    let (spec, transaction) = (number("specVersion")?, number("transactionVersion")?);
    let metadata = read_answer(node, "state_getMetadata", json!([at]), read_hex)?;
    Runtime::read(&metadata, spec, transaction, genesis)
        .map_err(|why| node.nonsense("state_getMetadata", why))
}

fn read_answer<T>(
    node: &Node,
    method: &'static str,
    params: Json,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, NodeFault> {
    let answer = node.ask(method, params)?;
    answer.as_str().and_then(read).ok_or_else(|| node.nonsense(method, answer.to_string()))
}

/// A time as the chain stores it.
pub(crate) fn moment(bytes: &[u8]) -> u64 {
    bytes.try_into().map(u64::from_le_bytes).unwrap_or_default()
}

pub(crate) fn to_hex(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}

pub(crate) fn read_hex(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.strip_prefix("0x")?).ok()
}

pub(crate) fn read_hash(text: &str) -> Option<Hash> {
    read_hex(text)?.try_into().ok()
}
