//! The questions that both backends answer, and the terms in which they answer.

use std::path::PathBuf;

use crate::files::{Attribute, CommitFacts, ObjectId};
use crate::path::RepoPath;

use super::error::Error;
use super::location::TreeSource;
use super::tags::Object;

/// The answer of a backend.
pub(super) type Answer<T> = Result<T, Refusal>;

/// Why a backend gives no answer.
#[derive(Debug)]
pub(super) enum Refusal {
    /// This backend does not support something, named as a noun phrase; the other one may.
    Unsupported(String),
    /// Asking the other backend would not help.
    Failed(Error),
}

impl Refusal {
    /// Returns the error if there is no other backend to ask.
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Unsupported(what) => Error::Unsupported { what },
            Self::Failed(error) => error,
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The questions about commits, the index and settings.
pub(super) trait Backend: TagBackend {
    /// Returns the commit that a revision leads to.
    fn resolve(&self, revision: &str) -> Answer<CommitFacts>;
    /// Returns every entry below a tree that is not itself a tree.
    fn tree(&self, tree: &ObjectId) -> Answer<Vec<TreeEntry>>;
    /// Returns the entries of the index in all stages; none if there is no index.
    fn index(&self) -> Answer<Vec<TreeEntry>>;
    /// Returns the entries of the index, and which of them differ from the last commit.
    fn staged_commit(&self) -> Answer<StagedCommit>;
    /// Returns an attribute of each path, as the `.gitattributes` files of a state set it.
    fn attributes(&self, state: TreeSource<'_>, name: &str, paths: &[&RepoPath]) -> Answer<Vec<Attribute>>;
    /// Returns a setting of the repository, its user and its system together; the last one set counts.
    fn setting(&self, key: &str) -> Answer<Option<String>>;
    /// Returns every setting of a section with a subsection, in the order in which they count: `section.sub.key` with section and
    /// key in lower case, and the value.
    fn settings_of(&self, section: &str) -> Answer<Vec<(String, String)>>;
    /// Returns a setting that is a path, with `~` expanded as Git does.
    fn path_setting(&self, key: &str) -> Answer<Option<PathBuf>>;
}

/// The questions about single objects and the references of tags.
pub(super) trait TagBackend {
    /// Returns the object that a revision names; `None` if it names none.
    fn object_of(&self, revision: &str) -> Answer<Option<ObjectId>>;
    /// Returns the object that a full reference name leads to; `None` if there is no such reference.
    fn reference(&self, name: &str) -> Answer<Option<ObjectId>>;
    /// Returns the full names of the references that begin with `above`, and the objects that they lead to.
    fn references(&self, above: &str) -> Answer<Vec<(String, ObjectId)>>;
    /// Reads an object of at most `limit` bytes.
    fn object(&self, id: &ObjectId, limit: u64) -> Answer<Object>;
    /// Stores a tag object and creates a reference of this full name that leads to it.
    fn add_tag(&self, reference: &str, tag: &[u8]) -> Answer<ObjectId>;
}

/// An entry of a tree or of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    /// The path from the root, as Git stores it.
    pub(crate) path: Vec<u8>,
    /// The kind of entry.
    pub(crate) mode: Mode,
    /// The object.
    pub(crate) id: ObjectId,
    /// 0, or 1 to 3 in an unfinished merge.
    pub(crate) stage: u8,
    /// Whether the path was only announced with `git add -N`, with nothing staged.
    pub(crate) intent_to_add: bool,
    /// Whether a sparse checkout leaves the file out of the working tree.
    pub(crate) skip_worktree: bool,
}

/// The index compared with the last commit.
#[derive(Debug)]
pub(crate) struct StagedCommit {
    /// The entries, as [`Repo::index`](super::Repo::index) returns them.
    pub(crate) entries: Vec<TreeEntry>,
    /// Positions in `entries` of those that the last commit does not have, or has in another form.
    pub(crate) changed: Vec<usize>,
    /// The paths of files that the last commit has and the index does not. May leave out files of directories of which
    /// nothing is left.
    pub(crate) deleted: Vec<Vec<u8>>,
}

/// The kind of a tree or index entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    File,
    Executable,
    Symlink,
    Submodule,
}

impl Mode {
    /// Reads the number that trees and the index contain; only the type and the owner's executable bit count.
    pub(super) fn from_bits(bits: u32) -> Option<Self> {
        match bits & 0o170_000 {
            0o100_000 if bits & 0o100 != 0 => Some(Self::Executable),
            0o100_000 => Some(Self::File),
            0o120_000 => Some(Self::Symlink),
            0o160_000 => Some(Self::Submodule),
            _ => None,
        }
    }
}

/// Returns whether a `HEAD` without commits would explain that a revision is unknown.
pub(super) fn starts_at_head(revision: &str) -> bool {
    revision.starts_with("HEAD") || revision.starts_with('@')
}
