//! `openness check`.

use super::place::{self, SourceArgs};
use super::{Failure, Outcome, Session};
use crate::check;
use crate::files::{Files, Kind};
use crate::finding::{Finding, Severity, summarize_list};
use crate::manifest::FILE_NAME;
use crate::path::RepoPath;
use crate::report::{github, human, json, sarif};
use crate::source::Source;

/// Lint the manifest against the taxonomies and the repository
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: SourceArgs,
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
    let Found { source, file, findings } = found(&args.place, session)?;
    let failed = findings.iter().any(|finding| finding.severity == Severity::Error);
    match args.format {
        Format::Json => json::findings(&source, &findings, &mut session.out)?,
        Format::Sarif => sarif::findings(&source, &file, &findings, &mut session.out)?,
        Format::Github => github::findings(&source, &file, &findings, &mut session.out)?,
        Format::Human => {
            let least = if session.terminal.quiet { Severity::Error } else { Severity::Note };
            human::findings(&source, &findings, least, session.terminal.style, &mut session.out)?;
        }
    }
    Ok(if failed { Outcome::Against } else { Outcome::Done })
}

fn found(place: &SourceArgs, session: &Session) -> Result<Found, Failure> {
    if place.is_stdin() {
        let parsed = place::stdin_manifest()?;
        let findings = check::check_alone(&parsed);
        return Ok(Found { source: parsed.source, file: FILE_NAME.to_owned(), findings });
    }
    let snapshot = place.snapshot()?;
    let checked = place::check(&snapshot, place)?;
    let missing = snapshot.entries().iter().filter(|entry| entry.kind == Kind::Missing).map(|entry| &entry.path);
    let missing: Vec<&RepoPath> = missing.collect();
    if !missing.is_empty() {
        session.note(&format!(
            "note: Git tracks {}, which is not on disk and was not looked into; `git restore` brings it back",
            summarize_list(missing.iter())
        ));
    }
    if !checked.parsed().is_sound() {
        session.note("note: licences, files and claims are looked at once the manifest can be read");
    }
    let file = snapshot.prefix().map_or_else(|| FILE_NAME.to_owned(), |prefix| format!("{prefix}/{FILE_NAME}"));
    let (source, findings) = checked.into_findings();
    Ok(Found { source, file, findings })
}
