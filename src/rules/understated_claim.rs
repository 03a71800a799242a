//! `OPN204`.

use super::Claims;
use crate::evaluate;
use crate::finding::Finding;

super::rule! {
    /// ## What it does
    /// Reports claims that are lower than what the declared facts support.
    ///
    /// ## Why it matters
    /// Readers go by the claim, so the release looks less open than it is.
    ///
    /// ## Fails
    /// ```toml
    /// [model]
    /// name = "m"
    /// version = "1"
    /// producer = "p"
    /// license = "Apache-2.0"
    ///
    /// [claims]
    /// mof = "class-3"
    ///
    /// [component.model-architecture]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/x" }]
    /// [component.final-weights]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/x" }]
    /// [component.technical-report]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/x" }]
    /// [component.evaluation-results]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/x" }]
    /// [component.model-card]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/x" }]
    /// [component.data-card]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/x" }]
    /// [component.training-code]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/x" }]
    /// [component.inference-code]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/x" }]
    /// [component.evaluation-code]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/x" }]
    /// [component.evaluation-data]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/x" }]
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "closed"
    /// reason = "not yet"
    /// ```
    "OPN204" "understated-claim" Note => Claims(check)
}

fn check(claims: &Claims, findings: &mut Vec<Finding>) {
    for better in evaluate::unclaimed_better(&claims.outcomes) {
        let message =
            format!("the facts support `{}`, but `{} = {}` is claimed", better.derived, better.key, better.claimed);
        findings.push(Finding::new(&INFO, better.span, message));
    }
}
