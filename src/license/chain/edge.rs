//! One license of a base against one alternative of a release, by relation.

use super::alternatives::{Alternative, Term};
use super::obligations;
use super::pair::{self, Form};
use super::relation::Relation;
use super::verdict::{Basis, Ground, Outcome, Verdict};
use super::{data, outputs};
use crate::license::terms::{self, AdapterTerm, Aspect};

/// Judges one license of a base.
pub(super) fn judge(base: &Term, relation: Relation, offered: &Alternative, text: Option<&str>) -> Verdict {
    let mut verdict = if base.has_addition {
        addition(base)
    } else {
        match relation {
            Relation::Copy => pair::derived(base, Form::Copy, offered, text),
            Relation::Quantized => pair::derived(base, Form::Format, offered, text),
            Relation::Finetune | Relation::Merge | Relation::Other => pair::derived(base, Form::Changed, offered, text),
            Relation::Adapter { holds_base } => adapter(base, holds_base, offered, text),
            Relation::Distilled => outputs::distilled(base, offered, text),
            Relation::TrainedOn => data::trained_on(base, offered, text),
            Relation::TrainedWith => data::trained_with(base),
            Relation::SideBySide => Verdict::default(),
            Relation::Application => application(base),
        }
    };
    if let Some(terms) = terms::find(&base.id) {
        verdict.duties = obligations::duties(terms, relation);
        verdict.limits = obligations::limits(terms, relation);
    }
    verdict
}

/// A base that is released without a license.
pub(super) fn of_nothing(relation: Relation) -> Verdict {
    let ground =
        Ground::of("NONE", Basis::Reading, "the base is released without a license, so nothing of it may be passed on")
            .settled_by("a license from the licensor of the base, or another base");
    match relation {
        Relation::SideBySide => Verdict::default(),
        Relation::TrainedOn | Relation::TrainedWith => Verdict::new(
            Outcome::Review,
            Ground::of("NONE", Basis::Reading, "whether training needs a license is outside the encoded terms"),
        ),
        _ => Verdict::new(Outcome::Conflict, ground),
    }
}

/// A base without a known license.
pub(super) fn of_unknown(relation: Relation) -> Verdict {
    match relation {
        Relation::SideBySide => Verdict::default(),
        _ => Verdict::new(
            Outcome::Review,
            Ground::of("", Basis::Unknown, "the license of the base is not known")
                .settled_by("the license of the base"),
        ),
    }
}

/// An expression that is too large.
pub(super) fn too_many(license: &str) -> Verdict {
    let ground =
        Ground::of(license, Basis::Reading, "the expression has too many alternatives or licenses to evaluate");
    Verdict::new(Outcome::Review, ground.settled_by("a simpler expression"))
}

fn addition(base: &Term) -> Verdict {
    let why = "an `AdditionRef` can change the terms in any way";
    Verdict::new(Outcome::Review, Ground::of(&base.id, Basis::Reading, why).settled_by("the text of the addition"))
}

/// An adapter without the weights of its base contains nothing of it, and few licenses say what that means.
fn adapter(base: &Term, holds_base: bool, offered: &Alternative, text: Option<&str>) -> Verdict {
    let mut verdict = pair::derived(base, Form::Changed, offered, text);
    if holds_base || verdict.outcome != Outcome::Conflict {
        return verdict;
    }
    let terms = terms::find(&base.id);
    let ground = match terms.and_then(|terms| terms.adapter.map(|adapter| (terms, adapter))) {
        Some((terms, AdapterTerm::Named)) => {
            let ground = Ground::of_terms(terms, Aspect::Adapter, "adapters are named among the derivative works");
            verdict.grounds.insert(0, ground);
            return verdict;
        }
        Some((terms, AdapterTerm::ByDefinition)) => Ground::of_terms(
            terms,
            Aspect::Adapter,
            "derivatives are defined so widely that adapters may be meant, but they are not named",
        ),
        None => Ground::of(
            &base.id,
            Basis::Reading,
            "whether an adapter without the weights of its base takes over its terms is disputed; the terms do not say",
        ),
    };
    let mut grounds = vec![ground.settled_by("the view of the licensor, or the license of the base")];
    grounds.append(&mut verdict.grounds);
    Verdict { outcome: Outcome::Review, grounds, ..verdict }
}

/// An application that ships the weights under their own license.
fn application(base: &Term) -> Verdict {
    let why =
        "the weights keep their license in the package; the package as a whole is not under that of the application";
    let ground = match terms::find(&base.id) {
        Some(terms) => Ground::of_terms(terms, Aspect::Copy, why),
        None => return pair::unknown(base),
    };
    Verdict::new(Outcome::Obligations, ground)
}
