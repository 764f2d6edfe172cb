//! Signing a transaction, sending it, and finding what came of it in a final block. It knows no contract.
//!
//! A transaction is signed once. Whatever happens to the connection, only the same bytes are sent again, and a chain takes the same bytes once: their nonce
//! is spent. So nothing is ever done twice; what can't be settled is told as such, with the hash to look for.

use crate::{
    calls::PalletCall,
    fault::NodeFault,
    journal::{Exported, Pending},
    node::Sent,
    read_runtime,
    runtime::{Ending, Seen},
    RpcChain,
};
use chain::{AccountId, Chain, ChainError, Hash, Keypair};
use serde_json::{json, Value as Json};
use std::{
    thread,
    time::{Duration, Instant},
};
use subxt_core::{
    config::{DefaultExtrinsicParamsBuilder, SubstrateConfig},
    tx::{self, payload::Payload},
    utils::{AccountId32, MultiSignature, H256},
};

/// For how many blocks a transaction may be included. After that it never can be.
const LIFETIME: u32 = 64;
/// How often the head is looked at, at first; the pause grows up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Where a transaction ended up.
pub(crate) struct Included {
    pub(crate) block: u32,
    pub(crate) parent: Hash,
    pub(crate) ending: Ending,
    /// Events of contracts, in order.
    pub(crate) events: Vec<Seen>,
}

/// What blocks tell of a transaction.
pub(crate) enum Watched {
    Included(Included),
    /// It is in no block up to `last`, after which it can't be included.
    Never {
        last: u32,
    },
}

impl Included {
    pub(crate) fn succeeded(&self) -> bool {
        matches!(self.ending, Ending::Success(_))
    }
}

struct Signer<'a>(&'a Keypair);

impl tx::signer::Signer<SubstrateConfig> for Signer<'_> {
    fn account_id(&self) -> AccountId32 {
        AccountId32(*self.0.account().as_ref())
    }

    fn sign(&self, payload: &[u8]) -> MultiSignature {
        MultiSignature::Sr25519(self.0.sign(payload))
    }
}

impl RpcChain {
    /// Signs `call`, sends it, and waits until it is in a final block.
    ///
    /// # Errors
    /// `NoKey`; `Node` if an earlier transaction is not settled or waits in the pool, if it can't be written down, if the node refused it, or if its lifetime passed:
    /// nothing was changed. `Unsettled` if it may still be included.
    pub(crate) fn submit(&mut self, signer: AccountId, call: &PalletCall) -> Result<Included, ChainError> {
        let what = format!("{}.{}", call.pallet, call.name);
        let payload = tx::payload::dynamic(call.pallet, call.name, call.arguments.clone());
        let unfit = |why: subxt_core::Error| self.node.nonsense(&what, why.to_string());
        if let Some(exports) = &self.exports {
            let call = payload.encode_call_data(&self.runtime.metadata).map_err(unfit)?;
            exports.borrow_mut().push(Exported { signer, what, call });
            return Err(NodeFault::Exported.into());
        }
        let key = self.keys.get(&signer).cloned().ok_or(ChainError::NoKey { account: signer })?;
        let left = self.journal.as_ref().and_then(|journal| journal.pending().ok().flatten());
        if let Some(Pending { what, .. }) = left {
            return Err(NodeFault::Pending { what }.into());
        }
        let (number, hash) = self.refresh()?;
        self.follow_upgrade()?;
        let nonce = self.next_nonce(signer)?;
        let params = DefaultExtrinsicParamsBuilder::<SubstrateConfig>::new()
            .nonce(nonce)
            .mortal_from_unchecked(LIFETIME.into(), number.into(), H256(hash))
            .build();
        let unfit = |why: subxt_core::Error| self.node.nonsense(&what, why.to_string());
        let bytes = tx::create_v4_signed(&payload, &self.runtime.client_state(), params)
            .map_err(unfit)?
            .sign(&Signer(&key))
            .into_encoded();
        let text = format!("0x{}", hex::encode(&bytes));
        let id = sp_core::hashing::blake2_256(&bytes);
        self.note(Some(&Pending { what: what.clone(), bytes: text.clone(), signed_at: number }))?;
        match self.node.send("author_submitExtrinsic", json!([text]))? {
            Sent::Accepted => {}
            Sent::Refused { code, message } => {
                self.note(None)?;
                return Err(NodeFault::Refused { method: what, code, message }.into());
            }
            // Only the chain can tell.
            Sent::Perhaps => {}
        }
        let watched = self.watch(id, &text, number)?;
        self.note(None)?;
        match watched {
            Watched::Included(included) => {
                self.nonces.insert(signer, nonce.saturating_add(1));
                Ok(included)
            }
            Watched::Never { last } => {
                Err(NodeFault::Expired { transaction: crate::to_hex(id), last }.into())
            }
        }
    }

    /// Reads the runtime anew if the chain has upgraded it: a signature names the version.
    fn follow_upgrade(&mut self) -> Result<(), ChainError> {
        let answer = self.node.ask("state_getRuntimeVersion", json!([]))?;
        if self.spec_version(&answer)? != self.runtime.spec_version {
            self.runtime = read_runtime(&self.node, self.genesis, Json::Null)?;
        }
        Ok(())
    }

    /// The nonce of the next transaction of `signer`. While the node knows of transactions that are in no final block yet, a later one would wait behind them, or
    /// take effect twice with what they do; so they are waited for.
    fn next_nonce(&self, signer: AccountId) -> Result<u64, ChainError> {
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let answer = self.node.ask("system_accountNextIndex", json!([chain::keys::ss58(&signer)]))?;
            let told = answer
                .as_u64()
                .ok_or_else(|| self.node.nonsense("system_accountNextIndex", answer.to_string()))?;
            // Nodes may answer late: what this session has seen in a final block is known better.
            let known = self.nonces.get(&signer).copied().unwrap_or_default();
            let final_nonce = self.holding(signer)?.nonce.max(known);
            if told <= final_nonce {
                return Ok(final_nonce);
            }
            if began.elapsed() > self.patience {
                let account = chain::keys::ss58(&signer);
                return Err(NodeFault::Stuck { account, next: told, final_nonce }.into());
            }
            thread::sleep(pause);
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }

    /// Looks through final blocks after `from` until one has the transaction, or none can have it any more.
    pub(crate) fn watch(&mut self, id: Hash, text: &str, from: u32) -> Result<Watched, ChainError> {
        let unsettled = |why: String| ChainError::Unsettled { transaction: id, why };
        let last = from.saturating_add(LIFETIME);
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut looked_at = from;
        loop {
            let (height, _) = self.refresh().map_err(|fault| unsettled(fault.to_string()))?;
            while looked_at < height.min(last) {
                looked_at = looked_at.saturating_add(1);
                let found = self.find_in(looked_at, text).map_err(|fault| unsettled(fault.to_string()))?;
                if let Some(included) = found {
                    return Ok(Watched::Included(included));
                }
            }
            if looked_at >= last {
                return Ok(Watched::Never { last });
            }
            if began.elapsed() > self.patience {
                return Err(unsettled(format!("it was in no final block up to {looked_at}")));
            }
            thread::sleep(pause);
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }

    fn find_in(&self, number: u32, text: &str) -> Result<Option<Included>, ChainError> {
        let hash = self.block_hash(number)?;
        let block = self.node.ask("chain_getBlock", json!([hash]))?;
        let block = block.get("block").cloned().unwrap_or_default();
        let transactions = block.get("extrinsics").and_then(Json::as_array).cloned().unwrap_or_default();
        let Some(index) = transactions.iter().position(|known| known.as_str() == Some(text)) else {
            return Ok(None);
        };
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let parent = block
            .pointer("/header/parentHash")
            .and_then(Json::as_str)
            .and_then(crate::read_hash)
            .ok_or_else(|| self.node.nonsense("chain_getBlock", "a block without a parent"))?;
        let (events, time) = self.events_and_time(&hash)?;
        let ending = self
            .runtime
            .ending(events.clone(), index)
            .ok_or_else(|| self.node.nonsense("System.Events", "a transaction without an ending"))?;
        let events = self
            .runtime
            .contract_events(events, number, time)
            .map_err(|why| self.node.nonsense("System.Events", why))?
            .into_iter()
            .filter(|seen| seen.transaction == Some(index))
            .collect();
        Ok(Some(Included { block: number, parent, ending, events }))
    }
}

impl RpcChain {
    /// How long a transaction may take to be final before it is given up as unsettled.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// The account that pays for what it signs, and its key.
    pub fn add_key(&mut self, key: &Keypair) {
        self.keys.insert(key.account(), key.clone());
    }

    /// Whether this session can sign for `account`.
    pub fn can_sign(&self, account: AccountId) -> bool {
        self.keys.contains_key(&account)
    }

    /// How many transactions of `account` are in final blocks.
    /// # Errors
    /// The chain can't be read.
    pub fn transactions_of(&self, account: AccountId) -> Result<u64, ChainError> {
        self.holding(account).map(|holding| holding.nonce)
    }

    /// Which chain this is, for a person.
    pub fn describe(&self) -> String {
        format!("{} at block {}", self.node.endpoint(), self.height())
    }
}
