//! `OPN206`.

use crate::finding::Finding;
use crate::manifest::{Manifest, Openness};

super::rule! {
    /// ## What it does
    /// Finds components that are not open and do not say why.
    ///
    /// ## Why it matters
    /// "Closed" may be law, prudence or a plan for next month; readers weigh these differently.
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
    "OPN206" "reason-missing" Warning => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    for component in &manifest.components {
        let Some(openness) = &component.openness else { continue };
        if component.reason.is_none() && matches!(openness.value, Openness::Closed | Openness::Partial) {
            let message = format!("`{}` is {} and gives no reason", *component.id, openness.as_str());
            findings.push(Finding::new(&INFO, openness.span, message).help("say why under `reason`"));
        }
    }
}
