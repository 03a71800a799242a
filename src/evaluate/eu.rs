//! The free and open-source route of the AI Act for general-purpose models: conditions that must all be met.
//!
//! Paragraphs are those of the Commission's guidelines C(2025) 5045. What is not stated stays unstated: an exemption is
//! for its claimant to show. No legal advice. See <https://eur-lex.europa.eu/eli/reg/2024/1689/oj>.

use serde_json::{Map, Value};

use super::{Evaluation, Outcome, Reason, all_met, embedded, standing, worse};
use crate::license::traits::{self, Answer, Threshold, Traits};
use crate::license::{self, Effective, Expression};
use crate::manifest::{Eu, Gating, Manifest, Monetization, Openness, SystemicRisk, Text, UsageInformation};
use crate::source::{Span, Spanned};

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("eu-ai-act-open-source");
    let nothing = Eu::default();
    let eu = manifest.eu.as_ref().unwrap_or(&nothing);
    let mut reasons = Vec::new();
    for item in &taxonomy.items {
        let found = match (item.group.as_deref(), item.id.as_str()) {
            (_, "access") => access(manifest),
            (Some("license"), id) => by_license(manifest, id),
            (Some("monetization"), id) => vec![monetization(eu.monetization.as_ref(), id)],
            (_, "parameters") => vec![parameters(manifest)],
            (_, "architecture-information") => vec![architecture(manifest, eu)],
            (Some("public"), id) => vec![usage(eu.usage_information.as_ref(), id)],
            (_, "high-impact") => vec![systemic_risk(manifest, eu, item.threshold)],
            (_, "copyright-policy") => vec![stated("copyright-policy", eu.copyright_policy.as_ref())],
            (_, id) => vec![stated(id, eu.training_summary.as_ref())],
        };
        reasons.extend(found);
    }
    let mut conditions = Map::new();
    for item in &taxonomy.items {
        let of_item = reasons.iter().filter(|reason| reason.item == item.id);
        let outcome = of_item.map(|reason| reason.outcome).fold(Outcome::Noted, worse);
        conditions.insert(item.id.clone(), condition(outcome).into());
    }
    let verdict = all_met(reasons.iter().map(|reason| reason.outcome), "unstated");
    let mut details = Map::new();
    details.insert("conditions".to_owned(), Value::Object(conditions));
    Evaluation { taxonomy: taxonomy.static_id(), verdict: Some(verdict.to_owned()), details, reasons }
}

/// The word for a condition.
pub(super) fn condition(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Met | Outcome::NotApplicable | Outcome::Noted => "met",
        Outcome::Failed | Outcome::Partial => "failed",
        Outcome::Unstated | Outcome::Undecidable => "unstated",
    }
}

/// Anyone interested, without payment or other restriction; verification of users may not discriminate (79).
fn access(manifest: &Manifest) -> Vec<Reason> {
    let reason = |outcome, text: &str, span: Option<Span>| Reason::new("access", outcome, text).at(span);
    let mut reasons = Vec::new();
    let Some(access) = &manifest.access else {
        return vec![reason(Outcome::Met, "no gate is declared", None)];
    };
    if let Some(flag) = access.eu_disallowed.as_ref().filter(|flag| flag.value) {
        reasons.push(reason(Outcome::Failed, "the gate refuses people in the Union", Some(flag.span)));
    }
    let discriminates = access.verification_discriminates.as_ref();
    if let Some(flag) = discriminates.filter(|flag| flag.value) {
        reasons.push(reason(
            Outcome::Failed,
            "the check of persons treats groups or countries differently",
            Some(flag.span),
        ));
    }
    match &access.gating {
        Some(gating) if gating.value != Gating::None && discriminates.is_none() => {
            let text = "there is a gate, and whether its check discriminates is not stated";
            reasons.push(reason(Outcome::Unstated, text, Some(gating.span)));
        }
        _ => {}
    }
    if let Some(first) = access.eligibility.first() {
        let text = "access has conditions of eligibility; whether they are proportionate is for a person to judge";
        reasons.push(reason(Outcome::Undecidable, text, Some(first.span)));
    }
    if reasons.is_empty() {
        reasons.push(reason(Outcome::Met, "nothing declared restricts access", None));
    }
    reasons
}

/// Which question an item asks of the licence, what it means where the answer is bad, and how bad that is.
type Question = (fn(&Traits) -> Option<bool>, &'static str, Outcome);

fn questions(item: &str) -> &'static [Question] {
    match item {
        "use" => &[
            (|traits| traits.commercial_use.map(Answer::is_yes), "excludes commercial use", Outcome::Failed),
            (|traits| traits.user_threshold.map(none), "ends at a number of users", Outcome::Failed),
            (|traits| traits.revenue_threshold.map(none), "ends at a revenue", Outcome::Failed),
            (
                |traits| traits.separate_commercial_license.map(no),
                "asks for a further licence for commercial use",
                Outcome::Failed,
            ),
            (|traits| traits.output_training_limit.map(no), "limits what outputs may train", Outcome::Failed),
            (|traits| traits.geo_exclusion.map(no), "excludes countries", Outcome::Failed),
            // Paragraph 84 tolerates proportionate, objective, non-discriminatory terms for safety.
            (
                |traits| traits.field_of_use_limits.map(no),
                "limits fields of use; whether for safety alone, a person must judge",
                Outcome::Undecidable,
            ),
        ],
        "modification" => {
            &[(|traits| traits.derivatives.map(Answer::is_yes), "does not allow modification", Outcome::Failed)]
        }
        _ => &[(|traits| traits.redistribution.map(Answer::is_yes), "does not allow distribution", Outcome::Failed)],
    }
}

fn no(answer: Answer) -> bool {
    answer == Answer::No
}

fn none(threshold: Threshold) -> bool {
    threshold == Threshold::None
}

fn by_license(manifest: &Manifest, item: &str) -> Vec<Reason> {
    const ID: &str = "final-weights";
    let one = |outcome, text: String, span: Option<Span>| vec![Reason::new(item, outcome, text).component(ID).at(span)];
    let Some(component) = manifest.component(ID) else {
        return one(Outcome::Unstated, format!("`{ID}` is not declared"), None);
    };
    let effective = license::effective(manifest, component);
    let span = effective.span();
    let mut reasons = match effective {
        Effective::Unstated => one(Outcome::Unstated, "no licence is stated for the weights".to_owned(), None),
        Effective::None(..) => one(Outcome::Failed, "the weights are released without a licence".to_owned(), span),
        Effective::Custom(..) => {
            one(Outcome::Undecidable, "the terms of the weights have no SPDX expression".to_owned(), span)
        }
        Effective::Stated(text, _) => match effective.expression() {
            None => one(Outcome::Undecidable, format!("`{}` is no licence expression", text.value), span),
            Some(expression) => {
                asked(item, &expression).into_iter().map(|reason| reason.component(ID).at(span)).collect()
            }
        },
    };
    if item == "use" {
        reasons.extend(policy(manifest));
    }
    reasons
}

fn asked(item: &str, expression: &Expression) -> Vec<Reason> {
    let text = expression.as_str();
    let caveat = traits::caveat(expression);
    if expression.is_open() {
        return vec![Reason::new(item, Outcome::Met, format!("`{text}` is an open licence"))];
    }
    let mut reasons = Vec::new();
    let mut unknown = false;
    for (question, problem, outcome) in questions(item) {
        match traits::ask(expression, question) {
            Some(true) => {}
            Some(false) => reasons.push(Reason::new(item, *outcome, format!("`{text}`{caveat} {problem}"))),
            None => unknown = true,
        }
    }
    if unknown && reasons.iter().all(|reason| reason.outcome != Outcome::Failed) {
        reasons.push(Reason::new(
            item,
            Outcome::Undecidable,
            format!("not all that `{text}` says of {item} is known here"),
        ));
    }
    if reasons.is_empty() {
        reasons.push(Reason::new(item, Outcome::Met, format!("`{text}`{caveat} does not restrict {item}")));
    }
    reasons
}

fn policy(manifest: &Manifest) -> Vec<Reason> {
    let Some(policy) = &manifest.use_policy else { return Vec::new() };
    let mut reasons = Vec::new();
    if let Some(clause) = policy.competitor_clause.as_ref().filter(|clause| clause.value) {
        reasons.push(Reason::new("use", Outcome::Failed, "the use policy excludes competitors").at(clause.span));
    }
    if let Some(first) = policy.prohibits.first() {
        let text = "the use policy prohibits uses; whether for safety alone, a person must judge";
        reasons.push(Reason::new("use", Outcome::Undecidable, text).at(first.span));
    }
    reasons
}

fn monetization(monetization: Option<&Monetization>, item: &str) -> Reason {
    let flag = |found: &Monetization| -> Option<Spanned<bool>> {
        match item {
            "dual-licensing" => found.dual_licensing.clone(),
            "mandatory-paid-support" => found.mandatory_paid_support.clone(),
            "mandatory-purchase-for-access" => found.mandatory_purchase_for_access.clone(),
            "exclusive-paid-or-ad-hosting" => found.exclusive_paid_or_ad_hosting.clone(),
            _ => found.personal_data_required.clone(),
        }
    };
    match monetization.and_then(flag) {
        Some(flag) if flag.value => {
            Reason::new(item, Outcome::Failed, format!("`eu.monetization.{item}` is true")).at(flag.span)
        }
        Some(flag) => Reason::new(item, Outcome::Met, format!("`eu.monetization.{item}` is false")).at(flag.span),
        None => Reason::new(item, Outcome::Unstated, format!("`eu.monetization.{item}` is not stated"))
            .at(monetization.map(|table| table.span)),
    }
}

fn parameters(manifest: &Manifest) -> Reason {
    let (_, openness, span) = standing(manifest, "final-weights");
    let (outcome, text) = match openness {
        Some(Openness::Open) => (Outcome::Met, "the weights are public"),
        Some(Openness::Partial) => (Outcome::Failed, "the weights are public in part"),
        Some(_) => (Outcome::Failed, "the weights are not public"),
        None => (Outcome::Unstated, "`final-weights` is not declared"),
    };
    Reason::new("parameters", outcome, text).component("final-weights").at(span)
}

fn architecture(manifest: &Manifest, eu: &Eu) -> Reason {
    const ITEM: &str = "architecture-information";
    if let Some(text) = &eu.architecture_information {
        return Reason::new(ITEM, Outcome::Met, "the architecture is described").at(text.span);
    }
    let (_, openness, span) = standing(manifest, "model-architecture");
    match openness {
        Some(Openness::Open) => {
            Reason::new(ITEM, Outcome::Met, "the architecture is public").component("model-architecture").at(span)
        }
        Some(_) => Reason::new(
            ITEM,
            Outcome::Failed,
            "the architecture is not public in full, and `eu.architecture-information` is not stated",
        )
        .component("model-architecture")
        .at(span),
        None => Reason::new(
            ITEM,
            Outcome::Unstated,
            "neither `eu.architecture-information` nor `model-architecture` is stated",
        ),
    }
}

fn usage(usage: Option<&UsageInformation>, item: &str) -> Reason {
    let place = usage.and_then(|usage| match item {
        "input-modalities" => usage.input_modalities.first(),
        "output-modalities" => usage.output_modalities.first(),
        "capabilities" => usage.capabilities.as_ref(),
        "limitations" => usage.limitations.as_ref(),
        _ => usage.integration.as_ref(),
    });
    match place {
        Some(text) => Reason::new(item, Outcome::Met, format!("`eu.usage-information.{item}` is stated")).at(text.span),
        None => Reason::new(item, Outcome::Unstated, format!("`eu.usage-information.{item}` is not stated"))
            .at(usage.map(|table| table.span)),
    }
}

fn systemic_risk(manifest: &Manifest, eu: &Eu, threshold: Option<f64>) -> Reason {
    const ITEM: &str = "high-impact";
    let compute = manifest.compute.as_ref();
    // Cumulative compute is what the Act counts; that of the training alone is a lower bound.
    let cumulative = compute.and_then(|compute| compute.cumulative_flop.as_ref());
    let training = compute.and_then(|compute| compute.training_flop.as_ref());
    if let Some((flop, threshold)) = cumulative.or(training).zip(threshold)
        && flop.value > threshold
    {
        let text = format!("{:e} FLOP exceed {threshold:e}, from which high impact is presumed", flop.value);
        return Reason::new(ITEM, Outcome::Failed, text).at(flop.span);
    }
    match (&eu.systemic_risk, cumulative) {
        (Some(risk), _) if risk.value != SystemicRisk::No => {
            Reason::new(ITEM, Outcome::Failed, format!("systemic risk is {}", risk.value.as_str())).at(risk.span)
        }
        (Some(risk), _) => Reason::new(ITEM, Outcome::Met, "declared not to be of systemic risk").at(risk.span),
        (None, Some(flop)) => {
            Reason::new(ITEM, Outcome::Met, "the cumulative compute is below the presumption").at(flop.span)
        }
        (None, None) => {
            Reason::new(ITEM, Outcome::Unstated, "neither `eu.systemic-risk` nor `compute.cumulative-flop` is stated")
        }
    }
}

fn stated(item: &str, text: Option<&Text>) -> Reason {
    match text {
        Some(text) => Reason::new(item, Outcome::Met, format!("`eu.{item}` is stated")).at(text.span),
        None => Reason::new(
            item,
            Outcome::Unstated,
            format!("`eu.{item}` is not stated; the duty stays with the exemption"),
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    const WHOLE: &str = r#"
schema = 1
[model]
name = "m"
version = "1"
producer = "p"
license = "Apache-2.0"
[component.final-weights]
openness = "open"
[component.model-architecture]
openness = "open"
[compute]
cumulative-flop = 1e22
[eu]
copyright-policy = "docs/copyright.md"
training-summary = "docs/summary.md"
[eu.monetization]
dual-licensing = false
mandatory-paid-support = false
mandatory-purchase-for-access = false
exclusive-paid-or-ad-hosting = false
personal-data-required = false
[eu.usage-information]
input-modalities = ["text"]
output-modalities = ["text"]
capabilities = "README.md"
limitations = "README.md"
integration = "README.md"
"#;

    fn verdict(text: &str) -> String {
        let parsed = parse(Source::new("t", text));
        assert!(parsed.findings.is_empty(), "{:#?}", parsed.findings);
        evaluate(&parsed.manifest).verdict.unwrap()
    }

    #[test]
    fn all_conditions_meet_and_each_one_alone_defeats() {
        assert_eq!(verdict(WHOLE), "meets");
        for (from, to, after) in [
            ("dual-licensing = false", "dual-licensing = true", "fails"),
            ("dual-licensing = false", "", "unstated"),
            ("1e22", "2e25", "fails"),
            ("cumulative-flop = 1e22", "", "unstated"),
            ("limitations = \"README.md\"", "", "unstated"),
            ("copyright-policy = \"docs/copyright.md\"", "", "unstated"),
            ("Apache-2.0", "CC-BY-NC-4.0", "fails"),
            ("Apache-2.0", "CC-BY-ND-4.0", "fails"),
            ("Apache-2.0", "LicenseRef-Llama-3.1-Community", "fails"),
            ("Apache-2.0", "LicenseRef-CreativeML-OpenRAIL-M", "unstated"),
            ("Apache-2.0", "LicenseRef-mine", "unstated"),
            ("Apache-2.0", "NONE", "fails"),
            ("[compute]", "[access]\neu-disallowed = true\n[compute]", "fails"),
            ("[compute]", "[access]\ngating = \"manual\"\n[compute]", "unstated"),
            ("[compute]", "[access]\ngating = \"manual\"\nverification-discriminates = false\n[compute]", "meets"),
        ] {
            assert_eq!(verdict(&WHOLE.replace(from, to)), after, "{from} → {to}");
        }
    }
}
