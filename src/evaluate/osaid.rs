//! The Open Source AI Definition 1.0: data information, code and parameters, under terms that grant the four freedoms.
//!
//! If data is not shared, a person has to decide whether the information about it suffices; the verdict is then
//! `undecidable`, not `meets`. See <https://opensource.org/ai/open-source-ai-definition>.

use serde_json::{Map, Value};

use super::{Evaluation, Outcome, Reason, Verdict, all_met, declared, embedded, unknown, worse};
use crate::license::{self, Effective};
use crate::manifest::{Component, DataClass, Gating, Manifest, Openness, UsePolicyKind};
use crate::source::Span;
use crate::taxonomy::{Item, Kind, Taxonomy};

items! {
    /// The rows of the checklist, and the definition's own demand on the terms.
    Row {
        Datasets = "datasets",
        ResearchPaper = "research-paper",
        TechnicalReport = "technical-report",
        DataCard = "data-card",
        DataPreprocessing = "data-preprocessing",
        Training = "training",
        Inference = "inference",
        SupportingLibraries = "supporting-libraries",
        Architecture = "architecture",
        Parameters = "parameters",
        AnyPurpose = "any-purpose",
        EvaluationData = "evaluation-data",
        EvaluationResults = "evaluation-results",
        EvaluationCode = "evaluation-code",
        ModelCard = "model-card",
        SampleOutputs = "sample-outputs",
        ModelMetadata = "model-metadata",
    }
}

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("osaid-1.0");
    let mut reasons = Vec::new();
    let mut elements = Map::new();
    let mut overall = Vec::new();
    for group in &taxonomy.groups {
        let of_group: Vec<&'static Item> =
            taxonomy.items.iter().filter(|item| item.group.as_deref() == Some(group.id.as_str())).collect();
        let found = check(manifest, taxonomy, &of_group);
        let outcome = found.iter().map(|reason| reason.outcome).fold(Outcome::Noted, worse);
        elements.insert(group.id.clone(), all_met([outcome], Verdict::Undecidable).as_str().into());
        overall.push(outcome);
        reasons.extend(found);
    }
    let optional: Vec<&'static Item> = taxonomy.items.iter().filter(|item| item.group.is_none()).collect();
    let found = check(manifest, taxonomy, &optional);
    overall.extend(found.iter().map(|reason| reason.outcome));
    reasons.extend(found);
    let mut details = Map::new();
    details.insert("elements".to_owned(), Value::Object(elements));
    Evaluation::new(taxonomy, all_met(overall, Verdict::Undecidable), details, reasons)
}

/// Checks the items of one group. Those about data information are checked together, the others one by one.
fn check(manifest: &Manifest, taxonomy: &Taxonomy, items: &[&Item]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut information = Vec::new();
    for item in items {
        let Some(row) = Row::from_id(&item.id) else {
            reasons.push(unknown(item));
            continue;
        };
        match row {
            Row::Datasets | Row::ResearchPaper | Row::TechnicalReport | Row::DataCard => information.push(*item),
            Row::DataPreprocessing
            | Row::Training
            | Row::Inference
            | Row::SupportingLibraries
            | Row::Architecture
            | Row::Parameters => reasons.extend(required(manifest, taxonomy, item)),
            Row::AnyPurpose => reasons.extend(terms(manifest, item)),
            Row::EvaluationData
            | Row::EvaluationResults
            | Row::EvaluationCode
            | Row::ModelCard
            | Row::SampleOutputs
            | Row::ModelMetadata => reasons.extend(optional(manifest, item)),
        }
    }
    reasons.extend(data_information(manifest, &information));
    reasons
}

/// Notes whether an optional component is declared; it does not affect the verdict.
fn optional(manifest: &Manifest, item: &Item) -> Option<Reason> {
    let component = item.components.first()?;
    let (_, openness, span) = declared(manifest, component);
    let text = format!("`{component}` is {} (optional)", openness?.as_str());
    Some(Reason::new(&item.id, Outcome::Noted, text).component(component).at(span))
}

/// Checks code or parameters: every declared component of the row, and the first component even if it is not declared.
fn required(manifest: &Manifest, taxonomy: &Taxonomy, item: &Item) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for (at, id) in item.components.iter().enumerate() {
        let (component, openness, span) = declared(manifest, id);
        let reason = |outcome, text: String| Reason::new(&item.id, outcome, text).component(id).at(span);
        reasons.push(match (component, openness) {
            (Some(component), Some(Openness::Open)) => {
                let (outcome, text, license) = license_of(manifest, component, item.kind.unwrap_or(Kind::Code));
                reason(outcome, text).at(license.or(span))
            }
            (_, Some(Openness::Partial)) => {
                reason(Outcome::Failed, format!("`{id}` is only partially open; the definition requires all of it"))
            }
            (_, Some(Openness::Closed)) => reason(Outcome::Failed, format!("`{id}` is closed")),
            (_, Some(Openness::NotApplicable)) if at > 0 || taxonomy.list_contains("if-used", &item.id) => {
                reason(Outcome::NotApplicable, format!("`{id}` is declared not applicable"))
            }
            (_, Some(Openness::NotApplicable)) => reason(
                Outcome::Failed,
                format!("`{id}` is declared not applicable, but the definition always requires it"),
            ),
            _ if at > 0 => continue,
            _ => reason(Outcome::Failed, format!("`{id}` is not declared")),
        });
    }
    reasons
}

/// Checks whether the terms of a component are what the definition requires of its kind; the span is that of the license.
fn license_of(manifest: &Manifest, component: &Component, kind: Kind) -> (Outcome, String, Option<Span>) {
    let id = &component.id.value;
    let effective = license::effective(manifest, component);
    let span = effective.span();
    match effective {
        Effective::Unstated => (Outcome::Failed, format!("no license is stated for `{id}`"), None),
        Effective::None(..) => (Outcome::Failed, format!("`{id}` is released without a license"), span),
        Effective::Custom(..) => (Outcome::Undecidable, format!("the terms of `{id}` have no SPDX expression"), span),
        Effective::Stated(text, origin) => {
            let text = &text.value;
            let Some(expression) = effective.expression() else {
                return (Outcome::Failed, format!("`{text}` on `{id}` is not a license expression"), span);
            };
            // The definition requires an OSI-approved license for code, and conforming terms for everything else.
            let approved = expression.grants(license::is_osi_approved);
            if approved || (kind != Kind::Code && expression.is_open()) {
                return (Outcome::Met, format!("`{id}` is released under `{text}` ({origin})"), span);
            }
            if kind == Kind::Code {
                return (Outcome::Failed, format!("`{text}` on `{id}` ({origin}) is not OSI-approved"), span);
            }
            match license::traits::ask(&expression, grants_freedoms) {
                Some(true) | None => (
                    Outcome::Undecidable,
                    format!("it is not known whether `{text}` on `{id}` ({origin}) grants the four freedoms"),
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

/// Returns `Some(false)` if a license denies one of the four freedoms; known traits alone cannot show that it grants all.
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

/// Checks data information: shared data meets the element. If data is not shared, a document must describe it, and a person
/// must review the description.
fn data_information(manifest: &Manifest, items: &[&Item]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut documented = false;
    let mut all_shared = true;
    for item in items {
        for (at, id) in item.components.iter().enumerate() {
            let (component, openness, span) = declared(manifest, id);
            let reason = |outcome, text: String| Reason::new(&item.id, outcome, text).component(id).at(span);
            if item.kind == Some(Kind::Documentation) {
                let Some(component) = component.filter(|component| component.is_released()) else { continue };
                let (outcome, text, license) = license_of(manifest, component, Kind::Documentation);
                documented |= outcome == Outcome::Met;
                let outcome = if outcome == Outcome::Met { Outcome::Met } else { Outcome::Noted };
                reasons.push(reason(outcome, text).at(license.or(span)));
                continue;
            }
            let shared = match (component, openness) {
                (Some(component), Some(Openness::Open)) => {
                    let (outcome, text, license) = license_of(manifest, component, Kind::Data);
                    let is_met = outcome == Outcome::Met;
                    let outcome = if is_met { Outcome::Met } else { Outcome::Noted };
                    reasons.push(reason(outcome, text).at(license.or(span)));
                    is_met
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
        let data = declared(manifest, "training-data").2;
        let (outcome, text) = if documented {
            (Outcome::Undecidable, "the data is not fully shared; whether its description suffices needs human review")
        } else {
            (
                Outcome::Failed,
                "the data is not fully shared, and no data card, report or paper under open terms describes it",
            )
        };
        reasons.push(Reason::new("datasets", outcome, text).component("training-data").at(data));
    }
    reasons
}

/// Checks what must at least be declared about data that is not fully shared.
fn unshared(component: &Component) -> Reason {
    let id = &component.id.value;
    let class = component.data_class.as_ref().map(|class| class.value);
    let located = !component.remote.is_empty() || !component.documentation.is_empty();
    let (outcome, text) = match class {
        Some(DataClass::Public | DataClass::Obtainable) if !located => {
            (Outcome::Failed, format!("`{id}` is available, but neither `remote` nor `documentation` says where"))
        }
        Some(DataClass::Public | DataClass::Obtainable) => {
            (Outcome::Noted, format!("`{id}` is available at the stated location"))
        }
        Some(DataClass::Unshareable) => {
            (Outcome::Noted, format!("`{id}` is declared unshareable, so it must be fully described"))
        }
        // The definition requires that data which can be shared is shared.
        Some(DataClass::Open) => {
            (Outcome::Failed, format!("`{id}` can be shared, but is {}", component.openness().as_str()))
        }
        None => {
            (Outcome::Noted, format!("`{id}` is {}, but its `data-class` is not stated", component.openness().as_str()))
        }
    };
    Reason::new("datasets", outcome, text).component(id)
}

/// Checks that the system can be used for any purpose and without asking permission.
fn terms(manifest: &Manifest, item: &Item) -> Vec<Reason> {
    let reason = |outcome, text: &str| Reason::new(&item.id, outcome, text);
    let mut reasons = Vec::new();
    if let Some(gating) = manifest.access.as_ref().and_then(|access| access.gating.as_ref()) {
        match gating.value {
            Gating::Manual => {
                let text = "a person decides who gets access; the definition does not allow asking permission";
                reasons.push(reason(Outcome::Failed, text).at(gating.span));
            }
            Gating::Automatic => {
                let text = "access requires accepting terms, and is then granted automatically";
                reasons.push(reason(Outcome::Noted, text).at(gating.span));
            }
            Gating::None => {}
        }
    }
    if let Some(policy) = &manifest.use_policy {
        let competitors = policy.competitor_clause.as_ref().filter(|clause| clause.value);
        let binding = policy.kind.as_ref().filter(|kind| kind.value == UsePolicyKind::LicenseClause);
        if let Some(clause) = competitors {
            reasons.push(reason(Outcome::Failed, "the use policy excludes competitors").at(clause.span));
        }
        if let Some(first) = policy.prohibits.first() {
            let (outcome, text) = if binding.is_some() {
                (Outcome::Failed, "the license prohibits some uses; the definition requires any purpose")
            } else {
                (Outcome::Undecidable, "the use policy prohibits some uses; whether it binds users needs human review")
            };
            reasons.push(reason(outcome, text).at(first.span));
        }
    }
    if reasons.is_empty() {
        reasons.push(reason(Outcome::Met, "no gating and no restriction in a use policy is declared"));
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

    fn verdict(rest: &str) -> &'static str {
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
        evaluate(&parsed.manifest).verdict.unwrap().as_str()
    }

    #[test]
    fn shared_data_with_everything_else_meets_the_definition() {
        assert_eq!(verdict("[component.training-data]\nopenness = \"open\"\n"), "meets");
        assert_eq!(verdict("[component.training-data]\nopenness = \"open\"\nlicense = \"CC-BY-NC-4.0\"\n"), "fails");
    }

    #[test]
    fn described_data_needs_review_and_undescribed_data_fails() {
        let data = "[component.training-data]\nopenness = \"closed\"\ndata-class = \"unshareable\"\n";
        assert_eq!(verdict(data), "fails");
        assert_eq!(verdict(&format!("{data}[component.data-card]\nopenness = \"open\"\n")), "undecidable");
    }

    #[test]
    fn available_data_must_say_where_it_is() {
        let data = "[component.data-card]\nopenness = \"open\"\n[component.training-data]\nopenness = \"closed\"\ndata-class = \"public\"\n";
        assert_eq!(verdict(data), "fails");
        assert_eq!(verdict(&format!("{data}remote = [{{ url = \"https://example.org\" }}]\n")), "undecidable");
    }

    #[test]
    fn code_needs_an_approved_license_and_weights_conforming_terms() {
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
    fn a_step_may_be_not_applicable_but_weights_may_not() {
        let data = "[component.training-data]\nopenness = \"open\"\n";
        let none = |id: &str| verdict(&format!("{data}[component.{id}]\nopenness = \"not-applicable\"\n"));
        assert_eq!(none("data-preprocessing-code"), "meets");
        assert_eq!(none("final-weights"), "fails");
    }

    #[test]
    fn asking_permission_or_prohibiting_uses_fails() {
        let data = "[component.training-data]\nopenness = \"open\"\n";
        assert_eq!(verdict(&format!("{data}[access]\ngating = \"manual\"\n")), "fails");
        assert_eq!(verdict(&format!("{data}[access]\ngating = \"automatic\"\n")), "meets");
        let policy = format!("{data}[use-policy]\nprohibits = [\"surveillance\"]\n");
        assert_eq!(verdict(&policy), "undecidable");
        assert_eq!(verdict(&format!("{policy}kind = \"license-clause\"\n")), "fails");
    }

    #[test]
    fn an_unknown_item_is_undecided() {
        let item = Item { id: "new".to_owned(), ..Item::default() };
        let reasons = check(&Manifest::default(), embedded("osaid-1.0"), &[&item]);
        assert_eq!(reasons.iter().map(|reason| reason.outcome).collect::<Vec<_>>(), [Outcome::Undecidable]);
    }
}
