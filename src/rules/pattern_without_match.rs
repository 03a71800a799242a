//! `OPN301`.

use super::Repository;
use crate::artifacts::glob::Glob;
use crate::finding::{Finding, closest};
use crate::path::RepoPath;
use crate::files::Kind;

super::rule! {
    /// ## What it does
    /// Finds patterns under `files` that match no file.
    ///
    /// ## Why it matters
    /// What is declared and not there is not released, or was left out by mistake. Under Git, a file counts once it is
    /// tracked.
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
    "OPN301" "pattern-without-match" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let entries = repository.snapshot.entries();
    let mut on_disk: Option<Vec<RepoPath>> = None;
    for pattern in repository.file_patterns() {
        let Ok(matches) = &pattern.matches else { continue };
        // A link is recorded and never followed, so it stands for no bytes.
        if matches.iter().any(|at| !matches!(entries[*at].kind, Kind::Symlink { .. } | Kind::Submodule { .. })) {
            continue;
        }
        let text = pattern.text.escape_debug();
        let untracked = on_disk.get_or_insert_with(|| repository.snapshot.untracked());
        let waiting =
            pattern.text.parse::<Glob>().ok().and_then(|glob| untracked.iter().find(|path| glob.matches(path)));
        let (message, help) = match waiting {
            Some(path) => (format!("`{text}` matches only what Git does not track"), format!("run `git add {path}`")),
            None if matches.is_empty() => (format!("`{text}` matches no file"), suggestion(repository, &pattern.text)),
            None => (format!("`{text}` matches a link and no file"), suggestion(repository, &pattern.text)),
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
