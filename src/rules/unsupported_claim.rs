//! `OPN202`.

use super::Claims;
use crate::evaluate::Holds;
use crate::finding::Finding;

/// The number of labels shown; more would hide the text that they point to.
const MAX_LABELS: usize = 8;

super::rule! {
    /// ## What it does
    /// Reports claims that the declared facts do not support, and points to the entries that refute them.
    ///
    /// ## Why it matters
    /// A signed claim is a promise to everyone downstream. Either the declared facts are incomplete, or the release
    /// claims too much.
    ///
    /// ## Fails
    /// ```toml
    /// [claims]
    /// mof = "class-3"
    ///
    /// [component.final-weights]
    /// openness = "open"
    /// license = "LicenseRef-Community"
    /// license-url = "https://example.org/license"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "LicenseRef-Community"
    /// license-url = "https://example.org/license"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    "OPN202" "unsupported-claim" Error => Claims(check)
}

fn check(claims: &Claims, findings: &mut Vec<Finding>) {
    for outcome in claims.outcomes.iter().filter(|outcome| outcome.holds == Holds::No) {
        let message = format!(
            "the claim `{} = {}` is not supported: the facts yield `{}` under `{}`",
            outcome.key, outcome.claimed, outcome.derived, outcome.taxonomy
        );
        let mut finding = Finding::new(&INFO, outcome.span, message).label("claimed here");
        let (located, unlocated): (Vec<_>, Vec<_>) = outcome.reasons.iter().partition(|reason| reason.span.is_some());
        for reason in located.iter().take(MAX_LABELS) {
            finding = finding.related(reason.span.unwrap_or_default(), reason.text.clone());
        }
        let mut rest: Vec<&str> = unlocated.iter().map(|reason| reason.text.as_str()).collect();
        rest.extend(located.iter().skip(MAX_LABELS).map(|reason| reason.text.as_str()));
        let help = if rest.is_empty() {
            "correct these entries, or claim less".to_owned()
        } else {
            format!("correct these too, or claim less: {}", rest.join("; "))
        };
        findings.push(finding.help(help));
    }
}
