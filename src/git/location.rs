//! Where a repository is, which state of it is read, and what Git tells its hooks.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

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
    /// The user whose settings apply.
    pub(super) user: UserEnv,
}

impl Location {
    /// Returns the location of a repository outside a hook.
    pub(super) fn new(git_dir: PathBuf, common_dir: PathBuf, work_dir: Option<PathBuf>, user: UserEnv) -> Self {
        let (git_dir, common_dir, work_dir) =
            (native(&git_dir), native(&common_dir), work_dir.map(|path| native(&path)));
        Self { git_dir, common_dir, work_dir, index_file: None, object_dirs: Vec::new(), user }
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

/// The variables that decide which settings of a user apply, as the caller read them, and the environment that the `git`
/// program gets. Without any, there is no user, and the program runs with an empty environment.
#[derive(Debug, Clone, Default)]
pub struct UserEnv(Arc<Vec<(OsString, OsString)>>);

impl UserEnv {
    /// Takes all variables of a process, as `std::env::vars_os()` returns them. Those of Git itself are dropped: no variable
    /// that Git reads, now or in a later version, may lead it to another repository.
    pub fn of(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let variables = variables.into_iter().filter(|(name, _)| !name.to_string_lossy().starts_with("GIT_"));
        Self(Arc::new(variables.collect()))
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        let is_it = |other: &OsStr| other == name || cfg!(windows) && other.eq_ignore_ascii_case(name);
        self.0.iter().find(|(other, _)| is_it(other)).map(|(_, value)| PathBuf::from(value))
    }

    /// Returns the home directory, in which Git looks for `~/`; on Windows, Git sets `HOME` to the directory of the profile.
    pub(super) fn home(&self) -> Option<PathBuf> {
        self.path("HOME").or_else(|| self.path("USERPROFILE").filter(|_| cfg!(windows)))
    }

    /// Returns the directory in which programs keep settings, unless it is `~/.config`.
    pub(super) fn config_home(&self) -> Option<PathBuf> {
        self.path("XDG_CONFIG_HOME")
    }

    /// Returns a command that gets these variables and no others.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.0.iter().map(|(name, value)| (name, value)));
        command
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
    /// The user who runs the hook.
    pub user: UserEnv,
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
