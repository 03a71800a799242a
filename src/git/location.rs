//! Where a repository is, which state of it is read, and what Git tells its hooks.

use std::path::{Path, PathBuf};

use super::error::Error;
use crate::path::native;

/// The places of the parts of a repository. All paths are absolute.
#[derive(Debug, Clone)]
pub(super) struct Location {
    pub(super) git_dir: PathBuf,
    pub(super) common_dir: PathBuf,
    pub(super) work_dir: Option<PathBuf>,
    /// The index that Git prepared for a hook; `None` for the repository's own.
    pub(super) index_file: Option<PathBuf>,
    /// Further object directories, such as the quarantine of a push.
    pub(super) object_dirs: Vec<PathBuf>,
}

impl Location {
    /// Returns the location of a repository outside a hook.
    pub(super) fn new(git_dir: PathBuf, common_dir: PathBuf, work_dir: Option<PathBuf>) -> Self {
        let (git_dir, common_dir, work_dir) =
            (native(&git_dir), native(&common_dir), work_dir.map(|path| native(&path)));
        Self { git_dir, common_dir, work_dir, index_file: None, object_dirs: Vec::new() }
    }

    /// Returns the same repository as a hook has to see it.
    pub(super) fn for_hook(mut self, env: &HookEnv) -> Result<Self, Error> {
        let base = absolute(&env.current_dir)?;
        if let Some(work_tree) = &env.work_tree {
            // Git sets `GIT_WORK_TREE=.`, relative to the directory that it runs the hook in.
            self.work_dir = Some(absolute(&base.join(work_tree))?);
        }
        self.index_file = env.index_file.as_ref().map(|file| base.join(file));
        self.object_dirs =
            env.object_directory.iter().chain(&env.alternate_object_directories).map(|dir| base.join(dir)).collect();
        Ok(self)
    }
}

/// The environment that Git sets for its hooks, as the caller read it.
///
/// `git commit -a` and `git commit FILE` run their hooks with an index of their own, so `.git/index` is not what is
/// being committed.
#[derive(Debug, Clone, Default)]
pub struct HookEnv {
    /// The directory that the hook runs in, to which the other paths are relative.
    pub current_dir: PathBuf,
    /// `GIT_DIR`.
    pub git_dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`.
    pub work_tree: Option<PathBuf>,
    /// `GIT_INDEX_FILE`.
    pub index_file: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`.
    pub object_directory: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`, split at the path separator.
    pub alternate_object_directories: Vec<PathBuf>,
}

/// The state of a repository to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TreeSource<'a> {
    /// The files on disk that Git tracks.
    WorkTree,
    /// The index.
    Staged,
    /// The commit that a revision leads to: a tag, a branch, `HEAD~2`.
    Revision(&'a str),
}

/// Returns the user's home directory, in which Git looks for `~/`; on Windows, Git sets `HOME` to the directory of the profile.
pub(super) fn home() -> Option<PathBuf> {
    let profile = || std::env::var_os("USERPROFILE").filter(|_| cfg!(windows));
    std::env::var_os("HOME").or_else(profile).map(PathBuf::from)
}

/// Makes a path absolute without following links.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|source| Error::Io { doing: "resolve", path: path.to_path_buf(), source })
}

/// Returns whether two paths lead to the same existing directory.
pub(super) fn is_same_directory(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}
