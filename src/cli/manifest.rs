//! Reading the manifest that a command works on, and checking it.

use super::source_args::SourceArgs;
use super::{Failure, Session, eprint_line, inputs};
use crate::artifacts::Inventory;
use crate::finding::{Finding, Severity, sort_and_dedup};
use crate::manifest::parse::{Parsed, parse_bytes};
use crate::manifest::{FILE_NAME, MAX_MANIFEST_BYTES};
use crate::path::RepoPath;
use crate::report::human;
use crate::rules;
use crate::snapshot::Snapshot;

/// Reads the manifest of a snapshot, which was taken from `source`.
pub(super) fn of(snapshot: &Snapshot, source: &SourceArgs) -> Result<Parsed, Failure> {
    let path: RepoPath = FILE_NAME.parse()?;
    // One byte more than allowed, so that the parser reports a larger manifest.
    let limit = u64::try_from(MAX_MANIFEST_BYTES)?.saturating_add(1);
    match snapshot.read_start(&path, limit)? {
        Some(bytes) => Ok(parse_bytes(FILE_NAME, &bytes)),
        None => {
            let failure = Failure::new(format!("`{FILE_NAME}` not found in {}", describe(snapshot, source)));
            Err(match snapshot.is_untracked(&path) {
                true => failure.help(format!("the file is untracked; run `git add {FILE_NAME}`")),
                false => failure.help("run `openness init` to write a first manifest, or name another directory"),
            })
        }
    }
}

/// Reads the manifest that the arguments name, from standard input too.
pub(super) fn read(source: &SourceArgs) -> Result<Parsed, Failure> {
    if source.is_stdin() { of_stdin() } else { of(&source.snapshot()?, source) }
}

/// Reads a manifest from standard input.
pub(super) fn of_stdin() -> Result<Parsed, Failure> {
    Ok(parse_bytes("-", &inputs::read_stdin(MAX_MANIFEST_BYTES)?))
}

/// Prints on standard error why a manifest could not be read.
pub(super) fn print_findings(parsed: &Parsed, session: &Session) -> Result<(), Failure> {
    let mut text = Vec::new();
    human::findings(&parsed.source, &parsed.findings, Severity::Note, session.terminal.style, &mut text)?;
    eprint_line(String::from_utf8_lossy(&text).trim_end());
    Ok(())
}

fn describe(snapshot: &Snapshot, source: &SourceArgs) -> String {
    let path = source.path.display();
    match (&source.rev, snapshot.commit()) {
        (Some(rev), _) => format!("revision `{rev}` of `{path}`"),
        (None, Some(commit)) => {
            format!("commit {} of `{path}`", commit.commit.as_str().get(..12).unwrap_or_default())
        }
        (None, None) if source.staged => format!("the index of `{path}`"),
        (None, None) => format!("`{path}`"),
    }
}

/// Returns every finding about a manifest without its files.
pub(super) fn check_alone(parsed: &Parsed) -> Vec<Finding> {
    let mut findings = parsed.findings.clone();
    if parsed.is_sound() {
        findings.extend(rules::check_manifest(&parsed.manifest));
    }
    sort_and_dedup(&mut findings);
    findings
}

/// Returns every finding about a manifest and its files. A manifest that could not be read is not checked further.
pub(super) fn check(parsed: &Parsed, snapshot: &Snapshot) -> (Inventory, Vec<Finding>) {
    let inventory = Inventory::resolve(&parsed.manifest, snapshot);
    let mut findings = parsed.findings.clone();
    if parsed.is_sound() {
        let manifest = &parsed.manifest;
        findings.extend(rules::check(&rules::Repository { manifest, snapshot, inventory: &inventory }));
    }
    sort_and_dedup(&mut findings);
    (inventory, findings)
}
