//! `openness statement`.

use std::io::Write as _;
use std::path::PathBuf;

use super::place::SourceArgs;
use super::{Failure, Outcome, Session, sign};
use crate::atomic;

/// Print what `sign` would sign, without signing it
///
/// The bytes are exact, without a final line feed: they can be reviewed, carried to the machine that holds the key, and
/// signed there with `sign --statement`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: SourceArgs,
    /// When, as the statement claims; default the commit's time, or SOURCE_DATE_EPOCH, or now
    #[arg(long, value_name = "TIME")]
    created: Option<jiff::Timestamp>,
    /// Waive these findings: the statement records the codes, and the signer has to name them too
    #[arg(long = "waive", value_name = "CODE", num_args = 1..)]
    waived: Vec<String>,
    /// Write it to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Args {
    /// The statement of what nothing stands against, on standard output.
    pub(super) fn new(place: SourceArgs, created: Option<jiff::Timestamp>) -> Self {
        Self { place, created, waived: Vec::new(), output: None }
    }
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    // What is found goes to standard error here: standard output is the statement's alone.
    let statement = match sign::compose(&args.place, args.created, &args.waived, session)? {
        Ok(statement) => statement,
        Err(codes) => {
            let findings = std::mem::take(&mut session.out);
            super::say(String::from_utf8_lossy(&findings).trim_end());
            super::say(&format!("no statement: {}", sign::against(&codes)));
            return Ok(Outcome::Against);
        }
    };
    let bytes = statement.to_bytes()?;
    match &args.output {
        Some(file) => atomic::write(file, &bytes)?,
        None => session.out.write_all(&bytes)?,
    }
    sign::notes(&statement, session);
    Ok(Outcome::Done)
}
