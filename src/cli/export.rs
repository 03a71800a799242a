//! `openness export`.

use std::io::Write as _;

use clap::ValueEnum;

use super::created::CreatedArgs;
use super::output_args::OutputArgs;
use super::source_args::SourceArgs;
use super::{Failure, Outcome, Session, hashing, manifest, statement};
use crate::artifacts::Inventory;
use crate::artifacts::digest::{Hashed, Pointers};
use crate::export::{self, File, Release};
use crate::files::{Entry, Files, Kind};
use crate::manifest::parse::Parsed;
use crate::snapshot::Snapshot;

/// Print the manifest in a format of another project
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Write this format
    #[arg(value_enum)]
    format: Format,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    created: CreatedArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A record of the Model Openness Tool, YAML
    Mot,
    /// The front matter of a model card, YAML
    Card,
    /// The in-toto statement that `sign` would sign, canonical JSON
    Statement,
    /// The EU code of practice's Model Documentation Form, Markdown
    EuForm,
    /// A CycloneDX 1.6 ML-BOM, JSON
    Cyclonedx,
    /// An SPDX 3.0.1 document with AI and dataset packages, JSON-LD
    Spdx,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    args.output.redirect(session);
    let format = match args.format {
        Format::Mot => export::Format::Mot,
        Format::Card => export::Format::Card,
        Format::EuForm => export::Format::EuForm,
        Format::Cyclonedx => export::Format::CycloneDx,
        Format::Spdx => export::Format::Spdx,
        Format::Statement => return statement::run(statement::Args::new(args.source, args.created), session),
    };
    if args.source.is_stdin() {
        return write(format, &manifest::of_stdin()?, None, &args, session);
    }
    let snapshot = args.source.snapshot()?;
    let parsed = manifest::of(&snapshot, &args.source)?;
    write(format, &parsed, Some(&snapshot), &args, session)
}

fn write(
    format: export::Format,
    parsed: &Parsed,
    snapshot: Option<&Snapshot>,
    args: &Args,
    session: &mut Session,
) -> Result<Outcome, Failure> {
    if !parsed.is_sound() {
        manifest::print_findings(parsed, session)?;
        return Ok(Outcome::Failed);
    }
    let has_digests = matches!(format, export::Format::CycloneDx | export::Format::Spdx | export::Format::EuForm);
    let files = match snapshot.filter(|_| has_digests) {
        Some(snapshot) => files(parsed, snapshot, session)?,
        None => Vec::new(),
    };
    let created = match snapshot {
        Some(snapshot) => args.created.time(snapshot, session)?,
        None => args.created.time_or_now(session),
    };
    let release = Release { manifest: &parsed.manifest, files: &files, created };
    session.out.document().write_all(export::export(format, &release)?.as_bytes())?;
    Ok(Outcome::Done)
}

/// Returns the files that components name, with their digests.
fn files(parsed: &Parsed, snapshot: &Snapshot, session: &Session) -> Result<Vec<File>, Failure> {
    let inventory = Inventory::resolve(&parsed.manifest, snapshot);
    let is_file = |at: &usize| matches!(snapshot.entries()[*at].kind, Kind::File { .. });
    let named: Vec<usize> =
        (0..snapshot.entries().len()).filter(|at| !inventory.claimed_by(*at).is_empty()).filter(is_file).collect();
    let entries: Vec<&Entry> = named.iter().map(|at| &snapshot.entries()[*at]).collect();
    let hashed = hashing::hash_all(snapshot, &entries, Pointers::Trust, session);
    let hashed = hashed.into_iter().collect::<Result<Vec<_>, _>>()?;
    let file = |(at, hashed): (&usize, Hashed)| File {
        path: snapshot.entries()[*at].path.clone(),
        sha256: hashed.sha256,
        components: inventory.claimed_by(*at).to_vec(),
    };
    Ok(named.iter().zip(hashed).map(file).collect())
}
