//! Checks that the manifest is sound, and that its facts support the claims and what was signed about them.

use super::{ClaimReport, Note, Reason, Report, StatementProblem, without_crlf};
use crate::artifacts::digest;
use crate::evaluate::{self, Evaluation, Holds};
use crate::files::{Error, Files};
use crate::finding::Severity;
use crate::json;
use crate::manifest::parse::{self, Parsed};
use crate::statement::{Statement, TaxonomyFacts};
use crate::{manifest, rules};

/// Reads the manifest, and evaluates it only if it is as signed.
pub(super) fn claims(files: &dyn Files, statement: &Statement, report: &mut Report) -> Result<(), Error> {
    let manifest = &statement.predicate.manifest;
    let path = &manifest.path;
    let limit = u64::try_from(manifest::MAX_MANIFEST_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let Ok(Some(bytes)) = files.read(path, limit) else {
        report.add_reason(Reason::ManifestInvalid);
        report.notes.push(Note::NoManifest { path: path.clone() });
        return Ok(());
    };
    // With other line endings it is not as signed, and the files that changed include it; what was signed is known still.
    let text = if bytes.contains(&0) { bytes.as_slice().into() } else { without_crlf(&bytes) };
    let candidates = [bytes.as_slice(), text.as_ref()];
    let Some(signed) = candidates.into_iter().find(|bytes| digest::sha256(bytes) == manifest.sha256.0) else {
        report.add_reason(Reason::ContentMismatch);
        report.notes.push(Note::ManifestChanged { path: path.clone() });
        return Ok(());
    };
    let parsed = parse::parse_bytes(path.as_str(), signed);
    check_manifest(&parsed, &statement.predicate.waived, report);
    let evaluations = evaluate::evaluate(&parsed.manifest);
    check_claims(&parsed, &evaluations, report);
    if parsed.is_sound()
        && let Some(contradiction) = statement.contradicts(&parsed.manifest)
    {
        report.add_reason(Reason::StatementInvalid);
        report.statement_problem = Some(StatementProblem::Contradiction { contradiction });
    }
    compare_verdicts(statement, &evaluations, report);
    report.evaluations = evaluations;
    report.manifest = parsed.is_sound().then_some(parsed.manifest);
    Ok(())
}

fn check_manifest(parsed: &Parsed, waived: &[String], report: &mut Report) {
    let mut findings = parsed.findings.clone();
    if parsed.is_sound() {
        findings.extend(rules::check_manifest(&parsed.manifest));
    }
    let codes: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error && finding.rule.code != rules::CLAIM_CODE)
        .map(|finding| finding.rule.code)
        .filter(|code| !waived.iter().any(|waived| waived == code))
        .collect();
    if codes.is_empty() && parsed.is_sound() {
        return;
    }
    report.add_reason(Reason::ManifestInvalid);
    report.notes.push(match codes.is_empty() {
        // A manifest that cannot be read cannot be waived, whatever the statement says.
        true => Note::ManifestUnsound,
        false => Note::ManifestRules { codes },
    });
}

fn check_claims(parsed: &Parsed, evaluations: &[Evaluation], report: &mut Report) {
    let (outcomes, unknown) = evaluate::claims(&parsed.manifest, evaluations);
    let claims = outcomes.into_iter().map(|outcome| ClaimReport {
        taxonomy: outcome.taxonomy,
        claimed: outcome.claimed,
        derived: outcome.derived,
        holds: match outcome.holds {
            Holds::Yes => Some(true),
            Holds::No => Some(false),
            Holds::Undecidable => None,
        },
    });
    report.claims = claims.collect();
    if !unknown.is_empty() || report.claims.iter().any(|claim| claim.holds == Some(false)) {
        report.add_reason(Reason::ClaimDoesNotHold);
    }
}

/// Compares the signed verdicts with ours. They follow from the same facts, so they must be equal if the taxonomy's data is the
/// same.
fn compare_verdicts(statement: &Statement, evaluations: &[Evaluation], report: &mut Report) {
    let ours = TaxonomyFacts::of(evaluations);
    for theirs in &statement.predicate.taxonomies {
        match ours.iter().find(|fact| fact.id == theirs.id) {
            None => report.notes.push(Note::UnknownTaxonomy { id: theirs.id.clone() }),
            Some(our) if our.data != theirs.data => {
                report.notes.push(Note::TaxonomyChanged { id: theirs.id.clone() });
            }
            // Compared as signed: JSON does not distinguish 1 from 1.0.
            Some(our) if json::canonical(&our.evaluation).ok() != json::canonical(&theirs.evaluation).ok() => {
                report.add_reason(Reason::StatementInvalid);
                report.statement_problem = Some(StatementProblem::Verdict { taxonomy: theirs.id.clone() });
            }
            Some(_) => {}
        }
    }
}
