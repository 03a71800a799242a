//! `openness man`.

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::{Cli, Failure, Outcome, Session};

/// Print the manual page of the program or of one command, in roff
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print the page of this command, such as `key trust add` [default: the whole program]
    command: Vec<String>,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let mut program = Cli::command();
    // The names of subcommands and the flags that they share are only known after building.
    program.build();
    let mut words = args.command.iter().flat_map(|words| words.split_whitespace());
    let page = words.try_fold(program, |page, name| {
        let found = page.find_subcommand(name).cloned();
        found.ok_or_else(|| {
            Failure::new(format!("there is no command `{}`", args.command.join(" ")))
                .help("list the commands with `openness --help`")
        })
    })?;
    let source = concat!("openness ", env!("CARGO_PKG_VERSION"));
    let title = page.get_display_name().unwrap_or(page.get_name()).to_owned();
    Man::new(page).title(title).source(source).render(&mut session.out.document())?;
    Ok(Outcome::Done)
}
