//! `OPN406`.

use super::Repository;
use crate::finding::Finding;

super::rule! {
    /// ## What it does
    /// Reports `license-file` paths that are not in the repository.
    ///
    /// ## Why it matters
    /// Most licenses require that their text accompanies the work.
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
    "OPN406" "missing-license-file" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for file in super::license_text_mismatch::terms(repository.manifest).filter_map(|terms| terms.file.as_ref()) {
        if repository.files.find(&file.value).is_none() {
            findings.push(
                Finding::new(&INFO, file.span, format!("the license file `{}` is not in the repository", file.value))
                    .help("add the file, or correct the path"),
            );
        }
    }
}
