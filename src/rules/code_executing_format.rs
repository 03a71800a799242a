//! `OPN310`.

use super::{Repository, claiming_span};
use crate::finding::{Finding, summarize_list};
use crate::taxonomy::{self, Kind};

super::rule! {
    /// ## What it does
    /// Reports weights and data in formats that can run code when they are loaded. Like loaders, the rule goes by file
    /// extensions. Files of the same component and format are reported together.
    ///
    /// ## Why it matters
    /// Loading such a file runs whatever code is in it. A signature says who published the file, not that it is
    /// harmless. Formats such as safetensors and GGUF cannot run code.
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
    "OPN310" "code-executing-format" Warning => Repository(check)
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
                paths => {
                    let list = summarize_list(paths.iter());
                    format!("{} files ({list}) may run code when they are loaded: {why}", paths.len())
                }
            };
            let first = paths.first().and_then(|path| repository.find(path.as_str()));
            let span = first.map(|at| claiming_span(files.patterns.iter(), at)).unwrap_or_default();
            findings.push(
                Finding::new(&INFO, span, message)
                    .help("release it as safetensors, GGUF, or another format that cannot run code"),
            );
        }
    }
}
