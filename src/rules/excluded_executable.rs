//! `OPN305`.

use super::Repository;
use crate::artifacts::format::runs_on_load;
use crate::finding::Finding;

super::rule! {
    /// ## What it does
    /// Finds exclusions that cover files which execute code when they are loaded: pickles, TorchScript, Python …
    ///
    /// ## Why it matters
    /// What is excluded is not signed. A file that runs on the user's machine has to be.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.safetensors"]
    ///
    /// [coverage]
    /// exclude = ["extra/**"]
    /// ```
    /// ```files
    /// model.safetensors
    /// extra/model.pkl
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.safetensors"]
    ///
    /// [coverage]
    /// exclude = ["extra/**"]
    /// ```
    /// ```files
    /// model.safetensors
    /// extra/logo.png
    /// ```
    "OPN305" "excluded-executable" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for exclusion in &repository.inventory.exclude {
        for at in exclusion.entries() {
            let path = repository.path(*at);
            if let Some(why) = runs_on_load(path) {
                let message = format!("`{path}` cannot be excluded: {why}");
                findings.push(
                    Finding::new(&CARD, exclusion.span, message).help("narrow the pattern, so that the file is signed"),
                );
            }
        }
    }
}
