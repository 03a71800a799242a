//! The indicators of the Foundation Model Transparency Index of December 2025: how many a manifest covers, by domain.
//!
//! Only the index's team gives validated scores, so this is never a score. Which facts speak to an indicator is our
//! reading. See <https://github.com/stanford-crfm/fmti>.

use serde_json::{Map, Value, json};

use super::terms::{self, Standing};
use super::{Evaluation, Outcome, Reason, declared, embedded, in_sentence, unknown};
use crate::license::{self, Effective};
use crate::manifest::{
    Audit, DataClass, Evidence, INDICATORS, Manifest, Openness, ReleaseAccess, Safeguard, SafeguardStage, Status,
    Terms, Text,
};
use crate::source::{Span, Spanned};
use crate::taxonomy::Item;

/// How an indicator is decided.
#[derive(Clone, Copy)]
enum Rule {
    /// By its key in `[transparency]` alone.
    Stated,
    /// By other facts of the manifest, or by its key in `[transparency]` if these do not suffice.
    Either(fn(&Manifest) -> Found),
    /// By other facts of the manifest alone.
    Facts(fn(&Manifest) -> Found),
    /// By a person: it is about the developer or about what happens after the release.
    Person,
}

/// What the facts say about an indicator.
struct Found {
    outcome: Outcome,
    text: String,
    span: Option<Span>,
}

impl Found {
    fn new(outcome: Outcome, text: impl Into<String>, span: impl Into<Option<Span>>) -> Self {
        Self { outcome, text: text.into(), span: span.into() }
    }

    fn unstated(text: impl Into<String>) -> Self {
        Self::new(Outcome::Unstated, text, None)
    }
}

/// The indicators that are not decided by their key in `[transparency]` alone.
const RULES: &[(&str, Rule)] = &[
    ("external-data-access", Rule::Either(|manifest| released(manifest, "training-data"))),
    ("data-replicability", Rule::Facts(data_replicability)),
    ("compute-usage-for-final-training-run", Rule::Facts(compute)),
    ("compute-hardware-for-final-training-run", Rule::Either(hardware)),
    ("internal-compute-allocation", Rule::Person),
    ("code-access", Rule::Facts(code_access)),
    ("organization-chart", Rule::Person),
    ("basic-model-properties", Rule::Either(basic_properties)),
    ("deeper-model-properties", Rule::Facts(|manifest| released(manifest, "model-architecture"))),
    ("model-dependencies", Rule::Either(dependencies)),
    ("specialized-access", Rule::Either(specialized_access)),
    ("open-weights", Rule::Facts(open_weights)),
    ("capabilities-taxonomy", Rule::Either(capabilities)),
    ("capabilities-evaluation", Rule::Either(results)),
    (
        "external-reproducibility-of-capabilities-evaluation",
        Rule::Facts(|manifest| reproducible(manifest, "evaluation-code", "evaluation-data")),
    ),
    ("risks-taxonomy", Rule::Either(risks)),
    ("risks-evaluation", Rule::Either(|manifest| assessed(manifest, "dangerous-capability-evaluation"))),
    (
        "external-reproducibility-of-risks-evaluation",
        Rule::Facts(|manifest| reproducible(manifest, "safety-evaluation-code", "safety-evaluation-data")),
    ),
    ("pre-deployment-risk-evaluation", Rule::Either(independent_audit)),
    ("external-risk-evaluation", Rule::Either(audits)),
    ("mitigations-taxonomy", Rule::Either(mitigations)),
    ("mitigations-efficacy", Rule::Either(|manifest| assessed(manifest, "safeguard-robustness"))),
    ("model-theft-prevention-measures", Rule::Person),
    ("release-stages", Rule::Either(release_stages)),
    ("change-log", Rule::Either(change_log)),
    ("top-distribution-channels", Rule::Either(channels)),
    ("terms-of-use", Rule::Facts(terms_of_use)),
    ("distribution-channels-with-usage-data", Rule::Person),
    ("amount-of-usage", Rule::Person),
    ("classification-of-usage-data", Rule::Person),
    ("geographic-statistics", Rule::Person),
    ("internal-products-and-services", Rule::Person),
    ("external-products-and-services", Rule::Person),
    ("users-of-internal-products-and-services", Rule::Person),
    ("consumer-enterprise-usage", Rule::Person),
    ("enterprise-users", Rule::Person),
    ("government-use", Rule::Person),
    ("benefits-assessment", Rule::Either(benefits)),
    ("post-deployment-coordination-with-government", Rule::Person),
    ("intermediate-tokens", Rule::Either(intermediate_tokens)),
    ("internal-product-and-service-mitigations", Rule::Person),
    ("external-developer-mitigations", Rule::Either(shared_mitigations)),
    ("enterprise-mitigations", Rule::Person),
    ("permitted-and-prohibited-users", Rule::Either(users)),
    ("permitted-restricted-and-prohibited-uses", Rule::Either(uses)),
    ("aup-enforcement-process", Rule::Either(enforcement)),
    ("aup-enforcement-frequency", Rule::Person),
    ("regional-policy-variations", Rule::Either(regions)),
];

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("fmti-2025");
    let reasons: Vec<Reason> = taxonomy.items.iter().map(|item| check(manifest, item)).collect();
    let mut domains = Map::new();
    for group in &taxonomy.groups {
        let of_group = taxonomy.items.iter().zip(&reasons);
        let outcomes: Vec<Outcome> = of_group
            .filter(|(item, _)| item.group.as_deref() == Some(group.id.as_str()))
            .map(|(_, reason)| reason.outcome)
            .collect();
        let count = |outcome| outcomes.iter().filter(|found| **found == outcome).count();
        let counts = json!({
            "met": count(Outcome::Met),
            "partial": count(Outcome::Partial),
            "failed": count(Outcome::Failed),
            "unstated": count(Outcome::Unstated),
            "undecidable": count(Outcome::Undecidable),
            "of": outcomes.len(),
        });
        domains.insert(group.id.clone(), counts);
    }
    let mut details = Map::new();
    details.insert("coverage".to_owned(), Value::Object(domains));
    Evaluation::new(taxonomy, None, details, reasons)
}

fn check(manifest: &Manifest, item: &Item) -> Reason {
    let stated = manifest.transparency.iter().find(|(key, _)| *key == item.id).map(|(_, text)| text);
    let rule = match RULES.iter().find(|(id, _)| *id == item.id) {
        Some((_, rule)) => *rule,
        None if INDICATORS.contains(&item.id.as_str()) => Rule::Stated,
        None => return unknown(item),
    };
    let found = match rule {
        Rule::Person => Found::new(Outcome::Undecidable, "a person has to decide", None),
        Rule::Facts(facts) => facts(manifest),
        Rule::Stated => stated.map_or_else(|| Found::unstated("not stated"), by_key),
        Rule::Either(facts) => match (facts(manifest), stated) {
            (found, Some(stated)) if found.outcome != Outcome::Met => by_key(stated),
            (found, _) => found,
        },
    };
    Reason::new(&item.id, found.outcome, format!("{}: {}", in_sentence(&item.name), found.text)).at(found.span)
}

/// Returns what a key of `[transparency]` says; an explicit `none` is a disclosure, too.
fn by_key(stated: &Text) -> Found {
    let text = if stated.value == "none" { "explicitly none" } else { "stated" };
    Found::new(Outcome::Met, text, stated.span)
}

/// Returns the outcome for a component that should be released.
fn released(manifest: &Manifest, id: &str) -> Found {
    let (_, openness, span) = declared(manifest, id);
    match openness {
        Some(Openness::Open) => Found::new(Outcome::Met, format!("`{id}` is open"), span),
        Some(Openness::Partial) => Found::new(Outcome::Partial, format!("`{id}` is partially open"), span),
        Some(_) => Found::new(Outcome::Failed, format!("`{id}` is not released"), span),
        None => Found::unstated(format!("`{id}` is not declared")),
    }
}

/// Returns the outcome for a fact that speaks to an indicator, but does not show that it is met.
fn speaks(span: Option<Span>, fact: &str) -> Found {
    match span {
        Some(span) => {
            Found::new(Outcome::Partial, format!("{fact} is stated; whether it suffices needs human review"), span)
        }
        None => Found::unstated(format!("{fact} is not stated")),
    }
}

fn span<T>(fact: Option<&Spanned<T>>) -> Option<Span> {
    fact.map(|fact| fact.span)
}

fn data_replicability(manifest: &Manifest) -> Found {
    let (component, openness, span) = declared(manifest, "training-data");
    let Some(component) = component else { return Found::unstated("`training-data` is not declared") };
    let class = component.data_class.as_ref().map(|class| class.value);
    let is_located = !component.remote.is_empty() || !component.documentation.is_empty();
    match (openness, class) {
        (Some(Openness::Open), _) => Found::new(Outcome::Met, "`training-data` is open", span),
        (_, Some(DataClass::Public | DataClass::Obtainable)) if is_located => {
            Found::new(Outcome::Met, "`training-data` can be had at the stated location", span)
        }
        _ => Found::new(Outcome::Unstated, "where all of the training data can be had is not stated", span),
    }
}

fn compute(manifest: &Manifest) -> Found {
    let compute = manifest.compute.as_ref();
    let flop = compute.and_then(|compute| compute.training_flop.as_ref());
    let method = compute.and_then(|compute| compute.method.as_ref());
    match (flop, method) {
        (Some(flop), Some(_)) => Found::new(Outcome::Met, "the compute and its estimation are stated", flop.span),
        (Some(flop), None) => Found::new(Outcome::Partial, "`compute.method` is not stated", flop.span),
        (None, _) => Found::unstated("`compute.training-flop` is not stated"),
    }
}

fn hardware(manifest: &Manifest) -> Found {
    speaks(span(manifest.compute.as_ref().and_then(|compute| compute.hardware.as_ref())), "`compute.hardware`")
}

fn code_access(manifest: &Manifest) -> Found {
    let (training, inference) = (released(manifest, "training-code"), released(manifest, "inference-code"));
    match (training.outcome, inference.outcome) {
        (Outcome::Met, Outcome::Met) => {
            Found::new(Outcome::Met, "code for training and inference is open", training.span)
        }
        (Outcome::Met | Outcome::Partial, _) => Found { outcome: Outcome::Partial, ..inference },
        (_, Outcome::Met | Outcome::Partial) => Found { outcome: Outcome::Partial, ..training },
        (Outcome::Unstated, _) => inference,
        _ => training,
    }
}

fn basic_properties(manifest: &Manifest) -> Found {
    let modality = manifest.model.modality.first().map(|modality| modality.span);
    speaks(modality.or(span(manifest.model.architecture.as_ref())), "`model.modality` or `model.architecture`")
}

fn dependencies(manifest: &Manifest) -> Found {
    let bases = &manifest.model.base;
    let is_new = declared(manifest, "base-weights");
    match (bases.first(), is_new) {
        (Some(first), _) if bases.iter().all(|base| base.relation.is_some()) => {
            Found::new(Outcome::Met, "every base model is stated with its relation", first.span)
        }
        (Some(first), _) => Found::new(Outcome::Partial, "the relation to a base model is not stated", first.span),
        (None, (_, Some(Openness::NotApplicable), span)) => {
            Found::new(Outcome::Met, "`base-weights` is declared not applicable, so there is no base model", span)
        }
        (None, _) => Found::unstated("`model.base` is not stated"),
    }
}

fn specialized_access(manifest: &Manifest) -> Found {
    let regime = manifest.access_policy.as_ref().and_then(|policy| policy.regimes.first());
    speaks(regime.map(|regime| regime.span), "`access-policy.regime`")
}

/// Checks that the weights are public at no cost. A restriction on who may have them does not matter if it is stated.
fn open_weights(manifest: &Manifest) -> Found {
    let weights = released(manifest, "final-weights");
    let access = manifest.release.as_ref().and_then(|release| release.access.as_ref());
    let is_withheld = |access: &&Spanned<ReleaseAccess>| {
        !matches!(access.value, ReleaseAccess::Downloadable | ReleaseAccess::FullyOpen)
    };
    if let Some(access) = access.filter(is_withheld).filter(|_| weights.outcome == Outcome::Met) {
        return Found::new(Outcome::Failed, format!("`release.access` is `{}`", access.as_str()), access.span);
    }
    if weights.outcome != Outcome::Met {
        return weights;
    }
    let (outcome, text, span) = terms::free_of_charge(manifest);
    let gated = manifest.access.as_ref().and_then(|access| access.gating.as_ref());
    match outcome {
        Outcome::Met => {
            let note = gated.map_or_else(String::new, |gating| format!(" (gating: {})", gating.value.as_str()));
            Found::new(Outcome::Met, format!("the weights are public, and {text}{note}"), weights.span)
        }
        _ => Found::new(outcome, text, span),
    }
}

fn capabilities(manifest: &Manifest) -> Found {
    let usage = manifest.eu.as_ref().and_then(|eu| eu.usage_information.as_ref());
    speaks(span(usage.and_then(|usage| usage.capabilities.as_ref())), "`eu.usage-information.capabilities`")
}

fn results(manifest: &Manifest) -> Found {
    let component = manifest.component("evaluation-results").filter(|component| component.is_released());
    speaks(component.map(|component| component.id.span), "a released `evaluation-results`")
}

/// Checks that evaluation can be repeated: code under an OSI-approved license, and the data.
fn reproducible(manifest: &Manifest, code: &str, data: &str) -> Found {
    let found = released(manifest, code);
    if found.outcome != Outcome::Met {
        return found;
    }
    let terms = manifest.component(code).map(|component| terms::of(manifest, component));
    let is_approved = terms.as_ref().is_some_and(|terms| terms.standing == Standing::OsiApproved);
    if !is_approved {
        let span = terms.and_then(|terms| terms.span).or(found.span);
        return Found::new(Outcome::Failed, format!("the license of `{code}` is not OSI-approved"), span);
    }
    let data = released(manifest, data);
    match data.outcome {
        Outcome::Met => found,
        _ => Found { outcome: Outcome::Partial, ..data },
    }
}

fn risks(manifest: &Manifest) -> Found {
    let risk = manifest.risk.as_ref();
    let vector = risk.and_then(|risk| risk.marginal.first()).map(|marginal| marginal.span);
    let capability = risk.and_then(|risk| risk.declared_capabilities.first()).map(|text| text.span);
    speaks(vector.or(capability), "`risk.marginal` or `risk.declared-capabilities`")
}

fn assessed(manifest: &Manifest, step: &str) -> Found {
    let risk = manifest.risk.as_ref();
    let evidence: Option<&Evidence> = risk.and_then(|risk| match step {
        "safeguard-robustness" => risk.safeguard_robustness.as_ref(),
        _ => risk.dangerous_capability_evaluation.as_ref(),
    });
    let is_absent =
        |evidence: &&Evidence| evidence.status.as_ref().is_some_and(|status| status.value == Status::Absent);
    match evidence.filter(is_absent) {
        Some(evidence) => Found::new(Outcome::Failed, format!("`risk.{step}` is declared absent"), evidence.span),
        None => speaks(evidence.map(|evidence| evidence.span), &format!("`risk.{step}`")),
    }
}

fn independent_audit(manifest: &Manifest) -> Found {
    let is_independent = |audit: &&Audit| audit.independent.as_ref().is_some_and(|independent| independent.value);
    speaks(manifest.audits.iter().find(is_independent).map(|audit| audit.span), "an independent `audit`")
}

fn audits(manifest: &Manifest) -> Found {
    speaks(manifest.audits.first().map(|audit| audit.span), "an `audit`")
}

fn mitigations(manifest: &Manifest) -> Found {
    let of_training =
        |safeguard: &&Safeguard| safeguard.stage.as_ref().is_some_and(|stage| stage.value == SafeguardStage::Training);
    match manifest.safeguards.iter().find(of_training) {
        Some(safeguard) => Found::new(Outcome::Met, "a safeguard in the weights is stated", safeguard.span),
        None => Found::unstated("no safeguard in the weights is stated"),
    }
}

fn release_stages(manifest: &Manifest) -> Found {
    if let Some(first) = manifest.release.as_ref().and_then(|release| release.stages.first()) {
        return Found::new(Outcome::Met, "`release.stage` lists the stages", first.span);
    }
    speaks(span(manifest.release.as_ref().and_then(|release| release.access.as_ref())), "`release.access`")
}

fn change_log(manifest: &Manifest) -> Found {
    speaks(span(manifest.release.as_ref().and_then(|release| release.notes.as_ref())), "`release.notes`")
}

fn channels(manifest: &Manifest) -> Found {
    let endpoint = manifest.access.as_ref().and_then(|access| access.endpoints.first());
    speaks(span(manifest.model.hub.as_ref().or(endpoint)), "`model.hub` or `access.endpoints`")
}

fn terms_of_use(manifest: &Manifest) -> Found {
    let Some(weights) = manifest.component("final-weights") else {
        return Found::unstated("`final-weights` is not declared");
    };
    let effective = license::effective(manifest, weights);
    let has_text = |terms: &Terms| terms.file.is_some() || terms.url.is_some();
    let is_listed =
        effective.expression().is_some_and(|expression| expression.names().iter().all(|id| license::is_listed(id)));
    match effective {
        Effective::Unstated => Found::unstated("no license is stated for the weights"),
        Effective::None(text, _) => Found::new(Outcome::Failed, "the weights have no license", text.span),
        Effective::Stated(text, _) if is_listed => Found::new(Outcome::Met, format!("`{}`", text.value), text.span),
        Effective::Stated(text, _) => {
            let outcome = if has_text(&weights.terms) || has_text(&manifest.model.license) {
                Outcome::Met
            } else {
                Outcome::Partial
            };
            Found::new(outcome, format!("`{}`", text.value), text.span)
        }
        Effective::Custom(terms, _) if has_text(terms) => {
            Found::new(Outcome::Met, "the text of the license is stated", effective.span())
        }
        Effective::Custom(..) => Found::new(Outcome::Partial, "the license has a name only", effective.span()),
    }
}

fn benefits(manifest: &Manifest) -> Found {
    speaks(span(manifest.risk.as_ref().and_then(|risk| risk.benefits.first())), "`risk.benefits`")
}

/// Open weights show every token; that is our reading and not the index's.
fn intermediate_tokens(manifest: &Manifest) -> Found {
    match released(manifest, "final-weights") {
        Found { outcome: Outcome::Met, span, .. } => {
            Found::new(Outcome::Partial, "the weights are open, so every token can be seen (our reading)", span)
        }
        _ => Found::unstated("not stated"),
    }
}

fn shared_mitigations(manifest: &Manifest) -> Found {
    let is_shared = |safeguard: &&Safeguard| !safeguard.files.is_empty() || safeguard.license.is_some();
    speaks(
        manifest.safeguards.iter().find(is_shared).map(|safeguard| safeguard.span),
        "a `safeguard` with files or a license",
    )
}

/// Returns where the license of the weights is stated, if it is known what it allows.
fn known_license(manifest: &Manifest) -> Option<Span> {
    let weights = manifest.component("final-weights").filter(|component| component.is_released())?;
    let terms = terms::of(manifest, weights);
    let is_known = !matches!(terms.standing, Standing::Unknown | Standing::Unstated | Standing::Without);
    terms.span.filter(|_| is_known)
}

fn users(manifest: &Manifest) -> Found {
    let access = manifest.access.as_ref();
    let gating = span(access.and_then(|access| access.gating.as_ref()));
    let eligibility = span(access.and_then(|access| access.eligibility.first()));
    match gating.or(eligibility).or_else(|| known_license(manifest)) {
        Some(span) => Found::new(Outcome::Met, "the terms of access or the license say who can use the model", span),
        None => Found::unstated("neither the terms of access nor the license say who can use the model"),
    }
}

fn uses(manifest: &Manifest) -> Found {
    let policy = manifest.use_policy.as_ref();
    let document = span(policy.and_then(|policy| policy.document.as_ref()));
    let prohibits = span(policy.and_then(|policy| policy.prohibits.first()));
    match document.or(prohibits).or_else(|| known_license(manifest)) {
        Some(span) => Found::new(Outcome::Met, "the policy of use or the license says which uses are allowed", span),
        None => Found::unstated("neither a policy of use nor the license says which uses are allowed"),
    }
}

fn enforcement(manifest: &Manifest) -> Found {
    match manifest.use_policy.as_ref().and_then(|policy| policy.enforcement.as_ref()) {
        Some(text) => Found::new(Outcome::Met, "`use-policy.enforcement` is stated", text.span),
        None => Found::unstated("`use-policy.enforcement` is not stated"),
    }
}

fn regions(manifest: &Manifest) -> Found {
    speaks(span(manifest.access.as_ref().and_then(|access| access.eu_disallowed.as_ref())), "`access.eu-disallowed`")
}

/// Returns the ids of the items that are known, in the order of the data file.
#[cfg(test)]
pub(super) fn known() -> &'static [&'static str] {
    let is_known = |id: &&str| INDICATORS.contains(id) || RULES.iter().any(|(known, _)| known == id);
    let ids: Vec<&'static str> =
        embedded("fmti-2025").items.iter().map(|item| item.id.as_str()).filter(is_known).collect();
    Vec::leak(ids)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    const HEAD: &str = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n";

    fn model(text: &str) -> Manifest {
        let parsed = parse(Source::new("OPENNESS.toml", format!("{HEAD}{text}")));
        assert!(parsed.is_sound(), "{:?}", parsed.findings);
        parsed.manifest
    }

    /// The outcome for the indicator with a number of the index, from 1.
    fn outcome(text: &str, number: usize) -> Outcome {
        evaluate(&model(text)).reasons[number - 1].outcome
    }

    fn part(id: &str, openness: &str, license: &str) -> String {
        format!("[component.{id}]\nopenness = \"{openness}\"\nlicense = \"{license}\"\n")
    }

    #[test]
    fn the_index_has_100_indicators_in_three_domains() {
        let taxonomy = embedded("fmti-2025");
        let count = |domain: &str| taxonomy.items.iter().filter(|item| item.group.as_deref() == Some(domain)).count();
        assert_eq!(["upstream", "model", "downstream"].map(count), [34, 30, 36]);
        let by_person = RULES.iter().filter(|(_, rule)| matches!(rule, Rule::Person)).count();
        assert_eq!(by_person, 17);
        for (id, rule) in RULES {
            assert_eq!(INDICATORS.contains(id), matches!(rule, Rule::Either(_)), "{id}");
        }
    }

    #[test]
    fn an_empty_manifest_covers_nothing() {
        let found = evaluate(&Manifest::default());
        let total = |key: &str| -> u64 {
            found.details["coverage"].as_object().unwrap().values().map(|counts| counts[key].as_u64().unwrap()).sum()
        };
        assert_eq!(["met", "partial", "failed", "unstated", "undecidable", "of"].map(total), [0, 0, 0, 83, 17, 100]);
    }

    #[test]
    fn a_key_states_an_indicator_even_if_it_says_none() {
        let stated = |key: &str, text: &str| format!("[transparency]\n{key} = \"{text}\"\n");
        assert_eq!(outcome(&stated("crawling", "docs/crawler.md"), 3), Outcome::Met);
        assert_eq!(outcome(&stated("ai-bug-bounty", "none"), 77), Outcome::Met);
        assert_eq!(outcome(&stated("crawling", "none"), 77), Outcome::Unstated);
        assert_eq!(outcome(&stated("model-dependencies", "none"), 37), Outcome::Met);
        assert_eq!(outcome("", 37), Outcome::Unstated);
        for refused in ["amount-of-usage", "open-weights", "no-such-indicator"] {
            let text = format!("{HEAD}{}", stated(refused, "yes"));
            assert!(!parse(Source::new("OPENNESS.toml", text)).is_sound(), "{refused}");
        }
    }

    #[test]
    fn open_weights_must_be_free_and_may_be_gated() {
        let of = |access: &str| outcome(&format!("{}{access}", part("final-weights", "open", "Apache-2.0")), 41);
        assert_eq!(of("[access]\nprice = \"free\"\n"), Outcome::Met);
        let gated =
            format!("{}[access]\nprice = \"free\"\ngating = \"manual\"\n", part("final-weights", "open", "Apache-2.0"));
        let indicator = &evaluate(&model(&gated)).reasons[40];
        assert!(indicator.outcome == Outcome::Met && indicator.text.contains("gating: manual"), "{}", indicator.text);
        assert_eq!(outcome(&gated, 64), Outcome::Met);
        assert_eq!(of("[access]\nprice = \"paid\"\n"), Outcome::Failed);
        assert_eq!(of(""), Outcome::Unstated);
        assert_eq!(of("[access]\nprice = \"free\"\n[release]\naccess = \"cloud-api\"\n"), Outcome::Failed);
        assert_eq!(outcome(&part("final-weights", "closed", "MIT"), 41), Outcome::Failed);
    }

    #[test]
    fn evaluation_code_needs_an_approved_license() {
        for (code, data, number) in
            [("evaluation-code", "evaluation-data", 45), ("safety-evaluation-code", "safety-evaluation-data", 49)]
        {
            let of = |license: &str, openness: &str| {
                outcome(&format!("{}{}", part(code, "open", license), part(data, openness, "CC0-1.0")), number)
            };
            assert_eq!(of("MIT", "open"), Outcome::Met);
            assert_eq!(of("MIT", "closed"), Outcome::Partial);
            assert_eq!(of("CC-BY-NC-4.0", "open"), Outcome::Failed);
            assert_eq!(outcome("", number), Outcome::Unstated);
        }
    }

    #[test]
    fn the_terms_are_disclosed_if_they_resolve_to_a_text() {
        let weights = |license: &str| part("final-weights", "open", license);
        assert_eq!(outcome(&weights("Apache-2.0"), 64), Outcome::Met);
        assert_eq!(outcome(&weights("LicenseRef-own"), 64), Outcome::Partial);
        let with_url = format!("{}license-url = \"https://example.org\"\n", weights("LicenseRef-own"));
        assert_eq!(outcome(&with_url, 64), Outcome::Met);
        assert_eq!(outcome(&weights("NONE"), 64), Outcome::Failed);
    }

    #[test]
    fn data_counts_as_replicable_if_it_can_be_had_somewhere() {
        let of = |facts: &str| outcome(&format!("[component.training-data]\nopenness = \"closed\"\n{facts}"), 20);
        let remote = "remote = [{ url = \"https://example.org\" }]\n";
        assert_eq!(of(&format!("data-class = \"public\"\n{remote}")), Outcome::Met);
        assert_eq!(of("data-class = \"public\"\n"), Outcome::Unstated);
        assert_eq!(of(&format!("data-class = \"unshareable\"\n{remote}")), Outcome::Unstated);
        assert_eq!(outcome(&part("training-data", "open", "MIT"), 20), Outcome::Met);
    }

    #[test]
    fn a_fact_that_speaks_to_an_indicator_covers_it_in_part_until_its_key_does() {
        let hardware = "[compute]\nhardware = \"8 GPUs\"\n";
        assert_eq!(outcome(hardware, 24), Outcome::Partial);
        let stated = "[transparency]\ncompute-hardware-for-final-training-run = \"8 H100\"\n";
        assert_eq!(outcome(&format!("{hardware}{stated}"), 24), Outcome::Met);
        assert_eq!(outcome("[compute]\ntraining-flop = 1e22\n", 21), Outcome::Partial);
        assert_eq!(outcome("[compute]\ntraining-flop = 1e22\nmethod = \"hardware\"\n", 21), Outcome::Met);
    }

    #[test]
    fn a_fully_open_release_covers_what_its_facts_decide() {
        let text = include_str!("../../examples/tiny-lm/OPENNESS.toml");
        let tiny = evaluate(&parse(Source::new("OPENNESS.toml", text)).manifest);
        for number in [19, 20, 21, 32, 36, 37, 41, 45, 64, 93, 94] {
            assert_eq!(tiny.reasons[number - 1].outcome, Outcome::Met, "{}", tiny.reasons[number - 1].text);
        }
    }
}
