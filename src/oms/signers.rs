//! The signers of OMS bundles that a verifier trusts.

use std::collections::BTreeSet;

use base64ct::{Base64, Encoding as _};
use jiff::Timestamp;

use super::Signer;
use super::subject::is_same_subject;
use crate::artifacts::digest;
use crate::sign::keyless::{Certified, SharedAuthorities};
use crate::sign::trust::principal_matches;
use crate::sign::x509::{Anchors, Certificate, Chain};
use crate::sign::{EcdsaPublicKey, Status, Trust};

/// The signers that a verifier trusts. None of it comes from what is verified.
#[derive(Debug, Clone, Default)]
pub struct Signers {
    keys: Vec<TrustedKey>,
    anchors: Anchors,
    /// Trusted roots of signatures without a lasting key.
    authorities: Vec<SharedAuthorities>,
    identity: Option<String>,
    /// A pattern with `*` and `?`, for certificates alone.
    identity_pattern: Option<String>,
    /// The service that vouches for an identity, for signatures without a lasting key alone.
    issuer: Option<String>,
    /// A pattern with `*` and `?`.
    issuer_pattern: Option<String>,
    /// Whether a policy says which identities are trusted.
    are_identities_elsewhere: bool,
    /// The names of keys in hex.
    revoked: BTreeSet<String>,
}

/// A key and whose it is.
#[derive(Debug, Clone)]
pub(super) struct TrustedKey {
    pub(super) key: EcdsaPublicKey,
    /// A pattern list, as in `allowed_signers`; `None` for a key that the verifier named alone.
    pub(super) principals: Option<String>,
    /// Why the key is not trusted now for these signatures, if it is not.
    pub(super) limit: Option<(Status, String)>,
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
        let keys = keys.into_iter().map(|key| TrustedKey { key, principals: None, limit: None });
        Self { keys: keys.collect(), ..Self::default() }
    }

    /// Trusts the ECDSA keys of allowed signers that are valid at this time, and tells the others from unknown keys. Those that a
    /// revocation list names are refused.
    #[must_use]
    pub fn of_trust(trust: &Trust, at: Timestamp) -> Self {
        let keys = trust.ecdsa_lines(at).map(|(key, principals, limit)| TrustedKey {
            key,
            principals: Some(principals.to_owned()),
            limit,
        });
        Self { keys: keys.collect(), ..Self::default() }
    }

    /// Refuses the keys that the revocation lists of this trust name, also where a certificate is for such a key.
    #[must_use]
    pub fn revoke_by(mut self, trust: &Trust) -> Self {
        let revoked = self.keys.iter().filter(|trusted| trust.revokes_ecdsa(&trusted.key));
        self.revoked.extend(revoked.map(|trusted| trusted.key.key_id()));
        self.anchors.revoke_by(trust.revocations());
        self
    }

    /// Trusts signers whose certificates have a chain to one of these, and these themselves.
    #[must_use]
    pub fn of_certificates(anchors: Anchors) -> Self {
        Self { anchors, ..Self::default() }
    }

    /// Trusts identities that these authorities certified, and of them only those of which both the identity and the issuer are
    /// required: see [`with_identity`](Self::with_identity) and [`with_issuer`](Self::with_issuer).
    #[must_use]
    pub fn of_authorities(authorities: impl IntoIterator<Item = SharedAuthorities>) -> Self {
        Self { authorities: authorities.into_iter().collect(), ..Self::default() }
    }

    /// Trusts the signers of both, except for those that either revokes. If both have an identity, that of `self` is kept.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.keys.extend(other.keys);
        self.anchors.extend(other.anchors);
        self.authorities.extend(other.authorities);
        self.issuer = self.issuer.or(other.issuer);
        self.issuer_pattern = self.issuer_pattern.or(other.issuer_pattern);
        self.are_identities_elsewhere |= other.are_identities_elsewhere;
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
    /// identity except the principals of an allowed signer; without it, it is no longer trusted.
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

    /// Trusts, of the identities that authorities certified, only those for which this service vouched. Keys and chains of
    /// certificates stay trusted.
    #[must_use]
    pub fn with_issuer(self, issuer: impl Into<String>) -> Self {
        Self { issuer: Some(issuer.into()), ..self }
    }

    /// Like [`with_issuer`](Self::with_issuer), by a pattern with `*` for any text and `?` for one character.
    #[must_use]
    pub fn with_issuer_pattern(self, pattern: impl Into<String>) -> Self {
        Self { issuer_pattern: Some(pattern.into()), ..self }
    }

    /// Leaves to a policy which of the identities that authorities certified are trusted:
    /// [`crate::policy::Policy::names_identities`].
    #[must_use]
    pub fn with_identities_of_policy(self) -> Self {
        Self { are_identities_elsewhere: true, ..self }
    }

    /// Returns whether no signer is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.anchors.is_empty() && self.authorities.is_empty()
    }

    /// Returns whether a policy says which identities are trusted.
    #[must_use]
    pub fn leaves_identities_to_policy(&self) -> bool {
        self.are_identities_elsewhere
    }

    pub(super) fn authorities(&self) -> &[SharedAuthorities] {
        &self.authorities
    }

    /// Returns whether a certificate is revoked, by itself or by its key.
    pub(super) fn revokes_certificate(&self, certificate: &Certificate) -> bool {
        self.anchors.revokes(certificate)
    }

    /// Returns whether no key is trusted.
    pub(super) fn has_no_keys(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn anchors(&self) -> &Anchors {
        &self.anchors
    }

    /// Returns the keys that a bundle may mean by its hint: all of them if it gives none.
    pub(super) fn candidates(&self, hint: Option<&str>) -> impl Iterator<Item = &TrustedKey> {
        let is_meant = move |trusted: &&TrustedKey| {
            hint.is_none_or(|hint| trusted.key.pem_id() == hint || trusted.key.key_id() == hint)
        };
        self.keys.iter().filter(is_meant)
    }

    pub(super) fn is_revoked(&self, key: &EcdsaPublicKey) -> bool {
        self.revoked.contains(&key.pem_id()) || self.revoked.contains(&key.key_id())
    }

    /// Returns whether a signer has the required identity.
    pub(super) fn admits(&self, signer: &Signer) -> bool {
        match signer {
            Signer::Key { principals, .. } => self.identity.as_ref().is_none_or(|who| {
                !who.is_empty() && principals.as_ref().is_some_and(|list| principal_matches(who, list))
            }),
            Signer::Certificate { subject, names, .. } => {
                let is_subject = self.identity.as_ref().is_some_and(|who| is_same_subject(who, subject));
                // However the required subject is written, a pattern is compared with it as it is shown.
                let shown = if is_subject { self.identity.as_ref().unwrap_or(subject) } else { subject };
                self.admits_any(
                    &[std::slice::from_ref(shown), std::slice::from_ref(subject), names.as_slice()].concat(),
                )
            }
            Signer::Keyless { identity, issuer, .. } => self.admits_identity(identity, issuer),
        }
    }

    /// Returns whether an identity that an authority certified is trusted. Anyone can have one, so both it and the service that
    /// vouches for it must be required.
    pub(super) fn admits_identity(&self, identity: &str, issuer: &str) -> bool {
        let is_issuer = self.issuer.as_ref().is_none_or(|required| required == issuer)
            && self.issuer_pattern.as_ref().is_none_or(|pattern| matches(issuer, pattern));
        let is_required = self.are_identities_elsewhere
            || ((self.identity.is_some() || self.identity_pattern.is_some())
                && (self.issuer.is_some() || self.issuer_pattern.is_some()));
        is_required && is_issuer && self.admits_any(&[identity.to_owned()])
    }

    fn admits_any(&self, names: &[String]) -> bool {
        self.identity.as_ref().is_none_or(|who| !who.is_empty() && names.contains(who))
            && self.identity_pattern.as_ref().is_none_or(|pattern| names.iter().any(|name| matches(name, pattern)))
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
    pub(super) fn of_key(TrustedKey { key, principals, .. }: &TrustedKey) -> Self {
        Self::Key { id: key.pem_id(), curve: key.curve(), principals: principals.clone() }
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

    /// Returns the signer; `None` if no time is proven.
    pub(super) fn of_certified(found: Certified, certificate: &Certificate, root: &str) -> Option<Self> {
        let (signed_at, id) = (*found.times.first()?, certificate.fingerprint());
        Some(Self::Keyless { identity: found.identity, issuer: found.issuer, signed_at, id, root: root.to_owned() })
    }
}

/// Reads a list of revoked keys and certificates, and returns the SHA-256 of each in lower-case hex. It is in PEM, or a list of
/// fingerprints, one a line: hex with or without colons, as `openssl x509 -fingerprint -sha256` writes it or with a file name as in
/// the output of `sha256sum`. Returns `None` if the text is anything else.
#[must_use]
pub fn revoked_fingerprints(text: &str) -> Option<Vec<String>> {
    if text.contains("-----BEGIN ") {
        return revoked_in_pem(text);
    }
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
    let lines = lines.map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|line| !line.is_empty());
    let fingerprints: Option<Vec<String>> = lines.map(fingerprint).collect();
    fingerprints.filter(|fingerprints| !fingerprints.is_empty())
}

/// Reads one line of a list of fingerprints.
fn fingerprint(line: &str) -> Option<String> {
    let line =
        line.split_once('=').map_or(line, |(name, value)| match name.eq_ignore_ascii_case("sha256 fingerprint") {
            true => value,
            false => line,
        });
    let digits = line.split_whitespace().next()?.replace(':', "").to_ascii_lowercase();
    (digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(digits)
}

/// Reads keys and certificates in PEM.
fn revoked_in_pem(text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for block in text.split("-----BEGIN ").skip(1) {
        let block = format!("-----BEGIN {block}");
        if block.starts_with("-----BEGIN CERTIFICATE-----") {
            found.extend(Certificate::read_pem(&block).ok()?.iter().map(Certificate::fingerprint));
            continue;
        }
        let (body, _) = block.strip_prefix("-----BEGIN PUBLIC KEY-----")?.split_once("-----END PUBLIC KEY-----")?;
        found.push(match EcdsaPublicKey::parse(&block) {
            Ok(key) => key.key_id(),
            // A key of another algorithm has its name from the same bytes.
            Err(_) => {
                let der = Base64::decode_vec(&body.split_whitespace().collect::<String>()).ok()?;
                digest::sha256(&der).as_str().to_owned()
            }
        });
    }
    Some(found)
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
