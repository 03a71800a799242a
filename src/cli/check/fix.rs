//! `openness check --fix` and `--diff`: what the findings propose, written or shown.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::super::levels::Configured;
use super::super::source_args::SourceArgs;
use super::super::{Failure, Outcome, Session, inputs, manifest};
use crate::atomic;
use crate::check::{check_alone, check_text};
use crate::files::Files as _;
use crate::finding::{Finding, Fix, Safety};
use crate::fix::Changes;
use crate::manifest::FILE_NAME;
use crate::manifest::parse::{Parsed, parse};
use crate::path::RepoPath;
use crate::quote;
use crate::report::{counted, shown};
use crate::snapshot::Snapshot;
use crate::source::Source;

/// How often a manifest is fixed and checked again. Each time, fixes are made that would have changed the same text.
const MAX_ROUNDS: usize = 20;
/// The number of fixes that are named without `--verbose`.
const MAX_NAMED: usize = 20;

/// Whether to fix, and what.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Fixes")]
pub(super) struct FixArgs {
    /// Correct what is certain, in the manifest and in `.gitattributes` and pointers of Git LFS next to it, and report
    /// the other findings. Comments, order and quotes stay
    #[arg(long)]
    pub(super) fix: bool,
    /// Print what `--fix` would change, as a patch, and change nothing; the status is 1 if there is something
    #[arg(long, conflicts_with_all = ["fix", "show_settings", "write_baseline"])]
    pub(super) diff: bool,
    /// With `--fix` or `--diff`, also make changes that are only likely to be meant
    #[arg(long)]
    unsafe_fixes: bool,
}

/// A file with its text before and after.
struct Changed {
    before: Source,
    after: String,
}

/// What fixes make of the files of a release.
#[derive(Default)]
struct Fixed {
    manifest: Option<Changed>,
    /// By path.
    others: BTreeMap<String, Changed>,
    titles: Vec<String>,
}

impl FixArgs {
    /// Refuses arguments that do not go together.
    pub(super) fn check(&self, source: &SourceArgs) -> Result<(), Failure> {
        if self.unsafe_fixes && !self.fix && !self.diff {
            return Err(Failure::new("`--unsafe-fixes` changes nothing without `--fix` or `--diff`")
                .help("add `--diff` to see what it would change"));
        }
        if !self.fix {
            return Ok(());
        }
        let (what, help) = match (&source.rev, source.staged) {
            (Some(_), _) => ("a commit", "check out the commit, fix the files there, and commit them"),
            (None, true) => {
                ("what is staged", "run `openness check --fix` without `--staged`, then `git add` the files")
            }
            (None, false) if source.is_stdin() => ("standard input", "use `--diff`, which prints a patch"),
            (None, false) => return Ok(()),
        };
        Err(Failure::new(format!("`--fix` changes files on disk, not {what}")).help(help))
    }

    fn wants(&self, fix: &Fix) -> bool {
        self.unsafe_fixes || fix.safety == Safety::Safe
    }

    /// Writes what is fixed. Returns whether something was.
    pub(super) fn write(&self, source: &SourceArgs, levels: &Configured, session: &Session) -> Result<bool, Failure> {
        let snapshot = source.snapshot()?;
        if snapshot.commit().is_some() {
            return Err(Failure::new(format!(
                "`{}` is a bare repository, without files to fix",
                source.path.display()
            ))
            .help("fix the files in a clone"));
        }
        let fixed = self.fixed(&snapshot, source, levels)?;
        let directory = source.directory();
        let _lock = atomic::lock(directory, || session.note("note: waiting for another run of openness"))?;
        let files: Vec<(PathBuf, &Changed)> =
            fixed.files().map(|(path, changed)| (directory.join(path), changed)).collect();
        for (path, changed) in &files {
            inputs::require_unchanged(path, changed.before.text())?;
        }
        for (path, changed) in &files {
            atomic::write(path, changed.after.as_bytes())?;
        }
        fixed.note(directory, &snapshot, session);
        Ok(!files.is_empty())
    }

    /// Prints a patch.
    pub(super) fn print(
        &self,
        source: &SourceArgs,
        levels: &Configured,
        session: &mut Session,
    ) -> Result<Outcome, Failure> {
        let fixed = if source.is_stdin() {
            let parsed = manifest::of_stdin()?;
            let known = levels.of(&parsed.manifest).levels.apply(check_alone(&parsed)).findings;
            self.rounds(parsed, known, levels, |source| {
                let parsed = parse(source);
                let findings = check_alone(&parsed);
                (parsed, findings)
            })?
        } else {
            self.fixed(&source.snapshot()?, source, levels)?
        };
        let directory = source.directory();
        for (path, changed) in fixed.files() {
            let path = if source.is_stdin() { FILE_NAME.to_owned() } else { below(directory, path) };
            let patch = patch(&path, changed);
            // A patch for a program is exact; a terminal obeys what a manifest of others may contain.
            match io::stdout().is_terminal() {
                true => write!(session.out, "{patch}")?,
                false => session.out.document().write_all(patch.as_bytes())?,
            }
        }
        Ok(if fixed.titles.is_empty() { Outcome::Done } else { Outcome::Failed })
    }

    fn fixed(&self, snapshot: &Snapshot, source: &SourceArgs, levels: &Configured) -> Result<Fixed, Failure> {
        let parsed = manifest::of(snapshot, source)?;
        let text = Source::new(parsed.source.name(), parsed.source.text());
        let (parsed, findings) = match parsed.is_text() {
            true => check_text(text, snapshot),
            false => (parsed, Vec::new()),
        };
        let known = levels.of(&parsed.manifest).levels.apply(findings).findings;
        self.rounds(parsed, known, levels, |source| check_text(source, snapshot))
    }

    /// Makes fixes until none is left.
    fn rounds(
        &self,
        mut parsed: Parsed,
        mut findings: Vec<Finding>,
        levels: &Configured,
        check: impl Fn(Source) -> (Parsed, Vec<Finding>),
    ) -> Result<Fixed, Failure> {
        let mut fixed = Fixed::default();
        let before = Source::new(parsed.source.name(), parsed.source.text());
        for _ in 0..MAX_ROUNDS {
            // Another file is changed once: the findings of the next round are about it as it was.
            let is_open = |path: Option<&str>| path.is_none_or(|path| !fixed.others.contains_key(path));
            let is_new = |fix: &Fix| fix.edits.iter().all(|edit| is_open(edit.path()));
            let changes = Changes::of(&findings, |fix| self.wants(fix) && is_new(fix));
            if changes.is_empty() {
                break;
            }
            for (source, after) in changes.others() {
                let before = Source::new(source.name(), source.text());
                fixed.others.insert(source.name().to_owned(), Changed { before, after });
            }
            fixed.titles.extend(changes.titles().iter().cloned());
            let text = changes.manifest(parsed.source.text());
            if text == parsed.source.text() {
                break;
            }
            let was_readable = parsed.is_readable();
            (parsed, findings) = check(Source::new(before.name(), text));
            if was_readable && !parsed.is_readable() {
                let titles = changes.titles().join("; ");
                return Err(Failure::internal(format!("a fix would make the manifest unreadable: {titles}")));
            }
            findings = levels.of(&parsed.manifest).levels.apply(findings).findings;
        }
        if parsed.source.text() != before.text() {
            fixed.manifest = Some(Changed { before, after: parsed.source.text().to_owned() });
        }
        Ok(fixed)
    }
}

impl Fixed {
    /// Returns the files that change, with their paths from the directory of the manifest.
    fn files(&self) -> impl Iterator<Item = (&str, &Changed)> {
        let manifest = self.manifest.iter().map(|changed| (FILE_NAME, changed));
        manifest.chain(self.others.iter().map(|(path, changed)| (path.as_str(), changed)))
    }

    fn note(&self, directory: &Path, snapshot: &Snapshot, session: &Session) {
        if self.titles.is_empty() {
            return;
        }
        let named = |path: &str| match directory.as_os_str() == "." {
            true => path.to_owned(),
            false => directory.join(path).display().to_string(),
        };
        let files: Vec<String> = self.files().map(|(path, _)| format!("`{}`", named(path))).collect();
        session.note(&format!("note: fixed {} in {}:", counted(self.titles.len(), "finding"), files.join(", ")));
        let most = if session.terminal.style.verbose { usize::MAX } else { MAX_NAMED };
        for title in self.titles.iter().take(most) {
            session.note(&format!("  {}", shown(title)));
        }
        let left = self.titles.len().saturating_sub(most);
        if left > 0 {
            session.note(&format!("  and {left} more; `-v` lists them all"));
        }
        if snapshot.repo().is_none() {
            return;
        }
        for path in self.others.keys() {
            let is_tracked = path.parse::<RepoPath>().is_ok_and(|path| snapshot.list().find(&path).is_some());
            if !is_tracked {
                let path = named(path);
                let add = quote::operand(&path);
                session.note(&format!(
                    "note: `{}` is new: run `git add {}`, so that others get it too",
                    shown(&path),
                    shown(&add)
                ));
            }
        }
    }
}

/// Returns a path as a reader of a patch expects it, with `/`.
fn below(directory: &Path, path: &str) -> String {
    let mut parts: Vec<String> = directory
        .components()
        .filter_map(|part| match part {
            std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            std::path::Component::ParentDir => Some("..".to_owned()),
            _ => None,
        })
        .collect();
    parts.push(path.to_owned());
    parts.join("/")
}

/// Returns a patch in the unified format.
fn patch(path: &str, Changed { before, after }: &Changed) -> String {
    let path = shown(path);
    let (old, new) = match before.text().is_empty() {
        true => ("/dev/null".to_owned(), format!("b/{path}")),
        false => (format!("a/{path}"), format!("b/{path}")),
    };
    TextDiff::from_lines(before.text(), after).unified_diff().header(&old, &new).to_string()
}
