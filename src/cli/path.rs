//! `openness path`.

use super::output_args::OutputArgs;
use super::source_args::SourceArgs;
use super::{Failure, Format, Outcome, Session, manifest, values};
use crate::decide::{self, Goal, GoalError, Reach};
use crate::report::{human, json};

/// Find the smallest sets of changes to the declared facts that reach a level of a taxonomy
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each set is proved by evaluating the manifest with it, and no change of a set can be left out. A better \
                  level counts too. `…` in a change stands for a text that only you can write, and a license for any that \
                  is as open.\n\nExit status: 0 if the level is or can be reached; 1 if no change of facts reaches it; \
                  2 could not run"
)]
pub(super) struct Args {
    /// Reach this level, such as `mof=class-2`, `osaid` or `osai=0.5` [default: the best level of the taxonomy]
    #[arg(value_name = "TAXONOMY[=LEVEL]", value_parser = values::goals(), hide_possible_values = true)]
    goal: String,
    #[command(flatten)]
    source: SourceArgs,
    /// Print in this format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    args.output.redirect(session);
    let goal = Goal::read(&args.goal).map_err(explained)?;
    let parsed = manifest::read(&args.source)?;
    if !parsed.is_sound() {
        return manifest::refuse(&parsed, args.format, session);
    }
    let path = decide::path(&parsed.manifest, &goal)?;
    match args.format {
        Format::Json => json::path::write(&goal, &path, &mut session.out.document())?,
        Format::Human => {
            human::path::write(&parsed.manifest, &goal, &path, session.terminal.style, &mut session.out)?;
        }
    }
    Ok(if matches!(path.reach, Reach::Not(_)) { Outcome::Failed } else { Outcome::Done })
}

fn explained(error: GoalError) -> Failure {
    let help = match (&error, error.nearest()) {
        (GoalError::UnknownLevel { taxonomy, .. }, Some(near)) => format!("did you mean `{taxonomy}={near}`?"),
        (GoalError::UnknownLevel { taxonomy, .. }, None) => format!("see `openness explain {taxonomy}`"),
        (_, Some(near)) => format!("did you mean `{near}`?"),
        (_, None) => "list the taxonomies with `openness explain`".to_owned(),
    };
    Failure::from(error).help(help)
}
