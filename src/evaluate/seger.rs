//! Seger et al. 2023: whether there is a risk assessment as the report requires before a model is opened, and whether it
//! is complete.
//!
//! See <https://arxiv.org/abs/2311.09227>. Most items are known only from descriptions of the report, as the data says.

use serde_json::{Map, json};

use super::{Evaluation, Outcome, Reason, embedded, evidence, unknown};
use crate::manifest::{Manifest, Risk};
use crate::taxonomy::Item;

items! {
    /// The steps of the assessment.
    Step {
        DangerousCapabilityEvaluation = "dangerous-capability-evaluation",
        FineTuningUplift = "fine-tuning-uplift",
        SafeguardRobustness = "safeguard-robustness",
        OffenseDefenseEffect = "offense-defense-effect",
        IrreversibilityAcknowledged = "irreversibility-acknowledged",
        AlternativesConsidered = "alternatives-considered",
        ExternalReview = "external-review",
        Benefits = "benefits",
    }
}

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("seger-2023");
    let empty = Risk::default();
    let risk = manifest.risk.as_ref().unwrap_or(&empty);
    let header = manifest.risk.as_ref().map(|risk| risk.header);
    let mut reasons = Vec::new();
    let mut required = Vec::new();
    for item in &taxonomy.items {
        let reason = check(risk, item).or_at(header);
        if item.required == Some(true) {
            required.push(reason.outcome);
        }
        reasons.push(reason);
    }
    let mut details = Map::new();
    let alternatives: Vec<&str> = risk.alternatives_considered.iter().map(|text| text.value.as_str()).collect();
    let benefits: Vec<&str> = risk.benefits.iter().map(|benefit| benefit.value.as_str()).collect();
    details.insert("alternatives".to_owned(), json!(alternatives));
    details.insert("benefits".to_owned(), json!(benefits));
    Evaluation::new(taxonomy, evidence::verdict(required), details, reasons)
}

fn check(risk: &Risk, item: &Item) -> Reason {
    let Some(step) = Step::from_id(&item.id) else { return unknown(item) };
    let (outcome, text, span) = match step {
        Step::DangerousCapabilityEvaluation => evidence::check(risk.dangerous_capability_evaluation.as_ref()),
        Step::FineTuningUplift => evidence::check(risk.fine_tuning_uplift.as_ref()),
        Step::SafeguardRobustness => evidence::check(risk.safeguard_robustness.as_ref()),
        Step::OffenseDefenseEffect => evidence::check(risk.offense_defense_effect.as_ref()),
        Step::IrreversibilityAcknowledged => evidence::check(risk.irreversibility_acknowledged.as_ref()),
        Step::ExternalReview => evidence::check(risk.external_review.as_ref()),
        Step::AlternativesConsidered => match risk.alternatives_considered.first() {
            Some(first) => (Outcome::Met, "names alternatives", Some(first.span)),
            None => (Outcome::Unstated, "does not name any alternative", None),
        },
        Step::Benefits => match risk.benefits.first() {
            Some(first) => (Outcome::Met, "names benefits", Some(first.span)),
            None => (Outcome::Noted, "does not name any benefit", None),
        },
    };
    Reason::new(&item.id, outcome, format!("`risk.{}` {text}", item.id)).at(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_item_is_undecided() {
        let item = Item { id: "new".to_owned(), ..Item::default() };
        assert_eq!(check(&Risk::default(), &item).outcome, Outcome::Undecidable);
    }
}
