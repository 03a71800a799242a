//! Whom the verifier trusts: keys given by name or without, for how long, for what, and which of them are revoked.
//!
//! Nothing here comes from the repository that is verified.

mod allowed_signers;
mod pattern;

use std::sync::Arc;

use jiff::Timestamp;

use super::Namespace;
use super::certificate::{Certificate, Refusal};
use super::envelope::Status;
use super::key::{KeyError, PublicKey};
use super::revoked::Revocations;
use super::ssh::{Presence, SshKey};
use crate::source::Source;

pub use allowed_signers::{BadLine, Error, parse_time};
pub use pattern::matches_list as principal_matches;

/// Keys that count, and rules about them. Where several entries speak for a key, one that lets it pass is enough; a
/// revocation always wins.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    entries: Vec<Entry>,
    identity: Option<String>,
    /// Shared, as they may be large.
    revocations: Vec<Arc<Revocations>>,
    verification_required: bool,
}

/// One trusted key and what it is trusted for.
#[derive(Debug, Clone)]
struct Entry {
    key: SshKey,
    /// A pattern list; `None` for a key that was given without a name.
    principals: Option<String>,
    /// The key certifies others and signs nothing itself.
    authority: bool,
    /// A pattern list.
    namespaces: Option<String>,
    /// Seconds since 1970; both ends are still valid.
    valid_after: Option<i64>,
    valid_before: Option<i64>,
}

/// What the verifier's trust says of a signer whose signature holds.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) status: Status,
    pub(super) principal: Option<String>,
    pub(super) reason: String,
}

impl Trust {
    /// Trusts nobody: the best that a signature can be is intact.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Trusts bare keys, for nobody in particular and without end.
    #[must_use]
    pub fn of_keys(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        Self { entries: keys.into_iter().map(|key| Entry::bare(SshKey::Ed25519(key))).collect(), ..Self::default() }
    }

    /// Trusts the key of a public key file: what [`PublicKey::parse`] reads, or the line of a FIDO key.
    ///
    /// # Errors
    /// As [`PublicKey::parse`]; a certificate is no key.
    pub fn of_key_text(text: &str) -> Result<Self, KeyError> {
        match SshKey::parse_text(text)? {
            SshKey::Certificate(_) => Err(KeyError::Syntax("it is a certificate; trust its authority instead")),
            key => Ok(Self::of_signer(key)),
        }
    }

    /// Trusts a key, or a very certificate, for nobody in particular.
    pub(super) fn of_signer(key: SshKey) -> Self {
        Self { entries: vec![Entry::bare(key)], ..Self::default() }
    }

    /// Trusts the signers of an OpenSSH `allowed_signers` file.
    ///
    /// Lines are judged as `ssh-keygen -Y verify` judges them, but a line that it would pass over with a complaint is an
    /// error here. Dates without `Z` are in the system's time zone.
    ///
    /// # Errors
    /// Every line that cannot be used, with its number and why.
    pub fn of_allowed_signers(source: &Source) -> Result<Self, Error> {
        Ok(Self { entries: allowed_signers::read(source, jiff::tz::TimeZone::system)?, ..Self::default() })
    }

    /// Trusts signers only as `who`: a line's principals must match it, as with `ssh-keygen -Y verify -I`.
    ///
    /// A bare key speaks for nobody by name, and so no more for anybody.
    #[must_use]
    pub fn with_identity(self, who: String) -> Self {
        Self { identity: Some(who), ..self }
    }

    /// Trusts both. Of two identities the first is kept.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self.revocations.extend(other.revocations);
        self.identity = self.identity.or(other.identity);
        self.verification_required |= other.verification_required;
        self
    }

    /// Trusts none of these, whatever else is said.
    #[must_use]
    pub fn revoke(mut self, revocations: Revocations) -> Self {
        self.revocations.push(Arc::new(revocations));
        self
    }

    /// Demands of FIDO keys a PIN or a fingerprint with every signature. A touch is always demanded.
    #[must_use]
    pub fn require_user_verification(self) -> Self {
        Self { verification_required: true, ..self }
    }

    /// Trusts, in place of everybody, only the keys of these lines of public key files: as the entries about them say, or
    /// bare where no entry lets them speak for us. What is demanded of signers stays, and so does what is revoked.
    ///
    /// # Errors
    /// As [`Trust::of_key_text`].
    pub fn narrowed_to(&self, lines: &[String]) -> Result<Self, KeyError> {
        let mut entries = Vec::new();
        for line in lines {
            let bare = Self::of_key_text(line)?.entries;
            let speaks = |entry: &&Entry| {
                let is_ours =
                    entry.namespaces.as_ref().is_none_or(|list| pattern::matches_list(super::NAMESPACE, list));
                !entry.authority && is_ours && bare.iter().any(|bare| bare.key == entry.key)
            };
            let known: Vec<Entry> = self.entries.iter().filter(speaks).cloned().collect();
            entries.extend(if known.is_empty() { bare } else { known });
        }
        Ok(Self { entries, ..self.clone() })
    }

    /// Tells whether no key at all is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The keys that can make signatures without saying which key made them.
    pub(super) fn plain_keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.entries.iter().filter_map(|entry| match &entry.key {
            SshKey::Ed25519(key) if !entry.authority => Some(key),
            _ => None,
        })
    }

    /// Judges the maker of a signature that holds, which was made for `namespace`.
    pub(super) fn judge(&self, signer: &SshKey, namespace: Namespace, presence: Presence, at: Timestamp) -> Judgement {
        if let Some(reason) = self.revocations.iter().find_map(|list| list.find(signer)) {
            return Judgement { status: Status::Revoked, principal: None, reason };
        }
        let mut judgement = Judgement::refused(Status::Untrusted, "intact, but the key is not trusted by the verifier");
        for entry in &self.entries {
            match entry.judge(signer, namespace, self.identity.as_deref(), at) {
                None => {}
                Some(found) if found.status == Status::Good => {
                    judgement = found;
                    break;
                }
                // Of several refusals, a key once trusted says more than one never trusted so.
                Some(found) if judgement.status == Status::Untrusted => judgement = found,
                Some(_) => {}
            }
        }
        if judgement.status == Status::Good && self.verification_required && presence == Presence::Touched {
            return Judgement::refused(
                Status::Untrusted,
                "intact, but the security key did not ask for PIN or fingerprint",
            );
        }
        judgement
    }
}

impl Judgement {
    fn refused(status: Status, reason: impl Into<String>) -> Self {
        Self { status, principal: None, reason: reason.into() }
    }
}

impl Entry {
    fn bare(key: SshKey) -> Self {
        Self { key, principals: None, authority: false, namespaces: None, valid_after: None, valid_before: None }
    }

    /// `None` where the entry is about another key.
    fn judge(&self, signer: &SshKey, namespace: Namespace, identity: Option<&str>, at: Timestamp) -> Option<Judgement> {
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

    /// Judges namespace and validity, for a principal that was found.
    fn admit(&self, principal: Option<String>, namespace: Namespace, at: Timestamp) -> Result<Judgement, Judgement> {
        if let Some(namespaces) = &self.namespaces
            && !pattern::matches_list(namespace.as_str(), namespaces)
        {
            let (trusted, wanted) = (namespaces.escape_debug(), namespace.as_str());
            return Err(Judgement::refused(
                Status::Untrusted,
                format!(
                    "intact, but the key is trusted only for the namespaces `{trusted}`; for this it needs `{wanted}` among them"
                ),
            ));
        }
        let second = at.as_second();
        if let Some(after) = self.valid_after
            && second < after
        {
            return Err(Judgement::refused(
                Status::NotYetValid,
                format!("the key is valid only after {}", shown(after)),
            ));
        }
        if let Some(before) = self.valid_before
            && second > before
        {
            return Err(Judgement::refused(Status::Expired, format!("the key was valid only until {}", shown(before))));
        }
        let reason = match &principal {
            Some(who) => format!("the key is trusted for `{}`", who.escape_debug()),
            None => "the key is trusted".to_owned(),
        };
        Ok(Judgement { status: Status::Good, principal, reason })
    }

    fn principal_of_key(&self, identity: Option<&str>) -> Result<Option<String>, Judgement> {
        match (identity, &self.principals) {
            // A variable that was not set, rather than somebody; `ssh-keygen` lets it pass where `*` is trusted.
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
    ) -> Result<Option<String>, Judgement> {
        certificate.judge(&self.key, at.as_second()).map_err(|refusal| match refusal {
            Refusal::NotYetValid => Judgement::refused(Status::NotYetValid, "the certificate is not yet valid"),
            Refusal::Expired => Judgement::refused(Status::Expired, "the certificate has expired"),
            Refusal::Other(reason) => Judgement::refused(Status::Untrusted, reason),
        })?;
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
                [] => Err(Judgement::refused(
                    Status::Untrusted,
                    "the certificate is for nobody whom its authority may certify",
                )),
                principals => Ok(Some(principals.join(","))),
            },
        }
    }
}

fn not_for(who: &str) -> Judgement {
    Judgement::refused(Status::Untrusted, format!("intact, but the key is not trusted for `{}`", who.escape_debug()))
}

fn shown(second: i64) -> String {
    Timestamp::from_second(second).map_or_else(|_| second.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;
    use crate::sign::SecretKey;

    /// A line of a public key file.
    fn key() -> (SshKey, String) {
        let key = *SecretKey::generate().unwrap().public();
        (SshKey::Ed25519(key), key.to_openssh(""))
    }

    fn trust(lines: &[String]) -> Trust {
        Trust::of_allowed_signers(&Source::new("allowed", lines.join("\n"))).unwrap()
    }

    fn status(trust: &Trust, signer: &SshKey) -> Status {
        let at = "2026-01-01T00:00:00Z".parse().unwrap();
        trust.judge(signer, Namespace::Openness, Presence::Unknown, at).status
    }

    #[test]
    fn trust_is_empty_where_no_key_is_trusted_and_not_otherwise() {
        let (_, line) = key();
        assert!(Trust::none().is_empty());
        assert!(Trust::none().with_identity("me".to_owned()).is_empty());
        assert!(!trust(&[format!("me {line}")]).is_empty());
        assert!(!Trust::of_key_text(&line).unwrap().is_empty());
    }

    #[test]
    fn an_authority_makes_no_plain_signatures() {
        let ((SshKey::Ed25519(plain), line), (authority, authority_line)) = (key(), key()) else { unreachable!() };
        let both = trust(&[format!("me cert-authority {authority_line}"), format!("me {line}")]);
        assert_eq!(both.plain_keys().collect::<Vec<_>>(), [&plain]);
        assert_eq!(status(&both, &authority), Status::Untrusted);
    }

    #[test]
    fn of_several_refusals_that_of_a_key_once_trusted_is_told() {
        let (signer, line) = key();
        let expired = format!("me valid-before=\"20250101Z\" {line}");
        let not_yet = format!("me valid-after=\"20270101Z\" {line}");
        let for_others = format!("me namespaces=\"git\" {line}");
        let good = format!("me {line}");
        for (lines, expected) in [
            // One that is good is better than any refusal, wherever it stands.
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
    fn of_a_key_at_another_time_it_is_told_when_it_counts() {
        let (signer, line) = key();
        let at = "2026-01-01T00:00:00Z".parse().unwrap();
        for (options, reason) in [
            ("valid-before=\"20250101Z\"", "the key was valid only until 2025-01-01T00:00:00Z"),
            ("valid-after=\"20270101Z\"", "the key is valid only after 2027-01-01T00:00:00Z"),
            // Later than any time that is written so.
            ("valid-after=\"99991231235959Z\"", "the key is valid only after 253402300799"),
        ] {
            let trust = trust(&[format!("me {options} {line}")]);
            assert_eq!(trust.judge(&signer, Namespace::Openness, Presence::Unknown, at).reason, reason);
        }
    }

    #[test]
    fn narrowed_trust_is_of_the_keys_given_as_their_entries_say() {
        let ((expired, expired_line), (other, other_line)) = (key(), key());
        let ((authority, authority_line), (for_git, for_git_line)) = (key(), key());
        let all = trust(&[
            format!("me valid-before=\"20250101Z\" {expired_line}"),
            format!("me {other_line}"),
            format!("me cert-authority {authority_line}"),
            format!("me namespaces=\"git\" {for_git_line}"),
        ]);
        let signers = [&expired, &other, &authority, &for_git];
        let judged = |lines: &[&String]| {
            let lines: Vec<String> = lines.iter().copied().cloned().collect();
            let narrowed = all.narrowed_to(&lines).unwrap();
            signers.map(|signer| status(&narrowed, signer))
        };
        const NO: Status = Status::Untrusted;
        assert_eq!(judged(&[&expired_line]), [Status::Expired, NO, NO, NO]);
        assert_eq!(judged(&[&other_line]), [NO, Status::Good, NO, NO]);
        // No entry lets these sign statements; who asks for the very key gets it bare.
        assert_eq!(judged(&[&authority_line, &for_git_line]), [NO, NO, Status::Good, Status::Good]);
        assert_eq!(judged(&[]), [NO; 4]);
    }

    #[test]
    fn merged_trust_is_of_both() {
        let ((one, one_line), (two, two_line)) = (key(), key());
        let both = trust(&[format!("me {one_line}")]).merge(trust(&[format!("you {two_line}")]));
        assert_eq!([&one, &two].map(|signer| status(&both, signer)), [Status::Good; 2]);

        // What one of them demands is demanded.
        let touched = |trust: Trust| {
            let at = "2026-01-01T00:00:00Z".parse().unwrap();
            trust.judge(&one, Namespace::Openness, Presence::Touched, at).status
        };
        let lax = || trust(&[format!("me {one_line}")]);
        let strict = || lax().require_user_verification();
        assert_eq!(touched(lax().merge(lax())), Status::Good);
        for trust in [strict().merge(lax()), lax().merge(strict()), strict().merge(strict())] {
            assert_eq!(touched(trust), Status::Untrusted);
        }
    }
}
