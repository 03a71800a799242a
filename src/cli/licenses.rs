//! `openness licenses`.

use std::io;
use std::path::Path;

use super::output_args::OutputArgs;
use super::source_args::SourceArgs;
use super::{Failure, Format, Outcome, Session, manifest};
use crate::atomic;
use crate::beneath::read_regular;
use crate::files::Files as _;
use crate::license::chain;
use crate::lineage::{Addition, Lineage, additions, with_notice_lines};
use crate::manifest::parse::Parsed;
use crate::report::{human, json};

/// Show what the licenses of a release and of its bases allow and ask for
///
/// The terms are a reading, with the clauses that were read and the day. It is not legal advice.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Print in this format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Add the texts of listed licenses and the lines of the Notice file that are asked for and not there
    #[arg(long, conflicts_with_all = ["staged", "rev"])]
    write: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// The largest Notice file that lines are added to.
const MAX_NOTICE_BYTES: u64 = 256 * 1024;
/// The directory of license texts.
const LICENSES_DIR: &str = "LICENSES";
const WAITING: &str = "waiting for another run that is writing in this directory";
/// The names of Notice files; the first is written if there is none.
const NOTICE_NAMES: &[&str] = &["NOTICE", "NOTICE.txt", "NOTICE.md", "Notice", "Notice.txt", "notice.txt"];

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    args.output.redirect(session);
    if args.source.is_stdin() {
        if args.write {
            return Err(Failure::new("`--write` needs a directory, and the manifest comes from standard input"));
        }
        let parsed = manifest::of_stdin()?;
        return print(&args, &parsed, &Lineage::of(&parsed.manifest, None), session);
    }
    // Taking the locks also deletes leftovers of interrupted runs, which would pass for the files that they were to become.
    let _locks = match args.write {
        true => locks(&args.source.path, session),
        false => Vec::new(),
    };
    let snapshot = args.source.snapshot()?;
    let parsed = manifest::of(&snapshot, &args.source)?;
    let lineage = Lineage::of(&parsed.manifest, Some(&snapshot));
    let outcome = print(&args, &parsed, &lineage, session)?;
    if args.write && parsed.is_sound() {
        if snapshot.commit().is_some() {
            return Err(Failure::new("`--write` needs a working tree, and this is a bare repository")
                .help("clone the repository first"));
        }
        write(&args.source.path, &lineage, session)?;
    }
    Ok(outcome)
}

/// Locks the directories that are written to, as far as they are there. Where that fails, writing reports why.
fn locks(directory: &Path, session: &Session) -> Vec<atomic::Lock> {
    let directories = [directory.to_path_buf(), directory.join(LICENSES_DIR)];
    let present = directories.iter().filter(|directory| directory.symlink_metadata().is_ok_and(|found| found.is_dir()));
    present.filter_map(|directory| atomic::lock(directory, || session.note(WAITING)).ok()).collect()
}

/// Writes what can be added. What is there already stays as it is.
fn write(directory: &Path, lineage: &Lineage<'_>, session: &Session) -> Result<(), Failure> {
    let additions = additions(lineage);
    let (mut written, mut lines): (Vec<String>, Vec<&str>) = (Vec::new(), Vec::new());
    for addition in &additions {
        match addition {
            Addition::File { path, text } if add_file(directory, path, text)? => written.push(path.clone()),
            Addition::File { path, .. } => session.note(&format!("note: `{path}` exists and was not changed")),
            Addition::NoticeLine(line) => lines.push(line),
            Addition::ByHand { .. } => {}
        }
    }
    if !lines.is_empty() {
        written.push(add_notices(directory, &lines)?);
    }
    match written.as_slice() {
        [] => session.note("note: there is nothing to add"),
        written => session.note(&format!("wrote {}; run `git add` if Git is to track them", written.join(", "))),
    }
    Ok(())
}

/// Writes a new file; returns whether it was not there.
fn add_file(directory: &Path, path: &str, text: &str) -> Result<bool, Failure> {
    let (target, parent) = (directory.join(path), directory.join(LICENSES_DIR));
    match parent.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => {
            return Err(Failure::new(format!("`{}` is not a directory", parent.display()))
                .help("move it away; license texts are written into this directory, and not where a link leads"));
        }
        Err(_) => std::fs::create_dir(&parent)
            .map_err(|error| Failure::caused_by(format!("cannot make `{}`", parent.display()), error))?,
    }
    match atomic::write_new(&target, text.as_bytes()) {
        Err(error) if error.source.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        result => Ok(result.map(|()| true)?),
    }
}

/// Adds lines to the Notice file, and returns its name.
fn add_notices(directory: &Path, lines: &[&str]) -> Result<String, Failure> {
    let exists = |name: &&&str| directory.join(name).symlink_metadata().is_ok();
    let present = NOTICE_NAMES.iter().find(exists);
    let name = present.unwrap_or(&NOTICE_NAMES[0]);
    let path = directory.join(name);
    let text = match present {
        None => String::new(),
        Some(name) => {
            let cannot_read = |error: io::Error| Failure::caused_by(format!("cannot read `{}`", path.display()), error);
            let bytes = read_regular(directory, name, MAX_NOTICE_BYTES).map_err(cannot_read)?;
            String::from_utf8(bytes).map_err(|error| cannot_read(io::Error::other(error)))?
        }
    };
    let missing: Vec<&str> = lines.iter().copied().filter(|line| !text.contains(line)).collect();
    if !missing.is_empty() {
        atomic::write(&path, with_notice_lines(&text, &missing).as_bytes())?;
    }
    Ok((*name).to_owned())
}

fn print(args: &Args, parsed: &Parsed, lineage: &Lineage<'_>, session: &mut Session) -> Result<Outcome, Failure> {
    if !parsed.is_sound() {
        manifest::print_findings(parsed, session)?;
        return Ok(Outcome::Failed);
    }
    match args.format {
        Format::Json => json::licenses::write(lineage, &mut session.out.document())?,
        Format::Human => {
            human::licenses::write(&parsed.manifest, lineage, session.terminal.style, &mut session.out)?;
        }
    }
    Ok(match lineage.outcome() {
        chain::Outcome::Conflict => Outcome::Failed,
        _ => Outcome::Done,
    })
}
