//! Models that are trained on data, or with code.

use super::alternatives::{Alternative, Term};
use super::verdict::{Basis, Ground, Outcome, Verdict};
use super::{outputs, pair};
use crate::license::terms::{self, Aspect, Outbound, Outputs, TrainedModel};
use crate::license::{is_osi_approved, traits};

/// Compares the license of a model with that of its training data. Terms of data alone never make a conflict.
pub(super) fn trained_on(base: &Term, offered: &Alternative, text: Option<&str>) -> Verdict {
    let Some(terms) = terms::find(&base.id) else { return pair::unknown(base) };
    let of_terms = |why: &str| Ground::of_terms(terms, Aspect::Trained, why);
    match terms.trained_model {
        Some(TrainedModel::Free) => {
            Verdict::new(Outcome::Compatible, of_terms("models trained on it are free of its terms"))
        }
        Some(TrainedModel::Attribution) => Verdict::new(
            Outcome::Obligations,
            of_terms("the terms do not speak of models; the licensor advises to name the data and link to it"),
        ),
        Some(TrainedModel::Notice) => Verdict::new(
            Outcome::Obligations,
            of_terms("a notice is required if the model counts as a work produced from the database"),
        ),
        Some(TrainedModel::Disputed) => Verdict::new(
            Outcome::Review,
            of_terms("whether these terms reach a model that was trained on the data is disputed, and they do not say")
                .settled_by("the view of the licensor of the data"),
        ),
        None if matches!(
            terms.outputs,
            Outputs::Name | Outputs::Display | Outputs::Derivative | Outputs::Forbidden
        ) =>
        {
            let mut verdict = outputs::distilled(base, offered, text);
            verdict.soften(
                Outcome::Review,
                "the terms are those of a model, and the base is data; what they mean for it is open",
            );
            verdict
        }
        None if terms.outbound == Outbound::Any => Verdict::new(
            Outcome::Obligations,
            Ground::of_terms(terms, Aspect::Keep, "notices have to be kept where parts of the data are passed on"),
        ),
        None => Verdict::new(
            Outcome::Review,
            of_terms("the terms do not speak of models trained on it")
                .settled_by("the view of the licensor of the data"),
        ),
    }
}

/// Compares with the license of code that the model was trained with.
pub(super) fn trained_with(base: &Term) -> Verdict {
    let terms = terms::find(&base.id);
    let is_permissive = match terms {
        Some(terms) => terms.outbound == Outbound::Any,
        None => {
            let is_copyleft = traits::traits(&base.id).and_then(|traits| traits.copyleft);
            is_osi_approved(&base.id) && is_copyleft == Some(traits::Answer::No)
        }
    };
    if is_permissive {
        let why = "the terms are about copies of the code, and weights contain none of it";
        let ground = terms.map_or_else(
            || Ground::of(&base.id, Basis::Reading, why),
            |terms| Ground::of_terms(terms, Aspect::Grant, why),
        );
        return Verdict::new(Outcome::Compatible, ground);
    }
    let Some(terms) = terms else { return pair::unknown(base) };
    let why = "whether weights that were trained with the code fall under its license is disputed";
    Verdict::new(
        Outcome::Review,
        Ground::of_terms(terms, Aspect::Grant, why).settled_by("the view of the licensor of the code"),
    )
}
