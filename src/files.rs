//! The files of a release at one moment, wherever they come from.
//!
//! [`Files`] is the seam between *which files there are* and *where their bytes are kept*. Rules, digests, statements and
//! verification only ask the questions of this trait. Sources are [`Memory`] (bytes at hand), [`crate::snapshot`] (a
//! directory, or a state of a Git repository), and whatever a caller adds: an object store, an archive, a browser.
//!
//! A source lists; it reads a file's bytes only when asked. Every path is a [`RepoPath`]; whatever cannot be one, or is
//! neither a file nor a symbolic link, or cannot be told apart from another name, is a [`Problem`] for a rule to report.
//! Symbolic links are listed, never followed. What the files mean is not decided here but in [`crate::artifacts`].
//!
//! Every source leaves out the same fixed list, so that what was signed in one place is found in another:
//!
//! | left out | why |
//! |---|---|
//! | `.git` at the root | Git's own data |
//! | the directories of [`VCS_DIRS`] at the root, except files that a loader could load | the data of other version control systems |
//! | `.openness/` | signatures cannot cover themselves; see [`Files::openness_files`] |
//! | `.cache/huggingface/` | the Hub client's notes next to a download |
//! | `.DS_Store`, `Thumbs.db`, `desktop.ini`, in any directory | metadata that desktops leave behind |

mod git_facts;
mod listing;
mod memory;
mod pointer;

use std::fmt;
use std::io::{self, Read};
use std::ops::Range;

use crate::path::{PathError, RepoPath};

pub use git_facts::{Attribute, CommitFacts, GitFacts, ObjectFormat, ObjectId, ObjectKind};
pub use listing::{FileList, Listing};
pub use memory::Memory;

/// The directory that holds the statement and its signatures.
pub const OPENNESS_DIR: &str = ".openness";
/// The directory in which the Hub's client keeps notes about a download.
pub const HUB_NOTES_DIR: &str = ".cache/huggingface";
/// The directories in which version control systems other than Git keep their data: GNU Bazaar, Mercurial, Jujutsu, Pijul,
/// Sapling, Subversion and Darcs. Below the root they are nested repositories, as `.git` is.
pub const VCS_DIRS: &[&str] = &[".bzr", ".hg", ".jj", ".pijul", ".sl", ".svn", "_darcs"];
/// Names of files that desktops leave behind; left out in any directory.
pub const OS_METADATA_FILES: &[&str] = &[".DS_Store", "Thumbs.db", "desktop.ini"];
/// The most files that a source lists. A crafted Git tree can contain itself many times over.
pub const MAX_ENTRIES: usize = 1_000_000;
/// The longest target of a symbolic link that is kept, in bytes; no system accepts a longer one.
pub const MAX_LINK_BYTES: u64 = 4096;

/// The files of a release at one moment.
///
/// Only the first four methods are required. The provided questions answer "unknown", which is right for any source that
/// is nothing but a list of bytes; [`crate::snapshot`] answers more of them.
///
/// An [`Entry`] belongs to the source that listed it. A source must refuse an entry of another source with an error
/// rather than hand out other bytes.
pub trait Files: fmt::Debug + Send + Sync {
    /// Returns what the list was taken of.
    fn origin(&self) -> Origin;

    /// Returns the list itself.
    fn list(&self) -> &FileList;

    /// Returns the size of a file in bytes.
    ///
    /// # Errors
    /// If the entry is not a file or not of this source, or its bytes are not available.
    fn size(&self, entry: &Entry) -> io::Result<u64>;

    /// Opens a file for reading from its first byte to its last.
    ///
    /// Reading to the end has to fail if the file changed in the meantime, as far as the source can know.
    ///
    /// # Errors
    /// If the entry is not a file or not of this source, or its bytes are not available.
    fn open(&self, entry: &Entry) -> io::Result<Content>;

    /// Opens a part of a file: the bytes from `range.start` up to but not including `range.end`.
    ///
    /// A part that reaches beyond the end is cut there. By default what precedes the part is read and dropped; sources that
    /// can seek do better.
    ///
    /// # Errors
    /// As [`Files::open`].
    fn open_range(&self, entry: &Entry, range: Range<u64>) -> io::Result<Content> {
        let mut content = self.open(entry)?;
        let end = range.end.min(content.size());
        let start = range.start.min(end);
        io::copy(&mut content.by_ref().take(start), &mut io::sink())?;
        Ok(Content::new(end - start, content.take(end - start)))
    }

    /// Returns whether the list has every file that there is. A web server cannot list its files, so that files without a
    /// known name are not seen.
    fn lists_everything(&self) -> bool {
        true
    }

    /// Returns the commit of the host that was listed; `None` if the source is not a repository on another machine.
    fn host_commit(&self) -> Option<&str> {
        None
    }

    /// Returns every path once, in byte order.
    fn entries(&self) -> &[Entry] {
        self.list().entries()
    }

    /// Returns the files below `.openness/`, in byte order.
    fn openness_files(&self) -> &[Entry] {
        self.list().openness_files()
    }

    /// Returns what cannot be an entry, or should not be, in the order of names.
    fn problems(&self) -> &[Problem] {
        self.list().problems()
    }

    /// Returns the entry at a path, in `.openness/` or outside it.
    fn find(&self, path: &RepoPath) -> Option<&Entry> {
        self.list().find(path)
    }

    /// Reads a whole small file; `None` if there is no regular file at the path.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if the file has more than `limit` bytes, [`Error::Read`].
    fn read(&self, path: &RepoPath, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        let fail = |source| Error::Read { path: path.clone(), source };
        let Some(mut content) = self.open_path(path).map_err(fail)? else { return Ok(None) };
        let size = content.size();
        if size > limit {
            return Err(Error::TooLarge { path: path.clone(), size, limit });
        }
        // Read into zeros, which cost nothing, and then to the end, where a change in the meantime shows.
        let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
        content
            .read_exact(&mut bytes)
            .and_then(|()| content.take(limit - size + 1).read_to_end(&mut bytes))
            .map_err(fail)?;
        Ok(Some(bytes))
    }

    /// Reads at most the first `count` bytes of a file; `None` if there is no regular file at the path.
    ///
    /// # Errors
    /// [`Error::Read`].
    fn read_start(&self, path: &RepoPath, count: u64) -> Result<Option<Vec<u8>>, Error> {
        let fail = |source| Error::Read { path: path.clone(), source };
        let Some(content) = self.open_path(path).map_err(fail)? else { return Ok(None) };
        let mut bytes = Vec::new();
        content.take(count).read_to_end(&mut bytes).map_err(fail)?;
        Ok(Some(bytes))
    }

    /// Opens the file at a path; `None` if there is no regular file.
    ///
    /// A working tree also opens a file that Git does not track yet: a manifest is written before it is added.
    ///
    /// # Errors
    /// As [`Files::open`].
    fn open_path(&self, path: &RepoPath) -> io::Result<Option<Content>> {
        match self.find(path) {
            Some(entry) if matches!(entry.kind, Kind::File { .. }) => self.open(entry).map(Some),
            _ => Ok(None),
        }
    }

    /// Returns what Git says about the state that was listed; `None` outside a repository.
    fn git(&self) -> Option<&GitFacts> {
        None
    }

    /// Returns the commit that was listed; `None` if the list was not taken of one.
    fn commit(&self) -> Option<&CommitFacts> {
        self.git()?.commit.as_ref()
    }

    /// Returns an attribute of each path, as the `.gitattributes` files of the same moment set it; `None` outside a
    /// repository.
    ///
    /// # Errors
    /// If the attributes cannot be read.
    fn attributes(&self, _name: &str, _paths: &[&RepoPath]) -> io::Result<Option<Vec<Attribute>>> {
        Ok(None)
    }

    /// Returns whether an entry may differ from what the last commit has at its path.
    ///
    /// A hook runs at every commit, and what was committed before was checked then: only what changed has to be opened.
    /// Sources that do not know answer `true`.
    fn is_changed(&self, _entry: &Entry) -> bool {
        true
    }

    /// Returns the paths of regular files within the listed directory that Git does not track, in byte order.
    fn untracked(&self) -> Vec<RepoPath> {
        Vec::new()
    }

    /// Returns whether the bytes of an entry are read from a disk, where other programs can change them.
    fn is_on_disk(&self, _entry: &Entry) -> bool {
        false
    }

    /// Returns whether [`open_range`](Self::open_range) reads a part without what precedes it. A large file is then read by
    /// several threads at once, each of which opens its parts.
    fn reads_parts(&self, entry: &Entry) -> bool {
        self.is_on_disk(entry)
    }

    /// Returns what the file system said about a file when it was listed; `None` if that says nothing.
    fn stat(&self, _entry: &Entry) -> Option<FileStat> {
        None
    }

    /// Asks the file system about a file again.
    fn stat_now(&self, _entry: &Entry) -> Option<FileStat> {
        None
    }

    /// Returns whether the file system has the same file under another name too (a hard link), through which it can be
    /// changed.
    fn has_other_names(&self, _entry: &Entry) -> bool {
        false
    }

    /// Returns whether a symbolic link leads to nothing.
    ///
    /// By default its text is compared with the list. A link out of the list, or through another link, does not count.
    fn leads_nowhere(&self, entry: &Entry) -> bool {
        self.list().lacks_target(entry)
    }

    /// Returns the commit of a submodule that is checked out; `None` if it is not known.
    fn submodule_commit(&self, _path: &RepoPath) -> Option<ObjectId> {
        None
    }

    /// Looks for the content that a Git LFS pointer names: a file of `size` bytes whose SHA-256 should be `oid` (lowercase
    /// hex). It has not been hashed.
    fn lfs_object(&self, _entry: &Entry, _oid: &str, _size: u64) -> Option<LfsObject> {
        None
    }

    /// Returns the digest that the host of a download claims for a file.
    ///
    /// Anyone who can change the files can change the claim. It can explain a mismatch and skip work in an audit; it never
    /// counts as verification.
    fn claimed_digest(&self, _entry: &Entry) -> Option<ClaimedDigest> {
        None
    }

    /// Returns the SHA-256 of a file that the source hashed itself, or why that failed; `None` if the caller should hash it.
    ///
    /// For sources that hash in their own way, such as a page in a browser, whose workers hash several files at a time. Unlike
    /// a [claim](Self::claimed_digest), the answer counts as verification: it must come from the bytes that
    /// [`open`](Self::open) returns. A source must not answer for a file so small that it may be a Git LFS pointer.
    fn computed_digest(&self, _entry: &Entry) -> Option<io::Result<[u8; 32]>> {
        None
    }
}

/// What a list of files was taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Bytes in memory.
    Memory,
    /// Every file of a directory, whether or not Git tracks it.
    Directory,
    /// The files on disk that Git tracks.
    WorkTree,
    /// The Git index.
    Index,
    /// A commit.
    Commit,
    /// A store that is reached over a network.
    Remote,
}

/// One path of a list.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The path from the root of the list.
    pub path: RepoPath,
    /// The kind of thing at the path.
    pub kind: Kind,
    /// The number of the entry in its list.
    at: u32,
}

/// The kind of thing at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File {
        /// Whether its owner may execute it.
        executable: bool,
    },
    /// A symbolic link, which is never followed.
    Symlink {
        /// The target as written. A link whose target is not UTF-8 is not an entry but a problem: see [`link_target`].
        target: String,
    },
    /// Another repository, recorded by its commit.
    Submodule {
        /// The commit.
        commit: ObjectId,
    },
    /// A file that Git tracks and that is missing on disk.
    Missing,
}

/// A name that cannot be an entry, or should not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The name, safe to print: bytes that could control a terminal are escaped.
    pub name: String,
    /// What is wrong.
    pub kind: ProblemKind,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.name, self.kind)
    }
}

/// What is wrong with a name, or with the thing that it names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The name is not a [`RepoPath`], so nothing can be said about the file.
    #[error("{0}")]
    Path(PathError),
    /// A FIFO, a socket or a device.
    #[error("it is a {0}, not a file or a directory")]
    Special(&'static str),
    /// Two names that some systems treat as one.
    #[error("on systems that ignore case or normalize names it is the same as `{0}`")]
    Collision(RepoPath),
    /// The name is not in Unicode normalization form C, so another name can look exactly the same.
    #[error("the name is not in Unicode normalization form C (NFC)")]
    NotNormalized,
    /// The same path twice, which Git itself never writes.
    #[error("the tree contains this path more than once")]
    Duplicate,
    /// A merge is unfinished.
    #[error("it has merge conflicts")]
    Unmerged,
    /// A symbolic link whose target is outside the list.
    #[error("it is a symbolic link to `{0}`, outside the directory")]
    LinkLeaves(String),
    /// A symbolic link whose target is in `.git` at the root, which no copy of the release has: git-annex keeps files there.
    #[error("it is a symbolic link into `.git`, which is not part of a release")]
    LinkIntoGit(String),
    /// A symbolic link whose target contains a character that is not shown as it is (see
    /// [`is_deceptive`](crate::path::is_deceptive)).
    #[error("it is a symbolic link whose target contains the control or invisible character U+{:04X}", u32::from(*.0))]
    LinkTarget(char),
    /// `.git`, or one of [`VCS_DIRS`], below the root: another repository, which is not searched. In a commit also at the
    /// root, where it would pass for the repository's own.
    #[error("another repository starts at this path")]
    NestedRepository,
    /// An I/O error.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
}

impl From<PathError> for ProblemKind {
    fn from(error: PathError) -> Self {
        Self::Path(error)
    }
}

/// The bytes of one file, or of a part of one, to be read once.
pub struct Content {
    size: u64,
    reader: Box<dyn Read + Send>,
}

impl Content {
    /// Wraps a reader that yields `size` bytes.
    pub fn new(size: u64, reader: impl Read + Send + 'static) -> Self {
        Self { size, reader: Box::new(reader) }
    }

    /// Returns the size in bytes of everything that can be read from the start.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

/// A file that may be the content of a Git LFS pointer.
#[derive(Debug)]
pub struct LfsObject {
    /// The bytes.
    pub content: Content,
    /// Whether the file is at the place of exactly this object, in the object store of Git LFS, so that other bytes mean
    /// damage. In a working tree other bytes may just as well be another version.
    pub is_stored: bool,
}

/// Size, times and identity of a file on disk, as Git's index records them ("stat data").
///
/// Changing a file also changes its `changed` time, which no program can set back; `modified` can be set to anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStat {
    /// The size in bytes.
    pub size: u64,
    /// The modification time that programs can set, in seconds since 1970 and nanoseconds.
    pub modified: (i64, i64),
    /// When bytes, name or permissions last changed according to the kernel, in seconds since 1970 and nanoseconds.
    pub changed: (i64, i64),
    /// The inode number within the file system.
    pub inode: u64,
    /// The device number of the file system.
    pub device: u64,
}

/// The digest that a host claims for a file; see [`Files::claimed_digest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedDigest {
    /// Where the claim is written.
    pub source: ClaimSource,
    /// The digest.
    pub digest: HostDigest,
}

/// Where a host's claim about a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimSource {
    /// The name of the blob that a file of a Hugging Face cache is a link to.
    BlobName,
    /// The notes about one file in [`HUB_NOTES_DIR`].
    Metadata,
    /// The Hub's list of the files of a commit, next to a downloaded folder.
    Tree,
    /// The same list in a cache that holds copies instead of links, as on systems without links.
    TreeOfCopies,
    /// The answer of a store or an API.
    Api,
}

/// A digest in one of the forms that hosts use.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostDigest {
    /// SHA-256 of the content, 64 lowercase hex digits.
    Sha256(String),
    /// The id of the Git blob, SHA-1, 40 lowercase hex digits.
    GitBlob(String),
}

/// The file is not the one that was listed: it was changed, or replaced, while it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it changed while it was read")]
pub struct ChangedWhileRead;

impl ChangedWhileRead {
    /// Returns whether a read failed for this reason.
    #[must_use]
    pub fn is_cause_of(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Self>())
    }
}

/// Why a file of a list could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: RepoPath,
        /// The I/O error.
        source: io::Error,
    },
    /// The file is larger than the limit.
    #[error("`{path}` has {size} bytes; the limit is {limit}")]
    TooLarge {
        /// The file.
        path: RepoPath,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
}

/// Returns the target of a symbolic link as text, so that two targets are the same only if their bytes are.
///
/// # Errors
/// If it is not UTF-8 or has more than [`MAX_LINK_BYTES`] bytes.
pub fn link_target(bytes: Vec<u8>) -> io::Result<String> {
    let refuse = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_LINK_BYTES {
        return Err(refuse("the target of the symbolic link is longer than any system accepts"));
    }
    String::from_utf8(bytes).map_err(|_| refuse("the target of the symbolic link is not UTF-8"))
}

/// Returns the error for opening an entry that has no bytes.
pub(crate) fn not_a_file(entry: &Entry) -> io::Error {
    let what = match &entry.kind {
        Kind::Symlink { .. } => "it is a symbolic link",
        Kind::Submodule { .. } => "it is a submodule",
        Kind::Missing => "it is missing on disk",
        Kind::File { .. } => "its bytes are not available",
    };
    io::Error::new(io::ErrorKind::NotFound, what)
}
