//! Drafting a first manifest from the files of a model.
//!
//! Every value in the draft has a comment that says where it was found. A value that could not be determined is left
//! out, or, if a manifest requires it, written as `unknown` with a request to fill it in. `openness check` finds no
//! error in what the draft declares. It is a starting point: some facts about a model are not in any file.

mod bases;
mod card;
mod citation;
mod classify;
mod facts;
mod identity;
mod license;
mod origin;
mod patterns;
mod update;
mod write;

use crate::artifacts::housekeeping::needs_no_component;
use crate::artifacts::notable::Notable;
use crate::artifacts::{completeness, header};
use crate::files::{Files, Kind};
use crate::lineage::Mentions;
use crate::path::RepoPath;

use bases::Bases;
use card::{Card, MODEL_CARD};
use citation::Citation;
use classify::Class;
use license::Terms;

pub use identity::Identity;
pub use origin::GitHints;
pub use update::Updated;

/// The lines that keep Git from changing the line endings of signed files.
const ATTRIBUTES: [&str; 2] = ["OPENNESS.toml text eol=lf", ".openness/** text eol=lf"];

/// A value and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The value; never empty.
    pub value: String,
    /// A sentence that says where it was found.
    pub from: String,
}

impl Fact {
    /// Makes a fact; `None` if the value is empty.
    #[must_use]
    pub fn new(value: &str, from: impl Into<String>) -> Option<Self> {
        let value = value.trim();
        (!value.is_empty()).then(|| Self { value: value.to_owned(), from: from.into() })
    }
}

/// The facts that were found about a model. [`Survey::draft`] writes them down.
#[derive(Debug)]
pub struct Survey {
    /// Name, version and producer, which the caller may correct.
    pub identity: Identity,
    /// Whether the claims of the model card are taken over, and not only proposed.
    pub takes_claims: bool,
    card: Option<Card>,
    bases: Bases,
    license: Terms,
    architecture: Option<Fact>,
    /// Components in the order of the vocabulary, each with its patterns.
    components: Vec<(&'static str, Vec<String>)>,
    /// Shards that an index names but that are missing.
    missing_shards: Vec<String>,
    /// Files for which no component was found.
    unsorted: Vec<String>,
}

impl Survey {
    /// Examines the files of a model. `directory` is the name to use if no other is found; `git` are hints from the
    /// repository.
    #[must_use]
    pub fn of(files: &dyn Files, directory: &str, git: &GitHints) -> Self {
        let (card, card_problem) = Card::read(files);
        let general = facts::gguf(files);
        let citation = Citation::read(files);
        let mut license = Terms::read(files, card.as_ref(), &general, &citation);
        license.remarks.extend(card_problem);
        let (components, mut unsorted) = components(files, card.as_ref(), &|_| true);
        unsorted.retain(|path| license.file.as_ref() != Some(path));
        let mentions = Mentions::of(files, &Notable::of(files), &|at| header::of(files, &files.entries()[at])?.ok());
        let bases = Bases::find(files, card.as_ref(), &general, mentions);
        Self {
            identity: Identity::find(card.as_ref(), &general, &citation, &bases, directory, git),
            takes_claims: false,
            bases,
            architecture: facts::architecture(files),
            missing_shards: facts::missing_shards(files),
            card,
            license,
            components,
            unsorted,
        }
    }

    /// Returns the number of files for which no component was found.
    #[must_use]
    pub fn unsorted(&self) -> usize {
        self.unsorted.len()
    }

    /// Returns the ids of the components that have files, in the order of the vocabulary.
    #[must_use]
    pub fn found(&self) -> Vec<&'static str> {
        self.components.iter().map(|(id, _)| *id).collect()
    }

    /// Returns the text of the manifest.
    #[must_use]
    pub fn draft(&self) -> String {
        write::draft(self)
    }
}

/// Returns a `.gitattributes` file that keeps Git from changing the line endings of signed files; `None` if the
/// `present` text does that already.
#[must_use]
pub fn attributes(present: &str) -> Option<String> {
    let missing = ATTRIBUTES.iter().filter(|line| !present.lines().any(|other| other.trim() == **line));
    let missing: Vec<&str> = missing.copied().collect();
    if missing.is_empty() {
        return None;
    }
    let mut text = present.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for line in missing {
        text.push_str(line);
        text.push('\n');
    }
    Some(text)
}

/// Returns whether the name of a file tells which component it belongs to.
#[must_use]
pub fn has_component(path: &RepoPath) -> bool {
    matches!(classify::classify(path), Class::Component(_))
}

/// Returns every component that has wanted files, in the order of the vocabulary, and the files that belong to none.
fn components(
    files: &dyn Files,
    card: Option<&Card>,
    is_wanted: &dyn Fn(&RepoPath) -> bool,
) -> (Vec<(&'static str, Vec<String>)>, Vec<String>) {
    let vocabulary = crate::taxonomy::vocabulary().components().iter().map(|item| item.id.as_str());
    let ids: Vec<&'static str> = vocabulary.chain([classify::CONFIGURATION]).collect();
    let weights = completeness::named_weights(files);
    let mut classified: Vec<(&RepoPath, Option<usize>)> = Vec::new();
    for entry in files.entries() {
        if !matches!(entry.kind, Kind::File { .. } | Kind::Missing) {
            continue;
        }
        if !is_wanted(&entry.path) || needs_no_component(files, &entry.path) {
            continue;
        }
        let component = match classify::classify(&entry.path) {
            Class::Component(id) => Some(id),
            Class::Unknown if card.is_some_and(|card| card.path == entry.path) => Some(MODEL_CARD),
            Class::Unknown if weights.contains(entry.path.as_str()) => Some(classify::named_weights(&entry.path)),
            Class::Unknown => None,
        };
        classified.push((&entry.path, component.and_then(|id| ids.iter().position(|other| *other == id))));
    }
    let patterns = patterns::patterns(&classified, ids.len());
    let found: Vec<(&'static str, Vec<String>)> =
        ids.into_iter().zip(patterns).filter(|(_, patterns)| !patterns.is_empty()).collect();
    let unclassified = classified.iter().filter(|(_, component)| component.is_none());
    (found, unclassified.map(|(path, _)| path.as_str().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Memory;

    #[test]
    fn weights_that_other_files_name_are_weights() {
        // A graph with a tensor that has its numbers in `m.data`.
        let onnx = b"\x08\x0a\x3a\x16\x2a\x14\x6a\x12\x0a\x08location\x12\x06m.data".to_vec();
        let network = b"<?xml version=\"1.0\"?>\n<net name=\"Model0\" version=\"11\"></net>".to_vec();
        let files = Memory::new([
            ("a/m.onnx", onnx.clone()),
            ("a/m.data", b"x".to_vec()),
            ("a/n.data", b"x".to_vec()),
            ("checkpoint/m.onnx", onnx),
            ("checkpoint/m.data", b"x".to_vec()),
            ("detect.xml", network),
            ("detect.bin", b"x".to_vec()),
            ("labels.xml", b"<annotation></annotation>".to_vec()),
            ("labels.bin", b"x".to_vec()),
        ]);
        let (found, unsorted) = components(&files, None, &|_| true);
        let weights = |id: &str| found.iter().find(|(other, _)| *other == id).map(|(_, patterns)| patterns.join(" "));
        assert_eq!(weights("final-weights").as_deref(), Some("a/m.data a/m.onnx detect.bin detect.xml"));
        assert_eq!(weights("intermediate-weights").as_deref(), Some("checkpoint/m.data checkpoint/m.onnx"));
        assert_eq!(unsorted, ["a/n.data", "labels.bin", "labels.xml"]);
    }

    #[test]
    fn attributes_are_added_once_and_none_are_removed() {
        let both = "OPENNESS.toml text eol=lf\n.openness/** text eol=lf\n";
        assert_eq!(attributes("").as_deref(), Some(both));
        assert_eq!(attributes(both), None);
        assert_eq!(attributes("*.bin -text"), Some(format!("*.bin -text\n{both}")));
    }
}
