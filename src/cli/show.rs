//! `openness show`.

use super::source_args::SourceArgs;
use super::{Failure, Format, Outcome, Session, manifest};
use crate::evaluate;
use crate::report::{human, json};

/// Show the declared components, and the verdict of each taxonomy
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Print in this format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let parsed = manifest::read(&args.source)?;
    if !parsed.is_sound() {
        return manifest::refuse(&parsed, args.format, session);
    }
    let evaluations = evaluate::evaluate(&parsed.manifest);
    match args.format {
        Format::Json => json::show::write(&parsed.manifest, &evaluations, &mut session.out.document())?,
        Format::Human => {
            human::show::write(&parsed.manifest, &evaluations, session.terminal.style, &mut session.out)?;
        }
    }
    Ok(Outcome::Done)
}
