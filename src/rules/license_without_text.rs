//! `OPN402`.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use super::Repository;
use crate::files::Kind;
use crate::finding::{Change, Finding, Proposal, Safety, quotable};
use crate::license::{self, License};
use crate::manifest::{Manifest, Terms, Text};
use crate::path::RepoPath;

super::rule! {
    /// ## What it does
    /// Reports `LicenseRef-…` licenses whose text is given neither by `license-file` nor by `license-url`.
    ///
    /// ## Why it matters
    /// SPDX has no text for such a name, so users cannot read the terms.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "LicenseRef-Lab-Community"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "LicenseRef-Lab-Community"
    /// license-url = "https://example.org/license"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    "OPN402" "license-without-text" Error => Either(check)
}

fn check(manifest: &Manifest, repository: Option<&Repository<'_>>, findings: &mut Vec<Finding>) {
    let kinds = &manifest.licenses;
    let tables = [&kinds.code, &kinds.data, &kinds.documentation].into_iter().flatten();
    let all: Vec<&Terms> = tables
        .chain([&manifest.model.license])
        .chain(manifest.components.iter().map(|component| &component.terms))
        .collect();
    // One text is enough for all tables that name the same license.
    let has_text: BTreeSet<String> =
        all.iter().filter(|terms| names_text(terms)).flat_map(|terms| references(terms)).collect();
    let texts = LazyCell::new(|| repository.map_or_else(Vec::new, |repository| unnamed_texts(repository, &all)));
    for terms in &all {
        let Some(text) = &terms.license else { continue };
        for reference in references(terms).into_iter().filter(|reference| !has_text.contains(reference)) {
            let message = format!("the text of `{reference}` is not given");
            findings.push(
                Finding::new(&INFO, text.span, message)
                    .help("add `license-file` (a path in the repository) or `license-url`")
                    .propose(with_file(&texts, text, &reference)),
            );
        }
    }
}

/// Returns the license files of which nothing is said, with the names of their licenses.
fn unnamed_texts<'r>(repository: &Repository<'r>, all: &[&Terms]) -> Vec<(&'r RepoPath, String)> {
    let named: BTreeSet<&RepoPath> = all.iter().filter_map(|terms| Some(&terms.file.as_ref()?.value)).collect();
    let files = repository.files.entries().iter().filter(|entry| matches!(entry.kind, Kind::File { .. }));
    let files = files.map(|entry| &entry.path).filter(|path| !named.contains(path));
    files.filter_map(|path| Some((path, license_name(path)?))).collect()
}

/// Proposes the file that has the text: the one with the name of the license, or the only license file of which nothing else
/// is said.
fn with_file(texts: &[(&RepoPath, String)], text: &Text, reference: &str) -> Option<Proposal> {
    let name = letters(reference.strip_prefix("LicenseRef-").unwrap_or(reference));
    let same: Vec<&RepoPath> = texts.iter().filter(|(_, own)| *own == name).map(|(path, _)| *path).collect();
    let (path, safety) = match (same.as_slice(), texts) {
        ([only], _) => (only, Safety::Safe),
        ([], [(only, _)]) => (only, Safety::Unsafe),
        _ => return None,
    };
    let title = format!("add `license-file = \"{}\"`", quotable(path.as_str()));
    let change = Change::InsertKey { after: text.span, key: "license-file", value: path.to_string() };
    Some(Proposal::new(title, safety, change))
}

/// Returns the letters and digits of what a file with a license is called, besides the word: `labcommunity` for
/// `LICENSE-Lab-Community.txt` and `LICENSES/LicenseRef-Lab-Community.txt`; `None` for another file.
fn license_name(path: &RepoPath) -> Option<String> {
    let name = path.as_str().rsplit('/').next().unwrap_or_default();
    let name = [".txt", ".md"].into_iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    let rest =
        ["LicenseRef-", "LICENSE", "LICENCE", "COPYING"].into_iter().find_map(|start| name.strip_prefix(start))?;
    Some(letters(rest))
}

fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn names_text(terms: &Terms) -> bool {
    terms.file.is_some() || terms.url.is_some()
}

fn references(terms: &Terms) -> Vec<String> {
    let Some(text) = &terms.license else { return Vec::new() };
    match license::read(text) {
        Ok(License::Expression(expression)) => {
            expression.names().into_iter().filter(|name| name.contains("LicenseRef-")).collect()
        }
        _ => Vec::new(),
    }
}
