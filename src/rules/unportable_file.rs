//! `OPN306`.

use super::Repository;
use crate::finding::Finding;
use crate::source::Span;

super::rule! {
    /// ## What it does
    /// Reports files that cannot be signed: files whose names are not portable or differ only in case or Unicode
    /// normalization, FIFOs, devices and sockets, symbolic links that lead out of the repository, and unmerged files.
    ///
    /// ## Why it matters
    /// On another machine, such a file would be a different file or would not exist, so verification would be
    /// meaningless. This error cannot be waived, because a statement cannot name such a file.
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
            Finding::new(&INFO, Span::default(), problem.to_string()).help("rename or remove it; it cannot be signed"),
        );
    }
}
