//! The Merkle tree behind a drop: leaf `i` is the one-time public key of code `i`.
//!
//! A tree over blake2b-256 with four branches at each node. Leaf: `H(0x00 ‖ index as u32 LE ‖ key)`; node: `H(0x01 ‖ its four children)`;
//! places past the last of a level hold 32 zero bytes. The prefixes keep a node from passing as a leaf (as in RFC 6962 §2.1).
//!
//! Four branches, since a hash costs 6.6 million ref_time on chain and only 1,466 more for each byte: a million codes take 10 hashes instead of
//! 20, for 30 siblings instead of 20.
use crate::Hash;
use ink::env::hash::{Blake2x256, CryptoHash};

/// How many children a node has.
pub const BRANCHES: usize = 4;

/// How many siblings a child has, and so how many hashes of a proof are of one level.
pub const SIBLINGS: usize = 3;

/// The place of a code that was never printed, and of a node over none.
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

/// The node above up to four others.
#[cfg(any(feature = "std", test))]
pub fn node(children: &[Hash]) -> Hash {
    let mut input = vec![1u8];
    for place in 0..BRANCHES {
        input.extend(children.get(place).unwrap_or(&EMPTY));
    }
    digest(&input)
}

/// The levels of nodes above `size` leaves: ⌈log₄ size⌉.
pub fn depth(size: u32) -> usize {
    let bits = u32::BITS.saturating_sub(size.saturating_sub(1).leading_zeros());
    bits.div_ceil(2) as usize
}

/// Whether `key` is leaf `index` of the tree of `size` leaves under `root`. The proof lists the siblings from the leaf up, three a level.
pub fn proves(root: &Hash, size: u32, index: u32, key: &Hash, proof: &[Hash]) -> bool {
    if index >= size || proof.len() != depth(size).saturating_mul(SIBLINGS) {
        return false;
    }
    let mut place = index;
    let mut hash = leaf(index, key);
    // One buffer for all levels: bytes are copied one by one on chain.
    let mut input = [1u8; 129];
    for siblings in proof.chunks_exact(SIBLINGS) {
        let mut others = siblings.iter();
        for (at, child) in (0..).zip(input.split_at_mut(1).1.chunks_exact_mut(32)) {
            let from = if at == place & 3 { Some(&hash) } else { others.next() };
            child.copy_from_slice(from.unwrap_or(&EMPTY));
        }
        Blake2x256::hash(&input, &mut hash);
        place >>= 2;
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
    /// Leaves first, root last; each level is a quarter as long as the one before, rounded up.
    levels: Vec<Vec<Hash>>,
    size: u32,
}

#[cfg(feature = "std")]
impl Tree {
    /// The tree over one-time public keys in the order of their codes; `None` when there are none, or more than a `u32` counts.
    pub fn new(keys: &[Hash]) -> Option<Self> {
        let size = u32::try_from(keys.len()).ok().filter(|size| *size > 0)?;
        let mut levels = vec![(0u32..).zip(keys).map(|(index, key)| leaf(index, key)).collect::<Vec<_>>()];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above = below.chunks(BRANCHES).map(node).collect();
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
            let first = place & !3;
            let family = (first..first.saturating_add(BRANCHES)).filter(|other| *other != place);
            proof.extend(family.map(|other| level.get(other).unwrap_or(&EMPTY)));
            place >>= 2;
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
        for count in 1..=70 {
            let keys = keys(count);
            let tree = Tree::new(&keys).unwrap();
            for (index, key) in (0u32..).zip(&keys) {
                let proof = tree.proof(index).unwrap();
                assert_eq!(proof.len(), 3 * depth(tree.size()));
                assert!(proves(&tree.root(), tree.size(), index, key, &proof));
                assert!(!proves(&tree.root(), tree.size(), index, &[99; 32], &proof));
                for other in 0..u32::from(count) + 1 {
                    assert_eq!(proves(&tree.root(), tree.size(), other, key, &proof), other == index);
                }
                assert!(!proves(&[7; 32], tree.size(), index, key, &proof));
            }
            assert_eq!(tree.proof(u32::from(count)), None);
        }
    }

    #[test]
    fn a_node_is_over_its_four_children_in_their_order() {
        let [a, b, c, d] = [[1; 32], [2; 32], [3; 32], [4; 32]];
        let bytes = [vec![1], [a, b, c, d].concat()].concat();
        assert_eq!(node(&[a, b, c, d]), digest(&bytes));
        assert_eq!(node(&[a]), node(&[a, EMPTY, EMPTY, EMPTY]));
        assert_ne!(node(&[a, b]), node(&[b, a]));
    }

    #[test]
    fn a_node_cannot_pass_as_a_leaf_nor_a_proof_be_short() {
        let keys = keys(16);
        let tree = Tree::new(&keys).unwrap();
        let proof = tree.proof(0).unwrap();
        for length in 0..6 {
            assert!(!proves(&tree.root(), 16, 0, &keys[0], &proof[..length]));
        }
        assert!(!proves(&tree.root(), 4, 0, &tree.levels[1][0], &proof[3..]));
        assert!(Tree::new(&[]).is_none());
    }

    #[test]
    fn each_sibling_counts() {
        let keys = keys(21);
        let tree = Tree::new(&keys).unwrap();
        for index in 0..21u32 {
            let proof = tree.proof(index).unwrap();
            for place in 0..proof.len() {
                let mut other = proof.clone();
                other[place][31] ^= 1;
                assert!(!proves(&tree.root(), 21, index, &keys[index as usize], &other));
            }
        }
    }

    #[test]
    fn a_million_codes_need_ten_levels() {
        let sizes = [1, 2, 4, 5, 16, 17, 1_000_000, 1 << 20, (1 << 20) + 1, u32::MAX];
        assert_eq!(sizes.map(depth), [0, 1, 1, 2, 2, 3, 10, 10, 11, 16]);
    }
}
