//! Writing files so that a reader, or a crash, sees the old state or the new and nothing between.
//!
//! A run that is killed may leave a file or directory `.openness-….tmp` beside what it wrote, which the next [`lock`] deletes,
//! or [`sweep_old`] where nobody locks.

use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::path::RepoPath;

/// How the names of files and directories begin that are being written, and of what a killed run left.
const PREFIX: &str = ".openness-";
/// How they end.
const SUFFIX: &str = ".tmp";

/// Tells whether a file or directory of this name was left by a run that was killed; it may be deleted.
#[must_use]
pub fn is_leftover(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Writes a file: beside the target first, then to the disk, then in its place.
///
/// A file that was there keeps its permissions; a link that was there is replaced, not followed.
///
/// # Errors
/// [`Error`]; the target is then as it was.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    put(path, bytes, permissions_for(path))
}

/// As [`write`](fn@write), and whoever may read the file may run it.
///
/// # Errors
/// [`Error`]; the target is then as it was.
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

/// Writes a file that must not be there: whoever put one there meanwhile keeps it.
///
/// # Errors
/// [`Error`], whose source is [`io::ErrorKind::AlreadyExists`] where there is one.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let fail = |source| Error { doing: "write", path: path.to_path_buf(), source };
    let file = staged(path, bytes, permissions_for(path))?;
    file.persist_noclobber(path).map_err(|error| fail(error.error))?;
    sync_directory(parent(path)).map_err(fail)
}

fn put(path: &Path, bytes: &[u8], permissions: Option<Permissions>) -> Result<(), Error> {
    let fail = |source| Error { doing: "write", path: path.to_path_buf(), source };
    staged(path, bytes, permissions)?.persist(path).map_err(|error| fail(error.error))?;
    sync_directory(parent(path)).map_err(fail)
}

/// The bytes on the disk, beside the place that they are for.
fn staged(path: &Path, bytes: &[u8], permissions: Option<Permissions>) -> Result<tempfile::NamedTempFile, Error> {
    let fail = |source| Error { doing: "write", path: path.to_path_buf(), source };
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    if let Some(permissions) = permissions {
        builder.permissions(permissions);
    }
    // Its own words name the temporary file, which nobody asked for.
    let mut file = builder.tempfile_in(parent(path)).map_err(|error| fail(error.kind().into()))?;
    // So that `lock` knows that somebody is at it; where files cannot be locked, none is deleted.
    let _ = file.as_file().lock();
    file.write_all(bytes).map_err(fail)?;
    file.as_file().sync_all().map_err(fail)?;
    Ok(file)
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A lock on a file or directory, until the value goes.
#[derive(Debug)]
pub struct Lock {
    /// Closed, it is unlocked.
    _file: Option<File>,
}

/// Waits until nobody else holds this lock on a directory, and deletes what killed runs left in it, which would count as
/// unsigned files.
///
/// The directory itself is what is locked, so that no file stays behind. Where the system cannot lock one, nobody is held
/// off, and the last to write wins. `waiting` is called where there is somebody to wait for.
///
/// # Errors
/// [`Error`] where the directory cannot be read.
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

/// Deletes what killed runs left: whatever lives holds a lock on what it writes. That something could not be deleted is
/// for others to notice.
fn sweep(directory: &Path) {
    for entry in leftovers(directory) {
        let (path, Ok(kind)) = (entry.path(), entry.file_type()) else { continue };
        let _ = match (kind.is_dir(), kind.is_file()) {
            (true, _) if is_free(&path) => fs::remove_dir_all(&path),
            (_, true) if is_free(&path) => fs::remove_file(&path),
            _ => Ok(()),
        };
    }
}

/// Deletes the files that killed runs left in a directory which is never locked as a whole, so that who writes there now
/// may not have got to the lock on its own file: only what nobody holds and nobody wrote to for so long.
pub fn sweep_old(directory: &Path, age: Duration) {
    for entry in leftovers(directory) {
        let Ok(metadata) = entry.metadata() else { continue };
        let is_old = metadata.modified().is_ok_and(|time| time.elapsed().is_ok_and(|elapsed| elapsed >= age));
        if metadata.is_file() && is_old && is_free(&entry.path()) {
            // What stays is tried again the next time.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn leftovers(directory: &Path) -> impl Iterator<Item = fs::DirEntry> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().to_str().is_some_and(is_leftover))
}

/// Whether nobody holds a lock on it.
fn is_free(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

/// A directory that is filled before it takes its place; it goes with the value.
#[derive(Debug)]
pub struct Staging {
    directory: tempfile::TempDir,
    _lock: Lock,
}

impl Staging {
    /// Makes an empty directory in `parent`.
    ///
    /// # Errors
    /// Those of the system.
    pub fn new(parent: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        #[cfg(unix)]
        builder.permissions(mode(0o777));
        let directory = builder.tempdir_in(parent)?;
        let file = if cfg!(unix) { File::open(directory.path()).ok() } else { None };
        Ok(Self { directory, _lock: Lock { _file: file.filter(|file| file.lock().is_ok()) } })
    }

    /// Returns where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Puts the directory where nothing is, or an empty directory.
    ///
    /// # Errors
    /// Those of the system; then the directory goes.
    pub fn place(self, path: &Path) -> io::Result<()> {
        // Elsewhere than on Unix, no directory takes the place of another.
        if cfg!(not(unix)) && path.exists() {
            fs::remove_dir(path)?;
        }
        fs::rename(self.path(), path)?;
        // Moved away, so there is nothing left to clean up.
        drop(self.directory.keep());
        Ok(())
    }
}

/// Changes several files of a directory at once: writes some, removes others, keeps the rest.
///
/// The whole directory is built anew beside the old one and takes its place in one step where the system has such a
/// step. Meant for `.openness/`, which is small and holds nothing but files and directories; anything else in it is an error.
///
/// Whoever works out from the old state what to write holds the [`lock`] of the directory above meanwhile.
///
/// # Errors
/// [`Error`]; the directory is then as it was.
pub fn write_all(directory: &Path, files: &[(RepoPath, &[u8])], remove: &[RepoPath]) -> Result<(), Error> {
    let parent = parent(directory);
    let fail = |path: &Path| {
        let path = path.to_path_buf();
        move |source| Error { doing: "write", path, source }
    };
    let new = Staging::new(parent).map_err(fail(parent))?;

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
        exchange(new.path(), directory).map_err(fail(directory))?;
        // What was old is now under the temporary name, and goes with it.
        let old = new.path().to_path_buf();
        new.directory.close().map_err(|source| Error { doing: "delete", path: old, source })?;
    } else {
        new.place(directory).map_err(fail(directory))?;
    }
    sync_directory(parent).map_err(fail(parent))
}

/// Copies files and directories, and nothing else.
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
            fs::copy(&source, &target).map_err(fail(&source))?;
            File::open(&target).and_then(|file| file.sync_all()).map_err(fail(&target))?;
        } else {
            return Err(fail(&source)(io::Error::new(io::ErrorKind::InvalidInput, "it is neither file nor directory")));
        }
    }
    Ok(())
}

/// Makes two directories trade places.
fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE) {
            // File systems and sandboxes that do not know it.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::PERM) => {}
            answer => return Ok(answer?),
        }
    }
    // Two steps, the first of which is undone if the second fails. Between them `b` is not there.
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

/// Returns the permissions of the file that is replaced, or those of a new file; the process's mask applies to the latter.
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

/// Makes the names in a directory last.
fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

/// Why something could not be written. What was there is as it was.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} `{}`", .path.display())]
pub struct Error {
    doing: &'static str,
    /// The file or directory.
    pub path: PathBuf,
    /// Why not.
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
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("f");
        write(&target, b"one").unwrap();
        write(&target, b"two").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"two");
        assert_eq!(names(dir.path()), ["f"]);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_kept_and_a_link_is_replaced() {
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
    fn a_target_that_cannot_be_written_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("d/x")).unwrap();
        assert!(write(&dir.path().join("d"), b"x").is_err());
        assert_eq!(names(dir.path()), ["d"]);
        assert!(write(&dir.path().join("none/f"), b"x").is_err());
    }

    #[test]
    fn a_set_is_written_removed_and_kept_together() {
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
    fn a_new_file_never_takes_the_place_of_another() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("f");
        write_new(&target, b"one").unwrap();
        assert_eq!(write_new(&target, b"two").unwrap_err().source.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&target).unwrap(), b"one");
        assert_eq!(names(dir.path()), ["f"]);
    }

    #[cfg(unix)]
    #[test]
    fn whoever_may_read_an_executable_may_run_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("f");
        fs::write(&target, "old").unwrap();
        fs::set_permissions(&target, mode(0o640)).unwrap();
        write_executable(&target, b"new").unwrap();
        assert_eq!(target.metadata().unwrap().permissions().mode() & 0o777, 0o750);
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_deletes_what_dead_runs_left_and_nothing_else() {
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
        std::os::unix::fs::symlink("elsewhere", dir.path().join(".openness-link.tmp")).unwrap();
        let _lock = lock(dir.path(), || panic!("nobody else is here")).unwrap();
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut expected = [".openness", ".openness-link.tmp", ".openness-notes", "elsewhere", "openness-x.tmp"]
            .map(str::to_owned)
            .to_vec();
        expected.extend([name(living.path()), name(being_written.path())]);
        expected.sort();
        assert_eq!(names(dir.path()), expected);
        assert_eq!(names(&dir.path().join("elsewhere")), ["kept"]);
    }

    #[cfg(unix)]
    #[test]
    fn who_comes_second_is_told_and_waits() {
        let dir = tempfile::tempdir().unwrap();
        let first = lock(dir.path(), || panic!("nobody else is here")).unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| lock(dir.path(), || tell.send(()).unwrap()).map(drop));
            told.recv().unwrap();
            assert!(!second.is_finished());
            drop(first);
            second.join().unwrap().unwrap();
        });
    }

    #[test]
    fn a_set_that_fails_leaves_the_old_state() {
        let dir = tempfile::tempdir().unwrap();
        let set = dir.path().join(".openness");
        write_all(&set, &[(path("a"), b"1"), (path("b"), b"1")], &[]).unwrap();
        // `b/c` needs a directory where there is a file.
        assert!(write_all(&set, &[(path("a"), b"2"), (path("b/c"), b"2")], &[]).is_err());
        assert_eq!(fs::read(set.join("a")).unwrap(), b"1");
        assert_eq!(names(dir.path()), [".openness"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_place_of_the_directory_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink("elsewhere", dir.path().join(".openness")).unwrap();
        assert!(write_all(&dir.path().join(".openness"), &[(path("a"), b"1")], &[]).is_err());
        assert!(names(&dir.path().join("elsewhere")).is_empty());
    }
}
