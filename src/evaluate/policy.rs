//! What a use policy says of itself (Klyman 2024), and where safeguards work (PRISM, Neumann & Jones 2024). Descriptive.
//!
//! See <https://arxiv.org/abs/2409.09041> and <https://arxiv.org/abs/2406.10415>.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, embedded};
use crate::manifest::{Manifest, UsePolicy};
use crate::source::Span;

pub(super) fn use_policy(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("use-policy");
    let nothing = UsePolicy::default();
    let policy = manifest.use_policy.as_ref().unwrap_or(&nothing);
    let place = |id: &str| -> Option<Span> {
        match id {
            "document" => policy.document.as_ref().map(|text| text.span),
            "kind" => policy.kind.as_ref().map(|kind| kind.span),
            "prohibits" => policy.prohibits.first().map(|text| text.span),
            "competitor-clause" => policy.competitor_clause.as_ref().map(|flag| flag.span),
            _ => policy.enforcement.as_ref().map(|text| text.span),
        }
    };
    let reasons = taxonomy
        .items
        .iter()
        .map(|item| match place(&item.id) {
            Some(span) => Reason::new(&item.id, Outcome::Met, format!("`use-policy.{}` is stated", item.id)).at(span),
            None => Reason::new(&item.id, Outcome::Unstated, format!("`use-policy.{}` is not stated", item.id)),
        })
        .collect();
    let mut details = Map::new();
    details.insert("kind".to_owned(), json!(policy.kind.as_ref().map(|kind| kind.value.as_str())));
    details.insert("prohibits".to_owned(), policy.prohibits.iter().map(|text| text.value.as_str()).collect());
    let competitors = policy.competitor_clause.as_ref().map(|flag| flag.value);
    details.insert("competitor-clause".to_owned(), json!(competitors));
    let verdict = if manifest.use_policy.is_some() { "stated" } else { "absent" };
    Evaluation { taxonomy: taxonomy.static_id(), verdict: Some(verdict.to_owned()), details, reasons }
}

pub(super) fn safeguards(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("prism-2024");
    let mut stages = Map::new();
    let mut reasons = Vec::new();
    for item in &taxonomy.items {
        let here = manifest
            .safeguards
            .iter()
            .filter(|safeguard| safeguard.stage.as_ref().is_some_and(|stage| stage.value.as_str() == item.id));
        let mut listed = Vec::new();
        for safeguard in here {
            listed.push(json!({
                "name": safeguard.name.value,
                "independent": safeguard.independent.as_ref().map(|flag| flag.value),
                "removable": safeguard.removable.as_ref().map(|flag| flag.value),
            }));
            let text = format!("`{}` works at the stage `{}`", safeguard.name.value, item.id);
            reasons.push(Reason::new(&item.id, Outcome::Met, text).at(safeguard.span));
        }
        if listed.is_empty() {
            reasons.push(Reason::new(
                &item.id,
                Outcome::Unstated,
                format!("no safeguard is stated for the stage `{}`", item.id),
            ));
        }
        stages.insert(item.id.clone(), Value::Array(listed));
    }
    let mut details = Map::new();
    details.insert("stages".to_owned(), Value::Object(stages));
    Evaluation { taxonomy: taxonomy.static_id(), verdict: None, details, reasons }
}
