//! Blocks: the parts of fixed size that a large file is divided into, each with a digest of its own.
//!
//! SHA-256 of a file is one chain, which one core computes. Blocks are independent, so all cores check them at once, a part
//! of a file is checked without the rest, and a damaged file shows which bytes to download again.

use std::ops::Range;

use crate::manifest::Sha256Hex;

/// The smallest block, in bytes.
///
/// A reader of a few bytes has to hash the whole block that they are in, which takes about 2 ms for 4 MiB. With smaller
/// blocks, opening and seeking would begin to show in the time that a whole file takes.
pub const MIN_BLOCK_BYTES: u64 = 4 << 20;
/// The most blocks in a release. Their digests are 1.1 MB of a statement.
pub const MAX_BLOCKS: u64 = 16_384;
/// The size in bytes from which a file is divided into blocks. One core hashes a smaller file in 20 ms.
pub const MIN_DIVIDED_BYTES: u64 = 32 << 20;

/// The size of blocks: a power of two, at least [`MIN_BLOCK_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockSize(u64);

impl BlockSize {
    /// Returns the size of this many bytes; `None` if blocks cannot have it.
    #[must_use]
    pub fn new(bytes: u64) -> Option<Self> {
        (bytes.is_power_of_two() && bytes >= MIN_BLOCK_BYTES).then_some(Self(bytes))
    }

    /// Returns the size for a release whose files have these sizes: the smallest with at most [`MAX_BLOCKS`] blocks. `None` if
    /// no file is divided.
    #[must_use]
    pub fn of_release(sizes: &[u64]) -> Option<Self> {
        let candidates = (0..u64::BITS).filter_map(|power| MIN_BLOCK_BYTES.checked_shl(power)).filter_map(Self::new);
        let blocks = |size: &Self| {
            let divided = sizes.iter().filter(|bytes| size.divides(**bytes));
            divided.fold(0_u64, |sum, bytes| sum.saturating_add(size.count(*bytes)))
        };
        let smallest = candidates.into_iter().find(|size| blocks(size) <= MAX_BLOCKS)?;
        sizes.iter().any(|bytes| smallest.divides(*bytes)).then_some(smallest)
    }

    /// Returns the number of bytes.
    #[must_use]
    pub fn bytes(self) -> u64 {
        self.0
    }

    /// Returns whether a signer divides a file of this size: it is large, and has more than one block.
    #[must_use]
    pub fn divides(self, bytes: u64) -> bool {
        bytes >= MIN_DIVIDED_BYTES && bytes > self.0
    }

    /// Returns the number of blocks of a file of this size.
    #[must_use]
    pub fn count(self, bytes: u64) -> u64 {
        bytes.div_ceil(self.0)
    }

    /// Returns the place of each block of a file of this size.
    pub fn ranges(self, bytes: u64) -> impl Iterator<Item = Range<u64>> {
        (0..self.count(bytes)).map(move |at| at * self.0..bytes.min(at.saturating_add(1).saturating_mul(self.0)))
    }
}

/// The digests of the blocks of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocks {
    /// The size of a block. Only the last block may be smaller.
    pub size: BlockSize,
    /// The digests in the order of the file.
    pub sha256: Vec<Sha256Hex>,
}

impl Blocks {
    /// Returns the digest of the size and of all digests, which stands for them.
    #[must_use]
    pub fn root(&self) -> Sha256Hex {
        let size = self.size.bytes().to_be_bytes();
        super::sha256(&size.into_iter().chain(self.sha256.iter().flat_map(Sha256Hex::to_bytes)).collect::<Vec<u8>>())
    }

    /// Returns where a file with these blocks differs from one of `bytes` bytes with the blocks that are expected: the places of
    /// the blocks, and one range for several in a row. A block that the file lacks differs, and bytes after the end do not count.
    #[must_use]
    pub fn damaged(&self, expected: &Self, bytes: u64) -> Vec<Range<u64>> {
        let mut damaged: Vec<Range<u64>> = Vec::new();
        for (at, (range, signed)) in expected.size.ranges(bytes).zip(&expected.sha256).enumerate() {
            if self.size == expected.size && self.sha256.get(at) == Some(signed) {
                continue;
            }
            match damaged.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => damaged.push(range),
            }
        }
        damaged
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    #![allow(clippy::single_range_in_vec_init, reason = "one range of bytes is meant")]
    use super::*;

    const MIB: u64 = 1 << 20;
    const GIB: u64 = 1 << 30;

    #[test]
    fn only_powers_of_two_from_4_mib_are_sizes() {
        for bytes in [4 * MIB, 8 * MIB, 1 << 63] {
            assert_eq!(BlockSize::new(bytes).unwrap().bytes(), bytes);
        }
        for bytes in [0, 1, 2 * MIB, 4 * MIB - 1, 4 * MIB + 1, 12 * MIB, u64::MAX] {
            assert_eq!(BlockSize::new(bytes), None);
        }
    }

    #[test]
    fn a_release_has_the_smallest_size_with_at_most_16384_blocks() {
        let size = |sizes: &[u64]| BlockSize::of_release(sizes).map(|size| size.bytes() / MIB);
        assert_eq!(size(&[]), None);
        assert_eq!(size(&[32 * MIB - 1, 5, 0]), None);
        assert_eq!(size(&[32 * MIB]), Some(4));
        assert_eq!(size(&[64 * GIB]), Some(4));
        assert_eq!(size(&[64 * GIB + 1]), Some(8));
        // Small files do not count.
        assert_eq!(size(&[64 * GIB, MIB]), Some(4));
        assert_eq!(size(&[64 * GIB, 32 * MIB]), Some(8));
        assert_eq!(size(&[1 << 40]), Some(64));
        // Each of these would have one block of 64 MiB, which is the file itself.
        assert_eq!(size(&[40 * MIB; 20_000]), None);
        assert_eq!(size(&[u64::MAX; 3]).map(|mib| mib * MIB), Some(1 << 52));
    }

    #[test]
    fn ranges_are_the_file() {
        let size = BlockSize::new(4 * MIB).unwrap();
        let ranges = |bytes| size.ranges(bytes).collect::<Vec<_>>();
        assert_eq!(ranges(0), []);
        assert_eq!(ranges(4 * MIB), [0..4 * MIB]);
        assert_eq!(ranges(8 * MIB + 1), [0..4 * MIB, 4 * MIB..8 * MIB, 8 * MIB..8 * MIB + 1]);
        let largest = BlockSize::new(1 << 63).unwrap();
        assert_eq!(largest.ranges(u64::MAX).last(), Some(1 << 63..u64::MAX));
    }

    #[test]
    fn damage_is_where_blocks_differ_or_are_missing() {
        let size = BlockSize::new(4 * MIB).unwrap();
        let blocks =
            |names: &str| Blocks { size, sha256: names.bytes().map(|name| super::super::sha256(&[name])).collect() };
        let expected = blocks("abcde");
        let bytes = 16 * MIB + 5;
        for (found, damaged) in [
            ("abcde", vec![]),
            ("abcdef", vec![]),
            ("xbcde", vec![0..4 * MIB]),
            ("abxxe", vec![8 * MIB..16 * MIB]),
            ("xbcdx", vec![0..4 * MIB, 16 * MIB..bytes]),
            ("abc", vec![12 * MIB..bytes]),
            ("bacde", vec![0..8 * MIB]),
            ("", vec![0..bytes]),
        ] {
            assert_eq!(blocks(found).damaged(&expected, bytes), damaged, "{found}");
        }
        let other = Blocks { size: BlockSize::new(8 * MIB).unwrap(), ..expected.clone() };
        assert_eq!(other.damaged(&expected, bytes), [0..bytes]);
        assert!(other.root() != expected.root() && blocks("ab").root() != blocks("ba").root());
    }
}
