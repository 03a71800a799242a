//! Evaluates a manifest against each taxonomy: a verdict, and the facts that led to it.
//!
//! Verdicts are derived from the facts that the manifest declares, never from what it claims. This module does not check
//! whether those facts are true: the rules compare them with the files, and people review the rest.

/// Declares the items of a taxonomy that its evaluator knows, each with its id in the data file.
///
/// An evaluator matches on this enum without a catch-all arm. A data file with an item that is not declared here fails
/// `every_item_of_every_taxonomy_is_known`; at run time, such an item is [`unknown`].
macro_rules! items {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $id:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($variant,)+ }

        impl $name {
            /// Every known id, in the order of the data file.
            #[cfg(test)]
            pub(super) const IDS: &'static [&'static str] = &[$($id),+];

            /// Returns the item with this id, or `None` if this version does not know it.
            fn from_id(id: &str) -> Option<Self> {
                match id { $($id => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

mod aa;
mod access;
mod bases;
mod claims;
mod columbia;
mod compute;
mod disagreements;
mod eiras;
mod eu;
mod eu_form;
mod eu_summary;
mod evidence;
mod fmti;
mod g7;
mod gradient;
mod marginal;
mod mof;
mod open_weights;
mod os_ai_map;
mod osai;
mod osaid;
mod policy;
mod reach;
mod scrutiny;
mod seger;
mod terms;

pub use claims::{ClaimOutcome, Holds, UnclaimedBetter, UnknownClaim, claims, unclaimed_better};
pub use disagreements::disagreements;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::manifest::{Assessment, AuditAccess, Component, Manifest, Openness, ReleaseAccess};
use crate::source::Span;
use crate::taxonomy::{self, Item, Taxonomy};

/// The evaluation of a manifest against one taxonomy.
///
/// Serialized as one flat object: `taxonomy`, `verdict` if there is one, the details, `reasons`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Evaluation {
    /// The taxonomy's id.
    pub taxonomy: &'static str,
    /// The verdict; `None` for a taxonomy that gives a score or a table.
    pub verdict: Option<Verdict>,
    /// Results specific to the taxonomy, such as `progress`, `score` or `cells`.
    pub details: Map<String, Value>,
    /// The facts that led to the result, in the taxonomy's order.
    pub reasons: Vec<Reason>,
}

/// One fact that contributes to a verdict.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Reason {
    /// The id of the taxonomy's item.
    pub item: String,
    /// The outcome for the item.
    pub outcome: Outcome,
    /// One clause, in lower case, without a final period.
    pub text: String,
    /// The id of the component, if the reason is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The name of the base, if the reason is that the terms of one limit the weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The id of the level that requires the item, if the taxonomy has levels.
    #[serde(skip)]
    pub level: Option<&'static str>,
    /// The position in the manifest; `None` if the reason is that something is missing altogether.
    #[serde(skip)]
    pub span: Option<Span>,
}

/// The outcome for one item of a taxonomy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// The item is met.
    Met,
    /// The item is met in part.
    Partial,
    /// The item is not met.
    Failed,
    /// The manifest does not say.
    Unstated,
    /// The item does not apply to this release.
    NotApplicable,
    /// A person has to decide, or this version cannot.
    Undecidable,
    /// Additional information that does not affect the verdict.
    Noted,
}

impl Outcome {
    /// Returns whether the outcome defeats a claim that depends on the item.
    #[must_use]
    pub fn defeats(self) -> bool {
        matches!(self, Self::Partial | Self::Failed | Self::Unstated | Self::Undecidable)
    }
}

macro_rules! verdicts {
    ($(#[doc = $doc:literal] $variant:ident = $word:literal,)+) => {
        /// The verdict of a taxonomy.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        #[non_exhaustive]
        pub enum Verdict { $(#[doc = $doc] #[serde(rename = $word)] $variant,)+ }

        impl Verdict {
            /// Every verdict's word with what it means, as in the documentation of the variants.
            pub const MEANINGS: &'static [(&'static str, &'static str)] = &[$(($word, $doc)),+];

            /// Returns the word used in JSON, claims and policies.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// Returns the verdict for a word, or `None` if there is no such verdict.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

verdicts! {
    /// Every condition is met.
    Meets = "meets",
    /// At least one condition is not met.
    Fails = "fails",
    /// No condition fails, but a person has to decide about at least one.
    Undecidable = "undecidable",
    /// No condition fails, but the manifest does not say enough about at least one.
    Unstated = "unstated",
    /// Every required step of an assessment was taken.
    Complete = "complete",
    /// Some of the required steps of an assessment were taken.
    Incomplete = "incomplete",
    /// No step of an assessment was taken, or there is no policy.
    Absent = "absent",
    /// A use policy is stated.
    Stated = "stated",
    /// No level is reached: no audit states the access it had, or no label applies.
    Nothing = "none",
    /// Auditors saw queries and outputs.
    BlackBox = "black-box",
    /// Auditors saw some internals.
    GrayBox = "gray-box",
    /// Auditors had full access to the weights.
    WhiteBox = "white-box",
    /// Auditors saw documentation, code or data in addition to the model.
    OutsideTheBox = "outside-the-box",
    /// Release gradient: only the developer uses the model.
    FullyClosed = "fully-closed",
    /// Release gradient: released in stages.
    GradualStaged = "gradual-staged",
    /// Release gradient: used through the developer's interface.
    Hosted = "hosted",
    /// Release gradient: used through an API.
    CloudApi = "cloud-api",
    /// Release gradient: the weights can be downloaded.
    Downloadable = "downloadable",
    /// Release gradient: no part of the model is withheld.
    FullyOpen = "fully-open",
    /// Model Openness Framework: Class I, Open Science Model.
    Class1 = "class-1",
    /// Model Openness Framework: Class II, Open Tooling Model.
    Class2 = "class-2",
    /// Model Openness Framework: Class III, Open Model.
    Class3 = "class-3",
    /// Model Openness Framework: no class is reached.
    Unclassified = "unclassified",
    /// Map of open-source AI: closed.
    Level1 = "level-1",
    /// Map of open-source AI: restricted.
    Level2 = "level-2",
    /// Map of open-source AI: open weights.
    Level3 = "level-3",
    /// Map of open-source AI: open weights, data and code.
    Level4 = "level-4",
    /// Map of open-source AI: open source.
    Level5 = "level-5",
    /// G7: an open system with all of its training data.
    OpenSourceAiWithOpenData = "open-source-ai-with-open-data",
    /// G7: an open system, with information on data that cannot be shared.
    OpenSourceAi = "open-source-ai",
    /// G7: weights and deployment code under an Open Source license.
    OpenWeightsAi = "open-weights-ai",
    /// G7: weights and deployment code under any license.
    WeightsAvailableAi = "weights-available-ai",
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<ReleaseAccess> for Verdict {
    fn from(access: ReleaseAccess) -> Self {
        match access {
            ReleaseAccess::FullyClosed => Self::FullyClosed,
            ReleaseAccess::GradualStaged => Self::GradualStaged,
            ReleaseAccess::Hosted => Self::Hosted,
            ReleaseAccess::CloudApi => Self::CloudApi,
            ReleaseAccess::Downloadable => Self::Downloadable,
            ReleaseAccess::FullyOpen => Self::FullyOpen,
        }
    }
}

impl From<AuditAccess> for Verdict {
    fn from(access: AuditAccess) -> Self {
        match access {
            AuditAccess::BlackBox => Self::BlackBox,
            AuditAccess::GrayBox => Self::GrayBox,
            AuditAccess::WhiteBox => Self::WhiteBox,
            AuditAccess::OutsideTheBox => Self::OutsideTheBox,
        }
    }
}

impl Reason {
    fn new(item: impl Into<String>, outcome: Outcome, text: impl Into<String>) -> Self {
        Self { item: item.into(), outcome, text: text.into(), component: None, base: None, level: None, span: None }
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

    /// Sets the position unless there is one already.
    fn or_at(mut self, span: Option<Span>) -> Self {
        self.span = self.span.or(span);
        self
    }
}

impl Evaluation {
    fn new(
        taxonomy: &'static Taxonomy,
        verdict: impl Into<Option<Verdict>>,
        details: Map<String, Value>,
        reasons: Vec<Reason>,
    ) -> Self {
        Self { taxonomy: taxonomy.static_id(), verdict: verdict.into(), details, reasons }
    }

    /// Returns the score, from 0 to the highest one of the taxonomy, if it gives one and the facts decide it.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        self.details.get("score")?.as_f64()
    }

    /// Returns the notes on bases whose terms limit what the verdict rests on.
    pub fn limits_of_bases(&self) -> impl Iterator<Item = &Reason> {
        self.reasons.iter().filter(|reason| reason.base.is_some())
    }

    /// Returns the lowest and the highest score that the facts leave possible, which may be the same.
    #[must_use]
    pub fn scores(&self) -> Option<(f64, f64)> {
        let bound = |key: &str| self.details.get(key).and_then(Value::as_f64);
        self.score().map(|score| (score, score)).or_else(|| Some((bound("low")?, bound("high")?)))
    }

    /// Returns the score that the facts suffice for, whatever is not decided.
    #[must_use]
    pub fn least_score(&self) -> Option<f64> {
        self.scores().map(|(low, _)| low)
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

/// Evaluates a manifest against every taxonomy, in the order of [`taxonomy::all`].
#[must_use]
pub fn evaluate(manifest: &Manifest) -> Vec<Evaluation> {
    let limits = bases::Limits::of(manifest);
    let with_notes = |taxonomy: &Taxonomy| {
        let mut evaluation = of_taxonomy(manifest, &taxonomy.id)?;
        limits.add_notes(&mut evaluation);
        Some(evaluation)
    };
    taxonomy::all().filter_map(with_notes).collect()
}

/// Evaluates a manifest against the taxonomies that its claims name, which is what checking the claims needs.
#[must_use]
pub fn evaluate_claimed(manifest: &Manifest) -> Vec<Evaluation> {
    let mut claimed: Vec<&str> = Vec::new();
    for claim in &manifest.claims {
        if let Some(taxonomy) = taxonomy::named(&claim.key.value)
            && !claimed.contains(&taxonomy.id.as_str())
        {
            claimed.push(&taxonomy.id);
        }
    }
    claimed.into_iter().filter_map(|id| evaluate_one(manifest, id)).collect()
}

/// Evaluates a manifest against one taxonomy; `None` if there is no taxonomy with this id.
#[must_use]
pub fn evaluate_one(manifest: &Manifest, id: &str) -> Option<Evaluation> {
    let mut evaluation = of_taxonomy(manifest, id)?;
    bases::Limits::of(manifest).add_notes(&mut evaluation);
    Some(evaluation)
}

fn of_taxonomy(manifest: &Manifest, id: &str) -> Option<Evaluation> {
    Some(match id {
        "columbia-2024" => columbia::evaluate(manifest),
        "release-gradient" => gradient::evaluate(manifest),
        "seger-2023" => seger::evaluate(manifest),
        "marginal-risk" => marginal::evaluate(manifest),
        "access-decisions" => access::decisions(manifest),
        "audit-access" => access::audits(manifest),
        "aspire-2023" => scrutiny::audits(manifest),
        "safety-case" => scrutiny::safety_case(manifest),
        "access-2025" => reach::evaluate(manifest),
        "mof-1.0" => mof::evaluate(manifest, mof::Interpretation::MotTool),
        "mof-1.0-strict" => mof::evaluate(manifest, mof::Interpretation::PaperText),
        "osaid-1.0" => osaid::evaluate(manifest),
        "g7-2026" => g7::evaluate(manifest),
        "osai-index" => osai::evaluate(manifest, osai::ImportedRecord::Include),
        "aa-openness" => aa::evaluate(manifest),
        "os-ai-map" => os_ai_map::evaluate(manifest),
        "fmti-2025" => fmti::evaluate(manifest),
        "eiras-2024" => eiras::evaluate(manifest),
        "open-weights" => open_weights::evaluate(manifest),
        "eu-ai-act-open-source" => eu::evaluate(manifest),
        TRAINING_SUMMARY => eu_summary::evaluate(manifest),
        "eu-model-documentation" => eu_form::evaluate(manifest),
        "compute-thresholds" => compute::evaluate(manifest),
        "use-policy" => policy::use_policy(manifest),
        "prism-2024" => policy::safeguards(manifest),
        _ => return None,
    })
}

/// Evaluates the answers of a public summary of training content, as [`training_summary::read`] returns them. Without
/// them, [`evaluate_one`] knows only that the manifest names a summary.
///
/// [`training_summary::read`]: crate::manifest::training_summary::read
#[must_use]
pub fn evaluate_training_summary(manifest: &Manifest, answers: &Result<Map<String, Value>, String>) -> Evaluation {
    match answers {
        Ok(answers) => eu_summary::of_answers(manifest, answers),
        Err(problem) => eu_summary::unreadable(manifest, problem),
    }
}

/// The taxonomy whose verdict depends on a file next to the manifest; see [`evaluate_training_summary`].
pub const TRAINING_SUMMARY: &str = eu_summary::ID;

/// Evaluates a manifest against one taxonomy without the values that an imported record states.
///
/// Returns `None` for a taxonomy whose claims cannot be affected by such values.
#[must_use]
pub fn evaluate_without_imported(manifest: &Manifest, id: &str) -> Option<Evaluation> {
    (id == "osai-index").then(|| osai::evaluate(manifest, osai::ImportedRecord::Exclude))
}

/// Returns what an imported record states about a taxonomy, under any name of the taxonomy.
fn imported<'m>(manifest: &'m Manifest, id: &str) -> Option<&'m Assessment> {
    embedded(id).names().find_map(|name| manifest.assessment(name))
}

/// Returns an embedded taxonomy by an id that is known to exist.
fn embedded(id: &str) -> &'static Taxonomy {
    taxonomy::find(id).expect("evaluators name embedded taxonomies: a test evaluates against each")
}

/// Returns the reason for an item that the evaluator does not know. It is never evaluated as another item.
fn unknown(item: &Item) -> Reason {
    let text = format!("`{}` is undecided: this version does not know this item", item.id);
    Reason::new(&item.id, Outcome::Undecidable, text)
}

/// Returns a component, its declared openness and where that is declared; all `None` if it is not declared.
fn declared<'a>(manifest: &'a Manifest, id: &str) -> (Option<&'a Component>, Option<Openness>, Option<Span>) {
    let component = manifest.component(id);
    let openness = component.map(Component::openness);
    let span =
        component.map(|component| component.openness.as_ref().map_or(component.id.span, |openness| openness.span));
    (component, openness, span)
}

/// Returns the name of an item as it is written in mid-sentence: `Model card` → `model card`, but `AI safety` as it is.
fn in_sentence(name: &str) -> String {
    if name.chars().nth(1).is_some_and(char::is_uppercase) {
        return name.to_owned();
    }
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// Returns the worse of two outcomes for the same condition.
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

/// Returns the verdict for conditions that must all be met; `open` is the verdict if none fails but not all are decided.
fn all_met(outcomes: impl IntoIterator<Item = Outcome>, open: Verdict) -> Verdict {
    match outcomes.into_iter().fold(Outcome::Noted, worse) {
        Outcome::Failed | Outcome::Partial => Verdict::Fails,
        Outcome::Undecidable | Outcome::Unstated => open,
        Outcome::Met | Outcome::NotApplicable | Outcome::Noted => Verdict::Meets,
    }
}

/// Returns the word for a condition in `details`.
fn condition(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Met | Outcome::NotApplicable | Outcome::Noted => "met",
        Outcome::Failed | Outcome::Partial => "failed",
        Outcome::Unstated | Outcome::Undecidable => "unstated",
    }
}

/// Converts a count whose first digits are shown.
fn real_of(count: u64) -> f64 {
    let (high, low) = (count >> 32, count & u64::from(u32::MAX));
    let part = |half: u64| f64::from(u32::try_from(half).unwrap_or(u32::MAX));
    part(high) * 4_294_967_296.0 + part(low)
}

/// Converts a count for a division.
fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::SafeguardStage;

    #[test]
    fn every_taxonomy_evaluates_an_empty_manifest() {
        let evaluations = evaluate(&Manifest::default());
        let ids: Vec<&str> = evaluations.iter().map(|evaluation| evaluation.taxonomy).collect();
        assert_eq!(ids, taxonomy::all().map(|taxonomy| taxonomy.id.as_str()).collect::<Vec<_>>());
        for evaluation in evaluations {
            assert!(serde_json::to_value(&evaluation).unwrap()["reasons"].is_array());
        }
    }

    /// The ids of the items that a taxonomy's evaluator has arms for.
    fn known_items(taxonomy: &str) -> &'static [&'static str] {
        match taxonomy {
            "columbia-2024" => columbia::Cell::IDS,
            "release-gradient" => gradient::Criterion::IDS,
            "seger-2023" => seger::Step::IDS,
            "marginal-risk" => marginal::Step::IDS,
            "access-decisions" => access::PolicyPart::IDS,
            "audit-access" => access::AuditFact::IDS,
            "aspire-2023" => scrutiny::Mark::IDS,
            "safety-case" => scrutiny::Part::IDS,
            "access-2025" => reach::Variable::IDS,
            "mof-1.0" => mof::RowId::IDS,
            "mof-1.0-strict" => mof::Departure::IDS,
            "osaid-1.0" => osaid::Row::IDS,
            "g7-2026" => g7::Condition::IDS,
            "osai-index" => osai::Dimension::IDS,
            "aa-openness" => aa::Part::IDS,
            "os-ai-map" => os_ai_map::Input::IDS,
            "fmti-2025" => fmti::known(),
            "eiras-2024" => eiras::CellId::IDS,
            "open-weights" => open_weights::Condition::IDS,
            "eu-ai-act-open-source" => eu::Condition::IDS,
            "eu-model-documentation" => eu_form::Entry::IDS,
            "compute-thresholds" => compute::Threshold::IDS,
            "use-policy" => policy::Fact::IDS,
            "prism-2024" => SafeguardStage::WORDS,
            _ => panic!("`{taxonomy}`: name the items that its evaluator knows"),
        }
    }

    #[test]
    fn every_item_of_every_taxonomy_is_known() {
        for taxonomy in taxonomy::all() {
            let items: Vec<&str> = taxonomy.items.iter().map(|item| item.id.as_str()).collect();
            // Its fields are all read in the same way, by their ids.
            if taxonomy.id == eu_summary::ID {
                continue;
            }
            assert_eq!(items, known_items(&taxonomy.id), "{}", taxonomy.id);
        }
    }

    #[test]
    fn no_item_of_a_data_file_is_reported_as_unknown() {
        let tiny = include_str!("../examples/tiny-lm/OPENNESS.toml");
        let tiny = crate::manifest::parse::parse(crate::source::Source::new("t", tiny)).manifest;
        for manifest in [Manifest::default(), tiny] {
            for evaluation in evaluate(&manifest) {
                let unknown = evaluation.reasons.iter().find(|reason| reason.text.contains("does not know this item"));
                assert!(unknown.is_none(), "{}: {unknown:?}", evaluation.taxonomy);
            }
        }
    }

    #[test]
    fn an_acronym_stays_as_it_is_in_mid_sentence() {
        assert_eq!(["Model card", "AUP enforcement", "A"].map(in_sentence), ["model card", "AUP enforcement", "a"]);
    }

    #[test]
    fn every_word_that_can_be_claimed_is_a_verdict() {
        for taxonomy in taxonomy::all() {
            for word in taxonomy.claim.iter().flat_map(|claim| &claim.words) {
                assert_eq!(Verdict::from_word(word).map(Verdict::as_str), Some(word.as_str()), "{}", taxonomy.id);
            }
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
