//! The files of a release on this machine: a directory, or a state of a Git repository.
//!
//! A [`Snapshot`] is a source of [`Files`]. It lists every file of a directory, which may be a download from the
//! Hugging Face Hub, or the files that Git tracks in the working tree, in the index or in a commit. A file on disk is
//! opened beneath its root without following symbolic links.
//!
//! Listing a state of a repository may run the `git` program, see [`crate::git`], and listing a directory uses up to
//! eight threads.

#[cfg(feature = "git")]
mod bare;
mod directory;
#[cfg(feature = "git")]
mod git;
pub mod hub;
mod hub_notes;
mod stat;
mod submodule;
mod walk;

use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use crate::files::{FileStat, Files, ObjectId};
#[cfg(feature = "git")]
use crate::git::{Repo, TreeSource, UserEnv};
use crate::path::RepoPath;

use directory::DirectoryFiles;
#[cfg(feature = "git")]
use git::GitFiles;

/// A list of the files of a directory or a repository, taken at one moment.
#[derive(Debug)]
pub struct Snapshot(Source);

#[derive(Debug)]
enum Source {
    Directory(Box<DirectoryFiles>),
    #[cfg(feature = "git")]
    Git(Box<GitFiles>),
    Other(Box<dyn Files>),
}

/// The place where the bytes of an entry are stored.
#[derive(Debug, Clone)]
enum Storage {
    /// On disk, at the entry's own path beneath the root.
    Disk { size: u64, stat: Option<FileStat>, has_other_names: bool },
    /// In the cache of the Hugging Face Hub, at this path beneath the cache.
    Hub { path: Box<str>, size: u64 },
    /// In the object database of the repository.
    #[cfg_attr(not(feature = "git"), expect(dead_code, reason = "only Git has objects"))]
    Object(ObjectId),
    /// The entry has no bytes.
    Nowhere,
}

impl Snapshot {
    /// Lists every file of a directory, whether or not Git tracks it.
    ///
    /// # Errors
    /// [`Error::Hub`] if the directory is a cache of the Hub, in which one of the snapshots should be given instead;
    /// [`Error::Io`], [`Error::TooMany`].
    pub fn of_directory(root: &Path) -> Result<Self, Error> {
        DirectoryFiles::list_all(root).map(|files| Self(Source::Directory(Box::new(files))))
    }

    /// Lists every file of a directory like [`Snapshot::of_directory`], unless there are more than `limit`.
    ///
    /// # Errors
    /// The same.
    pub fn of_directory_within(root: &Path, limit: usize) -> Result<Self, Error> {
        DirectoryFiles::list_within(root, limit).map(|files| Self(Source::Directory(Box::new(files))))
    }

    /// Returns whether a directory is a bare repository. A directory whose `.git` says so is not, nor is one with other
    /// files next to those of the repository.
    ///
    /// # Errors
    /// [`Error::BareWithOthers`], [`Error::Io`].
    #[cfg(feature = "git")]
    pub fn is_bare(path: &Path, user: &UserEnv) -> Result<bool, Error> {
        bare::is_bare(path, user)
    }

    /// Lists a single file, which a model may be, under its own name. What is next to it does not count.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn of_file(file: &Path) -> Result<Self, Error> {
        DirectoryFiles::list_one(file).map(|files| Self(Source::Directory(Box::new(files))))
    }

    /// Takes the files of another source, such as a store that is reached over a network.
    #[must_use]
    pub fn of_files(files: Box<dyn Files>) -> Self {
        Self(Source::Other(files))
    }

    /// Lists a state of a repository: all files, or those below the directory `prefix`, which is then the root.
    ///
    /// # Errors
    /// The errors of [`Snapshot::of_work_tree`], [`Snapshot::of_index`] or [`Snapshot::of_revision`].
    #[cfg(feature = "git")]
    pub fn of(repo: &Repo, state: TreeSource<'_>, prefix: Option<&RepoPath>) -> Result<Self, Error> {
        match state {
            TreeSource::WorkTree => Self::of_work_tree(repo, prefix),
            TreeSource::Staged => Self::of_index(repo, prefix),
            TreeSource::Revision(revision) => Self::of_revision(repo, revision, prefix),
        }
    }

    /// Lists the files that Git tracks, to be read from disk.
    ///
    /// Files that a sparse checkout leaves out are read from the object database. Any other file that is not on disk is
    /// [`Kind::Missing`](crate::files::Kind::Missing).
    ///
    /// # Errors
    /// [`Error::NoWorkTree`], [`Error::Git`], [`Error::Io`].
    #[cfg(feature = "git")]
    pub fn of_work_tree(repo: &Repo, prefix: Option<&RepoPath>) -> Result<Self, Error> {
        GitFiles::of_work_tree(repo, prefix).map(Self::from)
    }

    /// Lists the staged files, to be read from the object database.
    ///
    /// # Errors
    /// [`Error::Git`].
    #[cfg(feature = "git")]
    pub fn of_index(repo: &Repo, prefix: Option<&RepoPath>) -> Result<Self, Error> {
        GitFiles::of_index(repo, prefix).map(Self::from)
    }

    /// Lists the staged files, and records which of them differ from the last commit; see [`Files::is_changed`] and
    /// [`Snapshot::deleted`].
    ///
    /// # Errors
    /// [`Error::Git`].
    #[cfg(feature = "git")]
    pub fn of_staged_commit(repo: &Repo, prefix: Option<&RepoPath>) -> Result<Self, Error> {
        GitFiles::of_staged_commit(repo, prefix).map(Self::from)
    }

    /// Returns the files that the last commit has and the index does not, in byte order; none unless the list was taken by
    /// [`Snapshot::of_staged_commit`]. May leave out files of directories of which nothing is left.
    #[cfg(feature = "git")]
    #[must_use]
    pub fn deleted(&self) -> &[RepoPath] {
        match &self.0 {
            Source::Directory(_) | Source::Other(_) => &[],
            Source::Git(files) => files.deleted(),
        }
    }

    /// Lists the files of a commit, to be read from the object database.
    ///
    /// # Errors
    /// [`Error::Git`], with [`crate::git::Error::Unborn`] if nothing is committed yet.
    #[cfg(feature = "git")]
    pub fn of_revision(repo: &Repo, revision: &str, prefix: Option<&RepoPath>) -> Result<Self, Error> {
        GitFiles::of_revision(repo, revision, prefix).map(Self::from)
    }

    /// Returns the files whose content a partial clone left out, in byte order. They cannot be opened until Git fetches them.
    ///
    /// # Errors
    /// [`Error::Git`] if the objects cannot be read.
    #[cfg(feature = "git")]
    pub fn not_fetched(&self) -> Result<Vec<RepoPath>, Error> {
        match &self.0 {
            Source::Directory(_) | Source::Other(_) => Ok(Vec::new()),
            Source::Git(files) => Ok(files.not_fetched()?),
        }
    }

    /// Returns the repository that was listed; `None` for a directory.
    #[cfg(feature = "git")]
    #[must_use]
    pub fn repo(&self) -> Option<&Repo> {
        match &self.0 {
            Source::Directory(_) | Source::Other(_) => None,
            Source::Git(files) => Some(files.repo()),
        }
    }

    /// Returns the directory of the repository that is the root of the list; `None` if that is the root of the
    /// repository.
    #[must_use]
    pub fn prefix(&self) -> Option<&RepoPath> {
        match &self.0 {
            Source::Directory(_) | Source::Other(_) => None,
            #[cfg(feature = "git")]
            Source::Git(files) => files.prefix(),
        }
    }

    /// Returns the root of the list on disk, in the working tree for a repository; `None` for a bare repository.
    #[must_use]
    pub fn root(&self) -> Option<PathBuf> {
        match &self.0 {
            Source::Directory(files) => Some(files.root().to_path_buf()),
            #[cfg(feature = "git")]
            Source::Git(files) => files.root(),
            Source::Other(_) => None,
        }
    }

    /// Returns whether a regular file is on disk at a path that is not listed, because Git does not track it.
    #[must_use]
    pub fn is_untracked(&self, path: &RepoPath) -> bool {
        let root = self.root().filter(|_| self.find(path).is_none());
        let root = root.and_then(|root| crate::beneath::Directory::open_root(&root).ok());
        root.is_some_and(|root| root.open_file(path.as_str()).is_ok())
    }
}

#[cfg(feature = "git")]
impl From<GitFiles> for Snapshot {
    fn from(files: GitFiles) -> Self {
        Self(Source::Git(Box::new(files)))
    }
}

/// A snapshot is whichever source took it.
impl Deref for Snapshot {
    type Target = dyn Files;

    fn deref(&self) -> &Self::Target {
        match &self.0 {
            Source::Directory(files) => files.as_ref(),
            #[cfg(feature = "git")]
            Source::Git(files) => files.as_ref(),
            Source::Other(files) => files.as_ref(),
        }
    }
}

/// Why the files of a directory or a repository could not be listed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The repository could not be read.
    #[cfg(feature = "git")]
    #[error(transparent)]
    Git(#[from] crate::git::Error),
    /// The repository is bare, so it has no files on disk.
    #[error("`{}` is a bare repository, without files on disk; give a revision", .path.display())]
    NoWorkTree {
        /// The repository.
        path: PathBuf,
    },
    /// The directory is part of the Hub's cache and contains snapshots, but is not one itself.
    #[error(transparent)]
    Hub(hub::NotASnapshot),
    /// The directory could not be read.
    #[error("cannot read the directory `{}`", .path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// The I/O error.
        source: io::Error,
    },
    /// A directory looks like a bare repository, and has other files too.
    #[cfg(feature = "git")]
    #[error("`{}` looks like a bare repository but also contains `{name}`", .path.display())]
    BareWithOthers {
        /// The directory.
        path: PathBuf,
        /// One of the other files.
        name: String,
    },
    /// There are more than [`MAX_ENTRIES`](crate::files::MAX_ENTRIES) files, or than the caller allows.
    #[error("more than {limit} files; is `{}` the directory you mean?", .path.display())]
    TooMany {
        /// The directory.
        path: PathBuf,
        /// The limit.
        limit: usize,
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
    use crate::files::{Content, Kind};

    fn names(snapshot: &Snapshot) -> Vec<&str> {
        snapshot.entries().iter().map(|entry| entry.path.as_str()).collect()
    }

    #[test]
    fn a_directory_is_listed_without_the_fixed_exceptions() {
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
    fn special_files_and_bad_names_are_problems() {
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
                "`.GIT`: another repository starts at this path",
                "`absolute`: it is a symbolic link to `/etc/passwd`, outside the directory",
                "`aux`: a component of the path is the name of a device on Windows",
                "`bell\\u{7}`: the path contains the control or invisible character U+0007",
                "`fifo`: it is a FIFO, not a file or a directory",
                "`not-utf8-\u{fffd}`: the path is not UTF-8",
                "`sub/.git`: another repository starts at this path",
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
        assert_eq!(snapshot.read(&path("f"), 4).unwrap_err().to_string(), "`f` has 5 bytes; the limit is 4");
        assert_eq!(snapshot.read_start(&path("f"), 2).unwrap().unwrap(), b"12");
        assert_eq!(snapshot.read(&path("l"), 9).unwrap(), None);
        assert_eq!(snapshot.read(&path("none"), 9).unwrap(), None);
    }

    #[test]
    fn a_snapshot_can_be_shared_between_threads() {
        fn shared<T: Sync + Send>() {}
        shared::<Snapshot>();
        fn sent<T: Send>() {}
        sent::<Content>();
    }
}
