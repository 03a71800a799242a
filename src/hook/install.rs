//! Hooks into a repository and out of it: in the directory that Git looks in, and never over somebody else's script.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::script::{self, Refusal};
use super::{Hook, runner::Runner};
use crate::atomic;
use crate::git::{self, Repo};

/// The largest script that is changed; a larger one is a program.
const MAX_SCRIPT_BYTES: u64 = 1024 * 1024;

/// Where the hooks of a repository are, and who else may use them.
#[derive(Debug)]
pub struct HookDir {
    directory: PathBuf,
    is_outside: bool,
    runner: Option<(Runner, &'static str)>,
}

/// What became of a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// There was none.
    Created,
    /// The block was put into a script that was there.
    Added,
    /// An older block was replaced.
    Updated,
    /// It was as it should be.
    Unchanged,
    /// The block was taken out, and the rest is as it was.
    TakenOut,
    /// The script held nothing else, and is gone.
    Deleted,
}

/// How a hook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// There is none.
    Absent,
    /// There is one of somebody else.
    Foreign,
    /// It runs us.
    Installed,
    /// It runs us, by a block of another version.
    Outdated,
    /// It would run us, but Git runs no hook that is not executable.
    NotExecutable,
    /// It holds half a block.
    Damaged,
}

/// What is to be done to one file. All is planned before anything is written.
#[derive(Debug)]
struct Step {
    hook: Hook,
    path: PathBuf,
    change: Change,
    /// `None` where nothing is written.
    script: Option<Vec<u8>>,
}

impl HookDir {
    /// Finds where Git looks for the hooks of a repository.
    ///
    /// # Errors
    /// Where the settings cannot be read.
    pub fn of(repo: &Repo) -> Result<Self, git::Error> {
        let directory = repo.hooks_dir()?.path;
        let real = real(&directory);
        let tops = [repo.work_dir(), Some(repo.git_dir()), Some(repo.common_dir())];
        let is_inside = tops.into_iter().flatten().any(|top| real.starts_with(self::real(top)));
        let runner = repo.work_dir().and_then(Runner::of);
        Ok(Self { directory, is_outside: !is_inside, runner })
    }

    /// Returns the directory; it may not exist.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns whether the directory lies outside the repository, so that others may share it.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        self.is_outside
    }

    /// Returns the program that runs the hooks here, and the file that says so.
    #[must_use]
    pub fn runner(&self) -> Option<(Runner, &'static str)> {
        self.runner
    }

    /// Puts hooks in. Either each of them is in its place afterwards, or none was touched, unless the disk fails between.
    ///
    /// # Errors
    /// [`Error::Foreign`] where a hook is there that cannot take the block, [`Error::Io`], [`Error::Write`].
    pub fn install(&self, hooks: &[Hook]) -> Result<Vec<(Hook, Change)>, Error> {
        let steps = hooks.iter().map(|hook| self.installation(*hook)).collect::<Result<Vec<_>, _>>()?;
        fs::create_dir_all(&self.directory).map_err(|source| Error::Io {
            doing: "create",
            path: self.directory.clone(),
            source,
        })?;
        carry_out(steps)
    }

    /// Takes out of every hook what we put there.
    ///
    /// # Errors
    /// [`Error::Foreign`] where a block is damaged, [`Error::Io`], [`Error::Write`].
    pub fn uninstall(&self) -> Result<Vec<(Hook, Change)>, Error> {
        let steps =
            Hook::ALL.iter().filter_map(|hook| self.removal(*hook).transpose()).collect::<Result<Vec<_>, _>>()?;
        carry_out(steps)
    }

    /// Tells how a hook is.
    ///
    /// # Errors
    /// [`Error::Io`]
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

    fn installation(&self, hook: Hook) -> Result<Step, Error> {
        let path = self.directory.join(hook.name());
        let Some(found) = self.read(hook)? else {
            return Ok(Step { hook, path, change: Change::Created, script: Some(hook.script().into()) });
        };
        let had_block = matches!(script::find(&found.script), Ok(Some(_)));
        // Somebody switched it off; with our block in it, it would be on again.
        if !found.is_executable && !had_block {
            return Err(Error::Foreign { hook, path, why: "it is not executable, so Git does not run it" });
        }
        let script = script::insert(&found.script, hook).map_err(|refusal| foreign(hook, &path, refusal))?;
        let change = match had_block {
            true if script == found.script && found.is_executable => Change::Unchanged,
            true => Change::Updated,
            false => Change::Added,
        };
        Ok(Step { hook, path, change, script: (change != Change::Unchanged).then_some(script) })
    }

    fn removal(&self, hook: Hook) -> Result<Option<Step>, Error> {
        let found = match self.read(hook) {
            Ok(Some(found)) => found,
            // A link or a program holds no block of ours.
            Ok(None) | Err(Error::Foreign { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let path = self.directory.join(hook.name());
        let rest = script::remove(&found.script).map_err(|refusal| foreign(hook, &path, refusal))?;
        Ok(rest.map(|rest| {
            let change = if rest.is_empty() { Change::Deleted } else { Change::TakenOut };
            Step { hook, path, change, script: Some(rest) }
        }))
    }

    fn read(&self, hook: Hook) -> Result<Option<Found>, Error> {
        let path = self.directory.join(hook.name());
        let fail = |source| Error::Io { doing: "read", path: path.clone(), source };
        let metadata = match path.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail(error)),
        };
        let why = match metadata.file_type() {
            kind if kind.is_symlink() => Some("it is a link, and what it leads to may be run from elsewhere too"),
            kind if !kind.is_file() => Some("it is no file"),
            _ if metadata.len() > MAX_SCRIPT_BYTES => Some("it is too large for a script"),
            _ => None,
        };
        if let Some(why) = why {
            return Err(Error::Foreign { hook, path, why });
        }
        let mut script = Vec::new();
        let file = fs::File::open(&path).map_err(fail)?;
        file.take(MAX_SCRIPT_BYTES).read_to_end(&mut script).map_err(fail)?;
        Ok(Some(Found { script, is_executable: is_executable(&metadata) }))
    }
}

/// A hook that is there.
struct Found {
    script: Vec<u8>,
    is_executable: bool,
}

fn foreign(hook: Hook, path: &Path, refusal: Refusal) -> Error {
    let why = match refusal {
        Refusal::NoShell => "it is no shell script",
        Refusal::Damaged => "its block of openness is damaged; mend or delete the block by hand",
    };
    Error::Foreign { hook, path: path.to_path_buf(), why }
}

fn carry_out(steps: Vec<Step>) -> Result<Vec<(Hook, Change)>, Error> {
    let mut done = Vec::new();
    for Step { hook, path, change, script } in steps {
        match script {
            None => {}
            Some(_) if change == Change::Deleted => {
                fs::remove_file(&path).map_err(|source| Error::Io { doing: "delete", path, source })?;
            }
            Some(script) => {
                // Git passes over a hook that is not executable, so that is part of the one step.
                let write = if change == Change::TakenOut { atomic::write } else { atomic::write_executable };
                write(&path, &script)?;
            }
        }
        done.push((hook, change));
    }
    Ok(done)
}

/// Resolves links in what exists of a path, and keeps the rest as it is.
fn real(path: &Path) -> PathBuf {
    if let Ok(path) = path.canonicalize() {
        return path;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => real(parent).join(name),
        // Ends in `..` below something that does not exist.
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
    /// A hook of somebody else that cannot take our block.
    #[error("the hook `{}` was left alone: {why}", .path.display())]
    Foreign {
        /// Which.
        hook: Hook,
        /// Its file.
        path: PathBuf,
        /// What keeps us.
        why: &'static str,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] atomic::Error),
    /// The machine said no.
    #[error("cannot {doing} `{}`", .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}
