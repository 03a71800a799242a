//! `openness completions`.

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use super::{Cli, Failure, Outcome, Session};

/// Print the completion script of a shell
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print the script for this shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    generate(args.shell, &mut Cli::command(), env!("CARGO_PKG_NAME"), &mut session.out.document());
    Ok(Outcome::Done)
}
