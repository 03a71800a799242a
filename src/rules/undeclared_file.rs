//! `OPN303`.

use super::Repository;
use crate::finding::{Finding, summarize_list};
use crate::path::RepoPath;

super::rule! {
    /// ## What it does
    /// Finds files that belong to no component and are not excluded.
    ///
    /// ## Why it matters
    /// Every file of the release is signed, but of these nobody knows what they are or under which terms they stand.
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
    let undeclared: Vec<&RepoPath> = undeclared.filter(|path| !is_housekeeping(repository, path.as_str())).collect();
    let message = match undeclared.as_slice() {
        [] => return,
        [path] => format!("`{path}` belongs to no component"),
        paths => format!("{} files belong to no component: {}", paths.len(), summarize_list(paths.iter())),
    };
    findings.push(
        Finding::new(&INFO, crate::source::Span::default(), message)
            .help("name them under `files` of a component, or leave them out under `[coverage] exclude`"),
    );
}

/// What every repository has: the manifest, licence texts, files that steer Git and editors.
fn is_housekeeping(repository: &Repository<'_>, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let named = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "CHANGELOG", "CONTRIBUTING", "CITATION", "SECURITY"];
    let is_named = named.iter().any(|prefix| {
        name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            && !name[prefix.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() && c != 'S' && c != 's')
    });
    path == crate::manifest::FILE_NAME
        || name.starts_with(".git")
        || matches!(name, ".editorconfig" | ".pre-commit-config.yaml")
        || path.starts_with("LICENSES/")
        || path.starts_with(".github/")
        || is_named
        || super::license_text_differs::terms(repository.manifest)
            .filter_map(|terms| terms.file.as_ref())
            .any(|file| file.as_str() == path)
}
