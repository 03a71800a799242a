//! Kapoor et al. 2024: the six steps of a marginal risk assessment, for each threat.
//!
//! See <https://arxiv.org/abs/2403.07918>.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, embedded, evidence, unknown};
use crate::manifest::{Evidence, Manifest, MarginalRisk};

items! {
    /// The steps of the framework.
    Step {
        ThreatIdentification = "threat-identification",
        ExistingRisk = "existing-risk",
        ExistingDefenses = "existing-defenses",
        MarginalRiskEvidence = "marginal-risk-evidence",
        EaseOfDefense = "ease-of-defense",
        UncertaintyAssumptions = "uncertainty-assumptions",
    }
}

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("marginal-risk");
    let threats = manifest.risk.as_ref().map_or(&[][..], |risk| &risk.marginal);
    let mut reasons = Vec::new();
    let mut listed = Vec::new();
    for threat in threats {
        let mut steps = Map::new();
        for item in &taxonomy.items {
            let reason = match Step::from_id(&item.id) {
                Some(step) => {
                    let (outcome, text, span) = evidence::check(evidence_of(threat, step));
                    let text = format!("`{}` of the threat `{}` {text}", item.id, threat.vector.value);
                    Reason::new(&item.id, outcome, text).at(span.unwrap_or(threat.span))
                }
                None => unknown(item),
            };
            steps.insert(item.id.clone(), evidence::word(reason.outcome).into());
            reasons.push(reason);
        }
        listed.push(json!({ "vector": threat.vector.value, "steps": steps }));
    }
    let verdict = evidence::verdict(reasons.iter().map(|reason| reason.outcome));
    if threats.is_empty() {
        let header = manifest.risk.as_ref().map(|risk| risk.header);
        let text = "`risk.marginal` does not name any threat";
        reasons.push(Reason::new("threat-identification", Outcome::Unstated, text).at(header));
    }
    let mut details = Map::new();
    details.insert("threats".to_owned(), Value::Array(listed));
    Evaluation::new(taxonomy, verdict, details, reasons)
}

fn evidence_of(threat: &MarginalRisk, step: Step) -> Option<&Evidence> {
    match step {
        Step::ThreatIdentification => threat.threat_identification.as_ref(),
        Step::ExistingRisk => threat.existing_risk.as_ref(),
        Step::ExistingDefenses => threat.existing_defenses.as_ref(),
        Step::MarginalRiskEvidence => threat.marginal_risk_evidence.as_ref(),
        Step::EaseOfDefense => threat.ease_of_defense.as_ref(),
        Step::UncertaintyAssumptions => threat.uncertainty_assumptions.as_ref(),
    }
}
