//! `OPN303`.

use super::Repository;
use crate::artifacts::housekeeping::needs_no_component;
use crate::finding::{Finding, summarize_list};
use crate::path::RepoPath;
use crate::source::Span;

super::rule! {
    /// ## What it does
    /// Reports files that no component declares and that are not excluded.
    ///
    /// ## Why it matters
    /// These files are signed like every other file of the release, but readers cannot tell what they are or which
    /// license applies to them. Files under `exclude` of `[coverage]` are not reported, and not signed either: anyone can
    /// change them, and the release still verifies.
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
    /// surprise.bin
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
    /// LICENSE
    /// .gitattributes
    /// ```
    "OPN303" "undeclared-file" Warning => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let undeclared = repository.inventory.undeclared.iter().map(|at| repository.path(*at));
    let undeclared: Vec<&RepoPath> = undeclared.filter(|path| !is_expected(repository, path)).collect();
    let message = match undeclared.as_slice() {
        [] => return,
        [path] => format!("`{path}` does not belong to any component"),
        paths => format!("{} files do not belong to any component: {}", paths.len(), summarize_list(paths.iter())),
    };
    let them = if undeclared.len() == 1 { "it" } else { "them" };
    findings.push(
        Finding::new(&INFO, Span::default(), message)
            .help(format!(
                "add {them} to `files` of a component; `exclude` under `[coverage]` leaves {them} out of the signature, \
                 so that anyone can change {them} unnoticed"
            ))
            .items(undeclared.iter()),
    );
}

/// Returns whether a file need not be declared: housekeeping files, and license texts that the manifest refers to.
fn is_expected(repository: &Repository<'_>, path: &RepoPath) -> bool {
    needs_no_component(repository.files, path)
        || super::license_text_mismatch::terms(repository.manifest)
            .filter_map(|terms| terms.file.as_ref())
            .any(|file| file.value == *path)
}
