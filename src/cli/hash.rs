//! `openness hash`.

use std::io::Write as _;

use serde::Serialize;

use super::place::{self, SourceArgs};
use super::progress::Progress;
use super::{Failure, Format, Outcome, Session};
use crate::artifacts::Inventory;
use crate::artifacts::digest::{self, Pointers};
use crate::files::{Entry, Files, Kind};
use crate::path::RepoPath;
use crate::report::json;
use crate::snapshot::Snapshot;
use crate::statement::Hex;

/// Print the digests of declared artifacts, in the format that `sha256sum -c` reads
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: SourceArgs,
    /// Print every file that `sign` would cover, not only the declared ones
    #[arg(long)]
    all: bool,
    /// How to show digests
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Serialize)]
struct HashesV1<'a> {
    version: u32,
    files: Vec<FileV1<'a>>,
}

#[derive(Serialize)]
struct FileV1<'a> {
    path: &'a RepoPath,
    sha256: Hex,
    size: u64,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let snapshot = args.place.snapshot()?;
    let parsed = place::manifest(&snapshot, &args.place)?;
    if !parsed.is_sound() {
        return Err(Failure::new("the manifest has errors").help("run `openness check`"));
    }
    let inventory = Inventory::resolve(&parsed.manifest, &snapshot);
    let chosen = if args.all { inventory.covered.clone() } else { declared(&inventory, &snapshot) };
    let entries: Vec<&Entry> = chosen.iter().map(|at| &snapshot.entries()[*at]).collect();
    let progress = Progress::new(&session.terminal, "hashing", super::sign::total_size(&snapshot, &entries));
    let options = digest::Options { threads: super::sign::threads(), pointers: Pointers::Trust };
    let results = digest::hash_all(&snapshot, &entries, &options, &|bytes| progress.advance(bytes));
    drop(progress);
    let mut failures = Vec::new();
    let mut files = Vec::new();
    for (entry, result) in entries.iter().zip(results) {
        match result {
            Ok(hashed) => files.push(FileV1 { path: &entry.path, sha256: Hex(hashed.sha256), size: hashed.size }),
            Err(error) => failures.push(Failure::from(error).message),
        }
    }
    match args.format {
        Format::Human => {
            for file in &files {
                session.out.write_all(digest::sum_line(&file.sha256.0, file.path).as_bytes())?;
            }
        }
        Format::Json => json::object(&HashesV1 { version: json::VERSION, files }, &mut session.out)?,
    }
    let patterns = inventory.components.iter().flat_map(|claimed| &claimed.patterns);
    let is_file = |at: &usize| matches!(snapshot.entries()[*at].kind, Kind::File { .. } | Kind::Missing);
    let broken = patterns.filter(|pattern| !pattern.entries().iter().any(is_file));
    failures.extend(broken.map(|pattern| format!("`{}` matches no file", pattern.text)));
    if failures.is_empty() {
        return Ok(Outcome::Done);
    }
    Err(Failure::new(failures.join("; ")).help("`openness check` says more"))
}

/// Regular files that components or safeguards name.
fn declared(inventory: &Inventory, snapshot: &Snapshot) -> Vec<usize> {
    let claimed = inventory.components.iter().chain(&inventory.safeguards).flat_map(|claimed| &claimed.entries);
    let is_file = |at: &usize| matches!(snapshot.entries()[*at].kind, Kind::File { .. } | Kind::Missing);
    let mut files: Vec<usize> = claimed.copied().filter(is_file).collect();
    files.sort_unstable();
    files.dedup();
    files
}
