//! `OPN404`.

use crate::finding::Finding;
use crate::license::{self, Effective};
use crate::manifest::Manifest;

super::rule! {
    /// ## What it does
    /// Reports released components that have no license.
    ///
    /// ## Why it matters
    /// Without a license, others may look at a component but not use it, whatever its owner intended. If that is the
    /// intent, declare `license = "NONE"`.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    "OPN404" "missing-license" Warning => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    for component in manifest.components.iter().filter(|component| component.is_released()) {
        if matches!(license::effective(manifest, component), Effective::Unstated) {
            let message = format!("`{}` is released without a license", *component.id);
            findings.push(Finding::new(&INFO, component.id.span, message).help(
                "add `license` to the component, or a default to `[model]`; if there is no license, write `NONE`",
            ));
        }
    }
}
