//! Checking the manifest and the files of one release.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::source_args::SourceArgs;
use super::super::{Failure, Session, inputs, manifest};
use super::Args;
use crate::atomic;
use crate::check::{check_alone, rules_not_run};
use crate::files::{Files, Kind};
use crate::finding::{Finding, summarize_list};
use crate::lints::Reported;
use crate::lints::baseline::{Baseline, MAX_BASELINE_BYTES};
use crate::manifest::FILE_NAME;
use crate::path::RepoPath;
use crate::report::{CheckedFile, counted};
use crate::rules;
use crate::snapshot::Snapshot;
use crate::source::Source;

/// A manifest that was checked, and the findings.
pub(super) struct Checked {
    /// Its name is its path as the user can open it.
    pub(super) manifest: Source,
    /// The manifest's path from the top of the working tree, which services expect; without a working tree, from where the
    /// program ran.
    file: String,
    /// What the levels leave of the findings, and what they leave out.
    pub(super) reported: Reported,
    /// The codes of the rules that were not run.
    pub(super) not_run: Vec<&'static str>,
    /// Whether they were not run because there are no files.
    pub(super) lacks_files: bool,
    /// The files whose content was not checked, because it is not on disk or was not fetched.
    pub(super) unread: Vec<RepoPath>,
}

/// Says something about one release: which one, if there are several.
struct Notes<'s> {
    session: &'s Session,
    about: Option<String>,
}

impl Notes<'_> {
    fn note(&self, text: &str) {
        match &self.about {
            Some(about) => self.session.note(&format!("note: {about}: {text}")),
            None => self.session.note(&format!("note: {text}")),
        }
    }
}

impl Checked {
    /// Checks what a source has. `is_one_of_several` says that there are others, so that it has to be named.
    pub(super) fn of(
        source: &SourceArgs,
        args: &Args,
        is_one_of_several: bool,
        session: &Session,
    ) -> Result<Self, Failure> {
        let opened = manifest::opened(source);
        let notes = Notes { session, about: is_one_of_several.then(|| opened.clone()) };
        let mut checked = check(source, args, &notes)?;
        leave_out_known(source, args, &mut checked, &notes)?;
        let findings = std::mem::take(&mut checked.reported.findings);
        checked.reported.findings = manifest::seen_from_here(findings, &opened);
        checked.manifest = Source::new(opened, checked.manifest.text());
        Ok(checked)
    }

    /// Returns what formats for programs show.
    pub(super) fn file(&self) -> CheckedFile<'_> {
        let Reported { findings, allowed, .. } = &self.reported;
        CheckedFile { source: &self.manifest, file: &self.file, findings, allowed }
    }
}

/// Gives manifests of different repositories with the same path in theirs the paths that the user named.
pub(super) fn tell_apart(checked: &mut [Checked]) {
    let files: Vec<String> = checked.iter().map(|one| one.file.clone()).collect();
    for one in checked {
        if files.iter().filter(|file| **file == one.file).count() > 1 {
            one.file = one.manifest.name().to_owned();
        }
    }
}

fn check(source: &SourceArgs, args: &Args, notes: &Notes<'_>) -> Result<Checked, Failure> {
    let levels = args.levels.read(source)?;
    if args.fetch {
        fetch(source, notes)?;
    }
    if source.is_stdin() {
        let parsed = manifest::of_stdin()?;
        let is_sound = parsed.is_sound();
        note_unsound(is_sound, notes);
        let reported = levels.of(&parsed.manifest).levels.apply(check_alone(&parsed));
        let not_run = if is_sound { rules::codes_needing_files().collect() } else { rules_not_run(&parsed) };
        let file = FILE_NAME.to_owned();
        let (lacks_files, unread) = (is_sound, Vec::new());
        return Ok(Checked { manifest: parsed.source, file, reported, not_run, lacks_files, unread });
    }
    let snapshot = source.snapshot()?;
    let checked = manifest::check(&snapshot, source)?;
    note_bare(source, &snapshot, notes);
    let mut unread = note_not_fetched(&snapshot, notes)?;
    unread.extend(note_missing(&snapshot, &unread, notes));
    unread.sort_unstable();
    let is_sound = checked.parsed().is_sound();
    note_unsound(is_sound, notes);
    let below = match snapshot.repo() {
        Some(_) => snapshot.prefix().cloned(),
        None => from_here(&source.path),
    };
    let file = below.map_or_else(|| FILE_NAME.to_owned(), |below| format!("{below}/{FILE_NAME}"));
    let not_run = rules_not_run(checked.parsed());
    let levels = levels.of(&checked.parsed().manifest).levels;
    let (manifest, findings) = checked.into_findings();
    let reported = levels.apply(findings);
    Ok(Checked { manifest, file, reported, not_run, lacks_files: false, unread })
}

/// Returns the path of a directory from the current one, if it is below that.
fn from_here(directory: &Path) -> Option<RepoPath> {
    let (directory, here) = (directory.canonicalize().ok()?, Path::new(".").canonicalize().ok()?);
    RepoPath::from_relative(directory.strip_prefix(here).ok()?).ok()
}

/// Writes the baseline, or reads it, and leaves out the findings that it has.
fn leave_out_known(source: &SourceArgs, args: &Args, checked: &mut Checked, notes: &Notes<'_>) -> Result<(), Failure> {
    let own = args.write_baseline.as_ref().or(args.baseline.as_ref()).and_then(|file| below(file, source));
    let baseline = match (&args.write_baseline, &args.baseline) {
        (Some(file), _) => {
            let Reported { findings, forbidden, .. } = &checked.reported;
            let findings = findings.iter().filter(|finding| !forbidden.contains(&finding.rule.code)).cloned();
            let baseline = Baseline::of(&checked.manifest, &findings.collect::<Vec<_>>(), own.as_deref());
            atomic::write(file, &baseline.to_json()?)?;
            let count = counted(baseline.len(), "finding");
            notes.note(&format!("{count} written to the baseline `{}`", file.display()));
            baseline
        }
        (None, Some(file)) => {
            let bytes = inputs::read_bounded(file, MAX_BASELINE_BYTES)?;
            Baseline::read(&bytes).map_err(|error| {
                let failure = Failure::caused_by(format!("cannot read the baseline `{}`", file.display()), error);
                failure.help("write it with `openness check --write-baseline FILE`")
            })?
        }
        (None, None) => return Ok(()),
    };
    let (reported, gone) = baseline.apply(&checked.manifest, own.as_deref(), std::mem::take(&mut checked.reported));
    checked.reported = reported;
    if args.write_baseline.is_some() {
        note_not_written(&checked.reported, notes);
    }
    if gone > 0 {
        let count = counted(gone, "finding");
        notes.note(&format!("no longer found: {count} of the baseline; `--write-baseline` writes a shorter one"));
    }
    Ok(())
}

/// Says which findings a new baseline does not have, and why.
fn note_not_written(left: &Reported, notes: &Notes<'_>) {
    let (forbidden, fixed): (Vec<&Finding>, Vec<&Finding>) =
        left.findings.iter().partition(|finding| left.forbidden.contains(&finding.rule.code));
    for (findings, why) in [(fixed, "errors that cannot be waived"), (forbidden, "what the organization forbids")] {
        let codes: BTreeSet<&str> = findings.iter().map(|finding| finding.rule.code).collect();
        if !findings.is_empty() {
            let count = counted(findings.len(), "finding");
            let codes: Vec<&str> = codes.into_iter().collect();
            notes.note(&format!("not written: {count} ({}), because a baseline cannot have {why}", codes.join(", ")));
        }
    }
}

/// Returns the path of a file from the directory that is checked, if it is there.
fn below(file: &Path, source: &SourceArgs) -> Option<String> {
    let directory = source.path.canonicalize().ok()?;
    let file = file.canonicalize().ok()?;
    RepoPath::from_relative(file.strip_prefix(directory).ok()?).ok().map(|path| path.to_string())
}

/// Fetches what a partial clone left out.
fn fetch(source: &SourceArgs, notes: &Notes<'_>) -> Result<(), Failure> {
    if source.is_stdin() {
        return Err(Failure::new("`--fetch` needs a repository, and the manifest is read from standard input"));
    }
    let count = source.fetch_missing()?;
    if count > 0 {
        notes.note(&format!("{} fetched that this partial clone had left out", counted(count, "object")));
    }
    Ok(())
}

fn note_unsound(is_sound: bool, notes: &Notes<'_>) {
    if !is_sound {
        notes.note("the other rules about licenses, files and claims run once these errors are corrected");
    }
}

/// Says that a commit was checked where a directory was asked for.
fn note_bare(source: &SourceArgs, snapshot: &Snapshot, notes: &Notes<'_>) {
    if let (None, Some(commit)) = (&source.rev, snapshot.commit()) {
        let path = source.path.display();
        notes.note(&format!("`{path}` is a bare repository: its commit {} (`HEAD`) is checked", commit.commit));
    }
}

/// Says which tracked files are not on disk, besides those that were not fetched, and returns them.
fn note_missing(snapshot: &Snapshot, not_fetched: &[RepoPath], notes: &Notes<'_>) -> Vec<RepoPath> {
    let missing = snapshot.entries().iter().filter(|entry| entry.kind == Kind::Missing).map(|entry| entry.path.clone());
    let missing: Vec<RepoPath> = missing.filter(|path| not_fetched.binary_search(path).is_err()).collect();
    if !missing.is_empty() {
        notes.note(&format!(
            "tracked files are missing from the working tree and their content was not checked: {}; restore them with \
             `git restore`",
            summarize_list(missing.iter())
        ));
    }
    missing
}

/// Says which files a partial clone left out, and returns them.
fn note_not_fetched(snapshot: &Snapshot, notes: &Notes<'_>) -> Result<Vec<RepoPath>, Failure> {
    let absent = snapshot.not_fetched()?;
    if !absent.is_empty() {
        notes.note(&format!(
            "the content of {} was not checked, because this partial clone left it out: {}; `openness check --fetch` gets \
             it",
            counted(absent.len(), "file"),
            summarize_list(absent.iter())
        ));
    }
    Ok(absent)
}
