//! Writing files so that a reader, or a crash, sees the old state or the new and nothing between.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::path::RepoPath;

/// Writes a file: beside the target first, then to the disk, then in its place.
///
/// A file that was there keeps its permissions; a link that was there is replaced, not followed.
///
/// # Errors
/// [`Error`]; the target is then as it was.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let fail = |source| Error { doing: "write", path: path.to_path_buf(), source };
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".openness-").suffix(".tmp");
    let permissions = permissions_for(path);
    if let Some(permissions) = &permissions {
        builder.permissions(permissions.clone());
    }
    let mut file = builder.tempfile_in(directory).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    file.as_file().sync_all().map_err(fail)?;
    file.persist(path).map_err(|error| fail(error.error))?;
    sync_directory(directory).map_err(fail)
}

/// Changes several files of a directory at once: writes some, removes others, keeps the rest.
///
/// The whole directory is built anew beside the old one and takes its place in one step where the system has such a
/// step. Meant for `.openness/`, which is small and holds nothing but files and directories; anything else in it is an error.
///
/// # Errors
/// [`Error`]; the directory is then as it was.
pub fn write_all(directory: &Path, files: &[(RepoPath, &[u8])], remove: &[RepoPath]) -> Result<(), Error> {
    let parent = match directory.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let fail = |path: &Path| {
        let path = path.to_path_buf();
        move |source| Error { doing: "write", path, source }
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".openness-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(mode(0o777));
    let new = builder.tempdir_in(parent).map_err(fail(parent))?;

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
        new.close().map_err(fail(parent))?;
    } else {
        fs::rename(new.path(), directory).map_err(fail(directory))?;
        // Moved away, so there is nothing left to clean up.
        drop(new.keep());
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
