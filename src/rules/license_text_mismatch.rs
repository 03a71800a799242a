//! `OPN403`.

use super::Repository;
use crate::finding::Finding;
use crate::license::text::{Likeness, compare};
use crate::license::{self, License};
use crate::manifest::{Manifest, Terms};

/// Licence texts are kilobytes; what is larger is none.
const MAX_TEXT_BYTES: u64 = 256 * 1024;

super::rule! {
    /// ## What it does
    /// Compares the text under `license-file` with the text of the SPDX licence that is declared.
    ///
    /// ## Why it matters
    /// When the two differ, courts read the text and programs read the id. One of them is wrong.
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
    "OPN403" "license-text-differs" Error => Repository(check)
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
                format!("`{}` is declared, and `{}` holds the text of {id}", stated.escape_debug(), file.value),
            )
            .help(format!("declare `{id}`, or put the right text there")),
            Likeness::Different => Finding::new(
                &INFO,
                stated.span,
                format!("`{}` does not hold the text of {}", file.value, names.join(" or ")),
            )
            .help("put the text of the licence there, unchanged, or declare what the text says"),
        };
        findings.push(finding.related(file.span, "the text"));
    }
}

/// Every table of licence keys.
pub(super) fn terms(manifest: &Manifest) -> impl Iterator<Item = &Terms> {
    let kinds = &manifest.licenses;
    [&kinds.code, &kinds.data, &kinds.documentation]
        .into_iter()
        .flatten()
        .chain([&manifest.model.license])
        .chain(manifest.components.iter().map(|component| &component.terms))
}
