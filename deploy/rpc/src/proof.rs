//! Whether a node tells the truth about a block's state. The block's hash names its header, the header the root of the state, and the nodes of the state's trie lead from
//! there to each item. So who knows the hash need not take the node's word. It knows no contract.

use crate::{fault::NodeFault, read_hash, read_hex, to_hex, RpcChain, AT_ONCE};
use chain::Hash;
use scale::{Compact, Encode};
use serde_json::{json, Value as Json};
use sp_core::{hashing::blake2_256, storage::ChildInfo, Blake2Hasher, H256};
use sp_state_machine::{create_proof_check_backend, Backend, StorageProof};

/// What a child trie's name begins with.
pub(crate) const CHILD: &[u8] = b":child_storage:default:";

/// Keys and values.
type Items = Vec<(Vec<u8>, Vec<u8>)>;

/// Why a proof proves nothing.
type Unproven = String;

/// A block whose state is read with proofs only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProvenBlock {
    pub(crate) hash: Hash,
    root: H256,
}

impl RpcChain {
    /// Has accounts, codes and storage of the block that is held proven from now on: that they are what its hash commits to, and that nothing of a storage is left out.
    /// `false` if the node offers no proofs; then it is taken at its word as before.
    /// # Errors
    /// `Unproven` if the node's header is not the block's; the node can't be read.
    pub fn demand_proofs(&mut self) -> Result<bool, NodeFault> {
        let (_, hash) = self.refresh()?;
        let text = to_hex(hash);
        match self.node.ask("state_getReadProof", json!([[to_hex(b":code")], text])) {
            Err(NodeFault::Refused { .. }) => return Ok(false),
            asked => asked?,
        };
        let header = self.node.ask("chain_getHeader", json!([text]))?;
        let (bytes, root) =
            encoded(&header).ok_or_else(|| self.node.nonsense("chain_getHeader", header.to_string()))?;
        if blake2_256(&bytes) != hash {
            return Err(self.unproven("its header has another hash".to_owned()));
        }
        self.proven = Some(ProvenBlock { hash, root });
        Ok(true)
    }

    /// The values of these keys, proven.
    pub(crate) fn proven_values(
        &self,
        block: ProvenBlock,
        keys: &[Vec<u8>],
    ) -> Result<Vec<Option<Vec<u8>>>, NodeFault> {
        let names: Vec<_> = keys.iter().map(to_hex).collect();
        let proof = self.proof("state_getReadProof", vec![json!([names, to_hex(block.hash)])])?;
        values(block.root, proof, keys).map_err(|why| self.unproven(why))
    }

    /// All items of a child trie, proven to be all. `keys` are what the node says it has.
    pub(crate) fn proven_items(
        &self,
        block: ProvenBlock,
        trie: &[u8],
        keys: &[String],
    ) -> Result<Items, NodeFault> {
        let (child, at) = (to_hex([CHILD, trie].concat()), to_hex(block.hash));
        // The root of a trie without items has to be proven too.
        let mut proof = self.proof("state_getReadProof", vec![json!([[child], at])])?;
        let questions = keys.chunks(AT_ONCE).map(|keys| json!([child, keys, at])).collect();
        proof.extend(self.proof("state_getChildReadProof", questions)?);
        items(block.root, proof, trie).map_err(|why| self.unproven(why))
    }

    /// The nodes that the node gives as proof.
    fn proof(&self, method: &'static str, questions: Vec<Json>) -> Result<Vec<Vec<u8>>, NodeFault> {
        let answers = self.node.ask_all(questions.into_iter().map(|asked| (method, asked)).collect())?;
        let mut proof = Vec::new();
        for answer in answers {
            let nodes = answer.get("proof").and_then(Json::as_array);
            let nodes = nodes.and_then(|nodes| {
                nodes.iter().map(|node| node.as_str().and_then(read_hex)).collect::<Option<Vec<_>>>()
            });
            proof.extend(nodes.ok_or_else(|| self.node.nonsense(method, answer.to_string()))?);
        }
        Ok(proof)
    }

    fn unproven(&self, why: Unproven) -> NodeFault {
        NodeFault::Unproven { endpoint: self.node.endpoint().to_owned(), block: self.head.get().0, why }
    }
}

/// The values of these keys in the state with this root.
fn values(root: H256, proof: Vec<Vec<u8>>, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, Unproven> {
    let state = backend(root, proof)?;
    keys.iter().map(|key| state.storage(key).map_err(|why| why.to_string())).collect()
}

/// All items of a child trie in the state with this root: where a node of it is not in the proof, there may be more.
fn items(root: H256, proof: Vec<Vec<u8>>, trie: &[u8]) -> Result<Items, Unproven> {
    let state = backend(root, proof)?;
    let child = ChildInfo::new_default(trie);
    let (mut items, mut last) = (Vec::new(), Vec::new());
    while let Some(key) = state.next_child_storage_key(&child, &last).map_err(|why| why.to_string())? {
        let value = state.child_storage(&child, &key).map_err(|why| why.to_string())?;
        items.push((key.clone(), value.unwrap_or_default()));
        last = key;
    }
    Ok(items)
}

fn backend(root: H256, proof: Vec<Vec<u8>>) -> Result<impl Backend<Blake2Hasher>, Unproven> {
    create_proof_check_backend::<Blake2Hasher>(root, StorageProof::new(proof)).map_err(|why| why.to_string())
}

/// The bytes whose hash is the block's, and the root of its state.
pub(crate) fn encoded(header: &Json) -> Option<(Vec<u8>, H256)> {
    let hash = |field: &str| header.get(field).and_then(Json::as_str).and_then(read_hash);
    let number = header.get("number").and_then(Json::as_str)?.strip_prefix("0x")?;
    let number = u32::from_str_radix(number, 16).ok()?;
    let root = hash("stateRoot")?;
    let logs = header.get("digest")?.get("logs")?.as_array()?;
    let count = u32::try_from(logs.len()).ok()?;
    let mut bytes =
        (hash("parentHash")?, Compact(number), root, hash("extrinsicsRoot")?, Compact(count)).encode();
    for log in logs {
        bytes.extend(log.as_str().and_then(read_hex)?);
    }
    Some((bytes, H256(root)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sp_core::storage::StateVersion;
    use sp_state_machine::{prove_child_read, prove_read, InMemoryBackend};

    const TRIE: &[u8] = b"a contract's";

    /// A state with 300 items of a contract's, and what it is said to have.
    fn state() -> (InMemoryBackend<Blake2Hasher>, Items) {
        let item = |n: u32| (blake2_256(&n.encode())[..20].to_vec(), n.encode().repeat(12));
        let mut items: Items = (0..300).map(item).collect();
        items.sort();
        let child = items.iter().map(|(key, value)| (key.clone(), Some(value.clone())));
        let top = [(b"balance".to_vec(), Some(vec![7; 16])), (b"other".to_vec(), Some(vec![8; 40]))];
        let state = InMemoryBackend::<Blake2Hasher>::default().update(
            vec![(None, top.to_vec()), (Some(ChildInfo::new_default(TRIE)), child.collect())],
            StateVersion::V1,
        );
        (state, items)
    }

    /// What an honest node gives as proof of these items.
    fn proof(state: &InMemoryBackend<Blake2Hasher>, items: &[(Vec<u8>, Vec<u8>)]) -> Vec<Vec<u8>> {
        let child = ChildInfo::new_default(TRIE);
        let keys = items.iter().map(|(key, _)| key);
        let root = prove_read(state.clone(), [[CHILD, TRIE].concat()]).unwrap();
        let items = prove_child_read(state.clone(), &child, keys).unwrap();
        root.into_iter_nodes().chain(items.into_iter_nodes()).collect()
    }

    #[test]
    fn a_whole_storage_is_proven() {
        let (state, all) = state();
        assert_eq!(items(*state.root(), proof(&state, &all), TRIE), Ok(all));
    }

    #[test]
    fn an_item_that_is_withheld_is_missed() {
        let (state, all) = state();
        let given = proof(&state, &all[1..]);
        let missed = items(*state.root(), given, TRIE);
        assert!(missed.as_ref().is_err_and(|why| why.contains("missing")), "{missed:?}");
    }

    #[test]
    fn a_storage_that_is_not_there_is_proven_to_be_empty() {
        let (state, all) = state();
        let name = [CHILD, b"another's"].concat();
        let given = prove_read(state.clone(), [name]).unwrap().into_iter_nodes().collect();
        assert_eq!(items(*state.root(), given, b"another's"), Ok(Vec::new()));
        // One that is there can't be passed off as empty.
        assert!(items(*state.root(), proof(&state, &all[..0])[..1].to_vec(), TRIE).is_err());
    }

    #[test]
    fn a_value_that_is_altered_is_found_out() {
        let (state, all) = state();
        let mut given = proof(&state, &all);
        let (key, value) = &all[170];
        let node = given.iter_mut().find(|node| node.windows(value.len()).any(|part| part == value));
        *node.unwrap().last_mut().unwrap() ^= 1;
        let found = items(*state.root(), given, TRIE);
        assert!(found.is_err(), "{key:?} was altered: {found:?}");
    }

    #[test]
    fn another_blocks_proof_proves_nothing() {
        let (state, all) = state();
        assert!(items(H256([1; 32]), proof(&state, &all), TRIE).is_err());
    }

    #[test]
    fn values_and_their_absence_are_proven() {
        let (state, _) = state();
        let keys = [b"balance".to_vec(), b"nothing".to_vec()];
        let given: Vec<_> = prove_read(state.clone(), &keys).unwrap().into_iter_nodes().collect();
        assert_eq!(values(*state.root(), given.clone(), &keys), Ok(vec![Some(vec![7; 16]), None]));
        // Nothing was given for this one.
        assert!(values(*state.root(), given[..0].to_vec(), &keys).is_err());
        let other = [b"other".to_vec()];
        assert!(values(*state.root(), given, &other).is_err());
    }

    #[test]
    fn a_header_is_encoded_as_its_hash_has_it() {
        let header = json!({
            "parentHash": to_hex([1; 32]), "number": "0x2a", "stateRoot": to_hex([2; 32]),
            "extrinsicsRoot": to_hex([3; 32]), "digest": { "logs": ["0x066175726120aabb", "0x00"] },
        });
        let (bytes, root) = encoded(&header).unwrap();
        let parts: [&[u8]; 8] =
            [&[1; 32], &[42 << 2], &[2; 32], &[3; 32], &[8], &[6], b"aura", &[0x20, 0xaa, 0xbb, 0]];
        assert_eq!((bytes, root), (parts.concat(), H256([2; 32])));
        assert_eq!(encoded(&json!({ "number": "0x2a" })), None);
    }
}
