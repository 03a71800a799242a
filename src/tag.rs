//! Tags that Git signs with SSH keys (`git tag -s` where `gpg.format` is `ssh`), and commits signed so: what `git verify-tag`
//! would say of them, worked out here, without running what a repository configures.
//!
//! The signature is an SSHSIG of the namespace `git` over the object's own bytes ([gitformat-signature]), judged by the same
//! trust as a statement's. On purpose we differ from `git verify-tag` in three ways, each towards refusing: a key is judged by
//! the verifier's time, never by the date that the tag claims; nothing may follow a signature in the object; and a tag that
//! stands under another name than the one it was made with is told, which Git does not look at.
//!
//! [gitformat-signature]: https://git-scm.com/docs/gitformat-signature

mod make;
pub mod object;

use jiff::Timestamp;

use crate::git::{self, ObjectId, ObjectKind, Repo};
use crate::sign::{Envelope, KeyError, ReadError, Status, Trust};

pub use make::{Error, Identity, NewTag, parse_date};
use object::{Format, Parts, Signature};

/// The largest tag or commit object that is looked at.
pub const MAX_OBJECT_BYTES: u64 = 1 << 20;
/// The most tags of tags that are followed.
const MAX_DEPTH: usize = 32;

/// What is known of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TagStatus {
    /// There is an SSH signature, and this is known of it.
    Signature(Status),
    /// It holds and the key is trusted, but the tag was made under another name: somebody may have put an older tag in the
    /// place of a newer.
    Misnamed,
    /// An annotated tag without a signature.
    Unsigned,
    /// A mere name for a commit, which cannot be signed.
    Lightweight,
    /// Signed with OpenPGP, X.509 or a kind of key that is not verified here.
    NotCheckable,
}

impl TagStatus {
    /// Returns a status of signatures (`good` …), or `misnamed`, `unsigned`, `lightweight` or `not-checkable`.
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

    /// Tells whether the tag is signed by somebody trusted, and is the one that its name says.
    #[must_use]
    pub fn is_good(self) -> bool {
        self == Self::Signature(Status::Good)
    }
}

/// A tag, and what is known of who made it.
#[derive(Debug, Clone)]
pub struct TagReport {
    /// The name that leads to it, without `refs/tags/`; `None` where the object was named by its own digits.
    pub name: Option<String>,
    /// The name that stands in the object, and is signed; `None` for a lightweight tag.
    pub tagged: Option<String>,
    /// The object; of a lightweight tag, the commit.
    pub object: ObjectId,
    /// Who made it, by its own word: `NAME <MAIL>`.
    pub tagger: Option<String>,
    /// When, by its own word.
    pub claimed: Option<Timestamp>,
    /// What is known.
    pub status: TagStatus,
    /// The fingerprint of the key, where it is known.
    pub key: Option<String>,
    /// For whom the key is trusted; only where the status is good or misnamed.
    pub principal: Option<String>,
    /// One clause for people: lower case, no trailing stop.
    pub reason: String,
}

impl TagReport {
    /// Returns whether the tag's own name is not the one that leads to it.
    #[must_use]
    pub fn is_misnamed(&self) -> bool {
        matches!((&self.name, &self.tagged), (Some(name), Some(tagged)) if name != tagged)
    }
}

/// What is known of a signature in an object of Git's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFacts {
    /// What is known.
    pub status: TagStatus,
    /// The fingerprint of the key, where it is known.
    pub key: Option<String>,
    /// For whom the key is trusted; only where the status is good.
    pub principal: Option<String>,
    /// One clause for people: lower case, no trailing stop.
    pub reason: String,
}

/// Says what a revision is as a tag; `None` where it is none. `commit` is what it was followed to before.
///
/// # Errors
/// Where the repository cannot be read.
pub fn inspect(
    repo: &Repo,
    revision: &str,
    commit: &ObjectId,
    trust: &Trust,
    at: Timestamp,
) -> Result<Option<TagReport>, git::Error> {
    let Some(named) = repo.named(revision)? else { return Ok(None) };
    let mut report = TagReport {
        name: named.name,
        tagged: None,
        object: named.id,
        tagger: None,
        claimed: None,
        status: TagStatus::Lightweight,
        key: None,
        principal: None,
        reason: "a lightweight tag is a mere name, and carries no signature".to_owned(),
    };
    let object = repo.object(&named.id, MAX_OBJECT_BYTES)?;
    if object.kind != ObjectKind::Tag {
        return Ok(named.is_tag.then_some(report));
    }
    let Some(bytes) = object.bytes else {
        report.status = TagStatus::NotCheckable;
        report.reason = format!("the tag is larger than {MAX_OBJECT_BYTES} bytes, and was not looked at");
        return Ok(Some(report));
    };
    let Some(parts) = object::read_tag(&bytes) else {
        report.status = TagStatus::Signature(Status::Bad);
        report.reason = "the tag is not as Git writes them".to_owned();
        return Ok(Some(report));
    };
    report.tagged = parts.name.clone();
    report.tagger = parts.person.as_ref().map(|person| person.who.clone());
    report.claimed = parts.person.as_ref().and_then(|person| Timestamp::from_second(person.seconds).ok());
    let facts = judge(&parts, trust, at);
    (report.status, report.key, report.principal, report.reason) =
        (facts.status, facts.key, facts.principal, facts.reason);
    if report.is_misnamed() {
        let (name, tagged) = (report.name.as_deref().unwrap_or(""), report.tagged.as_deref().unwrap_or(""));
        let clause = format!("it was made as `{tagged}`, and stands here as `{name}`");
        if report.status.is_good() {
            (report.status, report.reason) = (TagStatus::Misnamed, clause);
        } else {
            report.reason = format!("{clause}; {}", report.reason);
        }
    }
    // Another process may have moved the tag since the files were listed.
    if followed(repo, &parts)?.as_ref() != Some(commit) {
        report.status = TagStatus::Signature(Status::Bad);
        report.reason = "it does not lead to the commit whose files were looked at".to_owned();
    }
    Ok(Some(report))
}

/// Returns the name that a tag was made under; `None` where `revision` leads to no tag object that says one.
///
/// # Errors
/// Where the repository cannot be read.
pub fn made_as(repo: &Repo, revision: &str) -> Result<Option<String>, git::Error> {
    let Some(named) = repo.named(revision)? else { return Ok(None) };
    let object = repo.object(&named.id, MAX_OBJECT_BYTES)?;
    let bytes = object.bytes.filter(|_| object.kind == ObjectKind::Tag);
    Ok(bytes.and_then(|bytes| object::read_tag(&bytes)?.name))
}

/// Says what is known of the signature of a commit; `None` where it has none.
///
/// # Errors
/// Where the repository cannot be read.
pub fn inspect_commit(
    repo: &Repo,
    commit: &ObjectId,
    trust: &Trust,
    at: Timestamp,
) -> Result<Option<SignatureFacts>, git::Error> {
    let object = repo.object(commit, MAX_OBJECT_BYTES)?;
    let parts = object.bytes.as_deref().and_then(|bytes| object::read_commit(bytes, repo.object_format()));
    Ok(parts.filter(|parts| parts.signature != Signature::None).map(|parts| judge(&parts, trust, at)))
}

/// What is known of the signature of a tag object, by its bytes alone; what stands in it is not compared with anything.
#[must_use]
pub fn judge_tag(bytes: &[u8], trust: &Trust, at: Timestamp) -> Option<SignatureFacts> {
    object::read_tag(bytes).map(|parts| judge(&parts, trust, at))
}

/// The commit behind a tag; `None` where it is none, or too far away.
fn followed(repo: &Repo, outermost: &Parts) -> Result<Option<ObjectId>, git::Error> {
    let (mut target, mut kind) = (outermost.target, outermost.kind);
    for _ in 0..MAX_DEPTH {
        if kind != ObjectKind::Tag {
            return Ok((kind == ObjectKind::Commit).then_some(target));
        }
        let object = repo.object(&target, MAX_OBJECT_BYTES)?;
        let Some(inner) = object.bytes.as_deref().and_then(object::read_tag) else { return Ok(None) };
        (target, kind) = (inner.target, inner.kind);
    }
    Ok(None)
}

fn judge(parts: &Parts, trust: &Trust, at: Timestamp) -> SignatureFacts {
    let fact = |status, reason: String| SignatureFacts { status, key: None, principal: None, reason };
    let bad = |reason: String| fact(TagStatus::Signature(Status::Bad), reason);
    let bytes = match &parts.signature {
        Signature::None => return fact(TagStatus::Unsigned, "it carries no signature".to_owned()),
        Signature::Repeated => return bad("it carries more than one signature of a kind".to_owned()),
        Signature::Found(Format::OpenPgp, _) => {
            return fact(
                TagStatus::NotCheckable,
                "its OpenPGP signature is not verified here; `git verify-tag` may".to_owned(),
            );
        }
        Signature::Found(Format::X509, _) => {
            return fact(
                TagStatus::NotCheckable,
                "its X.509 signature is not verified here; `git verify-tag` may".to_owned(),
            );
        }
        Signature::Found(Format::Ssh, bytes) => bytes,
    };
    // Git verifies nothing that names nobody.
    if parts.person.is_none() {
        return bad("it does not say who made it and when, so Git verifies no signature of it".to_owned());
    }
    let envelope = match Envelope::read_git_signature(bytes, &parts.payload) {
        Ok(envelope) => envelope,
        Err(ReadError::Key(KeyError::Type(name))) => {
            return fact(TagStatus::NotCheckable, format!("keys of the type `{name}` are not verified here"));
        }
        Err(ReadError::Key(error)) => return bad(format!("the key in the SSH signature cannot be used: {error}")),
        Err(error) => return bad(error.to_string()),
    };
    let opened = envelope.verify(trust, at);
    SignatureFacts {
        status: TagStatus::Signature(opened.status),
        key: opened.key.map(|key| key.to_string()),
        principal: opened.principal,
        reason: opened.reason,
    }
}
