//! Atomic writing: a reader, or a crash, sees either the old state of a file or directory or the new one.
//!
//! A killed run may leave a file or directory `.openness-….tmp` next to its target. The next [`lock`] deletes it, or
//! [`sweep_old`] in directories that are never locked. Needs a file system (feature `fs`).

#![allow(
    clippy::disallowed_methods,
    reason = "files and directories are opened to lock and to sync them, and not read"
)]

mod beneath;

use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::path::RepoPath;

pub(crate) use beneath::{Mode, NewDirectory, NewFile};

/// The start of the names of temporary files and directories.
const PREFIX: &str = ".openness-";
/// The end of the names of temporary files and directories.
const SUFFIX: &str = ".tmp";

/// Tells whether `name` is that of a temporary file or directory. If no run is using it, it may be deleted.
#[must_use]
pub fn is_leftover(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Writes a file: a temporary file next to the target first, which is synced and then moved to the target.
///
/// The permissions of an existing file are kept; an existing symbolic link is replaced, not followed.
///
/// # Errors
/// [`Error`]; the target is then unchanged.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    put(path, bytes, permissions_for(path))
}

/// Like [`write`](fn@write), but everyone who may read the file may also execute it.
///
/// # Errors
/// [`Error`]; the target is then unchanged.
pub fn write_executable(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    #[cfg(unix)]
    let permissions = permissions_for(path).map(|permissions| {
        let bits = std::os::unix::fs::PermissionsExt::mode(&permissions);
        mode(bits | ((bits & 0o444) >> 2))
    });
    #[cfg(not(unix))]
    let permissions = permissions_for(path);
    put(path, bytes, permissions)
}

/// Writes a new file; an existing one is never replaced, even if it appeared meanwhile.
///
/// # Errors
/// [`Error`]; its source is [`io::ErrorKind::AlreadyExists`] if the file exists.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let fail = |source| Error { doing: "write", path: path.to_path_buf(), source };
    let file = staged(path, bytes, permissions_for(path))?;
    file.persist_noclobber(path).map_err(|error| fail(error.error))?;
    sync_directory(parent(path)).map_err(fail)
}

fn put(path: &Path, bytes: &[u8], permissions: Option<Permissions>) -> Result<(), Error> {
    let fail = |source| Error { doing: "write", path: path.to_path_buf(), source: plain(path, source) };
    staged(path, bytes, permissions)?.persist(path).map_err(|error| fail(error.error))?;
    sync_directory(parent(path)).map_err(fail)
}

/// Returns why a file cannot be written, in the words of Unix: where it is a directory, Windows only denies access.
fn plain(path: &Path, error: io::Error) -> io::Error {
    if cfg!(windows) && path.is_dir() { io::ErrorKind::IsADirectory.into() } else { error }
}

/// Writes and syncs a temporary file next to `path`.
fn staged(path: &Path, bytes: &[u8], permissions: Option<Permissions>) -> Result<tempfile::NamedTempFile, Error> {
    let fail = |source| Error { doing: "write", path: path.to_path_buf(), source };
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    if let Some(permissions) = permissions {
        builder.permissions(permissions);
    }
    let mut file = builder.tempfile_in(parent(path)).map_err(fail)?;
    // Tells `lock` that the file is in use. On systems that cannot lock files, none are deleted.
    let _ = file.as_file().lock();
    file.write_all(bytes).map_err(fail)?;
    file.as_file().sync_all().map_err(fail)?;
    Ok(file)
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A lock on a file or directory, released when the value is dropped.
#[derive(Debug)]
pub struct Lock {
    /// Closing it unlocks it.
    _file: Option<File>,
}

/// Locks a directory, waiting for other runs, and deletes the leftovers of killed runs in it, which would otherwise
/// count as unsigned files.
///
/// The directory itself is locked, so no lock file is left. On systems that cannot lock directories, runs do not wait
/// for each other, and the last writer wins. `waiting` is called before waiting for another run.
///
/// # Errors
/// [`Error`] if the directory cannot be read.
pub fn lock(directory: &Path, waiting: impl FnOnce()) -> Result<Lock, Error> {
    let fail = |source| Error { doing: "read", path: directory.to_path_buf(), source };
    let file = if cfg!(unix) { Some(File::open(directory).map_err(fail)?) } else { None };
    let file = file.filter(|file| match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            waiting();
            file.lock().is_ok()
        }
        answer => answer.is_ok(),
    });
    sweep(directory);
    Ok(Lock { _file: file })
}

/// Deletes the leftovers of killed runs; a live run holds a lock on what it writes. Leftovers that cannot be deleted
/// are ignored.
fn sweep(directory: &Path) {
    for entry in leftovers(directory) {
        let (path, Ok(kind)) = (entry.path(), entry.file_type()) else { continue };
        let _ = match (kind.is_dir(), kind.is_file()) {
            (true, _) => claim(path).map_or(Ok(()), |claimed| delete_all(&claimed)),
            (_, true) if is_free(&path) => fs::remove_file(&path),
            _ => Ok(()),
        };
    }
}

/// Deletes the files that killed runs left in a directory that is never locked as a whole. Another run may have created
/// its file but not locked it yet, so only unlocked files that have not been modified for `age` are deleted.
pub fn sweep_old(directory: &Path, age: Duration) {
    for entry in leftovers(directory) {
        let Ok(metadata) = entry.metadata() else { continue };
        let is_old = metadata.modified().is_ok_and(|time| time.elapsed().is_ok_and(|elapsed| elapsed >= age));
        if metadata.is_file() && is_old && is_free(&entry.path()) {
            // The next call tries again.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn leftovers(directory: &Path) -> impl Iterator<Item = fs::DirEntry> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().to_str().is_some_and(is_leftover))
}

/// Tells whether no run holds a lock on a file, or on a directory of a system that can lock directories.
fn is_free(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

/// Returns the path of a temporary directory that no run is using; `None` if one is.
#[cfg(unix)]
fn claim(directory: PathBuf) -> Option<PathBuf> {
    is_free(&directory).then_some(directory)
}

/// Returns the path of a temporary directory that no run is using, which is then another one; `None` if one is.
///
/// Windows cannot lock a directory, but it does not move one that [`hold`] has opened. A run that is about to move its
/// directory no longer holds it, and then either of the two moves comes first and the other fails.
#[cfg(not(unix))]
fn claim(directory: PathBuf) -> Option<PathBuf> {
    // The process makes the name unique, and the ending a leftover, should this run be killed as well.
    let claimed = directory.with_extension(format!("{}{SUFFIX}", std::process::id()));
    fs::rename(&directory, &claimed).ok().map(|()| claimed)
}

/// Opens and locks a temporary directory, so that no other run deletes it.
#[cfg(unix)]
fn hold(directory: &Path) -> Option<File> {
    File::open(directory).ok().filter(|file| file.lock().is_ok())
}

/// Opens a temporary directory in such a way that no other run can move or delete it.
#[cfg(windows)]
fn hold(directory: &Path) -> Option<File> {
    use std::os::windows::fs::OpenOptionsExt as _;
    // <https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-createfilew>
    const FILE_SHARE_READ: u32 = 1;
    const FILE_SHARE_WRITE: u32 = 2;
    const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
    let mut options = File::options();
    options.read(true).share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE).custom_flags(FILE_FLAG_BACKUP_SEMANTICS);
    options.open(directory).ok()
}

/// Opens nothing: on this system, temporary directories cannot be held.
#[cfg(not(any(unix, windows)))]
fn hold(_: &Path) -> Option<File> {
    None
}

/// A temporary directory that is filled and then moved to its target. If it is not moved, it is deleted on drop.
#[derive(Debug)]
pub struct Staging {
    // Dropped first: what is open cannot be deleted on Windows.
    lock: Lock,
    directory: tempfile::TempDir,
}

impl Staging {
    /// Makes an empty directory in `parent`.
    ///
    /// # Errors
    /// The I/O error of creating it.
    pub fn new(parent: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        #[cfg(unix)]
        builder.permissions(mode(0o777));
        let directory = builder.tempdir_in(parent)?;
        let lock = Lock { _file: hold(directory.path()) };
        Ok(Self { directory, lock })
    }

    /// Returns the path of the temporary directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Moves the directory to `path`, where there must be nothing or an empty directory.
    ///
    /// # Errors
    /// The I/O error of moving it; the temporary directory is then deleted.
    pub fn place(mut self, path: &Path) -> io::Result<()> {
        self.release();
        // Except on Unix, a directory cannot replace another one.
        if cfg!(not(unix)) && path.exists() {
            fs::remove_dir(path)?;
        }
        fs::rename(self.path(), path)?;
        // It has been moved, so there is nothing to delete.
        drop(self.directory.keep());
        Ok(())
    }

    /// Closes the directory on systems that do not move what is open.
    fn release(&mut self) {
        if cfg!(not(unix)) {
            self.lock = Lock { _file: None };
        }
    }
}

/// Changes several files of a directory at once: writes some, removes others, and keeps the rest.
///
/// A complete copy of the directory is built next to it and replaces it, in one step if the system supports that. This
/// is meant for `.openness/`, which is small and contains only files and directories; anything else in it is an error.
///
/// A caller that derives the changes from the old state must hold the [`lock`] of the parent directory meanwhile.
///
/// # Errors
/// [`Error`]; the directory is then unchanged.
pub fn write_all(directory: &Path, files: &[(RepoPath, &[u8])], remove: &[RepoPath]) -> Result<(), Error> {
    let parent = parent(directory);
    let fail = |path: &Path| {
        let path = path.to_path_buf();
        move |source| Error { doing: "write", path, source }
    };
    let mut new = Staging::new(parent).map_err(fail(parent))?;

    let exists = match directory.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => true,
        Ok(_) => return Err(fail(directory)(io::Error::from(io::ErrorKind::NotADirectory))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(fail(directory)(error)),
    };
    if exists {
        copy(directory, new.path())?;
    }
    for path in remove {
        let path = path.below(new.path());
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(&path)(error)),
            _ => {}
        }
    }
    for (path, bytes) in files {
        let path = path.below(new.path());
        let above = path.parent().unwrap_or_else(|| new.path());
        fs::create_dir_all(above).map_err(fail(above))?;
        write(&path, bytes)?;
    }
    sync_directory(new.path()).map_err(fail(new.path()))?;

    if exists {
        new.release();
        exchange(new.path(), directory).map_err(fail(directory))?;
        // The old directory now has the temporary name, and is deleted, unless another run takes it for a leftover first.
        let old = new.directory.keep();
        match delete_all(&old) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(Error { doing: "delete", path: old, source });
            }
            _ => {}
        }
    } else {
        new.place(directory).map_err(fail(directory))?;
    }
    sync_directory(parent).map_err(fail(parent))
}

/// Deletes a directory and everything in it.
#[cfg(unix)]
fn delete_all(directory: &Path) -> io::Result<()> {
    fs::remove_dir_all(directory)
}

/// Deletes a directory and everything in it. Not every version of Windows and not every file system there deletes a file that
/// is read-only.
#[cfg(not(unix))]
fn delete_all(directory: &Path) -> io::Result<()> {
    fn make_writable(directory: &Path) -> io::Result<()> {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let (kind, mut permissions) = (entry.file_type()?, entry.metadata()?.permissions());
            if kind.is_dir() {
                make_writable(&entry.path())?;
            } else if kind.is_file() && permissions.readonly() {
                permissions.set_readonly(false);
                fs::set_permissions(entry.path(), permissions)?;
            }
        }
        Ok(())
    }
    make_writable(directory)?;
    fs::remove_dir_all(directory)
}

/// Copies the files and directories in a directory; anything else in it is an error.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let fail = |path: &Path| {
        let path = path.to_path_buf();
        move |source| Error { doing: "copy", path, source }
    };
    for entry in fs::read_dir(from).map_err(fail(from))? {
        let entry = entry.map_err(fail(from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(fail(&source))?;
        if kind.is_dir() {
            fs::create_dir(&target).map_err(fail(&target))?;
            copy(&source, &target)?;
        } else if kind.is_file() {
            copy_file(&source, &target).map_err(fail(&source))?;
        } else {
            return Err(fail(&source)(io::Error::new(io::ErrorKind::InvalidInput, "not a file or directory")));
        }
    }
    Ok(())
}

/// Copies a file to a new one, and syncs that through the handle that wrote it: Windows syncs no other.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut from = File::open(from)?;
    let mut to = File::options().write(true).create_new(true).open(to)?;
    io::copy(&mut from, &mut to)?;
    // Windows has only "read-only", which would keep the copy from being replaced or deleted.
    if cfg!(unix) {
        to.set_permissions(from.metadata()?.permissions())?;
    }
    to.sync_all()
}

/// Exchanges two directories.
fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE) {
            // Not supported by this file system or sandbox.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::PERM) => {}
            answer => return Ok(answer?),
        }
    }
    // Two steps; the first is undone if the second fails. Between them, `b` does not exist.
    let aside = a.with_extension("old");
    fs::rename(b, &aside)?;
    match fs::rename(a, b) {
        Ok(()) => fs::rename(&aside, a),
        Err(error) => {
            fs::rename(&aside, b)?;
            Err(error)
        }
    }
}

/// Returns the permissions of the existing file, or those of a new file, to which the umask applies.
fn permissions_for(path: &Path) -> Option<Permissions> {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_file() => Some(metadata.permissions()),
        #[cfg(unix)]
        _ => Some(mode(0o666)),
        #[cfg(not(unix))]
        _ => None,
    }
}

#[cfg(unix)]
fn mode(bits: u32) -> Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(bits)
}

/// Syncs the names in a directory to the disk.
fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

/// Why a file or directory could not be written, read or deleted.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} `{}`", .path.display())]
pub struct Error {
    /// The action, as an infinitive.
    doing: &'static str,
    /// The file or directory.
    pub path: PathBuf,
    /// The I/O error.
    pub source: io::Error,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn path(text: &str) -> RepoPath {
        text.parse().unwrap()
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(directory).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_without_leftovers() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("f");
        write(&target, b"one").unwrap();
        write(&target, b"two").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"two");
        assert_eq!(names(dir.path()), ["f"]);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_kept_and_a_symlink_is_replaced() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("f"), dir.path().join("l"));
        fs::write(&target, "old").unwrap();
        fs::set_permissions(&target, mode(0o640)).unwrap();
        write(&target, b"new").unwrap();
        assert_eq!(target.metadata().unwrap().permissions().mode() & 0o777, 0o640);
        std::os::unix::fs::symlink("f", &link).unwrap();
        write(&link, b"mine").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert!(link.symlink_metadata().unwrap().is_file());
    }

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("d/x")).unwrap();
        assert!(write(&dir.path().join("d"), b"x").is_err());
        assert_eq!(names(dir.path()), ["d"]);
        assert!(write(&dir.path().join("none/f"), b"x").is_err());
    }

    #[test]
    fn a_set_of_files_is_written_and_removed_together() {
        let dir = tempfile::tempdir().unwrap();
        let set = dir.path().join(".openness");
        write_all(&set, &[(path("a"), b"1"), (path("signatures/x"), b"2"), (path("signatures/y"), b"3")], &[]).unwrap();
        write_all(&set, &[(path("a"), b"4")], &[path("signatures/x"), path("absent")]).unwrap();
        assert_eq!(names(dir.path()), [".openness"]);
        assert_eq!(names(&set), ["a", "signatures"]);
        assert_eq!(names(&set.join("signatures")), ["y"]);
        assert_eq!(fs::read(set.join("a")).unwrap(), b"4");
    }

    #[test]
    fn a_new_file_never_replaces_another() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("f");
        write_new(&target, b"one").unwrap();
        assert_eq!(write_new(&target, b"two").unwrap_err().source.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&target).unwrap(), b"one");
        assert_eq!(names(dir.path()), ["f"]);
    }

    #[cfg(unix)]
    #[test]
    fn an_executable_can_be_executed_by_everyone_who_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("f");
        fs::write(&target, "old").unwrap();
        fs::set_permissions(&target, mode(0o640)).unwrap();
        write_executable(&target, b"new").unwrap();
        assert_eq!(target.metadata().unwrap().permissions().mode() & 0o777, 0o750);
    }

    #[test]
    fn a_copied_file_is_synced_and_keeps_its_permissions_even_if_read_only() {
        let dir = tempfile::tempdir().unwrap();
        let set = dir.path().join(".openness");
        write_all(&set, &[(path("a"), b"1"), (path("b"), b"1")], &[]).unwrap();
        for name in ["a", "b"] {
            let mut permissions = set.join(name).metadata().unwrap().permissions();
            permissions.set_readonly(true);
            fs::set_permissions(set.join(name), permissions).unwrap();
        }
        write_all(&set, &[(path("a"), b"2")], &[]).unwrap();
        assert_eq!(names(dir.path()), [".openness"]);
        assert_eq!(
            (fs::read(set.join("a")).unwrap(), fs::read(set.join("b")).unwrap()),
            (b"2".to_vec(), b"1".to_vec())
        );
        assert_eq!(set.join("b").metadata().unwrap().permissions().readonly(), cfg!(unix));
        write_all(&set, &[(path("c"), b"3")], &[path("b")]).unwrap();
        assert_eq!(names(&set), ["a", "c"]);
    }

    #[test]
    fn a_directory_in_the_place_of_a_file_is_named_as_one() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("d")).unwrap();
        let error = write(&dir.path().join("d"), b"x").unwrap_err();
        assert_eq!(error.source.kind(), io::ErrorKind::IsADirectory, "{error:?}");
    }

    #[test]
    fn a_directory_that_is_being_filled_is_not_a_leftover() {
        let dir = tempfile::tempdir().unwrap();
        let (mut placed, kept) = (Staging::new(dir.path()).unwrap(), Staging::new(dir.path()).unwrap());
        for staging in [&placed, &kept] {
            write(&staging.path().join("f"), b"x").unwrap();
        }
        drop(lock(dir.path(), || panic!("no other run holds the lock")).unwrap());
        assert_eq!(names(dir.path()).len(), 2);
        // A run that was killed holds nothing.
        placed.lock = Lock { _file: None };
        drop(lock(dir.path(), || panic!("no other run holds the lock")).unwrap());
        assert_eq!(fs::read(kept.path().join("f")).unwrap(), b"x");
        assert_eq!(names(dir.path()).len(), 1);
        assert!(placed.place(&dir.path().join("p")).is_err());
        kept.place(&dir.path().join("k")).unwrap();
        assert_eq!(names(dir.path()), ["k"]);
    }

    #[test]
    fn a_lock_deletes_only_the_leftovers_of_killed_runs() {
        let dir = tempfile::tempdir().unwrap();
        let living = Staging::new(dir.path()).unwrap();
        let being_written = staged(&dir.path().join("f"), b"x", None).unwrap();
        fs::create_dir_all(dir.path().join(".openness-dead.tmp/signatures")).unwrap();
        fs::write(dir.path().join(".openness-dead2.tmp"), "").unwrap();
        for other in [".openness", ".openness-notes", "openness-x.tmp"] {
            fs::create_dir(dir.path().join(other)).unwrap();
        }
        fs::create_dir(dir.path().join("elsewhere")).unwrap();
        fs::write(dir.path().join("elsewhere/kept"), "").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("elsewhere", dir.path().join(".openness-link.tmp")).unwrap();
        let _lock = lock(dir.path(), || panic!("no other run holds the lock")).unwrap();
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut expected = [".openness", ".openness-notes", "elsewhere", "openness-x.tmp"].map(str::to_owned).to_vec();
        if cfg!(unix) {
            expected.push(".openness-link.tmp".to_owned());
        }
        expected.extend([name(living.path()), name(being_written.path())]);
        expected.sort();
        assert_eq!(names(dir.path()), expected);
        assert_eq!(names(&dir.path().join("elsewhere")), ["kept"]);
    }

    #[cfg(unix)]
    #[test]
    fn the_second_lock_waits_for_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = lock(dir.path(), || panic!("no other run holds the lock")).unwrap();
        let (send, waiting) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| lock(dir.path(), || send.send(()).unwrap()).map(drop));
            waiting.recv().unwrap();
            assert!(!second.is_finished());
            drop(first);
            second.join().unwrap().unwrap();
        });
    }

    #[test]
    fn a_failed_set_leaves_the_old_state() {
        let dir = tempfile::tempdir().unwrap();
        let set = dir.path().join(".openness");
        write_all(&set, &[(path("a"), b"1"), (path("b"), b"1")], &[]).unwrap();
        // `b/c` needs a directory, but `b` is a file.
        assert!(write_all(&set, &[(path("a"), b"2"), (path("b/c"), b"2")], &[]).is_err());
        assert_eq!(fs::read(set.join("a")).unwrap(), b"1");
        assert_eq!(names(dir.path()), [".openness"]);
    }

    #[cfg(unix)]
    #[test]
    fn rejects_a_symlink_instead_of_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink("elsewhere", dir.path().join(".openness")).unwrap();
        assert!(write_all(&dir.path().join(".openness"), &[(path("a"), b"1")], &[]).is_err());
        assert!(names(&dir.path().join("elsewhere")).is_empty());
    }
}
