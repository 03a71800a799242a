//! Findings in the Static Analysis Results Interchange Format, SARIF 2.1.0 (OASIS), as code-scanning services read it.
//!
//! Lines and columns are 1-based, columns count UTF-16 code units (§3.14.17 `columnKind`), and the column of an end is
//! one past it (§3.30.8). A location is a path relative to the root of the repository, percent-encoded (§3.4.4). Services
//! drop absolute paths and reject a result without a location, so a finding about the whole points at the first line.

use std::io::{self, Write};

use serde::Serialize;

use super::fingerprint::fingerprints;
use super::{CheckedFile, json, manual_url, whole_text};
use crate::finding::{Finding, Fix, Label, RuleInfo};
use crate::lints::{Allowed, By, Origin, Setting};
use crate::source::{Source, Span};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// The longest description that GitHub accepts, in characters.
const MAX_DESCRIPTION: usize = 1024;

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    results: Vec<ResultObject<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    information_uri: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    name: &'static str,
    short_description: Text,
    full_description: Text,
    help_uri: String,
    help: Help,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

/// What services use to recognize a result after the file was edited (§3.27.17). GitHub reads this name only.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fingerprints {
    primary_location_line_hash: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultObject<'a> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Location<'a>; 1],
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<FixObject>,
    /// Empty for a result that is not suppressed; one that is has exactly one (§3.27.23).
    suppressions: Vec<Suppression>,
}

/// A change that removes a result (§3.55).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FixObject {
    description: Text,
    artifact_changes: Vec<ArtifactChange>,
}

/// What a fix changes in one file (§3.56).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange {
    artifact_location: OwnedLocation,
    replacements: Vec<Replacement>,
}

#[derive(Serialize)]
struct OwnedLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Region,
    inserted_content: Text,
}

/// Why a result is not a problem (§3.35).
#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    justification: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation<'a> {
    artifact_location: ArtifactLocation<'a>,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation<'a> {
    uri: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// Writes one SARIF log with one run. The findings that settings allow are results with a suppression.
///
/// # Errors
/// Those of the writer.
pub fn findings(files: &[CheckedFile<'_>], out: &mut impl Write) -> io::Result<()> {
    let uris: Vec<String> = files.iter().map(|checked| encoded(checked.file)).collect();
    let all = files.iter().flat_map(|checked| of(checked).map(|(finding, _)| finding.rule));
    let mut used: Vec<&'static RuleInfo> = all.collect();
    used.sort_unstable_by_key(|rule| rule.code);
    used.dedup_by_key(|rule| rule.code);
    let mut results = Vec::new();
    for (checked, uri) in files.iter().zip(&uris) {
        let findings: Vec<&Finding> = of(checked).map(|(finding, _)| finding).collect();
        let hashes = fingerprints(checked.source, checked.file, &findings);
        results.extend(of(checked).zip(hashes).map(|((finding, allowed), hash)| ResultObject {
            rule_index: used.binary_search_by_key(&finding.rule.code, |rule| rule.code).unwrap_or_default(),
            partial_fingerprints: Fingerprints { primary_location_line_hash: hash },
            suppressions: allowed.map(suppression).into_iter().collect(),
            ..result(checked.source, uri, finding)
        }));
    }
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            column_kind: "utf16CodeUnits",
            results,
            invocations: [Invocation { execution_successful: true }],
            tool: Tool {
                driver: Driver {
                    name: "openness",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    information_uri: env!("CARGO_PKG_REPOSITORY"),
                    rules: used.iter().map(|rule| describe(rule)).collect(),
                },
            },
        }],
    };
    json::object(&log, out)
}

/// Returns the findings of a manifest, those that settings allow last.
fn of<'a>(checked: &CheckedFile<'a>) -> impl Iterator<Item = (&'a Finding, Option<&'a Allowed>)> {
    let allowed = checked.allowed.iter().map(|allowed| (&allowed.finding, Some(allowed)));
    checked.findings.iter().map(|finding| (finding, None)).chain(allowed)
}

fn result<'a>(source: &Source, uri: &'a str, finding: &Finding) -> ResultObject<'a> {
    let related = finding.related.iter().enumerate().map(|(at, Label { span, text })| Location {
        id: Some(at + 1),
        physical_location: physical(source, uri, *span),
        message: Some(Text { text: plain(text) }),
    });
    ResultObject {
        rule_id: finding.rule.code,
        rule_index: 0,
        // The levels of SARIF (§3.27.10) are the words of our severities.
        level: finding.severity.as_str(),
        message: Text { text: plain(&whole_text(finding)) },
        locations: [Location {
            id: None,
            physical_location: physical(source, uri, finding.primary.span),
            message: None,
        }],
        partial_fingerprints: Fingerprints { primary_location_line_hash: String::new() },
        related_locations: related.collect(),
        fixes: finding.fix.iter().map(|fix| fix_object(source, uri, fix)).collect(),
        suppressions: Vec::new(),
    }
}

fn fix_object(source: &Source, uri: &str, fix: &Fix) -> FixObject {
    let directory = uri.rfind('/').map_or("", |at| &uri[..=at]);
    let mut changes: Vec<ArtifactChange> = Vec::new();
    for edit in &fix.edits {
        let uri = edit.path().map_or_else(|| uri.to_owned(), |path| format!("{directory}{}", encoded(path)));
        let replacement = Replacement {
            deleted_region: region(edit.file.as_deref().unwrap_or(source), edit.span),
            inserted_content: Text { text: edit.text.clone() },
        };
        match changes.iter_mut().find(|change| change.artifact_location.uri == uri) {
            Some(change) => change.replacements.push(replacement),
            None => {
                let artifact_location = OwnedLocation { uri };
                changes.push(ArtifactChange { artifact_location, replacements: vec![replacement] });
            }
        }
    }
    FixObject { description: Text { text: plain(&fix.title) }, artifact_changes: changes }
}

fn suppression(Allowed { by, .. }: &Allowed) -> Suppression {
    let (kind, justification) = match by {
        By::Comment { reason } => ("inSource", reason.clone()),
        By::Baseline => ("external", "the baseline has it already".to_owned()),
        By::Setting(Setting { origin: Origin::Manifest, target, .. }) => {
            ("inSource", format!("`[lints]` allows {target}"))
        }
        By::Setting(Setting { origin: Origin::Organization, target, .. }) => {
            ("external", format!("the organization allows {target}"))
        }
        By::Setting(Setting { origin: Origin::CommandLine, target, .. }) => ("external", format!("`--allow {target}`")),
    };
    Suppression { kind, justification }
}

fn describe(rule: &'static RuleInfo) -> Rule {
    let summary = rule.summary();
    let full = format!("{summary} {}", paragraph(rule.docs, "## Why it matters"));
    let limited = |text: &str| text.trim_end().chars().take(MAX_DESCRIPTION).collect();
    Rule {
        id: rule.code,
        name: rule.name,
        short_description: Text { text: limited(&summary) },
        full_description: Text { text: limited(&full) },
        help_uri: manual_url(rule),
        help: Help { text: rule.manual(), markdown: rule.manual() },
        default_configuration: Configuration { level: rule.severity.as_str() },
    }
}

/// Returns the first paragraph below a heading of a manual, in one line; empty if there is none.
fn paragraph(docs: &str, heading: &str) -> String {
    let Some((_, rest)) = docs.split_once(heading) else { return String::new() };
    let lines = rest.trim_start().lines().map(str::trim);
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn physical<'a>(source: &Source, uri: &'a str, span: Span) -> PhysicalLocation<'a> {
    PhysicalLocation { artifact_location: ArtifactLocation { uri }, region: region(source, span) }
}

fn region(source: &Source, span: Span) -> Region {
    let (start, end) = (source.position(span.start), source.position(span.end));
    Region {
        start_line: start.line,
        start_column: start.utf16_column,
        end_line: end.line,
        end_column: end.utf16_column,
    }
}

/// Turns a path into a relative reference (RFC 3986): percent-encodes everything except unreserved characters and `/`.
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// Returns a message in which nothing is read as a link: its square brackets have a backslash (SARIF 2.1.0, §3.11.6) where they would
/// be.
fn plain(text: &str) -> String {
    if text.contains("](") { text.replace('[', "\\[").replace(']', "\\]") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{encoded, plain};

    #[test]
    fn the_words_of_a_stranger_are_not_a_link() {
        assert_eq!(plain("its base `[passed](https://x.org)`"), "its base `\\[passed\\](https://x.org)`");
        assert_eq!(plain("a[0] and (b)"), "a[0] and (b)");
    }

    #[test]
    fn a_path_becomes_a_relative_reference() {
        assert_eq!(encoded("models/a b:ü%.toml"), "models/a%20b%3A%C3%BC%25.toml");
    }
}
