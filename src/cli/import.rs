//! `openness import`.

use std::borrow::Cow;
use std::io::Write as _;
use std::path::PathBuf;

use super::output_args::OutputArgs;
use super::{Failure, Outcome, Session, inputs};
use crate::import::{Format, front, import};

/// The largest file that is read; the importer allows less, and says how large the record is.
const MAX_RECORD_BYTES: usize = 4 * 1024 * 1024;

/// Convert a record of another project to a manifest, and print it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Read this format
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(Format::WORDS))]
    format: String,
    /// Read this file; `-` for standard input
    file: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    args.output.redirect(session);
    let format = Format::from_word(&args.format).ok_or_else(|| Failure::new("unknown format"))?;
    let name = args.file.display().to_string();
    let bytes = match args.file.as_os_str() == "-" {
        true => inputs::read_stdin(MAX_RECORD_BYTES)?,
        false => inputs::read_bounded(&args.file, MAX_RECORD_BYTES)?,
    };
    let card = (format == Format::Card).then(|| front::decode(&bytes).ok().map(Cow::into_owned)).flatten();
    let text = card.map_or_else(|| inputs::text(bytes, &name), Ok)?;
    let manifest = import(format, &text).map_err(|error| Failure::caused_by(format!("`{name}`"), error))?;
    session.out.document().write_all(manifest.as_bytes())?;
    Ok(Outcome::Done)
}
