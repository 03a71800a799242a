//! The model card at the root, as `openness import card` reads it.

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

/// Beginnings of the comments about licenses that the import writes.
const LICENSE_REMARKS: [&str; 3] = ["says `", "names several licenses", "has no license"];
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
        let readme = facts::text_at_root(files, |name| name.eq_ignore_ascii_case("readme.md"));
        let (path, text) = match readme {
            Some((path, text)) if front::split(&text).is_some() => (path, text),
            readme => {
                let is_card = |path: &RepoPath| path.has_extension("md") && is_of(path, &[MODEL_CARD]);
                let named = facts::text_at_root(files, |name| name.parse().is_ok_and(|path| is_card(&path)));
                match named.or_else(|| readme.filter(|_| has_weights(files))) {
                    Some((path, text)) => (path, with_front_matter(text)),
                    None => return (None, None),
                }
            }
        };
        match Self::of_text(path.clone(), &text) {
            Ok(card) => (card, None),
            Err(error) => (None, Some(format!("{path}: {error}"))),
        }
    }

    fn of_text(path: RepoPath, text: &str) -> Result<Option<Self>, import::Error> {
        let imported = import::import(Format::Card, text)?;
        let (front, body) = front::read(text)?;
        let remarks = imported.lines().filter_map(|line| line.strip_prefix("# The card "));
        let remarks = remarks.filter(|line| LICENSE_REMARKS.iter().any(|start| line.starts_with(start)));
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
    if front::split(&text).is_some() {
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
