//! Which files there are at one moment, and their bytes: of a directory, a work tree, the index or a commit.
//!
//! A [`Snapshot`] lists; it reads a file's bytes only when asked. Every path in it is a [`RepoPath`]; whatever cannot be
//! one, or is neither file nor link, or cannot be told from another name, is a [`Problem`] for a rule to judge.
//! Links are listed, never followed, except where the cache of the Hugging Face Hub keeps files as links (see [`hub`]).
//! Not for what the files mean: that is [`crate::artifacts`]'s.
//!
//! The same fixed list is left out of every snapshot, so that what was signed in one place is found in another:
//!
//! | left out | why |
//! |---|---|
//! | `.git` at the root | Git's own |
//! | `.openness/` | signatures cannot cover themselves; see [`Snapshot::openness_files`] |
//! | `.cache/huggingface/` | the Hub's notes beside a download |
//! | `.DS_Store`, `Thumbs.db`, `desktop.ini`, in any directory | litter of desktops |

mod beneath;
pub mod hint;
pub mod hub;
mod listing;
mod stat;
mod walk;

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::git::{self, Attribute, CommitFacts, ObjectId, Repo, TreeEntry, TreeSource};
use crate::path::{PathError, RepoPath};

use beneath::Directory;
use listing::Listing;
pub use stat::FileStat;

/// The directory that holds the statement and its signatures.
pub const OPENNESS_DIR: &str = ".openness";
/// The Hub's notes beside a download.
pub const HUB_NOTES_DIR: &str = ".cache/huggingface";
/// Litter of desktops, left out in any directory.
pub const OS_METADATA_FILES: &[&str] = &[".DS_Store", "Thumbs.db", "desktop.ini"];
/// The longest text of a link that is kept; a longer one leads nowhere on any system.
const MAX_LINK_BYTES: u64 = 4096;

/// The files of one moment.
#[derive(Debug)]
pub struct Snapshot {
    origin: Origin,
    entries: Vec<Entry>,
    openness: Vec<Entry>,
    problems: Vec<Problem>,
    commit: Option<CommitFacts>,
    directory: Option<Directory>,
    hub: Option<hub::Cache>,
    repo: Option<Repo>,
    prefix: Option<RepoPath>,
    /// What the last commit does not have, in the order of bytes; `None` where all counts as new.
    changed: Option<Vec<Vec<u8>>>,
}

/// Where a snapshot was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Every file of a directory, whether or not Git tracks it.
    Directory,
    /// The files on disk that Git tracks.
    WorkTree,
    /// The index.
    Index,
    /// A commit.
    Commit,
}

/// One path of a snapshot.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where it is, from the root of the snapshot.
    pub path: RepoPath,
    /// What it is.
    pub kind: Kind,
    place: Storage,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File {
        /// Its owner may execute it.
        executable: bool,
    },
    /// A symbolic link, which is never followed.
    Symlink {
        /// What it points at, as written; not UTF-8 is shown as U+FFFD.
        target: String,
    },
    /// Another repository, held by its commit.
    Submodule {
        /// The commit.
        commit: ObjectId,
    },
    /// Git tracks a file here, and there is none on disk.
    Missing,
}

/// Where the bytes are.
#[derive(Debug, Clone)]
enum Storage {
    /// Below the directory, under the entry's own path.
    Disk { size: u64, stat: Option<FileStat>, has_other_names: bool },
    /// In the cache of the Hub, under this path.
    Hub { path: Box<str>, size: u64 },
    /// In the object database.
    Object(ObjectId),
    /// There are none.
    Nowhere,
}

/// Something that cannot be an entry, or should not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The name, fit for a terminal: what could steer it is escaped.
    pub name: String,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What is wrong with a name or with what it names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The name is no [`RepoPath`], so nothing can be said about the file.
    #[error("{0}")]
    Path(PathError),
    /// A FIFO, a socket, a device.
    #[error("it is a {0}, neither a file nor a directory")]
    Special(&'static str),
    /// Two names that some systems take for one.
    #[error("on systems that ignore case or normalise names it is the same as `{0}`")]
    Collision(RepoPath),
    /// The name is not in Unicode's normal form C, so that it has a twin that looks the same.
    #[error("the name is not in Unicode normal form C")]
    NotNormalized,
    /// The same path twice, which no honest tree has.
    #[error("the path stands in the tree more than once")]
    Duplicate,
    /// A merge is not finished.
    #[error("it has merge conflicts")]
    Unmerged,
    /// A link to something that is no part of the snapshot.
    #[error("it is a link to `{0}`, outside the directory")]
    LinkLeaves(String),
    /// `.git` below the root: another repository, which is not looked into.
    #[error("another repository begins here")]
    NestedRepository,
    /// The machine said no.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.name, self.kind)
    }
}

impl Snapshot {
    /// Lists every file of a directory, whether or not Git tracks it.
    ///
    /// # Errors
    /// [`Error::Hub`] where the directory is a cache of the Hub and a snapshot in it should be given instead;
    /// [`Error::Io`], [`Error::TooMany`].
    pub fn of_directory(root: &Path) -> Result<Self, Error> {
        let io = |source| Error::Io { path: root.to_path_buf(), source };
        let canonical = root.canonicalize().map_err(io)?;
        if let Some(misplaced) = hub::misplaced(&canonical) {
            return Err(Error::Hub(misplaced));
        }
        let directory = Directory::open_root(&canonical).map_err(io)?;
        let cache = hub::Cache::around(&canonical).map_err(io)?;
        let mut listing = Listing::default();
        walk::walk(&directory, cache.as_ref(), &mut listing)?;
        let mut snapshot = Self::from_listing(Origin::Directory, listing);
        snapshot.directory = Some(directory);
        snapshot.hub = cache;
        Ok(snapshot)
    }

    /// Takes the state of a repository that is asked for: all of it, or what lies below `prefix`, which is then the root.
    ///
    /// # Errors
    /// Those of [`Snapshot::of_work_tree`], [`Snapshot::of_index`], [`Snapshot::of_revision`].
    pub fn of(repo: &Repo, look: TreeSource<'_>, prefix: Option<&RepoPath>) -> Result<Self, Error> {
        match look {
            TreeSource::WorkTree => Self::of_work_tree(repo, prefix),
            TreeSource::Staged => Self::of_index(repo, prefix),
            TreeSource::Revision(revision) => Self::of_revision(repo, revision, prefix),
        }
    }

    /// Lists the files that Git tracks, to be read from disk.
    ///
    /// What a sparse checkout leaves out is read from the object database; what is otherwise not there is [`Kind::Missing`].
    ///
    /// # Errors
    /// [`Error::NoWorkTree`], [`Error::Git`], [`Error::Io`].
    pub fn of_work_tree(repo: &Repo, prefix: Option<&RepoPath>) -> Result<Self, Error> {
        let top = repo.work_dir().ok_or_else(|| Error::NoWorkTree { path: repo.git_dir().to_path_buf() })?;
        let root = prefix.map_or_else(|| top.to_path_buf(), |prefix| prefix.below(top));
        let directory = Directory::open_root(&root).map_err(|source| Error::Io { path: root, source })?;
        let mut listing = Listing::default();
        walk::tracked(&directory, below(repo.index()?, prefix), &mut listing);
        walk::walk_openness(&directory, &mut listing)?;
        let mut snapshot = Self::from_listing(Origin::WorkTree, listing);
        snapshot.directory = Some(directory);
        snapshot.repo = Some(repo.clone());
        snapshot.prefix = prefix.cloned();
        Ok(snapshot)
    }

    /// Lists what is staged, to be read from the object database.
    ///
    /// # Errors
    /// [`Error::Git`].
    pub fn of_index(repo: &Repo, prefix: Option<&RepoPath>) -> Result<Self, Error> {
        let mut listing = Listing::default();
        listing.add_objects(repo, below(repo.index()?, prefix))?;
        let mut snapshot = Self::from_listing(Origin::Index, listing);
        snapshot.repo = Some(repo.clone());
        snapshot.prefix = prefix.cloned();
        Ok(snapshot)
    }

    /// Lists what is staged, and notes what of it the last commit does not have; see [`Snapshot::is_news`].
    ///
    /// # Errors
    /// [`Error::Git`].
    pub fn of_staged_commit(repo: &Repo) -> Result<Self, Error> {
        let next = repo.staged_commit()?;
        let mut changed: Vec<Vec<u8>> = next.changed.iter().map(|at| next.entries[*at].path.clone()).collect();
        changed.sort_unstable();
        let mut listing = Listing::default();
        listing.add_objects(repo, next.entries)?;
        let mut snapshot = Self::from_listing(Origin::Index, listing);
        snapshot.repo = Some(repo.clone());
        snapshot.changed = Some(changed);
        Ok(snapshot)
    }

    /// Lists what a commit holds, to be read from the object database.
    ///
    /// # Errors
    /// [`Error::Git`], with [`git::Error::Unborn`] where nothing is committed yet.
    pub fn of_revision(repo: &Repo, revision: &str, prefix: Option<&RepoPath>) -> Result<Self, Error> {
        let commit = repo.resolve(revision)?;
        let mut listing = Listing::default();
        listing.add_objects(repo, below(repo.tree(&commit.tree)?, prefix))?;
        let mut snapshot = Self::from_listing(Origin::Commit, listing);
        snapshot.repo = Some(repo.clone());
        snapshot.prefix = prefix.cloned();
        snapshot.commit = Some(commit);
        Ok(snapshot)
    }

    fn from_listing(origin: Origin, listing: Listing) -> Self {
        let (entries, openness, problems) = listing.finish();
        Self {
            origin,
            entries,
            openness,
            problems,
            commit: None,
            directory: None,
            hub: None,
            repo: None,
            prefix: None,
            changed: None,
        }
    }

    /// Returns what there is, each path once, in the order of bytes.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the files below `.openness/`, in the order of bytes; of a work tree those that Git does not track too.
    #[must_use]
    pub fn openness_files(&self) -> &[Entry] {
        &self.openness
    }

    /// Returns what stands at a path.
    #[must_use]
    pub fn find(&self, path: &RepoPath) -> Option<&Entry> {
        let of = |entries: &'_ [Entry]| entries.binary_search_by(|entry| entry.path.cmp(path)).ok();
        of(&self.entries).map(|at| &self.entries[at]).or_else(|| of(&self.openness).map(|at| &self.openness[at]))
    }

    /// Returns what cannot be an entry, or should not be, in the order of names.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Returns the commit that the snapshot was taken of.
    #[must_use]
    pub fn commit(&self) -> Option<&CommitFacts> {
        self.commit.as_ref()
    }

    /// Returns where the snapshot was taken.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Returns the repository that the snapshot was taken of.
    #[must_use]
    pub fn repo(&self) -> Option<&Repo> {
        self.repo.as_ref()
    }

    /// Returns the directory of the repository that is the root of the snapshot; `None` where that is the repository's own.
    #[must_use]
    pub fn prefix(&self) -> Option<&RepoPath> {
        self.prefix.as_ref()
    }

    /// Returns the directory that the snapshot was taken of, or the one of its work tree.
    #[must_use]
    pub fn root(&self) -> Option<PathBuf> {
        if let Some(directory) = &self.directory {
            return Some(directory.path().to_path_buf());
        }
        let top = self.repo.as_ref().and_then(Repo::work_dir)?;
        Some(self.prefix.as_ref().map_or_else(|| top.to_path_buf(), |prefix| prefix.below(top)))
    }

    /// Returns whether the bytes of an entry are read from disk.
    #[must_use]
    pub fn is_on_disk(&self, entry: &Entry) -> bool {
        matches!(entry.place, Storage::Disk { .. } | Storage::Hub { .. })
    }

    /// Returns the size of a file in bytes: on disk as listed, in the object database as stored.
    ///
    /// # Errors
    /// Where the entry is no file, or its object is not here.
    pub fn size(&self, entry: &Entry) -> io::Result<u64> {
        match &entry.place {
            Storage::Disk { size, .. } | Storage::Hub { size, .. } => Ok(*size),
            Storage::Object(id) => Ok(self.repository()?.blob_size(id)?),
            Storage::Nowhere => Err(no_file(entry)),
        }
    }

    /// Returns what the file system said of a file when it was listed; `None` where that tells nothing.
    #[must_use]
    pub fn stat(&self, entry: &Entry) -> Option<FileStat> {
        match entry.place {
            Storage::Disk { stat, .. } => stat,
            _ => None,
        }
    }

    /// Returns whether the file system has the same file under another name too (a hard link), from which it can be changed.
    /// The Hub's cache keeps its own links, which are not meant.
    #[must_use]
    pub fn has_other_names(&self, entry: &Entry) -> bool {
        matches!(entry.place, Storage::Disk { has_other_names: true, .. })
    }

    /// Asks the file system anew.
    #[must_use]
    pub fn stat_now(&self, entry: &Entry) -> Option<FileStat> {
        self.stat(entry)?;
        self.on_disk().ok()?.stat(entry.path.as_str())
    }

    /// Opens a file.
    ///
    /// On disk it is opened without following links and checked to be a regular file; reading it to its end fails if it
    /// changed meanwhile.
    ///
    /// # Errors
    /// Where the entry is no file, is no longer what it was, or its object is not here.
    pub fn open(&self, entry: &Entry) -> io::Result<Content> {
        let bytes = match &entry.place {
            _ if !matches!(entry.kind, Kind::File { .. }) => return Err(no_file(entry)),
            Storage::Nowhere => return Err(no_file(entry)),
            Storage::Disk { .. } => Bytes::Disk(self.on_disk()?.open_file(entry.path.as_str())?),
            Storage::Hub { path, .. } => {
                let cache = self.hub.as_ref().ok_or_else(|| no_file(entry))?;
                Bytes::Disk(cache.directory().open_file(path)?)
            }
            Storage::Object(id) => Bytes::Blob(self.repository()?.blob(id)?),
        };
        Ok(Content { bytes })
    }

    /// Reads a whole small file; `None` where there is no regular file at the path.
    ///
    /// Of a work tree, a file that Git does not track yet is read too: a manifest is written before it is added.
    ///
    /// # Errors
    /// [`Error::TooLarge`] beyond `limit` bytes, [`Error::Read`].
    pub fn read(&self, path: &RepoPath, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        let Some(mut content) = self.open_path(path)? else { return Ok(None) };
        let size = content.size();
        if size > limit {
            return Err(Error::TooLarge { path: path.clone(), size, limit });
        }
        // Read into zeros, which cost nothing, and then to its end, where it is known whether it has stayed the same.
        let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
        content
            .read_exact(&mut bytes)
            .and_then(|()| content.take(limit - size + 1).read_to_end(&mut bytes))
            .map_err(|source| Error::Read { path: path.clone(), source })?;
        Ok(Some(bytes))
    }

    /// Reads at most the first `count` bytes of a file; `None` where there is no regular file at the path.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn read_start(&self, path: &RepoPath, count: u64) -> Result<Option<Vec<u8>>, Error> {
        let Some(content) = self.open_path(path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        content.take(count).read_to_end(&mut bytes).map_err(|source| Error::Read { path: path.clone(), source })?;
        Ok(Some(bytes))
    }

    fn open_path(&self, path: &RepoPath) -> Result<Option<Content>, Error> {
        let fail = |source| Error::Read { path: path.clone(), source };
        match self.find(path) {
            Some(entry) if matches!(entry.kind, Kind::File { .. }) => self.open(entry).map(Some).map_err(fail),
            Some(_) => Ok(None),
            None if self.origin == Origin::WorkTree => match self.on_disk().and_then(|d| d.open_file(path.as_str())) {
                Ok(reader) => Ok(Some(Content { bytes: Bytes::Disk(reader) })),
                Err(error) if is_absence(&error) => Ok(None),
                Err(error) => Err(fail(error)),
            },
            None => Ok(None),
        }
    }

    /// Returns an attribute of each path, as the `.gitattributes` of the same moment say; `None` outside a repository.
    ///
    /// # Errors
    /// [`Error::Git`].
    pub fn attributes(&self, name: &str, paths: &[&RepoPath]) -> Result<Option<Vec<Attribute>>, Error> {
        let Some(repo) = &self.repo else { return Ok(None) };
        let look = match (self.origin, &self.commit) {
            (Origin::Commit, Some(commit)) => TreeSource::Revision(commit.commit.as_str()),
            (Origin::Index, _) => TreeSource::Staged,
            _ => TreeSource::WorkTree,
        };
        let Some(prefix) = &self.prefix else { return Ok(Some(repo.attributes(look, name, paths)?)) };
        // Git asks by the path from the top; the files above the prefix speak of what is below it.
        let whole = |path: &&RepoPath| {
            let text = format!("{prefix}/{path}");
            text.parse().map_err(|_| Error::TooDeep { path: text })
        };
        let whole = paths.iter().map(whole).collect::<Result<Vec<RepoPath>, Error>>()?;
        Ok(Some(repo.attributes(look, name, &whole.iter().collect::<Vec<_>>())?))
    }

    /// Returns whether an entry may differ from what the last commit has in its place.
    ///
    /// A hook runs at every commit, and what was committed before was looked at then: only what is new need be opened.
    /// Where the snapshot was not taken for that, all is new.
    #[must_use]
    pub fn is_changed(&self, entry: &Entry) -> bool {
        let path = entry.path.as_str().as_bytes();
        self.changed.as_ref().is_none_or(|changed| changed.binary_search_by(|new| new.as_slice().cmp(path)).is_ok())
    }

    /// Returns whether a regular file is on disk that the snapshot does not list, because Git does not track it.
    #[must_use]
    pub fn is_untracked(&self, path: &RepoPath) -> bool {
        let root = self.root().filter(|_| self.find(path).is_none());
        root.and_then(|root| Directory::open_root(&root).ok()).is_some_and(|root| root.open_file(path.as_str()).is_ok())
    }

    /// Opens what the work tree of the repository holds under a path, whatever state the snapshot is of.
    pub(crate) fn open_in_work_tree(&self, path: &RepoPath) -> Option<Content> {
        let top = self.repo.as_ref()?.work_dir()?;
        let root = self.prefix.as_ref().map_or_else(|| top.to_path_buf(), |prefix| prefix.below(top));
        let root = Directory::open_root(&root).ok()?;
        Some(Content { bytes: Bytes::Disk(root.open_file(path.as_str()).ok()?) })
    }

    fn on_disk(&self) -> io::Result<&Directory> {
        self.directory.as_ref().ok_or_else(|| io::Error::other("the snapshot was not taken of a directory"))
    }

    fn repository(&self) -> io::Result<&Repo> {
        self.repo.as_ref().ok_or_else(|| io::Error::other("the snapshot was not taken of a repository"))
    }
}

fn no_file(entry: &Entry) -> io::Error {
    let what = match &entry.kind {
        Kind::Symlink { .. } => "it is a link",
        Kind::Submodule { .. } => "it is a submodule",
        Kind::Missing => "it is not on disk",
        Kind::File { .. } => "its bytes are not here",
    };
    io::Error::new(io::ErrorKind::NotFound, what)
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidInput)
}

/// The bytes of one file.
#[derive(Debug)]
pub struct Content {
    bytes: Bytes,
}

enum Bytes {
    Disk(beneath::Reader),
    Blob(git::Blob),
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disk(_) => "Disk",
            Self::Blob(_) => "Blob",
        })
    }
}

impl Content {
    /// Returns the size in bytes of the whole file.
    #[must_use]
    pub fn size(&self) -> u64 {
        match &self.bytes {
            Bytes::Disk(reader) => reader.size(),
            Bytes::Blob(blob) => blob.size(),
        }
    }
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.bytes {
            Bytes::Disk(reader) => reader.read(buffer),
            Bytes::Blob(blob) => blob.read(buffer),
        }
    }
}

/// Returns a name as text fit for a terminal: what is no UTF-8 becomes U+FFFD, what could steer is escaped.
fn show(name: &[u8]) -> String {
    let text: Cow<'_, str> = String::from_utf8_lossy(name);
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if crate::path::is_deceptive(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// What lies below a prefix, by its path from there.
fn below(listed: Vec<TreeEntry>, prefix: Option<&RepoPath>) -> Vec<TreeEntry> {
    let Some(prefix) = prefix else { return listed };
    let within = |mut entry: TreeEntry| {
        let rest = entry.path.strip_prefix(prefix.as_str().as_bytes())?.strip_prefix(b"/")?.to_vec();
        entry.path = rest;
        Some(entry)
    };
    listed.into_iter().filter_map(within).collect()
}

/// Why no snapshot could be taken, or a file of it not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The repository could not be read.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// A bare repository has no files on disk.
    #[error("`{}` is a bare repository, without files on disk; give a revision", .path.display())]
    NoWorkTree {
        /// The repository.
        path: PathBuf,
    },
    /// A directory of the Hub's cache that holds snapshots and is none.
    #[error(transparent)]
    Hub(hub::Misplaced),
    /// The directory could not be read.
    #[error("cannot read the directory `{}`", .path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file could not be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: RepoPath,
        /// Why not.
        source: io::Error,
    },
    /// A path is short enough below the prefix, and from the top of the repository it is not.
    #[error("`{path}` is longer or deeper than a path may be")]
    TooDeep {
        /// From the top of the repository.
        path: String,
    },
    /// A file that should be small is not.
    #[error("`{path}` has {size} bytes; no more than {limit} are read")]
    TooLarge {
        /// The file.
        path: RepoPath,
        /// Its size in bytes.
        size: u64,
        /// The largest size that is read.
        limit: u64,
    },
    /// More files than anybody releases.
    #[error("more than {} files; is `{}` the directory you mean?", git::MAX_ENTRIES, .path.display())]
    TooMany {
        /// The directory.
        path: PathBuf,
    },
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn names(snapshot: &Snapshot) -> Vec<&str> {
        snapshot.entries().iter().map(|entry| entry.path.as_str()).collect()
    }

    #[test]
    fn a_directory_is_listed_whole_less_the_fixed_list() {
        let dir = tempfile::tempdir().unwrap();
        for path in [
            ".git/HEAD",
            ".openness/statement.json",
            ".cache/huggingface/x",
            ".cache/y",
            "a-b/x",
            "a/x",
            "a.txt",
            "a/.DS_Store",
        ] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        fs::set_permissions(dir.path().join("a.txt"), fs::Permissions::from_mode(0o755)).unwrap();
        let snapshot = Snapshot::of_directory(dir.path()).unwrap();
        assert_eq!(names(&snapshot), [".cache/y", "a-b/x", "a.txt", "a/x"]);
        assert_eq!(snapshot.entries()[2].kind, Kind::File { executable: true });
        assert_eq!(snapshot.openness_files().len(), 1);
        assert!(snapshot.read(&".openness/statement.json".parse().unwrap(), 1).unwrap().is_some());
        assert_eq!(snapshot.problems(), []);
    }

    #[test]
    fn what_is_neither_file_nor_link_or_has_no_name_is_a_problem() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir_all(root.join("sub/.git")).unwrap();
        fs::create_dir(root.join(".GIT")).unwrap();
        fs::write(root.join("sub/.git/HEAD"), "x").unwrap();
        fs::write(root.join(OsStr::from_bytes(b"not-utf8-\xff")), "x").unwrap();
        fs::write(root.join("bell\u{7}"), "x").unwrap();
        fs::create_dir(root.join("aux")).unwrap();
        fs::write(root.join("aux/x"), "x").unwrap();
        symlink("/etc/passwd", root.join("absolute")).unwrap();
        symlink("sub", root.join("alias")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(root.join("fifo")).status().unwrap().success());
        let snapshot = Snapshot::of_directory(root).unwrap();
        let problems: Vec<String> = snapshot.problems().iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "`.GIT`: another repository begins here",
                "`absolute`: it is a link to `/etc/passwd`, outside the directory",
                "`aux`: a component of the path is a device name on Windows",
                "`bell\\u{7}`: the path has the control or invisible character U+0007",
                "`fifo`: it is a FIFO, neither a file nor a directory",
                "`not-utf8-\u{fffd}`: the path is not UTF-8",
                "`sub/.git`: another repository begins here",
            ]
        );
        assert_eq!(names(&snapshot), ["absolute", "alias"]);
    }

    #[test]
    fn small_files_are_read_up_to_a_limit() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("f"), "12345").unwrap();
        symlink("f", dir.path().join("l")).unwrap();
        let snapshot = Snapshot::of_directory(dir.path()).unwrap();
        let path = |text: &str| text.parse().unwrap();
        assert_eq!(snapshot.read(&path("f"), 5).unwrap().unwrap(), b"12345");
        assert_eq!(snapshot.read(&path("f"), 4).unwrap_err().to_string(), "`f` has 5 bytes; no more than 4 are read");
        assert_eq!(snapshot.read_start(&path("f"), 2).unwrap().unwrap(), b"12");
        assert_eq!(snapshot.read(&path("l"), 9).unwrap(), None);
        assert_eq!(snapshot.read(&path("none"), 9).unwrap(), None);
    }

    #[test]
    fn a_snapshot_can_be_shared_by_threads() {
        fn shared<T: Sync + Send>() {}
        shared::<Snapshot>();
        fn sent<T: Send>() {}
        sent::<Content>();
    }
}
