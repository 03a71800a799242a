//! Git tags and commits signed with SSH keys (`git tag -s` with `gpg.format` `ssh`), verified like `git verify-tag`
//! does but without running any program that a repository configures.
//!
//! The signature is an SSHSIG in the namespace `git` over the object's own bytes ([gitformat-signature]); the trust is
//! the same as for statements. The verification is stricter than `git verify-tag` in three ways: keys must be valid at
//! the verifier's time, not at the time that the tag claims; nothing may follow the signature in the object; and a tag
//! whose name differs from the name in its object is reported, which Git does not check.
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
use crate::sign::{Envelope, KeyError, ReadError, Status, Trust};

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
    /// The principal for whom the key is trusted; only if the status is good or misnamed.
    pub principal: Option<String>,
    /// The reason for the status: one clause in lower case, without a final period.
    pub reason: String,
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
    /// The principal for whom the key is trusted; only if the status is good.
    pub principal: Option<String>,
    /// The reason for the status: one clause in lower case, without a final period.
    pub reason: String,
}

/// Verifies the signature of a tag object; returns `None` if the bytes are not a tag object. Neither the name nor the
/// target of the tag is checked.
#[must_use]
pub fn verify_tag(bytes: &[u8], trust: &Trust, at: Timestamp) -> Option<SignatureFacts> {
    object::read_tag(bytes).map(|parts| check_signature(&parts, trust, at))
}

/// Verifies the signature of a tag or commit.
fn check_signature(parts: &Parts, trust: &Trust, at: Timestamp) -> SignatureFacts {
    let fact = |status, reason: String| SignatureFacts { status, key: None, principal: None, reason };
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
    if parts.person.is_none() {
        return bad("it does not say who made it and when, so Git would not verify its signature".to_owned());
    }
    let envelope = match Envelope::read_git_signature(bytes, &parts.payload) {
        Ok(envelope) => envelope,
        Err(ReadError::Key(KeyError::Type(name))) => {
            return fact(
                TagStatus::NotCheckable,
                format!("signatures of keys of the type `{name}` cannot be verified"),
            );
        }
        Err(ReadError::Key(error)) => return bad(format!("the key in the SSH signature cannot be used: {error}")),
        Err(error) => return bad(error.to_string()),
    };
    let verification = envelope.verify(trust, at);
    SignatureFacts {
        status: TagStatus::Signature(verification.status),
        key: verification.key.map(|key| key.to_string()),
        principal: verification.principal,
        reason: verification.reason,
    }
}
