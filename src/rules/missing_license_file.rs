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
        if repository.snapshot.find(&file.value).is_none() {
            let written = file.value.as_str();
            let files = repository.snapshot.entries().iter().filter(|entry| matches!(entry.kind, Kind::File { .. }));
            let near = closest(written, files.map(|entry| entry.path.as_str()));
            let meant = near.map(|near| {
                let is_certain = near.eq_ignore_ascii_case(written);
                Proposal::replace(file.span, written, near, Safety::of_certain(is_certain))
            });
            findings.push(
                Finding::new(&INFO, file.span, format!("the license file `{}` is not in the repository", file.value))
                    .help(near.map_or("add the file, or correct the path".to_owned(), |near| {
                        format!("did you mean `{near}`?")
                    }))
                    .propose(meant),
            );
        }
    }
}
