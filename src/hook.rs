//! Git hooks: installing them, uninstalling them, and reading what Git passes to them.
//!
//! The scripts in `hooks/` only call the program. An installed hook is one of these scripts, or the script's marked
//! block inside a script that was already there (see [`script`]). [`push`] reads what Git writes to a hook's standard
//! input. The checks themselves are those of the commands. See [githooks](https://git-scm.com/docs/githooks).

pub mod install;
pub mod push;
pub mod runner;
pub mod script;

use crate::files::{Files, Kind};
use crate::git::{self, Repo};
use crate::manifest::FILE_NAME;
use crate::path::RepoPath;

/// A hook that this crate has a script for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// Runs before a commit is made.
    PreCommit,
    /// Runs before a merge without conflicts is committed; Git does not run `pre-commit` then.
    PreMergeCommit,
    /// Runs before anything is pushed.
    PrePush,
    /// Runs on a server before it accepts what was pushed.
    PreReceive,
}

impl Hook {
    /// Every hook, in the order in which Git runs them.
    pub const ALL: [Self; 4] = [Self::PreCommit, Self::PreMergeCommit, Self::PrePush, Self::PreReceive];

    /// Returns the file name that Git looks for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PreMergeCommit => "pre-merge-commit",
            Self::PrePush => "pre-push",
            Self::PreReceive => "pre-receive",
        }
    }

    /// Returns the whole script, for a hook that does not exist yet.
    #[must_use]
    pub fn script(self) -> &'static str {
        match self {
            Self::PreCommit => include_str!("../hooks/pre-commit"),
            Self::PreMergeCommit => include_str!("../hooks/pre-merge-commit"),
            Self::PrePush => include_str!("../hooks/pre-push"),
            Self::PreReceive => include_str!("../hooks/pre-receive"),
        }
    }

    /// Returns the command to add to a script that is maintained by hand. For the push hooks, it reads standard input to
    /// the end.
    #[must_use]
    pub fn command(self) -> &'static str {
        match self {
            Self::PreCommit | Self::PreMergeCommit => "openness hook run",
            Self::PrePush => "openness hook pre-push",
            Self::PreReceive => "openness hook pre-receive",
        }
    }
}

/// The state of the manifest in a commit that is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StagedManifest {
    /// A regular file, which can be checked.
    File,
    /// Not staged, and not in the last commit.
    Absent,
    /// Not staged, but in the last commit.
    Deleted,
    /// Not a regular file: a symbolic link, a submodule, or unmerged.
    NotAFile,
}

impl StagedManifest {
    /// Looks for the manifest in a snapshot of the index and, if it is not there, in the last commit.
    ///
    /// # Errors
    /// Returns an error if the last commit cannot be read.
    pub fn of(repo: &Repo, index: &dyn Files, manifest: &RepoPath) -> Result<Self, git::Error> {
        match index.find(manifest).map(|entry| &entry.kind) {
            Some(Kind::File { .. }) => return Ok(Self::File),
            Some(_) => return Ok(Self::NotAFile),
            None if index.problems().iter().any(|problem| problem.name == FILE_NAME) => return Ok(Self::NotAFile),
            None => {}
        }
        let head = match repo.resolve("HEAD") {
            Ok(head) => head,
            Err(git::Error::Unborn) => return Ok(Self::Absent),
            Err(error) => return Err(error),
        };
        let was_committed = repo.tree(&head.tree)?.iter().any(|entry| entry.path == FILE_NAME.as_bytes());
        Ok(if was_committed { Self::Deleted } else { Self::Absent })
    }
}
