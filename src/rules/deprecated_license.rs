//! `OPN405`.

use super::invalid_license::stated;
use crate::finding::Finding;
use crate::license::{self, License};
use crate::manifest::Manifest;

super::rule! {
    /// ## What it does
    /// Finds SPDX ids that are deprecated.
    ///
    /// ## Why it matters
    /// `GPL-3.0` does not say whether later versions are allowed; its successors do.
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
            let mut finding = Finding::new(&INFO, text.span, format!("the SPDX id `{id}` is deprecated"));
            if !successors.is_empty() {
                finding = finding.help(format!("write {}", successors.join(" or ")));
            }
            findings.push(finding);
        }
    }
}
