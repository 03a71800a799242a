//! The model card at the root, as `openness import card` reads it.

use std::borrow::Cow;

use crate::files::{Files, Kind};
use crate::import::card::bases::{self, is_local_path};
use crate::import::card::claims::{self, CardClaim};
use crate::import::card::tasks::Tasks;
use crate::import::{self, Format, front};
use crate::manifest::Manifest;
use crate::manifest::parse::parse;
use crate::path::RepoPath;
use crate::source::Source;

use super::classify::{Class, classify};
use super::facts;

/// Beginnings of the comments that the import writes about licenses, and about what it could not read.
const REMARKS: [&str; 4] = ["says `", "names several licenses", "has no license", "has a value that is left out"];
/// The component of the card.
pub(super) const MODEL_CARD: &str = "model-card";

/// The model card and what it declares.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) path: RepoPath,
    /// The facts that it declares, as imported.
    pub(super) declared: Manifest,
    /// The import's comments about licenses that it could not choose between.
    pub(super) remarks: Vec<String>,
    pub(super) tasks: Option<Tasks>,
    /// The source of the relation to the base models if it was inferred.
    pub(super) inferred_relation: Option<String>,
    /// Whether it gives a path on the author's machine as a base model.
    pub(super) has_local_base: bool,
    /// `quantized_by`.
    pub(super) quantized_by: Option<String>,
    pub(super) claims: Vec<CardClaim>,
    /// The URLs of the papers that it names.
    pub(super) papers: Vec<String>,
}

impl Card {
    /// Returns the card at the root, and why it could not be read.
    ///
    /// A `README.md` with front matter is the card. Without, it is the card if there are weights and no file is named
    /// after a model card.
    pub(super) fn read(files: &dyn Files) -> (Option<Self>, Option<String>) {
        let readme = facts::bytes_at_root(files, |name| name.eq_ignore_ascii_case("readme.md"));
        let readme = readme.map(|(path, bytes)| (path, front::decode(&bytes).map(Cow::into_owned)));
        let is_card = |text: &String| front::split(text).is_some() || front::lacks_end(text);
        let (path, text) = match readme {
            Some((path, text)) if text.as_ref().map_or(true, is_card) => (path, text),
            readme => {
                let is_card = |path: &RepoPath| path.has_extension("md") && is_of(path, &[MODEL_CARD]);
                let named = facts::bytes_at_root(files, |name| name.parse().is_ok_and(|path| is_card(&path)));
                let named = named.map(|(path, bytes)| (path, front::decode(&bytes).map(Cow::into_owned)));
                match named.or_else(|| readme.filter(|_| has_weights(files))) {
                    Some((path, text)) => (path, text.map(with_front_matter)),
                    None => return (None, None),
                }
            }
        };
        match text.and_then(|text| Self::of_text(path.clone(), &text)) {
            Ok(card) => (card, None),
            Err(error) => (None, Some(format!("{path}: {error}"))),
        }
    }

    fn of_text(path: RepoPath, text: &str) -> Result<Option<Self>, import::Error> {
        let imported = import::import(Format::Card, text)?;
        let (front, _, body) = import::card::read(text)?;
        let remarks = imported.lines().filter_map(|line| line.strip_prefix("# The card "));
        let remarks = remarks.filter(|line| REMARKS.iter().any(|start| line.starts_with(start)));
        let remarks = remarks.map(|line| format!("{path}: the card {line}")).collect();
        let inferred = bases::relation(&front)?.map(|(_, source)| source);
        let parsed = parse(Source::new(path.as_str(), imported));
        Ok(parsed.is_sound().then_some(Self {
            path,
            declared: parsed.manifest,
            remarks,
            tasks: Tasks::read(&front)?,
            inferred_relation: inferred.filter(|source| source != "base_model_relation"),
            has_local_base: front.texts("base_model")?.iter().any(|base| is_local_path(base)),
            quantized_by: front.filled("quantized_by")?.map(str::to_owned),
            claims: claims::claims(&front.texts("tags")?, body),
            papers: claims::papers(&front.texts("tags")?, body),
        }))
    }
}

/// Adds front matter to a text without any, so that it is read as a card that declares nothing.
fn with_front_matter(text: String) -> String {
    if front::split(&text).is_some() || front::lacks_end(&text) {
        return text;
    }
    format!("---\n---\n{}", text.strip_prefix('\u{feff}').unwrap_or(&text))
}

fn has_weights(files: &dyn Files) -> bool {
    let mut regular = files.entries().iter().filter(|entry| matches!(entry.kind, Kind::File { .. } | Kind::Missing));
    regular.any(|entry| is_of(&entry.path, &["final-weights", "intermediate-weights"]))
}

fn is_of(path: &RepoPath, components: &[&str]) -> bool {
    matches!(classify(path), Class::Component(id) if components.contains(&id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Memory;

    fn read(text: &[u8]) -> (Option<String>, Option<String>) {
        let files = Memory::new([("README.md", text), ("model.safetensors", b"x")]);
        let (card, problem) = Card::read(&files);
        (card.and_then(|card| card.declared.model.license.license).map(|license| license.value), problem)
    }

    #[test]
    fn a_card_is_read_or_named_as_check_does() {
        for text in [&b"---\nlicense: mit\n---\n# Caf\xe9\n"[..], b"---\nlicense: mit\ntags: {a: b}\n---\n# T\n"] {
            assert_eq!(read(text), (Some("MIT".to_owned()), None));
        }
        for (text, problem) in [
            (&b"---\nlicense: mit\n# T\n"[..], "has no end"),
            (b"\xff\xfe-\0-\0-\0\n\0a\0:\0 \0b\0", "UTF-16"),
            (b"---\nlicense: mit\nname: \xe9\n---\n", "it is not UTF-8"),
        ] {
            let (license, found) = read(text);
            assert!(license.is_none() && found.as_ref().is_some_and(|found| found.contains(problem)), "{found:?}");
        }
        assert_eq!(read(b"# T\n"), (None, None));
        assert_eq!(read(b"---\n# A rule\n"), (None, None));
    }
}
