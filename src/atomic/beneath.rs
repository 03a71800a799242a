//! A new directory or file that is filled and then put in its place, without any path being followed twice.

use std::ffi::OsStr;
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Seek as _, SeekFrom, Write};
use std::path::Path;

use super::{PREFIX, SUFFIX};
use crate::beneath::{Directory, Found};
use crate::path::RepoPath;

/// A temporary directory next to its place. Everything in it is created beneath directories that are open, so links that are
/// put in the way meanwhile are not followed. If it is not moved to its place, it is deleted on drop.
#[derive(Debug)]
pub(crate) struct NewDirectory {
    parent: Directory,
    /// Its name in `parent`; `None` once it is in its place.
    name: Option<String>,
    directory: Directory,
    /// Tells [`lock`](fn@super::lock) that it is in use.
    _lock: Option<File>,
}

impl NewDirectory {
    /// Makes an empty directory in `parent`, whose links are followed once.
    pub(crate) fn new(parent: &Path) -> io::Result<Self> {
        let parent = Directory::open_root(parent)?;
        let name = loop {
            let name = temporary_name();
            match parent.create_directory(name.as_bytes()) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                answer => break answer.map(|()| name)?,
            }
        };
        let directory = parent.open_directory(name.as_bytes())?;
        let lock = directory.lock();
        Ok(Self { parent, name: Some(name), directory, _lock: lock })
    }

    /// Returns the directory itself.
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Returns whether it can be moved to this name next to it: nothing has the name, or an empty directory.
    pub(crate) fn can_be(&self, name: &OsStr) -> io::Result<bool> {
        let name = name.as_encoded_bytes();
        match self.parent.find(name) {
            Ok(Found::Directory) => Ok(self.parent.open_directory(name)?.names()?.is_empty()),
            Ok(_) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Moves it to a name next to it, where there must be nothing or an empty directory.
    pub(crate) fn place(mut self, name: &OsStr) -> io::Result<()> {
        let name = name.as_encoded_bytes();
        let Some(own) = self.name.take() else { return Ok(()) };
        let moved = self.check(own.as_bytes()).and_then(|()| self.parent.rename(own.as_bytes(), name));
        if moved.is_err() {
            self.name = Some(own);
            return moved;
        }
        self.check(name)
    }

    /// Fails if something else was put in its place under this name.
    fn check(&self, name: &[u8]) -> io::Result<()> {
        match self.parent.contains(name, &self.directory)? {
            true => Ok(()),
            false => Err(io::Error::other("something else was put in the place of the temporary directory")),
        }
    }
}

impl Drop for NewDirectory {
    fn drop(&mut self) {
        let Some(name) = &self.name else { return };
        // What cannot be deleted is a leftover, which the next run deletes.
        let _ = self.directory.clear().and_then(|()| self.parent.remove_directory(name.as_bytes()));
    }
}

/// The permissions of a new file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode {
    /// Those of the file that it replaces.
    OfReplaced,
    /// Those that a new file gets.
    New {
        /// Whether everyone who can read it can also execute it.
        #[cfg_attr(not(unix), expect(dead_code, reason = "other systems have no such permission"))]
        is_executable: bool,
    },
}

/// A temporary file in a directory, which is moved to its place beneath that directory. If it is not, it is deleted on drop.
#[derive(Debug)]
pub(crate) struct NewFile {
    root: Directory,
    /// Its name in `root`; `None` once it is in its place.
    name: Option<String>,
    /// Locked, which tells [`lock`](fn@super::lock) that it is in use.
    file: File,
    has_failed: bool,
}

impl NewFile {
    /// Makes an empty file in `root`, whose links are followed once.
    pub(crate) fn new(root: &Path) -> io::Result<Self> {
        let root = Directory::open_root(root)?;
        let (name, file) = loop {
            let name = temporary_name();
            match root.create_file(&name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                answer => break answer.map(|file| (name, file))?,
            }
        };
        // On systems that cannot lock files, none are deleted.
        let _ = file.lock();
        Ok(Self { root, name: Some(name), file, has_failed: false })
    }

    /// Returns whether writing failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Drops everything after the first `length` bytes.
    pub(crate) fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.file.seek(SeekFrom::Start(length)).map(drop)
    }

    /// Syncs the file, and moves it to a path beneath the directory. It replaces a file or a link there.
    pub(crate) fn place(mut self, path: &RepoPath, mode: Mode) -> io::Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let bits = self.file.metadata()?.permissions().mode();
            let bits = match mode {
                Mode::OfReplaced => self.root.mode(path.as_str()).unwrap_or(bits),
                Mode::New { is_executable: true } => bits | ((bits & 0o444) >> 2),
                Mode::New { is_executable: false } => bits,
            };
            self.file.set_permissions(std::fs::Permissions::from_mode(bits))?;
        }
        #[cfg(not(unix))]
        let _ = mode;
        self.file.sync_all()?;
        if let Some(name) = &self.name {
            self.root.move_file(name.as_bytes(), path.as_str())?;
        }
        self.name = None;
        let place = path.below(self.root.path());
        super::sync_directory(super::parent(&place))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes);
        self.has_failed |= written.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        let Some(name) = &self.name else { return };
        // What cannot be deleted is a leftover, which the next run deletes.
        let _ = self.root.remove_file(name);
    }
}

fn temporary_name() -> String {
    format!("{PREFIX}{:016x}{SUFFIX}", RandomState::new().hash_one(0))
}
