//! `OPN302`.

use super::Repository;
use crate::finding::Finding;

super::rule! {
    /// ## What it does
    /// Finds patterns under `files` and `exclude` that are malformed, or that reach out of the repository.
    ///
    /// ## Why it matters
    /// A pattern selects what is signed. `..`, an absolute path or a backslash would mean different files on each
    /// machine.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["../weights/*.safetensors"]
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["weights/*.safetensors"]
    /// ```
    /// ```files
    /// weights/a.safetensors
    /// ```
    "OPN302" "bad-pattern" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for pattern in repository.file_patterns().chain(&repository.inventory.exclude) {
        if let Err(error) = &pattern.matches {
            let message = format!("the pattern `{}` cannot be used: {error}", pattern.text.escape_debug());
            findings.push(
                Finding::new(&INFO, pattern.span, message)
                    .help("write a pattern relative to the root of the repository, as `weights/*.safetensors`"),
            );
        }
    }
}
