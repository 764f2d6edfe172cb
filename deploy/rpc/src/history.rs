//! Reading what happened in a range of final blocks. It knows events as bytes, and no contract.
//!
//! A node is not trusted to be one chain: each block must name the one before it. A runtime upgrade changes how events are written, so each block is read by the
//! metadata of its own runtime.

use crate::{
    archive::Cursor, fault::NodeFault, moment, node::Question, read_hash, read_runtime, runtime::Runtime,
    to_hex, RpcChain, AT_ONCE,
};
use chain::{ChainError, EventRecord, Hash};
use serde_json::{json, Value as Json};
use std::{collections::HashMap, rc::Rc};

/// What is asked of each block.
const QUESTIONS: usize = 3;

impl RpcChain {
    /// Gives `take` the events of contracts in blocks `from` to `to`, both included, in order, some blocks at a time with the last one of them. The first must follow the
    /// block `before`.
    pub(crate) fn events_between(
        &self,
        from: u32,
        to: u32,
        before: Option<Hash>,
        mut take: impl FnMut(Cursor, Vec<EventRecord>) -> Result<(), ChainError>,
    ) -> Result<(), ChainError> {
        let numbers: Vec<u32> = (from..=to).collect();
        let (events_key, time_key) = (self.key("System", "Events")?, self.key("Timestamp", "Now")?);
        let mut older = HashMap::new();
        let mut before: Option<Json> = before.map(|hash| json!(to_hex(hash)));
        for numbers in numbers.chunks(AT_ONCE) {
            let mut found = Vec::new();
            let hashes = self.ask_each(numbers, |number| ("chain_getBlockHash", json!([number])))?;
            let questions = hashes.iter().flat_map(|hash| -> [Question; QUESTIONS] {
                [
                    ("chain_getHeader", json!([hash])),
                    ("state_getStorage", json!([to_hex(&events_key), hash])),
                    ("state_getStorage", json!([to_hex(&time_key), hash])),
                ]
            });
            let answers = self.node.ask_all(questions.collect())?;
            let versions = self.versions(&hashes)?;
            let blocks = numbers.iter().zip(&hashes).zip(answers.chunks(QUESTIONS)).zip(versions);
            for (((number, hash), answers), version) in blocks {
                let [header, events, time] = answers else {
                    return Err(self.node.nonsense("chain_getHeader", "too few answers").into());
                };
                if before.take().is_some_and(|before| header.get("parentHash") != Some(&before)) {
                    let why = format!("block {number} does not follow the one before it");
                    return Err(self.node.nonsense("chain_getHeader", why).into());
                }
                before = Some(hash.clone());
                let bytes = |answer: &Json| {
                    self.optional_bytes("state_getStorage", answer).map(Option::unwrap_or_default)
                };
                let (events, time) = (bytes(events)?, moment(&bytes(time)?));
                let seen = if version == self.runtime.spec_version {
                    self.runtime.contract_events(events, *number, time)
                } else {
                    self.older(version, hash, &mut older)?.contract_events(events, *number, time)
                };
                let seen = seen
                    .map_err(|why| self.node.nonsense("System.Events", format!("block {number}: {why}")))?;
                let pinned = |record: &EventRecord| {
                    self.pinned.as_ref().is_none_or(|pinned| pinned.contains(&record.contract))
                };
                found.extend(seen.into_iter().map(|seen| seen.record).filter(pinned));
            }
            let hash = before.as_ref().and_then(Json::as_str).and_then(read_hash);
            if let (Some(block), Some(hash)) = (numbers.last(), hash) {
                take(Cursor { block: *block, hash }, found)?;
            }
        }
        Ok(())
    }

    /// The runtime version of each of these blocks, which follow each other. If the last one's is the first one's, so are all between.
    fn versions(&self, hashes: &[Json]) -> Result<Vec<u32>, NodeFault> {
        let ends: Vec<&Json> = [hashes.first(), hashes.last()].into_iter().flatten().collect();
        let ends = self.ask_each(&ends, version_at)?;
        let ends: Vec<u32> = ends.iter().map(|answer| self.spec_version(answer)).collect::<Result<_, _>>()?;
        if let [first, last] = ends.as_slice() {
            if first == last {
                return Ok(vec![*first; hashes.len()]);
            }
        }
        let hashes: Vec<&Json> = hashes.iter().collect();
        self.ask_each(&hashes, version_at)?.iter().map(|answer| self.spec_version(answer)).collect()
    }

    fn older(
        &self,
        version: u32,
        hash: &Json,
        known: &mut HashMap<u32, Rc<Runtime>>,
    ) -> Result<Rc<Runtime>, NodeFault> {
        if let Some(runtime) = known.get(&version) {
            return Ok(Rc::clone(runtime));
        }
        let runtime = Rc::new(read_runtime(&self.node, self.genesis, hash.clone())?);
        known.insert(version, Rc::clone(&runtime));
        Ok(runtime)
    }

    pub(crate) fn spec_version(&self, answer: &Json) -> Result<u32, NodeFault> {
        let version =
            answer.get("specVersion").and_then(Json::as_u64).and_then(|version| u32::try_from(version).ok());
        version.ok_or_else(|| self.node.nonsense("state_getRuntimeVersion", answer.to_string()))
    }

    fn ask_each<T>(&self, things: &[T], question: impl Fn(&T) -> Question) -> Result<Vec<Json>, NodeFault> {
        self.node.ask_all(things.iter().map(question).collect())
    }
}

fn version_at(hash: &&Json) -> Question {
    ("state_getRuntimeVersion", json!([hash]))
}
