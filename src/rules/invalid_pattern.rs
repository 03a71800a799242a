//! `OPN302`.

use super::Repository;
use crate::artifacts::Pattern;
use crate::artifacts::glob::Glob;
use crate::finding::{Finding, Proposal, Safety};

super::rule! {
    /// ## What it does
    /// Reports patterns under `files` and `exclude` that are malformed or that reach outside the repository.
    ///
    /// ## Why it matters
    /// Patterns select what is signed. `..`, an absolute path, or a backslash would select different files on different
    /// machines.
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
    "OPN302" "invalid-pattern" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for pattern in repository.file_patterns().chain(&repository.inventory.exclude) {
        if let Err(error) = &pattern.matches {
            let message = format!("invalid pattern `{}`: {error}", pattern.text.escape_debug());
            findings.push(
                Finding::new(&INFO, pattern.span, message)
                    .help("write a pattern relative to the root of the repository, such as `weights/*.safetensors`")
                    .propose(portable(pattern)),
            );
        }
    }
}

/// Proposes `/` in place of backslashes and nothing in place of a leading `./`, which mean the same; `None` if something else is
/// wrong.
fn portable(pattern: &Pattern) -> Option<Proposal> {
    let slashes = pattern.text.replace('\\', "/");
    let portable = slashes.trim_start_matches("./");
    portable.parse::<Glob>().ok()?;
    Some(Proposal::replace(pattern.span, &pattern.text, portable, Safety::Safe))
}
