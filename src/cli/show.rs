//! `openness show`.

use super::place::{self, SourceArgs};
use super::{Failure, Format, Outcome, Session};
use crate::evaluate;
use crate::report::{human, json};

/// Show what is declared, and what each taxonomy makes of it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: SourceArgs,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let parsed = place::read_manifest(&args.place)?;
    if !parsed.is_sound() {
        place::complain(&parsed, session)?;
        return Ok(Outcome::Against);
    }
    let evaluations = evaluate::evaluate(&parsed.manifest);
    match args.format {
        Format::Json => json::show::write(&parsed.manifest, &evaluations, &mut session.out)?,
        Format::Human => {
            human::show::write(&parsed.manifest, &evaluations, session.terminal.style, &mut session.out)?;
        }
    }
    Ok(Outcome::Done)
}
