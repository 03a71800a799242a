//! The list of trusted signers: an `allowed_signers` file, which people and other programs may edit too.

use std::path::PathBuf;

use jiff::tz::TimeZone;

use super::pins::line_of;
use super::store::{Error, Store};
use crate::atomic;
use crate::sign::{EcdsaPublicKey, Fingerprint, NAMESPACE, SshPublicKey, Trust};
use crate::source::Source;

/// A line of the list of trusted signers.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Signer {
    /// The whole line.
    pub line: String,
    /// The first word of the line: the principals.
    pub principals: String,
    /// The fingerprint of the key, or `None` if its type is not supported.
    pub fingerprint: Option<Fingerprint>,
}

impl Store {
    /// Returns the path of the list of signers.
    #[must_use]
    pub fn signers_file(&self) -> PathBuf {
        self.settings.join("allowed_signers")
    }

    /// Returns the trust in the signers of the list; without a list, no key is trusted. Dates without `Z` are in
    /// `time_zone`.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Writable`], [`Error::Signers`].
    pub fn trust(&self, time_zone: &TimeZone) -> Result<Trust, Error> {
        let path = self.signers_file();
        Ok(Trust::of_allowed_signers(&Source::new(path.display().to_string(), self.text(&path)?), time_zone)?)
    }

    /// Returns the lines of the list, in its order.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Writable`].
    pub fn signers(&self) -> Result<Vec<Signer>, Error> {
        let text = self.text(&self.signers_file())?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(lines.map(Signer::of_line).collect())
    }

    /// Adds a key with the principal `who`, trusted only in the namespace [`NAMESPACE`]. Returns `false` if the list
    /// already has the same line.
    ///
    /// # Errors
    /// [`Error::Principal`], [`Error::Key`], and if the list cannot be read or written, [`Error::Io`],
    /// [`Error::Writable`] or [`Error::Write`].
    pub fn add(&self, who: &str, key: &str, is_authority: bool) -> Result<bool, Error> {
        let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\",*?!#".contains(c);
        if who.is_empty() || !who.chars().all(is_plain) {
            return Err(Error::Principal(who.escape_debug().to_string()));
        }
        // ECDSA keys sign for OpenSSF Model Signing, and certify nothing.
        let key = match EcdsaPublicKey::parse(key) {
            Ok(key) if !is_authority => key.to_openssh(),
            _ => line_of(key)?,
        };
        let options = if is_authority { "cert-authority," } else { "" };
        let line = format!("{who} {options}namespaces=\"{NAMESPACE}\" {key}");
        // Checks that the line can be read back; it contains no dates.
        Trust::of_allowed_signers(&Source::new("the new line", line.as_str()), &TimeZone::UTC)?;
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

    /// Removes the lines with this fingerprint or exactly these principals, and returns them.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Writable`], [`Error::Write`].
    pub fn remove(&self, word: &str) -> Result<Vec<Signer>, Error> {
        let _lock = self.lock(&self.settings)?;
        let path = self.signers_file();
        let text = self.text(&path)?;
        let is_selected = |line: &str| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#') && Signer::of_line(line).matches(word)
        };
        let (removed, kept): (Vec<&str>, Vec<&str>) = text.split_inclusive('\n').partition(|line| is_selected(line));
        if !removed.is_empty() {
            atomic::write(&path, kept.concat().as_bytes())?;
        }
        Ok(removed.into_iter().map(|line| Signer::of_line(line.trim())).collect())
    }
}

impl Signer {
    fn of_line(line: &str) -> Self {
        let words: Vec<&str> = line.split_whitespace().collect();
        let fingerprint = words.windows(2).find_map(|pair| {
            let line = pair.join(" ");
            let ecdsa = || EcdsaPublicKey::parse(&line).ok().map(|key| key.fingerprint());
            SshPublicKey::parse(&line).ok().map(|key| key.fingerprint()).or_else(ecdsa)
        });
        Self { line: line.to_owned(), principals: words.first().copied().unwrap_or_default().to_owned(), fingerprint }
    }

    /// Tells whether the word is the principals or the fingerprint.
    fn matches(&self, word: &str) -> bool {
        self.principals == word || self.fingerprint.is_some_and(|fingerprint| fingerprint.to_string() == word)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use std::fs;

    use super::super::store::tests::store;
    use super::*;
    use crate::sign::{PublicKey, SecretKey};

    fn key() -> String {
        SecretKey::generate().unwrap().public().to_openssh("a comment")
    }

    #[test]
    fn signers_are_removed_by_name_or_fingerprint() {
        let (_folder, store) = store();
        let (one, two) = (key(), key());
        assert!(store.add("a@example.org", &one, false).unwrap());
        assert!(!store.add("a@example.org", &one, false).unwrap());
        assert!(store.add("b@example.org", &two, false).unwrap());
        assert!(!store.trust(&TimeZone::UTC).unwrap().is_empty());
        let fingerprint = store.signers().unwrap()[1].fingerprint.unwrap().to_string();
        assert!(store.remove("c@example.org").unwrap().is_empty());
        assert_eq!(store.remove(&fingerprint).unwrap().len(), 1);
        assert_eq!(store.remove("a@example.org").unwrap().len(), 1);
        assert!(store.signers().unwrap().is_empty());
    }

    #[test]
    fn rejects_names_with_a_special_meaning() {
        let (_folder, store) = store();
        for who in ["", "*", "a b", "a,b", "!a", "a\nb", "\"a", "a?", "#a", "a\tssh-ed25519"] {
            assert!(matches!(store.add(who, &key(), false), Err(Error::Principal(_))), "{who:?}");
        }
        assert!(matches!(store.add("a", "ssh-ed25519 AAAA", false), Err(Error::Key(_))));
        assert!(!store.signers_file().exists());
    }

    #[test]
    fn other_lines_of_the_list_are_kept() {
        let (_folder, store) = store();
        fs::create_dir_all(&store.settings).unwrap();
        let (mine, other, third) = (key(), key(), key());
        let before = format!("# mine\n\n#a@example.org {other}\n*@x {mine}");
        fs::write(store.signers_file(), &before).unwrap();
        assert_eq!(names(&store), ["*@x"]);
        store.add("a@example.org", &other, true).unwrap();
        store.add("b@example.org", &third, false).unwrap();
        let bare = |key: &str| line_of(key).unwrap();
        let text = fs::read_to_string(store.signers_file()).unwrap();
        let added = format!("\na@example.org cert-authority,namespaces=\"{NAMESPACE}\" {}\n", bare(&other));
        let last = format!("b@example.org namespaces=\"{NAMESPACE}\" {}\n", bare(&third));
        assert_eq!(text, format!("{before}{added}{last}"));
        assert_eq!(names(&store), ["*@x", "a@example.org", "b@example.org"]);
        // Comments are not entries, and are kept.
        let fingerprint = PublicKey::parse(&other).unwrap().fingerprint().to_string();
        assert_eq!(store.remove(&fingerprint).unwrap().len(), 1);
        assert_eq!(store.remove("").unwrap().len() + store.remove("#").unwrap().len(), 0);
        assert_eq!(fs::read_to_string(store.signers_file()).unwrap(), format!("{before}\n{last}"));
    }

    fn names(store: &Store) -> Vec<String> {
        store.signers().unwrap().into_iter().map(|signer| signer.principals).collect()
    }

    #[test]
    fn concurrent_changes_are_not_lost() {
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
