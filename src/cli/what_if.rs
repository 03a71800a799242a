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
        let at = (0..changes.len()).find(causes);
        let setting = at.map_or_else(|| self.texts.join(" "), |at| self.texts[at].clone());
        let failure = Failure::new(format!("cannot set `{setting}`: {}", mistake.message));
        let advice = at.and_then(|at| self.advice(mistake, changes, at));
        match advice.or_else(|| mistake.help.clone()) {
            Some(help) => failure.help(help),
            None => failure.help(format!("see `openness explain {}`", mistake.rule.code)),
        }
    }

    /// Turns the help for a mistake in a manifest into one for a setting, which works as it is written there.
    fn advice(&self, mistake: &Finding, changes: &[Change], at: usize) -> Option<String> {
        let help = mistake.help.as_deref()?;
        let (key, text) = self.texts[at].split_once('=')?;
        if let Some(near) = between(help, "did you mean `", "`?") {
            // The word that was meant stands for a part of the key, or for the value.
            let parts: Vec<&str> = key.trim().split('.').collect();
            let with = |place: usize| {
                let mut parts = parts.clone();
                parts[place] = near;
                (parts.join("."), text.trim().to_owned())
            };
            let settings = (0..parts.len()).map(with).chain([(key.trim().to_owned(), near.to_owned())]);
            let works = settings.filter_map(|(key, text)| self.works(changes, at, &key, &text)).next()?;
            return Some(format!("did you mean `{near}`? Write `{works}`"));
        }
        let last = key.trim().rsplit('.').next()?;
        let form = between(help, &format!("`{last} = "), "`")?;
        if let Some(works) = self.works(changes, at, key.trim(), form) {
            return Some(format!("write `{works}`"));
        }
        // The form is right, and something in it is not.
        let mut others = changes.to_vec();
        others[at] = self.draft.change(key.trim(), Some(value_of(form))).ok()?;
        let inner = self.mistakes(&others).ok()?.into_iter().find_map(|mistake| mistake.help)?;
        Some(format!("write it in the form `{}`; {inner}", argument(key.trim(), "[\"…\"]")))
    }

    /// Returns an argument if it can stand in place of a wrong one.
    fn works(&self, changes: &[Change], at: usize, key: &str, text: &str) -> Option<String> {
        let mut others = changes.to_vec();
        others[at] = self.draft.change(key, Some(value_of(text))).ok()?;
        self.mistakes(&others).ok().filter(Vec::is_empty).map(|_| argument(key, text))
    }
}

/// Returns an argument as a shell reads it.
fn argument(key: &str, text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/' | '+');
    match key.chars().chain(text.chars()).all(is_plain) {
        true => format!("--set {key}={text}"),
        false => format!("--set '{key}={text}'"),
    }
}

/// Returns what stands between two texts.
fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let from = text.find(before)? + before.len();
    text[from..].find(after).map(|end| &text[from..from + end])
}
