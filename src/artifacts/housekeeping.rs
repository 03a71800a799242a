//! Files that every repository has and that need not belong to a component.

use super::{format, oms_bundle};
use crate::files::Files;
use crate::manifest::{FILE_NAME, LINTS_FILE_NAME};
use crate::path::RepoPath;

/// Names that a file may start with, in any case, such as `LICENSE-MIT` and `Changelog.md`.
const PREFIXES: &[&str] =
    &["license", "licence", "copying", "notice", "changelog", "contributing", "citation", "security"];

/// Returns whether a file need not belong to a component: [`is_housekeeping`], files `NAME.license` next to `NAME`,
/// in which [REUSE](https://reuse.software/spec-3.3/) keeps the license of a file without comments, and signatures of the
/// whole release in bundles of OpenSSF Model Signing.
pub(crate) fn needs_no_component(files: &dyn Files, path: &RepoPath) -> bool {
    let licensed = path.as_str().strip_suffix(".license").and_then(|licensed| licensed.parse::<RepoPath>().ok());
    is_housekeeping(path)
        || licensed.is_some_and(|licensed| files.find(&licensed).is_some())
        || oms_bundle::is_bundle(files, path)
}

/// Returns whether a file is the manifest, a license text, a project document such as a changelog, or a file that
/// configures Git, an editor, [REUSE](https://reuse.software/spec-3.3/) or this program.
///
/// `openness init` does not sort such files into components, and the rule `undeclared-file` does not ask for them. A
/// name says so only as long as it is not that of weights, data or code.
pub(crate) fn is_housekeeping(path: &RepoPath) -> bool {
    let (whole, name) = (path.as_str(), path.file_name());
    let is_named = whole.starts_with("LICENSES/")
        || whole.starts_with(".github/")
        || whole.starts_with(".reuse/")
        || name.starts_with(".git");
    whole == FILE_NAME
        || whole == LINTS_FILE_NAME
        || matches!(name, ".editorconfig" | ".openness-baseline.json" | ".pre-commit-config.yaml" | "REUSE.toml")
        || is_named && !format::is_weights(path) && !format::is_saved_data(path)
        || PREFIXES.iter().any(|prefix| has_prefix(name, prefix)) && format::may_be_document(path)
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
    use crate::files::Memory;

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
            ".openness-baseline.json",
            "REUSE.toml",
            "data/REUSE.toml",
            ".reuse/dep5",
            "CITATION.cff",
            "LICENSE-2.0",
            "COPYING.LESSER",
            "LICENSE_MODEL.md",
            "citation.json",
            "SECURITY.yml",
            "LICENSE.pdf",
            "changelog.gz",
            ".github/scripts/release.py",
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
        for path in [
            "license_plates.csv",
            "license_plates.tar.gz",
            "license-plates.zip",
            "LICENSE.pkl",
            "security.pt",
            "security_model.safetensors",
            "security.py",
            "notice.png",
            "LICENSES/pytorch_model.bin",
            "LICENSES/m.gguf",
            ".github/x.pkl",
            ".gitmodel.pt",
        ] {
            assert!(!is_housekeeping(&path.parse().unwrap()), "{path}");
        }
        for path in ["openness-baseline.json", "reuse.md", "sub/.reuse/x", "REUSE.toml.bak", "model.license"] {
            assert!(!is_housekeeping(&path.parse().unwrap()), "{path}");
        }
    }

    #[test]
    fn a_license_file_needs_the_file_that_it_is_about() {
        let files =
            Memory::new([("w/a.bin", b"x"), ("w/a.bin.license", b"x"), ("w/b.bin.license", b"x"), (".license", b"x")]);
        let needs_none = |path: &str| needs_no_component(&files, &path.parse().unwrap());
        assert!(needs_none("w/a.bin.license") && !needs_none("w/a.bin"));
        assert!(!needs_none("w/b.bin.license") && !needs_none("a.bin.license") && !needs_none(".license"));
    }
}
