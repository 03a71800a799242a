//! Findings in the Reviewdog Diagnostic Format (`rdjson`), which reviewdog turns into comments of many code hosts.
//!
//! One message `DiagnosticResult` of `reviewdog.proto` as JSON. Lines and columns start at 1, and columns count bytes of
//! UTF-8. An end is the first position after the range.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::{CheckedFile, json, manual_url, whole_text};
use crate::finding::{Edit, Finding, Label, Severity};
use crate::source::{Source, Span};

#[derive(Serialize)]
struct DiagnosticResult<'a> {
    source: Tool,
    diagnostics: Diagnostics<'a>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    url: &'static str,
}

/// Written one by one: there may be very many.
struct Diagnostics<'a>(&'a [CheckedFile<'a>]);

#[derive(Serialize)]
struct Diagnostic<'a> {
    message: String,
    location: Location<'a>,
    severity: &'static str,
    code: Code,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Related<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestions: Option<[Suggestion<'a>; 1]>,
}

/// Another text in place of a range. Each suggestion stands for itself, so a fix with several edits is not one.
#[derive(Serialize)]
struct Suggestion<'a> {
    range: Range,
    text: &'a str,
}

#[derive(Serialize)]
struct Code {
    value: &'static str,
    url: String,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    range: Range,
}

#[derive(Serialize)]
struct Range {
    start: Place,
    end: Place,
}

#[derive(Serialize)]
struct Place {
    line: usize,
    column: usize,
}

impl Serialize for Diagnostics<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().flat_map(|checked| {
            checked.findings.iter().map(|finding| diagnostic(checked.source, checked.file, finding))
        }))
    }
}

/// Writes one `DiagnosticResult`.
///
/// # Errors
/// Returns any error of the writer.
pub fn findings(files: &[CheckedFile<'_>], out: &mut impl Write) -> io::Result<()> {
    let tool = Tool { name: "openness", url: env!("CARGO_PKG_REPOSITORY") };
    json::object(&DiagnosticResult { source: tool, diagnostics: Diagnostics(files) }, out)
}

fn diagnostic<'a>(source: &Source, file: &'a str, finding: &'a Finding) -> Diagnostic<'a> {
    let location = |span| Location { path: file, range: range(source, span) };
    let related =
        finding.related.iter().map(|Label { span, text }| Related { message: text, location: location(*span) });
    Diagnostic {
        message: whole_text(finding),
        location: location(finding.primary.span),
        severity: severity(finding.severity),
        code: Code { value: finding.rule.code, url: manual_url(finding.rule) },
        related_locations: related.collect(),
        suggestions: finding.fix.as_ref().and_then(|fix| match fix.edits.as_slice() {
            [Edit { file: None, span, text, .. }] => Some([Suggestion { range: range(source, *span), text }]),
            _ => None,
        }),
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "INFO",
        Severity::Warning => "WARNING",
        Severity::Error => "ERROR",
    }
}

fn range(source: &Source, span: Span) -> Range {
    Range { start: place(source, span.start), end: place(source, span.end) }
}

fn place(source: &Source, offset: usize) -> Place {
    let position = source.position(offset);
    let start = source.line_span(position.line).map_or(position.offset, |line| line.start);
    Place { line: position.line, column: position.offset - start + 1 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::finding::rule_info;

    rule_info! {
        /// ## What it does
        /// Nothing.
        RULE = "OPN000" "nothing" Error
    }

    #[test]
    fn columns_count_bytes_and_related_places_are_kept() {
        let text = "schema = 1\n[\"mödel\"]\nx = 1\n";
        let source = Source::new("OPENNESS.toml", text);
        let finding = Finding::new(&RULE, (17..18).into(), "bad").related((20..21).into(), "and this");
        let mut out = Vec::new();
        let all = [finding.severity(Severity::Note)];
        let checked = CheckedFile { source: &source, file: "lm/OPENNESS.toml", findings: &all, allowed: &[] };
        findings(&[checked], &mut out).unwrap();
        let written: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let diagnostic = &written["diagnostics"][0];
        let range = |line, start, end| serde_json::json!({"start": {"line": line, "column": start}, "end": {"line": line, "column": end}});
        assert_eq!(diagnostic["location"]["range"], range(2, 7, 8));
        assert_eq!(
            (diagnostic["severity"].as_str(), diagnostic["code"]["value"].as_str()),
            (Some("INFO"), Some("OPN000"))
        );
        assert_eq!(diagnostic["related_locations"][0]["message"], "and this");
        assert_eq!(written["source"]["name"], "openness");
        let mut out = Vec::new();
        findings(&[CheckedFile { findings: &[], ..checked }], &mut out).unwrap();
        let written: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(written["diagnostics"], serde_json::json!([]));
    }
}
