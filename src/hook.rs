//! Git hooks: which there are, how they come into a repository and out of it, and what they look at.
//!
//! The scripts in `hooks/` only call the program; a hook that is installed is one of them, or its marked block within a
//! script that was there before (see [`script`]). What Git tells a hook on standard input is read by [`push`]. Not for
//! the checks themselves: a hook checks and verifies as the commands do. See
//! [githooks](https://git-scm.com/docs/githooks).

pub mod install;
pub mod push;
pub mod runner;
pub mod script;

use crate::files::{Files, Kind};
use crate::git::{self, Repo};
use crate::manifest::FILE_NAME;
use crate::path::RepoPath;

/// A hook that we have a script for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// Before a commit is made.
    PreCommit,
    /// Before a merge without conflicts is committed; `pre-commit` is not run then.
    PreMergeCommit,
    /// Before anything is sent.
    PrePush,
    /// On a server, before anything that was sent is taken.
    PreReceive,
}

impl Hook {
    /// Every hook, in the order in which Git would run them.
    pub const ALL: [Self; 4] = [Self::PreCommit, Self::PreMergeCommit, Self::PrePush, Self::PreReceive];

    /// Returns the name that Git looks for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PreMergeCommit => "pre-merge-commit",
            Self::PrePush => "pre-push",
            Self::PreReceive => "pre-receive",
        }
    }

    /// Returns the whole script, for where there is none yet.
    #[must_use]
    pub fn script(self) -> &'static str {
        match self {
            Self::PreCommit => include_str!("../hooks/pre-commit"),
            Self::PreMergeCommit => include_str!("../hooks/pre-merge-commit"),
            Self::PrePush => include_str!("../hooks/pre-push"),
            Self::PreReceive => include_str!("../hooks/pre-receive"),
        }
    }

    /// Returns the command for a script of another hand. Those of the two last hooks read standard input to its end.
    #[must_use]
    pub fn command(self) -> &'static str {
        match self {
            Self::PreCommit | Self::PreMergeCommit => "openness hook run",
            Self::PrePush => "openness hook pre-push",
            Self::PreReceive => "openness hook pre-receive",
        }
    }
}

/// What is being committed of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staged {
    /// It is there, to be checked.
    Manifest,
    /// There is none, and the last commit has none.
    None,
    /// There is none any more.
    Deleted,
    /// There is something else under its name: a link, a submodule, both sides of a merge.
    NoFile,
}

impl Staged {
    /// Looks for the manifest in a snapshot of the index, and where it is not there, in the last commit.
    ///
    /// # Errors
    /// Where the last commit cannot be read.
    pub fn of(repo: &Repo, index: &dyn Files, manifest: &RepoPath) -> Result<Self, git::Error> {
        match index.find(manifest).map(|entry| &entry.kind) {
            Some(Kind::File { .. }) => return Ok(Self::Manifest),
            Some(_) => return Ok(Self::NoFile),
            None if index.problems().iter().any(|problem| problem.name == FILE_NAME) => return Ok(Self::NoFile),
            None => {}
        }
        let head = match repo.resolve("HEAD") {
            Ok(head) => head,
            Err(git::Error::Unborn) => return Ok(Self::None),
            Err(error) => return Err(error),
        };
        let was_there = repo.tree(&head.tree)?.iter().any(|entry| entry.path == FILE_NAME.as_bytes());
        Ok(if was_there { Self::Deleted } else { Self::None })
    }
}
