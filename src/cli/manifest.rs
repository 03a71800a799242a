//! Reading the manifest that a command works on, and checking it.

use std::path::{Path, PathBuf};

use super::source_args::{SourceArgs, manifest_above};
use super::{Failure, Format, Outcome, Session, eprint_text, inputs};
use crate::check::{self, Checked};
use crate::evaluate::{self, Evaluation};
use crate::files::Files as _;
use crate::finding::{Finding, Severity, summarize_list};
use crate::manifest::parse::{Parsed, parse_bytes};
use crate::manifest::training_summary::{self, MAX_SUMMARY_BYTES};
use crate::manifest::{FILE_NAME, MAX_MANIFEST_BYTES, Manifest, path_in};
use crate::path::RepoPath;
use crate::release::{SIGNATURES_DIR, SSHSIG_ENDING};
use crate::report::human;
use crate::snapshot::Snapshot;

/// Returns the path of the manifest as the user can open it: with the directory that the arguments name.
pub(super) fn opened(source: &SourceArgs) -> String {
    if source.is_stdin() {
        return "-".to_owned();
    }
    path_in(&source.path)
}

/// Returns advice about a manifest that says where its commands have to run, if that is not where the program runs.
fn from_here(help: &str, opened: &str) -> String {
    const COMMAND: &str = "`git add ";
    let directory = opened.strip_suffix(FILE_NAME).map(|directory| directory.trim_end_matches('/'));
    let Some(directory) = directory.filter(|directory| !matches!(*directory, "" | ".")) else { return help.to_owned() };
    let Some((before, command)) = help.split_once(COMMAND) else { return help.to_owned() };
    // A name in quotes may have any character.
    let mut is_quoted = false;
    let end = command.find(|c: char| {
        is_quoted ^= c == '\'';
        c == '`' && !is_quoted
    });
    let (command, after) = command.split_at(end.map_or(command.len(), |end| end + 1));
    format!("{before}{COMMAND}{command} in `{directory}`{after}")
}

/// Returns findings with advice that is right where the program runs.
pub(super) fn seen_from_here(mut findings: Vec<Finding>, opened: &str) -> Vec<Finding> {
    for finding in &mut findings {
        finding.help = finding.help.take().map(|help| from_here(&help, opened));
    }
    findings
}

/// Reads the manifest of a snapshot, which was taken from `source`.
pub(super) fn of(snapshot: &Snapshot, source: &SourceArgs) -> Result<Parsed, Failure> {
    match snapshot.read_start(&FILE_NAME.parse()?, check::read_limit())? {
        Some(bytes) => Ok(parse_bytes(&opened(source), &bytes)),
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
        let help = format!("the file is untracked; run `git add {FILE_NAME}`, with `-f` if Git ignores it");
        return Ok(failure.help(from_here(&help, &opened(source))));
    }
    // Another manifest here would be of another release, which is rarely what is meant.
    if let Some(above) = above(source)? {
        let file = path_in(&above);
        return Ok(failure.help(format!("the manifest above is `{file}`: name its directory, `{}`", above.display())));
    }
    let below = snapshot.entries().iter().filter(|entry| entry.path.is_named(FILE_NAME));
    let below: Vec<_> = below.filter_map(|entry| entry.path.as_str().strip_suffix("/OPENNESS.toml")).collect();
    if !below.is_empty() {
        let is_here = source.url().is_some() || source.path == Path::new(".");
        let whole =
            |below: &&str| if is_here { (*below).to_owned() } else { source.path.join(below).display().to_string() };
        let below = summarize_list(below.iter().map(whole).collect::<Vec<_>>().iter());
        return Ok(
            failure.help(format!("name a directory that has one: {below}; or run `openness init` to write another"))
        );
    }
    if is_without_checkout(snapshot) {
        return Ok(failure.help("nothing is checked out: run `git checkout`, or read a commit with `--rev HEAD`"));
    }
    Ok(failure.help("run `openness init` to write a first manifest, or name another directory"))
}

/// Returns the directory above that has a manifest on disk.
fn above(source: &SourceArgs) -> Result<Option<PathBuf>, Failure> {
    if source.url().is_some() { Ok(None) } else { manifest_above(&source.path) }
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

/// A manifest, and what is in the files next to it.
pub(super) struct Release {
    /// The manifest.
    pub(super) parsed: Parsed,
    /// The ids of the keys that signatures in the release are named after. Nothing of them is verified.
    pub(super) keys: Vec<String>,
    /// The bytes of the public summary of training content, if the manifest names one whose answers can be read.
    summary: Option<Vec<u8>>,
}

impl Release {
    /// Evaluates the manifest against every taxonomy, with the answers of the summary.
    pub(super) fn evaluate(&self) -> Vec<Evaluation> {
        let evaluations = evaluate::evaluate(&self.parsed.manifest);
        evaluations.into_iter().map(|evaluation| self.with_answers(evaluation)).collect()
    }

    /// Evaluates the manifest against one taxonomy, with the answers of the summary.
    pub(super) fn evaluate_one(&self, id: &str) -> Option<Evaluation> {
        evaluate::evaluate_one(&self.parsed.manifest, id).map(|evaluation| self.with_answers(evaluation))
    }

    fn with_answers(&self, evaluation: Evaluation) -> Evaluation {
        match &self.summary {
            Some(bytes) if evaluation.taxonomy == evaluate::TRAINING_SUMMARY => {
                evaluate::evaluate_training_summary(&self.parsed.manifest, &training_summary::read(bytes))
            }
            _ => evaluation,
        }
    }
}

/// Reads the manifest that the arguments name, from standard input too, and what it says of files next to it.
pub(super) fn read_release(source: &SourceArgs) -> Result<Release, Failure> {
    if source.is_stdin() {
        return Ok(Release { parsed: of_stdin()?, keys: Vec::new(), summary: None });
    }
    let snapshot = source.snapshot()?;
    let parsed = of(&snapshot, source)?;
    let summary = match summary_path(&parsed.manifest) {
        Some(path) => snapshot.read_start(&path, u64::try_from(MAX_SUMMARY_BYTES + 1).unwrap_or(u64::MAX))?,
        None => None,
    };
    let signature = |path: &RepoPath| {
        let is_signature = path.as_str().contains(&format!("/{SIGNATURES_DIR}/"));
        path.file_name().strip_suffix(SSHSIG_ENDING).filter(|_| is_signature).map(str::to_owned)
    };
    let keys = snapshot.openness_files().iter().filter_map(|entry| signature(&entry.path)).collect();
    Ok(Release { parsed, keys, summary })
}

/// Returns the path of the summary of training content if it is a file whose answers can be read.
fn summary_path(manifest: &Manifest) -> Option<RepoPath> {
    let stated = manifest.eu.as_ref()?.training_summary.as_ref()?;
    let is_readable = [".toml", ".json"].iter().any(|ending| stated.value.ends_with(ending));
    stated.value.parse().ok().filter(|_| is_readable && !stated.value.contains("://"))
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
            format!("commit {} of `{path}`", commit.commit.abbreviated())
        }
        (None, None) if source.staged => format!("the index of `{path}`"),
        (None, None) => format!("`{path}`"),
    }
}
