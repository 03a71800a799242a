//! `OPN309`.

use super::Repository;
use crate::finding::Finding;
use crate::manifest::Openness;

super::rule! {
    /// ## What it does
    /// Reports components that are declared `closed` or `not-applicable` although their `files` match files in the
    /// repository.
    ///
    /// ## Why it matters
    /// Either the declaration is wrong, or something is about to be released that should not be.
    ///
    /// ## Fails
    /// ```toml
    /// [component.training-data]
    /// openness = "closed"
    /// reason = "licensed from others"
    /// files = ["train.txt"]
    /// ```
    /// ```files
    /// train.txt
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.training-data]
    /// openness = "open"
    /// license = "CC0-1.0"
    /// files = ["train.txt"]
    /// ```
    /// ```files
    /// train.txt
    /// ```
    "OPN309" "closed-but-present" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for (component, files) in repository.manifest.components.iter().zip(&repository.inventory.components) {
        let Some(openness) = &component.openness else { continue };
        if !matches!(openness.value, Openness::Closed | Openness::NotApplicable) {
            continue;
        }
        for pattern in &files.patterns {
            let Some(first) = pattern.entries().first() else { continue };
            let path = repository.path(*first);
            let message =
                format!("`{}` is declared `{}`, but `{path}` is in the repository", *component.id, openness.as_str());
            findings.push(
                Finding::new(&INFO, openness.span, message)
                    .related(pattern.span, "matches files in the repository")
                    .help("declare it `open` or `partial`, or remove the files"),
            );
        }
    }
}
