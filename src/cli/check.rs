//! `openness check`.

mod fix;
mod format;
mod release;
mod watch;

use std::path::PathBuf;

use super::levels::LevelArgs;
use super::output_args::OutputArgs;
use super::source_args::{SourceArgs, SourcesArgs};
use super::{Failure, Outcome, Session, eprint_prose, manifest};
use crate::finding::{Finding, Severity};
use crate::lints::{Allowed, By};
use crate::report::counted;
use format::Format;
use release::Checked;

/// Check manifests against the taxonomies and the files of their repositories
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    sources: SourcesArgs,
    /// Print findings in this format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
    /// Count the findings of each rule, the most frequent first: instead of the findings for people, and in addition to them in
    /// JSON
    #[arg(long)]
    statistics: bool,
    /// Check again whenever a file of the release changes, until Ctrl-C ends it
    #[arg(long, conflicts_with_all = ["output", "fix", "diff", "show_settings", "write_baseline", "rev", "fetch"])]
    watch: bool,
    /// In a partial clone, let Git fetch the files that it left out, so that they are checked too
    ///
    /// Runs `git fetch` with the settings of the repository, some of which name programs. Use it only in a repository that
    /// you trust.
    #[arg(long)]
    fetch: bool,
    #[command(flatten)]
    levels: LevelArgs,
    /// Report only findings that are not in this file, which `--write-baseline` wrote
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the findings to this file, in one step, so that later checks report only new ones. Errors that cannot be waived, and
    /// what the organization forbids, are not written and still fail
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "show_settings"])]
    write_baseline: Option<PathBuf>,
    #[command(flatten)]
    fix: fix::FixArgs,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let mut sources = args.sources.each();
    if let Some(above) = args.sources.above()? {
        session.note(&format!("note: checking `{}`", manifest::opened(&above)));
        sources = vec![above];
    }
    args.check(&sources)?;
    if let (true, [source]) = (args.levels.show_settings, sources.as_slice()) {
        let parsed = manifest::read(source)?;
        args.levels.read(source)?.of(&parsed.manifest).print(session)?;
        return Ok(Outcome::Done);
    }
    if args.watch {
        return watch::run(&args, &sources, session);
    }
    args.output.redirect(session);
    if args.fix.diff {
        let mut worst = Outcome::Done;
        for source in &sources {
            let outcome = args.fix.print(source, &args.levels.read(source)?, session)?;
            worst = if outcome == Outcome::Failed { outcome } else { worst };
        }
        return Ok(worst);
    }
    if args.fix.fix {
        for source in &sources {
            args.fix.write(source, &args.levels.read(source)?, session)?;
        }
    }
    judge(&args, &sources, session)
}

impl Args {
    /// Refuses arguments that do not go together.
    fn check(&self, sources: &[SourceArgs]) -> Result<(), Failure> {
        sources.iter().try_for_each(|source| self.fix.check(source))?;
        if sources.len() > 1 {
            let one_only = [
                ("--show-settings", self.levels.show_settings),
                ("--baseline", self.baseline.is_some()),
                ("--write-baseline", self.write_baseline.is_some()),
            ];
            if let Some((flag, _)) = one_only.into_iter().find(|(_, is_given)| *is_given) {
                return Err(Failure::new(format!("`{flag}` is about one manifest, and {} are named", sources.len()))
                    .help("check each directory by itself"));
            }
            if sources.iter().any(SourceArgs::is_stdin) {
                return Err(Failure::new("`-` stands for one manifest, and other paths are named too")
                    .help("check what standard input has by itself"));
            }
        }
        if self.statistics && !matches!(self.format, Format::Human | Format::Json) {
            return Err(Failure::new("`--statistics` counts for people and in JSON, not in other formats")
                .help("leave out `--format`, or use `--format json`"));
        }
        Ok(())
    }
}

/// Checks what each source has, and reports it in one document. If one cannot be checked, the others are.
fn judge(args: &Args, sources: &[SourceArgs], session: &mut Session) -> Result<Outcome, Failure> {
    let mut checked = Vec::new();
    let mut failures = Vec::new();
    for source in sources {
        match Checked::of(source, args, sources.len() > 1, session) {
            Ok(found) => checked.push(found),
            Err(failure) => failures.push(failure),
        }
    }
    // A service would take what is not in its document for corrected.
    if checked.is_empty() || (!failures.is_empty() && args.format.is_for_services()) {
        return Err(first(failures, args.format));
    }
    release::tell_apart(&mut checked);
    for one in checked.iter().filter(|one| one.lacks_files) {
        if !matches!(args.format, Format::Human | Format::Json) {
            session.note(&format!("note: rules that need files did not run: {}", one.not_run.join(", ")));
        }
    }
    let (quiet, style) = (session.terminal.quiet, session.terminal.style);
    format::write(&checked, args, sources.len() == 1, quiet, style, &mut session.out.document())?;
    let allowed: Vec<&Allowed> = checked.iter().flat_map(|one| &one.reported.allowed).collect();
    note_allowed(&allowed, args.write_baseline.is_some(), session);
    if !failures.is_empty() {
        return Err(first(failures, args.format));
    }
    let findings: Vec<&Finding> = checked.iter().flat_map(|one| &one.reported.findings).collect();
    let fails = args.levels.fails();
    let failed = findings.iter().any(|finding| finding.severity >= fails);
    if failed && findings.iter().all(|finding| finding.severity != Severity::Error) {
        session.note("note: warnings fail this check (`--strict`)");
    }
    Ok(if failed { Outcome::Failed } else { Outcome::Done })
}

/// Returns the first failure, and prints the others; in JSON, which has one error, they are in its message.
fn first(failures: Vec<Failure>, format: Format) -> Failure {
    let mut failures = failures.into_iter();
    let Some(first) = failures.next() else { return Failure::internal("there is nothing to check") };
    match format {
        Format::Json => failures.fold(first, Failure::and),
        _ => {
            failures.for_each(|failure| eprint_prose(&failure.report()));
            first
        }
    }
}

/// Says which findings are not reported, and why. What a new baseline has was said when it was written.
fn note_allowed(allowed: &[&Allowed], has_new_baseline: bool, session: &Session) {
    let (by_baseline, by_settings): (Vec<&Allowed>, Vec<&Allowed>) =
        allowed.iter().partition(|allowed| matches!(allowed.by, By::Baseline));
    let by_baseline = if has_new_baseline { Vec::new() } else { by_baseline };
    for (allowed, why) in [(by_settings, "the manifest or the command line allows"), (by_baseline, "the baseline has")]
    {
        let mut codes: Vec<&str> = allowed.iter().map(|allowed| allowed.finding.rule.code).collect();
        codes.sort_unstable();
        codes.dedup();
        if !allowed.is_empty() {
            let count = counted(allowed.len(), "finding");
            session.note(&format!("note: not reported: {count} that {why} ({})", codes.join(", ")));
        }
    }
}
