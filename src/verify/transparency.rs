//! The proofs beside the signatures that these stand in a transparency log.

use jiff::Timestamp;

use super::{Reason, Report, own_path, read_own, without_crlf};
use crate::files::Files;
use crate::path::RepoPath;
use crate::release::{PROOF_ENDING, SIGNATURES_DIR, SSHSIG_ENDING};
use crate::sign::{Status, sshsig};
use crate::tlog::{self, Policy, Proof, ProofStatus, ProofVerification};

/// The most proofs that are looked at.
const MAX_PROOFS: usize = 64;

/// A proof, what it says, and what is known of it.
#[derive(Debug)]
pub struct ProofReport {
    /// Its place.
    pub path: RepoPath,
    /// The log, by the proof's word; `None` where it cannot be read.
    pub origin: Option<String>,
    /// The entry's index in the log, by the proof's word.
    pub index: Option<u64>,
    /// The size of the log, by the proof's word.
    pub size: Option<u64>,
    /// The root of the log at that size, by the proof's word.
    pub root: Option<[u8; 32]>,
    /// What is known; what the proof says is true where it is good.
    pub judgement: ProofVerification,
    /// What is known of the signature that is logged; `None` where there is none of that name.
    pub signature: Option<Status>,
}

impl ProofReport {
    /// Tells whether the proof is good, and is of a signature by somebody trusted.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.judgement.status == ProofStatus::Good && self.signature == Some(Status::Good)
    }
}

/// Judges every proof beside the signatures of a report. Without `policy` nobody vouches for any.
///
/// A proof that does not hold counts against the release, as any signature does that somebody has been at; so do two heads
/// of one log that differ at the same size, which the log has signed for some people's eyes only.
pub(super) fn proofs(
    snapshot: &dyn Files,
    policy: Option<&Policy>,
    at: Timestamp,
    report: &mut Report,
) -> Result<(), crate::files::Error> {
    let signatures = own_path(SIGNATURES_DIR);
    let is_proof = |path: &&RepoPath| {
        path.is_within(signatures.as_str()) && path.components().count() == 3 && path.as_str().ends_with(PROOF_ENDING)
    };
    let mut paths: Vec<RepoPath> =
        snapshot.openness_files().iter().map(|entry| &entry.path).filter(is_proof).cloned().collect();
    if paths.len() > MAX_PROOFS {
        report.against(Reason::BadSignature);
        report.notes.push(format!("only the first {MAX_PROOFS} proofs of transparency logs were looked at"));
        paths.truncate(MAX_PROOFS);
    }
    for path in paths {
        let found = proof(snapshot, path, report, policy, at)?;
        if found.judgement.status == ProofStatus::Bad {
            report.against(Reason::BadSignature);
        }
        if let (Some(Status::Expired), Some(time)) = (found.signature, found.judgement.not_later_than) {
            // The verifier's choice, and not ours: what else speaks against the key is not known here.
            report.notes.push(format!(
                "by the word of a transparency log and its witnesses the signature existed by {time}; `--verify-time {time}` \
                 judges the key as of then"
            ));
        }
        report.proofs.push(found);
    }
    if let Some(origin) = two_faced(&report.proofs) {
        report.against(Reason::BadSignature);
        report.alarms.push(format!("the log `{origin}` has signed two different heads of the same size"));
    }
    Ok(())
}

/// The log that vouches for two different heads of one size.
fn two_faced(proofs: &[ProofReport]) -> Option<String> {
    let vouched =
        |proof: &&ProofReport| matches!(proof.judgement.status, ProofStatus::Good | ProofStatus::TooFewWitnesses);
    let vouched: Vec<&ProofReport> = proofs.iter().filter(vouched).collect();
    let differs = |a: &ProofReport, b: &ProofReport| (&a.origin, a.size) == (&b.origin, b.size) && a.root != b.root;
    vouched.iter().find(|a| vouched.iter().any(|b| differs(a, b))).and_then(|proof| proof.origin.clone())
}

fn proof(
    snapshot: &dyn Files,
    path: RepoPath,
    report: &mut Report,
    policy: Option<&Policy>,
    at: Timestamp,
) -> Result<ProofReport, crate::files::Error> {
    let limit = u64::try_from(tlog::proof::MAX_PROOF_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    // One byte more than allowed, so that a larger file is told as such.
    let bytes = snapshot.read_start(&path, limit)?.unwrap_or_default();
    let bad = |reason: String| ProofVerification {
        status: ProofStatus::Bad,
        witnesses: Vec::new(),
        not_later_than: None,
        reason,
    };
    let mut facts = ProofReport {
        path,
        origin: None,
        index: None,
        size: None,
        root: None,
        judgement: bad(String::new()),
        signature: None,
    };
    // A proof holds no carriage return, so Git may have put them there.
    let proof = match Proof::read(&without_crlf(&bytes)) {
        Ok(proof) => proof,
        Err(error) => {
            facts.judgement = bad(error.to_string());
            return Ok(facts);
        }
    };
    facts.origin = Some(proof.checkpoint.origin.clone());
    (facts.index, facts.size, facts.root) =
        (Some(proof.index), Some(proof.checkpoint.size), Some(proof.checkpoint.root));
    let stem = facts.path.as_str().strip_suffix(PROOF_ENDING).unwrap_or_default();
    let signature = format!("{stem}{SSHSIG_ENDING}").parse::<RepoPath>().ok();
    facts.signature =
        report.signatures.iter().find(|known| signature.as_ref() == Some(&known.path)).map(|known| known.status);
    let Some(signature) = signature.filter(|_| facts.signature.is_some()) else {
        facts.judgement = bad(format!("there is no `{stem}{SSHSIG_ENDING}`, of which it would be the proof"));
        return Ok(facts);
    };
    let armour = read_own(snapshot, &signature, report)?.unwrap_or_default();
    facts.judgement = match sshsig::blob(&without_crlf(&armour)) {
        Ok(entry) => tlog::verify(&proof, &entry, policy, at),
        Err(error) => bad(format!("`{signature}` cannot be read: {error}")),
    };
    Ok(facts)
}

impl Report {
    /// Returns the time by which a trusted signature stood in a log, by the word of enough witnesses: the earliest, of several.
    #[must_use]
    pub fn logged_by(&self) -> Option<Timestamp> {
        self.proofs.iter().filter(|proof| proof.counts()).filter_map(|proof| proof.judgement.not_later_than).min()
    }

    /// Holds against the release that no trusted signature of it is proved to stand in a log that the verifier knows.
    #[must_use]
    pub fn require_proof(mut self) -> Self {
        if !self.proofs.iter().any(ProofReport::counts) {
            let found = |proof: &ProofReport| match proof.judgement.status {
                ProofStatus::Good => format!("`{}` is of a signature by nobody trusted", proof.path),
                _ => format!("`{}`: {}", proof.path, proof.judgement.reason),
            };
            let found: Vec<String> = self.proofs.iter().map(found).collect();
            let found = if found.is_empty() { "none was found".to_owned() } else { found.join("; ") };
            self.against(Reason::Policy);
            self.policy.push(format!("a proof that a trusted signature stands in a log that you know; {found}"));
        }
        self.conclude()
    }
}
