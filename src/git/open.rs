//! Finding and opening a repository.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use crate::files::ObjectFormat;

use super::backend::Refusal;
use super::error::Error;
use super::location::{HookEnv, Location, UserEnv, absolute, is_same_directory};
use super::{Inner, Repo, libgit2, program};

/// A backend that reads repositories.
#[cfg(feature = "internals")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BackendKind {
    /// libgit2, which runs no program.
    Libgit2,
    /// The `git` program.
    Program,
}

impl Repo {
    /// Opens the repository that `path` is in, or is; `None` if it is not in one.
    ///
    /// `GIT_*` variables are ignored: inside a hook they are about another repository than the one that was asked for.
    /// The settings of `user` apply, and the `git` program gets those variables if it is run.
    ///
    /// A bare repository is found only at `path` itself, so that one hidden inside a download is not mistaken for the
    /// repository around it (compare Git's `safe.bareRepository`).
    ///
    /// # Errors
    /// [`Error::NotOwned`], [`Error::OtherWorkTree`], [`Error::Unsupported`], [`Error::Newer`], [`Error::Open`],
    /// [`Error::Unsafe`], [`Error::Io`].
    pub fn discover(path: &Path, user: &UserEnv) -> Result<Option<Self>, Error> {
        let path = absolute(path)?;
        let found = match libgit2::Handle::discover(&path, user) {
            Ok(None) => return Ok(None),
            Ok(Some(handle)) => Self::with_handle(handle),
            Err(Refusal::Unsupported(what)) => match program::Program::discover(&path, &what, user)? {
                None => return Ok(None),
                Some((program, location, object_format)) => Self::with_program(program, location, object_format, what),
            },
            Err(Refusal::Failed(error)) => return Err(error),
        };
        let is_at = |dir: &Path| is_same_directory(found.git_dir(), dir);
        let is_meant = !found.is_bare() || is_at(&path) || is_at(&path.join(".git"));
        if is_meant {
            found.require_around(&path)?;
        }
        Ok(is_meant.then_some(found))
    }

    /// Refuses a repository whose settings name a working tree that `path` is not in: other files would be read than those
    /// that were asked for.
    fn require_around(&self, path: &Path) -> Result<(), Error> {
        let Some(top) = self.work_dir() else { return Ok(()) };
        let contains = |root: &Path, path: &Path| root.canonicalize().is_ok_and(|root| path.starts_with(root));
        let resolved = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        if [top, self.git_dir(), self.common_dir()].iter().any(|root| contains(root, &resolved)) {
            return Ok(());
        }
        Err(Error::OtherWorkTree { path: path.to_path_buf(), work_tree: top.to_path_buf() })
    }

    /// Opens the repository that a hook is run for, with the index that is being committed.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the environment does not lead to a repository, and the errors of [`Repo::discover`].
    pub fn from_hook_environment(env: &HookEnv) -> Result<Self, Error> {
        let base = absolute(&env.current_dir)?;
        let start = env.git_dir.as_ref().map_or_else(|| base.clone(), |dir| base.join(dir));
        let found = Self::discover(&start, &env.user)?.ok_or(Error::NotFound { path: start })?;
        Ok(Self(Arc::new(Inner {
            location: found.0.location.clone().for_hook(env)?,
            object_format: found.0.object_format,
            unsupported_by_libgit2: found.0.unsupported_by_libgit2.clone(),
            handles: Mutex::default(),
            program: OnceLock::new(),
            guarded: Mutex::default(),
        })))
    }

    fn with_handle(handle: libgit2::Handle) -> Self {
        Self(Arc::new(Inner {
            location: handle.location(),
            object_format: handle.object_format(),
            unsupported_by_libgit2: None,
            handles: Mutex::new(vec![handle]),
            program: OnceLock::new(),
            guarded: Mutex::default(),
        }))
    }

    fn with_program(program: program::Program, location: Location, object_format: ObjectFormat, what: String) -> Self {
        Self(Arc::new(Inner {
            location,
            object_format,
            unsupported_by_libgit2: Some(what),
            handles: Mutex::default(),
            program: OnceLock::from(Some(program)),
            guarded: Mutex::default(),
        }))
    }

    /// Returns the same repository, read by one backend alone, so that the two can be compared. Whatever that backend
    /// does not support is [`Error::Unsupported`].
    ///
    /// # Errors
    /// [`Error::Unsupported`] if the backend cannot open the repository or is not installed.
    #[cfg(feature = "internals")]
    pub fn with_backend(&self, backend: BackendKind) -> Result<Self, Error> {
        let location = self.0.location.clone();
        let (unsupported_by_libgit2, program) = match (backend, &self.0.unsupported_by_libgit2) {
            (BackendKind::Libgit2, Some(what)) => return Err(Error::Unsupported { what: what.clone() }),
            (BackendKind::Libgit2, None) => (None, None),
            (BackendKind::Program, _) => {
                let what = "anything".to_owned();
                let Some(program) = program::Program::at(&location) else { return Err(Error::Unsupported { what }) };
                (Some(what), Some(program))
            }
        };
        Ok(Self(Arc::new(Inner {
            location,
            object_format: self.0.object_format,
            unsupported_by_libgit2,
            handles: Mutex::default(),
            program: OnceLock::from(program),
            guarded: Mutex::default(),
        })))
    }
}
