//! `openness audit --plan` and `openness audit task`: the work of a run in parts, for engines that spread it over machines.

use std::io::Write as _;
use std::path::PathBuf;

use super::super::{Failure, Outcome, Session, inputs};
use super::{end_with_parent, explain, explain_run, worker_command};
use crate::audit::{Output, Plan, Settings, Task, Workers};

/// The longest task that is read, in bytes: a million targets of a shard, or long lists of signers.
const MAX_TASK_BYTES: usize = 1 << 30;

/// Audit the targets of one task
///
/// Reads a line that `openness audit --plan` printed from standard input, writes a part into the same output, and prints what it
/// wrote as JSON (`schema audit-done`). The same task may be done several times, also at once: the bytes are the same.
#[derive(Debug, clap::Args)]
pub(super) struct TaskArgs {
    /// The output of the run, as this machine reaches it
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Prints the tasks of a run that are left.
pub(super) fn print(
    plan: &Plan,
    output: &Output,
    settings: &Settings,
    session: &mut Session,
) -> Result<Outcome, Failure> {
    for task in Task::left(plan, output, settings) {
        serde_json::to_writer(&mut session.out, &task.map_err(explain)?)?;
        writeln!(session.out)?;
    }
    Ok(Outcome::Done)
}

/// Does the task on standard input.
pub(super) fn run(args: &TaskArgs, session: &mut Session) -> Result<Outcome, Failure> {
    end_with_parent();
    let text = inputs::read_stdin(MAX_TASK_BYTES)?;
    let task: Task = serde_json::from_slice(&text).map_err(|error| {
        Failure::caused_by("standard input is not a task", error)
            .help("pass a line that `openness audit --plan` prints")
    })?;
    let command = worker_command()?;
    let done = task.run(&args.out, &Workers::Processes(&command)).map_err(explain_run)?;
    serde_json::to_writer(&mut session.out, &done)?;
    writeln!(session.out)?;
    Ok(Outcome::Done)
}
