//! `OPN313`.

use super::Repository;
use crate::artifacts::header::HeaderError;
use crate::finding::{Finding, Severity};

super::rule! {
    /// ## What it does
    /// Reads the headers of safetensors and GGUF files and reports those that are truncated, that contradict
    /// themselves, or that ask for more memory than any loader grants. Tensor data is not read, and Git LFS pointers
    /// are skipped. A file that is not in the format that its name suggests is only a warning.
    ///
    /// ## Why it matters
    /// An interrupted upload looks like a model until it is loaded. Tensors that overlap or reach past the end of the
    /// file let an attacker make two programs load two different models from the same file.
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
        let finding = Finding::new(&INFO, repository.span_of(*at), format!("`{path}` is invalid: {error}"));
        findings.push(match error {
            HeaderError::Foreign(_) => finding.severity(Severity::Warning).help("rename the file to match its format"),
            _ => finding.help("export or upload the file again"),
        });
    }
}
