//! The list of trusted signers: OpenSSH's `allowed_signers`, which people and other programs may edit too.

use std::path::PathBuf;

use super::{Error, Store};
use crate::atomic;
use crate::sign::{AgentKey, Fingerprint, KeyError, NAMESPACE, PublicKey, Trust};
use crate::source::Source;

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
pub(super) fn line_of(key: &str) -> Result<String, KeyError> {
    if let Ok(key) = PublicKey::parse(key) {
        return Ok(key.to_openssh(""));
    }
    Trust::of_key_text(key)?;
    Ok(key.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use std::fs;

    use super::super::tests::store;
    use super::*;
    use crate::sign::SecretKey;

    fn key() -> String {
        SecretKey::generate().unwrap().public().to_openssh("somebody")
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
        // What is commented out trusts nobody, and stays.
        let fingerprint = PublicKey::parse(&other).unwrap().fingerprint().to_string();
        assert_eq!(store.remove(&fingerprint).unwrap().len(), 1);
        assert_eq!(store.remove("").unwrap().len() + store.remove("#").unwrap().len(), 0);
        assert_eq!(fs::read_to_string(store.signers_file()).unwrap(), format!("{before}\n{last}"));
    }

    fn names(store: &Store) -> Vec<String> {
        store.signers().unwrap().into_iter().map(|signer| signer.principals).collect()
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
