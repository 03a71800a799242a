//! A first manifest from what a repository holds.
//!
//! Every value comes with a comment that says where it was read; what nobody states is left out, or where a manifest
//! demands it, written as `unknown` with `please check`. What the draft declares, `check` finds no error in. It is the
//! beginning of a manifest: a person has to say what no file can.

mod gguf;
mod origin;
mod sort;
mod pattern;
mod write;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::files::{Files, Kind};
use crate::import::{self, Format, front};
use crate::license;
use crate::manifest;
use crate::manifest::parse::parse;
use crate::path::RepoPath;
use crate::source::Source;

pub use origin::GitHints;
use sort::Sort;

/// Cards, licence texts and configurations are kilobytes.
const MAX_TEXT_BYTES: u64 = 1024 * 1024;
/// The lines that keep Git from changing what is signed.
const ATTRIBUTES: [&str; 2] = ["OPENNESS.toml text eol=lf", ".openness/** text eol=lf"];
/// What is written where a manifest demands a value and nobody states one.
const UNKNOWN: &str = "unknown";

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The value; never empty.
    pub value: String,
    /// One sentence about where it was read.
    pub from: String,
}

impl Fact {
    /// Makes a fact, unless the value is empty.
    #[must_use]
    pub fn new(value: &str, from: impl Into<String>) -> Option<Self> {
        let value = value.trim();
        (!value.is_empty()).then(|| Self { value: value.to_owned(), from: from.into() })
    }
}

/// What a manifest demands of every model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `model.name`.
    pub name: Fact,
    /// `model.version`.
    pub version: Fact,
    /// `model.producer`.
    pub producer: Fact,
}

/// What was found out about a repository; [`Survey::draft`] writes it down.
#[derive(Debug)]
pub struct Survey {
    /// Name, version, producer; to be changed by whoever knows better.
    pub identity: Identity,
    card: Option<Card>,
    license: Terms,
    architecture: Option<Fact>,
    /// Components in the order of the vocabulary, with patterns.
    components: Vec<(&'static str, Vec<String>)>,
    /// Shards that an index names and the repository lacks.
    missing_shards: Vec<String>,
    unsorted: Vec<String>,
}

/// What the model card says.
#[derive(Debug)]
struct Card {
    path: RepoPath,
    /// What its front matter declares, by way of `import card`.
    declared: manifest::Manifest,
    /// What the import says in comments about licences that it did not choose.
    remarks: Vec<String>,
    pipeline: Option<String>,
}

/// The licence of the whole, with remarks about where it comes from.
#[derive(Debug, Default)]
struct Terms {
    license: Option<String>,
    file: Option<String>,
    name: Option<String>,
    url: Option<String>,
    remarks: Vec<String>,
}

impl Survey {
    /// Looks at the files of a model. `directory` is the name to fall back on, and `git` is what a repository hints.
    #[must_use]
    pub fn of(snapshot: &dyn Files, directory: &str, git: &GitHints) -> Self {
        let (card, card_problem) = Card::read(snapshot);
        let general = gguf_facts(snapshot);
        let mut license = Terms::read(snapshot, card.as_ref(), &general);
        license.remarks.extend(card_problem);
        let (components, unsorted) = components(snapshot, card.as_ref());
        Self {
            identity: identity(card.as_ref(), &general, directory, git),
            architecture: architecture(snapshot),
            missing_shards: missing_shards(snapshot),
            card,
            license,
            components,
            unsorted,
        }
    }

    /// Returns how many files no component could be found for.
    #[must_use]
    pub fn unsorted(&self) -> usize {
        self.unsorted.len()
    }

    /// Returns the ids of the components that were found, in the order of the vocabulary.
    #[must_use]
    pub fn found(&self) -> Vec<&'static str> {
        self.components.iter().map(|(id, _)| *id).collect()
    }

    /// Writes the manifest.
    #[must_use]
    pub fn draft(&self) -> String {
        write::draft(self)
    }
}

/// Returns what `.gitattributes` should hold so that Git does not change the line endings of what is signed; `None` where it
/// holds that already.
#[must_use]
pub fn attributes(present: &str) -> Option<String> {
    let absent = ATTRIBUTES.iter().filter(|line| !present.lines().any(|other| other.trim() == **line));
    let absent: Vec<&str> = absent.copied().collect();
    if absent.is_empty() {
        return None;
    }
    let mut text = present.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for line in absent {
        text.push_str(line);
        text.push('\n');
    }
    Some(text)
}

impl Card {
    /// Returns the card at the root, and what kept one from being read.
    fn read(snapshot: &dyn Files) -> (Option<Self>, Option<String>) {
        let Some((path, text)) = root_text(snapshot, |name| name.eq_ignore_ascii_case("readme.md")) else {
            return (None, None);
        };
        if !text.trim_start_matches('\u{feff}').starts_with("---") {
            return (None, None);
        }
        let imported = match import::import(Format::Card, &text) {
            Ok(imported) => imported,
            Err(error) => return (None, Some(format!("{path}: {error}"))),
        };
        let remarks = imported.lines().filter_map(|line| line.strip_prefix("# The card ")).filter(|line| {
            ["says `", "says: ", "names several lic", "has no lic"].iter().any(|start| line.starts_with(start))
        });
        let remarks = remarks.map(|line| format!("{path}: the card {line}")).collect();
        let parsed = parse(Source::new(path.as_str(), imported));
        let pipeline = front::read(text.trim_start_matches('\u{feff}'))
            .ok()
            .and_then(|(card, _)| card.filled("pipeline_tag").ok().flatten().map(str::to_owned));
        let card = parsed.is_sound().then_some(Self { path, declared: parsed.manifest, remarks, pipeline });
        (card, None)
    }
}

impl Terms {
    fn read(snapshot: &dyn Files, card: Option<&Card>, general: &[(String, Fact)]) -> Self {
        let mut terms = card.map(Self::of_card).unwrap_or_default();
        if terms.license.is_none()
            && let Some((_, fact)) = general.iter().find(|(key, _)| key == "license")
        {
            let is_id = license::is_listed(&fact.value);
            terms.remarks.push(format!("{} Its `general.license` is `{}`.", fact.from, fact.value));
            terms.license = is_id.then(|| fact.value.clone());
        }
        terms.keep_present_file(snapshot);
        terms.read_named_text(snapshot);
        terms.read_text(snapshot);
        terms.name_a_text();
        terms
    }

    fn of_card(card: &Card) -> Self {
        let of = &card.declared.model.license;
        let text = |text: &Option<manifest::Text>| text.as_ref().map(|text| text.value.clone());
        let mut remarks = card.remarks.clone();
        if let Some(license) = &of.license {
            remarks.push(format!("From the front matter of {}: {}.", card.path, license.value));
        }
        Self {
            license: text(&of.license),
            file: of.file.as_ref().map(|file| file.value.as_str().to_owned()),
            name: text(&of.name),
            url: text(&of.url),
            remarks,
        }
    }

    /// Drops the path of a text that is not there.
    fn keep_present_file(&mut self, snapshot: &dyn Files) {
        let Some(file) = &self.file else { return };
        let is_there = file.parse().is_ok_and(|path: RepoPath| snapshot.find(&path).is_some());
        if !is_there {
            self.remarks.push(format!("The card names the licence text {file}, which is not here."));
            self.file = None;
        }
    }

    /// Finds the text of what is stated where [REUSE](https://reuse.software/spec-3.3/) keeps it.
    fn read_named_text(&mut self, snapshot: &dyn Files) {
        let Some(license) = self.license.as_deref().filter(|_| self.file.is_none()) else { return };
        let path = format!("LICENSES/{license}.txt");
        if path.parse().is_ok_and(|path: RepoPath| snapshot.find(&path).is_some()) {
            self.file = Some(path);
        }
    }

    /// Reads the licence text at the root: a text decides over what somebody says it is.
    fn read_text(&mut self, snapshot: &dyn Files) {
        if let Some(file) = &self.file {
            self.remarks.push(format!("Its text is in {file}."));
            return;
        }
        let candidates = license_files(snapshot);
        let plain = |path: &&RepoPath| is_plain_license(path.file_name());
        let chosen = match candidates.as_slice() {
            [] => return,
            [only] => only,
            several => {
                let names: Vec<&str> = several.iter().map(|path| path.as_str()).collect();
                self.remarks.push(format!("There are several licence texts, please check: {}.", names.join(", ")));
                match several.iter().find(plain) {
                    Some(plain) => plain,
                    None => return,
                }
            }
        };
        let Ok(Some(bytes)) = snapshot.read(chosen, MAX_TEXT_BYTES) else { return };
        let text = String::from_utf8_lossy(&bytes);
        match (license::text::identify(&text), &self.license) {
            (Some(id), stated) => {
                let differs = stated.as_deref().is_some_and(|stated| stated != id && !share_a_text(stated, id));
                let mut remark = format!("{chosen} holds the text of {id}");
                if differs {
                    remark.push_str(", which is not what was stated elsewhere; please check");
                } else if id.ends_with("-only") && stated.is_none() {
                    let later = id.replace("-only", "-or-later");
                    remark.push_str(&format!(", which is that of {later} too; please check which is meant"));
                }
                self.remarks.push(format!("{remark}."));
                if stated.is_none() || differs {
                    self.license = Some(id.to_owned());
                    (self.name, self.url) = (None, None);
                }
                self.file = Some(chosen.as_str().to_owned());
            }
            (None, Some(stated)) => {
                // Whether the text is the one stated, `check` says; where it says no, naming it would be an error.
                let names = match license::read(stated) {
                    Ok(license::License::Expression(expression)) => expression.names(),
                    _ => Vec::new(),
                };
                if license::text::compare(&text, &names) == license::text::Likeness::Different {
                    self.remarks.push(format!("{chosen} does not hold the text of {stated}; please check."));
                } else {
                    self.remarks.push(format!("Its text is in {chosen}."));
                    self.file = Some(chosen.as_str().to_owned());
                }
            }
            (None, None) => {
                self.remarks.push(format!("{chosen} holds terms that are those of no common licence; please check."));
                self.license = Some(import::emit::reference(chosen.file_name()));
                self.file = Some(chosen.as_str().to_owned());
            }
        }
    }

    /// A `LicenseRef` needs a text that people can read.
    fn name_a_text(&mut self) {
        let Some(license) = self.license.as_deref().filter(|license| license.contains("LicenseRef-")) else { return };
        if self.file.is_some() || self.url.is_some() {
            return;
        }
        match license::traits::known().iter().find(|known| known.id == license) {
            Some(known) if import::emit::is_url(&known.source) => {
                self.remarks.push("Its terms are not here; the address is the one known of them.".to_owned());
                self.url = Some(known.source.clone());
            }
            _ => {
                self.remarks.push(format!("The text of `{license}` is nowhere here; add it as `license-file`."));
                self.name.get_or_insert_with(|| license.trim_start_matches("LicenseRef-").to_owned());
                self.license = None;
            }
        }
    }
}

fn share_a_text(a: &str, b: &str) -> bool {
    let text = |id: &str| license::text::canonical(id);
    text(a).is_some() && text(a) == text(b)
}

/// Licence texts at the root, in the order of paths.
fn license_files(snapshot: &dyn Files) -> Vec<RepoPath> {
    let is_license = |name: &str| {
        let name = name.to_lowercase();
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        ["license", "licence", "copying"].iter().any(|start| {
            name.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
        }) && !matches!(ending, "py" | "json" | "toml" | "sh")
    };
    let at_root = snapshot.entries().iter().filter(|entry| entry.path.components().count() == 1);
    let files = at_root.filter(|entry| matches!(entry.kind, Kind::File { .. }));
    files.filter(|entry| is_license(entry.path.file_name())).map(|entry| entry.path.clone()).collect()
}

fn is_plain_license(name: &str) -> bool {
    matches!(
        name.to_lowercase().as_str(),
        "license" | "license.txt" | "license.md" | "licence" | "licence.txt" | "copying"
    )
}

/// The text of a file at the root.
fn root_text(snapshot: &dyn Files, is_named: impl Fn(&str) -> bool) -> Option<(RepoPath, String)> {
    let mut at_root = snapshot.entries().iter().filter(|entry| entry.path.components().count() == 1);
    let entry = at_root.find(|entry| matches!(entry.kind, Kind::File { .. }) && is_named(entry.path.file_name()))?;
    let bytes = snapshot.read(&entry.path, MAX_TEXT_BYTES).ok().flatten()?;
    Some((entry.path.clone(), String::from_utf8(bytes).ok()?))
}

/// What the GGUF files at hand say of themselves: key without `general.`, each key once.
fn gguf_facts(snapshot: &dyn Files) -> Vec<(String, Fact)> {
    let mut facts: Vec<(String, Fact)> = Vec::new();
    let is_gguf = |path: &RepoPath| path.extension().is_some_and(|ending| ending == "gguf");
    let first = snapshot.entries().iter().find(|entry| is_gguf(&entry.path));
    let Some(entry) = first else { return facts };
    let Ok(Some(head)) = snapshot.read_start(&entry.path, gguf::HEAD_BYTES) else { return facts };
    for (key, value) in gguf::general(&head) {
        let fact = Fact::new(&value, format!("From the metadata of {}.", entry.path));
        if let Some(fact) = fact.filter(|_| !facts.iter().any(|(other, _)| *other == key)) {
            facts.push((key, fact));
        }
    }
    facts
}

fn identity(card: Option<&Card>, general: &[(String, Fact)], directory: &str, git: &GitHints) -> Identity {
    let of_file = |key: &str| general.iter().find(|(other, _)| other == key).map(|(_, fact)| fact.clone());
    let remote = git.owner_and_name.as_ref();
    let of_remote = "From the address of the Git remote `origin`; please check.";
    let title = card.filter(|card| card.declared.model.name.value != UNKNOWN).and_then(|card| {
        let name = card.declared.model.name.value.trim();
        let name =
            name.strip_prefix("Model Card for ").or_else(|| name.strip_prefix("Model card for ")).unwrap_or(name);
        Fact::new(name, format!("From {}.", card.path))
    });
    let name = title
        .or_else(|| of_file("name"))
        .or_else(|| remote.and_then(|(_, name)| Fact::new(name, of_remote)))
        .or_else(|| Fact::new(directory, "The name of the directory; please check."));
    let tag = git.version_tag.as_ref();
    let version = tag
        .and_then(|tag| {
            let version = tag.strip_prefix('v').unwrap_or(tag);
            Fact::new(version, format!("From the Git tag `{tag}`; please check."))
        })
        .or_else(|| of_file("version"));
    let producer = of_file("organization").or_else(|| remote.and_then(|(owner, _)| Fact::new(owner, of_remote)));
    let unknown =
        |what: &str| Fact { value: UNKNOWN.to_owned(), from: format!("Nothing here states the {what}; please check.") };
    Identity {
        name: name.unwrap_or_else(|| unknown("name")),
        version: version.unwrap_or_else(|| unknown("version")),
        producer: producer.unwrap_or_else(|| unknown("producer")),
    }
}

fn architecture(snapshot: &dyn Files) -> Option<Fact> {
    let (path, text) = root_text(snapshot, |name| name == "config.json")?;
    let config: Value = serde_json::from_str(&text).ok()?;
    let named = config["architectures"][0].as_str().or_else(|| config["model_type"].as_str())?;
    Fact::new(named, format!("From {path}."))
}

/// Every component that has files, in the order of the vocabulary, and the files that have none.
fn components(snapshot: &dyn Files, card: Option<&Card>) -> (Vec<(&'static str, Vec<String>)>, Vec<String>) {
    let vocabulary = crate::taxonomy::vocabulary().components().iter().map(|item| item.id.as_str());
    let ids: Vec<&'static str> = vocabulary.chain([sort::CONFIGURATION]).collect();
    let mut files: Vec<(&RepoPath, Option<usize>)> = Vec::new();
    for entry in snapshot.entries() {
        if !matches!(entry.kind, Kind::File { .. } | Kind::Missing) {
            continue;
        }
        let sorted = match sort::sort(&entry.path) {
            Sort::Component(id) => Some(id),
            Sort::Unknown if card.is_some_and(|card| card.path == entry.path) => Some("model-card"),
            Sort::Housekeeping => continue,
            Sort::Unknown => None,
        };
        files.push((&entry.path, sorted.and_then(|id| ids.iter().position(|other| *other == id))));
    }
    let patterns = pattern::patterns(&files, ids.len());
    let named: Vec<(&'static str, Vec<String>)> =
        ids.into_iter().zip(patterns).filter(|(_, patterns)| !patterns.is_empty()).collect();
    let unsorted = files.iter().filter(|(_, owner)| owner.is_none());
    (named, unsorted.map(|(path, _)| path.as_str().to_owned()).collect())
}

/// Files that an index of shards names and that are not there.
fn missing_shards(snapshot: &dyn Files) -> Vec<String> {
    let mut missing = BTreeSet::new();
    let is_index = |path: &RepoPath| path.as_str().ends_with(".index.json");
    for entry in snapshot.entries().iter().filter(|entry| is_index(&entry.path)) {
        let Ok(Some(bytes)) = snapshot.read(&entry.path, 64 * MAX_TEXT_BYTES) else { continue };
        let Ok(index) = serde_json::from_slice::<Value>(&bytes) else { continue };
        let shards: BTreeSet<&str> = index["weight_map"]
            .as_object()
            .into_iter()
            .flat_map(|map| map.values())
            .filter_map(Value::as_str)
            .collect();
        let directory = entry.path.as_str().rsplit_once('/').map_or("", |(directory, _)| directory);
        for shard in shards {
            let path = if directory.is_empty() { shard.to_owned() } else { format!("{directory}/{shard}") };
            if !path.parse().is_ok_and(|path: RepoPath| snapshot.find(&path).is_some()) {
                missing.insert(path);
            }
        }
    }
    missing.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_added_once_and_nothing_is_taken_away() {
        let both = "OPENNESS.toml text eol=lf\n.openness/** text eol=lf\n";
        assert_eq!(attributes("").as_deref(), Some(both));
        assert_eq!(attributes(both), None);
        assert_eq!(attributes("*.bin -text"), Some(format!("*.bin -text\n{both}")));
    }
}
