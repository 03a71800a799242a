//! `OPN403`.

use super::Repository;
use super::invalid_license::quoted;
use crate::finding::Finding;
use crate::license::text::{Contents, Likeness, Missing};
use crate::license::{self, Expression, License};
use crate::manifest::{Manifest, Terms, Text};
use crate::path::RepoPath;
use crate::source::Spanned;

/// The largest license text that is compared; license texts are tens of kilobytes at most.
pub(super) const MAX_TEXT_BYTES: u64 = 256 * 1024;

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
    for Compared { stated, file, names, likeness, .. } in compared(repository) {
        let file_name = &file.value;
        let (message, help) = match likeness {
            Likeness::Same | Likeness::Unknown => continue,
            // What is added is another finding.
            Likeness::Changed { missing, .. } if missing.is_empty() => continue,
            Likeness::Other(id) => (
                format!("`{}` is declared, but `{file_name}` contains the text of `{id}`", stated.escape_debug()),
                format!("declare `{id}`, or replace the text"),
            ),
            Likeness::Changed { id, missing, .. } => (
                format!(
                    "`{file_name}` is not the text of `{id}`: it lacks {}",
                    listed(missing.iter().map(Missing::to_string))
                ),
                "use the unmodified text of the license, or declare the license that the text grants".to_owned(),
            ),
            Likeness::Different => (
                format!("`{file_name}` does not contain the text of {}", quoted(&names)),
                "use the unmodified text of the license, or declare the license that the text grants".to_owned(),
            ),
        };
        findings.push(Finding::new(&INFO, stated.span, message).help(help).related(file.span, "the license text"));
    }
}

/// A declared license and the text that is named as its text.
pub(super) struct Compared<'a> {
    pub(super) stated: &'a Text,
    pub(super) file: &'a Spanned<RepoPath>,
    /// The licenses of the expression.
    pub(super) expression: Expression,
    pub(super) names: Vec<String>,
    pub(super) likeness: Likeness,
    pub(super) contents: Contents,
}

/// Compares every declared license with its text.
pub(super) fn compared<'a>(repository: &Repository<'a>) -> Vec<Compared<'a>> {
    let mut all = Vec::new();
    let manifest = repository.manifest;
    for terms in terms(manifest) {
        let (Some(stated), Some(file)) = (&terms.license, &terms.file) else { continue };
        let Ok(License::Expression(expression)) = license::read(stated) else { continue };
        let names = expression.names();
        let Some((likeness, contents)) = repository.compared_with(&file.value, &names) else { continue };
        all.push(Compared { stated, file, expression, names, likeness, contents });
    }
    all
}

/// Returns quotations from a license text: at most three.
pub(super) fn quotations(texts: &[String]) -> String {
    listed(texts.iter().map(|text| format!("\"{}\"", text.escape_debug())))
}

/// Returns the first three, and how many more there are.
fn listed(mut texts: impl ExactSizeIterator<Item = String>) -> String {
    let mut shown: Vec<String> = texts.by_ref().take(3).collect();
    if texts.len() > 0 {
        shown.push(format!("{} more", texts.len()));
    }
    shown.join(", ")
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
