//! `OPN602`.

use super::Repository;
use crate::files::Origin;
use crate::finding::Finding;
use crate::manifest::FILE_NAME;
use crate::source::Span;

/// The largest `.gitattributes` file that is read.
const MAX_ATTRIBUTES_BYTES: u64 = 1024 * 1024;

super::rule! {
    /// ## What it does
    /// Reports repositories whose `.gitattributes` does not fix the line endings of the manifest.
    ///
    /// ## Why it matters
    /// By default, Git for Windows converts LF to CRLF on checkout. The manifest is then not as signed, and the release
    /// does not verify there without `--allow-crlf`. The line `* -text` keeps the bytes of every file.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "closed"
    /// reason = "not yet"
    /// ```
    /// ```files
    /// README.md
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "closed"
    /// reason = "not yet"
    /// ```
    /// ```files
    /// .gitattributes: OPENNESS.toml text eol=lf\n
    /// ```
    "OPN602" "unprotected-line-endings" Note => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    if repository.files.origin() == Origin::Directory {
        return;
    }
    let attributes = ".gitattributes"
        .parse()
        .ok()
        .and_then(|path| repository.files.read(&path, MAX_ATTRIBUTES_BYTES).ok().flatten());
    let protected = attributes.is_some_and(|bytes| String::from_utf8_lossy(&bytes).lines().any(keeps_line_endings));
    if !protected {
        findings.push(
            Finding::new(
                &INFO,
                Span::default(),
                format!("no attribute keeps Git from changing the line endings of `{FILE_NAME}`"),
            )
            .help(format!("add the line `{FILE_NAME} text eol=lf` to `.gitattributes`")),
        );
    }
}

fn keeps_line_endings(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let pattern = words.next().unwrap_or_default();
    let applies = pattern == "*" || pattern == "*.toml" || pattern.trim_start_matches('/') == FILE_NAME;
    applies && words.any(|word| matches!(word, "eol=lf" | "-text" | "binary"))
}
