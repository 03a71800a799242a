//! The files that a statement lists.

use std::ops::Range;

use crate::manifest::Sha256Hex;
use crate::path::RepoPath;

/// One file of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resource {
    /// The path within the model.
    pub path: RepoPath,
    /// The digest of the content.
    pub sha256: Sha256Hex,
}

impl Resource {
    #[cfg(feature = "oms")]
    pub(crate) fn new(path: RepoPath, sha256: Sha256Hex) -> Self {
        Self { path, sha256 }
    }
}

/// A file that is listed in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShardedFile {
    /// The path within the model.
    pub path: RepoPath,
    /// The parts in order: the bytes from `start` up to but not including `end`, and their digest. There is at least one.
    pub parts: Vec<(Range<u64>, Sha256Hex)>,
}

impl ShardedFile {
    /// Returns the size of the file in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.parts.last().map_or(0, |(part, _)| part.end)
    }
}
