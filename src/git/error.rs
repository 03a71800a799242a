//! Why a repository could not be read or written.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::files::{MAX_ENTRIES, ObjectId};
use crate::quote;

/// Why a repository could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Neither `path` nor a directory above it is a repository.
    #[error("`{}` is not in a Git repository", .path.display())]
    NotFound {
        /// The path that was given.
        path: PathBuf,
    },
    /// The repository belongs to another user. Git and libgit2 refuse such repositories, because their settings could
    /// run programs.
    #[error(
        "the repository at `{}` belongs to another user; if you trust it, run \
         `git config --global --add safe.directory {}`",
        .path.display(),
        quote::word(&.path.to_string_lossy())
    )]
    NotOwned {
        /// The path that was given.
        path: PathBuf,
    },
    /// The repository's settings name a working tree that does not contain the path.
    #[error(
        "the repository of `{}` names another working tree, `{}` (setting `core.worktree`); name that directory if you \
         trust the repository, or remove the setting: `git config --unset core.worktree`",
        .path.display(),
        .work_tree.display()
    )]
    OtherWorkTree {
        /// The path that was given.
        path: PathBuf,
        /// The working tree that the settings name.
        work_tree: PathBuf,
    },
    /// libgit2 does not support something in the repository, and the `git` program, which may, could not be run.
    #[error("cannot read {what} without the `git` program, and it could not be run; install Git 2.45 or newer")]
    Unsupported {
        /// The feature that libgit2 does not support, as a noun phrase.
        what: String,
    },
    /// The repository uses something that neither libgit2 nor the installed `git` supports.
    #[error(
        "cannot open the repository at `{}`: {what}, which neither libgit2 nor the installed `git` supports; \
         install a newer Git",
        .path.display()
    )]
    Newer {
        /// The path that was given.
        path: PathBuf,
        /// The unsupported feature, as a clause about the repository: "it has the extension `…`".
        what: String,
    },
    /// There is a repository, but it cannot be opened.
    #[error("cannot open the repository at `{}`", .path.display())]
    Open {
        /// The path that was given.
        path: PathBuf,
        /// The error of the backend.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file of the repository is not opened, because it could block or flood its reader.
    #[error("will not open `{}`", .path.display())]
    Unsafe {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A revision does not lead to a commit.
    #[error("`{revision}` does not name a commit in this repository")]
    UnknownRevision {
        /// The revision as given.
        revision: String,
    },
    /// Several references have a short name, and they lead to different commits.
    #[error("`{name}` is ambiguous: {}; write out the one that is meant", Places(.found))]
    Ambiguous {
        /// The short name.
        name: String,
        /// The full names, each with its commit; `None` for a file that may hold any.
        found: Vec<(String, Option<ObjectId>)>,
    },
    /// There is already a tag of that name; tags are never replaced.
    #[error(
        "there is already a tag `{name}`, and tags are not replaced; choose another name, or delete it: \
         `git tag -d {}`",
        quote::word(.name)
    )]
    TagExists {
        /// The name as given.
        name: String,
    },
    /// Git would not accept the name for a tag.
    #[error("`{name}` is not a valid tag name; see `git help check-ref-format`")]
    TagName {
        /// The name as given.
        name: String,
    },
    /// `HEAD` points to a branch without commits.
    #[error("nothing is committed yet: `HEAD` points to a branch without commits; commit first, or use the index")]
    Unborn,
    /// The repository refers to an object that it does not contain. Missing objects are fetched on request only.
    #[error(
        "object `{id}` is not in this repository (a partial clone leaves objects out; `git fetch --refetch --no-filter` gets \
         them all)"
    )]
    NotPresent {
        /// The object.
        id: ObjectId,
    },
    /// Objects are missing, and the settings do not say which remote has them.
    #[error("objects are missing from the repository at `{}`, and no remote is set as their promisor", .path.display())]
    NoPromisor {
        /// The repository.
        path: PathBuf,
    },
    /// An object could not be read.
    #[error("cannot read object `{id}`")]
    Object {
        /// The name of the object, as hex digits.
        id: String,
        /// The error of the backend.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The index, the settings, the references or the attributes could not be read.
    #[error("cannot read the {what} of the repository at `{}`", .path.display())]
    Read {
        /// The part that could not be read: `index`, `settings`, `references` or `attributes`.
        what: &'static str,
        /// The repository.
        path: PathBuf,
        /// The error of the backend.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A tag could not be stored.
    #[error("cannot write to the {what} of the repository at `{}`", .path.display())]
    Write {
        /// The part that could not be written: `objects` or `references`.
        what: &'static str,
        /// The repository.
        path: PathBuf,
        /// The error of the backend.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another process is writing a reference, or was killed while writing it.
    #[error(
        "`{reference}` is locked: another Git process is writing it, or was killed; if none is running, delete `{}`",
        .lock.display()
    )]
    Locked {
        /// The full name of the reference.
        reference: String,
        /// The lock file.
        lock: PathBuf,
    },
    /// The settings of the user or the system could not be read.
    #[error("cannot read your Git settings")]
    UserSettings {
        /// The error of the backend.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There are more than [`MAX_ENTRIES`] entries.
    #[error("more than {MAX_ENTRIES} entries")]
    TooMany,
    /// The `git` program failed.
    #[error("`git {command}` failed: {message}")]
    Program {
        /// The subcommand.
        command: String,
        /// The text that Git wrote to standard error, or a description of an unexpected answer.
        message: String,
    },
    /// I/O error.
    #[error("cannot {doing} `{}`", .path.display())]
    Io {
        /// The action that failed, as a verb phrase that takes the path: `resolve`.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The I/O error.
        source: io::Error,
    },
}

/// The full names that a short one may mean, in a message.
struct Places<'a>(&'a [(String, Option<ObjectId>)]);

impl fmt::Display for Places<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, commit)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            match commit {
                Some(commit) => write!(f, "{comma}`{name}` is commit {commit}")?,
                None => write!(f, "{comma}`{name}` is a file that Git may read as a reference")?,
            }
        }
        Ok(())
    }
}

/// Returns whether a file could not be read because the repository does not contain its content ([`Error::NotPresent`]).
#[must_use]
pub fn is_not_present(error: &io::Error) -> bool {
    let source = error.get_ref().and_then(|source| source.downcast_ref::<Error>());
    matches!(source, Some(Error::NotPresent { .. }))
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match &error {
            Error::NotPresent { .. } => Self::new(io::ErrorKind::NotFound, error),
            _ => Self::other(error),
        }
    }
}
