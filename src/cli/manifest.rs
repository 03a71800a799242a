//! Reading the manifest that a command works on, and checking it.

use super::source_args::SourceArgs;
use super::{Failure, Format, Outcome, Session, eprint_text, inputs};
use crate::check::{self, Checked};
use crate::files::Files as _;
use crate::finding::{Severity, summarize_list};
use crate::manifest::parse::{Parsed, parse_bytes};
use crate::manifest::{FILE_NAME, MAX_MANIFEST_BYTES};
use crate::report::human;
use crate::snapshot::Snapshot;

/// Reads the manifest of a snapshot, which was taken from `source`.
pub(super) fn of(snapshot: &Snapshot, source: &SourceArgs) -> Result<Parsed, Failure> {
    match snapshot.read_start(&FILE_NAME.parse()?, check::read_limit())? {
        Some(bytes) => Ok(parse_bytes(FILE_NAME, &bytes)),
        None => Err(not_found(snapshot, source)?),
    }
}

/// Checks the manifest and the files of a snapshot, which was taken from `source`.
pub(super) fn check<'f>(snapshot: &'f Snapshot, source: &SourceArgs) -> Result<Checked<'f>, Failure> {
    match check::check(snapshot) {
        Err(check::Error::NoManifest) => Err(not_found(snapshot, source)?),
        checked => Ok(checked?),
    }
}

fn not_found(snapshot: &Snapshot, source: &SourceArgs) -> Result<Failure, Failure> {
    let failure = Failure::new(format!("`{FILE_NAME}` not found in {}", describe(snapshot, source)));
    if snapshot.is_untracked(&FILE_NAME.parse()?) {
        return Ok(failure.help(format!("the file is untracked; run `git add {FILE_NAME}`")));
    }
    let below = snapshot.entries().iter().filter(|entry| entry.path.is_named(FILE_NAME));
    let below: Vec<_> = below.filter_map(|entry| entry.path.as_str().strip_suffix("/OPENNESS.toml")).collect();
    if !below.is_empty() {
        let below = summarize_list(below.iter());
        return Ok(
            failure.help(format!("name a directory that has one: {below}; or run `openness init` to write another"))
        );
    }
    if is_without_checkout(snapshot) {
        return Ok(failure.help("nothing is checked out: run `git checkout`, or read a commit with `--rev HEAD`"));
    }
    Ok(failure.help("run `openness init` to write a first manifest, or name another directory"))
}

/// Returns whether the index is empty although something is committed, as after `git clone --no-checkout`.
fn is_without_checkout(snapshot: &Snapshot) -> bool {
    let is_empty = snapshot.entries().is_empty() && snapshot.problems().is_empty() && snapshot.commit().is_none();
    is_empty && snapshot.repo().is_some_and(|repo| repo.resolve("HEAD").is_ok())
}

/// Reads the manifest that the arguments name, from standard input too.
pub(super) fn read(source: &SourceArgs) -> Result<Parsed, Failure> {
    if source.is_stdin() { of_stdin() } else { of(&source.snapshot()?, source) }
}

/// Reads a manifest from standard input.
pub(super) fn of_stdin() -> Result<Parsed, Failure> {
    Ok(parse_bytes("-", &inputs::read_stdin(MAX_MANIFEST_BYTES)?))
}

/// Reports a manifest with errors in the format that was asked for.
pub(super) fn refuse(parsed: &Parsed, format: Format, session: &mut Session) -> Result<Outcome, Failure> {
    print_findings(parsed, session)?;
    if format == Format::Json {
        session.print_json(&Failure::of_manifest("the manifest has errors"));
    }
    Ok(Outcome::Failed)
}

/// Prints on standard error why a manifest could not be read.
pub(super) fn print_findings(parsed: &Parsed, session: &Session) -> Result<(), Failure> {
    let mut text = Vec::new();
    human::check::write(&parsed.source, &parsed.findings, Severity::Note, session.terminal.style, &mut text)?;
    eprint_text(String::from_utf8_lossy(&text).trim_end());
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
