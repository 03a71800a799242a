//! Evidence in a manifest: a document, a summary, or a word that says how far a step was taken.

use super::{Outcome, Verdict};
use crate::manifest::{Evidence, Status};
use crate::source::Span;

/// Returns the outcome that evidence supports, a clause about it, and its position.
///
/// A step that is declared done counts only in part until a document or a summary shows it.
pub(super) fn check(evidence: Option<&Evidence>) -> (Outcome, &'static str, Option<Span>) {
    let Some(evidence) = evidence else { return (Outcome::Unstated, "is not stated", None) };
    let shown = evidence.document.is_some() || evidence.summary.is_some();
    let span = evidence.status.as_ref().map_or(evidence.span, |status| status.span);
    let (outcome, text) = match evidence.status.as_ref().map(|status| status.value) {
        Some(Status::Absent) => (Outcome::Failed, "is declared absent"),
        Some(Status::Partial) => (Outcome::Partial, "is partially addressed"),
        Some(Status::Addressed) | None if shown => (Outcome::Met, "is addressed"),
        Some(Status::Addressed) | None => {
            (Outcome::Partial, "is declared addressed, but has neither a document nor a summary")
        }
    };
    (outcome, text, Some(span))
}

/// Returns the manifest's word for an outcome of [`check`].
pub(super) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Met => "addressed",
        Outcome::Partial => "partial",
        _ => "absent",
    }
}

/// Returns the verdict of an assessment in which every step is required.
pub(super) fn verdict(outcomes: impl IntoIterator<Item = Outcome>) -> Verdict {
    let outcomes: Vec<Outcome> = outcomes.into_iter().collect();
    if outcomes.iter().all(|outcome| matches!(outcome, Outcome::Unstated | Outcome::Failed)) {
        Verdict::Absent
    } else if outcomes.iter().all(|outcome| *outcome == Outcome::Met) {
        Verdict::Complete
    } else {
        Verdict::Incomplete
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Spanned;

    fn evidence(status: Option<Status>, document: bool) -> Outcome {
        let status = status.map(|status| Spanned::new(status, 0..1));
        let document = document.then(|| Spanned::new("docs/risk.md".to_owned(), 0..1));
        check(Some(&Evidence { status, document, ..Evidence::default() })).0
    }

    #[test]
    fn a_status_without_a_document_is_not_full_evidence() {
        assert_eq!(evidence(None, true), Outcome::Met);
        assert_eq!(evidence(Some(Status::Addressed), false), Outcome::Partial);
        assert_eq!(evidence(Some(Status::Absent), true), Outcome::Failed);
        assert_eq!(check(None).0, Outcome::Unstated);
    }

    #[test]
    fn an_assessment_is_complete_only_with_every_step() {
        assert_eq!(verdict([Outcome::Met, Outcome::Met]), Verdict::Complete);
        assert_eq!(verdict([Outcome::Met, Outcome::Unstated]), Verdict::Incomplete);
        assert_eq!(verdict([Outcome::Unstated, Outcome::Failed]), Verdict::Absent);
        assert_eq!(verdict([Outcome::Met, Outcome::Undecidable]), Verdict::Incomplete);
    }
}
