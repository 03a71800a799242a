//! The embedded taxonomies: what others require of an open model, as data with source, version and date.
//!
//! Each taxonomy is a TOML file that conforms to `schemas/taxonomy.schema.json`. Evaluating a manifest against a taxonomy
//! is the job of [`crate::evaluate`]. If an item is known only through a third party's description of the source, the item
//! says so (`source-quality = "secondary"`, with `evidence`).

use std::sync::{LazyLock, OnceLock};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{embedded, finding};

/// A taxonomy.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Taxonomy {
    /// The id, such as `mof-1.0`. It never changes once released.
    pub id: String,
    /// The short name, such as `mof`; it can be written wherever the id can, and may be the same.
    #[serde(skip)]
    pub short: &'static str,
    /// The name for people to read.
    pub title: String,
    /// The version of the source.
    pub version: String,
    /// The URL of the source.
    pub source: String,
    /// URLs of additional sources.
    #[serde(default)]
    pub also: Vec<String>,
    /// The date of the source's snapshot, or the date the data was written if there is no snapshot; `YYYY-MM-DD`.
    pub date: String,
    /// The license of the source: an SPDX expression, or `unknown`. The data restates facts in its own words.
    pub license: String,
    /// A summary in one or two sentences.
    pub summary: String,
    /// The form of a claim about it in `[claims]`; `None` if nothing can be claimed.
    pub claim: Option<ClaimForm>,
    /// The groups of items, in the source's order.
    #[serde(default, rename = "group")]
    pub groups: Vec<Group>,
    /// The levels, least open first.
    #[serde(default, rename = "level")]
    pub levels: Vec<Group>,
    /// The items that the taxonomy looks at, in the source's order.
    #[serde(default, rename = "item")]
    pub items: Vec<Item>,
    /// Named lists of words, mostly license ids.
    #[serde(default, rename = "list")]
    pub lists: Vec<List>,
    /// The text of the data file.
    #[serde(skip)]
    text: &'static str,
}

/// The form of a claim about a taxonomy.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct ClaimForm {
    /// The key in `[claims]`; the taxonomy's id is also accepted.
    pub key: String,
    /// The kind of value.
    pub value: ClaimValueKind,
    /// The verdicts that can be claimed: best first for a rank, and for a flag the verdict that `true` claims.
    #[serde(default)]
    pub words: Vec<String>,
    /// The highest score, for a claim of the lowest one.
    #[serde(default = "one")]
    pub maximum: f64,
}

fn one() -> f64 {
    1.0
}

/// The kind of value that a claim takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ClaimValueKind {
    /// A verdict on an ordered scale: a better verdict also supports the claim.
    Rank,
    /// A verdict that must match exactly.
    Word,
    /// `true` or `false`.
    Flag,
    /// The lowest score claimed.
    Minimum,
}

/// A group of items, or a level.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Group {
    /// The word that verdicts and details use.
    pub id: String,
    /// The source's label.
    pub name: String,
    /// A description in one or two sentences.
    pub description: Option<String>,
}

/// One criterion of a taxonomy.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Item {
    /// The source's own id if it has one.
    pub id: String,
    /// The source's label.
    pub name: String,
    /// The id of its group.
    pub group: Option<String>,
    /// The components in the vocabulary that the item looks at; importers write the first one.
    #[serde(default)]
    pub components: Vec<String>,
    /// The kind of license that suits it.
    pub kind: Option<Kind>,
    /// For components, the layer of the Columbia Convening's stack.
    pub layer: Option<String>,
    /// Whether the taxonomy requires it; `None` for a taxonomy without requirements.
    pub required: Option<bool>,
    /// Whether the source leaves open how to decide it, so that the way in which this program does is its own reading.
    #[serde(default)]
    pub ours: bool,
    /// The id of the item that can replace it.
    pub waived_by: Option<String>,
    /// The threshold, in FLOP of training compute.
    pub threshold: Option<f64>,
    /// The day from which the threshold counts; `None` if it already does, or did.
    pub effective: Option<String>,
    /// Whether the threshold counts later fine-tuning and modifications by the developer.
    #[serde(default)]
    pub counts_fine_tuning: bool,
    /// A description in one or two sentences.
    pub description: Option<String>,
    /// The quality of the source: the source itself, or a description of it.
    #[serde(default)]
    pub source_quality: SourceQuality,
    /// The description that a secondary item was taken from, or the passage in a primary source.
    pub evidence: Option<String>,
}

/// The kind of a component for the purposes of licensing; weights count as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Source code and programs.
    Code,
    /// Data, including weights.
    Data,
    /// Documents, such as model cards and papers.
    Documentation,
}

impl Kind {
    /// Returns `code`, `data` or `documentation`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Data => "data",
            Self::Documentation => "documentation",
        }
    }
}

/// The quality of the source that an item was written from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SourceQuality {
    /// The source itself was read.
    #[default]
    Primary,
    /// A third party's description of the source was read, which `evidence` names.
    Secondary,
}

/// A named list of words.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct List {
    /// The id that evaluators use.
    pub id: String,
    /// A name that says what its members have in common.
    pub name: String,
    /// Whether the list is not in the source.
    #[serde(default)]
    pub ours: bool,
    /// Whether manifests use the words.
    #[serde(default)]
    pub vocabulary: bool,
    /// The words on the list.
    pub members: Vec<String>,
}

impl Taxonomy {
    /// Returns the item with this id.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    /// Returns the first item that looks at this component.
    #[must_use]
    pub fn item_of(&self, component: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.components.iter().any(|id| id == component))
    }

    /// Returns whether a list contains a word; `false` if there is no such list.
    #[must_use]
    pub fn list_contains(&self, list: &str, word: &str) -> bool {
        self.lists.iter().any(|candidate| candidate.id == list && candidate.members.iter().any(|member| member == word))
    }

    /// Returns the names of the taxonomy, each once: the id, the short name, and the key of its claims.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let (id, short) = (self.id.as_str(), self.short);
        let key = self.claim.as_ref().map(|claim| claim.key.as_str());
        let short = Some(short).filter(|name| *name != id);
        let key = key.filter(|name| *name != id && Some(*name) != short);
        std::iter::once(id).chain(short).chain(key)
    }

    /// Returns the SHA-256 digest of the data file, in lowercase hex.
    #[must_use]
    pub fn digest(&self) -> String {
        Sha256::digest(self.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Returns the id with a static lifetime, as evaluations hold it.
    #[must_use]
    pub fn static_id(&'static self) -> &'static str {
        &self.id
    }
}

/// The ids, short names and texts of the data files, in the order of evaluations. Short names are a contract, as ids are.
const FILES: &[(&str, &str, &str)] = &[
    ("columbia-2024", "columbia", include_str!("taxonomy/columbia-2024.toml")),
    ("release-gradient", "gradient", include_str!("taxonomy/release-gradient.toml")),
    ("seger-2023", "seger", include_str!("taxonomy/seger-2023.toml")),
    ("marginal-risk", "marginal-risk", include_str!("taxonomy/marginal-risk.toml")),
    ("access-decisions", "access-decisions", include_str!("taxonomy/access-decisions.toml")),
    ("audit-access", "audit-access", include_str!("taxonomy/audit-access.toml")),
    ("aspire-2023", "aspire", include_str!("taxonomy/aspire-2023.toml")),
    ("safety-case", "safety-case", include_str!("taxonomy/safety-case.toml")),
    ("access-2025", "access", include_str!("taxonomy/access-2025.toml")),
    ("mof-1.0", "mof", include_str!("taxonomy/mof-1.0.toml")),
    ("mof-1.0-strict", "mof-strict", include_str!("taxonomy/mof-1.0-strict.toml")),
    ("osaid-1.0", "osaid", include_str!("taxonomy/osaid-1.0.toml")),
    ("g7-2026", "g7", include_str!("taxonomy/g7-2026.toml")),
    ("osai-index", "osai", include_str!("taxonomy/osai-index.toml")),
    ("aa-openness", "aa-openness", include_str!("taxonomy/aa-openness.toml")),
    ("os-ai-map", "os-ai-map", include_str!("taxonomy/os-ai-map.toml")),
    ("fmti-2025", "fmti", include_str!("taxonomy/fmti-2025.toml")),
    ("eiras-2024", "eiras", include_str!("taxonomy/eiras-2024.toml")),
    ("open-weights", "open-weights", include_str!("taxonomy/open-weights.toml")),
    ("eu-ai-act-open-source", "eu", include_str!("taxonomy/eu-ai-act-open-source.toml")),
    ("eu-training-summary", "eu-summary", include_str!("taxonomy/eu-training-summary.toml")),
    ("eu-model-documentation", "eu-form", include_str!("taxonomy/eu-model-documentation.toml")),
    ("compute-thresholds", "compute-thresholds", include_str!("taxonomy/compute-thresholds.toml")),
    ("use-policy", "use-policy", include_str!("taxonomy/use-policy.toml")),
    ("prism-2024", "prism", include_str!("taxonomy/prism-2024.toml")),
];

/// The text of the vocabulary's data file.
const VOCABULARY: &str = include_str!("taxonomy/vocabulary.toml");

/// What was read of [`FILES`], each when it is first asked for: reading all takes longer than checking a manifest.
static READ: [OnceLock<Taxonomy>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];
static COMPONENTS: LazyLock<Taxonomy> = LazyLock::new(|| read("vocabulary", VOCABULARY));

/// Returns every taxonomy that manifests are evaluated against, in the order of evaluations.
#[must_use]
pub fn all() -> impl ExactSizeIterator<Item = &'static Taxonomy> {
    (0..FILES.len()).map(at)
}

/// Returns the taxonomy at an index of [`FILES`].
fn at(index: usize) -> &'static Taxonomy {
    let (_, short, text) = FILES[index];
    READ[index].get_or_init(|| read(short, text))
}

/// Returns the taxonomy with this id; `vocabulary` is also an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Taxonomy> {
    if id == "vocabulary" {
        return Some(&COMPONENTS);
    }
    FILES.iter().position(|(own, ..)| *own == id).map(at)
}

/// Returns the taxonomy that a person names: by its id (`mof-1.0`), its short name (`mof`) or the key of its claims.
#[must_use]
pub fn named(word: &str) -> Option<&'static Taxonomy> {
    let known = FILES.iter().position(|(id, short, _)| [*id, *short].contains(&word)).map(at);
    known.or_else(|| all().find(|taxonomy| taxonomy.names().any(|name| name == word)))
}

/// Returns every word that names a taxonomy: the ids, then the other names.
#[must_use]
pub fn names() -> Vec<&'static str> {
    let others = all().flat_map(|taxonomy| taxonomy.names().skip(1));
    all().map(Taxonomy::static_id).chain(others).collect()
}

/// Returns the components that a manifest may name.
#[must_use]
pub fn vocabulary() -> Vocabulary {
    Vocabulary { taxonomy: &COMPONENTS }
}

/// The components that a manifest may name; custom components begin with `x-`.
#[derive(Debug, Clone, Copy)]
pub struct Vocabulary {
    taxonomy: &'static Taxonomy,
}

impl Vocabulary {
    /// Returns the underlying data, with source and digest.
    #[must_use]
    pub fn taxonomy(self) -> &'static Taxonomy {
        self.taxonomy
    }

    /// Returns every component, in the order in which reports list them.
    #[must_use]
    pub fn components(self) -> &'static [Item] {
        &self.taxonomy.items
    }

    /// Returns the component with this id.
    #[must_use]
    pub fn find(self, id: &str) -> Option<&'static Item> {
        self.taxonomy.item(id)
    }

    /// Returns the id that was probably meant, or `None` if no id is similar.
    #[must_use]
    pub fn closest(self, id: &str) -> Option<&'static str> {
        finding::closest(id, self.taxonomy.items.iter().map(|item| item.id.as_str()))
    }

    /// Returns the items of all taxonomies that look at this component.
    #[must_use]
    pub fn crosswalk(self, id: &str) -> Vec<(&'static Taxonomy, &'static Item)> {
        all()
            .flat_map(|taxonomy| taxonomy.items.iter().map(move |item| (taxonomy, item)))
            .filter(|(_, item)| item.components.iter().any(|component| component == id))
            .collect()
    }
}

fn read(short: &'static str, text: &'static str) -> Taxonomy {
    let mut taxonomy: Taxonomy = embedded::read(text);
    taxonomy.short = short;
    taxonomy.text = text;
    taxonomy
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::collections::BTreeSet;

    use super::*;

    fn texts() -> impl Iterator<Item = (&'static str, &'static str)> {
        FILES.iter().map(|(id, _, text)| (*id, *text)).chain([("vocabulary", VOCABULARY)])
    }

    #[test]
    fn every_file_parses_and_is_named_after_its_id() {
        for (name, text) in texts() {
            let taxonomy: Taxonomy = toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(taxonomy.id, name);
        }
    }

    #[test]
    fn every_file_conforms_to_the_schema() {
        let schema: serde_json::Value = serde_json::from_str(include_str!("../schemas/taxonomy.schema.json")).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for (name, text) in texts() {
            let value: serde_json::Value = toml::from_str(text).unwrap();
            let mistakes: Vec<String> =
                validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(mistakes.is_empty(), "{name}: {mistakes:#?}");
        }
        let mut other: serde_json::Value = toml::from_str(VOCABULARY).unwrap();
        other["unknown"] = true.into();
        assert!(!validator.is_valid(&other));
    }

    #[test]
    fn every_name_used_in_a_file_exists() {
        for taxonomy in all().chain([vocabulary().taxonomy()]) {
            let groups: BTreeSet<&str> = taxonomy.groups.iter().map(|group| group.id.as_str()).collect();
            let mut ids = BTreeSet::new();
            for item in &taxonomy.items {
                let context = format!("{}: {}", taxonomy.id, item.id);
                assert!(ids.insert(&item.id), "{context}: repeated");
                assert!(item.group.as_deref().is_none_or(|group| groups.contains(group)), "{context}: group");
                assert!(item.waived_by.as_deref().is_none_or(|id| taxonomy.item(id).is_some()), "{context}: waived-by");
                assert!(
                    item.source_quality == SourceQuality::Primary || item.evidence.is_some(),
                    "{context}: no evidence"
                );
                for component in &item.components {
                    assert!(vocabulary().find(component).is_some(), "{context}: component `{component}`");
                }
            }
            let lists: BTreeSet<&str> = taxonomy.lists.iter().map(|list| list.id.as_str()).collect();
            assert_eq!(lists.len(), taxonomy.lists.len(), "{}: a list is repeated", taxonomy.id);
            for list in &taxonomy.lists {
                let members: BTreeSet<&String> = list.members.iter().collect();
                assert_eq!(members.len(), list.members.len(), "{}: {}: a member is repeated", taxonomy.id, list.id);
            }
        }
    }

    #[test]
    fn each_name_is_that_of_one_taxonomy() {
        let names = names();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        for taxonomy in all() {
            for name in taxonomy.names() {
                assert_eq!(named(name).map(|found| &found.id), Some(&taxonomy.id), "{name}");
            }
            assert!(vocabulary().find(taxonomy.short).is_none(), "{}", taxonomy.short);
        }
        for (name, id) in [
            ("mof", Some("mof-1.0")),
            ("osaid", Some("osaid-1.0")),
            ("osai", Some("osai-index")),
            ("eu", Some("eu-ai-act-open-source")),
            ("eu-open-source-exemption", Some("eu-ai-act-open-source")),
            ("MOF", None),
            ("mof-1", None),
            ("vocabulary", None),
        ] {
            assert_eq!(named(name).map(|found| found.id.as_str()), id, "{name}");
        }
    }

    #[test]
    fn a_typo_finds_its_component_and_an_unrelated_word_none() {
        assert_eq!(vocabulary().closest("final_wieghts"), Some("final-weights"));
        assert_eq!(vocabulary().closest("trainingdata"), Some("training-data"));
        assert_eq!(vocabulary().closest("zebra"), None);
    }

    #[test]
    fn each_file_has_its_own_digest() {
        let digest = find("mof-1.0").unwrap().digest();
        assert_eq!(digest.len(), 64);
        assert_ne!(digest, find("mof-1.0-strict").unwrap().digest());
    }
}
