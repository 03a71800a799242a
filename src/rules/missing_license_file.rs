//! `OPN406`.

use super::Repository;
use crate::files::Kind;
use crate::finding::{Finding, Proposal, Safety, closest};

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
        if repository.files.find(&file.value).is_some() {
            continue;
        }
        let written = file.value.as_str();
        let near = similar(repository, written);
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add the file, or correct the path".to_owned(),
        };
        let meant = near.map(|near| {
            let is_certain = near.eq_ignore_ascii_case(written);
            Proposal::replace(file.span, written, near, Safety::of_certain(is_certain))
        });
        let message = format!("the license file `{}` is not in the repository", file.value);
        findings.push(Finding::new(&INFO, file.span, message).help(help).propose(meant));
    }
}

/// Returns the path of the file that was most likely meant, whatever its case.
fn similar<'r>(repository: &Repository<'r>, written: &str) -> Option<&'r str> {
    let files = repository.files.entries().iter().filter(|entry| matches!(entry.kind, Kind::File { .. }));
    let paths: Vec<(String, &str)> =
        files.map(|entry| (entry.path.as_str().to_lowercase(), entry.path.as_str())).collect();
    let near = closest(written, paths.iter().map(|(lower, _)| lower.as_str()))?;
    paths.iter().find(|(lower, _)| lower == near).map(|(_, path)| *path)
}
