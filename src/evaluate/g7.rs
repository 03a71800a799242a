//! The shared labels of the G7 Vision on AI Openness: four, each with the conditions of the one below it and more.
//!
//! See <https://g7.utoronto.ca/ict/260529-vision.html>. The vision does not name components, so which of ours stand for a
//! condition is our reading. Where it could be read in two ways, `strict` and `lenient` are the labels under each.

use serde_json::{Map, Value};

use super::terms::{self, Standing, Terms};
use super::{Evaluation, Outcome, Reason, Verdict, all_met, declared, embedded, unknown, worse};
use crate::manifest::{Component, Gating, Manifest, Openness, ReasonKind, ReleaseAccess, UsePolicyKind};
use crate::taxonomy::{Item, Taxonomy};

items! {
    /// The conditions of the labels.
    Condition {
        FreeOfCharge = "free-of-charge",
        Weights = "weights",
        DeploymentCode = "deployment-code",
        License = "open-source-license",
        NoRestriction = "no-restriction",
        TrainingCode = "training-code",
        TrainingData = "training-data",
        DataInformation = "data-information",
        FullData = "full-data",
        Principle4 = "principle-4",
    }
}

/// A reason, and its outcome where the vision is read in another way.
struct Finding {
    reason: Reason,
    /// If only licenses that the Open Source Initiative approved count, also for data and documents.
    strict: Outcome,
    /// If any license counts that does not restrict use.
    lenient: Outcome,
}

impl From<Reason> for Finding {
    fn from(reason: Reason) -> Self {
        Self { strict: reason.outcome, lenient: reason.outcome, reason }
    }
}

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("g7-2026");
    let findings: Vec<Finding> = taxonomy.items.iter().flat_map(|item| check(manifest, item)).collect();
    let mut details = Map::new();
    let label = |outcome: fn(&Finding) -> Outcome| label(taxonomy, &findings, outcome);
    details.insert("strict".to_owned(), Value::from(label(|finding| finding.strict).as_str()));
    details.insert("lenient".to_owned(), Value::from(label(|finding| finding.lenient).as_str()));
    let verdict = label(|finding| finding.reason.outcome);
    Evaluation::new(taxonomy, verdict, details, findings.into_iter().map(|finding| finding.reason).collect())
}

/// Returns the best label whose conditions, and those of the labels below it, are all met.
fn label(taxonomy: &Taxonomy, findings: &[Finding], outcome: fn(&Finding) -> Outcome) -> Verdict {
    let mut best = None;
    let mut so_far = Outcome::Noted;
    for level in &taxonomy.groups {
        let of_level = findings.iter().filter(|finding| finding.reason.level == Some(level.id.as_str()));
        so_far = of_level.map(outcome).fold(so_far, worse);
        match all_met([so_far], Verdict::Undecidable) {
            Verdict::Meets => best = Verdict::from_word(&level.id),
            // Whether even the lowest label applies is open only if none of its conditions fails.
            Verdict::Undecidable if best.is_none() => return Verdict::Undecidable,
            _ => break,
        }
    }
    best.unwrap_or(Verdict::Nothing)
}

fn check(manifest: &Manifest, item: &'static Item) -> Vec<Finding> {
    let Some(condition) = Condition::from_id(&item.id) else { return vec![unknown(item).into()] };
    let findings: Vec<Finding> = match condition {
        Condition::FreeOfCharge => vec![price(manifest, item).into()],
        Condition::Weights => weights(manifest, item).into_iter().map(Finding::from).collect(),
        Condition::DeploymentCode => {
            vec![code(manifest, item, &item.components[0]).into(), granted(manifest, item, &item.components[0])]
        }
        Condition::License => {
            ["final-weights", "inference-code"].iter().filter_map(|id| licensed(manifest, item, id)).collect()
        }
        Condition::NoRestriction => restrictions(manifest, item).into_iter().map(Finding::from).collect(),
        Condition::TrainingCode => training_code(manifest, item),
        Condition::TrainingData => item.components.iter().map(|id| data(manifest, item, id)).collect(),
        Condition::DataInformation => information(manifest, item),
        Condition::FullData => full_data(manifest, item),
        Condition::Principle4 => principle_4(manifest, item).into_iter().map(Finding::from).collect(),
    };
    let level = if condition == Condition::Principle4 { None } else { item.group.as_deref() };
    let at_level = |finding: Finding| Finding { reason: finding.reason.level(level), ..finding };
    findings.into_iter().map(at_level).collect()
}

fn price(manifest: &Manifest, item: &Item) -> Reason {
    let (outcome, text, span) = terms::free_of_charge(manifest);
    Reason::new(&item.id, outcome, text).at(span)
}

fn weights(manifest: &Manifest, item: &Item) -> Vec<Reason> {
    let id = &item.components[0];
    let (_, openness, span) = declared(manifest, id);
    let access = manifest.release.as_ref().and_then(|release| release.access.as_ref());
    let reason = |outcome, text: String| Reason::new(&item.id, outcome, text).component(id);
    let is_released = matches!(openness, Some(Openness::Open | Openness::Partial));
    let mut reasons = vec![match (openness, access.map(|access| (access.value, access.span))) {
        (None, _) => reason(Outcome::Unstated, format!("`{id}` is not declared")),
        (Some(Openness::Closed | Openness::NotApplicable), _) => {
            reason(Outcome::Failed, "the weights are not public".to_owned()).at(span)
        }
        (
            Some(_),
            Some((word @ (ReleaseAccess::FullyClosed | ReleaseAccess::Hosted | ReleaseAccess::CloudApi), at)),
        ) => {
            reason(Outcome::Failed, format!("`release.access` is `{}`, so no weights can be had", word.as_str())).at(at)
        }
        (Some(_), Some((ReleaseAccess::GradualStaged, at))) => {
            let text = "the release is in stages; whether this stage includes the weights needs human review";
            reason(Outcome::Undecidable, text.to_owned()).at(at)
        }
        (Some(Openness::Partial), None) => {
            let text = "the weights are available in part or to some people, and `release.access` is not stated";
            reason(Outcome::Undecidable, text.to_owned()).at(span)
        }
        (Some(Openness::Partial), Some(_)) => {
            reason(Outcome::Met, "the weights are available, in part or to some people".to_owned()).at(span)
        }
        (Some(Openness::Open), _) => reason(Outcome::Met, "the weights are available".to_owned()).at(span),
    }];
    let gating = manifest.access.as_ref().and_then(|access| access.gating.as_ref());
    if let Some(gating) = gating.filter(|gating| is_released && gating.value != Gating::None) {
        let text = format!("the download is gated (`{}`); the labels do not depend on that", gating.value.as_str());
        reasons.push(reason(Outcome::Noted, text).at(gating.span));
    }
    reasons.extend(is_released.then(|| granted(manifest, item, id).reason));
    reasons
}

/// Checks that a released component has a license at all, whatever it allows.
fn granted(manifest: &Manifest, item: &Item, id: &str) -> Finding {
    let reason = |outcome, text: String| Reason::new(&item.id, outcome, text).component(id);
    let Some(component) = released(manifest, id) else {
        return reason(Outcome::NotApplicable, format!("`{id}` is not released, so its license does not matter"))
            .into();
    };
    let Terms { text, span, standing, .. } = terms::of(manifest, component);
    match standing {
        Standing::Without => reason(Outcome::Failed, format!("`{id}` is released without a license")).at(span).into(),
        Standing::Unstated => reason(Outcome::Unstated, format!("no license is stated for `{id}`")).into(),
        _ => reason(Outcome::Met, format!("`{id}` is under {text}")).at(span).into(),
    }
}

fn released<'m>(manifest: &'m Manifest, id: &str) -> Option<&'m Component> {
    manifest.component(id).filter(|component| component.is_released())
}

fn code(manifest: &Manifest, item: &Item, id: &str) -> Reason {
    let (_, openness, span) = declared(manifest, id);
    let (outcome, text) = match openness {
        Some(Openness::Open) => (Outcome::Met, format!("`{id}` is open")),
        Some(Openness::NotApplicable) if id == "inference-code" => (
            Outcome::Undecidable,
            format!("`{id}` is not applicable; whether a public runtime deploys the model needs human review"),
        ),
        Some(Openness::NotApplicable) if id != "training-code" => {
            (Outcome::NotApplicable, format!("`{id}` is declared not applicable"))
        }
        Some(openness) => (Outcome::Failed, format!("`{id}` is {}", openness.as_str().replace('-', " "))),
        None => (Outcome::Unstated, format!("`{id}` is not declared")),
    };
    Reason::new(&item.id, outcome, text).component(id).at(span)
}

/// Checks that weights or code, if they are released, have an Open Source license.
fn licensed(manifest: &Manifest, item: &Item, id: &str) -> Option<Finding> {
    let component = released(manifest, id)?;
    let Terms { text, span, standing, .. } = terms::of(manifest, component);
    let reason = |outcome, text| Reason::new(&item.id, outcome, text).component(id).at(span);
    Some(match standing {
        Standing::OsiApproved => reason(Outcome::Met, format!("{text} on `{id}` is OSI-approved")).into(),
        Standing::Unrestricted => {
            let text = format!("{text} on `{id}` does not restrict use, but is not OSI-approved");
            Finding { lenient: Outcome::Met, ..reason(Outcome::Failed, text).into() }
        }
        Standing::Restricted(limits) => {
            reason(Outcome::Failed, format!("{text} on `{id}` restricts use: {}", limits.join(", "))).into()
        }
        Standing::Unknown => reason(
            Outcome::Undecidable,
            format!("it is not known whether {text} on `{id}` restricts use; it is not OSI-approved"),
        )
        .into(),
        Standing::Without => reason(Outcome::Failed, format!("`{id}` is released without a license")).into(),
        Standing::Unstated => reason(Outcome::Unstated, format!("no license is stated for `{id}`")).into(),
    })
}

/// Returns the outcome for data or a document; licenses for open data and content count, except in the strict reading.
fn open_content(manifest: &Manifest, item: &Item, component: &Component) -> Finding {
    let id = &component.id.value;
    let Terms { text, span, standing, .. } = terms::of(manifest, component);
    let reason = |outcome, text: String| Reason::new(&item.id, outcome, text).component(id).at(span);
    match standing {
        Standing::OsiApproved => reason(Outcome::Met, format!("{text} on `{id}` is OSI-approved")).into(),
        Standing::Unrestricted => {
            let text = format!("{text} on `{id}` is an open license (our reading), but not OSI-approved");
            Finding { strict: Outcome::Failed, ..reason(Outcome::Met, text).into() }
        }
        Standing::Restricted(limits) => {
            reason(Outcome::Failed, format!("{text} on `{id}` restricts use: {}", limits.join(", "))).into()
        }
        Standing::Unknown => {
            reason(Outcome::Undecidable, format!("it is not known whether {text} on `{id}` is open")).into()
        }
        Standing::Without => reason(Outcome::Failed, format!("`{id}` is released without a license")).into(),
        Standing::Unstated => reason(Outcome::Unstated, format!("no license is stated for `{id}`")).into(),
    }
}

/// Checks what restricts use apart from licenses.
fn restrictions(manifest: &Manifest, item: &Item) -> Vec<Reason> {
    let reason = |outcome, text: &str| Reason::new(&item.id, outcome, text);
    let mut reasons = Vec::new();
    if let Some(policy) = &manifest.use_policy {
        let excludes = policy.competitor_clause.as_ref().filter(|clause| clause.value).map(|clause| clause.span);
        if let Some(span) = excludes.or_else(|| policy.prohibits.first().map(|text| text.span)) {
            let (outcome, text) = match policy.kind.as_ref().map(|kind| kind.value) {
                Some(UsePolicyKind::LicenseClause) => (Outcome::Failed, "a clause of the license restricts use"),
                Some(_) => (Outcome::Noted, "a policy next to the license prohibits some uses"),
                None => (Outcome::Undecidable, "a policy prohibits some uses; `use-policy.kind` is not stated"),
            };
            reasons.push(reason(outcome, text).at(span));
        }
    }
    let Some(access) = &manifest.access else { return or_none(reasons, item) };
    if let Some(flag) = access.eu_disallowed.as_ref().filter(|flag| flag.value) {
        reasons.push(reason(Outcome::Failed, "users in the European Union are excluded").at(flag.span));
    }
    if let Some(flag) = access.verification_discriminates.as_ref().filter(|flag| flag.value) {
        reasons.push(reason(Outcome::Failed, "access depends on the group or country of the user").at(flag.span));
    }
    if let Some(first) = access.eligibility.first() {
        let text = "access has conditions; whether they restrict use needs human review";
        reasons.push(reason(Outcome::Undecidable, text).at(first.span));
    }
    or_none(reasons, item)
}

fn or_none(mut reasons: Vec<Reason>, item: &Item) -> Vec<Reason> {
    if reasons.is_empty() {
        reasons.push(Reason::new(&item.id, Outcome::Met, "nothing that is declared restricts use"));
    }
    reasons
}

fn training_code(manifest: &Manifest, item: &Item) -> Vec<Finding> {
    let public = |id: &String| Finding::from(code(manifest, item, id));
    let license = |id: &String| licensed(manifest, item, id);
    item.components.iter().flat_map(|id| std::iter::once(public(id)).chain(license(id))).collect()
}

/// Checks that one set of data is public, or that the reason why it is not is that it cannot be.
fn data(manifest: &Manifest, item: &Item, id: &str) -> Finding {
    let (component, openness, span) = declared(manifest, id);
    let reason = |outcome, text: String| Reason::new(&item.id, outcome, text).component(id);
    match (component, openness) {
        (Some(component), Some(Openness::Open)) => open_content(manifest, item, component),
        (_, Some(Openness::NotApplicable)) if id != "training-data" => {
            reason(Outcome::NotApplicable, format!("`{id}` is declared not applicable")).at(span).into()
        }
        (Some(component), Some(openness)) => {
            let state = openness.as_str().replace('-', " ");
            let kind = component.reason_kind.as_ref();
            let (outcome, why) = match kind.map(|kind| kind.value) {
                Some(kind @ (ReasonKind::Legal | ReasonKind::Technical)) => {
                    (Outcome::Met, format!("for a {} reason", kind.as_str()))
                }
                Some(kind) => {
                    (Outcome::Failed, format!("but not for a legal or technical reason (`{}`)", kind.as_str()))
                }
                None => (Outcome::Unstated, "and its `reason-kind` is not stated".to_owned()),
            };
            reason(outcome, format!("`{id}` is {state}, {why}")).at(kind.map(|kind| kind.span).or(span)).into()
        }
        _ => reason(Outcome::Unstated, format!("`{id}` is not declared")).into(),
    }
}

/// The sets of training data that are kept back, in full or in part.
fn withheld(manifest: &Manifest) -> impl Iterator<Item = &Component> {
    let data = ["training-data", "fine-tuning-data", "alignment-data"];
    let kept_back = |component: &&Component| matches!(component.openness(), Openness::Closed | Openness::Partial);
    data.into_iter().filter_map(|id| manifest.component(id)).filter(kept_back)
}

/// Checks that a document under open terms describes the data that is kept back.
fn information(manifest: &Manifest, item: &Item) -> Vec<Finding> {
    let Some(first) = withheld(manifest).next() else {
        let text = "no set of data is kept back, so nothing has to be described instead";
        return vec![Reason::new(&item.id, Outcome::NotApplicable, text).into()];
    };
    let released = item.components.iter().filter_map(|id| released(manifest, id));
    let documents: Vec<Finding> = released.map(|document| open_content(manifest, item, document)).collect();
    // One document is enough, so the others do not count against it.
    let best = documents.into_iter().min_by_key(|finding| match finding.reason.outcome {
        Outcome::Met => 0,
        Outcome::Undecidable => 1,
        Outcome::Unstated => 2,
        _ => 3,
    });
    vec![best.unwrap_or_else(|| {
        let names = item.components.join("`, `");
        let text = format!("`{}` is kept back, and none of `{names}` is released to describe it", first.id.value);
        Reason::new(&item.id, Outcome::Failed, text).at(first.id.span).into()
    })]
}

fn full_data(manifest: &Manifest, item: &Item) -> Vec<Finding> {
    let reason = |component: &Component| {
        let id = &component.id.value;
        let span = component.openness.as_ref().map(|openness| openness.span);
        let text = format!("`{id}` is {}", component.openness().as_str());
        Finding::from(Reason::new(&item.id, Outcome::Failed, text).component(id).at(span))
    };
    let mut findings: Vec<Finding> = withheld(manifest).map(reason).collect();
    if findings.is_empty() {
        findings.push(Reason::new(&item.id, Outcome::Met, "no set of data is declared as kept back").into());
    }
    findings
}

/// Notes if the description calls the release open without saying which parts are available.
fn principle_4(manifest: &Manifest, item: &Item) -> Option<Reason> {
    let description = manifest.model.description.as_ref()?;
    let mut words = description.value.split(|letter: char| !letter.is_alphanumeric());
    words.find(|word| word.eq_ignore_ascii_case("open"))?;
    let parts = ["final-weights", "inference-code", "training-code", "training-data"];
    let silent: Vec<&str> = parts.into_iter().filter(|id| manifest.component(id).is_none()).collect();
    let names = silent.join("`, `");
    let text = format!("the description says `open`, but the manifest does not say whether `{names}` is available");
    (!silent.is_empty()).then(|| Reason::new(&item.id, Outcome::Noted, text).at(description.span))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::evaluate::{Holds, claims, evaluate_one};
    use crate::manifest::parse::parse;
    use crate::source::Source;

    const HEAD: &str = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n";
    const FREE: &str = "[access]\nprice = \"free\"\n";
    const CODE: [&str; 5] =
        ["inference-code", "training-code", "fine-tuning-code", "alignment-code", "data-preprocessing-code"];

    fn part(id: &str, openness: &str, license: &str) -> String {
        format!("[component.{id}]\nopenness = \"{openness}\"\nlicense = \"{license}\"\n")
    }

    fn model(text: &str) -> Manifest {
        let parsed = parse(Source::new("OPENNESS.toml", format!("{HEAD}{text}")));
        assert!(parsed.is_sound(), "{:?}", parsed.findings);
        parsed.manifest
    }

    /// The verdict, and the strict and the lenient label.
    fn labels(text: &str) -> [String; 3] {
        let evaluation = evaluate(&model(text));
        let word = |key: &str| evaluation.details[key].as_str().unwrap().to_owned();
        [evaluation.verdict.unwrap().as_str().to_owned(), word("strict"), word("lenient")]
    }

    fn label(text: &str) -> String {
        labels(text)[0].clone()
    }

    fn weights(license: &str) -> String {
        format!("{}{}", part("final-weights", "open", license), part("inference-code", "open", "MIT"))
    }

    /// A release of everything, with this license on the data.
    fn everything(data: &str) -> String {
        let code: String = CODE.iter().map(|id| part(id, "open", "MIT")).collect();
        let data: String =
            ["training-data", "fine-tuning-data", "alignment-data"].iter().map(|id| part(id, "open", data)).collect();
        format!("{FREE}{}{code}{data}", part("final-weights", "open", "Apache-2.0"))
    }

    /// The same, but the training data is kept back.
    fn kept_back(facts: &str, card: &str) -> String {
        let open = part("training-data", "open", "CC0-1.0");
        let closed = format!("[component.training-data]\nopenness = \"closed\"\nreason = \"r\"\n{facts}");
        everything("CC0-1.0").replace(&open, &closed) + card
    }

    #[test]
    fn an_approved_license_makes_open_weights_and_a_restricted_one_available() {
        for (license, expected) in [
            ("Apache-2.0", "open-weights-ai"),
            ("MIT", "open-weights-ai"),
            ("LicenseRef-Llama-4-Community", "weights-available-ai"),
            ("LicenseRef-Gemma-Terms", "weights-available-ai"),
            ("CC-BY-NC-4.0", "weights-available-ai"),
            ("Apache-2.0 AND CC-BY-NC-4.0", "weights-available-ai"),
            ("Apache-2.0 OR CC-BY-NC-4.0", "open-weights-ai"),
            ("LicenseRef-own", "weights-available-ai"),
            ("NONE", "none"),
        ] {
            let text = format!("{FREE}{}[component.training-data]\nopenness = \"closed\"\n", weights(license));
            assert_eq!(label(&text), expected, "{license}");
        }
    }

    #[test]
    fn an_unrestricted_license_without_approval_is_read_in_two_ways() {
        let text = format!("{FREE}{}", weights("OpenMDW-1.0"));
        assert_eq!(labels(&text), ["weights-available-ai", "weights-available-ai", "open-weights-ai"]);
        assert_eq!(labels(&text.replace("OpenMDW-1.0", "LicenseRef-OpenMDW-1.1")), labels(&text));
        let restricted = text.replace("OpenMDW-1.0", "LicenseRef-Gemma-Terms");
        assert_eq!(labels(&restricted)[2], "weights-available-ai");
    }

    #[test]
    fn open_data_needs_an_open_license_that_the_strict_reading_refuses() {
        let best = "open-source-ai-with-open-data";
        assert_eq!(labels(&everything("MIT")), [best; 3]);
        for data in ["CC0-1.0", "ODC-By-1.0", "CC-BY-4.0"] {
            assert_eq!(labels(&everything(data)), [best, "open-weights-ai", best], "{data}");
        }
        assert_eq!(labels(&everything("CC-BY-NC-4.0")), ["open-weights-ai"; 3]);
        assert_eq!(label(&everything("LicenseRef-own")), "open-weights-ai");
    }

    #[test]
    fn data_may_be_kept_back_only_if_sharing_is_impossible_and_it_is_described() {
        let card = part("data-card", "open", "CC-BY-4.0");
        for (kind, expected) in [
            ("legal", "open-source-ai"),
            ("technical", "open-source-ai"),
            ("commercial", "open-weights-ai"),
            ("other", "open-weights-ai"),
        ] {
            assert_eq!(label(&kept_back(&format!("reason-kind = \"{kind}\"\n"), &card)), expected, "{kind}");
        }
        let legal = "reason-kind = \"legal\"\n";
        assert_eq!(label(&kept_back("", &card)), "open-weights-ai");
        assert_eq!(label(&kept_back("data-class = \"unshareable\"\n", &card)), "open-weights-ai");
        assert_eq!(label(&kept_back(legal, "")), "open-weights-ai");
        assert_eq!(label(&kept_back(legal, &part("data-card", "closed", "CC-BY-4.0"))), "open-weights-ai");
        assert_eq!(label(&kept_back(legal, &part("data-card", "open", "CC-BY-NC-4.0"))), "open-weights-ai");
        let two = format!("{}{}", part("technical-report", "open", "CC-BY-NC-4.0"), card);
        assert_eq!(label(&kept_back(legal, &two)), "open-source-ai");
    }

    #[test]
    fn each_stage_of_training_counts_unless_the_model_does_not_have_it() {
        let text = everything("CC0-1.0");
        let without = |id: &str, openness: &str, license: &str| {
            let declared = part(id, "open", license);
            assert!(text.contains(&declared));
            let instead = match openness {
                "" => String::new(),
                _ => format!("[component.{id}]\nopenness = \"{openness}\"\n"),
            };
            label(&text.replace(&declared, &instead))
        };
        let best = "open-source-ai-with-open-data";
        for (id, license) in [("fine-tuning-code", "MIT"), ("alignment-code", "MIT"), ("alignment-data", "CC0-1.0")] {
            assert_eq!(without(id, "not-applicable", license), best, "{id}");
            assert_eq!(without(id, "closed", license), "open-weights-ai", "{id}");
            assert_eq!(without(id, "", license), "open-weights-ai", "{id}");
        }
        assert_eq!(without("training-code", "not-applicable", "MIT"), "open-weights-ai");
        assert_eq!(without("training-data", "not-applicable", "CC0-1.0"), "open-weights-ai");
    }

    #[test]
    fn a_price_denies_every_label_and_an_unstated_one_leaves_it_open() {
        let parts = weights("MIT");
        assert_eq!(label(&format!("[access]\nprice = \"paid\"\n{parts}")), "none");
        assert_eq!(label(&parts), "undecidable");
        let purchase = |flag: &str| format!("[eu.monetization]\nmandatory-purchase-for-access = {flag}\n");
        assert_eq!(label(&format!("{}{parts}", purchase("false"))), "open-weights-ai");
        assert_eq!(label(&format!("{}{parts}", purchase("true"))), "none");
        assert_eq!(label(&format!("{FREE}{}{parts}", purchase("true"))), "none");
    }

    #[test]
    fn weights_must_be_available_to_download() {
        let release = |access: &str| format!("{FREE}{}[release]\naccess = \"{access}\"\n", weights("MIT"));
        for (access, expected) in [
            ("downloadable", "open-weights-ai"),
            ("fully-open", "open-weights-ai"),
            ("gradual-staged", "undecidable"),
            ("cloud-api", "none"),
            ("hosted", "none"),
            ("fully-closed", "none"),
        ] {
            assert_eq!(label(&release(access)), expected, "{access}");
        }
        let partial = |text: &str| text.replacen("\"open\"", "\"partial\"", 1);
        assert_eq!(label(&partial(&release("downloadable"))), "open-weights-ai");
        assert_eq!(label(&partial(&format!("{FREE}{}", weights("MIT")))), "undecidable");
        assert_eq!(label(&format!("{FREE}{}", part("inference-code", "open", "MIT"))), "undecidable");
        assert_eq!(label(&format!("{FREE}{}", part("final-weights", "closed", "MIT"))), "none");
        assert_eq!(label(&format!("{FREE}{}", part("final-weights", "open", "MIT"))), "undecidable");
    }

    #[test]
    fn a_gate_is_noted_and_the_exclusion_of_users_is_a_restriction() {
        let access = |facts: &str| format!("{FREE}{facts}{}", weights("MIT"));
        let gated = evaluate(&model(&access("gating = \"manual\"\n")));
        assert_eq!(gated.verdict, Some(Verdict::OpenWeightsAi));
        assert!(gated.reasons.iter().any(|reason| reason.text.contains("gated (`manual`)")));
        assert_eq!(label(&access("eu-disallowed = true\n")), "weights-available-ai");
        assert_eq!(label(&access("eu-disallowed = false\n")), "open-weights-ai");
        let policy = |kind: &str| access("") + &format!("[use-policy]\nprohibits = [\"malware\"]\nkind = \"{kind}\"\n");
        assert_eq!(label(&policy("license-clause")), "weights-available-ai");
        assert_eq!(label(&policy("separate-aup")), "open-weights-ai");
    }

    #[test]
    fn a_claim_that_fails_points_at_the_license_and_the_data() {
        let claim = "[claims]\ng7 = \"open-source-ai-with-open-data\"\n";
        let text = kept_back("reason-kind = \"commercial\"\n", claim).replace("Apache-2.0", "LicenseRef-Gemma-Terms");
        let manifest = model(&text);
        let (outcomes, _) = claims(&manifest, &[evaluate_one(&manifest, "g7-2026").unwrap()]);
        assert_eq!((outcomes[0].holds, outcomes[0].derived.as_str()), (Holds::No, "weights-available-ai"));
        let items: Vec<&str> = outcomes[0].reasons.iter().map(|reason| reason.item.as_str()).collect();
        assert_eq!(items, ["open-source-license", "training-data", "data-information", "full-data"]);
        assert!(outcomes[0].reasons[0].text.contains("restricts use: excluded uses, a binding use policy"));
        let lower = model(&text.replace("open-source-ai-with-open-data", "weights-available-ai"));
        let (outcomes, _) = claims(&lower, &[evaluate_one(&lower, "g7-2026").unwrap()]);
        assert_eq!(outcomes[0].holds, Holds::Yes);
    }

    #[test]
    fn the_word_open_without_the_parts_is_noted() {
        let noted = |description: &str, parts: &str| {
            let text = format!("description = \"{description}\"\n{parts}");
            evaluate(&model(&text)).reasons.iter().any(|reason| reason.item == "principle-4")
        };
        assert!(noted("An open model.", ""));
        assert!(noted("The first Open-source model", &weights("MIT")));
        assert!(!noted("A model that opens doors", ""));
        assert!(!noted("An open model.", &everything("CC0-1.0")));
    }

    #[test]
    fn an_unknown_item_is_undecided() {
        let item: &'static Item = Box::leak(Box::new(Item { id: "new".to_owned(), ..Item::default() }));
        assert_eq!(check(&Manifest::default(), item)[0].reason.outcome, Outcome::Undecidable);
    }
}
