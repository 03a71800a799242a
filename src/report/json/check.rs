//! The output of `openness check --format json`, version 1 (`schemas/check-v1.schema.json`).
//!
//! The types are separate from [`Finding`], so that the format does not change with it. Lines and columns start at 1 and count
//! Unicode scalar values; offsets are in bytes, from 0.

use std::io::{self, Write};

use serde::Serialize;

use super::{VERSION, object};
use crate::finding::{Edit, Finding, Fix, Label};
use crate::path::RepoPath;
use crate::report::Summary;
use crate::source::{Position, Source, Span};

/// The findings in one manifest.
#[derive(Debug, Serialize)]
pub struct CheckV1<'a> {
    version: u32,
    path: &'a str,
    findings: FindingsV1<'a>,
    summary: SummaryV1,
    #[serde(rename = "rulesNotRun", skip_serializing_if = "<[_]>::is_empty")]
    not_run: &'a [&'static str],
    #[serde(rename = "filesNotRead", skip_serializing_if = "<[_]>::is_empty")]
    unread: &'a [RepoPath],
}

/// Written one by one: there may be very many.
#[derive(Debug)]
struct FindingsV1<'a>(&'a Source, &'a [Finding]);

impl Serialize for FindingsV1<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.1.iter().map(|finding| finding_v1(self.0, finding)))
    }
}

#[derive(Debug, Serialize)]
struct FindingV1<'a> {
    code: &'a str,
    name: &'a str,
    severity: &'a str,
    message: &'a str,
    help: Option<&'a str>,
    label: &'a str,
    span: SpanV1,
    related: Vec<LabelV1<'a>>,
    items: &'a [String],
    fix: Option<FixV1<'a>>,
}

/// A change that removes the finding.
#[derive(Debug, Serialize)]
struct FixV1<'a> {
    title: &'a str,
    safety: &'static str,
    edits: Vec<EditV1<'a>>,
}

/// Another text in place of a part of a file.
#[derive(Debug, Serialize)]
struct EditV1<'a> {
    path: Option<&'a str>,
    span: SpanV1,
    text: &'a str,
}

#[derive(Debug, Serialize)]
struct LabelV1<'a> {
    span: SpanV1,
    text: &'a str,
}

#[derive(Debug, Serialize)]
struct SpanV1 {
    start: PositionV1,
    end: PositionV1,
}

#[derive(Debug, Serialize)]
struct PositionV1 {
    line: usize,
    column: usize,
    offset: usize,
}

#[derive(Debug, Serialize)]
struct SummaryV1 {
    errors: usize,
    warnings: usize,
    notes: usize,
}

impl<'a> CheckV1<'a> {
    /// Gathers what the format holds. `not_run` are the codes of rules that were not run, and `unread` the files whose
    /// content was not checked.
    #[must_use]
    pub fn new(
        source: &'a Source,
        findings: &'a [Finding],
        not_run: &'a [&'static str],
        unread: &'a [RepoPath],
    ) -> Self {
        let Summary { errors, warnings, notes } = Summary::of(findings);
        Self {
            version: VERSION,
            path: source.name(),
            findings: FindingsV1(source, findings),
            summary: SummaryV1 { errors, warnings, notes },
            not_run,
            unread,
        }
    }
}

/// Writes one JSON object, of what [`CheckV1::new`] takes.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(
    source: &Source,
    findings: &[Finding],
    not_run: &[&'static str],
    unread: &[RepoPath],
    out: &mut impl Write,
) -> io::Result<()> {
    object(&CheckV1::new(source, findings, not_run, unread), out)
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
        items: &finding.items,
        fix: finding.fix.as_ref().map(|fix| fix_v1(source, fix)),
    }
}

fn fix_v1<'a>(source: &Source, fix: &'a Fix) -> FixV1<'a> {
    let edit = |edit: &'a Edit| {
        let source = edit.file.as_deref().unwrap_or(source);
        EditV1 { path: edit.path(), span: span_v1(source, edit.span), text: &edit.text }
    };
    FixV1 { title: &fix.title, safety: fix.safety.as_str(), edits: fix.edits.iter().map(edit).collect() }
}

fn span_v1(source: &Source, span: Span) -> SpanV1 {
    let position = |offset| {
        let Position { line, column, offset, .. } = source.position(offset);
        PositionV1 { line, column, offset }
    };
    SpanV1 { start: position(span.start), end: position(span.end) }
}
