//! Findings as one line each, `path:line:column: error[OPN301] message`, for editors, `grep`, and terminals that open such
//! places on a click.

use std::io::{self, Write};

use super::shown;
use crate::finding::{Finding, Severity};
use crate::source::Source;

/// Writes one line per finding of at least this severity, with the name of the source, which a reader should be able to open.
///
/// # Errors
/// Returns any error of the writer.
pub fn findings(source: &Source, findings: &[Finding], least: Severity, out: &mut impl Write) -> io::Result<()> {
    let file = shown(source.name());
    for finding in findings.iter().filter(|finding| finding.severity >= least) {
        let start = source.position(finding.primary.span.start);
        let (severity, code) = (finding.severity.as_str(), finding.rule.code);
        write!(out, "{file}:{}:{}: {severity}[{code}] {}", start.line, start.column, shown(&finding.message))?;
        match &finding.help {
            Some(help) => writeln!(out, "; help: {}", shown(help))?,
            None => writeln!(out)?,
        }
    }
    Ok(())
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
    fn each_finding_is_one_line_whatever_it_quotes() {
        let source = Source::new("lm/OPENNESS.toml", "schema = 1\n[mödel]\n");
        let bad = Finding::new(&RULE, (15..16).into(), "bad\nx:1:1: error").help("do\u{1b}so");
        let note = Finding::new(&RULE, (0..1).into(), "odd").severity(Severity::Note);
        let written = |least| {
            let mut out = Vec::new();
            findings(&source, &[note.clone(), bad.clone()], least, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let line = "lm/OPENNESS.toml:2:4: error[OPN000] bad\\nx:1:1: error; help: do\\u{1b}so\n";
        assert_eq!(written(Severity::Error), line);
        assert_eq!(written(Severity::Note), format!("lm/OPENNESS.toml:1:1: note[OPN000] odd\n{line}"));
    }
}
