//! What speaks for a release beside its own signatures: tag, commit and transparency logs.

use std::io::{self, Write};

use serde::Serialize;

use super::human::Paint;
use super::shown;
use crate::sign::Status;
use crate::tag::{SignatureFacts, TagReport, TagStatus};
use crate::tlog::ProofStatus;
use crate::verify::transparency::ProofReport;

/// A tag in the machine format.
#[derive(Serialize)]
pub(super) struct TagV1<'a> {
    name: Option<&'a str>,
    tagged: Option<&'a str>,
    object: &'a str,
    status: &'static str,
    key: Option<&'a str>,
    principal: Option<&'a str>,
    tagger: Option<&'a str>,
    claimed: Option<String>,
    detail: &'a str,
}

impl<'a> From<&'a TagReport> for TagV1<'a> {
    fn from(tag: &'a TagReport) -> Self {
        Self {
            name: tag.name.as_deref(),
            tagged: tag.tagged.as_deref(),
            object: tag.object.as_str(),
            status: tag.status.as_str(),
            key: tag.key.as_deref(),
            principal: tag.principal.as_deref(),
            tagger: tag.tagger.as_deref(),
            claimed: tag.claimed.map(|time| time.to_string()),
            detail: &tag.reason,
        }
    }
}

/// The signature of a commit in the machine format.
#[derive(Serialize)]
pub(super) struct CommitV1<'a> {
    status: &'static str,
    key: Option<&'a str>,
    principal: Option<&'a str>,
    detail: &'a str,
}

impl<'a> From<&'a SignatureFacts> for CommitV1<'a> {
    fn from(facts: &'a SignatureFacts) -> Self {
        Self {
            status: facts.status.as_str(),
            key: facts.key.as_deref(),
            principal: facts.principal.as_deref(),
            detail: &facts.reason,
        }
    }
}

/// The proof of a transparency log in the machine format.
#[derive(Serialize)]
pub(super) struct ProofV1<'a> {
    path: &'a str,
    status: &'static str,
    origin: Option<&'a str>,
    index: Option<u64>,
    size: Option<u64>,
    witnesses: Vec<WitnessV1<'a>>,
    not_later_than: Option<String>,
    detail: &'a str,
}

#[derive(Serialize)]
struct WitnessV1<'a> {
    name: &'a str,
    time: String,
}

impl<'a> From<&'a ProofReport> for ProofV1<'a> {
    fn from(proof: &'a ProofReport) -> Self {
        let judgement = &proof.judgement;
        let witnesses = judgement.witnesses.iter();
        Self {
            path: proof.path.as_str(),
            status: judgement.status.as_str(),
            origin: proof.origin.as_deref(),
            index: proof.index,
            size: proof.size,
            witnesses: witnesses
                .map(|witness| WitnessV1 { name: &witness.name, time: witness.time.to_string() })
                .collect(),
            not_later_than: judgement.not_later_than.map(|time| time.to_string()),
            detail: &judgement.reason,
        }
    }
}

/// Writes a line for each proof, and one for the witnesses whom the verifier knows.
pub(super) fn proofs(proofs: &[ProofReport], paint: Paint, out: &mut impl Write) -> io::Result<()> {
    for proof in proofs {
        let judgement = &proof.judgement;
        let word = match judgement.status {
            ProofStatus::Good => paint.good("logged"),
            ProofStatus::Unchecked => paint.doubtful("log not checked"),
            ProofStatus::UnknownLog => paint.doubtful("unknown log"),
            ProofStatus::TooFewWitnesses => paint.doubtful("too few witnesses"),
            ProofStatus::Bad => paint.bad("BAD PROOF"),
        };
        let place = match (&proof.origin, proof.index, proof.size) {
            (Some(origin), Some(index), Some(size)) => format!("{}, entry {index} of {size}", shown(origin)),
            _ => shown(proof.path.as_str()).into_owned(),
        };
        let time = judgement.not_later_than.map_or_else(String::new, |time| format!(", by {time}"));
        writeln!(out, "  {word}  {place}{time}")?;
        if judgement.status != ProofStatus::Good {
            paint.wrapped(out, "    ", &shown(&judgement.reason))?;
        } else if !proof.counts() {
            writeln!(out, "    but the signature is by nobody trusted")?;
        }
        if !judgement.witnesses.is_empty() {
            let names =
                judgement.witnesses.iter().map(|witness| format!("{} ({})", shown(&witness.name), witness.time));
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
        let name = shown(tag.name.as_deref().unwrap_or(tag.object.as_str()));
        let (key, principal) = (tag.key.as_deref(), tag.principal.as_deref());
        line(tag.status, key, principal, &format!("tag {name}"), &tag.reason, paint, out)?;
    }
    if let Some(facts) = commit {
        let (key, principal) = (facts.key.as_deref(), facts.principal.as_deref());
        line(facts.status, key, principal, "commit", &facts.reason, paint, out)?;
    }
    Ok(())
}

fn line(
    found: TagStatus,
    key: Option<&str>,
    principal: Option<&str>,
    what: &str,
    reason: &str,
    paint: Paint,
    out: &mut impl Write,
) -> io::Result<()> {
    let word = match found {
        TagStatus::Signature(status) => word(status, paint),
        TagStatus::Misnamed => paint.bad("UNDER ANOTHER NAME"),
        TagStatus::Unsigned | TagStatus::Lightweight => return writeln!(out, "  not signed  ({what})"),
        TagStatus::NotCheckable => paint.doubtful("not checked"),
    };
    let name = principal.map_or_else(String::new, |name| format!("{} ", shown(name)));
    let key = key.map_or_else(String::new, |key| format!("{key} "));
    writeln!(out, "  {word}  {name}{key}({what})")?;
    if found.is_good() { Ok(()) } else { paint.wrapped(out, "    ", &shown(reason)) }
}

/// What is known of a signature, for people.
pub(super) fn word(status: Status, paint: Paint) -> String {
    match status {
        Status::Good => paint.good("trusted"),
        Status::Untrusted => paint.doubtful("unknown signer"),
        Status::Bad => paint.bad("BAD SIGNATURE"),
        Status::Expired => paint.bad("expired key"),
        Status::NotYetValid => paint.bad("key not yet valid"),
        Status::Revoked => paint.bad("REVOKED KEY"),
    }
}
