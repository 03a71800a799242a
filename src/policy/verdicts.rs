//! The lowest acceptable verdict, score or level of a taxonomy.
//!
//! What an imported record states in addition to the facts does not count, as with claims: it is only an assertion.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Unmet, choice};
use crate::evaluate::Evaluation;
use crate::taxonomy::{self, ClaimValueKind, Taxonomy};

/// A value of `[verdicts]`
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a verdict, a number, or a table of parts")]
pub(super) enum Least {
    /// A verdict, or a better one if the verdicts are ordered.
    Word(String),
    /// A score, from 0 to the highest one of the taxonomy.
    Score(f64),
    /// Part → its lowest acceptable class or level, for taxonomies whose verdict is a table.
    Parts(BTreeMap<String, Part>),
}

/// The lowest acceptable class or level of a part.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a word or a number")]
pub(super) enum Part {
    /// A level, from 1 to 5.
    Number(f64),
    /// A class, for example `open`.
    Word(String),
}

/// How a taxonomy's parts are written.
struct Table {
    taxonomy: &'static str,
    /// The key of the parts among the evaluation's details.
    details: &'static str,
    /// The classes, best first; empty if the parts have levels from 1 to 5.
    classes: &'static [&'static str],
}

const TABLES: &[Table] = &[
    Table { taxonomy: "osai-index", details: "classes", classes: &["open", "partial", "closed"] },
    // Levels C1–C5 and D1–D5 in the paper.
    Table { taxonomy: "eiras-2024", details: "cells", classes: &[] },
];

/// The value of a cell that does not exist in the model's pipeline.
const NO_SUCH_CELL: &str = "N/A";
const LEVELS: std::ops::RangeInclusive<f64> = 1.0..=5.0;

impl Least {
    /// Checks that the taxonomy can be evaluated to such a value.
    pub(super) fn check(&self, id: &str) -> Result<(), String> {
        let taxonomy = taxonomy::named(id).ok_or_else(|| {
            let help = self.split_key(id).unwrap_or_else(|| choice(id, taxonomy::names().into_iter()));
            format!("`[verdicts]` names the unknown taxonomy `{id}`; {help}")
        })?;
        let id = taxonomy.static_id();
        if let Self::Parts(parts) = self {
            let table =
                TABLES.iter().find(|table| table.taxonomy == id).ok_or_else(|| format!("`{id}` has no parts"))?;
            if parts.is_empty() {
                return Err(format!("the table of `{id}` is empty, so it requires nothing"));
            }
            return parts.iter().try_for_each(|(part, least)| least.check(taxonomy, table, part));
        }
        if taxonomy.claim.is_none() && TABLES.iter().any(|table| table.taxonomy == id) {
            return Err(format!("`{id}` has a level for each part; expected a table such as {{ PART = 3 }}"));
        }
        let claim = taxonomy.claim.as_ref();
        let claim = claim.ok_or_else(|| format!("`{id}` has no verdict that can be required"))?;
        match (claim.value, self) {
            (ClaimValueKind::Minimum, Self::Score(score)) if (0.0..=claim.maximum).contains(score) => Ok(()),
            (ClaimValueKind::Minimum, _) => {
                Err(format!("`{id}` gives a score; expected a number from 0 to {}", claim.maximum))
            }
            (_, Self::Word(word)) if claim.words.contains(word) => Ok(()),
            _ => Err(format!("`{id}` gives one of {}", claim.words.join(", "))),
        }
    }

    /// Returns help if the id of a taxonomy was written without quotes, so that TOML divided it at the dot.
    fn split_key(&self, id: &str) -> Option<String> {
        let Self::Parts(parts) = self else { return None };
        let taxonomy = parts.keys().find_map(|part| taxonomy::named(&format!("{id}.{part}")))?;
        Some(format!(
            "write `{}`, or put the id in quotes, since it contains a dot: `\"{}\"`",
            taxonomy.short, taxonomy.id
        ))
    }

    /// Returns what is lower than required of the taxonomy with this id.
    pub(super) fn unmet(&self, id: &str, evaluation: Option<&Evaluation>) -> Vec<Unmet> {
        let taxonomy = || id.to_owned();
        let Some(evaluation) = evaluation else { return vec![Unmet::NotEvaluated { taxonomy: taxonomy() }] };
        match self {
            Self::Score(required) => {
                let found = evaluation.least_score();
                let is_below = found.is_none_or(|score| score < *required);
                let unmet = || Unmet::Score { taxonomy: taxonomy(), required: *required, found };
                is_below.then(unmet).into_iter().collect()
            }
            Self::Word(word) => {
                let found = evaluation.verdict.map(|verdict| verdict.as_str());
                let holds = is_at_least(id, found, word);
                let (required, found) = (word.clone(), found.map(str::to_owned));
                (!holds).then(|| Unmet::Verdict { taxonomy: taxonomy(), required, found }).into_iter().collect()
            }
            Self::Parts(parts) => {
                let table = TABLES.iter().find(|table| table.taxonomy == id);
                let unmet = |(part, least): (&String, &Part)| {
                    let found = evaluation.details.get(table?.details)?.get(part).unwrap_or(&Value::Null);
                    (!least.is_met(found, table?)).then(|| Unmet::Part {
                        taxonomy: taxonomy(),
                        part: part.clone(),
                        required: least.shown(),
                        found: match found {
                            Value::String(word) => Some(word.clone()),
                            Value::Null => None,
                            other => Some(other.to_string()),
                        },
                    })
                };
                parts.iter().filter_map(unmet).collect()
            }
        }
    }
}

fn is_at_least(id: &str, verdict: Option<&str>, required: &str) -> bool {
    let claim = taxonomy::find(id).and_then(|taxonomy| taxonomy.claim.as_ref());
    let rank = |word: &str| claim?.words.iter().position(|known| known == word);
    match claim.map(|claim| claim.value) {
        // The best comes first.
        Some(ClaimValueKind::Rank) => verdict.and_then(rank).is_some_and(|found| Some(found) <= rank(required)),
        _ => verdict == Some(required),
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
    fn a_taxonomy_can_be_named_in_short() {
        let word = |word: &str| Least::Word(word.to_owned());
        for name in ["mof", "mof-1.0"] {
            assert_eq!(word("class-2").check(name), Ok(()), "{name}");
        }
        let error = word("class-2").check("moff").unwrap_err();
        assert!(error.ends_with("did you mean `mof`?"), "{error}");
        // As TOML reads `mof-1.0 = "class-2"`.
        let parts = |part: &str| Least::Parts(BTreeMap::from([(part.to_owned(), Part::Word("class-2".to_owned()))]));
        let error = parts("0").check("mof-1").unwrap_err();
        assert!(
            error.ends_with("write `mof`, or put the id in quotes, since it contains a dot: `\"mof-1.0\"`"),
            "{error}"
        );
        assert!(!parts("7").check("mof-1").unwrap_err().contains("quotes"));
    }

    #[test]
    fn only_taxonomies_with_verdicts_or_parts_can_be_required() {
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
