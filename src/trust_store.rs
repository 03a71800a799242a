//! What one user has decided and seen: whom to trust, which key speaks for which model, which release was seen last.
//!
//! Decisions and memories stand in two directories of the user's, never in a repository:
//!
//! | file | where | what |
//! |---|---|---|
//! | `allowed_signers` | settings | whom to trust, in OpenSSH's format |
//! | `pins.json` | settings | [`Pins`]: the only keys that may speak for a model |
//! | `seen.json` | state | [`Seen`]: the last release of each model that was verified |
//!
//! Not for what trust means: that is [`crate::sign::Trust`]'s. A file that cannot be read is an error and never an empty
//! one, or deleting half of it would be a way to be trusted anew.

mod pins;
mod seen;
mod signers;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::atomic;
use crate::sign::{KeyError, trust};

pub use pins::{Pin, Pins};
pub use seen::{LastSeen, Rollback, Seen};
pub use signers::Signer;

/// The largest file of the store that is read.
const MAX_BYTES: u64 = 16 << 20;
/// The version of the store's JSON files.
const VERSION: u32 = 1;

/// The two directories.
#[derive(Debug, Clone)]
pub struct Store {
    settings: PathBuf,
    state: PathBuf,
}

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory cannot be read or made.
    #[error("cannot {doing} `{}`", .path.display())]
    Io {
        /// Completes the sentence.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] atomic::Error),
    /// A file holds something else.
    #[error("`{}` is not as this program writes it; mend it, or remove it and lose what it says", .path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A file of another version of this program.
    #[error("`{}` is of version {found}; this program knows version {VERSION}", .path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// Others on this machine may write the file, and so decide in the user's place.
    #[error("`{}` can be written by everybody on this machine (mode {mode:04o}); see what stands in it, then run `chmod o-w` on it", .path.display())]
    Writable {
        /// The file.
        path: PathBuf,
        /// The permission bits.
        mode: u32,
    },
    /// A line of `allowed_signers` is wrong.
    #[error(transparent)]
    Signers(#[from] trust::Error),
    /// A key is none.
    #[error("cannot trust the key")]
    Key(#[from] KeyError),
    /// A name that would read as something else in the list.
    #[error(
        "`{0}` cannot name a signer: expected one name, such as an e-mail address, without blanks, quotes, `,`, `*`, `?`, `!`, `#`"
    )]
    Principal(String),
}

impl Store {
    /// Names the directories; neither has to exist.
    #[must_use]
    pub fn new(settings: PathBuf, state: PathBuf) -> Self {
        Self { settings, state }
    }

    /// Returns which keys speak for which models.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Json`], [`Error::Version`].
    pub fn pins(&self) -> Result<Pins, Error> {
        self.json(&self.settings.join("pins.json"), |pins: &Pins| pins.version)
    }

    /// Changes the pins.
    ///
    /// # Errors
    /// Failures to read or write.
    pub fn change_pins(&self, change: impl FnOnce(&mut Pins)) -> Result<(), Error> {
        let _lock = self.lock(&self.settings)?;
        let mut pins = self.pins()?;
        change(&mut pins);
        self.write(&self.settings.join("pins.json"), &pins)
    }

    /// Returns what was verified last of each model.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Json`], [`Error::Version`].
    pub fn seen(&self) -> Result<Seen, Error> {
        self.json(&self.state.join("seen.json"), |seen: &Seen| seen.version)
    }

    /// Changes what is remembered.
    ///
    /// # Errors
    /// Failures to read or write.
    pub fn change_seen(&self, change: impl FnOnce(&mut Seen)) -> Result<(), Error> {
        let _lock = self.lock(&self.state)?;
        let mut seen = self.seen()?;
        change(&mut seen);
        self.write(&self.state.join("seen.json"), &seen)
    }

    /// Reads a text file; one that is not there is empty.
    fn text(&self, path: &Path) -> Result<String, Error> {
        let fail = |source| Error::Io { doing: "read", path: path.to_owned(), source };
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
            Ok(metadata) if metadata.len() > MAX_BYTES => return Err(fail(io::ErrorKind::FileTooLarge.into())),
            #[cfg(unix)]
            Ok(metadata) if std::os::unix::fs::MetadataExt::mode(&metadata) & 0o002 != 0 => {
                let mode = std::os::unix::fs::MetadataExt::mode(&metadata) & 0o7777;
                return Err(Error::Writable { path: path.to_owned(), mode });
            }
            _ => {}
        }
        fs::read_to_string(path).map_err(fail)
    }

    fn json<T: DeserializeOwned + Default>(&self, path: &Path, version: impl Fn(&T) -> u32) -> Result<T, Error> {
        let text = self.text(path)?;
        if text.is_empty() && !path.exists() {
            return Ok(T::default());
        }
        let read: T = serde_json::from_str(&text).map_err(|source| Error::Json { path: path.to_owned(), source })?;
        match version(&read) {
            VERSION => Ok(read),
            found => Err(Error::Version { path: path.to_owned(), found }),
        }
    }

    fn write<T: Serialize>(&self, path: &Path, value: &T) -> Result<(), Error> {
        let mut bytes =
            serde_json::to_vec_pretty(value).map_err(|source| Error::Json { path: path.to_owned(), source })?;
        bytes.push(b'\n');
        Ok(atomic::write(path, &bytes)?)
    }

    /// Holds off other runs of the program until the value goes: reading, changing and writing is one step.
    fn lock(&self, directory: &Path) -> Result<File, Error> {
        let fail = |doing| move |source| Error::Io { doing, path: directory.to_owned(), source };
        let mut builder = fs::DirBuilder::new();
        // Whom one trusts is nobody else's to see or to change.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(directory).map_err(fail("make the directory"))?;
        let file = File::create(directory.join("lock")).map_err(fail("lock"))?;
        file.lock().map_err(fail("lock"))?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;

    pub(super) fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("settings"), folder.path().join("deeper/state"));
        (folder, store)
    }

    #[test]
    fn an_empty_store_trusts_nobody_and_has_seen_nothing() {
        let (_folder, store) = store();
        assert!(store.trust().unwrap().is_empty());
        assert!(store.signers().unwrap().is_empty());
        assert!(store.pins().unwrap().pins.is_empty());
        assert!(store.seen().unwrap().seen.is_empty());
    }

    #[test]
    fn a_broken_file_is_an_error_and_not_an_empty_one() {
        let (_folder, store) = store();
        fs::create_dir_all(&store.settings).unwrap();
        fs::create_dir_all(&store.state).unwrap();
        for text in ["", "{}", "[]", "{\"version\":1,\"pins\":[],\"seen\":[]}", "{\"version\":1"] {
            fs::write(store.settings.join("pins.json"), text).unwrap();
            fs::write(store.state.join("seen.json"), text).unwrap();
            assert!(matches!(store.pins(), Err(Error::Json { .. })), "{text:?}");
            assert!(matches!(store.seen(), Err(Error::Json { .. })), "{text:?}");
            assert!(store.change_pins(|_| {}).is_err() && store.change_seen(|_| {}).is_err(), "{text:?}");
        }
        fs::write(store.settings.join("pins.json"), "{\"version\":2,\"pins\":[]}").unwrap();
        assert!(matches!(store.pins(), Err(Error::Version { found: 2, .. })));
        fs::write(store.signers_file(), "a b c\n").unwrap();
        assert!(matches!(store.trust(), Err(Error::Signers(_))));
    }

    #[test]
    fn what_cannot_be_read_or_is_too_large_is_an_error_and_not_an_empty_file() {
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
        // Settings that are no directory.
        fs::write(folder.path().join("file"), "").unwrap();
        let store = Store::new(folder.path().join("file"), folder.path().join("file"));
        assert!(matches!(store.pins(), Err(Error::Io { .. })));
        assert!(store.trust().is_err() && store.signers().is_err() && store.seen().is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_everybody_may_write_decides_nothing() {
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
        assert!(matches!(store.trust(), Err(Error::Writable { mode: 0o666, .. })));
        assert!(store.signers().is_err());
    }
}
