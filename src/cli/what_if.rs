//! `openness what-if`.

use super::source_args::SourceArgs;
use super::{Failure, Format, Outcome, Session, manifest};
use crate::decide;
use crate::finding::{Finding, Severity};
use crate::manifest::Manifest;
use crate::manifest::draft::{Change, Draft, value_of};
use crate::manifest::parse::Parsed;
use crate::report::{human, json};
use crate::rules;

/// Show which verdicts, claims, duties and thresholds would change with other facts, without changing a file
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A KEY is dotted as in TOML; a number is the place in a list, from 0, and the next one adds an entry. A \
                  VALUE is a value of TOML or a text without quotes; without one, the fact is removed.\n\nExample: \
                  openness what-if --set component.training-data.openness=open --set release.access=hosted"
)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Set this fact, such as `component.training-data.openness=open`; can be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", required = true)]
    settings: Vec<String>,
    /// Print in this format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let parsed = manifest::read(&args.source)?;
    if !parsed.is_sound() {
        return manifest::refuse(&parsed, args.format, session);
    }
    let draft = Draft::of(&parsed.manifest)?;
    let mut changes = Vec::new();
    let mut after = parsed.manifest.clone();
    for setting in &args.settings {
        let change = change(setting, &draft, &after, &changes)?;
        changes.push(change);
        after = draft.with(&changes)?.manifest;
    }
    let what_if = decide::what_if(&parsed.manifest, &after, changes);
    match args.format {
        Format::Json => json::what_if::write(&what_if, &mut session.out.document())?,
        Format::Human => {
            human::what_if::write(&parsed.manifest, &what_if, session.terminal.style, &mut session.out)?;
        }
    }
    Ok(Outcome::Done)
}

/// Reads one setting, and refuses it if it adds a mistake to the manifest.
fn change(setting: &str, draft: &Draft, before: &Manifest, others: &[Change]) -> Result<Change, Failure> {
    let Some((key, text)) = setting.split_once('=').map(|(key, text)| (key.trim(), text.trim())) else {
        return Err(Failure::new(format!("`--set {setting}` has no `=`; expected `KEY=VALUE`"))
            .help("write it like `--set component.training-data.openness=open`"));
    };
    if text.is_empty() {
        return checked(draft.change(key, None)?, draft, before, others).map_err(|problem| problem.explain(setting));
    }
    let value = value_of(text);
    let is_text = value.is_string();
    checked(draft.change(key, Some(value))?, draft, before, others).or_else(|problem| {
        // `1.0` may be meant as the text that a version is.
        let again = draft.change(key, Some(text.into())).ok().filter(|_| !is_text);
        let again = again.and_then(|change| checked(change, draft, before, others).ok());
        again.ok_or_else(|| problem.explain(setting))
    })
}

/// Why a setting is refused.
enum Problem {
    Change(Failure),
    Finding(Box<Finding>),
}

impl Problem {
    fn explain(self, setting: &str) -> Failure {
        match self {
            Self::Change(failure) => failure,
            Self::Finding(finding) => {
                let failure = Failure::new(format!("cannot set `{setting}`: {}", finding.message));
                match finding.help {
                    Some(help) => failure.help(help),
                    None => failure.help(format!("see `openness explain {}`", finding.rule.code)),
                }
            }
        }
    }
}

fn checked(change: Change, draft: &Draft, before: &Manifest, others: &[Change]) -> Result<Change, Problem> {
    let changes = others.iter().chain([&change]);
    let parsed = draft.with(changes).map_err(|error| Problem::Change(error.into()))?;
    let known: Vec<String> = rules::check_words(before, None).into_iter().map(|finding| finding.message).collect();
    match mistakes(&parsed).find(|finding| !known.contains(&finding.message)) {
        Some(finding) => Err(Problem::Finding(Box::new(finding))),
        None => Ok(change),
    }
}

/// Returns the errors of a manifest that are about its form or single words in it.
fn mistakes(parsed: &Parsed) -> impl Iterator<Item = Finding> {
    let words = rules::check_words(&parsed.manifest, None);
    parsed.findings.iter().cloned().chain(words).filter(|finding| finding.severity == Severity::Error)
}
