//! The signers of OMS bundles that a verifier trusts.

use std::collections::BTreeSet;

use crate::sign::EcdsaPublicKey;
use crate::sign::x509::{Anchors, Chain};

/// The signers that a verifier trusts. None of it comes from what is verified.
#[derive(Debug, Clone, Default)]
pub struct Signers {
    keys: Vec<EcdsaPublicKey>,
    anchors: Anchors,
    identity: Option<String>,
    /// A pattern with `*` and `?`, for certificates alone.
    identity_pattern: Option<String>,
    /// The names of keys in hex.
    revoked: BTreeSet<String>,
}

/// Who made a signature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signer {
    /// A key that the verifier trusts.
    Key {
        /// The key's name in OMS: the SHA-256 of its PEM text, in lower-case hex.
        id: String,
        /// The curve, such as `P-256`.
        curve: &'static str,
    },
    /// A certificate with a chain to one that the verifier trusts.
    Certificate {
        /// The subject, such as `CN=Example Lab,C=CH`.
        subject: String,
        /// The subject's addresses, host names and URIs.
        names: Vec<String>,
        /// The SHA-256 of the certificate in lower-case hex.
        id: String,
        /// The same of the certificate that the verifier trusts.
        anchor: String,
    },
}

impl Signers {
    /// Trusts no signer.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Trusts these keys.
    #[must_use]
    pub fn of_keys(keys: impl IntoIterator<Item = EcdsaPublicKey>) -> Self {
        Self { keys: keys.into_iter().collect(), ..Self::default() }
    }

    /// Trusts signers whose certificates have a chain to one of these, and these themselves.
    #[must_use]
    pub fn of_certificates(anchors: Anchors) -> Self {
        Self { anchors, ..Self::default() }
    }

    /// Trusts the signers of both, except for those that either revokes. If both have an identity, that of `self` is kept.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.keys.extend(other.keys);
        self.anchors.extend(other.anchors);
        self.identity = self.identity.or(other.identity);
        self.identity_pattern = self.identity_pattern.or(other.identity_pattern);
        self.revoked.extend(other.revoked);
        self
    }

    /// Refuses every signature by a key or certificate of which this is the SHA-256, in lower-case hex: of a certificate, of a
    /// public key in DER, or of its PEM text.
    #[must_use]
    pub fn revoke(mut self, fingerprint: &str) -> Self {
        self.anchors.revoke(fingerprint);
        self.revoked.insert(fingerprint.to_owned());
        self
    }

    /// Trusts only signers of this identity: the whole subject of a certificate, or one of its alternative names. A key has no
    /// identity, so it is no longer trusted.
    #[must_use]
    pub fn with_identity(self, who: impl Into<String>) -> Self {
        Self { identity: Some(who.into()), ..self }
    }

    /// Trusts only certificates whose subject or one of whose alternative names matches this pattern, with `*` for any text and
    /// `?` for one character. Keys stay trusted.
    #[must_use]
    pub fn with_identity_pattern(self, pattern: impl Into<String>) -> Self {
        Self { identity_pattern: Some(pattern.into()), ..self }
    }

    /// Returns whether no signer is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.anchors.is_empty()
    }

    /// Returns whether no key is trusted.
    pub(super) fn has_no_keys(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn anchors(&self) -> &Anchors {
        &self.anchors
    }

    /// Returns the keys that a bundle may mean by its hint: all of them if it gives none.
    pub(super) fn candidates(&self, hint: Option<&str>) -> impl Iterator<Item = &EcdsaPublicKey> {
        let is_meant =
            move |key: &&EcdsaPublicKey| hint.is_none_or(|hint| key.pem_id() == hint || key.key_id() == hint);
        self.keys.iter().filter(is_meant)
    }

    pub(super) fn is_revoked(&self, key: &EcdsaPublicKey) -> bool {
        self.revoked.contains(&key.pem_id()) || self.revoked.contains(&key.key_id())
    }

    /// Returns whether a signer has the required identity.
    pub(super) fn admits(&self, signer: &Signer) -> bool {
        let Signer::Certificate { subject, names, .. } = signer else { return self.identity.is_none() };
        let is_any = |matches: &dyn Fn(&String) -> bool| matches(subject) || names.iter().any(matches);
        self.identity.as_ref().is_none_or(|who| !who.is_empty() && is_any(&|name| name == who))
            && self.identity_pattern.as_ref().is_none_or(|pattern| is_any(&|name| matches(name, pattern)))
    }
}

/// Matches a whole name with a pattern, in which `*` stands for any text and `?` for one character.
fn matches(name: &str, pattern: &str) -> bool {
    let (name, pattern): (Vec<char>, Vec<char>) = (name.chars().collect(), pattern.chars().collect());
    let (mut at, mut of, mut star) = (0, 0, None);
    while at < name.len() {
        match pattern.get(of) {
            Some('*') => {
                star = Some((of, at));
                of += 1;
            }
            Some(c) if *c == '?' || *c == name[at] => (at, of) = (at + 1, of + 1),
            _ => {
                // Back to the last star, which then stands for one character more.
                let Some((back, from)) = star else { return false };
                star = Some((back, from + 1));
                (at, of) = (from + 1, back + 1);
            }
        }
    }
    pattern[of..].iter().all(|c| *c == '*')
}

impl Signer {
    pub(super) fn of_key(key: &EcdsaPublicKey) -> Self {
        Self::Key { id: key.pem_id(), curve: key.curve() }
    }

    pub(super) fn of_chain(chain: &Chain) -> Self {
        let certificate = chain.signer();
        Self::Certificate {
            subject: certificate.subject(),
            names: certificate.names(),
            id: certificate.fingerprint(),
            anchor: chain.anchor().fingerprint(),
        }
    }

    /// Returns the name of the key or certificate, in hex.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Key { id, .. } | Self::Certificate { id, .. } => id,
        }
    }
}

/// Reads a list of fingerprints of revoked keys and certificates: SHA-256 in hex, one a line, with or without colons. Returns
/// `None` if the text is anything else.
#[must_use]
pub fn revoked_fingerprints(text: &str) -> Option<Vec<String>> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let lines = lines.filter(|line| !line.is_empty());
    let digits = |line: &str| line.replace(':', "").to_ascii_lowercase();
    let is_digest = |line: &String| line.len() == 64 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
    let fingerprints: Vec<String> = lines.map(digits).collect();
    (!fingerprints.is_empty() && fingerprints.iter().all(is_digest)).then_some(fingerprints)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_whole_names() {
        for (name, pattern, expected) in [
            ("release@lab.example", "*@lab.example", true),
            ("release@lab.example.evil", "*@lab.example", false),
            ("evil@lab.example@x", "*@lab.example", false),
            ("CN=Lab, Inc.,C=CH", "CN=Lab, Inc.,*", true),
            ("ab", "a?", true),
            ("a", "a?", false),
            ("aXbXc", "a*b*c", true),
            ("a*", "a*", true),
            ("", "*", true),
            ("a", "", false),
            ("é", "?", true),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "*a*a*a*a*a*a*a*a*c", false),
        ] {
            assert_eq!(matches(name, pattern), expected, "{name} {pattern}");
        }
    }
}
