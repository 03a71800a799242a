//! The shell: arguments in, text and an exit status out. The one place that reads the environment and talks.
//!
//! It stands in the library, behind the feature `cli`, because two programs share it; nothing else may name it.

mod cache;
mod check;
mod completions;
mod diff;
mod evidence;
mod explain;
mod export;
mod hash;
mod hook;
mod import;
mod init;
mod key;
mod logs;
mod lsp;
mod man;
mod place;
mod progress;
mod proof;
mod report;
mod schema;
mod show;
mod sign;
mod signer;
mod statement;
mod tag;
mod terminal;
mod trust;
mod verify;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use terminal::ColorChoice;

/// Make claims of AI openness precise, checkable and signed.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, propagate_version = true, disable_help_subcommand = true)]
#[command(after_help = "Exit status: 0 done and nothing against it; 1 findings of error level, or not verified; \
                        2 the work could not be done.")]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// When to use colours; auto asks the terminal and NO_COLOR
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, global = true, value_name = "WHEN")]
    color: ColorChoice,

    /// Say only what matters: no notes, no progress
    #[arg(short, long, global = true)]
    quiet: bool,

    /// Say more
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Check(check::Args),
    Show(show::Args),
    Hash(hash::Args),
    Sign(sign::Args),
    Statement(statement::Args),
    Verify(verify::Args),
    Diff(diff::Args),
    Import(import::Args),
    Export(export::Args),
    Report(report::Args),
    Explain(explain::Args),
    Hook(hook::Args),
    Key(key::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Man(man::Args),
    Lsp(lsp::Args),
}

/// How a result is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For programs, version 1
    Json,
}

/// What a command came to; the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// 0: done, and nothing against it.
    Done,
    /// 1: findings of error level, or not verified.
    Against,
}

/// 2: the work could not be done.
#[derive(Debug)]
struct Failure {
    message: String,
    help: Option<String>,
}

impl Failure {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            // Some errors repeat their source in their own words.
            if !message.contains(&cause_text) {
                message = format!("{message}: {cause_text}");
            }
            source = cause.source();
        }
        Self::new(message)
    }
}

/// What every command is given: where to write, and how the terminal is.
#[derive(Debug)]
struct Session {
    /// What goes to standard output, in one piece at the end: the status is known before anybody reads.
    out: Vec<u8>,
    terminal: terminal::Terminal,
}

impl Session {
    /// Says something beside the result, on standard error.
    fn note(&self, text: &str) {
        if !self.terminal.quiet {
            say(text);
        }
    }
}

/// Runs the program as `name` with the process's arguments.
#[must_use]
pub fn main(name: &'static str) -> ExitCode {
    run(name, std::env::args_os())
}

fn run(name: &'static str, arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let mut arguments: Vec<OsString> = std::iter::once(OsString::from(name)).chain(arguments.skip(1)).collect();
    // `help COMMAND` is `COMMAND --help`. A command of that name at every level would cost each start, and a hook's too.
    if arguments.get(1).is_some_and(|first| first == "help") {
        arguments.remove(1);
        arguments.push("--help".into());
    }
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors, and go to standard output.
            let status = if error.use_stderr() { 2 } else { 0 };
            return match error.print() {
                Ok(()) => ExitCode::from(status),
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(status),
                Err(_) => ExitCode::from(2),
            };
        }
    };
    let terminal = terminal::Terminal::new(cli.color, cli.quiet, cli.verbose);
    let mut session = Session { out: Vec::new(), terminal };
    let result = match cli.command {
        Command::Init(args) => init::run(args, &mut session),
        Command::Check(args) => check::run(args, &mut session),
        Command::Show(args) => show::run(args, &mut session),
        Command::Hash(args) => hash::run(args, &mut session),
        Command::Sign(args) => sign::run(args, &mut session),
        Command::Statement(args) => statement::run(args, &mut session),
        Command::Verify(args) => verify::run(args, &mut session),
        Command::Diff(args) => diff::run(args, &mut session),
        Command::Import(args) => import::run(args, &mut session),
        Command::Export(args) => export::run(args, &mut session),
        Command::Report(args) => report::run(args, &mut session),
        Command::Explain(args) => explain::run(args, &mut session),
        Command::Hook(args) => hook::run(args, &mut session),
        Command::Key(args) => key::run(args, &mut session),
        Command::Schema(args) => schema::run(args, &mut session),
        Command::Completions(args) => completions::run(args, &mut session),
        Command::Man(args) => man::run(args, &mut session),
        Command::Lsp(args) => lsp::run(args, &mut session),
    };
    let written = write_out(&session.out);
    let result = match written {
        Ok(()) => result,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => result,
        Err(error) => Err(Failure::new(format!("cannot write to standard output: {error}"))),
    };
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Against) => ExitCode::from(1),
        Err(failure) => {
            say(&format!("error: {}", crate::report::shown(&failure.message)));
            if let Some(help) = failure.help {
                say(&format!("help: {}", crate::report::shown(&help)));
            }
            ExitCode::from(2)
        }
    }
}

fn write_out(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Writes a line to standard error; that it cannot be written is nobody's to hear.
fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
