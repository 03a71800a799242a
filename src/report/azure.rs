//! Findings as logging commands of Azure Pipelines, which become issues of a run.
//!
//! `##vso[task.logissue type=error;sourcepath=…;linenumber=…;columnnumber=…;code=…]message`, as Microsoft's documentation
//! of logging commands defines it; escaped as the agent reads it (`taskcommand.ts` of azure-pipelines-task-lib). An issue is
//! an error or a warning, so notes are lines of the log. All text from a manifest is escaped, so that a name cannot become a
//! command.

use std::io::{self, Write};

use super::{shown, whole_text, without_commands};
use crate::finding::{Finding, Severity};
use crate::source::Source;

/// Writes one issue per error or warning and one line per note; `file` is the manifest's path from the root of the
/// repository.
///
/// # Errors
/// Returns any error of the writer.
pub fn findings(source: &Source, file: &str, findings: &[Finding], out: &mut impl Write) -> io::Result<()> {
    for finding in findings {
        let start = source.position(finding.primary.span.start);
        let (severity, code) = (finding.severity.as_str(), finding.rule.code);
        match finding.severity {
            Severity::Error | Severity::Warning => {
                let text = whole_text(finding).lines().map(data).collect::<Vec<_>>().join("%0A");
                writeln!(
                    out,
                    "##vso[task.logissue type={severity};sourcepath={};linenumber={};columnnumber={};code={code};]{text}",
                    property(file),
                    start.line,
                    start.column,
                )?;
            }
            Severity::Note => {
                let line = format!("{}:{}:{}: {severity}[{code}] {}", file, start.line, start.column, finding.message);
                writeln!(out, "{}", without_commands(&shown(&line)))?;
            }
        }
    }
    Ok(())
}

/// Escapes the text after `]`.
fn data(text: &str) -> String {
    shown(text).replace('%', "%AZP25")
}

/// Escapes the text after `=`.
fn property(text: &str) -> String {
    data(text).replace(']', "%5D").replace(';', "%3B")
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
    fn findings_are_issues_and_cannot_contain_a_command() {
        let source = Source::new("OPENNESS.toml", "schema = 1\n[model]\n");
        let error = Finding::new(&RULE, (11..18).into(), "100%\n##vso[task.complete]x").help("do so");
        let note = Finding::new(&RULE, (0..1).into(), "###vso[task.complete]x").severity(Severity::Note);
        let mut out = Vec::new();
        findings(&source, "a;b]c/OPENNESS.toml", &[error, note], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "##vso[task.logissue type=error;sourcepath=a%3Bb%5Dc/OPENNESS.toml;linenumber=2;columnnumber=1;code=OPN000;]\
             100%AZP25\\n##vso[task.complete]x%0Ahelp: do so\n\
             a;b]c/OPENNESS.toml:1:1: note[OPN000] # # #vso[task.complete]x\n"
        );
    }
}
