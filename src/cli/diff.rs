//! `openness diff`.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::output_args::OutputArgs;
use super::source_args::{SourceArgs, has_manifest, how_to_download, manifest_above};
use super::{Failure, Outcome, Session, environment, inputs, manifest};
use crate::diff::{Difference, Direction, Side};
use crate::files::Files;
use crate::git::Repo;
use crate::manifest::FILE_NAME;
use crate::manifest::parse::{Parsed, parse_bytes};
use crate::report::{html, human, json};
use crate::statement::{Body, MAX_STATEMENT_BYTES, PREDICATE_TYPE};

/// Show what became more or less open between two revisions, directories or files
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A and B are read as a file or a directory if there is one of that name, else as a revision; write \
                  `refs/tags/NAME` for a tag with the name of a directory. A file is a manifest or a statement; the \
                  signatures of a statement are not checked, see `openness verify`."
)]
pub(super) struct Args {
    /// Compare from this revision, directory, manifest or statement
    #[arg(value_name = "A")]
    before: String,
    /// Compare to this revision, directory, manifest or statement
    #[arg(value_name = "B")]
    after: String,
    /// Look up revisions in this repository, and compare the manifest of this directory [default: this directory, or the nearest
    /// one above it in the working tree that has a manifest]
    #[arg(long, value_name = "PATH")]
    path: Option<PathBuf>,
    /// Print the differences in this format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Exit with status 1 after this kind of change
    #[arg(long, value_enum, value_name = "CHANGE")]
    fail_on: Option<FailOn>,
    #[command(flatten)]
    output: OutputArgs,
}

/// The formats of the differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people
    Human,
    /// One JSON object
    Json,
    /// A single HTML file, without scripts and external resources
    Html,
}

/// The changes that can decide the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Anything became less open
    LessOpen,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    args.output.redirect(session);
    let path = args.repository(session)?;
    let before = side(&args.before, &path, session)?;
    let after = side(&args.after, &path, session)?;
    let found = Difference::between(&before, &after);
    match args.format {
        Format::Json => json::diff::write(&before, &after, &found, &mut session.out.document())?,
        Format::Html => html::write_difference(&before, &after, &found, &mut session.out.document())?,
        Format::Human => human::diff::write(&before, &after, &found, session.terminal.style, &mut session.out)?,
    }
    let fails = args.fail_on == Some(FailOn::LessOpen) && found.count(Direction::LessOpen) > 0;
    Ok(if fails { Outcome::Failed } else { Outcome::Done })
}

impl Args {
    /// Returns the directory whose manifest is compared at revisions, and says so if it is another than the current one.
    fn repository(&self, session: &Session) -> Result<PathBuf, Failure> {
        let here = PathBuf::from(".");
        let names_revision = [&self.before, &self.after].into_iter().any(|name| !Path::new(name).exists());
        match &self.path {
            Some(path) => Ok(path.clone()),
            None if has_manifest(&here) || !names_revision => Ok(here),
            None => Ok(match manifest_above(&here)? {
                Some(above) => {
                    session.note(&format!("note: comparing `{}`", above.join(FILE_NAME).display()));
                    above
                }
                None => here,
            }),
        }
    }
}

/// The largest license text that is compared.
const MAX_LICENSE_BYTES: u64 = 256 * 1024;

fn side(name: &str, repository: &Path, session: &Session) -> Result<Side, Failure> {
    let path = Path::new(name);
    if path.is_file() {
        return of_file(path, session);
    }
    let source = if path.is_dir() {
        SourceArgs::of_directory(path)
    } else {
        if Repo::discover(repository, &environment::user())?.is_none() {
            let place = repository.display();
            let help = how_to_download(path);
            let help = help.unwrap_or_else(|| "to compare revisions, name their repository with `--path`".to_owned());
            return Err(Failure::new(format!(
                "`{name}` is not a file or directory, and `{place}` is not in a Git repository"
            ))
            .help(help));
        }
        SourceArgs { rev: Some(name.to_owned()), ..SourceArgs::of_directory(repository) }
    };
    let snapshot = source.snapshot()?;
    let parsed = manifest::of(&snapshot, &source)?;
    let mut side = of_manifest(name, &parsed, session)?;
    side.read_license_texts(&parsed.manifest, |path| snapshot.read(path, MAX_LICENSE_BYTES).ok().flatten());
    Ok(side)
}

fn of_manifest(name: &str, parsed: &Parsed, session: &Session) -> Result<Side, Failure> {
    if parsed.is_sound() {
        return Ok(Side::of_manifest(&parsed.manifest));
    }
    manifest::print_findings(parsed, session)?;
    Err(Failure::of_manifest(format!("the manifest of `{name}` has errors")))
}

fn of_file(path: &Path, session: &Session) -> Result<Side, Failure> {
    let name = path.display().to_string();
    let bytes = inputs::read_bounded(path, MAX_STATEMENT_BYTES)?;
    if bytes.len() > MAX_STATEMENT_BYTES {
        return Err(Failure::new(format!("`{name}` is larger than {MAX_STATEMENT_BYTES} bytes")));
    }
    if bytes.first() != Some(&b'{') {
        return of_manifest(&name, &parse_bytes(&name, &bytes), session);
    }
    let cannot_read = |error: serde_json::Error| Failure::caused_by(format!("cannot read `{name}`"), error);
    let value = crate::json::read(&bytes).map_err(cannot_read)?;
    if value["predicateType"] != PREDICATE_TYPE {
        return Err(Failure::new(format!("`{name}` is not an openness statement"))
            .help("name `.openness/statement.json` of a release, or the directory of the release"));
    }
    let statement: Body = serde_json::from_value(value).map_err(cannot_read)?;
    Ok(Side::of_statement(&statement))
}
