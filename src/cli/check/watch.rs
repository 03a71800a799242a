//! `openness check --watch`: checking again whenever something changes.
//!
//! It looks at the sizes and times of all files twice a second. A service of the system that reports changes would do it sooner,
//! but not on network file systems, not for what Git stages, and not for directories that appear later.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Duration;

use super::super::source_args::SourceArgs;
use super::super::{Failure, Outcome, Session, eprint_prose};
use super::format::Format;
use super::{Args, judge};
use crate::files::Files as _;
use crate::lints::organization;
use crate::manifest::FILE_NAME;
use crate::report::counted;

/// The time between two looks.
const INTERVAL: Duration = Duration::from_millis(500);
/// Clears the screen and what was scrolled off it, and goes to its top.
const CLEAR: &[u8] = b"\x1b[2J\x1b[3J\x1b[H";

/// Checks, and checks again after each change, until the process is ended or no one reads what it prints.
pub(super) fn run(args: &Args, sources: &[SourceArgs], session: &mut Session) -> Result<Outcome, Failure> {
    if !matches!(args.format, Format::Human | Format::Concise) {
        return Err(Failure::new("`--watch` prints for people, not in a format for programs")
            .help("leave out `--format`, or use `--format concise`"));
    }
    if let Some(source) = sources.iter().find(|source| source.is_stdin() || source.url().is_some()) {
        return Err(Failure::new(format!("`--watch` needs files on disk, not `{}`", source.path.display()))
            .help("name a directory"));
    }
    // What cannot be read at all is not waited for.
    for source in sources {
        source.snapshot()?;
    }
    loop {
        // Taken first: what changes during the check is checked again.
        let sources: Vec<SourceArgs> = sources.iter().map(SourceArgs::anew).collect();
        let seen = State::of(args, &sources);
        if io::stdout().is_terminal() {
            session.out.document().write_all(CLEAR)?;
            // Now, since errors go another way.
            session.out.finish()?;
        }
        if let Err(failure) = judge(args, &sources, session) {
            eprint_prose(&failure.report());
        }
        session.out.finish()?;
        if session.out.is_gone() {
            return Ok(Outcome::Done);
        }
        session.note(&format!("note: watching {}; Ctrl-C ends it", counted(seen.files, "file")));
        loop {
            std::thread::sleep(INTERVAL);
            if State::of(args, &sources) != seen {
                break;
            }
        }
    }
}

/// What there is to be checked, in short.
#[derive(Debug, PartialEq, Eq)]
struct State {
    files: usize,
    hash: u64,
}

impl State {
    fn of(args: &Args, sources: &[SourceArgs]) -> Self {
        let mut hasher = DefaultHasher::new();
        let mut files = 0;
        for file in [args.levels.config(), args.baseline.as_deref()].into_iter().flatten() {
            add(file, &mut hasher);
        }
        for source in sources {
            // A directory can become a repository at any time.
            let source = source.anew();
            let path = source.path.canonicalize().unwrap_or_else(|_| source.path.clone());
            path.ancestors().for_each(|directory| add(&directory.join(organization::FILE_NAME), &mut hasher));
            match source.snapshot() {
                Ok(snapshot) => {
                    files += snapshot.entries().len();
                    for entry in snapshot.entries() {
                        (entry.path.as_str(), format!("{:?}", entry.kind)).hash(&mut hasher);
                        add(&path.join(entry.path.as_str()), &mut hasher);
                    }
                    // These count before Git tracks them, too.
                    for name in [FILE_NAME, ".gitattributes"] {
                        add(&path.join(name), &mut hasher);
                    }
                    // What is staged has no times, and what is added is a file more.
                    if let Some(repo) = snapshot.repo() {
                        add(&repo.git_dir().join("index"), &mut hasher);
                    }
                }
                Err(failure) => failure.report().hash(&mut hasher),
            }
        }
        Self { files, hash: hasher.finish() }
    }
}

/// Adds what shows that a file changed; a file that is not there shows that too.
fn add(file: &Path, hasher: &mut DefaultHasher) {
    let metadata = file.symlink_metadata().ok();
    metadata.map(|found| (found.len(), found.modified().ok())).hash(hasher);
}
