//! `OPN203`.

use super::Claims;
use crate::evaluate::Holds;
use crate::finding::Finding;

super::rule! {
    /// ## What it does
    /// Reports claims that the declared facts neither support nor refute, because a person has to decide.
    ///
    /// ## Why it matters
    /// A program can see that data is described, but not whether the description is sufficient. Users who rely on the
    /// claim should know that.
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
    /// osaid = true
    ///
    /// [component.training-data]
    /// openness = "partial"
    /// data-class = "unshareable"
    /// reason = "contains personal data"
    /// documentation = ["https://example.org/data"]
    /// remote = [{ url = "https://example.org/data" }]
    ///
    /// [component.data-card]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/data-card" }]
    ///
    /// [component.data-preprocessing-code]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/code" }]
    ///
    /// [component.training-code]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/code" }]
    ///
    /// [component.inference-code]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/code" }]
    ///
    /// [component.supporting-libraries]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/code" }]
    ///
    /// [component.model-architecture]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/code" }]
    ///
    /// [component.final-weights]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.training-data]
    /// openness = "closed"
    /// reason = "contains personal data"
    /// ```
    "OPN203" "undecidable-claim" Warning => Claims(check)
}

fn check(claims: &Claims, findings: &mut Vec<Finding>) {
    for outcome in claims.outcomes.iter().filter(|outcome| outcome.holds == Holds::Undecidable) {
        let message = format!("the claim `{} = {}` cannot be decided automatically", outcome.key, outcome.claimed);
        let open: Vec<&str> = outcome.reasons.iter().map(|reason| reason.text.as_str()).collect();
        let help = if open.is_empty() {
            format!("have someone who knows `{}` review it", outcome.taxonomy)
        } else {
            format!("have someone who knows `{}` review it: {}", outcome.taxonomy, open.join("; "))
        };
        findings.push(Finding::new(&INFO, outcome.span, message).help(help));
    }
}
