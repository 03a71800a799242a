//! `openness licenses`.

use super::source_args::SourceArgs;
use super::{Failure, Format, Outcome, Session, manifest};
use crate::license::chain;
use crate::lineage::Lineage;
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
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    if args.source.is_stdin() {
        let parsed = manifest::of_stdin()?;
        return print(&args, &parsed, &Lineage::of(&parsed.manifest, None), session);
    }
    let snapshot = args.source.snapshot()?;
    let parsed = manifest::of(&snapshot, &args.source)?;
    let lineage = Lineage::of(&parsed.manifest, Some(&snapshot));
    print(&args, &parsed, &lineage, session)
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
