//! Findings for programs: version 1 of the format, apart from [`Finding`] so that the inside may move.
//!
//! Lines and columns are 1-based and count Unicode scalar values; offsets are bytes from 0.

use std::io::{self, Write};

use serde::Serialize;

use super::Summary;
use crate::finding::{Finding, Label};
use crate::source::{Position, Source, Span};

/// The version of every machine format of this program.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    path: &'a str,
    findings: Vec<FindingV1<'a>>,
    summary: SummaryV1,
}

#[derive(Serialize)]
struct FindingV1<'a> {
    code: &'a str,
    name: &'a str,
    severity: &'a str,
    message: &'a str,
    help: Option<&'a str>,
    label: &'a str,
    span: SpanV1,
    related: Vec<LabelV1<'a>>,
}

#[derive(Serialize)]
struct LabelV1<'a> {
    span: SpanV1,
    text: &'a str,
}

#[derive(Serialize)]
struct SpanV1 {
    start: PlaceV1,
    end: PlaceV1,
}

#[derive(Serialize)]
struct PlaceV1 {
    line: usize,
    column: usize,
    offset: usize,
}

#[derive(Serialize)]
struct SummaryV1 {
    errors: usize,
    warnings: usize,
    notes: usize,
}

/// Writes findings as one JSON object and a line feed.
///
/// # Errors
/// Those of the writer.
pub fn findings(source: &Source, findings: &[Finding], out: &mut impl Write) -> io::Result<()> {
    let Summary { errors, warnings, notes } = Summary::of(findings);
    let report = Report {
        version: VERSION,
        path: source.name(),
        findings: findings.iter().map(|finding| finding_v1(source, finding)).collect(),
        summary: SummaryV1 { errors, warnings, notes },
    };
    object(&report, out)
}

/// Writes any machine format: one object, indented, and a line feed.
///
/// # Errors
/// Those of the writer.
pub fn object(report: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}

fn finding_v1<'a>(source: &Source, finding: &'a Finding) -> FindingV1<'a> {
    FindingV1 {
        code: finding.rule.code,
        name: finding.rule.name,
        severity: finding.severity.as_str(),
        message: &finding.message,
        help: finding.help.as_deref(),
        label: &finding.primary.text,
        span: span_v1(source, finding.primary.span),
        related: finding
            .related
            .iter()
            .map(|Label { span, text }| LabelV1 { span: span_v1(source, *span), text })
            .collect(),
    }
}

fn span_v1(source: &Source, span: Span) -> SpanV1 {
    let position = |offset| {
        let Position { line, column, offset, .. } = source.position(offset);
        PlaceV1 { line, column, offset }
    };
    SpanV1 { start: position(span.start), end: position(span.end) }
}
