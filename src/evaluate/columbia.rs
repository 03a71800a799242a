//! The Columbia Convening's framework: a matrix of layers, components and attributes. It classifies; it has no levels.
//!
//! See <https://arxiv.org/abs/2405.15802>. The boxes of the framework are known only from descriptions, as the data says.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, embedded, in_sentence, unknown};
use crate::license::{self, Effective};
use crate::manifest::{Component, DataClass, Manifest, Openness, ReleaseAccess};
use crate::source::Span;
use crate::taxonomy::{Item, vocabulary};

items! {
    /// The boxes of the framework.
    Cell {
        DataProcessingCode = "code.data-processing",
        TrainingCode = "code.training",
        FineTuningCode = "code.fine-tuning",
        InferenceCode = "code.inference",
        SupportingLibraries = "code.supporting-libraries",
        ModelArchitecture = "code.architecture",
        TrainingData = "data.training",
        EvaluationData = "data.evaluation",
        PretrainedWeights = "weights.pretrained",
        AdaptedWeights = "weights.adapted",
        Compute = "infrastructure.compute",
        Frameworks = "infrastructure.frameworks",
        Serving = "infrastructure.serving",
        Interface = "product.interface",
        Agents = "product.agents",
        Telemetry = "product.telemetry",
        Documentation = "attribute.documentation",
        Licensing = "attribute.licensing",
        Safeguards = "attribute.safeguards",
    }
}

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("columbia-2024");
    let mut reasons = Vec::new();
    let mut missing = Vec::new();
    for item in &taxonomy.items {
        let Some(cell) = Cell::from_id(&item.id) else {
            reasons.push(unknown(item));
            continue;
        };
        let stated = is_stated(manifest, item, cell);
        let (outcome, text) = if stated { (Outcome::Met, "stated") } else { (Outcome::Unstated, "not stated") };
        if !stated {
            missing.push(item.id.as_str());
        }
        let mut reason = Reason::new(&item.id, outcome, format!("{}: {text}", in_sentence(&item.name)));
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
    Evaluation::new(taxonomy, None, details, reasons)
}

fn is_stated(manifest: &Manifest, item: &Item, cell: Cell) -> bool {
    match cell {
        Cell::Safeguards => {
            !manifest.safeguards.is_empty()
                || manifest.components.iter().any(|component| !component.safeguards.is_empty())
        }
        Cell::Licensing => manifest
            .components
            .iter()
            .filter(|component| component.is_released())
            .any(|component| !matches!(license::effective(manifest, component), Effective::Unstated)),
        Cell::DataProcessingCode
        | Cell::TrainingCode
        | Cell::FineTuningCode
        | Cell::InferenceCode
        | Cell::SupportingLibraries
        | Cell::ModelArchitecture
        | Cell::TrainingData
        | Cell::EvaluationData
        | Cell::PretrainedWeights
        | Cell::AdaptedWeights
        | Cell::Compute
        | Cell::Frameworks
        | Cell::Serving
        | Cell::Interface
        | Cell::Agents
        | Cell::Telemetry
        | Cell::Documentation => item.components.iter().any(|id| manifest.component(id).is_some()),
    }
}

fn row(manifest: &Manifest, component: &Component) -> Value {
    let id = component.id.value.as_str();
    let known = vocabulary().find(id);
    let cell = embedded("columbia-2024").item_of(id);
    let license = match license::effective(manifest, component) {
        Effective::Stated(text, _) | Effective::None(text, _) => text.value.clone(),
        Effective::Custom(..) => "custom".to_owned(),
        Effective::Unstated => "unstated".to_owned(),
    };
    // A safeguard with files of its own belongs to the component that those files belong to. Any other safeguard belongs
    // to the model and is listed once, next to the matrix.
    let of_files = manifest
        .safeguards
        .iter()
        .filter(|safeguard| safeguard.files.iter().any(|glob| component.files.contains(glob)))
        .map(|safeguard| safeguard.name.value.as_str());
    let declared = component.safeguards.iter().map(|name| name.as_str());
    let mut safeguards: Vec<&str> = Vec::new();
    for name in declared.chain(of_files) {
        if !safeguards.contains(&name) {
            safeguards.push(name);
        }
    }
    json!({
        "layer": known.and_then(|item| item.layer.as_deref()).unwrap_or("unlisted"),
        "family": known.and_then(|item| item.group.as_deref()).unwrap_or("unlisted"),
        "component": id,
        "box": cell.map(|item| &item.id),
        "availability": component.openness().as_str(),
        "documentation": component.documentation.iter().map(|text| &text.value).collect::<Vec<_>>(),
        "license": license,
        "safeguards": safeguards,
        "distribution": distribution(manifest, component),
    })
}

/// Returns how people get a component. The words are ours.
fn distribution(manifest: &Manifest, component: &Component) -> &'static str {
    let access = manifest.release.as_ref().and_then(|release| release.access.as_ref()).map(|access| access.value);
    let is_hosted = matches!(access, Some(ReleaseAccess::Hosted | ReleaseAccess::CloudApi));
    match (component.is_released(), component.files.is_empty(), component.remote.is_empty()) {
        (true, false, false) => "in the release and elsewhere",
        (true, false, true) => "in the release",
        (true, true, false) => "elsewhere",
        (true, true, true) => "not stated",
        _ if is_hosted && component.id.value == "final-weights" => "hosted only",
        _ => "not distributed",
    }
}

/// Returns the declarations about a component that contradict each other, each with its position.
fn contradictions(manifest: &Manifest, component: &Component) -> Vec<(String, Span)> {
    let id = &component.id.value;
    let span = component.openness.as_ref().map_or(component.id.span, |openness| openness.span);
    let released = component.is_released();
    let openness = component.openness().as_str();
    let mut found = Vec::new();
    if let Some(none) = component.safeguards.iter().find(|name| name.value == "none")
        && component.safeguards.len() > 1
    {
        found.push((format!("`{id}` has `none` among its safeguards, next to others"), none.span));
    }
    let is_declared = |name: &str| name == "none" || manifest.safeguards.iter().any(|known| known.name.value == name);
    if let Some(name) = component.safeguards.iter().find(|name| !is_declared(name)) {
        found
            .push((format!("`{id}` has the safeguard `{}`, which no `[[safeguard]]` declares", name.value), name.span));
    }
    if !released && !component.files.is_empty() {
        found.push((format!("`{id}` is {openness}, but has `files`"), span));
    }
    if component.openness() == Openness::Open {
        if let Effective::None(text, _) = license::effective(manifest, component) {
            found.push((format!("`{id}` is open, but has no license"), text.span));
        }
        if let Some(class) = component.data_class.as_ref().filter(|class| class.value != DataClass::Open) {
            found.push((format!("`{id}` is open, but its `data-class` is `{}`", class.value.as_str()), class.span));
        }
    }
    if let Some(class) = component.data_class.as_ref().filter(|class| class.value == DataClass::Open && !released) {
        found.push((format!("`{id}` is {openness}, but its `data-class` is `open`"), class.span));
    }
    found
}
