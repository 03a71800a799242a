//! Git tags and commits signed with SSH keys (`git tag -s` with `gpg.format` `ssh`), verified like `git verify-tag`
//! does but without running any program that a repository configures.
//!
//! The signature is an SSHSIG in the namespace `git` over the object's own bytes ([gitformat-signature]); the trust is
//! the same as for statements. The verification differs from `git verify-tag` in three ways: keys must be valid at
//! the verifier's time, not at the time that the tag claims (where that makes a difference, the report says so); nothing
//! may follow the signature in the object; and a tag whose name differs from the name in its object is reported, which
//! Git does not check.
//!
//! [`verify_tag`] and [`NewTag`] work on bytes in memory; looking at tags in a repository needs the feature `git`.
//!
//! [gitformat-signature]: https://git-scm.com/docs/gitformat-signature

mod make;
pub mod object;
#[cfg(feature = "git")]
mod repository;

use jiff::Timestamp;

use crate::files::ObjectId;
use crate::sign::{Envelope, ReadError, Status, Trust};

pub use make::{Error, Identity, NewTag, parse_date};
use object::{Format, Parts, Signature};
#[cfg(feature = "git")]
pub use repository::{inspect, inspect_commit, made_as};

/// The largest tag or commit object that is read, in bytes.
pub const MAX_OBJECT_BYTES: u64 = 1 << 20;

/// The status of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TagStatus {
    /// The status of its SSH signature.
    Signature(Status),
    /// The signature is good, but the tag was made with another name: an older tag may have been passed off as a newer
    /// one.
    Misnamed,
    /// An annotated tag or a commit without a signature.
    Unsigned,
    /// A lightweight tag: only a name for a commit, which cannot be signed.
    Lightweight,
    /// The signature cannot be verified: it is an OpenPGP or X.509 signature, or by an unsupported type of key.
    NotCheckable,
}

impl TagStatus {
    /// Returns a word of [`Status::as_str`], or `misnamed`, `unsigned`, `lightweight` or `not-checkable`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signature(status) => status.as_str(),
            Self::Misnamed => "misnamed",
            Self::Unsigned => "unsigned",
            Self::Lightweight => "lightweight",
            Self::NotCheckable => "not-checkable",
        }
    }

    /// Tells whether the tag has a good signature and was made with its name.
    #[must_use]
    pub fn is_good(self) -> bool {
        self == Self::Signature(Status::Good)
    }
}

/// A report about a tag.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TagReport {
    /// The name of the tag, without `refs/tags/`; `None` if the revision was given as an object id.
    pub name: Option<String>,
    /// The name inside the object, which is signed; `None` for a lightweight tag.
    pub tagged: Option<String>,
    /// The id of the tag object; of a lightweight tag, of the commit.
    pub object: ObjectId,
    /// The tagger that the tag claims: `NAME <MAIL>`.
    pub tagger: Option<String>,
    /// The time that the tag claims.
    pub claimed: Option<Timestamp>,
    /// The status.
    pub status: TagStatus,
    /// The fingerprint of the key, if it is known.
    pub key: Option<String>,
    /// The principal whose key it is in the verifier's list; `None` if the key is not listed for tags.
    pub principal: Option<String>,
    /// The reason for the status: one clause in lower case, without a final period.
    pub reason: String,
    /// Whether the key is valid at one of the verifier's time and the time that the tag claims, and not at the other. Git
    /// goes by the claimed time, so `git verify-tag` says otherwise. If so, the reason says it.
    pub git_differs: bool,
}

impl TagReport {
    /// Tells whether the name inside the object differs from the name of the tag.
    #[must_use]
    pub fn is_misnamed(&self) -> bool {
        matches!((&self.name, &self.tagged), (Some(name), Some(tagged)) if name != tagged)
    }
}

/// A report about the signature of a Git object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignatureFacts {
    /// The status.
    pub status: TagStatus,
    /// The fingerprint of the key, if it is known.
    pub key: Option<String>,
    /// The principal whose key it is in the verifier's list; `None` if the key is not listed for tags.
    pub principal: Option<String>,
    /// The reason for the status: one clause in lower case, without a final period.
    pub reason: String,
    /// Whether the key is valid at one of the verifier's time and the time that the object claims, and not at the other. Git
    /// goes by the claimed time, so `git verify-tag` or `git verify-commit` says otherwise. If so, the reason says it.
    pub git_differs: bool,
}

/// Verifies the signature of a tag object; returns `None` if the bytes are not a tag object. Neither the name nor the
/// target of the tag is checked.
#[must_use]
pub fn verify_tag(bytes: &[u8], trust: &Trust, at: Timestamp) -> Option<SignatureFacts> {
    object::read_tag(bytes).map(|parts| check_signature(&parts, trust, at))
}

/// Verifies the signature of a tag or commit.
fn check_signature(parts: &Parts, trust: &Trust, at: Timestamp) -> SignatureFacts {
    let fact =
        |status, reason: String| SignatureFacts { status, key: None, principal: None, reason, git_differs: false };
    let bad = |reason: String| fact(TagStatus::Signature(Status::Bad), reason);
    let bytes = match &parts.signature {
        Signature::None => return fact(TagStatus::Unsigned, "it has no signature".to_owned()),
        Signature::Repeated => return bad("it has more than one signature of the same kind".to_owned()),
        Signature::Found(Format::OpenPgp, _) => {
            return fact(
                TagStatus::NotCheckable,
                "OpenPGP signatures cannot be verified by this program; `git verify-tag` may verify it".to_owned(),
            );
        }
        Signature::Found(Format::X509, _) => {
            return fact(
                TagStatus::NotCheckable,
                "X.509 signatures cannot be verified by this program; `git verify-tag` may verify it".to_owned(),
            );
        }
        Signature::Found(Format::Ssh, bytes) => bytes,
    };
    // Git does not verify objects without a tagger or committer.
    let Some(person) = &parts.person else {
        return bad("it does not say who made it and when, so Git would not verify its signature".to_owned());
    };
    let read = || Envelope::read_git_signature(bytes, &parts.payload);
    let envelope = match read() {
        Ok(envelope) => envelope,
        Err(error @ ReadError::Unsupported { .. }) => {
            let reason = error.to_string();
            let ReadError::Unsupported { key, .. } = error else { return fact(TagStatus::NotCheckable, reason) };
            let key = key.map(|key| key.to_string());
            return SignatureFacts { key, ..fact(TagStatus::NotCheckable, reason) };
        }
        Err(ReadError::Key(error)) => return bad(format!("the key in the SSH signature cannot be used: {error}")),
        Err(error) => return bad(error.to_string()),
    };
    let verification = envelope.verify(trust, at);
    let mut facts = SignatureFacts {
        status: TagStatus::Signature(verification.status),
        key: verification.key.map(|key| key.to_string()),
        principal: verification.principal,
        reason: verification.reason,
        git_differs: false,
    };
    if matches!(verification.status, Status::Good | Status::Expired | Status::NotYetValid)
        && let Ok(claimed) = Timestamp::from_second(person.seconds)
        && let Ok(again) = read()
    {
        let by_git = again.verify(trust, claimed);
        let command = if parts.name.is_some() { "git verify-tag" } else { "git verify-commit" };
        let clause = match (verification.status, by_git.status) {
            (Status::Good, Status::Good) => None,
            (_, Status::Good) => Some(format!(
                "`{command}` goes by the time that the object claims instead, {claimed}, at which the key was valid"
            )),
            (Status::Good, _) => {
                Some(format!("`{command}` goes by the time that the object claims, {claimed}: {}", by_git.reason))
            }
            _ => None,
        };
        if let Some(clause) = clause {
            facts.git_differs = true;
            facts.reason = format!("{}; {clause}", facts.reason);
        }
    }
    facts
}

#[cfg(all(test, feature = "keygen"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use jiff::tz::TimeZone;

    use super::*;
    use crate::sign::{Namespace, SecretKey, sshsig};
    use crate::source::Source;

    #[test]
    fn a_tag_says_where_git_goes_by_another_time() {
        let key = SecretKey::generate().unwrap();
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let tag = |claimed: &str| {
            let seconds = time(claimed).as_second();
            let id = "a".repeat(40);
            let payload = format!("object {id}\ntype commit\ntag v1\ntagger A <a@b> {seconds} +0000\n\nm\n");
            let signature = sshsig::sign_for(Namespace::Git, payload.as_bytes(), &key).unwrap();
            (payload + &signature).into_bytes()
        };
        let (old, new, now) = ("2026-01-02T00:00:00Z", "2026-07-02T00:00:00Z", time("2026-11-01T00:00:00Z"));
        let retired = "valid-before=\"20260601Z\" ";
        let young = "valid-after=\"20260601Z\" ";
        for (options, claimed, status, words) in [
            ("", old, Status::Good, None),
            (retired, old, Status::Expired, Some("at which the key was valid")),
            (retired, new, Status::Expired, None),
            (young, new, Status::Good, None),
            (young, old, Status::Good, Some("the key is valid only after")),
            ("valid-after=\"20270101Z\" ", old, Status::NotYetValid, None),
            ("namespaces=\"openness@v1\",valid-before=\"20260601Z\" ", old, Status::Untrusted, None),
        ] {
            let line = format!("a@example.org {options}{}\n", key.public().to_openssh(""));
            let trust = Trust::of_allowed_signers(&Source::new("allowed", line), &TimeZone::UTC).unwrap();
            let facts = verify_tag(&tag(claimed), &trust, now).unwrap();
            assert_eq!(facts.status, TagStatus::Signature(status), "{options}{claimed}");
            assert_eq!(facts.git_differs, words.is_some(), "{options}{claimed}: {}", facts.reason);
            let says_so = facts.reason.contains("`git verify-tag`") && facts.reason.contains(claimed);
            assert_eq!(says_so, words.is_some(), "{}", facts.reason);
            assert!(words.is_none_or(|words| facts.reason.contains(words)), "{}", facts.reason);
            let is_listed = status != Status::Untrusted;
            assert_eq!(facts.principal.as_deref(), is_listed.then_some("a@example.org"));
        }
    }
}
