//! Findings as a test report in the XML format of JUnit, which CI services list next to the results of tests.
//!
//! The elements and attributes are those that the schema of the Ant task and those of its readers share: `testsuites`,
//! `testsuite`, `testcase`, `failure` and `system-out`. A finding is a test case. One that fails the check has a `failure`,
//! any other has passed and says so in its output. Without findings there is one case that has passed, because services take a
//! report without cases for a run that broke.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{CheckedFile, shown, whole_text};
use crate::finding::{Finding, Severity};
use crate::source::Source;

/// Writes one report, with a suite for each manifest. Findings of at least the severity `fails` are failures.
///
/// # Errors
/// Returns any error of the writer.
pub fn findings(files: &[CheckedFile<'_>], fails: Severity, out: &mut impl Write) -> io::Result<()> {
    let tests: usize = files.iter().map(|checked| checked.findings.len().max(1)).sum();
    let failures: usize = files.iter().map(|checked| failures(checked.findings, fails)).sum();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"openness\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">")?;
    files.iter().try_for_each(|checked| suite(checked, fails, out))?;
    writeln!(out, "</testsuites>")
}

fn failures(findings: &[Finding], fails: Severity) -> usize {
    findings.iter().filter(|finding| finding.severity >= fails).count()
}

fn suite(checked: &CheckedFile<'_>, fails: Severity, out: &mut impl Write) -> io::Result<()> {
    let CheckedFile { source, file, findings, .. } = *checked;
    let name = escaped(file);
    let (tests, failures) = (findings.len().max(1), failures(findings, fails));
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\"");
    writeln!(out, "  <testsuite name=\"{name}\" {counts}>")?;
    if findings.is_empty() {
        writeln!(out, "    <testcase name=\"check\" classname=\"{name}\"/>")?;
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        let number = seen.entry(finding.rule.code).or_default();
        *number += 1;
        let number = if *number == 1 { String::new() } else { format!(" #{number}") };
        let (code, rule) = (finding.rule.code, finding.rule.name);
        writeln!(out, "    <testcase name=\"{code} {rule}{number}\" classname=\"{name}\">")?;
        case(source, &name, finding, finding.severity >= fails, out)?;
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>")
}

fn case(source: &Source, name: &str, finding: &Finding, fails: bool, out: &mut impl Write) -> io::Result<()> {
    let start = source.position(finding.primary.span.start);
    let severity = finding.severity.as_str();
    let lines: Vec<String> = whole_text(finding).lines().map(escaped).collect();
    let text = format!("{name}:{}:{}: {severity}: {}", start.line, start.column, lines.join("\n"));
    match fails {
        true => {
            let message = escaped(&finding.message);
            writeln!(out, "      <failure type=\"{severity}\" message=\"{message}\">{text}</failure>")
        }
        false => writeln!(out, "      <system-out>{text}</system-out>"),
    }
}

/// Escapes text for an element or a quoted attribute. [`shown`] leaves no control character; the noncharacters U+FFFE and
/// U+FFFF are not allowed in XML either.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in shown(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\u{FFFE}' | '\u{FFFF}' => safe.extend(c.escape_default()),
            _ => safe.push(c),
        }
    }
    safe
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

    fn written(all: &[Finding], fails: Severity) -> String {
        let source = Source::new("OPENNESS.toml", "schema = 1\n[model]\n");
        let mut out = Vec::new();
        let checked = CheckedFile { source: &source, file: "a&b/OPENNESS.toml", findings: all, allowed: &[] };
        findings(&[checked], fails, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_finding_that_fails_the_check_is_a_failure() {
        let error = Finding::new(&RULE, (11..18).into(), "\"a\" <b>\u{7}\u{fffe}").help("do so");
        let warning = Finding::new(&RULE, (0..6).into(), "odd").severity(Severity::Warning);
        let all = [warning, error];
        assert_eq!(
            written(&all, Severity::Error),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites name=\"openness\" tests=\"2\" failures=\"1\" errors=\"0\">\n  \
             <testsuite name=\"a&amp;b/OPENNESS.toml\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\">\n    \
             <testcase name=\"OPN000 nothing\" classname=\"a&amp;b/OPENNESS.toml\">\n      \
             <system-out>a&amp;b/OPENNESS.toml:1:1: warning: odd</system-out>\n    \
             </testcase>\n    \
             <testcase name=\"OPN000 nothing #2\" classname=\"a&amp;b/OPENNESS.toml\">\n      \
             <failure type=\"error\" message=\"&quot;a&quot; &lt;b&gt;\\u{7}\\u{fffe}\">\
             a&amp;b/OPENNESS.toml:2:1: error: &quot;a&quot; &lt;b&gt;\\u{7}\\u{fffe}\nhelp: do so</failure>\n    \
             </testcase>\n  \
             </testsuite>\n\
             </testsuites>\n"
        );
        assert_eq!(written(&all, Severity::Warning).matches("<failure").count(), 2);
    }

    #[test]
    fn without_findings_one_case_has_passed() {
        let text = written(&[], Severity::Error);
        assert!(text.contains("tests=\"1\" failures=\"0\"") && text.contains("<testcase name=\"check\""), "{text}");
    }
}
