//! Repositories: what is committed, what is staged, and the few settings that matter.
//!
//! Two backends answer the same questions. [libgit2](https://libgit2.org) is quick and runs nothing, and beside it an
//! index is read here; what they cannot read (reftable references, sparse and split indexes, unknown extensions, some
//! forms of `safe.directory`) is asked of the `git` program, which is run with a scrubbed environment, without hooks,
//! monitors, replacement objects or the network. Both only read, but for new tags. Not for files on disk: those are [`crate::snapshot`]'s.

mod attributes;
mod index;
mod index_lines;
mod libgit2;
mod changed;
mod program;
mod tags;

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::path::RepoPath;

pub use crate::files::{Attribute, CommitFacts, MAX_ENTRIES, ObjectFormat, ObjectId};
pub use index_lines::index_lines;
pub use tags::{Named, Object, ObjectKind};

/// Blobs larger than this are streamed by the `git` program where there is one: libgit2 holds a whole blob in memory.
const STREAMED_BLOB_BYTES: u64 = 8 * 1024 * 1024;

/// A repository, shared by threads; each borrows a handle of its own for as long as a question takes.
#[derive(Clone)]
pub struct Repo(Arc<Inner>);

struct Inner {
    location: Location,
    object_format: ObjectFormat,
    /// What libgit2 said when it could not open the repository at all.
    unsupported_by_libgit2: Option<String>,
    handles: Mutex<Vec<libgit2::Handle>>,
    program: OnceLock<Option<program::Program>>,
}

/// Where the parts of a repository are. All paths are absolute.
#[derive(Debug, Clone)]
struct Location {
    git_dir: PathBuf,
    common_dir: PathBuf,
    work_dir: Option<PathBuf>,
    /// Where Git put the index for the time of a hook; otherwise the repository's own.
    index_file: Option<PathBuf>,
    /// Further object directories, such as the quarantine of a push.
    object_dirs: Vec<PathBuf>,
}

/// What Git tells its hooks through the environment, as the caller read it.
///
/// `git commit -a` and `git commit FILE` run their hooks with an index of their own; whoever looks at `.git/index`
/// sees something else than what is being committed.
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
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`, split.
    pub alternate_object_directories: Vec<PathBuf>,
}

/// Which state of a repository is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TreeSource<'a> {
    /// The files on disk that Git tracks.
    WorkTree,
    /// The index.
    Staged,
    /// A commit, or what leads to one: a tag, a branch, `HEAD~2`.
    Revision(&'a str),
}

/// A line of a tree or of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    /// From the root, as Git stores it.
    pub(crate) path: Vec<u8>,
    pub(crate) mode: Mode,
    pub(crate) id: ObjectId,
    /// 0, or 1 to 3 in a merge that is not finished.
    pub(crate) stage: u8,
    /// `git add -N`: announced, nothing staged.
    pub(crate) intent_to_add: bool,
    /// Left out of the work tree by a sparse checkout.
    pub(crate) skip_worktree: bool,
}

/// The index, beside the last commit.
#[derive(Debug)]
pub(crate) struct StagedCommit {
    /// As [`Repo::index`].
    pub(crate) entries: Vec<TreeEntry>,
    /// The places in `entries` of what the last commit does not have in the same form.
    pub(crate) changed: Vec<usize>,
}

/// What kind of thing an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    File,
    Executable,
    Symlink,
    Submodule,
}

impl Mode {
    /// Reads the number that trees and the index hold; only the kind and the owner's executable bit count.
    fn from_bits(bits: u32) -> Option<Self> {
        match bits & 0o170_000 {
            0o100_000 if bits & 0o100 != 0 => Some(Self::Executable),
            0o100_000 => Some(Self::File),
            0o120_000 => Some(Self::Symlink),
            0o160_000 => Some(Self::Submodule),
            _ => None,
        }
    }
}

/// Where hooks are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HooksDir {
    /// The directory; it may not exist.
    pub path: PathBuf,
    /// `core.hooksPath` says so; other programs or other repositories may then share the directory.
    pub is_configured: bool,
}

/// Who reads a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BackendKind {
    /// The library, which runs nothing.
    Libgit2,
    /// The `git` program.
    Program,
}

/// The questions that both backends answer.
trait Backend: tags::Tagging {
    /// Returns the commit that a revision leads to.
    fn resolve(&self, revision: &str) -> Result<CommitFacts, Error>;
    /// Returns every entry below a tree that is no tree.
    fn tree(&self, tree: &ObjectId) -> Result<Vec<TreeEntry>, Error>;
    /// Returns the entries of the index, all stages; none where there is no index.
    fn index(&self) -> Result<Vec<TreeEntry>, Error>;
    /// Returns the entries of the index, and which of them the last commit does not have.
    fn staged_commit(&self) -> Result<StagedCommit, Error>;
    /// Returns an attribute of each path, as the `.gitattributes` of that state say.
    fn attributes(&self, look: TreeSource<'_>, name: &str, paths: &[&RepoPath]) -> Result<Vec<Attribute>, Error>;
    /// Returns a setting of the repository, its user and its system together; the last one set counts.
    fn setting(&self, key: &str) -> Result<Option<String>, Error>;
    /// Returns a setting that is a path, with `~` expanded as Git does.
    fn path_setting(&self, key: &str) -> Result<Option<PathBuf>, Error>;
}

impl Repo {
    /// Opens the repository that `path` lies in, or is; `None` where there is none.
    ///
    /// Looks at no `GIT_*` variable: inside a hook they speak of another repository than the one asked about.
    /// A bare repository is found only at `path` itself, so that one that hides inside a download is not taken for its
    /// surroundings (compare Git's `safe.bareRepository`).
    ///
    /// # Errors
    /// [`Error::NotOwned`], [`Error::Unsupported`], [`Error::Open`].
    pub fn discover(path: &Path) -> Result<Option<Self>, Error> {
        let path = absolute(path)?;
        let found = match libgit2::Handle::discover(&path) {
            Ok(None) => return Ok(None),
            Ok(Some(handle)) => Self::with_handle(handle),
            Err(Error::UnsupportedByLibgit2 { what }) => match program::Program::discover(&path, &what)? {
                None => return Ok(None),
                Some((program, location, object_format)) => Self::with_program(program, location, object_format, what),
            },
            Err(error) => return Err(error),
        };
        let is_surroundings =
            found.is_bare() && !same_place(found.git_dir(), &path) && !same_place(found.git_dir(), &path.join(".git"));
        Ok((!is_surroundings).then_some(found))
    }

    /// Opens the repository that a hook is run for, with the index that is being committed.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the environment leads nowhere, and those of [`Repo::discover`].
    pub fn from_hook_environment(env: &HookEnv) -> Result<Self, Error> {
        let here = absolute(&env.current_dir)?;
        let start = env.git_dir.as_ref().map_or_else(|| here.clone(), |dir| here.join(dir));
        let found = Self::discover(&start)?.ok_or(Error::NotFound { path: start })?;
        let mut location = found.0.location.clone();
        if let Some(work_tree) = &env.work_tree {
            // Git sets `GIT_WORK_TREE=.`, relative to the directory that it runs the hook in.
            location.work_dir = Some(absolute(&here.join(work_tree))?);
        }
        location.index_file = env.index_file.as_ref().map(|file| here.join(file));
        location.object_dirs =
            env.object_directory.iter().chain(&env.alternate_object_directories).map(|dir| here.join(dir)).collect();
        Ok(Self(Arc::new(Inner {
            location,
            object_format: found.0.object_format,
            unsupported_by_libgit2: found.0.unsupported_by_libgit2.clone(),
            handles: Mutex::default(),
            program: OnceLock::new(),
        })))
    }

    fn with_handle(handle: libgit2::Handle) -> Self {
        Self(Arc::new(Inner {
            location: handle.location(),
            object_format: handle.object_format(),
            unsupported_by_libgit2: None,
            handles: Mutex::new(vec![handle]),
            program: OnceLock::new(),
        }))
    }

    fn with_program(program: program::Program, location: Location, object_format: ObjectFormat, what: String) -> Self {
        Self(Arc::new(Inner {
            location,
            object_format,
            unsupported_by_libgit2: Some(what),
            handles: Mutex::default(),
            program: OnceLock::from(Some(program)),
        }))
    }

    /// Returns the same repository with every question put to one reader alone, for comparing the two: what that one
    /// cannot read is [`Error::Unsupported`]. Otherwise a repository is read by whichever can.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the reader cannot open it, or is not here.
    pub fn with_backend(&self, reader: BackendKind) -> Result<Self, Error> {
        let location = self.0.location.clone();
        let (unsupported_by_libgit2, program) = match (reader, &self.0.unsupported_by_libgit2) {
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
        })))
    }

    /// Returns the top of the work tree; a bare repository has none.
    #[must_use]
    pub fn work_dir(&self) -> Option<&Path> {
        self.0.location.work_dir.as_deref()
    }

    /// Returns the directory of this work tree's `HEAD` and index.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        &self.0.location.git_dir
    }

    /// Returns the directory that all work trees share: objects, references, Git LFS.
    #[must_use]
    pub fn common_dir(&self) -> &Path {
        &self.0.location.common_dir
    }

    /// Returns whether there is no work tree.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.0.location.work_dir.is_none()
    }

    /// Returns the hash function that names objects.
    #[must_use]
    pub fn object_format(&self) -> ObjectFormat {
        self.0.object_format
    }

    /// Returns where Git looks for hooks: `core.hooksPath`, else `hooks` beside the objects.
    ///
    /// # Errors
    /// Where the settings cannot be read.
    pub fn hooks_dir(&self) -> Result<HooksDir, Error> {
        let configured = self.ask(|backend| backend.path_setting("core.hooksPath"))?;
        let base = self.work_dir().unwrap_or_else(|| self.git_dir());
        Ok(match configured.filter(|path| !path.as_os_str().is_empty()) {
            None => HooksDir { path: self.common_dir().join("hooks"), is_configured: false },
            Some(path) => HooksDir { path: base.join(path), is_configured: true },
        })
    }

    /// Returns a setting of the repository, its user and its system together; the last one set counts.
    ///
    /// Never for what decides on trust: the repository may be the attacker's. See [`user_setting`].
    ///
    /// # Errors
    /// Where the settings cannot be read.
    pub fn setting(&self, key: &str) -> Result<Option<String>, Error> {
        self.ask(|backend| backend.setting(key))
    }

    /// Returns an attribute of each path, from the top of the repository, as the `.gitattributes` of that state say.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn attributes(&self, look: TreeSource<'_>, name: &str, paths: &[&RepoPath]) -> Result<Vec<Attribute>, Error> {
        self.ask(|backend| backend.attributes(look, name, paths))
    }

    /// Returns the commit that a revision leads to.
    ///
    /// # Errors
    /// [`Error::Unborn`] where the branch has no commit yet, [`Error::UnknownRevision`].
    pub fn resolve(&self, revision: &str) -> Result<CommitFacts, Error> {
        // The program would take it for an option; no reference can be called so.
        if revision.starts_with('-') {
            return Err(Error::UnknownRevision { revision: revision.to_owned() });
        }
        self.ask(|backend| backend.resolve(revision))
    }

    pub(crate) fn tree(&self, tree: &ObjectId) -> Result<Vec<TreeEntry>, Error> {
        self.ask(|backend| backend.tree(tree))
    }

    pub(crate) fn index(&self) -> Result<Vec<TreeEntry>, Error> {
        self.ask(|backend| backend.index())
    }

    pub(crate) fn staged_commit(&self) -> Result<StagedCommit, Error> {
        let mut next = self.ask(|backend| backend.staged_commit())?;
        // What is merely announced is not committed.
        next.changed.retain(|at| !next.entries[*at].intent_to_add);
        Ok(next)
    }

    /// Returns the size of a blob in bytes.
    pub(crate) fn blob_size(&self, id: &ObjectId) -> Result<u64, Error> {
        if self.0.unsupported_by_libgit2.is_some() {
            return self.program()?.blob_size(id);
        }
        self.with_libgit2(|handle| handle.blob_size(id))
    }

    /// Opens a blob. Small ones are in memory then, large ones are streamed.
    pub(crate) fn blob(&self, id: &ObjectId) -> Result<Blob, Error> {
        if self.0.unsupported_by_libgit2.is_some() {
            return self.program()?.blob(id).map(Blob::Streamed);
        }
        let size = self.with_libgit2(|handle| handle.blob_size(id))?;
        if size > STREAMED_BLOB_BYTES
            && let Some(program) = self.available_program()
        {
            return program.blob(id).map(Blob::Streamed);
        }
        self.with_libgit2(|handle| handle.blob(id)).map(|bytes| Blob::Loaded(io::Cursor::new(bytes)))
    }

    /// Asks libgit2, then the program where libgit2 cannot know.
    fn ask<T>(&self, question: impl Fn(&dyn Backend) -> Result<T, Error>) -> Result<T, Error> {
        if self.0.unsupported_by_libgit2.is_none() {
            match self.with_libgit2(|handle| question(handle)) {
                Err(Error::UnsupportedByLibgit2 { what }) => {
                    let program = self.available_program().ok_or(Error::Unsupported { what })?;
                    return question(program);
                }
                answer => return answer,
            }
        }
        question(self.program()?)
    }

    /// Lends a handle out and keeps it for the next question; opening one reads several files.
    fn with_libgit2<T>(&self, question: impl FnOnce(&libgit2::Handle) -> Result<T, Error>) -> Result<T, Error> {
        let idle = self.0.handles.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let handle = idle.map_or_else(|| libgit2::Handle::open(&self.0.location), Ok)?;
        let answer = question(&handle);
        self.0.handles.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        answer
    }

    fn available_program(&self) -> Option<&program::Program> {
        self.0.program.get_or_init(|| program::Program::at(&self.0.location)).as_ref()
    }

    fn program(&self) -> Result<&program::Program, Error> {
        self.available_program().ok_or_else(|| Error::Unsupported {
            what: self.0.unsupported_by_libgit2.clone().unwrap_or_else(|| "large objects".to_owned()),
        })
    }
}

impl fmt::Debug for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repo")
            .field("location", &self.0.location)
            .field("object_format", &self.0.object_format)
            .field("beyond_libgit2", &self.0.unsupported_by_libgit2)
            .finish_non_exhaustive()
    }
}

/// Returns a setting of the user or the system, whatever repository one stands in.
///
/// # Errors
/// Where the user's settings cannot be read.
pub fn user_setting(key: &str) -> Result<Option<String>, Error> {
    libgit2::user_setting(key)
}

/// Returns a setting of the user or the system that is a path, with `~` expanded as Git does.
///
/// # Errors
/// Where the user's settings cannot be read, or the home directory is unknown.
pub fn user_path_setting(key: &str) -> Result<Option<PathBuf>, Error> {
    libgit2::user_path_setting(key)
}

/// The bytes of a blob.
pub(crate) enum Blob {
    Loaded(io::Cursor<Vec<u8>>),
    Streamed(program::Stream),
}

impl Blob {
    /// Returns the size in bytes of the whole blob.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Loaded(bytes) => bytes.get_ref().len().try_into().unwrap_or(u64::MAX),
            Self::Streamed(stream) => stream.size(),
        }
    }
}

impl Read for Blob {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Loaded(bytes) => bytes.read(buffer),
            Self::Streamed(stream) => stream.read(buffer),
        }
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|source| Error::Io { doing: "resolve", path: path.to_path_buf(), source })
}

fn same_place(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// Why a repository could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Neither `path` nor a directory above is a repository.
    #[error("`{}` is in no Git repository", .path.display())]
    NotFound {
        /// What was asked about.
        path: PathBuf,
    },
    /// Git and libgit2 refuse repositories of other users, whose settings could run programs.
    #[error("the repository at `{}` belongs to another user; if you trust it, run `git config --global --add safe.directory '{}'`", .path.display(), .path.display())]
    NotOwned {
        /// What was asked about.
        path: PathBuf,
    },
    /// libgit2 does not know this; [`Repo`] asks the program instead, so nobody outside sees it.
    #[error("libgit2 cannot read {what}")]
    #[doc(hidden)]
    UnsupportedByLibgit2 {
        /// What libgit2 stumbled on.
        what: String,
    },
    /// libgit2 cannot read it, and the program that could is not here.
    #[error("cannot read {what} without the `git` program, and it could not be run; install Git 2.45 or newer")]
    Unsupported {
        /// What libgit2 stumbled on.
        what: String,
    },
    /// Made by a newer Git than there is here.
    #[error(
        "cannot open the repository at `{}`: {what}, which neither libgit2 nor the `git` here knows; install a newer Git",
        .path.display()
    )]
    Newer {
        /// What was asked about.
        path: PathBuf,
        /// What it has, in words.
        what: String,
    },
    /// There is something, but it does not open.
    #[error("cannot open the repository at `{}`", .path.display())]
    Open {
        /// What was asked about.
        path: PathBuf,
        /// What the backend said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No such commit.
    #[error("`{revision}` names no commit of this repository")]
    UnknownRevision {
        /// As given.
        revision: String,
    },
    /// A tag is never replaced.
    #[error(
        "there is a tag `{name}` already, and tags are not replaced; choose another name, or delete it: `git tag -d {name}`"
    )]
    TagExists {
        /// As given.
        name: String,
    },
    /// Git would not have it.
    #[error("`{name}` cannot be the name of a tag; see `git help check-ref-format`")]
    TagName {
        /// As given.
        name: String,
    },
    /// `HEAD` points at a branch without commits.
    #[error("nothing is committed yet: `HEAD` points at a branch without a commit; commit first, or look at the index")]
    Unborn,
    /// The repository knows of the object but does not hold it; we never fetch.
    #[error(
        "object `{id}` is not in this repository (a partial clone leaves objects out; `git fetch` or `git cat-file -p {id}` gets them)"
    )]
    NotPresent {
        /// The object.
        id: ObjectId,
    },
    /// An object could not be read.
    #[error("cannot read object `{id}`")]
    Object {
        /// The object.
        id: String,
        /// What the backend said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Index, settings or attributes could not be read.
    #[error("cannot read the {what} of the repository at `{}`", .path.display())]
    Part {
        /// `index`, `settings` …
        what: &'static str,
        /// The repository.
        path: PathBuf,
        /// What the backend said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A tag could not be stored.
    #[error("cannot write to the {what} of the repository at `{}`", .path.display())]
    Store {
        /// `objects`, `references`.
        what: &'static str,
        /// The repository.
        path: PathBuf,
        /// What the backend said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Somebody writes a reference, or was killed at it.
    #[error(
        "`{reference}` is locked: another Git process writes it, or one was killed; if none runs, delete `{}`",
        .lock.display()
    )]
    Locked {
        /// Its full name.
        reference: String,
        /// The file that Git holds others off by.
        lock: PathBuf,
    },
    /// The settings of the user or the system could not be read.
    #[error("cannot read your Git settings")]
    UserSettings {
        /// What the backend said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// More than [`MAX_ENTRIES`].
    #[error("more than {MAX_ENTRIES} entries")]
    TooMany,
    /// The `git` program failed.
    #[error("`git {command}` failed: {message}")]
    Program {
        /// The subcommand.
        command: String,
        /// What it said.
        message: String,
    },
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

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match &error {
            Error::NotPresent { .. } => Self::new(io::ErrorKind::NotFound, error),
            _ => Self::other(error),
        }
    }
}
