//! `openness export`.

use std::io::Write as _;

use clap::ValueEnum;

use super::place::{self, SourceArgs};
use super::progress::Progress;
use super::{Failure, Outcome, Session};
use crate::artifacts::Inventory;
use crate::artifacts::digest::{self, Hashed};
use crate::export::{self, File, Release};
use crate::files::{Entry, Files, Kind};
use crate::manifest::parse::Parsed;
use crate::snapshot::Snapshot;

/// Print what is declared in a format of another project
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The format
    #[arg(value_enum)]
    format: Format,
    #[command(flatten)]
    place: SourceArgs,
    /// When the export counts as made; default the commit's time, or SOURCE_DATE_EPOCH, or now
    #[arg(long, value_name = "TIME")]
    created: Option<jiff::Timestamp>,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A record of the Model Openness Tool, YAML
    Mot,
    /// The front matter of a model card
    Card,
    /// The in-toto statement that `sign` would sign, in canonical JSON
    Statement,
    /// A CycloneDX 1.6 ML-BOM, JSON
    Cyclonedx,
    /// An SPDX 3.0.1 document with AI and dataset packages, JSON-LD
    Spdx,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let format = match args.format {
        Format::Mot => export::Format::Mot,
        Format::Card => export::Format::Card,
        Format::Cyclonedx => export::Format::CycloneDx,
        Format::Spdx => export::Format::Spdx,
        Format::Statement => {
            return super::statement::run(super::statement::Args::new(args.place, args.created), session);
        }
    };
    if args.place.is_stdin() {
        return write(format, &place::stdin_manifest()?, None, &args, session);
    }
    let snapshot = args.place.snapshot()?;
    let parsed = place::manifest(&snapshot, &args.place)?;
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
        place::complain(parsed, session)?;
        return Ok(Outcome::Against);
    }
    let holds_digests = matches!(format, export::Format::CycloneDx | export::Format::Spdx);
    let files = match snapshot.filter(|_| holds_digests) {
        Some(snapshot) => files(parsed, snapshot, session)?,
        None => Vec::new(),
    };
    let created = match snapshot {
        Some(snapshot) => super::sign::time_of(args.created, snapshot)?,
        None => args.created.unwrap_or_else(jiff::Timestamp::now),
    };
    let release = Release { manifest: &parsed.manifest, files: &files, created };
    session.out.write_all(export::export(format, &release)?.as_bytes())?;
    Ok(Outcome::Done)
}

/// The files that components name, with their digests.
fn files(parsed: &Parsed, snapshot: &Snapshot, session: &Session) -> Result<Vec<File>, Failure> {
    let inventory = Inventory::resolve(&parsed.manifest, snapshot);
    let is_file = |at: &usize| matches!(snapshot.entries()[*at].kind, Kind::File { .. });
    let named: Vec<usize> =
        (0..snapshot.entries().len()).filter(|at| !inventory.claimed_by[*at].is_empty()).filter(is_file).collect();
    let hashed = hash(snapshot, &named, digest::Pointers::Trust, session)?;
    let file = |(at, hashed): (&usize, Hashed)| File {
        path: snapshot.entries()[*at].path.clone(),
        sha256: hashed.sha256,
        components: inventory.claimed_by[*at].clone(),
    };
    Ok(named.iter().zip(hashed).map(file).collect())
}

fn hash(
    snapshot: &Snapshot,
    at: &[usize],
    pointers: digest::Pointers,
    session: &Session,
) -> Result<Vec<Hashed>, Failure> {
    let entries: Vec<&Entry> = at.iter().map(|at| &snapshot.entries()[*at]).collect();
    let progress = Progress::new(&session.terminal, "hashing", super::sign::total_size(snapshot, &entries));
    let options = digest::Options { threads: super::sign::threads(), pointers };
    let results = digest::hash_all(snapshot, &entries, &options, &|bytes| progress.advance(bytes));
    drop(progress);
    Ok(results.into_iter().collect::<Result<Vec<_>, _>>()?)
}
