//! `OPN301`.

use super::Repository;
use crate::artifacts::glob::Glob;
use crate::files::Kind;
use crate::finding::{Finding, closest};
use crate::path::RepoPath;

super::rule! {
    /// ## What it does
    /// Reports patterns under `files` that match no file. In a Git repository, only tracked files count. Symbolic links
    /// are not followed, so a pattern that matches only links matches no file.
    ///
    /// ## Why it matters
    /// A declared file that is missing is not part of the release; usually it was forgotten or its name was misspelled.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.safetensor"]
    /// ```
    /// ```files
    /// model.safetensors
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
    "OPN301" "unmatched-pattern" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let entries = repository.snapshot.entries();
    let mut untracked: Option<Vec<RepoPath>> = None;
    for pattern in repository.file_patterns() {
        let Ok(matches) = &pattern.matches else { continue };
        // A symbolic link is recorded but not followed, so it contributes no bytes.
        if matches.iter().any(|at| !matches!(entries[*at].kind, Kind::Symlink { .. } | Kind::Submodule { .. })) {
            continue;
        }
        let text = pattern.text.escape_debug();
        // Looked up only if a pattern has no match.
        let untracked = untracked.get_or_insert_with(|| repository.snapshot.untracked());
        let addable =
            pattern.text.parse::<Glob>().ok().and_then(|glob| untracked.iter().find(|path| glob.matches(path)));
        let (message, help) = match addable {
            Some(path) => (format!("`{text}` matches only untracked files"), format!("run `git add {path}`")),
            None if matches.is_empty() => (format!("`{text}` matches no file"), suggestion(repository, &pattern.text)),
            None => {
                (format!("`{text}` matches only symbolic links or submodules"), suggestion(repository, &pattern.text))
            }
        };
        findings.push(Finding::new(&INFO, pattern.span, message).help(help));
    }
}

fn suggestion(repository: &Repository<'_>, pattern: &str) -> String {
    let paths = repository.snapshot.entries().iter().map(|entry| entry.path.as_str());
    match closest(pattern, paths) {
        Some(near) => format!("did you mean `{near}`?"),
        None if repository.snapshot.commit().is_some() => {
            "add the file and commit it, or correct the pattern".to_owned()
        }
        None => "add the file, or correct the pattern".to_owned(),
    }
}
