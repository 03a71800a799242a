//! Checks what is required in addition to the release's own signatures and files: a signed tag, a log proof, a policy.

use super::{Alarm, Note, OmsSignatureReport, ProofReport, Reason, Report, Requirements};
use crate::files::Files;
use crate::oms::Signer;
use crate::policy::{Facts, ProofFacts, TrustedModel, TrustedSignature, Unmet};
use crate::sign::Status;
use crate::tag::{TagReport, TagStatus};
use crate::tlog::ProofStatus;

pub(super) fn check(files: &dyn Files, requirements: &Requirements<'_>, report: &mut Report) {
    if requirements.needs_log_proof {
        let unmet = Unmet::of_proofs(&proofs(report));
        report.add_unmet(unmet);
    }
    if requirements.needs_signed_tag {
        report.add_unmet(match &requirements.tag {
            None => Some(Unmet::NoTag),
            Some(tag) => Unmet::of_tag(tag),
        });
    }
    if let Some(tag) = &requirements.tag {
        check_tag(tag, report);
    }
    if !requirements.replaced.is_empty() {
        report.alarms.push(Alarm::ReplacedObjects { objects: requirements.replaced.clone() });
    }
    if let (true, Some(facts)) = (requirements.is_bare, files.git())
        && let Some(commit) = &facts.commit
    {
        report.notes.push(Note::BareRepository { commit: commit.commit });
    }
    if let Some(commit) = files.host_commit() {
        report.notes.push(Note::HostCommit { commit: commit.to_owned() });
    }
    report.tag.clone_from(&requirements.tag);
    report.commit.clone_from(&requirements.commit);
    if let Some(policy) = requirements.policy {
        let mut unmet = match facts(files, requirements, report) {
            Some(facts) => policy.unmet(&facts),
            None if policy.needs_statement() => vec![Unmet::NoStatement],
            None => Vec::new(),
        };
        unmet.extend(policy.unmet_by_models(&models(report)));
        report.add_unmet(unmet);
    }
}

/// A tag signature that does not hold counts against the release, like any signature that has been tampered with. A
/// signature under another name raises an alarm. Anything else counts only if a signed tag is required.
fn check_tag(tag: &TagReport, report: &mut Report) {
    if tag.status == TagStatus::Signature(Status::Bad) {
        report.add_reason(Reason::BadSignature);
    }
    if let (true, Some(name), Some(made_as)) = (tag.is_misnamed(), &tag.name, &tag.tagged)
        && tag.status != TagStatus::Unsigned
    {
        report.alarms.push(Alarm::TagRenamed { name: name.clone(), made_as: made_as.clone() });
    }
}

fn facts<'a>(files: &'a dyn Files, requirements: &Requirements<'a>, report: &'a Report) -> Option<Facts<'a>> {
    let good = report.signatures.iter().filter(|signature| signature.status == Status::Good);
    let signatures =
        good.filter_map(|found| Some(TrustedSignature { key: found.key?, principals: found.principal.as_deref() }));
    Some(Facts {
        at: requirements.at,
        files: Some(files),
        statement: report.statement()?,
        manifest: report.manifest.as_ref(),
        evaluations: &report.evaluations,
        signatures: signatures.collect(),
        excluded: &report.files.excluded,
        tag: report.tag.as_ref(),
        proofs: proofs(report),
        bases: requirements.bases,
    })
}

/// Returns the good signatures of OpenSSF Model Signing.
fn models(report: &Report) -> Vec<TrustedModel<'_>> {
    report.oms.iter().filter(|signature| signature.status == Status::Good).filter_map(model).collect()
}

/// Returns what a policy sees of a bundle; `None` unless it holds and can be read.
pub(super) fn model(found: &OmsSignatureReport) -> Option<TrustedModel<'_>> {
    let (name, method) = (found.model.as_deref()?, found.method?);
    Some(match found.signer.as_ref()? {
        Signer::Key { id, .. } => TrustedModel::of(name, method, id),
        Signer::Certificate { subject, names, id, anchor } => {
            TrustedModel { subject: Some(subject), names, root: Some(anchor), ..TrustedModel::of(name, method, id) }
        }
        Signer::Keyless { identity, issuer, id, root, .. } => {
            let (subject, issuer, root) = (Some(identity.as_str()), Some(issuer.as_str()), Some(root.as_str()));
            TrustedModel { subject, issuer, root, ..TrustedModel::of(name, method, id) }
        }
    })
}

fn proofs(report: &Report) -> Vec<ProofFacts> {
    let facts = |proof: &ProofReport| ProofFacts {
        counts: proof.counts(),
        reason: match proof.verification.status {
            ProofStatus::Good => format!("`{}`: the signature is not by a trusted key", proof.file),
            _ => format!("`{}`: {}", proof.file, proof.verification.reason),
        },
    };
    report.proofs.iter().map(facts).collect()
}
