//! `openness show`.

use super::output_args::OutputArgs;
use super::source_args::SourceArgs;
use super::{Failure, Format, Outcome, Session, manifest, values};
use crate::evaluate::Evaluation;
use crate::report::human::show::Reasons;
use crate::report::{human, json};

/// Show what is open under which terms, and the verdict of each taxonomy with the reason that decides it
#[derive(Debug, clap::Args)]
#[command(after_help = "The output fits a screen of 80 columns and 45 lines. JSON always has everything.")]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Show only these taxonomies, such as mof-1.0 or mof, and every reason
    #[arg(
        long,
        value_name = "ID",
        value_delimiter = ',',
        value_parser = values::taxonomies(),
        hide_possible_values = true,
        conflicts_with = "all"
    )]
    taxonomy: Vec<String>,
    /// Show every component with its files, and reasons for the verdict of each taxonomy
    #[arg(long)]
    all: bool,
    /// Print in this format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    args.output.redirect(session);
    let release = manifest::read_release(&args.source)?;
    let parsed = &release.parsed;
    if !parsed.is_sound() {
        return manifest::refuse(parsed, args.format, session);
    }
    let chosen = args.taxonomy.iter().map(|word| values::taxonomy(word)).collect::<Result<Vec<_>, _>>()?;
    let manifest = &parsed.manifest;
    let evaluations: Vec<Evaluation> = match chosen.is_empty() {
        true => release.evaluate(),
        false => chosen.iter().filter_map(|taxonomy| release.evaluate_one(&taxonomy.id)).collect(),
    };
    let style = session.terminal.style;
    match args.format {
        Format::Json => json::show::write(manifest, &evaluations, &mut session.out.document())?,
        Format::Human if !chosen.is_empty() => {
            human::show::verdicts(&evaluations, Reasons::All, style, &mut session.out)?;
        }
        Format::Human if args.all || style.verbose => {
            human::show::write(manifest, &evaluations, style, &mut session.out)?;
        }
        Format::Human => human::overview::write(manifest, &evaluations, style, &mut session.out)?,
    }
    Ok(Outcome::Done)
}
