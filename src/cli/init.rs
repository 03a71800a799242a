//! `openness init`.

use std::fs;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use super::{Failure, Outcome, Session};
use crate::atomic;
use crate::files::{Files, ProblemKind};
use crate::git::Repo;
use crate::init::{Fact, GitHints, Identity, Survey, attributes};
use crate::manifest::FILE_NAME;
use crate::report::{counted, shown};
use crate::snapshot::Snapshot;

/// Write a first manifest from what the repository holds
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The directory to write it into
    #[arg(default_value = ".", value_name = "PATH")]
    path: PathBuf,
    /// Ask nothing, even at a terminal
    #[arg(short, long)]
    yes: bool,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let target = args.path.join(FILE_NAME);
    if target.symlink_metadata().is_ok() {
        return Err(there_already(&target));
    }
    let repo = Repo::discover(&args.path)?;
    if repo.as_ref().is_some_and(Repo::is_bare) {
        return Err(Failure::new(format!("`{}` is a bare repository", args.path.display()))
            .help("`init` writes into a work tree; clone it first"));
    }
    // What a killed run left is not looked at. Where the place cannot be had, what follows says why.
    let _lock = atomic::lock(&args.path, || session.note("waiting for another run, which writes here"));
    let (snapshot, tracked) = look(&args.path)?;
    let git = snapshot.repo().map(GitHints::of).unwrap_or_default();
    let mut survey = Survey::of(&snapshot, &directory_name(&args.path)?, &git);
    if !args.yes && io::stdin().is_terminal() && io::stderr().is_terminal() {
        ask(&mut survey.identity)?;
    }
    create(&target, survey.draft().as_bytes())?;
    writeln!(session.out, "wrote {}", shown(&target.display().to_string()))?;
    if repo.is_some() && write_attributes(&args.path)? {
        writeln!(session.out, "wrote {}", shown(&args.path.join(".gitattributes").display().to_string()))?;
    }
    // What is wrong otherwise is for `check` to say, which comes next.
    for problem in snapshot.problems().iter().filter(|problem| matches!(problem.kind, ProblemKind::Unreadable(_))) {
        super::say(&format!("warning: the draft is without {problem}"));
    }
    match survey.found().as_slice() {
        [] => session.note("found no file of any component"),
        found => session.note(&format!("found: {}", found.join(", "))),
    }
    if survey.unsorted() > 0 {
        session.note(&format!("{} to be sorted by hand", counted(survey.unsorted(), "file")));
    }
    if repo.is_some() && !tracked {
        session.note("Git tracks nothing here yet: run `git add` before `openness check`");
    }
    session.note("go through what says `please check`, then run `openness check`");
    Ok(Outcome::Done)
}

fn there_already(target: &Path) -> Failure {
    Failure::new(format!("`{}` is there already", target.display()))
        .help("`init` never overwrites it; edit it, or move it away")
}

/// The tracked files, as `check` sees them; where Git tracks none yet, every file.
fn look(path: &Path) -> Result<(Snapshot, bool), Failure> {
    let place = super::place::SourceArgs { path: path.to_path_buf(), staged: false, rev: None };
    let tracked = place.snapshot()?;
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

/// Asks for what a manifest demands; an empty answer keeps what was found.
fn ask(identity: &mut Identity) -> Result<(), Failure> {
    let Identity { name, version, producer } = identity;
    for (question, fact) in [("Name", name), ("Version", version), ("Producer", producer)] {
        let mut err = io::stderr().lock();
        write!(err, "{question} [{}]: ", shown(&fact.value))?;
        err.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        if let Some(answer) = Fact::new(&answer, "As answered.") {
            *fact = answer;
        }
    }
    Ok(())
}

/// Writes a file that must not be there: whoever put one there meanwhile keeps it.
fn create(target: &Path, bytes: &[u8]) -> Result<(), Failure> {
    atomic::write_new(target, bytes).map_err(|error| match error.source.kind() {
        io::ErrorKind::AlreadyExists => there_already(target),
        _ => error.into(),
    })
}

/// Returns whether anything had to be written.
fn write_attributes(directory: &Path) -> Result<bool, Failure> {
    let path = directory.join(".gitattributes");
    let cannot = |error: io::Error| Failure::new(format!("cannot read `{}`: {error}", path.display()));
    let present = match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(cannot(error)),
        Ok(metadata) if metadata.is_file() => fs::read_to_string(&path).map_err(cannot)?,
        Ok(_) => {
            return Err(Failure::new(format!("`{}` is no regular file", path.display()))
                .help(format!("add the line `{FILE_NAME} text eol=lf` to the file that Git reads")));
        }
    };
    let Some(text) = attributes(&present) else { return Ok(false) };
    atomic::write(&path, text.as_bytes())?;
    Ok(true)
}
