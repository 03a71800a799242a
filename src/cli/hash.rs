//! `openness hash`.

use std::io::Write as _;

use serde::Serialize;

use super::output_args::OutputArgs;
use super::source_args::SourceArgs;
use super::{Failure, Format, Outcome, Session, hashing, manifest};
use crate::artifacts::Inventory;
use crate::artifacts::digest::{self, Pointers};
use crate::files::{Entry, Files, Kind};
use crate::finding::summarize_list;
use crate::git;
use crate::path::RepoPath;
use crate::report::{counted, json};
use crate::snapshot::Snapshot;
use crate::statement::Hex;

/// Print the SHA-256 digests of declared artifacts, in the format of `sha256sum`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Print every file that `sign` would cover, not only the declared ones
    #[arg(long)]
    all: bool,
    /// Print digests in this format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
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
    args.output.redirect(session);
    let snapshot = args.source.snapshot()?;
    let parsed = manifest::of(&snapshot, &args.source)?;
    if !parsed.is_sound() {
        return Err(Failure::of_manifest("the manifest has errors"));
    }
    let inventory = Inventory::resolve(&parsed.manifest, &snapshot);
    let chosen = if args.all { inventory.covered.clone() } else { declared(&inventory, &snapshot) };
    let entries: Vec<&Entry> = chosen.iter().map(|at| &snapshot.entries()[*at]).collect();
    let results = hashing::hash_all(&snapshot, &entries, Pointers::Trust, session);
    let mut failures = Vec::new();
    let mut not_fetched = Vec::new();
    let mut files = Vec::new();
    for (entry, result) in entries.iter().zip(results) {
        match result {
            Ok(hashed) => files.push(FileV1 { path: &entry.path, sha256: Hex(hashed.sha256), size: hashed.size }),
            Err(error) if git::is_not_present(&error.source) => not_fetched.push(error.path),
            Err(error) => failures.push(Failure::from(error).to_string()),
        }
    }
    match args.format {
        Format::Human => {
            for file in &files {
                session.out.document().write_all(digest::sum_line(&file.sha256.0, file.path).as_bytes())?;
            }
        }
        Format::Json => json::object(&HashesV1 { version: json::VERSION, files }, &mut session.out.document())?,
    }
    let patterns = inventory.components.iter().flat_map(|claimed| &claimed.patterns);
    let unmatched = patterns.filter(|pattern| !pattern.entries().iter().any(|at| is_file(*at, &snapshot)));
    failures.extend(unmatched.map(|pattern| format!("the pattern `{}` does not match any file", pattern.text)));
    if !not_fetched.is_empty() {
        failures.push(format!(
            "cannot hash {}, because their content is not in this repository: {}; a partial clone leaves objects out, and \
             `git fetch --refetch --no-filter` gets them",
            counted(not_fetched.len(), "file"),
            summarize_list(not_fetched.iter())
        ));
    }
    if failures.is_empty() {
        return Ok(Outcome::Done);
    }
    Err(Failure::new(failures.join("; ")).help("run `openness check` for details"))
}

/// Returns the regular files that components or safeguards name.
fn declared(inventory: &Inventory, snapshot: &Snapshot) -> Vec<usize> {
    let claimed = inventory.components.iter().chain(&inventory.safeguards).flat_map(|claimed| &claimed.entries);
    let mut files: Vec<usize> = claimed.copied().filter(|at| is_file(*at, snapshot)).collect();
    files.sort_unstable();
    files.dedup();
    files
}

fn is_file(at: usize, snapshot: &Snapshot) -> bool {
    matches!(snapshot.entries()[at].kind, Kind::File { .. } | Kind::Missing)
}
