//! `openness sign`.

use std::path::PathBuf;

use super::place::{self, Place};
use super::progress::Progress;
use super::{Failure, Outcome, Session, terminal};
use crate::artifacts::digest;
use crate::report::{counted, human, size};
use crate::rules::Passed;
use crate::sign::keyfile;
use crate::snapshot::{Entry, OPENNESS_DIR, Origin, Snapshot};
use crate::statement::Statement;
use crate::{atomic, release};
use std::io::Write as _;
use std::num::NonZero;

/// Hash and sign what is committed
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    /// The private key: OpenSSH or PKCS#8 PEM, Ed25519
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// When, as the statement claims; default the commit's time, or SOURCE_DATE_EPOCH, or now
    #[arg(long, value_name = "TIME")]
    created: Option<jiff::Timestamp>,
    /// Sign in spite of these findings; the statement records them and every verification prints them
    #[arg(long, value_name = "CODE", num_args = 1..)]
    despite: Vec<String>,
    /// Where to write `.openness/`; default PATH
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace what others signed, where it is another statement
    #[arg(long)]
    replace: bool,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let snapshot = args.place.committed()?;
    let parsed = place::manifest(&snapshot, &args.place)?;
    let (inventory, findings) = place::judge(&parsed, &snapshot);
    let passed = match Passed::new(&parsed, &findings, &args.despite) {
        Ok(passed) => passed,
        Err(codes) => {
            human::findings(&parsed.source, &findings, session.terminal.style, &mut session.out)?;
            super::say(&format!(
                "not signed: {} stand{} against it",
                codes.join(", "),
                if codes.len() == 1 { "s" } else { "" }
            ));
            return Ok(Outcome::Against);
        }
    };
    let directory = args.output.as_deref().unwrap_or_else(|| args.place.directory());
    if snapshot.origin() != Origin::Directory && args.output.is_none() && is_bare(&args.place) {
        return Err(
            Failure::new("a bare repository has no work tree to write into").help("name one with `--output DIR`")
        );
    }
    let key = keyfile::read(&args.key, &mut terminal::passphrase)?;
    let entries: Vec<&Entry> = inventory.covered.iter().map(|at| &snapshot.entries()[*at]).collect();
    let progress = Progress::new(&session.terminal, "hashing", total_size(&snapshot, &entries));
    let options = digest::Options { threads: threads(), pointers: digest::Pointers::Confirm };
    let results = digest::hash_all(&snapshot, &entries, &options, &|bytes| progress.advance(bytes));
    drop(progress);
    let hashed = results.into_iter().collect::<Result<Vec<_>, _>>()?;
    let created = created(args.created, &snapshot)?;
    let statement = Statement::new(&passed, &snapshot, &inventory, &hashed, created)?;
    let sealed = release::seal(&statement, &key)?;
    let change = sealed.place(directory, args.replace)?;
    let home = directory.join(OPENNESS_DIR);
    let files: Vec<_> = change.write.iter().map(|(path, bytes)| (path.clone(), bytes.as_slice())).collect();
    atomic::write_all(&home, &files, &change.remove)?;

    let coverage = &statement.predicate.coverage;
    writeln!(
        session.out,
        "signed {} {} by {}: {}, {}",
        crate::report::shown(&statement.predicate.model.name),
        crate::report::shown(&statement.predicate.model.version),
        key.public().fingerprint(),
        counted(coverage.files, "file"),
        size(coverage.bytes)
    )?;
    if coverage.lfs.unconfirmed > 0 {
        session.note(&format!(
            "note: the content of {} was not here; their digests are those of their Git LFS pointers",
            counted(coverage.lfs.unconfirmed, "file")
        ));
    }
    if !statement.predicate.despite.is_empty() {
        session.note(&format!("note: signed despite {}", statement.predicate.despite.join(", ")));
    }
    for (path, _) in &change.write {
        session.note(&format!("wrote {}", path.below(&home).display()));
    }
    Ok(Outcome::Done)
}

fn is_bare(place: &Place) -> bool {
    crate::git::Repo::discover(&place.path).ok().flatten().is_some_and(|repo| repo.is_bare())
}

/// The commit's time where there is one, so that the same commit gives the same bytes everywhere.
pub(super) fn created(asked: Option<jiff::Timestamp>, snapshot: &Snapshot) -> Result<jiff::Timestamp, Failure> {
    if let Some(created) = asked {
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
pub(super) fn total_size(snapshot: &Snapshot, entries: &[&Entry]) -> Option<u64> {
    entries.iter().try_fold(0_u64, |sum, entry| sum.checked_add(snapshot.size(entry).ok()?))
}
