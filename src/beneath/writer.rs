//! Creating files, directories and links beneath a directory so that none is created through a symbolic link, not even
//! through one created in the meantime.

use std::fs::File;
use std::io;

use super::Directory;

impl Directory {
    /// Creates a directory beneath this one, and those above it, unless they exist. Returns it.
    pub(crate) fn create_directories(&self, path: &str) -> io::Result<Self> {
        match self.open_directory(path.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            answer => return answer,
        }
        if let Some((above, name)) = path.rsplit_once('/') {
            return self.create_directories(above)?.create_directories(name);
        }
        match self.create_directory(path.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => self.open_directory(path.as_bytes()),
        }
    }

    /// Creates a file, and fails if it exists. Directories above it are created.
    pub(crate) fn create_file(&self, path: &str) -> io::Result<File> {
        self.in_parent(path, |parent, name| parent.create_here(name))
    }

    /// Creates a symbolic link, and fails if it exists. Directories above it are created.
    #[cfg(unix)]
    pub(crate) fn create_link(&self, path: &str, target: &str) -> io::Result<()> {
        self.in_parent(path, |parent, name| parent.link_here(name, target))
    }

    /// Deletes a file or link.
    pub(crate) fn remove_file(&self, path: &str) -> io::Result<()> {
        self.in_parent(path, |parent, name| parent.remove_here(name.as_bytes()))
    }

    /// Moves a file in this directory to a path beneath it, where it replaces a file or link. Directories above it are created.
    pub(crate) fn move_file(&self, name: &[u8], path: &str) -> io::Result<()> {
        self.in_parent(path, |parent, to| self.move_here(name, parent, to.as_bytes()))
    }

    fn in_parent<T>(&self, path: &str, act: impl FnOnce(&Self, &str) -> io::Result<T>) -> io::Result<T> {
        match path.rsplit_once('/') {
            Some((above, name)) => act(&self.create_directories(above)?, name),
            None => act(self, path),
        }
    }

    /// Deletes everything in this directory.
    pub(crate) fn clear(&self) -> io::Result<()> {
        for name in self.names()? {
            if self.find(&name)? == super::Found::Directory {
                self.open_directory(&name)?.clear()?;
                self.remove_directory(&name)?;
            } else {
                self.remove_here(&name)?;
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io;

    use rustix::fs::{AtFlags, Mode, OFlags, fstat, mkdirat, openat, renameat, statat, symlinkat, unlinkat};

    use super::Directory;

    impl Directory {
        /// Creates a directory in this one.
        pub(crate) fn create_directory(&self, name: &[u8]) -> io::Result<()> {
            Ok(mkdirat(&self.fd, name, Mode::from_raw_mode(0o777))?)
        }

        pub(super) fn create_here(&self, name: &str) -> io::Result<File> {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            Ok(File::from(openat(&self.fd, name, flags, Mode::from_raw_mode(0o666))?))
        }

        pub(super) fn link_here(&self, name: &str, target: &str) -> io::Result<()> {
            Ok(symlinkat(target, &self.fd, name)?)
        }

        pub(super) fn remove_here(&self, name: &[u8]) -> io::Result<()> {
            Ok(unlinkat(&self.fd, name, AtFlags::empty())?)
        }

        /// Deletes an empty directory in this one.
        pub(crate) fn remove_directory(&self, name: &[u8]) -> io::Result<()> {
            Ok(unlinkat(&self.fd, name, AtFlags::REMOVEDIR)?)
        }

        pub(super) fn move_here(&self, from: &[u8], parent: &Self, to: &[u8]) -> io::Result<()> {
            Ok(renameat(&self.fd, from, &parent.fd, to)?)
        }

        /// Renames what is in this directory. It replaces a file, or an empty directory by a directory.
        pub(crate) fn rename(&self, from: &[u8], to: &[u8]) -> io::Result<()> {
            Ok(renameat(&self.fd, from, &self.fd, to)?)
        }

        /// Returns whether a name in this directory stands for another open directory.
        pub(crate) fn contains(&self, name: &[u8], other: &Self) -> io::Result<bool> {
            let (named, open) = (statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)?, fstat(&other.fd)?);
            Ok((named.st_dev, named.st_ino) == (open.st_dev, open.st_ino))
        }

        /// Locks this directory until the file that is returned is dropped; `None` if the system cannot.
        pub(crate) fn lock(&self) -> Option<File> {
            let file = File::from(self.fd.try_clone().ok()?);
            file.lock().is_ok().then_some(file)
        }
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use std::fs::{self, File, OpenOptions};
    use std::io;
    use std::path::PathBuf;

    use super::Directory;

    impl Directory {
        fn here(&self, name: &[u8]) -> io::Result<PathBuf> {
            let name = std::str::from_utf8(name).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
            Ok(self.path().join(name))
        }

        /// Creates a directory in this one.
        pub(crate) fn create_directory(&self, name: &[u8]) -> io::Result<()> {
            fs::create_dir(self.here(name)?)
        }

        pub(super) fn create_here(&self, name: &str) -> io::Result<File> {
            OpenOptions::new().write(true).create_new(true).open(self.here(name.as_bytes())?)
        }

        pub(super) fn remove_here(&self, name: &[u8]) -> io::Result<()> {
            fs::remove_file(self.here(name)?)
        }

        /// Deletes an empty directory in this one.
        pub(crate) fn remove_directory(&self, name: &[u8]) -> io::Result<()> {
            fs::remove_dir(self.here(name)?)
        }

        pub(super) fn move_here(&self, from: &[u8], parent: &Self, to: &[u8]) -> io::Result<()> {
            fs::rename(self.here(from)?, parent.here(to)?)
        }

        /// Renames what is in this directory. It replaces a file, or an empty directory by a directory.
        pub(crate) fn rename(&self, from: &[u8], to: &[u8]) -> io::Result<()> {
            let target = self.here(to)?;
            // A directory cannot replace another one.
            if target.is_dir() {
                fs::remove_dir(&target)?;
            }
            fs::rename(self.here(from)?, target)
        }

        /// Returns `true`, because without inode numbers a directory is not recognized.
        pub(crate) fn contains(&self, _: &[u8], _: &Self) -> io::Result<bool> {
            Ok(true)
        }

        /// Returns `None`, because directories cannot be locked on these systems.
        pub(crate) fn lock(&self) -> Option<File> {
            None
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::fs;
    use std::io::Write as _;
    use std::os::unix::fs::symlink;

    use super::*;

    fn tree() -> (tempfile::TempDir, Directory) {
        let dir = tempfile::tempdir().unwrap();
        for name in ["root", "outside"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let root = Directory::open_root(&dir.path().join("root")).unwrap();
        (dir, root)
    }

    #[test]
    fn creates_files_and_links_with_the_directories_above_them() {
        let (dir, root) = tree();
        root.create_file("a/b/c").unwrap().write_all(b"x").unwrap();
        root.create_file("a/b/d").unwrap();
        root.create_link("a/l/link", "../b/c").unwrap();
        assert_eq!(fs::read(dir.path().join("root/a/l/link")).unwrap(), b"x");
        for taken in ["a/b/c", "a/b", "a/l/link"] {
            assert_eq!(root.create_file(taken).unwrap_err().kind(), io::ErrorKind::AlreadyExists, "{taken}");
        }
        for odd in ["../x", "a/../x", "a//x"] {
            assert!(root.create_file(odd).is_err(), "{odd}");
        }
        root.remove_file("a/b/d").unwrap();
        root.clear().unwrap();
        assert_eq!(fs::read_dir(dir.path().join("root")).unwrap().count(), 0);
    }

    #[test]
    fn nothing_is_created_or_deleted_through_a_link() {
        let (dir, root) = tree();
        fs::write(dir.path().join("outside/kept"), "x").unwrap();
        symlink("../outside", dir.path().join("root/way")).unwrap();
        symlink("../outside/new", dir.path().join("root/leaf")).unwrap();
        assert!(root.create_file("way/f").is_err());
        assert!(root.create_file("way/below/f").is_err());
        assert!(root.create_file("leaf").is_err());
        assert!(root.create_link("way/l", "x").is_err());
        assert!(root.remove_file("way/kept").is_err());
        root.clear().unwrap();
        let left: Vec<_> = fs::read_dir(dir.path().join("outside")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["kept"]);
    }

    #[test]
    fn an_open_directory_is_recognized_under_its_new_name() {
        let (dir, root) = tree();
        root.create_directory(b"new").unwrap();
        let new = root.open_directory(b"new").unwrap();
        root.rename(b"new", b"placed").unwrap();
        assert!(root.contains(b"placed", &new).unwrap());
        fs::create_dir(dir.path().join("root/other")).unwrap();
        assert!(!root.contains(b"other", &new).unwrap());
    }
}
