//! `OPN205`.

use super::Claims;
use crate::evaluate::UnknownClaim;
use crate::finding::{Finding, Proposal, Safety, is_slip, quotable};

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

/// Proposes another key, or another value.
fn meant(claim: &UnknownClaim, to: &str) -> Option<Proposal> {
    let written = claim.written.as_deref()?;
    let safety = Safety::of_certain(is_slip(written, to));
    Some(match claim.is_key {
        true => Proposal::rename(claim.span, written, to, safety),
        false => Proposal::replace(claim.span, written, to, safety),
    })
}

fn check(claims: &Claims, findings: &mut Vec<Finding>) {
    for claim in &claims.unknown {
        let message = format!("the claim `{}` cannot be checked: {}", quotable(&claim.key), claim.problem);
        let mut finding = Finding::new(&INFO, claim.span, message);
        if let Some(suggestion) = &claim.suggestion {
            finding = finding.help(format!("did you mean `{suggestion}`?")).propose(meant(claim, suggestion));
        }
        findings.push(finding);
    }
}
