//! The European Open Source AI Index: twelve dimensions, each closed, partial or open, and their mean.
//!
//! Classes follow from the declared openness of components; what an imported record states comes first, marked as such.
//! See <https://osai-index.eu>.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, embedded, real, standing};
use crate::license;
use crate::manifest::{ClaimValue, Gating, Manifest, Openness};
use crate::source::Span;
use crate::taxonomy::Item;

const ID: &str = "osai-index";

/// Whether statements of an imported record count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stated {
    Heeded,
    Ignored,
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

/// What was made of a dimension: its class, why, and where that stands.
struct Judged {
    class: Class,
    text: String,
    component: Option<String>,
    span: Option<Span>,
}

pub(super) fn evaluate(manifest: &Manifest, stated: Stated) -> Evaluation {
    let taxonomy = embedded(ID);
    let mut classes = Map::new();
    let mut said = Vec::new();
    let mut reasons = Vec::new();
    let mut values: Vec<(&str, f64)> = Vec::new();
    for item in &taxonomy.items {
        let mut judged = derive(manifest, item);
        if stated == Stated::Heeded
            && let Some((class, span)) = statement(manifest, &item.id)
        {
            let derived = judged.class.as_str();
            judged.text = format!("stated by the imported record as {}; derived: {derived}", class.as_str());
            judged.class = class;
            judged.span = Some(span);
            said.push(item.id.as_str());
        }
        classes.insert(item.id.clone(), judged.class.as_str().into());
        values.push((item.group.as_deref().unwrap_or(""), judged.class.value()));
        let mut reason = Reason::new(&item.id, judged.class.outcome(), judged.text).at(judged.span);
        reason.component = judged.component;
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
    if !said.is_empty() {
        details.insert("stated".to_owned(), said.into());
    }
    Evaluation { taxonomy: taxonomy.static_id(), verdict: None, details, reasons }
}

/// The mean, rounded to four places.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    let sum: f64 = values.iter().sum();
    (sum / real(values.len().max(1)) * 10_000.0).round() / 10_000.0
}

fn statement(manifest: &Manifest, item: &str) -> Option<(Class, Span)> {
    let (_, value) = manifest.assessment(ID)?.stated.iter().find(|(key, _)| key.value == item)?;
    match &value.value {
        ClaimValue::Text(word) => Class::from_word(word).map(|class| (class, value.span)),
        ClaimValue::Flag(_) | ClaimValue::Number(_) => None,
    }
}

fn derive(manifest: &Manifest, item: &Item) -> Judged {
    match item.id.as_str() {
        "licenses" => licenses(manifest),
        "trainingcode" => training_code(manifest, item),
        "weights_basemodel" | "weights_endmodel" => {
            let mut judged = mirrored(manifest, item);
            let gating = manifest.access.as_ref().and_then(|access| access.gating.as_ref());
            if let Some(gating) = gating.filter(|gating| gating.value != Gating::None)
                && judged.class == Class::Open
            {
                judged.class = Class::Partial;
                judged.text.push_str(", behind a gate");
                judged.span = Some(gating.span);
            }
            judged
        }
        "datasources_basemodel" | "datasources_endmodel" => mirrored(manifest, item),
        "datasheet" => {
            let mut judged = of(manifest, &item.components[0]);
            let summary = manifest.eu.as_ref().and_then(|eu| eu.training_summary.as_ref());
            if let Some(summary) = summary.filter(|_| judged.class == Class::Closed) {
                judged.class = Class::Partial;
                judged.text.push_str("; there is a public summary of the training content");
                judged.span = Some(summary.span);
            }
            judged
        }
        _ => item.components.first().map_or_else(|| closed("nothing to judge by"), |component| of(manifest, component)),
    }
}

fn closed(text: &str) -> Judged {
    Judged { class: Class::Closed, text: text.to_owned(), component: None, span: None }
}

fn of(manifest: &Manifest, component: &str) -> Judged {
    let (_, openness, span) = standing(manifest, component);
    let (class, text) = match openness {
        Some(Openness::Open) => (Class::Open, "is open"),
        Some(Openness::Partial) => (Class::Partial, "is open in part"),
        Some(Openness::Closed) => (Class::Closed, "is closed"),
        Some(Openness::NotApplicable) => (Class::Closed, "is declared not applicable"),
        None => (Class::Closed, "is not declared"),
    };
    Judged { class, text: format!("`{component}` {text}"), component: Some(component.to_owned()), span }
}

/// The index's mirror rule: where base and end model are the same, the two entries repeat each other.
fn mirrored(manifest: &Manifest, item: &Item) -> Judged {
    let own = item.components[0].as_str();
    let other = match own {
        "base-weights" => "final-weights",
        "final-weights" => "base-weights",
        "training-data" => "fine-tuning-data",
        _ => "training-data",
    };
    let speaks = |id: &str| standing(manifest, id).1.is_some_and(|openness| openness != Openness::NotApplicable);
    if !speaks(own) && speaks(other) && manifest.model.base.is_empty() {
        let mut judged = of(manifest, other);
        judged.text.push_str(", and stands for both, for the model has no base of its own");
        return judged;
    }
    of(manifest, own)
}

/// The index asks for all of data processing, training and tuning; what is not declared does not count against it.
fn training_code(manifest: &Manifest, item: &Item) -> Judged {
    let declared: Vec<Judged> = item
        .components
        .iter()
        .filter(|id| standing(manifest, id).1.is_some_and(|openness| openness != Openness::NotApplicable))
        .map(|id| of(manifest, id))
        .collect();
    let best = declared.iter().map(|judged| judged.class).max();
    let Some(worst) = declared.into_iter().min_by_key(|judged| judged.class) else {
        return of(manifest, &item.components[0]);
    };
    match best {
        // Some of it is there and some is not: sparse.
        Some(best) if best > worst.class => Judged { class: Class::Partial, ..worst },
        _ => worst,
    }
}

/// Open for everything, for two of weights, training code and data, or for less.
fn licenses(manifest: &Manifest) -> Judged {
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
        let mut declared = 0;
        for component in ids.iter().filter_map(|id| manifest.component(id)) {
            if component.openness() == Openness::NotApplicable {
                continue;
            }
            declared += 2;
            let effective = license::effective(manifest, component);
            let licensed = effective.expression().is_some_and(|expression| expression.is_open());
            match component.openness() {
                Openness::Open if licensed => open += 2,
                Openness::Partial if licensed => open += 1,
                _ => span = span.or(effective.span()).or(Some(component.id.span)),
            }
        }
        match (open, declared) {
            (0, _) => lacking.push(name),
            (open, declared) if open == declared => full.push(name),
            _ => some.push(name),
        }
    }
    let class = match (full.len(), full.len() + some.len()) {
        (3, _) => Class::Open,
        (_, 2..) => Class::Partial,
        _ => Class::Closed,
    };
    let part = |what: &str, names: &[&str]| (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")));
    let parts: Vec<String> =
        [part("released under open licences", &full), part("in part", &some), part("not, or under none", &lacking)]
            .into_iter()
            .flatten()
            .collect();
    Judged { class, text: parts.join("; "), component: None, span: if class == Class::Open { None } else { span } }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    fn class(text: &str, item: &str, stated: Stated) -> String {
        let head = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"MIT\"\n";
        let parsed = parse(Source::new("t", format!("{head}{text}")));
        assert!(parsed.findings.is_empty(), "{:#?}", parsed.findings);
        evaluate(&parsed.manifest, stated).details["classes"][item].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_gate_makes_open_weights_partial() {
        let open = "[component.final-weights]\nopenness = \"open\"\n";
        assert_eq!(class(open, "weights_endmodel", Stated::Heeded), "open");
        let gated = format!("{open}[access]\ngating = \"automatic\"\n");
        assert_eq!(class(&gated, "weights_endmodel", Stated::Heeded), "partial");
    }

    #[test]
    fn base_and_end_model_repeat_each_other_only_where_they_are_one() {
        let open = "[component.final-weights]\nopenness = \"open\"\n";
        assert_eq!(class(open, "weights_basemodel", Stated::Heeded), "open");
        let tuned = format!("{open}[[model.base]]\nname = \"b\"\n");
        assert_eq!(class(&tuned, "weights_basemodel", Stated::Heeded), "closed");
    }

    #[test]
    fn a_statement_counts_unless_a_claim_rests_on_it() {
        let text = "[assessment.osai-index.stated]\npaper = \"open\"\n";
        assert_eq!(class(text, "paper", Stated::Heeded), "open");
        assert_eq!(class(text, "paper", Stated::Ignored), "closed");
    }

    #[test]
    fn licences_are_judged_over_weights_code_and_data() {
        let mut text = String::new();
        for (id, after) in [("final-weights", "closed"), ("training-code", "partial"), ("training-data", "open")] {
            text.push_str(&format!("[component.{id}]\nopenness = \"open\"\n"));
            assert_eq!(class(&text, "licenses", Stated::Heeded), after, "{id}");
        }
        let limited =
            text.replace("[component.training-data]", "[component.training-data]\nlicense = \"CC-BY-NC-4.0\"");
        assert_eq!(class(&limited, "licenses", Stated::Heeded), "partial");
    }
}
