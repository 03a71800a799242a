//! `openness sign`.

mod before;
mod on_disk;
mod proof;
mod tag;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::created::CreatedArgs;
use super::logs::LogArgs;
use super::signer::SignerArgs;
use super::source_args::SourceArgs;
use super::{Failure, Outcome, Session, cache, eprint_line, hashing, inputs, manifest, waive};
use crate::artifacts::digest::{self, Hashed, Pointers};
use crate::atomic::{self, Lock};
use crate::finding::Severity;
use crate::report::{counted, human, shown, size};
use crate::rules::Passed;
use crate::snapshot::{Entry, OPENNESS_DIR, Snapshot};
use crate::statement::{MAX_STATEMENT_BYTES, Statement};

/// Hash and sign a release: by default the commit that is checked out, or every file of a plain directory
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Sign this statement, made by `openness statement`, without reading any other file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["staged", "rev", "created"])]
    statement: Option<PathBuf>,
    #[command(flatten)]
    created: CreatedArgs,
    /// Waive findings with these codes; the statement records the codes, and every verification shows them
    #[arg(long = "waive", value_name = "CODE", num_args = 1.., value_parser = waive::code)]
    waived: Vec<String>,
    /// Write `.openness/` into this directory [default: PATH]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace signatures by others of a different statement
    #[arg(long)]
    replace: bool,
    /// Show what would be signed and check it, but sign and write nothing
    #[arg(long, conflicts_with = "statement")]
    dry_run: bool,
    /// With --dry-run: hash every file, without cached digests
    #[arg(long, requires = "dry_run")]
    no_cache: bool,
    #[command(flatten)]
    signer: SignerArgs,
    /// Instead of a statement, create the tag NAME, signed like `git tag -s` with an SSH key; the commit (HEAD, or --rev) must
    /// already contain a good signature by this key. Never replace an existing tag
    #[arg(long, value_name = "NAME", help_heading = "Tags", conflicts_with_all = ["staged", "statement", "created", "waived", "output", "replace"])]
    tag: Option<String>,
    /// Add a paragraph to the tag's message [default: the model's name and version]
    #[arg(short, long, value_name = "TEXT", help_heading = "Tags", requires = "tag", allow_hyphen_values = true)]
    message: Vec<String>,
    /// Instead of signing, store this C2SP tlog-proof, which a transparency log returned, next to its signature
    #[arg(long, value_name = "FILE", help_heading = "Transparency logs", conflicts_with_all = ["tag", "staged", "rev", "statement", "created", "waived", "output", "replace", "key", "key_env"])]
    tlog_proof: Option<PathBuf>,
    // Last, because its heading would apply to what follows.
    #[command(flatten)]
    logs: LogArgs,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    if let Some(file) = &args.tlog_proof {
        return proof::attach(file, &args.source, &args.logs, session);
    }
    args.signer.check_descriptor()?;
    if args.logs.policy()?.is_some() {
        return Err(Failure::new("`--log` only applies to `verify` and `--tlog-proof`")
            .help("sign without it; `--tlog-proof FILE` then stores the log's proof"));
    }
    if let Some(name) = &args.tag {
        return tag::run(name, &args.message, &args.source, &args.signer, session);
    }
    if args.dry_run {
        return dry_run(&args, session);
    }
    // Runs that sign the same directory take turns, so that none reads what another is writing. If the directory cannot be
    // locked, the steps below report why.
    let lock =
        atomic::lock(args.source.directory(), || session.note("waiting for another run that is signing here")).ok();
    let statement = match &args.statement {
        Some(file) => read_unsigned_statement(file, &args.waived)?,
        None => match statement(&args, false, session)? {
            Some(statement) => statement,
            None => return Ok(Outcome::Failed),
        },
    };
    sign(&args, &statement, lock, session)?;
    Ok(Outcome::Done)
}

/// Builds the statement; if errors block it, prints them and returns `None`.
fn statement(args: &Args, may_use_cache: bool, session: &mut Session) -> Result<Option<Statement>, Failure> {
    let built = build_statement(&args.source, args.created, &args.waived, may_use_cache, session)?;
    Ok(built.map_err(|codes| eprint_line(&format!("not signed: {}", blocked_by(&codes)))).ok())
}

fn dry_run(args: &Args, session: &mut Session) -> Result<Outcome, Failure> {
    let Some(statement) = statement(args, !args.no_cache, session)? else { return Ok(Outcome::Failed) };
    writeln!(session.out, "would sign {}: {}", model(&statement), contents(&statement))?;
    print_notes(&statement, session);
    on_disk::differs(&args.source, &statement).into_iter().for_each(|note| session.note(&note));
    Ok(Outcome::Done)
}

fn sign(args: &Args, statement: &Statement, mut lock: Option<Lock>, session: &mut Session) -> Result<(), Failure> {
    let directory = args.output.as_deref().unwrap_or_else(|| args.source.directory());
    if args.output.is_none() && is_bare(&args.source) {
        return Err(Failure::new("cannot write `.openness/` into a bare repository")
            .help("name another directory with `--output DIR`"));
    }
    let mut signer = args.signer.signer()?;
    if !args.replace {
        before::refuse_others(directory, statement, &signer.key_id())?;
    }
    let signed = signer.sign(statement, session)?;
    if args.output.is_some() {
        std::fs::create_dir_all(directory)
            .map_err(|error| Failure::caused_by(format!("cannot create `{}`", directory.display()), error))?;
        // It may be the directory that is locked already.
        drop(lock);
        lock = Some(atomic::lock(directory, || session.note("waiting for another run that is signing there"))?);
    }
    let before = before::statement(directory);
    let change = signed.place(directory, args.replace)?;
    let home = directory.join(OPENNESS_DIR);
    let files: Vec<_> = change.write.iter().map(|(path, bytes)| (path.clone(), bytes.as_slice())).collect();
    atomic::write_all(&home, &files, &change.remove)?;
    drop(lock);
    let fingerprint = signer.fingerprint();
    writeln!(session.out, "signed {} by {fingerprint}: {}", model(statement), contents(statement))?;
    print_notes(statement, session);
    before::supersedes_note(before.as_ref(), statement).into_iter().for_each(|note| session.note(&note));
    if args.statement.is_some() {
        session.note("note: signed the statement as given; the files themselves were not checked");
    } else {
        on_disk::differs(&args.source, statement).into_iter().for_each(|note| session.note(&note));
    }
    for (path, _) in &change.write {
        session.note(&format!("wrote {}", path.below(&home).display()));
    }
    Ok(())
}

/// Returns the name and version of the model, safe to show.
fn model(statement: &Statement) -> String {
    let model = &statement.predicate.model;
    format!("{} {}", shown(&model.name), shown(&model.version))
}

fn contents(statement: &Statement) -> String {
    let coverage = &statement.predicate.coverage;
    format!("{}, {}", counted(coverage.files, "file"), size(coverage.bytes))
}

/// Reads a statement that `openness statement` wrote. The signer has to repeat the codes that it waives.
fn read_unsigned_statement(file: &Path, waived: &[String]) -> Result<Statement, Failure> {
    let bytes = inputs::read_bounded(file, MAX_STATEMENT_BYTES)?;
    let statement = Statement::prepared(&bytes)
        .map_err(|error| Failure::caused_by(format!("cannot sign `{}`", file.display()), error))?;
    let is_named = |code: &String| waived.iter().any(|named| named.eq_ignore_ascii_case(code));
    let unnamed: Vec<&str> =
        statement.predicate.waived.iter().filter(|code| !is_named(code)).map(String::as_str).collect();
    if unnamed.is_empty() {
        return Ok(statement);
    }
    Err(Failure::new(format!("the statement `{}` waives {}", file.display(), unnamed.join(", ")))
        .help(format!("pass `--waive {}` to agree", unnamed.join(" "))))
}

/// Checks and hashes the files, and builds the statement about them. If errors block it, prints the findings and returns their
/// codes.
///
/// `may_use_cache` is only for statements that are not signed: a signature never rests on cached digests.
pub(super) fn build_statement(
    source: &SourceArgs,
    created: CreatedArgs,
    waived: &[String],
    may_use_cache: bool,
    session: &mut Session,
) -> Result<Result<Statement, Vec<&'static str>>, Failure> {
    let snapshot = source.committed()?;
    refuse_leftovers(&snapshot)?;
    let parsed = manifest::of(&snapshot, source)?;
    let (inventory, findings) = manifest::check(&parsed, &snapshot);
    let passed = match Passed::new(&parsed, &findings, waived) {
        Ok(passed) => passed,
        Err(codes) => {
            human::findings(&parsed.source, &findings, Severity::Note, session.terminal.style, &mut session.out)?;
            return Ok(Err(codes));
        }
    };
    let entries: Vec<&Entry> = inventory.covered.iter().map(|at| &snapshot.entries()[*at]).collect();
    let hashed = hash(&snapshot, &entries, may_use_cache, session)?;
    let created = created.time(&snapshot, session)?;
    Ok(Ok(Statement::new(&passed, &snapshot, &inventory, &hashed, created)?))
}

fn hash(
    snapshot: &Snapshot,
    entries: &[&Entry],
    may_use_cache: bool,
    session: &Session,
) -> Result<Vec<Hashed>, digest::Error> {
    let cache = may_use_cache.then(|| cache::digests(snapshot)).flatten();
    let results = match cache {
        None => hashing::hash_all(snapshot, entries, Pointers::Confirm, session),
        Some(cache) => {
            let recalled = hashing::hash_all_cached(snapshot, entries, &cache, Pointers::Confirm, session);
            cache::note_not_stored(recalled.not_stored, session);
            if recalled.cached > 0 {
                session.note(&format!("note: used {} from the cache", counted(recalled.cached, "digest")));
            }
            recalled.hashed
        }
    };
    results.into_iter().collect()
}

fn refuse_leftovers(snapshot: &Snapshot) -> Result<(), Failure> {
    let is_leftover = |entry: &&Entry| entry.path.components().next().is_some_and(atomic::is_leftover);
    match snapshot.entries().iter().find(is_leftover) {
        None => Ok(()),
        Some(leftover) => Err(Failure::new(format!(
            "`{}` is a leftover of an interrupted run, or is being written right now",
            leftover.path
        ))
        .help("delete it (and `git rm` it) before signing")),
    }
}

/// Returns which codes prevent signing: `OPN202 must be fixed or waived`.
pub(super) fn blocked_by(codes: &[&str]) -> String {
    let can_waive = codes.iter().all(|code| crate::rules::why_not_waivable(code).is_none());
    format!("{} must be fixed{}", codes.join(", "), if can_waive { " or waived" } else { "" })
}

/// Prints what the signer should know about the statement.
pub(super) fn print_notes(statement: &Statement, session: &Session) {
    let unconfirmed = statement.predicate.coverage.lfs.unconfirmed;
    if unconfirmed > 0 {
        session.note(&format!(
            "note: the content of {} is not on this machine; their digests come from their Git LFS pointers",
            counted(unconfirmed, "file")
        ));
    }
    if !statement.predicate.waived.is_empty() {
        session.note(&format!("note: the statement waives {}", statement.predicate.waived.join(", ")));
    }
}

fn is_bare(source: &SourceArgs) -> bool {
    crate::git::Repo::discover(&source.path).ok().flatten().is_some_and(|repo| repo.is_bare())
}
