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

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::atomic;
use crate::sign::{AgentKey, Fingerprint, KeyError, NAMESPACE, Trust, trust};
use crate::source::Source;

pub use pins::{Pin, Pins};
pub use seen::{LastSeen, Rollback, Seen};

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

/// One trusted signer, as the store's list has it.
#[derive(Debug, Clone)]
pub struct Signer {
    /// The whole line.
    pub line: String,
    /// The principals.
    pub principals: String,
    /// The key; `None` where it is of a type that cannot be verified with.
    pub fingerprint: Option<Fingerprint>,
}

impl Store {
    /// Names the directories; neither has to exist.
    #[must_use]
    pub fn new(settings: PathBuf, state: PathBuf) -> Self {
        Self { settings, state }
    }

    /// Returns the path of the list of signers.
    #[must_use]
    pub fn signers_file(&self) -> PathBuf {
        self.settings.join("allowed_signers")
    }

    /// Returns whom the user trusts; nobody where there is no list.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Signers`].
    pub fn trust(&self) -> Result<Trust, Error> {
        let path = self.signers_file();
        Ok(Trust::of_allowed_signers(&Source::new(path.display().to_string(), self.text(&path)?))?)
    }

    /// Returns the list of signers, in its order.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn signers(&self) -> Result<Vec<Signer>, Error> {
        let text = self.text(&self.signers_file())?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(lines.map(Signer::of_line).collect())
    }

    /// Trusts a key as `who`, for our namespace alone; `false` where the very line is there already.
    ///
    /// # Errors
    /// [`Error::Principal`], [`Error::Key`], and failures to read or write.
    pub fn add(&self, who: &str, key: &str, is_authority: bool) -> Result<bool, Error> {
        let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\",*?!#".contains(c);
        if who.is_empty() || !who.chars().all(is_plain) {
            return Err(Error::Principal(who.escape_debug().to_string()));
        }
        let key = line_of(key)?;
        let options = if is_authority { "cert-authority," } else { "" };
        let line = format!("{who} {options}namespaces=\"{NAMESPACE}\" {key}");
        // As it will be read later.
        Trust::of_allowed_signers(&Source::new("the new line", line.as_str()))?;
        let _lock = self.lock(&self.settings)?;
        let path = self.signers_file();
        let mut text = self.text(&path)?;
        if text.lines().any(|other| other.trim() == line) {
            return Ok(false);
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&line);
        text.push('\n');
        atomic::write(&path, text.as_bytes())?;
        Ok(true)
    }

    /// Trusts no more whoever has this fingerprint or exactly these principals; returns the lines that went.
    ///
    /// # Errors
    /// Failures to read or write.
    pub fn remove(&self, word: &str) -> Result<Vec<Signer>, Error> {
        let _lock = self.lock(&self.settings)?;
        let path = self.signers_file();
        let text = self.text(&path)?;
        let is_meant = |line: &str| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#') && Signer::of_line(line).is_called(word)
        };
        let (gone, kept): (Vec<&str>, Vec<&str>) = text.split_inclusive('\n').partition(|line| is_meant(line));
        if !gone.is_empty() {
            atomic::write(&path, kept.concat().as_bytes())?;
        }
        Ok(gone.into_iter().map(|line| Signer::of_line(line.trim())).collect())
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
        fs::create_dir_all(directory).map_err(fail("make the directory"))?;
        let file = File::create(directory.join("lock")).map_err(fail("lock"))?;
        file.lock().map_err(fail("lock"))?;
        Ok(file)
    }
}

impl Signer {
    fn of_line(line: &str) -> Self {
        let words: Vec<&str> = line.split_whitespace().collect();
        let key = words.windows(2).find_map(|pair| AgentKey::parse(&pair.join(" ")).ok());
        Self {
            line: line.to_owned(),
            principals: words.first().copied().unwrap_or_default().to_owned(),
            fingerprint: key.map(|key| key.fingerprint()),
        }
    }

    fn is_called(&self, word: &str) -> bool {
        self.principals == word || self.fingerprint.is_some_and(|fingerprint| fingerprint.to_string() == word)
    }
}

/// The `TYPE BASE64` of a public key file, checked, without its comment; PEM becomes OpenSSH's form.
fn line_of(key: &str) -> Result<String, KeyError> {
    if let Ok(key) = crate::sign::PublicKey::parse(key) {
        return Ok(key.to_openssh(""));
    }
    Trust::of_key_text(key)?;
    Ok(key.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;
    use crate::sign::SecretKey;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("settings"), folder.path().join("deeper/state"));
        (folder, store)
    }

    fn key() -> String {
        SecretKey::generate().unwrap().public().to_openssh("somebody")
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
    fn a_signer_is_trusted_until_removed_by_name_or_fingerprint() {
        let (_folder, store) = store();
        let (one, two) = (key(), key());
        assert!(store.add("a@example.org", &one, false).unwrap());
        assert!(!store.add("a@example.org", &one, false).unwrap());
        assert!(store.add("b@example.org", &two, false).unwrap());
        assert!(!store.trust().unwrap().is_empty());
        let fingerprint = store.signers().unwrap()[1].fingerprint.unwrap().to_string();
        assert!(store.remove("c@example.org").unwrap().is_empty());
        assert_eq!(store.remove(&fingerprint).unwrap().len(), 1);
        assert_eq!(store.remove("a@example.org").unwrap().len(), 1);
        assert!(store.signers().unwrap().is_empty());
    }

    #[test]
    fn names_that_would_mean_more_than_they_say_are_refused() {
        let (_folder, store) = store();
        for who in ["", "*", "a b", "a,b", "!a", "a\nb", "\"a", "a?", "#a", "a\tssh-ed25519"] {
            assert!(matches!(store.add(who, &key(), false), Err(Error::Principal(_))), "{who:?}");
        }
        assert!(matches!(store.add("a", "ssh-ed25519 AAAA", false), Err(Error::Key(_))));
        assert!(!store.signers_file().exists());
    }

    #[test]
    fn what_people_wrote_into_the_list_is_kept() {
        let (_folder, store) = store();
        fs::create_dir_all(&store.settings).unwrap();
        fs::write(store.signers_file(), format!("# mine\n\n*@x {}", key())).unwrap();
        store.add("a@example.org", &key(), true).unwrap();
        store.remove("a@example.org").unwrap();
        let text = fs::read_to_string(store.signers_file()).unwrap();
        assert!(text.starts_with("# mine\n\n*@x ssh-ed25519 ") && text.lines().count() == 3, "{text}");
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
    fn two_runs_at_once_lose_nothing() {
        let (_folder, store) = store();
        std::thread::scope(|scope| {
            for at in 0..16 {
                let store = &store;
                scope.spawn(move || store.add(&format!("a{at}"), &key(), false).unwrap());
            }
        });
        assert_eq!(store.signers().unwrap().len(), 16);
    }
}
