//! `openness check`.

use super::source_args::SourceArgs;
use super::{Failure, Outcome, Session, manifest};
use crate::check::check_alone;
use crate::files::{Files, Kind};
use crate::finding::{Finding, Severity, summarize_list};
use crate::manifest::FILE_NAME;
use crate::path::RepoPath;
use crate::report::{github, human, json, sarif};
use crate::snapshot::Snapshot;
use crate::source::Source;

/// Check the manifest against the taxonomies and the files of the repository
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Print findings in this format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// The formats for findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Text for people
    Human,
    /// JSON for programs, version 1
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

/// A manifest that was checked, and the findings.
struct Checked {
    manifest: Source,
    /// The manifest's path from the root of the repository, if there is one.
    file: String,
    findings: Vec<Finding>,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let Checked { manifest, file, findings } = check(&args.source, session)?;
    let failed = findings.iter().any(|finding| finding.severity == Severity::Error);
    match args.format {
        Format::Json => json::check::write(&manifest, &findings, &mut session.out.document())?,
        Format::Sarif => sarif::findings(&manifest, &file, &findings, &mut session.out.document())?,
        Format::Github => github::findings(&manifest, &file, &findings, &mut session.out.document())?,
        Format::Human => {
            let least = if session.terminal.quiet { Severity::Error } else { Severity::Note };
            human::check::write(&manifest, &findings, least, session.terminal.style, &mut session.out)?;
        }
    }
    Ok(if failed { Outcome::Failed } else { Outcome::Done })
}

fn check(source: &SourceArgs, session: &Session) -> Result<Checked, Failure> {
    if source.is_stdin() {
        let parsed = manifest::of_stdin()?;
        let findings = check_alone(&parsed);
        return Ok(Checked { manifest: parsed.source, file: FILE_NAME.to_owned(), findings });
    }
    let snapshot = source.snapshot()?;
    let checked = manifest::check(&snapshot, source)?;
    note_missing(&snapshot, session);
    if !checked.parsed().is_sound() {
        session.note("note: the other rules about licenses, files and claims run once these errors are corrected");
    }
    let file = snapshot.prefix().map_or_else(|| FILE_NAME.to_owned(), |prefix| format!("{prefix}/{FILE_NAME}"));
    let (manifest, findings) = checked.into_findings();
    Ok(Checked { manifest, file, findings })
}

fn note_missing(snapshot: &Snapshot, session: &Session) {
    let missing = snapshot.entries().iter().filter(|entry| entry.kind == Kind::Missing).map(|entry| &entry.path);
    let missing: Vec<&RepoPath> = missing.collect();
    if !missing.is_empty() {
        session.note(&format!(
            "note: tracked files are missing from the working tree and their content was not checked: {}; restore them \
             with `git restore`",
            summarize_list(missing.iter())
        ));
    }
}
