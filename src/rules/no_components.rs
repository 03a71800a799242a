//! `OPN207`.

use crate::finding::Finding;
use crate::manifest::Manifest;

super::rule! {
    /// ## What it does
    /// Reports manifests that declare no components.
    ///
    /// ## Why it matters
    /// Verdicts are derived from components. Without any, there is nothing to evaluate.
    ///
    /// ## Fails
    /// ```toml bare
    /// schema = 1
    /// [model]
    /// name = "m"
    /// version = "1"
    /// producer = "p"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "closed"
    /// reason = "not yet"
    /// ```
    "OPN207" "no-components" Error => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    if manifest.components.is_empty() {
        findings.push(
            Finding::new(&INFO, manifest.model.header, "the manifest declares no components")
                .help("add a table for each part of the release, such as `[component.final-weights]`"),
        );
    }
}
