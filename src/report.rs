//! Showing results: each format is a file with functions from data to a writer. None prints by itself.
//!
//! Text from a release is made safe for a terminal before it is shown: see [`shown`]. The formats for programs and for web
//! pages are always available; `human` needs the feature of that name.

#[cfg(feature = "audit")]
pub mod audit;
pub mod azure;
pub mod badge;
pub mod concise;
mod declared;
mod fingerprint;
pub mod github;
pub mod gitlab;
pub mod html;
#[cfg(feature = "human")]
pub mod human;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod overview;
pub mod page;
pub mod rdjson;
pub mod sarif;
pub mod statistics;
mod verdict;
mod weighing;

use crate::finding::{Finding, RuleInfo, Severity};
use crate::lints::Allowed;
pub use crate::shown::{Shown, shown};
use crate::source::Source;

/// Returns the address of a rule's manual.
#[must_use]
pub fn manual_url(rule: &RuleInfo) -> String {
    format!("https://openness-dev.github.io/openness/rules/{}", rule.code)
}

/// A manifest and what is reported of it. A document for programs holds that of one manifest or of several.
#[derive(Debug, Clone, Copy)]
pub struct CheckedFile<'a> {
    /// The text of the manifest.
    pub source: &'a Source,
    /// The manifest's path from the root of the repository.
    pub file: &'a str,
    /// The findings that are reported.
    pub findings: &'a [Finding],
    /// The findings that settings allow.
    pub allowed: &'a [Allowed],
}

/// The number of findings of each severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// The number of errors, which fail a run.
    pub errors: usize,
    /// The number of warnings.
    pub warnings: usize,
    /// The number of notes.
    pub notes: usize,
}

impl Summary {
    /// Counts findings.
    #[must_use]
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            match finding.severity {
                Severity::Error => counts.errors += 1,
                Severity::Warning => counts.warnings += 1,
                Severity::Note => counts.notes += 1,
            }
        }
        counts
    }

    /// Returns the counts in words, such as `1 error, 2 warnings`; empty if nothing was found.
    #[must_use]
    pub fn words(self) -> String {
        let Self { errors, warnings, notes } = self;
        let parts = [(errors, "error"), (warnings, "warning"), (notes, "note")];
        let parts = parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, noun)| counted(number, noun));
        parts.collect::<Vec<_>>().join(", ")
    }
}

/// Returns a finding as one text of several lines, with the label, the help and long lists, for formats whose readers show
/// nothing else.
///
/// What a message quotes of the manifest makes no lines of its own.
fn whole_text(finding: &Finding) -> String {
    let one_line = |text: &str| text.replace('\r', "\\r").replace('\n', "\\n");
    let label = Some(one_line(&finding.primary.text)).filter(|label| !label.is_empty());
    let help = finding.help.as_ref().map(|help| format!("help: {help}"));
    let lines = [Some(one_line(&finding.message)), label, help, finding.whole_list()];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Takes commands out of a line of a CI service's log: their runners find `##[` and `##vso[` anywhere in it.
fn without_commands(line: &str) -> String {
    let mut safe = String::with_capacity(line.len());
    for c in line.chars() {
        if c == '#' && safe.ends_with('#') {
            safe.push(' ');
        }
        safe.push(c);
    }
    safe
}

/// Returns `1 file`, `2 files`.
#[must_use]
pub fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Returns a size for people, in powers of 1024: `13.4 MiB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return counted(usize::try_from(bytes).unwrap_or(usize::MAX), "byte");
    }
    let mut unit = 0;
    let mut tenths = u128::from(bytes) * 10 / 1024;
    while tenths >= 10 * 1024 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_decimal_place() {
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(1023), "1023 bytes");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(1024 * 1024), "1.0 MiB");
    }
}
