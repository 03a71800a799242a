//! `openness diff`.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::place::{self, SourceArgs};
use super::{Failure, Format, Outcome, Session};
use crate::diff::{Difference, Direction, Side};
use crate::manifest::parse::{Parsed, parse_bytes};
use crate::report::difference;
use crate::statement::{Body, MAX_STATEMENT_BYTES, PREDICATE_TYPE};

/// Show what became more or less open between two revisions, directories or statements
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A name that is a file or a directory is taken as that; write `refs/tags/NAME` for a tag that is also a directory. \
                        A file is a manifest or a statement, whose signatures are not looked at: see `openness verify`."
)]
pub(super) struct Args {
    /// Before: a revision, a directory, a manifest or a statement
    #[arg(value_name = "A")]
    before: String,
    /// After
    #[arg(value_name = "B")]
    after: String,
    /// Where the repository of the revisions is
    #[arg(long, default_value = ".", value_name = "PATH")]
    path: PathBuf,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Exit with 1 on such a change
    #[arg(long, value_enum, value_name = "CHANGE")]
    fail_on: Option<FailOn>,
}

/// Which changes fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Anything became less open
    LessOpen,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let before = side(&args.before, &args.path, session)?;
    let after = side(&args.after, &args.path, session)?;
    let found = Difference::between(&before, &after);
    match args.format {
        Format::Json => difference::json(&before, &after, &found, &mut session.out)?,
        Format::Human => difference::human(&before, &after, &found, session.terminal.style, &mut session.out)?,
    }
    let fails = args.fail_on == Some(FailOn::LessOpen) && found.count(Direction::LessOpen) > 0;
    Ok(if fails { Outcome::Against } else { Outcome::Done })
}

fn side(name: &str, repository: &Path, session: &Session) -> Result<Side, Failure> {
    let path = Path::new(name);
    if path.is_file() {
        return of_file(path, session);
    }
    let place = if path.is_dir() {
        SourceArgs { path: path.to_path_buf(), staged: false, rev: None }
    } else {
        SourceArgs { path: repository.to_path_buf(), staged: false, rev: Some(name.to_owned()) }
    };
    of_manifest(name, &place::manifest(&place.snapshot()?, &place)?, session)
}

fn of_manifest(name: &str, parsed: &Parsed, session: &Session) -> Result<Side, Failure> {
    if parsed.is_sound() {
        return Ok(Side::of_manifest(&parsed.manifest));
    }
    place::complain(parsed, session)?;
    Err(Failure::new(format!("the manifest of `{name}` has errors")))
}

fn of_file(path: &Path, session: &Session) -> Result<Side, Failure> {
    let name = path.display().to_string();
    let cannot = |error: &dyn std::fmt::Display| Failure::new(format!("cannot read `{name}`: {error}"));
    let size = std::fs::metadata(path).map_err(|error| cannot(&error))?.len();
    if size > u64::try_from(MAX_STATEMENT_BYTES)? {
        return Err(Failure::new(format!(
            "`{name}` has {size} bytes; no statement has more than {MAX_STATEMENT_BYTES}"
        )));
    }
    let bytes = std::fs::read(path).map_err(|error| cannot(&error))?;
    if bytes.first() != Some(&b'{') {
        return of_manifest(&name, &parse_bytes(&name, &bytes), session);
    }
    let value = crate::json::read(&bytes).map_err(|error| cannot(&error))?;
    if value["predicateType"] != PREDICATE_TYPE {
        return Err(Failure::new(format!("`{name}` is no statement of this program"))
            .help("name `.openness/statement.json` of a release, or its directory"));
    }
    let statement: Body = serde_json::from_value(value).map_err(|error| cannot(&error))?;
    Ok(Side::of_statement(&statement))
}
