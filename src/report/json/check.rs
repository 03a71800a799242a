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
use crate::report::statistics::{Count, statistics};
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
    #[serde(skip_serializing_if = "Option::is_none")]
    statistics: Option<Vec<CountV1>>,
}

/// The findings in several manifests.
#[derive(Debug, Serialize)]
pub struct ChecksV1<'a> {
    version: u32,
    releases: Vec<CheckV1<'a>>,
    summary: SummaryV1,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistics: Option<Vec<CountV1>>,
}

/// The findings of one rule with one severity, counted.
#[derive(Debug, Serialize)]
struct CountV1 {
    code: &'static str,
    name: &'static str,
    severity: &'static str,
    findings: usize,
    fixable: usize,
}

impl From<Count> for CountV1 {
    fn from(Count { rule, severity, findings, fixable }: Count) -> Self {
        Self { code: rule.code, name: rule.name, severity: severity.as_str(), findings, fixable }
    }
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
        Self {
            version: VERSION,
            path: source.name(),
            findings: FindingsV1(source, findings),
            summary: Summary::of(findings).into(),
            not_run,
            unread,
            statistics: None,
        }
    }

    /// Adds how many findings of each rule there are.
    #[must_use]
    pub fn with_statistics(self) -> Self {
        let counts = statistics(self.findings.1).into_iter().map(CountV1::from).collect();
        Self { statistics: Some(counts), ..self }
    }

    /// Writes one JSON object.
    ///
    /// # Errors
    /// Returns any error of the writer.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        object(self, out)
    }
}

impl<'a> ChecksV1<'a> {
    /// Gathers the findings in several manifests.
    #[must_use]
    pub fn new(releases: Vec<CheckV1<'a>>) -> Self {
        let summary = Summary::of(releases.iter().flat_map(|release| release.findings.1)).into();
        Self { version: VERSION, releases, summary, statistics: None }
    }

    /// Adds how many findings of each rule there are in all manifests.
    #[must_use]
    pub fn with_statistics(self) -> Self {
        let counts = statistics(self.releases.iter().flat_map(|release| release.findings.1));
        Self { statistics: Some(counts.into_iter().map(CountV1::from).collect()), ..self }
    }

    /// Writes one JSON object.
    ///
    /// # Errors
    /// Returns any error of the writer.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        object(self, out)
    }
}

impl From<Summary> for SummaryV1 {
    fn from(Summary { errors, warnings, notes }: Summary) -> Self {
        Self { errors, warnings, notes }
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
