//! The verifier's trust: keys with or without a principal, their validity and namespaces, and the revoked keys.
//!
//! None of it comes from the repository that is verified.

mod allowed_signers;
mod pattern;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::key::{KeyError, PublicKey};
use super::revoked::Revocations;
use super::ssh::{Certificate, Presence, Refusal, SshKey, SshPublicKey};
use super::status::Status;
use super::wire;
use super::{EcdsaPublicKey, Namespace};
use crate::source::Source;

pub use allowed_signers::{BadLine, Error, PassedOver, TimeError, parse_time};
pub use pattern::matches_list as principal_matches;

/// The keys that a verifier trusts, and for what. If several entries apply to a key, one that accepts it is enough. A
/// revocation overrides every entry.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    entries: Vec<Entry>,
    ecdsa: Vec<EcdsaEntry>,
    identity: Option<String>,
    /// Shared because they may be large.
    revocations: Vec<Arc<Revocations>>,
    verification_required: bool,
    passed_over: Vec<PassedOver>,
}

/// One trusted key and what it is trusted for.
#[derive(Debug, Clone)]
struct Entry {
    key: SshKey,
    /// A pattern list; `None` for a key without a principal.
    principals: Option<String>,
    /// The key certifies other keys; its own signatures are not accepted.
    authority: bool,
    /// A pattern list; `None` for every namespace.
    namespaces: Option<String>,
    /// The first second at which the key is valid, since 1970.
    valid_after: Option<i64>,
    /// The last second at which the key is valid, since 1970.
    valid_before: Option<i64>,
}

/// An ECDSA key that is trusted for signatures of OpenSSF Model Signing.
#[derive(Debug, Clone)]
struct EcdsaEntry {
    key: EcdsaPublicKey,
    /// A pattern list.
    principals: String,
    /// A pattern list; `None` for every namespace.
    namespaces: Option<String>,
    /// The first second at which the key is valid, since 1970.
    valid_after: Option<i64>,
    /// The last second at which the key is valid, since 1970.
    valid_before: Option<i64>,
}

/// How the verifier's trust applies to the signer of an intact signature.
#[derive(Debug)]
pub(super) struct TrustDecision {
    pub(super) status: Status,
    pub(super) principal: Option<String>,
    pub(super) reason: String,
}

impl Trust {
    /// Trusts no key: no signature can be better than intact but untrusted.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Trusts keys without a principal, at all times and in all namespaces.
    #[must_use]
    pub fn of_keys(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        Self { entries: keys.into_iter().map(|key| Entry::bare(SshKey::Ed25519(key))).collect(), ..Self::default() }
    }

    /// Trusts the key in a public key file: anything that [`PublicKey::parse`] reads, or the line of a FIDO key.
    ///
    /// # Errors
    /// The errors of [`PublicKey::parse`], and [`KeyError::Syntax`] for a certificate.
    pub fn of_key_text(text: &str) -> Result<Self, KeyError> {
        match SshKey::parse_text(text)? {
            SshKey::Certificate(_) => Err(KeyError::Syntax("this is a certificate; trust its authority instead")),
            key => Ok(Self { entries: vec![Entry::bare(key)], ..Self::default() }),
        }
    }

    /// Trusts the signers of an OpenSSH `allowed_signers` file.
    ///
    /// Lines mean the same as for `ssh-keygen -Y verify` (ssh-keygen(1), "ALLOWED SIGNERS"), except that a line that
    /// `ssh-keygen` would skip with a message is an error. Lines with keys of types that cannot be verified with are
    /// [passed over](Self::passed_over).
    ///
    /// Times without `Z` are in `time_zone`; `ssh-keygen` uses that of the system. If it is [`TimeZone::unknown`], such
    /// times are errors: read as UTC, a key could be valid for hours after it expired.
    ///
    /// # Errors
    /// [`Error`] with every line that cannot be used.
    pub fn of_allowed_signers(source: &Source, time_zone: &TimeZone) -> Result<Self, Error> {
        let allowed_signers::Read { entries, ecdsa, passed_over } = allowed_signers::read(source, time_zone)?;
        Ok(Self { entries, ecdsa, passed_over, ..Self::default() })
    }

    /// Returns the lines of `allowed_signers` files that were passed over, because signatures by keys of their types, such
    /// as RSA or post-quantum types, cannot be verified.
    #[must_use]
    pub fn passed_over(&self) -> &[PassedOver] {
        &self.passed_over
    }

    /// Trusts signers only as `who`: the principals of a line must match it, as with `ssh-keygen -Y verify -I`.
    ///
    /// A key that is trusted without a principal matches no name, so it is no longer trusted.
    #[must_use]
    pub fn with_identity(self, who: String) -> Self {
        Self { identity: Some(who), ..self }
    }

    /// Trusts the keys of both. If both have an identity, that of `self` is kept.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self.revocations.extend(other.revocations);
        self.ecdsa.extend(other.ecdsa);
        self.passed_over.extend(other.passed_over);
        self.identity = self.identity.or(other.identity);
        self.verification_required |= other.verification_required;
        self
    }

    /// Rejects the revoked keys, regardless of any entry that trusts them.
    #[must_use]
    pub fn revoke(mut self, revocations: Revocations) -> Self {
        self.revocations.push(Arc::new(revocations));
        self
    }

    /// Requires a PIN or a fingerprint for every signature by a FIDO key. A touch is always required.
    #[must_use]
    pub fn require_user_verification(self) -> Self {
        Self { verification_required: true, ..self }
    }

    /// Returns a trust in only the keys of these lines of public key files. A key keeps the entries that allow it to
    /// sign statements; a key without such entries is trusted without a principal. Requirements for signers and
    /// revocations stay.
    ///
    /// # Errors
    /// The errors of [`Trust::of_key_text`].
    pub fn narrowed_to(&self, lines: &[String]) -> Result<Self, KeyError> {
        let mut entries = Vec::new();
        for line in lines {
            let bare = Self::of_key_text(line)?.entries;
            let may_sign_statements = |entry: &&Entry| {
                let in_namespace =
                    entry.namespaces.as_ref().is_none_or(|list| pattern::matches_list(super::NAMESPACE, list));
                !entry.authority && in_namespace && bare.iter().any(|bare| bare.key == entry.key)
            };
            let known: Vec<Entry> = self.entries.iter().filter(may_sign_statements).cloned().collect();
            entries.extend(if known.is_empty() { bare } else { known });
        }
        Ok(Self { entries, ..self.clone() })
    }

    /// Tells whether no key is trusted for statements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns whether the trust knows the key that an SSHSIG file names, or the authority that certified it. Whether the
    /// signature holds, and whether the key is trusted for it, is not checked.
    #[must_use]
    pub fn knows_signer_of(&self, sshsig: &[u8]) -> bool {
        super::sshsig::signer(sshsig).is_some_and(|signer| self.knows(&signer))
    }

    /// Returns what names the keys that the trust knows, to look for in texts.
    #[must_use]
    pub fn key_names(&self) -> KeyNames {
        let mut names = KeyNames::default();
        for key in self.plain_keys() {
            names.hex.extend([key.key_id().into_bytes(), key.pem_id().into_bytes()]);
            names.base64.extend(in_base64(key).map(String::into_bytes));
        }
        names
    }

    /// Returns whether the trust knows a key, or the authority that certified it.
    pub(super) fn knows(&self, signer: &SshKey) -> bool {
        self.entries.iter().any(|entry| match signer {
            SshKey::Certificate(certificate) if entry.authority => entry.key.to_blob() == certificate.authority_blob(),
            SshKey::Certificate(certificate) => entry.key == *certificate.subject(),
            key => !entry.authority && entry.key == *key,
        })
    }

    /// Returns the ECDSA keys that are trusted at this time for signatures of OpenSSF Model Signing, each with its principals:
    /// those of lines for every namespace, or for that of statements.
    pub fn ecdsa_keys(&self, at: Timestamp) -> impl Iterator<Item = (EcdsaPublicKey, &str)> {
        self.ecdsa_lines(at).filter(|(_, _, limit)| limit.is_none()).map(|(key, principals, _)| (key, principals))
    }

    /// Returns every ECDSA key with its principals, and why it is not trusted at this time for signatures of OpenSSF Model
    /// Signing, if it is not.
    pub(crate) fn ecdsa_lines(
        &self,
        at: Timestamp,
    ) -> impl Iterator<Item = (EcdsaPublicKey, &str, Option<(Status, String)>)> {
        self.ecdsa.iter().map(move |entry| {
            let validity = (entry.valid_after, entry.valid_before);
            let limit = limit(entry.namespaces.as_deref(), validity, Namespace::Openness, at);
            (entry.key, entry.principals.as_str(), limit)
        })
    }

    /// Returns whether there is a line of an allowed signer with an ECDSA key.
    #[must_use]
    pub fn has_ecdsa_keys(&self) -> bool {
        !self.ecdsa.is_empty()
    }

    /// Returns whether a revocation list names this key.
    #[must_use]
    pub fn revokes_ecdsa(&self, key: &EcdsaPublicKey) -> bool {
        self.revocations.iter().any(|list| list.has_key(&key.to_blob()))
    }

    /// Returns the lists of revoked keys.
    #[cfg(feature = "oms")]
    pub(crate) fn revocations(&self) -> &[Arc<Revocations>] {
        &self.revocations
    }

    /// Returns the key ids of the keys that are trusted themselves ([`SshPublicKey::key_id`]).
    pub fn key_ids(&self) -> impl Iterator<Item = String> {
        let keys = self.entries.iter().filter(|entry| !entry.authority);
        keys.map(|entry| SshPublicKey::of(&entry.key).key_id())
    }

    /// Returns the keys whose signatures may be in files that do not contain the key.
    pub(super) fn plain_keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.entries.iter().filter_map(|entry| match &entry.key {
            SshKey::Ed25519(key) if !entry.authority => Some(key),
            _ => None,
        })
    }

    /// Decides about the signer of an intact signature that was made in `namespace`.
    pub(super) fn decide(
        &self,
        signer: &SshKey,
        namespace: Namespace,
        presence: Presence,
        at: Timestamp,
    ) -> TrustDecision {
        let decision = self.decide_by_entries(signer, namespace, presence, at);
        match self.revocations.iter().find_map(|list| list.find(signer)) {
            // Whose key it is remains worth saying.
            Some(reason) => TrustDecision { status: Status::Revoked, principal: decision.principal, reason },
            None => decision,
        }
    }

    /// Decides without regard to revocations.
    fn decide_by_entries(
        &self,
        signer: &SshKey,
        namespace: Namespace,
        presence: Presence,
        at: Timestamp,
    ) -> TrustDecision {
        let mut decision =
            TrustDecision::refused(Status::Untrusted, "intact, but the key is not trusted by the verifier");
        for entry in &self.entries {
            match entry.decide(signer, namespace, self.identity.as_deref(), at) {
                None => {}
                Some(found) if found.status == Status::Good => {
                    decision = found;
                    break;
                }
                // Of several refusals, an expired or future key is reported before an untrusted one.
                Some(found) if decision.status == Status::Untrusted => decision = found,
                Some(_) => {}
            }
        }
        if decision.status == Status::Good && self.verification_required && presence == Presence::Touched {
            return TrustDecision::refused(
                Status::Untrusted,
                "intact, but the security key did not ask for a PIN or fingerprint",
            );
        }
        decision
    }
}

/// What names the keys that a trust knows.
#[derive(Debug, Default)]
pub struct KeyNames {
    /// Names of keys in hex.
    hex: BTreeSet<Vec<u8>>,
    /// Parts of keys in base64.
    base64: BTreeSet<Vec<u8>>,
}

impl KeyNames {
    /// The length of the names in hex.
    const HEX: usize = 64;
    /// The number of bytes of a key that are looked for in base64.
    const PART: usize = 27;

    /// Returns whether one of the keys, or its name, is near the start or the end of a text, such as a signature that cannot be
    /// read. Each byte is looked at once, however many keys there are.
    #[must_use]
    pub fn are_in(&self, text: &[u8]) -> bool {
        const NEAR: usize = 64 << 10;
        let parts = [text.get(..NEAR).unwrap_or(text), text.get(text.len().saturating_sub(NEAR)..).unwrap_or_default()];
        parts.iter().any(|part| {
            // Base64 may be in lines of any length.
            let part: Vec<u8> = part.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            part.windows(Self::HEX).any(|window| self.hex.contains(window))
                || part.windows(Self::PART / 3 * 4).any(|window| self.base64.contains(window))
        })
    }
}

/// Returns texts of which one is in the base64 of whatever contains a key, wherever the key begins in it.
fn in_base64(key: &PublicKey) -> [String; 3] {
    [0, 1, 2].map(|skipped| wire::encode_base64(&key.as_bytes()[skipped..skipped + KeyNames::PART]))
}

/// Returns why a line does not let its key sign in a namespace at a time; `validity` are the first and the last second at which
/// the key is valid, since 1970.
fn limit(
    namespaces: Option<&str>,
    validity: (Option<i64>, Option<i64>),
    namespace: Namespace,
    at: Timestamp,
) -> Option<(Status, String)> {
    if let Some(namespaces) = namespaces
        && !pattern::matches_list(namespace.as_str(), namespaces)
    {
        let (trusted, wanted) = (namespaces.escape_debug(), namespace.as_str());
        let reason = format!(
            "intact, but the key is trusted only for the namespaces `{trusted}`, which do not include `{wanted}`"
        );
        return Some((Status::Untrusted, reason));
    }
    let second = at.as_second();
    match validity {
        (Some(after), _) if second < after => {
            let reason = format!("the key is valid only after {}; {}", format_time(after), as_of(at));
            Some((Status::NotYetValid, reason))
        }
        (_, Some(before)) if second > before => {
            let reason = format!("the key was valid only until {}; {}", format_time(before), as_of(at));
            Some((Status::Expired, reason))
        }
        _ => None,
    }
}

impl SshPublicKey {
    /// Trusts only this key, or this exact certificate, without a principal: enough for the holder of the key to verify
    /// its own signatures.
    #[must_use]
    pub fn to_trust(&self) -> Trust {
        Trust { entries: vec![Entry::bare(self.key.clone())], ..Trust::default() }
    }
}

impl TrustDecision {
    fn refused(status: Status, reason: impl Into<String>) -> Self {
        Self { status, principal: None, reason: reason.into() }
    }
}

impl Entry {
    fn bare(key: SshKey) -> Self {
        Self { key, principals: None, authority: false, namespaces: None, valid_after: None, valid_before: None }
    }

    /// Decides about a signer, or returns `None` if the entry is about another key.
    fn decide(
        &self,
        signer: &SshKey,
        namespace: Namespace,
        identity: Option<&str>,
        at: Timestamp,
    ) -> Option<TrustDecision> {
        let principal = match signer {
            SshKey::Certificate(certificate) if self.authority => {
                if self.key.to_blob() != certificate.authority_blob() {
                    return None;
                }
                self.principal_of_certificate(certificate, identity, at)
            }
            _ if !self.authority && self.key == *signer => self.principal_of_key(identity),
            _ => return None,
        };
        Some(principal.and_then(|principal| self.admit(principal, namespace, at)).unwrap_or_else(|refusal| refusal))
    }

    /// Checks namespace and validity for the principal that was found.
    fn admit(
        &self,
        principal: Option<String>,
        namespace: Namespace,
        at: Timestamp,
    ) -> Result<TrustDecision, TrustDecision> {
        let validity = (self.valid_after, self.valid_before);
        match limit(self.namespaces.as_deref(), validity, namespace, at) {
            None => {}
            Some((Status::Untrusted, reason)) => return Err(TrustDecision::refused(Status::Untrusted, reason)),
            Some((status, reason)) => return Err(TrustDecision { status, principal, reason }),
        }
        let reason = match &principal {
            Some(who) => format!("the key is trusted for `{}`", who.escape_debug()),
            None => "the key is trusted".to_owned(),
        };
        Ok(TrustDecision { status: Status::Good, principal, reason })
    }

    fn principal_of_key(&self, identity: Option<&str>) -> Result<Option<String>, TrustDecision> {
        match (identity, &self.principals) {
            // Probably an unset variable instead of a name; `ssh-keygen` accepts it if `*` is trusted.
            (Some(""), _) => Err(not_for("")),
            (None, principals) => Ok(principals.clone()),
            (Some(who), Some(principals)) if pattern::matches_list(who, principals) => Ok(Some(who.to_owned())),
            (Some(who), _) => Err(not_for(who)),
        }
    }

    fn principal_of_certificate(
        &self,
        certificate: &Certificate,
        identity: Option<&str>,
        at: Timestamp,
    ) -> Result<Option<String>, TrustDecision> {
        let at_another_time = match certificate.check(&self.key, at.as_second()) {
            Ok(()) => None,
            Err(Refusal::NotYetValid) => Some((Status::NotYetValid, "the certificate is not yet valid")),
            Err(Refusal::Expired) => Some((Status::Expired, "the certificate has expired")),
            Err(Refusal::Other(reason)) => return Err(TrustDecision::refused(Status::Untrusted, reason)),
        };
        let principal = self.allowed_principal(certificate, identity)?;
        match at_another_time {
            None => Ok(principal),
            Some((status, reason)) => {
                Err(TrustDecision { status, principal, reason: format!("{reason}; {}", as_of(at)) })
            }
        }
    }

    /// Returns the principals of a certificate that the authority may certify; of these only `identity`, if it is given.
    fn allowed_principal(
        &self,
        certificate: &Certificate,
        identity: Option<&str>,
    ) -> Result<Option<String>, TrustDecision> {
        let patterns = self.principals.as_deref().unwrap_or("");
        let mut allowed = certificate
            .principals()
            .iter()
            .map(String::as_str)
            .filter(|principal| pattern::matches_list(principal, patterns));
        match identity {
            Some("") => Err(not_for("")),
            Some(who) => {
                allowed.find(|principal| *principal == who).map(|who| Some(who.to_owned())).ok_or_else(|| not_for(who))
            }
            None => match allowed.collect::<Vec<_>>().as_slice() {
                [] => Err(TrustDecision::refused(
                    Status::Untrusted,
                    "the certificate lists no principal that its authority may certify",
                )),
                principals => Ok(Some(principals.join(","))),
            },
        }
    }
}

fn not_for(who: &str) -> TrustDecision {
    TrustDecision::refused(
        Status::Untrusted,
        format!("intact, but the key is not trusted for `{}`", who.escape_debug()),
    )
}

/// Says by which time validity was checked.
fn as_of(at: Timestamp) -> String {
    format!("it is checked as of {}", format_time(at.as_second()))
}

/// Formats a time in seconds since 1970 as RFC 3339, if it is in the range of that format.
fn format_time(second: i64) -> String {
    Timestamp::from_second(second).map_or_else(|_| second.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;
    use crate::sign::SecretKey;

    /// Returns a new key and its line in a public key file.
    fn key() -> (SshKey, String) {
        let key = *SecretKey::generate().unwrap().public();
        (SshKey::Ed25519(key), key.to_openssh(""))
    }

    fn trust(lines: &[String]) -> Trust {
        Trust::of_allowed_signers(&Source::new("allowed", lines.join("\n")), &TimeZone::UTC).unwrap()
    }

    fn status(trust: &Trust, signer: &SshKey) -> Status {
        let at = "2026-01-01T00:00:00Z".parse().unwrap();
        trust.decide(signer, Namespace::Openness, Presence::Unknown, at).status
    }

    #[test]
    fn trust_is_empty_only_without_trusted_keys() {
        let (_, line) = key();
        assert!(Trust::none().is_empty());
        assert!(Trust::none().with_identity("me".to_owned()).is_empty());
        assert!(!trust(&[format!("me {line}")]).is_empty());
        assert!(!Trust::of_key_text(&line).unwrap().is_empty());
    }

    #[test]
    fn signatures_made_by_an_authority_itself_are_untrusted() {
        let ((SshKey::Ed25519(plain), line), (authority, authority_line)) = (key(), key()) else { unreachable!() };
        let both = trust(&[format!("me cert-authority {authority_line}"), format!("me {line}")]);
        assert_eq!(both.plain_keys().collect::<Vec<_>>(), [&plain]);
        assert_eq!(status(&both, &authority), Status::Untrusted);
    }

    #[test]
    fn an_expired_entry_is_reported_before_an_untrusted_one() {
        let (signer, line) = key();
        let expired = format!("me valid-before=\"20250101Z\" {line}");
        let not_yet = format!("me valid-after=\"20270101Z\" {line}");
        let for_others = format!("me namespaces=\"git\" {line}");
        let good = format!("me {line}");
        for (lines, expected) in [
            // An accepting entry overrides refusals, in any order.
            ([&expired, &good], Status::Good),
            ([&good, &expired], Status::Good),
            ([&expired, &for_others], Status::Expired),
            ([&for_others, &expired], Status::Expired),
            ([&not_yet, &expired], Status::NotYetValid),
            ([&expired, &not_yet], Status::Expired),
        ] {
            assert_eq!(status(&trust(&lines.map(Clone::clone)), &signer), expected, "{lines:?}");
        }
    }

    #[test]
    fn the_reason_says_when_the_key_is_valid() {
        let (signer, line) = key();
        let at = "2026-01-01T00:00:00Z".parse().unwrap();
        for (options, reason) in [
            ("valid-before=\"20250101Z\"", "the key was valid only until 2025-01-01T00:00:00Z"),
            ("valid-after=\"20270101Z\"", "the key is valid only after 2027-01-01T00:00:00Z"),
            // Later than RFC 3339 can express.
            ("valid-after=\"99991231235959Z\"", "the key is valid only after 253402300799"),
        ] {
            let trust = trust(&[format!("me {options} {line}")]);
            let found = trust.decide(&signer, Namespace::Openness, Presence::Unknown, at).reason;
            assert_eq!(found, format!("{reason}; it is checked as of 2026-01-01T00:00:00Z"));
        }
    }

    #[test]
    fn a_key_that_is_trusted_at_another_time_or_revoked_keeps_its_principal() {
        let (signer, line) = key();
        let SshKey::Ed25519(plain) = &signer else { unreachable!() };
        let principal = |trust: &Trust| {
            let at = "2026-01-01T00:00:00Z".parse().unwrap();
            let decision = trust.decide(&signer, Namespace::Openness, Presence::Unknown, at);
            (decision.status, decision.principal)
        };
        let me = || Some("me@example.org".to_owned());
        let listed = |options: &str| trust(&[format!("me@example.org {options}{line}")]);
        assert_eq!(principal(&listed("")), (Status::Good, me()));
        assert_eq!(principal(&listed("valid-before=\"20250101Z\" ")), (Status::Expired, me()));
        assert_eq!(principal(&listed("valid-after=\"20270101Z\" ")), (Status::NotYetValid, me()));
        for options in ["", "valid-before=\"20250101Z\" "] {
            let revoked = listed(options).revoke(Revocations::of_keys([*plain]));
            assert_eq!(principal(&revoked), (Status::Revoked, me()));
        }
        // What the list does not say about this key and this purpose names nobody.
        let unlisted = Trust::none().revoke(Revocations::of_keys([*plain]));
        assert_eq!(principal(&unlisted), (Status::Revoked, None));
        assert_eq!(principal(&listed("namespaces=\"git\" ")), (Status::Untrusted, None));
        let expired = listed("valid-before=\"20250101Z\" ");
        assert_eq!(principal(&expired.clone().with_identity("me@example.org".to_owned())), (Status::Expired, me()));
        assert_eq!(principal(&expired.with_identity("you@example.org".to_owned())), (Status::Untrusted, None));
    }

    #[test]
    fn narrowed_trust_keeps_the_entries_of_the_given_keys() {
        let ((expired, expired_line), (other, other_line)) = (key(), key());
        let ((authority, authority_line), (for_git, for_git_line)) = (key(), key());
        let all = trust(&[
            format!("me valid-before=\"20250101Z\" {expired_line}"),
            format!("me {other_line}"),
            format!("me cert-authority {authority_line}"),
            format!("me namespaces=\"git\" {for_git_line}"),
        ]);
        let signers = [&expired, &other, &authority, &for_git];
        let statuses = |lines: &[&String]| {
            let lines: Vec<String> = lines.iter().copied().cloned().collect();
            let narrowed = all.narrowed_to(&lines).unwrap();
            signers.map(|signer| status(&narrowed, signer))
        };
        const NO: Status = Status::Untrusted;
        assert_eq!(statuses(&[&expired_line]), [Status::Expired, NO, NO, NO]);
        assert_eq!(statuses(&[&other_line]), [NO, Status::Good, NO, NO]);
        // No entry allows these to sign statements, so they are trusted without a principal.
        assert_eq!(statuses(&[&authority_line, &for_git_line]), [NO, NO, Status::Good, Status::Good]);
        assert_eq!(statuses(&[]), [NO; 4]);
    }

    #[test]
    fn merged_trust_has_the_keys_and_requirements_of_both() {
        let ((one, one_line), (two, two_line)) = (key(), key());
        let both = trust(&[format!("me {one_line}")]).merge(trust(&[format!("you {two_line}")]));
        assert_eq!([&one, &two].map(|signer| status(&both, signer)), [Status::Good; 2]);

        // A requirement of one of them applies to both.
        let touched = |trust: Trust| {
            let at = "2026-01-01T00:00:00Z".parse().unwrap();
            trust.decide(&one, Namespace::Openness, Presence::Touched, at).status
        };
        let lax = || trust(&[format!("me {one_line}")]);
        let strict = || lax().require_user_verification();
        assert_eq!(touched(lax().merge(lax())), Status::Good);
        for trust in [strict().merge(lax()), lax().merge(strict()), strict().merge(strict())] {
            assert_eq!(touched(trust), Status::Untrusted);
        }
    }
}
