//! `OPN205`.

use super::Claims;
use crate::finding::{Finding, quotable};

super::rule! {
    /// ## What it does
    /// Reports claims about an unknown taxonomy, and claims whose value the taxonomy does not define.
    ///
    /// ## Why it matters
    /// A claim that nothing checks would be signed and displayed as if it had been checked.
    ///
    /// ## Fails
    /// ```toml
    /// [claims]
    /// moff = "class-1"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "closed"
    /// reason = "not yet"
    /// ```
    "OPN205" "unknown-claim" Error => Claims(check)
}

fn check(claims: &Claims, findings: &mut Vec<Finding>) {
    for claim in &claims.unknown {
        let message = format!("the claim `{}` cannot be checked: {}", quotable(&claim.key), claim.problem);
        let mut finding = Finding::new(&INFO, claim.span, message);
        if let Some(suggestion) = &claim.suggestion {
            finding = finding.help(format!("did you mean `{suggestion}`?"));
        }
        findings.push(finding);
    }
}
