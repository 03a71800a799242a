//! `OPN406`.

use super::Repository;
use crate::finding::Finding;

super::rule! {
    /// ## What it does
    /// Finds a `license-file` that is not in the repository.
    ///
    /// ## Why it matters
    /// Most licences ask that their text comes with what they govern.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "LicenseRef-Lab-Community"
    /// license-file = "LICENSE-WEIGHTS"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "LicenseRef-Lab-Community"
    /// license-file = "LICENSE-WEIGHTS"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    /// ```files
    /// LICENSE-WEIGHTS
    /// ```
    "OPN406" "license-file-not-found" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for file in super::license_text_differs::terms(repository.manifest).filter_map(|terms| terms.file.as_ref()) {
        if repository.snapshot.find(&file.value).is_none() {
            findings.push(
                Finding::new(&INFO, file.span, format!("the licence text `{}` is not in the repository", file.value))
                    .help("add it, or correct the path"),
            );
        }
    }
}
