//! The arguments that set the levels of rules: `--allow`, `--warn`, `--deny`, `--strict`, and the levels of an organization.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::source_args::SourceArgs;
use super::{Failure, Session, inputs, values};
use crate::beneath;
use crate::finding::Severity;
use crate::lints::organization::{self, Organization};
use crate::lints::{Levels, Origin};
use crate::manifest::{Level, Manifest};
use crate::report::shown;
use crate::rules::{self, Target};
use crate::source::Source;

/// The levels of rules, as the command line sets them.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Levels of rules")]
pub(super) struct LevelArgs {
    /// Do not report findings of this rule (by code, OPN310, or name) or family (all, syntax, schema, claims, files,
    /// licenses, git or release). This counts before `[lints]` in the manifest, a rule before its family, and of two levels
    /// the stricter. What `sign` demands stays the same
    #[arg(short = 'A', long, value_name = "RULE", value_parser = values::targets(lowered), hide_possible_values = true)]
    allow: Vec<Target>,
    /// Report findings of this rule or family as warnings
    #[arg(short = 'W', long, value_name = "RULE", value_parser = values::targets(lowered), hide_possible_values = true)]
    warn: Vec<Target>,
    /// Report findings of this rule or family as errors
    #[arg(short = 'D', long, value_name = "RULE", value_parser = values::targets(target), hide_possible_values = true)]
    deny: Vec<Target>,
    /// Read levels of the organization from this file [default: `.openness-lints.toml` at the top of the working tree]. They
    /// count after those of the manifest, except that nothing lowers the level `forbid`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Fail if there are warnings
    #[arg(long)]
    strict: bool,
    /// Print the level of each rule, and where it was set, instead of checking
    #[arg(long, conflicts_with_all = ["format", "output"])]
    pub(super) show_settings: bool,
}

/// The levels of the command line and of the organization.
#[derive(Debug)]
pub(super) struct Configured {
    arguments: Vec<(Target, Level)>,
    organization: Organization,
    /// The file with the levels of the organization, if there is one.
    file: Option<PathBuf>,
}

/// The levels that count for a manifest.
#[derive(Debug)]
pub(super) struct Effective {
    pub(super) levels: Levels,
    file: Option<PathBuf>,
}

impl LevelArgs {
    /// Reads the levels of the organization, and adds those of the command line.
    pub(super) fn read(&self, source: &SourceArgs) -> Result<Configured, Failure> {
        let with = |targets: &[Target], level| targets.iter().map(move |target| (*target, level)).collect::<Vec<_>>();
        let arguments = [with(&self.allow, Level::Allow), with(&self.warn, Level::Warn), with(&self.deny, Level::Deny)];
        let (organization, file) = match &self.config {
            Some(file) => {
                let text = inputs::read_text(file, organization::MAX_BYTES)?;
                (parse(&Source::new(file.display().to_string(), text))?, Some(file.clone()))
            }
            None => {
                let found = match source.is_stdin() {
                    true => of_source(&SourceArgs::of_directory("."))?,
                    false => of_source(source)?,
                };
                found.map_or_else(Default::default, |(read, file)| (read, Some(file)))
            }
        };
        Ok(Configured { arguments: arguments.into_iter().flatten().collect(), organization, file })
    }

    /// Returns the file with the levels of the organization, if one is named.
    pub(super) fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// Returns the least severity that fails a check.
    pub(super) fn fails(&self) -> Severity {
        if self.strict { Severity::Warning } else { Severity::Error }
    }
}

impl Configured {
    /// Returns the levels that count for a manifest.
    pub(super) fn of(&self, manifest: &Manifest) -> Effective {
        let levels = Levels::of(manifest).and(self.arguments.iter().copied()).under(&self.organization);
        Effective { levels, file: self.file.clone() }
    }
}

/// Reads the levels of the organization at the top of the working tree that a directory is in, or in the directory itself if it
/// is in none.
pub(super) fn of_directory(directory: &Path) -> Result<Option<(Organization, PathBuf)>, Failure> {
    of_source(&SourceArgs::of_directory(directory))
}

fn of_source(source: &SourceArgs) -> Result<Option<(Organization, PathBuf)>, Failure> {
    let directory = source.path.as_path();
    if !directory.is_dir() {
        return Ok(None);
    }
    let top = match source.repo().ok().flatten() {
        Some(repo) => repo.work_dir(),
        None => Some(directory),
    };
    top.map_or(Ok(None), of_top)
}

/// Reads the levels of the organization at the top of a working tree.
pub(super) fn of_top(top: &Path) -> Result<Option<(Organization, PathBuf)>, Failure> {
    let limit = u64::try_from(organization::MAX_BYTES).unwrap_or(u64::MAX);
    let read = beneath::read_regular(top, organization::FILE_NAME, limit);
    let file = top.join(organization::FILE_NAME);
    let failed = |error| Failure::caused_by(format!("cannot read `{}`", file.display()), error);
    let Some(bytes) = beneath::if_present(&file, read).map_err(failed)? else { return Ok(None) };
    let text = inputs::text(bytes, &file.display().to_string())?;
    let read = parse(&Source::new(file.display().to_string(), text))?;
    Ok(Some((read, file)))
}

fn parse(source: &Source) -> Result<Organization, Failure> {
    Organization::read(source).map_err(|error| {
        Failure::from(error).help("set levels of rules below `[lints]`, such as `OPN310 = \"forbid\"`")
    })
}

impl Effective {
    /// Prints one line per rule: code, name, level, and where it was set.
    pub(super) fn print(&self, session: &mut Session) -> io::Result<()> {
        for info in rules::all_rules() {
            let setting = self.levels.setting(info).filter(|setting| {
                let is_kept = rules::has_fixed_level(info) && info.severity == Severity::Error;
                !is_kept || setting.level == Level::Deny
            });
            let file = || {
                self.file.as_deref().map_or_else(String::new, |file| shown(&file.display().to_string()).into_owned())
            };
            let (level, origin) = match setting {
                None => (info.severity.as_str(), "default".to_owned()),
                Some(setting) => (
                    word(setting.level),
                    match setting.origin {
                        Origin::Organization if setting.is_forbidden => {
                            format!("{}: forbid {}", file(), setting.target)
                        }
                        Origin::Organization => format!("{}: {}", file(), setting.target),
                        Origin::CommandLine => format!("--{} {}", setting.level.as_str(), setting.target),
                        _ => format!("[lints] {}", setting.target),
                    },
                ),
            };
            writeln!(session.out, "{} {:<32} {level:<8} {origin}", info.code, info.name)?;
        }
        Ok(())
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Allow => "allowed",
        Level::Warn => "warning",
        Level::Deny => "error",
    }
}

/// Parses what a level is raised for.
fn target(word: &str) -> Result<Target, String> {
    Target::from_word(word).ok_or_else(|| {
        let near = rules::nearest_target(word).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        format!("no rule has the code or name `{}`, and no family{near}", word.escape_debug())
    })
}

/// Parses what a level is lowered for. A rule whose errors cannot be waived is a usage error.
fn lowered(word: &str) -> Result<Target, String> {
    match target(word)? {
        Target::Rule(info) if rules::has_fixed_level(info) => {
            Err(format!("the level of {} cannot be lowered: its errors cannot be waived", info.code))
        }
        target => Ok(target),
    }
}
