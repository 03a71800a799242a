//! The block digests of a statement: strict about their form, because a reader of a part of a file has nothing else to go by.

use super::{Blocks, Hex, Subject};
use crate::artifacts::digest::{self, BlockSize, MAX_BLOCKS, MIN_BLOCK_BYTES};

impl Blocks {
    /// Returns the digests in the form of [`digest`]; `None` if the size is not one that blocks can have.
    #[must_use]
    pub fn to_digests(&self) -> Option<digest::Blocks> {
        let size = BlockSize::new(self.size)?;
        Some(digest::Blocks { size, sha256: self.sha256.iter().map(|digest| digest.0).collect() })
    }
}

impl From<digest::Blocks> for Blocks {
    fn from(blocks: digest::Blocks) -> Self {
        Self { size: blocks.size.bytes(), sha256: blocks.sha256.into_iter().map(Hex).collect() }
    }
}

/// Returns what is wrong with the block digests of the subjects, as a clause.
pub(super) fn problem(subjects: &[Subject]) -> Option<String> {
    let mut total = 0_u64;
    let mut first: Option<(&Subject, u64)> = None;
    for subject in subjects {
        let Some(Blocks { sha256, size }) = subject.annotations.blocks.as_deref() else { continue };
        let (name, bytes) = (&subject.name, subject.annotations.size);
        if *size == 0 {
            return Some(format!("the blocks of `{name}` have size 0"));
        }
        let Some(block) = BlockSize::new(*size) else {
            return Some(format!(
                "the blocks of `{name}` have {size} bytes, which is not a power of two of at least {MIN_BLOCK_BYTES}"
            ));
        };
        if let Some((other, expected)) = first.filter(|(_, expected)| expected != size) {
            return Some(format!(
                "the blocks of `{name}` have {size} bytes, and those of `{}` have {expected}",
                other.name
            ));
        }
        first = Some((subject, *size));
        let (found, expected) = (u64::try_from(sha256.len()).unwrap_or(u64::MAX), block.count(bytes));
        if expected < 2 {
            return Some(format!("`{name}` has {bytes} bytes, which is not more than one block of {size}"));
        }
        if found < expected {
            return Some(format!("`{name}` has {expected} blocks of {size} bytes, but only {found} block digests"));
        }
        if found > expected {
            return Some(format!("`{name}` has only {expected} blocks of {size} bytes, but {found} block digests"));
        }
        total = total.saturating_add(found);
    }
    (total > MAX_BLOCKS).then(|| format!("it has {total} block digests; the limit is {MAX_BLOCKS}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::super::{Annotations, Digest};
    use super::*;

    const MIB: u64 = 1 << 20;

    /// A subject of this size with this many block digests.
    fn subject(bytes: u64, size: u64, count: u64) -> Subject {
        let hex = || Hex(digest::sha256(b"a block"));
        let sha256 = (0..count).map(|_| hex()).collect();
        Subject {
            annotations: Annotations { blocks: Some(Box::new(Blocks { sha256, size })), size: bytes },
            digest: Digest { sha256: hex() },
            name: format!("{bytes}-{size}").parse().unwrap(),
        }
    }

    fn whole(bytes: u64) -> Subject {
        let mut subject = subject(bytes, 4 * MIB, 0);
        subject.annotations.blocks = None;
        subject
    }

    #[test]
    fn blocks_that_fit_the_file_are_accepted() {
        assert_eq!(problem(&[]), None);
        assert_eq!(problem(&[whole(1 << 40)]), None);
        for (bytes, size, count) in [
            (8 * MIB, 4 * MIB, 2),
            (8 * MIB + 1, 4 * MIB, 3),
            (4 * MIB + 1, 4 * MIB, 2),
            (64 << 30, 4 * MIB, MAX_BLOCKS),
            ((1 << 53) - 1, 1 << 52, 2),
        ] {
            assert_eq!(problem(&[whole(1), subject(bytes, size, count)]), None, "{bytes} {size} {count}");
        }
        assert_eq!(problem(&[subject(8 * MIB, 4 * MIB, 2), subject(9 * MIB, 4 * MIB, 3)]), None);
    }

    #[test]
    fn each_misfit_has_a_message_of_its_own() {
        for (what, subjects, message) in [
            ("missing", vec![subject(9 * MIB, 4 * MIB, 2)], "has 3 blocks of 4194304 bytes, but only 2 block digests"),
            ("none", vec![subject(9 * MIB, 4 * MIB, 0)], "but only 0 block digests"),
            ("extra", vec![subject(9 * MIB, 4 * MIB, 4)], "has only 3 blocks of 4194304 bytes, but 4 block digests"),
            // Blocks that overlap, or begin with a step of half a block, are more than fit.
            ("overlapping", vec![subject(8 * MIB, 4 * MIB, 3)], "has only 2 blocks of 4194304 bytes, but 3"),
            ("a tail", vec![subject(8 * MIB, 4 * MIB, 3)], "but 3 block digests"),
            ("size 0", vec![subject(8 * MIB, 0, 2)], "have size 0"),
            ("too small", vec![subject(8 * MIB, 2 * MIB, 4)], "have 2097152 bytes, which is not a power of two"),
            ("not a power of two", vec![subject(12 * MIB, 6 * MIB, 2)], "is not a power of two of at least 4194304"),
            ("one block", vec![subject(4 * MIB, 4 * MIB, 1)], "has 4194304 bytes, which is not more than one block"),
            ("an empty file", vec![subject(0, 4 * MIB, 0)], "has 0 bytes, which is not more than one block"),
            (
                "two sizes",
                vec![subject(8 * MIB, 4 * MIB, 2), subject(16 * MIB, 8 * MIB, 2)],
                "have 8388608 bytes, and those of `8388608-4194304` have 4194304",
            ),
            (
                "too many",
                vec![subject(64 << 30, 4 * MIB, MAX_BLOCKS), subject(8 * MIB, 4 * MIB, 2)],
                "it has 16386 block digests; the limit is 16384",
            ),
        ] {
            let found = problem(&subjects).unwrap_or_else(|| panic!("{what}: accepted"));
            assert!(found.contains(message), "{what}: {found}");
        }
    }
}
