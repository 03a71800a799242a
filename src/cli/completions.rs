//! `openness completions`.

use std::io::{self, Write};

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
    let mut program = Cli::command();
    generate(args.shell, &mut program, env!("CARGO_PKG_NAME"), &mut session.out.document());
    if args.shell == Shell::Fish {
        positional_values(&program, &mut session.out.document())?;
    }
    Ok(Outcome::Done)
}

/// Writes the values of positional arguments for fish; the generator only writes those of options.
fn positional_values(program: &clap::Command, out: &mut impl Write) -> io::Result<()> {
    for command in program.get_subcommands() {
        for argument in command.get_positionals() {
            let values = argument.get_value_parser().possible_values().into_iter().flatten();
            let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
            if !names.is_empty() {
                let (name, names) = (command.get_name(), names.join(" "));
                writeln!(out, "complete -c openness -n \"__fish_openness_using_subcommand {name}\" -f -a \"{names}\"")?;
            }
        }
    }
    Ok(())
}
