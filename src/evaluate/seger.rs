//! Seger et al. 2023: is the risk assessment there that the report asks for before a model is opened, and is it complete?
//!
//! See <https://arxiv.org/abs/2311.09227>. Most items were read in descriptions of the report; the data says so.

use serde_json::{Map, json};

use super::{Evaluation, Outcome, Reason, embedded, evidence};
use crate::manifest::{Manifest, Risk};

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("seger-2023");
    let nothing = Risk::default();
    let risk = manifest.risk.as_ref().unwrap_or(&nothing);
    let header = manifest.risk.as_ref().map(|risk| risk.header);
    let mut reasons = Vec::new();
    let mut demanded = Vec::new();
    for item in &taxonomy.items {
        let (outcome, text, span) = match item.id.as_str() {
            "dangerous-capability-evaluation" => evidence::judge(risk.dangerous_capability_evaluation.as_ref()),
            "fine-tuning-uplift" => evidence::judge(risk.fine_tuning_uplift.as_ref()),
            "safeguard-robustness" => evidence::judge(risk.safeguard_robustness.as_ref()),
            "offense-defense-effect" => evidence::judge(risk.offense_defense_effect.as_ref()),
            "irreversibility-acknowledged" => evidence::judge(risk.irreversibility_acknowledged.as_ref()),
            "external-review" => evidence::judge(risk.external_review.as_ref()),
            "alternatives-considered" => match risk.alternatives_considered.first() {
                Some(first) => (Outcome::Met, "names alternatives", Some(first.span)),
                None => (Outcome::Unstated, "names no alternative", None),
            },
            _ => match risk.benefits.first() {
                Some(first) => (Outcome::Met, "names benefits", Some(first.span)),
                None => (Outcome::Noted, "names no benefit", None),
            },
        };
        if item.required == Some(true) {
            demanded.push(outcome);
        }
        reasons.push(Reason::new(&item.id, outcome, format!("`risk.{}` {text}", item.id)).at(span.or(header)));
    }
    let mut details = Map::new();
    let alternatives: Vec<&str> = risk.alternatives_considered.iter().map(|text| text.value.as_str()).collect();
    let benefits: Vec<&str> = risk.benefits.iter().map(|benefit| benefit.value.as_str()).collect();
    details.insert("alternatives".to_owned(), json!(alternatives));
    details.insert("benefits".to_owned(), json!(benefits));
    let verdict = evidence::verdict(demanded);
    Evaluation { taxonomy: taxonomy.static_id(), verdict: Some(verdict.to_owned()), details, reasons }
}
