//! What the licenses of bases take from the license of the weights: a note next to each reason that rests on that license.
//!
//! The outcome of an item goes by the license that the manifest states. Where the weights contain a base whose terms, as
//! encoded, do not let that license stand, the verdict says so and names the base.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::{Evaluation, Outcome, Reason};
use crate::license::chain::{self, Relation, Step};
use crate::license::standing::{self, Terms};
use crate::license::{self, License};
use crate::manifest::{Base, Manifest};

/// The component that holds the weights.
const WEIGHTS: &str = "final-weights";
/// How many bases are named in one evaluation.
const MOST: usize = 3;

/// The bases that limit the weights, which are looked for once, when a verdict rests on the license of the weights.
pub(super) struct Limits<'m> {
    manifest: &'m Manifest,
    /// The terms of the weights; `None` if there is nothing to note.
    weights: Option<Terms>,
    found: OnceCell<Vec<(&'m Base, String)>>,
}

impl<'m> Limits<'m> {
    pub(super) fn of(manifest: &'m Manifest) -> Self {
        let weights = manifest.component(WEIGHTS).filter(|weights| weights.is_released());
        let weights = weights.filter(|_| !manifest.model.base.is_empty());
        Self { manifest, weights: weights.map(|weights| standing::of(manifest, weights)), found: OnceCell::new() }
    }

    /// Adds the notes after the first reason that rests on the license of the weights.
    pub(super) fn add_notes(&self, evaluation: &mut Evaluation) {
        let Some(weights) = &self.weights else { return };
        let rests_on_it = |reason: &Reason| {
            reason.component.as_deref() == Some(WEIGHTS)
                && ((reason.span.is_some() && reason.span == weights.span) || reason.text.contains(&weights.text))
                && matches!(reason.outcome, Outcome::Met | Outcome::Partial | Outcome::Noted)
        };
        let Some(at) = evaluation.reasons.iter().position(rests_on_it) else { return };
        let item = evaluation.reasons[at].item.clone();
        let found = self.found.get_or_init(|| limiting(self.manifest, weights));
        let notes = found.iter().map(|(base, text)| Reason {
            base: Some(base.name.value.clone()),
            ..Reason::new(&item, Outcome::Noted, text).component(WEIGHTS).at(base.span)
        });
        let notes: Vec<Reason> = notes.collect();
        evaluation.reasons.splice(at + 1..at + 1, notes);
    }
}

/// Returns the first bases that limit use in ways in which the license of the weights does not, and what to say of each.
fn limiting<'m>(manifest: &'m Manifest, weights: &Terms) -> Vec<(&'m Base, String)> {
    let Some(offered) = weights.expression.clone() else { return Vec::new() };
    let own = standing::clauses(&offered);
    let offered = License::Expression(offered);
    // Many bases can have the same license.
    let mut harmless: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut found = Vec::new();
    for base in &manifest.model.base {
        let Some(written) = &base.license else { continue };
        let relation = base.relation.as_ref().map(|relation| relation.value);
        let key = (written.as_str(), relation.map_or("", crate::manifest::Relation::as_str));
        if harmless.contains(&key) {
            continue;
        }
        match limit(written, relation, &own, &offered) {
            Some(limit) => found.push((base, format!("the base `{}` is under {limit}", base.name.as_str()))),
            None => {
                harmless.insert(key);
            }
        }
        if found.len() == MOST {
            break;
        }
    }
    found
}

fn limit(
    written: &str,
    relation: Option<crate::manifest::Relation>,
    own: &[&str],
    offered: &License,
) -> Option<String> {
    let upstream = license::read(written).ok()?;
    let License::Expression(expression) = &upstream else { return None };
    let more: Vec<&str> = standing::clauses(expression).into_iter().filter(|clause| !own.contains(clause)).collect();
    if more.is_empty() {
        return None;
    }
    let step =
        Step { upstream: Some(&upstream), relation: Relation::from(relation), downstream: Some(offered), text: None };
    let reach = match chain::step(&step).outcome {
        chain::Outcome::Conflict => "the label of the weights does not change that, as its terms are encoded",
        chain::Outcome::Review => "whether that reaches the weights is an open question",
        chain::Outcome::Compatible | chain::Outcome::Obligations => return None,
    };
    Some(format!("`{written}`, which {}; {reach}", more.join(", ")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::super::{evaluate, evaluate_one};
    use crate::manifest::Manifest;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    fn manifest(license: &str, bases: &[(&str, &str)]) -> Manifest {
        let bases: String = bases
            .iter()
            .map(|(license, relation)| {
                format!("[[model.base]]\nname = \"lab/B\"\nlicense = \"{license}\"\nrelation = \"{relation}\"\n")
            })
            .collect();
        let text = format!(
            "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n{bases}[release]\naccess = \"downloadable\"\n\
             [component.final-weights]\nopenness = \"open\"\nlicense = \"{license}\"\n"
        );
        let parsed = parse(Source::new("t", text));
        assert!(parsed.is_sound(), "{:#?}", parsed.findings);
        parsed.manifest
    }

    fn notes(license: &str, bases: &[(&str, &str)]) -> Vec<String> {
        let found = evaluate_one(&manifest(license, bases), "osaid-1.0").unwrap();
        found.limits_of_bases().map(|reason| format!("{}: {}", reason.item, reason.text)).collect()
    }

    #[test]
    fn a_verdict_names_the_base_whose_terms_limit_it() {
        assert_eq!(
            notes("MIT", &[("CC-BY-NC-4.0", "finetune")]),
            [
                "parameters: the base `lab/B` is under `CC-BY-NC-4.0`, which forbids commercial use, excludes some uses; the \
                 label of the weights does not change that, as its terms are encoded"
            ]
        );
        assert!(notes("MIT", &[("CC-BY-NC-4.0", "other")])[0].ends_with("is an open question"));
        assert_eq!(notes("MIT", &[("CC-BY-NC-4.0", "merge"); 9]).len(), 3);
        for (license, base, relation) in [
            ("CC-BY-NC-4.0", "CC-BY-NC-4.0", "finetune"),
            ("MIT", "Apache-2.0", "finetune"),
            ("MIT", "GPL-3.0-only", "finetune"),
            ("MIT", "CC-BY-NC-4.0", "distilled"),
            ("MIT", "NONE", "finetune"),
            ("MIT", "MIT OR CC-BY-NC-4.0", "finetune"),
        ] {
            assert_eq!(
                notes(license, &[(base, relation)]).len(),
                usize::from(relation == "distilled"),
                "{license} {base} {relation}"
            );
        }
    }

    #[test]
    fn a_note_changes_no_verdict_and_says_nothing_of_other_facts() {
        let (with, without) = (manifest("MIT", &[("CC-BY-NC-4.0", "finetune")]), manifest("MIT", &[]));
        let mut noted = Vec::new();
        for (with, without) in std::iter::zip(evaluate(&with), evaluate(&without)) {
            assert_eq!(with.verdict, without.verdict, "{}", with.taxonomy);
            if with.limits_of_bases().next().is_some() {
                noted.push(with.taxonomy);
            }
            assert_eq!(without.limits_of_bases().count(), 0);
        }
        let labels = ["osaid-1.0", "mof-1.0", "g7-2026", "open-weights", "eu-ai-act-open-source"];
        assert!(labels.iter().all(|label| noted.contains(label)), "{noted:?}");
        assert!(!noted.contains(&"release-gradient") && !noted.contains(&"use-policy"), "{noted:?}");
    }
}
