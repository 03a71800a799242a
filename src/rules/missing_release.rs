//! `OPN701`.

use crate::finding::Finding;
use crate::manifest::Manifest;

super::rule! {
    /// ## What it does
    /// Reports manifests without a `[release]` table, which says how the model is made available.
    ///
    /// ## Why it matters
    /// Which components exist and who can access them are two different questions. The release gradient of Solaiman
    /// (2023) answers the second.
    ///
    /// ## Fails
    /// ```toml bare
    /// schema = 1
    /// [model]
    /// name = "m"
    /// version = "1"
    /// producer = "p"
    /// [component.final-weights]
    /// openness = "closed"
    /// reason = "not yet"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [release]
    /// access = "hosted"
    /// ```
    "OPN701" "missing-release" Warning => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    if manifest.release.is_none() {
        findings.push(
            Finding::new(&INFO, manifest.model.header, "the manifest does not say how the model is released")
                .help("add a `[release]` table with an access level, such as `access = \"downloadable\"`"),
        );
    }
}
