//! Training compute thresholds (Heim & Koessler 2024): a first filter, not a measure of risk.
//!
//! See <https://arxiv.org/abs/2405.10799>.

use serde_json::{Map, json};

use super::{Evaluation, Outcome, Reason, embedded, unknown};
use crate::manifest::Manifest;

items! {
    /// The thresholds.
    Threshold {
        EuGeneralPurpose = "eu-gpai",
        EuHighImpact = "eu-high-impact",
        UsExecutiveOrder = "us-eo-14110",
        California = "ca-sb53-frontier",
        NewYork = "ny-raise-frontier",
    }
}

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("compute-thresholds");
    let compute = manifest.compute.as_ref();
    let flop = compute.and_then(|compute| compute.cumulative_flop.as_ref().or(compute.training_flop.as_ref()));
    let mut above = Vec::new();
    let mut reasons = Vec::new();
    for item in &taxonomy.items {
        let threshold = Threshold::from_id(&item.id).and_then(|known| match known {
            // All are numbers of FLOP from the data file.
            Threshold::EuGeneralPurpose
            | Threshold::EuHighImpact
            | Threshold::UsExecutiveOrder
            | Threshold::California
            | Threshold::NewYork => item.threshold,
        });
        let Some(threshold) = threshold else {
            reasons.push(unknown(item));
            continue;
        };
        let name = &item.name;
        reasons.push(match flop {
            None => Reason::new(&item.id, Outcome::Unstated, format!("{name}: the training compute is not stated")),
            Some(flop) => {
                let exceeded = flop.value > threshold;
                if exceeded {
                    above.push(item.id.as_str());
                }
                let side = if exceeded { "above" } else { "not above" };
                let from = item.effective.as_ref().map_or_else(String::new, |day| format!("; in force from {day}"));
                let only_training =
                    item.counts_fine_tuning && compute.is_some_and(|compute| compute.cumulative_flop.is_none());
                let counts = if only_training { "; later fine-tuning counts too, and is not stated" } else { "" };
                let text = format!("{name}: {:e} FLOP is {side} {threshold:e}{from}{counts}", flop.value);
                Reason::new(&item.id, Outcome::Noted, text).at(flop.span)
            }
        });
    }
    let mut details = Map::new();
    details.insert("flop".to_owned(), json!(flop.map(|flop| flop.value)));
    details.insert("above".to_owned(), above.into());
    let error = compute.and_then(|compute| compute.error_percent.as_ref()).map(|error| error.value);
    details.insert("error-percent".to_owned(), json!(error));
    let method = compute.and_then(|compute| compute.method.as_ref()).map(|method| method.value.as_str());
    details.insert("method".to_owned(), json!(method));
    Evaluation::new(taxonomy, None, details, reasons)
}
