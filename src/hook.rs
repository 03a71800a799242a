//! Git hooks: installing them, uninstalling them, and reading what Git passes to them.
//!
//! The scripts in `hooks/` only call the program. An installed hook is one of these scripts, or the script's marked
//! block inside a script that was already there (see [`script`]). [`push`] reads what Git writes to a hook's standard
//! input. Hooks that the Git configuration names are found by [`configured`]. The checks themselves are those of the commands. See [githooks](https://git-scm.com/docs/githooks).

pub mod configured;
pub mod install;
pub mod push;
pub mod runner;
pub mod script;

use crate::files::{Files, Kind};
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

/// A manifest of a commit that is being made, or a name that people may take for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedManifest {
    /// The path from the root of the repository.
    pub path: RepoPath,
    /// What the commit does with it.
    pub state: ManifestState,
}

/// What a commit does with a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestState {
    /// A regular file, which can be checked.
    File,
    /// In the last commit and not staged, although files that it spoke of are.
    Deleted,
    /// Not a regular file: a symbolic link, a submodule, or unmerged.
    NotAFile,
    /// At the root of the repository, with the name in other letters, as only some systems accept it.
    OtherCase,
}

impl StagedManifest {
    /// Finds the manifests in a snapshot of the index, in every directory, sorted by path. `deleted` are the files that only
    /// the last commit has.
    ///
    /// A manifest that is deleted together with everything in its directory is not among them, and neither is the one at the root
    /// if the commit has another one instead, as when a repository becomes one of several models.
    #[must_use]
    pub fn all(index: &dyn Files, deleted: &[RepoPath]) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for entry in index.entries().iter().filter(|entry| entry.path.is_named(FILE_NAME)) {
            let is_file = matches!(entry.kind, Kind::File { .. });
            let state = if is_file { ManifestState::File } else { ManifestState::NotAFile };
            found.push(Self { path: entry.path.clone(), state });
        }
        for problem in index.problems() {
            // A name that is not a path is reported by the manifest above it.
            let Ok(path) = problem.name.parse::<RepoPath>() else { continue };
            if path.is_named(FILE_NAME) && found.iter().all(|manifest| manifest.path != path) {
                found.push(Self { path, state: ManifestState::NotAFile });
            }
        }
        let is_new = |manifest: &Self| index.find(&manifest.path).is_some_and(|entry| index.is_changed(entry));
        let has_moved = |path: &RepoPath| path.as_str() == FILE_NAME && found.iter().any(is_new);
        let gone = deleted.iter().filter(|path| path.is_named(FILE_NAME) && !has_moved(path));
        let gone = gone.filter(|path| leaves_files(index, &found, path));
        let mut gone: Vec<Self> = gone.map(|path| Self { path: path.clone(), state: ManifestState::Deleted }).collect();
        let is_root = |manifest: &Self| manifest.path.as_str() == FILE_NAME;
        let mut at_root = index.entries().iter().filter(|entry| !entry.path.as_str().contains('/'));
        let is_other_case = |name: &str| name.eq_ignore_ascii_case(FILE_NAME);
        if !found.iter().any(is_root)
            && let Some(entry) = at_root.find(|entry| is_other_case(entry.path.as_str()))
        {
            gone.retain(|manifest| !is_root(manifest));
            found.push(Self { path: entry.path.clone(), state: ManifestState::OtherCase });
        }
        found.append(&mut gone);
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }

    /// Returns the directory of the manifest; `None` for the root of the repository.
    #[must_use]
    pub fn directory(&self) -> Option<RepoPath> {
        self.path.directory()
    }
}

/// Returns whether files are left to which a deleted manifest applied, and no manifest in a directory below it.
fn leaves_files(index: &dyn Files, found: &[StagedManifest], deleted: &RepoPath) -> bool {
    let Some(directory) = deleted.directory() else { return true };
    let below: Vec<RepoPath> = found.iter().filter_map(StagedManifest::directory).collect();
    let below = || below.iter().filter(|other| other.is_within(directory.as_str()));
    let mut left = index.entries().iter().filter(|entry| entry.path.is_within(directory.as_str()));
    left.any(|entry| !below().any(|other| entry.path.is_within(other.as_str())))
}
