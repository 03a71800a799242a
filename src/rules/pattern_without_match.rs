//! `OPN301`.

use super::Repository;
use crate::finding::{Finding, closest};
use crate::snapshot::Kind;

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
    for pattern in repository.file_patterns() {
        let Ok(matches) = &pattern.matches else { continue };
        // A link is recorded and never followed, so it stands for no bytes.
        if matches.iter().any(|at| !matches!(entries[*at].kind, Kind::Symlink { .. } | Kind::Submodule { .. })) {
            continue;
        }
        let what = if matches.is_empty() { "matches no file" } else { "matches a link and no file" };
        let message = format!("`{}` {what}", pattern.text.escape_debug());
        let near = closest(&pattern.text, entries.iter().map(|entry| entry.path.as_str()));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if repository.snapshot.commit().is_some() => {
                "add the file and commit it, or correct the pattern".to_owned()
            }
            None => "add the file, or correct the pattern".to_owned(),
        };
        findings.push(Finding::new(&CARD, pattern.span, message).help(help));
    }
}
