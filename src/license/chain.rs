//! Whether a release may have its license, given the licenses of what it was made from.
//!
//! [`step`] looks at one base, [`chain`] at all of them: what binds is the license of every ancestor, not only the label of
//! the parent. Both know nothing of files; see [`crate::lineage`] for what is read from a release.
//!
//! An outcome says what the terms *as encoded* say, and nothing about the law: exceptions, patents, trademarks, contracts and
//! the lawfulness of training are outside, and whether weights are protected at all is open. The outcomes assume that the
//! license binds.
//!
//! How expressions are read is our own reading of SPDX: of `OR` in the license of a base, the better side counts; of `AND`, the
//! worse. Of `OR` in the license of the release, the worse side counts, because the recipient may choose it; with `AND`, both
//! bind, so a base whose license is one of them keeps its terms. A license with an `AdditionRef` cannot be evaluated.

mod alternatives;
mod data;
mod edge;
mod obligations;
mod outputs;
mod pair;
mod relation;
mod verdict;

use std::collections::BTreeSet;

pub use obligations::{Duty, DutyKind, Limit, LimitKind};
pub use relation::Relation;
pub use verdict::{Basis, Ground, Outcome, Verdict};

use super::{Expression, License};
use alternatives::{Alternative, alternatives};

/// A base and a release.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The license of the base; `None` if it is not known.
    pub upstream: Option<&'a License>,
    /// How the release was made from the base.
    pub relation: Relation,
    /// The license of the release; `None` if it is not an expression.
    pub downstream: Option<&'a License>,
    /// The text of the license of the release, if that license has no encoded terms.
    pub text: Option<&'a str>,
}

/// An ancestor of a release.
#[derive(Debug, Clone, Copy)]
pub struct Ancestor<'a> {
    /// Its license; `None` if it is not known.
    pub license: Option<&'a License>,
    /// How the release, or the ancestor between, was made from it.
    pub relation: Relation,
}

/// Compares the license of a release with the license of one base.
#[must_use]
pub fn step(step: &Step<'_>) -> Verdict {
    let Step { upstream, relation, downstream, text } = *step;
    let mut verdict = match (upstream, downstream) {
        (Some(License::None), _) => edge::of_nothing(relation),
        (None, _) => edge::of_unknown(relation),
        (Some(License::Expression(upstream)), downstream) => match (alternatives(upstream), offered(downstream)) {
            (Some(upstream), Some(offered)) => worst_of_offered(&upstream, relation, &offered, text),
            _ => edge::too_many(upstream.as_str()),
        },
    };
    if matches!(relation, Relation::Other) {
        verdict.soften(Outcome::Review, "the relation is not stated, and the outcome depends on it");
    }
    verdict
}

/// Compares the license of a release with the licenses of all of its ancestors: the outcome is the worst one.
#[must_use]
pub fn chain(ancestors: &[Ancestor<'_>], downstream: Option<&License>, text: Option<&str>) -> Verdict {
    let verdicts = ancestors
        .iter()
        .map(|ancestor| step(&Step { upstream: ancestor.license, relation: ancestor.relation, downstream, text }));
    verdicts.fold(Verdict::default(), Verdict::and)
}

/// The alternatives that a release offers. An alternative without licenses stands for none, or for terms without an expression.
fn offered(downstream: Option<&License>) -> Option<Vec<Alternative>> {
    match downstream {
        None => Some(vec![Alternative::custom()]),
        Some(License::None) => Some(vec![Alternative::nothing()]),
        Some(License::Expression(expression)) => alternatives(expression),
    }
}

/// The recipient may choose any of the offered alternatives; for each of them, the licensee of the base has chosen the best.
fn worst_of_offered(
    upstream: &[Alternative],
    relation: Relation,
    offered: &[Alternative],
    text: Option<&str>,
) -> Verdict {
    let each = offered.iter().map(|offered| {
        let choices = upstream.iter().map(|terms| {
            terms.iter().map(|term| edge::judge(term, relation, offered, text)).fold(Verdict::default(), Verdict::and)
        });
        choices.min_by_key(|verdict| verdict.outcome).unwrap_or_default()
    });
    each.fold(Verdict::default(), Verdict::and)
}

/// Returns the expression under which the terms of all bases stay in place, or `None` if the licenses cannot be combined.
#[must_use]
pub fn keeping(downstream: &Expression, bases: &[&Expression]) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for expression in std::iter::once(downstream).chain(bases.iter().copied()) {
        let text =
            if expression.is_single() { expression.as_str().to_owned() } else { format!("({})", expression.as_str()) };
        if seen.insert(text.clone()) {
            parts.push(text);
        }
    }
    (parts.len() > 1).then(|| parts.join(" AND "))
}

#[cfg(test)]
mod tests;
