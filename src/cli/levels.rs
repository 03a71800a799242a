//! The arguments that set the levels of rules: `--allow`, `--warn`, `--deny`, `--strict`.

use std::io::{self, Write as _};

use super::{Session, values};
use crate::finding::Severity;
use crate::lints::{Levels, Origin};
use crate::manifest::{Level, Manifest};
use crate::rules::{self, Target};

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
    /// Fail if there are warnings
    #[arg(long)]
    strict: bool,
    /// Print the level of each rule, and where it was set, instead of checking
    #[arg(long, conflicts_with_all = ["format", "output"])]
    pub(super) show_settings: bool,
}

/// The levels that count for a manifest.
#[derive(Debug)]
pub(super) struct Effective {
    pub(super) levels: Levels,
}

impl LevelArgs {
    /// Returns the levels that count for a manifest.
    pub(super) fn of(&self, manifest: &Manifest) -> Effective {
        let with = |targets: &[Target], level| targets.iter().map(move |target| (*target, level)).collect::<Vec<_>>();
        let arguments = [with(&self.allow, Level::Allow), with(&self.warn, Level::Warn), with(&self.deny, Level::Deny)];
        Effective { levels: Levels::of(manifest).and(arguments.into_iter().flatten()) }
    }

    /// Returns the least severity that fails a check.
    pub(super) fn fails(&self) -> Severity {
        if self.strict { Severity::Warning } else { Severity::Error }
    }
}

impl Effective {
    /// Prints one line per rule: code, name, level, and where it was set.
    pub(super) fn print(&self, session: &mut Session) -> io::Result<()> {
        for info in rules::all_rules() {
            let setting = self.levels.setting(info).filter(|setting| {
                let is_kept = rules::has_fixed_level(info) && info.severity == Severity::Error;
                !is_kept || setting.level == Level::Deny
            });
            let (level, origin) = match setting {
                None => (info.severity.as_str(), "default".to_owned()),
                Some(setting) => (
                    word(setting.level),
                    match setting.origin {
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
