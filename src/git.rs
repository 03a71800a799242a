//! Git repositories: what is committed, what is staged, and a few settings.
//!
//! Two backends answer the same questions. [libgit2](https://libgit2.org) is fast and runs no program; the index is
//! read by this module itself. Whatever those two do not support (reftable references, sparse and split indexes,
//! unknown extensions, some forms of `safe.directory`) is asked of the `git` program, as are large blobs, which libgit2
//! would load into memory. The program is run with a scrubbed environment, without hooks, file-system monitors,
//! replacement objects or network access. Both backends only read, except to add a tag, and for
//! [`Repo::fetch_missing`], which a caller has to ask for. Files on disk are the business of [`crate::snapshot`].
//!
//! # Environment
//! Variables come in as arguments: [`UserEnv`] decides which settings of the user apply and is all that the `git` program
//! gets, and what Git tells a hook through `GIT_DIR` and the like is in [`HookEnv`]. No other variable decides which
//! repository is read. One thing is not an argument: libgit2 itself looks the user's settings up by `HOME` and
//! `XDG_CONFIG_HOME` of the process.

mod ambiguous;
mod attributes;
mod backend;
mod blob;
mod error;
mod fetch;
mod guard;
mod index;
#[cfg(feature = "internals")]
mod index_lines;
mod libgit2;
mod location;
mod open;
mod program;
mod replaced;
mod tags;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::path::{RepoPath, native};

use backend::{Answer, Backend, Refusal};
use blob::Blob;
use location::Location;

pub use crate::files::{Attribute, CommitFacts, MAX_ENTRIES, ObjectFormat, ObjectId, ObjectKind};
pub(crate) use backend::{Mode, StagedCommit, TreeEntry};
pub use error::{Error, is_not_present};
#[cfg(feature = "internals")]
pub use index_lines::index_lines;
pub use location::{HookEnv, TreeSource, UserEnv};
#[cfg(feature = "internals")]
pub use open::BackendKind;
pub use replaced::Replacements;
pub use tags::{Named, Object};

/// Blobs larger than this are streamed by the `git` program if it is installed: libgit2 loads a whole blob into memory.
const STREAMED_BLOB_BYTES: u64 = 8 * 1024 * 1024;

/// A repository, shared by threads. Each borrows a handle of its own while a question is answered.
#[derive(Clone)]
pub struct Repo(Arc<Inner>);

struct Inner {
    location: Location,
    object_format: ObjectFormat,
    /// The feature that keeps libgit2 from opening the repository, if there is one.
    unsupported_by_libgit2: Option<String>,
    handles: Mutex<Vec<libgit2::Handle>>,
    program: OnceLock<Option<program::Program>>,
    /// The revisions whose references were looked at before libgit2 read them.
    guarded: Mutex<BTreeSet<String>>,
}

/// The directory in which Git looks for hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HooksDir {
    /// The directory, which may not exist.
    pub path: PathBuf,
    /// Whether `core.hooksPath` names it; then other programs or repositories may share it.
    pub is_configured: bool,
}

impl Repo {
    /// Returns the root of the working tree; `None` for a bare repository.
    #[must_use]
    pub fn work_dir(&self) -> Option<&Path> {
        self.0.location.work_dir.as_deref()
    }

    /// Returns the directory with the `HEAD` and the index of this working tree.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        &self.0.location.git_dir
    }

    /// Returns the directory that all working trees of the repository share: objects, references, Git LFS.
    #[must_use]
    pub fn common_dir(&self) -> &Path {
        &self.0.location.common_dir
    }

    /// Returns whether there is no working tree.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.0.location.work_dir.is_none()
    }

    /// Returns the hash function that names objects.
    #[must_use]
    pub fn object_format(&self) -> ObjectFormat {
        self.0.object_format
    }

    /// Returns the directory in which Git looks for hooks: `core.hooksPath`, or `hooks` in [`Repo::common_dir`].
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Program`] if the settings cannot be read.
    pub fn hooks_dir(&self) -> Result<HooksDir, Error> {
        let configured = self.ask(|backend| backend.path_setting("core.hooksPath"))?;
        let base = self.work_dir().unwrap_or_else(|| self.git_dir());
        Ok(match configured.filter(|path| !path.as_os_str().is_empty()) {
            None => HooksDir { path: self.common_dir().join("hooks"), is_configured: false },
            Some(path) => HooksDir { path: base.join(native(&path)), is_configured: true },
        })
    }

    /// Returns a setting of the repository, its user and its system together; the last one set counts.
    ///
    /// Not for settings that decide on trust, because the repository may be an attacker's; see [`user_setting`].
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Program`] if the settings cannot be read.
    pub fn setting(&self, key: &str) -> Result<Option<String>, Error> {
        self.ask(|backend| backend.setting(key))
    }

    /// Returns every setting of a section with a subsection, such as `hook.NAME.event`, in the order in which they count. The
    /// section and the last part of a key are in lower case.
    ///
    /// Not for settings that decide on trust, as for [`Repo::setting`].
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Program`] if the settings cannot be read.
    pub fn settings_of(&self, section: &str) -> Result<Vec<(String, String)>, Error> {
        self.ask(|backend| backend.settings_of(section))
    }

    /// Returns an attribute of each path, as the `.gitattributes` files of a state set it. The paths are from the root
    /// of the repository.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Program`] if the attributes cannot be read, and for a revision the errors of
    /// [`Repo::resolve`].
    pub fn attributes(&self, state: TreeSource<'_>, name: &str, paths: &[&RepoPath]) -> Result<Vec<Attribute>, Error> {
        if let TreeSource::Revision(revision) = state {
            self.guard(revision)?;
        }
        self.ask(|backend| backend.attributes(state, name, paths))
    }

    /// Returns the commit that a revision leads to.
    ///
    /// # Errors
    /// [`Error::Unborn`] if nothing is committed yet, [`Error::UnknownRevision`], [`Error::Ambiguous`].
    pub fn resolve(&self, revision: &str) -> Result<CommitFacts, Error> {
        // The program would take it for an option; no reference can have such a name.
        if revision.starts_with('-') {
            return Err(Error::UnknownRevision { revision: revision.to_owned() });
        }
        self.guard(revision)?;
        self.refuse_ambiguous(revision)?;
        self.ask(|backend| backend.resolve(revision))
    }

    /// Returns whether Git accepts a name for a tag.
    #[must_use]
    pub fn is_tag_name(name: &str) -> bool {
        libgit2::is_tag_name(name)
    }

    /// Returns every entry below a tree that is not itself a tree.
    pub(crate) fn tree(&self, tree: &ObjectId) -> Result<Vec<TreeEntry>, Error> {
        self.ask(|backend| backend.tree(tree))
    }

    /// Returns the entries of the index in all stages; none if there is no index.
    pub(crate) fn index(&self) -> Result<Vec<TreeEntry>, Error> {
        self.ask(|backend| backend.index())
    }

    /// Returns the entries of the index, and which of them differ from the last commit.
    pub(crate) fn staged_commit(&self) -> Result<StagedCommit, Error> {
        let mut next = self.ask(|backend| backend.staged_commit())?;
        // Paths that were only announced are not committed.
        next.changed.retain(|at| !next.entries[*at].intent_to_add);
        Ok(next)
    }

    /// Returns the files that a sparse checkout leaves out of the working tree, in byte order.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Program`] if the index cannot be read.
    pub fn left_out(&self) -> Result<Vec<RepoPath>, Error> {
        let entries = self.index()?.into_iter().filter(|entry| entry.skip_worktree && entry.stage == 0);
        Ok(entries.filter_map(|entry| RepoPath::from_vec(entry.path).ok()).collect())
    }

    /// Returns whether objects may be missing because the repository is a partial clone: Git marks what it fetched into one.
    pub(crate) fn is_partial(&self) -> bool {
        let packs = self.common_dir().join("objects/pack").read_dir();
        packs.is_ok_and(|mut packs| {
            packs.any(|pack| pack.is_ok_and(|pack| pack.path().extension().is_some_and(|of| of == "promisor")))
        })
    }

    /// Returns whether an object can be read.
    pub(crate) fn has(&self, id: &ObjectId) -> Result<bool, Error> {
        match self.blob_size(id) {
            Err(Error::NotPresent { .. }) => Ok(false),
            size => size.map(|_| true),
        }
    }

    /// Returns the size of a blob in bytes.
    pub(crate) fn blob_size(&self, id: &ObjectId) -> Result<u64, Error> {
        self.either(|handle| handle.blob_size(id), |program| program.blob_size(id))
    }

    /// Opens a blob. A small one is then in memory; a large one is streamed.
    pub(crate) fn blob(&self, id: &ObjectId) -> Result<Blob, Error> {
        let by_libgit2 = |handle: &libgit2::Handle| {
            if handle.blob_size(id)? > STREAMED_BLOB_BYTES
                && let Some(program) = self.program()
            {
                return Ok(Blob::Streamed(program.blob(id)?));
            }
            handle.blob(id).map(|bytes| Blob::Loaded(io::Cursor::new(bytes)))
        };
        self.either(by_libgit2, |program| program.blob(id).map(Blob::Streamed))
    }

    /// Refuses a revision whose reference would block its reader. `HEAD` was looked at when the repository was found.
    fn guard(&self, revision: &str) -> Result<(), Error> {
        let mut guarded = self.0.guarded.lock().unwrap_or_else(PoisonError::into_inner);
        if revision == "HEAD" || guarded.contains(revision) {
            return Ok(());
        }
        guard::reference(self.git_dir(), self.common_dir(), revision)?;
        guarded.insert(revision.to_owned());
        Ok(())
    }

    /// Asks libgit2, and the program if libgit2 does not support what it finds.
    fn ask<T>(&self, question: impl Fn(&dyn Backend) -> Answer<T>) -> Result<T, Error> {
        self.either(|handle| question(handle), |program| question(program).map_err(Refusal::into_error))
    }

    /// Asks libgit2, and the program if libgit2 does not support what it finds.
    fn either<T>(
        &self,
        by_libgit2: impl FnOnce(&libgit2::Handle) -> Answer<T>,
        by_program: impl FnOnce(&program::Program) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let what = match &self.0.unsupported_by_libgit2 {
            Some(what) => what.clone(),
            None => match self.with_libgit2(by_libgit2) {
                Ok(answer) => return Ok(answer),
                Err(Refusal::Failed(error)) => return Err(error),
                Err(Refusal::Unsupported(what)) => what,
            },
        };
        by_program(self.program().ok_or(Error::Unsupported { what })?)
    }

    /// Lends out a handle and keeps it for the next question, because opening one reads several files.
    fn with_libgit2<T>(&self, question: impl FnOnce(&libgit2::Handle) -> Answer<T>) -> Answer<T> {
        let idle = self.0.handles.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let handle = idle.map_or_else(|| libgit2::Handle::open(&self.0.location), Ok)?;
        let answer = question(&handle);
        self.0.handles.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        answer
    }

    /// Returns the program if it is installed.
    fn program(&self) -> Option<&program::Program> {
        self.0.program.get_or_init(|| program::Program::at(&self.0.location)).as_ref()
    }
}

impl fmt::Debug for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repo")
            .field("location", &self.0.location)
            .field("object_format", &self.0.object_format)
            .field("unsupported_by_libgit2", &self.0.unsupported_by_libgit2)
            .finish_non_exhaustive()
    }
}

/// Returns the version of the installed `git` program, such as `(2, 54)`; `None` if it cannot be run.
#[must_use]
pub fn program_version(user: &UserEnv) -> Option<(u32, u32)> {
    program::version(user)
}

/// Returns a setting of the user or the system, whatever the repository says.
///
/// # Errors
/// [`Error::UserSettings`].
pub fn user_setting(key: &str) -> Result<Option<String>, Error> {
    libgit2::user_setting(key)
}

/// Returns a setting of the user or the system that is a path, with `~` expanded as Git does.
///
/// # Errors
/// [`Error::UserSettings`], also if the path begins with `~` and the home directory is unknown.
pub fn user_path_setting(key: &str) -> Result<Option<PathBuf>, Error> {
    libgit2::user_path_setting(key)
}
