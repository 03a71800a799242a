//! `openness check`.

use super::place::{self, Place};
use super::{Failure, Outcome, Session};
use crate::finding::{Finding, Severity};
use crate::manifest::FILE_NAME;
use crate::report::{github, human, json, sarif};
use crate::source::Source;

/// Lint the manifest against the taxonomies and the repository
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    /// How to show findings
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// How findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For programs, version 1
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

/// What was looked at, and what was found.
struct Found {
    source: Source,
    /// The manifest's path from the root of the repository, where there is one.
    file: String,
    findings: Vec<Finding>,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let Found { source, file, mut findings } = found(&args.place)?;
    let failed = findings.iter().any(|finding| finding.severity == Severity::Error);
    match args.format {
        Format::Json => json::findings(&source, &findings, &mut session.out)?,
        Format::Sarif => sarif::findings(&source, &file, &findings, &mut session.out)?,
        Format::Github => github::findings(&source, &file, &findings, &mut session.out)?,
        Format::Human => {
            if session.terminal.quiet {
                findings.retain(|finding| finding.severity == Severity::Error);
            }
            human::findings(&source, &findings, session.terminal.style, &mut session.out)?;
        }
    }
    Ok(if failed { Outcome::Against } else { Outcome::Done })
}

fn found(place: &Place) -> Result<Found, Failure> {
    if place.is_stdin() {
        let parsed = place::stdin_manifest()?;
        let findings = place::judge_alone(&parsed);
        return Ok(Found { source: parsed.source, file: FILE_NAME.to_owned(), findings });
    }
    let snapshot = place.snapshot()?;
    let parsed = place::manifest(&snapshot, place)?;
    let (_, findings) = place::judge(&parsed, &snapshot);
    let file = snapshot.prefix().map_or_else(|| FILE_NAME.to_owned(), |prefix| format!("{prefix}/{FILE_NAME}"));
    Ok(Found { source: parsed.source, file, findings })
}
