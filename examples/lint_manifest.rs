//! Lints the text of a manifest without access to any files, as an editor, a web form or a bot would.
//!
//! ```sh
//! cargo run --no-default-features --example lint_manifest < OPENNESS.toml
//! ```

use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

use openness::check::{check_alone, read_limit};
use openness::manifest::parse::parse_bytes;
use openness::{Severity, evaluate};

fn main() -> io::Result<ExitCode> {
    let mut text = Vec::new();
    io::stdin().lock().take(read_limit()).read_to_end(&mut text)?;
    let parsed = parse_bytes("OPENNESS.toml", &text);
    let findings = check_alone(&parsed);
    let mut out = io::stdout().lock();
    for finding in &findings {
        let at = parsed.source.position(finding.primary.span.start);
        let (severity, code) = (finding.severity.as_str(), finding.rule.code);
        writeln!(out, "OPENNESS.toml:{}:{}: {severity} {code}: {}", at.line, at.column, finding.message)?;
    }
    if parsed.is_sound() {
        for evaluation in evaluate::evaluate(&parsed.manifest) {
            if let Some(verdict) = &evaluation.verdict {
                writeln!(out, "{}: {verdict}", evaluation.taxonomy)?;
            }
        }
    }
    let failed = findings.iter().any(|finding| finding.severity == Severity::Error);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
