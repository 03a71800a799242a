//! The embedded taxonomies: what others ask of an open model, as data with its source, version and date.
//!
//! Each is a TOML file of the shape `schemas/taxonomy.schema.json`. What a taxonomy makes of a manifest is no business of
//! this module; see [`crate::evaluate`]. Where a source could be read only through somebody else's description, the item
//! says so (`standing = "secondary"` with the `evidence`).

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::finding;

/// A taxonomy's data.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Taxonomy {
    /// `mof-1.0`; never changes once released.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// The version of the source.
    pub version: String,
    /// The URL of the source.
    pub source: String,
    /// Further URLs that the data rests on.
    #[serde(default)]
    pub also: Vec<String>,
    /// The day of the source's snapshot, else the day on which the data was written from it, `YYYY-MM-DD`.
    pub date: String,
    /// The licence of the source, an SPDX expression, or `unknown`. The data restates facts in its own words.
    pub license: String,
    /// One or two sentences.
    pub summary: String,
    /// How `[claims]` speaks of it; `None` where there is nothing to claim.
    pub claim: Option<ClaimForm>,
    /// Groups of items, in the source's order.
    #[serde(default, rename = "group")]
    pub groups: Vec<Group>,
    /// Levels, least open first.
    #[serde(default, rename = "level")]
    pub levels: Vec<Group>,
    /// What the taxonomy looks at, in the source's order.
    #[serde(default, rename = "item")]
    pub items: Vec<Item>,
    /// Lists of words, licence ids above all.
    #[serde(default, rename = "list")]
    pub lists: Vec<List>,
    /// The hex SHA-256 of the data file.
    #[serde(skip)]
    pub digest: String,
}

/// How a claim about a taxonomy is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ClaimForm {
    /// The key in `[claims]`; the taxonomy's id is understood too.
    pub key: String,
    /// The kind of value.
    pub value: ClaimValueKind,
    /// The verdicts that can be claimed; for a rank, the best first; for a flag, the verdict that `true` stands for.
    #[serde(default)]
    pub words: Vec<String>,
}

/// The kind of value that a claim has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimValueKind {
    /// A verdict of an order: a better one holds too.
    Rank,
    /// A verdict.
    Word,
    /// `true` or `false`.
    Flag,
    /// A least score.
    Minimum,
}

/// A group of items, or a level.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Group {
    /// The word for it in verdicts.
    pub id: String,
    /// The source's label.
    pub name: String,
    /// What it means.
    pub description: Option<String>,
}

/// One thing that a taxonomy looks at.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Item {
    /// The source's own id where it has one.
    pub id: String,
    /// The source's label.
    pub name: String,
    /// The group's id.
    pub group: Option<String>,
    /// The components of our vocabulary that the item looks at; the first is the one that an import writes.
    #[serde(default)]
    pub components: Vec<String>,
    /// Which kind of licence befits it.
    pub kind: Option<Kind>,
    /// The box of the Columbia Convening's stack, for components.
    pub layer: Option<String>,
    /// Whether the taxonomy demands it; `None` where it demands nothing.
    pub required: Option<bool>,
    /// The item that may stand in for it.
    pub waived_by: Option<String>,
    /// The number that it is about, in the unit that the taxonomy names.
    pub threshold: Option<f64>,
    /// What it means.
    pub description: Option<String>,
    /// How well the source was seen.
    #[serde(default)]
    pub standing: Standing,
    /// Where a secondary item was read, or the place in a primary one.
    pub evidence: Option<String>,
}

/// The kind of a component as far as licences go; weights count as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Programs.
    Code,
    /// Data, and weights.
    Data,
    /// Documents.
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

/// How well the source of an item was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// In the source itself.
    #[default]
    Primary,
    /// In somebody's description of the source, which `evidence` names.
    Secondary,
}

/// A list of words.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct List {
    /// The name that evaluators use.
    pub id: String,
    /// What its members share.
    pub name: String,
    /// The members.
    pub members: Vec<String>,
}

impl Taxonomy {
    /// Returns the item of that id.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    /// Returns the first item that looks at a component.
    #[must_use]
    pub fn item_of(&self, component: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.components.iter().any(|id| id == component))
    }

    /// Returns whether a list holds a word; a list that is not there holds none.
    #[must_use]
    pub fn lists(&self, list: &str, word: &str) -> bool {
        self.lists.iter().any(|candidate| candidate.id == list && candidate.members.iter().any(|member| member == word))
    }

    /// Returns the id for as long as the program runs, as evaluations carry it.
    #[must_use]
    pub fn static_id(&'static self) -> &'static str {
        &self.id
    }
}

/// Names and texts of the data files, in the order in which evaluations come.
const FILES: &[(&str, &str)] = &[
    ("columbia-2024", include_str!("taxonomy/columbia-2024.toml")),
    ("release-gradient", include_str!("taxonomy/release-gradient.toml")),
    ("seger-2023", include_str!("taxonomy/seger-2023.toml")),
    ("marginal-risk", include_str!("taxonomy/marginal-risk.toml")),
    ("access-decisions", include_str!("taxonomy/access-decisions.toml")),
    ("audit-access", include_str!("taxonomy/audit-access.toml")),
    ("mof-1.0", include_str!("taxonomy/mof-1.0.toml")),
    ("mof-1.0-strict", include_str!("taxonomy/mof-1.0-strict.toml")),
    ("osaid-1.0", include_str!("taxonomy/osaid-1.0.toml")),
    ("osai-index", include_str!("taxonomy/osai-index.toml")),
    ("eiras-2024", include_str!("taxonomy/eiras-2024.toml")),
    ("open-weights", include_str!("taxonomy/open-weights.toml")),
    ("eu-ai-act-open-source", include_str!("taxonomy/eu-ai-act-open-source.toml")),
    ("compute-thresholds", include_str!("taxonomy/compute-thresholds.toml")),
    ("use-policy", include_str!("taxonomy/use-policy.toml")),
    ("prism-2024", include_str!("taxonomy/prism-2024.toml")),
];

/// The vocabulary's text.
const VOCABULARY: &str = include_str!("taxonomy/vocabulary.toml");

static ALL: LazyLock<Vec<Taxonomy>> = LazyLock::new(|| FILES.iter().map(|(_, text)| read(text)).collect());
static COMPONENTS: LazyLock<Taxonomy> = LazyLock::new(|| read(VOCABULARY));

/// Returns every taxonomy that gives a verdict, in the order in which evaluations come.
#[must_use]
pub fn all() -> &'static [Taxonomy] {
    &ALL
}

/// Returns the taxonomy of that id, the vocabulary among them.
#[must_use]
pub fn find(id: &str) -> Option<&'static Taxonomy> {
    all().iter().chain([&*COMPONENTS]).find(|taxonomy| taxonomy.id == id)
}

/// Returns the components that a manifest may name.
#[must_use]
pub fn vocabulary() -> Vocabulary {
    Vocabulary { taxonomy: &COMPONENTS }
}

/// The components that a manifest may name; a project's own begin with `x-`.
#[derive(Debug, Clone, Copy)]
pub struct Vocabulary {
    taxonomy: &'static Taxonomy,
}

impl Vocabulary {
    /// Returns the data, with its source and digest.
    #[must_use]
    pub fn taxonomy(self) -> &'static Taxonomy {
        self.taxonomy
    }

    /// Returns every component, in the order of reports.
    #[must_use]
    pub fn components(self) -> &'static [Item] {
        &self.taxonomy.items
    }

    /// Returns the component of that id.
    #[must_use]
    pub fn find(self, id: &str) -> Option<&'static Item> {
        self.taxonomy.item(id)
    }

    /// Returns the id that was probably meant; `None` where nothing is near.
    #[must_use]
    pub fn closest(self, id: &str) -> Option<&'static str> {
        finding::closest(id, self.taxonomy.items.iter().map(|item| item.id.as_str()))
    }

    /// Returns the items of other taxonomies that look at a component.
    #[must_use]
    pub fn crosswalk(self, id: &str) -> Vec<(&'static Taxonomy, &'static Item)> {
        all()
            .iter()
            .flat_map(|taxonomy| taxonomy.items.iter().map(move |item| (taxonomy, item)))
            .filter(|(_, item)| item.components.iter().any(|component| component == id))
            .collect()
    }
}

fn read(text: &str) -> Taxonomy {
    let mut taxonomy: Taxonomy = toml::from_str(text).expect("the embedded files are read by a test");
    taxonomy.digest = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    taxonomy
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::collections::BTreeSet;

    use super::*;

    fn texts() -> impl Iterator<Item = (&'static str, &'static str)> {
        FILES.iter().copied().chain([("vocabulary", VOCABULARY)])
    }

    #[test]
    fn every_file_reads_and_has_the_id_of_its_name() {
        for (name, text) in texts() {
            let taxonomy: Taxonomy = toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(taxonomy.id, name);
        }
    }

    #[test]
    fn every_file_is_valid_by_the_schema() {
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
    fn every_name_that_a_file_uses_exists() {
        for taxonomy in all().iter().chain([vocabulary().taxonomy()]) {
            let groups: BTreeSet<&str> = taxonomy.groups.iter().map(|group| group.id.as_str()).collect();
            let mut ids = BTreeSet::new();
            for item in &taxonomy.items {
                let place = format!("{}: {}", taxonomy.id, item.id);
                assert!(ids.insert(&item.id), "{place}: repeated");
                assert!(item.group.as_deref().is_none_or(|group| groups.contains(group)), "{place}: group");
                assert!(item.waived_by.as_deref().is_none_or(|id| taxonomy.item(id).is_some()), "{place}: waived-by");
                assert!(item.standing == Standing::Primary || item.evidence.is_some(), "{place}: says not where");
                for component in &item.components {
                    assert!(vocabulary().find(component).is_some(), "{place}: component `{component}`");
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
    fn claim_keys_are_unique() {
        let keys: Vec<&str> =
            all().iter().filter_map(|taxonomy| taxonomy.claim.as_ref()).map(|claim| claim.key.as_str()).collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    }

    #[test]
    fn a_slip_of_the_pen_finds_its_component_and_a_foreign_word_none() {
        assert_eq!(vocabulary().closest("final_wieghts"), Some("final-weights"));
        assert_eq!(vocabulary().closest("trainingdata"), Some("training-data"));
        assert_eq!(vocabulary().closest("zebra"), None);
    }

    #[test]
    fn a_digest_is_that_of_the_file() {
        let digest = &find("mof-1.0").unwrap().digest;
        assert_eq!(digest.len(), 64);
        assert_ne!(digest, &find("mof-1.0-strict").unwrap().digest);
    }
}
