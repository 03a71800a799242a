//! `OPN305`.

use std::collections::BTreeMap;

use super::Repository;
use crate::artifacts::format::why_not_excluded;
use crate::finding::{Finding, summarize_list};
use crate::path::RepoPath;

super::rule! {
    /// ## What it does
    /// Reports patterns under `exclude` that match files whose format runs code when they are loaded, such as pickles and
    /// TorchScript, or that are scripts, by their extension or their first line (`#!/bin/sh`). Build files such as
    /// `Makefile` and `Dockerfile` may be excluded.
    ///
    /// ## Why it matters
    /// Excluded files are not signed. A file that runs code on the user's machine has to be.
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
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.safetensors"]
    ///
    /// [coverage]
    /// exclude = ["serve.bash"]
    /// ```
    /// ```files
    /// model.safetensors
    /// serve.bash
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
    /// extra/Makefile
    /// ```
    "OPN305" "excluded-executable" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for exclusion in &repository.inventory.exclude {
        for (why, paths) in run_code(repository, exclusion.entries()) {
            let (message, help) = match paths.as_slice() {
                [path] => {
                    (format!("`{path}` cannot be excluded: {why}"), "narrow the pattern so that the file is signed")
                }
                paths => {
                    let named = summarize_list(paths.iter());
                    let message = format!("{} files ({named}) cannot be excluded: {why}", paths.len());
                    (message, "narrow the pattern so that the files are signed")
                }
            };
            findings.push(Finding::new(&INFO, exclusion.span, message).help(help).items(paths.iter()));
        }
    }
}

/// Returns the files that would run code, grouped by reason. A hook opens changed files only.
fn run_code<'a>(repository: &Repository<'a>, entries: &[usize]) -> BTreeMap<&'static str, Vec<&'a RepoPath>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for entry in entries.iter().map(|at| &repository.files.entries()[*at]) {
        if let Some(why) = why_not_excluded(repository.files, entry, repository.files.is_changed(entry)) {
            found.entry(why).or_default().push(&entry.path);
        }
    }
    found
}
