//! Kapoor et al. 2024: the six steps of marginal risk, for each threat.
//!
//! See <https://arxiv.org/abs/2403.07918>.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, embedded, evidence};
use crate::manifest::{Evidence, Manifest, MarginalRisk};

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("marginal-risk");
    let threats = manifest.risk.as_ref().map_or(&[][..], |risk| &risk.marginal);
    let mut reasons = Vec::new();
    let mut outcomes = Vec::new();
    let mut listed = Vec::new();
    for threat in threats {
        let mut steps = Map::new();
        for item in &taxonomy.items {
            let (outcome, text, span) = evidence::judge(step(threat, &item.id));
            steps.insert(item.id.clone(), evidence::word(outcome).into());
            let text = format!("`{}` of the threat `{}` {text}", item.id, threat.vector.value);
            reasons.push(Reason::new(&item.id, outcome, text).at(span.unwrap_or(threat.span)));
            outcomes.push(outcome);
        }
        listed.push(json!({ "vector": threat.vector.value, "steps": steps }));
    }
    if threats.is_empty() {
        let header = manifest.risk.as_ref().map(|risk| risk.header);
        reasons.push(
            Reason::new("threat-identification", Outcome::Unstated, "no threat is named under `risk.marginal`")
                .at(header),
        );
    }
    let verdict = evidence::verdict(outcomes);
    let mut details = Map::new();
    details.insert("threats".to_owned(), Value::Array(listed));
    Evaluation { taxonomy: taxonomy.static_id(), verdict: Some(verdict.to_owned()), details, reasons }
}

fn step<'a>(threat: &'a MarginalRisk, id: &str) -> Option<&'a Evidence> {
    match id {
        "threat-identification" => threat.threat_identification.as_ref(),
        "existing-risk" => threat.existing_risk.as_ref(),
        "existing-defenses" => threat.existing_defenses.as_ref(),
        "marginal-risk-evidence" => threat.marginal_risk_evidence.as_ref(),
        "ease-of-defense" => threat.ease_of_defense.as_ref(),
        _ => threat.uncertainty_assumptions.as_ref(),
    }
}
