//! `OPN404`.

use crate::finding::Finding;
use crate::license::{self, Effective};
use crate::manifest::Manifest;

super::rule! {
    /// ## What it does
    /// Finds released components that no licence governs.
    ///
    /// ## Why it matters
    /// What has no licence may be looked at and nothing else, whatever its owner meant. Where that is meant, say `NONE`.
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
    "OPN404" "license-missing" Warning => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    for component in manifest.components.iter().filter(|component| component.is_released()) {
        if matches!(license::effective(manifest, component), Effective::Unstated) {
            let message = format!("`{}` is released under no licence", *component.id);
            findings.push(
                Finding::new(&INFO, component.id.span, message)
                    .help("add `license`, or a default under `[model]`; `NONE` where there is none"),
            );
        }
    }
}
