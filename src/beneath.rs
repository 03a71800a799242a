//! Opening and creating files beneath a directory so that no symbolic link leads out of it, not even one created in the
//! meantime.
//!
//! On Linux the kernel resolves the whole path and refuses links
//! ([openat2(2)](https://man7.org/linux/man-pages/man2/openat2.2.html)). On other systems, and if that call is not
//! allowed, each component is opened relative to the one before.

mod reader;
mod writer;

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

pub(crate) use reader::Reader;

use crate::files::FileStat;

/// The kind of thing that a name in a directory stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    File { size: u64, executable: bool, stat: Option<FileStat>, has_other_names: bool },
    Directory,
    Symlink,
    Special(&'static str),
}

/// An open directory.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    #[cfg(unix)]
    fd: std::os::fd::OwnedFd,
    /// Whether the kernel supports resolving whole paths; cleared when it says that it does not.
    #[cfg(target_os = "linux")]
    by_kernel: std::sync::atomic::AtomicBool,
}

impl Directory {
    /// Returns the path by which it was opened, for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a regular file for reading. Others are refused: a FIFO would wait for a writer, a device might never end.
    pub(crate) fn open_file(&self, path: &str) -> io::Result<Reader> {
        Reader::new(self.open_any(path)?)
    }

    /// Returns the stat data of a regular file.
    #[cfg(unix)]
    pub(crate) fn stat(&self, path: &str) -> Option<FileStat> {
        let metadata = self.open_any(path).and_then(|file| file.metadata()).ok()?;
        metadata.is_file().then(|| FileStat::from(&metadata))
    }

    /// Returns the permissions of a regular file.
    #[cfg(unix)]
    pub(crate) fn mode(&self, path: &str) -> Option<u32> {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = self.open_any(path).and_then(|file| file.metadata()).ok()?;
        metadata.is_file().then(|| metadata.permissions().mode())
    }

    /// Returns nothing, because without inode numbers a replaced file could not be recognized.
    #[cfg(not(unix))]
    pub(crate) fn stat(&self, _: &str) -> Option<FileStat> {
        None
    }
}

/// Reads a file below a directory: a regular one, of at most `limit` bytes, reached without following any link below `root`.
/// Links in `root` itself are followed.
///
/// Everything that the program reads of a repository, a cache or a release by itself is read this way: a FIFO or a device in
/// the place of a file would never end, and a link would lead anywhere.
pub(crate) fn read_regular(root: &Path, path: &str, limit: u64) -> io::Result<Vec<u8>> {
    read_whole(open_regular(root, path, limit)?)
}

/// Opens what [`read_regular`] reads.
pub(crate) fn open_regular(root: &Path, path: &str, limit: u64) -> io::Result<Reader> {
    limited(Directory::open_root(root)?.open_file(path)?, limit)
}

/// Reads a file that the user or the system names: its links are followed, and it must be regular and have at most `limit`
/// bytes.
pub(crate) fn read_named(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    read_whole(open_named(path, limit)?)
}

/// Opens what [`read_named`] reads.
pub(crate) fn open_named(path: &Path, limit: u64) -> io::Result<Reader> {
    // Looked at before opening: opening a FIFO would wait.
    if !path.metadata()?.is_file() {
        return Err(not_a_regular_file());
    }
    #[expect(clippy::disallowed_methods, reason = "the file is regular, and what is read of it has a limit")]
    let file = std::fs::File::open(path)?;
    limited(Reader::new(file)?, limit)
}

/// Returns what was found at a path, or `None` if there is nothing. A path that leads through a file is an error on every
/// system, while Windows itself answers that there is nothing.
pub(crate) fn if_present<T>(path: &Path, found: io::Result<T>) -> io::Result<Option<T>> {
    let above = || path.ancestors().skip(1).find_map(|above| above.metadata().ok());
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match above() {
            Some(above) if !above.is_dir() => Err(io::ErrorKind::NotADirectory.into()),
            _ => Ok(None),
        },
        found => found.map(Some),
    }
}

/// Refuses a file of more than `limit` bytes. One that grows meanwhile is not read further: the reader refuses it.
fn limited(reader: Reader, limit: u64) -> io::Result<Reader> {
    if reader.size() > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {limit} bytes")));
    }
    Ok(reader)
}

fn read_whole(mut reader: Reader) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn link_in_the_way() -> io::Error {
    io::Error::new(io::ErrorKind::NotADirectory, "it is a symbolic link or is behind one")
}

fn not_a_regular_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")
}

#[cfg(unix)]
mod unix {
    use std::ffi::CString;
    use std::fs::File;
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, readlinkat, statat};
    use rustix::io::Errno;

    use super::{Directory, FileStat, Found};

    const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
    // Without NONBLOCK, opening a FIFO would wait for a writer.
    const FILE: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

    impl Directory {
        /// Opens the root directory. Symbolic links in this path are followed, because it comes from the user.
        pub(crate) fn open_root(path: &Path) -> io::Result<Self> {
            Ok(Self {
                fd: openat(CWD, path, DIRECTORY, Mode::empty())?,
                path: path.to_path_buf(),
                #[cfg(target_os = "linux")]
                by_kernel: true.into(),
            })
        }

        /// Opens a directory beneath this one.
        pub(crate) fn open_directory(&self, path: &[u8]) -> io::Result<Self> {
            let fd = self.open(path, DIRECTORY)?;
            Ok(Self {
                fd,
                path: self.path.join(String::from_utf8_lossy(path).as_ref()),
                #[cfg(target_os = "linux")]
                by_kernel: self.by_kernel.load(std::sync::atomic::Ordering::Relaxed).into(),
            })
        }

        pub(super) fn open_any(&self, path: &str) -> io::Result<File> {
            Ok(File::from(self.open(path.as_bytes(), FILE)?))
        }

        #[cfg(target_os = "linux")]
        fn open(&self, path: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
            use std::sync::atomic::Ordering;

            use rustix::fs::{ResolveFlags, openat2};
            if !self.by_kernel.load(Ordering::Relaxed) {
                return self.open_stepwise(path, flags);
            }
            check_components(path)?;
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
            match openat2(&self.fd, path, flags, Mode::empty(), resolve) {
                // Kernels before 5.6, and sandboxes that do not allow the call.
                Err(Errno::NOSYS | Errno::PERM) => {
                    self.by_kernel.store(false, Ordering::Relaxed);
                    self.open_stepwise(path, flags)
                }
                // Something was renamed at the same time.
                Err(Errno::AGAIN) => self.open_stepwise(path, flags),
                Err(Errno::LOOP) => Err(super::link_in_the_way()),
                answer => Ok(answer?),
            }
        }

        #[cfg(not(target_os = "linux"))]
        fn open(&self, path: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
            self.open_stepwise(path, flags)
        }

        pub(super) fn open_stepwise(&self, path: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
            check_components(path)?;
            let nofollow = OFlags::NOFOLLOW;
            let mut above: Option<OwnedFd> = None;
            let mut components = path.split(|b| *b == b'/').peekable();
            while let Some(component) = components.next() {
                let flags = if components.peek().is_some() { DIRECTORY | nofollow } else { flags | nofollow };
                let from = above.as_ref().map_or(self.fd.as_fd(), AsFd::as_fd);
                above = Some(openat(from, component, flags, Mode::empty()).map_err(|error| match error {
                    Errno::LOOP => super::link_in_the_way(),
                    // The system reports a link like any other name that is not a directory.
                    Errno::NOTDIR if is_link(from, component) => super::link_in_the_way(),
                    error => error.into(),
                })?);
            }
            above.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))
        }

        /// Returns the names in this directory, sorted.
        pub(crate) fn names(&self) -> io::Result<Vec<Vec<u8>>> {
            let mut names = Vec::new();
            for entry in Dir::read_from(&self.fd)? {
                let name = entry?.file_name().to_bytes().to_vec();
                if !matches!(name.as_slice(), b"." | b"..") {
                    names.push(name);
                }
            }
            names.sort_unstable();
            Ok(names)
        }

        /// Returns what a name in this directory stands for.
        pub(crate) fn find(&self, name: &[u8]) -> io::Result<Found> {
            let stat = statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)?;
            Ok(match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => Found::File {
                    stat: Some(FileStat::from(&stat)),
                    size: u64::try_from(stat.st_size).unwrap_or_default(),
                    executable: Mode::from_raw_mode(stat.st_mode).contains(Mode::XUSR),
                    has_other_names: stat.st_nlink > 1,
                },
                FileType::Directory => Found::Directory,
                FileType::Symlink => Found::Symlink,
                FileType::Fifo => Found::Special("FIFO"),
                FileType::Socket => Found::Special("socket"),
                FileType::CharacterDevice | FileType::BlockDevice => Found::Special("device"),
                _ => Found::Special("special file"),
            })
        }

        /// Returns whether a path beneath this directory is a symbolic link that leads to nothing, or to itself.
        pub(crate) fn leads_nowhere(&self, path: &str) -> bool {
            let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
            let parent = if above.is_empty() { None } else { self.open_directory(above.as_bytes()).ok() };
            if parent.is_none() && !above.is_empty() {
                return false;
            }
            // What it leads to is not opened.
            let target = statat(parent.as_ref().map_or(&self.fd, |parent| &parent.fd), name, AtFlags::empty());
            matches!(target, Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP))
        }

        /// Returns the target of a symbolic link in this directory.
        pub(crate) fn link_target(&self, name: &[u8]) -> io::Result<Vec<u8>> {
            Ok(readlinkat(&self.fd, name, Vec::new()).map(CString::into_bytes)?)
        }
    }

    /// Refuses empty components, `.` and `..`. Even if `..` stayed beneath the root, no well-behaved program writes it.
    fn check_components(path: &[u8]) -> io::Result<()> {
        let is_odd = |component: &[u8]| matches!(component, b"" | b"." | b"..");
        if path.split(|byte| *byte == b'/').any(is_odd) {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        Ok(())
    }

    fn is_link(directory: BorrowedFd<'_>, name: &[u8]) -> bool {
        statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use std::fs::File;
    use std::io;
    use std::path::{Path, PathBuf};

    use super::{Directory, Found};

    impl Directory {
        /// Opens the root directory. Symbolic links in this path are followed, because it comes from the user.
        pub(crate) fn open_root(path: &Path) -> io::Result<Self> {
            if !path.metadata()?.is_dir() {
                return Err(io::Error::from(io::ErrorKind::NotADirectory));
            }
            Ok(Self { path: path.to_path_buf() })
        }

        /// Opens a directory beneath this one.
        pub(crate) fn open_directory(&self, path: &[u8]) -> io::Result<Self> {
            Self::open_root(&self.checked(path)?)
        }

        pub(super) fn open_any(&self, path: &str) -> io::Result<File> {
            let path = self.checked(path.as_bytes())?;
            if !path.symlink_metadata()?.is_file() {
                return Err(super::not_a_regular_file());
            }
            File::open(path)
        }

        /// Refuses a path that contains a symbolic link. NOTE: a link that is created between this check and the
        /// opening is followed, because the standard library cannot open relative to a directory on these systems.
        fn checked(&self, path: &[u8]) -> io::Result<PathBuf> {
            let text = std::str::from_utf8(path).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
            let mut whole = self.path.clone();
            let mut components = text.split('/').peekable();
            while let Some(component) = components.next() {
                // What follows a colon is the name of a drive's file, or of a stream that hides behind a file.
                if matches!(component, "" | "." | "..") || component.contains([':', '\\']) {
                    return Err(io::Error::from(io::ErrorKind::InvalidInput));
                }
                whole.push(component);
                let found = whole.symlink_metadata()?;
                if found.is_symlink() {
                    return Err(super::link_in_the_way());
                }
                // Windows would say of what is below a file that it does not exist.
                if components.peek().is_some() && !found.is_dir() {
                    return Err(io::ErrorKind::NotADirectory.into());
                }
            }
            Ok(whole)
        }

        /// Returns the names in this directory, sorted.
        pub(crate) fn names(&self) -> io::Result<Vec<Vec<u8>>> {
            let mut names = Vec::new();
            for entry in self.path.read_dir()? {
                names.push(entry?.file_name().as_encoded_bytes().to_vec());
            }
            names.sort_unstable();
            Ok(names)
        }

        /// Returns what a name in this directory stands for.
        pub(crate) fn find(&self, name: &[u8]) -> io::Result<Found> {
            let metadata = self.path.join(String::from_utf8_lossy(name).as_ref()).symlink_metadata()?;
            Ok(if metadata.is_symlink() {
                Found::Symlink
            } else if metadata.is_dir() {
                Found::Directory
            } else if metadata.is_file() {
                Found::File { size: metadata.len(), executable: false, stat: None, has_other_names: false }
            } else {
                Found::Special("special file")
            })
        }

        /// Returns whether a path beneath this directory is a symbolic link that leads to nothing.
        pub(crate) fn leads_nowhere(&self, path: &str) -> bool {
            let is_absent = |error: io::Error| error.kind() == io::ErrorKind::NotFound;
            self.path.join(path).metadata().is_err_and(is_absent)
        }

        /// Returns the target of a symbolic link in this directory, with `/` between components.
        pub(crate) fn link_target(&self, name: &[u8]) -> io::Result<Vec<u8>> {
            let target = self.path.join(String::from_utf8_lossy(name).as_ref()).read_link()?;
            Ok(target.to_string_lossy().replace('\\', "/").into_bytes())
        }
    }

    #[cfg(test)]
    mod tests {
        #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
        use super::*;

        #[test]
        fn only_names_of_files_are_opened() {
            let dir = tempfile::tempdir().unwrap();
            std::fs::create_dir(dir.path().join("sub")).unwrap();
            std::fs::write(dir.path().join("sub/file"), "inside").unwrap();
            let root = Directory::open_root(dir.path()).unwrap();
            assert!(root.open_file("sub/file").is_ok());
            let refused = |path: &str| root.open_file(path).map(drop).unwrap_err().kind();
            for path in
                ["sub/file:hidden", "sub/file::$DATA", "sub:hidden/file", "C:file", "sub\\file", "sub/../sub/file"]
            {
                assert_eq!(refused(path), io::ErrorKind::InvalidInput, "{path}");
            }
            assert_eq!(refused("sub/file/below"), io::ErrorKind::NotADirectory);
            assert_eq!(refused("sub/other"), io::ErrorKind::NotFound);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::fs;
    use std::io::Read as _;
    use std::os::unix::fs::symlink;

    use super::*;

    fn tree() -> (tempfile::TempDir, Directory) {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("root/sub")).unwrap();
        fs::write(dir.path().join("root/sub/file"), "inside").unwrap();
        fs::write(dir.path().join("secret"), "outside").unwrap();
        symlink("../secret", dir.path().join("root/leaf")).unwrap();
        symlink("..", dir.path().join("root/up")).unwrap();
        symlink("sub", dir.path().join("root/alias")).unwrap();
        let root = Directory::open_root(&dir.path().join("root")).unwrap();
        (dir, root)
    }

    /// Runs a test with resolution by the kernel and by steps, which have to refuse the same paths.
    fn both(mut test: impl FnMut(tempfile::TempDir, Directory)) {
        let (keep, root) = tree();
        test(keep, root);
        let (keep, root) = tree();
        test(keep, stepwise(root));
    }

    fn stepwise(root: Directory) -> Directory {
        #[cfg(target_os = "linux")]
        root.by_kernel.store(false, std::sync::atomic::Ordering::Relaxed);
        root
    }

    #[test]
    fn files_beneath_are_opened_but_links_are_not_followed() {
        both(|_keep, root| {
            let mut text = String::new();
            root.open_file("sub/file").unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "inside");
            assert!(root.open_directory(b"sub").unwrap().open_file("file").is_ok());
            for path in
                ["leaf", "up/secret", "alias/file", "../secret", "sub", "sub/../sub/file", "none", "/etc/passwd", ""]
            {
                assert!(root.open_file(path).is_err(), "{path}");
            }
            for path in ["up", "alias", "..", "sub/..", "/", "leaf", "sub/file"] {
                assert!(root.open_directory(path.as_bytes()).is_err(), "{path}");
            }
        });
    }

    #[test]
    fn magic_links_of_the_kernel_are_not_followed() {
        let Ok(root) = Directory::open_root(Path::new("/proc/self")) else { return };
        let file = fs::File::open("/etc/passwd").ok();
        for root in [Directory::open_root(root.path()).unwrap(), stepwise(root)] {
            for path in ["root/etc/passwd", "cwd", "exe"] {
                assert!(root.open_file(path).is_err(), "{path}");
            }
            if let Some(file) = &file {
                let name = format!("fd/{}", std::os::fd::AsRawFd::as_raw_fd(file));
                assert!(root.open_file(&name).is_err(), "{name}");
            }
        }
    }

    #[test]
    fn a_directory_replaced_by_a_link_is_not_followed() {
        both(|keep, root| {
            let found = root.find(b"sub").unwrap();
            assert_eq!(found, Found::Directory);
            let (sub, moved) = (keep.path().join("root/sub"), keep.path().join("moved"));
            fs::rename(&sub, &moved).unwrap();
            symlink(&moved, &sub).unwrap();
            let error = root.open_file("sub/file").unwrap_err();
            assert_eq!(error.to_string(), "it is a symbolic link or is behind one");
            assert!(root.open_directory(b"sub").is_err());
            // And a file that was replaced by a link.
            fs::remove_file(&sub).unwrap();
            fs::rename(&moved, &sub).unwrap();
            fs::remove_file(sub.join("file")).unwrap();
            symlink("../../secret", sub.join("file")).unwrap();
            assert!(root.open_file("sub/file").is_err());
        });
    }

    #[test]
    fn special_files_are_refused_without_waiting() {
        both(|keep, root| {
            let fifo = keep.path().join("root/fifo");
            assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
            assert_eq!(root.find(b"fifo").unwrap(), Found::Special("FIFO"));
            assert_eq!(root.open_file("fifo").unwrap_err().to_string(), "it is not a regular file");
            let _socket = std::os::unix::net::UnixListener::bind(keep.path().join("root/socket")).unwrap();
            assert_eq!(root.find(b"socket").unwrap(), Found::Special("socket"));
            assert!(root.open_file("socket").is_err());
        });
        let devices = Directory::open_root(Path::new("/dev")).unwrap();
        assert_eq!(devices.find(b"zero").unwrap(), Found::Special("device"));
        assert_eq!(devices.open_file("zero").unwrap_err().to_string(), "it is not a regular file");
    }
}
