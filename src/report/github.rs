//! Findings as workflow commands of GitHub Actions, which become annotations of the lines in a pull request.
//!
//! `::error file=…,line=…,col=…::message`, as in GitHub's documentation of workflow commands and `command.ts` of its
//! toolkit. GitHub shows ten errors and ten warnings per step, so the worst come first, and the rest are lines of the
//! log. All text from a manifest is escaped, so that a name cannot become a command.

use std::io::{self, Write};

use super::{CheckedFile, Summary, counted, shown, without_commands};
use crate::finding::{Finding, Label, Severity};
use crate::source::Source;

/// The number of annotations per level that GitHub shows for one step.
const SHOWN_PER_LEVEL: usize = 10;

/// Writes one annotation per finding, the worst first, of all manifests, and a line that counts those of each.
///
/// # Errors
/// Returns any error of the writer.
pub fn findings(files: &[CheckedFile<'_>], out: &mut impl Write) -> io::Result<()> {
    for (severity, level) in [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "notice")] {
        let of_level = || {
            let all = files.iter().flat_map(|checked| checked.findings.iter().map(move |finding| (checked, finding)));
            all.filter(|(_, finding)| finding.severity == severity)
        };
        for (CheckedFile { source, file, .. }, finding) in of_level().take(SHOWN_PER_LEVEL) {
            annotation(source, file, level, finding, out)?;
        }
        let left = of_level().skip(SHOWN_PER_LEVEL);
        if let Some((first, _)) = left.clone().next() {
            writeln!(
                out,
                "::notice file={}::and {}; the log of this step lists them",
                property(first.file),
                counted(left.clone().count(), &format!("more {}", severity.as_str()))
            )?;
            for (CheckedFile { source, file, .. }, finding) in left {
                log_line(source, file, finding, out)?;
            }
        }
    }
    files.iter().try_for_each(|CheckedFile { file, findings, .. }| {
        let Summary { errors, warnings, notes } = Summary::of(*findings);
        let (errors, warnings, notes) =
            (counted(errors, "error"), counted(warnings, "warning"), counted(notes, "note"));
        writeln!(out, "{}: {errors}, {warnings}, {notes}", without_commands(&data(file)))
    })
}

fn annotation(source: &Source, file: &str, level: &str, finding: &Finding, out: &mut impl Write) -> io::Result<()> {
    let (start, end) = (source.position(finding.primary.span.start), source.position(finding.primary.span.end));
    write!(out, "::{level} file={},line={},endLine={}", property(file), start.line, end.line)?;
    // GitHub accepts columns only if a finding is within one line.
    if start.line == end.line && start.column < end.column {
        write!(out, ",col={},endColumn={}", start.column, end.column)?;
    }
    let title = format!("{} {}", finding.rule.code, finding.rule.name);
    write!(out, ",title={}::{}", property(&title), data(&finding.message))?;
    // Each on its own line: `%0A` is a line feed within a command.
    for Label { span, text } in std::iter::once(&finding.primary).chain(&finding.related) {
        if !text.is_empty() {
            write!(out, "%0Aline {}: {}", source.position(span.start).line, data(text))?;
        }
    }
    if let Some(help) = &finding.help {
        write!(out, "%0Ahelp: {}", data(help))?;
    }
    if let Some(list) = finding.whole_list() {
        write!(out, "%0A{}", data(&list))?;
    }
    writeln!(out)
}

/// Writes a finding as a line of the log; it is not a command.
fn log_line(source: &Source, file: &str, finding: &Finding, out: &mut impl Write) -> io::Result<()> {
    let start = source.position(finding.primary.span.start);
    let (severity, code) = (finding.severity.as_str(), finding.rule.code);
    let help = finding.help.as_ref().map_or_else(String::new, |help| format!("; help: {}", data(help)));
    let message = data(&finding.message);
    let line = format!("{severity} {code} {}:{}:{}: {message}{help}", data(file), start.line, start.column);
    writeln!(out, "{}", without_commands(&line))
}

/// Escapes the text after `::`. [`shown`] leaves nothing that could end a line.
fn data(text: &str) -> String {
    shown(text).replace('%', "%25")
}

/// Escapes the text after `=`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
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

    fn written(findings: &[Finding]) -> String {
        let source = Source::new("OPENNESS.toml", "schema = 1\n[model]\n");
        let mut out = Vec::new();
        let checked = CheckedFile { source: &source, file: "a,b/OPENNESS.toml", findings, allowed: &[] };
        super::findings(&[checked], &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_finding_is_one_line_and_cannot_contain_a_command() {
        let finding = Finding::new(&RULE, (11..18).into(), "bad\n::set-output name=x::100%").help("do,\rso");
        assert_eq!(
            written(&[finding]),
            "::error file=a%2Cb/OPENNESS.toml,line=2,endLine=2,col=1,endColumn=8,title=OPN000 nothing::\
             bad\\n::set-output name=x::100%25%0Ahelp: do,\\rso\n\
             a,b/OPENNESS.toml: 1 error, 0 warnings, 0 notes\n"
        );
    }

    #[test]
    fn multi_line_findings_have_no_columns_and_excess_ones_are_counted() {
        let wide = Finding::new(&RULE, (0..18).into(), "wide");
        let text = written(&vec![wide; 12]);
        assert!(text.starts_with("::error file=a%2Cb/OPENNESS.toml,line=1,endLine=2,title=OPN000 nothing::wide\n"));
        assert_eq!(text.matches("::error").count(), 10);
        assert!(text.contains("::and 2 more errors; "), "{text}");
        assert_eq!(text.matches("error OPN000 a,b/OPENNESS.toml:1:1: wide\n").count(), 2, "{text}");
        // The runner obeys this older form anywhere in a line.
        let text = written(&vec![Finding::new(&RULE, (0..18).into(), "x ##[stop-commands]y"); 11]);
        assert!(text.contains(":1:1: x # #[stop-commands]y\n"), "{text}");
    }

    #[test]
    fn labels_and_whole_lists_are_part_of_an_annotation() {
        let finding = Finding::new(&RULE, (11..18).into(), "seven").label("here").related((0..6).into(), "and\nhere");
        let text = written(&[finding.clone().items(1..=5)]);
        assert!(text.contains("::seven%0Aline 2: here%0Aline 1: and\\nhere\n"), "{text}");
        let text = written(&[finding.items(1..=7)]);
        assert!(text.contains("%0Aall 7: `1`, `2`, `3`, `4`, `5`, `6`, `7`\n"), "{text}");
    }
}
