//! Evidence as a manifest gives it: a document, a few words, or a word that says how far a step was taken.

use super::Outcome;
use crate::manifest::{Evidence, Status};
use crate::source::Span;

/// Returns what evidence amounts to, a clause about it, and its place.
///
/// That something was done counts in part only, until a document or a summary shows it.
pub(super) fn judge(evidence: Option<&Evidence>) -> (Outcome, &'static str, Option<Span>) {
    let Some(evidence) = evidence else { return (Outcome::Unstated, "is not stated", None) };
    let shown = evidence.document.is_some() || evidence.summary.is_some();
    let span = evidence.status.as_ref().map_or(evidence.span, |status| status.span);
    let (outcome, text) = match evidence.status.as_ref().map(|status| status.value) {
        Some(Status::Absent) => (Outcome::Failed, "is declared absent"),
        Some(Status::Partial) => (Outcome::Partial, "is addressed in part"),
        Some(Status::Addressed) | None if shown => (Outcome::Met, "is addressed"),
        Some(Status::Addressed) | None => (Outcome::Partial, "is said to be addressed, and nothing shows it"),
    };
    (outcome, text, Some(span))
}

/// Returns the word of the manifest for an outcome of evidence.
pub(super) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Met => "addressed",
        Outcome::Partial => "partial",
        _ => "absent",
    }
}

/// Returns the verdict of an assessment whose steps are all demanded: `complete`, `incomplete` or, with none of them, `absent`.
pub(super) fn verdict(outcomes: impl IntoIterator<Item = Outcome>) -> &'static str {
    let outcomes: Vec<Outcome> = outcomes.into_iter().collect();
    if outcomes.iter().all(|outcome| matches!(outcome, Outcome::Unstated | Outcome::Failed)) {
        "absent"
    } else if outcomes.iter().all(|outcome| *outcome == Outcome::Met) {
        "complete"
    } else {
        "incomplete"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Spanned;

    fn evidence(status: Option<Status>, document: bool) -> Outcome {
        let status = status.map(|status| Spanned::new(status, 0..1));
        let document = document.then(|| Spanned::new("docs/risk.md".to_owned(), 0..1));
        judge(Some(&Evidence { status, document, ..Evidence::default() })).0
    }

    #[test]
    fn a_word_without_a_document_is_no_evidence() {
        assert_eq!(evidence(None, true), Outcome::Met);
        assert_eq!(evidence(Some(Status::Addressed), false), Outcome::Partial);
        assert_eq!(evidence(Some(Status::Absent), true), Outcome::Failed);
        assert_eq!(judge(None).0, Outcome::Unstated);
    }

    #[test]
    fn an_assessment_is_complete_only_with_every_step() {
        assert_eq!(verdict([Outcome::Met, Outcome::Met]), "complete");
        assert_eq!(verdict([Outcome::Met, Outcome::Unstated]), "incomplete");
        assert_eq!(verdict([Outcome::Unstated, Outcome::Failed]), "absent");
    }
}
