//! The Merkle tree of [RFC 6962 §2.1](https://www.rfc-editor.org/rfc/rfc6962#section-2.1), with inclusion proofs
//! verified as in
//! [RFC 9162 §2.1.3.2](https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2).

use sha2::{Digest, Sha256};

use super::checkpoint::Checkpoint;

/// The hash of a node of the tree.
pub(super) type Hash = [u8; 32];

pub(super) fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0x00]).chain_update(entry).finalize().into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([0x01]).chain_update(left).chain_update(right).finalize().into()
}

/// Checks that the leaf is at the index of the tree. The error is one clause.
pub(super) fn includes(leaf: &Hash, index: u64, path: &[Hash], tree: &Checkpoint) -> Result<(), &'static str> {
    if index >= tree.size {
        return Err("its index is outside the log");
    }
    let (mut position, mut last) = (index, tree.size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return Err("its inclusion proof is too long for a log of this size");
        }
        if position & 1 == 1 || position == last {
            hash = node_hash(sibling, &hash);
            while position & 1 == 0 && position != 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err("its inclusion proof is too short for a log of this size");
    }
    if hash != tree.root {
        return Err("its inclusion proof does not lead from this signature to the root hash of the log");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The recursive definitions of RFC 6962 §2.1: the hash of a list, and the audit path of a leaf.
    fn root_and_path(leaves: &[Hash], index: usize) -> (Hash, Vec<Hash>) {
        if let [leaf] = leaves {
            return (*leaf, Vec::new());
        }
        let half = leaves.len().next_power_of_two() / 2;
        let (left, right) = leaves.split_at(half);
        let (own, other, is_left) = if index < half { (left, right, true) } else { (right, left, false) };
        let (hash, mut path) = root_and_path(own, if is_left { index } else { index - half });
        let (sibling, _) = root_and_path(other, 0);
        path.push(sibling);
        (if is_left { node_hash(&hash, &sibling) } else { node_hash(&sibling, &hash) }, path)
    }

    #[test]
    fn each_leaf_of_small_trees_is_included_only_at_its_index() {
        for size in 1..=40_usize {
            let leaves: Vec<Hash> = (0..size).map(|leaf| leaf_hash(&leaf.to_be_bytes())).collect();
            for (index, leaf) in leaves.iter().enumerate() {
                let (root, path) = root_and_path(&leaves, index);
                let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
                let tree = |size: usize, root| Checkpoint { origin: String::new(), size: number(size), root };
                let at = |index: usize, path: &[Hash], size| includes(leaf, number(index), path, &tree(size, root));
                assert_eq!(at(index, &path, size), Ok(()));
                assert!(at(index, &path[..path.len().saturating_sub(1)], size).is_err() || path.is_empty());
                assert!(at(index, &[&path[..], &[root]].concat(), size).is_err());
                assert!((0..size + 3).filter(|other| *other != index).all(|other| at(other, &path, size).is_err()));
                assert!(includes(&leaf_hash(b"other"), number(index), &path, &tree(size, root)).is_err());
                for at_fault in 0..path.len() {
                    let mut wrong = path.clone();
                    wrong[at_fault][0] ^= 1;
                    assert!(at(index, &wrong, size).is_err());
                }
            }
        }
    }

    #[test]
    fn an_empty_log_includes_nothing() {
        let root = Sha256::digest(b"").into();
        assert!(includes(&leaf_hash(b""), 0, &[], &Checkpoint { origin: "x".to_owned(), size: 0, root }).is_err());
    }
}
