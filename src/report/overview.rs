//! What people ask first about a release, gathered for every format: the labels with the reason that decides each, the
//! other taxonomies by family, and what is open under which license.

use super::{declared, verdict};
use crate::evaluate::{Evaluation, Outcome, Reason};
use crate::license::standing::{self, Standing};
use crate::manifest::{Manifest, Openness};
use crate::taxonomy::{self, ClaimValueKind};

/// The labels that people use, each with a name of a few words.
const LABELS: &[(&str, &str)] = &[
    ("g7-2026", "G7 label"),
    ("osaid-1.0", "OSAID 1.0"),
    ("mof-1.0", "MOF 1.0"),
    ("open-weights", "Open weights"),
    ("eu-ai-act-open-source", "EU exemption"),
];

/// The other taxonomies, by what they are about.
const FAMILIES: &[(&str, &[&str])] = &[
    ("indices", &["osai-index", "aa-openness", "os-ai-map", "eiras-2024", "mof-1.0-strict"]),
    ("stated", &["columbia-2024", "fmti-2025", "prism-2024", "eu-training-summary", "eu-model-documentation"]),
    ("access", &["release-gradient", "access-decisions", "access-2025"]),
    ("safety", &["seger-2023", "marginal-risk", "audit-access", "aspire-2023", "safety-case"]),
    ("rules", &["compute-thresholds", "use-policy"]),
];

/// The verdict of one taxonomy, and the reason that decides it.
#[derive(Debug)]
pub struct Label<'e> {
    /// The evaluation.
    pub evaluation: &'e Evaluation,
    /// The name of the label.
    pub name: &'static str,
    /// The verdict, a score, or how much is stated.
    pub verdict: String,
    /// Why the verdict is not better, or that nothing keeps it from being so.
    pub reason: String,
    /// Whether the verdict is the best, the worst, or between.
    pub standing: Rank,
}

/// Where a verdict is among those of its taxonomy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// Nothing keeps the verdict from being better.
    Best,
    /// Something does.
    Between,
    /// The verdict is the worst.
    Worst,
}

/// Taxonomies about the same subject.
#[derive(Debug)]
pub struct Family<'e> {
    /// What they are about, in one word.
    pub name: &'static str,
    /// The evaluations, in the order of the list.
    pub evaluations: Vec<&'e Evaluation>,
}

/// Components with the same openness and the same license.
#[derive(Debug)]
pub struct Terms<'a> {
    /// The declared openness.
    pub openness: Openness,
    /// The license, if the components are released and have one.
    pub license: Option<&'a str>,
    /// What limits use under the license, in a few words.
    pub limitation: Option<String>,
    /// The ids of the components.
    pub components: Vec<&'a str>,
}

/// Returns the labels that people use, of those that were evaluated.
#[must_use]
pub fn labels(evaluations: &[Evaluation]) -> Vec<Label<'_>> {
    let of = |(id, name): &(&str, &'static str)| {
        let evaluation = evaluations.iter().find(|evaluation| evaluation.taxonomy == *id)?;
        Some(label(evaluation, name))
    };
    LABELS.iter().filter_map(of).collect()
}

fn label<'e>(evaluation: &'e Evaluation, name: &'static str) -> Label<'e> {
    let limiting = || evaluation.limits_of_bases().next();
    let text = decisive(evaluation).or_else(limiting).map(|found| without_origin(&found.text));
    let text = text.unwrap_or_else(|| "nothing that is declared speaks against it".to_owned());
    Label { evaluation, name, verdict: verdict::summary(evaluation), reason: text, standing: rank(evaluation) }
}

/// Leaves out of a reason where a license is stated: the license itself is what decides.
fn without_origin(reason: &str) -> String {
    match reason.split_once(" (from `") {
        Some((before, rest)) => match rest.split_once("`)") {
            Some((_, after)) => format!("{before}{after}"),
            None => reason.to_owned(),
        },
        None => reason.to_owned(),
    }
}

/// Returns where the verdict is among those of its taxonomy.
#[must_use]
pub fn rank(evaluation: &Evaluation) -> Rank {
    match evaluation.verdict.map(|verdict| verdict.as_str()) {
        Some("fails" | "unclassified" | "absent" | "none" | "fully-closed" | "level-1") => Rank::Worst,
        _ if evaluation.reasons.iter().any(|reason| reason.outcome.defeats() || reason.base.is_some()) => Rank::Between,
        _ => Rank::Best,
    }
}

/// Returns the reason that decides why a verdict is not better: what fails before what is merely not stated, and what is
/// declared before what is missing; for a scale, only what the next better verdict asks for.
#[must_use]
pub fn decisive(evaluation: &Evaluation) -> Option<&Reason> {
    let next = next_better(evaluation);
    let of_next = |reason: &&Reason| next.is_some() && reason.level == next;
    let defeating = || evaluation.reasons.iter().filter(|reason| reason.outcome.defeats());
    let weight = |reason: &&Reason| {
        let kind = match reason.outcome {
            Outcome::Failed => 0,
            Outcome::Partial => 1,
            Outcome::Undecidable => 2,
            _ => 3,
        };
        // Of two facts, the terms of the weights are what no other document mends.
        let is_of_weights = reason.component.as_deref() == Some(WEIGHTS) && reason.span.is_some();
        (kind, !is_of_weights, reason.span.is_none())
    };
    defeating().filter(of_next).min_by_key(weight).or_else(|| defeating().min_by_key(weight))
}

/// Returns the word of the verdict just above the one reached, if the taxonomy ranks them.
fn next_better(evaluation: &Evaluation) -> Option<&'static str> {
    let claim = taxonomy::find(evaluation.taxonomy)?.claim.as_ref()?;
    if claim.value != ClaimValueKind::Rank {
        return None;
    }
    let reached = evaluation.verdict.map(|verdict| verdict.as_str());
    match claim.words.iter().position(|word| Some(word.as_str()) == reached) {
        Some(at) => claim.words.get(at.checked_sub(1)?),
        None => claim.words.last(),
    }
    .map(String::as_str)
}

/// Returns the other taxonomies by family, of those that were evaluated.
#[must_use]
pub fn families(evaluations: &[Evaluation]) -> Vec<Family<'_>> {
    let find = |id: &&str| evaluations.iter().find(|evaluation| evaluation.taxonomy == *id);
    let family =
        |(name, ids): &(&'static str, &[&str])| Family { name, evaluations: ids.iter().filter_map(find).collect() };
    FAMILIES.iter().map(family).filter(|family| !family.evaluations.is_empty()).collect()
}

/// Returns the components by openness and license: the weights and what is under the same terms first, then from open to
/// closed, and larger groups before smaller ones.
#[must_use]
pub fn by_terms(manifest: &Manifest) -> Vec<Terms<'_>> {
    let mut groups: Vec<Terms<'_>> = Vec::new();
    for component in &manifest.components {
        let openness = component.openness();
        let license = declared::license(manifest, component);
        let id = component.id.as_str();
        match groups.iter_mut().find(|group| group.openness == openness && group.license == license) {
            Some(group) => group.components.push(id),
            None => {
                let terms = standing::of(manifest, component);
                let limitation = component.is_released().then(|| terms.limitation()).flatten();
                groups.push(Terms { openness, license, limitation, components: vec![id] });
            }
        }
    }
    let order = |openness| match openness {
        Openness::Open => 0,
        Openness::Partial => 1,
        Openness::Closed => 2,
        Openness::NotApplicable => 3,
    };
    groups.sort_by_key(|group| {
        let is_weights = group.components.contains(&WEIGHTS);
        (!is_weights, order(group.openness), usize::MAX - group.components.len())
    });
    groups
}

/// The component that holds the weights.
pub const WEIGHTS: &str = "final-weights";

/// Returns how the license of a base model limits use although nothing of it is said about the release itself.
#[must_use]
pub fn limits_of_bases(manifest: &Manifest) -> Vec<String> {
    let limit = |base: &crate::manifest::Base| {
        let license = base.license.as_ref()?;
        let described = standing::described(license);
        (described != license.value).then(|| format!("the base `{}` is under {described}", base.name.value))
    };
    manifest.model.base.iter().filter_map(limit).collect()
}

/// Returns what limits the use of the weights, with their license, if they are released.
#[must_use]
pub fn limit_of_weights(manifest: &Manifest) -> Option<String> {
    let weights = manifest.component(WEIGHTS).filter(|component| component.is_released())?;
    let terms = standing::of(manifest, weights);
    let limitation = terms.limitation()?;
    Some(match terms.standing {
        Standing::Without | Standing::Unstated => limitation,
        _ => format!("{}: {limitation}", terms.text.trim_matches('`')),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::evaluate;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    fn manifest(more: &str) -> Manifest {
        let text = format!("schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n{more}");
        parse(Source::new("t", text)).manifest
    }

    #[test]
    fn every_taxonomy_is_a_label_or_in_one_family() {
        let listed = LABELS.iter().map(|(id, _)| *id).chain(FAMILIES.iter().flat_map(|(_, ids)| ids.iter().copied()));
        let mut listed: Vec<&str> = listed.collect();
        let mut all: Vec<&str> = taxonomy::all().map(|taxonomy| taxonomy.id.as_str()).collect();
        listed.sort_unstable();
        all.sort_unstable();
        assert_eq!(listed, all);
    }

    #[test]
    fn the_reason_shown_is_what_keeps_the_next_better_verdict_away() {
        let limited = "license = \"LicenseRef-Gemma-Terms\"\n[access]\nprice = \"free\"\n[release]\naccess = \"downloadable\"\n\
                       [component.final-weights]\nopenness = \"open\"\n[component.inference-code]\nopenness = \"open\"\n";
        let evaluations = evaluate::evaluate(&manifest(limited));
        let labels = labels(&evaluations);
        let of = |name: &str| labels.iter().find(|label| label.name == name).unwrap();
        assert_eq!(of("G7 label").verdict, "weights-available-ai");
        assert!(of("G7 label").reason.contains("Gemma"), "{}", of("G7 label").reason);
        assert!(of("Open weights").reason.contains("Gemma") && of("Open weights").standing == Rank::Worst);
        let whole = parse(Source::new("t", include_str!("../../examples/tiny-lm/OPENNESS.toml"))).manifest;
        let evaluations = evaluate::evaluate(&whole);
        let mof = evaluations.iter().find(|evaluation| evaluation.taxonomy == "mof-1.0").unwrap();
        assert_eq!((decisive(mof).map(|reason| &reason.text), rank(mof)), (None, Rank::Best));
    }

    #[test]
    fn components_are_grouped_by_terms_with_the_limit_of_each() {
        let text = "license = \"MIT\"\n[component.training-code]\nopenness = \"open\"\n[component.inference-code]\nopenness = \"open\"\n\
                    [component.final-weights]\nopenness = \"open\"\nlicense = \"CC-BY-NC-4.0\"\n\
                    [component.training-data]\nopenness = \"closed\"\n";
        let manifest = manifest(text);
        let groups = by_terms(&manifest);
        let shown: Vec<(Option<&str>, Option<&str>, usize)> =
            groups.iter().map(|group| (group.license, group.limitation.as_deref(), group.components.len())).collect();
        let limited = Some("no commercial use, excluded uses");
        assert_eq!(shown, [(Some("CC-BY-NC-4.0"), limited, 1), (Some("MIT"), None, 2), (None, None, 1)]);
        assert_eq!(limit_of_weights(&manifest).as_deref(), Some("CC-BY-NC-4.0: no commercial use, excluded uses"));
    }
}
