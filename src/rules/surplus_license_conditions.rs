//! `OPN409`.

use super::Repository;
use super::invalid_license::quoted;
use super::license_text_mismatch::{Compared, compared, quotations};
use crate::finding::Finding;
use crate::license::standing;
use crate::license::text::{Found, Likeness, is_known_model_license};

super::rule! {
    /// ## What it does
    /// Reports conditions in a license text that do not belong to the declared license, quoted: sentences that were added
    /// to it, before, within or after its text, and the text of another license that is not open.
    ///
    /// ## Why it matters
    /// A license with further conditions is another license. "MIT, but not for military purposes" is not MIT.
    /// Users who go by the identifier do what the text does not allow.
    ///
    /// Titles, copyright notices, names and years that were filled in, and references to other texts are not conditions.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "0BSD"
    /// license-file = "LICENSE"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    /// ```files
    /// LICENSE: @spdx 0BSD @and \nThis model must not be used for military purposes.\n
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "LicenseRef-Lab-Civilian"
    /// license-file = "LICENSE"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    /// ```files
    /// LICENSE: @spdx 0BSD @and \nThis model must not be used for military purposes.\n
    /// ```
    "OPN409" "surplus-license-conditions" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for Compared { stated, file, expression, names, likeness, contents } in compared(repository) {
        // A text that is not a known license has no surplus; the text of a private license is not known.
        let is_private = |name: &String| name.starts_with("LicenseRef-") && !is_known_model_license(name);
        if likeness == Likeness::Unknown || names.iter().any(is_private) {
            continue;
        }
        let declared = |found: &&Found| found.ids.iter().any(|id| names.iter().any(|name| name == id));
        let added: Vec<String> =
            contents.licenses.iter().flat_map(|found| &found.added).chain(&contents.surplus).cloned().collect();
        let mut push = |message: String, help: String| {
            findings.push(Finding::new(&INFO, stated.span, message).help(help).related(file.span, "the license text"));
        };
        if !added.is_empty() && !contents.licenses.is_empty() {
            let than: Vec<String> = match contents.licenses.iter().find(declared) {
                Some(_) => names.clone(),
                None => contents.licenses.iter().map(|found| found.id().to_owned()).collect(),
            };
            push(
                format!("`{}` says more than the text of {}: {}", file.value, quoted(&than), quotations(&added)),
                "declare `LicenseRef-NAME` with this text as `license-file`, or remove what was added".to_owned(),
            );
        }
        if likeness != Likeness::Same || expression.names().is_empty() {
            continue;
        }
        for other in contents.licenses.iter().filter(|found| !declared(found) && !found.is_exception) {
            if standing::is_restricted(other.id()) {
                push(
                    format!("`{}` also contains the text of `{}`, which is not declared", file.value, other.id()),
                    "declare it with `AND`, or move it to a file of its own".to_owned(),
                );
            }
        }
    }
}
