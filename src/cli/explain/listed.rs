//! What is explained, as data for programs: version 1 of `explain --format json`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::words::{self, Key};
use crate::finding::RuleInfo;
use crate::report::json;
use crate::rules;
use crate::taxonomy::{self, Item, Taxonomy};

/// Rules, taxonomies, components and words: all of them, or those that one word names.
#[derive(Debug, Serialize)]
pub(super) struct ExplainV1 {
    version: u32,
    pub(super) rules: Vec<RuleV1>,
    pub(super) taxonomies: Vec<TaxonomyV1>,
    pub(super) components: Vec<ComponentV1>,
    pub(super) words: Vec<WordV1>,
}

#[derive(Debug, Serialize)]
pub(super) struct RuleV1 {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) severity: &'static str,
    summary: String,
    pub(super) manual: String,
}

#[derive(Debug, Serialize)]
pub(super) struct TaxonomyV1 {
    pub(super) id: &'static str,
    /// The other names.
    pub(super) names: Vec<&'static str>,
    pub(super) title: &'static str,
    pub(super) version: &'static str,
    pub(super) date: &'static str,
    pub(super) source: &'static str,
    pub(super) license: &'static str,
    pub(super) summary: &'static str,
    pub(super) claim: Option<ClaimV1>,
    pub(super) items: Vec<ItemV1>,
}

#[derive(Debug, Serialize)]
pub(super) struct ClaimV1 {
    pub(super) key: &'static str,
    pub(super) values: String,
}

#[derive(Debug, Serialize)]
pub(super) struct ItemV1 {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) description: Option<&'static str>,
    pub(super) components: &'static [String],
    /// Whether the source leaves open how to decide it.
    pub(super) ours: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct ComponentV1 {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) group: Option<&'static str>,
    pub(super) description: Option<&'static str>,
    /// The ids of the items that look at it, by taxonomy.
    items: BTreeMap<&'static str, Vec<&'static str>>,
}

/// A key or list of words of one form.
#[derive(Debug, Serialize)]
pub(super) struct WordV1 {
    pub(super) form: &'static str,
    pub(super) place: &'static str,
    name: &'static str,
    pub(super) meaning: &'static str,
    pub(super) values: Vec<ValueV1>,
}

#[derive(Debug, Serialize)]
pub(super) struct ValueV1 {
    pub(super) word: &'static str,
    pub(super) meaning: &'static str,
}

impl ExplainV1 {
    /// Everything that can be explained.
    pub(super) fn all() -> Self {
        Self {
            version: json::VERSION,
            rules: rules::all_rules().map(RuleV1::from).collect(),
            taxonomies: taxonomy::all().map(TaxonomyV1::from).collect(),
            components: taxonomy::vocabulary().components().iter().map(ComponentV1::from).collect(),
            words: words::keys().iter().map(WordV1::from).collect(),
        }
    }

    /// What one word names; `None` if it names nothing. Of a list of words it keeps those that are this word.
    pub(super) fn of(subject: &str) -> Option<Self> {
        if let Some(rule) = rules::find_rule(subject) {
            let nothing =
                Self { version: json::VERSION, rules: vec![], taxonomies: vec![], components: vec![], words: vec![] };
            return Some(Self { rules: vec![rule.into()], ..nothing });
        }
        let mut all = Self { rules: Vec::new(), ..Self::all() };
        if subject != "vocabulary" {
            all.components.retain(|component| component.id == subject);
        }
        let taxonomy = taxonomy::named(subject).map(|taxonomy| taxonomy.id.as_str());
        all.taxonomies.retain_mut(|of| {
            let has_item = of.items.iter().any(|item| item.id == subject);
            if Some(of.id) != taxonomy && has_item {
                of.items.retain(|item| item.id == subject);
            }
            Some(of.id) == taxonomy || has_item
        });
        all.words.retain_mut(|key| {
            let is_key = key.name == subject;
            if !is_key {
                key.values.retain(|value| value.word == subject);
            }
            is_key || !key.values.is_empty()
        });
        let is_empty = all.taxonomies.is_empty() && all.components.is_empty() && all.words.is_empty();
        (!is_empty).then_some(all)
    }
}

impl From<&'static RuleInfo> for RuleV1 {
    fn from(rule: &'static RuleInfo) -> Self {
        Self {
            code: rule.code,
            name: rule.name,
            severity: rule.severity.as_str(),
            summary: rule.summary(),
            manual: rule.manual(),
        }
    }
}

impl From<&'static Taxonomy> for TaxonomyV1 {
    fn from(of: &'static Taxonomy) -> Self {
        Self {
            id: &of.id,
            names: of.names().skip(1).collect(),
            title: &of.title,
            version: &of.version,
            date: &of.date,
            source: &of.source,
            license: &of.license,
            summary: &of.summary,
            claim: words::claimed(of).map(|(key, values)| ClaimV1 { key, values }),
            items: of.items.iter().map(ItemV1::from).collect(),
        }
    }
}

impl From<&'static Item> for ItemV1 {
    fn from(item: &'static Item) -> Self {
        let Item { id, name, description, components, ours, .. } = item;
        Self { id, name, description: description.as_deref(), components, ours: *ours }
    }
}

impl From<&'static Item> for ComponentV1 {
    fn from(item: &'static Item) -> Self {
        let mut items: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (taxonomy, item) in taxonomy::vocabulary().crosswalk(&item.id) {
            items.entry(&taxonomy.id).or_default().push(&item.id);
        }
        let Item { id, name, group, description, .. } = item;
        Self { id, name, group: group.as_deref(), description: description.as_deref(), items }
    }
}

impl From<&'static Key> for WordV1 {
    fn from(key: &'static Key) -> Self {
        let values = key.values.iter().map(|(word, meaning)| ValueV1 { word, meaning });
        let (form, values) = (key.form_word(), values.collect());
        Self { form, place: &key.place, name: &key.name, meaning: &key.meaning, values }
    }
}
