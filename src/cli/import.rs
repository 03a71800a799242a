//! `openness import`.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use super::{Failure, Outcome, Session};
use crate::import::{Format, import};

/// The largest record that is read.
const MAX_RECORD_BYTES: u64 = 4 * 1024 * 1024;

/// Print a manifest made from a record of another project
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The format of the record
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(Format::WORDS))]
    format: String,
    /// The record; `-` for standard input
    file: PathBuf,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let format = Format::from_word(&args.format).ok_or_else(|| Failure::new("the format is unknown"))?;
    let name = args.file.display().to_string();
    let cannot = |error: std::io::Error| Failure::new(format!("cannot read `{name}`: {error}"));
    let mut bytes = Vec::new();
    if args.file.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_RECORD_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    } else {
        let file = std::fs::File::open(&args.file).map_err(cannot)?;
        file.take(MAX_RECORD_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    }
    let text = String::from_utf8(bytes).map_err(|_| Failure::new(format!("`{name}` is not UTF-8")))?;
    let manifest = import(format, &text).map_err(|error| Failure::new(format!("`{name}`: {error}")))?;
    session.out.write_all(manifest.as_bytes())?;
    Ok(Outcome::Done)
}
