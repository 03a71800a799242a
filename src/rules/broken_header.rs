//! `OPN313`.

use super::Repository;
use crate::artifacts::header::HeaderError;
use crate::finding::{Finding, Severity};

super::rule! {
    /// ## What it does
    /// Reads the headers of safetensors and GGUF files, and finds those that are cut off, contradict themselves or ask for
    /// more memory than any loader grants. The numbers themselves are not read, and Git LFS pointers are passed over. That
    /// a file is of another kind altogether is a warning.
    ///
    /// ## Why it matters
    /// An upload that broke off looks like a model until somebody loads it. Tensors that overlap, or lie outside the file,
    /// are how an attacker makes two programs see two models.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.safetensors"]
    /// ```
    /// ```files
    /// model.safetensors: \x38\x00\x00\x00\x00\x00\x00\x00{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}\x20\x20\x20abc
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
    /// model.safetensors: \x38\x00\x00\x00\x00\x00\x00\x00{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}\x20\x20\x20abcd
    /// ```
    "OPN313" "broken-header" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for at in &repository.inventory.covered {
        let Some(Err(error)) = repository.header(*at) else { continue };
        let path = repository.path(*at);
        let finding = Finding::new(&INFO, repository.span_of(*at), format!("`{path}` cannot be relied on: {error}"));
        findings.push(match error {
            HeaderError::Foreign(_) => finding.severity(Severity::Warning).help("name the file for what it is"),
            _ => finding.help("write or upload the file again"),
        });
    }
}
