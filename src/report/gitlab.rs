//! Findings as a code quality report of GitLab, which merge requests show next to the changed lines.
//!
//! A JSON array in the format that GitLab's documentation of code quality defines, "Implement a custom tool", after the
//! specification of Code Climate. Lines and columns start at 1. GitLab drops a finding whose fingerprint another one has.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::fingerprint::fingerprints;
use super::{CheckedFile, json, whole_text};
use crate::finding::{Finding, Severity};
use crate::source::Position;

/// Written one by one: there may be very many.
struct Issues<'a>(&'a [CheckedFile<'a>]);

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    positions: Positions,
}

#[derive(Serialize)]
struct Positions {
    begin: Place,
    end: Place,
}

#[derive(Serialize)]
struct Place {
    line: usize,
    column: usize,
}

impl Serialize for Issues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().flat_map(|checked| {
            let named = fingerprints(checked.source, checked.file, &checked.findings.iter().collect::<Vec<_>>());
            checked.findings.iter().zip(named).map(move |(finding, fingerprint)| issue(checked, finding, fingerprint))
        }))
    }
}

/// Writes one report.
///
/// # Errors
/// Returns any error of the writer.
pub fn findings(files: &[CheckedFile<'_>], out: &mut impl Write) -> io::Result<()> {
    json::object(&Issues(files), out)
}

fn issue<'a>(checked: &CheckedFile<'a>, finding: &Finding, fingerprint: String) -> Issue<'a> {
    Issue {
        description: whole_text(finding),
        check_name: finding.rule.code,
        fingerprint,
        severity: severity(finding.severity),
        location: Location {
            path: checked.file,
            positions: Positions {
                begin: place(checked.source.position(finding.primary.span.start)),
                end: place(checked.source.position(finding.primary.span.end)),
            },
        },
    }
}

/// The words of GitLab, from least to most severe: info, minor, major, critical, blocker.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "info",
        Severity::Warning => "minor",
        Severity::Error => "major",
    }
}

fn place(Position { line, column, .. }: Position) -> Place {
    Place { line, column }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::finding::rule_info;
    use crate::source::Source;

    rule_info! {
        /// ## What it does
        /// Nothing.
        RULE = "OPN000" "nothing" Error
    }

    #[test]
    fn issues_have_places_severities_and_fingerprints_of_their_own() {
        let source = Source::new("OPENNESS.toml", "schema = 1\n[model]\nname = 1\n");
        let finding = |severity| Finding::new(&RULE, (19..23).into(), "bad").help("do so").severity(severity);
        let all = [Severity::Error, Severity::Warning, Severity::Note].map(finding);
        let mut out = Vec::new();
        let checked = CheckedFile { source: &source, file: "lm/OPENNESS.toml", findings: &all, allowed: &[] };
        findings(&[checked, CheckedFile { file: "b", findings: &all[..1], ..checked }], &mut out).unwrap();
        let written: Vec<serde_json::Value> = serde_json::from_slice(&out).unwrap();
        let severities: Vec<&str> = written.iter().filter_map(|issue| issue["severity"].as_str()).collect();
        assert_eq!(severities, ["major", "minor", "info", "major"]);
        assert_eq!(written[3]["location"]["path"], "b");
        assert_eq!(written[0]["description"], "bad\nhelp: do so");
        let positions = serde_json::json!({"begin": {"line": 3, "column": 1}, "end": {"line": 3, "column": 5}});
        assert_eq!(written[0]["location"], serde_json::json!({"path": "lm/OPENNESS.toml", "positions": positions}));
        let mut fingerprints: Vec<String> = written.iter().map(|issue| issue["fingerprint"].to_string()).collect();
        fingerprints.dedup();
        assert_eq!(fingerprints.len(), 4);
    }
}
