//! `openness sign`.

mod bases;
mod before;
mod oms;
mod on_disk;
mod proof;
mod tag;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::created::CreatedArgs;
use super::logs::LogArgs;
use super::signer::{Seen, SignerArgs};
use super::source_args::SourceArgs;
use super::{Failure, Outcome, Session, cache, environment, eprint_line, hashing, inputs, manifest, waive};
use crate::artifacts::digest::Pointers;
use crate::atomic::{self, Lock};
use crate::check::{Passed, check_waiver};
use crate::files::{Entry, Files, OPENNESS_DIR};
use crate::finding::Severity;
use crate::report::{counted, human, shown, size};
use crate::snapshot::Snapshot;
use crate::source::Source;
use crate::statement::{self, Body, MAX_STATEMENT_BYTES, Preview, Statement};

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
    #[arg(long = "waive", value_name = "CODE", num_args = 1.., value_parser = waive::codes(), hide_possible_values = true)]
    waived: Vec<String>,
    /// Write `.openness/` into this directory [default: PATH]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Name the statement of this signed release of a base in the manifest, unless it is named there, and keep a copy of the
    /// statement with its signatures and manifest
    #[arg(long, value_name = "DIR", conflicts_with_all = ["statement", "dry_run"])]
    base: Vec<PathBuf>,
    /// Replace the signatures of others on a different statement
    #[arg(long)]
    replace: bool,
    /// Check and show what would be signed, and whether the key can sign, without signing, writing or asking anything
    #[arg(long, conflicts_with_all = ["statement", "tag", "tlog_proof"])]
    dry_run: bool,
    /// With --dry-run: hash every file, without cached digests
    #[arg(long, requires = "dry_run")]
    no_cache: bool,
    #[command(flatten)]
    signer: SignerArgs,
    /// Instead of a statement, create the tag NAME, signed like `git tag -s` with an SSH key; the commit (HEAD, or
    /// --rev) must already contain a good signature by this key. Never replace an existing tag
    #[arg(
        long,
        value_name = "NAME",
        help_heading = "Tags",
        conflicts_with_all = ["staged", "statement", "created", "waived", "output", "replace"]
    )]
    tag: Option<String>,
    /// Add a paragraph to the tag's message [default: the model's name and version]
    #[arg(short, long, value_name = "TEXT", help_heading = "Tags", requires = "tag", allow_hyphen_values = true)]
    message: Vec<String>,
    /// Instead of signing, store this C2SP tlog-proof, which a transparency log returned, next to its signature
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Transparency logs",
        conflicts_with_all = [
            "tag", "staged", "rev", "statement", "created", "waived", "output", "replace", "key", "key_env", "oms",
        ]
    )]
    tlog_proof: Option<PathBuf>,
    /// Instead of a statement, sign the files for OpenSSF Model Signing, with the ECDSA key that --key names (P-256, P-384 or
    /// P-521, PEM); a manifest is not needed. Leave out `.openness/`, other such signatures, and the files of Git
    #[arg(
        long,
        help_heading = "OpenSSF Model Signing",
        conflicts_with_all = ["tag", "statement", "created", "waived", "output", "no_cache"]
    )]
    oms: bool,
    /// Write the signature to this file [default: model.sig in PATH, or PATH.sig for a single file]
    #[arg(long, value_name = "FILE", help_heading = "OpenSSF Model Signing", requires = "oms")]
    signature: Option<PathBuf>,
    /// Add the certificates in this PEM file, the one of the key first and then those above it; verifiers then trust a
    /// certificate instead of the key
    #[arg(long, value_name = "FILE", help_heading = "OpenSSF Model Signing", requires = "oms")]
    certificate: Vec<PathBuf>,
    /// Leave out this file, or directory with all that is in it; the signature says so, and `verify` lists the files as
    /// excluded, except for those that run code when they are loaded: they count as unsigned
    #[arg(long, value_name = "PATH", help_heading = "OpenSSF Model Signing", requires = "oms")]
    ignore: Vec<String>,
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
    if args.oms {
        return oms::run(&args, session);
    }
    if args.dry_run {
        return dry_run(&args, session);
    }
    // Runs that sign the same directory take turns, so that none reads what another is writing. If the directory cannot
    // be locked, the steps below report why.
    let lock =
        atomic::lock(args.source.directory(), || session.note("waiting for another run that is signing here")).ok();
    bases::fill_in(&args.base, &args.source, session)?;
    let statement = match &args.statement {
        Some(file) => Ok(read_unsigned_statement(file, &args.waived)?),
        None => build_statement(&args.source, args.created, &args.waived, session)?,
    };
    match statement {
        Ok(statement) => sign(&args, &statement, lock, session),
        Err(codes) => Ok(not_signed(&codes)),
    }
}

fn dry_run(args: &Args, session: &mut Session) -> Result<Outcome, Failure> {
    let preview = match preview(args, session)? {
        Ok(preview) => preview,
        Err(codes) => return Ok(not_signed(&codes)),
    };
    let statement = preview.body();
    let key = args.signer.see()?;
    let by = match &key {
        Seen::Usable(fingerprint) => format!(" by {fingerprint}"),
        Seen::UsableEcdsa | Seen::Encrypted(_) | Seen::NoDefault(_) => String::new(),
    };
    writeln!(session.out, "would sign {}{by}: {}", model(statement), contents(statement))?;
    key.note(session);
    print_notes(statement, session);
    on_disk::differs(&args.source, statement).into_iter().for_each(|note| session.note(&note));
    Ok(Outcome::Done)
}

fn sign(args: &Args, statement: &Statement, mut lock: Option<Lock>, session: &mut Session) -> Result<Outcome, Failure> {
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
    let copies = bases::copies(&args.base, &args.source, &args.waived)?;
    let files: Vec<_> =
        change.write.iter().chain(&copies).map(|(path, bytes)| (path.clone(), bytes.as_slice())).collect();
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
    Ok(Outcome::Done)
}

/// Returns the name and version of the model, safe to show.
fn model(statement: &Body) -> String {
    let model = &statement.predicate.model;
    format!("{} {}", shown(&model.name), shown(&model.version))
}

fn contents(statement: &Body) -> String {
    let coverage = &statement.predicate.coverage;
    format!("{}, {}", counted(coverage.files, "file"), size(coverage.bytes))
}

/// Reads a statement that `openness statement` wrote. The signer has to repeat the codes that it waives.
fn read_unsigned_statement(file: &Path, waived: &[String]) -> Result<Statement, Failure> {
    let bytes = inputs::read_bounded(file, MAX_STATEMENT_BYTES)?;
    Statement::prepared(&bytes, waived).map_err(|error| {
        let help = match &error {
            statement::Error::NotAcknowledged { codes } => Some(format!("pass `--waive {}` to agree", codes.join(" "))),
            _ => None,
        };
        let failure = Failure::caused_by(format!("cannot sign `{}`", file.display()), error);
        help.into_iter().fold(failure, Failure::help)
    })
}

/// Checks and hashes the files, and builds the statement about them. If errors block it, prints the findings and
/// returns their codes.
pub(super) fn build_statement(
    source: &SourceArgs,
    created: CreatedArgs,
    waived: &[String],
    session: &mut Session,
) -> Result<Result<Statement, Vec<&'static str>>, Failure> {
    with_passed(source, waived, session, |passed, snapshot, session| {
        let created = created.time(snapshot, session)?;
        let progress = hashing::progress(snapshot, &passed.covered(), session);
        Ok(passed.statement(created, &hashing::options(Pointers::Confirm), &|bytes| progress.advance(bytes))?)
    })
}

/// Builds a preview of the statement. Digests may come from the cache, so a preview cannot be signed.
fn preview(args: &Args, session: &mut Session) -> Result<Result<Preview, Vec<&'static str>>, Failure> {
    with_passed(&args.source, &args.waived, session, |passed, snapshot, session| {
        let created = args.created.time(snapshot, session)?;
        let cache = (!args.no_cache).then(|| cache::digests(snapshot)).flatten();
        Ok(passed.preview(created, |files, entries| match cache {
            None => hashing::hash_all(files, entries, Pointers::Confirm, session),
            Some(cache) => {
                let result = hashing::hash_all_cached(files, entries, &cache, Pointers::Confirm, session);
                cache::note_not_stored(result.not_stored, session);
                if result.cached > 0 {
                    session.note(&format!("note: used {} from the cache", counted(result.cached, "digest")));
                }
                result.hashed
            }
        })?)
    })
}

/// Checks the files, and calls `make` if they pass. Otherwise prints the findings, and returns the codes of the errors.
fn with_passed<T>(
    source: &SourceArgs,
    waived: &[String],
    session: &mut Session,
    make: impl FnOnce(&Passed<'_>, &Snapshot, &Session) -> Result<T, Failure>,
) -> Result<Result<T, Vec<&'static str>>, Failure> {
    let snapshot = source.committed()?;
    refuse_leftovers(&snapshot)?;
    let checked = manifest::check(&snapshot, source)?;
    match checked.pass(waived) {
        Ok(passed) => make(&passed, &snapshot, session).map(Ok),
        Err(codes) => {
            let named = Source::new(manifest::opened(source), checked.parsed().source.text());
            let style = session.terminal.style;
            let findings = manifest::seen_from_here(checked.findings().to_vec(), named.name());
            human::check::write(&named, &findings, Severity::Note, style, &mut session.out)?;
            Ok(Err(codes))
        }
    }
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

fn not_signed(codes: &[&str]) -> Outcome {
    eprint_line(&format!("not signed: {}", blocked_by(codes)));
    Outcome::Failed
}

/// Returns which codes prevent signing, and what the signer can do.
pub(super) fn blocked_by(codes: &[&str]) -> String {
    let can_waive = codes.iter().all(|code| check_waiver(code).is_ok());
    let waived = if can_waive { format!(" or waived (`--waive {}`)", codes.join(" ")) } else { String::new() };
    format!("{} must be fixed{waived}", codes.join(", "))
}

/// Prints what the signer should know about the statement.
pub(super) fn print_notes(statement: &Body, session: &Session) {
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
    crate::git::Repo::discover(&source.path, &environment::user()).ok().flatten().is_some_and(|repo| repo.is_bare())
}
