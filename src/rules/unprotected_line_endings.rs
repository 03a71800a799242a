//! `OPN602`.

use std::sync::Arc;

use super::Repository;
use crate::files::Origin;
use crate::finding::{Change, Edit, Finding, Proposal, Safety};
use crate::manifest::FILE_NAME;
use crate::source::{Source, Span};

/// The largest `.gitattributes` file that is read.
pub(super) const MAX_ATTRIBUTES_BYTES: u64 = 1024 * 1024;
/// The file, at the root of the release.
const ATTRIBUTES: &str = ".gitattributes";

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
    let attributes =
        ATTRIBUTES.parse().ok().and_then(|path| repository.files.read(&path, MAX_ATTRIBUTES_BYTES).ok().flatten());
    let text = attributes.as_deref().map_or("".into(), String::from_utf8_lossy);
    let macros = keeping_macros(&text);
    if !text.lines().any(|line| keeps_line_endings(line, &macros)) {
        let line = format!("{FILE_NAME} text eol=lf");
        let message = format!("no attribute keeps Git from changing the line endings of `{FILE_NAME}`");
        findings.push(
            Finding::new(&INFO, Span::default(), message)
                .help(format!("add the line `{line}` to `{ATTRIBUTES}`"))
                .propose(appended(&text, &[line], Safety::Safe)),
        );
    }
}

/// Proposes more lines at the end of `.gitattributes`, where they count before the others; `None` if its text is not known.
pub(super) fn appended(text: &str, lines: &[String], safety: Safety) -> Option<Proposal> {
    if text.contains('\u{fffd}') {
        return None;
    }
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let before = if text.is_empty() || text.ends_with('\n') { "" } else { line_end };
    let added: String = lines.iter().map(|line| format!("{line}{line_end}")).collect();
    let file = Some(Arc::new(Source::new(ATTRIBUTES, text)));
    let edit = Edit { file, span: (text.len()..text.len()).into(), text: format!("{before}{added}") };
    let title = format!("add `{}` to `{ATTRIBUTES}`", lines.join("`, `"));
    Some(Proposal::new(title, safety, Change::Other(vec![edit])))
}

fn keeps_line_endings(line: &str, macros: &[&str]) -> bool {
    let mut words = line.split_whitespace();
    let pattern = words.next().unwrap_or_default();
    let applies = pattern == "*" || pattern == "*.toml" || pattern.trim_start_matches('/') == FILE_NAME;
    applies && words.any(|word| KEEPING.contains(&word) || macros.contains(&word))
}

/// Settings that keep line endings; those of `crlf` are of Git before 1.7.2, and still count.
const KEEPING: &[&str] = &["eol=lf", "-text", "binary", "-crlf", "crlf=input"];

/// Returns the names of the macros that keep line endings.
fn keeping_macros(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut words = line.strip_prefix("[attr]").unwrap_or_default().split_whitespace();
        if let Some(name) = words.next()
            && words.any(|word| KEEPING.contains(&word) || found.contains(&word))
        {
            found.push(name);
        }
    }
    found
}
