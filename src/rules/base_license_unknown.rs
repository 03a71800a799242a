//! `OPN413`.

use crate::finding::{Finding, quotable};
use crate::lineage::Lineage;

super::rule! {
    /// ## What it does
    /// Reports a base without `license`.
    ///
    /// ## Why it matters
    /// What binds a release is the license of every base, not only the label of the release. Without it, nothing can be
    /// said about either.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "MIT"
    /// remote = [{ url = "https://example.org/weights" }]
    /// [[model.base]]
    /// name = "lab/Base-7B"
    /// relation = "finetune"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "MIT"
    /// remote = [{ url = "https://example.org/weights" }]
    /// [[model.base]]
    /// name = "lab/Base-7B"
    /// license = "OpenMDW-1.0"
    /// relation = "distilled"
    /// ```
    "OPN413" "base-license-unknown" Warning => Lineage(check)
}

fn check(lineage: &Lineage<'_>, findings: &mut Vec<Finding>) {
    for link in lineage.worst_links() {
        if link.base.license.is_some() || link.ancestor.is_some() {
            continue;
        }
        let base = quotable(&link.base.name);
        findings.push(
            Finding::new(&INFO, link.base.span, format!("the license of the base `{base}` is not stated"))
                .help("add `license`, as an SPDX expression, `LicenseRef-…` or `NONE`"),
        );
    }
}
