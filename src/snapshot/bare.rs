//! Telling a bare repository from a directory that only says that it is one.

use std::path::Path;

use super::Error;
use crate::git::{Repo, UserEnv};

/// The files that Git and Git LFS put into a bare repository
/// ([gitrepository-layout](https://git-scm.com/docs/gitrepository-layout)).
const BARE_REPOSITORY: &[&str] = &[
    "FETCH_HEAD",
    "HEAD",
    "ORIG_HEAD",
    "branches",
    "config",
    "config.worktree",
    "description",
    "gc.log",
    "gc.pid",
    "hooks",
    "info",
    "lfs",
    "logs",
    "modules",
    "objects",
    "packed-refs",
    "refs",
    "reftable",
    "remotes",
    "rr-cache",
    "shallow",
    "worktrees",
];

/// Returns whether a directory is a bare repository, and nothing else.
///
/// The repository's own word is not enough: with a `.git` that claims to be bare, or with other files next to those
/// of the repository, a commit would be verified and other files loaded.
pub(super) fn is_bare(path: &Path, user: &UserEnv) -> Result<bool, Error> {
    let Some(repo) = Repo::discover(path, user).ok().flatten().filter(Repo::is_bare) else { return Ok(false) };
    let io = |source| Error::Io { path: path.to_owned(), source };
    if repo.git_dir().canonicalize().map_err(io)? != path.canonicalize().map_err(io)? {
        return Ok(false);
    }
    for entry in path.read_dir().map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        if !name.to_str().is_some_and(|name| BARE_REPOSITORY.contains(&name)) {
            let name = name.to_string_lossy().escape_debug().to_string();
            return Err(Error::BareWithOthers { path: path.to_owned(), name });
        }
    }
    Ok(true)
}
