//! What a use policy says about itself (Klyman 2024), and where safeguards operate (PRISM, Neumann & Jones 2024). Both are
//! descriptive.
//!
//! See <https://arxiv.org/abs/2409.09041> and <https://arxiv.org/abs/2406.10415>.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, Verdict, embedded, unknown};
use crate::manifest::{Manifest, SafeguardStage, UsePolicy};
use crate::source::Span;

items! {
    /// The facts about a use policy.
    Fact {
        Document = "document",
        Kind = "kind",
        Prohibits = "prohibits",
        CompetitorClause = "competitor-clause",
        Enforcement = "enforcement",
    }
}

pub(super) fn use_policy(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("use-policy");
    let empty = UsePolicy::default();
    let policy = manifest.use_policy.as_ref().unwrap_or(&empty);
    let span = |fact: Fact| -> Option<Span> {
        match fact {
            Fact::Document => policy.document.as_ref().map(|text| text.span),
            Fact::Kind => policy.kind.as_ref().map(|kind| kind.span),
            Fact::Prohibits => policy.prohibits.first().map(|text| text.span),
            Fact::CompetitorClause => policy.competitor_clause.as_ref().map(|flag| flag.span),
            Fact::Enforcement => policy.enforcement.as_ref().map(|text| text.span),
        }
    };
    let reasons = taxonomy
        .items
        .iter()
        .map(|item| {
            let Some(fact) = Fact::from_id(&item.id) else { return unknown(item) };
            match span(fact) {
                Some(span) => {
                    Reason::new(&item.id, Outcome::Met, format!("`use-policy.{}` is stated", item.id)).at(span)
                }
                None => Reason::new(&item.id, Outcome::Unstated, format!("`use-policy.{}` is not stated", item.id)),
            }
        })
        .collect();
    let mut details = Map::new();
    details.insert("kind".to_owned(), json!(policy.kind.as_ref().map(|kind| kind.value.as_str())));
    details.insert("prohibits".to_owned(), policy.prohibits.iter().map(|text| text.value.as_str()).collect());
    let competitors = policy.competitor_clause.as_ref().map(|flag| flag.value);
    details.insert("competitor-clause".to_owned(), json!(competitors));
    let verdict = if manifest.use_policy.is_some() { Verdict::Stated } else { Verdict::Absent };
    Evaluation::new(taxonomy, verdict, details, reasons)
}

pub(super) fn safeguards(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("prism-2024");
    let mut stages = Map::new();
    let mut reasons = Vec::new();
    for item in &taxonomy.items {
        let Some(stage) = SafeguardStage::from_word(&item.id) else {
            reasons.push(unknown(item));
            continue;
        };
        let at_stage = manifest
            .safeguards
            .iter()
            .filter(|safeguard| safeguard.stage.as_ref().is_some_and(|found| found.value == stage));
        let mut listed = Vec::new();
        for safeguard in at_stage {
            listed.push(json!({
                "name": safeguard.name.value,
                "independent": safeguard.independent.as_ref().map(|flag| flag.value),
                "removable": safeguard.removable.as_ref().map(|flag| flag.value),
            }));
            let text = format!("`{}` operates at the `{}` stage", safeguard.name.value, item.id);
            reasons.push(Reason::new(&item.id, Outcome::Met, text).at(safeguard.span));
        }
        if listed.is_empty() {
            let text = format!("no safeguard is stated for the `{}` stage", item.id);
            reasons.push(Reason::new(&item.id, Outcome::Unstated, text));
        }
        stages.insert(item.id.clone(), Value::Array(listed));
    }
    let mut details = Map::new();
    details.insert("stages".to_owned(), Value::Object(stages));
    Evaluation::new(taxonomy, None, details, reasons)
}
