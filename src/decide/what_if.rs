//! What follows from a change of facts: every verdict, claim, duty and threshold that is different then.

use serde::{Serialize, Serializer};

use crate::evaluate::{self, ClaimOutcome, Evaluation, Holds, Outcome, Reason};
use crate::manifest::Manifest;
use crate::manifest::draft::Change;
use crate::taxonomy;

/// What follows from a change of facts.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct WhatIf {
    /// The changes.
    pub changes: Vec<Change>,
    /// The taxonomies whose evaluation is different, in the order of evaluations.
    pub taxonomies: Vec<TaxonomyChange>,
    /// The claims that are different, or of which it is different whether they hold.
    pub claims: Vec<ClaimChange>,
    /// The legal obligations whose state is different.
    pub duties: Vec<ItemChange>,
    /// The thresholds of compute or of systemic risk whose state is different.
    pub thresholds: Vec<ItemChange>,
}

/// A taxonomy whose evaluation is different.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TaxonomyChange {
    /// The taxonomy's id.
    pub taxonomy: &'static str,
    /// The result before.
    pub before: Summary,
    /// The result after.
    pub after: Summary,
    /// The items whose outcome is different, in the taxonomy's order.
    pub items: Vec<ItemChange>,
}

/// The result of an evaluation in brief.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// The verdict, if the taxonomy gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<&'static str>,
    /// The score from 0 to 1, if the taxonomy gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// The number of items that are met or stated.
    pub met: usize,
    /// The number of items.
    pub items: usize,
}

/// An item of a taxonomy whose outcome is different.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ItemChange {
    /// The taxonomy's id.
    pub taxonomy: &'static str,
    /// The id of the item.
    pub item: String,
    /// The id of the component, if the item is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The outcome before, and why; `None` if nothing was said about the item.
    pub before: Option<Found>,
    /// The outcome after, and why; `None` if nothing is said about the item.
    pub after: Option<Found>,
}

/// The outcome for an item, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Found {
    /// The outcome.
    pub outcome: Outcome,
    /// One clause, in lower case.
    pub text: String,
}

/// A claim that is different, or of which it is different whether it holds.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ClaimChange {
    /// The key as written in `[claims]`.
    pub key: String,
    /// The claim before; `None` if there was none.
    pub before: Option<ClaimState>,
    /// The claim after; `None` if there is none.
    pub after: Option<ClaimState>,
}

/// A claim, and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ClaimState {
    /// The claimed value.
    pub claimed: String,
    /// The verdict or score that the declared facts yield.
    pub derived: String,
    /// Whether the claim holds.
    #[serde(serialize_with = "holds")]
    pub holds: Holds,
}

/// Returns what follows from changes that turn one manifest into another.
#[must_use]
pub fn what_if(before: &Manifest, after: &Manifest, changes: Vec<Change>) -> WhatIf {
    let (old, new) = (evaluate::evaluate(before), evaluate::evaluate(after));
    let mut taxonomies = Vec::new();
    let (mut duties, mut thresholds) = (Vec::new(), Vec::new());
    for (old, new) in old.iter().zip(&new) {
        let items = items(old, new);
        duties.extend(items.iter().filter(|item| is_duty(item)).cloned());
        thresholds.extend(items.iter().filter(|item| is_threshold(item)).cloned());
        let (was, is) = (summary(old), summary(new));
        if was != is || !items.is_empty() {
            taxonomies.push(TaxonomyChange { taxonomy: new.taxonomy, before: was, after: is, items });
        }
    }
    let claims = claims(&evaluate::claims(before, &old).0, &evaluate::claims(after, &new).0);
    WhatIf { changes, taxonomies, claims, duties, thresholds }
}

fn summary(evaluation: &Evaluation) -> Summary {
    let is_met = |reason: &&Reason| matches!(reason.outcome, Outcome::Met);
    Summary {
        verdict: evaluation.verdict.map(evaluate::Verdict::as_str),
        score: evaluation.score(),
        met: evaluation.reasons.iter().filter(is_met).count(),
        items: evaluation.reasons.len(),
    }
}

/// Returns the items whose outcome is different. Reasons about the same item and component are compared in order.
fn items(old: &Evaluation, new: &Evaluation) -> Vec<ItemChange> {
    let mut left: Vec<&Reason> = old.reasons.iter().collect();
    let mut changes = Vec::new();
    let finding = |reason: &Reason| Found { outcome: reason.outcome, text: reason.text.clone() };
    for reason in &new.reasons {
        let same = |other: &&Reason| other.item == reason.item && other.component == reason.component;
        let before = left.iter().position(same).map(|at| left.remove(at));
        let is_different = before.is_none_or(|before| before.outcome != reason.outcome || is_crossed(before, reason));
        if is_different {
            changes.push(ItemChange {
                taxonomy: new.taxonomy,
                item: reason.item.clone(),
                component: reason.component.clone(),
                before: before.map(finding),
                after: Some(finding(reason)),
            });
        }
    }
    changes.extend(left.into_iter().map(|reason| ItemChange {
        taxonomy: new.taxonomy,
        item: reason.item.clone(),
        component: reason.component.clone(),
        before: Some(finding(reason)),
        after: None,
    }));
    changes
}

/// Returns whether a fact that is only noted says something else, such as on which side of a threshold the compute is.
fn is_crossed(before: &Reason, after: &Reason) -> bool {
    after.outcome == Outcome::Noted && before.text != after.text
}

fn is_duty(change: &ItemChange) -> bool {
    let item = taxonomy::find(change.taxonomy).and_then(|taxonomy| taxonomy.item(&change.item));
    item.is_some_and(|item| item.group.as_deref() == Some("duties"))
}

/// An item with a number of FLOP is a threshold.
fn is_threshold(change: &ItemChange) -> bool {
    let item = taxonomy::find(change.taxonomy).and_then(|taxonomy| taxonomy.item(&change.item));
    item.is_some_and(|item| item.threshold.is_some())
}

fn claims(old: &[ClaimOutcome], new: &[ClaimOutcome]) -> Vec<ClaimChange> {
    let state = |among: &[ClaimOutcome], key: &str| {
        among.iter().find(|claim| claim.key == key).map(|claim| ClaimState {
            claimed: claim.claimed.clone(),
            derived: claim.derived.clone(),
            holds: claim.holds,
        })
    };
    let only_old = old.iter().filter(|claim| state(new, &claim.key).is_none());
    let keys = new.iter().chain(only_old).map(|claim| claim.key.clone());
    keys.filter_map(|key| {
        let (before, after) = (state(old, &key), state(new, &key));
        let said = |state: &Option<ClaimState>| state.as_ref().map(|state| (state.claimed.clone(), state.holds));
        (said(&before) != said(&after)).then_some(ClaimChange { key, before, after })
    })
    .collect()
}

/// Writes whether a claim holds; `null` if a person has to decide.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn holds<S: Serializer>(holds: &Holds, serializer: S) -> Result<S::Ok, S::Error> {
    let known = match holds {
        Holds::Yes => Some(true),
        Holds::No => Some(false),
        Holds::Undecidable => None,
    };
    known.serialize(serializer)
}
