//! Checks the proofs, next to the signatures, that these are in a transparency log.

use jiff::Timestamp;

use super::{Alarm, Note, ProofReport, Reason, Report, own_path, read_own, without_crlf};
use crate::files::{Error, Files, Kind};
use crate::path::RepoPath;
use crate::release::{PROOF_ENDING, SIGNATURES_DIR, SSHSIG_ENDING};
#[cfg(feature = "oms")]
use crate::sign::keyless::LoggedEntry;
use crate::sign::{Status, sshsig};
use crate::tlog::{self, Policy, Proof, ProofStatus};

/// The largest number of proofs that are checked.
const MAX_PROOFS: usize = 64;

/// Checks every proof next to the signatures of a report. Without `policy` no log is trusted.
///
/// A proof that does not hold counts against the release if it is that of a good signature, or if no signature is good. So do two
/// different trees of one log at the same size: the log has shown different people different entries. See [`conclude`].
pub(super) fn proofs(
    files: &dyn Files,
    policy: Option<&Policy>,
    at: Timestamp,
    report: &mut Report,
) -> Result<(), Error> {
    let signatures = own_path(SIGNATURES_DIR);
    let is_proof = |path: &&RepoPath| {
        path.is_within(signatures.as_str()) && path.components().count() == 3 && path.as_str().ends_with(PROOF_ENDING)
    };
    // Links are noted where the signatures are read.
    let regular = files.openness_files().iter().filter(|entry| matches!(entry.kind, Kind::File { .. }));
    let mut paths: Vec<RepoPath> = regular.map(|entry| &entry.path).filter(is_proof).cloned().collect();
    if paths.len() > MAX_PROOFS {
        if !has_good_signature(report) {
            report.add_reason(Reason::BadSignature);
        }
        // Stable: in the order of their paths otherwise.
        paths.sort_by_key(|path| signature_of(path, report) != Some(Status::Good));
        report.notes.push(Note::ProofsLeft { checked: MAX_PROOFS });
        paths.truncate(MAX_PROOFS);
    }
    for path in paths {
        let found = proof(files, &path, report, policy, at)?;
        if let (Some(Status::Expired), Some(time)) = (found.signature, found.verification.not_later_than) {
            // The verifier has to decide: whether the key was compromised by then is not known here.
            report.notes.push(Note::LoggedBeforeExpiry { time });
        }
        report.proofs.push(found);
    }
    Ok(())
}

/// Concludes from the proofs of a report: those that do not hold, and two trees of one log, count against the release.
pub(super) fn conclude(report: &mut Report) {
    let has_good_signature = has_good_signature(report);
    let counts = |proof: &ProofReport| proof.signature == Some(Status::Good) || !has_good_signature;
    if report.proofs.iter().any(|proof| proof.verification.status == ProofStatus::Bad && counts(proof)) {
        report.add_reason(Reason::BadSignature);
    }
    if let Some(origin) = forked(&report.proofs) {
        report.add_reason(Reason::BadSignature);
        report.alarms.push(Alarm::ForkedLog { origin });
    }
}

fn has_good_signature(report: &Report) -> bool {
    report.is_signed_by_oms() || report.signatures.iter().any(|signature| signature.status == Status::Good)
}

/// Returns the path of the signature that a proof is about.
fn signature_path(proof: &RepoPath) -> Option<RepoPath> {
    format!("{}{SSHSIG_ENDING}", proof.as_str().strip_suffix(PROOF_ENDING)?).parse().ok()
}

/// Returns the status of the signature that a proof is about.
fn signature_of(proof: &RepoPath, report: &Report) -> Option<Status> {
    let path = signature_path(proof)?;
    report.signatures.iter().find(|known| known.path == path).map(|known| known.status)
}

/// Checks by the verifier's logs and witnesses what a bundle proves about a log. Its authorities have verified already that the
/// entries are about the signature, which is good.
#[cfg(feature = "oms")]
pub(super) fn of_bundle(file: &str, entries: &[LoggedEntry], policy: &Policy, at: Timestamp) -> Vec<ProofReport> {
    let check = |entry: &LoggedEntry| match Proof::of(entry.index, entry.path.clone(), &entry.checkpoint) {
        Ok(proof) => ProofReport {
            verification: tlog::verify(&proof, &entry.body, Some(policy), at),
            signature: Some(Status::Good),
            ..ProofReport::of(file, &proof)
        },
        Err(error) => ProofReport { signature: Some(Status::Good), ..ProofReport::unreadable(file, error.to_string()) },
    };
    entries.iter().map(check).collect()
}

/// Returns the origin of a trusted log that signed two different trees of one size.
fn forked(proofs: &[ProofReport]) -> Option<String> {
    let vouched =
        |proof: &&ProofReport| matches!(proof.verification.status, ProofStatus::Good | ProofStatus::TooFewWitnesses);
    let vouched: Vec<&ProofReport> = proofs.iter().filter(vouched).collect();
    let differs = |a: &ProofReport, b: &ProofReport| (&a.origin, a.size) == (&b.origin, b.size) && a.root != b.root;
    vouched.iter().find(|a| vouched.iter().any(|b| differs(a, b))).and_then(|proof| proof.origin.clone())
}

fn proof(
    files: &dyn Files,
    path: &RepoPath,
    report: &mut Report,
    policy: Option<&Policy>,
    at: Timestamp,
) -> Result<ProofReport, Error> {
    let limit = u64::try_from(tlog::proof::MAX_PROOF_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    // One byte more than allowed, so that a larger file is reported as too large.
    let bytes = files.read_start(path, limit)?.unwrap_or_default();
    // A proof contains no carriage returns, so Git must have added them.
    let proof = match Proof::read(&without_crlf(&bytes)) {
        Ok(proof) => proof,
        Err(error) => {
            let signature = signature_of(path, report);
            return Ok(ProofReport { signature, ..ProofReport::unreadable(path.as_str(), error.to_string()) });
        }
    };
    let mut facts = ProofReport::of(path.as_str(), &proof);
    facts.signature = signature_of(path, report);
    let Some(signature) = signature_path(path).filter(|_| facts.signature.is_some()) else {
        let stem = path.as_str().strip_suffix(PROOF_ENDING).unwrap_or_default();
        facts.verification.reason = format!("the signature that it is about, `{stem}{SSHSIG_ENDING}`, is missing");
        return Ok(facts);
    };
    let armor = read_own(files, &signature, report)?.unwrap_or_default();
    match sshsig::blob(&without_crlf(&armor)) {
        Ok(entry) => facts.verification = tlog::verify(&proof, &entry, policy, at),
        Err(error) => facts.verification.reason = format!("`{signature}` cannot be read: {error}"),
    }
    Ok(facts)
}
