//! `openness what-if`.

use serde_json::Value;

use super::output_args::OutputArgs;
use super::source_args::SourceArgs;
use super::{Failure, Format, Outcome, Session, manifest};
use crate::decide;
use crate::finding::{Finding, Severity};
use crate::manifest::Manifest;
use crate::manifest::draft::{Change, Draft, value_of};
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
    /// Set this fact, such as `component.training-data.openness=open`, or a way of release: `gated`, `staged` or `hosted`; can be
    /// repeated
    #[arg(long = "set", value_name = "KEY=VALUE", required = true)]
    settings: Vec<String>,
    /// Print in this format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    args.output.redirect(session);
    let parsed = manifest::read(&args.source)?;
    if !parsed.is_sound() {
        return manifest::refuse(&parsed, args.format, session);
    }
    let draft = Draft::of(&parsed.manifest)?;
    let texts: Vec<String> = args.settings.iter().map(|text| spelled_out(text)).collect();
    let settings = Settings { draft: &draft, texts: &texts, before: &parsed.manifest };
    let (changes, after) = settings.read()?;
    let what_if = decide::what_if(&parsed.manifest, &after, changes);
    match args.format {
        Format::Json => json::what_if::write(&what_if, &mut session.out.document())?,
        Format::Human => {
            human::what_if::write(&parsed.manifest, &what_if, session.terminal.style, &mut session.out)?;
        }
    }
    Ok(Outcome::Done)
}

/// Ways of release, and the fact that says each.
const WAYS: &[(&str, &str)] = &[
    ("gated", "access.gating=manual"),
    ("staged", "release.access=gradual-staged"),
    ("hosted", "release.access=hosted"),
];

fn spelled_out(text: &str) -> String {
    let way = WAYS.iter().find(|(way, _)| *way == text.trim());
    way.map_or(text, |(_, fact)| fact).to_owned()
}

/// What `--set` asks for.
struct Settings<'a> {
    draft: &'a Draft,
    texts: &'a [String],
    before: &'a Manifest,
}

impl Settings<'_> {
    /// Returns the changes and the manifest with them. A change that adds a mistake to the manifest is refused.
    fn read(&self) -> Result<(Vec<Change>, Manifest), Failure> {
        let mut changes = self.texts.iter().map(|text| self.change(text)).collect::<Result<Vec<_>, _>>()?;
        let mut mistakes = self.mistakes(&changes)?;
        for at in 0..changes.len() {
            // `2.0` may be meant as the text that a version is.
            if mistakes.is_empty() || changes[at].to.as_ref().is_none_or(Value::is_string) {
                continue;
            }
            let mut others = changes.clone();
            others[at].to = self.texts[at].split_once('=').map(|(_, text)| text.trim().into());
            let fewer = self.mistakes(&others)?;
            if fewer.len() < mistakes.len() {
                (changes, mistakes) = (others, fewer);
            }
        }
        match mistakes.first() {
            Some(mistake) => Err(self.refused(mistake, &changes)),
            None => Ok((changes.clone(), self.draft.with(&changes)?.manifest)),
        }
    }

    /// Reads one setting.
    fn change(&self, setting: &str) -> Result<Change, Failure> {
        let Some((key, text)) = setting.split_once('=').map(|(key, text)| (key.trim(), text.trim())) else {
            return Err(Failure::new(format!("`--set {setting}` has no `=`; expected `KEY=VALUE`"))
                .help("write it like `--set component.training-data.openness=open`, or `--set hosted`"));
        };
        let value = (!text.is_empty()).then(|| value_of(text));
        Ok(self.draft.change(key, value)?)
    }

    /// Returns the errors of form and of single words that the manifest has with changes and does not have without.
    fn mistakes(&self, changes: &[Change]) -> Result<Vec<Finding>, Failure> {
        let known: Vec<String> =
            rules::check_words(self.before, None).into_iter().map(|finding| finding.message).collect();
        let parsed = self.draft.with(changes)?;
        let words = rules::check_words(&parsed.manifest, None);
        let all = parsed.findings.into_iter().chain(words);
        let errors = all.filter(|finding| finding.severity == Severity::Error && !known.contains(&finding.message));
        Ok(errors.collect())
    }

    /// Explains a mistake, and names the setting without which it is not there.
    fn refused(&self, mistake: &Finding, changes: &[Change]) -> Failure {
        let causes = |at: &usize| {
            let others: Vec<Change> =
                changes.iter().enumerate().filter(|(other, _)| other != at).map(|(_, change)| change.clone()).collect();
            let left = self.mistakes(&others);
            left.is_ok_and(|left| left.iter().all(|other| other.message != mistake.message))
        };
        let setting = (0..changes.len()).find(causes).map_or_else(|| self.texts.join(" "), |at| self.texts[at].clone());
        let failure = Failure::new(format!("cannot set `{setting}`: {}", mistake.message));
        match &mistake.help {
            Some(help) => failure.help(help.clone()),
            None => failure.help(format!("see `openness explain {}`", mistake.rule.code)),
        }
    }
}
