//! What each taxonomy makes of a manifest: a verdict, and the entries that led to it.
//!
//! Verdicts are derived from the facts that the manifest declares, never from what it claims. Whether the facts are true
//! is not asked here: the rules look at the files, and people look at the rest.

mod access;
mod claims;
mod columbia;
mod compute;
mod disagreements;
mod eiras;
mod eu;
mod evidence;
mod gradient;
mod marginal;
mod mof;
mod open_weights;
mod osai;
mod osaid;
mod policy;
mod seger;

pub use claims::{ClaimOutcome, Holds, UnclaimedBetter, UnknownClaim, claims, unclaimed_better};
pub use disagreements::disagreements;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::manifest::{Component, Manifest, Openness};
use crate::source::Span;
use crate::taxonomy;

/// What one taxonomy makes of a manifest.
///
/// Serialized as one flat object: `taxonomy`, `verdict` where there is one, the details, `reasons`.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// The taxonomy's id.
    pub taxonomy: &'static str,
    /// The verdict's word; `None` for a taxonomy that gives a score or a table.
    pub verdict: Option<String>,
    /// What the taxonomy says beside: `progress`, `score`, `cells` …
    pub details: Map<String, Value>,
    /// What led to it, in the taxonomy's order.
    pub reasons: Vec<Reason>,
}

/// One entry that led to a verdict.
#[derive(Debug, Clone, Serialize)]
pub struct Reason {
    /// The taxonomy's item.
    pub item: String,
    /// What came of it.
    pub outcome: Outcome,
    /// One clause, lower case, no trailing stop.
    pub text: String,
    /// The component, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The level that asks for the item, where the taxonomy has levels.
    #[serde(skip)]
    pub level: Option<&'static str>,
    /// The entry in the manifest; `None` where what is missing has no place.
    #[serde(skip)]
    pub span: Option<Span>,
}

/// What came of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As the taxonomy asks.
    Met,
    /// In part.
    Partial,
    /// Not as the taxonomy asks.
    Failed,
    /// The manifest says nothing.
    Unstated,
    /// The taxonomy does not ask here.
    NotApplicable,
    /// Only a person can judge.
    Undecidable,
    /// Worth knowing; decides nothing.
    Noted,
}

impl Outcome {
    /// Returns whether a claim that needs the item suffers.
    #[must_use]
    pub fn defeats(self) -> bool {
        matches!(self, Self::Partial | Self::Failed | Self::Unstated | Self::Undecidable)
    }
}

impl Reason {
    fn new(item: impl Into<String>, outcome: Outcome, text: impl Into<String>) -> Self {
        Self { item: item.into(), outcome, text: text.into(), component: None, level: None, span: None }
    }

    fn component(mut self, id: impl Into<String>) -> Self {
        self.component = Some(id.into());
        self
    }

    fn level(mut self, level: Option<&'static str>) -> Self {
        self.level = level;
        self
    }

    fn at(mut self, span: impl Into<Option<Span>>) -> Self {
        self.span = span.into();
        self
    }
}

impl Serialize for Evaluation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("taxonomy", self.taxonomy)?;
        if let Some(verdict) = &self.verdict {
            map.serialize_entry("verdict", verdict)?;
        }
        for (key, value) in &self.details {
            map.serialize_entry(key, value)?;
        }
        map.serialize_entry("reasons", &self.reasons)?;
        map.end()
    }
}

/// Evaluates a manifest by every taxonomy, in their order.
#[must_use]
pub fn evaluate(manifest: &Manifest) -> Vec<Evaluation> {
    taxonomy::all().iter().filter_map(|taxonomy| evaluate_one(manifest, &taxonomy.id)).collect()
}

/// Evaluates a manifest by one taxonomy; `None` where there is none of that id.
#[must_use]
pub fn evaluate_one(manifest: &Manifest, id: &str) -> Option<Evaluation> {
    Some(match id {
        "columbia-2024" => columbia::evaluate(manifest),
        "release-gradient" => gradient::evaluate(manifest),
        "seger-2023" => seger::evaluate(manifest),
        "marginal-risk" => marginal::evaluate(manifest),
        "access-decisions" => access::decisions(manifest),
        "audit-access" => access::audits(manifest),
        "mof-1.0" => mof::evaluate(manifest, mof::Reading::Tool),
        "mof-1.0-strict" => mof::evaluate(manifest, mof::Reading::Text),
        "osaid-1.0" => osaid::evaluate(manifest),
        "osai-index" => osai::evaluate(manifest, osai::Stated::Heeded),
        "eiras-2024" => eiras::evaluate(manifest),
        "open-weights" => open_weights::evaluate(manifest),
        "eu-ai-act-open-source" => eu::evaluate(manifest),
        "compute-thresholds" => compute::evaluate(manifest),
        "use-policy" => policy::use_policy(manifest),
        "prism-2024" => policy::safeguards(manifest),
        _ => return None,
    })
}

/// Evaluates as if no imported record stated anything; `None` where a taxonomy heeds no such statement anyway.
#[must_use]
pub fn unstated(manifest: &Manifest, id: &str) -> Option<Evaluation> {
    (id == "osai-index").then(|| osai::evaluate(manifest, osai::Stated::Ignored))
}

/// The taxonomy of an id that an evaluator knows to be embedded.
fn embedded(id: &str) -> &'static taxonomy::Taxonomy {
    taxonomy::find(id).expect("evaluators name embedded taxonomies; a test evaluates by each")
}

/// How a component stands in the manifest, and where.
fn standing<'a>(manifest: &'a Manifest, id: &str) -> (Option<&'a Component>, Option<Openness>, Option<Span>) {
    let component = manifest.component(id);
    let openness = component.map(Component::openness);
    let span =
        component.map(|component| component.openness.as_ref().map_or(component.id.span, |openness| openness.span));
    (component, openness, span)
}

/// The worse of two outcomes of one condition.
fn worse(a: Outcome, b: Outcome) -> Outcome {
    let weight = |outcome: Outcome| match outcome {
        Outcome::Failed => 5,
        Outcome::Partial => 4,
        Outcome::Undecidable => 3,
        Outcome::Unstated => 2,
        Outcome::Met => 1,
        Outcome::NotApplicable | Outcome::Noted => 0,
    };
    if weight(b) > weight(a) { b } else { a }
}

/// The verdict of conditions that must all be met; `open` is the word for: nothing fails, and not everything is decided.
fn all_met(outcomes: impl IntoIterator<Item = Outcome>, open: &'static str) -> &'static str {
    match outcomes.into_iter().fold(Outcome::Noted, worse) {
        Outcome::Failed | Outcome::Partial => "fails",
        Outcome::Undecidable | Outcome::Unstated => open,
        Outcome::Met | Outcome::NotApplicable | Outcome::Noted => "meets",
    }
}

/// A count as a number to divide by.
fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn every_taxonomy_evaluates_an_empty_manifest() {
        let evaluations = evaluate(&Manifest::default());
        let ids: Vec<&str> = evaluations.iter().map(|evaluation| evaluation.taxonomy).collect();
        assert_eq!(ids, taxonomy::all().iter().map(|taxonomy| taxonomy.id.as_str()).collect::<Vec<_>>());
        for evaluation in evaluations {
            assert!(serde_json::to_value(&evaluation).unwrap()["reasons"].is_array());
        }
    }

    #[test]
    fn evaluations_have_the_keys_that_scripts_rely_on() {
        let evaluations = serde_json::to_value(evaluate(&Manifest::default())).unwrap();
        let keys = |id: &str| -> Vec<String> {
            let list = evaluations.as_array().unwrap();
            let one = list.iter().find(|evaluation| evaluation["taxonomy"] == id).unwrap();
            one.as_object().unwrap().keys().cloned().collect()
        };
        let mof =
            ["taxonomy", "verdict", "progress", "missing", "invalid", "unlicensed", "not-type-appropriate", "reasons"];
        assert_eq!(keys("mof-1.0"), mof);
        assert_eq!(keys("mof-1.0-strict"), mof);
        assert_eq!(keys("osai-index"), ["taxonomy", "score", "groups", "classes", "reasons"]);
        assert_eq!(keys("eiras-2024"), ["taxonomy", "cells", "reasons"]);
        assert_eq!(keys("osaid-1.0"), ["taxonomy", "verdict", "elements", "reasons"]);
    }
}
