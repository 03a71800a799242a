//! `OPN412`.

use crate::finding::{Finding, quotable};
use crate::license::chain::Outcome;
use crate::lineage::{Lineage, question, reading};

super::rule! {
    /// ## What it does
    /// Names the question that is open about the license of a base and that of the weights.
    ///
    /// ## Why it matters
    /// Terms do not answer everything: they may be silent about adapters or outputs, or allow other terms that they do not
    /// name. Silence is neither a permission nor a prohibition. People have to decide, and the finding says what about.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// [[model.base]]
    /// name = "lab/Base-7B"
    /// license = "CC-BY-NC-4.0"
    /// relation = "trained-on"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// [[model.base]]
    /// name = "lab/corpus"
    /// license = "CDLA-Permissive-2.0"
    /// relation = "trained-on"
    /// ```
    "OPN412" "chain-needs-review" Note => Lineage(check)
}

fn check(lineage: &Lineage<'_>, findings: &mut Vec<Finding>) {
    for link in lineage.worst_links() {
        // Other rules name what is missing in these cases.
        let is_named_elsewhere = link.ancestor.is_none() && (link.is_unlicensed() || link.depends_on_relation);
        if link.verdict.outcome != Outcome::Review || is_named_elsewhere {
            continue;
        }
        let Some(ground) = question(&link.verdict.grounds) else { continue };
        let span = link.span();
        let base = quotable(&link.name());
        let message = match ground.license.as_str() {
            "" => format!("a question is open about the base `{base}`: its license is not known"),
            license => format!(
                "a question is open about the base `{base}` under `{}`: {} ({})",
                quotable(license),
                ground.why,
                reading(ground)
            ),
        };
        let finding = Finding::new(&INFO, span, message);
        findings.push(match &ground.settle {
            Some(settle) => finding.help(format!("what would settle it: {settle}")),
            None => finding,
        });
    }
}
