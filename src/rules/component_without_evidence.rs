//! `OPN304`.

use crate::finding::Finding;
use crate::manifest::Manifest;

super::rule! {
    /// ## What it does
    /// Reports released components that list no `files`, no `remote` location, and no `documentation`.
    ///
    /// ## Why it matters
    /// Openness is a claim about something that others can obtain. Without a location, the claim cannot be checked.
    ///
    /// ## Fails
    /// ```toml
    /// [component.training-code]
    /// openness = "open"
    /// license = "MIT"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.training-code]
    /// openness = "open"
    /// license = "MIT"
    /// remote = [{ url = "https://example.org/code" }]
    /// ```
    "OPN304" "component-without-evidence" Warning => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    for component in manifest.components.iter().filter(|component| component.is_released()) {
        if component.files.is_empty() && component.remote.is_empty() && component.documentation.is_empty() {
            let Some(openness) = &component.openness else { continue };
            let message = format!(
                "`{}` is declared `{}` but lists no files, remote location, or documentation",
                *component.id,
                openness.as_str()
            );
            findings.push(
                Finding::new(&INFO, openness.span, message)
                    .help("list its files under `files`, or its location under `remote`"),
            );
        }
    }
}
