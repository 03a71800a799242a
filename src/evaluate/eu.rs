//! The free and open-source exemption of the EU AI Act for general-purpose AI models: conditions that must all be met.
//!
//! Paragraph numbers are those of the Commission's guidelines C(2025) 5045. What is not stated stays unstated, because the
//! claimant has to show that the exemption applies. Not legal advice. See
//! <https://eur-lex.europa.eu/eli/reg/2024/1689/oj>.

use serde_json::{Map, Value};

use super::{Evaluation, Outcome, Reason, Verdict, all_met, condition, declared, embedded, unknown, worse};
use crate::license::traits::{self, Answer, Threshold, Traits};
use crate::license::{self, Effective, Expression};
use crate::manifest::{Eu, Gating, Manifest, Openness, SystemicRisk, Text, UsePolicy};
use crate::source::{Span, Spanned};
use crate::taxonomy::Item;

const WEIGHTS: &str = "final-weights";

items! {
    /// The conditions of the exemption, and the obligations that remain under it.
    Condition {
        Access = "access",
        Use = "use",
        Modification = "modification",
        Distribution = "distribution",
        DualLicensing = "dual-licensing",
        MandatoryPaidSupport = "mandatory-paid-support",
        MandatoryPurchaseForAccess = "mandatory-purchase-for-access",
        ExclusivePaidOrAdHosting = "exclusive-paid-or-ad-hosting",
        PersonalDataRequired = "personal-data-required",
        Parameters = "parameters",
        ArchitectureInformation = "architecture-information",
        InputModalities = "input-modalities",
        OutputModalities = "output-modalities",
        Capabilities = "capabilities",
        Limitations = "limitations",
        Integration = "integration",
        HighImpact = "high-impact",
        CopyrightPolicy = "copyright-policy",
        TrainingSummary = "training-summary",
    }
}

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("eu-ai-act-open-source");
    let mut reasons = Vec::new();
    let mut conditions = Map::new();
    for item in &taxonomy.items {
        let found = check(manifest, item);
        let outcome = found.iter().map(|reason| reason.outcome).fold(Outcome::Noted, worse);
        conditions.insert(item.id.clone(), condition(outcome).into());
        reasons.extend(found);
    }
    let verdict = all_met(reasons.iter().map(|reason| reason.outcome), Verdict::Unstated);
    let mut details = Map::new();
    details.insert("conditions".to_owned(), Value::Object(conditions));
    Evaluation::new(taxonomy, verdict, details, reasons)
}

fn check(manifest: &Manifest, item: &Item) -> Vec<Reason> {
    let Some(known) = Condition::from_id(&item.id) else { return vec![unknown(item)] };
    let empty = Eu::default();
    let eu = manifest.eu.as_ref().unwrap_or(&empty);
    let table = eu.monetization.as_ref();
    let absent = |flag: Option<&Spanned<bool>>| vec![no_monetization(item, flag, table.map(|table| table.span))];
    let information = eu.usage_information.as_ref();
    let present = |text: Option<&Text>| vec![usage(item, text, information.map(|table| table.span))];
    match known {
        Condition::Access => access(manifest, item),
        Condition::Use => {
            let mut reasons = by_license(manifest, item, USE);
            reasons.extend(manifest.use_policy.iter().flat_map(|policy| by_use_policy(policy, item)));
            reasons
        }
        Condition::Modification => by_license(manifest, item, MODIFICATION),
        Condition::Distribution => by_license(manifest, item, DISTRIBUTION),
        Condition::DualLicensing => absent(table.and_then(|table| table.dual_licensing.as_ref())),
        Condition::MandatoryPaidSupport => absent(table.and_then(|table| table.mandatory_paid_support.as_ref())),
        Condition::MandatoryPurchaseForAccess => {
            absent(table.and_then(|table| table.mandatory_purchase_for_access.as_ref()))
        }
        Condition::ExclusivePaidOrAdHosting => {
            absent(table.and_then(|table| table.exclusive_paid_or_ad_hosting.as_ref()))
        }
        Condition::PersonalDataRequired => absent(table.and_then(|table| table.personal_data_required.as_ref())),
        Condition::Parameters => vec![parameters(manifest, item)],
        Condition::ArchitectureInformation => vec![architecture(manifest, eu, item)],
        Condition::InputModalities => present(information.and_then(|found| found.input_modalities.first())),
        Condition::OutputModalities => present(information.and_then(|found| found.output_modalities.first())),
        Condition::Capabilities => present(information.and_then(|found| found.capabilities.as_ref())),
        Condition::Limitations => present(information.and_then(|found| found.limitations.as_ref())),
        Condition::Integration => present(information.and_then(|found| found.integration.as_ref())),
        Condition::HighImpact => vec![systemic_risk(manifest, eu, item)],
        Condition::CopyrightPolicy => vec![obligation(item, eu.copyright_policy.as_ref())],
        Condition::TrainingSummary => vec![obligation(item, eu.training_summary.as_ref())],
    }
}

/// Access is open to anyone interested, without payment or other restriction, and user verification does not discriminate
/// (paragraph 79).
fn access(manifest: &Manifest, item: &Item) -> Vec<Reason> {
    let reason = |outcome, text: &str, span: Option<Span>| Reason::new(&item.id, outcome, text).at(span);
    let mut reasons = Vec::new();
    let Some(access) = &manifest.access else {
        return vec![reason(Outcome::Met, "no restriction of access is declared", None)];
    };
    if let Some(flag) = access.eu_disallowed.as_ref().filter(|flag| flag.value) {
        reasons.push(reason(Outcome::Failed, "access is denied to users in the EU", Some(flag.span)));
    }
    let discriminates = access.verification_discriminates.as_ref();
    if let Some(flag) = discriminates.filter(|flag| flag.value) {
        reasons.push(reason(
            Outcome::Failed,
            "user verification treats groups or countries differently",
            Some(flag.span),
        ));
    }
    match &access.gating {
        Some(gating) if gating.value != Gating::None && discriminates.is_none() => {
            let text = "access is gated, and whether user verification discriminates is not stated";
            reasons.push(reason(Outcome::Unstated, text, Some(gating.span)));
        }
        _ => {}
    }
    if let Some(first) = access.eligibility.first() {
        let text = "access has eligibility conditions; whether they are proportionate needs human review";
        reasons.push(reason(Outcome::Undecidable, text, Some(first.span)));
    }
    if reasons.is_empty() {
        reasons.push(reason(Outcome::Met, "nothing that is declared restricts access", None));
    }
    reasons
}

/// A question about a license: whether the license is unproblematic, what it does otherwise, and the outcome then.
type Question = (fn(&Traits) -> Option<bool>, &'static str, Outcome);

const USE: &[Question] = &[
    (|traits| traits.commercial_use.map(Answer::is_yes), "excludes commercial use", Outcome::Failed),
    (|traits| traits.user_threshold.map(none), "requires another license above a number of users", Outcome::Failed),
    (|traits| traits.revenue_threshold.map(none), "requires another license above a revenue", Outcome::Failed),
    (
        |traits| traits.separate_commercial_license.map(no),
        "requires a separate license for some commercial use",
        Outcome::Failed,
    ),
    (|traits| traits.output_training_limit.map(no), "limits training other models on outputs", Outcome::Failed),
    (|traits| traits.geo_exclusion.map(no), "excludes some countries", Outcome::Failed),
    // Paragraph 83 names thresholds of users above which another license is needed. A name that has to be displayed above
    // one leaves the grant as it is, so whether that paragraph means it needs a person.
    (
        |traits| traits.attribution_threshold.map(none).or(Some(true)),
        "asks larger users to display a name; whether that is a threshold of users needs human review",
        Outcome::Undecidable,
    ),
    // Paragraph 84 tolerates proportionate, objective, non-discriminatory terms for safety.
    (
        |traits| traits.field_of_use_limits.map(no),
        "limits fields of use; whether for safety alone needs human review",
        Outcome::Undecidable,
    ),
];

const MODIFICATION: &[Question] =
    &[(|traits| traits.derivatives.map(Answer::is_yes), "does not allow modification", Outcome::Failed)];

const DISTRIBUTION: &[Question] =
    &[(|traits| traits.redistribution.map(Answer::is_yes), "does not allow distribution", Outcome::Failed)];

fn no(answer: Answer) -> bool {
    answer == Answer::No
}

fn none(threshold: Threshold) -> bool {
    threshold == Threshold::None
}

fn by_license(manifest: &Manifest, item: &Item, questions: &[Question]) -> Vec<Reason> {
    let one = |outcome, text: String, span: Option<Span>| {
        vec![Reason::new(&item.id, outcome, text).component(WEIGHTS).at(span)]
    };
    let Some(component) = manifest.component(WEIGHTS) else {
        return one(Outcome::Unstated, format!("`{WEIGHTS}` is not declared"), None);
    };
    let effective = license::effective(manifest, component);
    let span = effective.span();
    match effective {
        Effective::Unstated => one(Outcome::Unstated, "no license is stated for the weights".to_owned(), None),
        Effective::None(..) => one(Outcome::Failed, "the weights are released without a license".to_owned(), span),
        Effective::Custom(..) => {
            one(Outcome::Undecidable, "the terms of the weights have no SPDX expression".to_owned(), span)
        }
        Effective::Stated(text, _) => match effective.expression() {
            None => one(Outcome::Undecidable, format!("`{}` is not a license expression", text.value), span),
            Some(expression) => answers(item, &expression, questions)
                .into_iter()
                .map(|reason| reason.component(WEIGHTS).at(span))
                .collect(),
        },
    }
}

fn answers(item: &Item, expression: &Expression, questions: &[Question]) -> Vec<Reason> {
    let id = item.id.as_str();
    let text = expression.as_str();
    let caveat = traits::caveat(expression);
    if expression.is_open() {
        return vec![Reason::new(id, Outcome::Met, format!("`{text}` is an open license"))];
    }
    let mut reasons = Vec::new();
    let mut is_unknown = false;
    for (question, problem, outcome) in questions {
        match traits::ask(expression, question) {
            Some(true) => {}
            Some(false) => reasons.push(Reason::new(id, *outcome, format!("`{text}`{caveat} {problem}"))),
            None => is_unknown = true,
        }
    }
    if is_unknown && reasons.iter().all(|reason| reason.outcome != Outcome::Failed) {
        let text = format!("what `{text}` says about {id} is not fully known");
        reasons.push(Reason::new(id, Outcome::Undecidable, text));
    }
    if reasons.is_empty() {
        reasons.push(Reason::new(id, Outcome::Met, format!("`{text}`{caveat} does not restrict {id}")));
    }
    reasons
}

fn by_use_policy(policy: &UsePolicy, item: &Item) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if let Some(clause) = policy.competitor_clause.as_ref().filter(|clause| clause.value) {
        reasons.push(Reason::new(&item.id, Outcome::Failed, "the use policy excludes competitors").at(clause.span));
    }
    if let Some(first) = policy.prohibits.first() {
        let text = "the use policy prohibits uses; whether for safety alone needs human review";
        reasons.push(Reason::new(&item.id, Outcome::Undecidable, text).at(first.span));
    }
    reasons
}

/// Checks one kind of monetization, which must be declared absent (paragraphs 85–89).
fn no_monetization(item: &Item, flag: Option<&Spanned<bool>>, table: Option<Span>) -> Reason {
    let key = format!("`eu.monetization.{}`", item.id);
    match flag {
        Some(flag) if flag.value => Reason::new(&item.id, Outcome::Failed, format!("{key} is true")).at(flag.span),
        Some(flag) => Reason::new(&item.id, Outcome::Met, format!("{key} is false")).at(flag.span),
        None => Reason::new(&item.id, Outcome::Unstated, format!("{key} is not stated")).at(table),
    }
}

fn parameters(manifest: &Manifest, item: &Item) -> Reason {
    let (_, openness, span) = declared(manifest, WEIGHTS);
    let (outcome, text) = match openness {
        Some(Openness::Open) => (Outcome::Met, "the weights are public"),
        Some(Openness::Partial) => (Outcome::Failed, "the weights are only partially public"),
        Some(_) => (Outcome::Failed, "the weights are not public"),
        None => (Outcome::Unstated, "`final-weights` is not declared"),
    };
    Reason::new(&item.id, outcome, text).component(WEIGHTS).at(span)
}

fn architecture(manifest: &Manifest, eu: &Eu, item: &Item) -> Reason {
    const COMPONENT: &str = "model-architecture";
    if let Some(text) = &eu.architecture_information {
        return Reason::new(&item.id, Outcome::Met, "the architecture is described").at(text.span);
    }
    let (_, openness, span) = declared(manifest, COMPONENT);
    match openness {
        Some(Openness::Open) => {
            Reason::new(&item.id, Outcome::Met, "the architecture is public").component(COMPONENT).at(span)
        }
        Some(_) => Reason::new(
            &item.id,
            Outcome::Failed,
            "the architecture is not fully public, and `eu.architecture-information` is not stated",
        )
        .component(COMPONENT)
        .at(span),
        None => Reason::new(
            &item.id,
            Outcome::Unstated,
            "neither `eu.architecture-information` nor `model-architecture` is stated",
        ),
    }
}

/// Checks one kind of usage information, which must be public (paragraphs 90–92).
fn usage(item: &Item, text: Option<&Text>, table: Option<Span>) -> Reason {
    let key = format!("`eu.usage-information.{}`", item.id);
    match text {
        Some(text) => Reason::new(&item.id, Outcome::Met, format!("{key} is stated")).at(text.span),
        None => Reason::new(&item.id, Outcome::Unstated, format!("{key} is not stated")).at(table),
    }
}

fn systemic_risk(manifest: &Manifest, eu: &Eu, item: &Item) -> Reason {
    let compute = manifest.compute.as_ref();
    // The Act counts cumulative compute; the compute of the training alone is a lower bound.
    let cumulative = compute.and_then(|compute| compute.cumulative_flop.as_ref());
    let training = compute.and_then(|compute| compute.training_flop.as_ref());
    if let Some((flop, threshold)) = cumulative.or(training).zip(item.threshold)
        && flop.value > threshold
    {
        let text = format!("{:e} FLOP exceeds {threshold:e}, above which high impact is presumed", flop.value);
        return Reason::new(&item.id, Outcome::Failed, text).at(flop.span);
    }
    match (&eu.systemic_risk, cumulative) {
        (Some(risk), _) if risk.value != SystemicRisk::No => {
            let text = format!("`eu.systemic-risk` is `{}`", risk.value.as_str());
            Reason::new(&item.id, Outcome::Failed, text).at(risk.span)
        }
        (Some(risk), _) => {
            Reason::new(&item.id, Outcome::Met, "the model is declared not to pose systemic risk").at(risk.span)
        }
        (None, Some(flop)) => {
            let text = "the cumulative compute does not exceed the threshold above which high impact is presumed";
            Reason::new(&item.id, Outcome::Met, text).at(flop.span)
        }
        (None, None) => Reason::new(
            &item.id,
            Outcome::Unstated,
            "neither `eu.systemic-risk` nor `compute.cumulative-flop` is stated",
        ),
    }
}

/// Checks an obligation that the exemption does not waive.
fn obligation(item: &Item, text: Option<&Text>) -> Reason {
    match text {
        Some(text) => Reason::new(&item.id, Outcome::Met, format!("`eu.{}` is stated", item.id)).at(text.span),
        None => {
            let text =
                format!("`eu.{}` is not stated; this obligation applies even under the open-source exemption", item.id);
            Reason::new(&item.id, Outcome::Unstated, text)
        }
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

    fn verdict(text: &str) -> &'static str {
        let parsed = parse(Source::new("t", text));
        assert!(parsed.findings.is_empty(), "{:#?}", parsed.findings);
        evaluate(&parsed.manifest).verdict.unwrap().as_str()
    }

    #[test]
    fn each_condition_alone_can_defeat_the_exemption() {
        assert_eq!(verdict(WHOLE), "meets");
        for (from, to, after) in [
            ("dual-licensing = false", "dual-licensing = true", "fails"),
            ("dual-licensing = false", "", "unstated"),
            ("1e22", "2e25", "fails"),
            ("cumulative-flop = 1e22", "", "unstated"),
            ("limitations = \"README.md\"", "", "unstated"),
            ("copyright-policy = \"docs/copyright.md\"", "", "unstated"),
            // The duties that are left to an exempt provider.
            ("training-summary = \"docs/summary.md\"", "", "unstated"),
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

    #[test]
    fn an_unknown_item_is_undecided() {
        let item = Item { id: "new".to_owned(), group: Some("monetization".to_owned()), ..Item::default() };
        let parsed = parse(Source::new("t", WHOLE));
        let outcomes: Vec<Outcome> = check(&parsed.manifest, &item).iter().map(|reason| reason.outcome).collect();
        assert_eq!(outcomes, [Outcome::Undecidable]);
    }
}
