//! `openness check`.

mod fix;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::levels::{Configured, LevelArgs};
use super::source_args::SourceArgs;
use super::{Failure, Outcome, Session, inputs, manifest};
use crate::atomic;
use crate::check::{check_alone, rules_not_run};
use crate::files::{Files, Kind};
use crate::finding::{Severity, summarize_list};
use crate::lints::baseline::{Baseline, MAX_BASELINE_BYTES};
use crate::lints::{Allowed, By, Reported};
use crate::manifest::FILE_NAME;
use crate::path::RepoPath;
use crate::report::human::Style;
use crate::report::{azure, concise, counted, github, gitlab, human, json, junit, rdjson, sarif};
use crate::rules;
use crate::snapshot::Snapshot;
use crate::source::Source;

/// Check the manifest against the taxonomies and the files of the repository
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Print findings in this format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Write the findings to this file, in one step [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
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
    /// Write the findings to this file, in one step, so that later checks report only new ones
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "show_settings"])]
    write_baseline: Option<PathBuf>,
    #[command(flatten)]
    fix: fix::FixArgs,
}

/// The formats for findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Text for people
    Human,
    /// JSON for programs, version 1
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// One line per finding: path:line:column, severity, code and message
    Concise,
    /// A code quality report of GitLab
    Gitlab,
    /// A test report in the XML format of JUnit
    Junit,
    /// Diagnostics for reviewdog, rdjson
    Rdjson,
    /// Issues of Azure Pipelines
    Azure,
}

/// A manifest that was checked, and the findings.
struct Checked {
    manifest: Source,
    /// The manifest's path from the root of the repository, if there is one.
    file: String,
    /// What the levels leave of the findings, and what they leave out.
    reported: Reported,
    /// The codes of the rules that were not run.
    not_run: Vec<&'static str>,
    /// Whether they were not run because there are no files.
    lacks_files: bool,
    /// The files whose content was not checked, because it is not on disk or was not fetched.
    unread: Vec<RepoPath>,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    if args.levels.show_settings {
        let parsed = manifest::read(&args.source)?;
        args.levels.read(&args.source)?.of(&parsed.manifest).print(session)?;
        return Ok(Outcome::Done);
    }
    args.fix.check(&args.source)?;
    let levels = args.levels.read(&args.source)?;
    if args.fix.diff {
        return args.fix.print(&args.source, &levels, session);
    }
    if args.fix.fix {
        args.fix.write(&args.source, &levels, session)?;
    }
    let mut checked = check(&args, &levels, session)?;
    leave_out_known(&args, &mut checked, session)?;
    if checked.lacks_files && !matches!(args.format, Format::Human | Format::Json) {
        session.note(&format!("note: rules that need files did not run: {}", checked.not_run.join(", ")));
    }
    let (quiet, style) = (session.terminal.quiet, session.terminal.style);
    match &args.output {
        None => write(&checked, &args, quiet, style, &mut session.out.document())?,
        Some(file) => {
            let mut bytes = Vec::new();
            write(&checked, &args, quiet, Style { color: session.terminal.colors_files, ..style }, &mut bytes)?;
            atomic::write(file, &bytes)?;
        }
    }
    let Reported { findings, allowed, .. } = &checked.reported;
    if !allowed.is_empty() {
        note_allowed(allowed, session);
    }
    let fails = args.levels.fails();
    let failed = findings.iter().any(|finding| finding.severity >= fails);
    if failed && findings.iter().all(|finding| finding.severity != Severity::Error) {
        session.note("note: warnings fail this check (`--strict`)");
    }
    Ok(if failed { Outcome::Failed } else { Outcome::Done })
}

/// Says which findings are not reported, and why.
fn note_allowed(allowed: &[Allowed], session: &Session) {
    let (by_baseline, by_settings): (Vec<&Allowed>, Vec<&Allowed>) =
        allowed.iter().partition(|allowed| matches!(allowed.by, By::Baseline));
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

/// Returns the path of a file from the directory that is checked, if it is there.
fn below(file: &Path, source: &SourceArgs) -> Option<String> {
    let directory = source.path.canonicalize().ok()?;
    let file = file.canonicalize().ok()?;
    RepoPath::from_relative(file.strip_prefix(directory).ok()?).ok().map(|path| path.to_string())
}

/// Writes the baseline, or reads it, and leaves out the findings that it has.
fn leave_out_known(args: &Args, checked: &mut Checked, session: &Session) -> Result<(), Failure> {
    let own = args.write_baseline.as_ref().or(args.baseline.as_ref()).and_then(|file| below(file, &args.source));
    let baseline = match (&args.write_baseline, &args.baseline) {
        (Some(file), _) => {
            let Reported { findings, forbidden, .. } = &checked.reported;
            let findings = findings.iter().filter(|finding| !forbidden.contains(&finding.rule.code)).cloned();
            let baseline = Baseline::of(&checked.manifest, &findings.collect::<Vec<_>>(), own.as_deref());
            atomic::write(file, &baseline.to_json()?)?;
            let count = counted(baseline.len(), "finding");
            session.note(&format!("note: {count} written to the baseline `{}`", file.display()));
            baseline
        }
        (None, Some(file)) => {
            let bytes = inputs::read_bounded(file, MAX_BASELINE_BYTES)?;
            Baseline::read(&bytes).map_err(|error| {
                let failure = Failure::caused_by(format!("cannot read the baseline `{}`", file.display()), error);
                failure.help("write it with `openness check --write-baseline FILE`")
            })?
        }
        (None, None) => return Ok(()),
    };
    let (reported, gone) = baseline.apply(&checked.manifest, own.as_deref(), std::mem::take(&mut checked.reported));
    checked.reported = reported;
    if gone > 0 {
        let count = counted(gone, "finding");
        session
            .note(&format!("note: no longer found: {count} of the baseline; `--write-baseline` writes a shorter one"));
    }
    Ok(())
}

fn write(checked: &Checked, args: &Args, quiet: bool, style: Style, out: &mut impl Write) -> io::Result<()> {
    let Checked { manifest, file, reported, not_run, lacks_files, unread } = checked;
    let (findings, fails) = (&reported.findings, args.levels.fails());
    let least = if quiet { fails } else { Severity::Note };
    match args.format {
        Format::Json => json::check::write(manifest, findings, not_run, unread, out),
        Format::Sarif => sarif::findings(manifest, file, findings, &reported.allowed, out),
        Format::Github => github::findings(manifest, file, findings, out),
        Format::Gitlab => gitlab::findings(manifest, file, findings, out),
        Format::Junit => junit::findings(manifest, file, findings, fails, out),
        Format::Rdjson => rdjson::findings(manifest, file, findings, out),
        Format::Azure => azure::findings(manifest, file, findings, out),
        Format::Concise => concise::findings(manifest, &opened(&args.source), findings, least, out),
        Format::Human => {
            let not_run = if *lacks_files { not_run.as_slice() } else { &[] };
            human::check::write_partial(manifest, findings, least, not_run, style, out)
        }
    }
}

/// Returns the path of the manifest as the user can open it.
fn opened(source: &SourceArgs) -> String {
    if source.is_stdin() {
        return "-".to_owned();
    }
    match source.path.as_os_str() == "." {
        true => FILE_NAME.to_owned(),
        false => source.path.join(FILE_NAME).display().to_string(),
    }
}

fn check(args: &Args, levels: &Configured, session: &Session) -> Result<Checked, Failure> {
    let source = &args.source;
    if args.fetch {
        fetch(source, session)?;
    }
    if source.is_stdin() {
        let parsed = manifest::of_stdin()?;
        let is_sound = parsed.is_sound();
        note_unsound(is_sound, session);
        let reported = levels.of(&parsed.manifest).levels.apply(check_alone(&parsed));
        let not_run = if is_sound { rules::codes_needing_files().collect() } else { rules_not_run(&parsed) };
        let file = FILE_NAME.to_owned();
        let (lacks_files, unread) = (is_sound, Vec::new());
        return Ok(Checked { manifest: parsed.source, file, reported, not_run, lacks_files, unread });
    }
    let snapshot = source.snapshot()?;
    let checked = manifest::check(&snapshot, source)?;
    note_bare(source, &snapshot, session);
    let mut unread = note_not_fetched(&snapshot, session)?;
    unread.extend(note_missing(&snapshot, &unread, session));
    unread.sort_unstable();
    let is_sound = checked.parsed().is_sound();
    note_unsound(is_sound, session);
    let file = snapshot.prefix().map_or_else(|| FILE_NAME.to_owned(), |prefix| format!("{prefix}/{FILE_NAME}"));
    let not_run = rules_not_run(checked.parsed());
    let levels = levels.of(&checked.parsed().manifest).levels;
    let (manifest, findings) = checked.into_findings();
    let reported = levels.apply(findings);
    Ok(Checked { manifest, file, reported, not_run, lacks_files: false, unread })
}

/// Fetches what a partial clone left out.
fn fetch(source: &SourceArgs, session: &Session) -> Result<(), Failure> {
    if source.is_stdin() {
        return Err(Failure::new("`--fetch` needs a repository, and the manifest is read from standard input"));
    }
    let count = source.fetch_missing()?;
    if count > 0 {
        session.note(&format!("note: {} fetched that this partial clone had left out", counted(count, "object")));
    }
    Ok(())
}

fn note_unsound(is_sound: bool, session: &Session) {
    if !is_sound {
        session.note("note: the other rules about licenses, files and claims run once these errors are corrected");
    }
}

/// Says that a commit was checked where a directory was asked for.
fn note_bare(source: &SourceArgs, snapshot: &Snapshot, session: &Session) {
    if let (None, Some(commit)) = (&source.rev, snapshot.commit()) {
        session.note(&format!(
            "note: `{}` is a bare repository: its commit {} (`HEAD`) is checked",
            source.path.display(),
            commit.commit
        ));
    }
}

/// Says which tracked files are not on disk, besides those that were not fetched, and returns them.
fn note_missing(snapshot: &Snapshot, not_fetched: &[RepoPath], session: &Session) -> Vec<RepoPath> {
    let missing = snapshot.entries().iter().filter(|entry| entry.kind == Kind::Missing).map(|entry| entry.path.clone());
    let missing: Vec<RepoPath> = missing.filter(|path| not_fetched.binary_search(path).is_err()).collect();
    if !missing.is_empty() {
        session.note(&format!(
            "note: tracked files are missing from the working tree and their content was not checked: {}; restore them \
             with `git restore`",
            summarize_list(missing.iter())
        ));
    }
    missing
}

/// Says which files a partial clone left out, and returns them.
fn note_not_fetched(snapshot: &Snapshot, session: &Session) -> Result<Vec<RepoPath>, Failure> {
    let absent = snapshot.not_fetched()?;
    if !absent.is_empty() {
        session.note(&format!(
            "note: the content of {} was not checked, because this partial clone left it out: {}; \
             `openness check --fetch` gets it",
            counted(absent.len(), "file"),
            summarize_list(absent.iter())
        ));
    }
    Ok(absent)
}
