//! Which files of a release show that a duty is met.

use std::collections::BTreeSet;

use crate::files::{Files, Kind};
use crate::license::chain::{Duty, DutyKind, Outcome};
use crate::license::copies::is_copy;
use crate::license::text::{canonical, is_known_model_license};
use crate::manifest::{FILE_NAME, Manifest};

use super::named::Modelfile;

/// The largest file that is read.
const MAX_BYTES: u64 = 256 * 1024;
/// The number of files that are read.
const MAX_FILES: usize = 48;

/// Whether a release shows that a duty is met.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// A file shows it.
    Met(String),
    /// Files would show it, and do not.
    Unmet,
    /// Files cannot show it.
    NotCheckable,
}

impl State {
    /// Returns the word of reports.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Met(_) => "met",
            Self::Unmet => "unmet",
            Self::NotCheckable => "not-checkable",
        }
    }
}

/// What a file is for, going by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    License,
    Notice,
    Readme,
}

/// A file that could show something.
#[derive(Debug)]
struct Document {
    path: String,
    purpose: Purpose,
    text: String,
    words: Vec<String>,
}

/// The files of a release that could show something.
#[derive(Debug)]
pub(super) struct Evidence<'m> {
    name: &'m str,
    /// `None` if there are no files to look at.
    documents: Option<Vec<Document>>,
}

impl<'m> Evidence<'m> {
    pub(super) fn of(manifest: &'m Manifest, files: Option<&dyn Files>) -> Self {
        Self { name: &manifest.model.name, documents: files.map(|files| documents(manifest, files)) }
    }

    /// Returns whether a duty is met. `outcome` is the worst one of the bases under its license.
    pub(super) fn state(&self, duty: &Duty, outcome: Outcome) -> State {
        match duty.kind {
            DutyKind::NameRule => self.name_rule(duty),
            DutyKind::NameNotPrimary => self.name_not_primary(duty),
            DutyKind::ShareAlike => match outcome {
                Outcome::Compatible | Outcome::Obligations => State::Met(FILE_NAME.to_owned()),
                Outcome::Review => State::NotCheckable,
                Outcome::Conflict => State::Unmet,
            },
            DutyKind::StateChanges | DutyKind::KeepNotices | DutyKind::FlowDown | DutyKind::SourceForm => {
                State::NotCheckable
            }
            _ => match &self.documents {
                None => State::NotCheckable,
                Some(documents) => in_files(duty, documents),
            },
        }
    }

    fn name_rule(&self, duty: &Duty) -> State {
        let Some(prefix) = duty.words.first() else { return State::NotCheckable };
        match begins_with(self.name, prefix) {
            true => State::Met(FILE_NAME.to_owned()),
            false => State::Unmet,
        }
    }

    fn name_not_primary(&self, duty: &Duty) -> State {
        let Some(word) = duty.words.first() else { return State::NotCheckable };
        let is_named = self.name.to_lowercase().contains(&word.to_lowercase());
        match (begins_with(self.name, word), is_named) {
            (true, _) => State::Unmet,
            (false, true) => State::NotCheckable,
            (false, false) => State::Met(FILE_NAME.to_owned()),
        }
    }
}

/// Returns whether the name of a model, without its organization, begins with a word. Spaces, hyphens and case do not count,
/// and a number has to end where it ends in the word.
fn begins_with(name: &str, word: &str) -> bool {
    let letters =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let last = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name);
    let (name, word) = (letters(last), letters(word));
    let Some(rest) = name.strip_prefix(&word) else { return false };
    let ends_in_digit = word.ends_with(|c: char| c.is_ascii_digit());
    // "Llama 30B" is not a "Llama 3", but "Llama 3.1" is, whose dot is gone by now.
    !ends_in_digit || !rest.starts_with(|c: char| c.is_ascii_digit()) || is_version(last, &word)
}

/// Returns whether the number at the end of a word continues after a dot in the name.
fn is_version(name: &str, word: &str) -> bool {
    let mut left = word.chars();
    let mut expected = left.next();
    for (at, c) in name.char_indices() {
        let Some(wanted) = expected else {
            return c == '.' || c == '-' || c == ' ' || c == '_';
        };
        if c.to_lowercase().eq(std::iter::once(wanted)) {
            expected = left.next();
        } else if c.is_alphanumeric() || at == 0 {
            return false;
        }
    }
    expected.is_none()
}

fn in_files(duty: &Duty, documents: &[Document]) -> State {
    let of = |purpose: Purpose| documents.iter().filter(move |document| document.purpose == purpose);
    let found = |document: Option<&Document>, otherwise: State| match document {
        Some(document) => State::Met(document.path.clone()),
        None => otherwise,
    };
    let has_words = |document: &&Document| duty.words.iter().any(|words| contains(document, words));
    match duty.kind {
        DutyKind::CopyOfLicense => {
            let copy = of(Purpose::License).find(|document| is_copy(&document.text, &duty.of));
            let is_known = canonical(&duty.of).is_some() || is_known_model_license(&duty.of);
            found(copy, if is_known { State::Unmet } else { State::NotCheckable })
        }
        DutyKind::LinkToLicense => {
            let copy = of(Purpose::License).find(|document| is_copy(&document.text, &duty.of));
            let link = of(Purpose::Readme).chain(of(Purpose::Notice)).find(|document| links_to(document, &duty.of));
            found(copy.or(link), State::Unmet)
        }
        DutyKind::NoticeFile if duty.words.is_empty() || duty.condition.is_some() => State::NotCheckable,
        DutyKind::NoticeFile => found(of(Purpose::Notice).find(has_words), State::Unmet),
        DutyKind::DisplayInDocumentation if duty.condition.is_none() => {
            found(of(Purpose::Readme).find(has_words), State::Unmet)
        }
        DutyKind::DisplayInDocumentation | DutyKind::Display => {
            found(of(Purpose::Readme).find(has_words), State::NotCheckable)
        }
        _ => State::NotCheckable,
    }
}

fn links_to(document: &Document, license: &str) -> bool {
    let lower = document.text.to_lowercase();
    let page = match license.strip_prefix("CC-").and_then(|rest| rest.rsplit_once('-')) {
        Some((elements, version)) => format!("creativecommons.org/licenses/{}/{version}", elements.to_lowercase()),
        None if license == "ODC-By-1.0" => "opendatacommons.org/licenses/by".to_owned(),
        None if license == "ODbL-1.0" => "opendatacommons.org/licenses/odbl".to_owned(),
        None => license.to_lowercase(),
    };
    lower.contains(&page) || lower.contains(&license.to_lowercase())
}

/// Returns whether a document contains some words in this order. A copyright sign is as good as "(c)".
fn contains(document: &Document, words: &str) -> bool {
    let words = split(words);
    !words.is_empty() && document.words.windows(words.len()).any(|window| window == words)
}

fn split(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty() && *word != "c");
    words.map(str::to_owned).collect()
}

fn documents(manifest: &Manifest, files: &dyn Files) -> Vec<Document> {
    let kinds = &manifest.licenses;
    let terms = [&kinds.code, &kinds.data, &kinds.documentation].into_iter().flatten();
    let terms =
        terms.chain([&manifest.model.license]).chain(manifest.components.iter().map(|component| &component.terms));
    let named: BTreeSet<&str> = terms.filter_map(|terms| Some(terms.file.as_ref()?.value.as_str())).collect();
    let listed = files.entries().iter().filter(|entry| entry.kind != Kind::Missing);
    let candidates = listed.filter_map(|entry| Some((&entry.path, purpose(entry.path.as_str(), &named)?)));
    let read = candidates.take(MAX_FILES).filter_map(|(path, purpose)| {
        let bytes = files.read(path, MAX_BYTES).ok().flatten()?;
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        if path.file_name() == Modelfile::NAME {
            text = Modelfile::parse(&text).licenses.join("\n\n");
        }
        let words = if purpose == Purpose::License { Vec::new() } else { split(&text) };
        Some(Document { path: path.to_string(), purpose, text, words })
    });
    read.collect()
}

/// Returns what a file is for, going by its name.
fn purpose(path: &str, named: &BTreeSet<&str>) -> Option<Purpose> {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let is_at_root = !path.contains('/');
    if named.contains(path) || name == Modelfile::NAME.to_lowercase() {
        Some(Purpose::License)
    } else if name == "notice"
        || name.starts_with("notice.")
        || name.starts_with("notice-")
        || name.starts_with("notice_")
    {
        Some(Purpose::Notice)
    } else if is_at_root
        && (name.starts_with("readme") || name.starts_with("model_card") || name.starts_with("model-card"))
    {
        Some(Purpose::Readme)
    } else if path.starts_with("LICENSES/") || ["licen", "copying"].iter().any(|word| name.contains(word)) {
        Some(Purpose::License)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_begins_with_a_word_whatever_is_between_its_letters() {
        for (name, word, expected) in [
            ("Llama-3.1-Tiny", "Llama", true),
            ("llama_tiny", "Llama", true),
            ("lab/Llama-Tiny", "Llama", true),
            ("Tiny-Llama", "Llama", false),
            ("Llama-3-Tiny", "Llama 3", true),
            ("Llama3-Tiny", "Llama 3", true),
            ("Llama 3.1 Tiny", "Llama 3", true),
            ("Llama-Tiny-8B", "Llama 3", false),
            ("Llama-30B-Tiny", "Llama 3", false),
            ("EXAONE-Tiny", "EXAONE", true),
            ("", "Llama", false),
        ] {
            assert_eq!(begins_with(name, word), expected, "{name} {word}");
        }
    }

    #[test]
    fn files_are_known_by_their_names() {
        let named = BTreeSet::from(["docs/terms.txt"]);
        for (path, expected) in [
            ("LICENSE", Some(Purpose::License)),
            ("docs/terms.txt", Some(Purpose::License)),
            ("Modelfile", Some(Purpose::License)),
            ("LICENSES/MIT.txt", Some(Purpose::License)),
            ("Notice", Some(Purpose::Notice)),
            ("third_party/NOTICE.txt", Some(Purpose::Notice)),
            ("README.md", Some(Purpose::Readme)),
            ("docs/README.md", None),
            ("noticeable.md", None),
            ("model.safetensors", None),
        ] {
            assert_eq!(purpose(path, &named), expected, "{path}");
        }
    }
}
