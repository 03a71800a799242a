//! `openness man`.

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::{Cli, Failure, Outcome, Session};

/// Print the manual page of the program or of a command, in roff
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The command; default the whole program
    command: Option<String>,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let mut program = Cli::command();
    // Only a built command knows the names of its subcommands and the flags that they share.
    program.build();
    let page = match &args.command {
        None => program,
        Some(name) => program
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| Failure::new(format!("there is no command `{name}`")).help("run `openness --help`"))?,
    };
    let title = page.get_display_name().unwrap_or(page.get_name()).to_owned();
    Man::new(page).title(title).render(&mut session.out)?;
    Ok(Outcome::Done)
}
