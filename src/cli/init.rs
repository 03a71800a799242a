//! `openness init`.

use std::io::{self, BufRead as _, Write as _};
use std::path::{Path, PathBuf};

use super::source_args::{SourceArgs, manifest_above};
use super::{Failure, Outcome, Session, environment, eprint_line, inputs, terminal};
use crate::atomic;
use crate::beneath::read_regular;
use crate::files::{Files, ProblemKind};
use crate::finding::summarize_list;
use crate::git::Repo;
use crate::init::{Fact, GitHints, Identity, Survey, attributes, has_component};
use crate::manifest::parse::parse_bytes;
use crate::manifest::{FILE_NAME, MAX_MANIFEST_BYTES};
use crate::path::{RepoPath, native};
use crate::report::{counted, shown};
use crate::snapshot::Snapshot;

/// The largest `.gitattributes` that is read.
const MAX_ATTRIBUTES_BYTES: u64 = 16 << 20;

/// Write a first manifest, based on the files of the repository, or add what is new to one
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Write the manifest into this directory
    #[arg(default_value = ".", value_name = "PATH")]
    path: PathBuf,
    /// Do not ask questions, even at a terminal
    #[arg(short, long)]
    yes: bool,
    /// Add what is new to the manifest that is there: components that have files, base models, gated access. What is written
    /// there stays as it is
    #[arg(long)]
    update: bool,
    /// Print the manifest, and write nothing
    #[arg(long)]
    stdout: bool,
    /// Take over the claims of the model card, each of which `check` then checks; without this, a draft has them as comments
    #[arg(long)]
    card_claims: bool,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let path = native(&args.path);
    let target = path.join(FILE_NAME);
    if args.update {
        return update(&args, &path, &target, session);
    }
    if !args.stdout && target.symlink_metadata().is_ok() {
        return Err(already_exists(&target));
    }
    let repo = Repo::discover(&path, &environment::user())?;
    if repo.as_ref().is_some_and(Repo::is_bare) {
        return Err(Failure::new(format!("`{}` is a bare repository", path.display()))
            .help("`init` writes into a working tree; clone the repository first"));
    }
    if let Some(above) = manifest_above(&path).ok().flatten() {
        let above = above.join(FILE_NAME);
        session.note(&format!(
            "note: there is a manifest above, `{}`; this one is of a release of its own",
            above.display()
        ));
    }
    if args.stdout {
        let (snapshot, _) = snapshot(&path)?;
        note_untracked(&snapshot, session);
        let draft = survey(&args, &path, &snapshot)?.draft();
        session.out.document().write_all(draft.as_bytes())?;
        return Ok(Outcome::Done);
    }
    // Taking the lock also deletes leftovers of interrupted runs. If it fails, the steps below report why.
    let _lock = atomic::lock(&path, || session.note("waiting for another run that is writing here"));
    let (snapshot, tracked) = snapshot(&path)?;
    let mut survey = survey(&args, &path, &snapshot)?;
    if !args.yes && terminal::can_ask() {
        ask(&mut survey.identity)?;
    }
    create(&target, survey.draft().as_bytes())?;
    writeln!(session.out, "wrote {}", shown(&target.display().to_string()))?;
    if repo.is_some() && write_attributes(&path)? {
        writeln!(session.out, "wrote {}", shown(&path.join(".gitattributes").display().to_string()))?;
    }
    // `check`, which comes next, reports all other problems.
    for problem in snapshot.problems().iter().filter(|problem| matches!(problem.kind, ProblemKind::Unreadable(_))) {
        eprint_line(&format!("warning: not in the draft: {problem}"));
    }
    note_untracked(&snapshot, session);
    print_notes(&survey, repo.is_some() && !tracked, session);
    Ok(Outcome::Done)
}

/// Examines the files of a model.
fn survey(args: &Args, path: &Path, snapshot: &Snapshot) -> Result<Survey, Failure> {
    let hints = snapshot.repo().map(GitHints::of).unwrap_or_default();
    let mut survey = Survey::of(snapshot, &directory_name(path)?, &hints);
    survey.takes_claims = args.card_claims;
    Ok(survey)
}

/// Adds what is new to a manifest.
fn update(args: &Args, path: &Path, target: &Path, session: &mut Session) -> Result<Outcome, Failure> {
    let limit = u64::try_from(MAX_MANIFEST_BYTES).unwrap_or(u64::MAX);
    let bytes = read_regular(path, FILE_NAME, limit).map_err(|error| {
        let failure = Failure::caused_by(format!("cannot read `{}`", target.display()), error);
        failure.help("`init` without `--update` writes a first manifest")
    })?;
    let parsed = parse_bytes(FILE_NAME, &bytes);
    if !parsed.is_sound() {
        return Err(Failure::new(format!("`{}` has errors; nothing was added", target.display()))
            .help("correct them first: `openness check` lists them"));
    }
    let _lock = atomic::lock(path, || session.note("waiting for another run that is writing here"));
    let (snapshot, _) = snapshot(path)?;
    let updated = survey(args, path, &snapshot)?.update(&snapshot, &parsed).ok_or_else(|| {
        Failure::new(format!(
            "`{}` has a table in a form that text cannot be added to; nothing was added",
            target.display()
        ))
        .help("write inline tables as `[table]`, or copy what is missing from `openness init --stdout`")
    })?;
    note_untracked(&snapshot, session);
    for left in &updated.left {
        session.note(&format!("note: new files of a component that is declared; add them to its `files`: {left}"));
    }
    if args.stdout {
        session.out.document().write_all(updated.text.as_bytes())?;
        return Ok(Outcome::Done);
    }
    if updated.added.is_empty() {
        session.note("nothing to add");
        return Ok(Outcome::Done);
    }
    inputs::require_unchanged(target, parsed.source.text())?;
    atomic::write(target, updated.text.as_bytes())?;
    writeln!(session.out, "added to {}: {}", shown(&target.display().to_string()), updated.added.join(", "))?;
    session.note("review what was added, then run `openness check`");
    Ok(Outcome::Done)
}

/// Names the files that were left out because Git does not track them, as far as they belong to components.
fn note_untracked(snapshot: &Snapshot, session: &Session) {
    let left: Vec<RepoPath> = snapshot.untracked().into_iter().filter(has_component).collect();
    if !left.is_empty() {
        session.note(&format!(
            "note: left out, because Git does not track them: {}; to include them, run `git add`, then `openness init \
             --update`",
            summarize_list(left.iter())
        ));
    }
}

fn print_notes(survey: &Survey, is_untracked: bool, session: &Session) {
    match survey.found().as_slice() {
        [] => session.note("found no files of components"),
        found => session.note(&format!("found: {}", found.join(", "))),
    }
    if survey.unsorted() > 0 {
        session.note(&format!("assign {} to components by hand", counted(survey.unsorted(), "file")));
    }
    if is_untracked {
        session.note("Git does not track any files in this directory yet: run `git add` before `openness check`");
    }
    session.note("review every comment that says `please`, then run `openness check`");
}

fn already_exists(target: &Path) -> Failure {
    Failure::new(format!("`{}` already exists", target.display()))
        .help("`init --update` adds what is new to it, and `init --stdout` prints a draft")
}

/// Returns the tracked files, like `check` sees them, or every file if Git does not track any yet; and whether the
/// files are tracked or need not be.
fn snapshot(path: &Path) -> Result<(Snapshot, bool), Failure> {
    let tracked = SourceArgs::of_directory(path).snapshot()?;
    if !tracked.entries().is_empty() || tracked.repo().is_none() {
        return Ok((tracked, true));
    }
    let all = Snapshot::of_directory(path)?;
    let is_empty = all.entries().is_empty();
    Ok((if is_empty { tracked } else { all }, is_empty))
}

fn directory_name(path: &Path) -> Result<String, Failure> {
    let path = path.canonicalize()?;
    Ok(path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default())
}

/// Asks for the required values of a manifest; an empty answer keeps the value that was found.
fn ask(identity: &mut Identity) -> Result<(), Failure> {
    let Identity { name, version, producer } = identity;
    for (question, fact) in [("Name", name), ("Version", version), ("Producer", producer)] {
        let mut err = io::stderr().lock();
        write!(err, "{question} [{}]: ", shown(&fact.value))?;
        err.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        if let Some(answer) = Fact::new(&answer, "Answered by the user.") {
            *fact = answer;
        }
    }
    Ok(())
}

/// Writes a new file. A file that was created in the meantime is not overwritten.
fn create(target: &Path, bytes: &[u8]) -> Result<(), Failure> {
    atomic::write_new(target, bytes).map_err(|error| match error.source.kind() {
        io::ErrorKind::AlreadyExists => already_exists(target),
        _ => error.into(),
    })
}

/// Protects the manifest's line endings in `.gitattributes`; returns whether that had to be written.
fn write_attributes(directory: &Path) -> Result<bool, Failure> {
    let path = directory.join(".gitattributes");
    let cannot_read = |error: io::Error| Failure::caused_by(format!("cannot read `{}`", path.display()), error);
    let present = match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(cannot_read(error)),
        Ok(metadata) if metadata.is_file() => {
            let bytes = read_regular(directory, ".gitattributes", MAX_ATTRIBUTES_BYTES).map_err(cannot_read)?;
            String::from_utf8(bytes).map_err(|error| cannot_read(io::Error::other(error)))?
        }
        Ok(_) => {
            return Err(Failure::new(format!("`{}` is not a regular file", path.display()))
                .help(format!("add the line `{FILE_NAME} text eol=lf` to the file that Git reads")));
        }
    };
    let Some(text) = attributes(&present) else { return Ok(false) };
    atomic::write(&path, text.as_bytes())?;
    Ok(true)
}
