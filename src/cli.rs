//! The command-line interface: arguments in, text and an exit status out. Only this module prints, and only
//! `cli/environment.rs` reads the environment.
//!
//! It is part of the library, behind the feature `cli`, because two programs share it; no other module may use it.

mod audit;
mod cache;
mod check;
mod completions;
mod created;
mod diff;
mod dirs;
mod environment;
mod evidence;
mod explain;
mod export;
mod failure;
mod hash;
mod hashing;
mod hook;
mod import;
mod init;
mod inputs;
mod licenses;
mod key;
mod levels;
mod logs;
mod lsp;
mod man;
mod manifest;
mod oms;
mod out;
mod output_args;
mod path;
mod progress;
mod report;
mod schema;
mod show;
mod sign;
mod signer;
mod source_args;
mod statement;
mod terminal;
mod time;
mod trusted;
mod values;
mod verify;
mod waive;
mod weigh;
mod what_if;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use jiff::Timestamp;

use crate::report::human::{Paint, Style};
use crate::report::shown;
use failure::Failure;
use terminal::ColorChoice;

const GLOBAL_OPTIONS: &str = "Global options";

/// Make claims of AI openness precise, checkable and signed
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, propagate_version = true, disable_help_subcommand = true)]
#[command(after_help = "Exit status: 0 success; 1 errors found, or not verified; 2 could not run")]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// Use colors: always, never, or auto (on a terminal, unless NO_COLOR or CLICOLOR_FORCE is set)
    #[arg(
        long,
        value_enum,
        default_value_t = ColorChoice::Auto,
        global = true,
        value_name = "WHEN",
        hide_possible_values = true,
        help_heading = GLOBAL_OPTIONS
    )]
    color: ColorChoice,

    /// Print only results and errors, without notes and progress. Warnings of `check` are results
    #[arg(short, long, global = true, help_heading = GLOBAL_OPTIONS)]
    quiet: bool,

    /// Print every item of long lists
    #[arg(short, long, global = true, conflicts_with = "quiet", help_heading = GLOBAL_OPTIONS)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Check(check::Args),
    Show(show::Args),
    Path(path::Args),
    Weigh(weigh::Args),
    WhatIf(what_if::Args),
    Hash(hash::Args),
    Sign(sign::Args),
    Statement(statement::Args),
    Verify(Box<verify::Args>),
    Audit(audit::Args),
    #[command(hide = true)]
    AuditWorker(audit::WorkerArgs),
    Licenses(licenses::Args),
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

impl Command {
    fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        match self {
            Self::Init(args) => init::run(args, session),
            Self::Check(args) => check::run(args, session),
            Self::Show(args) => show::run(args, session),
            Self::Path(args) => path::run(args, session),
            Self::Weigh(args) => weigh::run(args, session),
            Self::WhatIf(args) => what_if::run(args, session),
            Self::Hash(args) => hash::run(args, session),
            Self::Sign(args) => sign::run(args, session),
            Self::Statement(args) => statement::run(args, session),
            Self::Verify(args) => verify::run(*args, session),
            Self::Audit(args) => audit::run(args, session),
            Self::AuditWorker(args) => audit::run_worker(&args),
            Self::Licenses(args) => licenses::run(args, session),
            Self::Diff(args) => diff::run(args, session),
            Self::Import(args) => import::run(args, session),
            Self::Export(args) => export::run(args, session),
            Self::Report(args) => report::run(args, session),
            Self::Explain(args) => explain::run(args, session),
            Self::Hook(args) => hook::run(args, session),
            Self::Key(args) => key::run(args, session),
            Self::Schema(args) => schema::run(args, session),
            Self::Completions(args) => completions::run(args, session),
            Self::Man(args) => man::run(args, session),
            Self::Lsp(args) => lsp::run(args, session),
        }
    }
}

/// An output format for people or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Text for people
    Human,
    /// JSON for programs, version 1
    Json,
}

/// The result of a command that could run; it decides the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Status 0: success.
    Done,
    /// Status 1: errors were found, or the release is not verified.
    Failed,
    /// The status of a command that was run.
    #[cfg(not(unix))]
    Status(u8),
}

/// The state that every command shares: its output, the terminal, and the time.
#[derive(Debug)]
struct Session {
    out: out::Out,
    terminal: terminal::Terminal,
    /// When the program started.
    now: Timestamp,
}

impl Session {
    /// Prints a line in addition to the result, on standard error, unless `--quiet` is given.
    fn note(&self, text: &str) {
        if !self.terminal.quiet {
            eprint_prose(&shown(text));
        }
    }

    /// Prints why a command could not run as JSON, together with the result that it may have had.
    fn print_json(&mut self, failure: &Failure) {
        if !self.out.has_begun() {
            let result = self.out.take();
            // If that fails, the message for people and the exit status remain.
            let _ = failure.write_json(&result, &mut self.out.document());
        }
    }
}

/// Runs the program as `name` with the process's arguments.
#[must_use]
pub fn main(name: &'static str) -> ExitCode {
    run(name, environment::arguments())
}

fn run(name: &'static str, arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = std::iter::once(OsString::from(name)).chain(arguments.skip(1)).collect();
    let wants_json = wants_json(&arguments);
    let cli = match parse(arguments, wants_json) {
        Ok(cli) => cli,
        Err(status) => return status,
    };
    let terminal = terminal::Terminal::new(cli.color, cli.quiet, cli.verbose);
    let mut session = Session { out: out::Out::new(terminal.style.color), terminal, now: environment::now() };
    let result = cli.command.run(&mut session);
    // A command that could not run, or found nothing to print, does not empty the file that it would have written.
    if result.is_err() || (matches!(result, Ok(Outcome::Failed)) && session.out.is_empty()) {
        session.out.give_up_file();
    }
    if let (Err(failure), true) = (&result, wants_json) {
        session.print_json(failure);
    }
    let result = session.out.finish().and(result);
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::from(1),
        #[cfg(not(unix))]
        Ok(Outcome::Status(status)) => ExitCode::from(status),
        Err(failure) => {
            eprint_prose(&failure.report());
            ExitCode::from(2)
        }
    }
}

/// Parses the command line. If there is nothing to run, prints why and returns the exit status.
fn parse(mut arguments: Vec<OsString>, wants_json: bool) -> Result<Cli, ExitCode> {
    // `help COMMAND` is `COMMAND --help`. Clap's own `help` at every level would slow down each start, and every hook's
    // too.
    if arguments.get(1).is_some_and(|first| first == "help") {
        arguments.remove(1);
        arguments.push("--help".into());
    }
    Cli::try_parse_from(&arguments).map_err(|error| {
        // An argument may be the name of a branch or a file that anybody chose: the error quotes it, so it is made again with
        // names that cannot control a terminal.
        let shown = arguments.iter().map(|argument| OsString::from(shown(&argument.to_string_lossy()).into_owned()));
        let error = Cli::try_parse_from(shown).err().filter(|safe| safe.kind() == error.kind()).unwrap_or(error);
        // Help and version are not errors, and go to standard output.
        let status = if error.use_stderr() { 2 } else { 0 };
        if wants_json && error.use_stderr() {
            // If that fails, the message for people and the exit status remain.
            let _ = usage(&error).write_json(b"", &mut io::stdout().lock());
        }
        match error.print() {
            Ok(()) => ExitCode::from(status),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(status),
            Err(_) => ExitCode::from(2),
        }
    })
}

/// Returns whether the arguments ask for JSON, also if they are wrong otherwise.
fn wants_json(arguments: &[OsString]) -> bool {
    let mut before = None;
    arguments.iter().take_while(|argument| *argument != "--").any(|argument| {
        let after_flag = before.replace(argument).is_some_and(|before| before == "--format");
        argument == "--format=json" || (after_flag && argument == "json")
    })
}

/// Returns an error in the arguments as a failure: its first paragraph, and its tip.
fn usage(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n").map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let message = paragraphs.next().unwrap_or_default();
    let failure = Failure::new(message.strip_prefix("error: ").unwrap_or(&message));
    match paragraphs.find_map(|paragraph| paragraph.strip_prefix("tip: ").map(str::to_owned)) {
        Some(tip) => failure.help(tip),
        None => failure.help("list the arguments with `--help`"),
    }
}

/// Writes a line to standard error, in which nothing of others can control the terminal.
fn eprint_line(line: &str) {
    eprint_text(&shown(line));
}

/// Writes prose that was made safe before to standard error. A terminal gets lines that fit, with what follows `note: ` below it.
fn eprint_prose(text: &str) {
    let Some(width) = terminal::error_width() else { return eprint_text(text) };
    let paint = Paint(Style { color: false, unicode: true, width, verbose: false });
    let mut lines = Vec::new();
    for line in text.lines() {
        let lead = LEADS
            .iter()
            .find(|lead| line.starts_with(**lead))
            .map_or_else(|| line.len() - line.trim_start().len(), |lead| lead.len());
        let (lead, rest) = line.split_at(lead);
        // A vector takes everything.
        let _ = paint.wrapped(&mut lines, lead, rest);
    }
    eprint_text(String::from_utf8_lossy(&lines).trim_end());
}

/// What a line to standard error begins with.
const LEADS: &[&str] = &["note: ", "help: ", "error: ", "warning: ", "internal error: "];

/// Writes lines that were made safe before to standard error. If that fails, there is no place left to report it.
fn eprint_text(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
