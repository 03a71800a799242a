//! `OPN304`.

use crate::finding::Finding;
use crate::manifest::Manifest;

super::rule! {
    /// ## What it does
    /// Finds released components that name neither files nor a place where they are.
    ///
    /// ## Why it matters
    /// Openness is a claim about something that others can get. Without a place, nobody can look.
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
    "OPN304" "open-without-evidence" Warning => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    for component in manifest.components.iter().filter(|component| component.is_released()) {
        if component.files.is_empty() && component.remote.is_empty() && component.documentation.is_empty() {
            let Some(openness) = &component.openness else { continue };
            let message = format!("`{}` is declared {} and nowhere to be found", *component.id, openness.as_str());
            findings.push(Finding::new(&INFO, openness.span, message).help("name it under `files` or `remote`"));
        }
    }
}
