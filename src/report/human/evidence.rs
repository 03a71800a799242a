//! Lines about the tag, the commit and the transparency log proofs of a release.

use std::io::{self, Write};

use super::Paint;
use crate::report::shown;
use crate::sign::Status;
use crate::tag::{SignatureFacts, TagReport, TagStatus};
use crate::tlog::ProofStatus;
use crate::verify::ProofReport;

/// Writes a line for each proof, and one for the trusted witnesses.
pub(super) fn proofs(proofs: &[ProofReport], paint: Paint, out: &mut impl Write) -> io::Result<()> {
    for proof in proofs {
        let verification = &proof.verification;
        let word = proof_word(verification.status, paint);
        let entry = match (&proof.origin, proof.index, proof.size) {
            (Some(origin), Some(index), Some(size)) => format!("{}, entry {index} of {size}", shown(origin)),
            _ => shown(&proof.file).into_owned(),
        };
        let time = verification.not_later_than.map_or_else(String::new, |time| format!(", by {time}"));
        writeln!(out, "  {word}  {entry}{time}")?;
        if verification.status != ProofStatus::Good {
            paint.wrapped(out, "    ", &shown(&verification.reason))?;
        } else if !proof.counts() {
            writeln!(out, "    but the signature is not by a trusted key")?;
        }
        if !verification.witnesses.is_empty() {
            let names =
                verification.witnesses.iter().map(|witness| format!("{} ({})", shown(&witness.name), witness.time));
            paint.wrapped(out, "    ", &format!("witnessed by {}", names.collect::<Vec<_>>().join(", ")))?;
        }
    }
    Ok(())
}

/// Writes a line for the tag, and one for the commit's signature.
pub(super) fn tag(
    tag: Option<&TagReport>,
    commit: Option<&SignatureFacts>,
    paint: Paint,
    out: &mut impl Write,
) -> io::Result<()> {
    if let Some(tag) = tag {
        let name = shown(&tag.name.clone().unwrap_or_else(|| tag.object.to_string())).into_owned();
        let (key, principal) = (tag.key.as_deref(), tag.principal.as_deref());
        let reason = (!tag.status.is_good() || tag.git_differs).then_some(&*tag.reason);
        line(tag.status, key, principal, &format!("tag {name}"), reason, paint, out)?;
    }
    if let Some(facts) = commit {
        let (key, principal) = (facts.key.as_deref(), facts.principal.as_deref());
        let reason = (!facts.status.is_good() || facts.git_differs).then_some(&*facts.reason);
        line(facts.status, key, principal, "commit", reason, paint, out)?;
    }
    Ok(())
}

fn line(
    found: TagStatus,
    key: Option<&str>,
    principal: Option<&str>,
    what: &str,
    reason: Option<&str>,
    paint: Paint,
    out: &mut impl Write,
) -> io::Result<()> {
    let word = tag_word(found, paint);
    if matches!(found, TagStatus::Unsigned | TagStatus::Lightweight) {
        return writeln!(out, "  {word}  ({what})");
    }
    let name = principal.map_or_else(String::new, |name| format!("{} ", shown(name)));
    let key = key.map_or_else(String::new, |key| format!("{key} "));
    writeln!(out, "  {word}  {name}{key}({what})")?;
    reason.map_or(Ok(()), |reason| paint.wrapped(out, "    ", &shown(reason)))
}

/// Returns the words for the status of a proof.
pub(super) fn proof_word(status: ProofStatus, paint: Paint) -> String {
    match status {
        ProofStatus::Good => paint.good("logged"),
        ProofStatus::Unchecked => paint.warn("log not checked"),
        ProofStatus::UnknownLog => paint.warn("unknown log"),
        ProofStatus::TooFewWitnesses => paint.warn("too few witnesses"),
        ProofStatus::Bad => paint.bad("BAD PROOF"),
    }
}

/// Returns the words for the status of a tag or a commit.
pub(super) fn tag_word(status: TagStatus, paint: Paint) -> String {
    match status {
        TagStatus::Signature(status) => word(status, paint),
        TagStatus::Misnamed => paint.bad("MADE UNDER ANOTHER NAME"),
        TagStatus::Unsigned | TagStatus::Lightweight => "not signed".to_owned(),
        TagStatus::NotCheckable => paint.warn("not checked"),
    }
}

/// Returns the words for the status of a signature.
pub(super) fn word(status: Status, paint: Paint) -> String {
    match status {
        Status::Good => paint.good("trusted"),
        Status::Untrusted => paint.warn("unknown signer"),
        Status::Bad => paint.bad("BAD SIGNATURE"),
        Status::Expired => paint.bad("expired key"),
        Status::NotYetValid => paint.bad("key not yet valid"),
        Status::Revoked => paint.bad("REVOKED KEY"),
        Status::NotCheckable => paint.warn("not checked"),
    }
}
