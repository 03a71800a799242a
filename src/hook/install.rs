//! Installing hooks into the directory that Git looks in, and uninstalling them, without overwriting other scripts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::script::{self, Refusal};
use super::{Hook, runner::Runner};
use crate::atomic;
use crate::beneath::read_named;
use crate::git::{self, Repo};

/// The size in bytes of the largest script that is changed; a larger file is taken for a program.
const MAX_SCRIPT_BYTES: u64 = 1024 * 1024;

/// The directory in which Git looks for the hooks of a repository.
#[derive(Debug)]
pub struct HookDir {
    directory: PathBuf,
    is_outside: bool,
    runner: Option<(Runner, &'static str)>,
}

/// What installing or uninstalling did to a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The hook was created; there was none.
    Created,
    /// The block was added to an existing script.
    Added,
    /// An older block was replaced.
    Updated,
    /// The hook was up to date.
    Unchanged,
    /// The block was removed; the rest of the script is unchanged.
    Removed,
    /// The script contained nothing else and was deleted.
    Deleted,
}

/// The state of a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// There is no hook.
    Absent,
    /// A hook without an `openness` block.
    Foreign,
    /// The hook contains the current block.
    Installed,
    /// The hook contains a block of another version.
    Outdated,
    /// The hook contains a block, but Git does not run it because it is not executable.
    NotExecutable,
    /// The hook contains an incomplete block, or more than one.
    Damaged,
}

/// A change to one hook. All changes are planned before the first is written.
#[derive(Debug)]
struct PlannedChange {
    hook: Hook,
    path: PathBuf,
    change: Change,
    /// The new script; empty to delete the file, `None` to leave it alone.
    script: Option<Vec<u8>>,
}

impl HookDir {
    /// Finds the hooks directory of a repository, which `core.hooksPath` may change.
    ///
    /// # Errors
    /// Returns an error if the Git configuration cannot be read.
    pub fn of(repo: &Repo) -> Result<Self, git::Error> {
        let directory = repo.hooks_dir()?.path;
        let resolved = resolved(&directory);
        let roots = [repo.work_dir(), Some(repo.git_dir()), Some(repo.common_dir())];
        let is_inside = roots.into_iter().flatten().any(|root| resolved.starts_with(self::resolved(root)));
        let runner = repo.work_dir().and_then(Runner::of);
        Ok(Self { directory, is_outside: !is_inside, runner })
    }

    /// Returns the path of the directory, which may not exist.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns whether the directory is outside the repository, in which case other repositories may share it.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        self.is_outside
    }

    /// Returns the hook manager that this repository uses, and the name of the file that shows it.
    #[must_use]
    pub fn runner(&self) -> Option<(Runner, &'static str)> {
        self.runner
    }

    /// Installs all the given hooks, or none if one of them cannot take the block. A failed write may leave some installed.
    ///
    /// # Errors
    /// [`Error::Foreign`] if an existing hook cannot take the block; [`Error::Io`] or [`Error::Write`] if a file cannot be
    /// read or written.
    pub fn install(&self, hooks: &[Hook]) -> Result<Vec<(Hook, Change)>, Error> {
        let changes = hooks.iter().map(|hook| self.plan_install(*hook)).collect::<Result<Vec<_>, _>>()?;
        fs::create_dir_all(&self.directory).map_err(|source| Error::Io {
            doing: "create",
            path: self.directory.clone(),
            source,
        })?;
        apply(changes)
    }

    /// Removes the block from these hooks, and deletes scripts that contain nothing else.
    ///
    /// # Errors
    /// [`Error::Foreign`] if a block is damaged; [`Error::Io`] or [`Error::Write`] if a file cannot be read or written.
    pub fn uninstall(&self, hooks: &[Hook]) -> Result<Vec<(Hook, Change)>, Error> {
        let changes =
            hooks.iter().filter_map(|hook| self.plan_uninstall(*hook).transpose()).collect::<Result<Vec<_>, _>>()?;
        apply(changes)
    }

    /// Returns the state of a hook.
    ///
    /// # Errors
    /// [`Error::Io`] if the hook cannot be read.
    pub fn state(&self, hook: Hook) -> Result<State, Error> {
        let found = match self.read(hook) {
            Ok(found) => found,
            Err(Error::Foreign { .. }) => return Ok(State::Foreign),
            Err(error) => return Err(error),
        };
        let Some(found) = found else { return Ok(State::Absent) };
        Ok(match script::find(&found.script) {
            Err(_) => State::Damaged,
            Ok(None) => State::Foreign,
            Ok(Some(_)) if !found.is_executable => State::NotExecutable,
            Ok(Some(block)) if found.script[block.clone()] == *script::block(hook) => State::Installed,
            Ok(Some(_)) => State::Outdated,
        })
    }

    fn plan_install(&self, hook: Hook) -> Result<PlannedChange, Error> {
        let path = self.directory.join(hook.name());
        let Some(found) = self.read(hook)? else {
            return Ok(PlannedChange { hook, path, change: Change::Created, script: Some(hook.script().into()) });
        };
        let had_block = matches!(script::find(&found.script), Ok(Some(_)));
        // The hook was switched off on purpose; writing the block would make it executable again.
        if !found.is_executable && !had_block {
            return Err(Error::Foreign { hook, path, why: "it is not executable, so Git does not run it" });
        }
        let script = script::insert(&found.script, hook).map_err(|refusal| foreign(hook, &path, refusal))?;
        let change = match had_block {
            true if script == found.script && found.is_executable => Change::Unchanged,
            true => Change::Updated,
            false => Change::Added,
        };
        Ok(PlannedChange { hook, path, change, script: (change != Change::Unchanged).then_some(script) })
    }

    fn plan_uninstall(&self, hook: Hook) -> Result<Option<PlannedChange>, Error> {
        let found = match self.read(hook) {
            Ok(Some(found)) => found,
            // A symbolic link or a program does not contain a block.
            Ok(None) | Err(Error::Foreign { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let path = self.directory.join(hook.name());
        let rest = script::remove(&found.script).map_err(|refusal| foreign(hook, &path, refusal))?;
        Ok(rest.map(|rest| {
            let change = if rest.is_empty() { Change::Deleted } else { Change::Removed };
            PlannedChange { hook, path, change, script: Some(rest) }
        }))
    }

    fn read(&self, hook: Hook) -> Result<Option<ExistingHook>, Error> {
        let path = self.directory.join(hook.name());
        let fail = |source| Error::Io { doing: "read", path: path.clone(), source };
        let metadata = match path.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail(error)),
        };
        let why = match metadata.file_type() {
            kind if kind.is_symlink() => Some("it is a symbolic link, and other programs may use its target"),
            kind if !kind.is_file() => Some("it is not a regular file"),
            _ if metadata.len() > MAX_SCRIPT_BYTES => Some("it is too large for a script"),
            _ => None,
        };
        if let Some(why) = why {
            return Err(Error::Foreign { hook, path, why });
        }
        let script = read_named(&path, MAX_SCRIPT_BYTES).map_err(fail)?;
        Ok(Some(ExistingHook { script, is_executable: is_executable(&metadata) }))
    }
}

/// A hook that exists and is a script.
struct ExistingHook {
    script: Vec<u8>,
    is_executable: bool,
}

fn foreign(hook: Hook, path: &Path, refusal: Refusal) -> Error {
    let why = match refusal {
        Refusal::NotAShellScript => "it is not a shell script",
        Refusal::Damaged => "its openness block is damaged; repair or delete the block by hand",
    };
    Error::Foreign { hook, path: path.to_path_buf(), why }
}

fn apply(changes: Vec<PlannedChange>) -> Result<Vec<(Hook, Change)>, Error> {
    let mut done = Vec::new();
    for PlannedChange { hook, path, change, script } in changes {
        match script {
            None => {}
            Some(_) if change == Change::Deleted => {
                fs::remove_file(&path).map_err(|source| Error::Io { doing: "delete", path, source })?;
            }
            Some(script) => {
                // Git ignores a hook that is not executable, so the mode is set in the same atomic write.
                let write = if change == Change::Removed { atomic::write } else { atomic::write_executable };
                write(&path, &script)?;
            }
        }
        done.push((hook, change));
    }
    Ok(done)
}

/// Resolves symbolic links in the part of a path that exists, and keeps the rest unchanged.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(path) = path.canonicalize() {
        return path;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => resolved(parent).join(name),
        // The path ends in `..` below a directory that does not exist.
        _ => path.to_path_buf(),
    }
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}

/// Why hooks were not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An existing hook cannot take the block.
    #[error("the hook `{}` was not changed: {why}", .path.display())]
    Foreign {
        /// The hook.
        hook: Hook,
        /// The file of the hook.
        path: PathBuf,
        /// The reason, as a clause.
        why: &'static str,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] atomic::Error),
    /// I/O error.
    #[error("cannot {doing} `{}`", .path.display())]
    Io {
        /// The operation: `create`, `read`, or `delete`.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The underlying error.
        source: io::Error,
    },
}
