//! Models that are trained on the outputs of another.

use super::alternatives::{Alternative, Term};
use super::pair::{self, Form};
use super::verdict::{Basis, Ground, Outcome, Verdict};
use crate::license::terms::{self, Aspect, Outputs, Terms};
use crate::license::{is_osi_approved, traits};

/// Compares the license of a distilled model with that of its teacher.
pub(super) fn distilled(base: &Term, offered: &Alternative, text: Option<&str>) -> Verdict {
    let Some(terms) = terms::find(&base.id) else { return without_terms(base) };
    let of_terms = |why: String| Ground::of_terms(terms, Aspect::Outputs, why);
    match terms.outputs {
        Outputs::Free => {
            Verdict::new(Outcome::Compatible, of_terms("no term limits models trained on outputs".to_owned()))
        }
        Outputs::Name | Outputs::Display => allowed(terms, offered),
        Outputs::Derivative => {
            let mut verdict = pair::derived(base, Form::Changed, offered, text);
            let why = "a model trained on its outputs counts as a derivative, so all terms follow";
            verdict.grounds.insert(0, of_terms(why.to_owned()));
            verdict
        }
        Outputs::Forbidden => {
            let other = terms.outputs_limit.as_deref().unwrap_or("other models");
            if offered.iter().any(|term| term.id == base.id) {
                let why = format!("outputs may not be used for {other}; models of the same family are excepted");
                let ground = of_terms(why).settled_by("whether the model counts as one of the family");
                return Verdict::new(Outcome::Review, ground);
            }
            pair::conflict(terms, Aspect::Outputs, &format!("outputs may not be used for {other}"), "another teacher")
        }
        Outputs::Silent => Verdict::new(
            Outcome::Review,
            of_terms("the terms do not speak of models trained on outputs".to_owned())
                .settled_by("the view of the licensor"),
        ),
    }
}

fn allowed(terms: &'static Terms, offered: &Alternative) -> Verdict {
    let is_commercial = offered.iter().all(|term| pair::is_commercial(&term.id) != Some(false));
    if !terms.commercial && is_commercial {
        let why = "the grant is for non-commercial purposes, and the terms do not say what that means for models trained on outputs";
        return Verdict::new(
            Outcome::Review,
            Ground::of_terms(terms, Aspect::Commercial, why).settled_by("the view of the licensor"),
        );
    }
    let why = "training on outputs is allowed, on a condition about the name or the documentation";
    Verdict::new(Outcome::Obligations, Ground::of_terms(terms, Aspect::Outputs, why))
}

/// A license without encoded terms.
fn without_terms(base: &Term) -> Verdict {
    let is_copyleft = traits::traits(&base.id).and_then(|traits| traits.copyleft).is_none_or(traits::Answer::is_yes);
    if is_osi_approved(&base.id) && !is_copyleft {
        let why = "the license is approved by the OSI, and licenses that are do not limit what a program puts out";
        return Verdict::new(Outcome::Compatible, Ground::of(&base.id, Basis::Reading, why));
    }
    pair::unknown(base)
}
