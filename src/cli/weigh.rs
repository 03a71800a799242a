//! `openness weigh`.

use clap::ValueEnum;

use super::output_args::OutputArgs;
use super::source_args::SourceArgs;
use super::{Failure, Outcome, Session, manifest};
use crate::decide;
use crate::report::{human, json, markdown};

/// Print one page for a release meeting: what opening each part serves and risks, with the facts and sources behind it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The page decides nothing: each line names the fact of the manifest or the publication that it rests on, \
                  and what is not stated is listed."
)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Print in this format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
}

/// The formats of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people
    Human,
    /// Markdown, for minutes
    Markdown,
    /// One JSON object
    Json,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    args.output.redirect(session);
    let parsed = manifest::read(&args.source)?;
    if !parsed.is_sound() {
        manifest::print_findings(&parsed, session)?;
        return Ok(Outcome::Failed);
    }
    let weighing = decide::weigh(&parsed.manifest);
    match args.format {
        Format::Human => human::weigh::write(&parsed.manifest, &weighing, session.terminal.style, &mut session.out)?,
        Format::Markdown => markdown::write_weighing(&parsed.manifest, &weighing, &mut session.out.document())?,
        Format::Json => json::weigh::write(&parsed.manifest, &weighing, &mut session.out.document())?,
    }
    Ok(Outcome::Done)
}
