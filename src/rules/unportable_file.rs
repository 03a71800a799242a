//! `OPN306`.

use super::Repository;
use crate::finding::Finding;
use crate::source::Span;

super::rule! {
    /// ## What it does
    /// Finds files that cannot be signed: names that are no portable path or that differ only in case or Unicode form,
    /// FIFOs, devices and sockets, links out of the tree, unmerged files.
    ///
    /// ## Why it matters
    /// Such a file is another file, or none, on the next machine; verification there would mean nothing.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.safetensors"]
    /// ```
    /// ```files
    /// model.safetensors
    /// Model.safetensors
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.safetensors"]
    /// ```
    /// ```files
    /// model.safetensors
    /// ```
    "OPN306" "unportable-file" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for problem in repository.snapshot.problems() {
        findings.push(
            Finding::new(&INFO, Span::default(), problem.to_string())
                .help("rename or remove it; what cannot be signed cannot be released"),
        );
    }
}
