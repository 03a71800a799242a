//! `openness statement`.

use std::io::Write as _;
use std::path::PathBuf;

use super::created::CreatedArgs;
use super::source_args::SourceArgs;
use super::{Failure, Outcome, Session, eprint_line, eprint_text, sign, waive};
use crate::atomic;

/// Print the statement that `sign` would sign, without signing it
///
/// The bytes are exact, without a final line feed: they can be reviewed, copied to the machine that has the key, and
/// signed there with `sign --statement`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    created: CreatedArgs,
    /// Waive findings with these codes; the statement records the codes, and the signer has to name them again
    #[arg(long = "waive", value_name = "CODE", num_args = 1.., value_parser = waive::codes(), hide_possible_values = true)]
    waived: Vec<String>,
    /// Write the statement to this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Args {
    /// A statement without waivers, on standard output.
    pub(super) fn new(source: SourceArgs, created: CreatedArgs) -> Self {
        Self { source, created, waived: Vec::new(), output: None }
    }
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let statement = match sign::build_statement(&args.source, args.created, &args.waived, session)? {
        Ok(statement) => statement,
        Err(codes) => {
            // Standard output is for the statement alone, so the findings go to standard error.
            let findings = session.out.take();
            eprint_text(String::from_utf8_lossy(&findings).trim_end());
            eprint_line(&format!("no statement: {}", sign::blocked_by(&codes)));
            return Ok(Outcome::Failed);
        }
    };
    let bytes = statement.to_bytes()?;
    match &args.output {
        Some(file) => atomic::write(file, &bytes)?,
        None => session.out.document().write_all(&bytes)?,
    }
    sign::print_notes(&statement, session);
    Ok(Outcome::Done)
}
