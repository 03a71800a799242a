//! `OPN206`.

use crate::finding::Finding;
use crate::manifest::{Manifest, Openness};

super::rule! {
    /// ## What it does
    /// Reports components that are `closed` or `partial` and give no `reason`.
    ///
    /// ## Why it matters
    /// A component can be closed for legal reasons, for safety, or only until next month. Readers weigh these reasons
    /// differently.
    ///
    /// ## Fails
    /// ```toml
    /// [component.training-data]
    /// openness = "closed"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.training-data]
    /// openness = "closed"
    /// reason = "licensed from third parties who do not permit redistribution"
    /// ```
    "OPN206" "missing-reason" Warning => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    for component in &manifest.components {
        let Some(openness) = &component.openness else { continue };
        if component.reason.is_none() && matches!(openness.value, Openness::Closed | Openness::Partial) {
            let message = format!("`{}` is declared `{}` but gives no reason", *component.id, openness.as_str());
            findings.push(Finding::new(&INFO, openness.span, message).help("add `reason = \"…\"`"));
        }
    }
}
