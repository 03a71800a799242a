//! `OPN403`.

use super::Repository;
use super::invalid_license::quoted;
use crate::finding::Finding;
use crate::license::text::{Likeness, compare};
use crate::license::{self, License};
use crate::manifest::{Manifest, Terms};

/// The largest license text that is compared; license texts are tens of kilobytes at most.
const MAX_TEXT_BYTES: u64 = 256 * 1024;

super::rule! {
    /// ## What it does
    /// Compares the text in `license-file` with the text of the declared SPDX license.
    ///
    /// ## Why it matters
    /// Courts go by the text, and programs go by the identifier. If the two differ, one of them is wrong.
    ///
    /// ## Fails
    /// ```toml
    /// [component.training-code]
    /// openness = "open"
    /// license = "MIT"
    /// license-file = "LICENSE"
    /// remote = [{ url = "https://example.org/code" }]
    /// ```
    /// ```files
    /// LICENSE: @spdx Apache-2.0
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.training-code]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// license-file = "LICENSE"
    /// remote = [{ url = "https://example.org/code" }]
    /// ```
    /// ```files
    /// LICENSE: @spdx Apache-2.0
    /// ```
    "OPN403" "license-text-mismatch" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for terms in terms(repository.manifest) {
        let (Some(stated), Some(file)) = (&terms.license, &terms.file) else { continue };
        let Ok(License::Expression(expression)) = license::read(stated) else { continue };
        let Ok(Some(bytes)) = repository.snapshot.read(&file.value, MAX_TEXT_BYTES) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let names = expression.names();
        let finding = match compare(&text, &names) {
            Likeness::Same | Likeness::Unknown => continue,
            Likeness::Other(id) => Finding::new(
                &INFO,
                stated.span,
                format!("`{}` is declared, but `{}` contains the text of `{id}`", stated.escape_debug(), file.value),
            )
            .help(format!("declare `{id}`, or replace the text")),
            Likeness::Different => Finding::new(
                &INFO,
                stated.span,
                format!("`{}` does not contain the text of {}", file.value, quoted(&names)),
            )
            .help("use the unmodified text of the license, or declare the license that the text grants"),
        };
        findings.push(finding.related(file.span, "the license text"));
    }
}

/// Returns every table that may hold license keys.
pub(super) fn terms(manifest: &Manifest) -> impl Iterator<Item = &Terms> {
    let kinds = &manifest.licenses;
    [&kinds.code, &kinds.data, &kinds.documentation]
        .into_iter()
        .flatten()
        .chain([&manifest.model.license])
        .chain(manifest.components.iter().map(|component| &component.terms))
}
