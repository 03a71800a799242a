//! `OPN313`.

use std::rc::Rc;

use super::Repository;
use crate::artifacts::format::is_weights;
use crate::artifacts::header::{self, Format, HeaderError};
use crate::finding::{Finding, Severity};

super::rule! {
    /// ## What it does
    /// Reads the headers of safetensors and GGUF files and reports those that are truncated, that contradict
    /// themselves, or that ask for more memory than any loader grants. Tensor data is not read, and Git LFS pointers
    /// are skipped. A file that is not in the format that its name suggests is only a warning. Weights of any format
    /// that are empty, or are the error page of a server, are reported as well, and so are files of any component that
    /// are git-annex pointers.
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
        let path = repository.path(*at);
        let read = match repository.notable().has(*at) {
            true if Format::of(path).is_some() => repository.header(*at),
            true if is_weights(path) => not_weights(repository, *at).map(|error| Rc::new(Err(error))),
            _ => annex_pointer(repository, *at).map(|error| Rc::new(Err(error))),
        };
        let Some(Err(error)) = read.as_deref() else { continue };
        let finding = Finding::new(&INFO, repository.span_of(*at), format!("`{path}` is invalid: {error}"));
        findings.push(match error {
            HeaderError::Foreign(_) => finding
                .severity(Severity::Warning)
                .help("if the file has another format, rename it; if its upload was interrupted, upload it again"),
            HeaderError::AnnexPointer => finding.help(
                "commit the content, for example with Git LFS, or sign a copy of the directory that is not a Git repository",
            ),
            HeaderError::Empty | HeaderError::Document(_) => finding.help("upload the file again"),
            _ => finding.help("export or upload the file again"),
        });
    }
}

/// Returns why a file in a format without a header that is read is certainly not weights.
fn not_weights(repository: &Repository<'_>, at: usize) -> Option<HeaderError> {
    let entry = &repository.files.entries()[at];
    let size = repository.files.size(entry).ok()?;
    let start = match size {
        0 => Vec::new(),
        _ if repository.files.is_changed(entry) => {
            repository.files.read_start(&entry.path, header::START_BYTES).ok().flatten()?
        }
        _ => return None,
    };
    header::not_weights(&start, size)
}

/// Returns an error for a file of any kind that is a pointer of git-annex.
fn annex_pointer(repository: &Repository<'_>, at: usize) -> Option<HeaderError> {
    let pointers = repository.pointers();
    let found = pointers.binary_search_by_key(&at, |(at, _)| *at).ok()?;
    header::is_annex_pointer(&pointers[found].1).then_some(HeaderError::AnnexPointer)
}
