//! The Merkle tree behind a drop: leaf `i` is the one-time public key of code `i`.
//!
//! A perfect binary tree over blake2b-256. Leaf: `H(0x00 ‖ index as u32 LE ‖ key)`; node: `H(0x01 ‖ left ‖ right)`;
//! places past the last code hold 32 zero bytes. The prefixes keep a node from passing as a leaf (as in RFC 6962 §2.1).
use crate::Hash;
use ink::env::hash::{Blake2x256, CryptoHash};

/// The deepest tree: 2³² codes.
pub const MAX_DEPTH: usize = 32;

/// The place of a code that was never printed.
pub const EMPTY: Hash = [0; 32];

/// The leaf of code `index`.
pub fn leaf(index: u32, key: &Hash) -> Hash {
    let mut input = [0u8; 37];
    let (_, rest) = input.split_at_mut(1);
    let (place, rest) = rest.split_at_mut(4);
    place.copy_from_slice(&index.to_le_bytes());
    rest.copy_from_slice(key);
    digest(&input)
}

/// The node above two others.
#[cfg(any(feature = "std", test))]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    let mut input = [1u8; 65];
    let (_, rest) = input.split_at_mut(1);
    let (first, second) = rest.split_at_mut(32);
    first.copy_from_slice(left);
    second.copy_from_slice(right);
    digest(&input)
}

/// The length of every proof in a tree of `size` leaves: ⌈log₂ size⌉.
pub fn depth(size: u32) -> usize {
    u32::BITS.saturating_sub(size.saturating_sub(1).leading_zeros()) as usize
}

/// Whether `key` is leaf `index` of the tree of `size` leaves under `root`. The proof lists siblings from the leaf up.
pub fn proves(root: &Hash, size: u32, index: u32, key: &Hash, proof: &[Hash]) -> bool {
    if index >= size || proof.len() != depth(size) {
        return false;
    }
    let mut place = index;
    let mut hash = leaf(index, key);
    // One buffer for all levels: bytes are copied one by one on chain.
    let mut input = [1u8; 65];
    for sibling in proof {
        let (_, children) = input.split_at_mut(1);
        let (left, right) = children.split_at_mut(32);
        let (mine, other) = if place & 1 == 0 { (left, right) } else { (right, left) };
        mine.copy_from_slice(&hash);
        other.copy_from_slice(sibling);
        Blake2x256::hash(&input, &mut hash);
        place >>= 1;
    }
    hash == *root
}

fn digest(input: &[u8]) -> Hash {
    let mut output = Hash::default();
    Blake2x256::hash(input, &mut output);
    output
}

/// A whole tree, for whoever prints the codes; contracts only ever see its root and proofs.
#[cfg(feature = "std")]
pub struct Tree {
    /// Leaves first, root last; each level is half as long as the one before.
    levels: Vec<Vec<Hash>>,
    size: u32,
}

#[cfg(feature = "std")]
impl Tree {
    /// The tree over one-time public keys in the order of their codes; `None` when there are none, or more than a `u32` counts.
    pub fn new(keys: &[Hash]) -> Option<Self> {
        let size = u32::try_from(keys.len()).ok().filter(|size| *size > 0)?;
        let mut level: Vec<Hash> = (0u32..).zip(keys).map(|(index, key)| leaf(index, key)).collect();
        level.resize(keys.len().next_power_of_two(), EMPTY);
        let mut levels = vec![level];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above =
                below.chunks_exact(2).filter_map(|pair| Some(node(pair.first()?, pair.last()?))).collect();
            levels.push(above);
        }
        Some(Self { levels, size })
    }

    /// What a drop commits to.
    pub fn root(&self) -> Hash {
        self.levels.last().and_then(|level| level.first()).copied().unwrap_or(EMPTY)
    }

    /// The number of codes.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// The siblings on the way from code `index` to the root; `None` past the last code.
    pub fn proof(&self, index: u32) -> Option<Vec<Hash>> {
        if index >= self.size {
            return None;
        }
        let mut place = index as usize;
        let mut proof = Vec::new();
        for level in self.levels.split_last()?.1 {
            proof.push(*level.get(place ^ 1)?);
            place >>= 1;
        }
        Some(proof)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(count: u8) -> Vec<Hash> {
        (0..count).map(|n| [n; 32]).collect()
    }

    #[test]
    fn every_code_of_every_small_drop_proves_and_no_other() {
        for count in 1..=17 {
            let keys = keys(count);
            let tree = Tree::new(&keys).unwrap();
            for (index, key) in (0u32..).zip(&keys) {
                let proof = tree.proof(index).unwrap();
                assert_eq!(proof.len(), depth(tree.size()));
                assert!(proves(&tree.root(), tree.size(), index, key, &proof));
                assert!(!proves(&tree.root(), tree.size(), index, &[99; 32], &proof));
                assert!(!proves(&tree.root(), tree.size(), index ^ 1, key, &proof));
                assert!(!proves(&[7; 32], tree.size(), index, key, &proof));
            }
            assert_eq!(tree.proof(u32::from(count)), None);
        }
    }

    #[test]
    fn a_node_cannot_pass_as_a_leaf_nor_a_proof_be_short() {
        let keys = keys(4);
        let tree = Tree::new(&keys).unwrap();
        let proof = tree.proof(0).unwrap();
        assert!(!proves(&tree.root(), 4, 0, &keys[0], &proof[..1]));
        assert!(!proves(&tree.root(), 2, 0, &tree.levels[1][0], &proof[1..]));
        assert!(Tree::new(&[]).is_none());
    }

    #[test]
    fn a_million_codes_need_twenty_siblings() {
        assert_eq!((depth(1), depth(2), depth(3), depth(1_000_000), depth(u32::MAX)), (0, 1, 2, 20, 32));
    }
}
