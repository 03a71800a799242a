//! Eiras et al. 2024: a level for each cell of the pipeline, by how far it is public and what its licence allows.
//!
//! The source counts five points; two of them, the copyright in a derivative and another licence for it, follow here from
//! whether derivatives are allowed and whether the licence is copyleft. Where the source's own records give a licence a
//! level, that level stands, oddities included. See <https://arxiv.org/abs/2405.08597>.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, embedded, standing};
use crate::license::traits::{self, Answer};
use crate::license::{self, Effective, Expression};
use crate::manifest::{ClaimValue, Component, Manifest, Openness, ReleaseAccess};
use crate::source::Span;
use crate::taxonomy::Taxonomy;

const ID: &str = "eiras-2024";

/// The value of a cell.
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
    let mut said = Vec::new();
    let mut reasons = Vec::new();
    for item in &taxonomy.items {
        let component = item.components.first().map_or("", String::as_str);
        let (mut cell, mut text, mut span) = derive(manifest, taxonomy, component);
        if let Some((stated, place)) = statement(manifest, &item.id) {
            text = format!("stated by the imported record; derived: {}", cell.json());
            cell = stated;
            span = Some(place);
            said.push(item.id.as_str());
        }
        cells.insert(item.id.clone(), cell.json());
        reasons.push(Reason::new(&item.id, cell.outcome(), text).component(component).at(span));
    }
    let mut details = Map::new();
    details.insert("cells".to_owned(), Value::Object(cells));
    if !said.is_empty() {
        details.insert("stated".to_owned(), said.into());
    }
    Evaluation { taxonomy: taxonomy.static_id(), verdict: None, details, reasons }
}

fn statement(manifest: &Manifest, item: &str) -> Option<(Cell, Span)> {
    let (_, value) = manifest.assessment(ID)?.stated.iter().find(|(key, _)| key.value == item)?;
    let cell = match &value.value {
        ClaimValue::Number(number) => (1..=5).find(|level| f64::from(*level) == *number).map(Cell::Level),
        ClaimValue::Text(word) if word == "N/A" => Some(Cell::NotApplicable),
        ClaimValue::Text(word) if word == "Unknown" => Some(Cell::Unknown),
        ClaimValue::Text(_) | ClaimValue::Flag(_) => None,
    };
    cell.map(|cell| (cell, value.span))
}

fn derive(manifest: &Manifest, taxonomy: &Taxonomy, id: &str) -> (Cell, String, Option<Span>) {
    let (component, openness, span) = standing(manifest, id);
    let Some((component, openness)) = component.zip(openness) else {
        return (Cell::Unknown, format!("`{id}` is not declared"), None);
    };
    match openness {
        Openness::NotApplicable => (Cell::NotApplicable, format!("the model has no `{id}`"), span),
        Openness::Closed if id == "final-weights" && served(manifest) => {
            (Cell::Level(2), "the weights can be used through an interface alone".to_owned(), span)
        }
        Openness::Closed => (Cell::Level(1), format!("`{id}` is closed"), span),
        Openness::Open | Openness::Partial => {
            let (cell, text, place) = by_license(manifest, taxonomy, component);
            match cell {
                // Fully open is more than a free licence on some of it.
                Cell::Level(5) if openness == Openness::Partial => {
                    (Cell::Level(4), format!("{text}, and `{id}` is open in part"), place.or(span))
                }
                cell => (cell, text, place.or(span)),
            }
        }
    }
}

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
        // Public with no licence allows nothing but to look.
        Effective::None(..) => (Cell::Level(2), format!("`{id}` is public without a licence"), span),
        Effective::Unstated => (Cell::Unknown, format!("no licence is stated for `{id}`"), span),
        Effective::Custom(..) => (Cell::Unknown, format!("what the terms of `{id}` allow is not known here"), span),
        Effective::Stated(text, _) => {
            let expression = effective.expression();
            let caveat = expression.as_ref().map_or("", traits::caveat);
            match expression.and_then(|expression| level(taxonomy, &expression)) {
                Some(level) => (Cell::Level(level), format!("`{id}` is public under `{}`{caveat}", text.value), span),
                None => (Cell::Unknown, format!("what `{}` allows is not known here", text.value), span),
            }
        }
    }
}

/// The best level that the licensee may choose; `AND` is as strict as its strictest part.
fn level(taxonomy: &Taxonomy, expression: &Expression) -> Option<u8> {
    if expression.names().iter().any(|id| single(taxonomy, id).is_none()) {
        return None;
    }
    (2..=5).rev().find(|least| expression.grants(|id| single(taxonomy, id).is_some_and(|level| level >= *least)))
}

fn single(taxonomy: &Taxonomy, id: &str) -> Option<u8> {
    for level in [5, 4, 3] {
        if taxonomy.lists(&format!("level-{level}"), id) {
            return Some(level);
        }
    }
    // The records give 5 to copyleft licences of the OSI too.
    if license::is_osi_approved(id) {
        return Some(5);
    }
    let traits = traits::traits(id)?;
    let commercial = traits.commercial_use? == Answer::Yes && traits.field_of_use_limits? == Answer::No;
    let derivatives = traits.derivatives? == Answer::Yes;
    // Where nothing may be derived, there is nothing to own or to license.
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
    fn licences_have_the_level_that_the_records_give_them() {
        assert_eq!(of("Apache-2.0"), Some(5));
        assert_eq!(of("ODC-By-1.0"), Some(4));
        assert_eq!(of("LicenseRef-Llama-2-Community"), Some(3));
    }

    #[test]
    fn other_licences_have_the_level_of_their_points() {
        assert_eq!(of("CC-BY-4.0"), Some(5));
        assert_eq!(of("CC-BY-NC-4.0"), Some(4));
        assert_eq!(of("CC-BY-NC-SA-4.0"), Some(3));
        assert_eq!(of("CC-BY-NC-ND-4.0"), Some(2));
        assert_eq!(of("LicenseRef-mine"), None);
    }

    #[test]
    fn of_two_licences_the_better_may_be_chosen_and_both_may_be_binding() {
        assert_eq!(of("MIT OR CC-BY-NC-4.0"), Some(5));
        assert_eq!(of("MIT AND CC-BY-NC-4.0"), Some(4));
        assert_eq!(of("MIT AND LicenseRef-mine"), None);
    }
}
