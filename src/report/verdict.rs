//! One line about the evaluation by a taxonomy.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::evaluate::{Evaluation, Outcome, Reason};
use crate::taxonomy;

/// Returns the title of the taxonomy.
pub(super) fn title(evaluation: &Evaluation) -> String {
    taxonomy::find(evaluation.taxonomy).map_or_else(|| evaluation.taxonomy.to_owned(), |found| found.title.clone())
}

/// The words of a [`summary`] that are not those of a verdict.
#[cfg(test)]
pub(super) const WORDS: &[&str] = &[SCORE, NOT_STATED, NONE_CROSSED, CROSSES, LEVEL];
const SCORE: &str = "score";
const NOT_STATED: &str = "not stated";
const NONE_CROSSED: &str = "none crossed";
const CROSSES: &str = "crosses";
const LEVEL: &str = "level";

/// Returns the verdict, or the closest thing to one: a score, or how much is stated.
pub(super) fn summary(evaluation: &Evaluation) -> String {
    if let Some(verdict) = &evaluation.verdict {
        return verdict.as_str().to_owned();
    }
    match evaluation.scores() {
        Some((low, high)) if low < high => return format!("{SCORE} {low} to {high}"),
        Some((score, _)) => return format!("{SCORE} {}", Value::from(score)),
        None => {}
    }
    if let Some(above) = evaluation.details.get("above").and_then(Value::as_array) {
        let names: Vec<&str> = above.iter().filter_map(Value::as_str).collect();
        return match (evaluation.details.get("flop"), names.is_empty()) {
            (None | Some(Value::Null), _) => NOT_STATED.to_owned(),
            (_, true) => NONE_CROSSED.to_owned(),
            (_, false) => format!("{CROSSES} {}", names.join(", ")),
        };
    }
    if let Some(cells) = evaluation.details.get("cells").and_then(Value::as_object) {
        return levels(cells.values());
    }
    // A description has no verdict; how much of it is stated is the next best thing.
    let stated = |reason: &&Reason| matches!(reason.outcome, Outcome::Met | Outcome::Partial | Outcome::Noted);
    let known = evaluation.reasons.iter().filter(stated).count();
    format!("{known} of {} stated", evaluation.reasons.len())
}

/// Counts the cells of each level: `level 5 ×8, level N/A ×4`.
fn levels<'v>(cells: impl Iterator<Item = &'v Value>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for cell in cells {
        let level = cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
        *counts.entry(level).or_default() += 1;
    }
    let parts: Vec<String> = counts.iter().map(|(level, count)| format!("{LEVEL} {level} ×{count}")).collect();
    parts.join(", ")
}
