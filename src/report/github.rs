//! Findings as workflow commands of GitHub Actions, which become annotations of the lines in a pull request.
//!
//! `::error file=…,line=…,col=…::message`, as GitHub's manual of workflow commands and `command.ts` of its toolkit have
//! it. GitHub shows ten errors and ten warnings of a step, so the worst come first and the rest are counted. Everything
//! that comes from a manifest is escaped: a name must not become a command.

use std::io::{self, Write};

use super::{Summary, counted, shown};
use crate::finding::{Finding, Severity};
use crate::source::Source;

/// The annotations of each level that GitHub shows of one step.
const SHOWN_PER_LEVEL: usize = 10;

/// Writes an annotation a finding, the worst first; `file` is the manifest's path from the root of the repository.
///
/// # Errors
/// Those of the writer.
pub fn findings(source: &Source, file: &str, findings: &[Finding], out: &mut impl Write) -> io::Result<()> {
    for (severity, level) in [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "notice")] {
        let of_level = || findings.iter().filter(|finding| finding.severity == severity);
        for finding in of_level().take(SHOWN_PER_LEVEL) {
            annotation(source, file, level, finding, out)?;
        }
        let left = of_level().skip(SHOWN_PER_LEVEL).count();
        if left > 0 {
            let noun = severity.as_str();
            writeln!(
                out,
                "::notice file={}::and {} more; `openness check` names them",
                property(file),
                counted(left, noun)
            )?;
        }
    }
    let Summary { errors, warnings, notes } = Summary::of(findings);
    writeln!(
        out,
        "{}: {}, {}, {}",
        data(file),
        counted(errors, "error"),
        counted(warnings, "warning"),
        counted(notes, "note")
    )
}

fn annotation(source: &Source, file: &str, level: &str, finding: &Finding, out: &mut impl Write) -> io::Result<()> {
    let (start, end) = (source.position(finding.primary.span.start), source.position(finding.primary.span.end));
    write!(out, "::{level} file={},line={},endLine={}", property(file), start.line, end.line)?;
    // GitHub takes columns only where a finding stays on its line.
    if start.line == end.line && start.column < end.column {
        write!(out, ",col={},endColumn={}", start.column, end.column)?;
    }
    let title = format!("{} {}", finding.rule.code, finding.rule.name);
    write!(out, ",title={}::{}", property(&title), data(&finding.message))?;
    if let Some(help) = &finding.help {
        // A line of its own: `%0A` is how a command holds a line feed.
        write!(out, "%0Ahelp: {}", data(help))?;
    }
    writeln!(out)
}

/// What stands behind `::`; nothing that could end a line is left by [`shown`].
fn data(text: &str) -> String {
    shown(text).replace('%', "%25")
}

/// What stands behind `=`.
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
        super::findings(&source, "a,b/OPENNESS.toml", findings, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_finding_is_a_line_and_nothing_in_it_is_a_command() {
        let finding = Finding::new(&RULE, (11..18).into(), "bad\n::set-output name=x::100%").help("do,\rso");
        assert_eq!(
            written(&[finding]),
            "::error file=a%2Cb/OPENNESS.toml,line=2,endLine=2,col=1,endColumn=8,title=OPN000 nothing::\
             bad\\n::set-output name=x::100%25%0Ahelp: do,\\rso\n\
             a,b/OPENNESS.toml: 1 error, 0 warnings, 0 notes\n"
        );
    }

    #[test]
    fn what_goes_over_lines_has_no_columns_and_what_is_too_much_is_counted() {
        let wide = Finding::new(&RULE, (0..18).into(), "wide");
        let text = written(&vec![wide; 12]);
        assert!(text.starts_with("::error file=a%2Cb/OPENNESS.toml,line=1,endLine=2,title=OPN000 nothing::wide\n"));
        assert_eq!(text.matches("::error").count(), 10);
        assert!(text.contains("::and 2 errors more; "), "{text}");
    }
}
