//! Whether the manifest is sound and its facts bear out what is claimed and what was signed of them.

use super::{ClaimReport, Reason, Report, without_crlf};
use crate::evaluate::{self, Holds};
use crate::files::Files;
use crate::finding::Severity;
use crate::json;
use crate::manifest::parse;
use crate::statement::{Statement, TaxonomyFacts};
use crate::{manifest, rules};

pub(super) fn claims(
    snapshot: &dyn Files,
    statement: &Statement,
    report: &mut Report,
) -> Result<(), crate::files::Error> {
    let path = &statement.predicate.manifest.path;
    let limit = u64::try_from(manifest::MAX_MANIFEST_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let Ok(Some(bytes)) = snapshot.read(path, limit) else {
        report.against(Reason::ManifestInvalid);
        report.notes.push(format!("the manifest `{path}` cannot be read here, so no claim could be checked"));
        return Ok(());
    };
    let parsed = parse::parse_bytes(path.as_str(), &without_crlf(&bytes));
    let mut findings = parsed.findings.clone();
    if parsed.is_sound() {
        findings.extend(rules::check_manifest(&parsed.manifest));
    }
    let waived = &statement.predicate.waived;
    let unsound: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error && finding.rule.code != rules::CLAIM_CODE)
        .map(|finding| finding.rule.code)
        .filter(|code| !waived.iter().any(|waived| waived == code))
        .collect();
    if !unsound.is_empty() || !parsed.is_sound() {
        report.against(Reason::ManifestInvalid);
        report.notes.push(match unsound.as_slice() {
            // A manifest that cannot be read cannot be waived, whatever the statement says.
            [] => "the manifest cannot be read as a whole".to_owned(),
            codes => format!("the manifest does not pass its own rules: {}", codes.join(", ")),
        });
    }
    let evaluations = evaluate::evaluate(&parsed.manifest);
    let (outcomes, unknown) = evaluate::claims(&parsed.manifest, &evaluations);
    report.claims = outcomes
        .iter()
        .map(|outcome| ClaimReport {
            taxonomy: outcome.taxonomy.to_owned(),
            claimed: outcome.claimed.clone(),
            derived: outcome.derived.clone(),
            holds: match outcome.holds {
                Holds::Yes => Some(true),
                Holds::No => Some(false),
                Holds::Undecidable => None,
            },
        })
        .collect();
    if !unknown.is_empty() || report.claims.iter().any(|claim| claim.holds == Some(false)) {
        report.against(Reason::ClaimDoesNotHold);
    }
    // A manifest that has changed is already reported, and says what it likes.
    if !report.reasons.contains(&Reason::ContentMismatch) {
        if parsed.is_sound()
            && let Some(contradiction) = statement.contradicts(&parsed.manifest)
        {
            report.against(Reason::StatementInvalid);
            report.statement_problem = Some(contradiction);
        }
        compare_verdicts(statement, &evaluations, report);
    }
    report.evaluations = evaluations;
    report.manifest = parsed.is_sound().then_some(parsed.manifest);
    Ok(())
}

/// The signer's verdicts and ours rest on the same facts. Where the taxonomy's data is the same too, they must be equal.
fn compare_verdicts(statement: &Statement, evaluations: &[evaluate::Evaluation], report: &mut Report) {
    let ours = TaxonomyFacts::of(evaluations);
    for theirs in &statement.predicate.taxonomies {
        match ours.iter().find(|fact| fact.id == theirs.id) {
            None => report.notes.push(format!("the taxonomy `{}` is not known here", theirs.id)),
            Some(our) if our.data != theirs.data => {
                report.notes.push(format!("the data of `{}` has changed since it was signed", theirs.id));
            }
            // Compared as they are signed: JSON knows no difference between 1 and 1.0.
            Some(our) if json::canonical(&our.evaluation).ok() != json::canonical(&theirs.evaluation).ok() => {
                report.against(Reason::StatementInvalid);
                report.statement_problem =
                    Some(format!("the verdict signed for `{}` is not what the facts yield", theirs.id));
            }
            Some(_) => {}
        }
    }
}
