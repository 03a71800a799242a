//! `openness check`.

use super::place::{self, Place};
use super::{Failure, Format, Outcome, Session};
use crate::finding::{Finding, Severity, arrange};
use crate::report::{human, json};
use crate::rules;
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

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let (source, mut findings) = found(&args.place)?;
    let failed = findings.iter().any(|finding| finding.severity == Severity::Error);
    match args.format {
        Format::Json => json::findings(&source, &findings, &mut session.out)?,
        Format::Human => {
            if session.terminal.quiet {
                findings.retain(|finding| finding.severity == Severity::Error);
            }
            human::findings(&source, &findings, session.terminal.style, &mut session.out)?;
        }
    }
    Ok(if failed { Outcome::Against } else { Outcome::Done })
}

fn found(place: &Place) -> Result<(Source, Vec<Finding>), Failure> {
    if place.is_stdin() {
        let parsed = place::stdin_manifest()?;
        let mut findings = parsed.findings.clone();
        if parsed.is_sound() {
            findings.extend(rules::check_manifest(&parsed.manifest));
        }
        arrange(&mut findings);
        return Ok((parsed.source, findings));
    }
    let snapshot = place.snapshot()?;
    let parsed = place::manifest(&snapshot, place)?;
    let (_, findings) = place::judge(&parsed, &snapshot);
    Ok((parsed.source, findings))
}
