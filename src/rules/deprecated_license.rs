//! `OPN405`.

use super::invalid_license::{quoted, stated};
use crate::finding::Finding;
use crate::license::{self, License};
use crate::manifest::Manifest;

super::rule! {
    /// ## What it does
    /// Reports deprecated SPDX license identifiers.
    ///
    /// ## Why it matters
    /// `GPL-3.0` does not say whether later versions of the license may be used. Its successors, `GPL-3.0-only` and
    /// `GPL-3.0-or-later`, do.
    ///
    /// ## Fails
    /// ```toml
    /// [component.training-code]
    /// openness = "open"
    /// license = "GPL-3.0"
    /// remote = [{ url = "https://example.org/code" }]
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.training-code]
    /// openness = "open"
    /// license = "GPL-3.0-or-later"
    /// remote = [{ url = "https://example.org/code" }]
    /// ```
    "OPN405" "deprecated-license" Warning => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    for text in stated(manifest) {
        let Ok(License::Expression(expression)) = license::read(text) else { continue };
        for (id, successors) in expression.deprecated() {
            let mut finding =
                Finding::new(&INFO, text.span, format!("the SPDX license identifier `{id}` is deprecated"));
            if !successors.is_empty() {
                finding = finding.help(format!("use {}", quoted(&successors)));
            }
            findings.push(finding);
        }
    }
}
