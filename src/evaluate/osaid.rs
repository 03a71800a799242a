//! The Open Source AI Definition 1.0: data information, code and parameters, under terms that grant the four freedoms.
//!
//! Where data is not shared, whether the information on it suffices is a person's judgement: then the verdict is
//! `undecidable`, which is no `meets`. See <https://opensource.org/ai/open-source-ai-definition>.

use serde_json::{Map, Value};

use super::{Evaluation, Outcome, Reason, all_met, embedded, standing, worse};
use crate::license::{self, Effective};
use crate::manifest::{Component, DataClass, Gating, Manifest, Openness, UsePolicyKind};
use crate::source::Span;
use crate::taxonomy::{Item, Kind, Taxonomy};

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("osaid-1.0");
    let mut reasons = Vec::new();
    let mut elements = Map::new();
    let mut overall = Vec::new();
    for group in &taxonomy.groups {
        let of_group: Vec<&'static Item> =
            taxonomy.items.iter().filter(|item| item.group.as_deref() == Some(group.id.as_str())).collect();
        let found = match group.id.as_str() {
            "data-information" => data_information(manifest, &of_group),
            "terms" => terms(manifest),
            _ => of_group.iter().flat_map(|item| required(manifest, taxonomy, item)).collect(),
        };
        let outcome = found.iter().map(|reason| reason.outcome).fold(Outcome::Noted, worse);
        elements.insert(group.id.clone(), all_met([outcome], "undecidable").into());
        overall.push(outcome);
        reasons.extend(found);
    }
    for item in taxonomy.items.iter().filter(|item| item.group.is_none()) {
        let Some(component) = item.components.first() else { continue };
        let (_, openness, span) = standing(manifest, component);
        if let Some(openness) = openness {
            let text = format!("`{component}` is {}, and optional", openness.as_str());
            reasons.push(Reason::new(&item.id, Outcome::Noted, text).component(component).at(span));
        }
    }
    let verdict = all_met(overall, "undecidable");
    let mut details = Map::new();
    details.insert("elements".to_owned(), Value::Object(elements));
    Evaluation { taxonomy: taxonomy.static_id(), verdict: Some(verdict.to_owned()), details, reasons }
}

/// Code and parameters: every component of the row that is declared, and the first whether declared or not.
fn required(manifest: &Manifest, taxonomy: &Taxonomy, item: &Item) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for (at, id) in item.components.iter().enumerate() {
        let (component, openness, span) = standing(manifest, id);
        let reason = |outcome, text: String| Reason::new(&item.id, outcome, text).component(id).at(span);
        reasons.push(match (component, openness) {
            (Some(component), Some(Openness::Open)) => {
                let (outcome, text, place) = license_of(manifest, component, item.kind.unwrap_or(Kind::Code));
                reason(outcome, text).at(place.or(span))
            }
            (_, Some(Openness::Partial)) => {
                reason(Outcome::Failed, format!("`{id}` is open in part; the definition asks for all of it"))
            }
            (_, Some(Openness::Closed)) => reason(Outcome::Failed, format!("`{id}` is closed")),
            (_, Some(Openness::NotApplicable)) if at > 0 || taxonomy.lists("if-used", &item.id) => {
                reason(Outcome::NotApplicable, format!("the model has no `{id}`"))
            }
            (_, Some(Openness::NotApplicable)) => reason(
                Outcome::Failed,
                format!("`{id}` is declared not applicable; the definition knows no such exception"),
            ),
            _ if at > 0 => continue,
            _ => reason(Outcome::Failed, format!("`{id}` is not declared")),
        });
    }
    reasons
}

/// Whether the terms are those that the definition asks of the kind.
fn license_of(manifest: &Manifest, component: &Component, kind: Kind) -> (Outcome, String, Option<Span>) {
    let id = &component.id.value;
    let effective = license::effective(manifest, component);
    let span = effective.span();
    match effective {
        Effective::Unstated => (Outcome::Failed, format!("no licence is stated for `{id}`"), None),
        Effective::None(..) => (Outcome::Failed, format!("`{id}` is released without a licence"), span),
        Effective::Custom(..) => (Outcome::Undecidable, format!("the terms of `{id}` have no SPDX expression"), span),
        Effective::Stated(text, origin) => {
            let text = &text.value;
            let Some(expression) = effective.expression() else {
                return (Outcome::Failed, format!("`{text}` on `{id}` is no licence expression"), span);
            };
            // Of code the definition demands a licence that the OSI approved; of the rest, terms that conform.
            let approved = expression.grants(license::is_osi_approved);
            if approved || (kind != Kind::Code && expression.is_open()) {
                return (Outcome::Met, format!("`{id}` is released under `{text}` ({origin})"), span);
            }
            if kind == Kind::Code {
                return (Outcome::Failed, format!("`{text}` on `{id}` ({origin}) is not approved by the OSI"), span);
            }
            match license::traits::ask(&expression, grants_freedoms) {
                Some(true) | None => (
                    Outcome::Undecidable,
                    format!("whether `{text}` on `{id}` ({origin}) grants the four freedoms is not known here"),
                    span,
                ),
                Some(false) => (
                    Outcome::Failed,
                    format!(
                        "`{text}`{} on `{id}` ({origin}) does not grant use for any purpose, study, modification and sharing",
                        license::traits::caveat(&expression)
                    ),
                    span,
                ),
            }
        }
    }
}

fn grants_freedoms(traits: &license::traits::Traits) -> Option<bool> {
    use license::traits::{Answer, Threshold};
    let denied = [
        traits.commercial_use == Some(Answer::No),
        traits.redistribution == Some(Answer::No),
        traits.derivatives == Some(Answer::No),
        traits.field_of_use_limits == Some(Answer::Yes),
        traits.output_training_limit == Some(Answer::Yes),
        traits.acceptable_use_policy == Some(Answer::Yes),
        traits.geo_exclusion == Some(Answer::Yes),
        matches!(traits.user_threshold, Some(Threshold::Above(_))),
        matches!(traits.revenue_threshold, Some(Threshold::Above(_))),
    ];
    if denied.contains(&true) { Some(false) } else { None }
}

/// Shared data meets the element. Where it is not shared, some document must describe it, and a person judge it.
fn data_information(manifest: &Manifest, items: &[&'static Item]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut documented = false;
    let mut all_shared = true;
    for item in items {
        for (at, id) in item.components.iter().enumerate() {
            let (component, openness, span) = standing(manifest, id);
            let reason = |outcome, text: String| Reason::new(&item.id, outcome, text).component(id).at(span);
            if item.kind == Some(Kind::Documentation) {
                let Some(component) = component.filter(|component| component.is_released()) else { continue };
                let (outcome, text, place) = license_of(manifest, component, Kind::Documentation);
                documented |= outcome == Outcome::Met;
                let outcome = if outcome == Outcome::Met { Outcome::Met } else { Outcome::Noted };
                reasons.push(reason(outcome, text).at(place.or(span)));
                continue;
            }
            let shared = match (component, openness) {
                (Some(component), Some(Openness::Open)) => {
                    let (outcome, text, place) = license_of(manifest, component, Kind::Data);
                    reasons.push(
                        reason(if outcome == Outcome::Met { outcome } else { Outcome::Noted }, text).at(place.or(span)),
                    );
                    outcome == Outcome::Met
                }
                (_, Some(Openness::NotApplicable)) if at > 0 => true,
                (Some(component), Some(_)) => {
                    reasons.push(unshared(component).at(span));
                    false
                }
                _ if at > 0 => true,
                _ => {
                    reasons.push(reason(Outcome::Noted, format!("`{id}` is not declared")));
                    false
                }
            };
            all_shared &= shared;
        }
    }
    if !all_shared {
        let data = standing(manifest, "training-data").2;
        let (outcome, text) = if documented {
            (
                Outcome::Undecidable,
                "the data is not shared in full; whether its description suffices is for a person to judge",
            )
        } else {
            (
                Outcome::Failed,
                "the data is not shared in full, and no data card, report or paper under open terms describes it",
            )
        };
        reasons.push(Reason::new("datasets", outcome, text).component("training-data").at(data));
    }
    reasons
}

/// What data that is not shared in full must at least say of itself.
fn unshared(component: &Component) -> Reason {
    let id = &component.id.value;
    let class = component.data_class.as_ref().map(|class| class.value);
    let located = !component.remote.is_empty() || !component.documentation.is_empty();
    let (outcome, text) = match class {
        Some(DataClass::Public | DataClass::Obtainable) if !located => {
            (Outcome::Failed, format!("`{id}` can be had, and it is not said where"))
        }
        Some(DataClass::Public | DataClass::Obtainable) => {
            (Outcome::Noted, format!("`{id}` can be had where it is said"))
        }
        Some(DataClass::Unshareable) => {
            (Outcome::Noted, format!("`{id}` is declared unshareable; it must be described in full"))
        }
        // The definition asks that data which may be shared is shared.
        Some(DataClass::Open) => {
            (Outcome::Failed, format!("`{id}` may be shared, and is {}", component.openness().as_str()))
        }
        None => {
            (Outcome::Noted, format!("`{id}` is {}, and its `data-class` is not stated", component.openness().as_str()))
        }
    };
    Reason::new("datasets", outcome, text).component(id)
}

/// For any purpose, and without asking permission.
fn terms(manifest: &Manifest) -> Vec<Reason> {
    const ITEM: &str = "any-purpose";
    let mut reasons = Vec::new();
    if let Some(gating) = manifest.access.as_ref().and_then(|access| access.gating.as_ref()) {
        match gating.value {
            Gating::Manual => reasons.push(
                Reason::new(
                    ITEM,
                    Outcome::Failed,
                    "a person decides who gets access; the definition asks for no permission",
                )
                .at(gating.span),
            ),
            Gating::Automatic => {
                reasons.push(Reason::new(ITEM, Outcome::Noted, "access asks for terms to be accepted").at(gating.span));
            }
            Gating::None => {}
        }
    }
    if let Some(policy) = &manifest.use_policy {
        let competitors = policy.competitor_clause.as_ref().filter(|clause| clause.value);
        let binding = policy.kind.as_ref().filter(|kind| kind.value == UsePolicyKind::LicenseClause);
        if let Some(clause) = competitors {
            reasons.push(Reason::new(ITEM, Outcome::Failed, "the use policy excludes competitors").at(clause.span));
        }
        if let Some(first) = policy.prohibits.first() {
            let (outcome, text) = if binding.is_some() {
                (Outcome::Failed, "the licence prohibits uses; the definition asks for any purpose")
            } else {
                (Outcome::Undecidable, "a use policy prohibits uses; whether it binds users is for a person to judge")
            };
            reasons.push(Reason::new(ITEM, outcome, text).at(first.span));
        }
    }
    if reasons.is_empty() {
        reasons.push(Reason::new(ITEM, Outcome::Met, "no gate and no use policy is declared"));
    }
    reasons
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    const OPEN: [&str; 6] = [
        "data-preprocessing-code",
        "training-code",
        "inference-code",
        "supporting-libraries",
        "model-architecture",
        "final-weights",
    ];

    fn verdict(rest: &str) -> String {
        let mut text =
            "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"Apache-2.0\"\n"
                .to_owned();
        for id in OPEN {
            if !rest.contains(&format!("[component.{id}]")) {
                text.push_str(&format!("[component.{id}]\nopenness = \"open\"\n"));
            }
        }
        text.push_str(rest);
        let parsed = parse(Source::new("t", text));
        assert!(parsed.findings.is_empty(), "{:#?}", parsed.findings);
        evaluate(&parsed.manifest).verdict.unwrap()
    }

    #[test]
    fn shared_data_with_everything_else_meets_the_definition() {
        assert_eq!(verdict("[component.training-data]\nopenness = \"open\"\n"), "meets");
        assert_eq!(verdict("[component.training-data]\nopenness = \"open\"\nlicense = \"CC-BY-NC-4.0\"\n"), "fails");
    }

    #[test]
    fn data_that_is_described_is_for_a_person_to_judge_and_undescribed_data_fails() {
        let data = "[component.training-data]\nopenness = \"closed\"\ndata-class = \"unshareable\"\n";
        assert_eq!(verdict(data), "fails");
        assert_eq!(verdict(&format!("{data}[component.data-card]\nopenness = \"open\"\n")), "undecidable");
    }

    #[test]
    fn data_that_can_be_had_must_say_where() {
        let data = "[component.data-card]\nopenness = \"open\"\n[component.training-data]\nopenness = \"closed\"\ndata-class = \"public\"\n";
        assert_eq!(verdict(data), "fails");
        assert_eq!(verdict(&format!("{data}remote = [{{ url = \"https://example.org\" }}]\n")), "undecidable");
    }

    #[test]
    fn code_needs_an_approved_licence_and_parameters_terms_that_conform() {
        let data = "[component.training-data]\nopenness = \"open\"\n";
        let weights = |license: &str| {
            verdict(&format!("{data}[component.final-weights]\nopenness = \"open\"\nlicense = \"{license}\"\n"))
        };
        assert_eq!(weights("CDLA-Permissive-2.0"), "meets");
        assert_eq!(weights("LicenseRef-Llama-3.1-Community"), "fails");
        assert_eq!(weights("LicenseRef-mine"), "undecidable");
        let code = |license: &str| {
            verdict(&format!("{data}[component.training-code]\nopenness = \"open\"\nlicense = \"{license}\"\n"))
        };
        assert_eq!(code("CC-BY-4.0"), "fails");
        assert_eq!(code("MIT"), "meets");
    }

    #[test]
    fn a_step_that_does_not_exist_is_no_failure_but_weights_always_exist() {
        let data = "[component.training-data]\nopenness = \"open\"\n";
        let none = |id: &str| verdict(&format!("{data}[component.{id}]\nopenness = \"not-applicable\"\n"));
        assert_eq!(none("data-preprocessing-code"), "meets");
        assert_eq!(none("final-weights"), "fails");
    }

    #[test]
    fn permission_and_prohibition_defeat_the_definition() {
        let data = "[component.training-data]\nopenness = \"open\"\n";
        assert_eq!(verdict(&format!("{data}[access]\ngating = \"manual\"\n")), "fails");
        assert_eq!(verdict(&format!("{data}[access]\ngating = \"automatic\"\n")), "meets");
        let policy = format!("{data}[use-policy]\nprohibits = [\"surveillance\"]\n");
        assert_eq!(verdict(&policy), "undecidable");
        assert_eq!(verdict(&format!("{policy}kind = \"license-clause\"\n")), "fails");
    }
}
