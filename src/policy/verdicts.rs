//! The least that a taxonomy has to make of the declared facts.
//!
//! What an imported record states beside the facts counts for nothing here, as with claims: it is somebody's word.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::choice;
use crate::evaluate::Evaluation;
use crate::taxonomy::{self, ClaimValueKind, Taxonomy};

/// A value of `[verdicts]`
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a verdict, a number, or a table of parts")]
pub(super) enum Least {
    /// A verdict, or one that is better where they have an order.
    Word(String),
    /// A score.
    Score(f64),
    /// Part → the least of it, for taxonomies whose verdict is a table.
    Parts(BTreeMap<String, Part>),
}

/// The least of a part.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a word or a number")]
pub(super) enum Part {
    /// A level with a number.
    Number(f64),
    /// A class.
    Word(String),
}

/// How the parts of a taxonomy are written.
struct Table {
    taxonomy: &'static str,
    /// Where its evaluation has them.
    details: &'static str,
    /// Classes, the best first; none where the parts are levels from 1 to 5.
    classes: &'static [&'static str],
}

const TABLES: &[Table] = &[
    Table { taxonomy: "osai-index", details: "classes", classes: &["open", "partial", "closed"] },
    // C1–C5 and D1–D5 of the paper.
    Table { taxonomy: "eiras-2024", details: "cells", classes: &[] },
];

/// The word of a cell that the model's pipeline does not have.
const NO_SUCH_CELL: &str = "N/A";
const LEVELS: std::ops::RangeInclusive<f64> = 1.0..=5.0;

impl Least {
    /// Whether the line makes sense.
    pub(super) fn check(&self, id: &str) -> Result<(), String> {
        let taxonomy = taxonomy::find(id).ok_or_else(|| {
            let ids = taxonomy::all().iter().map(|taxonomy| taxonomy.id.as_str());
            let is_claimed = |taxonomy: &&Taxonomy| taxonomy.claim.as_ref().is_some_and(|claim| claim.key == id);
            // `[claims]` of a manifest has shorter names.
            let help = match taxonomy::all().iter().find(is_claimed) {
                Some(taxonomy) => format!("did you mean `{}`?", taxonomy.id),
                None => choice(id, ids),
            };
            format!("`[verdicts]` names the unknown taxonomy `{id}`; {help}")
        })?;
        if let Self::Parts(parts) = self {
            let table = TABLES
                .iter()
                .find(|table| table.taxonomy == id)
                .ok_or_else(|| format!("`{id}` has no parts that could be asked for"))?;
            if parts.is_empty() {
                return Err(format!("the table of `{id}` is empty, so it asks for nothing"));
            }
            return parts.iter().try_for_each(|(part, least)| least.check(taxonomy, table, part));
        }
        if taxonomy.claim.is_none() && TABLES.iter().any(|table| table.taxonomy == id) {
            return Err(format!("`{id}` has a level for each part; expected a table such as {{ PART = 3 }}"));
        }
        let claim = taxonomy.claim.as_ref();
        let claim = claim.ok_or_else(|| format!("`{id}` gives no verdict that has an order"))?;
        match (claim.value, self) {
            (ClaimValueKind::Minimum, Self::Score(score)) if (0.0..=1.0).contains(score) => Ok(()),
            (ClaimValueKind::Minimum, _) => Err(format!("`{id}` gives a score; expected a number from 0 to 1")),
            (_, Self::Word(word)) if claim.words.contains(word) => Ok(()),
            _ => Err(format!("`{id}` gives one of {}", claim.words.join(", "))),
        }
    }

    /// Says what is below it.
    pub(super) fn unmet(&self, id: &str, evaluation: Option<&Evaluation>) -> Vec<String> {
        let Some(evaluation) = evaluation else { return vec![format!("`{id}` could not be derived")] };
        match self {
            Self::Score(least) => {
                let score = evaluation.details.get("score").and_then(Value::as_f64);
                let shown = score.map_or_else(|| "nothing".to_owned(), |score| score.to_string());
                let is_below = score.is_none_or(|score| score < *least);
                is_below.then(|| format!("`{id}` yields {shown}, below {least}")).into_iter().collect()
            }
            Self::Word(word) => {
                let claim = taxonomy::find(id).and_then(|taxonomy| taxonomy.claim.as_ref());
                let verdict = evaluation.verdict.map_or("nothing", |verdict| verdict.as_str());
                let rank = |word: &str| claim?.words.iter().position(|known| known == word);
                let holds = match claim.map(|claim| claim.value) {
                    // The best stands first.
                    Some(ClaimValueKind::Rank) => rank(verdict).is_some_and(|found| Some(found) <= rank(word)),
                    _ => verdict == word,
                };
                (!holds).then(|| format!("`{id}` yields {verdict}, not {word}")).into_iter().collect()
            }
            Self::Parts(parts) => {
                let table = TABLES.iter().find(|table| table.taxonomy == id);
                let unmet = |(part, least): (&String, &Part)| {
                    let found = evaluation.details.get(table?.details)?.get(part).unwrap_or(&Value::Null);
                    (!least.is_met(found, table?)).then(|| {
                        let shown = match found {
                            Value::String(word) => word.clone(),
                            Value::Null => "nothing".to_owned(),
                            other => other.to_string(),
                        };
                        format!("`{part}` of `{id}` is {shown}, below {}", least.shown())
                    })
                };
                parts.iter().filter_map(unmet).collect()
            }
        }
    }
}

impl Part {
    fn check(&self, taxonomy: &Taxonomy, table: &Table, part: &str) -> Result<(), String> {
        let id = table.taxonomy;
        if taxonomy.item(part).is_none() {
            let help = choice(part, taxonomy.items.iter().map(|item| item.id.as_str()));
            return Err(format!("`{id}` has no part `{part}`; {help}"));
        }
        match self {
            Self::Number(level) if table.classes.is_empty() && LEVELS.contains(level) => Ok(()),
            Self::Word(word) if table.classes.contains(&word.as_str()) => Ok(()),
            _ if table.classes.is_empty() => {
                Err(format!("`{part}` of `{id}` is a level; expected a number from 1 to 5"))
            }
            _ => Err(format!("`{part}` of `{id}` is one of {}", table.classes.join(", "))),
        }
    }

    fn is_met(&self, found: &Value, table: &Table) -> bool {
        let rank = |word: &str| table.classes.iter().position(|class| *class == word);
        match (self, found) {
            (Self::Number(least), Value::Number(level)) => level.as_f64().is_some_and(|level| level >= *least),
            // What the model does not have cannot be closed.
            (Self::Number(_), Value::String(word)) => word == NO_SUCH_CELL,
            (Self::Word(least), Value::String(word)) => rank(word).is_some_and(|found| Some(found) <= rank(least)),
            _ => false,
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Number(level) => level.to_string(),
            Self::Word(word) => word.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn every_taxonomy_with_an_order_can_be_asked_for_and_no_other() {
        for taxonomy in taxonomy::all() {
            let id = taxonomy.id.as_str();
            let words = taxonomy.claim.as_ref().map(|claim| (claim.value, &claim.words));
            let least = match words {
                Some((ClaimValueKind::Minimum, _)) => Least::Score(0.5),
                Some((_, words)) => Least::Word(words[0].clone()),
                None => Least::Word("anything".to_owned()),
            };
            assert_eq!(least.check(id).is_ok(), words.is_some(), "{id}");
            let first = taxonomy.items.first().map(|item| item.id.clone()).unwrap_or_default();
            let parts = |part: Part| Least::Parts(BTreeMap::from([(first.clone(), part)])).check(id).is_ok();
            let is_table = TABLES.iter().any(|table| table.taxonomy == id);
            assert_eq!(parts(Part::Number(3.0)) || parts(Part::Word("open".to_owned())), is_table, "{id}");
        }
    }
}
