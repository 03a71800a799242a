//! Seger et al. 2023: whether there is a risk assessment as the report requires before a model is opened, and whether it
//! is complete.
//!
//! See <https://arxiv.org/abs/2311.09227>. Most items are known only from descriptions of the report, as the data says.

use serde_json::{Map, json};

use super::{Evaluation, Outcome, Reason, embedded, evidence, unknown};
use crate::manifest::{Benefit, Manifest, Risk, Text};
use crate::source::Spanned;
use crate::taxonomy::{Item, Taxonomy};

items! {
    /// The steps of the assessment.
    Step {
        DangerousCapabilityEvaluation = "dangerous-capability-evaluation",
        FineTuningUplift = "fine-tuning-uplift",
        SafeguardRobustness = "safeguard-robustness",
        OffenseDefenseEffect = "offense-defense-effect",
        IrreversibilityAcknowledged = "irreversibility-acknowledged",
        AlternativesConsidered = "alternatives-considered",
        ExternalReview = "external-review",
        Benefits = "benefits",
    }
}

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("seger-2023");
    let empty = Risk::default();
    let risk = manifest.risk.as_ref().unwrap_or(&empty);
    let header = manifest.risk.as_ref().map(|risk| risk.header);
    let mut reasons = Vec::new();
    let mut required = Vec::new();
    for item in &taxonomy.items {
        let reason = check(risk, item).or_at(header);
        if item.required == Some(true) {
            required.push(reason.outcome);
        }
        reasons.push(reason);
    }
    let mut details = Map::new();
    let alternatives: Vec<&str> = risk.alternatives_considered.iter().map(|text| text.value.as_str()).collect();
    let benefits: Vec<&str> = risk.benefits.iter().map(|benefit| benefit.value.as_str()).collect();
    details.insert("alternatives".to_owned(), json!(alternatives));
    details.insert("benefits".to_owned(), json!(benefits));
    let weighed = risk.alternatives.iter().map(|alternative| {
        let serves: Vec<&str> = alternative.serves.iter().map(|benefit| benefit.as_str()).collect();
        json!({ "name": alternative.name.value, "serves": serves, "reason": alternative.reason.as_ref().map(|text| &text.value) })
    });
    details.insert("weighed".to_owned(), weighed.collect());
    let stages = manifest.release.iter().flat_map(|release| &release.stages).map(|stage| {
        let text = |text: &Option<Text>| json!(text.as_ref().map(|text| &text.value));
        json!({
            "access": stage.access.as_ref().map(|access| access.as_str()),
            "date": text(&stage.date),
            "audience": text(&stage.audience),
            "criteria": text(&stage.criteria),
        })
    });
    details.insert("stages".to_owned(), stages.collect());
    reasons.extend(unserved(risk));
    reasons.extend(unlisted(taxonomy, risk));
    Evaluation::new(taxonomy, evidence::verdict(required), details, reasons)
}

/// Returns a note on each benefit that is sought although no alternative was weighed that would bring it too.
fn unserved(risk: &Risk) -> Vec<Reason> {
    let is_served = |benefit: Benefit| {
        risk.alternatives.iter().any(|alternative| alternative.serves.iter().any(|served| served.value == benefit))
    };
    let unserved = risk.benefits.iter().filter(|benefit| !is_served(benefit.value));
    let note = |benefit: &Spanned<Benefit>| {
        let text = format!("no alternative that serves `{}` is declared under `risk.alternative`", benefit.as_str());
        Reason::new("benefits", Outcome::Noted, text).at(benefit.span)
    };
    unserved.map(note).collect()
}

/// Returns a note on each alternative that the report is not said to discuss, and that we do not know either.
fn unlisted(taxonomy: &Taxonomy, risk: &Risk) -> Vec<Reason> {
    let names =
        risk.alternatives_considered.iter().chain(risk.alternatives.iter().map(|alternative| &alternative.name));
    let is_known =
        |name: &&Text| ["alternatives", "other-alternatives"].iter().any(|list| taxonomy.list_contains(list, name));
    let note = |name: &Text| {
        let text = format!("`{}` is not one of the known alternatives", name.value);
        Reason::new("alternatives-considered", Outcome::Noted, text).at(name.span)
    };
    names.filter(|name| !is_known(name)).map(note).collect()
}

fn check(risk: &Risk, item: &Item) -> Reason {
    let Some(step) = Step::from_id(&item.id) else { return unknown(item) };
    let (outcome, text, span) = match step {
        Step::DangerousCapabilityEvaluation => evidence::check(risk.dangerous_capability_evaluation.as_ref()),
        Step::FineTuningUplift => evidence::check(risk.fine_tuning_uplift.as_ref()),
        Step::SafeguardRobustness => evidence::check(risk.safeguard_robustness.as_ref()),
        Step::OffenseDefenseEffect => evidence::check(risk.offense_defense_effect.as_ref()),
        Step::IrreversibilityAcknowledged => evidence::check(risk.irreversibility_acknowledged.as_ref()),
        Step::ExternalReview => evidence::check(risk.external_review.as_ref()),
        Step::AlternativesConsidered => match risk
            .alternatives_considered
            .first()
            .or_else(|| risk.alternatives.first().map(|alternative| &alternative.name))
        {
            Some(first) => (Outcome::Met, "names alternatives", Some(first.span)),
            None => (Outcome::Unstated, "does not name any alternative", None),
        },
        Step::Benefits => match risk.benefits.first() {
            Some(first) => (Outcome::Met, "names benefits", Some(first.span)),
            None => (Outcome::Noted, "does not name any benefit", None),
        },
    };
    Reason::new(&item.id, outcome, format!("`risk.{}` {text}", item.id)).at(span)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    #[test]
    fn a_benefit_without_an_alternative_that_serves_it_is_noted() {
        let text = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n[release]\naccess = \"gradual-staged\"\n\
                    [[release.stage]]\naccess = \"hosted\"\naudience = \"researchers\"\n[risk]\n\
                    benefits = [\"external-evaluation\", \"accelerate-progress\"]\n[[risk.alternative]]\n\
                    name = \"research-api\"\nserves = [\"external-evaluation\"]\n[[risk.alternative]]\nname = \"a-secret-way\"\n";
        let parsed = parse(Source::new("t", text));
        assert!(parsed.is_sound(), "{:#?}", parsed.findings);
        let evaluation = evaluate(&parsed.manifest);
        let notes = evaluation.reasons.iter().filter(|reason| reason.outcome == Outcome::Noted);
        let notes: Vec<&str> = notes.map(|reason| reason.text.as_str()).collect();
        assert_eq!(
            notes,
            [
                "no alternative that serves `accelerate-progress` is declared under `risk.alternative`",
                "`a-secret-way` is not one of the known alternatives"
            ]
        );
        assert_eq!(evaluation.details["weighed"][0]["serves"], json!(["external-evaluation"]));
        assert_eq!(evaluation.details["stages"][0]["audience"], "researchers");
    }

    #[test]
    fn an_unknown_item_is_undecided() {
        let item = Item { id: "new".to_owned(), ..Item::default() };
        assert_eq!(check(&Risk::default(), &item).outcome, Outcome::Undecidable);
    }
}
