//! Tags and commits in a repository.

use jiff::Timestamp;

use super::object::{self, Parts, Signature};
use super::{MAX_OBJECT_BYTES, SignatureFacts, TagReport, TagStatus, check_signature};
use crate::files::{ObjectId, ObjectKind};
use crate::git::{self, Repo};
use crate::sign::{Status, Trust};

/// The most tags of tags that are followed.
const MAX_DEPTH: usize = 32;

/// Reports about a revision as a tag, or returns `None` if it is not a tag. `commit` is the commit that it was resolved
/// to before.
///
/// # Errors
/// [`git::Error`] if the repository cannot be read.
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
        reason: "a lightweight tag is only a name and cannot be signed".to_owned(),
        git_differs: false,
    };
    let object = repo.object(&named.id, MAX_OBJECT_BYTES)?;
    if object.kind != ObjectKind::Tag {
        return Ok(named.is_tag.then_some(report));
    }
    let Some(bytes) = object.bytes else {
        report.status = TagStatus::NotCheckable;
        report.reason = format!("the tag is larger than {MAX_OBJECT_BYTES} bytes, so it was not read");
        return Ok(Some(report));
    };
    let Some(parts) = object::read_tag(&bytes) else {
        report.status = TagStatus::Signature(Status::Bad);
        report.reason = "the tag object is malformed".to_owned();
        return Ok(Some(report));
    };
    report.tagged = parts.name.clone();
    report.tagger = parts.person.as_ref().map(|person| person.who.clone());
    report.claimed = parts.person.as_ref().and_then(|person| Timestamp::from_second(person.seconds).ok());
    let facts = check_signature(&parts, trust, at);
    (report.status, report.key, report.principal, report.reason, report.git_differs) =
        (facts.status, facts.key, facts.principal, facts.reason, facts.git_differs);
    if report.is_misnamed() {
        let (name, tagged) = (report.name.as_deref().unwrap_or(""), report.tagged.as_deref().unwrap_or(""));
        let clause = format!("it was made as `{tagged}`, but is named `{name}` in this repository");
        if report.status.is_good() {
            (report.status, report.reason, report.git_differs) = (TagStatus::Misnamed, clause, false);
        } else {
            report.reason = format!("{clause}; {}", report.reason);
        }
    }
    // Another process may have moved the tag after the files were listed.
    if followed(repo, &parts)?.as_ref() != Some(commit) {
        report.status = TagStatus::Signature(Status::Bad);
        report.reason = "it does not point to the commit whose files were checked".to_owned();
        report.git_differs = false;
    }
    Ok(Some(report))
}

/// Returns the name inside a tag object, or `None` if `revision` is not a well-formed tag object.
///
/// # Errors
/// [`git::Error`] if the repository cannot be read.
pub fn made_as(repo: &Repo, revision: &str) -> Result<Option<String>, git::Error> {
    let Some(named) = repo.named(revision)? else { return Ok(None) };
    let object = repo.object(&named.id, MAX_OBJECT_BYTES)?;
    let bytes = object.bytes.filter(|_| object.kind == ObjectKind::Tag);
    Ok(bytes.and_then(|bytes| object::read_tag(&bytes)?.name))
}

/// Verifies the signature of a commit; returns `None` if it has none.
///
/// # Errors
/// [`git::Error`] if the repository cannot be read.
pub fn inspect_commit(
    repo: &Repo,
    commit: &ObjectId,
    trust: &Trust,
    at: Timestamp,
) -> Result<Option<SignatureFacts>, git::Error> {
    let object = repo.object(commit, MAX_OBJECT_BYTES)?;
    let parts = object.bytes.as_deref().and_then(|bytes| object::read_commit(bytes, repo.object_format()));
    Ok(parts.filter(|parts| parts.signature != Signature::None).map(|parts| check_signature(&parts, trust, at)))
}

/// Returns the commit that a tag points to, or `None` if it points to another object or through more than [`MAX_DEPTH`]
/// tags.
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
