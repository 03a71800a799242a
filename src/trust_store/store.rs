//! The files of the store.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Pins, ReleaseHistory, VERSION};
use crate::atomic;
use crate::beneath::{if_present, read_named};
use crate::sign::{BoxError, KeyError, trust};

/// The largest file of the store that is read, in bytes.
const MAX_BYTES: u64 = 16 << 20;

/// The store of one user, in two directories.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) settings: PathBuf,
    state: PathBuf,
}

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory could not be read or created.
    #[error("cannot {doing} `{}`", .path.display())]
    Io {
        /// The action, as an infinitive.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] atomic::Error),
    /// A JSON file is malformed.
    #[error("`{}` is corrupt; repair it, or delete it and lose its contents", .path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The error of the JSON reader.
        #[source]
        source: BoxError,
    },
    /// A JSON file has another version.
    #[error("`{}` has version {found}; this program supports version {VERSION}", .path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The version of the file.
        found: u32,
    },
    /// Every user of this machine can write the file, and so could change who is trusted.
    #[error("`{}` can be written by every user of this machine (mode {mode:04o}); check its contents, then run `chmod o-w` on it", .path.display())]
    Writable {
        /// The file.
        path: PathBuf,
        /// The permission bits, such as 0o666.
        mode: u32,
    },
    /// A line of `allowed_signers` cannot be used.
    #[error(transparent)]
    Signers(#[from] trust::Error),
    /// A key cannot be used.
    #[error("cannot trust the key")]
    Key(#[from] KeyError),
    /// A name that would mean something else in `allowed_signers`.
    #[error(
        "`{0}` cannot be the name of a signer: expected one name, such as an email address, without blanks, quotes, `,`, `*`, `?`, `!`, `#`"
    )]
    Principal(String),
}

impl Store {
    /// Returns the store in these directories, which need not exist.
    #[must_use]
    pub fn new(settings: PathBuf, state: PathBuf) -> Self {
        Self { settings, state }
    }

    /// Returns the pins.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Json`], [`Error::Version`].
    pub fn pins(&self) -> Result<Pins, Error> {
        self.json(&self.settings.join("pins.json"), |pins: &Pins| pins.version)
    }

    /// Changes the pins.
    ///
    /// # Errors
    /// The errors of [`Store::pins`], and [`Error::Write`].
    pub fn change_pins(&self, change: impl FnOnce(&mut Pins)) -> Result<(), Error> {
        let _lock = self.lock(&self.settings)?;
        let mut pins = self.pins()?;
        change(&mut pins);
        self.write(&self.settings.join("pins.json"), &pins)
    }

    /// Returns the last verified release of each model.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Json`], [`Error::Version`].
    pub fn history(&self) -> Result<ReleaseHistory, Error> {
        self.json(&self.state.join("seen.json"), |history: &ReleaseHistory| history.version)
    }

    /// Changes the release history.
    ///
    /// # Errors
    /// The errors of [`Store::history`], and [`Error::Write`].
    pub fn change_history(&self, change: impl FnOnce(&mut ReleaseHistory)) -> Result<(), Error> {
        let _lock = self.lock(&self.state)?;
        let mut history = self.history()?;
        change(&mut history);
        self.write(&self.state.join("seen.json"), &history)
    }

    /// Reads a text file; a missing file is empty.
    pub(super) fn text(&self, path: &Path) -> Result<String, Error> {
        let fail = |source| Error::Io { doing: "read", path: path.to_owned(), source };
        match if_present(path, fs::metadata(path)).map_err(fail)? {
            None => return Ok(String::new()),
            Some(metadata) if metadata.len() > MAX_BYTES => return Err(fail(io::ErrorKind::FileTooLarge.into())),
            #[cfg(unix)]
            Some(metadata) if std::os::unix::fs::MetadataExt::mode(&metadata) & 0o002 != 0 => {
                let mode = std::os::unix::fs::MetadataExt::mode(&metadata) & 0o7777;
                return Err(Error::Writable { path: path.to_owned(), mode });
            }
            Some(_) => {}
        }
        let bytes = read_named(path, MAX_BYTES).map_err(fail)?;
        String::from_utf8(bytes).map_err(|_| fail(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8")))
    }

    fn json<T: DeserializeOwned + Default>(&self, path: &Path, version: impl Fn(&T) -> u32) -> Result<T, Error> {
        let text = self.text(path)?;
        if text.is_empty() && !path.exists() {
            return Ok(T::default());
        }
        let read: T =
            serde_json::from_str(&text).map_err(|error| Error::Json { path: path.to_owned(), source: error.into() })?;
        match version(&read) {
            VERSION => Ok(read),
            found => Err(Error::Version { path: path.to_owned(), found }),
        }
    }

    fn write<T: Serialize>(&self, path: &Path, value: &T) -> Result<(), Error> {
        let mut bytes = serde_json::to_vec_pretty(value)
            .map_err(|error| Error::Json { path: path.to_owned(), source: error.into() })?;
        bytes.push(b'\n');
        Ok(atomic::write(path, &bytes)?)
    }

    /// Locks a directory until the value is dropped, so that reading, changing and writing is one step.
    pub(super) fn lock(&self, directory: &Path) -> Result<File, Error> {
        let fail = |doing| move |source| Error::Io { doing, path: directory.to_owned(), source };
        let mut builder = fs::DirBuilder::new();
        // Other users must not see or change whom the user trusts.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(directory).map_err(fail("create the directory"))?;
        let file = File::create(directory.join("lock")).map_err(fail("lock"))?;
        file.lock().map_err(fail("lock"))?;
        Ok(file)
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use jiff::tz::TimeZone;

    use super::*;

    pub(in super::super) fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("settings"), folder.path().join("deeper/state"));
        (folder, store)
    }

    #[test]
    fn an_empty_store_trusts_no_key_and_has_no_history() {
        let (_folder, store) = store();
        assert!(store.trust(&TimeZone::UTC).unwrap().is_empty());
        assert!(store.signers().unwrap().is_empty());
        assert!(store.pins().unwrap().pins.is_empty());
        assert!(store.history().unwrap().releases.is_empty());
    }

    #[test]
    fn a_corrupt_file_is_an_error() {
        let (_folder, store) = store();
        fs::create_dir_all(&store.settings).unwrap();
        fs::create_dir_all(&store.state).unwrap();
        for text in ["", "{}", "[]", "{\"version\":1,\"pins\":[],\"seen\":[]}", "{\"version\":1"] {
            fs::write(store.settings.join("pins.json"), text).unwrap();
            fs::write(store.state.join("seen.json"), text).unwrap();
            assert!(matches!(store.pins(), Err(Error::Json { .. })), "{text:?}");
            assert!(matches!(store.history(), Err(Error::Json { .. })), "{text:?}");
            assert!(store.change_pins(|_| {}).is_err() && store.change_history(|_| {}).is_err(), "{text:?}");
        }
        fs::write(store.settings.join("pins.json"), "{\"version\":2,\"pins\":[]}").unwrap();
        assert!(matches!(store.pins(), Err(Error::Version { found: 2, .. })));
        fs::write(store.signers_file(), "a b c\n").unwrap();
        assert!(matches!(store.trust(&TimeZone::UTC), Err(Error::Signers(_))));
    }

    #[test]
    fn an_unreadable_or_too_large_file_is_an_error() {
        let (folder, store) = store();
        fs::create_dir_all(&store.settings).unwrap();
        let file = File::create(store.signers_file()).unwrap();
        for (size, fine) in [(16 << 20, true), ((16 << 20) + 1, false)] {
            file.set_len(size).unwrap();
            let text = store.text(&store.signers_file());
            assert_eq!(text.as_ref().is_ok_and(|text| text.len() == 16 << 20), fine, "{size} bytes");
            let is_too_large =
                matches!(text, Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::FileTooLarge);
            assert_eq!(is_too_large, !fine, "{size} bytes");
        }
        // Settings that are not a directory.
        fs::write(folder.path().join("file"), "").unwrap();
        let store = Store::new(folder.path().join("file"), folder.path().join("file"));
        assert!(matches!(store.pins(), Err(Error::Io { .. })));
        assert!(store.trust(&TimeZone::UTC).is_err() && store.signers().is_err() && store.history().is_err());
    }

    #[cfg(unix)]
    #[test]
    fn rejects_a_file_that_every_user_can_write() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, store) = store();
        store.change_pins(|_| {}).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&store.settings), 0o700);
        let pins = store.settings.join("pins.json");
        for (bits, fine) in [(0o600, true), (0o644, true), (0o664, true), (0o646, false), (0o666, false)] {
            fs::set_permissions(&pins, PermissionsExt::from_mode(bits)).unwrap();
            assert_eq!(store.pins().is_ok(), fine, "{bits:o}");
        }
        fs::write(store.signers_file(), "").unwrap();
        fs::set_permissions(store.signers_file(), PermissionsExt::from_mode(0o666)).unwrap();
        assert!(matches!(store.trust(&TimeZone::UTC), Err(Error::Writable { mode: 0o666, .. })));
        assert!(store.signers().is_err());
    }
}
