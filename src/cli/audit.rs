//! `openness audit`.

mod report;
mod targets;
mod task;
mod trust;

use std::io::{self, Write as _};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;

use super::{Failure, Outcome, Session, environment, eprint_line, hashing, inputs, source_args, time};
use crate::audit::{
    self, Auditor, Document, Limits, Manifest, Mode, Output, OutputError, Progress, RunError, Settings, Workers,
    run as run_plan, serve,
};
use crate::policy;
use crate::report::{counted, size};
use targets::TargetArgs;
use trust::TrustArgs;

/// Audit many releases: one row for each in Parquet files, whatever is wrong with it
///
/// The output is resumable: run the same command again to go on. `_MANIFEST.json` appears when every target has a row.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Subcommand>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Subcommand {
    Report(report::ReportArgs),
    Site(report::SiteArgs),
    Task(task::TaskArgs),
}

/// What a run is given.
#[derive(Debug, clap::Args)]
struct RunArgs {
    #[command(flatten)]
    targets: TargetArgs,
    /// Write into this directory: new, empty, or with an earlier part of the same run
    #[arg(long, value_name = "DIR", required = true)]
    out: Option<PathBuf>,
    /// Put this many targets into a part
    #[arg(long, value_name = "N", default_value = "1000")]
    shard_size: NonZero<u32>,
    /// Work with this many processes [default: one per processor]
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<usize>>,
    /// Check manifests, and compare every file with what is signed [default]
    #[arg(long, conflicts_with = "check_only")]
    verify: bool,
    /// Check manifests and signatures, and read no weights
    #[arg(long)]
    check_only: bool,
    /// Also enforce the policy in this TOML file
    #[arg(long, value_name = "FILE", conflicts_with = "check_only")]
    policy: Option<PathBuf>,
    /// Check keys and statements as of this time; a date means its start in UTC [default: now, or that of the run in DIR]
    #[arg(long, value_name = "TIME")]
    verify_time: Option<String>,
    /// Audit nothing, and print a task for each part that is not done, as lines of JSON for `openness audit task`. Once all
    /// tasks are done, the same command without this flag completes the run
    #[arg(long)]
    plan: bool,
    /// Exit with 1 if a target has a finding of this level or above, or is not verified
    #[arg(long, value_name = "LEVEL", value_enum, conflicts_with = "plan")]
    fail_on: Option<FailOn>,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

/// What makes a complete audit fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// A finding that is an error
    Error,
    /// A finding that is a warning or an error
    Warning,
    /// Any finding
    Note,
    /// A target that is not verified
    NotVerified,
}

/// What is not exceeded for one target
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits for each target")]
struct LimitArgs {
    /// Read no target with more files than this [default: 100000]
    #[arg(long, value_name = "N")]
    max_files: Option<u64>,
    /// Compare no files of a target that has more bytes than this [default: no limit]
    #[arg(long, value_name = "N", conflicts_with = "check_only")]
    max_bytes: Option<u64>,
    /// End the work on a target after this many seconds [default: 3600, with --check-only 60]
    #[arg(long, value_name = "SECONDS")]
    max_seconds: Option<u64>,
}

/// Answer the requests of `openness audit` on standard input
#[derive(Debug, clap::Args)]
pub(super) struct WorkerArgs {}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    match args.command {
        None => run_audit(&args.run, session),
        Some(Subcommand::Report(args)) => report::write_report(&args, session),
        Some(Subcommand::Site(args)) => report::write_site(&args, session),
        Some(Subcommand::Task(args)) => task::run(&args, session),
    }
}

fn run_audit(args: &RunArgs, session: &mut Session) -> Result<Outcome, Failure> {
    let Some(out) = &args.out else { return Err(Failure::new("`--out` is missing")) };
    require_directory(out)?;
    let (targets, repeated) = args.targets.read(out)?;
    if repeated > 0 {
        let times = if repeated == 1 { "target is" } else { "targets are" };
        session.note(&format!("note: {repeated} {times} named more than once and get one row"));
    }
    let settings = args.settings(out, session)?;
    let plan = audit::plan(targets, args.shard_size, &settings);
    let output = Output::open(out, &plan).map_err(explain)?;
    if args.plan {
        return task::print(&plan, &output, &settings, session);
    }
    let command = worker_command()?;
    let start = environment::moment();
    let mut shown = Shown::new(session);
    let manifest = run_plan(
        &plan,
        &output,
        &settings,
        &Workers::Processes(&command),
        args.threads.unwrap_or_else(hashing::threads),
        &mut |progress| shown.update(progress, start.elapsed()),
    );
    let last = shown.finish();
    let manifest = manifest.map_err(explain_run)?;
    write_metrics(&output, last, start.elapsed())?;
    summarize(&manifest, session)?;
    Ok(if args.fails(&manifest) { Outcome::Failed } else { Outcome::Done })
}

/// Refuses a URL as the output: it would be taken for the name of a new directory.
fn require_directory(out: &Path) -> Result<(), Failure> {
    match out.to_str().filter(|text| source_args::is_url(text)) {
        None => Ok(()),
        Some(url) => Err(Failure::new(format!("cannot write into `{url}`: an audit writes into a directory")).help(
            "write into a directory of this machine, and copy it when the audit is complete; or mount the bucket",
        )),
    }
}

/// Answers a driver on standard input and output.
pub(super) fn run_worker(_: &WorkerArgs) -> Result<Outcome, Failure> {
    end_with_parent();
    #[cfg(feature = "remote")]
    let options = environment::remote_options()?;
    let prepare = |auditor: Auditor| {
        let auditor = auditor.in_environment(environment::user());
        #[cfg(feature = "remote")]
        let auditor = auditor.with_remote(options);
        auditor
    };
    match serve(io::stdin().lock(), io::stdout().lock(), prepare) {
        Ok(()) => Ok(Outcome::Done),
        // The driver has ended.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Outcome::Done),
        Err(error) => Err(Failure::caused_by("the worker cannot go on", error)),
    }
}

/// Ends this process when the driver dies, even in the middle of a target that hangs.
fn end_with_parent() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, set_parent_process_death_signal};
        // Without it, the worker ends when it has answered.
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
    }
}

/// Returns how to start the program again, as a worker.
fn worker_command() -> Result<impl Fn() -> Command + Sync, Failure> {
    let program = environment::program()?;
    Ok(move || {
        let mut command = Command::new(&program);
        // What a panic says is about the target, and is in no row.
        command.arg("audit-worker").stderr(Stdio::null());
        command
    })
}

impl RunArgs {
    fn settings(&self, out: &Path, session: &Session) -> Result<Settings, Failure> {
        let mode = if self.check_only { Mode::CheckOnly } else { Mode::Verify };
        let at = match &self.verify_time {
            Some(text) => time::parse(text)?,
            None => time_of_run(out)?.unwrap_or(session.now),
        };
        let mut settings = Settings::new(mode, at);
        self.trust.add_to(&mut settings)?;
        settings.policy = self.policy.as_deref().map(read_policy).transpose()?;
        let default = Limits::default_of(mode);
        settings.limits = Limits {
            files: self.limits.max_files.unwrap_or(default.files),
            bytes: self.limits.max_bytes.unwrap_or(default.bytes),
            seconds: self.limits.max_seconds.unwrap_or(default.seconds),
        };
        Ok(settings)
    }

    fn fails(&self, manifest: &Manifest) -> bool {
        let found = |word: &str| manifest.summary.findings.get(word).is_some_and(|count| *count > 0);
        match self.fail_on {
            None => false,
            Some(FailOn::Error) => found("error"),
            Some(FailOn::Warning) => found("error") || found("warning"),
            Some(FailOn::Note) => found("error") || found("warning") || found("note"),
            Some(FailOn::NotVerified) => {
                manifest.summary.statuses.get("verified").copied().unwrap_or(0) < manifest.rows
            }
        }
    }
}

/// Returns the time of the run that is in the output, so that the same command goes on with it.
fn time_of_run(out: &Path) -> Result<Option<Timestamp>, Failure> {
    let run = Output::run_in(out).map_err(explain)?;
    Ok(run.and_then(|run| run.at.parse().ok()))
}

fn read_policy(file: &Path) -> Result<Document, Failure> {
    // A mistake in it is reported before anything is read.
    inputs::policy(file)?;
    Ok(Document::new(file.display().to_string(), inputs::read_text(file, policy::MAX_POLICY_BYTES)?))
}

fn explain_run(error: RunError) -> Failure {
    match error {
        RunError::Output(error) => explain(error),
        RunError::OtherVersion { .. } => {
            Failure::from(error).help("install the same version of openness on every machine of the run")
        }
        error => error.into(),
    }
}

/// Adds what to do to an error of the output.
fn explain(error: OutputError) -> Failure {
    let help = match &error {
        OutputError::Foreign { .. } => "name a new or empty directory with `--out`",
        OutputError::OtherRun { .. } => {
            "go on with that run by the same arguments and program, or name another directory with `--out`"
        }
        OutputError::Incomplete { .. } => "run the audit again to complete it",
        OutputError::NoRun { .. } => "name the directory that `openness audit --out` wrote",
        OutputError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
            "make room and run the same command again; what is written stays"
        }
        OutputError::Io { .. } => "run the same command again to go on; what is written stays",
        _ => return error.into(),
    };
    Failure::from(error).help(help)
}

/// Writes how long the run took, which is in no row.
fn write_metrics(output: &Output, last: Progress, elapsed: Duration) -> Result<(), Failure> {
    let metrics = serde_json::json!({
        "version": 1,
        "targets": last.targets,
        "resumed": last.resumed,
        "replacedWorkers": last.replaced,
        "seconds": elapsed.as_secs_f64(),
    });
    let mut bytes = serde_json::to_vec_pretty(&metrics)?;
    bytes.push(b'\n');
    output.put("metrics.json", &bytes).map_err(explain)
}

fn summarize(manifest: &Manifest, session: &mut Session) -> Result<(), Failure> {
    let rows = usize::try_from(manifest.rows).unwrap_or(usize::MAX);
    let findings = usize::try_from(manifest.findings).unwrap_or(usize::MAX);
    let files = usize::try_from(manifest.summary.files).unwrap_or(usize::MAX);
    if session.terminal.quiet {
        return Ok(());
    }
    writeln!(
        session.out,
        "audited {}: {}, {} ({})",
        counted(rows, "target"),
        counted(findings, "finding"),
        counted(files, "file"),
        size(manifest.summary.bytes)
    )?;
    for (status, count) in &manifest.summary.statuses {
        writeln!(session.out, "{count:>9} {status}")?;
    }
    Ok(())
}

/// Progress on standard error: a line that changes on a terminal, otherwise a line now and then.
struct Shown {
    is_terminal: bool,
    is_quiet: bool,
    next: Duration,
    last: Progress,
}

impl Shown {
    fn new(session: &Session) -> Self {
        let is_terminal = session.terminal.shows_progress();
        Self {
            is_terminal,
            is_quiet: session.terminal.quiet,
            next: Duration::from_millis(200),
            last: Progress::default(),
        }
    }

    fn update(&mut self, progress: Progress, elapsed: Duration) {
        self.last = progress;
        if self.is_quiet || elapsed < self.next {
            return;
        }
        let line = line(progress, elapsed);
        if self.is_terminal {
            self.next = elapsed + Duration::from_millis(200);
            // If that fails, there is no place left to report it.
            let _ = write!(io::stderr().lock(), "\r\x1b[K{line}");
        } else {
            self.next = elapsed + Duration::from_secs(30);
            if elapsed > Duration::from_secs(10) {
                eprint_line(&line);
            }
        }
    }

    fn finish(self) -> Progress {
        if self.is_terminal && !self.is_quiet {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
        self.last
    }
}

/// Returns how far a run is, how fast, and how long the rest takes at that rate.
fn line(progress: Progress, elapsed: Duration) -> String {
    let real = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let rate = real(progress.done - progress.resumed) / elapsed.as_secs_f64().max(0.001);
    let left = real(progress.targets - progress.done) / rate.max(0.001);
    let left = Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX).as_secs();
    let (minutes, seconds) = (left / 60, left % 60);
    format!("auditing {}/{}, {rate:.0}/s, {minutes}:{seconds:02} left", progress.done, progress.targets)
}
