//! The blocks of a file as they were signed.

use std::ops::Range;

use crate::artifacts::digest::BlockSize;
use crate::manifest::Sha256Hex;
use crate::statement::Subject;

/// A block, and the digest that it should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignedBlock<'a> {
    /// Its place in the file.
    pub(super) bytes: Range<u64>,
    /// Its signed digest.
    pub(super) sha256: &'a Sha256Hex,
}

/// Returns the blocks of a file in order. A file without signed blocks is one.
pub(super) fn signed_blocks(subject: &Subject) -> Vec<SignedBlock<'_>> {
    let size = subject.annotations.size;
    let blocks = subject.annotations.blocks.as_deref();
    match blocks.and_then(|blocks| Some((blocks, BlockSize::new(blocks.size)?))) {
        Some((blocks, block)) => {
            let digests = blocks.sha256.iter().map(|digest| &digest.0);
            block.ranges(size).zip(digests).map(|(bytes, sha256)| SignedBlock { bytes, sha256 }).collect()
        }
        None => vec![whole(subject)],
    }
}

/// Returns a file as one block.
pub(super) fn whole(subject: &Subject) -> SignedBlock<'_> {
    SignedBlock { bytes: 0..subject.annotations.size, sha256: &subject.digest.sha256.0 }
}
