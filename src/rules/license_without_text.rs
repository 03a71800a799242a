//! `OPN402`.

use crate::finding::Finding;
use crate::license::{self, License};
use crate::manifest::{Manifest, Terms};

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
    "OPN402" "license-without-text" Error => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    let kinds = &manifest.licenses;
    let tables = [&kinds.code, &kinds.data, &kinds.documentation].into_iter().flatten();
    let all: Vec<&Terms> = tables
        .chain([&manifest.model.license])
        .chain(manifest.components.iter().map(|component| &component.terms))
        .collect();
    // One text is enough for all tables that name the same license.
    let has_text: Vec<String> =
        all.iter().filter(|terms| names_text(terms)).flat_map(|terms| references(terms)).collect();
    for terms in all {
        let Some(text) = &terms.license else { continue };
        for reference in references(terms).into_iter().filter(|reference| !has_text.contains(reference)) {
            let message = format!("the text of `{reference}` is not given");
            findings.push(
                Finding::new(&INFO, text.span, message)
                    .help("add `license-file` (a path in the repository) or `license-url`"),
            );
        }
    }
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
