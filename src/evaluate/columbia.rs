//! The Columbia Convening's framework: a matrix of layers, components and attributes. It sorts; it has no levels.
//!
//! See <https://arxiv.org/abs/2405.15802>. The boxes were read in others' descriptions; the data says so.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, embedded};
use crate::license::{self, Effective};
use crate::manifest::{Component, DataClass, Manifest, Openness};
use crate::source::Span;
use crate::taxonomy::vocabulary;

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("columbia-2024");
    let mut reasons = Vec::new();
    let mut missing = Vec::new();
    for item in &taxonomy.items {
        let stated = match item.id.as_str() {
            "attribute.safeguards" => !manifest.safeguards.is_empty(),
            "attribute.licensing" => manifest
                .components
                .iter()
                .filter(|component| component.is_released())
                .any(|component| !matches!(license::effective(manifest, component), Effective::Unstated)),
            _ => item.components.iter().any(|id| manifest.component(id).is_some()),
        };
        let outcome = if stated { Outcome::Met } else { Outcome::Unstated };
        let text = if stated { "is stated" } else { "is not stated" };
        if !stated {
            missing.push(item.id.as_str());
        }
        let mut reason = Reason::new(&item.id, outcome, format!("{} {text}", item.name.to_lowercase()));
        reason.component = item.components.first().cloned();
        reasons.push(reason);
    }
    let mut contradictory = Vec::new();
    for component in &manifest.components {
        for (text, span) in contradictions(manifest, component) {
            contradictory.push(text.clone());
            reasons.push(Reason::new("contradiction", Outcome::Noted, text).component(&component.id.value).at(span));
        }
    }
    let mut details = Map::new();
    details.insert("matrix".to_owned(), manifest.components.iter().map(|component| row(manifest, component)).collect());
    let safeguards: Vec<Value> = manifest
        .safeguards
        .iter()
        .map(|safeguard| json!({ "name": safeguard.name.value, "stage": safeguard.stage.as_ref().map(|stage| stage.value.as_str()) }))
        .collect();
    details.insert("safeguards".to_owned(), Value::Array(safeguards));
    details.insert("missing".to_owned(), missing.into());
    details.insert("contradictory".to_owned(), contradictory.into());
    Evaluation { taxonomy: taxonomy.static_id(), verdict: None, details, reasons }
}

fn row(manifest: &Manifest, component: &Component) -> Value {
    let id = component.id.value.as_str();
    let known = vocabulary().find(id);
    let boxed = embedded("columbia-2024").item_of(id);
    let effective = license::effective(manifest, component);
    let licence = match effective {
        Effective::Stated(text, _) | Effective::None(text, _) => text.value.clone(),
        Effective::Custom(..) => "custom".to_owned(),
        Effective::Unstated => "unstated".to_owned(),
    };
    // A safeguard that ships with files of its own is one of the component that those files belong to; otherwise it is
    // the model's, and stands once, beside the matrix.
    let guarded: Vec<&str> = manifest
        .safeguards
        .iter()
        .filter(|safeguard| safeguard.files.iter().any(|glob| component.files.contains(glob)))
        .map(|safeguard| safeguard.name.value.as_str())
        .collect();
    json!({
        "layer": known.and_then(|item| item.layer.as_deref()).unwrap_or("unlisted"),
        "family": known.and_then(|item| item.group.as_deref()).unwrap_or("unlisted"),
        "component": id,
        "box": boxed.map(|item| &item.id),
        "availability": component.openness().as_str(),
        "documentation": component.documentation.iter().map(|text| &text.value).collect::<Vec<_>>(),
        "license": licence,
        "safeguards": guarded,
    })
}

/// What a component says against itself.
fn contradictions(manifest: &Manifest, component: &Component) -> Vec<(String, Span)> {
    let id = &component.id.value;
    let place = component.openness.as_ref().map_or(component.id.span, |openness| openness.span);
    let released = component.is_released();
    let mut found = Vec::new();
    if !released && !component.files.is_empty() {
        found.push((format!("`{id}` is {} and has files here", component.openness().as_str()), place));
    }
    if component.openness() == Openness::Open {
        if let Effective::None(text, _) = license::effective(manifest, component) {
            found.push((format!("`{id}` is open and without a licence"), text.span));
        }
        if let Some(class) = component.data_class.as_ref().filter(|class| class.value != DataClass::Open) {
            found.push((format!("`{id}` is open and its data `{}`", class.value.as_str()), class.span));
        }
    }
    if let Some(class) = component.data_class.as_ref().filter(|class| class.value == DataClass::Open && !released) {
        found.push((format!("`{id}` is {} and its data `open`", component.openness().as_str()), class.span));
    }
    found
}
