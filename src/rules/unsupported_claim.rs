//! `OPN202`.

use super::Claims;
use crate::evaluate::Holds;
use crate::finding::Finding;

/// More labels than this hide the text that they point at.
const MAX_LABELS: usize = 8;

super::rule! {
    /// ## What it does
    /// Finds claims that the declared facts do not bear out, and points at the entries that defeat them.
    ///
    /// ## Why it matters
    /// A signed claim is a promise to everybody downstream. Either the facts are incomplete, or the claim is too high.
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
            "the claim `{} = {}` does not hold: {} yields `{}`",
            outcome.key, outcome.claimed, outcome.taxonomy, outcome.derived
        );
        let mut finding = Finding::new(&INFO, outcome.span, message).label("claimed here");
        let (placed, placeless): (Vec<_>, Vec<_>) = outcome.reasons.iter().partition(|reason| reason.span.is_some());
        for reason in placed.iter().take(MAX_LABELS) {
            finding = finding.related(reason.span.unwrap_or_default(), reason.text.clone());
        }
        let mut unsaid: Vec<&str> = placeless.iter().map(|reason| reason.text.as_str()).collect();
        unsaid.extend(placed.iter().skip(MAX_LABELS).map(|reason| reason.text.as_str()));
        let help = if unsaid.is_empty() {
            "correct the entries that are pointed at, or lower the claim".to_owned()
        } else {
            format!("also in the way: {}", unsaid.join("; "))
        };
        findings.push(finding.help(help));
    }
}
