//! `OPN310`.

use super::{Repository, first_that_claims};
use crate::finding::{Finding, summarize_list};
use crate::taxonomy::{self, Kind};

super::rule! {
    /// ## What it does
    /// Finds weights and data in formats that execute code when they are loaded, going by the endings of their names, as
    /// loaders do. Files of one component and one format are one finding.
    ///
    /// ## Why it matters
    /// Whoever loads such a file runs what is in it. A signature says who put it there, not that it is harmless; formats
    /// like safetensors and GGUF hold nothing but numbers.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["pytorch_model.bin"]
    /// ```
    /// ```files
    /// pytorch_model.bin
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
    "OPN310" "runs-on-load" Warning => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for (component, files) in repository.manifest.components.iter().zip(&repository.inventory.components) {
        let kind = taxonomy::vocabulary().find(&component.id).and_then(|item| item.kind);
        if kind != Some(Kind::Data) {
            continue;
        }
        for (why, paths) in repository.run_on_load(&files.entries) {
            let message = match paths.as_slice() {
                [path] => format!("`{path}` may run code when it is loaded: {why}"),
                paths => format!("{} files may run code when they are loaded, {}: {why}", paths.len(), summarize_list(paths.iter())),
            };
            let first = paths.first().and_then(|path| repository.find(path.as_str()));
            let place = first.map(|at| first_that_claims(files.patterns.iter(), at)).unwrap_or_default();
            findings.push(
                Finding::new(&INFO, place, message)
                    .help("release the same in safetensors, GGUF or another format without code"),
            );
        }
    }
}
