//! Eiras et al. 2024: a level for each cell of the pipeline, based on how far it is public and what its license allows.
//!
//! The source counts five points. Two of them, copyright in derivatives and a different license for derivatives, are
//! derived from whether derivatives are allowed and whether the license is copyleft. If the source's own records give a
//! license a level, that level is used, quirks included. See <https://arxiv.org/abs/2405.08597>.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, declared, embedded, unknown};
use crate::license::traits::{self, Answer};
use crate::license::{self, Effective, Expression};
use crate::manifest::{ClaimValue, Component, Manifest, Openness, ReleaseAccess};
use crate::source::Span;
use crate::taxonomy::{Item, Taxonomy};

const ID: &str = "eiras-2024";

items! {
    /// The cells of the pipeline.
    CellId {
        PretrainingCode = "training.code.pretraining",
        FineTuningCode = "training.code.finetuning",
        AlignmentCode = "training.code.alignment",
        PretrainingData = "training.data.pretraining",
        FineTuningData = "training.data.sft",
        AlignmentData = "training.data.alignment",
        EvaluationCode = "evaluation.code.general",
        SafetyEvaluationCode = "evaluation.code.safety",
        EvaluationData = "evaluation.data.utility",
        SafetyEvaluationData = "evaluation.data.safety",
        InferenceCode = "deployment.code.inference",
        Weights = "deployment.data.weights",
    }
}

/// The value of a cell of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Level(u8),
    NotApplicable,
    Unknown,
}

impl Cell {
    fn json(self) -> Value {
        match self {
            Self::Level(level) => json!(level),
            Self::NotApplicable => json!("N/A"),
            Self::Unknown => json!("Unknown"),
        }
    }

    fn outcome(self) -> Outcome {
        match self {
            Self::Level(5) => Outcome::Met,
            Self::Level(1) => Outcome::Failed,
            Self::Level(_) => Outcome::Partial,
            Self::NotApplicable => Outcome::NotApplicable,
            Self::Unknown => Outcome::Unstated,
        }
    }
}

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded(ID);
    let mut cells = Map::new();
    let mut stated = Vec::new();
    let mut reasons = Vec::new();
    for item in &taxonomy.items {
        let component = item.components.first().map_or("", String::as_str);
        let Some((mut cell, mut text, mut span)) = derive(manifest, taxonomy, item, component) else {
            cells.insert(item.id.clone(), Cell::Unknown.json());
            reasons.push(unknown(item));
            continue;
        };
        if let Some((stated_cell, stated_at)) = stated_cell(manifest, &item.id) {
            text = format!("stated by the imported record; derived from the manifest: {}", cell.json());
            cell = stated_cell;
            span = Some(stated_at);
            stated.push(item.id.as_str());
        }
        cells.insert(item.id.clone(), cell.json());
        reasons.push(Reason::new(&item.id, cell.outcome(), text).component(component).at(span));
    }
    let mut details = Map::new();
    details.insert("cells".to_owned(), Value::Object(cells));
    if !stated.is_empty() {
        details.insert("stated".to_owned(), stated.into());
    }
    Evaluation::new(taxonomy, None, details, reasons)
}

fn stated_cell(manifest: &Manifest, item: &str) -> Option<(Cell, Span)> {
    let (_, value) = super::imported(manifest, ID)?.stated.iter().find(|(key, _)| key.value == item)?;
    let cell = match &value.value {
        ClaimValue::Number(number) => (1..=5).find(|level| f64::from(*level) == *number).map(Cell::Level),
        ClaimValue::Text(word) if word == "N/A" => Some(Cell::NotApplicable),
        ClaimValue::Text(word) if word == "Unknown" => Some(Cell::Unknown),
        ClaimValue::Text(_) | ClaimValue::Flag(_) => None,
    };
    cell.map(|cell| (cell, value.span))
}

/// Derives a cell from the manifest; `None` if this version does not know the cell.
fn derive(manifest: &Manifest, taxonomy: &Taxonomy, item: &Item, id: &str) -> Option<(Cell, String, Option<Span>)> {
    let is_weights = match CellId::from_id(&item.id)? {
        CellId::Weights => true,
        CellId::PretrainingCode
        | CellId::FineTuningCode
        | CellId::AlignmentCode
        | CellId::PretrainingData
        | CellId::FineTuningData
        | CellId::AlignmentData
        | CellId::EvaluationCode
        | CellId::SafetyEvaluationCode
        | CellId::EvaluationData
        | CellId::SafetyEvaluationData
        | CellId::InferenceCode => false,
    };
    let (component, openness, span) = declared(manifest, id);
    let Some((component, openness)) = component.zip(openness) else {
        return Some((Cell::Unknown, format!("`{id}` is not declared"), None));
    };
    Some(match openness {
        Openness::NotApplicable => (Cell::NotApplicable, format!("`{id}` is declared not applicable"), span),
        Openness::Closed if is_weights && served(manifest) => {
            (Cell::Level(2), "the weights can only be used through a hosted interface".to_owned(), span)
        }
        Openness::Closed => (Cell::Level(1), format!("`{id}` is closed"), span),
        Openness::Open | Openness::Partial => {
            let (cell, text, license) = by_license(manifest, taxonomy, component);
            match cell {
                // A free license on some of the component does not make it fully open.
                Cell::Level(5) if openness == Openness::Partial => {
                    (Cell::Level(4), format!("{text}, but only partially open"), license.or(span))
                }
                cell => (cell, text, license.or(span)),
            }
        }
    })
}

/// Returns whether the model is offered through an interface.
fn served(manifest: &Manifest) -> bool {
    let access = manifest.release.as_ref().and_then(|release| release.access.as_ref()).map(|access| access.value);
    matches!(access, Some(ReleaseAccess::Hosted | ReleaseAccess::CloudApi))
        || manifest.access.as_ref().is_some_and(|access| !access.endpoints.is_empty())
}

fn by_license(manifest: &Manifest, taxonomy: &Taxonomy, component: &Component) -> (Cell, String, Option<Span>) {
    let effective = license::effective(manifest, component);
    let span = effective.span();
    let id = &component.id.value;
    match effective {
        // Without a license, the public may look at it but not use it.
        Effective::None(..) => (Cell::Level(2), format!("`{id}` is public, but without a license"), span),
        Effective::Unstated => (Cell::Unknown, format!("no license is stated for `{id}`"), span),
        Effective::Custom(..) => (Cell::Unknown, format!("it is not known what the terms of `{id}` allow"), span),
        Effective::Stated(text, _) => {
            let expression = effective.expression();
            let caveat = expression.as_ref().map_or("", traits::caveat);
            match expression.and_then(|expression| level(taxonomy, &expression)) {
                Some(level) => (Cell::Level(level), format!("`{id}` is public under `{}`{caveat}", text.value), span),
                None => (Cell::Unknown, format!("it is not known what `{}` allows", text.value), span),
            }
        }
    }
}

/// Returns the highest level that the licensee can choose; `AND` is as strict as its strictest part.
fn level(taxonomy: &Taxonomy, expression: &Expression) -> Option<u8> {
    if expression.names().iter().any(|id| single(taxonomy, id).is_none()) {
        return None;
    }
    (2..=5).rev().find(|least| expression.grants(|id| single(taxonomy, id).is_some_and(|level| level >= *least)))
}

/// Returns the level of a single license; `None` if it is not known.
fn single(taxonomy: &Taxonomy, id: &str) -> Option<u8> {
    for level in [5, 4, 3] {
        if taxonomy.list_contains(&format!("level-{level}"), id) {
            return Some(level);
        }
    }
    // The records give 5 to OSI-approved copyleft licenses as well.
    if license::is_osi_approved(id) {
        return Some(5);
    }
    let traits = traits::traits(id)?;
    let commercial = traits.commercial_use? == Answer::Yes && traits.field_of_use_limits? == Answer::No;
    let derivatives = traits.derivatives? == Answer::Yes;
    // If derivatives are not allowed, there is nothing to own or to license.
    let relicensing = derivatives && traits.copyleft? == Answer::No;
    let points = 1 + u8::from(commercial) + u8::from(derivatives) * 2 + u8::from(relicensing);
    Some(match points {
        0 | 1 => 2,
        2 | 3 => 3,
        4 => 4,
        _ => 5,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::license::License;

    fn of(text: &str) -> Option<u8> {
        match license::read(text).unwrap() {
            License::Expression(expression) => level(embedded(ID), &expression),
            License::None => None,
        }
    }

    #[test]
    fn licenses_in_the_records_have_their_recorded_level() {
        assert_eq!(of("Apache-2.0"), Some(5));
        assert_eq!(of("ODC-By-1.0"), Some(4));
        assert_eq!(of("LicenseRef-Llama-2-Community"), Some(3));
    }

    #[test]
    fn other_licenses_have_the_level_of_their_points() {
        assert_eq!(of("CC-BY-4.0"), Some(5));
        assert_eq!(of("CC-BY-NC-4.0"), Some(4));
        assert_eq!(of("CC-BY-NC-SA-4.0"), Some(3));
        assert_eq!(of("CC-BY-NC-ND-4.0"), Some(2));
        assert_eq!(of("LicenseRef-mine"), None);
    }

    #[test]
    fn or_takes_the_better_level_and_and_the_worse() {
        assert_eq!(of("MIT OR CC-BY-NC-4.0"), Some(5));
        assert_eq!(of("MIT AND CC-BY-NC-4.0"), Some(4));
        assert_eq!(of("MIT AND LicenseRef-mine"), None);
    }
}
