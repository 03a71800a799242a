//! `openness sign`.

mod before;
mod on_disk;

use std::path::{Path, PathBuf};

use super::logs::LogArgs;
use super::place::{self, SourceArgs};
use super::progress::Progress;
use super::{Failure, Outcome, Session, signer};
use crate::artifacts::digest;
use crate::atomic;
use crate::check::Passed;
use crate::files::{Entry, Files, OPENNESS_DIR};
use crate::finding::Severity;
use crate::report::{counted, human, size};
use crate::snapshot::Snapshot;
use crate::statement::{self, Body, MAX_STATEMENT_BYTES, Preview, Statement};
use std::io::{Read as _, Write as _};
use std::num::NonZero;

/// Hash and sign what is committed: HEAD, or what --rev or --staged names; of a plain directory every file
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: SourceArgs,
    #[command(flatten)]
    signer: signer::SignerArgs,
    /// Sign this statement, which `openness statement` made elsewhere, without looking at any file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["staged", "rev", "created"])]
    statement: Option<PathBuf>,
    /// When, as the statement claims; default the commit's time, or SOURCE_DATE_EPOCH, or now
    #[arg(long, value_name = "TIME")]
    created: Option<jiff::Timestamp>,
    /// Waive these findings: the statement records the codes and every verification prints them
    #[arg(long = "waive", value_name = "CODE", num_args = 1..)]
    waived: Vec<String>,
    /// Where to write `.openness/`; default PATH
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Say what would be signed, and whether anything stands against it; sign and write nothing
    #[arg(long, conflicts_with = "statement")]
    dry_run: bool,
    /// With --dry-run: hash every file, also those whose digests are remembered from an earlier run
    #[arg(long, requires = "dry_run")]
    no_cache: bool,
    /// Replace what others signed, where it is another statement
    #[arg(long)]
    replace: bool,
    /// Sign no statement, but make the tag NAME, signed as `git tag -s` does with an SSH key, for a commit (HEAD, or --rev)
    /// that holds a good signature by this key. A tag that is there is never replaced
    #[arg(long, value_name = "NAME", conflicts_with_all = ["staged", "statement", "created", "waived", "output", "replace"])]
    tag: Option<String>,
    /// What the tag says, a paragraph each; default name and version of the model
    #[arg(short, long, value_name = "TEXT", requires = "tag", allow_hyphen_values = true)]
    message: Vec<String>,
    /// Sign nothing, but put this C2SP tlog-proof beside the signature that it is of, once a transparency log has taken it in
    #[arg(long, value_name = "FILE", conflicts_with_all = ["tag", "staged", "rev", "statement", "created", "waived", "output", "replace", "key", "key_env"])]
    tlog_proof: Option<PathBuf>,
    // Last: its heading would hold for what follows.
    #[command(flatten)]
    logs: LogArgs,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    if let Some(file) = &args.tlog_proof {
        return super::proof::attach(file, &args.place, &args.logs, session);
    }
    args.signer.check()?;
    if args.logs.policy()?.is_some() {
        return Err(Failure::new(
            "logs are believed when a proof is attached or verified, not when a statement is signed",
        )
        .help("`--tlog-proof FILE` attaches one"));
    }
    if let Some(name) = &args.tag {
        return super::tag::run(name, &args.message, &args.place, &args.signer, session);
    }
    // Two that sign at once come one after the other: the second sees what the first wrote, and never while it is written.
    // Where the place cannot be had, what follows says why.
    let waiting = || session.note("waiting for another run, which signs here");
    let mut lock = if args.dry_run { None } else { atomic::lock(args.place.directory(), waiting).ok() };
    if args.dry_run {
        let preview = match preview(&args, session)? {
            Ok(preview) => preview,
            Err(codes) => return Ok(not_signed(&codes)),
        };
        let statement = preview.body();
        let coverage = &statement.predicate.coverage;
        writeln!(
            session.out,
            "would sign {} {}: {}, {}",
            crate::report::shown(&statement.predicate.model.name),
            crate::report::shown(&statement.predicate.model.version),
            counted(coverage.files, "file"),
            size(coverage.bytes)
        )?;
        notes(statement, session);
        on_disk::differs(&args.place, statement).into_iter().for_each(|note| session.note(&note));
        return Ok(Outcome::Done);
    }
    let statement = match &args.statement {
        Some(file) => prepared(file, &args.waived)?,
        None => match compose(&args.place, args.created, &args.waived, session)? {
            Ok(statement) => statement,
            Err(codes) => return Ok(not_signed(&codes)),
        },
    };
    let directory = args.output.as_deref().unwrap_or_else(|| args.place.directory());
    if args.output.is_none() && is_bare(&args.place) {
        return Err(
            Failure::new("a bare repository has no work tree to write into").help("name one with `--output DIR`")
        );
    }
    let mut signer = args.signer.signer()?;
    if !args.replace {
        before::refuse_others(directory, &statement, &signer.key_id())?;
    }
    let sealed = signer.seal(&statement, session)?;
    if args.output.is_some() {
        std::fs::create_dir_all(directory)
            .map_err(|error| Failure::new(format!("cannot make `{}`: {error}", directory.display())))?;
        // It may be the same place.
        drop(lock);
        lock = Some(atomic::lock(directory, || session.note("waiting for another run, which signs there"))?);
    }
    let before = before::statement(directory);
    let change = sealed.place(directory, args.replace)?;
    let home = directory.join(OPENNESS_DIR);
    let files: Vec<_> = change.write.iter().map(|(path, bytes)| (path.clone(), bytes.as_slice())).collect();
    atomic::write_all(&home, &files, &change.remove)?;
    drop(lock);

    let coverage = &statement.predicate.coverage;
    writeln!(
        session.out,
        "signed {} {} by {}: {}, {}",
        crate::report::shown(&statement.predicate.model.name),
        crate::report::shown(&statement.predicate.model.version),
        signer.fingerprint(),
        counted(coverage.files, "file"),
        size(coverage.bytes)
    )?;
    notes(&statement, session);
    if let Some(note) = before::tie(before.as_ref(), &statement) {
        session.note(&note);
    }
    if args.statement.is_none() {
        on_disk::differs(&args.place, &statement).into_iter().for_each(|note| session.note(&note));
    } else {
        session.note("note: the statement was signed as it was given; no file was looked at");
    }
    for (path, _) in &change.write {
        session.note(&format!("wrote {}", path.below(&home).display()));
    }
    Ok(Outcome::Done)
}

/// Reads a statement that was made elsewhere. The signer has to repeat the codes that it waives.
fn prepared(file: &Path, waived: &[String]) -> Result<Statement, Failure> {
    let cannot = |error: std::io::Error| Failure::new(format!("cannot read `{}`: {error}", file.display()));
    let limit = u64::try_from(MAX_STATEMENT_BYTES)?.saturating_add(1);
    let mut bytes = Vec::new();
    std::fs::File::open(file).map_err(cannot)?.take(limit).read_to_end(&mut bytes).map_err(cannot)?;
    Statement::prepared(&bytes, waived).map_err(|error| {
        let failure = Failure::new(format!("`{}` cannot be signed: {error}", file.display()));
        match error {
            statement::Error::NotAcknowledged { codes } => {
                failure.help(format!("to agree, pass `--waive {}`", codes.join(" ")))
            }
            _ => failure,
        }
    })
}

/// Checks and hashes what is to be signed and makes the statement; or the codes that prevent it, whose findings are printed.
pub(super) fn compose(
    place: &SourceArgs,
    created: Option<jiff::Timestamp>,
    waived: &[String],
    session: &mut Session,
) -> Result<Result<Statement, Vec<&'static str>>, Failure> {
    passing(place, waived, session, |passed, snapshot, session| {
        let progress = Progress::new(&session.terminal, "hashing", total_size(snapshot, &passed.covered()));
        let created = time_of(created, snapshot)?;
        Ok(passed.statement(created, &options(), &|bytes| progress.advance(bytes))?)
    })
}

/// As [`compose`], for people to look at: digests may come from the cache, so the result cannot be signed.
fn preview(args: &Args, session: &mut Session) -> Result<Result<Preview, Vec<&'static str>>, Failure> {
    passing(&args.place, &args.waived, session, |passed, snapshot, session| {
        let progress = Progress::new(&session.terminal, "hashing", total_size(snapshot, &passed.covered()));
        let advance = |bytes| progress.advance(bytes);
        let cache = (!args.no_cache).then(|| super::cache::digests(snapshot)).flatten();
        let created = time_of(args.created, snapshot)?;
        Ok(passed.preview(created, |files, entries| match cache {
            None => digest::hash_all(files, entries, &options(), &advance),
            Some(cache) => {
                let recalled = cache.read().hash_all(files, entries, &|_| None, &options(), &advance);
                super::cache::note_not_stored(recalled.not_stored, session);
                if recalled.cached > 0 {
                    session.note(&format!("note: {} from the cache", counted(recalled.cached, "digest")));
                }
                recalled.hashed
            }
        })?)
    })
}

/// Checks what is to be signed and hands it on if it passes; else the codes that prevent it, whose findings are printed.
fn passing<T>(
    place: &SourceArgs,
    waived: &[String],
    session: &mut Session,
    make: impl FnOnce(&Passed<'_>, &Snapshot, &Session) -> Result<T, Failure>,
) -> Result<Result<T, Vec<&'static str>>, Failure> {
    let snapshot = place.committed()?;
    let is_left = |entry: &&Entry| entry.path.components().next().is_some_and(atomic::is_leftover);
    if let Some(left) = snapshot.entries().iter().find(is_left) {
        return Err(Failure::new(format!("`{}` was left by a run that was killed, or is being written", left.path))
            .help("delete it, in Git too, before it is signed with the rest"));
    }
    let checked = place::check(&snapshot, place)?;
    match checked.pass(waived) {
        Ok(passed) => make(&passed, &snapshot, session).map(Ok),
        Err(codes) => {
            let (source, findings) = (&checked.parsed().source, checked.findings());
            human::findings(source, findings, Severity::Note, session.terminal.style, &mut session.out)?;
            Ok(Err(codes))
        }
    }
}

fn options() -> digest::Options {
    digest::Options { threads: threads(), pointers: digest::Pointers::Confirm }
}

fn not_signed(codes: &[&str]) -> Outcome {
    super::say(&format!("not signed: {}", against(codes)));
    Outcome::Against
}

/// Says which codes stand against signing.
pub(super) fn against(codes: &[&str]) -> String {
    format!("{} stand{} against it", codes.join(", "), if codes.len() == 1 { "s" } else { "" })
}

/// Says what the signer should know about what is signed.
pub(super) fn notes(statement: &Body, session: &Session) {
    let unconfirmed = statement.predicate.coverage.lfs.unconfirmed;
    if unconfirmed > 0 {
        session.note(&format!(
            "note: the content of {} was not here; their digests are those of their Git LFS pointers",
            counted(unconfirmed, "file")
        ));
    }
    if !statement.predicate.waived.is_empty() {
        session.note(&format!("note: signed with {} waived", statement.predicate.waived.join(", ")));
    }
}

fn is_bare(place: &SourceArgs) -> bool {
    crate::git::Repo::discover(&place.path).ok().flatten().is_some_and(|repo| repo.is_bare())
}

/// The commit's time where there is one, so that the same commit gives the same bytes everywhere.
pub(super) fn time_of(created: Option<jiff::Timestamp>, snapshot: &Snapshot) -> Result<jiff::Timestamp, Failure> {
    if let Some(created) = created {
        return Ok(created);
    }
    if let Some(commit) = snapshot.commit() {
        return Ok(jiff::Timestamp::from_second(commit.time)?);
    }
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(epoch) => {
            let wrong = || Failure::new(format!("SOURCE_DATE_EPOCH is `{epoch}`")).help("expected seconds since 1970");
            let seconds: i64 = epoch.parse().map_err(|_| wrong())?;
            jiff::Timestamp::from_second(seconds).map_err(|_| wrong())
        }
        Err(_) => Ok(jiff::Timestamp::from_second(jiff::Timestamp::now().as_second())?),
    }
}

/// One thread for each processor.
pub(super) fn threads() -> NonZero<usize> {
    std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// The bytes to hash; `None` where a size is not known.
pub(super) fn total_size(snapshot: &dyn Files, entries: &[&Entry]) -> Option<u64> {
    entries.iter().try_fold(0_u64, |sum, entry| sum.checked_add(snapshot.size(entry).ok()?))
}
