//! The Open Weights Definition: weights that anyone may use, modify and share, and information on how they were trained.
//!
//! See <https://github.com/Open-Weights/Definition>.

use serde_json::{Map, Value};

use super::{Evaluation, Outcome, Reason, Verdict, all_met, condition, declared, embedded, in_sentence, unknown};
use crate::license::traits::{self, Answer, Threshold, Traits};
use crate::license::{self, Effective};
use crate::manifest::{Manifest, Openness, Text};
use crate::taxonomy::Item;

items! {
    /// The conditions of the definition.
    Condition {
        Weights = "weights",
        License = "license",
        NoDiscrimination = "no-discrimination",
        Architecture = "architecture",
        Methodology = "methodology",
        DataDescription = "data-description",
        TrainingSoftware = "training-software",
    }
}

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("open-weights");
    let reasons: Vec<Reason> = taxonomy.items.iter().map(|item| check(manifest, item)).collect();
    let conditions: Map<String, Value> =
        reasons.iter().map(|reason| (reason.item.clone(), condition(reason.outcome).into())).collect();
    let verdict = all_met(reasons.iter().map(|reason| reason.outcome), Verdict::Unstated);
    let mut details = Map::new();
    details.insert("conditions".to_owned(), Value::Object(conditions));
    Evaluation::new(taxonomy, verdict, details, reasons)
}

fn check(manifest: &Manifest, item: &Item) -> Reason {
    let Some(known) = Condition::from_id(&item.id) else { return unknown(item) };
    let eu = manifest.eu.as_ref();
    match known {
        Condition::Weights => weights(manifest, item),
        Condition::License => license(manifest, item),
        Condition::NoDiscrimination => discrimination(manifest, item),
        Condition::Architecture => information(manifest, item, eu.and_then(|eu| eu.architecture_information.as_ref())),
        Condition::Methodology => information(manifest, item, None),
        Condition::DataDescription => information(manifest, item, eu.and_then(|eu| eu.training_summary.as_ref())),
        Condition::TrainingSoftware => software(manifest, item),
    }
}

fn weights(manifest: &Manifest, item: &Item) -> Reason {
    let (_, openness, span) = declared(manifest, "final-weights");
    let (outcome, text) = match openness {
        Some(Openness::Open) => (Outcome::Met, "the weights are available"),
        Some(Openness::Partial) => (Outcome::Failed, "the weights are only partially available"),
        Some(_) => (Outcome::Failed, "the weights are not available"),
        None => (Outcome::Unstated, "`final-weights` is not declared"),
    };
    Reason::new(&item.id, outcome, text).component("final-weights").at(span)
}

fn license(manifest: &Manifest, item: &Item) -> Reason {
    let reason = |outcome, text: String| Reason::new(&item.id, outcome, text).component("final-weights");
    let Some(component) = manifest.component("final-weights").filter(|component| component.is_released()) else {
        return reason(Outcome::Unstated, "no weights are released, so there is no license to evaluate".to_owned());
    };
    let effective = license::effective(manifest, component);
    let span = effective.span();
    let (outcome, text) = match effective {
        Effective::Unstated => (Outcome::Unstated, "no license is stated for the weights".to_owned()),
        Effective::None(..) => (Outcome::Failed, "the weights are released without a license".to_owned()),
        Effective::Custom(..) => (Outcome::Undecidable, "the terms of the weights have no SPDX expression".to_owned()),
        Effective::Stated(text, _) => {
            let text = &text.value;
            let expression = effective.expression();
            let caveat = expression.as_ref().map_or("", traits::caveat);
            match expression.and_then(|expression| {
                if expression.is_open() { Some(true) } else { traits::ask(&expression, unrestricted) }
            }) {
                Some(true) => {
                    (Outcome::Met, format!("`{text}`{caveat} allows any use, modification and redistribution"))
                }
                Some(false) => {
                    (Outcome::Failed, format!("`{text}`{caveat} restricts use, modification or redistribution"))
                }
                None => (Outcome::Undecidable, format!("it is not known what `{text}` allows")),
            }
        }
    };
    reason(outcome, text).at(span)
}

/// Returns whether a license allows any use, modification and redistribution; `None` unless every trait is known.
fn unrestricted(traits: &Traits) -> Option<bool> {
    let wanted = [
        traits.commercial_use.map(Answer::is_yes),
        traits.redistribution.map(Answer::is_yes),
        traits.derivatives.map(Answer::is_yes),
        traits.field_of_use_limits.map(|limits| !limits.is_yes()),
        traits.output_training_limit.map(|limit| !limit.is_yes()),
        traits.geo_exclusion.map(|exclusion| !exclusion.is_yes()),
        traits.user_threshold.map(|threshold| threshold == Threshold::None),
        traits.revenue_threshold.map(|threshold| threshold == Threshold::None),
    ];
    if wanted.contains(&Some(false)) {
        Some(false)
    } else if wanted.contains(&None) {
        None
    } else {
        Some(true)
    }
}

fn discrimination(manifest: &Manifest, item: &Item) -> Reason {
    let access = manifest.access.as_ref();
    let flags = [
        (
            access.and_then(|access| access.verification_discriminates.as_ref()),
            "user verification treats groups or countries differently",
        ),
        (access.and_then(|access| access.eu_disallowed.as_ref()), "access is denied to users in the EU"),
        (
            manifest.use_policy.as_ref().and_then(|policy| policy.competitor_clause.as_ref()),
            "the use policy excludes competitors",
        ),
    ];
    for (flag, text) in flags {
        if let Some(flag) = flag.filter(|flag| flag.value) {
            return Reason::new(&item.id, Outcome::Failed, text).at(flag.span);
        }
    }
    if let Some(first) = manifest.use_policy.as_ref().and_then(|policy| policy.prohibits.first()) {
        return Reason::new(&item.id, Outcome::Failed, "the use policy prohibits some purposes").at(first.span);
    }
    if let Some(first) = access.and_then(|access| access.eligibility.first()) {
        let text = "access has eligibility conditions; whether they discriminate needs human review";
        return Reason::new(&item.id, Outcome::Undecidable, text).at(first.span);
    }
    Reason::new(&item.id, Outcome::Met, "nothing that is declared discriminates")
}

/// Checks that some information is released, in one of the item's components or in `elsewhere`.
///
/// Whether it suffices needs human review, so only its absence counts against the release.
fn information(manifest: &Manifest, item: &Item, elsewhere: Option<&Text>) -> Reason {
    let released =
        item.components.iter().filter_map(|id| manifest.component(id)).find(|component| component.is_released());
    let name = in_sentence(&item.name);
    match (released, elsewhere) {
        (Some(component), _) => Reason::new(&item.id, Outcome::Met, format!("{name}: `{}`", component.id.value))
            .component(&component.id.value)
            .at(component.id.span),
        (None, Some(text)) => Reason::new(&item.id, Outcome::Met, format!("{name}: `{}`", text.value)).at(text.span),
        (None, None) => {
            let ids = item.components.join("`, `");
            let is_declared = item.components.iter().any(|id| manifest.component(id).is_some());
            let outcome = if is_declared { Outcome::Failed } else { Outcome::Unstated };
            Reason::new(&item.id, outcome, format!("{name}: none of `{ids}` is released"))
        }
    }
}

fn software(manifest: &Manifest, item: &Item) -> Reason {
    let (component, openness, span) = declared(manifest, "training-code");
    let reason = |outcome, text: &str| Reason::new(&item.id, outcome, text).component("training-code").at(span);
    match (component, openness) {
        (Some(component), Some(Openness::Open)) => {
            let effective = license::effective(manifest, component);
            let open = effective.expression().is_some_and(|expression| expression.is_open());
            if open {
                reason(Outcome::Met, "the training software is open source")
            } else {
                reason(Outcome::Failed, "the training software is not under an open license")
                    .at(effective.span().or(span))
            }
        }
        (_, Some(_)) => reason(Outcome::Failed, "the training software is not fully released"),
        _ => reason(Outcome::Unstated, "`training-code` is not declared"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_item_is_undecided() {
        let item = Item { id: "new".to_owned(), ..Item::default() };
        assert_eq!(check(&Manifest::default(), &item).outcome, Outcome::Undecidable);
    }
}
