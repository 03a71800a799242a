//! Files that every repository has and that need not belong to a component.

use crate::manifest::FILE_NAME;
use crate::path::RepoPath;

/// Names that a file may start with, in any case, such as `LICENSE-MIT` and `Changelog.md`.
const PREFIXES: &[&str] =
    &["license", "licence", "copying", "notice", "changelog", "contributing", "citation", "security"];

/// Returns whether a file is the manifest, a license text, a project document such as a changelog, or a file that
/// configures Git or an editor.
///
/// `openness init` does not sort such files into components, and the rule `undeclared-file` does not ask for them.
pub(crate) fn is_housekeeping(path: &RepoPath) -> bool {
    let (whole, name) = (path.as_str(), path.file_name());
    whole == FILE_NAME
        || whole.starts_with("LICENSES/")
        || whole.starts_with(".github/")
        || name.starts_with(".git")
        || matches!(name, ".editorconfig" | ".pre-commit-config.yaml")
        || PREFIXES.iter().any(|prefix| has_prefix(name, prefix))
}

/// Returns whether a name starts with a word or its plural, and not only with a longer word.
fn has_prefix(name: &str, prefix: &str) -> bool {
    let Some((start, rest)) = name.split_at_checked(prefix.len()) else { return false };
    start.eq_ignore_ascii_case(prefix)
        && !rest.starts_with(|c: char| c.is_ascii_alphanumeric() && !c.eq_ignore_ascii_case(&'s'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn recognizes_files_that_every_repository_has() {
        for path in [
            "OPENNESS.toml",
            "LICENSE",
            "Licence.txt",
            "LICENSES/MIT.txt",
            "sub/NOTICE-APACHE",
            "licenses.md",
            ".github/workflows/x.yml",
            "sub/.gitkeep",
            ".editorconfig",
        ] {
            assert!(is_housekeeping(&path.parse().unwrap()), "{path}");
        }
    }

    #[test]
    fn other_files_are_not_housekeeping() {
        for path in
            ["licenseplates.csv", "sub/OPENNESS.toml", "docs/LICENSES/a.txt", "my-license", "notice2.md", "no\u{e9}"]
        {
            assert!(!is_housekeeping(&path.parse().unwrap()), "{path}");
        }
    }
}
