//! The European Open Source AI Index: twelve dimensions, each closed, partial or open, and their mean.
//!
//! Classes are derived from the declared openness of components. Classes that an imported record states take precedence
//! and are marked as such. See <https://osai-index.eu>.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, declared, embedded, real, unknown};
use crate::license;
use crate::manifest::{ClaimValue, Gating, Manifest, Openness};
use crate::source::Span;
use crate::taxonomy::Item;

const ID: &str = "osai-index";

items! {
    /// The dimensions of the index.
    Dimension {
        BaseModelData = "datasources_basemodel",
        EndModelData = "datasources_endmodel",
        BaseModelWeights = "weights_basemodel",
        EndModelWeights = "weights_endmodel",
        TrainingCode = "trainingcode",
        CodeDocumentation = "code",
        HardwareArchitecture = "hardware_architecture",
        Preprint = "preprint",
        Paper = "paper",
        ModelCard = "modelcard",
        DataSheet = "datasheet",
        Licenses = "licenses",
    }
}

/// Whether the classes that an imported record states count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ImportedRecord {
    Include,
    Exclude,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Closed,
    Partial,
    Open,
}

impl Class {
    fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Partial => "partial",
            Self::Open => "open",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Closed, Self::Partial, Self::Open].into_iter().find(|class| class.as_str() == word)
    }

    fn value(self) -> f64 {
        match self {
            Self::Closed => 0.0,
            Self::Partial => 0.5,
            Self::Open => 1.0,
        }
    }

    fn outcome(self) -> Outcome {
        match self {
            Self::Closed => Outcome::Failed,
            Self::Partial => Outcome::Partial,
            Self::Open => Outcome::Met,
        }
    }
}

/// The class of a dimension, with the reason for it and its position.
struct Classified {
    class: Class,
    text: String,
    component: Option<String>,
    span: Option<Span>,
}

pub(super) fn evaluate(manifest: &Manifest, imported: ImportedRecord) -> Evaluation {
    let taxonomy = embedded(ID);
    let mut classes = Map::new();
    let mut stated = Vec::new();
    let mut reasons = Vec::new();
    let mut values: Vec<(&str, f64)> = Vec::new();
    for item in &taxonomy.items {
        let group = item.group.as_deref().unwrap_or("");
        let Some(mut found) = derive(manifest, item) else {
            // An undecided dimension counts as closed, so that the score is never overstated.
            values.push((group, Class::Closed.value()));
            reasons.push(unknown(item));
            continue;
        };
        if imported == ImportedRecord::Include
            && let Some((class, span)) = stated_class(manifest, &item.id)
        {
            let derived = found.class.as_str();
            found.text = format!("the imported record says {}; derived from the manifest: {derived}", class.as_str());
            found.class = class;
            found.span = Some(span);
            stated.push(item.id.as_str());
        }
        classes.insert(item.id.clone(), found.class.as_str().into());
        values.push((group, found.class.value()));
        let mut reason = Reason::new(&item.id, found.class.outcome(), found.text).at(found.span);
        reason.component = found.component;
        reasons.push(reason);
    }
    let groups: Map<String, Value> = taxonomy
        .groups
        .iter()
        .map(|group| {
            (group.id.clone(), json!(mean(values.iter().filter(|(of, _)| *of == group.id).map(|(_, value)| *value))))
        })
        .collect();
    let mut details = Map::new();
    details.insert("score".to_owned(), json!(mean(values.iter().map(|(_, value)| *value))));
    details.insert("groups".to_owned(), Value::Object(groups));
    details.insert("classes".to_owned(), Value::Object(classes));
    if !stated.is_empty() {
        details.insert("stated".to_owned(), stated.into());
    }
    Evaluation::new(taxonomy, None, details, reasons)
}

/// Returns the mean, rounded to four decimal places.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    let sum: f64 = values.iter().sum();
    (sum / real(values.len().max(1)) * 10_000.0).round() / 10_000.0
}

fn stated_class(manifest: &Manifest, item: &str) -> Option<(Class, Span)> {
    let (_, value) = super::imported(manifest, ID)?.stated.iter().find(|(key, _)| key.value == item)?;
    match &value.value {
        ClaimValue::Text(word) => Class::from_word(word).map(|class| (class, value.span)),
        ClaimValue::Flag(_) | ClaimValue::Number(_) => None,
    }
}

/// Derives the class of a dimension from the manifest; `None` if this version does not know the dimension.
fn derive(manifest: &Manifest, item: &Item) -> Option<Classified> {
    Some(match Dimension::from_id(&item.id)? {
        Dimension::BaseModelData => mirrored(manifest, "training-data", "fine-tuning-data"),
        Dimension::EndModelData => mirrored(manifest, "fine-tuning-data", "training-data"),
        Dimension::BaseModelWeights => gated(manifest, mirrored(manifest, "base-weights", "final-weights")),
        Dimension::EndModelWeights => gated(manifest, mirrored(manifest, "final-weights", "base-weights")),
        Dimension::TrainingCode => training_code(manifest, item),
        Dimension::DataSheet => {
            let mut found = of(manifest, first_component(item));
            let summary = manifest.eu.as_ref().and_then(|eu| eu.training_summary.as_ref());
            if let Some(summary) = summary.filter(|_| found.class == Class::Closed) {
                found.class = Class::Partial;
                found.text.push_str("; there is a public summary of the training content");
                found.span = Some(summary.span);
            }
            found
        }
        Dimension::Licenses => licenses(manifest),
        Dimension::CodeDocumentation
        | Dimension::HardwareArchitecture
        | Dimension::Preprint
        | Dimension::Paper
        | Dimension::ModelCard => of(manifest, first_component(item)),
    })
}

fn first_component(item: &Item) -> &str {
    item.components.first().map_or("", String::as_str)
}

/// Returns the class of a component.
fn of(manifest: &Manifest, component: &str) -> Classified {
    let (_, openness, span) = declared(manifest, component);
    let (class, text) = match openness {
        Some(Openness::Open) => (Class::Open, "is open"),
        Some(Openness::Partial) => (Class::Partial, "is partially open"),
        Some(Openness::Closed) => (Class::Closed, "is closed"),
        Some(Openness::NotApplicable) => (Class::Closed, "is declared not applicable"),
        None => (Class::Closed, "is not declared"),
    };
    Classified { class, text: format!("`{component}` {text}"), component: Some(component.to_owned()), span }
}

/// Applies the index's rule that gated weights are partial.
fn gated(manifest: &Manifest, mut weights: Classified) -> Classified {
    let gating = manifest.access.as_ref().and_then(|access| access.gating.as_ref());
    if let Some(gating) = gating.filter(|gating| gating.value != Gating::None)
        && weights.class == Class::Open
    {
        weights.class = Class::Partial;
        weights.text.push_str(", but gated");
        weights.span = Some(gating.span);
    }
    weights
}

/// Applies the index's mirror rule: if base model and end model are the same, their entries repeat each other.
fn mirrored(manifest: &Manifest, own: &str, other: &str) -> Classified {
    let is_declared = |id: &str| declared(manifest, id).1.is_some_and(|openness| openness != Openness::NotApplicable);
    if !is_declared(own) && is_declared(other) && manifest.model.base.is_empty() {
        let mut found = of(manifest, other);
        found.text.push_str(" (counted for both base and end model, because no base model is declared)");
        return found;
    }
    of(manifest, own)
}

/// The index requires the code of data processing, training and tuning; what is not declared does not count against it.
fn training_code(manifest: &Manifest, item: &Item) -> Classified {
    let found: Vec<Classified> = item
        .components
        .iter()
        .filter(|id| declared(manifest, id).1.is_some_and(|openness| openness != Openness::NotApplicable))
        .map(|id| of(manifest, id))
        .collect();
    let best = found.iter().map(|component| component.class).max();
    let Some(worst) = found.into_iter().min_by_key(|component| component.class) else {
        return of(manifest, first_component(item));
    };
    match best {
        // Some of the code is released and some is not: "sparse".
        Some(best) if best > worst.class => Classified { class: Class::Partial, ..worst },
        _ => worst,
    }
}

/// Classifies the licenses: open for weights, training code and data (open), for two of them (partial), or for fewer.
fn licenses(manifest: &Manifest) -> Classified {
    const HEADS: [(&str, &[&str]); 3] = [
        ("weights", &["final-weights", "base-weights"]),
        ("training code", &["training-code", "data-preprocessing-code", "fine-tuning-code"]),
        ("data", &["training-data", "fine-tuning-data", "alignment-data"]),
    ];
    let mut full = Vec::new();
    let mut some = Vec::new();
    let mut lacking = Vec::new();
    let mut span = None;
    for (name, ids) in HEADS {
        let mut open = 0;
        let mut expected = 0;
        for component in ids.iter().filter_map(|id| manifest.component(id)) {
            if component.openness() == Openness::NotApplicable {
                continue;
            }
            expected += 2;
            let effective = license::effective(manifest, component);
            let licensed = effective.expression().is_some_and(|expression| expression.is_open());
            match component.openness() {
                Openness::Open if licensed => open += 2,
                Openness::Partial if licensed => open += 1,
                _ => span = span.or(effective.span()).or(Some(component.id.span)),
            }
        }
        match (open, expected) {
            (0, _) => lacking.push(name),
            (open, expected) if open == expected => full.push(name),
            _ => some.push(name),
        }
    }
    let class = match (full.len(), full.len() + some.len()) {
        (3, _) => Class::Open,
        (_, 2..) => Class::Partial,
        _ => Class::Closed,
    };
    let part = |what: &str, names: &[&str]| (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")));
    let parts: Vec<String> = [
        part("under open licenses", &full),
        part("partially", &some),
        part("not released under open licenses", &lacking),
    ]
    .into_iter()
    .flatten()
    .collect();
    Classified { class, text: parts.join("; "), component: None, span: if class == Class::Open { None } else { span } }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    fn class(text: &str, item: &str, imported: ImportedRecord) -> String {
        let head = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"MIT\"\n";
        let parsed = parse(Source::new("t", format!("{head}{text}")));
        assert!(parsed.findings.is_empty(), "{:#?}", parsed.findings);
        evaluate(&parsed.manifest, imported).details["classes"][item].as_str().unwrap().to_owned()
    }

    #[test]
    fn gating_makes_open_weights_partial() {
        let open = "[component.final-weights]\nopenness = \"open\"\n";
        assert_eq!(class(open, "weights_endmodel", ImportedRecord::Include), "open");
        let gated = format!("{open}[access]\ngating = \"automatic\"\n");
        assert_eq!(class(&gated, "weights_endmodel", ImportedRecord::Include), "partial");
    }

    #[test]
    fn base_and_end_model_mirror_each_other_only_without_a_base() {
        let open = "[component.final-weights]\nopenness = \"open\"\n";
        assert_eq!(class(open, "weights_basemodel", ImportedRecord::Include), "open");
        let tuned = format!("{open}[[model.base]]\nname = \"b\"\n");
        assert_eq!(class(&tuned, "weights_basemodel", ImportedRecord::Include), "closed");
    }

    #[test]
    fn an_imported_class_counts_only_if_records_are_included() {
        let text = "[assessment.osai-index.stated]\npaper = \"open\"\n";
        assert_eq!(class(text, "paper", ImportedRecord::Include), "open");
        assert_eq!(class(text, "paper", ImportedRecord::Exclude), "closed");
    }

    #[test]
    fn licenses_cover_weights_code_and_data() {
        let mut text = String::new();
        for (id, after) in [("final-weights", "closed"), ("training-code", "partial"), ("training-data", "open")] {
            text.push_str(&format!("[component.{id}]\nopenness = \"open\"\n"));
            assert_eq!(class(&text, "licenses", ImportedRecord::Include), after, "{id}");
        }
        let limited =
            text.replace("[component.training-data]", "[component.training-data]\nlicense = \"CC-BY-NC-4.0\"");
        assert_eq!(class(&limited, "licenses", ImportedRecord::Include), "partial");
    }

    #[test]
    fn an_unknown_dimension_is_not_derived() {
        let item = Item { id: "new".to_owned(), components: vec!["model-card".to_owned()], ..Item::default() };
        assert!(derive(&Manifest::default(), &item).is_none());
    }
}
